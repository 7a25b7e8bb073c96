"""uvicorn around the application: where it listens, and how it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from types import FrameType
from typing import Any

from hybrid.errors import MissingExtraError, ServiceError

try:
    import h11
    import uvicorn
    from fastapi import FastAPI
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ModuleNotFoundError as error:
    raise MissingExtraError("hybrid serve needs uvicorn", "service") from error

from hybrid.service.app import create_app, owned
from hybrid.service.keys import STATE, keys_of
from hybrid.service.state import Service
from hybrid.settings.service import ServerSettings, ServiceSettings

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"standard error": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "hybrid": {"handlers": ["standard error"], "level": "WARNING"},
        "hybrid.service": {"level": "INFO"},
        "uvicorn": {"handlers": ["standard error"], "level": "WARNING"},
    },
}
"""The log of the command, on standard error: nothing of what requests say."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound(settings: ServerSettings) -> socket.socket:
    """A socket that listens where the settings say. Raises `ServiceError` where that cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ServiceError(
            f"cannot listen at {settings.host}, port {settings.port}: {error.strerror or error}; choose another with "
            "--host and --port"
        ) from error


class Connection(H11Protocol):
    """A connection that ends where its client stands still for ``idle_seconds``: with a request's head that has not
    come in whole, or with an answer that it does not take. uvicorn itself waits for either for ever, and whoever opens
    enough of them has all the files that the process may open. Bodies are `BodyLimit`'s."""

    def __init__(self, *given: Any, idle_seconds: float, **named: Any) -> None:
        super().__init__(*given, **named)
        self._idle_seconds = idle_seconds
        self._head: asyncio.TimerHandle | None = None
        self._taken: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        answered = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        if self.conn.their_state is h11.IDLE or answered:  # what was refused may still send its body, but not for ever
            self._wait_for_head()
        elif self._head is not None:
            self._head.cancel()
            self._head = None

    def _wait_for_head(self) -> None:
        if self._head is None:  # more bytes of the same head give it no more time
            self._head = self.loop.call_later(self._idle_seconds, self.transport.abort)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().pause_writing()
        self._wait_for_reader(self.transport.get_write_buffer_size())

    def _wait_for_reader(self, left: int) -> None:
        self._taken = self.loop.call_later(self._idle_seconds, self._look_at_reader, left)

    def _look_at_reader(self, left: int) -> None:
        now = self.transport.get_write_buffer_size()
        if now < left:
            self._wait_for_reader(now)
        else:
            self.transport.abort()

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().resume_writing()
        if self._taken is not None:
            self._taken.cancel()
            self._taken = None

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        for timer in (self._head, self._taken):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)


class Server(uvicorn.Server):
    """A server of one folder of corpora. Stopped, it takes nothing new, lets what is being answered come to its end for
    ``server.shutdown_seconds``, has ingests stop at their next step, to go on with the next start, and closes."""

    def __init__(
        self,
        root: str | PathLike[str],
        settings: ServiceSettings | None = None,
        *,
        logging: dict[str, Any] | None = None,
    ) -> None:
        given = settings or ServiceSettings()
        self.without_keys: bool = is_loopback(given.server.host) and not keys_of(root).all()
        self.app: FastAPI = create_app(root, given, without_keys=self.without_keys)
        (Path(root) / STATE).mkdir(mode=0o700, parents=True, exist_ok=True)
        with owned(Path(root)):  # said before anything is begun, where it can be said in one line
            pass
        self.socket: socket.socket = bound(given.server)
        seconds = given.server.shutdown_seconds
        super().__init__(
            uvicorn.Config(
                self.app,
                log_config=logging,
                access_log=False,  # addresses hold names of corpora and documents
                timeout_graceful_shutdown=max(1, round(seconds)),
                # Longer than clients and proxies keep a connection: whoever ends it first must not be the server, which
                # could do so while a request is on its way.
                timeout_keep_alive=75,
                http=partial(Connection, idle_seconds=given.limits.idle_seconds),  # type: ignore[arg-type]
                server_header=False,
                lifespan="on",
            )
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self.socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def run_until_stopped(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until a signal or `stop` ends it; ``started`` is called when it listens, which it does already."""
        started()
        try:
            self.run(sockets=[self.socket])
        finally:
            self.socket.close()
        if not self.started:
            raise ServiceError("the server did not start; its log says why")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What a signal does."""
        self._begin_stopping()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        """End it, from any thread."""
        self._begin_stopping()
        self.should_exit = True

    def _begin_stopping(self) -> None:
        service: Service | None = getattr(self.app.state, "service", None)
        if service is not None and not service.loop.is_closed():
            service.loop.call_soon_threadsafe(service.begin_stopping)
