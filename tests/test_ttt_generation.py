"""Generation is the model's own function, token by token."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from tiny_model import tiny_settings

from hybrid.errors import InputError
from hybrid.ttt.generation import Decoder, Reader, _repeats
from hybrid.ttt.memory import MemoryModel

MESSAGES = [("system", "Be brief."), ("user", "Why did the parties fall out?")]


@pytest.fixture
def model(tmp_path: Path) -> MemoryModel:
    return MemoryModel.load(tiny_settings(tmp_path, sinks=3))


@pytest.fixture
def reader(model: MemoryModel) -> Reader:
    state = model.start()
    model.read(state, model.encode("The supply agreement between the parties. " * 4))
    return model.reader(state)


@pytest.mark.parametrize("prompt", [5, 29, 90], ids=["short", "near-window", "past-window"])
def test_decoding_with_a_cache_is_the_function_computed_anew(model: MemoryModel, reader: Reader, prompt: int) -> None:
    ids = [(7 * i * i + 3) % 259 for i in range(prompt + 50)]
    transformer, fast = model.transformer, reader._fast
    whole, _ = transformer.forward(torch.tensor(ids), transformer.empty_cache(), fast)
    _, cache = transformer.forward(torch.tensor(ids[:prompt]), transformer.empty_cache(), fast)
    decoder = Decoder(transformer, fast, cache, 50)
    steps = torch.stack([decoder.step(token) for token in ids[prompt:]])
    torch.testing.assert_close(steps, whole[prompt:], atol=1e-4, rtol=1e-4)


def test_generation_takes_the_likeliest_token_each_time(model: MemoryModel, reader: Reader) -> None:
    transformer = model.transformer
    ids = model.tokenizer.encode_chat(MESSAGES)
    expected: list[int] = []
    for _ in range(40):
        hidden, _ = transformer.forward(torch.tensor(ids + expected), transformer.empty_cache(), reader._fast)
        token = int((hidden[-1] @ transformer.unembedding.T).argmax())
        if token in model.tokenizer.stop_ids:
            break
        expected.append(token)
    assert expected
    text = reader.generate(MESSAGES, max_new_tokens=40, no_repeat_ngram=0)
    assert text == model.decode(expected).rstrip("\ufffd")


def test_on_token_gives_the_text_in_pieces(reader: Reader) -> None:
    pieces: list[str] = []
    text = reader.generate(MESSAGES, max_new_tokens=30, on_token=pieces.append)
    assert text
    assert "".join(pieces) == text
    assert len(pieces) > 1


def test_generation_ends_before_a_stop_string(reader: Reader) -> None:
    free = reader.generate(MESSAGES, max_new_tokens=30)
    mark = free[len(free) // 2 :][:2]
    assert reader.generate(MESSAGES, max_new_tokens=30, stop=[mark]) == free[: free.index(mark)]


def test_the_end_token_ends_the_message(model: MemoryModel, reader: Reader) -> None:
    unembedding = model.transformer.unembedding.clone()
    hidden, _ = model.transformer.forward(
        torch.tensor(model.tokenizer.encode_chat(MESSAGES)), model.transformer.empty_cache(), reader._fast
    )
    unembedding[2] = hidden[-1] * 100  # <|im_end|>
    model.transformer.unembedding = unembedding
    assert reader.generate(MESSAGES, max_new_tokens=30) == ""


def test_a_run_of_tokens_is_not_generated_twice() -> None:
    assert _repeats([1, 2, 3, 9, 1, 2, 3], 3)
    assert _repeats([5, 5, 5], 2)
    assert not _repeats([1, 2, 3, 9, 1, 2], 3)
    assert not _repeats([1, 2, 3], 3)
    assert not _repeats([1, 2, 1, 2], 0)


def test_a_prompt_longer_than_the_window_streams_through_it(reader: Reader) -> None:
    long = [("user", "The supply agreement ends. " * 60)]
    assert reader.count(long[0][1]) > 40 * reader.window
    assert reader.generate(long, max_new_tokens=5) == reader.generate(long, max_new_tokens=5)


def test_loss_is_the_mean_over_the_text_alone(model: MemoryModel, reader: Reader) -> None:
    prefix, text = "The parties " * 60, "agree as follows."
    ids = [model.end_of_document, *model.encode(prefix), *model.encode(text)]
    hidden, _ = model.transformer.forward(torch.tensor(ids[:-1]), model.transformer.empty_cache(), reader._fast)
    losses = F.cross_entropy(hidden @ model.transformer.unembedding.T, torch.tensor(ids[1:]), reduction="none")
    expected = losses[-len(model.encode(text)) :].mean().item()
    assert reader.loss(text, prefix) == pytest.approx(expected, abs=1e-4)
    assert reader.loss(text) != pytest.approx(expected, abs=1e-3)


def test_nothing_to_answer_or_to_score_is_an_input_error(reader: Reader) -> None:
    with pytest.raises(InputError):
        reader.generate([], max_new_tokens=5)
    with pytest.raises(InputError):
        reader.loss("")


def test_the_message_ends_where_it_would_repeat_itself(model: MemoryModel, reader: Reader) -> None:
    prompt = model.tokenizer.encode_chat(MESSAGES)
    free = list(reader._tokens(prompt, 60, 0))
    first = next(end for end in range(1, len(free) + 1) if _repeats(free[:end], 1))
    assert list(reader._tokens(prompt, 60, 1)) == free[: first - 1]
