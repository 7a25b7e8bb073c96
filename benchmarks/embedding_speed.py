"""Chunks a second: sentence-transformers by itself, the embedder, and a whole ingest without a memory.

    python benchmarks/embedding_speed.py

The texts are State of the Union addresses. All variants embed the same chunks, in turn, and no vector is kept from one
round to the next. An ingest loads, cuts, embeds, writes the catalog and its full-text index, and commits.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from hybrid import Corpus, Document, Settings
from hybrid._view import load_embedder
from hybrid.ingest.chunking import chunk
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import IngestSettings, MemorySettings, RetrievalSettings
from hybrid.settings.models import EMBEDDER, resolve_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--texts", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with gzip.open(arguments.data / "sotu" / "sotu.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(next(file))["text"] for _ in range(arguments.texts)]
    plain = SentenceTransformer(resolve_model(EMBEDDER.name), local_files_only=True)
    exact = Embedder.load(EMBEDDER.name, dtype="float32")
    fast = load_embedder(EMBEDDER.name)
    chunks = [part.text for text in texts for part in chunk(text, fast, IngestSettings())]

    def ingest() -> None:
        settings = Settings(memory=MemorySettings(enabled=False), retrieval=RetrievalSettings())
        with tempfile.TemporaryDirectory() as folder, Corpus.open(Path(folder) / "corpus", settings) as corpus:
            corpus.ingest(*(Document.from_text(text, f"{n}.txt") for n, text in enumerate(texts)))

    variants: dict[str, Callable[[], object]] = {
        "sentence-transformers": lambda: plain.encode(chunks, batch_size=32, show_progress_bar=False),
        "embedder, float32": lambda: exact.encode(chunks, bulk=True),
        "embedder": lambda: fast.encode(chunks, bulk=True),
        "ingest": ingest,
    }
    print(f"{len(chunks)} chunks, {torch.get_num_threads()} threads, {arguments.rounds} rounds")
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    for number in range(arguments.rounds + 1):
        for name in order[number % 4 :] + order[: number % 4]:
            exact._cached.clear()
            fast._cached.clear()
            began = time.perf_counter()
            variants[name]()
            if number:
                seconds[name].append(time.perf_counter() - began)
    for name, taken in seconds.items():
        ratio = statistics.median(b / t for b, t in zip(seconds["sentence-transformers"], taken, strict=True))
        print(f"{name}: {len(chunks) / statistics.median(taken):.1f} chunks/s, {ratio:.2f} of sentence-transformers")


if __name__ == "__main__":
    main()
