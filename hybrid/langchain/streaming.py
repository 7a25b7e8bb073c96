"""Streaming across threads: a listener's pieces as an iterator, cut before the first stop word."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator, Sequence
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
