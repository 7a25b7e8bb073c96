"""DOCX: python-docx opens the package and its properties; the text is read from the WordprocessingML itself."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from typing import Any, cast

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.package import Package
from lxml import etree

from hybrid.errors import DamagedDocumentError, DocumentTooLargeError, EmptyDocumentError
from hybrid.ingest.loaders.formats import Extracted, canonical, parsing
from hybrid.ingest.loaders.numbering import Numbering, W, numeral
from hybrid.text.layout import RUNNING_TEXT
from hybrid.types.documents import Metadata

_UNPACKED = 2  # times the size limit that the parts may have together: styles and numbering are less than the text


def load_docx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A DOCX as it reads with all changes accepted: insertions are in, deletions and comments are not.

    The headers come first and the footers last, each once; ``extra["running_text"]`` has their spans, which are no
    sentences. Paragraphs are parted by a blank line,
    rows by a line end, cells by a tab. Computed list numbers stand before their paragraphs.
    Footnotes follow the paragraph that refers to them, as ``[1]``.

    A DOCX does not say where its pages end. Known are the page breaks that its author set and, if a
    word processor saved it, where pages began when it was last shown; these make the page map, and
    ``extra["page_breaks"]`` says which they were. Without ``rendered`` ones a page number is the
    least that it can be; without any the document has no pages.

    Raises:
        DocumentTooLargeError: it unpacks to more than twice ``max_bytes``.
        DamagedDocumentError: not a readable DOCX.
        EmptyDocumentError: no text in it.
    """
    with parsing(source, "DOCX"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _UNPACKED * max_bytes:
            raise DocumentTooLargeError(
                source,
                f"the DOCX unpacks to {unpacked:,} bytes, over {_UNPACKED} times the limit of {max_bytes:,}; "
                "raise max_file_bytes in the ingest settings if that is right",
            )
        package = cast(Any, Package.open(io.BytesIO(data)))
        main = package.main_document_part
        related = _related(main, source)
        text = DocxText(
            Numbering(_first(related, "numbering"), _first(related, "styles")),
            _notes(related, "footnote") | _notes(related, "endnote"),
        )
        document = _root(main, source)
        running = []
        for kind in ("header", "body", "footer"):
            for story in document.findall(W + kind) if kind == "body" else related.get(kind, ()):
                before = len(text.text)
                text.add(story)
                added = text.text[before:]
                if kind != "body" and added:
                    running.append(f"{before + len(added) - len(added.lstrip())}-{before + len(added)}")
        if not text.text.strip():
            raise EmptyDocumentError(source, "the DOCX holds no text; if it holds scans, run OCR on them first")
        metadata = _metadata(package, document)
    extra = {}
    if text.rendered:
        extra["page_breaks"] = "rendered"
    elif text.explicit:
        extra["page_breaks"] = "explicit only"
    pages = tuple(text.pages) if extra else ()
    if running:
        extra[RUNNING_TEXT] = " ".join(running)
    return Extracted(canonical(text.text), metadata.model_copy(update={"extra": extra}), pages)


def _related(main: Any, source: str) -> dict[str, list[Any]]:
    """Roots of the parts that make up the text, by kind, in the order of their names. Equal headers come once."""
    wanted = ("numbering", "styles", "footnotes", "endnotes", "header", "footer")
    parts = {
        rel.target_part.partname: (rel.reltype.rpartition("/")[2], rel.target_part)
        for rel in main.rels.values()
        if not rel.is_external and rel.reltype.rpartition("/")[2] in wanted
    }
    related: dict[str, list[Any]] = {}
    seen = set()
    for _, (kind, part) in sorted(parts.items(), key=lambda item: (len(item[0]), item[0])):
        root = _root(part, source)
        words = (kind, "".join(root.itertext(W + "t")))
        if words not in seen or kind not in ("header", "footer"):
            related.setdefault(kind, []).append(root)
        seen.add(words)
    return related


def _root(part: Any, source: str) -> Any:
    """The part's XML. One with a document type is refused: no DOCX has one, and it could expand without end."""
    root = getattr(part, "element", None)  # python-docx parses some parts itself, without resolving entities either
    if root is None:
        root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    if root.getroottree().docinfo.doctype:
        raise DamagedDocumentError(source, f"{part.partname} declares a document type, which no DOCX does")
    return root


def _first(related: dict[str, list[Any]], kind: str) -> Any:
    return next(iter(related.get(kind, ())), None)


def _notes(related: dict[str, list[Any]], kind: str) -> dict[tuple[str, str], Any]:
    root = _first(related, f"{kind}s")
    notes = [] if root is None else root.findall(W + kind)
    return {(f"{kind}Reference", note.get(W + "id") or ""): note for note in notes}


def _metadata(package: Any, document: Any) -> Metadata:
    title = _title_paragraph(document)
    if not any(rel.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES for rel in package.rels.values()):
        return Metadata(title=title)  # python-docx would invent properties of its own
    core = package.core_properties
    date = core.created or core.modified
    return Metadata(
        title=canonical(core.title).strip() or title,
        author=canonical(core.author).strip() or None,
        date=date.isoformat() if date is not None else None,
    )


def _title_paragraph(document: Any) -> str | None:
    """The text of the first paragraph whose style is Title."""
    for style in document.iter(W + "pStyle"):
        if style.get(W + "val") == "Title":
            paragraph = next(style.iterancestors(W + "p"))
            return " ".join("".join(paragraph.itertext(W + "t")).split()) or None
    return None


_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_ALTERNATIVES = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_GONE = frozenset(W + name for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sectPr", "tblPr", "tblGrid"))
_CHARACTERS = {W + "tab": "\t", W + "ptab": "\t", W + "cr": "\n", W + "noBreakHyphen": "-"}
_SAME_PAGE = frozenset({"continuous", "nextColumn"})


class DocxText:
    """Canonical text and page starts, built block by block.

    A gap (line ends, then tabs) and page breaks are due until the next character comes, so that
    nothing is written for empty paragraphs. ``explicit`` and ``rendered`` count the breaks found of
    either kind; ``notes`` maps ("footnoteReference", id) to the note's element.
    """

    def __init__(self, numbering: Numbering, notes: dict[tuple[str, str], Any]) -> None:
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
        self._between = 2  # line ends between paragraphs: a blank line, but not within a table's cell
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

    def _blocks(self, parent: Any) -> None:
        for child in parent:
            self._block(child)

    def _block(self, node: Any) -> None:
        if node.tag == W + "p":
            self._paragraph(node)
        elif node.tag == W + "tbl":
            self._table(node)
        elif node.tag not in _GONE:
            self._blocks(node)  # a wrapper: a content control, an insertion, custom XML

    def _paragraph(self, node: Any) -> None:
        properties = node.find(W + "pPr")
        if _is_on(properties, "pageBreakBefore"):
            self._one_break()
        before = self._length
        number = self._numbering.label(properties)
        note = self._label
        self._label = f"{note} {number}".strip()
        self._inline(node)
        self._label = "" if self._length > before else note
        self._end_of_block(before)
        boxes, self._boxes_due = self._boxes_due, []
        for box in boxes:
            self._blocks(box)
        section = None if properties is None else properties.find(W + "sectPr")
        if section is not None and section not in self._same_page_after:
            self._one_break()

    def _end_of_block(self, before: int) -> None:
        if self._length > before:
            self._lines = max(self._lines, self._between)

    def _table(self, table: Any) -> None:
        before, between, row_state = self._length, self._between, self._rendered_in_row
        self._between = 1
        for row in _within(table, "tr"):
            start = self._length
            self._rendered_in_row = False
            if start > before:
                self._lines, self._tabs = 1, 0
            for number, cell in enumerate(_within(row, "tc")):
                if number:
                    self._lines = 0 if self._length > start else self._lines
                    self._tabs += 1
                self._blocks(cell)
        self._tabs = 0
        self._between, self._rendered_in_row = between, row_state
        self._end_of_block(before)

    def _inline(self, parent: Any) -> None:
        for node in parent:
            tag = node.tag
            if tag in (W + "t", _MATH_TEXT):
                self._write(node.text or "")
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
            elif tag == _ALTERNATIVES:
                self._inline(node[:1])  # the others say the same for older programs
            elif tag not in _GONE and isinstance(tag, str):
                self._inline(node)

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


def _within(parent: Any, name: str) -> list[Any]:
    """The rows of a table or the cells of a row, also those that stand in wrappers, but not in inner tables."""
    found = []
    for node in parent:
        if node.tag == W + name:
            found.append(node)
        elif node.tag not in _GONE and node.tag not in (W + "tbl", W + "p"):
            found += _within(node, name)
    return found


def _is_on(properties: Any, name: str) -> bool:
    node = None if properties is None else properties.find(W + name)
    return node is not None and node.get(W + "val") not in ("0", "false", "off")
