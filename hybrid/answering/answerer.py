"""From a question to an answer: route, search, bearing, quotes and generated claims, verdicts, citations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol, get_args

import numpy as np

from hybrid.answering import abstention, composition, generators
from hybrid.answering.composition import Draft, Telling
from hybrid.answering.evidence import Encoder, Sentence, cite, gather, with_similarity
from hybrid.answering.generators import GivenPen, MemoryPen, Pen, counter
from hybrid.answering.passages import Within
from hybrid.answering.request import Work, checked_question
from hybrid.answering.selection import document_header, ranking
from hybrid.answering.verification.verifier import Documents, Searches, Verified, Verifier
from hybrid.errors import CorruptCorpusError, InputError, ModelError
from hybrid.retrieval.idf import Counts, Rarity
from hybrid.router.follow_ups import standalone
from hybrid.settings import Settings
from hybrid.stores.rows import DocumentRow, GenerationRow
from hybrid.types.answers import Answer, Hit, Route, RouteName
from hybrid.types.filters import Filter

HITS = 10
"""Chunks that the question's search brings; quotes and evidence are chosen among their sentences."""
IN_NAMED = 5
"""Chunks looked at of each document that the question names by its title."""
_READ_EVERYTHING = "it has read the whole corpus and cannot be held to some of its documents"
UNSURE = "The corpus may not say this; the closest passages are quoted."
NOTHING = "Nothing in the corpus bears on this question."


class CatalogLike(Documents, Counts, Protocol):
    """The part of a catalog that answering needs."""

    def reading(self) -> AbstractContextManager[None]:
        """One state of the catalog for every read inside the block."""

    def documents(self) -> list[DocumentRow]:
        """All documents."""

    def generation(self) -> GenerationRow | None:
        """The newest generation."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""


class Routes(Protocol):
    """The part of a router that answering needs."""

    def route(self, question: str, embedding: np.ndarray) -> Route:
        """Where a question goes."""


class Answerer:
    """Answers questions about one corpus. Safe to share between threads; the memory writes one at a time.

    ``reader`` is ``None`` where the memory is off or absent: the index then answers every question, and
    the answer says why.

    Example:
        answerer = Answerer(catalog, searcher, embedder, router, reader, Settings())
        print(answerer.ask("When does the agreement end?"))
    """

    def __init__(
        self,
        catalog: CatalogLike,
        searcher: Searches,
        embedder: Encoder,
        router: Routes,
        reader: generators.Writer | None,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._embedder = embedder
        self._router = router
        self._reader = reader
        self._settings = settings
        self._writing = Lock()
        self._brought = False  # whether a search brings everything that there is
        self._rarity: tuple[int | None, Rarity] | None = None

    def ask(
        self,
        question: str,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        writer: Any = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Answer:
        """Answer ``question``; ``route`` overrides the router, ``history`` is what was asked before, oldest first.

        With ``where``, only documents that it lets through are searched, and the memory, which has read
        them all, does not write. A ``writer`` (`hybrid.answering.generators.GivenPen`) writes in its place.
        ``on_token`` is told the answer's text while it is made (`hybrid.answering.composition`).

        Raises `InputError` if the question is empty or longer than the settings allow, if there is no such
        route, if the filter names what no document has, or if ``writer`` cannot write.
        """
        stated, asked = self._read(question, history)
        if route is not None and route not in get_args(RouteName):
            raise InputError(f"no route {route!r}; the routes are {', '.join(get_args(RouteName))}")
        given = None if writer is None else self._given(writer)
        with self._catalog.reading():
            generation = self._catalog.generation()
            within = where if where is not None and not where.everything else None
            work = Work(stated, asked, generation, within, given, on_token)
            if asked != stated:
                work.notes.append(f"Read as: {asked}")
            with work.timed("route"):
                vector = self._embedder.encode([asked])[0]
                work.route = self._routed(asked, vector, route)
            with work.timed("search"):
                hits = self._searcher.search(asked, HITS, where)
                parts = abstention.parts(asked)
                if len(parts) > 1:
                    hits += [hit for part in parts for hit in self._searcher.search(part, HITS // len(parts), where)]
                hits += self._in_named(asked, hits)
                if document_header.aspect(asked):
                    hits += document_header.openings(hits)
            with work.timed("evidence"):
                rarity = self._rarity_of(generation.n if generation else None)
                found = with_similarity(self._embedder, vector, gather(self._catalog, hits))
                measured = abstention.measure(asked, found, rarity)
            if not measured.enough:
                return _nothing(work, measured)
            if not measured.sure:
                work.notes.append(UNSURE)
            return self._answer(work, found, rarity)

    def over(self, catalog: CatalogLike, searcher: Searches) -> Answerer:
        """The same embedder, router and memory over other documents."""
        other = Answerer(catalog, searcher, self._embedder, self._router, self._reader, self._settings)
        other._writing = self._writing
        other._brought = True
        return other

    def route(self, question: str, history: Sequence[str | Answer] = ()) -> Route:
        """Where the router would send ``question``. Raises `InputError` as `ask` does."""
        _, asked = self._read(question, history)
        return self._router.route(asked, self._embedder.encode([asked])[0])

    def _read(self, question: str, history: Sequence[str | Answer]) -> tuple[str, str]:
        """The question without control characters, and as it stands alone without those asked before it."""
        limit = self._settings.answer.max_question_chars
        if isinstance(history, str):
            raise InputError("history is a list of the questions asked before, not one string")
        before = [one.question if isinstance(one, Answer) else one for one in history]
        stated = checked_question(question, limit)
        return stated, standalone(stated, [checked_question(one, limit) for one in before])

    def _routed(self, asked: str, vector: np.ndarray, forced: RouteName | None) -> Route:
        chosen = self._router.route(asked, vector)
        return chosen if forced is None else chosen.model_copy(update={"name": forced, "forced": True})

    def _rarity_of(self, generation: int | None) -> Rarity:
        known = self._rarity
        if known is None or known[0] != generation or generation is None:
            known = (generation, Rarity(self._catalog, sum(row.chunks for row in self._catalog.documents())))
            self._rarity = known  # two threads may both make one; either will do
        return known[1]

    def _answer(self, work: Work, found: Sequence[Sentence], rarity: Rarity) -> Answer:
        verifier = self._verifier(work.where, rarity)
        if work.on_token is not None:
            return self._told(work, work.on_token, found, rarity, verifier)
        limits = self._settings.answer
        drafts: list[Draft] = []
        if work.route.name != "comprehension":
            with work.timed("lookup"):
                drafts = [_quoted(sentence) for sentence in self._quotes(work.question, found, rarity)]
        if work.route.name != "lookup" and (pen := self._pen(work)) is not None:
            with work.timed("generation"):
                written = generators.cleaned(_written(pen, work, found))
            with work.timed("verification"):
                verdicts = [verdict for claim in written for verdict in verifier.verify_parts(claim, found)]
            made = [Draft(v.text, v.verdict, v.span, pen.origin, v.support) for v in verdicts]
            if limits.drop_unsupported:
                made = [draft for draft in made if draft.verdict != "unsupported"]
            if written and not drafts and not any(draft.span for draft in made):
                work.notes.append(f"No span carries what the {pen.origin} wrote; the closest passages are quoted.")
            drafts = [*drafts, *made]
        if not any(draft.span for draft in drafts):
            drafts = [*map(_quoted, self._closest(work.question, found, rarity)), *drafts]
        with work.timed("citations"):
            claims, citations = composition.number(
                composition.merge(drafts, work.route.p_comprehension),
                lambda sentence, number: cite(self._catalog, sentence, number),
            )
        return work.finish(text=composition.text(claims), claims=claims, citations=citations, found=True)

    def _in_named(self, asked: str, hits: Sequence[Hit]) -> list[Hit]:
        """The best hits of each document that the question names by its title; of passages that were brought along
        all are hits already."""
        if self._brought:
            return []
        return [
            hit
            for document in document_header.named_documents(asked, hits)
            for hit in self._searcher.search(asked, IN_NAMED, Filter(sources=document.source))
            if hit.document_id == document.document_id  # a source's name may be another's pattern
        ]

    def _told(
        self,
        work: Work,
        tell: Callable[[str], None],
        found: Sequence[Sentence],
        rarity: Rarity,
        verifier: Verifier,
    ) -> Answer:
        """As `_answer`, but told while it is made."""

        def judge(sentence: str) -> list[Verified]:
            with work.timed("verification"):
                return verifier.verify_parts(sentence, found)

        dropped = self._settings.answer.drop_unsupported
        telling = Telling(tell, lambda *place: cite(self._catalog, *place), judge, drop_unsupported=dropped)
        if work.route.name != "comprehension":
            with work.timed("lookup"):
                quotes = self._quotes(work.question, found, rarity)
            for sentence in quotes:
                telling.quote(sentence)
        if work.route.name != "lookup" and (pen := self._pen(work)) is not None:
            stream = telling.written_by(pen.origin)
            with work.timed("generation"):
                wrote = _written(pen, work, found, stream.feed)
                stream.end()
            work.seconds["generation"] -= work.seconds.get("verification", 0.0)
            if wrote and not telling.citations:
                work.notes.append(f"No span carries what the {pen.origin} wrote; the closest passages are quoted.")
        if not telling.citations:
            for sentence in self._closest(work.question, found, rarity):
                telling.quote(sentence)
        return work.finish(text=telling.text, claims=tuple(telling.claims), citations=telling.citations, found=True)

    def _closest(self, question: str, found: Sequence[Sentence], rarity: Rarity) -> list[Sentence]:
        """The sentences that a lookup would quote, and some that are not as good, the documents taking turns."""
        quotes = ranking.choose(question, found, rarity, len(found), generators.MIN_SHARE)
        best = [replace(quote.sentence, similarity=quote.score) for quote in quotes]
        return generators.diverse(best)[: self._settings.answer.max_quotes]

    def _verifier(self, where: Filter | None, rarity: Rarity) -> Verifier:
        if where is None:
            return Verifier(self._catalog, self._searcher, self._embedder, rarity)
        within = Within(self._catalog, self._searcher, where)
        return Verifier(within, within, self._embedder, rarity)

    def _quotes(self, question: str, found: Sequence[Sentence], rarity: Rarity) -> list[Sentence]:
        """The sentences that answer, the best first; of a question in parts the best for each part in turn."""
        most, parts = self._settings.answer.max_quotes, abstention.parts(question)
        if len(parts) == 1:
            return [quote.sentence for quote in ranking.choose(question, found, rarity, most)]
        each = max(1, most // len(parts))
        quotes = []
        for part, vector in zip(parts, self._embedder.encode(parts), strict=True):
            quotes += ranking.choose(part, with_similarity(self._embedder, vector, found), rarity, each)
        return [quote.sentence for quote in quotes]

    def _given(self, writer: Any) -> GivenPen:
        return GivenPen(writer, counter(self._embedder), self._settings.answer.writer_tokens)

    def _pen(self, work: Work) -> Pen | None:
        """Who writes; nobody, and a note that says why, where there is neither a writer nor a memory to ask."""
        if work.given is not None:
            return work.given
        if self._reader is not None and work.where is None:
            return MemoryPen(self._reader, self._settings.answer, self._writing)
        why = self._absence(work.generation) if self._reader is None else _READ_EVERYTHING
        work.notes.append(f"The memory did not answer: {why}. The index answers alone.")
        return None

    def _absence(self, generation: GenerationRow | None) -> str:
        if not self._settings.memory.enabled:
            return "it is switched off in the settings"
        state = generation.memory_state if generation else "none"
        return {
            "off": "a document that it had read was removed, and it is off until it has been read anew",
            "behind": "it has not read the whole corpus yet",
            "none": "this corpus has none",
        }.get(state, "it is not loaded")


def _quoted(sentence: Sentence) -> Draft:
    return Draft(sentence.text, "verbatim", sentence, "index", 1.0)


def _written(pen: Pen, work: Work, found: Sequence[Sentence], feed: Callable[[str], None] | None = None) -> str:
    """What is written; as far as it came, and a note that says why, where writing failed."""
    heard: list[str] = []

    def hear(piece: str) -> None:
        heard.append(piece)
        if feed is not None:
            feed(piece)

    try:
        written = pen.write(work.question, found, hear if feed is not None else None)
    except (ModelError, CorruptCorpusError) as error:
        if feed is None and isinstance(error, CorruptCorpusError):
            raise  # nothing was told yet, and the corpus may have a newer generation to ask
        did = "finish" if heard else "answer"
        work.notes.append(f"The {pen.origin} did not {did}: {error}. The index answers alone.")
        return "".join(heard)
    if not written and pen.origin == "writer":
        work.notes.append("The writer found no answer in the passages.")
    if feed is not None and len(written) > sum(map(len, heard)):
        feed(written[sum(map(len, heard)) :])  # a writer that does not say what it writes until the end
    return written


def _nothing(work: Work, measured: abstention.Bearing) -> Answer:
    text = NOTHING
    if measured.missing:
        text += f" It does not mention {', '.join(measured.missing)}."
    if work.on_token is not None:
        work.on_token(text)
    return work.finish(text=text, found=False)
