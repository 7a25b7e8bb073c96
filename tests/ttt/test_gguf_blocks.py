"""The block formats of GGUF, read and multiplied, against what ggml's structures say, weight by weight."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from hybrid.errors import UnsupportedModelError
from hybrid.kernels.packed import Quantised, QuantisedMatrix
from hybrid.ttt.checkpoints.gguf import GgufFile

ROWS, COLUMNS = 48, 512


def half(data: bytes, at: int) -> float:
    return float(struct.unpack_from("<e", data, at)[0])


def nibble(data: bytes, at: int, number: int) -> int:
    """Of the 16 bytes from ``at``: the lower halves are the first 16 numbers."""
    return data[at + number] & 15 if number < 16 else data[at + number - 16] >> 4


def q4_0(data: bytes, i: int) -> float:
    return half(data, 0) * (nibble(data, 2, i) - 8)


def q4_1(data: bytes, i: int) -> float:
    return half(data, 0) * nibble(data, 4, i) + half(data, 2)


def q5_0(data: bytes, i: int) -> float:
    fifth = int.from_bytes(data[2:6], "little") >> i & 1
    return half(data, 0) * (nibble(data, 6, i) + 16 * fifth - 16)


def q5_1(data: bytes, i: int) -> float:
    fifth = int.from_bytes(data[4:8], "little") >> i & 1
    return half(data, 0) * (nibble(data, 8, i) + 16 * fifth) + half(data, 2)


def q8_0(data: bytes, i: int) -> float:
    return half(data, 0) * int.from_bytes(data[2 + i : 3 + i], "little", signed=True)


def six_bits(data: bytes, block: int) -> tuple[float, float]:
    """Scale and offset of a block of 32 in a structure of 256."""
    packed = data[4:16]
    if block < 4:
        scale, least = packed[block] & 63, packed[block + 4] & 63
    else:
        scale = packed[block + 4] & 15 | packed[block - 4] >> 6 << 4
        least = packed[block + 4] >> 4 | packed[block] >> 6 << 4
    return half(data, 0) * scale, half(data, 2) * least


def q4_k(data: bytes, i: int) -> float:
    scale, least = six_bits(data, i // 32)
    byte = data[16 + i // 64 * 32 + i % 32]
    return scale * (byte >> 4 if i % 64 >= 32 else byte & 15) - least


def q5_k(data: bytes, i: int) -> float:
    scale, least = six_bits(data, i // 32)
    byte = data[48 + i // 64 * 32 + i % 32]
    fifth = data[16 + i % 32] >> i // 32 & 1
    return scale * ((byte >> 4 if i % 64 >= 32 else byte & 15) + 16 * fifth) - least


def q6_k(data: bytes, i: int) -> float:
    half_of_256, quarter, column = i // 128, i % 128 // 32, i % 32
    byte = data[half_of_256 * 64 + quarter % 2 * 32 + column]
    low = byte >> 4 if quarter >= 2 else byte & 15
    high = data[128 + half_of_256 * 32 + column] >> 2 * quarter & 3
    scale = int.from_bytes(data[192 + i // 16 : 193 + i // 16], "little", signed=True)
    return half(data, 208) * scale * (low + 16 * high - 32)


ORACLES: dict[str, tuple[Callable[[bytes, int], float], tuple[int, ...]]] = {
    "Q4_0": (q4_0, (0,)),
    "Q4_1": (q4_1, (0, 2)),
    "Q5_0": (q5_0, (0,)),
    "Q5_1": (q5_1, (0, 2)),
    "Q8_0": (q8_0, (0,)),
    "Q4_K": (q4_k, (0, 2)),
    "Q5_K": (q5_k, (0, 2)),
    "Q6_K": (q6_k, (208,)),
}
"""The value of a weight of a structure, and where the structure's numbers of 16 bits lie."""
BLOCKED = [kind for kind in ORACLES if kind != "Q6_K"]


def random_file(path: Path, kind: str, rows: int = ROWS, columns: int = COLUMNS) -> tuple[Path, torch.Tensor]:
    """A file with one matrix ``t`` of random bytes but for its scales, and its weights [rows, columns] in float64."""
    weight_of, scales = ORACLES[kind]
    quantized = gguf.GGMLQuantizationType[kind]
    weights, size = gguf.GGML_QUANT_SIZES[quantized]
    generator = np.random.default_rng(0)
    raw = generator.integers(0, 256, (rows * columns // weights, size), dtype=np.uint8)
    for at in scales:
        raw[:, at : at + 2] = generator.normal(size=(len(raw), 1)).astype("<f2").view(np.uint8)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tensor("t", raw.reshape(rows, -1), raw_dtype=quantized)
    writer.add_tensor("line", raw[: columns // weights].reshape(-1), raw_dtype=quantized)
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    values = [weight_of(block.tobytes(), i) for block in raw for i in range(weights)]
    return path, torch.tensor(values, dtype=torch.float64).view(rows, columns)


def quantised(path: Path) -> Quantised:
    found = GgufFile(path).read_blocks("t")
    assert found is not None
    return Quantised(*(torch.from_numpy(part) for part in found))


@pytest.mark.parametrize("kind", ORACLES)
def test_a_matrix_is_read_as_its_format_defines(tmp_path: Path, kind: str) -> None:
    path, weights = random_file(tmp_path / "one.gguf", kind, 4)
    read = torch.from_numpy(GgufFile(path).read("t"))
    torch.testing.assert_close(read.double(), weights, rtol=2**-22, atol=2**-16)  # the sum is rounded to float32 once


@pytest.mark.parametrize("kind", BLOCKED)
def test_stored_codes_are_the_weights_that_are_read(tmp_path: Path, kind: str) -> None:
    path, _ = random_file(tmp_path / "one.gguf", kind, 4)
    found = quantised(path)
    assert found.four_bits is ("4" in kind)
    assert not found.four_bits or found.codes.max() <= 15
    np.testing.assert_array_equal(found.dequantized().numpy(), GgufFile(path).read("t"))


@pytest.mark.parametrize("kind", BLOCKED)
def test_a_product_from_stored_codes_errs_by_the_rounding_of_scales_and_of_itself(tmp_path: Path, kind: str) -> None:
    path, weights = random_file(tmp_path / "one.gguf", kind)
    matrix = quantised(path)
    x = torch.randn(1, COLUMNS, generator=torch.Generator().manual_seed(1)).bfloat16()
    exact = (x.double() @ weights.mT)[0]
    # What is multiplied is (code - middle) * scale + offset, the offset being the weight in the middle; of the
    # symmetric types it is 0, and of those of 8 bits `least` alone.
    scale, least = (part.double().repeat_interleave(32, 1) for part in (matrix.scale, matrix.least))
    offset = least + 8 * scale if matrix.four_bits else least
    rounded = ((weights - offset).abs() + offset.abs()) * 2**-9
    bound = (rounded @ x[0].double().abs()) * 1.001 + exact.abs() * 2**-8
    error = (QuantisedMatrix(matrix, None)(x)[0].double() - exact).abs()
    assert (error <= bound).all()
    assert (weights @ x[0].double()).abs().max() > 100 * error.mean()


def test_what_has_no_scale_for_each_32_weights_of_a_matrix_has_no_stored_form(tmp_path: Path) -> None:
    path, _ = random_file(tmp_path / "six.gguf", "Q6_K", 4)
    assert GgufFile(path).read_blocks("t") is None
    path, _ = random_file(tmp_path / "line.gguf", "Q8_0", 4)
    assert GgufFile(path).read_blocks("line") is None
    writer = gguf.GGUFWriter(tmp_path / "half.gguf", "llama")
    writer.add_tensor("t", np.ones((4, 64), np.float16))
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        write()
    writer.close()
    assert GgufFile(tmp_path / "half.gguf").read_blocks("t") is None


@pytest.mark.parametrize("kind", ["Q4_1", "Q5_0", "Q4_K"])
def test_a_matrix_that_is_missing_or_cut_off_is_named(tmp_path: Path, kind: str) -> None:
    path, _ = random_file(tmp_path / "one.gguf", kind, 4)
    with pytest.raises(UnsupportedModelError, match="no tensor"):
        GgufFile(path).read_blocks("u")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnsupportedModelError, match="cannot be read"):
        GgufFile(cut).read_blocks("t")
