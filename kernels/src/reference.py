"""The plain PyTorch operations of a Llama block. Each is differentiable any number of times.

Shape suffixes: T tokens, D hidden, d head dimension, V vocabulary. ``...`` is any leading axes.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """``x * rsqrt(mean(x²) + eps) * weight`` over the last axis, in at least float32, back in x's dtype.

    Args:
        x: [..., D].
        weight: [D].
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return normed.to(x.dtype) * weight


def rope_tables(positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles ``position * theta^(-2i/d)``, in the half-split layout.

    Computed in float64, so that they stay exact at any position.

    Args:
        positions: [T] integers.

    Returns:
        cos, sin: [T, d] each, the d/2 angles twice over.
    """
    exponent = torch.arange(0, head_dim, 2, dtype=torch.float64, device=positions.device) / head_dim
    angles = positions.double()[:, None] * theta**-exponent
    return torch.cat([angles, angles], -1).cos().to(dtype), torch.cat([angles, angles], -1).sin().to(dtype)


def rope(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the pairs (i, i + d/2) of each head: the half-split layout of Hugging Face's Llama.

    Args:
        x: [..., T, d].
        cos, sin: [T, d] from `rope_tables`. The arithmetic is done in their dtype.
    """
    wide = x.to(cos.dtype)  # once, not in each product
    low, high = wide.chunk(2, dim=-1)
    return (wide * cos).add_(torch.cat([-high, low], -1).mul_(sin)).to(x.dtype)


def swiglu(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """``down(silu(gate x) * up x)``.

    Args:
        x: [..., D].
        gate, up: [F, D].
        down: [D, F].
    """
    return F.linear(F.silu(F.linear(x, gate)) * F.linear(x, up), down)


def linear_cross_entropy(hidden: Tensor, unembedding: Tensor, targets: Tensor) -> Tensor:
    """Each token's negative log-likelihood in nats, in at least float32.

    Args:
        hidden: [T, D].
        unembedding: [V, D].
        targets: [T] token ids.

    Returns:
        [T].
    """
    logits = F.linear(hidden, unembedding)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return logits.logsumexp(-1) - logits.gather(-1, targets[:, None]).squeeze(-1)
