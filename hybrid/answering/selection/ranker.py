"""A learned ranker of sentences: a weight for each feature, fitted on questions whose answers people had marked.

    python -m benchmarks.train_ranker --data ../shared/data --write

makes ``weights.json``, which says what it was fitted on, and docs/answers.md has what it measures on contracts,
categories and wordings that it was not fitted on.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.answering.selection.features import NAMES


@dataclass(frozen=True)
class Ranker:
    """``weights`` ``[len(NAMES)]`` of the features as `features.matrix` gives them; and what turns the best sentence's
    score and features of the question into the probability that the documents answer it."""

    weights: NDArray[np.float64]
    answerability: dict[str, float]
    threshold: float
    confident: float

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores ``[n]`` of sentences with these features ``[n, len(NAMES)]``: higher is better. The odds of two
        sentences of one question to be what answers it are the exponential of the difference of their scores."""
        found: NDArray[np.float64] = rows.astype(np.float64) @ self.weights
        return found

    def probability(self, measured: dict[str, float]) -> float:
        """The probability that documents answer a question of which this was measured (see `abstention.measure`)."""
        logit = self.answerability["intercept"]
        logit += sum(self.answerability[name] * value for name, value in measured.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@lru_cache(maxsize=1)
def load() -> Ranker:
    """The ranker that ships with the package."""
    raw: Any = json.loads((resources.files("hybrid.answering.selection") / "weights.json").read_text("utf-8"))
    weights = np.array([raw["weights"][name] for name in NAMES])
    calibrated = raw["answerability"]
    return Ranker(weights, calibrated["weights"], calibrated["threshold"], calibrated["confident"])
