"""``hybrid eval needle``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from hybrid.command import command
from hybrid.evaluation.commands import evaluate, publish, report_options
from hybrid.evaluation.haystacks import TASKS, Task, read_filler


@command(evaluate, "hybrid eval needle --filler essays/ --task s-niah-2 --tokens 8000 --count 100 --no-memory")
@click.option(
    "--filler",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="Text to hide needles in: a file or folder of .txt, .md or JSONL lines with `text`.",
)
@click.option("--task", "tasks", type=click.Choice(TASKS), multiple=True, help="May be repeated. [default: all]")
@click.option(
    "--tokens",
    "lengths",
    type=click.IntRange(min=50),
    multiple=True,
    default=(8_000,),
    show_default=True,
    help="Sizes of haystacks, in the embedder's tokens. May be repeated.",
)
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True, help="Haystacks a task and size.")
@click.option("--memory/--no-memory", default=False, show_default=True, help="Whether the memory reads each haystack.")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@report_options()
def needle(
    filler: Path,
    tasks: tuple[str, ...],
    lengths: tuple[int, ...],
    count: int,
    memory: bool,
    settings: Path | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Hide values in long texts, ask for them through the whole product, and count those that come back.

    The tasks are RULER's: a passkey in noise (s-niah-1), a number (s-niah-2) and a UUID (s-niah-3) in FILLER,
    one key among several, and several values of one key. Each haystack is ingested and asked as a user would,
    the router choosing by itself.
    """
    from hybrid.evaluation.needle import measure
    from hybrid.settings import Settings

    report = measure(
        read_filler(filler),
        tasks=cast(tuple[Task, ...], tasks) or TASKS,
        lengths=lengths,
        count=count,
        seed=seed,
        memory=memory,
        settings=Settings.load(settings),
        progress=lambda line: click.echo(line, err=True),
    )
    publish(report, out, as_json=as_json)
