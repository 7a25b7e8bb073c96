"""Attention tiles chosen by time: a small grid for each kernel and head size, and a table that the package reads.

The kernels are compiled on all cores first, then timed one after another in bfloat16. A tile is taken only where its
results equal those of the tile that was chosen by what compiles, to what bfloat16 can tell apart; and left where it
is within 2 % of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import triton
from gpu.common import Context, processes, relative_error
from torch import Tensor

from hybrid.kernels.banded_attention import BandMask
from hybrid.kernels.dispatch import card, chip
from hybrid.kernels.triton import launch
from hybrid.kernels.triton.tiles import HEADS, TILES, Tiles

TOKENS, WINDOW, WIDTH = 8192, 8192, 2048  # WIDTH is heads times head size
SMALL = 512  # tokens that a kernel is first run on, so that it is compiled
ORDER = (64, 128, 32, 256)  # the commonest first, should the time run out
OWNERS = {"forward": "q", "query_gradient": "q", "key_gradient": "k", "pass_a": "q", "pass_b": "k"}
BETTER = 0.98
AGREE = 0.02  # relative difference of results in bfloat16


@dataclass(frozen=True)
class Call:
    """One launch of a kernel, as the package made it."""

    kernel: Any
    q: Tensor
    k: Tensor
    v: Tensor
    buffers: tuple[Tensor, ...]
    cached: tuple[int, ...]
    band: BandMask

    def launch(self, name: str, tile: Tiles) -> None:
        """The same with another tile."""
        if OWNERS[name] == "q":
            grid = launch._by_query(self.q, tile)
        else:
            keys = self.k.shape[2] - (self.cached[0] if name == "key_gradient" else 0)
            grid = launch._by_key(self.k, tile, keys)
        launch._launch(self.kernel, tile, grid, self.q, self.k, self.v, self.buffers, self.cached, self.band)


def candidates(name: str, head: int) -> list[Tiles]:
    """The grid: around what compiles without spills, and what Hopper's wide products ask for."""
    start = TILES[chip()][name][head]
    shapes = {
        "forward": [(128, 64, 4), (128, 64, 8), (128, 128, 8), (64, 64, 4), (64, 128, 4)],
        "query_gradient": [(128, 64, 8), (64, 64, 4), (64, 64, 8), (128, 32, 8)],
        "key_gradient": [(64, 128, 8), (64, 64, 4), (64, 64, 8), (32, 128, 8)],
        "pass_a": [(64, 64, 8), (64, 32, 4), (128, 32, 8), (64, 32, 8)],
        "pass_b": [(32, 64, 4), (32, 64, 8), (64, 64, 8), (32, 128, 8)],
    }[name]
    found = [start]
    for m, n, warps in shapes:
        for stages in (1, 2) if name.startswith("pass") else (2, 3):
            parts = {head, start.part} if head > 64 else {head}
            found += [Tiles(m, n, part, warps, stages) for part in sorted(parts)]
    return [tile for tile in dict.fromkeys(found) if _may_fit(name, tile)]


def _may_fit(name: str, tile: Tiles) -> bool:
    """Whether the sums that a program holds leave a thread some registers: 255 is all that it has."""
    sums = {"forward": 1, "query_gradient": 1, "key_gradient": 2, "pass_a": 3, "pass_b": 2}[name]
    scores = {"forward": 1, "query_gradient": 2, "key_gradient": 2, "pass_a": 4, "pass_b": 4}[name]
    rows = tile.m if OWNERS[name] == "q" else tile.n
    return (sums * rows * tile.part + scores * tile.m * tile.n) / (32 * tile.warps) <= 288


def run(context: Context) -> None:
    """Compile on every core, then time, and write ``tiles.json`` beside the results."""
    heads = sorted(HEADS, key=ORDER.index) if context.gpu else [64]
    if context.shards > 1:
        for head, name, tile in context.share(list(_grid(heads))):
            call = recorded(context, head, SMALL)[name]
            try:
                call.launch(name, tile)
            except Exception as error:  # noqa: BLE001 - a tile that does not fit is no candidate, and will say so again
                print(f"{name} {head} {tuple(tile)}: {type(error).__name__}: {str(error)[:120]}", flush=True)
            context.wait()
            if context.left <= 0:
                return
        return
    if context.gpu:
        context.on_every_core(processes(True), share=0.6)
    chosen: dict[str, dict[str, list[int]]] = {}
    for head in heads:
        for name, call in recorded(context, head, TOKENS if context.gpu else SMALL // 8).items():
            context.attempt(partial(_choose, context, name, head, call, chosen), kernel=name, head=head)
    table = {
        "card": card() or "none: a rehearsal",
        "chip": chip(),
        "made": {
            "torch": torch.__version__,
            "triton": triton.__version__,
            "command": "benchmarks/gpu.sh --parts tiles",
            "shape": f"bfloat16, {TOKENS} tokens, window {WINDOW}, heads of one width {WIDTH}, as many key heads",
        },
        "tiles": chosen,
    }
    path = context.out.parent / ("tiles.json" if context.gpu else "tiles-rehearsal.json")
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _grid(heads: list[int]) -> Iterator[tuple[int, str, Tiles]]:
    for head in heads:
        for name in OWNERS:
            yield from ((head, name, tile) for tile in candidates(name, head))


def recorded(context: Context, head: int, tokens: int) -> dict[str, Call]:
    """Every kernel's launch on one input, by its name."""
    generator = torch.Generator(context.device).manual_seed(head)
    many = WIDTH // head if context.gpu else 1
    dtype = torch.bfloat16 if context.gpu else torch.float32
    q, k, v, do, x, y, z = (
        torch.randn(1, many, tokens, head, device=context.device, generator=generator).to(dtype) for _ in range(7)
    )
    band = BandMask(tokens, tokens, min(WINDOW, tokens), 0, head**-0.5)
    calls: list[Call] = []
    real = launch._launch

    def record(
        kernel: Any, tile: Tiles, grid: Any, q: Tensor, k: Tensor, v: Tensor, buffers: Any, cached: Any, g: Any
    ) -> None:
        calls.append(Call(kernel, q, k, v, buffers, cached, g))
        real(kernel, tile, grid, q, k, v, buffers, cached, g)

    launch._launch = record
    try:
        _, lse, *known = launch.attention_forward(q, k, v, band)
        _, _, _, *kept = launch.attention_backward(q, k, v, do, torch.zeros_like(lse), known, band, 0)
        launch.attention_double_backward(q, k, v, do, x, y, z, [*known, *kept], band)
    finally:
        launch._launch = real
    return dict(zip(OWNERS, calls, strict=True))


def _choose(context: Context, name: str, head: int, call: Call, chosen: dict[str, dict[str, list[int]]]) -> None:
    start = TILES[chip()][name][head]
    call.launch(name, start)
    context.wait()
    right = [b.clone() for b in call.buffers]
    times: dict[Tiles, float] = {}
    refused: dict[str, str] = {}
    tried = candidates(name, head) if context.gpu else [start, Tiles(32, 32, start.part, 4, 1)]
    for tile in tried:
        if context.left <= 0:
            refused["rest"] = "no time"
            break
        try:
            call.launch(name, tile)
            context.wait()
            off = max(relative_error(b, r) for b, r in zip(call.buffers, right, strict=True))
            if not off <= AGREE:
                refused[str(list(tile))] = f"differs by {off:.1e}"
                continue
            work = partial(call.launch, name, tile)
            times[tile] = context.milliseconds(work, rounds=2, warm=0)
            if times[tile] < 1.3 * min(times.values()):
                times[tile] = context.milliseconds(work, rounds=7, warm=0, limit=0.1)
        except Exception as error:  # noqa: BLE001 - too large for the chip: not a candidate
            refused[str(list(tile))] = f"{type(error).__name__}: {str(error)[:80]}"
    best = min(times, key=lambda tile: times[tile])
    if times[best] > BETTER * times.get(start, math.inf):
        best = start
    chosen.setdefault(name, {})[str(head)] = list(best)
    context.row(
        kernel=name, head=head, tile=list(best), ms=times[best], compiled_tile=list(start),
        compiled_ms=times.get(start), tried={str(list(t)): round(ms, 4) for t, ms in times.items()}, refused=refused,
    )  # fmt: skip
