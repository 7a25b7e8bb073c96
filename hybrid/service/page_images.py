"""Pages as images, with a span marked: of a PDF whose file still lies below a folder that the server reads by path.

A corpus holds texts and no files, and what was uploaded is deleted once it is read, so that a removal leaves no copy
behind. An image is therefore drawn from the file where it is, and only while its bytes are those that were read.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybrid.errors import InputError, MissingExtraError, SourceNotFoundError
from hybrid.ingest.loaders.formats import parsing
from hybrid.service.folders import named_path
from hybrid.text.formatting import visible_name
from hybrid.types.documents import Document, sha256_hex

if TYPE_CHECKING:
    from PIL.Image import Image

PDF = "application/pdf"
_DPI = 150
"""A page of 10 points is sharp at twice the size of a screen's column; an A4 page is then some 100 KB."""
_LONGEST_SIDE = 2400
"""Pixels, against pages made to fill the memory."""
_MARKER = (255, 221, 87)
"""A highlighter's yellow: multiplied with the page, so that black letters stay black."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class PageImage:
    """A page as PNG. ``marked`` says whether the span was found on it: the letters of a scan are no text."""

    png: bytes
    marked: bool


def page_image(
    document: Document,
    names: Iterable[str],
    folders: dict[str, Path],
    page: int,
    span: tuple[int, int] | None = None,
) -> PageImage:
    """A page of a document. ``names`` are those under which its bytes were found, ``span`` what of its text to mark.

    Raises:
        InputError: it is no PDF, or has no such page.
        SourceNotFoundError: its file is below none of the folders, or is another by now.
        DamagedDocumentError: the page cannot be drawn.
        MissingExtraError: what draws pages is not installed.
    """
    if document.media_type != PDF:
        raise InputError(f"{visible_name(document.source)} is no PDF: only pages of a PDF are drawn")
    if not 1 <= page <= len(document.pages):
        raise InputError(f"page is from 1 to {len(document.pages)} in {visible_name(document.source)}, not {page}")
    data = next(_files(document.sha256, names, folders), None)
    if data is None:
        raise SourceNotFoundError(
            f"there is no page image of {visible_name(document.source)}: its file is below none of the folders that "
            "the server reads (--folder), or was changed since; what is uploaded is not kept"
        )
    return _drawn(data, document, page, span)


def _files(sha256: str, names: Iterable[str], folders: dict[str, Path]) -> Iterator[bytes]:
    for name in names:
        try:
            data = named_path(name, folders).path.read_bytes()
        except (InputError, OSError):
            continue
        if sha256_hex(data) == sha256:  # what was drawn is what was read, whoever changed the file meanwhile
            yield data


def _drawn(data: bytes, document: Document, number: int, span: tuple[int, int] | None) -> PageImage:
    try:
        from PIL import ImageChops
        from pypdfium2 import PdfDocument
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"page images need {error.name}", "service") from error

    # `parsing` holds a lock of the process: PDFium has state of its own, and ingests use it in other threads.
    with parsing(document.source, f"image of page {number}"), closing(PdfDocument(data)) as pdf:
        pdf.init_forms()  # the values of form fields are part of the page
        with closing(pdf[number - 1]) as page:
            scale = min(_DPI / 72, _LONGEST_SIDE / (max(page.get_size()) or 1.0))
            bitmap = page.render(scale=scale)
            image: Image = bitmap.to_pil().convert("RGB")
            boxes = list(_boxes(page, bitmap, *_on_page(document, number, span))) if span else []
            if boxes:
                image = ImageChops.multiply(image, _markings(image.size, boxes))
    made = io.BytesIO()
    image.save(made, "PNG")
    return PageImage(made.getvalue(), bool(boxes))


def _markings(size: tuple[int, int], boxes: Iterable[Box]) -> Image:
    import PIL.Image
    from PIL import ImageDraw

    layer = PIL.Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(layer)
    for left, top, right, bottom in boxes:
        pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=_MARKER)
    return layer


def _on_page(document: Document, number: int, span: tuple[int, int]) -> tuple[str, int]:
    """The span's letters that stand on the page, and how often they stand on it before."""
    first = document.pages[number - 1]
    last = document.pages[number] if number < len(document.pages) else len(document.text)
    start, end = max(span[0], first), min(span[1], last)
    wanted = _letters(document.text[start:end]) if start < end else ""
    return wanted, _letters(document.text[first:start]).count(wanted) if wanted else 0


def _letters(text: str) -> str:
    """Letters and digits alone: two programs that read one page agree on them, and on little else."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


def _boxes(page: Any, bitmap: Any, wanted: str, before: int) -> Iterator[Box]:
    """Where the letters stand in the bitmap, a box for each line: the one after as many others as came ``before``, or
    the last there is."""
    import pypdfium2.raw as pdfium

    if not wanted:
        return
    with closing(page.get_textpage()) as text:
        letters: list[str] = []
        at: list[int] = []  # of each letter, which character of the page it is of
        for index in range(text.count_chars()):
            found = _letters(chr(pdfium.FPDFText_GetUnicode(text, index)))
            letters.extend(found)
            at.extend([index] * len(found))
        joined = "".join(letters)
        start = joined.find(wanted)
        for _ in range(before):
            if (following := joined.find(wanted, start + len(wanted))) < 0:
                break
            start = following
        if start < 0:
            return
        first, last = at[start], at[start + len(wanted) - 1]
        place = bitmap.get_posconv(page).to_bitmap
        for index in range(text.count_rects(first, last - first + 1)):
            left, bottom, right, top = text.get_rect(index)
            corners = [place(left, top), place(right, bottom)]
            across, down = sorted(x for x, _ in corners), sorted(y for _, y in corners)
            yield across[0], down[0], across[1], down[1]
