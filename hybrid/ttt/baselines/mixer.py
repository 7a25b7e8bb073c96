"""What the mixers have in common: their interface, checks of their sizes, and the parts that several have.

A mixer is what stands in a block where a transformer has attention. It reads a piece of a stream from the state that
the piece before it left, and hands on its own: in pieces of any length the result is that of one call.

Shape suffixes: B sequences, T tokens, D hidden, C channels, N chunks, L tokens of a chunk, H heads. ``...`` is any
further axes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import SettingsError

State = tuple[Any, ...]
"""One layer's: a named tuple of tensors [B, ...], or of such tuples; what else is in it is no part of its value."""


class Mixer(nn.Module, ABC):
    """Mixes the tokens of a sequence."""

    state_type: ClassVar[type[State]]

    @abstractmethod
    def empty_state(self, batch: int) -> State:
        """The state of streams that have not begun."""

    @abstractmethod
    def forward(self, x_BTD: Tensor, state: State, start: int) -> tuple[Tensor, State]:
        """The next tokens, of which the first is the stream's ``start``-th: outputs [B, T, D], and the state after."""

    @abstractmethod
    def reset_parameters(self, std: float, generator: torch.Generator | None) -> None:
        """Draw the initial values: projections from N(0, std²), the rest as the mixer's paper does."""


class MixerConfig(Protocol):
    """The sizes of a mixer: a frozen dataclass."""

    def build(self, hidden_size: int, eps: float) -> Mixer:
        """The mixer, its parameters not yet drawn. Raises `SettingsError` where sizes do not go together."""


class CausalConvolution(nn.Module):
    """Each channel convolved over the last ``width`` tokens, then SiLU: the short convolution of Mamba and its kin."""

    def __init__(self, channels: int, width: int, *, bias: bool) -> None:
        super().__init__()
        self.width = width
        self.weight = nn.Parameter(torch.empty(channels, width))
        self.bias = nn.Parameter(torch.empty(channels)) if bias else None

    def empty_state(self, batch: int) -> Tensor:
        """[B, width - 1, C]: zeros, as if nothing had been there."""
        return self.weight.new_zeros(batch, self.width - 1, len(self.weight))

    def forward(self, x_BTC: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """[B, T, C], and the last inputs for the next piece."""
        inputs = torch.cat([past, x_BTC], 1)
        y_BTC = F.conv1d(inputs.mT, self.weight[:, None], self.bias, groups=len(self.weight)).mT
        return F.silu(y_BTC), inputs[:, inputs.shape[1] - self.width + 1 :]

    def reset_parameters(self, generator: torch.Generator | None) -> None:
        """Uniform, as PyTorch draws a convolution of ``width`` inputs."""
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(self.width**-0.5), self.width**-0.5, generator)


def into_chunks(x_BTH: Tensor, size: int) -> Tensor:
    """[B, T, H, ...] to [B, N, H, L, ...] with zeros in the last chunk's room."""
    missing = -x_BTH.shape[1] % size
    padded = F.pad(x_BTH, (0, 0) * (x_BTH.dim() - 2) + (0, missing))
    return torch.unflatten(padded, 1, (-1, size)).transpose(2, 3)


def out_of_chunks(x_BNHL: Tensor, length: int) -> Tensor:
    """The inverse: [B, T, H, ...]."""
    return x_BNHL.transpose(2, 3).flatten(1, 2)[:, :length]


def decay_between(log_decay_L: Tensor) -> Tensor:
    """[..., L, L] what is left at token i of what stood after token j: exp of the sum over j < k ≤ i; 0 above.

    Each sum is made by itself: the difference of two running sums loses the digits of a short stretch after a long one.
    """
    size = log_decay_L.shape[-1]
    lower = torch.ones(size, size, dtype=torch.bool, device=log_decay_L.device).tril()
    terms = log_decay_L[..., None].expand(*log_decay_L.shape, size).masked_fill(~lower.tril(-1), 0)
    return terms.cumsum(-2).masked_fill(~lower, -torch.inf).exp()


def at_least_float32(dtype: torch.dtype) -> torch.dtype:
    """The dtype of states and of what is summed into them."""
    return torch.promote_types(dtype, torch.float32)


def tensors_of(state: State) -> Iterator[Tensor]:
    """Every tensor of a layer's state."""
    for part in state:
        if isinstance(part, Tensor):
            yield part
        elif isinstance(part, tuple):
            yield from tensors_of(part)


def detached(state: State) -> State:
    """The same values as constants."""
    parts = (
        part.detach() if isinstance(part, Tensor) else detached(part) if isinstance(part, tuple) else part
        for part in state
    )
    return type(state)(*parts)


def check_sizes(mixer: str, **sizes: int) -> None:
    """Raises `SettingsError` for a size that is no positive integer."""
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise SettingsError(f"{mixer}: {name} must be a positive integer; it is {size!r}")


def check_divides(mixer: str, name: str, part: int, of: str, whole: int) -> None:
    """Raises `SettingsError` where ``whole`` is no multiple of ``part``."""
    if whole % part:
        raise SettingsError(f"{mixer}: {name} {part} does not divide {of} {whole}")
