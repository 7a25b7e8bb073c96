"""What narrows a noun of a span may be left out of one definite thing, and not of all of a kind."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.alignment import says_the_same
from hybrid.answering.verification.vetoes import failed_checks

CHECK = "narrowing dropped"


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The guild lent ploughs to farmers in the valley.", "The guild lent ploughs to farmers."),
        ("The smith tested the anchors on hulk 3.", "The smith tested the anchors."),
        ("The smith tested the anchors on the hulk.", "The anchors were tested by the smith."),
        ("The abbey gave bread to widows over seventy.", "The abbey gave bread to widows."),
        ("The abbey gave bread to widows who had no kin.", "The abbey gave bread to widows."),
        ("The abbey sold hides from the tannery.", "The abbey sold hides."),
        ("The printer issued ballads by sailors.", "The printer issued ballads."),
        ("The smith tested the iron anchors.", "The smith tested the anchors."),
        ("The smith tested anchors weighing a ton.", "The smith tested anchors."),
        ("The guild lent ploughs to farmers without oxen.", "The guild lent ploughs to farmers."),
        ("The smith did not test the anchor from Hull.", "The smith did not test the anchor."),
        ("The ferry stops if the river freezes at Stoke.", "The ferry stops if the river freezes."),
    ],
)
def test_what_narrows_a_noun_may_not_be_dropped(span: str, claim: str) -> None:
    assert CHECK in failed_checks(claim, span)
    assert CHECK not in failed_checks(span, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The smith tested the anchor on the hulk.", "The smith tested the anchor."),
        ("The abbot read the letter of the prior.", "The abbot read the letter."),
        ("The smith tested the anchors on Tuesday.", "The smith tested the anchors."),
        ("The smith tested the anchors in March 1402.", "The smith tested the anchors."),
        ("The smith tested the anchors in silence.", "The smith tested the anchors."),
        ("The guild lent ploughs to farmers.", "The guild lent ploughs."),
        ("The guild bought ploughs from the smith.", "The guild bought ploughs."),
        ("Letters were sent to the members by the clerk.", "Letters were sent to the members."),
        ("The smith tested three anchors on the hulk.", "The smith tested three anchors."),
        ("The smith tested some anchors on the hulk.", "The smith tested some anchors."),
        ("The abbey gave bread to widows over seventy.", "The abbey gave bread to widows over 70."),
        ("The abbey gave bread to the widows of Stoke.", "The abbey gave bread to Stoke's widows."),
    ],
)
def test_what_narrows_one_thing_or_an_event_may_be_dropped(span: str, claim: str) -> None:
    assert CHECK not in failed_checks(claim, span)


def test_another_preposition_of_a_phrase_without_a_comma_is_seen() -> None:
    span, claim = "During the siege the miller fed the garrison.", "The miller fed the garrison after the siege."
    assert "preposition" in failed_checks(claim, span)
    assert says_the_same("The miller fed the garrison during the siege.", span)


def test_a_report_that_is_delivered_is_not_a_report_of_what_is_said() -> None:
    assert failed_checks("The clerk burnt the report.", "The clerk burnt the report on Monday.") == ()
    assert "attribution" in failed_checks("The mill burnt down.", "The mill burnt down, the clerk said.")


def test_a_company_in_its_short_and_long_form_is_one() -> None:
    assert says_the_same("Stoke Mills Ltd. sold the ferry.", "Stoke Mills Limited sold the ferry.")
    assert not says_the_same("Stoke Mills Ltd sold the ferry.", "Stoke Quarries Limited sold the ferry.")
