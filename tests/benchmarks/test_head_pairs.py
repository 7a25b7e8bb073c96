"""What the entailment head is trained on: sentences cut where they end, and nothing that its evaluation is about."""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS / "verification"))
sys.path.insert(0, str(BENCHMARKS / "datasets"))

from labelled_pairs import HELD_OUT_CATEGORIES, HELD_OUT_HYPOTHESES, contract_nli, cuad_contracts  # noqa: E402
from public_pairs import table, veridicality, wice  # noqa: E402
from sentence_pools import plain, sentences, spans, usable  # noqa: E402


def test_a_sentence_ends_at_its_stop_and_not_at_an_abbreviation() -> None:
    text = (
        "Mr. Hale of Delta Inc. signed. The U.S. buyer paid\n$5.50 at once!  “Why?” he asked.\n\nA HEADING\n\nThe end."
    )

    assert sentences(text) == [
        "Mr. Hale of Delta Inc. signed.",
        "The U.S. buyer paid $5.50 at once!",
        "“Why?” he asked.",
        "A HEADING",
        "The end.",
    ]
    assert all(text[start:end].strip() for start, end in spans(text))


def test_forms_headings_and_tables_are_not_used() -> None:
    assert usable("The Buyer shall pay the price within ten days.")
    assert not usable("The Buyer, ____________, shall pay the price.")
    assert not usable("THE BUYER SHALL PAY THE PRICE WITHIN TEN DAYS.")
    assert not usable("The price and the date of delivery")
    assert plain("---\ntitle: A\n---\n# Head\nSee [the terms](x.md) **now**.").split() == [
        "See",
        "the",
        "terms",
        "now.",
    ]


def test_a_table_of_inference_is_read_with_the_claim_first(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    with path.open("w", newline="") as lines:
        csv.writer(lines).writerows([["p", "h", "label"], ["It rains.", "It is wet.", "entailment"], ["A", "B", "-"]])

    (pair,) = table(path, "p", "h", "label", "made")

    assert (pair["first"], pair["second"], pair["label"]) == ("It is wet.", "It rains.", "entailment")


def test_a_claim_supported_in_part_is_not_entailed(tmp_path: Path) -> None:
    path = tmp_path / "wice.jsonl"
    row = {"claim": "He won twice in Rome.", "evidence": ["He won twice.", "It rained."], "supporting_sentences": [[0]]}
    path.write_text(
        "".join(json.dumps(row | {"label": label}) + "\n" for label in ("supported", "partially_supported"))
    )

    assert [pair["label"] for pair in wice(path, random.Random(0))] == ["entailment", "not"]


def test_a_complement_is_entailed_only_where_every_rater_says_so(tmp_path: Path) -> None:
    path = tmp_path / "verbs.tsv"
    path.write_text(
        "sentence\tneg_sentence\tcomplement\tturker_pos_ratings\tturker_neg_ratings\tsignature\n"
        "He knew it rained.\tHe did not know it rained.\tIt rained.\t2,1,1\t2,0,1\t+/+\n"
        "He hoped to win.\tHe did not hope to win.\tHe won.\t0,0,-1\t-1,0,0\to/o\n"
    )

    labels = [(pair["second"], pair["label"]) for pair in veridicality(path)]

    assert labels == [
        ("He knew it rained.", "entailment"),
        ("He hoped to win.", "not"),
        ("He did not hope to win.", "not"),
    ]


def test_hypotheses_kept_for_evaluation_are_not_trained_on(development_data: Path) -> None:
    trained = {pair["kind"] for pair in contract_nli("train", random.Random(0))}
    tried = {pair["kind"] for pair in contract_nli("evaluation", random.Random(0))}

    assert len(trained) == 12
    assert tried == HELD_OUT_HYPOTHESES


@pytest.mark.slow
def test_categories_and_contracts_kept_for_evaluation_are_not_trained_on(development_data: Path) -> None:
    trained, tried = cuad_contracts("train"), cuad_contracts("evaluation")

    assert not {contract["id"] for contract in trained} & {contract["id"] for contract in tried}
    assert not {category for contract in trained for category in contract["marked"]} & HELD_OUT_CATEGORIES
    assert {category for contract in tried for category in contract["marked"]} <= HELD_OUT_CATEGORIES
