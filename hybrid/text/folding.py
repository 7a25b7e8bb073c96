"""Text as it is compared: ligatures in letters, words whole that a line's end or an invisible character parts, and the
words of scripts that put no space between them.

For search and comparison only. Quotes and offsets are of the text as it stands in the document.
"""

from __future__ import annotations

import re
from itertools import chain
from unicodedata import category, decomposition, is_normalized, normalize

EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)")
"""Marks of bold and italic text, as in Markdown."""
INVISIBLE = frozenset(
    chain(
        (0xAD, 0x34F, 0x61C, 0x640, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),  # soft hyphen, fillers
        *(range(first, last + 1) for first, last in ((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E))),
        *(range(first, last + 1) for first, last in ((0x2060, 0x206F), (0xFE00, 0xFE0F), (0xE0000, 0xE007F))),
        range(0xE0100, 0xE01F0),  # variants of a character, as those from U+FE00 are
    )
)
"""Code points of no width: joiners, word joiners, marks of direction, and what chooses a character's shape."""
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]+"
)
"""Marks that no letter takes up (NFC) and vowel points: a word is written with or without them."""
_OTHER_THINGS = ("<super>", "<sub>", "<fraction>", "<circle>", "<noBreak>")
"""Raised digits are marks of notes, and a circled number is no part of the word beside it."""
_KEEPS_HYPHEN = r"(?:non|self|co|pre|post|re|ex|anti|cross|well|long|short|third|first|half|sub|inter|multi|semi|all)"
_HYPHENATED = re.compile(rf"(?<![\w-])(?!(?i:{_KEEPS_HYPHEN})[-‐])([^\W\d_]{{2,}})[-‐]\n(?=[^\W\d_]{{2,}})")
_CJK = (
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_CJK}]+")
_LAST_RUN = re.compile(rf"([{_CJK}]+)(?=[\W_]*\Z)")
_KANA = re.compile(r"[\u3041-\u309f]*\Z")
"""Hiragana, in which Japanese writes what other languages have for stop words, and endings."""


class _Folds(dict[int, str | None]):
    """What each character is compared as; looked up in Unicode's tables when it is first met."""

    def __missing__(self, code: int) -> str | None:
        found = self[code] = _fold(chr(code))
        return found


def _fold(character: str) -> str | None:
    if ord(character) in INVISIBLE:
        return None
    kind, other = category(character), decomposition(character)
    if not other.startswith("<") or other.startswith(_OTHER_THINGS):
        return character
    plain = normalize("NFKC", character)
    if kind[0] == "L" or kind in ("Nd", "Nl") or (kind == "So" and any(map(str.isalpha, plain))):
        return plain
    return character


_TABLE = _Folds({0x2010: "-", 0x2011: "-"})


def folded(text: str) -> str:
    """``text`` with ligatures, full-width and presentation forms as plain letters, accents as part of their letters
    (NFC), without characters of no width, and with words that are hyphenated at a line's end in one piece. Raised
    digits stay what they are.

    Example:
        >>> folded("The aﬃli\\u00adate's indem-\\nnification is 48,000²")
        "The affiliate's indemnification is 48,000²"
    """
    text = plain_characters(text)
    return joined_lines(text) if "-\n" in text else text


def plain_characters(text: str) -> str:
    """`folded`, character by character: lines stay as they are."""
    if text.isascii():
        return text
    text = text.translate(_TABLE)
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    return _MARKS.sub("", text)


def joined_lines(text: str, mark: str = "") -> str:
    """``text`` with words in one piece that are hyphenated at a line's end, with ``mark`` where the hyphen was."""
    return _HYPHENATED.sub(lambda part: part[1] + mark if part.string[part.end()].islower() else part[0], text)


def search_text(text: str) -> str:
    """``text`` as full text indexes it: `folded`, and Chinese, Japanese and Korean in pairs of characters, one
    beginning at each; the last character of a run stands by itself.

    Example:
        >>> search_text("第3条 秘密保持")
        ' 第 3 条   秘密 密保 保持 持 '
    """
    text = folded(text)
    return text if text.isascii() else _RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def search_phrase(text: str) -> tuple[str, bool]:
    """The words of ``text`` that `search_text` has wherever a document has ``text``, and whether the last of them is
    the beginning of one.

    Example:
        >>> search_phrase("秘密"), search_phrase("第3条")
        ((' 秘密 ', False), (' 第 3 条 ', True))
    """
    text = folded(text)
    last = None if text.isascii() else _LAST_RUN.search(text)
    if last is None:
        return search_text(text), False
    pairs = _pairs(last[0])
    return f"{search_text(text[: last.start()])} {' '.join(pairs[:-1] or pairs)} ", len(pairs) == 1


def search_terms(word: str) -> list[str]:
    """The words to look for where ``word`` is looked for and need not stand as a whole: itself, or the pairs of
    characters of Chinese, Japanese and Korean in it, those in hiragana only where there are no others.

    Example:
        >>> search_terms("agreement"), search_terms("契約の終了日")
        (['agreement'], ['契約', '約の', 'の終', '終了', '了日'])
    """
    if word.isascii() or not _RUN.search(word):
        return [word]
    found: list[str] = []
    at = 0
    for run in _RUN.finditer(word):
        found += [word[at : run.start()], *(_pairs(run[0])[:-1] or [run[0]])]
        at = run.end()
    found = [one for one in [*found, word[at:]] if one]
    return [one for one in found if not _KANA.match(one)] or found


def begins_in_cjk(text: str) -> bool:
    """Whether the first character is Chinese, Japanese or Korean, which needs no space before it."""
    return _RUN.match(text) is not None


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]
