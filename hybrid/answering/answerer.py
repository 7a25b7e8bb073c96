"""From a question to an answer: route, search, bearing, quotes and generated claims, verdicts, citations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, get_args

import numpy as np

from hybrid.answering import bearing, comprehension, lookup, merge, opening
from hybrid.answering.evidence import Encoder, Sentence, cite, gather, with_similarity
from hybrid.answering.merge import Draft
from hybrid.answering.rarity import Counts, Rarity
from hybrid.answering.verification import Documents, Searches, Verifier
from hybrid.answers import Answer, Route, RouteName
from hybrid.errors import InputError, ModelError
from hybrid.filters import Filter
from hybrid.router.follow_ups import standalone
from hybrid.settings import Settings
from hybrid.stores.rows import DocumentRow, GenerationRow

HITS = 10
"""Chunks that the question's search brings; quotes and evidence are chosen among their sentences."""
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
        reader: comprehension.Writer | None,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._embedder = embedder
        self._router = router
        self._reader = reader
        self._settings = settings
        self._writing = Lock()
        self._rarity: tuple[int | None, Rarity] | None = None

    def ask(
        self,
        question: str,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
    ) -> Answer:
        """Answer ``question``; ``route`` overrides the router, ``history`` is what was asked before, oldest first.

        With ``where``, only documents that it lets through are searched, and the memory, which has read
        them all, does not write.

        Raises `InputError` if the question is empty or longer than the settings allow, if there is no such
        route, or if the filter names what no document has.
        """
        stated, asked = self._read(question, history)
        if route is not None and route not in get_args(RouteName):
            raise InputError(f"no route {route!r}; the routes are {', '.join(get_args(RouteName))}")
        with self._catalog.reading():
            generation = self._catalog.generation()
            work = _Work(stated, asked, generation, filtered=where is not None and not where.everything)
            if asked != stated:
                work.notes.append(f"Read as: {asked}")
            with work.timed("route"):
                vector = self._embedder.encode([asked])[0]
                work.route = self._routed(asked, vector, route)
            with work.timed("search"):
                hits = self._searcher.search(asked, HITS, where)
                parts = bearing.parts(asked)
                if len(parts) > 1:
                    hits += [hit for part in parts for hit in self._searcher.search(part, HITS // len(parts), where)]
                if opening.aspect(asked):
                    hits += opening.openings(hits)
            with work.timed("evidence"):
                rarity = self._rarity_of(generation.n if generation else None)
                found = with_similarity(self._embedder, vector, gather(self._catalog, hits))
                measured = bearing.measure(asked, found, rarity)
            if not measured.enough:
                return _nothing(work, measured)
            if not measured.sure:
                work.notes.append(UNSURE)
            return self._answer(work, found, rarity)

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
        return chosen if forced is None else Route(name=forced, p_comprehension=chosen.p_comprehension, forced=True)

    def _rarity_of(self, generation: int | None) -> Rarity:
        known = self._rarity
        if known is None or known[0] != generation or generation is None:
            known = (generation, Rarity(self._catalog, sum(row.chunks for row in self._catalog.documents())))
            self._rarity = known  # two threads may both make one; either will do
        return known[1]

    def _answer(self, work: _Work, found: Sequence[Sentence], rarity: Rarity) -> Answer:
        limits = self._settings.answer
        drafts: list[Draft] = []
        if work.route.name != "comprehension":
            with work.timed("lookup"):
                drafts = [_quoted(sentence) for sentence in self._quotes(work.question, found, rarity)]
        if work.route.name != "lookup":
            written = self._written(work, found)
            verifier = Verifier(self._catalog, self._searcher, self._embedder, rarity)
            with work.timed("verification"):
                verdicts = [verdict for claim in written for verdict in verifier.verify_parts(claim, found)]
            made = [Draft(v.text, v.verdict, v.span, "memory", v.support) for v in verdicts]
            if limits.drop_unsupported:
                made = [draft for draft in made if draft.verdict != "unsupported"]
            if not drafts and not any(draft.span for draft in made):
                drafts = [_quoted(sentence) for sentence in comprehension.diverse(found)[: limits.max_quotes]]
                if written:
                    work.notes.append("No span carries what the memory wrote; the closest passages are quoted.")
            drafts = [*drafts, *made]
        with work.timed("citations"):
            claims, citations = merge.number(
                merge.merge(drafts, work.route.p_comprehension),
                lambda sentence, number: cite(self._catalog, sentence, number),
            )
        if any(claim.contradicted_by for claim in claims):
            work.notes.append("The memory and the documents disagree; the documents are quoted.")
        return work.finish(text=merge.text(claims), claims=claims, citations=citations, found=True)

    def _quotes(self, question: str, found: Sequence[Sentence], rarity: Rarity) -> list[Sentence]:
        """The sentences that answer, the best first; of a question in parts the best for each part in turn."""
        most, parts = self._settings.answer.max_quotes, bearing.parts(question)
        if len(parts) == 1:
            return [quote.sentence for quote in lookup.choose(question, found, rarity, most)]
        each = max(1, most // len(parts))
        quotes = []
        for part, vector in zip(parts, self._embedder.encode(parts), strict=True):
            quotes += lookup.choose(part, with_similarity(self._embedder, vector, found), rarity, each)
        return [quote.sentence for quote in quotes]

    def _written(self, work: _Work, found: Sequence[Sentence]) -> list[str]:
        """What the memory writes; nothing, and a note that says why, where there is no memory to ask."""
        if self._reader is None or work.filtered:
            why = self._absence(work.generation) if self._reader is None else _READ_EVERYTHING
            work.notes.append(f"The memory did not answer: {why}. The index answers alone.")
            return []
        limits = self._settings.answer
        with work.timed("generation"), self._writing:
            try:
                return comprehension.write(
                    self._reader, work.question, found, limits.evidence_tokens, limits.max_new_tokens
                )
            except ModelError as error:
                work.notes.append(f"The memory did not answer: {error}. The index answers alone.")
                return []

    def _absence(self, generation: GenerationRow | None) -> str:
        if not self._settings.memory.enabled:
            return "it is switched off in the settings"
        state = generation.memory_state if generation else "none"
        return {
            "off": "a document that it had read was removed, and it is off until it has been read anew",
            "behind": "it has not read the whole corpus yet",
            "none": "this corpus has none",
        }.get(state, "it is not loaded")


@dataclass
class _Work:
    """One question on its way to an answer."""

    stated: str
    question: str
    """As it stands alone: what is searched for, routed and put to the memory."""
    generation: GenerationRow | None
    filtered: bool
    route: Route = field(default_factory=lambda: Route(name="both", p_comprehension=0.5))
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.perf_counter() - began, 6)

    def finish(self, **values: object) -> Answer:
        return Answer.model_validate(
            {
                "question": self.stated,
                "route": self.route,
                "generation": self.generation.n if self.generation else None,
                "notes": tuple(self.notes),
                "seconds": self.seconds,
                **values,
            }
        )


def checked_question(question: str, limit: int) -> str:
    """The question without control characters, which no document holds and no terminal should print.

    Raises `InputError` if it is not text, holds no word, or is longer than ``limit`` characters.
    """
    if not isinstance(question, str):
        raise InputError(f"a question is a string, not {type(question).__name__}")
    if len(question) > limit:
        raise InputError(
            f"the question has {len(question):,} characters and the limit is {limit:,}; "
            "ask a shorter one or raise answer.max_question_chars in the settings"
        )
    plain = "".join(" " if letter.isspace() or not letter.isprintable() else letter for letter in question)
    plain = " ".join(plain.split())
    if not any(letter.isalnum() for letter in plain):
        raise InputError("the question is empty; ask something in words")
    return plain


def _quoted(sentence: Sentence) -> Draft:
    return Draft(sentence.text, "verbatim", sentence, "index", 1.0)


def _nothing(work: _Work, measured: bearing.Bearing) -> Answer:
    text = NOTHING
    if measured.missing:
        text += f" It does not mention {', '.join(measured.missing)}."
    return work.finish(text=text, found=False)
