"""Self-study of a volume: what counts as loss, what distillation comes nearer to, what is done where it harms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_model import tiny_settings
from torch.nn import functional as F

from hybrid.errors import DivergedError
from hybrid.ttt import study
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.study import HELD_BACK, ROUNDS, Turn
from hybrid.ttt.volumes import RETRIES, adapt_volume, tensors_sha256
from hybrid.types.study import Exercise, exercises_sha256

TEXT = "The captain of the ship sold the salt in Ghent and went home again. " * 8
WHO = ("Orr", "Bell", "Kemp", "Dace", "Finn", "Hale", "Moss", "Pike", "Reed", "Shaw")
EXERCISES = [
    Exercise(
        f"What did {name} sell in the {number}th year?", f"{name} sold {number} tons of salt.", f"{name} and salt."
    )
    for number, name in enumerate(WHO, 4)
]


@pytest.fixture(scope="module", params=["loss", "distillation"])
def model(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> MemoryModel:
    return MemoryModel.load(tiny_settings(tmp_path_factory.mktemp("model"), mini_batch=32, study=request.param))


def without_template(folder: Path) -> MemoryModel:
    settings = tiny_settings(folder, study="loss")
    config = Path(settings.model) / "tokenizer_config.json"
    config.write_text(json.dumps({"eos_token": "<|im_end|>"}))
    return MemoryModel.load(settings)


def test_an_exercise_is_a_turn_of_the_models_own_chat_and_ends_as_its_messages_do(model: MemoryModel) -> None:
    tokenizer = model.tokenizer
    turn = Turn.of(EXERCISES[0], tokenizer)
    asked, answer, passage = EXERCISES[0]
    assert list(turn.ids[: turn.first]) == tokenizer.encode_chat([("user", asked)])
    assert list(turn.answer[:-1]) == tokenizer.encode(answer)
    assert turn.answer[-1] == tokenizer.encode_chat([("user", "")])[-13]  # <|im_end|>, before "\n" and the next message
    assert list(turn.with_passage) == tokenizer.encode_chat([("user", f"{passage}\n\n{asked}")])


def test_a_model_without_a_chat_template_gets_a_plain_form(tmp_path: Path) -> None:
    model = without_template(tmp_path)
    turn = Turn.of(EXERCISES[0], model.tokenizer)
    asked, answer, passage = EXERCISES[0]
    assert model.decode(turn.ids) == f"Question: {asked}\nAnswer: {answer}"
    assert model.decode(turn.ids[: turn.first]) == f"Question: {asked}\nAnswer:"
    assert model.decode(turn.with_passage) == f"{passage}\n\nQuestion: {asked}\nAnswer:"
    assert turn.ids[0] == turn.ids[-1] == model.end_of_document
    found = adapt_volume(model, model.encode(TEXT), None, EXERCISES)
    assert found.gains.study is not None


def test_what_counts_is_each_token_of_the_answers_and_no_other(model: MemoryModel) -> None:
    """The first step's loss, worked out turn by turn: rows of a group that are padded must not weigh in either."""
    turns = [Turn.of(one, model.tokenizer) for one in EXERCISES[:3]]
    assert len({len(turn.ids) for turn in turns}) > 1
    state = model.initial_state().fast_state
    _, loss = study._step(model, state, turns, 1.0)
    bare, count = model.session(None), sum(len(turn.answer) for turn in turns)
    if model.settings.study == "loss":
        expected = sum(bare.token_loss(turn.ids, turn.first) * len(turn.answer) for turn in turns) / count
    else:
        expected = sum(
            F.kl_div(logits(model, turn.ids, turn), logits(model, (*turn.with_passage, *turn.answer), turn),
                     log_target=True, reduction="sum").item() for turn in turns
        ) / count  # fmt: skip
    assert expected > 0.1
    assert loss == pytest.approx(expected, rel=1e-4)


@torch.inference_mode()
def logits(model: MemoryModel, ids: tuple[int, ...], turn: Turn) -> torch.Tensor:
    fast = model.initial_state().fast_state.fast
    hidden, _ = model.transformer.forward(torch.tensor([ids[:-1]]), model.transformer.empty_cache(), fast)
    return F.log_softmax(hidden[0, -len(turn.answer) :] @ model.transformer.unembedding.T, -1)


def test_study_brings_what_it_lowers_down_and_says_what_it_cost(model: MemoryModel) -> None:
    seen: list[float] = []
    state = model.initial_state().fast_state
    fast, gains = study.study(model, state, EXERCISES, 1.0, seen.append)
    assert seen[-1] < seen[0]
    assert gains.studied == len(EXERCISES) - len(EXERCISES) // HELD_BACK
    lengths = sorted(len(Turn.of(one, model.tokenizer).ids) for one in EXERCISES)
    assert ROUNDS * sum(lengths[:-1]) <= gains.tokens <= ROUNDS * sum(lengths[1:])
    assert gains.seconds > 0
    assert gains.held_back is not None
    none, text, studied = gains.held_back
    assert none == text  # the state is the initial one
    if model.settings.study == "loss":
        assert studied < text
    assert not gains.harmed
    assert not any(torch.equal(after.down, before.down) for after, before in zip(fast, state.fast, strict=True))


def test_the_order_of_exercises_and_their_number_of_times_change_nothing(model: MemoryModel) -> None:
    tokens = model.encode(TEXT)
    one = adapt_volume(model, tokens, None, EXERCISES)
    other = adapt_volume(model, tokens, None, [*reversed(EXERCISES), EXERCISES[0]])
    none = adapt_volume(model, tokens)
    hashes = [tensors_sha256(found.delta.to_tensors()) for found in (one, other, none)]
    assert hashes[0] == hashes[1] != hashes[2]
    assert none.gains.study is None
    assert exercises_sha256(EXERCISES) == exercises_sha256(EXERCISES[::-1]) != exercises_sha256(EXERCISES[1:])


def test_study_after_which_the_answers_held_back_are_less_likely_is_left_out(
    model: MemoryModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = model.encode(TEXT)
    alone = tensors_sha256(adapt_volume(model, tokens).delta.to_tensors())
    monkeypatch.setattr(study, "WORSE", -100.0)
    tensors, sha256, report = model.adapt_volume(tokens, None, EXERCISES)
    assert (sha256, tensors_sha256(tensors)) == (alone, alone)
    assert report.harm is None
    assert report.study is not None
    assert not report.study.used
    assert str(report).endswith("left out, as it did harm")
    few = model.adapt_volume(tokens, None, EXERCISES[: HELD_BACK - 1])[2]
    assert few.study is not None
    assert (few.study.held_back, few.study.used) == (None, True)  # with none held back nobody can tell


def test_a_loss_of_study_that_is_no_number_has_the_volume_adapted_at_a_smaller_step(
    model: MemoryModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = study._step, []

    def spoiling(*given: object) -> object:
        calls.append(given[-1])
        state, loss = real(*given)  # type: ignore[arg-type]
        if len(calls) == 1:
            fast = tuple(replace(mlp, down=mlp.down * float("nan")) for mlp in state.fast)
            return replace(state, fast=fast), loss
        return state, loss

    monkeypatch.setattr(study, "_step", spoiling)
    found = adapt_volume(model, model.encode(TEXT), None, EXERCISES)
    assert (found.harm, found.rate) == (None, RETRIES[0])
    assert calls[:2] == [1.0, 1.0]
    assert calls[2:] == [RETRIES[0]] * len(calls[2:])
    with pytest.raises(DivergedError, match="the loss of study is nan"):
        real(model, calls_state(model), [Turn.of(EXERCISES[0], model.tokenizer)], 1.0)


def calls_state(model: MemoryModel) -> study.FastWeightState:
    """Fast weights that are no numbers."""
    state = model.initial_state().fast_state
    return replace(state, fast=tuple(replace(mlp, down=mlp.down * float("nan")) for mlp in state.fast))


def test_volumes_of_before_there_was_study_stay(model: MemoryModel, tmp_path: Path) -> None:
    plain = MemoryModel.load(tiny_settings(tmp_path, mini_batch=32))
    assert "study" not in json.loads(plain.volume_identity)
    assert json.loads(model.volume_identity).pop("study") == model.settings.study
    assert plain.mounts(model.volume_identity)
