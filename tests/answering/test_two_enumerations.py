"""A question for two lists is answered by the first, and says that the other is to be asked for by itself."""

from __future__ import annotations

import pytest

from hybrid.answering import enumeration_question


@pytest.mark.parametrize(
    ("question", "head", "further"),
    [
        ("List every unpaid bill and every farrier's visit.", "bill", "every farrier's visit"),
        ("How many boats sank and how many were raised?", "boats", "how many were raised"),
        ("List all moorings, and list all buoys", "moorings", "list all buoys"),
        ("List every payment, with date and amount.", "payment", ""),
        ("List every delivery to Oslo and Riga.", "delivery", ""),
        ("How many eggs were laid and sold?", "eggs", ""),
        ("List every letter from Ann Orr and any reply.", "letter", "any reply"),
    ],
)
def test_what_has_a_quantifier_of_its_own_is_another_question(question: str, head: str, further: str) -> None:
    asked = enumeration_question.read(question)
    assert asked is not None
    assert (asked.head, asked.further) == (head, further)
