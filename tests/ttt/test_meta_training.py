"""Meta-training learns, resumes to the bit, says what is wrong, and its weights are what the memory begins with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import write_tiny_model

from hybrid.cli import main
from hybrid.errors import DivergedError, InputError, MissingModelError, ModelError, SettingsError
from hybrid.settings import MemorySettings
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.ttt import outer_loop
from hybrid.ttt import training as meta_training
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.training import CHECKPOINT, INITIAL_WEIGHTS, LOG, PLOT, inner_warm_up, meta_train, schedule

INNER: dict[str, Any] = {"window": 32, "mini_batch": 16}
OUTER: dict[str, Any] = {
    "steps": 6, "sequence": 64, "accumulate": 2, "learning_rate": 1e-2, "warm_up": 1, "evaluate_every": 3,
    "checkpoint_every": 2,
}  # fmt: skip


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    (folder / "deeper").mkdir(parents=True)
    for number in range(21):
        sentences = (f"clause {line} of agreement {number} ends in {line * 7 % 13} days. " for line in range(8))
        (folder / ("deeper" if number % 2 else ".") / f"{number:02}.md").write_text("".join(sentences))
    (folder / "ignored.pdf").write_bytes(b"\xff")
    return folder


def settings(
    texts: Path, output: str = "run", inner: dict[str, Any] | None = None, **outer: Any
) -> MetaTrainingSettings:
    return MetaTrainingSettings(
        texts=texts, output=texts.parent / output, model=str(write_tiny_model(texts.parent)), dtype="float32",
        inner=InnerSettings(**INNER | (inner or {})), outer=OuterSettings(**OUTER | outer),
    )  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"trains": "all"}, {"batch": 2}, {"prefix_cache_mib": 0}], ids=str)
def test_the_evaluation_loss_falls_and_everything_is_written(texts: Path, options: dict[str, Any]) -> None:
    found = settings(texts, **options)
    result = meta_train(found)
    assert result.steps == 6
    assert result.loss_before is not None
    assert result.loss_after is not None
    assert result.loss_after < result.loss_before - 0.1
    lines = [json.loads(line) for line in (found.output / LOG).read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in lines if "evaluation_loss" in line] == [0, 3, 6]
    assert len(lines[1]["by_mini_batch"]) == 4
    assert (found.output / PLOT).read_text().lstrip().startswith("<?xml")


def test_the_prefix_computed_once_changes_nothing(texts: Path) -> None:
    meta_train(settings(texts))
    meta_train(settings(texts, "again", prefix_cache_mib=0))
    ours, theirs = (load_file(texts.parent / run / INITIAL_WEIGHTS) for run in ("run", "again"))
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = settings(texts, "whole")
    meta_train(whole)

    def stop(line: dict[str, Any]) -> None:
        if line["step"] == 5:
            raise KeyboardInterrupt

    stopped = settings(texts, "stopped")
    with pytest.raises(KeyboardInterrupt):
        meta_train(stopped, stop)
    assert not (stopped.output / INITIAL_WEIGHTS).exists()
    seen: list[int] = []
    meta_train(stopped, lambda line: seen.append(line["step"]))
    assert seen == [5, 6, 6]  # from the checkpoint after step 4
    for name in (INITIAL_WEIGHTS, CHECKPOINT):
        ours, theirs = load_file(stopped.output / name), load_file(whole.output / name)
        assert ours.keys() == theirs.keys()
        for key, tensor in ours.items():
            assert torch.equal(tensor, theirs[key]), key


def test_first_order_is_another_gradient(texts: Path) -> None:
    meta_train(settings(texts, steps=1))
    meta_train(settings(texts, "first", {"first_order": True}, steps=1))
    exact, first = (load_file(texts.parent / run / INITIAL_WEIGHTS) for run in ("run", "first"))
    assert any(not torch.equal(tensor, first[name]) for name, tensor in exact.items())


def test_the_memory_begins_with_the_initial_weights_and_a_snapshot_names_them(texts: Path) -> None:
    result = meta_train(settings(texts, inner={"dynamic_size": 24}))
    chosen = MemorySettings(
        model=str(texts.parent / "tiny-llama"), dtype="float32", initial_weights=str(result.initial_weights), **INNER
    )
    model, plain = MemoryModel.load(chosen), MemoryModel.load(chosen.model_copy(update={"initial_weights": "none"}))
    assert model.initial_state().fast_state.fast[0].gate.shape == (24, 32)
    fast, untrained = model.initial_state().fast_state.fast[0], plain.initial_state().fast_state.fast[0]
    trained = load_file(texts.parent / "run" / CHECKPOINT)
    assert torch.equal(fast.down, trained["master.dynamic.0.initial.down"].bfloat16().float())
    for part in ("gate", "up"):  # stored in a byte a number: exact to a 254th of each row's largest change
        ours, want = getattr(fast, part), trained[f"master.dynamic.0.initial.{part}"]
        change = (want - getattr(untrained, part)[:24]).abs().amax(1, keepdim=True)
        assert ((ours - want).abs() <= change / 253).all()
        assert change.min() > 0
    text = (texts / "deeper" / "19.md").read_text()
    losses = [
        model.adapt(model.initial_state(), model.encode(text)).loss,
        plain.adapt(plain.initial_state(), plain.encode(text)).loss,
    ]
    assert losses[0] is not None
    assert losses[1] is not None
    assert losses[0] < losses[1] - 0.1
    with pytest.raises(ModelError, match="made with initial weights"):
        plain.restore(*model.initial_state().to_tensors())


def test_initial_weights_of_another_model_or_damaged_ones_are_refused(texts: Path, tmp_path: Path) -> None:
    result = meta_train(settings(texts, steps=1))
    other = MemorySettings(
        model=str(write_tiny_model(tmp_path / "other", seed=1)),
        initial_weights=str(result.initial_weights),
        dtype="float32",
        **INNER,
    )
    with pytest.raises(SettingsError, match="another model"):
        MemoryModel.load(other)
    missing = other.model_copy(update={"initial_weights": str(tmp_path / "nowhere")})
    with pytest.raises(MissingModelError, match="nowhere"):
        MemoryModel.load(missing)
    result.initial_weights.write_bytes(result.initial_weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="no meta-trained initial weights"):
        MemoryModel.load(other)


def test_other_settings_or_texts_do_not_go_on_with_a_run(texts: Path) -> None:
    meta_train(settings(texts, steps=2))
    with pytest.raises(SettingsError, match="other settings or texts"):
        meta_train(settings(texts, steps=3))
    (texts / "00.md").write_text("changed")
    with pytest.raises(SettingsError, match="other settings or texts"):
        meta_train(settings(texts, steps=2))
    checkpoint = texts.parent / "run" / CHECKPOINT
    checkpoint.write_bytes(checkpoint.read_bytes()[:50])
    with pytest.raises(ModelError, match="damaged"):
        meta_train(settings(texts, steps=2))


def test_divergence_and_a_full_disk_leave_the_last_checkpoint(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(texts)
    right = outer_loop.meta_gradients
    calls: list[int] = []

    def bad(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        run, gradients = right(*arguments, **options)
        if len(calls) > 6:
            gradients["dynamic.0.norm"] = gradients["dynamic.0.norm"] * float("nan")
        return run, gradients

    monkeypatch.setattr(meta_training, "meta_gradients", bad)
    with pytest.raises(DivergedError, match="step 4"):
        meta_train(found)
    kept = (found.output / CHECKPOINT).read_bytes()
    monkeypatch.setattr(meta_training, "meta_gradients", right)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(meta_training, "save_file", full)
    with pytest.raises(ModelError, match="no space left on the disk"):
        meta_train(found)
    assert (found.output / CHECKPOINT).read_bytes() == kept
    assert not list(found.output.glob(".*partial"))


def test_initial_weights_that_cannot_be_written_are_a_clear_error(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hybrid.ttt.initial_weights.save_file", full)
    with pytest.raises(ModelError, match=rf"{INITIAL_WEIGHTS} could not be written.*no space left"):
        meta_train(settings(texts, steps=1))
    assert not (texts.parent / "run" / INITIAL_WEIGHTS).exists()
    (texts.parent / "file").touch()
    with pytest.raises(ModelError, match="file could not be written"):
        meta_train(settings(texts, "file"), lambda line: pytest.fail("trained before it looked"))


def test_another_model_at_the_same_path_does_not_go_on_with_a_run(texts: Path) -> None:
    found = settings(texts, steps=2)
    meta_train(found)
    write_tiny_model(texts.parent, seed=1)
    with pytest.raises(SettingsError, match="other settings or texts"):
        meta_train(found)


def test_the_initial_weights_that_come_with_a_model_are_used_where_they_suit(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = meta_train(settings(texts, steps=1))
    monkeypatch.setattr("hybrid.ttt.initial_weights.SHIPPED", result.initial_weights)
    fits = MemorySettings(model=str(texts.parent / "tiny-llama"), dtype="float32", **INNER)

    def began_from(**changes: object) -> Path | None:
        model = MemoryModel.load(MemorySettings.model_validate(fits.model_dump() | changes))
        return None if model.initial_weights is None else result.initial_weights

    assert began_from() == result.initial_weights
    other_model = str(write_tiny_model(texts.parent / "other", seed=1))
    for change in (
        {"initial_weights": "none"}, {"mini_batch": 32}, {"learning_rate": 0.5}, {"clip": 0}, {"window": 64},
        {"sinks": 0}, {"optimizer": "adam"}, {"dynamic_size": 8}, {"model": other_model},
    ):  # fmt: skip
        assert began_from(**change) is None, change


def test_inner_step_size_warms_up_as_the_official_one() -> None:
    inner = InnerSettings(learning_rate=1.0, warm_up=10, initial_learning_rate=0.1)
    official = {0: 0.19, 3: 0.46, 8: 0.91, 9: 1.0, 10: 1.0, 2147483547: 1.0}
    assert {step: inner_warm_up(step, inner) for step in official} == pytest.approx(official)
    assert inner_warm_up(0, InnerSettings()) == 1.0


def test_an_inner_warm_up_holds_for_training_and_not_for_evaluation(
    texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[float]] = {"meta_gradients": [], "run_inner_loop": []}
    for name, rates in seen.items():
        right = getattr(meta_training, name)

        def noted(
            model: Any, sequences: Any, rule: Any, *rest: Any, right: Any = right, rates: Any = rates, **more: Any
        ) -> Any:
            rates.append(rule.learning_rate)
            return right(model, sequences, rule, *rest, **more)

        monkeypatch.setattr(meta_training, name, noted)
    meta_train(settings(texts, inner={"warm_up": 2, "initial_learning_rate": 0.5}, steps=2, accumulate=1))
    assert seen["meta_gradients"] == [0.75, 1.0]
    assert set(seen["run_inner_loop"]) == {1.0}


def test_too_little_text_none_or_not_utf8_is_refused(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no \.txt"):
        meta_train(settings(texts).model_copy(update={"texts": tmp_path / "empty"}))
    (tmp_path / "short").mkdir()
    (tmp_path / "short" / "a.txt").write_text("short")
    with pytest.raises(InputError, match="less than one sequence of 64 tokens"):
        meta_train(settings(texts).model_copy(update={"texts": tmp_path / "short"}))
    (texts / "bad.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"bad\.txt is not UTF-8"):
        meta_train(settings(texts))


def test_schedule_warms_up_and_ends_at_its_share() -> None:
    rates = [schedule(step, 10, 2, 0.1) for step in range(11)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[10] == pytest.approx(0.1)
    assert rates[6] == pytest.approx(0.55)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_the_command_runs_a_toml_file_and_names_what_is_wrong_in_one(texts: Path, tmp_path: Path) -> None:
    toml = tmp_path / "run.toml"
    lines = ['texts = "texts"', 'output = "run"', f'model = "{write_tiny_model(tmp_path)}"', 'dtype = "float32"']
    toml.write_text(
        "\n".join([*lines, "[inner]", "window = 32", "mini_batch = 16", "[outer]", "steps = 2", "sequence = 64"])
    )
    result = CliRunner().invoke(main, ["meta-train", str(toml)])
    assert result.exit_code == 0, result.output
    assert f"wrote {tmp_path / 'run' / INITIAL_WEIGHTS} after 2 steps" in result.stdout
    assert json.loads(result.stderr.splitlines()[1])["step"] == 1
    for bad, named in (("[inner]\nwindow = 3", "inner.window"), ("[outer]\nsteeps = 3", "outer.steeps"), ("[", "TOML")):
        toml.write_text("\n".join([*lines, bad]))
        failed = CliRunner().invoke(main, ["meta-train", str(toml)])
        assert failed.exit_code == 1
        assert named in failed.stderr
    toml.write_text("\n".join([*lines, "[outer]", "sequence = 100"]))
    assert "no multiple" in CliRunner().invoke(main, ["meta-train", str(toml)]).stderr
