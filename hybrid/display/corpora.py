"""A corpus, what an ingest did to it, and its documents: one, what is known of one, and the table of all."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.display.markup import (
    BLUE,
    BREAK,
    FINE,
    GREEN,
    GREY,
    MONO,
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
    tag,
    tiles,
)
from hybrid.display.markup import table as html_table
from hybrid.text.formatting import SHOWN_ROWS, clipped, count, facts, printable, size_of, table, tile, wrapped
from hybrid.types.base import Shown, as_html, as_text
from hybrid.types.certificates import DeletionCertificate, DeletionCheck
from hybrid.types.documents import Document
from hybrid.types.reports import (
    EMPTIED,
    MEMORY_STATES,
    NOTHING_SEEN,
    CorpusStatus,
    DocumentInfo,
    Documents,
    ExportReport,
    IngestReport,
    IntegrityProblem,
    IntegrityReport,
    MemoryState,
    SkippedFile,
    VolumeInfo,
    VolumeReport,
    studied,
)

_COLOURS: dict[MemoryState, str] = {"ready": GREEN, "behind": ORANGE, "none": GREY}
_STAGES = {
    "index": "writing the index",
    "discover": "looking for files",
    "load": "loading",
    "embed": "embedding",
    "memory": "training the memory",
    "copy": "copying",
    "check": "checking",
}
_TITLES: dict[type, str] = {
    VolumeReport: "Volume",
    VolumeInfo: "Volume",
    DeletionCertificate: "Deletion certificate",
    DeletionCheck: "Deletion",
    IntegrityProblem: "Integrity",
    IntegrityReport: "Integrity",
    ExportReport: "Export",
}
_LISTED = 12  # names of one kind


def closed_html(directory: str) -> str:
    """A card for a corpus that was closed."""
    return card("Corpus", head("Corpus", directory), body("Closed: open it again to look at it."))


@as_html.register(CorpusStatus)
def status_html(status: CorpusStatus) -> str:
    """A card with the corpus's size, its two memories and its state."""
    if status.nothing_seen:
        return card("Corpus", head("Corpus", status.directory), body(f"Documents: {NOTHING_SEEN}."))
    if status.commit is None:
        return card("Corpus", head("Corpus", status.directory), body("Empty: ingest files, folders or documents."))
    figures = tiles(
        (
            tile(status.documents, "document"),
            tile(status.sources, "source"),
            tile(status.characters, "character"),
            tile(status.chunks, "chunk"),
            *([] if status.bytes_on_disk is None else [("on disk", size_of(status.bytes_on_disk))]),
        )
    )
    emptied = None if status.documents else tag("div", EMPTIED, style="margin-top:9px;font-size:13px")
    rows: list[tuple[str, str]] = [("index", f"embedded by {status.embedder}"), ("memory", _memory(status.memory))]
    if status.language_model is not None:
        rows.append(("", f"{count(status.trained_tokens, 'token')}, {status.language_model}"))
        if status.volumes:
            gain = "" if status.gain is None else f"; its own text is likelier by {status.gain:.2f} nats a token"
            unused = f", {status.unmounted:,} not used, as they did harm" if status.unmounted else ""
            rows.append(("", f"{count(status.volumes, 'volume')}{unused}{gain}"))
        if status.studied:
            rows.append(("", f"studied {studied(status.studied, status.study_gain)}"))
    facts = tag("span", f"commit {status.commit}", style=FINE)
    parts = (body(figures, emptied), section("Two memories", pairs(rows)))
    return card("Corpus", head("Corpus", status.directory, facts), *parts)


def _memory(state: MemoryState) -> Html:
    return join((pill(state, _COLOURS[state]), f" {MEMORY_STATES[state]}"))


@as_html.register(IngestReport)
def ingest_html(report: IngestReport) -> str:
    """A card: what came in, what was left out and why, what the memory did, how long it took."""
    kinds = ("added", "changed", "unchanged", "duplicates", "removed")
    counts = [(name, f"{len(getattr(report, name)):,}") for name in kinds if getattr(report, name)]
    if report.skipped:
        counts.append(("left out", f"{len(report.skipped):,}"))
    left_out = f", {count(len(report.skipped), 'file')} left out" if report.skipped else ""
    title = f"Done{left_out}" if counts else "Nothing to do"
    facts = f"commit {report.commit}" if report.commit is not None else "nothing committed yet"
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
    if report.memory == "none" and not report.trained_tokens:
        return [*rows, ("memory", _memory("none"))]
    loss = "" if report.loss is None else f", mean loss {report.loss:.3f} nats a token"
    trained = f"trained on {count(report.trained_tokens, 'token')}{loss}"
    return [*rows, ("memory", _memory(report.memory)), ("", trained)]


def skipped_table(skipped: Sequence[SkippedFile]) -> Html:
    """Files left out, with the reasons."""
    rows = [[one.source, one.reason, clipped(one.code, 24)] for one in skipped[:SHOWN_ROWS]]
    return html_table("Files left out", ("File", "Reason", "Code"), rows, firm=(2,), total=len(skipped))


@as_html.register(SkippedFile)
def skipped_html(skipped: SkippedFile) -> str:
    """A card with one file that was left out."""
    return card(
        "File left out", body(pairs((("file", skipped.source), ("left out", skipped.reason), ("code", skipped.code))))
    )


@as_html.register(VolumeReport)
@as_html.register(VolumeInfo)
@as_html.register(DeletionCertificate)
@as_html.register(DeletionCheck)
@as_html.register(IntegrityProblem)
@as_html.register(IntegrityReport)
@as_html.register(ExportReport)
def lines_html(value: Shown) -> str:
    """A card with what is said in a terminal, line by line."""
    return card(_TITLES[type(value)], body(*(tag("div", line) for line in str(value).splitlines())))


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
    return html_table("Time by stage", ("Stage", "Share", "Seconds"), rows, right=(2,))


_SHOWN_CHARS = 700
_KINDS = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "message/rfc822": "e-mail",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/plain": "text",
}


def kind(media_type: str) -> str:
    """A media type as people call it."""
    return _KINDS.get(media_type, media_type)


# The table of all ---------------------------------------------------------------------------------


@as_text.register(Documents)
def documents_text(documents: Documents) -> str:
    """A table for a terminal, and how many documents there are beyond its rows."""
    if not documents:
        return "No documents."
    columns, rows = _columns(list(documents))
    widest = {"source": 40, "title": 34, "type": 10, "size": 16, "date": 12, "custodian": 18}
    drawn = table(columns, [[row[name] for name in columns] for row in rows], [widest[name] for name in columns])
    left = len(documents) - len(rows)
    return "\n".join([_sum(documents), "", drawn, *([f"and {left:,} more"] if left else [])])


@as_html.register(Documents)
def documents_html(documents: Documents) -> str:
    """A card with the table."""
    if not documents:
        return card("Documents", head("Documents", "No documents"), body("Nothing was ingested yet."))
    columns, rows = _columns(list(documents))
    names = [name.capitalize() for name in columns]
    cells = [
        [_cell(name, row[name], document) for name in columns] for row, document in zip(rows, documents, strict=False)
    ]
    firm = [at for at, name in enumerate(columns) if name in {"type", "date", "custodian"}]
    shown = html_table("Documents", names, cells, right=[columns.index("size")], firm=firm, total=len(documents))
    top = head("Corpus", count(len(documents), "document"), tag("span", _sum(documents, total=False), style=FINE))
    return card("Documents", top, body(shown))


def _cell(column: str, value: str, document: DocumentInfo) -> Html:
    if column != "source":
        return join([value])
    others = f"also {', '.join(document.sources[1:])}" if document.sources[1:] else None
    return join((tag("span", value, style="font-weight:600"), others and tag("div", clipped(others, 160), style=FINE)))


def _columns(documents: Sequence[DocumentInfo]) -> tuple[list[str], list[dict[str, str]]]:
    """The columns worth showing, and their cells. Dates and custodians stand there where any document has one."""
    columns = ["source", "title", "type", "size"]
    columns += [name for name in ("date", "custodian") if any(getattr(one, name) for one in documents)]
    rows = [
        {
            "source": f"not as recorded: {document.source}" if document.damaged else document.source,
            "title": document.title,
            "type": clipped(kind(document.media_type), 24),
            "size": _size(document),
            "date": clipped(document.date or "–", 32),
            "custodian": clipped(document.custodian or "–", 32),
        }
        for document in documents[:SHOWN_ROWS]
    ]
    return columns, rows


def _size(document: DocumentInfo) -> str:
    return count(document.pages, "page") if document.pages else f"{document.characters:,} chars"


def _sum(documents: Sequence[DocumentInfo], *, total: bool = True) -> str:
    pages = sum(document.pages for document in documents)
    known = [count(len(documents), "document")] if total else []
    known += [count(pages, "page")] if pages else []
    known.append(f"{sum(document.characters for document in documents):,} characters")
    known.append(count(sum(document.chunks for document in documents), "chunk"))
    damaged = sum(document.damaged is not None for document in documents)
    known += [f"{damaged:,} not as recorded (hybrid verify names what to do)"] if damaged else []
    return " · ".join(known)


# What is known of one -----------------------------------------------------------------------------


@as_html.register(DocumentInfo)
def info_html(info: DocumentInfo) -> str:
    """A card with what is known of one document."""
    known = [
        ("source", info.source),
        ("also", ", ".join(info.sources[1:])),
        ("type", kind(info.media_type)),
        ("size", _long_size(info.pages, info.characters)),
        ("chunks", f"{info.chunks:,}"),
        ("date", info.date),
        ("custodian", info.custodian),
        ("damaged", f"{info.damaged} is not as it was recorded" if info.damaged else None),
    ]
    return card("Document", head("Document", info.title), body(_known(known, info.sha256)))


def _long_size(pages: int, characters: int) -> str:
    return f"{count(pages, 'page')}, {characters:,} characters" if pages else f"{characters:,} characters"


def _known(rows: Sequence[tuple[str, str | None]], sha256: str) -> Html:
    present = [(name, value) for name, value in rows if value]
    return pairs([*present, ("sha256", tag("span", sha256, style=f"{MONO};font-size:11.5px;{BREAK}"))])


# One with its text --------------------------------------------------------------------------------


@as_text.register(Document)
def document_text(document: Document) -> str:
    """What is known of the document, and how it begins."""
    rows = [(name, value) for name, value in _facts(document) if value]
    begins = clipped(document.text[: _SHOWN_CHARS * 2], 300)
    return f"{facts(rows)}\n\n{wrapped(begins)}"


@as_html.register(Document)
def document_html(document: Document) -> str:
    """A card with what is known of the document, and how it begins."""
    beginning = printable(document.text[:_SHOWN_CHARS]).strip()
    more = "…" if len(document.text) > _SHOWN_CHARS else None
    text = tag("div", beginning, more, style=f"font-size:13px;white-space:pre-wrap;{BREAK}")
    known = _known(_facts(document)[1:], document.sha256)
    return card("Document", head("Document", document.title), body(known), section("Begins", text))


def _facts(document: Document) -> list[tuple[str, str | None]]:
    metadata = document.metadata
    return [
        ("title", document.title),
        ("source", document.source),
        ("attached to", document.parent),
        ("type", kind(document.media_type)),
        ("size", _long_size(len(document.pages), len(document.text))),
        ("author", metadata.author),
        ("date", metadata.date),
        ("custodian", metadata.custodian),
        *((name, clipped(value, 200)) for name, value in list(metadata.extra.items())[:SHOWN_ROWS]),
    ]
