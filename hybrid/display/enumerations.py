"""The rows of an enumeration as a table, with the number of each row's citation, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from hybrid.display.markup import BREAK, FINE, Html, body, card, head, join, section, table, tag
from hybrid.text import formatting
from hybrid.text.formatting import count, one_line, quote_line, visible_name, wrapped
from hybrid.types.base import as_html, as_text
from hybrid.types.enumerations import EnumeratedRow, Enumeration, RowSpan

_WIDEST = 34
"""Columns of a terminal that a cell takes at most where others need theirs."""


@as_text.register(Enumeration)
def enumeration_text(enumeration: Enumeration) -> str:
    """The table, the sums, and where the rows stand."""
    names = [*enumeration.columns, "Not counted", "Row"] if _excludes(enumeration) else [*enumeration.columns, "Row"]
    rows = [_cells(enumeration, row) for row in enumeration.rows]
    made = formatting.table(names, rows, _widths(names, rows)) if rows else "No rows."
    blocks = [made, "\n".join(filter(None, [summary(enumeration), *places(enumeration.rows)]))]
    if said := [wrapped(one, "    ") for one in said_otherwise(enumeration)]:
        blocks.append("\n".join(said))
    return "\n\n".join(blocks)


def _widths(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column may be: as `_WIDEST` says; the longest, such as a log's text, has what a line leaves."""
    longest = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    widths = [min(one, _WIDEST) for one in longest]
    left = formatting.WIDTH - sum(widths) - 2 * (len(widths) - 1)
    at = longest.index(max(longest))
    return [one + max(0, left) if number == at else one for number, one in enumerate(widths)]


def _excludes(enumeration: Enumeration) -> bool:
    return any(row.not_counted for row in enumeration.rows)


def _cells(enumeration: Enumeration, row: EnumeratedRow) -> list[str]:
    excluded = [row.not_counted] if _excludes(enumeration) else []
    return [*map(one_line, row.cells), *excluded, f"[{row.citation}]"]


def summary(enumeration: Enumeration) -> str:
    """How many rows there are, how many count, and their sum."""
    said = f"{len(enumeration.rows):,} of {enumeration.found:,} shown"
    if enumeration.count != enumeration.found:
        said += f", {enumeration.count:,} counted"
    sums = ", ".join(
        f"{currency}{amount:,}" if len(currency) == 1 else f"{currency} {amount:,}".strip()
        for currency, amount in enumeration.sums.items()
    )
    said += f"; sum of {one_line(enumeration.summed)}: {sums}" if sums else ""
    return said + (f", {one_line(enumeration.dated_by)}" if enumeration.dated_by else "")


def said_otherwise(enumeration: Enumeration) -> list[str]:
    """What other documents say of rows, and against them, a line for each sentence with the rows that it is said of:
    "Row [2], but [5] Ann Orr, 4 March 2026: ..."."""
    of: dict[tuple[str, RowSpan], list[int]] = {}
    for row in enumeration.rows:
        for one in row.said_by:
            of.setdefault(("by", one), []).append(row.citation)
        for one in row.against:
            of.setdefault(("but", one), []).append(row.citation)
    said = []
    for (joined, one), rows in of.items():
        number = f"[{one.citation}] " if one.citation else ""
        who = formatting.who_and_when(one.speaker, one.date)
        at = f"{visible_name(one.source)}{f', page {one.page}' if one.page else ''}{f' ({who})' if who else ''}"
        name = "Row" if len(rows) == 1 else "Rows"
        said.append(f"{name} {_ranges(rows)}, {joined} {number}{at}: “{quote_line(one.quote)}”")
    return said


def places(rows: Sequence[EnumeratedRow]) -> list[str]:
    """The documents that the rows stand in, with the rows' numbers: "[2]-[18] invoices/statement.pdf, page 1"."""
    found: dict[tuple[str, int | None], list[int]] = {}
    for row in rows:
        found.setdefault((row.span.source, row.span.page), []).append(row.citation)
    return [
        wrapped(f"{_ranges(numbers)} {visible_name(source)}{f', page {page}' if page else ''}", "    ")
        for (source, page), numbers in found.items()
    ]


def _ranges(numbers: Iterable[int]) -> str:
    """Numbers with runs put together, each once: "[2]-[5][9]"."""
    said = []
    for _, group in groupby(enumerate(sorted(set(numbers))), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        said.append(f"[{run[0]}]" if len(run) == 1 else f"[{run[0]}]-[{run[-1]}]")
    return "".join(said)


def enumeration_table(enumeration: Enumeration) -> Html:
    """The rows as an HTML table with the numbers of their citations."""
    excluded = ["Not counted"] if _excludes(enumeration) else []
    rows = [_cells(enumeration, row) for row in enumeration.rows]
    names = [*map(one_line, enumeration.columns), *excluded, "Row"]
    made = table(f"{enumeration.what}: rows", names, rows, firm=[len(names) - 1])
    otherwise = [tag("div", one, style=f"margin-top:6px;{BREAK}") for one in said_otherwise(enumeration)]
    return join((made, *otherwise, tag("div", summary(enumeration), style=f"{FINE};margin-top:6px;{BREAK}")))


@as_html.register(Enumeration)
def enumeration_html(enumeration: Enumeration) -> str:
    """A card with the table."""
    stated = [
        f"{visible_name(one.source)}{f', page {one.page}' if one.page else ''}: {one.quote}"
        for one in enumeration.stated
    ]
    parts = [head("Rows", enumeration.what, count(enumeration.found, "row")), body(enumeration_table(enumeration))]
    if stated:
        parts.append(section("The sum as documents state it", *(tag("div", one, style=BREAK) for one in stated)))
    if enumeration.remarks:
        parts.append(section("Notes", *(tag("div", one, style=f"{FINE};{BREAK}") for one in enumeration.remarks)))
    return card("Enumeration", *parts)
