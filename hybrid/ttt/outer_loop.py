"""Meta-learning: the mean loss of a whole inner loop, differentiated through its steps.

A sweep forward runs the inner loop and keeps what each mini-batch started from: fast weights and
caches. A sweep backward takes the mini-batches last to first, runs each again with a graph, and
pulls the cotangents of what it handed on (fast weights and caches) through it, together with its own
loss. Only one mini-batch's graph is alive at a time; what grows with the sequence is one copy of fast weights
and one window of cache a mini-batch.

The derivative is exact: through the inner gradients (second order), the clipping factor and its norm,
and the caches. ``first_order=True`` takes the inner gradients for constants.

To the loss along the loop may be added that of answers to questions about what was read, asked of the weights after
the last step with an empty window.

Source: "End-to-End Test-Time Training for Long Context" (arXiv 2512.23675).

Shape suffixes: B sequences, T tokens, D hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from hybrid.errors import DivergedError, InputError, SettingsError
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.row_operations import clip_factor, squared_norm
from hybrid.ttt.inner_loop import (
    FastWeightState,
    MiniBatch,
    Scored,
    flat,
    layers,
    score,
    sgd,
    step_sizes,
)
from hybrid.ttt.model.transformer import LayerCache, Transformer, WindowCache
from hybrid.ttt.model.weights import DynamicMLP


@dataclass(frozen=True)
class InnerRule:
    """The update rule that is differentiated through: SGD.

    Args:
        mini_batch: tokens a step.
        learning_rate: step size, the schedule's multiplier included.
        clip: bound on the global gradient norm; 0: none.
    """

    mini_batch: int
    learning_rate: float
    clip: float = 1.0


@dataclass(frozen=True)
class Asked:
    """Questions with answers about a sequence, each by itself in an empty window.

    Args:
        ids, targets: [Q, T] token ids, padded at their end; the target is what should come next.
        weights: [Q, T], what each target weighs: 0 of the question and the padding, 1 / N of the answers' N tokens.
        share: what their loss weighs beside the mean loss along the inner loop.
    """

    ids: Tensor
    targets: Tensor
    weights: Tensor
    share: float


@dataclass(frozen=True)
class Sequences:
    """A batch to train on, one inner loop a sequence.

    Args:
        ids, targets: [B, T] token ids; the target is what should come next.
        mask: [B, T], 1 where a target counts; None: everywhere.
        prefix: [B, T, D], the prefix's output for these ids, where it is known already and not trained.
        asked: questions about what was read, of a batch of one sequence.
    """

    ids: Tensor
    targets: Tensor
    mask: Tensor | None = None
    prefix: Tensor | None = None
    asked: Asked | None = None


@dataclass(frozen=True)
class InnerRun:
    """What the inner loop did on a batch.

    Args:
        token_loss: [B, T] nats, each before the step on its mini-batch, not masked.
        chunk_loss: [B, n] the masked mean of each mini-batch.
        gradient_norm: [B, n] before clipping.
        fast: the fast weights before each mini-batch, and after the last.
        answer_loss: of the answers that were asked for, after the last step; None: nothing was asked.
    """

    token_loss: Tensor
    chunk_loss: Tensor
    gradient_norm: Tensor
    fast: tuple[tuple[DynamicMLP, ...], ...]
    answer_loss: float | None = None

    @property
    def sequence_loss(self) -> Tensor:
        """[B] the plain mean over mini-batches."""
        return self.chunk_loss.mean(1)

    @property
    def loss(self) -> float:
        """The mean over sequences, in nats."""
        return self.sequence_loss.mean().item()


def run_inner_loop(model: Transformer, sequences: Sequences, rule: InnerRule) -> InnerRun:
    """Train on each sequence from the model's initial fast weights, without an outer graph.

    Raises:
        InputError: T is no multiple of the mini-batch, an id is out of range, or several sequences are asked about.
        DivergedError: a loss or gradient is not finite.
    """
    run = _forward_sweep(model, sequences, rule)[0]
    if sequences.asked is None:
        return run
    with torch.no_grad():
        return replace(run, answer_loss=answer_loss(model, run.fast[-1], sequences.asked).item())


def answer_loss(model: Transformer, fast: Sequence[DynamicMLP], asked: Asked) -> Tensor:
    """The weighted loss of the answers with these fast weights, in nats; a graph leads to what needs a gradient."""
    compute = [DynamicMLP(*(w.to(model.dtype) for w in mlp.tensors())) for mlp in fast]
    piece = _Piece(MiniBatch(asked.ids, asked.targets), None)
    hidden, _ = _forward(model, piece, model.empty_cache(asked.ids.shape[0]), compute)
    return fused_linear_cross_entropy(hidden, model.unembedding, asked.targets, asked.weights)[0]


def meta_gradients(
    model: Transformer, sequences: Sequences, rule: InnerRule, trained: Iterable[str], *, first_order: bool = False
) -> tuple[InnerRun, dict[str, Tensor]]:
    """The inner loop's mean loss and its gradient with respect to some of the model's tensors.

    Where something is asked, the gradient is that of the mean loss plus the share of the answers' loss.

    Args:
        trained: paths in `Weights.named`. Fast weights begin as ``dynamic.*.initial.*``.
        first_order: take the inner gradients for constants.

    Returns:
        The run, and a gradient for each path in at least float32.

    Raises:
        SettingsError: an unknown path; or one in the prefix while its output is given.
        InputError, DivergedError: as `run_inner_loop`.
    """
    names = list(trained)
    known = model.weights.named()
    _check_trained(names, known, model, sequences)
    total = {name: torch.zeros_like(known[name], dtype=model.master_dtype) for name in names}
    run, states = _forward_sweep(model, sequences, rule)
    leaves = {n: known[n].detach().requires_grad_() for n in names if ".initial." not in n}
    graph_model = model.with_weights(model.weights.replaced(leaves))
    share = 1 / run.chunk_loss.numel()
    cotangents: list[Tensor | None] = []  # of what a mini-batch hands on: nothing but the answers follows the last
    if sequences.asked is not None:
        fast = layers(w.detach().requires_grad_() for w in flat(run.fast[-1]))
        with torch.enable_grad():
            asked_loss = answer_loss(graph_model, fast, sequences.asked)
        if not torch.isfinite(asked_loss):
            raise DivergedError(f"the loss of the answers is {asked_loss.item():g} after the inner loop")
        run = replace(run, answer_loss=asked_loss.item())
        weight = torch.full_like(asked_loss, sequences.asked.share)
        cotangents = _add(_pulled_back([(asked_loss, weight)], [*flat(fast), *leaves.values()]), leaves, total)
        cotangents += [None] * len(_cache_tensors(states[-1].cache))  # the window is empty when it is asked
    for number in reversed(range(len(states))):
        state = _as_leaves(states[number])
        piece, last = _mini_batch(sequences, rule, number), not cotangents
        loss, handed_on = _outputs(graph_model, state, piece, rule, first_order, last=last)
        heads = [(loss, torch.full_like(loss, share)), *zip(handed_on, cotangents, strict=True)]
        reached = [(head, c) for head, c in heads if c is not None and head.requires_grad]
        inputs = [*flat(state.fast), *_cache_tensors(state.cache), *leaves.values()]
        cotangents = _add(_pulled_back(reached, inputs), leaves, total)
    for name, gradient in zip(_initial_paths(model), cotangents, strict=False):  # what the first mini-batch got
        if name in total and gradient is not None:
            total[name] = gradient.sum(0) if gradient.dim() > total[name].dim() else gradient
    return run, total


def _add(found: list[Tensor | None], leaves: Mapping[str, Tensor], total: Mapping[str, Tensor]) -> list[Tensor | None]:
    """Add the last gradients, which are of ``leaves``, to ``total``; the rest is what was handed on."""
    handed_on = found[: len(found) - len(leaves)]
    for name, gradient in zip(leaves, found[len(handed_on) :], strict=True):
        if gradient is not None:
            total[name] += gradient
    return handed_on


def _pulled_back(heads: Sequence[tuple[Tensor, Tensor]], inputs: Sequence[Tensor]) -> list[Tensor | None]:
    """The gradient of the heads, each weighted by its cotangent, with respect to each input; None: it has none."""
    wanted = [t for t in inputs if t.requires_grad]
    found = iter(torch.autograd.grad([h for h, _ in heads], wanted, [c for _, c in heads], allow_unused=True))
    return [next(found) if t.requires_grad else None for t in inputs]


def _outputs(
    model: Transformer, state: FastWeightState, batch: _Piece, rule: InnerRule, first_order: bool, *, last: bool
) -> tuple[Tensor, list[Tensor]]:
    """The summed loss of one mini-batch and what it hands on, with a graph."""
    with torch.enable_grad():
        compute = [DynamicMLP(*(w.to(model.dtype) for w in mlp.tensors())) for mlp in state.fast]
        hidden, cache = _forward(model, batch, state.cache, compute)
        tokens = batch.tokens
        loss, _ = fused_linear_cross_entropy(hidden, model.unembedding, tokens.targets, tokens.weights(), inner=True)
        if last:
            return loss, []
        gradients = torch.autograd.grad(loss, flat(compute), create_graph=not first_order, retain_graph=True)
        factor = clip_factor(squared_norm(gradients), rule.clip)
        stepped = sgd(state, gradients, factor, step_sizes(model.weights.dynamic, rule.learning_rate))
        return loss, [*flat(stepped.fast), *_cache_tensors(cache)]


@dataclass(frozen=True)
class _Piece:
    tokens: MiniBatch
    prefix: Tensor | None


def _mini_batch(sequences: Sequences, rule: InnerRule, number: int) -> _Piece:
    at = slice(number * rule.mini_batch, (number + 1) * rule.mini_batch)
    mask = None if sequences.mask is None else sequences.mask[:, at]
    prefix = None if sequences.prefix is None else sequences.prefix[:, at]
    return _Piece(MiniBatch(sequences.ids[:, at], sequences.targets[:, at], mask), prefix)


def _forward(
    model: Transformer, piece: _Piece, cache: WindowCache, fast: Sequence[DynamicMLP]
) -> tuple[Tensor, WindowCache]:
    """`Transformer.forward` with gradients in the prefix too, or from the prefix's known output."""
    count = piece.tokens.ids.shape[1]
    plan = model.plan(count, cache)
    above = cache.layers[-model.config.suffix_layers :]
    if piece.prefix is not None:
        hidden, new = model.suffix(piece.prefix.to(model.dtype), above, plan, fast)
        return hidden, WindowCache(new, cache.seen + count)
    h_BTD, below = model.prefix(piece.tokens.ids, cache.layers[: model.config.prefix_layers], plan)
    hidden, new = model.suffix(h_BTD, above, plan, fast)
    return hidden, WindowCache(below + new, cache.seen + count)


def _forward_sweep(model: Transformer, sequences: Sequences, rule: InnerRule) -> tuple[InnerRun, list[FastWeightState]]:
    _check(model, sequences, rule)
    batch, length = sequences.ids.shape
    one = model.initial_fast_weights(None)
    fast = one if batch == 1 else layers(w.expand(batch, *w.shape) for w in flat(one))
    cache = model.empty_cache(batch)
    if sequences.prefix is not None:
        cache = WindowCache(cache.layers[-model.config.suffix_layers :], 0)
    fast_state = FastWeightState(fast, None, cache, 0)
    states: list[FastWeightState] = []
    done: list[Scored] = []
    frozen = model.with_weights(model.weights.mapped(lambda _, t: t.detach()), once=True)
    sizes = step_sizes(frozen.weights.dynamic, rule.learning_rate)
    for number in range(length // rule.mini_batch):
        states.append(fast_state)
        piece = _mini_batch(sequences, rule, number)
        scored = score(frozen, fast_state.fast, piece.tokens, partial(_forward, frozen, piece, fast_state.cache))
        if not scored.finite:
            raise DivergedError(
                f"the inner loop diverged at mini-batch {number + 1}: {scored}; lower the inner step size or set a clip"
            )
        done.append(scored)
        with torch.no_grad():
            stepped = sgd(fast_state, scored.gradients, clip_factor(scored.squared_norm, rule.clip), sizes)
        fast_state = replace(stepped, cache=scored.cache)
    run = InnerRun(
        torch.cat([scored.each for scored in done], 1),
        torch.stack([scored.loss for scored in done], 1),
        torch.stack([scored.gradient_norm for scored in done], 1),
        (*(c.fast for c in states), fast_state.fast),
    )
    return run, states


def _as_leaves(fast_state: FastWeightState) -> FastWeightState:
    def leaf(t: Tensor) -> Tensor:
        return t.detach().requires_grad_()

    caches = tuple(LayerCache(*(leaf(t) for t in c.tensors())) for c in fast_state.cache.layers)
    fast = layers(leaf(w) for w in flat(fast_state.fast))
    return FastWeightState(fast, None, WindowCache(caches, fast_state.cache.seen), fast_state.steps)


def _cache_tensors(cache: WindowCache) -> list[Tensor]:
    return [t for layer in cache.layers for t in layer.tensors()]


def _initial_paths(model: Transformer) -> list[str]:
    return [f"dynamic.{n}.initial.{part}" for n in range(model.config.suffix_layers) for part in ("gate", "up", "down")]


def _check(model: Transformer, sequences: Sequences, rule: InnerRule) -> None:
    length, size = sequences.ids.shape[1], model.config.vocab_size
    if length == 0 or length % rule.mini_batch:
        raise InputError(
            f"a sequence of {length} tokens is no multiple of the mini-batch of {rule.mini_batch}; cut or mask it"
        )
    asked = sequences.asked
    if asked is not None and len(sequences.ids) > 1:
        raise InputError(f"questions are asked about one sequence at a time; got {len(sequences.ids)}")
    for ids in (sequences.ids, sequences.targets, *((asked.ids, asked.targets) if asked else ())):
        if not 0 <= int(ids.min()) <= int(ids.max()) < size:
            raise InputError(f"token ids must be from 0 to {size - 1}; got {int(ids.min())} to {int(ids.max())}")


def _check_trained(names: Sequence[str], known: dict[str, Tensor], model: Transformer, sequences: Sequences) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(f"no tensor of this model is called {', '.join(unknown[:3])}")
    split = model.config.prefix_layers
    below = [n for n in names if n == "embedding" or (n.startswith("blocks.") and int(n.split(".")[1]) < split)]
    if sequences.prefix is not None and below:
        raise SettingsError(f"{below[0]} lies in the prefix, whose output was given: it would get no gradient")
