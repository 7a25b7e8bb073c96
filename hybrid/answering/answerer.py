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
from hybrid.answering.generators import ChatModelGenerator, MemoryGenerator, TextGenerator, counter
from hybrid.answering.passages import FilteredView
from hybrid.answering.request import RequestContext, checked_question
from hybrid.answering.selection import document_header, ranking
from hybrid.answering.verification.verifier import Documents, Searches, Verified, Verifier
from hybrid.errors import CorruptCorpusError, InputError, ModelError
from hybrid.retrieval.idf import Counts, InverseDocumentFrequency
from hybrid.router.follow_ups import standalone
from hybrid.settings import Settings
from hybrid.stores.rows import CommitRow, DocumentRow
from hybrid.types.answers import Answer, Hit, Route, RouteName
from hybrid.types.filters import Filter

HITS = 10
"""Chunks that the question's search brings; quotes and evidence are chosen among their sentences."""
IN_NAMED = 5
"""Chunks looked at of each document that the question names by its title."""
_READ_EVERYTHING = "it has read the whole corpus and cannot be held to some of its documents"
NOT_CONFIDENT = "The corpus may not say this; the closest passages are quoted."
NOTHING = "Nothing in the corpus bears on this question."


class CatalogLike(Documents, Counts, Protocol):
    """The part of a catalog that answering needs."""

    def reading(self) -> AbstractContextManager[None]:
        """One state of the catalog for every read inside the block."""

    def documents(self) -> list[DocumentRow]:
        """All documents."""

    def commit(self) -> CommitRow | None:
        """The newest commit."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""


class Routes(Protocol):
    """The part of a router that answering needs."""

    def route(self, question: str, embedding: np.ndarray) -> Route:
        """Where a question goes."""


class Answerer:
    """Answers questions about one corpus. Safe to share between threads; the memory writes one at a time.

    ``session`` is ``None`` where the memory is off or absent: the index then answers every question, and
    the answer says why.

    Example:
        answerer = Answerer(catalog, searcher, embedder, router, session, Settings())
        print(answerer.ask("When does the agreement end?"))
    """

    def __init__(
        self,
        catalog: CatalogLike,
        searcher: Searches,
        embedder: Encoder,
        router: Routes,
        session: generators.Writer | None,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._embedder = embedder
        self._router = router
        self._session = session
        self._settings = settings
        self._writing = Lock()
        self._brought = False  # whether a search brings everything that there is
        self._idf: tuple[int | None, InverseDocumentFrequency] | None = None

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
        them all, does not write. A ``writer`` (`hybrid.answering.generators.ChatModelGenerator`) writes in its place.
        ``on_token`` is told the answer's text while it is made (`hybrid.answering.composition`).

        Raises `InputError` if the question is empty or longer than the settings allow, if there is no such
        route, if the filter names what no document has, or if ``writer`` cannot write.
        """
        stated, asked = self._read(question, history)
        if route is not None and route not in get_args(RouteName):
            raise InputError(f"no route {route!r}; the routes are {', '.join(get_args(RouteName))}")
        given = None if writer is None else self._given(writer)
        with self._catalog.reading():
            commit = self._catalog.commit()
            within = where if where is not None and not where.everything else None
            context = RequestContext(stated, asked, commit, within, given, on_token)
            if asked != stated:
                context.notes.append(f"Read as: {asked}")
            with context.timed("route"):
                vector = self._embedder.encode([asked])[0]
                context.route = self._routed(asked, vector, route)
            with context.timed("search"):
                hits = self._searcher.search(asked, HITS, where)
                parts = abstention.parts(asked)
                if len(parts) > 1:
                    hits += [hit for part in parts for hit in self._searcher.search(part, HITS // len(parts), where)]
                hits += self._in_named(asked, hits)
                if document_header.field_asked(asked):
                    hits += document_header.headers(hits)
            with context.timed("evidence"):
                idf = self._idf_of(commit.n if commit else None)
                found = with_similarity(self._embedder, vector, gather(self._catalog, hits))
                measured = abstention.measure(asked, found, idf)
            if not measured.answerable:
                return _nothing(context, measured)
            if not measured.confident:
                context.notes.append(NOT_CONFIDENT)
            return self._answer(context, found, idf)

    def over(self, catalog: CatalogLike, searcher: Searches) -> Answerer:
        """The same embedder, router and memory over other documents."""
        other = Answerer(catalog, searcher, self._embedder, self._router, self._session, self._settings)
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

    def _idf_of(self, commit: int | None) -> InverseDocumentFrequency:
        known = self._idf
        if known is None or known[0] != commit or commit is None:
            known = (
                commit,
                InverseDocumentFrequency(self._catalog, sum(row.chunks for row in self._catalog.documents())),
            )
            self._idf = known  # two threads may both make one; either will do
        return known[1]

    def _answer(self, context: RequestContext, found: Sequence[Sentence], idf: InverseDocumentFrequency) -> Answer:
        verifier = self._verifier(context.where, idf)
        if context.on_token is not None:
            return self._told(context, context.on_token, found, idf, verifier)
        limits = self._settings.answer
        drafts: list[Draft] = []
        if context.route.name != "comprehension":
            with context.timed("lookup"):
                drafts = [_quoted(sentence) for sentence in self._quotes(context.question, found, idf)]
        if context.route.name != "lookup" and (generator := self._generator(context)) is not None:
            with context.timed("generation"):
                written = generators.cleaned(_written(generator, context, found))
            with context.timed("verification"):
                verdicts = [verdict for claim in written for verdict in verifier.verify_parts(claim, found)]
            made = [Draft(v.text, v.verdict, v.span, generator.origin, v.support) for v in verdicts]
            if limits.drop_unsupported:
                made = [draft for draft in made if draft.verdict != "unsupported"]
            if written and not drafts and not any(draft.span for draft in made):
                context.notes.append(
                    f"No span carries what the {generator.origin} wrote; the closest passages are quoted."
                )
            drafts = [*drafts, *made]
        if not any(draft.span for draft in drafts):
            drafts = [*map(_quoted, self._closest(context.question, found, idf)), *drafts]
        with context.timed("citations"):
            claims, citations = composition.number(
                composition.merge(drafts, context.route.p_comprehension),
                lambda sentence, number: cite(self._catalog, sentence, number),
            )
        return context.finish(text=composition.text(claims), claims=claims, citations=citations, found=True)

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
        context: RequestContext,
        tell: Callable[[str], None],
        found: Sequence[Sentence],
        idf: InverseDocumentFrequency,
        verifier: Verifier,
    ) -> Answer:
        """As `_answer`, but told while it is made."""

        def judge(sentence: str) -> list[Verified]:
            with context.timed("verification"):
                return verifier.verify_parts(sentence, found)

        dropped = self._settings.answer.drop_unsupported
        telling = Telling(tell, lambda *place: cite(self._catalog, *place), judge, drop_unsupported=dropped)
        if context.route.name != "comprehension":
            with context.timed("lookup"):
                quotes = self._quotes(context.question, found, idf)
            for sentence in quotes:
                telling.quote(sentence)
        if context.route.name != "lookup" and (generator := self._generator(context)) is not None:
            stream = telling.written_by(generator.origin)
            with context.timed("generation"):
                wrote = _written(generator, context, found, stream.feed)
                stream.end()
            context.seconds["generation"] -= context.seconds.get("verification", 0.0)
            if wrote and not telling.citations:
                context.notes.append(
                    f"No span carries what the {generator.origin} wrote; the closest passages are quoted."
                )
        if not telling.citations:
            for sentence in self._closest(context.question, found, idf):
                telling.quote(sentence)
        return context.finish(text=telling.text, claims=tuple(telling.claims), citations=telling.citations, found=True)

    def _closest(self, question: str, found: Sequence[Sentence], idf: InverseDocumentFrequency) -> list[Sentence]:
        """The sentences that a lookup would quote, and some that are not as good, the documents taking turns."""
        quotes = ranking.choose(question, found, idf, len(found), generators.MIN_SHARE)
        best = [replace(quote.sentence, similarity=quote.score) for quote in quotes]
        return generators.diverse(best)[: self._settings.answer.max_quotes]

    def _verifier(self, where: Filter | None, idf: InverseDocumentFrequency) -> Verifier:
        if where is None:
            return Verifier(self._catalog, self._searcher, self._embedder, idf)
        within = FilteredView(self._catalog, self._searcher, where)
        return Verifier(within, within, self._embedder, idf)

    def _quotes(self, question: str, found: Sequence[Sentence], idf: InverseDocumentFrequency) -> list[Sentence]:
        """The sentences that answer, the best first; of a question in parts the best for each part in turn."""
        most, parts = self._settings.answer.max_quotes, abstention.parts(question)
        if len(parts) == 1:
            return [quote.sentence for quote in ranking.choose(question, found, idf, most)]
        each = max(1, most // len(parts))
        quotes = []
        for part, vector in zip(parts, self._embedder.encode(parts), strict=True):
            quotes += ranking.choose(part, with_similarity(self._embedder, vector, found), idf, each)
        return [quote.sentence for quote in quotes]

    def _given(self, writer: Any) -> ChatModelGenerator:
        return ChatModelGenerator(writer, counter(self._embedder), self._settings.answer.writer_tokens)

    def _generator(self, context: RequestContext) -> TextGenerator | None:
        """Who writes; nobody, and a note that says why, where there is neither a writer nor a memory to ask."""
        if context.generator is not None:
            return context.generator
        if self._session is not None and context.where is None:
            return MemoryGenerator(self._session, self._settings.answer, self._writing)
        why = self._absence(context.commit) if self._session is None else _READ_EVERYTHING
        context.notes.append(f"The memory did not answer: {why}. The index answers alone.")
        return None

    def _absence(self, commit: CommitRow | None) -> str:
        if not self._settings.memory.enabled:
            return "it is switched off in the settings"
        state = commit.memory_state if commit else "none"
        return {
            "off": "a document that it had read was removed, and it is off until it has been read anew",
            "behind": "it has not read the whole corpus yet",
            "none": "this corpus has none",
        }.get(state, "it is not loaded")


def _quoted(sentence: Sentence) -> Draft:
    return Draft(sentence.text, "verbatim", sentence, "index", 1.0)


def _written(
    generator: TextGenerator,
    context: RequestContext,
    found: Sequence[Sentence],
    feed: Callable[[str], None] | None = None,
) -> str:
    """What is written; as far as it came, and a note that says why, where writing failed."""
    heard: list[str] = []

    def hear(piece: str) -> None:
        heard.append(piece)
        if feed is not None:
            feed(piece)

    try:
        written = generator.write(context.question, found, hear if feed is not None else None)
    except (ModelError, CorruptCorpusError) as error:
        if feed is None and isinstance(error, CorruptCorpusError):
            raise  # nothing was told yet, and the corpus may have a newer commit to ask
        did = "finish" if heard else "answer"
        context.notes.append(f"The {generator.origin} did not {did}: {error}. The index answers alone.")
        return "".join(heard)
    if not written and generator.origin == "writer":
        context.notes.append("The writer found no answer in the passages.")
    if feed is not None and len(written) > sum(map(len, heard)):
        feed(written[sum(map(len, heard)) :])  # a writer that does not say what it writes until the end
    return written


def _nothing(context: RequestContext, measured: abstention.Answerability) -> Answer:
    text = NOTHING
    if measured.missing:
        text += f" It does not mention {', '.join(measured.missing)}."
    if context.on_token is not None:
        context.on_token(text)
    return context.finish(text=text, found=False)
