"""References made from the code itself, so that they cannot go stale: the command line and the settings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Literal, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hybrid.cli import main
from hybrid.settings import Settings
from hybrid.settings.service import ServiceSettings


def command_line() -> str:
    """Every verb with its arguments, options and example, as ``--help`` has them."""
    return "\n\n".join(_command(command, name) for name, command in commands(main, "hybrid"))


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """A group's commands by their full names, in alphabetical order, a group before what it holds."""
    context = click.Context(group)
    for short in group.list_commands(context):
        command = group.get_command(context, short)
        assert command is not None
        yield f"{name} {short}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {short}")


def _command(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, max_content_width=100)
    level = "#" * (1 + len(name.split()))
    parts = [f"{level} `{name}` {{ #{name.replace(' ', '-')} }}", _prose(command.help or "")]
    if isinstance(command, click.Group):
        return "\n\n".join(parts)
    parts.append(f"```text\n{name} {' '.join(command.collect_usage_pieces(context))}\n```")
    rows = [record for parameter in command.get_params(context) if (record := parameter.get_help_record(context))]
    shown = [
        f"| <code>{_cell(names)}</code> | {_cell(_prose(said))} |"
        for names, said in rows
        if "--help" not in names and said
    ]
    if shown:
        parts.append("\n".join(["| option | what it does |", "|---|---|", *shown]))
    if example := re.search(r"Example:\n\s+(.+)", command.epilog or ""):
        parts.append(f"```console\n$ {example[1]}\n```")
    return "\n\n".join(parts)


def _prose(text: str) -> str:
    return inspect.cleandoc(text).replace("\b\n", "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;")


def settings() -> str:
    """Every setting: its name in TOML and in the environment, what it may be, its default, what it means."""
    return _tables(Settings)


def server_settings() -> str:
    """Every setting of a server."""
    folders = ServiceSettings.model_fields["folders"]
    return f"{_tables(ServiceSettings)}\n\n## `[folders]` {{ #folders }}\n\n{folders.description}: `name = path`."


def _tables(whole: type[BaseModel]) -> str:
    parts = []
    for table, field in whole.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        rows = [_setting(table, name, one) for name, one in model.model_fields.items()]
        head = ["| setting | may be | default | meaning |", "|---|---|---|---|"]
        parts.append("\n".join([f"## `[{table}]` {{ #{table} }}", "", _prose(model.__doc__ or ""), "", *head, *rows]))
    return "\n\n".join(parts)


def _setting(table: str, name: str, field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    shown = "required" if default is PydanticUndefined else f"`{_toml(default)}`" if default is not None else "none"
    anchor = f"{table}.{name}"
    meaning = _cell(field.description or "")
    return f"| `{name}`{{ #{anchor} }} | {_cell(_allowed(field))} | {shown} | {meaning} |"


def _toml(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value}"


def _allowed(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(one, key):,}"
        for one in field.metadata
        for key, sign in {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}.items()
        if getattr(one, key, None) is not None
    ]
    return ", ".join([_kind(field.annotation), *bounds])


def _kind(annotation: object) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    inner = [one for one in get_args(annotation) if one is not type(None)]
    if inner and type(None) in get_args(annotation):
        return f"{_kind(inner[0])}, or left out"
    names = {int: "whole number", float: "number", bool: "`true` or `false`", str: "text"}
    return names.get(annotation, str(annotation)) if isinstance(annotation, type) else str(annotation)


MADE: dict[str, Callable[[], str]] = {
    "command line": command_line,
    "settings": settings,
    "server settings": server_settings,
}
