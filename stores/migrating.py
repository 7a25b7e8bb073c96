"""Bringing the tables of a catalog up to date, on any database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from hybrid import __version__
from hybrid.errors import CorpusVersionError, CorruptCorpusError
from hybrid.stores import schema
from hybrid.stores.tables import REVISION


def check_schema(connection: Connection, called: str) -> None:
    """Raise `CorruptCorpusError` if a table, or a column of one, is missing that nothing can fill again. The others are
    named when they are read (`storage_errors`), and `hybrid repair`, which has to open the catalog, makes them
    again."""
    for one in schema.missing(connection):
        if not one.rebuilt:
            raise CorruptCorpusError(
                f"{called} is damaged, or was edited or written by a development version of hybrid: its table "
                f"{one.table}: {one.said}; {one.advice}"
            )


def upgrade(connection: Connection, revision: str | None, called: str) -> None:
    """Run the migrations that a catalog of this ``revision`` lacks; ``None`` is one without tables.

    Raises `CorpusVersionError` for a revision that no migration of this version has.
    """
    from alembic import command  # here, because opening a catalog that is up to date does not need it
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise CorpusVersionError(
            f"{called} has catalog version {revision}, written by another version of hybrid; this one ({__version__}) "
            f"knows versions up to {REVISION}: install the newer hybrid (pip install -U hybrid-ttt-rag), or ingest "
            "the documents into a new directory"
        )
    if revision is None and connection.dialect.name == "postgresql":  # its catalogs begin where SQLite's were by then
        from hybrid.stores.postgresql import schema as first

        first.create(connection)
        command.stamp(config, first.FIRST)
    command.upgrade(config, "head")
