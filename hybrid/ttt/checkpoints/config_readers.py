"""A model's shape from a Hugging Face config, a GGUF header or a directory of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any

from hybrid.errors import UnsupportedModelError
from hybrid.ttt.model.config import ModelConfig, RopeScaling, checked, quarter, yarn_magnitude

HYBRID_ARCHITECTURE = "HybridTTTForCausalLM"
_FAMILIES = {
    "LlamaForCausalLM": "llama",
    "MistralForCausalLM": "mistral",
    "Qwen2ForCausalLM": "qwen2",
    "Qwen3ForCausalLM": "qwen3",
}
SUPPORTED_ARCHITECTURES = (*_FAMILIES, HYBRID_ARCHITECTURE)
SUPPORTED_GGUF_ARCHITECTURES = ("llama", "qwen2", "qwen3")
#: What a family's config means where it says nothing.
_FAMILY_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "llama": {},
    "mistral": {"num_key_value_heads": 8, "sliding_window": 4096},
    "qwen2": {"num_key_value_heads": 32},
    "qwen3": {"num_key_value_heads": 32, "head_dim": 128},
}
_NEEDED_NUMBERS = {
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
    "yarn": ("factor", "original_max_position_embeddings"),
}
_OPTIONAL_NUMBERS = {
    "yarn": ("attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "truncate"),
}


def config_from_json(raw: Mapping[str, Any], where: str) -> ModelConfig:
    """Read a ``config.json``: of a Hugging Face model, or of a directory that `save_checkpoint` wrote.

    Raises `UnsupportedModelError`, naming what is not supported.
    """
    architecture = (raw.get("architectures") or [raw.get("model_type", "unknown")])[0]
    if architecture not in SUPPORTED_ARCHITECTURES:
        raise UnsupportedModelError(
            f"{where}: architecture {architecture} is not supported; supported: {', '.join(SUPPORTED_ARCHITECTURES)}"
        )
    try:
        if architecture == HYBRID_ARCHITECTURE:
            return checked(_config_from_hybrid(raw), where)
        family = _FAMILIES[architecture]
        return checked(_config_from_hugging_face({**_FAMILY_DEFAULTS[family], **raw}, family, where), where)
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: config.json lacks {missing}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise UnsupportedModelError(f"{where}: config.json cannot be used: {error}") from None


def _config_from_hugging_face(raw: Mapping[str, Any], family: str, where: str) -> ModelConfig:
    activation = raw.get("hidden_act", "silu")
    refused = {f"activation {activation}": activation != "silu", "quantization_config": raw.get("quantization_config")}
    for what, present in refused.items():
        if present:
            raise UnsupportedModelError(f"{where}: {family} with {what} is not supported")
    rope = raw.get("rope_scaling") or raw.get("rope_parameters") or {}
    biased = family in ("llama", "qwen3") and bool(raw.get("attention_bias", False))
    eos = raw.get("eos_token_id")
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
        rope_theta=float(rope.get("rope_theta") or raw.get("rope_theta") or 10000.0),
        tie_word_embeddings=bool(raw.get("tie_word_embeddings", False)),
        eos_token_ids=tuple(int(token) for token in (eos if isinstance(eos, list) else [eos]) if token is not None),
        suffix_layers=quarter(int(raw["num_hidden_layers"])),
        architecture=family,
        rope_scaling=_rope_scaling(rope, raw, f"{where}: {family}"),
        qkv_bias=biased or family == "qwen2",
        attention_out_bias=biased,
        mlp_bias=family == "llama" and bool(raw.get("mlp_bias", False)),
        qk_norm=family == "qwen3",
        sliding_window=_own_window(raw, family, where),
    )


def _rope_scaling(rope: Mapping[str, Any], raw: Mapping[str, Any], where: str) -> RopeScaling | None:
    if any(isinstance(value, Mapping) for value in rope.values()):
        raise UnsupportedModelError(f"{where} with rotary positions that differ by layer type is not supported")
    if float(rope.get("partial_rotary_factor") or raw.get("partial_rotary_factor") or 1.0) != 1.0:
        raise UnsupportedModelError(f"{where} with partial_rotary_factor is not supported")
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return None
    if kind not in _NEEDED_NUMBERS:
        raise UnsupportedModelError(
            f"{where} with rotary scaling {kind} is not supported; supported: default, {', '.join(_NEEDED_NUMBERS)}"
        )
    trained = raw.get("original_max_position_embeddings") or rope.get("original_max_position_embeddings")
    longest = raw.get("max_position_embeddings")
    found = {**rope, "original_max_position_embeddings": trained or longest}
    if kind == "yarn" and found.get("factor") is None and trained and longest:
        found["factor"] = longest / trained
    numbers = [(name, float(found[name])) for name in _NEEDED_NUMBERS[kind]]
    numbers += [(name, float(found[name])) for name in _OPTIONAL_NUMBERS.get(kind, ()) if found.get(name) is not None]
    return RopeScaling(kind, tuple(numbers))


def _own_window(raw: Mapping[str, Any], family: str, where: str) -> int | None:
    """The window that every layer has. A model whose layers differ is refused."""
    window = raw.get("sliding_window")
    if family == "llama" or window is None:
        return None
    if family == "mistral":
        return int(window)
    if not raw.get("use_sliding_window", False):
        return None
    layers = int(raw["num_hidden_layers"])
    full = min(int(raw.get("max_window_layers", 28)), layers)
    kinds: Sequence[str] = raw.get("layer_types") or ["full_attention"] * full + ["sliding_attention"] * (layers - full)
    if set(kinds) == {"full_attention"}:
        return None
    if set(kinds) != {"sliding_attention"}:
        raise UnsupportedModelError(
            f"{where}: {family} with layers of different attention ({', '.join(sorted(set(kinds)))}) is not supported"
        )
    return int(window)


def _config_from_hybrid(raw: Mapping[str, Any]) -> ModelConfig:
    found = {f.name: raw[f.name] for f in fields(ModelConfig) if f.name in raw or f.default is MISSING}
    scaling = found.get("rope_scaling")
    if scaling is not None:
        numbers = tuple((name, float(number)) for name, number in scaling["numbers"].items())
        found["rope_scaling"] = RopeScaling(scaling["kind"], numbers)
    return ModelConfig(**{**found, "eos_token_ids": tuple(found["eos_token_ids"])})


def config_to_json(config: ModelConfig) -> dict[str, Any]:
    """The ``config.json`` of a directory of our own. `config_from_json` reads it back."""
    scaling = config.rope_scaling
    return {
        "architectures": [HYBRID_ARCHITECTURE],
        "model_type": "hybrid_ttt",
        **asdict(config),
        "rope_scaling": None if scaling is None else {"kind": scaling.kind, "numbers": dict(scaling.numbers)},
    }


def config_from_gguf(
    header: Mapping[str, Any],
    tensor_names: frozenset[str],
    where: str,
    rope_divisors: Sequence[float] | None = None,
) -> ModelConfig:
    """Read a GGUF header. Raises `UnsupportedModelError`, naming what is not supported.

    Args:
        rope_divisors: the file's ``rope_freqs.weight``, if it has one: what each frequency is divided by.
    """
    family = header.get("general.architecture", "unknown")
    if family not in SUPPORTED_GGUF_ARCHITECTURES:
        raise UnsupportedModelError(
            f"{where}: GGUF architecture {family} is not supported; "
            f"supported: {', '.join(SUPPORTED_GGUF_ARCHITECTURES)}"
        )
    own = {key.removeprefix(f"{family}."): value for key, value in header.items() if key.startswith(f"{family}.")}
    if own.get("expert_count", 0):
        raise UnsupportedModelError(f"{where}: {family} with experts is not supported")
    try:
        heads, hidden = int(own["attention.head_count"]), int(own["embedding_length"])
        turned = int(own.get("rope.dimension_count", hidden // heads))
        head_dim = int(own.get("attention.key_length", turned))
        if head_dim != own.get("rope.dimension_count", head_dim) or head_dim != own.get(
            "attention.value_length", head_dim
        ):
            raise UnsupportedModelError(f"{where}: {family} with partly rotated or unequal heads is not supported")
        eos = header.get("tokenizer.ggml.eos_token_id")
        config = ModelConfig(
            vocab_size=len(header["tokenizer.ggml.tokens"]),
            hidden_size=hidden,
            intermediate_size=int(own["feed_forward_length"]),
            num_hidden_layers=int(own["block_count"]),
            num_attention_heads=heads,
            num_key_value_heads=int(own.get("attention.head_count_kv", heads)),
            head_dim=head_dim,
            rms_norm_eps=float(own["attention.layer_norm_rms_epsilon"]),
            rope_theta=float(own.get("rope.freq_base", 10000.0)),
            tie_word_embeddings="output.weight" not in tensor_names,
            eos_token_ids=() if eos is None else (int(eos),),
            suffix_layers=quarter(int(own["block_count"])),
            architecture=family,
            rope_scaling=_rope_scaling_from_gguf(own, rope_divisors, f"{where}: {family}"),
            qkv_bias="blk.0.attn_q.bias" in tensor_names,
            attention_out_bias="blk.0.attn_output.bias" in tensor_names,
            mlp_bias="blk.0.ffn_down.bias" in tensor_names,
            qk_norm="blk.0.attn_q_norm.weight" in tensor_names,
            sliding_window=int(own.get("attention.sliding_window", 0)) or None,
        )
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: the GGUF header lacks {missing}") from None
    except (TypeError, ValueError) as error:
        raise UnsupportedModelError(f"{where}: the GGUF header cannot be used: {error}") from None
    return checked(config, where)


def _rope_scaling_from_gguf(own: Mapping[str, Any], divisors: Sequence[float] | None, where: str) -> RopeScaling | None:
    """As llama.cpp scales: its YaRN multiplies the paper's attention factor by ``attn_factor``."""
    scaling = {key.removeprefix("rope.scaling."): v for key, v in own.items() if key.startswith("rope.scaling.")}
    factor = float(scaling.get("factor", own.get("rope.scale_linear", 0.0))) or 1.0
    kind = scaling.get("type", "linear" if factor != 1.0 else "none")
    if divisors is not None:
        if kind != "none":
            raise UnsupportedModelError(f"{where} with both rope_freqs and rotary scaling {kind} is not supported")
        return RopeScaling("divisors", tuple((str(n), float(divisor)) for n, divisor in enumerate(divisors)))
    if kind == "none":
        return None
    if kind == "linear":
        return RopeScaling("linear", (("factor", factor),))
    if kind != "yarn":
        raise UnsupportedModelError(f"{where} with rotary scaling {kind} is not supported; supported: linear, yarn")
    return RopeScaling("yarn", tuple(_yarn_numbers(scaling, factor, own.get("context_length"), where).items()))


def _yarn_numbers(scaling: Mapping[str, Any], factor: float, longest: int | None, where: str) -> dict[str, float]:
    for name, usual in (("yarn_ext_factor", 1.0), ("yarn_attn_factor", 1.0), ("yarn_log_multiplier", 0.0)):
        if float(scaling.get(name, usual)) != usual:
            raise UnsupportedModelError(f"{where} with YaRN's {name} {scaling[name]} is not supported")
    trained = scaling.get("original_context_length", longest)
    if trained is None:
        raise KeyError("rope.scaling.original_context_length")
    numbers = {"factor": factor, "original_max_position_embeddings": float(trained)}
    numbers |= {
        name: float(scaling[f"yarn_{name}"]) for name in ("beta_fast", "beta_slow") if f"yarn_{name}" in scaling
    }
    if "attn_factor" in scaling:
        numbers["attention_factor"] = float(scaling["attn_factor"]) * yarn_magnitude(factor)
    return numbers
