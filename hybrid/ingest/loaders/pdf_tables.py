"""The cells of tables in a PDF: pypdf's text runs them together with single blanks, its layout shows where they part.

Of a line whose words stand in columns, in line with those of its neighbours, the blank between two cells becomes a tab.
Nothing else changes, so that offsets and words are those of the plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_LABEL = re.compile(r"\(?(?:[a-zA-Z]|[ivxlcIVXLC]{1,6}|(?:\d{1,3}\.)*\d{0,3})[.)]?|[-•*▪◦●–]")
_NEAR = 2
"""Lines of a table that a blank line or two part in the layout."""
_WIDE = 3
"""Blanks that two lines share between two cells: stretched lines of prose have gaps of two here and there."""

Gap = tuple[int, int]


def with_tabs(text: str, layout: str) -> str:
    """``text`` with a tab between the cells of tables.

    Args:
        text: of a page, as pypdf extracts it.
        layout: the same page in pypdf's layout mode.

    Example:
        >>> with_tabs("Fruit Tonnes\\nWild plums 12", "Fruit        Tonnes\\nWild plums       12")
        'Fruit\\tTonnes\\nWild plums\\t12'
    """
    rows = _rows(layout)
    made, at = [], 0
    for line in text.split("\n"):
        words = line.split()
        found = next((place for place in range(at, len(rows)) if rows[place][0] == words), None) if words else None
        if found is None:
            found = next((place for place in range(at) if rows[place][0] == words), None) if words else None
        if found is None or not rows[found][1]:
            made.append(line)
        else:
            made.append(_tabbed(line, rows[found][1]))
        at = found + 1 if found is not None else at
    return "\n".join(made)


def _rows(layout: str) -> list[tuple[list[str], list[int]]]:
    """Of each line of the layout its words, and after how many of them a cell ends; the latter only of a table."""
    lines = [line for line in layout.split("\n") if line.strip()]
    gaps = [_gaps(line) for line in lines]
    rows = []
    for at, line in enumerate(lines):
        around = [*gaps[max(0, at - _NEAR) : at], *gaps[at + 1 : at + 1 + _NEAR]]
        in_line = any(_in_line(gaps[at], other) for other in around)
        ends = [len(line[:start].split()) for start, _ in gaps[at]] if in_line else []
        rows.append((line.split(), ends))
    return rows


def _gaps(line: str) -> list[Gap]:
    """Where cells part, but not after the number of a clause or the mark of a list."""
    found = [match.span() for match in _GAP.finditer(line)]
    return [] if len(found) == 1 and _LABEL.fullmatch(line[: found[0][0]].strip()) else found


def _in_line(one: Sequence[Gap], other: Sequence[Gap]) -> bool:
    """Whether every gap of the line with fewer is above or below one of the other, by `_WIDE` columns or by the start
    of its next cell."""
    few, many = sorted((one, other), key=len)
    return bool(few) and all(any(min(b, d) - max(a, c) >= _WIDE or b == d for c, d in many) for a, b in few)


def _tabbed(line: str, ends: Sequence[int]) -> str:
    """The line with the blanks after these counts of words as tabs."""
    cut = set(ends)
    made, count = [], 0
    for piece in re.split(r"(\s+)", line):
        if piece.isspace():
            made.append("\t" + piece[1:] if count in cut else piece)
        else:
            made.append(piece)
            count += bool(piece)
    return "".join(made)
