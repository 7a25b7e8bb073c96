"""The shape of a language model, read from a Hugging Face config or a GGUF header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybrid.errors import UnsupportedModelError

SUPPORTED_ARCHITECTURES = ("LlamaForCausalLM",)


@dataclass(frozen=True)
class ModelConfig:
    """A decoder-only Llama. Names are Hugging Face's.

    The last quarter of the blocks (rounded down, at least one) is the suffix, whose dynamic MLPs
    hold the fast weights.
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

    @property
    def suffix_layers(self) -> int:
        """How many blocks at the top are updatable."""
        return max(1, self.num_hidden_layers // 4)

    @property
    def prefix_layers(self) -> int:
        """How many blocks lie below the updatable ones."""
        return self.num_hidden_layers - self.suffix_layers


def config_from_hugging_face(raw: Mapping[str, Any], where: str) -> ModelConfig:
    """Read a ``config.json``. Raises `UnsupportedModelError`, naming what is not supported."""
    architecture = (raw.get("architectures") or [raw.get("model_type", "unknown")])[0]
    if architecture not in SUPPORTED_ARCHITECTURES:
        raise UnsupportedModelError(
            f"{where}: architecture {architecture} is not supported; supported: {', '.join(SUPPORTED_ARCHITECTURES)}"
        )
    rope = raw.get("rope_parameters") or raw.get("rope_scaling") or {}
    kind = rope.get("rope_type", rope.get("type", "default"))
    refused = {
        f"rotary scaling {kind}": kind != "default",
        "attention_bias": raw.get("attention_bias", False),
        "mlp_bias": raw.get("mlp_bias", False),
        f"activation {raw.get('hidden_act')}": raw.get("hidden_act", "silu") != "silu",
    }
    for what, present in refused.items():
        if present:
            raise UnsupportedModelError(f"{where}: {architecture} with {what} is not supported")
    eos = raw.get("eos_token_id")
    try:
        heads = int(raw["num_attention_heads"])
        return ModelConfig(
            vocab_size=int(raw["vocab_size"]),
            hidden_size=int(raw["hidden_size"]),
            intermediate_size=int(raw["intermediate_size"]),
            num_hidden_layers=int(raw["num_hidden_layers"]),
            num_attention_heads=heads,
            num_key_value_heads=int(raw.get("num_key_value_heads") or heads),
            head_dim=int(raw.get("head_dim") or raw["hidden_size"] // heads),
            rms_norm_eps=float(raw["rms_norm_eps"]),
            rope_theta=float(raw.get("rope_theta") or rope.get("rope_theta") or 10000.0),
            tie_word_embeddings=bool(raw.get("tie_word_embeddings", False)),
            eos_token_ids=tuple(eos) if isinstance(eos, list) else () if eos is None else (int(eos),),
        )
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: config.json lacks {missing}") from None


def config_from_gguf(fields: Mapping[str, Any], tensor_names: frozenset[str], where: str) -> ModelConfig:
    """Read a GGUF header. Raises `UnsupportedModelError`, naming what is not supported."""
    architecture = fields.get("general.architecture", "unknown")
    if architecture != "llama":
        raise UnsupportedModelError(f"{where}: GGUF architecture {architecture} is not supported; supported: llama")
    scaled = fields.get("llama.rope.scaling.type", "none") != "none" or "rope_freqs.weight" in tensor_names
    if scaled or any(name.endswith(".bias") for name in tensor_names):
        raise UnsupportedModelError(f"{where}: scaled rotary positions and biases are not supported")
    try:
        heads = int(fields["llama.attention.head_count"])
        hidden = int(fields["llama.embedding_length"])
        return ModelConfig(
            vocab_size=len(fields["tokenizer.ggml.tokens"]),
            hidden_size=hidden,
            intermediate_size=int(fields["llama.feed_forward_length"]),
            num_hidden_layers=int(fields["llama.block_count"]),
            num_attention_heads=heads,
            num_key_value_heads=int(fields.get("llama.attention.head_count_kv", heads)),
            head_dim=int(fields.get("llama.rope.dimension_count", hidden // heads)),
            rms_norm_eps=float(fields["llama.attention.layer_norm_rms_epsilon"]),
            rope_theta=float(fields.get("llama.rope.freq_base", 10000.0)),
            tie_word_embeddings="output.weight" not in tensor_names,
            eos_token_ids=(int(fields["tokenizer.ggml.eos_token_id"]),),
        )
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: the GGUF header lacks {missing}") from None
