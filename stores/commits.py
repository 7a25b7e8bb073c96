"""What each commit leaves on disk: one immutable directory for its index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from hybrid.stores.files import PRIVATE_FILE, refuse_links, sha256_of, sync_directory, sync_file, verified
from hybrid.stores.rows import StoredFile

INDEX = "index.faiss"
_REPAIR_INDEX = "ingest again (of any file): the index is then rebuilt from the catalog, without embedding"


def write_index(directory: Path, n: int, save: Callable[[Path], None]) -> StoredFile:
    """Write the index of commit ``n``; ``save`` is given the path to write to.

    Raises what ``save`` raises. Then nothing of the new commit is left.
    """
    home = directory / "commits"
    refuse_links(directory, home.name)
    home.mkdir(parents=True, exist_ok=True)
    partial, final = home / f".{n}.partial", home / str(n)
    for remainder in (partial, final):
        shutil.rmtree(remainder, ignore_errors=True)
    try:
        partial.mkdir()
        save(partial / INDEX)
        (partial / INDEX).chmod(PRIVATE_FILE)
        digest = sha256_of(partial / INDEX)
        manifest = {"commit": n, "files": {INDEX: {"sha256": digest, "bytes": (partial / INDEX).stat().st_size}}}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for path in (partial / INDEX, partial / "manifest.json"):
            sync_file(path)
        sync_directory(partial)
        partial.rename(final)
        sync_directory(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return StoredFile(f"commits/{n}/{INDEX}", digest)


def verified_index(directory: Path, stored: StoredFile) -> Path:
    """The path of an index file whose sha256 is right; else `CorruptCorpusError`, the file in quarantine."""
    return verified(directory, stored, _REPAIR_INDEX)


def prune_indexes(directory: Path, keep: Iterable[str]) -> None:
    """Delete the commits whose index file is not among ``keep`` (relative to ``directory``)."""
    wanted = {Path(file).parent.name for file in keep}
    home = directory / "commits"
    refuse_links(directory, home.name)
    for path in home.iterdir() if home.is_dir() else ():
        if path.name not in wanted:
            shutil.rmtree(path, ignore_errors=True)
