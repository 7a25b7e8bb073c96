"""From a question to an answer, as a stream of events: route, evidence, quotes, generated claims with their verdicts.

There is one way to an answer: `Answerer.prepare` reads what the question needs in one state of the catalog, and
`Answerer.stream` makes the answer of it, event by event. While a generator writes, no transaction is open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from itertools import islice
from threading import Lock
from typing import Any, Protocol, get_args

import numpy as np

from hybrid.answering import (
    absent_things,
    abstention,
    closest_passages,
    correspondence,
    dates_compared,
    designations,
    digest,
    disputes,
    enumeration,
    enumeration_answer,
    enumeration_question,
    generators,
    literals,
    passages_beside,
    persons,
    positions,
    posts,
    premises,
    unsaid,
)
from hybrid.answering.abstention import Answerability
from hybrid.answering.composition import Composer
from hybrid.answering.enumeration_cells import empty_columns
from hybrid.answering.enumeration_rows import OF_STATUS
from hybrid.answering.evidence import Encoder, Sentence, cite, collapse, gather, repeated, with_similarity
from hybrid.answering.generators import ChatModelGenerator, MemoryGenerator, TextGenerator, counter
from hybrid.answering.mounting import Mount
from hybrid.answering.nearby import Nearby
from hybrid.answering.passages import FilteredView, Restricted
from hybrid.answering.person_quoting import PersonQuoting
from hybrid.answering.quoted import Quoted
from hybrid.answering.quoting import Quoting
from hybrid.answering.request import RequestContext, checked_history, checked_question
from hybrid.answering.selection import actuality, document_header, paraphrases, ranker
from hybrid.answering.verification.judgement import ChatJudge, Entailment
from hybrid.answering.verification.verifier import Examined, Verified, Verifier
from hybrid.errors import CorruptCorpusError, InputError, ModelError
from hybrid.retrieval.expressions import Searches as Expressions
from hybrid.retrieval.expressions import holds_term
from hybrid.retrieval.idf import Counts, InverseDocumentFrequency
from hybrid.retrieval.query import Expression, parse
from hybrid.router.follow_ups import standalone
from hybrid.settings import Settings
from hybrid.stores.query import exact_phrase
from hybrid.stores.rows import CommitRow, Titled
from hybrid.text.formatting import count
from hybrid.text.sentences import SentenceStream
from hybrid.types.answers import Answer, Citation, Hit, Origin, Route, RouteName
from hybrid.types.documents import Document
from hybrid.types.events import DraftEvent, Event, Events, EvidenceEvent, RouteEvent, TextEvent, collect
from hybrid.types.filters import Filter

HITS = 10
"""Chunks that the question's search brings; quotes and evidence are chosen among their sentences. The ranker is fitted
on those of as many hits (benchmarks/train_ranker.py). Not varied."""
FURTHER = 30
"""Chunks among whose sentences those are looked for that contradict a quote."""
BEHIND_COPIES = 200
"""Chunks looked at instead where a third of the sentences of those repeat one another: so many copies of a statement
would otherwise hide the one that says otherwise. With 50 copies of a falsehood the true statement was not among the
first 30 (docs/answers.md)."""
NEAR = 12
"""Sentences nearest to the question whose chunks are looked at besides; see docs/answers.md for what it brings."""
PASSAGE_HITS = 60
"""Chunks among whose sentences passages are looked for: one document may have many of the best. Not varied."""
IN_NAMED = 5
"""Chunks looked at of each document that the question names by its title. Half of `HITS`; not varied. That named
documents are searched by themselves brought first citations on HotpotQA from 84 to 90 of 100."""
PERSON_DOCUMENTS = 500
"""Documents that name somebody, of which are looked through which are theirs."""
BY_FIRST = 200
"""Documents with the first name of somebody that are looked through besides."""
_NONE_WITHIN = "none of its volumes was adapted to nothing but documents that the filter lets through"
_ALL_REMOVED = "Nothing that was found for this question is in the corpus any more; ask again."
NOT_CONFIDENT = "The corpus may not say this; the closest passages are quoted."


class CatalogLike(Restricted, Counts, Protocol):
    """The part of a catalog that answering needs."""

    def read_transaction(self) -> AbstractContextManager[None]:
        """One state of the catalog for every read inside the block."""

    def expect(self, document_ids: Sequence[int]) -> None:
        """Ask for what is known of documents together."""

    @property
    def restricted(self) -> bool:
        """Whether it shows the documents of some classes alone."""

    def chunk_count(self) -> int:
        """How many chunks there are."""

    def count_documents(self) -> int:
        """How many documents there are."""

    def names(self, document_ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """All names of each of these documents that is still there."""

    def titles(self) -> Mapping[int, Titled]:
        """The title, first source and media type of all documents, by id."""

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it."""

    def commit(self) -> CommitRow | None:
        """The newest commit."""

    def other_names(self, wanted: Filter) -> Mapping[int, str]:
        """By document, the source that a filter lets it through by, where that is not its first."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""

    def documents_with(self, match: str, up_to: int) -> list[int]:
        """The ids of documents of which a chunk matches an expression, ascending."""

    def near_copies(self, document_id: int, least: float) -> Mapping[int, float]:
        """The documents whose texts resemble a document's, by id, the most alike first."""


class Routes(Protocol):
    """The part of a router that answering needs."""

    def route(self, question: str, embedding: np.ndarray) -> Route:
        """Where a question goes."""


class Memory(Protocol):
    """The memory of a commit, whose volumes are mounted for one question."""

    def choose(self, question: str, where: Filter | None, supplied: Sequence[Hit] | None = None) -> tuple[Mount, ...]:
        """The volumes that a question mounts, of those whose documents all pass the filter; for passages of the
        caller's, those that the passages are from."""

    def mounted(self, mounts: Sequence[Mount]) -> generators.MemorySession:
        """What writes with these volumes."""


class Answerer:
    """Answers questions about one corpus. Safe to share between threads.

    ``memory`` is ``None`` where the memory is off or absent: the index then answers every question, and
    the answer says why.

    Example:
        answerer = Answerer(catalog, searcher, embedder, router, memory, Settings())
        print(answerer.ask("When does the agreement end?"))
    """

    def __init__(
        self,
        catalog: CatalogLike,
        searcher: Expressions,
        embedder: Encoder,
        router: Routes,
        memory: Memory | None,
        settings: Settings,
        entailment: Entailment | None = None,
    ) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._embedder = embedder
        self._router = router
        self._memory = memory
        self._settings = settings
        self._entailment = entailment
        self._computing = Lock()  # of the memory
        self._supplied = False  # whether the documents are passages of the caller's, all of which a search finds
        self._idf: tuple[int | None, InverseDocumentFrequency] | None = None

    def ask(
        self,
        question: str,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        writer: Any = None,
        judge: Any = None,
        on_token: Callable[[str], None] | None = None,
    ) -> Answer:
        """The answer that `stream` ends with. The arguments and errors are those of `prepare`; ``on_token`` is called
        with each piece of the answer's text."""
        return collect(self.stream(self.prepare(question, route, history, where, writer, judge)), on_token)

    def prepare(
        self,
        question: str,
        route: RouteName | None = None,
        history: Sequence[str | Answer] = (),
        where: Filter | None = None,
        writer: Any = None,
        judge: Any = None,
    ) -> RequestContext:
        """Read what the answer to ``question`` needs, in one state of the catalog: the evidence and the quotes.

        ``route`` overrides the router, ``history`` is what was asked before, oldest first. With ``where``, only
        documents that it lets through are searched, and only volumes of the memory are mounted that were adapted to
        nothing else. A ``writer`` (`hybrid.answering.generators.ChatModelGenerator`) writes in its place, and a
        ``judge`` (`hybrid.answering.verification.judgement.ChatJudge`) is asked about what the rules leave open.

        Raises `InputError` if the question is empty or longer than the settings allow, if there is no such
        route, if the filter names what no document has, if ``writer`` cannot write, or if ``judge`` cannot judge.
        """
        stated, asked = self._read(question, history)
        if route is not None and route not in get_args(RouteName):
            raise InputError(f"no route {route!r}; the routes are {', '.join(get_args(RouteName))}")
        given = None if writer is None else self._given(writer)
        model = self._entailment if judge is None else ChatJudge(judge)
        composer = Composer(
            lambda sentence, number: cite(self._catalog, sentence, number),
            keep_draft=not self._settings.answer.drop_unsupported,
        )
        filtered = where if where is not None and not where.everything else None
        with self._catalog.read_transaction():
            context = RequestContext(stated, asked, self._catalog.commit(), filtered, composer, given)
            expression = parse(stated)
            if expression is not None and not expression.question:
                self._find_expression(context, expression)
                return context
            if expression is not None:  # fields, which choose documents, and a question
                context.question = expression.question
                context.where = self._searcher.narrowed(expression, filtered)
            self._find(context, route, model)
        return context

    def stream(self, context: RequestContext) -> Events:
        """The events of an answer (`hybrid.types.events`), of a request that is streamed once.

        Each event is made when it is asked for, in whatever thread. Closing the iterator ends the work: nothing is
        generated after it, and nothing is held meanwhile, neither a lock nor a transaction.
        """
        yield from context.events
        composer = context.composer
        if context.answerable:
            if context.route.name != "lookup":
                yield from self._generated(context)
            if context.digest:
                yield from self._digested(context)
            if not composer.claims:
                with self._catalog.read_transaction():
                    context.nothing = _ALL_REMOVED if context.removed else self._nothing(context)
        if not composer.claims:
            yield TextEvent(text=context.nothing)
        yield from context.finish()

    def over(self, catalog: CatalogLike, searcher: Expressions) -> Answerer:
        """The same embedder, router and memory over passages of the caller's."""
        other = Answerer(
            catalog, searcher, self._embedder, self._router, self._memory, self._settings, self._entailment
        )
        other._computing = self._computing
        other._supplied = True
        return other

    def route(self, question: str, history: Sequence[str | Answer] = ()) -> Route:
        """Where the router would send ``question``. Raises `InputError` as `prepare` does."""
        _, asked = self._read(question, history)
        return self._router.route(asked, self._embedder.encode([asked])[0])

    # Before anything is generated -------------------------------------------------------------------

    def _read(self, question: str, history: Sequence[str | Answer]) -> tuple[str, str]:
        """The question without control characters, and as it stands alone without those asked before it."""
        limit = self._settings.answer.max_question_chars
        if isinstance(history, str):
            raise InputError("history is a list of the questions asked before, not one string")
        stated = checked_question(question, limit)
        return stated, standalone(stated, checked_history(history, limit))

    def _find(self, context: RequestContext, forced: RouteName | None, model: Entailment | None) -> None:
        """Route the question, find the evidence, and compose the quotes that are certain."""
        asked, where, events = context.question, context.where, context.events
        with context.timed("route"):
            vector = self._embedder.encode([asked])[0]
            chosen = self._router.route(asked, vector)
            context.route = chosen if forced is None else chosen.model_copy(update={"name": forced, "forced": True})
        events.append(RouteEvent(question=asked, route=context.route))
        if asked != context.stated:
            events.append(context.note(f"Read as: {asked}"))
        events += [context.note(one) for one in self._unknown_values(where)]
        if self._enumerated(context):
            things = self._absent_things(asked, where)
            if things and not any(f"“{one}”" in said for one in things for said in (*context.notes, context.nothing)):
                events.append(context.note(premises.sentence(things, len(self._catalog.matching(where or Filter())))))
            return
        with context.timed("search"):
            asked, misnamed = self._renamed(asked, where)
            hits = self._search(asked, where)
        with context.timed("evidence"):
            context.idf = self._idf_of(context.commit.n if context.commit else None)
            near = self._near(asked, vector, where, hits)
            context.evidence = with_similarity(self._embedder, vector, gather(self._catalog, [*hits, *near]))
            context.answerability = abstention.answerability(asked, context.evidence, context.idf)
            unheld, said = self._absent(asked, where, context.evidence)
            absent = [*misnamed, *said]
            undesignated = self._undesignated(asked, where)
            absent += [one.note(len(self._catalog.matching(where or Filter()))) for one in undesignated]
            about_others = len(context.evidence)
            context.evidence = [
                one for one in context.evidence if not any(other.names_another(one) for other in undesignated)
            ]
            context.evidence = premises.without_other_identifiers(context.evidence, unheld, asked)
            if len(context.evidence) < about_others:
                context.answerability = abstention.answerability(asked, context.evidence, context.idf)
            said_otherwise = any(paraphrases.says(asked, one.text) for one in context.evidence)
            if said_otherwise and not context.answerable:
                context.answerability = Answerability(ranker.load().threshold)
            nouns = [one for one in unheld if one.isalpha() and one.islower()]
            left = [
                part
                for part in abstention.parts(asked)
                if not premises.is_about(part, unheld)
                and not absent_things.asks_for(part, nouns)
                and not any(one.asked_for(part) for one in undesignated)
            ]
            if not left:
                context.answerability = Answerability(0.0)
            elif unheld or undesignated:
                asked = " and ".join(left)
            positions_of = self._positions(context, vector) if left else []
            if positions_of and not context.answerability.confident:
                context.answerability = Answerability(ranker.load().confident)  # each is said of what is asked
            elif not positions_of:
                asked = positions.topic(asked) or asked  # "what do the parties say" is no part to be looked for
            if disputes.asks_about_whole(context.question) and left and not positions_of:  # every corpus answers it
                context.answerability = Answerability(context.answerability.probability, general=True)
            of_person = written = self._written(context, vector) if left else []
            if not of_person and left:
                of_person = self._quoting(context).with_denials(context.question, self._of_person(context))
            denied = self._denied(context) if left and not (of_person or positions_of) else []
            exact = self._exact(context) if left and not (of_person or positions_of) else literals.Held(())
            if exact.listed:
                context.answerability = Answerability(1.0)  # the figure and its parts are what is asked for
            if (of_person or denied or exact.sentences) and not context.answerable:
                context.answerability = Answerability(ranker.load().threshold)  # few sentences, and each counts
        events.append(EvidenceEvent(hits=tuple(hits)))
        if not context.answerable:
            context.nothing = " ".join([*absent, self._nothing(context)])
            return
        events += [context.note(one) for one in absent]
        if not context.answerability.confident:
            events.append(context.note(NOT_CONFIDENT))
        if positions_of and not context.route.forced:
            context.route = context.route.model_copy(update={"name": "comprehension"})
        for one in denied:
            events += context.composer.add_quote(one.sentence, one.qualification, one.against, attributed=True)

        def found(vector: np.ndarray) -> list[Sentence]:
            return self._around(context, asked, vector, unheld, undesignated)

        nearby = Nearby(
            asked, found, self._catalog, self._embedder, context.idf, self._is_lesser,
            self._settings.answer.max_quotes, 1 + (context.route.name != "lookup"),
        )  # fmt: skip

        if exact.listed and not context.route.forced:
            context.route = context.route.model_copy(update={"name": "lookup"})
        if exact.listed:  # what is about it besides would not be of its parts
            for part in exact.listed:
                context.events += context.composer.add_quote(part)
        elif exact.sentences and context.route.name == "comprehension":
            for part in exact.sentences:
                context.events += context.composer.add_quote(part, attributed=part.quoted)
        if (context.route.name != "comprehension" or of_person) and not (positions_of or exact.listed):
            with context.timed("lookup"):
                quotes = of_person or self._with_exact(context, self._quotes(context, asked, unheld), exact)
                if context.between is None and not written:
                    quotes = self._with_passages(context, asked, quotes, nearby, of_person=bool(of_person))
                for one in quotes:
                    if context.between is not None and not correspondence.names(context.between, one.sentence):
                        continue
                    empty = empty_columns(self._catalog, one.sentence) if one.sentence.is_row else ""
                    known = (one.qualification, empty)
                    attributed = one.attributed or abstention.asks_who_says_so(context.question)
                    events += context.composer.add_quote(
                        one.sentence, ", ".join(filter(None, known)), one.against, attributed=attributed
                    )
        if context.route.name != "lookup":
            with context.timed("digest"):
                words, general = self._settings.answer.digest_words, context.answerability.general
                if positions_of:
                    context.digest = positions_of
                elif not (of_person or exact.listed or _gives_what_is_asked(asked, context)):
                    read = [*hits[: HITS // 2], *near, *hits[HITS // 2 :]]
                    room = words if general or self._supplied else words * 3 // 4  # the rest is for the passages
                    context.digest = digest.choose(asked, vector, read, self._catalog, self._embedder, room, general)
                    if exact.sentences:
                        context.digest = [
                            one for one in context.digest if not literals.is_of_another(context.question, one.text)
                        ]
                    if denied and not any(one.against for one in denied):  # of what was not, others say nothing
                        own = {one.sentence.document_id for one in denied}
                        context.digest = [one for one in context.digest if one.document_id in own]
                    if not (general or denied or self._supplied):
                        told = closest_passages.of_the_named(asked, nearby.passages, self._catalog)
                        told = [one for one in told if not closest_passages.is_narrative(self._catalog, one)]
                        context.digest = closest_passages.merged(told, context.digest, words)
                    if context.between is not None:
                        context.digest = [one for one in context.digest if correspondence.names(context.between, one)]
        if context.digest:
            with context.timed("digest"):
                self._mark(context, asked)
        if context.answerability.confident and not (of_person or positions_of or exact.listed):
            self._caution(context, asked)
        if context.route.name != "lookup":
            limits = self._settings.answer
            writes = limits.two_stage if context.generator is not None else limits.memory_writes
            if self._memory is not None and writes:
                with context.timed("search"):
                    context.mounts = self._memory.choose(asked, where, hits if self._supplied else None)
            view = FilteredView(self._catalog, self._searcher, where)
            limit = limits.likely_above
            context.verifier = Verifier(view, view, self._embedder, context.idf, model=model, likely_above=limit)

    def _enumerated(self, context: RequestContext) -> bool:
        """Whether the question asks for all of something that the documents have in rows; the rows are composed then.
        Where they have none it is answered as any other question is."""
        asked = enumeration_question.read(context.question)
        if asked is None or self._supplied or (context.route.forced and context.route.name == "comprehension"):
            return False
        if asked.further:
            context.events.append(context.note(f"One thing is listed at a time; ask for “{asked.further}” by itself."))
        with context.timed("enumeration"):
            result = enumeration.find(self._catalog, asked, context.where)
            if result is not None and result.absent and not asked.tentative:
                context.route = context.route.model_copy(update={"name": "lookup"})
                named = dict.fromkeys((*result.absent, *self._absent_things(context.question, context.where)))
                context.nothing = f"{premises.sentence(named, result.documents)} {self._nothing(context)}"
                return True
            if result is None or not (result.rows or (result.nothing and not asked.tentative)):
                said = (*result.cautions, *result.remarks) if result else ()
                of_somebody = any(one.name and one.role == "by" for one in asked.terms)  # "how many did Orr write?"
                if not (said or asked.tentative) and (asked.kind == "list" or of_somebody):
                    said = enumeration.no_list(asked)
                context.events += [context.note(remark) for remark in said]
                return False
            context.route = context.route.model_copy(update={"name": "lookup"})
            if not result.rows:
                context.nothing = result.nothing
                return True
            documents = self._catalog.matching(context.where or Filter())
            events, context.enumeration = enumeration_answer.compose(
                self._catalog, context.composer, asked, result, documents
            )
        context.answerability = abstention.Answerability(1.0)
        context.events += events
        context.events += [context.note(remark) for remark in context.enumeration.remarks]
        return True

    def _find_expression(self, context: RequestContext, expression: Expression) -> None:
        """Compose the sentences that a search expression finds, those with most of its terms first."""
        if not expression.wanted:
            raise InputError(
                f"{expression.text!r} only chooses documents; put a question after it, or give it to corpus.search"
            )
        context.route = Route(name="lookup", p_comprehension=0.0, forced=True)
        context.events.append(RouteEvent(question=context.question, route=context.route))
        with context.timed("search"):
            hits = self._searcher.search_expression(expression, HITS, context.where)
            documents = self._searcher.count_documents(expression, context.where)
        context.events.append(EvidenceEvent(hits=tuple(hits)))
        context.evidence = gather(self._catalog, hits)
        if not hits:
            context.nothing = f"{self._nothing(context)} No document fits the search expression."
            return
        context.answerability = abstention.Answerability(1.0)
        found = f"{count(documents, 'document')} {'fits' if documents == 1 else 'fit'} it"
        context.events.append(context.note(f"Read as a search expression; {found}. corpus.search shows them all."))
        held = [(sum(holds_term(term, one.text) for term in expression.wanted), one) for one in context.evidence]
        best = sorted((pair for pair in held if pair[0]), key=lambda pair: (-pair[0], self._is_lesser(pair[1])))
        best = [
            pair for pair in best if not document_header.is_bare(pair[1].text)
        ] or best  # "3. Spraying." says nothing of it
        for _, sentence in best[: self._settings.answer.max_quotes]:
            context.events += context.composer.add_quote(sentence)

    def _is_lesser(self, sentence: Sentence) -> bool:
        """Whether a sentence is of a draft, an unsigned or a superseded document: the executed one comes first, and
        where both say the same, it alone is quoted."""
        status = self._catalog.document(sentence.document_id, sentence.source).status
        return status is not None and status.name in OF_STATUS

    def _search(self, asked: str, where: Filter | None) -> list[Hit]:
        hits = self._searcher.search(asked, HITS, where)
        opposite = actuality.opposite(asked)
        if opposite is not None and not self._supplied:
            hits += self._searcher.search(opposite, HITS, where)
        sought = paraphrases.query(asked)
        if sought is not None and not self._supplied:
            hits += self._searcher.search(sought, HITS // 2, where)
        parts = abstention.parts(asked)
        if len(parts) > 1:
            hits += [hit for part in parts for hit in self._searcher.search(part, HITS // len(parts), where)]
        if (
            actuality.asks_cause(asked) and not self._supplied
        ):  # near the best, lest their documents be too many to read
            causes = self._searcher.search(actuality.cause_query(asked), HITS // 2, where)
            hits = [*hits[: HITS // 2], *causes, *hits[HITS // 2 :]]
        hits += self._in_named(asked, hits)
        if document_header.field_asked(asked):
            hits += document_header.headers(hits)
        return hits

    def _near(self, asked: str, vector: np.ndarray, where: Filter | None, hits: Sequence[Hit]) -> list[Hit]:
        """What is around the sentences that are nearest to the question, and to each of its parts, and is in no hit: in
        a chunk's vector a sentence in other words than the question's is hardly seen."""
        if self._supplied:
            return []
        near = self._searcher.by_sentences(vector, NEAR, where, hits)
        parts = abstention.parts(asked)
        for part in self._embedder.encode(parts) if len(parts) > 1 else ():
            near += self._searcher.by_sentences(part, NEAR // len(parts), where, [*hits, *near])
        return near

    def _in_named(self, asked: str, hits: Sequence[Hit]) -> list[Hit]:
        """The best hits of each document that the question names by its title; of supplied passages all are hits
        already."""
        if self._supplied:
            return []
        return [
            hit
            for document in document_header.named_documents(asked, hits)
            for hit in self._searcher.search(asked, IN_NAMED, Filter(sources=document.source))
            if hit.document_id == document.document_id  # a source's name may be another's pattern
        ]

    def _absent(self, asked: str, where: Filter | None, found: Sequence[Sentence]) -> tuple[tuple[str, ...], list[str]]:
        """The question's names and identifiers that are in none of the documents searched, and what is said of them."""
        terms = premises.absent(premises.premises(asked), [sentence.text for sentence in found])
        if where is None:  # what the full text finds needs no documents to be looked through
            terms = tuple(term for term in terms if not self._catalog.count_lexical(exact_phrase(term), 1))
        things = self._absent_things(asked, where)
        if not (terms or things):
            return (), []
        documents = self._catalog.matching(where or Filter())
        terms = tuple(term for term in terms if premises.absent([term], self._texts_that_may_hold(term, documents)))
        if not (terms or things) or not documents:
            return (), []
        said = [premises.sentence((*terms, *things), len(documents))]
        words = self._catalog.words()
        alike = ((term, premises.alike(term, words)) for term in terms)
        said += [f"“{other}” is." for term, other in alike if other and other.lower() != term.lower()]
        known = self._known_by_first_name(asked, terms) if where is not None else frozenset()
        return (*(term for term in terms if term not in known), *things), [" ".join(said)]

    def _undesignated(self, asked: str, where: Filter | None) -> list[designations.Absent]:
        """The numbered things and testimonies of the question that none of the documents searched has, though their
        words occur."""
        named = designations.read(asked) if not self._supplied else []
        if not named:
            return []
        documents = self._catalog.matching(where or Filter())
        words = {one.person or one.kind for one in named}
        held = set().union(*(premises.holding(word, self._catalog.words()) for word in words))
        found = (self._catalog.document(one) for one in documents if one in held)
        texts = [(f"{one.source}\n{one.title}\n{one.metadata.author or ''}", one.text) for one in found]
        return designations.absent(named, texts)

    def _absent_things(self, asked: str, where: Filter | None) -> tuple[str, ...]:
        """The things of the question that none of the documents searched has in any form or by another word."""
        things = absent_things.things(asked)
        if not things or self._supplied:
            return ()
        held = self._catalog.words()
        if where is None:
            return absent_things.missing(asked, held.keys())
        documents = set(self._catalog.matching(where))
        return absent_things.missing(asked, {word for word, ids in held.items() if not documents.isdisjoint(ids)})

    def _known_by_first_name(self, asked: str, missing: Collection[str]) -> frozenset[str]:
        """The names of somebody whom other documents name in full, and those that are searched by a part: "Katherine"
        in a mail between colleagues is the Katherine Vance that is asked about."""
        return frozenset(
            part
            for name in premises.full_names(asked)
            if not set(name.split()) <= set(missing) and self._catalog.count_lexical(exact_phrase(name), 1)
            for part in name.split()
        )

    def _unknown_values(self, where: Filter | None) -> Iterator[str]:
        """What is said of values of a filter's metadata that no document has."""
        for key, wanted in where.metadata.items() if where is not None else ():
            for value in wanted:
                if not self._catalog.matching(Filter(metadata={key: value})):
                    yield f"No document has the {key} “{value}”."

    def _texts_that_may_hold(self, term: str, documents: Sequence[int]) -> Iterator[str]:
        """The texts, of these documents, in which a name or an identifier may stand in some spelling."""
        held = None if self._supplied else premises.holding(term, self._catalog.words())
        return (self._catalog.text(one) for one in documents if held is None or one in held)

    def _idf_of(self, commit: int | None) -> InverseDocumentFrequency:
        known = self._idf
        if known is None or known[0] != commit or commit is None:
            known = (
                commit,
                InverseDocumentFrequency(self._catalog, self._catalog.chunk_count()),
            )
            self._idf = known  # two threads may both make one; either will do
        return known[1]

    def _quotes(self, context: RequestContext, question: str, missing: Collection[str] = ()) -> list[Quoted]:
        """The sentences that answer, the best first; of a question in parts the best for each part in turn. Where an
        identifier is ``missing`` in all documents, what is said of others is no answer."""
        found = context.evidence
        most, parts = self._settings.answer.max_quotes, abstention.parts(question)
        quoting = self._quoting(context)
        further: list[Sentence] = []
        if not self._supplied:
            hits = self._searcher.search(question, FURTHER, context.where)[HITS:]
            vector = self._embedder.encode([question])[0]
            further = with_similarity(self._embedder, vector, gather(self._catalog, hits))
            further = premises.without_other_identifiers(further, missing, question)
            if copied := repeated([*found, *further]):
                deeper = gather(self._catalog, self._searcher.search(question, BEHIND_COPIES, context.where)[FURTHER:])
                others = [one for one in deeper if collapse(one.text).casefold() not in copied]
                further += with_similarity(self._embedder, vector, others)
        if len(parts) == 1:
            quotes = quoting.quotes(question, found, most, further)
        else:
            each = max(1, most // len(parts))
            quotes = []
            for part, vector in zip(parts, self._embedder.encode(parts), strict=True):
                behind = quoting.behind(part, quotes, vector) if quotes else []
                quotes += behind or quoting.quotes(part, with_similarity(self._embedder, vector, found), each)
        context.events += [context.note(note) for note in quoting.notes]
        return quotes

    def _quoting(self, context: RequestContext) -> Quoting:
        allowed = FilteredView(self._catalog, self._searcher, context.where).documents
        return Quoting(self._catalog, self._searcher, self._embedder, context.idf, allowed)

    def _denied(self, context: RequestContext) -> list[Quoted]:
        """What denies what the question takes for granted, with its note; of supplied passages nothing is searched."""
        if self._supplied:
            return []
        quoting = self._quoting(context)
        found = quoting.denials(context.question, context.evidence)
        context.events += [context.note(note) for note in quoting.notes]
        return found

    def _caution(self, context: RequestContext, asked: str) -> None:
        """A note where nothing of what is quoted has a word for what is asked for."""
        if context.answerability.general or NOT_CONFIDENT in context.notes:
            return
        quotes = [(claim.text, _beside(claim.citations)) for claim in context.composer.claims]
        if why := self._leaves_open(context, asked, quotes, context.digest):
            context.events += [context.note(NOT_CONFIDENT), context.note(why)]

    def _leaves_open(
        self, context: RequestContext, asked: str, quotes: Sequence[tuple[str, str]], further: Sequence[Sentence]
    ) -> str:
        found = [one.text for one in context.evidence]
        lookup = context.route.name == "lookup"
        return unsaid.reason(asked, quotes, further, found, self._embedder, lookup=lookup)

    def _around(
        self,
        context: RequestContext,
        asked: str,
        vector: np.ndarray,
        unheld: Collection[str],
        undesignated: Collection[designations.Absent],
    ) -> list[Sentence]:
        """The sentences among which passages are looked for, none of them of another thing than the question names."""
        hits = self._searcher.search(asked, PASSAGE_HITS, context.where)
        near = self._searcher.by_sentences(vector, NEAR, context.where, hits)
        found = gather(self._catalog, [*hits, *near])
        found = [one for one in found if not any(other.names_another(one) for other in undesignated)]
        return premises.without_other_identifiers(found, unheld, asked)

    def _with_passages(
        self,
        context: RequestContext,
        asked: str,
        quotes: list[Quoted],
        nearby: Nearby,
        *,
        of_person: bool,
    ) -> list[Quoted]:
        """The quotes; where they leave open what is asked, or those who were there may tell it otherwise, the passages
        nearest to it become the digest (`passages_beside`). What shows what somebody knew or said (``of_person``)
        stays."""
        settled = any(one.against or one.qualification.startswith("changed") for one in quotes)
        if self._supplied or settled:
            return quotes
        shown = [(one.sentence.text, unsaid.beside(one.sentence)) for one in quotes]
        open_ = not of_person and (
            not context.answerability.confident or bool(self._leaves_open(context, asked, shown, ()))
        )
        if not (open_ or passages_beside.asks_account(asked)):
            return quotes
        words = self._settings.answer.digest_words
        judged = passages_beside.Judged(quotes, open_=open_, of_person=of_person)
        values = nearby.values if open_ else []
        if values and context.answerability.confident:
            context.events += [context.note(NOT_CONFIDENT), context.note(unsaid.VALUES)]
        near = values or nearby.passages
        kept, context.digest = passages_beside.place(
            asked, judged, near, self._quoting(context), self._catalog, context.idf, words
        )
        return kept

    def _mark(self, context: RequestContext, asked: str) -> None:
        """What contradicts the digest's sentences, and which of them no longer hold, with what changed them."""
        quoting = self._quoting(context)
        context.qualified, changing = quoting.amended(asked, context.digest)
        known = {one.key for one in context.digest}
        context.digest = [*context.digest, *(one for one in changing if one.key not in known)]
        if context.route.name == "lookup":
            context.qualified = {**quoting.offered(asked, context.digest), **context.qualified}
        context.disputed = quoting.disputed(asked, context.digest)

    def _exact(self, context: RequestContext) -> literals.Held:
        """What holds the exact figures of the question; of supplied passages all are found already."""
        if self._supplied:
            return literals.Held(())
        allowed = self._catalog.matching(context.where or Filter())
        exact = literals.find(context.question, self._catalog, allowed, self._is_lesser)
        if not exact.sentences and literals.asks_for_claim(context.question):
            return literals.claimed(context.question, self._catalog, allowed, self._is_lesser)
        return exact

    def _with_exact(self, context: RequestContext, quotes: list[Quoted], exact: literals.Held) -> list[Quoted]:
        """The quotes without those of another thing, and before them what holds the exact figures, where none does."""
        if not exact.sentences:
            return quotes
        quotes = [one for one in quotes if not literals.is_of_another(context.question, one.sentence.text)]
        if literals.holds(context.question, (one.sentence.text for one in quotes)):
            return quotes
        found = [Quoted(one, attributed=one.quoted) for one in exact.sentences]
        return [*found, *quotes][: max(self._settings.answer.max_quotes, len(found))]

    def _positions(self, context: RequestContext, vector: np.ndarray) -> list[Sentence]:
        """What each party says, where that is asked; nothing for another question, or where fewer than two speak."""
        whole = disputes.asks_about_whole(context.question)
        about = positions.topic(context.question)
        if not (whole or about is not None) or (context.route.name == "lookup" and context.route.forced):
            return []
        words = self._settings.answer.digest_words
        if about is not None and not disputes.asks_about_whole(about):
            embedded = self._embedder.encode([about])[0] if about else vector
            sought = self._disputing(context, f"{about}. {positions.SEARCHED}", embedded)
            chosen = positions.choose(about, sought, self._catalog, words)
            if chosen or not whole:
                return chosen
        sought = self._disputing(context, f"{context.question} {disputes.SEARCHED}", vector)
        return disputes.choose(context.question, sought, self._catalog, words)

    def _disputing(self, context: RequestContext, query: str, vector: np.ndarray) -> Sequence[Sentence]:
        """The evidence, and the sentences that a query in the words of a dispute finds."""
        if self._supplied:
            return context.evidence
        known = {one.key for one in context.evidence}
        hits = self._searcher.search(query, FURTHER, context.where)
        more = [one for one in gather(self._catalog, hits) if one.key not in known]
        return with_similarity(self._embedder, vector, [*context.evidence, *more])

    def _written(self, context: RequestContext, vector: np.ndarray) -> list[Quoted]:
        """The mails between two people, or of a day, and the dates of one thing in several documents, where these are
        asked for; a note where there is no such mail."""
        found = asked = None
        if (compared := dates_compared.read(context.question)) is not None and not self._supplied:
            found = dates_compared.find(compared, self._catalog, context.where)
        elif (asked := correspondence.read(context.question)) is not None and not self._supplied:
            found = correspondence.Mails(self._catalog, self._embedder, context.idf).find(asked, vector, context.where)
        if found is None:
            return []
        context.events += [context.note(one) for one in found.notes]
        quoted = [Quoted(one, "", found.against.get(one.key, ()), attributed=True) for one in found.sentences]
        if found.notes and not quoted and asked is not None and asked.explicit and asked.receiver:
            context.between = asked.sender, asked.receiver
        if quoted:
            context.answerability = Answerability(1.0)
        if quoted and asked is not None and asked.may_be_spoken:  # what was told may stand in a statement or a log
            said = (one for one in self._of_person(context) if not correspondence.is_mail(self._catalog, one.sentence))
            quoted += islice(said, correspondence.MOST_ELSEWHERE)
        return quoted

    def _of_person(self, context: RequestContext) -> list[Quoted]:
        """What shows what somebody knew or said, where that is asked; nothing where nobody is asked about, or no
        document is theirs or was sent to them."""
        where = context.where
        custodians = where.metadata.get("custodian", ()) if where else ()
        if self._supplied:
            return []
        allowed = None if where is None else set(self._catalog.matching(where))
        person = persons.asked(context.question, custodians) or self._holder(context, allowed)
        if person is None:
            return []
        names = {} if where is None else self._catalog.other_names(where)
        found = self._catalog.documents_with(exact_phrase(person.last), PERSON_DOCUMENTS)
        ids = [one for one in found if allowed is None or one in allowed]
        if person.first is None:
            person = replace(person, called=persons.first_name(map(self._catalog.document, ids), person))
        if person.knowledge and (first := person.first or person.called):  # "Ann says so. I told her in May."
            found = list(dict.fromkeys([*found, *self._catalog.documents_with(exact_phrase(first), BY_FIRST)]))
        ids = [one for one in found if allowed is None or one in allowed]
        documents = {one: names.get(one) or self._catalog.document(one).source for one in ids}
        quoting = PersonQuoting(self._catalog, self._searcher, self._embedder, context.idf)
        return quoting.quotes(person, documents, 2 * self._settings.answer.max_quotes) if documents else []

    def _holder(self, context: RequestContext, allowed: Collection[int] | None) -> persons.PersonAsked | None:
        """Whose knowledge or words are asked for by a post ("the head of the firm"), with a note; nobody where the
        documents that are searched name no one holder of it."""

        def naming(post: str) -> Iterator[Document]:
            ids = self._catalog.documents_with(exact_phrase(post), posts.MOST_TEXTS)
            return (self._catalog.document(one) for one in ids if allowed is None or one in allowed)

        person, note = posts.person(context.question, naming)
        context.events += [context.note(one) for one in note]
        return person

    def _renamed(self, asked: str, where: Filter | None) -> tuple[str, list[str]]:
        """The question with the first name that the documents have for somebody whom it names by another, and what is
        said of that."""
        notes = []
        for name in premises.full_names(asked) if not self._supplied else ():
            if self._catalog.count_lexical(exact_phrase(name), 1):
                continue
            ids = self._catalog.matching(where or Filter())
            texts = self._texts_that_may_hold(name.split()[-1], ids)
            others = premises.others_named(name, texts)
            if others:
                notes.append(premises.misnamed(name, others, len(ids)))
                asked = asked.replace(name, others[0])
        return asked, notes

    # What is generated ------------------------------------------------------------------------------

    def _generated(self, context: RequestContext) -> Iterator[Event]:
        """What a generator writes, each sentence once it is whole and verified; a note where nobody writes though
        somebody is to."""
        generator = self._generator(context)
        if generator is None and not (self._settings.answer.memory_writes and self._settings.memory.enabled):
            return  # whoever switched it off need not be told with each answer
        if generator is None:
            why = self._absence(context)
            yield context.note(f"The memory did not answer: {why}. The index answers alone.")
            return
        origin, sentences = generator.origin, SentenceStream()
        wrote, failure = False, None
        evidence = self._named_by_memory(context) if self._settings.answer.two_stage else context.evidence
        with closing(generator.stream(context.question, evidence)) as pieces:
            while True:
                try:
                    with context.timed("generation"):
                        piece = next(pieces, None)
                except (ModelError, CorruptCorpusError) as error:
                    failure = error
                    break
                if piece is None:
                    break
                wrote = True
                yield DraftEvent(text=piece, origin=origin)
                for sentence in sentences.feed(piece):
                    yield from self._verified(context, sentence, origin)
        for sentence in sentences.end(failed=failure is not None):
            yield from self._verified(context, sentence, origin)
        if failure is not None:
            did = "finish" if wrote else "answer"
            yield context.note(f"The {origin} did not {did}: {failure}. The index answers alone.")
        elif not wrote and origin == "writer":
            yield context.note("The writer found no answer in the passages.")
        quoted = origin == "memory" and (context.digest or context.composer.claims)  # read as said of the quotes
        if wrote and not quoted and not any(claim.origin == origin for claim in context.composer.claims):
            yield context.note(f"No document supports what the {origin} wrote; it is no part of the answer.")

    def _named_by_memory(self, context: RequestContext) -> Sequence[Sentence]:
        """The sentences nearest to what the memory writes about the question without any evidence: what is then read
        with full attention, and verified against, too. The question's own where the memory writes nothing."""
        if self._memory is None or not context.mounts or self._supplied:
            return context.evidence
        try:
            with context.timed("generation"):
                draft = "".join(self._memory_generator(context).stream(context.question, ()))
        except (ModelError, CorruptCorpusError):  # the generator that comes next says so, if it is the memory
            return context.evidence
        if not any(map(str.isalnum, draft)):
            return context.evidence
        with self._catalog.read_transaction(), context.timed("search"):
            hits = self._searcher.search(draft, HITS, context.where)
            named = with_similarity(self._embedder, self._embedder.encode([draft])[0], gather(self._catalog, hits))
        known = {one.key for one in context.evidence}
        context.evidence = [*context.evidence, *(one for one in named if one.key not in known)]
        return named or context.evidence

    def _verified(self, context: RequestContext, sentence: str, origin: Origin) -> list[Event]:
        """The events of a generated sentence, verified against the evidence as far as it still stands."""
        assert context.verifier is not None  # there is one wherever something is generated
        with self._catalog.read_transaction(), context.timed("verification"):
            events = self._drop_removed(context)
            examined = context.verifier.examine_parts(sentence, context.evidence)
            if not any(one.open for one in examined):
                verdicts = context.verifier.decide_parts(examined)
                return [*events, *context.composer.add_generated(sentence, verdicts, origin)]
        with context.timed("judging"):  # a model may take its time: no transaction is open
            verdicts, failure = self._decided(context, examined)
        events += failure
        with self._catalog.read_transaction(), context.timed("verification"):
            events += self._drop_removed(context)
            names = self._catalog.names({one.span.document_id for one in verdicts if one.span is not None})
            verdicts = [_standing(one, names) for one in verdicts]
            return [*events, *context.composer.add_generated(sentence, verdicts, origin)]

    def _decided(self, context: RequestContext, examined: list[Examined]) -> tuple[list[Verified], list[Event]]:
        """The verdicts on a sentence and its parts; where the model fails, the rules alone decide from then on, and a
        note says so."""
        assert context.verifier is not None
        try:
            return context.verifier.decide_parts(examined), []
        except ModelError as error:
            context.verifier = context.verifier.without_model()
            note = context.note(f"The judge did not answer: {error}. The rules decide alone.")
            return context.verifier.decide_parts(examined), [note]

    def _digested(self, context: RequestContext) -> list[Event]:
        """The digest, without what is in the answer already."""
        with self._catalog.read_transaction(), context.timed("digest"):
            events = self._drop_removed(context)
            standing = {one.key for one in context.digest}
            against = {key: [one for one in others if one.key in standing] for key, others in context.disputed.items()}
            return [*events, *context.composer.add_digest(context.digest, against, context.qualified)]

    def _drop_removed(self, context: RequestContext) -> list[Event]:
        """Leave the sentences of documents out of the evidence and the digest that were removed or replaced since they
        were found, so that nothing cites them from here on; a note, once for each time that some went."""
        found = {(one.document_id, one.source) for one in (*context.evidence, *context.digest)}
        names = self._catalog.names({document_id for document_id, _ in found})
        gone = {source for document_id, source in found if source not in names.get(document_id, ())}
        context.evidence = [one for one in context.evidence if one.source not in gone]
        context.digest = [one for one in context.digest if one.source not in gone]
        if not gone:
            return []
        context.removed = True
        listed = ", ".join(sorted(gone))
        return [context.note(f"While the answer was made, this was removed or replaced, and is not cited: {listed}.")]

    def _given(self, writer: Any) -> ChatModelGenerator:
        return ChatModelGenerator(writer, counter(self._embedder), self._settings.answer.writer_tokens)

    def _generator(self, context: RequestContext) -> TextGenerator | None:
        """Who writes; nobody where there is neither a writer nor a memory to ask."""
        if context.generator is not None:
            return context.generator
        if self._memory is None or not context.mounts or not self._settings.answer.memory_writes:
            return None
        return self._memory_generator(context)

    def _memory_generator(self, context: RequestContext) -> MemoryGenerator:
        """The memory with the volumes that the question mounts."""
        memory, mounts = self._memory, context.mounts
        assert memory is not None
        return MemoryGenerator(lambda: memory.mounted(mounts), self._settings.answer, self._computing)

    def _absence(self, context: RequestContext) -> str:
        state = context.commit.memory_state if context.commit else "none"
        if self._memory is not None:
            return _NONE_WITHIN if context.where is not None else "no volume of it holds what was found"
        return {
            "behind": "it has not been trained on the corpus yet; ingest again",
            "none": "this corpus has none",
        }.get(state, "it is not loaded")

    # Where there is no answer -----------------------------------------------------------------------

    def _nothing(self, context: RequestContext) -> str:
        """That nothing answers the question, and what was searched."""
        total = self._catalog.count_documents()
        if not total:
            if self._supplied:
                empty = "no passages were supplied"
            elif self._catalog.restricted:  # of others nothing is said, not even whether there are any
                empty = "there is no document that this identity may see"
            else:
                empty = "the corpus is empty; read documents into it first"
            return f"Nothing answers this question: {empty}."
        if context.where is None:
            count, searched = total, "supplied passage{}" if self._supplied else "document{} of the corpus"
        else:
            count, searched = len(self._catalog.matching(context.where)), "document{} that the filter lets through"
            if not count:
                return (
                    f"Nothing answers this question: the filter lets none of the corpus's {total:,} documents through."
                )
        documents = searched.format("s" if count > 1 else "")
        number = f"{count:,}" if count > 1 else "one"
        return f"Nothing in the {number} {documents} answers this question."


def _gives_what_is_asked(question: str, context: RequestContext) -> bool:
    """Whether a value is asked for and the first quotes give one, the second perhaps of what the first speaks of: then
    a digest would only say what was not asked."""
    said = " ".join(claim.text for claim in context.composer.claims[:2])
    return context.answerability.confident and abstention.gives_value(question, said)


def _beside(citations: Sequence[Citation]) -> str:
    """Who says what a claim quotes, and in which documents."""
    return " ".join(f"{one.title} {one.source} {one.speaker or one.author or ''}" for one in citations)


def _standing(one: Verified, names: Mapping[int, Collection[str]]) -> Verified:
    """The verdict, or that nothing supports the claim any more where its document was removed while a model judged."""
    if one.span is None or one.span.source in names.get(one.span.document_id, ()):
        return one
    return Verified(one.text, "unsupported", None, one.support)
