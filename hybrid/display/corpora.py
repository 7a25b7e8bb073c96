"""A corpus, and what an ingest did to it."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.display.markup import (
    BLUE,
    BREAK,
    FINE,
    GREEN,
    GREY,
    ORANGE,
    VIOLET,
    Html,
    bar,
    body,
    card,
    head,
    join,
    pairs,
    pill,
    section,
    table,
    tag,
    tiles,
)
from hybrid.display.text import SHOWN_ROWS, clipped, count, size_of, tile
from hybrid.reports import MEMORY_STATES, CorpusStatus, IngestReport, MemoryState, SkippedFile

_COLOURS: dict[MemoryState, str] = {"ready": GREEN, "behind": ORANGE, "off": ORANGE, "none": GREY}
_STAGES = {
    "index": "writing the index",
    "discover": "looking for files",
    "load": "loading",
    "embed": "embedding",
    "memory": "reading into the memory",
}
_LISTED = 12  # names of one kind


def closed_html(directory: str) -> str:
    """A card for a corpus that was closed."""
    return card("Corpus", head("Corpus", directory), body("Closed: open it again to look at it."))


def status_html(status: CorpusStatus) -> str:
    """A card with the corpus's size, its two memories and its state."""
    if status.generation is None:
        return card("Corpus", head("Corpus", status.directory), body("Empty: ingest files, folders or documents."))
    figures = tiles(
        (
            tile(status.documents, "document"),
            tile(status.sources, "source"),
            tile(status.characters, "character"),
            tile(status.chunks, "chunk"),
            ("on disk", size_of(status.bytes_on_disk)),
        )
    )
    rows: list[tuple[str, str]] = [("index", f"embedded by {status.embedder}"), ("memory", _memory(status.memory))]
    if status.language_model is not None:
        rows.append(("", f"{count(status.tokens_read, 'token')} read by {status.language_model}"))
    facts = tag("span", f"generation {status.generation}", style=FINE)
    return card("Corpus", head("Corpus", status.directory, facts), body(figures), section("Two memories", pairs(rows)))


def _memory(state: MemoryState) -> Html:
    return join((pill(state, _COLOURS[state]), f" {MEMORY_STATES[state]}"))


def ingest_html(report: IngestReport) -> str:
    """A card: what came in, what was left out and why, what the memory did, how long it took."""
    kinds = ("added", "changed", "unchanged", "duplicates", "removed")
    counts = [(name, f"{len(getattr(report, name)):,}") for name in kinds if getattr(report, name)]
    if report.skipped:
        counts.append(("left out", f"{len(report.skipped):,}"))
    left_out = f", {count(len(report.skipped), 'file')} left out" if report.skipped else ""
    title = f"Done{left_out}" if counts else "Nothing to do"
    facts = f"generation {report.generation}" if report.generation is not None else "nothing committed yet"
    parts = [head("Ingest", title, tag("span", facts, style=FINE))]
    if counts:
        parts.append(body(tiles(counts), *_names(report)))
    parts.append(section("Read", pairs(_read(report))))
    if report.skipped:
        parts.append(section("Left out", skipped_table(report.skipped)))
    if report.notes:
        parts.append(section("Notes", *(tag("div", note, style=f"font-size:13px;{BREAK}") for note in report.notes)))
    if report.seconds:
        parts.append(section("Time", _times(report.seconds)))
    return card("Ingest report", *parts)


def _names(report: IngestReport) -> list[Html]:
    """The names of what changed; what did not change is only counted."""
    made = []
    for kind in ("added", "changed", "duplicates", "removed"):
        names = getattr(report, kind)
        if names:
            first = tag("span", ", ".join(names[:_LISTED]), style=BREAK)
            left = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else None
            style = "margin-top:9px;font-size:13px"
            made.append(tag("div", tag("span", f"{kind}: ", style="font-weight:600"), first, left, style=style))
    return made


def _read(report: IngestReport) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = [("index", f"{count(report.chunks, 'chunk')} embedded")]
    if report.memory == "none" and not report.tokens_read:
        return [*rows, ("memory", _memory("none"))]
    loss = "" if report.loss is None else f", mean loss {report.loss:.3f} nats a token"
    return [*rows, ("memory", _memory(report.memory)), ("", f"{count(report.tokens_read, 'token')} read{loss}")]


def skipped_table(skipped: Sequence[SkippedFile]) -> Html:
    """Files left out, with the reasons."""
    rows = [[one.source, one.reason, clipped(one.code, 24)] for one in skipped[:SHOWN_ROWS]]
    return table("Files left out", ("File", "Reason", "Code"), rows, firm=(2,), total=len(skipped))


def skipped_html(skipped: SkippedFile) -> str:
    """A card with one file that was left out."""
    return card(
        "File left out", body(pairs((("file", skipped.source), ("left out", skipped.reason), ("code", skipped.code))))
    )


def _times(seconds: dict[str, float]) -> Html:
    longest = max(seconds.values()) or 1.0
    rows = [
        [
            _STAGES.get(stage, stage),
            bar(took / longest, VIOLET if stage == "memory" else BLUE, "200px"),
            f"{took:.1f} s",
        ]
        for stage, took in seconds.items()
    ]
    rows.append([tag("b", "together"), "", tag("b", f"{sum(seconds.values()):.1f} s")])
    return table("Time by stage", ("Stage", "Share", "Seconds"), rows, right=(2,))
