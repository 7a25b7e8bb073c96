"""Signatures tell copies and versions of a text from other texts."""

from __future__ import annotations

import numpy as np

from hybrid.text import shingles

CLAUSES = [
    f"{n}.1 The tenant shall pay item {n} of schedule {n} to the landlord on day {n} of each month." for n in range(60)
]


def resemblance(one: str, other: str) -> float:
    return float((shingles.signature(one) == shingles.signature(other)).mean())


def test_line_breaks_and_capitals_make_no_difference():
    text = " ".join(CLAUSES)
    assert resemblance(text, text.replace(" ", "\n").upper()) == 1.0


def test_a_version_resembles_and_another_text_does_not():
    text = " ".join(CLAUSES)
    version = " ".join([*CLAUSES[:50], *(one.replace("landlord", "agent") for one in CLAUSES[50:])])
    other = " ".join(
        f"On the night of {n} March the salt in shed {n} was wet and the roof over it leaked." for n in range(60)
    )
    assert resemblance(text, version) > 0.6
    assert resemblance(text, other) < 0.1


def test_a_text_shorter_than_a_shingle_has_no_signature():
    assert shingles.signature("four words are few").dtype == np.uint32
    assert len(shingles.signature("four words are few")) == 0
