"""Files: written so that a crash leaves the old one or the new one, damaged ones set aside, and lines of JSON read."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError

from hybrid.errors import CorpusError, CorruptCorpusError, HybridError, InputError, ModelError
from hybrid.stores.failpoints import reach
from hybrid.stores.rows import StoredFile

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
"""What a corpus holds is its owner's alone, until they say otherwise."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FAILING = {errno.EIO, errno.EROFS, errno.EFBIG}


def sha256_of(path: Path) -> str:
    """The sha256 of a file in lower-case hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until the directory's entries (a rename, say) are on the disk."""
    if os.name == "nt":  # directories cannot be opened there, and renames are journaled
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, write: Callable[[Path], None]) -> str:
    """Let ``write`` make a file, then put it at ``path``: fsync file, rename, fsync directory.

    Returns the file's sha256. If anything fails nothing is left behind and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial)
        reach("file.written")
        digest = sha256_of(partial)
        sync_file(partial)
        partial.replace(path)
        reach("file.renamed")
        sync_directory(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return digest


@contextmanager
def disk_full_errors(directory: Path | str = "the disk") -> Iterator[None]:
    """Turn a full or failing disk into a `CorpusError` that says what to do."""
    try:
        yield
    except Exception as error:
        if is_disk_failing(error):
            raise CorpusError(
                f"{directory} could not be read or written: the disk, or the network file system, failed ({error}); "
                "nothing half-written was kept, and all that was committed before is intact: see to the disk, run "
                "hybrid verify, and then the same command again"
            ) from error
        if not is_disk_full(error):
            raise
        where = str(directory).removesuffix(",")  # of an apposition, which goes on in other sentences
        raise CorpusError(
            f"no space left while writing to {where}; nothing half-written was kept, and all that was committed "
            "before is intact: free some space and run the same command again, it resumes there"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk, or the user's share of it, is full.

    FAISS and safetensors wrap the operating system's error in their own types, with its words.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    said = str(error)
    return any(os.strerror(code) in said for code in _FULL) or "disk is full" in said


def is_disk_failing(error: BaseException) -> bool:
    """Whether an error says that the disk failed. FAISS and SQLite wrap the system's error, as with a full disk."""
    if isinstance(error, HybridError):
        return False
    if isinstance(error, OSError) and error.errno in _FAILING:
        return True
    said = str(error)
    return any(os.strerror(code) in said for code in _FAILING) or "disk I/O error" in said


def inside(directory: Path, file: str) -> Path:
    """The path of a corpus's own file, as a catalog names it.

    Raises `CorruptCorpusError` for a name that the product never gives, which leads out of the corpus or through a
    link: such a catalog was made to have other files moved or deleted.
    """
    path = directory / file
    if not _NAME.fullmatch(file):
        raise CorruptCorpusError(
            f"the catalog in {directory} names a file of its own {file!r}, which is no name of a corpus's file: it is "
            "damaged, or was made to reach other files; nothing was read or moved"
        )
    refuse_links(directory, *path.relative_to(directory).parents, path.relative_to(directory))
    return path


def refuse_links(directory: Path, *relative: Path | str) -> None:
    """Raise `CorruptCorpusError` where one of these paths in a corpus is a link: what is behind it is not the corpus's
    to change."""
    for one in relative:
        path = directory / one
        if path != directory and path.is_symlink():
            raise CorruptCorpusError(
                f"{path} is a link, and a corpus has none: what is behind it was not touched; put the files themselves "
                "there, or ingest the documents into a new directory"
            )


def own_folder(directory: Path, name: str) -> Path:
    """A folder of the corpus, made if it is not there. Raises `CorruptCorpusError` where a link or a file has its
    name."""
    refuse_links(directory, name)
    path = directory / name
    if path.exists() and not path.is_dir():
        raise CorruptCorpusError(f"{path} is a file, and a folder of the corpus; remove it, and run hybrid repair")
    path.mkdir(parents=True, exist_ok=True)
    return path


_NAME = re.compile(r"commits/[0-9]+/index\.faiss|volumes/[0-9a-f]+\.safetensors|study/[0-9a-f]+\.json")
_FOLDERS = ("commits", "volumes", "study", "memory", "memory/default", "quarantine")
_FILES = (
    "catalog.sqlite",
    "catalog.sqlite-wal",
    "catalog.sqlite-shm",
    "catalog.url",
    "write.lock",
    "commit",
    "log.jsonl",
    "log.head",
    "log.lock",
)


def refuse_links_in(directory: Path) -> None:
    """Raise `CorruptCorpusError` if the corpus has a link where its own files and folders are."""
    refuse_links(directory, *_FOLDERS, *_FILES)


def verified(directory: Path, stored: StoredFile, advice: str) -> Path:
    """The path of a stored file, after comparing its sha256 with the recorded one.

    Raises `CorruptCorpusError` with ``advice`` if the file is missing, or differs, or is none of the corpus's; one that
    differs is moved to ``quarantine/``, where this process may do that, and never deleted.
    """
    path = inside(directory, stored.file)
    try:
        digest = sha256_of(path)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CorruptCorpusError(f"{path} is missing; {advice}") from error
    if digest != stored.sha256:
        try:
            done = f"it was moved to {quarantine(directory, stored.file)}"
        except OSError as error:  # a corpus of somebody else, or on a read-only disk
            done = f"it could not be moved to quarantine ({error.strerror or error})"
        raise CorruptCorpusError(f"{path} does not match its recorded sha256 (damaged, or edited); {done}; {advice}")
    return path


def quarantine(directory: Path, file: str) -> Path:
    """Move a file of the corpus to ``quarantine/`` under a name that was not taken, and return it."""
    inside(directory, file)
    folder = own_folder(directory, "quarantine")
    flat = file.replace("/", "-")
    number = 0
    while (target := folder / (f"{flat}.{number}" if number else flat)).exists():
        number += 1
    shutil.move(directory / file, target)
    sync_directory(folder)
    return target


def write_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a new folder, then put that at ``target``, in place of any folder that is there.

    Everything is on the disk before the old folder gives way, and the old one is deleted last.

    Raises:
        ModelError: a full disk, or another failure to write; ``target`` is as it was and nothing is left beside it.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
        try:
            partial.chmod(0o755)  # mkdtemp's folders are for one user alone
            write(partial)
            _sync(partial)
            _exchange(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except HybridError:
        raise
    except (OSError, SafetensorError, ValueError) as error:  # tensorstore raises ValueError for what the system said
        why = "no space left on the disk; free some and try again" if is_disk_full(error) else str(error)
        raise ModelError(f"{target} could not be written, and what was there before is unchanged: {why}") from error


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sync_file(path)
        else:
            sync_directory(path)
    sync_directory(folder)


def _exchange(partial: Path, target: Path) -> None:
    aside = partial.with_suffix(".earlier")
    if target.exists():
        target.rename(aside)
    try:
        partial.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    sync_directory(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


Model = TypeVar("Model", bound=BaseModel)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a file. Raises `InputError`, with file and line, for what is not one."""
    return [value for _, value in _objects(path)]


def read_models(path: Path, model: type[Model], example: dict[str, Any]) -> list[Model]:
    """The objects of a file, each validated.

    Args:
        example: a line as it should be, shown where one is not.

    Raises:
        InputError: the file cannot be read or holds none; or a line is wrong, with its number and what is wrong.
    """
    found: list[Model] = []
    for number, value in _objects(path):
        try:
            found.append(model.model_validate(value))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise InputError(
                f"{path}, line {number}: {f'{where}: ' if where else ''}{fault['msg']}; a line is like "
                + json.dumps(example)
            ) from error
    if not found:
        raise InputError(f"{path} holds no questions")
    return found


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode("utf-8-sig").split("\n")  # not splitlines: JSON strings may hold U+2028 and U+0085
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(value, dict):
            raise InputError(f"{path}, line {number}: not an object in braces")
        yield number, value
