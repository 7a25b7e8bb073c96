"""``hybrid eval retrieval``."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.command import command
from hybrid.errors import InputError
from hybrid.evaluation.commands import evaluate, publish, report_options


@command(evaluate, "hybrid eval retrieval acme-v-beta --questions questions.jsonl")
@click.argument("corpus", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--questions", type=click.Path(path_type=Path, dir_okay=False), help="Judged questions about CORPUS.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    help="A folder with documents.jsonl and questions.jsonl, or a development set (cranfield, hotpotqa100), to be "
    "ingested into a corpus of its own. May be repeated.",
)
@click.option(
    "--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings, for --data."
)
@report_options()
def retrieval(
    corpus: Path | None,
    questions: Path | None,
    data: tuple[Path, ...],
    settings: Path | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure dense search, lexical search and the two fused: nDCG@10, recall@5, recall@20.

    Each line of the questions is {"question": ..., "relevant": [SOURCE, ...]}, or {"source", "start", "end",
    "gain"} instead of SOURCE for a span, or for one that counts more than others.
    """
    from hybrid.corpus import Corpus
    from hybrid.evaluation.judged import read_judged, read_questions
    from hybrid.evaluation.retrieval import measure_corpus, measure_set, report
    from hybrid.settings import Settings

    if (corpus is None) != (questions is None) or (corpus is None and not data):
        raise InputError("name a CORPUS with its --questions, or --data folders, or both")

    def tell(line: str) -> None:
        click.echo(line, err=True)

    used = Settings.load(settings)
    rows, generation = [], None
    for folder in data:
        rows += measure_set(read_judged(folder), used, tell)
    if corpus is not None and questions is not None:
        with Corpus.open(corpus, create=False) as opened:
            rows += measure_corpus(opened, corpus.name, read_questions(questions), tell)
            used, generation = opened.settings, opened.status().generation
    publish(report(rows, used, seed, generation), out, as_json=as_json)
