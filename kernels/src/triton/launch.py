"""The Triton kernels on tensors: types, grids, strides, blocks and buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels.banded_attention import BandMask
from hybrid.kernels.dispatch import card, chip, interpreted
from hybrid.kernels.triton import row_kernels
from hybrid.kernels.triton.attention_kernels import (
    forward_kernel,
    key_gradient_kernel,
    pass_a_kernel,
    pass_b_kernel,
    query_gradient_kernel,
)
from hybrid.kernels.triton.tiles import Tiles, tiles


def wide_type(dtype: torch.dtype) -> Any:
    """What a kernel adds up in: float64 for float64, else float32."""
    return tl.float64 if dtype == torch.float64 else tl.float32


def precision(dtype: torch.dtype) -> str:
    """How a kernel multiplies matrices of a dtype: Triton's ``input_precision``.

    float32 as three products of TF32 on the tensor cores of an NVIDIA GPU: as exact as PyTorch's float32 on numbers of
    one size, and less where scores run to thousands (kernels/README.md). Triton's default there, one product of TF32,
    keeps 11 bits; "ieee" goes without tensor cores, and a tile of attention spills up to 57 kilobytes a thread.
    """
    nvidia = torch.version.hip is None and not interpreted()
    return "tf32x3" if dtype == torch.float32 and nvidia else "ieee"


def attention_forward(
    q: Tensor, k: Tensor, v: Tensor, band_mask: BandMask
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Output and log-sum-exp; and for the backward passes the output in float32 or wider, largest scores, 1 / sums."""
    q, k, v = _rows(q, k, v)
    wide = torch.promote_types(q.dtype, torch.float32)
    out, out_wide = _empty(q), _empty(q, wide)
    lse = q.new_empty(q.shape[:3], dtype=wide)
    tops, shares = torch.empty_like(lse), torch.empty_like(lse)
    tile = _attention_tile("forward", q)
    buffers = (out, out_wide, lse, tops, shares)
    _launch(forward_kernel, tile, _by_query(q, tile), q, k, v, buffers, (), band_mask)
    return out, lse, out_wide, tops, shares


def attention_backward(
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
    tile = _attention_tile("query_gradient", q)
    buffers = (out, tops, shares, do, dlse, dq, dq_wide, mean, delta)
    _launch(query_gradient_kernel, tile, _by_query(q, tile), q, k, v, buffers, (), band_mask)
    new = (*k.shape[:2], k.shape[2] - cached, k.shape[3])
    dk, dv = k.new_empty(new), v.new_empty(new)
    tile = _attention_tile("key_gradient", q)
    grid = _by_key(k, tile, k.shape[2] - cached)
    _launch(key_gradient_kernel, tile, grid, q, k, v, (tops, shares, delta, do, dk, dv), (cached,), band_mask)
    return dq, dk, dv, dq_wide, mean, delta


def attention_double_backward(
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
    tile = _attention_tile("pass_a", q)
    buffers = (do, x, y, z, out, dq, tops, shares, mean, delta, of_q, of_do, of_lse, bias)
    _launch(pass_a_kernel, tile, _by_query(q, tile), q, k, v, buffers, (band_mask.cached,), band_mask)
    of_k, of_v = _empty(k), _empty(v)
    tile = _attention_tile("pass_b", q)
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


def _attention_tile(kernel: str, q: Tensor) -> Tiles:
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


# Powers of two that spill nothing at the widths of the models at hand (python -m hybrid.kernels.compile); times are in
# kernels/README.md, "On a GPU". Others were not timed: these operations stream through memory.
BLOCK = 1024  # elements a program
VOCABULARY_BLOCK = 4096
ROW_ELEMENTS = {"forward": 8192, "backward": 4096, "double": 2048}  # of a block of whole rows, about
WIDEST_ROW = 8192


def swiglu_forward(gate: Tensor, up: Tensor) -> Tensor:
    """silu(gate) * up."""
    gate, up = gate.contiguous(), up.contiguous()
    y = torch.empty_like(gate)
    _elementwise(row_kernels.swiglu_forward, gate, up, y)
    return y


def swiglu_backward(gate: Tensor, up: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """Cotangents of gate and up."""
    gate, up, dy = gate.contiguous(), up.contiguous(), dy.contiguous()
    dgate, dup = torch.empty_like(gate), torch.empty_like(up)
    _elementwise(row_kernels.swiglu_backward, gate, up, dy, dgate, dup)
    return dgate, dup


def swiglu_double(gate: Tensor, up: Tensor, dy: Tensor, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cotangents of gate, up and dy from those of `swiglu_backward`'s results."""
    gate, up, dy, a, c = (t.contiguous() for t in (gate, up, dy, a, c))
    found = torch.empty_like(gate), torch.empty_like(up), torch.empty_like(dy)
    _elementwise(row_kernels.swiglu_double, gate, up, dy, a, c, *found)
    return found


def rms_norm_forward(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """[N, D], normalised and weighted."""
    x = x.contiguous()
    y = torch.empty_like(x)
    rows, columns, warps, grid = _row_blocks(x, "forward")
    row_kernels.rms_norm_forward[grid](
        x,
        weight.contiguous(),
        y,
        len(x),
        eps,
        D=x.shape[1],
        WIDE=wide_type(x.dtype),
        ROWS=rows,
        COLUMNS=columns,
        num_warps=warps,
    )
    return y


def rms_norm_backward(x: Tensor, weight: Tensor, dy: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Cotangents of x [N, D] and weight [D]."""
    x, dy = x.contiguous(), dy.contiguous()
    dx = torch.empty_like(x)
    rows, columns, warps, grid = _row_blocks(x, "backward")
    sums = _partial_sums(x, grid)
    row_kernels.rms_norm_backward[grid](
        x, weight.contiguous(), dy, dx, sums, len(x), eps,
        D=x.shape[1], WIDE=wide_type(x.dtype), ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return dx, sums.sum(0).to(weight.dtype)


def rms_norm_double(
    x: Tensor, weight: Tensor, dy: Tensor, a: Tensor, omega: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Cotangents of x, weight and dy from those of `rms_norm_backward`'s results."""
    x, dy, a = x.contiguous(), dy.contiguous(), a.contiguous()
    of_x, of_dy = torch.empty_like(x), torch.empty_like(dy)
    rows, columns, warps, grid = _row_blocks(x, "double")
    sums = _partial_sums(x, grid)
    row_kernels.rms_norm_double[grid](
        x, weight.contiguous(), dy, a, omega.contiguous(), of_x, sums, of_dy, len(x), eps,
        D=x.shape[1], WIDE=wide_type(x.dtype), ROWS=rows, COLUMNS=columns, num_warps=warps,
    )  # fmt: skip
    return of_x, sums.sum(0).to(weight.dtype), of_dy


def rotate(x: Tensor, table: Tensor, sign: float) -> Tensor:
    """[..., T, d] turned by the table, or for a sign of -1 by its conjugate."""
    x, turns = x.contiguous(), torch.view_as_real(table).contiguous()
    y = torch.empty_like(x)
    pairs = x.numel() // 2
    if pairs:
        row_kernels.rotate[(triton.cdiv(pairs, BLOCK),)](
            x, turns, y, x.shape[-2], x.shape[-1] // 2, pairs, sign, WIDE=wide_type(turns.dtype), BLOCK=BLOCK
        )
    return y


def probabilities(logits: Tensor, targets: Tensor) -> Tensor:
    """Logits [N, V] become probabilities, in place. Returns each target's loss [N] in at least float32."""
    losses = logits.new_empty(len(logits), dtype=torch.promote_types(logits.dtype, torch.float32))
    row_kernels.softmax_loss[(len(logits),)](
        logits, targets.contiguous(), losses, logits.shape[1], WIDE=wide_type(logits.dtype), BLOCK=VOCABULARY_BLOCK
    )
    return losses


def hessian_vector_product(p: Tensor, t: Tensor, weights: Tensor) -> Tensor:
    """t [N, V] becomes w p (t - p·t), in place. Returns p·t [N]."""
    along = torch.empty_like(weights)
    row_kernels.hessian_vector_product[(len(p),)](
        p, t, weights.contiguous(), along, p.shape[1], WIDE=wide_type(p.dtype), BLOCK=VOCABULARY_BLOCK
    )
    return along


def sum_of_squares(gradient: Tensor) -> Tensor:
    """Partial sums of the squares of a tensor."""
    gradient = gradient.contiguous()
    grid = (triton.cdiv(gradient.numel(), BLOCK),)
    squares = gradient.new_empty(grid, dtype=torch.promote_types(gradient.dtype, torch.float32))
    row_kernels.sum_of_squares[grid](gradient, squares, gradient.numel(), WIDE=wide_type(gradient.dtype), BLOCK=BLOCK)
    return squares


def sgd(weight: Tensor, gradient: Tensor, factor: Tensor, size: float) -> Tensor:
    """weight - size * factor * gradient, the factor a scalar on the device."""
    weight, gradient = weight.contiguous(), gradient.contiguous()
    out = torch.empty_like(weight)
    row_kernels.sgd[(triton.cdiv(weight.numel(), BLOCK),)](
        weight, gradient, factor, out, weight.numel(), size, WIDE=wide_type(weight.dtype), BLOCK=BLOCK
    )
    return out


def _elementwise(kernel: triton.JITFunction, *tensors: Tensor) -> None:
    count = tensors[0].numel()
    if count:
        kernel[(triton.cdiv(count, BLOCK),)](*tensors, count, WIDE=wide_type(tensors[0].dtype), BLOCK=BLOCK)


def _row_blocks(x: Tensor, order: str) -> tuple[int, int, int, tuple[int]]:
    """Rows a program, columns padded to a power of two, warps, and the grid."""
    if x.shape[1] > WIDEST_ROW:
        raise UnsupportedOperationError(
            f"rows of {x.shape[1]}: Triton's rms_norm goes up to {WIDEST_ROW}; use implementation='torch'"
        )
    rows, columns, warps = row_block(x.shape[1], order)
    return rows, columns, warps, (triton.cdiv(len(x), rows),)


def row_block(width: int, order: str) -> tuple[int, int, int]:
    """Rows, padded columns and warps of a program: such that nothing spills."""
    columns = triton.next_power_of_2(width)
    rows = max(1, min(16, ROW_ELEMENTS[order] // columns))
    return rows, columns, max(4, min(16, rows * columns // 512))


def _partial_sums(x: Tensor, grid: tuple[int]) -> Tensor:
    return x.new_empty(*grid, x.shape[1], dtype=torch.promote_types(x.dtype, torch.float32))
