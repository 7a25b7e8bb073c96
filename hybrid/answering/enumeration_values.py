"""What cells say: amounts with their currencies, dates, and whether a cell says no or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from hybrid.text import values

_NOTHING = re.compile(
    r"\W*(?:none(?: \w+ed)?|nil|no|no-one|nobody|nothing|nought|zero|n/?a|false|-|–|—|0+(?:[.,]0+)?|not? .*"
    r"|un(?:paid|known|signed))?\W*",
    re.IGNORECASE,
)
_ZERO_IN_WORDS = re.compile(r"\W*(?:none|nil|no|no[ -]one|nobody|nothing|nought|zero|-|–|—)\W*", re.IGNORECASE)
ZERO = re.compile(r"\D*0+(?:[.,]0+)*\D*")
CODES = values.CURRENCY_CODES
_NUMBER = (
    r"(?:\d{1,3}(?:[.’' \u00a0\u202f]\d{3})+,\d{1,2}(?!\d)|\d+,\d{1,2}(?![\d,])"  # 1.240,00 and 880,50
    r"|\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+(?:\.\d+)?)"
)
MONEY = re.compile(
    rf"(?P<sign>[$€£¥]|\b{CODES}\s?)?(?P<minus>[-−(]?)\s?(?P<n>{_NUMBER})\)?\s?(?P<after>[$€£]|{CODES}\b)?",
    re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)")
_GROUPS_OF_THREE = re.compile(r"\d{1,3}(?:\.\d{3})+")
_BETWEEN_WORDS = re.compile(r"_|(?<=[a-z]{2})(?=[A-Z])")  # "kWh" is one word
_CURRENCY_WORDS = {"euro": "€", "dollar": "$", "sterling": "£", "yen": "¥", "franc": "CHF", "rupee": "INR"}
_NAMED_CURRENCY = re.compile(rf"[$€£¥]|\b(?:{CODES}|(?:{'|'.join(_CURRENCY_WORDS)})s?)\b", re.IGNORECASE)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")


def is_empty(cell: str) -> bool:
    """Whether a cell says no or nothing.

    Example:
        >>> [is_empty(one) for one in ("-", "", "0", "£0.00", "nobody", "8 June 2023", "16")]
        [True, True, True, True, True, False, False]
    """
    return _NOTHING.fullmatch(cell) is not None or (
        ZERO.fullmatch(cell) is not None and not re.search(r"[a-z]{2}", cell, re.I)
    )


def is_zero(cell: str) -> bool:
    """Whether a cell says that there is none: the number 0, in words or as a dash. An empty cell says nothing.

    Example:
        >>> [is_zero(one) for one in ("0", "nil", "no one", "–", "", "unknown")]
        [True, True, True, True, False, False]
    """
    return bool(cell.strip()) and (_ZERO_IN_WORDS.fullmatch(cell) is not None or ZERO.fullmatch(cell) is not None)


def has_decimal_comma(cells: Iterable[str]) -> bool:
    """Whether a column's amounts have a comma before their decimals: then "1.240" is 1240 in it.

    Example:
        >>> has_decimal_comma(["1.240,00 €", "880"]), has_decimal_comma(["1,240.00", "880"])
        (True, False)
    """
    return any(match and _DECIMAL_COMMA.search(match["n"]) for match in map(MONEY.search, cells))


def plain_name(name: str) -> str:
    """A column's name with blanks between its words: "amount_eur" is "amount eur", and "paidOn" "paid On".

    Example:
        >>> plain_name("amount_eur"), plain_name("datePaid"), plain_name("Energy (kWh)")
        ('amount eur', 'date Paid', 'Energy (kWh)')
    """
    return " ".join(_BETWEEN_WORDS.sub(" ", name).split())


def named_currency(column: str) -> str | None:
    """The sign or the code of the currency that a column's name gives; a pound alone may be one of weight.

    Example:
        >>> [named_currency(one) for one in ("amount_eur", "Net £", "Fee (euros)", "weight_pounds", "Weight")]
        ['EUR', '£', '€', None, None]
    """
    match = _NAMED_CURRENCY.search(plain_name(column))
    if match is None:
        return None
    said = match[0].lower()
    return next((sign for word, sign in _CURRENCY_WORDS.items() if said.startswith(word)), said.upper())


def amount_of(cell: str, column: str, *, decimal_comma: bool = False) -> tuple[Decimal | None, str | None]:
    """The number of a cell and its currency, which may stand in the column's name.

    Example:
        >>> amount_of("£1,240.00", "Amount"), amount_of("1.240,00 €", "Amount")
        ((Decimal('1240.00'), '£'), (Decimal('1240.00'), '€'))
        >>> amount_of("640.00", "amount_eur")
        (Decimal('640.00'), 'EUR')
    """
    match = MONEY.search(cell)
    if match is None:
        return None, None
    sign = (match["sign"] or match["after"] or "").strip()
    written = match["n"]
    grouped = written.count(".") > 1 or (decimal_comma and _GROUPS_OF_THREE.fullmatch(written) is not None)
    if _DECIMAL_COMMA.search(written) or grouped:
        written = written.replace(".", "").replace(",", ".")
    number = Decimal(re.sub(r"[^\d.]", "", written))
    currency = (sign or named_currency(column) or "").upper() or None
    return (-number if match["minus"] else number), currency


def written(amount: Decimal, currency: str) -> str:
    """An amount for people: "£678,624.00", "EUR 1,200"."""
    number = f"{amount:,}"
    return f"{currency}{number}" if len(currency) == 1 else f"{currency} {number}".strip()


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


_DAY_AND_MONTH = re.compile(
    rf"(?:[a-z]{{3,9}},? )?(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<month>{values.MONTH})"
    rf"|(?P<month2>{values.MONTH})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)\.?",
    re.IGNORECASE,
)
_TURN_OF_YEAR = 6
"""Months by which a cell's is before the one above it where a year has begun between them."""


def dates_in_year(cells: Sequence[str], year: int) -> dict[str, str]:
    """The days among cells that name no year, "13 Feb", in ISO 8601: of ``year``, which is that of the first of them;
    from December to January begins the next.

    Example:
        >>> dates_in_year(["30 Dec", "2 Jan", "late"], 2022)
        {'30 Dec': '2022-12-30', '2 Jan': '2023-01-02'}
    """
    found: dict[str, str] = {}
    last = 0
    for cell in cells:
        match = _DAY_AND_MONTH.fullmatch(" ".join(cell.split()))
        if match is None:
            continue
        month = values.MONTHS[(match["month"] or match["month2"]).lower()]
        if last - month > _TURN_OF_YEAR:
            year += 1
        last = month
        found.setdefault(cell, iso((year, month, int(match["day"] or match["day2"]))))
    return found


def iso(day: tuple[int, int, int]) -> str:
    """A year, a month and a day as ISO 8601."""
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02}"
