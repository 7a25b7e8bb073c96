"""OCR: whether there is an engine, and how many pages of a file it may read.

The engine is in the extra ``ocr``. Where that is missing, what would need it is named with what to install.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Literal

from hybrid.text import ocr_marks

Mode = Literal["auto", "always", "never"]

_INSTALL = "pip install 'hybrid-ttt-rag[ocr]'"
TOO_MANY = "more page images than a file of its size holds; split it up"
_BYTES_PER_PAGE, _PAGES_AT_LEAST = 1000, 20
"""A file has a scanned page for so many of its bytes at most: a page of text, one bit a pixel, takes 20,000 and more.
Against files that show one image on a million pages."""
DOUBTFUL = 0.8
"""A page with a lower confidence is named in the report, and a line with one has a mark of its own. Pages without an
error have 0.98 and more (docs/reliability.md)."""


@dataclass
class Ocr:
    """OCR for a file and all that is in it.

    Args:
        mode: the setting ``ingest.ocr``.
        size: of the file, in bytes: it bounds how many pages are read.
        before: called with a number of pages before these are read, so that limits of time can follow.
    """

    mode: Mode
    size: int = 0
    before: Callable[[int], object] = int
    _read: int = field(default=0, init=False)

    @property
    def advice(self) -> str | None:
        """What to do for OCR where there is none; ``None`` where there is."""
        if self.mode == "never":
            return 'ingest.ocr is "never"; set it to "auto" to read it by OCR'
        return None if installed() else f"to read it by OCR install: {_INSTALL}"

    def take(self, pages: int) -> int:
        """How many of so many pages may be read; they are counted as read, and the limits follow."""
        most = max(_PAGES_AT_LEAST, self.size // _BYTES_PER_PAGE)
        taken = max(0, min(pages, most - self._read))
        self._read += taken
        if taken:
            self.before(taken)
        return taken


def installed() -> bool:
    """Whether the extra ``ocr`` is there."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "pypdfium2", "PIL"))


@dataclass(frozen=True)
class OcrPage:
    """The text of a page image in reading order, the marks of its lines, and its confidence: the mean over its
    characters."""

    text: str
    marks: tuple[ocr_marks.Mark, ...]
    confidence: float


def doubtful(pages: dict[int, OcrPage]) -> tuple[str, ...]:
    """The pages, by number, that were read with a low confidence, in words: ``page 3 (0.71)``."""
    return tuple(
        f"page {number} ({page.confidence:.2f})"
        for number, page in pages.items()
        if page.text and page.confidence < DOUBTFUL
    )
