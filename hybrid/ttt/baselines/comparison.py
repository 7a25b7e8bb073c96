"""All models of a comparison at one size: one interface, and as many parameters, to 3 %, by the width of their MLPs.

The mixers have parameters of different number: attention has 4 D² a layer, Mamba 2 and Gated DeltaNet about 6 D². What
one has more, its MLPs have less.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from hybrid.errors import SettingsError
from hybrid.ttt.baselines.attention import AttentionConfig
from hybrid.ttt.baselines.end_to_end import random_weights
from hybrid.ttt.baselines.gated_deltanet import GatedDeltaNetConfig
from hybrid.ttt.baselines.mamba2 import Mamba2Config
from hybrid.ttt.baselines.mixer import MixerConfig, check_divides, check_sizes
from hybrid.ttt.baselines.model import BaselineConfig, LanguageModel
from hybrid.ttt.baselines.ttt_kvb import TTTKVBConfig
from hybrid.ttt.model.config import ModelConfig, checked, quarter

TOLERANCE = 0.03
LOCAL_LAYERS = 5  # of the hybrid, to one that attends to everything: Gemma 3, arXiv 2503.19786
KVB_HEADS = 4  # networks a layer, as in LaCT's language models


class ComparedModel(Protocol):
    """What a comparison asks of a model: `LanguageModel` and `EndToEnd` have it."""

    def loss(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """[B, T] nats."""

    def backward(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """Add the mean loss's gradient to each parameter's ``grad``; returns [B, T] nats."""

    def prefill(self, ids_BT: Tensor) -> tuple[Tensor, Any]:
        """Logits [B, V] of the token that follows, and the state."""

    def decode(self, ids_B: Tensor, state: Any) -> tuple[Tensor, Any]:
        """One token more of each stream: logits [B, V] of the next, and the state."""

    def parameter_count(self) -> int:
        """Numbers that are trained."""


@dataclass(frozen=True)
class Size:
    """What all models of a comparison have in common.

    Args:
        parameters: of each model, to `TOLERANCE`.
        heads: of attention; together they are as wide as the model.
        window: of everything that has one.
        mini_batch: tokens a step of the models that learn while they read.
        state_size: of Mamba 2.
        local_layers: of the hybrid, under the window, to one that attends to everything.
        updated_layers: of TTT-E2E, the last ones, with dynamic MLPs; None: a quarter.

    Raises:
        SettingsError: sizes that do not go together.
    """

    vocab_size: int
    hidden_size: int
    layers: int
    heads: int
    window: int
    mini_batch: int
    parameters: int
    state_size: int = 128
    rope_theta: float = 500_000.0
    local_layers: int = LOCAL_LAYERS
    updated_layers: int | None = None

    def __post_init__(self) -> None:
        optional = self.updated_layers is None
        integers = {
            n: size for n, size in vars(self).items() if n != "rope_theta" and not (n == "updated_layers" and optional)
        }
        check_sizes("the comparison", **integers)
        if self.updated_layers is not None and self.updated_layers > self.layers:
            raise SettingsError(
                f"the comparison: updated_layers {self.updated_layers} are more than layers {self.layers}"
            )
        check_divides("the comparison", "heads", self.heads, "hidden_size", self.hidden_size)

    @property
    def head_dim(self) -> int:
        """Of attention's heads."""
        return self.hidden_size // self.heads


def baseline_configs(size: Size) -> dict[str, BaselineConfig]:
    """The six baselines by name, each with its MLPs' width.

    Raises:
        SettingsError: sizes that do not go together: a number of layers without one of full attention in the hybrid, or
            fewer parameters than a mixer needs.
    """
    every = size.local_layers + 1
    if size.layers < every:
        raise SettingsError(
            f"the comparison: of {size.layers} layers the hybrid has none that attends to everything; it is every "
            f"{every}th, so set layers to {every} or more"
        )
    full = AttentionConfig(size.heads, size.head_dim, rope_theta=size.rope_theta)
    window = replace(full, window=size.window)
    mixed = tuple(full if n % every == size.local_layers else window for n in range(size.layers))
    mixers: dict[str, MixerConfig | tuple[MixerConfig, ...]] = {
        "full_attention": full,
        "sliding_window": window,
        "hybrid": mixed,
        # Twice as wide as the model, as in the paper.
        "mamba2": Mamba2Config(2 * size.heads, size.head_dim, size.state_size),
        # Keys of 3/4 and values of 3/2 of the model's width: 6 D² a layer, as in the authors' implementation.
        "gated_deltanet": GatedDeltaNetConfig(size.heads, 3 * size.head_dim // 4, 3 * size.head_dim // 2),
        "ttt_kvb": TTTKVBConfig(window, math.gcd(size.heads, KVB_HEADS), size.mini_batch, muon=True, momentum=True),
    }
    configs: dict[str, BaselineConfig] = {}
    for name, mixer in mixers.items():
        layers = mixer if isinstance(mixer, tuple) else (mixer,) * size.layers
        narrow = BaselineConfig(size.vocab_size, size.hidden_size, intermediate_size=1, mixers=layers)
        try:
            configs[name] = matched(narrow, size.parameters)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}") from error
    return configs


def end_to_end_config(size: Size) -> ModelConfig:
    """TTT-E2E at that size: its last blocks learn, and dynamic MLPs are as wide as static ones.

    Raises:
        SettingsError: fewer parameters than it needs.
    """
    config = ModelConfig(
        vocab_size=size.vocab_size,
        hidden_size=size.hidden_size,
        intermediate_size=1,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        head_dim=size.head_dim,
        rms_norm_eps=1e-6,
        rope_theta=size.rope_theta,
        tie_word_embeddings=True,
        eos_token_ids=(),
        suffix_layers=size.updated_layers or quarter(size.layers),
        qk_norm=True,
    )

    def count(width: int) -> int:
        with torch.device("meta"):
            weights = random_weights(replace(config, intermediate_size=width), 0)
        return sum(tensor.numel() for tensor in weights.named().values())

    try:
        width = matching_width(count, size.parameters)
    except SettingsError as error:
        raise SettingsError(f"ttt_e2e: {error}") from error
    return checked(replace(config, intermediate_size=width), "the comparison")


def matched(config: BaselineConfig, parameters: int) -> BaselineConfig:
    """The same model with MLPs so wide that it has that many parameters, to `TOLERANCE`. Raises as `matching_width`."""

    def count(width: int) -> int:
        with torch.device("meta"):
            return LanguageModel(replace(config, intermediate_size=width)).parameter_count()

    return replace(config, intermediate_size=matching_width(count, parameters))


def matching_width(count: Callable[[int], int], parameters: int) -> int:
    """The width, a multiple of 8 where one will do, at which a model has that many parameters, to `TOLERANCE`.

    Args:
        count: parameters of the model at a width; grows evenly with it.

    Raises:
        SettingsError: no width will do.
    """
    least, each = count(1), count(2) - count(1)
    exact = 1 + (parameters - least) / each
    for width in (8 * round(exact / 8), round(exact)):
        if width >= 1 and abs(count(width) / parameters - 1) <= TOLERANCE:
            return width
    raise SettingsError(
        f"no MLP width gives {parameters:,} parameters to {TOLERANCE:.0%}: the narrowest model has {least:,}, and each "
        f"unit adds {each:,}; change the number of parameters, layers or hidden_size"
    )
