"""Tables in plain text: rows whose cells a tab, two blanks, a bar, a comma or a semicolon parts, under a heading.

A table is two or more lines that have the same cells. A line that goes on with a cell of the row above belongs to that
row. The heading is the first row where it names the columns: the others hold values below it, or a rule separates it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.text import lexicon, values

Span = tuple[int, int]
Kind = Literal["tab", "bar", "wide", "comma", "semicolon", "entry"]

WIDEST_CELL = 60
"""Characters that the cells of a table have on average, at most: longer ones are paragraphs side by side."""
LONGEST_HEADING = 200
_HEADING_LINES = 3
_RULE = re.compile(r"[\s|:+=_-]*[=_-]{3}[\s|:+=_-]*")
_LABEL = re.compile(
    r"\(?(?:[a-z]|[ivxlc]{1,6}|\d{1,3}(?:\.\d{1,3})*)[.)]?|[-*•·–—]|\[\d{1,3}\]|\(\w{1,4}\)", re.IGNORECASE
)
_VALUE = re.compile(
    rf"[-+(]?(?:[$€£¥]|(?:{'|'.join(sorted(lexicon.CURRENCIES))})(?=\W|\d))?\s?\d[\d,.' ]*(?:%|[a-z]{{1,3}})?\)?"
    r"|[-–—]|n/?a",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=[$€£¥\s\d]\d),(?=\d{3}\b)(?!\d{3},\S*[a-z])|(?<=\d),(?=\d{3}\.\d\d\b)", re.IGNORECASE)
_SENTENCE_GAP = re.compile(r"[.!?:][\"”’)]* {2,}")
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_SHORT_DAY = (
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[ -](?-i:(?=[A-Z])){values.MONTH}\b\.?|(?-i:(?=[A-Z])){values.MONTH}\.? \d{{1,2}}\b"
    r"|\d\d/\d\d(?!\d)"
)
"""A day without its year; "2 may" is none, and with a stop or a hyphen two numbers are a clause's as often."""
_SHORT_FORM_GAP = re.compile(r"(?<![^\s(])[A-Z][a-z]{0,3}\. {2,}")
_FEWEST_GAPS = 2
"""Gaps that part cells in a line in which others stand behind a full stop of a short form: "No.   Day   Fee"."""
_ENTRY = re.compile(
    rf"[\[(]?(?:(?:{_WEEKDAY},?\s+)?(?:{values.DAY}|\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|{_SHORT_DAY})"
    r"(?:[ T,\t]+\d\d?[:.]\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|[ ,]+\d{4}(?=\s?(?:h|hrs|hours)\b|\s{2}))?"
    rf"|(?:{_WEEKDAY},?\s+)?\d\d?:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|{_WEEKDAY}(?=:|\s+[–—-]|\s{{2}}))"
    r"[\])]?(?:\s*[-–—:|,]\s*|\s+)(?=\S)|(?=[\w./-]*\d)[A-Z][\w./-]{1,20}:\s+(?=\S)",
    re.IGNORECASE,
)
_ENTRY_LINES = 8
_LEAST_WRAPPED = 30  # characters of a line that was wrapped; as in `hybrid.text.sentences`
_DELIMITERS: dict[Kind, str] = {"comma": ",", "semicolon": ";"}


@dataclass(frozen=True)
class Row:
    """One row: its span, and the span of each cell, which may be empty."""

    start: int
    end: int
    cells: tuple[Span, ...]


@dataclass(frozen=True)
class Table:
    """``columns`` are the names in the heading, one a column; none where the table has no heading. ``heading`` is its
    span, ``caption`` that of the line above the table, where that reads as a title. A log of which each entry begins
    with a day, an hour or an identifier is a table of ``kind`` ``entry``: its cells are that and the rest."""

    start: int
    end: int
    columns: tuple[str, ...]
    heading: Span | None
    rows: tuple[Row, ...]
    caption: Span | None = None
    kind: Kind = "tab"


def find(text: str) -> list[Table]:
    """The tables of ``text`` in order.

    Example:
        >>> table = find("Fruit,Tonnes\\nPlums,12\\nPears,7\\n")[0]
        >>> table.columns, len(table.rows)
        (('Fruit', 'Tonnes'), 2)
    """
    lines = _lines(text)
    found: list[Table] = []
    at = no_log = 0  # before the line ``no_log`` no log begins: one was looked for
    while at < len(lines):
        block = _block(text, lines, at)
        after = at + 1 if block is None else block[1]
        table = None if block is None else _table(text, lines, at, after, block[0])
        if at >= no_log and (table is None or table.kind == "wide"):
            no_log = _log_end(text, lines, at)
            log = _log(text, lines[at:no_log]) if no_log > at + 1 else None
            if log is not None and (table is None or no_log > after):  # entries of which some are parted by blanks
                table, after = log, no_log
        if table is not None:
            found.append(table)
        at = after if table is not None else at + 1
    return found


def entry_at(text: str, at: int) -> Row | None:
    """The entry of a log in which a place of ``text`` stands.

    Example:
        >>> text = "Mon 08:15  Boat in. Two crates.  PN\\nMon 09:40  Boat out.  CR\\n"
        >>> row = entry_at(text, text.index("Two"))
        >>> text[row.start : row.end]
        'Mon 08:15  Boat in. Two crates.  PN'
    """
    begin = text.rfind("\n\n", 0, at) + 1
    above = text[begin : (text.find("\n", at) + 1 or len(text) + 1) - 1].splitlines()[-_ENTRY_LINES - 1 :]
    if not any(_ENTRY.match(line.strip()) for line in above):  # most texts are no logs
        return None
    logs = (table for table in find(text) if table.kind == "entry" and table.start <= at < table.end)
    return next((row for log in logs for row in log.rows if row.start <= at < row.end), None)


def _lines(text: str) -> list[Span]:
    found, at = [], 0
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        found.append((at, stop))
        at = stop + 1
    return found


def _kind(line: str) -> Kind | None:
    """How a line's cells are parted; ``None`` where it has but one."""
    plain = line.strip()
    outside = _outside_quotes(plain)
    if "\t" in outside:
        return "tab"
    if outside.count("|") > 1 or (outside.count("|") == 1 and " | " in outside):
        return "bar"
    if "  " in outside and _gaps_part_cells(outside):
        return "wide"
    unquoted = re.sub(r'"[^"]*"', "", outside)
    if ";" in unquoted and "; " not in unquoted:
        return "semicolon"
    bare = _THOUSANDS.sub("", unquoted)
    if "," in bare and not re.search(r",\s", bare) and not (bare.endswith(",") and bare.count(",") == 1):
        return "comma"
    return None


def _gaps_part_cells(line: str) -> bool:
    """Whether the gaps of a line part cells, and do not stand between sentences."""
    others, short = _SHORT_FORM_GAP.subn(" ", line)
    if _SENTENCE_GAP.search(others):
        return False
    return not short or len(re.findall(r"\S {2,}(?=\S)", others)) >= _FEWEST_GAPS


def _outside_quotes(line: str) -> str:
    """A line without the cells that stand in quotation marks, as in CSV: what is in them parts no cells."""
    return _QUOTED.sub('""', line) if '"' in line else line


_QUOTED = re.compile(r'(?:(?<=[,;\t|])|\A)[ ]*"(?:[^"]|"")*+"(?=[ ]*(?:[,;\t|]|\Z))')


def _block(text: str, lines: Sequence[Span], first: int) -> tuple[Kind, int] | None:
    """The kind of the table that may begin at a line, and the line after its last."""
    kind = _kind(text[slice(*lines[first])])
    if kind is None or _is_rule(text[slice(*lines[first])]):
        return None
    at = last = first
    single = 0  # lines of one cell in a row
    width = _tabs(text[slice(*lines[first])])
    while at + 1 < len(lines):
        line = text[slice(*lines[at + 1])]
        if not line.strip():
            break
        if _is_rule(line):
            at += 1
            continue
        if _kind(line) == kind:
            if kind == "tab" and _tabs(line) != width:
                after = text[slice(*lines[at + 2])] if at + 2 < len(lines) else ""
                if _tabs(after) != width:
                    break  # another table
            at += 1
            last, single = at, 0
            continue
        if kind != "tab" or single or len(line.strip()) > 40 or line.rstrip()[-1] in ".;":
            break
        at, single = at + 1, 1  # goes on with a cell, if another row follows
    return (kind, last + 1) if last > first else None


def _tabs(line: str) -> int:
    return _outside_quotes(line.strip()).count("\t")


def _is_rule(line: str) -> bool:
    return _RULE.fullmatch(line) is not None and bool(line.strip())


def _table(text: str, lines: Sequence[Span], first: int, after: int, kind: Kind) -> Table | None:
    block = list(lines[first:after])
    rules = [text[slice(*span)] for span in block if _is_rule(text[slice(*span)])]
    content = [span for span in block if not _is_rule(text[slice(*span)])]
    ruled = len(block) > 1 and _is_rule(text[slice(*block[1])])
    bounds = _columns_by_position(text, content, rules) if kind == "wide" else []
    if kind == "wide" and len(bounds) < 2:
        return None
    rows: list[Row] = []
    for span in content:
        cells = _cells(text, span, kind, bounds)
        if kind == "tab" and len(cells) == 1 and rows:  # a cell that goes on
            rows[-1] = Row(rows[-1].start, _trimmed(text, span)[1], rows[-1].cells)
            continue
        start, end = _trimmed(text, span)
        rows.append(Row(start, end, tuple(cells)))
    if not _is_table(text, rows, kind, ruled):
        return None
    width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
    named = _heading(text, rows, width, ruled, kind)
    start, heading, columns = rows[0].start, None, tuple[str, ...]()
    if named:
        columns = tuple(" ".join(text[slice(*cell)].split()) for cell in rows[0].cells)
        heading = (rows[0].start, rows[0].end)
        rows = [row for row in rows[1:] if text[row.start : row.end].split() != text[slice(*heading)].split()]
    elif kind == "tab" and (above := _heading_above(text, lines, first, width)):
        heading, columns = above
        start = heading[0]
    if not rows:
        return None
    return Table(start, rows[-1].end, columns, heading, tuple(rows), _caption(text, start), kind)


def _log_end(text: str, lines: Sequence[Span], first: int) -> int:
    """The line after the last of the entries that begin at a line; that line where none does."""
    start, end = _trimmed(text, lines[first])
    head = _ENTRY.match(text, start, end)
    above = text[slice(*lines[first - 1])].strip() if first else ""
    if head is None or (len(above) >= _LEAST_WRAPPED and _is_wrapped(text, _trimmed(text, lines[first - 1])[1], head)):
        return first
    at, single = first + 1, 0  # lines in a row that begin no entry
    entries = 1
    while at < len(lines) and single < _ENTRY_LINES:
        line = text[slice(*lines[at])]
        if not line.strip() or _kind(line) in ("tab", "bar"):
            break
        if not _is_rule(line):
            begins = _ENTRY.match(line.strip()) is not None
            entries, single = entries + begins, 0 if begins else single + 1
        at += 1
    return at if entries > 1 else first + 1


def _log(text: str, content: Sequence[Span]) -> Table | None:
    """A table of entries; lines that begin with no day, hour or identifier go on with the entry above."""
    said = [_trimmed(text, span) for span in content if not _is_rule(text[slice(*span)])]
    heads = [_ENTRY.match(text, start, end) for start, end in said]
    most = 2 * sum(head is not None for head in heads) > len(heads)
    rows: list[Row] = []
    for (start, end), head in zip(said, heads, strict=True):
        if head is not None and (most or not rows or not _is_wrapped(text, rows[-1].end, head)):
            rows.append(Row(start, end, (_trimmed(text, head.span()), (head.end(), end))))
        elif rows:
            rows[-1] = Row(rows[-1].start, end, (rows[-1].cells[0], (rows[-1].cells[1][0], end)))
    if len(rows) < 2:
        return None
    return Table(rows[0].start, rows[-1].end, (), None, tuple(rows), _caption(text, rows[0].start), "entry")


def _is_wrapped(text: str, before: int, head: re.Match[str]) -> bool:
    """Whether a day or an hour stands at a line's beginning within a sentence, whose line before ends at ``before``."""
    return text[before - 1] not in '.!?;:)"”' and text[head.end()].islower() and not text[head.end() - 2].isspace()


def _trimmed(text: str, span: Span) -> Span:
    line = text[slice(*span)]
    return span[0] + len(line) - len(line.lstrip()), span[1] - (len(line) - len(line.rstrip()))


def _cells(text: str, span: Span, kind: Kind, bounds: Sequence[Span]) -> list[Span]:
    start, end = _trimmed(text, span)
    if kind == "wide":
        return [_trimmed(text, (min(span[0] + a, span[1]), min(span[0] + b, span[1]))) for a, b in bounds]
    if kind == "tab":
        return _split(text, span[0], end, "\t") if text[span[0]] == "\t" else _split(text, start, end, "\t")
    if kind == "bar":
        line = text[start:end]
        start, end = start + line.startswith("|"), end - line.endswith("|")
        return _split(text, start, end, "|")
    return _split(text, start, end, _DELIMITERS[kind])


def _split(text: str, start: int, end: int, mark: str) -> list[Span]:
    """The cells between marks. What stands in quotation marks is one cell, where these stand round all of it."""
    cells, at = [], start
    quoted = _QUOTED_CELLS[mark]
    while True:
        match = quoted.match(text, at, end)
        stop = text.find(mark, at if match is None else match.end(), end)
        cells.append(_trimmed(text, (at, end if stop < 0 else stop)))
        if stop < 0:
            return cells
        at = stop + 1


_QUOTED_CELLS = {
    mark: re.compile(rf'[ ]*"(?:[^"\n]|"")*+"[ ]*(?={re.escape(mark)}|\Z)') for mark in ("\t", "|", ",", ";")
}


def _columns_by_position(text: str, content: Sequence[Span], rules: Sequence[str]) -> list[Span]:
    """Where the columns are, in characters from the start of a line: below the dashes of a rule, else between the
    blanks that all lines share."""
    for rule in rules:
        parts = [match.span() for match in re.finditer(r"[=_-]+", rule)]
        if len(parts) > 1:
            return [(start, end) for (start, _), (end, _) in zip(parts, [*parts[1:], (10**6, 0)], strict=True)]
    width = max(end - start for start, end in content)
    filled = [False] * width
    for start, end in content:
        for at, letter in enumerate(text[start:end]):
            # a single blank between words of a cell does not part columns
            if not letter.isspace():
                filled[at] = True
    columns: list[Span] = []
    at = 0
    while at < width:
        if not filled[at]:
            at += 1
            continue
        stop = at
        while stop < width and (filled[stop] or (stop + 1 < width and filled[stop + 1])):
            stop += 1
        columns.append((at, stop))
        at = stop
    if len(columns) < 2:
        return []
    return [(start, after) for (start, _), (after, _) in zip(columns, [*columns[1:], (10**6, 0)], strict=True)]


def _is_table(text: str, rows: Sequence[Row], kind: Kind, ruled: bool) -> bool:
    counts = Counter(len(row.cells) for row in rows)
    width, same = counts.most_common(1)[0]
    least = 2 if kind in ("tab", "bar") or ruled else 3
    if width < 2 or len(rows) < least or same < 0.6 * len(rows):
        return False
    cells = [text[slice(*cell)] for row in rows for cell in row.cells]
    held = [cell for cell in cells if cell]
    if not held or sum(map(len, held)) > WIDEST_CELL * len(held):
        return False
    if kind in ("comma", "semicolon") and (same < len(rows) or any(text[row.end - 1] in ".:,;" for row in rows[:1])):
        return False
    if width == 2:
        first = [text[slice(*row.cells[0])] for row in rows]
        labels = sum(_LABEL.fullmatch(one) is not None for one in first if one)
        if labels > 0.5 * len(rows) and any(len(text[slice(*row.cells[-1])]) > 40 for row in rows):
            return False  # a numbered list whose numbers stand before a tab
        if sum(one.endswith(":") for one in first) > 0.5 * len(rows):
            return False  # a form, or the headers of a mail
    return True


def is_value(cell: str) -> bool:
    """Whether a cell holds a number, an amount, a date or nothing, and no words.

    Example:
        >>> [is_value(one) for one in ("£31,182.00", "8 June 2023", "-", "Paid on")]
        [True, True, True, False]
    """
    plain = cell.strip()
    if _VALUE.fullmatch(plain) or values.parse_date(plain):
        return True
    return sum(map(str.isdigit, plain)) >= 2 and (" " not in plain or _NUMERIC_DATE.fullmatch(plain) is not None)


_NUMERIC_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}.*)?")


def _heading(text: str, rows: Sequence[Row], width: int, ruled: bool, kind: Kind) -> bool:
    """Whether the first row names the columns."""
    first = [text[slice(*cell)] for cell in rows[0].cells]
    rest = [[text[slice(*cell)] for cell in row.cells] for row in rows[1:]]
    if len(first) != width or not any(first) or rows[0].end - rows[0].start > LONGEST_HEADING:
        return False
    if _has_an_amount(first, rest):
        return False
    if ruled:
        return True
    if any(is_value(cell) for cell in first if cell) or (not first[0] and not all(first[1:])):
        return False
    if any(is_value(cell) for row in rest for cell in row if cell):
        return True
    names = [cell for cell in first if cell]
    short = all(len(cell.split()) <= 4 and cell[0].isupper() and not cell.endswith(":") for cell in names)
    return short and len(set(names)) == len(names) and (len(rows) > 2 or kind in ("comma", "bar"))


def _has_an_amount(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether a cell of a first row is an amount of money, or a number with the same words round it as others of its
    column have ("12 hours" above "8 hours"), where no number stands alone: "2022" may be a name."""
    for at, cell in enumerate(first):
        if not any(map(str.isdigit, cell)):
            continue
        form = _form(cell)
        below = [_form(row[at]) for row in rest if at < len(row) and row[at]]
        if _MONEY.fullmatch(cell) and below:
            return True
        if form != _NUMBER and _QUANTITY.fullmatch(cell) and 2 * below.count(form) > len(below):
            return True
    return False


_NUMBER = "#"
_MONEY = re.compile(
    rf"[-−(]?(?:(?:[A-Z]{{0,2}}[$€£¥]|{values.CURRENCY_CODES}|Rs|Fr)\.?\s?[-−]?\d[\d,.'’ ]*"
    rf"|\d[\d,.'’ ]*(?:[$€£¥]|{values.CURRENCY_CODES}))\)?(?:\s?(?:CR|DR))?"
)
_QUANTITY = re.compile(r"(?:[^\W\d_]{2,3}\s)?\d[\d,.'’ ]*(?:\s?[^\W\d_]{1,15}){0,2}")


def _form(cell: str) -> str:
    """A cell with one mark for each of its numbers."""
    return re.sub(r"\d[\d,.'’]*", _NUMBER, cell).casefold()


def _heading_above(text: str, lines: Sequence[Span], first: int, width: int) -> tuple[Span, tuple[str, ...]] | None:
    """A heading that stands above the rows with its cells run together, as a PDF has it whose heading has two lines:
    as many capitalised names as there are columns."""
    for count in range(1, _HEADING_LINES + 1):
        if first - count < 0:
            return None
        start, end = _trimmed(text, (lines[first - count][0], lines[first - 1][1]))
        said = text[start:end]
        if not said or "\n\n" in said or said[-1] in ".;!?":
            return None
        names = re.split(r"\s+(?=[A-Z])", " ".join(said.split()))
        if len(names) == width and not any(is_value(name) and name.isdigit() for name in names):
            return (start, end), tuple(names)
    return None


def _caption(text: str, start: int) -> Span | None:
    """The line above a table, past one blank line, where it is no sentence."""
    before = text[:start].rstrip()
    if not before or text.count("\n", len(before), start) > 2:
        return None
    begin = before.rfind("\n") + 1
    first, last = _trimmed(text, (begin, len(before)))
    line = text[first:last]
    titled = 0 < len(line) <= LONGEST_HEADING and line[-1] not in ".;!?" and "\t" not in line
    return (first, last) if titled else None
