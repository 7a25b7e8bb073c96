"""Blocking work under asyncio: in a worker thread, so that the event loop goes on.

Context variables are those of the caller. Work that reports its progress can be stopped in the middle.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import closing
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress, Stage

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Item = TypeVar("Item")

_LOG = logging.getLogger("hybrid.corpus")


class Stopped(BaseException):
    """Raised in the thread of long work, where it reports progress or makes an item, once nobody waits for it."""


async def until_stopped(work: Callable[[Progress], Result], progress: Progress | None) -> Result:
    """What ``work`` returns, which is given a `Progress` that stops it when this task is cancelled.

    A cancelled task waits until the work has come to rest, so that nothing runs on behind the caller's back.
    One that is cancelled a second time does not wait.
    """
    stop = threading.Event()

    def go_on() -> None:
        if stop.is_set():
            raise Stopped

    def watched(stage: Stage, done: int, total: int, detail: str) -> None:
        go_on()
        if progress is not None:
            progress(stage, done, total, detail)
            go_on()

    def run() -> Result:
        go_on()
        return work(watched)

    running = asyncio.get_running_loop().run_in_executor(None, contextvars.copy_context().run, run)
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        stop.set()
        running.add_done_callback(_note_failure)
        await asyncio.wait([running])
        raise
    return running.result()


async def until_dropped(
    items: Generator[Item, None, None], use: Callable[[Generator[Item, None, None]], Result]
) -> Result:
    """What ``use`` makes of the items, in a worker thread. A cancelled task returns at once, and the thread stops at
    the next item."""
    dropped = threading.Event()

    def wanted() -> Generator[Item, None, None]:
        with closing(items):
            for item in items:
                if dropped.is_set():
                    raise Stopped
                yield item

    try:
        return await asyncio.to_thread(use, wanted())
    except asyncio.CancelledError:
        dropped.set()
        raise


async def pulled(
    items: Generator[Item, None, None], check: Callable[[], None] = lambda: None
) -> AsyncGenerator[Item, None]:
    """The items, each made in a worker thread when it is asked for; ``check`` is called before, and may raise.

    Where the consumer stops, the items are closed: at once, or by the thread that is at one when it has made it. Nobody
    waits for that.
    """
    pull = _Pull(items)
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    try:
        while True:
            check()  # a fork has no worker threads: waiting for one would not end
            running = loop.run_in_executor(None, context.run, pull.step)
            running.add_done_callback(_retrieve)
            await asyncio.wait([running])  # unlike the future itself it is not cancelled with this task
            item = running.result()
            if isinstance(item, _Done):
                return
            yield item
    finally:
        pull.drop()


class _Done:
    """There are no more items."""


class _Pull(Generic[Item]):
    """Items that one thread makes at a time, and that any thread may drop meanwhile."""

    def __init__(self, items: Generator[Item, None, None]) -> None:
        self._items = items
        self._making = threading.Lock()
        self._dropped = threading.Event()

    def step(self) -> Item | _Done:
        """The next item. Raises what making it raises."""
        try:
            with self._making:
                return _Done() if self._dropped.is_set() else next(self._items, _Done())
        finally:
            self._close_if_dropped()

    def drop(self) -> None:
        """Make no more of them."""
        self._dropped.set()
        self._close_if_dropped()

    def _close_if_dropped(self) -> None:
        # Whoever is last: the thread that makes an item, or the one that drops them if none does.
        if self._dropped.is_set() and self._making.acquire(blocking=False):
            try:
                self._items.close()
            finally:
                self._making.release()


def _retrieve(running: asyncio.Future[Any]) -> None:
    """Mark an error as seen that a cancelled consumer cannot get."""
    if not running.cancelled():
        running.exception()


def in_thread(
    method: Callable[Parameters, Result], note: str = ""
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    """The async twin of a method: it takes the same arguments and runs in a worker thread.

    Args:
        method: of a class, as its body defines it.
        note: what the twin's docstring says besides.

    Example:
        >>> class Corpus:
        ...     def status(self) -> CorpusStatus: ...
        ...     astatus = in_thread(status)
    """

    async def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        return await asyncio.to_thread(method, *arguments, **named)

    return _as_twin(run, method, note)


def stoppable(
    method: Callable[Parameters, Result], note: str = ""
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    """As `in_thread`, of a method with ``progress``: a cancelled task stops the work where it reports its progress."""

    async def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        from hybrid._arguments import progress_of
        from hybrid.display.progress import shown

        with shown(progress_of(named.pop("progress", None))) as report:  # type: ignore[arg-type]
            watched: Any = partial(method, *arguments, **named)
            return await until_stopped(lambda progress: watched(progress=progress), report)

    return _as_twin(run, method, note)


def _as_twin(
    run: Callable[Parameters, Coroutine[Any, Any, Result]], method: Callable[Parameters, Result], note: str
) -> Callable[Parameters, Coroutine[Any, Any, Result]]:
    name = method.__name__
    twin = wraps(method)(run)
    twin.__name__ = f"a{name}"
    twin.__qualname__ = f"{method.__qualname__.rpartition('.')[0]}.a{name}"
    twin.__doc__ = " ".join(filter(None, (f"`{name}`, without holding up the event loop.", note)))
    return twin


def _note_failure(running: asyncio.Future[Result]) -> None:
    """An error that the cancelled caller does not get to see is worth a line in the log."""
    error = None if running.cancelled() else running.exception()
    if error is not None and not isinstance(error, Stopped):
        _LOG.warning("the work of a cancelled task failed: %s: %s", type(error).__name__, error)
