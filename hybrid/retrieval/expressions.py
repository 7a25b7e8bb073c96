"""The documents that a search expression finds, and the chunks of them that are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from glob import escape
from typing import Protocol
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import InputError
from hybrid.retrieval.query import DATES, Expression, FieldTerm, Joined, Near, Node, Term, fields_of, holds, is_near
from hybrid.stores.rows import ChunkRow, DocumentRow
from hybrid.types.answers import Hit
from hybrid.types.documents import Document
from hybrid.types.filters import Filter, first_day, last_day

_AT_ONCE = 500
_MAIL = "message/rfc822"
_HEADER = 4000
"""Characters of a mail in which its To and Cc stand."""


class Catalog(Protocol):
    """The part of a catalog that expressions need."""

    def documents(self) -> list[DocumentRow]:
        """All documents, without their texts."""

    def check_listed(self, *, metadata: bool = False) -> None:
        """Raises `CorruptCorpusError` where what documents are picked by is not as it was recorded."""

    def document(self, document_id: int, source: str | None = None) -> Document:
        """A document with its text."""

    def chunks_matching(self, match: str) -> list[tuple[int, int]]:
        """Chunk and document ids of all chunks that a full-text expression finds, ascending."""

    def chunks(self, ids: Sequence[int]) -> dict[int, ChunkRow]:
        """The chunks of these ids."""


class Searches(Protocol):
    """A searcher of questions and of search expressions."""

    def search(self, question: str, k: int = 10, where: Filter | None = None, *, exact_first: bool = True) -> list[Hit]:
        """The ``k`` best spans for a question, of the documents that ``where`` lets through."""

    def by_sentences(
        self, vector: NDArray[np.float32], k: int, where: Filter | None = None, known: Iterable[Hit] = ()
    ) -> list[Hit]:
        """The spans around the ``k`` sentences nearest to a vector, without those that are ``known``."""

    def search_expression(self, expression: Expression, k: int, where: Filter | None = None) -> list[Hit]:
        """The ``k`` best spans of the documents that an expression finds."""

    def count_documents(self, expression: Expression, where: Filter | None = None) -> int:
        """How many documents an expression finds."""

    def narrowed(self, expression: Expression, where: Filter | None = None) -> Filter:
        """A filter for the documents that meet the fields of an expression."""


class Found:
    """What an expression finds in one state of a catalog: ``documents``, ids, and ``chunks``, those of these documents
    that hold one of the words that it looks for, by document.

    Raises `InputError` where a field's value is in no document: that is a slip more often than a wish for nothing.
    """

    def __init__(self, catalog: Catalog, expression: Expression) -> None:
        self._catalog = catalog
        if fields_of(expression):
            catalog.check_listed()
        self._rows = {row.id: row for row in catalog.documents()}
        self._chunks: dict[Term | Near, dict[int, int]] = {}
        self._fields = {field: self._of_field(field) for field in fields_of(expression)}
        self.documents = self._evaluate(expression.root)
        self.chunks = {
            chunk_id: document_id
            for term in expression.wanted
            for chunk_id, document_id in self._holding(term).items()
            if document_id in self.documents
        }

    def _evaluate(self, node: Node) -> set[int]:
        if isinstance(node, FieldTerm):
            return self._fields[node]
        if isinstance(node, Term | Near):
            return set(self._holding(node).values())
        parts = [self._evaluate(part) for part in node.parts]
        if node.how == "not":
            return set(self._rows) - parts[0]
        return set.union(*parts) if node.how == "or" else set.intersection(*parts)

    def _holding(self, term: Term | Near) -> dict[int, int]:
        """The chunks that hold a term, with their documents."""
        if term not in self._chunks:
            found = dict(self._catalog.chunks_matching(term.exact_match if isinstance(term, Near) else term.match))
            self._chunks[term] = {one: found[one] for one in self._checked(list(found), partial(holds, term))}
            if isinstance(term, Near):
                wider = dict(self._catalog.chunks_matching(term.match))
                others = [one for one in wider if one not in found]
                self._chunks[term] |= {one: wider[one] for one in self._checked(others, partial(is_near, term))}
        return self._chunks[term]

    def _checked(self, ids: Sequence[int], check: Callable[[str], bool]) -> Iterable[int]:
        for at in range(0, len(ids), _AT_ONCE):
            rows: Mapping[int, ChunkRow] = self._catalog.chunks(ids[at : at + _AT_ONCE])
            yield from (chunk_id for chunk_id, row in rows.items() if check(row.text))

    def _of_field(self, field: FieldTerm) -> set[int]:
        found = {number for number, row in self._rows.items() if self._meets(row, field)}
        if not found and self._rows and field.name not in DATES:
            raise InputError(f"no document has {field.name}:{field.value!r}; {self._known(field.name)}")
        return found

    def _known(self, name: str) -> str:
        values = [value for row in self._rows.values() for value in self._values(row, name) if value]
        known = list(dict.fromkeys(values))[:5]
        return f"there are {', '.join(map(repr, known))}" if known else "no document says it of itself"

    def _meets(self, row: DocumentRow, field: FieldTerm) -> bool:
        name, wanted = field.name, normalize("NFC", field.value)
        if name in DATES:
            if row.date is None:
                return False
            first, last = first_day(row.date[:10]), last_day(row.date[:10])
            return {
                "before": first < first_day(wanted),
                "after": last > last_day(wanted),
                "since": last >= first_day(wanted),
                "until": first <= last_day(wanted),
                "on": first <= last_day(wanted) and last >= first_day(wanted),
            }[name]
        if name == "source" and any(sign in wanted for sign in "*?["):
            sources = [normalize("NFC", source) for source in self._values(row, name)]
            return any(fnmatchcase(source, wanted) or fnmatchcase(source, f"*/{wanted}") for source in sources)
        pattern = _words_in_order(wanted)
        return any(pattern.search(normalize("NFC", value)) for value in self._values(row, name) if value)

    def _values(self, row: DocumentRow, name: str) -> Sequence[str]:
        if name in ("to", "cc"):
            if row.media_type != _MAIL:
                return ()
            head = self._catalog.document(row.id).text[:_HEADER].split("\n\n", 1)[0]
            return re.findall(rf"^{name}:[ \t]*(.+)$", head, re.MULTILINE | re.IGNORECASE)
        if name == "from" and row.media_type != _MAIL and row.author is None:
            return ()
        known: dict[str, list[str | None]] = {
            "from": [row.author],
            "author": [row.author],
            "title": [row.title],
            "subject": [row.title if row.media_type == _MAIL else None],
            "custodian": [row.custodian],
            "source": [row.source, *row.aliases],
            "status": [row.status],
            "type": [row.media_type, row.source.rpartition(".")[2]],
        }
        return [value for value in known[name] if value]


def narrowed(catalog: Catalog, expression: Expression, allowed: Iterable[int] | None) -> Filter:
    """A filter for the documents that meet an expression's fields, of those ``allowed`` or of all.

    Raises `InputError` where there are none.
    """
    fields = fields_of(expression)
    found = Found(catalog, Expression(expression.text, Joined("and", tuple(fields))))
    documents = found.documents if allowed is None else found.documents & set(allowed)
    names = [row.source for row in catalog.documents() if row.id in documents]
    if not names:
        said = " ".join(f"{field.name}:{field.value}" for field in fields)
        raise InputError(f"no document meets {said}; corpus.documents() lists what there is")
    return Filter(sources=tuple(escape(name) if any(sign in name for sign in "*?[") else name for name in names))


def holds_term(term: Term | Near, text: str) -> bool:
    """Whether a sentence holds a term; of two that are to be near each other, both."""
    if isinstance(term, Term):
        return bool(term.places(text))
    return all(any(one.places(text) for one in side) for side in (term.one, term.other))


def _words_in_order(value: str) -> re.Pattern[str]:
    """A pattern for a field's value: its words in order, the last as far as it is written before ``*``."""
    begins = value.endswith("*")
    words = r"\W+".join(map(re.escape, re.findall(r"[^\W_]+", value)))
    return re.compile(rf"(?<![^\W_]){words}" + ("" if begins else r"(?![^\W_])"), re.IGNORECASE)
