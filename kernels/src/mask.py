"""Who sees whom under a sliding window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

CPU = torch.device("cpu")
TILE = 256  # queries at a time: smaller reaches fewer keys in vain, larger multiplies faster


@dataclass(frozen=True)
class BandMask:
    """Queries and keys of one call: the last query stands on the last key, each sees itself and ``window - 1`` before.

    Args:
        cached: so many of the first keys are constants of a gradient that is differentiated again.
        scale: factor on the scores.
        frozen: so many of the first keys need no gradient at all: zeros stand in for it.
    """

    queries: int
    keys: int
    window: int
    cached: int
    scale: float
    frozen: int = 0

    @property
    def first(self) -> int:
        """The first query that sees a key: those before it stand before the first key."""
        return max(0, self.queries - self.keys)


@dataclass(frozen=True)
class Tile:
    """Some queries and the keys that their windows reach. ``mask`` [c, n] is 0 where visible, -inf where not."""

    queries: slice
    keys: slice
    mask: Tensor

    def hide(self, scores: Tensor) -> None:
        """Add the mask to scores [..., c, n] in place, where it is not all zeros: at both ends of the keys."""
        count = min(self.mask.shape)
        scores[..., -count:] += self.mask[:, -count:]
        if self.mask.shape[1] > count:
            edge = min(count, self.mask.shape[1] - count)
            scores[..., :edge] += self.mask[:, :edge]


def tiles(
    queries: int, keys: int, window: int, dtype: torch.dtype, tile: int = TILE, device: torch.device = CPU
) -> tuple[Tile, ...]:
    """The band in pieces, first queries first; those that see nothing are in none. Tiles of one shape share a mask."""
    offset = keys - queries
    found: list[Tile] = []
    for first in range(max(0, -offset), queries, tile):
        last = min(first + tile, queries)
        reach = slice(max(0, offset + first - window + 1), offset + last)
        mask = _mask(last - first, reach.stop - reach.start, window, dtype, device)
        found.append(Tile(slice(first, last), reach, mask))
    return tuple(found)


@lru_cache(maxsize=16)
def _mask(queries: int, keys: int, window: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    distance = torch.arange(keys - queries, keys, device=device)[:, None] - torch.arange(keys, device=device)
    visible = (distance >= 0) & (distance < window)
    return torch.zeros(queries, keys, dtype=dtype, device=device).masked_fill_(~visible, -torch.inf)
