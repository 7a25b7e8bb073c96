"""`hybrid serve`, the keys of a server, and `hybrid mcp`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hybrid.cli.command import CorpusPath, command, identity_options, json_option, server_option
from hybrid.errors import InputError
from hybrid.types.identities import Identity

if TYPE_CHECKING:
    from hybrid.service.keys import ApiKey, Role

root_argument = click.argument("root", type=click.Path(path_type=Path, file_okay=False))


@command("hybrid serve corpora --folder discovery=/srv/discovery")
@root_argument
@click.option("--host", help="The address to listen at. [default: 127.0.0.1]")
@click.option("--port", type=int, help="0: any that is free. [default: 8321]")
@click.option(
    "--folder",
    "folders",
    metavar="NAME=PATH",
    multiple=True,
    help="A folder that may be ingested by path, and what it is called in requests. Repeatable.",
)
@click.option(
    "--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of the server's settings."
)
def serve(root: Path, host: str | None, port: int | None, folders: tuple[str, ...], settings: Path | None) -> None:
    """Serve the corpora in the folder ROOT over HTTP, until it is interrupted.

    Without an API key it listens to this machine alone: `hybrid keys add` makes one. docs/how-to/serve.md says what it
    answers.
    """
    from hybrid.settings.service import ServiceSettings

    given = ServiceSettings() if settings is None else ServiceSettings.load(settings)
    named = {name: Path(path) for name, path in map(_named, folders)}
    where = {name: one for name, one in (("host", host), ("port", port)) if one is not None}
    given = given.model_copy(
        update={"server": given.server.model_copy(update=where), "folders": {**given.folders, **named}}
    )
    from hybrid.service.server import LOGGING, Server

    server = Server(root, given, logging=LOGGING)
    note = "; without an API key, so for this machine alone" if server.without_keys else ""
    server.run_until_stopped(lambda: click.echo(f"{root} is served at {server.url}{note}"))


def _named(folder: str) -> tuple[str, str]:
    name, equals, path = folder.partition("=")
    if not equals or not name or not path:
        raise click.BadParameter(f"{folder!r} is not NAME=PATH", param_hint="--folder")
    return name, path


@command("hybrid keys add corpora ann --corpus acme-v-beta")
@root_argument
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(("reader", "writer", "admin", "monitor")),
    default="reader",
    show_default=True,
    help="reader: asks and looks; writer: changes, too; admin: creates and reads logs, too; monitor: metrics alone.",
)
@click.option("--corpus", "corpora", multiple=True, help="A corpus, or names like 'acme-*'. Repeatable. [default: all]")
@click.option(
    "--class",
    "classes",
    metavar="CLASS",
    multiple=True,
    help="A class of documents that the key may see. Repeatable. [default: documents without a class]",
)
@click.option("--every-class", is_flag=True, help="It sees all documents; keys that change corpora always do.")
@json_option
def add_key(
    root: Path,
    name: str,
    role: Role,
    corpora: tuple[str, ...],
    classes: tuple[str, ...],
    every_class: bool,
    as_json: bool,
) -> None:
    """Make an API key for the server over ROOT, and print it: it is stored nowhere, only its hash."""
    from hybrid.service.keys import keys_of

    writes = role in ("writer", "admin")
    if writes and classes:
        raise InputError(f"a key of role {role} changes documents of every class: leave --class out")
    secret, key = keys_of(root).add(
        name, role=role, corpora=corpora or ("*",), classes=classes or ("",), every_class=every_class or writes
    )
    click.echo(json.dumps({"key": secret, **_shown(key)}) if as_json else secret)


@command("hybrid keys list corpora")
@root_argument
@json_option
def list_keys(root: Path, as_json: bool) -> None:
    """List the API keys of the server over ROOT: whose they are, and what they may do."""
    from hybrid.service.keys import keys_of

    keys = keys_of(root).all()
    if as_json:
        click.echo(json.dumps([_shown(key) for key in keys], indent=2))
    for key in () if as_json else keys:
        classes = "every class" if key.every_class else ", ".join(one or "(no class)" for one in key.classes)
        click.echo(f"{key.id}  {key.name}: {key.role} of {', '.join(key.corpora)}; sees {classes}; since {key.created}")


@command("hybrid keys remove corpora ann")
@root_argument
@click.argument("name")
def remove_key(root: Path, name: str) -> None:
    """Take an API key away from the server over ROOT, by its name or id. It counts from the next request on."""
    from hybrid.service.keys import keys_of

    key = keys_of(root).remove(name)
    click.echo(f"removed the key of {key.name}")


def _shown(key: ApiKey) -> dict[str, object]:
    return key.model_dump(mode="json", exclude={"sha256"})


@command("hybrid mcp acme-v-beta --identity ann --class staff")
@click.argument("corpus", type=CorpusPath())
@identity_options
@server_option
def mcp(corpus: Path, server: str | None, identity: Identity | None) -> None:
    """Offer CORPUS to a program that speaks the Model Context Protocol, over standard input and output.

    The program starts this command itself: docs/how-to/mcp.md says how to tell it.
    """
    from hybrid.cli.corpus import open_corpus
    from hybrid.service.mcp import run_stdio, run_stdio_of_server

    if server is not None:
        run_stdio_of_server(server, str(corpus))
        return
    with open_corpus(corpus, identity=identity) as opened:
        run_stdio(opened)
