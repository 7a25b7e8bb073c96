"""Load a pretrained language model, save one, and convert one to another format.

A model is a GGUF file, a Hugging Face directory, a directory of our own, or an official TTT-E2E checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hybrid.errors import InputError, MissingModelError, UnsupportedModelError
from hybrid.kernels.packed import Quantised
from hybrid.settings.models import resolve_model
from hybrid.stores.files import write_folder
from hybrid.ttt.checkpoints.config_readers import (
    HYBRID_ARCHITECTURE,
    config_from_gguf,
    config_from_json,
    config_to_json,
)
from hybrid.ttt.checkpoints.gguf import GgufFile
from hybrid.ttt.checkpoints.official import DEFAULT_ROPE_THETA, is_official, read_official, save_official
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.model.config import ModelConfig, half_split
from hybrid.ttt.model.weights import load_weights

_GGUF_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
}


_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json")


@dataclass(frozen=True)
class Parameters:
    """A model without its tokenizer.

    Args:
        config: its shape.
        tensor: gives a tensor by its full name (see `hybrid.ttt.model.weights`), such as
            ``model.layers.0.self_attn.q_proj.bias``, as float32, or as stored where that is wider. Raises
            `UnsupportedModelError` where there is none of that name.
        fingerprint: sha256 of the files.
        stored: gives the quantised form of a tensor by the same name, where the file holds one.
    """

    config: ModelConfig
    tensor: Callable[[str], Tensor]
    fingerprint: str
    stored: Callable[[str], Quantised | None] = lambda _: None


@dataclass(frozen=True)
class Checkpoint(Parameters):
    """A pretrained model and its tokenizer.

    Example:
        >>> checkpoint = load_checkpoint("smollm2-135m-instruct")  # doctest: +SKIP
        >>> checkpoint.config.hidden_size, checkpoint.tensor("model.norm.weight").shape  # doctest: +SKIP
        (576, torch.Size([576]))
    """

    tokenizer: ChatTokenizer = field(kw_only=True)


def load_checkpoint(name: str) -> Checkpoint:
    """Load a built-in model by name, a local path, or a hub id that is already in the local cache.

    Raises:
        MissingModelError: nothing there.
        UnsupportedModelError: an architecture, tokenizer or file that is not supported; it is named.
    """
    path = model_path(name)
    if path.is_dir():
        found = load_directory(path)
        tokenizer = ChatTokenizer.from_directory(path, found.config.eos_token_ids)
        return Checkpoint(found.config, found.tensor, found.fingerprint, found.stored, tokenizer=tokenizer)
    return load_gguf(path)


def model_path(name: str) -> Path:
    """The file or directory of a model. Raises `MissingModelError` if there is none."""
    path = Path(resolve_model(name)).expanduser()
    return path if path.exists() else _cached_snapshot(name)


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


def load_gguf(path: Path) -> Checkpoint:
    """Open a GGUF file. Raises `UnsupportedModelError`, naming what is not supported."""
    file = GgufFile(path)
    divisors = file.read("rope_freqs.weight").tolist() if "rope_freqs.weight" in file.tensors else None
    config = config_from_gguf(file.fields, frozenset(file.tensors), path.name, divisors)

    def turned(name: str, rows: Tensor) -> Tensor:
        # A Llama's converter orders the rows of q and k for interleaved rotary pairs.
        interleaved = config.architecture == "llama" and name.split(".")[-2] in ("q_proj", "k_proj")
        return half_split(rows, config.head_dim) if interleaved else rows

    def tensor(name: str) -> Tensor:
        return turned(name, torch.from_numpy(file.read(_gguf_name(name))))

    def stored(name: str) -> Quantised | None:
        parts = file.read_blocks(_gguf_name(name))
        return None if parts is None else Quantised(*(turned(name, torch.from_numpy(part)) for part in parts))

    tokenizer = ChatTokenizer.from_gguf(file.fields, config.eos_token_ids, path.name)
    return Checkpoint(config, tensor, _digest([path]), stored, tokenizer=tokenizer)


def _gguf_name(name: str) -> str:
    """A tensor's name in a GGUF file; one that these files never have stays as it is, to be found missing."""
    stem, _, kind = name.rpartition(".")
    if not name.startswith("model.layers."):
        return f"{_GGUF_NAMES.get(stem, stem)}.{kind}"
    layer, _, part = stem.removeprefix("model.layers.").partition(".")
    return f"blk.{layer}.{_GGUF_NAMES.get(part, part)}.{kind}"


def load_directory(path: Path) -> Parameters:
    """Open the safetensors files of a Hugging Face directory, or of one that `save_checkpoint` wrote.

    Raises:
        MissingModelError: it has no ``config.json``, or no safetensors.
        UnsupportedModelError: an architecture or file that is not supported; it is named.
    """
    config_path = path / "config.json"
    if not config_path.is_file():
        if is_official(path):
            advice = "`hybrid convert` makes a directory of it that can be loaded"
            raise UnsupportedModelError(f"{path} is a checkpoint of the official TTT-E2E code; {advice}")
        raise MissingModelError(f"{path} has no config.json")
    try:
        raw = json.loads(config_path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnsupportedModelError(f"{config_path} is not JSON: {error}") from error
    config = config_from_json(raw, path.name)
    shards = sorted(path.glob("model*.safetensors")) or sorted(path.glob("*.safetensors"))
    if not shards:
        raise MissingModelError(f"{path} has no .safetensors file; other weight formats are not supported")
    homes = {name: shard for shard in shards for name in _names(shard)}

    def tensor(name: str) -> Tensor:
        if name not in homes:
            raise UnsupportedModelError(f"{path.name} has no tensor {name}")
        with safe_open(homes[name], framework="pt") as file:
            found = torch.as_tensor(file.get_tensor(name))
        return found if found.dtype == torch.float64 else found.float()

    files = [config_path, path / "tokenizer.json", *shards]
    return Parameters(config, tensor, _digest([file for file in files if file.is_file()]))


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


def save_checkpoint(
    path: Path, config: ModelConfig, tensors: Mapping[str, Tensor], tokenizer_files_from: Path | None = None
) -> None:
    """Write a directory that `load_checkpoint` reads: ``config.json``, ``model.safetensors``, tokenizer files.

    The directory appears whole or not at all; one that this function wrote there before is replaced.

    Args:
        path: the directory to make.
        config: the model's shape.
        tensors: by their full names (see `hybrid.ttt.model.weights`), saved in the dtypes that they have.
        tokenizer_files_from: a directory whose ``tokenizer.json`` and what belongs to it is copied; without
            it, the model can be trained and converted but not loaded to train on text.

    Raises:
        InputError: something else is at ``path``.
        MissingModelError: no ``tokenizer.json`` where one should be copied from.
        ModelError: a full disk, or another failure to write; what was at ``path`` is as it was.
    """
    if not _may_be_replaced(path):
        raise InputError(f"{path} exists and is not a model that hybrid wrote; choose another directory, or remove it")
    if tokenizer_files_from is not None and not (tokenizer_files_from / "tokenizer.json").is_file():
        raise MissingModelError(f"{tokenizer_files_from} has no tokenizer.json")

    def write(folder: Path) -> None:
        on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        save_file(on_cpu, folder / "model.safetensors", {"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config_to_json(config), indent=2) + "\n", encoding="utf-8")
        if tokenizer_files_from is not None:
            for file in (tokenizer_files_from / name for name in _TOKENIZER_FILES):
                if file.is_file():
                    shutil.copyfile(file, folder / file.name)

    write_folder(path, write)


def _may_be_replaced(path: Path) -> bool:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return True
    config = path / "config.json"
    return config.is_file() and HYBRID_ARCHITECTURE in config.read_text(encoding="utf-8", errors="replace")


def convert(
    source: str,
    target: Path,
    to: Literal["directory", "official"],
    *,
    tokenizer: Path | None = None,
    rope_theta: float | None = None,
    step: int | None = None,
) -> None:
    """Read the model at ``source`` and write it at ``target``. Numbers are kept to the bit, as float32 or wider.

    Args:
        source: what `load_checkpoint` takes, or a checkpoint of the official code.
        tokenizer: a directory whose tokenizer goes along; None: the source's own, if it has one.
        rope_theta: base of an official checkpoint's rotary frequencies, which it does not record.
        step: the official step to read, or to write (then 0 by default).

    Raises:
        InputError: options that do not go together, or something else is at ``target``.
        ModelError: and those below it: see `load_checkpoint`, `read_official`, `save_checkpoint`, `save_official`.
    """
    path = model_path(source)
    official = is_official(path)
    if official and to == "official":
        raise InputError(f"{source} is an official checkpoint already")
    if rope_theta is not None and not official:
        raise InputError(f"{source} records its own rope_theta; only an official checkpoint needs one")
    if step is not None and not official and to == "directory":
        raise InputError("a step is of an official checkpoint, and none is read or written here")
    if official:
        config, tensors = read_official(path, step=step, rope_theta=rope_theta or DEFAULT_ROPE_THETA)
        _save_directory(target, config, tensors, tokenizer)
        return
    found: Parameters = load_directory(path) if path.is_dir() else load_gguf(path)
    tensors = _every_tensor(found)
    if to == "official":
        save_official(target, found.config, tensors, step or 0)
    elif path.is_dir():
        own = path if (path / "tokenizer.json").is_file() else None
        _save_directory(target, found.config, tensors, tokenizer or own)
    else:
        with tempfile.TemporaryDirectory() as folder:
            load_gguf(path).tokenizer.save(Path(folder))
            _save_directory(target, found.config, tensors, tokenizer or Path(folder))


def _save_directory(target: Path, config: ModelConfig, tensors: Mapping[str, Tensor], tokenizer: Path | None) -> None:
    if tokenizer is not None:
        size = ChatTokenizer.from_directory(tokenizer, ()).size
        if size > config.vocab_size:
            raise UnsupportedModelError(
                f"the tokenizer in {tokenizer} has {size} tokens and the model {config.vocab_size}: "
                "it is another model's"
            )
    save_checkpoint(target, config, tensors, tokenizer)


def _every_tensor(found: Parameters) -> dict[str, Tensor]:
    """All that the model consists of, each in the shape that its config says."""
    tensors: dict[str, Tensor] = {}

    def asked(name: str) -> Tensor:
        tensors[name] = found.tensor(name)
        return tensors[name]

    load_weights(found.config, asked, torch.float32)
    return tensors
