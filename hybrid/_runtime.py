"""What concerns the whole process: one way to log, the lock to hold while process-wide state is changed, and forks.

And calls that are counted, so that closing what they use waits for none of them and breaks none.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, RLock

from hybrid.errors import CorpusError


def log_info(logger: logging.Logger, event: str, **facts: object) -> None:
    """Log ``event`` at INFO with its facts, such as ``ingest finished: added=3, seconds=1.2``.

    The record has the same as attributes, ``record.event`` and ``record.added``, for handlers that write JSON.
    """
    _log(logger, logging.INFO, event, facts)


def log_warning(logger: logging.Logger, event: str, **facts: object) -> None:
    """As `log_info`, at WARNING."""
    _log(logger, logging.WARNING, event, facts)


def log_debug(logger: logging.Logger, event: str, **facts: object) -> None:
    """As `log_info`, at DEBUG: the only level at which texts may appear."""
    _log(logger, logging.DEBUG, event, facts)


def _log(logger: logging.Logger, level: int, event: str, facts: Mapping[str, object]) -> None:
    if logger.isEnabledFor(level):
        line = ", ".join(f"{name}={_shown(value)}" for name, value in facts.items() if value is not None)
        logger.log(level, "%s: %s", event, line, extra={"event": event, **facts}, stacklevel=3)


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


PROCESS_WIDE = RLock()
"""For Python's warning filters, and the loggers and progress bars of other libraries. Two threads that each put back
what they found would otherwise leave what the other had set."""


class _Models:
    """Whether models were loaded in this process, and whether in the one that it is a fork of."""

    used = False
    lost = False

    @classmethod
    def after_fork(cls) -> None:
        cls.lost = cls.lost or cls.used


def models_used() -> None:
    """To be called before a model is loaded or runs.

    The threads of PyTorch, FAISS and the tokenizers do not survive a fork, and the first computation in the child would
    wait for them for ever: there this raises `CorpusError`.
    """
    if _Models.lost:
        raise CorpusError(
            "models were loaded before this process was forked, and their threads are not here; start a fresh process: "
            'multiprocessing.get_context("spawn"), or fork before the first corpus is asked'
        )
    _Models.used = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Models.after_fork)


class Usage:
    """Counts the calls that run, whatever their thread. Nothing waits here.

    It belongs to the process that made it: what a fork copies of locks, threads and database files cannot be used.

    Args:
        name: of the thing, for the error that a late caller gets.
        release: closes it; called once, by the last call that uses it.

    Example:
        >>> usage = Usage("the corpus at acme", release=lambda: print("files closed"))
        >>> with usage.in_use():
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

    def check_process(self) -> None:
        """Raise `CorpusError` if this process is a fork of the one that opened the thing: also in the middle of a use
        that began before the fork."""
        if self._process != os.getpid():
            raise CorpusError(f"{self._name} was opened in another process; open it again in this one")

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The thing stays open inside the block. Raises `CorpusError` if it was closed before, or if this process is
        a fork of the one that opened it."""
        self.check_process()  # before the lock, which a thread of the other process may have held
        with self._lock:
            if self._closed:
                raise CorpusError(f"{self._name} was closed; open it again to go on")
            self._users += 1
        try:
            yield
        finally:
            if self._process == os.getpid():
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
