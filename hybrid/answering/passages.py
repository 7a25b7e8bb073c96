"""Other documents than a whole corpus's to answer from: passages that the caller supplies, and a filtered view.

A supplied passage stands where it says that it stands in its source, so that citations are spans of the source and not
of the passage; what the source holds around it is not known, and reads as white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.answering.request import checked_history, checked_question
from hybrid.answering.verification.verifier import Documents, Searches
from hybrid.errors import InputError
from hybrid.retrieval.query import Expression
from hybrid.router.follow_ups import standalone
from hybrid.stores.rows import CommitRow, SourceRow, Titled
from hybrid.stores.sentence_vectors import StoredSentence
from hybrid.types.answers import Answer, Hit
from hybrid.types.base import checked_elements
from hybrid.types.documents import Document, Location, Passage
from hybrid.types.filters import Filter

_TERM = re.compile(r'"([^"]*)"( \*)?')


def found_for(
    question: str,
    history: Sequence[str | Answer],
    where: Filter | None,
    passages: Sequence[Passage] | Callable[[str], Sequence[Passage]],
    limit: int,
) -> Sequence[Passage]:
    """The supplied passages; a function that finds them is given the question as it stands alone, without those before.

    Raises `InputError` for a filter, for a question that `checked_question` refuses, and for a function that returns
    something else than passages.
    """
    if where is not None and not where.everything:
        raise InputError("passages that the caller supplies cannot be filtered; filter where they are retrieved")
    if not callable(passages):
        return passages
    alone = standalone(checked_question(question, limit), checked_history(history, limit))
    return checked_elements("what the function passages returns", passages(alone), Passage)


class SuppliedPassages:
    """Passages of the caller's as a catalog and a searcher, for `hybrid.answering.answerer.Answerer.over`.

    Every search finds all of them, in the order in which they were supplied: to choose among them was the caller's
    part.

    Example:
        >>> passages = SuppliedPassages([Passage(...)], commit)  # doctest: +SKIP
        >>> answerer.over(passages, passages).ask("When does it end?")  # doctest: +SKIP
    """

    restricted = False

    def __init__(self, passages: Sequence[Passage], commit: CommitRow | None) -> None:
        self._passages = {number: passage for number, passage in enumerate(passages, 1) if passage.text.strip()}
        self._commit = commit

    def search(
        self,
        question: str,  # noqa: ARG002
        k: int = 10,  # noqa: ARG002
        where: Filter | None = None,
        *,
        exact_first: bool = True,  # noqa: ARG002
    ) -> list[Hit]:
        """All passages. Raises `InputError` for a filter: the passages were chosen already."""
        if where is not None and not where.everything:
            raise InputError("passages that the caller supplies cannot be filtered; filter where they are retrieved")
        return [self._hit(number, passage) for number, passage in self._passages.items()]

    def by_sentences(
        self,
        vector: NDArray[np.float32],  # noqa: ARG002
        k: int,  # noqa: ARG002
        where: Filter | None = None,  # noqa: ARG002
        known: Iterable[Hit] = (),  # noqa: ARG002
    ) -> list[Hit]:
        """None more: every search finds all passages."""
        return []

    def search_expression(self, expression: Expression, k: int, where: Filter | None = None) -> list[Hit]:  # noqa: ARG002
        """Refused with `InputError`: the passages were chosen already."""
        raise InputError(
            f"{expression.text!r} is a search expression; passages that the caller supplies take questions"
        )

    def count_documents(self, expression: Expression | None = None, where: Filter | None = None) -> int:  # noqa: ARG002
        """How many passages there are."""
        return len(self._passages)

    def narrowed(self, expression: Expression, where: Filter | None = None) -> Filter:  # noqa: ARG002
        """Refused with `InputError`, as `search_expression`."""
        raise InputError(
            f"{expression.text!r} is a search expression; passages that the caller supplies take questions"
        )

    def _hit(self, number: int, passage: Passage) -> Hit:
        place = self.locate(number, passage.start, passage.end)
        return Hit(
            source=passage.source,
            title=passage.title,
            chunk_id=number,
            document_id=number,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            page=place.page,
            last_page=place.last_page,
            lines=place.lines,
            sha256=passage.sha256,
            score=1 / number,
        )

    def read_transaction(self) -> AbstractContextManager[None]:
        """Passages do not change."""
        return nullcontext()

    def commit(self) -> CommitRow | None:
        """The commit of the corpus whose memory writes."""
        return self._commit

    def newest_document(self) -> int:
        """The last passage's number."""
        return max(self._passages, default=0)

    def names(self, document_ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """The passages' sources: passages stay."""
        return {number: frozenset([self._passages[number].source]) for number in document_ids}

    def chunk_count(self) -> int:
        """A chunk a passage."""
        return len(self._passages)

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """Characters ``[start, end)`` of a passage's source, as far as they are known."""
        passage = self._passages[document_id]
        stop = passage.end if end is None else min(end, passage.end)
        blank = " " * max(0, min(passage.start, stop) - start)
        return blank + passage.text[max(0, start - passage.start) : max(0, stop - passage.start)]

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""
        passage = self._passages[document_id]
        first = passage.line + passage.text.count("\n", 0, max(0, start - passage.start))
        last = passage.line + passage.text.count("\n", 0, max(0, end - 1 - passage.start))
        return Location(page=passage.page, last_page=passage.last_page, lines=(first, last))

    def sentences(self, document_id: int, start: int, end: int) -> list[StoredSentence]:  # noqa: ARG002
        """None: supplied passages are not stored."""
        return []

    def document(self, document_id: int, source: str | None = None) -> Document:  # noqa: ARG002
        """A passage as a document of its own."""
        return Document.from_text(self._passages[document_id].text, source=self._passages[document_id].source)

    def same_text(self, document_id: int) -> list[SourceRow]:  # noqa: ARG002
        """None: of passages nothing but their own source is known."""
        return []

    def find_exact(
        self,
        text: str,  # noqa: ARG002
        k: int = 10,  # noqa: ARG002
        documents: Container[int] | None = None,  # noqa: ARG002
    ) -> list[tuple[int, int, int]]:
        """Nowhere but in the passages, all of which are evidence already."""
        return []

    def matching(self, wanted: Filter) -> list[int]:  # noqa: ARG002
        """All of them."""
        return list(self._passages)

    def other_names(self, wanted: Filter) -> Mapping[int, str]:  # noqa: ARG002
        """A passage has one."""
        return {}

    def titles(self) -> Mapping[int, Titled]:
        """Those of the passages."""
        return {number: Titled(one.title, one.source, "text/plain") for number, one in self._passages.items()}

    def words(self) -> Mapping[str, Sequence[int]]:
        """None: all of something is asked of whole corpora."""
        return {}

    def expect(self, document_ids: Sequence[int]) -> None:
        """Nothing: they are all here."""

    def documents_with(self, match: str, up_to: int) -> list[int]:
        """The passages with the words of a match expression."""
        return [number for number in self._passages if self._holds(number, match)][:up_to]

    def near_copies(self, document_id: int, least: float) -> Mapping[int, float]:  # noqa: ARG002
        """None: of passages nothing but their own text is known."""
        return {}

    def count_lexical(self, match: str, up_to: int) -> int:
        """How many passages hold the words of a match expression, or words that begin with them."""
        return min(sum(self._holds(number, match) for number in self._passages), up_to)

    def _holds(self, number: int, match: str) -> bool:
        text = self._passages[number].text
        return any(
            re.search(rf"\b{re.escape(word)}" + ("" if prefix else r"\b"), text, re.IGNORECASE)
            for word, prefix in _TERM.findall(match)
        )


class Restricted(Documents, Protocol):
    """The part of a catalog that choosing documents needs."""

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through."""

    def other_names(self, wanted: Filter) -> Mapping[int, str]:
        """By document, the source that a filter lets it through by, where that is not its first."""

    def newest_document(self) -> int:
        """The highest document id so far."""


class FilteredView:
    """A catalog and a searcher that know only the documents that a filter lets through, and none that is added later.

    Example:
        view = FilteredView(catalog, searcher, where)
        verifier = Verifier(view, view, embedder, idf)
    """

    def __init__(self, catalog: Restricted, searcher: Searches, where: Filter | None) -> None:
        self._catalog = catalog
        self._searcher = searcher
        self._where = where
        self._names = {} if where is None else catalog.other_names(where)
        self._documents: Container[int] = (
            range(catalog.newest_document() + 1) if where is None else frozenset(catalog.matching(where))
        )

    @property
    def documents(self) -> Container[int]:
        """The ids of these documents."""
        return self._documents

    def search(self, question: str, k: int = 10, where: Filter | None = None, *, exact_first: bool = True) -> list[Hit]:
        """The best spans of these documents; ``where`` is always the filter that they were chosen by."""
        hits = self._searcher.search(question, k, where or self._where, exact_first=exact_first)
        return [hit for hit in hits if hit.document_id in self._documents]

    def find_exact(self, text: str, k: int = 10, documents: Container[int] | None = None) -> list[tuple[int, int, int]]:
        """Up to ``k`` places in these documents where ``text`` stands."""
        return self._catalog.find_exact(text, k, self._documents if documents is None else documents)

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text, under the name by which the filter lets it through."""
        return self._catalog.document(document_id, source or self._names.get(document_id))

    def same_text(self, document_id: int) -> Sequence[SourceRow]:
        """All sources with the text of a document."""
        return self._catalog.same_text(document_id)

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """Characters ``[start, end)`` of a document."""
        return self._catalog.text(document_id, start, end)

    def sentences(self, document_id: int, start: int, end: int) -> list[StoredSentence]:
        """The stored sentences of a document that a span touches."""
        return self._catalog.sentences(document_id, start, end)

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span."""
        return self._catalog.locate(document_id, start, end)
