"""Progress bars as HTML."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from hybrid.display.markup import BREAK, FINE, GREEN, ORANGE, SANS, VIOLET, bar, tag
from hybrid.display.text import clipped


class Stage(Protocol):
    """How far one stage is."""

    done: int
    total: int
    detail: str
    began: float


def bars_html(rows: Sequence[tuple[str, Stage]], *, ended: bool, failed: bool) -> str:
    """A bar for each stage, in the order in which they began; the time left where it can be told."""
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


def _left(stage: Stage) -> str:
    """How long a stage will still take, where enough of it is done to tell."""
    took = time.monotonic() - stage.began
    if took < 3 or not 0 < stage.done < stage.total:
        return ""
    seconds = took * (stage.total - stage.done) / stage.done
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"
