"""One generation of a corpus, loaded: its index, its searcher, its memory, and what answers with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from hybrid.answering.answerer import Answerer
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.search import Searcher
from hybrid.router.classifier import Router
from hybrid.settings import MemorySettings, Settings
from hybrid.stores import snapshots
from hybrid.stores.catalog import Catalog
from hybrid.stores.generations import verified_index
from hybrid.stores.rows import GenerationRow, StoredFile
from hybrid.stores.vectors import FaissIndex
from hybrid.ttt.generation import Reader
from hybrid.ttt.memory import MemoryModel


@lru_cache(maxsize=2)
def load_embedder(name: str) -> Embedder:
    """An embedder, shared by all corpora of the process that use it."""
    return Embedder.load(name)


@lru_cache(maxsize=1)
def load_memory_model(settings: MemorySettings) -> MemoryModel:
    """A language model, shared by all corpora of the process with the same memory settings."""
    return MemoryModel.load(settings)


@dataclass(frozen=True)
class View:
    """A generation, ready to be searched and asked. ``None`` stands for a corpus that is still empty."""

    generation: GenerationRow | None
    searcher: Searcher
    answerer: Answerer

    @classmethod
    def load(cls, directory: Path, catalog: Catalog, settings: Settings, generation: GenerationRow | None) -> Self:
        """Load the generation's index; its memory is loaded when it first writes.

        Raises `CorruptCorpusError` if the index file is missing or does not match its sha256.
        """
        embedder = load_embedder(settings.retrieval.embedder)
        index = _load_index(directory, settings, generation, embedder.dimension)
        searcher = Searcher(catalog, index, embedder, settings.retrieval)
        router = Router.load(settings.router, embedder.fingerprint)
        memory = _Memory.of(directory, settings.memory, generation)
        return cls(generation, searcher, Answerer(catalog, searcher, embedder, router, memory, settings))


class _Memory:
    """The memory of one generation, loaded when it first writes: a lookup never waits for it."""

    def __init__(self, directory: Path, settings: MemorySettings, snapshot: StoredFile) -> None:
        self._directory = directory
        self._settings = settings
        self._snapshot = snapshot

    @classmethod
    def of(cls, directory: Path, settings: MemorySettings, generation: GenerationRow | None) -> Self | None:
        """The memory, or ``None`` where it is off, absent or switched off in the settings."""
        if not settings.enabled or generation is None or generation.memory_state in ("off", "none"):
            return None
        if generation.snapshot_file is None or generation.snapshot_sha256 is None:
            return None
        return cls(directory, settings, StoredFile(generation.snapshot_file, generation.snapshot_sha256))

    @cached_property
    def _reader(self) -> Reader:
        model = load_memory_model(self._settings)
        return model.reader(model.restore(*snapshots.load(self._directory, self._snapshot)))

    @property
    def window(self) -> int:
        return self._reader.window

    def count(self, text: str) -> int:
        return self._reader.count(text)

    def generate(self, messages: Sequence[tuple[str, str]], *, max_new_tokens: int) -> str:
        return self._reader.generate(messages, max_new_tokens=max_new_tokens)


def _load_index(directory: Path, settings: Settings, generation: GenerationRow | None, dimension: int) -> FaissIndex:
    exact_up_to = settings.retrieval.exact_up_to
    if generation is None:
        nothing = np.zeros((0, dimension), np.float32)
        return FaissIndex.build(dimension, np.zeros(0, np.int64), nothing, exact_up_to)
    stored = StoredFile(generation.index_file, generation.index_sha256)
    return FaissIndex.load(verified_index(directory, stored), exact_up_to, mapped=True)
