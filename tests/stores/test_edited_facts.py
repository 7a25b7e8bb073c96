"""What is stored about a corpus as a whole (its settings, its embedder, its id) is as it was set, or an error or
`hybrid verify` names it; `hybrid repair` sets again what follows from other things."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from edited_catalog import edited

from hybrid import Corpus, Document, Settings
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}, "log": {"events": ["ingest"]}})
DOGS = Document.from_text("Under no circumstances may the tenant keep dogs. Rent is due.", source="dogs.txt")
BOAT = Document.from_text("The boat was sold to a dealer in Odense. Nobody asked.", source="boat.txt")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("facts")
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        corpus.ingest([DOGS, BOAT])
    return home / "corpus"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE info SET value = replace(value, '\"required\":false', '\"required\":true') WHERE key = 'settings'",
        "UPDATE info SET value = replace(value, 'all-minilm', 'all-MINILM') WHERE key = 'settings'",
        "DELETE FROM info WHERE key = 'settings'",
        "UPDATE info SET value = replace(value, 'ingest', 'export') WHERE key = 'settings'",
    ],
)
def test_settings_that_were_edited_are_not_used(whole: Path, tmp_path: Path, statement: str) -> None:
    directory = edited(whole, tmp_path, statement)
    with pytest.raises(CorruptCorpusError, match=r"settings stored in the catalog.*put back a copy"):
        Corpus.open(directory)
    shutil.copy(whole / "catalog.sqlite", directory / "catalog.sqlite")
    with Corpus.open(directory) as corpus:
        assert corpus.check().whole


@pytest.mark.parametrize("statement", ["UPDATE info SET value = 'x' || value", "DELETE FROM info"])
def test_an_embedder_that_was_edited_is_no_reason_to_search(whole: Path, tmp_path: Path, statement: str) -> None:
    with Corpus.open(edited(whole, tmp_path, f"{statement} WHERE key = 'embedder'")) as corpus:
        for ask in (corpus.ask, corpus.search, lambda _: corpus.ingest(BOAT)):
            with pytest.raises(CorruptCorpusError, match=r"embedder stored in the catalog.*put back a copy"):
                ask("May the tenant keep dogs?")
        (problem,) = corpus.check().problems
        assert "'embedder'" in str(problem)
        assert not problem.repairable


@pytest.mark.parametrize("key", ["dimension", "log", "corpus_id"])
@pytest.mark.parametrize("statement", ["UPDATE info SET value = '7' || value", "DELETE FROM info"])
def test_what_follows_from_other_things_is_named_and_set_again(
    whole: Path, tmp_path: Path, statement: str, key: str
) -> None:
    directory = edited(whole, tmp_path, f"{statement} WHERE key = '{key}'")
    if key == "corpus_id":
        with pytest.raises(CorruptCorpusError, match=r"move it to another place and run hybrid repair"):
            Corpus.open(directory)
        (directory / "commit").unlink()  # as it says
    with Corpus.open(directory) as corpus:
        assert any(f"'{key}'" in str(one) for one in corpus.check().problems)
        corpus.repair()
        assert corpus.check().problems == ()
        corpus.ingest(Document.from_text("The mill stands on the north bank.", source="mill.txt"))
        assert "mill" in corpus.search("mill")[0].text
        assert corpus.check().problems == ()


def test_what_an_older_version_set_has_no_hash_and_is_used(whole: Path, tmp_path: Path) -> None:
    directory = edited(whole, tmp_path, "DELETE FROM info WHERE key = 'records'")
    with Corpus.open(directory) as corpus:
        assert corpus.check().whole
        corpus.ingest(Document.from_text("The mill stands on the north bank.", source="mill.txt"))
        assert corpus.check().whole
    with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
        catalog.execute("UPDATE info SET value = '3' WHERE key = 'dimension'")
        catalog.commit()
    with Corpus.open(directory) as corpus:
        assert "'dimension'" in str(corpus.check())


def test_hashes_that_were_edited_are_an_error(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(CorruptCorpusError, match=r"records stored in the catalog.*put back a copy"):
        Corpus.open(edited(whole, tmp_path, "UPDATE info SET value = '[' WHERE key = 'records'"))
