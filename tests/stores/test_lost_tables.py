"""A catalog that lost a table, a column or an index: an error or a note names it, `hybrid verify` says what to do, and
`hybrid repair` makes again what other tables hold."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from edited_catalog import edited
from tiny_model import tiny_settings

from hybrid import Corpus, Document, Metadata, Settings
from hybrid.errors import CorruptCorpusError
from hybrid.stores import schema
from hybrid.stores.sqlite.full_text import FtsIndex
from hybrid.stores.tables import Base

pytestmark = pytest.mark.sqlite

REBUILT = {**schema.REBUILT, **FtsIndex.parts}

TEXTS = {
    "dogs.txt": "Under no circumstances may the tenant keep dogs. Rent is due on the first day of the month. " * 9,
    "boat.txt": "The boat was sold to a dealer in Odense. Nobody asked the owner before the sale\u200b again. " * 9,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tables")
    with Corpus.open(home / "corpus", Settings(memory=tiny_settings(home, volume_tokens=1200))) as corpus:
        given = Metadata(date="2024-03-01", custodian="Ada Holt", extra={"matter": "B 7"})
        corpus.ingest([Document.from_text(text, source=name, metadata=given) for name, text in TEXTS.items()])
    return home / "corpus"


def rows(directory: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
        return sorted(catalog.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def defined(directory: Path) -> dict[str, str]:
    """The names and definitions of all that the schema has, columns in their order."""
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
        names = catalog.execute("SELECT name, type FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        return {name: f"{kind} {catalog.execute(f'PRAGMA table_xinfo({name})').fetchall()}" for name, kind in names}


ESSENTIAL = ("documents", "texts", "sources", "chunks", "commits", "log", "info")
SHADOWS = ("chunks_fts_data", "chunks_fts_idx", "chunks_fts_docsize", "chunks_fts_config")
AGAIN = {
    **{f"table {one}": (f"DROP {'VIEW' if one == 'chunk_texts' else 'TABLE'} {one}", one) for one in REBUILT},
    **{f"table {one}": (f"DROP TABLE {one}", "full text") for one in SHADOWS},
    "rows of chunks_fts_config": ("DELETE FROM chunks_fts_config", "full text"),
    "column parts": ("ALTER TABLE sentences DROP COLUMN parts", "sentences"),
    "column access_class": ("ALTER TABLE volumes DROP COLUMN access_class", "volumes"),
    "index of chunks": ("DROP INDEX ix_chunks_document_id", "ix_chunks_document_id"),
    "rows of sentences": ("DELETE FROM sentences WHERE start > 100", "dogs.txt"),
    "rows of chunks": ("DELETE FROM chunks WHERE id > 1", "boat.txt"),
    "all chunks": ("DELETE FROM chunks", "boat.txt"),
    "rows of source_metadata": ("DELETE FROM source_metadata WHERE key = 'matter'", "filtered by"),
    "strange rows of source_metadata": ("INSERT INTO source_metadata VALUES ('a', 'b', 99)", "source_metadata"),
    "an earlier format": ("UPDATE alembic_version SET version_num = '0005'", "alembic_version"),
    "another view": ("DROP VIEW chunk_texts", "chunk_texts"),
}


@pytest.mark.parametrize(("statement", "named"), AGAIN.values(), ids=AGAIN)
def test_what_others_hold_is_named_and_made_again(whole: Path, tmp_path: Path, statement: str, named: str) -> None:
    directory = edited(whole, tmp_path, statement)
    with Corpus.open(directory) as corpus:
        report = corpus.check()
        assert [one for one in report.problems if named in str(one)]
        assert all(one.repairable and "hybrid repair" in one.advice for one in report.problems)
        assert corpus.repair().problems == ()
        assert "dogs" in corpus.ask("May the tenant keep dogs?", route="lookup").text
    assert defined(directory) == defined(whole)
    for table in ("source_metadata", "search_texts", "alembic_version", "chunks_fts_docsize"):
        assert rows(directory, table) == rows(whole, table)
    of_chunks = '(SELECT id, document_id, start, "end" FROM chunks)'
    of_sentences = '(SELECT document_id, start, "end", parts FROM sentences)'
    for spans in (of_chunks, of_sentences):
        assert rows(directory, spans) == rows(whole, spans)


@pytest.mark.parametrize(("statement", "named"), AGAIN.values(), ids=AGAIN)
def test_until_then_a_question_is_answered_or_an_error_names_the_file_and_repair(
    whole: Path, tmp_path: Path, statement: str, named: str
) -> None:
    with Corpus.open(edited(whole, tmp_path, statement)) as corpus:
        for ask in (corpus.ask, corpus.search):
            try:
                said = str(ask("May the tenant keep dogs?"))
            except CorruptCorpusError as error:
                said = f"{error}" if "hybrid repair" in str(error) else "no advice"
            assert "dogs" in said or "catalog.sqlite" in said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        *((f"DROP TABLE {one}", rf"its table {one}: it is missing") for one in ESSENTIAL),
        ("ALTER TABLE documents DROP COLUMN record", r"its table documents: it has no column record"),
        ("ALTER TABLE commits DROP COLUMN index_sha256", r"its table commits: it has no column index_sha256"),
    ],
)
def test_what_nothing_else_holds_is_refused_with_its_name(
    whole: Path, tmp_path: Path, statement: str, said: str
) -> None:
    with pytest.raises(CorruptCorpusError, match=rf"catalog\.sqlite is damaged.*{said}; put back a copy of the corpus"):
        Corpus.open(edited(whole, tmp_path, statement))


def test_every_table_is_one_or_the_other() -> None:
    assert set(ESSENTIAL) | REBUILT.keys() >= set(Base.metadata.tables)


def test_chunks_that_come_out_otherwise_than_they_were_recorded_are_not_kept(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, "DELETE FROM chunks WHERE document_id = 1")
    with Corpus.open(directory, {"ingest": {"chunk_tokens": 40, "chunk_overlap_tokens": 10}}) as corpus:
        (problem,) = {one for one in corpus.repair().problems if one.part == "chunks"}
        assert problem.name == "dogs.txt"
        assert "where it still says so, remove it by this name" in problem.advice
        corpus.remove("dogs.txt")
        corpus.ingest(Document.from_text(TEXTS["dogs.txt"], source="dogs.txt"))
        assert corpus.check().problems == ()


def test_an_identity_sees_no_more_after_a_repair(whole: Path, tmp_path: Path) -> None:
    """Volumes without their documents, and sources without their classes, would be for everybody."""
    directory = edited(whole, tmp_path, "DELETE FROM volume_documents", "DROP TABLE volume_documents")
    with Corpus.open(directory) as corpus:
        corpus.repair()
        assert corpus.status().volumes == 0
        assert corpus.status().memory == "behind"
