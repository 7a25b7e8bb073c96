"""Every code block of the README runs, in order, in one empty directory, and prints what it shows.

Each command runs as a process of its own, as a reader's would; the pages in docs/ share one (see `doc_blocks`).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import ELSEWHERE, REPOSITORY, SHOWN, blocks, commands, hold, run_in_shell

README = REPOSITORY / "README.md"


def run_console(body: str, directory: Path) -> None:
    for line, shown in commands(body):
        if re.search(r"(^| )make ", line):  # `make test` runs this very test: check that it is a target, run nothing
            target = ["make", "-n", line.split("make ")[1].split()[0]]
            subprocess.run(target, cwd=REPOSITORY, check=True, capture_output=True)
        elif not line.startswith(ELSEWHERE):
            hold(line, run_in_shell(line, directory), shown)


def test_readme_has_only_blocks_that_are_run() -> None:
    assert blocks(README)
    assert {block.language for block in blocks(README)} <= {"console", "python"}


def test_readme_blocks_run_in_order_and_print_what_they_show(tmp_path: Path) -> None:
    for block in blocks(README):
        if block.language == "console":
            run_console(block.body, tmp_path)
            continue
        done = subprocess.run([sys.executable, "-c", block.body], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, f"{block.body}\n{done.stderr}"
        hold(block.body, done.stdout, SHOWN.findall(block.body))


@pytest.mark.slow
def test_demo_answers_its_four_questions(tmp_path: Path) -> None:
    done = subprocess.run(["make", "demo"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.count("\nQ: ") == 4
    assert "[1] " in done.stdout
