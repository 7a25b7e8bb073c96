"""BERT sentence encoders in NumPy: a question is embedded without an import of PyTorch and transformers.

Those imports took most of the CPU time of a cold `hybrid ask` (benchmarks/README.md, cold start). The vectors are
those of sentence-transformers, to 1e-6, from the same files. Models of another kind are left to sentence-transformers.

Shapes: T tokens, D hidden size, H heads, K = D / H, F intermediate size.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Array = NDArray[np.float32]
_KINDS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


@dataclass(frozen=True)
class BertEncoder:
    """A BERT whose token vectors are averaged, or whose first one is taken.

    Attributes:
        tokenizer: truncates to the model's length.
        max_length: tokens that the model sees, special tokens counted.
        dimension: D.
    """

    tokenizer: Tokenizer
    max_length: int
    dimension: int
    weights: dict[str, Array]
    layers: int
    heads: int
    epsilon: float
    mean: bool

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """The sentence-transformers model in the directory ``path``; ``None`` if it is of a kind not known here."""
        try:
            config = _json(path / "config.json")
            sentence = _json(path / "sentence_bert_config.json")
            modules = _json(path / "modules.json")
            pooling = _json(path / str(modules[1]["path"]) / "config.json")
            tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
            way = pooled(pooling)
            if not _is_known(path, config, sentence, modules) or way is None:
                return None
            weights = _weights(path / "model.safetensors")
            encoder = cls(
                tokenizer,
                int(sentence["max_seq_length"]),
                int(config["hidden_size"]),
                weights,
                int(config["num_hidden_layers"]),
                int(config["num_attention_heads"]),
                float(config["layer_norm_eps"]),
                way == "mean",
            )
            tokenizer.no_padding()
            tokenizer.enable_truncation(encoder.max_length)
            encoder.encode([""])  # a tensor that is missing or of another shape shows now
        except Exception:  # noqa: BLE001 - whatever is odd about its files, sentence-transformers says it better
            return None
        return encoder

    def encode(self, texts: Sequence[str]) -> Array:
        """The vectors of texts: ``[len(texts), D]`` float32, of any length.

        The tokens of all texts lie one after the other, so that nothing is spent on padding; only attention keeps
        the texts apart.
        """
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        ends = np.cumsum([len(one) for one in ids]).tolist()
        parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        w = self.weights
        positions = np.concatenate([np.arange(len(one)) for one in ids])
        x_TD = w["embeddings.word_embeddings.weight"][np.concatenate(ids)]
        x_TD = x_TD + w["embeddings.position_embeddings.weight"][positions]
        x_TD = self._normed(x_TD + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for number in range(self.layers):
            layer = f"encoder.layer.{number}."
            x_TD = self._normed(x_TD + self._attention(x_TD, parts, layer), layer + "attention.output.LayerNorm")
            wide_TF = _gelu(self._linear(x_TD, layer + "intermediate.dense"))
            x_TD = self._normed(x_TD + self._linear(wide_TF, layer + "output.dense"), layer + "output.LayerNorm")
        return np.stack([x_TD[part].mean(0) if self.mean else x_TD[part.start] for part in parts])

    def _attention(self, x_TD: Array, parts: Sequence[slice], layer: str) -> Array:
        def heads(name: str) -> Array:
            y_TD = self._linear(x_TD, f"{layer}attention.self.{name}")
            return y_TD.reshape(len(y_TD), self.heads, -1).transpose(1, 0, 2)  # HTK

        q_HTK, k_HTK, v_HTK = heads("query"), heads("key"), heads("value")
        q_HTK = q_HTK / np.float32(math.sqrt(q_HTK.shape[-1]))
        mixed_HTK = np.empty_like(v_HTK)
        for part in parts:
            scores_HTT = q_HTK[:, part] @ k_HTK[:, part].transpose(0, 2, 1)
            scores_HTT = np.exp(scores_HTT - scores_HTT.max(-1, keepdims=True))
            mixed_HTK[:, part] = (scores_HTT / scores_HTT.sum(-1, keepdims=True)) @ v_HTK[:, part]
        return self._linear(mixed_HTK.transpose(1, 0, 2).reshape(x_TD.shape), layer + "attention.output.dense")

    def _linear(self, x: Array, name: str) -> Array:
        y: Array = x @ self.weights[name + ".weight"].T
        return y + self.weights[name + ".bias"]

    def _normed(self, x_TD: Array, name: str) -> Array:
        x_TD = x_TD - x_TD.mean(-1, keepdims=True)
        scale: Array = np.sqrt((x_TD * x_TD).mean(-1, keepdims=True) + np.float32(self.epsilon))
        return x_TD / scale * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def _is_known(path: Path, config: Any, sentence: Any, modules: Any) -> bool:
    prompts = path / "config_sentence_transformers.json"
    return (
        [str(module["type"]).rpartition(".")[2] for module in modules] in _KINDS
        and not modules[0]["path"]
        and config["model_type"] == "bert"
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not sentence.get("do_lower_case")
        and not (prompts.exists() and _json(prompts).get("default_prompt_name"))
    )


def pooled(pooling: Any) -> str | None:
    """How token vectors become one, by a model's ``1_Pooling/config.json``: ``mean`` or ``cls``; ``None``: another way,
    or several."""
    if isinstance(pooling.get("pooling_mode"), str):
        mode = str(pooling["pooling_mode"])
        return mode if mode in ("mean", "cls") else None
    ways = [
        name.removeprefix("pooling_mode_") for name, on in pooling.items() if name.startswith("pooling_mode_") and on
    ]
    return {"mean_tokens": "mean", "cls_token": "cls"}.get(ways[0]) if len(ways) == 1 else None


def _weights(path: Path) -> dict[str, Array]:
    from safetensors.numpy import load_file

    found = load_file(path)
    return {name.removeprefix("bert."): tensor.astype(np.float32, copy=False) for name, tensor in found.items()}


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _gelu(x: Array) -> Array:
    """x Φ(x) = max(x, 0) - |x| erfc(|x| / √2) / 2, to 4e-7: NumPy has no error function.

    erfc as Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
    """
    size = np.abs(x)
    z = size * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    erfc = np.zeros_like(x)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        erfc += np.float32(coefficient)
        erfc *= t
    erfc *= np.exp(-z * z)
    y: Array = np.maximum(x, np.float32(0)) - size * erfc / np.float32(2)
    return y
