"""The inner loop's step for a model: a known one, or the best of a small grid on a text of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hybrid.errors import DivergedError
from hybrid.settings import MemorySettings

if TYPE_CHECKING:  # PyTorch, which a lookup does without
    from hybrid.ttt.state import Trainable


class Step(NamedTuple):
    """An optimizer of the inner loop and its step size."""

    optimizer: str
    learning_rate: float

    def __str__(self) -> str:
        return f"{self.optimizer} {self.learning_rate:g}"


BUILTIN = "16399c58348341f1727030d1fc312a7fb25819f69fcbb6d15fd0687f698a49c4"
"""The fingerprint of `hybrid.settings.models.LANGUAGE_MODEL`."""
KNOWN = {BUILTIN: Step("sgd", 1.0)}
"""By fingerprint. The built-in model's is what `python benchmarks/memory_quality.py learn` found best."""
USUAL = {"sgd": Step("sgd", 1.0), "adam": Step("adam", 3e-4)}
"""Where the settings name an optimizer and no step size."""
CAUTIOUS = Step("adam", 1e-4)
"""Where there is no text to calibrate on: it did no harm to any model that was tried."""
GRID = (Step("sgd", 1.0), Step("sgd", 0.1), Step("adam", 3e-4), Step("adam", 1e-4))
NEVER = Step("sgd", 1e-30)
"""What leaves the weights as they are, to compare with."""
MINI_BATCHES = 6
"""That each step of the grid is tried on, 3,072 tokens by default. Not measured: so that the grid takes about as long
as one volume of the greatest length."""
_FEWEST = 3


def resolved(settings: MemorySettings, fingerprint: str, trained: float | None = None) -> tuple[MemorySettings, bool]:
    """Settings with an optimizer and a step size, and whether these are only in the place of calibrated ones.

    ``trained``: the step size of SGD that the initial weights were meta-trained for, if they were.
    """
    if settings.optimizer != "auto":
        usual = USUAL[settings.optimizer]
        return with_step(settings, usual._replace(learning_rate=settings.learning_rate or usual.learning_rate)), False
    if settings.learning_rate is not None:
        return with_step(settings, Step("sgd", settings.learning_rate)), False
    known = KNOWN.get(fingerprint) if trained is None else Step("sgd", trained)
    return with_step(settings, known or CAUTIOUS), known is None


def with_step(settings: MemorySettings, step: Step) -> MemorySettings:
    """The settings with that step."""
    return settings.model_copy(update={"optimizer": step.optimizer, "learning_rate": step.learning_rate})


def calibrate(
    model: Trainable, tokens: Sequence[int], on_try: Callable[[Step], None] | None = None
) -> tuple[Step | None, dict[Step, float | None]]:
    """The step of the grid after which the next mini-batches of a text have the lowest loss, and that loss by step.

    A step that diverges has ``None``. Where none helps `CAUTIOUS` is taken; the guards of `hybrid.ttt.volumes` then
    decide by volume. For a text shorter than three mini-batches there is no step.
    """
    size = model.settings.mini_batch
    text = list(tokens[: MINI_BATCHES * size + 1])
    losses: dict[Step, float | None] = {}
    if (len(text) - 1) // size < _FEWEST:
        return None, losses
    for step in (NEVER, *GRID):
        if on_try is not None and step is not NEVER:
            on_try(step)
        losses[step] = _loss(model.with_step(step), text)
    found = {step: loss for step, loss in losses.items() if loss is not None}
    best = min(found, key=lambda step: found[step], default=NEVER)
    return CAUTIOUS if best == NEVER else best, losses


def _loss(model: Trainable, text: Sequence[int]) -> float | None:
    """Mean loss of all mini-batches but the first, each before the step on it."""
    seen: list[float] = []
    try:
        model.adapt(model.initial_state(), text, lambda _, loss: seen.append(loss))
    except DivergedError:
        return None
    return sum(seen[1:]) / len(seen[1:])
