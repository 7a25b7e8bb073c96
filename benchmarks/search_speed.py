"""What a search costs beside its unavoidable parts: embedding the question, and the bare FAISS search.

    python benchmarks/search_speed.py --sizes 10000 100000

Makes a corpus of so many chunks: words drawn by Zipf's law from 30,000, and vectors in clusters (a real one would take
hours to embed). Questions are of eight words, three of them common. Every part takes its turn with each question;
milliseconds by the clock, embedder and FAISS with one thread each, medians.

"Every chunk" is the lexical search when each with any word of the question is scored; the product scores fewer. The
last column: how many of the first 20 of that are among the product's.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import torch

from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.search import Searcher
from hybrid.settings import RetrievalSettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.query import match_expression
from hybrid.stores.vectors import FaissIndex
from hybrid.types.documents import Chunk, Document

VOCABULARY = 30_000
WORDS = 100  # a chunk
CHUNKS = 50  # a document
TOP = 200  # candidates that each search brings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--keep", type=Path, help="a folder for the corpora, which are made once and used again")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    embedder = Embedder.load("all-minilm-l6-v2")
    print("| chunks | embed | FAISS | lexical | every chunk | search | over embed and FAISS | open by map | same 20 |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            kept = arguments.keep / str(size) if arguments.keep else Path(folder)
            kept.mkdir(parents=True, exist_ok=True)
            measure(kept, size, arguments.questions, embedder)


def vocabulary(rng: np.random.Generator) -> tuple[list[str], np.ndarray]:
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(rng.choice(letters, int(rng.integers(4, 11)))) for _ in range(VOCABULARY)]
    weights = 1 / np.arange(1, VOCABULARY + 1)
    return words, weights / weights.sum()


def made(
    catalog: Catalog, size: int, dimension: int, rng: np.random.Generator, words: list[str], p: np.ndarray
) -> None:
    centres = rng.standard_normal((max(10, size // 200), dimension)).astype(np.float32)
    for first in range(0, size, CHUNKS * 100):
        with catalog.transaction() as transaction:
            for at in range(first, min(first + CHUNKS * 100, size), CHUNKS):
                drawn = rng.choice(VOCABULARY, (CHUNKS, WORDS), p=p)
                parts = [" ".join(words[i] for i in row) + "\n" for row in drawn]
                starts = np.cumsum([0, *map(len, parts)])
                document = Document.from_text("".join(parts), source=f"{at}.txt")
                chunks = [
                    Chunk(start=int(s), end=int(s) + len(part) - 1, text=part[:-1])
                    for s, part in zip(starts, parts, strict=False)
                ]
                vectors = centres[rng.integers(0, len(centres), CHUNKS)]
                vectors = vectors + 0.7 * rng.standard_normal(vectors.shape).astype(np.float32)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                document_id, _ = transaction.add_document(document, chunks, vectors.astype(np.float32))
                transaction.put_source(document.source, document_id)


def asked(rng: np.random.Generator, words: list[str], number: int) -> str:
    common, rare = rng.integers(0, 200, 3), rng.integers(200, VOCABULARY, 5)
    return " ".join(words[i] for i in (*common, *rare)) + f" {number}?"


def measure(folder: Path, size: int, count: int, embedder: Embedder) -> None:
    rng = np.random.default_rng(0)
    words, p = vocabulary(rng)
    with Catalog.open(folder / "catalog.sqlite", create=True) as catalog:
        if not (folder / "index.faiss").exists():
            made(catalog, size, embedder.dimension, rng, words, p)
            FaissIndex.build(embedder.dimension, *catalog.vectors()).save(folder / "index.faiss")
        rng = np.random.default_rng(size + 1)  # other questions for each size: vectors are kept
        began = time.perf_counter()
        index = FaissIndex.load(folder / "index.faiss", mapped=True)
        opened = time.perf_counter() - began
        searcher = Searcher(catalog, index, embedder, RetrievalSettings())
        spent: dict[str, list[float]] = {"embed": [], "faiss": [], "lexical": [], "every": [], "search": []}
        questions = [asked(rng, words, number) for number in range(count + 5)]
        for number, question in enumerate(questions):
            other = asked(rng, words, number)  # not the same words: how common they are is kept
            again = question.replace("?", " ?")  # not the same text: its vector is not kept
            vector = embedder.encode([again])
            ways: dict[str, Callable[[], object]] = {
                "embed": lambda again=again: embedder.encode([again + "?"]),
                "faiss": lambda vector=vector: index.search(vector, TOP),
                "lexical": lambda other=other: catalog.search_words(match_expression(other), TOP),
                "every": lambda other=other: catalog.search_lexical(match_expression(other), TOP),
                "search": lambda question=question: searcher.search(question, 10),
            }
            order = list(ways.items())
            for name, work in order[number % 5 :] + order[: number % 5]:
                start = time.perf_counter()
                work()
                if number >= 5:  # caches are filled by the first
                    spent[name].append(1000 * (time.perf_counter() - start))
        same: list[float] = []
        for match in map(match_expression, questions):
            unlimited, scored = dict(catalog.search_lexical(match, 20)), dict(catalog.search_words(match, 20))
            same.append(len(unlimited.keys() & scored.keys()) / len(unlimited))
    embed, bare, lexical, every, whole = (float(np.median(spent[name])) for name in spent)
    over = np.median([s / (e + f) for s, e, f in zip(spent["search"], spent["embed"], spent["faiss"], strict=True)])
    times = f"{embed:.1f} | {bare:.2f} | {lexical:.1f} | {every:.1f} | {whole:.1f} | {over:.2f}"
    print(f"| {size:,} | {times} | {1000 * opened:.1f} ms | {np.mean(same):.2f} |")


if __name__ == "__main__":
    main()
