"""Which volumes of the memory a question mounts, and how strongly: those that its search results lie in."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from hybrid.stores.rows import VolumeRow
from hybrid.types.answers import Hit

BESIDE = 0.25
"""Weight of every volume but the first: `python benchmarks/volumes.py mount` has the table. Of a document that is cut
the second part has full weight, too: `python benchmarks/volumes.py parts`; three were not measured."""
STANDS_OUT = 0.7
"""Share of the best volume's score in all scores from which on it is taken for the one that is asked about. Chosen on
questions to 30 of 61 stories, where it then was the right one for 0.94 of the questions, and otherwise for 0.16; on
those to the other 31, 0.93 and 0.07."""
SPREAD, WHOLE = 64, 2.0
"""How many volumes at most are mounted together where none stands out, and the sum of their weights:
`python benchmarks/volumes.py whole`."""


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
    spread: bool = True,
) -> tuple[Mount, ...]:
    """The volumes with the best hits, the first at full weight, with it the next that is of the same document, and the
    others at `BESIDE`; or, where none of more than ``most`` stands out, all together at small weights.

    Args:
        hits: of the question, the best first.
        volumes: of the corpus.
        lengths: characters of each document.
        most: how many are mounted.
        allowed: documents that the asker may see; a volume with any other is left out. ``None``: all.
        spread: whether volumes that no hit lies in may be mounted, where none stands out: of a question that names
            something the best is the right one even then (`python benchmarks/volumes.py retention`).
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
    if spread and best and most < len(usable) <= SPREAD and scores[best[0].id] < STANDS_OUT * sum(scores.values()):
        return tuple(Mount(row, min(BESIDE, WHOLE / len(usable))) for row in usable)
    full = [row.id for row in best if _documents(row) & _documents(best[0])][:2]
    return tuple(Mount(row, 1.0 if row.id in full else BESIDE) for row in best)


def _documents(row: VolumeRow) -> set[int]:
    return {part.document_id for part in row.parts}
