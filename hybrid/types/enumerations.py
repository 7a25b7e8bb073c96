"""What a question for all of something finds ("List every payment", "How many", "total of"): typed rows, cited."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from hybrid.errors import InputError
from hybrid.text.formatting import csv_text
from hybrid.types.base import FrozenModel, Shown, output_path, shown

EnumerationKind = Literal["list", "count", "sum"]
_PLACES = ("document", "page", "start", "end", "quote", "sha256", "also in")


class RowSpan(FrozenModel):
    """Where a row stands: ``quote`` is ``text[start:end]`` of the document ``source``, whose bytes had ``sha256``.
    ``status`` is the document's, where it says one ("draft"). Of what is said against a row, ``citation`` is its number
    in the answer, ``speaker`` and ``date`` are who says it and when (ISO 8601), as far as this is known."""

    source: str
    page: int | None = None
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    quote: str
    sha256: str
    status: str | None = None
    citation: int | None = None
    speaker: str | None = None
    date: str | None = None

    @model_validator(mode="after")
    def _quote_fits_span(self) -> Self:
        if self.end - self.start != len(self.quote):
            raise ValueError(f"span [{self.start}, {self.end}) does not fit a quote of {len(self.quote)} characters")
        return self


class EnumeratedRow(FrozenModel):
    """One of the things that were asked for: ``cells`` as they stand in the document, one for each column, empty where
    the row says nothing of it.

    ``date`` is ISO 8601, ``amount`` a plain number and ``currency`` its sign or code, where the row has them. ``span``
    is where the row stands, ``citation`` its number in the answer, and ``copies`` are the rows of other documents, or
    of other pages, that say the same. ``not_counted`` says why it counts neither in the number nor in the sum ("from a
    draft"); empty where it counts. ``against`` are the sentences of other documents that say otherwise,
    ``said_by`` those that say what was asked for ("rejected") of a row whose own table says nothing of it.
    """

    cells: tuple[str, ...]
    citation: int = Field(ge=1)
    span: RowSpan
    date: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    copies: tuple[RowSpan, ...] = ()
    not_counted: str = ""
    against: tuple[RowSpan, ...] = ()
    said_by: tuple[RowSpan, ...] = ()


class Enumeration(Shown, FrozenModel):
    """All rows that were found for a question, of all documents: a table that shows itself.

    ``what`` names what was looked for, ``columns`` the cells. ``count`` is how many rows count; ``found`` how many
    there are, of which ``rows`` may be the first. ``sums`` are the sums of the amounts that count, by currency, of the
    column ``summed``. ``stated`` are places where documents say one of these sums themselves. ``dated_by`` is by which
    column of days the rows were chosen and what it is by another, where the question leaves that open. ``remarks`` say
    what was counted, what was not, and why more may exist.

    Example:
        >>> answer = corpus.ask("List every payment to the mill, with date and amount.")
        >>> answer.enumeration.to_csv("payments.csv")
        >>> [row.cells for row in answer.enumeration.rows]
    """

    kind: EnumerationKind
    what: str
    columns: tuple[str, ...]
    rows: tuple[EnumeratedRow, ...]
    found: int = Field(ge=0)
    count: int = Field(ge=0)
    summed: str = ""
    sums: dict[str, Decimal] = Field(default_factory=dict)
    stated: tuple[RowSpan, ...] = ()
    dated_by: str = ""
    remarks: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> Self:
        if any(len(row.cells) != len(self.columns) for row in self.rows):
            raise ValueError("a row has another number of cells than there are columns")
        return self

    def as_dicts(self) -> list[dict[str, str]]:
        """The rows as dictionaries by column, with the place of each: what `as_csv` writes."""
        names = [*self.columns, *(name for name in ("counted", *_PLACES))]
        return [dict(zip(names, self._cells(row), strict=True)) for row in self.rows]

    def _cells(self, row: EnumeratedRow) -> list[str]:
        one = row.span
        also = "; ".join(copy.source for copy in row.copies)
        page = "" if one.page is None else str(one.page)
        beside = (*row.said_by, *row.against)
        counted = "; ".join([row.not_counted or "yes", *(f"{one.source}: {one.quote}" for one in beside)])
        return [*row.cells, counted, one.source, page, str(one.start), str(one.end), one.quote, one.sha256, also]

    def as_csv(self) -> str:
        """The rows as RFC 4180 text with a header, lines ending in CR LF, then none: the sum is `sums`.

        A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
        """
        return csv_text([[*self.columns, "counted", *_PLACES], *(self._cells(row) for row in self.rows)])

    def to_csv(self, path: str | Path, *, bom: bool = False) -> Path:
        """Write `as_csv` to a file, in UTF-8, with a byte order mark for Excel where ``bom``; its path.

        Raises `InputError` if ``path`` is no path, or the file cannot be written.
        """
        if not isinstance(bom, bool):
            raise InputError(f"bom is True or False, not {shown(bom)}")
        file = output_path(path)
        try:
            file.write_bytes(self.as_csv().encode("utf-8-sig" if bom else "utf-8"))
        except OSError as error:
            raise InputError(f"cannot write the rows to {file}: {error.strerror}") from error
        return file
