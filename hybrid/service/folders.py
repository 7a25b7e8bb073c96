"""Paths in requests: below the folders that the operator named, and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hybrid.errors import InputError
from hybrid.ingest.discovery import NamedPath, is_inside
from hybrid.types.base import shown


def named_path(given: str, folders: dict[str, Path]) -> NamedPath:
    """Where a path of a request is. Raises `InputError` for one outside the folders that the operator named, also by a
    link, in the same words as for one that does not exist."""
    parts = PurePosixPath(given).parts
    name = parts[0] if parts else ""
    known = ", ".join(sorted(folders)) or "the operator allowed none: hybrid serve --folder NAME=PATH"
    if name not in folders or ".." in parts or "\0" in given or "\\" in given:
        raise InputError(
            f"path {shown(given)}: it begins with the name of a folder that the operator allowed, and has no '..'; "
            f"folders: {known}"
        )
    folder = folders[name].absolute()
    path = folder.joinpath(*parts[1:])
    try:
        there = path.exists() and is_inside(path, folder)
    except OSError:
        there = False
    if not there:
        raise InputError(f"path {shown(given)}: there is no such file or folder in {name}")
    return NamedPath(path, "/".join(parts))
