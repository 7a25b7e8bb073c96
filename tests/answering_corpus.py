"""A small real corpus for the tests of answering: a catalog, an index, an embedder without a model, and a memory that
writes what it is given."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hybrid.answering.evidence import Sentence, gather, with_similarity
from hybrid.answering.mounting import Mount
from hybrid.retrieval.idf import InverseDocumentFrequency
from hybrid.retrieval.search import Searcher
from hybrid.settings import RetrievalSettings
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import StoredFile, VolumePart, VolumeRow
from hybrid.stores.vectors import FaissIndex
from hybrid.text import lexicon
from hybrid.types.answers import Answer, Claim, Hit, Route, RouteName
from hybrid.types.documents import Chunk, Document
from hybrid.types.filters import Filter

DIMENSION = 256
PIECE = 3
"""Characters that a scripted memory writes at a time."""


class BagEmbedder:
    """Texts that share words are near: each content word adds to one place of the vector."""

    dimension = DIMENSION

    def encode(self, texts: Sequence[str], progress: object = None, *, bulk: bool = False) -> np.ndarray:
        vectors = np.full((len(texts), DIMENSION), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for stem in lexicon.content_words(text):
                vectors[row, zlib.crc32(stem.encode()) % DIMENSION] += 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class FixedRouter:
    """Sends every question the same way."""

    def __init__(self, name: RouteName) -> None:
        self.name = name

    def route(self, question: str, embedding: np.ndarray) -> Route:
        assert embedding.shape == (DIMENSION,)
        return Route(name=self.name, p_comprehension=0.25)


class ScriptedSession:
    """A memory that writes what it is given, a few characters at a time, and remembers what it was asked."""

    window = 512

    def __init__(self, output: str) -> None:
        self.output = output
        self.asked: list[list[tuple[str, str]]] = []
        self.made, self.closed = 0, False

    def count(self, text: str) -> int:
        return len(text.split())

    def stream(self, messages: Sequence[tuple[str, str]], *, max_new_tokens: int) -> Generator[str, None, None]:
        self.asked.append(list(messages))
        try:
            for at in range(0, len(self.output), PIECE):
                self.made += 1
                yield self.output[at : at + PIECE]
        finally:
            self.closed = True


def volume(number: int, *parts: VolumePart, mounted: bool = True) -> VolumeRow:
    """A volume of the memory with these parts, as the catalog has it."""
    digest = f"{number:064x}"
    stored = StoredFile(f"volumes/{digest[:32]}.safetensors", digest)
    tokens = sum(part.end - part.start for part in parts)
    return VolumeRow(number, digest, stored, digest, "scripted", "{}", tokens, mounted, {}, parts)


class ScriptedMemory:
    """A memory of one volume, which every question mounts: but with a filter, unless that volume passes it."""

    def __init__(self, session: ScriptedSession, passes: bool = False) -> None:
        self.session, self.passes = session, passes
        self.mounts: list[tuple[Mount, ...]] = []

    def choose(self, question: str, where: Filter | None, supplied: Sequence[Hit] | None = None) -> tuple[Mount, ...]:
        allowed = where is None or self.passes
        return (Mount(volume(1, VolumePart(1, 0, 10, 10, "[]")), 1.0),) if allowed else ()

    def mounted(self, mounts: Sequence[Mount]) -> ScriptedSession:
        self.mounts.append(tuple(mounts))
        return self.session


@dataclass(frozen=True)
class SmallCorpus:
    """Everything that answering stands on."""

    catalog: Catalog
    searcher: Searcher
    embedder: BagEmbedder
    idf: InverseDocumentFrequency

    def find(self, question: str) -> list[Sentence]:
        vector = self.embedder.encode([question])[0]
        return with_similarity(self.embedder, vector, gather(self.catalog, self.searcher.search(question)))


def build(folder: Path, texts: dict[str, str | Document]) -> SmallCorpus:
    """Ingest texts, or documents, by name; every paragraph is a chunk."""
    catalog, embedder, chunks = Catalog.open(folder / "catalog.sqlite", create=True), BagEmbedder(), 0
    with catalog.transaction() as transaction:
        for name, text in texts.items():
            document = text if isinstance(text, Document) else Document.from_text(text, source=name)
            pieces = _paragraphs(document.text)
            document_id, _ = transaction.add_document(document, pieces, embedder.encode([one.text for one in pieces]))
            transaction.put_source(name, document_id)
            chunks += len(pieces)
    ids, vectors = catalog.vectors()
    index = FaissIndex.build(DIMENSION, ids, vectors.reshape(-1, DIMENSION))
    searcher = Searcher(catalog, index, embedder, RetrievalSettings())  # type: ignore[arg-type]
    return SmallCorpus(catalog, searcher, embedder, InverseDocumentFrequency(catalog, chunks))


def _paragraphs(text: str) -> list[Chunk]:
    found, at = [], 0
    for part in text.split("\n\n"):
        if part.strip():
            found.append(Chunk(start=at, end=at + len(part), text=part))
        at += len(part) + 2
    return found


def drafted(answer: Answer) -> list[Claim]:
    """The claims of the answer's draft."""
    return list(answer.draft.claims) if answer.draft else []


def written(answer: Answer) -> list[Claim]:
    """What was generated: the claims that stand in the answer, and then those of its draft."""
    return [*(claim for claim in answer.claims if claim.origin != "index"), *drafted(answer)]
