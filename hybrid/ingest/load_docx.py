"""DOCX: python-docx opens the package and its properties; the text is read from the XML itself.

python-docx's own ``Paragraph.text`` leaves out tracked insertions, content controls and the clause
numbers that Word computes, which a contract cannot do without.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, cast

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.package import Package
from lxml import etree

from hybrid.documents import Metadata
from hybrid.errors import DamagedDocumentError, DocumentTooLargeError, EmptyDocumentError
from hybrid.ingest.docx_numbering import Numbering, W
from hybrid.ingest.docx_text import DocxText
from hybrid.ingest.formats import Extracted, canonical, parsing

_UNPACKED = 2  # times the size limit that the parts may have together


def load_docx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A DOCX as it reads with all changes accepted: insertions are in, deletions and comments are not.

    The headers come first and the footers last, each once. Paragraphs are parted by a blank line,
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
        for story in (*related.get("header", ()), *document.findall(W + "body"), *related.get("footer", ())):
            text.add(story)
        if not text.text.strip():
            raise EmptyDocumentError(source, "the DOCX holds no text; if it holds scans, run OCR on them first")
        metadata = _metadata(package, document)
    extra = {}
    if text.rendered:
        extra["page_breaks"] = "rendered"
    elif text.explicit:
        extra["page_breaks"] = "explicit only"
    pages = tuple(text.pages) if extra else ()
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
