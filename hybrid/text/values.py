"""Dates and numbers as they are written: the one place that parses them, in text, metadata, filters and mail headers.

`days` finds dates of a known day in text, `parse_date` and `iso_date` read a date that stands alone. `YEAR` and
`MONTH_NAME` are parts of patterns for text that says when something is, less exactly. English, and German where a
month's name or an ordinal's stop differs. 12.03.2026 is the 12th of March: dates with dots have the day first. 3/4/2026
is March for some and April for others, and 12 March 26 has no century: neither is a date here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Literal

from text_to_num import alpha2digit

_MONTH_NAMES = """
    january jan januar jänner, february feb februar, march mar märz, april apr, may mai, june jun juni, july jul juli,
    august aug, september sep sept, october oct oktober okt, november nov, december dec dezember dez
"""
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(","), start=1) for name in names.split()}
"""A month's name or abbreviation, in lower case, to its number."""
MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
"""A month's name or abbreviation, as part of a pattern."""
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th|\.)?"
CURRENCY_CODES = r"(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY|NOK|SEK|DKK|PLN|CZK|HUF|NZD|SGD|HKD|ZAR)"
"""The codes of currencies that are read as such before and behind numbers."""
YEAR = r"\b(?:1[5-9]|20)\d\d\b"
MONTH_NAME = (
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december)\b"  # "may" is a verb
)
WORDED_DAY = rf"\b(?:{MONTH}\.?\s+{_ORDINAL},?\s+\d{{4}}|{_ORDINAL}\s+(?:day\s+)?(?:of\s+)?{MONTH}\.?,?\s+\d{{4}})\b"
"""A day with its month's name and its year, as part of a pattern: "March 1, 2024", "1st of March 2024"."""
DAY = rf"(?:{WORDED_DAY}|\b\d{{4}}-\d{{2}}-\d{{2}}\b)"
"""A day in words or in ISO 8601, as part of a pattern."""
_DAY_NUMBER, _MONTH_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DAY = re.compile(
    rf"\b(?P<m1>{MONTH})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y1>\d{{4}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:(?:day\s+)?of\s+)?(?P<m2>{MONTH})\.?,?\s+(?P<y2>\d{{4}})\b"
    r"|\b(?P<y3>\d{4})-(?P<m3>\d{2})-(?P<d3>\d{2})\b"
    rf"|(?<![\w.,/])(?P<y4>\d{{4}})/(?P<m4>{_MONTH_NUMBER})/(?P<d4>{_DAY_NUMBER})(?![\w/]|[.,]\d)"
    rf"|(?<![\w.,/])(?P<d5>{_DAY_NUMBER})\.(?P<m5>{_MONTH_NUMBER})\.(?P<y5>\d{{4}})(?![\w/]|[.,]\d)",
    re.IGNORECASE,
)
_MONTH_OF_YEAR = re.compile(
    rf"(?P<m1>{MONTH})\.?,?\s+(?:of\s+)?(?P<y1>\d{{4}})|(?P<y2>\d{{4}})/(?P<m2>{_MONTH_NUMBER})", re.IGNORECASE
)
_PARTIAL_ISO_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ].+", re.ASCII)  # not 20240301T10, which does not compare with the others
_RFC_2822 = re.compile(r"(?:[a-z]{3}, *)?\d{1,2} [a-z]{3} \d{4} \d{1,2}:\d{2}.*", re.IGNORECASE | re.ASCII)

Precision = Literal["day", "second"]
ACCEPTED = "write 2024, 2024-03 or 2024-03-01, or the month in words, such as 1 March 2024"


def days(text: str) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """Dates of a known day: ``(start, end, (year, month, day))``, in order. What no calendar holds is left in.

    Example:
        >>> [day for _, _, day in days("from the 3rd of March 2024 to 2024-04-01")]
        [(2024, 3, 3), (2024, 4, 1)]
    """
    for match in _DAY.finditer(text):
        yield match.start(), match.end(), (_number(match, "y"), _number(match, "m"), _number(match, "d"))


def _number(match: re.Match[str], part: str) -> int:
    """The year, month or day of whichever form matched."""
    written = next(value for name, value in match.groupdict().items() if name[0] == part and value is not None)
    return MONTHS.get(written.lower()) or int(written)


def parse_date(written: str, precision: Precision = "day") -> str | None:
    """A date that stands alone, in ISO 8601, as precise as it is written; ``None`` for no date, or one that can be read
    in several ways: a guess would be worse than none.

    Args:
        written: ISO 8601, the month in words, the day first with dots, the year first with slashes.
        precision: ``"second"`` takes a time of the day as well, of ISO 8601 or as in mail (RFC 2822), and keeps it.

    Example:
        >>> parse_date("12 March 2026"), parse_date("12.03.2026"), parse_date("Mar 2026"), parse_date("3/4/2026")
        ('2026-03-12', '2026-03-12', '2026-03', None)
    """
    text = " ".join(written.split())
    if is_partial_iso_date(text):
        return text
    try:
        if match := _DAY.fullmatch(text):
            return date(_number(match, "y"), _number(match, "m"), _number(match, "d")).isoformat()
        if match := _MONTH_OF_YEAR.fullmatch(text):
            return date(_number(match, "y"), _number(match, "m"), 1).isoformat()[:7]
        if precision == "second" and _ISO_TIME.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:  # what no calendar holds
        return None
    return mail_date(text) if precision == "second" and _RFC_2822.fullmatch(text) else None


def mail_date(header: str) -> str | None:
    """The date of a mail's header, ISO 8601 with its time; ``None`` if it is malformed. By RFC 2822, which gives years
    of two digits a century, too.

    Example:
        >>> mail_date("Thu, 12 Mar 2026 10:00:00 +0100")
        '2026-03-12T10:00:00+01:00'
    """
    try:
        return parsedate_to_datetime(header).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):  # no date, or one that no calendar has
        return None


def iso_date(given: object, precision: Precision = "day") -> str:
    """`parse_date` of what a user gave as a date: text, or a `datetime.date`.

    Raises:
        ValueError: no date, or one such as 3/4/2024, which is March for some and April for others.

    Example:
        >>> iso_date("12 March 2026"), iso_date(date(2026, 3, 12))
        ('2026-03-12', '2026-03-12')
    """
    if isinstance(given, date):  # a datetime is one, too
        return given.isoformat() if precision == "second" else given.isoformat()[:10]
    if not isinstance(given, str):
        shown = repr(given) if isinstance(given, float) or (isinstance(given, int) and abs(given) < 10**18) else ""
        raise ValueError(f"a date is text or a datetime.date, not {shown or type(given).__name__}; {ACCEPTED}")
    parsed = parse_date(given, precision)
    if parsed is None:
        raise ValueError(f"{given[:60]!r} is no date that can be read in one way only; {ACCEPTED}")
    return parsed


def is_partial_iso_date(value: str) -> bool:
    """Whether ``value`` is a year, a month of a year or a day that the calendar holds.

    Example:
        >>> is_partial_iso_date("2024-02"), is_partial_iso_date("2024-02-30")
        (True, False)
    """
    if not _PARTIAL_ISO_DATE.fullmatch(value):
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
