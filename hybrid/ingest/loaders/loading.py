"""From a file found to documents: read its bytes safely, tell its format, load it and what is attached to it."""

from __future__ import annotations

import io
import os
import posixpath
import stat
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from hybrid.errors import (
    DocumentChangedError,
    DocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    OutsideFolderError,
    UnreadableClassError,
    UnsupportedFormatError,
)
from hybrid.ingest.discovery import Found, discover, is_inside, open_regular, outside_reason, skip, unreadable
from hybrid.ingest.loaders.formats import (
    ATTACHMENTS,
    CONTAINERS,
    HIDDEN_SLIDE,
    IMAGES,
    MEDIA_TYPES,
    SUFFIXES,
    Attachment,
    Extracted,
    Format,
    detect,
    parsing,
    pictures,
    suffix_of,
)
from hybrid.ingest.loaders.front_matter import class_of_access, front_matter, named_class, with_class
from hybrid.ingest.loaders.mime import numbered
from hybrid.ingest.loaders.ocr import Ocr
from hybrid.ingest.loaders.plain_text import codec_of_attachment, is_wide
from hybrid.settings import IngestSettings
from hybrid.text.layout import RUNNING_TEXT, spans_of
from hybrid.types.documents import Document, sha256_hex
from hybrid.types.reports import SkippedFile

__all__ = ["MAX_ATTACHMENTS", "MAX_DEPTH", "MAX_MEMBERS", "Found", "Loaded", "discover", "load", "read_bytes"]

MAX_DEPTH = 8
"""How deep a mail within a mail is followed: against mails made to hold themselves; real ones are two or three deep."""

MAX_ATTACHMENTS, MAX_MEMBERS = 1000, 100_000
"""How many attachments of one file are read, and how many mails of a mailbox or files of an archive. Against files made
to fill a disk."""
TEXT_PER_BYTE, TEXT_AT_LEAST = 20, 4_000_000
"""Characters of text that a file may have for each of its bytes, and what any may have: a file that repeats itself
packs to a hundredth, and is short as a rule. Against files made to fill a disk."""
_UNPACKED = 16
"""Times the size limit of a file that all that is in it may have together, at every depth."""


_OFFICE: frozenset[Format] = frozenset({"docx", "xlsx", "pptx"})
_WITH_FRONT_MATTER: frozenset[Format] = frozenset({"text", "markdown"})
"""Formats whose loaders read it."""
_WITH_CHARSET: frozenset[Format] = frozenset({"text", "markdown", "html", "ics"})
"""Formats that are text in the charset that they came with."""
_WITH_PICTURES: frozenset[Format] = frozenset({"docx", "xlsx", "pptx", "odf", "epub"})
"""Formats whose pictures are read by OCR, each as an attachment; those of PDFs are scans, and those of mails are
attachments anyway."""


@dataclass(frozen=True)
class Loaded:
    """One file's documents, the main one first, then its attachments; and what of it could not be read.

    ``undated`` are the sources whose dates could not be read, or in several ways, each with the date as it stands;
    empty for a mail without one. ``left_out`` are sources and what in them is not shown, and so not in their text.
    ``doubtful`` are sources and pages of them that were read by OCR with a low confidence.
    """

    documents: tuple[Document, ...]
    skipped: tuple[SkippedFile, ...] = ()
    undated: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    doubtful: tuple[tuple[str, str], ...] = ()


def read_bytes(found: Found, settings: IngestSettings) -> bytes:
    """The bytes of a file, all of one moment.

    Raises:
        DocumentTooLargeError: over ``settings.max_file_bytes``; it is not read.
        DocumentChangedError: its size or time of change moved while it was read.
        OutsideFolderError: it is now a symbolic link out of the folder it was found in.
        UnsupportedFormatError: it is now no regular file.
        DocumentError: it is gone or not readable.
    """
    if found.root is not None and not is_inside(found.path, found.root):
        raise OutsideFolderError(found.source, outside_reason(os.path.realpath(found.path), str(found.root)))
    try:
        with open_regular(found.path) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise UnsupportedFormatError(found.source, "it is no longer a regular file")
            _check_size(before.st_size, found.source, settings)
            data = file.read(before.st_size + 1)  # one more shows that it has grown
            after = os.fstat(file.fileno())
    except OSError as error:
        raise unreadable(found.source, error) from error
    moved = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)
    if moved or len(data) != before.st_size:
        raise DocumentChangedError(found.source, "it changed while it was being read; ingest it again once it is still")
    return data


def load(
    data: bytes,
    source: str,
    settings: IngestSettings,
    before_ocr: Callable[[int], object] = int,
    access: str = "access",
) -> Loaded:
    """The documents in a file's bytes: itself, and for a mail its attachments, each after its parent.

    An attachment's source is ``<mail>#<file name>``; where it names no custodian it has its mail's.
    One that cannot be read is listed in ``skipped`` and costs neither the mail nor the others. ``before_ocr`` is called
    with a number of pages before these are read by OCR, which takes seconds each. ``access`` names the field of front
    matter, and the ``<meta>`` of a page, that is the class of access.

    Raises:
        DocumentError: the main document cannot be read; the subclass says why.

    Example:
        >>> load(b"The term is two years.", "note.txt", IngestSettings()).documents[0].text
        'The term is two years.'
    """
    ocr = Ocr(settings.ocr, len(data), before_ocr)
    tree = _AttachmentTree(settings, max(TEXT_PER_BYTE * len(data), TEXT_AT_LEAST), ocr, access)
    tree.load(data, source, None, 0)
    return Loaded(
        tuple(tree.documents),
        tuple(tree.skipped),
        tuple(tree.undated),
        tuple(tree.left_out),
        tuple(tree.doubtful),
    )


@dataclass
class _AttachmentTree:
    """A mail and everything attached to it, as far as it is loaded."""

    settings: IngestSettings
    characters: int  # of text that may still come
    ocr: Ocr
    access: str
    documents: list[Document] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    undated: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    doubtful: list[tuple[str, str]] = field(default_factory=list)
    unpacked: int = 0
    named: set[str] = field(default_factory=set)

    def load(
        self, data: bytes, source: str, parent: Document | None, depth: int, attached: Attachment | None = None
    ) -> None:
        """Add one document, then its attachments. Raises `DocumentError` for the document itself."""
        _check_size(len(data), source, self.settings)
        if not data.strip():
            raise EmptyDocumentError(source, "the file is empty; nothing to read")
        charset = None if attached is None else codec_of_attachment(data, attached.charset)
        plain = data.decode(charset).encode() if charset is not None and is_wide(charset) else data
        kind = (attached and attached.kind) or detect(plain, source)
        shown = pictures(data) if kind in _WITH_PICTURES else []
        read = [name for name in shown if SUFFIXES.get(suffix_of(name)) in IMAGES and self.ocr.advice is None]
        try:
            content = data if kind in _WITH_CHARSET else plain
            extracted = _extract(kind, content, source, self.settings, self.ocr, self.access, charset)
        except EmptyDocumentError:
            if not read:
                raise
            extracted = Extracted("")  # a scan in an office document
        if attached is not None:
            extracted = replace(extracted, named=(*extracted.named, *attached.named))
        extracted = _classed(extracted, kind, data, source, self.access)
        if read:
            parts = [(posixpath.basename(one), partial(_member, data, one, source)) for one in read]
            inside = [Attachment(name, unpack, is_picture=True) for name, unpack in parts]
            extracted = replace(extracted, attachments=(*extracted.attachments, *inside))
        if len(read) < len(shown):
            extracted = replace(extracted, left_out=(*extracted.left_out, "text in pictures"))
        if not extracted.text.strip() and extracted.attachments:  # a mail without headers or body, say
            names = [attachment.name for attachment in extracted.attachments]
            extracted = replace(extracted, text=_listing(names), listing=_listing)
        if not extracted.text.strip():
            raise EmptyDocumentError(source, f"no text in it, though it is {len(data):,} bytes of {kind}")
        self.characters -= len(extracted.text)
        if self.characters < 0:
            raise DocumentTooLargeError(
                source, f"its text is over {TEXT_PER_BYTE} times as long as the file that it came in; split it up"
            )
        document = _document(kind, data, source, extracted, parent)
        self.documents.append(document)
        self.skipped += extracted.skipped
        self.left_out += ((source, what) for what in extracted.left_out)
        self.doubtful += ((source, page) for page in extracted.doubtful)
        if extracted.unread_date is not None:
            self.undated.append((source, extracted.unread_date))
        at = len(self.documents) - 1
        most = MAX_MEMBERS if kind in CONTAINERS else MAX_ATTACHMENTS
        named = [
            attachment.name
            for number, attachment in enumerate(extracted.attachments, 1)
            if self._attach(attachment, document, depth + 1, number, most)
        ]
        if len(named) < len(extracted.attachments):
            self.documents[at] = _naming(document, named, extracted.listing)

    def _distinct(self, source: str) -> str:
        """The source of an attachment, numbered where another one has that name: two files never become one."""
        given, count = source, 2
        while source in self.named:
            source, count = numbered(given, count), count + 1
        self.named.add(source)
        return source

    def _attach(self, attachment: Attachment, parent: Document, depth: int, number: int, most: int) -> bool:
        """Add an attachment. Whether its parent may name it: not where it has a class of its own, which may have been
        written and not be readable. Of the parent that class counts which its own file says and not one that it has
        from above, because a file of the same bytes, and so of the same text, may stand elsewhere."""
        at = len(self.documents)
        source = self._distinct(f"{parent.source}#{attachment.name}")
        data = None
        try:
            if depth > MAX_DEPTH:
                raise DocumentTooLargeError(source, f"files in files are read to a depth of {MAX_DEPTH}; save it apart")
            if number > most:
                raise DocumentTooLargeError(source, f"only {most:,} files in a file are read; save it apart")
            data = attachment.data() if callable(attachment.data) else attachment.data
            self.unpacked += len(data)
            if self.unpacked > _UNPACKED * self.settings.max_file_bytes:
                raise DocumentTooLargeError(
                    source, f"what is in the file is over {_UNPACKED} times max_file_bytes in all; unpack it first"
                )
            self.load(data, source, parent, depth, attachment)
        except DocumentError as error:
            if attachment.is_picture and isinstance(error, EmptyDocumentError):
                return True  # without text, as most pictures are
            known = {} if data is None else {"bytes": len(data), "sha256": sha256_hex(data)}
            self.skipped.append(skip(error).model_copy(update=known))
            return not isinstance(error, UnreadableClassError)
        named = named_class(self.documents[at].metadata, self.access)
        return not named or named == named_class(parent.metadata, self.access)


def _classed(extracted: Extracted, kind: Format, data: bytes, source: str, access: str) -> Extracted:
    """With the class of access that the file names elsewhere than where its loader has looked: in properties, or in
    front matter above a text that is in another format."""
    named = list(extracted.named)
    if kind in _OFFICE:
        from hybrid.ingest.loaders.ooxml import named_in

        with parsing(source, "properties of the file"):
            named += named_in(data)
    heads = () if kind in _WITH_FRONT_MATTER else (extracted.text, _below_header(extracted), *extracted.heads)
    for head in dict.fromkeys(heads):
        if front := class_of_access(front_matter(head), access, source):
            named.append((access, front))
    return replace(extracted, metadata=with_class(extracted.metadata, named, access, source))


def _below_header(extracted: Extracted) -> str:
    """The text behind the headers of its pages, or the line that says that a slide is hidden."""
    at = 0
    written = extracted.metadata.extra.get(RUNNING_TEXT, "")
    for start, end in spans_of(written, len(extracted.text)):
        if not extracted.text[at:start].strip():
            at = max(at, end)
    return extracted.text[at:].removeprefix(HIDDEN_SLIDE)


def _member(data: bytes, name: str, source: str) -> bytes:
    with parsing(f"{source}#{posixpath.basename(name)}", "picture"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def _listing(names: Sequence[str]) -> str:
    return "\n".join(["Attachments:", *names])


def _naming(document: Document, names: list[str], listing: Callable[[Sequence[str]], str] | None) -> Document:
    """The document as one that has the attachments ``names`` alone."""
    extra = {key: value for key, value in document.metadata.extra.items() if key != ATTACHMENTS}
    if names and ATTACHMENTS in document.metadata.extra:
        extra[ATTACHMENTS] = ", ".join(names)
    changed: dict[str, object] = {"metadata": document.metadata.model_copy(update={"extra": extra})}
    if listing is not None:
        changed |= {"text": listing(names), "sha256": document.sha256}  # of the file's bytes still
    return document.model_copy(update=changed)


def _document(kind: Format, data: bytes, source: str, extracted: Extracted, parent: Document | None) -> Document:
    metadata = extracted.metadata
    if parent is not None and metadata.custodian is None:
        metadata = metadata.model_copy(update={"custodian": parent.metadata.custodian})
    return Document(
        source=source,
        text=extracted.text,
        sha256=sha256_hex(data),
        media_type=MEDIA_TYPES[kind],
        pages=extracted.pages,
        metadata=metadata,
        parent=parent.source if parent is not None else None,
    )


def _extract(
    kind: Format, data: bytes, source: str, settings: IngestSettings, ocr: Ocr, access: str, charset: str | None
) -> Extracted:
    """Each loader is imported when its first file comes: a folder of text files needs no PDF parser."""
    match kind:
        case "text":
            from hybrid.ingest.loaders.plain_text import load_text

            return load_text(data, source, access, charset)
        case "markdown":
            from hybrid.ingest.loaders.plain_text import load_markdown

            return load_markdown(data, source, access, charset)
        case "html":
            from hybrid.ingest.loaders.html import load_html

            return load_html(data, source, access, charset)
        case "pdf":
            from hybrid.ingest.loaders.pdf import load_pdf

            return load_pdf(data, source, ocr)
        case "docx":
            from hybrid.ingest.loaders.docx import load_docx

            return load_docx(data, source, settings.max_file_bytes)
        case "eml":
            from hybrid.ingest.loaders.eml import load_eml

            return load_eml(data, source, access)
        case "mbox" | "mhtml" | "msg" | "tnef" | "zip":
            from hybrid.ingest.loaders import containers

            if kind == "zip":
                return containers.load_zip(data, source, settings.max_file_bytes)
            if kind == "mhtml":
                return containers.load_mhtml(data, source, access)
            if kind == "mbox":
                return containers.load_mbox(data, source)
            return (containers.load_msg if kind == "msg" else containers.load_tnef)(data, source, access)
        case "rtf":
            from hybrid.ingest.loaders.office import load_rtf

            return load_rtf(data, source)
        case "odf":
            from hybrid.ingest.loaders.odf import load_odf

            return load_odf(data, source, settings.max_file_bytes)
        case "xlsx" | "pptx" | "epub":
            from hybrid.ingest.loaders import office

            loaders = {"xlsx": office.load_xlsx, "pptx": office.load_pptx, "epub": office.load_epub}
            return loaders[kind](data, source, settings.max_file_bytes)
        case "ics":
            from hybrid.ingest.loaders.ics import load_ics

            return load_ics(data, source, charset)
        case "png" | "jpeg" | "tiff":
            from hybrid.ingest.loaders.ocr_pages import load_image

            return load_image(data, source, kind, ocr)


def _check_size(size: int, source: str, settings: IngestSettings) -> None:
    if size > settings.max_file_bytes:
        raise DocumentTooLargeError(
            source,
            f"{size:,} bytes, over the limit of {settings.max_file_bytes:,}; "
            "raise max_file_bytes in the ingest settings to read it",
        )
