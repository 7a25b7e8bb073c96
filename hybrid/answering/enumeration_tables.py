"""Rows of tables that are what was asked for: by a column's name, a caption or a title, or by what the rows say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock

from cachetools import LRUCache

from hybrid.answering.enumeration_bounds import UNITS, Bound, Comparison, is_same_currency
from hybrid.answering.enumeration_documents import (
    is_generic_number,
    is_of,
    may_be_number_of,
    may_be_of,
    says_acts,
    with_document,
)  # fmt: skip
from hybrid.answering.enumeration_question import MONEY_WORDS, Enumerated
from hybrid.answering.enumeration_rows import (
    BY_COLUMN,
    BY_FIRST_COLUMN,
    BY_ROWS,
    BY_TITLE,
    HEAD,
    IDENTIFIER,
    OF_ONE,
    PAID,
    TITLES,
    Found,
    Part,
    in_range,
    names_many,
    names_of,
    sentence_of,
    status_of,
    word_pattern,
    words_of,
)  # fmt: skip
from hybrid.answering.enumeration_terms import (
    EMPTY,
    ROWS,
    STATES,
    Term,
    denies,
    names_alike,
    root,
    rooted,
    roots,
    word_term,
)
from hybrid.answering.enumeration_totals import Line, account, total_rows
from hybrid.answering.enumeration_values import (
    MONEY,
    ZERO,
    amount_of,
    dates_in_year,
    has_decimal_comma,
    is_empty,
    is_zero,
    named_currency,
    plain_name,
    read_dates,
)
from hybrid.answering.evidence import collapse
from hybrid.text import lexicon, tables, values, wordnet
from hybrid.types.documents import Document

_AMOUNTS = ("amount", "total", "sum", "value", "price", "cost", "paid", "gross", "fee", "charge", "net", "goods")
_NO_AMOUNTS = frozenset(
    map(root, ("open", "balance", "vat", "tax", "number", "no", "id", "year", "code", "page", "ref"))
)
_EXPECTED = frozenset(
    map(
        root,
        ("due", "deadline", "expected", "planned", "scheduled", "ordered", "expiry", "next", "promised", "agreed",
         "target"),
    )
)  # fmt: skip


_MEASURED = re.compile(
    r"[<>~≈]?\s?(?:[$€£¥]|[A-Z]{3}\s)?\s?[-−(]?\d[\d,.'’\u00a0\u202f ]*\)?\s?(?P<unit>%|°[CF]|[A-Za-z]{0,12}²?)\.?",
    re.IGNORECASE,
)
_PROSE_WORDS = 4
"""Words of a cell that may say something of itself, and deny it."""
_LATE, _EARLY = rooted("late lately delayed belated"), rooted("early")
_TOTALS = rooted("total amount sum")
_OVERDUE = root("overdue")
_OF_ROWS = rooted("date dated day on of at when time entry")
"""Words of a column that gives the day of its rows themselves."""
_OF_NO_STATE = re.compile(
    r"\b(?:to|from|due|terms?|expected|planned|scheduled|deadline|for|method|address|how)\b", re.IGNORECASE
)
"""Words of columns that are filled in before a thing is done: "Payment due", "Delivered to", "Payment terms"."""
_ANYTHING = rooted("animal creature item unit piece specimen individual article object")
"""What the rows of a table may be without saying so: a column "Died" is of animals."""
_YES, _NO = frozenset({"y", "yes", "true", "t", "x", "✓", "1"}), frozenset({"n", "no", "false", "f", "0"})
"""Cells of a column that only says whether something is so."""
_OF_STUFF = lexicon.vocabulary("mass volume length area energy gallon acre")
_PARTIES = lexicon.vocabulary(
    "company firm client vendor party parties payee payer organisation organization contractor carrier publisher maker"
    " issuer customer supplier"
)
"""Words of columns that say whose a row is, beside those for people."""
_NAMES = re.compile(r"(?:(?:[A-Z][\w.'’&-]*|&|and|of|the|de|van|von|der|la)(?:\s+|$)){1,6}")
_LETTERS = re.compile(r"[^\W\d_]+")


def _measured_in_words(document: Document, table: tables.Table, asked: Enumerated) -> tables.Table | None:
    """The table with one more column, of the numbers that stand before the unit asked for in the words of one of its
    columns: of "Overtime January, 17 hours" 17. ``None`` where no column has such, or two have, or a cell has two."""
    if asked.head.lower() not in UNITS or not table.columns:
        return None
    unit = "|".join(sorted(map(re.escape, (*_units_alike(asked.head.lower()),)), key=len, reverse=True))
    number = re.compile(rf"(?<![\w.,/-])(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?:{unit})\b", re.IGNORECASE)
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for row in table.rows:
        for at, (start, end) in enumerate(row.cells):
            matches = list(number.finditer(document.text, start, end))
            if len(matches) > 1:
                return None
            if matches:
                found.setdefault(at, {})[row.start] = matches[0].span("number")
    if len(found) != 1:
        return None
    ((_, spans),) = found.items()
    rows = tuple(replace(row, cells=(*row.cells, spans.get(row.start, (row.end, row.end)))) for row in table.rows)
    return replace(table, columns=(*table.columns, asked.head), rows=rows)


def _units_alike(unit: str) -> set[str]:
    """A unit as it may be written: of "hours" also "hour", "hrs", "h"."""
    return {one for one, known in UNITS.items() if known == UNITS[unit]}


def part_of(document_id: int, document: Document, table: tables.Table, asked: Enumerated) -> Part | None:
    """The rows of a table that are what was asked for; ``None`` where it has none."""
    reader = reader_of(document, table)
    rows = reader.data
    if not rows:
        return None
    head = reader.quantity_column(asked) if asked.quantity else reader.head_column(asked)
    says_unit = head is not None and bool(roots(reader.names[head]) & asked.stems)
    if asked.quantity and not says_unit and (measured := _measured_in_words(document, table, asked)) is not None:
        reader = TableReader(document, measured)
        head, rows = len(measured.columns) - 1, reader.data
    named = reader.naming(asked, head) if asked.quantity else ()
    if asked.quantity and head is None:
        return None
    if asked.of_person and (head is None or not reader.names_persons(head)):
        return None
    announced = re.split(r"(?<=[.!?])\s+", reader.caption.strip())[-1]  # what stands before it is no caption
    titled = bool(asked.stems & ROWS) or any(
        names_many(one, asked, or_schedule=not reader.has_dates) for one in (announced, document.title)
    )
    if asked.kind == "sum" and asked.stems & ROWS and reader.amount_column(asked, head) is None:
        return None
    if head is None and asked.kind == "list" and not titled:
        head = reader.numbered_by(asked)
    if head is not None:
        of_number = asked.kind == "list" or (asked.quantity and is_generic_number(reader.names[head]))
        rule = BY_TITLE if reader.is_number(head) and of_number else BY_COLUMN if head else BY_FIRST_COLUMN
        counted_by = f"rows with “{reader.names[head]}” filled in"
        zeros = asked.quantity  # 0 of something is an answer
        rows = [row for row in rows if not is_empty(cell := reader.cell(row, head)) or (zeros and ZERO.fullmatch(cell))]
    elif titled:
        rule, counted_by = BY_TITLE, f"rows of tables under “{collapse(reader.caption or document.title)}”"
    else:
        rule, counted_by = BY_ROWS, f"rows and entries that say “{asked.head}”"
        rows = [row for row in rows if reader.row_roots(row) & asked.stems]
        if not rows:
            return None  # as below, where most tables of a large corpus would end
    if asked.kind == "count" and rule == BY_TITLE and reader.has_quantity(asked):
        return None  # "How many pipes are there?" is in the column "Pipes"
    unused: list[Term] = []
    flag: int | None = None
    before = len(rows)
    compared = reader.compared_columns(asked.compared) if asked.compared is not None else None
    act = (asked.compared.verb, *asked.compared.verb.split()) if asked.compared is not None else ()
    for term in asked.terms:
        if term in named or (compared is not None and term.word.lower() in act):
            continue
        mentioned = asked.kind == "count" and rule == BY_ROWS  # rows that mention a thing are no number of things
        doer = _doer_of(reader, asked.terms, term)
        narrowed = reader.narrowed(rows, term, head, by_title=not mentioned, doer=doer)
        if narrowed.known and not narrowed.by and term.role == "by" and not may_be_of(document, term, asked):
            narrowed = _Narrowed(rows, known=False)  # somebody who is only named somewhere did nothing with the rows
        if not narrowed.known and (by_dates := reader.in_time(rows, term)) is not None:
            narrowed = by_dates
        if not narrowed.known and flag is not None and not (term.name or term.negated or term.label):
            flag = None  # "enclosed spaces": the column "enclosed" says it of them
            continue
        flag = reader.flag_of(term, head)
        if not narrowed.known:
            if term.name and (asked.tentative or asked.quantity or rule == BY_ROWS):
                return None
            if not term.soft or term.negated:
                unused.append(term)
        else:
            if mentioned and narrowed.numeric:
                return None  # "How many rails were delivered?" is in the column "Delivered"
            rows = narrowed.rows
            counted_by += f", {narrowed.by}" if narrowed.by and narrowed.by not in counted_by else ""
    if asked.compared is not None and compared is None:
        unused.append(Term(asked.compared.said, "", bound=True))
    elif asked.compared is not None and compared is not None:
        rows = [row for row in rows if asked.compared.admits(*(reader.day(row, at) for at in compared))]
        one, other = (reader.names[at] for at in compared)
        how = "after" if asked.compared.later else "before"
        counted_by += f", “{one}” {how} “{other}”{' or on it' if asked.compared.equal else ''}"
    if asked.paired is not None:
        doers = reader.paired_columns(asked.paired.one, asked.paired.two)
        if doers is None:
            unused.append(Term(asked.paired.said, "", bound=True))
        else:
            rows = [row for row in rows if all(not is_empty(reader.cell(row, at)) for at in doers)]
            rows = [row for row in rows if asked.paired.admits(*(reader.cell(row, at) for at in doers))]
            one, other = (reader.names[at] for at in doers)
            counted_by += f", “{one}” {'the same as' if asked.paired.same else 'another than'} “{other}”"
    for bound in asked.bounds:
        column = reader.bounded_column(bound, asked, head)
        if column is None:
            unused.append(Term(bound.said, "", bound=True))
            continue
        if bound.currency and not any(reader.is_in_currency(row, column, bound) for row in reader.data):
            unused.append(Term(bound.said, "", bound=True))
            continue
        rows = [
            row
            for row in rows
            if reader.is_in_currency(row, column, bound) and bound.admits(reader.measure(row, column, bound.unit))
        ]
        counted_by += f", “{reader.names[column]}” {bound}"
    unclear: list[tables.Row] = []
    kinds = reader.of_kind(asked, head) if named else None
    if kinds is not None:
        of_kind, unclear = kinds
        rows = [row for row in rows if row in of_kind or row in unclear]
        counted_by += f", “{asked.head}” or kinds of them in them"
    amounts, dates = head if asked.quantity else reader.amount_column(asked, head), reader.date_column(asked, head)
    labels = 0 if head is None and asked.stems & ROWS else head
    found = [reader.found(document_id, row, labels, amounts, dates) for row in rows]
    starts = {row.start for row in unclear}
    found = [
        replace(row, not_counted=f"not known to be “{asked.head}”")
        if (row.sentence.parts[-1] if row.sentence.parts else (row.sentence.start,))[0] in starts
        else row
        for row in found
    ]
    if amounts is not None and (in_part := reader.done_in_part(asked, amounts, rows)):
        found += [
            replace(reader.found(document_id, row, labels, amounts, dates), not_counted=said) for row, said in in_part
        ]
    every, others = found, reader.other_dates(asked, head, dates) if asked.since or asked.until else ()
    if dates is not None or not is_of(document, asked):  # else its rows are of the days of the document
        found = [row for row in found if in_range(row, asked, of_amounts=False)]
    elif asked.quantity:
        found = [with_document(row, document, asked) for row in found]
        counted_by += ", in documents of that time" if asked.since or asked.until else ""
    by_other = tuple(
        (reader.names[at], tuple(row for row in reader.dated_by(every, at) if in_range(row, asked, of_amounts=False)))
        for at in others
    )
    if by_other and not found and (first := next((pair for pair in by_other if pair[1]), None)) is not None:
        empty = (reader.names[dates] if dates is not None else "", ())
        by_other = (empty, *(pair for pair in by_other if pair is not first))
        found, taken = list(first[1]), first[0]
    else:
        taken = reader.names[dates] if dates is not None else ""
    if taken and (asked.since or asked.until):
        counted_by += f", “{taken}” in that time"
    missing = [term.word for term in unused] if asked.quantity else []
    if named and not reader.says(asked):
        missing.append(asked.head)
    says_nothing = rule > BY_COLUMN if unused else rule == BY_ROWS
    if asked.tentative or (asked.quantity and (unused or not named)):
        says_nothing = True
    if (not found and says_nothing) or (missing and (len(missing) > 1 or len(asked.terms) < 2)):
        return None  # of a quantity a row that may not be meant is worse than none
    summed, unsaid = reader.names[amounts] if amounts is not None else "", next(iter(missing), "")
    return Part(
        rule, tuple(reader.names), tuple(found), tuple(unused), counted_by, summed, before=before, unsaid=unsaid,
        of_kind=kinds is not None, by=taken if by_other else "", by_other=by_other,
    )  # fmt: skip


_INITIALS = re.compile(r"[A-Z]{2,3}")
_SIGNED = re.compile(r"(?:^|[\s.,;:(–—-])([A-Z]\.?[A-Z]\.?(?:[A-Z]\.?)?)\)?\W*$")
"""Initials behind the last sentence of an entry."""


@dataclass(frozen=True)
class _Narrowed:
    """The rows that a term leaves, and by what; ``known`` is false where nothing says the word, ``numeric`` is true
    where a column of numbers does."""

    rows: list[tables.Row]
    known: bool = True
    by: str = ""
    numeric: bool = False


class TableReader:
    """A table of a document, its columns' names made up where it has none."""

    def __init__(self, document: Document, table: tables.Table) -> None:
        self._document, self._table = document, table
        self._cells = {row.start: tuple(self._text(cell) for cell in row.cells) for row in table.rows}
        self._roots: dict[int, frozenset[str]] = {}
        width = max((len(row.cells) for row in table.rows), default=0)
        given = list(table.columns) or (["Entry", "Text"] if table.kind == "entry" else [])
        self.names = [given[at] if at < len(given) and given[at] else f"Column {at + 1}" for at in range(width)]
        self._plain = [plain_name(name) for name in self.names]
        self.caption = document.text[slice(*table.caption)] if table.caption else ""
        cells = [self._cells[row.start] for row in table.rows]
        totals = total_rows(cells, self._plain)
        lines = {at: Line("total") for at in totals} | account(cells, self._plain, totals)
        self.data = [row for at, row in enumerate(table.rows) if at not in lines]
        self.lines = {row.start: lines[at] for at, row in enumerate(table.rows) if at in lines}
        self._filled = [[text for row in self.data if (text := self.cell(row, at))] for at in range(width)]
        self._numbered = self._filled[0] if width and self._numbers_rows() else []
        self._prose = [at for at in range(width) if any(len(one.split()) >= _PROSE_WORDS for one in self._filled[at])]
        self._dated = {at: self._dates(at) for at in range(width)}
        self._numbers = frozenset(at for at in range(width) if self._measured(at))

    @property
    def has_dates(self) -> bool:
        """Whether a column gives days: what a "delivery schedule" has may be planned."""
        return any(self._dated.values())

    @property
    def chars(self) -> int:
        """Characters of the document that it refers to."""
        return len(self._document.text)

    def cell(self, row: tables.Row, column: int) -> str:
        """A cell's text, without the quotation marks that CSV puts round it."""
        cells = self._cells[row.start]
        return cells[column] if column < len(cells) else ""

    def _text(self, span: tables.Span) -> str:
        text = collapse(self._document.text[slice(*span)])
        if len(text) > 1 and text[0] == text[-1] == '"':
            return text[1:-1].replace('""', '"').strip()
        return text

    def amount(self, row: tables.Row, column: int) -> tuple[Decimal | None, str | None]:
        """The amount of a cell and its currency, as its column writes them."""
        comma = has_decimal_comma(self._column(column))
        return amount_of(self.cell(row, column), self._plain[column], decimal_comma=comma)

    def label(self, row: tables.Row) -> str:
        """The first cell that is filled in."""
        return next((text for at in range(len(row.cells)) if (text := self.cell(row, at))), "")

    def row_roots(self, row: tables.Row) -> frozenset[str]:
        """The roots of the words in a row's cells."""
        if row.start not in self._roots:
            self._roots[row.start] = frozenset().union(*map(roots, self._cells[row.start]))
        return self._roots[row.start]

    def _column(self, at: int) -> list[str]:
        return self._filled[at]

    def _dates(self, at: int) -> dict[str, str]:
        """The dates of a column by how they are written, if most of its cells are dates."""
        cells = [cell for cell in self._column(at) if not is_empty(cell)]
        found = read_dates(cells) or self._in_year(cells)
        return found if cells and 2 * sum(cell in found for cell in cells) >= len(cells) else {}

    def _in_year(self, cells: Sequence[str]) -> dict[str, str]:
        """The dates among cells without years: from the last year, or the one before it, that a caption with months or
        else the document's head names; else they end in that of the document's date."""
        months = re.search(values.MONTH, self.caption, re.IGNORECASE)
        said = self.caption if months else f"{self.caption}\n{self._document.text[:HEAD]}"
        if years := set(map(int, re.findall(values.YEAR, said))):
            return dates_in_year(cells, max(years) - (max(years) - 1 in years))
        if not self._document.date:
            return {}
        last = int(self._document.date[:4])
        found = dates_in_year(cells, last)
        late = max((int(day[:4]) for day in found.values()), default=last) - last
        return dates_in_year(cells, last - late) if late else found

    def _is_numeric(self, at: int) -> bool:
        cells = [cell for cell in self._column(at) if not is_empty(cell) or ZERO.fullmatch(cell)]
        numbers = sum(MONEY.fullmatch(cell) is not None for cell in cells)
        return bool(cells) and not self._dated[at] and numbers >= 0.8 * len(cells) and not (at == 0 and self._numbered)

    def _numbers_rows(self) -> bool:
        """Whether the first column has whole numbers that are all different: the rows' own numbers, and no amounts."""
        cells = self._filled[0]
        return len(cells) > 1 and all(map(str.isdecimal, cells)) and len(set(cells)) == len(cells)

    def _is_money(self, at: int) -> bool:
        said = (re.search(r"[$€£¥]|\b[A-Z]{3}\b", cell) for cell in [*self._column(at), self.names[at]])
        return self._is_numeric(at) and (named_currency(self._plain[at]) is not None or any(said))

    def head_column(self, asked: Enumerated) -> int | None:
        """The column that names what was asked for. A column of plain numbers names none ("Rails: 40"), unless amounts
        were asked for."""
        named = [at for at, name in enumerate(self._plain) if roots(name) & asked.stems and self._table.columns]
        usable = [at for at in named if not self._is_numeric(at) or (asked.of_money and asked.kind != "count")]
        usable = [at for at in usable if self._column(at)]
        if not usable and root("paid") in asked.stems and any(map(self._is_money, range(len(self.names)))):
            usable = [at for at, name in enumerate(self._plain) if roots(name) & PAID and self._column(at)]
        return min(
            usable, key=lambda at: (self._is_numeric(at), self._is_numeric(at) and self.is_of_one(at), at), default=None
        )

    def numbered_by(self, asked: Enumerated) -> int | None:
        """The column of numbers that is named by what is to be listed: the rows of "Colonies | 40" are of colonies."""
        named = [at for at, name in enumerate(self._plain) if roots(name) & asked.stems and self._table.columns]
        return next((at for at in named if self._column(at)), None)

    def is_number(self, at: int) -> bool:
        """Whether a column's cells are plain numbers."""
        return self._is_numeric(at) and not self._is_money(at)

    def is_of_one(self, at: int) -> bool:
        """Whether a column's name says that its numbers are of one each ("Value each", "Price per kg", "Rate"): their
        sum is no total."""
        return bool(OF_ONE.search(self._plain[at]))

    def narrowed(
        self, rows: list[tables.Row], term: Term, head: int | None, *, by_title: bool = True, doer: int | None = None
    ) -> _Narrowed:
        """The rows that a term leaves; ``known`` is false where neither the table nor, ``by_title``, what its document
        is about says the word. ``doer`` is the column in which a name has to stand."""
        if term.name and doer is not None and any(names_of(term, self.cell(row, doer)) for row in self.data):
            left = [row for row in rows if names_of(term, self.cell(row, doer)) != term.negated]
            return _Narrowed(left, by=f"“{self.names[doer]}” is {'not ' * term.negated}{str(term).removeprefix('no ')}")
        if term.name and doer is not None and not term.negated and self._joined(self.data, term) is not None:
            return _Narrowed([], by=f"“{self.names[doer]}” is {term}")  # it did something else
        if term.name:
            return self._of_number(rows, term) if term.label else self._of_name(rows, term)
        if term.is_phrase:
            return self._of_phrase(rows, term, head)
        if (by_state := self._of_state_column(rows, term, head)) is not None:
            return by_state
        column = self._column_of(term, head)
        if column is not None and column != head:
            empty = self._said(column, empty=term.negated)
            left = [row for row in rows if self._says_no(row, column) == term.negated]
            return _Narrowed(left, by=f"“{self.names[column]}” {empty}", numeric=self._is_numeric(column))
        if term.soft:
            return self._of_status(rows, term)
        if term.negated and root(term.word) != term.stem:  # "unpaid" may stand in a cell
            literal = [row for row in rows if root(term.word) in self.row_roots(row)]
            if literal:
                return _Narrowed(literal, by=f"“{term.word}” in them")
        if (of_state := self._of_state(rows, term)) is not None:
            return of_state
        holding = [row for row in rows if term.said_in(self.row_roots(row))]
        denying = [row for row in holding if any(denies(self.cell(row, at), term.stem) for at in self._prose)]
        if denying:  # an entry that does not speak of it says neither
            left = denying if term.negated else [row for row in holding if row not in denying]
            return _Narrowed(left, by=f"“{term.word}” {'denied' if term.negated else 'said'} in them")
        if holding:
            said = f"no “{term.word.removeprefix('un')}” in them" if term.negated else f"“{term.word}” in them"
            return _Narrowed([row for row in rows if (row in holding) != term.negated], by=said)
        if column is not None or (term.negated and root(term.word) == term.stem):
            return _Narrowed(rows, by=f"no “{term.word}” in them" if term.negated else "")
        if not by_title:
            return _Narrowed(rows, known=False)
        if not term.negated and any(term.said_in(self.row_roots(row)) for row in self.data):
            return _Narrowed([], by=f"“{term.word}” in them")  # other rows say it
        around = roots(f"{self.caption} {self._document.title} {self._document.text[:HEAD]}")
        return _Narrowed(rows, term.said_in(around) and not term.negated)

    def flag_of(self, term: Term, head: int | None) -> int | None:
        """The column of yes and no that a term names."""
        at = None if term.name or term.is_phrase else self._column_of(term, head)
        return at if at is not None and self._is_flag(at) else None

    def _is_flag(self, at: int) -> bool:
        said = {one.strip().lower() for one in self._column(at)} - {""}
        return bool(said & (_YES - {"1"}) and said <= _YES | _NO)

    def _said(self, at: int, *, empty: bool) -> str:
        """What the cells of a column are that say no, or yes."""
        if self._is_flag(at):
            return "says no, or nothing" if empty else "says yes"
        return "empty" if empty else "filled in"

    def _says_no(self, row: tables.Row, at: int) -> bool:
        """Whether a cell says no or nothing: also "N" in a column that has "N" and "Y" and nothing else."""
        cell = self.cell(row, at).strip().lower()
        return is_empty(cell) or (cell in _NO and self._is_flag(at))

    def _of_status(self, rows: list[tables.Row], term: Term) -> _Narrowed:
        """The rows whose cell in a column of states is a word that may only be a verb of the question's, or with "not"
        is another: "which tests did not pass" those with "FAIL" under "Result", where others have "PASS"."""
        meant = lexicon.stem(term.word.lower())
        for at in range(len(self.names)):
            said = {lexicon.stem(self.cell(row, at).lower()) for row in self.data}
            if meant in said and len(said) > 1:
                filled = [row for row in rows if not is_empty(self.cell(row, at))]
                left = [row for row in filled if (lexicon.stem(self.cell(row, at).lower()) == meant) != term.negated]
                return _Narrowed(left, by=f"“{self.names[at]}” is {'not ' * term.negated}“{term.word}”")
        return _Narrowed(rows, known=False)

    def _of_state_column(self, rows: list[tables.Row], term: Term, head: int | None) -> _Narrowed | None:
        """The rows in a state ("open") by the column of another word that is empty for them: "Closed". ``None`` where
        the word itself is a column's name or stands in cells, or there is no such column."""
        word, said = root(term.word), {term.stem, root(term.word)}
        exact = any(term.word.lower() in map(str.lower, lexicon.tokens(name)) for name in self._plain)
        if not self._table.columns or exact or any(said & self.row_roots(row) for row in self.data):
            return None
        for done, not_done in STATES:
            says_done = term.stem in done and len(done) > 1
            if (word not in not_done and not says_done) or word == _OVERDUE:
                continue
            for at, name in enumerate(self._plain):
                if at != head and roots(name) & done and not _OF_NO_STATE.search(name):
                    empty = term.negated if says_done else not term.negated or term.stem != word
                    left = [row for row in rows if self._says_no(row, at) == empty]
                    filled = self._said(at, empty=empty)
                    return _Narrowed(left, by=f"“{self.names[at]}” {filled}", numeric=self._is_numeric(at))
        return None

    def _of_state(self, rows: list[tables.Row], term: Term) -> _Narrowed | None:
        """The rows in a state ("unpaid") that no cell says in this word, by a column that says it in another: "open".
        ``None`` where there is no such column."""
        if any({term.stem, root(term.word)} & self.row_roots(row) for row in self.data):
            return None
        for done, not_done in STATES:
            if term.stem not in done and root(term.word) not in not_done:
                continue
            wanted = done if (term.stem in done) != term.negated else not_done
            for at in range(len(self.names)):
                said = [roots(cell) for cell in self._column(at)]
                if said and all(len(one) == 1 and one & (done | not_done) for one in said):
                    left = [row for row in rows if roots(self.cell(row, at)) & wanted]
                    return _Narrowed(left, by=f"“{self.names[at]}” says that they are “{term.word}” in another word")
        return None

    def _of_columns(self, rows: list[tables.Row], term: Term) -> _Narrowed | None:
        """The rows of a phrase of which a word names a column: "cracked pipes" the column "Cracked", by its verb before
        its noun. ``None`` where none does."""
        named = [(word, self._column_of(word_term(word), None)) for word in term.word.split()]
        found = [(word, at) for word, at in named if at is not None]
        if term.others or not found or len(named) < 2:
            return None
        _, at = next((pair for pair in found if pair[0].lower().endswith("ed")), found[-1])
        left = [row for row in rows if self._says_no(row, at) == term.negated]
        return _Narrowed(left, by=f"“{self.names[at]}” {self._said(at, empty=term.negated)}")

    def _column_of(self, term: Term, head: int | None) -> int | None:
        """The column that a word names, else the one that a synonym of it does, where no cell says the word."""
        if not self._table.columns:
            return None
        naming = [at for at, name in enumerate(self.names) if name.lower() == term.word.lower()]
        naming = naming or [at for at, name in enumerate(self._plain) if term.said_in(roots(name))]
        if any(term.stem in done for done, _ in STATES):  # "Paid to" is filled in whether or not it is paid
            naming = [at for at in naming if not _OF_NO_STATE.search(self._plain[at])]
            naming.sort(key=lambda at: not self._dated[at])  # "Paid on" before "Paid by"
        said = next(iter(naming), None)
        if said is not None or term.soft or any(term.said_in(self.row_roots(row)) for row in self.data):
            return said
        alike = [at for at, name in enumerate(self._plain) if at != head and names_alike(term.word, name)]
        return alike[0] if len(alike) == 1 else None

    def _holding(self, rows: list[tables.Row], choice: str, *, name: bool) -> dict[int, frozenset[int]]:
        """By the start of a row the columns in which a name or a phrase stands."""
        patterns = [word_pattern(word) for word in choice.split() if word.lower().rstrip(".") not in TITLES or not name]
        wanted = roots(choice)
        found = {}
        for row in rows:
            cells = [(at, self.cell(row, at)) for at in range(len(row.cells))]
            if name:
                held = [at for at, cell in cells if all(pattern.search(cell) for pattern in patterns)]
            else:
                held = [at for at, cell in cells if wanted <= roots(cell)]
            if held:
                found[row.start] = frozenset(held)
        return found

    def _joined(self, rows: list[tables.Row], term: Term) -> set[int] | None:
        """The starts of the rows that hold one of a term's choices, or all of them where "and" joins what stands in
        different columns: "from Oslo to Riga" is one row, of "from Oslo and Riga" each is. ``None`` where none stands
        in any row."""
        found = [self._holding(rows, choice, name=term.name) for choice in term.choices]
        if not any(found):
            return None
        columns = [frozenset().union(*one.values()) for one in found]
        if term.join == "or" or frozenset.intersection(*columns):
            return set().union(*found)
        return set.intersection(*map(set, found))

    def _signed(self, row: tables.Row) -> str:
        """The initials that end an entry; empty where none do."""
        last = next((text for at in reversed(range(len(row.cells))) if (text := self.cell(row, at))), "")
        match = _SIGNED.search(last)
        return match[1].replace(".", "") if match else ""

    def _of_name(self, rows: list[tables.Row], term: Term) -> _Narrowed:
        initials = term.word.replace(".", "")
        if term.role == "by" and not term.negated and _INITIALS.fullmatch(initials):
            signed = [row for row in self.data if self._signed(row) == initials]
            if signed and 2 * sum(bool(self._signed(row)) for row in self.data) >= len(self.data):
                starts = {row.start for row in signed}  # whom another entry names did not make it
                return _Narrowed([row for row in rows if row.start in starts], by=f"{term} at their end")
        held = self._joined(self.data, term)  # a name of other rows is none of the whole table
        said = f"{'no ' if term.negated else ''}{term} in them"
        if held is not None:
            return _Narrowed([row for row in rows if (row.start in held) != term.negated], by=said)
        document = self._document
        if term.negated:
            of_all = names_of(term, f"{document.title}\n{document.metadata.author or ''}")
            return _Narrowed([] if of_all else rows, by=said)
        if self._party_column(term) is not None:
            return _Narrowed([], by=said)  # who it was is said of each row
        if any(map(self._is_named_by_file, term.choices)):
            return _Narrowed(rows)
        about = f"{document.title}\n{document.metadata.author or ''}\n{document.text}"
        left, by = rows, ""
        for word in term.word.split() if not term.others else ():  # "Mrs Oakes of Ward B": each word for itself
            pattern = word_pattern(word)
            holding = [row for row in left if any(pattern.search(self.cell(row, at)) for at in range(len(row.cells)))]
            if holding:
                left, by = holding, f"{by} and “{word}”" if by else f"“{word}”"
            elif not pattern.search(about):
                return _Narrowed(rows, known=False)
        return _Narrowed(left, names_of(term, about), by=f"{by} in them" if by else "")

    def _party_column(self, term: Term) -> int | None:
        """The column that says of each row by, to, from or of whom it is, as the question names somebody."""
        of_document = names_of(term, f"{self._document.title}\n{self._document.text}")
        if of_document or not self._table.columns or any(map(str.isdigit, str(term))):
            return None
        for at, name in enumerate(self._plain):
            words = name.lower().split()
            doer = words[-1] == "by"
            other = words[-1] in ("to", "from") or any(one in _PARTIES or wordnet.is_person(one) for one in words)
            if (doer if term.role == "by" and doer else other and not doer) and self.names_persons(at):
                return at
        return None

    def doer_column(self, verb: str) -> int | None:
        """The column that says by whom something was done: "Issued by" or "Issuer" of "issued"; ``None`` where there is
        none, or several."""
        wanted = {root(verb), *(root(f"{one}{end}") for one in wordnet.lemmas(verb) for end in ("er", "or", "r"))}
        named = [at for at, name in enumerate(self._plain) if self._table.columns and roots(name) & wanted]
        found = [at for at in named if self.names_persons(at)]
        found = [at for at in found if self._plain[at].lower().endswith(" by")] or found
        return found[0] if len(found) == 1 else None

    def paired_columns(self, one: str, two: str) -> tuple[int, int] | None:
        """The columns that say who did two things; ``None`` where the table does not have both."""
        first, second = self.doer_column(one), self.doer_column(two)
        return None if first is None or second is None or first == second else (first, second)

    def names_persons(self, at: int) -> bool:
        """Whether most cells of a column are names: a few words, each with a capital, and no numbers."""
        cells = [cell for cell in self._column(at) if not is_empty(cell)]
        names = sum(_NAMES.fullmatch(cell) is not None for cell in cells)
        return bool(cells) and not self._dated[at] and 2 * names > len(cells)

    def _is_named_by_file(self, name: str) -> bool:
        """Whether the name of the document's file or folder, or what is known of it, has the words of a name that are
        no words of the language: "invoices_marlowe.csv" is of "Marlowe Orchards"."""
        known = [word for word in lexicon.tokens(name) if word.lower() not in TITLES and word[:1].isupper()]
        own = [word for word in known if not wordnet.senses(word.lower())] or known
        document = self._document
        said = {word.lower() for word in _LETTERS.findall(f"{document.source} {document.metadata.author or ''}")}
        return bool(own) and all(word.lower().removesuffix("'s").removesuffix("’s") in said for word in own)

    def _of_phrase(self, rows: list[tables.Row], term: Term, head: int | None) -> _Narrowed:
        """The rows of words that are joined, or denied together: by cells, or each by the column that it names."""
        held = self._joined(rows, term)
        if held is None and (by_column := self._of_columns(rows, term)) is not None:
            return by_column
        if self._names_column(term, head):
            held = None
        said = f"{'no ' if term.negated else ''}{term} in them"
        if held is None:
            each = [self.narrowed(rows, word_term(one), head, by_title=False) for one in term.choices if " " not in one]
            known = [{row.start for row in one.rows} for one in each if one.known]
            if known and len(known) == len(term.choices):
                held = set().union(*known) if term.join == "or" else set.intersection(*known)
                said = f" {term.join} ".join(one.by for one in each)
                said = f"not ({said})" if term.negated else said
        if held is None and not term.negated:
            around = roots(f"{self.caption} {self._document.title} {self._document.text[:HEAD]}")
            return _Narrowed(rows, words_of(term, around))
        return _Narrowed([row for row in rows if (row.start in (held or ())) != term.negated], by=said)

    def _names_column(self, term: Term, head: int | None) -> bool:
        """Whether one of a term's words names a column."""
        stems = {word_term(one).stem for one in term.choices if " " not in one}
        return bool(self._table.columns) and any(
            roots(name) & stems for at, name in enumerate(self._plain) if at != head
        )

    def _of_number(self, rows: list[tables.Row], term: Term) -> _Narrowed:
        """The rows with a number after its label ("ward 4"): in the column of that name, else beside the word."""
        columns = [at for at, name in enumerate(self._plain) if root(term.label) in roots(name) and self._table.columns]
        numbers = "|".join(map(re.escape, term.choices))
        beside = re.compile(rf"\b{re.escape(term.label)}\W{{0,3}}(?:no\.?\s*)?(?:{numbers})(?![\w-])", re.IGNORECASE)
        whole = re.compile(rf"(?:\w+\W+)?(?:{numbers})", re.IGNORECASE)
        held = {
            row.start
            for row in self.data
            if any(whole.fullmatch(self.cell(row, at)) for at in columns)
            or any(beside.search(self.cell(row, at)) for at in range(len(row.cells)))
        }
        if held or columns:
            left = [row for row in rows if (row.start in held) != term.negated]
            return _Narrowed(left, by=f"{'no ' if term.negated else ''}{term} in them")
        around = f"{self.caption}\n{self._document.title}\n{self._document.text[:HEAD]}"
        return _Narrowed(rows, (beside.search(around) is not None) != term.negated)

    def _measured(self, at: int) -> bool:
        """Whether a column's cells are numbers, each perhaps with its unit: "5 %", "20 kg"."""
        cells = [cell for cell in self._column(at) if not is_empty(cell) or ZERO.fullmatch(cell)]
        numbers = sum(_MEASURED.fullmatch(cell) is not None for cell in cells)
        return bool(cells) and not self._dated[at] and numbers >= 0.6 * len(cells) and not (at == 0 and self._numbered)

    def _unit(self, at: int) -> str:
        """The unit of a column: of its name, else of its cells."""
        words = re.findall(r"%|°[CF]|[a-z]+²?", self._plain[at].lower())
        found = next((word for word in words if word in UNITS), "")
        cells = [match["unit"].lower() for cell in self._column(at) if (match := _MEASURED.fullmatch(cell))]
        return found or next((unit for unit in cells if unit in UNITS), "")

    def bounded_column(self, bound: Bound, asked: Enumerated, head: int | None) -> int | None:
        """The column of the numbers that a bound is of: the one that the question names, else that of its unit or of
        its currency; ``None`` where there is none."""
        measured = sorted(self._numbers)
        dimension = UNITS[bound.unit][0] if bound.unit else ""
        alike = [at for at in measured if not dimension or UNITS.get(self._unit(at), ("",))[0] in ("", dimension)]
        names = roots(plain_name(" ".join(bound.names)))
        said = [(len(roots(self._plain[at]) & names), at) for at in alike]
        if bound.names:
            most = max((number for number, _ in said), default=0)
            return next((at for number, at in said if number == most), None) if most else None
        if dimension:
            beside = roots(" ".join((bound.unit, *bound.beside)))
            of_unit = [at for at in alike if UNITS.get(self._unit(at), ("",))[0] == dimension]
            return max(of_unit, key=lambda at: (len(roots(self._plain[at]) & beside), -at), default=None)
        beside = roots(" ".join(bound.beside))
        of_verb = next((at for at in measured if roots(self._plain[at]) & beside), None)
        if of_verb is not None:
            return of_verb
        of_head = next((at for at in measured if roots(self._plain[at]) & asked.stems), None)
        amounts = self.amount_column(asked, head)
        if bound.currency or amounts is not None:
            return amounts
        return of_head if of_head is not None else measured[0] if len(measured) == 1 else None

    def quantity_column(self, asked: Enumerated) -> int | None:
        """The one column of numbers that the question names, or, where it names only what was measured, the one of
        weights, volumes or the like. Cells of different units are not added."""
        measured = sorted(self._numbers) if self._table.columns else []
        if asked.stems:
            found = [at for at in measured if may_be_number_of(self._plain[at], asked)]
            own = {one for one in measured if self._unit(one) and asked.head.lower() not in UNITS}  # "Days late"
            if asked.head.lower() in UNITS:  # of "charged" the column "Charge" has no hours
                own |= {one for one in measured if roots(self._plain[one]) & MONEY_WORDS}
            by_verb = [at for at in measured if at not in own and self.naming(asked, at)]
            both = [at for at in by_verb if at in found]
            found = [at for at in found if not self.is_of_one(at)] or found  # "price per litre" has no litres
            found = both or [at for at in by_verb if not is_generic_number(self._plain[at])] or found or by_verb
        else:
            found = [at for at in measured if UNITS.get(self._unit(at), ("",))[0] in _OF_STUFF]
            found = found or [at for at in measured if self._is_called_by(at, asked)]
        cells = {
            match["unit"].lower() for at in found for cell in self._column(at) if (match := _MEASURED.fullmatch(cell))
        }
        return found[0] if len(found) == 1 and len(cells) < 2 else None

    def _is_called_by(self, at: int, asked: Enumerated) -> bool:
        """Whether a column's name has what was measured and what was done with it: "Timber sold EUR"."""
        said = roots(self._plain[at])
        acts = [one for one in asked.terms if not (one.name or one.negated) and one.stem != root(asked.head)]
        return root(asked.head) in said and any(one.said_in(said) for one in acts)

    def has_quantity(self, asked: Enumerated) -> bool:
        """Whether a column of numbers is named by what is asked for."""
        measured = sorted(self._numbers) if self._table.columns else []
        return any(may_be_number_of(self._plain[at], asked) for at in measured)

    def naming(self, asked: Enumerated, column: int | None) -> tuple[Term, ...]:
        """The words of a question by which it names a column of numbers: "failed" the column "Failures"."""
        if column is None or not self._table.columns:
            return ()
        name = self._plain[column]
        plain = [one for one in asked.terms if not (one.name or one.label or one.negated or one.is_phrase)]
        if is_generic_number(name):  # "Units" of a note that says "received"
            acts = tuple(one for one in plain if not one.before and wordnet.is_verb(one.word.lower()))
            of_it = acts and self.of_kind(asked, column) is not None
            return acts if of_it and says_acts(self._document, [one.word for one in acts]) else ()
        return tuple(one for one in plain if one.said_in(roots(name)) or names_alike(one.word, name))

    def of_kind(self, asked: Enumerated, column: int | None) -> tuple[list[tables.Row], list[tables.Row]] | None:
        """The rows whose cells say what is counted or a kind of it ("sheep": "Suffolk ewe"), and those of which this is
        not known where no cell says the word itself. ``None`` where no cell says it, or it is the table that is of it:
        by its title, or by a column's name."""
        noun, wanted = asked.head.lower(), asked.stems | {root(asked.head)}
        around = roots(f"{' '.join(self._plain)} {self.caption} {self._document.title}")
        if column is None or around & wanted or asked.stems & (EMPTY | _ANYTHING):
            return None
        texts = [
            at
            for at, cells in enumerate(self._filled)
            if not (at in self._numbers or self._dated[at]) and max((len(one.split()) for one in cells), default=0) < 10
        ]  # "Kerb, granite, 1 m" is no remark
        for at in texts:
            said = [row for row in self.data if roots(self.cell(row, at)) & wanted]
            kinds = [row for row in self.data if any(map(wordnet.kind_of(noun), self._words(row, at)))]
            if said or kinds:
                of_kind = [row for row in self.data if row in said or row in kinds]
                return of_kind, [] if said else [row for row in self.data if row not in of_kind]
        return None

    def _words(self, row: tables.Row, at: int) -> list[str]:
        return [word.lower() for token in lexicon.tokens(self.cell(row, at)) for word in lexicon.parts(token)]

    def says(self, asked: Enumerated) -> bool:
        """Whether the table or its document says what is counted ("shells"), or people are, who need no name."""
        if asked.stems & (EMPTY | _ANYTHING) or wordnet.is_person(asked.head.lower()):
            return True
        wanted = asked.stems | {root(asked.head)}
        if any(root(term.word) in wanted for term in asked.terms) or self.of_kind(asked, 0) is not None:
            return True
        return bool(roots(f"{' '.join(self._plain)} {self._document.title}\n{self._document.text}") & wanted)

    def measure(self, row: tables.Row, column: int, unit: str) -> Decimal | None:
        """The number of a cell, in a unit where both that and the cell's are known."""
        number, _ = self.amount(row, column)
        if number is None and is_zero(self.cell(row, column)):
            number = Decimal(0)
        match = _MEASURED.fullmatch(self.cell(row, column))
        own = match["unit"].lower() if match and match["unit"].lower() in UNITS else self._unit(column)
        if number is None or not unit or not own or UNITS[own][0] != UNITS[unit][0]:
            return number
        return number * UNITS[own][1] / UNITS[unit][1]

    def is_in_currency(self, row: tables.Row, column: int, bound: Bound) -> bool:
        """Whether a bound's currency may be that of a cell: the same, or one of the two is not named."""
        own = self.amount(row, column)[1]
        return not (bound.currency and own) or is_same_currency(bound.currency, own)

    def amount_column(self, asked: Enumerated, head: int | None) -> int | None:
        """The column of the amounts that are shown and added."""
        numeric = [at for at in range(len(self.names)) if self._is_numeric(at)]
        wanted = {root(word) for one in asked.fields for word in one.split()} - {
            root("date"),
            root("number"),
            root("name"),
        }
        # Of what is "unpaid" the column "Amount paid" is no amount.
        wanted |= asked.stems | {term.stem for term in asked.terms if not (term.name or term.negated)}
        by_field = [at for at in numeric if roots(self._plain[at]) & wanted]
        if head is not None and head in numeric:
            return head
        if by_field and (asked.kind == "sum" or asked.fields):
            of_one = any(OF_ONE.search(field) for field in asked.fields)  # "the total value each"
            if not of_one:  # of "Unit price" and "Line total" the second
                totals = [at for at in numeric if roots(self._plain[at]) & _TOTALS and not self.is_of_one(at)]
                by_field = by_field if not all(map(self.is_of_one, by_field)) else [*totals, *by_field]
            return min(by_field, key=lambda at: (self.is_of_one(at) != of_one, by_field.index(at)))
        money = [at for at in numeric if self._is_money(at) or roots(self._plain[at]) & set(map(root, _AMOUNTS))]
        money = [at for at in money if not roots(self._plain[at]) & _NO_AMOUNTS]
        order = {root(word): at for at, word in enumerate(_AMOUNTS)}
        return min(
            money,
            key=lambda at: (
                self.is_of_one(at),
                min([order.get(one, 99) for one in roots(self._plain[at])], default=99),
            ),
            default=None,
        )

    def done_in_part(self, asked: Enumerated, amounts: int, rows: Sequence[tables.Row]) -> list[tuple[tables.Row, str]]:
        """The other rows, where it is asked what is not paid, of which a column of amounts paid has less than is due:
        with how much. They are open in part, and what is open of them is no amount of the table."""
        undone = [done for term in asked.terms if term.negated for done, _ in STATES if term.stem in done]
        undone += [done for term in asked.terms for done, not_done in STATES[:1] if term.stem in not_done]
        columns = [
            at for at in range(len(self.names))
            if at != amounts and self._is_numeric(at) and any(roots(self._plain[at]) & done for done in undone)
        ]  # fmt: skip
        if len(columns) != 1:
            return []
        found = []
        for row in self.data:
            due, done = self.amount(row, amounts)[0], self.amount(row, columns[0])[0]
            if (
                row not in rows
                and row.start not in self.lines
                and due is not None
                and done is not None
                and 0 < done < due
            ):
                found.append((row, f"“{self.names[columns[0]]}” is {self.cell(row, columns[0])}: open in part"))
        return found

    def compared_columns(self, comparison: Comparison) -> tuple[int, int] | None:
        """The columns of the two dates that a comparison is of; ``None`` where the table does not have both, or several
        may be meant."""
        dated = [at for at in range(len(self.names)) if self._dated[at] and self._table.columns]
        wanted = roots(comparison.against)
        named = [at for at in dated if wanted & roots(self._plain[at])]
        if not named and wanted & _EXPECTED:
            named = [at for at in dated if roots(self._plain[at]) & _EXPECTED]
        if len(named) != 1:
            return None
        others = [at for at in dated if at not in named and not roots(self._plain[at]) & _EXPECTED]
        term = word_term(comparison.verb) if comparison.verb else None
        of_verb = [
            at
            for at in others
            if term and (term.said_in(roots(self._plain[at])) or names_alike(term.word, self._plain[at]))
        ]
        chosen = of_verb if of_verb else others
        return (chosen[0], named[0]) if len(chosen) == 1 else None

    def in_time(self, rows: list[tables.Row], term: Term) -> _Narrowed | None:
        """The rows that are late, or early, by two dates, where nothing says this word; ``None`` for another word."""
        if term.stem not in _LATE | _EARLY or term.name:
            return None
        late = term.stem in _LATE
        asked = Comparison(term.word, "", "due", late != term.negated, equal=term.negated)
        columns = self.compared_columns(asked)
        if columns is None:
            return None
        left = [row for row in rows if asked.admits(*(self.day(row, at) for at in columns))]
        one, other = (self.names[at] for at in columns)
        return _Narrowed(left, by=f"“{one}” {'after' if asked.later else 'before'} “{other}”")

    def day(self, row: tables.Row, column: int) -> str | None:
        """The day of a cell in ISO 8601."""
        return self._dated[column].get(self.cell(row, column))

    def date_column(self, asked: Enumerated, head: int | None) -> int | None:
        """The column of the dates: that of the head, or of a term ("paid in May", "settled in May"), else that of the
        rows themselves ("Date", of invoices "Invoice date"), else the first."""
        dated = [at for at in range(len(self.names)) if self._dated[at]]
        return next(iter([*self._dates_meant(asked, head), *self._done(dated), *dated]), None)

    def _dates_meant(self, asked: Enumerated, head: int | None) -> list[int]:
        """The columns of dates that a question names, the one that it means first."""
        dated = [at for at in range(len(self.names)) if self._dated[at]]
        if head is not None and head in dated:
            return [head]
        of_term = {term.stem for term in asked.terms}
        named = [at for at in dated if roots(self._plain[at]) & of_term]
        alike = [at for at in dated if any(_says_when(self._plain[at], term) for term in asked.terms)]
        own = [at for at in self._done(dated) if roots(self._plain[at]) <= asked.stems | _OF_ROWS]
        return [*named, *alike, *own]

    def _done(self, dated: Sequence[int]) -> list[int]:
        """Of columns of dates those of what was done, and not of what is expected."""
        return [at for at in dated if not roots(self._plain[at]) & _EXPECTED]

    def other_dates(self, asked: Enumerated, head: int | None, taken: int | None) -> list[int]:
        """The other columns of dates of what was done, where the question says by none of which of them it asks."""
        if taken is None or not self._table.columns or self._dates_meant(asked, head):
            return []
        return [at for at in self._done(range(len(self.names))) if self._dated[at] and at != taken]

    def dated_by(self, rows: Sequence[Found], column: int) -> list[Found]:
        """Rows with the day of another column."""
        return [replace(row, date=self._dated[column].get(row.cells[self.names[column]])) for row in rows]

    def found(
        self, document_id: int, row: tables.Row, head: int | None, amounts: int | None, dates: int | None
    ) -> Found:
        """A row with what is known of it."""
        cells = {name: self.cell(row, at) for at, name in enumerate(self.names)}
        ordered = [] if dates is None else [dates, *(at for at in self._dated if at != dates)]
        date = next((found for at in ordered if (found := self._dated[at].get(self.cell(row, at)))), None)
        amount, currency = (None, None) if amounts is None else self.amount(row, amounts)
        label = self.cell(row, head) if head is not None else ""
        numbered = head == 0 and bool(self._numbered)
        if label and (numbered or IDENTIFIER.fullmatch(label)) and (head is None or head != dates) and head != amounts:
            key: tuple[str, ...] = ("id", label.casefold())
        elif date and amount is not None:
            key = ("event", date, str(amount), currency or "")
        else:
            key = ("row", collapse(" ".join(cells.values())).casefold())
        return Found(
            sentence=sentence_of(document_id, self._document, row.start, row.end, self._table.heading),
            cells=cells,
            table=(self._table.start, self._table.end),
            key=key,
            date=date,
            amount=amount,
            currency=currency,
            not_counted=status_of(self._document),
        )


def _doer_of(reader: TableReader, terms: Sequence[Term], term: Term) -> int | None:
    """The column in which the name of somebody who did something has to stand: that of the verb before it."""
    if not term.name or term.role != "by":
        return None
    before = [one for one in terms[: terms.index(term)] if not (one.name or one.label or one.is_phrase)]
    return reader.doer_column(before[-1].word) if before else None


def _says_when(name: str, term: Term) -> bool:
    """Whether a column of dates says in another word when something was done: "Paid on" of "settled"."""
    of_state = any(term.stem in done and roots(name) & done for done, _ in STATES)
    return not _OF_NO_STATE.search(name) and (of_state or names_alike(term.word, name))


READ_CHARS = 32_000_000
"""Characters of documents whose tables are cached as they were read; a document counts once for each of its tables."""
_readers: LRUCache[tuple[str, str, str, int], TableReader] = LRUCache(
    READ_CHARS, lambda one: min(one.chars, READ_CHARS)
)
_lock = Lock()


def reader_of(document: Document, table: tables.Table) -> TableReader:
    """The reader of a table, cached by what the document says and is called: another text, title or name is read
    again."""
    key = document.sha256, document.source, f"{document.title}\n{document.metadata.author}", table.start
    with _lock:
        known = _readers.get(key)
    if known is None:
        known = TableReader(document, table)
        with _lock:
            _readers[key] = known
    return known
