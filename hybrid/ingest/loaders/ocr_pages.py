"""The text of page images, as OCR reads it, in reading order and with how certain each line is.

The engine is RapidOCR with the PP-OCRv6 models that come in its package (both Apache-2.0), in the extra ``ocr``.
Nothing is fetched.
"""

from __future__ import annotations

import io
import os
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from hybrid.errors import DocumentTooLargeError, EmptyDocumentError, UnsupportedFormatError
from hybrid.ingest.loaders.formats import Extracted, Format, canonical, parsing
from hybrid.ingest.loaders.ocr import DOUBTFUL, TOO_MANY, Ocr, OcrPage, doubtful
from hybrid.ingest.loaders.pdf_page import Piece, in_columns
from hybrid.text import ocr_marks
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_SIDE = 2400
"""Pixels: A4 at 200 dpi. Larger images are made smaller by the engine."""
_MOST_PIXELS = 120_000_000
"""Of an image that is opened: A2 at 600 dpi. Against images made to fill the memory."""
_TURNED = 0.75
"""Below this mean confidence a page is tried in its three other directions, too."""
_CELL = 1.5
"""Gap between two pieces of a line, by the height of its letters, from which on they are cells."""
_PARAGRAPH = 0.9
"""Gap between two lines, by the height of their letters, from which on a blank line stands between them."""


@dataclass(frozen=True)
class Line:
    """A piece of a line that was recognised: its text, its confidence (0 to 1), and its box in pixels from the image's
    upper left corner."""

    text: str
    confidence: float
    x: float
    y: float
    x_end: float
    y_end: float


class Recognizer(Protocol):
    """An OCR engine. `RapidOCR <https://github.com/RapidAI/RapidOCR>`_ is the one that is used; tests have another."""

    def lines(self, image: Image) -> list[Line]:
        """What is written in an image that stands upright, in any order."""


class _RapidOcr:
    def __init__(self) -> None:
        from rapidocr import RapidOCR

        threads = int(os.environ.get("OMP_NUM_THREADS") or -1)  # of a process that parses files: 1
        self._engine = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "critical",
                "Global.max_side_len": LONGEST_SIDE,
            }
        )

    def lines(self, image: Image) -> list[Line]:
        import numpy as np

        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
        found: Any = self._engine(pixels, use_cls=False)
        if found.boxes is None or found.txts is None:
            return []
        made = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            across, down = [float(point[0]) for point in box], [float(point[1]) for point in box]
            made.append(Line(str(text), float(score), min(across), min(down), max(across), max(down)))
        return made


@cache
def recognizer() -> Recognizer:
    """The engine, loaded once a process (0.6 s)."""
    return _RapidOcr()


def read_image(image: Image, engine: Recognizer | None = None) -> OcrPage:
    """The text of a page image. A page that stands on its side or its head is turned.

    Example:
        >>> read_image(Image.open("letter.png")).text
        'Dear Ms Boole,'
    """
    engine = engine or recognizer()
    best, found = image, engine.lines(image)
    if found and (_confidence(found) < _TURNED or _stands_on_side(found)):
        for degrees in (90, 180, 270):
            turned = image.rotate(degrees, expand=True)
            lines = engine.lines(turned)
            if _certain_letters(lines) > _certain_letters(found) or _stands_on_side(found):
                best, found = turned, lines
            if _confidence(found) > 0.9 and not _stands_on_side(found):
                break
    return _page_text(found, best.width)


def _confidence(lines: Sequence[Line]) -> float:
    letters = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / letters if letters else 0.0


def _certain_letters(lines: Sequence[Line]) -> float:
    return sum(len(line.text) * max(0.0, line.confidence - 0.5) for line in lines)


def _stands_on_side(lines: Sequence[Line]) -> bool:
    """Whether most of what is longer than a word is taller than it is wide."""
    long = [line for line in lines if len(line.text) > 4]
    tall = sum(line.y_end - line.y > 1.5 * (line.x_end - line.x) for line in long)
    return 2 * tall > len(long)


@dataclass(frozen=True)
class _Piece(Piece):
    confidence: float = 1.0


def _page_text(lines: Sequence[Line], width: int) -> OcrPage:
    """The lines in reading order: columns one after the other, a tab between cells, a blank line between paragraphs."""
    points = 595.0 / max(1, width)  # as wide as A4, whose columns `in_columns` knows
    rows = [
        [
            _Piece(line.text, line.x * points, -line.y * points, (line.y_end - line.y) * points, 0.0, line.confidence)
            for line in row
        ]
        for row in _rows([line for line in lines if line.text.strip()])
    ]
    ends = {(line.x * points, -line.y * points): line.x_end * points for line in lines}
    text, marks = "", []
    above: Piece | None = None
    for row in in_columns([[*row] for row in rows]):
        pieces = [piece for piece in row if piece.text.strip()]
        if not pieces:
            continue
        if above is not None:
            gap = above.y - pieces[0].y - above.size
            text += "\n\n" if gap > _PARAGRAPH * min(above.size, pieces[0].size) else "\n"
        start = len(text)
        for before, piece in zip([None, *pieces], pieces, strict=False):
            if before is not None:
                wide = piece.x - ends.get((before.x, before.y), before.end) > _CELL * piece.size
                text += "\t" if wide else " "
            text += canonical(piece.text).replace("\n", " ").strip()
        letters = sum(len(piece.text) for piece in pieces)
        certain = sum(getattr(piece, "confidence", 1.0) * len(piece.text) for piece in pieces) / letters
        marks.append((start, len(text), certain))
        above = pieces[0]
    return OcrPage(text, tuple(_joined(marks)), _confidence(lines))


def _rows(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines by the row of the page that they stand in, each from left to right."""
    row: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.y + line.y_end) / 2):
        if row:
            middle, height = (line.y + line.y_end) / 2, statistics.median(one.y_end - one.y for one in row)
            level = statistics.mean((one.y + one.y_end) / 2 for one in row)
            if middle - level > 0.5 * min(height, line.y_end - line.y):
                yield sorted(row, key=lambda one: one.x)
                row = []
        row.append(line)
    if row:
        yield sorted(row, key=lambda one: one.x)


def _joined(marks: Sequence[ocr_marks.Mark]) -> Iterator[ocr_marks.Mark]:
    """Marks of lines that follow one another as one, but for doubtful lines, which keep their own."""
    run: list[ocr_marks.Mark] = []
    for mark in [*marks, None]:
        if run and (mark is None or mark[2] < DOUBTFUL or run[-1][2] < DOUBTFUL):
            letters = sum(end - start for start, end, _ in run)
            mean = sum((end - start) * value for start, end, value in run) / max(1, letters)
            yield run[0][0], run[-1][1], mean
            run = []
        if mark is not None:
            run.append(mark)


# Files ---------------------------------------------------------------------------------------------------------------


def load_image(data: bytes, source: str, kind: Format, ocr: Ocr) -> Extracted:
    """An image of a page, or the pages of a TIFF, as OCR reads them.

    Raises:
        UnsupportedFormatError: there is no OCR.
        EmptyDocumentError: it finds no text.
        DamagedDocumentError: it is not readable as an image.
        DocumentTooLargeError: it has more pixels than are opened.
    """
    what = f"{kind.upper()} image"
    if ocr.advice is not None:
        raise UnsupportedFormatError(source, f"it is a {what}; {ocr.advice}")
    from PIL import ImageOps, ImageSequence

    with parsing(source, what), _opened(data, source) as image:
        count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        taken = ocr.take(count)
        if not taken:
            raise DocumentTooLargeError(source, f"it was not read by OCR: its pages are {TOO_MANY}")
        pages: list[OcrPage] = []
        for frame in ImageSequence.Iterator(image):
            if len(pages) == taken:
                break
            if frame.width * frame.height > _MOST_PIXELS:
                raise DocumentTooLargeError(source, f"it has {frame.width * frame.height:,} pixels{_FEWER}")
            pages.append(read_image(_on_white(ImageOps.exif_transpose(frame) or frame)))
    if not any(page.text for page in pages):
        raise EmptyDocumentError(source, "OCR finds no text in it")
    text, starts, marks = _joined_pages(pages)
    skipped = () if taken == count else (_too_many(source, taken + 1, count),)
    return Extracted(
        text,
        Metadata(extra={ocr_marks.OCR: ocr_marks.written(marks)}),
        tuple(starts),
        skipped=skipped,
        doubtful=doubtful(dict(enumerate(pages, 1))),
    )


_FEWER = f", more than the {_MOST_PIXELS:,} that are opened; save it with fewer, as a scan of 300 dpi"


def _opened(data: bytes, source: str) -> Image:
    from PIL import Image

    try:
        return Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:  # over three times as many; Pillow opens none of these
        pixels = re.search(r"\d+", str(error))
        raise DocumentTooLargeError(source, f"it has {int(pixels[0]) if pixels else 0:,} pixels{_FEWER}") from error


def _on_white(image: Image) -> Image:
    """What is transparent is white, as a viewer shows it."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image
    from PIL import Image

    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)


def _joined_pages(pages: Sequence[OcrPage]) -> tuple[str, list[int], list[ocr_marks.Mark]]:
    """The text of pages one after the other, where each begins, and the marks in it."""
    starts, marks, at = [], [], 0
    for page in pages:
        starts.append(at)
        marks += [(at + start, at + end, value) for start, end, value in page.marks]
        at += len(page.text) + 1
    return "\n".join(page.text for page in pages), starts, marks


def _too_many(source: str, first: int, last: int) -> SkippedFile:
    reason = f"pages {first} to {last} were not read by OCR: they are {TOO_MANY}"
    return SkippedFile(source=f"{source}#page={first}", code=DocumentTooLargeError.code, reason=reason)
