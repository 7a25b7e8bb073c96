"""PDF: the text layer of each page, through pypdf."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pypdf import PageObject, PasswordType, PdfReader

from hybrid._runtime import PROCESS_WIDE
from hybrid.errors import DamagedDocumentError, DocumentError, EmptyDocumentError, EncryptedDocumentError
from hybrid.ingest.loaders.formats import Extracted, canonical, parsing
from hybrid.ingest.loaders.pdf_tables import with_tabs
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile

_END = b"%%EOF"
_TAIL = 1024  # bytes at the end where the mark stands, as readers of PDF look for it
_OCR = "run OCR on it (for example with ocrmypdf) and ingest the result"


def load_pdf(data: bytes, source: str) -> Extracted:
    """A PDF's pages, each one's text as pypdf gives it, joined by a line end that belongs to the page before. Between
    the cells of a table stands a tab.

    A file without its end marker is cut off and refused, since repairing it could lose pages
    without a word. A page whose content is malformed, or that shows only an image, is left empty
    and named among the skipped, so that page numbers stay right. A password for opening is needed
    only if the empty one does not open the file.

    Raises:
        DamagedDocumentError: cut off, or not readable as a PDF.
        EncryptedDocumentError: it needs a password.
        EmptyDocumentError: no page has text, as in a scan.
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
        texts, damaged, images = _read_pages(reader, source)
        if not any(text.strip() for text in texts):
            raise _nothing_read(source, len(texts), damaged)
        pages = [0]
        for text in texts[:-1]:
            pages.append(pages[-1] + len(text) + 1)
        return Extracted(
            "\n".join(texts), _metadata(reader), tuple(pages), skipped=_skipped_pages(source, damaged, images)
        )


def _read_pages(reader: PdfReader, source: str) -> tuple[list[str], dict[int, str], list[int]]:
    """Each page's text; why damaged pages are; which pages are only an image. Pages count from 1."""
    texts: list[str] = []
    damaged: dict[int, str] = {}
    images: list[int] = []
    for number, page in enumerate(reader.pages, 1):
        text = ""
        try:
            with parsing(source, f"content of page {number}"):
                text = _with_cells(page, canonical(page.extract_text()))
                if not text.strip() and _shows_image(page):
                    images.append(number)
        except DamagedDocumentError as error:
            damaged[number] = error.reason
        texts.append(text)
    return texts, damaged, images


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
    return any(item.get_object().get("/Subtype") in ("/Image", "/Form") for item in objects.get_object().values())


def _nothing_read(source: str, pages: int, damaged: dict[int, str]) -> DocumentError:
    if damaged:
        return DamagedDocumentError(source, next(iter(damaged.values())))
    if not pages:
        return DamagedDocumentError(source, "the PDF has no pages; restore it from a good copy")
    return EmptyDocumentError(source, f"the PDF has {pages} page(s) but no text, as in a scan; {_OCR}")


def _skipped_pages(source: str, damaged: dict[int, str], images: list[int]) -> tuple[SkippedFile, ...]:
    skipped = [
        SkippedFile(source=f"{source}#page={number}", code=DamagedDocumentError.code, reason=reason)
        for number, reason in damaged.items()
    ]
    if images:
        pages = ", ".join(map(str, images))
        reason = f"no text on page(s) {pages}, only images, while others have text; {_OCR}"
        skipped.append(SkippedFile(source=f"{source}#page={images[0]}", code=EmptyDocumentError.code, reason=reason))
    return tuple(skipped)


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
