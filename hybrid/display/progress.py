"""How long work shows how far it is: bars in a notebook or a terminal, lines in the log elsewhere."""

from __future__ import annotations

import logging
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from hybrid.display.markup import BREAK, FINE, GREEN, ORANGE, SANS, VIOLET, bar, tag
from hybrid.ingest.progress import Progress, Stage, quiet
from hybrid.text.formatting import clipped

if TYPE_CHECKING:
    from rich.progress import TaskID


@dataclass
class StageState:
    """How far one stage is."""

    done: int = 0
    total: int = 0
    detail: str = ""
    began: float = field(default_factory=lambda: time.monotonic())


def bars_html(rows: Sequence[tuple[str, StageState]], *, ended: bool, failed: bool) -> str:
    """A bar for each stage, in the order in which they began; the time left where it is known."""
    made = []
    for number, (name, stage) in enumerate(rows):
        last = number == len(rows) - 1
        share = stage.done / stage.total if stage.total else 0.0
        stopped = failed and last
        colour = ORANGE if stopped else GREEN if share >= 1 or ended else VIOLET
        figure = f"{100 * share:.0f}%" if stage.total else f"{stage.done:,}"
        now = "" if ended or share >= 1 else " · ".join(filter(None, (_left(stage), stage.detail)))
        said = "stopped here" if stopped else now
        cells = (
            tag("td", name, style=f"{_CELL};white-space:nowrap"),
            tag("td", bar(share, colour, "180px"), style=_CELL),
            tag("td", figure, style=f"{_CELL};text-align:right;font-variant-numeric:tabular-nums"),
            tag("td", clipped(said, 90), style=f"{_CELL};{FINE};{BREAK};width:100%"),
        )
        made.append(tag("tr", *cells, style="background:transparent"))
    style = f"{SANS};border-collapse:collapse;margin:2px 0;font-size:13px;color:inherit;table-layout:auto"
    return tag("table", tag("tbody", *made), style=style, aria_label="Progress")


_CELL = "padding:2px 14px 2px 0;text-align:left;vertical-align:middle;border:0;background:transparent"


def _left(stage: StageState) -> str:
    """How long a stage will still take, where enough of it is done to tell."""
    took = time.monotonic() - stage.began
    if took < 3 or not 0 < stage.done < stage.total:
        return ""
    seconds = took * (stage.total - stage.done) / stage.done
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


NOTEBOOK_SECONDS = 0.2
"""Between two updates of a notebook's bars."""
LOG_SECONDS = 15.0
"""Between two lines in the log on one stage."""
WORDS: dict[Stage, str] = {
    "discover": "looking for files",
    "load": "loading",
    "embed": "embedding",
    "index": "committing",
    "memory": "training the memory",
    "copy": "copying",
    "check": "checking",
}
_LOG = logging.getLogger("hybrid.progress")


class Bars(ABC):
    """A `Progress` with a beginning and an end; used as a context manager, again and again, also within itself.

    `Corpus.ingest` and `Corpus.remove` enter the one they are given, so that it can simply be handed over.
    """

    def __init__(self) -> None:
        self.stages: dict[Stage, StageState] = {}
        self.failed = False
        self._depth = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self.stages, self.failed = {}, False
                self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self.failed = kind is not None
                self._stop()

    def __call__(self, stage: Stage, done: int, total: int, detail: str) -> None:
        """Take note of how far a stage is, and show it."""
        with self._lock:
            state = self.stages.setdefault(stage, StageState())
            state.done, state.total, state.detail = done, total, detail
            self._show(stage, state)

    @abstractmethod
    def _start(self) -> None:
        """The work begins."""

    @abstractmethod
    def _show(self, stage: Stage, state: StageState) -> None:
        """Something moved."""

    @abstractmethod
    def _stop(self) -> None:
        """The work is over."""


class TerminalBars(Bars):
    """A bar for each stage on standard error, as it begins. They stay when the work is done."""

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._tasks: dict[Stage, TaskID] = {}
        self._bars = RichProgress(
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=32),
            TaskProgressColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=Console(stderr=True),
        )
        self._bars.start()

    def _show(self, stage: Stage, state: StageState) -> None:
        from hybrid.text.formatting import one_line

        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(WORDS[stage], total=None, detail="")
        detail = one_line(state.detail)[-48:]
        self._bars.update(self._tasks[stage], completed=state.done, total=state.total or None, detail=detail)

    def _stop(self) -> None:
        self._bars.stop()


class NotebookBars(Bars):
    """One output of the cell, updated in place. It needs no widgets, and stays in the notebook as it ended.

    Hand-written because rich 15 and tqdm 4.70 show bars in a notebook through ipywidgets alone; without them rich warns
    and draws nothing, and tqdm prints text.
    """

    def _start(self) -> None:
        self._handle: Any = None
        self._shown_at = 0.0
        self._shown_stage: Stage | None = None
        self._ended = False

    def _show(self, stage: Stage, state: StageState) -> None:
        due = time.monotonic() - self._shown_at >= NOTEBOOK_SECONDS
        if due or (stage != self._shown_stage and state.done == 0):
            self._shown_stage = stage
            self._draw()

    def _stop(self) -> None:
        self._ended = True
        if self.stages:
            self._draw()

    def _draw(self) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(self, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(self)
        self._shown_at = time.monotonic()

    def _repr_html_(self) -> str:
        return str(bars_html(self._rows(), ended=self._ended, failed=self.failed))

    def __repr__(self) -> str:
        return "\n".join(f"{words}: {state.done:,} of {state.total:,}" for words, state in self._rows())

    def _rows(self) -> list[tuple[str, StageState]]:
        return [(WORDS[stage], state) for stage, state in self.stages.items()]


class LogLines(Bars):
    """A line in the log ``hybrid.progress`` when a stage begins, every now and then, and when it is done."""

    def _start(self) -> None:
        self._logged: dict[Stage, tuple[float, bool]] = {}

    def _show(self, stage: Stage, state: StageState) -> None:
        now, complete = time.monotonic(), 0 < state.total <= state.done
        last, was_complete = self._logged.get(stage, (0.0, False))
        first = stage not in self._logged
        if first or (complete and not was_complete) or now - last >= LOG_SECONDS:
            self._logged[stage] = (now, complete)
            _LOG.info("%s: %s of %s %s", WORDS[stage], f"{state.done:,}", f"{state.total:,}", state.detail)

    def _stop(self) -> None:
        if self.failed:
            _LOG.info("stopped before the end")


def progress() -> Bars:
    """The progress bars that suit the place: a notebook, a terminal, or lines in the log ``hybrid.progress``.

    Example:
        >>> corpus.ingest("discovery/", progress=hybrid.progress())  # the same as progress=True
    """
    if _in_notebook():
        return NotebookBars()
    return TerminalBars() if sys.stderr is not None and sys.stderr.isatty() else LogLines()


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this code: a notebook, JupyterLab, VS Code, Colab."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def shown(wanted: Progress | bool | None) -> Iterator[Progress]:
    """The `Progress` that a caller wants, for the length of the work: ``True`` stands for `progress`."""
    if wanted is None or wanted is False:
        yield quiet
    elif wanted is True:
        with progress() as bars:
            yield bars
    elif isinstance(wanted, Bars):
        with wanted:
            yield wanted
    else:
        yield wanted
