"""What an ingest reads: files, folders, globs and documents become one list that is the same every time."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

from hybrid.errors import DocumentError, InputError, OutsideFolderError, PassedOverError, UnsupportedFormatError
from hybrid.ingest.external_documents import is_external, rejoined
from hybrid.ingest.loaders.formats import SUFFIXES, reject_unread
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document
from hybrid.types.reports import SkippedFile

_MAGIC = re.compile(r"[*?[]")
_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr", "CVS"})
_CATALOGS = ("catalog.sqlite", "catalog.url")
_OWN = frozenset({"commit", "commits", "memory", "volumes", "quarantine", "write.lock"})
"""What hybrid writes in a corpus directory, beside the catalog and SQLite's files to it."""
_HEAD = 4096  # bytes that the formats are known by


@dataclass(frozen=True)
class Found:
    """A file to read. ``root`` is the folder it must stay in; ``None`` if the user named the file itself."""

    path: Path
    source: str
    root: Path | None
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class NamedPath:
    """A file or a folder whose sources are called otherwise than where it lies: ``source`` stands for ``path`` in their
    names, and in what is said of them. An empty one leaves the way down from the folder.

    Example:
        >>> NamedPath(Path("/srv/uploads/7f3a"), "mail")  # /srv/uploads/7f3a/0031.eml is mail/0031.eml
        NamedPath(path=PosixPath('/srv/uploads/7f3a'), source='mail')
    """

    path: Path
    source: str

    def renamed(self, found: Found | SkippedFile) -> Found | SkippedFile:
        """The same file or refusal, by its name."""
        if isinstance(found, Found):
            return replace(found, source=self._name(found.source))
        return found.model_copy(update={"source": self._name(found.source), "reason": self._without(found.reason)})

    def _name(self, source: str) -> str:
        below = source.removeprefix(_source(self.path)).removeprefix("/")
        return "/".join(filter(None, (self.source, below)))

    def _without(self, text: str) -> str:
        """A text that does not say where the path is. A link may lead anywhere, so that its target is not said."""
        plain = _LINK_TARGET.sub("a symbolic link", text)
        return plain.replace(f"{_source(self.path)}/", self.source and f"{self.source}/").replace(
            _source(self.path), self.source or "the folder"
        )


_LINK_TARGET = re.compile(r"^a symbolic link to .*?(?=, outside |, which )", re.DOTALL)
InputPath = str | Path | NamedPath


def discover(paths: Sequence[InputPath] | InputPath, settings: IngestSettings) -> Iterator[Found | SkippedFile]:
    """Every file under ``paths``, in a fixed order: inputs as given, each sorted by the parts of its names.

    A folder is walked to the bottom. ``*``, ``?``, ``[...]`` and ``**`` (any depth of folders) are
    expanded where no file has that very name; ``~`` is the home folder.

    A ``source`` is the path as given, made lexically normal (no ``./``, doubled slash or slash at
    the end), plus the way down from it, with ``/``. So ``discovery``, ``./discovery/`` and
    ``discovery/a.pdf`` all give ``discovery/a.pdf``; ``.`` gives ``a.pdf``; an absolute path gives
    absolute sources, which are other names for the same files.

    A file comes once per call, however many inputs or links lead to it, under its own name rather
    than a link's. Reported as skipped, unless named: in a folder that is read the hidden files and folders (``.name``,
    and ``~$name``, the lock files of word processors) if the settings do not include them, the folders of version
    control, and links to what is read by its own name. Reported as skipped, by whatever path, glob or link: a corpus
    directory and what hybrid wrote in it (documents that somebody put into a folder of their own there are read if that
    folder is named). Reported as skipped, too: what no loader reads (by its first bytes where the name is not a
    document's), links that are broken, loop or leave the input's folder, what is not a regular file (never opened) and
    what may not be read.

    Raises:
        InputError: at the call, before any file is found, for a path that does not exist, a glob that
            matches nothing, or no path at all.
    """
    names = [paths] if isinstance(paths, InputPath) else list(paths)
    if not names:
        raise InputError("nothing to ingest: give at least one file, folder or glob")
    inputs = [_Input.of(name, settings) for name in names]
    return _unique(inputs)


def _unique(inputs: Iterable[_Input]) -> Iterator[Found | SkippedFile]:
    seen: dict[str, str] = {}  # by what is read, its source
    for one in inputs:
        entries = list(one.entries())
        entries.sort(key=lambda entry: (entry.is_link, entry.source.split("/")))  # a file before the links to it
        chosen = []
        for entry in entries:
            key = os.path.realpath(entry.path) if entry.skipped is None else f"{entry.skipped}{entry.source}"
            if key not in seen:
                seen[key] = entry.source
                chosen.append(entry)
            elif entry.is_link and seen[key] != entry.source:
                again = _passed_over(entry.path, f"a link to {seen[key]}, which is read by that name")
                if (said := f"{again.skipped}{again.source}") not in seen:
                    seen[said] = again.source
                    chosen.append(again)
        for entry in sorted(chosen, key=lambda entry: entry.source.split("/")):
            yield one.named(_examine(entry))


@dataclass(frozen=True)
class _Entry:
    path: Path
    source: str
    root: Path | None
    is_link: bool = False
    skipped: DocumentError | None = None


class _Input:
    """One path or glob that the user gave. ``base`` is the folder below which everything must stay."""

    def __init__(
        self, base: Path, pattern: tuple[str, ...], settings: IngestSettings, given: NamedPath | None = None
    ) -> None:
        self._base = base
        self._given = given
        self._pattern = pattern
        self._hidden = settings.include_hidden
        self._visited: set[str] = set()
        self._problems: list[_Entry] = []

    def named(self, found: Found | SkippedFile) -> Found | SkippedFile:
        """The same, by the name that the user gave to the path."""
        return found if self._given is None else self._given.renamed(found)

    @classmethod
    def of(cls, name: InputPath, settings: IngestSettings) -> _Input:
        """The input that the user's words stand for. Raises `InputError` if there is no such thing."""
        if isinstance(name, NamedPath):
            if not name.path.exists():  # without the path, which is nobody's to know
                raise InputError(f"{name.source or 'the folder'} does not exist")
            return cls(name.path, (), settings, name)
        if not str(name).strip():
            raise InputError("an empty path: give a file, folder or glob")
        if "\0" in str(name):
            raise InputError(f"{str(name)!r} is no path: it holds a NUL character")
        path = Path(name).expanduser()
        try:
            if path.exists():
                return cls(path, (), settings)
        except OSError as error:
            raise InputError(f"{name} cannot be looked at: {error.strerror or error}") from error
        if path.is_symlink():
            raise InputError(f"{name} is a symbolic link to {path.readlink()}, which does not exist")
        fixed = next((at for at, part in enumerate(path.parts) if _MAGIC.search(part)), None)
        if fixed is None:
            raise InputError(f"{name} does not exist; check the path (the current folder is {Path.cwd()})")
        one = cls(Path(*path.parts[:fixed]), path.parts[fixed:], settings)
        if not one._matches():
            raise InputError(f"{name} matches no file; check the pattern (the current folder is {Path.cwd()})")
        return one

    def entries(self) -> Iterator[_Entry]:
        """Files and problems below this input, in no particular order."""
        self._problems.clear()
        matches = self._matches() if self._pattern else [self._base]
        root = None if not self._pattern and not self._base.is_dir() else self._base
        links: list[Path] = []
        for path in matches:
            yield from self._walk(path, root, links, named=True)
        while links:  # after the folders, so that what a link leads to is known by its own name first
            yield from self._walk(links.pop(0), root, links, named=True)
        yield from self._problems

    def _walk(self, start: Path, root: Path | None, links: list[Path], *, named: bool) -> Iterator[_Entry]:
        stack = [(start, named)]
        while stack:
            path, named = stack.pop()
            try:
                found = self._visit(path, root, links, named=named)
            except OSError as error:  # a folder that may not be looked into
                found = self._refused(path, error)
            if isinstance(found, _Entry):
                yield found
            else:
                stack += [(child, False) for child in found]

    def _visit(self, path: Path, root: Path | None, links: list[Path], *, named: bool) -> _Entry | list[Path]:
        """A file or a problem, or else what lies in a folder. A link to a folder goes to ``links`` instead."""
        is_link = path.is_symlink()
        if root is not None and is_link and path != root:
            problem = _link_problem(path, root)
            if problem is not None:
                return problem
            if path.is_dir() and not named:
                links.append(path)
                return []
        # Of a folder that is no corpus only folders and links can lead into one.
        if (named or is_link or path.is_dir()) and _is_own(path):
            return _problem(path, "it is a corpus directory of hybrid, or a file in one, and not documents")
        if not path.is_dir():
            return _Entry(path, _source(path), root, is_link)
        real = os.path.realpath(path)
        if real in self._visited:
            return _passed_over(path, "a link to a folder that is read by its own name") if is_link else []
        self._visited.add(real)
        return self._children(path, report=True)

    def _is_folder(self, path: Path) -> bool:
        try:
            return path.is_dir()
        except OSError as error:
            self._problems.append(self._refused(path, error))
            return False

    def _refused(self, path: Path, error: OSError) -> _Entry:
        return _Entry(path, _source(path), None, skipped=unreadable(_source(path), error))

    def _children(self, folder: Path, named_hidden: bool = False, *, report: bool = False) -> list[Path]:
        """What is in a folder, in order. ``report``: what is passed over of it is a problem; for a glob it is none."""
        try:
            names = sorted(child.name for child in folder.iterdir())
        except OSError as error:
            self._problems.append(self._refused(folder, error))
            return []
        shown = []
        for name in names:
            if named_hidden or (reason := self._passed_over(name)) is None:
                shown.append(folder / name)
            elif report:
                self._problems.append(_passed_over(folder / name, reason))
        return shown

    def _passed_over(self, name: str) -> str | None:
        """Why a file or folder of that name is not read; ``None`` where it is."""
        if name in _VERSION_CONTROL:
            return "the folder of a version control system; name it if it is to be read"
        if self._hidden or not name.startswith((".", "~$")):
            return None
        what = "hidden, its name begins with a dot" if name.startswith(".") else "the lock file of a word processor"
        return f"{what}; name it, or set ingest.include_hidden, if it is to be read"

    def _matches(self) -> list[Path]:
        found = [self._base]
        for part in self._pattern:
            found = list(dict.fromkeys(match for folder in found for match in self._expand(folder, part)))
        return found

    def _expand(self, folder: Path, part: str) -> Iterator[Path]:
        if not self._is_folder(folder):
            return
        if part == "**":
            yield folder
            for child in self._children(folder):
                if self._is_folder(child) and not child.is_symlink():  # a link could lead round in circles
                    yield from self._expand(child, part)
        elif not _MAGIC.search(part):
            if os.path.lexists(folder / part):
                yield folder / part
        else:
            children = self._children(folder, named_hidden=part.startswith("."))
            yield from (child for child in children if fnmatchcase(child.name, part))


def _is_own(path: Path) -> bool:
    """Whether it is a corpus directory, or a file or folder that hybrid wrote in one, with every link followed."""
    real = Path(os.path.realpath(path))
    if _is_corpus(real):
        return True
    return any(
        first in _OWN or first.startswith(_CATALOGS)
        for above in real.parents
        if _is_corpus(above)
        for first in real.relative_to(above).parts[:1]
    )


def _is_corpus(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _CATALOGS)


def _link_problem(path: Path, root: Path) -> _Entry | None:
    source = _source(path)
    target = path.readlink()
    if not is_inside(path, root):
        error: DocumentError = OutsideFolderError(source, outside_reason(str(target), _source(root)))
    elif not path.exists():
        error = DocumentError(source, f"a symbolic link to {target}, which does not exist or leads in a circle")
    else:
        return None
    return _Entry(path, source, root, True, error)


def outside_reason(target: str, root: str) -> str:
    """Why a link is not followed, and what to do about it."""
    return f"a symbolic link to {target}, outside {root}; name that path itself if it is to be read"


def _problem(path: Path, reason: str) -> _Entry:
    source = _source(path)
    return _Entry(path, source, None, skipped=UnsupportedFormatError(source, reason))


def _passed_over(path: Path, reason: str) -> _Entry:
    source = _source(path)
    return _Entry(path, source, None, path.is_symlink(), PassedOverError(source, reason))


def _examine(entry: _Entry) -> Found | SkippedFile:
    if entry.skipped is not None:
        return measured(skip(entry.skipped), entry.path)
    try:
        status = entry.path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = next((name for test, name in _KINDS if test(status.st_mode)), "no regular file")
            raise UnsupportedFormatError(entry.source, f"it is {kind}, not a file with text")
        if entry.path.suffix.lower() not in SUFFIXES:
            with open_regular(entry.path) as file:
                reject_unread(file.read(_HEAD), entry.source)
    except OSError as error:
        return skip(unreadable(entry.source, error))
    except DocumentError as error:
        return measured(skip(error), entry.path)
    return Found(entry.path, entry.source, entry.root, status.st_size, status.st_mtime_ns)


_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def skip(error: DocumentError) -> SkippedFile:
    """The report's entry for a document that could not be read."""
    return SkippedFile(source=error.source, code=error.code, reason=error.reason)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while part := file.read(2**20):
        digest.update(part)
    return digest.hexdigest()


_HASHED = 2**30
"""Bytes of a file that is left out and whose sha256 is still computed, in each ingest again: some seconds."""


def measured(skipped: SkippedFile, path: Path) -> SkippedFile:
    """The report's entry with the size and the sha256 of the file, if it is one and can be read: a link is not
    followed."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return skipped
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            sha256 = _sha256(file) if size <= _HASHED else None
    except OSError:
        return skipped
    return skipped.model_copy(update={"bytes": size, "sha256": sha256})


def unreadable(source: str, error: OSError) -> DocumentError:
    """A file system's refusal as a document's error."""
    advice = "; change its permissions to read it" if isinstance(error, PermissionError) else ""
    return DocumentError(source, f"it cannot be read: {error.strerror or error}{advice}")


def is_inside(path: Path, root: Path) -> bool:
    """Whether ``path``, with every link followed, lies in ``root``."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def open_regular(path: Path) -> BinaryIO:
    """Open a file that may have become a pipe since it was found, without waiting for a writer."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags), "rb")


def _source(path: Path) -> str:
    """The path as the user would type it; bytes that are no UTF-8 are written as ``\\xff``: two names stay two."""
    name = Path(os.path.normpath(path)).as_posix()
    return os.fsencode(name).decode("utf-8", "backslashreplace")


_WHAT = "files, folders, globs, Document objects, LangChain documents, or iterables of documents"


def separated(given: Iterable[Any]) -> tuple[list[InputPath], Iterator[Document | DocumentError], int]:
    """The paths, the documents one at a time, and how many of those there are as far as that is known.

    Lists are looked through at once; any other iterable is read only as far as its documents are needed.
    Raises `InputError`, at once or when it comes up, for what is neither a path nor a document.
    """
    paths: list[InputPath] = []
    documents: list[Any] = []
    for one in given:
        if isinstance(one, InputPath):
            paths.append(one)
        elif isinstance(one, Sequence) and not isinstance(one, bytes | bytearray) and not is_external(one):
            paths.extend(path for path in one if isinstance(path, InputPath))
            documents.extend(part for part in one if not isinstance(part, InputPath))
        else:
            documents.append(one)
    for one in documents:
        if not _is_document(one) and (not isinstance(one, Iterable) or isinstance(one, bytes | bytearray | Mapping)):
            raise InputError(f"cannot ingest {type(one).__name__}: name {_WHAT}")
    return paths, rejoined(_documents(documents)), sum(map(_is_document, documents))


def _is_document(given: object) -> bool:
    return isinstance(given, Document) or is_external(given)


def _documents(given: Iterable[Any]) -> Iterator[Any]:
    for one in given:
        if _is_document(one):
            yield one
        elif isinstance(one, Iterable) and not isinstance(one, str | bytes | Mapping):
            yield from _documents(one)
        else:
            raise InputError(f"an iterable given to ingest holds {type(one).__name__}, not documents: name {_WHAT}")
