"""Mails inside a mail: what it quotes or forwards, with who wrote that and when.

Three forms are known: lines marked with ">" below a line that says who wrote them, the same line with unmarked text
below it, and a block of headers ("From: ...", "Sent: ...", "Subject: ..."), with a line such as
"-----Original Message-----" above it or without.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from hybrid.text.values import days, mail_date

_MARKS = re.compile(r"(?:[ \t]*>)*[ \t]*")
_ON = re.compile(r"(?:On|Am) (?P<said>.{6,160}?)(?: wrote| schrieb(?P<who>[^\n:]{2,80})?):", re.DOTALL)
_WROTE = re.compile(r"(?P<who>[^\d\W][^\n<>:]{1,60}?)(?: <[^<>\n]*>)? wrote(?: on (?P<when>[^\n:]{6,40}))?:")
_SEPARATOR = re.compile(
    r"-{2,}\s*(?:Original (?:Message|Appointment)|Forwarded (?:[Mm]essage|by\b[^-]*)|Ursprüngliche Nachricht)\s*-{2,}"
    r"|Begin forwarded message:|_{10,}",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\*?(?P<name>From|Sent|Date|To|Cc|Bcc|Reply-To|Subject|Importance|Attachments?):\*?[ \t]*(?P<value>.*)"
)
_TIME = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\b(?:at|um)\b"
    r"|\b\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s*[ap]\.?m\b\.?)?|\b[A-Z]{2,4}T\b|\bUTC\b|\bGMT\b|[+-]\d{4}\b",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"\b\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_ADDRESS = re.compile(r"\s*(?:<[^<>]*>|\[[^\[\]]*@[^\[\]]*\]|\(\S+@\S+\))")


@dataclass(frozen=True)
class QuotedMail:
    """A mail that another quotes: its ``author``, its ``date``, ISO 8601, and its ``receivers`` as it names them; each
    ``None`` where it does not say."""

    author: str | None
    date: str | None
    receivers: str | None = None


@dataclass(frozen=True)
class _Open:
    """A quoted mail while its lines are read: those with at least ``depth`` marks are its own. It is over at a line
    with fewer than ``base``, which are those of the line that names its author."""

    mail: QuotedMail
    depth: int
    base: int


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    depth: int
    words: str


@lru_cache(maxsize=64)
def find(text: str) -> tuple[tuple[int, QuotedMail | None], ...]:
    """Where each stretch of a text begins that one mail says, with that mail; ``None`` for the text's own.

    Example:
        >>> mail = "See below.\\n\\nOn 3 May 2026, Ann Aaker <ann@mill.example> wrote:\\n> It is wet."
        >>> [(mail[at:], said.author, said.date) for at, said in find(mail) if said]
        [('> It is wet.', 'Ann Aaker', '2026-05-03')]
    """
    if ">" not in text and "From:" not in text and "wrote" not in text and "schrieb" not in text:
        return ()
    lines = _lines(text)
    own = 0 if not lines or _HEADER.match(lines[0].words) is None else _after_headers(lines, 0)
    opened: list[_Open] = []
    found: list[tuple[int, QuotedMail | None]] = []
    at = own
    while at < len(lines):
        line = lines[at]
        if line.words:
            opened = [one for one in opened if one.base <= line.depth]
        said = next((one for one in reversed(opened) if one.depth <= line.depth), None)
        mail = said.mail if said else QuotedMail(None, None) if line.depth and line.words else None
        if line.words and (not found or found[-1][1] != mail):
            found.append((line.start, mail))
        begins = _begins(lines, at)
        if begins is not None:
            inner, at, depth = begins
            if depth > line.depth:  # it takes the place of the mail that was answered above it
                opened = [one for one in opened if one.depth <= line.depth]
            opened.append(_Open(inner, depth, line.depth))
            continue
        at += 1
    return tuple(found) if any(mail for _, mail in found) else ()


def at(text: str, offset: int) -> QuotedMail | None:
    """The mail that is quoted at ``offset`` of a text, the innermost; ``None`` where the text speaks for itself."""
    found = find(text)
    place = bisect_right(found, offset, key=lambda one: one[0]) - 1
    return found[place][1] if place >= 0 else None


def own_end(text: str) -> int:
    """Where a mail's own words end: at the line that says whose words follow, or at the end of the text.

    Example:
        >>> mail = "No.\\n\\nOn 3 May 2026, Ann Aaker wrote:\\n> Is it wet?"
        >>> mail[: own_end(mail)].strip()
        'No.'
    """
    lines = _lines(text)
    first = 0 if not lines or _HEADER.match(lines[0].words) is None else _after_headers(lines, 0)
    for place in range(first, len(lines)):
        if _begins(lines, place) is not None or (lines[place].depth and lines[place].words):
            return lines[place].start
    return len(text)


def announces(line: str) -> bool:
    """Whether a line, without the marks before it, says that somebody else's mail follows."""
    return bool(_SEPARATOR.fullmatch(line) or _ON.fullmatch(line) or _WROTE.fullmatch(line))


_MARKS_WITHIN = re.compile(r"(?<=\n)(?:[ \t]*>)+[ \t]*(?=\S)")
"""Before a line that has words: a line of marks alone divides paragraphs."""


def without_marks(text: str) -> str:
    """A quoted mail's text with blanks for the marks that begin its lines, each in its place, so that a sentence
    goes on over a line's end.

    Example:
        >>> without_marks("Every\\n> price")
        'Every\\n  price'
    """
    return _MARKS_WITHIN.sub(lambda match: " " * len(match[0]), text)


def unmarked(line: str) -> tuple[int, str]:
    """How many marks ">" stand before a line, and the rest of it."""
    match = _MARKS.match(line)
    marks = match[0] if match else ""
    return marks.count(">"), line[len(marks) :].rstrip()


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for written in text.split("\n"):
        depth, words = unmarked(written)
        found.append(_Line(start, start + len(written), depth, words))
        start += len(written) + 1
    return found


def _after_headers(lines: Sequence[_Line], at: int) -> int:
    """The first line behind a block of headers, of which a long one may go on in lines that are set in."""
    while at < len(lines) and _HEADER.match(lines[at].words):
        at += 1
    return at


def _begins(lines: Sequence[_Line], at: int) -> tuple[QuotedMail, int, int] | None:
    """The mail that is quoted from the line at ``at`` on, its first line, and the marks that its lines have at least;
    ``None`` where none begins there."""
    line = lines[at]
    if not line.words:
        return None
    if _SEPARATOR.fullmatch(line.words):
        below = _next_filled(lines, at + 1)
        found = _of_headers(lines, below) if below is not None and lines[below].depth >= line.depth else None
        return found or (None if line.words.startswith("_") else (QuotedMail(None, None), at + 1, line.depth))
    if line.words.lstrip("*").startswith("From:"):
        return _of_headers(lines, at)
    return _of_attribution(lines, at)


def _of_headers(lines: Sequence[_Line], at: int) -> tuple[QuotedMail, int, int] | None:
    """The mail below a block of headers; a "From:" alone is none."""
    after = _after_headers(lines, at)
    headers = {match["name"]: match["value"] for one in lines[at:after] if (match := _HEADER.match(one.words))}
    sent = headers.get("Sent") or headers.get("Date")
    if "From" not in headers or not (sent or "Subject" in headers) or len(headers) < 2:
        return None
    receivers = ", ".join(headers[name] for name in ("To", "Cc", "Bcc") if headers.get(name)) or None
    return QuotedMail(_author(headers["From"]), _date(sent or ""), receivers), after, lines[at].depth


def _of_attribution(lines: Sequence[_Line], at: int) -> tuple[QuotedMail, int, int] | None:
    """The mail below a line, or two, that says who wrote it: "On 3 May 2026, Ann Aaker wrote:"."""
    line = lines[at]
    written, after = line.words, at + 1
    if line.words.startswith(("On ", "Am ")) and ":" not in line.words[-1:] and after < len(lines):
        written, after = f"{line.words} {lines[after].words}", after + 1
    match = _ON.fullmatch(written)
    by_name = None if match else _WROTE.fullmatch(line.words)
    if match is None and by_name is None:
        return None
    below = _next_filled(lines, after if match else at + 1)
    marked = below is not None and lines[below].depth > line.depth
    if by_name is not None:
        if not marked:  # "The inspector wrote:" is no mail
            return None
        return QuotedMail(_author(by_name["who"]), _date(by_name["when"] or "")), at + 1, line.depth + 1
    assert match is not None
    said = match["said"]
    spans = [(start, end) for start, end, _ in days(said)] or [one.span() for one in _SLASHED.finditer(said)]
    if not spans and not marked:
        return None
    who = said + (match["who"] or "")
    for start, end in reversed(spans):
        who = f"{who[:start]} {who[end:]}"
    return QuotedMail(_author(_TIME.sub(" ", who)), _date(said)), after, line.depth + marked


def _next_filled(lines: Sequence[_Line], at: int) -> int | None:
    return next((place for place in range(at, len(lines)) if lines[place].words), None)


def _author(written: str) -> str | None:
    """A name without its address; the address where there is no name."""
    plain = " ".join(_ADDRESS.sub(" ", written).split()).strip(" ,;:*\"'")
    if not any(map(str.isalpha, plain)):
        address = re.search(r"[\w.+-]+@[\w.-]+", written)
        return address[0] if address else None
    return plain


def _date(written: str) -> str | None:
    """The day that is written, in ISO 8601; with its time where that is as mails have it."""
    found = {day for _, _, day in days(written)}
    if len(found) == 1:
        return "{:04}-{:02}-{:02}".format(*found.pop())
    exact = mail_date(written)
    return exact[:10] if exact else None
