"""Generation is the model's own function, token by token, whatever form its weights are read in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from pretrained import random_pretrained, write_gguf
from tiny_model import tiny_settings
from torch import Tensor
from torch.nn import functional as F

from hybrid.errors import InputError, MissingModelError
from hybrid.kernels import packed
from hybrid.kernels.packed import BlockedMatrix, PlainMatrix, QuantisedMatrix
from hybrid.settings import MemorySettings
from hybrid.ttt.checkpoints.loading import Checkpoint, load_checkpoint
from hybrid.ttt.inference import Decoder, DecodingWeights, InferenceSession, repeats
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.config import ModelConfig, RopeScaling
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.model.weights import DynamicMLP, load_weights

MESSAGES = [("system", "Be brief."), ("user", "Why did the parties fall out?")]
MATRICES = ("qkv", "attention_out", "gate_up", "down")
AS_IT_IS = {PlainMatrix, BlockedMatrix}
CONFIG = ModelConfig(
    vocab_size=97,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    rms_norm_eps=1e-5,
    rope_theta=1e4,
    tie_word_embeddings=True,
    eos_token_ids=(2,),
    suffix_layers=2,
    dynamic_size=40,
)


@pytest.fixture
def model(tmp_path: Path) -> MemoryModel:
    return MemoryModel.load(tiny_settings(tmp_path, sinks=3))


@pytest.fixture
def session(model: MemoryModel) -> InferenceSession:
    state = model.initial_state()
    model.adapt(state, model.encode("The supply agreement between the parties. " * 4))
    return model.session(state)


def random_transformer(
    config: ModelConfig, window: int = 32, sinks: int = 3, dtype: torch.dtype = torch.float32
) -> Transformer:
    """Every tensor random: what is left out shows."""
    generator = torch.Generator().manual_seed(0)
    hidden, size, dim = config.hidden_size, config.intermediate_size, config.head_dim
    heights = {
        "q_proj": config.num_attention_heads * dim,
        "k_proj": config.num_key_value_heads * dim,
        "v_proj": config.num_key_value_heads * dim,
        "gate_proj": size,
        "up_proj": size,
        "embed_tokens": config.vocab_size,
        "q_norm": dim,
        "k_norm": dim,
    }

    def tensor(name: str) -> Tensor:
        part = name.split(".")[-2]
        height, width = heights.get(part, hidden), hidden
        if part == "o_proj":
            width = config.num_attention_heads * dim
        if part == "down_proj":
            width = size
        if "dynamic_mlp" in name:
            assert config.dynamic_size is not None
            height = hidden if part == "down_proj" else config.dynamic_size
            width = config.dynamic_size if part == "down_proj" else hidden
        if "norm" in part:
            return 1 + 0.3 * torch.randn(height, generator=generator)
        if name.endswith("bias"):
            return 0.3 * torch.randn(height, generator=generator)
        return 0.3 * torch.randn(height, width, generator=generator)

    return Transformer(config, load_weights(config, tensor, dtype), window, sinks)


def decoded(
    transformer: Transformer,
    weights: DecodingWeights,
    fast: tuple[DynamicMLP, ...],
    ids: list[int],
    prompt: int,
) -> Tensor:
    """Hidden states after each token behind the prompt, one at a time."""
    with torch.inference_mode():
        _, cache = transformer.forward(torch.tensor([ids[:prompt]]), transformer.empty_cache(), fast)
        decoder = Decoder(weights, fast, cache, len(ids) - prompt)
        return torch.stack([decoder.step(token) for token in ids[prompt:]])


def whole(transformer: Transformer, fast: tuple[DynamicMLP, ...], ids: list[int]) -> Tensor:
    with torch.inference_mode():
        return transformer.forward(torch.tensor([ids]), transformer.empty_cache(), fast)[0][0]


def some_ids(count: int, vocabulary: int = 97) -> list[int]:
    return [(7 * i * i + 3) % vocabulary for i in range(count)]


@pytest.mark.parametrize("prompt", [1, 5, 29, 90], ids=["before-the-sinks", "short", "near-window", "past-window"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"qkv_bias": True, "attention_out_bias": True, "mlp_bias": True},
        {"qk_norm": True},
        {"post_norm": True},
        {"rope_scaling": RopeScaling("yarn", (("factor", 4.0), ("original_max_position_embeddings", 16)))},
        {"sliding_window": 32},
    ],
    ids=["plain", "biases", "qk-norm", "post-norm", "yarn", "own-window"],
)
def test_decoding_with_a_cache_is_the_function_computed_anew(prompt: int, changes: dict[str, Any]) -> None:
    transformer = random_transformer(replace(CONFIG, **changes))
    fast = transformer.initial_fast_weights(None)
    ids = some_ids(prompt + 50)
    steps = decoded(transformer, DecodingWeights(transformer), fast, ids, prompt)
    torch.testing.assert_close(steps, whole(transformer, fast, ids)[prompt:], atol=1e-4, rtol=1e-4)


def test_norms_of_a_bfloat16_model_are_decoded_in_float32() -> None:
    """A GPU fuses a norm only where its weight has the input's dtype: here the master dtype."""
    config = replace(CONFIG, qk_norm=True, post_norm=True)
    weights = DecodingWeights(random_transformer(config, dtype=torch.bfloat16))
    norms = [
        norm
        for layer in weights.layers
        for name, norm in vars(layer).items()
        if name.endswith("norm") and norm is not None
    ]
    assert len(norms) == config.num_hidden_layers * 5 + 2 * config.suffix_layers
    assert {norm.dtype for norm in (weights.norm, *norms)} == {torch.float32}


@pytest.mark.parametrize(("window", "sinks"), [(32, 0), (8, 1), (5, 4)])
def test_decoding_far_past_the_window_is_the_function_computed_anew(window: int, sinks: int) -> None:
    transformer = random_transformer(CONFIG, window, sinks)
    fast = transformer.initial_fast_weights(24)
    ids = some_ids(130)
    steps = decoded(transformer, DecodingWeights(transformer), fast, ids, 7)
    torch.testing.assert_close(steps, whole(transformer, fast, ids)[7:], atol=1e-4, rtol=1e-4)


@pytest.fixture
def quantised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Checkpoint]:
    """Makes a random model of a family whose GGUF file has all matrices in a type, those of values in one of their
    own, and loads it. The CPU has AVX-512."""
    add = gguf.GGUFWriter.add_tensor
    monkeypatch.setattr(packed, "_avx512", lambda: True)

    def quantizing(kinds: tuple[str, str], writer: gguf.GGUFWriter, name: str, values: np.ndarray[Any, Any]) -> None:
        quantized = gguf.GGMLQuantizationType[kinds["attn_v" in name]]
        if values.ndim == 2:
            add(writer, name, gguf.quants.quantize(values, quantized), raw_dtype=quantized)
        else:
            add(writer, name, values)

    def make(family: str, kind: str = "Q4_1", of_values: str | None = None) -> Checkpoint:
        kinds = (kind, of_values or kind)
        monkeypatch.setattr(gguf.GGUFWriter, "add_tensor", lambda *given: quantizing(kinds, *given))
        random_pretrained(tmp_path / "model", family, hidden_size=64, intermediate_size=96)
        write_gguf(tmp_path / "model.gguf", tmp_path / "model")
        return load_checkpoint(str(tmp_path / "model.gguf"))

    return make


def transformer_of(checkpoint: Checkpoint, dtype: torch.dtype) -> Transformer:
    return Transformer(checkpoint.config, load_weights(checkpoint.config, checkpoint.tensor, dtype), 32, 3)


def forms(weights: DecodingWeights) -> set[type]:
    return {type(getattr(layer, matrix)) for layer in weights.layers for matrix in MATRICES}


@pytest.mark.parametrize(
    ("family", "kinds"),
    [
        ("Llama", ["Q4_1"]),
        ("Qwen2", ["Q4_1"]),
        ("Qwen3", ["Q4_1"]),
        ("Llama", ["Q5_0"]),
        ("Qwen2", ["Q5_0", "Q8_0"]),
        ("Llama", ["Q4_0", "Q5_1"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_decoding_from_stored_codes_is_as_near_to_float32_as_bfloat16(
    quantised: Callable[..., Checkpoint], family: str, kinds: list[str]
) -> None:
    checkpoint = quantised(family, *kinds)
    ids = some_ids(80)
    exact, rounded = (transformer_of(checkpoint, dtype) for dtype in (torch.float32, torch.bfloat16))
    truth = whole(exact, exact.initial_fast_weights(None), ids)[20:]
    fast = tuple(DynamicMLP(*(t.bfloat16() for t in mlp.tensors())) for mlp in rounded.initial_fast_weights(None))
    weights = DecodingWeights(rounded, checkpoint.stored)
    assert forms(weights) == {QuantisedMatrix}
    plain = (whole(rounded, fast, ids)[20:] - truth).norm() / truth.norm()
    error = (decoded(rounded, weights, fast, ids, 20) - truth).norm() / truth.norm()
    assert error < 1.5 * plain < 0.2


def test_only_a_bfloat16_model_whose_weights_are_its_stored_codes_decodes_from_them(
    quantised: Callable[..., Checkpoint],
) -> None:
    checkpoint = quantised("Llama")
    assert forms(DecodingWeights(transformer_of(checkpoint, torch.float32), checkpoint.stored)) == {PlainMatrix}
    transformer = transformer_of(checkpoint, torch.bfloat16)
    assert forms(DecodingWeights(transformer)) <= AS_IT_IS
    down = transformer.blocks[1].down.clone()
    down[3, 5] += 1
    trained = transformer.with_weights(transformer.weights.replaced({"blocks.1.down": down}))
    layers = DecodingWeights(trained, checkpoint.stored).layers
    assert type(layers[1].down) in AS_IT_IS
    assert isinstance(layers[0].down, QuantisedMatrix)

    def without_one(name: str) -> object | None:
        return None if name == "model.layers.0.self_attn.k_proj.weight" else checkpoint.stored(name)

    layers = DecodingWeights(transformer, without_one).layers
    assert type(layers[0].qkv) in AS_IT_IS
    assert isinstance(layers[1].qkv, QuantisedMatrix)


def test_generation_takes_the_likeliest_token_each_time(model: MemoryModel, session: InferenceSession) -> None:
    transformer = model.transformer
    ids = model.tokenizer.encode_chat(MESSAGES)
    expected: list[int] = []
    for _ in range(40):
        hidden = whole(transformer, session._fast, ids + expected)
        token = int((hidden[-1] @ transformer.unembedding.T).argmax())
        if token in model.tokenizer.stop_ids:
            break
        expected.append(token)
    assert expected
    text = session.generate(MESSAGES, max_new_tokens=40, no_repeat_ngram=0)
    assert text == model.decode(expected).rstrip("\ufffd")


def test_a_stream_gives_the_text_in_pieces_and_two_can_be_read_by_turns(session: InferenceSession) -> None:
    text = session.generate(MESSAGES, max_new_tokens=30)
    one, other = session.stream(MESSAGES, max_new_tokens=30), session.stream(MESSAGES, max_new_tokens=30)
    pairs = list(zip(one, other, strict=True))
    assert text
    assert "".join(piece for piece, _ in pairs) == "".join(piece for _, piece in pairs) == text
    assert len(pairs) > 1
    assert not torch.is_inference_mode_enabled()


def test_nothing_is_computed_after_a_stream_is_closed(session: InferenceSession) -> None:
    stream = session.stream(MESSAGES, max_new_tokens=30)
    next(stream)
    stream.close()
    assert list(stream) == []


def test_generation_ends_before_a_stop_string(session: InferenceSession) -> None:
    free = session.generate(MESSAGES, max_new_tokens=30)
    mark = free[len(free) // 2 :][:2]
    assert session.generate(MESSAGES, max_new_tokens=30, stop=[mark]) == free[: free.index(mark)]


def test_the_end_token_ends_the_message(model: MemoryModel, session: InferenceSession) -> None:
    hidden = whole(model.transformer, session._fast, model.tokenizer.encode_chat(MESSAGES))
    unembedding = model.transformer.unembedding.clone()
    unembedding[2] = hidden[-1] * 100  # <|im_end|>
    ending = model.transformer.with_weights(replace(model.transformer.weights, unembedding=unembedding))
    assert InferenceSession(ending, model.tokenizer, session._fast).generate(MESSAGES, max_new_tokens=30) == ""


def test_a_run_of_tokens_is_not_generated_twice() -> None:
    assert repeats([1, 2, 3, 9, 1, 2, 3], 3)
    assert repeats([5, 5, 5], 2)
    assert not repeats([1, 2, 3, 9, 1, 2], 3)
    assert not repeats([1, 2, 3], 3)
    assert not repeats([1, 2, 1, 2], 0)


def test_a_prompt_longer_than_the_window_streams_through_it(session: InferenceSession) -> None:
    long = [("user", "The supply agreement ends. " * 60)]
    assert session.count(long[0][1]) > 40 * session.window
    assert session.generate(long, max_new_tokens=5) == session.generate(long, max_new_tokens=5)


def test_loss_is_the_mean_over_the_text_alone(model: MemoryModel, session: InferenceSession) -> None:
    prefix, text = "The parties " * 60, "agree as follows."
    ids = [model.end_of_document, *model.encode(prefix), *model.encode(text)]
    hidden = whole(model.transformer, session._fast, ids[:-1])
    losses = F.cross_entropy(hidden @ model.transformer.unembedding.T, torch.tensor(ids[1:]), reduction="none")
    expected = losses[-len(model.encode(text)) :].mean().item()
    assert session.loss(text, prefix) == pytest.approx(expected, abs=1e-4)
    assert session.loss(text) != pytest.approx(expected, abs=1e-3)


def test_nothing_to_answer_or_to_score_is_an_input_error(session: InferenceSession) -> None:
    with pytest.raises(InputError):
        session.generate([], max_new_tokens=5)
    with pytest.raises(InputError):
        session.loss("")


def test_the_message_ends_where_it_would_repeat_itself(model: MemoryModel, session: InferenceSession) -> None:
    prompt = model.tokenizer.encode_chat(MESSAGES)
    free = list(session._tokens(prompt, 60, 0))
    first = next(end for end in range(1, len(free) + 1) if repeats(free[:end], 1))
    assert list(session._tokens(prompt, 60, 1)) == free[: first - 1]


def test_the_built_in_model_says_from_four_bits_what_it_says_in_float32() -> None:
    try:
        checkpoint = load_checkpoint("smollm2-135m-instruct")
    except MissingModelError as missing:
        pytest.skip(str(missing))
    settings = MemorySettings(dtype="float32", initial_weights="none")
    exact, rounded = MemoryModel(checkpoint, settings), MemoryModel(checkpoint, settings, torch.bfloat16)
    fast = exact.initial_state().fast_state.fast
    ids = exact.tokenizer.encode_chat([("user", "Name three birds that live at the sea.")])
    expected: list[int] = []
    with torch.inference_mode():
        while len(expected) < 12:
            hidden = whole(exact.transformer, fast, ids + expected)
            expected.append(int((exact.transformer.unembedding @ hidden[-1]).argmax()))
    weights = DecodingWeights(rounded.transformer, checkpoint.stored)
    made = list(InferenceSession(rounded.transformer, rounded.tokenizer, fast, weights)._tokens(ids, 12, 0))
    assert made == expected[: len(made)]
    assert len(made) == 12 or expected[len(made)] in exact.tokenizer.stop_ids
    assert forms(weights) == {QuantisedMatrix}
