"""Test-time training: one gradient step on the fast weights a mini-batch.

The mini-batch is scored with the weights as they are, then they step: gradient with respect to the
fast weights only, clipped by its global norm, SGD or Adam on float32 weights. Nothing is changed in
place: a state can be copied by keeping a reference, and an error leaves the old one whole.

Source: "End-to-End Test-Time Training for Long Context" (arXiv 2512.23675).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import torch
from torch import Tensor

from hybrid.errors import DivergedError
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.row_operations import clip_factor, sgd_step, squared_norm
from hybrid.settings import MemorySettings
from hybrid.ttt.model.transformer import Transformer, WindowCache
from hybrid.ttt.model.weights import DynamicBlock, DynamicMLP

ADAM_BETAS = (0.9, 0.999)  # these two as in Kingma and Ba, arXiv 1412.6980, and PyTorch
ADAM_EPSILON = 1e-8


@dataclass(frozen=True)
class FastWeightState:
    """Everything that training changes.

    Args:
        fast: the dynamic MLPs, bottom suffix block first.
        moments: Adam's first and second moments, laid out like ``fast``; None with SGD or before the first step.
        cache: keys and values of the last window of tokens.
        steps: inner steps taken.
    """

    fast: tuple[DynamicMLP, ...]
    moments: tuple[tuple[DynamicMLP, ...], tuple[DynamicMLP, ...]] | None
    cache: WindowCache
    steps: int


@dataclass(frozen=True)
class MiniBatch:
    """Tokens [B, b] of one inner step, their targets, and a mask that is 1 where a target counts (None: everywhere)."""

    ids: Tensor
    targets: Tensor
    mask: Tensor | None = None

    def weights(self) -> Tensor:
        """What each target weighs: the mean over a sequence's counted ones. All 0 where none counts."""
        if self.mask is None:
            share = 1 / self.ids.shape[1]
            return torch.full(self.ids.shape, share, dtype=torch.float64, device=self.ids.device)
        mask = self.mask.double()
        return mask / mask.sum(1, keepdim=True).clamp_min(1)


def inner_step(
    model: Transformer,
    fast_state: FastWeightState,
    ids: Sequence[int] | Sequence[Sequence[int]],
    settings: MemorySettings,
    share: float = 1.0,
) -> tuple[FastWeightState, list[float]]:
    """Score each sequence's ``ids[1:]`` given its ``ids[:-1]``, then take one step on that loss.

    The last id is only a target: it is the first input of the next mini-batch.

    Args:
        ids: one sequence's, or those of each sequence of a batch.
        share: scales the step; below 1 for a mini-batch that is not full.

    Returns:
        What was fast_state, and each sequence's mean loss in nats before the step.

    Raises:
        DivergedError: a loss or gradient is not finite. ``fast_state`` is still good.
    """
    tokens = torch.tensor(ids, device=model.device)
    tokens = tokens if tokens.dim() == 2 else tokens[None]
    batch = MiniBatch(tokens[:, :-1], tokens[:, 1:])
    scored = score(model, fast_state.fast, batch, lambda fast: model.forward(batch.ids, fast_state.cache, fast))
    if not scored.finite:
        raise DivergedError(
            f"the inner loop diverged at step {fast_state.steps + 1}: {scored}; the memory is as it was before this "
            "mini-batch. Lower memory.learning_rate or set memory.clip"
        )
    with torch.no_grad():
        after = stepped(model, fast_state, scored.gradients, scored.squared_norm, settings, share)
        return replace(after, cache=scored.cache), scored.loss.tolist()


def stepped(
    model: Transformer,
    fast_state: FastWeightState,
    gradients: Sequence[Tensor],
    squared_norm: Tensor,
    settings: MemorySettings,
    share: float,
) -> FastWeightState:
    """The state after one step of the settings' optimizer on clipped gradients; arguments as in `Scored` and
    `inner_step`."""
    factor = clip_factor(squared_norm, settings.clip)
    step = sgd if settings.optimizer == "sgd" else _adam
    assert settings.learning_rate is not None  # of a model's settings: see `hybrid.ttt.calibration.resolved`
    sizes = step_sizes(model.weights.dynamic, settings.learning_rate * share)
    return step(fast_state, gradients, factor, sizes)


@dataclass(frozen=True)
class Scored:
    """A mini-batch before its step.

    Args:
        each: [B, b] losses in nats.
        loss: [B] the mean of those that count.
        gradients: of ``loss``, laid out as `flat` does, in the compute dtype.
        squared_norm: of all gradients together: a scalar, or [B] where each sequence has weights of its own.
        cache: after these tokens, detached.
    """

    each: Tensor
    loss: Tensor
    gradients: Sequence[Tensor]
    squared_norm: Tensor
    cache: WindowCache

    @property
    def gradient_norm(self) -> Tensor:
        """[B], before clipping."""
        return self.squared_norm.sqrt().reshape(-1)

    @property
    def finite(self) -> bool:
        """Whether every loss and norm is a number."""
        return bool(torch.isfinite(self.loss).all() and torch.isfinite(self.gradient_norm).all())

    def __str__(self) -> str:
        return f"loss {_listed(self.loss.tolist())}, gradient norm {_listed(self.gradient_norm.tolist())}"


def score(
    model: Transformer,
    fast: Iterable[DynamicMLP],
    batch: MiniBatch,
    forward: Callable[[list[DynamicMLP]], tuple[Tensor, WindowCache]],
) -> Scored:
    """Losses of a mini-batch and their gradient with respect to the fast weights, and to nothing else.

    Args:
        forward: from fast weights in the compute dtype to hidden states [B, b, D] and the cache after them.
    """
    leaves = as_leaves(fast, model.dtype)
    weights = batch.weights().to(model.master_dtype)
    with torch.enable_grad():
        hidden, cache = forward(leaves)
        loss, each = fused_linear_cross_entropy(hidden, model.unembedding, batch.targets, weights, inner=True)
    gradients = torch.autograd.grad(loss, flat(leaves))
    with torch.no_grad():
        return Scored(each, (each * weights).sum(1), gradients, squared_norm(gradients), cache.detached())


def as_leaves(fast: Iterable[DynamicMLP], dtype: torch.dtype) -> list[DynamicMLP]:
    """The fast weights in the compute dtype, as leaves of a new graph."""
    return [DynamicMLP(*(w.to(dtype).detach().requires_grad_() for w in mlp.tensors())) for mlp in fast]


def step_sizes(dynamic: Iterable[DynamicBlock], rate: float) -> list[Tensor | float]:
    """The step size of each fast weight tensor, gate, up and down of the bottom block first."""
    sizes: list[Tensor | float] = []
    for block in dynamic:
        sizes += [rate] * 3 if block.log_step_sizes is None else list(rate * block.log_step_sizes.double().exp())
    return sizes


def sgd(
    fast_state: FastWeightState, gradients: Sequence[Tensor], factor: Tensor, sizes: Sequence[Tensor | float]
) -> FastWeightState:
    """One SGD step on the gradients times ``factor`` (a scalar, or [B]). Differentiable."""
    weights = sgd_step(flat(fast_state.fast), gradients, factor, sizes)
    return replace(fast_state, fast=layers(weights), steps=fast_state.steps + 1)


def _adam(
    fast_state: FastWeightState, gradients: Sequence[Tensor], factor: Tensor, sizes: Sequence[Tensor | float]
) -> FastWeightState:
    zero = layers(torch.zeros_like(w) for w in flat(fast_state.fast))
    first, second = fast_state.moments or (zero, zero)
    beta1, beta2 = ADAM_BETAS
    steps = fast_state.steps + 1
    root = math.sqrt(1 - beta2**steps)
    weights: list[Tensor] = []
    means: list[Tensor] = []
    squares: list[Tensor] = []
    for weight, m, v, gradient, size in zip(
        flat(fast_state.fast), flat(first), flat(second), gradients, sizes, strict=True
    ):
        g = gradient.to(weight.dtype) * factor[..., None, None]
        mean = m.lerp(g, 1 - beta1)
        square = (v * beta2).addcmul_(g, g, value=1 - beta2)
        spread = square.sqrt().div_(root).add_(ADAM_EPSILON)
        weights.append(weight.addcdiv(mean, spread, value=-float(size) / (1 - beta1**steps)))
        means.append(mean)
        squares.append(square)
    return replace(fast_state, fast=layers(weights), moments=(layers(means), layers(squares)), steps=steps)


def flat(fast: Iterable[DynamicMLP]) -> list[Tensor]:
    """Gate, up and down of the bottom suffix block, then of the next."""
    return list(chain.from_iterable(mlp.tensors() for mlp in fast))


def layers(tensors: Iterable[Tensor]) -> tuple[DynamicMLP, ...]:
    """The inverse of `flat`."""
    found = list(tensors)
    return tuple(DynamicMLP(*found[i : i + 3]) for i in range(0, len(found), 3))


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
