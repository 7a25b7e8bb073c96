"""Mamba 2: a linear recurrence whose decay is one number a head and token, computed in chunks by matrix products.

For each head, with a step Δ_t, an input x_t, and B_t and C_t that the heads of a group share,

    h_t = exp(Δ_t A) h_{t-1} + Δ_t x_t B_tᵀ        y_t = h_t C_t + D x_t

`ssd_recurrent` is that. `ssd_chunked` computes the same by the decomposition of Section 6 of the paper: within a chunk
as masked attention with the decays between tokens as mask, and between chunks by the state at their bounds.

Source: "Transformers are SSMs: Generalized Models and Efficient Algorithms Through Structured State Space Duality"
(arXiv 2405.21060), Section 6 (the algorithm) and Section 7 (the block: one projection, a short convolution of x, B and
C, and a norm after the gate).

Shape suffixes: B sequences, T tokens, D hidden, H heads, G groups of B and C, E heads of a group, p head dimension, n
state dimension, N chunks, L tokens of a chunk.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.ttt.baselines.mixer import (
    CausalConvolution,
    Mixer,
    State,
    at_least_float32,
    check_divides,
    check_sizes,
    decay_between,
    into_chunks,
    out_of_chunks,
)

DECAY_RATES = (1.0, 16.0)  # -A is drawn from here, Δ at a zero input from STEPS: the authors' implementation
STEPS = (1e-3, 1e-1)


@dataclass(frozen=True)
class Mamba2Config:
    """Sizes of Mamba 2; the paper has heads of 64, as many that they are twice as wide as the model together.

    Args:
        groups: sets of B and C, each shared by as many heads.
        convolution: tokens that the short convolution sees.
        chunk: tokens computed at once; changes nothing but the time.

    Raises:
        SettingsError: sizes that do not go together.
    """

    heads: int
    head_dim: int = 64
    state_size: int = 128
    groups: int = 1
    convolution: int = 4
    chunk: int = 256

    def __post_init__(self) -> None:
        check_sizes("Mamba 2", **vars(self))
        check_divides("Mamba 2", "groups", self.groups, "heads", self.heads)

    @property
    def inner_size(self) -> int:
        """All heads together."""
        return self.heads * self.head_dim

    def build(self, hidden_size: int, eps: float) -> Mamba2:
        """The mixer."""
        return Mamba2(self, hidden_size, eps)


class Mamba2State(NamedTuple):
    """The convolution's last inputs [B, width - 1, C], and h [B, H, p, n] in at least float32."""

    inputs: Tensor
    recurrent: Tensor


class Mamba2(Mixer):
    """Mamba 2 of a `Mamba2Config`."""

    state_type = Mamba2State

    def __init__(self, config: Mamba2Config, hidden_size: int, eps: float) -> None:
        super().__init__()
        self.config, self.eps = config, eps
        inner, heads = config.inner_size, config.heads
        channels = inner + 2 * config.groups * config.state_size
        self.project = nn.Parameter(torch.empty(inner + channels + heads, hidden_size))  # gate; x, B, C; Δ
        self.convolution = CausalConvolution(channels, config.convolution, bias=True)
        self.step_bias = nn.Parameter(torch.empty(heads))
        self.log_decay_rate = nn.Parameter(torch.empty(heads))  # log(-A)
        self.skip = nn.Parameter(torch.empty(heads))
        self.norm = nn.Parameter(torch.empty(inner))
        self.out = nn.Parameter(torch.empty(hidden_size, inner))

    def empty_state(self, batch: int) -> Mamba2State:
        """Zeros."""
        c = self.config
        dtype = at_least_float32(self.project.dtype)
        recurrent = self.project.new_zeros(batch, c.heads, c.head_dim, c.state_size, dtype=dtype)
        return Mamba2State(self.convolution.empty_state(batch), recurrent)

    def forward(self, x_BTD: Tensor, state: State, start: int) -> tuple[Tensor, Mamba2State]:  # noqa: ARG002
        """As `Mixer.forward`; it has no positions."""
        inputs, recurrent = state
        c, inner, shared = self.config, self.config.inner_size, self.config.groups * self.config.state_size
        gate, xbc, step = F.linear(x_BTD, self.project).split_with_sizes([inner, inner + 2 * shared, c.heads], -1)
        xbc, inputs = self.convolution(xbc, inputs)
        x, b, c_ = xbc.to(recurrent.dtype).split_with_sizes([inner, shared, shared], -1)
        x_BTHp = torch.unflatten(x, -1, (c.heads, -1))
        b_BTGn, c_BTGn = (torch.unflatten(t, -1, (c.groups, -1)) for t in (b, c_))
        step_BTH = F.softplus(step.to(x.dtype) + self.step_bias.to(x.dtype))
        log_decay_BTH = -self.log_decay_rate.to(x.dtype).exp() * step_BTH
        stepped = x_BTHp * step_BTH[..., None]
        if x_BTD.shape[1] == 1:
            y_BTHp, recurrent = ssd_recurrent(stepped, log_decay_BTH, b_BTGn, c_BTGn, recurrent)
        else:
            y_BTHp, recurrent = ssd_chunked(stepped, log_decay_BTH, b_BTGn, c_BTGn, recurrent, c.chunk)
        y_BTHp = y_BTHp + self.skip.to(x.dtype)[:, None] * x_BTHp
        y = torch.unflatten(y_BTHp.flatten(2) * F.silu(gate.to(x.dtype)), -1, (c.groups, -1))
        y = F.rms_norm(y, y.shape[-1:], eps=self.eps).flatten(2)  # each group by itself
        return F.linear(y.to(x_BTD.dtype) * self.norm, self.out), Mamba2State(inputs, recurrent)

    def reset_parameters(self, std: float, generator: torch.Generator | None) -> None:
        """As `Mixer.reset_parameters`; decays and steps as the authors' implementation draws them."""
        for matrix in (self.project, self.out):
            nn.init.normal_(matrix, 0, std, generator)
        self.convolution.reset_parameters(generator)
        reset_decay(self.log_decay_rate, self.step_bias, DECAY_RATES, generator)
        for ones in (self.skip, self.norm):
            nn.init.ones_(ones)


def reset_decay(
    log_rate: nn.Parameter, step_bias: nn.Parameter, rates: tuple[float, float], generator: torch.Generator | None
) -> None:
    """Rates uniform between ``rates``; steps log-uniform between `STEPS`, the bias their inverse softplus."""
    with torch.no_grad():
        log_rate.uniform_(*rates, generator=generator).log_()
        low, high = (math.log(step) for step in STEPS)
        step = step_bias.uniform_(low, high, generator=generator).exp()
        step_bias.copy_(step + torch.log(-torch.expm1(-step)))


def ssd_recurrent(
    x_BTHp: Tensor, log_decay_BTH: Tensor, b_BTGn: Tensor, c_BTGn: Tensor, state_BHpn: Tensor
) -> tuple[Tensor, Tensor]:
    """``h_t = exp(log_decay_t) h_{t-1} + x_t b_tᵀ``, ``y_t = h_t c_t``, token by token.

    Args:
        x_BTHp: inputs, times their step.
        b_BTGn, c_BTGn: shared by the heads of a group, which are neighbours.

    Returns:
        y [B, T, H, p], and the last h [B, H, p, n].
    """
    share = x_BTHp.shape[2] // b_BTGn.shape[2]
    b_BTHn, c_BTHn = b_BTGn.repeat_interleave(share, 2), c_BTGn.repeat_interleave(share, 2)
    outputs: list[Tensor] = []
    for t in range(x_BTHp.shape[1]):
        written = x_BTHp[:, t, :, :, None] * b_BTHn[:, t, :, None]
        state_BHpn = state_BHpn * log_decay_BTH[:, t, :, None, None].exp() + written
        outputs.append((state_BHpn @ c_BTHn[:, t, :, :, None])[..., 0])
    return torch.stack(outputs, 1), state_BHpn


def ssd_chunked(
    x_BTHp: Tensor, log_decay_BTH: Tensor, b_BTGn: Tensor, c_BTGn: Tensor, state_BHpn: Tensor, chunk: int
) -> tuple[Tensor, Tensor]:
    """What `ssd_recurrent` computes, ``chunk`` tokens at once."""
    length, groups = x_BTHp.shape[1], b_BTGn.shape[2]
    x, log_decay, b, c = (into_chunks(t, min(chunk, length)) for t in (x_BTHp, log_decay_BTH, b_BTGn, c_BTGn))
    x_BNGELp, log_decay_BNGEL = torch.unflatten(x, 2, (groups, -1)), torch.unflatten(log_decay, 2, (groups, -1))
    between = decay_between(log_decay_BNGEL)
    since_start = log_decay_BNGEL.cumsum(-1).exp()[..., None]
    within = ((c @ b.mT)[:, :, :, None] * between) @ x_BNGELp
    written = (x_BNGELp * between[..., -1, :, None]).mT @ b[:, :, :, None]  # [B, N, G, E, p, n]
    reads = c[:, :, :, None] * since_start
    state = torch.unflatten(state_BHpn, 1, (groups, -1))
    outputs: list[Tensor] = []
    for n in range(x.shape[1]):
        outputs.append(within[:, n] + reads[:, n] @ state.mT)
        state = state * since_start[:, n, :, :, -1:] + written[:, n]
    return out_of_chunks(torch.stack(outputs, 1).flatten(2, 3), length), state.flatten(1, 2)
