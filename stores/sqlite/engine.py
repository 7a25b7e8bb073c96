"""A catalog in a SQLite file: opening it, its version, what its errors mean, and the lock of the one writer at a time.

The file is in WAL mode: the writer's commit is the single commit point of the corpus, and readers never wait for it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from hybrid.errors import (
    CorpusError,
    CorpusLockedError,
    CorpusNotFoundError,
    CorpusVersionError,
    CorruptCorpusError,
)
from hybrid.stores import schema
from hybrid.stores.access import OPTION, Access
from hybrid.stores.backend import Backend
from hybrid.stores.failpoints import reach
from hybrid.stores.files import PRIVATE_FILE, disk_full_errors
from hybrid.stores.filtering import BACKEND
from hybrid.stores.migrating import check_schema, upgrade
from hybrid.stores.records import PUT_BACK
from hybrid.stores.sqlite.access import restrict
from hybrid.stores.tables import REVISION

BUSY_MS = 10_000  # how long a writer waits for another writer's commit; not measured, a person's patience


def catalog_path(directory: Path) -> Path:
    """Where the catalog of the corpus in ``directory`` is, if it is a SQLite file."""
    return directory / "catalog.sqlite"


def open_file(path: Path, backend: Backend, *, create: bool, access: Access | None = None) -> Engine:
    """An engine for the catalog in a file, its tables made or upgraded. See `Catalog.open`."""
    if not path.exists():
        if not create:
            raise CorpusNotFoundError(f"no catalog at {path}; ingest something first, or check the path")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(PRIVATE_FILE)  # SQLite gives the files beside it the same mode
    only_read = not can_write(path)
    backend.writable = not only_read
    # As many connections as threads that read at once: each holds one for as long as it asks.
    options = {OPTION: access is not None, BACKEND: backend}
    url = _read_only(path) if only_read else URL.create("sqlite", database=str(path))
    engine = create_engine(url, max_overflow=-1, execution_options=options)
    event.listen(engine, "connect", _configure_read_only if only_read else _configure)
    if access is not None:
        event.listen(engine, "connect", lambda connection, _: restrict(connection, access))
    event.listen(engine, "begin", _begin)
    try:
        with storage_errors(path, PUT_BACK):  # what cannot be opened cannot be looked at or repaired
            _bring_up_to_date(engine, path, create=create)
    except BaseException:
        engine.dispose()
        raise
    return engine


def can_write(path: Path) -> bool:
    """Whether a catalog and what SQLite puts beside it can be written to: not on a read-only mount, nor in another
    user's folder."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _read_only(path: Path) -> URL:
    """The catalog as it is. Where there is no log of changes beside it nobody writes to it, and SQLite, which cannot
    make its own files there, is told that it does not change."""
    log = path.with_name(f"{path.name}-wal")
    query = {"mode": "ro", "uri": "true"} | ({} if log.exists() and log.stat().st_size else {"immutable": "1"})
    return URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query=query)


_CAUTIONS = ("trusted_schema=OFF", "cell_size_check=ON")
"""What a database that somebody else made must not do (run functions from its schema), and damaged pages that are told
from good ones before they are followed."""
_WRITING = ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def _configure(connection: Any, _: object) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions on its own terms; _begin does it on ours
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _keep_log(connection)
    for pragma in (*_WRITING, *_CAUTIONS):
        connection.execute(f"PRAGMA {pragma}")


def _keep_log(connection: Any) -> None:
    """Write changes to a log (WAL), so that readers and the writer do not wait for each other.

    Of two connections that turn a new file to a log at once SQLite refuses one without waiting: both have read the
    file, and each would wait for the other to let go of it. The refused one asks again, as its busy timeout would.
    """
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _configure_read_only(connection: Any, _: object) -> None:
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_MS}", "query_only=ON", *_CAUTIONS):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: taking it at the first write fails if anyone wrote in between.
    write = connection.get_execution_options().get("hybrid_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def transaction(engine: Engine, *, write: bool = False) -> Iterator[Connection]:
    """A connection within a transaction: committed at the end of the block, rolled back if it raises."""
    with engine.connect().execution_options(hybrid_write=write) as connection, connection.begin():
        yield connection


def vacuum(engine: Engine, wait_ms: int) -> bool:
    """Write the database anew, without what was deleted, and cut its log of changes to nothing. False if the log is
    still read after ``wait_ms`` milliseconds: it keeps what it holds."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        try:
            raw.execute("VACUUM")
            raw.execute(f"PRAGMA busy_timeout={wait_ms}")
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return not busy


_DAMAGED = (
    "malformed",
    "not a database",
    "no such table",
    "no such column",
    "has no column",
    "no such index",
    "vtable constructor failed",
    "database corruption",
    "no such view",
    "is not a virtual table",
    "may not be modified",
    "already exists",
    "duplicate column",
    "because it is a view",
    "fts5",
    "SQL logic error",
)
"""What SQLite says of files, tables and columns that are not as hybrid wrote them."""

_VERIFY_OR_PUT_BACK = f"hybrid verify names what is, and hybrid repair makes again what it can; otherwise {PUT_BACK}"


@contextmanager
def storage_errors(
    path: Path | str = "the catalog, catalog.sqlite,", advice: str = _VERIFY_OR_PUT_BACK
) -> Iterator[None]:
    """Turn the database's errors into `CorpusError`s that say what to do; ``advice`` is what to do about damage."""
    try:
        with disk_full_errors(path):
            yield
    except DatabaseError as error:
        said = str(error.orig)
        if "locked" in said or "busy" in said:
            raise CorpusLockedError(
                f"another process or thread is writing to {path}; try again when it is done"
            ) from error
        if any(sign in said for sign in _DAMAGED):
            raise CorruptCorpusError(f"{path} is damaged ({said}); {advice}") from error
        if "readonly" in said or "unable to open" in said:
            raise CorpusError(f"{path} cannot be written ({said}); check the permissions of its directory") from error
        raise


def _bring_up_to_date(engine: Engine, path: Path, *, create: bool) -> None:
    with transaction(engine) as connection:
        _check_triggers(connection, path)
        if schema.revision(connection) == REVISION:
            check_schema(connection, str(path))
            return
    if not can_write(path) and path.stat().st_size:
        raise CorpusVersionError(
            f"{path} was made by another version of hybrid and cannot be written to, which bringing it up to date "
            "takes; open it once where its owner may write"
        )
    with transaction(engine, write=True) as connection:
        revision = schema.revision(connection)  # again: another process may have been quicker
        if revision is None and (names := inspect(connection).get_table_names()):
            if {"documents", "chunks", "commits"} & set(names):
                check_schema(connection, str(path))  # a catalog that lost its number, and more
            raise CorpusError(f"{path} is a database, but not a catalog of hybrid; choose another directory")
        if revision is None and not create:
            raise CorpusNotFoundError(f"{path} is empty: its creation was interrupted; ingest something first")
        reach("migration.begun")
        upgrade(connection, revision, str(path))
        check_schema(connection, str(path))
        reach("migration.upgraded")


def _check_triggers(connection: Connection, path: Path) -> None:
    """Raise `CorruptCorpusError` if the catalog has a trigger: it has none of ours, and another's would change what is
    written to it."""
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name").scalars()
    if names := list(found):
        raise CorruptCorpusError(
            f"{path} has a trigger that hybrid did not make ({', '.join(map(repr, names))}): it could change or delete "
            "what is ingested; put back a copy of the catalog, or drop the trigger in SQLite and run hybrid verify"
        )


@contextmanager
def write_lock(directory: Path, wait: float = 0) -> Iterator[None]:
    """Hold the corpus for writing. Raises `CorpusLockedError` if another process or thread does, and still does after
    ``wait`` seconds.

    The operating system releases the lock when its process ends, however it ends.
    """
    path, catalog = directory / "write.lock", catalog_path(directory)
    lock = FileLock(path, timeout=wait)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not can_write(catalog) and catalog.exists():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        lock.acquire()
    except Timeout as error:
        raise CorpusLockedError(
            f"another process or thread is writing to {directory} (it holds {path})"
            f"{f' and was not done after {wait:g} s' if wait else ''}; wait until it is done (wait=60 or --wait 60), "
            "or end it: what it has committed is kept. Searching and asking work meanwhile"
        ) from error
    except OSError as error:
        if path.is_dir():
            raise CorruptCorpusError(f"{path} is a folder, and a file of the corpus; remove the folder") from error
        raise CorpusError(
            f"{directory} cannot be written to ({error.strerror or error}): it can be searched and asked; ingest and "
            "remove where its owner may write"
        ) from error
    try:
        yield
    finally:
        lock.release()
