"""The checkpoints of the official TTT-E2E code, read and written.

A checkpoint is a folder ``<step>/model_weights`` as orbax writes it: an OCDBT key-value store with one
zarr array a parameter, under the parameter's dotted name. Layers are stacked on the first axis,
matrices are [in, out], and rotary pairs are interleaved; ours are apart, [out, in] and half-split.
Nothing about windows, step sizes or the tokenizer is in it.

Source: https://github.com/test-time-training/e2e
Layout of the store: https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html. Only
`tensorstore` is needed, which reads and writes both formats; it is imported where it is used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hybrid.errors import InputError, MissingExtraError, MissingModelError, UnsupportedModelError
from hybrid.stores.files import write_folder
from hybrid.ttt.model.config import ModelConfig, checked, half_split, interleaved, quarter

_ARRAY, _NOTHING = "jax.Array", "None"
_DICT_KEY = 2  # orbax's number for a key of a mapping


def read_arrays(folder: Path) -> dict[str, Tensor]:
    """Every array of the item at ``folder``, by its dotted name, as float32 or wider.

    Raises:
        MissingModelError: tensorstore is not installed, or ``folder`` is no such store.
        UnsupportedModelError: a store that cannot be read: damaged, of another zarr version, or not of floats.
    """
    tensorstore = _tensorstore()
    if not (folder / "manifest.ocdbt").is_file():
        raise MissingModelError(f"{folder} has no manifest.ocdbt: it is not an orbax item in the OCDBT format")
    try:
        keys = tensorstore.KvStore.open(_store(folder)).result().list().result()
        names = [key.decode().removesuffix("/.zarray") for key in keys if key.endswith(b"/.zarray")]
        if not names:
            raise UnsupportedModelError(f"{folder} holds no zarr arrays of version 2")
        opened = {
            name: tensorstore.open({"driver": "zarr", "kvstore": _store(folder, f"{name}/")}, open=True)
            for name in names
        }
        return {name: _tensor(array.result().read().result(), name) for name, array in opened.items()}
    except (ValueError, OSError) as error:
        raise UnsupportedModelError(f"{folder} cannot be read; it may be damaged: {error}") from error


def write_arrays(folder: Path, arrays: Mapping[str, Tensor], leaves: Sequence[str]) -> None:
    """Write an item into an empty folder.

    Args:
        folder: it exists and is empty.
        arrays: by dotted name, in the dtypes to store; bfloat16 is stored as float32.
        leaves: the dotted names of all leaves of the tree, in its order; those without an array are None.

    Raises:
        MissingModelError: tensorstore is not installed.
        ValueError, OSError: what tensorstore raises where it cannot write.
    """
    tensorstore = _tensorstore()
    for name, tensor in arrays.items():
        on_cpu = tensor.detach().cpu()
        array = (on_cpu.float() if on_cpu.dtype == torch.bfloat16 else on_cpu).contiguous().numpy()
        layout = {
            "shape": array.shape,
            "chunks": array.shape,
            "dtype": array.dtype.str,
            "compressor": {"id": "zstd", "level": 1},
        }
        spec = {"driver": "zarr", "kvstore": _store(folder, f"{name}/"), "metadata": layout, "create": True}
        tensorstore.open(spec).result().write(array).result()
    tree = {str(tuple(leaf.split("."))): _leaf(leaf, arrays.get(leaf)) for leaf in leaves}
    shapes = [
        {
            "array_metadata": {
                "param_name": name,
                "write_shape": [*a.shape],
                "chunk_shape": [*a.shape],
                "ext_metadata": None,
            }
        }
        for name, a in arrays.items()
    ]
    metadata: dict[str, Any] = {
        "tree_metadata": tree,
        "use_zarr3": False,
        "store_array_data_equal_to_fill_value": True,
        "custom_metadata": None,
    }
    (folder / "_METADATA").write_text(json.dumps(metadata), encoding="utf-8")
    (folder / "array_metadatas").mkdir()
    (folder / "array_metadatas" / "process_0").write_text(json.dumps({"array_metadatas": shapes}), encoding="utf-8")


def _leaf(name: str, array: Tensor | None) -> dict[str, Any]:
    value: dict[str, Any] = {"value_type": _NOTHING, "skip_deserialize": True}
    if array is not None:
        value = {"value_type": _ARRAY, "skip_deserialize": False, "write_shape": [*array.shape]}
    return {
        "key_metadata": [{"key": part, "key_type": _DICT_KEY} for part in name.split(".")],
        "value_metadata": value,
    }


def _store(folder: Path, inside: str = "") -> dict[str, Any]:
    base = {"driver": "file", "path": f"{folder.absolute()}/"}
    return {"driver": "ocdbt", "base": base, "path": inside}


def _tensor(array: Any, name: str) -> Tensor:
    if array.dtype.name == "bfloat16":  # numpy's is not torch's
        return torch.from_numpy(array.view("uint16")).view(torch.bfloat16).float()
    if array.dtype.name not in ("float16", "float32", "float64"):
        raise UnsupportedModelError(f"array {name} is of {array.dtype.name}; expected floating-point numbers")
    tensor = torch.from_numpy(array)
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _tensorstore() -> Any:
    try:
        import tensorstore
    except ImportError as error:
        raise MissingExtraError("official checkpoints need tensorstore", "official") from error
    return tensorstore


DEFAULT_ROPE_THETA = 500000.0
DEFAULT_EPS = 1e-6
_ITEM, _MANIFEST = "model_weights", "manifest.ocdbt"
_HANDLER = "orbax.checkpoint._src.handlers.standard_checkpoint_handler.StandardCheckpointHandler"
_MODEL = "language_model.model."
_BLOCKS, _PRIME = f"{_MODEL}h.blocks.", f"{_MODEL}h.prime_storage."
_EMBEDDING, _NORM, _UNEMBEDDING = f"{_MODEL}wte.weight", f"{_MODEL}ln_f.weight", "language_model.lm_head.weight"
#: Parameters of every block, then those of a suffix block alone: official name, canonical name.
_BLOCK_NAMES = {
    "seq_modeling_block.wq": "self_attn.q_proj",
    "seq_modeling_block.wk": "self_attn.k_proj",
    "seq_modeling_block.wv": "self_attn.v_proj",
    "seq_modeling_block.wo": "self_attn.o_proj",
    "seq_modeling_block.q_norm": "self_attn.q_norm",
    "seq_modeling_block.k_norm": "self_attn.k_norm",
    "feed_forward.w1": "mlp.gate_proj",
    "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj",
    "seq_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "seq_post_norm": "self_attn_post_norm",
    "ffn_post_norm": "mlp_post_norm",
}
_PRIME_NAMES = {
    "ffn_prime_norm": "dynamic_norm",
    "ffn_prime_post_norm": "dynamic_post_norm",
    "feed_forward_prime.w1": "dynamic_mlp.gate_proj",
    "feed_forward_prime.w2": "dynamic_mlp.down_proj",
    "feed_forward_prime.w3": "dynamic_mlp.up_proj",
}
_ROTATED = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.q_norm", "self_attn.k_norm")


def from_official(
    arrays: Mapping[str, Tensor], *, rope_theta: float = DEFAULT_ROPE_THETA, eps: float = DEFAULT_EPS
) -> tuple[ModelConfig, dict[str, Tensor]]:
    """An official checkpoint's arrays as a config and tensors by their canonical names (`hybrid.ttt.model.weights`).

    Sizes come from the shapes. The tensors are views and permutations, never arithmetic, so this maps
    gradients as well. `to_official` is its inverse, bit for bit.

    Args:
        arrays: by dotted name, such as ``language_model.model.wte.weight``.
        rope_theta: base of the rotary frequencies, which a checkpoint does not record.
        eps: that of the norms; not recorded either.

    Raises:
        UnsupportedModelError: an array that is missing, unknown, or of a shape that does not fit the others.
    """
    config = _config(arrays, rope_theta, eps)
    _check(arrays, config)
    first = config.prefix_layers
    tensors = {"model.embed_tokens.weight": arrays[_EMBEDDING], "model.norm.weight": arrays[_NORM]}
    if not config.tie_word_embeddings:
        tensors["lm_head.weight"] = arrays[_UNEMBEDDING].T
    for stack, names, start in ((_BLOCKS, _BLOCK_NAMES, 0), (_PRIME, _PRIME_NAMES, first)):
        for theirs, ours in names.items():
            for layer, entry in enumerate(arrays.get(f"{stack}{theirs}.weight", ()), start):
                rows = entry.T if entry.ndim == 2 else entry
                turned = half_split(rows, config.head_dim) if ours in _ROTATED else rows
                tensors[f"model.layers.{layer}.{ours}.weight"] = turned
    return config, tensors


def to_official(config: ModelConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `from_official`: arrays by their dotted names, layers stacked.

    Raises:
        UnsupportedModelError: a model that the official code cannot express, named by what it has or lacks; a
            tensor that is missing or of another shape.
    """
    _refuse_inexpressible(config, tensors)

    def stacked(ours: str, layers: range) -> Tensor:
        found = [_named(tensors, f"model.layers.{layer}.{ours}.weight") for layer in layers]
        rows = [interleaved(tensor, config.head_dim) if ours in _ROTATED else tensor for tensor in found]
        if len({row.shape for row in rows}) > 1:
            raise UnsupportedModelError(f"the layers' {ours} differ in shape")
        return torch.stack([row.T if row.ndim == 2 else row for row in rows])

    arrays = {_EMBEDDING: _named(tensors, "model.embed_tokens.weight"), _NORM: _named(tensors, "model.norm.weight")}
    every = range(config.num_hidden_layers)
    arrays |= {f"{_BLOCKS}{theirs}.weight": stacked(ours, every) for theirs, ours in _BLOCK_NAMES.items()}
    if config.dynamic_size is not None:
        suffix = every[config.prefix_layers :]
        arrays |= {f"{_PRIME}{theirs}.weight": stacked(ours, suffix) for theirs, ours in _PRIME_NAMES.items()}
    if not config.tie_word_embeddings:
        arrays[_UNEMBEDDING] = _named(tensors, "lm_head.weight").T
    _check(arrays, config)
    return arrays


def _named(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise UnsupportedModelError(f"the model has no tensor {name}")
    return tensors[name]


def _refuse_inexpressible(config: ModelConfig, tensors: Mapping[str, Tensor]) -> None:
    refused = {
        "grouped-query attention": config.num_key_value_heads != config.num_attention_heads,
        "biases": config.qkv_bias or config.attention_out_bias or config.mlp_bias,
        "no QK-norm": not config.qk_norm,
        "no post norms": not config.post_norm,
        "scaled rotary positions": config.rope_scaling is not None,
        "a window of its own": config.sliding_window is not None,
        "heads that do not fill the hidden size": config.num_attention_heads * config.head_dim != config.hidden_size,
        "dynamic MLPs of another width than the static ones": config.dynamic_size
        not in (None, config.intermediate_size),
        "fast_state step sizes": config.step_sizes or any(name.endswith(".log_step_sizes") for name in tensors),
    }
    found = [what for what, present in refused.items() if present]
    if found:
        raise UnsupportedModelError(f"the official format has no place for a model with {', '.join(found)}")


def _config(arrays: Mapping[str, Tensor], rope_theta: float, eps: float) -> ModelConfig:
    def shape(name: str, axes: int) -> tuple[int, ...]:
        if name not in arrays:
            raise UnsupportedModelError(f"the official checkpoint has no array {name}")
        if arrays[name].ndim != axes:
            raise UnsupportedModelError(f"array {name} has shape {tuple(arrays[name].shape)}; expected {axes} axes")
        return tuple(arrays[name].shape)

    vocabulary, hidden = shape(_EMBEDDING, 2)
    layers, _, size = shape(f"{_BLOCKS}feed_forward.w1.weight", 3)
    _, head_dim = shape(f"{_BLOCKS}seq_modeling_block.q_norm.weight", 2)
    dynamic = any(name.startswith(_PRIME) for name in arrays)
    suffix, _, dynamic_size = shape(f"{_PRIME}feed_forward_prime.w1.weight", 3) if dynamic else (None, None, None)
    config = ModelConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=size,
        num_hidden_layers=layers,
        num_attention_heads=hidden // head_dim,
        num_key_value_heads=hidden // head_dim,
        head_dim=head_dim,
        rms_norm_eps=eps,
        rope_theta=rope_theta,
        tie_word_embeddings=_UNEMBEDDING not in arrays,
        eos_token_ids=(),
        suffix_layers=quarter(layers) if suffix is None else suffix,
        architecture="ttt_e2e",
        qk_norm=True,
        post_norm=True,
        dynamic_size=dynamic_size,
    )
    return checked(config, "the official checkpoint")


def _check(arrays: Mapping[str, Tensor], config: ModelConfig) -> None:
    expected = dict(_shapes(config))
    for name, shape in expected.items():
        if name not in arrays:
            raise UnsupportedModelError(f"the official checkpoint has no array {name}")
        if tuple(arrays[name].shape) != shape:
            raise UnsupportedModelError(f"array {name} has shape {tuple(arrays[name].shape)}; the others say {shape}")
    unknown = sorted(set(arrays) - set(expected))
    if unknown:
        raise UnsupportedModelError(f"the official checkpoint has arrays that are not known here: {', '.join(unknown)}")


def _shapes(config: ModelConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every array of the official layout with its shape."""
    yield _EMBEDDING, (config.vocab_size, config.hidden_size)
    yield _NORM, (config.hidden_size,)
    if not config.tie_word_embeddings:
        yield _UNEMBEDDING, (config.hidden_size, config.vocab_size)
    for theirs, ours in _BLOCK_NAMES.items():
        shape = _shape_of_one(ours, config, config.intermediate_size)
        yield f"{_BLOCKS}{theirs}.weight", (config.num_hidden_layers, *shape)
    for theirs, ours in _PRIME_NAMES.items() if config.dynamic_size is not None else ():
        shape = _shape_of_one(ours, config, config.dynamic_size or 0)
        yield f"{_PRIME}{theirs}.weight", (config.suffix_layers, *shape)


def _shape_of_one(ours: str, config: ModelConfig, size: int) -> tuple[int, ...]:
    hidden = config.hidden_size
    part = ours.rpartition(".")[2]
    if part in ("q_norm", "k_norm"):
        return (config.head_dim,)
    if part in ("gate_proj", "up_proj"):
        return (hidden, size)
    if part == "down_proj":
        return (size, hidden)
    return (hidden, hidden) if part.endswith("_proj") else (hidden,)


def read_official(
    path: Path, *, step: int | None = None, rope_theta: float = DEFAULT_ROPE_THETA, eps: float = DEFAULT_EPS
) -> tuple[ModelConfig, dict[str, Tensor]]:
    """Read a checkpoint of the official code, as `from_official` gives it, in float32 or wider.

    Args:
        path: the folder that holds step folders, or one step folder, or its ``model_weights``.
        step: which step; None: the newest.

    Raises:
        MissingModelError: tensorstore is not installed, or there is no such checkpoint or step.
        UnsupportedModelError: it cannot be read, or is not of the official models' layout.

    Example:
        >>> config, tensors = read_official(Path("checkpoints/125m"))  # doctest: +SKIP
        >>> config.num_hidden_layers, config.suffix_layers  # doctest: +SKIP
        (12, 3)
    """
    return from_official(read_arrays(_model_weights(path, step)), rope_theta=rope_theta, eps=eps)


def is_official(path: Path) -> bool:
    """Whether `read_official` would find a checkpoint at ``path``, of whatever layout."""
    return path.is_dir() and ((path / _MANIFEST).is_file() or (path / _ITEM).is_dir() or bool(_steps(path)))


def _model_weights(path: Path, step: int | None) -> Path:
    if step is None:
        for item in (path, path / _ITEM):
            if (item / _MANIFEST).is_file():
                return item
    steps = _steps(path)
    if not steps:
        what = "" if step is None else f" to choose step {step} from"
        raise MissingModelError(f"{path} is no official checkpoint: it has no <step>/{_ITEM} folder{what}")
    found = max(steps) if step is None else step
    if found not in steps:
        raise MissingModelError(f"{path} has no step {step}; it has {', '.join(map(str, sorted(steps)))}")
    return steps[found]


def _steps(path: Path) -> dict[int, Path]:
    """The ``model_weights`` folders below ``path``, by step."""
    folders = sorted(path.iterdir()) if path.is_dir() else []
    return {int(f.name): f / _ITEM for f in folders if f.name.isdecimal() and (f / _ITEM).is_dir()}


def save_official(path: Path, config: ModelConfig, tensors: Mapping[str, Tensor], step: int = 0) -> None:
    """Write a checkpoint that the official code restores with its params-only setting: ``path/<step>/model_weights``.

    The step folder appears whole or not at all, and an existing one is never written over.

    Raises:
        InputError: that step is already there, or is negative.
        MissingModelError: tensorstore is not installed.
        UnsupportedModelError: see `to_official`.
        ModelError: a full disk, or another failure to write; nothing is left behind.
    """
    if step < 0:
        raise InputError(f"a step is not negative; got {step}")
    if (path / str(step)).exists():
        raise InputError(f"{path} already has a step {step}; choose another step or folder")
    arrays = to_official(config, tensors)

    def write(folder: Path) -> None:
        started = time.time_ns()
        (folder / _ITEM).mkdir()
        write_arrays(folder / _ITEM, arrays, _leaves(config))
        metadata = {
            "item_handlers": {_ITEM: _HANDLER},
            "metrics": {},
            "performance_metrics": {},
            "init_timestamp_nsecs": started,
            "commit_timestamp_nsecs": time.time_ns(),
            "custom_metadata": {},
        }
        (folder / "_CHECKPOINT_METADATA").write_text(json.dumps(metadata), encoding="utf-8")

    write_folder(path / str(step), write)


def _leaves(config: ModelConfig) -> list[str]:
    """Every leaf of the official model's tree, in its order; the official code keeps None where it has no array."""
    norm = ("weight", "bias")
    attention = [f"seq_modeling_block.{name}.weight" for name in ("wq", "wk", "wv", "wo")]
    attention += [f"seq_modeling_block.{name}.{kind}" for name in ("q_norm", "k_norm") for kind in norm]
    attention += ["seq_modeling_block.kv_cache_index.init", "seq_modeling_block.chunk_index.init"]
    mlp = [f"feed_forward.{name}.weight" for name in ("w1", "w2", "w3")]
    norms = [f"{n}.{kind}" for n in ("seq_norm", "ffn_norm", "seq_post_norm", "ffn_post_norm") for kind in norm]
    unused = ["ffn_prime_norm", "ffn_prime_post_norm", "feed_forward_prime"]
    prime = [f"{name}.{kind}" for name in ("ffn_prime_norm", "ffn_prime_post_norm") for kind in norm]
    prime += [f"feed_forward_prime.{name}.weight" for name in ("w1", "w2", "w3")]
    return [
        "step_index.init",
        _EMBEDDING,
        _NORM,
        f"{_MODEL}ln_f.bias",
        *(_BLOCKS + leaf for leaf in (*attention, *mlp, *norms, *unused)),
        *([_PRIME + leaf for leaf in prime] if config.dynamic_size is not None else [_PRIME.rstrip(".")]),
        "language_model.lm_head" if config.tie_word_embeddings else _UNEMBEDDING,
    ]
