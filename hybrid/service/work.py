"""The threads that requests are worked on in: so many at a time, so many in line, and none for who has gone."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from typing import Generic, TypeVar

from hybrid._async import Stopped
from hybrid.errors import AnswerTimeoutError, RateLimitError, ServiceBusyError
from hybrid.settings.service import LimitSettings
from hybrid.text.formatting import count

Item = TypeVar("Item")
Result = TypeVar("Result")
_RETRY_SECONDS = 2.0


class Workers:
    """Work in threads, on an event loop. A place is free again when its thread has come to an end, not when whoever
    waited for it has gone: what is dropped costs others no more than what it still takes to stop.

    Args:
        limits: how many in line, of one key, and for how long.
        running: how many at a time.
    """

    def __init__(self, limits: LimitSettings, running: int) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(running)
        self._pool = ThreadPoolExecutor(running, "hybrid-request")
        self._of: Counter[str] = Counter()
        self.running: int = 0
        self.waiting: int = 0
        self.dropped: int = 0
        self.closing: bool = False

    async def run(self, who: str, work: Callable[[], Result]) -> Result:
        """What ``work`` returns. It cannot be stopped half-way: whoever is cancelled, or out of time, does not wait."""

        def items() -> Generator[Result, None, None]:
            yield work()

        results = [result async for result in self.stream(who, items)]
        return results[0]

    async def run_stoppable(self, who: str, work: Callable[[Callable[[], None]], Result]) -> Result:
        """What ``work`` returns. Between its steps it calls what it is given, which ends it once nobody waits."""
        gone = threading.Event()

        def go_on() -> None:
            if gone.is_set():
                raise Stopped

        try:
            return await self.run(who, lambda: work(go_on))
        finally:
            gone.set()

    async def stream(self, who: str, make: Callable[[], Generator[Item, None, None]]) -> AsyncGenerator[Item, None]:
        """The items that ``make`` gives, each as soon as it is made. Where the consumer stops, the thread stops before
        the next item, and closes what makes them.

        Raises:
            RateLimitError: the key has too much under way already.
            ServiceBusyError: so have all together, or the server is stopping.
            AnswerTimeoutError: it took too long.
        """
        async with self._work(who, make) as work:
            while not isinstance(item := await work.next(), _End):
                yield item

    @asynccontextmanager
    async def _work(self, who: str, make: Callable[[], Generator[Item, None, None]]) -> AsyncIterator[_Work[Item]]:
        deadline = asyncio.get_running_loop().time() + self._limits.answer_seconds
        await self._place(who, deadline)
        work = _Work(make, deadline, self._limits.answer_seconds)
        thread = self._pool.submit(contextvars.copy_context().run, work.run)
        loop = asyncio.get_running_loop()

        def ended(_: object) -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits for a place any more
                loop.call_soon_threadsafe(self._free, who)

        thread.add_done_callback(ended)
        try:
            yield work
        finally:
            if not work.ended:
                work.drop()
                self.dropped += 1

    async def _place(self, who: str, deadline: float) -> None:
        if self.closing:
            raise ServiceBusyError("the server is stopping; ask again in a moment", _RETRY_SECONDS)
        if self._of[who] >= self._limits.running_per_key:
            raise RateLimitError(
                f"this key has {count(self._of[who], 'request')} under way (limits.running_per_key)", _RETRY_SECONDS
            )
        if self._places.locked() and self.waiting >= self._limits.waiting:
            raise ServiceBusyError(
                f"{count(self.running, 'request')} are worked on and {self.waiting} in line", _RETRY_SECONDS
            )
        self._of[who] += 1
        self.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._places.acquire()
        except BaseException as error:
            self._forget(who)
            if isinstance(error, TimeoutError):
                raise ServiceBusyError("the server was busy all the time that was given", _RETRY_SECONDS) from None
            raise
        finally:
            self.waiting -= 1
        self.running += 1

    def _free(self, who: str) -> None:
        self.running -= 1
        self._forget(who)
        self._places.release()

    def _forget(self, who: str) -> None:
        self._of[who] -= 1
        if not self._of[who]:
            del self._of[who]

    def close(self) -> None:
        """Take no more. Threads end with what they are at."""
        self.closing = True
        self._pool.shutdown(wait=False, cancel_futures=True)


class _End:
    """There are no more items."""


class _Work(Generic[Item]):
    """Items that a thread makes for the event loop."""

    def __init__(self, make: Callable[[], Generator[Item, None, None]], deadline: float, seconds: float) -> None:
        self._make = make
        self._deadline = deadline
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._items: asyncio.Queue[Item | _End | BaseException] = asyncio.Queue()
        self._dropped = threading.Event()
        self.ended = False

    def run(self) -> None:
        """Make them, in the thread."""
        try:
            if not self._dropped.is_set():
                with closing(self._make()) as items:
                    for item in items:
                        self._put(item)
                        if self._dropped.is_set():
                            break
            self._put(_End())
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._put(error)

    def _put(self, item: Item | _End | BaseException) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody is there to take it
            self._loop.call_soon_threadsafe(self._items.put_nowait, item)

    async def next(self) -> Item | _End:
        """The next of them, or the end."""
        try:
            async with asyncio.timeout_at(self._deadline):
                item = await self._items.get()
        except TimeoutError:
            raise AnswerTimeoutError(
                f"there was no answer within {self._seconds:g} s (limits.answer_seconds); nobody waits for it any more"
            ) from None
        if isinstance(item, _End | BaseException):
            self.ended = True
        if isinstance(item, BaseException):
            raise item
        return item

    def drop(self) -> None:
        """Make no more of them."""
        self._dropped.set()
