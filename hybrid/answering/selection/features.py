"""What is known of a sentence as an answer to a question, as named numbers: what the ranker weighs.

Nothing here says how much a feature matters; `hybrid.answering.selection.ranker` has the weights, which were learned.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hybrid.answering.evidence import Sentence, collapse
from hybrid.answering.selection import boilerplate, document_header
from hybrid.stores.query import exact_terms
from hybrid.text import lexicon, values, wordnet

Idf = Callable[[str], float]

_ABSOLUTE = (
    "similarity",
    "similarity above mean",
    "heading similarity",
    "neighbours similarity",
    "passage similarity",
    "coverage",
    "coverage by synonyms",
    "coverage by senses",
    "coverage by heading",
    "coverage by neighbours",
    "coverage by passage",
    "density",
    "word pairs",
    "kind of value",
    "numbers and exact terms",
    "document header",
    "named document",
    "search rank",
    "length",
    "length squared",
    "short",
    "announces",
    "asks",
    "titled",
    "capitals",
    "modal",
    "modal asked",
    "denial",
    "denial asked",
    "value",
    "first person",
    "start of document",
)
_COMPARED = ("similarity", "coverage", "density", "neighbours similarity", "coverage by passage", "word pairs")
"""Features that count also in comparison with the other sentences that were found."""
_PRODUCTS = (("coverage", "similarity"), ("coverage", "modal"), ("similarity", "length"))
NAMES = (
    *_ABSOLUTE,
    *(f"{name} to the best" for name in _COMPARED),
    *(f"{one} x {other}" for one, other in _PRODUCTS),
)
"""The features, in the order of a row."""

# What these mark off is weighed by the ranker, whose weights are fitted to it; they were set by looking at contracts
# and mails, and not varied.
_HEADING_WORDS, _GAP = 8, 12  # the longest heading, in words, and white space under it, in characters
_ADJACENT = 80  # characters between a sentence and its neighbour: more is another paragraph's, or another hit's
_LONGEST = 60  # words that count as length

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
_DEFINITION = re.compile(r"\b(?:means?|defined as|refers? to|is an?|are)\b", re.I)
_KINDS: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...] = (
    (re.compile(r"\bhow (?:long|often|soon)\b|\b(?:duration|period|notice)\b", re.I), (_DURATION,)),
    (
        re.compile(
            r"\bhow (?:much|large|many (?:pounds|dollars|euros|per ?cent))\b"
            r"|\b(?:amount|price|cost|fee|percentage|rate|salary)s?\b",
            re.I,
        ),
        (_AMOUNT,),
    ),
    (re.compile(r"\bhow many\b|\bnumber of\b", re.I), (_COUNT,)),
    (re.compile(r"\bwhen\b|\bwhat (?:date|day|year|time)\b|\bdate\b|\bexpir", re.I), (_DATE, _DURATION)),
    (re.compile(r"\bwho(?:m|se)?\b|\bparties\b|\bsigned by\b", re.I), (_PERSON,)),
    (re.compile(r"\bwhere\b|\b(?:which|what) (?:state|country|city|court|place|law)", re.I), (_PLACE,)),
    (re.compile(r"\bwhat (?:is|are) (?:an? |the )?[\w\s\"“”'’-]{1,40}\?|\bdefin|\bmeans?\b", re.I), (_DEFINITION,)),
)  # fmt: skip

_MODAL = re.compile(r"\b(?:shall|must|may|will|agrees?|entitled|permitted|obligated|required|prohibited)\b", re.I)
_MODAL_ASKED = re.compile(
    r"\b(?:may|can|must|shall|required?s?|requirements?|allowed|permitted|entitled|rights?|obligations?|obliged|restrict\w*"
    r"|limit\w*|prohibit\w*|forbid\w*|consent|commitments?)\b",
    re.I,
)
_DENIAL_ASKED = re.compile(
    r"\b(?:not|never|without|restrict\w*|limit\w*|prohibit\w*|forbid\w*|refus\w*|den(?:y|ies|ied)|except\w*|may|can)\b",
    re.I,
)
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur|me|us)\b")
_LONG_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class _Known:
    """What is computed once for a sentence: the stems of its words, in order; these with the numbers and exact terms of
    the question that it holds; and the stems of its heading's and title's."""

    words: list[str]
    own: frozenset[str]
    heading: frozenset[str]
    titled: frozenset[str]


@dataclass(frozen=True)
class _Form:
    """What is known of a sentence whatever is asked: the features of these names."""

    length: float
    short: bool
    announces: bool
    asks: bool
    titled: bool
    capitals: float
    modal: bool
    denial: bool
    value: bool
    first_person: bool


@lru_cache(maxsize=lexicon.CACHED_TEXTS)
def _form(text: str) -> _Form:
    written = text.split()
    return _Form(
        length=math.log1p(min(len(written), _LONGEST)) / math.log1p(_LONGEST),
        short=len(written) < 4,
        announces=text.rstrip().endswith(":"),
        asks=text.rstrip().endswith("?"),
        titled=_is_titled(text, written),
        capitals=_share_of_capitals(text),
        modal=bool(_MODAL.search(text)),
        denial=lexicon.negations(text) > 0,
        value=any(pattern.search(text) for pattern in (_AMOUNT, _DATE, _DURATION)),
        first_person=bool(_FIRST_PERSON.search(text)),
    )


def matrix(question: str, found: Sequence[Sentence], idf: Idf) -> NDArray[np.float32]:
    """The features ``[len(found), len(NAMES)]`` of the sentences that were found for a question, with similarities.

    Example:
        >>> matrix("When does it end?", found, idf)[:, NAMES.index("kind of value")]  # doctest: +SKIP
        array([1., 0.], dtype=float32)
    """
    if not found:
        return np.zeros((0, len(NAMES)), np.float32)
    absolute = _absolute(question, found, idf)
    return np.concatenate([absolute, _compared(absolute)], axis=1)


def _compared(absolute: NDArray[np.float32]) -> NDArray[np.float32]:
    """What follows from the features that were measured, of all sentences together."""
    columns: list[NDArray[np.float32]] = []
    column_of = {name: absolute[:, at] for at, name in enumerate(_ABSOLUTE)}
    for name in _COMPARED:
        columns.append(column_of[name] / (column_of[name].max() + 1e-6))
    columns += [column_of[one] * column_of[other] for one, other in _PRODUCTS]
    return np.stack(columns, axis=1).astype(np.float32)


def _absolute(question: str, found: Sequence[Sentence], idf: Idf) -> NDArray[np.float32]:
    """The features ``[len(found), len(_ABSOLUTE)]`` that need no comparison."""
    asked = list(dict.fromkeys(lexicon.content_words(question)))
    pairs = set(itertools.pairwise(lexicon.content_words(question)))
    required, terms = _pointed(lexicon.facts(question).required), _terms(question)
    rarest = max(map(idf, asked), default=1.0)  # what a number or an exact term counts in coverage
    total = sum(map(idf, asked)) + rarest * len(required | terms) or 1.0
    wanted = document_header.field_asked(question)
    modal_asked, denial_asked = bool(_MODAL_ASKED.search(question)), bool(_DENIAL_ASKED.search(question))
    headings, neighbours = heading_of(found), _neighbours(found)
    named = {title for title in {one.title for one in found} if document_header.named(question, title)}
    known = {one.key: _known(one, headings.get(one.key), named, required, terms) for one in found}
    passage_similarity = _passage_similarity(found)
    around = context(question, found, idf)
    mean = float(np.mean([one.similarity for one in found]))

    meant = senses_asked(question)

    weight_of = {stem: idf(stem) for stem in asked}
    typical = sum(weight_of.values()) / max(len(weight_of), 1)  # of a phrasal verb, whose verb alone is in every text

    def covered_by_senses(own: frozenset[str], text: str) -> float:
        held = _senses_in(text)
        return sum(weight_of.get(stem, typical) for stem in meant if stem not in own and held & meant[stem]) / total

    def covered(words: frozenset[str]) -> float:
        return (sum(idf(stem) for stem in asked if stem in words) + rarest * len((required | terms) & words)) / total

    rows = []
    for one in found:
        here, text = known[one.key], one.text
        heading, near = headings.get(one.key), neighbours[one.key]
        own = here.own | here.titled
        coverage = covered(own)
        with_heading = covered(own | here.heading)
        beside = covered(own | here.heading | frozenset().union(*(known[other.key].own for other in near)))
        form = _form(text)
        rows.append(
            (
                one.similarity,
                one.similarity - mean,
                max(0.0, heading.similarity - one.similarity) if heading else 0.0,
                float(np.mean([other.similarity for other in near])) if near else one.similarity,
                passage_similarity[one.rank],
                coverage,
                covered(own | {other for stem in own for other in lexicon.SYNONYMS.get(stem, ())}) - coverage,
                covered_by_senses(own, text),
                with_heading - coverage,
                beside - with_heading,
                around[one.rank],
                coverage * len(asked) / (4 + len(here.words)),
                len(pairs & set(itertools.pairwise(here.words))) / len(pairs) if pairs else 0.0,
                holds_kind(question, text),
                len((required | terms) & own) / len(required | terms) if required | terms else 0.0,
                document_header.fit(wanted, text, one.start) if wanted is not None else 0.0,
                one.title in named,
                1 / (1 + one.rank),
                form.length,
                form.length * form.length,
                form.short or len(here.words) < 2,
                form.announces,
                form.asks,
                form.titled,
                form.capitals,
                form.modal,
                form.modal and modal_asked,
                form.denial,
                form.denial and denial_asked,
                form.value,
                form.first_person,
                one.start < document_header.CHARS,
            )
        )
    return np.array(rows, np.float32)


def senses_asked(question: str) -> dict[str, frozenset[int]]:
    """The senses of a question's content words, by their stems: those of WordNet, and of a verb also those that it has
    with a particle up to four words behind it ("give the claim up"). Verbs that mean little by themselves ("give") have
    only those.

    Example:
        >>> from hybrid.text import wordnet
        >>> bool(senses_asked("Did she give up the claim?")["give"] & wordnet.senses("waive"))
        True
    """
    words = [word.lower() for word in lexicon.tokens(question)]
    found: dict[str, frozenset[int]] = {}
    for at, word in enumerate(words):
        own = frozenset[int]() if word in lexicon.STOPWORDS | _LIGHT else wordnet.senses(word)
        meant = own | _senses_with_particle(word, words[at + 1 : at + 1 + _PARTICLE_WITHIN])
        for stem in (lexicon.content_words(word) or [lexicon.stem(word)]) if meant else ():
            found[stem] = found.get(stem, frozenset()) | meant
    return found


def _senses_with_particle(verb: str, behind: Sequence[str]) -> frozenset[int]:
    """The senses that a verb has with one of the particles among the words behind it."""
    phrases = [f"{lemma}_{one}" for one in behind if one in _PARTICLES for lemma in wordnet.lemmas(verb)]
    return frozenset().union(*(wordnet.senses(phrase) for phrase in phrases if wordnet.known(phrase)))


_LIGHT = lexicon.vocabulary(
    "put puts putting get gets got getting give gives gave given giving take takes took taken taking"
    " make makes made making go goes went gone going come comes came coming set sets setting keep keeps kept keeping"
)
"""Verbs that mean little by themselves, and in WordNet nearly everything."""
_PARTICLES = lexicon.vocabulary("off up out away over down in on back through")
_PARTICLE_WITHIN = 4


@lru_cache(maxsize=lexicon.CACHED_TEXTS)
def _senses_in(text: str) -> frozenset[int]:
    """All senses of a text's content words."""
    words = {word.lower() for word in lexicon.tokens(text)} - lexicon.STOPWORDS
    return frozenset().union(*(wordnet.senses(word) for word in words))


def _pointed(required: AbstractSet[str]) -> frozenset[str]:
    """The numbers and dates of a question but its years and months: those say when it happened, which the document's
    date says more often than the sentence that answers; a hundred sentences beside it have the year."""
    return frozenset(one for one in required if not (_YEAR.fullmatch(one) or _MONTH.fullmatch(one)))


def _terms(question: str) -> frozenset[str]:
    """The question's exact terms (`hybrid.stores.query.exact_terms`), marked as what no stem can be."""
    return frozenset(f"={collapse(term).casefold()}" for term in exact_terms(question))


def _held(text: str, required: frozenset[str], terms: frozenset[str]) -> frozenset[str]:
    """Which of the question's numbers, dates and exact terms a text holds."""
    plain = collapse(text).casefold() if terms else ""
    facts = _facts_held(text, required) if required else frozenset()
    return facts | {term for term in terms if term[1:] in plain}


def _facts_held(text: str, required: AbstractSet[str]) -> frozenset[str]:
    """Which of the numbers and dates a text holds; a day without a year is that day of the year that is asked for,
    unless the text names another year."""
    provided = lexicon.facts(text).provided
    held = frozenset(required & provided)
    if any(_YEAR.fullmatch(fact) for fact in provided):
        return held
    days = ((fact, _DAY.fullmatch(fact)) for fact in required - held)
    return held | {fact for fact, match in days if match and {f"month {int(match[1])}", str(int(match[2]))} <= provided}


_MONTH = re.compile(r"month \d+")
_YEAR, _DAY = re.compile(r"(?:19|20)\d\d"), re.compile(r"\d{4}-(\d\d)-(\d\d)")


def holds_exact_term(question: str, text: str) -> bool:
    """Whether a sentence holds one of the question's exact terms."""
    return bool(_held(text, frozenset(), _terms(question)))


def context(question: str, found: Sequence[Sentence], idf: Idf) -> dict[int, float]:
    """For each hit, by its rank, the share of the question's rare words and of its numbers that it holds,
    in its sentences or in its document's title. A number weighs as much as the rarest word."""
    asked, facts = set(lexicon.content_words(question)), _pointed(lexicon.facts(question).required)
    rarest = max(map(idf, asked), default=1.0)
    total = sum(map(idf, asked)) + rarest * len(facts)
    passages: dict[int, list[str]] = {}
    for sentence in found:
        passages.setdefault(sentence.rank, [sentence.title]).append(sentence.text)
    shares: dict[int, float] = {}
    for rank, texts in passages.items():
        passage = "\n".join(texts)
        covered = sum(idf(stem) for stem in asked & set(lexicon.content_words(passage)))
        covered += rarest * len(_facts_held(passage, facts)) if facts else 0.0
        shares[rank] = covered / total if total else 0.0
    return shares


def heading_of(found: Sequence[Sentence]) -> dict[tuple[int, int, int], Sentence]:
    """Which sentence stands right under which heading ("14. GOVERNING LAW."), by the key of the former."""
    ordered = sorted(found, key=lambda one: one.key)
    return {
        below.key: above
        for above, below in itertools.pairwise(ordered)
        if above.document_id == below.document_id
        and below.start - above.end <= _GAP
        and len(above.text.split()) <= _HEADING_WORDS
        and not above.is_row
        and not boilerplate.is_of_a_mail(above.text)
    }


def _known(
    one: Sentence, heading: Sentence | None, named: set[str], required: frozenset[str], terms: frozenset[str]
) -> _Known:
    words = lexicon.content_words(one.text)
    titled: set[str] = set()
    if one.title in named:  # what is asked of a document stands there without its name
        titled |= {*lexicon.content_words(one.title), *_held(one.title, required, terms)}
    if one.author and not one.quoted and _FIRST_PERSON.search(one.text):  # who says "I" is the document's author
        titled |= set(lexicon.content_words(one.author))
    over = frozenset(lexicon.content_words(heading.text)) if heading else frozenset()
    own = frozenset(words) | _held(one.text, required, terms)
    return _Known(words, own, over, frozenset(titled))


def _neighbours(found: Sequence[Sentence]) -> dict[tuple[int, int, int], list[Sentence]]:
    """The sentences right before and after each."""
    near: dict[tuple[int, int, int], list[Sentence]] = {one.key: [] for one in found}
    for before, after in itertools.pairwise(sorted(found, key=lambda one: one.key)):
        if before.document_id == after.document_id and after.start - before.end <= _ADJACENT:
            near[before.key].append(after)
            near[after.key].append(before)
    return near


def _passage_similarity(found: Sequence[Sentence]) -> dict[int, float]:
    """The mean similarity of each hit's sentences, by the hit's rank."""
    similarities: dict[int, list[float]] = {}
    for one in found:
        similarities.setdefault(one.rank, []).append(one.similarity)
    return {rank: float(np.mean(each)) for rank, each in similarities.items()}


def holds_kind(question: str, text: str) -> bool:
    """Whether a sentence holds the kind of value that the question asks for: an amount for "how much", a person for
    "who"."""
    for asks, holds in _KINDS:
        if asks.search(question):
            return any(pattern.search(text) for pattern in holds)
    return False


def _is_titled(text: str, written: Sequence[str]) -> bool:
    """Whether a short sentence has all its longer words capitalised, as headings have."""
    long = [word for word in _LONG_WORD.findall(text) if len(word) > 3]
    return len(written) < 9 and len(long) > 1 and all(word[0].isupper() for word in long)


def _share_of_capitals(text: str) -> float:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(map(str.isupper, letters)) / len(letters) if letters else 0.0
