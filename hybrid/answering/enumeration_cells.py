"""What single rows and totals of tables say: which columns a quoted row leaves empty, and what a sum is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import BY_COLUMN, BY_TITLE, Found, Part
from hybrid.answering.enumeration_tables import TableReader, reader_of
from hybrid.answering.enumeration_terms import roots
from hybrid.answering.enumeration_totals import SAME
from hybrid.answering.enumeration_values import plain_name, written
from hybrid.answering.evidence import Sentence
from hybrid.text import tables
from hybrid.text.formatting import count
from hybrid.types.documents import Document

_EMPTY_NAMED = 3
"""Empty columns of a quoted row that are named."""


class Texts(Protocol):
    """The part of a catalog that rows are read from."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""


def empty_columns(texts: Texts, row: Sentence) -> str:
    """Which columns a quoted row leaves empty, in words: a reader of "TA-4,2021-02-10,," cannot see it. Empty where it
    leaves none, or is no row of a table with a heading."""
    document = texts.document(row.document_id, row.source)
    table = next((one for one in document.layout.tables if one.heading and one.start <= row.start < one.end), None)
    cells = next((one for one in table.rows if one.start <= row.start < one.end), None) if table else None
    if table is None or cells is None or not row.is_row:
        return ""
    reader = reader_of(document, table)
    empty = [f"“{name}”" for at, name in enumerate(reader.names) if not reader.cell(cells, at)]
    if not empty:
        return ""
    more = len(empty) - _EMPTY_NAMED
    named = [*empty[:_EMPTY_NAMED], *([count(more, "other column")] if more > 0 else [])]
    listed = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return f"{listed} {'is' if len(named) == 1 else 'are'} empty"


def sums_of(document_id: int, document: Document, asked: Enumerated, *, named: bool = False) -> Iterator[Part]:
    """Tables with a total of what was asked for; where ``named``, only those of which a total is called so."""
    for table in document.layout.tables:
        reader = reader_of(document, table)
        amounts = reader.amount_column(replace(asked, stems=frozenset()), None)
        totals = [row for row in table.rows if row.start in reader.lines and reader.lines[row.start].role == "total"]
        if not totals or amounts is None or len(reader.data) < 2:
            continue
        called = [row for row in totals if _is_called(reader.label(row), asked)]
        if named and not called:
            continue
        before = document.text[max(0, table.start - 400) : table.start]
        near = roots(f"{before} {' '.join(map(plain_name, reader.names))} {reader.caption}")
        wanted = {one.stem for one in asked.terms} if named else asked.stems
        if not called and not wanted <= near | roots(document.title):
            continue
        if named and not wanted <= near | roots(f"{document.title} {document.text}"):
            continue
        rule, dated = BY_COLUMN if called or wanted <= near else BY_TITLE, document.metadata.date or ""
        rows = [reader.found(document_id, row, None, amounts, None) for row in table.rows]
        rows, check, adds_up = _up_to((called or totals)[-1], reader, table.rows, rows)
        summed = reader.names[amounts] if table.columns else "amounts"
        yield Part(
            rule, tuple(reader.names), tuple(rows), (), "", summed if adds_up else "", dated, check=check
        )  # fmt: skip


def _is_called(label: str, asked: Enumerated) -> bool:
    """Whether a total is called what was asked for: "Claim", "Total claim"; not "Costs of the claim"."""
    said = roots(label)
    return bool(said & asked.stems) and said <= asked.stems | _OF_TOTALS


_OF_TOTALS = roots("total sum grand amount net final new balance due now")


def _up_to(
    whole: tables.Row, reader: TableReader, rows: Sequence[tables.Row], found: Sequence[Found]
) -> tuple[list[Found], str, bool]:
    """The lines of an account up to the one that is asked for, what is taken off below zero and neither the totals nor
    what follows counted; what is to be said of their sum, and whether it is what the account states."""
    label = reader.label(whole)
    above = any(row.start < whole.start and row.start not in reader.lines for row in rows)
    made: list[Found] = []
    for row, one in zip(rows, found, strict=True):
        line = reader.lines.get(row.start)
        one = replace(one, key=("part", str(one.amount)))
        if row.start > whole.start and above:
            one = replace(one, not_counted=one.not_counted or f"what follows “{label}”")
        elif line is not None and line.role == "total":
            one = replace(one, not_counted=one.not_counted or "the total")
        elif line is not None and one.amount is not None:
            one = replace(one, amount=-abs(one.amount))
        made.append(one)
    stated = next(one for row, one in zip(rows, found, strict=True) if row is whole)
    counted = [one for one in made if not one.not_counted and one.amount is not None]
    if stated.amount is None or not counted:
        return made, "", not stated.not_counted
    said = f"“{label}” is stated as {written(stated.amount, stated.currency or '')}"
    if len({one.currency for one in counted}) > 1:
        return made, f"{said}; the parts are of several currencies.", True
    come_to = sum((one.amount for one in counted if one.amount is not None), Decimal())
    if abs(come_to - stated.amount) <= SAME:
        off = [f"“{reader.label(row)}”" for row, one in zip(rows, made, strict=True) if _is_taken_off(reader, row, one)]
        less = f" ({', '.join(off)} taken off)" if off else ""
        return made, f"{said}, and the parts add up to it{less}.{_left(whole, reader, rows, found)}", True
    other = written(come_to, counted[0].currency or "")
    return made, f"{said}; the parts come to {other}, and do not add up to it.", False


def _is_taken_off(reader: TableReader, row: tables.Row, found: Found) -> bool:
    line = reader.lines.get(row.start)
    return line is not None and line.role == "taken off" and not found.not_counted


def _left(whole: tables.Row, reader: TableReader, rows: Sequence[tables.Row], found: Sequence[Found]) -> str:
    """What an account comes to below the line that is asked for."""
    last = [
        (row, one)
        for row, one in zip(rows, found, strict=True)
        if row.start > whole.start and row.start in reader.lines and reader.lines[row.start].role == "total"
    ][-1:]
    return "".join(
        f" Below it, “{reader.label(row)}” is {written(one.amount, one.currency or '')}."
        for row, one in last
        if one.amount is not None
    )
