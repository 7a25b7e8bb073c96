"""Products of one vector from packed weights are those of the weights, within the rounding that is documented."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hybrid.kernels import packed
from hybrid.kernels.packed import BlockedMatrix, Head, PlainMatrix, Quantised, QuantisedMatrix, linear


def columns_of(matrix: QuantisedMatrix, columns: int) -> Tensor:
    """Each entry on its own: the products with unit vectors, [N, K]."""
    return torch.cat([matrix(unit[None]) for unit in torch.eye(columns).bfloat16()]).mT.float()


@pytest.mark.parametrize(("rows", "columns"), [(16, 32), (48, 64), (80, 96), (576, 1536)])
def test_four_bit_products_have_the_stored_codes(rows: int, columns: int) -> None:
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 16, (rows, columns), generator=generator, dtype=torch.uint8)
    # Numbers that bfloat16 has exactly: then each product with a unit vector is the entry, once rounded.
    scale, least = (torch.randn(rows, columns // 32, generator=generator).bfloat16().float() for _ in range(2))
    matrix = Quantised(codes, scale, (least * 8).round() / 8 - 8 * scale)
    bias = torch.zeros(rows, dtype=torch.bfloat16)
    product = columns_of(QuantisedMatrix(matrix, bias), columns)
    torch.testing.assert_close(product, matrix.dequantized(), rtol=2**-8, atol=1e-5)


@pytest.mark.parametrize(("rows", "columns"), [(16, 32), (48, 64), (80, 288)])
def test_eight_bit_products_have_the_stored_codes(rows: int, columns: int) -> None:
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(-128, 128, (rows, columns), generator=generator).to(torch.int8)
    codes[0, :2] = torch.tensor([-128, 127])
    scale = torch.randn(rows, columns // 32, generator=generator).bfloat16().float()
    matrix = Quantised(codes, scale, torch.randn(rows, columns // 32, generator=generator).bfloat16().float())
    product = columns_of(QuantisedMatrix(matrix, None), columns)
    torch.testing.assert_close(product, matrix.dequantized(), rtol=2**-8, atol=1e-5)


def test_a_scale_that_bfloat16_rounds_errs_alike_in_both_halves_of_eight_bits() -> None:
    """Of codes that count from the middle only the scale is rounded: no code comes near its neighbour."""
    codes = torch.arange(-128, 128).to(torch.int8).reshape(-1, 32).repeat(2, 1)
    scale = torch.full((16, 1), 1.00388)  # between two numbers of bfloat16
    product = columns_of(QuantisedMatrix(Quantised(codes, scale, torch.zeros(16, 1)), None), 32)
    torch.testing.assert_close(product, codes * scale, rtol=2**-7, atol=0)


@pytest.mark.parametrize("bits", [4, 8])
def test_a_bias_is_added(bits: int) -> None:
    codes = torch.ones(16, 32, dtype=torch.uint8 if bits == 4 else torch.int8)
    matrix = Quantised(codes, torch.ones(16, 1), torch.zeros(16, 1))
    bias = torch.arange(16).bfloat16()
    product = QuantisedMatrix(matrix, bias)(torch.ones(1, 32, dtype=torch.bfloat16))
    assert product.tolist() == [[32.0 + row for row in range(16)]]


def test_stacked_with_eight_bits_codes_of_four_are_the_same_weights() -> None:
    generator = torch.Generator().manual_seed(0)
    four = torch.randint(0, 16, (16, 64), generator=generator, dtype=torch.uint8)
    eight = torch.randint(-128, 128, (16, 64), generator=generator).to(torch.int8)
    parts = [Quantised(codes, torch.rand(16, 2), torch.rand(16, 2)) for codes in (four, eight)]
    both = Quantised.stacked(parts)
    assert both.codes.dtype == torch.int8
    assert Quantised.stacked(parts[:1]).four_bits
    torch.testing.assert_close(both.dequantized(), torch.cat([part.dequantized() for part in parts]), rtol=0, atol=0)


@pytest.mark.parametrize("avx512", [True, False])
def test_a_matrix_of_an_odd_shape_is_multiplied_as_it_is_and_eight_bits_without_avx512(
    monkeypatch: pytest.MonkeyPatch, avx512: bool
) -> None:
    monkeypatch.setattr(packed, "_avx512", lambda: avx512)

    def takes(rows: int, columns: int, dtype: torch.dtype) -> bool:
        blocks = torch.zeros(rows, columns // 32)
        return QuantisedMatrix.takes(Quantised(torch.zeros(rows, columns, dtype=dtype), blocks, blocks))

    assert takes(16, 32, torch.uint8)
    assert takes(16, 32, torch.int8) is avx512
    for odd in ((24, 32), (16, 40)):
        assert not takes(*odd, torch.uint8)
        assert not takes(*odd, torch.int8)


def test_only_bfloat16_on_a_cpu_that_has_it_in_hardware_is_put_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = torch.zeros(16, 32, dtype=torch.bfloat16)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert not BlockedMatrix.takes(weight)
    assert isinstance(linear(weight, None), PlainMatrix)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert not BlockedMatrix.takes(weight.float())
    assert not BlockedMatrix.takes(weight.to("meta"))
    assert BlockedMatrix.takes(weight) is torch._C._has_mkldnn


@pytest.mark.skipif(not BlockedMatrix.takes(torch.zeros(1, 1, dtype=torch.bfloat16)), reason="no bfloat16 in hardware")
@pytest.mark.parametrize("with_bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (17, 31), (64, 96), (331, 257)])
def test_a_matrix_in_blocks_has_the_same_product(rows: int, columns: int, with_bias: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    weight, x = (torch.randn(size, columns, generator=generator).bfloat16() for size in (rows, 1))
    bias = torch.randn(rows, generator=generator).bfloat16() if with_bias else None
    made = linear(weight, bias)
    assert isinstance(made, BlockedMatrix)
    exact = x.double() @ weight.double().mT + (0 if bias is None else bias.double())
    torch.testing.assert_close(made(x).double(), exact, rtol=2**-8, atol=1e-4)
    torch.testing.assert_close(PlainMatrix(weight, bias)(x).double(), exact, rtol=2**-7, atol=1e-2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("width", [32, 40])
def test_the_head_finds_the_largest_logit_however_close_the_next_is(dtype: torch.dtype, width: int) -> None:
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(500, width, generator=generator) * torch.rand(500, 1, generator=generator)
    unembedding[250:] = unembedding[:250] * (1 + 2**-7)  # each row has a near twin that wins if positive
    unembedding[7] = 0
    unembedding = unembedding.to(dtype)
    head = Head(unembedding)
    for _ in range(200):
        hidden = torch.randn(width, generator=generator) * 10
        exact = unembedding.double() @ hidden.double()
        assert exact[head(hidden)] >= exact.max() * (1 - 1e-6)


def test_the_screen_bounds_its_error_and_leaves_few_rows() -> None:
    generator = torch.Generator().manual_seed(0)
    unembedding = torch.randn(4000, 64, generator=generator).bfloat16()
    head = Head(unembedding)
    for _ in range(50):
        hidden = torch.randn(64, generator=generator) * 3
        rows = head._candidates(hidden)
        assert rows is not None
        assert int((unembedding.float() @ hidden).argmax()) in rows.tolist()
        assert len(rows) < 100


def test_a_hidden_state_without_numbers_still_gives_a_token() -> None:
    head = Head(torch.randn(64, 32).bfloat16())
    assert 0 <= head(torch.full((32,), torch.nan)) < 64
    assert 0 <= head(torch.zeros(32)) < 64
