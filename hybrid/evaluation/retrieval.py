"""How well the index finds what is relevant: dense alone, lexical alone, and the two fused, on judged questions."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from hybrid.corpus import Corpus
from hybrid.errors import InputError, MissingExtraError
from hybrid.evaluation.report import Cell, EvaluationReport, Plot, Series
from hybrid.retrieval.search import FEEDBACK, FEEDBACK_FROM, Order
from hybrid.settings import MemorySettings, Settings
from hybrid.stores.files import read_jsonl
from hybrid.types.answers import Hit
from hybrid.types.documents import Document, Metadata


@dataclass(frozen=True)
class Relevant:
    """A document that answers, or a span of it; the higher the gain, the better."""

    source: str
    start: int | None = None
    end: int | None = None
    gain: int = 1

    @property
    def key(self) -> str:
        """A name for it in rankings and judgements."""
        return self.source if self.start is None else f"{self.source}\t{self.start}-{self.end}"

    def holds(self, hit: Hit) -> bool:
        """Whether the hit is of the document, and overlaps the span if there is one."""
        if hit.source != self.source:
            return False
        return self.start is None or self.end is None or (hit.start < self.end and self.start < hit.end)


@dataclass(frozen=True)
class JudgedQuestion:
    """A question with what is relevant to it."""

    id: str
    text: str
    relevant: tuple[Relevant, ...]

    def ranked(self, hits: Sequence[Hit]) -> list[str]:
        """The hits as names, best first: those of relevant things where a hit holds one, else of its document,
        or of its chunk where spans are judged."""
        names: dict[str, None] = {}
        spans = any(one.start is not None for one in self.relevant)
        for hit in hits:
            held = [one.key for one in self.relevant if one.holds(hit)]
            names |= dict.fromkeys(held or [f"{hit.source}\t{hit.start}" if spans else hit.source])
        return list(names)


@dataclass(frozen=True)
class JudgedSet:
    """A name, documents (none where a corpus that is there already is asked), and judged questions."""

    name: str
    documents: tuple[Document, ...]
    questions: tuple[JudgedQuestion, ...]


def read_judged(folder: Path) -> JudgedSet:
    """The set in a folder: ``documents.jsonl`` and ``questions.jsonl`` (docs/retrieval.md has the keys).

    Raises `InputError` naming the file and line that cannot be used.
    """
    path = folder / "documents.jsonl"
    if not path.is_file():
        raise InputError(f"{folder} has no documents.jsonl; it and questions.jsonl make a set")
    documents = tuple(_document(path, number, line) for number, line in enumerate(read_jsonl(path), 1))
    questions = read_questions(folder / "questions.jsonl")
    known = {document.source for document in documents}
    for question in questions:
        for one in question.relevant:
            if one.source not in known:
                raise InputError(
                    f"{folder}: question {question.id} names the source {one.source!r}, which is no document"
                )
    return JudgedSet(folder.name, documents, questions)


def read_questions(path: Path) -> tuple[JudgedQuestion, ...]:
    """Questions with what is relevant, one a line: ``{"question": ..., "relevant": [{"source": ...}]}``."""
    found = []
    for number, line in enumerate(read_jsonl(path), 1):
        try:
            relevant = tuple(Relevant(**({"source": one} if isinstance(one, str) else one)) for one in line["relevant"])
            found.append(JudgedQuestion(str(line.get("id", number)), str(line["question"]), relevant))
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{path}, question {number}: {error}; it needs question and relevant, a list of source, or of "
                "{source, start, end, gain}"
            ) from error
    judged = tuple(question for question in found if question.relevant)
    if not judged:
        raise InputError(f"{path} has no question with anything relevant to it")
    return judged


def _document(path: Path, number: int, line: dict[str, Any]) -> Document:
    try:
        metadata = Metadata.model_validate(line.get("metadata", {}))
        return Document.from_text(line["text"], source=str(line["source"]), metadata=metadata)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}, document {number}: it needs source and text ({error})") from error


MEASURES = ("nDCG@10", "R@5", "R@20")
_HITS = 60  # chunks asked for: enough for 20 documents, or spans, of several chunks each


def measure_set(
    judged: JudgedSet, settings: Settings | None = None, progress: Callable[[str], None] | None = None
) -> list[dict[str, Cell]]:
    """Ingest a set's documents into a corpus of their own, without a memory, and measure the three orders."""
    used = (settings or Settings()).model_copy(update={"memory": MemorySettings(enabled=False)})
    with tempfile.TemporaryDirectory() as folder, Corpus.open(Path(folder) / "corpus", settings=used) as corpus:
        if progress:
            progress(f"{judged.name}: ingesting {len(judged.documents):,} documents")
        corpus.ingest(*judged.documents)
        return measure_corpus(corpus, judged.name, judged.questions, progress)


def measure_corpus(
    corpus: Corpus, name: str, questions: Sequence[JudgedQuestion], progress: Callable[[str], None] | None = None
) -> list[dict[str, Cell]]:
    """A row each for dense, lexical and fused, over all questions and over each half of them."""
    rows: list[dict[str, Cell]] = []
    halves = {"all": questions, "even": questions[::2], "odd": questions[1::2]}
    for order in reversed(get_args(Order)):
        if progress:
            progress(f"{name}: {order}")
        ranked = {
            question.id: question.ranked(corpus.search(question.text, _HITS, order=order)) for question in questions
        }
        for half, some in halves.items():
            if some:
                rows.append(
                    {"set": name, "questions": half, "n": len(some), "search": order, **_measured(some, ranked)}
                )
    return sorted(rows, key=lambda row: list(halves).index(str(row["questions"])))


def _measured(questions: Sequence[JudgedQuestion], ranked: dict[str, list[str]]) -> dict[str, Cell]:
    """nDCG@10, recall@5 and recall@20, means over the questions, by ir-measures."""
    measures = _ir_measures()
    wanted = [measures.parse_measure(name) for name in MEASURES]
    judgements = [measures.Qrel(q.id, one.key, one.gain) for q in questions for one in q.relevant]
    run = [measures.ScoredDoc(q.id, name, -float(rank)) for q in questions for rank, name in enumerate(ranked[q.id])]
    found = measures.calc_aggregate(wanted, judgements, run)
    return {
        name.replace("R@", "recall@"): float(found[measure]) for name, measure in zip(MEASURES, wanted, strict=True)
    }


def _ir_measures() -> Any:
    try:
        import ir_measures
    except ImportError as error:
        raise MissingExtraError("measures of retrieval need ir-measures", "evaluation") from error
    return ir_measures


def report(
    rows: Sequence[dict[str, Cell]], settings: Settings, seed: int, commit: int | None = None
) -> EvaluationReport:
    """The rows as a report, with a plot for each set."""
    return EvaluationReport(
        name="retrieval",
        title="Retrieval: dense alone, lexical alone, and fused.",
        rows=tuple(rows),
        seed=seed,
        commit=commit,
        settings={
            "embedder": settings.retrieval.embedder,
            "candidates": settings.retrieval.candidates,
            "feedback": FEEDBACK,
            "feedback_from": FEEDBACK_FROM,
            "chunk_tokens": settings.ingest.chunk_tokens,
            "chunk_overlap_tokens": settings.ingest.chunk_overlap_tokens,
        },
        notes=("even and odd are the halves of the questions. Nothing is drawn at random: the seed decides nothing.",),
        plots=tuple(_plot(str(name), rows) for name in dict.fromkeys(row["set"] for row in rows)),
    )


def _plot(name: str, rows: Sequence[dict[str, Cell]]) -> Plot:
    shown = [measure.replace("R@", "recall@") for measure in MEASURES]
    mine = [row for row in rows if row["set"] == name and row["questions"] == "all"]
    places = tuple(map(float, range(len(shown))))
    return Plot(
        name="retrieval-" + "".join(letter if letter.isalnum() else "-" for letter in name),
        title=f"Retrieval on {name}",
        x_label="measure",
        y_label="mean over the questions",
        series=tuple(
            Series(name=str(row["search"]), x=places, y=tuple(float(row[m] or 0) for m in shown)) for row in mine
        ),
        kind="bar",
        ticks=tuple(shown),
        y_range=(0.0, 1.0),
    )
