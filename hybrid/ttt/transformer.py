"""The language model: sliding-window blocks, the last quarter of which also have a dynamic MLP.

A suffix block is attention → dynamic MLP → static MLP, each with its own norm. The dynamic gate and
up projections and norm start as copies of the static ones, the down projection as zero, so that
before the first step the function is exactly the pretrained one under the window.

Shape suffixes: T tokens, D hidden, F MLP width, H query heads, G key/value heads, R cached tokens,
S sinks, d head dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import SettingsError, UnsupportedModelError
from hybrid.kernels.attention import WindowPlan, plan_window, windowed_attention, windowed_attention_forward
from hybrid.kernels.reference import rms_norm, swiglu
from hybrid.ttt.checkpoints import Checkpoint


@dataclass(frozen=True)
class Block:
    """Frozen weights of one block, in the compute dtype. ``dynamic_norm`` is None in the prefix."""

    attention_norm: Tensor
    qkv: Tensor
    attention_out: Tensor
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor
    dynamic_norm: Tensor | None


@dataclass(frozen=True)
class DynamicMLP:
    """Fast weights of one suffix block: gate and up [F, D], down [D, F]."""

    gate: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True)
class LayerCache:
    """Keys (before RoPE) and values of the last tokens [G, R, d] and of the stream's first [G, S, d]."""

    keys: Tensor
    values: Tensor
    sink_keys: Tensor
    sink_values: Tensor


@dataclass(frozen=True)
class WindowCache:
    """One `LayerCache` a block, after ``seen`` tokens of the stream."""

    layers: tuple[LayerCache, ...]
    seen: int


class Transformer:
    """A frozen Llama under a sliding window. Everything that changes is passed in and handed back.

    Args:
        checkpoint: the pretrained model.
        window: tokens a query sees, itself included.
        sinks: first tokens of the stream that stay visible.
        dtype: compute dtype; fast weights are kept in float32 or wider.
    """

    def __init__(self, checkpoint: Checkpoint, window: int, sinks: int, dtype: torch.dtype) -> None:
        self.config = checkpoint.config
        self.window = window
        self.sinks = sinks
        self.dtype = dtype
        self.master_dtype = torch.promote_types(dtype, torch.float32)
        config = self.config
        self.embedding = _weight(checkpoint, "model.embed_tokens", (config.vocab_size, config.hidden_size), dtype)
        self.norm = _weight(checkpoint, "model.norm", (config.hidden_size,), dtype)
        self.unembedding = (
            self.embedding
            if config.tie_word_embeddings
            else _weight(checkpoint, "lm_head", (config.vocab_size, config.hidden_size), dtype)
        )
        self.blocks = tuple(_load_block(checkpoint, layer, dtype) for layer in range(config.num_hidden_layers))

    def initial_fast_weights(self, dynamic_size: int | None) -> tuple[DynamicMLP, ...]:
        """Untrained dynamic MLPs in the master dtype; ``dynamic_size`` keeps the first so many units."""
        size = dynamic_size or self.config.intermediate_size
        if size > self.config.intermediate_size:
            raise SettingsError(f"dynamic_size {size} is above the static MLP's {self.config.intermediate_size}")

        def start(block: Block) -> DynamicMLP:
            gate, up = (half[:size].to(self.master_dtype, copy=True) for half in block.gate_up.chunk(2))
            return DynamicMLP(gate, up, torch.zeros(self.config.hidden_size, size, dtype=self.master_dtype))

        return tuple(start(block) for block in self.blocks[self.config.prefix_layers :])

    def empty_cache(self) -> WindowCache:
        """The cache of a stream that has not begun."""
        none = torch.zeros(self.config.num_key_value_heads, 0, self.config.head_dim, dtype=self.dtype)
        return WindowCache((LayerCache(none, none, none, none),) * len(self.blocks), 0)

    def plan(self, tokens: int, cache: WindowCache) -> WindowPlan:
        """Masks and rotary tables for the next ``tokens`` tokens after ``cache``."""
        return plan_window(
            cache.seen,
            tokens,
            cache.layers[0].keys.shape[1],
            window=self.window,
            sinks=self.sinks,
            head_dim=self.config.head_dim,
            theta=self.config.rope_theta,
            dtype=self.dtype,
        )

    def forward(self, ids_T: Tensor, cache: WindowCache, fast: Sequence[DynamicMLP]) -> tuple[Tensor, WindowCache]:
        """Hidden states [T, D] after the final norm, and the cache after these tokens.

        Gradients reach ``fast`` only: the prefix runs without, and cached keys and values are constants.
        """
        plan = self.plan(len(ids_T), cache)
        split = self.config.prefix_layers
        layers: list[LayerCache] = []
        with torch.no_grad():
            h_TD = self.embedding[ids_T]
            for block, held in zip(self.blocks[:split], cache.layers[:split], strict=True):
                h_TD = self._block(h_TD, block, held, plan, None, layers)
        for block, held, mlp in zip(self.blocks[split:], cache.layers[split:], fast, strict=True):
            h_TD = self._block(h_TD, block, held, plan, mlp, layers)
        hidden = rms_norm(h_TD, self.norm, self.config.rms_norm_eps)
        return hidden, WindowCache(tuple(layers), cache.seen + len(ids_T))

    def _block(
        self,
        h_TD: Tensor,
        block: Block,
        held: LayerCache,
        plan: WindowPlan,
        dynamic: DynamicMLP | None,
        caches: list[LayerCache],
    ) -> Tensor:
        eps = self.config.rms_norm_eps
        h_TD = h_TD + self._attention(rms_norm(h_TD, block.attention_norm, eps), block, held, plan, caches)
        if dynamic is not None and block.dynamic_norm is not None:
            normed = rms_norm(h_TD, block.dynamic_norm, eps)
            h_TD = h_TD + swiglu(normed, dynamic.gate, dynamic.up, dynamic.down)
        gate, up = block.gate_up.chunk(2)
        return h_TD + swiglu(rms_norm(h_TD, block.mlp_norm, eps), gate, up, block.down)

    def _attention(
        self, x_TD: Tensor, block: Block, held: LayerCache, plan: WindowPlan, caches: list[LayerCache]
    ) -> Tensor:
        heads, groups, dim = self.config.num_attention_heads, self.config.num_key_value_heads, self.config.head_dim
        qkv_HTd = F.linear(x_TD, block.qkv).view(-1, heads + 2 * groups, dim).transpose(0, 1)
        q_HTd, new_k_GTd, new_v_GTd = qkv_HTd.split_with_sizes([heads, groups, groups])
        k_GNd = torch.cat([held.keys, new_k_GTd], 1)
        v_GNd = torch.cat([held.values, new_v_GTd], 1)
        room = self.sinks - held.sink_keys.shape[1]
        sink_k = torch.cat([held.sink_keys, new_k_GTd[:, :room]], 1) if room else held.sink_keys
        sink_v = torch.cat([held.sink_values, new_v_GTd[:, :room]], 1) if room else held.sink_values
        kept = slice(-self.window, None)
        parts = (k_GNd[:, kept], v_GNd[:, kept], sink_k, sink_v)
        caches.append(LayerCache(*(part.detach() for part in parts)))
        attend = windowed_attention if torch.is_grad_enabled() and x_TD.requires_grad else windowed_attention_forward
        out_HTd = attend(q_HTd, k_GNd, v_GNd, sink_k, sink_v, plan)
        return F.linear(out_HTd.transpose(0, 1).reshape(x_TD.shape[0], heads * dim), block.attention_out)


def _weight(checkpoint: Checkpoint, name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    tensor = checkpoint.weight(name)
    if tuple(tensor.shape) != shape:
        raise UnsupportedModelError(f"tensor {name} has shape {tuple(tensor.shape)}; the config says {shape}")
    return tensor.to(dtype).contiguous()


def _load_block(checkpoint: Checkpoint, layer: int, dtype: torch.dtype) -> Block:
    config = checkpoint.config
    hidden, size = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim

    def weight(part: str, *shape: int) -> Tensor:
        return _weight(checkpoint, f"model.layers.{layer}.{part}", shape, dtype)

    mlp_norm = weight("post_attention_layernorm", hidden)
    projections = [
        weight("self_attn.q_proj", queries, hidden),
        weight("self_attn.k_proj", keys, hidden),
        weight("self_attn.v_proj", keys, hidden),
    ]
    return Block(
        attention_norm=weight("input_layernorm", hidden),
        qkv=torch.cat(projections),
        attention_out=weight("self_attn.o_proj", hidden, queries),
        mlp_norm=mlp_norm,
        gate_up=torch.cat([weight("mlp.gate_proj", size, hidden), weight("mlp.up_proj", size, hidden)]),
        down=weight("mlp.down_proj", hidden, size),
        dynamic_norm=mlp_norm if layer >= config.prefix_layers else None,
    )
