"""The memory: a frozen language model whose fast weights are trained on a stream of tokens at test time."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from hybrid._runtime import log_info
from hybrid.errors import InputError, ModelError
from hybrid.settings import MemorySettings
from hybrid.settings.models import multiplies_bfloat16, resolve_device
from hybrid.ttt import volumes
from hybrid.ttt.calibration import Step, calibrate, resolved, with_step
from hybrid.ttt.checkpoints.loading import Checkpoint, load_checkpoint
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.decoding import stream_with_updates
from hybrid.ttt.inference import DecodingWeights, InferenceSession
from hybrid.ttt.initial_weights import initial_weights_for, trained_rate
from hybrid.ttt.inner_loop import FastWeightState, flat, inner_step, layers
from hybrid.ttt.model.transformer import LayerCache, Transformer, WindowCache
from hybrid.ttt.model.weights import DynamicMLP, load_weights
from hybrid.ttt.state import MemoryState
from hybrid.types.reports import StudyReport, VolumeReport
from hybrid.types.study import Exercise, exercises_sha256

_LOG = logging.getLogger("hybrid.settings.models")
CPU = torch.device("cpu")


@dataclass(frozen=True)
class TrainingStats:
    """What one `MemoryModel.adapt` did: tokens taken in, and the mean loss in nats of those scored (None: none yet)."""

    tokens: int
    loss: float | None


class MemoryModel:
    """A frozen language model and its tokenizer; states are kept apart from it.

    Example:
        >>> model = MemoryModel.load(MemorySettings())  # doctest: +SKIP
        >>> state = model.initial_state()  # doctest: +SKIP
        >>> model.adapt(state, model.encode("The supply agreement ends on 3 May 2031."))  # doctest: +SKIP
        >>> model.session(state).generate([("user", "When does it end?")], max_new_tokens=40)  # doctest: +SKIP
    """

    def __init__(self, checkpoint: Checkpoint, settings: MemorySettings, dtype: torch.dtype | None = None) -> None:
        """Build it from a loaded checkpoint; ``dtype`` overrides the settings' compute dtype."""
        self.settings, self.uncalibrated = resolved(
            settings, checkpoint.fingerprint, trained_rate(settings, checkpoint.fingerprint)
        )
        settings = self.settings
        self.tokenizer: ChatTokenizer = checkpoint.tokenizer
        device = torch.device(resolve_device(settings.device, "memory.device"))
        weights = load_weights(checkpoint.config, checkpoint.tensor, dtype or compute_dtype(settings, device))
        self.initial_weights = initial_weights_for(settings, checkpoint.fingerprint)
        if self.initial_weights is not None:
            weights = self.initial_weights.applied(weights)
        weights = weights.mapped(lambda _, tensor: tensor.to(device))
        self.transformer = Transformer(checkpoint.config, weights, settings.window, settings.sinks, once=True)
        self.fingerprint = checkpoint.fingerprint
        self._decoding = DecodingWeights(self.transformer, checkpoint.stored)

    @classmethod
    def load(cls, settings: MemorySettings) -> Self:
        """Load the model that the settings name.

        Raises:
            MissingModelError: its files are not there.
            UnsupportedModelError: an architecture or file that is not supported; it is named.
            SettingsError: this machine has no such device.
        """
        began = time.perf_counter()
        model = cls(load_checkpoint(settings.model), settings)
        facts = {"device": str(model.transformer.device), "dtype": str(model.transformer.dtype).removeprefix("torch.")}
        log_info(_LOG, "language model loaded", model=settings.model, **facts, seconds=time.perf_counter() - began)
        return model

    def with_step(self, step: Step) -> MemoryModel:
        """The same model, whose inner loop takes another step."""
        other = copy(self)
        other.settings, other.uncalibrated = with_step(self.settings, step), False
        return other

    def calibrate(self, tokens: Sequence[int], on_try: Callable[[Step], None] | None = None) -> Step | None:
        """The inner loop's step that suits this model best, found on a text; ``None`` for a text that is too short. See
        `hybrid.ttt.calibration`."""
        step, losses = calibrate(self, tokens, on_try)
        shown = {str(one): "diverged" if loss is None else f"{loss:.3f}" for one, loss in losses.items()}
        log_info(_LOG, "memory calibrated", step=str(step), losses=shown)
        return step

    def mounts(self, identity: str) -> bool:
        """Whether a volume of that identity fits these weights. How it was adapted does not matter."""
        theirs, ours = json.loads(identity), json.loads(self.volume_identity)
        return all(theirs.get(key) == ours[key] for key in ("model", "initial weights", "dynamic_size", "format"))

    @property
    def end_of_document(self) -> int:
        """The token to put between documents."""
        return self.tokenizer.end_of_document

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text; names of special tokens in it are text."""
        return self.tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids."""
        return self.tokenizer.decode(ids)

    def initial_state(self) -> MemoryState:
        """A memory that has been trained on nothing: its function is the pretrained one under the window."""
        fast = self.transformer.initial_fast_weights(self.settings.dynamic_size)
        return MemoryState(FastWeightState(fast, None, self.transformer.empty_cache(), 0), self._identity())

    def adapt(
        self,
        state: MemoryState,
        tokens: Sequence[int],
        on_step: Callable[[int, float], None] | None = None,
        rate: float = 1.0,
    ) -> TrainingStats:
        """Train ``state`` on more of the stream. Pieces of any size give the same state, to the bit.

        Args:
            tokens: token ids. Those short of a full mini-batch stay pending in the state.
            on_step: called after each inner step with the tokens of this call done and the mini-batch's
                loss in nats before the step.
            rate: what the settings' step size is multiplied by.

        Raises:
            InputError: an id that the model does not have; no state changes.
            DivergedError: a loss or gradient that is not finite; the state stands before that mini-batch.
        """
        self._check_ids(tokens)
        need = self.settings.mini_batch + 1  # the last target belongs to the next mini-batch
        done = 0
        losses: list[float] = []
        while len(state.pending) + len(tokens) - done >= need:
            take = need - len(state.pending)
            batch = (*state.pending, *tokens[done : done + take])
            fast_state, (loss,) = inner_step(self.transformer, state.fast_state, batch, self.settings, rate)
            state.advance(fast_state, batch[-1:], take)
            done += take
            losses.append(loss)
            if on_step is not None:
                on_step(done, loss)
        rest = tuple(tokens[done:])
        state.advance(state.fast_state, (*state.pending, *rest), len(rest))
        return TrainingStats(len(tokens), sum(losses) / len(losses) if losses else None)

    def adapt_many(self, states: Sequence[MemoryState], tokens: Sequence[Sequence[int]]) -> list[TrainingStats]:
        """Train on several streams at once, each with a state and fast weights of its own.

        Each gets what `adapt` would give it, up to rounding: matrices are multiplied for the whole batch.

        Args:
            states: all of this model, and not the same one twice.
            tokens: more of each one's stream.

        Raises:
            InputError: an id that the model does not have, or not one list of tokens for each state; no state changes.
            DivergedError: each state stands after its last good mini-batch.
        """
        if len(states) != len(tokens) or len({id(state) for state in states}) != len(states):
            raise InputError(
                f"{len(states)} states need as many lists of tokens, and each state one; got {len(tokens)}"
            )
        for ids in tokens:
            self._check_ids(ids)
        need = self.settings.mini_batch + 1
        done = [0] * len(states)
        losses: list[list[float]] = [[] for _ in states]

        def ready(number: int) -> bool:
            return len(states[number].pending) + len(tokens[number]) - done[number] >= need

        while waiting := [number for number in range(len(states)) if ready(number)]:
            first = states[waiting[0]].fast_state
            # Those at the same place of their streams share masks, rotary tables and Adam's bias correction.
            group = [n for n in waiting if _place(states[n].fast_state) == _place(first)]
            batches: list[tuple[int, ...]] = []
            for number in group:
                take = need - len(states[number].pending)
                batches.append((*states[number].pending, *tokens[number][done[number] : done[number] + take]))
                done[number] += take
            together = _stacked([states[number].fast_state for number in group])
            fast_state, found = inner_step(self.transformer, together, batches, self.settings)
            for number, one, batch, loss in zip(group, _apart(fast_state, len(group)), batches, found, strict=True):
                states[number].advance(one, batch[-1:], need - len(states[number].pending))
                losses[number].append(loss)
        for state, ids, at in zip(states, tokens, done, strict=True):
            rest = tuple(ids[at:])
            state.advance(state.fast_state, (*state.pending, *rest), len(rest))
        return [
            TrainingStats(len(ids), sum(found) / len(found) if found else None)
            for ids, found in zip(tokens, losses, strict=True)
        ]

    def session(self, state: MemoryState | None) -> InferenceSession:
        """A read-only copy for asking, trained on the pending tokens too; None: no memory at all.

        The step on a mini-batch that is not full is scaled down by the share of it that there is.
        """
        if state is None:
            state = self.initial_state()
        return self.mount(self.fast_weights(state))

    def mount(self, fast: Sequence[DynamicMLP]) -> InferenceSession:
        """A session with these fast weights."""
        return InferenceSession(self.transformer, self.tokenizer, fast, self._decoding)

    def fast_weights(self, state: MemoryState, rate: float = 1.0) -> tuple[DynamicMLP, ...]:
        """Those of ``state`` after a step on its pending tokens, scaled down by the share of a mini-batch that they
        are; ``rate`` as for `adapt`."""
        fast_state = state.fast_state
        if len(state.pending) > 1:
            share = rate * (len(state.pending) - 1) / self.settings.mini_batch
            fast_state, _ = inner_step(self.transformer, fast_state, state.pending, self.settings, share)
        return fast_state.fast

    def stream_with_updates(
        self,
        state: MemoryState,
        messages: Sequence[tuple[str, str]],
        *,
        max_new_tokens: int,
        no_repeat_ngram: int = 8,
    ) -> Generator[str, None, None]:
        """Answer a chat while ``state`` goes on training on it, prompt and answer, as the paper decodes: fast weights
        step whenever a mini-batch is full. The state is then what `adapt` makes of the same tokens, to the bit.

        Example:
            >>> list(model.stream_with_updates(state, [("user", "Go on.")], max_new_tokens=600))  # doctest: +SKIP
        """
        return stream_with_updates(self, self._decoding, state, messages, max_new_tokens, no_repeat_ngram)

    @property
    def volume_identity(self) -> str:
        """The model, its initial weights, and the settings that a volume's delta depends on, as JSON."""
        more = self.settings.model_dump(include={"learning_rate", "clip"})
        more |= {"dtype": str(self.transformer.dtype).removeprefix("torch."), "format": volumes.FORMAT}
        if self.settings.study != "none":  # left out otherwise, so that volumes of before there was study stay
            more |= {"study": self.settings.study}
        if self.settings.passes > 1:
            more |= {"passes": self.settings.passes}
        return json.dumps(self._identity() | more, sort_keys=True)

    def adapt_volume(
        self,
        tokens: Sequence[int],
        on_step: Callable[[int, float], None] | None = None,
        exercises: Sequence[Exercise] = (),
    ) -> tuple[dict[str, Tensor], str, VolumeReport]:
        """A volume's tensors, their sha256, and what it gained; see `hybrid.ttt.volumes.adapt_volume`."""
        found = volumes.adapt_volume(self, tokens, on_step, exercises)
        tensors, gains = found.delta.to_tensors(), found.gains
        studied = gains.study and StudyReport(
            exercises_sha256=exercises_sha256(exercises),
            pairs=gains.study.studied,
            tokens=gains.study.tokens,
            seconds=gains.study.seconds,
            held_back=gains.study.held_back,
            used=not gains.study.harmed,
        )
        report = VolumeReport(
            loss=gains.loss, own=gains.own, held_back=gains.held_back, rate=found.rate, harm=found.harm, study=studied
        )
        return tensors, volumes.tensors_sha256(tensors), report

    def mount_volumes(self, deltas: Sequence[tuple[Mapping[str, Tensor], float]]) -> InferenceSession:
        """A session with the weighted sum of volumes, whose tensors `adapt_volume` gave; none: without a memory.

        Raises `ModelError` for tensors that are no volume of this model.
        """
        parts = [(volumes.Delta.from_tensors(tensors), weight) for tensors, weight in deltas]
        return self.mount(volumes.mounted(self.initial_state().fast_state.fast, parts))

    def restore(self, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> MemoryState:
        """The state of a snapshot, ready to resume training; `ModelError` if it is not of this model and settings.

        A snapshot is of no device, and its cache is converted where it was made with another compute dtype.
        """
        state = MemoryState.from_tensors(tensors, metadata)
        for key, ours in self._identity().items():
            theirs = state.identity.get(key)
            if theirs != ours:
                raise ModelError(f"this memory was made with {key} {theirs}, now it is {ours}; ingest the corpus again")
        self._check_shapes(state)
        return self._placed(state)

    def _identity(self) -> dict[str, str]:
        settings = self.settings.model_dump(include={"window", "sinks", "mini_batch", "dynamic_size", "optimizer"})
        initial = "untrained" if self.initial_weights is None else self.initial_weights.digest
        return {
            "model": self.fingerprint,
            "initial weights": initial,
            **{key: json.dumps(value) for key, value in settings.items()},
        }

    def _check_ids(self, tokens: Sequence[int]) -> None:
        size = self.transformer.config.vocab_size
        if tokens and not 0 <= min(tokens) <= max(tokens) < size:
            raise InputError(f"token ids must be from 0 to {size - 1}; got {min(tokens)} to {max(tokens)}")

    def _check_shapes(self, state: MemoryState) -> None:
        """Compare with a fresh state of this model, and the cache with what so many tokens leave behind."""
        fast_state = state.fast_state
        fresh = self.transformer.initial_fast_weights(self.settings.dynamic_size)
        config, seen = self.transformer.config, fast_state.cache.seen
        groups, dim = config.num_key_value_heads, config.head_dim
        recent, sinks = min(seen, self.settings.window), min(seen, self.settings.sinks)
        same = len(fast_state.cache.layers) == config.num_hidden_layers and all(
            layer.keys.shape == layer.values.shape == (1, groups, recent, dim)
            and layer.sink_keys.shape == layer.sink_values.shape == (1, groups, sinks, dim)
            for layer in fast_state.cache.layers
        )
        for each in (fast_state.fast, *(fast_state.moments or ())):
            same = same and [_shapes(mlp) for mlp in each] == [_shapes(mlp) for mlp in fresh]
        if not same or len(state.pending) > self.settings.mini_batch:
            raise ModelError("this memory snapshot's tensors do not fit this model's shapes; ingest the corpus again")
        self._check_ids(state.pending)

    def _placed(self, state: MemoryState) -> MemoryState:
        """The state on this model's device, its cache in this model's dtype."""
        fast_state, device, dtype = state.fast_state, self.transformer.device, self.transformer.dtype

        def moved(fast: tuple[DynamicMLP, ...]) -> tuple[DynamicMLP, ...]:
            return layers(tensor.to(device) for tensor in flat(fast))

        caches = tuple(LayerCache(*(t.to(device, dtype) for t in layer.tensors())) for layer in fast_state.cache.layers)
        moments = fast_state.moments and (moved(fast_state.moments[0]), moved(fast_state.moments[1]))
        cache = WindowCache(caches, fast_state.cache.seen)
        state.advance(replace(fast_state, fast=moved(fast_state.fast), moments=moments, cache=cache), state.pending, 0)
        return state


def compute_dtype(settings: MemorySettings, device: torch.device = CPU) -> torch.dtype:
    """The settings' compute dtype; ``auto`` is bfloat16 where the device multiplies it in hardware."""
    if settings.dtype == "auto":
        fast = multiplies_bfloat16() if device.type == "cpu" else torch.cuda.is_bf16_supported()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32


def _shapes(mlp: DynamicMLP) -> tuple[object, ...]:
    return tuple((w.shape, w.dtype) for w in mlp.tensors())


def _place(fast_state: FastWeightState) -> tuple[object, ...]:
    return fast_state.cache.seen, fast_state.steps, fast_state.moments is None


def _stacked(ones: Sequence[FastWeightState]) -> FastWeightState:
    """Several streams at the same place as one batch."""

    def stack(each: Sequence[tuple[DynamicMLP, ...]]) -> tuple[DynamicMLP, ...]:
        return layers(torch.stack(tensors) for tensors in zip(*map(flat, each), strict=True))

    moments = [one.moments for one in ones if one.moments is not None]
    caches = tuple(
        LayerCache(*(torch.cat(parts) for parts in zip(*(c.tensors() for c in layer), strict=True)))
        for layer in zip(*(one.cache.layers for one in ones), strict=True)
    )
    return FastWeightState(
        stack([one.fast for one in ones]),
        (stack([m[0] for m in moments]), stack([m[1] for m in moments])) if moments else None,
        WindowCache(caches, ones[0].cache.seen),
        ones[0].steps,
    )


def _apart(batch: FastWeightState, count: int) -> list[FastWeightState]:
    """The inverse of `_stacked`. Each gets memory of its own."""

    def pick(fast: tuple[DynamicMLP, ...], number: int) -> tuple[DynamicMLP, ...]:
        return layers(t[number].clone() for t in flat(fast))

    def one(number: int) -> FastWeightState:
        caches = tuple(
            LayerCache(*(t[number : number + 1].clone() for t in layer.tensors())) for layer in batch.cache.layers
        )
        moments = batch.moments and (pick(batch.moments[0], number), pick(batch.moments[1], number))
        return FastWeightState(pick(batch.fast, number), moments, WindowCache(caches, batch.cache.seen), batch.steps)

    return [one(number) for number in range(count)]
