"""What is told in one thread, heard in another: a callback becomes an iterator."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Left(BaseException):
    """Raised in who tells once nobody listens any more. No `except Exception` on the way holds it up."""


class Relay(Generic[Result]):
    """Runs ``work``, which tells text through a callback, and gives the text as it comes.

    The work runs in a thread of its own, with the context variables of whoever starts it: a search pins the state
    of a catalog to its thread, and an iterator may be advanced from several. Whoever stops listening stops the
    work at its next piece.

    Example:
        >>> relay = Relay(lambda tell: corpus.ask("Why did they fall out?", on_token=tell))
        >>> for piece in relay.pieces():
        ...     print(piece, end="")
        >>> relay.result().citations
    """

    def __init__(self, work: Callable[[Callable[[str], None]], Result]) -> None:
        self._work = work
        self._told: SimpleQueue[str | None] = SimpleQueue()
        self._left = threading.Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None

    def pieces(self) -> Generator[str]:
        """Each piece of text, as it is told. Raises what the work raises."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self._run,), name="hybrid-chat", daemon=True)
        thread.start()
        try:
            while (piece := self._told.get()) is not None:
                yield piece
        finally:
            self._left.set()
        if self._error is not None:
            raise self._error

    def result(self) -> Result:
        """What the work returned, once all pieces were taken."""
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._work(self._tell))
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that listens
            self._error = error
        finally:
            self._told.put(None)

    def _tell(self, piece: str) -> None:
        if self._left.is_set():
            raise Left
        self._told.put(piece)
