"""One question on its way to an answer: how it was read, what was found out on the way, and what it took."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

from hybrid._runtime import log_debug, log_info
from hybrid.answering.abstention import Answerability
from hybrid.answering.composition import Composer
from hybrid.answering.evidence import Sentence
from hybrid.answering.generators import TextGenerator
from hybrid.answering.mounting import Mount
from hybrid.answering.verification.entailment import Idf
from hybrid.answering.verification.verifier import Verifier
from hybrid.errors import InputError
from hybrid.stores.rows import CommitRow
from hybrid.text.folding import INVISIBLE
from hybrid.types.answers import Answer, Route, Verdict
from hybrid.types.enumerations import Enumeration
from hybrid.types.events import EndEvent, Event, NoteEvent
from hybrid.types.filters import Filter

_LOG = logging.getLogger("hybrid.answering")


@dataclass
class RequestContext:
    """One question on its way to an answer. What it holds was read in one state of the catalog."""

    stated: str
    question: str
    """As it stands alone: what is searched for, routed and put to the memory."""
    commit: CommitRow | None
    where: Filter | None
    """The documents it is answered from, where these are not all."""
    composer: Composer
    generator: TextGenerator | None = None
    """The caller's, which writes in the memory's place."""
    route: Route = field(default_factory=lambda: Route(name="both", p_comprehension=0.5))
    evidence: Sequence[Sentence] = ()
    """The sentences that were found, without those of documents that were removed since."""
    idf: Idf = field(default=lambda _: 1.0)
    answerability: Answerability = field(default=Answerability(0.0))
    digest: Sequence[Sentence] = ()
    """The sentences of the digest, in its order, likewise."""
    disputed: Mapping[tuple[int, int, int], Sequence[Sentence]] = field(default_factory=dict)
    """By the keys of the digest's sentences, what contradicts them."""
    qualified: Mapping[tuple[int, int, int], str] = field(default_factory=dict)
    """By the keys of the digest's sentences, why they no longer hold."""
    mounts: tuple[Mount, ...] = ()
    """The volumes that the memory mounts where it writes."""
    enumeration: Enumeration | None = None
    """The rows that were asked for, where the question asks for all of something."""
    verifier: Verifier | None = None
    """Of what is generated; ``None`` where nothing is."""
    between: tuple[str, str] | None = None
    """Sender and receiver of the e-mail that is asked for and not there: only what names both is quoted."""
    nothing: str = ""
    """The text of an answer without claims: what was searched in vain."""
    removed: bool = False
    """Whether something that was found has been removed or replaced since."""
    events: list[Event] = field(default_factory=list)
    """What is known before anything is generated."""
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def answerable(self) -> bool:
        """Whether the question can be answered from what was found."""
        return self.answerability.answerable

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds what the block takes to the seconds of its stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - began, 6)

    def note(self, text: str) -> NoteEvent:
        """Add a note to the answer."""
        self.notes.append(text)
        return NoteEvent(note=text)

    def finish(self) -> Iterator[Event]:
        """The last events, with the answer."""
        claims = tuple(self.composer.claims)
        draft = self.composer.draft()
        written = [claim for claim in (*claims, *(draft.claims if draft else ())) if claim.origin != "index"]
        if any(claim.contradicted_by for claim in written):
            who = self.generator.origin if self.generator else "memory"
            yield self.note(f"The {who} and the documents disagree; the documents are quoted.")
        answer = Answer(
            question=self.stated,
            text=self.composer.text if claims else self.nothing,
            route=self.route,
            claims=claims,
            citations=self.composer.citations,
            found=bool(claims),
            commit=self.commit.n if self.commit else None,
            digest=self.composer.digest,
            draft=draft,
            enumeration=self.enumeration,
            where=self.where,
            notes=tuple(self.notes),
            seconds=dict(self.seconds),
        )
        self._log(answer)
        yield EndEvent(answer=answer)

    def _log(self, answer: Answer) -> None:
        """What came of it, without a word of the question or of the answer above DEBUG."""
        verdicts = Counter(claim.verdict for claim in answer.claims)
        log_info(
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
        log_debug(_LOG, "question text", question=answer.question, read_as=self.question)


def checked_history(history: Iterable[str | Answer], limit: int) -> list[str]:
    """The questions asked before, each as `checked_question` returns it. Raises `InputError` likewise."""
    before = [one.question if isinstance(one, Answer) else one for one in history]
    return [checked_question(one, limit, f"question {number} of history") for number, one in enumerate(before, 1)]


def checked_question(question: str, limit: int, named: str = "the question") -> str:
    """The question without control characters, which no document holds and no terminal should print, and without
    characters of no width.

    Raises `InputError`, which calls it ``named``, if it is not text, holds no word, or is longer than ``limit``
    characters.
    """
    if not isinstance(question, str):
        raise InputError(f"a question is a string, not {type(question).__name__}")
    if len(question) > limit:
        raise InputError(
            f"{named} has {len(question):,} characters and the limit is {limit:,}; "
            "ask a shorter one or raise answer.max_question_chars in the settings"
        )
    plain = "".join(
        " " if letter.isspace() or not letter.isprintable() else letter
        for letter in question
        if ord(letter) not in INVISIBLE
    )
    plain = " ".join(plain.split())
    if not any(letter.isalnum() for letter in plain):
        raise InputError(f"{named} is empty; ask something in words")
    return plain
