"""The language-model head and its loss in one: the logits of a few tokens at a time, never all of them.

The gradient with respect to the hidden states is worked out in the forward pass, while the
probabilities are at hand, so that backward costs nothing more. The unembedding gets no gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def fused_linear_cross_entropy(
    hidden: Tensor, unembedding: Tensor, targets: Tensor, tokens_at_once: int = 256
) -> Tensor:
    """The mean negative log-likelihood in nats, as a scalar in at least float32. A frozen unembedding only.

    Supports one backward, and raises where a gradient of the gradient is asked for: use
    `hybrid.kernels.reference.linear_cross_entropy` there.

    Args:
        hidden: [T, D].
        unembedding: [V, D], no gradient.
        targets: [T] token ids.
    """
    if unembedding.requires_grad and torch.is_grad_enabled():
        raise RuntimeError("fused_linear_cross_entropy gives the unembedding no gradient; use linear_cross_entropy")
    if not (hidden.requires_grad and torch.is_grad_enabled()):
        return _loss_and_gradient(hidden, unembedding, targets, tokens_at_once, want_gradient=False)[0]
    loss: Tensor = _FusedLinearCrossEntropy.apply(hidden, unembedding, targets, tokens_at_once)  # type: ignore[no-untyped-call]
    return loss


class _FusedLinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, unembedding: Tensor, targets: Tensor, tokens_at_once: int) -> Tensor:
        loss, gradient = _loss_and_gradient(hidden, unembedding, targets, tokens_at_once, want_gradient=True)
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None, None]:
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            raise RuntimeError("fused_linear_cross_entropy has no second derivative; use linear_cross_entropy")
        (gradient,) = ctx.saved_tensors
        return (gradient * upstream).to(gradient.dtype), None, None, None


@torch.no_grad()
def _loss_and_gradient(
    hidden: Tensor, unembedding: Tensor, targets: Tensor, tokens_at_once: int, *, want_gradient: bool
) -> tuple[Tensor, Tensor]:
    tokens = hidden.shape[0]
    wide = torch.promote_types(hidden.dtype, torch.float32)
    gradient = torch.empty_like(hidden) if want_gradient else hidden
    # One buffer for all pieces: fresh memory of this size costs more in page faults than the arithmetic.
    buffer = hidden.new_empty(min(tokens, tokens_at_once), unembedding.shape[0])
    total = torch.zeros((), dtype=wide)
    for start in range(0, tokens, tokens_at_once):
        piece = slice(start, min(start + tokens_at_once, tokens))
        target = targets[piece, None]
        logits = buffer[: piece.stop - start]
        torch.mm(hidden[piece], unembedding.T, out=logits)
        chosen = logits.gather(1, target).to(wide)
        top = logits.amax(1, keepdim=True)
        mass = logits.sub_(top).exp_().sum(1, keepdim=True, dtype=wide)
        total += (mass.log() + top.to(wide) - chosen).sum()
        if want_gradient:
            expected = torch.mm(logits, unembedding).to(wide) / mass
            gradient[piece] = (expected - unembedding[target[:, 0]].to(wide)) / tokens
    return total / tokens, gradient
