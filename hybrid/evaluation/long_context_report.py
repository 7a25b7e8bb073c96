"""The tables and pictures of a comparison over a long context; `hybrid.evaluation.long_context` measures for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hybrid.evaluation.report import Cell, EvaluationReport, Plot, Series, Value
from hybrid.settings.long_context import LongContextSettings, ModelName
from hybrid.ttt.model.config import quarter

FULL_ATTENTION: ModelName = "full_attention"
END_TO_END: ModelName = "ttt_e2e"
MICROSECONDS = 1e6
Choice = Literal["window", "mini_batch", "updated_layers"]
CHOICES: tuple[Choice, ...] = ("window", "mini_batch", "updated_layers")


@dataclass(frozen=True)
class Variant:
    """What is trained: a model at a context, and for an ablation the one choice that differs."""

    model: ModelName
    context: int
    changed: Choice | None = None
    value: int | None = None

    @property
    def name(self) -> str:
        """Its checkpoint's name."""
        return f"{self.model}-{self.context}" + (f"-{self.changed}-{self.value}" if self.changed else "")


@dataclass(frozen=True)
class Measured:
    """What a variant came to. What was not measured is None, or not among the needles.

    Args:
        stopped: where something was not finite; None: nothing was.
        largest_norm: of a step's gradient before it was clipped.
        by_position: mean loss in nats of each even part of the context.
        training, prefill, decode: seconds a token.
        needles: by task, the share of values found and the mean loss of a value's token in nats.
    """

    variant: Variant
    parameters: int
    stopped: str | None
    largest_norm: float | None = None
    by_position: tuple[float, ...] | None = None
    training: float | None = None
    prefill: float | None = None
    decode: float | None = None
    needles: dict[str, tuple[float, float]] | None = None

    @property
    def loss(self) -> float | None:
        """The mean over the context."""
        return None if self.by_position is None else sum(self.by_position) / len(self.by_position)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Measured:
        """What ``dataclasses.asdict`` and JSON made of one. Raises `KeyError` or `TypeError` where it is none."""
        positions, needles = found["by_position"], found["needles"]
        return cls(
            **found
            | {
                "variant": Variant(**found["variant"]),
                "by_position": None if positions is None else tuple(positions),
                "needles": None
                if needles is None
                else {task: (share, nats) for task, (share, nats) in needles.items()},
            }
        )


@dataclass(frozen=True)
class LongContextReport:
    """The tables of a run, each an `EvaluationReport` with its pictures, and what they were made of.

    Example:
        >>> from hybrid.evaluation.report import EvaluationReport
        >>> table = EvaluationReport(name="loss", title="Loss.", rows=({"model": "mamba2", "loss": 2.5},), seed=0)
        >>> print(LongContextReport((table,), ()))
        Loss.
        <BLANKLINE>
        model    loss
        ------  -----
        mamba2  2.500
        <BLANKLINE>
        seed 0
    """

    tables: tuple[EvaluationReport, ...]
    measured: tuple[Measured, ...]

    def __getitem__(self, name: str) -> EvaluationReport:
        """A table by its name: ``loss``, ``position``, ``time``, ``needles`` or ``ablations``. Raises `KeyError`."""
        return {table.name: table for table in self.tables}[name]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.tables))

    def _repr_html_(self) -> str:
        return "\n".join(table._repr_html_() for table in self.tables)

    def as_json(self) -> str:
        """All tables by name, as JSON that ends in a line break."""
        return json.dumps({table.name: json.loads(table.as_json()) for table in self.tables}, indent=2) + "\n"

    def write(self, folder: str | Path) -> list[Path]:
        """Write each table as JSON and Markdown and its pictures as PNG and SVG; returns the files.

        Raises:
            InputError: the folder cannot be written, or matplotlib is not installed.
        """
        return [path for table in self.tables for path in table.write(folder)]


def long_context_report(
    settings: LongContextSettings,
    measured: Sequence[Measured],
    made_by: dict[str, Value],
    product: Mapping[tuple[str, int, str], float] | None = None,
) -> LongContextReport:
    """The tables and pictures of what was measured. ``made_by``: what stands below each table; ``product``: the share
    of needles found through the whole product, by way, context and task."""
    product = {key: share for key, share in (product or {}).items() if key[0] in settings.evaluation.product}
    plain = [one for one in measured if one.variant.changed is None and one.variant.model in settings.models]
    plain = [one for one in plain if one.variant.context in settings.contexts]
    full = {one.variant.context: one for one in plain if one.variant.model == FULL_ATTENTION}
    tables = [
        ("loss", "Loss in nats a token on held-out text, of each model trained at each context.",
         list(_loss_rows(plain, full)), _loss_plots(settings, plain, full)),
        ("position", "Loss in nats a token by position within the context.",
         list(_position_rows(plain, full)), _position_plots(settings, plain, full)),
        ("time", "Microseconds a token of one stream: training, prefill of the whole context, and decoding after it.",
         [_time_row(one) for one in plain], _time_plots(settings, plain)),
        ("needles", "S-NIAH: the share of values found by greedy decoding, and the loss of their tokens.",
         list(_needle_rows(settings, plain, product)), _needle_plots(settings, plain, product)),
        ("ablations", "TTT-E2E with one choice changed.",
         list(_ablation_rows(settings, measured)), _ablation_plots(settings, measured)),
    ]  # fmt: skip
    reports = tuple(
        EvaluationReport(
            name=name, title=title, rows=tuple(rows), seed=settings.seed, settings=made_by, notes=_NOTES.get(name, ()),
            plots=tuple(plots),
        )
        for name, title, rows, plots in tables
        if rows
    )  # fmt: skip
    return LongContextReport(reports, tuple(measured))


_NOTES: dict[str, tuple[str, ...]] = {
    "loss": (
        "Largest gradient: its norm before clipping, over all steps. Far above the other models', it says that the "
        "clip shortened this model's steps more than theirs.",
    ),
    "time": (
        "The clock of one machine, in PyTorch operations without kernels written for a model; training is the mean of "
        "its steps but the first, the rest a median.",
    ),
    "needles": (
        "Empty: a context that has no room for a needle and its question, or a model that was stopped.",
        "Product: the same haystacks, each read as a document and asked by `Corpus.ask`; found is a value that comes "
        "before any other. Its embedder and language model learned from other texts, the models here from these alone.",
    ),
}


def _identified(one: Measured) -> dict[str, Cell]:
    return {"context": one.variant.context, "model": one.variant.model}


def _minus(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _above(one: Measured, full: dict[int, Measured]) -> float | None:
    """Its loss above full attention's at the same context."""
    other = full.get(one.variant.context)
    return _minus(one.loss, other.loss if other else None)


def _microseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * MICROSECONDS


def _loss_rows(plain: Sequence[Measured], full: dict[int, Measured]) -> Iterator[dict[str, Cell]]:
    for one in plain:
        yield _identified(one) | {
            "parameters": one.parameters,
            "loss": one.loss,
            "minus full attention": _above(one, full),
            "largest gradient": one.largest_norm,
            "stopped": one.stopped,
        }


def _positions(one: Measured, full: dict[int, Measured]) -> Iterator[tuple[int, float, float | None]]:
    """The last token of each part of the context, its loss, and that above full attention's."""
    own, other = one.by_position or (), full.get(one.variant.context)
    theirs = other.by_position if other else None
    for number, loss in enumerate(own):
        end = one.variant.context * (number + 1) // len(own)
        yield end, loss, None if theirs is None else loss - theirs[number]


def _position_rows(plain: Sequence[Measured], full: dict[int, Measured]) -> Iterator[dict[str, Cell]]:
    for one in plain:
        for end, loss, above in _positions(one, full):
            yield _identified(one) | {"up to token": end, "loss": loss, "minus full attention": above}


def _time_row(one: Measured) -> dict[str, Cell]:
    return _identified(one) | {
        "training": _microseconds(one.training),
        "prefill": _microseconds(one.prefill),
        "decode": _microseconds(one.decode),
    }


def _needle_rows(
    settings: LongContextSettings, plain: Sequence[Measured], product: Mapping[tuple[str, int, str], float]
) -> Iterator[dict[str, Cell]]:
    for one in plain:
        for task in settings.evaluation.needles:
            share, nats = (one.needles or {}).get(task, (None, None))
            yield _identified(one) | {"task": task, "found": share, "nats a token": nats}
    for (way, context, of), value in product.items():
        if context in settings.contexts and of in settings.evaluation.needles:
            name = _PRODUCT.format(way)
            yield {"context": context, "model": name, "task": of, "found": value, "nats a token": None}


def _ablated(settings: LongContextSettings, measured: Sequence[Measured]) -> Iterator[tuple[Choice, int, Measured]]:
    """Each choice with each of its values, the unchanged one among them, in ascending order."""
    base = next((one for one in measured if one.variant == Variant(END_TO_END, settings.ablation_context)), None)
    for choice in CHOICES:
        values: tuple[int, ...] = getattr(settings.ablations, choice)
        found = [(one.variant.value or 0, one) for one in measured if one.variant.changed == choice]
        found = [(value, one) for value, one in found if value in values]
        if found and base is not None:
            found.append((_unchanged(settings, choice), base))
        yield from ((choice, value, one) for value, one in sorted(found, key=lambda pair: pair[0]))


def _unchanged(settings: LongContextSettings, choice: Choice) -> int:
    if choice == "updated_layers":
        return settings.size.updated_layers or quarter(settings.size.layers)
    return settings.size.window if choice == "window" else settings.size.mini_batch


def _ablation_rows(settings: LongContextSettings, measured: Sequence[Measured]) -> Iterator[dict[str, Cell]]:
    base = next((one for one in measured if one.variant == Variant(END_TO_END, settings.ablation_context)), None)
    for choice, value, one in _ablated(settings, measured):
        yield {
            "context": one.variant.context,
            "choice": choice,
            "value": value,
            "parameters": one.parameters,
            "loss": one.loss,
            "minus unchanged": _minus(one.loss, base.loss if base else None),
            "training": _microseconds(one.training),
            "stopped": one.stopped,
        }


def _by_context(
    settings: LongContextSettings, plain: Sequence[Measured], of: Callable[[Measured], float | None]
) -> tuple[Series, ...]:
    """A line a model, of what ``of`` says at each context; x counts the contexts."""
    contexts = sorted(settings.contexts)
    found: list[Series] = []
    for name in settings.models:
        points = [(contexts.index(one.variant.context), of(one)) for one in plain if one.variant.model == name]
        known = [(x, y) for x, y in points if y is not None]
        if known:
            found.append(Series(name=name, x=tuple(x for x, _ in known), y=tuple(y for _, y in known)))
    return tuple(found)


def _context_plot(
    settings: LongContextSettings, name: str, title: str, y_label: str, series: tuple[Series, ...], **options: Any
) -> list[Plot]:
    """One picture against context; none of no points."""
    ticks = tuple(f"{context:,}" for context in sorted(settings.contexts))
    plot = Plot(
        name=name, title=title, x_label="context, tokens", y_label=y_label, series=series, ticks=ticks, **options
    )
    return [plot] if series else []


def _loss_plots(settings: LongContextSettings, plain: Sequence[Measured], full: dict[int, Measured]) -> list[Plot]:
    losses = _by_context(settings, plain, lambda one: one.loss)
    above = _by_context(settings, plain, lambda one: _above(one, full))
    return [
        *_context_plot(settings, "loss", "Loss against context", "nats a token", losses),
        *_context_plot(settings, "loss-minus-full-attention", "Loss minus full attention's", "nats a token", above),
    ]


def _position_plots(settings: LongContextSettings, plain: Sequence[Measured], full: dict[int, Measured]) -> list[Plot]:
    """Of the longest context."""
    longest = max(settings.contexts)
    losses: list[Series] = []
    above: list[Series] = []
    for one in plain:
        found = list(_positions(one, full)) if one.variant.context == longest else []
        ends = tuple(end for end, _, _ in found)
        if found:
            losses.append(Series(name=one.variant.model, x=ends, y=tuple(loss for _, loss, _ in found)))
        differences = tuple(difference for _, _, difference in found if difference is not None)
        if differences:
            above.append(Series(name=one.variant.model, x=ends, y=differences))
    pictures = (
        ("position", "Loss by position", losses),
        ("position-minus-full-attention", "Loss by position, minus full attention's", above),
    )
    return [
        Plot(
            name=name, title=f"{title}, context {longest:,}", x_label="position, tokens", y_label="nats a token",
            series=tuple(series),
        )
        for name, title, series in pictures
        if series
    ]  # fmt: skip


def _time_plots(settings: LongContextSettings, plain: Sequence[Measured]) -> list[Plot]:
    pictures: tuple[tuple[str, Callable[[Measured], float | None]], ...] = (
        ("training", lambda one: _microseconds(one.training)),
        ("prefill", lambda one: _microseconds(one.prefill)),
        ("decode", lambda one: _microseconds(one.decode)),
    )
    return [
        plot
        for name, of in pictures
        for plot in _context_plot(
            settings, f"time-{name}", f"Time of {name}", "microseconds a token", _by_context(settings, plain, of)
        )
    ]


_PRODUCT = "product: {}"


def _needle_plots(
    settings: LongContextSettings, plain: Sequence[Measured], product: Mapping[tuple[str, int, str], float]
) -> list[Plot]:
    contexts = sorted(settings.contexts)

    def share(task: str) -> Callable[[Measured], float | None]:
        return lambda one: (one.needles or {}).get(task, (None, None))[0]

    def through_product(task: str) -> tuple[Series, ...]:
        found: dict[str, list[tuple[int, float]]] = {}
        for (way, context, of), value in sorted(product.items(), key=lambda one: one[0][1]):
            if of == task and context in contexts:
                found.setdefault(way, []).append((contexts.index(context), value))
        return tuple(
            Series(name=_PRODUCT.format(way), x=tuple(x for x, _ in points), y=tuple(y for _, y in points))
            for way, points in found.items()
        )

    return [
        plot
        for task in settings.evaluation.needles
        for plot in _context_plot(
            settings, f"needles-{task}", task.upper(), "share found",
            (*_by_context(settings, plain, share(task)), *through_product(task)), y_range=(-0.05, 1.05),
        )
    ]  # fmt: skip


def _ablation_plots(settings: LongContextSettings, measured: Sequence[Measured]) -> list[Plot]:
    ablated = list(_ablated(settings, measured))
    plots: list[Plot] = []
    for choice in CHOICES:
        points = [(value, one.loss) for name, value, one in ablated if name == choice]
        known = [(number, loss) for number, (_, loss) in enumerate(points) if loss is not None]
        if known:
            label = choice.replace("_", " ")
            line = Series(name=END_TO_END, x=tuple(x for x, _ in known), y=tuple(y for _, y in known))
            plots.append(
                Plot(
                    name=f"ablation-{choice}", title=f"TTT-E2E: loss against {label}", x_label=label,
                    y_label="nats a token", series=(line,), ticks=tuple(f"{value:,}" for value, _ in points),
                )
            )  # fmt: skip
    return plots
