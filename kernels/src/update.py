"""The inner step's update: gradients clipped by their global norm, then SGD.

The norm is global: no weight can move before every gradient is known. So the most that can be fused is
two passes: the weight gradient's product also adds up its squares, and the update reads each gradient
once more. The clipping factor never leaves the device.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hybrid.kernels.dispatch import Implementation, choose


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
        from hybrid.kernels.triton import launch_rows

        return torch.cat([launch_rows.sum_of_squares(g) for g in gradients]).sum()
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
        from hybrid.kernels.triton import launch_rows

        return [launch_rows.sgd(w, g, factor, float(s)) for w, g, s in triples]
    scale = factor.item()
    return [w.sub(g, alpha=scale * float(s)) for w, g, s in triples]
