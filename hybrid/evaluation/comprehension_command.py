"""``hybrid eval comprehension``."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.command import command
from hybrid.errors import InputError
from hybrid.evaluation.commands import evaluate, publish, report_options


@command(evaluate, "hybrid eval comprehension texts.jsonl --out report")
@click.argument("texts", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--squality", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The folder of SQuALITY."
)
@click.option("--qmsum", type=click.Path(path_type=Path, file_okay=False, exists=True), help="The folder of QMSum.")
@click.option("--count", default=4, show_default=True, help="With --squality and --qmsum: how many texts of each.")
@click.option("--skip", default=0, show_default=True, help="With them: how many to leave out first.")
@click.option("--write/--no-write", default=True, show_default=True, help="Generate answers, too, for ROUGE-L.")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@report_options(default_seed=0)
def comprehension(
    texts: Path | None,
    squality: Path | None,
    qmsum: Path | None,
    count: int,
    skip: int,
    write: bool,
    settings: Path | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure what the memory adds to answers about whole TEXTS, beside evidence and without.

    A line of TEXTS has `document`, and `questions`, each with `question` and `references`, the answers that
    people gave. Each text is read into a memory of its own; the memory of another text is the control.
    """
    from hybrid.evaluation import comprehension as measured
    from hybrid.settings import Settings

    asked = measured.read_texts(texts) if texts else []
    asked += measured.squality(squality, count, skip) if squality else []
    asked += measured.qmsum(qmsum, count, skip) if qmsum else []
    if not asked:
        raise InputError("give a file of texts, or --squality or --qmsum and its folder")
    report = measured.measure(
        asked,
        Settings.load(settings),
        seed,
        write,
        progress=lambda line: click.echo(line, err=True),
    )
    publish(report, out, as_json=as_json)
