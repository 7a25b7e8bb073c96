"""What a corpus costs as it grows, through the public interface: ingest, open, search, filter, add, remove.

    python benchmarks/scale.py --documents 200 2000 20000 --keep FOLDER
    python benchmarks/scale.py --documents 2000 --keep FOLDER --catalog postgresql://user@host/database

Text files of 64 chunks each, words by Zipf's law from 30,000, in a hundred folders. Vectors are drawn by a hash of the
text around a centre for every 200 chunks, so embedding takes hardly any time; the memory and sentence vectors are off.
CPU seconds of the process and its peak memory; searches in milliseconds of CPU, by the median and the 95th percentile
of 100 questions of eight words.

    ingest       every file, into a new corpus
    again        the same command, when nothing changed
    open         open the corpus, and ask once
    search       the ten best, of everything
    folder       the same, of one folder in a hundred
    half         the same, of half of the folders
    add          ingest again with one document in a thousand more, ten at least
    remove       remove one document

Parts are run in a process each. What is there in FOLDER is not made again.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import hybrid

VOCABULARY, DIMENSION = 30_000, 384
FOLDERS, WORDS, SENTENCE = 100, 5_000, 15
NEAR, CHUNKS = 200, 64  # chunks around one centre, chunks of a document
COMMANDS = ("ingest", "again", "open", "search", "folder", "half", "add", "remove")


class Vectors:
    """An embedder that takes hardly any time."""

    model = "vectors-by-hash"
    max_tokens = 256

    def __init__(self, chunks: int) -> None:
        self._centres = max(1, chunks // NEAR)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector a text, the same for the same text."""
        return [self._vector(text).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]

    def _vector(self, text: str) -> np.ndarray:
        number = zlib.crc32(text.encode())
        centre = np.random.default_rng(number % self._centres).standard_normal(DIMENSION)
        return centre + 0.7 * np.random.default_rng(number).standard_normal(DIMENSION)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--keep", type=Path, required=True, help="a folder for the files and the corpora")
    parser.add_argument("--catalog", default="sqlite", help="the setting stores.catalog of new corpora")
    parser.add_argument("--vectors", help="the setting stores.vectors of new corpora")
    parser.add_argument("--only", nargs="*", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        part(arguments)
        return
    for documents in arguments.documents:
        folder = arguments.keep / str(documents)
        if not (folder / "made").exists():
            make(folder / "texts", documents, 0)
            (folder / "made").touch()
        for name in arguments.only:
            given = [*sys.argv[1:], "--part", json.dumps([documents, name])]
            subprocess.run([sys.executable, __file__, *given], check=True)


def vocabulary() -> tuple[np.ndarray, np.ndarray]:
    """Words, and how often each comes."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, int(rng.integers(4, 11)))) for _ in range(VOCABULARY)])
    share = 1 / np.arange(1, VOCABULARY + 1)
    return words, share / share.sum()


def make(folder: Path, documents: int, seed: int) -> None:
    """Write text files, spread over the folders."""
    words, share = vocabulary()
    rng = np.random.default_rng(seed + 1)
    for number in range(documents):
        drawn = words[rng.choice(VOCABULARY, WORDS, p=share)]
        sentences = [" ".join(drawn[at : at + SENTENCE]).capitalize() + "." for at in range(0, WORDS, SENTENCE)]
        paragraphs = ["\n".join(sentences[at : at + 7]) for at in range(0, len(sentences), 7)]
        file = folder / f"folder-{number % FOLDERS:02}" / f"{seed}-{number:07}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n\n".join(paragraphs), encoding="utf-8")


def questions(count: int) -> list[str]:
    """Of eight words, three of them common."""
    words, _ = vocabulary()
    rng = np.random.default_rng(7)
    return [
        f"What of {' '.join([*words[rng.integers(0, 200, 3)], *words[rng.integers(200, VOCABULARY, 5)]])}?"
        for _ in range(count)
    ]


def part(arguments: argparse.Namespace) -> None:
    """One part, in a process of its own."""
    documents, name = json.loads(arguments.part)
    folder = arguments.keep / str(documents)
    kept = folder / f"corpus-{arguments.catalog.split(':')[0]}-{(arguments.vectors or 'faiss').split(':')[0]}"
    if name == "ingest" and kept.exists():
        return
    stores = {"catalog": arguments.catalog} | ({"vectors": arguments.vectors} if arguments.vectors else {})
    settings = {"memory": {"enabled": False}, "ingest": {"sentence_vectors": False}, "stores": stores}
    if name == "add":
        make(folder / "texts", max(10, documents // 1000), 1)
    began, clock = time.process_time(), time.perf_counter()
    corpus = hybrid.Corpus.open(kept, settings, embedder=Vectors(CHUNKS * documents))
    shown = ""
    if name in {"ingest", "again", "add"}:
        report = corpus.ingest(folder / "texts")
        shown = f"{len(report.added)} added, {corpus.status().chunks:,} chunks"
    elif name == "remove":
        found = corpus.search(questions(1)[0])[0].source
        began, clock = time.process_time(), time.perf_counter()
        corpus.remove(found)
    elif name == "open":
        corpus.search(questions(1)[0])
    else:
        pattern = {"search": None, "folder": "*folder-07/*", "half": "*folder-[0-4]*"}[name]
        where = None if pattern is None else hybrid.Filter(sources=pattern)
        shown = timed(lambda one: corpus.search(one, where=where))
    spent, clock = time.process_time() - began, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(file.stat().st_size for file in kept.rglob("*") if file.is_file()) / 2**20
    took = f"{spent:.2f} s of CPU | {clock:.1f} s | {peak:,.0f} MiB at most | {size:,.0f} MiB kept"
    print(f"| {documents:,} | {name} | {took} | {shown} |", flush=True)
    corpus.close()


def timed(search: Callable[[str], object]) -> str:
    """Milliseconds of CPU that a search takes: median and 95th percentile."""
    spent = []
    for number, question in enumerate(questions(110)):
        began = time.process_time()
        search(question)
        if number >= 10:  # the first ones fill caches
            spent.append(1000 * (time.process_time() - began))
    return f"{np.median(spent):.1f} and {np.percentile(spent, 95):.1f} ms"


if __name__ == "__main__":
    main()
