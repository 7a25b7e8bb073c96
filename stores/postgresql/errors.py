"""What the errors of a server and of its driver mean."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hybrid.errors import CatalogUnreachableError, CorpusError, CorpusLockedError, CorruptCorpusError
from hybrid.stores.files import disk_full_errors
from hybrid.stores.postgresql.place import Place

STATES, MOST = 24, 48
"""How many states of a corpus a process reads at a time (questions, and sessions as long as they last), and over how
many connections: a question looks for its words over a second one. PostgreSQL's default is 100 in all."""
PATIENCE = 60
"""Seconds that a question waits for others to end; a person's."""
_LOST = ("08", "57P")  # connection exceptions; the server is shutting down or starting
_DAMAGED = ("42P01", "42703", "3F000", "XX001", "XX002", "42704")
_WAITED = ("55P03", "40P01", "40001")
_REFUSED = ("28000", "28P01")


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of an error, of whichever driver; empty where the server said nothing."""
    original = error.orig
    known = getattr(original, "sqlstate", None)
    if known is None and original is not None and original.args and isinstance(original.args[0], dict):
        known = original.args[0].get("C")
    return str(known or "")


def _said(error: DBAPIError) -> str:
    original = error.orig
    if original is not None and original.args and isinstance(original.args[0], dict):
        return str(original.args[0].get("M"))
    return str(original).partition("\n")[0]


def _refusal(error: DBAPIError) -> tuple[str, str] | None:
    """The code and the words with which the server refused a user, where the driver failed in closing the connection
    afterwards and says that instead."""
    earlier: BaseException | None = error.orig
    while earlier is not None:
        told = earlier.args[0] if earlier.args else None
        if isinstance(told, dict) and told.get("C") in _REFUSED:
            return str(told["C"]), str(told.get("M"))
        earlier = earlier.__context__
    return None


def _unreachable(place: Place, said: str) -> CatalogUnreachableError:
    return CatalogUnreachableError(
        f"{place.database} cannot be reached, is not there, or went away ({said}): nothing half-written is kept, and "
        "all that was committed before is there; run the same command again when it is back, it goes on from there"
        + (f". If it asked for a password: {_about_password(place)}" if place.withheld else "")
    )


def _about_password(place: Place) -> str:
    if place.withheld:
        return (
            "a password is set, in PGPASSWORD or stores.catalog_password, and was not sent, as only the file "
            "catalog.url in the corpus's directory names this server: if it is yours, set stores.catalog "
            f"(HYBRID_STORES__CATALOG) to {place.url.render_as_string(hide_password=True)}, or PGHOST to its host, or "
            "write it into ~/.pgpass"
        )
    return "see stores.catalog, and PGPASSWORD or ~/.pgpass for a password"


@contextmanager
def server_errors(place: Place) -> Iterator[None]:
    """Turn the server's and the driver's errors into `CorpusError`s that say what to do."""
    try:
        with disk_full_errors(place.called):
            yield
    except PoolTimeoutError as error:
        raise CatalogUnreachableError(
            f"all {MOST} connections of this process to {place.called} were in use for {PATIENCE} s; ask again, or "
            "less at a time"
        ) from error
    except ssl.SSLError as error:
        raise CorpusError(
            f"{place.database} is not trusted, or speaks no TLS that this machine takes ({error or 'TLS'}): "
            "sslmode=verify-ca and verify-full take a certificate of an authority that this machine knows, or that "
            "sslrootcert=FILE names; verify-full also one for the host's name"
        ) from error
    except (ConnectionError, TimeoutError) as error:  # pg8000 reads from its socket without a word about errors
        raise _unreachable(place, str(error)) from error
    except DBAPIError as error:
        code, said = _refusal(error) or (sqlstate(error), _said(error))
        if code in _REFUSED or (not code and "password" in said):  # that none was given is the driver's own to say
            raise CorpusError(
                f"{place.database} refuses {place.url.username or 'the user'} ({said}); {_about_password(place)}"
            ) from error
        if not code and "SSL" in said:
            mode = place.url.query.get("sslmode", "prefer")
            raise CorpusError(
                f"{place.database} has no TLS ({said}), and sslmode={mode} asks for it: switch it on there (ssl = on), "
                "or name the host by which it offers it; sslmode=disable does without, and sends texts unencrypted"
            ) from error
        if not code or code.startswith(_LOST) or error.connection_invalidated:
            raise _unreachable(place, said) from error
        if code == "3D000":
            raise CorpusError(f"{place.database} refuses what it is asked for ({said}); see stores.catalog") from error
        if code == "53100":
            raise CorpusError(
                f"no space left at {place.database}; nothing half-written was kept, and all that was committed before "
                "is intact: free some space there and run the same command again, it resumes there"
            ) from error
        if code in _WAITED:
            raise CorpusLockedError(
                f"another process or thread is writing to {place.called} ({said}); try again when it is done"
            ) from error
        if code in ("42501", "25006"):
            raise CorpusError(f"{place.called} cannot be written ({said}); ask for the rights of its owner") from error
        if code in _DAMAGED:
            raise CorruptCorpusError(
                f"{place.called} is damaged ({said}); hybrid verify names what is, and hybrid repair makes again what "
                "it can; otherwise put back a copy of it"
            ) from error
        raise CorpusError(f"{place.database} cannot do what was asked ({code}: {said})") from error
