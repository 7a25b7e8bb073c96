"""Read a GGUF file: header fields, and tensors as float32.

The `gguf` package reads the same files but takes eleven seconds for the built-in model; this takes
under one. Its dequantisation is used for the formats that have no fast path here.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import UnsupportedModelError

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_F32, _F16, _Q4_1, _Q8_0 = 0, 1, 3, 8


@dataclass(frozen=True)
class GgufTensor:
    """Where a tensor lies in the file. ``shape`` is in numpy order: rows first."""

    shape: tuple[int, ...]
    kind: int
    offset: int


class GgufFile:
    """An open GGUF file.

    Example:
        >>> file = GgufFile(Path("model.gguf"))  # doctest: +SKIP
        >>> file.fields["general.architecture"], file.read("output_norm.weight").shape  # doctest: +SKIP
        ('llama', (576,))
    """

    def __init__(self, path: Path) -> None:
        """Read the header. Raises `UnsupportedModelError` if this is no GGUF file, or a damaged one."""
        self.path = path
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._read_header()
        except (struct.error, ValueError, UnicodeDecodeError, KeyError, IndexError) as error:
            raise UnsupportedModelError(f"{path.name} is not a complete GGUF file: {error}") from error

    def _read_header(self) -> None:
        if self._data[:4] != b"GGUF":
            raise ValueError("it does not start with GGUF")
        self._at = 4
        version, tensors, fields = self._unpack("<IQQ")
        if version not in (2, 3):
            raise ValueError(f"version {version}")
        self.fields: dict[str, Any] = {}
        for _ in range(fields):
            key = self._string()
            self.fields[key] = self._value(self._unpack("<I")[0])
        self.tensors: dict[str, GgufTensor] = {}
        for _ in range(tensors):
            name = self._string()
            axes = self._unpack(f"<{self._unpack('<I')[0]}Q")
            kind, offset = self._unpack("<IQ")
            self.tensors[name] = GgufTensor(tuple(reversed(axes)), kind, offset)
        alignment = int(self.fields.get("general.alignment", 32))
        self._start = -(-self._at // alignment) * alignment

    def _unpack(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _string(self) -> str:
        (length,) = self._unpack("<Q")
        text = self._data[self._at : self._at + length]
        self._at += length
        return text.decode("utf-8")

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind != _ARRAY:
            return self._unpack("<" + _SCALARS[kind])[0]
        element, length = self._unpack("<IQ")
        if element in _SCALARS:
            return list(self._unpack(f"<{length}{_SCALARS[element]}"))
        return [self._value(element) for _ in range(length)]

    def read(self, name: str) -> NDArray[np.float32]:
        """The tensor as float32. Raises `UnsupportedModelError` where it is missing, cut off or of an unknown type."""
        if name not in self.tensors:
            raise UnsupportedModelError(f"{self.path.name} has no tensor {name}")
        tensor = self.tensors[name]
        try:
            return _dequantize(self._data, self._start + tensor.offset, tensor)
        except (ValueError, NotImplementedError, KeyError) as error:
            raise UnsupportedModelError(f"{self.path.name}: tensor {name} cannot be read: {error}") from error

    def read_four_bit(self, name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]] | None:
        """Codes [N, K], and scale and least value [N, K / 32] of each block; None if it is no matrix in Q4_1.

        An entry is ``code * scale + least``. Raises `UnsupportedModelError` where it is missing or cut off.
        """
        if name not in self.tensors:
            raise UnsupportedModelError(f"{self.path.name} has no tensor {name}")
        tensor = self.tensors[name]
        if tensor.kind != _Q4_1 or len(tensor.shape) != 2:
            return None
        try:
            codes, scale, least = _four_bit(self._data, self._start + tensor.offset, int(np.prod(tensor.shape)))
            return codes.reshape(tensor.shape), scale.reshape(tensor.shape[0], -1), least.reshape(tensor.shape[0], -1)
        except ValueError as error:
            raise UnsupportedModelError(f"{self.path.name}: tensor {name} cannot be read: {error}") from error


def _dequantize(data: mmap.mmap, start: int, tensor: GgufTensor) -> NDArray[np.float32]:
    count = int(np.prod(tensor.shape))
    if tensor.kind in (_F32, _F16):
        plain = np.frombuffer(data, "<f4" if tensor.kind == _F32 else "<f2", count, start)
        return plain.astype(np.float32).reshape(tensor.shape)
    if tensor.kind == _Q8_0:
        layout = np.dtype([("scale", "<f2"), ("q", "i1", 32)])
        blocks = np.frombuffer(data, layout, count // 32, start)
        values = blocks["q"] * blocks["scale"].astype(np.float32)[:, None]
        return values.reshape(tensor.shape)
    if tensor.kind == _Q4_1:
        codes, scale, least = _four_bit(data, start, count)
        return (codes * scale[:, None] + least[:, None]).reshape(tensor.shape)
    return _dequantize_with_package(data, start, tensor, count)


def _four_bit(
    data: mmap.mmap, start: int, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Codes [blocks, 32], scale and least value [blocks] of a tensor in Q4_1."""
    layout = np.dtype([("scale", "<f2"), ("least", "<f2"), ("q", "u1", 16)])
    blocks = np.frombuffer(data, layout, count // 32, start)
    codes = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1)
    return codes, blocks["scale"].astype(np.float32), blocks["least"].astype(np.float32)


def _dequantize_with_package(data: mmap.mmap, start: int, tensor: GgufTensor, count: int) -> NDArray[np.float32]:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    kind = GGMLQuantizationType(tensor.kind)
    block, size = GGML_QUANT_SIZES[kind]
    raw = np.frombuffer(data, np.uint8, count // block * size, start).reshape(*tensor.shape[:-1], -1)
    values: NDArray[np.float32] = dequantize(raw, kind)
    return np.ascontiguousarray(values, dtype=np.float32)
