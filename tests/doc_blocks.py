"""The code blocks of a Markdown page, run in order as a reader would, with what they print held to what is shown.

In a ``console`` block a line that begins with ``$`` is a command, ``>`` goes on with it, and what stands below is part
of what it prints; ``...`` leaves lines out, ``…`` words. In a ``python`` block ``# > text`` shows what is printed. A
``bash`` block is a script.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"# ?> (.*)")
_SHELL = re.compile(r"[|<>;&*$`\n]|^\w+=")
ELSEWHERE = (
    "git clone",
    "pip install",
    "hybrid models install",
    "jupyter ",
)  # `test_package` installs the wheel; the others need a network, or a person


@dataclass(frozen=True)
class Block:
    language: str
    body: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, those within a list without their indent."""
    return [
        Block(language, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))
        for indent, language, body in _FENCE.findall(page.read_text("utf-8"))
    ]


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


def run_page(page: Path, directory: Path, names: dict[str, Any] | None = None) -> int:
    """Run every console, bash and python block of a page in ``directory``; returns how many.

    ``hybrid`` runs in this process, so that what takes seconds to import is imported once. Python blocks share
    their names, with one another and with what ``names`` begins with.
    """
    names = {"__name__": "__main__"} if names is None else names
    run, found = 0, blocks(page)
    with _working_in(directory), _logging_as_it_was(), ExitStack() as stack:
        stack.callback(_end_servers, directory)
        for block in found:
            if block.language == "console":
                for line, shown in commands(block.body):
                    hold(line, _run_command(line, directory), shown)
            elif block.language == "bash":
                run_in_shell(block.body, directory)
            elif block.language == "python":
                hold(block.body, _run_python(block.body, names), SHOWN.findall(block.body))
            else:
                continue
            run += 1
    return run


def hold(code: str, printed: str, shown: list[str]) -> None:
    """That each piece shown is part of what was printed, white space apart."""
    for expected in shown:
        for part in filter(None, map(flat, expected.split("…"))):
            assert part in flat(printed), f"{code}\nshould print {part!r}, and printed\n{printed}"


def _run_python(body: str, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(body, "<documentation>", "exec"), names)
    return out.getvalue()


def _run_command(line: str, directory: Path) -> str:
    if line.startswith(ELSEWHERE):
        return ""
    if "curl " in line and shutil.which("curl") is None:
        pytest.skip("the page calls curl, which is not installed")
    if line.startswith("hybrid ") and not _SHELL.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", line)):
        from click.testing import CliRunner

        from hybrid.cli import main

        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code in (0, 3, 4), f"{line}\n{done.output}{done.exception or ''}"
        return done.output
    return run_in_shell(line, directory)


def run_in_shell(line: str, directory: Path) -> str:
    """Run a command as its own process, with this Python's programs first; returns what it printed."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", line], cwd=directory, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Put back what a page sets up: its handler would write into the output of every later test."""
    loggers = [logging.getLogger(name) for name in (None, *logging.root.manager.loggerDict)]
    before = [(logger, list(logger.handlers), logger.level) for logger in loggers]
    try:
        yield
    finally:
        for logger, handlers, level in before:
            logger.handlers[:] = handlers
            logger.setLevel(level)


@contextmanager
def _working_in(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def _end_servers(directory: Path) -> None:
    """End what a page started in the background and did not come to end itself: it wrote its number to a file."""
    for file in directory.glob("*.pid"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(file.read_text()), signal.SIGTERM)
