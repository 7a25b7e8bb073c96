"""Repair: what can be made anew from what is whole."""

from __future__ import annotations

from pathlib import Path

from hybrid.ingest.commits import Writer
from hybrid.ingest.progress import Tally
from hybrid.settings import Settings
from hybrid.stores import commits, erasure
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import write_lock
from hybrid.stores.integrity import rebuild_full_text
from hybrid.types.reports import IntegrityReport


def repair(catalog: Catalog, directory: Path, settings: Settings, found: IntegrityReport, wait: float = 0) -> None:
    """Rebuild the index, the full text and the guard, and drop volumes, as far as ``found`` names them.

    Raises `CorpusLockedError` if another process is writing, and still is after ``wait`` seconds.
    """
    parts = {one.part for one in found.problems if one.repairable}
    if not parts:
        return
    damaged = {one.name for one in found.problems if one.part == "volume"}
    with write_lock(directory, wait):
        if "guard" in parts and (newest := catalog.commit()) is not None:
            commits.write_guard(directory, newest.n, catalog.info(commits.CORPUS_ID))
        if "full text" in parts:
            rebuild_full_text(catalog)
        rows = catalog.volumes()
        identity = rows[-1].identity if rows else None
        writer = Writer(catalog, directory, settings, identity, Tally())
        if "index" in parts:
            writer.commit_rebuilt_index()
        if damaged:
            writer.drop_volumes([row.id for row in rows if row.stored.file in damaged])
        if "deletion" in parts:
            erasure.erase(catalog, directory)
