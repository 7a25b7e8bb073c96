"""What the commands share: groups that load them late, their example, errors, exit codes, options and output."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel

from hybrid.errors import HybridError, InputError
from hybrid.text.formatting import escaped_json
from hybrid.types.filters import Filter
from hybrid.types.identities import Identity

if TYPE_CHECKING:
    from hybrid.evaluation.report import EvaluationReport
    from hybrid.ingest.progress import Progress

FAILED, NOTHING_FOUND, SOME_SKIPPED, NOT_PROVED, INTERRUPTED = 1, 3, 4, 5, 130
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called for, or listed with their help.

    Args:
        lazy: where each command is, by its name: ``{"ask": "hybrid.cli.corpus:ask"}``.
        options: those of `click.Group`.
    """

    def __init__(self, *, lazy: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self._lazy = dict(lazy)

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all commands, loaded or not, in alphabetical order."""
        return sorted({*super().list_commands(context), *self._lazy})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now if it has not been; ``None`` if there is none."""
        if name in self._lazy:
            module, _, attribute = self._lazy[name].partition(":")
            found: click.Command = getattr(import_module(module), attribute)
            return found
        return super().get_command(context, name)


def command(example: str) -> Callable[[Callable[..., object]], click.Command]:
    """Make a function a command: its example in the help, its errors as one line, its return value as the exit code.

    The command's name is that of the function, with dashes.
    """

    def made(function: Callable[..., object]) -> click.Command:
        @wraps(function)
        def run(**arguments: Any) -> None:
            try:
                code = function(**arguments)
            except HybridError as error:
                click.echo(f"hybrid: {error}", err=True)
                code = FAILED
            except OSError as error:
                if error.errno == errno.EPIPE:  # whoever read the output has gone; click ends without a word
                    raise
                _discard_output()
                click.echo(
                    f"hybrid: {error.filename or 'cannot write the output'}: {error.strerror or error}", err=True
                )
                code = FAILED
            except KeyboardInterrupt:
                click.echo("hybrid: interrupted; run the same command again to go on from there", err=True)
                code = INTERRUPTED
            sys.exit(code if isinstance(code, int) else 0)

        return click.command(epilog=f"\b\nExample:\n  {example}")(run)

    return made


def _discard_output() -> None:
    """Let what is still buffered for standard output go nowhere, or Python would fail with it again as it ends."""
    with suppress(OSError, ValueError):  # a stream that is no file has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class CorpusPath(click.Path):
    """The directory of a corpus. An empty name is refused: as a path it would be the current folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """As click's, but an empty name is a wrong command line."""
        if isinstance(value, str) and not value.strip():
            self.fail("it is empty: name the directory of a corpus; '.' is the current one", parameter, context)
        return super().convert(value, parameter, context)


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--source``, ``--where``, ``--since`` and ``--until``, which reach the function as one ``where``."""

    @wraps(function)
    def filtered(
        *, sources: tuple[str, ...], metadata: tuple[str, ...], since: str | None, until: str | None, **others: Any
    ) -> Any:
        return function(where=_filter(sources, metadata, since, until), **others)

    for option in (
        click.option("--until", metavar="DATE", help="Documents dated up to then, as precise as wanted."),
        click.option("--since", metavar="DATE", help="Documents dated from then on: 2024, 2024-03 or 2024-03-01."),
        click.option(
            "--where",
            "metadata",
            metavar="KEY=VALUE",
            multiple=True,
            help="Documents with this metadata, such as custodian='J. Doe'. Repeated with one key: any of the values.",
        ),
        click.option(
            "--source", "sources", metavar="PATTERN", multiple=True, help="Documents of this name, or like 'mail/*'."
        ),
    ):
        filtered = option(filtered)
    return filtered


def identity_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--identity``, ``--class`` and ``--every-class``, which reach the function as one ``identity``."""

    @wraps(function)
    def identified(*, name: str | None, classes: tuple[str, ...], every_class: bool, **others: Any) -> Any:
        if name is None and (classes or every_class):
            raise click.UsageError("--class and --every-class are an identity's: name it with --identity")
        identity = None if name is None else Identity(name=name, classes=classes, every_class=every_class)
        return function(identity=identity, **others)

    for option in (
        click.option("--every-class", is_flag=True, help="The identity may see all documents."),
        click.option(
            "--class",
            "classes",
            metavar="CLASS",
            multiple=True,
            help="A class of documents that it may see. Repeatable.",
        ),
        click.option("--identity", "name", metavar="NAME", help="Who asks: the corpus as that may see it."),
    ):
        identified = option(identified)
    return identified


def server_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--server``, or the variable ``HYBRID_SERVER``: the function gets it as ``server``. Who asks is then said by the
    API key, and not by an identity."""

    @wraps(function)
    def served(*, server: str | None, identity: Identity | None, **others: Any) -> Any:
        if server is not None and identity is not None:
            raise click.UsageError("--identity is for a corpus on this machine: a server knows who asks by the API key")
        return function(server=server, identity=identity, **others)

    option = click.option(
        "--server",
        metavar="URL",
        envvar="HYBRID_SERVER",
        help="Ask a running server (hybrid serve); CORPUS is a name there, the key is in the variable HYBRID_API_KEY.",
    )
    return option(served)


_OPTIONS = {"sources": "--source", "metadata": "--where", "since": "--since", "until": "--until"}
"""The options by the fields of a filter that they give."""


def _filter(sources: tuple[str, ...], metadata: tuple[str, ...], since: str | None, until: str | None) -> Filter | None:
    values: dict[str, list[str]] = {}
    for pair in metadata:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--where")
        values.setdefault(key, []).append(value)
    try:
        found = Filter.model_validate({"sources": sources, "metadata": values, "since": since, "until": until})
    except InputError as error:
        said = re.sub(r"\bFilter\.(sources|metadata|since|until)\b", lambda field: _OPTIONS[field[1]], str(error))
        raise click.UsageError(said) from None
    return None if found.everything else found


def print_json(value: BaseModel | list[Any]) -> None:
    """One JSON value on standard output. Models print as they serialise; what a terminal would obey, or not show, is
    escaped."""
    if isinstance(value, BaseModel):
        said = value.model_dump_json(indent=2)
    else:
        said = json.dumps([item.model_dump(mode="json") for item in value], indent=2, ensure_ascii=False)
    click.echo(escaped_json(said))


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Progress | None]:
    """One bar a stage on standard error, and none where that is not a terminal or ``quiet``."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from hybrid.display.progress import TerminalBars

    with TerminalBars() as progress:
        yield progress


def report_options(default_seed: int = 1) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--seed``, ``--out`` and ``--json``, for a subcommand that ends in `publish`."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        options = (
            click.option("--seed", default=default_seed, show_default=True, help="Decides every random choice."),
            click.option(
                "--out",
                type=click.Path(path_type=Path, file_okay=False),
                help="A folder for the report: JSON, Markdown and plots (the plots need matplotlib).",
            ),
            json_option,
        )
        for option in reversed(options):
            function = option(function)
        return function

    return add


def publish(report: EvaluationReport, out: Path | None, *, as_json: bool) -> None:
    """Print the report, as a table or as JSON, and write its files where ``out`` says so."""
    if as_json:
        print_json(report)
    else:
        click.echo(report.as_text())
    if out is not None:
        for path in report.write(out):
            click.echo(f"wrote {path}", err=True)
