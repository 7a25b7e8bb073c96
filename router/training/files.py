"""What ``hybrid router train`` does: from files and folders to a file of weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hybrid.errors import InputError
from hybrid.retrieval.embedding import Embedder
from hybrid.router.classifier import Weights
from hybrid.router.features import surface
from hybrid.router.training.questions import Question, as_questions, build, read_labelled, unique
from hybrid.router.training.train import MIN_PER_ROUTE, Data, adapt, train


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
