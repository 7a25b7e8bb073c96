"""Every code block of the README runs, in order, in one empty directory, and prints what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    language: str
    body: str


def blocks() -> list[Block]:
    return [Block(*match.groups()) for match in FENCE.finditer((REPOSITORY / "README.md").read_text("utf-8"))]


def commands(body: str) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines of output shown under it."""
    found: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line == ">" or line.startswith("> "):
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", [])
        elif line.strip() not in ("", "..."):
            found[-1][1].append(line)
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


def run_console(body: str, directory: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for line, shown in commands(body):
        if re.search(r"(^| )make ", line):  # `make test` runs this very test: check that it is a target, run nothing
            target = ["make", "-n", line.split("make ")[1].split()[0]]
            subprocess.run(target, cwd=REPOSITORY, check=True, capture_output=True)
            continue
        if line.startswith(("git clone", "pip install")):
            continue  # `test_package` builds and installs the wheel; a clone needs the network
        done = subprocess.run(["bash", "-c", line], cwd=directory, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        printed = flat(done.stdout)
        for expected in shown:
            for part in filter(None, map(flat, expected.split("…"))):
                assert part in printed, f"{line}\nprinted\n{done.stdout}"


def test_readme_has_only_blocks_that_are_run() -> None:
    assert blocks()
    assert {block.language for block in blocks()} <= {"console", "python"}


def test_readme_blocks_run_in_order_and_print_what_they_show(tmp_path: Path) -> None:
    for block in blocks():
        if block.language == "console":
            run_console(block.body, tmp_path)
            continue
        done = subprocess.run([sys.executable, "-c", block.body], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{block.body}\n{done.stderr}"
        for expected in re.findall(r"#> (.*)", block.body):
            assert flat(expected) in flat(done.stdout), f"{block.body}\nprinted\n{done.stdout}"


@pytest.mark.slow
def test_demo_answers_its_four_questions(tmp_path: Path) -> None:
    done = subprocess.run(["make", "demo"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.count("\nQ: ") == 4
    assert "[1] " in done.stdout
