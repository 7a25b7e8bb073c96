"""Index files on disk: one immutable directory for each generation that changed the index.

    generations/<n>/index.faiss     the vectors
    generations/<n>/manifest.json   the sha256 and size of every file beside it

A directory appears whole or not at all, before the catalog's commit that names it. One that no commit
names is the remainder of an interrupted write, and makes way for the next.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from hybrid.stores.files import sha256_of, sync_directory, sync_file, verified
from hybrid.stores.rows import StoredFile

INDEX = "index.faiss"
_REPAIR = "ingest again (of any file): the index is then built anew from the catalog, without embedding"


def write_index(directory: Path, n: int, save: Callable[[Path], None]) -> StoredFile:
    """Write the index of generation ``n``; ``save`` is given the path to write to.

    Raises what ``save`` raises. Then nothing of the new generation is left.
    """
    home = directory / "generations"
    home.mkdir(parents=True, exist_ok=True)
    partial, final = home / f".{n}.partial", home / str(n)
    for remainder in (partial, final):
        shutil.rmtree(remainder, ignore_errors=True)
    try:
        partial.mkdir()
        save(partial / INDEX)
        digest = sha256_of(partial / INDEX)
        manifest = {"generation": n, "files": {INDEX: {"sha256": digest, "bytes": (partial / INDEX).stat().st_size}}}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for path in (partial / INDEX, partial / "manifest.json"):
            sync_file(path)
        sync_directory(partial)
        partial.rename(final)
        sync_directory(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return StoredFile(f"generations/{n}/{INDEX}", digest)


def verified_index(directory: Path, stored: StoredFile) -> Path:
    """The path of an index file whose sha256 is right; else `CorruptCorpusError`, the file in quarantine."""
    return verified(directory, stored, _REPAIR)


def prune(directory: Path, keep: Iterable[str]) -> None:
    """Delete the generations whose index file is not among ``keep`` (relative to ``directory``)."""
    kept = {Path(file).parent.name for file in keep}
    home = directory / "generations"
    for path in home.iterdir() if home.is_dir() else ():
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
