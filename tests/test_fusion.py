"""Reciprocal rank fusion follows its formula and gives one order for one input."""

from __future__ import annotations

import pytest

from hybrid.retrieval.fusion import reciprocal_rank_fusion


def test_scores_follow_the_formula() -> None:
    fused = dict(reciprocal_rank_fusion([["a", "b", "c"], ["c", "a"]], k=60))
    assert fused["a"] == pytest.approx(1 / 61 + 1 / 62)
    assert fused["b"] == pytest.approx(1 / 62)
    assert fused["c"] == pytest.approx(1 / 63 + 1 / 61)


def test_best_comes_first_and_each_item_once() -> None:
    fused = reciprocal_rank_fusion([[3, 1, 2], [2, 3], [9]])
    assert [item for item, _ in fused] == [3, 2, 9, 1]
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_equal_scores_go_by_best_rank_then_by_the_order_of_the_rankings() -> None:
    assert [item for item, _ in reciprocal_rank_fusion([["b"], ["a"]])] == ["b", "a"]
    assert [item for item, _ in reciprocal_rank_fusion([["a"], ["b"]])] == ["a", "b"]


def test_a_better_single_rank_breaks_a_tie() -> None:
    # 1/(2+2) + 1/(2+2) = 1/(2+0) has no such rank; with k=1: 1/4 + 1/4 (ranks 3, 3) = 1/2 (rank 1).
    fused = reciprocal_rank_fusion([["p", "q", "even"], ["r", "s", "even"], ["top"]], k=1)
    scores = dict(fused)
    assert scores["even"] == scores["top"] == 0.5
    order = [item for item, _ in fused]
    assert order.index("top") < order.index("even")


def test_a_repeated_item_counts_once_where_it_is_best() -> None:
    assert dict(reciprocal_rank_fusion([["a", "b", "a"]])) == {"a": 1 / 61, "b": 1 / 62}


def test_nothing_fuses_to_nothing() -> None:
    assert reciprocal_rank_fusion([]) == []
    assert reciprocal_rank_fusion([[], []]) == []
