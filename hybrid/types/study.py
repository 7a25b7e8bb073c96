"""Questions with answers about passages of a document, on which the memory is trained beside the text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

from hybrid.errors import InputError
from hybrid.types.answers import Verdict
from hybrid.types.base import FrozenModel

PairKind = Literal["summary", "section", "name", "subject", "value", "completion", "question", "restatement"]
"""What a pair asks for. The first six are of templates, a chat model writes ``summary`` and the last two."""


class StudyPair(FrozenModel):
    """A question and its answer. The passage that says it is ``[start, end)`` of the document's canonical text;
    ``verdict`` is the weakest of those on the answer's sentences."""

    kind: PairKind
    question: str
    answer: str
    start: int
    end: int
    verdict: Verdict


class StudyPairs(FrozenModel):
    """All pairs of one document.

    Attributes:
        maker: who made them, such as ``templates 1``.
        dropped: how many more there were, whose answers the verifier did not approve.
    """

    maker: str
    pairs: tuple[StudyPair, ...] = ()
    dropped: int = 0

    @property
    def digest(self) -> str:
        """A sha256 of the pairs, whoever made them."""
        return hashlib.sha256(json.dumps([one.model_dump() for one in self.pairs]).encode()).hexdigest()

    def to_file(self) -> str:
        """JSON text with the digest, which `from_file` checks."""
        return json.dumps({"digest": self.digest, **self.model_dump(mode="json")}, ensure_ascii=False, indent=1)

    @classmethod
    def from_file(cls, text: str) -> Self:
        """What `to_file` wrote. Raises `InputError`, or another `ValueError`, for what is damaged or was edited."""
        fields = json.loads(text)
        digest = fields.pop("digest", None) if isinstance(fields, dict) else None
        pairs = cls.model_validate(fields)
        if digest != pairs.digest:
            raise InputError("these pairs are not those that their digest is of")
        return pairs


class Exercise(NamedTuple):
    """A pair as a volume is adapted to it: the question, its answer, and the passage that says it."""

    question: str
    answer: str
    passage: str


def exercises_sha256(exercises: Sequence[Exercise]) -> str:
    """A sha256 of exercises, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(exercises)).encode()).hexdigest()
