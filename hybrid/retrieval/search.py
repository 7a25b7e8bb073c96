"""The spans that are relevant to a question: by meaning, by words, and by exact match."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Thread
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import InputError
from hybrid.retrieval.embedding import Embedder, query_prefix
from hybrid.retrieval.exact_match import ExactTerms
from hybrid.retrieval.expressions import Found, narrowed
from hybrid.retrieval.fusion import standardised_sum
from hybrid.retrieval.given_embedder import CalledEmbedder
from hybrid.retrieval.query import DATES, Expression, fields_of
from hybrid.retrieval.rerank import Reranker, reordered
from hybrid.settings import RetrievalSettings
from hybrid.stores.filtering import Selection
from hybrid.stores.query import exact_expression, exact_terms, match_expression
from hybrid.stores.rows import ChunkRow, DocumentRow
from hybrid.stores.vectors import VectorIndex
from hybrid.types.answers import Hit
from hybrid.types.documents import Document, Location
from hybrid.types.filters import Filter

FEEDBACK = 0.5
"""How much of the mean of the best candidates' vectors is added to the question's; docs/retrieval.md."""
FEEDBACK_FROM = 3
"""Candidates that feedback takes: three in all of docs/retrieval.md's table; other numbers were not tried."""
EXACT_CANDIDATES = 2000
"""Chunks with the words of an exact term that are compared character by character. A bound of the time:
all of 10,000 strings among 5,000 passages come first with it (tests/retrieval/test_exact_strings.py --slow)."""
SENTENCE_CHARS = 25
"""Shorter sentences are headings and names: their vectors are near to much, and they answer nothing; not measured."""
_EXACT_AT_ONCE = 100  # chunks read together; more than any answer shows

# A word of four letters or one with a digit: enough to tell subject matter from grammar in a question.
_CONTENT_WORD = re.compile(r"\b(?:\w*\d\w*|[^\W\d_]{4,})\b")


T = TypeVar("T")
Embedded = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Chunk ids [n] and their vectors [n, dimension]."""
Order = Literal["fused", "dense", "lexical"]
Span = tuple[int, int, int]
"""Document id, start and end."""


class ChunkStore(Protocol):
    """What searching needs of a `hybrid.stores.catalog.Catalog`."""

    def read_transaction(self) -> AbstractContextManager[None]:
        """One state of the catalog for every read inside the block."""

    def state(self) -> object:
        """What tells the state that is read from others."""

    def search_lexical(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        """Chunk ids and BM25 scores, best first, of a selection or of all."""

    def search_words(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        """The same for terms joined by OR; in a large corpus only chunks with a rarer one."""

    def chunks(self, ids: Sequence[int], selection: Selection | None = None) -> dict[int, ChunkRow]:
        """The chunks of these ids, in their order, as far as they exist."""

    def spans(self, ids: Sequence[int]) -> dict[int, Span]:
        """Their document ids, starts and ends alone."""

    def vectors(self, ids: Sequence[int]) -> Embedded:
        """Ids ``[n]``, ascending, and embeddings ``[n, dimension]`` of these chunks, as far as they exist."""

    def selection(self, wanted: Filter) -> Selection:
        """The documents and chunks that a filter lets through."""

    def undated(self, wanted: Filter) -> int:
        """How many documents a filter's days leave out because they have no date."""

    def everything(self) -> Selection | None:
        """The documents and chunks that may be seen, where these are not all."""

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""

    def nearest_sentences(
        self, vector: NDArray[np.float32], k: int, selection: Selection | None = None
    ) -> list[tuple[Span, float]]:
        """The spans of the ``k`` stored sentences nearest to a vector, with their cosines."""

    def chunks_holding(self, spans: Sequence[Span]) -> list[int]:
        """The ids of the chunks that hold most of each span."""

    def chunk_ids(self, document_id: int) -> list[int]:
        """The ids of a document's chunks, in the order of the text."""

    def chunk_count(self) -> int:
        """How many chunks there are."""

    def documents(self) -> list[DocumentRow]:
        """All documents, without their texts."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def check_listed(self, *, metadata: bool = False) -> None:
        """Raises `CorruptCorpusError` where what documents are picked by is not as it was recorded."""

    def chunks_matching(self, match: str) -> list[tuple[int, int]]:
        """Chunk and document ids of all chunks that a full-text expression finds."""


@dataclass(frozen=True)
class _Ranking:
    """Chunks best first, with the score that ordered them and what each search made of them."""

    scores: dict[int, float]
    dense_ranks: dict[int, int]
    lexical_ranks: dict[int, int]
    similarity: dict[int, float]


class Searcher:
    """Searches one corpus. Safe to share between threads as long as the index is only read.

    Example:
        >>> searcher = Searcher(catalog, index, Embedder.load("all-minilm-l6-v2"), RetrievalSettings())
        >>> searcher.search("When does the agreement end?", k=5)[0].text
    """

    def __init__(
        self,
        catalog: ChunkStore,
        index: VectorIndex,
        embedder: Embedder,
        settings: RetrievalSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._embedder = embedder
        self._query_prefix = query_prefix(settings)
        self._settings = settings
        self._reranker = reranker

    def search(
        self,
        question: str,
        k: int = 10,
        where: Filter | None = None,
        order: Order = "fused",
        *,
        exact_first: bool = True,
    ) -> list[Hit]:
        """The ``k`` best chunks, best first; none if nothing is found. Scores fall from hit to hit,
        except at the end, where repetitions stand if there was room for them.

        Both searches bring their candidates, and each candidate's cosine and BM25 score are added in
        standard deviations (`standardised_sum`). The question's vector is then moved towards the mean of
        the three best (pseudo-relevance feedback), the candidates' cosines are computed again, and added
        again: that order counts. A score is the sum, mapped to between 0 and 1.

        With a reranker (``retrieval.reranker``) the best ``rerank_candidates`` of these are then ordered by it.

        On top of that stands the exact match of the question's exact terms (quoted phrases,
        identifiers, clause numbers, see `hybrid.stores.query.exact_terms`). Each that a chunk holds adds 1
        or more to its score, so such a chunk comes before all that hold fewer, whatever the embedding says
        of it.

        Chunks of a document overlap. One that shares text with a better hit, and holds words of the
        question only in the part that it shares, says the same thing again and goes to the end. So does one
        whose text a better hit has word for word, such as a mail in the mailbox of each who received it.

        Args:
            question: what to look for.
            k: how many hits.
            where: search these documents only. The choice is made before the best ``k`` are taken.
            order: ``"dense"`` and ``"lexical"`` give one search alone, by cosine or BM25, as a measure of
                what fusion brings; nothing above applies to them.
            exact_first: whether chunks that hold the question's exact terms come first. Without it a question that
                is a sentence of a document, with its numbers, takes a quarter of the time.

        Raises `InputError` if the question is blank, ``k`` is less than 1, or the filter names a metadata key
        or a source that does not exist.
        """
        if not question.strip():
            raise InputError("the question is empty")
        if k < 1:
            raise InputError(f"k must be at least 1, not {k}")
        with self._catalog.read_transaction():
            return self._search(question, k, where, order, exact_first)

    def question_vector(self, question: str) -> NDArray[np.float32]:
        """The vector ``[dimension]`` of a question, of length 1, with the prefix that the embedder asks for."""
        if isinstance(self._embedder, CalledEmbedder):
            return self._embedder.encode_question(f"{self._query_prefix}{question}")
        vector: NDArray[np.float32] = self._embedder.encode([f"{self._query_prefix}{question}"])[0]
        return vector

    def _search(self, question: str, k: int, where: Filter | None, order: Order, exact_first: bool) -> list[Hit]:
        selection = self._selection(where)
        depth = max(self._settings.candidates, k)
        if order == "lexical":
            lexical = self._by_words(question, depth, selection)
            ranking = _Ranking(lexical, {}, _ranks(lexical), {})
        elif order == "dense":
            dense = self._dense(self.question_vector(question), depth, selection)
            ranking = _Ranking(dense, _ranks(dense), {}, dense)
        else:
            # SQLite searches without Python's lock, so that most of its time passes while the question is embedded.
            by_words = _meanwhile(lambda: self._by_words_with_vectors(question, depth, selection))
            vector = self.question_vector(question)
            dense_found = self._dense_with_vectors(vector, depth, selection)
            state, lexical_found = by_words.result()
            if state != self._catalog.state():  # of a session that began before another's commit
                _, lexical_found = self._by_words_with_vectors(question, depth, selection)
            ranking = self._fused(vector, *dense_found, *lexical_found)
            if self._reranker is not None:
                ranking = self._reranked(ranking, self._reranker, question, k, selection)
            if exact_first:
                ranking = self._exact_first(ranking, question, max(k, EXACT_CANDIDATES), selection)
            best = self._distinct_first(list(ranking.scores), question, k, selection)
            return [self._hit(row, ranking) for row in best]
        rows = self._catalog.chunks(list(ranking.scores)[:k], selection)
        return [self._hit(row, ranking) for row in rows.values()]

    def search_expression(self, expression: Expression, k: int, where: Filter | None = None) -> list[Hit]:
        """The ``k`` best chunks, by BM25, of the documents that a search expression finds, of those that ``where`` lets
        through; of an expression of fields alone (``from:strand``) the first chunk of each document."""
        with self._catalog.read_transaction():
            selection = self._selection(where)
            found, documents = self._found(expression, selection)
            if not expression.wanted:
                ids = [ids[0] for one in sorted(documents) if (ids := self._catalog.chunk_ids(one))]
                scores = dict.fromkeys(ids, 1.0)
            else:
                match = " OR ".join(f"({term.match})" for term in expression.wanted)
                chunks = {chunk_id for chunk_id, document_id in found.chunks.items() if document_id in documents}
                every = dict(self._catalog.search_lexical(match, max(1, self._catalog.chunk_count()), selection))
                scores = {chunk_id: score for chunk_id, score in every.items() if chunk_id in chunks}
            ranking = _Ranking(scores, {}, _ranks(scores) if expression.wanted else {}, {})
            return [self._hit(row, ranking) for row in self._catalog.chunks(list(scores)[:k], selection).values()]

    def count_documents(self, expression: Expression, where: Filter | None = None) -> int:
        """How many documents a search expression finds, of those that ``where`` lets through."""
        with self._catalog.read_transaction():
            return len(self._found(expression, self._selection(where))[1])

    def _found(self, expression: Expression, selection: Selection | None) -> tuple[Found, set[int]]:
        found = Found(self._catalog, expression)
        return found, found.documents if selection is None else found.documents & set(selection.documents.tolist())

    def narrowed(self, expression: Expression, where: Filter | None = None) -> Filter:
        """A filter for the documents that meet the fields of an expression, of those that ``where`` lets through."""
        with self._catalog.read_transaction():
            selection = self._selection(where)
            return narrowed(self._catalog, expression, None if selection is None else selection.documents.tolist())

    def undated(self, expression: Expression | None, where: Filter | None = None) -> int:
        """How many documents the days of an expression, or of a filter, leave out because they have no date."""
        with self._catalog.read_transaction():
            if expression is None or not any(field.name in DATES for field in fields_of(expression)):
                return 0 if where is None else self._catalog.undated(where)
            self._catalog.check_listed()
            undated = {row.id for row in self._catalog.documents() if row.date is None}
            if where is None:
                return len(undated)
            others = where.model_copy(update={"since": None, "until": None})
            return len(undated.intersection(self._catalog.selection(others).documents.tolist()))

    def nearest(self, vector: NDArray[np.float32], k: int, where: Filter | None = None) -> list[Hit]:
        """The ``k`` chunks whose embeddings are nearest to ``vector`` (float32 [dimension], length 1), best first."""
        selection = self._selection(where)
        dense = self._dense(vector, k, selection)
        ranking = _Ranking(dense, _ranks(dense), {}, dense)
        return [self._hit(row, ranking) for row in self._catalog.chunks(list(dense), selection).values()]

    def by_sentences(
        self, vector: NDArray[np.float32], k: int, where: Filter | None = None, known: Iterable[Hit] = ()
    ) -> list[Hit]:
        """The chunks of the ``k`` sentences that are nearest to ``vector`` (float32 [dimension], length 1), best first,
        without those that are ``known`` and those that hold nothing but a heading near it.

        A chunk's vector is of all that it says; one sentence among ten that means what is asked is hardly seen in it.
        None where the corpus has stored no sentences (``ingest.sentence_vectors``).
        """
        with self._catalog.read_transaction():
            selection = self._selection(where)
            seen = [(hit.document_id, hit.start, hit.end) for hit in known]
            found = [
                (span, cosine)
                for span, cosine in self._catalog.nearest_sentences(vector, k, selection)
                if span[2] - span[1] >= SENTENCE_CHARS and not any(_shared(span, other) for other in seen)
            ]
            dense: dict[int, float] = {}
            for span, cosine in found:
                for chunk_id in self._catalog.chunks_holding([span]):
                    dense.setdefault(chunk_id, cosine)
            rows = self._catalog.chunks(list(dense), selection)
            ranking = _Ranking(dense, _ranks(dense), {}, dense)
            return [self._hit(row, ranking) for row in rows.values()]

    def _selection(self, where: Filter | None) -> Selection | None:
        if where is None or where.everything:
            return self._catalog.everything()
        return self._catalog.selection(where)

    def _dense(self, vector: NDArray[np.float32], depth: int, selection: Selection | None) -> dict[int, float]:
        """Chunk ids to cosines, best first."""
        depth = min(depth, len(self._index) if selection is None else len(selection))
        if depth == 0:
            return {}
        scores, ids = self._index.search(vector[None], depth, None if selection is None else selection.chunks)
        return _cosines_by_id(scores[0], ids[0])

    def _dense_with_vectors(
        self, vector: NDArray[np.float32], depth: int, selection: Selection | None
    ) -> tuple[dict[int, float], Embedded]:
        """Chunk ids to cosines, best first, and their vectors. The index has them at hand, unless it had to choose."""
        depth = min(depth, len(self._index))
        if selection is not None or depth == 0:
            found = self._dense(vector, depth, selection) if depth else {}
            return found, self._catalog.vectors(list(found))
        scores, ids, vectors = self._index.search_with_vectors(vector[None], depth)
        there = ids[0] >= 0
        return _cosines_by_id(scores[0], ids[0]), (ids[0][there], vectors[0][there])

    def _by_words(self, question: str, depth: int, selection: Selection | None) -> dict[int, float]:
        """Chunk ids to BM25 scores for the question's words, best first."""
        match = match_expression(question)
        return dict(self._catalog.search_words(match, depth, selection)) if match else {}

    def _by_words_with_vectors(
        self, question: str, depth: int, selection: Selection | None
    ) -> tuple[object, tuple[dict[int, float], Embedded]]:
        """What is found by words, and the state of the catalog in which it was."""
        with self._catalog.read_transaction():
            found = self._by_words(question, depth, selection)
            return self._catalog.state(), (found, self._catalog.vectors(list(found)))

    def _lexical(self, match: str, depth: int, selection: Selection | None) -> dict[int, float]:
        """Chunk ids to BM25 scores, best first."""
        return dict(self._catalog.search_lexical(match, depth, selection)) if match else {}

    def _fused(
        self,
        vector: NDArray[np.float32],
        dense: dict[int, float],
        of_dense: Embedded,
        lexical: dict[int, float],
        of_lexical: Embedded,
    ) -> _Ranking:
        new = [at for at, chunk_id in enumerate(of_lexical[0].tolist()) if chunk_id not in dense]
        # A chunk may have left the catalog since the index was read: it has no place there, and drops out later.
        ids = np.concatenate([of_dense[0], of_lexical[0][new]])
        if not len(ids):
            return _Ranking({}, {}, {}, {})
        vectors = np.concatenate([found.reshape(-1, len(vector)) for found in (of_dense[1], of_lexical[1][new])])
        ascending = np.argsort(ids)
        ids, vectors = ids[ascending], vectors[ascending]
        by_id: list[int] = ids.tolist()
        bm25 = np.array([lexical.get(chunk_id, 0.0) for chunk_id in by_id])
        cosines = _cosines(vectors, vector)
        best = np.argsort(-standardised_sum(cosines, bm25), kind="stable")[:FEEDBACK_FROM]
        fused = standardised_sum(_cosines(vectors, vector + FEEDBACK * vectors[best].mean(axis=0)), bm25)
        scores = np.round(1 / (1 + np.exp(-fused)), 9)  # repetitions of a text tie, and go by id
        best_first = [by_id[at] for at in np.argsort(-scores, kind="stable").tolist()]
        score, similarity = (dict(zip(by_id, of.tolist(), strict=True)) for of in (scores, cosines))
        return _Ranking({i: score[i] for i in best_first}, _ranks(dense), _ranks(lexical), similarity)

    def _reranked(
        self, ranking: _Ranking, reranker: Reranker, question: str, k: int, selection: Selection | None
    ) -> _Ranking:
        """The ranking with the best candidates in the reranker's order. Repetitions are not judged twice."""
        most = max(self._settings.rerank_candidates, k)
        chosen = [row.id for row in self._distinct_first(list(ranking.scores), question, most, selection)]
        rows = self._catalog.chunks(chosen, selection)
        if not rows:
            return ranking
        judged = reranker.scores(question, [row.text for row in rows.values()])
        return replace(ranking, scores=reordered(ranking.scores, list(rows), judged))

    def _exact_first(self, ranking: _Ranking, question: str, depth: int, selection: Selection | None) -> _Ranking:
        """The ranking with each chunk's count of exact matches added to its score."""
        terms = ExactTerms(exact_terms(question))
        if not len(terms):
            return ranking
        candidates = list(self._lexical(exact_expression(question), depth, selection))
        counts: dict[int, int] = {}
        for first in range(0, len(candidates), _EXACT_AT_ONCE):
            rows = self._catalog.chunks(candidates[first : first + _EXACT_AT_ONCE], selection)
            counts |= {i: count for i, row in rows.items() if (count := terms.count_in(row.text))}
            if sum(count == terms.most for count in counts.values()) >= _EXACT_AT_ONCE:
                break
        scores = ranking.scores | {i: ranking.scores.get(i, 0.0) + count for i, count in counts.items()}
        best_first = sorted(scores, key=lambda i: -scores[i])  # equal scores stay as they were fused
        return replace(ranking, scores={i: scores[i] for i in best_first})

    def _distinct_first(
        self, best_first: Sequence[int], question: str, k: int, selection: Selection | None
    ) -> list[ChunkRow]:
        """The best ``k``, those that only repeat a better one last. Reads no more texts than it needs."""
        words = _words(question)
        rows: dict[int, ChunkRow] = {}
        distinct: list[int] = []
        repeated: list[int] = []
        better: dict[int, list[Span]] = defaultdict(list)  # of each document, those in `distinct`
        lengths: dict[int, list[int]] = defaultdict(list)  # the same by length: only of one length can be copies
        step = 2 * k
        for first in range(0, len(best_first), step):
            # A chunk may have left the catalog since the index was read.
            spans = self._catalog.spans(best_first[first : first + step])
            compared = [*_overlapping(spans, better), *_as_long(spans, lengths)]
            needed = dict.fromkeys([*list(spans)[:k], *compared])
            rows |= self._catalog.chunks([chunk_id for chunk_id in needed if chunk_id not in rows], selection)
            for chunk_id, span in spans.items():
                shared = [part for other in better[span[0]] if (part := _shared(span, other))]
                copied = any(rows[other].text == rows[chunk_id].text for other in lengths[span[2] - span[1]])
                if copied or (shared and _repeats(rows[chunk_id].text, shared, words)):
                    repeated.append(chunk_id)
                else:
                    distinct.append(chunk_id)
                    better[span[0]].append(span)
                    lengths[span[2] - span[1]].append(chunk_id)
            if len(distinct) >= k:
                break
        chosen = [*distinct, *repeated][:k]
        rows |= self._catalog.chunks([chunk_id for chunk_id in chosen if chunk_id not in rows], selection)
        return [rows[chunk_id] for chunk_id in chosen]

    def _hit(self, row: ChunkRow, ranking: _Ranking) -> Hit:
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
            score=ranking.scores[row.id],
            dense_rank=ranking.dense_ranks.get(row.id),
            lexical_rank=ranking.lexical_ranks.get(row.id),
            similarity=ranking.similarity.get(row.id),
            author=row.author,
            status=row.status,
        )


def _meanwhile(work: Callable[[], T]) -> Future[T]:
    """The work's result, and its error, from a thread of its own, which reads the catalog's newest state."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)

    Thread(target=run, name="hybrid-lexical", daemon=True).start()
    return future


def _cosines_by_id(scores: NDArray[np.float32], ids: NDArray[np.int64]) -> dict[int, float]:
    there = ids >= 0
    return dict(zip(ids[there].tolist(), scores[there].tolist(), strict=True))


def _cosines(vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float64]:
    return (vectors @ query).astype(np.float64) / float(np.linalg.norm(query) or 1.0)


def _ranks(ids: Iterable[int]) -> dict[int, int]:
    return {chunk_id: rank for rank, chunk_id in enumerate(ids, start=1)}


def _overlapping(spans: Mapping[int, Span], better: Mapping[int, Sequence[Span]]) -> list[int]:
    """Those of ``spans`` that share text with one before them, or with one of ``better``."""
    before = {document_id: list(known) for document_id, known in better.items()}
    found: list[int] = []
    for chunk_id, span in spans.items():
        known = before.setdefault(span[0], [])
        if any(_shared(span, other) for other in known):
            found.append(chunk_id)
        known.append(span)
    return found


def _as_long(spans: Mapping[int, Span], better: Mapping[int, Sequence[int]]) -> list[int]:
    """Those of ``spans`` that are as long as another of them or as one of ``better``, and these."""
    of_length: dict[int, list[int]] = {length: list(known) for length, known in better.items()}
    for chunk_id, (_, start, end) in spans.items():
        of_length.setdefault(end - start, []).append(chunk_id)
    return [chunk_id for alike in of_length.values() if len(alike) > 1 for chunk_id in alike]


def _shared(span: Span, other: Span) -> tuple[int, int] | None:
    """The part of ``span`` that ``other`` has too, in characters from its start."""
    if other[0] != span[0] or other[1] >= span[2] or span[1] >= other[2]:
        return None
    return max(span[1], other[1]) - span[1], min(span[2], other[2]) - span[1]


def _repeats(text: str, shared: Sequence[tuple[int, int]], words: set[str]) -> bool:
    """Whether a chunk has nothing of the question outside the parts that better ones have too."""
    own = _without(text, shared)
    if _words(text) & words:
        return not _words(own) & words
    return len(own.strip()) * 2 < len(text)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _CONTENT_WORD.findall(text)}


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept = []
    at = 0
    for start, end in sorted(spans):
        kept.append(text[at : max(start, at)])
        at = max(at, end)
    return " ".join([*kept, text[at:]])
