"""The catalog: which documents a corpus holds, their texts, chunks and embeddings, and its commits.

One SQLite file in WAL mode: the writer's commit is the single commit point of the corpus, and readers
never wait for it. All access is through SQLAlchemy, so that another database can take its place; only
`hybrid.stores.full_text` speaks SQLite's own full-text search.
"""

from __future__ import annotations

import logging
import os
import threading
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, get_args

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, exists, func, select
from sqlalchemy.exc import OperationalError

from hybrid.errors import CorruptCorpusError, SettingsError
from hybrid.stores import exact_text, filtering, full_text, reading, records, schema, sentence_vectors
from hybrid.stores.access import Access
from hybrid.stores.backend import Backend, backend_of
from hybrid.stores.catalog_cache import (
    COMPARED_DOCUMENTS,
    COUNTED_TERMS,
    PINNED_DOCUMENTS,
    Name,
    SelectionCache,
    StateCache,
    TextCache,
    WordIndex,
)
from hybrid.stores.cells import as_read
from hybrid.stores.database import connect, looks_like_corpus, open_database
from hybrid.stores.filtering import Selection
from hybrid.stores.reading import Identity
from hybrid.stores.rows import (
    ChunkRow,
    CommitRow,
    DocumentRow,
    LogRow,
    SourceRow,
    Titled,
    VolumeRow,
)
from hybrid.stores.sentence_vectors import StoredSentence
from hybrid.stores.tables import (
    ChunkTable,
    CommitTable,
    DocumentTable,
    InfoTable,
    LogTable,
    MetadataTable,
    SourceTable,
    VolumeTable,
)
from hybrid.stores.transaction import SOURCES, Transaction, fact, volume_rows
from hybrid.text import shingles
from hybrid.text.formatting import name_of
from hybrid.text.layout import LONGEST
from hybrid.types.documents import Document, Location, text_sha256
from hybrid.types.filters import Filter
from hybrid.types.reports import MemoryState

if TYPE_CHECKING:
    from hybrid.stores.postgresql.place import Place

_LOG = logging.getLogger("hybrid.stores")
SCORED_CHUNKS = 5000
"""Chunks that one lexical search scores, about; a corpus of no more is scored whole. docs/retrieval.md."""
SCORED_POSTINGS = 100_000
"""Chunks that hold a word are counted up to so many, and estimated past that. docs/retrieval.md, "What a search
costs"."""


__all__ = ["Catalog", "Transaction", "looks_like_corpus"]


@dataclass(frozen=True)
class State:
    """One state of the catalog, read over one connection by one thread; with the documents' first names, as far as
    they were asked for, the documents asked for last, and what tells the state from others."""

    connection: Connection
    names: dict[int, Name] = field(default_factory=dict)
    documents: dict[tuple[int, str | None], Document] = field(default_factory=dict)

    @cached_property
    def identity(self) -> Identity:
        """What is another after each change of the catalog."""
        return reading.identity(self.connection)


class Closed(Protocol):
    """What is closed with a catalog."""

    def close(self) -> None:
        """Let go of what it holds."""


Span = tuple[int, int, int]
"""Document id, start and end."""


class Catalog:
    """Everything that is known about a corpus, behind typed methods.

    Reading methods may be called from several threads. `transaction` is for the one writer.

    Example:
        >>> import tempfile
        >>> from hybrid.types.documents import Document
        >>> with Catalog.open(Path(tempfile.mkdtemp()) / "catalog.sqlite", create=True) as catalog:
        ...     with catalog.transaction() as transaction:
        ...         document = Document.from_text("A note.", source="note.txt")
        ...         document_id, _ = transaction.add_document(document, [], np.zeros((0, 2), np.float32))
        ...         transaction.put_source("note.txt", document_id)
        ...     catalog.text(document_id)
        'A note.'
    """

    place: str | Path | Place
    """Where it was opened, with all that it takes to open it again."""

    def __init__(self, engine: Engine, access: Access | None = None) -> None:
        self._engine = engine
        self._backend: Backend = backend_of(engine)
        self._access = access
        self.vectors_in: Closed | None = None  # see `hybrid.stores.vector_places`
        self._pinned = threading.local()
        self._has_volumes = False  # as far as it is known
        self._texts = TextCache()
        self._term_counts: StateCache[str, int] = StateCache(COUNTED_TERMS)
        self._word_counts: StateCache[str, int] = StateCache(COUNTED_TERMS)
        self._near_copies: StateCache[tuple[int, float], dict[int, float]] = StateCache(COMPARED_DOCUMENTS)
        self._titles: StateCache[None, dict[int, Titled]] = StateCache(1)
        self._words_of_state: StateCache[None, Mapping[str, Sequence[int]]] = StateCache(1)
        self._word_index = WordIndex()
        self._sentences_of_state: StateCache[None, sentence_vectors.SentenceIndex | None] = StateCache(1)
        self._differing_of_state: StateCache[str, dict[int, str]] = StateCache(2)
        self._selections = SelectionCache()
        self._chunk_count: tuple[object, int] = (None, 0)  # of a state: SQLite counts one by one
        none = np.zeros((0, shingles.PERMUTATIONS), np.uint32)
        self._signatures: tuple[object, NDArray[np.int64], NDArray[np.uint32]] = (None, np.zeros(0, np.int64), none)

    @classmethod
    def open(cls, where: str | Path | Place, *, create: bool, access: Access | None = None) -> Self:
        """Open the catalog at a path, database URL or place, its tables made or upgraded where needed. With ``access``
        it shows the documents of some classes alone, and cannot be written to (`hybrid.stores.access`).

        Raises `CorpusNotFoundError` if there is none and ``create`` is false, `CorpusVersionError` if a
        newer or unknown version of hybrid wrote it, `CorruptCorpusError` if it is not a database, and
        `SettingsError` for a kind of database that is not supported.
        """
        made = cls(open_database(where, create=create, access=access), access)
        made.place = where
        return made

    def shown(self, access: Access | None) -> Self:
        """The same catalog as far as ``access`` shows it, to be closed by itself."""
        engine = self._backend.shown(access)
        if engine is None:
            return type(self).open(self.place, create=False, access=access)
        made = type(self)(engine, access)
        made.place = self.place
        return made

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing, too: not a read-only file, nor a replica."""
        return self._access is None and self._backend.writable

    @property
    def called(self) -> str:
        """What messages call it: its file, or its place in a database."""
        return self._backend.called

    @property
    def where(self) -> str:
        """Where it is, as ``stores.catalog`` says it: without a password."""
        return self._backend.where

    @property
    def access(self) -> Access | None:
        """What it shows, where these are not all documents."""
        return self._access

    @property
    def restricted(self) -> bool:
        """Whether it shows the documents of some classes alone."""
        return self._access is not None

    def close(self) -> None:
        """Close the database. The catalog cannot be used afterwards."""
        if self.vectors_in is not None:
            self.vectors_in.close()
        self._backend.close(self._engine)
        self._texts.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Reading and writing -------------------------------------------------------------------------

    @contextmanager
    def read_transaction(self) -> Iterator[None]:
        """All reads of this thread inside the block see one state of the catalog, whatever is committed
        meanwhile."""
        if self._pin() is not None:
            yield
            return
        with self._state() as state, self.reading(state):
            yield

    @contextmanager
    def newest_state(self) -> Iterator[State]:
        """The state that is newest now, for `reading`, until the block ends; whatever this thread reads otherwise."""
        with self._backend.asking(), self._state() as state:
            yield state

    @contextmanager
    def _state(self) -> Iterator[State]:
        with self._backend.errors(), connect(self._engine) as connection:
            connection.execute(select(func.count()).select_from(InfoTable))  # SQLite fixes the state at the first read
            yield State(connection)

    @contextmanager
    def reading(self, state: State | None) -> Iterator[None]:
        """All reads of this thread inside the block see that state; with ``None`` each sees the newest."""
        before, self._pinned.state = self._pin(), state
        try:
            yield
        finally:
            self._pinned.state = before

    def _pin(self) -> State | None:
        """The state that this thread reads, if it is not the newest."""
        state: State | None = getattr(self._pinned, "state", None)
        return state

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        pinned = self._pin()
        if pinned is not None:
            yield pinned.connection
            return
        with self._backend.errors(), connect(self._engine) as connection:
            yield connection

    def reader(self) -> AbstractContextManager[Connection]:
        """The connection that this thread reads over, in the state that it sees."""
        return self._connection()

    @contextmanager
    def connection(self, *, write: bool) -> Iterator[Connection]:
        """A connection of the database in a transaction of its own, for what looks at tables as they are."""
        with self._backend.errors(), connect(self._engine, write=write) as connection:
            yield connection

    def state(self) -> object:
        """What tells the state of the catalog that this thread reads from others."""
        with self.read_transaction(), self._connection() as connection:
            return self._identity(connection)

    def _identity(self, connection: Connection) -> Identity:
        """What tells the state that is read from others; asked for once of a pinned one."""
        pinned = self._pin()
        return (
            pinned.identity if pinned is not None and pinned.connection is connection else reading.identity(connection)
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Changes made together: all are kept when the block ends, none if it raises.

        Raises `CorpusLockedError` if another process is writing and `CorpusError` if the disk is full.
        """
        with self._backend.errors(), connect(self._engine, write=True) as connection:
            yield Transaction(connection)

    def vacuum(self, wait_ms: int) -> bool:
        """Write the database anew, without the bytes of what was deleted; see `Backend.vacuum`."""
        with self._backend.errors():
            return self._backend.vacuum(self._engine, wait_ms)

    def write_lock(self, directory: Path, wait: float = 0) -> AbstractContextManager[None]:
        """Hold the corpus in ``directory``, whose catalog this is, for writing: see `Backend.write_lock`."""
        return self._backend.write_lock(self._engine, directory, wait)

    # Facts ---------------------------------------------------------------------------------------

    def info(self, key: str, *, checked: bool = True) -> str | None:
        """A fact about the corpus, such as ``"embedder"``; ``None`` if it was never set. Raises `CorruptCorpusError` if
        it is not as it was set, and that is ``checked``."""
        with self._connection() as connection:
            return fact(connection, key, checked=checked)

    def set_info(self, key: str, value: str) -> None:
        """Set a fact, in a transaction of its own."""
        with self.transaction() as transaction:
            transaction.set_info(key, value)

    def log(self, *, checked: bool = True) -> list[LogRow]:
        """Everything that was done to the corpus, oldest first; nothing where not every document is shown. Raises
        `CorruptCorpusError` if it is not as it was written, and that is ``checked``."""
        with self._connection() as connection:
            rows = connection.execute(select(LogTable.at, LogTable.event, LogTable.detail).order_by(LogTable.id))
            found = [LogRow(at, event, detail) for at, event, detail in rows]
            if checked and not self.restricted:  # after a cell that cannot be read has been named
                records.check_log(connection)
            return found

    # Sources and documents -----------------------------------------------------------------------

    def sources(self, *, document_id: int | None = None, parent: str | None = None) -> list[SourceRow]:
        """All sources, or those of a document, or those attached to a source; in the order they came."""
        statement = SOURCES.order_by(SourceTable.id)
        if document_id is not None:
            statement = statement.where(SourceTable.document_id == document_id)
        if parent is not None:
            statement = statement.where(SourceTable.parent == parent)
        with self._connection() as connection:
            return [SourceRow(*row) for row in connection.execute(statement)]

    def source(self, name: str) -> SourceRow | None:
        """The source of that name, or ``None``."""
        with self._connection() as connection:
            row = connection.execute(SOURCES.where(SourceTable.name == name)).first()
            return SourceRow(*row) if row else None

    def source_named(self, name: str) -> SourceRow | None:
        """The source of that name, else the one whose name differs from it only in how accents are written (NFC, NFD),
        else the one that ingesting the path ``name`` made, else the one that is shown as ``name``
        (`hybrid.text.formatting.visible_name`); ``None`` if there is none."""
        each = (
            row
            for one in (name, os.path.normpath(name))
            for other in filtering.spellings(one)
            if (row := self.source(other))
        )
        shown = name_of(name)
        return next(each, None) or self._source_alike(name) or (self.source(shown) if shown != name else None)

    def _source_alike(self, name: str) -> SourceRow | None:
        """The source whose name is the same but for accents that are written in both ways within it."""
        if name.isascii():
            return None
        wanted = unicodedata.normalize("NFC", os.path.normpath(name))
        return next((row for row in self.sources() if unicodedata.normalize("NFC", row.source) == wanted), None)

    def document_with(self, sha256: str) -> int | None:
        """The id of the document whose bytes have this sha256, or ``None``."""
        with self._connection() as connection:
            return connection.scalar(select(DocumentTable.id).where(DocumentTable.sha256 == sha256))

    def documents(self) -> list[DocumentRow]:
        """All documents in the order of their ids, which is the order in which they were added; what is not as it was
        recorded is marked."""
        with self.read_transaction(), self._connection() as connection:
            damaged = self._listed(connection)
            sources: dict[int, list[SourceRow]] = {}
            for row in connection.execute(SOURCES.order_by(SourceTable.id)):
                sources.setdefault(row.document_id, []).append(SourceRow(*row))
            counts = select(ChunkTable.document_id, func.count()).group_by(ChunkTable.document_id)
            chunks = {row[0]: row[1] for row in connection.execute(counts)}
            rows = connection.execute(reading.DOCUMENTS.order_by(DocumentTable.id)).all()
        return [
            reading.document_row(row, sources[row.id], chunks.get(row.id, 0), damaged.get(row.id))
            for row in rows
            if row.id in sources
        ]

    def _listed(self, connection: Connection) -> dict[int, str]:
        """The documents of which what lists show is not as it was recorded; compared once a state."""
        known = self._differing_of_state.of(self._identity(connection))
        if records.SOURCE not in known:
            known[records.SOURCE] = records.listed(connection, restricted=self.restricted)
        return known[records.SOURCE]

    def check_listed(self, *, metadata: bool = False) -> None:
        """Raise `CorruptCorpusError` if what documents are picked by, their names, days and kinds, is not as it was
        recorded of one of them, and with ``metadata`` what else a filter names: the document that such an edit hides is
        one that nobody looks at. Compared once a state."""
        with self.read_transaction(), self._connection() as connection:
            found = self._listed(connection)
            if metadata and not found:
                known = self._differing_of_state.of(self._identity(connection))
                if records.FACTS not in known:
                    known[records.FACTS] = records.filtered(connection)
                found = known[records.FACTS]
            for document_id, what in list(found.items())[:1]:
                names = self._first_names(connection, [document_id])
                raise CorruptCorpusError(reading.damaged_record(reading.called(document_id, names), what, self.called))

    def titles(self) -> Mapping[int, Titled]:
        """The title, first source and media type of all documents, by id; read once a state."""
        with self.read_transaction(), self._connection() as connection:
            known = self._titles.of(self._identity(connection))
            if None not in known:
                known[None] = {one.id: Titled(one.title, one.source, one.media_type) for one in self.documents()}
            return known[None]

    def words(self) -> Mapping[str, Sequence[int]]:
        """The words of all documents in lower case, each with the ids of the documents that hold it, among them some
        that are gone. Each document is looked through once while the catalog is open."""
        with self.read_transaction(), self._connection() as connection:
            known = self._words_of_state.of(self._identity(connection))
            if None not in known:
                there = {row.id: row.sha256 for row in connection.execute(reading.SHA256S)}
                known[None] = self._word_index.updated(there, partial(reading.texts, connection))
            return known[None]

    def sha256s(self) -> dict[int, str]:
        """The sha256 of each document, by id, whether a source names it or not."""
        with self._connection() as connection:
            return {row.id: row.sha256 for row in connection.execute(reading.SHA256S)}

    def count_documents(self) -> int:
        """How many documents there are. Reads none of them."""
        with self._connection() as connection:
            return connection.scalar(select(func.count(SourceTable.document_id.distinct()))) or 0

    def newest_document(self) -> int:
        """The highest document id so far: whatever is added later has a higher one. 0 where there is none."""
        with self._connection() as connection:
            return connection.scalar(select(func.max(DocumentTable.id))) or 0

    def names(self, document_ids: Iterable[int]) -> dict[int, frozenset[str]]:
        """All names of each of these documents that is still there."""
        wanted = list(document_ids)
        found: dict[int, set[str]] = {}
        with self._connection() as connection:
            for at in range(0, len(wanted), reading.AT_ONCE):
                for row in connection.execute(reading.NAMES, {"ids": wanted[at : at + reading.AT_ONCE]}):
                    found.setdefault(row.document_id, set()).add(row.name)
        return {document_id: frozenset(found[document_id]) for document_id in wanted if document_id in found}

    def other_names(self, wanted: Filter) -> Mapping[int, str]:
        """By document, the source that a filter lets it through by, where that is not its first. Raises what
        `matching` raises."""
        return self.selection(wanted).sources

    def document(self, document_id: int, source: str | None = None) -> Document:
        """The document with its text, under its first name or that ``source``, and with that one's metadata. Raises
        `KeyError` if there is none."""
        pinned = self._pin()
        known = pinned.documents if pinned is not None else {}
        if (document_id, source) in known:
            return known[document_id, source]
        if pinned is not None and source is None and document_id in pinned.names:  # asks the database for nothing
            cached = self._texts.find([document_id], pinned.names)
            if cached:
                return cached[document_id]
        with self._connection() as connection:
            found = self._documents(connection, [document_id], {document_id: source} if source else {})
        if document_id not in found:
            raise KeyError(f"no document {document_id} in the catalog")
        if len(known) >= PINNED_DOCUMENTS:
            known.clear()
        known[document_id, source] = found[document_id]
        return found[document_id]

    def expect(self, document_ids: Sequence[int]) -> None:
        """Ask for the names of documents together, inside `read_transaction`: `document` then asks for none of them by
        itself."""
        with self._connection() as connection:
            self._first_names(connection, document_ids)

    def same_text(self, document_id: int) -> list[SourceRow]:
        """All sources with the text of a document, its own among them, in the order they came."""
        alike = (
            select(DocumentTable.id)
            .where(DocumentTable.text_sha256.is_not(None))
            .where(
                DocumentTable.text_sha256
                == select(DocumentTable.text_sha256).where(DocumentTable.id == document_id).scalar_subquery()
            )
        )
        statement = SOURCES.where((SourceTable.document_id == document_id) | SourceTable.document_id.in_(alike))
        with self._connection() as connection:
            return [SourceRow(*row) for row in connection.execute(statement.order_by(SourceTable.id))]

    def near_copies(self, document_id: int, least: float) -> dict[int, float]:
        """The documents whose texts resemble a document's, by id, from ``least`` to 1: the share of runs of words that
        both have (`hybrid.text.shingles`), the most alike first; itself is not among them."""
        with self.read_transaction(), self._connection() as connection:
            state = self._identity(connection)
            cached = self._near_copies.of(state)
            if (document_id, least) in cached:
                return dict(cached[document_id, least])
            ids, signatures = self._signatures_of(state, connection)
        at = np.flatnonzero(ids == document_id)
        alike = (signatures == signatures[at[0]]).mean(axis=1) if len(at) else np.zeros(0)
        rows = np.flatnonzero(alike >= least)
        found = {int(ids[row]): float(alike[row]) for row in rows[np.argsort(-alike[rows], kind="stable")]}
        found.pop(document_id, None)
        cached[document_id, least] = found
        return dict(found)

    def _signatures_of(self, state: object, connection: Connection) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Ids ``[n]`` and signatures ``[n, PERMUTATIONS]`` of the documents that have one, read once a state."""
        known_state, ids, signatures = self._signatures
        if known_state != state:
            rows = connection.execute(reading.SIGNATURES).all()
            ids = np.array([row[0] for row in rows], np.int64)
            signatures = np.frombuffer(b"".join(row[1] or b"" for row in rows), "<u4").reshape(
                len(rows), shingles.PERMUTATIONS
            )
            self._signatures = state, ids, signatures
        return ids, signatures

    def _documents(
        self, connection: Connection, document_ids: Iterable[int], sources: Mapping[int, str]
    ) -> dict[int, Document]:
        """The documents of these ids as far as they exist, those that are not kept asked for together; under their
        first names, or those in ``sources``."""
        wanted = list(document_ids)
        names = dict(self._first_names(connection, wanted))
        for document_id in [one for one in wanted if one in sources]:
            of_name = SOURCES.where(SourceTable.name == sources[document_id])
            row = connection.execute(of_name.where(SourceTable.document_id == document_id)).first()
            if row is not None:
                names[document_id] = row.name, row.parent, row.details
        found = self._texts.find(wanted, names)
        missing = [document_id for document_id in wanted if document_id in names and document_id not in found]
        for document_id, what in records.differing(connection, missing, restricted=self.restricted):
            raise CorruptCorpusError(reading.damaged_record(names[document_id][0], what, self.called))
        for at in range(0, len(missing), reading.AT_ONCE):
            for row in connection.execute(reading.BODIES, {"ids": missing[at : at + reading.AT_ONCE]}):
                name, parent, details = names[row.id]
                odd = not isinstance(row.text, str) or not isinstance(row.pages, list)
                if odd or (row.text_sha256 is not None and text_sha256(row.text) != row.text_sha256):
                    raise CorruptCorpusError(reading.DAMAGED_TEXT.format(name, self.called))
                found[row.id] = Document(
                    source=name,
                    text=row.text,
                    sha256=row.sha256,
                    media_type=row.media_type,
                    pages=tuple(row.pages),
                    metadata=reading.metadata(name, details),
                    parent=parent,
                )
                self._texts.add(row.id, names[row.id], found[row.id])
        return found

    def _first_names(self, connection: Connection, document_ids: Iterable[int]) -> Mapping[int, Name]:
        """Documents' first sources, asked for once while the state is pinned."""
        pinned = self._pin()
        known: dict[int, Name] = {} if pinned is None else pinned.names
        missing = [document_id for document_id in document_ids if document_id not in known]
        for at in range(0, len(missing), reading.AT_ONCE):
            rows = connection.execute(reading.NAMES, {"ids": missing[at : at + reading.AT_ONCE]})
            known |= {row.document_id: (row.name, row.parent, row.details) for row in rows}  # the first comes last
        return known

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        """``[start, end)`` of a document's canonical text; all of it by default."""
        return self.document(document_id).text[start:end]

    def locate(self, document_id: int, start: int, end: int) -> Location:
        """The pages and lines of a span of the catalog's own. Raises `CorruptCorpusError` for one that is not within
        the document."""
        document = self.document(document_id)
        reading.check_span(document, start, end, self.called)
        return document.locate(start, end)

    def sentences(self, document_id: int, start: int, end: int) -> list[StoredSentence]:
        """The sentences of a document that ``[start, end)`` touches, in order; none of a document that was added by a
        version that stored no sentences."""
        with self._connection() as connection:
            return sentence_vectors.overlapping(connection, document_id, start, end, LONGEST)

    def nearest_sentences(
        self, vector: NDArray[np.float32], k: int, selection: Selection | None = None
    ) -> list[tuple[Span, float]]:
        """The spans (document id, start, end) of the ``k`` stored sentences nearest to ``vector`` (float32
        ``[dimension]``, length 1), best first, each with its cosine: of a selection or of all. None where no sentences
        are stored, or too many to be searched (`hybrid.stores.sentence_vectors.MOST`). The vectors are read once for
        each state of the corpus: a byte a number."""
        with self.read_transaction(), self._connection() as connection:
            known = self._sentences_of_state.of(self._identity(connection))
            if None not in known:
                known[None] = sentence_vectors.index_of(connection)
            index = known[None]
            chosen = self.everything() if selection is None else selection
            return index.nearest(vector, k, None if chosen is None else chosen.documents) if index is not None else []

    def chunks_holding(self, spans: Sequence[Span]) -> list[int]:
        """The ids of the chunks that hold most of each of these spans (document id, start, end), one for each span that
        a chunk touches, in their order."""
        found: list[int] = []
        with self._connection() as connection:
            for document_id, start, end in spans:
                given = {"document": document_id, "start": start, "end": end}
                rows = connection.execute(reading.TOUCHING, given).all()
                if rows:
                    found.append(max(rows, key=lambda row: (min(row.end, end) - max(row.start, start), -row.id)).id)
        return found

    # Chunks and search ---------------------------------------------------------------------------

    def chunks(self, ids: Sequence[int], selection: Selection | None = None) -> dict[int, ChunkRow]:
        """The chunks of these ids, each with the source that a selection lets its document through by. Ids that are not
        (or no longer) in the catalog are left out."""
        sources = selection.sources if selection is not None else {}
        found: dict[int, ChunkRow] = {}
        with self.read_transaction(), self._connection() as connection:
            spans = self.spans(ids)
            documents = self._documents(connection, dict.fromkeys(span[0] for span in spans.values()), sources)
            for chunk_id, (document_id, start, end) in spans.items():
                document = documents.get(document_id)
                if document is None:
                    raise CorruptCorpusError(
                        f"{self.called} is damaged: chunk {chunk_id} is of document {document_id}, of which the name "
                        "or all else is gone; hybrid verify names all that is damaged and what to do"
                    )
                reading.check_span(document, start, end, self.called)
                found[chunk_id] = ChunkRow(
                    chunk_id,
                    document_id,
                    start,
                    end,
                    document.text[start:end],
                    document.source,
                    document.title,
                    document.sha256,
                    document.metadata.author,
                    document.status,
                )
        return found

    def spans(self, ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
        """The document id, start and end of these chunks, in their order, as far as they exist. Reads no text."""
        found: dict[int, tuple[int, int, int]] = {}
        with self._connection() as connection:
            for at in range(0, len(ids), reading.AT_ONCE):
                wanted = [int(identifier) for identifier in ids[at : at + reading.AT_ONCE]]
                rows = {row[0]: (row[1], row[2], row[3]) for row in connection.execute(reading.CHUNKS, {"ids": wanted})}
                found |= {identifier: rows[identifier] for identifier in wanted if identifier in rows}
        if odd := [chunk for chunk, span in found.items() if not all(isinstance(one, int) for one in span)]:
            raise CorruptCorpusError(
                f"{self.called} is damaged: the place of chunk {odd[0]} is no number; hybrid verify names all that is "
                "damaged and what to do"
            )
        return found

    def chunk_ids(self, document_id: int) -> list[int]:
        """The ids of a document's chunks, in the order of the text."""
        with self._connection() as connection:
            of_document = select(ChunkTable.id).where(ChunkTable.document_id == document_id)
            return list(connection.scalars(of_document.order_by(ChunkTable.start, ChunkTable.id)))

    def all_chunk_ids(self) -> list[int]:
        """The ids of all chunks."""
        with self._connection() as connection:
            return list(connection.scalars(select(ChunkTable.id)))

    def matching(self, wanted: Filter) -> list[int]:
        """The ids of the documents that a filter lets through. Raises `InputError` for an unknown metadata
        key or source."""
        documents: list[int] = self.selection(wanted).documents.tolist()
        return documents

    def has_classes(self, key: str) -> bool:
        """Whether any source has a value under this key, which names classes of access; the empty text is none."""
        keys = self._backend.among(MetadataTable.key, filtering.spellings(key))
        named = exists().where(keys, MetadataTable.value != "")
        with self._connection() as connection:
            return bool(connection.scalar(select(named)))

    def undated(self, wanted: Filter) -> int:
        """How many documents a filter's days leave out because they have no date. Raises what `matching` raises."""
        with self._connection() as connection:
            return filtering.undated(connection, wanted)

    def selection(self, wanted: Filter) -> Selection:
        """The documents and chunks that a filter lets through; cached as long as the corpus stays as it is. Raises what
        `matching` raises."""
        key = wanted.model_dump_json()
        with self.read_transaction(), self._connection() as connection:
            state = self._identity(connection)
            if not wanted.everything:
                self.check_listed(metadata=bool(wanted.metadata))
            select_now = partial(filtering.selected, connection, wanted, self.chunk_count())
            return self._selections.get(state, key, select_now)

    def everything(self) -> Selection | None:
        """What may be seen, where these are not all documents: the selection of a search without a filter."""
        return None if self._access is None else self.selection(Filter())

    def search_lexical(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        """The ``k`` best chunks, of a selection or of all, for a match expression of
        `hybrid.stores.full_text`: ids and BM25 scores, higher is better. Raises `InputError` for an expression
        that cannot be read."""
        with self.read_transaction(), self._connection() as connection:
            chosen = self.everything() if selection is None else selection  # an empty one is no selection of all
            return full_text.search(connection, match, k, chosen)

    def chunks_matching(self, match: str) -> list[tuple[int, int]]:
        """Chunk and document ids of all chunks that a match expression of `hybrid.stores.full_text` finds, by chunk."""
        with self._connection() as connection:
            return full_text.matching(connection, match)

    def count_lexical(self, match: str, up_to: int) -> int:
        """How many chunks a match expression finds; counting ends at ``up_to``."""
        with self._connection() as connection:
            return full_text.count(connection, match, up_to)

    def documents_with(self, match: str, up_to: int) -> list[int]:
        """The ids of the documents that have a chunk which a match expression finds, ascending; of ``up_to`` chunks,
        the best."""
        found = self.spans([chunk_id for chunk_id, _ in self.search_lexical(match, up_to)])
        return sorted({document_id for document_id, _, _ in found.values()})

    def search_words(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        """`search_lexical` for an expression of `hybrid.stores.query.match_expression`; in a large corpus or selection
        only chunks with one of its rarer terms are found (`hybrid.stores.full_text.search_words`)."""
        with self.read_transaction(), self._connection() as connection:
            state = self._identity(connection)
            selection = self.everything() if selection is None else selection
            if (state[0] or 0) <= SCORED_CHUNKS or (selection is not None and len(selection) <= SCORED_CHUNKS):
                return full_text.search(connection, match, k, selection)
            known = self._term_counts.of(state)
            return full_text.search_words(connection, match, k, SCORED_CHUNKS, SCORED_POSTINGS, known, selection)

    def find_exact(self, text: str, k: int = 10, documents: Container[int] | None = None) -> list[tuple[int, int, int]]:
        """Up to ``k`` places where ``text`` stands, character for character, in these documents or in all:
        (document id, start, end), ascending."""
        if not text or k < 1 or not full_text.storable(text):
            return []
        found: list[tuple[int, int, int]] = []
        with self.read_transaction(), self._connection() as connection:
            known = self._word_counts.of(self._identity(connection))
            for document_id in exact_text.containing(connection, text, documents, known):
                body = self.text(document_id)
                at = body.find(text)
                while at >= 0 and len(found) < k:
                    found.append((document_id, at, at + len(text)))
                    at = body.find(text, at + 1)
                if len(found) == k:
                    break
        return found

    def chunk_count(self) -> int:
        """How many chunks there are."""
        with self.read_transaction(), self._connection() as connection:
            state = self._identity(connection)
            known_state, count = self._chunk_count
            if known_state != state:
                count = connection.scalar(reading.CHUNK_COUNT) or 0
                self._chunk_count = state, count
            return count

    def all_chunks(self) -> int:
        """How many chunks there are, also of documents that are not shown."""
        with self._connection() as connection:
            return int(connection.exec_driver_sql(reading.ALL_CHUNKS.format(self._backend.base)).scalar_one())

    def recorded(self, document_id: int) -> records.Recorded | None:
        """What is known of a document's chunks and sentences, whatever is there; ``None`` where its text is damaged."""
        with self._connection() as connection:
            return records.recorded(connection, document_id)

    def unnamed(self) -> set[int]:
        """The numbers of documents without a source, and of those of which other rows than their own are there."""
        named = "SELECT s.document_id FROM sources s JOIN documents d ON d.id = s.document_id"
        of_documents = "sources", "texts", "chunks", "sentences"
        every = " UNION ".join(
            ["SELECT id FROM documents", *(f"SELECT document_id FROM {one}" for one in of_documents)]
        )
        with self._connection() as connection:
            return set(connection.exec_driver_sql(f"{every} EXCEPT {named}").scalars())

    def damaged(self) -> dict[int, str]:
        """The documents of which nothing may be quoted, as their texts or records are damaged, with what they are
        called. Compares everything: it takes as long as reading the corpus."""
        with self.read_transaction(), self._connection() as connection:
            found = records.damaged(connection, restricted=self.restricted)
            names = [as_read(connection, connection.scalar(reading.FIRST_NAME, {"document": one})) for one in found]
            return {one: str(name or f"document {one}") for one, name in zip(found, names, strict=True)}

    def gaps(self, indexed: int, elsewhere: str | None = None) -> tuple[str, ...]:
        """What of the corpus no search can find, because rows of the catalog are gone or are not the index's, in words;
        ``indexed`` is how many vectors the index holds, and ``elsewhere`` what it is called, if it is another program.
        Nothing of a whole corpus."""
        with self.read_transaction(), self._connection() as connection:
            lost = schema.missing(connection)
            if lost:
                named = "; ".join(f"its table {one.table}: {one.said}" for one in lost[: reading.NAMED])
                return (f"{self.called} was damaged or edited ({named}); hybrid repair makes again what can be.",)
            found = records.incomplete(connection, sentence_vectors.MOST)
            if found:
                names = self._first_names(connection, list(found)[: reading.NAMED])
                said = [f"{reading.called(one, names)} has {found[one]}" for one in list(found)[: reading.NAMED]]
                more = f", and so it is with {len(found) - reading.NAMED:,} more" if len(found) > reading.NAMED else ""
                return (f"{'; '.join(said)}{more}: {self.called} {reading.LOST}",)
            chunks, words = (
                connection.exec_driver_sql(reading.ALL_CHUNKS.format(self._backend.base)).scalar_one(),
                full_text.indexed(connection),
            )
        kinds = {"the index": indexed, "the full text": words}
        different = [name for name, count in kinds.items() if count != chunks]
        if not different:
            return ()
        if elsewhere is not None and different == ["the index"] and not self.restricted:
            return (
                f"{elsewhere} holds {indexed:,} vectors of this corpus, and the catalog has {chunks:,} chunks: search "
                "by meaning misses the others; if that is where they are, hybrid repair makes them again",
            )
        if self.restricted:  # how much there is of others' documents is not said
            return (
                f"What {' and '.join(different)} can find is not what the catalog holds: {self.called} {reading.LOST}",
            )
        counts = " and ".join(f"{name} knows {kinds[name]:,} chunks" for name in different)
        return (f"{counts}, and the catalog {chunks:,}: {self.called} {reading.LOST}",)

    def vectors(self, ids: Sequence[int] | None = None) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids ``[n]`` and embeddings ``[n, dimension]`` of these chunks, or of all, in the order of ids."""
        everything = select(ChunkTable.id, ChunkTable.embedding).order_by(ChunkTable.id)
        with self._connection() as connection:
            if ids is None:
                count = connection.scalar(select(func.count()).select_from(ChunkTable)) or 0
                return reading.matrix(connection.execution_options(yield_per=4096).execute(everything), count)
            rows: list[Any] = []
            for at in range(0, len(ids), reading.AT_ONCE):
                wanted = [int(identifier) for identifier in ids[at : at + reading.AT_ONCE]]
                rows.extend(connection.execute(reading.EMBEDDINGS, {"ids": wanted}).all())
            rows.sort(key=itemgetter(0))
            try:
                flat = np.frombuffer(b"".join(row[1] for row in rows), "<f4").astype(np.float32, copy=False)
                return np.array([row[0] for row in rows], np.int64), flat.reshape(len(rows), -1 if rows else 0)
            except (TypeError, ValueError) as error:
                raise CorruptCorpusError(reading.DAMAGED_VECTORS) from error

    # Commits ---------------------------------------------------------------------------------

    def commit(self) -> CommitRow | None:
        """The newest commit, which is the corpus as it is now; ``None`` if nothing was committed."""
        with self._connection() as connection:
            # Asked for once: in PostgreSQL a statement that fails ends the transaction.
            self._has_volumes = self._has_volumes or self._backend.has_table(connection, VolumeTable.__tablename__)
            try:
                every = reading.COMMITS if self._has_volumes else reading.COMMITS_ALONE
                row = connection.execute(every.order_by(CommitTable.n.desc()).limit(1)).first()
            except OperationalError as error:
                if "no such table: volumes" not in str(error.orig):
                    raise
                row = connection.execute(reading.COMMITS_ALONE.order_by(CommitTable.n.desc()).limit(1)).first()
            found = CommitRow(*tuple(row)) if row else None
            if found is not None and found.memory_state not in get_args(MemoryState):  # hybrid verify names it
                return replace(found, memory_state="behind")
            return found

    def index_files(self, last: int = 2) -> list[str]:
        """The ``last`` newest index files, newest first. A file can serve several commits."""
        newest = select(CommitTable.index_file).group_by(CommitTable.index_file)
        with self._connection() as connection:
            return list(connection.scalars(newest.order_by(func.max(CommitTable.n).desc()).limit(last)))

    def has_volumes(self) -> bool:
        """Whether the tables of the memory's volumes are there: a damaged memory stops no answer of the index."""
        with self.read_transaction(), self._connection() as connection:
            return {"volumes", "volume_documents"}.isdisjoint(one.table for one in schema.missing(connection))

    def volumes(self) -> list[VolumeRow]:
        """The volumes of the memory, oldest first."""
        with self._connection() as connection:
            return volume_rows(connection)


def check_embedder(catalog: Catalog, fingerprint: str) -> None:
    """Raise `SettingsError` if another embedder made the corpus's vectors."""
    made_by = catalog.info("embedder")
    if made_by is not None and made_by != fingerprint:
        raise SettingsError(
            f"the vectors of this corpus were made by the embedder {made_by}, and cannot be compared with those of "
            f"{fingerprint}: open it with its own embedder, or ingest into a new directory"
        )
