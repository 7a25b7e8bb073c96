"""Row-level access: a catalog that shows the documents of some classes and knows of no others.

In the same way it leaves out documents that are damaged, so that questions about all others are answered.

A connection of such a catalog has a temporary view in the place of each table that says something of documents; SQLite
and PostgreSQL find the view under the table's name before the table. So every statement, also one that is written later
and does not think of access, reads what its identity may see. Full text is an index of its own, where a view cannot
stand: its statements ask `is_restricted`. The connection cannot write.

The class of a source is what its metadata name under the access key; where they name nothing, that of the source which
it came with (the mail of an attachment); where that has none either, the empty string.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from hybrid.stores.tables import Base

OPTION = "hybrid_access"
"""The execution option of connections that show some classes alone."""


@dataclass(frozen=True)
class Access:
    """What a catalog shows: documents whose metadata ``key`` is one of ``classes``, or of every class where these are
    ``None``; the empty string stands for those that have none. Of these, all but the documents ``without``, by id."""

    key: str
    classes: tuple[str, ...] | None
    without: tuple[int, ...] = ()


def is_restricted(connection: Connection) -> bool:
    """Whether a connection shows some documents alone: then a statement of full text has to ask what is visible."""
    return bool(connection.get_execution_options().get(OPTION))


_KEYED = (
    "SELECT 1 FROM main.source_metadata AS own WHERE own.source_id = {0}.id "
    "AND own.key IN (SELECT key FROM access_keys)"
)


def _of_class(source: str) -> str:
    """Whether a row of ``main.sources`` may be seen: by its own class or that of the first above it which has one."""
    return f"""{_of_every_class(source)} AND EXISTS (
        WITH RECURSIVE above (id, parent, keyed) AS (
            SELECT {source}.id, {source}.parent, EXISTS ({_KEYED.format(source)})
            UNION
            SELECT mail.id, mail.parent, EXISTS ({_KEYED.format("mail")})
            FROM main.sources AS mail JOIN above ON mail.name = above.parent WHERE NOT above.keyed)
        SELECT 1 FROM above JOIN main.source_metadata AS class ON class.source_id = above.id
            AND class.key IN (SELECT key FROM access_keys) AND class.value IN (SELECT value FROM seen_classes)
        UNION ALL
        SELECT 1 WHERE '' IN (SELECT value FROM seen_classes) AND NOT EXISTS (SELECT 1 FROM above WHERE keyed))"""


def _of_every_class(source: str) -> str:
    """Whether a row of ``main.sources`` is of a document that is not left out."""
    return f"{source}.document_id NOT IN (SELECT id FROM left_out)"


def _conditions(seen: Callable[[str], str]) -> dict[str, str]:
    """By table, which rows are shown, where ``seen`` says it of a row of sources."""
    document = f"EXISTS (SELECT 1 FROM main.sources AS named WHERE named.document_id = {{0}} AND {seen('named')})"
    chunk = f"""EXISTS (SELECT 1 FROM main.chunks AS of
        WHERE of.id = row.chunk_id AND {document.format("of.document_id")})"""
    # A volume of which nobody knows what it holds is nobody's.
    volume = f"""EXISTS (SELECT 1 FROM main.volume_documents AS part WHERE part.volume_id = {{0}})
        AND NOT EXISTS (SELECT 1 FROM main.volume_documents AS part
        WHERE part.volume_id = {{0}} AND NOT {document.format("part.document_id")})"""
    return {
        "sources": seen("row"),
        "source_metadata": f"EXISTS (SELECT 1 FROM main.sources AS named WHERE named.id = row.source_id "
        f"AND {seen('named')})",
        "documents": document.format("row.id"),
        "texts": document.format("row.document_id"),
        "chunks": document.format("row.document_id"),
        "search_texts": chunk,
        "sentences": document.format("row.document_id"),
        "volumes": volume.format("row.id"),
        "volume_documents": volume.format("row.volume_id"),
        "log": "1 = 0",
    }


SHOWN_WHOLE = frozenset({"commits", "info"})
"""Tables that say nothing of single documents."""


def views(
    access: Access, base: str, tables: Collection[str] = Base.metadata.tables.keys(), json: str = "'{}'"
) -> list[tuple[str, str, str]]:
    """The name, columns and condition of each view that a connection has in the place of a table.

    Args:
        access: what is shown.
        base: what stands before the name of a table itself: ``main.`` for the statements here.
        tables: those that the database has.
        json: an empty JSON object.
    """
    seen = _of_class if access.classes is not None else _of_every_class
    # Columns that would name other sources: the mail that an attachment came with, and the metadata of a document's
    # first name, which every source has of its own.
    parent = f"""CASE WHEN EXISTS (SELECT 1 FROM main.sources AS mail WHERE mail.name = row.parent AND {seen("mail")})
        THEN row.parent END AS parent"""
    replaced = {("sources", "parent"): parent, ("documents", "details"): f"{json} AS details"}
    found = []
    for name, condition in _conditions(seen).items():
        if name in tables:
            columns = Base.metadata.tables[name].columns.keys()
            listed = ", ".join(replaced.get((name, column), f'row."{column}"') for column in columns)
            found.append((name, listed.replace("main.", base), condition.replace("main.", base)))
    return found
