"""The text of a DOCX, as its WordprocessingML reads with all changes accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hybrid.ingest.loaders.docx_runs import RunStyles, form_field, symbol, with_symbols
from hybrid.ingest.loaders.equations import EQUATION, equation
from hybrid.ingest.loaders.numbering import Numbering, W, numeral
from hybrid.ingest.loaders.ooxml import alternative
from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.spans import MOST, carried

_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_PICTURE_PROPERTIES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_VML_SHAPE = "{urn:schemas-microsoft-com:vml}shape"
_GONE = frozenset(W + name for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sectPr", "tblPr", "tblGrid"))
_DELETED = frozenset({W + "del", W + "moveFrom"})
_INSERTED = frozenset({W + "ins", W + "moveTo"})
_RELATED_TEXT = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm",
)
_CHARACTERS = {W + "tab": "\t", W + "ptab": "\t", W + "cr": "\n", W + "noBreakHyphen": "-"}
_SAME_PAGE = frozenset({"continuous", "nextColumn"})


@dataclass
class Changes:
    """Text that is not shown, or was written in as a tracked change, in order: ``struck``, ``hidden``, ``deleted``,
    ``inserted``. Of tracked changes the author and the date stand behind it."""

    struck: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    inserted: list[str] = field(default_factory=list)

    def tracked(self, node: Any) -> None:
        """Take note of a tracked deletion or insertion."""
        words = "".join(part.text or "" for part in node.iter(W + "t", W + "delText"))
        if words.strip():
            who = ", ".join(part for part in (node.get(W + "author"), (node.get(W + "date") or "")[:10]) if part)
            noted = self.inserted if node.tag in _INSERTED else self.deleted
            noted.append(f"{words.strip()} ({who})" if who else words.strip())


class DocxText:
    """Canonical text and page starts, built block by block.

    A gap (line ends, then tabs) and page breaks are due until the next character comes, so that
    nothing is written for empty paragraphs. ``explicit`` and ``rendered`` count the breaks found of
    either kind; ``notes`` maps ("footnoteReference", id) to the note's element, ``comments`` an id to a comment's, and
    ``related`` the id of a relationship to the text of a chart, a diagram or a document that is shown in its place.
    ``changes`` is what is not shown or was tracked.
    """

    def __init__(
        self,
        numbering: Numbering,
        styles: RunStyles,
        notes: Mapping[tuple[str, str], Any],
        comments: Mapping[str, Any],
        related: Mapping[str, str],
    ) -> None:
        self.changes = Changes()
        self._styles = styles
        self._comments = comments
        self._comments_due: list[str] = []
        self._related = related
        self._related_due: list[str] = []
        self._paragraph_properties: Any = None
        self.pages = [0]
        self.explicit = self.rendered = 0
        self._numbering = numbering
        self._notes = notes
        self._note_labels: dict[tuple[str, str], str] = {}
        self._notes_due: list[tuple[str, str]] = []
        self._boxes_due: list[Any] = []
        self._same_page_after: set[Any] = set()
        self._parts: list[str] = []
        self._length = 0
        self._lines = self._tabs = self._breaks = 0
        self._label = ""
        self._between = 2  # line ends between paragraphs: a blank line, but not in a table's cell
        self._rendered_in_row: bool | None = None  # None outside tables

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self._parts)

    def add(self, story: Any) -> None:
        """A body, header or footer: its blocks, with each note after the block that refers to it."""
        sections = list(story.iter(W + "sectPr"))
        for section, following in pairwise(sections):
            kind = following.find(W + "type")  # a section's type says how it begins, not how it ends
            if kind is not None and kind.get(W + "val") in _SAME_PAGE:
                self._same_page_after.add(section)
        for block in story:
            self._block(block)
            while self._notes_due:
                key = self._notes_due.pop(0)
                self._label = f"[{self._note_labels[key]}]"
                self._blocks(self._notes[key])
                self._label = ""
            while self._comments_due:
                comment = self._comments[self._comments_due.pop(0)]
                self._label = f"[Comment, {comment.get(W + 'author') or 'no author'}]"
                self._blocks(comment)
                self._label = ""

    def _blocks(self, parent: Any) -> None:
        for child in parent:
            self._block(child)

    def _block(self, node: Any) -> None:
        if node.tag == W + "p":
            self._paragraph(node)
        elif node.tag == W + "tbl":
            self._table(node)
        elif node.tag == W + "altChunk":
            self._show_related(node)
        elif node.tag in _DELETED:
            self.changes.tracked(node)
        elif node.tag not in _GONE and isinstance(node.tag, str):
            if node.tag in _INSERTED:
                self.changes.tracked(node)
            self._blocks(node)  # a wrapper: a content control, an insertion, custom XML

    def _paragraph(self, node: Any) -> None:
        properties = node.find(W + "pPr")
        if _is_on(properties, "pageBreakBefore"):
            self._one_break()
        before = self._length
        number = self._numbering.label(properties)
        note = self._label
        self._label = f"{note} {number}".strip()
        outer, self._paragraph_properties = self._paragraph_properties, properties
        self._inline(node)
        self._paragraph_properties = outer
        self._label = "" if self._length > before else note
        if not _is_mark_deleted(properties):  # else the next paragraph goes on in this one
            self._end_of_block(before)
        boxes, self._boxes_due = self._boxes_due, []
        for box in boxes:
            self._blocks(box)
        self._flush_related()
        section = None if properties is None else properties.find(W + "sectPr")
        if section is not None and section not in self._same_page_after:
            self._one_break()

    def _flush_related(self) -> None:
        shown, self._related_due = self._related_due, []
        for text in shown:
            before = self._length
            self._lines = max(self._lines, self._between)
            self._write(text)
            self._end_of_block(before)

    def _end_of_block(self, before: int) -> None:
        if self._length > before:
            self._lines = max(self._lines, self._between)

    def _table(self, table: Any) -> None:
        before, between, row_state = self._length, self._between, self._rendered_in_row
        self._between = 1
        merged: dict[int, str] = {}  # what the cells say that go on in the rows below, by their column
        for row in _nested(table, "tr"):
            if (deletion := _child(row.find(W + "trPr"), "del")) is not None:
                self._note_deleted_row(row, deletion)
                continue
            start = self._length
            self._rendered_in_row = False
            if start > before:
                self._lines, self._tabs = 1, 0
            column = 0
            for number, cell in enumerate(_nested(row, "tc")):
                if number:
                    self._lines = 0 if self._length > start else self._lines
                    self._tabs += 1
                column = self._cell(cell, column, merged)
        self._tabs = 0
        self._between, self._rendered_in_row = between, row_state
        self._end_of_block(before)

    def _cell(self, cell: Any, column: int, merged: dict[int, str]) -> int:
        """A cell of a table: a row carries what is merged over it. Gives the column of the next one."""
        properties, parts = cell.find(W + "tcPr"), len(self._parts)
        merge, width = _child(properties, "vMerge"), _child(properties, "gridSpan")
        columns = _count(width)
        self._blocks(cell)
        said = " ".join("".join(self._parts[parts:]).split())
        if merge is None:
            merged.pop(column, None)
        elif merge.get(W + "val") == "restart":
            merged[column] = carried(said)
        elif not said and (text := merged.get(column)):
            self._write(text)
        self._tabs += columns - 1
        return column + columns

    def _inline(self, parent: Any) -> None:
        for node in parent:
            tag = node.tag
            if tag == W + "r":
                self._run(node)
            elif tag == W + "t":
                self._write(node.text or "")
            elif tag == EQUATION:
                self._write(equation(node))
            elif tag in _DELETED:
                self.changes.tracked(node)
            elif tag == W + "commentReference":
                self._comment(node.get(W + "id") or "")
            elif tag == W + "sym":
                self._write(symbol(node.get(W + "font"), int(node.get(W + "char") or "FFFD", 16)))
            elif tag == W + "ffData":
                self._write(form_field(node))
            elif tag == W + "ruby":
                self._ruby(node)
            elif tag in _CHARACTERS:
                self._write(_CHARACTERS[tag])
            elif tag == W + "br":
                self._break(node.get(W + "type"))
            elif tag == W + "lastRenderedPageBreak":
                self._rendered_break()
            elif tag in (W + "footnoteReference", W + "endnoteReference"):
                self._note(tag.removeprefix(W), node.get(W + "id"))
            elif tag == W + "txbxContent":
                self._boxes_due.append(node)
            elif tag == _PICTURE_PROPERTIES or (tag == _VML_SHAPE and node.get("alt")):
                self._alternative(node)
                self._inline(node)
            elif tag == _ALTERNATIVES:
                self._inline(node[:1])  # the others say the same for older programs
            elif tag not in _GONE and isinstance(tag, str):
                if tag in _INSERTED:
                    self.changes.tracked(node)
                self._show_related(node)
                self._inline(node)

    def _run(self, run: Any) -> None:
        """A run as it is shown: not if it is struck or hidden; raised and lowered characters marked as such."""
        properties = run.find(W + "rPr")
        paragraph = self._paragraph_properties
        words = "".join(part.text or "" for part in run.iter(W + "t"))
        if words.strip():
            if self._styles.is_on(properties, paragraph, "vanish"):
                self.changes.hidden.append(words.strip())
                return
            if any(self._styles.is_on(properties, paragraph, name) for name in ("strike", "dstrike")):
                self.changes.struck.append(words.strip())
                return
        height = self._styles.value(properties, paragraph, "vertAlign")
        for node in run:
            if node.tag == W + "t" and node.text:
                text = with_symbols(node.text, properties)
                if height == "superscript":
                    text = superscript(self._end(), text)
                elif height == "subscript":
                    text = subscript(self._end(), text)
                self._write(text)
            else:
                self._inline([node])

    def _alternative(self, node: Any) -> None:
        """What stands for a picture or a shape, with a blank before it."""
        parent = node.getparent()
        if node.tag == _VML_SHAPE:
            words = f"[Image: {' '.join(node.get('alt').split())}]"
        else:
            words = "" if node.get("hidden") in ("1", "true") else alternative(node, is_picture=_shows_picture(parent))
        if words:
            self._write(words if self._end()[-1:] in ("", " ", "\n") else f" {words}")

    def _end(self) -> str:
        """The end of the line that is being written."""
        return "" if self._lines or self._tabs else "".join(self._parts[-8:])[-8:]

    def _ruby(self, node: Any) -> None:
        """Characters, then how they are read, which stands above them, in brackets."""
        base, ruby_text = node.find(W + "rubyBase"), node.find(W + "rt")
        if base is not None:
            self._inline(base)
        words = "" if ruby_text is None else "".join(part.text or "" for part in ruby_text.iter(W + "t"))
        if words.strip():
            self._write(f"（{words.strip()}）")

    def _comment(self, number: str) -> None:
        if number in self._comments and number not in self._comments_due:
            self._comments_due.append(number)

    def _show_related(self, node: Any) -> None:
        for name in _RELATED_TEXT:
            if (text := self._related.get(node.get(name) or "")) is not None:
                self._related_due.append(text)
                if node.tag == W + "altChunk":
                    self._flush_related()

    def _note_deleted_row(self, row: Any, deletion: Any) -> None:
        words = "\t".join("".join(part.text or "" for part in cell.iter(W + "t", W + "delText")) for cell in row)
        if words.strip():
            who = deletion.get(W + "author")
            self.changes.deleted.append(f"{words.strip()} ({who})" if who else words.strip())

    def _write(self, text: str) -> None:
        at_start = not self._length or self._lines or self._tabs
        if at_start:
            text = text.lstrip()
        if not text:
            return
        self._put("\n" * self._lines + "\t" * self._tabs if self._length else "")
        self._lines = self._tabs = 0
        self.pages += [self._length] * self._breaks
        self._breaks = 0
        if self._label:
            self._put(f"{self._label} ")
            self._label = ""
        self._put(text)

    def _put(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)

    def _break(self, kind: str | None) -> None:
        if kind == "page":
            self.explicit += 1
            self._breaks += 1
            self._lines = max(self._lines, 1)
        elif kind != "column":
            self._write("\n")

    def _one_break(self) -> None:
        """A page starts here, unless one does already."""
        self.explicit += 1
        if self._length:
            self._breaks = max(self._breaks, 1)
            self._lines = max(self._lines, 1)

    def _rendered_break(self) -> None:
        """Where a page began when it was last shown. After an explicit break it is the same page's start.

        A table's row that goes over a page has one in each cell; the first counts.
        """
        self.rendered += 1
        if self._length and not self._rendered_in_row:
            self._breaks = max(self._breaks, 1)
            if self._rendered_in_row is not None:
                self._rendered_in_row = True

    def _note(self, kind: str, number: str | None) -> None:
        key = (kind, number or "")
        if key not in self._notes or key in self._note_labels:
            return
        count = sum(known == kind for known, _ in self._note_labels) + 1
        self._note_labels[key] = numeral(count, None if kind == "footnoteReference" else "lowerRoman")
        self._write(f"[{self._note_labels[key]}]")
        self._notes_due.append(key)


def _shows_picture(drawing: Any) -> bool:
    return next(drawing.iter(_PICTURE), None) is not None


def _nested(parent: Any, name: str) -> list[Any]:
    """The rows of a table or the cells of a row, also those that stand in wrappers, but not in inner tables."""
    found = []
    for node in parent:
        if node.tag == W + name and _child(node.find(W + "tcPr"), "cellDel") is None:
            found.append(node)
        elif node.tag not in _GONE and node.tag not in (W + "tbl", W + "p") and isinstance(node.tag, str):
            found += _nested(node, name)
    return found


def _child(parent: Any, name: str) -> Any:
    return None if parent is None else parent.find(W + name)


def _count(span: Any) -> int:
    """How many columns a cell covers."""
    value = "" if span is None else span.get(W + "val") or ""
    return max(1, min(int(value), MOST)) if value.isascii() and value.isdigit() else 1


def _is_mark_deleted(properties: Any) -> bool:
    """Whether a paragraph's end is a tracked deletion."""
    marks = _child(properties, "rPr")
    return any(_child(marks, name) is not None for name in ("del", "moveFrom"))


def _is_on(properties: Any, name: str) -> bool:
    node = None if properties is None else properties.find(W + name)
    return node is not None and node.get(W + "val") not in ("0", "false", "off")
