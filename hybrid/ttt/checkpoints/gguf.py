"""Read a GGUF file: header fields, tensors as float32, and the tokenizer in its header."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from hybrid.errors import UnsupportedModelError
from hybrid.ttt.checkpoints.gguf_blocks import FORMATS, Blocks, read_blocks

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_F32, _F16 = 0, 1


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

    def read_blocks(self, name: str) -> Blocks | None:
        """A matrix as it is stored; None if it is none, or its type has no scale for each 32 weights (`FORMATS`).

        Raises `UnsupportedModelError` where it is missing or cut off.
        """
        if name not in self.tensors:
            raise UnsupportedModelError(f"{self.path.name} has no tensor {name}")
        tensor = self.tensors[name]
        if tensor.kind not in FORMATS or len(tensor.shape) != 2:
            return None
        try:
            blocks = read_blocks(tensor.kind, self._data, self._start + tensor.offset, int(np.prod(tensor.shape)))
            return blocks.matrix(tensor.shape[0])
        except ValueError as error:
            raise UnsupportedModelError(f"{self.path.name}: tensor {name} cannot be read: {error}") from error


def _dequantize(data: mmap.mmap, start: int, tensor: GgufTensor) -> NDArray[np.float32]:
    count = int(np.prod(tensor.shape))
    if tensor.kind in (_F32, _F16):
        plain = np.frombuffer(data, "<f4" if tensor.kind == _F32 else "<f2", count, start)
        return plain.astype(np.float32).reshape(tensor.shape)
    if tensor.kind in FORMATS:
        return read_blocks(tensor.kind, data, start, count).dequantized().reshape(tensor.shape)
    return _dequantize_with_package(data, start, tensor, count)


def _dequantize_with_package(data: mmap.mmap, start: int, tensor: GgufTensor, count: int) -> NDArray[np.float32]:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    kind = GGMLQuantizationType(tensor.kind)
    block, size = GGML_QUANT_SIZES[kind]
    raw = np.frombuffer(data, np.uint8, count // block * size, start).reshape(*tensor.shape[:-1], -1)
    values: NDArray[np.float32] = dequantize(raw, kind)
    return np.ascontiguousarray(values, dtype=np.float32)


_UNKNOWN, _CONTROL, _USER, _BYTE = 2, 3, 4, 6  # values of tokenizer.ggml.token_type
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PATTERNS = {"llama-bpe": _WORDS % "{1,3}", "qwen2": _WORDS % ""}
SUPPORTED = ("gpt2/smollm", *(f"gpt2/{name}" for name in _PATTERNS), "llama (SentencePiece)")


def tokenizer_from_gguf(header: Mapping[str, Any], where: str) -> Tokenizer:
    """Build the tokenizer that a GGUF header describes.

    Raises:
        UnsupportedModelError: a kind that is not supported, by name, or a header that lacks a part of it.
    """
    model, cut = header.get("tokenizer.ggml.model"), header.get("tokenizer.ggml.pre")
    try:
        if model == "llama":
            tokenizer = _sentence_piece(header, where)
        elif model == "gpt2" and (cut == "smollm" or cut in _PATTERNS):
            tokenizer = _byte_level(header, cut)
        else:
            raise UnsupportedModelError(
                f"{where}: GGUF tokenizer {model}/{cut} is not supported; supported: {', '.join(SUPPORTED)}. "
                "The model's safetensors directory, which has a tokenizer.json, can be loaded instead"
            )
        special = [token for token, _ in _of_kinds(header, (_CONTROL, _USER))]
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: the GGUF header lacks {missing}") from None
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def _of_kinds(header: Mapping[str, Any], kinds: Sequence[int]) -> list[tuple[str, int]]:
    tokens: list[str] = header["tokenizer.ggml.tokens"]
    pairs = zip(tokens, header["tokenizer.ggml.token_type"], strict=True)
    return [(token, number) for number, (token, kind) in enumerate(pairs) if kind in kinds]


def _byte_level(header: Mapping[str, Any], cut: str) -> Tokenizer:
    """Bytes as printable characters, merged within pieces that a pattern cuts (GPT-2 and its heirs)."""
    vocabulary = {token: number for number, token in enumerate(header["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in header.get("tokenizer.ggml.merges", ())]
    whole_words = cut == "llama-bpe"  # a piece that is a token is that token, whatever the merges say
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=whole_words))
    if cut == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    pattern = _PATTERNS.get(cut)
    split = pre_tokenizers.Split(Regex(pattern), "isolated") if pattern else pre_tokenizers.Digits(True)
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None)  # GPT-2's own pattern
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_of])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _sentence_piece(header: Mapping[str, Any], where: str) -> Tokenizer:
    """Characters, merged in the order of the merged token's score; unknown ones fall back to bytes (Llama 2, Mistral).

    Two ways to make the same token have the same score there and an order here, the longer left part
    first, as in Hugging Face's conversions; this shows only in runs of one character.
    """
    for name in ("remove_extra_whitespaces", "precompiled_charsmap"):
        if header.get(f"tokenizer.ggml.{name}"):
            raise UnsupportedModelError(f"{where}: a SentencePiece tokenizer with {name} is not supported")
    tokens: list[str] = header["tokenizer.ggml.tokens"]
    scores: list[float] = header["tokenizer.ggml.scores"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    mergeable = vocabulary.keys() - {token for token, _ in _of_kinds(header, (_UNKNOWN, _CONTROL, _USER, _BYTE))}
    merges = [
        (scores[vocabulary[token]], cut, token)
        for token in mergeable
        for cut in range(1, len(token))
        if token[:cut] in mergeable and token[cut:] in mergeable
    ]
    merges.sort(reverse=True)
    unknown = next((token for token, _ in _of_kinds(header, (_UNKNOWN,))), None)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=[(token[:cut], token[cut:]) for _, cut, token in merges],
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    spaces = normalizers.Replace(" ", "▁")
    prefixed = header.get("tokenizer.ggml.add_space_prefix", True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefixed else spaces
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if prefixed else steps)
    return tokenizer
