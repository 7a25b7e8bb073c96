"""Blocking work under asyncio: in a worker thread, so that the event loop goes on.

Context variables are those of the caller. Work that reports its progress can be stopped in the middle.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress, Stage

Result = TypeVar("Result")

_LOG = logging.getLogger("hybrid.corpus")


class Stopped(BaseException):
    """Raised where long work reports its progress, in its own thread, once nobody waits for it any more."""


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
    ask: Callable[[Callable[[str], None] | None], Result], on_token: Callable[[str], None] | None
) -> Result:
    """What ``ask`` returns, which is given ``on_token``. A cancelled task returns at once, and nothing more is told:
    where text is told at all, the work ends with the next piece of it."""
    dropped = threading.Event()

    def told(piece: str) -> None:
        if dropped.is_set():
            raise Stopped
        if on_token is not None:
            on_token(piece)

    try:
        return await asyncio.to_thread(ask, None if on_token is None else told)
    except asyncio.CancelledError:
        dropped.set()
        raise


def _note_failure(running: asyncio.Future[Result]) -> None:
    """An error that the cancelled caller does not get to see is worth a line in the log."""
    error = None if running.cancelled() else running.exception()
    if error is not None and not isinstance(error, Stopped):
        _LOG.warning("the work of a cancelled task failed: %s: %s", type(error).__name__, error)
