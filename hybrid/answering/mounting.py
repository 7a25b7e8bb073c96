"""Which volumes of the memory a question mounts, and how strongly: those that its search results lie in."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from hybrid.stores.rows import VolumeRow
from hybrid.types.answers import Hit

BESIDE = 0.25
"""Weight of every volume but the first: `python benchmarks/volumes.py mount` has the table."""


@dataclass(frozen=True)
class Mount:
    """A volume and the weight of its delta."""

    volume: VolumeRow
    weight: float


def choose(
    hits: Sequence[Hit],
    volumes: Sequence[VolumeRow],
    lengths: Mapping[int, int],
    most: int,
    allowed: Container[int] | None = None,
) -> tuple[Mount, ...]:
    """The volumes with the best hits, the first at full weight and the others at `BESIDE`.

    Args:
        hits: of the question, the best first.
        volumes: of the corpus.
        lengths: characters of each document.
        most: how many are mounted.
        allowed: documents that the asker may see; a volume with any other is left out. ``None``: all.
    """
    usable = [
        row
        for row in volumes
        if row.mounted and (allowed is None or all(part.document_id in allowed for part in row.parts))
    ]
    scores: dict[int, float] = {}
    for rank, hit in enumerate(hits, 1):
        at = (hit.start + hit.end) / 2 / max(lengths.get(hit.document_id, 1), 1)
        for row in usable:
            if any(part.document_id == hit.document_id and part.start <= at * part.of < part.end for part in row.parts):
                scores[row.id] = scores.get(row.id, 0.0) + 1 / rank
    best = sorted((row for row in usable if row.id in scores), key=lambda row: (-scores[row.id], row.id))[:most]
    return tuple(Mount(row, BESIDE if number else 1.0) for number, row in enumerate(best))
