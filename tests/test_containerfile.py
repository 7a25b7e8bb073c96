"""The Containerfile takes with it all that the package is made of, and its process is no root."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click

from hybrid.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent


def instructions(name: str) -> list[str]:
    text = (REPOSITORY / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith(f"{name} ")]


def test_every_file_that_the_package_is_built_from_is_copied() -> None:
    given = [one.split()[:-1] for one in instructions("COPY") if not one.startswith("--from")]
    copied = {Path(path) for paths in given for path in paths}
    assert all((REPOSITORY / path).exists() for path in copied)
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    folders = project["tool"]["setuptools"]["package-dir"].values()
    licences = [pattern.partition("/")[0] for pattern in project["project"]["license-files"]]
    needed = {Path(one).parts[0] for one in (*folders, *licences, project["project"]["readme"], "pyproject.toml")}
    assert needed <= {path.parts[0] for path in copied}


def test_its_process_is_no_root_and_no_host_is_written_in_it() -> None:
    *_, user = instructions("USER")
    assert int(user.partition(":")[0]) > 0
    assert instructions("FROM")[-1] == "${BASE}"
    text = (REPOSITORY / "Containerfile").read_text("utf-8")
    assert re.findall(r"https?://(?!127\.0\.0\.1)", text) == []


def test_what_it_starts_is_a_command_that_there_is() -> None:
    (entry,), (command,) = instructions("ENTRYPOINT"), instructions("CMD")
    assert entry == '["hybrid"]'
    assert re.findall(r'"([^"]+)"', command)[0] in main.list_commands(click.Context(main))
