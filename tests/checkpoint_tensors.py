"""The names that a checkpoint gives to weights, for comparing gradients with the official ones name by name."""

from __future__ import annotations

from torch import Tensor

from hybrid.ttt.model.config import ModelConfig, half_split
from hybrid.ttt.model.weights import Weights


def checkpoint_tensors(config: ModelConfig, weights: Weights) -> dict[str, Tensor]:
    """The inverse of `load_weights`: tensors by their full names in a checkpoint, dynamic MLPs included.

    It only takes stacks apart and reorders rows, so it maps gradients laid out like weights as well.
    """
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim
    found: dict[str, Tensor | None] = {
        "model.embed_tokens.weight": weights.embedding,
        "model.norm.weight": weights.norm,
        "lm_head.weight": weights.unembedding,
    }
    for layer, block in enumerate(weights.blocks):
        name = f"model.layers.{layer}."
        found |= {
            name + "input_layernorm.weight": block.attention_norm,
            name + "self_attn.q_norm.weight": block.q_norm,
            name + "self_attn.k_norm.weight": block.k_norm,
            name + "self_attn.o_proj.weight": block.attention_out,
            name + "self_attn.o_proj.bias": block.attention_out_bias,
            name + "self_attn_post_norm.weight": block.attention_post_norm,
            name + "post_attention_layernorm.weight": block.mlp_norm,
            name + "mlp.down_proj.weight": block.down,
            name + "mlp.down_proj.bias": block.down_bias,
            name + "mlp_post_norm.weight": block.mlp_post_norm,
        }
        for kind, qkv, gate_up in (("weight", block.qkv, block.gate_up), ("bias", block.qkv_bias, block.gate_up_bias)):
            if qkv is not None:
                parts = qkv.split_with_sizes([queries, keys, keys])
                found |= {f"{name}self_attn.{p}_proj.{kind}": t for p, t in zip("qkv", parts, strict=True)}
            if gate_up is not None:
                gate, up = gate_up.chunk(2)
                found |= {f"{name}mlp.gate_proj.{kind}": gate, f"{name}mlp.up_proj.{kind}": up}
    for layer, dynamic in enumerate(weights.dynamic, start=config.prefix_layers):
        name = f"model.layers.{layer}."
        found |= {
            name + "dynamic_norm.weight": dynamic.norm,
            name + "dynamic_post_norm.weight": dynamic.post_norm,
            name + "dynamic_mlp.gate_proj.weight": dynamic.initial.gate,
            name + "dynamic_mlp.up_proj.weight": dynamic.initial.up,
            name + "dynamic_mlp.down_proj.weight": dynamic.initial.down,
            name + "dynamic_mlp.log_step_sizes": dynamic.log_step_sizes,
        }
    return {
        name: half_split(tensor, config.head_dim) if ".self_attn.q_" in name or ".self_attn.k_" in name else tensor
        for name, tensor in found.items()
        if tensor is not None
    }
