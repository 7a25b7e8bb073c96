"""A GGUF's tokenizer gives the ids of the tokenizer that it was made from."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from hybrid.errors import UnsupportedModelError
from hybrid.ttt.checkpoints.gguf import tokenizer_from_gguf
from hybrid.ttt.checkpoints.tokenizer import ChatTokenizer

TEXTS = (
    "The Supplier shall deliver 12345 units; it's the Buyer's, we'll say.\r\n\r\n  (a) In 2031,\tnot before.",
    "naïve café 日本語 😀 cafe\u0301 ½ ٣٤٥ x²",
    "DON'T they'Re I'VE  ...!!!\n\n\n  next\n",
    "   leading, trailing   ",
    "aaaaaaaa bbbbb      end",
    "",
)


def byte_level_header(pre: str) -> dict[str, Any]:
    """A byte-pair vocabulary trained on `TEXTS`, in a GGUF header."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )
    trained.train_from_iterator([text * 3 for text in TEXTS], trainer)
    vocabulary = trained.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    merges = [" ".join(pair) for pair in json.loads(trained.to_str())["model"]["merges"]]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3, *[1] * (len(tokens) - 1)],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.eos_token_id": 0,
    }


def vocabulary_of(header: dict[str, Any]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    tokens = {token: number for number, token in enumerate(header["tokenizer.ggml.tokens"])}
    return tokens, [(left, right) for left, right in (merge.split(" ") for merge in header["tokenizer.ggml.merges"])]


def test_qwen2_is_cut_as_transformers_cuts_it() -> None:
    transformers = pytest.importorskip("transformers")
    header = byte_level_header("qwen2")
    vocabulary, merges = vocabulary_of(header)
    theirs = transformers.Qwen2Tokenizer(
        vocabulary, merges, unk_token="<|end|>", eos_token="<|end|>", pad_token="<|end|>"
    )
    ours = tokenizer_from_gguf(header, "test")
    for text in TEXTS:
        assert ours.encode(text).ids == theirs(text)["input_ids"]


def test_llama3_is_cut_as_transformers_cuts_it() -> None:
    conversion = pytest.importorskip("transformers.convert_slow_tokenizer")
    header = byte_level_header("llama-bpe")
    header["tokenizer.ggml.tokens"].append("Supplier")  # a whole word that no merge makes
    header["tokenizer.ggml.token_type"].append(1)

    class Converter(conversion.TikTokenConverter):  # type: ignore[misc, name-defined]
        def extract_vocab_merges_from_model(self, _: str) -> Any:
            return vocabulary_of(header)

    theirs = Converter().converted()
    ours = tokenizer_from_gguf(header, "test")
    for text in (*TEXTS, "Supplier"):
        assert ours.encode(text).ids == theirs.encode(text).ids
        assert ours.decode(ours.encode(text).ids) == text
    assert len(ours.encode("Supplier").ids) == 1


def test_numbers_are_cut_by_kind() -> None:
    pieces = {
        pre: [
            word
            for word, _ in tokenizer_from_gguf(byte_level_header(pre), "test").pre_tokenizer.pre_tokenize_str("12345")
        ]
        for pre in ("smollm", "qwen2", "llama-bpe")
    }
    assert pieces == {"smollm": [*"12345"], "qwen2": [*"12345"], "llama-bpe": ["123", "45"]}


def sentence_piece_header() -> dict[str, Any]:
    """A vocabulary in which merges compete, with bytes for what it lacks."""
    words = ["▁the", "▁supplier", "▁buyer", "▁shall", "▁deliver", "▁and", "▁12", "▁▁", "aa", "aaaa", "bb", "er"]
    words += ["el", "iv", "shall", "the", "hal", "▁s", "▁d", "▁b", "up", "li", "pp"]
    pieces = {word[:end] for word in words for end in range(2, len(word) + 1)} | set(words)
    generator = random.Random(0)
    ordered = sorted(pieces)
    generator.shuffle(ordered)
    characters = sorted({character for text in TEXTS for character in text if character.isascii()} - set(" \t\r\n"))
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *ordered, "▁", *characters]
    kinds = [2, 3, 3, *[6] * 256, *[1] * (len(ordered) + 1 + len(characters))]
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.scores": [0.0] * 259 + [-float(n) for n in range(len(tokens) - 259)],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


def sentence_piece(text: str, header: dict[str, Any], prefix: str = "▁") -> list[int]:
    """SentencePiece's rule: of all neighbours whose join is a token, the best-scored are joined, leftmost first."""
    tokens = {token: number for number, token in enumerate(header["tokenizer.ggml.tokens"])}
    scores = header["tokenizer.ggml.scores"]
    parts = list(prefix + text.replace(" ", "▁")) if text else []
    while True:
        joined = enumerate(a + b for a, b in pairwise(parts))
        joins = [(-scores[tokens[both]], at) for at, both in joined if both in tokens]
        if not joins:
            break
        _, at = min(joins)
        parts[at : at + 2] = ["".join(parts[at : at + 2])]
    ids: list[int] = []
    for part in parts:
        ids += [tokens[part]] if part in tokens else [tokens[f"<0x{byte:02X}>"] for byte in part.encode()]
    return ids


def test_a_sentence_piece_vocabulary_is_merged_by_score() -> None:
    header = sentence_piece_header()
    ours = tokenizer_from_gguf(header, "test")
    generator = random.Random(1)
    made = ["".join(generator.choice("theuplir sabdv1 ") for _ in range(40)) for _ in range(100)]
    for text in (*TEXTS, *made, "the supplier shall deliver and the buyer"):
        ids = ours.encode(text, add_special_tokens=False).ids
        assert ids == sentence_piece(text, header)
        assert ours.decode(ids) == text
    without = tokenizer_from_gguf(header | {"tokenizer.ggml.add_space_prefix": False}, "test")
    assert without.encode("the buyer").ids == sentence_piece("the buyer", header, prefix="")
    assert without.decode(without.encode(" the").ids) == " the"


def test_a_sentence_piece_chat_is_tokenised_as_one_text_between_special_tokens() -> None:
    template = "{{ bos_token }}{% for m in messages %}Q:{{ m['content'] }}{{ eos_token }}{% endfor %}A:"
    header = sentence_piece_header() | {"tokenizer.chat_template": template}
    tokenizer = ChatTokenizer.from_gguf(header, (), "test")
    expected = [1, *sentence_piece("Q:the buyer </s>", header), 2, *sentence_piece("A:", header)]
    assert tokenizer.encode_chat([("user", "the buyer </s>")]) == expected
    assert 2 in tokenizer.stop_ids


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"tokenizer.ggml.model": "t5"}, "t5/None.*safetensors directory"),
        ({"tokenizer.ggml.remove_extra_whitespaces": True}, "remove_extra_whitespaces"),
        ({"tokenizer.ggml.precompiled_charsmap": [1, 2]}, "precompiled_charsmap"),
    ],
    ids=["model", "whitespace", "charsmap"],
)
def test_other_tokenizers_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedModelError, match=named):
        tokenizer_from_gguf(sentence_piece_header() | change, "test")
    header = sentence_piece_header()
    del header["tokenizer.ggml.scores"]
    with pytest.raises(UnsupportedModelError, match="scores"):
        tokenizer_from_gguf(header, "test")


def test_a_template_that_refuses_the_messages_is_an_error_of_ours() -> None:
    header = sentence_piece_header() | {"tokenizer.chat_template": "{{ raise_exception('roles must alternate') }}"}
    with pytest.raises(UnsupportedModelError, match="roles must alternate"):
        ChatTokenizer.from_gguf(header, (), "test").encode_chat([("user", "x")])
