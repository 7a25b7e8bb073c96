"""How fast each pair of a head's dimensions turns with the position.

Sources: rotary positions, arXiv 2104.09864; linear position interpolation, arXiv 2306.15595; YaRN,
arXiv 2309.00071; the "llama3" kind is that of the Llama 3.1 models, arXiv 2407.21783.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from hybrid.errors import UnsupportedModelError
from hybrid.kernels.reference import rope_table
from hybrid.ttt.model.config import ModelConfig


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
