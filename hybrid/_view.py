"""One commit of a corpus, loaded: its index, its searcher, its memory, and what answers with them."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Generic, Self, TypeVar, get_args
from weakref import WeakValueDictionary

from hybrid._recording import said_of_going_back
from hybrid._runtime import models_used
from hybrid.answering.answerer import HITS, Answerer
from hybrid.answering.mounting import Mount, choose
from hybrid.answering.verification.classifiers import Classifier
from hybrid.answering.verification.judgement import Calibrated, Calibration, Judgement, Pair
from hybrid.errors import InputError, ModelError, missing_package_errors
from hybrid.retrieval import onnx_embedding
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.rerank import CrossEncoderReranker, Reranker
from hybrid.retrieval.search import Searcher
from hybrid.router.classifier import Router
from hybrid.settings import AnswerSettings, Dtype, MemorySettings, RetrievalSettings, Settings
from hybrid.settings.models import resolve_model
from hybrid.stores.catalog import Catalog
from hybrid.stores.rows import CommitRow
from hybrid.stores.vector_places import FAISS, vector_store
from hybrid.stores.vectors import VectorIndex
from hybrid.stores.volumes import load_volume
from hybrid.text import lexicon
from hybrid.types.answers import Hit
from hybrid.types.base import shown
from hybrid.types.filters import Filter

if TYPE_CHECKING:  # PyTorch, which a lookup does without
    from hybrid.ttt.inference import InferenceSession
    from hybrid.ttt.memory import MemoryModel

_LOG = logging.getLogger("hybrid.corpus")
_SETS = 4
"""Mounted sets that are cached, 40 MB each with the built-in model: a bound of memory, not a measurement."""
Key = TypeVar("Key", bound=Hashable)
Model = TypeVar("Model")


class Shared(Generic[Key, Model]):
    """Models that corpora side by side share: loaded once a key, and kept as long as anyone holds them.

    What is shared never changes. Threads that ask for the same key wait for one load; other keys are not held up.
    """

    def __init__(self, load: Callable[[Key], Model]) -> None:
        self._load = load
        self._guard = Lock()
        self._loading: WeakValueDictionary[Key, Lock] = WeakValueDictionary()
        self._loaded: WeakValueDictionary[Key, Model] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._loaded)

    def get(self, key: Key) -> Model:
        """The model of that key. Raises what loading it raises."""
        with self._guard:
            # The lock lives as long as a thread is here with it.
            lock = self._loading.get(key) or self._loading.setdefault(key, Lock())
        with lock:
            found = self._loaded.get(key)
            if found is None:
                found = self._load(key)
                self._loaded[key] = found
            return found


EMBEDDERS: Shared[tuple[str, str, Dtype], Embedder] = Shared(lambda key: onnx_embedding.load(*key))
RERANKERS: Shared[tuple[str, str], CrossEncoderReranker] = Shared(lambda key: CrossEncoderReranker.load(*key))


def _load_memory_model(settings: MemorySettings) -> MemoryModel:
    with missing_package_errors("torch"):
        from hybrid.ttt.memory import MemoryModel

    return MemoryModel.load(settings)


MEMORY_MODELS: Shared[MemorySettings, MemoryModel] = Shared(_load_memory_model)
CLASSIFIERS: Shared[str, Classifier] = Shared(lambda name: Classifier.load(name))


def load_embedder(name: str, device: str = "auto", dtype: Dtype = "auto") -> Embedder:
    """An embedder, shared by all corpora of the process that use it; hold on to it, or it is loaded again.

    Args:
        name: a built-in model, a directory, also one with ``model.onnx``, or a hub id in the local cache.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        dtype: what chunks are embedded in: ``auto``, ``float32`` or ``bfloat16``.

    Raises:
        InputError: an argument of another type, or another ``dtype``.
        MissingModelError: the model's files are not on this machine.
        CorpusError: this process is a fork of one that had loaded models.
    """
    for argument, value in (("name", name), ("device", device), ("dtype", dtype)):
        if not isinstance(value, str) or not value:
            raise InputError(f"{argument} is a string, not {shown(value)}")
    if dtype not in get_args(Dtype):
        raise InputError(f"dtype is 'auto', 'float32' or 'bfloat16', not {shown(dtype)}")
    models_used()
    return EMBEDDERS.get((name, device, dtype))


def load_reranker(settings: RetrievalSettings) -> Reranker | None:
    """The reranker that the settings name, shared by all corpora of the process; ``None`` where they name none. Hold on
    to it, too."""
    if settings.reranker is None:
        return None
    models_used()
    return RERANKERS.get((settings.reranker, settings.device))


def load_memory_model(settings: MemorySettings) -> MemoryModel:
    """A language model, shared by all corpora of the process with the same memory settings. Hold on to it, too."""
    models_used()
    # How the corpus is cut into volumes and how many are mounted is not the model's business.
    cut = MemorySettings().model_dump(include={"volume_tokens", "volumes_mounted", "separate_by"})
    return MEMORY_MODELS.get(settings.model_copy(update=cut))


@dataclass(frozen=True)
class View:
    """A commit, ready to be searched and asked. ``None`` stands for a corpus that is still empty."""

    commit: CommitRow | None
    index: VectorIndex
    searcher: Searcher
    answerer: Answerer
    index_note: str | None = None
    """What is to be said of the index, which the next view may take over."""
    notes: tuple[str, ...] = ()
    """What every answer says: that the index file is damaged, or that rows of the catalog are gone."""

    @property
    def number(self) -> int | None:
        """The commit's."""
        return self.commit.n if self.commit else None

    @classmethod
    def load(
        cls,
        directory: Path,
        catalog: Catalog,
        settings: Settings,
        commit: CommitRow | None,
        embedder: Embedder,
        model: Callable[[], MemoryModel | None],
        before: View | None = None,
        left_out: tuple[str, ...] = (),
        reranker: Reranker | None = None,
    ) -> Self:
        """Load the commit's index, or take it from the view ``before`` if it is the same.

        ``model`` is called when the memory first writes. An index file that is missing or damaged is built again in
        memory, from the vectors in the catalog. ``left_out`` are notes on what the catalog does not show.
        """
        store = vector_store(catalog, directory)
        if before is not None and store.reusable(before.commit, commit):
            index, note = before.index, before.index_note
        else:
            index, note = store.index(commit, embedder.dimension, settings.retrieval.exact_up_to)
        elsewhere = None if store.kind == FAISS else store.called
        gaps = catalog.gaps(len(index), elsewhere) if commit is not None else ()
        notes = (*left_out, *([note] if note else []), *gaps)
        if (back := said_of_going_back(directory, catalog)) is not None:
            notes = (*notes, f"{'; '.join(back)}.")
        searcher = Searcher(catalog, index, embedder, settings.retrieval, reranker)
        router = Router.load(settings.router, embedder.fingerprint)
        memory = VolumeMemory.of(directory, catalog, searcher, settings.memory, commit, model)
        judge = LazyClassifier.of(settings.answer)
        answerer = Answerer(catalog, searcher, embedder, router, memory, settings, judge)
        return cls(commit, index, searcher, answerer, note, notes)


class LazyClassifier:
    """The classifier that the settings name, loaded when it first judges."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.name = f"classifier {Path(path).name if Path(path).exists() else path}"

    @classmethod
    def of(cls, settings: AnswerSettings) -> Calibrated | None:
        """The calibrated classifier; ``None`` where the settings name none. Raises `MissingModelError` for a path
        where nothing is."""
        if settings.entailment is None:
            return None
        calibration = Calibration(settings.entailment_slope, settings.entailment_intercept)
        return Calibrated(cls(resolve_model(settings.entailment)), calibration)

    @cached_property
    def _model(self) -> Classifier:
        models_used()
        return CLASSIFIERS.get(self._path)

    def judge(self, pairs: Sequence[Pair]) -> list[Judgement]:
        """See `Classifier.judge`."""
        return self._model.judge(pairs)


class VolumeMemory:
    """The memory of one commit: volumes, mounted for one question after the other. The model is loaded when it first
    writes: a lookup never waits for it."""

    def __init__(
        self,
        directory: Path,
        catalog: Catalog,
        searcher: Searcher,
        settings: MemorySettings,
        model: Callable[[], MemoryModel | None],
    ) -> None:
        self._directory = directory
        self._catalog = catalog
        self._searcher = searcher
        self._most = settings.volumes_mounted
        self._load = model
        self._cached: OrderedDict[tuple[tuple[str, float], ...], InferenceSession] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(
        cls,
        directory: Path,
        catalog: Catalog,
        searcher: Searcher,
        settings: MemorySettings,
        commit: CommitRow | None,
        model: Callable[[], MemoryModel | None],
    ) -> Self | None:
        """The memory, or ``None`` where it is absent or switched off in the settings."""
        if not settings.enabled or commit is None or not commit.tokens or not catalog.has_volumes():
            return None
        return cls(directory, catalog, searcher, settings, model)

    @cached_property
    def _model(self) -> MemoryModel:
        model = self._load()
        assert model is not None  # it is on: see `of`
        return model

    @cached_property
    def _lengths(self) -> dict[int, int]:
        return {row.id: row.chars for row in self._catalog.documents()}

    def choose(self, question: str, where: Filter | None, supplied: Sequence[Hit] | None = None) -> tuple[Mount, ...]:
        """The volumes that a question mounts, of those whose documents all pass the filter.

        For ``supplied`` passages those that hold the passages' documents: whoever retrieved them may see no others,
        and volumes do not mix classes of access.
        """
        allowed = None if where is None or where.everything else frozenset(self._catalog.matching(where))
        if supplied is None:
            hits = self._searcher.search(question, HITS, where)
        else:
            rows = ((hit, self._catalog.source(hit.source)) for hit in supplied)
            hits = [hit.model_copy(update={"document_id": row.document_id}) for hit, row in rows if row is not None]
        of_the_whole = supplied is None and not lexicon.names(question)  # a name says which volume is asked about
        return choose(hits, self._catalog.volumes(), self._lengths, self._most, allowed, spread=of_the_whole)

    def mounted(self, mounts: Sequence[Mount]) -> InferenceSession:
        """A session with these volumes.

        Raises `CorruptCorpusError` for a file that is damaged or gone, and `ModelError` for a volume of another model.
        """
        key = tuple((mount.volume.tensors_sha256, mount.weight) for mount in mounts)
        with self._lock:
            if key not in self._cached:
                self._cached[key] = self._session(mounts)
                if len(self._cached) > _SETS:
                    self._cached.popitem(last=False)
            self._cached.move_to_end(key)
            return self._cached[key]

    def _session(self, mounts: Sequence[Mount]) -> InferenceSession:
        for mount in mounts:
            if not self._model.mounts(mount.volume.identity):
                raise ModelError(
                    "the memory's volumes were made by another model or with other settings than the corpus has now; "
                    "ingest again, and they are adapted again"
                )
        tensors = [(load_volume(self._directory, mount.volume.stored), mount.weight) for mount in mounts]
        return self._model.mount_volumes(tensors)
