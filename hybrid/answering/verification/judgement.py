"""What an entailment model says of a claim and its premise, whichever model it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Pair = tuple[str, str]
"""A premise of one to three sentences, and a claim."""


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
        """One judgement a pair, in order."""
