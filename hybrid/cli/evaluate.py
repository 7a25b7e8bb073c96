"""`hybrid eval`: measure the parts on questions of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from hybrid.cli.command import CorpusPath, command, identity_options, publish, report_options
from hybrid.errors import InputError
from hybrid.evaluation.needles import TASKS, Task
from hybrid.types.identities import Identity


@command("hybrid eval answers acme-v-beta questions.jsonl --out report")
@click.argument("corpus", type=CorpusPath())
@click.argument("questions", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--samples",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write questions, answers and contexts to this JSONL file, as ragas and tools like it read them.",
)
@identity_options
@report_options(default_seed=0)
def answers(
    corpus: Path,
    questions: Path,
    samples: Path | None,
    identity: Identity | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure whether CORPUS cites what answers QUESTIONS, and says so where nothing does.

    A line of QUESTIONS has `question` and `quotes`, the words of the documents that answer it ([] where none do),
    and may have `source`, `history`, `set` and `reference`, the answer that a person gives; samples of ragas are read,
    too. Dense and lexical search alone are measured beside it.
    """
    from hybrid.corpus import Corpus
    from hybrid.evaluation import answers as measured
    from hybrid.evaluation.samples import write_samples

    expected = measured.read_expected(questions)
    with Corpus.open(corpus, create=False, identity=identity) as opened:
        made: list[dict[str, object]] = []
        report = measured.evaluate(opened, expected, seed, made.append)
    if samples is not None:
        write_samples(samples, made)
    publish(report, out, as_json=as_json)


@command("hybrid eval comprehension texts.jsonl --out report")
@click.argument("texts", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--write/--no-write", default=True, show_default=True, help="Generate answers, too, for ROUGE-L.")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@report_options(default_seed=0)
def comprehension(
    texts: Path,
    write: bool,
    settings: Path | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure what the memory adds to answers about whole TEXTS, beside evidence and without.

    A line of TEXTS has `document`, and `questions`, each with `question` and `references`, the answers that
    people gave. A memory of its own is trained on each text; the memory of another text is the control.
    """
    from hybrid.evaluation import comprehension as measured
    from hybrid.settings import Settings

    report = measured.measure(
        measured.read_texts(texts),
        Settings.load(settings),
        seed,
        write,
        progress=lambda line: click.echo(line, err=True),
    )
    publish(report, out, as_json=as_json)


@command("hybrid eval needle --filler essays/ --task s-niah-2 --tokens 8000 --count 100 --no-memory")
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
@click.option("--memory/--no-memory", default=False, show_default=True, help="Whether to train a memory on each one.")
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
    from hybrid.evaluation.needles import measure, read_filler
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


@command("hybrid eval retrieval acme-v-beta --questions questions.jsonl")
@click.argument("corpus", required=False, type=CorpusPath())
@click.option("--questions", type=click.Path(path_type=Path, dir_okay=False), help="Judged questions about CORPUS.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    help="A folder with documents.jsonl and questions.jsonl, to be ingested into a corpus of its own. May be repeated.",
)
@click.option(
    "--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings, for --data."
)
@identity_options
@report_options()
def retrieval(
    corpus: Path | None,
    questions: Path | None,
    data: tuple[Path, ...],
    settings: Path | None,
    identity: Identity | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure dense search, lexical search and the two fused: nDCG@10, recall@5, recall@20.

    Each line of the questions is {"question": ..., "relevant": [SOURCE, ...]}, or {"source", "start", "end",
    "gain"} instead of SOURCE for a span, or for one that counts more than others.
    """
    from hybrid.corpus import Corpus
    from hybrid.evaluation.retrieval import measure_corpus, measure_set, read_judged, read_questions, report
    from hybrid.settings import Settings

    if (corpus is None) != (questions is None) or (corpus is None and not data):
        raise InputError("name a CORPUS with its --questions, or --data folders, or both")

    def tell(line: str) -> None:
        click.echo(line, err=True)

    used = Settings.load(settings)
    rows, commit = [], None
    for folder in data:
        rows += measure_set(read_judged(folder), used, tell)
    if corpus is not None and questions is not None:
        with Corpus.open(corpus, create=False, identity=identity) as opened:
            rows += measure_corpus(opened, corpus.name, read_questions(questions), tell)
            used, commit = opened.settings, opened.status().commit
    publish(report(rows, used, seed, commit), out, as_json=as_json)


@command("hybrid eval router questions.jsonl --out report")
@click.argument("questions", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--weights", type=click.Path(path_type=Path, dir_okay=False), help="Weights of your own.")
@click.option("--embedder", help="Name, path or hub id. [default: the built-in one]")
@report_options()
def router(
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


@command("hybrid eval verdicts cases.jsonl --model models/nli-small --out report")
@click.argument("cases", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--model", help="A classifier, by directory or hub id. [default: answer.entailment of the settings]")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@report_options(default_seed=0)
def verdicts(
    cases: Path,
    model: str | None,
    settings: Path | None,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure the verdicts on the claims of CASES: false ones that are approved, true ones that are not, by kind.

    A line of CASES has `corpus`, what a document says, `claim`, and `carried`, whether the text entails the claim, and
    may have `kind`. With a model the table also says how well its probabilities are calibrated, the report has a
    reliability diagram, and the notes are the settings that calibrate it.
    """
    from hybrid.answering.verification.classifiers import Classifier
    from hybrid.evaluation import verdicts as measured
    from hybrid.retrieval.embedding import Embedder
    from hybrid.settings import Settings
    from hybrid.settings.models import resolve_model

    used = Settings.load(settings)
    read = measured.read_cases(cases)
    named = model or used.answer.entailment
    classifier = Classifier.load(resolve_model(named)) if named else None
    embedder = Embedder.load(used.retrieval.embedder)
    publish(measured.evaluate(read, embedder, used.answer, seed, classifier), out, as_json=as_json)
