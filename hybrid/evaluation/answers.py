"""Whether answers cite the passages that answer, and say so where none does: on a user's questions or on CUAD."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.answering.evidence import collapse
from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.evaluation.clauses import CLAUSE_QUESTIONS
from hybrid.evaluation.report import Cell, EvaluationReport
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.stores.jsonl import read_models
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.documents import Document

CITATIONS = 5
SHORTEST, LONGEST = 8_000, 45_000
"""Characters of the CUAD contracts that are asked: below, little is to be found; above, embedding takes long."""


class ExpectedAnswer(BaseModel):
    """One line of a user's file: a question and the words of the documents that answer it.

    ``quotes`` are any of the passages that a citation should touch, word for word; none where the corpus has no
    answer. ``source`` holds them to one source. ``set`` names a part of the file that has a row of its own.

    Example:
        >>> ExpectedAnswer(question="When does the lease end?", quotes=("30 June 2027",)).answerable
        True
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    question: Annotated[str, Field(min_length=1)]
    quotes: tuple[str, ...]
    source: str | None = None
    history: tuple[str, ...] = ()
    set: str = "questions"

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds an answer."""
        return bool(self.quotes)

    def touches(self, found: Citation | Hit) -> bool:
        """Whether what was found holds one of the quotes, or is part of one."""
        if self.source is not None and found.source != self.source:
            return False
        text = collapse(found.quote if isinstance(found, Citation) else found.text).casefold()
        return any(collapse(quote).casefold() in text or text in collapse(quote).casefold() for quote in self.quotes)


@dataclass(frozen=True)
class _Spans:
    """A question about one document of known text, with the spans that answer it."""

    question: str
    spans: tuple[tuple[int, int], ...]
    set: str

    history: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return bool(self.spans)

    def touches(self, found: Citation | Hit) -> bool:
        return any(found.start < end and start < found.end for start, end in self.spans)


@dataclass(frozen=True)
class Outcome:
    """What became of one question: of the answer, of dense and of lexical search alone."""

    set: str
    answerable: bool
    first: bool
    among: bool
    said: bool
    dense: tuple[bool, bool]
    lexical: tuple[bool, bool]


def read_expected(path: Path) -> list[ExpectedAnswer]:
    """A user's questions from a JSONL file. Raises `InputError` with the line and what is wrong with it."""
    return read_models(path, ExpectedAnswer, {"question": "When does the lease end?", "quotes": ["30 June 2027"]})


def ask(corpus: Corpus, asked: ExpectedAnswer | _Spans) -> Outcome:
    """Put one question to the corpus: as a lookup, to dense search alone, and to lexical search alone."""
    answer = corpus.ask(asked.question, route="lookup", history=asked.history)
    cited = [asked.touches(citation) for citation in answer.citations[:CITATIONS]]
    dense = [asked.touches(hit) for hit in corpus.search(asked.question, k=CITATIONS, order="dense")]
    lexical = [asked.touches(hit) for hit in corpus.search(asked.question, k=CITATIONS, order="lexical")]
    return Outcome(
        set=asked.set,
        answerable=asked.answerable,
        first=cited[:1] == [True],
        among=any(cited),
        said=says_so(answer),
        dense=(dense[:1] == [True], any(dense)),
        lexical=(lexical[:1] == [True], any(lexical)),
    )


def says_so(answer: Answer) -> bool:
    """Whether the answer says that the corpus does not answer, or may not."""
    return not answer.found or NOT_CONFIDENT in answer.notes


def evaluate(corpus: Corpus, expected: Sequence[ExpectedAnswer], seed: int) -> EvaluationReport:
    """Measure the answers of ``corpus`` to a user's questions."""
    commit = corpus.status().commit
    return report([ask(corpus, one) for one in expected], seed, commit, {"corpus": corpus.directory.name})


def cuad_settings() -> Settings:
    """The settings that CUAD is asked with: no memory, and as many quotes as are counted."""
    return Settings(memory=MemorySettings(enabled=False), answer=AnswerSettings(max_quotes=CITATIONS))


def evaluate_cuad(folder: Path, contracts: int, skip: int, seed: int) -> EvaluationReport:
    """Ask each of ``contracts`` CUAD contracts, a corpus of its own, for all categories of clauses.

    The contracts of `SHORTEST` to `LONGEST` characters are taken in the order of a hash of their names and ``seed``,
    after the first ``skip``.
    """
    texts = {row["id"]: row["text"] for row in _rows(folder / "contracts_dev.jsonl.gz")}
    known = [name for name, text in texts.items() if SHORTEST <= len(text) <= LONGEST]
    chosen = sorted(known, key=lambda name: sha256(f"{seed or ''}{name}".encode()).hexdigest())[skip : skip + contracts]
    asked: dict[str, list[_Spans]] = {name: [] for name in chosen}
    for row in _rows(folder / "qa_dev.jsonl.gz"):
        if row["doc"] in asked:
            spans = tuple((span["start"], span["end"]) for span in row["spans"])
            asked[row["doc"]].append(_Spans(CLAUSE_QUESTIONS[row["category"]], spans, "cuad"))
    outcomes = []
    for name, questions in asked.items():
        with (
            tempfile.TemporaryDirectory() as directory,
            Corpus.open(Path(directory) / "corpus", cuad_settings()) as corpus,
        ):
            corpus.ingest(Document.from_text(texts[name], source=f"{name}.txt"))
            outcomes += [ask(corpus, one) for one in questions]
    choices: dict[str, Any] = {"contracts": len(asked), "skipped": skip}
    return report(outcomes, seed, None, choices)


def report(outcomes: Sequence[Outcome], seed: int, commit: int | None, choices: dict[str, Any]) -> EvaluationReport:
    """One row a set and way of answering."""
    rows: list[dict[str, Cell]] = []
    for name in dict.fromkeys(one.set for one in outcomes):
        held = [one for one in outcomes if one.set == name and one.answerable]
        absent = [one for one in outcomes if one.set == name and not one.answerable]
        ways = {
            "answer": ([(one.first, one.among) for one in held], True),
            "dense alone": ([one.dense for one in held], False),
            "lexical alone": ([one.lexical for one in held], False),
        }
        for way, (found, may_say) in ways.items():
            rows.append(
                {
                    "set": name,
                    "way": way,
                    "answerable": len(held),
                    "first cited": _share([first for first, _ in found]),
                    f"among {CITATIONS}": _share([among for _, among in found]),
                    "doubted though there": _share([one.said for one in held]) if may_say else None,
                    "absent": len(absent),
                    "said to be absent": _share([one.said for one in absent]) if may_say else None,
                }
            )
    return EvaluationReport(
        name="answers",
        title="Whether answers cite what answers, and say so where nothing does.",
        rows=tuple(rows),
        seed=seed,
        commit=commit,
        settings={"route": "lookup", **choices},
        notes=(
            "An answer cites sentences; dense and lexical alone are search's best chunks of about 200 tokens, which "
            "are longer and so touch more. An answer says so if it is none, or warns that the corpus may not say it.",
        ),
    )


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
