"""OpenDocument texts, sheets and presentations, as they read with all changes accepted.

Source: OASIS OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from hybrid.errors import EncryptedDocumentError
from hybrid.ingest.loaders.formats import (
    Attachment,
    Extracted,
    canonical,
    change_lists,
    check_unpacked,
    not_shown,
    parsing,
)
from hybrid.ingest.loaders.front_matter import head_of_sheet
from hybrid.ingest.loaders.properties import links, properties
from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.spans import carried
from hybrid.text.layout import RUNNING_TEXT
from hybrid.types.documents import Metadata

_OASIS = "{{urn:oasis:names:tc:opendocument:xmlns:{}:1.0}}"
_TEXT, _TABLE, _OFFICE, _STYLE = (_OASIS.format(name) for name in ("text", "table", "office", "style"))
_DRAW, _META, _PRESENTATION = (_OASIS.format(name) for name in ("drawing", "meta", "presentation"))
_SVG = _OASIS.format("svg-compatible")
_DC = "{http://purl.org/dc/elements/1.1/}"
_TARGET = "{http://www.w3.org/1999/xlink}href"
_MATHS = "{http://www.w3.org/1998/Math/MathML}"
_MOST_REPEATS = 1000  # of a cell or a row that says how often it is repeated; empty ones are repeated a million times
_DOCUMENT_METADATA = {"title": f"{_DC}title", "author": f"{_META}initial-creator", "date": f"{_META}creation-date"}


def load_odf(data: bytes, source: str, max_bytes: int) -> Extracted:
    """An OpenDocument text, sheet or presentation: paragraphs parted by a blank line, rows by a line end, cells by a
    tab; notes in square brackets in their place, comments with their author, what stands for a picture as
    ``[Image: ...]``, embedded sheets, charts and formulas where they are shown. Raised digits are written as in a DOCX.
    The headers of its pages come first and the footers last, each once; ``extra["running_text"]`` has their spans.
    Struck and hidden text and tracked deletions are not in the text; ``extra`` has them, and what was inserted, as JSON
    lists: ``struck``, ``hidden``, ``deleted``, ``inserted``; and the document's properties and where its links lead
    (`hybrid.ingest.loaders.properties`)."""
    check_unpacked(data, source, max_bytes)
    with parsing(source, "OpenDocument file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise EncryptedDocumentError(source, "it needs a password; save a copy without one and ingest that")
        root = _xml(archive.read("content.xml"))
        pages = [_xml(archive.read(name)) for name in ("styles.xml",) if name in names]
        objects = {
            name.removesuffix("/content.xml"): _xml(archive.read(name))
            for name in names
            if name.endswith("/content.xml")
        }
        shown = _Text(_Styles([root, *pages]), root, objects)
        heads, feet = _margins(pages, shown)
        body = root.find(f"{_OFFICE}body")
        blocks = [] if body is None else list(shown.blocks(body))
        blocks += [block for name in objects for block in shown.embedded(name)]  # that no frame shows
        meta = _xml(archive.read("meta.xml")) if "meta.xml" in names else None
        attachments = [
            Attachment(posixpath.basename(name), archive.read(name))
            for name in names
            if name.startswith("Object ") and "/" not in name and not name.endswith("/")
        ]
    metadata, described = Metadata(), list[tuple[str, str | None]]()
    text, running = _joined(heads, blocks, feet)
    extra = change_lists(shown.noted) | links(_targets(root), text)
    if meta is not None:
        find = {name: (meta.findtext(f".//{tag}") or "").strip() or None for name, tag in _DOCUMENT_METADATA.items()}
        metadata = Metadata(title=find["title"], author=find["author"], date=_iso(find["date"]))
        described += _described(meta)
        extra |= properties(described)
    return Extracted(
        text,
        metadata.model_copy(update={"extra": extra | ({RUNNING_TEXT: running} if running else {})}),
        attachments=tuple(attachments),
        left_out=not_shown(shown.noted),
        named=tuple(described),
        heads=tuple(head for sheet in root.iter(f"{_TABLE}table") for head in head_of_sheet(_as_held(sheet))),
    )


def _as_held(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet, their texts with the line ends that are in them."""
    for row in sheet.iter(f"{_TABLE}table-row"):
        yield ["\n".join("".join(line.itertext()) for line in cell.iterchildren(f"{_TEXT}p")) for cell in row]


def _targets(root: Any) -> Iterator[str]:
    """Where links lead, and what a document shows that is not in it, such as a picture on a server."""
    for node in root.iter():
        target = node.get(_TARGET) or ""
        if node.tag in (f"{_TEXT}a", f"{_DRAW}a") or re.match(r"[a-z]{2,}:", target, re.IGNORECASE):
            yield target


_PROPERTIES = {
    f"{_DC}subject": "subject",
    f"{_META}keyword": "keywords",
    f"{_DC}description": "comments",
    f"{_DC}creator": "last modified by",
}


def _described(meta: Any) -> Iterator[tuple[str, str | None]]:
    """The properties of a document, those of its author's own by their names."""
    for node in meta.iter(*_PROPERTIES, f"{_META}user-defined"):
        yield _PROPERTIES.get(node.tag) or node.get(f"{_META}name") or "", "".join(node.itertext())


def _joined(heads: list[str], blocks: list[str], feet: list[str]) -> tuple[str, str]:
    """The text, and the spans of its headers and footers in it as `RUNNING_TEXT` has them."""
    parts = [canonical(block) for block in (*heads, *blocks, *feet)]
    running, at = [], 0
    for number, part in enumerate(parts):
        if not len(heads) <= number < len(parts) - len(feet):
            running.append(f"{at}-{at + len(part)}")
        at += len(part) + 2
    return "\n\n".join(parts), " ".join(running)


_HEADS = re.compile(r"header(?:-left|-first)?")
_FEET = re.compile(r"footer(?:-left|-first)?")
_COMPUTED = frozenset(f"{_TEXT}{name}" for name in ("page-number", "page-count", "sheet-name", "title", "date", "time"))


def _margins(pages: list[Any], shown: _Text) -> tuple[list[str], list[str]]:
    """The headers and the footers of the master pages, each once: neither the number of the page alone, nor what every
    sheet has that nobody gave one ("Page 1")."""
    found: dict[str, list[str]] = {"header": [], "footer": []}
    for master in (node for root in pages for node in root.iter(f"{_STYLE}master-page")):
        for node in master:
            if not isinstance(node.tag, str) or not node.tag.startswith(_STYLE):
                continue
            name = node.tag.removeprefix(_STYLE)
            kind = "header" if _HEADS.fullmatch(name) else "footer" if _FEET.fullmatch(name) else None
            if kind is None:
                continue
            look = _Look("hidden") if node.get(f"{_STYLE}display") == "false" else _Look()
            text = "\n".join(shown.blocks(node, look))
            computed = ["".join(one.itertext()) for one in node.iter(*_COMPUTED)]
            words = " ".join("".join(node.itertext()).split())
            for one in computed:
                words = words.replace(one, " ", 1)
            is_default = bool(computed) and len(re.findall(r"[^\W\d_]{2,}", words)) < 2
            if text and not is_default and text not in found[kind]:
                found[kind].append(text)
    return found["header"], found["footer"]


def _iso(written: str | None) -> str | None:
    try:
        return datetime.fromisoformat(written).isoformat() if written else None
    except ValueError:
        return None


def _xml(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


@dataclass(frozen=True)
class _Look:
    """How text is shown: ``off`` is ``struck``, ``hidden`` or empty, ``height`` ``super``, ``sub`` or empty."""

    off: str = ""
    height: str = ""


class _Styles:
    """How the styles of a document show text, with what they inherit."""

    def __init__(self, roots: list[Any]) -> None:
        self._nodes = {
            (node.get(f"{_STYLE}family"), node.get(f"{_STYLE}name")): node
            for root in reversed(roots)  # the styles of the content itself come before those of the same name
            for node in root.iter(f"{_STYLE}style")
        }
        self._properties: dict[tuple[str, str | None], dict[str, str]] = {}

    def look(self, outer: _Look, family: str, name: str | None) -> _Look:
        """How a style shows text that stands in text of another look."""
        found = self._of(family, name)
        off = outer.off
        if "display" in found:
            off = "hidden" if found["display"] == "none" else ""
        lines = [found[key] for key in ("text-line-through-style", "text-line-through-type") if key in found]
        if lines and off != "hidden":
            off = "" if "none" in lines else "struck"
        height = outer.height
        if position := found.get("text-position", "").split():
            place = position[0]
            if place in ("super", "sub"):
                height = place
            else:
                height = "sub" if place.startswith("-") else "super" if place.strip("0%.") else ""
        return _Look(off, height)

    def _of(self, family: str, name: str | None) -> dict[str, str]:
        key = (family, name)
        if key not in self._properties:
            made: dict[str, str] = {}
            seen: set[str | None] = set()
            while (node := self._nodes.get((family, name))) is not None and name not in seen:
                seen.add(name)
                for properties in node.iterchildren(f"{_STYLE}text-properties"):
                    for attribute, value in properties.items():
                        made.setdefault(attribute.rpartition("}")[2], value)
                name = node.get(f"{_STYLE}parent-style-name")
            self._properties[key] = made
        return self._properties[key]


_MARGINS_OF_SLIDES = {f"{_PRESENTATION}header-decl": "Header", f"{_PRESENTATION}footer-decl": "Footer"}


class _Text:
    """The walk over a document. ``noted`` are its texts that are struck, hidden, deleted or inserted."""

    def __init__(self, styles: _Styles, root: Any, objects: Mapping[str, Any]) -> None:
        self.noted: dict[str, list[str]] = {}
        self._styles = styles
        self._objects = dict(objects)  # embedded ones by their folders, those that no frame has shown so far
        self._insertions: dict[str, str] = {}  # who inserted, by the name of the change
        self._inserted: dict[str, list[str]] = {}  # what came so far of insertions that have not ended
        for region in root.iter(f"{_TEXT}changed-region"):
            for change in region.iterchildren(f"{_TEXT}insertion", f"{_TEXT}deletion"):
                who = _who(change)
                if change.tag == f"{_TEXT}insertion":
                    self._insertions[_name_of_change(region)] = who
                else:
                    self._note("deleted", "\n".join(_Text(styles, change, {}).blocks(change)), who)

    def blocks(self, node: Any, outer: _Look = _Look()) -> Iterator[str]:
        """The paragraphs and tables of an element."""
        for child in node:
            if child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                if text := self._paragraph(child, outer).strip():
                    yield text
            elif child.tag == f"{_TABLE}table":
                name = child.get(f"{_TABLE}name")
                rows = [row for row in self._rows(child, outer) if row.strip()]
                if rows:
                    is_sheet = node.tag == f"{_OFFICE}spreadsheet"
                    yield "\n".join([*([f"Sheet: {name}", ""] if is_sheet and name else []), *rows])
            elif child.tag == f"{_PRESENTATION}notes":
                if notes := " ".join(self.blocks(child, outer)):
                    yield f"[Notes] {notes}"
            elif child.tag in (f"{_TEXT}change-start", f"{_TEXT}change-end"):
                self._change(child)
            elif child.tag in _MARGINS_OF_SLIDES:
                if text := " ".join((child.text or "").split()):
                    yield f"[{_MARGINS_OF_SLIDES[child.tag]}] {text}"
            elif child.tag in (f"{_SVG}title", f"{_SVG}desc"):
                if text := " ".join("".join(child.itertext()).split()):
                    yield from self._alternative(node, text, outer)
            elif child.tag == f"{_DRAW}object" and child.get(_TARGET):
                yield from self.embedded(posixpath.normpath(child.get(_TARGET)), outer)
            elif child.tag == f"{_TEXT}section" and child.get(f"{_TEXT}display") == "none":
                yield from self.blocks(child, _Look("hidden"))
            elif child.tag not in (f"{_TEXT}tracked-changes", f"{_OFFICE}change-info") and isinstance(child.tag, str):
                yield from self.blocks(child, outer)

    def embedded(self, name: str, outer: _Look = _Look()) -> Iterator[str]:
        """What an embedded sheet, chart, text or formula says; nothing the second time, which stands for itself."""
        root = self._objects.pop(name, None)
        if root is None:
            return
        if root.tag == f"{_MATHS}math":
            written = root.findtext(f".//{_MATHS}annotation") or " ".join(root.itertext())
            if text := " ".join(written.split()):
                yield from self._alternative(None, text, outer, "Formula")
            return
        for node in root.iter(f"{_OFFICE}body"):
            yield from self.blocks(node, outer)

    def _alternative(self, node: Any, text: str, outer: _Look, kind: str = "Image") -> Iterator[str]:
        """What stands for something that is no text."""
        if outer.off:
            self._note(outer.off, text)
            return
        if node is not None and node.find(f"{_DRAW}image") is None:
            kind = "Alternative text"
        yield f"[{kind}: {text}]"

    def _rows(self, table: Any, outer: _Look) -> Iterator[str]:
        below: dict[int, tuple[int, str]] = {}  # by its column, in how many more rows a cell stands, and its text
        for row in table.iter(f"{_TABLE}table-row"):
            cells: list[str] = []
            for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                repeats = min(int(cell.get(f"{_TABLE}number-columns-repeated") or 1), _MOST_REPEATS)
                text, at = " ".join(" ".join(self.blocks(cell, outer)).split()), len(cells)
                if cell.tag == f"{_TABLE}covered-table-cell" and at in below:
                    rows, text = below.pop(at)
                    below |= {at: (rows - 1, text)} if rows > 1 else {}
                elif (rows := int(cell.get(f"{_TABLE}number-rows-spanned") or 1)) > 1:
                    below[at] = rows - 1, carried(text)
                cells += (
                    [text, *[""] * (repeats - 1)] if cell.tag == f"{_TABLE}covered-table-cell" else [text] * repeats
                )
            repeated = min(int(row.get(f"{_TABLE}number-rows-repeated") or 1), _MOST_REPEATS)
            line = "\t".join(cells).rstrip("\t")
            yield from [line] * (repeated if line else 1)

    def _paragraph(self, node: Any, outer: _Look) -> str:
        look = self._styles.look(outer, "paragraph", node.get(f"{_TEXT}style-name"))
        if any(one.get(f"{_TEXT}is-hidden") == "true" for one in node.iter(f"{_TEXT}hidden-paragraph")):
            look = _Look("hidden")
        parts: list[str] = []
        self._inline(node, look, parts)
        return "".join(parts)

    def _inline(self, node: Any, look: _Look, parts: list[str]) -> None:
        self._write(node.text, look, parts)
        for child in node:
            tag = child.tag
            if tag == f"{_TEXT}span":
                self._inline(child, self._styles.look(look, "text", child.get(f"{_TEXT}style-name")), parts)
            elif tag in (f"{_TEXT}hidden-text", f"{_TEXT}conditional-text"):
                self._conditional(child, look, parts)
            elif tag in (f"{_TEXT}change-start", f"{_TEXT}change-end"):
                self._change(child)
            elif (text := self._in_place(child, look)) is not None:
                if not look.off:
                    parts.append(text)
            elif isinstance(tag, str):
                self._inline(child, look, parts)
            self._write(child.tail, look, parts)

    def _conditional(self, node: Any, look: _Look, parts: list[str]) -> None:
        """Text that is shown on a condition; what the field would show otherwise is hidden text."""
        held = " ".join("".join(node.itertext()).split())
        if node.tag == f"{_TEXT}hidden-text":
            hides = node.get(f"{_TEXT}is-hidden") == "true" or not held
            texts = [node.get(f"{_TEXT}string-value") or held]
        else:
            hides = False
            texts = [node.get(f"{_TEXT}string-value-if-{answer}") or "" for answer in ("true", "false")]
        shown = "" if hides else held or texts[node.get(f"{_TEXT}current-value") == "false" and len(texts) > 1]
        self._write(shown, look, parts)
        for text in texts:
            if " ".join(text.split()) not in ("", shown):
                self._note("hidden", text)

    def _in_place(self, node: Any, look: _Look) -> str | None:
        """What stands for an element that is more than text; ``None`` where it is none."""
        tag = node.tag
        if tag == f"{_TEXT}s":
            return " " * int(node.get(f"{_TEXT}c") or 1)
        if tag == f"{_TEXT}tab":
            return "\t"
        if tag == f"{_TEXT}line-break":
            return "\n"
        if tag == f"{_TEXT}note":
            return f" [{' '.join(self.blocks(node.find(f'{_TEXT}note-body')))}]"
        if tag == f"{_OFFICE}annotation":
            author = node.findtext(f"{_DC}creator") or "no author"
            return f" [Comment, {author}: {' '.join(self.blocks(node))}]"
        if tag == f"{_DRAW}frame":
            found = list(self.blocks(node, look))
            return "\n".join(["", *found, ""]) if any("\n" in text for text in found) else " ".join(found)
        return None

    def _write(self, text: str | None, look: _Look, parts: list[str]) -> None:
        if not text:
            return
        if look.off:
            self._note(look.off, text)
            return
        for inserted in self._inserted.values():
            inserted.append(text)
        if look.height:
            text = (superscript if look.height == "super" else subscript)("".join(parts[-8:])[-8:], text)
        parts.append(text)

    def _change(self, node: Any) -> None:
        name = node.get(f"{_TEXT}change-id") or ""
        if node.tag == f"{_TEXT}change-start":
            if name in self._insertions:
                self._inserted[name] = []
        elif name in self._inserted:
            self._note("inserted", "".join(self._inserted.pop(name)), self._insertions[name])

    def _note(self, kind: str, text: str, who: str = "") -> None:
        words = " ".join(text.split())
        if words:
            self.noted.setdefault(kind, []).append(canonical(f"{words} ({who})" if who else words))


def _name_of_change(region: Any) -> str:
    for name in (f"{_TEXT}id", "{http://www.w3.org/XML/1998/namespace}id"):
        if found := region.get(name):
            return str(found)
    return ""


def _who(change: Any) -> str:
    author = change.findtext(f".//{_DC}creator") or ""
    return ", ".join(part for part in (author.strip(), (change.findtext(f".//{_DC}date") or "")[:10]) if part)
