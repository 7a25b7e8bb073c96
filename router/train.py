"""Train, calibrate and measure the router: ``python -m hybrid.router.train --data FOLDER``.

Prints the tables of docs/router.md and writes ``weights.json``. Deterministic: the same folder, seed
and embedder give the same weights. Nearly all of its time goes into embedding.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hybrid.models import EMBEDDER
from hybrid.router.classifier import Linear, Pair, Source, Training, Weights
from hybrid.router.features import FEATURES, surface
from hybrid.router.fitting import (
    Array,
    auroc,
    brier,
    calibration_error,
    fit_isotonic,
    fit_logistic,
    fit_platt,
    fit_temperature,
    sigmoid,
)
from hybrid.router.questions import BOTH, LICENCES, Question, build
from hybrid.settings import RouterSettings

FOLDS = 5
SURFACE_PENALTY, EMBEDDING_PENALTY = 10.0, 100.0
_ROUTE_SHARES = {0.0: 0.4, 0.5: 0.2, 1.0: 0.4}
_WEB_SHARE = 3.0  # in domains: real questions by many people, against nine domains of templates
# Whole data sets that are left out together, so that the probabilities are calibrated on wording not trained on.
_OWN_FOLD = {"squality": 0, "qmsum": 1, "cuad": 2}


@dataclass(frozen=True)
class Data:
    """Questions as arrays: ``surface [n, f]``, ``vectors [n, d]``, ``label [n]``."""

    questions: Sequence[Question]
    surface: Array
    vectors: Array

    @property
    def label(self) -> Array:
        """What each question should get: 0, 0.5 or 1."""
        return np.array([question.label for question in self.questions])

    def where(self, keep: Callable[[Question], bool]) -> Data:
        """The questions that ``keep`` is true of."""
        return self.at(np.array([keep(question) for question in self.questions], dtype=bool))

    def at(self, mask: NDArray[np.bool_]) -> Data:
        """The questions at which ``mask [n]`` is true."""
        return Data([q for q, m in zip(self.questions, mask, strict=True) if m], self.surface[mask], self.vectors[mask])


def balanced_weights(questions: Sequence[Question]) -> Array:
    """Weights that sum to ``n``, so that no data set's size decides the prior.

    Within a domain, each route has its share whatever the number of its questions, and each source
    of a route the same part of that. So the subject of a question says little about its route, and
    comprehension and lookup weigh the same: p is calibrated for questions of which half are either.
    """
    cells = Counter((q.domain, q.label, q.source) for q in questions)
    sources = Counter((domain, label) for domain, label, _ in cells)
    weight = np.array(
        [
            (_WEB_SHARE if q.domain == "web" else 1.0)
            * _ROUTE_SHARES[q.label]
            / sources[q.domain, q.label]
            / cells[q.domain, q.label, q.source]
            for q in questions
        ]
    )
    return np.asarray(weight * len(questions) / weight.sum())


def fit(data: Data, target: Array, with_embedding: bool = True, with_surface: bool = True) -> Linear:
    """A classifier of ``target [n]`` that is not calibrated yet: slope 1, intercept 0."""
    f, d = data.surface.shape[1], data.vectors.shape[1]
    scale = np.sqrt(d)  # brings each coordinate of a unit vector to about one
    blocks = [np.ones((len(target), 1))]
    penalty = [np.full(1, 1e-6)]
    if with_surface:
        blocks.append(data.surface)
        penalty.append(np.full(f, SURFACE_PENALTY))
    if with_embedding:
        blocks.append(data.vectors * scale)
        penalty.append(np.full(d, EMBEDDING_PENALTY))
    weight = balanced_weights(data.questions)
    rest = fit_logistic(np.concatenate(blocks, axis=1), target, weight, np.concatenate(penalty))
    on_surface = rest[1 : f + 1] if with_surface else np.zeros(f)
    on_vector = rest[-d:] * scale if with_embedding else np.zeros(0)
    return Linear(
        bias=_short(rest[0]),
        surface=tuple(map(_short, on_surface)),
        embedding=tuple(map(_short, on_vector)),
        slope=1.0,
        intercept=0.0,
    )


def scores(linear: Linear, data: Data) -> Array:
    """Calibrated scores in logits, ``[n]``."""
    z = linear.bias + data.surface @ np.array(linear.surface)
    if linear.embedding:
        z = z + data.vectors @ np.array(linear.embedding)
    return np.asarray(linear.slope * z + linear.intercept)


def probabilities(pair: Pair, data: Data) -> Array:
    """p_comprehension of all questions, ``[n]``, as `Pair.probability` gives it for one."""
    both = sigmoid(scores(pair.both, data))
    return np.asarray((1 - both) * sigmoid(scores(pair.comprehension, data)) + both / 2)


def fold_of(question: Question) -> int:
    """Which fold a question is left out with: its group's, or its data set's."""
    own = _OWN_FOLD.get(question.source)
    return _hash(question.group) % FOLDS if own is None else own


def _hash(key: str) -> int:
    return int(sha256(key.encode()).hexdigest()[:8], 16)


Fitter = Callable[[Data, Array], Linear]


def out_of_fold(data: Data, target: Array, fitter: Fitter) -> Array:
    """Scores ``[n]`` of each question by a classifier that saw neither it nor its group."""
    fold = np.array([fold_of(question) for question in data.questions])
    z = np.zeros(len(fold))
    for i in range(FOLDS):
        inside, rest = fold == i, fold != i
        if inside.any() and rest.any():
            z[inside] = scores(fitter(data.at(rest), target[rest]), data.at(inside))
    return z


def calibrate(data: Data, target: Array, fitter: Fitter) -> tuple[Linear, Linear, dict[str, dict[str, float | None]]]:
    """A classifier of ``target`` before and after calibration, and how each method of calibration did.

    Each method is fitted on half of the out-of-fold scores and measured on the other half, both
    ways. Platt scaling is taken where its log loss is lower than that of temperature scaling by
    0.001. Isotonic regression is only measured: it would need a table of knots.
    """
    z, weight = out_of_fold(data, target, fitter), balanced_weights(data.questions)
    half = np.array([_hash(f"half {question.group}") % 2 for question in data.questions])
    table: dict[str, dict[str, float | None]] = {}
    loss: dict[str, float] = {}
    for name in ("none", "temperature", "platt", "isotonic"):
        p = np.zeros(len(z))
        for side in (0, 1):
            on, off = half != side, half == side
            if name == "isotonic":
                p[off] = np.interp(z[off], *fit_isotonic(z[on], target[on], weight[on]))
            else:
                slope, intercept = _scaling(name, z[on], target[on], weight[on])
                p[off] = sigmoid(slope * z[off] + intercept)
        loss[name] = _log_loss(p, target, weight)
        table[name] = {
            "log loss": loss[name],
            "Brier": float(np.average((p - target) ** 2, weights=weight)),
            "ECE": calibration_error(p, target, weight=weight),
        }
    method = "platt" if loss["platt"] < loss["temperature"] - 1e-3 else "temperature"
    slope, intercept = _scaling(method, z, target, weight)
    linear = fitter(data, target)
    table[f"chosen: {method}"] = dict(table[method])
    return linear, linear.model_copy(update={"slope": _short(slope), "intercept": _short(intercept)}), table


def _scaling(name: str, z: Array, target: Array, weight: Array) -> tuple[float, float]:
    if name == "none":
        return 1.0, 0.0
    return fit_platt(z, target, weight) if name == "platt" else fit_temperature(z, target, weight)


def _log_loss(p: Array, target: Array, weight: Array) -> float:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(np.average(-(target * np.log(p) + (1 - target) * np.log(1 - p)), weights=weight))


def measure(p: Array, label: Array, settings: RouterSettings) -> dict[str, float | None]:
    """Accuracy, AUROC, Brier and ECE over the questions of one class, and the routes of all of them."""
    plain = label != 0.5
    lookup, comprehension = p < settings.lookup_below, p > settings.comprehension_above
    sure = plain & (lookup | comprehension)
    target = label[plain]
    measures = {
        "questions": float(plain.sum()),
        "accuracy": _mean((p[plain] > 0.5) == (target > 0.5)),
        "auroc": auroc(p[plain], target > 0.5) if plain.any() else float("nan"),
        "brier": brier(p[plain], target) if plain.any() else float("nan"),
        "ece": calibration_error(p[plain], target) if plain.any() else float("nan"),
        "majority": max(_mean(target > 0.5), _mean(target < 0.5)) if plain.any() else float("nan"),
        "to_lookup": _mean(lookup[plain]),
        "to_both": _mean(~(lookup | comprehension)[plain]),
        "to_comprehension": _mean(comprehension[plain]),
        "accuracy_where_sure": _mean(comprehension[sure] == (label[sure] > 0.5)),
        "mixed_questions": float((~plain).sum()),
        "mixed_to_both": _mean(~(lookup | comprehension)[~plain]),
    }
    return {name: None if np.isnan(value) else round(value, 4) for name, value in measures.items()}


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def test_sets(data: Data) -> dict[str, Data]:
    """What is measured: held-out parts of the sources trained on, and whole sources that were not."""
    tests: dict[str, Callable[[Question], bool]] = {
        "templates": lambda q: q.split == "test" and q.source == "templates",
        "nf_cats": lambda q: q.split == "test" and q.domain == "web",
        "squality": lambda q: q.split == "test" and q.source == "squality",
        "qmsum": lambda q: q.split == "test" and q.source == "qmsum",
        "cuad": lambda q: q.split == "test" and q.source == "cuad",
        "all of these": lambda q: q.split == "test",
        "discovery": lambda q: q.source == "discovery",
        "trec_qc": lambda q: q.source == "trec_qc",
        "hotpotqa100": lambda q: q.source == "hotpotqa100",
    }
    sets = {name: data.where(keep) for name, keep in tests.items()}
    return {name: part for name, part in sets.items() if part.questions}


def train(data: Data, seed: int, command: str, embedder: tuple[str, str], report: Callable[[str], None]) -> Weights:
    """Fit and calibrate both classifiers on the training part of ``data`` and measure them on the rest.

    ``embedder`` is the name and the fingerprint of what made the vectors.
    """
    settings = RouterSettings()
    known = data.where(lambda q: q.split == "train")
    plain = known.where(lambda q: q.label != BOTH)
    fitters: dict[str, Fitter] = {
        "full": fit,
        "surface only": lambda part, target: fit(part, target, with_embedding=False),
        "embedding only": lambda part, target: fit(part, target, with_surface=False),
    }
    pairs: dict[str, Pair] = {}
    metrics: dict[str, dict[str, float | None]] = {}
    for name, fitter in fitters.items():
        raw, comprehension, table = calibrate(plain, plain.label, fitter)
        raw_both, both, table_both = calibrate(known, (known.label == BOTH).astype(float), fitter)
        report(f"\n{name}: calibration of comprehension against lookup\n\n{_table(table)}")
        report(f"\n{name}: calibration of both against either\n\n{_table(table_both)}")
        pairs[name], before = Pair(comprehension=comprehension, both=both), Pair(comprehension=raw, both=raw_both)
        rows = {}
        for test, part in test_sets(data).items():
            rows[test] = measure(probabilities(pairs[name], part), part.label, settings)
            uncalibrated = measure(probabilities(before, part), part.label, settings)
            rows[test] |= {"ece_before": uncalibrated["ece"], "brier_before": uncalibrated["brier"]}
            metrics[f"{name}, {test}"] = rows[test]
        report(f"\n{name}: held out\n\n{_table(rows)}")
    counts = Counter(q.source.split(" ")[0] for q in known.questions)
    sources = tuple(Source(name=name, licence=LICENCES[name], questions=n) for name, n in sorted(counts.items()))
    return Weights(
        format=1,
        embedder_name=embedder[0],
        embedder=embedder[1],
        features=FEATURES,
        full=pairs["full"],
        surface_only=pairs["surface only"],
        training=Training(command=command, seed=seed, sources=sources, metrics=metrics),
    )


def _table(rows: dict[str, dict[str, float | None]]) -> str:
    columns = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = ("–" if value is None else f"{value:.3f}".removesuffix(".000") for value in row.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hybrid.router.train", description="Train the router.")
    parser.add_argument("--data", type=Path, required=True, help="folder with nf_cats, squality, qmsum, cuad")
    parser.add_argument("--out", type=Path, default=Path("router/weights.json"), help="file to write")
    parser.add_argument("--embedder", default=EMBEDDER.name, help="name, path or hub id (default: the built-in one)")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    if not chosen.data.is_dir():
        parser.error(f"no folder {chosen.data}")

    from hybrid.retrieval.embedding import Embedder  # loads torch: only once the arguments are known to be good

    questions, missing = build(chosen.data, chosen.seed)
    print(f"{len(questions)} questions" + (f"; not in {chosen.data}: {', '.join(missing)}" if missing else ""))
    embedder = Embedder.load(chosen.embedder)
    vectors = embedder.encode([question.text for question in questions])
    data = Data(questions, np.stack([surface(q.text) for q in questions]), vectors.astype(np.float64))
    command = f"python -m hybrid.router.train --data DATA --embedder {chosen.embedder} --seed {chosen.seed}"
    weights = train(data, chosen.seed, command, (chosen.embedder, embedder.fingerprint), print)
    chosen.out.write_text(json.dumps(weights.model_dump(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwrote {chosen.out}")


if __name__ == "__main__":
    main()
