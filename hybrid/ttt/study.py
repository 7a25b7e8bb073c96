"""Self-study: fast weights that were adapted to a text go on with questions about it and their answers, as chat turns.

Two ways: next-token loss on the answer's tokens, or distillation from the same model with the passage in its window,
whose fast weights are the initial ones: the divergence of its distribution from the student's, on the answer's tokens.
After Cartridges (arXiv 2506.06266) and EntiGraph (arXiv 2409.07431), which train on such data beside or in place of the
text.

Exercises are taken in the order of a hash of their words, so that neighbours are of different passages and what comes
out depends on nothing but the exercises.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import DivergedError
from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.kernels.row_operations import squared_norm
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.inference import InferenceSession, in_dtype
from hybrid.ttt.inner_loop import FastWeightState, as_leaves, flat, stepped
from hybrid.ttt.model.weights import DynamicMLP
from hybrid.ttt.state import Trainable
from hybrid.types.study import Exercise

HELD_BACK = 8
"""One exercise of so many is not studied, and says what study is worth; where there are fewer, all are studied."""
SCORED = 32
"""Of those held back so many are scored at most, three times each."""
ROUNDS = 1
"""How often the exercises are gone through. Distillation was measured with one round, next-token loss with two
(`python benchmarks/study.py study`); neither was varied."""
WORSE = 0.02
"""Nats by which the answers held back may be less likely after study than before it; beyond, study is left out."""


@dataclass(frozen=True)
class StudyGains:
    """What study cost and gained.

    Args:
        studied: exercises, all rounds counting once.
        tokens: that went through the model, all rounds.
        seconds: of wall clock.
        held_back: nats a token of the answers to the exercises held back: without the memory, with the memory of the
            text alone, and with study. ``None`` where there are too few exercises to hold any back.
    """

    studied: int
    tokens: int
    seconds: float
    held_back: tuple[float, float, float] | None

    @property
    def harmed(self) -> bool:
        """Whether the answers held back are less likely than with the memory of the text alone."""
        return self.held_back is not None and not self.held_back[2] <= self.held_back[1] + WORSE


@dataclass(frozen=True)
class Turn:
    """An exercise as tokens: ``ids`` of the chat, of which the answer begins at ``first``; ``with_passage`` is the
    prompt that has the passage in it."""

    ids: tuple[int, ...]
    first: int
    with_passage: tuple[int, ...]

    @classmethod
    def of(cls, exercise: Exercise, tokenizer: ChatTokenizer) -> Turn:
        """As the model's own chat template puts it; of a model without one, after "Question:" and "Answer:"."""
        asked = exercise.question
        given = f"{exercise.passage}\n\n{asked}"
        if not tokenizer.has_template:
            start = [tokenizer.end_of_document]
            prompt, with_passage = ([*start, *tokenizer.encode(text)] for text in (
                f"Question: {asked}\nAnswer:", f"{exercise.passage}\n\nQuestion: {asked}\nAnswer:",
            ))  # fmt: skip
            answer = [*tokenizer.encode(f" {exercise.answer}"), tokenizer.end_of_document]
        else:
            prompt, with_passage = (tokenizer.encode_chat([("user", text)]) for text in (asked, given))
            whole = tokenizer.encode_chat([("user", asked), ("assistant", exercise.answer)])
            # What ends a message is learned, too, if the template says it.
            ends = [token for token in whole[len(prompt) :] if token in tokenizer.stop_ids][:1]
            answer = [*tokenizer.encode(exercise.answer), *ends]
        return cls((*prompt, *answer), len(prompt), tuple(with_passage))

    @property
    def answer(self) -> tuple[int, ...]:
        """The answer's tokens."""
        return self.ids[self.first :]


def study(
    model: Trainable,
    fast_state: FastWeightState,
    exercises: Sequence[Exercise],
    rate: float,
    on_step: Callable[[float], None],
) -> tuple[tuple[DynamicMLP, ...], StudyGains]:
    """The fast weights after study, or as they were where it did harm; and what it cost and gained.

    Args:
        fast_state: after the text.
        rate: what the settings' step size is multiplied by.
        on_step: called after each step with the loss, or the divergence, before it.

    Raises `DivergedError` for a loss or gradient that is not finite.
    """
    began = time.perf_counter()
    ordered = sorted(dict.fromkeys(exercises), key=lambda one: hashlib.sha256("\0".join(one).encode()).digest())
    turns = [Turn.of(one, model.tokenizer) for one in ordered]
    kept_back = turns[HELD_BACK - 1 :: HELD_BACK]
    studied = [turn for number, turn in enumerate(turns, 1) if number % HELD_BACK]
    before, tokens = fast_state.fast, 0
    for _ in range(ROUNDS):
        for group in _grouped(studied, model.settings.mini_batch):
            tokens += sum(len(turn.ids) for turn in group)
            fast_state, loss = _step(model, fast_state, group, rate)
            on_step(loss)
    initial = model.initial_state().fast_state.fast
    held_back = None
    if kept_back:
        none, text, after = (_loss(model, fast, kept_back[:SCORED]) for fast in (initial, before, fast_state.fast))
        held_back = none, text, after
    gains = StudyGains(len(studied), tokens, time.perf_counter() - began, held_back)
    return (before if gains.harmed else fast_state.fast), gains


def _grouped(turns: Sequence[Turn], size: int) -> Iterator[list[Turn]]:
    """Turns in groups of about a mini-batch's tokens."""
    group: list[Turn] = []
    for turn in turns:
        group.append(turn)
        if sum(len(one.ids) for one in group) >= size:
            yield group
            group = []
    if group:
        yield group


def _step(
    model: Trainable, fast_state: FastWeightState, turns: Sequence[Turn], rate: float
) -> tuple[FastWeightState, float]:
    """One step on a group of turns, each with a window of its own, as large as the share of a mini-batch that their
    tokens are."""
    transformer, leaves = model.transformer, as_leaves(fast_state.fast, model.transformer.dtype)
    with torch.enable_grad():
        hidden = _before_answers(model, [turn.ids for turn in turns], turns, leaves)
        if model.settings.study == "distillation":
            taught = [(*turn.with_passage, *turn.answer) for turn in turns]
            initial = in_dtype(model.initial_state().fast_state.fast, transformer.dtype)
            with torch.no_grad():
                teacher = _log_softmax(model, _before_answers(model, taught, turns, initial))
            student = _log_softmax(model, hidden)
            loss = F.kl_div(student, teacher, log_target=True, reduction="batchmean")  # the mean over tokens
        else:
            targets = torch.tensor([token for turn in turns for token in turn.answer], device=transformer.device)
            each = torch.full(targets.shape, 1 / len(targets), dtype=transformer.master_dtype, device=targets.device)
            loss, _ = fused_linear_cross_entropy(hidden, transformer.unembedding, targets, each, inner=True)
    gradients = torch.autograd.grad(loss, flat(leaves))
    with torch.no_grad():
        norm = squared_norm(gradients)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise DivergedError(f"the loss of study is {loss.item():g} and its gradient's norm {norm.sqrt().item():g}")
        share = min(1.0, sum(len(turn.ids) for turn in turns) / model.settings.mini_batch)
        return stepped(transformer, fast_state, gradients, norm, model.settings, rate * share), loss.item()


def _before_answers(
    model: Trainable, rows: Sequence[tuple[int, ...]], turns: Sequence[Turn], fast: Sequence[DynamicMLP]
) -> Tensor:
    """The hidden states [N, D] that predict the answers' tokens, turn after turn. Shorter rows are padded at their end,
    which changes nothing before it."""
    transformer, longest = model.transformer, max(map(len, rows)) - 1
    ids = torch.tensor([[*row[:-1], *[0] * (longest - len(row) + 1)] for row in rows], device=transformer.device)
    hidden, _ = transformer.forward(ids, transformer.empty_cache(len(rows)), fast)
    return torch.cat([
        states[len(row) - 1 - len(turn.answer) : len(row) - 1]
        for states, row, turn in zip(hidden, rows, turns, strict=True)
    ])  # fmt: skip


def _log_softmax(model: Trainable, hidden: Tensor) -> Tensor:
    return F.log_softmax((hidden @ model.transformer.unembedding.T).to(model.transformer.master_dtype), -1)


def _loss(model: Trainable, fast: Sequence[DynamicMLP], turns: Sequence[Turn]) -> float:
    """Nats a token of the answers, each weighing the same."""
    session = InferenceSession(model.transformer, model.tokenizer, fast)
    return statistics.mean(session.token_loss(turn.ids, turn.first) for turn in turns)
