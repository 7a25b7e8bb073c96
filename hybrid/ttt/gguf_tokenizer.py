"""The tokenizer in a GGUF header, as the `tokenizers` library's equivalent.

A GGUF file names how text is cut before merging and says no more, so each name is spelt out here:
https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp. The kinds are those of the
models that can be loaded; Hugging Face's ``tokenizer.json`` of these models says the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from hybrid.errors import UnsupportedModelError

_UNKNOWN, _CONTROL, _USER, _BYTE = 2, 3, 4, 6  # values of tokenizer.ggml.token_type
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PATTERNS = {"llama-bpe": _WORDS % "{1,3}", "qwen2": _WORDS % ""}
SUPPORTED = ("gpt2/smollm", *(f"gpt2/{name}" for name in _PATTERNS), "llama (SentencePiece)")


def tokenizer_from_gguf(header: Mapping[str, Any], where: str) -> Tokenizer:
    """Build the tokenizer that a GGUF header describes.

    Raises:
        UnsupportedModelError: a kind that is not supported, by name, or a header that lacks a part of it.
    """
    model, cut = header.get("tokenizer.ggml.model"), header.get("tokenizer.ggml.pre")
    try:
        if model == "llama":
            tokenizer = _sentence_piece(header, where)
        elif model == "gpt2" and (cut == "smollm" or cut in _PATTERNS):
            tokenizer = _byte_level(header, cut)
        else:
            raise UnsupportedModelError(
                f"{where}: GGUF tokenizer {model}/{cut} is not supported; supported: {', '.join(SUPPORTED)}. "
                "The model's safetensors directory, which has a tokenizer.json, can be loaded instead"
            )
        special = [token for token, _ in _of_kinds(header, (_CONTROL, _USER))]
    except KeyError as missing:
        raise UnsupportedModelError(f"{where}: the GGUF header lacks {missing}") from None
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return tokenizer


def _of_kinds(header: Mapping[str, Any], kinds: Sequence[int]) -> list[tuple[str, int]]:
    tokens: list[str] = header["tokenizer.ggml.tokens"]
    pairs = zip(tokens, header["tokenizer.ggml.token_type"], strict=True)
    return [(token, number) for number, (token, kind) in enumerate(pairs) if kind in kinds]


def _byte_level(header: Mapping[str, Any], cut: str) -> Tokenizer:
    """Bytes as printable characters, merged within pieces that a pattern cuts (GPT-2 and its heirs)."""
    vocabulary = {token: number for number, token in enumerate(header["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in header.get("tokenizer.ggml.merges", ())]
    whole_words = cut == "llama-bpe"  # a piece that is a token is that token, whatever the merges say
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=whole_words))
    if cut == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    pattern = _PATTERNS.get(cut)
    split = pre_tokenizers.Split(Regex(pattern), "isolated") if pattern else pre_tokenizers.Digits(True)
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None)  # GPT-2's own pattern
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_of])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _sentence_piece(header: Mapping[str, Any], where: str) -> Tokenizer:
    """Characters, merged in the order of the merged token's score; unknown ones fall back to bytes (Llama 2, Mistral).

    Two ways to make the same token have the same score there and an order here, the longer left part
    first, as in Hugging Face's conversions; this shows only in runs of one character.
    """
    for name in ("remove_extra_whitespaces", "precompiled_charsmap"):
        if header.get(f"tokenizer.ggml.{name}"):
            raise UnsupportedModelError(f"{where}: a SentencePiece tokenizer with {name} is not supported")
    tokens: list[str] = header["tokenizer.ggml.tokens"]
    scores: list[float] = header["tokenizer.ggml.scores"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    mergeable = vocabulary.keys() - {token for token, _ in _of_kinds(header, (_UNKNOWN, _CONTROL, _USER, _BYTE))}
    merges = [
        (scores[vocabulary[token]], cut, token)
        for token in mergeable
        for cut in range(1, len(token))
        if token[:cut] in mergeable and token[cut:] in mergeable
    ]
    merges.sort(reverse=True)
    unknown = next((token for token, _ in _of_kinds(header, (_UNKNOWN,))), None)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=[(token[:cut], token[cut:]) for _, cut, token in merges],
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    spaces = normalizers.Replace(" ", "▁")
    prefixed = header.get("tokenizer.ggml.add_space_prefix", True)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prefixed else spaces
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)] if prefixed else steps)
    return tokenizer
