"""Spreadsheets, slides, RTF, OpenDocument files and EPUB books.

Workbooks, slides and RTF need the extra ``office``; without it the file is named with what to install.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from lxml import etree

from hybrid.errors import DocumentTooLargeError, EncryptedDocumentError, UnsupportedFormatError
from hybrid.ingest.loaders.formats import Attachment, Extracted, canonical, parsing
from hybrid.ingest.loaders.html import load_html
from hybrid.ingest.loaders.rtf_source import rewritten
from hybrid.types.documents import Metadata

_UNPACKED = 4  # times the size limit that the parts may have together: XML packs to a tenth


@contextmanager
def _extra(source: str, what: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise UnsupportedFormatError(
            source, f"it is {what}; to read it install: pip install 'hybrid-ttt-rag[office]'"
        ) from error


def _check_unpacked(data: bytes, source: str, max_bytes: int) -> None:
    with parsing(source, "file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _UNPACKED * max_bytes:
        raise DocumentTooLargeError(source, f"it unpacks to {unpacked:,} bytes, over {_UNPACKED} times the limit")


# Workbooks ----------------------------------------------------------------------------------------------------------


def load_xlsx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A workbook: each sheet under its name, a line a row, a tab between cells, as they are shown last. A formula
    whose value was not saved stands as it is written. Comments follow their row, with their author. Hidden sheets are
    read, and say so. Empty rows and columns at the edges are left out."""
    with _extra(source, "an Excel workbook"):
        from openpyxl import load_workbook
    _check_unpacked(data, source, max_bytes)
    with parsing(source, "workbook"):
        shown = load_workbook(io.BytesIO(data), data_only=True)
        written = load_workbook(io.BytesIO(data))
        parts = []
        for sheet, formulas in zip(shown.worksheets, written.worksheets, strict=True):
            lines = [line for row in zip(sheet.iter_rows(), formulas.iter_rows(), strict=True) for line in _row(*row)]
            hidden = " (hidden)" if sheet.sheet_state != "visible" else ""
            if lines:
                parts.append("\n".join([f"Sheet: {sheet.title}{hidden}", "", *lines]))
        properties = shown.properties
        metadata = _properties(properties.title, properties.creator, properties.created)
    return Extracted(canonical("\n\n".join(parts)), metadata)


def _row(shown: tuple[Any, ...], written: tuple[Any, ...]) -> Iterator[str]:
    cells = [_cell(cell, formula) for cell, formula in zip(shown, written, strict=True)]
    if any(cells):
        yield "\t".join(cells).rstrip("\t")
    for cell in shown:
        if cell.comment is not None:
            yield f"[Comment, {cell.comment.author or 'no author'}] {' '.join(cell.comment.text.split())}"


def _cell(cell: Any, formula: Any) -> str:
    value = cell.value if cell.value is not None else formula.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and "%" in (cell.number_format or ""):
        return f"{value * 100:.10g}%"
    if isinstance(value, float):
        return f"{value:.15g}"
    return " ".join(str(value).split())


def _properties(title: str | None, author: str | None, created: datetime | None) -> Metadata:
    return Metadata(
        title=canonical(title or "").strip() or None,
        author=canonical(author or "").strip() or None,
        date=created.isoformat() if created is not None else None,
    )


# Slides -------------------------------------------------------------------------------------------------------------


def load_pptx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """Slides: each one a page, its shapes in their order, tables with a tab between cells, then the speaker's notes as
    ``[Notes]``. A hidden one says so. Embedded files are attachments."""
    with _extra(source, "a PowerPoint file"):
        from pptx import Presentation
    _check_unpacked(data, source, max_bytes)
    with parsing(source, "presentation"):
        deck = Presentation(io.BytesIO(data))
        texts: list[str] = []
        attachments: list[Attachment] = []
        for slide in deck.slides:
            lines = ["[Hidden slide]"] if slide.element.get("show") == "0" else []
            lines += [line for shape in slide.shapes for line in _shape(shape, attachments)]
            if (
                slide.has_notes_slide
                and (notes := slide.notes_slide.notes_text_frame) is not None
                and notes.text.strip()
            ):
                lines.append(f"[Notes] {notes.text.strip()}")
            texts.append(canonical("\n\n".join(lines).replace("\v", "\n")))
        properties = deck.core_properties
        metadata = _properties(properties.title, properties.author, properties.created)
    pages = [0]
    for text in texts[:-1]:
        pages.append(pages[-1] + len(text) + 1)
    return Extracted("\n".join(texts), metadata, tuple(pages), attachments=tuple(attachments))


def _shape(shape: Any, attachments: list[Attachment]) -> Iterator[str]:
    if hasattr(shape, "shapes"):  # a group
        for inner in shape.shapes:
            yield from _shape(inner, attachments)
    elif getattr(shape, "has_table", False):
        yield "\n".join("\t".join(" ".join(cell.text.split()) for cell in row.cells) for row in shape.table.rows)
    elif getattr(shape, "has_chart", False):
        names = ("{http://schemas.openxmlformats.org/drawingml/2006/chart}v", f"{{{_DRAWING}}}t")
        words = [node.text.strip() for node in shape.chart.part._element.iter(*names) if node.text]
        yield "\n".join(word for word in words if word)
    elif getattr(shape, "has_text_frame", False) and shape.text_frame.text.strip():
        yield shape.text_frame.text.strip()
    else:
        embedded = getattr(shape, "ole_format", None)
        if embedded is not None and embedded.blob is not None:
            attachments.append(Attachment(f"{shape.name}".replace("/", "_"), embedded.blob))


_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


# RTF ----------------------------------------------------------------------------------------------------------------


def load_rtf(data: bytes, source: str) -> Extracted:
    """Rich text: its text, cells of tables parted by bars, as striprtf gives it. Footnotes stand in square brackets in
    their place, headers and footers where they are defined, comments as ``[Comment]``; what is hidden, struck or
    deleted is left out, and noted."""
    with _extra(source, "an RTF file"):
        from striprtf.striprtf import rtf_to_text
    with parsing(source, "RTF"):
        shown = rewritten(data)
        text = rtf_to_text(shown.data.decode("latin-1"), errors="replace")
    return Extracted(canonical(text).strip("\n"), left_out=tuple(f"{kind} text" for kind in shown.left_out))


# OpenDocument -------------------------------------------------------------------------------------------------------

_TEXT, _TABLE = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}", "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE, _DC = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}", "{http://purl.org/dc/elements/1.1/}"
_DRAW, _META = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("drawing", "meta"))
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_MOST_REPEATS = 1000  # of a cell or a row that says how often it is repeated; empty ones are repeated a million times


def load_odf(data: bytes, source: str, max_bytes: int) -> Extracted:
    """An OpenDocument text, sheet or presentation: paragraphs parted by a blank line, rows by a line end, cells by a
    tab; notes in square brackets in their place, comments with their author. Tracked deletions are not in the text."""
    _check_unpacked(data, source, max_bytes)
    with parsing(source, "OpenDocument file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise EncryptedDocumentError(source, "it needs a password; save a copy without one and ingest that")
        root = _xml(archive.read("content.xml"))
        body = root.find(f"{_OFFICE}body")
        blocks = [] if body is None else list(_odf_blocks(body))
        meta = _xml(archive.read("meta.xml")) if "meta.xml" in names else None
        attachments = [
            Attachment(posixpath.basename(name), archive.read(name))
            for name in names
            if name.startswith("Object ") and "/" not in name and not name.endswith("/")
        ]
    metadata = Metadata()
    if meta is not None:
        find = {name: (meta.findtext(f".//{tag}") or "").strip() or None for name, tag in _ODF_META.items()}
        metadata = Metadata(title=find["title"], author=find["author"], date=_iso(find["date"]))
    return Extracted(canonical("\n\n".join(blocks)), metadata, attachments=tuple(attachments))


_ODF_META = {"title": f"{_DC}title", "author": f"{_META}initial-creator", "date": f"{_META}creation-date"}


def _iso(written: str | None) -> str | None:
    try:
        return datetime.fromisoformat(written).isoformat() if written else None
    except ValueError:
        return None


def _xml(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _odf_blocks(node: Any) -> Iterator[str]:
    for child in node:
        if child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            if text := _odf_inline(child).strip():
                yield text
        elif child.tag == f"{_TABLE}table":
            name = child.get(f"{_TABLE}name")
            rows = [row for row in _odf_rows(child) if row.strip()]
            if rows:
                is_sheet = node.tag == f"{_OFFICE}spreadsheet"
                yield "\n".join([*([f"Sheet: {name}", ""] if is_sheet and name else []), *rows])
        elif child.tag == f"{_PRESENTATION}notes":
            if notes := " ".join(_odf_blocks(child)):
                yield f"[Notes] {notes}"
        elif child.tag != f"{_TEXT}tracked-changes" and isinstance(child.tag, str):
            yield from _odf_blocks(child)


def _odf_rows(table: Any) -> Iterator[str]:
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeats = min(int(cell.get(f"{_TABLE}number-columns-repeated") or 1), _MOST_REPEATS)
            cells += [" ".join(" ".join(_odf_blocks(cell)).split())] * repeats
        repeated = min(int(row.get(f"{_TABLE}number-rows-repeated") or 1), _MOST_REPEATS)
        line = "\t".join(cells).rstrip("\t")
        yield from [line] * (repeated if line else 1)


def _odf_inline(node: Any) -> str:
    parts = [node.text or ""]
    for child in node:
        tag = child.tag
        if tag == f"{_TEXT}s":
            parts.append(" " * int(child.get(f"{_TEXT}c") or 1))
        elif tag == f"{_TEXT}tab":
            parts.append("\t")
        elif tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif tag == f"{_TEXT}note":
            parts.append(f" [{' '.join(_odf_blocks(child.find(f'{_TEXT}note-body')))}]")
        elif tag == f"{_OFFICE}annotation":
            author = child.findtext(f"{_DC}creator") or "no author"
            parts.append(f" [Comment, {author}: {' '.join(_odf_blocks(child))}]")
        elif tag == f"{_DRAW}frame":
            parts.append(" ".join(_odf_blocks(child)))
        elif isinstance(tag, str):
            parts.append(_odf_inline(child))
        parts.append(child.tail or "")
    return "".join(parts)


# EPUB ---------------------------------------------------------------------------------------------------------------

_CONTAINER, _OPF = "{urn:oasis:names:tc:opendocument:xmlns:container}", "{http://www.idpf.org/2007/opf}"


def load_epub(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A book: its chapters in the order of its spine, each as a browser shows it, parted by a blank line."""
    _check_unpacked(data, source, max_bytes)
    with parsing(source, "EPUB"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "META-INF/rights.xml" in names or "META-INF/sinf.xml" in names:
            raise EncryptedDocumentError(source, "it is protected by rights management and cannot be read")
        root_file = next(_xml(archive.read("META-INF/container.xml")).iter(f"{_CONTAINER}rootfile")).get("full-path")
        package = _xml(archive.read(root_file))
        folder = posixpath.dirname(root_file)
        items = {item.get("id"): item.get("href") for item in package.iter(f"{_OPF}item")}
        chapters = [items.get(one.get("idref")) for one in package.iter(f"{_OPF}itemref")]
        paths = [posixpath.normpath(posixpath.join(folder, href)) for href in chapters if href]
        texts = [load_html(archive.read(path), source).text.strip() for path in paths if path in names]
        find = {name: (package.findtext(f".//{_DC}{name}") or "").strip() or None for name in ("title", "creator")}
    metadata = Metadata(title=find["title"], author=find["creator"])
    return Extracted("\n\n".join(text for text in texts if text), metadata)
