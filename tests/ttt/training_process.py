"""One process of several that tests start by torchrun: it meta-trains for each job of a JSON file, one after the other,
and writes what came of each to a file of its own beside that.

A job has ``settings``; it may have ``own``, further settings by rank, and a ``fault``: what happens in the process
``rank`` at its ``call`` to compute gradients.
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

from hybrid.errors import DivergedError, HybridError
from hybrid.settings.meta_training import MetaTrainingSettings
from hybrid.ttt import training
from hybrid.ttt.processes import joined_processes


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


def main(path: Path) -> None:
    with joined_processes() as processes:
        for number, job in enumerate(json.loads(path.read_text())):
            settings = job["settings"] | job.get("own", {}).get(str(processes.rank), {})
            steps: list[int] = []
            found: dict[str, Any]
            try:
                with failing(job.get("fault", {}), processes.rank):
                    result = training.meta_train(
                        MetaTrainingSettings.model_validate(settings),
                        lambda line, into=steps: into.append(line["step"]),
                    )
                found = {"losses": [result.loss_before, result.loss_after]}
            except HybridError as error:
                found = {"error": type(error).__name__, "message": str(error)}
            said = json.dumps(found | {"steps": steps})
            path.with_name(f"{path.stem}.{number}.{processes.rank}.json").write_text(said)
            if found.get("error") == "ProcessLostError":
                sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
