"""Meta-training under torchrun: several processes train as one does, go on with each other's checkpoints, and stop
together. Processes of the CPU over gloo; each test's are started once, and no test waits for a clock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import write_tiny_model

from hybrid.errors import ProcessLostError, SettingsError
from hybrid.settings.meta_training import InnerSettings, MetaTrainingSettings, OuterSettings
from hybrid.ttt import training
from hybrid.ttt.processes import Processes
from hybrid.ttt.training import CHECKPOINT, INITIAL_WEIGHTS, LOG, PLOT, meta_train

PROCESS = Path(__file__).with_name("training_process.py")
OUTER: dict[str, Any] = {
    "steps": 4, "sequence": 32, "accumulate": 6, "learning_rate": 1e-2, "warm_up": 1, "evaluate_every": 2,
    "evaluate_sequences": 3, "checkpoint_every": 2, "clip": 0,
}  # fmt: skip
ONE_STEP: dict[str, dict[str, Any]] = {
    "dynamic": {"steps": 1},
    "all": {"steps": 1, "trains": "all", "batch": 4, "accumulate": 1},
}
WAIT = 300  # seconds, on a machine however busy; a job takes a few


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    (folder / "texts").mkdir()
    (folder / "other").mkdir()
    for number in range(21):
        sentences = (f"clause {line} of agreement {number} ends in {line * 7 % 13} days. " for line in range(5))
        (folder / "texts" / f"{number:02}.md").write_text("".join(sentences))
    (folder / "other" / "0.md").write_text("".join(f"another text, line {line}. " for line in range(50)))
    write_tiny_model(folder)
    return folder


def settings(folder: Path, output: str, **outer: Any) -> MetaTrainingSettings:
    return MetaTrainingSettings(
        texts=folder / "texts", output=folder / output, model=str(folder / "tiny-llama"), dtype="float32",
        inner=InnerSettings(window=32, mini_batch=16), outer=OuterSettings(**OUTER | outer),
    )  # fmt: skip


def job(found: MetaTrainingSettings, **more: Any) -> dict[str, Any]:
    return {"settings": found.model_dump(mode="json"), **more}


class Ran(NamedTuple):
    code: int
    output: str
    found: list[list[dict[str, Any] | None]]  # by job and rank; None: of a process that wrote nothing


def torchrun(count: int, *arguments: str, restarts: int = 0) -> tuple[int, str]:
    options = ["--standalone", f"--nproc-per-node={count}", f"--max-restarts={restarts}"]
    command = [sys.executable, "-m", "torch.distributed.run", *options, *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=WAIT)
        return process.returncode, output
    finally:
        if process.poll() is None:
            process.terminate()  # it ends its processes
            process.wait(timeout=WAIT)


def run_jobs(folder: Path, name: str, count: int, *jobs: dict[str, Any], restarts: int = 0) -> Ran:
    path = folder / f"{name}.jobs.json"
    path.write_text(json.dumps(jobs))
    code, output = torchrun(count, str(PROCESS), str(path), restarts=restarts)
    written = [[path.with_name(f"{path.stem}.{n}.{rank}.json") for rank in range(count)] for n in range(len(jobs))]
    return Ran(code, output, [[json.loads(p.read_text()) if p.is_file() else None for p in row] for row in written])


@pytest.fixture(scope="module")
def two(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What two processes came to, by job and rank. A step has 6 sequences, so each of them computes 3 gradients."""
    meta_train(settings(folder, "seen-by-one", steps=2))
    jobs = {
        "dynamic": job(settings(folder, "two-dynamic", **ONE_STEP["dynamic"])),
        "all": job(settings(folder, "two-all", **ONE_STEP["all"])),
        "stopped": job(settings(folder, "stopped"), fault={"rank": 1, "call": 7, "kind": "diverged"}),
        "nan": job(settings(folder, "nan"), fault={"rank": 1, "call": 8, "kind": "nan"}),
        "spread": job(settings(folder, "spread", accumulate=3)),
        "outputs": job(
            settings(folder, "seen-by-one", steps=2), own={"1": {"output": str(folder / "seen-by-the-other")}}
        ),
        "texts": job(settings(folder, "texts-differ"), own={"1": {"texts": str(folder / "other")}}),
        "full": job(settings(folder, "full"), fault={"rank": 0, "call": 0, "kind": "full"}),
        "after": job(settings(folder, "after", steps=1)),
        "tensors": {},
    }
    ran = run_jobs(folder, "two", 2, *jobs.values())
    assert ran.code == 0, ran.output
    found = [[one for one in row if one is not None] for row in ran.found]
    assert all(len(row) == 2 for row in found), ran.output
    return dict(zip(jobs, found, strict=True))


def log(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / LOG).read_text().splitlines()]


# As one process does ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONE_STEP)
def test_two_processes_give_the_losses_and_meta_gradients_of_one(
    folder: Path, two: dict[str, list[dict[str, Any]]], name: str
) -> None:
    one = settings(folder, f"one-{name}", **ONE_STEP[name])
    result = meta_train(one)
    assert two[name][0]["losses"] == two[name][1]["losses"]
    assert two[name][0]["losses"] == pytest.approx([result.loss_before, result.loss_after], abs=1e-6)
    for line, wanted in zip(log(folder / f"two-{name}"), log(one.output), strict=True):
        for key in wanted.keys() - {"seconds"}:
            assert line[key] == pytest.approx(wanted[key], abs=1e-6), key
    ours, theirs = load_file(folder / f"two-{name}" / CHECKPOINT), load_file(one.output / CHECKPOINT)
    assert ours.keys() == theirs.keys()
    for key in [key for key in theirs if key.startswith("first.")]:  # AdamW's first moment: a tenth of the gradient
        torch.testing.assert_close(ours[key] * 10, theirs[key] * 10, atol=1e-6, rtol=0)
        assert theirs[key].abs().max() > 1e-5, key


def test_only_the_first_process_reports_and_writes(folder: Path, two: dict[str, list[dict[str, Any]]]) -> None:
    assert [one["steps"] for one in two["dynamic"]] == [[0, 1, 1], []]
    written = {path.name for path in (folder / "two-dynamic").iterdir()}
    assert written - {PLOT} == {CHECKPOINT, LOG, INITIAL_WEIGHTS}  # matplotlib draws the plot, where it is installed


def test_evaluation_sequences_are_spread_too(two: dict[str, list[dict[str, Any]]]) -> None:
    assert [one["evaluated"] for one in two["dynamic"]] == [4, 2]  # of 3 sequences, before and after the step


def test_each_process_keeps_its_rows_alone(two: dict[str, list[dict[str, Any]]]) -> None:
    """Three rows and one of two processes, before, while and after the whole is there; gradients are averaged."""
    first, second = (one["tensors"] for one in two["tensors"])
    assert first["rows"] == {"a.matrix": [[0.0, 1.0], [2.0, 3.0]], "one": [1.0]}
    assert second["rows"] == {"a.matrix": [[4.0, 5.0]], "one": []}
    for found in (first, second):
        assert found["whole"] == {"a.matrix": [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], "one": [1.0]}
        assert found["sharded"] == [True, True]
    assert first["gradient"] == {"a.matrix": [[0.5, 0.5], [0.5, 0.5]], "one": [0.5]}  # of 0 and 1, their ranks
    assert first["gathered"] == first["whole"]
    assert second["gathered"] == {"a.matrix": None, "one": None}


# Another number of processes --------------------------------------------------------------------------


def test_a_checkpoint_of_two_processes_is_gone_on_with_by_one_and_by_three(
    folder: Path, two: dict[str, list[dict[str, Any]]]
) -> None:
    assert all("step 3, process 1 of 2" in one["message"] for one in two["stopped"])
    whole, by_one, by_three = (settings(folder, output) for output in ("whole", "by-one", "by-three"))
    for later in (by_one, by_three):
        shutil.copytree(folder / "stopped", later.output)
    meta_train(whole)
    steps: list[int] = []
    meta_train(by_one, lambda line: steps.append(line["step"]))
    ran = run_jobs(folder, "three", 3, job(by_three))
    assert ran.code == 0, ran.output
    assert ran.found[0][0] is not None
    assert steps == ran.found[0][0]["steps"] == [3, 4, 4]  # from the checkpoint after step 2
    for later in (by_one, by_three):
        for line, wanted in zip(log(later.output), log(whole.output), strict=True):
            loss = "loss" if "loss" in wanted else "evaluation_loss"
            assert line[loss] == pytest.approx(wanted[loss], abs=1e-5)
        ours, theirs = load_file(later.output / CHECKPOINT), load_file(whole.output / CHECKPOINT)
        for key, tensor in theirs.items():
            assert torch.linalg.vector_norm(ours[key] - tensor) <= 1e-3 * torch.linalg.vector_norm(tensor), key


def test_a_run_goes_on_on_another_device(folder: Path) -> None:
    found = settings(folder, "device", steps=2)
    meta_train(found)
    again: list[int] = []
    meta_train(found.model_copy(update={"device": "cpu"}), lambda line: again.append(line["step"]))
    assert again == []


# Stopping together ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("stopped", "DivergedError", "step 3, process 1 of 2 (counted from 0): the inner loop diverged"),
        ("nan", "DivergedError", "the outer gradient is not finite at step 3; the last checkpoint stands"),
        ("full", "ModelError", "the checkpoint of step 2, process 0 of 2 (counted from 0): "),
        ("spread", "SettingsError", "outer.batch 1 times outer.accumulate 3 is 3 sequences a step"),
        ("spread", "SettingsError", "not spread evenly over 2 processes; set outer.accumulate to a multiple of 2"),
        ("outputs", "SettingsError", "has to be on a file system that every machine sees"),
        ("texts", "SettingsError", "other settings, texts or another model"),
    ],
)
def test_what_one_process_meets_stops_all_with_a_message_that_names_it(
    two: dict[str, list[dict[str, Any]]], name: str, error: str, said: str
) -> None:
    for one in two[name]:
        assert one["error"] == error
        assert said in one["message"]


def test_after_an_error_the_processes_can_train_again(two: dict[str, list[dict[str, Any]]]) -> None:
    assert all("losses" in one for one in two["after"])


@pytest.mark.parametrize("fault", ["killed", "terminated", "interrupted"])
def test_a_process_that_ends_before_its_time_ends_the_job_and_the_last_checkpoint_is_whole(
    folder: Path, fault: str
) -> None:
    found = settings(folder, fault)
    ran = run_jobs(folder, fault, 2, job(found, fault={"rank": 1, "call": 8, "kind": fault}))  # in step 3
    assert ran.code != 0
    survivor, ended = ran.found[0]
    if fault == "interrupted":  # what the caller interrupts is no error of the library's
        assert "KeyboardInterrupt" in ran.output
    else:
        assert survivor is not None, ran.output
        assert survivor["error"] == "ProcessLostError"
        assert f"the checkpoint of step 2 in {found.output} is whole" in survivor["message"]
    if fault == "terminated":
        assert ended is not None
        assert "told this process to end (SIGTERM)" in ended["message"]
    if fault == "killed":
        assert "Signal 9 (SIGKILL)" in ran.output
    assert not list(found.output.glob(".*partial"))
    steps: list[int] = []
    assert meta_train(found, lambda line: steps.append(line["step"])).steps == 4
    assert steps == [3, 4, 4]


def test_torchrun_starts_a_job_again_from_the_checkpoint(folder: Path) -> None:
    found = settings(folder, "again")
    # The fault is of the first start alone: the second has but six gradients to compute.
    ran = run_jobs(folder, "again", 2, job(found, fault={"rank": 1, "call": 8, "kind": "killed"}), restarts=1)
    assert ran.code == 0, ran.output
    assert ran.found[0][0] is not None
    assert ran.found[0][0]["steps"] == [3, 4, 4]


def test_the_command_runs_under_torchrun_and_one_process_prints(folder: Path) -> None:
    toml = folder / "run.toml"
    lines = ['texts = "texts"', 'output = "command"', f'model = "{folder / "tiny-llama"}"', 'dtype = "float32"']
    toml.write_text(
        "\n".join([*lines, "[inner]", "window = 32", "mini_batch = 16", "[outer]", "steps = 1", "sequence = 32"])
    )
    code, output = torchrun(2, "-m", "hybrid.cli", "meta-train", str(toml))
    assert code == 0, output
    assert output.count(f"wrote {folder / 'command' / INITIAL_WEIGHTS} after 1 step") == 1
    assert output.count('"step": 1, "loss"') == 1


def test_the_error_names_the_checkpoint_that_the_next_job_goes_on_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = training.meta_gradients

    def lost_at(call: int) -> str:
        left = iter(range(call - 1))

        def gradients(*arguments: Any, **options: Any) -> Any:
            if next(left, None) is None:
                raise ProcessLostError("another of the 2 processes ended")
            return right(*arguments, **options)

        monkeypatch.setattr(training, "meta_gradients", gradients)
        with pytest.raises(ProcessLostError) as caught:
            meta_train(settings(folder, "lost"))
        return str(caught.value)

    assert "there is no checkpoint yet, and the same command begins again" in lost_at(call=7)  # in step 2
    assert "the checkpoint of step 2 in" in lost_at(call=13)
    assert "the checkpoint of step 2 in" in lost_at(call=1)  # after it was read


# One process alone ------------------------------------------------------------------------------------


def test_processes_share_the_gpus_of_a_machine_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Processes(3, 4, local_rank=1).device("cuda:0") == torch.device("cuda:1")
    assert Processes(3, 4, local_rank=1).device("cpu") == torch.device("cpu")
    assert Processes().device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(SettingsError, match=r"process 2 of this machine has no GPU: there are 2; start at most 2"):
        Processes(2, 4, local_rank=2).device("cuda:0")
