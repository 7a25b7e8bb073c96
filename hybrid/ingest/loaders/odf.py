"""OpenDocument texts, sheets and presentations, as they read with all changes accepted.

Source: OASIS OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
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
from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.spans import carried
from hybrid.types.documents import Metadata

_OASIS = "{{urn:oasis:names:tc:opendocument:xmlns:{}:1.0}}"
_TEXT, _TABLE, _OFFICE, _STYLE = (_OASIS.format(name) for name in ("text", "table", "office", "style"))
_DRAW, _META, _PRESENTATION = (_OASIS.format(name) for name in ("drawing", "meta", "presentation"))
_DC = "{http://purl.org/dc/elements/1.1/}"
_MOST_REPEATS = 1000  # of a cell or a row that says how often it is repeated; empty ones are repeated a million times
_DOCUMENT_METADATA = {"title": f"{_DC}title", "author": f"{_META}initial-creator", "date": f"{_META}creation-date"}


def load_odf(data: bytes, source: str, max_bytes: int) -> Extracted:
    """An OpenDocument text, sheet or presentation: paragraphs parted by a blank line, rows by a line end, cells by a
    tab; notes in square brackets in their place, comments with their author. Raised digits are written as in a DOCX.
    Struck and hidden text and tracked deletions are not in the text; ``extra`` has them, and what was inserted, as JSON
    lists: ``struck``, ``hidden``, ``deleted``, ``inserted``."""
    check_unpacked(data, source, max_bytes)
    with parsing(source, "OpenDocument file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise EncryptedDocumentError(source, "it needs a password; save a copy without one and ingest that")
        root = _xml(archive.read("content.xml"))
        styles = _Styles([root, *(_xml(archive.read(name)) for name in ("styles.xml",) if name in names)])
        shown = _Text(styles, root)
        body = root.find(f"{_OFFICE}body")
        blocks = [] if body is None else list(shown.blocks(body))
        meta = _xml(archive.read("meta.xml")) if "meta.xml" in names else None
        attachments = [
            Attachment(posixpath.basename(name), archive.read(name))
            for name in names
            if name.startswith("Object ") and "/" not in name and not name.endswith("/")
        ]
    metadata = Metadata()
    if meta is not None:
        find = {name: (meta.findtext(f".//{tag}") or "").strip() or None for name, tag in _DOCUMENT_METADATA.items()}
        metadata = Metadata(title=find["title"], author=find["author"], date=_iso(find["date"]))
    return Extracted(
        canonical("\n\n".join(blocks)),
        metadata.model_copy(update={"extra": change_lists(shown.noted)}),
        attachments=tuple(attachments),
        left_out=not_shown(shown.noted),
    )


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


class _Text:
    """The walk over a document. ``noted`` are its texts that are struck, hidden, deleted or inserted."""

    def __init__(self, styles: _Styles, root: Any) -> None:
        self.noted: dict[str, list[str]] = {}
        self._styles = styles
        self._insertions: dict[str, str] = {}  # who inserted, by the name of the change
        self._inserted: dict[str, list[str]] = {}  # what came so far of insertions that have not ended
        for region in root.iter(f"{_TEXT}changed-region"):
            for change in region.iterchildren(f"{_TEXT}insertion", f"{_TEXT}deletion"):
                who = _who(change)
                if change.tag == f"{_TEXT}insertion":
                    self._insertions[_name_of_change(region)] = who
                else:
                    self._note("deleted", "\n".join(_Text(styles, change).blocks(change)), who)

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
            elif child.tag == f"{_TEXT}section" and child.get(f"{_TEXT}display") == "none":
                yield from self.blocks(child, _Look("hidden"))
            elif child.tag not in (f"{_TEXT}tracked-changes", f"{_OFFICE}change-info") and isinstance(child.tag, str):
                yield from self.blocks(child, outer)

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
            elif tag == f"{_TEXT}hidden-text":
                is_hidden = child.get(f"{_TEXT}is-hidden") == "true"
                self._inline(child, _Look("hidden") if is_hidden else look, parts)
            elif tag in (f"{_TEXT}change-start", f"{_TEXT}change-end"):
                self._change(child)
            elif (text := self._in_place(child, look)) is not None:
                if not look.off:
                    parts.append(text)
            elif isinstance(tag, str):
                self._inline(child, look, parts)
            self._write(child.tail, look, parts)

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
            return " ".join(self.blocks(node, look))
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
