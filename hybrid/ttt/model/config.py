"""The shape of a language model."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hybrid.errors import UnsupportedModelError


@dataclass(frozen=True)
class RopeScaling:
    """How a family stretches its rotary positions, and that kind's numbers.

    Args:
        kind: ``linear``, ``llama3``, ``yarn``, or ``divisors``.
        numbers: by Hugging Face's names; for ``divisors``, what each frequency is divided by, named 0, 1, ...
    """

    kind: str
    numbers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ModelConfig:
    """A decoder-only transformer of the Llama family. Names are Hugging Face's where it has one.

    Args:
        qk_norm: queries and keys of each head pass an RMSNorm before they are rotated.
        post_norm: each branch passes an RMSNorm before it is added (the official TTT-E2E models).
        sliding_window: the model's own window in tokens; None: it attends to everything.
        suffix_layers: blocks at the top that are updatable.
        dynamic_size: width of the dynamic MLPs that the checkpoint itself brings; None: it brings none.
        step_sizes: the checkpoint brings a step size for each dynamic matrix.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    rms_norm_eps: float
    rope_theta: float
    tie_word_embeddings: bool
    eos_token_ids: tuple[int, ...]
    suffix_layers: int
    architecture: str = "llama"
    rope_scaling: RopeScaling | None = None
    qkv_bias: bool = False
    attention_out_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    post_norm: bool = False
    sliding_window: int | None = None
    dynamic_size: int | None = None
    step_sizes: bool = False

    @property
    def prefix_layers(self) -> int:
        """How many blocks lie below the updatable ones."""
        return self.num_hidden_layers - self.suffix_layers


def quarter(layers: int) -> int:
    """The suffix of a model that was not made for test-time training: the last quarter, at least one block."""
    return max(1, layers // 4)


def checked(config: ModelConfig, where: str) -> ModelConfig:
    """The config itself. Raises `UnsupportedModelError`, saying ``where``, if its sizes cannot go together."""
    sizes = {f.name: getattr(config, f.name) for f in fields(config) if f.type == "int"}
    for name, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise UnsupportedModelError(f"{where}: {name} must be a positive integer; it is {size!r}")
    if config.num_attention_heads % config.num_key_value_heads:
        raise UnsupportedModelError(
            f"{where}: {config.num_attention_heads} heads cannot share {config.num_key_value_heads} key/value heads"
        )
    if config.head_dim % 2:
        raise UnsupportedModelError(f"{where}: head_dim {config.head_dim} is odd; rotary positions need pairs")
    if config.suffix_layers > config.num_hidden_layers:
        raise UnsupportedModelError(f"{where}: suffix_layers {config.suffix_layers} is above the number of layers")
    return config
