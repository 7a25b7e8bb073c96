"""How rare a word is in the corpus: inverse document frequency over its chunks."""

from __future__ import annotations

import math
from threading import Lock
from typing import Protocol

COUNT_TO = 2000
"""Chunks counted for a word; a word in more of them is common, and its exact count does not matter.
It bounds the counting (benchmarks/question_scaling.py)."""
MIN_PREFIX = 4
"""A stem this long also counts the words that begin with it; a shorter one would count strangers."""


class Counts(Protocol):
    """The part of a catalog that idf needs."""

    def count_lexical(self, match: str, up_to: int) -> int:
        """How many chunks a full-text match expression finds; counting ends at ``up_to``."""


class InverseDocumentFrequency:
    """``idf(stem)`` is ``ln(1 + chunks / (chunks with it + 1/2))``. Safe to share between threads.

    Made for one commit of a corpus, whose counts it remembers.

    Example:
        >>> class Nothing:
        ...     def count_lexical(self, match, up_to):
        ...         return 0
        >>> round(InverseDocumentFrequency(Nothing(), chunks=100)("acme"), 2)
        5.3
    """

    def __init__(self, counts: Counts, chunks: int) -> None:
        self._counts = counts
        self._chunks = max(1, chunks)
        self._known: dict[str, float] = {}
        self._lock = Lock()

    def __call__(self, stem: str) -> float:
        """The idf of a stem, in nats; more is rarer."""
        with self._lock:
            known = self._known.get(stem)
        if known is None:
            known = math.log(1 + self._chunks / (self._count(stem) + 0.5))
            with self._lock:
                self._known[stem] = known
        return known

    def _count(self, stem: str) -> int:
        match = f'"{stem}" *' if len(stem) >= MIN_PREFIX else f'"{stem}"'
        return self._counts.count_lexical(match, COUNT_TO)
