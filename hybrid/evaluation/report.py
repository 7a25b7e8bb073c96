"""What every evaluation gives: a table with the seed, the commit and the settings that made it, and its plots."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hybrid.errors import InputError, MissingExtraError
from hybrid.text.formatting import printable
from hybrid.types.base import Shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure
from collections.abc import Sequence

from hybrid.display.markup import BREAK, FINE, body, card, head, section, table, tag

Cell = bool | int | float | str | None
Value = Cell | tuple[Cell, ...]
DECIMALS = 6  # kept of a float; what differs past them is the order of a sum
_SHOWN = 3  # of them in a table for people


def check_plots() -> None:
    """Raises `MissingExtraError` where matplotlib is not installed, for whoever is going to draw much later."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib", "plots") from error


class _Data(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")


class Series(_Data):
    """Points of one plot under one name; ``x`` and ``y`` are of one length."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    @model_validator(mode="after")
    def _as_many_x_as_y(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"series {self.name!r} has {len(self.x)} x and {len(self.y)} y")
        return self


class Plot(_Data):
    """One picture of a report. ``name`` is its file's name without suffix.

    ``diagonal`` draws y = x, which a calibrated probability follows. ``ticks`` are words to stand under
    x = 0, 1, 2, ..., where x counts categories.
    """

    name: str = Field(pattern=r"^[\w-]+$")
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    kind: Literal["line", "bar", "points"] = "line"
    ticks: tuple[str, ...] = ()
    diagonal: bool = False
    y_range: tuple[float, float] | None = None

    def figure(self) -> Figure:
        """The picture, drawn by matplotlib. Raises `MissingExtraError` where that is not installed."""
        check_plots()
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.add_subplot()
        width = 0.8 / max(1, len(self.series))
        for number, series in enumerate(self.series):
            if self.kind == "bar":
                shift = (number - (len(self.series) - 1) / 2) * width
                axes.bar([x + shift for x in series.x], series.y, width, label=series.name)
            else:
                axes.plot(series.x, series.y, "o" if self.kind == "points" else "o-", markersize=4, label=series.name)
        if self.diagonal:
            axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--")
        if self.ticks:
            axes.set_xticks(range(len(self.ticks)), self.ticks)
        if self.y_range:
            axes.set_ylim(*self.y_range)
        axes.set(title=self.title, xlabel=self.x_label, ylabel=self.y_label)
        if len(self.series) > 1:
            axes.legend(frameon=False, fontsize="small")
        return figure

    def svg(self) -> str:
        """The picture as SVG, the same every time. Raises `InputError` where matplotlib is not installed."""
        drawn = io.StringIO()
        _draw(self.figure(), drawn, "svg")
        return drawn.getvalue()

    def _repr_svg_(self) -> str | None:
        """What a notebook shows; without matplotlib nothing, and the notebook shows the points as text."""
        try:
            return self.svg()
        except InputError:
            return None


class EvaluationReport(Shown, _Data):
    """The result of one evaluation.

    Attributes:
        name: short, a file's name: ``needle``, ``retrieval``.
        title: what was measured, in one sentence.
        rows: one mapping a row, all with the same keys, which are the columns.
        seed: what every random choice came from.
        commit: of the corpus that was asked, or ``None`` where the evaluation made its own.
        settings: every choice that decides the numbers, by name.
        notes: what a reader should know besides.
        plots: pictures that `write` draws.
        cases: what became of each case that was measured; `write` puts them into a file of their own.

    Example:
        >>> report = EvaluationReport(name="small", title="Two numbers.", rows=({"set": "a", "recall@5": 0.5},), seed=1)
        >>> print(report.as_markdown().splitlines()[2])
        | set | recall@5 |
    """

    name: str = Field(pattern=r"^[\w-]+$")
    title: str
    rows: tuple[dict[str, Cell], ...] = Field(min_length=1)
    seed: int
    commit: int | None = None
    settings: dict[str, Value] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    plots: tuple[Plot, ...] = Field(default=(), exclude=True)
    cases: tuple[dict[str, Cell], ...] = Field(default=(), exclude=True)

    @field_validator("rows")
    @classmethod
    def _rounded(cls, rows: tuple[dict[str, Cell], ...]) -> tuple[dict[str, Cell], ...]:
        return tuple({column: _round(cell) for column, cell in row.items()} for row in rows)

    @model_validator(mode="after")
    def _rows_are_a_table(self) -> Self:
        for number, row in enumerate(self.rows, 1):
            if tuple(row) != self.columns:
                raise ValueError(f"row {number} has the columns {', '.join(row)}, not {', '.join(self.columns)}")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names, in their order."""
        return tuple(self.rows[0])

    def as_text(self) -> str:
        """The table for a terminal, numbers to the right, with what made it below."""
        shown = [[_show(row[column]) for column in self.columns] for row in self.rows]
        widths = [max(len(line[at]) for line in (list(self.columns), *shown)) for at in range(len(self.columns))]
        right = [column in self._figures for column in self.columns]

        def line(cells: list[str]) -> str:
            padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
            return "  ".join(padded).rstrip()

        table = [line(list(self.columns)), line(["-" * width for width in widths]), *map(line, shown)]
        return "\n".join([self.title, "", *table, "", *self._made_by()])

    def __str__(self) -> str:
        return printable(self.as_text())

    def _repr_html_(self) -> str:
        rows = [{column: _show(cell) for column, cell in row.items()} for row in self.rows]
        return str(evaluation_html(self.name, self.title, rows, self._figures, self._made_by()))

    @property
    def _figures(self) -> list[str]:
        """The columns that hold no words."""
        return [column for column in self.columns if all(not isinstance(row[column], str) for row in self.rows)]

    def as_markdown(self) -> str:
        """The table as Markdown, ending in a line break."""
        lines = [self.title, "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row([_show(cell) for cell in row.values()]) for row in self.rows]
        return "\n".join([*lines, "", *(f"- {fact}" for fact in self._made_by())]) + "\n"

    def as_json(self) -> str:
        """All of it but the plots, as JSON that ends in a line break."""
        return self.model_dump_json(indent=2) + "\n"

    def write(self, folder: str | Path, *, pictures: tuple[Literal["png", "svg"], ...] = ("png", "svg")) -> list[Path]:
        """Write ``<name>.json``, ``<name>.md``, ``<name>_cases.jsonl`` with a line for each case where the evaluation
        has cases, and each plot into ``folder``; returns the files.

        Raises `InputError` if the folder cannot be written, or if there are plots and no matplotlib.
        """
        folder = Path(folder)
        drawn = {plot.name: plot.figure() for plot in self.plots}  # before anything is written
        try:
            folder.mkdir(parents=True, exist_ok=True)
            written = [folder / f"{self.name}.json", folder / f"{self.name}.md"]
            written[0].write_text(self.as_json(), "utf-8")
            written[1].write_text(self.as_markdown(), "utf-8")
            if self.cases:
                written.append(folder / f"{self.name}_cases.jsonl")
                lines = [json.dumps(one, ensure_ascii=False) for one in self.cases]
                written[-1].write_text("\n".join(lines) + "\n", "utf-8")
            for name, figure in drawn.items():
                written += [_save(figure, folder / f"{name}.{suffix}") for suffix in pictures]
        except OSError as error:
            raise InputError(f"cannot write the report to {folder}: {error.strerror}") from error
        return written

    def _made_by(self) -> list[str]:
        facts: dict[str, Any] = {"seed": self.seed}
        if self.commit is not None:
            facts["commit"] = self.commit
        facts |= self.settings
        return ["; ".join(f"{name} {_show(value)}" for name, value in facts.items()), *self.notes]


def _round(cell: Cell) -> Cell:
    if isinstance(cell, bool) or not isinstance(cell, float):
        return cell
    if not math.isfinite(cell):
        raise ValueError(f"{cell} is no figure; leave the cell empty (None) where nothing was measured")
    return round(cell, DECIMALS) + 0.0  # no negative zero


def _show(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{_SHOWN}f}"
    if isinstance(value, tuple | list):
        return ", ".join(map(_show, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_show(inner)}" for name, inner in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _save(figure: Figure, path: Path) -> Path:
    _draw(figure, os.fspath(path), path.suffix[1:])
    return path


def _draw(figure: Figure, to: str | io.StringIO, kind: str) -> None:
    """Without a date and with ids that do not change from run to run."""
    from matplotlib import rc_context

    fixed: dict[str, None] = {"Date": None} if kind == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "hybrid", "savefig.dpi": 150}):
        figure.savefig(to, format=kind, metadata=fixed)


def evaluation_html(
    name: str, title: str, rows: Sequence[Mapping[str, str]], figures: Sequence[str], made_by: Sequence[str]
) -> str:
    """A card with the table. ``figures`` are the columns that hold numbers; ``made_by`` says what made them."""
    columns = list(rows[0])
    cells = [[row[column] for column in columns] for row in rows]
    shown = table(title, columns, cells, right=[at for at, column in enumerate(columns) if column in figures])
    facts = [tag("div", fact, style=f"{FINE};{BREAK}") for fact in made_by]
    return card("Evaluation", head(f"Evaluation: {name}", title), body(shown), section("Made by", *facts))
