"""A writer that is killed at any step loses nothing that was there, and the same work again completes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hybrid.stores import failpoints

pytestmark = pytest.mark.sqlite

HERE = Path(__file__).parent


def killed(folder, *arguments):
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    paths = os.pathsep.join([str(HERE.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = subprocess.run(
        [sys.executable, HERE / "kills.py", folder, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def lost(found):
    return [one for one in found if one["wrong"] or not (one["held"] and one["answered"] and one["done"])]


def test_a_kill_at_each_failpoint_loses_nothing_and_the_next_ingest_completes(tmp_path):
    found = killed(tmp_path)
    assert [one["at"] for one in found] == list(failpoints.NAMES)
    assert len(found) >= 25
    assert {one["ended"] for one in found} == {-signal.SIGKILL}  # each is reached
    assert lost(found) == []


@pytest.mark.slow
def test_200_kills_at_random_moments_lose_nothing(tmp_path):
    found = killed(tmp_path, 200, 17)
    assert len(found) == 200
    assert {one["ended"] for one in found} <= {-signal.SIGPROF, 0}
    assert sum(one["ended"] != 0 for one in found) > 120
    assert lost(found) == []


def test_the_environment_names_a_failpoint_and_the_time_that_it_counts(tmp_path):
    reached = "f.reach('commit.begun')"
    script = f"from hybrid.stores import failpoints as f\n{reached}\nprint('once', flush=True)\n{reached}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, failpoints.VARIABLE: "commit.begun:2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "once\n")
