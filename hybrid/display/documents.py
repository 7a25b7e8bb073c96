"""Documents: one, what is known of one, and the table of all."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.display.markup import (
    BREAK,
    FINE,
    MONO,
    Html,
    body,
    card,
    head,
    join,
    pairs,
    section,
    tag,
)
from hybrid.display.markup import table as html_table
from hybrid.display.text import SHOWN_ROWS, clipped, count, facts, printable, table, wrapped
from hybrid.documents import Document
from hybrid.reports import DocumentInfo, Documents

_OPENING_CHARS = 700
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


def documents_text(documents: Documents) -> str:
    """A table for a terminal, and how many documents there are beyond its rows."""
    if not documents:
        return "No documents."
    columns, rows = _columns(list(documents))
    widest = {"source": 40, "title": 34, "type": 10, "size": 16, "date": 12, "custodian": 18}
    drawn = table(columns, [[row[name] for name in columns] for row in rows], [widest[name] for name in columns])
    left = len(documents) - len(rows)
    return "\n".join([_sum(documents), "", drawn, *([f"and {left:,} more"] if left else [])])


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
            "source": document.source,
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
    return " · ".join(known)


# What is known of one -----------------------------------------------------------------------------


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
    ]
    return card("Document", head("Document", info.title), body(_known(known, info.sha256)))


def _long_size(pages: int, characters: int) -> str:
    return f"{count(pages, 'page')}, {characters:,} characters" if pages else f"{characters:,} characters"


def _known(rows: Sequence[tuple[str, str | None]], sha256: str) -> Html:
    present = [(name, value) for name, value in rows if value]
    return pairs([*present, ("sha256", tag("span", sha256, style=f"{MONO};font-size:11.5px;{BREAK}"))])


# One with its text --------------------------------------------------------------------------------


def document_text(document: Document) -> str:
    """What is known of the document, and how it begins."""
    rows = [(name, value) for name, value in _facts(document) if value]
    begins = clipped(document.text[: _OPENING_CHARS * 2], 300)
    return f"{facts(rows)}\n\n{wrapped(begins)}"


def document_html(document: Document) -> str:
    """A card with what is known of the document, and how it begins."""
    opening = printable(document.text[:_OPENING_CHARS]).strip()
    more = "…" if len(document.text) > _OPENING_CHARS else None
    text = tag("div", opening, more, style=f"font-size:13px;white-space:pre-wrap;{BREAK}")
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
