"""The Triton attention kernels on tensors: grids, strides and buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
from torch import Tensor

from hybrid.kernels.dispatch import card, chip
from hybrid.kernels.mask import BandMask
from hybrid.kernels.triton.attention_kernels import (
    forward_kernel,
    key_gradient_kernel,
    pass_a_kernel,
    pass_b_kernel,
    query_gradient_kernel,
)
from hybrid.kernels.triton.tiles import Tiles, tiles
from hybrid.kernels.triton.types import precision, wide_type


def forward(q: Tensor, k: Tensor, v: Tensor, band_mask: BandMask) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Output and log-sum-exp; and for the backward passes the output in float32 or wider, largest scores, 1 / sums."""
    q, k, v = _rows(q, k, v)
    wide = torch.promote_types(q.dtype, torch.float32)
    out, out_wide = _empty(q), _empty(q, wide)
    lse = q.new_empty(q.shape[:3], dtype=wide)
    tops, shares = torch.empty_like(lse), torch.empty_like(lse)
    tile = _tile("forward", q)
    buffers = (out, out_wide, lse, tops, shares)
    _launch(forward_kernel, tile, _by_query(q, tile), q, k, v, buffers, (), band_mask)
    return out, lse, out_wide, tops, shares


def backward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    do: Tensor,
    dlse: Tensor,
    known: Sequence[Tensor],
    band_mask: BandMask,
    cached: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """dQ; dK and dV of the keys from ``cached`` on; and, for the double backward, dQ in float32, D and δ.

    ``known`` is the rest of what `forward` returned.
    """
    out, tops, shares = known
    q, k, v = _rows(q, k, v)
    do, dlse = do.contiguous(), dlse.contiguous()
    dq, dq_wide = _empty(q), _empty(q, tops.dtype)
    mean, delta = torch.empty_like(tops), torch.empty_like(tops)
    tile = _tile("query_gradient", q)
    buffers = (out, tops, shares, do, dlse, dq, dq_wide, mean, delta)
    _launch(query_gradient_kernel, tile, _by_query(q, tile), q, k, v, buffers, (), band_mask)
    new = (*k.shape[:2], k.shape[2] - cached, k.shape[3])
    dk, dv = k.new_empty(new), v.new_empty(new)
    tile = _tile("key_gradient", q)
    grid = _by_key(k, tile, k.shape[2] - cached)
    _launch(key_gradient_kernel, tile, grid, q, k, v, (tops, shares, delta, do, dk, dv), (cached,), band_mask)
    return dq, dk, dv, dq_wide, mean, delta


def double_backward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    do: Tensor,
    x: Tensor,
    y: Tensor,
    z: Tensor,
    known: Sequence[Tensor],
    band_mask: BandMask,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Q', K', V', dO' and dlse'. ``known`` is what `backward` was given, and the rest of what it returned."""
    out, tops, shares, dq, mean, delta = known
    q, k, v = _rows(q, k, v)
    do, x, y, z = (t.contiguous() for t in (do, x, y, z))
    of_q, of_do = _empty(q), _empty(q)
    of_lse, bias = torch.empty_like(tops), torch.empty_like(tops)
    tile = _tile("pass_a", q)
    buffers = (do, x, y, z, out, dq, tops, shares, mean, delta, of_q, of_do, of_lse, bias)
    _launch(pass_a_kernel, tile, _by_query(q, tile), q, k, v, buffers, (band_mask.cached,), band_mask)
    of_k, of_v = _empty(k), _empty(v)
    tile = _tile("pass_b", q)
    buffers_b = (do, x, y, z, tops, shares, delta, of_lse, bias, of_k, of_v)
    _launch(pass_b_kernel, tile, _by_key(k, tile, k.shape[2]), q, k, v, buffers_b, (band_mask.cached,), band_mask)
    return of_q, of_k, of_v, of_do, of_lse


def _launch(
    kernel: Any,
    tile: Tiles,
    grid: tuple[int, int, int],
    q: Tensor,
    k: Tensor,
    v: Tensor,
    buffers: tuple[Tensor, ...],
    cached: tuple[int, ...],
    band_mask: BandMask,
) -> None:
    if not all(grid):
        return
    strides = [stride for t in (q, k, v) for stride in t.stride()[:3]]
    kernel[grid](
        q,
        k,
        v,
        *buffers,
        *strides,
        band_mask.queries,
        band_mask.keys,
        *cached,
        min(band_mask.window, band_mask.keys + 1),  # any window beyond the keys is the same, and fits 32 bits
        band_mask.scale,
        HEADS=q.shape[1],
        GROUPS=k.shape[1],
        D=q.shape[3],
        PART=tile.part,
        PARTS=triton.cdiv(q.shape[3], tile.part),
        M=tile.m,
        N=tile.n,
        WIDE=wide_type(q.dtype),
        PRECISION=precision(q.dtype),
        num_warps=tile.warps,
        num_stages=tile.stages,
    )


def _tile(kernel: str, q: Tensor) -> Tiles:
    return tiles(kernel, q.shape[3], chip(), q.dtype.itemsize, card())


def _by_query(q: Tensor, tile: Tiles) -> tuple[int, int, int]:
    return triton.cdiv(q.shape[2], tile.m), q.shape[0] * q.shape[1], triton.cdiv(q.shape[3], tile.part)


def _by_key(k: Tensor, tile: Tiles, keys: int) -> tuple[int, int, int]:
    return triton.cdiv(keys, tile.n), k.shape[0] * k.shape[1], triton.cdiv(k.shape[3], tile.part)


def _rows(*tensors: Tensor) -> list[Tensor]:
    """The kernels read a head's columns one after another; any other stride will do for the rest."""
    return [t if t.stride(3) == 1 else t.contiguous() for t in tensors]


def _empty(like: Tensor, dtype: torch.dtype | None = None) -> Tensor:
    return like.new_empty(like.shape, dtype=dtype or like.dtype)
