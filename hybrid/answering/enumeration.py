"""All of something, from all documents: rows of tables, entries of logs, documents, items of lists, sentences.

Nothing is ranked and no k is taken. A table is one of what was asked for where a column, its caption or its document's
title names it, or where its rows do; the words that narrow the question choose rows by columns ("late": the column
"Days late" is not 0) and by cells. The same thing in several documents is one row with copies: the same identifier, or
the same date and amount, or the same words. What a draft says, what is planned, asked for or denied is shown and not
counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from hybrid.answering.enumeration_question import Enumerated, Term, root, roots
from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.verification import markers
from hybrid.stores.rows import Titled
from hybrid.text import tables, values
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

MOST_CHARS = 40_000_000
"""Characters of documents that are looked through for one question, in some tens of seconds. Past that the answer says
that it has not seen all."""
_DIFFERENCES = 5
_TITLE = 80
_HEAD = 300
"""Characters of a document that say what it is about."""
_MAIL = "message/rfc822"
_MAILS = frozenset(map(root, ("email", "mail", "message", "e-mail")))
_MADE_NAMES = frozenset(map(root, ("column", "entry", "text")))
"""Of the names that columns without one are given."""
_TOTAL = re.compile(
    r"\W*(?:grand |sub-?|overall )?(?:total|sum|balance (?:brought|carried)|carried forward|amount due)\b", re.I
)
_NOTHING = re.compile(
    r"\W*(?:none|nil|no|n/?a|false|-|–|—|0+(?:[.,]0+)?|not? .*|un(?:paid|known|signed))?\W*", re.IGNORECASE
)
_ZERO = re.compile(r"\D*0+(?:[.,]0+)*\D*")
_CODES = r"(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|CNY)"
_MONEY = re.compile(
    rf"(?P<sign>[$€£¥]|\b{_CODES}\s?)?(?P<minus>[-−(]?)\s?(?P<n>\d{{1,3}}(?:[,'’]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)\)?"
    rf"\s?(?P<after>[$€£]|{_CODES}\b)?",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_IDENTIFIER = re.compile(r"(?=.*\d)[A-Za-z]{1,6}[-/_ ]?[\w/.-]*\d[\w/.-]*|\d{4,}|[\w]+(?:[-/]\w+)*\d[\w/-]*")
_AMOUNTS = ("amount", "total", "sum", "value", "price", "cost", "paid", "gross", "fee", "charge", "net", "goods")
_NO_AMOUNTS = frozenset(
    map(root, ("open", "balance", "vat", "tax", "number", "no", "id", "year", "code", "page", "ref"))
)
_PAID = frozenset(map(root, ("received", "settled", "cleared", "remitted")))
_ABOUT = re.compile(r"(?<=\w)\s+(?:for|of|to|from|about|on|with|by)\s+", re.IGNORECASE)
_EXPECTED = frozenset(map(root, ("due", "deadline", "expected", "planned", "scheduled", "ordered", "expiry", "next")))
_LIST_ITEM = re.compile(r"\s*(?:[-*•·–▪◦●]\s|\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]\s|\d+(?:\.\d+)+\s)", re.IGNORECASE)
_NOT_DONE = (
    markers.REPORTED, markers.BELIEF, markers.HEDGED, markers.DENIED, markers.PLANNED, markers.REQUESTED,
    markers.NOT_DONE, markers.COUNTERFACTUAL, markers.CONDITIONAL,
)  # fmt: skip
_MODAL = re.compile(r"\b(?:shall|will|must|should|may|would|can|could|not|never|payable|due)\b|\?", re.IGNORECASE)
OF_STATUS = {
    "draft": "from a draft",
    "superseded": "from a superseded document",
    "unsigned": "from an unsigned document",
}


class Catalog(Protocol):
    """The part of a catalog that enumerating needs."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def titles(self) -> Mapping[int, Titled]:
        """By document its title, first source and media type."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""


@dataclass(frozen=True)
class Found:
    """One row as a document has it. ``cells`` are by column, ``key`` is what two rows of one thing share."""

    sentence: Sentence
    cells: dict[str, str]
    table: tuple[int, int]
    key: tuple[str, ...]
    date: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    not_counted: str = ""
    identifier: str = ""


@dataclass
class Result:
    """What was found: rows in order, each with its copies; and what is to be said of it."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Found, list[Found]]] = field(default_factory=list)
    summed: str = ""
    remarks: list[str] = field(default_factory=list)
    documents: int = 0
    none_of: str = ""
    """What was looked through where nothing of it fits the question: "21 rows with “Invoice” filled in"."""


_BY_FIRST_COLUMN, _BY_COLUMN, _BY_TITLE, _BY_ROWS = range(4)


@dataclass(frozen=True)
class _Part:
    """The rows that one table has of what was asked for. ``rule`` is how it was known; ``unused`` are terms that it
    says nothing of."""

    rule: int
    columns: tuple[str, ...]
    rows: tuple[Found, ...]
    unused: tuple[Term, ...]
    counted_by: str
    summed: str
    dated: str = ""
    before: int = 0


def find(catalog: Catalog, asked: Enumerated, where: Filter | None) -> Result | None:
    """What the documents have of what was asked for; ``None`` where nothing can be enumerated."""
    result, read = Result(), 0
    parts: list[_Part] = []
    documents: list[Found] = []
    spoken: list[Found] = []
    candidates = _candidates(catalog, asked)
    for document_id in catalog.matching(where or Filter()):
        result.documents += 1
        if document_id not in candidates:
            continue
        document = catalog.document(document_id)
        read += len(document.text)
        if read > MOST_CHARS:
            result.remarks.append("Not all documents were looked through; filter them to be sure of the rest.")
            break
        if asked.made_up:
            parts += [part for part in _sums(document_id, document, asked) if part]
            continue
        parts += [part for table in document.layout.tables if (part := _part(document_id, document, table, asked))]
        documents += _as_row(document_id, document, asked)
        if asked.kind != "count":
            spoken += _items(document_id, document, asked)
        if asked.kind != "count" and (asked.of_money or asked.since or asked.until or "date" in asked.fields):
            spoken += _sentences(document_id, document, asked)
    if asked.made_up:
        return _made_up(result, parts)
    return _composed(result, asked, parts, documents, spoken)


def _candidates(catalog: Catalog, asked: Enumerated) -> Container[int]:
    """The documents that say the noun or a synonym somewhere, or are mails where mails were asked for. No other has any
    of what was asked for: `find` reads these alone."""
    titles = catalog.titles()
    wanted = asked.stems | {root(asked.head)} | (_PAID if root("paid") in asked.stems else frozenset())
    if wanted & _MADE_NAMES:
        return titles
    found = {one for word, documents in catalog.words().items() if root(word) in wanted for one in documents}
    mails = bool(wanted & _MAILS)
    for document_id, one in titles.items():
        if document_id not in found and (
            (mails and one.media_type == _MAIL) or wanted & roots(one.title) or wanted & roots(one.source)
        ):
            found.add(document_id)
    return found


# Which parts are taken --------------------------------------------------------------------------------------------


def _composed(
    result: Result, asked: Enumerated, parts: list[_Part], documents: list[Found], spoken: list[Found]
) -> Result | None:
    empty, parts = [part for part in parts if not part.rows], [part for part in parts if part.rows]
    fewest = min((len(part.unused) for part in parts), default=0)
    parts = [part for part in parts if len(part.unused) == fewest]
    rule = min((part.rule for part in parts), default=_BY_ROWS)
    if documents and asked.kind != "sum" and (fewest or rule == _BY_ROWS) and len(documents) > (asked.kind == "count"):
        rows, result.columns = documents, tuple(documents[0].cells)
        result.remarks.append("Counted: documents, by their titles and folders; e-mails by who sent and received them.")
    elif parts and _is_enough(asked, parts[0].unused, rule):
        rows = _of_tables(result, asked, parts, documents)
    else:
        rows = [row for row in spoken if row.cells.keys() == spoken[0].cells.keys()]
        if not rows and empty:
            best = min(part.rule for part in empty)
            said = [part for part in empty if part.rule == best]
            count = sum(part.before for part in said)
            result.none_of = f"{count:,} {'; '.join(dict.fromkeys(part.counted_by for part in said))}"
            return result
        if not rows:
            return None
        result.columns = tuple(rows[0].cells)
        result.summed = "Amount" if any(row.amount is not None for row in rows) else ""
        result.remarks.append("Found in sentences and lists; no table of them was found.")
    result.rows = _merged(rows)
    if all(row.date for row, _ in result.rows):
        result.rows.sort(key=lambda pair: pair[0].date or "")
    result.remarks += _differences(result.rows)
    return result if result.rows else None


def _is_enough(asked: Enumerated, unused: Sequence[Term], rule: int) -> bool:
    """Whether rows answer a question although they say nothing of some of its words. No number does: a wrong one is
    worse than none; and rows that only mention the noun do where one word after it is missing."""
    if not unused:
        return True
    if asked.kind == "count":
        return False
    return rule != _BY_ROWS or (len(unused) == 1 and not unused[0].before)


def _of_tables(result: Result, asked: Enumerated, parts: list[_Part], documents: list[Found]) -> list[Found]:
    """The rows of the tables that know best what they are about; those of others only as copies, or where nothing
    narrows the question."""
    rule = min(part.rule for part in parts)
    best = [part for part in parts if part.rule == rule]
    sizes: dict[tuple[str, ...], int] = defaultdict(int)
    for part in best:
        sizes[part.columns] += len(part.rows)
    result.columns = max(sizes, key=lambda columns: sizes[columns])
    best.sort(key=lambda part: part.columns != result.columns)
    result.summed = next((part.summed for part in best if part.summed), "")
    rows = [row for part in best for row in part.rows]
    if unused := [f"“{term.word}”" for term in best[0].unused]:
        result.remarks.append(f"Not narrowed by {', '.join(unused)}: no heading and no row of these tables says it.")
    result.remarks.append(f"Counted: {'; '.join(dict.fromkeys(part.counted_by for part in best))}.")
    if rule > _BY_COLUMN:
        return rows
    known = {row.key for row in rows}
    others = [part for part in parts if part.rule == _BY_COLUMN and part not in best]
    more = [replace(row, amount=None) for part in others for row in part.rows]
    more += [_under(row, result.columns, asked) for row in documents if row.identifier]
    bounded = any(
        (
            asked.since,
            asked.until,
            asked.least,
            asked.most,
            *(term for term in asked.terms if not term.name),
        )
    )
    return rows + [row for row in more if row.key[0] == "id" and (row.key in known or not bounded)]


def _under(row: Found, columns: tuple[str, ...], asked: Enumerated) -> Found:
    """A document as a row of a table: its identifier below the column that names such documents, and its date."""
    head = next((name for name in columns if roots(name) & asked.stems), columns[0])
    dated = next((name for name in columns if root("date") in roots(name)), None)
    cells = {head: row.identifier} | ({dated: row.cells["Date"]} if dated else {})
    return replace(row, cells=cells, amount=None)


def _merged(rows: Iterable[Found]) -> list[tuple[Found, list[Found]]]:
    """Each thing once, with its copies. Two rows of one table are two things, whatever they share."""
    found: list[tuple[Found, list[Found]]] = []
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        place = (row.sentence.document_id, row.table)
        for at in known[row.key]:
            first, copies = found[at]
            same_table = place in {(one.sentence.document_id, one.table) for one in (first, *copies)}
            if not same_table:
                if first.not_counted and not row.not_counted:
                    found[at] = (row, [first, *copies])
                else:
                    copies.append(row)
                break
        else:
            known[row.key].append(len(found))
            found.append((row, []))
    return found


def _differences(rows: Sequence[tuple[Found, list[Found]]]) -> list[str]:
    """Where copies of one thing in tables with the same columns differ."""
    said: list[str] = []
    for row, copies in rows:
        alike = [row, *(copy for copy in copies if copy.cells.keys() == row.cells.keys())]
        for name in row.cells if len(alike) > 1 else ():
            seen = {collapse(one.cells[name]).casefold(): one for one in alike if not _is_empty(one.cells[name])}
            if len(seen) > 1 and len(said) < _DIFFERENCES:
                each = "; ".join(f"{one.cells[name]} ({one.sentence.title})" for one in seen.values())
                said.append(f"{row.cells[next(iter(row.cells))]}: documents differ in {name}: {each}.")
    return said


# Tables -----------------------------------------------------------------------------------------------------------


def _part(document_id: int, document: Document, table: tables.Table, asked: Enumerated) -> _Part | None:
    """The rows of a table that are what was asked for; ``None`` where it has none."""
    reader = _Reader(document, table)
    rows = reader.data
    if not rows:
        return None
    head = reader.head_column(asked)
    titled = _names_many(reader.caption, asked) or _names_many(document.title, asked)
    if head is not None:
        rule = _BY_COLUMN if head else _BY_FIRST_COLUMN
        counted_by = f"rows with “{reader.names[head]}” filled in"
        rows = [row for row in rows if not _is_empty(reader.cell(row, head))]
    elif titled:
        rule, counted_by = _BY_TITLE, f"rows of tables under “{collapse(reader.caption or document.title)}”"
    else:
        rule, counted_by = _BY_ROWS, f"rows and entries that say “{asked.head}”"
        rows = [row for row in rows if reader.row_roots(row) & asked.stems]
    unused: list[Term] = []
    before = len(rows)
    for term in asked.terms:
        mentioned = asked.kind == "count" and rule == _BY_ROWS  # rows that mention a thing are no number of things
        if not (narrowed := reader.narrowed(rows, term, head, by_title=not mentioned)).known:
            if term.name:
                return None
            if not term.soft:
                unused.append(term)
        else:
            if mentioned and narrowed.numeric:
                return None  # "How many rails were delivered?" is in the column "Delivered"
            rows = narrowed.rows
            counted_by += f", {narrowed.by}" if narrowed.by and narrowed.by not in counted_by else ""
    amounts, dates = reader.amount_column(asked, head), reader.date_column(asked, head)
    found = [reader.found(document_id, row, head, amounts, dates) for row in rows]
    if dates is None and (asked.since or asked.until) and _is_of(document, asked):
        found = [row for row in found if _in_range(row, replace(asked, since=None, until=None))]
    else:
        found = [row for row in found if _in_range(row, asked)]
    if not found and (rule == _BY_ROWS or unused):
        return None
    summed = reader.names[amounts] if amounts is not None else ""
    return _Part(rule, tuple(reader.names), tuple(found), tuple(unused), counted_by, summed, before=before)


@dataclass(frozen=True)
class _Narrowed:
    """The rows that a term leaves, and by what; ``known`` is false where nothing says the word, ``numeric`` is true
    where a column of numbers does."""

    rows: list[tables.Row]
    known: bool = True
    by: str = ""
    numeric: bool = False


class _Reader:
    """A table of a document, its columns' names made up where it has none."""

    def __init__(self, document: Document, table: tables.Table) -> None:
        self._document, self._table = document, table
        width = max((len(row.cells) for row in table.rows), default=0)
        given = list(table.columns) or (["Entry", "Text"] if table.kind == "entry" else [])
        self.names = [given[at] if at < len(given) and given[at] else f"Column {at + 1}" for at in range(width)]
        self.caption = document.text[slice(*table.caption)] if table.caption else ""
        self.data = [row for row in table.rows if not _TOTAL.match(self.label(row))]
        self.totals = [row for row in table.rows if _TOTAL.match(self.label(row))]
        self._filled = [[text for row in self.data if (text := self.cell(row, at))] for at in range(width)]
        self._numbered = self._filled[0] if width and self._numbers_rows() else []
        self._dated = {at: self._dates(at) for at in range(width)}

    def cell(self, row: tables.Row, column: int) -> str:
        """A cell's text."""
        return collapse(self._document.text[slice(*row.cells[column])]) if column < len(row.cells) else ""

    def label(self, row: tables.Row) -> str:
        """The first cell that is filled in."""
        return next((text for at in range(len(row.cells)) if (text := self.cell(row, at))), "")

    def row_roots(self, row: tables.Row) -> frozenset[str]:
        """The roots of the words in a row's cells."""
        return frozenset().union(*(roots(self.cell(row, at)) for at in range(len(row.cells))))

    def _column(self, at: int) -> list[str]:
        return self._filled[at]

    def _dates(self, at: int) -> dict[str, str]:
        """The dates of a column by how they are written, if most of its cells are dates."""
        cells = [cell for cell in self._column(at) if not _is_empty(cell)]
        found = _read_dates(cells)
        return found if cells and 2 * sum(cell in found for cell in cells) >= len(cells) else {}

    def _is_numeric(self, at: int) -> bool:
        cells = [cell for cell in self._column(at) if not _is_empty(cell) or _ZERO.fullmatch(cell)]
        numbers = sum(_MONEY.fullmatch(cell) is not None for cell in cells)
        return bool(cells) and not self._dated[at] and numbers >= 0.8 * len(cells) and not (at == 0 and self._numbered)

    def _numbers_rows(self) -> bool:
        """Whether the first column has whole numbers that are all different: the rows' own numbers, and no amounts."""
        cells = self._filled[0]
        return len(cells) > 1 and all(map(str.isdecimal, cells)) and len(set(cells)) == len(cells)

    def _is_money(self, at: int) -> bool:
        return self._is_numeric(at) and any(
            re.search(r"[$€£¥]|\b[A-Z]{3}\b", cell) for cell in [*self._column(at), self.names[at]]
        )

    def head_column(self, asked: Enumerated) -> int | None:
        """The column that names what was asked for. A column of plain numbers names none ("Rails: 40"), unless amounts
        were asked for."""
        named = [at for at, name in enumerate(self.names) if roots(name) & asked.stems and self._table.columns]
        usable = [at for at in named if not self._is_numeric(at) or (asked.of_money and asked.kind != "count")]
        usable = [at for at in usable if self._column(at)]
        if not usable and root("paid") in asked.stems and any(map(self._is_money, range(len(self.names)))):
            usable = [at for at, name in enumerate(self.names) if roots(name) & _PAID and self._column(at)]
        return min(usable, key=lambda at: (self._is_numeric(at), at), default=None)

    def narrowed(self, rows: list[tables.Row], term: Term, head: int | None, *, by_title: bool = True) -> _Narrowed:
        """The rows that a term leaves; ``known`` is false where neither the table nor, ``by_title``, what its document
        is about says the word."""
        if term.name:
            return self._of_name(rows, term)
        column = next(
            (at for at, name in enumerate(self.names) if term.stem in roots(name) and self._table.columns), None
        )
        if column is not None and column != head:
            empty = "empty" if term.negated else "filled in"
            left = [row for row in rows if _is_empty(self.cell(row, column)) == term.negated]
            return _Narrowed(left, by=f"“{self.names[column]}” {empty}", numeric=self._is_numeric(column))
        if term.soft:
            return _Narrowed(rows, known=False)
        if term.negated:
            literal = [row for row in rows if root(term.word) in self.row_roots(row)]
            if literal:
                return _Narrowed(literal, by=f"“{term.word}” in them")
        holding = [row for row in rows if term.stem in self.row_roots(row)]
        if holding:
            said = f"{'no ' if term.negated else ''}“{term.word}” in them"
            return _Narrowed([row for row in rows if (row in holding) != term.negated], by=said)
        if column is not None:
            return _Narrowed(rows)
        if not by_title:
            return _Narrowed(rows, known=False)
        around = roots(f"{self.caption} {self._document.title} {self._document.text[:_HEAD]}")
        return _Narrowed(rows, term.stem in around and not term.negated)

    def _of_name(self, rows: list[tables.Row], term: Term) -> _Narrowed:
        pattern = _word(term.word)
        holding = [row for row in rows if any(pattern.search(self.cell(row, at)) for at in range(len(row.cells)))]
        if holding:
            return _Narrowed(holding, by=f"“{term.word}” in them")
        document = self._document
        about = f"{document.title}\n{document.metadata.author or ''}\n{document.text}"
        return _Narrowed(rows, pattern.search(about) is not None)

    def amount_column(self, asked: Enumerated, head: int | None) -> int | None:
        """The column of the amounts that are shown and added."""
        numeric = [at for at in range(len(self.names)) if self._is_numeric(at)]
        wanted = {root(word) for one in asked.fields for word in one.split()} - {
            root("date"),
            root("number"),
            root("name"),
        }
        wanted |= asked.stems | {term.stem for term in asked.terms if not term.name}
        by_field = [at for at in numeric if roots(self.names[at]) & wanted]
        if head is not None and head in numeric:
            return head
        if by_field and (asked.kind == "sum" or asked.fields):
            return by_field[0]
        money = [at for at in numeric if self._is_money(at) or roots(self.names[at]) & set(map(root, _AMOUNTS))]
        money = [at for at in money if not roots(self.names[at]) & _NO_AMOUNTS]
        order = {root(word): at for at, word in enumerate(_AMOUNTS)}
        return min(
            money, key=lambda at: min([order.get(one, 99) for one in roots(self.names[at])], default=99), default=None
        )

    def date_column(self, asked: Enumerated, head: int | None) -> int | None:
        """The column of the dates: that of the head, or of a term ("paid in May"), else the first."""
        dated = [at for at in range(len(self.names)) if self._dated[at]]
        if head is not None and head in dated:
            return head
        of_term = {term.stem for term in asked.terms}
        done = [at for at in dated if not roots(self.names[at]) & _EXPECTED]
        return next((at for at in dated if roots(self.names[at]) & of_term), next(iter([*done, *dated]), None))

    def found(
        self, document_id: int, row: tables.Row, head: int | None, amounts: int | None, dates: int | None
    ) -> Found:
        """A row with what is known of it."""
        cells = {name: self.cell(row, at) for at, name in enumerate(self.names)}
        ordered = [] if dates is None else [dates, *(at for at in self._dated if at != dates)]
        date = next((found for at in ordered if (found := self._dated[at].get(self.cell(row, at)))), None)
        amount, currency = (None, None) if amounts is None else _amount(self.cell(row, amounts), self.names[amounts])
        label = self.cell(row, head) if head is not None else ""
        numbered = head == 0 and bool(self._numbered)
        if label and (numbered or _IDENTIFIER.fullmatch(label)) and (head is None or head != dates) and head != amounts:
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
            not_counted=_status(self._document),
        )


# Other rows -------------------------------------------------------------------------------------------------------


def _as_row(document_id: int, document: Document, asked: Enumerated) -> list[Found]:
    """A document as a row, where documents of its kind were asked for."""
    is_mail = document.media_type == _MAIL
    title = document.title if document.metadata.title else _first_line(document) or document.title
    words = title.split()[:6]
    kind = asked.stems & _MAILS and is_mail
    kinds = asked.stems if root("meeting") in asked.stems else {root(asked.head)}
    folders = re.split(r"[/\\#]", document.source)[:-1]
    titled = any(root(word.strip(".,:;()")) in kinds for word in words) and not _names_many(title, asked)
    titled = not is_mail and (titled or any(root(folder) in kinds for folder in folders[-2:]))
    if not kind and not titled:
        return []
    about = f"{title}\n{document.metadata.author or ''}\n{document.text}"
    for term in asked.terms:
        if term.soft:
            continue
        place = about
        if term.name and term.role in ("from", "by"):
            place = document.metadata.author or ""
        elif term.name and term.role == "to" and is_mail:
            place = "\n".join(re.findall(r"^(?:To|Cc):.*$", document.text[:4000], re.MULTILINE))
        held = _word(term.word).search(place) is not None if term.name else term.stem in roots(place)
        if held == term.negated:
            return []
    start = document.text.find(title)
    unit = document.layout.units[0] if document.layout.units else None
    if start >= 0:
        span = (start, start + len(title))
    elif unit is not None:
        span = unit.parts[0]
    else:
        return []
    date = document.metadata.date[:10] if document.metadata.date else None
    identifier = next(
        (word for word in title.split() if _IDENTIFIER.fullmatch(word) and any(map(str.isalpha, word))), None
    )
    cells = {"Document": title, "Date": date or "", "Author": document.metadata.author or ""}
    if kind:
        key: tuple[str, ...] = ("mail", title.casefold(), document.metadata.date or "", cells["Author"])
    else:
        key = (
            ("id", identifier.casefold()) if identifier else ("document", title.casefold(), date or "", cells["Author"])
        )
    row = Found(
        sentence_of(document_id, document, *span), cells, span, key, date,
        not_counted=_status(document), identifier="" if kind else identifier or "",
    )  # fmt: skip
    return [row] if _in_range(row, asked) else []


def _first_line(document: Document) -> str:
    """The first line of a document, where it is short enough to be a title."""
    line = next((line.strip() for line in document.text[:_HEAD].splitlines() if line.strip()), "")
    return line if len(line) < _TITLE and line[-1] not in ".;," else ""


def _items(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """The items of a list under a heading, or after a line ending in a colon, that names what was asked for."""
    units = [unit for unit in document.layout.units if unit.heading is None]
    at = 0
    while at < len(units):
        said = document.text[units[at].start : units[at].end]
        opens = said.rstrip().endswith(":") or (len(said) < 80 and said.rstrip()[-1] not in ".;,?!")
        if (
            opens
            and _names_many(said, asked)
            and all(_holds(term, said, roots(said), document) for term in asked.terms)
        ):
            items = []
            while at + 1 < len(units) and _LIST_ITEM.match(document.text[units[at + 1].start : units[at + 1].end]):
                at += 1
                items.append(units[at])
            if len(items) > 1:
                for unit in items:
                    text = collapse(unit.text(document.text))
                    sentence = sentence_of(document_id, document, unit.start, unit.end)
                    key = ("row", _LIST_ITEM.sub("", text, count=1).casefold())
                    yield Found(
                        sentence, {"Item": text}, (units[at].start, units[at].end), key, not_counted=_status(document)
                    )
        at += 1


def _sentences(document_id: int, document: Document, asked: Enumerated) -> Iterator[Found]:
    """Sentences that say what was asked for with an amount, or with a date."""
    for unit in document.layout.units:
        if unit.heading is not None or len(unit.parts) > 1:
            continue
        text = collapse(document.text[unit.start : unit.end])
        said = roots(text)
        if (
            not said & asked.stems
            or _TOTAL.search(text)
            or not all(_holds(term, text, said, document) for term in asked.terms)
        ):
            continue
        dates = [(start, end, _iso(day)) for start, end, day in values.days(text)]
        bare = text
        for start, end, _ in reversed(dates):
            bare = bare[:start] + " " + bare[end:]
        money = next((match for match in _MONEY.finditer(bare) if match["sign"] or match["after"]), None)
        if (money is None) if asked.of_money else not dates:
            continue
        amount, currency = _amount(money[0], "") if money else (None, None)
        date = dates[0][2] if dates else None
        done = not (_MODAL.search(text) or any(pattern.search(text) for pattern in _NOT_DONE))
        cells = {"Date": date or "", "Amount": money[0].strip() if money else "", "Statement": text}
        key = ("event", date, str(amount), currency or "") if date and amount is not None else ("row", text.casefold())
        why = _status(document) or ("" if done else "planned, asked for, reported or denied")
        sentence = sentence_of(document_id, document, unit.start, unit.end)
        row = Found(sentence, cells, (unit.start, unit.end), key, date, amount, currency, why)
        if _in_range(row, asked):
            yield row


def _holds(term: Term, text: str, said: frozenset[str], document: Document) -> bool:
    if term.soft:
        return True
    if term.name:
        about = f"{text}\n{document.title}\n{document.metadata.author or ''}"
        return _word(term.word).search(about) is not None or _word(term.word).search(document.text[:1500]) is not None
    return (term.stem in said) != term.negated


# What a sum is made of ----------------------------------------------------------------------------------------------


def _sums(document_id: int, document: Document, asked: Enumerated) -> Iterator[_Part]:
    """Tables with a total of what was asked for."""
    for table in document.layout.tables:
        reader = _Reader(document, table)
        amounts = reader.amount_column(replace(asked, stems=frozenset()), None)
        if not reader.totals or amounts is None or len(reader.data) < 2:
            continue
        before = document.text[max(0, table.start - 400) : table.start]
        near = roots(f"{before} {' '.join(reader.names)} {reader.caption}")
        if not asked.stems <= near | roots(document.title):
            continue
        rows = [reader.found(document_id, row, None, amounts, None) for row in table.rows]
        rows = [replace(row, key=("part", str(row.amount))) for row in rows]
        rule, dated = _BY_COLUMN if asked.stems <= near else _BY_TITLE, document.metadata.date or ""
        yield _Part(rule, tuple(reader.names), tuple(rows), (), "", reader.names[amounts], dated)


def _made_up(result: Result, parts: list[_Part]) -> Result | None:
    """The newest table that adds up what was asked for, and the rows of others that have its amounts."""
    if not parts:
        return None
    newest = sorted(parts, key=lambda part: part.dated, reverse=True)
    best = min(newest, key=lambda part: (bool(part.rows[0].not_counted), part.rule))
    wanted = {row.key for row in best.rows}
    alike = [
        part for part in parts if 2 * len(wanted & {row.key for row in part.rows}) > len(wanted) and part is not best
    ]
    result.columns, result.summed = best.columns, best.summed
    rows = [*best.rows, *(row for part in alike for row in part.rows if row.key in wanted)]
    totals = [_TOTAL.match(next(iter(row.cells.values()))) is not None for row in rows]
    result.rows = _merged(
        replace(row, not_counted="the total") if total else row for row, total in zip(rows, totals, strict=True)
    )
    if left := len(parts) - 1 - len(alike):
        result.remarks.append(f"{left} other {'table adds' if left == 1 else 'tables add'} up something of that name.")
    return result


# Values -----------------------------------------------------------------------------------------------------------


def sentence_of(
    document_id: int, document: Document, start: int, end: int, heading: tuple[int, int] | None = None
) -> Sentence:
    """A span of a document as a sentence; a table's row with its heading."""
    text = document.text[start:end]
    parts: tuple[tuple[int, int], ...] = ()
    if heading is not None:
        text, parts = f"{document.text[slice(*heading)]}\n{text}", (heading, (start, end))
    return Sentence(
        document_id, document.source, document.title, document.sha256, start, end, text,
        author=document.metadata.author, parts=parts,
    )  # fmt: skip


def _status(document: Document) -> str:
    return OF_STATUS.get(document.status.name, "") if document.status else ""


def _names_many(text: str, asked: Enumerated) -> bool:
    """Whether a caption or a title names several of what was asked for: "Payments received", not "Invoice 17", nor
    "Quotation for rails"."""
    named = _ABOUT.split(text, maxsplit=1)[0]
    words = [word.strip(".,:;()“”\"'") for word in re.split(r"[\s_/]+|(?<=[a-z])\.(?=\w{2,4}$)", named)]
    return any(
        word.lower().endswith(("s", "people", "staff")) and root(word) == root(asked.head)
        for word in words
        if len(word) > 3
    )


def _word(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(word.removesuffix(chr(39) + 's'))}(?![^\W_])", re.IGNORECASE)


def _is_empty(cell: str) -> bool:
    """Whether a cell says no or nothing.

    Example:
        >>> [_is_empty(one) for one in ("-", "", "0", "£0.00", "No", "8 June 2023", "16")]
        [True, True, True, True, True, False, False]
    """
    return _NOTHING.fullmatch(cell) is not None or (
        _ZERO.fullmatch(cell) is not None and not re.search(r"[a-z]{2}", cell, re.I)
    )


def _amount(cell: str, column: str) -> tuple[Decimal | None, str | None]:
    """The number of a cell and its currency, which may stand in the column's name."""
    match = _MONEY.search(cell)
    if match is None or not any(map(str.isdigit, match[0])):
        return None, None
    sign = (match["sign"] or match["after"] or "").strip()
    named = re.search(r"[$€£¥]|\b" + _CODES + r"\b", column)
    number = Decimal(re.sub(r"[^\d.]", "", match["n"]))
    currency = (sign or (named[0] if named else "")).upper() or None
    return (-number if match["minus"] else number), currency


def _read_dates(cells: Sequence[str]) -> dict[str, str]:
    """The dates among cells, in ISO 8601. 3/4/2024 is read if another of them says which is the month: 13/4/2024."""
    found: dict[str, str] = {}
    slashed = {cell: match for cell in cells if (match := _SLASHED.match(cell.strip()))}
    day_first = any(int(match[1]) > 12 for match in slashed.values())
    month_first = any(int(match[2]) > 12 for match in slashed.values())
    for cell in cells:
        written = cell.strip()
        parsed = values.parse_date(written) or next((_iso(day) for _, _, day in values.days(written)), None)
        match = slashed.get(cell)
        if match is not None and day_first != month_first:
            day, month = (int(match[1]), int(match[2])) if day_first else (int(match[2]), int(match[1]))
            parsed = f"{match[3]}-{month:02d}-{day:02d}"
        if parsed and len(written) < 40 and (match or not written.isdigit()):
            found[cell] = parsed
    return found


def _is_of(document: Document, asked: Enumerated) -> bool:
    """Whether a document is of the days that a question names, by its date or by what its head says."""
    said = [_iso(day) for _, _, day in values.days(f"{document.title}\n{document.text[:_HEAD]}")]
    if document.metadata.date:
        said.append(document.metadata.date[:10])
    return any((asked.since or "") <= day <= (asked.until or "9") for day in said)


def _iso(day: tuple[int, int, int]) -> str:
    return f"{day[0]:04}-{day[1]:02}-{day[2]:02}"


def _in_range(row: Found, asked: Enumerated) -> bool:
    """Whether a row's date and amount are in the bounds that the question sets; one without them is in none."""
    if (asked.since or asked.until) and (
        row.date is None
        or (asked.since is not None and row.date < asked.since[: len(row.date)])
        or (asked.until is not None and row.date > asked.until)
    ):
        return False
    if asked.least is None and asked.most is None:
        return True
    number = row.amount
    return (
        number is not None
        and (asked.least is None or number > asked.least)
        and (asked.most is None or number < asked.most)
    )
