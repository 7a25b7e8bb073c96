"""Where settings come from: code, the environment, a TOML file, a corpus. The first of these that names a key decides.

A variable of the environment is called ``HYBRID_<TABLE>__<KEY>``, as in ``HYBRID_MEMORY__ENABLED=false``.

pydantic-settings reads the environment. It reads files and merges sources, too, but does not say which of them a value
came from, and passes over a file that is missing and a variable of a table that does not exist: so the layers are
kept apart here until `resolve`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pydantic import BaseModel, SecretStr, ValidationError

from hybrid.errors import SettingsError
from hybrid.settings.messages import Key, allowed, error_of, problems_of, table_of

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

PREFIX = "HYBRID_"
BETWEEN = "__"
Whole = TypeVar("Whole", bound=BaseModel)


@dataclass(frozen=True)
class Layer:
    """What one source sets: ``values`` by table and key. ``name`` is the source, ``names`` those of single keys. The
    values, which may be passwords under a misspelled name, are in no representation."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    names: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolved(Generic[Whole]):
    """Settings, and the source of each that is not the default, by ``(table, key)``."""

    settings: Whole
    origins: Mapping[Key, str]


def from_file(path: str | os.PathLike[str]) -> Layer:
    """The settings of a TOML file. Raises `SettingsError` if it cannot be read, naming the line if it is not TOML."""
    file = Path(path).expanduser()
    try:
        if file.is_dir():
            raise SettingsError(f"{path} is a directory; the settings are in a TOML file")
        values = tomllib.loads(file.read_bytes().decode("utf-8-sig"))  # editors on Windows begin files with a mark
    except OSError as error:
        raise SettingsError(f"cannot read the settings in {path}: {error.strerror}") from error
    except ValueError as error:  # of a NUL character, or a lone surrogate
        if isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
            raise SettingsError(f"the settings in {path} are not TOML: {error}") from error
        raise SettingsError(f"{str(path)!r} is no path of a file: {error}") from error
    return Layer(str(path), values)


def from_environment(model: type[BaseModel], environment: Mapping[str, str] | None = None) -> Layer:
    """The settings in variables ``HYBRID_<TABLE>__<KEY>``. Other variables are none of ours."""
    variables = {
        name: text
        for name, text in (os.environ if environment is None else environment).items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).partition(BETWEEN)[1]
    }
    if not variables:
        return Layer("the environment")  # without pydantic-settings, whose import takes 80 ms
    from pydantic_settings import EnvSettingsSource

    source = EnvSettingsSource(_as_source(model), env_prefix=PREFIX, env_nested_delimiter=BETWEEN)
    source.env_vars = {name.lower(): text for name, text in variables.items()}
    values = source()
    names: dict[Key, str] = {}
    for name, text in sorted(variables.items()):
        table, _, key = name.removeprefix(PREFIX).lower().partition(BETWEEN)
        names[table, key] = names[(table,)] = f"environment variable {name}"
        setting, deeper, _ = key.partition(BETWEEN)
        if deeper:  # HYBRID_ANSWER__MAX_QUOTES__X, which makes a table of the setting
            names[table, setting] = names[table, key]
        if table not in model.model_fields:  # left out by the source: to be refused by its name
            values.setdefault(table, {})[key] = text
    return Layer("the environment", values, names)


def _as_source(model: type[BaseModel]) -> type[BaseSettings]:
    """A model as the sources' type: they use its fields and configuration, which any model has."""
    return cast("type[BaseSettings]", model)


def from_code(settings: BaseModel) -> Layer:
    """What was named when ``settings`` were made. What was left to its default is left to others here, too."""
    return Layer("code", settings.model_dump(exclude_unset=True))


def resolve(model: type[Whole], layers: Sequence[Layer]) -> Resolved[Whole]:
    """The settings that ``layers`` give together, each overruling those before it.

    Raises `SettingsError` with all that is wrong with them, and the source of each: also what another layer overrules.
    """
    alone = [problem for layer in layers for problem in _problems_alone(model, layer)]
    problems: list[str] = []
    merged: dict[str, Any] = {}
    origins: dict[Key, str] = {}
    for layer in layers:
        origins[()] = layer.name
        for table, values in layer.values.items():
            origins[(table,)] = layer.names.get((table,), layer.name)
            if not isinstance(values, Mapping):
                merged[table] = values
                continue
            there = merged.get(table)
            merged[table] = {**(there if isinstance(there, Mapping) else {}), **values}
            origins |= {(table, key): layer.names.get((table, key), layer.name) for key in values}
    try:
        settings: Whole = model.__pydantic_validator__.validate_python(merged)  # `model_validate` knows no sources
    except ValidationError as error:
        # A list counts as one setting: its items come from where it does.
        problems = problems_of(error, model, lambda key: origins.get(key[:2]))
    if problems or alone:
        raise error_of(list(dict.fromkeys([*problems, *alone])))
    return Resolved(settings, {key: origin for key, origin in origins.items() if len(key) > 1})


def resolve_file(model: type[Whole], path: str | os.PathLike[str], paths: Sequence[str]) -> Whole:
    """The settings of a TOML file alone; the fields ``paths``, where they are given, are relative to its folder. Raises
    `SettingsError` as `resolve` does."""
    found = resolve(model, [from_file(path)]).settings
    here = Path(path).expanduser().parent
    given = {name: here / value for name in paths if (value := getattr(found, name)) is not None}
    return found.model_copy(update=given)


def _problems_alone(model: type[BaseModel], layer: Layer) -> list[str]:
    """What is wrong with the settings of one layer, each by itself; how they go together, and which are missing, is
    seen when all are there."""
    try:
        model.__pydantic_validator__.validate_python(dict(layer.values))
    except ValidationError as error:
        origin = {
            (table, *key): layer.names.get((table, *key), layer.name)
            for table, values in layer.values.items()
            for key in ((), *((name,) for name in (values if isinstance(values, Mapping) else ())))
        }
        return problems_of(error, model, lambda key: origin.get(key[:2]), alone=True)
    return []


def as_toml(resolved: Resolved[Whole]) -> str:
    """All settings as TOML that can be read again, each with its source."""
    lines: list[str] = []
    plain = type(resolved.settings)().model_dump()
    for table, values in resolved.settings.model_dump().items():
        lines += [f"[{table}]"]
        for key, value in values.items():
            origin = "default" if value == plain[table][key] else resolved.origins.get((table, key), "default")
            if isinstance(value, SecretStr):
                lines.append(f"{f'# {key} is set, and not shown':<44}  # {origin}")
                continue
            lines.append(f"{_assignment(key, value):<44}  # {origin}")
        lines.append("")
    return "\n".join(lines)


def template(model: type[BaseModel]) -> str:
    """A TOML file with every setting, its meaning and what it may be, all of it commented out."""
    lines = ["# Settings of hybrid. Take away the # before what you want to change.", ""]
    for table, inner in _tables(model):
        lines += [f"[{table}]", *(f"# {line.strip()}" for line in (inner.__doc__ or "").strip().splitlines()), ""]
        for key, field_ in inner.model_fields.items():
            said = f"{field_.description}: {allowed(field_)}" if field_.description else allowed(field_)
            lines += [f"# {said}", f"# {_assignment(key, field_.default)}", ""]
    return "\n".join(lines)


def _tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for table, field_ in model.model_fields.items():
        inner = table_of(field_)
        if inner is not None:
            yield table, inner


def _assignment(key: str, value: object) -> str:
    """A line of TOML, which has no null: a setting that may be none takes the word."""
    import tomlkit

    return f"{key} = {tomlkit.item('none' if value is None else value).as_string()}"
