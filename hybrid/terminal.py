"""Progress bars for long work, on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress as ProgressCallback
    from hybrid.ingest.progress import Stage

_WORDS = {
    "discover": "looking for files",
    "load": "loading",
    "embed": "embedding",
    "index": "committing",
    "memory": "reading into memory",
}


@contextmanager
def progress_bars() -> Iterator[ProgressCallback]:
    """A bar for each stage of ingest, as it begins. They stay when the work is done."""
    bars = Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=32),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[detail]}", style="dim"),
        console=Console(stderr=True),
    )
    tasks: dict[Stage, TaskID] = {}

    def show(stage: Stage, done: int, total: int, detail: str) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(_WORDS[stage], total=None, detail="")
        bars.update(tasks[stage], completed=done, total=total or None, detail=detail[-48:])

    with bars:
        yield show
