"""What verdicts promise about claims that were written apart from the code: false ones are not approved by rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hybrid.evaluation.verdicts import ExaminedCase, read_cases

CASES = Path(__file__).resolve().parents[2] / "benchmarks" / "verification" / "cases"
LISTS = [f"development-{letter}" for letter in "abcdefgjk"] + [f"held-out-{letter}" for letter in "hi"]
PASS_ALL_VETOES = dict(
    zip(
        (f"development-{letter}" for letter in "abcdefgjk"), (1, 3, 1, 11, 2, 2, 4, 4, 5), strict=True
    )  # of whole claims and parts
)
"""Of 60 false claims each (72 in j, 40 in k), those that a model may still call likely: nothing but the model stands
before it. As counted on 29 November 2026; a veto that is written or mended lowers a number, and none may rise. The
held-out lists have no number here: who writes vetoes would look at them when one rose."""


class SameVector:
    """Every text has the same embedding, so that the cosine of the rule of ``supported`` always holds: no false claim
    is refused by the embedder alone, and the test is fast."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 1), dtype=np.float32)


@cache
def examined(name: str) -> list[ExaminedCase]:
    return [ExaminedCase(case, SameVector()) for case in read_cases(CASES / f"{name}.jsonl")]


@pytest.mark.parametrize("name", LISTS)
def test_no_false_claim_is_verbatim_and_at_most_one_in_sixty_supported(name: str) -> None:
    false = [one for one in examined(name) if not one.case.carried]
    assert len(false) >= 40
    found = [(verdict, one.case.claim) for one in false if (verdict := one.outcome(None).verdict) != "unsupported"]
    assert [claim for verdict, claim in found if verdict == "verbatim"] == []
    assert len([claim for verdict, claim in found if verdict == "supported"]) <= 1, found


@pytest.mark.parametrize("name", PASS_ALL_VETOES)
def test_no_more_false_claims_pass_all_vetoes_than_before(name: str) -> None:
    passed = [one.case for one in examined(name) if not one.case.carried and one.passes_vetoes]
    said = "\n".join(f"{case.kind}: {case.claim}" for case in passed)
    assert len(passed) <= PASS_ALL_VETOES[name], said
