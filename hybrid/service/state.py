"""What the requests of one server share, and who each of them is from."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from hybrid.corpus import Corpus
from hybrid.errors import AccessError, AuthenticationError, HybridError, ServiceError, SettingsError
from hybrid.service.corpora import Corpora, check_role
from hybrid.service.job_store import JobStore
from hybrid.service.jobs import Jobs
from hybrid.service.keys import ApiKey, Keys, Role, nobody
from hybrid.service.limits import Open, Rates
from hybrid.service.metrics import Metrics
from hybrid.service.work import Workers
from hybrid.settings.service import ServiceSettings

_LOG = logging.getLogger("hybrid.service")
Result = TypeVar("Result")
_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers of proxies. Some add none unless they are told to (nginx), so that these are no substitute for a key."""
_HERE = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)


class DroppedError(Exception):
    """Whoever asked has gone."""


@dataclass
class Service:
    """One server: its settings, and the parts that its requests use.

    ``without_keys``: as long as there was no key everybody who reaches it may do everything; the server listens to its
    own machine alone.
    """

    settings: ServiceSettings
    corpora: Corpora
    keys: Keys
    store: JobStore
    jobs: Jobs
    answering: Workers
    looking: Workers
    rates: Rates
    open: Open
    metrics: Metrics
    hidden: tuple[tuple[str, str], ...]
    loop: asyncio.AbstractEventLoop
    without_keys: bool = False
    ready: bool = False

    async def run(self, key: ApiKey, work: Callable[[], Result]) -> Result:
        """What ``work`` returns, in a thread that no answer holds up."""
        return await self.looking.run(key.id, work)

    async def asked(self, request: Request, key: ApiKey, corpus: str, ask: Callable[[Corpus], Result]) -> Result:
        """What ``ask`` finds in a corpus as the key may see it, unless whoever asks goes."""

        def work() -> Result:
            with self.corpora.seen_by(corpus, key) as seen:
                return ask(seen)

        return await unless_dropped(request, self.run(key, work))

    def begin_stopping(self) -> None:
        """Take no new work, let ingests come to rest, and end the streams of those who watch jobs: requests that are
        being answered go on."""
        self.ready = False
        self.answering.closing = self.looking.closing = True
        self.jobs.begin_stopping()

    def told(self, error: HybridError) -> str:
        """An error's message, without where the server keeps its files."""
        message = str(error)
        for path, name in self.hidden:
            message = message.replace(path, name)
        return message


def hidden_paths(root: Path, folders: dict[str, Path]) -> tuple[tuple[str, str], ...]:
    """What messages are not to say, and what they say instead; the longest first."""
    found = {f"{root}/": "", str(root): "the server's folder"}
    found |= {str(path.absolute()): name for name, path in folders.items()}
    return tuple(sorted(found.items(), key=lambda one: -len(one[0])))


def service_of(request: Request) -> Service:
    """The server that a request came to."""
    service: Service = request.app.state.service
    return service


_BEARER = HTTPBearer(auto_error=False, description="An API key that `hybrid keys add` made", scheme_name="API key")
Served = Annotated[Service, Depends(service_of)]


class KeyFirst(APIRoute):
    """A route whose requests are asked for their key before anything of their body is read.

    The framework reads and parses a body before it calls dependencies: whoever has no key could have it read so many
    large bodies, or hold it up with one that never comes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What handles a request."""
        handle = super().get_route_handler()

        async def keyed(request: Request) -> Response:
            request.state.key = authenticated(request, service_of(request), await _BEARER(request))
            return await handle(request)

        return keyed


async def asker(
    request: Request, service: Served, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> ApiKey:
    """Whose request it is. Raises `AuthenticationError`, and `RateLimitError` where there are too many of them."""
    known: ApiKey | None = getattr(request.state, "key", None)  # of a `KeyFirst` route
    return known or authenticated(request, service, given)


def authenticated(request: Request, service: Service, given: HTTPAuthorizationCredentials | None) -> ApiKey:
    """Whose key was given; the request is counted. Raises as `asker` does."""
    try:
        return _counted_key(request, service, given)
    except SettingsError as error:  # which says what is in the file: that is for whoever runs the server
        _LOG.error("%s", error)
        raise ServiceError("the server's API keys cannot be read; its log says why") from error


def _counted_key(request: Request, service: Service, given: HTTPAuthorizationCredentials | None) -> ApiKey:
    if service.without_keys:
        if not service.keys.all():
            _check_local(request)
            return nobody()
        service.without_keys = False  # for good: whoever takes the last key away opens nothing by it
    where = request.client.host if request.client else ""
    if given is None:
        service.rates.take(f"address {where}")
        raise AuthenticationError(
            "this server needs an API key: send the header 'Authorization: Bearer KEY'; hybrid keys add makes one"
        )
    try:
        key = service.keys.of(given.credentials)
    except AuthenticationError:
        service.rates.take(f"address {where}")  # so that guessing is no faster than asking
        raise
    service.rates.take(key.id)
    return key


def _check_local(request: Request) -> None:
    """Refuse what a proxy passes on, and what a page of another site has a browser on this machine send: both get
    here, and have no key to lack."""
    origin = request.headers.get("origin")
    host_is_here = _HERE.fullmatch(request.headers.get("host", ""))
    origin_is_here = origin is None or _HERE.fullmatch(origin.partition("://")[2])
    passed_on = any(name in request.headers for name in _PROXIES)
    if not host_is_here or not origin_is_here or passed_on:
        raise AccessError(
            "a server without API keys answers programs on its own machine alone, at localhost or 127.0.0.1; make a "
            "key with hybrid keys add"
        )


Asker = Annotated[ApiKey, Depends(asker)]


def of_role(role: Role) -> Callable[[ApiKey], Coroutine[Any, Any, ApiKey]]:
    """A dependency: the key, if it may do what that role may."""

    async def checked(key: Asker) -> ApiKey:
        check_role(key, role)
        return key

    return checked


async def unless_dropped(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """What ``work`` comes to. It is cancelled where whoever asked has gone. Raises `DroppedError`."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise DroppedError
    finally:
        for one in (working, leaving):
            one.cancel()
        await asyncio.wait([working, leaving])


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
