"""Commits: each takes the corpus from one commit to the next, whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid._runtime import log_info
from hybrid.errors import CorruptCorpusError
from hybrid.ingest.changes import Incoming
from hybrid.ingest.progress import Tally
from hybrid.settings import Settings
from hybrid.stores import commits
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import Position, Removed, StoredFile
from hybrid.stores.sentence_vectors import SentenceVectors
from hybrid.stores.transaction import Transaction
from hybrid.stores.vectors import FaissIndex, VectorIndex
from hybrid.types.documents import Chunk, Document
from hybrid.types.reports import MemoryState

_LOG = logging.getLogger("hybrid.ingest")


@dataclass(frozen=True)
class Embedded:
    """A new document with its chunks and their vectors ``[chunks, dimension]``, and its sentences with theirs."""

    document: Document
    chunks: tuple[Chunk, ...]
    vectors: NDArray[np.float32]
    sentences: SentenceVectors


class Writer:
    """The one that writes to a corpus; the caller holds the write lock.

    ``model`` is the fingerprint of the memory's model, or ``None`` where there is no memory.
    """

    def __init__(self, catalog: Catalog, directory: Path, settings: Settings, model: str | None, tally: Tally) -> None:
        self.catalog = catalog
        self.directory = directory
        self.model = model
        self._exact_up_to = settings.retrieval.exact_up_to
        self._tally = tally
        self._index: VectorIndex | None = None
        self._stored: StoredFile | None = None  # None: the index in memory is not on disk yet

    # The index -----------------------------------------------------------------------------------

    def indexed(self) -> int:
        """How many chunks the index holds, as far as it is loaded."""
        return len(self._index) if self._index is not None else 0

    def _loaded_index(self, dimension: int | None) -> VectorIndex:
        if self._index is None:
            self._index = self._read_index() or self._built_index(dimension)
        return self._index

    def _read_index(self) -> VectorIndex | None:
        commit = self.catalog.commit()
        if commit is None:
            return None
        stored = StoredFile(commit.index_file, commit.index_sha256)
        try:
            path = commits.verified_index(self.directory, stored)
            index = FaissIndex.load(path, self._exact_up_to)
        except CorruptCorpusError as error:
            self._tally.notes.append(f"the index was rebuilt from the catalog: {error}")
            return None
        self._stored = stored
        return index

    def _built_index(self, dimension: int | None) -> VectorIndex:
        ids, vectors = self.catalog.vectors()
        known = vectors.shape[1] or dimension or int(self.catalog.info("dimension") or 1)
        self._stored = None
        return FaissIndex.build(known, ids, vectors.reshape(len(ids), known), self._exact_up_to)

    @contextmanager
    def _changes(self) -> Iterator[Transaction]:
        """A transaction; if it fails, what the index in memory has seen of it is forgotten too."""
        try:
            with self.catalog.transaction() as transaction:
                yield transaction
        except BaseException:
            self._index = self._stored = None
            raise
        done = self.catalog.commit()
        if done is not None:
            facts = {"commit": done.n, "chunks": self.indexed(), "memory": done.memory_state, "tokens": done.tokens}
            log_info(_LOG, "commit committed", corpus=str(self.directory), **facts)
        self.prune()

    def _save_index(self, transaction: Transaction) -> StoredFile:
        if self._stored is None:
            index = self._loaded_index(None)
            self._stored = commits.write_index(self.directory, transaction.next_commit(), index.save)
        return self._stored

    # Commits -------------------------------------------------------------------------------------

    def commit_documents(
        self, batch: Sequence[Incoming], embedded: Sequence[Embedded], facts: dict[str, str], dimension: int
    ) -> None:
        """Record inputs and their new documents, and delete the documents they replace."""
        before = self.catalog.commit()
        index = self._loaded_index(dimension)
        with self._changes() as transaction:
            for key, value in facts.items():
                transaction.set_info(key, value)
            added = 0
            for item in embedded:
                if transaction.document_with(item.document.sha256) is None:
                    _, ids = transaction.add_document(item.document, item.chunks, item.vectors, item.sentences)
                    self._index_chunks(index, ids, item.vectors)
                    added += 1
            for incoming in batch:
                transaction.put_attachment_tree(incoming.entries)
            removed = transaction.delete_orphans()
            self._unindex(index, removed)
            self._commit(transaction, removed, reads_on=added > 0 or before is None)
            names = [entry.name for incoming in batch for entry in incoming.entries]
            transaction.log("ingest", sources=names, documents_removed=list(removed.document_ids))

    def commit_removal(self, sources: Sequence[str]) -> Removed:
        """Forget sources and their attachments, with the documents that have no other name."""
        index = self._loaded_index(None)
        with self._changes() as transaction:
            each = [transaction.remove_source(source) for source in sources]
            removed = Removed(
                tuple(dict.fromkeys(name for one in each for name in one.sources)),
                tuple(identifier for one in each for identifier in one.document_ids),
                tuple(identifier for one in each for identifier in one.chunk_ids),
            )
            self._unindex(index, removed)
            self._commit(transaction, removed, reads_on=False)
            transaction.log("remove", sources=list(removed.sources), documents_removed=list(removed.document_ids))
        return removed

    def commit_index(self) -> None:
        """See to it that the index is whole: rebuild it from the catalog's embeddings if it is not."""
        before = self.catalog.commit()
        if before is None:
            return
        self._index = self._loaded_index(None)
        if self._stored is None:
            with self._changes() as transaction:
                stored = self._save_index(transaction)
                transaction.record_commit(stored, before.snapshot_id, before.memory_state)
                transaction.log("index")

    def _index_chunks(self, index: VectorIndex, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        if ids:
            index.add(np.array(ids, np.int64), vectors)
            self._stored = None

    def _unindex(self, index: VectorIndex, removed: Removed) -> None:
        if removed.chunk_ids:
            index.remove(np.array(removed.chunk_ids, np.int64))
            self._stored = None

    def _commit(self, transaction: Transaction, removed: Removed, *, reads_on: bool) -> None:
        """``reads_on``: there are documents that the memory was not trained on."""
        before = self.catalog.commit()
        state: MemoryState = before.memory_state if before else "none"
        forgotten = transaction.forget_snapshots_with(removed.document_ids)
        snapshot = transaction.latest_snapshot(self.model) if self.model else None
        if self.model is None:
            state = "none"
        elif state == "off" or (before is not None and before.snapshot_id in forgotten):
            state = "off"  # what was removed is in the weights
        elif reads_on or state == "none":
            state = "behind"
        transaction.record_commit(self._save_index(transaction), snapshot, state)

    # The memory ----------------------------------------------------------------------------------

    def commit_memory(self, snapshot_id: int | None, state: MemoryState) -> None:
        """Change nothing but which snapshot is the memory, and its state."""
        self._loaded_index(None)
        with self._changes() as transaction:
            transaction.record_commit(self._save_index(transaction), snapshot_id, state)

    def forget_snapshot(self, snapshot_id: int) -> None:
        """Give up a snapshot that cannot be used. The memory is the one before it from now on, and behind."""
        self._loaded_index(None)
        before = self.catalog.commit()
        with self._changes() as transaction:
            transaction.forget_snapshots([snapshot_id])
            last = transaction.latest_snapshot(self.model) if self.model else None
            state: MemoryState = "off" if before is not None and before.memory_state == "off" else "behind"
            transaction.record_commit(self._save_index(transaction), last, state)

    def commit_snapshot(
        self,
        state: MemoryState,
        position: Position,
        tokens: int,
        memory: tuple[Mapping[str, Any], Mapping[str, str]],
    ) -> None:
        """Write a snapshot (tensors and metadata), make it the memory, and give up those no longer needed."""
        assert self.model is not None
        self._loaded_index(None)
        with self._changes() as transaction:
            stored = commits.save_snapshot(self.directory, transaction.next_commit(), *memory)
            log_info(_LOG, "memory snapshot written", corpus=str(self.directory), file=stored.file, tokens=tokens)
            new = transaction.add_snapshot(stored, self.model, position, tokens)
            transaction.record_commit(self._save_index(transaction), new, state)
            rows = transaction.snapshots()
            mine = [row for row in rows if row.model == self.model]
            others = [row for row in rows if row.model != self.model] if state == "ready" else []
            transaction.forget_snapshots([row.id for row in (*commits.prunable(mine), *others)])

    def prune(self) -> None:
        """Delete the files that no commit needs: but the last two indexes stay, for those still reading."""
        commits.prune_indexes(self.directory, self.catalog.index_files(2))
        commits.prune_snapshots(self.directory, [row.file for row in self.catalog.snapshots()])
