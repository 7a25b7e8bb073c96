"""What is wrong with settings, in words: the key, its value, where it came from, and what is allowed. All at once."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from hybrid.errors import SettingsError

Key = tuple[str, ...]
"""``("memory", "window")``, ``("memory",)`` for a whole table, or ``()`` for all of them."""

_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
    SecretStr: "text",
}
_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def settings_error(
    error: ValidationError, model: type[BaseModel], origin: Callable[[Key], str | None] = lambda _: None
) -> SettingsError:
    """One error for all problems of a validation. The arguments are those of `problems_of`."""
    return error_of(problems_of(error, model, origin))


def error_of(problems: Sequence[str]) -> SettingsError:
    """One error for all problems."""
    if len(problems) == 1:
        return SettingsError(problems[0])
    return SettingsError("\n  ".join([f"{len(problems)} settings are wrong:", *problems]))


def problems_of(
    error: ValidationError,
    model: type[BaseModel],
    origin: Callable[[Key], str | None] = lambda _: None,
    *,
    alone: bool = False,
) -> list[str]:
    """What is wrong, in words.

    Args:
        error: what pydantic found.
        model: all settings, or one table of them.
        origin: where the value of a key came from, such as a file's name.
        alone: only what is wrong with a setting by itself, and not how it goes with others.
    """
    above = () if is_whole(model) else (table_name(model),)
    faults = error.errors(include_url=False)
    if alone:  # a whole table or all of them are checked for what settings say together
        faults = [
            fault
            for fault in faults
            if fault["type"] != "missing" and (fault["type"] != "value_error" or len(above) + len(fault["loc"]) > 1)
        ]
    return [_problem(fault, model, above, origin) for fault in faults]


def is_whole(model: type[BaseModel]) -> bool:
    """Whether a model has tables, and is not one."""
    return any(table_of(field) is not None for field in model.model_fields.values())


def table_name(model: type[BaseModel]) -> str:
    """``memory`` of ``MemorySettings``."""
    return model.__name__.removesuffix("Settings").lower()


def table_of(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a field of the whole settings holds."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def allowed(field: FieldInfo) -> str:
    """What a setting may be: ``a whole number, at least 16``, ``'sgd' or 'adam'``, ``text, or none``."""
    kinds = _alternatives(field.annotation)
    said = " or ".join(map(_kind, (kind for kind in kinds if kind is not types.NoneType)))
    for name, words in _BOUNDS.items():
        bounds = [getattr(limit, name) for limit in field.metadata if getattr(limit, name, None) is not None]
        said += "".join(f", {words} {bound:,}" for bound in bounds)
    return f"{said}, or none" if types.NoneType in kinds else said


def _alternatives(annotation: Any) -> Sequence[Any]:
    return typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)


def _kind(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        names = [repr(name) for name in typing.get_args(annotation)]
        return f"{', '.join(names[:-1])} or {names[-1]}"
    if typing.get_origin(annotation) is tuple:
        return f"a list of {' and '.join(_kind(kind) for kind in typing.get_args(annotation) if kind is not Ellipsis)}"
    return _KINDS.get(annotation, "a value of another kind")


def _problem(fault: Mapping[str, Any], model: type[BaseModel], above: Key, origin: Callable[[Key], str | None]) -> str:
    key: Key = (*above, *map(str, fault["loc"]))
    source = origin(key)
    where = f" ({source})" if source else ""
    field = _field(model, key[len(above) :])
    stated = ".".join(key) if _may_be_secret(key, model, above) else _stated(key, fault["input"])
    if fault["type"] == "extra_forbidden":
        what, advice = _what(key, fault["input"]), _advice(key, model, above)
        return f"{stated}{where}: no such {what}; {advice}"
    if fault["type"] == "missing" and field is not None:
        source = origin(()) if source is None else source
        home = f" from {source}" if source else ""
        return f"{'.'.join(key)}: is missing{home}; it is {allowed(field)}: {field.description}"
    if fault["type"] == "value_error" and not key:
        return f"{fault['ctx']['error']}{where}"
    if fault["type"] == "value_error":
        named = stated if field is not None and table_of(field) is None else ".".join(key)
        return f"{named}{where}: {fault['ctx']['error']}"
    if field is None or table_of(field) is not None:
        return f"{stated}{where}: must be a table, [{'.'.join(key)}] with its settings under it"
    return f"{stated}{where}: must be {allowed(field)}"


_SECRET = re.compile(r"pass|pw|secret|token|credential|key", re.IGNORECASE)
_LIKE_A_SECRET = 0.6
"""Of difflib: catalog_pasword and catalog_pw are above it."""


def _may_be_secret(key: Key, model: type[BaseModel], above: Key) -> bool:
    """Whether the value of a setting is not to be repeated: it is a secret, or a setting that is none, by a name that
    could have been meant for one."""
    field = _field(model, key[len(above) :])
    if field is not None or not key:
        return field is not None and SecretStr in _alternatives(field.annotation)
    tables = [model, *(inner for one in model.model_fields.values() if (inner := table_of(one)) is not None)]
    secrets = [
        (inner, name)
        for inner in tables
        for name, one in inner.model_fields.items()
        if SecretStr in _alternatives(one.annotation)
    ]
    beside = any(table_name(inner) in key[:1] for inner, _ in secrets)
    alike = get_close_matches(key[-1], [name for _, name in secrets], n=1, cutoff=_LIKE_A_SECRET)
    return beside or bool(alike) or _SECRET.search(key[-1]) is not None


def _stated(key: Key, value: object) -> str:
    shown = value if isinstance(value, str | int | float | bool) else type(value).__name__
    return f"{'.'.join(key)} = {shown!r}" if not isinstance(value, dict) else ".".join(key)


def _what(key: Key, value: object) -> str:
    return "table" if len(key) == 1 and isinstance(value, dict) else "setting"


def _field(model: type[BaseModel], key: Key) -> FieldInfo | None:
    if not key or key[0] not in model.model_fields:
        return None
    field = model.model_fields[key[0]]
    inner = table_of(field)
    return field if len(key) == 1 or inner is None else _field(inner, key[1:])


def _advice(key: Key, model: type[BaseModel], above: Key) -> str:
    """The setting that was meant, or else all there are."""
    names = {f"{above[0]}.{name}" for name in model.model_fields} if above else _names(model)
    wanted = ".".join(key)
    if "." in key[-1] and wanted in names:
        *tables, name = wanted.split(".")
        nested = f"{{{name!r}: ...}}"
        for table in reversed(tables):
            nested = f"{{{table!r}: {nested}}}"
        return f"a table is a dict of its own: write {nested}"
    same = sorted(name for name in names if name.split(".")[-1] == key[-1] and "." in name)
    close = same or get_close_matches(wanted, sorted(names), n=1, cutoff=0.75)
    if close:
        return f"did you mean {' or '.join(close)}?"
    beside = [name for name in sorted(names) if len(key) > 1 and name.startswith(f"{key[0]}.")]
    return f"there are {', '.join(beside or sorted(name for name in names if '.' not in name))}"


def _names(model: type[BaseModel]) -> set[str]:
    """Tables, and settings with their table."""
    names = set(model.model_fields)
    for table, field in model.model_fields.items():
        inner = table_of(field)
        names |= {f"{table}.{name}" for name in inner.model_fields} if inner else set()
    return names
