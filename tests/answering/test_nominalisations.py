"""What is said with a noun of action, of two statements by one speaker, or of a pronoun's subject, in another form."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.alignment import says_the_same
from hybrid.answering.verification.nominalisations import verbal_forms
from hybrid.answering.verification.restatements import restatements
from hybrid.answering.verification.vetoes import failed_checks


def entailed(claim: str, span: str) -> bool:
    """Whether the span, or what it entails by its form, passes the checks and says what the claim says."""
    return any(
        not failed_checks(claim, one) and says_the_same(claim, one) for one in (span, *restatements(claim, span))
    )


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The rejection of the toll by the guild came in Lent.", "The guild rejected the toll in Lent."),
        ("The abbot's appointment of the cellarer was in 1402.", "The abbot appointed the cellarer in 1402."),
        ("The abbot appointed the cellarer in 1402.", "The appointment of the cellarer by the abbot was in 1402."),
        ("The miller notified the abbot of the flood.", "The miller gave the abbot notice of the flood."),
        ("The miller denied moving the stone but admitted breaking it.", "The miller admitted breaking the stone."),
        ("The miller denied moving the stone but admitted breaking it.", "The miller denied moving the stone."),
        ("She denied the theft but admitted the debt.", "She admitted the debt."),
        ("The miller admitted the debt but denied the theft.", "The miller denied the theft."),
        ("Mr Dell came to the abbey in 1402. He opened a forge in 1404.", "Mr Dell opened a forge in 1404."),
        ("The weir was built in 1402. It was raised by the guild in 1404.", "The guild raised the weir in 1404."),
        ("The roof of the forge leaks.", "The forge's roof leaks."),
        ("The forge was searched before the trial.", "The forge was searched prior to the trial."),
    ],
)
def test_another_form_of_a_sentence_is_entailed(span: str, claim: str) -> None:
    assert entailed(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The rejection of the toll by the guild came in Lent.", "The guild rejected the toll in June."),
        ("The abbot appointed the cellarer in 1402.", "The appointment of the abbot by the cellarer was in 1402."),
        ("The appointment of the abbot by the cellarer was in 1402.", "The abbot appointed the cellarer in 1402."),
        ("The miller notified the abbot of the flood.", "The abbot gave the miller notice of the flood."),
        ("The miller denied moving the stone but admitted breaking it.", "The miller admitted moving the stone."),
        ("The miller denied moving the stone but admitted breaking it.", "The miller denied breaking the stone."),
        ("She denied the theft but admitted the debt.", "She admitted the theft."),
        ("The clerk said that Dell denied the theft but admitted the debt.", "The clerk admitted the debt."),
        ("Mr Dell came to Stoke in 1402. He opened a forge in 1404.", "Mr Dell opened a forge in 1402."),
        ("Mr Dell met Mr Orr in 1402. He opened a forge in 1404.", "Mr Dell opened a forge in 1404."),
        ("Mr Dell married in 1402. She opened a forge in 1404.", "Mr Dell opened a forge in 1404."),
        ("The guild bought the weir. It was raised in 1404.", "The guild was raised in 1404."),
        ("The roof of the forge leaks.", "The forge leaks."),
    ],
)
def test_another_deed_speaker_or_subject_is_not_entailed(span: str, claim: str) -> None:
    assert not entailed(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The guild rejected the request for a toll.", "The guild refused the request for a toll."),
        ("The trial took place on 3rd May 1802.", "The trial was held on May 3, 1802."),
    ],
)
def test_another_word_for_it_is_no_veto(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()


def test_how_often_something_was_done_is_how_many_times_it_has_a_noun() -> None:
    span = "The baker tested the oven twice in May."
    (other,) = verbal_forms("The baker carried out two tests of the oven in May.", span)
    assert other == "The baker carried out two tests of the oven in May."
    assert list(verbal_forms("The baker carried out three tests of the oven in May.", span)) == [other]
    assert list(verbal_forms("The baker carried out two repairs of the oven in May.", span)) == []
