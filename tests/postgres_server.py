"""A throwaway PostgreSQL server: a cluster in a temporary folder, reached by a socket in it alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

_SETTINGS = (
    "listen_addresses=",  # the socket alone
    "fsync=off",
    "shared_buffers=64MB",
    "max_connections=200",
    "unix_socket_permissions=0777",
)


def debian() -> Path | None:
    """The folder of the newest server that Debian's packages installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    return found[-1].parent if found else None


def with_vectors() -> Path | None:
    """The folder of a server that has pgvector: that of the package pgserver, or Debian's."""
    found = find_spec("pgserver")
    if found is not None and found.origin is not None:
        binaries = Path(found.origin).parent / "pginstall" / "bin"
        if (binaries / "initdb").exists():
            return binaries
    of_debian = debian()
    if of_debian is None:
        return None
    control = Path(f"/usr/share/postgresql/{of_debian.parent.name}/extension/vector.control")
    return of_debian if control.exists() else None


class Server:
    """One that runs. It can be stopped, as a crash would, and started again."""

    def __init__(self, binaries: Path, folder: Path, user: str | None, *settings: str) -> None:
        self._binaries, self.folder, self._user, self._settings = binaries, folder, user, settings
        self.url = f"postgresql://hybrid@/postgres?host={folder}"

    def _run(self, *command: str) -> None:
        # PostgreSQL refuses to run as root.
        who = {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        environment.pop("HYBRID_STORES__CATALOG", None)
        done = subprocess.run(
            [str(self._binaries / command[0]), *command[1:]],
            capture_output=True, text=True, check=False, cwd=self.folder, env=environment, **who,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def create(self) -> None:
        self._run("initdb", "-D", "data", "-U", "hybrid", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")

    def start(self) -> None:
        options = " ".join(
            f"-c {one}" for one in (*_SETTINGS, *self._settings, f"unix_socket_directories={self.folder}")
        )
        self._run("pg_ctl", "start", "-D", "data", "-w", "-l", "server.log", "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "stop", "-D", "data", "-m", mode)


def _unprivileged() -> str | None:
    """Who is to run the server: this user, or where that is root another."""
    if os.getuid():
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@contextmanager
def running(binaries: Path, *settings: str) -> Iterator[Server]:
    """A server with these settings that runs inside the block; nothing of it is left afterwards."""
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="hybrid-postgres-"))  # short: a socket's path has 107 bytes at most
    try:
        folder.chmod(0o755)
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        server = Server(binaries, folder, user, *settings)
        server.create()
        server.start()
        try:
            yield server
        finally:
            _end(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def reached() -> Iterator[str]:
    """The URL of the server that the variable ``HYBRID_POSTGRESQL_URL`` names, or of one that runs inside the block.
    Skips where there is none; in CI that fails."""
    if known := os.environ.get("HYBRID_POSTGRESQL_URL"):
        yield known
        return
    binaries = debian()
    if binaries is None:
        said = "no PostgreSQL: run make postgres as root on Debian, or set HYBRID_POSTGRESQL_URL"
        assert not os.environ.get("CI"), said
        pytest.skip(said)
    with running(binaries) as server:
        yield server.url


@contextmanager
def reached_with_vectors() -> Iterator[str]:
    """The URL of a server that has pgvector and runs inside the block. Skips where there is none; in CI that fails."""
    binaries = with_vectors()
    if binaries is None:
        said = "no PostgreSQL with pgvector: pip install pgserver, or install the package postgresql-NN-pgvector"
        assert not os.environ.get("CI"), said
        pytest.skip(said)
    with running(binaries) as server:
        yield server.url


def _end(folder: Path) -> None:
    """End the server, if it runs."""
    try:
        number = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(number, signal.SIGQUIT)
    except (OSError, ValueError, IndexError):
        return
