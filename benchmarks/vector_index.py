"""Exact and approximate vector search side by side: latency, recall@10 and build time by corpus size.

    python benchmarks/vector_index.py [--sizes 10000,50000] [--queries 100] [--hnsw]

Vectors are real: the texts in HYBRID_DATA (or ../shared/data) are chunked and embedded with the built-in
embedder, once, and kept in --cache. They are expanded to the sizes asked for by taking, for each new vector,
a real one x and a second one y from among its 20 nearest, and normalising x + t (y - x) + noise, with t
uniform in [0, 1] and the noise 0.5 of the distance of x and y. That keeps the real set's clusters and its
uneven density, which decide how well lists of near vectors work; independent Gaussian vectors have neither
and make every approximate index look bad. Queries are made in the same way from vectors that are held out.

Times are CPU time of one thread, median over the queries, so that other work on the machine counts for
little; the indexes take turns query by query.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from hybrid.ingest.chunking import chunk
from hybrid.settings import IngestSettings
from hybrid.stores.vectors import FaissIndex

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("HYBRID_DATA", ROOT.parent / "shared" / "data"))
K = 10


def texts() -> list[str]:
    """Texts of three kinds: contracts, speeches, abstracts."""
    found: list[str] = []
    for name in ("cuad/contracts_dev.jsonl.gz", "sotu/sotu.jsonl.gz"):
        with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
            found += [max((v for v in json.loads(line).values() if isinstance(v, str)), key=len) for line in lines]
    with gzip.open(DATA / "cranfield/cran.all.1400.gz", "rt", encoding="utf-8") as file:
        found += [part.partition(".W")[2] for part in file.read().split("\n.I ")]
    return found


def real_vectors(cache: Path, count: int) -> np.ndarray:
    """``count`` embeddings of chunks of real text, ``[count, 384]``."""
    if not cache.exists():
        from hybrid.retrieval.embedding import Embedder

        embedder = Embedder.load("all-minilm-l6-v2")
        rng = np.random.default_rng(0)
        sources = texts()
        chunks: list[str] = []
        for number in rng.permutation(len(sources)):
            chunks += [
                c.text
                for c in chunk(sources[number], embedder, IngestSettings(chunk_tokens=48, chunk_overlap_tokens=0))
            ]
            if len(chunks) >= count:
                break
        np.save(cache, embedder.encode(chunks[:count], lambda done: print(f"\rembedded {done}", end="", flush=True)))
        print()
    return np.asarray(np.load(cache))


def expand(base: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """``size`` vectors with the structure of ``base``, ``[size, d]``."""
    flat = faiss.IndexFlatIP(base.shape[1])
    flat.add(base)
    _, near = flat.search(base, 21)
    out = np.empty((size, base.shape[1]), dtype=np.float32)
    for first in range(0, size, 10_000):
        last = min(size, first + 10_000)
        x = rng.integers(len(base), size=last - first)
        y = base[near[x, rng.integers(1, 21, size=last - first)]]
        step = y - base[x]
        noise = rng.standard_normal(step.shape, dtype=np.float32)
        noise *= 0.5 * np.linalg.norm(step, axis=1, keepdims=True) / np.linalg.norm(noise, axis=1, keepdims=True)
        new = base[x] + rng.random((last - first, 1), dtype=np.float32) * step + noise
        out[first:last] = new / np.linalg.norm(new, axis=1, keepdims=True)
    return out


def ivf(vectors: np.ndarray) -> Any:
    """The approximate index that hybrid builds."""
    return FaissIndex.build(vectors.shape[1], np.arange(len(vectors)), vectors, exact_up_to=1)._index


def hnsw(vectors: np.ndarray) -> Any:
    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 80
    index.add(vectors)
    return index


def measure(vectors: np.ndarray, queries: np.ndarray, with_hnsw: bool) -> list[tuple[str, float, float, float]]:
    """(name, milliseconds per query, recall@10, CPU s to build) of each index and setting."""
    built: dict[str, tuple[Any, float]] = {}
    makers: dict[str, Any] = {"exact": lambda v: FaissIndex.build(v.shape[1], np.arange(len(v)), v, len(v))._index}
    makers["ivf"] = ivf
    if with_hnsw:
        makers["hnsw"] = hnsw
    for name, make in makers.items():
        start = time.thread_time()
        built[name] = make(vectors), time.thread_time() - start
    runs: list[tuple[str, str, Any]] = [("exact", "exact", None)]
    runs += [(f"ivf nprobe {n}", "ivf", faiss.SearchParametersIVF(nprobe=n)) for n in (8, 16, 32, 64)]
    if with_hnsw:
        runs += [(f"hnsw ef {n}", "hnsw", faiss.SearchParametersHNSW(efSearch=n)) for n in (64, 128, 256)]
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in runs}
    recall: dict[str, list[float]] = {name: [] for name, _, _ in runs}
    for query in queries:
        truth: set[int] = set()
        for name, index, params in runs:
            start = time.thread_time()
            _, ids = built[index][0].search(query[None], K, **({"params": params} if params else {}))
            seconds[name].append(time.thread_time() - start)
            truth = truth or set(ids[0].tolist())
            recall[name].append(len(truth & set(ids[0].tolist())) / K)
    return [
        (name, float(np.median(seconds[name])) * 1e3, float(np.mean(recall[name])), built[index][1])
        for name, index, _ in runs
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,50000,100000,200000,400000")
    parser.add_argument("--base", type=int, default=6000, help="real vectors to embed")
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--hnsw", action="store_true", help="measure HNSW too, which is slow to build")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "vector_index_base.npy")
    args = parser.parse_args()
    args.cache.parent.mkdir(exist_ok=True)
    base = real_vectors(args.cache, args.base)
    faiss.omp_set_num_threads(1)
    rng = np.random.default_rng(1)
    held_out, kept = base[: len(base) // 10], base[len(base) // 10 :]
    queries = expand(held_out, args.queries, rng)
    print(f"{len(kept)} real vectors, {args.queries} queries, one thread, k = {K}\n")
    print("| vectors | index | CPU ms per query | recall@10 | CPU s to build |\n|---|---|---|---|---|")
    for size in map(int, args.sizes.split(",")):
        for name, ms, recall, build in measure(expand(kept, size, rng), queries, args.hnsw):
            print(f"| {size:,} | {name} | {ms:.2f} | {recall:.3f} | {build:.1f} |", flush=True)


if __name__ == "__main__":
    main()
