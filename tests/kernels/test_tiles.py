"""Attention tiles by time where a card was measured, and the defaults that a GPU's timings decided."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from kernel_cases import AttentionCase, two_derivatives

from hybrid.errors import UnsupportedOperationError
from hybrid.kernels import reference
from hybrid.kernels.dispatch import choose
from hybrid.kernels.sliding_window import attention_with_lse, sliding_window_attention
from hybrid.kernels.triton import tiles as tile_tables
from hybrid.kernels.triton.tiles import TILES, WIDE_TILES, Tiles, measured_file, tiles

COMMITTED = sorted(tile_tables.FOLDER.glob("*.json"))


def test_a_measured_card_has_its_own_tiles_and_falls_back_where_nothing_was_measured() -> None:
    assert tiles("key_gradient", 64, "cuda:90", card="NVIDIA H200") == Tiles(64, 64, 64, 4, 3)
    assert tiles("key_gradient", 64, "cuda:90") == TILES["cuda:90"]["key_gradient"][64] != Tiles(64, 64, 64, 4, 3)
    assert tiles("pass_b", 256, "cuda:90", card="NVIDIA H200") == TILES["cuda:90"]["pass_b"][256]


def test_a_card_that_was_not_measured_takes_the_tiles_of_another_with_its_chip_and_of_no_other_chip() -> None:
    for kernel in ("forward", "pass_a"):
        h100 = tiles(kernel, 128, "cuda:90", card="NVIDIA H100 80GB HBM3")
        assert h100 == tiles(kernel, 128, "cuda:90", card="NVIDIA H200") != TILES["cuda:90"][kernel][128]
        assert tiles(kernel, 128, "cuda:80", card="NVIDIA A100-SXM4-80GB") == TILES["cuda:80"][kernel][128]


def test_wider_elements_take_tiles_of_their_own() -> None:
    assert tiles("forward", 40, "cuda:90", 4, "NVIDIA H200") == WIDE_TILES["forward"][64]


def test_the_variable_names_a_table_that_outranks_the_cards_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"card": "x", "chip": "cuda:90", "tiles": {"forward": {"64": [32, 16, 64, 2, 1]}}}))
    monkeypatch.setenv(tile_tables.VARIABLE, str(file))
    assert tiles("forward", 48, "cuda:90", card="NVIDIA H200") == Tiles(32, 16, 64, 2, 1)
    assert tiles("pass_a", 64, "cuda:90", card="NVIDIA H200") == TILES["cuda:90"]["pass_a"][64]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "{}",
        "[]",
        '{"tiles": {"forward": {"64": [48, 64, 64, 4, 2]}}}',
        '{"tiles": {"forward": {"64": [64, 64, 8, 4, 2]}}}',
        '{"tiles": {"forward": {"64": [64, 64, 64, 4]}}}',
        '{"tiles": {"forward": {"64": [64, 64, 64, 4, 0]}}}',
    ],
    ids=["missing", "empty", "no-table", "no-power-of-two", "too-narrow", "too-short", "no-stage"],
)
def test_a_table_that_cannot_be_read_is_refused_by_its_path(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv(tile_tables.VARIABLE, str(file))
    with pytest.raises(UnsupportedOperationError, match=f"{file} is no table of measured tiles"):
        tiles("forward", 64, "cuda:90", card="NVIDIA H200")


@pytest.mark.parametrize("file", COMMITTED, ids=lambda p: p.stem)
def test_every_table_that_ships_names_its_card_its_chip_and_kernels_that_there_are(file: Path) -> None:
    table = json.loads(file.read_text())
    assert measured_file(table["card"]) == file
    assert table["tiles"].keys() <= TILES[table["chip"]].keys()
    for kernel, heads in table["tiles"].items():
        for head in heads:
            assert tiles(kernel, int(head), table["chip"], card=table["card"]) == Tiles(*heads[head])
            assert int(head) in tile_tables.HEADS


@pytest.mark.parametrize("dim", [32, 64, 128, 200])
def test_the_measured_tiles_give_the_oracles_derivatives(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the interpreter, in float16, in which it multiplies rightly. With a cache, groups and odd lengths."""
    monkeypatch.setenv(tile_tables.VARIABLE, str(measured_file("NVIDIA H200")))
    case = AttentionCase("measured", 37, 75, 50, heads=2, groups=1, dim=dim, cached=38)
    inputs, constant = case.tensors(torch.float16), [(1, 38), (2, 38)]
    exact = [t.detach().double().requires_grad_() for t in inputs]

    def ours(*t: torch.Tensor) -> torch.Tensor:
        return sliding_window_attention(*t, case.window, cached=38, implementation="triton")

    right = two_derivatives(
        lambda *t: reference.sliding_window_attention(*t, case.window), exact, constant, torch.float16
    )
    for name, found in two_derivatives(ours, inputs, constant).items():
        assert (found.double() - right[name]).norm() <= 3e-3 * right[name].norm(), name


@pytest.mark.parametrize("implementation", ["torch", "triton"])
def test_frozen_keys_get_zeros_and_change_no_other_gradient(implementation: Any) -> None:
    inputs = AttentionCase("frozen", 9, 30, 20).tensors()

    def gradients(frozen: int) -> tuple[torch.Tensor, ...]:
        out, lse = attention_with_lse(*inputs, 20, scale=0.3, frozen=frozen, implementation=implementation)
        return torch.autograd.grad((out.sin().sum() + lse.sum()), inputs)

    for plain, found in zip(gradients(0), gradients(21), strict=True):
        first = 21 if plain.shape[2] == 30 else 0
        torch.testing.assert_close(found[:, :, first:], plain[:, :, first:])
        assert not found[:, :, :first].any()
        assert first == 0 or plain[:, :, :first].any()


def on_a_gpu(dtype: torch.dtype) -> Any:
    return SimpleNamespace(device=torch.device("cuda"), is_cuda=True, dtype=dtype)


def test_a_gpu_runs_triton_except_in_float64_and_where_pytorch_was_measured_to_be_faster() -> None:
    assert choose(None, on_a_gpu(torch.bfloat16)) == "triton"
    assert choose(None, on_a_gpu(torch.float64)) == "torch"
    assert choose(None, on_a_gpu(torch.bfloat16), preferred="torch") == "torch"
    assert choose("triton", on_a_gpu(torch.float32), preferred="torch") == "triton"
    with pytest.raises(UnsupportedOperationError, match="goes up to float32"):
        choose("triton", on_a_gpu(torch.float64))


@pytest.mark.parametrize(("dtype", "preferred"), [(torch.float32, "torch"), (torch.bfloat16, "triton")])
def test_float32_attention_prefers_pytorch(dtype: torch.dtype, preferred: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def spy(*arguments: Any, preferred: str = "triton") -> str:
        asked.append(preferred)
        return "torch"

    monkeypatch.setattr("hybrid.kernels.sliding_window.choose", spy)
    q = torch.zeros(1, 1, 2, 8, dtype=dtype)
    sliding_window_attention(q, q, q, 2)
    assert asked == [preferred]


def test_float32_is_multiplied_on_tensor_cores_as_three_products_of_tf32(monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.kernels.triton.launch import precision

    assert precision(torch.float32) == "ieee"  # the interpreter knows nothing else
    monkeypatch.setenv("TRITON_INTERPRET", "0")
    assert (precision(torch.float32), precision(torch.bfloat16)) == ("tf32x3", "ieee")
