"""Runs the parts one after another, each in its own process with its own time limit, and puts the results together.

Results stand in OUT: ``rows.jsonl`` as they come, ``log.txt``, and at the end ``results.json`` and ``tables.md``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SECONDS = 510
PARTS = {  # each one's share of the time; what a part does not use goes to those after it
    "tiles": 90,  # first: the other parts run with what it finds
    "correctness": 100,
    "depth": 130,
    "latency": 95,
    "meta": 70,
    "builtin": 25,
}
MODULES = {"tiles": "tile_search", "meta": "meta_step"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/gpu.sh", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small sizes: a rehearsal, whose times mean nothing")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all parts together")
    for name, kind in (("--run", str), ("--ends", float), ("--shard", int), ("--shards", int)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return one_part(options)
    return every_part(options)


def one_part(options: argparse.Namespace) -> int:
    """In this process: a part, or one process's share of it."""
    if options.device == "cpu":
        os.environ["TRITON_INTERPRET"] = "1"  # read when the kernels are defined
    import torch
    from gpu.common import Context

    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("PyTorch finds no GPU here; --device cpu --quick rehearses", file=sys.stderr)
        return 1
    context = Context(
        options.run, device, options.quick, options.out, options.ends, options.shard or 0, options.shards or 1
    )
    importlib.import_module(f"gpu.{MODULES.get(options.run, options.run)}").run(context)
    return 0


def every_part(options: argparse.Namespace) -> int:
    """1 where a part failed or a check did."""
    chosen = options.parts.split(",")
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        print(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    rows, log = options.out / "rows.jsonl", options.out / "log.txt"
    rows.unlink(missing_ok=True)
    rows.touch()
    began, seconds = time.time(), {}
    with log.open("w", encoding="utf-8") as file:
        for part in chosen:
            start = time.time()
            waiting = chosen[chosen.index(part) :]
            limit = (options.seconds + began - start) * PARTS[part] / sum(PARTS[p] for p in waiting)
            fault = _supervised(part, options, rows, limit, file)
            seconds[part] = round(time.time() - start, 1)
            if fault:
                with rows.open("a", encoding="utf-8") as end:
                    end.write(json.dumps({"part": part, "error": fault}) + "\n")
            print(f"{part}: {seconds[part]} s{', ' + fault if fault else ''}", flush=True)
            _together(options, rows, seconds, began)
    found = _together(options, rows, seconds, began)
    wrong = [row for row in found["rows"] if row.get("ok") is False or "error" in row]
    for row in wrong:
        print("NOT RIGHT:", json.dumps(row)[:400])
    return int(bool(wrong))


def _supervised(part: str, options: argparse.Namespace, rows: Path, limit: float, log: Any) -> str | None:
    """Run a part's process. What went wrong with it as a whole, if anything did."""
    command = [sys.executable, "-m", "gpu", "--run", part, "--device", options.device, "--out", str(rows)]
    command += ["--ends", str(time.time() + 0.9 * limit)] + ["--quick"] * options.quick
    environment = dict(os.environ)
    chosen = options.out / "tiles.json"
    if chosen.is_file() and part != "tiles":
        environment["HYBRID_KERNEL_TILES"] = str(chosen.resolve())
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
    try:
        code = process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session, so its children too
        process.wait()
        return f"stopped after {limit:.0f} s"
    return f"ended with {code}; see the log" if code else None


def _together(options: argparse.Namespace, rows: Path, seconds: dict[str, float], began: float) -> dict[str, Any]:
    """One JSON of everything so far, and its tables."""
    from gpu.tables import machine, tables

    lines = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    command = f"benchmarks/gpu.sh --parts {options.parts} --seconds {options.seconds:g}" + " --quick" * options.quick
    made = {"machine": machine(options.device), "command": command, "seconds": seconds}
    made |= {"total_seconds": round(time.time() - began, 1), "rows": lines}
    (options.out / "results.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    (options.out / "tables.md").write_text(tables(made), encoding="utf-8")
    return made


if __name__ == "__main__":
    sys.exit(main())
