"""Words as full text compares them, the same in PostgreSQL as in SQLite.

PostgreSQL's own parsers cut and stem otherwise: they make one token of an e-mail address, and know no Unicode folding.
So chunks and questions are cut by the tokenizer that the embedded catalog has, and PostgreSQL is given the words with
their positions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hybrid.stores import words

LONGEST = 2046
"""Bytes of a word that a tsvector can hold; the rest of a longer one does not count."""
MOST_BYTES = 1_000_000
"""Of the words of a tsvector with their positions; PostgreSQL takes 1,048,575, alignment included. Later words of a
chunk are found by no search, and the texts in its document are compared whole (`fits`)."""
MOST_PLACES = 255
"""Of one word in a tsvector; PostgreSQL leaves later ones out."""
LAST_POSITION = 16_383
"""Of a tsvector: PostgreSQL takes all later words for this one. A chunk of the default size ends long before."""


class Tokenizer(words.Tokenizer):
    """Cuts texts into words that a tsvector can hold. For any threads."""

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """The words of each text, in their order."""
        return [[_shortened(word) for word in each] for each in super().cut(texts)]


def _shortened(word: str) -> str:
    return word if len(word) < LONGEST // 4 else word.encode()[:LONGEST].decode(errors="ignore")


def vector(of: Sequence[str]) -> str:
    """Words with their positions, as PostgreSQL reads a tsvector.

    Example:
        >>> vector(["it's", "a", "a"])
        "'it''s':1 'a':2,3"
    """
    positions: dict[str, list[int]] = {}
    size = 0
    for at, word in enumerate(of, 1):
        size += _PLACE if word in positions else len(word.encode()) + _WORD
        if size > MOST_BYTES:
            break
        positions.setdefault(word, []).append(min(at, LAST_POSITION))
    return " ".join(f"{quoted(word)}:{','.join(map(str, at))}" for word, at in positions.items())


def fits(of: Sequence[str]) -> bool:
    """Whether a tsvector holds all of these words with their positions."""
    if len(of) <= MOST_PLACES:
        return True  # of at most 2,046 bytes each
    if len(of) >= LAST_POSITION or max(Counter(of).values()) > MOST_PLACES:
        return False
    return sum(len(word.encode()) + _WORD for word in set(of)) + len(of) * _PLACE <= MOST_BYTES


_WORD, _PLACE = 6, 2  # bytes besides a word's own: how many places, the first of them, and alignment; each other place


def quoted(word: str) -> str:
    """A word as it stands in a tsvector or a tsquery."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
