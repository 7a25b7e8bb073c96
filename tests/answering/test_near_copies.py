"""In a claim that is nearly the sentence, a small word that is another makes it another claim, unless a construction
takes it."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.vetoes import failed_checks


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The ferry sails to the island on Sundays.", "The ferry sails from the island on Sundays."),
        ("The levy grows by 12 euros each spring.", "The levy grows to 12 euros each spring."),
        ("The silo was all but empty at harvest.", "The silo was empty at harvest."),
        ("The court heard even the youngest witness in May.", "The court heard the youngest witness in May."),
        ("The guard just heard the shot near the gate.", "The guard heard just the shot near the gate."),
        ("The lamps may be lit but for one hour a night.", "The lamps may be lit for one hour a night."),
    ],
)
def test_a_small_word_that_is_another_is_refused(span: str, claim: str) -> None:
    assert failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The keeper fed the seals, the otters.", "The keeper fed the seals and the otters."),
        ("The roof of the mill was mended in May.", "The mill's roof was mended in May."),
        ("The mason carved the lintel in May.", "The lintel was carved by the mason in May."),
        ("The work costs between $800 and $950.", "The work costs at least $800 and at most $950."),
        ("The board unanimously agreed to the plan.", "All the board agreed to the plan."),
    ],
)
def test_what_a_construction_takes_is_no_other_claim(span: str, claim: str) -> None:
    assert "small word" not in failed_checks(claim, span)
