"""What is recorded of a document is what was ingested, or nothing of it is quoted: names, dates, custodians, and where
chunks and sentences lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from edited_catalog import WITHOUT_HASHES, edited

from hybrid import Corpus, Document, Identity, Metadata, Settings
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

WITHOUT_MEMORY = Settings.model_validate({"memory": {"enabled": False}, "access": {"required_with_classes": False}})
ADA = "Under no circumstances may the tenant keep dogs. Rent is due on the first day of the month."
EVA = "The boat was sold to a dealer in Odense. Nobody asked the owner before the sale."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("records")
    with Corpus.open(home / "corpus", WITHOUT_MEMORY) as corpus:
        given = Metadata(date="2024-03-01", custodian="Ada Holt", extra={"access": "board"})
        corpus.ingest(
            [
                Document.from_text(ADA, source="ada.txt", metadata=given),
                Document.from_text(EVA, source="eva.txt"),
            ]
        )
    return home / "corpus"


EDITS = {
    "a letter of a name": "UPDATE sources SET name = 'bda.txt' WHERE name = 'ada.txt'",
    "the date": "UPDATE sources SET details = replace(details, '2024-03-01', '2024-05-01')",
    "the custodian": "UPDATE sources SET details = replace(details, 'Ada Holt', 'Eva Holt')",
    "the days of the date": "UPDATE sources SET first_day = '2023-03-01' WHERE name = 'ada.txt'",
    "where a sentence begins": "UPDATE sentences SET start = 23 WHERE start = 0 AND document_id = 1",
    "a sentence is gone": "DELETE FROM sentences WHERE start = 0 AND document_id = 1",
    "where a chunk ends": 'UPDATE chunks SET "end" = 40 WHERE document_id = 1',
    "the kind of file": "UPDATE documents SET media_type = 'message/rfc822' WHERE id = 1",
    "the class that access goes by": "UPDATE source_metadata SET value = '' WHERE key = 'access'",
    "what is filtered by": "DELETE FROM source_metadata WHERE key = 'custodian'",
    "what it came with": "UPDATE sources SET parent = 'eva.txt' WHERE name = 'ada.txt'",
}


@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_an_edit_is_found_by_verify_and_nothing_is_quoted(whole: Path, tmp_path: Path, statement: str) -> None:
    with Corpus.open(edited(whole, tmp_path, statement), WITHOUT_MEMORY) as corpus:
        assert [one for one in corpus.check().problems if one.part in ("record", "chunks")]
        with pytest.raises(CorruptCorpusError, match=r"is not as it was recorded of .da\.txt"):
            corpus.ask("May the tenant keep dogs?", route="lookup")


def test_two_names_that_changed_places_are_found(whole: Path, tmp_path: Path) -> None:
    swapped = [
        "UPDATE sources SET name = 'x' WHERE name = 'ada.txt'",
        "UPDATE sources SET name = 'ada.txt' WHERE name = 'eva.txt'",
        "UPDATE sources SET name = 'eva.txt' WHERE name = 'x'",
    ]
    with Corpus.open(edited(whole, tmp_path, *swapped), WITHOUT_MEMORY) as corpus:
        assert len(corpus.check().problems) == 2
        with pytest.raises(CorruptCorpusError, match="its name, its dates"):
            corpus.ask("Who bought the boat?", route="lookup")


def test_what_is_whole_is_quoted_and_verified(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole, tmp_path), WITHOUT_MEMORY) as corpus:
        assert corpus.check().problems == ()
        assert "dogs" in corpus.ask("May the tenant keep dogs?", route="lookup").text


def test_what_an_older_version_added_has_no_hash_and_is_quoted(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole, tmp_path, *WITHOUT_HASHES), WITHOUT_MEMORY) as corpus:
        assert corpus.check().problems == ()
        assert "dogs" in corpus.ask("May the tenant keep dogs?", route="lookup").text


@pytest.mark.parametrize("table", ["sources", "documents"])
@pytest.mark.parametrize("also", [(), WITHOUT_HASHES[2:3]], ids=["alone", "with the fact that there was one"])
def test_a_hash_that_is_gone_is_no_older_version_s(
    whole: Path, tmp_path: Path, table: str, also: tuple[str, ...]
) -> None:
    taken = (f"UPDATE {table} SET record = NULL", *also)
    with Corpus.open(edited(whole, tmp_path, *taken), WITHOUT_MEMORY) as corpus:
        assert corpus.check().problems
        if not also:
            with pytest.raises(CorruptCorpusError, match="as it was recorded"):
                corpus.ask("May the tenant keep dogs?", route="lookup")


def test_a_file_whose_time_alone_changed_is_recorded_anew(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    file = tmp_path / "files" / "ada.txt"
    file.write_text(ADA)
    with Corpus.open(tmp_path / "corpus", WITHOUT_MEMORY) as corpus:
        corpus.ingest(tmp_path / "files")
        os.utime(file, (1_700_000_000, 1_700_000_000))
        corpus.ingest(tmp_path / "files")
        assert corpus.check().problems == ()


def test_an_identity_is_not_told_of_the_mail_that_it_may_not_see_and_still_gets_the_attachment(tmp_path: Path) -> None:
    mail = Document.from_text("See what is attached.", source="m.eml", metadata=Metadata(extra={"access": "board"}))
    part = Document.from_text(ADA, source="m.eml#ada.txt", metadata=Metadata(extra={"access": "staff"}))
    with Corpus.open(tmp_path / "corpus", WITHOUT_MEMORY) as corpus:
        corpus.ingest([mail, part.model_copy(update={"parent": "m.eml"})])
        with corpus.seen_by(Identity(name="Ann", classes=("staff",))) as seen:
            assert "dogs" in seen.ask("May the tenant keep dogs?", route="lookup").text
        assert corpus.check().problems == ()


def test_an_identity_gets_nothing_that_was_edited(whole: Path, tmp_path: Path) -> None:
    identity = Identity(name="Ann", classes=("board",))
    directory = edited(whole, tmp_path, EDITS["the date"])
    with (
        Corpus.open(directory, WITHOUT_MEMORY) as corpus,
        corpus.seen_by(identity) as seen,
        pytest.raises(CorruptCorpusError, match="as it was recorded"),
    ):
        seen.ask("May the tenant keep dogs?", route="lookup")


def test_a_class_that_was_edited_opens_nothing(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, EDITS["the class that access goes by"])
    with (
        Corpus.open(directory, WITHOUT_MEMORY) as corpus,
        corpus.seen_by(Identity(name="Eve", classes=("",))) as seen,
        pytest.raises(CorruptCorpusError, match="as it was recorded"),
    ):
        seen.ask("May the tenant keep dogs?", route="lookup")


def test_a_trigger_of_somebody_else_is_refused_before_it_runs(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, "CREATE TRIGGER emptied AFTER INSERT ON log BEGIN DELETE FROM texts; END")
    with pytest.raises(CorruptCorpusError, match="a trigger that hybrid did not make \\('emptied'\\)"):
        Corpus.open(directory, WITHOUT_MEMORY)
