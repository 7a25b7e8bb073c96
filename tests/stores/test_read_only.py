"""A corpus that cannot be written to (another user's, a read-only mount, a baked image) opens and answers."""

from __future__ import annotations

import shutil

import pytest
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.errors import CorpusError
from hybrid.stores.sqlite import engine

pytestmark = pytest.mark.sqlite

QUESTION = "When does the lease agreement end?"


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("The lease agreement ends on 2 May 2031. The tenants left for the sea. " * 8)
    with Corpus.open(tmp_path / "made", Settings(memory=tiny_settings(tmp_path))) as made:
        made.ingest(tmp_path / "a.txt")
    shutil.copytree(tmp_path / "made", tmp_path / "image")
    for path in (tmp_path / "image").glob("catalog.sqlite-*"):
        path.unlink()
    monkeypatch.setattr(engine, "can_write", lambda path: "image" not in str(path))
    for path in sorted((tmp_path / "image").rglob("*"), reverse=True):
        path.chmod(0o500 if path.is_dir() else 0o400)
    (tmp_path / "image").chmod(0o500)
    yield tmp_path / "image"
    (tmp_path / "image").chmod(0o700)


def names(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_it_answers_by_both_memories_and_writes_nothing(corpus):
    before = names(corpus)
    with Corpus.open(corpus, create=False) as opened:
        assert "2031" in opened.ask(QUESTION, route="lookup").text
        answer = opened.ask("Why did the tenants leave?", route="comprehension")
        assert "generation" in answer.seconds
        assert opened.verify(answer) == []
        assert opened.check().whole
        assert opened.status().documents == 1
    assert names(corpus) == before


def test_settings_given_to_it_count_and_are_not_stored(corpus):
    with Corpus.open(corpus, Settings.model_validate({"memory": {"enabled": False}})) as opened:
        assert not opened.settings.memory.enabled
    with Corpus.open(corpus, create=False) as opened:
        assert opened.settings.memory.enabled


@pytest.mark.parametrize("call", ["ingest", "remove", "repair"])
def test_what_writes_says_that_it_cannot(corpus, tmp_path, call):
    with Corpus.open(corpus, create=False) as opened:
        source = opened.documents()[0].source
        if call == "repair":
            assert opened.repair().whole  # there is nothing to repair, and nothing is written
            return
        with pytest.raises(CorpusError, match="cannot be written to"):
            getattr(opened, call)(tmp_path / "a.txt" if call == "ingest" else source)
        assert "2031" in opened.ask(QUESTION, route="lookup").text
