"""`benchmarks/gpu.sh` rehearsed on a CPU: it needs no installed package, and what fails in it costs only itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def rehearse(repository: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(repository / "benchmarks" / "gpu.sh"), "--device", "cpu", "--quick", "--out", str(out)]
    environment = os.environ | {"PYTHON": sys.executable}
    return subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment)


def results(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "results.json").read_text())
    return found


def test_a_part_writes_its_results_as_json_and_tables(repository: Path, tmp_path: Path) -> None:
    done = rehearse(repository, tmp_path, "--parts", "builtin")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = results(tmp_path)["rows"]
    assert {"adapt", "generate"} <= {row["what"] for row in rows}
    assert "| adapt | random weights, tiny |" in (tmp_path / "tables.md").read_text()
    assert results(tmp_path)["machine"]["card"] == "no GPU: a rehearsal"


def test_a_part_that_runs_out_of_time_is_named_and_the_next_one_still_runs(repository: Path, tmp_path: Path) -> None:
    done = rehearse(repository, tmp_path, "--parts", "meta,builtin", "--seconds", "0.4")
    assert done.returncode == 1
    faults = {row["part"]: row["error"] for row in results(tmp_path)["rows"]}
    assert faults.keys() == {"meta", "builtin"}
    assert all(text.startswith("stopped after") for text in faults.values())


def test_a_part_that_there_is_not_is_refused_with_those_that_are(repository: Path, tmp_path: Path) -> None:
    done = rehearse(repository, tmp_path, "--parts", "speed")
    assert done.returncode == 2
    assert "no part is called speed; there are tiles, correctness, depth" in done.stderr


def test_the_mean_over_a_context_is_the_integral_of_the_time_at_each_depth(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    from gpu.tables import mean_over

    assert mean_over({10: 1.0, 30: 3.0}, 10) == 1.0
    assert mean_over({10: 1.0, 30: 3.0, 50: 9.0}, 30) == pytest.approx((10 * 1.0 + 20 * 2.0) / 30)
