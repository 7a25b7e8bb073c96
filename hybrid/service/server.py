"""uvicorn around the application: where it listens, and how it ends."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from types import FrameType
from typing import Any

from hybrid.errors import MissingExtraError, ServiceError

try:
    import uvicorn
    from fastapi import FastAPI
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
