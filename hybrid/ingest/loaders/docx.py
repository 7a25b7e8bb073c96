"""DOCX: python-docx opens the package and its properties; the text is read from the WordprocessingML itself."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import Any, cast

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.package import Package
from lxml import etree

from hybrid.errors import DamagedDocumentError, DocumentTooLargeError, EmptyDocumentError
from hybrid.ingest.loaders.docx_runs import RunStyles
from hybrid.ingest.loaders.docx_text import DocxText
from hybrid.ingest.loaders.formats import (
    MADE_BY_PROGRAM,
    Attachment,
    Extracted,
    canonical,
    change_lists,
    not_shown,
    parsing,
)
from hybrid.ingest.loaders.html import read_html
from hybrid.ingest.loaders.numbering import Numbering, W
from hybrid.ingest.loaders.ooxml import of_package
from hybrid.ingest.loaders.plain_text import decode
from hybrid.text.layout import RUNNING_TEXT
from hybrid.types.documents import Metadata

_UNPACKED = 2  # times the size limit that the parts may have together: styles and numbering are less than the text


def load_docx(data: bytes, source: str, max_bytes: int) -> Extracted:
    """A DOCX as it reads with all changes accepted: insertions are in, deletions, struck and hidden text are not.
    ``extra`` has those, and what was inserted, as JSON lists: ``struck``, ``hidden``, ``deleted``, ``inserted``.
    Comments follow their paragraph, as ``[Comment, author]``, and what stands for a picture is in its place, as
    ``[Image: ...]``. Embedded files are attachments. ``extra`` has the properties and where links lead
    (`hybrid.ingest.loaders.properties`).

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
        package = cast(Any, Package.open(io.BytesIO(_transitional(data))))
        main = package.main_document_part
        related = _related(main, source)
        styles = _first(related, "styles")
        text = DocxText(
            Numbering(_first(related, "numbering"), styles),
            RunStyles(styles),
            _notes(related, "footnote") | _notes(related, "endnote"),
            {node.get(W + "id"): node for root in related.get("comments", ()) for node in root.findall(W + "comment")},
            _shown_elsewhere(main, source, max_bytes),
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
        attachments = tuple(_embedded(package))
        shared = of_package(data, text.text)
    extra = change_lists(vars(text.changes)) | shared
    if text.rendered:
        extra["page_breaks"] = "rendered"
    elif text.explicit:
        extra["page_breaks"] = "explicit only"
    pages = tuple(text.pages) if text.rendered or text.explicit else ()
    if running:
        extra[RUNNING_TEXT] = " ".join(running)
    return Extracted(
        canonical(text.text),
        metadata.model_copy(update={"extra": extra}),
        pages,
        attachments=attachments,
        left_out=not_shown(vars(text.changes)),
    )


_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")


def _transitional(data: bytes) -> bytes:
    """A package of Strict OOXML with the names of the Transitional one, which python-docx knows; others as they are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if not any(_STRICT.search(archive.read(name)) for name in ("_rels/.rels",) if name in archive.namelist()):
            return data
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
            for entry in archive.infolist():
                content = archive.read(entry)
                if entry.filename.endswith((".xml", ".rels")):
                    content = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", content)
                made.writestr(entry.filename, content)
    return stream.getvalue()


def _shown_elsewhere(main: Any, source: str, max_bytes: int) -> dict[str, str]:
    """Text of parts that are shown in the document, by the id of their relationship: documents that are inserted as a
    whole (``w:altChunk``), charts and diagrams."""
    found = {}
    for identifier, rel in main.rels.items():
        kind = rel.reltype.rpartition("/")[2]
        if rel.is_external:
            continue
        if kind == "aFChunk":
            found[identifier] = _chunk_text(rel.target_part, source, max_bytes)
        elif kind in ("chart", "diagramData"):
            names = (_DRAWING + "t", _CHART + "v")
            words = [node.text.strip() for node in _root(rel.target_part, source).iter(*names) if node.text]
            found[identifier] = "\n".join(word for word in words if word)
    return {identifier: text for identifier, text in found.items() if text.strip()}


_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def _chunk_text(part: Any, source: str, max_bytes: int) -> str:
    if "html" in part.content_type:
        return read_html(decode(part.blob)[0], source).text
    if part.blob.startswith(b"PK"):
        return load_docx(part.blob, f"{source}#{part.partname.filename}", max_bytes).text
    return decode(part.blob)[0]


def _embedded(package: Any) -> list[Attachment]:
    """Files that are embedded in the document: other Office files as they are, others in the container that OLE
    makes."""
    parts = [
        rel.target_part
        for part in package.iter_parts()
        for rel in part.rels.values()
        if not rel.is_external and rel.reltype.rpartition("/")[2] in ("package", "oleObject")
    ]
    return [Attachment(part.partname.filename, part.blob) for part in dict.fromkeys(parts)]


def _related(main: Any, source: str) -> dict[str, list[Any]]:
    """Roots of the parts that make up the text, by kind, in the order of their names. Equal headers come once."""
    wanted = ("numbering", "styles", "footnotes", "endnotes", "header", "footer", "comments")
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
    author = canonical(core.author).strip()
    date = next((day for day in (core.created, core.modified) if day is not None and not _is_template_s(day)), None)
    return Metadata(
        title=canonical(core.title).strip() or title,
        author=author if author and author.casefold() not in MADE_BY_PROGRAM else None,
        date=date.isoformat() if date is not None else None,
    )


def _is_template_s(day: datetime) -> bool:
    """Whether a day is that of python-docx's template, which every file has that is made from it."""
    return day.replace(tzinfo=None) == _TEMPLATE_MADE


_TEMPLATE_MADE = datetime(2013, 12, 23, 23, 15)


def _title_paragraph(document: Any) -> str | None:
    """The text of the first paragraph whose style is Title."""
    for style in document.iter(W + "pStyle"):
        if style.get(W + "val") == "Title":
            paragraph = next(style.iterancestors(W + "p"))
            return " ".join("".join(paragraph.itertext(W + "t")).split()) or None
    return None
