"""What single rows and totals of tables say: which columns a quoted row leaves empty, and what a sum is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import BY_COLUMN, BY_TITLE, Part
from hybrid.answering.enumeration_tables import reader_of
from hybrid.answering.enumeration_terms import roots
from hybrid.answering.enumeration_values import plain_name
from hybrid.answering.evidence import Sentence
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


def sums_of(document_id: int, document: Document, asked: Enumerated) -> Iterator[Part]:
    """Tables with a total of what was asked for."""
    for table in document.layout.tables:
        reader = reader_of(document, table)
        amounts = reader.amount_column(replace(asked, stems=frozenset()), None)
        if not reader.totals or amounts is None or len(reader.data) < 2:
            continue
        before = document.text[max(0, table.start - 400) : table.start]
        near = roots(f"{before} {' '.join(map(plain_name, reader.names))} {reader.caption}")
        if not asked.stems <= near | roots(document.title):
            continue
        rows = [reader.found(document_id, row, None, amounts, None) for row in table.rows]
        rows = [replace(row, key=("part", str(row.amount))) for row in rows]
        rule, dated = BY_COLUMN if asked.stems <= near else BY_TITLE, document.metadata.date or ""
        yield Part(rule, tuple(reader.names), tuple(rows), (), "", reader.names[amounts], dated)
