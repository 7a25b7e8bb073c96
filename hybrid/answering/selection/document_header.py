"""Questions about a document itself (its name, parties, date), and documents that a question names by their title.

A search for "What is the name of the agreement?" finds the passages that say "agreement" and "name" most, and the
title holds neither. So such a question is given the header of the documents that were found, and the sentences there
are judged by their form. What is asked of a document that is named ("according to the statement of account") stands
there, often in a line that says little by itself ("Invoiced in all: £818.48"): the document is searched once more by
itself, and a sentence of it is read as if it said the title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from hybrid.text import lexicon
from hybrid.text.values import YEAR
from hybrid.types.answers import Hit

HeaderField = Literal["name", "parties", "date"]
CHARS = 1500
"""Characters of a document that count as its header: the first page of a contract, down to its recitals. Of CUAD's
development contracts .98 of the marked names, .97 of the parties and .83 of the dates begin in it; in 1,000 characters
.96, .95 and .82, in 2,500 .98, .98 and .85."""
HEADERS_READ = 3
"""Of how many documents, those of the best hits, the headers are read: as many as quotes are given
(``answer.max_quotes``)."""

_DOCUMENT = (
    r"(?:(?:the|this|that|each)\s+)?(?:\w+\s+){0,2}?(?:agreement|contract|document|lease|deed|licen[cs]e|amendment|policy"
    r"|letter|memorandum|addendum|statement|report|will|treaty|charter)s?\b"
)
_FIELDS: tuple[tuple[HeaderField, re.Pattern[str]], ...] = (
    ("name", re.compile(rf"\b(?:name|title)s?\s+of\s+{_DOCUMENT}\W*$|\bwhat is {_DOCUMENT}\s+called\b", re.I)),
    ("parties", re.compile(r"\bwho (?:are|were|is) (?:the |a )?part(?:ies|y)\b|\bwhich parties\b|\bparties (?:to|of) "
                           rf"{_DOCUMENT}|\b(?:between|by) whom\b", re.I)),
    ("date", re.compile(rf"\bdate\s+of\s+{_DOCUMENT}|\bwhen (?:was|is) {_DOCUMENT}\s+(?:\w+\s+)?(?:made|dated|signed"
                        r"|concluded|entered|executed|written)\b|\bagreement date\b", re.I)),
)  # fmt: skip
_DATED = re.compile(
    rf"\b(?:dated|made|entered|executed|effective|as\s+of|this)\b.{{0,80}}?{YEAR}", re.IGNORECASE | re.DOTALL
)
_BETWEEN = re.compile(r"\b(?:by\s+and\s+between|between|among|by\s+and\s+among)\b", re.IGNORECASE)
_DEFINED = re.compile(r"\(\s*(?:the\s+|each\s+|collectively|hereinafter|together)?.{0,40}?[\"“'‘][^\"”'’]{2,40}[\"”'’]")


def field_asked(question: str) -> HeaderField | None:
    """What the question asks about a document itself, if that is what it asks.

    Example:
        >>> field_asked("Who are the parties to the agreement?"), field_asked("Who pays the rent?")
        ('parties', None)
    """
    return next((name for name, pattern in _FIELDS if pattern.search(question)), None)


def headers(hits: Sequence[Hit]) -> list[Hit]:
    """The headers of the documents that the hits are in, the best first, as hits of their own."""
    documents = list({hit.document_id: hit for hit in hits}.values())[:HEADERS_READ]
    return [hit.model_copy(update={"start": 0, "end": CHARS}) for hit in documents]


def fit(wanted: HeaderField, text: str, start: int) -> float:
    """How well a sentence that starts at ``start`` of its document has the form of what is wanted, 0 to 1."""
    if start >= CHARS:
        return 0.0
    early = 1 - start / CHARS
    if wanted == "name":
        return early if is_title(text) else 0.0
    if wanted == "date":
        return 0.5 + early / 2 if _DATED.search(text) else 0.0
    between, defined = _BETWEEN.search(text) is not None, _DEFINED.search(text) is not None
    return (0.6 * between + 0.4 * defined) * (0.5 + early / 2)


def is_title(text: str) -> bool:
    """Whether the line reads as a title: short, its words capitalised, no full stop, no page or exhibit number."""
    found = text.split()
    long = [word for word in found if len(word) > 3 and word[0].isalpha()]
    titled = bool(long) and all(word[0].isupper() for word in long)
    numbered = re.match(r"\W*(?:exhibit|ex-?\s*\d|page|execution|confidential|source)\b", text, re.IGNORECASE)
    return titled and 1 < len(found) <= 16 and text.rstrip()[-1] not in ".;:," and numbered is None


def is_bare(text: str) -> bool:
    """Whether a line is a heading and says nothing by itself: a few words without a verb of their own behind a number,
    or all in capitals, or a title.

    Example:
        >>> is_bare("3. Spraying."), is_bare("3. He sprayed."), is_bare("2.1 Costs of the repair")
        (True, False, True)
    """
    plain = " ".join(text.split())
    words = re.findall(r"[^\W\d_]+", plain)
    if not words or len(words) > 6 or plain.endswith(("?", "!")) or "\n" in text.strip():
        return False
    numbered = re.match(r"\W*(?:\d{1,3}(?:\.\d{1,3})*[.)]?|[IVX]{1,5}[.)]|[A-Z][.)])\s+[A-Z]", plain) is not None
    says = any(
        word in lexicon.STOPWORDS - _BETWEEN_NOUNS or (word.endswith("ed") and len(word) > 4)
        for word in map(str.lower, words)
    )
    return not says and (numbered or plain.isupper() or is_title(plain))


_BETWEEN_NOUNS = lexicon.vocabulary("of the and for to in on a an by with or from")
"""Words that headings have, too; another one makes a sentence of a line."""
MIN_WORDS = 2
"""A title of one word ("Minutes", "Agreement") names a kind of document and not one."""
NAMED_DOCUMENTS = 3
"""Of how many documents that are named, those of the best hits, more is read: as many as quotes are given."""

_SUFFIX = re.compile(r"\.[a-z]{1,5}$", re.IGNORECASE)


def named(question: str, title: str) -> bool:
    """Whether the question holds all of a title: its words by their stems, its numbers, dates and identifiers.

    A file's name is a title without its suffix.

    Example:
        >>> named("How much is due according to the statement of account?", "Statement of account")
        True
        >>> named("When does the supply agreement end?", "supply-agreement.txt")
        True
        >>> named("How much is due on this account?", "Statement of account")
        False
    """
    words = _words(_SUFFIX.sub("", title))
    return len(words) >= MIN_WORDS and words <= _words(question)


def repeats_title(question: str, title: str, text: str) -> bool:
    """Whether a sentence says nothing but the title by which the question names its document.

    Example:
        >>> repeats_title("What is due by the statement of account?", "Statement of account", "Statement of account")
        True
    """
    words = set(lexicon.content_words(text))
    return words <= set(lexicon.content_words(title)) and not lexicon.facts(text).required and named(question, title)


def named_documents(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each document that the question names, of the first `NAMED_DOCUMENTS` of them."""
    best = {hit.document_id: hit for hit in reversed(hits)}
    first = dict.fromkeys(hit.document_id for hit in hits)
    return [best[document] for document in first if named(question, best[document].title)][:NAMED_DOCUMENTS]


def _words(text: str) -> set[str]:
    return {*lexicon.content_words(text), *lexicon.facts(text).required}
