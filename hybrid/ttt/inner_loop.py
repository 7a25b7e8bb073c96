"""Test-time training: one gradient step on the fast weights a mini-batch.

The mini-batch is scored with the weights as they are, then they step: gradient with respect to the
fast weights only, clipped by its global norm, SGD or Adam on float32 weights. Nothing is changed in
place: a state can be copied by keeping a reference, and an error leaves the old one whole.

Source: "End-to-End Test-Time Training for Long Context" (arXiv 2512.23675).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import torch
from torch import Tensor

from hybrid.errors import DivergedError
from hybrid.kernels.fused_loss import fused_linear_cross_entropy
from hybrid.settings import MemorySettings
from hybrid.ttt.transformer import DynamicMLP, Transformer, WindowCache

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


@dataclass(frozen=True)
class Learned:
    """Everything that reading changes.

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


def inner_step(
    model: Transformer, learned: Learned, ids: Sequence[int], settings: MemorySettings, share: float = 1.0
) -> tuple[Learned, float]:
    """Score ``ids[1:]`` given ``ids[:-1]``, then take one step on that loss.

    The last id is only a target: it is the first input of the next mini-batch.

    Args:
        share: scales the step; below 1 for a mini-batch that is not full.

    Returns:
        What was learned, and the mean loss in nats before the step.

    Raises:
        DivergedError: the loss or its gradient is not finite. ``learned`` is still good.
    """
    tokens = torch.tensor(ids)
    leaves = [
        DynamicMLP(*(w.to(model.dtype).detach().requires_grad_() for w in (mlp.gate, mlp.up, mlp.down)))
        for mlp in learned.fast
    ]
    with torch.enable_grad():
        hidden, cache = model.forward(tokens[:-1], learned.cache, leaves)
        loss = fused_linear_cross_entropy(hidden, model.unembedding, tokens[1:])
    gradients = [g.to(model.master_dtype) for g in torch.autograd.grad(loss, _flat(leaves))]
    norm = global_norm(gradients)
    if not (math.isfinite(loss.item()) and math.isfinite(norm)):
        raise DivergedError(
            f"the inner loop diverged at step {learned.steps + 1}: loss {loss.item():g}, gradient norm {norm:g}; "
            "the memory is as it was before this mini-batch. Lower memory.learning_rate or set memory.clip"
        )
    factor = settings.clip / norm if settings.clip and norm >= settings.clip else 1.0
    step = _sgd if settings.optimizer == "sgd" else _adam
    with torch.no_grad():
        clipped = [g * factor for g in gradients]
        return replace(step(learned, clipped, settings.learning_rate * share), cache=cache), loss.item()


def global_norm(gradients: Sequence[Tensor]) -> float:
    """Root of the sum of squares over all tensors together."""
    return math.sqrt(sum(float(torch.linalg.vector_norm(g).double()) ** 2 for g in gradients))


def _sgd(learned: Learned, gradients: Sequence[Tensor], rate: float) -> Learned:
    weights = (w.sub(g, alpha=rate) for w, g in zip(_flat(learned.fast), gradients, strict=True))
    return replace(learned, fast=_layers(weights), steps=learned.steps + 1)


def _adam(learned: Learned, gradients: Sequence[Tensor], rate: float) -> Learned:
    zero = _layers(torch.zeros_like(w) for w in _flat(learned.fast))
    first, second = learned.moments or (zero, zero)
    beta1, beta2 = ADAM_BETAS
    steps = learned.steps + 1
    root = math.sqrt(1 - beta2**steps)
    weights: list[Tensor] = []
    means: list[Tensor] = []
    squares: list[Tensor] = []
    for weight, m, v, g in zip(_flat(learned.fast), _flat(first), _flat(second), gradients, strict=True):
        mean = m.lerp(g, 1 - beta1)
        square = (v * beta2).addcmul_(g, g, value=1 - beta2)
        spread = square.sqrt().div_(root).add_(ADAM_EPSILON)
        weights.append(weight.addcdiv(mean, spread, value=-rate / (1 - beta1**steps)))
        means.append(mean)
        squares.append(square)
    return replace(learned, fast=_layers(weights), moments=(_layers(means), _layers(squares)), steps=steps)


def _flat(layers: Sequence[DynamicMLP]) -> list[Tensor]:
    return list(chain.from_iterable((mlp.gate, mlp.up, mlp.down) for mlp in layers))


def _layers(tensors: Iterable[Tensor]) -> tuple[DynamicMLP, ...]:
    flat = list(tensors)
    return tuple(DynamicMLP(*flat[i : i + 3]) for i in range(0, len(flat), 3))
