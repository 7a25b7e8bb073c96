"""How well the index finds what is relevant: dense alone, lexical alone, and the two fused."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from hybrid.corpus import Corpus
from hybrid.errors import InputError
from hybrid.evaluation.judged import JudgedQuestion, JudgedSet
from hybrid.evaluation.report import Cell, Plot, Report, Series
from hybrid.retrieval.search import FEEDBACK, FEEDBACK_FROM, Order
from hybrid.settings import MemorySettings, Settings

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
        raise InputError("retrieval is measured by ir-measures: pip install 'hybrid-ttt-rag[evaluation]'") from error
    return ir_measures


def report(rows: Sequence[dict[str, Cell]], settings: Settings, seed: int, generation: int | None = None) -> Report:
    """The rows as a report, with a plot for each set."""
    return Report(
        name="retrieval",
        title="Retrieval: dense alone, lexical alone, and fused.",
        rows=tuple(rows),
        seed=seed,
        generation=generation,
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
