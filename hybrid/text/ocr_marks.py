"""Which parts of a text were read by OCR, and how certain that was.

They stand in a document's metadata, under `OCR`, as ``start-end:confidence`` with blanks between: ``0-812:0.97``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

OCR = "ocr"
"""The key of `hybrid.types.documents.Metadata.extra`."""
_MARK = re.compile(r"(\d+)-(\d+):([01](?:\.\d+)?)")

Mark = tuple[int, int, float]
"""Where the part begins and ends, in characters, and its confidence, 0 to 1."""


def written(marks: Iterable[Mark]) -> str:
    """The marks as metadata have them.

    Example:
        >>> written([(0, 812, 0.9712)])
        '0-812:0.97'
    """
    return " ".join(f"{start}-{end}:{confidence:.2f}" for start, end, confidence in marks)


def confidence(marks: str, start: int, end: int) -> float | None:
    """The lowest confidence of what was read by OCR in ``[start, end)``; ``None`` where nothing was.

    Example:
        >>> confidence("0-812:0.97 812-840:0.61", 800, 820)
        0.61
    """
    found = ((int(first), int(last), float(value)) for first, last, value in _MARK.findall(marks))
    return min((value for first, last, value in found if first < end and last > start and value <= 1), default=None)


def label(certainty: float) -> str:
    """What is said of a part, for people.

    Example:
        >>> label(0.934)
        'read by OCR, confidence 0.93'
    """
    return f"read by OCR, confidence {certainty:.2f}"
