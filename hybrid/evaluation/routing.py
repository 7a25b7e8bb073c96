"""How well the router routes a user's labelled questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid.evaluation.report import EvaluationReport, Plot, Series
from hybrid.retrieval.embedding import Embedder
from hybrid.router.classifier import Router, Weights
from hybrid.router.training.fitting import BINS, measure, reliability, risk_coverage
from hybrid.router.training.questions import LABELS, LabelledQuestion
from hybrid.settings import RouterSettings


@dataclass(frozen=True)
class Asked:
    """A question with its label (0, 0.5 or 1), and the set that it belongs to."""

    text: str
    label: float
    set: str


def own(labelled: Sequence[LabelledQuestion]) -> list[Asked]:
    """A user's questions, each as it stands alone."""
    return [Asked(one.text, LABELS[one.label], one.set or "questions") for one in labelled]


def evaluate(
    asked: Sequence[Asked],
    embedder: Embedder,
    settings: RouterSettings,
    seed: int,
    notes: Sequence[str] = (),
    pool: Sequence[str] = (),
) -> EvaluationReport:
    """Accuracy, calibration, abstention, and the two plots.

    Args:
        settings: they name the weights and the thresholds.
        pool: the names of the sets that are measured together as well; all of them by default.

    Raises:
        ModelError: the weights cannot be used.
    """
    router = Router.load(settings, embedder.fingerprint)
    vectors = embedder.encode([one.text for one in asked])
    p = np.array([router.probability(one.text, vector) for one, vector in zip(asked, vectors, strict=True)])
    label, name = np.array([one.label for one in asked]), np.array([one.set for one in asked])
    sets = list(dict.fromkeys(one.set for one in asked))
    pool = [one for one in sets if one in pool] or sets
    pooled = np.isin(name, pool)
    rows = {one: measure(p[name == one], label[name == one], settings) for one in sets}
    if len(pool) > 1:
        alike = np.zeros(len(p))
        for one in pool:
            alike[name == one] = 1 / np.sum(name == one)
        rows["pooled"] = measure(p[pooled], label[pooled], settings)
        rows["pooled, sets alike"] = measure(p[pooled], label[pooled], settings, alike[pooled])
    return EvaluationReport(
        name="router",
        title="How well questions are routed.",
        rows=tuple({"set": one, **row} for one, row in rows.items()),
        seed=seed,
        settings={
            "lookup below": settings.lookup_below,
            "comprehension above": settings.comprehension_above,
            "weights": settings.weights or "shipped",
            "embedder": embedder.name,
            "ECE bins": BINS,
        },
        notes=(
            "Measures are of questions of one kind; sending one to both memories is an abstention. "
            "Mixed questions ask for both.",
            *notes,
        ),
        plots=_plots(p[pooled], label[pooled]),
    )


def cross_validated(settings: RouterSettings) -> str:
    """What the weights say of their own cross-validation, for a note."""
    weights = Weights.read(Path(settings.weights).expanduser() if settings.weights else None)
    values = weights.training.metrics.get("full, cross-validated") or weights.training.metrics.get("full") or {}
    shown = ", ".join(f"{name} {value:g}" for name, value in values.items() if value is not None)
    return f"Cross-validation recorded in the weights: {shown or 'none'}."


def _plots(p: np.ndarray, label: np.ndarray) -> tuple[Plot, ...]:
    if not (label != 0.5).any():
        return ()
    mean, share, count = reliability(p, label)
    coverage, risk = risk_coverage(p, label)
    kept = np.unique(np.linspace(0, len(coverage) - 1, 200).astype(int))
    return (
        Plot(
            name="router_reliability",
            title=f"Reliability, {int(count.sum()):,} questions of one kind",
            x_label="p_comprehension",
            y_label="share that asks for comprehension",
            series=(Series(name="router", x=tuple(mean), y=tuple(share)),),
            kind="points",
            diagonal=True,
            y_range=(-0.02, 1.02),
        ),
        Plot(
            name="router_risk_coverage",
            title="Risk of the most certain questions",
            x_label="coverage",
            y_label="share routed wrongly",
            series=(Series(name="router", x=tuple(coverage[kept]), y=tuple(risk[kept])),),
        ),
    )
