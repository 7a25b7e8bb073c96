"""The process that talks to a Ray cluster for an ingest: ``python -m hybrid.ingest.cluster_driver``.

Ray ends a process that has lost its cluster, without an exception, and writes to its output; here that costs neither
the corpus nor the user's screen. Requests and answers are `hybrid.ingest.frames` on standard input and output: first
the address, then tasks. When the input ends, so do the tasks that are running.

A task whose worker or node dies is run again, at last with no other task of this ingest beside it, so that what is
given up has not died of its neighbours.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from hybrid.ingest import frames
from hybrid.ingest.cluster_tasks import on_node

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to Ray's makers
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # nodes have their own environment; nothing is uploaded to them
}
"""What this process is started with."""
CRASHES, LOSSES = 3, 5
"""Worker processes that a task may cost, and nodes that may be lost under it, until it is given up."""
PATIENCE_S = 60.0
"""How long a cluster may have no node that computes: nodes that were lost are started again in that time, or not."""
_CONNECT_S = 5.0
_LOOK_S = 5.0  # between two looks at what the cluster has


@dataclass
class _Task:
    number: int
    kind: str
    gpus: int
    given: str
    body: Any  # where the bytes are in Ray's object store
    crashes: int = 0
    losses: int = 0
    why: str = ""


class _Cluster:
    """The tasks that run, and those that wait to."""

    def __init__(self, ray: Any, answers: IO[bytes]) -> None:
        self._ray = ray
        self._answers = answers
        self._remote = ray.remote(on_node)
        self._running: dict[int, tuple[_Task, Any]] = {}  # by number, with what Ray knows it by
        self._waiting: deque[_Task] = deque()
        self._last_tries: deque[_Task] = deque()  # each runs alone
        self._alone = False
        self._idle_since: float | None = None  # since when no node computes
        self._looked_at = 0.0
        self._has: dict[str, int] = {}

    def run(self, events: queue.Queue[Any]) -> None:
        """Run what comes until the requests end."""
        while True:
            try:
                event = events.get(timeout=_LOOK_S)
            except queue.Empty:
                event = ()
            if event is None:
                break
            if len(event) == 2 and isinstance(event[1], Future):
                self._ended(*event)
            elif event:
                head, body = event
                put = self._ray.put(body)
                task = _Task(head["id"], head["kind"], head["gpus"], json.dumps(head["given"]), put)
                self._waiting.append(task)
            self._start(events)
            self._check_capacity()
        for _, reference in self._running.values():
            self._ray.cancel(reference, force=True)

    def _start(self, events: queue.Queue[Any]) -> None:
        if self._alone and self._running:
            return
        self._alone = False
        if self._last_tries:
            if not self._running:
                self._alone = True
                self._submit(self._last_tries.popleft(), events)
            return
        while self._waiting:
            self._submit(self._waiting.popleft(), events)

    def _submit(self, task: _Task, events: queue.Queue[Any]) -> None:
        options = {"num_cpus": 1, "num_gpus": task.gpus, "max_retries": 0, "scheduling_strategy": "SPREAD"}
        reference = self._remote.options(**options).remote(task.kind, task.given, task.body)
        self._running[task.number] = task, reference
        reference.future().add_done_callback(lambda future: events.put((task, future)))

    def _ended(self, task: _Task, future: Future[Any]) -> None:
        known = self._ray.exceptions
        del self._running[task.number]
        try:
            said, body = future.result()
        except (known.NodeDiedError, known.ObjectLostError) as error:
            task.losses += 1
            self._again(task, error)
        except (known.WorkerCrashedError, known.OutOfMemoryError) as error:
            task.crashes += 1
            self._again(task, error)
        else:
            head = json.loads(said)
            if "exhausted" not in head:
                self._answer(task, head, body)
                return
            task.crashes += 1
            self._again(task, f"{head['exhausted']} on {head['node']}")

    def _again(self, task: _Task, why: object) -> None:
        task.why = str(why).partition("\n")[0][:300].rstrip(". ")
        if task.crashes >= CRASHES or task.losses >= LOSSES:
            times = f"{task.crashes + task.losses} times"
            self._answer(task, {"gave_up": f"it ended its worker process {times}, the last time so: {task.why}"}, b"")
        elif task.crashes == CRASHES - 1:
            self._last_tries.append(task)
        else:
            self._waiting.append(task)

    def _answer(self, task: _Task, head: dict[str, Any], body: bytes) -> None:
        again = {"again": task.why} if task.why else {}
        frames.send(self._answers, {**head, **again, "id": task.number, "has": self.has()}, body)

    def has(self) -> dict[str, int]:
        """Cores and GPUs of the nodes that are alive, and the bytes of the smallest object store among them."""
        now = time.monotonic()
        if not self._has or now - self._looked_at > _LOOK_S:
            nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
            cpus, gpus = (int(sum(node.get(name, 0) for node in nodes)) for name in ("CPU", "GPU"))
            store = min(
                (int(node["object_store_memory"]) for node in nodes if "object_store_memory" in node), default=0
            )
            self._has, self._looked_at = {"cpus": cpus, "gpus": gpus, "store": store}, now
        return self._has

    def _check_capacity(self) -> None:
        """Raises `_NoNodeError` where tasks wait for nodes that do not come."""
        wanted = {"gpus" if task.gpus else "cpus" for task, _ in self._running.values()}
        if all(self.has()[name] for name in wanted):
            self._idle_since = None
            return
        self._idle_since = self._idle_since or time.monotonic()
        if time.monotonic() - self._idle_since > PATIENCE_S:
            what = "GPU" if wanted == {"gpus"} else "CPU"
            raise _NoNodeError(f"no node of it has had a {what} for {PATIENCE_S:.0f} seconds")


class _NoNodeError(Exception):
    """Nothing can run."""


def _connected(address: str) -> Any:
    """Ray, connected. Raises whatever Ray raises, and `OSError` where nothing listens."""
    if ":" in address:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=False)
    return ray


def _reports_usage() -> bool:
    """Whether the cluster reports statistics of its use to Ray's makers, as far as this version of Ray says so."""
    with suppress(ImportError, AttributeError, TypeError):
        from ray._common.usage import usage_lib
        from ray._private import worker

        known = usage_lib.get_cluster_metadata(worker.global_worker.gcs_client)
        return "session_start_timestamp_ms" in (known or {})  # one of what is recorded only to be reported
    return False


def main(requests: IO[bytes], answers: IO[bytes]) -> int:
    """Connect, say what the cluster has, and run tasks until the requests end."""
    first = frames.receive(requests)
    if first is None:
        return 0
    try:
        ray = _connected(first[0]["address"])
        cluster = _Cluster(ray, answers)
        frames.send(answers, {"has": cluster.has(), "reports_usage": _reports_usage()})
    except Exception as error:  # noqa: BLE001 - of Ray's many, whose names are no promise
        frames.send(answers, {"failed": _shown(error)})
        return 1
    events: queue.Queue[Any] = queue.Queue()

    def read() -> None:
        while (request := frames.receive(requests)) is not None:
            events.put(request)
        events.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        cluster.run(events)
    except Exception as error:  # noqa: BLE001 - as above
        lost = (ray.exceptions.LocalRayletDiedError, ray.exceptions.RaySystemError, ConnectionError)
        frames.send(answers, {"lost" if isinstance(error, lost) else "failed": _shown(error)})
        return 1
    finally:
        ray.shutdown()
    return 0


def _shown(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' ... '.join([*lines[:1], *lines[1:][-1:]])[:600]}".rstrip(". ")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the process that asks, which ends this one
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what Ray prints is no answer
    with suppress(BrokenPipeError):
        sys.exit(main(os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0), answers))
