"""Text as it streams, cut before the first stop word."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.errors import InputError
from hybrid.types.validation import shown


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
