"""The results as Markdown: ``python -m gpu.tables results.json`` makes the tables again."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ORDERS = {"out": "output", "first": "gradient", "second": "gradient of the gradient"}


def machine(device: str) -> dict[str, Any]:
    """What it ran on."""
    import torch

    card = (
        torch.cuda.get_device_name()
        if device.startswith("cuda") and torch.cuda.is_available()
        else "no GPU: a rehearsal"
    )
    found = {"card": card, "python": platform.python_version(), "torch": torch.__version__}
    for package in ("triton", "transformers", "numpy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "none"
    return found


def tables(made: Row) -> str:
    """All of them, each under its part's name. A part without results has no table."""
    rows: list[Row] = made["rows"]
    about = ", ".join(f"{name} {value}" if name != "card" else str(value) for name, value in made["machine"].items())
    texts = [f"# {about}\n\n    {made['command']}\n\nSeconds: {made['seconds']}"]
    for name, table in (
        ("Errors", _errors),
        ("Tiles", _tiles),
        ("Time of the operations", _latency),
        ("Prefill", _prefill),
        ("Decode", _decode),
        ("Meta-training", _meta),
        ("The built-in model", _builtin),
        ("What went wrong", _faults),
    ):
        lines = table(rows)
        if lines:
            texts.append(f"## {name}\n\n" + "\n".join(lines))
    return "\n\n".join(texts) + "\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    heads = list(heads)
    body = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *body] if body else []


def _part(rows: list[Row], part: str) -> list[Row]:
    return [row for row in rows if row["part"] == part and "error" not in row]


def _errors(rows: list[Row]) -> list[str]:
    """The worst of each operation, dtype and order, with PyTorch's own worst beside it."""
    worst: dict[tuple[str, str, str], list[float]] = {}
    for row in _part(rows, "correctness"):
        for order, errors in row.get("errors", {}).items():
            name = row["check"].split()[0] + (", means of 30" if "large-means" in row["check"] else "")
            if order not in ORDERS or name == "update":
                continue
            found = worst.setdefault((name, row["dtype"], ORDERS[order]), [0.0, 0.0])
            found[0] = max(found[0], errors["triton"])
            found[1] = max(found[1], errors["plain"], errors["torch"])
    cells = ((*key, f"{ours:.1e}", f"{theirs:.1e}") for key, (ours, theirs) in worst.items())
    return _table(("operation", "dtype", "order", "Triton", "PyTorch"), cells)


def _tiles(rows: list[Row]) -> list[str]:
    found = [row for row in _part(rows, "tiles") if "tile" in row]
    cells = (
        (
            r["kernel"],
            r["head"],
            _tile(r["tile"]),
            f"{r['ms']:.2f}",
            _tile(r["compiled_tile"]),
            f"{r['compiled_ms']:.2f}",
        )
        for r in sorted(found, key=lambda r: (r["head"], found.index(r)))
    )
    return _table(("kernel", "head", "by time", "ms", "by what compiles", "ms"), cells)


def _tile(tile: list[int]) -> str:
    m, n, part, warps, stages = tile
    return f"{m}x{n}x{part}, {warps} warps, {stages} stages"


def _latency(rows: list[Row]) -> list[str]:
    part = _part(rows, "latency")
    ceilings = {r["what"]: r for r in part if "what" in r}
    copy = ceilings.get("copy", {}).get("bytes_per_second")
    product = ceilings.get("matrix product, bfloat16", {}).get("flop_per_second")
    lines = []
    if copy and product:
        lines = [
            f"Measured ceilings: copying {copy / 1e12:.2f} TB/s, bfloat16 products {product / 1e12:.0f} TFLOP/s.",
            "",
        ]
    cells = []
    for r in part:
        if "operation" not in r:
            continue
        if "refused" in r:
            cells.append((r["operation"], r["order"], r["variant"], "refused", "", "", ""))
            continue
        roof = ""
        if copy and product and "flop" in r and "float32" not in r["operation"]:
            roof = f"{1e3 * max(r['flop'] / product, r['bytes'] / copy) / r['ms']:.0%}"
        peak = "" if r["peak_mib"] is None else f"{r['peak_mib']:.0f}"
        tflops = f"{r['tflops']:.0f}" if r.get("tflops", 0) > 20 else ""
        cells.append((r["operation"], r["order"], r["variant"], f"{r['ms']:.3f}", peak, tflops, roof))
    return lines + _table(("operation", "order", "variant", "ms", "peak, MiB", "TFLOP/s", "of the roof"), cells)


def _prefill(rows: list[Row]) -> list[str]:
    """At a depth, and as the mean over a context that long: the integral of what was measured up to it."""
    part = [r for r in _part(rows, "depth") if "variant" in r]
    cells = []
    for shape in dict.fromkeys(r["shape"] for r in part):
        own = [r for r in part if r["shape"] == shape]
        at = {r["depth"]: r["ms_a_token"] for r in own if r["variant"] == "full" and r["what"] == "prefill"}
        flat = {
            s: min((r["ms_a_token"] for r in own if r["variant"] == s and r["what"] == "prefill"), default=None)
            for s in ("window", "ttt")
        }
        whole = {(r["variant"], r["depth"]): r["ms_a_token"] for r in own if r["what"] == "whole prefill"}
        for depth in [d for d in at if d >= 8192 or len(at) < 4]:
            mean = mean_over(at, depth)
            real = whole.get(("full", depth)), whole.get(("ttt", depth))
            ratios = [_ratio(at[depth], flat["ttt"]), _ratio(mean, flat["ttt"])]
            times = [at[depth], mean, real[0], flat["window"], flat["ttt"], real[1]]
            cells.append((shape, f"{depth:,}", *("" if t is None else f"{1e3 * t:.1f}" for t in times), *ratios))
    heads = ["shape", "depth", "full, at it", "full, mean", "full, whole run", "window", "TTT-E2E"]
    heads += ["TTT-E2E, whole run", "full / TTT-E2E, at it", "mean"]
    return ["Microseconds a token.", "", *_table(heads, cells)] if cells else []


def mean_over(at: dict[int, float], depth: int) -> float:
    """The mean over a context: the trapezoids under the times measured up to its end, the first one's before it."""
    points = sorted(d for d in at if d <= depth)
    area = points[0] * at[points[0]]
    for low, high in pairwise(points):
        area += (high - low) * (at[low] + at[high]) / 2
    return area / depth


def _ratio(above: float | None, below: float | None) -> str:
    return f"{above / below:.1f}" if above and below else ""


def _decode(rows: list[Row]) -> list[str]:
    part = [r for r in _part(rows, "depth") if r.get("what") == "decode"]
    adapting = {
        r["shape"]: r["ms_a_token"]
        for r in _part(rows, "depth")
        if r.get("variant") == "ttt" and r.get("what") == "prefill"
    }
    cells = []
    for shape in dict.fromkeys(r["shape"] for r in part):
        flat = {r["variant"]: r["ms_a_token"] for r in part if r["shape"] == shape and r["variant"] != "full"}
        for r in part:
            if r["shape"] == shape and r["variant"] == "full":
                learning = flat["ttt"] + adapting[shape] if "ttt" in flat and shape in adapting else None
                times = [r["ms_a_token"], flat.get("window"), flat.get("ttt"), learning]
                shown = ("" if t is None else f"{t:.2f}" for t in times)
                cells.append((shape, f"{r['depth']:,}", *shown, _ratio(r["ms_a_token"], flat.get("ttt"))))
    heads = ("shape", "depth", "full", "window", "TTT-E2E", "and learning what it makes", "full / TTT-E2E")
    return ["Milliseconds a token.", "", *_table(heads, cells)] if cells else []


def _meta(rows: list[Row]) -> list[str]:
    part = [r for r in _part(rows, "meta") if "variant" in r]
    base = {(r["shape"], r["tokens"]): r["ms"] for r in part if r["variant"] == "standard"}
    cells = (
        (
            r["shape"],
            f"{r['tokens']:,}",
            r["variant"],
            f"{r['ms']:.0f}",
            "" if r["peak_mib"] is None else f"{r['peak_mib']:.0f}",
            _ratio(r["ms"], base.get((r["shape"], r["tokens"]))),
        )
        for r in part
    )
    return _table(("shape", "tokens", "step", "ms", "peak, MiB", "of a standard step"), cells)


def _builtin(rows: list[Row]) -> list[str]:
    part = [r for r in _part(rows, "builtin") if "tokens_per_second" in r]
    cells = ((r["what"], r["weights"], f"{r['tokens_per_second']:,.0f}") for r in part)
    return _table(("what", "weights", "tokens/s"), cells)


def _faults(rows: list[Row]) -> list[str]:
    return [f"- `{json.dumps(row)[:300]}`" for row in rows if "error" in row or row.get("wrong")]


if __name__ == "__main__":
    sys.stdout.write(tables(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
