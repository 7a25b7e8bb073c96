"""Every kernel compiles for every chip without one, and what comes out is fit to run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from hybrid.kernels.compile import HEADS, TARGETS


@pytest.fixture(scope="module", params=TARGETS)
def compiled(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """In a process of its own: here the kernels run in the interpreter."""
    command = [sys.executable, "-m", "hybrid.kernels.compile", "--json", "--target", request.param]
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_no_spills_shared_memory_that_fits_and_tensor_cores_in_every_offered_configuration(
    compiled: list[dict[str, Any]],
) -> None:
    assert {row["kernel"]: row["faults"] for row in compiled if row["faults"]} == {}
    for kernel in ("forward", "query_gradient", "key_gradient", "pass_a", "pass_b"):
        assert [row["head"] for row in compiled if row["kernel"] == kernel] == list(HEADS)
    assert len(compiled) == 5 * len(HEADS) + 14


@pytest.mark.slow
def test_a_configuration_that_spills_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from hybrid.kernels import compile as c; from hybrid.kernels.triton import tiles as t;"
        "t.TILES['cuda:90']['pass_a'][128] = t.Tiles(64, 32, 64, 4, 1);"
        "spec = next(s for s in c.attention_specs('cuda:90', (128,)) if s.name == 'pass_a');"
        "print(c.compile_for(spec, 'cuda:90').faults)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"} | {"TRITON_DEFAULT_FP_FUSION": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "spills" in done.stdout
