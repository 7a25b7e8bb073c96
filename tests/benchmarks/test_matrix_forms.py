"""The benchmark of the forms of a matrix runs to its table, on a small one."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest


def test_it_runs_to_its_table(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    matrix_forms = importlib.import_module("matrix_forms")
    monkeypatch.setattr(
        "sys.argv",
        ["matrix_forms", "--rows", "64", "--columns", "96", "--megabytes", "0", "--rounds", "1"],
    )
    matrix_forms.main()
    out = capsys.readouterr().out
    assert out.startswith("64 x 96")
    assert "| from 8 bits (or 5) |" in out
