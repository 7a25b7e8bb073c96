"""Sentences out of text that is still being written, piece by piece.

Special tokens, ``**``, bullets and a label such as "Answer:" are left out, and a sentence ends where
`hybrid.text.sentences` ends it. What comes out depends on the text alone, never on where one piece of it stopped and
the next began.
"""

from __future__ import annotations

import re

from hybrid.text import sentences

LONGEST_PHRASE = 12
"""Words of an answer that needs no full stop ("30 June 2027"); a longer one without is a sentence cut off."""
_LABELS = ("answer:", "short answer:", "response:", "assistant:")
_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])(?:\s|$)")
_MAYBE_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)]?)?")
_STOPPED = re.compile(r"""[.!?]+['"”’)\]]*$""")
_CJK_STOPPED = re.compile(rf"[{sentences.CJK_STOPS}]+[{sentences.CJK_CLOSING}]*$")
_CJK_GOES_ON = sentences.CJK_STOPS + sentences.CJK_CLOSING  # after a stop they belong to the same sentence
_ENDS = tuple(".!?\"”’')" + _CJK_GOES_ON)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""Chinese and Japanese have no space between words: a character counts as one."""
_WORD_THEN_MORE = re.compile(r"""[^\w]*[^\W_]+[\W_]""")
_START = r"<\|im_start\|>\s*\w+"
_SPECIAL = re.compile(rf"{_START}|<\|[^|>]{{1,40}}\|>")
_MAYBE_SPECIAL = re.compile(r"<(?:\|(?:[^|>]{1,40}(?:\|)?)?)?|<\|im_start\|>\s*\w*")
_UNLIMITED = 10**9


class SentenceStream:
    """Takes pieces of text in and gives out sentences as they are whole, white space collapsed.

    Example:
        >>> stream = SentenceStream()
        >>> [stream.feed(piece) for piece in ("Answer: It rai", "ned. The sa", "lt was wet.")]
        [[], ['It rained.'], []]
        >>> stream.end()
        ['The salt was wet.']
    """

    def __init__(self) -> None:
        self._raw = ""  # not yet cleaned: the beginning of what may be a mark
        self._label: str | None = ""  # the first characters, while they may be a label
        self._gap = "\n"  # white space before what comes next; what comes first starts a line
        self._bullet: str | None = None  # the first characters of a line, while they may be a bullet
        self._sentence = ""  # certain to belong to the sentence that is being written
        self._next = ""  # cleaned, and may belong to the sentence after it
        self._whole: list[str] = []  # since the last piece
        self._given = 0

    def feed(self, piece: str) -> list[str]:
        """Take in the next piece: the sentences that are whole with it."""
        self._raw += piece
        self._clean(final=False)
        return self._given_out()

    def end(self, *, failed: bool = False) -> list[str]:
        """There is no more: the sentences that are left. One without an end is left out, because a sentence that was
        cut off may say something else; but not a short phrase that is all there is, unless who wrote it ``failed``."""
        self._clean(final=True)
        self._release_label()
        self._release_bullet()
        self._settle(final=True)
        last = self._sentence
        phrase = not failed and not self._given and not self._whole and len(_WORD.findall(last)) <= LONGEST_PHRASE
        if last.endswith(_ENDS) or phrase:
            self._finish()
        self._sentence = ""
        return self._given_out()

    def _given_out(self) -> list[str]:
        whole, self._whole = self._whole, []
        self._given += len(whole)
        return whole

    # From raw text to clean characters --------------------------------------------------------------

    def _clean(self, *, final: bool) -> None:
        """Take special tokens and ``**`` out of the raw text, as far as it is certain where they are."""
        while self._raw:
            character = self._raw[0]
            if character == "<":
                if not final and _MAYBE_SPECIAL.fullmatch(self._raw):
                    return
                special = _SPECIAL.match(self._raw)
                if special:
                    self._raw = self._raw[special.end() :]
                    self._take(" ")
                    continue
            elif character == "*":
                if self._raw.startswith("**"):
                    self._raw = self._raw[2:]
                    continue
                if not final and len(self._raw) == 1:
                    return
            self._raw = self._raw[1:]
            self._take(character)

    def _take(self, character: str) -> None:
        if self._label is None:
            self._line(character)
            return
        self._label += character
        begun = " ".join(self._label.split()).lower()
        if begun in _LABELS:
            self._label = None
        elif not any(label.startswith(begun) for label in _LABELS):
            self._release_label()

    def _release_label(self) -> None:
        characters, self._label = self._label, None
        for character in characters or "":
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
        characters, self._bullet = self._bullet, None
        for character in characters or "":
            if character.isspace():
                self._gap += character
            else:
                self._word(character)

    def _word(self, character: str) -> None:
        """A character that stays; the white space before it is one space, or ends the sentence."""
        if self._gap.count("\n") > 1 and (self._sentence or self._next):
            self._settle(final=True)
            self._finish()
        elif self._gap and (self._sentence or self._next):
            self._next += " "
        self._gap = ""
        self._next += character
        self._settle(final=False)

    # From words to sentences ------------------------------------------------------------------------

    def _settle(self, *, final: bool) -> None:
        """Join what comes next, unless the word after a full stop has yet to tell whether a sentence ended there."""
        if self._next.startswith(" ") and _STOPPED.search(self._sentence):
            if not final and not _WORD_THEN_MORE.match(self._next):
                return
            self._finish_if_ended()
        elif self._next and self._next[0] not in _CJK_GOES_ON and _CJK_STOPPED.search(self._sentence):
            self._finish_if_ended()  # a Chinese or Japanese stop needs no space, and the next character decides
        self._sentence += self._next
        self._next = ""

    def _finish_if_ended(self) -> None:
        """Finish the sentence if, with what comes next, the rules of `hybrid.text.sentences` end it here."""
        if sentences.spans(self._sentence + self._next, _UNLIMITED)[0][1] <= len(self._sentence):
            following, self._next = self._next.lstrip(), ""
            self._finish()
            self._next = following

    def _finish(self) -> None:
        sentence, self._sentence = self._sentence, ""
        if any(letter.isalnum() for letter in sentence):
            self._whole.append(sentence)
