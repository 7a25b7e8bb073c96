"""``hybrid eval router``."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.command import command
from hybrid.errors import InputError
from hybrid.evaluation.commands import evaluate, publish, report_options


@command(evaluate, "hybrid eval router questions.jsonl --out report")
@click.argument("questions", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder of development sets to measure on instead: qmsum, squality, cuad, hotpotqa100.",
)
@click.option(
    "--part",
    type=click.Choice(["tuning", "reporting"]),
    default="reporting",
    show_default=True,
    help="With --data: the half that was looked at while the router was made, or the other one.",
)
@click.option("--weights", type=click.Path(path_type=Path, dir_okay=False), help="Weights of your own.")
@click.option("--embedder", help="Name, path or hub id. [default: the built-in one]")
@report_options()
def router(
    questions: Path | None,
    data: Path | None,
    part: str,
    weights: Path | None,
    embedder: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure the router on QUESTIONS, a JSONL file, or on development sets that it was not trained on.

    A line of QUESTIONS has `question` and `label` (lookup, comprehension or both), and may have `history`, the
    questions asked before it, and `set`, a name that gets a row of its own.
    """
    from hybrid.evaluation import routing
    from hybrid.models import EMBEDDER
    from hybrid.retrieval.embedding import Embedder
    from hybrid.router.questions import read_labelled
    from hybrid.settings import RouterSettings

    if (questions is None) == (data is None):
        raise InputError("give either a file of questions or --data and a folder of development sets")
    settings = RouterSettings(weights=str(weights) if weights else None)
    notes = []
    if data is not None:
        found, missing = routing.development(data)
        asked = [one for one in found if one.part == part]
        notes = [f"The {part} half of the development sets.", routing.cross_validated(settings)]
        notes += [f"Not in the folder: {', '.join(missing)}."] if missing else []
    else:
        asked = routing.own(read_labelled(questions)) if questions else []
    report = routing.evaluate(asked, Embedder.load(embedder or EMBEDDER.name), settings, seed, notes)
    publish(report, out, as_json=as_json)
