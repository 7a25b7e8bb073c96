"""Causal attention under a sliding window, with the first tokens of the stream (sinks) always visible.

A query at position p sees the keys p - W + 1 … p, and the sinks 0 … s - 1 that have left its window.
Rotary positions are those of a cache that holds the sinks first and the window after them: a key in
the window stands at its true distance, a sink j at distance min(p, s + W - 1) - j. No distance ever
exceeds s + W, and what a query sees does not depend on how the stream was cut into pieces.

This is what a model does with a piece of its stream: `hybrid.kernels.sliding_window` over the held keys and the
new ones, and the sinks, which are rotated differently, merged in. An inner step that nothing differentiates keeps
its probabilities instead.

Source: sinks and positions inside the cache, "Efficient Streaming Language Models with Attention
Sinks" (arXiv 2309.17453).

Shape suffixes: B sequences, H query heads, G key/value heads, C queries, R held keys, S sinks, d head
dimension. Queries and new keys come before RoPE; held keys were rotated at their own positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from hybrid.kernels.banded_attention import TILE, Tile, fold, tiles
from hybrid.kernels.dispatch import choose
from hybrid.kernels.reference import rope_table
from hybrid.kernels.row_operations import rotary
from hybrid.kernels.sliding_window import attention_with_lse, merged


@dataclass(frozen=True)
class WindowPlan:
    """Masks and rotary tables of one piece of the stream, the same for all layers and sequences.

    ``sink_mask`` [C, S] is None where no query of the piece sees a sink outside its window.
    ``sink_queries`` is None where all queries stand at the same distance from the sinks: then
    ``sink_keys`` already turns by that distance, and queries are left as they are.
    """

    window: int
    tiles: tuple[Tile, ...]
    turns: Tensor
    sink_mask: Tensor | None
    sink_keys: Tensor
    sink_queries: Tensor | None


def plan_window(
    start: int,
    queries: int,
    held: int,
    *,
    window: int,
    sinks: int,
    frequencies: Tensor,
    magnitude: float = 1.0,
    dtype: torch.dtype,
    tile: int = TILE,
) -> WindowPlan:
    """Plan attention for ``queries`` tokens from position ``start`` on, with ``held`` keys before them.

    Args:
        frequencies: [d/2] rotary radians a token; the plan is made on their device.
        magnitude: factor on the rotary tables.
        dtype: the compute dtype.
    """
    device = frequencies.device
    position = torch.arange(start, start + queries, device=device)
    sink_at = torch.arange(min(sinks, start + queries), device=device)
    gone = position[:, None] - sink_at >= window
    farthest = sinks + window - 1
    steady = start >= farthest
    any_gone = len(sink_at) > 0 and start + queries - 1 >= window  # a GPU would have to be waited for to say so
    seen = torch.zeros(gone.shape, dtype=torch.promote_types(dtype, torch.float32), device=device)

    def table(positions: Tensor, magnitude: float) -> Tensor:
        return rope_table(positions, frequencies, dtype, magnitude)

    return WindowPlan(
        window=window,
        tiles=tiles(queries, held + queries, window, dtype, tile, device),
        turns=table(position, magnitude),
        sink_mask=seen.masked_fill_(~gone, -torch.inf) if any_gone else None,
        sink_keys=table(sink_at - farthest, magnitude**2) if steady else table(sink_at, magnitude),
        sink_queries=None if steady else table(position.clamp(max=farthest), magnitude),
    )


def windowed_attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    held_k: Tensor,
    held_v: Tensor,
    sink_k: Tensor,
    sink_v: Tensor,
    plan: WindowPlan,
    *,
    once: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Attention by the cheapest way that has the derivatives which the arguments ask for.

    Args:
        q: [B, H, C, d].
        k, v: [B, G, C, d], of the same tokens.
        held_k, held_v: [B, G, R, d], of the tokens before them; keys as this function returned them.
        sink_k, sink_v: [B, G, S, d], the first tokens of the stream, before RoPE.
        once: one derivative will do. A second one raises.

    Returns:
        [B, H, C, d] in q's dtype, and keys and values [B, G, R + C, d], held and new ones, keys rotated: the cache is
        their last window. With ``once`` they are constants.
    """
    tensors = (q, k, v, held_k, held_v, sink_k, sink_v)
    needed = torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
    heads, scale = q.shape[1], q.shape[3] ** -0.5
    turned_q, turned_k = rotary(torch.cat([q, k], 1), plan.turns).split_with_sizes([heads, k.shape[1]], 1)
    sinks: tuple[Tensor, Tensor, Tensor] | None = None
    if plan.sink_mask is not None:
        sink_q = q if plan.sink_queries is None else rotary(q, plan.sink_queries)
        sinks = sink_q, rotary(sink_k, plan.sink_keys), sink_v
    plain = choose(None, q, k, v) == "torch" and q.is_cpu
    if needed and once and plain and not any(t.requires_grad for t in tensors[3:]):
        with torch.no_grad():
            keys, values = _joined(held_k, turned_k), _joined(held_v, v)
        arguments = (turned_q, turned_k, v, keys, values, *(sinks or (None, None, None)), plan)
        out: Tensor = _Once.apply(*arguments)  # type: ignore[no-untyped-call]
        return out, keys, values
    keys, values = _joined(held_k, turned_k), _joined(held_v, v)
    held = held_k.shape[2]
    frozen = 0 if held_k.requires_grad or held_v.requires_grad else held
    out, lse = attention_with_lse(turned_q, keys, values, plan.window, scale=scale, cached=held, frozen=frozen)
    if sinks is not None and plan.sink_mask is not None:
        sink_q, sink_k, sink_v = sinks
        out = merged(out, lse, sink_q * scale, sink_k, sink_v, plan.sink_mask)
    return out, keys, values


def _joined(held: Tensor, new: Tensor) -> Tensor:
    """In memory of its own, also where nothing is held: ``new`` is a view of all heads' projections."""
    return torch.cat([held, new], 2)


class _Once(torch.autograd.Function):
    """First derivatives with respect to queries and new keys and values only: held keys and sinks are constants.

    Takes queries and keys rotated; new keys and values by themselves, for their gradients, and joined to the held
    ones. Keeps the probabilities of each tile.
    """

    @staticmethod
    def forward(
        ctx: Any,
        q: Tensor,
        k: Tensor,
        v: Tensor,  # noqa: ARG004 - its gradient goes here
        keys: Tensor,
        values: Tensor,
        sink_q: Tensor | None,
        sink_k: Tensor | None,
        sink_v: Tensor | None,
        plan: WindowPlan,
    ) -> Tensor:
        batch, groups, _, dim = k.shape
        scale = dim**-0.5
        all_k, all_v = keys.flatten(0, 1), values.flatten(0, 1)
        out = torch.empty_like(q, memory_format=torch.contiguous_format)
        kept: list[Tensor] = []
        for tile in plan.tiles:
            count, many = tile.mask.shape
            held, seen = _with_sinks(all_k[:, tile.keys], sink_k, zero=True), _with_sinks(all_v[:, tile.keys], sink_v)
            p = torch.bmm(_stacked(q, tile, groups) * scale, held.mT)
            shaped = p.view(len(p), -1, count, p.shape[2])
            tile.hide(shaped[..., :many])
            if sink_q is not None and sink_k is not None and plan.sink_mask is not None:
                sink_s = torch.bmm(_stacked(sink_q, tile, groups) * scale, sink_k.flatten(0, 1).mT)
                shaped[..., many:] = sink_s.view(len(p), -1, count, sink_s.shape[2]) + plan.sink_mask[tile.queries]
            torch.softmax(p, -1, out=p)
            out[:, :, tile.queries] = torch.bmm(p, seen).view(batch, -1, count, dim)
            kept.append(p)
        ctx.plan = plan
        ctx.save_for_backward(q, all_k, all_v, sink_q, sink_k, sink_v, out, *kept)
        return out

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            raise RuntimeError("this attention was asked for one derivative; call it without once=True for a second")
        q, all_k, all_v, sink_q, sink_k, sink_v, out, *kept = ctx.saved_tensors
        plan: WindowPlan = ctx.plan
        batch, (many, _, dim) = q.shape[0], all_k.shape
        groups, scale = many // batch, dim**-0.5
        first = all_k.shape[1] - q.shape[2]  # the first key that is not a constant
        of_q = torch.empty_like(out)
        of_sink_q = None if sink_q is None else torch.empty_like(out)
        of_k, of_v = (q.new_zeros(many, q.shape[2], dim) for _ in range(2))
        mean = torch.linalg.vecdot(upstream, out)[..., None]
        for tile, p in zip(plan.tiles, kept, strict=True):
            count, keys = tile.mask.shape
            queries, grad = _stacked(q, tile, groups) * scale, _stacked(upstream, tile, groups)
            held, seen = _with_sinks(all_k[:, tile.keys], sink_k, zero=True), _with_sinks(all_v[:, tile.keys], sink_v)
            ds = torch.bmm(grad, seen.mT).sub_(_stacked(mean, tile, groups)).mul_(p)
            into = slice(max(0, tile.keys.start - first), tile.keys.stop - first)
            new = slice(keys - (into.stop - into.start), keys)
            # For all keys, and then the new ones: a slice of the probabilities would be copied first.
            of_v[:, into] += torch.bmm(p.mT, grad)[:, new]
            of_k[:, into] += torch.bmm(ds.mT, queries)[:, new]
            of_q[:, :, tile.queries] = torch.bmm(ds, held * scale).view(batch, -1, count, dim)
            if of_sink_q is not None and sink_k is not None:
                found = torch.bmm(ds[:, :, keys:], sink_k.flatten(0, 1) * scale)
                of_sink_q[:, :, tile.queries] = found.view(batch, -1, count, dim)
        shape = (batch, groups, *of_k.shape[1:])
        return of_q, of_k.view(shape), of_v.view(shape), None, None, of_sink_q, None, None, None


def _with_sinks(rows: Tensor, sinks: Tensor | None, *, zero: bool = False) -> Tensor:
    """Rows [B * G, n, d] and as many as there are sinks under them; ``zero``: for their room only."""
    if sinks is None:
        return rows
    below = sinks.flatten(0, 1)
    return torch.cat([rows, torch.zeros_like(below) if zero else below], 1)


def _stacked(q: Tensor, tile: Tile, groups: int) -> Tensor:
    return fold(q[:, :, tile.queries], groups)
