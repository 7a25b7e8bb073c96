"""The language-model head and its loss in one: the logits of a few tokens at a time, never all of them.

The gradient with respect to the hidden states is worked out in the forward pass, while the
probabilities are at hand, so that the first backward costs nothing more. The gradient of that
gradient is exact, and recomputes the probabilities.

With p the probabilities of a token's logits z = U h and w its weight, the loss is
``w (logsumexp(z) - z[target])`` and its gradient ``dh = w Uᵀ(p - e)``, where e is 1 at the target. For a
cotangent X of dh, with u = U X: the logits get ``c = w p ∘ (u - p·u)``, h gets ``Uᵀ c``, and U gets
``c hᵀ + w (p - e) Xᵀ``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from hybrid.kernels.reference import linear_cross_entropy

TOKENS_AT_ONCE = 512  # logits are made fastest so many at a time, and multiplied back half as many


def fused_linear_cross_entropy(
    hidden: Tensor, unembedding: Tensor, targets: Tensor, weights: Tensor, *, inner: bool = False
) -> tuple[Tensor, Tensor]:
    """The weighted sum of each token's negative log-likelihood in nats.

    Args:
        hidden: [..., D].
        unembedding: [V, D].
        targets: [...] token ids.
        weights: [...], at least float32, constants: 1 / N everywhere for a mean.
        inner: the caller takes a first gradient with respect to ``hidden`` only, and may differentiate that
            with respect to ``hidden`` and ``unembedding``. Without it, a first gradient under
            ``create_graph`` with respect to a trainable ``unembedding`` goes through the plain operation.

    Returns:
        The sum, a scalar in at least float32, and each token's loss [...] without a gradient.

    Raises:
        RuntimeError: a third derivative is asked for.
    """
    flat = hidden.reshape(-1, hidden.shape[-1])
    wide = torch.promote_types(hidden.dtype, torch.float32)
    weights = weights.reshape(-1).to(wide)
    total, each = _Loss.apply(flat, unembedding, targets.reshape(-1), weights, inner)  # type: ignore[no-untyped-call]
    return total, each.view(targets.shape)


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, unembedding: Tensor, targets: Tensor, weights: Tensor, inner: bool
    ) -> tuple[Tensor, Tensor]:
        each = weights.new_empty(len(targets))
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for piece, p, losses in _pieces(hidden, unembedding, targets):
            each[piece] = losses
            if gradient is not None:
                expected = torch.cat([torch.mm(half, unembedding) for half in p.chunk(2)]).to(weights.dtype)
                gradient[piece] = expected.sub_(unembedding[targets[piece]]).mul_(weights[piece, None])
        ctx.inner = inner
        ctx.save_for_backward(hidden, unembedding, targets, weights, gradient)
        ctx.mark_non_differentiable(each)
        return (each * weights).sum(), each

    @staticmethod
    def backward(ctx: Any, upstream: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        hidden, unembedding, targets, weights, gradient = ctx.saved_tensors
        trained = ctx.needs_input_grad[1]
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            if trained and not ctx.inner:
                again = (linear_cross_entropy(hidden, unembedding, targets) * weights).sum()
                return (
                    *torch.autograd.grad(again, (hidden, unembedding), upstream, create_graph=True),
                    None,
                    None,
                    None,
                )
            known: Tensor = _Gradient.apply(hidden, unembedding, targets, weights, gradient)  # type: ignore[no-untyped-call]
            return (known * upstream).to(hidden.dtype), None, None, None, None
        of_unembedding = None
        if trained:
            of_unembedding = _gradient_of_unembedding(hidden, unembedding, targets, weights * upstream)
        return None if gradient is None else (gradient * upstream).to(hidden.dtype), of_unembedding, None, None, None


class _Gradient(torch.autograd.Function):
    """The gradient that is known already, as a function of hidden states and unembedding."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, unembedding: Tensor, targets: Tensor, weights: Tensor, gradient: Tensor
    ) -> Tensor:
        ctx.save_for_backward(hidden, unembedding, targets, weights)
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("fused_linear_cross_entropy has no third derivative; use linear_cross_entropy")
        hidden, unembedding, targets, weights = ctx.saved_tensors
        of_hidden = torch.empty_like(hidden)
        of_unembedding = torch.zeros_like(unembedding) if ctx.needs_input_grad[1] else None
        cotangent = cotangent.to(hidden.dtype).contiguous()
        for piece, p, _ in _pieces(hidden, unembedding, targets):
            weight = weights[piece, None]
            u = torch.mm(cotangent[piece], unembedding.T)
            c = u.sub_(torch.linalg.vecdot(p, u)[:, None]).mul_(p).mul_(weight.to(p.dtype))
            torch.mm(c, unembedding, out=of_hidden[piece])
            if of_unembedding is not None:
                of_unembedding.addmm_(c.T, hidden[piece])
                _add_error(of_unembedding, p, targets[piece], weight, cotangent[piece])
        return of_hidden, of_unembedding, None, None, None


def _gradient_of_unembedding(hidden: Tensor, unembedding: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    total = torch.zeros_like(unembedding)
    for piece, p, _ in _pieces(hidden, unembedding, targets):
        _add_error(total, p, targets[piece], weights[piece, None], hidden[piece])
    return total


def _add_error(total: Tensor, p: Tensor, targets: Tensor, weight: Tensor, rows: Tensor) -> None:
    """Add ``w (p - e) rowsᵀ``; ``p`` is used up."""
    p.mul_(weight.to(p.dtype)).scatter_add_(1, targets[:, None], -weight.to(p.dtype))
    total.addmm_(p.T, rows)


def _pieces(hidden: Tensor, unembedding: Tensor, targets: Tensor) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """A few tokens at a time: which, their probabilities [n, V], and the loss of each target.

    The buffer is one for all pieces: fresh memory of its size costs more in page faults than the
    arithmetic. The largest probability gives the logarithm of the sum: reading all of them once more in
    a wider type costs twice the softmax.
    """
    tokens = hidden.shape[0]
    wide = torch.promote_types(hidden.dtype, torch.float32)
    buffer = hidden.new_empty(min(tokens, TOKENS_AT_ONCE), unembedding.shape[0])
    for start in range(0, tokens, TOKENS_AT_ONCE):
        piece = slice(start, min(start + TOKENS_AT_ONCE, tokens))
        logits = buffer[: piece.stop - start]
        torch.mm(hidden[piece], unembedding.T, out=logits)
        top = logits.amax(1, keepdim=True)
        behind = top.to(wide) - logits.gather(1, targets[piece, None]).to(wide)
        torch.softmax(logits, 1, out=logits)
        yield piece, logits, (behind - logits.amax(1, keepdim=True).to(wide).log())[:, 0]
