"""The group ``hybrid eval``: how its subcommands are found, and what they share.

Each subcommand stands in a module of its own, ``<name>_command.py``, which is imported when it is called
for and imports nothing heavy itself: the measuring is in modules without click beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from hybrid.command import json_option, print_json
from hybrid.evaluation.report import Report

_MODULES: dict[str, str] = {  # subcommand: its module, whose import registers it with `evaluate`
}


class _Group(click.Group):
    """A group whose subcommands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _MODULES and cmd_name not in self.commands:
            import_module(_MODULES[cmd_name])
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
