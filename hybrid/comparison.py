"""One question put to several sides' documents, and where what they say cannot both hold. Plain, typed data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from hybrid.answers import Answer, Citation, Claim
from hybrid.display.shown import Shown


class Contradiction(Shown, BaseModel):
    """Two claims of different sides that cannot both hold, by what they say in words.

    ``citations`` are the spans that carry them, one for each; their numbers are those of their own side's answer.

    Example:
        >>> for found in comparison.contradictions:
        ...     print(found.sides, [citation.quote for citation in found.citations])
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    sides: tuple[str, str]
    claims: tuple[Claim, Claim]

    @property
    def citations(self) -> tuple[Citation, Citation]:
        """Where the two claims stand: the first citation of each."""
        one, other = self.claims
        return one.citations[0], other.citations[0]

    def __str__(self) -> str:
        from hybrid.display.comparisons import contradiction_text  # here, as below, because it needs these classes

        return contradiction_text(self)

    def _repr_html_(self) -> str:
        from hybrid.display.comparisons import contradiction_html

        return contradiction_html(self)


class Comparison(Shown, Mapping[str, Answer]):
    """The answers of several sides to one question, by the sides' names and in their order.

    It is a mapping that shows itself, the sides next to each other. ``contradictions`` are the pairs of claims that
    contradict each other openly ("30 days", "60 days"); what has to be inferred is for the reader to see.
    `hybrid.report` and `hybrid.exhibits` take it as they take answers.

    Args:
        question: what was asked.
        answers: the answers, by side.
        contradictions: pairs of claims of different sides that cannot both hold.

    Example:
        >>> sides = {"Acme": hybrid.Filter(sources="acme/*"), "Beta": hybrid.Filter(sources="beta/*")}
        >>> comparison = corpus.compare("How many days' notice must be given?", sides)
        >>> comparison["Acme"].citations[0].quote
        'Notice of termination is 30 days.'
    """

    def __init__(
        self, question: str, answers: Mapping[str, Answer], contradictions: Iterable[Contradiction] = ()
    ) -> None:
        self.question = question
        self.contradictions = tuple(contradictions)
        self._answers = dict(answers)

    def __getitem__(self, side: str) -> Answer:
        return self._answers[side]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __repr__(self) -> str:
        return f"Comparison({self.question!r}, {self._answers!r}, {self.contradictions!r})"

    _repr_pretty_ = Shown._repr_pretty_

    def __str__(self) -> str:
        from hybrid.display.comparisons import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        from hybrid.display.comparisons import comparison_html

        return comparison_html(self)
