"""Whether a premise entails a claim, as a model says: the protocol that every such model meets, and its calibration.

Classifiers meet it (`hybrid.answering.verification.classifiers`), and chat models as judge (`ChatJudge`). None of them
is asked about a claim that a check on strings or numbers has refused, and none gives more than ``likely``.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hybrid.answering.generators import text_of
from hybrid.errors import InputError, ModelError

_log = logging.getLogger(__name__)

Pair = tuple[str, str]
"""A premise of one to three sentences, and a claim."""
P_YES = 0.9
"""What a chat model's yes is taken to be worth. It is assumed, not measured: of a 1.5B model 24 of 48 were right
(benchmarks/verification/README.md, "A chat model as judge"), and larger ones were not at hand."""
INSTRUCTION = (
    "You check whether a passage supports a statement. Judge by the passage alone. The statement may use other words, "
    "but it must not add, drop or change anything that matters: who, what, when, how much, under which condition, and "
    "whether it is a fact or only said, planned, possible or denied. "
    "Answer with one word: YES if everything in the statement follows from the passage, NO if not, OPPOSITE if the "
    "passage says otherwise."
)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class Judgement:
    """``probability`` that the premise entails the claim, and that it contradicts it where the model says that too."""

    probability: float
    contradicted: float | None = None


class Entailment(Protocol):
    """Anything that judges pairs: a trained head, a classifier, a chat model."""

    @property
    def name(self) -> str:
        """Who judges, as `hybrid.Claim.decided_by` names it."""

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """One judgement a pair, in order. Raises `ModelError` where the model gives none."""


@dataclass(frozen=True)
class Calibration:
    """What a model's probability is worth: the logistic function of ``slope`` times its logit, plus ``intercept``.

    After Platt, "Probabilistic outputs for support vector machines" (1999). By default the model is taken at its word.

    Example:
        >>> round(Calibration(slope=0.5)(0.9), 2)
        0.75
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, probability: float) -> float:
        """The calibrated probability."""
        bounded = min(max(probability, 1e-6), 1 - 1e-6)
        logit = math.log(bounded / (1 - bounded))
        return 1 / (1 + math.exp(-(self.slope * logit + self.intercept)))


@dataclass(frozen=True)
class Calibrated:
    """A model whose probabilities are calibrated."""

    model: Entailment
    calibration: Calibration

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """The model's judgements, calibrated."""
        return [
            Judgement(self.calibration(one.probability), one.contradicted) for one in self.model.judge(pairs)
        ]  # fmt: skip


class ChatJudge:
    """A chat model of the caller's as judge of entailment: one short request a pair.

    Args:
        judge: a LangChain chat model, or anything else with its ``invoke``; or a function that takes a list of
            (role, text) messages and returns text.

    Raises:
        InputError: ``judge`` is neither.

    Example:
        >>> judge = ChatJudge(lambda messages: "YES")
        >>> judge.judge([("The fee is $5.", "The fee is five dollars.")])[0].probability
        0.9
    """

    def __init__(self, judge: Any) -> None:
        if not (callable(getattr(judge, "invoke", None)) or callable(judge)) or isinstance(judge, type):
            raise InputError(
                f"a judge is a LangChain chat model, or a function from (role, text) messages to text, "
                f"not {judge.__name__ if isinstance(judge, type) else type(judge).__name__}"
            )
        self._judge = judge
        named = next(
            (value for key in ("model_name", "model") if isinstance(value := getattr(judge, key, None), str) and value),
            getattr(judge, "__name__", type(judge).__name__),
        )
        self.name = f"judge {named}"

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """One judgement a pair; a model that answers neither yes nor no is taken to say no."""
        return [self._one(premise, claim) for premise, claim in pairs]

    def _one(self, premise: str, claim: str) -> Judgement:
        messages = [("system", INSTRUCTION), ("user", f"Passage: {premise}\n\nStatement: {claim}")]
        try:
            answered = text_of(
                self._judge.invoke(messages)
                if callable(getattr(self._judge, "invoke", None))
                else self._judge(messages)
            )
        except ModelError:
            raise
        except Exception as error:  # a model of the caller's may raise anything: network, quota
            _log.warning("the judge failed", exc_info=True)
            raise ModelError(f"{type(error).__name__}: {error}") from error
        said = {word.lower() for word in _WORD.findall(answered)[:3]}
        if "opposite" in said:
            return Judgement(1 - P_YES, P_YES)
        return Judgement(P_YES if "yes" in said else 1 - P_YES, 1 - P_YES)
