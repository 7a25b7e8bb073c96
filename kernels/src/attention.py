"""Causal attention under a sliding window, with the first tokens of the stream (sinks) always visible.

A query at position p sees the keys p - W + 1 … p, and the sinks 0 … s - 1 that have left its window.
Rotary positions are those of a cache that holds the sinks first and the window after them: a key in
the window stands at its true distance, a sink j at distance min(p, s + W - 1) - j. No distance ever
exceeds s + W, and what a query sees does not depend on how the stream was cut into pieces.

Source: sinks and positions inside the cache, "Efficient Streaming Language Models with Attention
Sinks" (arXiv 2309.17453).

Shape suffixes: H query heads, G key/value heads, C queries, N keys, S sinks, d head dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hybrid.kernels.reference import rope, rope_tables


@dataclass(frozen=True)
class WindowPlan:
    """Masks and rotary tables of one piece of the stream, the same for all layers.

    Masks [C, N] and [C, S] are added to the scores: 0 where visible, -inf where not. ``sink_mask``
    is None where no query of the piece sees a sink outside its window.
    """

    mask: Tensor
    keys: tuple[Tensor, Tensor]
    queries: tuple[Tensor, Tensor]
    sink_mask: Tensor | None
    sink_keys: tuple[Tensor, Tensor]
    sink_queries: tuple[Tensor, Tensor]


def plan_window(
    start: int, queries: int, cached: int, *, window: int, sinks: int, head_dim: int, theta: float, dtype: torch.dtype
) -> WindowPlan:
    """Plan attention for ``queries`` tokens from position ``start`` on, with ``cached`` keys before them.

    Positions are counted from the first cached key, so the tables stay small however long the stream is.
    ``dtype`` is the compute dtype; tables are float32 for bfloat16.
    """
    keys = cached + queries
    offset = start - cached  # position of key 0
    key_at = torch.arange(keys)
    query_at = torch.arange(cached, keys)
    distance = query_at[:, None] - key_at
    hidden_from = torch.full((), -torch.inf, dtype=dtype)
    visible = (distance >= 0) & (distance < window)
    mask = torch.where(visible, torch.zeros((), dtype=dtype), hidden_from)
    table_dtype = torch.promote_types(dtype, torch.float32)

    def tables(positions: Tensor) -> tuple[Tensor, Tensor]:
        return rope_tables(positions, head_dim, theta, table_dtype)

    held = min(sinks, start + queries)
    sink_at = torch.arange(held)
    gone = query_at[:, None] + offset - sink_at >= window
    sink_mask = torch.where(gone, torch.zeros((), dtype=dtype), hidden_from) if bool(gone.any()) else None
    return WindowPlan(
        mask=mask,
        keys=tables(key_at),
        queries=tables(query_at),
        sink_mask=sink_mask,
        sink_keys=tables(sink_at),
        sink_queries=tables((query_at + offset).clamp(max=sinks + window - 1)),
    )


def windowed_attention(
    q_HCd: Tensor, k_GNd: Tensor, v_GNd: Tensor, sink_k_GSd: Tensor, sink_v_GSd: Tensor, plan: WindowPlan
) -> Tensor:
    """The reference: every score in memory, differentiable any number of times.

    Queries and keys come before RoPE. The last C keys are the queries' own tokens.

    Returns:
        [H, C, d], in q's dtype.
    """
    heads, count, dim = q_HCd.shape
    groups = k_GNd.shape[0]
    share = heads // groups
    scale = dim**-0.5

    def scores(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
        grouped = q.reshape(groups, share * count, dim) * scale
        return torch.bmm(grouped, k.transpose(1, 2)).view(groups, share, count, -1) + mask

    s = scores(rope(q_HCd, *plan.queries), rope(k_GNd, *plan.keys), plan.mask)
    v = v_GNd
    if plan.sink_mask is not None:
        sink_s = scores(rope(q_HCd, *plan.sink_queries), rope(sink_k_GSd, *plan.sink_keys), plan.sink_mask)
        s = torch.cat([sink_s, s], -1)
        v = torch.cat([sink_v_GSd, v_GNd], 1)
    p = torch.softmax(s, -1).view(groups, share * count, -1)
    return torch.bmm(p, v).view(heads, count, dim)


def windowed_attention_forward(
    q_HCd: Tensor, k_GNd: Tensor, v_GNd: Tensor, sink_k_GSd: Tensor, sink_v_GSd: Tensor, plan: WindowPlan
) -> Tensor:
    """The same function without gradients, tiled by PyTorch's CPU flash attention. Raises if asked for gradients.

    The sinks, whose queries are rotated differently, are attended to apart and merged by their
    log-sum-exp.
    """
    if torch.is_grad_enabled() and any(t.requires_grad for t in (q_HCd, k_GNd, v_GNd)):
        raise RuntimeError("windowed_attention_forward has no gradient; use windowed_attention")
    groups, share = k_GNd.shape[0], q_HCd.shape[0] // k_GNd.shape[0]
    q = rope(q_HCd, *plan.queries)
    # Groups as the batch: a group's heads read the same keys and values, none is copied.
    k = rope(k_GNd, *plan.keys)[:, None].expand(-1, share, -1, -1)
    v = v_GNd[:, None].expand(-1, share, -1, -1)
    out, lse_HC = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        q.view(groups, share, *q.shape[1:]), k, v, attn_mask=plan.mask
    )
    out, lse_HC = out.flatten(0, 1), lse_HC.flatten(0, 1)
    if plan.sink_mask is None:
        return torch.as_tensor(out)
    wide = lse_HC.dtype
    sink_q = rope(q_HCd, *plan.sink_queries) * q.shape[-1] ** -0.5
    sink_k = rope(sink_k_GSd, *plan.sink_keys).repeat_interleave(share, 0)
    s_HCS = (sink_q @ sink_k.transpose(1, 2)).to(wide) + plan.sink_mask
    total_HC = torch.logaddexp(lse_HC, s_HCS.logsumexp(-1))
    sink_p = (s_HCS - total_HC[..., None]).exp().to(q.dtype)
    kept = (lse_HC - total_HC).exp()[..., None].to(q.dtype)
    return torch.as_tensor(out * kept + sink_p @ sink_v_GSd.repeat_interleave(share, 0))
