"""A damaged document costs itself alone: what the others say is answered, with a note that names it; nothing of it is
quoted, and a question that it may answer is an error that names it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hybrid import Corpus, Document, Filter, Identity, Metadata, Settings
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}, "access": {"required_with_classes": False}})
TEXTS = {
    "dogs.txt": "Under no circumstances may the tenant keep dogs. Rent is due on the first day of the month.",
    "boat.txt": "The boat was sold to a dealer in Odense. Nobody asked the owner before the sale.",
    "mill.txt": "The mill stands on the north bank. Its wheel was replaced in 1962 after the flood.",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("damaged")
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        corpus.ingest(
            [
                Document.from_text(text, source=name, metadata=Metadata(extra={"access": "board"}))
                for name, text in TEXTS.items()
            ]
        )
    return home / "corpus"


def edited(whole: Path, tmp_path: Path, *statements: str) -> Path:
    directory = tmp_path / "corpus"
    shutil.copytree(whole, directory)
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
        catalog.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            catalog.execute(statement)
        catalog.commit()
    return directory


DAMAGE = {
    "a word of its text": "UPDATE texts SET text = replace(text, 'Odense', 'Aarhus') WHERE document_id = 2",
    "its text is gone": "DELETE FROM texts WHERE document_id = 2",
    "its text is no text": "UPDATE texts SET text = x'00ff' WHERE document_id = 2",
    "its name": "UPDATE sources SET name = 'mill.eml' WHERE document_id = 2",
    "no source names it": "DELETE FROM sources WHERE document_id = 2",
    "its metadata are no JSON": "UPDATE sources SET details = '{' WHERE document_id = 2",
    "its pages are no list": "UPDATE documents SET pages = '7' WHERE id = 2",
    "where its chunk lies": 'UPDATE chunks SET start = start + 4, "end" = "end" + 4 WHERE document_id = 2',
    "its row is gone": "DELETE FROM documents WHERE id = 2",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_what_other_documents_say_is_answered_with_a_note_that_names_the_damaged_one(
    whole: Path, tmp_path: Path, statement: str
) -> None:
    called = {DAMAGE["its name"]: "mill.eml", DAMAGE["no source names it"]: "document 2"}.get(statement, "boat.txt")
    with Corpus.open(edited(whole, tmp_path, statement), SETTINGS) as corpus:
        answer = corpus.ask("May the tenant keep dogs?", route="lookup")
        assert "dogs" in answer.text
        assert [note for note in answer.notes if called in note and "hybrid verify" in note]
        hits = corpus.search("When was the wheel of the mill replaced?")
        assert {hit.source for hit in hits} <= {"dogs.txt", "mill.txt"}
        assert "1962" in hits[0].text
        assert [note for note in hits.notes if called in note]
        assert called in str(hits)
        with pytest.raises(CorruptCorpusError, match=r"hybrid verify|ingest its file again|put back"):
            corpus.ask("Who bought the boat?", route="lookup")


def test_a_text_that_was_edited_is_never_quoted_in_any_way_of_asking(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, DAMAGE["a word of its text"])
    with Corpus.open(directory, SETTINGS) as corpus:
        events = list(corpus.stream("May the tenant keep dogs?", route="lookup"))
        assert [event.kind for event in events].count("route") == 1
        assert "dogs" in events[-1].answer.text
        assert "".join(event.text for event in events if event.kind == "text") == events[-1].answer.text
        for found in (corpus.search("boat sold to a dealer in Aarhus"), corpus.search("Aarhus OR dogs")):
            assert all("Aarhus" not in hit.text for hit in found)
        assert [document.source for document, _ in corpus.search_documents("mill")] == ["mill.txt", "dogs.txt"]
        groups = {"a": Filter(sources="dogs.txt"), "b": Filter(sources="*")}
        compared = corpus.compare("May the tenant keep dogs?", groups, route="lookup")
        assert "Aarhus" not in str(compared)
        with pytest.raises(CorruptCorpusError, match=r"boat\.txt"):
            list(corpus.stream("Who bought the boat in Aarhus?", route="lookup"))


def test_a_list_of_what_all_documents_say_is_an_error_that_names_the_damaged_one(whole: Path, tmp_path: Path) -> None:
    with (
        Corpus.open(edited(whole, tmp_path, DAMAGE["a word of its text"]), SETTINGS) as corpus,
        pytest.raises(CorruptCorpusError, match=r"boat\.txt"),
    ):
        corpus.ask("List every year that the documents name.", route="lookup")


def test_an_identity_is_told_of_damage_in_its_own_documents_alone(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, DAMAGE["a word of its text"])
    with Corpus.open(directory, SETTINGS) as corpus:
        with corpus.seen_by(Identity(name="Ann", classes=("board",))) as seen:
            assert [note for note in seen.ask("May the tenant keep dogs?", route="lookup").notes if "boat.txt" in note]
        with corpus.seen_by(Identity(name="Eve", classes=("staff",))) as seen:
            assert seen.ask("Who bought the boat?", route="lookup").found is False


def test_a_corpus_that_is_whole_again_is_answered_without_a_note(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole, tmp_path, DAMAGE["a word of its text"]), SETTINGS) as corpus:
        assert corpus.search("mill").notes
        corpus.remove("boat.txt")
        corpus.ingest(Document.from_text(TEXTS["boat.txt"], source="boat.txt"))
        assert corpus.search("mill").notes == ()
        assert "Odense" in corpus.ask("Who bought the boat?", route="lookup").text
        assert corpus.check().whole
