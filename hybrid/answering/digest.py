"""A digest: sentences of the documents that together say what a question of comprehension is about.

The sentences are quoted whole and word for word. They are chosen by three things that are known of each:

- *relevance* to the question: cosine, shared words, and how much the passage around it is about the same. In a
  transcript the passages count most, because what is discussed for minutes is seldom named in the sentence itself.
- *substance*: whether it says what the whole keeps saying (phrases that recur), names who acts, and is a full sentence;
  in a narrative, speech in the first and second person says little outside its scene.
- *redundancy*: how many of its words a sentence says that was chosen before.

The weights were chosen on the 50 stories of SQuALITY's training set and on half of QMSum's validation meetings;
``python -m benchmarks.comprehension`` measures them on others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import continuations, premises
from hybrid.answering.enumeration_terms import root
from hybrid.answering.evidence import Encoder, Sentence, Texts, collapse, gather, with_similarity
from hybrid.answering.selection import actuality, boilerplate
from hybrid.text import lexicon, speakers, wordnet
from hybrid.text.values import DAY, MONTHS
from hybrid.types.answers import Hit

FEWEST, MOST = 5, 9
"""Sentences of a digest, as far as there are so many."""
MIN_WORDS = 8
"""Shorter sentences stand in only where there are not enough others: of 6, 8, 10 and 12 words as the least, 8 and 10
had the best ROUGE-2 on the stories."""
DOCUMENTS = 8
"""Documents quoted at most: more than nine sentences could not stand for each. Not measured: the development questions
are about one text each."""
MIN_SHARE = 0.5
"""A document is quoted if its nearest sentence is at least this similar to the question, as a share of the nearest of
all; the same share holds for evidence. Not measured, for the same reason."""
CHARACTERS = 120_000
"""Read of all documents together, the best first: about a thousand sentences, so that its time is bounded; all but
a few of QMSum's meetings are read whole. Of a document that is longer than what is
left, the passages around its hits are read."""
PASSAGE = 6_000
"""Characters read around a hit of such a document: the 41 sentences of `_AROUND`, and not measured by themselves."""
REPEATED = 3
"""A short line that stands so often is a running head: twice is a refrain. A reason, not a measurement."""
LONG = 200
"""Sentences of a text that seldom says in a question's words what the question is about: a story. Not measured."""
REDUNDANCY = 0.6
"""What a sentence loses, in standard deviations of the scores, if all its words were said: on the stories 0.3 and 1
make no difference above 0.001 in ROUGE-2."""

Vector = NDArray[np.float64]
_PROSE: Mapping[str, float] = {
    "similarity": 0.2, "words": 0.08, "near": 0.08, "recurring": 0.35, "names": 0.12, "length": 0.25, "speech": -0.2
}  # fmt: skip
_TRANSCRIPT: Mapping[str, float] = {
    "similarity": 1.0, "words close by": 1.0, "near": 1.0, "around": 1.0, "words around": 1.0, "speaker": 0.5,
    "recurring": 0.5, "names": 0.5, "length": 1.0,
}  # fmt: skip
_OF_THE_QUESTION = frozenset(
    {"similarity", "words", "words close by", "near", "around", "words around", "speaker"}
)  # nothing is known by them where the question only asks about the whole
# Sentences. Around lifted sentences of 15 and 41 QMSum citations inside the annotated spans rose from .278 to .369.
_CLOSE, _NEAR, _AROUND = 5, 15, 41
# Words; a longer sentence does not count for more in the mean around it, lest a monologue decide. Not varied.
_FULL = 30
_SPEECH = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur|me|us|[Yy]ou|[Yy]our)\b")
_NAME = re.compile(r"(?<=[\w,;] )[A-Z][a-z]\w*")
_LOWER = re.compile(r"\b[a-z]\w+")
_END = re.compile(r"[.!?…。！？][\"”’'»)\]]*$")


@dataclass(frozen=True)
class _Read:
    """Sentences of one document in its order, and whether it is a transcript."""

    sentences: tuple[Sentence, ...]
    speakers: tuple[str | None, ...]

    @property
    def is_transcript(self) -> bool:
        return any(self.speakers)

    @property
    def similarity(self) -> float:
        """Of the sentence that is nearest to the question."""
        return max((one.similarity for one in self.sentences), default=0.0)


def choose(
    question: str,
    vector: NDArray[np.float32],
    hits: Sequence[Hit],
    texts: Texts,
    encoder: Encoder,
    words: int,
    general: bool = False,
) -> list[Sentence]:
    """The sentences of a digest of at most ``words`` words, document by document, each in the order of its text.

    Args:
        question: what is asked.
        vector: its embedding, float32 ``[dimension]``, of length 1.
        hits: what a search for it found, the best first. They say which documents are read.
        texts: the documents.
        encoder: embeds sentences.
        words: in all sentences together.
        general: the question asks about the whole and names nothing in it ("What is discussed?").

    Example:
        >>> sentences = choose(question, vector, hits, catalog, embedder, words=180)  # doctest: +SKIP
    """
    documents = [_whole(texts, found, encoder, vector) for found in _to_read(texts, hits)]
    nearest = max((document.similarity for document in documents), default=0.0)
    causes = actuality.asks_cause(question) and not general
    topic = _topic(question, [one for document in documents for one in document.sentences]) if causes else set()
    documents = [
        document
        for document in documents
        if document.sentences
        and (
            general
            or document.similarity >= MIN_SHARE * nearest
            or any(topic & _roots(one.text) and _CAUSE.search(one.text) for one in document.sentences if topic)
        )
    ]
    several = len(documents) > 1
    documents = _of_the_named(question, _without_drafts(texts, documents))
    if not documents:
        return []
    pool = [sentence for document in documents for sentence in document.sentences]
    scores = _scores(question, documents, general)
    ranks = np.maximum(_ranks(question, pool), _structural(pool, several=several))
    if len(pool) > FEWEST and not (general or causes or any(one.is_transcript for one in documents)):
        long_ones = [len(one.sentences) > LONG and _status(texts, one) is None for one in documents]
        narrates = np.repeat(long_ones, [len(one.sentences) for one in documents])
        ranks = np.where(narrates | _relevant(question, pool), ranks, _NEVER)
    chosen: list[int] = []
    for rank, most in ((0, MOST), (1, FEWEST), (2, 1)):
        if rank == 0 or np.count_nonzero(ranks < rank) < most:  # not where the others were too long, or said before
            left = words - sum(len(pool[at].text.split()) for at in chosen)
            before = [pool[at] for at in chosen]
            chosen += _greedy(pool, np.where(ranks == rank, scores, -np.inf), left, most - len(chosen), before)
    if causes and not any(document.is_transcript for document in documents):
        chosen = _of_the_cause(question, topic, pool, chosen, ranks, words)
    return _in_order([pool[at] for at in _completed(question, pool, chosen)])


_NEVER = 3
"""The rank of sentences that a digest leaves out though it has room for them."""
RELEVANT = 0.6
"""A sentence that has no word of the question is about it if it is at least this similar to it, as a share of the most
similar one; chosen on eleven questions to small files, and not measured on others."""
BEHIND = 0.4
"""The same of a sentence right behind one that is about it."""
_FEWEST_SHARED = 2
"""Words of the question that a sentence shares where there are many sentences; not measured."""
_MANY = 60
"""Sentences from which one shared word may be a chance; not measured."""
_NUMBERED = re.compile(r"\b(?P<label>[a-z]{3,}) (?P<number>\d{1,3}[a-z]?)\b", re.IGNORECASE)


def _relevant(question: str, pool: Sequence[Sentence]) -> NDArray[np.bool_]:
    """Which sentences of short texts are about the question: those with one of its words, but not of another number
    ("tank 4" for "tank 2"), those that are similar to it, and those that go on about one by a pronoun. All of them
    where none is."""
    asked = {root(stem) for stem in lexicon.content_words(question) if stem not in _VAGUE}
    many = len(pool) > _MANY  # of which some share a word by chance
    fewest = _FEWEST_SHARED if many and len(asked) >= 2 * _FEWEST_SHARED else 1
    numbers = numbers_of(question)
    form = [not one.is_row and boilerplate.is_form(question, one.text) for one in pool]
    best = max((one.similarity for at, one in enumerate(pool) if not form[at]), default=0.0)
    found, own = np.zeros(len(pool), bool), np.zeros(len(pool), bool)
    for at, one in enumerate(pool):
        if form[at] or (many and boilerplate.is_bare_line(one.text) and not one.is_row):
            continue
        other = {
            label for label, said in numbers_of(one.text).items() if label in numbers and not said & numbers[label]
        }
        shared = (asked & _roots(one.text)) - {root(label) for label in other}
        own[at] = len(shared) >= fewest or (not other and one.similarity >= RELEVANT * best)
        found[at] = own[at]
        follows = at and pool[at - 1].document_id == one.document_id and one.start - pool[at - 1].end < 4
        goes_on = follows and (own if many else found)[at - 1] and not other
        if goes_on and (_REFERS.search(one.text) or one.similarity >= BEHIND * best):
            found[at] = True
    return found if found.any() else np.ones(len(pool), bool)


def is_of_another(question: str, text: str) -> bool:
    """Whether a text is of another thing of the kind that a question numbers: of tank 7, and not of tank 2.

    Example:
        >>> is_of_another("How did the disease in tank 2 develop?", "The pump of tank 7 was greased.")
        True
    """
    asked = numbers_of(question)
    return any(label in asked and not said & asked[label] for label, said in numbers_of(text).items())


def numbers_of(text: str) -> dict[str, set[str]]:
    """The numbers of a text behind the words that they belong to: "tank 2"."""
    found: dict[str, set[str]] = {}
    for match in _NUMBERED.finditer(text):
        if match["label"].lower() not in lexicon.STOPWORDS | MONTHS.keys():
            found.setdefault(match["label"].lower(), set()).add(match["number"].lower())
    return found


_CAUSE = re.compile(
    rf"\b(?:because|since(?! (?:\d|(?:{'|'.join(MONTHS)}|then|last)\b))|due to|owing to|caused?|as a result|resulted"
    r"|result of|thanks to|therefore|gave way|led to|reason\w*|(?:comes?|came|stems?|stemmed|arose|arises) from|so that"
    r"|for want of|lost to|died of|through (?:lack|want|neglect) of)\b",
    re.IGNORECASE,
)
_DID_SO = re.compile(
    r"\b(?:did|done|do|doing) (?:it|so|this|that)\b.*\b(?:because|since|as|to)\b"
    r"|\b(?:that|this|it) (?:was|is) because\b"
    r"|^(?:The|My|Her|His|Their|Our) reasons? (?:was|were|for this)\b",
    re.IGNORECASE,
)
_STEPS_BACK, _NEAR_CHARS = 3, 400
"""Sentences, and characters, before one that gives the reason for "it", in which that may be said; not measured."""
_PRONOUN = re.compile(r"(?:\d+\.\s+)?(?:It|They|This|That|These|Those|He|She|Its|Their)\b")
_REFERS = re.compile(r"\b(?:it|they|them|these|those|its|their|he|she)\b", re.IGNORECASE)
_VAGUE = lexicon.stems(
    """
    cause reason happen incident accident event occur lead bring handle deal react way come about first second last bear
    """
)


def _of_the_cause(
    question: str,
    topic: set[str],
    pool: Sequence[Sentence],
    chosen: Sequence[int],
    ranks: NDArray[np.int64],
    words: int,
) -> list[int]:
    """First the sentences that say a cause of what is asked, chosen or not, then of the chosen ones those that are
    about it, and in a long text the others; where none says a cause, those chosen that are about the question."""
    named = [bool(topic & _roots(one.text)) for one in pool]
    about = list(named)
    for at in range(1, len(pool)):  # "It comes from a cracked pipe"
        follows = pool[at - 1].document_id == pool[at].document_id and pool[at].start - pool[at - 1].end < 4
        about[at] = about[at] or (follows and about[at - 1] and _PRONOUN.match(pool[at].text) is not None)
        if not about[at] and _DID_SO.search(pool[at].text):  # "I did it because he was in a hurry"
            before = pool[max(0, at - _STEPS_BACK) : at]
            about[at] = any(one.document_id == pool[at].document_id and len(topic & _roots(one.text)) >= _FEWEST_SHARED
                            and pool[at].start - one.end < _NEAR_CHARS for one in before)  # fmt: skip
    causes = [at for at, one in enumerate(pool) if about[at] and ranks[at] < 2 and _CAUSE.search(one.text)]
    causes = sorted(causes, key=lambda at: -pool[at].similarity)[:MOST]
    if not causes:  # what says the cause in no word for it is still about the question
        about_it = _relevant(question, pool)
        return [at for at in chosen if about_it[at] or len(pool) > LONG] or list(chosen)
    deeper = [
        at + 1 for at in causes
        if at + 1 < len(pool) and at + 1 not in causes and _in_one_line(pool[at], pool[at + 1])
        and _CAUSE.search(pool[at + 1].text) and (_roots(pool[at].text) - topic) & _roots(pool[at + 1].text)
    ]  # fmt: skip  # the cause of the cause: "its gear seized" - "The gear seized for want of oil"
    causes = [other for at in causes for other in (at, *(one for one in deeper if one == at + 1))][:MOST]
    behind = {at + 1 for at in causes if named[at] and at + 1 < len(pool) and _in_one_line(pool[at], pool[at + 1])}
    related = [at for at in chosen if at not in causes and (about[at] or at in behind or len(pool) > LONG)]
    taken: list[int] = []
    texts: set[str] = set()
    for at in (*causes, *related):
        size = len(pool[at].text.split())
        if size <= words and len(taken) < MOST and _plain(pool[at]) not in texts:
            taken.append(at)
            texts.add(_plain(pool[at]))
            words -= size
    return taken


def _topic(question: str, pool: Sequence[Sentence]) -> set[str]:
    """The roots of what a question is about, and of the nouns that stand right behind one of its words in the
    documents: "alarm" of "chlorine alarm"."""
    topic = {root(stem) for stem in lexicon.content_words(question) if stem not in _VAGUE}
    beside = set()
    for one in pool:
        for first, second in pairwise(re.split(r"[ \n]", one.text.lower())):
            noun = second.rstrip(".,;:!?")
            known = first.isalpha() and noun.isalpha() and len(noun) > 3 and root(first) in topic
            if known and noun not in lexicon.STOPWORDS and not _CAUSE.search(noun) and not _is_inflected(noun):
                beside.add(root(noun))
    return topic | beside


def _in_one_line(one: Sentence, after: Sentence) -> bool:
    """Whether a sentence goes on right behind another, in its paragraph: what came of the cause."""
    return one.document_id == after.document_id and 0 <= after.start - one.end < 3 and not after.text[:1].isdigit()


def _is_inflected(word: str) -> bool:
    return wordnet.is_verb(word) and wordnet.lemmas(word) != {word}


def _roots(text: str) -> set[str]:
    return {root(stem) for stem in lexicon.content_words(text)}


_ASKS_VALUE = re.compile(r"\b(?:what (?:is|was|were|are)|how (?:much|many|\w+ (?:is|was)))\b", re.IGNORECASE)


def _completed(question: str, pool: Sequence[Sentence], chosen: Sequence[int]) -> list[int]:
    """The chosen sentences, and behind one the next that says what became of it; where a value is asked for also,
    behind one that gives none, the next that does: "It was 19 %" behind "I measured it"."""
    added = list(chosen)
    for at in chosen:  # what became of it
        after = at + 1
        if after < len(pool) and after not in added and _in_one_line(pool[at], pool[after]):
            added += [after] if continuations.completes(pool[at].text, pool[after].text) else []
    for at in chosen if _ASKS_VALUE.search(question) else ():
        after = at + 1
        if after >= len(pool) or after in added or pool[after].document_id != pool[at].document_id:
            continue
        follows = pool[after].start - pool[at].end < 4 and _PRONOUN.match(pool[after].text)
        if (
            follows
            and re.search(r"\d", pool[after].text)
            and not re.search(r"\d", re.sub(r"^\d+\.\s", "", pool[at].text))
        ):
            added.append(after)
    return added


def _without_drafts(texts: Texts, documents: Sequence[_Read]) -> list[_Read]:
    """The documents without the drafts and superseded copies, where there are others."""
    final = [one for one in documents if _status(texts, one) not in ("draft", "superseded")]
    return final or list(documents)


def _status(texts: Texts, read: _Read) -> str | None:
    status = texts.document(read.sentences[0].document_id).status
    return status.name if status else None


def _of_the_named(question: str, documents: Sequence[_Read]) -> list[_Read]:
    """The documents that name most of the names of the question, where one of several documents names any."""
    names = {name.lower() for name in premises.premises(question)}
    if not names or len(documents) < 2:
        return list(documents)
    held = [sum(name in _said_in(one) for name in names) for one in documents]
    most = max(held)
    return [one for one, count in zip(documents, held, strict=True) if count == most or (count and 2 * count >= most)]


def _said_in(read: _Read) -> str:
    authors = {one.author or "" for one in read.sentences}
    return " ".join([*(one.text for one in read.sentences), *authors, *(name or "" for name in read.speakers)]).lower()


_DEFINES = re.compile(
    r"^\W*(?:\d+(?:\.\d+)*\.?\s+)?[\"“][^\"”]{2,60}[\"”]\s+(?:means|shall mean|has the meaning|includes)\b", re.I
)


def _structural(pool: Sequence[Sentence], *, several: bool) -> NDArray[np.int64]:
    """2 for what is a document's form and no statement, by what it is and where it stands: a definition, the opening of
    a statement, the parties, a part of a sentence, and what several documents say word for word, as notices below mails
    do; 0 for the others. Where not ``several`` documents were found, only definitions and openings are known by it."""
    of_text: dict[str, set[int]] = {}
    for one in pool:
        if not one.quoted:
            of_text.setdefault(_plain(one), set()).add(one.document_id)
    found = []
    for one in pool:
        text = collapse(one.text)
        form = bool(_DEFINES.search(text) or boilerplate.OPENS.search(text))
        if several:
            repeated = len(of_text.get(_plain(one), ())) > 1
            form = form or repeated or text[:1].islower() or boilerplate.DEFINED_PARTY.search(text) is not None
        found.append(2 if form else 0)
    return np.array(found)


# Which sentences there are ------------------------------------------------------------------------------------------


def _to_read(texts: Texts, hits: Sequence[Hit]) -> Iterator[list[Hit]]:
    """For each document the spans to read, as hits: all of it, or what is around its hits where it is too long."""
    left = CHARACTERS
    by_document: dict[int, list[Hit]] = {}
    for hit in hits:
        by_document.setdefault(hit.document_id, []).append(hit)
    for found in list(by_document.values())[:DOCUMENTS]:
        if left < PASSAGE:
            return
        text = texts.text(found[0].document_id)
        if len(text) <= left:
            left -= len(text)
            yield [found[0].model_copy(update={"start": 0, "end": len(text)})]
            continue
        spans = _around(found, len(text), left)
        left -= sum(end - start for start, end in spans)
        yield [found[0].model_copy(update={"start": start, "end": end}) for start, end in spans]


def _around(hits: Sequence[Hit], length: int, left: int) -> list[tuple[int, int]]:
    """The spans around the best hits that fit ``left`` characters, none overlapping, in the order of the text."""
    spans: list[tuple[int, int]] = []
    for hit in hits:
        middle = (hit.start + hit.end) // 2
        start, end = max(0, middle - PASSAGE // 2), min(length, middle + PASSAGE // 2)
        for other_start, other_end in spans:
            if other_start < end and start < other_end:
                start, end = (max(start, other_end), end) if start >= other_start else (start, min(end, other_start))
        if 0 < end - start <= left:
            spans.append((start, end))
            left -= end - start
    return sorted(spans)


def _whole(texts: Texts, spans: Sequence[Hit], encoder: Encoder, vector: NDArray[np.float32]) -> _Read:
    """The sentences of a document's spans, their labels cut off where they begin a turn of a transcript."""
    spoken = speakers.turns(texts.text(spans[0].document_id)) if spans else ()
    found: list[Sentence] = []
    names: list[str | None] = []
    for sentence in sorted(gather(texts, spans), key=lambda one: one.start):
        turn = speakers.at(spoken, sentence.start)
        cut = max(0, turn.start - sentence.start) if turn else 0
        said = sentence.text[cut:]
        if any(letter.isalnum() for letter in said):
            found.append(replace(sentence, start=sentence.start + cut, text=said) if cut else sentence)
            names.append(turn.speaker if turn else None)
    return _Read(tuple(with_similarity(encoder, vector, found)), tuple(names))


def _ranks(question: str, pool: Sequence[Sentence]) -> NDArray[np.int64]:
    """0 for a full statement, 1 for a shorter one or one that a reply quotes and the documents have elsewhere, which
    stand in where there are not enough others, and 2 for what states nothing by itself: a question, a heading, front
    matter, a closing, a running head."""
    counts = Counter(map(_plain, pool))
    own = {_plain(one) for one in pool if not one.quoted}
    return np.array([_rank(question, one, counts[_plain(one)], copied=_plain(one) in own) for one in pool])


def _rank(question: str, sentence: Sentence, count: int, *, copied: bool) -> int:
    text = sentence.text.rstrip()
    long, ends = len(text.split()) >= MIN_WORDS, _END.search(text) is not None
    states = not text.endswith("?") and not text.startswith("---") and boilerplate.is_statement(question, text)
    if not sentence.is_row and boilerplate.is_form(question, text):
        return _NEVER
    if boilerplate.is_label(text) or _DAY_ALONE.fullmatch(text) or _BYLINE.match(text) or _HELD.match(text):
        return 2
    if not states or not (long or (ends and count < REPEATED)):
        return 2
    return 0 if long and ends and not (sentence.quoted and copied) else 1


_DAY_ALONE = re.compile(rf"\W*(?:\w+day,? )?{DAY}\W*", re.IGNORECASE)
_HELD = re.compile(r"(?:The meeting was )?held (?:in|at|on|by) ", re.IGNORECASE)
"""The line of minutes that says where and when, which reads as if somebody had said it."""
_BYLINE = re.compile(r"(?:by|kept by|taken by|prepared by) [A-Z][\w.'’-]+ [A-Z][^.!?]*$")


def _plain(sentence: Sentence) -> str:
    return collapse(sentence.text).casefold()


# How good they are --------------------------------------------------------------------------------------------------


def _scores(question: str, documents: Sequence[_Read], general: bool) -> Vector:
    """A score for each sentence of all documents, in standard deviations from the mean of its kind's documents."""
    pool = [sentence for document in documents for sentence in document.sentences]
    features = _features(question, documents, pool)
    scores = np.zeros(len(pool))
    start = 0
    for document in documents:
        rows = slice(start, start + len(document.sentences))
        start = rows.stop
        for name, weight in (_TRANSCRIPT if document.is_transcript else _PROSE).items():
            if not (general and name in _OF_THE_QUESTION):
                scores[rows] += weight * features[name][rows]
    return _standard(scores)


def _features(question: str, documents: Sequence[_Read], pool: Sequence[Sentence]) -> dict[str, Vector]:
    """What is known of each sentence, by name, in standard deviations from the mean."""
    said = [_stems(one.text) for one in pool]
    count = np.array([max(1, len(one.text.split())) for one in pool], np.float64)
    holding = Counter(stem for stems in said for stem in set(stems))
    asked = {
        stem: math.log((len(pool) + 1) / (holding[stem] + 0.5))
        for stem in dict.fromkeys(lexicon.content_words(question))
        if holding[stem]
    }
    sizes = [len(document.sentences) for document in documents]
    similarity = np.array([one.similarity for one in pool], np.float64)
    weight = np.minimum(count, _FULL)
    spoken = [name for document in documents for name in document.speakers]
    values = {
        "similarity": similarity,
        "words": _held(said, asked, sizes, 1),
        "words close by": _held(said, asked, sizes, _CLOSE),
        "words around": _held(said, asked, sizes, _AROUND),
        "near": _windows(_windows(similarity, sizes, 9, np.max), sizes, _NEAR),
        "around": _windows(similarity * weight, sizes, _AROUND) / _windows(weight, sizes, _AROUND),
        "speaker": np.array([bool(name) and str(name).casefold() in question.casefold() for name in spoken], float),
        "recurring": _recurring(pool) / count,
        "names": _names(pool) / count,
        "length": np.log1p(count),
        "speech": np.array([len(_SPEECH.findall(one.text)) for one in pool], float) / count,
    }
    return {name: _standard(value) for name, value in values.items()}


def _standard(values: Vector) -> Vector:
    standard: Vector = (values - values.mean()) / (values.std() + 1e-9)
    return standard


def _stems(text: str) -> list[str]:
    return lexicon.content_words(text)


def _windows(values: Vector, sizes: Sequence[int], width: int, of: Callable[..., Vector] = np.mean) -> Vector:
    """For each sentence ``of`` the ``width`` values around it, the last one repeated past a document's ends."""
    made, start = [], 0
    for size in sizes:
        padded = np.pad(values[start : start + size], width // 2, mode="edge")
        made.append(of(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))
        start += size
    return np.concatenate(made)


def _held(said: Sequence[Sequence[str]], asked: Mapping[str, float], sizes: Sequence[int], width: int) -> Vector:
    """The share of the question's words, weighted by ``asked``, that the ``width`` sentences around each one hold; a
    word that is held twice counts for more than once and less than twice."""
    held = np.zeros(len(said))
    for stem, weight in asked.items():
        there = np.array([stem in stems for stems in said], np.float64)
        times = _windows(there, sizes, width) * width
        held += weight * times / (times + 1)
    return held / (sum(asked.values()) or 1.0)


def _phrases(text: str) -> set[tuple[str, str]]:
    """Each two words that follow one another and of which one is a content word."""
    words = [token.casefold() for token in lexicon.tokens(text)]
    return {
        (one, other) for one, other in pairwise(words) if one not in lexicon.STOPWORDS or other not in lexicon.STOPWORDS
    }


def _recurring(pool: Sequence[Sentence]) -> Vector:
    """How much of what each sentence says is said elsewhere: log counts of its phrases, summed."""
    phrases = [_phrases(one.text) for one in pool]
    counts = Counter(phrase for found in phrases for phrase in found)
    return np.array([sum(math.log(counts[phrase]) for phrase in found) for found in phrases])


def _names(pool: Sequence[Sentence]) -> Vector:
    """How many of the names that recur each sentence holds. A name has a capital inside a sentence, and seldom none."""
    capital = Counter(name for one in pool for name in set(_NAME.findall(collapse(one.text))))
    lower = Counter(word for one in pool for word in _LOWER.findall(one.text))
    names = {name for name, count in capital.items() if count > 1 and lower[name.lower()] < count}
    return np.array([len(names.intersection(re.findall(r"\w+", one.text))) for one in pool], np.float64)


# Which are taken ----------------------------------------------------------------------------------------------------


def _greedy(
    pool: Sequence[Sentence], scores: Vector, words: int, most: int, before: Sequence[Sentence] = ()
) -> list[int]:
    """Up to ``most`` sentences of at most ``words`` words: the best first, less `REDUNDANCY` for what was said."""
    stems = [frozenset(_stems(one.text)) for one in pool]
    said: set[str] = {stem for one in before for stem in _stems(one.text)}
    texts = {_plain(one) for one in before}
    open_ = scores.copy()
    chosen: list[int] = []
    while len(chosen) < most:
        repeated = np.array([len(one & said) / (len(one) or 1) for one in stems])
        best = int(np.argmax(open_ - REDUNDANCY * repeated))
        if not np.isfinite(open_[best]):
            break
        open_[best] = -np.inf
        size = len(pool[best].text.split())
        if size > words or _plain(pool[best]) in texts:
            continue
        chosen.append(best)
        words -= size
        said |= stems[best]
        texts.add(_plain(pool[best]))
    return chosen


def _in_order(chosen: Sequence[Sentence]) -> list[Sentence]:
    """Document by document in the order of their best sentences, each in the order of its text."""
    first = {sentence.document_id: at for at, sentence in reversed(list(enumerate(chosen)))}
    return sorted(chosen, key=lambda one: (first[one.document_id], one.start))
