"""JSON, one object a line, plain or gzipped: the form in which questions and texts are given."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from hybrid.errors import InputError


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a file. Raises `InputError`, with file and line, for what is not one."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = data.decode("utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: not JSON ({error})") from error
        if not isinstance(value, dict):
            raise InputError(f"{path}, line {number}: not an object in braces")
        found.append(value)
    return found
