"""Sentence encoders in ONNX, run by ONNX Runtime: a file of the model and a ``tokenizer.json``, nothing else is needed.

The vector of a text is the model's output ``sentence_embedding`` where it has one, else the mean of its first output
over the text's tokens, or its first token where ``1_Pooling/config.json`` says so, as sentence-transformers exports
models.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import MissingExtraError, SettingsError, UnsupportedModelError
from hybrid.retrieval.bert import pooled
from hybrid.retrieval.embedding import Embedder, fingerprint_of, local_directory
from hybrid.settings import Dtype
from hybrid.settings.models import resolve_model

_FILES = ("model.onnx", "onnx/model.onnx")
_LONGEST = 512
"""Tokens that a model sees whose files do not say: what BERT has."""
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_WHOLE = "sentence_embedding"


def load(name: str, device: str = "auto", dtype: Dtype = "auto") -> Embedder:
    """The embedder of that name: `OnnxEmbedder` for a file of ONNX's, or a directory with one and no safetensors, else
    `Embedder.load`, which says what the arguments are and what it raises."""
    resolved = Path(resolve_model(name))
    file = resolved if resolved.suffix == ".onnx" else _file_in(local_directory(name))
    return Embedder.load(name, device, dtype) if file is None else OnnxEmbedder(name, file, device)


def _file_in(found: Path) -> Path | None:
    """The ONNX file of a directory without safetensors."""
    if not found.is_dir() or any(found.glob("*.safetensors")):
        return None
    return next((found / one for one in _FILES if (found / one).is_file()), None)


class OnnxEmbedder(Embedder):
    """An `Embedder` of a model in ONNX. Nothing is downloaded, and no code of a model's is run.

    Example:
        >>> embedder = Embedder.load("models/bge-small-onnx")  # doctest: +SKIP
        >>> embedder.encode(["When does it end?"]).shape  # doctest: +SKIP
        (1, 384)
    """

    def __init__(self, name: str, file: Path, device: str) -> None:
        """Raises `UnsupportedModelError` for files that are no such model, and `MissingExtraError` without ONNX
        Runtime."""
        from tokenizers import Tokenizer

        self._file = file
        homes = [folder for folder in (file.parent, file.parent.parent) if (folder / "tokenizer.json").is_file()]
        if not file.is_file() or not homes:
            lacks = f"no file {file}" if not file.is_file() else f"no tokenizer.json beside {file}"
            raise UnsupportedModelError(f"{name}: {lacks}; an ONNX embedder is a model.onnx and its tokenizer.json")
        self._begin(name, homes[0], device, "float32")
        try:
            self._batching = Tokenizer.from_file(str(homes[0] / "tokenizer.json"))
        except Exception as error:
            raise UnsupportedModelError(f"{name}: {homes[0] / 'tokenizer.json'} cannot be read: {error}") from error
        self._tokenizer = Tokenizer.from_str(self._batching.to_str())  # a copy, which neither truncates nor pads
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        seen = _longest(homes[0])
        self.max_tokens = seen - self._tokenizer.num_special_tokens_to_add(False)
        self._batching.enable_truncation(seen)
        self._batching.enable_padding()
        self._by_first_token = _pooling(homes[0]) == "cls"
        self._session = self._opened()
        self._takes = [one.name for one in self._session.get_inputs()]
        if unknown := set(self._takes) - _INPUTS:
            raise UnsupportedModelError(f"{name}: it takes {min(unknown)!r}, which no sentence encoder here has")
        gives = [one.name for one in self._session.get_outputs()]
        self._gives = _WHOLE if _WHOLE in gives else gives[0]
        self.dimension = int(self.vectors(["a"], fast=False).shape[1])

    def _opened(self) -> Any:
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise MissingExtraError(f"the embedder {self.name} needs ONNX Runtime", "onnx") from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        wanted = ["CUDAExecutionProvider"] * (self._device != "cpu") + ["CPUExecutionProvider"]
        providers = [one for one in wanted if one in onnxruntime.get_available_providers()]
        if self._device.startswith("cuda") and wanted != providers:
            raise SettingsError(
                f"retrieval.device is {self._device!r}, and ONNX Runtime has no CUDA here: install onnxruntime-gpu in "
                "its place, or set retrieval.device to auto or cpu"
            )
        try:
            return onnxruntime.InferenceSession(str(self._file), options, providers=providers)
        except Exception as error:
            raise UnsupportedModelError(f"{self.name}: ONNX Runtime cannot load {self._file}: {error}") from error

    @cached_property
    def fingerprint(self) -> str:
        """``<name>@<sha256>`` of everything that decides a vector."""
        files = [self._file, self._path / "tokenizer.json"]
        others = ("1_Pooling/config.json", "sentence_bert_config.json", "config.json")
        weights = sorted(
            self._file.parent.glob(f"{self._file.name}*data")
        )  # of a model that is larger than a file may be
        files += [*weights, *(self._path / one for one in others if (self._path / one).is_file())]
        return fingerprint_of(self.name, self._path, files)

    def vectors(self, batch: list[str], *, fast: bool) -> NDArray[np.float32]:  # noqa: ARG002 - for others
        """As `Embedder.vectors`, always in float32."""
        with self._turn():
            encodings = self._batching.encode_batch(batch)
        mask_BT = np.array([one.attention_mask for one in encodings], np.int64)
        given = {
            "input_ids": np.array([one.ids for one in encodings], np.int64),
            "attention_mask": mask_BT,
            "token_type_ids": np.zeros_like(mask_BT),
        }
        try:
            (found,) = self._session.run([self._gives], {name: given[name] for name in self._takes})
        except Exception as error:
            raise UnsupportedModelError(f"{self.name}: ONNX Runtime cannot run it: {error}") from error
        if found.ndim == 2:
            return np.asarray(found, np.float32)
        if found.ndim != 3:
            raise UnsupportedModelError(
                f"{self.name}: its output {self._gives} has {found.ndim} dimensions, not 2 or 3"
            )
        if self._by_first_token:
            return np.asarray(found[:, 0], np.float32)
        weights_BT1 = mask_BT[..., None].astype(np.float32)
        return np.asarray((found * weights_BT1).sum(1) / weights_BT1.sum(1), np.float32)

    @property
    def _bulk_in_bfloat16(self) -> bool:
        return False


def _longest(folder: Path) -> int:
    """How many tokens the model sees, special tokens counted."""
    named = (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
        ("config.json", "max_position_embeddings"),
    )
    for file, key in named:
        value = _json(folder / file).get(key)
        if isinstance(value, int) and 0 < value < 1 << 20:  # tokenizers without a limit write 10^30
            return value
    return _LONGEST


def _pooling(folder: Path) -> str | None:
    return pooled(_json(folder / "1_Pooling" / "config.json"))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
