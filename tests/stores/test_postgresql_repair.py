"""`hybrid verify` and `hybrid repair` of a catalog in PostgreSQL that lost tables: as of one in SQLite."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import create_engine, text

from hybrid import Corpus, Document
from hybrid.errors import CorruptCorpusError
from hybrid.stores.postgresql.place import connecting, place_of
from hybrid.types.documents import Metadata

TEXTS = {
    "dogs.txt": "The tenant may keep two dogs in the yard. The landlord is told their names before they come.",
    "boat.txt": "The boat lies at the north landing. It is painted each spring, and its oars are kept dry.",
}
LOST = {
    "sentences": ("DROP TABLE sentences", "sentences"),
    "source_metadata": ("DROP TABLE source_metadata", "source_metadata"),
    "its index": ("DROP INDEX ix_source_metadata_source_id", "source_metadata"),
    "alembic_version": ("DROP TABLE alembic_version", "alembic_version"),
    "volumes": ("DROP TABLE volumes CASCADE", "volumes"),
    "volume_documents": ("DROP TABLE volume_documents", "volume_documents"),
    "chunk_words": ("DROP TABLE chunk_words", "chunk_words"),
    "text_totals": ("DROP TABLE text_totals", "text_totals"),
    "rows of chunk_words": ("DELETE FROM chunk_words", "full text"),
    "rows of sentences": ("DELETE FROM sentences WHERE start > 10", "dogs.txt"),
    "rows of chunks": ("DELETE FROM chunks WHERE id > 1", "boat.txt"),
    "rows of source_metadata": ("DELETE FROM source_metadata WHERE key = 'matter'", "filtered by"),
    "several tables": ("DROP TABLE sentences, source_metadata, chunk_words, writer, alembic_version", "sentences"),
}


@pytest.fixture
def corpus(tmp_path, postgresql_url):
    """Where a whole corpus is, and what does something to its schema."""
    schema = f"test_{secrets.token_hex(8)}"
    settings = {"memory": {"enabled": False}, "stores": {"catalog": f"{postgresql_url}&schema={schema}"}}
    with Corpus.open(tmp_path / "corpus", settings) as made:
        made.ingest(
            [Document.from_text(body, name, Metadata(extra={"matter": name[0]})) for name, body in TEXTS.items()]
        )
    address, arguments = connecting(place_of(postgresql_url))

    def edit(statement: str) -> None:
        engine = create_engine(address, connect_args=arguments)
        with engine.begin() as connection:
            connection.execute(text(f"SET search_path = {schema}"))
            connection.execute(text(statement))
        engine.dispose()

    return tmp_path / "corpus", edit


@pytest.mark.parametrize(("statement", "named"), LOST.values(), ids=LOST)
def test_what_others_hold_is_named_and_made_again(corpus, statement, named):
    directory, edit = corpus
    edit(statement)
    with Corpus.open(directory, create=False) as opened:
        try:
            said = str(opened.search("dogs"))
        except CorruptCorpusError as error:
            said = str(error)
            assert "hybrid repair" in said
        report = opened.check()
        assert [one for one in report.problems if named in str(one)]
        assert all(one.repairable and "hybrid repair" in one.advice for one in report.problems)
        assert opened.repair().problems == ()
        assert opened.check().problems == ()
        assert [hit.source for hit in opened.search("dogs", k=1)] == ["dogs.txt"]
        opened.remove("boat.txt")
        opened.ingest(Document.from_text("A third.", "third.txt", Metadata(extra={"matter": "t" * 9000})))
        assert opened.check().problems == ()


@pytest.mark.parametrize("table", ["documents", "texts", "chunks", "sources", "commits", "info", "log"])
def test_what_nothing_else_holds_is_refused_with_its_name(corpus, table):
    directory, edit = corpus
    edit(f"DROP TABLE {table} CASCADE")
    with pytest.raises(CorruptCorpusError, match=rf"is damaged.*its table {table}: it is missing; put back a copy"):
        Corpus.open(directory, create=False)


def test_the_table_that_says_who_writes_is_made_again_when_the_catalog_is_opened(corpus):
    directory, edit = corpus
    edit("DROP TABLE writer")
    with Corpus.open(directory, create=False) as opened:
        assert opened.check().problems == ()
        opened.remove("boat.txt")
        assert [one.source for one in opened.documents()] == ["dogs.txt"]
