"""Volumes adapted by several processes of one machine: ``python -m hybrid.ingest.workers`` is one of them.

A process reads JSON lines: first the memory's settings, then a volume's tokens and exercises each. It answers each
volume with a JSON line and the length of a safetensors file that follows it. No process is forked, so no thread or lock
of the caller's is copied, and a script needs no ``if __name__ == "__main__"``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import IO, Any

from hybrid.errors import CorpusError, ModelError
from hybrid.settings import MemorySettings
from hybrid.types.reports import VolumeReport
from hybrid.types.study import Exercise

Adapted = tuple[Mapping[str, Any], str, VolumeReport]
"""A volume's tensors, the sha256 of them, and what it gained."""
_ENDED = (
    "a process that adapts volumes ended before its time ({}); the volumes that were finished are committed: ingest "
    "again to go on, with fewer workers if memory was short"
)


class Worker:
    """One process with a model of its own.

    Args:
        settings: of the memory, with the step that its inner loop takes.
        threads: of the process's arithmetic.
        number: of this process, from 0: where the settings leave open which GPU of several, they take them in turn.
    """

    def __init__(self, settings: MemorySettings, threads: int, number: int = 0) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), **_gpu_of(number, settings.device)}
        command = [sys.executable, "-m", "hybrid.ingest.workers"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._send(settings.model_dump(mode="json"))

    def adapt(self, tokens: Sequence[int], exercises: Sequence[Exercise] = ()) -> Adapted:
        """A volume's tensors, their sha256 and its report. Raises `CorpusError` if the process has ended, and
        `ModelError` for what it raised."""
        from safetensors.torch import load

        self._send({"tokens": list(tokens), "exercises": list(exercises)})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise CorpusError(_ENDED.format(f"exit status {self._process.wait()}"))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ModelError(answer["error"])
        tensors = load(self._process.stdout.read(answer["bytes"]))
        return tensors, answer["sha256"], VolumeReport.model_validate(answer["report"])

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        with suppress(OSError):
            self._process.communicate()

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(value).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise CorpusError(_ENDED.format(error.strerror)) from error


def adapted_by_workers(
    settings: MemorySettings, volumes: Iterable[tuple[int, Sequence[int], Sequence[Exercise]]], workers: int
) -> Iterator[tuple[int, Adapted]]:
    """The number of each volume and what it was adapted to, in the order in which they are finished.

    ``workers`` processes share the machine's cores. Leaving the iterator ends them. ``volumes``, a number, tokens and
    exercises each, are taken one by one as processes become free.

    Raises `CorpusError` where a process ends before its time.
    """
    threads = max(1, (os.cpu_count() or 1) // workers)
    coming = iter(volumes)
    free: list[Worker] = []
    busy: dict[Future[Adapted], tuple[int, Worker]] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="hybrid-volume") as pool:
        try:
            while True:
                while len(busy) < workers and (volume := next(coming, None)) is not None:
                    worker = free.pop() if free else Worker(settings, threads, len(busy))
                    busy[pool.submit(worker.adapt, *volume[1:])] = volume[0], worker
                if not busy:
                    return
                done, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in done:
                    number, worker = busy[future]
                    found = future.result()  # before it is free again: the process of one that failed is ended below
                    del busy[future]
                    free.append(worker)
                    yield number, found
        finally:
            for worker in (*free, *(worker for _, worker in busy.values())):
                worker.close()  # so that threads that wait for an answer go on, and end


def _gpu_of(number: int, device: str) -> dict[str, str]:
    """The variable by which a process sees one GPU of several; empty where it has no choice to make."""
    if device not in ("auto", "cuda"):
        return {}
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count < 2:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(gpu) for gpu in range(count)]
    return {"CUDA_VISIBLE_DEVICES": names[number % count]}


def main(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer one request after the other until there are no more."""
    from safetensors.torch import save

    from hybrid.errors import HybridError
    from hybrid.ttt.memory import MemoryModel

    model: MemoryModel | None = None
    for line in requests:
        try:
            if model is None:
                model = MemoryModel.load(MemorySettings.model_validate(json.loads(line)))
                continue
            given = json.loads(line)
            exercises = [Exercise(*one) for one in given["exercises"]]
            tensors, sha256, report = model.adapt_volume(given["tokens"], None, exercises)
        except HybridError as error:
            answers.write(json.dumps({"error": str(error)}).encode() + b"\n")
            answers.flush()
            return
        stored = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
        facts = {"bytes": len(stored), "sha256": sha256, "report": report.model_dump(mode="json")}
        answers.write(json.dumps(facts).encode() + b"\n" + stored)
        answers.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):  # the parent has been told already
        main(sys.stdin.buffer, sys.stdout.buffer)
