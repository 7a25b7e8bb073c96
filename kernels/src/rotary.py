"""Rotary positions. A rotation is linear: its derivative of any order is a rotation again."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import reference
from hybrid.kernels.dispatch import Implementation, choose


def rotary(x: Tensor, table: Tensor, *, implementation: Implementation | None = None) -> Tensor:
    """Rotate the pairs (2i, 2i + 1) of each head by a table of angles: the interleaved layout.

    Args:
        x: [..., T, d].
        table: [T, d/2] complex, from `hybrid.kernels.rope_table`; a constant. The arithmetic is done in its precision.
        implementation: "torch" or "triton"; None: HYBRID_KERNELS, else by device.

    Returns:
        [..., T, d] in x's dtype.

    Raises:
        UnsupportedOperationError: the arguments do not go together, or the implementation cannot run.
    """
    if x.dim() < 2 or x.shape[-1] % 2 or table.shape != (x.shape[-2], x.shape[-1] // 2) or not table.is_complex():
        raise UnsupportedOperationError(
            f"table must be complex [T, d/2] for x [..., T, d] with an even d; got {list(table.shape)} {table.dtype} "
            f"for {list(x.shape)}"
        )
    if choose(implementation, x, table) == "torch":
        return reference.rope(x, table)
    y: Tensor = _Rotate.apply(x, table, 1.0)  # type: ignore[no-untyped-call]
    return y


class _Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, table: Tensor, sign: float) -> Tensor:
        from hybrid.kernels.triton import launch_rows

        ctx.sign = sign
        ctx.save_for_backward(table)
        return launch_rows.rotate(x, table, sign)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (table,) = ctx.saved_tensors
        return _Rotate.apply(dy, table, -ctx.sign), None, None  # type: ignore[no-untyped-call]
