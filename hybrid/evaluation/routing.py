"""How well the router routes: on a user's labelled questions, or on development sets that it was not trained on.

The development sets are divided by a hash: half of each was looked at while the router was made ("tuning"), the
other half only measured ("reporting"). QMSum and SQuALITY are divided as their authors divided them.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hybrid.errors import InputError
from hybrid.evaluation.clauses import CLAUSE_QUESTIONS
from hybrid.evaluation.report import EvaluationReport, Plot, Series
from hybrid.retrieval.embedding import Embedder
from hybrid.router.classifier import Router, Weights
from hybrid.router.training.fitting import BINS, measure, reliability, risk_coverage
from hybrid.router.training.held_out import HELD_OUT
from hybrid.router.training.questions import LABELS, LOOKUP, LabelledQuestion, part_of
from hybrid.settings import RouterSettings

Part = Literal["tuning", "reporting"]
POOL = (
    "qmsum general",
    "qmsum specific",
    "squality first",
    "cuad questions",
    "cuad descriptions",
    "cuad frames",
    "hotpotqa",
)
"""The sets that are measured together. The others are questions of a kind that is hard to label, or few."""


@dataclass(frozen=True)
class Asked:
    """A question with its label (0, 0.5 or 1), and the set and part that it belongs to."""

    text: str
    label: float
    set: str
    part: Part = "reporting"


def own(labelled: Sequence[LabelledQuestion]) -> list[Asked]:
    """A user's questions, each as it stands alone."""
    return [Asked(one.text, LABELS[one.label], one.set or "questions") for one in labelled]


def development(folder: Path) -> tuple[list[Asked], list[str]]:
    """The questions of the development sets in ``folder``, and the names of the sets that are not there."""
    sources: dict[str, Callable[[Path], Iterator[Asked]]] = {
        "qmsum": _qmsum,
        "squality": _squality,
        "cuad": _cuad,
        "hotpotqa100": _hotpotqa,
    }
    missing = [name for name in sources if not (folder / name).is_dir()]
    found = [asked for name, source in sources.items() if name not in missing for asked in source(folder)]
    if not found:
        raise InputError(f"none of the development sets {', '.join(sources)} is in {folder}")
    for route, texts in HELD_OUT.items():
        found += [Asked(text, LABELS[route], "discovery", _half(text)) for text in texts]
    return found, missing


def evaluate(
    asked: Sequence[Asked], embedder: Embedder, settings: RouterSettings, seed: int, notes: Sequence[str] = ()
) -> EvaluationReport:
    """Accuracy, calibration, abstention, and the two plots. ``settings`` name the weights and the thresholds.

    Raises `ModelError` if the weights cannot be used.
    """
    router = Router.load(settings, embedder.fingerprint)
    vectors = embedder.encode([one.text for one in asked])
    p = np.array([router.probability(one.text, vector) for one, vector in zip(asked, vectors, strict=True)])
    label, name = np.array([one.label for one in asked]), np.array([one.set for one in asked])
    sets = list(dict.fromkeys(one.set for one in asked))
    pool = [one for one in sets if one in POOL] or sets
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


def _half(key: str) -> Part:
    return "tuning" if part_of(key, 2) else "reporting"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


_SPLITS: tuple[tuple[str, str, Part], ...] = (("train", "train", "tuning"), ("val", "dev", "reporting"))


def _qmsum(folder: Path) -> Iterator[Asked]:
    for split, _, part in _SPLITS:
        for row in _rows(folder / "qmsum" / f"{split}.jsonl.gz"):
            for kind in ("general", "specific"):
                yield from (Asked(one["query"].strip(), 1.0, f"qmsum {kind}", part) for one in row[kind])


def _squality(folder: Path) -> Iterator[Asked]:
    for _, split, part in _SPLITS:
        for row in _rows(folder / "squality" / f"{split}.jsonl.gz"):
            for number, one in enumerate(row["questions"]):
                yield Asked(one["q"].strip(), 1.0, "squality other" if number else "squality first", part)


_CUAD_FRAMES = (
    "{about}",
    "{name}",
    "{name} clause",
    "{name} {contract}",
    "Quote the {name} clause.",
    "Quote the clause on {name} in the {contract}.",
    "Which clause of the {contract} covers {name}?",
    "Is there a {name} clause in the {contract} with {company}?",
    "Find {name} in the {company} {contract}",
    "In the {contract}: {about}",
    "What is the {name} in the {contract}?",
    "Show the {name} provision of the {company} contract.",
)


def _cuad(folder: Path) -> Iterator[Asked]:
    """Each category as a question, as its annotators' question where they put one, and in frames."""
    rng = random.Random(0)
    names = sorted({row["id"] for row in _rows(folder / "cuad" / "contracts_dev.jsonl.gz")})
    with (folder / "cuad" / "category_descriptions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [[cell.split(":", 1)[-1].strip() for cell in row[:2]] for row in list(csv.reader(file))[1:] if row]
    named = {category.lower(): category for category in CLAUSE_QUESTIONS}
    for category, about in rows:
        part = _half(named[category.lower()])
        yield Asked(CLAUSE_QUESTIONS[named[category.lower()]], LOOKUP, "cuad questions", part)
        if "?" in about:
            yield Asked(" ".join(about.partition("?")[0].split()) + "?", LOOKUP, "cuad descriptions", part)
        for frame in _CUAD_FRAMES:
            company, contract = _contract(rng.choice(names))
            name = category if rng.random() < 0.3 else category.lower()
            text = frame.format(about=about, name=name, contract=contract, company=company)
            yield Asked(text.rstrip("?.! ").lower() if rng.random() < 0.25 else text, LOOKUP, "cuad frames", part)


def _contract(identifier: str) -> tuple[str, str]:
    """Company and kind of contract from a CUAD name, such as ``EdietsComInc_2000..._Co-Branding Agreement``."""
    parts = identifier.split("_")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", parts[0]), re.sub(r"\W*\d*$", "", parts[-1]) or "agreement"


def _hotpotqa(folder: Path) -> Iterator[Asked]:
    for line in (folder / "hotpotqa100" / "questions.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Asked(row["question"], LOOKUP, "hotpotqa", _half(row["_id"]))
