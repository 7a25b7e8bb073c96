"""A corpus directory that somebody else made, or that the disk damaged: nothing outside it is touched, and no wrong
text is quoted."""

from __future__ import annotations

import sqlite3

import pytest

from hybrid import Corpus, Settings, exhibits
from hybrid.errors import CorruptCorpusError

pytestmark = pytest.mark.sqlite

NO_MEMORY = Settings.model_validate({"memory": {"enabled": False}})


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The lease agreement ends on 2 May 2031.")
    (tmp_path / "docs" / "b.txt").write_text("The deposit is 200 euros.")
    with Corpus.open(tmp_path / "corpus", NO_MEMORY) as made:
        made.ingest(tmp_path / "docs")
    return tmp_path / "corpus"


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("table", ["commits.index_file", "volumes.file"])
def test_a_catalog_that_names_another_file_moves_and_reads_nothing(corpus, tmp_path, absolute, table):
    key = tmp_path / "home" / "id_rsa"
    key.parent.mkdir()
    key.write_text("PRIVATE KEY")
    name = str(key) if absolute else "../home/id_rsa"
    where, column = table.split(".")
    with sqlite3.connect(corpus / "catalog.sqlite") as database:
        if where == "volumes":
            database.execute(
                "INSERT INTO volumes (digest, file, sha256, tensors_sha256, identity, access_class, tokens, mounted, "
                "report) VALUES ('d', 'x', 's', 't', '{}', '{}', 5, 1, '{}')"
            )
        database.execute(f"UPDATE {where} SET {column} = ?", (name,))
    opened = Corpus.open(corpus, create=False)
    if where == "commits":
        assert opened.search("lease")  # in an index made of the catalog's vectors
        assert any("names a file of its own" in note for note in opened.ask("What does the lease say?").notes)
    else:
        assert opened.search("lease")
        opened.ingest(tmp_path / "docs")
    assert key.read_text() == "PRIVATE KEY"
    assert not (corpus / "quarantine").exists()


@pytest.mark.parametrize("folder", ["commits", "volumes", "memory", "quarantine"])
def test_a_link_in_a_corpus_is_refused_and_nothing_behind_it_is_deleted(corpus, tmp_path, folder):
    home = tmp_path / "home"
    (home / "photos").mkdir(parents=True)
    (home / "photos" / "a.jpg").write_text("x")
    (home / "thesis.safetensors").write_text("x")
    if (corpus / folder).exists():
        (corpus / folder).rename(tmp_path / "gone")
    (corpus / folder).symlink_to(home)
    with pytest.raises(CorruptCorpusError, match="is a link"):
        Corpus.open(corpus)
    assert sorted(path.name for path in home.iterdir()) == ["photos", "thesis.safetensors"]


def test_a_link_that_comes_after_opening_is_refused_by_the_next_ingest(corpus, tmp_path):
    opened = Corpus.open(corpus)
    (corpus / "commits").rename(tmp_path / "real")
    (corpus / "commits").symlink_to(tmp_path / "real")
    (tmp_path / "docs" / "c.txt").write_text("Another text.")
    before = sorted(path.name for path in (tmp_path / "real").rglob("*"))
    with pytest.raises(CorruptCorpusError, match="is a link"):
        opened.ingest(tmp_path / "docs")
    assert sorted(path.name for path in (tmp_path / "real").rglob("*")) == before


@pytest.mark.parametrize("call", ["ask", "page"])
def test_a_flipped_byte_of_a_text_is_noticed_and_nothing_of_it_is_quoted(corpus, call):
    with Corpus.open(corpus) as opened:
        answer = opened.ask("When does the lease agreement end?", route="lookup")
        assert "2031" in answer.text
    path = corpus / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    content[content.find(b"2 May 2031") + 9] ^= 6
    path.write_bytes(content)
    with Corpus.open(corpus) as opened, pytest.raises(CorruptCorpusError, match=r"the text of .*a\.txt"):
        {
            "ask": lambda: opened.ask("When does the lease agreement end?", route="lookup"),
            "page": lambda: opened.page(answer.citations[0]),
        }[call]()
    with Corpus.open(corpus) as opened:
        hits = opened.search("When does the lease agreement end?")
    assert not [hit for hit in hits if hit.source.endswith("a.txt")]
    assert "a.txt" in hits.notes[0]


def test_the_advice_for_a_damaged_text_is_safe_to_follow(corpus, tmp_path):
    path = corpus / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    content[content.find(b"2 May 2031") + 9] ^= 6
    path.write_bytes(content)
    with Corpus.open(corpus) as opened:
        source = str(tmp_path / "docs" / "a.txt")
        opened.remove(source)
        opened.ingest(source)
        assert "2031" in opened.ask("When does the lease agreement end?", route="lookup").text


@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_no_cell_of_an_export_begins_with_a_formula_whatever_separates_lists(tmp_path, separator):
    import csv
    import io

    (tmp_path / "a.txt").write_text("The chimney clause of the lease;=cmd|' /C calc'!A0; +1+cmd;@SUM(1);is binding.")
    with Corpus.open(tmp_path / "corpus", NO_MEMORY) as opened:
        opened.ingest(tmp_path / "a.txt")
        text = exhibits(opened.ask("What is the chimney clause of the lease?", route="lookup")).as_csv()
    cells = [cell for row in csv.reader(io.StringIO(text), delimiter=separator) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "@"))]
    assert all(line.startswith('"') and line.endswith('"') for line in text.split("\r\n") if line)
