"""The ZIP archive around the parts: written part by part with their hashes, and read with every one of them checked.

Nothing is unpacked by the archive's own names: a part is looked up by the name that the manifest gives it, and that
name must be one of `hybrid.archive.contents.NAME`. What is no part, is there twice, is a link or a folder, is
encrypted, or has another length or sha256 than the manifest says, is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from hybrid.archive.contents import FORMAT, MANIFEST, NAME, VERSION, Manifest, PartInfo
from hybrid.errors import ArchiveError, CorpusVersionError
from hybrid.types.base import FrozenModel

BLOCK = 1 << 20
"""Bytes that are read or written at once."""
_LARGEST_MANIFEST = 1 << 28
_END_OF_ARCHIVE = 22  # bytes of the last record, without a comment
_LONGEST_LINE = 1 << 31
"""Bytes of a line, which is a document: what expands to more was made to fill the memory."""
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest of the format: the same corpus gives the same parts
_COMPRESSED = (".json", ".jsonl")  # vectors and tensors do not become smaller
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
Line = TypeVar("Line", bound=FrozenModel)


class PartsWriter:
    """Writes parts to a file, one after another, and remembers what each was; use it in ``with``, which ends the
    archive."""

    def __init__(self, file: IO[bytes]) -> None:
        self._archive = zipfile.ZipFile(file, "w", allowZip64=True)
        self.parts: list[PartInfo] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    @contextmanager
    def part(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """A part of that name, filled by calling what the block is given; it is recorded when the block ends."""
        with self._opened(name) as write:
            digest, size = hashlib.sha256(), 0

            def add(data: bytes) -> None:
                nonlocal size
                digest.update(data)
                size += len(data)
                write(data)

            yield add
        self.parts.append(PartInfo(name=name, sha256=digest.hexdigest(), bytes=size))

    @contextmanager
    def _opened(self, name: str) -> Iterator[Callable[[bytes], object]]:
        info = zipfile.ZipInfo(name, _TIME)
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(_COMPRESSED) else zipfile.ZIP_STORED
        with self._archive.open(info, "w", force_zip64=True) as file:
            yield file.write

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest."""
        with self._opened(MANIFEST) as write:
            write(json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1).encode())


class Archive:
    """The file of an exported corpus, opened for reading; close it, or use it in ``with``.

    Attributes:
        manifest: what it holds.
        sha256: of the file: whoever has it from the one who exported can compare.
    """

    def __init__(self, path: Path) -> None:
        """Open the file and check its structure; no part but the manifest is read.

        Raises:
            ArchiveError: it is none, is cut off or damaged, or has parts that it may not have.
            CorpusVersionError: a newer version of hybrid wrote it.
        """
        self.path = path
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise ArchiveError(path, None, "it is no file")
            self._file = path.open("rb")
        except OSError as error:
            raise ArchiveError(path, None, f"it cannot be read ({error.strerror or error})") from error
        try:
            self._archive = self._structure()
            self._infos = self._checked_infos()
            self.manifest: Manifest = self._checked_manifest()
            self._check_parts()
            self._check_ends()
            self.sha256: str = self._digest()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._archive.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _structure(self) -> zipfile.ZipFile:
        begins = self._file.read(4)
        self._file.seek(0)
        try:
            return zipfile.ZipFile(self._file)
        except (*_DAMAGED, ValueError, OSError) as error:
            said = (
                "it is cut off, or damaged at its end; copy it again"
                if begins == b"PK\x03\x04"
                else "it is not the file of an exported corpus; hybrid export-corpus writes one"
            )
            raise ArchiveError(self.path, None, said) from error

    def _checked_infos(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.is_dir() or kind not in (0, stat.S_IFREG):
                what = "a link" if kind == stat.S_IFLNK else "no file"
                raise ArchiveError(self.path, info.filename, f"it is {what}, and an exported corpus has files alone")
            if not NAME.fullmatch(info.filename) or info.filename != info.orig_filename:
                raise ArchiveError(
                    self.path, info.orig_filename, "no part of an exported corpus has such a name; nothing was unpacked"
                )
            if info.filename in found:
                raise ArchiveError(self.path, info.filename, "it is there twice")
            if info.flag_bits & 1:
                raise ArchiveError(self.path, info.filename, "it is encrypted")
            found[info.filename] = info
        return found

    def _checked_manifest(self) -> Manifest:
        info = self._infos.get(MANIFEST)
        if info is None:
            raise ArchiveError(self.path, MANIFEST, "it is missing: this is not the file of an exported corpus")
        if info.file_size > _LARGEST_MANIFEST:
            raise ArchiveError(self.path, MANIFEST, f"it is larger than {_LARGEST_MANIFEST:,} bytes")
        with self._reading(MANIFEST), self._archive.open(info) as file:
            data = file.read(_LARGEST_MANIFEST)
        try:
            fields = json.loads(data)
            if not isinstance(fields, dict) or fields.get("format") != FORMAT:
                raise ArchiveError(self.path, MANIFEST, "it is not that of an exported corpus")
            version = fields.get("version")
            if isinstance(version, int) and version > VERSION:
                raise CorpusVersionError(
                    f"{self.path}: {MANIFEST} says format {version}, written by hybrid {fields.get('written_by')}; "
                    f"this version reads up to {VERSION}: install the newer hybrid (pip install -U hybrid-ttt-rag)"
                )
            manifest = Manifest.model_validate_json(data)
        except (ValueError, RecursionError) as error:
            raise ArchiveError(self.path, MANIFEST, f"it is damaged, or was edited ({error})") from error
        return manifest

    def _check_ends(self) -> None:
        """Nothing stands before the first part or after the end of the archive, which readers of ZIP pass over."""
        self._file.seek(-_END_OF_ARCHIVE, os.SEEK_END)
        whole = self._file.read(4) == b"PK\x05\x06" and not self._archive.comment
        if not whole or min(info.header_offset for info in self._infos.values()):
            raise ArchiveError(self.path, None, "it has bytes before or after its parts; copy it again")

    def _digest(self) -> str:
        self._file.seek(0)
        try:
            return hashlib.file_digest(self._file, "sha256").hexdigest()
        except OSError as error:
            raise ArchiveError(self.path, None, f"it cannot be read ({error.strerror or error})") from error

    def _check_parts(self) -> None:
        named = {one.name: one for one in self.manifest.parts}
        if len(named) != len(self.manifest.parts):
            raise ArchiveError(self.path, MANIFEST, "it names a part twice")
        for name in sorted(named.keys() - self._infos.keys()):
            raise ArchiveError(self.path, name, "it is missing")
        for name in sorted(self._infos.keys() - named.keys() - {MANIFEST}):
            raise ArchiveError(self.path, name, "the manifest does not name it")
        for name, part in named.items():
            if name == MANIFEST or self._infos[name].file_size != part.bytes:
                raise ArchiveError(self.path, name, f"it has not the {part.bytes:,} bytes that the manifest says")
        self._parts = named

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Turn what the archive raises for damage into `ArchiveError`."""
        try:
            yield
        except _DAMAGED as error:
            raise ArchiveError(self.path, name, f"it is damaged ({error})") from error
        except OSError as error:
            raise ArchiveError(self.path, name, f"it cannot be read ({error.strerror or error})") from error

    @property
    def size(self) -> int:
        """How many bytes all parts have, unpacked."""
        return sum(one.bytes for one in self.manifest.parts)

    def names(self, folder: str) -> list[str]:
        """The names of the parts in a folder, sorted."""
        return sorted(name for name in self._parts if name.startswith(f"{folder}/"))

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self._parts

    def blocks(self, name: str) -> Iterator[bytes]:
        """A part's content in pieces. Raises `ArchiveError`, at the end, where it is not as it was written."""
        yield from self._pieces(name, lambda file: file.read(BLOCK))

    def _pieces(self, name: str, read: Callable[[IO[bytes]], bytes]) -> Iterator[bytes]:
        part = self._parts.get(name)
        if part is None:
            raise ArchiveError(self.path, name, "it is missing")
        digest, size = hashlib.sha256(), 0
        with self._reading(name):
            file = self._archive.open(self._infos[name])
        with file:
            while True:
                with self._reading(name):
                    data = read(file)
                if not data:
                    break
                digest.update(data)
                size += len(data)
                if size > part.bytes:
                    break
                yield data
        if size != part.bytes or digest.hexdigest() != part.sha256:
            raise ArchiveError(
                self.path, name, "its sha256 is not the one in the manifest: it was damaged or edited; copy it again"
            )

    def content(self, name: str) -> bytes:
        """A part's content, whole. Raises `ArchiveError` as `blocks` does."""
        return b"".join(self.blocks(name))

    def verify(self, done: Callable[[int], None]) -> None:
        """Read every part and compare its sha256; ``done`` is called with how many bytes were read so far.

        Raises `ArchiveError` for the first that is not as it was written.
        """
        so_far = 0
        for part in self.manifest.parts:
            for block in self.blocks(part.name):
                so_far += len(block)
                done(so_far)

    def lines(self, name: str, kind: type[Line]) -> Iterator[Line]:
        """The lines of a part, each validated. Raises `ArchiveError`, with the line's number."""
        for number, line in enumerate(self._pieces(name, lambda file: file.readline(_LONGEST_LINE)), 1):
            try:
                yield kind.model_validate_json(line)
            except (ValueError, RecursionError) as error:
                raise ArchiveError(self.path, name, f"line {number}: {error}") from error


def line(value: FrozenModel) -> bytes:
    """A line of a part."""
    return json.dumps(value.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def sync(file: IO[bytes]) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())
