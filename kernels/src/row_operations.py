"""RMS normalisation, rotary positions, SwiGLU and the inner step's update: what reads its tensors once, row by row.

Each has two derivatives, and keeps of its arguments what they need and nothing else; formulas in
`hybrid.kernels.triton.row_kernels`. RMS normalisation without Triton is PyTorch's own operation, which has both. A
rotation is linear: its derivative of any order is a rotation again.

The update: gradients clipped by their global norm, then SGD. The norm is global: no weight can move before every
gradient is known. So the most that can be fused is two passes: the weight gradient's product also adds up its squares,
and the update reads each gradient once more. The clipping factor never leaves the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

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
        from hybrid.kernels.triton import launch

        ctx.eps = eps
        ctx.save_for_backward(x, weight)
        return launch.rms_norm_forward(x, weight, eps)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        from hybrid.kernels.triton import launch

        x, weight = ctx.saved_tensors
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            return *_NormGradient.apply(x, weight, dy, ctx.eps), None  # type: ignore[no-untyped-call]
        return *launch.rms_norm_backward(x, weight, dy, ctx.eps), None


class _NormGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dy: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        from hybrid.kernels.triton import launch

        ctx.eps = eps
        ctx.save_for_backward(x, weight, dy)
        return launch.rms_norm_backward(x, weight, dy, eps)

    @staticmethod
    def backward(ctx: Any, a: Tensor, omega: Tensor) -> tuple[Tensor | None, ...]:
        from hybrid.kernels.triton import launch

        if torch.is_grad_enabled():
            raise RuntimeError("rms_norm of Triton has no third derivative; use implementation='torch'")
        x, weight, dy = ctx.saved_tensors
        return *launch.rms_norm_double(x, weight, dy, a, omega, ctx.eps), None


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
        from hybrid.kernels.triton import launch

        ctx.sign = sign
        ctx.save_for_backward(table)
        return launch.rotate(x, table, sign)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (table,) = ctx.saved_tensors
        return _Rotate.apply(dy, table, -ctx.sign), None, None  # type: ignore[no-untyped-call]


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
        from hybrid.kernels.triton import launch

        return launch.swiglu_forward(gate, up)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        gate, up = ctx.saved_tensors
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            return *_SwiGLUGradient.apply(gate, up, dy, ctx.backend), None  # type: ignore[no-untyped-call]
        return *_swiglu_gradient(gate, up, dy, ctx.backend), None


class _SwiGLUGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, up: Tensor, dy: Tensor, backend: Implementation) -> tuple[Tensor, Tensor]:
        ctx.backend = backend
        ctx.save_for_backward(gate, up, dy)
        return _swiglu_gradient(gate, up, dy, backend)

    @staticmethod
    def backward(ctx: Any, a: Tensor, c: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("swiglu has no third derivative")
        gate, up, dy = ctx.saved_tensors
        if ctx.backend == "torch":
            return *_swiglu_double(gate, up, dy, a, c), None
        from hybrid.kernels.triton import launch

        return *launch.swiglu_double(gate, up, dy, a, c), None


def _swiglu_gradient(gate: Tensor, up: Tensor, dy: Tensor, backend: Implementation) -> tuple[Tensor, Tensor]:
    if backend == "triton":
        from hybrid.kernels.triton import launch

        return launch.swiglu_backward(gate, up, dy)
    return torch.ops.aten.silu_backward(dy * up, gate), F.silu(gate).mul_(dy)


def _swiglu_double(gate: Tensor, up: Tensor, dy: Tensor, a: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
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


def squared_norm(gradients: Sequence[Tensor], *, implementation: Implementation | None = None) -> Tensor:
    """Sum of squares over all tensors together, in at least float32.

    Args:
        gradients: of 2 axes each; or of 3, whose first is a sequence with weights of its own. Differentiable.

    Returns:
        A scalar, or [B].
    """
    wide = torch.promote_types(gradients[0].dtype, torch.float32)
    if torch.is_grad_enabled():
        return torch.stack([g.to(wide).square().flatten(-2).sum(-1) for g in gradients]).sum(0)
    if choose(implementation, *gradients) == "triton" and gradients[0].dim() == 2:
        from hybrid.kernels.triton import launch

        return torch.cat([launch.sum_of_squares(g) for g in gradients]).sum()
    # Reads each gradient once, and is not differentiable at zero.
    return torch.stack([torch.linalg.vector_norm(g, dim=(-2, -1), dtype=wide).square() for g in gradients]).sum(0)


def clip_factor(squared: Tensor, bound: float) -> Tensor:
    """What brings a gradient's global norm, given squared, down to ``bound`` if it is above; 0: no bound.

    Differentiable, through the norm too, also where all gradients are zero.
    """
    if not bound:
        return torch.ones_like(squared)
    factor = bound * squared.clamp_min(bound * bound).rsqrt()
    return torch.where(squared < bound * bound, torch.ones_like(factor), factor)  # exactly 1 below the bound


def sgd_step(
    weights: Sequence[Tensor],
    gradients: Sequence[Tensor],
    factor: Tensor,
    sizes: Sequence[Tensor | float],
    *,
    implementation: Implementation | None = None,
) -> list[Tensor]:
    """``w - size * factor * g`` for each, in the weight's dtype. Differentiable; nothing is changed in place.

    Args:
        factor: a scalar, or [B] where each sequence has weights [B, ...] of its own.
        sizes: the step size of each tensor.
    """
    triples = list(zip(weights, gradients, sizes, strict=True))
    if torch.is_grad_enabled() or factor.dim():
        spread = factor[..., None, None]
        return [w - g.to(w.dtype) * (spread * s) for w, g, s in triples]
    if choose(implementation, *weights) == "triton":
        from hybrid.kernels.triton import launch

        return [launch.sgd(w, g, factor, float(s)) for w, g, s in triples]
    scale = factor.item()
    return [w.sub(g, alpha=scale * float(s)) for w, g, s in triples]
