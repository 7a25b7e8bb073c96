"""What a memory is made of, and how it becomes tensors for a snapshot and comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from hybrid.errors import ModelError
from hybrid.ttt.inner_loop import FastWeightState
from hybrid.ttt.model.transformer import LayerCache, WindowCache
from hybrid.ttt.model.weights import DynamicMLP

if TYPE_CHECKING:
    from hybrid.settings import MemorySettings
    from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
    from hybrid.ttt.inference import InferenceSession
    from hybrid.ttt.model.transformer import Transformer

FORMAT = "hybrid-memory/2"
_CACHE_PARTS = ("keys", "values", "sink_keys", "sink_values")


@dataclass(frozen=True)
class _Contents:
    fast_state: FastWeightState
    pending: tuple[int, ...]
    trained_tokens: int


class MemoryState:
    """Fast weights, optimizer moments, one window of cache, and the tokens waiting for a full mini-batch.

    A mini-batch of b tokens runs once its last target, the token after it, is known; so up to b
    tokens are pending. Nothing inside is ever changed in place: a state is replaced whole, in one
    assignment, and an interrupt or an error leaves it as it was.

    Args:
        identity: what a model must agree on to use this state: its fingerprint and the settings
            that shape the tensors.
    """

    def __init__(self, fast_state: FastWeightState, identity: Mapping[str, str]) -> None:
        self.identity = dict(identity)
        self._contents = _Contents(fast_state, (), 0)

    @property
    def fast_state(self) -> FastWeightState:
        """Weights, moments and cache after the last full mini-batch."""
        return self._contents.fast_state

    @property
    def pending(self) -> tuple[int, ...]:
        """Tokens that wait for a full mini-batch. The first of them was already a target."""
        return self._contents.pending

    @property
    def trained_tokens(self) -> int:
        """Tokens that it was trained on, those that are pending included."""
        return self._contents.trained_tokens

    def copy(self) -> MemoryState:
        """An independent copy, at no cost: both share tensors that nothing changes."""
        other = MemoryState(self.fast_state, self.identity)
        other._contents = self._contents
        return other

    def advance(self, fast_state: FastWeightState, pending: tuple[int, ...], tokens: int) -> None:
        """Take in ``tokens`` more tokens, all at once."""
        self._contents = _Contents(fast_state, pending, self.trained_tokens + tokens)

    def to_tensors(self) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors and string metadata, as a safetensors file holds them."""
        fast_state = self.fast_state
        tensors = _named("fast", fast_state.fast)
        if fast_state.moments is not None:
            tensors |= _named("adam.first", fast_state.moments[0]) | _named("adam.second", fast_state.moments[1])
        for part in _CACHE_PARTS:
            tensors[f"cache.{part}"] = torch.cat([getattr(layer, part) for layer in fast_state.cache.layers])
        tensors["pending"] = torch.tensor(self.pending, dtype=torch.int64)
        counters = {"steps": fast_state.steps, "seen": fast_state.cache.seen, "trained_tokens": self.trained_tokens}
        return tensors, {"format": FORMAT, "identity": json.dumps(self.identity), "counters": json.dumps(counters)}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> MemoryState:
        """The state that `to_tensors` described, to the bit. Raises `ModelError` where something is missing or odd.

        Whether it fits a model is for `MemoryModel.restore` to say.
        """
        if metadata.get("format") != FORMAT:
            raise ModelError(
                f"this memory snapshot has format {metadata.get('format')!r}, and this version reads {FORMAT!r}: "
                "ingest again, and the memory is trained on the corpus again"
            )
        try:
            counters = {key: int(value) for key, value in json.loads(metadata["counters"]).items()}
            fast = _unnamed("fast", tensors)
            moments = None
            if "adam.first.0.gate" in tensors:
                moments = (_unnamed("adam.first", tensors), _unnamed("adam.second", tensors))
            stacks = [torch.split(tensors[f"cache.{part}"], 1) for part in _CACHE_PARTS]
            layers = tuple(LayerCache(*parts) for parts in zip(*stacks, strict=True))
            fast_state = FastWeightState(fast, moments, WindowCache(layers, counters["seen"]), counters["steps"])
            state = cls(fast_state, json.loads(metadata["identity"]))
            state._contents = _Contents(fast_state, tuple(tensors["pending"].tolist()), counters["trained_tokens"])
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"this memory snapshot is incomplete or malformed: {error!r}") from error
        return state


class Trainable(Protocol):
    """A model that trains such states: what calibration, volumes and decoding with updates need of
    `hybrid.ttt.memory.MemoryModel`, which is made of them."""

    settings: MemorySettings
    tokenizer: ChatTokenizer
    transformer: Transformer

    def initial_state(self) -> MemoryState:
        """A memory that has been trained on nothing."""

    def adapt(
        self,
        state: MemoryState,
        tokens: Sequence[int],
        on_step: Callable[[int, float], None] | None = None,
        rate: float = 1.0,
    ) -> object:
        """Train ``state`` on more of the stream."""

    def fast_weights(self, state: MemoryState, rate: float = 1.0) -> tuple[DynamicMLP, ...]:
        """Those of ``state`` after a step on its pending tokens."""

    def session(self, state: MemoryState | None) -> InferenceSession:
        """A read-only copy for asking."""

    def with_step(self, step: Any) -> Trainable:
        """The same model, whose inner loop takes another step."""


def _named(prefix: str, layers: tuple[DynamicMLP, ...]) -> dict[str, Tensor]:
    return {
        f"{prefix}.{number}.{part}": getattr(mlp, part)
        for number, mlp in enumerate(layers)
        for part in ("gate", "up", "down")
    }


def _unnamed(prefix: str, tensors: Mapping[str, Tensor]) -> tuple[DynamicMLP, ...]:
    count = sum(name.startswith(f"{prefix}.") and name.endswith(".gate") for name in tensors)
    return tuple(
        DynamicMLP(*(tensors[f"{prefix}.{number}.{part}"] for part in ("gate", "up", "down")))
        for number in range(count)
    )
