"""Cells of a table that reach over several rows and columns: each row carries what stands in it."""

from __future__ import annotations

import re

MOST = 1000
"""Rows or columns that a cell may reach over: what HTML allows of columns."""
_LONGEST = 200  # characters of a cell that is repeated: a longer one is text beside a table, and no label of its rows
_AMOUNT = re.compile(r"[-−+(]?\s*(?:[$€£¥]|[A-Z]{3}\s)?\s*[-−]?\d[\d.,'’ \u00a0\u202f]*\)?\s*(?:[$€£¥]|[A-Z]{3})?")
_LABEL = re.compile(r"(?:19|20)\d\d|0\d+")


def carried(text: str) -> str:
    """What a cell says in the rows below its first: its text, but not an amount, which a sum would count again.

    Example:
        >>> [carried(one) for one in ("North", "2024", "007", "£1,200.00", "40")]
        ['North', '2024', '007', '', '']
    """
    if len(text) > _LONGEST or (_AMOUNT.fullmatch(text) and not _LABEL.fullmatch(text)):
        return ""
    return text


class Spans:
    """Where the cells of a table stand. A cell that covers columns has them empty but for its first.

    Example:
        >>> spans = Spans()
        >>> spans.start_row(); spans.covered(); spans.place("North", rows=2); spans.place("Ann")
        []
        >>> spans.start_row(); spans.covered(), spans.at
        (['North'], 1)
    """

    def __init__(self) -> None:
        self.at = 0
        self._below: dict[int, tuple[int, str]] = {}

    def start_row(self) -> None:
        """Go to the first place of the next row."""
        self.at = 0

    def covered(self, *, to_end: bool = False) -> list[str]:
        """What cells of rows above say at the next places, which it moves past; ``to_end``: to the right end."""
        found = []
        while self.at in self._below or (to_end and any(at > self.at for at in self._below)):
            rows, text = self._below.pop(self.at, (0, ""))
            found.append(text)
            if rows > 1:
                self._below[self.at] = rows - 1, text
            self.at += 1
        return found

    def place(self, text: str, columns: int = 1, rows: int = 1) -> None:
        """Put a cell at this place, and go past it."""
        columns, rows = max(1, min(columns, MOST)), max(1, rows)
        for at in range(self.at, self.at + columns):
            if rows > 1:
                self._below[at] = rows - 1, carried(text) if at == self.at else ""
        self.at += columns
