"""What each commit leaves on disk: one immutable directory for its index."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from hybrid.errors import CorruptCorpusError
from hybrid.stores.failpoints import reach
from hybrid.stores.files import (
    PRIVATE_FILE,
    refuse_links,
    sha256_of,
    sync_directory,
    sync_file,
    verified,
    write_atomically,
)
from hybrid.stores.rows import StoredFile

INDEX = "index.faiss"
NUMBER = "commit"
"""The file that has the number of the newest commit, in digits."""
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
        reach("index.begun")
        save(partial / INDEX)
        (partial / INDEX).chmod(PRIVATE_FILE)
        digest = sha256_of(partial / INDEX)
        manifest = {"commit": n, "files": {INDEX: {"sha256": digest, "bytes": (partial / INDEX).stat().st_size}}}
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        reach("index.written")
        for path in (partial / INDEX, partial / "manifest.json"):
            sync_file(path)
        sync_directory(partial)
        partial.rename(final)
        reach("index.renamed")
        sync_directory(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return StoredFile(f"commits/{n}/{INDEX}", digest)


def record_number(directory: Path, n: int) -> None:
    """Write the number of a commit beside the catalog, after the commit. If that fails the file has an older number,
    which says less and nothing wrong."""

    def write(path: Path) -> None:
        path.write_text(f"{n}\n", encoding="ascii")
        path.chmod(PRIVATE_FILE)

    with suppress(OSError):
        write_atomically(directory / NUMBER, write)


def check_number(directory: Path, newest: int) -> None:
    """Raise `CorruptCorpusError` if the catalog's newest commit is older than the one that was recorded last: the
    catalog's log of changes was lost, or an older copy of the catalog was put in its place."""
    path = directory / NUMBER
    refuse_links(directory, NUMBER)
    try:
        recorded = int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):  # of an older version; or what it says says nothing of the catalog
        return
    if newest < recorded:
        raise CorruptCorpusError(
            f"catalog.sqlite in {directory} is at commit {newest}, and commit {recorded} was made: its log of changes "
            "(catalog.sqlite-wal) was lost, or an older copy was put in its place; put back a copy of it all, "
            f"or delete {path} to go on with commit {newest} and ingest again what came later"
        )


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
