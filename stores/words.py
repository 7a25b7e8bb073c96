"""Words as full text compares them: cut by the tokenizer of the SQLite in Python's library, in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from threading import Lock

TOKENIZER = "porter unicode61 remove_diacritics 2"
_TABLES = (
    f"CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='{TOKENIZER}')",
    "CREATE VIRTUAL TABLE instances USING fts5vocab(words, 'instance')",
)


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
            found[number].append(word)
        return found

    def close(self) -> None:
        """Free the memory."""
        self._database.close()
