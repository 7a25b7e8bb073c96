"""Evidence: the sentences around search hits, each an exact span that can be cited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from hybrid.text import sentences
from hybrid.types.answers import Citation, Hit
from hybrid.types.documents import Location

MARGIN = 600
"""Characters read on each side of a hit, so that sentences cut by a chunk's edge come out whole."""
CONTEXT = 160
"""Characters shown before and after a quote."""


class Texts(Protocol):
    """The part of a catalog that evidence needs."""

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """Characters ``[start, end)`` of a document's canonical text."""

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""


class Encoder(Protocol):
    """The part of an embedder that answering needs."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """L2-normalised float32 vectors, one row a text."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of a document. ``similarity`` is its cosine to the question, ``rank`` its best hit's, from 0.
    ``quoted`` sentences stand where a mail quotes another: in a line that begins with ">". ``author`` is who wrote
    the document."""

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

    @property
    def key(self) -> tuple[int, int, int]:
        """What makes two sentences the same span."""
        return (self.document_id, self.start, self.end)


def gather(texts: Texts, hits: Sequence[Hit]) -> list[Sentence]:
    """The whole sentences that the hits touch, each once, in the order of their best hit."""
    found: dict[tuple[int, int, int], Sentence] = {}
    for rank, hit in enumerate(hits):
        for start, end, text, quoted in _sentences_at(texts, hit):
            place = (hit.document_id, hit.source, hit.title, hit.sha256, start, end)
            sentence = Sentence(*place, text, rank, quoted=quoted, author=hit.author)
            if not any(_overlaps(sentence, other) for other in found.values()):
                found[sentence.key] = sentence
    return list(found.values())


def _sentences_at(texts: Texts, hit: Hit) -> Iterable[tuple[int, int, str, bool]]:
    begin = max(0, hit.start - MARGIN)
    window = texts.text(hit.document_id, begin, hit.end + MARGIN)
    found = sentences.spans(window)
    cut_at_end = len(window) == hit.end + MARGIN - begin
    for position, (first, last) in enumerate(found):
        if (begin and position == 0) or (cut_at_end and position == len(found) - 1):
            # The window may have cut this one: only the hit's own part of it is certain.
            first, last = max(first, hit.start - begin), min(last, hit.end - begin)
        piece = window[first:last]
        first, last = last - len(piece.lstrip()), first + len(piece.rstrip())
        start, end = begin + first, begin + last
        if start < min(end, hit.end) and end > hit.start and any(letter.isalnum() for letter in piece):
            line = window[window.rfind("\n", 0, last) + 1 :]  # the last: the first may say whose words follow
            yield start, end, piece.strip(), line.lstrip().startswith(">")


def _overlaps(one: Sentence, other: Sentence) -> bool:
    return one.document_id == other.document_id and one.start < other.end and other.start < one.end


def with_similarity(encoder: Encoder, question: np.ndarray, found: Sequence[Sentence]) -> list[Sentence]:
    """The same sentences with their cosine to ``question`` (float32 [d], L2-normalised)."""
    if not found:
        return []
    scores = np.clip(encoder.encode([collapse(sentence.text) for sentence in found]) @ question, -1, 1)
    return [replace(one, similarity=float(score)) for one, score in zip(found, scores, strict=True)]


def collapse(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return " ".join(text.split())


def cite(texts: Texts, sentence: Sentence, number: int) -> Citation:
    """The citation of a sentence, with its place for a human reader and the text around it."""
    place = texts.locate(sentence.document_id, sentence.start, sentence.end)
    begin = max(0, sentence.start - CONTEXT)
    around = texts.text(sentence.document_id, begin, sentence.end + CONTEXT)
    first, last = sentence.start - begin, sentence.end - begin
    return Citation(
        number=number,
        source=sentence.source,
        title=sentence.title,
        page=place.page,
        last_page=place.last_page,
        lines=place.lines,
        start=sentence.start,
        end=sentence.end,
        quote=around[first:last],
        before=_whole_words(around[:first], at_start=begin == 0, side="before"),
        after=_whole_words(around[last:], at_start=len(around) - last < CONTEXT, side="after"),
        sha256=sentence.sha256,
    )


def _whole_words(context: str, *, at_start: bool, side: str) -> str:
    """``context`` without the word that its far edge cuts; unchanged where that edge is the document's."""
    if at_start or " " not in context:
        return context
    return context.split(" ", 1)[1] if side == "before" else context.rsplit(" ", 1)[0]
