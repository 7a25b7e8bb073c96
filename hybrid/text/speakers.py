"""Who speaks where in a transcript: a text whose lines begin with a name and a colon ("Ann Aaker: It was thin.")."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.text.lexicon import vocabulary

MIN_TURNS = 4
"""A letter has a line or two that begin so ("Note: ..."); a transcript goes on so. A reason, not a
measurement."""
_LABEL = re.compile(
    r"^[ \t]*(?:\[?\d\d?(?::\d\d){1,2}\]?[ \t]+)?(?P<name>[A-Z][\w.'’-]*(?: [A-Z(][\w.'’)-]*){0,4}):[ \t]+(?=\S)",
    re.MULTILINE,
)
_STOP = re.compile(r"[.?!…](?=\s|[\"'”’)]|$)|[。！？]")
_NOT_NAMES = vocabulary(
    "from to cc bcc sent date subject re attachments attachment note notes source title author version status tel fax"
)


@dataclass(frozen=True)
class Turn:
    """What one speaker says without a break: their words are ``[start, end)`` of the text."""

    speaker: str
    start: int
    end: int


def turns(text: str) -> tuple[Turn, ...]:
    """The turns of a transcript in order; none for any other text.

    Example:
        >>> [turn.speaker for turn in turns("Ann: Wet?\\nBob: Wet.\\nAnn: Why?\\nBob: Rain.")]
        ['Ann', 'Bob', 'Ann', 'Bob']
    """
    found = [match for match in _LABEL.finditer(text) if match["name"].lower() not in _NOT_NAMES]
    spoken = Counter(match["name"] for match in found)
    said = [match for match in found if spoken[match["name"]] > 1]
    if len(said) < MIN_TURNS or len({match["name"] for match in said}) < 2:
        return ()
    if 2 * said[0].start() > len(text):  # an appendix of a document that is something else
        return ()
    ends = [*(match.start() for match in found[1:]), len(text)]
    sentences = sum(bool(_STOP.search(text, match.end(), end)) for match, end in zip(found, ends, strict=True))
    if 2 * sentences < len(found):  # records of a form: "Name: x", "Files: y", "License: z", again and again
        return ()
    return tuple(Turn(match["name"], match.end(), end) for match, end in zip(found, ends, strict=True))


def at(spoken: Sequence[Turn], offset: int) -> Turn | None:
    """The turn that the character at ``offset`` belongs to, its label included; ``None`` before the first.

    Example:
        >>> at(turns("Ann: Wet?\\nBob: Wet.\\nAnn: Why?\\nBob: Rain."), 12).speaker
        'Bob'
    """
    after = bisect_right([turn.end for turn in spoken], offset)
    if after == len(spoken):
        return None
    turn = spoken[after]
    begins = spoken[after - 1].end if after else turn.start - len(turn.speaker) - 2
    return turn if offset >= begins else None
