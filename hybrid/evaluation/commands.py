"""The group ``hybrid eval``: how its subcommands are found, and what they share.

Each subcommand stands in a module of its own, ``<name>_command.py``, which is imported when it is called
for and registers itself with ``@command(evaluate, "hybrid eval <name> ...")``. It imports nothing heavy at its
top: the measuring is in modules without click beside it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from hybrid import evaluation
from hybrid.command import json_option, print_json
from hybrid.evaluation.report import Report

_SUFFIX = "_command"


class _Group(click.Group):
    """A group whose subcommands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        names = (module.name for module in pkgutil.iter_modules(evaluation.__path__))
        return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in self.list_commands(ctx):
            import_module(f"{evaluation.__name__}.{cmd_name}{_SUFFIX}")
        return super().get_command(ctx, cmd_name)


@click.group("eval", cls=_Group)
def evaluate() -> None:
    """Measure retrieval, routing and answers, on your own questions or on development sets."""


def report_options(default_seed: int = 1) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--seed``, ``--out`` and ``--json``, for a subcommand that ends in `publish`."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        options = (
            click.option("--seed", default=default_seed, show_default=True, help="Decides every random choice."),
            click.option(
                "--out",
                type=click.Path(path_type=Path, file_okay=False),
                help="A folder for the report: JSON, Markdown and plots (the plots need matplotlib).",
            ),
            json_option,
        )
        for option in reversed(options):
            function = option(function)
        return function

    return add


def publish(report: Report, out: Path | None, *, as_json: bool) -> None:
    """Print the report, as a table or as JSON, and write its files where ``out`` says so."""
    if as_json:
        print_json(report)
    else:
        click.echo(report.as_text())
    if out is not None:
        for path in report.write(out):
            click.echo(f"wrote {path}", err=True)
