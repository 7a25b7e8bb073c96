"""What a search costs in each store of vectors: FAISS, pgvector, Qdrant's local mode and Milvus Lite.

    python benchmarks/vector_stores.py --url 'postgresql://hybrid@/postgres?host=/tmp/server'

The vectors are random, of length 1, and all are compared; ``--url`` names a database with pgvector, and without it that
line is left out. Time is that of the call, CPU that of this process: a server's own is not in it, and the embedded
programs' is.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from hybrid.stores.catalog import Catalog
from hybrid.stores.milvus import MilvusPoints
from hybrid.stores.points import PointIndex, put
from hybrid.stores.postgresql import vectors as pgvector
from hybrid.stores.postgresql.place import place_of
from hybrid.stores.qdrant import QdrantPoints
from hybrid.stores.vectors import FaissIndex, VectorIndex

DIMENSION = 384
SEARCHES = 30
K = 100
SELECTED = 1000


def unit(random: np.random.Generator, n: int) -> np.ndarray:
    vectors = random.standard_normal((n, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@contextmanager
def in_pgvector(url: str, vectors: np.ndarray) -> Iterator[VectorIndex]:
    with Catalog.open(place_of(f"{url}&schema=bench_{secrets.token_hex(6)}"), create=True) as catalog:
        with catalog.connection(write=True) as connection:
            pgvector.create(connection, DIMENSION)
        index = pgvector.PgIndex(lambda: catalog.connection(write=True), DIMENSION, 80_000)
        index.add(np.arange(1, len(vectors) + 1), vectors)
        yield index


@contextmanager
def in_points(
    kind: type[QdrantPoints] | type[MilvusPoints], folder: Path, vectors: np.ndarray
) -> Iterator[VectorIndex]:
    """As a corpus reads it: the candidates' vectors come from elsewhere, there the catalog, here memory."""
    points = kind("", f"hybrid_{secrets.token_hex(16)}", folder=folder, url=None, key=None)

    def vectors_of(ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        there = np.sort(np.array(ids, np.int64))
        return there, vectors[there - 1]

    try:
        points.create(DIMENSION)
        put(points, np.arange(1, len(vectors) + 1), vectors)
        yield PointIndex(points, DIMENSION, 80_000, vectors_of, len(vectors))
    finally:
        points.close()


def timed(what: Callable[[int], object]) -> tuple[float, float]:
    """Medians of milliseconds: of the clock, and of CPU."""
    what(0)
    spent = []
    for n in range(SEARCHES):
        before = time.perf_counter(), time.process_time()
        what(n)
        spent.append((time.perf_counter() - before[0], time.process_time() - before[1]))
    return 1000 * median(one[0] for one in spent), 1000 * median(one[1] for one in spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="a database with pgvector")
    parser.add_argument("--vectors", type=int, default=10_000)
    options = parser.parse_args()
    random = np.random.default_rng(5)
    ids, vectors, queries = np.arange(1, options.vectors + 1), unit(random, options.vectors), unit(random, SEARCHES)
    chosen = np.sort(random.choice(ids, min(SELECTED, len(ids)), replace=False))
    print(f"{options.vectors:,} vectors, {DIMENSION} dimensions, k {K}; medians of {SEARCHES}, ms")
    print("| store | search | CPU | among 1,000 | CPU | same as FAISS |")
    print("|---|---|---|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        faiss = FaissIndex.build(DIMENSION, ids, vectors)
        stores: dict[str, VectorIndex] = {"FAISS": faiss}
        if options.url:
            stores["pgvector"] = stack.enter_context(in_pgvector(options.url, vectors))
        stores["Qdrant, local mode"] = stack.enter_context(in_points(QdrantPoints, folder / "qdrant", vectors))
        stores["Milvus Lite"] = stack.enter_context(in_points(MilvusPoints, folder / "milvus.db", vectors))
        for name, index in stores.items():
            every = timed(lambda n, index=index: index.search(queries[n : n + 1], K))
            few = timed(lambda n, index=index: index.search(queries[n : n + 1], K, chosen))
            same = (index.search(queries, K)[1] == faiss.search(queries, K)[1]).mean()
            print(f"| {name} | {every[0]:.1f} | {every[1]:.1f} | {few[0]:.1f} | {few[1]:.1f} | {same:.1%} |")


if __name__ == "__main__":
    main()
