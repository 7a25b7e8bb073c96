"""Search by words with SQLite FTS5.

Nothing outside this file, `narrowed` beside it, `hybrid.stores.query` and the migrations that make the table knows
FTS5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, OperationalError

from hybrid.errors import InputError
from hybrid.stores.access import is_restricted
from hybrid.stores.filtering import Selection
from hybrid.stores.sqlite import narrowed
from hybrid.stores.words import TOKENIZER
from hybrid.text.folding import search_text

_AT_ONCE = 1000  # chunks read together; a bound of memory
_PAGE = 200  # chunks of which the documents are read together; a bound of memory
_ALL = 2**31
_SCORED_BY_FTS5 = 10_000
"""Chunks that hold a term up to which counting them, as FTS5 does at each search, takes about a millisecond."""
_UNREADABLE = ("fts5: ", "no such column", "unterminated", "special query", "expected integer")
"""What SQLite says of an expression that it cannot read."""
VISIBLE = " AND EXISTS (SELECT 1 FROM chunks WHERE chunks.id = chunks_fts.rowid)"


TABLE, VIEW = "chunks_fts", "chunk_texts"
_SPAN = 'substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start")'
CREATE_VIEW = (
    f"CREATE VIEW {VIEW} AS SELECT chunks.id AS id, coalesce(search_texts.text, {_SPAN}) AS text "
    "FROM chunks JOIN texts ON texts.document_id = chunks.document_id "
    "LEFT JOIN search_texts ON search_texts.chunk_id = chunks.id"
)
CREATE_TABLE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(text, content='{VIEW}', content_rowid='id', tokenize='{TOKENIZER}')"
)
"""As the migrations make them; a test compares the two."""


def create(connection: Connection) -> None:
    """Make the index and its view again, whatever is there; `rebuild` fills it."""
    # SQLite opens a virtual table to drop it, which fails where its own tables are damaged: so it is taken out of the
    # schema, and these are dropped one by one.
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql("DELETE FROM sqlite_master WHERE name = ? AND sql LIKE 'CREATE VIRTUAL%'", (TABLE,))
    connection.exec_driver_sql("PRAGMA writable_schema=RESET")
    for part in ("", "_data", "_idx", "_content", "_docsize", "_config"):
        connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}{part}"))
    connection.execute(text(f"DROP VIEW IF EXISTS {VIEW}"))
    connection.execute(text(CREATE_VIEW))
    connection.execute(text(CREATE_TABLE))


def rebuild(connection: Connection) -> None:
    """Make the index anew from the texts."""
    store_search_texts(connection)
    connection.execute(text("INSERT INTO chunks_fts(chunks_fts) VALUES ('rebuild')"))


def store_search_texts(connection: Connection) -> int:
    """Store what chunks are indexed as, where that is not their text (`hybrid.text.folding.search_text`); of how many.

    The index holds no text: it reads it through the view ``chunk_texts``, which has these in the place of the others.
    """
    connection.execute(text("DELETE FROM search_texts"))
    page = text(
        'SELECT chunks.id, substr(texts.text, chunks."start" + 1, chunks."end" - chunks."start") FROM chunks '
        "JOIN texts ON texts.document_id = chunks.document_id WHERE chunks.id > :last ORDER BY chunks.id LIMIT :n"
    )
    stored, last = 0, -1
    while rows := connection.execute(page, {"last": last, "n": _AT_ONCE}).all():
        last = rows[-1][0]
        stored += _store(connection, [(row[0], row[1]) for row in rows])
    return stored


def _store(connection: Connection, rows: Sequence[tuple[int, str]]) -> int:
    other = [{"id": one, "text": words} for one, chunk in rows if (words := search_text(chunk)) != chunk]
    if other:
        connection.execute(text("INSERT INTO search_texts (chunk_id, text) VALUES (:id, :text)"), other)
    return len(other)


def optimize(connection: Connection) -> None:
    """Merge the index into one segment, without the words of chunks that are gone."""
    connection.execute(text("INSERT INTO chunks_fts(chunks_fts) VALUES ('optimize')"))


def search(connection: Connection, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
    """The ``k`` best chunks for a match expression: ids and BM25 scores, higher is better.

    With ``selection``, the ``k`` best of its chunks; how rare a word is counts over all.
    """
    if not match or k < 1 or (selection is not None and not len(selection)):
        return []
    where, values = "chunks_fts MATCH :match" + _visible(connection), {"match": match, "k": k}
    if selection is not None:
        # A byte a chunk: what IN is given SQLite sorts into a table of its own at every search.
        where += " AND substr(:mask, rowid + 1, 1) = x'01'"
        values["mask"] = selection.mask
    statement = text(f"SELECT rowid, -bm25(chunks_fts) FROM chunks_fts WHERE {where} ORDER BY rank, rowid LIMIT :k")
    try:
        return [(row[0], row[1]) for row in connection.execute(statement, values).all()]
    except OperationalError as error:
        if any(sign in str(error.orig) for sign in _UNREADABLE):
            raise InputError(f"{match!r} is not a match expression ({error.orig}); see match_expression") from error
        raise


def search_narrowed(
    connection: Connection,
    rare: Sequence[str],
    common: Mapping[str, int],
    k: int,
    selection: Selection | None = None,
) -> list[tuple[int, float]]:
    """See `hybrid.stores.backend.TextIndex.search_narrowed`: terms that few chunks more hold are scored by FTS5, the
    others by `hybrid.stores.sqlite.narrowed`."""
    scored = [term for term, count in common.items() if count <= _SCORED_BY_FTS5]
    either = " OR ".join(rare)
    # The left side says which chunks are scored. Every term stands in the expression twice, so each score is doubled.
    match = f"({either}) AND ({' OR '.join([*rare, *scored, *scored])})" if scored else either
    found = search(connection, match, _ALL, selection)
    scores = {chunk_id: score / 2 if scored else score for chunk_id, score in found}
    others = {term: count for term, count in common.items() if term not in scored}
    return narrowed.add_common(connection, scores, rare, others, k)


def matching(connection: Connection, match: str) -> list[tuple[int, int]]:
    """Chunk and document ids of all chunks that a match expression finds, by chunk id."""
    if not match:
        return []
    statement = text(
        "SELECT rowid, (SELECT document_id FROM chunks WHERE id = chunks_fts.rowid) FROM chunks_fts "
        f"WHERE chunks_fts MATCH :match{_visible(connection)} ORDER BY rowid"
    )
    return [(row[0], row[1]) for row in connection.execute(statement, {"match": match})]


def counts_of(connection: Connection, matches: Sequence[str], up_to: int) -> list[int]:
    """`count` of each expression, none of them empty, in one statement."""
    if not matches:
        return []
    one = f"(SELECT count(*) FROM (SELECT 1 FROM chunks_fts WHERE chunks_fts MATCH ?{_visible(connection)} LIMIT ?))"
    values = tuple(value for match in matches for value in (match, up_to))
    return list(connection.exec_driver_sql(f"SELECT {', '.join([one] * len(matches))}", values).one())


def indexed(connection: Connection) -> int:
    """How many chunks the index knows, of all documents."""
    return int(connection.execute(text("SELECT count(*) FROM chunks_fts_docsize")).scalar_one())


def add(connection: Connection, rows: Sequence[tuple[int, str]]) -> bool:
    """See `TextIndex.add`: every word is found."""
    _store(connection, rows)
    values = [{"id": chunk_id, "text": search_text(chunk)} for chunk_id, chunk in rows]
    if values:
        connection.execute(text("INSERT INTO chunks_fts(rowid, text) VALUES (:id, :text)"), values)
    return True


def remove(connection: Connection, document_id: int) -> None:
    """Take the chunks of a document, which the catalog still holds, out of the index."""
    delete = (
        "INSERT INTO chunks_fts(chunks_fts, rowid, text) SELECT 'delete', id, text FROM chunk_texts "
        "WHERE id IN (SELECT id FROM chunks WHERE document_id = :document)"
    )
    connection.execute(text(delete), {"document": document_id})


def matching_documents(connection: Connection, match: str) -> Iterator[int]:
    """The documents of the chunks that a match expression finds, found one page at a time. Chunks' ids ascend as their
    documents' do."""
    page = text(
        "SELECT rowid, (SELECT document_id FROM chunks WHERE id = chunks_fts.rowid) FROM chunks_fts "
        f"WHERE chunks_fts MATCH :match AND rowid > :last{_visible(connection)} ORDER BY rowid LIMIT :n"
    )
    last = -1
    while rows := connection.execute(page, {"match": match, "last": last, "n": _PAGE}).all():
        last = rows[-1][0]
        yield from (row[1] for row in rows)


def fault(connection: Connection) -> str | None:
    """What does not fit the texts, in words; ``None`` where it all does."""
    try:  # a command to the table, not a change: it is rolled back with the rest of the transaction
        connection.exec_driver_sql("SAVEPOINT checked")
        connection.exec_driver_sql("INSERT INTO chunks_fts(chunks_fts, rank) VALUES ('integrity-check', 1)")
        connection.exec_driver_sql("ROLLBACK TO checked")
    except DatabaseError as error:
        if "readonly" in str(error.orig) or "locked" in str(error.orig):
            return None
        return f"does not fit the texts ({error.orig})"
    return None


def _visible(connection: Connection) -> str:
    """What a statement adds to its conditions: nothing where all documents may be seen."""
    return VISIBLE if is_restricted(connection) else ""


class FtsIndex:
    """`hybrid.stores.backend.TextIndex` with FTS5."""

    parts: Mapping[str, str] = MappingProxyType(dict.fromkeys(("search_texts", TABLE, VIEW), "from the texts"))

    add: Final = staticmethod(add)
    remove: Final = staticmethod(remove)
    create: Final = staticmethod(create)
    rebuild: Final = staticmethod(rebuild)
    optimize: Final = staticmethod(optimize)
    indexed: Final = staticmethod(indexed)
    search: Final = staticmethod(search)
    search_narrowed: Final = staticmethod(search_narrowed)
    estimated: Final = staticmethod(narrowed.estimated)
    matching: Final = staticmethod(matching)
    counts_of: Final = staticmethod(counts_of)
    documents_with: Final = staticmethod(matching_documents)
    fault: Final = staticmethod(fault)
