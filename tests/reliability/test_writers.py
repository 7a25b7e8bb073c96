"""Writers wait for one another if asked, and first opens side by side all succeed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from hybrid import Corpus, Document, Identity
from hybrid.cli import main
from hybrid.errors import CorpusLockedError, InputError
from hybrid.stores import database
from hybrid.stores.sqlite import engine
from hybrid.stores.sqlite.engine import write_lock

pytestmark = pytest.mark.sqlite

NO_MEMORY = {"memory": {"enabled": False}}


@pytest.fixture
def corpus(tmp_path):
    with Corpus.open(tmp_path / "corpus", NO_MEMORY) as opened:
        yield opened


def test_four_writers_that_wait_all_write(corpus, tmp_path):
    failed = []

    def write(number):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"The lease agreement of house {number} ends in May.")
        try:
            with Corpus.open(corpus.directory) as opened:
                opened.ingest(path, wait=300)
        except Exception as error:  # noqa: BLE001 - a thread's error is shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(corpus.documents()) == 4


READS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(*sorted(name for name, in database.execute("SELECT name FROM sources")))
database.close()
"""


def read_by_another_process(corpus):
    """The sources that another process finds; as the last to close it would delete the log of changes."""
    command = [sys.executable, "-c", READS, str(corpus.directory / "catalog.sqlite")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.parametrize("second", ["opened", "looked for", "seen by"])
def test_what_is_committed_stays_where_a_second_handle_was_closed_and_another_process_read(corpus, second):
    corpus.ingest([Document.from_text("The lease ends in May.", source="a.txt")])
    if second == "opened":
        Corpus.open(corpus.directory).close()
    elif second == "seen by":
        with Corpus.open(corpus.directory) as other:
            other.seen_by(Identity(name="Ann")).close()
    else:
        assert database.looks_like_corpus(corpus.directory)
    assert read_by_another_process(corpus) == ["a.txt"]
    corpus.ingest([Document.from_text("The rent is due on Monday.", source="b.txt")])
    assert read_by_another_process(corpus) == ["a.txt", "b.txt"]
    with closing(sqlite3.connect(corpus.directory / "catalog.sqlite")) as catalog:
        assert catalog.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_one_that_does_not_wait_or_not_long_enough_is_refused_and_told_how_long(corpus, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("The lease ends in May.")
    with write_lock(corpus.directory):
        with pytest.raises(CorpusLockedError, match="wait=60"):
            corpus.ingest(tmp_path / "a.txt")
        with pytest.raises(CorpusLockedError, match=r"not done after 0\.01 s"):
            corpus.ingest(tmp_path / "a.txt", wait=0.01)
        with pytest.raises(SystemExit):
            main(["ingest", str(corpus.directory), str(tmp_path / "a.txt"), "--wait", "0.01"])
        assert "not done after 0.01 s" in capsys.readouterr().err
    assert corpus.ingest(tmp_path / "a.txt", wait=1).added


@pytest.mark.parametrize("wait", [-1, True, "1", float("nan"), None])
def test_another_wait_is_refused(corpus, wait):
    with pytest.raises(InputError, match="wait is a number of seconds"):
        corpus.remove("a.txt", wait=wait)


def test_a_corpus_that_another_process_creates_meanwhile_is_opened(tmp_path, monkeypatch):
    looks, first = database.looks_like_corpus, []

    def other_is_quicker(directory):
        if directory == tmp_path / "corpus" and not first:
            first.append(looks(directory))
            Corpus.open(directory, NO_MEMORY).close()
            return False
        return looks(directory)

    monkeypatch.setattr(database, "looks_like_corpus", other_is_quicker)
    with Corpus.open(tmp_path / "corpus") as opened:
        assert not opened.documents()


def test_first_opens_side_by_side_all_succeed(tmp_path):
    failed = []
    together = threading.Barrier(6)

    def open_it():
        together.wait()
        try:
            Corpus.open(tmp_path / "corpus", NO_MEMORY).close()
        except Exception as error:  # noqa: BLE001 - a thread's error is shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_an_open_waits_where_sqlite_refuses_a_new_files_log_at_once(tmp_path):
    directory = tmp_path / "corpus"
    directory.mkdir()
    with closing(sqlite3.connect(directory / "catalog.sqlite", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # as another first open stands when it turns the file to a log
        with closing(sqlite3.connect(directory / "catalog.sqlite")) as refused, pytest.raises(sqlite3.OperationalError):
            refused.execute("PRAGMA journal_mode=WAL")
        letting_go = threading.Timer(0.2, other.execute, ["ROLLBACK"])
        letting_go.start()
        try:
            with Corpus.open(directory, NO_MEMORY) as opened:
                assert not opened.documents()
        finally:
            letting_go.join()


def test_an_open_gives_up_where_another_keeps_the_log_from_it(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    (tmp_path / "corpus").mkdir()
    with closing(sqlite3.connect(tmp_path / "corpus" / "catalog.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CorpusLockedError, match="try again when it is done"):
            Corpus.open(tmp_path / "corpus", NO_MEMORY)


def test_repair_waits_for_a_writer_if_asked(tmp_path):
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(Document.from_text("The lease ends in May.", source="a.txt"))
        (index,) = (tmp_path / "corpus").glob("commits/*/index.faiss")
        index.unlink()
        writing, done = threading.Event(), threading.Event()

        def hold():
            with write_lock(tmp_path / "corpus"):
                writing.set()
                done.wait(30)

        other = threading.Thread(target=hold)
        other.start()
        writing.wait(30)
        with pytest.raises(CorpusLockedError):
            corpus.repair()
        threading.Timer(0.2, done.set).start()
        assert corpus.repair(wait=30).whole
        other.join()
