"""Files on their way to a server: their names, and the form that holds them, read piece by piece."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from hybrid._async import pulled
from hybrid.errors import InputError
from hybrid.types.base import shown

Upload = str | Path | tuple[str, bytes | str | Path]
"""A file or a folder; or the name that a file is to have, and its bytes or where it is."""
_PIECE = 256 * 1024


@dataclass(frozen=True)
class _File:
    name: str
    content: bytes | Path
    size: int


class Form:
    """Files as ``multipart/form-data``. None is held in memory.

    Raises `InputError` for what is no file or folder, and for two files of one name.
    """

    def __init__(self, given: tuple[Upload, ...]) -> None:
        files = [file for one in given for file in _files_of(one)]
        if not files:
            raise InputError("nothing to upload: name files or folders that hold files")
        names = [file.name for file in files]
        for name in names:
            if any(ord(letter) < 32 or letter == "\x7f" for letter in name):
                raise InputError(f"an uploaded file cannot be called {shown(name)}: it holds a control character")
        (twice, times), *_ = Counter(names).most_common(1)
        if times > 1:
            raise InputError(f"{times} files are called {twice!r}: give them other names, as ('name', path)")
        boundary = f"hybrid-{secrets.token_hex(16)}"
        self._parts = [(_head(boundary, file.name), file) for file in files]
        self._end = f"--{boundary}--\r\n".encode()
        size = sum(len(head) + file.size + 2 for head, file in self._parts) + len(self._end)
        self.headers: dict[str, str] = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(size),
        }

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces()

    def _pieces(self) -> Generator[bytes, None, None]:
        for head, file in self._parts:
            yield head
            if isinstance(file.content, bytes):
                yield file.content
            else:
                yield from _read(file.content, file.size)
            yield b"\r\n"
        yield self._end

    def __aiter__(self) -> AsyncIterator[bytes]:
        return pulled(self._pieces())


def _read(path: Path, size: int) -> Generator[bytes, None, None]:
    """A file as long as it was when its size was told to the server: what was written behind it since is left out."""
    try:
        with path.open("rb") as opened:
            while size and (piece := opened.read(min(size, _PIECE))):
                size -= len(piece)
                yield piece
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    if size:
        raise InputError(f"{path} became shorter while it was sent; upload it again")


def _head(boundary: str, name: str) -> bytes:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


def _files_of(given: Upload) -> Iterator[_File]:
    if isinstance(given, tuple):
        name, content = given
        if isinstance(content, bytes):
            yield _File(name, content, len(content))
            return
        path = Path(content)
        if not path.is_file():
            raise InputError(f"{path} is no file")
        yield _File(name, path, path.stat().st_size)
        return
    if not isinstance(given, str | Path):
        raise InputError(f"what is uploaded is a path, or a name and bytes or a path, not {shown(given)}")
    path = Path(os.path.normpath(given))
    if path.is_file():
        yield _File(_plain(path), path, path.stat().st_size)
    elif path.is_dir():
        for file in sorted(path.rglob("*")):
            below = file.relative_to(path)
            if not file.is_file() or any(part.startswith(".") for part in below.parts):
                continue
            if not file.resolve().is_relative_to(path.resolve()):
                raise InputError(
                    f"{file} is a symbolic link that leaves {path}; upload what it leads to by its own name"
                )
            yield _File(f"{_plain(path)}/{below.as_posix()}".removeprefix("./"), file, file.stat().st_size)
    else:
        raise InputError(f"{given} does not exist; the current folder is {Path.cwd()}")


def _plain(path: Path) -> str:
    """The name of what is uploaded: the path as it was given, or its last part where that leads out of here."""
    return path.resolve().name if path.is_absolute() or ".." in path.parts else path.as_posix()
