"""The verbs of `hybrid.Corpus`: ingest, ask, search, remove, status, documents. And the settings of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast, get_args

import click

from hybrid._arguments import MOST_HITS, MOST_SECONDS, MOST_WORKERS, cluster_of
from hybrid.cli.command import (
    NOT_PROVED,
    NOTHING_FOUND,
    SOME_SKIPPED,
    CorpusPath,
    command,
    filter_options,
    identity_options,
    json_option,
    print_json,
    progress_bars,
    server_option,
)
from hybrid.cli.torchrun import place_in_torchrun
from hybrid.errors import InputError, PassedOverError
from hybrid.text.formatting import printable, visible_name
from hybrid.types.answers import RouteName
from hybrid.types.filters import Filter, undated_note
from hybrid.types.identities import Identity

if TYPE_CHECKING:
    from hybrid.client import RemoteCorpus
    from hybrid.corpus import Corpus
    from hybrid.types.reports import IntegrityReport

ROUTES = click.Choice(get_args(RouteName))
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0, MOST_SECONDS),
    default=0,
    metavar="SECONDS",
    help="How long to wait for another process that is writing.",
)
corpus_argument = click.argument("corpus", type=CorpusPath())


def open_corpus(
    directory: Path, settings: Path | None = None, *, create: bool = False, identity: Identity | None = None
) -> Corpus:
    """The corpus at ``directory``, as ``identity`` may see it; only ingest creates one."""
    from hybrid.corpus import Corpus

    return Corpus.open(directory, settings, create=create, identity=identity)


@contextmanager
def asked_corpus(corpus: Path, server: str | None, identity: Identity | None) -> Iterator[Corpus | RemoteCorpus]:
    """The corpus as ``identity`` may see it, or that of a server."""
    if server is None:
        with open_corpus(corpus, identity=identity) as opened:
            yield opened
        return
    from hybrid.client import Client

    with Client(server) as client:
        yield client.corpus(str(corpus))


@command("hybrid ingest acme-v-beta discovery/ notes/*.md")
@corpus_argument
@click.argument("paths", nargs=-1, required=True)
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help="Processes for the memory; by default one, under torchrun as many as it starts on this machine.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="A Ray cluster whose nodes do the work: auto, or HOST:PORT of its head.",
)
@wait_option
@json_option
def ingest(
    corpus: Path,
    paths: tuple[str, ...],
    settings: Path | None,
    workers: int | None,
    cluster: str | None,
    wait: float,
    as_json: bool,
) -> int:
    """Read files, folders or globs into CORPUS. What is unchanged since the last time costs nothing."""
    rank, started = place_in_torchrun()
    if rank:  # one process writes a corpus, and has others of its own adapt the memory
        return 0
    workers = workers or min(started, MOST_WORKERS)
    cluster_of(cluster, workers)
    _check_inputs(paths)
    with open_corpus(corpus, settings, create=True) as opened, progress_bars(quiet=as_json) as progress:
        report = opened.ingest(*paths, progress=progress, workers=workers, wait=wait, cluster=cluster)
    if as_json:
        print_json(report)
    else:
        click.echo(str(report))
    return SOME_SKIPPED if any(one.code != PassedOverError.code for one in report.skipped) else 0


def _check_inputs(paths: tuple[str, ...]) -> None:
    """What `Corpus.ingest` refuses before it reads anything is refused before a corpus is created."""
    from hybrid._arguments import inputs_of
    from hybrid.ingest.discovery import discover
    from hybrid.settings import IngestSettings

    discover(inputs_of(paths), IngestSettings())


@command('hybrid ask acme-v-beta "When does the supply agreement end?"')
@corpus_argument
@click.argument("question")
@click.option("--route", type=ROUTES, help="Choose the route instead of the router.")
@click.option(
    "--after", multiple=True, metavar="QUESTION", help="A question asked before, which this one follows up. Repeatable."
)
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the rows of an answer to “List every ...”, “How many ...” or “total of ...” to a CSV file.",
)
@filter_options
@identity_options
@server_option
@json_option
def ask(
    corpus: Path,
    question: str,
    route: RouteName | None,
    after: tuple[str, ...],
    csv_file: Path | None,
    where: Filter | None,
    server: str | None,
    identity: Identity | None,
    as_json: bool,
) -> int:
    """Answer QUESTION from CORPUS, with citations. QUESTION `-` is read from standard input."""
    if question == "-":
        question = sys.stdin.read()
    with asked_corpus(corpus, server, identity) as opened:
        answer = opened.ask(question, route=route, history=after, where=where)
        if csv_file is not None and answer.enumeration is not None and server is None:
            cast("Corpus", opened)._record_export("rows", len(answer.enumeration.rows))
    if as_json:
        print_json(answer)
    else:
        click.echo(str(answer))
    if csv_file is not None and answer.enumeration is not None:
        answer.enumeration.to_csv(csv_file)
        click.echo(f"rows written to {csv_file}", err=True)
    elif csv_file is not None:
        click.echo(f"no rows were found, and {csv_file} was not written", err=True)
    return 0 if answer.found else NOTHING_FOUND


@command('hybrid search acme-v-beta "termination date" -k 5')
@corpus_argument
@click.argument("question")
@click.option("-k", type=click.IntRange(1, MOST_HITS), default=10, show_default=True, help="How many results.")
@filter_options
@identity_options
@server_option
@json_option
def search(
    corpus: Path,
    question: str,
    k: int,
    where: Filter | None,
    server: str | None,
    identity: Identity | None,
    as_json: bool,
) -> int:
    """Search the index of CORPUS alone, without routing and without the memory."""
    with asked_corpus(corpus, server, identity) as opened:
        hits = opened.search(question, k=k, where=where)
    if as_json:
        print_json(list(hits))
        for note in hits.notes:
            click.echo(f"note: {printable(note)}", err=True)
        return 0 if hits else NOTHING_FOUND
    click.echo("\n".join(f"{number}. {hit}" for number, hit in enumerate(hits, 1)) or str(hits))
    for note in filter(None, (*hits.notes, undated_note(hits.undated)) if hits else ()):
        click.echo(printable(note))
    return 0 if hits else NOTHING_FOUND


@command("hybrid remove acme-v-beta discovery/draft.docx --certificate deleted.json")
@corpus_argument
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a certificate of the deletion, which `hybrid verify-deletion` proves.",
)
@wait_option
@json_option
def remove(corpus: Path, sources: tuple[str, ...], certificate: Path | None, wait: float, as_json: bool) -> None:
    """Remove documents from CORPUS by the names that `hybrid documents` shows. The memory unlearns them."""
    with open_corpus(corpus) as opened, progress_bars(quiet=as_json) as progress:
        kept = None if certificate is None else _reserved(certificate)  # before anything is removed
        try:
            report = opened.remove(sources, progress=progress, wait=wait)
            assert report.certificate is not None
            written = report.certificate.to_json()
            if kept is not None:
                kept.write(written)
        except BaseException:
            if certificate is not None and kept is not None and not kept.tell():
                kept.close()
                certificate.unlink(missing_ok=True)
            raise
        finally:
            if kept is not None:
                kept.close()
    if as_json:
        click.echo(json.dumps({"removed": report.removed, "certificate": json.loads(written)}))
    else:
        click.echo("\n".join(f"removed {visible_name(source)}" for source in report.removed))
        if certificate is not None:
            click.echo(f"certificate written to {certificate}", err=True)


def _reserved(file: Path) -> IO[str]:
    """A new file to write to. Raises `InputError` where there is one already: it may be another certificate."""
    try:
        return file.open("x", encoding="utf-8")
    except FileExistsError:
        raise InputError(f"{file} exists, and may be an earlier certificate; name another file") from None


@command("hybrid verify acme-v-beta")
@corpus_argument
@json_option
def verify(corpus: Path, as_json: bool) -> int:
    """Check everything in CORPUS against its hashes: texts, chunks, full text, index, volumes. Nothing is changed."""
    with open_corpus(corpus) as opened:
        return _integrity(opened.check(), as_json)


@command("hybrid repair acme-v-beta")
@corpus_argument
@wait_option
@json_option
def repair(corpus: Path, wait: float, as_json: bool) -> int:
    """Rebuild what can be rebuilt in CORPUS, and say what is wrong still. Nothing else is changed."""
    with open_corpus(corpus) as opened:
        return _integrity(opened.repair(wait=wait), as_json)


def _integrity(report: IntegrityReport, as_json: bool) -> int:
    if as_json:
        print_json(report)
    else:
        click.echo(str(report))
    return 0 if report.whole else NOT_PROVED


@command("hybrid verify-deletion acme-v-beta deleted.json")
@corpus_argument
@click.argument("certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
def verify_deletion(corpus: Path, certificate: Path, as_json: bool) -> int:
    """Prove a certificate of deletion: the memory's volumes are adapted again from the documents that stayed."""
    with open_corpus(corpus) as opened:
        found = opened.verify_deletion(certificate.read_text(encoding="utf-8", errors="replace"))
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))
    return 0 if found.holds else NOT_PROVED


@command("hybrid export-corpus acme-v-beta acme-v-beta.hybrid")
@corpus_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@wait_option
@identity_options
@json_option
def export_corpus(corpus: Path, file: Path, wait: float, identity: Identity | None, as_json: bool) -> None:
    """Write all of CORPUS, checked, to the new FILE, which `hybrid import-corpus` makes a corpus of elsewhere. It
    holds documents of every class, and no models."""
    with open_corpus(corpus, identity=identity) as opened, progress_bars(quiet=as_json) as progress:
        found = opened.export(file, progress=progress, wait=wait)
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))


@command("hybrid import-corpus acme-v-beta.hybrid moved")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@corpus_argument
@click.option("--sha256", metavar="SHA256", help="What the export printed; a file with another is refused.")
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@json_option
def import_corpus(file: Path, corpus: Path, sha256: str | None, settings: Path | None, as_json: bool) -> None:
    """Make the new CORPUS of FILE, which `hybrid export-corpus` wrote. Every part is checked before there is a
    corpus, and what was made is compared with what was exported."""
    from hybrid.corpus import Corpus

    with (
        progress_bars(quiet=as_json) as progress,
        Corpus.import_(file, corpus, settings, sha256=sha256, progress=progress) as opened,
    ):
        commit = opened._number()
    if as_json:
        click.echo(json.dumps({"corpus": str(corpus), "commit": commit}))
    else:
        click.echo(
            f"imported {visible_name(str(file))} as {visible_name(str(corpus))}: every hash and search is as exported"
        )


@command("hybrid status acme-v-beta")
@corpus_argument
@identity_options
@server_option
@json_option
def status(corpus: Path, server: str | None, identity: Identity | None, as_json: bool) -> None:
    """What CORPUS holds: documents, chunks, the memory's state, sizes, models."""
    with asked_corpus(corpus, server, identity) as opened:
        found = opened.status()
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))


@command("hybrid report acme-v-beta > custody.csv")
@corpus_argument
@identity_options
@json_option
def report(corpus: Path, identity: Identity | None, as_json: bool) -> None:
    """List every file that CORPUS holds or left out, for a chain of custody, as CSV: source, part of, outcome, sha256,
    size, time of change, characters, format, date, custodian, reason."""
    from hybrid.ingest import custody

    with open_corpus(corpus, identity=identity) as opened:
        rows = opened._custody()
    if as_json:
        print_json(rows)
    else:
        click.echo(custody.as_csv(rows), nl=False)


@command("hybrid log show acme-v-beta")
@corpus_argument
@click.option("-n", "last", type=click.IntRange(1), help="The last so many records; otherwise all.")
@identity_options
@json_option
def show(corpus: Path, last: int | None, identity: Identity | None, as_json: bool) -> None:
    """Print the log of CORPUS: what was asked, answered, ingested, removed and exported, as far as log.events in the
    settings names it. Where documents have classes it is shown to an identity with --every-class."""
    with open_corpus(corpus, identity=identity) as opened:
        records = opened.log()[-last if last else 0 :]
    if as_json:
        print_json(list(records))
    else:
        click.echo("\n".join(map(str, records)) or "no record; log.events in the settings says what is recorded")


@command("hybrid log verify acme-v-beta")
@corpus_argument
@click.option("--head", metavar="SHA256", help="Of a record that is known to have been in it, as this command printed.")
@json_option
def verify_log(corpus: Path, head: str | None, as_json: bool) -> int:
    """Check that every record of CORPUS's log is as it was written, and that none is missing."""
    with open_corpus(corpus) as opened:
        found = opened.check_log(head)
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))
    return 0 if found.whole else NOT_PROVED


@command("hybrid documents acme-v-beta --json")
@corpus_argument
@identity_options
@server_option
@json_option
def documents(corpus: Path, server: str | None, identity: Identity | None, as_json: bool) -> None:
    """List the documents of CORPUS, in the order in which they were read."""
    with asked_corpus(corpus, server, identity) as opened:
        found = opened.documents()
    if as_json:
        print_json(list(found))
        return
    for document in found:
        click.echo(str(document))


@command("hybrid settings acme-v-beta")
@click.argument("corpus", required=False, type=CorpusPath())
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@click.option("--template", is_flag=True, help="Print a file with all settings and their meaning instead.")
def settings(corpus: Path | None, settings: Path | None, template: bool) -> None:
    """Print the settings of CORPUS, or of a new one, as TOML, each with where its value came from.

    The environment overrules a file, a file what is stored with CORPUS, and that the defaults. A variable is
    called HYBRID_TABLE__KEY, as in HYBRID_MEMORY__ENABLED=false.
    """
    from hybrid import _open
    from hybrid.settings import Settings, sources

    if template:
        click.echo(sources.template(Settings), nl=False)
        return
    if corpus is None:
        found = _open.explained(None, settings)
    else:
        with _open.open_catalog(corpus, _open.stores_of(settings), create=False) as catalog:
            found = _open.explained(catalog, settings)
    click.echo(sources.as_toml(found), nl=False)
