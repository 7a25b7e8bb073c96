"""What is left of a corpus when its writer is killed: run by test_kills.py, in a process of its own.

python kills.py FOLDER                  each failpoint in turn
python kills.py FOLDER RUNS SEED        at random moments, by the time of CPU that the work takes
Prints a JSON object for each kill.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import faiss
import torch
from old_catalog import to_version_4
from tiny_model import tiny_settings

from hybrid import Corpus, Settings, _runtime
from hybrid.settings import LogSettings
from hybrid.stores import failpoints
from hybrid.stores.database import connect

LEASE = "The lease agreement of house {0} ends on {0} May 2031. " * 4
MIGRATION = ("migration.begun", "migration.upgraded")


def work(directory: Path, docs: Path) -> None:
    """Documents come, change and go; each step is in the log."""
    with Corpus.open(directory) as corpus:
        corpus.ingest(docs / "new", docs / "changed.txt")
        corpus.remove(str(docs / "old.txt"))


def names(corpus: Corpus) -> set[str]:
    return {Path(one.source).name for one in corpus.documents()}


def child(directory: Path, docs: Path, prepare) -> int:
    """How a process that does the work ended: a signal's number, negative, or its exit code."""
    pid = os.fork()
    if not pid:
        try:
            _runtime._Models.lost = False  # every library has one thread here, which fork copies
            prepare()
            work(directory, docs)
        except BaseException:  # noqa: BLE001 - the parent looks at the code
            import traceback

            traceback.print_exc()
            os._exit(9)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def looked_at(directory: Path, docs: Path) -> dict[str, object]:
    """What is there after a kill, and after the same work again."""
    with Corpus.open(directory, create=False) as corpus:
        found = names(corpus)
        wrong = [str(one) for one in corpus.check().problems if one.part != "deletion"]
        answer = corpus.ask("When does the lease agreement of house 1 end?", route="lookup").text
        held = {"kept.txt", "changed.txt"} <= found <= {"kept.txt", "changed.txt", "old.txt", "new.txt", "bad.txt"}
        log = corpus.check_log().problems
        corpus.ingest(docs / "new", docs / "changed.txt")
        if "old.txt" in names(corpus):
            corpus.remove(str(docs / "old.txt"))
        done = names(corpus) == {"kept.txt", "changed.txt", "new.txt"} and corpus.check().whole
        memory = corpus.status().memory
        log = [one for one in log if "ends within" not in one]  # what was being written, and is mended
        wrong += [f"log: {one}" for one in (*log, *corpus.check_log().problems)]
    return {"held": held, "wrong": wrong, "answered": "1 May 2031" in answer, "done": done and memory == "ready"}


def base(folder: Path) -> tuple[Path, Path]:
    docs = folder / "docs"
    (docs / "new").mkdir(parents=True)
    for number, name in enumerate(("kept", "old", "changed"), 1):
        (docs / f"{name}.txt").write_text(LEASE.format(number))
    (docs / "new" / "new.txt").write_text(LEASE.format(4))
    (docs / "new" / "bad.txt").write_bytes(b"\x00\x01\x02 damaged")
    settings = Settings(
        memory=tiny_settings(folder, volume_tokens=300),
        log=LogSettings(events=("ingest", "removal", "answer"), text="full"),
    )
    with Corpus.open(folder / "whole", settings) as corpus:
        corpus.ingest(docs / "kept.txt", docs / "old.txt", docs / "changed.txt")
        corpus.ask("When does the lease agreement of house 2 end?", route="lookup")
    (docs / "changed.txt").write_text(LEASE.format(5))
    return folder / "whole", docs


def main(folder: Path, runs: int, seed: int) -> None:
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    whole, docs = base(folder)
    with Corpus.open(whole) as models:  # loaded once, for all children
        models.ask("When does the lease agreement of house 1 end?")
        older = shutil.copytree(whole, folder / "older")
        with Corpus.open(older) as corpus, connect(corpus._catalog._engine, write=True) as connection:
            to_version_4(connection)
        if not runs:
            for name in failpoints.NAMES:
                directory = shutil.copytree(older if name in MIGRATION else whole, folder / name)
                ended = child(directory, docs, lambda name=name: failpoints.arm(failpoints.kill_at(name)))
                print(json.dumps({"at": name, "ended": ended, **looked_at(directory, docs)}), flush=True)
                shutil.rmtree(directory)
            return
        began = os.times()
        whole_run = shutil.copytree(whole, folder / "timed")
        assert child(whole_run, docs, lambda: None) == 0
        ended = os.times()
        takes = ended.children_user + ended.children_system - began.children_user - began.children_system
        chosen = random.Random(seed)
        for run in range(runs):
            directory = shutil.copytree(older if run % 10 == 9 else whole, folder / f"run-{run}")
            moment = chosen.uniform(0.001, takes * 1.1)
            ended = child(directory, docs, lambda moment=moment: signal.setitimer(signal.ITIMER_PROF, moment))
            print(json.dumps({"at": moment, "ended": ended, **looked_at(directory, docs)}), flush=True)
            shutil.rmtree(directory)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(one) for one in (*sys.argv[2:], 0, 0)[:2]))
