"""Two searches' scores into one order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def standardised_sum(dense: Scores, lexical: Scores) -> Scores:
    """The mean of the two scores, each in standard deviations from its mean over the candidates: ``[n]``.

    Cosines and BM25 scores have other scales in every question; what compares is how far a candidate
    stands out among the others. Unlike ranks, this keeps by how much: a passage that one search finds
    far better than all others stays ahead. docs/retrieval.md has what else was tried.

    Args:
        dense: cosines ``[n]``, of every candidate.
        lexical: BM25 scores ``[n]``; 0 for a candidate that the lexical search did not bring.

    Source: the combination by weighted sum of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for
    Hybrid Retrieval", TOIS 2023, with z-scores.

    Example:
        >>> standardised_sum(np.array([0.9, 0.1]), np.array([0.0, 0.0])).tolist()
        [0.5, -0.5]
    """
    return (_standardised(dense) + _standardised(lexical)) / 2


def _standardised(scores: Scores) -> Scores:
    spread = scores.std() if len(scores) else 0.0
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)
