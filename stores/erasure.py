"""Erasure: what was removed is gone from every byte of a corpus, and not from its tables alone.

A database that deletes a row leaves its bytes in free pages, in the slack of pages that were split, in its log of
changes and in the segments of its full-text index. So after a removal the full text is merged into one segment, the
database is written anew (VACUUM) and its log cut to nothing; older index files and what lies in quarantine go, too.
``PRAGMA secure_delete`` alone does not suffice: it overwrites what is deleted, not what was moved before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from hybrid.errors import CorpusError
from hybrid.stores import commits, full_text, log
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import looks_like_corpus
from hybrid.stores.failpoints import reach
from hybrid.stores.files import refuse_links
from hybrid.stores.vector_places import vector_store
from hybrid.types.logs import LogRecord

PENDING = "erasure"
"""The fact about a corpus that says that an erasure is not finished: set in the commit of the removal (`due`)."""
DUE = "due"
"""The value of `PENDING` where nothing has to be taken out of the log."""
WAIT_MS = 500
"""How long an erasure waits for those that read an older state; it is finished later otherwise. Not measured."""
QUARANTINE = "quarantine"


def erase(catalog: Catalog, directory: Path) -> bool:
    """Erase what was removed. The caller holds the write lock. False: somebody still reads an older state, whose pages
    the database must keep; then, or if it is interrupted, `finish` does it later.

    Raises `CorpusError` where the disk is full (the database is written anew beside the old one), the log of the
    corpus cannot be written, or what has its vectors cannot be reached.
    """
    _redact(catalog, directory)
    reach("erasure.log-redacted")
    with catalog.connection(write=True) as connection:
        full_text.optimize(connection)
        reach("erasure.optimized")
        commits.prune_indexes(directory, catalog.index_files(1))  # while the corpus is this process's to write
        refuse_links(directory, QUARANTINE)
        shutil.rmtree(directory / QUARANTINE, ignore_errors=True)
    if not catalog.vacuum(WAIT_MS):
        return False
    reach("erasure.vacuumed")
    vector_store(catalog, directory).finish()
    with catalog.transaction() as transaction:
        transaction.unset_info(PENDING)
    reach("erasure.finished")
    return True


def due(directory: Path, before: str | None, sources: Collection[str], documents: Collection[str]) -> str:
    """The value of `PENDING`: where the corpus has a log, with the names of the sources and the sha256 of the documents
    that are to be taken out of it, and those that ``before``, the value until now, has."""
    if not log.exists(directory):
        return DUE
    names, digests = _wanted(before)
    return json.dumps({"sources": sorted({*names, *sources}), "documents": sorted({*digests, *documents})})


def _wanted(value: str | None) -> tuple[list[str], list[str]]:
    if value in (None, DUE):
        return [], []
    found = json.loads(value or "{}")
    return found["sources"], found["documents"]


def _redact(catalog: Catalog, directory: Path) -> None:
    """Take what the log says of removed documents out of it; the catalog then forgets which they were."""
    sources, documents = _wanted(catalog.info(PENDING))
    if not sources and not documents:
        return
    names = {one.casefold() for source in sources for one in (source, Path(source).name)}
    gone = set(documents)

    def concerns(record: LogRecord) -> bool:
        return record.event != "removal" and any(
            text in gone or any(name in text.casefold() for name in names) for text in _strings(record.content)
        )

    if log.exists(directory):
        log.redact(directory, concerns, {"reason": "documents were removed"})
    with catalog.transaction() as transaction:
        transaction.set_info(PENDING, DUE)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def pending(catalog: Catalog) -> bool:
    """Whether an erasure has to be finished."""
    return catalog.info(PENDING, checked=False) is not None


def finish(catalog: Catalog, directory: Path) -> None:
    """Finish an erasure that was delayed or interrupted, if there is one and nobody else is writing."""
    if not catalog.writable or not looks_like_corpus(directory):  # the corpus was deleted while it was read
        return
    try:
        if pending(catalog):
            with catalog.write_lock(directory):
                erase(catalog, directory)
    except CorpusError:  # the next one to write or to close does it
        return
