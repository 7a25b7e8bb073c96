"""The inner loop's step is found by calibration where nobody knows it."""

from __future__ import annotations

import math

import pytest
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.errors import DivergedError
from hybrid.settings.models import BUILTIN_MODELS, LANGUAGE_MODEL, builtin_path
from hybrid.ttt import calibration, volumes
from hybrid.ttt.calibration import CAUTIOUS, GRID, NEVER, Step
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.volumes import RETRIES, Gains, adapt_volume

TEXT = "The captain of the ship sold the salt and went home again. " * 20


@pytest.fixture
def unknown(tmp_path):
    """A model that nobody has calibrated."""
    return MemoryModel.load(tiny_settings(tmp_path, optimizer="auto", learning_rate=None))


def test_the_step_with_the_lowest_loss_of_what_follows_is_taken(unknown):
    assert unknown.uncalibrated
    step, losses = calibration.calibrate(unknown, unknown.encode(TEXT))
    assert set(losses) == {NEVER, *GRID}
    assert losses[step] == min(loss for loss in losses.values() if loss is not None) < losses[NEVER]
    assert not unknown.with_step(step).uncalibrated


def test_a_step_that_diverges_is_not_taken(unknown, monkeypatch):
    wild = Step("sgd", 1e38)
    monkeypatch.setattr(calibration, "GRID", (wild, Step("sgd", 0.01)))
    step, losses = calibration.calibrate(unknown, unknown.encode(TEXT))
    assert losses[wild] is None
    assert step == Step("sgd", 0.01)


def test_where_no_step_helps_the_cautious_one_is_taken(unknown, monkeypatch):
    monkeypatch.setattr(calibration, "GRID", (Step("sgd", 1e38),))
    assert calibration.calibrate(unknown, unknown.encode(TEXT))[0] == CAUTIOUS


def test_a_text_that_is_too_short_gives_no_step(unknown):
    assert calibration.calibrate(unknown, unknown.encode(TEXT)[:40]) == (None, {})
    assert unknown.settings.optimizer == CAUTIOUS.optimizer


@pytest.mark.parametrize(
    ("optimizer", "rate", "expected"),
    [
        ("sgd", None, ("sgd", 1.0)),
        ("adam", None, ("adam", 3e-4)),
        ("adam", 0.01, ("adam", 0.01)),
        ("auto", 0.5, ("sgd", 0.5)),
    ],
)
def test_what_the_settings_name_is_not_calibrated(tmp_path, optimizer, rate, expected):
    model = MemoryModel.load(tiny_settings(tmp_path, optimizer=optimizer, learning_rate=rate))
    assert not model.uncalibrated
    assert (model.settings.optimizer, model.settings.learning_rate) == expected


def test_the_built_in_model_is_known():
    if not builtin_path(BUILTIN_MODELS[LANGUAGE_MODEL.name]).exists():
        pytest.skip("the built-in model is not installed")
    assert load_checkpoint(LANGUAGE_MODEL.name).fingerprint == calibration.BUILTIN


def test_a_corpus_keeps_the_step_and_does_not_calibrate_again(tmp_path, monkeypatch):
    settings = Settings(memory=tiny_settings(tmp_path, optimizer="auto", learning_rate=None, volume_tokens=2000))
    (tmp_path / "a.txt").write_text(TEXT)
    corpus = Corpus.open(tmp_path / "corpus", settings)
    seen: list[str] = []
    corpus.ingest(tmp_path / "a.txt", progress=lambda *event: seen.append(str(event)))
    assert sum("calibrating" in one for one in seen) == len(GRID)
    identity = corpus._catalog.volumes()[0].identity
    monkeypatch.setattr(calibration, "GRID", ())
    (tmp_path / "b.txt").write_text(TEXT.replace("salt", "rice"))
    corpus.ingest(tmp_path / "b.txt")
    assert {row.identity for row in corpus._catalog.volumes()} == {identity}
    assert corpus.ask("Why did the captain go home?", route="comprehension").seconds["generation"] > 0


def test_a_volume_that_diverges_at_every_step_is_not_mounted_and_the_index_answers(tmp_path, monkeypatch):
    """What happened to a model of 0.5B parameters: the loss ended at 11.3 nats, where it was 4.2 without training."""
    monkeypatch.setattr(volumes, "RETRIES", (0.9,))
    settings = Settings(memory=tiny_settings(tmp_path, learning_rate=1e38))
    (tmp_path / "a.txt").write_text(TEXT)
    corpus = Corpus.open(tmp_path / "corpus", settings)
    report = corpus.ingest(tmp_path / "a.txt")
    (volume,) = corpus.training().volumes
    assert "diverged" in volume.report.harm
    assert any("is not used" in note and "a.txt" in note for note in report.notes)
    assert corpus.status().unmounted == 1
    answer = corpus.ask("Why did the captain go home?", route="comprehension")
    assert answer.found
    assert "generation" not in answer.seconds


def test_a_volume_that_diverges_is_adapted_at_a_smaller_step(tmp_path):
    model = MemoryModel.load(tiny_settings(tmp_path, learning_rate=1e38))
    rates: list[float] = []

    def adapt(state, tokens, on_step=None, rate=1.0):
        rates.append(rate)
        if rate == 1.0:
            raise DivergedError("at step 2")
        return MemoryModel.adapt(model.with_step(Step("sgd", 1.0)), state, tokens, on_step)

    model.adapt = adapt
    found = adapt_volume(model, model.encode(TEXT))
    assert rates == [1.0, RETRIES[0]]
    assert (found.rate, found.harm) == (RETRIES[0], None)


@pytest.mark.parametrize(
    ("own", "held_back", "word"),
    [((4.0, 11.3), None, "own text"), ((4.0, 3.5), (4.2, 4.4), "held-back"), ((4.0, math.nan), None, "own text")],
)
def test_a_volume_with_a_higher_loss_than_without_it_is_harmful(own, held_back, word):
    assert word in Gains(4.0, own, held_back).harmed
    assert Gains(4.0, (4.0, 3.5), (4.2, 4.0)).harmed is None


def test_a_calibrated_model_is_not_destroyed(tmp_path):
    settings = tiny_settings(tmp_path, optimizer="auto", learning_rate=None)
    (tmp_path / "a.txt").write_text(TEXT)
    corpus = Corpus.open(tmp_path / "corpus", Settings(memory=settings))
    corpus.ingest(tmp_path / "a.txt")
    (volume,) = corpus.training().volumes
    assert volume.report.harm is None
    assert volume.gain > 0
