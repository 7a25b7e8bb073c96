"""What every verb of the command line shares: its example, its errors, its exit codes, its JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel, ValidationError

from hybrid.errors import HybridError, InputError
from hybrid.types.filters import Filter

if TYPE_CHECKING:
    from hybrid.ingest.progress import Progress

FAILED, NOTHING_FOUND, SOME_SKIPPED, INTERRUPTED = 1, 3, 4, 130
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")


def command(group: click.Group, example: str) -> Callable[[Callable[..., object]], click.Command]:
    """A verb of ``group``: its example in the help, its errors as one line, its return value as the exit code."""

    def register(function: Callable[..., object]) -> click.Command:
        @wraps(function)
        def run(**arguments: Any) -> None:
            try:
                code = function(**arguments)
            except HybridError as error:
                click.echo(f"hybrid: {error}", err=True)
                code = FAILED
            except KeyboardInterrupt:
                click.echo("hybrid: interrupted; run the same command again to go on from there", err=True)
                code = INTERRUPTED
            sys.exit(code if isinstance(code, int) else 0)

        return group.command(epilog=f"\b\nExample:\n  {example}")(run)

    return register


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


def _filter(sources: tuple[str, ...], metadata: tuple[str, ...], since: str | None, until: str | None) -> Filter | None:
    values: dict[str, list[str]] = {}
    for pair in metadata:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--where {pair!r} is not KEY=VALUE")
        values.setdefault(key, []).append(value)
    try:
        found = Filter.model_validate({"sources": sources, "metadata": values, "since": since, "until": until})
    except ValidationError as error:
        raise InputError(
            "; ".join(str(problem["msg"]).removeprefix("Value error, ") for problem in error.errors())
        ) from error
    return None if found.everything else found


def print_json(value: BaseModel | list[Any]) -> None:
    """One JSON value on standard output. Models print as they serialise."""
    if isinstance(value, BaseModel):
        click.echo(value.model_dump_json(indent=2))
    else:
        click.echo(json.dumps([item.model_dump(mode="json") for item in value], indent=2, ensure_ascii=False))


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Progress | None]:
    """One bar a stage on standard error, and none where that is not a terminal or ``quiet``."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from hybrid.display.progress import TerminalBars

    with TerminalBars() as progress:
        yield progress
