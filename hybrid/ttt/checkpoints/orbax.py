"""One item of an orbax checkpoint: a tree of arrays in an OCDBT key-value store, one zarr array a leaf.

Layout: https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html. Only
`tensorstore` is needed, which reads and writes both formats; it is imported where it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hybrid.errors import MissingExtraError, MissingModelError, UnsupportedModelError

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
