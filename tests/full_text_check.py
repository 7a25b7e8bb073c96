"""Whether a catalog's full-text index holds what its chunks hold."""

from __future__ import annotations

from sqlalchemy import Connection

from hybrid.stores import full_text


def full_text_agrees(connection: Connection) -> bool:
    """Whether the index agrees, word for word, with the chunks' texts."""
    return full_text.fault(connection) is None
