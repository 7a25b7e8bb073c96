"""Pairs of questions and sentences: what answers is told from what does not, and no question is in both parts."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "benchmarks" / "datasets")]

import answer_pairs  # noqa: E402

CONTEXT = "The mill was sold in May. It is of stone. The buyer paid in June. Two mares were kept there. The roof leaks."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    answered = {"question": "When did he pay?", "answers": [{"text": "June", "answer_start": CONTEXT.index("June")}],
                "is_impossible": False}  # fmt: skip
    unanswered = {"question": "When was the barn sold?", "answers": [], "is_impossible": True,
                  "plausible_answers": [{"text": "May", "answer_start": CONTEXT.index("May")}]}  # fmt: skip
    squad = {"data": [{"paragraphs": [{"context": CONTEXT, "qas": [answered, unanswered]}]}]}
    (tmp_path / "squad2-dev-half.json").write_text(json.dumps(squad))
    (tmp_path / "qamr-sentences.tsv").write_text("a\tHe paid -LRB- twice -RRB- .\nb\tIt rained .\n")
    (tmp_path / "qamr-dev.tsv").write_text("a\t0\t1\t0\t0\tWho paid?\t0\n" * 1)
    (tmp_path / "qamr-test.tsv").write_text("b\t0\t1\t0\t0\tWhat fell?\t0\n")
    return tmp_path


def test_a_question_without_an_answer_is_set_against_what_seems_to_give_one(folder: Path) -> None:
    made = list(answer_pairs.squad(folder, random.Random(0)))

    right = [(one["first"], one["second"]) for one in made if one["label"] == "relevant"]
    wrong = [(one["first"], one["second"]) for one in made if one["label"] == "irrelevant"]
    assert right == [("When did he pay?", "The buyer paid in June.")]
    assert ("When was the barn sold?", "The mill was sold in May.") in wrong
    assert len([one for one in wrong if one[0] == "When did he pay?"]) == answer_pairs.WRONG


def test_tokens_of_a_sentence_are_put_together_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(0)
    monkeypatch.setattr(rng, "sample", lambda items, _: list(items))
    made = [one for one in answer_pairs.qamr(folder, rng) if one["label"] == "relevant"]

    assert {(one["first"], one["second"]) for one in made} == {
        ("Who paid?", "He paid (twice)."), ("What fell?", "It rained.")
    }  # fmt: skip


def test_a_question_is_held_out_with_all_its_sentences() -> None:
    questions = [f"Who paid bill {number}?" for number in range(400)]
    held = [one for one in questions if answer_pairs.is_held_out({"first": one, "second": "He."})]

    assert 5 <= len(held) <= 40
    assert all(answer_pairs.is_held_out({"first": one, "second": "She did."}) for one in held)
