"""Server-sent events as they come in: lines to events, events to the library's types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hybrid.client.failures import error_of, protocol_error
from hybrid.errors import InputError, ProtocolError
from hybrid.types.events import (
    CitationEvent,
    ClaimEvent,
    DraftEvent,
    EndEvent,
    EvidenceEvent,
    NoteEvent,
    RouteEvent,
    TextEvent,
)
from hybrid.types.jobs import Job

Model = TypeVar("Model", bound=BaseModel)
KINDS: dict[str, type[BaseModel]] = {
    kind.model_fields["kind"].default: kind
    for kind in (RouteEvent, EvidenceEvent, DraftEvent, TextEvent, CitationEvent, ClaimEvent, NoteEvent, EndEvent)
}
JOB: dict[str, type[BaseModel]] = {"job": Job}


class Reader:
    """Events of a stream, from its bytes in whatever pieces they come.

    Args:
        kinds: the types of events, by their names.

    Raises:
        ProtocolError: an event that cannot be read, or the end of the stream before its last event.
        HybridError: what the server sent as an error.
    """

    def __init__(self, kinds: dict[str, type[BaseModel]]) -> None:
        self._kinds = kinds
        self._rest = b""
        self._event = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The events that a piece completes."""
        # Not `str.splitlines`, which ends lines at characters that may stand within a JSON text.
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._line(line.removesuffix(b"\r"))

    def _line(self, line: bytes) -> Iterator[Any]:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise protocol_error("the stream holds a line that is not UTF-8") from None
        if not text:
            if self._event or self._data:
                event, data = self._event, "\n".join(self._data)
                self._event, self._data = "", []
                yield self._read(event, data)
            return
        name, colon, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        elif name and not (colon and name in ("id", "retry")):
            raise protocol_error(f"the stream holds a line that is no event: {text[:80]!r}")

    def _read(self, event: str, data: str) -> Any:
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            raise protocol_error(f"the data of an event {event!r} are not JSON: {data[:80]!r}") from None
        if event == "error":
            raise error_of(content) or protocol_error("the stream ended with an error that cannot be read")
        kind = self._kinds.get(event)
        if kind is None:
            raise protocol_error(f"the stream holds an event {event!r}, and {', '.join(self._kinds)} are known")
        try:
            return kind.model_validate(content)
        except (InputError, ValidationError) as error:
            raise protocol_error(f"an event {event!r} cannot be read: {error}") from None

    @staticmethod
    def cut() -> ProtocolError:
        """What to raise where the stream ends before its last event."""
        return ProtocolError("the stream was cut: it ended before its last event; ask again")
