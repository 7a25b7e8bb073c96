"""Text for a terminal: wrapped, bounded, and free of control characters, for documents are other people's words."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

from hybrid.text.quoted_mails import without_marks

WIDTH = 88
"""Columns that text is wrapped at."""
SHOWN_ROWS = 50
"""Rows of a long table that are shown; the rest is counted."""

# What could move the cursor, turn the direction of the text around it (the "bidi" controls), or is not seen at all. The
# joiners (U+200C, U+200D) and the selectors of Mongolian, which scripts and emoji need, are printed.
_CONTROLS = {
    code: "\ufffd"
    for code in (
        *range(32), *range(127, 160), *range(0xD800, 0xE000), *range(0x202A, 0x202F), *range(0x2066, 0x206A),
        0x200B, 0x200E, 0x200F, 0x061C, 0x180E, 0x2028, 0x2029, *range(0x2060, 0x2066), *range(0x206A, 0x2070), 0xFEFF,
        *range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF, *range(0xE0000, 0xE0080),
    )
    if chr(code) not in "\n\t"
}  # fmt: skip
# What shows nothing and says nothing of its own, within words: soft hyphens, fillers, what chooses a character's form.
_UNSEEN = dict.fromkeys(
    (0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)), ""
)
_SHOWN = _CONTROLS | _UNSEEN
_IN_JSON = re.compile(f"[{''.join(map(chr, sorted(code for code in _SHOWN if code > 126)))}\u200c\u200d]")
_IN_NAME = re.compile(rf"[\n\t{''.join(map(re.escape, map(chr, sorted(_SHOWN))))}\u200c\u200d]|\\(?=[uU\\])")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
_CLOSING = "\"”’'»)]\ue000\ue001"  # what may stand after a full stop, marks of private use among it
_FULL_LINE = 55  # characters: a shorter line was not broken to fit a page
_ISO_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:[T ](?P<time>\d\d:\d\d)[\d:.]*(?:Z|[+-][\d:]+)?)?)?"
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_BLOCKS = "▁▂▃▄▅▆▇█"


class Placed(Protocol):
    """A span of a document: a citation, a search hit, a page."""

    @property
    def page(self) -> int | None:
        """The page of its first character, from 1; None without pages."""

    @property
    def last_page(self) -> int | None:
        """The page of its last character."""

    @property
    def lines(self) -> tuple[int, int]:
        """Its first and last line."""


def place(span: Placed) -> str:
    """Where a citation or a search hit stands, for people.

    Example:
        "page 3, lines 12-14", "page 9 (labelled A-7), line 1", "pages 3-4, line 40 to line 2", "line 7"
    """
    first, last = span.lines
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    if span.page is None:
        return lines
    label = getattr(span, "page_label", None)  # of a citation
    labelled = f" (labelled {one_line(label)})" if label else ""
    if span.page == span.last_page:
        return f"page {span.page}{labelled}, {lines}"
    return f"pages {span.page}-{span.last_page}{labelled}, line {first} to line {last}"


def place_of(span: Placed, pages: int) -> str:
    """The same with the number of pages that there are: "page 3 of 12, lines 12-14"."""
    where = place(span)
    if span.page is None or not pages:
        return where
    page, comma, lines = where.partition(", ")
    return f"{page} of {pages}{comma}{lines}"


def reflowed(text: str) -> str:
    """The text with its lines joined where they seem broken to fit a page, runs of blanks and blank lines made one.

    A line that is long and does not end a sentence goes on in the next; a short one (a heading, an address, a row)
    ends where it does.
    """
    made: list[str] = []
    goes_on = False
    for line in (" ".join(line.split()) for line in printable(text).split("\n")):
        if not line:
            goes_on = False
        elif goes_on:
            made[-1] += f" {line}"
        else:
            made.append(line)
        goes_on = bool(line) and not ends_line(line)
    return "\n".join(made)


def ends_line(line: str) -> bool:
    """Whether a line ends where it does for a reason, and not because the page was full."""
    return len(line) < _FULL_LINE or line.rstrip(_CLOSING)[-1:] in {".", ":", ";", "!", "?"}


def printable(text: str) -> str:
    """The text with every control character but line breaks and tabs made visible as U+FFFD, and without soft hyphens
    and other characters of no width within words, as it is seen."""
    return text.translate(_SHOWN)


def visible_name(name: str) -> str:
    r"""The name of a source with every character escaped that is not seen or moves what is printed: different names
    look different. `name_of` reads it, and whatever takes the name of a source takes it, too.

    Example:
        >>> print(visible_name("x\u202ey.txt"))
        x\u202ey.txt
    """
    return _IN_NAME.sub(_escape, name)


def quoted_name(name: str) -> str:
    """The visible name in quotation marks, for messages."""
    mark = '"' if "'" in name else "'"
    return f"{mark}{visible_name(name)}{mark}"


def _escape(character: re.Match[str]) -> str:
    code = ord(character[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def name_of(visible: str) -> str:
    r"""The name that `visible_name` shows as this.

    Example:
        >>> name_of(visible_name("x\u202ey.txt")) == "x\u202ey.txt"
        True
    """
    return _ESCAPED.sub(_character, visible)


def _character(escaped: re.Match[str]) -> str:
    code = int(escaped[1] or escaped[2], 16)
    return chr(code) if code < 0x110000 else escaped[0]


def escaped_json(text: str) -> str:
    r"""JSON with every character escaped that `printable` replaces, and the joiners: its value is the same.

    Example:
        >>> escaped_json('"a\u202eb"')
        '"a\\u202eb"'
    """
    return _IN_JSON.sub(lambda match: json.dumps(match[0])[1:-1], text)


def one_line(text: str) -> str:
    """The text with each run of white space made one blank."""
    return " ".join(printable(text).split())


def quote_line(quote: str) -> str:
    """A quote on one line, without the marks before the lines of a quoted mail.

    Example:
        >>> quote_line("Every\\n> price rose.")
        'Every price rose.'
    """
    return one_line(without_marks(quote))


def clipped(text: str, most: int) -> str:
    """The text on one line, cut to ``most`` characters with an ellipsis where it is longer."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def wrapped(line: str, hang: str = "", lead: str = "") -> str:
    """One paragraph at `WIDTH` columns; ``lead`` indents its first line and ``hang`` the others."""
    return textwrap.fill(
        printable(line),
        WIDTH,
        initial_indent=printable(lead),
        subsequent_indent=printable(hang),
        break_long_words=False,
        break_on_hyphens=False,
    )


def written_date(date: str) -> str:
    """An ISO date, as precise as it is, as people write it; anything else as it stands.

    Example:
        >>> written_date("2024-03-01"), written_date("2024-03"), written_date("2024-03-01T10:05:00+00:00")
        ('1 March 2024', 'March 2024', '1 March 2024, 10:05')
    """
    found = _ISO_DATE.fullmatch(date)
    if found is None or not 1 <= int(found["month"]) <= 12:
        return date
    day = f"{int(found['day'])} " if found["day"] else ""
    time = f", {found['time']}" if found["time"] else ""
    return f"{day}{_MONTHS[int(found['month']) - 1]} {found['year']}{time}"


def who_and_when(who: str | None, date: str | None) -> str:
    """Who says something, without the address of a mail's sender, and when; as far as they are known.

    Example:
        >>> who_and_when("Ann Aaker <ann@mill.example>", "2026-03-04")
        'Ann Aaker, 4 March 2026'
    """
    name = _ADDRESS.sub("", who) if who else None
    return ", ".join(one for one in (name, written_date(date) if date else None) if one)


_ADDRESS = re.compile(r"(?<=\S) <[^<>]*>$")


def source_line(title: str, author: str | None, date: str | None) -> str:
    """A document as it is named above what is quoted of it: its title, who wrote it and when, as far as it says.

    Example:
        >>> source_line("Re: wet salt", "Ann Aaker", "2026-03-04")
        'Re: wet salt (Ann Aaker, 4 March 2026)'
    """
    name = _ADDRESS.sub("", author) if author else None
    known = [one for one in (name, written_date(date) if date else None) if one]
    return one_line(f"{title} ({', '.join(known)})" if known else title)


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 page", "1,200 pages"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def tile(number: int, one: str, many: str | None = None) -> tuple[str, str]:
    """A figure and the noun below it, for `hybrid.display.markup.tiles`: ("page", "1")."""
    figure, _, noun = count(number, one, many).partition(" ")
    return noun, figure


def size_of(number: float) -> str:
    """Bytes for people: "94.2 MiB"."""
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024:
            return f"{number:,.0f} bytes" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} GiB"


def facts(rows: Iterable[tuple[str, str]], width: int = 11) -> str:
    """Names and values in two columns."""
    return "\n".join(wrapped(value, " " * width, f"{name:<{width}}") for name, value in rows)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], widest: Sequence[int]) -> str:
    """Rows under their columns' names, each cell on one line and no wider than its column may be."""
    cut = [[clipped(cell, most) for cell, most in zip(row, widest, strict=True)] for row in (columns, *rows)]
    widths = [max(_columns(row[at]) for row in cut) for at in range(len(columns))]
    rule = ["-" * width for width in widths]
    return "\n".join("  ".join(map(_padded, row, widths)).rstrip() for row in (cut[0], rule, *cut[1:]))


def sparkline(values: Sequence[float], width: int = 48) -> str:
    """A line of block characters whose heights are the values', thinned to ``width``."""
    if not values:
        return ""
    size = min(width, len(values))
    edges = [at * len(values) // size for at in range(size + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((mean - low) * scale)] for mean in means)


def _columns(text: str) -> int:
    """How wide a terminal draws the text: wide East Asian characters take two columns, marks none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - len(re.findall(r"[\u0300-\u036f]", text))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


# A spreadsheet takes a cell that begins so for a formula. The last four are the full-width forms of the first.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?[0-9][0-9., ]*%?")
# Where a list is separated by semicolons, tabs or bars, quotes around a whole field do not keep it together.
_WITHIN = re.compile(r"([;\t|] *)(?=[=+\-@＝＋－＠])")


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Rows as RFC 4180 text, every field in quotes, lines ending in CR LF.

    A cell that a spreadsheet would take for a formula begins with an apostrophe instead, also where it would become a
    cell of its own because lists are separated by semicolons, tabs or bars there; a number stays one. Control
    characters become U+FFFD.
    """
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue()


def _harmless(cell: str) -> str:
    cell = _WITHIN.sub(r"\1'", printable(cell))
    formula = cell.lstrip(" ").startswith(_FORMULA)
    return f"'{cell}" if formula and not _NUMBER.fullmatch(cell.strip()) else cell
