"""What an operation must cost is counted from its shapes, and can be checked by hand."""

from __future__ import annotations

import pytest

from benchmarks.gpu.roofline import CHIPS, Shapes, costs

SHAPES = Shapes(tokens=4, window=2, heads=3, groups=1, head=8, hidden=16, mlp=32, words=64)


def test_attention_costs_its_visible_pairs_and_each_tensor_once() -> None:
    assert SHAPES.pairs == 1 + 2 + 2 + 2
    cost = next(cost for cost in costs(SHAPES) if cost.operation == "sliding_window_attention, forward")
    assert cost.operations == 2 * (2 * 7 * 3 * 8)  # two products, a multiplication and an addition each
    query, key, number = 2 * 4 * 3 * 8, 2 * 4 * 1 * 8, 4 * 4 * 3
    assert cost.traffic == 4 * query + 2 * key + 3 * number
    assert cost.times("H100") == pytest.approx((cost.operations / 989e12, cost.traffic / 3.35e12))


def test_every_cost_is_positive_and_aims_at_less_than_the_roof() -> None:
    found = list(costs(SHAPES))
    assert len({cost.operation for cost in found}) == len(found)
    for cost in found:
        assert 0 < cost.reach < 1
        assert all(seconds > 0 for chip in CHIPS for seconds in cost.times(chip))
