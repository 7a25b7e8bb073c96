"""One question on its way to an answer: how it was read, what was found out on the way, and what it took."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, get_args

from hybrid._runtime import tell, whisper
from hybrid.answering.generators import TextGenerator
from hybrid.errors import InputError
from hybrid.stores.rows import CommitRow
from hybrid.types.answers import Answer, Route, Verdict
from hybrid.types.filters import Filter

_LOG = logging.getLogger("hybrid.answering")


@dataclass
class RequestContext:
    """One question on its way to an answer."""

    stated: str
    question: str
    """As it stands alone: what is searched for, routed and put to the memory."""
    commit: CommitRow | None
    where: Filter | None
    """The documents it is answered from, where these are not all."""
    generator: TextGenerator | None = None
    """Who writes in the memory's place."""
    on_token: Callable[[str], None] | None = None
    route: Route = field(default_factory=lambda: Route(name="both", p_comprehension=0.5))
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds what the block takes to the seconds of its stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - began, 6)

    def finish(self, **values: Any) -> Answer:
        """The answer, with what is known about how it was made."""
        if any(claim.contradicted_by for claim in values.get("claims", ())):
            who = self.generator.origin if self.generator else "memory"
            self.notes.append(f"The {who} and the documents disagree; the documents are quoted.")
        answer = Answer.model_validate(
            {
                "question": self.stated,
                "route": self.route,
                "commit": self.commit.n if self.commit else None,
                "where": self.where,
                "notes": tuple(self.notes),
                "seconds": self.seconds,
                **values,
            }
        )
        self._log(answer)
        return answer

    def _log(self, answer: Answer) -> None:
        """What came of it, without a word of the question or of the answer above DEBUG."""
        verdicts = Counter(claim.verdict for claim in answer.claims)
        tell(
            _LOG,
            "question answered",
            route=answer.route.name,
            p_comprehension=answer.route.p_comprehension,
            found=answer.found,
            **{verdict: verdicts[verdict] for verdict in get_args(Verdict)},
            citations=len(answer.citations),
            notes=len(answer.notes),
            commit=answer.commit,
            seconds=sum(self.seconds.values()),
        )
        whisper(_LOG, "question text", question=answer.question, read_as=self.question)


def checked_question(question: str, limit: int) -> str:
    """The question without control characters, which no document holds and no terminal should print.

    Raises `InputError` if it is not text, holds no word, or is longer than ``limit`` characters.
    """
    if not isinstance(question, str):
        raise InputError(f"a question is a string, not {type(question).__name__}")
    if len(question) > limit:
        raise InputError(
            f"the question has {len(question):,} characters and the limit is {limit:,}; "
            "ask a shorter one or raise answer.max_question_chars in the settings"
        )
    plain = "".join(" " if letter.isspace() or not letter.isprintable() else letter for letter in question)
    plain = " ".join(plain.split())
    if not any(letter.isalnum() for letter in plain):
        raise InputError("the question is empty; ask something in words")
    return plain
