"""What a claim may not add to its span: a manner, means, place, recipient or doer that no word of it stands for."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.vetoes import failed_checks


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The bailiff served the writ.", "The bailiff served the writ by post."),
        ("The smith mended the plough.", "The smith mended the plough without delay."),
        ("The abbot returned the seal.", "The abbot returned the seal in person."),
        ("The miller accepted the price.", "The miller accepted the price in writing."),
        ("The cooper mended the casks.", "The cooper mended the casks free of charge."),
        ("The lodger painted the door.", "The lodger painted the door at his own expense."),
        ("The lodger painted the door.", "The lodger painted the door at the landlord's expense."),
        ("The guild adopted the rule.", "The guild adopted the rule unanimously."),
        ("The shipper paid the toll.", "The shipper paid the toll under protest."),
        ("The smith mended the plough.", "The smith mended the plough at once."),
        ("The cook weighed the flour.", "The cook weighed the flour carefully."),
        ("The cook weighed the flour.", "The cook weighed the flour in the cellar."),
        ("The cook weighed the flour.", "The cook weighed the flour with a spoon."),
        ("The writ was served on the miller.", "The writ was served on the miller's daughter."),
        ("The seal was returned to the abbot.", "The seal was returned to the abbot's cousin."),
        ("The seal was returned to the abbot.", "The seal was returned to the abbot and the cellarer."),
        ("The seal was returned.", "The seal was returned by the cellarer."),
        ("The seal was returned.", "The cellarer returned the seal."),
        ("The seal was returned.", "The seal was returned to the abbot."),
    ],
)
def test_what_no_word_of_the_span_stands_for_is_added(span: str, claim: str) -> None:
    assert "addition" in failed_checks(claim, span)
    assert "addition" not in failed_checks(claim, claim)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The bailiff posted the writ to the miller.", "The bailiff sent the writ to the miller by post."),
        ("The miller accepted the price in a letter.", "The miller accepted the price in writing."),
        ("The cooper mended the casks at no charge.", "The cooper mended the casks free of charge."),
        ("The smith promptly mended the plough.", "The smith mended the plough without delay."),
        ("All members of the guild voted for the rule.", "The guild adopted the rule unanimously."),
        ("The abbot walked to Stoke.", "The abbot went to Stoke on foot."),
        ("The cook quickly weighed the flour.", "The cook weighed the flour rapidly."),
        ("The purchaser received the keys.", "The keys were handed to the buyer."),
        ("The abbot appointed the cellarer in 1402.", "The appointment of the cellarer by the abbot was in 1402."),
        ("The law requires a licence.", "A licence is legally required."),
        ("The tenant needs a key.", "What the tenant needs is a key."),
        ("The abbot fears that the mill will close.", "In the abbot's view, the mill may close."),
        ("The ferry sails at 12:00.", "The ferry sails at noon."),
        ("The ferry was sold.", "The ferry was sold and the crew was not."),
    ],
)
def test_what_a_word_of_the_span_stands_for_is_not_added(span: str, claim: str) -> None:
    assert "addition" not in failed_checks(claim, span)
