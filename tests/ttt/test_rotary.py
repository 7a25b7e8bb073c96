"""Rotary frequencies are those of transformers, computed apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hybrid.errors import UnsupportedModelError
from hybrid.ttt.checkpoints.config_readers import config_from_json
from hybrid.ttt.model.config import RopeScaling, half_split, interleaved, rotary_of

SHAPE: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 9,
    "hidden_size": 512,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 131072,
}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}


@pytest.mark.parametrize(
    ("head_dim", "rope"),
    [
        (128, {"rope_type": "default", "rope_theta": 1e6}),
        (128, {"rope_type": "linear", "factor": 3.0, "rope_theta": 1e4}),
        (128, LLAMA3 | {"rope_theta": 5e5, "original_max_position_embeddings": 8192}),
        (64, LLAMA3 | {"rope_theta": 5e5, "original_max_position_embeddings": 8192, "factor": 32.0}),
        (64, LLAMA3 | {"rope_theta": 5e5}),
        (128, YARN | {"rope_theta": 1e6}),
        (64, YARN | {"rope_theta": 1e4, "factor": 40.0, "beta_fast": 16, "beta_slow": 2}),
        (64, YARN | {"rope_theta": 1e4, "mscale": 0.7, "mscale_all_dim": 1.0}),
        (64, YARN | {"rope_theta": 1e4, "attention_factor": 1.7, "truncate": False}),
        (64, YARN | {"rope_theta": 1e4, "factor": None}),
        (64, YARN | {"rope_theta": 1e4, "beta_fast": 4, "beta_slow": 4, "truncate": False}),
        (8, YARN | {"rope_theta": 1e4, "original_max_position_embeddings": 4}),
        (8, YARN | {"rope_theta": 1e1, "original_max_position_embeddings": 10**9}),
    ],
    ids=lambda value: value["rope_type"] if isinstance(value, dict) else f"d{value}",
)
def test_frequencies_are_those_of_transformers(head_dim: int, rope: dict[str, Any]) -> None:
    transformers = pytest.importorskip("transformers")
    raw = SHAPE | {"head_dim": head_dim, "rope_parameters": rope}
    ours = rotary_of(config_from_json(raw, "test"))
    theirs = transformers.LlamaConfig(**{k: v for k, v in raw.items() if k != "architectures"})
    if rope["rope_type"] == "default":
        frequencies, magnitude = 1e6 ** -(torch.arange(0, head_dim, 2) / head_dim), 1.0
    else:
        initialise = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS[rope["rope_type"]]
        frequencies, magnitude = initialise(theirs, "cpu")
    torch.testing.assert_close(ours.frequencies.float(), frequencies, rtol=2e-6, atol=0)
    assert ours.frequencies.dtype == torch.float64
    assert ours.magnitude == pytest.approx(magnitude, rel=1e-12)


def test_scaling_that_does_not_fit_is_refused() -> None:
    config = config_from_json(SHAPE, "test")
    for scaling in (RopeScaling("divisors", (("0", 1.0),)), RopeScaling("spiral", ())):
        with pytest.raises(UnsupportedModelError, match=r"divisors|spiral"):
            rotary_of(type(config)(**{**vars(config), "rope_scaling": scaling}))


@pytest.mark.parametrize("shape", [(24,), (24, 5)], ids=["vector", "matrix"])
def test_rows_of_heads_change_between_pairs_and_halves(shape: tuple[int, ...]) -> None:
    rows = torch.randn(shape)
    halves = half_split(rows, 8)
    for head in range(3):
        for pair in range(4):
            assert torch.equal(halves[head * 8 + pair], rows[head * 8 + 2 * pair])
            assert torch.equal(halves[head * 8 + 4 + pair], rows[head * 8 + 2 * pair + 1])
    assert torch.equal(interleaved(halves, 8), rows)
