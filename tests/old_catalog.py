"""Catalogs as older versions wrote them.

with connect(catalog._engine, write=True) as connection:
    to_version_4(connection, snapshot="memory/default/1.safetensors")
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_VERSION_4 = """
DELETE FROM info WHERE key IN ('records', 'every_row', 'log_rows');
ALTER TABLE documents DROP COLUMN record;
ALTER TABLE sources DROP COLUMN record;
DROP VIEW chunk_texts;
DROP TABLE search_texts;
CREATE VIEW chunk_texts AS
    SELECT chunks.id AS id, substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start") AS text
    FROM chunks JOIN texts ON texts.document_id = chunks.document_id;
DROP TABLE volume_documents;
DROP TABLE volumes;
CREATE TABLE snapshots (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, file VARCHAR NOT NULL, sha256 VARCHAR NOT NULL,
    model VARCHAR NOT NULL, document_id INTEGER NOT NULL, document_tokens INTEGER, tokens INTEGER NOT NULL);
ALTER TABLE commits ADD COLUMN snapshot_id INTEGER REFERENCES snapshots (id) ON DELETE SET NULL;
UPDATE alembic_version SET version_num = '0004'"""


def to_version_4(connection: Connection, snapshot: str | None = None) -> None:
    """Give a catalog of this version the tables of version 4, whose memory was one stream with snapshots: the last
    commit has the file ``snapshot``, which was trained on every document."""
    for statement in _VERSION_4.split(";"):
        connection.execute(text(statement))
    if snapshot is not None:
        connection.execute(
            text(
                "INSERT INTO snapshots (id, file, sha256, model, document_id, tokens) "
                "SELECT 1, :file, :sha256, 'm', max(id), 9 FROM documents"
            ),
            {"file": snapshot, "sha256": "b" * 64},
        )
        connection.execute(text("UPDATE commits SET snapshot_id = 1 WHERE n = (SELECT max(n) FROM commits)"))
