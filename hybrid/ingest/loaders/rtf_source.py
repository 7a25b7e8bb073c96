"""RTF as its reader sees it: what is hidden, struck or deleted goes, footnotes, headers and comments stay, and raised
digits are written so that they do not run into the number before them.

The library that reads RTF shows the former, leaves out the second without a word and knows no superscripts, so its
source is rewritten first. Source: Rich Text Format specification 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from hybrid.ingest.loaders.raised import subscript, superscript
from hybrid.ingest.loaders.rtf_groups import with_boxes, without_binary

_TOKEN = re.compile(rb"\\'[0-9a-fA-F]{2}|\\([a-z]+)(-?\d+)? ?|\\[^a-z]|[{}]|[^\\{}]+", re.DOTALL)
_OFF = {b"v": "hidden", b"strike": "struck", b"striked": "struck", b"deleted": "deleted"}
_NOTED = {**_OFF, b"revised": "inserted"}
_HEIGHT = {b"super": "super", b"sub": "sub", b"nosupersub": "", b"up": "super", b"dn": "sub"}
_BREAKS = frozenset({b"par", b"line", b"tab", b"cell", b"row", b"nestcell", b"nestrow", b"page", b"sect"})
_AUTHORS, _DATES = frozenset({b"revauth", b"revauthdel"}), frozenset({b"revdttm", b"revdttmdel"})
_REVISION_TABLE = re.compile(rb"\\\*\\revtbl\s*((?:\{[^{}]*\}\s*)*)")
_CODE_PAGE = re.compile(rb"\\ansicpg\d+")
_SHOWN = {
    b"footnote": (rb" [", rb"]"),
    b"annotation": (rb" [Comment] ", b" "),
    **{f"{name}{pages}".encode(): (b"", rb"\par ") for name in ("header", "footer") for pages in ("", "l", "r", "f")},
}
"""Groups that the library leaves out, and what stands before and after their text instead."""


@dataclass(frozen=True)
class _State:
    off: frozenset[str] = frozenset()
    is_inserted: bool = False
    height: str = ""  # "super", "sub", or empty on the line
    author: int = 0  # in the table of revisions
    when: int = 0  # as RTF packs a date
    is_ignored: bool = False  # a group that shows nothing
    after: bytes = b""


@dataclass
class Rewritten:
    """The source to read; and by kind (``struck``, ``hidden``, ``deleted``, ``inserted``) the runs of text that are not
    shown, or were written in as a tracked change: each as RTF, and who changed it and when."""

    data: bytes
    noted: dict[str, list[tuple[bytes, str]]] = field(default_factory=dict)


def rewritten(data: bytes) -> Rewritten:
    """The source without what its reader does not see, and with what stands in groups of its own.

    Example:
        >>> rewritten(rb"{\\rtf1 9{\\v 8}{\\footnote Net.}, 48,000{\\super 2}}").data
        b'{\\\\rtf1 9{\\\\v }{ [Net.]}, 48,000{\\\\super [2]}}'
    """
    return _Rewriting(data).result()


class _Rewriting:
    def __init__(self, data: bytes) -> None:
        self._data = data = with_boxes(without_binary(data))
        self._made: list[bytes] = []
        self._state = _State()
        self._line = ""  # the end of the line that is being written
        self._raised: tuple[int, str, str] | None = None  # where raised text stands, which height, and what it is
        self._noted: dict[str, list[tuple[bytes, str]]] = {}
        self._last_noted: tuple[str, ...] = ()
        self._commenter = b""
        self._is_commenter = False  # whether what is read is the name
        table = _REVISION_TABLE.search(data)
        names = re.findall(rb"\{([^{}]*)\}", table[1]) if table else []
        self._authors = [name.decode("latin-1").strip().rstrip(";") for name in names]

    def result(self) -> Rewritten:
        stack: list[_State] = []
        for match in _TOKEN.finditer(self._data):
            token, word = match[0], match[1]
            if token == b"{":
                stack.append(self._state)
                self._state = replace(self._state, after=b"")
                self._made.append(token)
            elif token == b"}":
                self._is_commenter = False
                self._made += [self._state.after, token]
                self._state = stack.pop() if stack else _State()
            elif word is not None and self._switch(word, match[2]):
                self._made.append(token)
            elif word in _SHOWN and self._made and self._made[-1] in (b"{", b"\\*"):
                self._open(word)
            elif _is_text(token, word):
                self._text(token, word)
            else:
                if token == b"\\*" and self._made and self._made[-1] == b"{":
                    self._state = replace(self._state, is_ignored=True)
                if word == b"atnauthor":
                    self._commenter, self._is_commenter = b"", True
                if word in _BREAKS:
                    self._end_raised()
                    self._line = ""
                self._made.append(rb"\tab " if word in (b"cell", b"nestcell") else token)
        self._end_raised()
        return Rewritten(b"".join(self._made), self._noted)

    def _switch(self, word: bytes, given: bytes | None) -> bool:
        """Whether the word changes how text is shown; then it does so from here on."""
        state, is_on = self._state, given != b"0"
        if word in _OFF:
            kinds = frozenset({_OFF[word]})
            self._state = replace(state, off=state.off | kinds if is_on else state.off - kinds)
        elif word == b"revised":
            self._state = replace(state, is_inserted=is_on)
        elif word in _HEIGHT:
            self._state = replace(state, height=_HEIGHT[word] if is_on else "")
        elif word in _AUTHORS:
            self._state = replace(state, author=int(given or 0))
        elif word in _DATES:
            self._state = replace(state, when=int(given or 0))
        elif word == b"plain":
            self._state = replace(state, off=frozenset(), is_inserted=False, height="")
        else:
            return False
        return True

    def _open(self, word: bytes) -> None:
        """A group that the library leaves out begins, and is shown."""
        self._end_raised()
        if self._made[-1] == b"\\*":
            self._made.pop()
        before, after = _SHOWN[word]
        if word == b"annotation" and self._commenter.strip():
            before = b" [Comment, " + self._commenter.strip() + b"] "
            self._commenter = b""
        self._state = replace(self._state, after=after, height="", is_ignored=False)
        self._line = ""
        self._made.append(before)

    def _text(self, token: bytes, word: bytes | None) -> None:
        state = self._state
        if self._is_commenter:
            self._commenter += token
        if state.is_ignored:
            if not state.off:
                self._made.append(token)
            return
        kinds = tuple(sorted(state.off)) or (("inserted",) if state.is_inserted else ())
        for kind in kinds:
            self._note(kind, token)
        if token.strip():
            self._last_noted = kinds
        if state.off:
            return
        is_plain = word is None and not token.startswith(b"\\")
        if not state.height or not is_plain:
            self._end_raised()
            self._made.append(token)
            self._line = (self._line + (token.decode("latin-1").strip("\r\n") if is_plain else "x"))[-8:]
            return
        text = token.decode("latin-1").replace("\r", "").replace("\n", "")
        if self._raised is not None and self._raised[1] == state.height:
            self._raised = self._raised[0], state.height, self._raised[2] + text
        elif text:
            self._end_raised()
            self._raised = len(self._made), state.height, text
            self._made.append(b"")

    def _end_raised(self) -> None:
        """Write the raised text that has come so far, whose groups may have ended since, in its place."""
        if self._raised is not None:
            place, height, text = self._raised
            self._raised = None
            shown = (superscript if height == "super" else subscript)(self._line, text)
            self._made[place] = b"".join(
                char.encode("latin-1") if ord(char) < 0x100 and char not in "¹²³" else b"{\\uc1\\u%d?}" % ord(char)
                for char in shown
            )
            self._line = (self._line + shown)[-8:]

    def _note(self, kind: str, token: bytes) -> None:
        who = ""
        if kind in ("deleted", "inserted"):
            name = self._authors[self._state.author] if self._state.author < len(self._authors) else ""
            who = ", ".join(part for part in (name, _day(self._state.when)) if part)
        runs = self._noted.setdefault(kind, [])
        if runs and kind in self._last_noted and runs[-1][1] == who:
            runs[-1] = runs[-1][0] + token, who
        elif token.strip():
            runs.append((token, who))


def standing_alone(run: bytes, source: bytes) -> bytes:
    """A run of text as an RTF document of its own, in the code page of the document ``source``."""
    page = _CODE_PAGE.search(source)
    return b"{\\rtf1\\ansi" + (page[0] if page else b"") + b" " + run + b"}"


def _day(packed: int) -> str:
    """The day of a date as RTF packs it: the bits of minute, hour, day, month, years since 1900."""
    try:
        return date((packed >> 20 & 0x1FF) + 1900, packed >> 16 & 0xF, packed >> 11 & 0x1F).isoformat()
    except ValueError:  # none was given
        return ""


def _is_text(token: bytes, word: bytes | None) -> bool:
    if word is not None:
        return word == b"u"
    return not token.startswith((b"\\", b"{", b"}")) or token.startswith(b"\\'")
