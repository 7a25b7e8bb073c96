"""Dates as documents and filters have them: ISO 8601, as precise as they are known."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

from hybrid.text.values import is_partial_iso_date
from hybrid.types.validation import shown

Precision = Literal["day", "second"]

_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_WRITTEN_OUT = {
    "%Y-%m-%d": ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%Y/%m/%d"),
    "%Y-%m": ("%B %Y", "%b %Y", "%Y/%m"),
}
"""By what they become. A month is named in English; figures alone are in the one order that nobody else uses."""
ACCEPTED = "write 2024, 2024-03 or 2024-03-01, or the month in words, such as 1 March 2024"


def iso_date(given: object, precision: Precision = "day") -> str:
    """The date in ISO 8601, as precise as it was given: ``2024``, ``2024-03``, ``2024-03-01``.

    Args:
        given: text, or a `datetime.date`.
        precision: ``"second"`` keeps a time of the day that follows the date; with ``"day"`` there may be none.

    Raises:
        ValueError: no date, or one such as 3/4/2024, which is March for some and April for others.

    Example:
        >>> iso_date("12 March 2026")
        '2026-03-12'
    """
    if isinstance(given, datetime) and precision == "second":
        return given.isoformat()
    if isinstance(given, date):
        return given.isoformat()[:10]
    if not isinstance(given, str):
        raise ValueError(f"a date is text or a datetime.date, not {shown(given)}; {ACCEPTED}")
    if is_partial_iso_date(given) or (precision == "second" and _is_iso_time(given)):
        return given
    plain = " ".join(_ORDINAL.sub("", given).replace(",", " ").replace(".", " ").split())
    for form, patterns in _WRITTEN_OUT.items():
        for pattern in patterns:
            try:
                return datetime.strptime(plain, pattern).strftime(form)
            except ValueError:
                continue
    raise ValueError(f"{given!r} is no date that can be read in one way only; {ACCEPTED}")


def _is_iso_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return text[4:5] == "-"  # not 20240301T10, which does not compare with the others
