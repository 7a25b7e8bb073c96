"""The embedded store of vectors: one file of FAISS a commit, in the corpus's directory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hybrid._runtime import log_warning
from hybrid.errors import CorruptCorpusError
from hybrid.stores import commits
from hybrid.stores.catalog import Catalog
from hybrid.stores.files import inside, sha256_of
from hybrid.stores.rows import CommitRow, StoredFile
from hybrid.stores.transaction import Transaction
from hybrid.stores.vector_store import unlike
from hybrid.stores.vectors import FaissIndex, Ids, Vectors
from hybrid.types.reports import IntegrityProblem

_LOG = logging.getLogger("hybrid.stores")
_ADVICE = "hybrid repair rebuilds it"


class FaissFiles:
    """`hybrid.stores.vector_store.VectorStore` in files."""

    kind: str = "faiss"
    where: str = "faiss"
    called: str = "the index"

    def __init__(self, catalog: Catalog, directory: Path) -> None:
        self._catalog = catalog
        self._directory = directory

    def index(self, commit: CommitRow | None, dimension: int, exact_up_to: int) -> tuple[FaissIndex, str | None]:
        """The index of a commit, its vectors in the file. One that is missing or damaged is built again in memory,
        from the catalog's vectors."""
        nothing = np.zeros(0, np.int64), np.zeros((0, dimension), np.float32)
        if commit is None:
            return FaissIndex.build(dimension, *nothing, exact_up_to), None
        try:
            path = commits.verified_index(self._directory, stored_index(commit))
            return FaissIndex.load(path, exact_up_to, mapped=True), None
        except (CorruptCorpusError, OSError) as error:  # OSError: it cannot be read
            with self._catalog.reading(None):
                if self._catalog.commit() != commit:  # others committed meanwhile and cleared its files away
                    raise
            log_warning(_LOG, "index built in memory", corpus=str(self._directory), error=str(error))
            ids, vectors = self._catalog.vectors()
            index = FaissIndex.build(dimension, *((ids, vectors) if len(ids) else nothing), exact_up_to)
            return index, f"The index was built again in memory, which takes time at each start: {error}"

    def reusable(self, before: CommitRow | None, commit: CommitRow | None) -> bool:
        """Whether both commits have the same file."""
        files = [None if one is None else stored_index(one) for one in (before, commit)]
        return files[0] == files[1]

    def changes(self, exact_up_to: int, notes: list[str]) -> FaissChanges:
        """The index to be changed."""
        return FaissChanges(self._catalog, self._directory, exact_up_to, notes)

    def ids(self, commit: CommitRow) -> frozenset[int]:
        """The ids of all vectors in the file."""
        return FaissIndex.load(inside(self._directory, commit.index_file), mapped=True).ids()

    def problems(self, commit: CommitRow, chunks: frozenset[int]) -> Iterator[IntegrityProblem]:
        """What is wrong with the file, or with the ids in it."""
        stored = stored_index(commit)
        try:
            digest = sha256_of(inside(self._directory, stored.file))
            said = None if digest == stored.sha256 else "it does not match its recorded sha256 (damaged, or edited)"
        except (CorruptCorpusError, OSError) as error:
            said = "it is missing" if isinstance(error, FileNotFoundError) else str(error)
        if said is None:
            try:
                indexed = self.ids(commit)
                if indexed != chunks:
                    said = unlike(len(indexed), len(chunks - indexed), len(indexed - chunks), len(chunks))
            except CorruptCorpusError as error:
                said = str(error)
        if said is not None:
            yield IntegrityProblem(part="index", name=stored.file, problem=said, advice=_ADVICE, repairable=True)

    def finish(self) -> None:
        """Nothing: `hybrid.stores.erasure` deletes older files."""

    def drop(self) -> None:
        """Nothing: the files go with the directory."""


class FaissChanges:
    """`hybrid.stores.vector_store.IndexChanges`: an index in memory, written whole by each commit that changes it."""

    def __init__(self, catalog: Catalog, directory: Path, exact_up_to: int, notes: list[str]) -> None:
        self._catalog = catalog
        self._directory = directory
        self._exact_up_to = exact_up_to
        self._notes = notes
        self._index: FaissIndex | None = None
        self._stored: StoredFile | None = None  # None: the index in memory is not on disk yet

    def __len__(self) -> int:
        return len(self._index) if self._index is not None else 0

    @property
    def whole(self) -> bool:
        """Whether the index in memory is that on disk."""
        return self._stored is not None

    def load(self, dimension: int | None) -> None:
        """Read the newest commit's file, or build the index from the catalog."""
        self._loaded(dimension)

    def _loaded(self, dimension: int | None) -> FaissIndex:
        if self._index is None:
            self._index = self._read() or self._built(dimension)
        return self._index

    def _read(self) -> FaissIndex | None:
        commit = self._catalog.commit()
        if commit is None:
            return None
        stored = stored_index(commit)
        try:
            path = commits.verified_index(self._directory, stored)
            index = FaissIndex.load(path, self._exact_up_to)
        except CorruptCorpusError as error:
            self._notes.append(f"the index was rebuilt from the catalog: {error}")
            return None
        if (known := self._catalog.chunk_count()) != len(index):
            self._notes.append(
                f"the index was rebuilt from the catalog: it held {len(index):,} vectors, and the catalog has "
                f"{known:,} chunks; hybrid verify names what is missing"
            )
            return None
        self._stored = stored
        return index

    def _built(self, dimension: int | None) -> FaissIndex:
        ids, vectors = self._catalog.vectors()
        known = vectors.shape[1] or dimension or int(self._catalog.info("dimension") or 1)
        self._stored = None
        return FaissIndex.build(known, ids, vectors.reshape(len(ids), known), self._exact_up_to)

    def rebuild(self) -> None:
        """Build it from the catalog's vectors, whatever the file says."""
        self._index = self._built(None)

    def add(self, _: Transaction, ids: Ids, vectors: Vectors) -> None:
        """Add to the index in memory."""
        self._loaded(None).add(ids, vectors)
        self._stored = None

    def remove(self, _: Transaction, ids: Ids) -> None:
        """Remove from the index in memory."""
        self._loaded(None).remove(ids)
        self._stored = None

    def save(self, transaction: Transaction, n: int | None = None) -> StoredFile:
        """Write the commit's file, unless it is the one that is there."""
        if self._stored is None:
            index = self._loaded(None)
            self._stored = commits.write_index(
                self._directory, n or transaction.next_commit(), index.save, transaction.check_held
            )
        return self._stored

    def committed(self) -> None:
        """Nothing is left to do."""

    def failed(self) -> None:
        """Forget what the index in memory has seen."""
        self._index = self._stored = None


def stored_index(commit: CommitRow) -> StoredFile:
    """The file of a commit's index."""
    return StoredFile(commit.index_file, commit.index_sha256)
