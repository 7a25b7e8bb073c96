"""What a document of the case file is made of, before it becomes a PDF, a DOCX or a text file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Literal


@dataclass(frozen=True)
class Heading:
    """A line that stands over others. ``level`` 0 is the document's title."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    bold: bool = False
    align: Literal["L", "C", "R"] = "L"


@dataclass(frozen=True)
class Clause:
    """A numbered paragraph. ``depth`` 0 is the clause's heading, 1 a subclause, 2 a lettered item."""

    number: str
    text: str
    depth: int = 1


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first row being the head. ``widths`` are shares of the line."""

    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Gap:
    """Empty space of so many lines."""

    lines: float = 1.0


@dataclass(frozen=True)
class PageBreak:
    """What follows starts a page."""


Block = Heading | Text | Clause | Table | Gap | PageBreak


@dataclass(frozen=True, eq=False)  # two papers are the same only if they are one, so that they can be rendered once
class Paper:
    """One document. Its path says the format: .pdf, .docx or .txt.

    ``spacious`` is the generous setting of contracts, the other one that of forms and reports.
    """

    path: str
    title: str
    author: str
    day: date
    blocks: Sequence[Block]
    foot: str = ""
    spacious: bool = False

    @property
    def created(self) -> datetime:
        """When the file says that it was made: nine in the morning of its day."""
        return datetime.combine(self.day, time(9, 0), tzinfo=UTC)


@dataclass(frozen=True)
class Mail:
    """One e-mail. ``key`` names it; ``answers`` is the key of the mail that it replies to and quotes.

    It lies in the mailbox of every person in ``boxes``, once each.
    """

    key: str
    sent: datetime
    sender: str
    to: Sequence[str]
    subject: str
    body: str
    boxes: Sequence[str]
    cc: Sequence[str] = ()
    answers: str | None = None
    attached: Sequence[Paper] = field(default_factory=tuple)


def lines(*texts: str) -> list[Block]:
    """A paragraph each."""
    return [Text(text) for text in texts]


def signatures(*parties: tuple[str, str, str, str]) -> list[Block]:
    """Signature blocks: party, name, position, date; an empty name is a blank that nobody signed."""
    found: list[Block] = []
    for party, name, position, day in parties:
        found += [
            Gap(),
            Text(f"Signed for and on behalf of {party}", bold=True),
            Text(f"Signature: {'(signed) ' + name if name else '______________________'}"),
            Text(f"Name: {name or '______________________'}"),
            Text(f"Position: {position}"),
            Text(f"Date: {day or '______________________'}"),
        ]
    return found
