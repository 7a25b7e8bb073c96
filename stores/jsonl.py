"""JSON, one object a line, plain or gzipped: the form in which users give questions and texts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hybrid.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a file. Raises `InputError`, with file and line, for what is not one."""
    return [value for _, value in _objects(path)]


def read_models(path: Path, model: type[Model], example: dict[str, Any]) -> list[Model]:
    """The objects of a file, each validated.

    Args:
        example: a line as it should be, shown where one is not.

    Raises:
        InputError: the file cannot be read or holds none; or a line is wrong, with its number and what is wrong.
    """
    found: list[Model] = []
    for number, value in _objects(path):
        try:
            found.append(model.model_validate(value))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise InputError(
                f"{path}, line {number}: {f'{where}: ' if where else ''}{fault['msg']}; a line is like "
                + json.dumps(example)
            ) from error
    if not found:
        raise InputError(f"{path} holds no questions")
    return found


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode("utf-8-sig").split("\n")  # not splitlines: JSON strings may hold U+2028 and U+0085
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(value, dict):
            raise InputError(f"{path}, line {number}: not an object in braces")
        yield number, value
