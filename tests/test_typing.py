"""The typed API as an application sees it: clean under pyright's strict rules, and mistakes are found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PYRIGHT = Path(sys.executable).with_name("pyright")
CLIENTS = Path(__file__).with_name("typing")
COMPLETE = 0.95
"""The share of public names whose types are known in full; the rest are those that pydantic's classes bring."""


def links(package: Path, repository: Path) -> None:
    """The tree of the installed package: a checker follows no import hooks, which an editable install consists of."""
    package.mkdir(parents=True)
    for path in (repository / "hybrid").iterdir():
        if path.name != "__pycache__":
            (package / path.name).symlink_to(path)
    for name, folder in {"stores": "stores", "router": "router", "kernels": "kernels/src"}.items():
        (package / name).symlink_to(repository / folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """A project that uses hybrid; skipped where pyright is not there in full, since tests use no network."""
    if not PYRIGHT.is_file():
        pytest.skip("pyright is not installed: pip install pyright")
    # What the package on PyPI installs fetches the checker itself, once, through npm.
    offline = {**os.environ, "npm_config_offline": "true", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    started = subprocess.run([PYRIGHT, "--version"], capture_output=True, text=True, env=offline)
    if started.returncode:
        pytest.skip(f"pyright has not been fetched yet: run {PYRIGHT.name} --version once, with a network")
    home = tmp_path_factory.mktemp("application")
    links(home / "site" / "hybrid", repository)
    for client in CLIENTS.glob("*.py"):
        shutil.copy(client, home)
    config = {"include": ["*.py"], "extraPaths": ["site"], "typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (home / "pyrightconfig.json").write_text(json.dumps(config))
    return home


def pyright(home: Path, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(home / "site"), "npm_config_offline": "true"}
    command = [PYRIGHT, "--outputjson", "--pythonpath", sys.executable, *arguments]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_client_is_clean_under_strict_rules(home: Path) -> None:
    found = pyright(home, "client.py")
    told = [f"{one['range']['start']['line'] + 1}: {one['message']}" for one in found["generalDiagnostics"]]
    assert found["summary"]["filesAnalyzed"] == 1
    assert told == []


def test_a_clients_mistakes_are_found_on_their_lines(home: Path) -> None:
    found = pyright(home, "wrong_client.py")
    told: dict[int, str] = {}
    for one in found["generalDiagnostics"]:
        line = one["range"]["start"]["line"] + 1
        told[line] = told.get(line, "") + one["message"]
    lines = (home / "wrong_client.py").read_text().splitlines()
    expected = {number: m[1] for number, line in enumerate(lines, 1) if (m := re.search(r"# expected: (.*)", line))}
    assert {
        number for number in expected if expected[number].casefold() not in told.get(number, "").casefold()
    } == set()


def test_nearly_every_public_name_has_its_type_in_full(home: Path) -> None:
    found = pyright(home, "--verifytypes", "hybrid", "--ignoreexternal")
    assert found["typeCompleteness"]["packageName"] == "hybrid"
    assert found["typeCompleteness"]["pyTypedPath"]
    assert found["typeCompleteness"]["completenessScore"] >= COMPLETE
