"""Chunks of a text back to their places in it, by the offsets that a splitter gave them, as far as these are right.

Two offsets are known to go wrong: −1, where a splitter did not find its own chunk again (it changed white space, or
decoded tokens), and the place of an earlier repetition. Either shows where a chunk overlaps its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.errors import InputError

OVERLAP = 20
"""Characters that two chunks must share for the one to say where the other stands."""
LONGEST_OVERLAP = 4000
STRIPPED = 4
"""White space between two chunks, as splitters strip it; a wider gap must not look like an overlap."""
_SHOWN = 40
_ADVICE = "; ingest the documents before they are split, which hybrid does by itself"


@dataclass(frozen=True)
class Placed:
    """A chunk and the offset that its splitter gave it: ``None`` for none, negative for not found."""

    text: str
    start: int | None


def joined(chunks: Sequence[Placed]) -> str:
    """The text that the chunks were cut from. What no chunk holds is white space.

    Line ends become ``\\n``, and every offset stays what it was. A chunk alone that has no place is the text.

    Raises:
        InputError: a chunk whose offset is wrong and that its neighbours do not place; it is named.

    Example:
        >>> joined([Placed("It ends in May.", 0), Placed("in May. It was", 8), Placed("signed.", 23)])
        'It ends in May. It was signed.'
    """
    if len(chunks) == 1 and (chunks[0].start is None or chunks[0].start < 0):
        return canonical(chunks[0].text)
    text, last, gaps = "", 0, 0
    for number, chunk in enumerate(chunks):
        own = canonical(chunk.text)
        at = _place(text, own, chunk.start, last)
        if at is None:
            following = chunks[number + 1] if number + 1 < len(chunks) else None
            at = _before(own, following, len(text))
        if at is None:
            raise InputError(_unplaced(number, chunk, text))
        gap = at - len(text)
        if gap > 0:
            gaps += gap
            if gaps > 1000 + 10 * sum(len(one.text) for one in chunks):
                raise InputError(_unplaced(number, chunk, text))
            text += _space(text, gap)
        text += own[max(0, len(text) - at) :]
        last = at
    return text


def canonical(text: str) -> str:
    """The text with line ends of ``\\n`` only, each character where it was."""
    return text.replace("\r\n", " \n").replace("\r", "\n")


def _place(text: str, chunk: str, start: int | None, last: int) -> int | None:
    """Where the chunk goes: where it says, if what is known does not speak against it, else where it is found."""
    shared = _overlap(text, chunk)
    if start is not None and start >= last:  # chunks come in the order of the text
        gap = start - len(text)
        if gap < 0 and text[start : start + len(chunk)] == chunk[: len(text) - start]:
            return start
        if gap >= 0 and (gap <= STRIPPED or shared < OVERLAP):
            return start
    within = text.find(chunk, last)
    if within >= 0 and chunk:
        return within
    return len(text) - shared if shared >= OVERLAP else None


def _before(chunk: str, following: Placed | None, known: int) -> int | None:
    """Where the chunk goes by what it shares with the one after it."""
    if following is None or following.start is None or following.start < 0:
        return None
    shared = _overlap(chunk, canonical(following.text))
    at = following.start + shared - len(chunk)
    return at if shared >= OVERLAP and at >= known else None


def _overlap(text: str, chunk: str) -> int:
    """How many characters the end of ``text`` and the beginning of ``chunk`` share at most."""
    longest = min(len(text), len(chunk), LONGEST_OVERLAP)
    end = text[len(text) - longest :]
    return next((size for size in range(longest, OVERLAP - 1, -1) if end.endswith(chunk[:size])), 0)


def _space(text: str, size: int) -> str:
    """White space for what was stripped: a blank line where there is room for one."""
    if size == 1:
        return "\n" if text.endswith((".", "!", "?", ":", ";")) else " "
    return "\n\n" + " " * (size - 2)


def _unplaced(number: int, chunk: Placed, text: str) -> str:
    shown = " ".join(chunk.text.split())
    shown = f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown
    if chunk.start is None or chunk.start < 0:
        said = f"has no place in the text (start_index {'missing' if chunk.start is None else chunk.start})"
    elif chunk.start < len(text):
        said = f"says that it starts at character {chunk.start:,}, where another text stands,"
    else:
        said = f"says that it starts at character {chunk.start:,}, far from what comes before it,"
    return f"chunk {number + 1} ({shown!r}) {said} and its neighbours do not show where it does{_ADVICE}"
