"""Pages of a PDF that are scans: drawn as images, and read by OCR."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders.formats import parsing
from hybrid.ingest.loaders.ocr import Ocr, OcrPage

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 200
"""Of pages that are drawn. Dense pages of 8 and 10 points had no more errors at 200 than at 300."""


@dataclass
class Scans:
    """What OCR read of a PDF, by page number from 1; pages on which it found nothing; those that were too many; and why
    others could not be drawn."""

    read: dict[int, OcrPage] = field(default_factory=dict)
    empty: list[int] = field(default_factory=list)
    too_many: list[int] = field(default_factory=list)
    damaged: dict[int, str] = field(default_factory=dict)


def read_scans(data: bytes, source: str, numbers: Sequence[int], stamped: Sequence[int], ocr: Ocr) -> Scans:
    """Pages of a PDF as OCR reads them; of ``stamped`` ones the image without the text over it, which has a layer."""
    from pypdfium2 import PdfDocument

    from hybrid.ingest.loaders.ocr_pages import read_image

    found = Scans()
    taken = ocr.take(len(numbers))
    found.too_many.extend(numbers[taken:])
    if not taken:
        return found
    with parsing(source, "PDF"), closing(PdfDocument(data)) as document:
        document.init_forms()
        for number in numbers[:taken]:
            try:
                with parsing(source, f"image of page {number}"):
                    page = read_image(_drawn(document, number, without_text=number in stamped))
            except DamagedDocumentError as error:
                found.damaged[number] = error.reason
                continue
            if page.text.strip():
                found.read[number] = page
            else:
                found.empty.append(number)
    return found


def _drawn(document: Any, number: int, *, without_text: bool) -> Image:
    import pypdfium2.raw as pdfium

    from hybrid.ingest.loaders.ocr_pages import LONGEST_SIDE

    with closing(document[number - 1]) as page:
        if without_text:
            for item in list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=1)):
                page.remove_obj(item)
        scale = min(_DPI / 72, LONGEST_SIDE / (max(page.get_size()) or 1.0))
        image: Image = page.render(scale=scale).to_pil()
        return image
