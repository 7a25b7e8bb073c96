"""The learned ranker: a weight for every feature, and one probability for a question."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest

from hybrid.answering import abstention
from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import features, ranker

QUESTION = "When does the lease of the mill end?"


def sentence(text: str, start: int, similarity: float = 0.4, rank: int = 0) -> Sentence:
    return Sentence(1, "a.txt", "a.txt", "", start, start + len(text), text, rank, similarity)


FOUND = [
    sentence("4. TERM", 5_000),
    sentence("The lease ends on 30 June 2027.", 5_010, 0.6),
    sentence("The mill stands in Kent, and its wheel turns.", 5_050, 0.2),
]


def column(name: str) -> list[float]:
    matrix = features.matrix(QUESTION, FOUND, lambda _: 1.0)
    return [round(float(value), 3) for value in matrix[:, features.NAMES.index(name)]]


def test_every_feature_has_a_weight_and_every_weight_a_feature() -> None:
    raw = json.loads((resources.files("hybrid.answering.selection") / "weights.json").read_text("utf-8"))
    assert set(raw["weights"]) == set(features.NAMES)
    assert set(raw["answerability"]["weights"]) == {*abstention.NAMES, "intercept"}
    assert 0 < raw["answerability"]["threshold"] < raw["answerability"]["confident"] < 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("similarity", [0.4, 0.6, 0.2]),
        ("coverage", [0.0, 0.667, 0.333]),
        ("kind of value", [0.0, 1.0, 0.0]),
        ("short", [1.0, 0.0, 0.0]),
        ("titled", [0.0, 0.0, 0.0]),
        ("coverage to the best", [0.0, 1.0, 0.5]),
    ],
)
def test_features_are_what_their_names_say(name: str, expected: list[float]) -> None:
    assert column(name) == expected


def test_the_odds_of_two_sentences_are_those_of_their_scores() -> None:
    shipped = ranker.load()
    rows = features.matrix(QUESTION, FOUND, lambda _: 1.0)
    assert np.allclose(shipped.scores(rows), rows.astype(float) @ shipped.weights)
    assert int(np.argmax(shipped.scores(rows))) == 1


def test_nothing_found_has_no_features() -> None:
    assert features.matrix(QUESTION, [], lambda _: 1.0).shape == (0, len(features.NAMES))


def test_more_similar_sentences_make_an_answer_likelier() -> None:
    far = [Sentence(1, "a", "a", "", 0, 31, FOUND[1].text, 0, 0.1)]
    near = [Sentence(1, "a", "a", "", 0, 31, FOUND[1].text, 0, 0.7)]
    low, high = (abstention.answerability(QUESTION, found, lambda _: 1.0).probability for found in (far, near))
    assert 0 < low < high < 1
