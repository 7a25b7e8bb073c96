"""Uploads: the parts of a form, written to files as they come in. One that is cut leaves nothing behind.

The framework's own form parser takes a form that ends in the middle of a file for a whole one, and keeps it in memory
or in a folder that the operator did not choose: here the parts go where the job reads them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from hybrid.errors import InputError, RequestTooLargeError
from hybrid.types.base import shown

FIELD = "files"
_LONGEST_PART = 200
"""Bytes of one part of a name; file systems take 255, and programs put something behind them."""
_LONGEST_NAME = 1024
_DEEPEST = 32
_OF_CORPORA = frozenset({"catalog.sqlite", "catalog.url"})
"""Files that a corpus is known by."""


def checked_name(name: str) -> str:
    """The name of an uploaded file: a way down from nowhere, such as ``mail/0031.eml``. Raises `InputError` for one
    that could lead elsewhere."""
    problem = None
    parts = name.split("/")
    if not name or any(ord(letter) < 32 or letter == "\x7f" for letter in name):
        problem = "it is empty or holds a control character"
    elif "\\" in name or name.startswith(("/", "~")) or any(part in ("", ".", "..") for part in parts):
        problem = "it is no plain way down, such as mail/0031.eml: no '..', '\\', empty part, or '/' or '~' in front"
    elif len(name.encode("utf-8", "replace")) > _LONGEST_NAME or len(parts) > _DEEPEST:
        problem = f"it is longer than {_LONGEST_NAME} bytes or deeper than {_DEEPEST} folders"
    elif not _OF_CORPORA.isdisjoint(parts):  # no corpus is read as documents
        problem = "beside a file of that name nothing of the folder would be read"
    elif any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts):
        problem = f"a part of it is longer than {_LONGEST_PART} bytes"
    if problem is not None:
        raise InputError(f"an uploaded file cannot be called {shown(name)}: {problem}")
    return name


async def save(chunks: AsyncIterator[bytes], content_type: str, folder: Path, most_files: int) -> list[str]:
    """Write the files of a form (``multipart/form-data``) below ``folder``; returns their names.

    Raises:
        InputError: it is no such form, holds no file or other fields, is cut, or a name cannot be used or comes twice.
        RequestTooLargeError: too many files.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InputError(
            f"an upload is multipart/form-data with a file in each field {FIELD!r}, not {shown(content_type)}: "
            f"curl -F '{FIELD}=@a.pdf;filename=letters/a.pdf'"
        )
    form = _Form(folder, most_files)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)  # to the page cache: waiting for a thread would take longer
        parser.finalize()
    except FormParserError as error:
        raise InputError(f"the upload is no whole form: {error}") from None
    finally:
        form.close()
    if not form.ended:
        raise InputError("the upload was cut: its last part does not end; nothing of it is kept, send it again")
    if not form.names:
        raise InputError(f"the upload holds no file: give each in a field {FIELD!r}")
    return form.names


class _Form:
    """The parts of a form, as the parser finds them."""

    def __init__(self, folder: Path, most_files: int) -> None:
        self.names: list[str] = []
        self.ended = False
        self._known: set[str] = set()
        self._folder = folder
        self._most_files = most_files
        self._file: IO[bytes] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._field = self._value = b""

    def callbacks(self) -> dict[str, object]:
        """What the parser is to call."""
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._on_data,
            "on_part_end": self.close,
            "on_end": self._on_end,
        }

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        field = options.get(b"name", b"").decode("utf-8", "replace")
        if field != FIELD or b"filename" not in options:
            raise InputError(
                f"an upload has files in fields {FIELD!r} and nothing else, and this one has {shown(field)}"
            )
        try:
            name = checked_name(options[b"filename"].decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError("the name of an uploaded file is not UTF-8") from None
        if name in self._known:
            raise InputError(f"two files of the upload are called {shown(name)}")
        if len(self.names) >= self._most_files:
            raise RequestTooLargeError(f"an upload has at most {self._most_files:,} files (limits.upload_files)")
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            self._file = os.fdopen(os.open(path, flags, 0o600), "wb")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise InputError(f"{shown(name)} is a file and a folder of the upload") from None
        self._known.add(name)
        self.names.append(name)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        assert self._file is not None
        self._file.write(data[start:end])

    def close(self) -> None:
        """Close the file at hand, if there is one."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _on_end(self) -> None:
        self.ended = True
