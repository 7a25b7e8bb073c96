"""Text as it is compared: ligatures in letters, words whole that a line's end or an invisible character parts.

For search and comparison only. Quotes and offsets are of the text as it stands in the document.
"""

from __future__ import annotations

import re
from unicodedata import normalize

_LIGATURES = {code: normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()}
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))  # soft hyphen, zero-width space, word joiner, mark
_TABLE: dict[int, str | None] = {**_LIGATURES, **_FULL_WIDTH, **_INVISIBLE, 0x2011: "-"}
_KEEPS_HYPHEN = r"(?:non|self|co|pre|post|re|ex|anti|cross|well|long|short|third|first|half|sub|inter|multi|semi|all)"
_HYPHENATED = re.compile(rf"(?<![\w-])(?!(?i:{_KEEPS_HYPHEN})[-‐])([^\W\d_]{{2,}})[-‐]\n(?=[^\W\d_]{{2,}})")


def folded(text: str) -> str:
    """``text`` with ligatures and full-width letters as plain letters, without soft hyphens and zero-width spaces, and
    with words that are hyphenated at a line's end in one piece. Raised digits stay what they are.

    Example:
        >>> folded("The aﬃli\\u00adate's indem-\\nnification is 48,000²")
        "The affiliate's indemnification is 48,000²"
    """
    if not text.isascii():
        text = text.translate(_TABLE)
    return _HYPHENATED.sub(_joined, text) if "-\n" in text or "‐\n" in text else text


def _joined(match: re.Match[str]) -> str:
    after = match.string[match.end()]
    return match[1] if after.islower() else match[0]
