"""The frame that all baselines share: embedding, blocks of a mixer and a SwiGLU MLP, norms, head and loss.

A block is norm → mixer → add, norm → MLP → add, as TTT-E2E's blocks are without their dynamic MLPs; with ``post_norm``
each branch passes a second norm before it is added, as in the official TTT-E2E models. Parameters are those of a
`torch.nn.Module`; whatever changes while a stream is read is passed in and handed back.

Shape suffixes: B sequences, T tokens, D hidden, F MLP width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hybrid.errors import InputError, SettingsError
from hybrid.kernels import linear_cross_entropy, rms_norm, swiglu
from hybrid.ttt.baselines.mixer import MixerConfig, State, check_sizes, detached, tensors_of


@dataclass(frozen=True)
class BaselineConfig:
    """The shape of a baseline.

    Args:
        mixers: one a block, bottom first: `AttentionConfig`, `Mamba2Config`, `GatedDeltaNetConfig` or `TTTKVBConfig`.
        post_norm: each branch passes an RMSNorm before it is added.
        initializer_range: standard deviation of the projections' initial values.

    Raises:
        SettingsError: a size that is no positive integer, or no mixer.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    mixers: tuple[MixerConfig, ...]
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = True
    post_norm: bool = False
    initializer_range: float = 0.02

    def __post_init__(self) -> None:
        check_sizes(
            "the model",
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
        )
        if not self.mixers:
            raise SettingsError("the model: mixers must name at least one mixer; it is empty")


@dataclass(frozen=True)
class ModelState:
    """Each block's state after ``seen`` tokens of the stream."""

    layers: tuple[State, ...]
    seen: int

    def detached(self) -> ModelState:
        """The same values as constants: what follows sends no gradient into what was."""
        return ModelState(tuple(detached(layer) for layer in self.layers), self.seen)


class MLP(nn.Module):
    """``down (silu(gate x) ∘ (up x))``."""

    def __init__(self, hidden_size: int, width: int) -> None:
        super().__init__()
        self.gate_up = nn.Parameter(torch.empty(2 * width, hidden_size))
        self.down = nn.Parameter(torch.empty(hidden_size, width))

    def forward(self, x_BTD: Tensor) -> Tensor:
        """[B, T, D]."""
        gate, up = F.linear(x_BTD, self.gate_up).chunk(2, -1)
        return F.linear(swiglu(gate, up), self.down)


class Block(nn.Module):
    """A mixer and an MLP, each with its norms."""

    def __init__(self, config: BaselineConfig, mixer: MixerConfig) -> None:
        super().__init__()
        self.eps = config.rms_norm_eps
        self.mixer = mixer.build(config.hidden_size, config.rms_norm_eps)
        self.mlp = MLP(config.hidden_size, config.intermediate_size)
        self.mixer_norm = nn.Parameter(torch.empty(config.hidden_size))
        self.mlp_norm = nn.Parameter(torch.empty(config.hidden_size))
        self.mixer_post_norm = nn.Parameter(torch.empty(config.hidden_size)) if config.post_norm else None
        self.mlp_post_norm = nn.Parameter(torch.empty(config.hidden_size)) if config.post_norm else None

    def forward(self, h_BTD: Tensor, state: State | None, start: int) -> tuple[Tensor, State]:
        """The residual stream after the block, and the mixer's state; None: of streams that have not begun."""
        if state is None:
            state = self.mixer.empty_state(len(h_BTD))  # here, where a sharded block has its parameters together
        mixed, new = self.mixer(rms_norm(h_BTD, self.mixer_norm, self.eps), state, start)
        h_BTD = h_BTD + self._branch(mixed, self.mixer_post_norm)
        h_BTD = h_BTD + self._branch(self.mlp(rms_norm(h_BTD, self.mlp_norm, self.eps)), self.mlp_post_norm)
        return h_BTD, new

    def _branch(self, branch_BTD: Tensor, post_norm: Tensor | None) -> Tensor:
        return branch_BTD if post_norm is None else rms_norm(branch_BTD, post_norm, self.eps)


class LanguageModel(nn.Module):
    """A language model of a `BaselineConfig`, with initial weights drawn from ``seed``.

    Under ``torch.device("meta")`` nothing is drawn; call `reset_parameters` once the parameters have memory.

    Example:
        >>> from hybrid.ttt.baselines.attention import AttentionConfig
        >>> window = AttentionConfig(heads=2, head_dim=8, window=4)
        >>> model = LanguageModel(BaselineConfig(vocab_size=50, hidden_size=16, intermediate_size=24, mixers=(window,)))
        >>> ids = torch.tensor([[3, 1, 4, 1, 5]])
        >>> model.loss(ids[:, :-1], ids[:, 1:]).shape
        torch.Size([1, 4])
    """

    def __init__(self, config: BaselineConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Parameter(torch.empty(config.vocab_size, config.hidden_size))
        self.blocks = nn.ModuleList(Block(config, mixer) for mixer in config.mixers)
        self.norm = nn.Parameter(torch.empty(config.hidden_size))
        self.head = None if config.tie_word_embeddings else nn.Parameter(torch.empty_like(self.embedding))
        if not self.embedding.is_meta:
            self.reset_parameters(seed)

    @property
    def unembedding(self) -> Tensor:
        """[V, D]; the embedding where they are tied."""
        return self.embedding if self.head is None else self.head

    def empty_state(self, batch: int = 1) -> ModelState:
        """The state of streams that have not begun."""
        return ModelState(tuple(block.mixer.empty_state(batch) for block in self._blocks()), 0)

    def forward(self, ids_BT: Tensor, state: ModelState | None = None) -> tuple[Tensor, ModelState]:
        """Hidden states [B, T, D] after the final norm, and the state after these tokens.

        Args:
            state: what the stream's tokens before these left; None: there are none.

        Raises:
            InputError: no tokens, an id out of range (not on a GPU, which would have to be waited for), or a state of
                another model or of another number of sequences.
        """
        if ids_BT.dim() != 2 or not ids_BT.numel():
            raise InputError(f"token ids must be [B, T] with at least one token; got {list(ids_BT.shape)}")
        if ids_BT.is_cpu and not 0 <= int(ids_BT.min()) <= int(ids_BT.max()) < self.config.vocab_size:
            raise InputError(
                f"token ids must be from 0 to {self.config.vocab_size - 1}; got {int(ids_BT.min())} to "
                f"{int(ids_BT.max())}"
            )
        if state is not None:
            self._check_state(state, len(ids_BT))
        start = 0 if state is None else state.seen
        before = [None] * len(self.blocks) if state is None else state.layers
        h_BTD = F.embedding(ids_BT, self.embedding)
        layers: list[State] = []
        for block, layer in zip(self.blocks, before, strict=True):
            h_BTD, new = block(h_BTD, layer, start)
            layers.append(new)
        hidden = rms_norm(h_BTD, self.norm, self.config.rms_norm_eps)
        return hidden, ModelState(tuple(layers), start + ids_BT.shape[1])

    def loss(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """[B, T] each target's negative log-likelihood in nats, in at least float32. Differentiable.

        Raises:
            InputError: as `forward`, or targets of another shape or out of range.
        """
        hidden, _ = self(ids_BT)
        return linear_cross_entropy(hidden, self.unembedding, targets_BT)

    def backward(self, ids_BT: Tensor, targets_BT: Tensor) -> Tensor:
        """Add the mean loss's gradient to each parameter's ``grad``; returns the losses as `loss`, without a graph."""
        loss = self.loss(ids_BT, targets_BT)
        torch.autograd.backward(loss.mean())
        return loss.detach()

    @torch.no_grad()
    def prefill(self, ids_BT: Tensor) -> tuple[Tensor, ModelState]:
        """Logits [B, V] of the token that follows, and the state. Raises as `forward`."""
        return self._next(ids_BT, None)

    @torch.no_grad()
    def decode(self, ids_B: Tensor, state: ModelState) -> tuple[Tensor, ModelState]:
        """One token more of each stream: logits [B, V] of the next, and the state. Raises as `forward`."""
        return self._next(ids_B[:, None], state)

    def parameter_count(self) -> int:
        """Numbers that are trained; a tied embedding counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def reset_parameters(self, seed: int) -> None:
        """Draw the initial values. PyTorch's own random state is not touched."""
        generator = torch.Generator(self.embedding.device).manual_seed(seed)
        std = self.config.initializer_range
        for matrix in (self.embedding, self.head):
            if matrix is not None:
                nn.init.normal_(matrix, 0, std, generator)
        nn.init.ones_(self.norm)
        for block in self._blocks():
            block.mixer.reset_parameters(std, generator)
            for matrix in (block.mlp.gate_up, block.mlp.down):
                nn.init.normal_(matrix, 0, std, generator)
            for norm in (block.mixer_norm, block.mlp_norm, block.mixer_post_norm, block.mlp_post_norm):
                if norm is not None:
                    nn.init.ones_(norm)

    def _blocks(self) -> Iterator[Block]:
        return (cast(Block, block) for block in self.blocks)

    def _next(self, ids_BT: Tensor, state: ModelState | None) -> tuple[Tensor, ModelState]:
        hidden, new = self(ids_BT, state)
        return F.linear(hidden[:, -1], self.unembedding), new

    def _check_state(self, state: ModelState, batch: int) -> None:
        if len(state.layers) != len(self.blocks):
            raise InputError(f"the state has {len(state.layers)} layers, the model {len(self.blocks)}")
        for number, (block, layer) in enumerate(zip(self._blocks(), state.layers, strict=True)):
            if not isinstance(layer, block.mixer.state_type):
                raise InputError(
                    f"layer {number} of the state is a {type(layer).__name__}; the model's has "
                    f"{block.mixer.state_type.__name__}"
                )
            sizes = {len(tensor) for tensor in tensors_of(layer)}
            if sizes != {batch}:
                raise InputError(
                    f"the state is of {', '.join(map(str, sorted(sizes)))} sequences, the token ids of {batch}; a "
                    "state belongs to the streams that made it"
                )
