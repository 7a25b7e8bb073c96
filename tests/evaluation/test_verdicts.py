"""What the measuring of verdicts promises: counts of the product's own verdicts, calibrations of other cases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hybrid.answering.verification.judgement import Judgement, Pair
from hybrid.cli import main
from hybrid.errors import InputError
from hybrid.evaluation.verdicts import (
    Case,
    ExaminedCase,
    Outcome,
    evaluate,
    fit_calibration,
    fold_calibrations,
    read_cases,
)
from hybrid.settings import AnswerSettings

LEASE = "The Tenant shall pay the rent of $4,500 before the fifth day of each month."
CASES = [
    Case(corpus=LEASE, claim=LEASE, carried=True, kind="copy"),
    Case(corpus=LEASE, claim=LEASE.replace("shall", "must"), carried=True, kind="one word"),
    Case(corpus=LEASE, claim=LEASE.replace("4,500", "5,400"), carried=False, kind="amount"),
    Case(corpus=LEASE, claim="The landlord has its money while the month is young.", carried=True, kind="reworded"),
    Case(corpus="The parties met in Bergen.", claim=LEASE, carried=False, kind="other text"),
]


class SameVector:
    """Every text has the same embedding: the cosine of the rule of ``supported`` always holds."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 1), dtype=np.float32)


class Scripted:
    """A model whose probability of a claim is written down, and which counts what it is asked."""

    name = "scripted"

    def __init__(self, probability: dict[str, float]) -> None:
        self.probability = probability
        self.asked: list[Pair] = []

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        self.asked += pairs
        return [Judgement(self.probability[claim]) for _, claim in pairs]


def verdict(case: Case, model: Scripted | None = None) -> str:
    return ExaminedCase(case, SameVector()).outcome(model).verdict


def test_each_claim_is_judged_against_its_own_text_alone() -> None:
    assert [verdict(case) for case in CASES[:3]] == ["verbatim", "supported", "contradicted"]
    assert verdict(CASES[4]) == "unsupported"  # though another case's text says exactly this


def test_a_claim_of_two_sentences_has_the_weaker_of_their_verdicts() -> None:
    both = Case(corpus=LEASE, claim=f"{LEASE} The Tenant keeps a dog.", carried=False)
    assert verdict(both) == "unsupported"
    assert verdict(both.model_copy(update={"claim": f"{LEASE} {LEASE}"})) == "supported"


def test_rows_are_all_false_true_and_then_kinds_the_worst_first() -> None:
    rows = evaluate([*CASES, CASES[0].model_copy(update={"carried": False, "kind": "mislabelled"})], SameVector()).rows
    assert [(row["claims"], row["kind"]) for row in rows] == [
        ("all", ""), ("false", ""), ("true", ""),
        ("false", "mislabelled"), ("false", "amount"), ("false", "other text"),
        ("true", "reworded"), ("true", "copy"), ("true", "one word"),
    ]  # fmt: skip
    false, true = rows[1], rows[2]
    assert (false["cases"], false["verbatim"], false["contradicted"], false["unsupported"]) == (3, 1, 1, 1)
    assert (true["cases"], true["verbatim"], true["supported"], true["unsupported"]) == (3, 1, 1, 1)
    assert (false["approved"], true["approved"]) == (pytest.approx(1 / 3, abs=1e-6), pytest.approx(2 / 3, abs=1e-6))
    assert rows[0]["likely right"] is None


NOUNS = (
    "harbour",
    "mill",
    "orchard",
    "quarry",
    "bakery",
    "tannery",
    "foundry",
    "brewery",
    "dairy",
    "barn",
    "inn",
    "chapel",
)


def numbered(count: int) -> tuple[list[Case], Scripted]:
    """Cases that pass the vetoes and that the rule of ``supported`` leaves open, half of them true, and an
    overconfident model: 0.98 for claims of which three quarters are true, 0.6 for those of which one quarter is."""
    cases, probability = [], {}
    for number in range(count):
        thing = f"{NOUNS[number % 12]} {NOUNS[number // 12 % 12]}"
        claim = f"People in the valley remember the old {thing} fondly."
        high, rare = number % 2 == 0, number // 2 % 4 == 3
        cases.append(Case(corpus=f"The old {thing} is fondly remembered by people of the town.", claim=claim,
                          carried=high != rare))  # fmt: skip
        probability[claim] = 0.98 if high else 0.6
    return cases, Scripted(probability)


def test_the_share_of_likely_that_is_right_and_the_calibration_are_those_of_the_cases() -> None:
    cases, model = numbered(80)
    report = evaluate(cases, SameVector(), model=model)
    as_set = report.rows[0]
    assert (as_set["calibration"], as_set["likely"], as_set["asked"]) == ("as set", 40, 80)
    assert as_set["likely right"] == pytest.approx(0.75)
    assert as_set["ECE"] == pytest.approx((0.98 - 0.75 + 0.6 - 0.25) / 2, abs=1e-6)
    assert as_set["Brier"] == pytest.approx(np.mean([0.98**2 / 4 + 0.02**2 * 3 / 4, 0.4**2 / 4 + 0.6**2 * 3 / 4]))


def test_a_calibration_is_measured_on_cases_that_it_was_not_fitted_on_and_printed_as_settings() -> None:
    cases, model = numbered(144)
    report = evaluate(cases, SameVector(), model=model)
    fitted = next(row for row in report.rows if str(row["calibration"]).startswith("fitted"))
    assert fitted["ECE"] < report.rows[0]["ECE"] / 2
    assert fitted["likely"] == 0  # 0.75 at best, and 0.9 is asked for
    values = dict(note.split(" = ") for note in report.notes if note.startswith("answer.entailment_"))
    lines = {key.removeprefix("answer."): float(value) for key, value in values.items()}
    settings = AnswerSettings.model_validate(lines)
    again = evaluate(cases, SameVector(), settings, model=model).rows[0]
    assert again["ECE"] < 0.05


def test_no_case_is_measured_by_a_calibration_that_was_fitted_on_it() -> None:
    cases, model = numbered(20)
    raw = [ExaminedCase(case, SameVector()).outcome(model) for case in cases]
    flipped = raw[0].case.model_copy(update={"carried": not raw[0].case.carried})
    before = fold_calibrations(raw, seed=0)
    after = fold_calibrations([Outcome(flipped, raw[0].verdict, raw[0].probability), *raw[1:]], seed=0)
    assert before is not None
    assert after is not None
    assert before[0] == after[0]
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 16  # those of the other four folds


def test_cases_of_one_text_are_in_one_fold() -> None:
    cases, model = numbered(20)
    raw = [ExaminedCase(case, SameVector()).outcome(model) for case in cases]
    found = fold_calibrations([*raw, *raw], seed=0)
    assert found is not None
    assert found[:20] == found[20:]


def test_the_model_is_asked_once_about_each_pair() -> None:
    cases, model = numbered(40)
    evaluate(cases, SameVector(), model=model)
    assert len(model.asked) == len(set(model.asked)) == 40


def test_the_diagram_shows_both_calibrations_against_the_diagonal() -> None:
    cases, model = numbered(80)
    (plot,) = evaluate(cases, SameVector(), model=model).plots
    assert plot.diagonal
    assert [series.name for series in plot.series] == ["as set", "fitted, 5 folds"]
    assert plot.series[0].x == pytest.approx([0.6, 0.98])
    assert plot.series[0].y == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize("carried", [True, False])
def test_cases_that_cannot_be_fitted_are_said_to_be(carried: bool) -> None:
    cases, model = numbered(10)
    report = evaluate([case.model_copy(update={"carried": carried}) for case in cases], SameVector(), model=model)
    assert any("No calibration was fitted" in note for note in report.notes)
    assert {row["calibration"] for row in report.rows} == {"as set"}


def test_a_model_that_is_surer_of_what_is_false_is_not_calibrated() -> None:
    def outcome(probability: float, carried: bool) -> Outcome:
        return Outcome(Case(corpus="a", claim="b", carried=carried), "unsupported", probability)

    assert fit_calibration([outcome(0.9, False), outcome(0.2, True)]) is None
    fitted = fit_calibration([outcome(0.2, False), outcome(0.9, True)])
    assert fitted is not None
    assert fitted.slope > 0


GOOD = {"corpus": LEASE, "claim": LEASE, "carried": True}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (json.dumps({"corpus": LEASE, "claim": LEASE}), "line 2: carried"),
        (json.dumps(GOOD | {"carried": "yes"}), "line 2: carried"),
        (json.dumps(GOOD | {"claim": " "}), "line 2: claim"),
        (json.dumps(GOOD | {"corpus": ""}), "line 2: corpus"),
        (json.dumps(GOOD | {"label": 1}), "line 2: label"),
        ("{", "line 2: not JSON"),
    ],
)
def test_a_wrong_line_is_named_by_number_and_field(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=said):
        read_cases(path)


def test_the_command_prints_the_report_and_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(case.model_dump_json() + "\n" for case in CASES), "utf-8")
    result = CliRunner().invoke(main, ["eval", "verdicts", str(path), "--json", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "out" / "verdicts.json").read_text("utf-8"))
    assert written["rows"][1]["approved"] == 0
    assert "verdicts.md" in result.stderr
    told = [json.loads(line) for line in (tmp_path / "out" / "verdicts_cases.jsonl").read_text("utf-8").splitlines()]
    assert [one["claim"] for one in told] == [case.claim for case in CASES]
    assert sum(one["approved"] for one in told) == sum(
        written["rows"][0][verdict] for verdict in ("verbatim", "supported", "likely")
    )
