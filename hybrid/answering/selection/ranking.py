"""Lookup: the sentences of the corpus that answer a question, word for word, the best first."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.selection import boilerplate, document_header
from hybrid.answering.selection.wording import is_worded
from hybrid.stores.query import exact_terms
from hybrid.text import lexicon, values

MIN_SHARE = 0.8
"""A quote's score is at least this share of the best one's; worse ones would only distract."""
_SIMILARITY, _COVERAGE, _CONTEXT = 0.6, 0.3, 0.2  # weights of the score's parts
_KIND, _EXACT, _NUMBERS = 0.12, 0.3, 0.15
_WORDED, _OPENING, _NAMED = 0.3, 1.0, 0.1
_HEADING = 0.9  # of a heading's similarity counts for the sentence under it
_HEADING_WORDS, _GAP = 8, 12  # the longest heading, in words, and white space under it, in characters

_NUMBER = (
    r"(?:\d[\d,.]*|(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|ninety)\b)"
)
_DURATION = re.compile(
    rf"{_NUMBER}\W{{1,3}}(?:\(?\d+\)?\W{{1,2}})?(?:business |calendar )?(?:day|week|month|year|hour|anniversar)", re.I
)
_DATE = re.compile(rf"{values.YEAR}|{values.MONTH_NAME}|\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}}\b", re.I)
_AMOUNT = re.compile(rf"[$€£]\s?\d|\d\s?%|{_NUMBER}\s(?:percent|per cent|dollars|euros|pounds|million|billion)", re.I)
_COUNT = re.compile(_NUMBER, re.I)
_PLACE = re.compile(
    r"\b(?:State|laws?|courts?|County|City|Province|Republic|located|at|in|of)\s+(?:the\s+)?(?:of\s+)?[A-Z][a-z]+"
)
_PERSON = re.compile(
    r"\b(?:Inc|LLC|Ltd|Corp|Company|GmbH|By:|Name:|Mr|Ms|Mrs|Dr)\b|\b[A-Z][a-z]+ (?:[A-Z]\. )?[A-Z][a-z]+\b"
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur|me|us)\b")
_LONG_WORD = re.compile(r"[^\W\d_]+")
_DEFINITION = re.compile(r"\b(?:means?|defined as|refers? to|is an?|are)\b", re.I)

_KINDS: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...] = (
    (re.compile(r"\bhow (?:long|often|soon)\b|\b(?:duration|period|notice)\b", re.I), (_DURATION,)),
    (re.compile(r"\bhow (?:much|large)\b|\b(?:amount|price|cost|fee|percentage|rate|salary)s?\b", re.I), (_AMOUNT,)),
    (re.compile(r"\bhow many\b|\bnumber of\b", re.I), (_COUNT,)),
    (re.compile(r"\bwhen\b|\bwhat (?:date|day|year|time)\b|\bdate\b|\bexpir", re.I), (_DATE, _DURATION)),
    (re.compile(r"\bwho(?:m|se)?\b|\bparties\b|\bsigned by\b", re.I), (_PERSON,)),
    (re.compile(r"\bwhere\b|\b(?:which|what) (?:state|country|city|court|place|law)", re.I), (_PLACE,)),
    (re.compile(r"\bwhat (?:is|are) (?:an? |the )?[\w\s\"“”'’-]{1,40}\?|\bdefin|\bmeans?\b", re.I), (_DEFINITION,)),
)  # fmt: skip


@dataclass(frozen=True)
class Quote:
    """A sentence and how well it answers, about 0 to 1.5."""

    sentence: Sentence
    score: float


def choose(
    question: str, found: Sequence[Sentence], idf: Callable[[str], float], count: int, least: float = MIN_SHARE
) -> list[Quote]:
    """Up to ``count`` sentences that answer ``question``, the best first, no two that say the same, none with less
    than the share ``least`` of the best one's score.

    Scored by similarity to the question, share of its rare words, whether the sentence holds what the
    question asks for word for word, whether it holds the kind of thing asked for (a date for "when") or is worded as
    documents word it, whether it stands where documents name themselves if that is what is asked, whether the
    question names its document (`document_header`), and how much of the question the passage around it
    holds: many contracts say when they end, and the one that is asked about is named in another sentence. Who says
    "I" is the document's author. What is structure and no statement ranks behind, and what a reply quotes is quoted
    from the mail that said it (`hybrid.answering.selection.boilerplate`).
    """
    heading, around, said = _headings(found), context(question, found, idf), boilerplate.originals(found)
    scored = []
    for one in found:
        value = score(question, one, idf, heading.get(one.key)) + _CONTEXT * around[one.rank]
        scored.append(Quote(said.get(one.key, one), value * boilerplate.share(question, one.text)))
    ranked = sorted(scored, key=lambda quote: -quote.score)
    chosen: list[Quote] = []
    for quote in ranked:
        if len(chosen) == count or quote.score < least * ranked[0].score:
            break
        if not any(_same(quote.sentence, other.sentence) for other in chosen):
            chosen.append(quote)
    return chosen


def score(question: str, sentence: Sentence, idf: Callable[[str], float], heading: Sentence | None = None) -> float:
    """How well one sentence answers the question, read below the heading that stands over it, if any."""
    asked = set(lexicon.content_words(question))
    words = lexicon.content_words(sentence.text)
    titled = set(words) | set(lexicon.content_words(heading.text)) if heading else set(words)
    if sentence.author and not sentence.quoted and _FIRST_PERSON.search(sentence.text):
        titled |= set(lexicon.content_words(sentence.author))
    named = document_header.named(question, sentence.title)
    title = set(lexicon.content_words(sentence.title)) if named else set()
    titled |= title
    total = sum(map(idf, asked))
    coverage = sum(idf(stem) for stem in asked if stem in titled) / total if total else 0.0
    similarity = max(sentence.similarity, _HEADING * heading.similarity if heading else 0.0)
    value = _SIMILARITY * similarity + _COVERAGE * coverage
    value += _KIND * _holds_kind(question, sentence.text) + _WORDED * is_worded(question, sentence.text)
    value += _NAMED * named
    wanted = document_header.field_asked(question)
    if wanted is not None:
        value += _OPENING * document_header.fit(wanted, sentence.text, sentence.start)
    if _holds_exact_match(question, sentence.text):
        return value + _EXACT
    value += _NUMBERS * _numbers_held(question, sentence.text)
    empty = _says_nothing(sentence.text, words) or (named and set(words) <= title)
    return value * (0.6 if wanted != "name" and empty else 1.0)


def context(question: str, found: Sequence[Sentence], idf: Callable[[str], float]) -> dict[int, float]:
    """For each hit, by its rank, the share of the question's rare words and of its numbers that it holds,
    in its sentences or in its document's title. A number weighs as much as the rarest word."""
    asked, facts = set(lexicon.content_words(question)), lexicon.facts(question).required
    rarest = max(map(idf, asked), default=1.0)
    total = sum(map(idf, asked)) + rarest * len(facts)
    passages: dict[int, list[str]] = {}
    for sentence in found:
        passages.setdefault(sentence.rank, [sentence.title]).append(sentence.text)
    shares: dict[int, float] = {}
    for rank, texts in passages.items():
        passage = "\n".join(texts)
        covered = sum(idf(stem) for stem in asked & set(lexicon.content_words(passage)))
        covered += rarest * len(facts & lexicon.facts(passage).provided)
        shares[rank] = covered / total if total else 0.0
    return shares


def _headings(found: Sequence[Sentence]) -> dict[tuple[int, int, int], Sentence]:
    """Which sentence stands right under which heading ("14. GOVERNING LAW.")."""
    ordered = sorted(found, key=lambda one: one.key)
    return {
        below.key: above
        for above, below in itertools.pairwise(ordered)
        if above.document_id == below.document_id
        and below.start - above.end <= _GAP
        and len(above.text.split()) <= _HEADING_WORDS
        and not boilerplate.is_of_a_mail(above.text)
    }


def _holds_kind(question: str, text: str) -> bool:
    for asks, holds in _KINDS:
        if asks.search(question):
            return any(pattern.search(text) for pattern in holds)
    return False


def _holds_exact_match(question: str, text: str) -> bool:
    """Whether the sentence holds one of the question's exact terms: a clause number counts with or without
    the word "clause" before it."""
    plain = collapse(text).casefold()
    return any(collapse(term).casefold() in plain for term in exact_terms(question))


def _numbers_held(question: str, text: str) -> float:
    """The share of the question's numbers and dates that the sentence holds."""
    needed = lexicon.facts(question).required
    return len(needed & lexicon.facts(text).provided) / len(needed) if needed else 0.0


def _says_nothing(text: str, words: Sequence[str]) -> bool:
    """Whether the sentence only announces others: a heading, a page number, a lead-in that ends in a colon."""
    written = text.split()
    if text.rstrip().endswith((":", "?")):
        return True
    if words and any(pattern.search(text) for pattern in (_AMOUNT, _DATE, _DURATION)):
        return False  # "Invoiced in all: £818.48." says it in one word
    if len(written) < 4 or len(words) < 2:
        return True
    if text.rstrip()[-1] in ".;!" and any(char.isdigit() for word in written[2:] for char in word):
        return False  # "Copyright (c) 2005, Acme Limited." is a statement; "Section 14. GOVERNING LAW." is not
    long = [word for word in _LONG_WORD.findall(text) if len(word) > 3]
    return len(written) < 9 and all(word[0].isupper() for word in long) and len(long) > 1


def _same(one: Sentence, other: Sentence) -> bool:
    return boilerplate.words_of(one.text) == boilerplate.words_of(other.text)
