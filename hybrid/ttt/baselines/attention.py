"""Causal softmax attention, over everything or under a sliding window.

A window of W is what the query itself and the W - 1 tokens before it are. Positions are rotary. The state is the keys,
rotated at their positions in the stream, and the values: all of them, or those that the next query still sees.

The hybrid of both is a model whose blocks have either; five with a window to one without is that of Gemma 3
(arXiv 2503.19786). Sources: attention, arXiv 1706.03762; rotary positions, arXiv 2104.09864; shared keys and values,
arXiv 2305.13245; windows, arXiv 2004.05150.

Shape suffixes: B sequences, T tokens, D hidden, H query heads, G key/value heads, R cached tokens, d head dimension.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import SettingsError
from hybrid.kernels import rms_norm, rope_table, rotary, sliding_window_attention
from hybrid.ttt.baselines.mixer import Mixer, State, check_divides, check_sizes

BLOCK = 256  # tokens that a growing cache has room for beside those that it holds, at least


@dataclass(frozen=True)
class AttentionConfig:
    """Sizes of attention.

    Args:
        key_value_heads: as many as query heads share one; None: each has its own.
        window: tokens that a query sees, itself included; None: all before it.
        qk_norm: queries and keys of each head pass an RMSNorm before they are rotated.

    Example:
        >>> AttentionConfig(heads=4, head_dim=16, window=128).window
        128

    Raises:
        SettingsError: sizes that do not go together.
    """

    heads: int
    head_dim: int
    key_value_heads: int | None = None
    window: int | None = None
    rope_theta: float = 500_000.0
    qk_norm: bool = True

    def __post_init__(self) -> None:
        check_sizes("attention", heads=self.heads, head_dim=self.head_dim, key_value_heads=self.groups)
        check_divides("attention", "key_value_heads", self.groups, "heads", self.heads)
        if self.window is not None:
            check_sizes("attention", window=self.window)
        if self.head_dim % 2:
            raise SettingsError(f"attention: head_dim {self.head_dim} is odd; rotary positions need pairs")

    @property
    def groups(self) -> int:
        """Heads of keys and values."""
        return self.heads if self.key_value_heads is None else self.key_value_heads

    def build(self, hidden_size: int, eps: float) -> Attention:
        """The mixer."""
        return Attention(self, hidden_size, eps)


class Room:
    """Memory for keys and values [B, G, capacity, d], of which the first ``filled`` rows are written.

    A state's tensors are the first rows of it, and never change: only the state that ends where the room is filled
    writes behind itself. Another, such as a second continuation of the same text, takes room of its own.
    """

    def __init__(self, like: Tensor, capacity: int) -> None:
        batch, groups, _, dim = like.shape
        self.keys = like.new_empty(batch, groups, capacity, dim)
        self.values = torch.empty_like(self.keys)
        self.filled = 0

    def write(self, keys: Tensor, values: Tensor) -> KeyValueState:
        """These behind what is filled; the state of all that is filled then."""
        end = self.filled + keys.shape[2]
        self.keys[:, :, self.filled : end], self.values[:, :, self.filled : end] = keys, values
        self.filled = end
        return KeyValueState(self.keys[:, :, :end], self.values[:, :, :end], self)

    def takes(self, state: KeyValueState, new: Tensor) -> bool:
        """Whether as many rows as ``new`` has can follow ``state``."""
        length, writable = state.keys.shape[2], torch.is_inference_mode_enabled() or not self.keys.is_inference()
        fits = length + new.shape[2] <= self.keys.shape[2] and new.dtype == self.keys.dtype
        return writable and fits and length == self.filled


class KeyValueState(NamedTuple):
    """Keys and values [B, G, R, d] that the next query sees, and the room that they lie in, if they have any."""

    keys: Tensor
    values: Tensor
    room: Room | None = None

    def followed_by(self, keys: Tensor, values: Tensor) -> KeyValueState:
        """With more behind.

        A derivative needs what it was taken of, so it gets new tensors. Without one, memory grows by a quarter at a
        time: a decoded token moves none of those before it.
        """
        if torch.is_grad_enabled():
            return KeyValueState(torch.cat([self.keys, keys], 2), torch.cat([self.values, values], 2))
        if self.room is not None and self.room.takes(self, keys):
            return self.room.write(keys, values)
        length = self.keys.shape[2] + keys.shape[2]
        room = Room(keys, length + max(BLOCK, length // 4))
        room.write(self.keys, self.values)
        return room.write(keys, values)


class Attention(Mixer):
    """Attention of an `AttentionConfig`."""

    state_type = KeyValueState

    def __init__(self, config: AttentionConfig, hidden_size: int, eps: float) -> None:
        super().__init__()
        self.config, self.eps = config, eps
        rows = (config.heads + 2 * config.groups) * config.head_dim
        self.qkv = nn.Parameter(torch.empty(rows, hidden_size))
        self.out = nn.Parameter(torch.empty(hidden_size, config.heads * config.head_dim))
        self.q_norm = nn.Parameter(torch.empty(config.head_dim)) if config.qk_norm else None
        self.k_norm = nn.Parameter(torch.empty(config.head_dim)) if config.qk_norm else None

    def empty_state(self, batch: int) -> KeyValueState:
        """No keys."""
        none = self.qkv.new_zeros(batch, self.config.groups, 0, self.config.head_dim)
        return KeyValueState(none, none)

    def forward(self, x_BTD: Tensor, state: State, start: int) -> tuple[Tensor, KeyValueState]:
        """As `Mixer.forward`."""
        out_BHTd, new = self.attend(*self.projected(x_BTD), KeyValueState(*state), start)
        return F.linear(out_BHTd.transpose(1, 2).flatten(2), self.out), new

    def projected(self, x_BTD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [B, H, T, d], keys and values [B, G, T, d], normalised and not rotated."""
        heads, groups, dim = self.config.heads, self.config.groups, self.config.head_dim
        qkv = torch.unflatten(F.linear(x_BTD, self.qkv), -1, (-1, dim)).transpose(1, 2)
        q, k, v = qkv.split_with_sizes([heads, groups, groups], 1)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = rms_norm(q, self.q_norm, self.eps), rms_norm(k, self.k_norm, self.eps)
        return q, k, v

    def turns(self, start: int, tokens: int, like: Tensor) -> Tensor:
        """The rotary table [T, d/2] of the tokens from ``start`` on."""
        exponent = torch.arange(0, self.config.head_dim, 2, dtype=torch.float64, device=like.device)
        frequencies = self.config.rope_theta ** -(exponent / self.config.head_dim)
        return rope_table(torch.arange(start, start + tokens, device=like.device), frequencies, like.dtype)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, state: KeyValueState, start: int) -> tuple[Tensor, KeyValueState]:
        """[B, H, T, d] what each query reads, before the output projection, and the state after."""
        turns = self.turns(start, q.shape[2], q)
        q, k = rotary(q, turns), rotary(k, turns)
        window = self.config.window
        if window is None:
            all_ = state.followed_by(k, v)
            return _full(q, all_.keys, all_.values), all_
        keys, values = torch.cat([state.keys, k], 2), torch.cat([state.values, v], 2)
        gone = max(0, keys.shape[2] - (window - 1))
        kept = KeyValueState(keys[:, :, gone:], values[:, :, gone:])
        return sliding_window_attention(q, keys, values, window), kept

    def reset_parameters(self, std: float, generator: torch.Generator | None) -> None:
        """As `Mixer.reset_parameters`; norms begin at 1."""
        for matrix in (self.qkv, self.out):
            nn.init.normal_(matrix, 0, std, generator)
        for norm in (self.q_norm, self.k_norm):
            if norm is not None:
                nn.init.ones_(norm)


def _full(q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """PyTorch's own operation. Its fastest kernels take no mask: a stream's first piece and single tokens have none."""
    new, all_ = q.shape[2], keys.shape[2]
    mask = None
    if 1 < new < all_:
        mask = torch.ones(new, all_, dtype=torch.bool, device=q.device).tril(all_ - new)
    return F.scaled_dot_product_attention(
        q, keys, values, mask, is_causal=1 < new == all_, enable_gqa=q.shape[1] != keys.shape[1]
    )
