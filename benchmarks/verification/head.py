"""The entailment and ranking head: a MiniLM cross-encoder with four outputs, and its eight-bit form.

A pair of texts goes in: a claim and its premise, or a question and a sentence. Out come the logits of entailment,
neutral and contradiction, and one of relevance. Both uses share the encoder. A head is a folder with
``model.safetensors`` (half precision) or ``model.int8.safetensors`` (eight-bit rows with a scale each),
``tokenizer.json`` and ``head.json`` (the encoder's config, the longest pair in tokens, the calibration).

Shapes: B pairs, T tokens, D the width of the encoder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

OUTPUTS = ("entailment", "neutral", "contradiction", "relevance")


class CrossEncoder(nn.Module):
    """BERT over a pair; the first token's state beside the mean of all states, one hidden layer, four logits."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.hidden = nn.Linear(2 * config.hidden_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, len(OUTPUTS))
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids_BT: Tensor, types_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Logits [B, 4] of token ids, segment types and mask [B, T]."""
        states_BTD = self.bert(input_ids=ids_BT, token_type_ids=types_BT, attention_mask=mask_BT).last_hidden_state
        weight_BT1 = mask_BT.unsqueeze(-1).to(states_BTD.dtype)
        # The base was trained as a sentence encoder that reads the mean; the first state starts out knowing little.
        mean_BD = (states_BTD * weight_BT1).sum(1) / weight_BT1.sum(1)
        pooled_BD = torch.cat([states_BTD[:, 0], mean_BD], dim=-1)
        return self.out(self.dropout(nn.functional.gelu(self.hidden(self.dropout(pooled_BD)))))


def quantise(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices as eight-bit rows with a scale each, the rest in half precision."""
    stored: dict[str, Tensor] = {}
    for name, value in weights.items():
        if value.ndim == 2 and value.numel() > 4096:
            rows = value.float()
            scale = rows.abs().amax(dim=1, keepdim=True).clamp_min(1e-8) / 127
            stored[name] = (rows / scale).round().to(torch.int8)
            stored[f"{name}.scale"] = scale.squeeze(1)
        else:
            stored[name] = value.half()
    return stored


def dequantise(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `quantise` stored, in single precision."""
    return {
        name: value.float() * stored[f"{name}.scale"].unsqueeze(1) if value.dtype == torch.int8 else value.float()
        for name, value in stored.items()
        if not name.endswith(".scale")
    }


class Head:
    """A trained head on the CPU.

    Example:
        head = Head.load("entailment-head")
        head.entailment([("The term is two years.", "The agreement runs for two years.")])
    """

    def __init__(self, model: CrossEncoder, tokenizer: Tokenizer, card: dict[str, Any]) -> None:
        self.model = model.eval()
        self.card = card
        self._tokenizer = tokenizer
        tokenizer.enable_truncation(card["longest"], strategy="only_second")
        tokenizer.no_padding()

    @classmethod
    def load(cls, folder: str | Path) -> Head:
        """The head in a folder; the eight-bit form where both are there."""
        folder = Path(folder)
        card = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        model = CrossEncoder(BertConfig(**card["encoder"]))
        packed = folder / "model.int8.safetensors"
        model.load_state_dict(dequantise(load_file(packed if packed.is_file() else folder / "model.safetensors")))
        return cls(model, Tokenizer.from_file(str(folder / "tokenizer.json")), card)

    def logits(self, pairs: Sequence[tuple[str, str]], batch: int = 32) -> np.ndarray:
        """The four logits of each (first, second) pair [n, 4]; pairs of like length are read together."""
        encoded = self._tokenizer.encode_batch(list(pairs))
        order = sorted(range(len(pairs)), key=lambda index: len(encoded[index].ids))
        found = np.zeros((len(pairs), len(OUTPUTS)), dtype=np.float32)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            width = max(len(encoded[index].ids) for index in chosen)
            ids, types, mask = (torch.zeros(len(chosen), width, dtype=torch.long) for _ in range(3))
            for row, index in enumerate(chosen):
                one = encoded[index]
                ids[row, : len(one.ids)] = torch.tensor(one.ids)
                types[row, : len(one.ids)] = torch.tensor(one.type_ids)
                mask[row, : len(one.ids)] = 1
            with torch.inference_mode():
                found[chosen] = self.model(ids, types, mask).numpy()
        return found

    def entailment(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """The calibrated probability [n] that a premise entails a claim, for pairs (premise, claim)."""
        found = self.logits([(claim, premise) for premise, claim in pairs])
        slope, shift = self.card.get("calibration", (1.0, 0.0))
        return 1 / (1 + np.exp(-(slope * margin(found) + shift)))

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """A score [n] for (question, sentence): more is more relevant."""
        return self.logits(pairs)[:, 3]


def margin(logits: np.ndarray) -> np.ndarray:
    """The logit of entailment against the other two together [n]."""
    return np.asarray(logits[:, 0] - np.logaddexp(logits[:, 1], logits[:, 2]))


def save(folder: Path, weights: dict[str, Tensor], card: dict[str, Any]) -> None:
    """Write weights and card; the tokenizer is copied by whoever knows where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in weights.items()}, folder / "model.safetensors")
    save_file(quantise(weights), folder / "model.int8.safetensors")
    (folder / "head.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
