"""A catalog in PostgreSQL: opening it, what its errors mean, and the lock of the one writer at a time.

Readers see one state: their transactions are repeatable reads. Writers exclude each other twice. Who ingests holds an
advisory lock, which the server lets go when its connection ends. And each transaction that writes begins by locking the
one row of the table ``writer``, which names who ingests: whoever has lost the advisory lock with a connection finds
another's name there, and commits nothing.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

from hybrid.errors import (
    CatalogUnreachableError,
    CorpusError,
    CorpusLockedError,
    CorpusNotFoundError,
    CorpusVersionError,
)
from hybrid.stores import schema as whole
from hybrid.stores.access import OPTION, Access
from hybrid.stores.backend import Backend
from hybrid.stores.commits import CORPUS_ID, DIRECTORY
from hybrid.stores.failpoints import reach
from hybrid.stores.filtering import BACKEND
from hybrid.stores.migrating import check_schema, upgrade
from hybrid.stores.postgresql.access import expressions, restricted
from hybrid.stores.postgresql.errors import MOST, PATIENCE, STATES, server_errors, sqlstate
from hybrid.stores.postgresql.full_text import TABLE, TOTALS
from hybrid.stores.postgresql.place import Place, connecting
from hybrid.stores.postgresql.schema import VECTORS, WRITER, has_table, make, word_indexes
from hybrid.stores.schema import REBUILT
from hybrid.stores.tables import REVISION, SEARCHED_BY_SQLITE, Base

BUSY_MS = 10_000
"""How long a writer waits for another writer's commit; not measured, a person's patience."""
REWRITE_MS = 600_000
"""How long a reader waits for a table that is written anew, after a removal; nothing else locks one out."""
_REWRITE_MEMORY = "256MB"
"""Of the server, for the indexes of such a table; its default is 64 MB. benchmarks/catalog_erasure.py."""
_OLDEST = 130_000
"""PostgreSQL 13, which lets any owner of a database make the extension pg_trgm."""
_IDLE = 2
"""Connections that are kept open for the next question, of each corpus, and for the next commit."""


_QUIET = logging.getLogger("sqlalchemy.pool.impl.QueuePool.hybrid")
_QUIET.setLevel(logging.CRITICAL)  # of a server that went away, who asks is told by an error


_OWN = frozenset({WRITER, VECTORS, "alembic_version", TABLE, TOTALS})


class _Readers:
    """The connections that read a catalog, and in a process all of its identities share. They are closed when the last
    of these is."""

    def __init__(self, place: Place) -> None:
        self.engine = _engine(place, "REPEATABLE READ, READ ONLY", REWRITE_MS, MOST)
        self.states = threading.BoundedSemaphore(STATES)
        self._users = 0
        self._lock = threading.Lock()

    def taken(self) -> _Readers:
        """These, for one more."""
        with self._lock:
            self._users += 1
        return self

    def let_go(self) -> None:
        """One needs them no more."""
        with self._lock:
            self._users -= 1
            last = not self._users
        if last:
            self.engine.dispose()


def _engine(place: Place, transactions: str, waits: int, most: int | None = None) -> Engine:
    url, arguments = connecting(place)
    engine = create_engine(
        url,
        connect_args=arguments,
        pool_size=_IDLE,
        max_overflow=-1 if most is None else most - _IDLE,
        pool_timeout=PATIENCE,
        hide_parameters=True,  # texts of documents, in tracebacks
        pool_logging_name="hybrid",
    )

    def configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f'SET search_path = "{place.schema}"')
        cursor.execute(f"SET lock_timeout = {waits}")
        cursor.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {transactions}")
        connection.commit()
        cursor.close()

    def check(connection: Any, *_: object) -> None:  # a server that was away is found again
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            cursor.close()
            connection.rollback()
        except Exception as error:  # also an OSError of pg8000, which SQLAlchemy's own ping lets through
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "checkout", check)
    event.listen(engine, "connect", configure, insert=True)  # before SQLAlchemy asks which schema is current
    return engine


class Server:
    """The connections of one catalog: those that read are the catalog's engine, ``writing`` its writers'."""

    def __init__(self, place: Place, backend: Backend, access: Access | None, readers: _Readers | None = None) -> None:
        self.place = place
        self._access = access
        self._readers = (readers or _Readers(place)).taken()
        options: dict[str, Any] = {OPTION: access is not None, BACKEND: backend}
        self.reading: Engine = self._readers.engine.execution_options(**options)
        self.writing: Engine = _engine(place, "READ COMMITTED, READ WRITE", BUSY_MS).execution_options(**options)
        if access is not None:
            seen = expressions(access, str(place.schema))

            def rewrite(_: object, __: object, statement: str, parameters: Any, *___: object) -> tuple[str, Any]:
                return restricted(statement, seen), parameters

            event.listen(self.reading, "before_cursor_execute", rewrite, retval=True)
        self._token: str | None = None  # of the one of this catalog's callers that holds the write lock
        self._tokens = threading.Lock()
        self._closed = False

    def shown(self, backend: Backend, access: Access | None) -> Server:
        """The same catalog as far as ``access`` shows it, over the same connections."""
        return Server(self.place, backend, access, self._readers)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """See `Backend.asking`."""
        if not self._readers.states.acquire(timeout=PATIENCE):
            raise CatalogUnreachableError(
                f"{STATES} questions and sessions read {self.place.called} at a time in one process, and none of them "
                f"ended in {PATIENCE} s; close sessions that are not needed, and ask again"
            )
        try:
            yield
        finally:
            self._readers.states.release()

    def close(self) -> None:
        """Close the connections, but for those that others use."""
        self.writing.dispose()
        if not self._closed:
            self._closed = True
            self._readers.let_go()

    @contextmanager
    def transaction(self, engine: Engine, *, write: bool) -> Iterator[Connection]:
        """See `Backend.transaction`."""
        if write and self._access is not None:
            raise CorpusError(f"{self.place.called} cannot be written as an identity sees it")
        with (self.writing if write else engine).connect() as connection, connection.begin():
            if write:
                self._check_writer(connection)
            yield connection

    def _check_writer(self, connection: Connection) -> None:
        found = connection.scalar(text("SELECT token FROM writer FOR UPDATE"))
        if self._token is not None and found != self._token:
            raise CorpusLockedError(
                f"{self.place.called} is being written to by another process: the connection that held it for this one "
                "was lost; what was committed is kept, run the same command again"
            )

    @contextmanager
    def write_lock(self, directory: Path, wait: float) -> Iterator[None]:
        """See `Backend.write_lock`."""
        _check_writable(directory)
        taken = self._tokens.acquire(timeout=wait) if wait > 0 else self._tokens.acquire(blocking=False)
        if not taken:
            raise self._locked(directory, wait)
        try:
            with server_errors(self.place), self.writing.connect() as holder:
                try:
                    self._take(holder, directory, wait)
                    yield
                finally:
                    self._token = None
                    try:
                        holder.rollback()  # of a statement that failed after the lock was taken
                        holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self.place.key})
                        holder.commit()
                    except (DBAPIError, OSError):  # the server lets go of it with the connection
                        holder.invalidate()
        finally:
            self._tokens.release()

    def _take(self, holder: Connection, directory: Path, wait: float) -> None:
        try:
            if wait > 0:
                holder.execute(text(f"SET LOCAL lock_timeout = {max(1, int(wait * 1000))}"))
                holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": self.place.key})
            elif not holder.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.place.key}):
                raise self._locked(directory, wait)
        except DBAPIError as error:
            if sqlstate(error) == "55P03":
                raise self._locked(directory, wait) from error
            raise
        token = secrets.token_hex(8)
        holder.execute(text("UPDATE writer SET token = :token"), {"token": token})
        holder.commit()
        self._token = token

    def _locked(self, directory: Path, wait: float) -> CorpusLockedError:
        return CorpusLockedError(
            f"another process or thread is writing to {directory} (it holds the lock of {self.place.called})"
            f"{f' and was not done after {wait:g} s' if wait else ''}; wait until it is done (wait=60 or --wait 60), "
            "or end it: what it has committed is kept. Searching and asking work meanwhile"
        )

    def vacuum(self, wait_ms: int) -> bool:
        """See `Backend.vacuum`: each table is written anew, which waits for those that read it. What anybody in the
        database may still read, who began before the removal, is then kept, whichever tables that one reads."""
        with self.writing.connect() as connection:
            tables = [f'"{self.place.schema}"."{one}"' for one in whole_tables(connection) if one != WRITER]
        with alone(self.place, isolation_level="AUTOCOMMIT") as connection:  # VACUUM is no part of a transaction
            connection.execute(text(f'SET search_path = "{self.place.schema}"'))
            connection.execute(text(f"SET maintenance_work_mem = '{_REWRITE_MEMORY}'"))
            slow = word_indexes(connection)
            try:
                connection.execute(text(f"SET lock_timeout = {wait_ms}"))
                # Writing a table anew locks readers out, and most of it is making these: that they need not wait for.
                for name in slow:
                    connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
                for table in tables:
                    connection.execute(text(f"VACUUM FULL {table}"))
            except DBAPIError as error:
                if sqlstate(error) != "55P03":
                    raise
                return False
            finally:
                connection.execute(text(f"SET lock_timeout = {REWRITE_MS}"))
                for statement in slow.values():
                    connection.execute(text(statement))
            for table in tables:
                connection.execute(text(f"VACUUM {table}"))  # counts what was kept, and locks nobody out
            dead = text("SELECT pg_stat_get_dead_tuples(CAST(:table AS regclass))")
            return not any(connection.scalar(dead, {"table": table}) for table in tables)


@contextmanager
def alone(place: Place, **options: Any) -> Iterator[Connection]:
    """A connection that is closed when the block ends, as the server gives it."""
    url, arguments = connecting(place)
    engine = create_engine(url, connect_args=arguments, poolclass=NullPool, hide_parameters=True, **options)
    with engine.connect() as connection:
        yield connection


def whole_tables(connection: Connection) -> list[str]:
    """The tables of the schema."""
    return sorted(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")))


def open_server(place: Place, backend: Backend, *, create: bool, access: Access | None = None) -> Server:
    """The connections of a catalog, its tables made or upgraded. See `Catalog.open`."""
    with server_errors(place):
        there, writable = _look(place, create=create)
        if not there:
            raise CorpusNotFoundError(f"there is no {place.called.removeprefix('the ')}; ingest something first")
        backend.writable = writable
        server = Server(place, backend, access)
        try:
            _bring_up_to_date(server, writable=writable, create=create)
        except BaseException:
            server.close()
            raise
    return server


_RELATIONS = text(
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :name"
)


def check_unused(place: Place) -> None:
    """Raise `CorpusError` where the schema has anything in it: another corpus, or what is another program's."""
    with server_errors(place), alone(place) as connection:
        if connection.scalar(_RELATIONS, {"name": place.schema}):
            raise CorpusError(
                f"the schema {place.schema} in {place.database} is in use already, by another corpus or another "
                "program; name one that is not, or none: each new corpus then gets its own"
            )


def drop(place: Place, corpus: str | None, mark: str | None = None) -> bool:
    """Delete the schema of a catalog with all that it holds, unless it is that of another corpus than the one with
    this id, or of another program. False: it is that of another directory than the one with this ``mark``
    (`hybrid.stores.database.mark_of`), and was left as it is."""
    with server_errors(place), alone(place) as connection:
        if connection.scalar(_RELATIONS, {"name": place.schema}):
            connection.exec_driver_sql(f'SET search_path = "{place.schema}"')
            names = set(whole_tables(connection))
            if names - Base.metadata.tables.keys() - _OWN or not names >= {WRITER, "info"}:
                raise CorpusError(f"{place.called} holds tables that are not a catalog's; nothing of it is deleted")
            known = connection.scalar(text("SELECT value FROM info WHERE key = :key"), {"key": CORPUS_ID})
            if corpus is not None and known not in (None, corpus):
                raise CorpusError(f"{place.called} is another corpus's; nothing of it is deleted")
            own = connection.scalar(text("SELECT value FROM info WHERE key = :key"), {"key": DIRECTORY})
            if mark is not None and own not in (None, mark):
                return False
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{place.schema}" CASCADE'))
        connection.commit()
    return True


def _look(place: Place, *, create: bool) -> tuple[bool, bool]:
    """Whether there is a schema, which is made where there is none and ``create`` allows it; and whether this user may
    write to it. Raises `CorpusError` for a server that is too old, or a database that cannot hold every text."""
    with alone(place) as connection:
        version, encoding, replica = connection.exec_driver_sql(
            "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery()"
        ).one()
        if version < _OLDEST or encoding != "UTF8":
            raise CorpusError(
                f"{place.database} cannot hold a catalog: it is version {version // 10_000} with the encoding "
                f"{encoding}, and PostgreSQL 13 or later with UTF8 is needed"
            )
        found = text("SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = :name")
        there = connection.scalar(found, {"name": place.schema})
        if there is None and create and not replica:
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{place.schema}"'))
            connection.commit()
            return True, True
        if there is False:
            raise CorpusError(f"{place.called} may not be read by this user: GRANT USAGE ON SCHEMA to it")
        may = text(
            "SELECT coalesce(bool_and(has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')), true) "
            "FROM pg_tables WHERE schemaname = :name"
        )
        writable = not replica and bool(connection.scalar(may, {"name": place.schema}))
    return there is not None, writable


def _bring_up_to_date(server: Server, *, writable: bool, create: bool) -> None:
    called = server.place.called
    with server.transaction(server.reading, write=False) as connection:
        lost = not has_table(connection, WRITER)
        if whole.revision(connection) == REVISION and not (lost and writable):
            check_schema(connection, called)
            return
    if not writable:
        raise CorpusVersionError(
            f"{called} was made by another version of hybrid and cannot be written to, which bringing it up to date "
            "takes; open it once as a user who may write"
        )
    with server.writing.connect() as connection, connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": server.place.key - 1})
        names = set(whole_tables(connection))
        if names >= Base.metadata.tables.keys() - SEARCHED_BY_SQLITE - REBUILT.keys() and WRITER not in names:
            make(connection, WRITER)  # who writes needs it, also to repair; it says only who does so now
        revision = whole.revision(connection)  # again: another process may have been quicker
        if revision is None and names:
            if names & Base.metadata.tables.keys():
                check_schema(connection, called)  # a catalog that lost its number, and more
            raise CorpusError(f"{called} holds tables that are not a catalog's; name another schema")
        if revision is None and not create:
            raise CorpusNotFoundError(f"{called} is empty: its creation was interrupted; ingest something first")
        reach("migration.begun")
        if revision != REVISION:
            upgrade(connection, revision, called)
        check_schema(connection, called)
        reach("migration.upgraded")


def _check_writable(directory: Path) -> None:
    """Raise `CorpusError` where the files of a corpus cannot be written."""
    directory.mkdir(parents=True, exist_ok=True)
    if not os.access(directory, os.W_OK):
        raise CorpusError(
            f"{directory} cannot be written to ({os.strerror(errno.EACCES)}): it can be searched and asked; ingest and "
            "remove where its owner may write"
        )
