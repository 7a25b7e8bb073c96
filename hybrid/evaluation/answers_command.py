"""``hybrid eval answers``."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.command import command
from hybrid.errors import InputError
from hybrid.evaluation.commands import evaluate, publish, report_options


@command(evaluate, "hybrid eval answers acme-v-beta questions.jsonl --out report")
@click.argument("corpus", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.argument("questions", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--cuad",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of CUAD, to ask its contracts for their clauses instead.",
)
@click.option("--contracts", default=20, show_default=True, help="With --cuad: how many contracts.")
@click.option("--skip", default=0, show_default=True, help="With --cuad: how many to leave out first.")
@report_options(default_seed=0)
def answers(
    corpus: Path | None,
    questions: Path | None,
    cuad: Path | None,
    contracts: int,
    skip: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure whether CORPUS cites what answers QUESTIONS, and says so where nothing does.

    A line of QUESTIONS has `question` and `quotes`, the words of the documents that answer it ([] where none do),
    and may have `source`, `history` and `set`. Dense and lexical search alone are measured beside it.
    """
    from hybrid.corpus import Corpus
    from hybrid.evaluation import answers as measured

    if cuad is not None:
        if corpus is not None:
            raise InputError("give either a corpus and a file of questions, or --cuad and its folder")
        report = measured.evaluate_cuad(cuad, contracts, skip, seed)
    elif corpus is None or questions is None:
        raise InputError("give a corpus and a file of questions, or --cuad and its folder")
    else:
        expected = measured.read_expected(questions)
        with Corpus.open(corpus, create=False) as opened:
            report = measured.evaluate(opened, expected, seed)
    publish(report, out, as_json=as_json)
