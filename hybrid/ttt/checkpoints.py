"""Load a pretrained language model: a GGUF file, a Hugging Face directory, or a cached hub id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from hybrid.errors import MissingModelError, UnsupportedModelError
from hybrid.models import resolve_model
from hybrid.ttt.config import ModelConfig, config_from_gguf, config_from_hugging_face
from hybrid.ttt.gguf_file import GgufFile
from hybrid.ttt.tokenizer import ChatTokenizer

_GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


@dataclass(frozen=True)
class Checkpoint:
    """A pretrained model. ``weight`` gives a float32 tensor by its Hugging Face name, without ``.weight``."""

    config: ModelConfig
    tokenizer: ChatTokenizer
    weight: Callable[[str], Tensor]
    fingerprint: str


def load_checkpoint(name: str) -> Checkpoint:
    """Load a built-in model by name, a local path, or a hub id that is already in the local cache.

    Raises:
        MissingModelError: nothing there.
        UnsupportedModelError: an architecture, tokenizer or file that is not supported; it is named.
    """
    path = Path(resolve_model(name)).expanduser()
    if not path.exists():
        path = _cached_snapshot(name)
    return _load_directory(path) if path.is_dir() else _load_gguf(path)


def _cached_snapshot(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise MissingModelError(
            f"the model {hub_id} is neither a local path nor in the local model cache; download it first, "
            f"for example with: hf download {hub_id}"
        ) from error


def _load_gguf(path: Path) -> Checkpoint:
    file = GgufFile(path)
    config = config_from_gguf(file.fields, frozenset(file.tensors), path.name)

    def weight(name: str) -> Tensor:
        stem, _, part = name.removeprefix("model.layers.").partition(".")
        if name.startswith("model.layers."):
            tensor = torch.from_numpy(file.read(f"blk.{stem}.{_GGUF_NAMES[part]}.weight"))
        else:
            tensor = torch.from_numpy(file.read(f"{_GGUF_NAMES[name]}.weight"))
        if part in ("self_attn.q_proj", "self_attn.k_proj"):
            return _half_split(tensor, config.head_dim)
        return tensor

    tokenizer = ChatTokenizer.from_gguf(file.fields, config.eos_token_ids, path.name)
    return Checkpoint(config, tokenizer, weight, _digest([path]))


def _half_split(rows: Tensor, head_dim: int) -> Tensor:
    """GGUF keeps the rows of q and k for interleaved rotary pairs; put them back to the half-split order."""
    heads = rows.shape[0] // head_dim
    return rows.view(heads, head_dim // 2, 2, -1).transpose(1, 2).reshape(rows.shape)


def _load_directory(path: Path) -> Checkpoint:
    config_path = path / "config.json"
    if not config_path.is_file():
        raise MissingModelError(f"{path} has no config.json")
    try:
        config = config_from_hugging_face(json.loads(config_path.read_text(encoding="utf-8")), path.name)
    except ValueError as error:
        raise UnsupportedModelError(f"{config_path} is not JSON: {error}") from error
    shards = sorted(path.glob("*.safetensors"))
    if not shards:
        raise MissingModelError(f"{path} has no .safetensors file; other weight formats are not supported")
    homes = {name: shard for shard in shards for name in _names(shard)}

    def weight(name: str) -> Tensor:
        full = f"{name}.weight"
        if full not in homes:
            raise UnsupportedModelError(f"{path.name} has no tensor {full}")
        with safe_open(homes[full], framework="pt") as file:
            return torch.as_tensor(file.get_tensor(full)).float()

    tokenizer = ChatTokenizer.from_directory(path, config.eos_token_ids)
    return Checkpoint(config, tokenizer, weight, _digest([config_path, path / "tokenizer.json", *shards]))


def _names(shard: Path) -> list[str]:
    try:
        with safe_open(shard, framework="pt") as file:
            return list(file.keys())
    except SafetensorError as error:
        raise UnsupportedModelError(f"{shard} cannot be read: {error}") from error


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
