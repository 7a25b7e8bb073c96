"""The tiles of the Triton attention kernels, chip by chip."""

from __future__ import annotations

from typing import NamedTuple

from hybrid.errors import UnsupportedOperationError

HEADS = (32, 64, 128, 256)
"""The head sizes that tiles were chosen for; one between them is padded to the next."""


class Tiles(NamedTuple):
    """Queries and keys a tile, columns of a head that a program owns, warps, and pipeline stages."""

    m: int
    n: int
    part: int
    warps: int
    stages: int


def tiles(kernel: str, head: int, chip: str) -> Tiles:
    """The tiles of a kernel for a head size on a chip, as `hybrid.kernels.choice.chip` names it.

    They are the largest tried that spill nothing; ``python -m hybrid.kernels.compile`` shows what becomes of them.

    Raises:
        UnsupportedOperationError: the head is wider than 256.
    """
    wide = next((size for size in HEADS if size >= head), None)
    if wide is None:
        raise UnsupportedOperationError(
            f"head size {head}: the Triton attention kernels go up to {HEADS[-1]}; use implementation='torch'"
        )
    return TILES[chip][kernel][wide]


def _of(*rows: tuple[int, int, int, int, int]) -> dict[int, Tiles]:
    return {head: Tiles(*row) for head, row in zip(HEADS, rows, strict=True)}


# For heads of 32, 64, 128 and 256: queries, keys, columns, warps, stages.
# fmt: off
TILES: dict[str, dict[str, dict[int, Tiles]]] = {
    "cuda:80": {
        "forward": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 64, 128, 4, 1), (32, 32, 256, 4, 1)),
        "query_gradient": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 32, 128, 4, 1), (32, 32, 128, 4, 1)),
        "key_gradient": _of((64, 64, 32, 8, 1), (32, 64, 64, 4, 1), (32, 64, 128, 4, 1), (32, 64, 128, 8, 1)),
        "pass_a": _of((32, 32, 32, 4, 1), (32, 32, 32, 4, 1), (16, 32, 64, 4, 1), (16, 32, 64, 4, 1)),
        "pass_b": _of((32, 32, 32, 8, 1), (32, 32, 64, 8, 1), (32, 32, 64, 8, 1), (32, 32, 64, 8, 1)),
    },
    "cuda:90": {
        "forward": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 64, 128, 4, 2), (32, 32, 256, 4, 1)),
        "query_gradient": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 64, 128, 4, 2), (32, 32, 128, 4, 1)),
        "key_gradient": _of((64, 64, 32, 8, 2), (64, 64, 64, 8, 2), (64, 64, 128, 8, 2), (32, 64, 128, 8, 1)),
        "pass_a": _of((64, 32, 32, 4, 1), (64, 32, 64, 4, 1), (16, 32, 64, 4, 1), (16, 32, 64, 4, 1)),
        "pass_b": _of((32, 64, 32, 8, 2), (32, 64, 64, 8, 2), (32, 64, 64, 8, 2), (32, 64, 64, 8, 2)),
    },
    "hip:gfx942": {
        "forward": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 64, 128, 4, 2), (32, 32, 256, 4, 1)),
        "query_gradient": _of((64, 64, 32, 4, 2), (64, 64, 64, 4, 2), (64, 64, 128, 4, 2), (32, 32, 128, 4, 1)),
        "key_gradient": _of((32, 64, 32, 4, 1), (32, 64, 64, 4, 1), (32, 64, 128, 4, 1), (32, 32, 64, 4, 1)),
        "pass_a": _of((64, 32, 32, 4, 1), (64, 32, 64, 4, 1), (64, 32, 64, 4, 1), (16, 32, 64, 4, 1)),
        "pass_b": _of((32, 64, 32, 4, 1), (32, 64, 64, 4, 1), (32, 64, 64, 4, 1), (32, 32, 64, 4, 1)),
    },
}
# fmt: on
