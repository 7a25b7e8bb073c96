"""Where a catalog in PostgreSQL is: a database and a schema in it, and how it is reached."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from hybrid.errors import MissingExtraError, SettingsError

_DRIVERS = ("pg8000", "psycopg")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_KNOWN = frozenset({"host", "port", "sslmode", "sslrootcert"})
"""What a URL may have after its question mark, besides ``schema``."""
_SSL = ("disable", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class Place:
    """A schema in a database. The password is not in ``url``, and in no representation of it.

    Example:
        >>> place_of("postgresql://ann:secret@db.mill.example/discovery?schema=acme")
        Place('postgresql://ann@db.mill.example/discovery?schema=acme')
    """

    url: URL
    schema: str | None = None
    """``None``: the corpus that is created there names one."""
    password: str | None = field(default=None, repr=False)
    named: bool = True
    """Whether the user named the server, and not a corpus's directory alone: a password that is meant for some server
    (``PGPASSWORD``) goes to no other. See `is_usual`."""
    withheld: bool = False
    """Whether there is a password that is not sent for that reason."""

    def __str__(self) -> str:
        query = {"schema": self.schema} if self.schema is not None else {}
        return self.url.update_query_dict(query).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"

    @property
    def database(self) -> str:
        """The database, without user and schema, in messages."""
        host = self.url.host or self.url.query.get("host") or "localhost"
        where = f"{host}:{self.url.query.get('port') or self.url.port or 5432}"
        return f"PostgreSQL at {where}, database {self.url.database}"

    @property
    def called(self) -> str:
        """The catalog in messages."""
        return f"the catalog in {self.database}, schema {self.schema}"

    @property
    def key(self) -> int:
        """What stands for it in advisory locks: 63 bits of its schema's name."""
        return int.from_bytes(hashlib.sha256(f"hybrid {self.schema}".encode()).digest()[:8], "big") >> 1


def place_of(text: str) -> Place:
    """The place that a URL names: ``postgresql://user:password@host:5432/database?schema=name``. Raises `SettingsError`
    for one that is wrong, without repeating it: it may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(f"stores.catalog is no URL of a database; {_FORM}") from None
    backend, _, driver = url.drivername.partition("+")
    if backend not in ("postgresql", "postgres") or (driver and driver not in _DRIVERS):
        raise SettingsError(f"a catalog is kept in SQLite or in PostgreSQL, not in {text.partition(':')[0]}; {_FORM}")
    if not url.database:
        raise SettingsError(f"stores.catalog names no database; {_FORM}")
    query = dict(url.query)
    schema = query.pop("schema", None)
    if schema is not None and not (isinstance(schema, str) and _SCHEMA.fullmatch(schema)):
        raise SettingsError("a schema's name is up to 63 lower-case letters, digits and '_', and begins with no digit")
    if isinstance(schema, str) and schema.startswith("pg_"):
        raise SettingsError("PostgreSQL keeps names that begin with pg_ for its own schemas; name another")
    if other := sorted(query.keys() - _KNOWN):
        raise SettingsError(
            f"the URL of a catalog has ?{other[0]}=, and may have schema, {', '.join(sorted(_KNOWN))}; a password "
            "stands in stores.catalog_password, in PGPASSWORD or before the @"
        )
    if any(not isinstance(value, str) for value in query.values()):
        raise SettingsError("stores.catalog: an option stands twice in the URL")
    if "@" in (url.host or "") or "@" in url.database:
        raise SettingsError("stores.catalog has several @: one in a user's name or a password is written %40")
    if query.get("sslmode", "prefer") not in _SSL:
        raise SettingsError(f"sslmode is one of {', '.join(_SSL)}")
    kept = URL.create(
        f"postgresql+{driver}" if driver else "postgresql",
        url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=query,
    )
    return Place(kept, schema, url.password)


_FORM = "it is sqlite, or postgresql://USER@HOST/DATABASE, with a password or PGPASSWORD in the environment"


def connecting(place: Place) -> tuple[URL, dict[str, Any]]:
    """The URL for SQLAlchemy, with a driver that is installed, and the driver's arguments."""
    driver = place.url.drivername.partition("+")[2] or "pg8000"
    query: dict[str, Any] = dict(place.url.query)
    password = place.password or _known_password(place.url, named=place.named)
    url = place.url.set(drivername=f"postgresql+{driver}", password=password)
    try:
        __import__(driver)
    except ImportError as error:
        raise MissingExtraError(f"a catalog in PostgreSQL needs {driver}", "postgresql") from error
    # Without one libpq would take PGPASSWORD, whatever is decided here, and pg8000 fails where it is asked for one.
    arguments: dict[str, Any] = {} if password else {"password": ""}
    if driver == "psycopg":
        return url, arguments
    arguments["application_name"] = "hybrid"
    folder = query.pop("host", None)
    if folder is not None:  # the folder of a server's socket, as libpq has it
        port = query.pop("port", None) or url.port or 5432
        arguments["unix_sock"] = f"{folder}/.s.PGSQL.{port}"
    arguments["ssl_context"] = _ssl_context(str(query.pop("sslmode", "prefer")), query.pop("sslrootcert", None))
    return url.set(query=query), arguments


def _ssl_context(mode: str, root: Any) -> ssl.SSLContext | bool | None:
    """What pg8000 takes for one of libpq's modes."""
    if mode in ("disable", "prefer"):
        return False if mode == "disable" else None
    try:
        context = ssl.create_default_context(cafile=root)
    except OSError as error:  # and ssl.SSLError, which is one
        raise SettingsError(
            f"sslrootcert: {root} cannot be read as certificates ({error.strerror or error}); it is a file in PEM"
        ) from error
    if mode != "verify-full":
        context.check_hostname = False
    if mode == "require" and root is None:
        context.verify_mode = ssl.CERT_NONE
    return context


def is_usual(url: URL) -> bool:
    """Whether a server that nobody named is the one that a password is meant for: that of ``PGHOST``, ``PGPORT`` and
    ``PGUSER``, or without ``PGHOST`` the one at the usual place on this machine, where no other program listens."""
    hosts = {str(one) for one in (url.host, url.query.get("host")) if one} or {""}
    if str(url.query.get("port") or url.port or 5432) != os.environ.get("PGPORT", "5432"):
        return False
    if url.username != os.environ.get("PGUSER", url.username):
        return False
    return hosts <= ({os.environ["PGHOST"]} if os.environ.get("PGHOST") else _THIS_MACHINE)


_THIS_MACHINE = {"", "localhost", "127.0.0.1", "::1", "/var/run/postgresql", "/run/postgresql"}


def from_directory(place: Place, password: str | None) -> Place:
    """A place that only a corpus's directory names, with the ``password`` of the settings if it may go there. The
    directory may be somebody else's, who would be told the password."""
    if is_usual(place.url):
        return replace(place, password=password or place.password)
    return replace(place, named=False, withheld=bool(password or os.environ.get("PGPASSWORD")))


def _known_password(url: URL, *, named: bool) -> str | None:
    """The password in ``PGPASSWORD``, or in the file that ``PGPASSFILE`` names, by default ``~/.pgpass``, which says
    for which server each is."""
    if named and (known := os.environ.get("PGPASSWORD")) is not None:
        return known
    try:
        path = Path(os.environ.get("PGPASSFILE") or Path("~/.pgpass").expanduser())
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, RuntimeError, UnicodeDecodeError):
        return None
    asked = (url.host or "localhost", str(url.port or 5432), url.database, url.username)
    for line in lines:
        fields = [re.sub(r"\\(.)", r"\1", one) for one in re.split(r"(?<!\\):", line)]
        if len(fields) == 5 and all(one in ("*", wanted) for one, wanted in zip(fields, asked, strict=False)):
            return fields[4]
    return None
