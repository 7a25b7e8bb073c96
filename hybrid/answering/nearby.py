"""What is nearest to one question, looked for once and only where it is wanted: its passages, and the sums and
durations that it may ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hybrid.answering import closest_passages, unsaid
from hybrid.answering.closest_passages import Passage
from hybrid.answering.evidence import Encoder, Sentence, Texts, with_similarity
from hybrid.answering.selection import asked_values


class Nearby:
    """The passages and values near a question.

    Args:
        question: what is asked.
        find: the sentences to look among, by the question's embedding.
        texts: the documents.
        encoder: embeds the question and windows of sentences.
        idf: of the question's words.
        lesser: whether a sentence is of a version that others stand before.
        most: passages, and values.
        of_one: passages of one document at most.
    """

    def __init__(
        self,
        question: str,
        find: Callable[[NDArray[np.float32]], Sequence[Sentence]],
        texts: Texts,
        encoder: Encoder,
        idf: Callable[[str], float],
        lesser: Callable[[Sentence], bool],
        most: int,
        of_one: int,
    ) -> None:
        self._question, self._find, self._texts, self._encoder = question, find, texts, encoder
        self._idf, self._lesser, self._most, self._of_one = idf, lesser, most, of_one

    @cached_property
    def _vector(self) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._encoder.encode([self._question])[0]
        return vector

    @cached_property
    def _found(self) -> list[Sentence]:
        return with_similarity(self._encoder, self._vector, self._find(self._vector))

    @cached_property
    def passages(self) -> list[Passage]:
        """The passages nearest to the question, the nearest first."""
        return closest_passages.choose(
            self._question, self._vector, self._found, self._texts, self._encoder, self._idf, self._most,
            self._lesser, self._of_one, self._gives,
        )  # fmt: skip

    @cached_property
    def values(self) -> list[Passage]:
        """The sentences with a sum or a duration that are nearest to a question which asks for one; none of another
        question."""
        if not unsaid.sums_and_durations(self._question):
            return []
        return closest_passages.giving(
            self._question, self._vector, self._found, self._gives_sum, self._encoder, self._idf, self._most
        )

    def _gives_sum(self, text: str) -> bool:
        asked = unsaid.sums_and_durations(self._question)
        return any(asked_values.gives(one, self._question, text) for one in asked)

    def _gives(self, text: str) -> bool:
        return any(asked_values.states(one, self._question, text) for one in unsaid.values_asked(self._question))
