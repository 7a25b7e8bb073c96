"""The mathematics of training the router, and how good routing is: regression, calibration, accuracy, abstention."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hybrid.settings import RouterSettings

Array = NDArray[np.float64]
BINS = 15
"""Of the calibration error and the diagram, as Guo et al. 2017 report it."""


def sigmoid(z: Array) -> Array:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)), dtype=np.float64)


def logit(p: Array) -> Array:
    """The inverse of `sigmoid`, for probabilities that are cut off just short of 0 and 1."""
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(p / (1 - p)))


def fit_logistic(
    x: Array, target: Array, weight: Array, penalty: Array, start: Array | None = None, steps: int = 50
) -> Array:
    """Coefficients ``[d]`` of a logistic regression by Newton's method.

    Minimises the weighted cross-entropy to ``target`` ``[n]`` (between 0 and 1, soft labels allowed)
    plus ``penalty`` ``[d]`` times half the squared distance of the coefficients from ``start`` ``[d]`` (zero by
    default). ``x`` is ``[n, d]`` with its own column of ones where a bias is wanted.
    """
    centre = np.zeros(x.shape[1]) if start is None else start
    coefficients = centre.copy()
    for _ in range(steps):  # Newton needs about ten; a bound, should it not converge
        p = sigmoid(x @ coefficients)
        gradient = x.T @ (weight * (p - target)) + penalty * (coefficients - centre)
        hessian = (x * (weight * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        coefficients -= step / max(1.0, float(np.abs(step).max()) / 2)  # a bounded step cannot run away
        if np.abs(step).max() < 1e-8:
            break
    return coefficients


def fit_temperature(z: Array, target: Array, weight: Array) -> tuple[float, float]:
    """Slope and intercept (0) that calibrate the scores ``z``: p = sigmoid(slope z)."""
    return float(fit_logistic(z[:, None], target, weight, np.full(1, 1e-6))[0]), 0.0


def auroc(p: Array, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, ties counted half; nan where one class is absent."""
    n = int(positive.sum())
    if n in (0, len(positive)):
        return float("nan")
    _, inverse, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def calibration_error(p: Array, target: Array, bins: int = BINS, weight: Array | None = None) -> float:
    """Expected calibration error over ``bins`` bins of equal width."""
    weight = np.ones(len(p)) if weight is None else weight
    which = np.minimum((p * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=weight * (p - target), minlength=bins)
    return float(np.abs(gaps).sum() / weight.sum())


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
