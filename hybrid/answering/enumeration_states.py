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
from hybrid.answering.enumeration_terms import CLAUSE_END, STATES, Term, Words, denies, root, rooted, roots
from hybrid.answering.enumeration_text import is_done
from hybrid.answering.enumeration_values import plain_name
from hybrid.answering.evidence import Sentence, collapse
from hybrid.text import lexicon, quoted_mails, wordnet
from hybrid.types.documents import Document

MOST_ROWS, MOST_SENTENCES = 500, 2
"""Rows that are looked for elsewhere, and sentences that are quoted against one."""
_STATE_WORDS = 4
"""Words of a cell that says a state and nothing else: "paid in full"; not measured."""
SAYS_OTHERWISE = "another document says otherwise"
SAYS_PART = "another document says it of a part alone"

_HINDERS = rooted(
    """
    withhold withheld suspend suspended stop stopped hold held refuse refused decline declined delay delayed defer
    deferred postpone postponed block blocked halt halted cancel cancelled return returned reverse reversed bounce
    bounced refund refunded recall recalled dishonour dishonoured dishonor freeze froze frozen reject rejected await
    awaited owe owed miss missed fail failed cease ceased lack lacks prevent prevented
    """
)
"""Verbs of which the object was not done, or was undone: "withheld payment", "delivery has been stopped"."""
_LATE = rooted("overdue outstanding pending late lacking missing owing")
"""Behind "is" they say of an act that it was not done: "payment is overdue"."""
_BRINGS = rooted(
    """
    make made receive received give gave given grant granted obtain obtained get got effect effected complete completed
    confirm confirmed acknowledge acknowledged send sent reach reached arrive arrived come came go went gone clear
    cleared take took taken occur occurred happen happened
    """
)
"""Verbs by which an act comes about: "made payment", "delivery took place"."""
_UNWILLING = rooted("refuse refused decline declined fail failed forget forgot neglect neglected omit omitted unable")
_AUXILIARIES = lexicon.vocabulary("is are was were be been being remains remained has have had got became stays")
_SUBJECTS = lexicon.vocabulary("we i they you he she who it")
_NEAR, _BEHIND_AUXILIARY = 5, 3
"""Words between a verb and the act that it is of, and from an auxiliary to what it says; not measured."""
_YET = re.compile(r"\b(?:yet|still|remains?|remained|left) to be\b", re.IGNORECASE)
_NUMBER = r"(?:[£$€]\s?|[A-Z]{3} )?\d[\d,.]*"
_NAMED = r"(?:[\w'’-]+ ){0,4}?(?:[A-Za-z]+[\w/-]*\d|(?<= )(?<!of )\d)"
"""The thing by its identifier, which is no number directly behind "of": "half of 2024"."""
_PART = rf"""(?:half|halves|parts?|portions?|some|most|thirds?|quarters?|fifths?|tenths?|instalments?|installments?
    |{_NUMBER}\ ?(?:%|per\ ?cent)|two|three|four|five|six|seven|eight|nine|ten)"""
_OF_A_PART = re.compile(
    rf"""(?:\b{_PART}|(?<!\w){_NUMBER}\ ?(?:%|per\ ?cent))\ of\ {_NAMED.replace(" ", chr(92) + " ")}
    |\ball\ (?:but|except)\ \S+\ of\b
    |(?<!\w)[£$€]\s?\d[\d,.]*\ (?:of|towards?|off|on\ account)\ {_NAMED.replace(" ", chr(92) + " ")}
    |\binstal?lments?\ (?:of|on|for|towards?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PARTLY = r"(?:partly|partially|in part|half|part|partial)"


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
        """Whether a sentence says that a thing is done, or that it is not; ``None`` where it says neither: a noun
        for the act ("payment") says by itself nothing, and what keeps the act from being done that it is not."""
        said = roots(text)
        held = said & self.done
        if any(denies(text, stem) for stem in held):
            return False
        if held:
            of_clauses = [self._of_clause(clause) for clause in CLAUSE_END.split(text)]
            if False in of_clauses or _YET.search(text):
                return False
            if True in of_clauses:
                return True if is_done(text) else None
        open_ = said & self.not_done
        return False if open_ and not any(denies(text, stem) for stem in open_) else None

    def of_a_part(self, text: str) -> bool:
        """Whether what a sentence says is said of a part of the thing alone: "half of it was paid", "paid in part"."""
        words = lexicon.tokens(text)
        acts = "|".join({re.escape(word) for word in words if root(word) in self.done})
        partly = rf"\b{_PARTLY}[ -](?:{acts})\b|\b(?:{acts}) (?:only )?(?:in part|partly|partially|by half)\b"
        return _OF_A_PART.search(text) is not None or (bool(acts) and re.search(partly, text, re.I) is not None)

    def _of_clause(self, clause: str) -> bool | None:
        """What a clause says of an act that it names, by the verb that the act is the object or the subject of."""
        words = [word.lower() for word in lexicon.tokens(clause)]
        hinders = _HINDERS - self.done
        found: bool | None = None
        for at, word in enumerate(words):
            if root(word) not in self.done:
                continue
            before, behind = words[max(0, at - _NEAR) : at], words[at + 1 :]
            if not _is_act(word, behind):
                governed = _governing(before, hinders | _UNWILLING)
                if governed is not None and (before[-1] == "to" or word.endswith("ing")):
                    return False
                if before[-1:] == ["to"]:
                    continue
                if (
                    not wordnet.is_infinitive(word)
                    or wordnet.is_adverb(word)
                    or (before[-1:] and before[-1] in _SUBJECTS)
                ):
                    found = True
                continue
            verb = _governing(before, hinders | (_BRINGS - self.done)) or _said_of(behind, hinders)
            if verb is None:
                continue
            if verb in hinders or verb in _LATE:
                return False
            found = True
        return found


def _is_act(word: str, behind: Sequence[str]) -> bool:
    """Whether a word names an act as a noun: "payment", "the return of the loan"."""
    return (
        wordnet.is_noun(word)
        and not wordnet.is_adverb(word)
        and (not wordnet.is_infinitive(word) or behind[:1] in (["of"], ["for"]))
    )


def _governing(before: Sequence[str], verbs: Words) -> str | None:
    """The root of the last verb of these before an act, with nothing between that would make it another thing's:
    "received a demand for payment"."""
    for word in reversed(before):
        if root(word) in verbs and wordnet.verbal(word):
            return root(word)
        if word in _PREPOSITIONS:
            return None
    return None


_PREPOSITIONS = lexicon.vocabulary("for of by on in at with about and or after before")


def _said_of(behind: Sequence[str], hinders: Words) -> str | None:
    """The root of the first verb behind an act that says what became of it."""
    for at, word in enumerate(behind):
        stem, passive = root(word), not _AUXILIARIES.isdisjoint(behind[max(0, at - _BEHIND_AUXILIARY) : at])
        if stem in _BRINGS and (passive or wordnet.is_past(word)):
            return stem
        if (stem in hinders and (passive or word in ("bounced", "failed"))) or (stem in _LATE and passive):
            return stem
    return None


@dataclass(frozen=True)
class Otherwise:
    """What other documents say of one row: sentences, and whether one is of the ``whole`` thing and not of a part."""

    sentences: tuple[Sentence, ...]
    whole: bool


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
) -> dict[tuple[str, ...], Otherwise]:
    """By their keys the rows of which other sentences say otherwise, be it of a part alone.

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
    found: dict[tuple[str, ...], list[tuple[Sentence, bool]]] = {}
    for document_id, wanted in sorted(by_document.items()):
        for sentence, text in _with_state(document_id, catalog.document(document_id), state):
            if state.said_in(text) != (state.wanted != chosen):
                continue
            for row, identifier in wanted:
                if _names(asked, identifier, text) and len(found.get(row.key, ())) < MOST_SENTENCES:
                    found.setdefault(row.key, []).append((sentence, not state.of_a_part(text)))
    return {
        key: Otherwise(tuple(sentence for sentence, _ in said), any(whole for _, whole in said))
        for key, said in found.items()
    }


def marked(row: Found, said: Otherwise, *, chosen: bool = True) -> Found:
    """A row of which other documents say otherwise: it does not count, unless they say so of a part alone and the row
    is ``chosen`` by its table."""
    why = SAYS_OTHERWISE if said.whole else "" if chosen else SAYS_PART
    return replace(row, against=said.sentences, not_counted=row.not_counted or why)


def remark_on_parts(rows: Iterable[Found], said: Mapping[tuple[str, ...], Otherwise]) -> list[str]:
    """What is to be said of rows that count whole though another document says otherwise of a part."""
    named = [
        next((cell for cell in row.cells.values() if cell.casefold() == row.key[1].casefold()), row.key[1])
        for row in rows
        if row.key in said and not (said[row.key].whole or row.not_counted)
    ]
    if not named:
        return []
    return [f"Counted whole, though another document says otherwise of a part: {', '.join(named)}."]


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
