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
from hybrid.ingest.changes import Incoming
from hybrid.ingest.progress import Tally
from hybrid.ingest.volume_plan import group_key, names_in
from hybrid.settings import Settings
from hybrid.stores import commits, erasure, records, study, volumes
from hybrid.stores.catalog import Catalog
from hybrid.stores.failpoints import reach
from hybrid.stores.files import disk_full_errors
from hybrid.stores.rows import Removed, VolumePart, VolumeRow
from hybrid.stores.sentence_vectors import SentenceVectors
from hybrid.stores.transaction import Transaction
from hybrid.stores.vector_places import settled
from hybrid.types.documents import Chunk, Document
from hybrid.types.reports import MemoryState, VolumeReport

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

    ``identity`` is that of the memory's model and settings, or ``None`` where there is no memory.
    """

    def __init__(
        self, catalog: Catalog, directory: Path, settings: Settings, identity: str | None, tally: Tally
    ) -> None:
        self.catalog = catalog
        self.directory = directory
        self.identity = identity
        self._separate_by = settings.memory.separate_by
        store = settled(catalog, directory)
        self._index = store.changes(settings.retrieval.exact_up_to, tally.notes)

    # The index -----------------------------------------------------------------------------------

    def indexed(self) -> int:
        """How many chunks the index holds, as far as it is loaded."""
        return len(self._index)

    @contextmanager
    def _changes(self) -> Iterator[Transaction]:
        """A transaction; if it fails, what the index in memory has seen of it is forgotten too."""
        corpus = self._corpus_id()
        try:
            with self.catalog.transaction() as transaction:
                reach("commit.begun")
                yield transaction
                reach("commit.recorded")
        except BaseException:
            self._index.failed()
            raise
        reach("commit.committed")
        done = self.catalog.commit()
        if done is not None:
            commits.write_guard(self.directory, done.n, corpus)
            reach("commit.number-recorded")
            facts = {"commit": done.n, "chunks": self.indexed(), "memory": done.memory_state, "tokens": done.tokens}
            log_info(_LOG, "commit committed", corpus=str(self.directory), **facts)
        self._index.committed()
        self.prune()
        reach("commit.pruned")

    def _corpus_id(self) -> str:
        """The corpus's id. A new one is in the catalog before the guard has it, and the guard has it before the commit:
        at no time does a catalog without an id lie beside a guard with one."""
        known = self.catalog.info(commits.CORPUS_ID)
        if known is not None:
            return known
        new, newest = commits.new_id(), self.catalog.commit()
        self.catalog.set_info(commits.CORPUS_ID, new)
        if newest is None:
            self.catalog.set_info(records.EVERY_ROW, "recorded")
        commits.write_guard(self.directory, newest.n if newest else 0, new)
        return new

    # Commits -------------------------------------------------------------------------------------

    def commit_documents(
        self, batch: Sequence[Incoming], embedded: Sequence[Embedded], facts: dict[str, str], dimension: int
    ) -> None:
        """Record inputs and their new documents, and delete the documents they replace."""
        self._index.load(dimension)
        with self._changes() as transaction:
            for key, value in facts.items():
                transaction.set_info(key, value)
            for item in embedded:
                if transaction.document_with(item.document.sha256) is None:
                    _, ids = transaction.add_document(item.document, item.chunks, item.vectors, item.sentences)
                    self._index_chunks(transaction, ids, item.vectors)
                    reach("commit.document-added")
            for incoming in batch:
                transaction.put_attachment_tree(incoming.entries)
            reach("commit.sources-put")
            removed = transaction.delete_orphans()
            reach("commit.orphans-deleted")
            self._unindex(transaction, removed)
            self._commit(transaction)
            names = [entry.name for incoming in batch for entry in incoming.entries]
            transaction.log("ingest", sources=names, documents_removed=list(removed.document_ids))

    def commit_removal(
        self,
        sources: Sequence[str],
        *,
        renamed: bool = False,
        unnamed: Sequence[int] = (),
        left_out: Sequence[str] = (),
    ) -> Removed:
        """Forget sources and their attachments, with the documents that have no other name, and the documents
        ``unnamed``, by id, which have none. Their names, and those of files that were ``left_out``, are taken out
        of the log, too, and an erasure is due (`hybrid.stores.erasure`), unless they only have another name now."""
        self._index.load(None)
        with self._changes() as transaction:
            before = {row.source: row.sha256 for row in transaction.sources()}
            each = [transaction.remove_source(source) for source in sources]
            each += [transaction.remove_unnamed(unnamed)] if unnamed else []
            removed = Removed(
                tuple(dict.fromkeys(name for one in each for name in one.sources)),
                tuple(identifier for one in each for identifier in one.document_ids),
                tuple(identifier for one in each for identifier in one.chunk_ids),
                tuple(digest for one in each for digest in one.text_sha256s),
            )
            reach("removal.forgotten")
            self._unindex(transaction, removed)
            named: list[str] = list(removed.sources) if renamed else []
            if not renamed:
                named_in_logs = (*removed.sources, *left_out)
                transaction.forget_in_log(named_in_logs)
                self._regroup(transaction, set(removed.sources))
                gone = {before[name] for name in removed.sources if name in before} - {
                    row.sha256 for row in transaction.sources()
                }
                known = transaction.info(erasure.PENDING)
                transaction.set_info(erasure.PENDING, erasure.due(self.directory, known, named_in_logs, gone))
            self._commit(transaction)
            about = {"sources": named, "count": len(removed.sources)}
            transaction.log("remove", **about, documents_removed=list(removed.document_ids))
            reach("removal.recorded")
        return removed

    def _regroup(self, transaction: Transaction, gone: set[str]) -> None:
        """Group the documents that stay, and were grouped by a name that goes, by the names that they have now."""
        keys = {part.document_id: part.key for row in transaction.volumes() for part in row.parts}
        documents = {one for one, key in keys.items() if not gone.isdisjoint(names_in(key))}
        sources = {row.source: row for row in transaction.sources()} if documents else {}
        for row in reversed(sources.values()):  # the first name of a document comes last
            if row.document_id in documents:
                transaction.set_group(row.document_id, group_key(row, sources, self._separate_by))

    def commit_index(self) -> None:
        """See to it that the index is whole: rebuild it from the catalog's embeddings if it is not."""
        before = self.catalog.commit()
        if before is None:
            return
        self._index.load(None)
        if not self._index.whole:
            with self._changes() as transaction:
                transaction.record_commit(self._index.save(transaction), before.memory_state)
                transaction.log("index")

    def commit_rebuilt_index(self) -> None:
        """Build the index anew from the catalog's embeddings, whatever is there."""
        before = self.catalog.commit()
        if before is None:
            return
        self._index.rebuild()
        with self._changes() as transaction:
            transaction.record_commit(self._index.save(transaction), before.memory_state)
            transaction.log("index")

    def _index_chunks(self, transaction: Transaction, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        if ids:
            self._index.add(transaction, np.array(ids, np.int64), vectors)

    def _unindex(self, transaction: Transaction, removed: Removed) -> None:
        if removed.chunk_ids:
            self._index.remove(transaction, np.array(removed.chunk_ids, np.int64))

    def _commit(self, transaction: Transaction) -> None:
        transaction.record_commit(self._index.save(transaction), self._memory_state(transaction))

    def _memory_state(self, transaction: Transaction) -> MemoryState:
        if self.identity is None or not transaction.has_documents():
            return "none"
        return "behind" if transaction.has_documents_without_volume(self.identity) else "ready"

    # The memory ----------------------------------------------------------------------------------

    def commit_volume(
        self,
        digest: str,
        access_class: str,
        parts: Sequence[VolumePart],
        tensors: Mapping[str, Any],
        tensors_sha256: str,
        report: VolumeReport,
    ) -> None:
        """Write a volume, and drop those that hold any of the same documents for other parts or other settings."""
        assert self.identity is not None
        self._index.load(None)
        reach("volume.begun")
        with disk_full_errors(self.directory):
            stored = volumes.save_volume(self.directory, digest, tensors)
        reach("volume.saved")
        tokens = sum(part.end - part.start for part in parts)
        fields = report.model_dump(mode="json")
        row = VolumeRow(
            0, digest, stored, tensors_sha256, self.identity, access_class, tokens, report.harm is None, fields,
            tuple(parts),
        )  # fmt: skip
        with self._changes() as transaction:
            transaction.drop_volumes(_replaced(transaction.volumes(), row))
            transaction.add_volume(row)
            self._commit(transaction)
            reach("volume.recorded")
        log_info(_LOG, "volume committed", corpus=str(self.directory), file=stored.file, tokens=tokens)

    def drop_volumes(self, ids: Sequence[int]) -> None:
        """Forget volumes, in a commit, which also says whether the memory is complete."""
        self._index.load(None)
        with self._changes() as transaction:
            transaction.drop_volumes(ids)
            self._commit(transaction)

    def prune(self) -> None:
        """Delete the files that no commit needs: but the last two indexes stay, for those still reading."""
        with self.catalog.transaction():  # who lost the hold on the corpus clears away nothing that others write
            commits.prune_indexes(self.directory, self.catalog.index_files(2))
            volumes.prune_volumes(self.directory, [row.stored.file for row in self.catalog.volumes()])
            study.prune_pairs(self.directory, self.catalog.sha256s().values())


def _replaced(rows: Sequence[VolumeRow], new: VolumeRow) -> list[int]:
    """The volumes that must not stay beside a new one: its former self, and those that overlap it."""
    spans = {part.document_id: part for part in new.parts}

    def overlaps(part: VolumePart) -> bool:
        ours = spans.get(part.document_id)
        return ours is not None and (part.of != ours.of or (part.start < ours.end and ours.start < part.end))

    return [row.id for row in rows if row.digest == new.digest or any(map(overlaps, row.parts))]
