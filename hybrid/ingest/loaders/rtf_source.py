"""RTF as its reader sees it: what is hidden, struck or deleted goes, footnotes, headers and comments stay.

The library that reads RTF shows the former and leaves out the latter without a word, so its source is rewritten first.
Source: Rich Text Format specification 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

_TOKEN = re.compile(rb"\\'[0-9a-fA-F]{2}|\\([a-z]+)(-?\d+)? ?|\\[^a-z]|[{}]|[^\\{}]+", re.DOTALL)
_OFF = {b"v": "hidden", b"strike": "struck", b"striked": "struck", b"deleted": "deleted"}
_SHOWN = {
    b"footnote": (rb" [", rb"]"),
    b"annotation": (rb" [Comment] ", b" "),
    **{f"{name}{pages}".encode(): (b"", rb"\par ") for name in ("header", "footer") for pages in ("", "l", "r", "f")},
}
"""Groups that the library leaves out, and what stands before and after their text instead."""


@dataclass(frozen=True)
class _State:
    off: frozenset[str] = frozenset()
    after: bytes = b""


@dataclass
class Rewritten:
    """The source to read, and which kinds of text were left out of it."""

    data: bytes
    left_out: list[str] = field(default_factory=list)


def rewritten(data: bytes) -> Rewritten:
    """The source without what its reader does not see, and with what stands in groups of its own.

    Example:
        >>> rewritten(rb"{\\rtf1 9{\\v 8}{\\footnote Net.}}").data
        b'{\\\\rtf1 9{\\\\v }{ [Net.]}}'
    """
    made: list[bytes] = []
    found = Rewritten(b"")
    stack, state = [], _State()
    for match in _TOKEN.finditer(data):
        token, word = match[0], match[1]
        if token == b"{":
            stack.append(state)
            state = replace(state, after=b"")
            made.append(token)
        elif token == b"}":
            made += [state.after, token]
            state = stack.pop() if stack else _State()
        elif word in _OFF:
            kind = _OFF[word]
            state = replace(state, off=state.off - {kind} if match[2] == b"0" else state.off | {kind})
            made.append(token)
        elif word == b"plain":
            state = replace(state, off=frozenset())
            made.append(token)
        elif word in _SHOWN and made and made[-1] in (b"{", b"\\*"):
            if made[-1] == b"\\*":
                made.pop()
            before, after = _SHOWN[word]
            state = replace(state, after=after)
            made.append(before)
        elif state.off and _is_text(token, word):
            if token.strip():
                found.left_out += [kind for kind in sorted(state.off) if kind not in found.left_out]
        else:
            made.append(token)
    found.data = b"".join(made)
    return found


def _is_text(token: bytes, word: bytes | None) -> bool:
    return word == b"u" or (word is None and not token.startswith(b"\\")) or token.startswith(b"\\'")
