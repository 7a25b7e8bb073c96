"""Which rows of a table add up the others: "Total" does, and a row of the firm Total Wine Ltd does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from hybrid.answering.enumeration_rows import TOTAL
from hybrid.answering.enumeration_terms import roots
from hybrid.answering.enumeration_values import MONEY, amount_of, has_decimal_comma, is_empty, read_dates
from hybrid.text import lexicon

_SAME = Decimal("0.05")
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
    labels = [next(((at, cell) for at, cell in enumerate(row) if cell), (0, "")) for row in rows]
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
            if own is not None and len(others) > 1 and abs(sum(others, Decimal()) - own) <= _SAME:
                return True
    return False
