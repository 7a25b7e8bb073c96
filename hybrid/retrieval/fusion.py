"""Several rankings into one, by rank alone: scores of different searches cannot be compared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from math import fsum
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)


def reciprocal_rank_fusion(rankings: Iterable[Sequence[Item]], k: int = 60) -> list[tuple[Item, float]]:
    """Reciprocal rank fusion: an item's score is the sum of ``1 / (k + rank)`` over the rankings that have it.

    Args:
        rankings: each best first, ranks from 1. An item that a ranking repeats counts where it is best.
        k: how much a first place is worth above a later one; the smaller, the more.

    Returns every item once with its score, best first. Equal scores go by the best single rank, then by
    the order of the rankings, so that the same input always gives the same order.

    Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual
    rank learning methods", SIGIR 2009.

    Example:
        >>> [item for item, score in reciprocal_rank_fusion([["a", "b"], ["b", "c"]])]
        ['b', 'a', 'c']
    """
    ranks: dict[Item, list[int]] = {}
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), start=1):
            ranks.setdefault(item, []).append(rank)
    # A dict keeps the order of first appearance and sorting is stable: that is the last tie-break.
    best_first = sorted(ranks, key=lambda item: (-_score(ranks[item], k), min(ranks[item])))
    return [(item, _score(ranks[item], k)) for item in best_first]


def _score(ranks: Sequence[int], k: int) -> float:
    return fsum(1 / (k + rank) for rank in ranks)  # fsum: the same whatever the order of the rankings
