"""Sentences out of text that is still being written, piece by piece.

The counterpart of `hybrid.answering.generators.cleaned` for an answer that is told while it is made: the same
labels, bullets and marks are left out, and a sentence ends where `hybrid.text.sentences` ends it. What comes
out depends on the text alone, never on where one piece of it stopped and the next began.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hybrid.text import sentences

_LABELS = ("answer:", "short answer:", "response:", "assistant:")
_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])(?:\s|$)")
_MAYBE_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)]?)?")
_STOPPED = re.compile(r"""[.!?]+['"”’)\]]*$""")
_WORD_THEN_MORE = re.compile(r"""[^\w]*[^\W_]+[\W_]""")
_SPECIAL = re.compile(r"<\|[^|>]{1,40}\|>")
_MAYBE_SPECIAL = re.compile(r"<(?:\|(?:[^|>]{1,40}(?:\|)?)?)?")
_UNLIMITED = 10**9


class SentenceStream:
    """Takes pieces of text in, and says what to show and where a sentence is whole.

    Args:
        show: called with text of the sentence being written, white space collapsed, as soon as it is certain.
        whole: called with each sentence once it has been shown to its end.

    Example:
        >>> stream = SentenceStream(lambda text: None, print)
        >>> for piece in ("Answer: It rai", "ned. The sa", "lt was wet."):
        ...     stream.feed(piece)
        It rained.
        >>> stream.end()
        The salt was wet.
    """

    def __init__(self, show: Callable[[str], None], whole: Callable[[str], None]) -> None:
        self._show = show
        self._whole = whole
        self._raw = ""  # not yet cleaned: the beginning of what may be a mark
        self._head: str | None = ""  # the first characters, while they may be a label
        self._sentence = ""  # what was shown of the sentence so far
        self._waiting = ""  # cleaned, not yet shown: it may belong to the next sentence
        self._gap = "\n"  # white space before what comes next; what comes first starts a line
        self._bullet: str | None = None  # the first characters of a line, while they may be a bullet
        self._fresh = ""  # certain, and shown at the end of the piece

    def feed(self, piece: str) -> None:
        """Take in the next piece."""
        self._raw += piece
        self._clean(final=False)
        self._flush()

    def end(self) -> None:
        """There is no more: what was held back comes out, and the last sentence is whole."""
        self._clean(final=True)
        self._release_head()
        self._release_bullet()
        self._settle(final=True)
        self._finish()

    # From raw text to clean characters --------------------------------------------------------------

    def _clean(self, *, final: bool) -> None:
        """Take special tokens and ``**`` out of the raw text, as far as it is certain where they are."""
        while self._raw:
            character = self._raw[0]
            if character == "<":
                special = _SPECIAL.match(self._raw)
                if special:
                    self._raw = self._raw[special.end() :]
                    self._take(" ")
                    continue
                if not final and _MAYBE_SPECIAL.fullmatch(self._raw):
                    return
            elif character == "*":
                if self._raw.startswith("**"):
                    self._raw = self._raw[2:]
                    continue
                if not final and len(self._raw) == 1:
                    return
            self._raw = self._raw[1:]
            self._take(character)

    def _take(self, character: str) -> None:
        if self._head is None:
            self._line(character)
            return
        self._head += character
        begun = " ".join(self._head.split()).lower()
        if begun in _LABELS:
            self._head = None
        elif not any(label.startswith(begun) for label in _LABELS):
            self._release_head()

    def _release_head(self) -> None:
        held, self._head = self._head, None
        for character in held or "":
            self._line(character)

    # From characters to lines: white space collapses, bullets go ------------------------------------

    def _line(self, character: str) -> None:
        if character.isspace() and self._bullet is None:
            self._gap += character
            return
        if self._bullet is None and self._gap and "\n" in self._gap:
            self._bullet = ""
        if self._bullet is None:
            self._word(character)
            return
        self._bullet += character
        if _BULLET.fullmatch(self._bullet):
            self._bullet, self._gap = None, "\n\n"
        elif not _MAYBE_BULLET.fullmatch(self._bullet):
            self._release_bullet()

    def _release_bullet(self) -> None:
        held, self._bullet = self._bullet, None
        for character in held or "":
            if character.isspace():
                self._gap += character
            else:
                self._word(character)

    def _word(self, character: str) -> None:
        """A character that stays; the white space before it is one space, or ends the sentence."""
        if self._gap.count("\n") > 1 and (self._sentence or self._waiting):
            self._settle(final=True)
            self._finish()
        elif self._gap and (self._sentence or self._waiting):
            self._waiting += " "
        self._gap = ""
        self._waiting += character
        self._settle(final=False)

    # From words to sentences ------------------------------------------------------------------------

    def _settle(self, *, final: bool) -> None:
        """Show what waits, unless the word after a full stop has yet to tell whether a sentence ended there."""
        if _STOPPED.search(self._sentence) and self._waiting.startswith(" "):
            if not final and not _WORD_THEN_MORE.match(self._waiting):
                return
            text = self._sentence + self._waiting
            first = sentences.spans(text, _UNLIMITED)[0][1]
            if first <= len(self._sentence):
                waiting, self._waiting = self._waiting.lstrip(), ""
                self._finish()
                self._waiting = waiting
        self._sentence += self._waiting
        self._fresh += self._waiting
        self._waiting = ""

    def _finish(self) -> None:
        self._flush()
        sentence, self._sentence = self._sentence, ""
        if any(letter.isalnum() for letter in sentence):
            self._whole(sentence)

    def _flush(self) -> None:
        if self._fresh and any(letter.isalnum() for letter in self._sentence):
            fresh, self._fresh = self._fresh, ""
            self._show(fresh)
        elif not self._sentence:
            self._fresh = ""
