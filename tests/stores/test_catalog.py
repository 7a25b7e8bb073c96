"""The catalog: texts and spans come back exactly, nothing is half done, versions are respected."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from full_text_check import full_text_agrees
from old_catalog import to_version_4
from sqlalchemy import create_engine, inspect, text

import hybrid.stores
from hybrid.errors import (
    CorpusError,
    CorpusLockedError,
    CorpusNotFoundError,
    CorpusVersionError,
    CorruptCorpusError,
    DamagedDocumentError,
    SettingsError,
)
from hybrid.stores import full_text
from hybrid.stores.catalog import Catalog
from hybrid.stores.catalog_cache import TextCache
from hybrid.stores.database import connect, looks_like_corpus
from hybrid.stores.rows import SourceEntry, StoredFile, VolumePart, VolumeRow
from hybrid.stores.sqlite import engine
from hybrid.stores.sqlite.engine import write_lock
from hybrid.stores.tables import REVISION, Base
from hybrid.text.folding import search_text
from hybrid.types.documents import Chunk, Document, Metadata

ODD = "Ünïcode 😀😀 and re\u0301sume\u0301 marks.\n\nSecond 𝔓aragraph of a\u0308 text, 12.3(b)."


@pytest.fixture
def catalog(tmp_path):
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def cut(body: str, size: int = 20) -> list[Chunk]:
    starts = range(0, len(body), size - 5)
    return [Chunk(start=at, end=min(at + size, len(body)), text=body[at : at + size]) for at in starts]


def add(catalog, source, body, *names, pages=(), parent=None):
    document = Document.from_text(body, source).model_copy(update={"pages": pages})
    chunks = cut(body)
    vectors = np.arange(len(chunks) * 4, dtype=np.float32).reshape(-1, 4)
    with catalog.transaction() as transaction:
        document_id, ids = transaction.add_document(document, chunks, vectors)
        for name in (source, *names):
            transaction.put_source(name, document_id, parent=parent)
    return document_id, ids


def full_text_is_right(catalog) -> bool:
    with connect(catalog._engine, write=True) as connection:
        return full_text_agrees(connection)


def test_chunks_come_back_as_the_spans_of_their_text(catalog):
    document_id, ids = add(catalog, "odd.txt", ODD)
    rows = catalog.chunks([*reversed(ids), 999])
    assert list(rows) == list(reversed(ids))
    assert all(catalog.text(document_id, row.start, row.end) == row.text for row in rows.values())
    assert [rows[chunk_id].text for chunk_id in ids] == [chunk.text for chunk in cut(ODD)]


def test_sqlite_cuts_spans_where_python_does(catalog):
    add(catalog, "odd.txt", ODD)
    with connect(catalog._engine) as connection:
        cut_by_sqlite = [row.text for row in connection.execute(text("SELECT text FROM chunk_texts ORDER BY id"))]
    assert cut_by_sqlite == [search_text(chunk.text) for chunk in cut(ODD)]


def test_documents_keep_everything_that_was_recorded(catalog):
    document = Document(
        source="deal.pdf",
        text="Page one.\nPage two.",
        sha256="a" * 64,
        media_type="application/pdf",
        pages=(0, 10),
        metadata=Metadata(title="The Deal", author="A. Uthor", date="2024-03", custodian="Bates", extra={"key": "ü"}),
        parent="mail.eml",
    )
    with catalog.transaction() as transaction:
        document_id, _ = transaction.add_document(document, [], np.zeros((0, 4), np.float32))
        transaction.put_source("deal.pdf", document_id, size=7, mtime_ns=2**62, parent="mail.eml")
        transaction.put_source("copy.pdf", document_id)
    assert catalog.document(document_id) == document
    (row,) = catalog.documents()
    assert (row.title, row.author, row.date, row.custodian) == ("The Deal", "A. Uthor", "2024-03", "Bates")
    assert (row.source, row.aliases, row.pages, row.parent) == ("deal.pdf", ("copy.pdf",), 2, "mail.eml")
    assert catalog.source("deal.pdf").mtime_ns == 2**62
    assert catalog.locate(document_id, 10, 14).page == 2


def test_vectors_come_back_to_the_bit(catalog):
    _, ids = add(catalog, "odd.txt", ODD)
    all_ids, vectors = catalog.vectors()
    assert all_ids.tolist() == ids
    assert vectors.tolist() == np.arange(len(ids) * 4).reshape(-1, 4).tolist()
    some_ids, some = catalog.vectors([ids[2], ids[0]])
    assert some_ids.tolist() == [ids[0], ids[2]]
    assert some.tolist() == vectors[[0, 2]].tolist()


def test_every_place_of_an_exact_quote_is_found(catalog):
    first, _ = add(catalog, "a.txt", "aXa 😀 aXa " + "e\u0301nd")
    second, _ = add(catalog, "b.txt", "one aXa")
    assert catalog.find_exact("aXa") == [(first, 0, 3), (first, 6, 9), (second, 4, 7)]
    assert catalog.find_exact("aXa", k=2) == [(first, 0, 3), (first, 6, 9)]
    assert catalog.find_exact("axa") == []
    assert catalog.find_exact("\u00e9nd") == []  # the composed form is other characters
    assert catalog.find_exact("e\u0301nd") == [(first, 10, 14)]
    assert catalog.find_exact("") == catalog.find_exact("\x00") == catalog.find_exact("\ud800") == []


def test_removal_takes_chunks_out_of_the_full_text(catalog):
    add(catalog, "odd.txt", ODD)
    kept, _ = add(catalog, "kept.txt", "A paragraph that stays where it is.")
    with catalog.transaction() as transaction:
        removed = transaction.remove_source("odd.txt")
    assert len(removed.chunk_ids) == len(cut(ODD))
    hits = catalog.search_lexical('"paragraph"', 10)
    assert {catalog.chunks([chunk_id])[chunk_id].document_id for chunk_id, _ in hits} == {kept}
    assert full_text_is_right(catalog)
    with pytest.raises(KeyError):
        catalog.document(removed.document_ids[0])


def test_the_full_text_check_notices_words_that_are_not_in_the_text(catalog):
    add(catalog, "odd.txt", ODD)
    with connect(catalog._engine, write=True) as connection:
        full_text.add(connection, [(1, "stray")])
    assert not full_text_is_right(catalog)


def test_a_document_stays_while_it_has_a_name(catalog):
    document_id, _ = add(catalog, "a.txt", "Shared words.", "b.txt")
    with catalog.transaction() as transaction:
        assert transaction.remove_source("a.txt").document_ids == ()
    assert catalog.document(document_id).source == "b.txt"
    with catalog.transaction() as transaction:
        assert transaction.remove_source("b.txt").document_ids == (document_id,)
    assert catalog.documents() == []


def test_removing_a_mail_removes_what_is_attached_to_what_is_attached(catalog):
    add(catalog, "m.eml", "Mail.")
    add(catalog, "m.eml#inner.eml", "Inner mail.", parent="m.eml")
    add(catalog, "m.eml#inner.eml#a.txt", "Attached.", parent="m.eml#inner.eml")
    add(catalog, "other.txt", "Other.")
    with catalog.transaction() as transaction:
        removed = transaction.remove_source("m.eml")
    assert removed.sources == ("m.eml", "m.eml#inner.eml", "m.eml#inner.eml#a.txt")
    assert [row.source for row in catalog.sources()] == ["other.txt"]


def test_ids_are_never_used_twice(catalog):
    first, chunks = add(catalog, "a.txt", ODD)
    with catalog.transaction() as transaction:
        transaction.remove_source("a.txt")
    second, others = add(catalog, "a.txt", ODD)
    assert second > first
    assert min(others) > max(chunks)


def test_a_transaction_that_raises_leaves_no_trace(catalog):
    add(catalog, "a.txt", ODD)
    before = (catalog.documents(), catalog.sources(), catalog.search_lexical('"paragraph"', 9))

    def change() -> None:
        with catalog.transaction() as transaction:
            transaction.add_document(Document.from_text("paragraph", "b.txt"), [], np.zeros((0, 4), np.float32))
            transaction.remove_source("a.txt")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert (catalog.documents(), catalog.sources(), catalog.search_lexical('"paragraph"', 9)) == before
    assert full_text_is_right(catalog)


def test_a_reader_sees_one_state_while_another_is_committed(catalog, tmp_path):
    add(catalog, "a.txt", "Old words.")
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as reader:
        with reader.read_transaction():
            assert [row.source for row in reader.sources()] == ["a.txt"]
            add(catalog, "b.txt", "New words.")
            assert [row.source for row in reader.sources()] == ["a.txt"]
            assert len(reader.search_lexical('"words"', 9)) == 1
        assert [row.source for row in reader.sources()] == ["a.txt", "b.txt"]
        with reader.read_transaction():
            add(catalog, "c.txt", "Newer words.")
            assert len(reader.sources()) == 2  # as it was when the block began


def test_a_document_keeps_its_name_for_as_long_as_a_reader_holds_a_state_and_no_longer(catalog, tmp_path):
    add(catalog, "a.txt", "Old words.")
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as reader:
        with reader.read_transaction():
            assert reader.document(1).source == "a.txt"
            with catalog.transaction() as transaction:
                transaction.put_source("b.txt", 1)
                transaction.remove_source("a.txt")
            assert [row.source for row in reader.chunks([1]).values()] == ["a.txt"]
        with reader.read_transaction():
            assert [row.source for row in reader.chunks([1]).values()] == ["b.txt"]


def test_a_document_is_named_by_the_first_of_its_sources(catalog):
    add(catalog, "b.txt", "Old words.")
    with catalog.transaction() as transaction:
        transaction.put_source("a.txt", 1)
    assert [row.source for row in catalog.chunks([1]).values()] == ["b.txt"]


def test_a_reader_does_not_wait_for_a_writer(catalog, tmp_path):
    add(catalog, "a.txt", "Old words.")
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as reader, catalog.transaction() as transaction:
        transaction.remove_source("a.txt")
        assert reader.document(1).text == "Old words."


def test_a_writer_holds_the_catalog_from_its_first_read_on(catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_MS", 1)
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as other, catalog.transaction():
        with pytest.raises(CorpusLockedError):
            other.set_info("key", "value")
        assert other.info("key") is None


def test_names_must_stand_for_documents(catalog):
    with pytest.raises(ValueError, match="not in the catalog"), catalog.transaction() as transaction:
        transaction.put_attachment_tree([SourceEntry("a.txt", "0" * 64)])


def test_text_that_no_database_can_hold_is_refused(catalog):
    document = Document.from_text("nul \x00 inside", "a.txt")
    with pytest.raises(DamagedDocumentError, match="NUL"), catalog.transaction() as transaction:
        transaction.add_document(document, [], np.zeros((0, 4), np.float32))


def a_volume(digest, *parts, identity="m", mounted=True):
    stored, report = StoredFile(f"volumes/{digest}.safetensors", "b" * 64), {"loss": 2.5, "own": [3.0, 2.0]}
    tokens = sum(part.end - part.start for part in parts)
    return VolumeRow(0, digest, stored, "c" * 64, identity, '{"access": "x"}', tokens, mounted, report, parts)


def test_commits_count_the_tokens_of_the_memorys_volumes(catalog):
    assert catalog.commit() is None
    add(catalog, "a.txt", "Some words.")
    add(catalog, "b.txt", "Other words.")
    with catalog.transaction() as transaction:
        transaction.add_volume(a_volume("one", VolumePart(2, 0, 4, 4, "k"), VolumePart(1, 0, 5, 5, "k")))
        transaction.record_commit(StoredFile("commits/1/index.faiss", "a" * 64), "behind")
    commit = catalog.commit()
    assert (commit.n, commit.index_file, commit.memory_state) == (1, "commits/1/index.faiss", "behind")
    assert commit.tokens == 9


def test_a_volume_comes_back_as_it_was_recorded_its_parts_in_their_order(catalog):
    add(catalog, "a.txt", "Some words.")
    add(catalog, "b.txt", "Other words.")
    parts = (VolumePart(2, 0, 4, 4, "k2"), VolumePart(1, 3, 5, 9, "k1"))
    given = a_volume("one", *parts, mounted=False)
    with catalog.transaction() as transaction:
        number = transaction.add_volume(given)
    (found,) = catalog.volumes()
    assert found == replace(given, id=number)


def test_documents_are_without_a_volume_until_all_their_parts_are_in_one_of_that_identity(catalog):
    add(catalog, "a.txt", "Some words.")

    def lacking(identity="m"):
        with catalog.transaction() as transaction:
            return transaction.has_documents_without_volume(identity)

    assert lacking()
    for digest, part in (("one", VolumePart(1, 0, 4, 8, "k")), ("two", VolumePart(1, 4, 8, 8, "k"))):
        assert lacking()
        with catalog.transaction() as transaction:
            transaction.add_volume(a_volume(digest, part))
    assert not lacking()
    assert lacking("another model")


def test_the_volumes_of_a_document_go_with_it_and_no_others(catalog):
    for name in ("a.txt", "b.txt", "c.txt"):
        add(catalog, name, f"The words of {name}.")
    shared = a_volume("one", VolumePart(1, 0, 4, 4, "k"), VolumePart(2, 0, 4, 4, "k"))
    with catalog.transaction() as transaction:
        transaction.add_volume(shared)
        transaction.add_volume(a_volume("two", VolumePart(3, 0, 4, 4, "k")))
        transaction.remove_source("a.txt")
    assert [row.digest for row in catalog.volumes()] == ["two"]


def test_facts_and_the_log_are_kept(catalog):
    assert catalog.info("embedder") is None
    catalog.set_info("embedder", "one")
    catalog.set_info("embedder", "two")
    with catalog.transaction() as transaction:
        transaction.log("ingest", sources=["a.txt"])
    assert catalog.info("embedder") == "two"
    assert [(row.event, row.detail) for row in catalog.log()] == [("ingest", {"sources": ["a.txt"]})]


# Versions ------------------------------------------------------------------------------------------


def test_the_migrations_amount_to_the_tables(catalog):
    with connect(catalog._engine) as connection:
        assert compare_metadata(_context(connection), Base.metadata) == []


def _context(connection):
    """For comparing tables: all but those that FTS5 keeps for itself."""
    return MigrationContext.configure(
        connection, opts={"include_name": lambda name, kind, _: kind != "table" or not name.startswith("chunks_fts")}
    )


def test_the_recorded_revision_is_the_last_migration():
    folder = Path(hybrid.stores.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == REVISION


def test_a_catalog_of_another_version_is_refused_and_left_alone(catalog, tmp_path):
    catalog.set_info("key", "value")
    with connect(catalog._engine, write=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CorpusVersionError, match=f"version 9999.*up to {REVISION}.*install"):
        Catalog.open(tmp_path / "catalog.sqlite", create=True)
    assert catalog.info("key") == "value"


def test_an_older_catalog_is_brought_up_to_date(catalog, tmp_path, monkeypatch):
    add(catalog, "a.txt", "Kept words.")
    monkeypatch.setattr(engine, "REVISION", "0007")  # so that 0006 counts as older
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as reopened:
        assert reopened.document(1).text == "Kept words."


@pytest.mark.parametrize(("before", "after"), [("ready", "behind"), ("off", "behind"), ("none", "none")])
def test_a_memory_of_snapshots_is_behind_after_the_migration_to_volumes(catalog, tmp_path, before, after):
    add(catalog, "a.txt", "Kept words.")
    with catalog.transaction() as transaction:
        transaction.record_commit(StoredFile("commits/1/index.faiss", "a" * 64), before)
    with connect(catalog._engine, write=True) as connection:
        to_version_4(connection, "memory/default/1.safetensors")
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as reopened:
        commit = reopened.commit()
        assert (commit.n, commit.memory_state, commit.tokens) == (1, after, 0)
        assert reopened.volumes() == []
        assert reopened.document(1).text == "Kept words."
        with connect(reopened._engine) as connection:
            assert not inspect(connection).has_table("snapshots")
            assert compare_metadata(_context(connection), Base.metadata) == []


def test_a_database_of_something_else_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "catalog.sqlite") as other:
        other.execute("CREATE TABLE stamps (id)")
    other.close()
    with pytest.raises(CorpusError, match="not a catalog"):
        Catalog.open(tmp_path / "catalog.sqlite", create=True)


def test_a_file_that_is_no_database_is_called_damaged(tmp_path):
    (tmp_path / "catalog.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(CorruptCorpusError, match="damaged"):
        Catalog.open(tmp_path / "catalog.sqlite", create=True)
    assert looks_like_corpus(tmp_path)


def test_no_catalog_where_one_was_asked_for(tmp_path):
    with pytest.raises(CorpusNotFoundError):
        Catalog.open(tmp_path / "catalog.sqlite", create=False)
    assert not any(tmp_path.iterdir())
    assert not looks_like_corpus(tmp_path)


def test_an_interrupted_creation_can_be_taken_up(tmp_path):
    (tmp_path / "catalog.sqlite").touch()
    assert looks_like_corpus(tmp_path)
    with pytest.raises(CorpusNotFoundError, match="interrupted"):
        Catalog.open(tmp_path / "catalog.sqlite", create=False)
    Catalog.open(tmp_path / "catalog.sqlite", create=True).close()
    assert looks_like_corpus(tmp_path)


def test_a_url_is_taken_and_other_databases_are_refused(tmp_path):
    Catalog.open(f"sqlite:///{tmp_path}/catalog.sqlite", create=True).close()
    assert looks_like_corpus(tmp_path)
    with pytest.raises(SettingsError, match="postgresql"):
        Catalog.open("postgresql://host/corpus", create=True)


# Locks ---------------------------------------------------------------------------------------------


def test_one_writer_at_a_time(tmp_path):
    with write_lock(tmp_path), pytest.raises(CorpusLockedError, match=r"write\.lock"), write_lock(tmp_path):
        pass
    with write_lock(tmp_path):
        pass


def test_a_database_held_by_another_writer_is_said_to_be_locked(catalog, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_MS", 1)
    outside = create_engine(f"sqlite:///{tmp_path}/catalog.sqlite")
    with outside.connect() as holder, Catalog.open(tmp_path / "catalog.sqlite", create=False) as other:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(CorpusLockedError):
            other.set_info("key", "value")
    outside.dispose()


def test_texts_are_kept_up_to_a_limit_and_the_last_one_whatever_its_size():
    texts = TextCache(chars=80)
    names = {number: (f"{number}.txt", None, {}) for number in range(6)}

    def keep(number: int, chars: int) -> None:
        texts.add(number, names[number], Document.from_text("x" * chars, f"{number}.txt"))

    for number in range(3):
        keep(number, 40)
    assert list(texts.find(range(6), names)) == [1, 2]
    texts.find([1], names)  # used last, so the other goes
    keep(3, 40)
    assert list(texts.find(range(6), names)) == [1, 3]
    keep(3, 40)  # by another thread that missed it, too: it counts once
    assert list(texts.find(range(6), names)) == [1, 3]
    keep(4, 500)
    assert list(texts.find(range(6), names)) == [4]
    assert texts.find([4], {4: ("renamed.txt", None)}) == {}


def test_a_catalog_without_a_column_that_nothing_can_fill_again_is_refused_with_its_name(catalog, tmp_path):
    catalog.close()
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        connection.execute("DROP INDEX ix_sources_first_day")
        connection.execute("ALTER TABLE sources DROP COLUMN first_day")
    connection.close()
    with pytest.raises(CorruptCorpusError, match=r"its table sources: it has no column first_day; put back a copy"):
        Catalog.open(tmp_path / "catalog.sqlite", create=False)
