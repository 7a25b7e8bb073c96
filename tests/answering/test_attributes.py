"""An adjective, participle or noun before a noun has to stand in the span, unless it describes nothing."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.vetoes import failed_checks


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "The porter carried three locked trunks upstairs.",
            "The porter carried three locked leather trunks upstairs.",
        ),
        (
            "The porter carried three locked trunks upstairs.",
            "The porter carried three locked insulated trunks upstairs.",
        ),
        ("Bells hang in the tower.", "Bronze bells hang in the tower."),
        ("She sells eggs.", "She sells brown eggs."),
        ("The cook ordered spoons for the inn.", "The cook ordered silver spoons for the inn."),
        ("The zoo lent the tortoise to a farm.", "The zoo lent the giant tortoise to a farm."),
        ("The shop sold two sheets of blue paper.", "The shop sold two sheets of blue tracing paper."),
        ("The abbey hired a guide for the pilgrims.", "The abbey hired an experienced guide for the pilgrims."),
        ("The miller paid the merchant on Friday.", "The miller paid the grain merchant on Friday."),
    ],
)
def test_an_added_attribute_is_refused(span: str, claim: str) -> None:
    assert "attribute" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "The porter carried three locked trunks upstairs.",
            "The said porter carried all three locked trunks upstairs.",
        ),
        ("The porter carried three locked trunks upstairs.", "The relevant porter carried the above trunks upstairs."),
        ("The inn bought two big kettles.", "The inn bought two large kettles."),
        ("The inn nursed two ill horses.", "The inn nursed two sick horses."),
        ("The cook bought two spoons made of silver.", "The cook bought two silver spoons."),
        ("The roof was mended with tiles that had been glazed.", "The roof was mended with glazed tiles."),
        ("Children swim in the pool of the school.", "Children swim in the school pool."),
        ("The guild keeps records.", "The guild keeps records."),
        ("The owners plan repairs of the barn.", "The owners schedule repairs of the barn."),
        ("The tenant pays the fee each year.", "The tenant pays an annual fee."),
    ],
)
def test_an_attribute_that_restates_or_singles_out_is_not(span: str, claim: str) -> None:
    assert "attribute" not in failed_checks(claim, span)


def test_who_does_something_and_what_is_done_are_no_attributes_of_what_follows() -> None:
    """ "Whoever buys linen cloth": neither word describes the cloth."""
    assert "attribute" not in failed_checks("Whoever buys linen cloth here pays.", "The buyer of linen cloth pays.")
    assert "attribute" in failed_checks("Whoever buys coarse linen cloth pays.", "The buyer of linen cloth pays.")
