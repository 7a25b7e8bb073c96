"""The losses of a long read, kept in a bounded number of points."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, Self

from hybrid.errors import CorruptCorpusError
from hybrid.reports import MAX_POINTS, MemoryTraining, TrainingPoint
from hybrid.stores import snapshots
from hybrid.stores.rows import GenerationRow, StoredFile

METADATA_KEY = "training"
"""Under which a snapshot of the memory carries the curve of all it has read."""


class LossCurve:
    """Mean losses over stretches of the stream, each as long as the others but for the last.

    It takes one step after the other. When there are more than `MAX_POINTS` stretches each two neighbours become
    one, and stretches are twice as long from then on; so a curve is the same however often it was put away and
    taken up again between steps.

    Example:
        >>> curve = LossCurve()
        >>> curve.add(512, 3.1)
        >>> LossCurve.from_json(curve.as_json()).points[0].loss
        3.1
    """

    def __init__(
        self, stretches: Iterable[tuple[int, int, int, float]] = (), steps: int = 1, position: int = 0
    ) -> None:
        self._stretches = list(stretches)  # (start, end, steps, mean loss)
        self._steps = steps  # of a full stretch
        self._position = self._stretches[-1][1] if self._stretches else position  # where the next step begins

    def add(self, end: int, loss: float) -> None:
        """One step, from where the last one ended to token ``end`` of the whole stream."""
        start, self._position = self._position, end
        if self._stretches and self._stretches[-1][2] < self._steps:
            first, _, steps, mean = self._stretches[-1]
            self._stretches[-1] = (first, end, steps + 1, (mean * steps + loss) / (steps + 1))
            return
        if len(self._stretches) == MAX_POINTS:
            pairs = zip(self._stretches[::2], self._stretches[1::2], strict=True)
            self._stretches = [(a[0], b[1], a[2] + b[2], (a[2] * a[3] + b[2] * b[3]) / (a[2] + b[2])) for a, b in pairs]
            self._steps *= 2
        self._stretches.append((start, end, 1, loss))

    @property
    def points(self) -> tuple[TrainingPoint, ...]:
        """The stretches, in their order."""
        return tuple(TrainingPoint(start=start, end=end, loss=loss) for start, end, _, loss in self._stretches)

    def as_json(self) -> str:
        """The curve as text that `from_json` takes."""
        return json.dumps({"steps": self._steps, "stretches": self._stretches}, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: str | None, position: int = 0) -> Self:
        """The curve that was put away; one that begins at ``position`` for ``None``, or for what is not a curve.

        It is for looking at: a curve that cannot be read is no reason to give up the memory that it belongs to.
        """
        try:
            found: dict[str, Any] = json.loads(stored) if stored else {"steps": 1, "stretches": []}
            stretches = [(int(a), int(b), int(n), float(loss)) for a, b, n, loss in found["stretches"][:MAX_POINTS]]
            return cls(stretches, max(1, int(found["steps"])), position)
        except (ValueError, TypeError, KeyError):
            return cls(position=position)


class Generations(Protocol):
    """What looking at the training needs of a catalog."""

    def generation(self) -> GenerationRow | None:
        """The newest generation."""


def read_training(catalog: Generations, directory: Path, model: str | None) -> MemoryTraining:
    """The training of the newest generation's memory, from the snapshot that holds it. ``model`` is its name.

    Raises `CorruptCorpusError` if the snapshot's file is missing or cannot be read.
    """
    while True:
        generation = catalog.generation()
        if generation is None or generation.snapshot_file is None or generation.snapshot_sha256 is None:
            return MemoryTraining(tokens=0, model=model)
        try:
            metadata = snapshots.metadata(directory, StoredFile(generation.snapshot_file, generation.snapshot_sha256))
        except CorruptCorpusError:
            if catalog.generation() == generation:
                raise
            continue  # a writer committed twice meanwhile, and cleared this one's snapshot away
        curve = LossCurve.from_json(metadata.get(METADATA_KEY))
        return MemoryTraining(tokens=generation.tokens, points=curve.points, model=model)
