"""Meta-training on answers: they are learned, what is asked is drawn again the same, and mistakes are named."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import write_tiny_model

from hybrid.errors import InputError, SettingsError
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.ttt import training
from hybrid.ttt.checkpoints.loading import load_checkpoint
from hybrid.ttt.training import CHECKPOINT, INITIAL_WEIGHTS, LOG, meta_train
from hybrid.ttt.training_questions import asked, drawn, questions_of, turns_of
from hybrid.types.study import Exercise


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(8):
        sentences = "".join(f"clause {line} of agreement {number} ends in {line * 7 % 13} days. " for line in range(8))
        (folder / f"{number:02}.txt").write_text(sentences)
        rows = [{"question": f"When ends clause {line}?", "answer": f"in {line * 7 % 13} days"} for line in range(3)]
        rows[0]["passage"] = "clause 0"
        if number % 2:
            write_questions(folder, number, "\n".join(map(json.dumps, rows)) + "\n\n")
    return folder


def write_questions(folder: Path, number: int, text: str) -> None:
    (folder / f"{number:02}.questions.jsonl").write_text(text)


def settings(texts: Path, output: str = "run", **outer: Any) -> MetaTrainingSettings:
    initial_weights, window = outer.pop("initial_weights", "none"), outer.pop("window", 128)
    chosen: dict[str, Any] = {
        "steps": 6, "sequence": 64, "accumulate": 2, "learning_rate": 1e-2, "warm_up": 1, "evaluate_every": 3,
        "checkpoint_every": 2, "answers": 1.0, "questions": 2,
    } | outer  # fmt: skip
    return MetaTrainingSettings(
        texts=texts, evaluation_texts=texts, output=texts.parent / output, dtype="float32",
        model=str(write_tiny_model(texts.parent)), initial_weights=initial_weights,
        inner=InnerSettings(window=window, mini_batch=16), outer=OuterSettings(**chosen),
    )  # fmt: skip


def logged(found: MetaTrainingSettings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (found.output / LOG).read_text().splitlines()]


def test_answers_are_learned_and_logged_with_and_without_what_was_read(texts: Path) -> None:
    found = settings(texts, answers=3.0)
    meta_train(found)
    evaluated = [line for line in logged(found) if "evaluation_loss" in line]
    assert evaluated[-1]["answer_loss"] < evaluated[0]["answer_loss"] - 0.1
    assert evaluated[0]["answer_loss_unread"] != evaluated[0]["answer_loss"]
    assert any("answer_loss" in line for line in logged(found) if "loss" in line)


def test_texts_that_are_asked_about_are_sequences_of_their_own(texts: Path) -> None:
    run = training._Run(settings(texts), training.Processes(), torch.device("cpu"))
    asked_about = [one for one in run.train if one.turns]
    assert len(asked_about) == 4
    tokenizer = load_checkpoint(settings(texts).model).tokenizer
    beginnings = {tokenizer.decode(one.ids[:25]) for one in asked_about}
    assert beginnings == {f"clause 0 of agreement {number} e"[:25] for number in (1, 3, 5, 7)}
    assert all((len(one.ids) - 1) % 16 == 0 for one in asked_about)
    assert not any(
        one.turns
        for one in training._Run(settings(texts, answers=0.0), training.Processes(), torch.device("cpu")).train
    )


def test_a_run_with_answers_that_was_stopped_goes_on_to_the_same_bits(texts: Path) -> None:
    whole, stopped = settings(texts, "whole"), settings(texts, "stopped")
    meta_train(whole)

    def stop(line: dict[str, Any]) -> None:
        if line["step"] == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        meta_train(stopped, stop)
    meta_train(stopped)
    for name in (INITIAL_WEIGHTS, CHECKPOINT):
        ours, theirs = load_file(stopped.output / name), load_file(whole.output / name)
        assert all(torch.equal(tensor, theirs[key]) for key, tensor in ours.items())


def test_a_run_begins_from_initial_weights_and_other_questions_are_another_run(texts: Path) -> None:
    first = meta_train(settings(texts, "first", answers=0.0, steps=4))
    second = settings(texts, "second", initial_weights=str(first.initial_weights), steps=2)
    result = meta_train(second)
    assert logged(second)[0]["evaluation_loss"] < logged(settings(texts, "first"))[0]["evaluation_loss"] - 0.05
    with safe_open(result.initial_weights, framework="pt") as file:
        made = json.loads(file.metadata()["made"])
    assert made["begun_from"]
    assert str(texts.parent) not in json.dumps(made["settings"]["outer"])
    again = meta_train(settings(texts, "third", initial_weights=str(result.initial_weights), steps=1))
    assert again.loss_before == pytest.approx(result.loss_after, abs=2e-3)  # stored in 8 bits and bfloat16
    write_questions(texts, 1, json.dumps({"question": "Who?", "answer": "nobody"}))
    with pytest.raises(SettingsError, match="other settings or texts"):
        meta_train(second)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1: no JSON"),
        ('["question", "answer"]', "line 1: an object of texts"),
        ('{"question": "Who?"}', "line 1: answer is missing"),
        ('{"question": " ", "answer": "He."}', "line 1: question is missing"),
        ('{"question": "Who?", "answer": 3}', "line 1: an object of texts"),
        ('{"question": "Who?", "answer": "He.", "score": "1"}', "unknown key 'score'"),
    ],
)
def test_a_file_of_questions_that_cannot_be_read_is_named_with_its_line(texts: Path, text: str, message: str) -> None:
    write_questions(texts, 1, text)
    with pytest.raises(InputError, match=r"01\.questions\.jsonl.*" + message):
        meta_train(settings(texts))


def test_files_of_questions_that_are_missing_or_of_another_encoding_are_named(texts: Path) -> None:
    (texts / "01.questions.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"01\.questions\.jsonl is not UTF-8"):
        meta_train(settings(texts))
    for path in texts.glob("*.jsonl"):
        path.unlink()
    with pytest.raises(InputError, match="beside no text lies a file of questions"):
        meta_train(settings(texts))


def test_questions_that_do_not_fit_the_window_are_named(texts: Path) -> None:
    with pytest.raises(InputError, match=r"no question fits inner\.window, 32"):
        meta_train(settings(texts, window=32))


def test_batches_of_several_sequences_and_missing_initial_weights_are_refused(texts: Path) -> None:
    with pytest.raises(SettingsError, match=r"outer\.accumulate to 4"):
        settings(texts, batch=2)
    with pytest.raises(SettingsError, match="none ship for model"):
        meta_train(settings(texts, initial_weights="auto"))


def test_a_question_below_its_passage_ends_with_the_question_and_too_long_ones_are_left_out(texts: Path) -> None:
    tokenizer = load_checkpoint(str(write_tiny_model(texts.parent))).tokenizer
    below, alone = Exercise("Who came?", "He.", "A man came."), Exercise("Who went?", "She.", "")
    turns = turns_of([below, alone], tokenizer, 500)
    prompts = [tokenizer.decode(turn.ids[: turn.first]) for turn in turns]
    assert "A man came.\n\nWho came?" in prompts[0]
    assert prompts[1].index("Who went?") > 0
    assert [tokenizer.decode(list(turn.answer)) for turn in turns] == ["He.", "She."]
    assert all(turn.answer[-1] in tokenizer.stop_ids for turn in turns)
    assert len(turns_of([below, alone], tokenizer, turns[1].first + 2)) == 1
    batch = asked(turns, 1.0, torch.device("cpu"))
    assert batch.weights.sum().item() == pytest.approx(1)
    counted = [batch.targets[row][batch.weights[row] > 0].tolist() for row in range(2)]
    assert counted == [list(turn.answer) for turn in turns]
    assert drawn(turns, 1, "a seed") == drawn(turns, 1, "a seed")
    assert len(drawn(turns, 5, "a seed")) == 2
    assert questions_of(texts / "00.txt") == ()
