"""The tensors of a model, and what each is called in a checkpoint.

Names in a checkpoint are Hugging Face's for what its Llama, Mistral, Qwen2 and Qwen3 have. What only
TTT-E2E has stands beside it in the same style: ``self_attn_post_norm``, ``mlp_post_norm``,
``dynamic_norm``, ``dynamic_post_norm``, ``dynamic_mlp.{gate,up,down}_proj`` and
``dynamic_mlp.log_step_sizes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from hybrid.errors import UnsupportedModelError
from hybrid.ttt.model.config import ModelConfig, interleaved


@dataclass(frozen=True)
class Block:
    """One block without its dynamic MLP. Matrices are [out, in]; q, k and v, and gate and up, are stacked.

    The rows of q and k, and the entries of their norms, stand in the interleaved order of
    `hybrid.kernels.reference.rope`; a checkpoint has the two halves of each head one after the other.
    """

    attention_norm: Tensor
    qkv: Tensor
    attention_out: Tensor
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor
    qkv_bias: Tensor | None = None
    q_norm: Tensor | None = None
    k_norm: Tensor | None = None
    attention_out_bias: Tensor | None = None
    attention_post_norm: Tensor | None = None
    gate_up_bias: Tensor | None = None
    down_bias: Tensor | None = None
    mlp_post_norm: Tensor | None = None


@dataclass(frozen=True)
class DynamicMLP:
    """Fast weights of one suffix block: gate and up [F, D], down [D, F]; with a batch axis first in a batch."""

    gate: Tensor
    up: Tensor
    down: Tensor

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Gate, up, down."""
        return self.gate, self.up, self.down


@dataclass(frozen=True)
class DynamicBlock:
    """What surrounds a dynamic MLP and does not change at test time, and the fast weights' initial value.

    Args:
        log_step_sizes: [3] natural logarithms of factors on the step size of gate, up and down; None: all 1.
    """

    norm: Tensor
    initial: DynamicMLP
    post_norm: Tensor | None = None
    log_step_sizes: Tensor | None = None


@dataclass(frozen=True)
class Weights:
    """Everything that a checkpoint holds. ``dynamic`` has one entry a suffix block, bottom first."""

    embedding: Tensor
    blocks: tuple[Block, ...]
    dynamic: tuple[DynamicBlock, ...]
    norm: Tensor
    unembedding: Tensor | None = None  # None: the embedding

    def named(self) -> dict[str, Tensor]:
        """The tensors by their path in this tree, such as ``blocks.3.qkv`` or ``dynamic.0.initial.gate``."""
        return dict(_walk(self, ""))

    def replaced(self, tensors: Mapping[str, Tensor]) -> Weights:
        """This tree with some tensors exchanged, by their path."""
        return self.mapped(lambda path, tensor: tensors.get(path, tensor))

    def mapped(self, change: Callable[[str, Tensor], Tensor]) -> Weights:
        """This tree with ``change(path, tensor)`` in place of each tensor."""
        result: Weights = _mapped(self, "", change)
        return result


def _walk(node: Any, path: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(node, Tensor):
        yield path, node
    elif isinstance(node, tuple):
        for number, entry in enumerate(node):
            yield from _walk(entry, f"{path}.{number}")
    elif node is not None:
        for field in fields(node):
            yield from _walk(getattr(node, field.name), f"{path}.{field.name}" if path else field.name)


def _mapped(node: Any, path: str, change: Callable[[str, Tensor], Tensor]) -> Any:
    if isinstance(node, Tensor):
        return change(path, node)
    if isinstance(node, tuple):
        return tuple(_mapped(entry, f"{path}.{number}", change) for number, entry in enumerate(node))
    if node is None:
        return None
    inside = f"{path}." if path else ""
    return replace(node, **{f.name: _mapped(getattr(node, f.name), inside + f.name, change) for f in fields(node)})


def load_weights(config: ModelConfig, tensor: Callable[[str], Tensor], dtype: torch.dtype) -> Weights:
    """Assemble a model from a checkpoint's tensors, each asked for by its full name.

    A checkpoint without dynamic MLPs gets untrained ones: gate, up and norm copied from the static MLP,
    down zero, so that before the first step the function is exactly the pretrained one.

    Raises:
        UnsupportedModelError: a tensor is missing, or its shape is not what the config says.
    """

    def weight(name: str, *shape: int) -> Tensor:
        found = tensor(name)
        if tuple(found.shape) != shape:
            raise UnsupportedModelError(f"tensor {name} has shape {tuple(found.shape)}; the config says {shape}")
        return found.to(dtype).contiguous()

    hidden, vocabulary = config.hidden_size, config.vocab_size
    blocks = tuple(_load_block(config, weight, layer) for layer in range(config.num_hidden_layers))
    return Weights(
        embedding=weight("model.embed_tokens.weight", vocabulary, hidden),
        blocks=blocks,
        dynamic=tuple(
            _load_dynamic(config, weight, layer, blocks[layer])
            for layer in range(config.prefix_layers, config.num_hidden_layers)
        ),
        norm=weight("model.norm.weight", hidden),
        unembedding=None if config.tie_word_embeddings else weight("lm_head.weight", vocabulary, hidden),
    )


def _load_block(config: ModelConfig, weight: Callable[..., Tensor], layer: int) -> Block:
    hidden, size = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim

    def part(name: str, *shape: int) -> Tensor:
        found = weight(f"model.layers.{layer}.{name}", *shape)
        turned = name.startswith(("self_attn.q_", "self_attn.k_"))
        return interleaved(found, config.head_dim) if turned else found

    def stacked(names: tuple[str, ...], kind: str, heights: tuple[int, ...], *width: int) -> Tensor:
        return torch.cat([part(f"{n}.{kind}", height, *width) for n, height in zip(names, heights, strict=True)])

    qkv = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
    gate_up = ("mlp.gate_proj", "mlp.up_proj")
    return Block(
        attention_norm=part("input_layernorm.weight", hidden),
        qkv=stacked(qkv, "weight", (queries, keys, keys), hidden),
        attention_out=part("self_attn.o_proj.weight", hidden, queries),
        mlp_norm=part("post_attention_layernorm.weight", hidden),
        gate_up=_by_column(stacked(gate_up, "weight", (size, size), hidden)),
        down=part("mlp.down_proj.weight", hidden, size),
        qkv_bias=stacked(qkv, "bias", (queries, keys, keys)) if config.qkv_bias else None,
        q_norm=part("self_attn.q_norm.weight", config.head_dim) if config.qk_norm else None,
        k_norm=part("self_attn.k_norm.weight", config.head_dim) if config.qk_norm else None,
        attention_out_bias=part("self_attn.o_proj.bias", hidden) if config.attention_out_bias else None,
        attention_post_norm=part("self_attn_post_norm.weight", hidden) if config.post_norm else None,
        gate_up_bias=stacked(gate_up, "bias", (size, size)) if config.mlp_bias else None,
        down_bias=part("mlp.down_proj.bias", hidden) if config.mlp_bias else None,
        mlp_post_norm=part("mlp_post_norm.weight", hidden) if config.post_norm else None,
    )


def _by_column(weight: Tensor) -> Tensor:
    """The same matrix, its columns in memory one after the other.

    oneDNN multiplies a mini-batch of 512 rows by a wide bfloat16 matrix 1.1 to 1.7 times faster so.
    """
    return weight.T.contiguous().T


def _load_dynamic(config: ModelConfig, weight: Callable[..., Tensor], layer: int, block: Block) -> DynamicBlock:
    hidden, size = config.hidden_size, config.dynamic_size
    if size is None:
        gate, up = block.gate_up.chunk(2)
        return DynamicBlock(block.mlp_norm, DynamicMLP(gate, up, torch.zeros_like(block.down)))

    def part(name: str, *shape: int) -> Tensor:
        return weight(f"model.layers.{layer}.{name}", *shape)

    return DynamicBlock(
        norm=part("dynamic_norm.weight", hidden),
        initial=DynamicMLP(
            part("dynamic_mlp.gate_proj.weight", size, hidden),
            part("dynamic_mlp.up_proj.weight", size, hidden),
            part("dynamic_mlp.down_proj.weight", hidden, size),
        ),
        post_norm=part("dynamic_post_norm.weight", hidden) if config.post_norm else None,
        log_step_sizes=part("dynamic_mlp.log_step_sizes", 3) if config.step_sizes else None,
    )
