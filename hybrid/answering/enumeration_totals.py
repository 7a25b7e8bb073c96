"""Which rows of a table add up the others: "Total" does, and a row of the firm Total Wine Ltd does not; and which are
taken off ("Less excess"), or are what is left ("Balance"), in an account that runs down a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hybrid.answering.enumeration_rows import TOTAL
from hybrid.answering.enumeration_terms import roots
from hybrid.answering.enumeration_values import MONEY, amount_of, has_decimal_comma, is_empty, read_dates
from hybrid.text import lexicon

SAME = Decimal("0.05")
"""What a total may differ from the sum of its rows: each of them may be rounded."""
_LEGAL_FORM = re.compile(
    r"\b(?:ltd|limited|inc|corp(?:oration)?|llc|llp|plc|gmbh|company|co|ag|kg|se|sa|sas|sarl|srl|spa|bv|nv|ab|oy)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:Total|Sum)(?: (?:[A-Z&][\w&.'’-]*)){0,3}? (?i:" + _LEGAL_FORM.pattern + ")")
_OF = re.compile(r"\W*(?:for|of|in|on|at|per|by|to|as|until|since|from|the|all)\b")
_OF_TOTALS = lexicon.vocabulary(
    "due paid unpaid net gross amount incl including excl excluding vat tax brought forward carried balance claimed"
    " page period year month quarter week date outstanding payable receivable cost price value hour january february"
    " march april may june july august september october november december"
)


def says_total(text: str) -> bool:
    """Whether a sentence says a total; a firm of that name is none.

    Example:
        >>> says_total("In all, a total of £400."), says_total("Total Wine Ltd paid £400.")
        (True, False)
    """
    return TOTAL.search(_NAMED.sub("", text)) is not None


def total_rows(rows: Sequence[Sequence[str]], names: Sequence[str]) -> frozenset[int]:
    """The places of the rows that add up others, by the cells of all rows and the columns' names.

    A row is one by its label, and by what else it holds: a total has no date and no number of its own as the others do,
    and its amount is the sum of theirs. Where the label may be a name ("Total Wine"), the sum has to be right.

    Example:
        >>> total_rows([["Total Wine Ltd", "10"], ["Orr", "5"], ["Total", "15"]], ["Firm", "Fee"])
        frozenset({2})
    """
    labels = list(map(_label, rows))
    may_be = [at for at, (_, label) in enumerate(labels) if TOTAL.match(label)]
    if not may_be:
        return frozenset()
    plain = [row for at, row in enumerate(rows) if at not in may_be]
    columns = [[row[at] for row in plain if at < len(row) and not is_empty(row[at])] for at in range(len(names))]
    numbers = [at for at, cells in enumerate(columns) if _are_numbers(cells)]
    # A column that says the same of several rows, such as a unit, tells no row from another.
    told = [at for at, cells in enumerate(columns) if at not in numbers and 2 * len(cells) > len(plain) > 0]
    keys = [at for at in told if len(set(columns[at])) > 0.8 * len(columns[at]) and len(columns[at]) > 1]
    amounts = [[_amount(row, at, columns[at], names[at]) for at in numbers] for row in rows]
    found: set[int] = set()
    for place in may_be:
        start, label = labels[place]
        filled = [at < len(rows[place]) and not is_empty(rows[place][at]) for at in (keys or told) if at != start]
        is_like_others = bool(filled) and all(filled)
        adds_up = _adds_up(amounts, place, found)
        if (adds_up or not is_like_others) if is_bare(label, names) else (adds_up and not is_like_others):
            found.add(place)
    return frozenset(found)


@dataclass(frozen=True)
class Line:
    """A line of an account that is no part of it: its ``role`` is "total", which adds up those above, or "taken off";
    ``holds`` is false where a total is not what these come to."""

    role: str
    holds: bool = True


_LESS = re.compile(r"\W*(?:less|minus|deduct(?:ion|ed|ing)?s?)\b", re.IGNORECASE)
_LEFT = re.compile(
    r"\W*(?:(?:new |final |net |outstanding |closing )?balance\b(?=\W*$|\W*(?:due|of|at|on|as|owing|owed|outstanding"
    r"|payable|remaining|left|claimed|now|to)\b)|net (?:pay|total|amount|sum|claim|due|payable|income|loss|profit)\b"
    r"|(?:amount |sum )?(?:remaining|outstanding|payable|left to pay|now due|still due)\b)",
    re.IGNORECASE,
)


def account(rows: Sequence[Sequence[str]], names: Sequence[str], totals: Collection[int]) -> dict[int, Line]:
    """By their places the lines that are no parts of an account, by the cells of all rows, the columns' names and the
    places of the rows that say a total: of the first column of numbers by which something is taken off or left."""
    labels = [label for _, label in map(_label, rows)]
    if not any(_LESS.match(label) or _LEFT.match(label) for label in labels):
        return {}
    for at in range(len(names)):
        cells = [row[at] for row in rows if at < len(row) and not is_empty(row[at])]
        if _are_numbers(cells):
            found = account_of(labels, [_amount(row, at, cells, names[at]) for row in rows], totals)
            if any(place not in totals for place in found):
                return found
    return {}


def account_of(labels: Sequence[str], amounts: Sequence[Decimal | None], totals: Collection[int]) -> dict[int, Line]:
    """The lines of an account that are no parts of it, by their labels and amounts: a line is what is left where its
    amount is that of the lines above it less what is taken off.

    Example:
        >>> lines = account_of(["Rent", "Less paid", "Due"], [Decimal(9), Decimal(4), Decimal(5)], set())
        >>> {at: line.role for at, line in lines.items()}
        {1: 'taken off', 2: 'total'}
    """
    found: dict[int, Line] = {}
    base: Decimal | None = None
    pending: list[int] = []
    for at, (label, amount) in enumerate(zip(labels, amounts, strict=True)):
        if amount is None:
            continue
        less = {one for one in pending if _LESS.match(labels[one])}
        each = set(pending[base is None :])
        taken = next((one for one in (less, each) if one and _comes_to(amounts, base, pending, one) == amount), None)
        plain = bool(pending) and _comes_to(amounts, base, pending, set()) == amount
        says = _LEFT.match(label) is not None
        if at in totals:
            above = [one for one in range(at) if one not in found]
            off = {one for one in above if _LESS.match(labels[one])}
            holds = any(
                abs(total - amount) <= SAME
                for total in (
                    _comes_to(amounts, base, pending, less),
                    _comes_to(amounts, None, above, off),
                    _comes_to(amounts, None, above, set()),
                )
            )
            found |= {one: Line("taken off") for one in less}
            found[at] = Line("total", holds or not above)
        elif says and plain:
            found[at] = Line("total")
        elif taken and (says or less):
            found |= {one: Line("taken off") for one in taken}
            found[at] = Line("total")
        elif says and pending and (base is not None or less):
            found |= {one: Line("taken off") for one in less}
            found[at] = Line("total", holds=False)
        else:
            pending.append(at)
            continue
        base, pending = amount, []
    if any(line.role == "total" for line in found.values()):
        found |= {one: Line("taken off") for one in pending if _LESS.match(labels[one])}
    return found


def _comes_to(
    amounts: Sequence[Decimal | None], base: Decimal | None, lines: Sequence[int], off: Collection[int]
) -> Decimal:
    """What is left of a sum and of lines of which some are taken off, with a sign or without."""
    each = [(one, amount) for one in lines if (amount := amounts[one]) is not None]
    return sum((-abs(amount) if one in off else amount for one, amount in each), base or Decimal())


def _label(row: Sequence[str]) -> tuple[int, str]:
    """The first cell of a row that is filled in, and its column."""
    return next(((at, cell) for at, cell in enumerate(row) if cell), (0, ""))


def is_bare(label: str, names: Sequence[str] = ()) -> bool:
    """Whether a label says that it is a total, and of what, in words that are no name: ``names`` are those of the
    columns.

    Example:
        >>> [is_bare(one) for one in ("Total", "TOTAL EUR", "Total for Orr", "Subtotal March 2024", "Total Wine")]
        [True, True, True, True, False]
    """
    match = TOTAL.match(label)
    if match is None or _LEGAL_FORM.search(label):
        return False
    rest = label[match.end() :]
    if _OF.match(rest) or label.isupper():
        return True
    known = _OF_TOTALS_ROOTS | roots(" ".join(names))
    return all(
        not word[0].isupper() or (word.isupper() and len(word) <= 3) or roots(word) <= known
        for word in re.findall(r"[^\W\d_][\w'’-]*", rest)
    )


_OF_TOTALS_ROOTS = roots(" ".join(sorted(_OF_TOTALS)))


def _are_numbers(cells: list[str]) -> bool:
    numbers = sum(MONEY.fullmatch(cell) is not None for cell in cells)
    return bool(cells) and numbers >= 0.8 * len(cells) and not read_dates(cells)


def _amount(row: Sequence[str], at: int, column: list[str], name: str) -> Decimal | None:
    return amount_of(row[at], name, decimal_comma=has_decimal_comma(column))[0] if at < len(row) else None


def _adds_up(amounts: list[list[Decimal | None]], place: int, totals: set[int]) -> bool:
    """Whether a row has the sum of the rows above it, of those since the last total, or of those below it, in one of
    the columns of numbers."""
    above = [at for at in range(place) if at not in totals]
    last = max((at for at in totals if at < place), default=-1)
    parts = (
        above,
        [at for at in above if at > last],
        [at for at in range(place + 1, len(amounts)) if at not in totals],
    )
    for column, own in enumerate(amounts[place]):
        for part in parts if own else ():
            others = [value for at in part if (value := amounts[at][column]) is not None]
            if own is not None and len(others) > 1 and abs(sum(others, Decimal()) - own) <= SAME:
                return True
    return False
