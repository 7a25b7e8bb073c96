"""A disk that is full or fails, at every write in turn: the errors are hybrid's own, and nothing committed is lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite

HERE = Path(__file__).parent


def outcomes(folder, every):
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and Linux")
    library = folder / "faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, HERE / "faults.c", "-ldl"], check=True)
    (folder / "work").mkdir()
    done = subprocess.run(
        [sys.executable, HERE / "failing_disk.py", library, folder / "work", str(every)],
        env={**os.environ, "LD_PRELOAD": str(library)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(found):
    assert len({(one["work"], one["error"]) for one in found}) == 4
    assert [one for one in found if one["raised"].startswith("outside")] == []
    assert [one for one in found if not one["kept"] or one["wrong"]] == []
    assert sum(one["raised"] != "nothing" for one in found) > len(found) / 2  # the writes do fail


def test_a_failing_write_gives_an_error_of_hybrid_and_loses_nothing(tmp_path):
    check(outcomes(tmp_path, every=40))


@pytest.mark.slow
def test_every_write_failing_in_turn_gives_an_error_of_hybrid_and_loses_nothing(tmp_path):
    check(outcomes(tmp_path, every=1))
