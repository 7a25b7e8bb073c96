"""PDF: the text layer of each page, through pypdf; of pages that have none, what OCR reads."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pypdf import PageObject, PasswordType, PdfReader

from hybrid._runtime import PROCESS_WIDE
from hybrid.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    EncryptedDocumentError,
)
from hybrid.ingest.loaders.formats import Extracted, canonical, parsing
from hybrid.ingest.loaders.ocr import TOO_MANY, Ocr, doubtful
from hybrid.ingest.loaders.pdf_damage import damage, pages_held
from hybrid.ingest.loaders.pdf_page import read_page, shown_text
from hybrid.ingest.loaders.pdf_parts import (
    attachments,
    bookmarks,
    comments,
    described,
    fields,
    fields_not_shown,
    named_in,
    not_shown,
    page_labels,
    targets,
    xfa_values,
)
from hybrid.ingest.loaders.pdf_scans import Scans, read_scans
from hybrid.ingest.loaders.pdf_tables import with_tabs
from hybrid.ingest.loaders.properties import links, properties
from hybrid.text import ocr_marks
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile

_END = b"%%EOF"
_TAIL = 1024  # bytes at the end where the mark stands, as readers of PDF look for it


def load_pdf(data: bytes, source: str, ocr: Ocr) -> Extracted:
    """A PDF's pages, each one's text as pypdf gives it, joined by a line end that belongs to the page before. Between
    the cells of a table stands a tab; the lines of two columns stand one column after the other; digits that are marks
    of notes stand in square brackets. The values of form fields stand in their lines, comments at the end of their
    page, as ``[Note, author]``. Attached files are attachments. ``extra`` has ``form_fields`` (JSON, names and values,
    also of fields that no page shows), ``bookmarks`` (JSON), ``page_labels`` (JSON, where they are not 1, 2, 3), the
    properties and where links lead (`hybrid.ingest.loaders.properties`), and ``ocr``, what was read by OCR
    (`hybrid.text.ocr_marks`). Values that no page shows, scripts and earlier versions are counted (``left_out``).

    A page that shows only an image, an image with a stamp, or letters that were made outlines is read by OCR; what its
    text layer has stands below. One with text whose font does not say which characters its shapes are is read by OCR
    alone; without OCR that text is left out, and the page named.

    A file without its end marker is cut off and refused, since repairing it could lose pages
    without a word. A page that is missing, whose content is malformed, or that shows only an image where there is no
    OCR, is left empty and named among the skipped, so that page numbers stay right; so is one whose content is cut off
    or missing in part, and what can be read of it is kept. A password for opening is needed only if the empty one does
    not open the file.

    Raises:
        DamagedDocumentError: cut off, or not readable as a PDF.
        EncryptedDocumentError: it needs a password.
        EmptyDocumentError: no page has text, as in a scan where there is no OCR.
    """
    if _END not in data.rstrip(b"\0\t\n\f\r ")[-_TAIL:]:
        raise DamagedDocumentError(
            source, f"the PDF is cut off: its end marker {_END.decode()} is missing; restore it from a good copy"
        )
    with _quiet(), parsing(source, "PDF"):
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise EncryptedDocumentError(
                source, "the PDF needs a password; save a copy without one (for example with qpdf) and ingest that"
            )
        pages_read = _read_pages(reader, source)
        scans = _scans(data, source, pages_read, ocr)
        texts = _joined(pages_read, scans, ocr)
        unshown = fields_not_shown(reader, pages_read.values)
        values = xfa_values(reader)
        if texts and values:
            if pages_read.values:  # the form has them twice, save for what only programs read
                known = "\n".join([*texts, *unshown.values()])
                others = (value.partition(": ") for value in values)
                unshown |= {name: value for name, _, value in others if value not in known}
            else:
                texts[-1] = "\n".join([texts[-1], *values])
        attached = tuple(attachments(reader))
        is_empty = not any(text.strip() for text in texts)
        if attached and is_empty:
            texts = [_listing([one.name for one in attached])]
        if not any(text.strip() for text in texts):
            raise _nothing_read(source, pages_read, scans, ocr)
        pages = [0]
        for text in texts[:-1]:
            pages.append(pages[-1] + len(text) + 1)
        facts = {
            "form_fields": pages_read.values | unshown,
            "page_labels": page_labels(reader),
            "bookmarks": bookmarks(reader),
        }
        extra = {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items() if value}
        extra |= properties(described(reader)) | links(targets(reader), "\n".join(texts))
        if scans.read:
            places = ((pages[number - 1], mark) for number, page in scans.read.items() for mark in page.marks)
            extra[ocr_marks.OCR] = ocr_marks.written((at + start, at + end, sure) for at, (start, end, sure) in places)
        return Extracted(
            "\n".join(texts),
            _metadata(reader).model_copy(update={"extra": extra}),
            tuple(pages),
            attachments=attached,
            skipped=_skipped_pages(source, pages_read, scans, ocr),
            left_out=not_shown(reader, data, len(unshown), is_xfa_read=bool(values)),
            doubtful=doubtful(scans.read),
            listing=_listing if is_empty else None,
            named=tuple(named_in(reader)),
        )


def _listing(names: Sequence[str]) -> str:
    return f"Attachments: {', '.join(names)}".rstrip(" :")


@dataclass
class _Pages:
    """Each page's text and comments; why damaged pages are; which pages are only an image, which an image with next to
    no text, and which have text whose characters their fonts do not name; names and values of form fields. Pages count
    from 1."""

    texts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    damaged: dict[int, str] = field(default_factory=dict)
    images: list[int] = field(default_factory=list)
    stamped: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


def _read_pages(reader: PdfReader, source: str) -> _Pages:
    found = _Pages()
    for number, page in enumerate(pages_held(reader), 1):
        text = notes = ""
        try:
            if page is None:
                raise DamagedDocumentError(source, f"page {number} is missing from the file; {_RESTORE}")
            with parsing(source, f"content of page {number}"):
                text, notes = _read_page(page, number, found), "\n".join(comments(page))
            if why := damage(page):
                raise DamagedDocumentError(source, f"the content of page {number} {why}; {_RESTORE}")
        except DamagedDocumentError as error:
            found.damaged[number] = error.reason
        found.texts.append(text)
        found.comments.append(notes)
    return found


_RESTORE = "restore it from a good copy"


def _read_page(page: PageObject, number: int, found: _Pages) -> str:
    shown = read_page(page)
    on_page = fields(page)
    found.values |= {one.name: one.value.text for one in on_page}
    letters = sum(map(str.isalnum, shown.text))
    is_drawn = shown.image_share > 0 or shown.curves >= _OUTLINES or _shows_image(page)
    if shown.is_unreadable:
        found.unreadable.append(number)
    elif not letters and not on_page and is_drawn:
        found.images.append(number)
    elif letters <= _STAMP and shown.image_share >= _SCAN:
        found.stamped.append(number)
    text = canonical(shown_text(shown, [one.value for one in on_page]))
    return text.strip("\n") if shown.is_unreadable else _with_cells(page, text)


def _scans(data: bytes, source: str, pages: _Pages, ocr: Ocr) -> Scans:
    """What OCR reads of the pages without text; of all where the setting is ``always``."""
    if ocr.mode == "always":
        numbers = [number for number in range(1, len(pages.texts) + 1) if number not in pages.damaged]
    else:
        numbers = sorted({*pages.images, *pages.stamped, *pages.unreadable})
    if ocr.advice is not None or not numbers:
        return Scans()
    stamped = [] if ocr.mode == "always" else pages.stamped
    return read_scans(data, source, numbers, stamped, ocr)


def _joined(pages: _Pages, scans: Scans, ocr: Ocr) -> list[str]:
    """Each page's text: what OCR read, the text layer (unless OCR read all of it, too), and the comments."""
    made = []
    for number, (layer, notes) in enumerate(zip(pages.texts, pages.comments, strict=True), 1):
        scan = scans.read.get(number)
        is_all = ocr.mode == "always" or number in pages.unreadable
        parts = (layer, notes) if scan is None else (scan.text, "" if is_all else layer, notes)
        made.append("\n".join(part for part in parts if part))
    return made


_STAMP = 120
"""Letters and digits that a page of an image has beside it if they are a stamp (a Bates number, "CONFIDENTIAL - SUBJECT
TO PROTECTIVE ORDER") and no text. A reason, not a measurement."""
_SCAN = 0.3
"""Of the page, covered by an image that may be a scan; a logo covers less."""
_OUTLINES = 100
"""Curves of a page without letters that may be letters made outlines: a line of text has some hundreds."""


def _with_cells(page: PageObject, text: str) -> str:
    """A page's text with a tab between the cells of its tables; as it is where the layout cannot be computed."""
    if not text.strip():
        return text
    try:
        layout = page.extract_text(extraction_mode="layout")
    except Exception:  # noqa: BLE001 - pypdf raises anything on odd fonts, and the text is there without it
        return text
    return with_tabs(text, canonical(layout))


def _shows_image(page: PageObject) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    if objects is None:
        return False
    shown = (item.get_object() for item in objects.get_object().values())
    return any(isinstance(item, dict) and item.get("/Subtype") in ("/Image", "/Form") for item in shown)


def _nothing_read(source: str, pages: _Pages, scans: Scans, ocr: Ocr) -> DocumentError:
    if found := {**pages.damaged, **scans.damaged}:
        return DamagedDocumentError(source, next(iter(found.values())))
    if not pages.texts:
        return DamagedDocumentError(source, "the PDF has no pages; restore it from a good copy")
    what = ocr.advice or "OCR finds none in it"
    if pages.unreadable:
        return EmptyDocumentError(source, f"{_NO_CHARACTERS.format(_ranges(pages.unreadable))}; {what}")
    return EmptyDocumentError(source, f"the PDF has {len(pages.texts)} page(s) but no text, as in a scan; {what}")


_NO_CHARACTERS = "the fonts on page(s) {} do not say which characters their shapes are, so that text cannot be read"


def _skipped_pages(source: str, pages: _Pages, scans: Scans, ocr: Ocr) -> tuple[SkippedFile, ...]:
    skipped = [
        SkippedFile(source=f"{source}#page={number}", code=DamagedDocumentError.code, reason=reason)
        for number, reason in {**pages.damaged, **scans.damaged}.items()
    ]
    images, stamped, unreadable = pages.images, pages.stamped, pages.unreadable
    advice = f"{ocr.advice}; then remove the file from the corpus and ingest it again"
    if ocr.advice is None:
        images = [number for number in images if number in scans.empty]
        stamped = [number for number in stamped if number in scans.empty]
        unreadable = [number for number in unreadable if number in scans.empty]
        advice = "OCR finds no more"
    for numbers, what, code in (
        (images, f"no text on page(s) {{}}, only images, while others have text; {advice}", EmptyDocumentError.code),
        (
            stamped,
            f"page(s) {{}} show an image with next to no text, as a scan with a stamp; {advice}",
            EmptyDocumentError.code,
        ),
        (unreadable, f"{_NO_CHARACTERS}; {advice}", EmptyDocumentError.code),
        (scans.too_many, f"page(s) {{}} were not read by OCR: they are {TOO_MANY}", DocumentTooLargeError.code),
    ):
        if numbers:
            place = f"{source}#page={numbers[0]}"
            skipped.append(SkippedFile(source=place, code=code, reason=what.format(_ranges(numbers))))
    return tuple(skipped)


def _ranges(numbers: Sequence[int]) -> str:
    """Page numbers as people write them: 1-3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def _metadata(reader: PdfReader) -> Metadata:
    """Title, author and creation date of the document information, each left out where it is malformed."""
    info = reader.metadata
    if info is None:
        return Metadata()
    fields: dict[str, str | None] = {}
    for name in ("title", "author", "creation_date"):
        try:
            value = getattr(info, name)
            fields[name] = value.isoformat() if name == "creation_date" and value else value and str(value)
        except Exception:  # noqa: BLE001 - a malformed date or string raises anything, and is not worth the document
            fields[name] = None
    clean = {name: canonical(value).strip() or None for name, value in fields.items() if value}
    return Metadata(title=clean.get("title"), author=clean.get("author"), date=clean.get("creation_date"))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pypdf's log of small defects from the user: what is lost is an error or a skipped page."""
    logger = logging.getLogger("pypdf")
    with PROCESS_WIDE:
        handler, propagated = logging.NullHandler(), logger.propagate
        logger.addHandler(handler)
        logger.propagate = False
        try:
            yield
        finally:
            logger.propagate = propagated
            logger.removeHandler(handler)
