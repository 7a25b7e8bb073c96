"""Evidence: the sentences around search hits, each an exact span that can be cited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.stores.rows import SourceRow
from hybrid.stores.sentence_vectors import StoredSentence
from hybrid.text import document_status, layout, quoted_mails, speakers
from hybrid.text.sentences import spans as sentence_spans
from hybrid.types.answers import Citation, Hit
from hybrid.types.documents import Document, Location

MARGIN = 600
"""Characters read on each side of a hit, so that sentences cut by a chunk's edge come out whole:
the longest sentence that there is (`hybrid.text.sentences.MAX_CHARS`)."""
CONTEXT = 160
"""Characters shown before and after a quote: about two lines. A matter of display."""


class Texts(Protocol):
    """The part of a catalog that evidence needs."""

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """Characters ``[start, end)`` of a document's canonical text."""

    def sentences(self, document_id: int, start: int, end: int) -> list[StoredSentence]:
        """The stored sentences of a document that ``[start, end)`` touches; none if they are not stored."""

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text and metadata, under its first name or that ``source``."""

    def same_text(self, document_id: int) -> Sequence[SourceRow]:
        """All sources with the text of a document, its own among them."""


class Encoder(Protocol):
    """The part of an embedder that answering needs."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """L2-normalised float32 vectors, one row a text."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of a document. ``similarity`` is its cosine to the question, ``rank`` its best hit's, from 0.
    ``quoted`` sentences stand where a mail quotes another (`hybrid.text.quoted_mails`). ``author`` is who wrote the
    document, ``vector`` the sentence's embedding ``[dimension]`` where the corpus has stored it. ``parts`` are the
    spans that say it, where it is not ``[start, end)`` alone: a page's end stands inside it, or it is a table's row,
    whose heading comes first. ``text`` is then theirs, a line each."""

    document_id: int
    source: str
    title: str
    sha256: str
    start: int
    end: int
    text: str
    rank: int = 0
    similarity: float = 0.0
    quoted: bool = False
    author: str | None = None
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    parts: tuple[tuple[int, int], ...] = ()

    @property
    def is_row(self) -> bool:
        """Whether it is a table's row under its heading."""
        return bool(self.parts) and self.parts[0][1] <= self.start

    def split(self) -> tuple[Sentence, ...]:
        """Its parts as sentences of one span each, which are what is cited."""
        if not self.parts:
            return (self,)
        texts, at = [], 0
        for start, end in self.parts:
            texts.append(self.text[at : at + end - start])
            at += end - start + 1
        return tuple(
            replace(self, start=start, end=end, text=text, parts=(), vector=None)
            for (start, end), text in zip(self.parts, texts, strict=True)
        )

    @property
    def key(self) -> tuple[int, int, int]:
        """What makes two sentences the same span."""
        return (self.document_id, self.start, self.end)


def gather(texts: Texts, hits: Sequence[Hit]) -> list[Sentence]:
    """The whole sentences that the hits touch, each once, in the order of their best hit."""
    found: dict[tuple[int, int, int], Sentence] = {}
    mails: dict[int, str] = {}  # the texts that are read, in which mails may be quoted
    taken: dict[int, list[tuple[int, int]]] = {}  # spans of each document
    for rank, hit in enumerate(hits):
        spans = taken.setdefault(hit.document_id, [])
        stored = texts.sentences(hit.document_id, hit.start, hit.end)
        for one in _with_words(texts, hit, stored) if stored else _segmented_at(texts, hit):
            if any(one.start < end and start < one.end for start, end in spans):
                continue
            spans.append((one.start, one.end))
            text = "\n".join(texts.text(hit.document_id, start, end) for start, end in one.parts)
            if hit.document_id not in mails:
                mails[hit.document_id] = texts.text(hit.document_id)
            quoted = quoted_mails.at(mails[hit.document_id], one.end - 1) is not None
            start = one.start
            if quoted and one.parts == ((one.start, one.end),):
                text = quoted_mails.without_marks(text)
                text = text[len(text) - len(text.lstrip("> \t")) :]
                start = one.end - len(text)
            place = (hit.document_id, hit.source, hit.title, hit.sha256, start, one.end)
            sentence = Sentence(
                *place,
                text,
                rank,
                quoted=quoted,
                author=hit.author,
                vector=one.vector,
                parts=one.parts if one.parts != ((one.start, one.end),) else (),
            )
            found[sentence.key] = sentence
    return list(found.values())


@dataclass(frozen=True)
class _Place:
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    vector: NDArray[np.float32] | None = None


def _with_words(texts: Texts, hit: Hit, stored: Sequence[StoredSentence]) -> Iterable[_Place]:
    for one in stored:
        if any(letter.isalnum() for letter in texts.text(hit.document_id, one.start, one.end)):
            yield _Place(one.start, one.end, one.parts or ((one.start, one.end),), one.vector)


def _segmented_at(texts: Texts, hit: Hit) -> Iterable[_Place]:
    begin = max(0, hit.start - MARGIN)
    window = texts.text(hit.document_id, begin, hit.end + MARGIN)
    found = layout.of(window).units
    cut_at_end = len(window) == hit.end + MARGIN - begin
    for position, unit in enumerate(found):
        first, last, parts = unit.start, unit.end, unit.spans
        if (begin and position == 0) or (cut_at_end and position == len(found) - 1):
            # The window may have cut this one: only the hit's own part of it is certain.
            first, last = max(first, hit.start - begin), min(last, hit.end - begin)
            parts = ()
        piece = window[first:last]
        first, last = last - len(piece.lstrip()), first + len(piece.rstrip())
        start, end = begin + first, begin + last
        if start < min(end, hit.end) and end > hit.start and any(letter.isalnum() for letter in piece):
            yield _Place(start, end, tuple((begin + a, begin + b) for a, b in parts) or ((start, end),))


def own_sentences(document_id: int, document: Document, cut: int) -> list[Sentence]:
    """The sentences of a mail above what it quotes, which begins at ``cut``, without its headers."""
    body = document.text.find("\n\n") + 2
    place = (document_id, document.source, document.title, document.sha256)
    return [
        Sentence(*place, body + start, body + end, document.text[body + start : body + end])
        for start, end in sentence_spans(document.text[body:cut])
    ]


def with_similarity(encoder: Encoder, question: np.ndarray, found: Sequence[Sentence]) -> list[Sentence]:
    """The same sentences with their cosine to ``question`` (float32 [d], L2-normalised). Those whose vectors the corpus
    has not stored are embedded."""
    if not found:
        return []
    missing = [at for at, sentence in enumerate(found) if sentence.vector is None]
    vectors = [sentence.vector for sentence in found]
    if missing:
        embedded = encoder.encode([collapse(found[at].text) for at in missing])
        for at, vector in zip(missing, embedded, strict=True):
            vectors[at] = vector
    scores = np.clip(np.stack([vector for vector in vectors if vector is not None]) @ question, -1, 1)
    return [
        replace(one, similarity=float(score), vector=vector)
        for one, vector, score in zip(found, vectors, scores, strict=True)
    ]


def collapse(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return " ".join(text.split())


def repeated(sentences: Sequence[Sentence]) -> set[str]:
    """The texts that several of these sentences have, where a third of all are copies; nothing where fewer are."""
    counts = Counter(collapse(one.text).casefold() for one in sentences)
    copies = {text for text, times in counts.items() if times > 1}
    return copies if 3 * sum(counts[text] - 1 for text in copies) >= len(sentences) else set()


def cite(texts: Texts, sentence: Sentence, number: int) -> Citation:
    """The citation of a sentence of one span (`Sentence.split`), with its place for a human reader and the text around
    it."""
    place = texts.locate(sentence.document_id, sentence.start, sentence.end)
    begin = max(0, sentence.start - CONTEXT)
    around = texts.text(sentence.document_id, begin, sentence.end + CONTEXT)
    first, last = sentence.start - begin, sentence.end - begin
    document = texts.document(sentence.document_id, sentence.source)
    sources = texts.same_text(sentence.document_id)
    custodians = [document.metadata.custodian, *(one.details.get("custodian") for one in sources)]
    return Citation(
        number=number,
        source=sentence.source,
        title=sentence.title,
        page=place.page,
        last_page=place.last_page,
        page_label=document.page_label(place.page),
        lines=place.lines,
        start=sentence.start,
        end=sentence.end,
        quote=around[first:last],
        before=_whole_words(around[:first], at_start=begin == 0, side="before"),
        after=_whole_words(around[last:], at_start=len(around) - last < CONTEXT, side="after"),
        sha256=sentence.sha256,
        speaker=speaker_of(document, sentence.start, quoted=sentence.quoted) or speakers.recorder(document.text),
        author=None if sentence.quoted else document.metadata.author,
        date=date_of(document, sentence.start, quoted=sentence.quoted),
        status=document.status,
        privileged=document_status.is_privileged(document.metadata.title, document.text),
        custodians=tuple(dict.fromkeys(one for one in custodians if one)),
        copies=tuple(one.source for one in sources if one.source != sentence.source),
        ocr=document.ocr_confidence(sentence.start, sentence.end),
    )


def speaker_of(document: Document, start: int, *, quoted: bool = False) -> str | None:
    """Who says what stands at ``start``: whose turn it is in a transcript, who wrote what a mail has ``quoted``, else
    who made the document. Of a mail nobody else is named here: its sender is its author."""
    if quoted:
        return speakers.quoted_from(document.text, start)
    turn = speakers.at(speakers.turns(document.text), start)
    if turn is not None:
        return turn.speaker
    return None if document.media_type == "message/rfc822" else speakers.maker(document.title, document.text)


def date_of(document: Document, start: int, *, quoted: bool = False) -> str | None:
    """When what stands at ``start`` was said: the date of the document, or of the mail that it has ``quoted``, if that
    has one."""
    if not quoted:
        return document.date
    mail = quoted_mails.at(document.text, start)
    return mail.date if mail else None


def _whole_words(context: str, *, at_start: bool, side: str) -> str:
    """``context`` without the word that its far edge cuts; unchanged where that edge is the document's."""
    if at_start or " " not in context:
        return context
    return context.split(" ", 1)[1] if side == "before" else context.rsplit(" ", 1)[0]
