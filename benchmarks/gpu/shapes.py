"""Models of random weights: the shapes of three sizes, and of the built-in model."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from hybrid.ttt.model.config import ModelConfig
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.model.weights import Block, DynamicBlock, DynamicMLP, Weights

WINDOW, MINI_BATCH = 8192, 1024  # the paper's


def _config(
    layers: int, hidden: int, heads: int, head: int, mlp: int, *, groups: int | None = None, vocabulary: int = 49_152
) -> ModelConfig:
    return ModelConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=mlp,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=groups or heads,
        head_dim=head,
        rms_norm_eps=1e-5,
        rope_theta=500_000.0,
        tie_word_embeddings=True,
        eos_token_ids=(0,),
        suffix_layers=max(1, layers // 4),
    )


# Of the sizes that the paper names, in the usual GPT shapes: every head has keys and values of its own.
SHAPES = {
    "125M": _config(12, 768, 12, 64, 2048),
    "1B": _config(24, 2048, 32, 64, 5632),
    "3B": _config(32, 2560, 20, 128, 6912),
}
BUILT_IN = replace(_config(30, 576, 9, 64, 1536, groups=3), rope_theta=100_000.0)
TINY = _config(4, 64, 4, 16, 96, groups=2, vocabulary=320)


def random_model(
    config: ModelConfig,
    device: torch.device,
    dtype: torch.dtype,
    *,
    window: int = WINDOW,
    sinks: int = 0,
    once: bool = False,
    seed: int = 0,
) -> Transformer:
    """A model of random matrices, standard deviation 0.02. Dynamic MLPs are as wide as the static ones."""
    generator = torch.Generator(device).manual_seed(seed)

    def matrix(*shape: int) -> Tensor:
        return (0.02 * torch.randn(shape, generator=generator, device=device)).to(dtype)

    def ones(size: int) -> Tensor:
        return torch.ones(size, device=device, dtype=dtype)

    c, hidden, size = config, config.hidden_size, config.intermediate_size
    queries, keys = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    blocks = tuple(
        Block(
            ones(hidden), matrix(queries + 2 * keys, hidden), matrix(hidden, queries), ones(hidden),
            matrix(2 * size, hidden), matrix(hidden, size),
        )
        for _ in range(c.num_hidden_layers)
    )  # fmt: skip
    dynamic = tuple(
        DynamicBlock(ones(hidden), DynamicMLP(matrix(size, hidden), matrix(size, hidden), matrix(hidden, size)))
        for _ in range(c.suffix_layers)
    )
    weights = Weights(matrix(c.vocab_size, hidden), blocks, dynamic, ones(hidden))
    return Transformer(config, weights, window, sinks, once=once)


def parameters(model: Transformer) -> int:
    """Numbers in the weights, dynamic MLPs included."""
    return sum(tensor.numel() for tensor in model.weights.named().values())
