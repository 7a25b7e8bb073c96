"""The tiles of the Triton attention kernels: by time where a card was measured, else by what compiles without spills.

``measured_tiles/`` holds a file for each card on which ``benchmarks/gpu.sh --parts tiles`` has run. A card without
one takes the file of another card with its chip (an H100 that of an H200: the same multiprocessors), and `TILES`
where there is none. Tiles were timed with 16-bit inputs; float32 needs twice the room, and takes `WIDE_TILES`.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hybrid.errors import UnsupportedOperationError

HEADS = (32, 64, 128, 256)
"""The head sizes that tiles were chosen for; one between them is padded to the next."""
VARIABLE = "HYBRID_KERNEL_TILES"
"""The environment variable that names a file to read in place of the card's own."""
FOLDER = Path(__file__).with_name("measured_tiles")


class Tiles(NamedTuple):
    """Queries and keys a tile, columns of a head that a program owns, warps, and pipeline stages."""

    m: int
    n: int
    part: int
    warps: int
    stages: int


def tiles(kernel: str, head: int, chip: str, itemsize: int = 2, card: str = "") -> Tiles:
    """The tiles of a kernel for a head size on a chip, as `hybrid.kernels.dispatch.chip` names it.

    Args:
        itemsize: bytes of an element of q, k and v.
        card: the GPU's own name; empty: none, and no measured tiles.

    Raises:
        UnsupportedOperationError: the head is wider than 256, or a file of measured tiles is malformed.
    """
    wide = next((size for size in HEADS if size >= head), None)
    if wide is None:
        raise UnsupportedOperationError(
            f"head size {head}: the Triton attention kernels go up to {HEADS[-1]}; use implementation='torch'"
        )
    if itemsize > 2:
        return WIDE_TILES[kernel][wide]
    found = _measured(path).get((kernel, wide)) if (path := _file(card, chip)) else None
    return found or TILES[chip][kernel][wide]


def measured_file(card: str) -> Path:
    """Where the measured tiles of a card lie, or would lie: its name in lower-case letters, digits and dashes."""
    return FOLDER / f"{re.sub('[^a-z0-9]+', '-', card.lower()).strip('-')}.json"


def _file(card: str, chip: str) -> Path | None:
    """The table for a card: the variable's, its own, or another's with the same chip. None: no card, or no table."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    if not card:
        return None
    own = measured_file(card)
    return own if own.is_file() else _of_the_chip(chip)


@cache
def _of_the_chip(chip: str) -> Path | None:
    files = sorted(FOLDER.glob("*.json"))
    return next((path for path in files if json.loads(path.read_text(encoding="utf-8"))["chip"] == chip), None)


@cache
def _measured(path: Path) -> dict[tuple[str, int], Tiles]:
    """(kernel, head) to tiles. A kernel and head size that nobody measured is in none."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["tiles"]
        return {(kernel, int(head)): _checked(row) for kernel, heads in rows.items() for head, row in heads.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnsupportedOperationError(
            f"{path} is no table of measured tiles, as {VARIABLE} may name: {error!r}"
        ) from error


def _checked(row: list[int]) -> Tiles:
    tile = Tiles(*row)
    powers = all(isinstance(n, int) and n > 0 and n & (n - 1) == 0 for n in tile[:4])
    if not powers or min(tile[:3]) < 16 or not 1 <= tile.stages <= 8:
        raise ValueError(f"{row} must be queries, keys, columns (powers of two from 16 on), warps and stages")
    return tile


def _of(*rows: tuple[int, int, int, int, int]) -> dict[int, Tiles]:
    return {head: Tiles(*row) for head, row in zip(HEADS, rows, strict=True)}


# The largest tried that spill nothing, in 16 bits: python -m hybrid.kernels.compile shows what becomes of them.
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
# float32, whose products are three of TF32 on an H100: of the tried ones the first that spills nothing, or at a head
# of 256 least.
WIDE_TILES: dict[str, dict[int, Tiles]] = {
    "forward": _of((64, 64, 32, 4, 1), (64, 64, 32, 4, 1), (64, 32, 64, 4, 1), (16, 16, 128, 4, 1)),
    "query_gradient": _of((64, 64, 32, 4, 1), (64, 64, 32, 4, 1), (64, 32, 64, 4, 1), (16, 32, 64, 4, 1)),
    "key_gradient": _of((32, 64, 32, 4, 1), (32, 64, 32, 4, 1), (32, 64, 64, 8, 1), (16, 32, 64, 4, 1)),
    "pass_a": _of((16, 16, 32, 4, 1), (16, 32, 64, 4, 1), (16, 32, 64, 4, 1), (16, 32, 64, 4, 1)),
    "pass_b": _of((32, 16, 32, 4, 1), (16, 16, 32, 4, 1), (16, 16, 32, 4, 1), (16, 32, 64, 4, 1)),
}
# fmt: on
