"""The catalog's database: which one it is, where it is, and opening it.

A corpus whose catalog is in PostgreSQL has a file in its directory, `POINTER`, that says where: a URL
without a password.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from hybrid.errors import CorruptCorpusError, SettingsError
from hybrid.settings import StoresSettings
from hybrid.stores.access import Access
from hybrid.stores.backend import backend_of
from hybrid.stores.files import PRIVATE_FILE, refuse_links, sync_directory
from hybrid.stores.sqlite.backend import SQLite
from hybrid.stores.sqlite.engine import catalog_path, open_file

if TYPE_CHECKING:  # loaded where a catalog is there: the embedded one does without
    from hybrid.stores.postgresql.place import Place

__all__ = ["POINTER", "catalog_file", "catalog_path", "connect", "located", "looks_like_corpus", "open_database"]

POINTER = "catalog.url"
"""The file in a corpus's directory that says where its catalog is, where that is no SQLite file beside it."""
_WRITTEN = 2.0  # seconds that an empty one is waited for: it is one short write
_GENERATED = "hybrid_"
SQLITE = "sqlite"
"""What ``stores.catalog`` says of a catalog in the corpus's directory."""


def catalog_file(directory: Path) -> Path:
    """The file by which the corpus in ``directory`` is known: its catalog, or what says where that is."""
    pointer = directory / POINTER
    return pointer if pointer.is_file() else catalog_path(directory)


def looks_like_corpus(directory: Path) -> bool:
    """Whether ``directory`` holds a catalog, of whatever version, damaged or whole, or says where it is. An empty file
    counts: it is what an interrupted creation leaves behind.

    The file is not opened: closing it would give up the locks of this process's connections to it (POSIX record locks
    are a process's, whichever descriptor is closed; "How To Corrupt An SQLite Database File", section 2.2). Another
    process would then take its log of changes for its own to delete, with what was committed there.
    """
    return catalog_file(directory).is_file()


def located(directory: Path, stores: StoresSettings, *, own_schema: bool = False) -> Path | Place:
    """Where the catalog of the corpus in ``directory`` is, or, of one that is new, where it is to be.

    An existing corpus has its catalog where it was created. If the settings name a database, it is reached there: a
    server may move. Where they do not, no password but that of ``~/.pgpass`` goes to a server that is not at its usual
    place. The schema stays; with ``own_schema`` also where the settings name another for new corpora.

    Raises `SettingsError` where the settings name PostgreSQL by a wrong URL, or another schema than the corpus's, and
    `CorruptCorpusError` for a damaged `POINTER`.
    """
    asked = _asked(stores)
    if not looks_like_corpus(directory):
        return catalog_path(directory) if asked is None else asked
    pointer = directory / POINTER
    if not pointer.is_file():
        return catalog_path(directory)
    from hybrid.stores.postgresql.place import from_directory, place_of

    refuse_links(directory, POINTER)
    try:
        there = place_of(_read_pointer(pointer))
    except (SettingsError, UnicodeDecodeError) as error:
        raise CorruptCorpusError(f"{pointer} does not say where the catalog is ({error}); put back a copy") from error
    if asked is None:
        return from_directory(there, _password(stores))
    if not own_schema and asked.schema not in (None, there.schema):
        raise SettingsError(
            f"stores.catalog: the corpus at {directory} has its catalog in the schema {there.schema}, not in "
            f"{asked.schema}; leave the schema out, or open another directory"
        )
    return replace(asked, schema=there.schema)


def _asked(stores: StoresSettings) -> Place | None:
    if stores.catalog == SQLITE:
        return None
    from hybrid.stores.postgresql.place import place_of

    return replace(place_of(stores.catalog), password=_password(stores))


def _password(stores: StoresSettings) -> str | None:
    return None if stores.catalog_password is None else stores.catalog_password.get_secret_value()


def write_pointer(directory: Path, place: Place) -> bool:
    """Say in ``directory`` where its catalog is to be. False where another process was quicker, and said it."""
    try:
        file = os.open(directory / POINTER, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
    except FileExistsError:
        return False
    with os.fdopen(file, "w", encoding="utf-8") as opened:
        opened.write(f"{place}\n")
        opened.flush()
        os.fsync(file)
    sync_directory(directory)
    return True


def _read_pointer(pointer: Path) -> str:
    """What `write_pointer` wrote, or is just about to write in another process."""
    until = time.monotonic() + _WRITTEN
    while not (said := pointer.read_text(encoding="utf-8").strip()) and time.monotonic() < until:
        time.sleep(0.01)
    return said


def open_database(where: str | Path | Place, *, create: bool, access: Access | None = None) -> Engine:
    """An engine for the catalog at a path, URL or place, its tables made or upgraded. See `Catalog.open`."""
    if isinstance(where, Path) or (isinstance(where, str) and "://" not in where):
        return open_file(Path(where), SQLite(), create=create, access=access)
    if isinstance(where, str) and where.startswith("sqlite:///"):
        return open_file(Path(where.removeprefix("sqlite:///")), SQLite(), create=create, access=access)
    from hybrid.stores.postgresql.backend import PostgreSQL
    from hybrid.stores.postgresql.place import place_of

    place = place_of(where) if isinstance(where, str) else where
    if place.schema is None:
        raise SettingsError(f"the URL of a catalog ends with ?schema=NAME: {place} does not")
    return PostgreSQL(place).open(create=create, access=access)


def mark_of(directory: Path) -> str | None:
    """What a directory has that no copy of it has, on any machine that shares it: the number of its `POINTER` in the
    file system, with the second in which that was written. A rename keeps both. ``None`` where there is no pointer."""
    try:
        found = (directory / POINTER).stat()
    except OSError:
        return None
    return f"{found.st_ino} {int(found.st_mtime)}"


def drop_catalog(directory: Path, stores: StoresSettings, corpus: str | None = None) -> bool:
    """Delete what the catalog of a corpus has outside of its directory, which is to be deleted as well. False, and
    nothing is deleted, where the directory is a copy: the catalog is that of the one which it was copied from.

    A schema whose name somebody chose is deleted only where it has the catalog of this corpus: its id is ``corpus``, or
    what its guard says. Raises `CorpusError` where it holds another's, or more than a catalog.
    """
    if not (directory / POINTER).is_file():  # `located` would name where a new corpus of these settings goes
        return True
    where = located(directory, stores, own_schema=True)
    if isinstance(where, Path):
        return True
    from hybrid.stores.commits import read_guard
    from hybrid.stores.postgresql.engine import drop

    guard = read_guard(directory)
    known = corpus or (guard.corpus if guard is not None else None)
    generated = where.schema is not None and is_generated(where.schema)
    if generated or known is not None:
        return drop(where, None if generated else known, mark_of(directory))
    return True


def generated_schema() -> str:
    """A name for the schema of a new corpus, which no other has."""
    return f"{_GENERATED}{secrets.token_hex(16)}"


def is_generated(schema: str) -> bool:
    """Whether `generated_schema` made this name."""
    return re.fullmatch(rf"{_GENERATED}[0-9a-f]{{32}}", schema) is not None


def check_unused(place: Place) -> None:
    """Raise `CorpusError` where a new corpus cannot have a schema for itself: something is in it."""
    from hybrid.stores.postgresql.engine import check_unused

    check_unused(place)


def connect(engine: Engine, *, write: bool = False) -> AbstractContextManager[Connection]:
    """A connection within a transaction: committed at the end of the block, rolled back if it raises."""
    return backend_of(engine).transaction(engine, write=write)
