"""The text of a PDF's page, from the pieces that pypdf extracts and where each of them stands.

Raised digits are told from others, columns are read one after the other, and the values of form fields stand where a
reader sees them. Everything else is pypdf's text, character for character.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pypdf import PageObject

from hybrid.ingest.loaders.raised import subscript, superscript

_SMALLER = 0.86
"""Size of a raised character by that of its line: Word takes two thirds, LaTeX 0.7, pdfTeX's smallest fonts 0.85."""
_MARK = re.compile(r"\s?(?:[+\-−]?\d{1,3}|[a-z]|[*†‡§¶]+|\d{1,3}(?:\s*,\s*\d{1,3})+)\s?")
_COLUMN_LINES = 4
"""Lines that begin at one place inside others before that place is a column's edge."""
_WORDS = 2.5
"""Words that lines of prose in a column have on average; cells of tables have fewer, or are figures."""
_GOES_ON = 0.5
"""Share of a column's lines that go on a sentence of the line before; in tables each line stands by itself."""
_ADVANCE = 0.5
"""Width of a character by the size of its font, on average over Latin text."""
_NO_TEXT = frozenset({"Cc", "Co", "Cn", "Cs"})
_NO_TEXT_SHARE = 0.3
"""Of a page's characters that are none, from which on its text is left out; bullets of symbol fonts are a few. A
reason, not a measurement."""
_ENDED = re.compile(r"[.:;!?]\W*$")


@dataclass(frozen=True)
class Piece:
    """Text that the page shows from one place on: ``x`` and ``y`` in points from the page's lower left corner, ``size``
    of the font in points, and how far it is raised above the line."""

    text: str
    x: float
    y: float
    size: float
    rise: float = 0.0

    @property
    def end(self) -> float:
        """About where it ends, in points: font widths are not looked up."""
        return self.x + _ADVANCE * self.size * len(self.text.strip())


@dataclass(frozen=True)
class Value:
    """What a form field shows: ``text`` in the box ``x``, ``y`` to ``x_end``, ``y_end``, in points; and its name."""

    text: str
    x: float
    y: float
    x_end: float
    y_end: float
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.text}" if self.name else self.text


@dataclass
class PageText:
    """What a page shows. ``image_share`` is the part of the page that its largest image covers, and ``curves`` how many
    are drawn: letters that were made outlines have a dozen each. ``is_unreadable`` says that text was left out because
    its font does not say which characters its shapes are."""

    text: str
    pieces: list[Piece] = field(default_factory=list)
    image_share: float = 0.0
    curves: int = 0
    is_unreadable: bool = False


def read_page(page: PageObject) -> PageText:
    """A page's text as pypdf gives it, in pieces, and how much of the page an image covers."""
    visitor = _Visitor(page)
    text = page.extract_text(visitor_operand_before=visitor.operator, visitor_text=visitor.text)
    pieces = visitor.pieces if "".join(piece.text for piece in visitor.pieces) == text else []
    unmapped = "".join(visitor.pieces[at].text for at in visitor.unmapped)
    is_unreadable = _is_no_text(text) or (bool(unmapped.strip()) and not _is_prose_in_ascii(unmapped))
    if is_unreadable:
        kept = [piece for at, piece in enumerate(pieces) if at not in visitor.unmapped or piece.text == "\n"]
        pieces = [] if _is_no_text("".join(piece.text for piece in kept)) else kept
        text = "".join(piece.text for piece in pieces)
    return PageText(text, pieces, visitor.image_share, visitor.curves, is_unreadable)


def _is_no_text(text: str) -> bool:
    """Whether so many characters are none that anything shows as text: control characters, or of private use."""
    shown = [char for char in text if not char.isspace()]
    return sum(unicodedata.category(char) in _NO_TEXT for char in shown) > _NO_TEXT_SHARE * len(shown)


def _is_prose_in_ascii(text: str) -> bool:
    """Whether numbers of shapes happen to be the characters that they show, as a few programs write them: prose has
    more small letters than others, while the numbers of the shapes of prose are anything."""
    letters = sum(map(str.isalpha, text))
    small = sum("a" <= char <= "z" for char in text)
    no_text = sum(unicodedata.category(char) in _NO_TEXT and char not in "\n\r\t" for char in text)
    return not no_text and small > letters / 2 and letters > len("".join(text.split())) / 2


def _has_no_map(font: Any) -> bool:
    """Whether a font numbers its shapes and has no table of the characters that they are."""
    return font is not None and str(font.get("/Encoding")).startswith("/Identity") and "/ToUnicode" not in font


class _Visitor:
    def __init__(self, page: PageObject) -> None:
        self.pieces: list[Piece] = []
        self.unmapped: set[int] = set()  # pieces in fonts without a table of their characters
        self.image_share = 0.0
        self.curves = 0
        self._rise = self._shown_rise = 0.0
        self._area = abs(float(page.mediabox.width) * float(page.mediabox.height)) or 1.0
        resources = page.get("/Resources")
        objects = resources.get_object().get("/XObject") if resources is not None else None
        self._objects: Any = objects.get_object() if objects is not None else {}

    def operator(self, operator: bytes, operands: Any, matrix: Any, _: Any) -> None:
        if operator == b"Ts" and operands:
            self._rise = float(operands[0])
        elif operator in (b"Tj", b"TJ", b"'", b'"'):
            self._shown_rise = self._rise
        elif operator in (b"c", b"v", b"y"):
            self.curves += 1
        elif (operator == b"Do" and operands and self._is_image(operands[0])) or operator in (b"BI", b"INLINE IMAGE"):
            area = abs(matrix[0] * matrix[3] - matrix[1] * matrix[2])
            self.image_share = max(self.image_share, min(1.0, area / self._area))

    def _is_image(self, name: Any) -> bool:
        item = self._objects.get(name)
        shown = item.get_object() if item is not None else None
        return isinstance(shown, dict) and shown.get("/Subtype") == "/Image"

    def text(self, text: str, matrix: Any, text_matrix: Any, font: Any, size: float) -> None:
        if text:
            if _has_no_map(font) and len("".join(text.split())) > 1:  # one alone is a bullet
                self.unmapped.add(len(self.pieces))
            x = text_matrix[4] * matrix[0] + text_matrix[5] * matrix[2] + matrix[4]
            y = text_matrix[4] * matrix[1] + text_matrix[5] * matrix[3] + matrix[5]
            scale = abs(text_matrix[3] * matrix[3]) or abs(text_matrix[1] * matrix[1]) or 1.0
            self.pieces.append(Piece(text, x, y, abs(size) * scale, self._shown_rise))


def shown_text(page: PageText, values: Sequence[Value] = ()) -> str:
    """The page's text with marks of notes told from digits, columns in reading order, and the values of form fields
    in their lines. A value beside no line, which no printed words name, stands at the end with its field's name."""
    if not page.pieces:
        return "\n".join([page.text, *map(str, values)])
    lines = [_marked(_in_reading_order(line)) for line in _from_top(_lines(page.pieces))]
    lines = in_columns(lines)
    left = _place(lines, values)
    text = "\n".join("".join(piece.text for piece in line) for line in lines)
    return "\n".join([text, *map(str, left)])


def _lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces by the lines that pypdf makes of them."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = piece.text.split("\n")
        if first:
            lines[-1].append(replace(piece, text=first))
        for other in others:
            lines.append([replace(piece, text=other)] if other else [])
    return lines


def _from_top(lines: list[list[Piece]]) -> list[list[Piece]]:
    """The lines from the top of the page to its foot, where the file has them in another order and no two of them stand
    side by side: programs write what was put in last behind all else. Lines side by side may be of columns or of a
    table, and stay in the order of the file."""
    filled = [line for line in lines if any(piece.text.strip() for piece in line)]
    heights = [next(piece.y for piece in line if piece.text.strip()) for line in filled]
    if heights == sorted(heights, reverse=True):
        return lines
    ordered = sorted(zip(heights, filled, strict=True), key=lambda pair: -pair[0])
    for (above, _), (below, line) in pairwise(ordered):
        if above - below < _APART * max(piece.size for piece in line):
            return lines
    return [line for _, line in ordered]


_APART = 0.7
"""Of the size of its font, that a line is below another at least; in print it is once and more."""
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
_RUNS = re.compile(rf"[{_RIGHT_TO_LEFT}](?:[^\w]*[{_RIGHT_TO_LEFT}])*|[^{_RIGHT_TO_LEFT}]+")
_LATIN = re.compile(rf"[^\W\d_{_RIGHT_TO_LEFT}]")


def _in_reading_order(line: list[Piece]) -> list[Piece]:
    """A line of Hebrew or Arabic that stands from left to right, as it is seen, in the order in which it is read.

    pypdf turns the words of each run; the runs between figures and marks stay as they are drawn. A line with letters of
    another direction, and one whose pieces already come from right to left, is left alone.
    """
    text = "".join(piece.text for piece in line)
    places = [piece.x for piece in line if piece.text.strip()]
    if not re.search(f"[{_RIGHT_TO_LEFT}]", text) or _LATIN.search(text) or places != sorted(places):
        return line
    runs = [run.strip() for run in _RUNS.findall(text) if run.strip()]
    if len(runs) < 2:
        return line
    read = re.sub(r" (?=[.,:;!?](?: |$))", "", " ".join(reversed(runs)))
    return [replace(line[0], text=read)]


def _marked(line: list[Piece]) -> list[Piece]:
    """The line with raised and lowered characters written as such."""
    made: list[Piece] = []
    for piece in line:
        base = next((one for one in reversed(made) if one.text.strip()), None)
        if base is not None and _MARK.fullmatch(piece.text) and piece.size <= _SMALLER * base.size:
            lowered = piece.y + piece.rise < base.y + base.rise - 0.05 * base.size
            before = "".join(one.text for one in made)
            text = (subscript if lowered else superscript)(before, piece.text)
            made.append(replace(piece, text=text, size=base.size))
        else:
            made.append(piece)
    return made


def in_columns(lines: list[list[Piece]]) -> list[list[Piece]]:
    """The lines with those of two columns that a page shows side by side one column after the other.

    Columns are lines of prose that begin again and again at the same place inside other lines. Tables stay as they
    are: their lines do not go on from one to the next, or have more than two cells.
    """
    edge = _edge(lines)
    if edge is None:
        return lines
    made: list[list[Piece]] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and _in_block(lines[end], edge):
            end += 1
        while end > at and not _right(lines[end - 1], edge) and _ends_before(lines, end, edge):
            end -= 1
        block = lines[at:end]
        left = [part for line in block if (part := _left(line, edge))]
        right = [part for line in block if (part := _right(line, edge))]
        both = sum(bool(_left(line, edge)) and bool(_right(line, edge)) for line in block)
        if both >= _COLUMN_LINES and _is_prose(left) and _is_prose(right):
            made += [*left, *right]
        else:
            end = max(end, at + 1)
            made += lines[at:end]
        at = max(end, at + 1)
    return made


def _edge(lines: list[list[Piece]]) -> float | None:
    """Where the right one of two columns begins, in points; ``None`` where there are not two."""
    starts = Counter[int]()
    margin = min((line[0].x for line in lines if line), default=0.0)
    for line in lines:
        starts.update({round(piece.x) for piece in line[1:] if piece.text.strip() and piece.x > margin + 72})
    common = [x for x, count in starts.items() if count >= _COLUMN_LINES]
    if not common or max(common) - min(common) > 2:  # none, or a table's several columns
        best = [x for x in common if starts[x] >= 2 * max((starts[y] for y in common if abs(x - y) > 2), default=0)]
        if not best:
            return None
        common = best
    return float(min(common)) - 1


def _left(line: list[Piece], edge: float) -> list[Piece]:
    return [piece for piece in line if piece.x < edge]


def _right(line: list[Piece], edge: float) -> list[Piece]:
    found = [piece for piece in line if piece.x >= edge]
    return [replace(found[0], text=found[0].text.lstrip()), *found[1:]] if found else []


def _in_block(line: list[Piece], edge: float) -> bool:
    """Whether a line keeps to the columns: nothing of it goes over the edge."""
    return bool(line) and all(piece.x >= edge or piece.end <= edge + 0.15 * edge for piece in line)


def _ends_before(lines: list[list[Piece]], end: int, edge: float) -> bool:
    """Whether the line before ``end``, in the left column alone, does not go on the line above it."""
    if end < 2:
        return True
    above = "".join(piece.text for piece in _left(lines[end - 2], edge)).strip()
    below = "".join(piece.text for piece in lines[end - 1]).strip()
    return not above or bool(_ENDED.search(above)) or not below[:1].islower()


def _is_prose(lines: list[list[Piece]]) -> bool:
    texts = ["".join(piece.text for piece in line).strip() for line in lines]
    texts = [text for text in texts if text]
    if len(texts) < _COLUMN_LINES:
        return False
    words = sum(len(re.findall(r"[^\W\d_]{2,}", text)) for text in texts) / len(texts)
    onward = sum(not _ENDED.search(text) for text in texts[:-1]) / max(1, len(texts) - 1)
    lower = sum(text[0].islower() for text in texts[1:]) / max(1, len(texts) - 1)
    return words >= _WORDS and onward >= _GOES_ON and lower >= _GOES_ON / 2


def _place(lines: list[list[Piece]], values: Sequence[Value]) -> list[Value]:
    """Put each value into the line that it stands in, and return those that stand in none."""
    left = []
    for value in sorted(values, key=lambda value: (-value.y, value.x)):
        slack = max(3.0, 0.35 * (value.y_end - value.y))
        beside = [line for line in lines if line and any(value.y - slack <= piece.y <= value.y_end for piece in line)]
        if not beside:
            left.append(value)
            continue
        middle = (value.y + value.y_end) / 2
        line = min(beside, key=lambda line: abs(line[0].y + 0.3 * line[0].size - middle))
        at = sum(1 for piece in line if piece.x < value.x)
        blank_before = " " if at and not line[at - 1].text.endswith(" ") else ""
        blank_after = " " if at < len(line) and not line[at].text.startswith(" ") else ""
        line.insert(at, Piece(f"{blank_before}{value.text}{blank_after}", value.x, line[0].y, line[0].size))
    return left
