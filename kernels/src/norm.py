"""RMS normalisation with two derivatives. PyTorch's own operation where no Triton is asked for; it has both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import reference
from hybrid.kernels.dispatch import Implementation, choose


def rms_norm(x: Tensor, weight: Tensor, eps: float, *, implementation: Implementation | None = None) -> Tensor:
    """``x * rsqrt(mean(x²) + eps) * weight`` over the last axis, in at least float32, back in x's dtype.

    Args:
        x: [..., D].
        weight: [D], in x's dtype.
        implementation: "torch" or "triton"; None: HYBRID_KERNELS, else by device.

    Raises:
        UnsupportedOperationError: the arguments do not go together, or the implementation cannot run.
        RuntimeError: a third derivative is asked of Triton's.
    """
    if weight.shape != x.shape[-1:] or weight.dtype != x.dtype or not x.is_floating_point():
        raise UnsupportedOperationError(
            f"weight must be [{x.shape[-1]}] in x's floating dtype; got {list(weight.shape)} {weight.dtype} for "
            f"{list(x.shape)} {x.dtype}"
        )
    if choose(implementation, x, weight) == "torch":
        return reference.rms_norm(x, weight, eps)
    y: Tensor = _RMSNorm.apply(x.reshape(-1, x.shape[-1]), weight, eps)  # type: ignore[no-untyped-call]
    return y.view(x.shape)


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        from hybrid.kernels.triton import launch_rows

        ctx.eps = eps
        ctx.save_for_backward(x, weight)
        return launch_rows.rms_norm_forward(x, weight, eps)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        from hybrid.kernels.triton import launch_rows

        x, weight = ctx.saved_tensors
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            return *_Gradient.apply(x, weight, dy, ctx.eps), None  # type: ignore[no-untyped-call]
        return *launch_rows.rms_norm_backward(x, weight, dy, ctx.eps), None


class _Gradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dy: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        from hybrid.kernels.triton import launch_rows

        ctx.eps = eps
        ctx.save_for_backward(x, weight, dy)
        return launch_rows.rms_norm_backward(x, weight, dy, eps)

    @staticmethod
    def backward(ctx: Any, a: Tensor, omega: Tensor) -> tuple[Tensor | None, ...]:
        from hybrid.kernels.triton import launch_rows

        if torch.is_grad_enabled():
            raise RuntimeError("rms_norm of Triton has no third derivative; use implementation='torch'")
        x, weight, dy = ctx.saved_tensors
        return *launch_rows.rms_norm_double(x, weight, dy, a, omega, ctx.eps), None
