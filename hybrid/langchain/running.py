"""One run of a component: in threads of its own, step by step, within a time limit, up to a stop word.

An event loop's default threads are everybody's. Questions that their askers had given up would hold them, and with them
the next question. So what is awaited or has a time limit runs in a bounded number of threads of this package's own. The
caller's chat model (``writer=``) runs below the caller's own run, and what it costs is counted.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import uuid4

from langchain_core.callbacks import BaseRunManager, CallbackManager
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.runnables import Runnable, RunnableConfig, ensure_config

from hybrid.errors import AnswerTimeoutError, InputError
from hybrid.types.base import shown

Item = TypeVar("Item")

THREADS = 16
"""Questions that are worked on at once; others wait, and do nothing once they are given up. Most wait for a model
elsewhere. Not measured."""
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


def stop_words(given: object) -> list[str] | None:
    """``stop`` as a list: a string is one stop word. Raises `InputError` for what is neither."""
    if given is None:
        return None
    if isinstance(given, str):
        return [given]
    if isinstance(given, list | tuple) and all(isinstance(word, str) for word in given):
        return list(given)
    raise InputError(f"stop must be a string or a list of strings, not {_wrong(given)}")


def _wrong(given: object) -> str:
    if not isinstance(given, list | tuple):
        return shown(given)
    word = next(word for word in given if not isinstance(word, str))
    return f"a list that holds {shown(word)}"


class StopWords:
    """Lets text through up to the first stop word, and holds back an end that may become one.

    Example:
        >>> stop = StopWords(["[2]"])
        >>> [stop.let("It ends [1] in ["), stop.let("2] May."), stop.rest()]
        ['It ends [1] in ', '', '']
        >>> stop.stopped
        True
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [word for word in words if word]
        self._held = ""
        self.stopped = False

    def let(self, piece: str) -> str:
        """What of the text so far is certain to stand, and was not let through before."""
        if self.stopped:
            return ""
        self._held += piece
        found = [at for word in self._words if (at := self._held.find(word)) >= 0]
        if found:
            self.stopped = True
            said, self._held = self._held[: min(found)], ""
            return said
        kept = max((self._begun(word) for word in self._words), default=0)
        said, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return said

    def rest(self) -> str:
        """What was held back, once there is no more."""
        said, self._held = self._held, ""
        return said

    def _begun(self, word: str) -> int:
        """How many characters at the end may be the beginning of the word."""
        longest = min(len(word) - 1, len(self._held))
        return next((size for size in range(longest, 0, -1) if self._held.endswith(word[:size])), 0)


UNSTREAMED = "nostream"
"""LangGraph leaves out what runs with this tag when it streams messages: what a writer says is a draft until it is
verified, and must not reach a reader beside the answer."""


_PARENT: ContextVar[CallbackManager | None] = ContextVar("hybrid_langchain_parent", default=None)


@contextmanager
def below(parent: CallbackManager) -> Iterator[None]:
    """Inside the block, `child_config` has this parent: LangChain does not give a chat model's `_stream` its run."""
    token = _PARENT.set(parent)
    try:
        yield
    finally:
        _PARENT.reset(token)


def parent_of_run(run: BaseRunManager) -> CallbackManager:
    """What runs below a run inherits its callbacks, tags and metadata."""
    parent = CallbackManager(handlers=[], parent_run_id=run.run_id)
    parent.set_handlers(run.inheritable_handlers)
    parent.add_tags(run.inheritable_tags)
    parent.add_metadata(run.inheritable_metadata)
    return parent


def parent_of_call(given: RunnableConfig | None) -> tuple[RunnableConfig, CallbackManager]:
    """The configuration of a call with the id that its run is going to have, and what runs below that."""
    config = ensure_config(given)
    config["run_id"] = run_id = config.get("run_id") or uuid4()
    parent = CallbackManager.configure(
        inheritable_callbacks=config.get("callbacks"),
        inheritable_tags=config.get("tags"),
        inheritable_metadata=config.get("metadata"),
    )
    parent.parent_run_id = run_id
    return config, parent


def child_config(run: BaseRunManager | None) -> RunnableConfig:
    """The configuration of what runs below a run, or below the one that `below` names."""
    parent = _PARENT.get() if run is None else parent_of_run(run)
    return {} if parent is None else {"callbacks": parent}


class WriterRun:
    """A chat model as `hybrid.Corpus.ask` takes a writer or judge. ``usage`` is what its messages say of their cost."""

    def __init__(self, model: Runnable[Any, Any], config: RunnableConfig) -> None:
        self._model = model
        self._config: RunnableConfig = {**config, "tags": [UNSTREAMED]}
        self.usage: UsageMetadata | None = None
        self.model_name = getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__
        self.max_attempt_number = getattr(model, "max_attempt_number", None)  # by it an ask knows one that tries again

    def stream(self, messages: list[tuple[str, str]]) -> Iterator[Any]:
        """The pieces of its message, as they come."""
        for piece in self._model.stream(messages, config=self._config):
            self._count(piece)
            yield piece

    def invoke(self, messages: list[tuple[str, str]]) -> Any:
        """Its message."""
        message = self._model.invoke(messages, config=self._config)
        self._count(message)
        return message

    def _count(self, message: Any) -> None:
        usage = getattr(message, "usage_metadata", None)
        if usage:
            self.usage = add_usage(self.usage, usage)


def usage_of(*models: Any) -> UsageMetadata | None:
    """What the runs among these models cost together; ``None`` where none says."""
    total: UsageMetadata | None = None
    for model in models:
        if isinstance(model, WriterRun) and model.usage is not None:
            total = add_usage(total, model.usage)
    return total
