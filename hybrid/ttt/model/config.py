"""The shape of a language model, and its rotary positions: how fast each pair of a head's dimensions turns.

Sources: rotary positions, arXiv 2104.09864; linear position interpolation, arXiv 2306.15595; YaRN,
arXiv 2309.00071; the "llama3" kind is that of the Llama 3.1 models, arXiv 2407.21783.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from hybrid.errors import UnsupportedModelError
from hybrid.kernels.reference import rope_table


@dataclass(frozen=True)
class RopeScaling:
    """How a family stretches its rotary positions, and that kind's numbers.

    Args:
        kind: ``linear``, ``llama3``, ``yarn``, or ``divisors``.
        numbers: by Hugging Face's names; for ``divisors``, what each frequency is divided by, named 0, 1, ...
    """

    kind: str
    numbers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ModelConfig:
    """A decoder-only transformer of the Llama family. Names are Hugging Face's where it has one.

    Args:
        qk_norm: queries and keys of each head pass an RMSNorm before they are rotated.
        post_norm: each branch passes an RMSNorm before it is added (the official TTT-E2E models).
        sliding_window: the model's own window in tokens; None: it attends to everything.
        suffix_layers: blocks at the top that are updatable.
        dynamic_size: width of the dynamic MLPs that the checkpoint itself brings; None: it brings none.
        step_sizes: the checkpoint brings a step size for each dynamic matrix.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_theta: float
    tie_word_embeddings: bool
    eos_token_ids: tuple[int, ...]
    suffix_layers: int
    architecture: str = "llama"
    rope_scaling: RopeScaling | None = None
    qkv_bias: bool = False
    attention_out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    post_norm: bool = False
    sliding_window: int | None = None
    dynamic_size: int | None = None
    step_sizes: bool = False

    @property
    def prefix_layers(self) -> int:
        """How many blocks lie below the updatable ones."""
        return self.num_hidden_layers - self.suffix_layers


def quarter(layers: int) -> int:
    """The suffix of a model that was not made for test-time training: the last quarter, at least one block."""
    return max(1, layers // 4)


def checked(config: ModelConfig, where: str) -> ModelConfig:
    """The config itself. Raises `UnsupportedModelError`, saying ``where``, if its sizes cannot go together."""
    sizes = {f.name: getattr(config, f.name) for f in fields(config) if f.type == "int"}
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise UnsupportedModelError(f"{where}: {name} must be a positive integer; it is {size!r}")
    if config.num_attention_heads % config.num_key_value_heads:
        raise UnsupportedModelError(
            f"{where}: {config.num_attention_heads} heads cannot share {config.num_key_value_heads} key/value heads"
        )
    if config.head_dim % 2:
        raise UnsupportedModelError(f"{where}: head_dim {config.head_dim} is odd; rotary positions need pairs")
    if config.suffix_layers > config.num_hidden_layers:
        raise UnsupportedModelError(f"{where}: suffix_layers {config.suffix_layers} is above the number of layers")
    return config


@dataclass(frozen=True)
class Rotary:
    """Rotary positions of one model.

    Args:
        frequencies: [d/2] radians a token, float64.
        magnitude: factor on every cosine and sine (YaRN's attention factor).
    """

    frequencies: Tensor
    magnitude: float = 1.0

    def on(self, device: torch.device) -> Rotary:
        """The same on a device."""
        return Rotary(self.frequencies.to(device), self.magnitude)

    def table(self, positions: Tensor, dtype: torch.dtype) -> Tensor:
        """The turns [T, d/2] of integer positions [T], for `hybrid.kernels.reference.rope`."""
        return rope_table(positions, self.frequencies, dtype, self.magnitude)


def rotary_of(config: ModelConfig) -> Rotary:
    """The model's rotary positions, scaled as its family does.

    Raises:
        UnsupportedModelError: a kind of scaling that is not known, or numbers that do not fit the heads.
    """
    exponent = torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim
    frequencies = config.rope_theta**-exponent
    scaling = config.rope_scaling
    if scaling is None:
        return Rotary(frequencies)
    numbers = dict(scaling.numbers)
    if scaling.kind == "linear":
        return Rotary(frequencies / numbers["factor"])
    if scaling.kind == "divisors":
        if len(scaling.numbers) != len(frequencies):
            raise UnsupportedModelError(f"{len(scaling.numbers)} rotary divisors for heads of {config.head_dim}")
        return Rotary(frequencies / torch.tensor([n for _, n in scaling.numbers], dtype=torch.float64))
    if scaling.kind == "llama3":
        return Rotary(_llama3(frequencies, numbers))
    if scaling.kind == "yarn":
        return Rotary(_yarn(frequencies, config, numbers), _yarn_attention_factor(numbers))
    raise UnsupportedModelError(f"rotary scaling {scaling.kind} is not supported")


def _llama3(frequencies: Tensor, numbers: Mapping[str, float]) -> Tensor:
    """Slow pairs are divided by the factor, fast ones kept, those between mixed by their turns in the old context."""
    low, high = numbers["low_freq_factor"], numbers["high_freq_factor"]
    turns = numbers["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return frequencies * (kept + (1 - kept) / numbers["factor"])


def _yarn(frequencies: Tensor, config: ModelConfig, numbers: Mapping[str, float]) -> Tensor:
    """A linear ramp over the pairs from keeping the frequency to dividing it by the factor ("NTK by parts").

    The ramp runs between the pairs that turn ``beta_fast`` and ``beta_slow`` times in the context that
    the model was trained with; the released implementations round these pairs outwards, and clip the
    upper one to d - 1, not to d/2 - 1.
    """

    def pair_turning(times: float) -> float:
        turn = numbers["original_max_position_embeddings"] / (2 * math.pi * times)
        return config.head_dim * math.log(turn) / (2 * math.log(config.rope_theta))

    first, last = pair_turning(numbers.get("beta_fast", 32.0)), pair_turning(numbers.get("beta_slow", 1.0))
    if numbers.get("truncate", 1.0):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, config.head_dim - 1)
    pairs = torch.arange(len(frequencies), dtype=torch.float64)
    divided = ((pairs - first) / ((last - first) or 0.001)).clamp(0, 1)
    return frequencies * (1 - divided + divided / numbers["factor"])


def _yarn_attention_factor(numbers: Mapping[str, float]) -> float:
    if "attention_factor" in numbers:
        return numbers["attention_factor"]
    scale, scale_all = numbers.get("mscale", 0.0), numbers.get("mscale_all_dim", 0.0)
    if scale and scale_all:
        return yarn_magnitude(numbers["factor"], scale) / yarn_magnitude(numbers["factor"], scale_all)
    return yarn_magnitude(numbers["factor"])


def yarn_magnitude(factor: float, scale: float = 1.0) -> float:
    """YaRN's factor on cosines and sines for positions stretched by ``factor``: 0.1·scale·ln(factor) + 1."""
    return 0.1 * scale * math.log(factor) + 1.0 if factor > 1.0 else 1.0


def half_split(rows: Tensor, head_dim: int) -> Tensor:
    """Rows of each head from interleaved rotary pairs (0, 1), (2, 3), ... to pairs (0, d/2), (1, d/2 + 1), ...

    ``rows`` is [H·d, ...]; a tensor of the same shape comes back. `interleaved` is its inverse.
    """
    return rows.reshape(-1, head_dim // 2, 2, *rows.shape[1:]).transpose(1, 2).reshape(rows.shape)


def interleaved(rows: Tensor, head_dim: int) -> Tensor:
    """The inverse of `half_split`."""
    return rows.reshape(-1, 2, head_dim // 2, *rows.shape[1:]).transpose(1, 2).reshape(rows.shape)
