"""What the memory gains, and how fast it is: the tables of docs/memory.md.

python benchmarks/memory.py learn --data ../shared/data --tokens 8192
python benchmarks/memory.py speed --data ../shared/data
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch

from hybrid.settings import MemorySettings
from hybrid.ttt.memory import MemoryModel, MemoryState

PASSAGE = 1024  # tokens read again
PASSAGE_AT = 2048
NEVER = 1e-30  # a step size that leaves the weights as they are: the window without a memory

GRID: tuple[dict[str, object], ...] = (
    {"optimizer": "sgd", "learning_rate": NEVER, "mini_batch": 512},
    {"optimizer": "adam", "learning_rate": 3e-4, "mini_batch": 512},
    {"optimizer": "sgd", "learning_rate": 1.0, "mini_batch": 512},
    {"optimizer": "adam", "learning_rate": 3e-4, "mini_batch": 512, "dynamic_size": 512},
    {"optimizer": "adam", "learning_rate": 1e-3, "mini_batch": 512, "dynamic_size": 512},
    {"optimizer": "sgd", "learning_rate": 1.0, "mini_batch": 1024},
    {"optimizer": "adam", "learning_rate": 1e-3, "mini_batch": 1024},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["learn", "speed"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--tokens", type=int, default=8192, help="read of each text")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--texts", nargs="*", default=["novel", "contract"])
    parser.add_argument("--only", type=int, nargs="*", help="rows of the grid, from 0")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.what == "learn":
        rows = [GRID[i] for i in arguments.only] if arguments.only else list(GRID)
        sources = texts(arguments.data)
        learn({name: sources[name] for name in arguments.texts}, arguments.tokens, rows)
    else:
        speed(texts(arguments.data)["novel"])


def texts(data: Path) -> dict[str, str]:
    with gzip.open(data / "gutenberg_niche" / "jack_sheppard_pg16215.txt.gz", "rt", encoding="utf-8") as file:
        novel = file.read()[3000:]
    with gzip.open(data / "cuad" / "contracts_dev.jsonl.gz", "rt", encoding="utf-8") as file:
        contracts = [json.loads(line)["text"] for line in file]
    return {"novel": novel, "contract": next(text for text in contracts if 45_000 < len(text) < 60_000)}


def learn(sources: dict[str, str], tokens: int, rows: list[dict[str, object]]) -> None:
    print(
        "| text | optimizer | step size | mini-batch | width | as read | second half | read again | unread | seconds |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for row in rows:
        model = MemoryModel.load(MemorySettings.model_validate(row))
        settings = model.settings
        for name, text in sources.items():
            ids = model.encode(text)
            state, losses, started = model.start(), [], time.perf_counter()
            model.read(state, ids[: tokens + 1], lambda _, loss, losses=losses: losses.append(loss))
            seconds = time.perf_counter() - started
            again, unread = (held_out(model, state, ids[at : at + PASSAGE]) for at in (PASSAGE_AT, tokens + 1))
            half = losses[len(losses) // 2 :]
            print(
                f"| {name} | {settings.optimizer} | {settings.learning_rate:g} | {settings.mini_batch} "
                f"| {settings.dynamic_size or 'full'} | {sum(losses) / len(losses):.3f} | {sum(half) / len(half):.3f} "
                f"| {again:.3f} | {unread:.3f} | {seconds:.0f} |",
                flush=True,
            )


def held_out(model: MemoryModel, state: MemoryState, ids: list[int]) -> float:
    """Loss of a passage by itself, with what the memory has read so far."""
    return model.reader(state).loss(model.decode(ids))


def speed(text: str) -> None:
    model = MemoryModel.load(MemorySettings())
    ids = model.encode(text[:30_000])[:4097]
    transformer, state = model.transformer, model.start()
    fast = model.reader(None)._fast
    size = model.settings.mini_batch

    def forward() -> None:
        cache = transformer.empty_cache()
        for start in range(0, 4096, size):
            hidden, cache = transformer.forward(torch.tensor(ids[start : start + size]), cache, fast)
            torch.mm(hidden[:128], transformer.unembedding.T)  # the head, on as much as fits a buffer

    with torch.no_grad():
        forward_rate = rate(forward, 4096)
    print(f"dtype {transformer.dtype}, {torch.get_num_threads()} threads")
    print(f"forward without the head's loss: {forward_rate:.0f} tokens/s")
    print(f"reading: {rate(lambda: model.read(state, ids), 4096):.0f} tokens/s")
    reader = model.reader(None)
    made: list[str] = []
    started = time.perf_counter()
    reader.generate([("user", "Tell me about the sea.")], max_new_tokens=1)
    first = time.perf_counter() - started
    started = time.perf_counter()
    reader.generate([("user", "Tell me a long story about the sea.")], max_new_tokens=64, on_token=made.append)
    print(f"generating: {len(made) / (time.perf_counter() - started - first):.1f} tokens/s, first after {first:.2f} s")


def rate(work: Callable[[], object], tokens: int) -> float:
    started = time.perf_counter()
    work()
    return tokens / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
