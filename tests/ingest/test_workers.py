"""Volumes that several processes adapt are those that one adapts, and a process that dies costs one volume."""

from __future__ import annotations

import os
import signal
import threading

import pytest
import torch
from click.testing import CliRunner
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.cli import main
from hybrid.errors import CorpusError, InputError
from hybrid.ingest import workers

TEXT = "The captain of ship {} sold the salt and went home again with {} barrels. "


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "files"
    path.mkdir()
    for number in range(5):
        (path / f"{number}.txt").write_text(TEXT.format(number, 7 * number) * 6)
    return path


def corpus_of(tmp_path, name):
    return Corpus.open(tmp_path / name, Settings(memory=tiny_settings(tmp_path, volume_tokens=500)))


def hashes(corpus):
    return {volume.sources: volume.tensors_sha256 for volume in corpus.training().volumes}


def test_two_processes_give_the_same_volumes_as_none(tmp_path, folder):
    alone, together = corpus_of(tmp_path, "alone"), corpus_of(tmp_path, "together")
    alone.ingest(folder)
    report = together.ingest(folder, workers=2)
    assert report.memory == "ready"
    assert hashes(together) == hashes(alone)
    assert len(hashes(alone)) == 5


def test_a_process_that_is_killed_costs_its_volume_and_the_next_ingest_goes_on(tmp_path, folder, monkeypatch):
    corpus = corpus_of(tmp_path, "corpus")
    adapt, count = workers.Worker.adapt, []
    lock = threading.Lock()

    def killing(self, *given):
        with lock:
            count.append(1)
            if len(count) == 4:
                os.kill(self._process.pid, signal.SIGKILL)
                self._process.wait()
        return adapt(self, *given)

    monkeypatch.setattr(workers.Worker, "adapt", killing)
    with pytest.raises(CorpusError, match="ended before its time"):
        corpus.ingest(folder, workers=2)
    monkeypatch.undo()
    done = hashes(corpus)
    assert 2 <= len(done) < 5
    assert corpus.status().memory == "behind"
    assert corpus.ingest(folder).memory == "ready"
    assert done.items() < hashes(corpus).items()


def test_no_process_is_left_when_the_work_is_interrupted(tmp_path, folder, monkeypatch):
    corpus = corpus_of(tmp_path, "corpus")
    started = []
    begin = workers.Worker.__init__

    def noted(self, *arguments):
        begin(self, *arguments)
        started.append(self._process)

    monkeypatch.setattr(workers.Worker, "__init__", noted)

    def interrupt(stage, done, total, detail):
        if stage == "memory" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpus.ingest(folder, workers=2, progress=interrupt)
    assert started
    assert all(process.poll() is not None for process in started)
    assert len(hashes(corpus)) >= 1


@pytest.mark.parametrize("wrong", [0, 65, True, 1.5, "2"])
def test_a_wrong_number_of_workers_is_refused(tmp_path, folder, wrong):
    with pytest.raises(InputError, match="workers"):
        corpus_of(tmp_path, "corpus").ingest(folder, workers=wrong)


def test_what_a_process_raises_is_raised_here(tmp_path):
    settings = tiny_settings(tmp_path)
    worker = workers.Worker(settings.model_copy(update={"window": 32}), 1)
    try:
        with pytest.raises(Exception, match="token ids"):
            worker.adapt([10**6])
    finally:
        worker.close()


@pytest.mark.parametrize(
    ("visible", "device", "seen"),
    [
        (None, "auto", ["0", "1", "0"]),
        ("5,7", "cuda", ["5", "7", "5"]),
        (None, "cuda:1", [None, None, None]),
        (None, "cpu", [None, None, None]),
    ],
)
def test_processes_take_the_gpus_of_a_machine_in_turn(monkeypatch, visible, device, seen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = [workers._gpu_of(number, device).get("CUDA_VISIBLE_DEVICES") for number in range(3)]
    assert found == seen


def test_each_process_that_is_started_has_the_next_number(tmp_path, folder, monkeypatch):
    asked = []
    monkeypatch.setattr(workers, "_gpu_of", lambda number, device: asked.append(number) or {})
    assert corpus_of(tmp_path, "corpus").ingest(folder, workers=2).memory == "ready"
    assert asked == [0, 1]


@pytest.mark.parametrize(("given", "workers"), [([], 2), (["--workers", "3"], 3)], ids=["torchrun", "option"])
def test_under_torchrun_the_first_process_ingests_with_as_many_as_were_started(
    tmp_path, folder, monkeypatch, given, workers
):
    corpus = corpus_of(tmp_path, "corpus")
    ingest, seen = Corpus.ingest, []

    def noted(self, *inputs, **options):
        seen.append(options["workers"])
        return ingest(self, *inputs, **options | {"workers": 1})

    monkeypatch.setattr(Corpus, "ingest", noted)
    command = ["ingest", str(corpus.directory), str(folder), *given]
    for rank in ("1", "0"):
        started = {"TORCHELASTIC_RUN_ID": "none", "RANK": rank, "LOCAL_WORLD_SIZE": "2"}
        assert CliRunner().invoke(main, command, env=started).exit_code == 0
    assert seen == [workers]
