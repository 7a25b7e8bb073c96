"""Whether a catalog's full-text index holds what its chunks hold."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError


def full_text_agrees(connection: Connection) -> bool:
    """Whether the index agrees, word for word, with the chunks' texts."""
    try:
        connection.execute(text("INSERT INTO chunks_fts(chunks_fts, rank) VALUES ('integrity-check', 1)"))
    except DatabaseError as error:
        if "malformed" in str(error) or "corrupt" in str(error):
            return False
        raise
    return True
