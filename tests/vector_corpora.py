"""Corpora whose vectors are in one of the stores beside FAISS, with an embedder that needs no model."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from hybrid import Corpus, Document, Metadata
from hybrid.text import lexicon

DIMENSION = 48


class Words:
    """Texts that share words are near."""

    model = "words"
    __module__ = "vector_corpora"  # also where this is run as a program

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.full(DIMENSION, 1e-3)
        for stem in lexicon.content_words(text):
            vector[zlib.crc32(stem.encode()) % DIMENSION] += 1.0
        return (vector / np.linalg.norm(vector)).tolist()


def opened(directory: Path, stores: dict[str, Any] | None, **settings: Any) -> Corpus:
    """The corpus there; ``stores`` are its settings of that name."""
    given = {"memory": {"enabled": False}} | ({} if stores is None else {"stores": stores}) | settings
    return Corpus.open(directory, given, embedder=Words())


def note(name: str, text: str, **metadata: str) -> Document:
    """A document of a sentence or two."""
    return Document.from_text(text, source=name, metadata=Metadata(extra=metadata))


def bills(first: int, last: int) -> list[Document]:
    """Documents that differ in a number and in a word."""
    return [
        note(f"{n}.txt", f"Bill number {n} of the mill names the tenant alpha{n} and the rent.")
        for n in range(first, last)
    ]


if __name__ == "__main__":  # a writer that a test kills: DIRECTORY VECTORS CATALOG ingest|remove
    directory, vectors, catalog, what = sys.argv[1:]
    with opened(Path(directory), {"vectors": vectors, "catalog": catalog}) as corpus:
        if what == "ingest":
            corpus.ingest(bills(3, 6))
        else:
            corpus.remove("2.txt")
