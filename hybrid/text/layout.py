"""What a document's text is made of: running lines, tables with their rows, and sentences; each an exact span.

Running lines (page heads, feet, numbers) are no part of any sentence. A sentence that goes on over a page's end is one
unit of two parts with the running lines between them. A table's row is a unit, whose first part is the table's heading.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from cachetools import LRUCache, cached

from hybrid.text import running_lines, sentences, tables

Span = tuple[int, int]

LONGEST = 2 * sentences.MAX_CHARS
"""Characters of a unit with the running lines inside it; no longer one is made."""
CACHED_CHARS = 12_000_000
"""Characters of texts whose layouts are cached: those of 10,000 chunks and more; layouts take about four times as many
bytes. A bound of memory, not a measurement."""
RUNNING_TEXT = "running_text"
"""The key of `Metadata.extra` under which a loader that knows them (DOCX) names the spans of headers and footers, as
"0-71 18900-18998"."""
_ENDS = re.compile(r"[.!?:;][\"”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or a row of a table: ``[start, end)`` of the text.

    ``parts`` are the spans that say it: one, or several where running lines stand inside it. ``heading`` is that of the
    table whose row it is.
    """

    start: int
    end: int
    parts: tuple[Span, ...]
    heading: Span | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """What is quoted of it: its parts, below its heading."""
        return (self.heading, *self.parts) if self.heading else self.parts

    def text(self, whole: str) -> str:
        """What it says, its parts joined by line ends and a row under its heading."""
        return "\n".join(whole[start:end] for start, end in self.spans)


@dataclass(frozen=True)
class Layout:
    """The units of a text in order, none overlapping; its running lines, and its tables. ``chars`` is its length."""

    units: tuple[Unit, ...]
    running: tuple[Span, ...]
    tables: tuple[tables.Table, ...]
    chars: int = 0
    _starts: list[int] = field(default_factory=list, compare=False, repr=False)

    def overlapping(self, start: int, end: int) -> tuple[Unit, ...]:
        """The units that ``[start, end)`` touches."""
        if len(self._starts) != len(self.units):
            self._starts[:] = [unit.start for unit in self.units]
        first = max(0, bisect_right(self._starts, start) - 1)
        found = []
        for unit in self.units[first:]:
            if unit.start >= end:
                break
            if unit.end > start:
                found.append(unit)
        return tuple(found)


@cached(LRUCache(CACHED_CHARS, lambda found: min(found.chars, CACHED_CHARS)), lock=Lock())
def of(text: str, pages: tuple[int, ...] = (), running_text: str = "") -> Layout:
    """The layout of a text.

    Args:
        text: canonical text of a document, or a part of it.
        pages: offset at which each page starts.
        running_text: spans that are known to be headers and footers, as in `RUNNING_TEXT`.

    Example:
        >>> layout = of("Rent is due on\\nPage 1 of 2\\nthe first day.\\nPage 2 of 2", (0, 27))
        >>> layout.units[0].parts
        ((0, 14), (27, 41))
    """
    running = sorted({*running_lines.find(text, pages), *spans_of(running_text, len(text))})
    running = [one for at, one in enumerate(running) if at == 0 or one[0] >= running[at - 1][1]]
    plain = _Plain(text, running, pages)
    found = tables.find(plain.text)
    masked = list(plain.text)
    for table in found:
        masked[table.start : table.end] = "\n" * (table.end - table.start)
    units = [
        Unit(*plain.original(start, end), plain.parts(start, end)) for start, end in sentences.spans("".join(masked))
    ]
    moved = [plain.table(table) for table in found]
    for table, there in zip(found, moved, strict=True):
        heading = there.heading or _leading_in(text, there)
        for row in table.rows:
            said = _of_entry(plain.text[row.start : row.end]) if table.kind == "entry" else [(0, row.end - row.start)]
            for start, end in ((row.start + first, row.start + last) for first, last in said):
                units.append(Unit(*plain.original(start, end), plain.parts(start, end), heading))
    units = [unit for unit in units if unit.end - unit.start <= LONGEST or len(unit.parts) == 1]
    return Layout(tuple(sorted(units, key=lambda unit: unit.start)), tuple(running), tuple(moved), len(text))


def _leading_in(text: str, table: tables.Table) -> Span | None:
    """The line above a list of amounts that has no heading, where it leads in to it, "The claim is made up so:": a row
    such as "Balance GBP 40" does not say of what."""
    if table.kind == "entry" or table.caption is None or text[table.caption[1] - 1] != ":":
        return None
    return table.caption


ENTRY_WORDS = 45
"""Words of a log's entry that is one unit, at most: its sentences alone say neither when nor who. Four lines of print;
a matter of display, not measured."""
_INITIALS = re.compile(r"\W*[A-Z]\.?[A-Z]\.?[A-Z]?\.?(?:(?:\s*[,/&+]\s*|\s+(?:and\s+)?)[A-Z]\.?[A-Z]\.?[A-Z]?\.?)*\W*")


def _of_entry(said: str) -> list[Span]:
    """The units of an entry: all of a short one, else its sentences; initials behind the last belong to it."""
    if len(said.split()) <= ENTRY_WORDS and len(said) <= sentences.MAX_CHARS:
        return [(0, len(said))]
    found = sentences.spans(said)
    if len(found) > 1 and _INITIALS.fullmatch(said, *found[-1]):
        found[-2:] = [(found[-2][0], found[-1][1])]
    return found


def spans_of(written: str, length: int) -> list[Span]:
    """Spans as `RUNNING_TEXT` has them; what is no span of the text is left out."""
    found = re.findall(r"(\d+)-(\d+)", written)
    return [(int(start), int(end)) for start, end in found if int(start) < int(end) <= length]


class _Plain:
    """A text without its running lines, and where its characters stand in the whole."""

    def __init__(self, text: str, running: Sequence[Span], pages: Sequence[int]) -> None:
        self._whole = text
        pieces: list[str] = []
        self._at: list[int] = []  # where each piece begins in the plain text
        self._from: list[int] = []  # and in the whole
        length = at = 0
        for start, end in _gaps(text, running, pages):
            if start > at:
                self._at.append(length)
                self._from.append(at)
                pieces.append(text[at:start])
                length += start - at
            at = end
        if at < len(text):
            self._at.append(length)
            self._from.append(at)
            pieces.append(text[at:])
        self.text = "".join(pieces)

    def _one(self, offset: int) -> int:
        piece = max(0, bisect_right(self._at, offset) - 1)
        return self._from[piece] + offset - self._at[piece] if self._at else offset

    def original(self, start: int, end: int) -> Span:
        """A span of the plain text in the whole, with what was left out inside it."""
        return self._one(start), self._one(end - 1) + 1

    def parts(self, start: int, end: int) -> tuple[Span, ...]:
        """A span of the plain text in the whole, without what was left out."""
        found: list[Span] = []
        piece = max(0, bisect_right(self._at, start) - 1)
        while piece < len(self._at) and self._at[piece] < end:
            after = self._at[piece + 1] if piece + 1 < len(self._at) else len(self.text)
            first, last = max(start, self._at[piece]), min(end, after)
            offset = self._from[piece] - self._at[piece]
            said = self._whole[first + offset : last + offset]
            if said.strip():
                first += len(said) - len(said.lstrip())
                found.append((first + offset, first + offset + len(said.strip())))
            piece += 1
        return tuple(found)

    def table(self, table: tables.Table) -> tables.Table:
        """A table of the plain text with its spans in the whole."""
        rows = tuple(
            tables.Row(*self.original(row.start, row.end), tuple(map(self._cell, row.cells))) for row in table.rows
        )
        heading = self.original(*table.heading) if table.heading else None
        caption = self.original(*table.caption) if table.caption else None
        return tables.Table(*self.original(table.start, table.end), table.columns, heading, rows, caption, table.kind)

    def _cell(self, cell: Span) -> Span:
        start, end = cell
        return self.original(start, end) if start < end else (self._one(start), self._one(start))


def _gaps(text: str, running: Sequence[Span], pages: Sequence[int]) -> list[Span]:
    """What is left out: running lines with their line ends; and the blank lines around those at the end of a page where
    the sentence before goes on after them."""
    gaps: list[Span] = []
    for start, end in running:
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        last = len(text) if last < 0 else last + 1
        if text[first:start].strip() or text[end:last].strip():  # the line says more
            first, last = start, end
        if gaps and not text[gaps[-1][1] : first].strip():
            gaps[-1] = (gaps[-1][0], last)
        else:
            gaps.append((first, last))
    for page in pages[1:]:
        if not any(start <= page <= end for start, end in gaps):
            gaps.append((page, page))
    return [_with_blank_lines(text, start, end) for start, end in sorted(gaps)]


def _with_blank_lines(text: str, start: int, end: int) -> Span:
    before = text[:start].rstrip() if start < 2000 else text[start - 2000 : start].rstrip()
    kept = start - (min(start, 2000) - len(before))  # the end of what is said before
    after = end + len(text[end : end + 2000]) - len(text[end : end + 2000].lstrip())
    if not before or after >= len(text) or _ENDS.search(before) or not text[after].islower():
        return start, end
    return (kept + 1, after) if kept < after - 1 else (start, end)
