"""The entailment and ranking head: its eight-bit form, its loader and its loss, on a tiny model made here."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS / "verification"), str(BENCHMARKS / "datasets")]

from head import CrossEncoder, Head, dequantise, margin, quantise, save  # noqa: E402
from head_pairs import HELD_OUT_DISTORTIONS, HELD_OUT_REWORDINGS, held_out  # noqa: E402
from labelled_pairs import entailment  # noqa: E402
from train_head import LABELS, area, loss  # noqa: E402

WORDS = "[PAD] [UNK] [CLS] [SEP] the term is two three years fee was paid".split()  # noqa: SIM905
ENCODER = {"vocab_size": 4000, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
           "intermediate_size": 64, "max_position_embeddings": 64}  # fmt: skip
PAIRS = [("the term is two years", "the term is three years"), ("the fee was paid", "fee paid"), ("the", "the fee")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    torch.manual_seed(0)
    model = CrossEncoder(BertConfig(**ENCODER))
    save(folder, model.state_dict(), {"encoder": ENCODER, "longest": 16})
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_eight_bits_are_off_by_at_most_half_a_step_of_their_row() -> None:
    rows = torch.randn(300, 32) * torch.logspace(-3, 2, 300).unsqueeze(1)

    restored = dequantise(quantise({"w": rows}))["w"]

    step = rows.abs().amax(1, keepdim=True) / 127
    assert bool(((restored - rows).abs() <= step * 0.5001).all())


def test_the_eight_bit_head_scores_as_the_head_in_half_precision_does(folder: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    half.mkdir()
    for name in ("head.json", "tokenizer.json", "model.safetensors"):
        (half / name).write_bytes((folder / name).read_bytes())

    packed, whole = Head.load(folder).logits(PAIRS), Head.load(half).logits(PAIRS)

    assert (folder / "model.int8.safetensors").stat().st_size < 0.7 * (folder / "model.safetensors").stat().st_size
    assert np.abs(packed - whole).max() < 0.02


def test_the_scores_of_a_pair_do_not_depend_on_its_company(folder: Path) -> None:
    head = Head.load(folder)

    together = head.logits(PAIRS, batch=3)

    for row, pair in zip(together, PAIRS, strict=True):
        assert np.allclose(head.logits([pair])[0], row, atol=1e-5)


def test_a_probability_is_calibrated_by_the_two_numbers_of_the_card(folder: Path) -> None:
    head = Head.load(folder)
    plain = head.entailment(PAIRS)
    head.card["calibration"] = (2.0, -1.0)

    expected = 1 / (1 + np.exp(-(2.0 * np.log(plain / (1 - plain)) - 1.0)))

    assert np.allclose(head.entailment(PAIRS), expected, atol=1e-5)


def test_a_long_premise_is_cut_and_the_claim_is_kept_whole(folder: Path) -> None:
    head = Head.load(folder)
    claim = "the term is two years"

    long = head.logits([(claim, "fee was paid " * 40)])
    longer = head.logits([(claim, "fee was paid " * 80)])
    other = head.logits([("the term is three years", "fee was paid " * 40)])

    assert np.allclose(long, longer)
    assert not np.allclose(long, other)


def test_a_claim_that_is_not_entailed_may_be_neutral_or_contradicted_alike() -> None:
    not_entailed = torch.tensor([LABELS.index("not")])

    neutral, opposite, wrong = (
        loss(torch.tensor([values]), not_entailed).item()
        for values in ([-9.0, 9.0, -9.0, 0.0], [-9.0, -9.0, 9.0, 0.0], [9.0, -9.0, -9.0, 0.0])
    )

    assert math.isclose(neutral, opposite, rel_tol=1e-4)
    assert wrong > neutral + 5


def test_the_area_under_the_curve_counts_a_tie_as_half() -> None:
    assert area(np.array([1.0, 2.0]), np.array([0.0, 0.5])) == 1.0
    assert area(np.array([1.0]), np.array([1.0, 0.0])) == 0.75
    assert math.isclose(margin(np.array([[0.0, 0.0, 0.0, 5.0]]))[0], -math.log(2))


def test_what_evaluation_is_about_is_left_out_of_training() -> None:
    for kind in HELD_OUT_DISTORTIONS | HELD_OUT_REWORDINGS:
        assert held_out(entailment("a claim", "a premise", "not", "made:cuad", kind))
    assert not held_out(entailment("a claim", "a premise", "not", "made:cuad", "number changed"))
