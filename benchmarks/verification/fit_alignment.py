"""Fits the probability that an alignment of words gives a claim, on claims that passed all vetoes.

    python benchmarks/verification/fit_alignment.py            # what it says of each list, left out and held out
    python benchmarks/verification/fit_alignment.py --write    # the weights, into the package

Logistic regression (L2) over `hybrid.answering.verification.alignment.FEATURES`, on the development lists of `cases/`.
Each of these is measured with the weights of the others. ``--held-out`` measures the held-out lists too, with the
weights of all: nothing is chosen by them, so they are counted when the work is done.

A claim is looked for in a whole corpus, so each is also set against the nearest texts of other cases, which do not
entail it, as far as these pass the vetoes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from hybrid.answering.verification import alignment
from hybrid.answering.verification.vetoes import failed_checks
from hybrid.evaluation.verdicts import Case, read_cases
from hybrid.retrieval.embedding import Embedder
from hybrid.settings.models import EMBEDDER

CASES = Path(__file__).parent / "cases"
TARGET = Path(alignment.__file__).with_name("alignment_weights.json")
FITTED_ON = tuple(f"development-{letter}" for letter in "abcdefg")
THRESHOLDS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)

STRANGERS = 8
"""Texts of other cases that a claim is set against: as many as `hybrid.answering.verification.verifier.COMPARED`."""
FALSE_WEIGHT = 4.0
"""Weight of a false claim. The vetoes were written with the development lists in sight, and of the false claims of
lists that were not looked at they let four times as many pass: 14 of 120, of the development lists 12 of 420."""
C = 30.0
"""Inverse strength of the L2 penalty. The features are shares, so that scikit-learn's 1 holds the weights down: at a
probability of 0.9 it leaves 22 true claims and no false one of the development lists, each left out; 10 leaves 64 and
2, 30 leaves 73 and 2 (words moved about alone are not likely, as in `alignment.probability`)."""


@dataclass(frozen=True)
class Pairs:
    """Features ``x`` and labels ``y`` of the cases that passed all vetoes, features of claims with strangers' texts."""

    x: np.ndarray
    y: np.ndarray
    strangers: np.ndarray


def pairs(cases: Sequence[Case], embedder: Embedder) -> Pairs:
    """The pairs of one list."""
    own = [case for case in cases if not failed_checks(case.claim, case.corpus)]
    claims, texts = (embedder.encode([getattr(case, field) for case in cases]) for field in ("claim", "corpus"))
    found = []
    for case, vector in zip(cases, claims, strict=True):
        others = [place for place in np.argsort(-(texts @ vector)) if cases[place].corpus != case.corpus]
        found += [(case.claim, cases[place].corpus) for place in others[:STRANGERS]]
    strangers = [pair for pair in found if not failed_checks(*pair)]
    return Pairs(
        np.array([alignment.features(case.claim, case.corpus, embedder) for case in own]),
        np.array([case.carried for case in own], dtype=float),
        np.array([alignment.features(*pair, embedder) for pair in strangers]).reshape(-1, len(alignment.FEATURES)),
    )


def fit(lists: Sequence[Pairs]) -> LogisticRegression:
    """The model of some lists."""
    x = np.vstack([part for one in lists for part in (one.x, one.strangers)])
    y = np.concatenate([part for one in lists for part in (one.y, np.zeros(len(one.strangers)))])
    weight = np.concatenate(
        [part for one in lists for part in (np.where(one.y > 0, 1.0, FALSE_WEIGHT), np.ones(len(one.strangers)))]
    )
    return LogisticRegression(C=C, max_iter=3000).fit(x, y, sample_weight=weight)


def chances(model: LogisticRegression, x: np.ndarray) -> np.ndarray:
    """The model's probabilities of rows of features, ``[n]``; of none, none."""
    return model.predict_proba(x)[:, 1] if len(x) else np.zeros(0)


def report(name: str, found: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    """True and false claims at or above each threshold."""
    chance, carried = (np.concatenate(column) for column in zip(*found, strict=True))
    cells = [
        f"{threshold}: {int(carried[chance >= threshold].sum())} true, "
        f"{int((1 - carried[chance >= threshold]).sum())} false"
        for threshold in THRESHOLDS
    ]
    print(f"{name}: {int(carried.sum())} true and {int((1 - carried).sum())} false passed; " + "; ".join(cells))


def main() -> None:
    """Fit, report, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    parser.add_argument("--held-out", action="store_true", help="measure the held-out lists too")
    options = parser.parse_args()
    embedder = Embedder.load(EMBEDDER.name)
    development = {name: pairs(read_cases(CASES / f"{name}.jsonl"), embedder) for name in FITTED_ON}
    left_out, strange = [], []
    for name, one in development.items():
        model = fit([other for key, other in development.items() if key != name])
        left_out.append((chances(model, one.x), one.y))
        strange.append((chances(model, one.strangers), np.zeros(len(one.strangers))))
        report(name, left_out[-1:])
    report("development, each left out", left_out)
    report("development, texts of other cases", strange)
    model = fit(list(development.values()))
    if options.held_out:
        held = [pairs(read_cases(path), embedder) for path in sorted(CASES.glob("held-out-*.jsonl"))]
        report("held out", [(chances(model, one.x), one.y) for one in held])
        report(
            "held out, texts of other cases",
            [(chances(model, one.strangers), np.zeros(len(one.strangers))) for one in held],
        )
    if options.write:
        weights = dict(zip(alignment.FEATURES, (round(float(one), 4) for one in model.coef_[0]), strict=True))
        made = {
            "made_by": "python benchmarks/verification/fit_alignment.py --write",
            "fitted_on": sorted(development),
            "intercept": round(float(model.intercept_[0]), 4),
            "weights": weights,
        }
        TARGET.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
