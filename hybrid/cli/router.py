"""The router: train it and measure it, which `hybrid eval router` does, too."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.cli.command import command, publish, report_options


@command("hybrid router train questions.jsonl --out weights.json")
@click.argument("questions", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Train from nothing, on the public sets in this folder (nf_cats, trec_qc) and the templates as well.",
)
@click.option(
    "--start",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Weights to start from. [default: the shipped ones]",
)
@click.option("--embedder", help="Name, path or hub id. [default: the built-in one]")
@click.option("--seed", default=0, show_default=True, help="Decides how the templates are filled.")
def train(
    questions: Path | None, out: Path, data: Path | None, start: Path | None, embedder: str | None, seed: int
) -> None:
    """Train the router on QUESTIONS, a JSONL file with `question` and `label` (lookup, comprehension or both).

    A line may have `history`, the questions asked before it. The weights that come with hybrid are moved towards
    the questions as far as cross-validation says that it helps. Use the result by the setting router.weights.
    """
    from hybrid.router.training.files import train_to_file
    from hybrid.settings.models import EMBEDDER

    weights = train_to_file(
        questions,
        data,
        out,
        start=start,
        embedder_name=embedder or EMBEDDER.name,
        seed=seed,
        report=lambda line: click.echo(line, err=True),
    )
    for name, measures in weights.training.metrics.items():
        shown = "  ".join(f"{measure} {value:g}" for measure, value in measures.items() if value is not None)
        click.echo(f"{name}: {shown}")
    click.echo(f"wrote {out}")


@command("hybrid eval router questions.jsonl --out report")
@click.argument("questions", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--weights", type=click.Path(path_type=Path, dir_okay=False), help="Weights of your own.")
@click.option("--embedder", help="Name, path or hub id. [default: the built-in one]")
@report_options()
def evaluate(
    questions: Path,
    weights: Path | None,
    embedder: str | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure the router on QUESTIONS, a JSONL file.

    A line of QUESTIONS has `question` and `label` (lookup, comprehension or both), and may have `history`, the
    questions asked before it, and `set`, a name that gets a row of its own.
    """
    from hybrid.evaluation import routing
    from hybrid.retrieval.embedding import Embedder
    from hybrid.router.training.questions import read_labelled
    from hybrid.settings import RouterSettings
    from hybrid.settings.models import EMBEDDER

    settings = RouterSettings(weights=str(weights) if weights else None)
    asked = routing.own(read_labelled(questions))
    report = routing.evaluate(asked, Embedder.load(embedder or EMBEDDER.name), settings, seed)
    publish(report, out, as_json=as_json)
