"""One process of several that tests start by torchrun: it meta-trains for each job of a JSON file, one after the other,
and writes what came of each to a file of its own beside that.

A job has ``settings``; it may have ``own``, further settings by rank, and a ``fault``: what happens in the process
``rank`` at its ``call`` to compute gradients. One without anything shards a few tensors, and says what it sees of them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from hybrid.cli.torchrun import sigterm_as_error
from hybrid.errors import DivergedError, HybridError
from hybrid.settings.meta_training import MetaTrainingSettings
from hybrid.ttt import training
from hybrid.ttt.processes import Processes, joined_processes
from hybrid.ttt.trained_tensors import TrainedTensors, local


@contextmanager
def failing(fault: dict[str, Any], rank: int) -> Iterator[None]:
    right, save, calls = training.meta_gradients, training.save_file, 0

    def gradients(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        run, found = right(*arguments, **options)
        if calls == fault["call"]:
            match fault["kind"]:
                case "nan":
                    found["dynamic.0.norm"] = torch.full_like(found["dynamic.0.norm"], float("nan"))
                case "diverged":
                    raise DivergedError("the inner loop diverged at mini-batch 2")
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "terminated":
                    signal.raise_signal(signal.SIGTERM)
                case "interrupted":  # Ctrl-C reaches torchrun, which passes it on
                    os.kill(os.getppid(), signal.SIGINT)
                    while True:
                        signal.pause()
        return run, found

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if fault.get("rank") != rank:
        yield
        return
    training.meta_gradients = gradients
    training.save_file = full if fault["kind"] == "full" else save
    try:
        yield
    finally:
        training.meta_gradients, training.save_file = right, save


def tensors_of(processes: Processes) -> dict[str, Any]:
    """What a process sees of tensors that are sharded."""
    tensors = TrainedTensors({"a.matrix": torch.arange(6.0).reshape(3, 2), "one": torch.ones(1)})
    tensors.shard(processes, torch.device("cpu"))
    found: dict[str, Any] = {"rows": {name: local(t).tolist() for name, t in tensors.shards.items()}}
    with tensors.whole() as whole:
        found["whole"] = {name: t.tolist() for name, t in whole.items()}
    found["sharded"] = [type(t).__name__ == "DTensor" for t in tensors.parameters()]
    tensors.differentiate(lambda whole: (None, {n: torch.full_like(t, processes.rank) for n, t in whole.items()}))
    found["gradient"] = {name: local(t.grad).tolist() for name, t in tensors.shards.items() if t.grad is not None}
    gathered = {name: tensors.gathered(t) for name, t in tensors.shards.items()}
    return found | {"gathered": {name: None if t is None else t.tolist() for name, t in gathered.items()}}


def train(job: dict[str, Any], rank: int) -> dict[str, Any]:
    """The losses of a run or its error, the steps that it reported, and how many sequences this process evaluated."""
    settings = MetaTrainingSettings.model_validate(job["settings"] | job.get("own", {}).get(str(rank), {}))
    steps: list[int] = []
    evaluated = 0
    right = training.run_inner_loop

    def counted(*arguments: Any) -> Any:
        nonlocal evaluated
        evaluated += 1
        return right(*arguments)

    training.run_inner_loop = counted
    try:
        with sigterm_as_error(), failing(job.get("fault", {}), rank):
            result = training.meta_train(settings, lambda line: steps.append(line["step"]))
        return {"losses": [result.loss_before, result.loss_after], "steps": steps, "evaluated": evaluated}
    except HybridError as error:
        return {"error": type(error).__name__, "message": str(error), "steps": steps}
    finally:
        training.run_inner_loop = right


def main(path: Path) -> None:
    with joined_processes() as processes:
        for number, job in enumerate(json.loads(path.read_text())):
            found = train(job, processes.rank) if job else {"tensors": tensors_of(processes)}
            path.with_name(f"{path.stem}.{number}.{processes.rank}.json").write_text(json.dumps(found))
            if found.get("error") == "ProcessLostError":
                sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
