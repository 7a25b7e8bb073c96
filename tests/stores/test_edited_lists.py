"""What lists documents, or picks them by what is recorded of them, marks or refuses what was edited: a list does not
show it as true, and a filter does not hide a document because of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from edited_catalog import WITHOUT_HASHES, edited

from hybrid import Corpus, Document, Filter, Identity, Metadata, Settings
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}, "access": {"required_with_classes": False}})
SALT = "Acme delivers 500 tonnes of rock salt to Ghent every month. The barge takes four days."
LUNCH = "The canteen opens at noon. Lunch costs 6 euros on every day of the week."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("lists")
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        given = Metadata(date="2026-03-04", custodian="Jane", extra={"access": "board"})
        corpus.ingest(
            [
                Document.from_text(SALT, source="salt.txt", metadata=given),
                Document.from_text(LUNCH, source="lunch.txt", metadata=Metadata(date="2026-03-05", custodian="Jane")),
            ]
        )
    return home / "corpus"


LISTED = {
    "a name": "UPDATE sources SET name = 'innocent.txt' WHERE name = 'salt.txt'",
    "a custodian": "UPDATE sources SET details = replace(details, 'Jane', 'Eve') WHERE name = 'salt.txt'",
    "the days": "UPDATE sources SET first_day = '2020-01-01', last_day = '2020-01-01' WHERE name = 'salt.txt'",
    "a length": "UPDATE documents SET chars = 5 WHERE id = 1",
    "a kind of file": "UPDATE documents SET media_type = 'text/html' WHERE id = 1",
    "the hash": "UPDATE sources SET record = NULL WHERE name = 'salt.txt'",
    "the hash of a document": "UPDATE documents SET record = NULL WHERE id = 1",
}


@pytest.mark.parametrize("statement", LISTED.values(), ids=LISTED)
@pytest.mark.parametrize("identity", [None, Identity(name="Ann", classes=("board", ""))], ids=["all", "classes"])
def test_a_list_marks_what_is_not_as_it_was_recorded(
    whole: Path, tmp_path: Path, statement: str, identity: Identity | None
) -> None:
    with Corpus.open(edited(whole, tmp_path, statement), SETTINGS, identity=identity) as corpus:
        documents = corpus.documents()
        custody = corpus._custody()
    salt, lunch = documents
    assert salt.damaged
    assert "not as it was recorded" in str(salt)
    assert lunch.damaged is None
    assert "not as it was recorded" not in str(lunch)
    assert "1 not as recorded" in str(documents)
    assert "1 not as recorded" in documents._repr_html_()
    rows = {row.source: row for row in custody}
    assert rows[salt.source].outcome == "damaged"
    assert "not as it was recorded" in str(rows[salt.source].reason)
    assert rows["lunch.txt"].outcome == "in corpus"


@pytest.mark.parametrize("statements", [(), WITHOUT_HASHES], ids=["whole", "without hashes"])
def test_what_is_whole_or_of_an_older_version_has_no_mark(
    whole: Path, tmp_path: Path, statements: tuple[str, ...]
) -> None:
    with Corpus.open(edited(whole, tmp_path, *statements), SETTINGS) as corpus:
        assert [one.damaged for one in corpus.documents()] == [None, None]
        assert "as recorded" not in str(corpus.documents())
        assert corpus.search("salt", where=Filter(since="2026-03-04", metadata={"custodian": "Jane"}))
        assert corpus.search("custodian:jane AND salt")


HIDDEN = {
    "by its days": (LISTED["the days"], "salt", Filter(since="2026-03-01", until="2026-03-04")),
    "by its name": (LISTED["a name"], "salt", Filter(sources=("*.txt",), since="2027-01-01")),
    "by its custodian": (
        "DELETE FROM source_metadata WHERE value = 'jane'",
        "salt",
        Filter(metadata={"custodian": "Jane"}),
    ),
    "by a custodian that is another": (
        "UPDATE source_metadata SET value = 'eve' WHERE value = 'jane' AND source_id = 1",
        "salt",
        Filter(metadata={"custodian": "Jane"}, sources=("salt.txt",)),
    ),
    "by a key that is gone": (
        "DELETE FROM source_metadata WHERE key = 'access'",
        "salt",
        Filter(metadata={"access": "board"}),
    ),
    "by a field of an expression": (LISTED["a custodian"], "custodian:jane NOT canteen", None),
    "by days in an expression": (
        "UPDATE sources SET details = replace(details, '2026-03-04', '2020-03-04') WHERE name = 'salt.txt'",
        "since:2026-03-01 AND salt",
        None,
    ),
}


@pytest.mark.parametrize(("statement", "wanted", "where"), HIDDEN.values(), ids=HIDDEN)
def test_what_an_edit_hides_from_a_filter_is_no_wrong_nothing(
    whole: Path, tmp_path: Path, statement: str, wanted: str, where: Filter | None
) -> None:
    directory = edited(whole, tmp_path, statement)
    with Corpus.open(directory, SETTINGS) as corpus, pytest.raises(CorruptCorpusError, match="not as it was recorded"):
        corpus.search(wanted, where=where)


def test_a_question_about_days_does_not_find_nothing_where_the_days_were_edited(whole: Path, tmp_path: Path) -> None:
    with (
        Corpus.open(edited(whole, tmp_path, LISTED["the days"]), SETTINGS) as corpus,
        pytest.raises(CorruptCorpusError, match=r"as it was recorded of salt\.txt"),
    ):
        corpus.ask("How much rock salt does Acme deliver?", where=Filter(since="2026-03-01"), route="lookup")


def test_what_the_others_answer_is_answered_with_a_note(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole, tmp_path, LISTED["the days"]), SETTINGS) as corpus:
        answer = corpus.ask("When does the canteen open?", where=Filter(since="2026-03-01"), route="lookup")
        hits = corpus.search("canteen", where=Filter(since="2026-03-01"))
    assert "noon" in answer.text
    assert any("salt.txt" in note for note in answer.notes)
    assert [one.source for one in hits] == ["lunch.txt"]
