"""Decoding with updates: the state after it is that of training on the same tokens."""

from __future__ import annotations

from contextlib import closing

import pytest
import torch
from tiny_model import tiny_settings

from hybrid.errors import InputError
from hybrid.ttt import decoding
from hybrid.ttt.memory import MemoryModel

MESSAGES = [("user", "Tell of the salt.")]


@pytest.fixture(scope="module", params=[{}, {"optimizer": "adam", "learning_rate": 0.01}, {"sinks": 2}])
def model(request, tmp_path_factory):
    return MemoryModel.load(tiny_settings(tmp_path_factory.mktemp("tiny"), **request.param))


def _same(one, other):
    mine, _ = one.to_tensors()
    theirs, _ = other.to_tensors()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def _tokens_taken(model, monkeypatch):
    taken: list[int] = []
    adapt = model.adapt

    def watched(state, tokens, *rest):
        taken.extend(tokens)
        return adapt(state, tokens, *rest)

    monkeypatch.setattr(model, "adapt", watched)
    return taken


def test_the_state_is_that_of_training_on_prompt_and_message(model, monkeypatch):
    monkeypatch.setattr(model.tokenizer, "stop_ids", frozenset())
    state = model.initial_state()
    model.adapt(state, model.encode("The salt arrived wet on the second of May."))
    other = state.copy()
    taken = _tokens_taken(model, monkeypatch)
    text = "".join(model.stream_with_updates(state, MESSAGES, max_new_tokens=50, no_repeat_ngram=0))
    monkeypatch.undo()
    assert text
    assert len(taken) == len(model.tokenizer.encode_chat(MESSAGES)) + 50
    model.adapt(other, taken)
    assert _same(state, other)


def test_the_weights_step_while_it_writes(model, monkeypatch):
    monkeypatch.setattr(model.tokenizer, "stop_ids", frozenset())
    state = model.initial_state()
    pieces = model.stream_with_updates(state, MESSAGES, max_new_tokens=40, no_repeat_ngram=0)
    next(pieces)
    before = state.fast_state.steps
    list(pieces)
    assert state.fast_state.steps >= before + 2


def test_closing_it_early_leaves_the_state_after_the_tokens_that_were_taken(model, monkeypatch):
    monkeypatch.setattr(model.tokenizer, "stop_ids", frozenset())
    state = model.initial_state()
    other = state.copy()
    taken = _tokens_taken(model, monkeypatch)
    with closing(decoding._tokens(model, model._decoding, state, 30, 0)) as tokens:
        model.adapt(state, model.tokenizer.encode_chat(MESSAGES))
        for _ in range(7):
            next(tokens)
    monkeypatch.undo()
    model.adapt(other, taken)
    assert len(taken) == len(model.tokenizer.encode_chat(MESSAGES)) + 6  # the seventh was not taken yet
    assert _same(state, other)


def test_no_message_is_refused(model):
    with pytest.raises(InputError, match="no message"):
        list(model.stream_with_updates(model.initial_state(), [], max_new_tokens=3))
