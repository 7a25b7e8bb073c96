"""What each commit leaves on disk: one immutable directory for its index, and a guard beside the catalog.

The guard is the file ``commit``: the number of the newest commit in the first line, and the id of the corpus, which the
catalog has too, in the second. By it a catalog that went back, or that belongs to another corpus, is noticed.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import CorruptCorpusError
from hybrid.stores.failpoints import reach
from hybrid.stores.files import (
    PRIVATE_FILE,
    inside,
    own_folder,
    refuse_links,
    sha256_of,
    sync_directory,
    sync_file,
    verified,
    write_atomically,
)
from hybrid.stores.rows import CommitRow, StoredFile
from hybrid.types.reports import IntegrityProblem

INDEX = "index.faiss"
MANIFEST = "manifest.json"
GUARD = "commit"
"""The file that has the number of the newest commit and the id of the corpus."""
CORPUS_ID = "corpus_id"
"""The fact about a corpus that is its id. Corpora of older versions get one with their next commit."""
DIRECTORY = "directory"
"""The fact about a corpus in a database that tells its own directory from copies (`hybrid.stores.database.mark_of`)."""
_GUARD = re.compile(r"([0-9]{1,18})(?:\n([0-9a-f]{32}))?\n?")
_REPAIR_INDEX = "ingest again (of any file): the index is then rebuilt from the catalog, without embedding"


def write_index(directory: Path, n: int, save: Callable[[Path], None], held: Callable[[], None]) -> StoredFile:
    """Write the index of commit ``n``; ``save`` is given the path to write to.

    ``held`` raises where this process does not hold the corpus for writing any more: it is asked before anything is
    removed or gets its name, which could be another writer's by then. Raises what ``save`` and ``held`` raise. Then
    nothing of the new commit is left.
    """
    home = own_folder(directory, "commits")
    partial, final = home / f".{n}.{secrets.token_hex(8)}.partial", home / str(n)
    held()
    for remainder in home.glob(f".{n}.*partial"):
        shutil.rmtree(remainder, ignore_errors=True)
    try:
        partial.mkdir()
        reach("index.begun")
        save(partial / INDEX)
        (partial / INDEX).chmod(PRIVATE_FILE)
        digest = sha256_of(partial / INDEX)
        manifest = {"commit": n, "files": {INDEX: {"sha256": digest, "bytes": (partial / INDEX).stat().st_size}}}
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        reach("index.written")
        for path in (partial / INDEX, partial / MANIFEST):
            sync_file(path)
        sync_directory(partial)
        held()
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)
        reach("index.renamed")
        sync_directory(home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return StoredFile(f"commits/{n}/{INDEX}", digest)


@dataclass(frozen=True)
class Guard:
    """What the guard says: the newest commit, and the id of the corpus; older versions wrote no id."""

    number: int
    corpus: str | None


def new_id() -> str:
    """An id for a corpus: 32 random hexadecimal digits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether a text could be what `new_id` gives."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def write_guard(directory: Path, n: int, corpus: str | None) -> None:
    """Write the guard, after commit ``n``. If that fails the file has an older number, which says less and nothing
    wrong."""

    def write(path: Path) -> None:
        path.write_text(f"{n}\n" + (f"{corpus}\n" if corpus else ""), encoding="ascii")
        path.chmod(PRIVATE_FILE)

    with suppress(OSError):
        write_atomically(directory / GUARD, write)


def read_guard(directory: Path) -> Guard | None:
    """What the guard says; ``None`` where it is missing, or says nothing of the catalog."""
    refuse_links(directory, GUARD)
    try:
        found = _GUARD.fullmatch((directory / GUARD).read_text(encoding="ascii"))
    except (FileNotFoundError, UnicodeDecodeError, IsADirectoryError):
        return None
    return None if found is None else Guard(int(found[1]), found[2])


def check_guard(
    directory: Path, guard: Guard | None, commit: CommitRow | None, corpus: str | None, called: str = "catalog.sqlite"
) -> None:
    """Raise `CorruptCorpusError` if the catalog is not the one that the guard was written for.

    Either the corpus's id is another, or the catalog has none. Or its newest commit is older than the one that was
    recorded last: its log of changes was lost, or an older copy was put in its place. The id comes first: to go on with
    an older copy is one's own choice, and to go on with the catalog of another corpus gives that one's answers. The
    guard is read before the catalog, so that what others commit meanwhile is no difference. A missing guard hinders
    nobody: `guard_problems` names it.
    """
    if guard is None:
        return
    path, newest = directory / GUARD, commit.n if commit else 0
    if guard.corpus is not None and guard.corpus != corpus:
        said = "is of another corpus than" if corpus is not None else "does not have the id of a corpus that is in"
        if _has_index(directory, commit):
            raise CorruptCorpusError(
                f"{called} in {directory} {said} {path}, and the index is the catalog's; put back what is not "
                "this corpus's own; where that is the file commit alone, move it to another place and run hybrid "
                "repair, which writes it"
            )
        raise CorruptCorpusError(
            f"{called} in {directory} {said} {path}: another catalog was put in its place, or another of that "
            "file; put back the corpus's own from a copy, or ingest the documents into a new directory"
        )
    if newest < guard.number:
        lost = " (catalog.sqlite-wal)" if called == "catalog.sqlite" else ""
        raise CorruptCorpusError(
            f"{called} in {directory} is at commit {newest}, and commit {guard.number} was made: its log of "
            f"changes{lost} was lost, or an older copy was put in its place; put back a copy of it all, or delete "
            f"{path} and run hybrid repair to go on with commit {newest}, and ingest again what came later"
        )


def _has_index(directory: Path, commit: CommitRow | None) -> bool:
    """Whether the index that a catalog names is there, as it was: of another corpus's catalog it is not."""
    try:
        return commit is not None and sha256_of(inside(directory, commit.index_file)) == commit.index_sha256
    except (CorruptCorpusError, OSError):
        return False


def guard_problems(directory: Path, commit: CommitRow | None, corpus: str | None) -> Iterator[IntegrityProblem]:
    """That the guard, or the manifest beside the index, is missing or says something else than the catalog. A corpus
    without an id, of an older version, may lack a guard."""
    if commit is None:
        return
    guard = read_guard(directory)
    said = None
    if guard is None and (corpus is not None or (directory / GUARD).exists()):
        said = "it is damaged" if (directory / GUARD).exists() else "it is missing"
    elif guard is not None and guard.corpus != corpus:
        said = "it does not have the corpus's id"
    folder = (directory / GUARD).is_dir()
    if said is not None:
        said = f"{said}, so that a catalog which went back or was replaced would not be noticed"
        yield IntegrityProblem(
            part="guard",
            name=GUARD,
            problem=said,
            advice=f"{'it is a folder: remove it, then ' if folder else ''}hybrid repair writes it",
            repairable=True,
        )
    try:
        index = inside(directory, commit.index_file)
    except CorruptCorpusError:  # a name that is none of the corpus's: the check of the index says so
        return
    path = index.with_name(MANIFEST)
    refuse_links(directory, path.relative_to(directory))
    if index.exists() and (said := _manifest_fault(path, commit.index_sha256)):
        name = path.relative_to(directory).as_posix()
        yield IntegrityProblem(
            part="index", name=name, problem=said, advice="hybrid repair rebuilds it", repairable=True
        )


def _manifest_fault(path: Path, sha256: str) -> str | None:
    try:
        return None if json.loads(path.read_bytes())["files"][INDEX]["sha256"] == sha256 else "it names another index"
    except FileNotFoundError:
        return "it is missing"
    except (ValueError, KeyError, TypeError, IsADirectoryError):
        return "it is damaged"


def of_a_corpus(directory: Path) -> list[str]:
    """The files and folders in a directory that only a corpus has, apart from its catalog."""
    found = [GUARD] if read_guard(directory) is not None else []
    of_index, of_memory = directory.glob(f"commits/*/{INDEX}"), directory.glob("volumes/*.safetensors")
    return found + ["commits"] * any(of_index) + ["volumes"] * any(of_memory)


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
