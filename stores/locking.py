"""One writer at a time. Readers take no lock and never wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from hybrid.errors import CorpusLockedError


@contextmanager
def write_lock(directory: Path) -> Iterator[None]:
    """Hold the corpus for writing. Raises `CorpusLockedError` at once if another process or thread does.

    The operating system lets go of the lock when its process ends, however it ends.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "write.lock"
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise CorpusLockedError(
            f"another process or thread is writing to {directory} (it holds {path}); wait until it is done, or end it: "
            "what it has committed is kept. Searching and asking work meanwhile"
        ) from error
    try:
        yield
    finally:
        lock.release()
