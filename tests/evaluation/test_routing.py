"""The measure of a router on a user's own questions."""

from __future__ import annotations

from hybrid.evaluation.routing import own
from hybrid.router.training.questions import LabelledQuestion


def test_questions_stand_in_the_set_that_their_line_names_or_in_one_of_all() -> None:
    asked = own(
        [
            LabelledQuestion(question="Who signed the lease?", label="lookup", set="leases"),
            LabelledQuestion(question="Why did it fail?", label="comprehension"),
        ]
    )
    assert [(one.set, one.label) for one in asked] == [("leases", 0.0), ("questions", 1.0)]
