"""From the rows that were found to claims, citations, sums that are checked, and what is to be said of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from hybrid.answering.composition import Composer
from hybrid.answering.enumeration import Result
from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import OF_ONE, OF_STATUS, Found, sentence_of
from hybrid.answering.enumeration_states import SAYS_OTHERWISE, SAYS_PART
from hybrid.answering.enumeration_values import plain_name, written
from hybrid.answering.evidence import Sentence, collapse
from hybrid.text.formatting import count
from hybrid.types.answers import Citation
from hybrid.types.documents import Document, Location
from hybrid.types.enumerations import EnumeratedRow, Enumeration, RowSpan
from hybrid.types.events import Event

_SAID_BESIDE = frozenset({*OF_STATUS.values(), SAYS_OTHERWISE, SAYS_PART})
"""Why rows are not counted that is said of them in another way."""
MOST_ROWS = 1000
"""Rows that an answer shows and cites. The others are counted and added all the same."""
_STATED, _STATED_QUOTED = 5, 2
_LEAST_STATED = 1000
"""A smaller sum without a currency stands in too many places to say anything."""


class Catalog(Protocol):
    """The part of a catalog that composing needs."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""

    def expect(self, document_ids: Sequence[int]) -> None:
        """Ask for what is known of documents together."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""


def compose(
    catalog: Catalog, composer: Composer, asked: Enumerated, result: Result, documents: Iterable[int]
) -> tuple[list[Event], Enumeration]:
    """The events of the rows, each a claim with its citation, below a line that counts them; and the enumeration.

    Args:
        catalog: where the rows stand.
        composer: takes the claims.
        asked: the question.
        result: the rows, at least one.
        documents: the ids of all documents that were looked through, in which a sum may be stated.
    """
    asked = result.asked or asked
    counted = [row for row, _ in result.rows if not row.not_counted]
    added = asked.kind != "count" and (asked.of_money or asked.made_up)
    sums = _sums(counted) if result.summed and added else {}
    shown = result.rows[:MOST_ROWS]
    stated = _stated(catalog, sums, result, documents) if sums else ()
    dated_by = _dated_by(result, counted, sums)
    lead = _lead(asked, len(shown), len(result.rows), len(counted), sums, result.summed, dated_by)
    events: list[Event] = []
    rows: list[EnumeratedRow] = []
    headings: set[tuple[int, int]] = set()
    for row, copies in shown:
        sentence = row.sentence
        heading = (sentence.document_id, sentence.parts[0][0]) if sentence.parts else None
        if heading is not None and heading in headings:
            sentence = sentence.split()[-1]
        elif heading is not None:
            headings.add(heading)
        named = f"{row.cells['Name']} – " if asked.labels and "Name" in row.cells else ""  # a line may name several
        events += composer.add_row(
            sentence, "" if row.not_counted in _SAID_BESIDE else row.not_counted, lead + named, row.against
        )
        lead = ""
        citation = composer.claims[-1].citations[-1]
        numbers = composer.claims[-1].contradicted_by
        for other in (*row.said_by, *row.against):
            events += composer.add_quote(other, attributed=True, group="rows")
        rows.append(
            EnumeratedRow(
                cells=_shown_cells(row, result.columns),
                citation=citation.number,
                span=_cited(citation),
                date=row.date,
                amount=row.amount,
                currency=row.currency,
                copies=tuple(_span(catalog, copy.sentence) for copy in copies),
                not_counted=row.not_counted,
                against=tuple(_said(one) for one in composer.citations if one.number in numbers),
                said_by=tuple(_said(one) for other in row.said_by for one in composer.cited(other)),
            )
        )
    known = {(one.sentence.document_id, one.sentence.start) for row, copies in shown for one in (row, *copies)}
    for sentence in _sentences(catalog, stated[:_STATED_QUOTED], documents):
        if (sentence.document_id, sentence.start) not in known:
            events += composer.add_row(sentence)
    enumeration = Enumeration(
        kind=asked.kind,
        what=asked.head,
        columns=result.columns,
        rows=tuple(rows),
        found=len(result.rows),
        count=len(counted),
        summed=result.summed if sums else "",
        dated_by=dated_by,
        sums=sums,
        stated=stated,
        remarks=(
            *([f"Several days may be meant; taken {dated_by}."] if dated_by else []),
            *result.cautions,
            *_no_sum(asked, result, sums),
            *_remarks(result, counted, sums, stated),
            *result.remarks,
        ),
    )
    return events, enumeration


def _sums(rows: Sequence[Found]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.amount is not None:
            sums[row.currency or ""] += row.amount
    return dict(sums)


def _shown_cells(row: Found, columns: Sequence[str]) -> tuple[str, ...]:
    """A row's cells below the columns that are shown; of a table that has none of these the whole row below the
    first."""
    cells = tuple(row.cells.get(name, "") for name in columns)
    return cells if any(cells) or not cells else (collapse(" ".join(row.cells.values())), *cells[1:])


def _dated_by(result: Result, counted: Sequence[Found], sums: dict[str, Decimal]) -> str:
    """By which day the rows were chosen and what it would be by another, where a table has several and the question
    does not say which is meant."""
    chosen = {one.key for one in counted}
    other = {name: [row for row in rows if not row.not_counted] for name, rows in result.by_other.items()}
    differing = {name: rows for name, rows in other.items() if {one.key for one in rows} != chosen}
    said = [
        f"by “{name}” {', '.join(written(amount, sign) for sign, amount in _sums(rows).items()) or 0}"
        if sums
        else f"by “{name}” {count(len(rows), 'row')}"
        for name, rows in differing.items()
    ]
    return f"by “{result.by}” ({'; '.join(said)})" if said else ""


def _lead(
    asked: Enumerated, shown: int, found: int, counted: int, sums: dict[str, Decimal], summed: str, dated_by: str
) -> str:
    """The line above the rows."""
    said = f"{shown:,} of {found:,} shown"
    if counted != found:
        said += f", {counted:,} of them counted"
    if sums:
        said += f"; sum of “{summed}”: {', '.join(written(amount, currency) for currency, amount in sums.items())}"
    said += f", {dated_by}" if dated_by else ""
    name = "Parts" if asked.made_up else f"{asked.head[:1].upper()}{asked.head[1:]}"
    return f"{name}: {said}.\n"


def _no_sum(asked: Enumerated, result: Result, sums: dict[str, Decimal]) -> list[str]:
    """Why a sum that was asked for could not be made."""
    if asked.kind != "sum" or asked.made_up or sums:
        return []
    if all(row.not_counted for row, _ in result.rows):
        return ["No sum was made: none of these rows is counted."]
    if result.summed:
        return [f"No sum was made: “{result.summed}” has no amount in the rows that are counted."]
    return ["No sum was made: no column of these rows has amounts that could be added."]


def _remarks(
    result: Result, counted: Sequence[Found], sums: dict[str, Decimal], stated: Sequence[RowSpan]
) -> list[str]:
    said = []
    without = sum(row.amount is None for row in counted)
    if sums and without:
        said.append(f"{count(without, 'row')} without an amount {'is' if without == 1 else 'are'} not in the sum.")
    if sums and stated:
        places = ", ".join(dict.fromkeys(f"{one.source}{f', page {one.page}' if one.page else ''}" for one in stated))
        said.append(f"The sum was computed from the rows, and is stated in {places}.")
    elif sums:
        said.append("The sum was computed from the rows; no document states it.")
    if sums and OF_ONE.search(plain_name(result.summed)):
        said.append(f"“{result.summed}” is for one each: its sum is no total of what they came to.")
    excluded = [row.not_counted for row, _ in result.rows if row.not_counted]
    for why in dict.fromkeys(excluded):
        said.append(f"Not counted: {count(excluded.count(why), 'row')}, {why}.")
    documents = count(result.documents, "document")
    said.append(
        f"Looked for in the tables, logs, lists, sentences and titles of {documents}; what is said in other words, or "
        "stands in an image, is not here: there may be more."
    )
    return said


def _stated(
    catalog: Catalog, sums: dict[str, Decimal], result: Result, documents: Iterable[int]
) -> tuple[RowSpan, ...]:
    """Where documents say the sums themselves, outside the rows that count."""
    wanted = [amount for currency, amount in sums.items() if currency or abs(amount) >= _LEAST_STATED]
    patterns = [_pattern(amount) for amount in wanted]
    words = catalog.words() if wanted else {}
    held = set().union(*(_with_amount(amount, words) for amount in wanted))
    counted = {
        (one.sentence.document_id, one.sentence.start)
        for row, copies in result.rows
        for one in (row, *copies)
        if not one.not_counted
    }
    found: list[RowSpan] = []
    for document_id in [one for one in documents if one in held]:
        text = catalog.document(document_id).text
        for pattern in patterns:
            for match in pattern.finditer(text):
                line = text.rfind("\n", 0, match.start()) + 1
                if any(place[0] == document_id and line <= place[1] <= match.start() for place in counted):
                    continue
                document = catalog.document(document_id)
                sentence = Sentence(
                    document_id, document.source, document.title, document.sha256, *match.span(), match[0]
                )
                found.append(_span(catalog, sentence))
        if len(found) >= _STATED:
            break
    return tuple(found[:_STATED])


def _sentences(catalog: Catalog, stated: Sequence[RowSpan], documents: Iterable[int]) -> list[Sentence]:
    """The sentences and rows that say a sum themselves."""
    wanted = {one.source: one for one in reversed(stated)}
    found = []
    catalog.expect(list(documents) if wanted else [])
    for document_id in documents if wanted else ():
        document = catalog.document(document_id)
        place = wanted.get(document.source)
        units = document.layout.overlapping(place.start, place.end) if place is not None else ()
        found += [sentence_of(document_id, document, unit.start, unit.end, unit.heading) for unit in units[:1]]
    return found


def _pattern(amount: Decimal) -> re.Pattern[str]:
    """The amount with and without separators, and without its cents where these are none."""
    plain = f"{amount:f}"
    whole, _, cents = plain.partition(".")
    grouped = ",?".join(_threes(whole))
    decimals = rf"(?:\.{cents})?" if not cents.strip("0") else rf"\.{cents}"
    return re.compile(rf"(?<![\d,.])(?<!\d[-/]){grouped}{decimals}(?![\d]|[-/.,]\d)")  # nor a part of a date


def _with_amount(amount: Decimal, words: Mapping[str, Sequence[int]]) -> set[int]:
    """The documents that may state an amount: those with its digits in one word, or with each group of three."""
    digits = f"{abs(amount):f}".partition(".")[0]
    groups = [set(words.get(group, ())) for group in _threes(digits)]
    joined = {one for word, held in words.items() if word.startswith(digits) for one in held}
    return joined | (set.intersection(*groups) if groups else set())


def _threes(digits: str) -> list[str]:
    first = len(digits) % 3
    return [part for part in [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))] if part]


def _span(catalog: Catalog, sentence: Sentence) -> RowSpan:
    """Where a row stands that is not cited; of a row under a heading the row alone."""
    document = catalog.document(sentence.document_id, sentence.source)
    return RowSpan(
        source=sentence.source,
        page=catalog.locate(sentence.document_id, sentence.start, sentence.end).page,
        start=sentence.start,
        end=sentence.end,
        quote=document.text[sentence.start : sentence.end],
        sha256=sentence.sha256,
        status=document.status.name if document.status else None,
    )


def _said(citation: Citation) -> RowSpan:
    """Where it stands that a row is otherwise, and who says it when."""
    known = {"citation": citation.number, "speaker": citation.speaker or citation.author, "date": citation.date}
    return _cited(citation).model_copy(update=known)


def _cited(citation: Citation) -> RowSpan:
    """Where a row stands that is cited."""
    return RowSpan(
        source=citation.source,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        sha256=citation.sha256,
        status=citation.status.name if citation.status else None,
    )
