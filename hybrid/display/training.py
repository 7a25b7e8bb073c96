"""What the memory learned: loss against position, as a picture that is drawn with SVG alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hybrid.display.markup import FINE, VIOLET, Html, body, card, head, join, tag
from hybrid.text.formatting import count, one_line, sparkline, wrapped
from hybrid.types.base import as_html, as_text
from hybrid.types.reports import MemoryTraining, TrainingPoint, studied

_WIDTH, _HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 14, 48
_MOST_TOOLTIPS = 120
_TICKS = 5
_LISTED = 12


@as_text.register(MemoryTraining)
def training_text(training: MemoryTraining) -> str:
    """What the memory was trained on and its losses, with the losses as a line of blocks."""
    if not training.points:
        return wrapped(_nothing(training))
    losses = [point.loss for point in training.points]
    shown = [f"  {one}" for one in training.volumes[:_LISTED]]
    if len(training.volumes) > _LISTED:
        shown.append(f"  and {count(len(training.volumes) - _LISTED, 'volume')} more, in .volumes")
    line = f"{sparkline(losses)}  loss from {min(losses):.2f} to {max(losses):.2f} nats"
    return "\n".join([one_line(_sentence(training)), line, *shown])


def _nothing(training: MemoryTraining) -> str:
    if not training.tokens:
        return "No training to show: the memory was trained on nothing."
    return (
        f"No training to show: the memory was trained on {count(training.tokens, 'token')}, and its losses were not "
        "recorded. A text shorter than a mini-batch has none."
    )


def _sentence(training: MemoryTraining) -> str:
    model = f", {training.model}" if training.model else ""
    gain = (
        "" if training.gain is None else f"; each text is likelier by {training.gain:.2f} nats a token with its volume"
    )
    volumes = f" in {count(len(training.volumes), 'volume')}" if training.volumes else ""
    more = f"; studied {studied(training.studied, training.study_gain)}" if training.studied else ""
    return f"{count(training.tokens, 'token')}{volumes}{model}{gain}{more}"


def _mean(points: Sequence[TrainingPoint]) -> float:
    tokens = sum(point.end - point.start for point in points)
    return sum(point.loss * (point.end - point.start) for point in points) / tokens


@as_html.register(MemoryTraining)
def training_html(training: MemoryTraining) -> str:
    """A card with the picture."""
    top = head("Memory training", "Loss against position", tag("span", training.model or "no memory", style=FINE))
    if not training.points:
        return card("Memory training", top, body(_nothing(training)))
    return card("Memory training", top, body(_picture(training), tag("div", _sentence(training) + ".", style=FINE)))


def smoothed(points: Sequence[TrainingPoint], reach: int) -> list[float]:
    """The mean loss of each point and of up to ``reach`` before and after it."""
    made = []
    for at in range(len(points)):
        made.append(_mean(points[max(0, at - reach) : at + reach + 1]))
    return made


class _Axes:
    """From tokens and nats to places in the picture."""

    def __init__(self, points: Sequence[TrainingPoint]) -> None:
        losses = sorted(point.loss for point in points)
        spread = max(losses[-1] - losses[0], 0.05)
        self.y_ticks = ticks(losses[0] - 0.06 * spread, losses[-1] + 0.06 * spread)
        self.low, self.high = self.y_ticks[0], self.y_ticks[-1]
        self.first, self.last = points[0].start, points[-1].end
        self.x_ticks = [tick for tick in ticks(self.first, self.last, 7) if self.first <= tick <= self.last]

    def x(self, tokens: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (tokens - self.first) / max(self.last - self.first, 1)

    def y(self, loss: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self.high - loss) / (self.high - self.low)


def ticks(low: float, high: float, about: int = _TICKS) -> list[float]:
    """Round numbers that begin at or below ``low`` and end at or above ``high``, evenly apart."""
    raw = max(high - low, 1e-9) / about
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * at, 10) for at in range(first, max(last, first + 1) + 1)]


def _picture(training: MemoryTraining) -> Html:
    points, axes = training.points, _Axes(training.points)
    middles = [(point.start + point.end) / 2 for point in points]
    line = smoothed(points, max(1, len(points) // 24))
    parts = [
        tag("title", "Loss of the memory against position"),
        tag("desc", _sentence(training)),
        *_frame(axes),
        _line(axes, middles, [point.loss for point in points], width="1", opacity=".4", colour="currentColor"),
        _line(axes, middles, line, width="2.5", opacity="1", colour=f"rgb({VIOLET})"),
        *_tooltips(axes, points),
    ]
    style = "display:block;width:100%;max-width:720px;height:auto;color:inherit"
    label = f"Line chart of loss against position. {_sentence(training)}"
    size = f"0 0 {_WIDTH} {_HEIGHT}"
    raw = tag("span", _key("currentColor", ".4", "2px"), "each stretch, before its step", style="padding-right:16px")
    mean = tag("span", _key(f"rgb({VIOLET})", "1", "3px"), "smoothed")
    key = tag("div", raw, mean, style=f"{FINE};margin:2px 0 4px")
    return join((tag("svg", *parts, viewBox=size, role="img", aria_label=label, style=style), key))


def _key(colour: str, opacity: str, height: str) -> Html:
    style = (
        f"display:inline-block;width:20px;height:0;border-top:{height} solid {colour};opacity:{opacity};"
        "vertical-align:middle;margin:0 5px 0 2px"
    )
    return tag("span", style=style, aria_hidden="true")


def _line(axes: _Axes, xs: Sequence[float], ys: Sequence[float], *, width: str, opacity: str, colour: str) -> Html:
    way = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in zip(xs, ys, strict=True))
    return tag(
        "polyline", points=way, fill="none", stroke=colour, stroke_width=width, stroke_opacity=opacity,
        stroke_linejoin="round", stroke_linecap="round",
    )  # fmt: skip


def _frame(axes: _Axes) -> list[Html]:
    """Grid, ticks and the axes' names."""
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
    parts = []
    for loss in axes.y_ticks:
        y = f"{axes.y(loss):.1f}"
        parts.append(_rule(left, right, y, y, ".14"))
        parts.append(_words(f"{loss:g}", left - 8, axes.y(loss) + 4, "end"))
    for tokens in axes.x_ticks:
        x = f"{axes.x(tokens):.1f}"
        parts.append(_rule(x, x, bottom, bottom + 5, ".6"))
        parts.append(_words(f"{tokens:,.0f}", axes.x(tokens), bottom + 19, "middle"))
    parts += [_rule(left, left, top, bottom, ".6"), _rule(left, right, bottom, bottom, ".6")]
    parts.append(_words("tokens", (left + right) / 2, _HEIGHT - 8, "middle"))
    middle = (top + bottom) / 2
    parts.append(_words("loss (nats a token)", 14, middle, "middle", transform=f"rotate(-90 14 {middle:.0f})"))
    return parts


def _rule(x1: float | str, x2: float | str, y1: float | str, y2: float | str, opacity: str) -> Html:
    return tag("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke="currentColor", stroke_opacity=opacity)


def _words(words: str, x: float, y: float, anchor: str, transform: str | None = None) -> Html:
    return tag(
        "text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, font_size=12, fill="currentColor",
        fill_opacity=".8", transform=transform,
    )  # fmt: skip


def _tooltips(axes: _Axes, points: Sequence[TrainingPoint]) -> list[Html]:
    """Upright bands that say, on hovering, which tokens they stand for and what their loss was."""
    size = math.ceil(len(points) / _MOST_TOOLTIPS)
    bands = []
    for at in range(0, len(points), size):
        group = points[at : at + size]
        start, end = group[0].start, group[-1].end
        bands.append(
            tag(
                "rect", tag("title", f"tokens {start:,} to {end:,}: loss {_mean(group):.3f}"),
                x=f"{axes.x(start):.1f}", y=_TOP, width=f"{max(axes.x(end) - axes.x(start), 0.5):.1f}",
                height=_HEIGHT - _TOP - _BOTTOM, fill="currentColor", fill_opacity="0",
            )
        )  # fmt: skip
    return bands
