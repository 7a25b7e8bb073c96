"""The two scores are added in standard deviations, and one that says nothing has no say."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid.retrieval.fusion import standardised_sum


def test_scores_are_added_in_standard_deviations() -> None:
    dense, lexical = np.array([0.2, 0.4, 0.6]), np.array([30.0, 0.0, 0.0])
    step = np.sqrt(3 / 2)
    assert standardised_sum(dense, lexical) == pytest.approx(
        [(np.sqrt(2) - step) / 2, -0.5 / np.sqrt(2), (step - 0.5 * np.sqrt(2)) / 2]
    )


def test_the_scale_of_a_score_does_not_matter() -> None:
    dense, lexical = np.array([0.2, 0.9, 0.6]), np.array([3.0, 1.0, 0.0])
    assert standardised_sum(dense / 7 + 3, lexical * 100) == pytest.approx(standardised_sum(dense, lexical))


def test_by_how_much_one_stands_out_counts_and_not_its_rank_alone() -> None:
    """Third of the one and first of the other, but far ahead there: ranks alone would put the second first."""
    far = np.array([9.0, 2.0, 1.0, 0.9, 0.8, 0.7])
    near = np.array([0.30, 0.32, 0.31, 0.1, 0.1, 0.1])
    assert np.argmax(standardised_sum(far, near)) == 0
    assert np.argmax(standardised_sum(np.array([2.1, 2.0, 1.0, 0.9, 0.8, 0.7]), near)) == 1


def test_a_search_that_tells_nothing_apart_has_no_say() -> None:
    dense = np.array([0.3, 0.1])
    for same in (0.0, 0.7):
        assert standardised_sum(dense, np.full(2, same)) == pytest.approx([0.5, -0.5])
    assert standardised_sum(np.ones(1), np.ones(1)).tolist() == [0.0]
    assert standardised_sum(np.zeros(0), np.zeros(0)).tolist() == []
