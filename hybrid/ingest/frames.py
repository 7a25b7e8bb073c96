"""Messages between a process and those that it starts: a head, JSON, and a body, bytes, over a pipe.

Nothing is unpickled, so that what the other side can answer is data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

_LENGTHS = struct.Struct(">IQ")  # of the head and of the body
_MB = 2**20


def send(pipe: IO[bytes], head: Mapping[str, Any], body: bytes = b"") -> None:
    """Write a message. Raises `OSError` where nobody reads it."""
    said = json.dumps(head).encode()
    pipe.write(_LENGTHS.pack(len(said), len(body)) + said)
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """A head and its body; ``None`` where they end early."""
    lengths = _read(pipe, _LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    for_head, for_body = _LENGTHS.unpack(lengths)
    said, body = _read(pipe, for_head), _read(pipe, for_body)
    return (json.loads(said), body) if len(said) == for_head and len(body) == for_body else None


def _read(pipe: IO[bytes], size: int) -> bytes:
    """So many bytes, or fewer where they end: an unbuffered pipe gives what is there."""
    parts = []
    while size and (part := pipe.read(min(size, _MB))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
