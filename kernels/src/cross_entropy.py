"""The language-model head and its loss in one: the logits of a few tokens at a time, never all of them.

The gradient with respect to the hidden states is worked out in the forward pass, while the
probabilities are at hand, so that the first backward costs nothing more; so is that with respect to the
output matrix, where it is known what each token's loss will be weighted with. The gradient of these
gradients is exact, and recomputes the probabilities.

With p the probabilities of a token's logits z = U h, e 1 at its target, and w its weight, the loss is
``w (logsumexp(z) - z[target])``, its gradients ``dh = w Uᵀ(p - e)`` and ``dU = Σ w (p - e) hᵀ``. For
cotangents X of dh and Ω of dU let t = U X + Ω h. Then

    c = w p ∘ (t - p·t)      h' = Uᵀ c + w Ωᵀ(p - e)      U' = Σ c hᵀ + w (p - e) Xᵀ      w' = (p - e)·t
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels.dispatch import Implementation, choose

TOKENS_AT_ONCE = 512
"""Rows of logits made at a time on a CPU; half as many are multiplied back. 2,048 tokens, 576 wide, 49,152 words,
bfloat16, one thread: 701, 721 and 728 ms forward with 256, 512 and 1,024, and 3.1, 2.7 and 2.5 s with gradients, for
twice the memory each time."""
Reduction = Literal["none", "sum", "mean"]


def linear_cross_entropy(
    hidden: Tensor,
    unembedding: Tensor,
    targets: Tensor,
    *,
    reduction: Reduction = "none",
    implementation: Implementation | None = None,
) -> Tensor:
    """Each token's negative log-likelihood in nats, with two derivatives with respect to both matrices.

    Args:
        hidden: [..., D].
        unembedding: [V, D], in hidden's dtype.
        targets: [...] token ids from 0 to V - 1.
        reduction: "sum" and "mean" work out the output matrix's gradient in the forward pass, too.
        implementation: of what is done with the logits, "torch" or "triton"; None: HYBRID_KERNELS, else by device. The
            products are the vendor's in both.

    Returns:
        [...] or a scalar, in at least float32.

    Raises:
        UnsupportedOperationError: the arguments do not go together, a target is out of range, or the implementation
            cannot run.
        RuntimeError: a third derivative is asked for.
    """
    if reduction not in ("none", "sum", "mean"):
        raise UnsupportedOperationError(f"reduction must be 'none', 'sum' or 'mean'; got {reduction!r}")
    weights = None
    if reduction != "none":
        share = 1.0 if reduction == "sum" else 1.0 / max(1, targets.numel())
        weights = torch.full(targets.shape, share, dtype=torch.float64, device=targets.device)
    total, each = _losses(hidden, unembedding, targets, weights, False, implementation)
    return each if weights is None else total


def fused_linear_cross_entropy(
    hidden: Tensor, unembedding: Tensor, targets: Tensor, weights: Tensor, *, inner: bool = False
) -> tuple[Tensor, Tensor]:
    """The weighted sum of each token's negative log-likelihood in nats.

    Args:
        hidden: [..., D].
        unembedding: [V, D].
        targets: [...] token ids.
        weights: [...], constants: 1 / N everywhere for a mean.
        inner: the caller takes a first gradient with respect to ``hidden`` only, and may differentiate that
            with respect to ``hidden`` and ``unembedding``; a gradient under ``create_graph`` has none for it.

    Returns:
        The sum, a scalar in at least float32, and each token's loss [...] without a gradient.

    Raises:
        UnsupportedOperationError, RuntimeError: as `linear_cross_entropy`.
    """
    total, each = _losses(hidden, unembedding, targets, weights, inner, None)
    return total, each


def _losses(
    hidden: Tensor,
    unembedding: Tensor,
    targets: Tensor,
    weights: Tensor | None,
    inner: bool,
    implementation: Implementation | None,
) -> tuple[Tensor, Tensor]:
    if hidden.shape[:-1] != targets.shape or unembedding.dim() != 2 or unembedding.shape[1] != hidden.shape[-1]:
        raise UnsupportedOperationError(
            f"hidden must be [..., D], unembedding [V, D] and targets [...]; got {list(hidden.shape)}, "
            f"{list(unembedding.shape)} and {list(targets.shape)}"
        )
    if hidden.dtype != unembedding.dtype:
        raise UnsupportedOperationError(f"hidden is {hidden.dtype} and unembedding {unembedding.dtype}; make them one")
    backend = choose(implementation, hidden, unembedding)
    flat = hidden.reshape(-1, hidden.shape[-1])
    if weights is not None:
        weights = weights.reshape(-1).to(torch.promote_types(hidden.dtype, torch.float32))
    total, each = _Loss.apply(flat, unembedding, targets.reshape(-1), weights, inner, backend)  # type: ignore[no-untyped-call]
    return total, each.view(targets.shape)


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        unembedding: Tensor,
        targets: Tensor,
        weights: Tensor | None,
        inner: bool,
        backend: Implementation,
    ) -> tuple[Tensor, Tensor]:
        wide = torch.promote_types(hidden.dtype, torch.float32)
        each = hidden.new_empty(len(targets), dtype=wide)
        of_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        now = ctx.needs_input_grad[1] and weights is not None and not inner
        of_unembedding = _no_sum(unembedding) if now else None
        for piece, p, losses in _pieces(hidden, unembedding, targets, backend):
            each[piece] = losses
            if of_hidden is not None:
                expected = torch.cat([torch.mm(half, unembedding) for half in p.chunk(2)]).to(wide)
                expected.sub_(unembedding[targets[piece]])
                of_hidden[piece] = expected if weights is None else expected.mul_(weights[piece, None])
            if of_unembedding is not None and weights is not None:
                _add_error(of_unembedding, p, targets[piece], weights[piece, None], hidden[piece])
        ctx.inner, ctx.backend = inner, backend
        ctx.save_for_backward(hidden, unembedding, targets, weights, of_hidden, of_unembedding)
        if weights is None:
            total = each.new_zeros(())
            ctx.mark_non_differentiable(total)
            return total, each
        ctx.mark_non_differentiable(each)
        return (each * weights).sum(), each

    @staticmethod
    def backward(ctx: Any, upstream: Tensor, of_each: Tensor) -> tuple[Tensor | None, ...]:
        hidden, unembedding, targets, weights, of_hidden, of_unembedding = ctx.saved_tensors
        factor = of_each[:, None] if weights is None else upstream
        tokens = of_each if weights is None else weights * upstream
        if torch.is_grad_enabled():  # true in backward exactly under create_graph
            trained = ctx.needs_input_grad[1] and not ctx.inner
            dh, du = _Gradient.apply(  # type: ignore[no-untyped-call]
                hidden, unembedding, tokens, targets, of_hidden, of_unembedding, factor.detach(), trained, ctx.backend
            )
            return dh, du, None, None, None, None
        dh = None if of_hidden is None else (of_hidden * factor).to(hidden.dtype)
        du = None
        if ctx.needs_input_grad[1]:
            du = _of_unembedding(hidden, unembedding, targets, tokens, of_unembedding, factor, ctx.backend)
        return dh, du, None, None, None, None


class _Gradient(torch.autograd.Function):
    """dh and dU as functions of hidden states, output matrix and the tokens' weights.

    ``known`` and ``known_of_unembedding`` times ``factor`` are their values, where they have been worked out.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        unembedding: Tensor,
        weights: Tensor,
        targets: Tensor,
        known: Tensor | None,
        known_of_unembedding: Tensor | None,
        factor: Tensor,
        trained: bool,
        backend: Implementation,
    ) -> tuple[Tensor | None, Tensor | None]:
        ctx.backend = backend
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(hidden, unembedding, weights, targets)
        of_hidden = None if known is None else (known * factor).to(hidden.dtype)
        if not trained:
            return of_hidden, None
        return of_hidden, _of_unembedding(hidden, unembedding, targets, weights, known_of_unembedding, factor, backend)

    @staticmethod
    def backward(ctx: Any, x: Tensor | None, omega: Tensor | None) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            raise RuntimeError("linear_cross_entropy has no third derivative; use hybrid.kernels.reference's")
        hidden, unembedding, weights, targets = ctx.saved_tensors
        of_hidden = torch.empty_like(hidden)
        of_unembedding = _no_sum(unembedding) if ctx.needs_input_grad[1] else None
        of_weights = torch.empty_like(weights) if ctx.needs_input_grad[2] else None
        x = None if x is None else x.to(hidden.dtype).contiguous()
        for piece, p, _ in _pieces(hidden, unembedding, targets, ctx.backend):
            weight, target = weights[piece, None], targets[piece]
            t = _sum(
                None if x is None else torch.mm(x[piece], unembedding.T),
                None if omega is None else torch.mm(hidden[piece], omega.T),
                p,
            )
            at_target = t.gather(1, target[:, None])[:, 0].to(weights.dtype)
            along = _hessian_vector_product(p, t, weights[piece], ctx.backend)
            if of_weights is not None:
                of_weights[piece] = along - at_target
            torch.mm(t, unembedding, out=of_hidden[piece])
            if of_unembedding is not None:
                _add_product(of_unembedding, t.T, hidden[piece])
            if omega is not None:
                missed = torch.mm(p, omega).sub_(omega[target])
                of_hidden[piece] += missed * weight.to(missed.dtype)
            if of_unembedding is not None and x is not None:
                _add_error(of_unembedding, p, target, weight, x[piece])
        du = None if of_unembedding is None else of_unembedding.to(unembedding.dtype)
        return of_hidden, du, of_weights, *[None] * 6


def _sum(first: Tensor | None, second: Tensor | None, like: Tensor) -> Tensor:
    if first is None:
        return torch.zeros_like(like) if second is None else second
    return first if second is None else first.add_(second)


def _of_unembedding(
    hidden: Tensor,
    unembedding: Tensor,
    targets: Tensor,
    weights: Tensor,
    known: Tensor | None,
    factor: Tensor,
    backend: Implementation,
) -> Tensor:
    if known is not None:
        return (known * factor).to(unembedding.dtype)
    total = _no_sum(unembedding)
    for piece, p, _ in _pieces(hidden, unembedding, targets, backend):
        _add_error(total, p, targets[piece], weights[piece, None], hidden[piece])
    return total.to(unembedding.dtype)


def _add_error(total: Tensor, p: Tensor, targets: Tensor, weight: Tensor, rows: Tensor) -> None:
    """Add ``w (p - e) rowsᵀ``; ``p`` is used up."""
    p.mul_(weight.to(p.dtype)).scatter_add_(1, targets[:, None], -weight.to(p.dtype))
    _add_product(total, p.T, rows)


def _no_sum(unembedding: Tensor) -> Tensor:
    """Zeros to add the pieces' gradients up in, at least float32: a narrower sum would round the last ones away."""
    return torch.zeros_like(unembedding, dtype=torch.promote_types(unembedding.dtype, torch.float32))


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += torch.mm(left, right)


def _hessian_vector_product(p: Tensor, t: Tensor, weights: Tensor, backend: Implementation) -> Tensor:
    """t [n, V] becomes w p (t - p·t), in place. Returns p·t [n]."""
    if backend == "triton":
        from hybrid.kernels.triton import launch

        return launch.hessian_vector_product(p, t, weights)
    along: Tensor = torch.linalg.vecdot(p, t)
    t.sub_(along[:, None]).mul_(p).mul_(weights[:, None].to(p.dtype))
    return along.to(weights.dtype)


def _pieces(
    hidden: Tensor, unembedding: Tensor, targets: Tensor, backend: Implementation
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """A few tokens at a time: which, their probabilities [n, V], and the loss of each target.

    The buffer is one for all pieces: fresh memory of its size costs more in page faults than the
    arithmetic. On a CPU the largest probability gives the logarithm of the sum: reading all of them once more in
    a wider type costs twice the softmax.
    """
    tokens = hidden.shape[0]
    if tokens and not bool((targets.min() >= 0) & (targets.max() < len(unembedding))):
        raise UnsupportedOperationError(
            f"targets must be from 0 to {len(unembedding) - 1}; got {int(targets.min())} to {int(targets.max())}"
        )
    wide = torch.promote_types(hidden.dtype, torch.float32)
    buffer = hidden.new_empty(min(tokens, TOKENS_AT_ONCE), unembedding.shape[0])
    for start in range(0, tokens, TOKENS_AT_ONCE):
        piece = slice(start, min(start + TOKENS_AT_ONCE, tokens))
        logits = buffer[: piece.stop - start]
        torch.mm(hidden[piece], unembedding.T, out=logits)
        if backend == "triton":
            from hybrid.kernels.triton import launch

            yield piece, logits, launch.probabilities(logits, targets[piece])
            continue
        top = logits.amax(1, keepdim=True)
        behind = top.to(wide) - logits.gather(1, targets[piece, None]).to(wide)
        torch.softmax(logits, 1, out=logits)
        yield piece, logits, (behind - logits.amax(1, keepdim=True).to(wide).log())[:, 0]
