"""What the benchmark of generating counts and times, on a tiny model."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from tiny_model import tiny_settings

from hybrid.ttt.inference import DecodingWeights
from hybrid.ttt.memory import MemoryModel


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_it_runs_to_its_tables(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dtype: str
) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    generation = importlib.import_module("generation")
    monkeypatch.setattr(generation, "bandwidth", lambda: 1e9)
    settings = tiny_settings(tmp_path, dtype=dtype)
    model = MemoryModel.load(settings)
    assert generation.decoding_bytes(DecodingWeights(model.transformer)) > 0
    monkeypatch.setattr("sys.argv", ["generation", "--model", settings.model, "--tokens", "4", "--repeats", "1",
                                     "--prompt", "40", "--cpu"])  # fmt: skip
    generation.main()
    assert "a prompt of 40 tokens" in capsys.readouterr().out
