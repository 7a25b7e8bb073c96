"""Repair: what can be made anew from what is whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hybrid._recording import MARK, WENT_BACK
from hybrid.errors import CorruptCorpusError
from hybrid.ingest import restoring
from hybrid.ingest.commits import Writer
from hybrid.ingest.execution import Embedder
from hybrid.ingest.progress import Tally
from hybrid.settings import Settings
from hybrid.stores import commits, erasure, log, records
from hybrid.stores.catalog import Catalog, check_embedder
from hybrid.stores.integrity import edited_facts, log_differs, rebuild_full_text, restore_tables
from hybrid.stores.vector_places import vector_store
from hybrid.stores.vector_store import FORMER
from hybrid.types.reports import IntegrityReport

DIMENSION = "dimension"
_TABLES = frozenset({"table", "record"})
_OF_VOLUMES = frozenset({"volumes", "volume_documents"})


def repair(
    catalog: Catalog,
    directory: Path,
    settings: Settings,
    embedder: Callable[[], Embedder],
    found: IntegrityReport,
    wait: float = 0,
) -> None:
    """Make tables, chunks, sentences, the full text, the index and the guard again, and drop volumes, as far as
    ``found`` names them. The embedder is loaded if chunks or sentences have to be embedded.

    Raises `CorpusLockedError` if another process is writing, and still is after ``wait`` seconds.
    """
    parts = {one.part for one in found.problems if one.repairable}
    if not parts:
        return
    damaged = {one.name for one in found.problems if one.part == "volume"}
    with catalog.write_lock(directory, wait):
        if "fact" in parts:
            _set_facts_again(catalog)
        _go_on_with_log_rows(catalog)
        made = restore_tables(catalog) if parts & _TABLES else set()
        if ("chunks" in parts or "sentences" in made) and _restored_spans(catalog, directory, settings, embedder):
            parts.add("full text")
        if "guard" in parts and (newest := catalog.commit()) is not None:
            commits.write_guard(directory, newest.n, catalog.info(commits.CORPUS_ID))
        if "full text" in parts:
            rebuild_full_text(catalog)
        rows = catalog.volumes()
        behind = "" if made & _OF_VOLUMES and settings.memory.enabled else None  # no volume is of this identity
        writer = Writer(catalog, directory, settings, rows[-1].identity if rows else behind, Tally())
        if "index" in parts:
            if catalog.info(FORMER, checked=False) is not None:  # who repairs was told to delete what is there
                with catalog.transaction() as transaction:
                    transaction.unset_info(FORMER)
            writer.commit_rebuilt_index()
        if damaged or made & _OF_VOLUMES or "table" in parts:  # the commit says what state the memory is in
            writer.drop_volumes([row.id for row in rows if row.stored.file in damaged])
        if "log" in parts:
            _go_on_with_log(catalog, directory)
        if "deletion" in parts or erasure.pending(catalog):
            with suppress(CorruptCorpusError):  # of the log, which is named by itself
                erasure.erase(catalog, directory)


def _go_on_with_log(catalog: Catalog, directory: Path) -> None:
    """Let the catalog name the last record that the log has, or none; that it named another stays in the catalog."""
    newest = log.last(directory) if log.exists(directory) else None
    with catalog.transaction() as transaction:
        transaction.log("log", named_before=catalog.info(MARK, checked=False))
        if newest is None:
            transaction.unset_info(MARK)
        else:
            transaction.set_info(MARK, log.mark(newest))
        transaction.unset_info(WENT_BACK)


def _go_on_with_log_rows(catalog: Catalog) -> None:
    with catalog.connection(write=False) as connection:
        differs = log_differs(connection)
    if differs:
        with catalog.transaction() as transaction:
            transaction.go_on_with_log()


def _set_facts_again(catalog: Catalog) -> None:
    """Set the facts again that are not as they were: those that follow from others, or that the user has accepted."""
    _, vectors = catalog.vectors(catalog.all_chunk_ids()[:1])
    for key in edited_facts(catalog):
        there = catalog.info(key, checked=False)
        with catalog.transaction() as transaction:
            if key == DIMENSION and len(vectors):
                transaction.set_info(key, str(vectors.shape[1]))
            elif key == commits.CORPUS_ID and there is not None:  # the guard has the same, or was taken away
                transaction.set_info(key, there if commits.is_id(there) else commits.new_id())
            elif key == erasure.PENDING:  # whatever it was: what was removed is erased once more
                transaction.set_info(key, erasure.DUE)
            elif key == records.LOG_ROWS:  # nobody can say whether the rows are those that were written
                transaction.go_on_with_log()
            else:  # the next ingest sets it
                transaction.unset_info(key)


def _restored_spans(catalog: Catalog, directory: Path, settings: Settings, embedder: Callable[[], Embedder]) -> bool:
    """Whether chunks or sentences were made again."""
    loaded = embedder()
    check_embedder(catalog, loaded.fingerprint)
    newest = catalog.commit()
    try:
        indexed = frozenset[int]() if newest is None else vector_store(catalog, directory).ids(newest)
    except (CorruptCorpusError, OSError):
        indexed = frozenset()
    free = indexed.difference(catalog.all_chunk_ids())
    return bool(restoring.restore(catalog, loaded, settings.ingest, free))
