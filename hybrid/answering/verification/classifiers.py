"""Entailment by a classifier that somebody else trained: a local directory or a hub id, and its layout of labels.

| layout | models | input | probability |
|---|---|---|---|
| ``nli`` | plain NLI, two or three named labels | premise and claim as a pair | that of the entailment label |
| ``binary`` | two labels, the second "supported" | a pair | softmax, second label |
| ``minicheck`` | MiniCheck, RoBERTa and DeBERTa | premise, end-of-text, claim as one text | softmax, second label |
| ``factcg`` | FactCG, DeBERTa | one text, its question with options | softmax, second label |
| ``score`` | cross-encoders with one number, HHEM 1 | a pair | its sigmoid |
| ``hhem`` | HHEM 2.1, a T5 token classifier | one text, its question | softmax of the first token, second label |
| ``tokens`` | LettuceDetect, TinyLettuce | context and claim as a pair | 1 less the worst token of the claim |

Sources: MiniCheck (arXiv 2404.10774), FactCG (arXiv 2501.17144), LettuceDetect (arXiv 2502.17125); HHEM's model card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from hybrid.answering.verification.judgement import Judgement, Pair
from hybrid.errors import ModelError, UnsupportedModelError

Layout = Literal["nli", "binary", "minicheck", "factcg", "score", "hhem", "tokens"]

MAX_TOKENS = 1024
"""Of a pair, where the model itself has no lower limit: a claim and three sentences of `hybrid.text.sentences` fit."""
BATCH = 16
"""Pairs at once: a claim's are `hybrid.answering.verification.verifier.COMPARED` at most, two claims' fit."""
_FACTCG = (
    '{premise}\n\nChoose your answer: based on the paragraph above can we conclude that "{claim}"?\n\n'
    "OPTIONS:\n- Yes\n- No\nI think the answer is "
)
_HHEM = "<pad> Determine if the hypothesis is true given the premise?\n\nPremise: {premise}\n\nHypothesis: {claim}"
_SUPPORTS = re.compile(r"^(?:entail\w*|support\w*|consistent|factual|yes|true|label_1|1)$", re.IGNORECASE)
_CONTRADICTS = re.compile(r"^(?:contradict\w*|refut\w*)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^label_\d+$", re.IGNORECASE)


class Classifier:
    """A sequence- or token-classification model that says how likely a premise entails a claim. Deterministic.

    Example:
        >>> classifier = Classifier.load("models/nli-small")  # doctest: +SKIP
        >>> classifier.judge([("The fee is $5.", "The fee is five dollars.")])[0].probability  # doctest: +SKIP
        0.97
    """

    def __init__(self, name: str, model: Any, tokenizer: Any, layout: Layout) -> None:
        self.name = name
        self.layout = layout
        self._model = model.eval()
        self._tokenizer = tokenizer
        labels = {int(index): str(label) for index, label in (model.config.id2label or {}).items()}
        self._entails, self._contradicts = _label_indices(labels, layout, name)

    @classmethod
    def load(
        cls, name: str | Path, layout: Layout | None = None, *, device: str = "cpu", local_files_only: bool = True
    ) -> Classifier:
        """Load a model from a directory, or by its hub id from the local cache.

        Args:
            layout: how its labels and its input are laid out; None: read off its configuration.
            local_files_only: ask the hub for nothing. Turned off, a hub id is downloaded.

        Raises:
            ModelError: there is no such model, or its files cannot be read.
            UnsupportedModelError: its layout cannot be inferred from its configuration, or is none of those known.
        """
        from transformers import AutoConfig, AutoTokenizer

        if layout is not None and layout not in get_args(Layout):
            raise UnsupportedModelError(f"no layout {layout!r}; the layouts are {', '.join(get_args(Layout))}")
        where = str(name)
        try:
            config = AutoConfig.from_pretrained(where, local_files_only=local_files_only)
            chosen = layout or _layout_of(config, where)
            tokenizer = AutoTokenizer.from_pretrained(where, local_files_only=local_files_only)
            model = _model_class(chosen).from_pretrained(where, config=config, local_files_only=local_files_only)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            if isinstance(error, ModelError):
                raise
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"the entailment model {where} cannot be loaded: {reason}. Give the directory of a sequence- or "
                "token-classification model, or a hub id that was downloaded before"
            ) from error
        return cls(where, model.to(device), tokenizer, chosen)

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """One judgement a (premise, claim) pair, in order."""
        import torch

        found: list[Judgement] = []
        with torch.inference_mode():
            for start in range(0, len(pairs), BATCH):
                found += self._batch(pairs[start : start + BATCH])
        return found

    def _batch(self, pairs: Sequence[Pair]) -> list[Judgement]:
        encoded = self._encoded(pairs)
        answered = encoded.pop("answered", None)
        logits = self._model(**{key: value.to(self._model.device) for key, value in encoded.items()}).logits.float()
        if self.layout == "tokens":
            unsupported = logits.softmax(-1)[..., 1].cpu().masked_fill(~answered, 0.0)
            return [Judgement(1 - row.max().item()) for row in unsupported]
        if self.layout == "hhem":
            logits = logits[:, 0]
        if self.layout == "score":
            return [Judgement(value) for value in logits[:, 0].sigmoid().tolist()]
        rows = logits.softmax(-1).tolist()
        against = self._contradicts
        return [Judgement(row[self._entails], None if against is None else row[against]) for row in rows]

    def _encoded(self, pairs: Sequence[Pair]) -> dict[str, Any]:
        limit = min(self._tokenizer.model_max_length or MAX_TOKENS, MAX_TOKENS)
        options = {"return_tensors": "pt", "padding": True, "max_length": limit}
        if self.layout in {"factcg", "hhem", "minicheck"}:
            texts = [self._one_text(premise, claim) for premise, claim in pairs]
            return dict(self._tokenizer(texts, truncation=True, **options))
        premises, claims = [premise for premise, _ in pairs], [claim for _, claim in pairs]
        encoded = self._tokenizer(premises, claims, truncation="only_first", **options)
        inputs = dict(encoded)
        if self.layout == "tokens":
            import torch

            ids = [encoded.sequence_ids(number) for number in range(len(pairs))]
            inputs["answered"] = torch.tensor([[one == 1 for one in row] for row in ids])
        return inputs

    def _one_text(self, premise: str, claim: str) -> str:
        if self.layout == "minicheck":
            end = self._tokenizer.eos_token or self._tokenizer.sep_token
            return f"{premise}{end}{claim}"
        return (_FACTCG if self.layout == "factcg" else _HHEM).format(premise=premise, claim=claim)


def _layout_of(config: Any, name: str) -> Layout:
    """The layout by architecture, number of labels and their names."""
    architecture = (getattr(config, "architectures", None) or [""])[0]
    if "TokenClassification" in architecture:
        return "hhem" if config.model_type == "t5" else "tokens"
    if "SequenceClassification" not in architecture:
        raise UnsupportedModelError(
            f"{name} is a {architecture or config.model_type}; an entailment model classifies a sequence or its tokens"
        )
    lowered = name.lower()
    for known in ("factcg", "minicheck"):
        if known in lowered:
            return known
    labels = [str(label) for label in (config.id2label or {}).values()]
    if len(labels) == 1:
        return "score"
    if any(_SUPPORTS.match(label) and not _NUMBERED.match(label) for label in labels):
        return "nli"
    if len(labels) == 2:
        return "binary"
    raise UnsupportedModelError(
        f"{name} has the labels {', '.join(labels)}, and none says which is entailment; name them in its config.json "
        f"or give layout=, one of {', '.join(get_args(Layout))}"
    )


def _label_indices(labels: dict[int, str], layout: Layout, name: str) -> tuple[int, int | None]:
    """The index of the label for entailment, and of that for contradiction if there is one."""
    if layout != "nli":
        return 1, None
    entails = [index for index, label in labels.items() if _SUPPORTS.match(label)]
    against = [index for index, label in labels.items() if _CONTRADICTS.match(label)]
    if len(entails) != 1:
        raise UnsupportedModelError(f"{name}: none of its labels {', '.join(labels.values())} is entailment")
    return entails[0], against[0] if len(against) == 1 else None


def _model_class(layout: Layout) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    return AutoModelForTokenClassification if layout in {"hhem", "tokens"} else AutoModelForSequenceClassification
