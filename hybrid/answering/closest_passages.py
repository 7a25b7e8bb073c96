"""The passages that are nearest to a question: a few sentences that follow one another, of each document the nearest.

A sentence by itself seldom says in a question's words what it answers: "She told me that all three were fine" stands
behind "I telephoned the buyer". Three sentences together do, and one passage of each document has what
everybody says of it. Of each document the windows of three sentences that are nearest by the mean of their sentences'
vectors, which the corpus has stored, are embedded; the nearest of them, with the rest of its paragraph as far as there
is room, is the passage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import digest, premises
from hybrid.answering.evidence import Encoder, Sentence, Texts, collapse
from hybrid.answering.quoted import roots_of, sentence_after, time_before
from hybrid.answering.selection import boilerplate
from hybrid.text import lexicon, speakers

WINDOW = 3
"""Sentences that are embedded together."""
DOCUMENTS, WINDOWS = 9, 3
"""Documents of which windows are embedded, and windows of each: bounds the time."""
WORDING = 0.4
"""What a window gains that holds all words of the question, by idf, beside its cosine."""
NEAREST, SHARE = 0.5, 0.5
"""A passage is near from this cosine with `WORDING`, and from this share of the nearest one's."""
FURTHER = 0.8
"""The share of the nearest passage's nearness from which a document has a further one."""
WORDS = 80
"""Words of a passage, from which no further sentence is added."""
ALONE = 0.3
"""The cosine from which a sentence of another document than the passages' stands beside them. It is no share of the
nearest one's, lest what a document orders could drive others out."""
RELEVANT = 0.4
"""The cosine from which a sentence of a passage is about the question, whatever its words."""
_FEWEST_WORDS = 3
_PARAGRAPH = re.compile(r"\n\s*\n|\n\W*(?:\d+(?:\.\d+)*[.)]?|\([a-z]+\)|[-*•#]+)\s")
_MARK = 8
"""Characters of a sentence in which its paragraph's number stands."""
_ADJACENT = 80
"""Characters between two sentences that follow one another: more is another hit's."""
_END = re.compile(r"[.!?…][\"”’'»)\]*]*$")
_REFERS = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|their|its|this|these|those|there|no|none|nobody|nothing|neither|both|so"
    r"|but|however|then|therefore|otherwise|such)\b"
    r"|^that\b|\b(?:of|to|for|from|about|with|by|after|before|like) that\b|\bthat(?:[.,;]|$| (?:is|was|has|had|did)\b)",
    re.IGNORECASE,
)
"""How a sentence goes on about one before it."""
_SAYS = re.compile(
    r"^(?:\W*(?:\d+\.\s+)?)?(?:I|[Ww]e|[Hh]e|[Ss]he|[Tt]hey|M[rs]s? [A-Z][\w'’-]+)(?: \w+){0,2}? "
    r"(?:said|told|asked|answered|replied|denied|agreed|refused|promised|confirmed|explained|admitted|insisted)\b"
)
_LOOKED_BACK = 2
"""Sentences before one to which it may refer; not varied."""
_POINTS_BACK = re.compile(r"^\W*(?:\d+\.\s+)?(?:he|she|it|they|this|that|these|those|both|then|so|but|and)\b", re.I)


@dataclass(frozen=True)
class Passage:
    """Sentences of one document that stand together, in its order, and how near to the question they are: their cosine,
    and what they gain by its words."""

    sentences: tuple[Sentence, ...]
    nearness: float


@dataclass(frozen=True)
class _Window:
    run: list[Sentence]
    at: int
    nearness: float

    @property
    def sentences(self) -> list[Sentence]:
        return self.run[self.at : self.at + WINDOW]

    @property
    def text(self) -> str:
        return collapse(" ".join(one.text for one in self.sentences))


def choose(
    question: str,
    vector: NDArray[np.float32],
    found: Sequence[Sentence],
    texts: Texts,
    encoder: Encoder,
    idf: Callable[[str], float],
    most: int,
    lesser: Callable[[Sentence], bool] = lambda _: False,
    of_one: int = 1,
    gives: Callable[[str], bool] = lambda _: False,
) -> list[Passage]:
    """Up to ``most`` passages near a question, the nearest first, of each document at most ``of_one``.

    Args:
        question: what is asked.
        vector: its embedding, float32 ``[dimension]``, of length 1.
        found: the sentences that a search found, with similarities and vectors.
        texts: the documents.
        encoder: embeds windows.
        idf: of the question's words.
        most: passages.
        lesser: whether a sentence is of a version that others stand before; such are left out where others are found.
        of_one: passages of one document; those after its first must be nearly as near as the nearest of all.
        gives: whether a text has a value of the kind that is asked for; a window's sentence that has one is shown.

    Example:
        >>> passages = choose(question, vector, sentences, catalog, embedder, idf, most=3)  # doctest: +SKIP
    """
    held = _Held(question, idf, gives)
    windows = list(_windows(found, vector, held))
    if not windows:
        return []
    vectors = encoder.encode([one.text for one in windows])
    nearness = [float(cosine) + held(one.text) for one, cosine in zip(windows, vectors @ vector, strict=True)]
    ranked = sorted(zip(nearness, windows, strict=True), key=lambda pair: -pair[0])
    ranked = [one for one in ranked if not lesser(one[1].run[0])] or ranked
    least = max(NEAREST, SHARE * ranked[0][0])
    taken: list[Passage] = []
    said: set[str] = set()
    for near, window in ranked:
        others = [one for one in taken if one.sentences[0].document_id == window.run[0].document_id]
        words = boilerplate.words_of(window.text)
        if near < least or len(taken) == most or words in said or len(others) == of_one:
            continue
        if others and near < FURTHER * ranked[0][0]:
            continue
        passage = held.relevant(_with_values(_whole(texts, window), window, gives))
        passage = [one for one in (time_before(texts, passage[0]), *passage) if one is not None]
        if any(one.key == other.key for one in passage for known in others for other in known.sentences):
            continue
        said.add(words)
        taken.append(Passage(tuple(passage), near))
    return taken


def giving(
    question: str,
    vector: NDArray[np.float32],
    found: Sequence[Sentence],
    gives: Callable[[str], bool],
    encoder: Encoder,
    idf: Callable[[str], float],
    most: int,
) -> list[Passage]:
    """Up to ``most`` sentences of those for which ``gives`` is true, each with the one before it where it refers back
    to that, the nearest first: by the window of a sentence and its neighbours, which say of what the value is.

    The other arguments are those of `choose`.

    Example:
        >>> passages = giving(question, vector, sentences, has_a_sum, embedder, idf, most=3)  # doctest: +SKIP
    """
    held, documents = _Held(question, idf), dict[int, list[Sentence]]()
    for one in found:
        documents.setdefault(one.document_id, []).append(one)
    near: list[tuple[float, _Window, int]] = []
    for run in (run for one in documents.values() for run in _runs(sorted(one, key=lambda one: one.start))):
        for at in (at for at, one in enumerate(run) if gives(one.text)):
            window = _Window(run, max(0, at - 1), 0.0)
            near.append((_mean(window.sentences, vector) + held(window.text), window, at))
    near = sorted(near, key=lambda one: -one[0])[:VALUES]
    if not near:
        return []
    cosines = encoder.encode([window.text for _, window, _ in near]) @ vector
    scored = sorted(
        (
            (float(cosine) + held(window.text), window, at)
            for cosine, (_, window, at) in zip(cosines, near, strict=True)
        ),
        key=lambda one: -one[0],
    )
    taken: list[Passage] = []
    said: set[str] = set()
    for nearness, window, at in scored:
        words = boilerplate.words_of(window.run[at].text)
        if len(taken) < most and nearness >= LEAST_OF_VALUE and words not in said:
            first = at - 1 if at and _POINTS_BACK.match(collapse(window.run[at].text)) else at
            taken.append(Passage(tuple(window.run[first : at + 1]), nearness))
            said.add(words)
    return taken


VALUES, LEAST_OF_VALUE = 24, 0.3
"""Windows of values that are embedded, and how near they are at least; not varied."""


def _mean(sentences: Sequence[Sentence], question: NDArray[np.float32]) -> float:
    """The cosine of the mean of some sentences' vectors to the question."""
    known = [one.vector for one in sentences if one.vector is not None]
    mean = np.sum(known, axis=0) if known else np.zeros_like(question)
    return float(mean @ question) / (float(np.linalg.norm(mean)) or 1.0)


def around(texts: Texts, one: Sentence) -> Passage:
    """The passage that a sentence stands in: it, and what follows it in its paragraph, as far as there is room.

    Example:
        >>> around(catalog, sentence).sentences[0] == sentence  # doctest: +SKIP
        True
    """
    taken = [one]
    while (after := sentence_after(texts, taken[-1])) is not None and _is_statement(after):
        between = texts.text(one.document_id, taken[-1].end, after.start + _MARK)
        if _PARAGRAPH.search(between) or _words([*taken, after]) > WORDS:
            break
        taken.append(after)
    return Passage(tuple(taken), 0.0)


def nearness(question: str, one: Sentence, idf: Callable[[str], float]) -> float:
    """How near a sentence is to a question by itself, on the scale of `Passage.nearness`."""
    return one.similarity + _Held(question, idf)(one.text)


class _Held:
    """What a text gains by the words of a question that it holds."""

    def __init__(
        self, question: str, idf: Callable[[str], float], gives: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.question, self._gives = question, gives
        self._weights = {next(iter(roots_of(stem)), stem): idf(stem) for stem in lexicon.content_words(question)}
        self._total = sum(self._weights.values()) or 1.0

    def __call__(self, text: str) -> float:
        roots = roots_of(text)
        return WORDING * sum(weight for root, weight in self._weights.items() if root in roots) / self._total

    def relevant(self, passage: Sequence[Sentence]) -> list[Sentence]:
        """The sentences of a passage that are about the question: those with one of its words, those near it by
        themselves, those with a value of the kind that is asked for, those that go on about one of these by a pronoun
        or one of its words, and what is said in a talk that one of them tells of."""
        found = [self._is_about(one) for one in passage]
        for at, one in enumerate(passage):
            text, before = collapse(one.text), [other for other in range(max(0, at - _LOOKED_BACK), at) if found[other]]
            refers = bool(before) and _REFERS.search(text) is not None
            shares = any(roots_of(passage[other].text) & roots_of(text) for other in before if other == at - 1)
            says = any(found[:at]) and _SAYS.search(text) is not None
            found[at] = found[at] or ((refers or shares or says) and not digest.is_of_another(self.question, text))
        return [one for one, kept in zip(passage, found, strict=True) if kept] or list(passage)

    def _is_about(self, one: Sentence) -> bool:
        if digest.is_of_another(self.question, one.text):
            return False
        near = bool(self._weights.keys() & roots_of(one.text)) or one.similarity >= RELEVANT
        return near or self._gives(one.text)


def _windows(found: Sequence[Sentence], question: NDArray[np.float32], held: _Held) -> Iterator[_Window]:
    """The best windows of the best documents, by the mean of their sentences' vectors and their words."""
    by_document: dict[int, list[Sentence]] = {}
    for one in (one for one in found if _is_statement(one, held.question)):
        by_document.setdefault(one.document_id, []).append(one)
    best = []
    for sentences in by_document.values():
        made = []
        for run in _runs(sorted(sentences, key=lambda one: one.start)):
            for at in range(max(1, len(run) - WINDOW + 1)):
                window = _Window(run, at, 0.0)
                made.append(_Window(run, at, _mean(window.sentences, question) + held(window.text)))
        best.append(sorted(made, key=lambda one: -one.nearness)[:WINDOWS])
    for windows in sorted(filter(None, best), key=lambda windows: -windows[0].nearness)[:DOCUMENTS]:
        yield from windows


def _is_statement(one: Sentence, question: str = "") -> bool:
    text = collapse(one.text)
    whole = not one.is_row and len(text.split()) >= _FEWEST_WORDS and _END.search(text) is not None
    if not whole or boilerplate.is_bare_line(text.rstrip(".")):
        return False
    return boilerplate.is_statement("", text) and not boilerplate.is_form(question, text)


def _runs(ordered: Iterable[Sentence]) -> Iterator[list[Sentence]]:
    """The sentences of one document, in its order, in groups that follow one another."""
    run: list[Sentence] = []
    for one in ordered:
        if run and (one.start - run[-1].end > _ADJACENT or one.quoted != run[-1].quoted):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _whole(texts: Texts, window: _Window) -> list[Sentence]:
    """The paragraph of a window's nearest sentence; of a long one the window's part, from the sentence that it refers
    back to, and what follows."""
    text, run = texts.text(window.run[0].document_id), window.run

    def divided(one: Sentence, other: Sentence) -> bool:
        return _PARAGRAPH.search(text[one.end : other.start + _MARK]) is not None

    inside = range(window.at, min(window.at + WINDOW, len(run)))
    nearest = first = last = max(inside, key=lambda at: run[at].similarity)
    while first and not divided(run[first - 1], run[first]):
        first -= 1
    while last + 1 < len(run) and not divided(run[last], run[last + 1]):
        last += 1
    taken = run[first : last + 1]
    if last + 1 == len(run):  # a hit's end may stand within the paragraph
        while (after := sentence_after(texts, taken[-1])) is not None and _is_statement(after):
            if divided(taken[-1], after) or _words([*taken, after]) > 2 * WORDS:
                break
            taken.append(after)
    if _words(taken) <= WORDS:
        return taken
    centre = nearest - first
    begin = max(0, window.at - first)
    while begin and _POINTS_BACK.match(collapse(taken[begin].text)) and window.at - first - begin < _LOOKED_BACK:
        begin -= 1
    while begin < centre and _words(taken[begin : centre + 1]) > WORDS:  # the nearest sentence stays
        begin += 1
    end = centre + 1
    while end < len(taken) and _words(taken[begin : end + 1]) <= WORDS:
        end += 1
    return taken[begin:end]


def _with_values(passage: list[Sentence], window: _Window, gives: Callable[[str], bool]) -> list[Sentence]:
    """A passage, and beside it those sentences of its window, of other paragraphs, that give the value asked for: "The
    price is fixed at £90" stands in a clause before "It falls due as follows"."""
    known = {one.key for one in passage}
    beside = [one for one in window.sentences if one.key not in known and gives(one.text)]
    return sorted([*passage, *beside], key=lambda one: one.start)


def _words(sentences: Iterable[Sentence]) -> int:
    return sum(len(one.text.split()) for one in sentences)


def is_narrative(texts: Texts, passage: Passage) -> bool:
    """Whether a passage is of a transcript or of a long text that is no contract or letter: what is about one thing
    there stands in many places (`hybrid.answering.digest`)."""
    document = texts.document(passage.sentences[0].document_id)
    return bool(speakers.turns(document.text)) or (document.status is None and len(document.text) > LONG_CHARACTERS)


def of_the_named(question: str, passages: Sequence[Passage], texts: Texts) -> list[Passage]:
    """The passages of documents that have most of the names of a question, where one of them has any: what another mill
    cost is nothing of this one."""
    names = [name.lower() for name in premises.premises(question)]
    documents = [texts.document(one.sentences[0].document_id) for one in passages]
    said = [f"{one.title} {one.metadata.author or ''} {one.text}".lower() for one in documents]
    held = [sum(name in text for name in names) for text in said]
    most = max(held, default=0)
    return [one for one, count in zip(passages, held, strict=True) if 2 * count >= most]


def merged(passages: Sequence[Passage], chosen: Sequence[Sentence], words: int) -> list[Sentence]:
    """The sentences of some passages, and of others that were ``chosen`` those of the same documents and those that are
    near the question by themselves, as far as there is room for ``words``, document by document in the order of the
    passages, each in the order of its text. Without passages what was chosen stands."""
    taken: dict[tuple[int, int, int], Sentence] = {}
    documents = {passage.sentences[0].document_id for passage in passages}
    near = [one for one in chosen if one.similarity >= ALONE or not passages or one.document_id in documents]
    for one in (*(one for passage in passages for one in passage.sentences), *near):
        left = words - _words(taken.values())
        apart = all(one.end <= other.start or other.end <= one.start for other in _of(one, taken.values()))
        if apart and len(one.text.split()) <= left and not _repeats(one, taken.values()):
            taken[one.key] = one
    first = {one.document_id: at for at, one in reversed(list(enumerate(taken.values())))}
    return sorted(taken.values(), key=lambda one: (first[one.document_id], one.start))


def _of(one: Sentence, others: Iterable[Sentence]) -> list[Sentence]:
    return [other for other in others if other.document_id == one.document_id]


def _repeats(one: Sentence, others: Iterable[Sentence]) -> bool:
    """Whether two others have the same words but for numbers and names of days: "the sample was taken at 8.30 on
    Wednesday" in one note after the other. Of two such sentences each may be what contradicts the other."""
    words = _plain(one.text)
    return sum(_plain(other.text) == words for other in others) >= _TOLD_OTHERWISE


def _plain(text: str) -> str:
    return _CHANGING.sub(" ", boilerplate.words_of(text)).strip()


_TOLD_OTHERWISE = 2
_CHANGING = re.compile(r"\b(?:\d[\d.:,]*|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|\W+", re.IGNORECASE)
LONG_CHARACTERS = 20_000
"""Characters of a long text: about 200 sentences (`hybrid.answering.digest.LONG`)."""
