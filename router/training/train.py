"""Train and calibrate the router, on public data sets or on a user's own questions.

`train` makes weights from nothing, as those that come with hybrid were made; `adapt` moves weights that
exist towards a user's questions. Both are deterministic, and measure by cross-validation. `train_to_file` is what
``hybrid router train`` does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import InputError
from hybrid.retrieval.embedding import Embedder
from hybrid.router.classifier import Linear, Pair, Source, Training, Weights
from hybrid.router.features import FEATURES, surface
from hybrid.router.training.fitting import Array, fit_logistic, fit_temperature, logit, measure, sigmoid
from hybrid.router.training.questions import (
    BOTH,
    LICENCES,
    Question,
    as_questions,
    build,
    part_of,
    read_labelled,
    unique,
)
from hybrid.settings import RouterSettings

FOLDS = 5
"""Of cross-validation, as usual: each fits on four fifths."""
SURFACE_PENALTY, EMBEDDING_PENALTY = 10.0, 300.0
"""Of the surface 3, 10 and 30, of the embedding 30, 100, 300 and 1,000 were tried on the tuning half: docs/router.md,
"What was tried"."""
PULLS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""How hard `adapt` may be held to the weights it starts from, as multiples of the penalties above. Steps of
about three from hardly to firmly; cross-validation on the user's questions chooses."""
MIN_PER_ROUTE = 5
"""Questions of a route that `adapt` needs to learn anything about it: one for each of `FOLDS`."""
_ROUTE_SHARES = {0.0: 0.4, 0.5: 0.2, 1.0: 0.4}
"""The prior that p is right for, by label: an assumption about users, not a measurement (docs/router.md, "Prior")."""
_WEB_SHARE = 3.0
"""In domains: real questions by many people, against nine domains of templates. 1.5, 3 and 6 were tried
(docs/router.md)."""
_FREE = 1e-6
"""The penalty of a coefficient that is not penalised: not 0, so that the system of equations can always be solved."""


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

    @property
    def mixed(self) -> NDArray[np.bool_]:
        """Which questions ask for both memories."""
        return np.asarray(self.label == BOTH)

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


def fit(data: Data, target: Array, *, with_embedding: bool, start: Linear | None = None, pull: float = 1.0) -> Linear:
    """A classifier of ``target [n]``; one near ``start``, where that is given, the nearer the harder the ``pull``."""
    f, d = data.surface.shape[1], data.vectors.shape[1]
    scale = np.sqrt(d)  # brings each coordinate of a unit vector to about one
    blocks = [np.ones((len(target), 1)), data.surface]
    penalty = [np.full(1, _FREE if start is None else SURFACE_PENALTY * pull), np.full(f, SURFACE_PENALTY * pull)]
    centre = None
    if start is not None:
        centre = np.array([start.bias, *start.surface, *(value / scale for value in start.embedding)])
    if with_embedding:
        blocks.append(data.vectors * scale)
        penalty.append(np.full(d, EMBEDDING_PENALTY * pull))
    weight = balanced_weights(data.questions) if start is None else np.ones(len(target))
    found = fit_logistic(np.concatenate(blocks, axis=1), target, weight, np.concatenate(penalty), centre)
    return Linear(
        bias=_short(found[0]),
        surface=tuple(map(_short, found[1 : f + 1])),
        embedding=tuple(map(_short, found[f + 1 :] * scale)),
    )


def fit_pair(data: Data, *, with_embedding: bool, start: Pair | None = None, pull: float = 1.0) -> Pair:
    """Both classifiers, not calibrated yet unless ``start`` is: its slope is kept."""
    plain = data.at(~data.mixed)
    return Pair(
        comprehension=fit(
            plain,
            plain.label,
            with_embedding=with_embedding,
            start=start.comprehension if start else None,
            pull=pull,
        ),
        both=fit(
            data,
            data.mixed.astype(float),
            with_embedding=with_embedding,
            start=start.both if start else None,
            pull=pull,
        ),
        slope=start.slope if start else 1.0,
    )


def probabilities(pair: Pair, data: Data) -> Array:
    """p_comprehension of all questions, ``[n]``, as `Pair.probability` gives it for one."""
    both = sigmoid(_scores(pair.both, data))
    p = (1 - both) * sigmoid(_scores(pair.comprehension, data)) + both / 2
    return sigmoid(pair.slope * logit(p))


def _scores(linear: Linear, data: Data) -> Array:
    z = linear.bias + data.surface @ np.array(linear.surface)
    return np.asarray(z + data.vectors @ np.array(linear.embedding) if linear.embedding else z)


Fitter = Callable[[Data], Pair]


def out_of_fold(data: Data, fitter: Fitter) -> Array:
    """p ``[n]`` of each question by a pair that saw neither it nor its group."""
    fold = np.array([part_of(question.group, FOLDS) for question in data.questions])
    p = np.full(len(fold), 0.5)
    for i in range(FOLDS):
        inside, rest = fold == i, fold != i
        if inside.any() and rest.any():
            p[inside] = probabilities(fitter(data.at(rest)), data.at(inside))
    return p


def calibration_slope(p: Array, data: Data) -> float:
    """The slope that calibrates ``p [n]`` on the questions of one kind (temperature scaling, Guo et al. 2017)."""
    plain = ~data.mixed
    weight = balanced_weights(data.at(plain).questions)
    return _short(fit_temperature(logit(p[plain]), data.label[plain], weight)[0])


def calibrated(data: Data, *, with_embedding: bool) -> tuple[Pair, Array]:
    """A pair fitted to all of ``data``, its slope to the out-of-fold probabilities; and those, calibrated.

    The slope of each fold's questions is fitted on the other folds, so that the probabilities returned are of
    classifiers and a calibration that saw neither the question nor its group.
    """
    raw = out_of_fold(data, lambda rest: fit_pair(rest, with_embedding=with_embedding))
    fold = np.array([part_of(question.group, FOLDS) for question in data.questions])
    p = raw.copy()
    for i in range(FOLDS):
        inside, rest = fold == i, fold != i
        if inside.any() and rest.any():
            p[inside] = sigmoid(calibration_slope(raw[rest], data.at(rest)) * logit(raw[inside]))
    pair = fit_pair(data, with_embedding=with_embedding)
    return pair.model_copy(update={"slope": calibration_slope(raw, data)}), p


def train(data: Data, seed: int, command: str, embedder: tuple[str, str]) -> Weights:
    """Weights from nothing. ``embedder`` is the name and the fingerprint of what made the vectors."""
    full, p_full = calibrated(data, with_embedding=True)
    surface, p_surface = calibrated(data, with_embedding=False)
    weight, settings = balanced_weights(data.questions), RouterSettings()
    counts = Counter(q.source.split(" ")[0] for q in data.questions)
    sources = tuple(Source(name=k, licence=LICENCES.get(k, "the user's own"), questions=n) for k, n in counts.items())
    return Weights(
        format=2,
        embedder_name=embedder[0],
        embedder=embedder[1],
        features=FEATURES,
        full=full,
        surface_only=surface,
        training=Training(
            command=command,
            seed=seed,
            sources=tuple(sorted(sources, key=lambda source: source.name)),
            metrics={
                "full": _rounded(measure(p_full, data.label, settings, weight)),
                "surface only": _rounded(measure(p_surface, data.label, settings, weight)),
            },
        ),
    )


def adapt(weights: Weights, data: Data, command: str) -> Weights:
    """``weights`` moved towards a user's questions, as far as cross-validation says that it helps.

    Logistic regressions whose penalty pulls them to the weights they start from. Of the strengths in `PULLS`, and of
    staying where they are, each pair takes the one with the least log loss on questions left out. Without
    an embedding to go with it (``vectors [n, 0]``), the full pair stays as it is.
    """
    settings = RouterSettings()
    pairs, metrics = {}, {}
    for name, pair, with_embedding in (("full", weights.full, True), ("surface only", weights.surface_only, False)):
        chosen, p = pair, probabilities(pair, data)
        metrics[f"{name}, before"] = _rounded(measure(p, data.label, settings))
        least = log_loss(p, data.label)
        for pull in PULLS:

            def fitter(
                rest: Data, pair: Pair = pair, pull: float = pull, with_embedding: bool = with_embedding
            ) -> Pair:
                return fit_pair(rest, with_embedding=with_embedding, start=pair, pull=pull)

            tried = out_of_fold(data, fitter)
            if log_loss(tried, data.label) < least:
                least, p, chosen = log_loss(tried, data.label), tried, fitter(data)
        pairs[name] = chosen
        metrics[f"{name}, cross-validated"] = _rounded(measure(p, data.label, settings))
    own = Source(name="own", licence="the user's own", questions=len(data.questions))
    origin = weights.training
    return weights.model_copy(
        update={
            "full": pairs["full"],
            "surface_only": pairs["surface only"],
            "training": Training(
                command=command, seed=origin.seed, sources=(*origin.sources, own), metrics={**origin.metrics, **metrics}
            ),
        }
    )


def log_loss(p: Array, label: Array, weight: Array | None = None) -> float:
    """Mean cross-entropy of ``p [n]`` to ``label [n]``, in nats; a mixed question's least is ln 2."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(np.average(-(label * np.log(p) + (1 - label) * np.log(1 - p)), weights=weight))


def _rounded(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 4) for name, value in values.items()}


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def train_to_file(
    questions: Path | None,
    data: Path | None,
    out: Path,
    *,
    start: Path | None,
    embedder_name: str,
    seed: int,
    report: Callable[[str], None],
) -> Weights:
    """Weights from ``questions`` (a user's JSONL), from the public sets in ``data``, or both, written to ``out``.

    Without ``data`` the weights in ``start``, or those that come with hybrid, are moved towards the questions.
    Raises `InputError` if there is nothing to train on, or a route has too few questions.
    """
    own = as_questions(read_labelled(questions)) if questions else []
    if data is None and not own:
        raise InputError("nothing to train on: give a file of questions, or --data and a folder of public sets")
    known = own
    if data is not None:
        public, missing = build(data, seed)
        known = unique([*own, *public])
        report(f"{len(known):,} questions" + (f"; not in {data}: {', '.join(missing)}" if missing else ""))
    else:
        _check_enough(own, questions)
    embedder = Embedder.load(embedder_name)
    vectors = embedder.encode([question.text for question in known]).astype(np.float64)
    arrays = Data(known, np.stack([surface(question.text) for question in known]), vectors)
    command = "hybrid router train" + (" QUESTIONS" if questions else "") + (" --data DATA" if data else "")
    command += f" --embedder {embedder_name} --seed {seed}"
    if data is not None:
        weights = train(arrays, seed, command, (embedder_name, embedder.fingerprint))
    else:
        before = Weights.read(start)
        if not before.fits(embedder.fingerprint):
            raise InputError(
                f"the weights to start from are for the embedder {before.embedder_name}, not {embedder_name}; "
                "name that one, or train from nothing with --data"
            )
        weights = adapt(before, arrays, command)
    _write(out, json.dumps(weights.model_dump(), indent=1, ensure_ascii=False) + "\n")
    return weights


def _check_enough(own: list[Question], path: Path | None) -> None:
    for name, label in (("lookup", 0.0), ("comprehension", 1.0)):
        count = sum(question.label == label for question in own)
        if count < MIN_PER_ROUTE:
            raise InputError(
                f"{path} has {count} different questions labelled {name}; at least {MIN_PER_ROUTE} are needed"
            )


def _write(path: Path, text: str) -> None:
    """All of the file or nothing: a stopped run leaves what was there."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise InputError(f"cannot write the weights to {path}: {error.strerror}") from error
