"""What cells say: amounts with their currencies, dates, and whether a cell says no or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from hybrid.text import values

_NOTHING = re.compile(
    r"\W*(?:none|nil|no|n/?a|false|-|–|—|0+(?:[.,]0+)?|not? .*|un(?:paid|known|signed))?\W*", re.IGNORECASE
)
ZERO = re.compile(r"\D*0+(?:[.,]0+)*\D*")
CODES = r"(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY)"
MONEY = re.compile(
    rf"(?P<sign>[$€£¥]|\b{CODES}\s?)?(?P<minus>[-−(]?)\s?(?P<n>\d{{1,3}}(?:[,'’]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\)?"
    rf"\s?(?P<after>[$€£]|{CODES}\b)?",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")


def is_empty(cell: str) -> bool:
    """Whether a cell says no or nothing.

    Example:
        >>> [is_empty(one) for one in ("-", "", "0", "£0.00", "No", "8 June 2023", "16")]
        [True, True, True, True, True, False, False]
    """
    return _NOTHING.fullmatch(cell) is not None or (
        ZERO.fullmatch(cell) is not None and not re.search(r"[a-z]{2}", cell, re.I)
    )


def amount_of(cell: str, column: str) -> tuple[Decimal | None, str | None]:
    """The number of a cell and its currency, which may stand in the column's name."""
    match = MONEY.search(cell)
    if match is None or not any(map(str.isdigit, match[0])):
        return None, None
    sign = (match["sign"] or match["after"] or "").strip()
    named = re.search(r"[$€£¥]|\b" + CODES + r"\b", column)
    number = Decimal(re.sub(r"[^\d.]", "", match["n"]))
    currency = (sign or (named[0] if named else "")).upper() or None
    return (-number if match["minus"] else number), currency


def read_dates(cells: Sequence[str]) -> dict[str, str]:
    """The dates among cells, in ISO 8601. 3/4/2024 is read if another of them says which is the month: 13/4/2024."""
    found: dict[str, str] = {}
    slashed = {cell: match for cell in cells if (match := _SLASHED.match(cell.strip()))}
    day_first = any(int(match[1]) > 12 for match in slashed.values())
    month_first = any(int(match[2]) > 12 for match in slashed.values())
    for cell in cells:
        written = cell.strip()
        parsed = values.parse_date(written) or next((iso(day) for _, _, day in values.days(written)), None)
        match = slashed.get(cell)
        if match is not None and day_first != month_first:
            day, month = (int(match[1]), int(match[2])) if day_first else (int(match[2]), int(match[1]))
            parsed = f"{match[3]}-{month:02d}-{day:02d}"
        if parsed and len(written) < 40 and (match or not written.isdigit()):
            found[cell] = parsed
    return found


def iso(day: tuple[int, int, int]) -> str:
    """A year, a month and a day as ISO 8601."""
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02}"
