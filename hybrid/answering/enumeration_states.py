"""What other documents say of the rows of a table: that an invoice was paid which the table has as open.

A question for all that is paid, open, returned and the like is answered by the rows of tables. Where a sentence
elsewhere names a row by its identifier and says that it is not so, or not any more, the row is shown with that sentence
and is not counted: which of the two is right, the reader decides. Where a table says nothing of the state, a sentence
that says it of a row decides, and is quoted beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hybrid.answering.enumeration_question import Enumerated
from hybrid.answering.enumeration_rows import Found, sentence_of
from hybrid.answering.enumeration_terms import STATES, Term, Words, denies, root, roots
from hybrid.answering.enumeration_text import is_done
from hybrid.answering.enumeration_values import plain_name
from hybrid.answering.evidence import Sentence, collapse
from hybrid.text import lexicon, quoted_mails
from hybrid.types.documents import Document

MOST_ROWS, MOST_SENTENCES = 500, 2
"""Rows that are looked for elsewhere, and sentences that are quoted against one."""
_STATE_WORDS = 4
"""Words of a cell that says a state and nothing else: "paid in full"; not measured."""
SAYS_OTHERWISE = "another document says otherwise"


class Catalog(Protocol):
    """The part of a catalog that this needs."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""


@dataclass(frozen=True)
class State:
    """What is asked of each thing: whether it is so that it is ``done`` (paid, returned), or not; ``term`` says it."""

    done: Words
    not_done: Words
    wanted: bool
    term: Term

    def said_in(self, text: str) -> bool | None:
        """Whether a sentence says that a thing is done, or that it is not; ``None`` where it says neither."""
        said = roots(text)
        held = said & self.done
        if any(denies(text, stem) for stem in held):
            return False
        if held and is_done(text):
            return True
        open_ = said & self.not_done
        return False if open_ and not held and not any(denies(text, stem) for stem in open_) else None


def read(asked: Enumerated) -> State | None:
    """The state that a question asks for ("unpaid", "not returned"); ``None`` for another question.

    Example:
        >>> from hybrid.answering import enumeration_question
        >>> read(enumeration_question.read("Which invoices are unpaid?")).wanted
        False
    """
    for term in asked.terms:
        for done, not_done in STATES if not term.name and not term.is_phrase else ():
            if term.stem in done:
                return State(done, not_done, not term.negated, term)
            if root(term.word) in not_done:
                return State(done, not_done, term.negated and root(term.word) == term.stem, term)
    return None


def said_otherwise(
    catalog: Catalog, asked: Enumerated, state: State, rows: Iterable[Found], allowed: Iterable[int], *, chosen: bool
) -> dict[tuple[str, ...], tuple[Sentence, ...]]:
    """By their keys the rows of which other sentences say otherwise.

    Args:
        catalog: where the sentences are looked for.
        asked: the question.
        state: what it asks of each thing.
        rows: rows with an identifier; others are left out.
        allowed: the documents that may be quoted.
        chosen: whether these rows are in that state by their tables, or in the other.
    """
    named = [(row, row.key[1]) for row in rows if row.key[0] == "id"][:MOST_ROWS]
    words, permitted = catalog.words(), set(allowed)
    by_document: dict[int, list[tuple[Found, str]]] = {}
    for row, identifier in named:
        parts = [part for part in re.split(r"[\W_]+", identifier.lower()) if part]
        held = [set(words.get(part, ())) for part in parts] + [set(words.get(identifier.lower(), ()))]
        whole = set.intersection(*held[:-1]) | held[-1] if parts else set()
        for document_id in whole & permitted:
            by_document.setdefault(document_id, []).append((row, identifier))
    found: dict[tuple[str, ...], list[Sentence]] = {}
    for document_id, wanted in sorted(by_document.items()):
        for sentence, text in _with_state(document_id, catalog.document(document_id), state):
            if state.said_in(text) != (state.wanted != chosen):
                continue
            for row, identifier in wanted:
                if _names(asked, identifier, text) and len(found.get(row.key, ())) < MOST_SENTENCES:
                    found.setdefault(row.key, []).append(sentence)
    return {key: tuple(sentences) for key, sentences in found.items()}


def marked(row: Found, against: Sequence[Sentence]) -> Found:
    """A row of which other documents say otherwise."""
    return replace(row, against=tuple(against), not_counted=row.not_counted or SAYS_OTHERWISE)


def table_says(row: Found, state: State) -> bool:
    """Whether a row's table says something of the state: by the name of a column ("Paid on"), or in the row's cells."""
    said = roots(
        " ".join(
            [*map(plain_name, row.cells), *(cell for cell in row.cells.values() if len(cell.split()) <= _STATE_WORDS)]
        )
    )
    return bool(said & (state.done | state.not_done))


def confirmed(row: Found, said_by: Sequence[Sentence]) -> Found:
    """A row of which another document says what was asked for, and its own table nothing."""
    return replace(row, said_by=tuple(said_by))


def _with_state(document_id: int, document: Document, state: State) -> Iterator[tuple[Sentence, str]]:
    """The sentences outside tables that speak of the state."""
    for unit in document.layout.units:
        if unit.heading is not None or len(unit.parts) > 1:
            continue
        text = collapse(document.text[unit.start : unit.end])
        if roots(text) & (state.done | state.not_done):
            quoted = quoted_mails.at(document.text, unit.end - 1) is not None
            yield replace(sentence_of(document_id, document, unit.start, unit.end), quoted=quoted), text


def _names(asked: Enumerated, identifier: str, text: str) -> bool:
    """Whether a sentence names a thing by its identifier; by a number alone only behind its noun: "invoices 118 and
    121"."""
    whole = rf"(?<![\w-]){re.escape(identifier)}(?![\w-]|[.,]\d)"
    if not identifier.isdigit():
        return re.search(whole, text, re.IGNORECASE) is not None
    nouns = {word for word in lexicon.tokens(text) if word.isalpha() and root(word) in asked.stems | {root(asked.head)}}
    between = r"(?:\W{1,3}|\bno\b|\bnos\b|\bnumbers?\b|\band\b|\bor\b|\d+|\s)*?"
    return any(re.search(rf"\b{re.escape(noun)}\b{between}{whole}", text, re.IGNORECASE) for noun in nouns)
