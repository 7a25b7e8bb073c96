"""Where the components of this package run what is awaited or has a time limit: threads of their own, a bounded number.

An event loop's default threads are everybody's. Questions that their askers had given up would hold them, and with them
the next question.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing
from functools import cache
from typing import Any, Generic, TypeVar

from hybrid.errors import AnswerTimeoutError

Item = TypeVar("Item")

THREADS = 16
"""Questions that are worked on at once; others wait, and do nothing once they are given up."""
SEARCHES = min(4, os.cpu_count() or 1)
"""Of these, how many search at once. A search is the processor's work, and cannot be stopped in the middle: sixteen
that were begun together and given up held the next question for 11.7 s, where one alone took 1.0 s (two cores)."""


@cache
def _threads(process: int) -> ThreadPoolExecutor:  # noqa: ARG001 - a forked child has none of its parent's threads
    return ThreadPoolExecutor(THREADS, thread_name_prefix="hybrid-langchain")


@cache
def _searches(process: int) -> threading.Semaphore:  # noqa: ARG001 - as above
    return threading.Semaphore(SEARCHES)


def searching() -> AbstractContextManager[object]:
    """Held while a question is searched for; others wait for it."""
    return _searches(os.getpid())


def _started(work: Callable[[], Item]) -> Future[Item]:
    return _threads(os.getpid()).submit(contextvars.copy_context().run, work)


async def in_thread(work: Callable[[], Item]) -> Item:
    """What ``work`` returns. A task that is cancelled before a thread was free takes it from the queue."""
    return await asyncio.wrap_future(_started(work))


class _End:
    """There are no more items."""


class Steps(Generic[Item]):
    """The items of a generator, each made when it is asked for, until nobody wants them or the time is over.

    Who drops the items closes the generator: at once, or as soon as a thread that is making one has made it.

    Args:
        items: what makes them. One thread at a time advances it.
        timeout: seconds for all of them together; ``None`` for no limit.
    """

    def __init__(self, items: Generator[Item, None, None], timeout: float | None = None) -> None:
        self._items = items
        self._timeout = timeout
        self._end = None if timeout is None else time.monotonic() + timeout
        self._making = threading.Lock()
        self._dropped = threading.Event()

    def each(self) -> Generator[Item, None, None]:
        """The items, for code that waits; in its own thread where there is no time limit.

        Raises `AnswerTimeoutError`, and what making an item raises.
        """
        if self._timeout is None:
            with closing(self._items):
                yield from self._items
            return
        try:
            while True:
                running = _started(self._next)
                if not wait([running], self._left()).done:
                    raise self._too_late()
                item = running.result()
                if isinstance(item, _End):
                    return
                yield item
        finally:
            self._drop()

    async def aeach(self) -> AsyncGenerator[Item, None]:
        """The items, for an event loop. A task that is cancelled returns at once. Raises as `each` does."""
        try:
            while True:
                running = _started(self._next)
                waiting = asyncio.wrap_future(running)
                waiting.add_done_callback(_seen)
                done, _ = await asyncio.wait([waiting], timeout=self._left())
                if not done:
                    raise self._too_late()
                item = waiting.result()
                if isinstance(item, _End):
                    return
                yield item
        finally:
            self._drop()

    def _left(self) -> float | None:
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def _too_late(self) -> AnswerTimeoutError:
        return AnswerTimeoutError(
            f"there was no answer within {self._timeout:g} s, and the work on it is stopped; give a longer timeout"
        )

    def _next(self) -> Item | _End:
        try:
            with self._making:
                return next(self._items, _End())  # closed, it has no more
        finally:
            self._close_if_dropped()

    def _drop(self) -> None:
        self._dropped.set()
        self._close_if_dropped()

    def _close_if_dropped(self) -> None:
        # Whoever comes last closes: the thread that makes an item, or the one that drops them if none does.
        if self._dropped.is_set() and self._making.acquire(blocking=False):
            try:
                self._items.close()
            finally:
                self._making.release()


def _seen(waiting: asyncio.Future[Any]) -> None:
    """Mark an error as seen that nobody waits for any more."""
    if not waiting.cancelled():
        waiting.exception()
