"""Volumes: fast weights adapted to one part of a corpus, stored as their difference from the initial ones, and mounted
together when a question needs them.

A delta holds the down matrices alone, in 4 bits with a scale a row; `python benchmarks/volumes.py delta` says what is
lost. Deltas that were adapted from the same initial weights add up: mounted fast weights are the initial ones plus a
weighted sum of deltas.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from hybrid.errors import DivergedError, ModelError
from hybrid.ttt.inference import InferenceSession
from hybrid.ttt.model.weights import DynamicMLP
from hybrid.ttt.state import Trainable
from hybrid.ttt.study import StudyGains, study
from hybrid.types.study import Exercise

FORMAT = "hybrid-volume/1"
_LARGEST = 7  # codes are from -7 to 7: a symmetric range rounds to zero without a bias
_CLIPS = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Shares of a row's largest value that its scale is tried at; that with the least squared error is taken."""
HELD_BACK = 1
"""Mini-batches at a volume's end that are scored before the step on them, with the memory and without."""
OWN = 512
"""Tokens from a volume's middle that are scored with its delta and without."""
RETRIES = (0.5, 0.25, 0.0625)
"""What the step size is multiplied by, one after the other, for a volume that got worse: factors that leave no grid
point of `hybrid.ttt.calibration` untried. Half first: one of eight stories was harmed by .022 nats at the full step,
and its own text was then likelier by .50 nats at half of it and by .31 at a quarter."""
SUSPICIOUS = 1.0
"""Nats by which a mini-batch's loss may stand above the mean so far; beyond, it is scored without the memory, too."""
RISE, ROW = 0.5, 2
"""So many nats above the bare window's loss, in so many mini-batches one after the other, end the attempt. One alone is
where another kind of text begins: random tokens after a text that repeats itself stood 0.44 above it."""
WORSE = 0.02
"""Nats by which a loss may stand above the bare window's before a volume counts as harmful. Not measured: of 512 tokens
that were scored both ways a difference of 0.02 is within what rounding to 4 bits does."""


@dataclass(frozen=True)
class Delta:
    """The difference of adapted down matrices from their initial values.

    Args:
        codes: uint8 [D, F / 2] a suffix block, bottom first: two codes a byte, the low half first.
        scales: float32 [D, 1] a suffix block.
        width: F, which a last odd column makes 2 * codes.shape[1] - 1.
    """

    codes: tuple[Tensor, ...]
    scales: tuple[Tensor, ...]
    width: int

    @classmethod
    def between(cls, initial: Sequence[DynamicMLP], fast: Sequence[DynamicMLP]) -> Self:
        """The quantised difference of ``fast`` from ``initial``. Gate and up are left out.

        Raises `DivergedError` for weights that are not finite: the last step's show in no loss.
        """
        changes = [(after.down - before.down).float() for before, after in zip(initial, fast, strict=True)]
        if not all(torch.isfinite(change).all() for change in changes):
            raise DivergedError("the fast weights are not finite after the last step")
        found = [_quantised(change) for change in changes]
        return cls(
            tuple(codes for codes, _ in found), tuple(scale for _, scale in found), int(initial[0].down.shape[1])
        )

    def difference(self) -> list[Tensor]:
        """The down matrices' differences, float32 [D, F] each."""
        return [
            _unpacked(codes, self.width).float() * scale for codes, scale in zip(self.codes, self.scales, strict=True)
        ]

    @property
    def bytes(self) -> int:
        """Size of the tensors."""
        return sum(t.numel() * t.element_size() for t in (*self.codes, *self.scales))

    def to_tensors(self) -> dict[str, Tensor]:
        """Tensors by name, as a safetensors file holds them."""
        tensors = {f"down.{n}.codes": codes for n, codes in enumerate(self.codes)}
        tensors |= {f"down.{n}.scale": scale for n, scale in enumerate(self.scales)}
        return tensors | {"width": torch.tensor([self.width])}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Self:
        """The delta that `to_tensors` described. Raises `ModelError` where something is missing or odd."""
        try:
            count = sum(name.endswith(".codes") for name in tensors)
            codes = tuple(tensors[f"down.{n}.codes"] for n in range(count))
            scales = tuple(tensors[f"down.{n}.scale"] for n in range(count))
            width = int(tensors["width"].item())
        except (KeyError, ValueError, RuntimeError) as error:
            raise ModelError(f"this volume is incomplete: {error!r}") from error
        fits = count and all(
            c.dtype == torch.uint8 and c.dim() == 2 and c.shape[1] == (width + 1) // 2 and s.shape == (len(c), 1)
            for c, s in zip(codes, scales, strict=True)
        )
        if not fits or len(tensors) != 2 * count + 1:
            raise ModelError("this volume's tensors have other shapes or names than a delta's")
        if not all(torch.isfinite(scale).all() for scale in scales):
            raise ModelError("this volume has a scale that is not a finite number")
        return cls(codes, scales, width)


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """A sha256 of tensors by name, type, shape and bytes; a file's own bytes differ from process to process."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return digest.hexdigest()


def mounted(initial: Sequence[DynamicMLP], deltas: Sequence[tuple[Delta, float]]) -> tuple[DynamicMLP, ...]:
    """Initial fast weights plus the weighted sum of deltas.

    Raises `ModelError` for a delta of other shapes.
    """
    downs = [mlp.down for mlp in initial]
    for delta, weight in deltas:
        fits = len(delta.codes) == len(downs) and all(
            (len(codes), delta.width) == tuple(down.shape) for codes, down in zip(delta.codes, downs, strict=True)
        )
        if not fits:
            raise ModelError("a volume's shapes are not those of this model's fast weights; ingest the corpus again")
        downs = [down + weight * change.to(down.device) for down, change in zip(downs, delta.difference(), strict=True)]
    return tuple(replace(mlp, down=down) for mlp, down in zip(initial, downs, strict=True))


@dataclass(frozen=True)
class Gains:
    """Losses in nats a token, ``None`` where the volume is too short for it.

    Args:
        loss: mean while it was adapted for the first time, each mini-batch before the step on it.
        own: (without, with) the delta, on `OWN` tokens from the middle of the volume.
        held_back: (without, with) the memory, on the last `HELD_BACK` mini-batches before the first step on them.
        study: of the exercises, where there were any.
    """

    loss: float | None
    own: tuple[float, float] | None
    held_back: tuple[float, float] | None
    study: StudyGains | None = None

    @property
    def gain(self) -> float:
        """Nats a token that the volume's own text became likelier; 0 where it was too short to measure."""
        return self.own[0] - self.own[1] if self.own else 0.0

    @property
    def harmed(self) -> str | None:
        """In what it got worse; ``None``: in nothing."""
        for what, pair in (("its held-back tokens", self.held_back), ("its own text", self.own)):
            if pair is not None and not pair[1] <= pair[0] + WORSE:
                return f"the loss of {what} is {pair[1]:.2f} nats with it and {pair[0]:.2f} without"
        return None


@dataclass(frozen=True)
class AdaptedVolume:
    """A volume's delta and what it gained. ``rate``: what the step size was multiplied by; ``harm``: why it must not
    be mounted, or ``None``."""

    delta: Delta
    gains: Gains
    rate: float
    harm: str | None


class _HarmfulError(Exception):
    """A loss that rose above the bare window's."""


def adapt_volume(
    model: Trainable,
    tokens: Sequence[int],
    on_step: Callable[[int, float], None] | None = None,
    exercises: Sequence[Exercise] = (),
) -> AdaptedVolume:
    """Adapt the initial fast weights to a volume's tokens, at a smaller step size where that did harm.

    Args:
        tokens: ids of all its documents, each with its end; gone through as often as the settings' ``passes`` say, each
            time from an empty window.
        on_step: called after each inner step with the tokens done, of all passes together as many as there are, and
            the mini-batch's loss before the step.
        exercises: studied after the text, in the way of the settings' ``study``.

    Raises `InputError` for an id that the model does not have.
    """
    harm: str | None = None
    for rate in (1.0, *RETRIES):
        try:
            delta, gains = _adapted(model, tokens, rate, on_step, exercises)
        except (DivergedError, _HarmfulError) as error:
            harm = str(error)
            continue
        harm = gains.harmed
        if harm is None:
            return AdaptedVolume(delta, gains, rate, None)
    initial = model.initial_state().fast_state.fast
    return AdaptedVolume(Delta.between(initial, initial), Gains(None, None, None), 0.0, harm)


def _adapted(
    model: Trainable,
    tokens: Sequence[int],
    rate: float,
    on_step: Callable[[int, float], None] | None,
    exercises: Sequence[Exercise],
) -> tuple[Delta, Gains]:
    size, bare, passes = model.settings.mini_batch, model.session(None), model.settings.passes
    steps = (len(tokens) - 1) // size
    losses: list[float] = []

    above = 0  # mini-batches in a row whose loss stands above the bare window's

    def watch(done: int, loss: float) -> None:
        nonlocal above
        before = sum(losses) / len(losses) if losses else math.inf
        losses.append(loss)
        without = _loss_at(bare, tokens, done - size - 1, size) if loss > before + SUSPICIOUS else math.inf
        above = above + 1 if loss > without + RISE else 0
        if above == ROW:
            raise _HarmfulError(
                f"the loss rose to {loss:.2f} nats at token {done:,}, and is {without:.2f} without the memory"
            )
        if on_step is not None:
            on_step(done // passes, loss)

    state = model.initial_state()
    initial = state.fast_state.fast
    model.adapt(state, tokens, watch, rate)
    fast, studied = model.fast_weights(state, rate), None
    for number in range(1, passes):
        progress = _progress(on_step, number * len(tokens), passes)
        fast_state, state = state.fast_state, model.initial_state()
        state.advance(replace(fast_state, fast=fast, cache=state.fast_state.cache), (), 0)
        model.adapt(state, tokens, progress, rate)
        fast = model.fast_weights(state, rate)
    if exercises:
        report = on_step or (lambda *_: None)
        after_text = replace(state.fast_state, fast=fast)
        fast, studied = study(model, after_text, exercises, rate, lambda loss: report(len(tokens), loss))
    delta = Delta.between(initial, fast)
    held_back = own = None
    if steps > HELD_BACK:
        first = (steps - HELD_BACK) * size
        held_back = (_loss_at(bare, tokens, first, HELD_BACK * size), sum(losses[-HELD_BACK:]) / HELD_BACK)
    if len(tokens) > size // 2:
        middle, count = max(0, len(tokens) // 2 - OWN // 2), min(OWN, len(tokens) - 1)
        passage = tokens[middle : middle + count + 1]
        after = InferenceSession(model.transformer, model.tokenizer, mounted(initial, [(delta, 1.0)]))
        own = (bare.token_loss(passage, 1), after.token_loss(passage, 1))
    return delta, Gains(sum(losses) / len(losses) if losses else None, own, held_back, studied)


def _progress(
    on_step: Callable[[int, float], None] | None, before: int, passes: int
) -> Callable[[int, float], None] | None:
    """Reports the tokens of a later pass, ``before`` it and in it, as a share of one pass."""
    return on_step and (lambda done, loss: on_step((before + done) // passes, loss))


def _loss_at(session: InferenceSession, tokens: Sequence[int], first: int, count: int) -> float:
    """Mean loss of ``count`` targets after token ``first``, with one window before them."""
    start = max(0, first - session.window)
    return session.token_loss(tokens[start : first + count + 1], first - start + 1)


def _quantised(change: Tensor) -> tuple[Tensor, Tensor]:
    largest = change.abs().amax(1, keepdim=True)
    best_error = torch.full_like(largest, math.inf)
    best_scale = torch.zeros_like(largest)
    for clip in _CLIPS:
        scale = (largest * (clip / _LARGEST)).clamp_min(torch.finfo(torch.float32).tiny)
        rounded = (change / scale).round().clamp(-_LARGEST, _LARGEST) * scale
        error = (rounded - change).square().sum(1, keepdim=True)
        better = error < best_error
        best_error, best_scale = torch.where(better, error, best_error), torch.where(better, scale, best_scale)
    codes = (change / best_scale).round().clamp(-_LARGEST, _LARGEST).to(torch.int16) + 8
    if codes.shape[1] % 2:
        codes = torch.nn.functional.pad(codes, (0, 1), value=8)
    return (codes[:, 0::2] | (codes[:, 1::2] << 4)).to(torch.uint8), best_scale


def _unpacked(codes: Tensor, width: int) -> Tensor:
    low, high = (codes & 15).to(torch.int8), (codes >> 4).to(torch.int8)
    return torch.stack([low, high], 2).reshape(len(codes), -1)[:, :width] - 8
