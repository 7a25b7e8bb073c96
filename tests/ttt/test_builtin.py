"""The built-in model: its files are read right, and what it has read it knows better."""

from __future__ import annotations

import pytest
import torch

from hybrid.errors import MissingModelError
from hybrid.settings import MemorySettings
from hybrid.stores.files import sha256_of
from hybrid.ttt.initial_weights import SHIPPED
from hybrid.ttt.memory import MemoryModel

CASE = """Orla Brennock kept the ledgers of the Tarrowby salt works for nineteen years. In March of 1887 she wrote to
the owner, Mr Caspian Heddle, that the brine pumps at the north pan had failed and that no spare valves were left in the
store at Quillmere. Heddle answered that the valves had been sold to the Ostrander brothers to pay for the new chimney,
and that she should let the north pan go dry. Brennock refused. She had promised the nine families who lived by that pan
that it would run until Michaelmas. She borrowed two valves from the dairy at Lower Pells against her own silver watch,
and the north pan ran. When Heddle learned of it he dismissed her, and the nine families left the works with her. They
dug a pan of their own at Skelling Point, and within two years the Tarrowby works had closed. Heddle sold the chimney
for its bricks. The Ostrander brothers, who had never used the valves, gave them to Brennock when the first salt of
Skelling Point was raked, and she hung one of them over the door of the counting house, where it may still be seen.
"""
QUESTION = "Brennock had promised the nine families that the north pan would run until Michaelmas."
UNRELATED = "The committee approved the annual budget and asked the treasurer to report again in the spring."


@pytest.fixture(scope="module")
def model() -> MemoryModel:
    try:
        # Several steps in a short text, with the default's step size per token.
        return MemoryModel.load(MemorySettings(mini_batch=64, learning_rate=64 / 512))
    except MissingModelError as missing:
        pytest.skip(str(missing))


def test_the_tokenizer_is_smollms(model: MemoryModel) -> None:
    assert model.encode("The agreement ends on 31 May 2031.") == [
        504, 6415, 6947, 335, 216, 35, 33, 2405, 216, 34, 32, 35, 33, 30,
    ]  # fmt: skip
    text = "  § 12(b)\tnaïve — 数字 🙂\n\n"
    assert model.decode(model.encode(text)) == text
    assert model.end_of_document == 0


def test_the_weights_are_a_language_model(model: MemoryModel) -> None:
    assert model.session(None).loss("The capital of France is Paris. The capital of Italy is Rome.") < 2.5


def test_loss_with_memory_is_below_loss_without_on_text_it_has_read(model: MemoryModel) -> None:
    state = model.initial_state()
    model.adapt(state, [*model.encode(CASE), model.end_of_document])
    with_memory, without = model.session(state), model.session(None)
    assert with_memory.loss(CASE) < without.loss(CASE) - 0.05
    assert with_memory.loss(QUESTION) < without.loss(QUESTION) - 0.05
    assert with_memory.loss(UNRELATED) < without.loss(UNRELATED) + 0.1  # and the rest of the language is still there
    assert torch.isfinite(state.fast_state.fast[0].down).all()


def test_it_answers_in_words_from_the_evidence_in_its_window(model: MemoryModel) -> None:
    evidence = "Evidence: The licence was signed by Marta Quill in Oslo.\n\nWho signed the licence?"
    assert "Marta Quill" in model.session(None).generate([("user", evidence)], max_new_tokens=24)


def test_the_defaults_begin_from_the_shipped_initial_weights_and_they_are_small_enough_to_ship() -> None:
    try:
        default = MemoryModel.load(MemorySettings())
    except MissingModelError as missing:
        pytest.skip(str(missing))
    assert default.initial_weights is not None
    assert default.initial_weights.digest == sha256_of(SHIPPED)
    assert SHIPPED.stat().st_size < 25_000_000
    assert (
        default.initial_weights.made["evaluation_loss_after"] < default.initial_weights.made["evaluation_loss_before"]
    )


def test_the_shipped_initial_weights_learn_more_of_a_text_than_the_untrained_ones() -> None:
    """One full mini-batch of a text that this project wrote, read, and then its end scored by itself."""

    def gain(initial_weights: str) -> float:
        model = MemoryModel.load(MemorySettings(initial_weights=initial_weights, dtype="float32"))
        state = model.initial_state()
        model.adapt(state, (model.encode(CASE) * 2)[:513])
        return model.session(None).loss(QUESTION) - model.session(state).loss(QUESTION)

    try:
        trained, untrained = gain("auto"), gain("none")
    except MissingModelError as missing:
        pytest.skip(str(missing))
    assert trained > 1.2 * untrained > 0
