"""Versions of one document, executed, draft and superseded, and what other documents in force change of a term."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from hybrid.answering import amendments
from hybrid.answering.evidence import Sentence, Texts, collapse, gather
from hybrid.answering.quoted import BEFORE, MAIL, MOST_AGAINST, beginning, distinct, unnumbered
from hybrid.answering.selection import actuality, boilerplate, document_header
from hybrid.answering.verification.clauses import same_words
from hybrid.text.formatting import written_date
from hybrid.text.status_names import StatusName
from hybrid.text.values import DAY
from hybrid.types.answers import Hit
from hybrid.types.documents import Document
from hybrid.types.filters import Filter

VERSION = 0.4
"""Resemblance of two documents from which they count as versions of one: of the case file's agreement and its third
draft it is 0.69, of a mail and the reply that quotes it up to 0.75, which share no status."""
VERSION_BY_HEADING = 0.1
"""The same of two documents below the same heading, of which one is a draft; not measured."""
VERSION_HITS = 6
WITH_DRAFTS = 3
"""Quotes of executed documents beside which their drafts are looked for, a search each."""
SAME_WORDS = 0.8
"""Share of a sentence's words, in order, that another version's sentence has if it is the same provision."""
LESSER = 0.8
"""What a sentence of a draft, an unsigned or a superseded document loses, in log-odds; not measured."""
AMENDED = 4
"""Clauses, of those quoted first, of which changes are looked for, a search each. With 2 a term that a question with
two halves has third stood there as if nothing had changed it."""
_ASKS_FOR_DRAFT = re.compile(
    r"\b(?:draft\w*|unsigned|superseded|earlier version|propos\w+|options?|recommend\w*|asked|requests?|suggest\w*)\b",
    re.I,
)
_IN_FORCE = frozenset({"executed", "signed"})
_LETTER = re.compile(
    r"^\W*(?:Dear\b|To whom it may concern|Yours (?:faithfully|sincerely|truly)|Kind regards)", re.I | re.M
)
_LESSER: Mapping[StatusName, int] = {"draft": 2, "superseded": 2, "unsigned": 1}


class Searches(Protocol):
    """The part of a searcher that is needed here."""

    def search(self, question: str, k: int = 10, where: Filter | None = None, *, exact_first: bool = True) -> list[Hit]:
        """The ``k`` best spans for a text, of the documents that ``where`` lets through; with ``exact_first`` those
        before all others that hold its exact terms."""


class Versions(Texts, Protocol):
    """The part of a catalog that is needed here."""

    def near_copies(self, document_id: int, least: float) -> Mapping[int, float]:
        """The documents whose texts resemble a document's, by id, the most alike first."""


class DocumentVersions:
    """The versions of documents.

    Args:
        texts: the documents.
        searcher: finds other versions of a sentence, and what amends it.
        allowed: the documents that may be quoted.
        note: is told what a reader should know.
    """

    def __init__(
        self, texts: Versions, searcher: Searches, allowed: Container[int], note: Callable[[str], None]
    ) -> None:
        self._texts, self._searcher, self._allowed, self._note = texts, searcher, allowed, note

    def document(self, one: Sentence) -> Document:
        """The document that a sentence stands in."""
        return self._texts.document(one.document_id)

    def is_executed(self, one: Sentence) -> bool:
        """Whether a sentence is of an executed document."""
        status = self.document(one).status
        return status is not None and status.name == "executed"

    def lesser(self, question: str, one: Sentence) -> float:
        """What a sentence of a draft, an unsigned or a superseded document loses, in log-odds, where the question does
        not ask for that document."""
        status = self.document(one).status
        if status is None or status.name not in _LESSER or _ASKS_FOR_DRAFT.search(question):
            return 0.0
        return 0.0 if document_header.named(question, one.title) else LESSER

    def _is_term(self, one: Sentence) -> bool:
        """Whether a sentence is of a document that was signed, or of one that says nothing of that and is no mail or
        letter, which only speaks of a clause."""
        document = self.document(one)
        in_force = document.status is None or document.status.name in _IN_FORCE
        letter = document.media_type == MAIL or _LETTER.search(document.text) is not None
        return in_force and not one.is_row and not letter

    def _may_amend(self, other: Sentence) -> bool:
        """Whether a document changes others: by an executed one, or one in force that is called an amendment."""
        return self.is_executed(other) or (
            self._is_term(other) and amendments.title_of(self.document(other).text) is not None
        )

    def executed_first(self, sentences: Sequence[Sentence]) -> list[Sentence]:
        """The sentences, each of a draft or a superseded document behind the executed one's that says the same; where
        the words are the same, that one alone, and a note."""
        made: list[Sentence] = []
        for at, one in enumerate(sentences):
            final, other = self._final_version(one), one
            if final is None:
                made.append(one)
                draft = self._draft_of(one) if at < WITH_DRAFTS else None
                if draft is None:
                    continue
                final, other = one, draft
            made.append(final)
            one, status = other, self.document(other).status
            if boilerplate.words_of(unnumbered(final.text)) == boilerplate.words_of(unnumbered(one.text)):
                name = status.name if status else "version"
                self._note(f"The {name} {one.source} has the same words as “{beginning(final.text)}”.")
            else:
                made.append(one)
        return list({one.key: one for one in made}.values())

    def _final_version(self, one: Sentence) -> Sentence | None:
        """The same provision in the executed version of a draft, if there is one."""
        status = self.document(one).status
        if status is None or status.name not in _LESSER:
            return None
        for document_id in self.of(one.document_id):
            if document_id not in self._allowed:
                continue
            document = self._texts.document(document_id)
            other = document.status
            if (other is None or _LESSER.get(other.name, 0) < _LESSER[status.name]) and document.media_type != MAIL:
                same = self._same_provision(one, document, document_id)
                if same is not None:
                    return same
        return None

    def _draft_of(self, one: Sentence) -> Sentence | None:
        """The same provision in a draft of an executed document, if there is one."""
        status = self.document(one).status
        if status is None or status.name != "executed":
            return None
        for document_id in self.of(one.document_id):
            document = self._texts.document(document_id)
            if document_id in self._allowed and document.status is not None and document.status.name in _LESSER:
                return self._same_provision(one, document, document_id)
        return None

    def of(self, document_id: int) -> list[int]:
        """The documents that resemble one so much that they are versions of it, the most alike first; of a short one
        also those below the same heading of which only one is a draft: its changes are much of its text."""
        document = self._texts.document(document_id)
        status, heading = document.status, heading_of(document.text)
        found = []
        for other_id, alike in self._texts.near_copies(document_id, VERSION_BY_HEADING).items():
            other = self._texts.document(other_id)
            lesser = {one.name in _LESSER if one else False for one in (status, other.status)}
            same = len(lesser) == 2 and heading is not None and heading == heading_of(other.text)
            if alike >= VERSION or (same and MAIL not in (document.media_type, other.media_type)):
                found.append(other_id)
        return found

    def _same_provision(self, one: Sentence, document: Document, document_id: int) -> Sentence | None:
        hits = self._searcher.search(collapse(one.text), VERSION_HITS, Filter(sources=document.source))
        found = gather(self._texts, [hit for hit in hits if hit.document_id == document_id])
        plain = _without_values(one.text)
        best = max(found, key=lambda other: same_words(plain, _without_values(other.text)), default=None)
        if best is None or same_words(plain, _without_values(best.text)) < SAME_WORDS:
            return None
        return replace(best, rank=one.rank, similarity=one.similarity)

    def amendments(
        self, question: str, sentences: Sequence[Sentence]
    ) -> tuple[dict[tuple[int, int, int], tuple[Sentence, ...]], list[Sentence]]:
        """What other documents in force say of changes of the clauses that are quoted first: by quote what replaces its
        words, and what only speaks of a change of it."""
        replaced: dict[tuple[int, int, int], tuple[Sentence, ...]] = {}
        others: list[Sentence] = []
        terms = [one for one in sentences if self._is_term(one)][:AMENDED]
        for at, one in enumerate(terms if not actuality.asks_what_happened(question) else ()):
            text = self._texts.text(one.document_id)
            clause = amendments.clause_at(text, one.start)
            if clause is None:
                continue
            place = amendments.sentence_of_clause(text, one.start)
            hits = self._searcher.search(f"clause {clause} is amended, replaced, becomes, is not changed", 10)
            found = [
                other
                for other in gather(self._texts, [hit for hit in hits if hit.document_id in self._allowed])
                if other.document_id != one.document_id
                and self._may_amend(other)
                and amendments.is_of(self.document(other).text, text, self.document(other).date)
                and amendments.mentions(collapse(other.text), clause)
                and (self.document(other).date or "9") >= (self.document(one).date or "")
                and amendments.reaches(collapse(other.text), collapse(one.text), *place)
            ]
            changing = [other for other in found if amendments.replaces(collapse(other.text), clause)]
            if changing:
                replaced[one.key] = tuple(distinct(changing)[:MOST_AGAINST])
            elif at == 0:
                others = distinct(found)[:MOST_AGAINST]
        return replaced, others

    def how_changed(
        self,
        changed: Mapping[tuple[int, int, int], tuple[Sentence, ...]],
        amended: Mapping[tuple[int, int, int], tuple[Sentence, ...]],
        one: Sentence,
    ) -> str:
        """What stands beside a quote whose value or words were changed, by which document; else nothing."""
        if one.key in amended:
            by = self.document(amended[one.key][0])
            named = by.metadata.title or amendments.title_of(by.text)
            if named is None and by.date and _LETTER.search(by.text):
                named = f"the letter of {written_date(by.date)}"
            named = named or (heading_of(by.text) or by.title).capitalize()
            return amendments.qualification(named)
        return "changed later" if one.key in changed else ""


def heading_of(text: str) -> str | None:
    """The heading of a document without what says of which version it is; ``None`` where its first lines have none.

    Example:
        >>> heading_of("DRAFT 2 - 3 May 2022\\n\\nLEASE OF THE MILL\\n\\nThe rent is due in May.")
        'lease of the mill'
    """
    lines = [collapse(line) for line in text[:BEFORE].splitlines() if line.strip()][:_HEADING_LINES]
    for line in lines:
        plain = " ".join(_OF_VERSION.sub(" ", line).split()).strip(" -–—:,.()").casefold()
        if len(re.findall(r"[^\W\d_]{3,}", plain)) > 1 and line[-1] not in ".;,":
            return plain
    return None


_HEADING_LINES = 4
_OF_VERSION = re.compile(
    r"\b(?:(?:first|second|third|final|signed|executed|unsigned) )?(?:draft|version|copy|revision)\b"
    r"(?: (?:no\.? ?)?\d+)?"
    rf"|\b(?:signed|executed|unsigned|superseded|of|dated)\b(?= {DAY}|$)|{DAY}",
    re.IGNORECASE,
)


def _without_values(text: str) -> str:
    """A provision's words, every number the same: versions differ in these."""
    return re.sub(r"\d[\d,.]*\d|\d", "0", collapse(unnumbered(text)))
