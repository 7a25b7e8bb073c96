"""How what a question costs grows with the corpus, encoding aside.

    python benchmarks/question_scaling.py --sizes 10000 100000

Makes a corpus of so many chunks, straight into the catalog: sentences of words drawn by Zipf's law from 30,000, five
chunks a document, vectors at random. The embedder is a stand-in that takes no time. The sizes take turns with each
question; milliseconds of CPU, medians over the questions, every cache as it is after some questions before.

    lookup       a question by the route of lookup
    custodian    the same over the 40 documents of one custodian
    folder       the same over the 40 documents that a pattern of sources names
    half         the same over the half of all documents that is dated since a year
    verbatim     a generated claim that stands in a document but not in the evidence
    invented     a generated claim that stands nowhere
    filtered     the first claim, among the documents of its custodian
    first        the first question after the corpus was opened
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import faiss
import numpy as np

from hybrid.answering.answerer import Answerer
from hybrid.answering.passages import FilteredView
from hybrid.answering.verification.verifier import Verifier
from hybrid.retrieval.idf import InverseDocumentFrequency
from hybrid.retrieval.search import Searcher
from hybrid.settings import RetrievalSettings, Settings
from hybrid.stores.catalog import Catalog
from hybrid.stores.vectors import FaissIndex
from hybrid.types.answers import Route
from hybrid.types.documents import Chunk, Document, Metadata
from hybrid.types.filters import Filter

VOCABULARY, DIMENSION = 30_000, 384
SENTENCES, WORDS = 7, 14  # a chunk's, a sentence's
CHUNKS, A_FOLDER = 5, 40  # a document's chunks, a custodian's and a folder's documents


class Encoder:
    """Unit vectors at random, the same for the same text."""

    dimension = DIMENSION

    def encode(self, texts: Sequence[str], progress: object = None, *, bulk: bool = False) -> np.ndarray:  # noqa: ARG002
        """One row a text."""
        rows = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(DIMENSION) for text in texts]
        vectors = np.array(rows, np.float32).reshape(len(texts), DIMENSION)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Lookup:
    """A router that sends every question to the index."""

    def route(self, question: str, embedding: np.ndarray) -> Route:  # noqa: ARG002
        """Always a lookup."""
        return Route(name="lookup", p_comprehension=0.1)


class Made:
    """A corpus of ``size`` chunks in ``folder``, made where it is not there yet."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        rng = np.random.default_rng(0)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        self.words = ["".join(rng.choice(letters, int(rng.integers(4, 11)))) for _ in range(VOCABULARY)]
        self.p = 1 / np.arange(1, VOCABULARY + 1)
        self.p /= self.p.sum()
        self.catalog = Catalog.open(folder / "catalog.sqlite", create=True)
        if not (folder / "index.faiss").exists():
            self._fill(rng)
            FaissIndex.build(DIMENSION, *self.catalog.vectors()).save(folder / "index.faiss")
        index = FaissIndex.load(folder / "index.faiss", mapped=True)
        encoder = Encoder()
        self.idf = InverseDocumentFrequency(self.catalog, size)
        self.searcher = Searcher(self.catalog, index, encoder, RetrievalSettings())  # type: ignore[arg-type]
        self.answerer = Answerer(self.catalog, self.searcher, encoder, Lookup(), None, Settings())  # type: ignore[arg-type]

    def verifier(self, where: Filter | None) -> Verifier:
        """What verifies the claims of one question."""
        view = FilteredView(self.catalog, self.searcher, where)
        return Verifier(view, view, Encoder(), self.idf)

    def _fill(self, rng: np.random.Generator) -> None:
        for first in range(0, self.size // CHUNKS, 500):
            with self.catalog.transaction() as transaction:
                for number in range(first, min(first + 500, self.size // CHUNKS)):
                    document, chunks = self._document(rng, number)
                    vectors = rng.standard_normal((CHUNKS, DIMENSION)).astype(np.float32)
                    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                    document_id, _ = transaction.add_document(document, chunks, vectors)
                    transaction.put_source(document.source, document_id)

    def _document(self, rng: np.random.Generator, number: int) -> tuple[Document, list[Chunk]]:
        drawn = rng.choice(VOCABULARY, (CHUNKS, SENTENCES, WORDS), p=self.p)
        parts = [" ".join(" ".join(self.words[i] for i in row).capitalize() + "." for row in chunk) for chunk in drawn]
        starts = np.cumsum([0, *(len(part) + 1 for part in parts)]).tolist()
        chunks = [Chunk(start=s, end=s + len(part), text=part) for s, part in zip(starts, parts, strict=False)]
        metadata = Metadata(custodian=f"C. {number // A_FOLDER}", date=f"{2000 + number % 20}-03-01")
        source = f"folder-{number // A_FOLDER}/{number}.txt"
        return Document.from_text(" ".join(parts), source=source, metadata=metadata), chunks

    def question(self, rng: np.random.Generator) -> str:
        """Of eight words, three of them common."""
        common, rare = rng.integers(0, 200, 3), rng.integers(200, VOCABULARY, 5)
        return "What of " + " ".join(self.words[i] for i in (*common, *rare)) + "?"

    def claims(self, rng: np.random.Generator) -> tuple[str, str, Filter]:
        """One that a document holds, one that none does, and the filter of the first one's custodian."""
        document = self.catalog.document(1 + int(rng.integers(self.size // CHUNKS)))
        sentences = document.text.split(". ")[:-1]
        held = sentences[int(rng.integers(len(sentences)))] + "."
        drawn = rng.choice(VOCABULARY, WORDS, p=self.p)
        custodian = document.metadata.custodian or ""
        return (
            held,
            " ".join(self.words[i] for i in drawn).capitalize() + ".",
            Filter(metadata={"custodian": custodian}),
        )


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of CPU, of all threads."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def ways(made: Made, rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """What is timed, each with a question or claim of its own."""
    folder = int(rng.integers(made.size // CHUNKS // A_FOLDER))
    held, invented, custodian = made.claims(rng)
    filters = {
        "lookup": None,
        "custodian": Filter(metadata={"custodian": f"C. {folder}"}),
        "folder": Filter(sources=f"folder-{folder}/*"),
        "half": Filter(since="2010"),
    }
    asked: dict[str, Callable[[], object]] = {
        name: partial(made.answerer.ask, made.question(rng), where=where) for name, where in filters.items()
    }
    return asked | {
        "verbatim": lambda: made.verifier(None).verify(held, []),
        "invented": lambda: made.verifier(None).verify(invented, []),
        "filtered": lambda: made.verifier(custodian).verify(held, []),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="a folder for the corpora, which are made once and used again")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        corpora = []
        for size in arguments.sizes:
            folder = (arguments.keep or Path(temporary)) / str(size)
            folder.mkdir(parents=True, exist_ok=True)
            corpora.append(Made(folder, size))
        rng = np.random.default_rng(1)
        first = [spent(partial(made.answerer.ask, made.question(rng))) for made in corpora]
        taken: dict[str, list[list[float]]] = {}
        for number in range(arguments.questions + 3):
            works = [ways(made, rng) for made in corpora]
            for name in works[0]:
                row = [spent(of[name]) for of in works]
                if number >= 3:  # caches are filled by the first
                    taken.setdefault(name, []).append(row)
        for made in corpora:
            made.catalog.close()
    print("| | " + " | ".join(f"{size:,}" for size in arguments.sizes) + " | last / first |")
    print("|---|" + "---|" * (len(arguments.sizes) + 1))
    for name, rows in {**{name: np.median(rows, 0).tolist() for name, rows in taken.items()}, "first": first}.items():
        print(f"| {name} | " + " | ".join(f"{one:.1f}" for one in rows) + f" | {rows[-1] / rows[0]:.2f} |")


if __name__ == "__main__":
    main()
