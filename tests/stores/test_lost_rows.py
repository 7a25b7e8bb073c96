"""Rows of the catalog that are gone do not make answers poorer in silence: a note says so, and `hybrid verify` names
the document."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from edited_catalog import edited

from hybrid import Corpus, Document, Identity, Metadata, Settings

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}, "access": {"required_with_classes": False}})
TEXTS = {
    "dogs.txt": "Under no circumstances may the tenant keep dogs. Rent is due on the first day of the month.",
    "boat.txt": "The boat was sold to a dealer in Odense. Nobody asked the owner before the sale.",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lost")
    (home / "files").mkdir()
    for name, text in TEXTS.items():
        (home / "files" / name).write_text(text)
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        corpus.ingest(home / "files")
    return home


BOAT = "(SELECT document_id FROM sources WHERE name LIKE '%boat.txt')"
LOST = {
    "chunks of a document": (f"DELETE FROM chunks WHERE document_id = {BOAT}", "boat.txt has 0 of 1 chunks"),
    "sentences of a document": (f"DELETE FROM sentences WHERE document_id = {BOAT}", "boat.txt"),
    "a document with all of its rows": (
        ";".join(
            f"DELETE FROM {table} WHERE document_id = {BOAT}" for table in ("chunks", "sentences", "texts", "sources")
        )
        + ";DELETE FROM documents WHERE id NOT IN (SELECT document_id FROM sources)",
        "the index knows 2 chunks",
    ),
    "words of the full text": ("DELETE FROM chunks_fts_docsize WHERE id = 1", "the full text knows 1 chunks"),
}


@pytest.mark.parametrize(("statements", "said"), LOST.values(), ids=LOST)
def test_a_lost_row_is_noted_in_answers_and_searches_and_named_by_verify(
    whole: Path, tmp_path: Path, statements: str, said: str
) -> None:
    with closing(sqlite3.connect(whole / "corpus" / "catalog.sqlite")) as catalog:
        ((boat,),) = catalog.execute(f"SELECT {BOAT}").fetchall()
    lost = [one.replace(BOAT, str(boat)) for one in statements.split(";")]
    with Corpus.open(edited(whole / "corpus", tmp_path, *lost), SETTINGS) as corpus:
        answer = corpus.ask("May the tenant keep dogs?", route="lookup")
        hits = corpus.search("dogs")
        report = corpus.check()
    assert "dogs" in answer.text
    assert [note for note in answer.notes if said in note and "hybrid verify" in note]
    assert [note for note in hits.notes if said in note]
    assert said in str(hits)
    assert not report.whole
    if "document" not in said and "knows" not in said:
        assert [one for one in report.problems if one.name.endswith("boat.txt")]


def test_a_whole_corpus_has_no_such_note(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole / "corpus", tmp_path), SETTINGS) as corpus:
        assert corpus.ask("May the tenant keep dogs?", route="lookup").notes == ()
        assert corpus.search("dogs").notes == ()
        corpus.remove(next(one.source for one in corpus.documents() if "boat" in one.source))
        assert corpus.search("dogs").notes == ()
        assert corpus.check().whole


def test_an_identity_is_told_of_its_own_documents_alone(tmp_path: Path) -> None:
    def of(name: str, kind: str) -> Document:
        return Document.from_text(TEXTS[name], source=name, metadata=Metadata(extra={"access": kind}))

    with Corpus.open(tmp_path / "corpus", SETTINGS) as corpus:
        corpus.ingest([of("dogs.txt", "staff"), of("boat.txt", "board")])
    with closing(sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite")) as catalog:
        catalog.execute("DELETE FROM chunks WHERE document_id = 2")
        catalog.commit()
    with Corpus.open(tmp_path / "corpus", SETTINGS) as corpus:
        with corpus.seen_by(Identity(name="Ann", classes=("staff",))) as seen:
            (note,) = seen.search("dogs").notes
            assert "boat" not in note
            assert not any(character.isdigit() for character in note)
        with corpus.seen_by(Identity(name="Eve", classes=("board",))) as seen:
            (note,) = seen.search("dogs").notes
            assert "boat.txt has 0 of 1 chunks" in note


def test_what_is_ingested_again_after_a_row_was_lost_is_whole(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole / "corpus", tmp_path, "DELETE FROM chunks WHERE id = 2"), SETTINGS) as corpus:
        (damaged,) = {one.name for one in corpus.check().problems if one.part == "chunks"}
        corpus.remove(damaged)
        corpus.ingest(whole / "files")
        corpus.repair()
        assert corpus.check().problems == ()
        assert corpus.search("boat").notes == ()
