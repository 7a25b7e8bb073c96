"""Server-sent events: typed events as the lines of a stream, and the stream as an answer that ends with its reader."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from pydantic import BaseModel
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from hybrid.errors import HybridError

_LOG = logging.getLogger("hybrid.service")
MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = b": still at work\n\n"
KEEP_ALIVE_SECONDS = 10.0
"""Between two signs of life: proxies close what has been silent for 30 to 60 s."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""A proxy that collected the events would undo what they are for."""


def event_bytes(kind: str | None, data: str) -> bytes:
    """One event. JSON has no line ends of its own, so that its data is one line."""
    named = f"event: {kind}\n" if kind else ""
    return f"{named}data: {data}\n\n".encode()


def model_event(kind: str, value: BaseModel) -> bytes:
    """One event whose data is a model's JSON."""
    return event_bytes(kind, value.model_dump_json())


def content_event(kind: str | None, content: dict[str, Any]) -> bytes:
    """One event whose data is plain JSON."""
    return event_bytes(kind, json.dumps(content, ensure_ascii=False, separators=(",", ":")))


async def with_signs_of_life(
    events: AsyncIterator[bytes], failure: Callable[[HybridError], bytes], seconds: float = KEEP_ALIVE_SECONDS
) -> AsyncGenerator[bytes, None]:
    """The events, with a comment wherever none came for a while, and an error among them as the last one."""
    coming: asyncio.Task[bytes] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait([coming], timeout=seconds)
            if not done:
                yield KEEP_ALIVE
                continue
            try:
                event = coming.result()
            except StopAsyncIteration:
                return
            except HybridError as error:
                yield failure(error)
                return
            except Exception:  # noqa: BLE001 - its text is for the log; a stream that is just cut says nothing
                _LOG.exception("a stream failed")
                yield failure(HybridError("the server failed; its log says how"))
                return
            coming = None
            yield event
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait([coming])
        if isinstance(events, AsyncGenerator):
            await events.aclose()


class EventStream(StreamingResponse):
    """An answer that is a stream of events. When its reader goes, what makes the events is closed at once: also where
    none is on its way, which a server notices only when it next writes. ``ended`` is called then, or at the end."""

    def __init__(self, events: AsyncGenerator[bytes, None], ended: Callable[[], None] = lambda: None) -> None:
        super().__init__(events, media_type=MEDIA_TYPE, headers=HEADERS)
        self._events = events
        self._ended = ended

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        sending = asyncio.ensure_future(self.stream_response(send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (sending, leaving):
                one.cancel()
            await asyncio.wait([sending, leaving])
            await self._events.aclose()
            self._ended()
        if not sending.cancelled() and (error := sending.exception()) is not None and not isinstance(error, OSError):
            raise error
