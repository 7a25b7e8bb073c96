"""A question to the spans that bear on it: by meaning, by words, and to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from hybrid.answers import Hit
from hybrid.documents import Location
from hybrid.errors import InputError
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.fusion import reciprocal_rank_fusion
from hybrid.settings import RetrievalSettings
from hybrid.stores.lexical import exact_expression, exact_terms, match_expression
from hybrid.stores.rows import ChunkRow
from hybrid.stores.vectors import VectorIndex

# A word of four letters or one with a digit: enough to tell subject matter from grammar in a question.
_TELLING_WORD = re.compile(r"\b(?:\w*\d\w*|[^\W\d_]{4,})\b")


class ChunkStore(Protocol):
    """What searching needs of a `hybrid.stores.catalog.Catalog`."""

    def search_lexical(self, match: str, k: int) -> list[tuple[int, float]]:
        """Chunk ids and BM25 scores, best first."""

    def chunks(self, ids: Sequence[int]) -> dict[int, ChunkRow]:
        """The chunks of these ids, in their order, as far as they exist."""

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""


class Searcher:
    """Searches one corpus. Safe to share between threads as long as the index is only read.

    Example:
        >>> searcher = Searcher(catalog, index, Embedder.load("all-minilm-l6-v2"), RetrievalSettings())
        >>> searcher.search("When does the agreement end?", k=5)[0].text
    """

    def __init__(
        self, catalog: ChunkStore, index: VectorIndex, embedder: Embedder, settings: RetrievalSettings
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._embedder = embedder
        self._settings = settings

    def search(self, question: str, k: int = 10) -> list[Hit]:
        """The ``k`` best chunks, best first; none if nothing is found. Scores fall from hit to hit,
        except at the end, where repetitions stand if there was room for them.

        Two rankings, dense by cosine and lexical by BM25, are fused by reciprocal rank. On top of that
        stands what the question asks for to the letter: for each of its exact terms (quoted phrases,
        identifiers, clause numbers, see `hybrid.stores.lexical.exact_terms`) that a chunk holds, 1 is
        added to its score. Reciprocal ranks add up to less than 1, so such a chunk comes before all
        that hold fewer, whatever the embedding says of it.

        Chunks of a document overlap. One that shares text with a better hit, and holds words of the
        question only in the part that it shares, says the same thing again and goes to the end.

        Raises `InputError` if the question is blank or ``k`` is less than 1.
        """
        if not question.strip():
            raise InputError("the question is empty")
        if k < 1:
            raise InputError(f"k must be at least 1, not {k}")
        depth = max(self._settings.candidates, k)
        similarity = self._dense(question, depth)
        lexical = [chunk_id for chunk_id, _ in self._lexical(match_expression(question), depth)]
        exact = [chunk_id for chunk_id, _ in self._lexical(exact_expression(question), depth)]
        scores = dict(reciprocal_rank_fusion([list(similarity), lexical], self._settings.rrf_k))
        for chunk_id, terms in self._held_terms(exact_terms(question), exact).items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + terms
        best_first = sorted(scores, key=lambda chunk_id: -scores[chunk_id])  # equal scores stay as they were fused
        dense_ranks, lexical_ranks = _ranks(similarity), _ranks(lexical)
        return [
            self._hit(row, scores[row.id], dense_ranks.get(row.id), lexical_ranks.get(row.id), similarity.get(row.id))
            for row in self._distinct_first(best_first, question, k)
        ]

    def _dense(self, question: str, depth: int) -> dict[int, float]:
        """Chunk ids to cosines, best first."""
        depth = min(depth, len(self._index))
        if depth == 0:
            return {}
        scores, ids = self._index.search(self._embedder.encode([question]), depth)
        return {int(i): float(s) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0}

    def _lexical(self, match: str, depth: int) -> list[tuple[int, float]]:
        return self._catalog.search_lexical(match, depth) if match else []

    def _held_terms(self, terms: Sequence[str], candidates: Sequence[int]) -> dict[int, int]:
        """How many of the exact terms each of the candidates holds to the letter, which FTS5 cannot say."""
        patterns = [_to_the_letter(term) for term in terms]
        rows = self._catalog.chunks(candidates) if patterns else {}
        return {i: sum(1 for pattern in patterns if pattern.search(row.text)) for i, row in rows.items()}

    def _distinct_first(self, best_first: Sequence[int], question: str, k: int) -> list[ChunkRow]:
        """The best ``k``, those that only repeat a better one last. Reads no more chunks than it needs."""
        words = _words(question)
        distinct: list[ChunkRow] = []
        repeated: list[ChunkRow] = []
        step = 2 * k
        for first in range(0, len(best_first), step):
            # A chunk may have left the catalog since the index was read.
            for row in self._catalog.chunks(best_first[first : first + step]).values():
                (repeated if _repeats(row, distinct, words) else distinct).append(row)
            if len(distinct) >= k:
                break
        return [*distinct, *repeated][:k]

    def _hit(
        self, row: ChunkRow, score: float, dense_rank: int | None, lexical_rank: int | None, similarity: float | None
    ) -> Hit:
        place = self._catalog.locate(row.document_id, row.start, row.end)
        return Hit(
            source=row.source,
            title=row.title,
            chunk_id=row.id,
            document_id=row.document_id,
            start=row.start,
            end=row.end,
            text=row.text,
            page=place.page,
            last_page=place.last_page,
            lines=place.lines,
            sha256=row.sha256,
            score=score,
            dense_rank=dense_rank,
            lexical_rank=lexical_rank,
            similarity=similarity,
        )


def _ranks(ids: Iterable[int]) -> dict[int, int]:
    return {chunk_id: rank for rank, chunk_id in enumerate(ids, start=1)}


def _to_the_letter(term: str) -> re.Pattern[str]:
    """Finds ``term`` as a whole, in any case and across line breaks: 9.2 is neither in 19.2 nor in 9.2.1."""
    words = r"\s+".join(re.escape(word) for word in term.split())
    before = r"(?<!\w)(?<!\d[.,])" if term[0].isalnum() else ""
    after = r"(?!\w)(?![.,]\d)" if term[-1].isalnum() else ""
    return re.compile(before + words + after, re.IGNORECASE)


def _repeats(row: ChunkRow, better: Sequence[ChunkRow], words: set[str]) -> bool:
    """Whether ``row`` overlaps better chunks and has nothing of the question outside the overlap."""
    shared = [
        (max(row.start, other.start) - row.start, min(row.end, other.end) - row.start)
        for other in better
        if other.document_id == row.document_id and other.start < row.end and row.start < other.end
    ]
    if not shared:
        return False
    own = _without(row.text, shared)
    held = _words(row.text) & words
    if held:
        return not _words(own) & words
    return len(own.strip()) * 2 < len(row.text)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _TELLING_WORD.findall(text)}


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = []
    at = 0
    for start, end in sorted(spans):
        kept.append(text[at : max(start, at)])
        at = max(at, end)
    return " ".join([*kept, text[at:]])
