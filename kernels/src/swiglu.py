"""The gated MLP's elementwise part, ``silu(gate) * up``, fused, with two derivatives.

Keeps gate and up and nothing else; formulas in `hybrid.kernels.triton.row_kernels`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels.dispatch import Implementation, choose


def swiglu(gate: Tensor, up: Tensor, *, implementation: Implementation | None = None) -> Tensor:
    """``silu(gate) * up``.

    Args:
        gate, up: of one shape and dtype.
        implementation: "torch" or "triton"; None: HYBRID_KERNELS, else by device.

    Returns:
        The same shape and dtype. Neither argument is changed.

    Raises:
        UnsupportedOperationError: the arguments do not go together, or the implementation cannot run.
        RuntimeError: a third derivative is asked for.
    """
    if gate.shape != up.shape or gate.dtype != up.dtype or not gate.is_floating_point():
        raise UnsupportedOperationError(
            f"gate and up must have one shape and one floating dtype; got {list(gate.shape)} {gate.dtype} and "
            f"{list(up.shape)} {up.dtype}"
        )
    backend = choose(implementation, gate, up)
    y: Tensor = _SwiGLU.apply(gate, up, backend)  # type: ignore[no-untyped-call]
    return y


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor, backend: Implementation) -> Tensor:
        ctx.backend = backend
        ctx.save_for_backward(gate, up)
        if backend == "torch":
            return F.silu(gate).mul_(up)
        from hybrid.kernels.triton import launch_rows

        return launch_rows.swiglu_forward(gate, up)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        gate, up = ctx.saved_tensors
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            return *_Gradient.apply(gate, up, dy, ctx.backend), None  # type: ignore[no-untyped-call]
        return *_gradient(gate, up, dy, ctx.backend), None


class _Gradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor, dy: Tensor, backend: Implementation) -> tuple[Tensor, Tensor]:
        ctx.backend = backend
        ctx.save_for_backward(gate, up, dy)
        return _gradient(gate, up, dy, backend)

    @staticmethod
    def backward(ctx: Any, a: Tensor, c: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("swiglu has no third derivative")
        gate, up, dy = ctx.saved_tensors
        if ctx.backend == "torch":
            return *_double(gate, up, dy, a, c), None
        from hybrid.kernels.triton import launch_rows

        return *launch_rows.swiglu_double(gate, up, dy, a, c), None


def _gradient(gate: Tensor, up: Tensor, dy: Tensor, backend: Implementation) -> tuple[Tensor, Tensor]:
    if backend == "triton":
        from hybrid.kernels.triton import launch_rows

        return launch_rows.swiglu_backward(gate, up, dy)
    return torch.ops.aten.silu_backward(dy * up, gate), F.silu(gate).mul_(dy)


def _double(gate: Tensor, up: Tensor, dy: Tensor, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    wide = torch.promote_types(gate.dtype, torch.float32)
    g, u, d, ca, cc = (t.to(wide) for t in (gate, up, dy, a, c))
    sigma = torch.sigmoid(g)
    silu = g * sigma
    first_derivative = (1 + g - silu).mul_(sigma)  # σ (1 + g (1 - σ))
    second_derivative = (2 + g - 2 * silu).mul_(sigma).mul_(1 - sigma)  # σ (1 - σ) (2 + g (1 - 2σ))
    lifted = ca * u
    of_dy = (lifted * first_derivative).addcmul_(cc, silu)
    of_gate = second_derivative.mul_(lifted).addcmul_(cc, first_derivative).mul_(d)
    of_up = first_derivative.mul_(d).mul_(ca)
    return of_gate.to(gate.dtype), of_up.to(gate.dtype), of_dy.to(gate.dtype)
