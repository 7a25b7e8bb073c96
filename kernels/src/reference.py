"""The plain PyTorch operations of a Llama block. Each is differentiable any number of times.

Shape suffixes: T tokens, D hidden, d head dimension, V vocabulary. ``...`` is any leading axes.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def sliding_window_attention(
    q: Tensor, k: Tensor, v: Tensor, window: int, *, sinks: int = 0, scale: float | None = None
) -> Tensor:
    """Attention by one N×N matrix: what `hybrid.kernels.sliding_window_attention` must equal.

    Args:
        q: [B, Hq, Tq, d].
        k, v: [B, Hkv, Tk, d]; the last query stands on the last key.

    Returns:
        [B, Hq, Tq, d]; zeros for a query that sees nothing.
    """
    queries, keys, share = q.shape[2], k.shape[2], q.shape[1] // k.shape[1]
    key_at = torch.arange(keys, device=q.device)
    distance = torch.arange(keys - queries, keys, device=q.device)[:, None] - key_at
    seen = (distance >= 0) & ((distance < window) | (key_at < sinks))
    k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
    scores = (q @ k.mT) * (q.shape[3] ** -0.5 if scale is None else scale)
    none = ~seen.any(1, keepdim=True)  # such a row is given all keys and then zeroed: its softmax has a gradient
    p = torch.softmax(scores.masked_fill(~(seen | none), -torch.inf), -1)
    return p.masked_fill(none, 0) @ v


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """``x * rsqrt(mean(x²) + eps) * weight`` over the last axis, in at least float32, back in x's dtype.

    Args:
        x: [..., D].
        weight: [D].
    """
    return F.rms_norm(x, weight.shape, weight, eps)


def rope_table(positions: Tensor, frequencies: Tensor, dtype: torch.dtype, magnitude: float = 1.0) -> Tensor:
    """``magnitude * exp(i * position * frequency)``, one complex number for each pair of dimensions.

    The angles are computed in float64, so that they stay exact at any position.

    Args:
        positions: [T] integers.
        frequencies: [d/2] radians a token.
        dtype: of the real and imaginary parts; at least float32 comes back.

    Returns:
        [T, d/2], complex.
    """
    angles = positions.double()[:, None] * frequencies.double()
    turns = torch.polar(torch.full_like(angles, magnitude), angles)
    return turns.to(torch.complex128 if dtype == torch.float64 else torch.complex64)


def rope(x: Tensor, table: Tensor) -> Tensor:
    """Rotate the pairs (2i, 2i + 1) of each head: the interleaved layout.

    Args:
        x: [..., T, d].
        table: [T, d/2] from `rope_table`. The arithmetic is done in its precision.
    """
    wide = torch.unflatten(x.to(table.real.dtype), -1, (-1, 2))
    return torch.view_as_real(torch.view_as_complex(wide) * table).flatten(-2).to(x.dtype)


def swiglu(gate: Tensor, up: Tensor) -> Tensor:
    """``silu(gate) * up``."""
    return F.silu(gate) * up


def linear_cross_entropy(hidden: Tensor, unembedding: Tensor, targets: Tensor) -> Tensor:
    """Each token's negative log-likelihood in nats, in at least float32.

    Args:
        hidden: [..., D].
        unembedding: [V, D].
        targets: [...] token ids.

    Returns:
        [...].
    """
    logits = F.linear(hidden, unembedding)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return logits.logsumexp(-1) - logits.gather(-1, targets[..., None]).squeeze(-1)
