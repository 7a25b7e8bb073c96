"""A tiny random Llama in a Hugging Face directory, so that tests can run the real engine in milliseconds.

settings = MemorySettings(model=str(write_tiny_model(tmp_path)), window=32, mini_batch=16, dtype="float32")
model = MemoryModel.load(settings)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from hybrid.settings import MemorySettings

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TINY = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": len(SPECIAL_TOKENS) + 256,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "hidden_act": "silu",
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 2,
}


def write_tiny_model(folder: Path, seed: int = 0, **overrides: Any) -> Path:
    """Write config, weights and a byte-level tokenizer (a token a byte) to ``folder/tiny-llama``; returns that path."""
    path = folder / "tiny-llama"
    path.mkdir(parents=True, exist_ok=True)
    config = TINY | overrides
    (path / "config.json").write_text(json.dumps(config))
    save_file(_random_weights(config, seed), path / "model.safetensors")
    _tokenizer().save(str(path / "tokenizer.json"))
    tokenizer_config = {"chat_template": CHAT_TEMPLATE, "eos_token": "<|im_end|>"}
    (path / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))
    return path


def tiny_settings(folder: Path, **overrides: Any) -> MemorySettings:
    """Settings whose model is a tiny one written to ``folder``: window 32, mini-batch 16, float32."""
    defaults: dict[str, Any] = {"window": 32, "mini_batch": 16, "dtype": "float32", "optimizer": "sgd"}
    return MemorySettings(model=str(write_tiny_model(folder)), **(defaults | {"learning_rate": 1.0} | overrides))


def volume_files(directory: Path) -> dict[str, dict[str, bytes]]:
    """The tensors of each volume of the corpus in ``directory``, by the file's name; a file's own bytes may differ."""
    files = sorted((directory / "volumes").glob("*.safetensors"))
    return {file.name: {name: one.tobytes() for name, one in load_file(file).items()} for file in files}


def _random_weights(config: dict[str, Any], seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * 0.3

    hidden, size = config["hidden_size"], config["intermediate_size"]
    kv = config["num_key_value_heads"] * config["head_dim"]
    heads = config["num_attention_heads"] * config["head_dim"]
    weights = {"model.embed_tokens.weight": noise(config["vocab_size"], hidden)}
    for layer in range(config["num_hidden_layers"]):
        block = f"model.layers.{layer}."
        weights |= {
            block + "input_layernorm.weight": 1 + noise(hidden),
            block + "self_attn.q_proj.weight": noise(heads, hidden),
            block + "self_attn.k_proj.weight": noise(kv, hidden),
            block + "self_attn.v_proj.weight": noise(kv, hidden),
            block + "self_attn.o_proj.weight": noise(hidden, heads),
            block + "post_attention_layernorm.weight": 1 + noise(hidden),
            block + "mlp.gate_proj.weight": noise(size, hidden),
            block + "mlp.up_proj.weight": noise(size, hidden),
            block + "mlp.down_proj.weight": noise(hidden, size),
        }
    weights["model.norm.weight"] = 1 + noise(hidden)
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = noise(config["vocab_size"], hidden)
    return weights


def _tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*SPECIAL_TOKENS, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return tokenizer
