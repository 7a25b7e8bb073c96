"""A checkpoint of any kind that can be read, as a directory of our own or as one of the official code."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from hybrid.errors import InputError, UnsupportedModelError
from hybrid.ttt.checkpoints.loading import Parameters, load_directory, load_gguf, model_path, save_checkpoint
from hybrid.ttt.checkpoints.official import DEFAULT_ROPE_THETA, is_official, read_official, save_official
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer
from hybrid.ttt.model.config import ModelConfig
from hybrid.ttt.model.weights import load_weights


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
