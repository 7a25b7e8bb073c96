"""What of the catalog's schema is missing, and making again the tables that can be filled from others.

What nothing else holds (documents, texts, sources, chunks, commits, facts, the log) cannot be made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, select, text
from sqlalchemy.schema import CreateIndex

from hybrid.stores import filtering, full_text
from hybrid.stores.backend import backend_of
from hybrid.stores.records import PUT_BACK
from hybrid.stores.tables import REVISION, SEARCHED_BY_SQLITE, Base, DocumentTable, MetadataTable, SourceTable

FORMAT = "alembic_version"
"""The table that has the number of the catalog's format."""
REBUILT = {
    "sentences": "from the texts, by the embedder",
    "source_metadata": "from the metadata of the sources",
    FORMAT: "with the number of the format that the tables have",
    "volumes": "empty: the next ingest adapts the memory again",
    "volume_documents": "empty: the next ingest adapts the memory again",
}
"""Tables that can be made again, with what of; so can the parts of the full text (`rebuilt`)."""
_OF_VOLUMES = {"volumes", "volume_documents"}  # a volume without its documents would be anybody's to see


def rebuilt(connection: Connection) -> dict[str, str]:
    """Tables and views that can be made again, with what of, in this database."""
    return {**REBUILT, **backend_of(connection).text.parts}


def tables(connection: Connection) -> list[Table]:
    """The tables that this database has besides those of its full text, each after those that it names."""
    others = SEARCHED_BY_SQLITE - backend_of(connection).text.parts.keys()
    return [table for table in Base.metadata.sorted_tables if table.name not in others]


@dataclass(frozen=True)
class Missing:
    """A table, view or index that is not there, or not as this version has it."""

    table: str
    said: str
    source: str | None = None
    """What `restore` makes it again from."""

    @property
    def rebuilt(self) -> bool:
        """Whether `restore` makes it again."""
        return self.source is not None or self.said.startswith(_INDEX)

    @property
    def advice(self) -> str:
        """What to do."""
        if self.said.startswith(_INDEX):
            return "hybrid repair makes it again"
        return PUT_BACK if self.source is None else f"hybrid repair makes it again {self.source}"


_INDEX = "its index "


def missing(connection: Connection) -> list[Missing]:
    """What the schema lacks, in the order of its tables."""
    backend, sources = backend_of(connection), rebuilt(connection)
    found = [*_of_tables(connection, backend.columns(connection)), *_of_indexes(connection)]
    if _written(connection) != REVISION:
        found.append((FORMAT, f"it does not have the number of the format, {REVISION}"))
    return [Missing(table, said, sources.get(table)) for table, said in [*found, *backend.lost_parts(connection)]]


def revision(connection: Connection) -> str | None:
    """The number of the catalog's format; ``None`` where there is none.

    A number that another program took away or changed is told by the tables: they are all there, with all columns.
    """
    found = _written(connection)
    if found == REVISION or (found is not None and not found < REVISION):
        return found
    return REVISION if all(one.rebuilt for one in missing(connection)) else found


def _written(connection: Connection) -> str | None:
    """The number of the format that is written in the catalog."""
    if not backend_of(connection).has_table(connection, FORMAT):
        return None
    number = connection.exec_driver_sql(f"SELECT max(version_num) FROM {FORMAT}").scalar()
    return None if number is None else str(number)


def _of_tables(connection: Connection, columns: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    for table in tables(connection):
        lost = sorted({column.name for column in table.columns} - columns.get(table.name, set()))
        if table.name not in columns:
            yield table.name, "it is missing"
        elif lost:
            yield table.name, f"it has no column {', '.join(lost)}"


def _of_indexes(connection: Connection) -> Iterator[tuple[str, str]]:
    there, backend = backend_of(connection).indexes(connection), backend_of(connection)
    for table in tables(connection):
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if backend.has_table(connection, table.name) and (str(index.name), table.name) not in there:
                yield table.name, f"{_INDEX}{index.name} is missing"


def restore(connection: Connection, wanted: set[str]) -> set[str]:
    """Make these tables of `rebuilt` again and fill them from others, and with them those that go together; then every
    index that is missing. Sentences are left empty: `hybrid.ingest.restoring` fills them. Returns what was made."""
    chosen, of_words = set(wanted), backend_of(connection).text.parts.keys()
    for group in (_OF_VOLUMES, of_words):
        if chosen & group:
            chosen |= group
    for table in reversed(tables(connection)):
        if table.name in chosen:
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
    for table in tables(connection):
        if table.name in chosen:
            backend_of(connection).make(connection, table)
    lost = {one.said for one in missing(connection)}
    for table in tables(connection):
        for index in table.indexes:
            if f"{_INDEX}{index.name} is missing" in lost:
                connection.execute(CreateIndex(index))
    if FORMAT in chosen:
        connection.execute(text(f"DROP TABLE IF EXISTS {FORMAT}"))
        connection.execute(text(f"CREATE TABLE {FORMAT} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text(f"INSERT INTO {FORMAT} VALUES (:number)"), {"number": REVISION})
    if "source_metadata" in chosen:
        _fill_metadata(connection)
    if chosen & of_words:
        full_text.create(connection)
        full_text.rebuild(connection)
    return chosen


def _fill_metadata(connection: Connection) -> None:
    sources = select(SourceTable.id, SourceTable.details, DocumentTable.media_type).join(DocumentTable)
    rows = [
        {"source_id": row.id, "key": key, "value": value}
        for row in connection.execute(sources)
        for key, value in sorted(filtering.facts(row.media_type, row.details))
    ]
    if rows:
        connection.execute(insert(MetadataTable), rows)
