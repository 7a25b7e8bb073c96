"""The catalog's log of what was left out is as it was written, or `hybrid verify` names it and no report shows what is
left of it as all there was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from edited_catalog import edited

from hybrid import Corpus, Document, Settings
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}})
MILL = Document.from_text("The mill stands on the north bank.", source="mill.txt")
LEFT_OUT = ("a.mp4", "b.mp4")
NO_SUCH_FACT = (
    "DELETE FROM info WHERE key = 'log_rows'",
    "UPDATE info SET value = json_remove(value, '$.log_rows') WHERE key = 'records'",
)
"""What makes a corpus one of a version that kept no hash of these rows."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("log")
    (home / "files").mkdir()
    (home / "files" / "dogs.txt").write_text("Under no circumstances may the tenant keep dogs.")
    (home / "files" / "boat.txt").write_text("The boat was sold to a dealer in Odense.")
    for name in LEFT_OUT:
        (home / "files" / name).write_bytes(b"\x00\x00\x00\x18ftypmp42" + name.encode())
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        corpus.ingest(home / "files")
    return home


def left_out(corpus: Corpus) -> list[str]:
    return [Path(row.source).name for row in corpus._custody() if row.outcome == "left out"]


EDITS = {
    "all rows are gone": "DELETE FROM log",
    "the last row is gone": "DELETE FROM log WHERE id = (SELECT max(id) FROM log)",
    "a file of a row is gone": "UPDATE log SET detail = json_remove(detail, '$.files[0]') WHERE event = 'left_out'",
    "a reason is another": "UPDATE log SET detail = replace(detail, '.mp4', '.mp3')",
    "rows changed places": "UPDATE log SET id = 100 - id",
    "the hash is another": "UPDATE info SET value = '0 ' || value WHERE key = 'log_rows'",
    "the hash is gone": NO_SUCH_FACT[0],
}


@pytest.mark.parametrize("statement", EDITS.values(), ids=EDITS)
def test_an_edit_is_named_and_no_report_shows_the_rest_as_all(whole: Path, tmp_path: Path, statement: str) -> None:
    directory = edited(whole / "corpus", tmp_path, statement)
    with Corpus.open(directory, SETTINGS) as corpus:
        assert any("log" in str(one) and one.repairable for one in corpus.check().problems)
        with pytest.raises(CorruptCorpusError, match=r"log.*hybrid repair"):
            corpus._custody()
        assert "dogs" in corpus.ask("May the tenant keep dogs?", route="lookup").text
        corpus.ingest([MILL])  # what is written now does not make good what is gone
        assert not corpus.check().whole
        with pytest.raises(CorruptCorpusError):
            corpus._custody()


def test_a_repair_goes_on_with_what_is_there_says_so_in_reports_and_an_ingest_names_again_what_is_left_out(
    whole: Path, tmp_path: Path
) -> None:
    with Corpus.open(edited(whole / "corpus", tmp_path, "DELETE FROM log"), SETTINGS) as corpus:
        assert corpus.repair().problems == ()
        assert [row.source for row in corpus._custody() if row.outcome == "lost"] == ["catalog.sqlite, table log"]
        corpus.ingest(whole / "files")
        assert left_out(corpus) == sorted(LEFT_OUT)
        assert corpus.check().whole


def test_what_is_removed_is_taken_out_and_the_hash_is_that_of_what_stays(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole / "corpus", tmp_path), SETTINGS) as corpus:
        assert corpus.check().whole
        (boat,) = [one.source for one in corpus.documents() if "boat" in one.source]
        corpus.remove(boat)
        assert corpus.check().whole
        corpus.remove(next(row.source for row in corpus._custody() if "a.mp4" in row.source))
        assert left_out(corpus) == ["b.mp4"]
        assert corpus.check().whole
    with closing(sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite")) as catalog:
        catalog.execute("DELETE FROM log WHERE event = 'left_out'")
        catalog.commit()
    with Corpus.open(tmp_path / "corpus", SETTINGS) as corpus:
        assert not corpus.check().whole
        corpus.remove(next(one.source for one in corpus.documents()))
        assert not corpus.check().whole


def test_an_older_version_kept_no_hash_and_gets_one_with_the_next_row(whole: Path, tmp_path: Path) -> None:
    with Corpus.open(edited(whole / "corpus", tmp_path, *NO_SUCH_FACT), SETTINGS) as corpus:
        assert left_out(corpus) == sorted(LEFT_OUT)
        assert corpus.check().whole
        corpus.ingest(MILL)
        assert corpus.check().whole
    with closing(sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite")) as catalog:
        assert catalog.execute("SELECT 1 FROM info WHERE key = 'log_rows'").fetchone()
