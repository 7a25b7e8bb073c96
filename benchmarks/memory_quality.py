"""What the memory gains, and where: tables of docs/memory.md and benchmarks/README.md.

python benchmarks/memory_quality.py learn       the grid that chose the defaults
python benchmarks/memory_quality.py position    loss against position to 64K, with and without memory
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from hybrid.kernels.cross_entropy import fused_linear_cross_entropy
from hybrid.settings import MemorySettings
from hybrid.ttt.memory import MemoryModel
from hybrid.ttt.model.transformer import Transformer
from hybrid.ttt.state import MemoryState

from baseline import novel  # isort: skip

PASSAGE = 1024  # tokens seen in training, scored again
PASSAGE_AT = 2048
NEVER = 1e-30  # a step size that leaves the weights as they are: the window without a memory

GRID: tuple[dict[str, object], ...] = (
    {"learning_rate": NEVER},
    {"learning_rate": 1.0},
    {"learning_rate": 1.0, "dynamic_size": 1024},
    {"learning_rate": 1.0, "dynamic_size": 768},
    {"learning_rate": 2.0},
    {"learning_rate": 0.5},
    {"learning_rate": 0.5, "mini_batch": 256},
    {"learning_rate": 1.0, "mini_batch": 1024},
    {"learning_rate": 2.0, "mini_batch": 1024},
    {"optimizer": "adam", "learning_rate": 3e-4},
    {"optimizer": "adam", "learning_rate": 1e-3, "mini_batch": 1024},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["learn", "position"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--tokens", type=int, help="of each text (default: 6144 to learn, 65536 by position)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--texts", nargs="*")
    parser.add_argument("--only", type=int, nargs="*", help="rows of the grid, from 0")
    parser.add_argument("--settings", type=json.loads, default={}, help="memory settings as JSON")
    parser.add_argument("--output", type=Path, default=Path("build/quality"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.what == "learn":
        rows = [GRID[i] for i in arguments.only] if arguments.only else list(GRID)
        sources = texts(arguments.data)
        wanted = arguments.texts or ["novel", "contract"]
        learn({name: sources[name] for name in wanted}, arguments.tokens or 6144, rows)
    else:
        position(arguments)


def texts(data: Path) -> dict[str, str]:
    contracts = [row["text"] for row in lines(data / "cuad" / "contracts_dev.jsonl.gz")]
    stories = [row["document"] for row in lines(data / "squality" / "dev.jsonl.gz")]
    return {
        "novel": novel(data),
        "folklore": novel(data, "guernsey_folk_lore_pg52834"),
        "contract": next(text for text in contracts if 45_000 < len(text) < 60_000),
        "contracts": "\n\n".join(sorted(contracts[1::2], key=len, reverse=True)[:3]),
        "stories": "\n\n".join(stories),
    }


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def learn(sources: dict[str, str], tokens: int, rows: list[dict[str, object]]) -> None:
    print("| text | optimizer | step size | mini-batch | width | in training | second half | seen | unseen | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for row in rows:
        model = MemoryModel.load(MemorySettings.model_validate({"initial_weights": "none"} | row))
        settings = model.settings
        for name, text in sources.items():
            ids = model.encode(text)
            state, losses, started = model.initial_state(), [], time.perf_counter()
            model.adapt(state, ids[: tokens + 1], lambda _, loss, losses=losses: losses.append(loss))
            seconds = time.perf_counter() - started
            again, unseen = (held_out(model, state, ids[at : at + PASSAGE]) for at in (PASSAGE_AT, tokens + 1))
            half = losses[len(losses) // 2 :]
            print(
                f"| {name} | {settings.optimizer} | {settings.learning_rate:g} | {settings.mini_batch} "
                f"| {settings.dynamic_size or 'full'} | {sum(losses) / len(losses):.3f} | {sum(half) / len(half):.3f} "
                f"| {again:.3f} | {unseen:.3f} | {seconds:.0f} |",
                flush=True,
            )


def held_out(model: MemoryModel, state: MemoryState, ids: list[int]) -> float:
    """Loss of a passage by itself, with what the memory was trained on so far."""
    return model.session(state).loss(model.decode(ids))


@torch.inference_mode()
def plain_losses(transformer: Transformer, ids: list[int], piece: int) -> list[float]:
    """Mean loss of each piece, nothing learned."""
    fast = transformer.initial_fast_weights(None)
    fast = tuple(type(m)(*(t.to(transformer.dtype) for t in m.tensors())) for m in fast)
    cache, losses = transformer.empty_cache(), []
    for at in range(0, len(ids) - piece, piece):
        tokens = torch.tensor([ids[at : at + piece + 1]])
        hidden, cache = transformer.forward(tokens[:, :-1], cache, fast)
        weights = torch.full((1, piece), 1 / piece)
        losses.append(fused_linear_cross_entropy(hidden, transformer.unembedding, tokens[:, 1:], weights)[0].item())
    return losses


def position(arguments: argparse.Namespace) -> None:
    model = MemoryModel.load(MemorySettings.model_validate(arguments.settings))
    untrained = MemoryModel.load(
        MemorySettings.model_validate(arguments.settings | {"initial_weights": "none"})
    ).transformer
    full = Transformer(untrained.config, untrained.weights, 8192, 0)
    size, limit = model.settings.mini_batch, arguments.tokens or 65_536
    sources = texts(arguments.data)
    curves: dict[str, dict[str, list[float]]] = {}
    print(
        "| text | tokens | loss by | first quarter | second | third | last | gap in the last |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for name in arguments.texts or ["novel", "folklore", "stories", "contracts"]:
        ids = model.encode(sources[name])[: limit + 1]
        memory: list[float] = []
        model.adapt(model.initial_state(), ids, lambda _, loss, memory=memory: memory.append(loss))
        found = {"window": plain_losses(untrained, ids, size)[: len(memory)], "memory": memory}
        curves[name] = found | {"full": plain_losses(full, ids[:8193], size)}
        gap = quarters(found["memory"])[-1] - quarters(found["window"])[-1]
        for way, losses in found.items():
            row = " | ".join(f"{x:.3f}" for x in quarters(losses))
            print(f"| {name} | {len(ids) - 1} | {way} | {row} | {gap if way == 'memory' else 0:.3f} |", flush=True)
        slope, error = trend([m - w for m, w in zip(memory, found["window"], strict=True)], size)
        print(f"| {name} | {len(ids) - 1} | gap a 10,000 tokens {slope:.4f}, s.e. {error:.4f} | | | | | |", flush=True)
        count = 8192 // size
        eight = {way: statistics.mean(losses[:count]) for way, losses in curves[name].items()}
        print(f"| {name} | 8192 | " + ", ".join(f"{w} {x:.3f}" for w, x in eight.items()) + " | | | | | |", flush=True)
        (arguments.output / "position.json").write_text(json.dumps(curves))
    plot(curves, size, arguments.output / "position.svg")


def quarters(losses: list[float]) -> list[float]:
    step = len(losses) / 4
    return [statistics.mean(losses[round(i * step) : round((i + 1) * step)]) for i in range(4)]


def trend(gaps: list[float], size: int) -> tuple[float, float]:
    """Slope of the least-squares line through the gaps, in nats a token per 10,000 tokens, and its standard error."""
    at = [number * size / 10_000 for number in range(len(gaps))]
    slope, intercept = statistics.linear_regression(at, gaps)
    left = sum((gap - intercept - slope * x) ** 2 for x, gap in zip(at, gaps, strict=True))
    spread = sum((x - statistics.mean(at)) ** 2 for x in at)
    return slope, (left / (len(gaps) - 2) / spread) ** 0.5


def plot(curves: dict[str, dict[str, list[float]]], size: int, path: Path) -> None:
    """Loss with memory minus loss without, each averaged over eight mini-batches, against position."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name, found in curves.items():
        gaps = [m - w for m, w in zip(found["memory"], found["window"], strict=True)]
        runs = [statistics.mean(gaps[at : at + 8]) for at in range(0, len(gaps) - 7, 8)]
        axes.plot([(i * 8 + 4) * size / 1024 for i in range(len(runs))], runs, "o-", label=name, markersize=3)
    axes.axhline(0, color="#888", linewidth=1)
    axes.set(xlabel="position, thousand tokens", ylabel="loss with memory - without, nats")
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
