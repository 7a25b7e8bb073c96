"""Whether the dates that documents give of one thing agree: of an invoice and of the delivery that it bills.

The question names a document by its identifier and what happened on the day ("the arrival day on bill B-12"). What that
document says of the day is set beside what others say of it which have its identifier, or one that it names itself: its
order, its delivery note. All of them are quoted, and those that give another day are marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hybrid.answering import premises
from hybrid.answering.correspondence import Catalog, Found
from hybrid.answering.enumeration_documents import clauses, is_of_another, is_to_come, says_act
from hybrid.answering.enumeration_rows import HEAD, sentence_of
from hybrid.answering.enumeration_tables import reader_of
from hybrid.answering.enumeration_terms import roots
from hybrid.answering.enumeration_values import iso
from hybrid.answering.evidence import Sentence, collapse
from hybrid.text import lexicon, values, wordnet
from hybrid.text.formatting import written_date
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

_AGREES = re.compile(
    r"\b(?:agrees?|match(?:es)?|tall(?:y|ies)|squares? with|consistent|the same|correspond(?:s)?|differs?|conflicts?"
    r"|accords?|lines? up|fits? with|borne out|bears? out|contradict(?:s|ed)?|disagree(?:s)?|right|correct)\b",
    re.IGNORECASE,
)
_OF_DAY = re.compile(
    r"\b(?P<before>[a-z-]+)\s+(?:date|day)\b|\b(?:date|day)\s+(?:of|for)\s+(?:the\s+|its\s+)?(?P<behind>[a-z-]+)"
    r"|\b(?:date|day)\s+(?:on which\s+)?(?:it|they)\s+(?:was|were)?\s*(?P<clause>[a-z-]+)",
    re.IGNORECASE,
)
_NO_ACT = lexicon.vocabulary("the a an this that same right correct what which its our their his her given stated")
MOST = 8
"""Places that are quoted; not measured."""


@dataclass(frozen=True)
class Asked:
    """The identifier of the document that a question is about, and by what noun it names the act of the day."""

    identifier: str
    act: str


def read(question: str) -> Asked | None:
    """Of which document a question asks whether the day of an act agrees with what others say; ``None`` for another
    question.

    Example:
        >>> read("Does the arrival date on bill B-12 agree with the gate log?")
        Asked(identifier='B-12', act='arrival')
    """
    named = [token for token in lexicon.tokens(question) if _is_identifier(token)]
    if len(named) != 1 or not _AGREES.search(question):
        return None
    for match in _OF_DAY.finditer(question):
        act = next(one for one in match.groups() if one).lower()
        if act not in _NO_ACT and act not in lexicon.STOPWORDS and wordnet.senses(act):
            return Asked(named[0], act)
    return None


def _is_identifier(token: str) -> bool:
    return re.fullmatch(r"[A-Z][A-Za-z]*[-/]?\d[\w/-]*(?:-\w+)*|[A-Z]+(?:[-/]\w+)*[-/]\d[\w/-]*", token) is not None


@dataclass(frozen=True)
class _Given:
    """A day that a document gives, and where: 0 in a document that is named by the thing's identifier, 1 in a row of a
    table, 2 in a sentence."""

    day: str
    sentence: Sentence
    place: int


def find(asked: Asked, catalog: Catalog, where: Filter | None) -> Found | None:
    """What the document that is asked about says of the day, and what others do; ``None`` where either is silent."""
    allowed = set(catalog.matching(where or Filter()))
    words = catalog.words()
    having = sorted(premises.holding(asked.identifier, words) & allowed)
    own = next((one for one in having if _has(catalog.document(one).title, asked.identifier)), None)
    if own is None:
        return None
    document = catalog.document(own)
    given = [_Given(day, one, 0) for day, one in _said(own, document, asked.act)]
    if not given:
        return None
    linked = [asked.identifier, *_linked(document, asked.identifier)]
    held = [premises.holding(one, words) & allowed for one in linked]
    others: list[_Given] = []
    for one in sorted(set().union(*held) - {own}):
        if (other := catalog.document(one)).status is None or other.status.name == "executed":
            others += _of_thing(one, other, linked, asked)
    if not others:
        return None
    first = given[0]
    others = _distinct(sorted(others, key=lambda one: (one.place, one.day == first.day)))[: MOST - 1]
    against = [one.sentence for one in others if one.day != first.day]
    sentences = [first.sentence, *(one.sentence for one in others)]
    found = Found(sentences, notes=[_note(first, others)])
    if against:
        found.against = {first.sentence.key: tuple(against)} | {one.key: (first.sentence,) for one in against}
    return found


def _has(text: str, identifier: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(identifier)}(?![\w-])", text) is not None


def _linked(document: Document, identifier: str) -> list[str]:
    """The identifiers that a document gives outside its tables beside its own."""
    found = (token for clause in clauses(document) for token in lexicon.tokens(clause) if _is_identifier(token))
    return [one for one in dict.fromkeys(found) if one != identifier and one[0].isupper()]


def _said(document_id: int, document: Document, act: str) -> Iterator[tuple[str, Sentence]]:
    """The days that a document's sentences give of an act."""
    for unit in document.layout.units:
        text = collapse(document.text[unit.start : unit.end])
        if unit.heading is not None or is_to_come(text):
            continue
        days = [iso(day) for start, _, day in values.days(text) if not is_of_another(text[:start])]
        if len(days) == 1 and says_act(act, text, roots(text)):
            yield days[0], sentence_of(document_id, document, unit.start, unit.end)


def _of_thing(document_id: int, document: Document, linked: Sequence[str], asked: Asked) -> Iterator[_Given]:
    """The days of an act that another document gives of the same thing: as a document of that name, by a row with its
    identifier, or in a sentence with it."""
    if any(_has(document.title, one) for one in linked[1:]):
        yield from (_Given(day, one, 0) for day, one in _said(document_id, document, asked.act))
        return
    for table in document.layout.tables:
        reader = reader_of(document, table)
        about = " ".join((*reader.names, reader.caption, document.title, document.text[:HEAD]))
        for row in reader.data:
            cells = [reader.cell(row, at) for at in range(len(reader.names))]
            if not any(cell in linked for cell in cells):
                continue
            dated = [at for at in range(len(cells)) if reader.day(row, at) and not is_to_come(reader.names[at])]
            named = [at for at in dated if says_act(asked.act, reader.names[at], roots(reader.names[at]))]
            said = " ".join(cells) if asked.identifier in cells else about
            alone = dated if len(dated) == 1 and says_act(asked.act, said, roots(said)) else []
            at = next(iter(named or alone), None)
            if at is not None and (day := reader.day(row, at)):
                yield _Given(day, sentence_of(document_id, document, row.start, row.end, table.heading), 1)
    for day, sentence in _said(document_id, document, asked.act):
        if any(_has(sentence.text, one) for one in linked):
            yield _Given(day, sentence, 2)


def _distinct(given: Sequence[_Given]) -> list[_Given]:
    """One of each document and day."""
    return list({(one.sentence.document_id, one.day): one for one in reversed(given)}.values())[::-1]


def _note(first: _Given, others: Sequence[_Given]) -> str:
    by_day: dict[str, list[str]] = {}
    for one in others:
        by_day.setdefault(one.day, []).append(one.sentence.title)
    said = [f"{written_date(day)} in {', '.join(dict.fromkeys(titles))}" for day, titles in by_day.items()]
    agree = "agree" if set(by_day) == {first.day} else "do not agree"
    return f"The dates {agree}: {written_date(first.day)} in {first.sentence.title}; {'; '.join(said)}."
