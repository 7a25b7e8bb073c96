"""One FAISS, and which: two of them, none, or one that does not load are explained before anything is searched."""

from __future__ import annotations

import builtins
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hybrid.errors import HybridError, InstallationError
from hybrid.stores import vectors
from hybrid.stores.vectors import installed, load_faiss


def pretend(folder: Path, *names: str) -> None:
    """Distributions of these names, as an installer records them."""
    for name in names:
        home = folder / f"{name.replace('-', '_')}-1.15.1.dist-info"
        home.mkdir()
        (home / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.15.1\n")


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets nothing but the distributions named be installed."""

    def use(*names: str) -> None:
        pretend(tmp_path, *names)
        monkeypatch.setattr(sys, "path", [str(tmp_path)])

    return use


def failing_import(monkeypatch: pytest.MonkeyPatch, error: ImportError) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: Any, **others: Any) -> Any:
        if name == "faiss":
            raise error
        return real(name, *arguments, **others)

    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), []),
        (("numpy", "my-faiss-cpu-tools", "faiss-cpu-stubs"), []),
        (("faiss_cpu",), ["faiss-cpu"]),
        (("faiss-gpu-cu12",), ["faiss-gpu-cu12"]),
        (("Faiss-CPU", "faiss-gpu"), ["faiss-cpu", "faiss-gpu"]),
    ],
)
def test_the_packages_that_bring_faiss_are_recognised(
    alone: Callable[..., None], names: tuple[str, ...], found: list[str]
) -> None:
    alone(*names)
    assert installed() == found


@pytest.mark.parametrize("gpu", ["faiss-gpu", "faiss-gpu-cu12"])
def test_both_installed_are_refused_with_the_commands_that_help(alone: Callable[..., None], gpu: str) -> None:
    alone("faiss-cpu", gpu)
    with pytest.raises(InstallationError) as caught:
        load_faiss()
    said = str(caught.value)
    assert f"faiss-cpu and {gpu} are both installed" in said
    assert f"pip uninstall --yes faiss-cpu {gpu}, then pip install 'hybrid-ttt-rag[cpu]', or [gpu]" in said


def test_none_installed_names_the_extras(alone: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    alone()
    failing_import(monkeypatch, ModuleNotFoundError("No module named 'faiss'", name="faiss"))
    with pytest.raises(InstallationError, match=r"pip install 'hybrid-ttt-rag\[cpu\]', or \[gpu\]"):
        load_faiss()


@pytest.mark.parametrize(
    ("name", "advice"),
    [("faiss-gpu", r"pip install 'hybrid-ttt-rag\[cpu\]'"), ("faiss-cpu", "--force-reinstall faiss-cpu")],
)
def test_one_that_does_not_load_says_why_and_what_to_install_instead(
    alone: Callable[..., None], monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    alone(name)
    failing_import(monkeypatch, ImportError("libcudart.so.12: cannot open shared object file"))
    with pytest.raises(InstallationError, match=rf"{name} is installed and cannot be loaded.*libcudart.*{advice}"):
        load_faiss()


def test_a_missing_dependency_of_faiss_is_not_taken_for_faiss(
    alone: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone("faiss-cpu")
    failing_import(monkeypatch, ModuleNotFoundError("No module named 'numpy'", name="numpy"))
    with pytest.raises(ModuleNotFoundError, match="numpy"):
        load_faiss()


def test_it_is_a_hybrid_error_and_an_import_error() -> None:
    assert issubclass(InstallationError, HybridError)
    assert issubclass(InstallationError, ImportError)


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    pretend(tmp_path, "faiss-cpu", "faiss-gpu")
    code = f"import sys; sys.path.append({str(tmp_path)!r}); from hybrid.cli import main; main()"
    (tmp_path / "a.txt").write_text("The agreement ends in May.")
    (tmp_path / "s.toml").write_text("[memory]\nenabled = false\n")
    ingest = ["ingest", str(tmp_path / "corpus"), str(tmp_path / "a.txt"), "--settings", str(tmp_path / "s.toml")]
    done = subprocess.run([sys.executable, "-c", code, *ingest], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("hybrid: faiss-cpu and faiss-gpu are both installed")
    assert "Traceback" not in done.stderr


def test_the_extras_name_the_packages_that_are_looked_for(repository: Path) -> None:
    extras = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for extra in ("cpu", "gpu"):
        names = {requirement.split(">")[0] for requirement in extras[extra]}
        assert {name for name in names if vectors._FAISS_PACKAGE.fullmatch(name)} == {f"faiss-{extra}"}
