"""Whether search by words ranks alike in SQLite and in PostgreSQL, and what it costs in each.

    python benchmarks/catalog_ranking.py --url postgresql://user@host/database

Reads the case file of examples/case_file into a catalog of each kind, cut as an ingest cuts it, and asks both for the
first ten chunks of every question of its key and of its router's questions: by the words of the question, and by its
exact terms. Says how many first tens are the same chunks in the same order, the largest difference of a score, and the
milliseconds of a search, median of all. The schema that it makes is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hybrid.ingest.chunking import chunk
from hybrid.ingest.discovery import discover
from hybrid.ingest.loaders.loading import load, read_bytes
from hybrid.retrieval.embedding import Embedder
from hybrid.settings import Settings
from hybrid.stores.catalog import Catalog
from hybrid.stores.postgresql.engine import drop
from hybrid.stores.postgresql.place import place_of
from hybrid.stores.query import exact_expression, match_expression
from hybrid.types.reports import SkippedFile

CASE_FILE = Path(__file__).resolve().parent.parent / "examples" / "case_file"
FIRST = 10


def documents() -> list[tuple[object, list[object]]]:
    """The case file's documents, each with its chunks."""
    settings, embedder = Settings().ingest, Embedder.load(Settings().retrieval.embedder, "cpu")
    found = []
    for one in discover(["case"], settings):
        if isinstance(one, SkippedFile):
            continue
        for document in load(read_bytes(one, settings), one.source, settings).documents:
            found.append((document, chunk(document.text, embedder, settings, document.pages)))
    return found


def fill(catalog: Catalog, read: list[tuple[object, list[object]]]) -> None:
    """Put documents into a catalog, in one transaction."""
    with catalog.transaction() as transaction:
        for document, chunks in read:
            if transaction.document_with(document.sha256) is None:
                vectors = np.ones((len(chunks), 1), np.float32)
                document_id, _ = transaction.add_document(document, chunks, vectors)
                transaction.put_source(document.source, document_id)


def asked(catalog: Catalog, expressions: list[str]) -> tuple[list[list[tuple[int, float]]], float]:
    """What each expression finds, and the median of the milliseconds that it takes the second time."""
    for expression in expressions:
        catalog.search_words(expression, FIRST)
    found, took = [], []
    for expression in expressions:
        began = time.perf_counter()
        found.append(catalog.search_words(expression, FIRST))
        took.append(1000 * (time.perf_counter() - began))
    return found, statistics.median(took)


def main() -> None:
    """Prints what the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="of a database of PostgreSQL, without a schema")
    place = place_of(f"{(url := parser.parse_args().url)}{'&' if '?' in url else '?'}schema=benchmark_{os.getpid()}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, CASE_FILE / "make.py", f"{folder}/file"], check=True, stdout=subprocess.DEVNULL)
        os.chdir(f"{folder}/file")
        lines = [*Path("key.jsonl").read_text().splitlines(), *(CASE_FILE / "routing.jsonl").read_text().splitlines()]
        questions = list(dict.fromkeys(json.loads(line)["question"] for line in lines))
        expressions = [made for of in (match_expression, exact_expression) for one in questions if (made := of(one))]
        read = documents()
        try:
            with (
                Catalog.open(Path(folder) / "catalog.sqlite", create=True) as sqlite,
                Catalog.open(place, create=True) as other,
            ):
                for catalog in (sqlite, other):
                    fill(catalog, read)
                (first, ms), (second, other_ms) = asked(sqlite, expressions), asked(other, expressions)
                chunks = sqlite.chunk_count()
        finally:
            drop(place)
    same = sum([one for one, _ in a] == [one for one, _ in b] for a, b in zip(first, second, strict=True))
    apart = max((abs(x - dict(b).get(i, 0.0)) for a, b in zip(first, second, strict=True) for i, x in a), default=0.0)
    print(f"{chunks} chunks, {len(questions)} questions, {len(expressions)} searches")
    print(
        f"the same first {FIRST} in the same order: {same} of {len(expressions)}; scores differ by {apart:.1e} at most"
    )
    print(f"a search, median: SQLite {ms:.2f} ms, PostgreSQL {other_ms:.2f} ms")


if __name__ == "__main__":
    main()
