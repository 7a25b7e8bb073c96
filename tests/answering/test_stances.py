"""What somebody admits and what they deny keep their words apart, and no more is denied than was."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.vetoes import failed_checks

BOTH = "The warden admitted that she had opened the sluice but denied that she had drained the pond."
IN_MAY = "Mr Adeyemi conceded that he had seen the plan in March but denied that he had approved it in May."


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (BOTH, "The warden admitted that she had opened the sluice without draining the pond."),
        (BOTH, "The warden denied that she had opened the sluice but admitted that she had drained the pond."),
        (BOTH, "The warden denied that she had opened the sluice without draining the pond."),
        (BOTH, "The warden admitted that she had not drained the pond."),
        (BOTH, "The warden admitted that she had drained the pond."),
        (
            "The warden admitted that she had opened the sluice but denied that she had refused to drain the pond.",
            "The warden admitted that she had opened the sluice without draining the pond.",
        ),
        (
            "The warden admitted that she had opened the sluice but denied that the diver had drained the pond.",
            "The warden denied that she had drained the pond.",
        ),
        (IN_MAY, "Mr Adeyemi denied that he had approved the plan."),
        (IN_MAY, "Mr Adeyemi conceded that he had seen the plan in March and approved it in May."),
        ("The buyer denies having received two of the crates.", "The buyer denies having received the crates."),
    ],
)
def test_what_was_denied_is_not_said_as_admitted_nor_more_of_it(span: str, claim: str) -> None:
    assert "stance" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (BOTH, "The warden denied that she had drained the pond."),
        (BOTH, "The warden denied having drained the pond."),
        (BOTH, "The warden admitted that she had opened the sluice."),
        (BOTH, "The warden admitted having opened the sluice but denied having drained the pond."),
        (IN_MAY, "Mr Adeyemi denied that he had approved it in May."),
        ("The cook denied having seen or heard anything.", "The cook denied having heard anything."),
        ("The board denied that the roof leaked.", "The board did not admit that the roof leaked."),
        ("The board denies that the roof leaks.", "It is denied by the board that the roof leaks."),
        ("The driver denied that he had been warned.", "The driver says that he was not warned."),
        ("The council denied the application on Monday.", "The application was denied on Monday."),
    ],
)
def test_a_denial_or_admission_in_other_words_passes(span: str, claim: str) -> None:
    assert "stance" not in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim", "turned"),
    [
        ("The barge was struck by the ferry.", "The ferry was run into by the barge.", True),
        ("The barge was struck by the ferry.", "The barge was run into by the ferry.", False),
        ("Ms Roy was replaced by Mr Lund in May.", "Mr Lund was succeeded by Ms Roy.", True),
        ("The hall was let by the parish.", "The hall was rented out by the parish.", False),
    ],
)
def test_of_two_each_keeps_its_side_of_a_passive_whatever_the_verb(span: str, claim: str, turned: bool) -> None:
    assert ("passive turned" in failed_checks(claim, span)) is turned


@pytest.mark.parametrize(
    ("claim", "span", "turned"),
    [
        ("The mate had warned of the hatch.", "The mate had been warned about the hatch.", True),
        ("The mate was told in May.", "The mate told the owner in May.", True),
        ("The mate was warned about the hatch.", "The mate had been warned about the hatch.", False),
        ("The mate was paid.", "The owner paid the mate.", False),
        ("The owner paid the mate.", "The mate was paid by the owner.", False),
    ],
)
def test_who_was_told_told_nobody(claim, span, turned):
    assert ("addressed" in failed_checks(claim, span)) is turned
