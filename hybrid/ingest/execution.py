"""Where the pure steps of an ingest run: the bytes of a file to documents, texts to vectors, tokens to a volume.

They read nothing of the corpus and write nothing to it, so that they may run anywhere: `Local` runs them in this
process and others of this machine, `hybrid.ingest.cluster.Cluster` on the nodes of a Ray cluster. What comes out is the
same; what is read first, and every commit, stays with the one process that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import DocumentChangedError
from hybrid.ingest.chunking import TokenCounter
from hybrid.ingest.discovery import Found
from hybrid.ingest.isolation import load_guarded
from hybrid.ingest.loaders.loading import Loaded, read_bytes
from hybrid.ingest.progress import Progress
from hybrid.ingest.study_material import Material
from hybrid.ingest.volume_plan import PlannedVolume
from hybrid.ingest.workers import Adapted, adapted_by_workers
from hybrid.settings import IngestSettings, MemorySettings
from hybrid.ttt.calibration import Step
from hybrid.types.documents import sha256_hex
from hybrid.types.reports import SkippedFile
from hybrid.types.study import Exercise


class Embedder(TokenCounter, Protocol):
    """What ingest needs of a `hybrid.retrieval.embedding.Embedder`."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def fingerprint(self) -> str:
        """Which embedder it is."""

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None, *, bulk: bool = False
    ) -> NDArray[np.float32]:
        """Vectors ``[texts, dimension]`` of length 1; ``bulk``: of chunks, which may be computed in bfloat16."""


class MemoryModel(Protocol):
    """What training needs of a `hybrid.ttt.memory.MemoryModel`; a list of tokens does in tests."""

    @property
    def fingerprint(self) -> str:
        """Which model it is."""

    @property
    def settings(self) -> MemorySettings:
        """Those that it was loaded with, with the step of its inner loop."""

    @property
    def uncalibrated(self) -> bool:
        """Whether the step of its inner loop is still to be found."""

    @property
    def volume_identity(self) -> str:
        """The model, its initial weights, and the settings that a volume depends on."""

    @property
    def end_of_document(self) -> int:
        """The token between documents."""

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""

    def calibrate(self, tokens: Sequence[int], on_try: Callable[[Step], None] | None = None) -> Step | None:
        """The step that suits it, found on a text; ``None`` for one that is too short."""

    def with_step(self, step: Step) -> MemoryModel:
        """The same model with that step."""

    def adapt_volume(
        self,
        tokens: Sequence[int],
        on_step: Callable[[int, float], None] | None = None,
        exercises: Sequence[Exercise] = (),
    ) -> Adapted:
        """Adapt the initial fast weights to a volume's tokens, then to its exercises."""


@dataclass(frozen=True)
class Opened:
    """A file that was read: the sha256 of its bytes, and what gives its documents, or raises `DocumentError`."""

    sha256: str
    load: Callable[[], Loaded]


@dataclass(frozen=True)
class NotAdapted:
    """A volume that could not be adapted though others can, and why."""

    reason: str


class Executor(Protocol):
    """Runs the pure steps of one ingest."""

    def ahead(
        self,
        items: Iterable[Found | SkippedFile],
        is_unread: Callable[[Found], bool],
        is_unloaded: Callable[[Found, str], bool],
    ) -> Iterator[Found | SkippedFile]:
        """The items, in their order; files may be read and loaded before they come up. The functions say whether a
        file has to be read, and whether one whose bytes have that sha256 has to be loaded."""

    def open(self, found: Found) -> Opened:
        """Read a file, the one that `ahead` gave last or another. Raises `DocumentError`."""

    def encode(self, embedder: Embedder, texts: Sequence[str], progress: Callable[[int], None]) -> NDArray[np.float32]:
        """The vectors ``[texts, dimension]`` of chunks; ``progress`` is called with how many are done."""

    def adapted(
        self, model: MemoryModel, volumes: Sequence[PlannedVolume], material: Material, progress: Progress
    ) -> Iterator[tuple[PlannedVolume, Adapted | NotAdapted]]:
        """The volumes as they are adapted."""


class Local:
    """An `Executor` on this machine: one file after the other, and volumes by ``workers`` processes.

    Args:
        settings: of what is read.
        access: the name of the metadata that are a document's class of access.
        note: is told what belongs in the report.
        workers: processes that adapt volumes; one: this one.
    """

    def __init__(self, settings: IngestSettings, access: str, note: Callable[[str], object], workers: int = 1) -> None:
        self._settings = settings
        self._access = access
        self._note = note
        self._workers = workers

    def ahead(
        self,
        items: Iterable[Found | SkippedFile],
        is_unread: Callable[[Found], bool],  # noqa: ARG002 - nothing is read ahead
        is_unloaded: Callable[[Found, str], bool],  # noqa: ARG002
    ) -> Iterator[Found | SkippedFile]:
        """The items."""
        return iter(items)

    def open(self, found: Found) -> Opened:
        """Read a file; it is loaded in this process, or beside it with limits."""
        data = read_still(found, self._settings)
        return Opened(
            sha256_hex(data), lambda: load_guarded(data, found.source, self._settings, self._access, self._note)
        )

    def encode(self, embedder: Embedder, texts: Sequence[str], progress: Callable[[int], None]) -> NDArray[np.float32]:
        """The vectors, computed in this process."""
        return embedder.encode(texts, progress, bulk=True)

    def adapted(
        self, model: MemoryModel, volumes: Sequence[PlannedVolume], material: Material, progress: Progress
    ) -> Iterator[tuple[PlannedVolume, Adapted | NotAdapted]]:
        """The volumes, in the order in which they are finished."""
        total, done = sum(volume.tokens for volume in volumes), 0
        processes = min(self._workers, len(volumes))
        if processes > 1:
            progress("memory", 0, total, f"{processes} processes")
            given = (
                (number, material.tokens(one.parts), material.exercises(one.parts))
                for number, one in enumerate(volumes)
            )
            for number, found in adapted_by_workers(model.settings, given, processes):
                yield volumes[number], found
            return
        for number, volume in enumerate(volumes, 1):
            on_step = _on_step(progress, done, total, f"volume {number} of {len(volumes)}")
            yield volume, model.adapt_volume(material.tokens(volume.parts), on_step, material.exercises(volume.parts))
            done += volume.tokens


def read_still(found: Found, settings: IngestSettings) -> bytes:
    """The bytes of a file; one that is being written is read once more. Raises `DocumentError`, as `read_bytes`."""
    try:
        return read_bytes(found, settings)
    except DocumentChangedError:
        return read_bytes(found, settings)  # a file is written in a moment, as a rule


def _on_step(progress: Progress, done: int, total: int, title: str) -> Callable[[int, float], None]:
    furthest = 0  # a volume that is adapted again at a smaller step begins anew, and a bar does not go back

    def report(tokens: int, loss: float) -> None:
        nonlocal furthest
        furthest = max(furthest, tokens)
        progress("memory", done + furthest, total, f"{title}: {done + tokens:,} tokens, loss {loss:.3f}")

    progress("memory", done, total, title)
    return report
