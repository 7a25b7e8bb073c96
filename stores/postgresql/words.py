"""Words as full text compares them, the same in PostgreSQL as in SQLite.

PostgreSQL's own parsers cut and stem otherwise: they make one token of an e-mail address, and know no Unicode folding.
So chunks and questions are cut by the tokenizer that the embedded catalog has, that of the SQLite in Python's library,
in memory; PostgreSQL is given the words with their positions.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from threading import Lock

_TABLES = (
    "CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2')",
    "CREATE VIRTUAL TABLE instances USING fts5vocab(words, 'instance')",
)
LONGEST = 2046
"""Bytes of a word that a tsvector can hold; the rest of a longer one does not count."""
MOST_BYTES = 1_000_000
"""Of the words of a tsvector with their positions; PostgreSQL takes 1,048,575, alignment included. Later words of a
chunk are found by no search, and the texts in its document are compared whole (`fits`)."""
MOST_PLACES = 255
"""Of one word in a tsvector; PostgreSQL leaves later ones out."""
LAST_POSITION = 16_383
"""Of a tsvector: PostgreSQL takes all later words for this one. A chunk of the default size ends long before."""


class Tokenizer:
    """Cuts texts into words: lower case, without accents, stemmed. For any threads.

    Example:
        >>> Tokenizer().cut(["The café, terminated.", "12.3(b)"])
        [['the', 'cafe', 'termin'], ['12', '3', 'b']]
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._lock = Lock()
        for statement in _TABLES:
            self._database.execute(statement)

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """The words of each text, in their order."""
        found: list[list[str]] = [[] for _ in texts]
        with self._lock:
            self._database.execute("INSERT INTO words(words) VALUES ('delete-all')")
            self._database.executemany("INSERT INTO words(rowid, text) VALUES (?, ?)", enumerate(texts))
            rows = self._database.execute("SELECT doc, term FROM instances ORDER BY doc, offset").fetchall()
        for number, word in rows:
            found[number].append(_shortened(word))
        return found

    def close(self) -> None:
        """Free the memory."""
        self._database.close()


def _shortened(word: str) -> str:
    return word if len(word) < LONGEST // 4 else word.encode()[:LONGEST].decode(errors="ignore")


def vector(words: Sequence[str]) -> str:
    """Words with their positions, as PostgreSQL reads a tsvector.

    Example:
        >>> vector(["it's", "a", "a"])
        "'it''s':1 'a':2,3"
    """
    positions: dict[str, list[int]] = {}
    size = 0
    for at, word in enumerate(words, 1):
        size += _PLACE if word in positions else len(word.encode()) + _WORD
        if size > MOST_BYTES:
            break
        positions.setdefault(word, []).append(min(at, LAST_POSITION))
    return " ".join(f"{quoted(word)}:{','.join(map(str, at))}" for word, at in positions.items())


def fits(words: Sequence[str]) -> bool:
    """Whether a tsvector holds all of these words with their positions."""
    if len(words) <= MOST_PLACES:
        return True  # of at most 2,046 bytes each
    if len(words) >= LAST_POSITION or max(Counter(words).values()) > MOST_PLACES:
        return False
    return sum(len(word.encode()) + _WORD for word in set(words)) + len(words) * _PLACE <= MOST_BYTES


_WORD, _PLACE = 6, 2  # bytes besides a word's own: how many places, the first of them, and alignment; each other place


def quoted(word: str) -> str:
    """A word as it stands in a tsvector or a tsquery."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
