"""A model in the library transformers, from the same tensors: the baseline of the speed tables."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import torch

from hybrid.settings.models import LANGUAGE_MODEL
from hybrid.ttt.checkpoints.loading import load_checkpoint


def in_transformers(dtype: torch.dtype, name: str = LANGUAGE_MODEL.name) -> Any:
    """A LlamaForCausalLM, or a Qwen2ForCausalLM where q, k and v have biases, with the weights of a model that hybrid
    loads; the built-in one by default."""
    import transformers

    checkpoint = load_checkpoint(name)
    c = checkpoint.config
    family = "Qwen2" if c.qkv_bias else "Llama"
    config = getattr(transformers, f"{family}Config")(
        vocab_size=c.vocab_size, hidden_size=c.hidden_size, intermediate_size=c.intermediate_size,
        num_hidden_layers=c.num_hidden_layers, num_attention_heads=c.num_attention_heads,
        num_key_value_heads=c.num_key_value_heads, head_dim=c.head_dim, rms_norm_eps=c.rms_norm_eps,
        rope_theta=c.rope_theta, tie_word_embeddings=c.tie_word_embeddings, max_position_embeddings=2**21,
        eos_token_id=list(c.eos_token_ids), pad_token_id=c.eos_token_ids[0],
    )  # fmt: skip
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)  # made in float32 and then rounded, a large model would need three times the memory
    try:
        model = getattr(transformers, f"{family}ForCausalLM")(config).eval()
    finally:
        torch.set_default_dtype(before)
    with torch.no_grad():
        for key, parameter in model.named_parameters():  # a tied head is not among them
            parameter.copy_(checkpoint.tensor(key))
    return model


def long_text(data: Path) -> str:
    """The State of the Union addresses one after another: more than two million tokens."""
    with gzip.open(data / "sotu" / "sotu.jsonl.gz", "rt", encoding="utf-8") as file:
        return "\n\n".join(json.loads(line)["text"] for line in file)


def novel(data: Path, name: str = "jack_sheppard_pg16215") -> str:
    """A little-known book of gutenberg_niche, without its front matter."""
    with gzip.open(data / "gutenberg_niche" / f"{name}.txt.gz", "rt", encoding="utf-8") as file:
        return file.read()[3000:]
