"""An ingest whose files are loaded, texts embedded and volumes adapted by the nodes of a Ray cluster.

The corpus stays with this process, which reads the files, cuts the texts and makes every commit: nodes need none of the
disks. What is in flight is bounded in bytes and in number, and comes back in the order in which it was sent, so that
the corpus is the one that an ingest on this machine makes. Ray is used by a process of its own,
`hybrid.ingest.cluster_driver`.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hybrid import errors
from hybrid._runtime import log_warning
from hybrid.errors import ClusterError, DamagedDocumentError, DocumentError, HybridError, MissingExtraError, ModelError
from hybrid.ingest import frames
from hybrid.ingest.cluster_driver import ENVIRONMENT
from hybrid.ingest.cluster_tasks import Kind, environment
from hybrid.ingest.discovery import Found
from hybrid.ingest.execution import Embedder, MemoryModel, NotAdapted, Opened, read_still
from hybrid.ingest.isolation import load_guarded, loaded_from
from hybrid.ingest.loaders.loading import Loaded
from hybrid.ingest.progress import Progress
from hybrid.ingest.study_material import Material
from hybrid.ingest.volume_plan import PlannedVolume
from hybrid.ingest.workers import Adapted
from hybrid.retrieval.embedding import Embedder as LoadedEmbedder
from hybrid.settings import IngestSettings
from hybrid.settings.models import resolve_device
from hybrid.types.documents import sha256_hex
from hybrid.types.reports import SkippedFile, VolumeReport

_LOG = logging.getLogger("hybrid.ingest")
_BEAT_S = 0.5  # how often progress is reported while the cluster is waited for, and so how fast work is stopped
_CLOSE_S = 10.0
_HELLO_S = 60.0  # until a cluster has to have answered: Ray itself waits for ever where something else listens
_LOOK_THERE = "look there with ray status; its Ray and its Python have to have the versions that are installed here"
_AT_LEAST, _AT_MOST = 8 * 2**20, 2**30
"""Bytes in flight, whatever the object store holds. Bounds of memory, not measurements."""
_LOOKED_AT = 64  # files that are looked at before they come up; those that are known cost nothing
_OF_STORE = 4
"""The smallest object store divided by this is in flight: the rest is for what comes back, and for others."""


class Cluster:
    """An `Executor` on a Ray cluster. Use it as a context; leaving it ends what still runs for it.

    Args:
        address: ``auto``, the cluster that this machine is a node of; ``host:port`` of its head; or ``ray://host:port``.
        settings: of what is read.
        access: the name of the metadata that are a document's class of access.
        note: is told what belongs in the report.
        beat: called while the cluster is waited for; what it raises ends the work.
        most_bytes: of files, texts and tokens that are in flight; ``None``: by the size of the nodes' object stores.
    """

    def __init__(
        self,
        address: str,
        settings: IngestSettings,
        access: str,
        note: Callable[[str], object],
        beat: Callable[[], object],
        most_bytes: int | None = None,
    ) -> None:
        self._address = address
        self._settings = settings
        self._access = access
        self._note = note
        self._beat = beat
        self._most_bytes = most_bytes
        self._ahead: dict[tuple[str, str], _Reading] = {}  # by path and source

    def __enter__(self) -> Self:
        """Connect. Raises `ClusterError`, and `MissingExtraError` where Ray is not installed."""
        if find_spec("ray") is None:
            raise MissingExtraError("a cluster needs Ray", "ray")
        self._driver = _Driver(self._address, self._beat)
        try:
            hello = self._driver.hello()
        except BaseException:
            self._driver.close()
            raise
        if hello["reports_usage"]:
            self._note(
                "the Ray cluster reports statistics of its use to Ray's makers; start its head with "
                "RAY_USAGE_STATS_ENABLED=0 if it is not to"
            )
        store = self._driver.has["store"] // _OF_STORE
        self._driver.most_bytes = self._most_bytes or min(max(store, _AT_LEAST), _AT_MOST)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._driver.close()

    # Files ---------------------------------------------------------------------------------------

    def ahead(
        self,
        items: Iterable[Found | SkippedFile],
        is_unread: Callable[[Found], bool],
        is_unloaded: Callable[[Found, str], bool],
    ) -> Iterator[Found | SkippedFile]:
        """The items; as many files of those that come next are with the nodes as fit."""
        waiting: deque[Found | SkippedFile] = deque()
        coming = iter(items)
        following = next(coming, None)
        while following is not None or waiting:
            most = _LOOKED_AT + self._window(0)
            while following is not None and len(waiting) < most:
                if not self._sent(following, is_unread, is_unloaded) and waiting:
                    break
                waiting.append(following)
                following = next(coming, None)
            item = waiting.popleft()
            yield item
            if isinstance(item, Found) and (reading := self._ahead.pop(_key(item), None)) is not None:
                reading.finish(self._driver)

    def _sent(
        self, item: Found | SkippedFile, is_unread: Callable[[Found], bool], is_unloaded: Callable[[Found, str], bool]
    ) -> bool:
        """Send a file to the nodes, if that is to be; false where it has to wait until there is room. What is not sent
        is read when it comes up: what cannot be read, and says why then, and what has no room at all."""
        self._driver.collect()
        if not isinstance(item, Found) or not self._driver.ever_fits(item.size) or not is_unread(item):
            return True
        if len(self._ahead) >= self._window(0) or not self._driver.fits("load", item.size):
            return False
        try:
            data = read_still(item, self._settings)
        except DocumentError:
            return True
        sha256 = sha256_hex(data)
        if not is_unloaded(item, sha256) or not self._driver.fits("load", len(data)):
            return True
        given = {"source": item.source, "settings": self._settings.model_dump(mode="json"), "access": self._access}
        self._ahead[_key(item)] = _Reading(sha256, self._driver.send("load", given, data))
        return True

    def open(self, found: Found) -> Opened:
        """A file that was sent, or else one that is read and loaded here."""
        reading = self._ahead.get(_key(found))
        if reading is not None:
            return Opened(reading.sha256, lambda: self._loaded(found.source, reading))
        data = read_still(found, self._settings)
        return Opened(
            sha256_hex(data), lambda: load_guarded(data, found.source, self._settings, self._access, self._note)
        )

    def _loaded(self, source: str, reading: _Reading) -> Loaded:
        head, body = self._driver.take(reading.number)
        reading.is_taken = True
        if (why := head.get("gave_up")) is not None:
            raise DamagedDocumentError(source, f"it cannot be loaded on the cluster: {why}; ingest it without")
        _check(head)
        for note in head["notes"]:
            self._note(note)
        try:
            return loaded_from(body, source, reading.sha256)
        except DocumentError:
            raise
        except (HybridError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise DamagedDocumentError(source, f"its parser gave no documents ({error})") from error

    # Texts ---------------------------------------------------------------------------------------

    def encode(self, embedder: Embedder, texts: Sequence[str], progress: Callable[[int], None]) -> NDArray[np.float32]:
        """The vectors. Batches are cut as on this machine, which is what their last bits depend on."""
        elsewhere = embedder.elsewhere if isinstance(embedder, LoadedEmbedder) else None
        if elsewhere is None or not isinstance(embedder, LoadedEmbedder):
            self._note("texts were embedded on this machine: the nodes have no embedder that is an object of yours")
            return embedder.encode(texts, progress, bulk=True)
        known, (name, device) = embedder, elsewhere
        given = {"name": name, "device": device, "fingerprint": embedder.fingerprint}
        gpus = int(device == "cuda")

        def mapped(batches: Iterator[list[str]], fast: bool) -> Iterator[NDArray[np.float32]]:
            sent: deque[tuple[int | None, list[str]]] = deque()
            for batch in batches:
                body = json.dumps(batch).encode()
                while sent and (len(sent) >= self._window(gpus) or not self._driver.fits("embed", len(body))):
                    yield self._vectors(known, *sent.popleft(), fast)
                fits = self._driver.fits("embed", len(body))
                sent.append((self._driver.send("embed", {**given, "fast": fast}, body, gpus) if fits else None, batch))
            while sent:
                yield self._vectors(known, *sent.popleft(), fast)

        return embedder.encode(texts, progress, bulk=True, mapped=mapped)

    def _vectors(
        self, embedder: LoadedEmbedder, number: int | None, batch: list[str], fast: bool
    ) -> NDArray[np.float32]:
        """Those of a batch that was sent; one that no node could embed is embedded here."""
        if number is None:
            return embedder.vectors(batch, fast=fast)
        head, body = self._driver.take(number)
        if (why := head.get("gave_up")) is not None:
            self._note(f"{len(batch)} texts were embedded on this machine, as no node could: {why}")
            return embedder.vectors(batch, fast=fast)
        _check(head)
        if len(body) != 4 * len(batch) * embedder.dimension:
            raise ClusterError(
                f"the node {head['node']} of the Ray cluster sent what are no vectors of {embedder.name}"
            )
        self._compare_cpu(head)
        return np.frombuffer(body, np.float32).reshape(len(batch), embedder.dimension)

    # Volumes -------------------------------------------------------------------------------------

    def adapted(
        self, model: MemoryModel, volumes: Sequence[PlannedVolume], material: Material, progress: Progress
    ) -> Iterator[tuple[PlannedVolume, Adapted | NotAdapted]]:
        """The volumes, in their order, so that they are committed as one process commits them."""
        if not volumes:
            return
        device = resolve_device(model.settings.device, "memory.device").partition(":")[0]
        identity = model.volume_identity
        settings = model.settings.model_copy(update={"device": device, "dtype": json.loads(identity)["dtype"]})
        given = {"settings": settings.model_dump(mode="json"), "identity": identity}
        gpus = int(device == "cuda")
        total = sum(volume.tokens for volume in volumes)
        slots = self._driver.has["gpus" if gpus else "cpus"]
        progress("memory", 0, total, f"{slots} {'GPUs' if gpus else 'cores'} of the cluster")
        sent: deque[tuple[PlannedVolume, int | None]] = deque()
        for volume in volumes:
            asked = {"tokens": material.tokens(volume.parts), "exercises": material.exercises(volume.parts)}
            body = json.dumps(asked).encode()
            while sent and (len(sent) >= self._window(gpus) or not self._driver.fits("adapt", len(body))):
                yield self._volume(model, material, *sent.popleft())
            fits = self._driver.fits("adapt", len(body))
            sent.append((volume, self._driver.send("adapt", given, body, gpus) if fits else None))
        while sent:
            yield self._volume(model, material, *sent.popleft())

    def _volume(
        self, model: MemoryModel, material: Material, volume: PlannedVolume, number: int | None
    ) -> tuple[PlannedVolume, Adapted | NotAdapted]:
        """One that was sent; one that is larger than what may be in flight is adapted here."""
        from safetensors.torch import load

        if number is None:
            return volume, model.adapt_volume(material.tokens(volume.parts), None, material.exercises(volume.parts))
        head, body = self._driver.take(number)
        if (why := head.get("gave_up")) is not None:
            return volume, NotAdapted(why)
        _check(head)
        self._compare_cpu(head)
        return volume, (load(body), head["sha256"], VolumeReport.model_validate(head["report"]))

    def _window(self, gpus: int) -> int:
        """How many tasks of a kind are in flight: each core or GPU has its next one waiting."""
        return 2 * max(1, self._driver.has["gpus" if gpus else "cpus"])

    def _compare_cpu(self, head: Mapping[str, Any]) -> None:
        import torch

        ours = torch.backends.cpu.get_cpu_capability()
        if head["cpu"] != ours:
            self._note(
                f"the node {head['node']} computes with {head['cpu']} and this machine with {ours}: what it computed "
                "is the same to rounding, and not to the bit"
            )


@dataclass
class _Reading:
    """A file that was sent to be loaded."""

    sha256: str
    number: int
    is_taken: bool = False

    def finish(self, driver: _Driver) -> None:
        """It came up; if it was not wanted after all, as its bytes came under another name meanwhile, forget it."""
        if not self.is_taken:
            driver.drop(self.number)


def _key(found: Found) -> tuple[str, str]:
    return str(found.path), found.source


def _check(head: Mapping[str, Any]) -> None:
    """Raise what an answer says that is none."""
    if "refused" in head:
        raise ClusterError(f"the node {head['node']} of the Ray cluster is set up otherwise than this machine: "
                           f"{head['refused']}")  # fmt: skip
    if "error" in head:
        kind = getattr(errors, head["error"], ModelError)
        raise (kind if issubclass(kind, ModelError) else ModelError)(head["reason"])


class _Driver:
    """The process that uses Ray, and what is in flight through it."""

    def __init__(self, address: str, beat: Callable[[], object]) -> None:
        self._address = address
        self._beat = beat
        self.most_bytes = 0
        self.has: dict[str, int] = {}
        self._count = 0
        self._kinds: dict[int, tuple[Kind, int]] = {}  # of what is in flight, its kind and its size
        self._bytes: Counter[Kind] = Counter()
        self._answers: dict[int, tuple[dict[str, Any], bytes]] = {}
        self._dropped: set[int] = set()
        self._queue: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hybrid.ingest.cluster_driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": path},
        )
        self._reader = threading.Thread(target=self._read, name="hybrid-cluster", daemon=True)
        self._reader.start()
        self._write({"address": address}, b"")

    def hello(self) -> dict[str, Any]:
        """What the cluster says of itself when it is connected. Raises `ClusterError`."""
        until = time.monotonic() + _HELLO_S
        while (found := self._next()) is None:
            if time.monotonic() > until:
                self._process.kill()
                raise ClusterError(f"nothing at {self._address} answers as a Ray cluster does; {_LOOK_THERE}")
        return found[0]

    def fits(self, kind: Kind, size: int) -> bool:
        """Whether so many bytes may be sent now: files have one half of what may be in flight, all else the other, so
        that neither waits for the other."""
        used = sum(count for one, count in self._bytes.items() if (one == "load") == (kind == "load"))
        return used + size <= self.most_bytes // 2

    def ever_fits(self, size: int) -> bool:
        """Whether so many bytes may be sent when nothing else is in flight."""
        return size <= self.most_bytes // 2

    def send(self, kind: Kind, given: Mapping[str, Any], body: bytes, gpus: int = 0) -> int:
        """Have a task run. Returns its number, which is to be taken or dropped."""
        self._count += 1
        self._kinds[self._count] = kind, len(body)
        self._bytes[kind] += len(body)
        asked = {"id": self._count, "kind": kind, "gpus": gpus, "given": {**given, "environment": environment()}}
        self._write(asked, body)
        return self._count

    def take(self, number: int) -> tuple[dict[str, Any], bytes]:
        """The answer of a task. Raises `ClusterError` where there will be none, and what the beat raises."""
        while number not in self._answers:
            self._store(self._next())
        kind = self._kinds[number][0]
        self._release(number)
        head, body = self._answers.pop(number)
        if "again" in head:
            log_warning(_LOG, "cluster task ran again", task=kind, why=head["again"])
        return head, body

    def drop(self, number: int) -> None:
        """Forget a task; its answer is not wanted, and its bytes count until it is there."""
        if self._answers.pop(number, None) is None:
            self._dropped.add(number)
        else:
            self._release(number)

    def collect(self) -> None:
        """Take in the answers that are there, without waiting."""
        while not self._queue.empty():
            self._store(self._next())

    def close(self) -> None:
        """End the process, which ends what runs for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _store(self, found: tuple[dict[str, Any], bytes] | None) -> None:
        if found is None:
            return
        number = found[0]["id"]
        if number in self._dropped:
            self._dropped.remove(number)
            self._release(number)
        else:
            self._answers[number] = found

    def _release(self, number: int) -> None:
        kind, size = self._kinds.pop(number)
        self._bytes[kind] -= size

    def _next(self) -> tuple[dict[str, Any], bytes] | None:
        """The next message; ``None`` where there was none for a while, after the beat."""
        try:
            found = self._queue.get(timeout=_BEAT_S)
        except queue.Empty:
            self._beat()
            return None
        if found is None or "lost" in found[0]:
            why = found[0]["lost"] if found else f"Ray ended the process that uses it, status {self._process.wait()}"
            raise ClusterError(f"the Ray cluster at {self._address} was lost: {why}")
        if "failed" in found[0]:
            advice = "" if self.has else f"; {_LOOK_THERE}"
            raise ClusterError(f"the Ray cluster at {self._address} cannot be used: {found[0]['failed']}{advice}")
        self.has = found[0]["has"]
        return found

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            while (found := frames.receive(self._process.stdout)) is not None:
                self._queue.put(found)
        self._queue.put(None)

    def _write(self, head: Mapping[str, Any], body: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # of a process that ended; what waits for the answer says why
            frames.send(self._process.stdin, head, body)
