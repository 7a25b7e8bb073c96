"""What a span says of a statement is not more in the claim: what is denied, open, under way or said of another."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.restatements import restatements
from hybrid.answering.verification.vetoes import failed_checks

# Each row: the check that must fail, what the document says, what is claimed.
FALSE = [
    ("denied as fact", "The baker denied that he had sold the oven.", "The baker had not sold the oven."),
    ("denied as fact", "The baker denied that he had sold the oven.", "The baker did not sell the oven."),
    ("denied as fact", "The skipper denies having left the helm.", "The skipper did not leave the helm."),
    ("denied as fact", "The witness denied being in the yard.", "The witness was not in the yard."),
    ("denied as fact", "Two pupils deny that they were told of the exam.", "Two pupils were not told of the exam."),
    ("denied as fact", "The mill disputes that the dam was raised.", "The dam was not raised."),
    ("denied as fact", "The club contests that the pitch was flooded.", "The pitch was not flooded."),
    ("denied as fact", "The ward rejects the claim that a bed was free.", "A bed was not free."),
    ("denied as fact", "It was denied that the seal had been broken.", "The seal had not been broken."),
    ("subject carried", "Marta phoned the roofer. He arrived in May.", "Marta phoned the roofer and arrived in May."),
    ("subject carried", "Piotr met Lars in Oslo. Lars lost his bag.", "Piotr met Lars in Oslo and lost his bag."),
    ("subject carried", "The guild sued the smith. She fled to Ghent.", "The guild sued the smith and fled to Ghent."),
    (
        "subject carried",
        "The crew hailed the tug. The captain sent a boat.",
        "The crew hailed the tug and sent a boat.",
    ),
    ("subject carried", "Ida lent the cart to Ove, and he broke it.", "Ida lent the cart to Ove and broke it."),
    ("quantifier moved", "Most roofs are laid by thatchers.", "Most thatchers lay roofs."),
    ("quantifier moved", "All trunks were opened by officers.", "All officers opened trunks."),
    ("quantifier moved", "Most Baltic ports are served by ferries.", "Most ferries serve Baltic ports."),
    ("quantifier moved", "Most guides wrote letters.", "Most letters were written by guides."),
    ("member added", "The shed holds rakes, spades and hoes.", "The shed holds rakes, spades, axes and hoes."),
    ("member added", "Dogs, cats and birds are admitted.", "Dogs, cats, goats and birds are admitted."),
    ("member added", "Cows, geese and hens graze here.", "Horses, cows, geese and hens graze here."),
    ("member added", "The fee covers bread, soup and tea.", "The fee covers bread, soup, tea and wine."),
    ("negation in complement", "It is not clear that the pipe burst.", "It is clear that the pipe did not burst."),
    ("negation in complement", "It was not agreed that he stays.", "It was agreed that he does not stay."),
    (
        "negation in complement",
        "The statutes do not oblige guests to sign.",
        "The statutes oblige guests not to sign.",
    ),
    ("under way", "The parish is repairing the organ.", "The parish has repaired the organ."),
    ("under way", "The sculptor was carving the altar.", "The sculptor had carved the altar."),
    ("under way", "The quay is being rebuilt.", "The quay was rebuilt."),
    ("begun", "The monks began to copy the psalter in 1104.", "The monks copied the psalter in 1104."),
    ("begun", "The crew started dismantling the crane.", "The crew dismantled the crane."),
    ("denied as fact", "A denial by the bank that it had sold the fund came late.", "The bank had not sold the fund."),
    (
        "subject carried",
        "Otto wrote to the bishop, who did not reply.",
        "Otto wrote to the bishop and did not reply.",
    ),
    (
        "subject carried",
        "Otto wrote to the bishop; he did not reply.",
        "Otto wrote to the bishop and did not reply.",
    ),
    (
        "negation in complement",
        "It is by no means proven that it is old.",
        "It is proven that it is not old.",
    ),
    ("alternative dropped", "Guides must hold a pass or pay a deposit.", "Guides must hold a pass."),
    ("alternative dropped", "The fee must be paid in cash or by cheque.", "The fee must be paid by cheque."),
    ("begun", "The tenant tried to repair the stove.", "The tenant repaired the stove."),
]
TRUE = [
    ("The baker denied that he had sold the oven.", "The baker said that he had not sold the oven."),
    ("The baker denied that he had sold the oven.", "The baker disputed that he had sold the oven."),
    ("The pilot was denied entry to the hangar.", "The pilot was not allowed into the hangar."),
    ("The cook denied taking the pot, but he did not come back.", "The cook did not come back."),
    ("Marta phoned the roofer. She arrived in May.", "She arrived in May."),
    ("Mr Berg left the hall at noon. He returned at two.", "Mr Berg left the hall at noon and returned at two."),
    ("Piotr met Lars in Oslo. Piotr lost his bag.", "Piotr met Lars in Oslo and lost his bag."),
    ("The mill opened in May. The mill closed in June.", "The mill opened in May and closed in June."),
    ("Most roofs are laid by thatchers.", "Thatchers lay most roofs."),
    ("All trunks were opened by officers.", "Officers opened all trunks."),
    ("The shed holds rakes, spades and hoes.", "The shed holds hoes, rakes and spades."),
    ("The surgeon washed, stitched and dressed the wound.", "The surgeon washed and dressed the wound."),
    ("The board does not think that the pipe burst.", "The board thinks that the pipe did not burst."),
    ("It is not clear that the pipe did not burst.", "That the pipe did not burst is not clear."),
    ("The parish is repairing the organ.", "The organ is being repaired by the parish."),
    ("The clerk was driving a cart.", "The clerk drove a cart."),
    ("The shop started to sell bread in 1990.", "The shop sold bread in 1990."),
    ("Guides must hold a pass or pay a deposit.", "Guides must pay a deposit or hold a pass."),
    ("Guides must not smoke or drink.", "Guides must not smoke."),
    ("Guides must report any fire or accident.", "Guides must report any fire."),
    ("Ms Adair, who chaired the board, left in May.", "Ms Adair chaired the board and left in May."),
    ("The monks began to copy the psalter in 1104.", "In 1104 the monks began to copy the psalter."),
]


@pytest.mark.parametrize(("check", "span", "claim"), FALSE)
def test_what_a_span_does_not_assert_fails_its_check(check: str, span: str, claim: str) -> None:
    assert check in failed_checks(claim, span)


@pytest.mark.parametrize(("span", "claim"), TRUE)
def test_what_a_span_asserts_in_another_form_fails_none_of_them(span: str, claim: str) -> None:
    assert not {check for check, _, _ in FALSE} & set(failed_checks(claim, span))


def test_a_comparison_turned_with_its_own_word_is_not_a_restatement() -> None:
    assert "Loch Bel is deeper than Loch Arn." not in restatements("", "Loch Arn is deeper than Loch Bel.")
    assert restatements("", "Loch Arn is not deeper than Loch Bel.") == ()


def test_a_list_is_not_put_in_another_order_where_the_order_says_which() -> None:
    span = "Ada, Bea and Cai paid 3, 4 and 5 dollars respectively."
    assert restatements("Cai, Bea and Ada paid 3, 4 and 5 dollars respectively.", span) == ()


@pytest.mark.parametrize(("span", "claim"), [(span, span) for _, span, _ in FALSE])
def test_a_sentence_fails_none_of_them_against_itself(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("Not all guests have signed the book.", "Some guests have not signed the book."),
        ("Not every guest has signed the book, but the hosts have.", "Some guests have not signed the book."),
        (
            "Mr Lie moved that the well be dug; the motion failed by six votes to two.",
            "Mr Lie's motion that the well be dug was lost by six votes to two.",
        ),
        ("Nobody but the sexton had seen the bell.", "Only the sexton had seen the bell."),
        ("Loch Arn is deeper than Loch Bel but has fewer islands.", "Loch Bel is shallower than Loch Arn."),
        ("The shed holds rakes, spades and hoes.", "The shed holds hoes, rakes and spades."),
        ("Guards report a loss within 48 hours.", "Guards report a loss within two days."),
        ("The amendment failed by 7 votes to 5.", "The amendment was defeated by 7 votes to 5."),
    ],
)
def test_the_same_in_another_form_is_no_contradiction(span: str, claim: str) -> None:
    assert any(not failed_checks(claim, said) for said in (span, *restatements(claim, span)))


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("Not all guests have signed the book.", "Some guests have signed the book."),
        ("Not all guests have signed the book.", "No guests have signed the book."),
        ("Nobody but the sexton had seen the bell.", "The sexton had not seen the bell."),
        ("Guards report a loss within 48 hours.", "Guards report a loss within three days."),
        (
            "Mr Lie moved that the well be dug; the motion failed by six votes to two.",
            "Mr Lie's motion that the well be dug was carried by six votes to two.",
        ),
    ],
)
def test_more_than_the_other_form_says_is_not_let_through(span: str, claim: str) -> None:
    assert all(failed_checks(claim, said) for said in (span, *restatements(claim, span)))
