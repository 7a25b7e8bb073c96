"""TTT with key-value binding (TTT-KVB): a small network in each layer learns, while it reads, to give values for keys.

The network of a head, ``f(x) = down (silu(gate x) ∘ (up x))``, takes one step a chunk on what binds the chunk's keys to
its values. Each token has learning rates η of its own, one for each of the three matrices, that the model chooses:

    maximise  Σ_i η_i · v_iᵀ f(k_i)

A query is answered by the network as it was before the step on its chunk: o_i = f(q_i). What the network has not learnt
yet is seen by attention under a window, on the same projections; both are added. Unlike TTT-E2E, which steps on the
loss of the whole model, each layer learns for itself.

With h = silu(g) ∘ u, g = gate k, u = up k and e = downᵀ v the gradients are

    down: v hᵀ        up: (e ∘ silu(g)) kᵀ        gate: (e ∘ u ∘ silu'(g)) kᵀ

They are taken at the weights that the chunk began with, so they add up token by token: the state is those weights, the
gradients so far, and the window. A chunk may end anywhere in a call.

Sources: "Test-Time Training Done Right" (LaCT, arXiv 2505.23884): the network, the loss, one step a large chunk, each
token's learning rates, Muon, rows kept at their first length, the window beside it; the layer for language models
follows its authors' implementation. "Learning to (Learn at Test Time)" (arXiv 2407.04620): the reconstruction loss of a
layer. Muon: Jordan et al., 2024, https://kellerjordan.github.io/posts/muon/.

Shape suffixes: B sequences, T tokens, D hidden, H heads of the network, d their dimension, F their width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import SettingsError
from hybrid.kernels import rms_norm, rotary
from hybrid.ttt.baselines.attention import Attention, AttentionConfig, KeyValueState
from hybrid.ttt.baselines.mixer import Mixer, State, at_least_float32, check_divides, check_sizes

FIRST_RATE = 1e-3  # η at a zero input; with the two below as in LaCT's implementation
LENGTH_EPSILON = 1e-5
NEWTON_SCHULZ = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)


@dataclass(frozen=True)
class TTTKVBConfig:
    """Sizes of TTT-KVB.

    Args:
        attention: the window, and the projections that both parts use; each head has its own keys and values.
        heads: networks a layer; each sees an even part of the projections.
        width: of a network; None: as wide as its keys.
        chunk: tokens a step; the window should be no shorter, else tokens are seen by neither.
        muon: steps are made orthogonal.
        weight_norm: rows of the matrices are brought back to their first length after each step.
        momentum: of the step before, a share that the model chooses is added.

    Raises:
        SettingsError: sizes that do not go together.
    """

    attention: AttentionConfig
    heads: int
    chunk: int
    width: int | None = None
    muon: bool = False
    weight_norm: bool = True
    momentum: bool = False

    def __post_init__(self) -> None:
        check_sizes("TTT-KVB", heads=self.heads, chunk=self.chunk, width=1 if self.width is None else self.width)
        total = self.attention.heads * self.attention.head_dim
        check_divides("TTT-KVB", "heads", self.heads, "the attention heads' dimensions", total)
        if self.attention.groups != self.attention.heads:
            raise SettingsError(
                f"TTT-KVB binds the keys and values of each head; {self.attention.heads} heads cannot share "
                f"{self.attention.groups}"
            )
        if self.attention.window is None:
            raise SettingsError("TTT-KVB stands beside attention under a window; set attention.window")
        if self.attention.window < self.chunk:
            raise SettingsError(
                f"TTT-KVB: window {self.attention.window} is shorter than chunk {self.chunk}: tokens between the two "
                "would be seen by neither"
            )

    @property
    def head_dim(self) -> int:
        """Of a network's keys, queries and values."""
        return self.attention.heads * self.attention.head_dim // self.heads

    def build(self, hidden_size: int, eps: float) -> TTTKVB:
        """The mixer."""
        return TTTKVB(self, hidden_size, eps)


class FastWeights(NamedTuple):
    """Gate and up [B, H, F, d] and down [B, H, d, F] of the networks, or gradients with respect to them."""

    gate: Tensor
    up: Tensor
    down: Tensor


class KVBState(NamedTuple):
    """The layer's state. All but the window is in at least float32.

    Args:
        window: keys and values that attention still sees.
        fast: the weights that the present chunk began with.
        gradient: the sum of the chunk's gradients so far, times their learning rates.
        velocity: the last step, for momentum.
        share: [B, H] the sum of the chunk's shares of momentum so far.
    """

    window: KeyValueState
    fast: FastWeights
    gradient: FastWeights
    velocity: FastWeights
    share: Tensor


class Binding(NamedTuple):
    """What a network reads. All in at least float32.

    Args:
        q, k, v: [B, H, T, d].
        rates: [3, B, H, T] learning rates of gate, up and down.
        share: [B, H, T] of momentum.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    rates: Tensor
    share: Tensor


class TTTKVB(Mixer):
    """TTT-KVB of a `TTTKVBConfig`."""

    state_type = KVBState

    def __init__(self, config: TTTKVBConfig, hidden_size: int, eps: float) -> None:
        super().__init__()
        self.config, self.eps = config, eps
        heads, dim = config.heads, config.head_dim
        width = dim if config.width is None else config.width
        self.attention = Attention(config.attention, hidden_size, eps)
        self.gate = nn.Parameter(torch.empty(heads, width, dim))
        self.up = nn.Parameter(torch.empty(heads, width, dim))
        self.down = nn.Parameter(torch.empty(heads, dim, width))
        self.q_scale, self.k_scale, self.q_shift, self.k_shift = (
            nn.Parameter(torch.empty(heads, 1, dim)) for _ in range(4)
        )
        # For each head and token: three learning rates, the scale of the answer, and the share of momentum.
        self.controls = nn.Parameter(torch.empty((5 if config.momentum else 4) * heads, hidden_size))
        self.controls_bias = nn.Parameter(torch.empty(len(self.controls)))
        self.norm = nn.Parameter(torch.empty(dim))

    def empty_state(self, batch: int) -> KVBState:
        """The learnt first weights, with their gradient, and no keys."""
        dtype = at_least_float32(self.gate.dtype)
        fast = FastWeights(*(w.to(dtype).expand(batch, *w.shape) for w in (self.gate, self.up, self.down)))
        zeros = FastWeights(*(torch.zeros_like(w) for w in fast))
        share = fast.gate.new_zeros(batch, self.config.heads)
        return KVBState(self.attention.empty_state(batch), fast, zeros, zeros, share)

    def forward(self, x_BTD: Tensor, state: State, start: int) -> tuple[Tensor, KVBState]:
        """As `Mixer.forward`."""
        before = KVBState(*state)
        q, k, v = self.attention.projected(x_BTD)
        seen_BHTd, window = self.attention.attend(q, k, v, before.window, start)
        controls = F.linear(x_BTD, self.controls, self.controls_bias).to(before.share.dtype)
        controls = torch.unflatten(controls, -1, (-1, self.config.heads)).permute(2, 0, 3, 1)  # [4 or 5, B, H, T]
        rates = F.softplus(controls[:3] + math.log(math.expm1(FIRST_RATE)))
        share = controls[4].sigmoid() if self.config.momentum else torch.zeros_like(controls[0])
        binding = Binding(*self._bound(q, k, v, start), rates, share)
        lengths = FastWeights(*(w.to(share.dtype).norm(dim=-1, keepdim=True) for w in (self.gate, self.up, self.down)))
        answer, after = learn(binding, before, lengths, start, self.config)
        normed = rms_norm(answer.to(x_BTD.dtype), self.norm, self.eps)
        scaled = normed * F.silu(controls[3]).to(x_BTD.dtype)[..., None]
        out_BTD = seen_BHTd.transpose(1, 2).flatten(2) + scaled.transpose(1, 2).flatten(2)
        return F.linear(out_BTD, self.attention.out), after._replace(window=window)

    def _bound(self, q: Tensor, k: Tensor, v: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
        """Attention's projections as the networks read them: queries and keys scaled, of length one, and rotated."""

        def across(x: Tensor, heads: int) -> Tensor:
            return torch.unflatten(x.transpose(1, 2).flatten(2), -1, (heads, -1)).transpose(1, 2)

        dtype, heads = at_least_float32(q.dtype), self.config.heads
        q, k, v = (across(x.to(dtype), heads) for x in (q, k, v))
        q, k = q * self.q_scale + self.q_shift, k * self.k_scale + self.k_shift
        q, k, v = F.silu(q), F.silu(k), F.silu(v)
        q, k = (x / (x.norm(dim=-1, keepdim=True) + LENGTH_EPSILON) for x in (q, k))
        turns = self.attention.turns(start, q.shape[2], q)
        q, k = (across(rotary(across(x, self.config.attention.heads), turns), heads) for x in (q, k))
        return q, k, v

    def reset_parameters(self, std: float, generator: torch.Generator | None) -> None:
        """As `Mixer.reset_parameters`; the networks' weights from N(0, 1 / inputs)."""
        self.attention.reset_parameters(std, generator)
        nn.init.normal_(self.controls, 0, std, generator)
        nn.init.zeros_(self.controls_bias)
        for matrix in (self.gate, self.up, self.down):
            nn.init.normal_(matrix, 0, matrix.shape[-1] ** -0.5, generator)
        for ones in (self.q_scale, self.k_scale, self.norm):
            nn.init.ones_(ones)
        for zeros in (self.q_shift, self.k_shift):
            nn.init.zeros_(zeros)


def answers(fast: FastWeights, x_BHTd: Tensor) -> Tensor:
    """The networks' output [B, H, T, d]."""
    return (F.silu(x_BHTd @ fast.gate.mT) * (x_BHTd @ fast.up.mT)) @ fast.down.mT


def binding_gradient(fast: FastWeights, k_BHTd: Tensor, v_BHTd: Tensor, rates: Tensor) -> FastWeights:
    """Of Σ η_i v_iᵀ f(k_i) with respect to each matrix, with its own η: `rates` [3, B, H, T], gate, up and down."""
    g, u = k_BHTd @ fast.gate.mT, k_BHTd @ fast.up.mT
    e = v_BHTd @ fast.down
    sigmoid = g.sigmoid()
    silu, slope = g * sigmoid, sigmoid * (1 + g * (1 - sigmoid))
    of_gate, of_up, of_down = rates[..., None]
    return FastWeights(
        gate=(e * u * slope * of_gate).mT @ k_BHTd,
        up=(e * silu * of_up).mT @ k_BHTd,
        down=(v_BHTd * of_down).mT @ (silu * u),
    )


def learn(
    binding: Binding, state: KVBState, lengths: FastWeights, start: int, config: TTTKVBConfig
) -> tuple[Tensor, KVBState]:
    """Answer each query by the weights that its chunk began with, and step wherever a chunk ends.

    Args:
        lengths: of the first weights' rows, which `weight_norm` keeps.
        start: tokens of the stream before these: the first chunk may have begun in an earlier call.

    Returns:
        Answers [B, H, T, d], and the state with the window as it was.
    """
    outputs: list[Tensor] = []
    tokens, at = binding.q.shape[2], 0
    while at < tokens:
        end = min(tokens, at + config.chunk - (start + at) % config.chunk)
        piece = slice(at, end)
        outputs.append(answers(state.fast, binding.q[:, :, piece]))
        new = binding_gradient(state.fast, binding.k[:, :, piece], binding.v[:, :, piece], binding.rates[..., piece])
        state = state._replace(
            gradient=_each(torch.add, state.gradient, new), share=state.share + binding.share[..., piece].sum(-1)
        )
        if (start + end) % config.chunk == 0:
            state = _stepped(state, lengths, config)
        at = end
    return torch.cat(outputs, 2), state


def _stepped(state: KVBState, lengths: FastWeights, config: TTTKVBConfig) -> KVBState:
    velocity = state.gradient
    if config.momentum:
        share = (state.share / config.chunk)[..., None, None]
        velocity = _each(lambda new, old: new + share * old, state.gradient, state.velocity)
    step = FastWeights(*map(orthogonal, velocity)) if config.muon else velocity
    fast = _each(torch.add, state.fast, step)
    if config.weight_norm:
        fast = _each(lambda w, length: w / (w.norm(dim=-1, keepdim=True) + LENGTH_EPSILON) * length, fast, lengths)
    zeros = FastWeights(*map(torch.zeros_like, fast))
    return state._replace(fast=fast, gradient=zeros, velocity=velocity, share=torch.zeros_like(state.share))


def orthogonal(x: Tensor) -> Tensor:
    """Muon's step: nearly U Vᵀ of the singular value decomposition U S Vᵀ, by five Newton-Schulz iterations.

    Singular values come out between 0.97 and 1.15, only those far below the largest lower (of random matrices, 8 to 128
    wide: 98 in 100 within).
    """
    tall = x.shape[-2] > x.shape[-1]
    y: Tensor = x.mT if tall else x
    y = y / (y.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for a, b, c in NEWTON_SCHULZ:
        square = y @ y.mT
        y = a * y + (b * square + c * square @ square) @ y
    return y.mT if tall else y


def _each(change: Callable[[Tensor, Tensor], Tensor], first: FastWeights, second: FastWeights) -> FastWeights:
    return FastWeights(*map(change, first, second))
