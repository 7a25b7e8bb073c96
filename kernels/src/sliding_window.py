"""Sliding-window attention that can be differentiated twice.

FlashAttention has no gradient of its gradient, so meta-learning through attention falls back to N×N
matrices. This operation has both, with memory linear in the length; formulas in
`hybrid.kernels.triton.attention_kernels`, derivation in kernels/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import banded_attention
from hybrid.kernels.banded_attention import BandMask
from hybrid.kernels.dispatch import Implementation, choose


def sliding_window_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    window: int,
    *,
    sinks: int = 0,
    scale: float | None = None,
    cached: int = 0,
    implementation: Implementation | None = None,
) -> Tensor:
    """Causal attention in which each query sees itself, ``window - 1`` keys before it, and the first ``sinks`` keys.

    The last query stands on the last key: with fewer queries than keys, the first keys are a cache's. A query
    that stands before the first key sees nothing and gets zeros.

    Args:
        q: [B, Hq, Tq, D]; float16, bfloat16, float32 or float64.
        k, v: [B, Hkv, Tk, D] in q's dtype; Hkv divides Hq, query heads of a group are neighbours.
        window: at least 1; may be wider than the input.
        scale: factor on the scores; None: ``D ** -0.5``.
        cached: so many of the first keys come from a cache. A gradient that is itself differentiated (one taken under
            ``create_graph=True``) treats them as constants and returns zeros for them, as the inner step of
            test-time training does; that gradient's own gradient reaches them. A plain gradient is not changed.
        implementation: "torch" or "triton"; None: HYBRID_KERNELS, else by device.

    Returns:
        [B, Hq, Tq, D] in q's dtype.

    Raises:
        UnsupportedOperationError: shapes, dtypes or an implementation that do not go together.
        RuntimeError: a third derivative is asked for.
    """
    if k.dim() == 4 and not 0 <= sinks <= k.shape[2]:
        raise UnsupportedOperationError(f"sinks must be between 0 and the {k.shape[2]} keys; got {sinks}")
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    out, lse = attention_with_lse(q, k, v, window, scale=scale, cached=cached, implementation=implementation)
    if not sinks or window >= k.shape[2]:
        return out
    at = torch.arange(k.shape[2] - q.shape[2], k.shape[2], device=q.device)[:, None]
    gone = at - torch.arange(sinks, device=q.device) >= window
    seen = torch.zeros(gone.shape, dtype=lse.dtype, device=q.device).masked_fill_(~gone, -torch.inf)
    return merged(out, lse, q * scale, k[:, :, :sinks], v[:, :, :sinks], seen)


def attention_with_lse(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    window: int,
    *,
    scale: float,
    cached: int = 0,
    frozen: int = 0,
    implementation: Implementation | None = None,
) -> tuple[Tensor, Tensor]:
    """The window's part of `sliding_window_attention`, and the log-sum-exp of each query's scores.

    Both are differentiable twice, so that parts over different keys can be merged by their log-sum-exp.

    Args:
        frozen: so many of the first keys need no plain gradient, and get zeros: where they come from a cache that is
            a constant, most of the work of a step is theirs.

    Returns:
        [B, Hq, Tq, D], and [B, Hq, Tq] in at least float32: -inf where a query sees nothing.

    Raises:
        UnsupportedOperationError, RuntimeError: as `sliding_window_attention`.
    """
    _check(q, k, v, window, cached)
    band_mask = BandMask(q.shape[2], k.shape[2], window, cached, scale, frozen)
    # In float32 Triton's products are three of TF32: on an H200 its double backward takes 1.8 times PyTorch's time,
    # and with scores of some thousands it loses up to twenty times the digits (kernels/README.md).
    backend = choose(implementation, q, k, v, preferred="torch" if q.dtype == torch.float32 else "triton")
    out, lse = _Attention.apply(q, k, v, band_mask, backend)  # type: ignore[no-untyped-call]
    return out, lse


def merged(out: Tensor, lse: Tensor, scaled_q: Tensor, sink_k: Tensor, sink_v: Tensor, mask: Tensor) -> Tensor:
    """Attention over more keys: what is known of some, and a few others.

    Args:
        out: [B, Hq, C, D] over the first keys, with ``lse`` [B, Hq, C].
        scaled_q: [B, Hq, C, D] queries for the others, times the scale.
        sink_k, sink_v: [B, Hkv, S, D].
        mask: [C, S], 0 or -inf.
    """
    groups = sink_k.shape[1]
    grouped = torch.unflatten(scaled_q, 1, (groups, -1)).flatten(2, 3)
    scores = torch.unflatten(grouped @ sink_k.mT, 2, (-1, mask.shape[0])).flatten(1, 2).to(lse.dtype) + mask
    # A row that saw nothing so far would make the softmax of two -inf: it counts as if it had one score of 0,
    # and its output, all zeros, is the value that goes with it.
    known = torch.where(lse == -torch.inf, torch.zeros_like(lse), lse)
    p = torch.softmax(torch.cat([known[..., None], scores], -1), -1)
    from_sinks = torch.unflatten(p[..., 1:].to(out.dtype), 1, (groups, -1)).flatten(2, 3) @ sink_v
    return out * p[..., :1].to(out.dtype) + torch.unflatten(from_sinks, 2, (-1, mask.shape[0])).flatten(1, 2)


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, band_mask: BandMask, backend: Implementation
    ) -> tuple[Tensor, Tensor]:
        ctx.band_mask, ctx.backend = band_mask, backend
        ctx.set_materialize_grads(True)
        if backend == "torch":
            out, lse = banded_attention.forward(q, k, v, band_mask)
            ctx.save_for_backward(q, k, v)
            return out, lse
        from hybrid.kernels.triton import launch

        out, lse, *known = launch.attention_forward(q, k, v, band_mask)
        ctx.save_for_backward(q, k, v, *known)
        return out, lse

    @staticmethod
    def backward(ctx: Any, do: Tensor, dlse: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, *known = ctx.saved_tensors
        band_mask: BandMask = ctx.band_mask
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            found = _Gradient.apply(q, k, v, do, dlse, band_mask, ctx.backend, *known)  # type: ignore[no-untyped-call]
            dq, dk, dv = found
            return dq, *_behind_zeros(band_mask.cached, dk, dv), None, None
        if ctx.backend == "torch":
            dq, dk, dv = banded_attention.backward(q, k, v, do, dlse, band_mask, band_mask.frozen)
        else:
            from hybrid.kernels.triton import launch

            dq, dk, dv = launch.attention_backward(q, k, v, do, dlse, known, band_mask, band_mask.frozen)[:3]
        return dq, *_behind_zeros(band_mask.frozen, dk, dv), None, None


def _behind_zeros(keys: int, *gradients: Tensor) -> Sequence[Tensor]:
    """Gradients of the last keys, with zeros for so many before them."""
    if not keys:
        return gradients
    return [torch.cat([d.new_zeros(*d.shape[:2], keys, d.shape[3]), d], 2) for d in gradients]


class _Gradient(torch.autograd.Function):
    """dQ, dK, dV as a function of what they depend on. ``known`` is what the forward pass of Triton's kernels kept."""

    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        do: Tensor,
        dlse: Tensor,
        band_mask: BandMask,
        backend: Implementation,
        *known: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        ctx.band_mask, ctx.backend = band_mask, backend
        if backend == "torch":
            ctx.save_for_backward(q, k, v, do, dlse)
            return banded_attention.backward(q, k, v, do, dlse, band_mask, band_mask.cached)
        from hybrid.kernels.triton import launch

        dq, dk, dv, *kept = launch.attention_backward(q, k, v, do, dlse, known, band_mask, band_mask.cached)
        ctx.save_for_backward(q, k, v, do, dlse, *known, *kept)
        return dq, dk, dv

    @staticmethod
    def backward(ctx: Any, x: Tensor, y: Tensor, z: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("sliding_window_attention has no third derivative")
        q, k, v, do, dlse, *known = ctx.saved_tensors
        if ctx.backend == "torch":
            found = banded_attention.double_backward(q, k, v, do, dlse, x, y, z, ctx.band_mask)
        else:
            from hybrid.kernels.triton import launch

            found = launch.attention_double_backward(q, k, v, do, x, y, z, known, ctx.band_mask)
        return *found, None, None, *[None] * (len(ctx.needs_input_grad) - 7)


def _check(q: Tensor, k: Tensor, v: Tensor, window: int, cached: int) -> None:
    if q.dim() != 4 or k.dim() != 4 or v.shape != k.shape:
        raise UnsupportedOperationError(
            f"q must be [B, Hq, Tq, D] and k, v [B, Hkv, Tk, D]; got {list(q.shape)}, {list(k.shape)}, {list(v.shape)}"
        )
    if q.shape[0] != k.shape[0] or q.shape[3] != k.shape[3] or not k.shape[1] or q.shape[1] % k.shape[1]:
        raise UnsupportedOperationError(
            f"q {list(q.shape)} and k {list(k.shape)} must agree in batch and head size, and Hkv must divide Hq"
        )
    if not q.dtype == k.dtype == v.dtype or not q.is_floating_point():
        raise UnsupportedOperationError(f"q, k and v must have one floating dtype; got {q.dtype}, {k.dtype}, {v.dtype}")
    if window < 1:
        raise UnsupportedOperationError(f"window must be at least 1; got {window}")
    if not 0 <= cached <= k.shape[2]:
        raise UnsupportedOperationError(f"cached must be between 0 and the {k.shape[2]} keys; got {cached}")
