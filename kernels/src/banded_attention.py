"""Sliding-window attention in PyTorch, a tile of queries at a time: the CPU's path. And the mask: who sees whom.

A tile holds every key that its queries see, so a softmax over it is the whole softmax. The cost is
proportional to the window, and the largest tensor is one tile's scores.

Formulas and their names: `hybrid.kernels.triton.attention_kernels`. Here a row's sums are known before they are
needed, so one pass over the tiles does, with 12 products.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

CPU = torch.device("cpu")
TILE = 256
"""Queries at a time: smaller reaches fewer keys in vain, larger multiplies faster. 512 queries on 1,535 keys, 9 heads
of 64, bfloat16, one thread of a Xeon: forward and backward take 73, 69, 76 and 94 ms with 64, 128, 256 and 512, two
derivatives 216, 229, 249 and 308."""


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


def forward(q: Tensor, k: Tensor, v: Tensor, band_mask: BandMask) -> tuple[Tensor, Tensor]:
    """Output [B, Hq, Tq, D] and log-sum-exp [B, Hq, Tq]; by PyTorch's flash attention on a CPU."""
    band = tiles(band_mask.queries, band_mask.keys, band_mask.window, q.dtype, device=q.device)
    out = torch.empty_like(q, memory_format=torch.contiguous_format)
    lse = q.new_empty(q.shape[:3], dtype=torch.promote_types(q.dtype, torch.float32))
    out[:, :, : band_mask.first], lse[:, :, : band_mask.first] = 0, -torch.inf
    if not q.is_cpu:
        for part in _parts(q, k, v, band_mask, band):
            out[:, :, part.tile.queries] = part.unfold(part.p @ part.v)
            lse[:, :, part.tile.queries] = part.unfold(part.scores.to(lse.dtype).logsumexp(-1, keepdim=True))[..., 0]
        return out, lse
    grouped, keys, seen = folded(q, k, v)
    by_group = torch.unflatten(out, 1, (k.shape[1], -1)).flatten(0, 1)
    lse_by_group = torch.unflatten(lse, 1, (k.shape[1], -1)).flatten(0, 1)
    flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    for tile in band:
        by_group[:, :, tile.queries], lse_by_group[:, :, tile.queries] = flash(
            grouped[:, :, tile.queries],
            keys[:, :, tile.keys],
            seen[:, :, tile.keys],
            attn_mask=tile.mask,
            scale=band_mask.scale,
        )
    return out, lse


def folded(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Groups as the batch: the heads of a group read the same keys, and none is copied."""
    share = q.shape[1] // k.shape[1]

    def shared(x: Tensor) -> Tensor:
        return x.flatten(0, 1)[:, None].expand(-1, share, -1, -1)

    return torch.unflatten(q, 1, (k.shape[1], share)).flatten(0, 1), shared(k), shared(v)


def backward(
    q: Tensor, k: Tensor, v: Tensor, do: Tensor, dlse: Tensor, band_mask: BandMask, cached: int
) -> tuple[Tensor, Tensor, Tensor]:
    """dQ, dK and dV; the latter two of the keys from ``cached`` on."""
    dq = torch.zeros_like(q, memory_format=torch.contiguous_format)
    dk, dv = (_sums(x, cached) for x in (k, v))
    for part in _parts(q, k, v, band_mask):
        new, into = part.new(cached)
        grad = part.fold(do)
        ds = torch.bmm(grad, part.v.mT)
        ds.sub_(part.rowsum(part.p * ds) - part.fold(dlse[..., None]).to(ds.dtype)).mul_(part.p)
        dq[:, :, part.tile.queries] = part.unfold(torch.bmm(ds, part.k * band_mask.scale))
        # For all keys, and then the new ones: a slice of the probabilities would be copied first.
        dk[:, into] += torch.bmm(ds.mT, part.scaled_q)[:, new]
        dv[:, into] += torch.bmm(part.p.mT, grad)[:, new]
    return dq, _heads(dk, k), _heads(dv, v)


def double_backward(
    q: Tensor, k: Tensor, v: Tensor, do: Tensor, dlse: Tensor, x: Tensor, y: Tensor, z: Tensor, band_mask: BandMask
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Q', K', V', dO' and dlse'. ``y`` and ``z`` belong to the keys from ``band_mask.cached`` on."""
    of_q, of_do = (torch.zeros_like(t, memory_format=torch.contiguous_format) for t in (q, do))
    of_lse = torch.zeros_like(dlse)
    of_k, of_v = _sums(k, 0), _sums(v, 0)
    y, z = y.flatten(0, 1), z.flatten(0, 1)
    for part in _parts(q, k, v, band_mask):
        tile, p, scale = part.tile, part.p, band_mask.scale
        new, into = part.new(band_mask.cached)
        grad, across = part.fold(do), part.fold(x)
        y_new, z_new = y[:, into], z[:, into]
        dp = torch.bmm(grad, part.v.mT)
        mean = part.rowsum(p * dp)
        inner = dp - (mean - part.fold(dlse[..., None]).to(dp.dtype))
        pg = torch.bmm(across * scale, part.k.mT)
        pg[:, :, new] += torch.bmm(part.scaled_q, y_new.mT)
        pg *= p
        g = part.rowsum(pg)
        pe = pg * inner
        pe[:, :, new] += p[:, :, new] * torch.bmm(grad, z_new.mT)
        b = part.rowsum(pe) - g * mean
        r = pe.sub_(dp.mul_(g).add_(b).mul_(p))
        ds = inner.mul_(p)
        h = pg.addcmul_(p, g, value=-1)
        query = torch.bmm(r, part.k)
        query += torch.bmm(ds[:, :, new], y_new)
        of_q[:, :, tile.queries] = part.unfold(query.mul_(scale))
        of_do[:, :, tile.queries] = part.unfold(torch.bmm(h, part.v) + torch.bmm(p[:, :, new], z_new))
        of_lse[:, :, tile.queries] = part.unfold(g)[..., 0].to(of_lse.dtype)
        of_k[:, tile.keys] += torch.bmm(ds.mT, across * scale)
        of_k[:, tile.keys] += torch.bmm(r.mT, part.scaled_q)
        of_v[:, tile.keys] += torch.bmm(h.mT, grad)
    return of_q, _heads(of_k, k), _heads(of_v, v), of_do, of_lse


@dataclass(frozen=True)
class _Part:
    """A tile's queries, with the heads of a group one under the other, against the group's keys.

    ``scaled_q`` [B * G, share * c, D], ``k`` and ``v`` [B * G, n, D], ``scores`` and ``p`` [B * G, share * c, n].
    """

    tile: Tile
    batch: int
    groups: int
    scaled_q: Tensor
    k: Tensor
    v: Tensor
    scores: Tensor
    p: Tensor

    def fold(self, x: Tensor) -> Tensor:
        """[B, Hq, Tq, D], its rows of this tile as [B * G, share * c, D]."""
        return fold(x[:, :, self.tile.queries], self.groups)

    def unfold(self, x: Tensor) -> Tensor:
        """The inverse: [B, Hq, c, D]."""
        return x.view(self.batch, -1, self.tile.mask.shape[0], x.shape[-1])

    def new(self, cached: int) -> tuple[slice, slice]:
        """The keys from ``cached`` on: which columns of this tile, and where they stand among the new keys."""
        keys = self.tile.keys
        into = slice(max(0, keys.start - cached), max(0, keys.stop - cached))
        return slice(keys.stop - keys.start - (into.stop - into.start), keys.stop - keys.start), into

    @staticmethod
    def rowsum(x: Tensor) -> Tensor:
        """[..., 1]."""
        return x.sum(-1, keepdim=True)


def fold(x: Tensor, groups: int) -> Tensor:
    """[B, Hq, c, D] as [B * G, Hq / G * c, D]: the heads of a group one under the other, so that no key is copied."""
    return torch.unflatten(x, 1, (groups, -1)).flatten(0, 1).flatten(1, 2)


def _parts(
    q: Tensor, k: Tensor, v: Tensor, band_mask: BandMask, band: tuple[Tile, ...] | None = None
) -> Iterator[_Part]:
    if band is None:
        band = tiles(band_mask.queries, band_mask.keys, band_mask.window, q.dtype, device=q.device)
    flat_k, flat_v = k.flatten(0, 1), v.flatten(0, 1)
    for tile in band:
        queries = fold(q[:, :, tile.queries], k.shape[1]) * band_mask.scale
        keys = flat_k[:, tile.keys]
        scores = torch.bmm(queries, keys.mT)
        tile.hide(scores.view(len(scores), -1, *tile.mask.shape))
        p = torch.softmax(scores, -1)
        yield _Part(tile, q.shape[0], k.shape[1], queries, keys, flat_v[:, tile.keys], scores, p)


def _sums(x: Tensor, cached: int) -> Tensor:
    return x.new_zeros(x.shape[0] * x.shape[1], x.shape[2] - cached, x.shape[3])


def _heads(x: Tensor, like: Tensor) -> Tensor:
    return x.view(*like.shape[:2], *x.shape[1:])
