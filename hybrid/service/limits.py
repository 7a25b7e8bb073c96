"""How much may come in: bodies of a size, that do not stand still, and so many requests a minute."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hybrid.errors import HybridError, RateLimitError, RequestTooLargeError, ServiceError
from hybrid.service.failures import response_of
from hybrid.settings.service import LimitSettings
from hybrid.text.formatting import size_of

UPLOADS = "/uploads"
"""What the path of an upload ends with."""
_RETRY_SECONDS = 5.0
_SLOWEST = 1024
"""Bytes a second of a body, once it has had ``limits.idle_seconds``: one that comes a byte at a time never stands
still, and would take a connection for ever."""
_REMEMBERED = 10_000
"""Keys and addresses whose rate is known; the one that was heard of longest ago is forgotten first."""


class Rates:
    """A bucket of tokens for each key: full with ``burst``, and filled again at so many a minute."""

    def __init__(self, limits: LimitSettings) -> None:
        self._per_second = limits.requests_per_minute / 60
        self._burst = limits.burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count one request. Raises `RateLimitError`, which says when to come back."""
        if not self._per_second:
            return
        at = time.monotonic()
        left, before = self._buckets.pop(who, (float(self._burst), at))
        left = min(float(self._burst), left + (at - before) * self._per_second)
        self._buckets[who] = (left - 1 if left >= 1 else left, at)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 1:
            raise RateLimitError(
                f"more than {self._per_second * 60:g} requests a minute (limits.requests_per_minute)",
                (1 - left) / self._per_second,
            )


class Open:
    """How many uploads and watched jobs of each key are open: they wait in no line, and each takes a connection, an
    upload its place on the disk."""

    def __init__(self, limits: LimitSettings) -> None:
        self._most = limits.open_per_key
        self._of: Counter[str] = Counter()

    def take(self, who: str) -> Callable[[], None]:
        """Count one, until what this returns is called. Raises `RateLimitError`."""
        if self._of[who] >= self._most:
            raise RateLimitError(
                f"this key has {self._most} uploads and watched jobs open (limits.open_per_key)", _RETRY_SECONDS
            )
        self._of[who] += 1

        def give_back() -> None:
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]

        return give_back


class BodyLimit:
    """Refuses a body that is too large, by its length where that is given and as it comes in where not, and one that
    stands still. Middleware."""

    def __init__(self, app: ASGIApp, limits: LimitSettings) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload = scope["path"].endswith(UPLOADS)
        most = self._limits.upload_bytes if upload else self._limits.body_bytes
        too_large = RequestTooLargeError(
            f"the body is larger than {size_of(most)} (limits.{'upload' if upload else 'body'}_bytes)"
        )
        stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if stated.isdigit() and int(stated) > most:
            await response_of(too_large)(scope, receive, send)
            return
        counted = _Counted(receive, most, self._limits.idle_seconds, too_large)
        begun = replaced = False

        async def answer(message: Message) -> None:
            nonlocal begun, replaced
            # The framework makes an answer of its own of what the reader of a body raises.
            if message["type"] == "http.response.start" and counted.refused is not None and not begun:
                replaced = True
                await counted.refused(scope, receive, send)
            begun = True
            if not replaced:
                await send(message)

        await self._app(scope, counted.receive, answer)


class _Counted:
    """What comes in, with its size and its pauses."""

    def __init__(self, receive: Receive, most: int, idle: float, too_large: HybridError) -> None:
        self._receive = receive
        self._left = most
        self._idle = idle
        self._too_large = too_large
        self._whole = False
        self._begun: float | None = None
        self._come = 0
        self.refused: Response | None = None

    async def receive(self) -> Message:
        """The next piece. Raises what is wrong with it."""
        if self._whole:  # all that can come is that the client has gone
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._begun = now if self._begun is None else self._begun
        end = min(now, self._begun + self._come / _SLOWEST) + self._idle
        try:
            if now > end:
                raise TimeoutError
            async with asyncio.timeout_at(end):
                message = await self._receive()
        except TimeoutError:
            late = ServiceError(
                f"the body stood still for {self._idle:g} s (limits.idle_seconds), or came slower than "
                f"{size_of(_SLOWEST)} a second"
            )
            self.refused = response_of(late)
            self.refused.status_code = 408
            raise late from None
        if message["type"] == "http.request":
            self._come += len(message.get("body", b""))
            self._left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._left < 0:
                self.refused = response_of(self._too_large)
                raise self._too_large
        return message
