"""The memory: a frozen language model that reads a stream of tokens into its fast weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from hybrid.errors import InputError, ModelError
from hybrid.settings import MemorySettings
from hybrid.ttt.checkpoints import Checkpoint, load_checkpoint
from hybrid.ttt.generation import Reader
from hybrid.ttt.inner_loop import Learned, inner_step
from hybrid.ttt.state import MemoryState
from hybrid.ttt.tokenizer import ChatTokenizer
from hybrid.ttt.transformer import DynamicMLP, LayerCache, Transformer, WindowCache


@dataclass(frozen=True)
class ReadStats:
    """What one `MemoryModel.read` did: tokens taken in, and the mean loss in nats of those scored (None: none yet)."""

    tokens: int
    loss: float | None


class MemoryModel:
    """A frozen language model and its tokenizer; states are kept apart from it.

    Example:
        >>> model = MemoryModel.load(MemorySettings())  # doctest: +SKIP
        >>> state = model.start()  # doctest: +SKIP
        >>> model.read(state, model.encode("The supply agreement ends on 3 May 2031."))  # doctest: +SKIP
        >>> model.reader(state).generate([("user", "When does it end?")], max_new_tokens=40)  # doctest: +SKIP
    """

    def __init__(self, checkpoint: Checkpoint, settings: MemorySettings, dtype: torch.dtype | None = None) -> None:
        """Build it from a loaded checkpoint; ``dtype`` overrides the settings' compute dtype."""
        self.settings = settings
        self.tokenizer: ChatTokenizer = checkpoint.tokenizer
        self.transformer = Transformer(checkpoint, settings.window, settings.sinks, dtype or compute_dtype(settings))
        self.fingerprint = checkpoint.fingerprint

    @classmethod
    def load(cls, settings: MemorySettings) -> Self:
        """Load the model that the settings name.

        Raises:
            MissingModelError: its files are not there.
            UnsupportedModelError: an architecture or file that is not supported; it is named.
        """
        return cls(load_checkpoint(settings.model), settings)

    @property
    def end_of_document(self) -> int:
        """The token to put between documents while reading."""
        return self.tokenizer.end_of_document

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text; names of special tokens in it are text."""
        return self.tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids."""
        return self.tokenizer.decode(ids)

    def start(self) -> MemoryState:
        """A memory that has read nothing: its function is the pretrained one under the window."""
        fast = self.transformer.initial_fast_weights(self.settings.dynamic_size)
        return MemoryState(Learned(fast, None, self.transformer.empty_cache(), 0), self._identity())

    def read(
        self,
        state: MemoryState,
        tokens: Sequence[int],
        on_step: Callable[[int, float], None] | None = None,
    ) -> ReadStats:
        """Read more of the stream into ``state``. Pieces of any size give the same state, to the bit.

        Args:
            tokens: token ids. Those short of a full mini-batch stay pending in the state.
            on_step: called after each inner step with the tokens of this call done and the mini-batch's
                loss in nats before the step.

        Raises:
            InputError: an id that the model does not have; nothing is read.
            DivergedError: a loss or gradient that is not finite; the state stands before that mini-batch.
        """
        self._check_ids(tokens)
        need = self.settings.mini_batch + 1  # the last target belongs to the next mini-batch
        done = 0
        losses: list[float] = []
        while len(state.pending) + len(tokens) - done >= need:
            take = need - len(state.pending)
            batch = (*state.pending, *tokens[done : done + take])
            learned, loss = inner_step(self.transformer, state.learned, batch, self.settings)
            state.advance(learned, batch[-1:], take)
            done += take
            losses.append(loss)
            if on_step is not None:
                on_step(done, loss)
        rest = tuple(tokens[done:])
        state.advance(state.learned, (*state.pending, *rest), len(rest))
        return ReadStats(len(tokens), sum(losses) / len(losses) if losses else None)

    def reader(self, state: MemoryState | None) -> Reader:
        """A read-only copy for asking. It has learned the pending tokens too; None: no memory at all.

        The step on a mini-batch that is not full is scaled down by the share of it that there is.
        """
        if state is None:
            state = self.start()
        learned = state.learned
        if len(state.pending) > 1:
            share = (len(state.pending) - 1) / self.settings.mini_batch
            learned, _ = inner_step(self.transformer, learned, state.pending, self.settings, share)
        return Reader(self.transformer, self.tokenizer, learned.fast)

    def restore(self, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> MemoryState:
        """The state of a snapshot, ready to go on reading. Raises `ModelError` if it is not of this model and settings.

        The cache is converted where the snapshot was made with another compute dtype.
        """
        state = MemoryState.from_tensors(tensors, metadata)
        for key, ours in self._identity().items():
            theirs = state.identity.get(key)
            if theirs != ours:
                raise ModelError(f"this memory was made with {key} {theirs}, now it is {ours}; read the corpus again")
        self._check_shapes(state)
        return state if self._same_dtype(state) else self._converted(state)

    def _identity(self) -> dict[str, str]:
        settings = self.settings.model_dump(include={"window", "sinks", "mini_batch", "dynamic_size", "optimizer"})
        return {"model": self.fingerprint, **{key: json.dumps(value) for key, value in settings.items()}}

    def _check_ids(self, tokens: Sequence[int]) -> None:
        size = self.transformer.config.vocab_size
        if tokens and not 0 <= min(tokens) <= max(tokens) < size:
            raise InputError(f"token ids must be from 0 to {size - 1}; got {min(tokens)} to {max(tokens)}")

    def _check_shapes(self, state: MemoryState) -> None:
        """Compare with a fresh state of this model, and the cache with what so many tokens leave behind."""
        held = state.learned
        fresh = self.transformer.initial_fast_weights(self.settings.dynamic_size)
        config, seen = self.transformer.config, held.cache.seen
        groups, dim = config.num_key_value_heads, config.head_dim
        recent, sinks = min(seen, self.settings.window), min(seen, self.settings.sinks)
        same = len(held.cache.layers) == config.num_hidden_layers and all(
            layer.keys.shape == layer.values.shape == (groups, recent, dim)
            and layer.sink_keys.shape == layer.sink_values.shape == (groups, sinks, dim)
            for layer in held.cache.layers
        )
        for layers in (held.fast, *(held.moments or ())):
            same = same and [_shapes(mlp) for mlp in layers] == [_shapes(mlp) for mlp in fresh]
        if not same or len(state.pending) > self.settings.mini_batch:
            raise ModelError("this memory snapshot's tensors do not fit this model's shapes; read the corpus again")
        self._check_ids(state.pending)

    def _same_dtype(self, state: MemoryState) -> bool:
        return all(layer.keys.dtype == self.transformer.dtype for layer in state.learned.cache.layers)

    def _converted(self, state: MemoryState) -> MemoryState:
        dtype = self.transformer.dtype

        def convert(layer: LayerCache) -> LayerCache:
            parts = (layer.keys, layer.values, layer.sink_keys, layer.sink_values)
            return LayerCache(*(part.to(dtype) for part in parts))

        cache = WindowCache(tuple(convert(layer) for layer in state.learned.cache.layers), state.learned.cache.seen)
        state.advance(replace(state.learned, cache=cache), state.pending, 0)
        return state


def compute_dtype(settings: MemorySettings) -> torch.dtype:
    """The settings' compute dtype; ``auto`` is bfloat16 where the CPU multiplies it in hardware."""
    if settings.dtype == "auto":
        fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32


def _shapes(mlp: DynamicMLP) -> tuple[object, ...]:
    return tuple((w.shape, w.dtype) for w in (mlp.gate, mlp.up, mlp.down))
