"""What of the catalog's schema is missing, and making again the tables that can be filled from others.

What nothing else holds (documents, texts, sources, chunks, commits, facts, the log) cannot be made again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.schema import CreateIndex, CreateTable

from hybrid.stores import filtering, full_text
from hybrid.stores.records import PUT_BACK
from hybrid.stores.tables import REVISION, Base, DocumentTable, MetadataTable, SourceTable

FORMAT = "alembic_version"
"""The table that has the number of the catalog's format."""
REBUILT = {
    "sentences": "from the texts, by the embedder",
    "source_metadata": "from the metadata of the sources",
    "search_texts": "from the texts",
    full_text.TABLE: "from the texts",
    full_text.VIEW: "from the texts",
    FORMAT: "with the number of the format that the tables have",
    "volumes": "empty: the next ingest adapts the memory again",
    "volume_documents": "empty: the next ingest adapts the memory again",
}
"""Tables, and the view, that can be made again, with what of."""
_TOGETHER = (
    {"volumes", "volume_documents"},  # a volume without its documents would be anybody's to see
    {"search_texts", full_text.TABLE, full_text.VIEW},
)


@dataclass(frozen=True)
class Missing:
    """A table, view or index that is not there, or not as this version has it."""

    table: str
    said: str

    @property
    def rebuilt(self) -> bool:
        """Whether `restore` makes it again."""
        return self.table in REBUILT or self.said.startswith(_INDEX)

    @property
    def advice(self) -> str:
        """What to do."""
        if self.said.startswith(_INDEX):
            return "hybrid repair makes it again"
        return f"hybrid repair makes it again {REBUILT[self.table]}" if self.rebuilt else PUT_BACK


_INDEX = "its index "


def missing(connection: Connection) -> list[Missing]:
    """What the schema lacks, in the order of its tables."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.exec_driver_sql(
        # Not of virtual tables: SQLite would open the full-text index, which may be damaged.
        "SELECT m.name, c.name FROM (SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE%') "
        "AS m JOIN pragma_table_info(m.name) AS c"
    ):
        columns.setdefault(table, set()).add(column)
    there = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.exec_driver_sql("SELECT name, type, tbl_name, sql FROM sqlite_master")
    }
    found = [*_of_tables(columns), *_of_indexes(there)]
    if _written(connection) != REVISION:
        found.append(Missing(FORMAT, f"it does not have the number of the format, {REVISION}"))
    for name, statement in ((full_text.VIEW, full_text.CREATE_VIEW), (full_text.TABLE, full_text.CREATE_TABLE)):
        if name not in there:
            found.append(Missing(name, "it is missing"))
        elif _plain(there[name][2]) != _plain(statement):
            found.append(Missing(name, "it is defined otherwise"))
    return found


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
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.exec_driver_sql(there, (FORMAT,)).first() is None:
        return None
    number = connection.exec_driver_sql(f"SELECT max(version_num) FROM {FORMAT}").scalar()
    return None if number is None else str(number)


def _of_tables(columns: dict[str, set[str]]) -> Iterator[Missing]:
    for table in Base.metadata.sorted_tables:
        lost = sorted({column.name for column in table.columns} - columns.get(table.name, set()))
        if table.name not in columns:
            yield Missing(table.name, "it is missing")
        elif lost:
            yield Missing(table.name, f"it has no column {', '.join(lost)}")


def _of_indexes(there: dict[str, tuple[str, str, str]]) -> Iterator[Missing]:
    for table in Base.metadata.sorted_tables:
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if table.name in there and there.get(str(index.name), ("", ""))[:2] != ("index", table.name):
                yield Missing(table.name, f"{_INDEX}{index.name} is missing")


def _plain(statement: str | None) -> str:
    return re.sub(r"[\s\"]+", "", statement or "")


def restore(connection: Connection, tables: set[str]) -> set[str]:
    """Make these tables of `REBUILT` again and fill them from others, and with them those that go together; then every
    index that is missing. Sentences are left empty: `hybrid.ingest.restoring` fills them. Returns what was made."""
    chosen = set(tables)
    for group in _TOGETHER:
        if chosen & group:
            chosen |= group
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in chosen:
            connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
    for table in Base.metadata.sorted_tables:
        if table.name in chosen:
            connection.execute(CreateTable(table))
    lost = {one.said for one in missing(connection)}
    for table in Base.metadata.sorted_tables:
        for index in table.indexes:
            if f"{_INDEX}{index.name} is missing" in lost:
                connection.execute(CreateIndex(index))
    if FORMAT in chosen:
        connection.execute(text(f"DROP TABLE IF EXISTS {FORMAT}"))
        connection.execute(text(f"CREATE TABLE {FORMAT} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text(f"INSERT INTO {FORMAT} VALUES (:number)"), {"number": REVISION})
    if "source_metadata" in chosen:
        _fill_metadata(connection)
    if full_text.TABLE in chosen:
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
