"""`hybrid bench`: compare kinds of language models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from hybrid.cli.command import command, json_option


@command("hybrid bench long-context long-context.toml")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--quiet", is_flag=True, help="Print the result alone.")
@json_option
def long_context(settings: Path, quiet: bool, as_json: bool) -> None:
    """Train TTT-E2E and what it is compared with alike, and measure them at each context.

    SETTINGS is a TOML file; docs/baselines.md lists its keys. The same command goes on with a run that was stopped.
    The results are in OUTPUT/report: tables as JSON and Markdown, pictures as PNG and SVG, which need matplotlib.
    """
    from hybrid.evaluation.long_context import REPORT, run_long_context
    from hybrid.evaluation.report import check_plots
    from hybrid.settings.long_context import LongContextSettings

    found = LongContextSettings.load(settings)
    check_plots()  # before hours of training, not after

    def tell(line: dict[str, Any]) -> None:
        every, last = found.training.checkpoint_every, line["step"] == line["steps"]
        if not quiet and (line["step"] % every == 0 or last or line["loss"] is None):
            click.echo(json.dumps(line), err=True)

    report = run_long_context(found, tell)
    click.echo(report.as_json() if as_json else str(report), nl=not as_json)
    for path in report.write(found.output / REPORT):
        if not quiet:
            click.echo(f"wrote {path}", err=True)
