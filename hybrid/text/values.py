"""Dates and numbers as they are written in text: the one place for their names and patterns.

`days` finds dates of a known day. `YEAR` and `MONTH_NAME` are parts of patterns for text that says when something
is, less exactly. English, and German where a month's name or an ordinal's stop differs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from text_to_num import alpha2digit

_MONTH_NAMES = """
    january jan januar jänner, february feb februar, march mar märz, april apr, may mai, june jun juni, july jul juli,
    august aug, september sep sept, october oct oktober okt, november nov, december dec dezember dez
"""
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(","), start=1) for name in names.split()}
"""A month's name or abbreviation, in lower case, to its number."""
_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th|\.)?"
YEAR = r"\b(?:1[5-9]|20)\d\d\b"
MONTH_NAME = (
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december)\b"  # "may" is a verb
)
WORDED_DAY = rf"\b(?:{_MONTH}\.?\s+{_ORDINAL},?\s+\d{{4}}|{_ORDINAL}\s+(?:day\s+)?(?:of\s+)?{_MONTH}\.?,?\s+\d{{4}})\b"
"""A day with its month's name and its year, as part of a pattern: "March 1, 2024", "1st of March 2024"."""
PARTIAL_ISO_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
"""ISO 8601 as precise as wanted, as part of a pattern: 2024, 2024-03, 2024-03-01."""
_DAY = re.compile(
    rf"\b(?P<m1>{_MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>\d{{4}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:(?:day\s+)?of\s+)?(?P<m2>{_MONTH})\.?,?\s+(?P<y2>\d{{4}})\b"
    r"|\b(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2})\b",
    re.IGNORECASE,
)


def days(text: str) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """Dates of a known day: ``(start, end, (year, month, day))``, in order. What no calendar holds is left in.

    Example:
        >>> [day for _, _, day in days("from the 3rd of March 2024 to 2024-04-01")]
        [(2024, 3, 3), (2024, 4, 1)]
    """
    for match in _DAY.finditer(text):
        year, month, day = (next(filter(None, match.group(f"{part}1", f"{part}2", f"{part}3"))) for part in "ymd")
        yield match.start(), match.end(), (int(year), MONTHS.get(month.lower()) or int(month), int(day))


def is_partial_iso_date(value: str) -> bool:
    """Whether ``value`` is a year, a month of a year or a day that the calendar holds.

    Example:
        >>> is_partial_iso_date("2024-02"), is_partial_iso_date("2024-02-30")
        (True, False)
    """
    if not re.fullmatch(PARTIAL_ISO_DATE, value, re.ASCII):
        return False
    try:
        date.fromisoformat(f"{value}-01-01"[:10])
    except ValueError:
        return False
    return True


_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9, "k": 3, "m": 6}
_SCALED = re.compile(
    r"(?<![\w.,])(?P<number>\d[\d,]*(?:\.\d+)?)(?:[\s-](?P<word>thousand|million|billion|trillion|mn|bn)|(?P<joined>mn|bn))\b"
    r"|(?<=[$€£])\s?(?P<amount>\d[\d,]*(?:\.\d+)?)\s?(?P<letter>[km])\b",
    re.IGNORECASE,
)
_HYPHENATED = re.compile(r"(?<=\w)-(?=(?:year|month|week|day|hour|minute|mile|foot|share)s?\b)", re.IGNORECASE)
_KEPT = "ǁ"  # a letter that no word ends in: text2num does not know the word, and leaves it
_ORDINAL_WORD = re.compile(
    r"\b((?:third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w{3,6}teenth|\w{3,6}tieth)s?)\b",
    re.IGNORECASE,
)


def in_digits(text: str) -> str:
    """``text`` with its numbers in digits: those in words (by text2num) and those with a scale.

    "one" and "two" alone are left: they are pronouns and the like as often as numbers.

    Example:
        >>> in_digits("nine hundred shares at $1.5 million, a five-year term")
        '900 shares at $1500000, a 5 year term'
    """
    plain = _ORDINAL_WORD.sub(rf"\1{_KEPT}", _HYPHENATED.sub(" ", text))  # text2num would read "third party" as 3
    return str(alpha2digit(_SCALED.sub(_unscaled, plain), "en")).replace(_KEPT, "")


def _unscaled(match: re.Match[str]) -> str:
    number = Decimal((match["number"] or match["amount"]).replace(",", ""))
    scale = _SCALES[(match["word"] or match["joined"] or match["letter"]).lower()]
    return f"{number.scaleb(scale).normalize():f}"
