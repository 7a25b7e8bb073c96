"""Whether answers cite the passages that answer, and say so where none does: on a user's questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.answering.evidence import collapse
from hybrid.corpus import Corpus
from hybrid.evaluation.report import Cell, EvaluationReport
from hybrid.evaluation.samples import question_of, sample
from hybrid.stores.files import read_models
from hybrid.types.answers import Answer, Citation, Hit
from hybrid.types.events import EndEvent, EvidenceEvent

CITATIONS = 5  # looked at of an answer: more than ``answer.max_quotes`` is by default


class Expected(Protocol):
    """A question whose answer is known: by its words here, by its offsets where a data set marks spans."""

    @property
    def question(self) -> str:
        """What is asked."""
        ...

    @property
    def history(self) -> tuple[str, ...]:
        """The questions asked before it."""
        ...

    @property
    def set(self) -> str:
        """The name that the question's row has in the report."""
        ...

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds an answer."""
        ...

    def touches(self, found: Citation | Hit) -> bool:
        """Whether what was found overlaps an expected passage."""
        ...


class ExpectedAnswer(BaseModel):
    """One line of a user's file: a question and the words of the documents that answer it.

    ``quotes`` are any of the passages that a citation should touch, word for word; none where the corpus has no
    answer. ``source`` holds them to one source. ``set`` names a part of the file that has a row of its own.
    ``reference`` is the answer that a person gives, for the tools that read samples (`hybrid.evaluation.samples`);
    their names for a question and its quotes are understood, too.

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
    reference: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_as_here(cls, line: Any) -> Any:
        return question_of(line)

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


def ask(corpus: Corpus, asked: Expected) -> Outcome:
    """Put one question to the corpus: as a lookup, to dense search alone, and to lexical search alone."""
    return outcome_of(corpus, asked, corpus.ask(asked.question, route="lookup", history=asked.history))


def outcome_of(corpus: Corpus, asked: Expected, answer: Answer) -> Outcome:
    """What became of a question that was answered so, beside dense and lexical search alone."""
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


def answered(corpus: Corpus, asked: Expected) -> tuple[Answer, list[str]]:
    """The answer to a question asked as a lookup, and the passages that it was made of: those that search found and,
    where an answer quotes others, those."""
    events = corpus.stream(asked.question, route="lookup", history=asked.history)
    contexts: list[str] = []
    with closing(events):
        for event in events:
            if isinstance(event, EvidenceEvent):
                contexts += [hit.text for hit in event.hits]
            elif isinstance(event, EndEvent):
                quotes = (one.quote for one in event.answer.citations)
                contexts += [quote for quote in quotes if not any(quote in context for context in contexts)]
                return event.answer, list(dict.fromkeys(contexts))
    raise AssertionError("the events have no end")  # an answer's always have


def says_so(answer: Answer) -> bool:
    """Whether the answer says that the corpus does not answer, or may not."""
    return not answer.found or NOT_CONFIDENT in answer.notes


def evaluate(
    corpus: Corpus,
    expected: Sequence[ExpectedAnswer],
    seed: int,
    on_sample: Callable[[dict[str, Any]], None] | None = None,
) -> EvaluationReport:
    """Measure the answers of ``corpus`` to a user's questions; ``on_sample`` is told each with its answer and what it
    was made of, as `hybrid.evaluation.samples` writes it."""
    commit = corpus.status().commit
    outcomes = []
    for one in expected:
        answer, contexts = answered(corpus, one)
        outcomes.append(outcome_of(corpus, one, answer))
        if on_sample is not None:
            on_sample(sample(one.question, answer, contexts, one.quotes, one.reference))
    found = report(outcomes, seed, commit, {"corpus": corpus.directory.name})
    told = (_told(one, became) for one, became in zip(expected, outcomes, strict=True))
    return found.model_copy(update={"cases": tuple(told)})


def _told(asked: ExpectedAnswer, became: Outcome) -> dict[str, Cell]:
    """A question with what became of it."""
    return {
        "set": asked.set,
        "question": asked.question,
        "answerable": asked.answerable,
        "first cited": became.first,
        f"among {CITATIONS}": became.among,
        "said to be absent": became.said,
    }


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
