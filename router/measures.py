"""How good routing is: accuracy, calibration, and what abstaining buys. Numpy only.

``label`` is 0, 0.5 or 1; the measures of a probability are of the questions of one kind (0 or 1). A question
that is sent to both memories is an abstention: it has no error, and lowers the coverage.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hybrid.router.fitting import Array, auroc, calibration_error
from hybrid.settings import RouterSettings

BINS = 15


def measure(p: Array, label: Array, settings: RouterSettings, weight: Array | None = None) -> dict[str, float | None]:
    """The measures of ``p [n]`` by name; ``None`` where a set has no question to measure one on.

    ``accuracy`` is of p above or below one half, ``selective accuracy`` of the questions that one memory alone
    gets, ``abstained`` the share of one-kind questions sent to both, ``mixed to both`` that of mixed ones.
    AUROC takes no weights.
    """
    weight = np.ones(len(p)) if weight is None else weight
    plain = label != 0.5
    sure = (p < settings.lookup_below) | (p > settings.comprehension_above)
    right = (p > 0.5) == (label > 0.5)
    q, target, share = p[plain], label[plain], weight[plain]
    values: dict[str, float | None] = {
        "questions": int(plain.sum()),
        "accuracy": _mean(right[plain], share),
        "ECE": calibration_error(q, target, BINS, share) if len(q) else None,
        "Brier": float(np.average((q - target) ** 2, weights=share)) if len(q) else None,
        "AUROC": _defined(auroc(q, target > 0.5)) if len(q) else None,
        "abstained": _mean(~sure[plain], share),
        "selective accuracy": _mean(right[plain & sure], weight[plain & sure]),
        "mixed": int((~plain).sum()),
        "mixed to both": _mean(~sure[~plain], weight[~plain]),
    }
    return values


def reliability(p: Array, label: Array, bins: int = BINS) -> tuple[Array, Array, Array]:
    """Mean probability, share of comprehension, and number of one-kind questions, of each bin that has any."""
    plain = label != 0.5
    p, label = p[plain], label[plain]
    which = np.minimum((p * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins).astype(float)
    used = count > 0
    mean = np.bincount(which, weights=p, minlength=bins)[used] / count[used]
    share = np.bincount(which, weights=label, minlength=bins)[used] / count[used]
    return mean, share, count[used]


def risk_coverage(p: Array, label: Array) -> tuple[Array, Array]:
    """Coverage ``[n]`` and risk ``[n]``: the share of wrong routes among the most certain one-kind questions.

    Source: El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR 2010.
    """
    plain = label != 0.5
    p, label = p[plain], label[plain]
    order = np.argsort(-np.abs(p - 0.5), kind="stable")
    wrong = ((p > 0.5) != (label > 0.5))[order]
    covered = np.arange(1, len(p) + 1)
    return covered / max(1, len(p)), np.cumsum(wrong) / covered


def _mean(values: NDArray[np.bool_], weight: Array) -> float | None:
    return float(np.average(values, weights=weight)) if len(values) else None


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
