"""Gated DeltaNet: a memory of keys and values that forgets by a gate and overwrites what a key held before.

For each head, with the memory S [k, v], keys and queries of length one, a decay α_t and a writing strength β_t,

    S_t = α_t (I - β_t k_t k_tᵀ) S_{t-1} + β_t k_t v_tᵀ        o_t = S_tᵀ q_t / √k

which is the gated delta rule, equation 10 of the paper, transposed. `gated_delta_recurrent` is that. In a chunk that
begins at S, with γ_i the product of its decays up to i and Γ_ij = γ_i / γ_j, what each token writes, u_i, solves

    (I + tril(diag(β) (K Kᵀ ∘ Γ), -1)) U = diag(β) (V - diag(γ) K S)

and then O = diag(γ) Q S + tril(Q Kᵀ ∘ Γ) U, and the next chunk begins at γ_L S + (diag(γ_L / γ) K)ᵀ U:
`gated_delta_chunked`. The triangular system is solved for V and for diag(γ) K, so that only products depend on S.

Source: "Gated Delta Networks: Improving Mamba2 with Delta Rule" (arXiv 2412.06464), Section 3; the solved system is the
UT transform of "Parallelizing Linear Transformers with the Delta Rule over Sequence Length" (arXiv 2406.06484).

Shape suffixes: B sequences, T tokens, D hidden, H heads, k key dimension, v value dimension, N chunks, L tokens of a
chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.kernels import rms_norm
from hybrid.ttt.baselines.mamba2 import reset_decay
from hybrid.ttt.baselines.mixer import (
    CausalConvolution,
    Mixer,
    State,
    at_least_float32,
    check_sizes,
    decay_between,
    into_chunks,
    out_of_chunks,
)

DECAY_RATES = (0.01, 16.0)  # the authors draw from 0 on, whose logarithm is no number
NORM_EPSILON = 1e-6  # of the length of keys and queries


@dataclass(frozen=True)
class GatedDeltaNetConfig:
    """Sizes of Gated DeltaNet.

    Args:
        convolution: tokens that the short convolutions of queries, keys and values see.
        chunk: tokens computed at once; changes nothing but the time.

    Raises:
        SettingsError: a size that is no positive integer.
    """

    heads: int
    key_dim: int
    value_dim: int
    convolution: int = 4
    chunk: int = 64

    def __post_init__(self) -> None:
        check_sizes("Gated DeltaNet", **vars(self))

    def build(self, hidden_size: int, eps: float) -> GatedDeltaNet:
        """The mixer."""
        return GatedDeltaNet(self, hidden_size, eps)


class DeltaState(NamedTuple):
    """The convolution's last inputs [B, width - 1, C], and S [B, H, k, v] in at least float32."""

    inputs: Tensor
    memory: Tensor


class GatedDeltaNet(Mixer):
    """Gated DeltaNet of a `GatedDeltaNetConfig`."""

    state_type = DeltaState

    def __init__(self, config: GatedDeltaNetConfig, hidden_size: int, eps: float) -> None:
        super().__init__()
        self.config, self.eps = config, eps
        keys, values = config.heads * config.key_dim, config.heads * config.value_dim
        self.qkv = nn.Parameter(torch.empty(2 * keys + values, hidden_size))
        self.gate = nn.Parameter(torch.empty(values, hidden_size))
        self.strength_and_step = nn.Parameter(torch.empty(2 * config.heads, hidden_size))
        self.convolution = CausalConvolution(2 * keys + values, config.convolution, bias=False)
        self.step_bias = nn.Parameter(torch.empty(config.heads))
        self.log_decay_rate = nn.Parameter(torch.empty(config.heads))
        self.norm = nn.Parameter(torch.empty(config.value_dim))
        self.out = nn.Parameter(torch.empty(hidden_size, values))

    def empty_state(self, batch: int) -> DeltaState:
        """Zeros."""
        c = self.config
        memory = self.qkv.new_zeros(batch, c.heads, c.key_dim, c.value_dim, dtype=at_least_float32(self.qkv.dtype))
        return DeltaState(self.convolution.empty_state(batch), memory)

    def forward(self, x_BTD: Tensor, state: State, start: int) -> tuple[Tensor, DeltaState]:  # noqa: ARG002
        """As `Mixer.forward`; it has no positions."""
        inputs, memory = state
        c, keys = self.config, self.config.heads * self.config.key_dim
        qkv, inputs = self.convolution(F.linear(x_BTD, self.qkv), inputs)
        parts = qkv.to(memory.dtype).split_with_sizes([keys, keys, c.heads * c.value_dim], -1)
        q_BTHk, k_BTHk, v_BTHv = (torch.unflatten(part, -1, (c.heads, -1)) for part in parts)
        q_BTHk, k_BTHk = _unit(q_BTHk) * c.key_dim**-0.5, _unit(k_BTHk)
        strength, step = F.linear(x_BTD, self.strength_and_step).to(memory.dtype).chunk(2, -1)
        beta_BTH = strength.sigmoid()
        rate = self.log_decay_rate.to(memory.dtype).exp()
        log_decay_BTH = -rate * F.softplus(step + self.step_bias.to(memory.dtype))
        arguments = (q_BTHk, k_BTHk, v_BTHv, log_decay_BTH, beta_BTH, memory)
        if x_BTD.shape[1] == 1:
            o_BTHv, memory = gated_delta_recurrent(*arguments)
        else:
            o_BTHv, memory = gated_delta_chunked(*arguments, c.chunk)
        normed = rms_norm(o_BTHv.to(x_BTD.dtype), self.norm, self.eps)
        gate = torch.unflatten(F.silu(F.linear(x_BTD, self.gate)), -1, (c.heads, -1))
        return F.linear((normed * gate).flatten(2), self.out), DeltaState(inputs, memory)

    def reset_parameters(self, std: float, generator: torch.Generator | None) -> None:
        """As `Mixer.reset_parameters`; decays and steps as for Mamba 2."""
        for matrix in (self.qkv, self.gate, self.strength_and_step, self.out):
            nn.init.normal_(matrix, 0, std, generator)
        self.convolution.reset_parameters(generator)
        reset_decay(self.log_decay_rate, self.step_bias, DECAY_RATES, generator)
        nn.init.ones_(self.norm)


def _unit(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + NORM_EPSILON)


def gated_delta_recurrent(
    q_BTHk: Tensor, k_BTHk: Tensor, v_BTHv: Tensor, log_decay_BTH: Tensor, beta_BTH: Tensor, memory_BHkv: Tensor
) -> tuple[Tensor, Tensor]:
    """The gated delta rule, token by token, on scaled queries: outputs [B, T, H, v], and the last memory."""
    outputs: list[Tensor] = []
    for t in range(q_BTHk.shape[1]):
        key, query = k_BTHk[:, t, :, :, None], q_BTHk[:, t, :, :, None]
        memory_BHkv = memory_BHkv * log_decay_BTH[:, t, :, None, None].exp()
        error = v_BTHv[:, t] - (memory_BHkv.mT @ key)[..., 0]
        memory_BHkv = memory_BHkv + key * (beta_BTH[:, t, :, None] * error)[:, :, None]
        outputs.append((memory_BHkv.mT @ query)[..., 0])
    return torch.stack(outputs, 1), memory_BHkv


def gated_delta_chunked(
    q_BTHk: Tensor,
    k_BTHk: Tensor,
    v_BTHv: Tensor,
    log_decay_BTH: Tensor,
    beta_BTH: Tensor,
    memory_BHkv: Tensor,
    chunk: int,
) -> tuple[Tensor, Tensor]:
    """What `gated_delta_recurrent` computes, ``chunk`` tokens at once."""
    length = q_BTHk.shape[1]
    q, k, v, log_decay, beta = (
        into_chunks(t, min(chunk, length)) for t in (q_BTHk, k_BTHk, v_BTHv, log_decay_BTH, beta_BTH)
    )
    between = decay_between(log_decay)  # Γ, [B, N, H, L, L]
    since_start = log_decay.cumsum(-1).exp()[..., None]  # γ
    weighed = k * beta[..., None]
    # The solver reads below the diagonal only, and takes ones on it.
    system = (weighed @ k.mT) * between
    right = torch.cat([v * beta[..., None], weighed * since_start], -1)
    solved = torch.linalg.solve_triangular(system, right, upper=False, unitriangular=True)
    values, keys = solved.split_with_sizes([v.shape[-1], k.shape[-1]], -1)
    within, reads = (q @ k.mT) * between, q * since_start
    writes = k * between[..., -1, :, None]
    outputs: list[Tensor] = []
    for n in range(q.shape[1]):
        written = values[:, n] - keys[:, n] @ memory_BHkv
        outputs.append(within[:, n] @ written + reads[:, n] @ memory_BHkv)
        memory_BHkv = memory_BHkv * since_start[:, n, :, -1:] + writes[:, n].mT @ written
    return out_of_chunks(torch.stack(outputs, 1), length), memory_BHkv
