"""What kind of file it is, decided by its content first and its name second, and what a loader returns."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from hybrid._runtime import PROCESS_WIDE
from hybrid.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentTooLargeError,
    EncryptedDocumentError,
    UnsupportedFormatError,
)
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile

Format = Literal[
    "text", "markdown", "html", "pdf", "docx", "eml", "ics", "mbox", "zip", "mhtml", "msg", "tnef", "xlsx", "pptx",
    "rtf", "odf", "epub", "png", "jpeg", "tiff",
]  # fmt: skip
CONTAINERS: frozenset[Format] = frozenset({"mbox", "zip"})
"""Formats that are nothing but their members."""
IMAGES: frozenset[Format] = frozenset({"png", "jpeg", "tiff"})
"""Formats whose text is read by OCR."""

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What a field that somebody wrote into a file may be."""
HIDDEN_SLIDE = "[Hidden slide]"
"""The first line of a slide that is not shown."""
ATTACHMENTS = "attachments"
"""The key of a mail's metadata that names its attachments."""
CHANGES = ("struck", "hidden", "deleted", "inserted")
"""Kinds of text that a document holds and does not show, or that came into it as a tracked change."""

MEDIA_TYPES: dict[Format, str] = {
    "text": "text/plain",
    "markdown": "text/markdown",
    "html": "text/html",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822",
    "ics": "text/calendar",
    "mbox": "application/mbox",
    "zip": "application/zip",
    "mhtml": "multipart/related",
    "msg": "application/vnd.ms-outlook",
    "tnef": "application/ms-tnef",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "odf": "application/vnd.oasis.opendocument",
    "epub": "application/epub+zip",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
}
SUFFIXES: dict[str, Format] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".docm": "docx",
    ".eml": "eml",
    ".ics": "ics",
    ".vcs": "ics",
    ".mbox": "mbox",
    ".mbx": "mbox",
    ".mht": "mhtml",
    ".mhtml": "mhtml",
    ".msg": "msg",
    ".zip": "zip",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".pptx": "pptx",
    ".pptm": "pptx",
    ".rtf": "rtf",
    ".odt": "odf",
    ".ods": "odf",
    ".odp": "odf",
    ".epub": "epub",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tif": "tiff",
    ".tiff": "tiff",
}
READABLE = (
    "hybrid reads text, Markdown, HTML, PDF, DOCX, XLSX, PPTX, RTF, ODT, EPUB, EML, MSG, MBOX, ICS, MHTML and ZIP, and "
    "by OCR PNG, JPEG and TIFF"
)
MADE_BY_PROGRAM = frozenset({"python-docx", "openpyxl", "apache poi"})
"""Authors in the properties of files that a program made, who are nobody: what the text says goes before them."""

_NEVER_TEXT = frozenset({"pdf", "docx", "msg", "zip", "xlsx", "pptx", "rtf", "odf", "epub", *IMAGES})
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_NOT_READ = (
    (b"GIF8", "a GIF image; save it as PNG"),
    (b"\x7fELF", "a program"),
    (b"\x1f\x8b", "a gzip archive; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"!BDN", "an Outlook mailbox (PST or OST); export its mails to EML, MSG or MBOX and ingest those"),
    (b"%!PS", "a PostScript file; save it as PDF"),
)
_IMAGE_STARTS: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
)
_TNEF = b"\x78\x9f\x3e\x22"
_ZIP_KINDS: tuple[tuple[str, Format], ...] = (
    ("xl/workbook.xml", "xlsx"),
    ("ppt/presentation.xml", "pptx"),
    ("META-INF/container.xml", "epub"),
    ("content.xml", "odf"),
)
_HTML_START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?>(?:<!--.*?-->\s*)*)<(?:!doctype\s+html|html)\b", re.I | re.S)
_CALENDAR = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR\b", re.IGNORECASE)
_HEADER_LINE = re.compile(rb"([!-9;-~]+):[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*")
_MAIL_HEADERS = frozenset({b"from", b"to", b"date", b"subject", b"message-id", b"received", b"mime-version", b"cc"})
_MIME_HEADERS = frozenset({b"content-type", b"content-transfer-encoding", b"content-disposition", b"content-id"})
"""Headers of a part of a mail, which is all that some programs save of one; enough where the file is named .eml."""
_TRACES_OF_TRANSPORT = frozenset({b"message-id", b"received", b"mime-version"})
_UNICODE_BOMS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16, and UTF-32 little-endian; the latter's other order starts with NUL
_OBJECT = re.compile(r"\s*<[^<>]*\bat 0x[0-9a-f]+>|, \d{12,}(?=\))")
"""In a parser's message, an object by its address: another in each process, and nothing to a reader."""
KOREAN, _SHIFTS = b"\x1b$)C", b"\x0e\x0f"
"""What begins a text in ISO-2022-KR, and what in it leads from one alphabet to the other."""
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1a\x1b")) + b"\x7f"
_UNPACKED = 4  # times the size limit that the parts may have together: XML packs to a tenth
_HEAD = 4096  # bytes that a format is known by
MAIL_START = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\d{4}[^\n]*\n(?=>?[!-9;-~]+:)")


@dataclass(frozen=True)
class Attachment:
    """A file inside another: its path there, and its bytes or what unpacks them. ``kind`` is its format where the
    container says it. ``is_picture`` is a picture in a text, which need hold no text. ``named`` are names and values
    that its container says of it, such as its headers in a mail: its class of access may be among them. ``charset`` is
    the one that its container declares."""

    name: str
    data: bytes | Callable[[], bytes]
    kind: Format | None = None
    is_picture: bool = False
    named: tuple[tuple[str, str], ...] = ()
    charset: str | None = None


@dataclass(frozen=True)
class Extracted:
    """What a loader makes of a file's bytes. ``skipped`` names parts of it that could not be read, and ``unread_date``
    is a date as it stands there if it cannot be read, or in several ways; empty for a mail without a date.
    ``left_out`` names what of it is not shown and therefore not in the text, in words such as ``hidden text``, and
    ``doubtful`` the pages that were read by OCR with a low confidence. ``listing`` makes the text from the names of the
    attachments, where that is all that it says. ``named`` are names and values that somebody wrote into the file beside
    its text, such as properties and headers: its class of access may be among them. ``heads`` are beginnings of texts
    in it that may be front matter and do not begin ``text`` as it is written."""

    text: str
    metadata: Metadata = field(default_factory=Metadata)
    pages: tuple[int, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    unread_date: str | None = None
    left_out: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    listing: Callable[[Sequence[str]], str] | None = None
    named: tuple[tuple[str, Value], ...] = ()
    heads: tuple[str, ...] = ()


def change_lists(noted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What is not shown or was tracked, as JSON lists for the metadata's ``extra``: of `CHANGES` those that there are.

    Example:
        >>> change_lists({"struck": ["300"], "hidden": []})
        {'struck': '["300"]'}
    """
    return {kind: json.dumps(noted[kind], ensure_ascii=False) for kind in CHANGES if noted.get(kind)}


def not_shown(noted: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The kinds that are not in the text because no reader sees them, as `Extracted.left_out` names them."""
    return tuple(f"{kind} text" for kind in ("struck", "hidden", "deleted") if noted.get(kind))


_PICTURE = re.compile(
    r"(?:word|xl|ppt)/media/.+|(?:.*/)?Pictures/.+|.+\.(?:png|jpe?g|tiff?|gif|bmp|emf|wmf|svg|webp)", re.IGNORECASE
)


def pictures(data: bytes) -> list[str]:
    """The names of the pictures in an office document or a book, without the small one of its first page, which file
    managers show."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError):
        return []
    shown = (name for name in names if not name.lower().startswith(("docprops/", "thumbnails/")))
    return [name for name in shown if _PICTURE.fullmatch(name) and not name.endswith("/")]


def suffix_of(source: str) -> str:
    """The lower-case suffix of a source's last name, such as ``.pdf``; empty if it has none."""
    return PurePosixPath(source.replace("#", "/")).suffix.lower()


def detect(data: bytes, source: str) -> Format:
    """The format of ``data``, by its first bytes where they tell, else by the suffix of ``source``.

    Raises `UnsupportedFormatError` for what no loader reads, `EncryptedDocumentError` for a
    password-protected DOCX, and `DamagedDocumentError` for bytes that are not what the name says.
    """
    suffix = suffix_of(source)
    named = SUFFIXES.get(suffix)
    if data.startswith(b"%PDF-", _leading_blanks(data)) or (named == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(_ZIP):
        return _kind_of_zip(data, source)
    if data.startswith(_OLE):
        if suffix == ".msg" or _OUTLOOK in data:
            return "msg"
        raise _ole_error(data, source)
    if data.startswith(_TNEF):
        return "tnef"
    if data.startswith(b"{\\rtf"):
        return "rtf"
    if (image := image_kind(data)) is not None:
        return image
    _reject_signature(data, source)
    if named == "zip" and zipfile.is_zipfile(io.BytesIO(data)):
        return "zip"  # with something before it, which is said
    if named in _NEVER_TEXT:
        what = named.upper()
        raise DamagedDocumentError(
            source, f"it is named {suffix} but its content is not {what}; restore it, or correct its name"
        )
    if named in ("mbox", "mhtml"):
        return named
    if named is None and data.startswith(b"From ") and is_mailbox(data):
        return "mbox"
    if named != "markdown" and _HTML_START.match(data[:_HEAD]):  # Markdown may hold HTML and is then still Markdown
        return "html"
    if _is_mail(data, named, suffix):
        return "eml"
    if named == "eml":
        raise DamagedDocumentError(source, "it is named .eml but has no mail header; restore it, or name it .txt")
    if _CALENDAR.match(data):
        return "ics"
    reject_binary(data, source)
    return "text" if named == "ics" else named or "text"


def is_binary(data: bytes) -> bool:
    """Whether the first bytes are those of a format that is no plain text: PDF, ZIP and what is made of it, Outlook's,
    RTF, images."""
    return b"%PDF-" in data[:1024] or data.startswith((_ZIP, _OLE, _TNEF, b"{\\rtf")) or image_kind(data) is not None


def image_kind(data: bytes) -> Format | None:
    """Which image it is by its first bytes; ``None`` where it is none that is read."""
    return next((kind for start, kind in _IMAGE_STARTS if data.startswith(start)), None)


def reject_unread(head: bytes, source: str) -> None:
    """Raise `UnsupportedFormatError` if the first bytes of a file already show that no loader reads it.

    Containers pass: what is in them is known only from their whole content. So do images, which OCR may read.
    """
    if b"%PDF-" in head[:1024] or head.startswith((_ZIP, _OLE, _TNEF)) or image_kind(head) is not None:
        return
    _reject_signature(head, source)
    reject_binary(head, source)


def _reject_signature(data: bytes, source: str) -> None:
    for magic, kind in _NOT_READ:
        if data.startswith(magic):
            raise UnsupportedFormatError(source, f"it is {kind}. {READABLE}")


def reject_binary(data: bytes, source: str) -> None:
    """Raise `UnsupportedFormatError` if ``data`` is not text: a NUL byte, or over 5 % control characters."""
    if data[257:262] == b"ustar":
        raise UnsupportedFormatError(source, f"it is a tar archive; unpack it. {READABLE}")
    if data.startswith((*_UNICODE_BOMS, b"\x00\x00\xfe\xff")):
        return
    if b"\0" in data:
        raise UnsupportedFormatError(source, f"it is binary, not text (it holds NUL bytes). {READABLE}")
    shifts = _SHIFTS if KOREAN in data else b""
    controls = len(data) - len(data.translate(None, bytes(set(_CONTROLS) - set(shifts))))
    # Old word processors leave a stray one here and there, so a few are text all the same.
    if controls * 20 > len(data):
        raise UnsupportedFormatError(source, f"it is binary, not text (mostly control characters). {READABLE}")


def is_mailbox(data: bytes) -> bool:
    """Whether the bytes are a mailbox of two or more mails.

    Example:
        >>> is_mailbox(b"From a Mon Mar  2 09:15:00 2026\\nTo: b\\n\\nOne.")
        False
    """
    found = MAIL_START.finditer(data)
    return next(found, None) is not None and next(found, None) is not None


def _leading_blanks(data: bytes) -> int:
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    return min(len(data), _HEAD) - len(head.lstrip())


def _kind_of_zip(data: bytes, source: str) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError) as error:
        if SUFFIXES.get(suffix_of(source)) == "docx":
            raise DamagedDocumentError(
                source, f"the DOCX is cut off or damaged ({error}); restore it from a good copy"
            ) from error
        raise DamagedDocumentError(
            source, f"the zip archive is cut off or damaged ({error}); restore it from a good copy"
        ) from error
    if "word/document.xml" in names or SUFFIXES.get(suffix_of(source)) == "docx":
        return "docx"
    if "xl/workbook.bin" in names:
        raise UnsupportedFormatError(source, f"it is a binary Excel workbook; save it as XLSX. {READABLE}")
    return next((kind for name, kind in _ZIP_KINDS if name in names), "zip")


def _ole_error(data: bytes, source: str) -> DocumentError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return EncryptedDocumentError(
            source, "the Office file is protected by a password; save a copy without one and ingest that"
        )
    return UnsupportedFormatError(source, f"it is an old Office file; save it as DOCX or PDF. {READABLE}")


def _is_mail(data: bytes, named: Format | None, suffix: str) -> bool:
    """A file named .eml is mail if it has one header of a mail or of a part of one; others need traces of transport.

    A file named as text stays text: a memo that starts with "To:" and "From:" is not a mail.
    """
    if named != "eml" and (named is not None or suffix == ".mbox"):
        return False
    names = _header_names(data.decode("utf-16", "replace").encode() if data.startswith(_UNICODE_BOMS) else data)
    if named == "eml":
        return bool(names & (_MAIL_HEADERS | _MIME_HEADERS))
    if {b"mime-version", b"content-type"} <= names:
        return True
    return len(names & _MAIL_HEADERS) >= 3 and bool(names & _TRACES_OF_TRANSPORT)


def _header_names(data: bytes) -> set[bytes]:
    """Of the header lines that start in the first 64 KiB: one line may be longer, with thousands of recipients."""
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    at = head.find(b"\n") + 1 if head.startswith(b"From ") else 0
    names = set()
    while at < 16 * _HEAD and (match := _HEADER_LINE.match(head, at)) is not None and match.end() > at:
        names.add(match[1].lower())
        at = match.end()
    return names


def canonical(text: str) -> str:
    """``text`` with line ends of ``\\n`` only, without NUL characters and with no lone surrogate.

    Nothing else is changed, so that quotes stay what the source says. Two surrogates that make one
    character become it; a lone one becomes U+FFFD.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def check_unpacked(data: bytes, source: str, max_bytes: int) -> None:
    """Raise `DocumentTooLargeError` for an archive whose parts together are over four times the size limit."""
    with parsing(source, "file"), zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _UNPACKED * max_bytes:
        raise DocumentTooLargeError(source, f"it unpacks to {unpacked:,} bytes, over {_UNPACKED} times the limit")


@contextmanager
def parsing(source: str, what: str) -> Iterator[None]:
    """Turn whatever a third-party parser raises on bad input into `DamagedDocumentError`.

    Its warnings are silenced: they name the parser's internals, and what matters becomes an error
    or a skipped part in the report.
    """
    advice = "restore it from a good copy, or open it in its own program and save it again"
    try:
        with PROCESS_WIDE, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DocumentError:
        raise
    except MemoryError as error:
        raise DocumentTooLargeError(source, f"reading the {what} takes more memory than there is; {advice}") from error
    except RecursionError as error:
        raise DamagedDocumentError(source, f"the {what} is nested too deeply to be read; {advice}") from error
    except Exception as error:
        detail = _OBJECT.sub("", f"{type(error).__name__}: {error}").strip(": ")[:200]
        raise DamagedDocumentError(source, f"the {what} is cut off or malformed ({detail}); {advice}") from error
