"""What the parts share: device, timing, rows of results written as they come, and work on several cores."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Context:
    """How a part runs.

    Args:
        out: the file that the part's rows are appended to, one JSON object a line.
        ends: when the part has to be done, in seconds of `time.time`.
        shard, shards: which share of the work this process does, where it is spread over several.
    """

    part: str
    device: torch.device
    quick: bool
    out: Path
    ends: float
    shard: int = 0
    shards: int = 1

    @property
    def gpu(self) -> bool:
        """Whether this is a real run, and no rehearsal on a CPU."""
        return self.device.type == "cuda"

    @property
    def left(self) -> float:
        """Seconds."""
        return self.ends - time.time()

    def row(self, **facts: Any) -> None:
        """Write one result, to the file and to the log."""
        text = json.dumps({"part": self.part, **facts})
        with self.out.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        print(text, flush=True)

    def attempt(self, work: Callable[[], None], **facts: Any) -> bool:
        """Do it, unless the time is up; what goes wrong becomes a row with an ``error`` and costs only itself."""
        if self.left <= 0:
            self.row(**facts, error="not measured: the part's time was up")
            return False
        try:
            work()
        except Exception as error:  # noqa: BLE001 - any failure is a result here
            self.row(
                **facts,
                error=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}",
            )
            return False
        finally:
            self.free()
        return True

    def free(self) -> None:
        """Give back what the last piece of work held."""
        gc.collect()
        if self.gpu:
            torch.cuda.empty_cache()

    def wait(self) -> None:
        """For the device to be done."""
        if self.gpu:
            torch.cuda.synchronize()

    def milliseconds(
        self, variant: Work, *, rounds: int = 10, warm: int = 2, limit: float = 2.0, queued: bool = False
    ) -> float:
        """The median of a few runs, by the device's own clock; fewer of them where ``limit`` seconds are over.

        ``queued``: the device is kept busy until the work is launched, so that what is timed is the work and not the
        launch.
        """
        if self.quick:
            rounds, warm = min(rounds, 3), 1
        for _ in range(warm):
            variant()
        self.wait()
        found: list[float] = []
        began = time.perf_counter()
        while len(found) < rounds and (len(found) < 1 or time.perf_counter() - began < limit):
            found.append(self._once(variant, queued))
        return statistics.median(found)

    def _once(self, variant: Work, queued: bool) -> float:
        if not self.gpu:
            began = time.perf_counter()
            variant()
            return 1e3 * (time.perf_counter() - began)
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        if queued:
            torch.cuda._sleep(4_000_000)  # cycles: about 2 ms
        start.record()
        variant()
        end.record()
        end.synchronize()
        return start.elapsed_time(end)

    def peak_mib(self, variant: Work) -> float | None:
        """Memory taken at most beyond what was held before."""
        if not self.gpu:
            return None
        self.wait()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        variant()
        self.wait()
        return (torch.cuda.max_memory_allocated() - before) / 2**20

    def on_every_core(self, processes: int, share: float = 1.0) -> None:
        """Run this part again in so many processes, each with its share, for a share of the part's time at most."""
        ends = time.time() + share * self.left
        command = [
            sys.executable,
            "-m",
            "gpu",
            "--run",
            self.part,
            "--device",
            str(self.device),
            "--out",
            str(self.out),
        ]
        command += ["--ends", str(ends), "--shards", str(processes)] + ["--quick"] * self.quick
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        running = [subprocess.Popen([*command, "--shard", str(number)], env=environment) for number in range(processes)]
        for process in running:
            try:
                code = process.wait(timeout=max(1.0, ends + 2 - time.time()))
                if code:
                    self.row(error=f"a process of this part ended with {code}")
            except subprocess.TimeoutExpired:
                process.kill()
                self.row(error="a process of this part ran out of time")

    def share(self, work: Sequence[Any]) -> Sequence[Any]:
        """This process's part of a list."""
        return work[self.shard :: self.shards]


def processes(gpu: bool) -> int:
    """How many processes compile side by side."""
    return max(1, min(16, os.cpu_count() or 2)) if gpu else 1


def relative_error(found: torch.Tensor, right: torch.Tensor) -> float:
    """‖found - right‖ / ‖right‖ in float64; of zeros, the plain norm of what was found."""
    norm = right.double().norm()
    lost = (found.double() - right.double()).norm()
    return float(lost / norm if norm > 0 else lost)
