"""The LangChain examples run against a scripted chat model and against the built-in one, and say what they promise."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from hybrid.errors import MissingModelError
from hybrid.settings.models import LANGUAGE_MODEL, builtin_path

SCRIPTED = {
    "langchain_pair": ("agreement.txt, lines [1, 2], of J. Whitlock", "[1] minutes.txt, line 1", "30 June 2027"),
    "langchain_any_model": ("It ends on 30 June 2027 (agreement.txt, line 1).",),
    "langchain_any_retriever": ("[1] minutes.pdf, page 3, from character 5120", "[2] minutes.pdf, page 3"),
    "large_model_writes": ("not in the answer: Acme paid a refund", "(unsupported)", "minutes.txt, line 1"),
}


def example(repository: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"example_{name}", repository / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", SCRIPTED)
def test_the_example_runs_with_a_scripted_model(
    repository: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    example(repository, name).main(["--fake"])
    said = capsys.readouterr().out
    for expected in SCRIPTED[name]:
        assert expected in said


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTED)
def test_the_example_runs_with_the_built_in_model(
    repository: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        builtin_path(LANGUAGE_MODEL)
    except MissingModelError as error:
        pytest.skip(str(error))
    example(repository, name).main([])
    assert capsys.readouterr().out.strip()
