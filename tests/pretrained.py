"""Randomly initialised small models of each family as transformers makes them, and as GGUF files.

Nothing keeps a trivial value: norm weights are not 1 and biases not 0, so that one left out shows.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tiny_model import SPECIAL_TOKENS, TINY, write_tiny_model

FAMILIES = ("Llama", "Mistral", "Qwen2", "Qwen3")
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 5e5,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
YARN = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 32}


def random_pretrained(folder: Path, family: str, dtype: torch.dtype = torch.float32, **changes: Any) -> Any:
    """Make a random transformers model, save it to ``folder`` with the tiny tokenizer, and return it."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    defaults = {
        "vocab_size": TINY["vocab_size"],
        "hidden_size": 32,
        "intermediate_size": 40,
        "num_hidden_layers": 5,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "tie_word_embeddings": False,
        "initializer_range": 0.2,
        "max_position_embeddings": 128,
        "eos_token_id": 2,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5e5},
    }
    if family == "Qwen3":
        defaults["head_dim"] = 8
    config = getattr(transformers, f"{family}Config")(**(defaults | changes))
    model = getattr(transformers, f"{family}ForCausalLM")(config).to(dtype).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.normal_(0.0 if name.endswith("bias") else 1.0, 0.3)
    tokenizer = write_tiny_model(folder / "tokenizer")
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_bytes((tokenizer / name).read_bytes())
    return model


def write_gguf(
    path: Path,
    folder: Path,
    *,
    architecture: str | None = None,
    pre: str = "smollm",
    scaling: dict[str, Any] | None = None,
    numbers: dict[str, float] | None = None,
    without: str = "",
) -> None:
    """The model in ``folder`` as llama.cpp's converter writes it.

    Args:
        architecture: its name in the header; None: the model's own.
        pre: name of the tokenizer's pattern.
        scaling: fields of ``rope.scaling``; None: what the model's config says.
        numbers: further fields of the architecture.
        without: a field to leave out.
    """
    config = json.loads((folder / "config.json").read_text())
    own = {"mistral": "llama"}.get(config["model_type"], config["model_type"])
    heads, hidden = config["num_attention_heads"], config["hidden_size"]
    head_dim = config.get("head_dim") or hidden // heads
    rope = config.get("rope_parameters") or {"rope_type": "default", "rope_theta": config["rope_theta"]}
    named = architecture or own
    fields: dict[str, Any] = {
        "block_count": config["num_hidden_layers"],
        "context_length": config["max_position_embeddings"],
        "embedding_length": hidden,
        "feed_forward_length": config["intermediate_size"],
        "attention.head_count": heads,
        "attention.head_count_kv": config["num_key_value_heads"],
        "attention.layer_norm_rms_epsilon": config["rms_norm_eps"],
        "rope.freq_base": rope["rope_theta"],
    }
    if own == "llama":
        fields["rope.dimension_count"] = head_dim
    if head_dim * heads != hidden or own == "qwen3":
        fields |= {"attention.key_length": head_dim, "attention.value_length": head_dim}
    if scaling is None and rope["rope_type"] in ("linear", "yarn"):
        scaling = {"type": rope["rope_type"], "factor": rope["factor"]}
        if rope["rope_type"] == "yarn":
            scaling["original_context_length"] = rope["original_max_position_embeddings"]
    fields |= {f"rope.scaling.{name}": value for name, value in (scaling or {}).items()} | (numbers or {})
    writer = gguf.GGUFWriter(path, named)
    add = {str: writer.add_string, int: writer.add_uint32, float: writer.add_float32}
    for name, value in fields.items():
        if f"{named}.{name}" != without:
            add[type(value)](f"{named}.{name}", value)
    _write_tokenizer(writer, folder, pre)
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", _llama3_divisors(rope, head_dim))
    names = gguf.get_tensor_name_map(_ARCHITECTURES[own], config["num_hidden_layers"])
    for name, tensor in load_file(folder / "model.safetensors").items():
        stem, _, kind = name.rpartition(".")
        values = tensor.numpy()
        if own == "llama" and stem.endswith(("q_proj", "k_proj")):  # rows for interleaved rotary pairs
            halves = values.reshape(values.shape[0] // head_dim, 2, head_dim // 2, *values.shape[1:])
            values = halves.swapaxes(1, 2).reshape(values.shape)
        writer.add_tensor(f"{names.get_name(stem)}.{kind}", np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


_ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
}


def _write_tokenizer(writer: gguf.GGUFWriter, folder: Path, pre: str) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    raw = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    tokens = sorted(raw, key=raw.__getitem__)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in SPECIAL_TOKENS else 1 for token in tokens])
    writer.add_eos_token_id(2)


def _llama3_divisors(rope: dict[str, float], head_dim: int) -> NDArray[np.float32]:
    """What the converter of llama.cpp computes of Llama 3's scaling, pair by pair."""
    longest = rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    divisors = []
    for pair in range(head_dim // 2):
        wavelength = 2 * math.pi * rope["rope_theta"] ** (2 * pair / head_dim)
        smooth = (longest / wavelength - low) / (high - low)
        mixed = 1 / ((1 - smooth) / factor + smooth)
        divisors.append(1.0 if wavelength < longest / high else factor if wavelength > longest / low else mixed)
    return np.array(divisors, np.float32)
