"""Deletion reaches everything: after `remove` no byte of the corpus directory holds words, names or vectors of what was
removed. Words that other documents hold, too, are not looked for."""

from __future__ import annotations

import random
import shutil
import sqlite3
import string

import numpy as np
import pytest
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.errors import CorpusError
from hybrid.stores import erasure
from hybrid.stores.catalog import Catalog
from hybrid.stores.sentence_vectors import packed
from hybrid.stores.sqlite import engine

pytestmark = pytest.mark.sqlite

WORDS = 40
SECRET = "unlikelyname-4711"


def word(chosen):
    return "".join(chosen.choices(string.ascii_lowercase, k=9)).capitalize()


def document(words):
    """Eight words a sentence, two of them again as one with a hyphen."""
    rows = [words[at : at + 8] for at in range(0, len(words), 8)]
    return "".join(f"On the third day {' and '.join(row)} came for {row[0]}-{row[1]}.\n" for row in rows)


def bytes_of(directory):
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


def found(directory, words, vectors):
    """What of these words and vectors stands in any byte of the directory, with the file."""
    needles = {(one, kind): one.lower().encode(kind) for one in words for kind in ("utf-8", "utf-16-le", "utf-16-be")}
    there = []
    for path, content in bytes_of(directory).items():
        name = str(path.relative_to(directory))
        small = content.lower()
        there += [f"{name}: {one} ({kind})" for (one, kind), needle in needles.items() if needle in small]
        there += [f"{name}: vector {n}" for n, part in enumerate(vectors) if part in content]
        there += [f"{name}: its own name" for one in words if one.lower() in name.lower()]
    return there


def vector_parts(directory, sources):
    """Pieces of the float32 and the 8-bit vectors of these sources: 32 and 48 bytes from the middle of each."""
    with sqlite3.connect(directory / "catalog.sqlite") as database:
        marks = ",".join("?" * len(sources))
        ids = [row[0] for row in database.execute(f"SELECT document_id FROM sources WHERE name IN ({marks})", sources)]
        of_them = f"document_id IN ({','.join('?' * len(ids))})"
        chunks = [row[0] for row in database.execute(f"SELECT embedding FROM chunks WHERE {of_them}", ids)]
        rows = [row[0] for row in database.execute(f"SELECT vector FROM sentences WHERE {of_them}", ids)]
    assert chunks
    assert rows
    codes = [packed(np.frombuffer(one, np.float32)[None]).tobytes() for one in chunks]
    return [one[512:544] for one in chunks] + [one[100:148] for one in rows + codes]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    chosen = random.Random(11)
    home = tmp_path_factory.mktemp("deletion")
    (home / "docs").mkdir()
    for number in range(6):
        words = [word(chosen) for _ in range(WORDS)]
        (home / "docs" / (f"{SECRET}.txt" if number == 3 else f"note-{number}.txt")).write_text(document(words))
        if number == 3:
            (home / "words.txt").write_text("\n".join(words))
    with Corpus.open(home / "corpus", Settings(memory=tiny_settings(home, volume_tokens=700))) as corpus:
        corpus.ingest(home / "docs")
    return home


@pytest.fixture
def home(original, tmp_path):
    shutil.copytree(original / "corpus", tmp_path / "corpus")
    shutil.copy(original / "words.txt", tmp_path)
    return tmp_path


NO_MEMORY = Settings.model_validate({"memory": {"enabled": False}})


def secret_of(corpus):
    return next(name for one in corpus.documents() for name in one.sources if SECRET in name)


def words_of(home):
    return [*home.joinpath("words.txt").read_text().split("\n"), SECRET]


def test_after_remove_no_byte_holds_words_names_or_vectors(home):
    with Corpus.open(home / "corpus") as corpus:
        source = secret_of(corpus)
        vectors = vector_parts(home / "corpus", [source])
        before = found(home / "corpus", words_of(home), vectors)
        assert len({line.split(": ")[1] for line in before}) > WORDS  # the search finds them where they are
        report = corpus.remove(source)
        assert not report.notes
        assert found(home / "corpus", words_of(home), vectors) == []
        assert corpus.check().whole
        assert corpus.ask("Who came on the third day?", route="lookup").found
    assert found(home / "corpus", words_of(home), vectors) == []


def test_what_a_file_was_before_it_changed_and_what_was_left_out_of_it_go_with_it(home):
    path = home / f"{SECRET}.txt"
    path.write_text(document(words_of(home)[:-1]))
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        corpus.remove(secret_of(corpus))
        corpus.ingest(path)
        path.write_text("Another text altogether, which says nothing of that. " * 5)
        corpus.ingest(path)
        path.write_bytes(b"\x00\x01\x02 damaged")
        assert corpus.ingest(path).skipped  # its name is in the log
        corpus.remove(secret_of(corpus))
    assert found(home / "corpus", words_of(home), []) == []


def test_what_lies_in_quarantine_goes_too(home):
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        source = secret_of(corpus)
        vectors = vector_parts(home / "corpus", [source])
    (index,) = (home / "corpus" / "commits").glob("*/index.faiss")
    content = index.read_bytes()
    index.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        corpus.remove(source)
    assert found(home / "corpus", words_of(home), vectors) == []


def test_a_second_name_goes_while_the_document_stays(home):
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        text = corpus.get_documents([secret_of(corpus)])[secret_of(corpus)].text
        (home / "copy.txt").write_text(text)
        corpus.ingest(home / "copy.txt")
        corpus.remove(secret_of(corpus))
        assert "copy.txt" in {one.source.rpartition("/")[2] for one in corpus.documents()}
    assert found(home / "corpus", [SECRET], []) == []


def test_who_reads_meanwhile_delays_it_and_the_report_says_so(home, monkeypatch):
    monkeypatch.setattr(erasure, "WAIT_MS", 10)
    with Corpus.open(home / "corpus", NO_MEMORY) as reader, Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        with reader.session() as session:
            report = corpus.remove(secret_of(corpus))
            assert "still being read" in " ".join(report.notes)
            assert any(one.part == "deletion" for one in corpus.check().problems)
            assert session.search("third day", k=3)  # what the reader sees stays whole
        assert corpus.repair().whole
        assert found(home / "corpus", words_of(home), []) == []


@pytest.mark.parametrize("finished_by", ["closing", "ingesting"])
def test_one_that_was_cut_short_is_finished_by_the_next_to_close_or_to_write(home, monkeypatch, finished_by):
    with monkeypatch.context() as killed:
        killed.setattr(erasure, "erase", lambda *_: False)
        with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
            corpus.remove(secret_of(corpus))
    assert found(home / "corpus", words_of(home), [])
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        if finished_by == "ingesting":
            (home / "another.txt").write_text("Nothing of that.")
            corpus.ingest(home / "another.txt")
            assert found(home / "corpus", words_of(home), []) == []
    assert found(home / "corpus", words_of(home), []) == []


def test_a_full_disk_delays_it_and_the_removal_stays(home, monkeypatch):
    def full(*_):
        raise CorpusError("no space left")

    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        with monkeypatch.context() as disk:
            disk.setattr(Catalog, "vacuum", full)
            report = corpus.remove(secret_of(corpus))
        assert "no space left" in " ".join(report.notes)
        assert report.removed
        assert corpus.repair().whole
    assert found(home / "corpus", words_of(home), []) == []


def test_centroids_of_an_approximate_index_hold_no_vector_of_what_was_removed(home):
    settings = Settings.model_validate({"memory": {"enabled": False}, "retrieval": {"exact_up_to": 4}})
    with Corpus.open(home / "corpus", settings) as corpus:
        (home / "another.txt").write_text("Nothing of that.")
        corpus.ingest(home / "another.txt")
        source = secret_of(corpus)
        with sqlite3.connect(home / "corpus" / "catalog.sqlite") as database:
            statement = "SELECT embedding FROM chunks JOIN sources USING (document_id) WHERE name = ?"
            gone = [np.frombuffer(row[0], np.float32) for row in database.execute(statement, (source,))]
        corpus.remove(source)
        commit = max((home / "corpus" / "commits").iterdir(), key=lambda path: int(path.name))
    content = (commit / "index.faiss").read_bytes()
    for offset in range(4):
        numbers = np.frombuffer(content[offset : len(content) - (len(content) - offset) % 4], np.float32)
        for one in gone:
            windows = np.lib.stride_tricks.sliding_window_view(numbers, len(one))
            with np.errstate(all="ignore"):
                close = np.abs(windows[:, :8] - one[:8]).max(axis=1) < 1e-5
            assert not close.any()


def test_it_holds_for_a_database_that_leaves_deleted_bytes_in_its_pages(home, monkeypatch):
    monkeypatch.setattr(engine, "_WRITING", tuple(one for one in engine._WRITING if "secure_delete" not in one))
    monkeypatch.setattr(engine, "_CAUTIONS", (*engine._CAUTIONS, "secure_delete=OFF"))
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        source = secret_of(corpus)
        vectors = vector_parts(home / "corpus", [source])
        corpus.remove(source)
    assert found(home / "corpus", words_of(home), vectors) == []


def test_the_sentences_of_a_replaced_version_are_overwritten(home, monkeypatch):
    monkeypatch.setattr(engine, "_WRITING", ("secure_delete=OFF", *engine._WRITING))  # as some builds begin
    path = home / f"{SECRET}.txt"
    path.write_text(document(words_of(home)[:-1]) * 6)
    phrase = " and ".join(words_of(home)[:3])  # words alone stay in the full text until something is removed
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        corpus.remove(secret_of(corpus))
        corpus.ingest(path)
    assert found(home / "corpus", [phrase], [])
    with Corpus.open(home / "corpus", NO_MEMORY) as corpus:
        path.write_text("Nothing of that.")
        corpus.ingest(path)
    assert found(home / "corpus", [phrase], []) == []


def test_a_file_that_was_left_out_can_be_removed_and_its_name_goes(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/kept.txt").write_text("The lease ends on 4 May 2031.")
    unread = tmp_path / f"files/{SECRET}.pdf"
    unread.write_bytes(b"%PDF-1.4 cut off")
    settings = Settings.model_validate({"memory": {"enabled": False}, "log": {"events": ["ingest", "removal"]}})
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        assert [one.source for one in corpus.ingest(tmp_path / "files").skipped] == [str(unread)]
        assert corpus.remove(str(unread)).removed == (str(unread),)
        assert [row.source for row in corpus._custody()] == [str(tmp_path / "files/kept.txt")]
        assert corpus.check().whole
        assert corpus.check_log().whole
    assert not [path for path, data in bytes_of(tmp_path / "corpus").items() if SECRET.encode() in data]


def test_what_was_left_out_can_be_removed_of_a_corpus_without_documents(tmp_path):
    unread = tmp_path / f"{SECRET}.pdf"
    unread.write_bytes(b"%PDF-1.4 cut off")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(unread)
        corpus.remove(str(unread))
        assert not corpus._custody()
        assert corpus.check().whole
    assert not [path for path, data in bytes_of(tmp_path / "corpus").items() if SECRET.encode() in data]
