"""Spreadsheets, slides, RTF and EPUB books.

Workbooks, slides and RTF need the extra ``office``; without it the file is named with what to install.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from lxml import etree

from hybrid.errors import DamagedDocumentError, EncryptedDocumentError, UnsupportedFormatError
from hybrid.ingest.loaders.formats import (
    CHANGES,
    HIDDEN_SLIDE,
    MADE_BY_PROGRAM,
    Attachment,
    Extracted,
    canonical,
    change_lists,
    check_unpacked,
    not_shown,
    parsing,
)
from hybrid.ingest.loaders.front_matter import head_of_sheet
from hybrid.ingest.loaders.html import load_html
from hybrid.ingest.loaders.number_formats import shown_duration, shown_number
from hybrid.ingest.loaders.ooxml import alternative, embedded, missing_sheets, of_package, threaded_comments
from hybrid.ingest.loaders.properties import properties as as_properties
from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.rtf_groups import described
from hybrid.ingest.loaders.rtf_source import rewritten, standing_alone
from hybrid.ingest.loaders.spans import carried
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile


@contextmanager
def _extra(source: str, what: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise UnsupportedFormatError(
            source, f"it is {what}; to read it install: pip install 'hybrid-ttt-rag[office]'"
        ) from error


# Workbooks ----------------------------------------------------------------------------------------------------------


def load_xlsx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A workbook: each sheet under its name, a line a row, a tab between cells, as they are shown last: numbers as
    their format writes them (`hybrid.ingest.loaders.number_formats`), days in ISO 8601. A formula whose value was not
    saved stands as it is written. Comments follow their row, with their author. What is hidden is read, and the line
    that names the sheet says so. A cell that is merged over rows stands in each of them, unless it is an amount.
    What is struck out is left out and noted (``extra["struck"]``). Files in the workbook are attachments; a sheet that
    it names and does not hold is among the skipped. Empty rows are left out, and so are empty
    columns: all at the left edge, and of several in a row all but one."""
    with _extra(source, "an Excel workbook"):
        from openpyxl import load_workbook
    check_unpacked(data, source, max_bytes)
    with parsing(source, "workbook"):
        shown = load_workbook(io.BytesIO(data), data_only=True, rich_text=True)
        written = load_workbook(io.BytesIO(data))
        parts, noted = [], dict[str, list[str]]()
        for sheet, formulas in zip(shown.worksheets, written.worksheets, strict=True):
            lines = list(_rows(sheet, formulas, noted))
            hidden = "; ".join(_hidden(sheet))
            if lines:
                name = f"Sheet: {sheet.title}{f' ({hidden})' if hidden else ''}"
                parts.append("\n".join([name, *_margins(sheet), "", *lines]))
        parts += _drawn(data)
        cells = "\n".join(parts)
        parts += (f"[Comment, {who}] {said}" for who, said in threaded_comments(data) if said not in cells)
        missing = missing_sheets(data)
        if missing and not parts:
            raise DamagedDocumentError(source, f"{_NOT_HELD} ({', '.join(missing)}); {_WHOLE}")
        skipped = tuple(
            SkippedFile(source=f"{source}#{title}", code=DamagedDocumentError.code, reason=f"{_NOT_HELD}; {_WHOLE}")
            for title in map(canonical, missing)
        )
        attachments = tuple(Attachment(name, content) for name, content in embedded(data, "xl/embeddings/"))
        properties = shown.properties
        metadata = _properties(properties.title, properties.creator, properties.created)
        text = canonical("\n\n".join(parts))
        extra = change_lists(noted) | _validated(written) | of_package(data, text)
        heads = tuple(head for sheet in shown.worksheets for head in head_of_sheet(_as_held(sheet)))
    return Extracted(
        text,
        metadata.model_copy(update={"extra": extra}),
        attachments=attachments,
        skipped=skipped,
        left_out=not_shown(noted),
        heads=heads,
    )


_WHOLE = "get a whole copy"
_NOT_HELD = "the workbook names this sheet and does not hold it"


def _as_held(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet, their texts with the line ends that are in them."""
    for _, cells in groupby(sorted(sheet._cells.items()), lambda item: item[0][0]):
        yield [str(cell.value) for _, cell in cells if cell.value is not None]


def _rows(sheet: Any, formulas: Any, noted: dict[str, list[str]]) -> Iterator[str]:
    """The lines of a sheet; text that is struck out goes to ``noted``. Only the cells that the file holds are looked
    at: one in the last corner of a sheet makes it seventeen thousand million cells large."""
    rows: dict[int, dict[int, str]] = {}
    comments: dict[int, list[str]] = {}
    for (row, column), cell in sorted(sheet._cells.items()):
        if text := _as_shown(cell, formulas._cells.get((row, column)), noted):
            rows.setdefault(row, {})[column] = text
        if cell.comment is not None:
            said = f"[Comment, {cell.comment.author or 'no author'}] {' '.join(cell.comment.text.split())}"
            comments.setdefault(row, []).append(said)
    for (row, column), text in _merged(sheet, rows):
        rows.setdefault(row, {})[column] = text
    places: dict[int, int] = {}
    before = place = 0
    for column in sorted({column for cells in rows.values() for column in cells}):
        place += 2 if places and column > before + 1 else 1
        places[column], before = place, column
    for row in sorted({*rows, *comments}):
        line, at = [], 1
        for column, text in sorted(rows.get(row, {}).items()):
            line.append("\t" * (places[column] - at) + text)
            at = places[column]
        if line:
            yield "".join(line)
        yield from comments.get(row, ())


_MARGINS = {"Header": ("oddHeader", "evenHeader", "firstHeader"), "Footer": ("oddFooter", "evenFooter", "firstFooter")}
_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|\d+|[A-Z])')


def _margins(sheet: Any) -> Iterator[str]:
    """What stands at the head and the foot of a sheet's pages in print, without numbers of pages and dates."""
    for kind, names in _MARGINS.items():
        found = (getattr(getattr(sheet, name), side).text for name in names for side in ("left", "center", "right"))
        texts = (" ".join(_CODE.sub("", text or "").split()) for text in found)
        yield from (f"[{kind}] {text}" for text in dict.fromkeys(texts) if re.search(r"[^\W\d_]{2}", text))


def _drawn(data: bytes) -> Iterator[str]:
    """The words of a workbook's text boxes, and of its charts, whose figures stand in cells."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            kind = re.fullmatch(r"xl/(drawing|chart)s/(?:drawing|chart(?:Ex)?)\d*\.xml", name)
            if kind is None:
                continue
            parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
            root = etree.fromstring(archive.read(name), parser)
            if root is None:
                continue
            paragraphs = root.iter(f"{{{_DRAWING}}}p")
            texts = ["".join(run.text or "" for run in one.iter(f"{{{_DRAWING}}}t")) for one in paragraphs]
            texts += (
                value.text or "" for name in root.iter(f"{{{_CHART}}}tx") for value in name.iter(f"{{{_CHART}}}v")
            )
            if words := list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip())):
                yield "\n".join([f"[{'Text box' if kind[1] == 'drawing' else 'Chart'}] {words[0]}", *words[1:]])
            for shape in root.iter(f"{{{_SHEET_DRAWING}}}cNvPr"):
                is_picture = shape.getparent().tag == f"{{{_SHEET_DRAWING}}}nvPicPr"
                if words_for := alternative(shape, is_picture=is_picture):
                    yield words_for


def _validated(book: Any) -> dict[str, str]:
    """What cells offer and say when somebody fills them in, for the metadata's ``extra``, as of a page's fields."""
    found: dict[str, list[str]] = {"tooltips": [], "choices": []}
    for rule in (rule for sheet in book.worksheets for rule in sheet.data_validations.dataValidation):
        found["tooltips"] += (words for words in (rule.promptTitle, rule.prompt, rule.errorTitle, rule.error) if words)
        if rule.type == "list" and (rule.formula1 or "").startswith('"'):
            found["choices"].append(rule.formula1.strip('"'))
    texts = {name: list(dict.fromkeys(canonical(text) for text in words)) for name, words in found.items()}
    return {name: json.dumps(words, ensure_ascii=False) for name, words in texts.items() if words}


def _merged(sheet: Any, rows: dict[int, dict[int, str]]) -> list[tuple[tuple[int, int], str]]:
    """What cells that are merged over rows say in the rows below their first, where these hold something else."""
    found = []
    for span in sheet.merged_cells.ranges:
        text = carried(rows.get(span.min_row, {}).get(span.min_col, ""))
        if text and span.max_row > span.min_row:
            found += [((row, span.min_col), text) for row in rows if span.min_row < row <= span.max_row]
    return found


def _hidden(sheet: Any) -> Iterator[str]:
    """What of a sheet is hidden, in words, by its numbers and letters; rows and columns without cells aside."""
    from openpyxl.utils import get_column_letter

    if sheet.sheet_state != "visible":
        yield "hidden"
    held_rows, held_columns = {row for row, _ in sheet._cells}, {column for _, column in sheet._cells}
    rows = [row for row in sorted(held_rows) if _is_hidden(sheet.row_dimensions.get(row), "height")]
    columns = sorted(
        column
        for one in sheet.column_dimensions.values()
        if _is_hidden(one, "width")
        for column in held_columns & set(range(one.min or one.index, (one.max or one.min or 0) + 1))
    )
    if rows:
        yield f"hidden {_listed(rows, 'row', str)}"
    if columns:
        yield f"hidden {_listed(columns, 'column', get_column_letter)}"


def _is_hidden(dimension: Any, size: str) -> bool:
    return dimension is not None and (bool(dimension.hidden) or getattr(dimension, size) == 0)


def _listed(numbers: list[int], what: str, name: Callable[[int], str]) -> str:
    """The numbers, those that follow each other as a range: "rows 3, 7-9"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    names = [name(first) if first == last else f"{name(first)}-{name(last)}" for first, last in ranges]
    return f"{what}{'s' if len(numbers) > 1 else ''} {', '.join(names)}"


def _as_shown(cell: Any, formula: Any, noted: dict[str, list[str]]) -> str:
    """A cell without what is struck out in it, its raised characters as such."""
    if cell.font.strike:
        if struck := _cell(cell, formula):
            noted.setdefault("struck", []).append(canonical(struck))
        return ""
    if not isinstance(cell.value, list):  # of runs that look different
        return _cell(cell, formula)
    made = ""
    for run in cell.value:
        font, text = getattr(run, "font", None), str(run)
        if font is not None and font.strike:
            noted.setdefault("struck", []).append(canonical(" ".join(text.split())))
        elif font is not None and font.vertAlign in ("superscript", "subscript"):
            made += (superscript if font.vertAlign == "superscript" else subscript)(made, text)
        else:
            made += text
    return " ".join(made.split())


def _cell(cell: Any, formula: Any) -> str:
    value = cell.value if cell.value is not None or formula is None else formula.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        code = _LITERAL.sub("", cell.number_format or "").lower()
        if re.search("[hs]", code) and not re.search("[dy]|mmm", code):
            return value.time().isoformat()  # the clock alone, of a number of days that is no date
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return shown_duration(value, cell.number_format or "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown_number(value, cell.number_format or "General")
    return " ".join(str(value).split())


_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')


def _properties(title: str | None, author: str | None, created: datetime | None) -> Metadata:
    author = canonical(author or "").strip()
    return Metadata(
        title=canonical(title or "").strip() or None,
        author=author if author and author.casefold() not in MADE_BY_PROGRAM else None,
        date=created.isoformat() if created is not None else None,
    )


# Slides -------------------------------------------------------------------------------------------------------------


def load_pptx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """Slides: each one a page, its shapes in their order, tables with a tab between cells, then the speaker's notes as
    ``[Notes]``. A hidden one says so. Embedded files are attachments."""
    with _extra(source, "a PowerPoint file"):
        from pptx import Presentation
    check_unpacked(data, source, max_bytes)
    with parsing(source, "presentation"):
        deck = Presentation(io.BytesIO(data))
        texts: list[str] = []
        attachments: list[Attachment] = []
        layouts: set[Any] = set()
        authors = _comment_authors(deck.part)
        for slide in deck.slides:
            lines = [HIDDEN_SLIDE] if slide.element.get("show") == "0" else []
            lines += [line for shape in slide.shapes for line in _shape(shape, attachments)]
            for layout in (slide.slide_layout, slide.slide_layout.slide_master):
                if layout.part not in layouts:  # what slides of one layout all show is read with the first of them
                    layouts.add(layout.part)
                    shapes = (shape for shape in layout.shapes if not shape.is_placeholder)
                    lines += (f"[Slide layout] {line}" for shape in shapes for line in _shape(shape, attachments))
            if (
                slide.has_notes_slide
                and (notes := slide.notes_slide.notes_text_frame) is not None
                and notes.text.strip()
            ):
                lines.append(f"[Notes] {notes.text.strip()}")
            lines += _slide_comments(slide.part, authors)
            texts.append(canonical("\n\n".join(lines).replace("\v", "\n")))
        properties = deck.core_properties
        metadata = _properties(properties.title, properties.author, properties.created)
        metadata = metadata.model_copy(update={"extra": of_package(data, "\n".join(texts))})
        known = {one.data for one in attachments}
        others = ((name, content) for name, content in embedded(data, "ppt/embeddings/") if content not in known)
        attachments += (Attachment(name, content) for name, content in others)
    pages = [0]
    for text in texts[:-1]:
        pages.append(pages[-1] + len(text) + 1)
    return Extracted("\n".join(texts), metadata, tuple(pages), attachments=tuple(attachments))


def _comment_authors(part: Any) -> dict[str, str]:
    """The names of those who commented on slides, by what comments call them."""
    found = {}
    for rel in part.rels.values():
        if not rel.is_external and rel.reltype.rpartition("/")[2] in ("commentAuthors", "authors"):
            for node in etree.fromstring(rel.target_part.blob, _PARSER):
                found[node.get("id") or ""] = node.get("name") or ""
    return found


def _slide_comments(part: Any, authors: dict[str, str]) -> Iterator[str]:
    """The comments on a slide with their answers, as ``[Comment, author]``, of the older kind and of the newer."""
    for rel in part.rels.values():
        if rel.is_external or rel.reltype.rpartition("/")[2] not in ("comments", "comment"):
            continue
        for node in etree.fromstring(rel.target_part.blob, _PARSER).iter("{*}cm", "{*}reply"):
            own = (child for child in node if etree.QName(child).localname in ("text", "txBody"))
            text = " ".join(" ".join("".join(child.itertext()).split()) for child in own)
            if text:
                yield f"[Comment, {authors.get(node.get('authorId') or '') or 'no author'}] {text}"


_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)


def _shape(shape: Any, attachments: list[Attachment]) -> Iterator[str]:
    is_picture = shape._element.tag.endswith("}pic")
    if words := alternative(shape._element._nvXxPr.cNvPr, is_picture=is_picture):
        yield words
    if hasattr(shape, "shapes"):  # a group
        for inner in shape.shapes:
            yield from _shape(inner, attachments)
    elif getattr(shape, "has_table", False):
        yield "\n".join(_table(shape.table))
    elif getattr(shape, "has_chart", False):
        yield _chart(shape.chart)
    elif getattr(shape, "has_text_frame", False):
        if shape.text_frame.text.strip():
            yield shape.text_frame.text.strip()
    elif (diagram := next(shape._element.iter(f"{{{_DIAGRAM}}}relIds"), None)) is not None:
        yield from _diagram(shape.part, diagram.get(f"{{{_RELATION}}}dm"))
    else:
        inner = getattr(shape, "ole_format", None)
        if inner is not None and inner.blob is not None:
            attachments.append(Attachment(f"{shape.name}".replace("/", "_"), inner.blob))


def _diagram(part: Any, identifier: str | None) -> Iterator[str]:
    """The words of a diagram (SmartArt), one of its shapes a line."""
    if identifier in part.rels and not part.rels[identifier].is_external:
        root = etree.fromstring(part.rels[identifier].target_part.blob, _PARSER)
        texts = (
            "".join(run.text or "" for run in one.iter(f"{{{_DRAWING}}}t")) for one in root.iter(f"{{{_DRAWING}}}p")
        )
        if words := [" ".join(text.split()) for text in texts if text.strip()]:
            yield "\n".join(words)


def _table(table: Any) -> Iterator[str]:
    """The rows of a slide's table. Each carries what is merged over it."""
    merged: dict[int, str] = {}
    for row in table.rows:
        texts = [" ".join(cell.text.split()) for cell in row.cells]
        for at, cell in enumerate(row.cells):
            if cell._tc.vMerge:
                texts[at] = merged.get(at, "")
            elif cell.is_merge_origin:
                merged[at] = carried(texts[at])
            else:
                merged.pop(at, None)
        yield "\t".join(texts)


def _chart(chart: Any) -> str:
    """What a chart says: its titles, then a table with a row for each category and a column for each series. Of a chart
    without categories, as one of points is, every word and number, one a line."""
    words = [node.text.strip() for node in chart.part._element.iter(f"{{{_DRAWING}}}t") if node.text]
    made = [word for word in words if word]
    plots = [plot for plot in chart.plots if len(plot.categories)]
    if not plots:
        numbers = [node.text.strip() for node in chart.part._element.iter(f"{{{_CHART}}}v") if node.text]
        return "\n".join(made + [number for number in numbers if number])
    for plot in plots:
        series = [(" ".join(str(one.name).split()), list(one.values)) for one in plot.series]
        made.append("\t".join(["", *(name for name, _ in series)]))
        for at, category in enumerate(plot.categories):
            values = [values[at] if at < len(values) else None for _, values in series]
            cells = [str(category), *("" if value is None else f"{value:.15g}" for value in values)]
            made.append("\t".join(" ".join(cell.split()) for cell in cells))
    return "\n".join(made)


_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_SHEET_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


# RTF ----------------------------------------------------------------------------------------------------------------


_AFTER_LAST_CELL = re.compile(r"\t+\n")
_USER_PROPERTY = re.compile(r"\{\\propname\s+([^{}]{1,200})\}\s*\\proptype\d+\s*\{\\staticval\s*([^{}]{0,1000})\}")


def load_rtf(data: bytes, source: str) -> Extracted:
    """Rich text: its text as striprtf gives it, cells of tables parted by a tab. Footnotes stand in square brackets in
    their place, headers and footers where they are defined, comments as ``[Comment, author]``; marks of notes in square
    brackets, exponents in superscript digits. Text boxes and what embedded objects show stand in their places; its
    title, author and properties are metadata. What is hidden, struck or deleted is left out and noted; ``extra`` has
    it, and what was inserted, as JSON lists: ``struck``, ``hidden``, ``deleted``, ``inserted``."""
    with _extra(source, "an RTF file"):
        from striprtf.striprtf import rtf_to_text
    with parsing(source, "RTF"):
        shown = rewritten(data)
        text = rtf_to_text(shown.data.decode("latin-1"), errors="replace")
        noted: dict[str, list[str]] = {}
        for kind, runs in shown.noted.items():
            for run, who in runs:
                words = " ".join(rtf_to_text(standing_alone(run, data).decode("latin-1"), errors="replace").split())
                if words:
                    noted.setdefault(kind, []).append(canonical(f"{words} ({who})" if who else words))
        alone = ((name, standing_alone(value, data).decode("latin-1")) for name, value in described(data))
        own = [(name, " ".join(rtf_to_text(value, errors="replace").split())) for name, value in alone]
    text = _AFTER_LAST_CELL.sub("\n", canonical(text))
    find = dict(own)
    metadata = _properties(find.pop("title", None), find.pop("author", None), None)
    extra = change_lists(noted) | as_properties(find.items())
    named = tuple((name, canonical(value)) for name, value in _USER_PROPERTY.findall(data.decode("latin-1")))
    return Extracted(
        text.strip("\n"), metadata.model_copy(update={"extra": extra}), left_out=not_shown(noted), named=named
    )


# EPUB ---------------------------------------------------------------------------------------------------------------

_CONTAINER, _OPF = "{urn:oasis:names:tc:opendocument:xmlns:container}", "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_OF_BOOK = {"subject": "subject", "description": "comments", "publisher": "publisher", "rights": "rights"}
_PAGES = frozenset({"application/xhtml+xml", "text/html"})


def load_epub(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A book: its chapters in the order of its spine, each as a browser shows it, parted by a blank line; then the
    pages that stand outside the spine, as popups and answers to questions do, but not its table of contents. What the
    chapters hide or strike out is in ``extra`` (JSON lists ``hidden``, ``struck``). A chapter that the book names and
    does not hold is among the skipped."""
    check_unpacked(data, source, max_bytes)
    with parsing(source, "EPUB"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if "META-INF/rights.xml" in names or "META-INF/sinf.xml" in names:
            raise EncryptedDocumentError(source, "it is protected by rights management and cannot be read")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        container = etree.fromstring(archive.read("META-INF/container.xml"), parser)
        root_file = next(container.iter(f"{_CONTAINER}rootfile")).get("full-path") or ""
        package = etree.fromstring(archive.read(root_file), parser)
        pages, skipped, noted = [], [], dict[str, list[str]]()
        for path in _chapters(package, posixpath.dirname(root_file)):
            held = next((name for name in (unquote(path), path) if name in names), None)
            if held is None:
                reason = "the book names this chapter and does not hold it; get a whole copy"
                skipped.append(SkippedFile(source=f"{source}#{path}", code=DamagedDocumentError.code, reason=reason))
                continue
            page = load_html(archive.read(held), f"{source}#{held}", None)
            pages.append(page.text.strip())
            for kind in CHANGES:
                noted.setdefault(kind, []).extend(json.loads(page.metadata.extra.get(kind, "[]")))
        described = [(key, node.text) for name, key in _OF_BOOK.items() for node in package.iter(f"{_DC}{name}")]
        own = tuple(
            (node.get("name") or node.get("property") or "", node.get("content") or node.text)
            for node in package.iter(f"{_OPF}meta")
        )
        find = {name: (package.findtext(f".//{_DC}{name}") or "").strip() or None for name in ("title", "creator")}
    return Extracted(
        "\n\n".join(page for page in pages if page),
        Metadata(title=find["title"], author=find["creator"], extra=change_lists(noted) | as_properties(described)),
        skipped=tuple(skipped),
        left_out=not_shown(noted),
        named=own,
    )


def _chapters(package: Any, folder: str) -> list[str]:
    """The paths of the pages as they are written in the package: of the spine, then those outside it."""
    items = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
    spine = [items[one.get("idref")] for one in package.iter(f"{_OPF}itemref") if one.get("idref") in items]
    outside = [
        item
        for item in items.values()
        if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "").split()
    ]
    paths = [posixpath.join(folder, (item.get("href") or "").partition("#")[0]) for item in (*spine, *outside)]
    return [posixpath.normpath(path) for path in dict.fromkeys(paths)]
