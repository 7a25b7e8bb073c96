"""The Triton kernels of `hybrid.kernels.triton.row_kernels` on tensors: grids, blocks and buffers."""

from __future__ import annotations

import torch
import triton
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels.triton import row_kernels
from hybrid.kernels.triton.types import wide_type

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
