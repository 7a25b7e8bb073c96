"""The verbs of `hybrid.Corpus` on the command line.

Heavy imports happen inside the commands, so that ``hybrid --help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

import hybrid
from hybrid._runtime import keep_freed_memory
from hybrid.cli.command import (
    NOTHING_FOUND,
    SOME_SKIPPED,
    command,
    filter_options,
    json_option,
    print_json,
    progress_bars,
)
from hybrid.cli.evaluate import evaluate
from hybrid.cli.evaluate import router as router_eval
from hybrid.cli.settings import register as add_settings
from hybrid.types.answers import RouteName
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from hybrid.corpus import Corpus

EXIT_CODES = """\b
Exit codes:
  0    done
  1    an error; the message says what to do
  2    the command line was wrong
  3    nothing in the corpus answers (ask, search)
  4    done, but some files were left out; the reasons are printed (ingest)
  130  interrupted; what was committed stays, and the same command goes on from there
"""
ROUTES = click.Choice(get_args(RouteName))
corpus_argument = click.argument("corpus", type=click.Path(path_type=Path, file_okay=False))


def open_corpus(directory: Path, settings: Path | None = None, *, create: bool = False) -> Corpus:
    """The corpus at ``directory``; only ingest creates one."""
    from hybrid.corpus import Corpus

    return Corpus.open(directory, settings, create=create)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, epilog=EXIT_CODES)
@click.version_option(hybrid.__version__, prog_name="hybrid")
def main() -> None:
    """Read a body of documents once, then ask questions and get answers whose citations can be checked.

    CORPUS is a directory that holds what was read; `hybrid ingest` creates it.
    """
    keep_freed_memory()


main.add_command(evaluate)
add_settings(main)


@command(main, "hybrid ingest acme-v-beta discovery/ notes/*.md")
@corpus_argument
@click.argument("paths", nargs=-1, required=True)
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@json_option
def ingest(corpus: Path, paths: tuple[str, ...], settings: Path | None, as_json: bool) -> int:
    """Read files, folders or globs into CORPUS. What is unchanged since the last time costs nothing."""
    with open_corpus(corpus, settings, create=True) as opened, progress_bars(quiet=as_json) as progress:
        report = opened.ingest(*paths, progress=progress)
    if as_json:
        print_json(report)
    else:
        click.echo(str(report))
    return SOME_SKIPPED if report.skipped else 0


@command(main, 'hybrid ask acme-v-beta "When does the supply agreement end?"')
@corpus_argument
@click.argument("question")
@click.option("--route", type=ROUTES, help="Choose the route instead of the router.")
@click.option(
    "--after", multiple=True, metavar="QUESTION", help="A question asked before, which this one follows up. Repeatable."
)
@filter_options
@json_option
def ask(
    corpus: Path,
    question: str,
    route: RouteName | None,
    after: tuple[str, ...],
    where: Filter | None,
    as_json: bool,
) -> int:
    """Answer QUESTION from CORPUS, with citations. QUESTION `-` is read from standard input."""
    if question == "-":
        question = sys.stdin.read()
    with open_corpus(corpus) as opened:
        answer = opened.ask(question, route=route, history=after, where=where)
    if as_json:
        print_json(answer)
    else:
        click.echo(str(answer))
    return 0 if answer.found else NOTHING_FOUND


@command(main, 'hybrid search acme-v-beta "termination date" -k 5')
@corpus_argument
@click.argument("question")
@click.option("-k", default=10, show_default=True, help="How many results.")
@filter_options
@json_option
def search(corpus: Path, question: str, k: int, where: Filter | None, as_json: bool) -> int:
    """Search the index of CORPUS alone, without routing and without the memory."""
    with open_corpus(corpus) as opened:
        hits = opened.search(question, k=k, where=where)
    if as_json:
        print_json(list(hits))
        return 0 if hits else NOTHING_FOUND
    click.echo("\n".join(f"{number}. {hit}" for number, hit in enumerate(hits, 1)) or "Nothing found.")
    return 0 if hits else NOTHING_FOUND


@command(main, "hybrid remove acme-v-beta discovery/draft.docx")
@corpus_argument
@click.argument("sources", nargs=-1, required=True)
@json_option
def remove(corpus: Path, sources: tuple[str, ...], as_json: bool) -> None:
    """Remove documents from CORPUS by the names that `hybrid documents` shows. The memory unlearns them."""
    with open_corpus(corpus) as opened, progress_bars(quiet=as_json) as progress:
        opened.remove(sources, progress=progress)
    if as_json:
        click.echo(json.dumps({"removed": sources}))
    else:
        click.echo("\n".join(f"removed {source}" for source in sources))


@command(main, "hybrid status acme-v-beta")
@corpus_argument
@json_option
def status(corpus: Path, as_json: bool) -> None:
    """What CORPUS holds: documents, chunks, the memory's state, sizes, models."""
    with open_corpus(corpus) as opened:
        found = opened.status()
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))


@command(main, "hybrid documents acme-v-beta --json")
@corpus_argument
@json_option
def documents(corpus: Path, as_json: bool) -> None:
    """List the documents of CORPUS, in the order in which they were read."""
    with open_corpus(corpus) as opened:
        found = opened.documents()
    if as_json:
        print_json(list(found))
        return
    for document in found:
        click.echo(str(document))


@main.group()
def router() -> None:
    """Train and measure the router, which decides the memory that a question goes to."""


@command(router, "hybrid router train questions.jsonl --out weights.json")
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


router.add_command(router_eval, "eval")  # the same as hybrid eval router


@command(main, "hybrid convert checkpoints/125m model-125m --to directory --tokenizer llama3-tokenizer")
@click.argument("source")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--to", type=click.Choice(("directory", "official")), required=True, help="What to write.")
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A directory with a tokenizer.json to go along; default: the source's own.",
)
@click.option("--rope-theta", type=float, help="Base of an official checkpoint's rotary positions. [default: 500000]")
@click.option("--step", type=int, help="The official step to read [default: the newest] or to write [default: 0].")
def convert(
    source: str,
    target: Path,
    to: Literal["directory", "official"],
    tokenizer: Path | None,
    rope_theta: float | None,
    step: int | None,
) -> None:
    """Write the model SOURCE at TARGET in another format.

    SOURCE is a model directory, a GGUF file, a hub id in the local cache, or a checkpoint of the official
    TTT-E2E code. A directory can be used as a corpus's model; an official checkpoint goes to the official code.
    """
    from hybrid.ttt.checkpoints import conversion

    conversion.convert(source, target, to, tokenizer=tokenizer, rope_theta=rope_theta, step=step)
    click.echo(f"wrote {target}")


@command(main, "hybrid meta-train start.toml")
@click.argument("settings", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--quiet", is_flag=True, help="Print the result alone.")
def meta_train(settings: Path, quiet: bool) -> None:
    """Prepare a model's memory: train its initial fast weights through the inner loop, on a folder of texts.

    SETTINGS is a TOML file; docs/meta-training.md lists its keys. The same command goes on with a run that was
    stopped. The result is OUTPUT/initial_weights.safetensors, for the setting memory.start.
    """
    from hybrid.settings.meta_training import MetaTrainingSettings
    from hybrid.ttt.training import meta_train as run

    found = MetaTrainingSettings.from_toml(settings)
    result = run(found, None if quiet else lambda line: click.echo(json.dumps(line), err=True))
    click.echo(f"wrote {result.start} after {result.steps} steps")
    if result.loss_before is not None and result.loss_after is not None:
        click.echo(f"evaluation loss {result.loss_before:.4f} before, {result.loss_after:.4f} after")


if __name__ == "__main__":
    main(prog_name="hybrid")
