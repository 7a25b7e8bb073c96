"""A meta-training step against a standard training step: forward and backward of one sequence, no optimiser in either.

Standard is the same blocks under full attention (SDPA's flash kernels) and the package's loss, without dynamic MLPs.
It is timed as it is, and with each block's activations computed again in the backward pass, which meta-training
always does.
"""

from __future__ import annotations

from functools import partial

import torch
from gpu.common import Context
from gpu.depth import Plain
from gpu.shapes import MINI_BATCH, SHAPES, TINY, WINDOW, random_model
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from hybrid.kernels import linear_cross_entropy
from hybrid.ttt.model.config import ModelConfig
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.outer_loop import InnerRule, Sequences, meta_gradients


def run(context: Context) -> None:
    """125M at 8K and 32K, then 1B at 8K; and 125M's step by what it trains."""
    if context.gpu:
        cases = [("125M", SHAPES["125M"], 8192), ("1B", SHAPES["1B"], 8192), ("125M", SHAPES["125M"], 32_768)]
        cases = cases[:1] if context.quick else cases
        dtype, window, mini_batch = torch.bfloat16, WINDOW, MINI_BATCH
    else:
        cases, dtype, window, mini_batch = [("tiny", TINY, 64)], torch.float32, 64, 16
    for name, config, tokens in cases:
        work = partial(_case, context, name, config, tokens, dtype, window, mini_batch)
        context.attempt(work, shape=name, tokens=tokens)


def _case(
    context: Context, name: str, config: ModelConfig, tokens: int, dtype: torch.dtype, window: int, mini_batch: int
) -> None:
    model = random_model(config, context.device, dtype, window=window)
    ids = torch.randint(config.vocab_size, (1, tokens + 1), device=context.device)
    facts = {"shape": name, "tokens": tokens}
    for again in (False, True):
        variant = "standard, activations again" if again else "standard"
        work = partial(_timed, context, partial(standard_step, model, ids, again), variant, facts)
        context.attempt(work, **facts, variant=variant)
    sequences, rule = Sequences(ids[:, :-1], ids[:, 1:]), InnerRule(mini_batch, 0.01, 1.0)
    every = list(model.weights.named())
    for variant, names in (("meta, all", every), ("meta, dynamic", [n for n in every if n.startswith("dynamic.")])):
        step = partial(meta_gradients, model, sequences, rule, names)
        context.attempt(partial(_timed, context, step, variant, facts), **facts, variant=variant)
    if name != "125M":
        return
    first = partial(meta_gradients, model, sequences, rule, every, first_order=True)
    context.attempt(partial(_timed, context, first, "meta, all, first order", facts), **facts, variant="first order")


def _timed(context: Context, step: object, variant: str, facts: dict[str, object]) -> None:
    peak = context.peak_mib(step)  # type: ignore[arg-type]
    ms = context.milliseconds(step, rounds=3, warm=0 if peak else 1, limit=2.0)  # type: ignore[arg-type]
    context.row(**facts, variant=variant, ms=ms, peak_mib=peak)


def standard_step(model: Transformer, ids: Tensor, again: bool) -> list[Tensor]:
    """Gradients of next-token loss with respect to every tensor but the dynamic MLPs'."""
    named = {n: t for n, t in model.weights.named().items() if not n.startswith("dynamic.")}
    leaves = {n: t.detach().requires_grad_() for n, t in named.items()}
    there = model.with_weights(model.weights.replaced(leaves))
    plain = _Recomputing(there) if again else Plain(there, dynamic=False)
    flash = [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH] if not ids.is_cuda else [SDPBackend.FLASH_ATTENTION]
    with torch.enable_grad(), sdpa_kernel(flash):
        hidden = plain.whole(ids[:, :-1])
        loss = linear_cross_entropy(hidden, there.unembedding, ids[:, 1:], reduction="mean")
        return list(torch.autograd.grad(loss, list(leaves.values())))


class _Recomputing(Plain):
    """`Plain` that keeps the residual stream between blocks, and nothing within them."""

    def __init__(self, model: Transformer) -> None:
        super().__init__(model, dynamic=False)

    def whole(self, ids: Tensor) -> Tensor:
        h = self.model.embedding[ids]
        for number in range(len(self.model.blocks)):
            h = checkpoint(partial(self._block, number), h, use_reentrant=False)
        return self.final(h)

    def _block(self, number: int, h: Tensor) -> Tensor:
        return self.block(number, h, self.causal, self.turns(h.shape[1], 0))
