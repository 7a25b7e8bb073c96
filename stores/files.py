"""Writing files so that a crash leaves the old one or the new one, and setting damaged ones aside."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hybrid.errors import CorpusError, CorruptCorpusError
from hybrid.stores.rows import StoredFile

_FULL = {errno.ENOSPC, errno.EDQUOT}


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
        digest = sha256_of(partial)
        sync_file(partial)
        partial.replace(path)
        sync_directory(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return digest


@contextmanager
def disk_full_errors(directory: Path | str = "the disk") -> Iterator[None]:
    """Turn a full disk into a `CorpusError` that says what to do."""
    try:
        yield
    except Exception as error:
        if not is_disk_full(error):
            raise
        raise CorpusError(
            f"no space left while writing to {directory}; nothing half-written was kept, and all that was committed "
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


def verified(directory: Path, stored: StoredFile, advice: str) -> Path:
    """The path of a stored file, after comparing its sha256 with the recorded one.

    Raises `CorruptCorpusError` with ``advice`` if the file is missing, or differs; one that differs is
    moved to ``quarantine/`` and never deleted.
    """
    path = directory / stored.file
    try:
        digest = sha256_of(path)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise CorruptCorpusError(f"{path} is missing; {advice}") from error
    if digest != stored.sha256:
        aside = quarantine(directory, stored.file)
        raise CorruptCorpusError(
            f"{path} does not match its recorded sha256 (damaged, or edited); it was moved to {aside}; {advice}"
        )
    return path


def quarantine(directory: Path, file: str) -> Path:
    """Move a file of the corpus to ``quarantine/`` under a name that was not taken, and return it."""
    folder = directory / "quarantine"
    folder.mkdir(exist_ok=True)
    flat = file.replace("/", "-")
    number = 0
    while (target := folder / (f"{flat}.{number}" if number else flat)).exists():
        number += 1
    shutil.move(directory / file, target)
    sync_directory(folder)
    return target
