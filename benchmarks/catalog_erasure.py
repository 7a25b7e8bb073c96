"""How long readers of a catalog in PostgreSQL wait while a removal is erased.

    python benchmarks/catalog_erasure.py --url postgresql://user@host/database --chunks 20000

Fills a catalog with made chunks of 150 words and 384 dimensions, removes a document, and has the tables written anew
while another thread searches by words and reads vectors, again and again. Says how long the erasure took, and the
longest and the median of these readers' calls before and meanwhile. The schema that it makes is deleted at the end.
"""

from __future__ import annotations

import argparse
import random
import secrets
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from hybrid.stores.catalog import Catalog
from hybrid.stores.postgresql import engine
from hybrid.stores.postgresql.place import place_of
from hybrid.types.documents import Chunk, Document

PER_DOCUMENT, WORDS, DIMENSION = 50, 150, 384


def made(number: int, vocabulary: list[str]) -> tuple[Document, list[Chunk]]:
    """A document of `PER_DOCUMENT` chunks."""
    rng = random.Random(number)
    parts = [" ".join(rng.choices(vocabulary, k=WORDS)) + "\n" for _ in range(PER_DOCUMENT)]
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    chunks = [Chunk(start=at, end=at + len(part), text=part) for at, part in zip(starts, parts, strict=False)]
    return Document.from_text("".join(parts), source=f"{number}.txt"), chunks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--chunks", type=int, default=20_000)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    vocabulary = [f"{random.Random(n).randrange(36**5):x}" for n in range(30_000)]
    place = place_of(f"{given.url}{'&' if '?' in given.url else '?'}schema=erasure_{secrets.token_hex(4)}")
    with Catalog.open(place, create=True) as catalog, tempfile.TemporaryDirectory() as directory:
        with catalog.transaction() as transaction:
            for number in range(given.chunks // PER_DOCUMENT):
                document, chunks = made(number, vocabulary)
                vectors = rng.standard_normal((len(chunks), DIMENSION)).astype(np.float32)
                document_id, _ = transaction.add_document(document, chunks, vectors)
                transaction.put_source(document.source, document_id)
        calls: list[tuple[float, float]] = []
        ended = threading.Event()

        def reads() -> None:
            while not ended.is_set():
                began = time.perf_counter()
                catalog.search_lexical(f'"{random.choice(vocabulary)}"', 10)
                catalog.vectors([1 + random.randrange(given.chunks // 2)])
                calls.append((began, time.perf_counter() - began))
                time.sleep(0.02)

        thread = threading.Thread(target=reads)
        thread.start()
        time.sleep(3)
        began = time.perf_counter()
        with catalog.write_lock(Path(directory)):
            with catalog.transaction() as transaction:
                transaction.remove_source("0.txt")
            whole = catalog.vacuum(5000)
        took = time.perf_counter() - began
        ended.set()
        thread.join()
        before = [seconds for at, seconds in calls if at + seconds < began]
        after = [seconds for at, seconds in calls if at + seconds >= began]
        print(f"{given.chunks:,} chunks, erased: {whole}, {took:.1f} s")
        for called, found in (("before", before), ("meanwhile", after)):
            median, longest = statistics.median(found), max(found)
            print(f"{called:<10} {len(found):4} calls, median {median:.3f} s, longest {longest:.2f} s")
    engine.drop(place, None)


if __name__ == "__main__":
    main()
