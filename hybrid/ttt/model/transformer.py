"""The language model: sliding-window blocks, the last of which also have a dynamic MLP.

A suffix block is attention → dynamic MLP → static MLP, each with its own norm, and a second norm on
each branch where the model has them. Source: "End-to-End Test-Time Training for Long Context"
(arXiv 2512.23675).

Shape suffixes: B sequences, T tokens, D hidden, F MLP width, H query heads, G key/value heads, R
cached tokens, S sinks, d head dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import SettingsError
from hybrid.kernels.attention import WindowPlan, plan_window, windowed_attention
from hybrid.kernels.row_operations import rms_norm, swiglu
from hybrid.ttt.model.config import ModelConfig, rotary_of
from hybrid.ttt.model.weights import Block, DynamicBlock, DynamicMLP, Weights


@dataclass(frozen=True)
class LayerCache:
    """Keys and values of the last tokens [B, G, R, d] and of the stream's first [B, G, S, d].

    Keys are rotated at their positions in the stream, those of the sinks not at all.
    """

    keys: Tensor
    values: Tensor
    sink_keys: Tensor
    sink_values: Tensor

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Keys, values, sink keys, sink values."""
        return self.keys, self.values, self.sink_keys, self.sink_values


@dataclass(frozen=True)
class WindowCache:
    """One `LayerCache` a block, after ``seen`` tokens of the stream."""

    layers: tuple[LayerCache, ...]
    seen: int

    def detached(self) -> WindowCache:
        """The same values as constants."""
        return WindowCache(tuple(LayerCache(*(t.detach() for t in c.tensors())) for c in self.layers), self.seen)


class Transformer:
    """A language model under a sliding window. Everything that changes is passed in and handed back.

    Args:
        config: its shape.
        weights: its tensors; their dtype is the compute dtype. Fast weights are kept in float32 or wider.
        window: tokens a query sees, itself included.
        sinks: first tokens of the stream that stay visible.
        once: one derivative will do, as for an inner step that nothing differentiates; a second raises.

    Raises:
        SettingsError: the window is wider than the model's own.
    """

    def __init__(self, config: ModelConfig, weights: Weights, window: int, sinks: int, *, once: bool = False) -> None:
        if config.sliding_window is not None and window > config.sliding_window:
            raise SettingsError(
                f"memory.window {window} is wider than this model's own sliding window; "
                f"set it to {config.sliding_window} or less"
            )
        self.config = config
        self.weights = weights
        self.window = window
        self.sinks = sinks
        self.once = once
        self.dtype = weights.embedding.dtype
        self.master_dtype = torch.promote_types(self.dtype, torch.float32)
        self.device = weights.embedding.device
        self.rotary = rotary_of(config).on(self.device)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks, bottom first."""
        return self.weights.blocks

    @property
    def embedding(self) -> Tensor:
        """[V, D]."""
        return self.weights.embedding

    @property
    def unembedding(self) -> Tensor:
        """[V, D]; the embedding where they are tied."""
        return self.weights.embedding if self.weights.unembedding is None else self.weights.unembedding

    def with_weights(self, weights: Weights, *, once: bool = False) -> Transformer:
        """The same model with other weights."""
        return Transformer(self.config, weights, self.window, self.sinks, once=once)

    def initial_fast_weights(self, dynamic_size: int | None) -> tuple[DynamicMLP, ...]:
        """The dynamic MLPs' initial weights in the master dtype; ``dynamic_size`` keeps the first so many units."""
        own = self.weights.dynamic[0].initial.gate.shape[0]
        size = dynamic_size or own
        if size > own:
            raise SettingsError(f"dynamic_size {size} is above the {own} units that this model's dynamic MLPs have")

        def copied(mlp: DynamicMLP) -> DynamicMLP:
            parts = mlp.gate[:size], mlp.up[:size], mlp.down[:, :size]
            return DynamicMLP(*(part.detach().to(self.master_dtype, copy=True).contiguous() for part in parts))

        return tuple(copied(dynamic.initial) for dynamic in self.weights.dynamic)

    def empty_cache(self, batch: int = 1) -> WindowCache:
        """The cache of streams that have not begun."""
        shape = (batch, self.config.num_key_value_heads, 0, self.config.head_dim)
        none = torch.zeros(shape, dtype=self.dtype, device=self.device)
        return WindowCache((LayerCache(none, none, none, none),) * len(self.blocks), 0)

    def plan(self, tokens: int, cache: WindowCache) -> WindowPlan:
        """Masks and rotary tables for the next ``tokens`` tokens after ``cache``."""
        return plan_window(
            cache.seen,
            tokens,
            cache.layers[-1].keys.shape[2],
            window=self.window,
            sinks=self.sinks,
            frequencies=self.rotary.frequencies,
            magnitude=self.rotary.magnitude,
            dtype=self.dtype,
        )

    def forward(self, ids_BT: Tensor, cache: WindowCache, fast: Sequence[DynamicMLP]) -> tuple[Tensor, WindowCache]:
        """Hidden states [B, T, D] after the final norm, and the cache after these tokens.

        Gradients reach ``fast`` only: the prefix runs without. The new cache is not detached.
        """
        plan = self.plan(ids_BT.shape[1], cache)
        split = self.config.prefix_layers
        with torch.no_grad():
            h_BTD, below = self.prefix(ids_BT, cache.layers[:split], plan)
        hidden, above = self.suffix(h_BTD, cache.layers[split:], plan, fast)
        return hidden, WindowCache(below + above, cache.seen + ids_BT.shape[1])

    def prefix(
        self, ids_BT: Tensor, caches: Sequence[LayerCache], plan: WindowPlan
    ) -> tuple[Tensor, tuple[LayerCache, ...]]:
        """Embed and run the blocks below the suffix: residual stream [B, T, D], and their caches."""
        h_BTD = self.embedding[ids_BT]
        new: list[LayerCache] = []
        for block, cached in zip(self.blocks, caches, strict=False):
            h_BTD, cache = self._attend(h_BTD, block, cached, plan)
            h_BTD = self._static_mlp(h_BTD, block)
            new.append(cache)
        return h_BTD, tuple(new)

    def suffix(
        self, h_BTD: Tensor, caches: Sequence[LayerCache], plan: WindowPlan, fast: Sequence[DynamicMLP]
    ) -> tuple[Tensor, tuple[LayerCache, ...]]:
        """Run the suffix blocks and the final norm: hidden states [B, T, D], and their caches."""
        new: list[LayerCache] = []
        above = self.blocks[self.config.prefix_layers :]
        for block, dynamic, cached, mlp in zip(above, self.weights.dynamic, caches, fast, strict=True):
            h_BTD, cache = self._attend(h_BTD, block, cached, plan)
            h_BTD = self._dynamic_mlp(h_BTD, dynamic, mlp)
            h_BTD = self._static_mlp(h_BTD, block)
            new.append(cache)
        return self._norm(h_BTD, self.weights.norm), tuple(new)

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return rms_norm(x, weight, self.config.rms_norm_eps)

    def _branch(self, h_BTD: Tensor, branch_BTD: Tensor, post_norm: Tensor | None) -> Tensor:
        branch_BTD = branch_BTD if post_norm is None else self._norm(branch_BTD, post_norm)
        return h_BTD + branch_BTD if torch.is_grad_enabled() else branch_BTD.add_(h_BTD)

    def _dynamic_mlp(self, h_BTD: Tensor, dynamic: DynamicBlock, mlp: DynamicMLP) -> Tensor:
        x_BTD = self._norm(h_BTD, dynamic.norm)
        inner = swiglu(_linear(x_BTD, mlp.gate), _linear(x_BTD, mlp.up))
        return self._branch(h_BTD, _linear(inner, mlp.down), dynamic.post_norm)

    def _static_mlp(self, h_BTD: Tensor, block: Block) -> Tensor:
        gate, up = F.linear(self._norm(h_BTD, block.mlp_norm), block.gate_up, block.gate_up_bias).chunk(2, -1)
        return self._branch(h_BTD, F.linear(swiglu(gate, up), block.down, block.down_bias), block.mlp_post_norm)

    def _attend(self, h_BTD: Tensor, block: Block, cached: LayerCache, plan: WindowPlan) -> tuple[Tensor, LayerCache]:
        heads, groups, dim = self.config.num_attention_heads, self.config.num_key_value_heads, self.config.head_dim
        x_BTD = self._norm(h_BTD, block.attention_norm)
        qkv = torch.unflatten(F.linear(x_BTD, block.qkv, block.qkv_bias), -1, (-1, dim)).transpose(1, 2)
        q, k, v = qkv.split_with_sizes([heads, groups, groups], 1)
        if block.q_norm is not None and block.k_norm is not None:
            q, k = self._norm(q, block.q_norm), self._norm(k, block.k_norm)
        room = self.sinks - cached.sink_keys.shape[2]
        sink_k = torch.cat([cached.sink_keys, k[:, :, :room]], 2) if room else cached.sink_keys
        sink_v = torch.cat([cached.sink_values, v[:, :, :room]], 2) if room else cached.sink_values
        out_BHTd, *joined = windowed_attention(
            q, k, v, cached.keys, cached.values, sink_k, sink_v, plan, once=self.once
        )
        out_BTD = F.linear(out_BHTd.transpose(1, 2).flatten(2), block.attention_out, block.attention_out_bias)
        # Views, not copies: what they keep alive is a window and one piece of the stream, and never more.
        keys, values = (t[:, :, -self.window :] for t in joined)
        cache = LayerCache(keys, values, sink_k, sink_v)
        return self._branch(h_BTD, out_BTD, block.attention_post_norm), cache


def _linear(x_BTD: Tensor, weight: Tensor) -> Tensor:
    """With one weight for all sequences, or [B, ...] one for each."""
    return F.linear(x_BTD, weight) if weight.dim() == 2 else x_BTD @ weight.mT
