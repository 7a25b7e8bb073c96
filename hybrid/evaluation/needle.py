"""Needles asked for through the whole product: a haystack is ingested, its question asked, the value compared."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from hybrid.answers import Answer
from hybrid.corpus import Corpus
from hybrid.documents import Document
from hybrid.evaluation.haystacks import Haystack, Task, haystacks
from hybrid.evaluation.report import Cell, Plot, Report, Series
from hybrid.reports import CorpusStatus
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.view import load_embedder

_SOURCE = "haystack.txt"
_MOST_VALUES = 4


def measure(
    filler: Sequence[str],
    *,
    tasks: Sequence[Task],
    lengths: Sequence[int],
    count: int,
    seed: int,
    memory: bool,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Ask for ``count`` needles of each task at each length; a row each.

    Every haystack is a corpus of one document, ingested, and asked by `Corpus.ask`, the router choosing.
    Without memory, the haystacks of a row are versions of one source, each replacing the one before, and
    chunks that they share are embedded once. With memory each has a corpus of its own.

    Args:
        filler: texts that needles are hidden in.
        tasks: which needles.
        lengths: sizes of haystacks, in the embedder's tokens.
        count: haystacks a row.
        seed: decides keys, values and places.
        memory: whether the memory reads each haystack.
        settings: of the corpora; ``memory.enabled`` and, for several values, ``answer.max_quotes`` are set here.
        progress: told a line for each row that is done.
    """
    used = _settings(settings or Settings(), memory=memory, values="multi-value" in tasks)
    embedder = load_embedder(used.retrieval.embedder, used.retrieval.device, used.retrieval.dtype)

    @lru_cache(maxsize=100_000)
    def tokens(text: str) -> int:
        return len(embedder.offsets(text))

    rows: list[dict[str, Cell]] = []
    for length in lengths:
        for task in tasks:
            row = _row(task, length, haystacks(task, length, count, seed, filler, tokens), used)
            rows.append(row)
            if progress:
                progress(f"{task}, {length:,} tokens: {row['exact']} of {row['haystacks']}")
    return Report(
        name="needle",
        title="Needles in haystacks: how many of the values asked for came back, exactly and before any other.",
        rows=tuple(rows),
        seed=seed,
        settings={
            "count": count,
            "memory": memory,
            "embedder": used.retrieval.embedder,
            "language_model": used.memory.model if memory else None,
            "max_quotes": used.answer.max_quotes,
            "tokens_of": "the embedder",
        },
        notes=(
            "lookup, both and comprehension count the routes that the router chose; nothing, answers that found "
            "nothing; only, answers with no other value of the kind beside.",
        ),
        plots=(_plot(rows),),
    )


def _settings(given: Settings, *, memory: bool, values: bool) -> Settings:
    most = max(given.answer.max_quotes, _MOST_VALUES) if values else given.answer.max_quotes
    return given.model_copy(
        update={
            "memory": MemorySettings.model_validate({**given.memory.model_dump(), "enabled": memory}),
            "answer": AnswerSettings.model_validate({**given.answer.model_dump(), "max_quotes": most}),
        }
    )


def _row(task: Task, length: int, made: Iterator[Haystack], settings: Settings) -> dict[str, Cell]:
    counts: Counter[str] = Counter()
    chunks = read = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, haystack in enumerate(made):
            fresh = f"{number}" if settings.memory.enabled else "all"
            answer, status = _ask(Path(folder) / fresh, haystack, settings)
            chunks, read = chunks + status.chunks, read + status.tokens_read
            counts["asked"] += 1
            counts[answer.route.name] += 1
            counts["nothing"] += not answer.found
            counts["exact"] += haystack.solved_by(answer)
            counts["only"] += set(haystack.returned(answer)) == haystack.values
    asked = counts["asked"]
    return {
        "task": task,
        "tokens": length,
        "memory": "on" if settings.memory.enabled else "off",
        "haystacks": asked,
        "exact": counts["exact"],
        "share": counts["exact"] / asked,
        "only": counts["only"],
        "lookup": counts["lookup"],
        "both": counts["both"],
        "comprehension": counts["comprehension"],
        "nothing": counts["nothing"],
        "chunks": round(chunks / asked),
        "tokens read": round(read / asked),
    }


def _ask(directory: Path, haystack: Haystack, settings: Settings) -> tuple[Answer, CorpusStatus]:
    with Corpus.open(directory, settings=settings) as corpus:
        corpus.ingest(Document.from_text(haystack.text, source=_SOURCE))
        return corpus.ask(haystack.question), corpus.status()


def _plot(rows: Sequence[dict[str, Cell]]) -> Plot:
    tasks = list(dict.fromkeys(str(row["task"]) for row in rows))
    lengths = list(dict.fromkeys(int(row["tokens"] or 0) for row in rows))
    shares = {(row["task"], row["tokens"]): float(row["share"] or 0) for row in rows}
    return Plot(
        name="needle",
        title="Needles found",
        x_label="tokens in the haystack",
        y_label="share found exactly",
        series=tuple(
            Series(name=task, x=tuple(range(len(lengths))), y=tuple(shares[task, length] for length in lengths))
            for task in tasks
        ),
        kind="bar",
        ticks=tuple(f"{length:,}" for length in lengths),
        y_range=(0.0, 1.05),
    )
