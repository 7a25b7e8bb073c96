"""Counts the calls that use a thing, so that closing it waits for none of them and breaks none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from hybrid.errors import CorpusError


class Usage:
    """Counts the calls that run, whatever their thread. Nothing waits here.

    It belongs to the process that made it: what a fork copies of locks, threads and database files cannot be used.

    Args:
        name: of the thing, for the error that a late caller gets.
        release: lets go of it; called once, by whoever is last.

    Example:
        >>> usage = Usage("the corpus at acme", release=lambda: print("files closed"))
        >>> with usage.held():
        ...     usage.close()  # another thread closes it meanwhile
        files closed
    """

    def __init__(self, name: str, release: Callable[[], None]) -> None:
        self._name = name
        self._release = release
        self._lock = Lock()
        self._users = 0
        self._closed = False
        self._process = os.getpid()

    @property
    def closed(self) -> bool:
        """Whether nobody can begin to use it any more, in this process."""
        return self._closed or self._process != os.getpid()

    @contextmanager
    def held(self) -> Iterator[None]:
        """The thing stays open inside the block. Raises `CorpusError` if it was closed before, or if this process is
        a fork of the one that opened it."""
        if self._process != os.getpid():  # before the lock, which a thread of the other process may have held
            raise CorpusError(f"{self._name} was opened in another process; open it again in this one")
        with self._lock:
            if self._closed:
                raise CorpusError(f"{self._name} was closed; open it again to go on")
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                last = self._closed and not self._users
            if last:
                self._release()

    def close(self) -> None:
        """Let nobody in any more, and release once all are out. Closing again does nothing, and in a fork neither:
        the files are the other process's."""
        if self._process != os.getpid():
            return
        with self._lock:
            first, self._closed = not self._closed, True
            free = first and not self._users
        if free:
            self._release()
