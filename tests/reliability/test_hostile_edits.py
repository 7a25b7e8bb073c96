"""What somebody does to the files of a corpus by hand: no answer is wrong or poorer in silence, no error is Python's
own or SQLite's, and the advice of each, followed as it stands, leads to a whole corpus."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hybrid import Corpus, Document, Settings
from hybrid.errors import CorpusVersionError, CorruptCorpusError, HybridError, SourceNotFoundError
from hybrid.types.reports import IntegrityProblem

pytestmark = pytest.mark.sqlite

SETTINGS = Settings.model_validate({"memory": {"enabled": False}, "log": {"events": ["ingest", "question", "answer"]}})
TEXTS = {
    "dogs.txt": "Under no circumstances may the tenant keep dogs. Rent is due on the first day.",
    "boat.txt": "The boat was sold to a dealer in Odense. Nobody asked the owner.",
    "mill.txt": "The mill stands on the north bank of the river. It was built in 1820.",
}
QUESTIONS = {"May the tenant keep dogs?": "dogs", "Who bought the boat?": "Odense", "When was the mill built?": "1820"}
Edit = Callable[[Path, Path], object]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    (home / "files").mkdir()
    for name, text in TEXTS.items():
        (home / "files" / name).write_text(text)
    with Corpus.open(home / "corpus", SETTINGS) as corpus:
        corpus.ingest(home / "files")
    with Corpus.open(home / "other", SETTINGS) as corpus:
        corpus.ingest(Document.from_text("The tenant may keep elephants as the owner likes.", source="other.txt"))
    return home


def sql(*statements: str) -> Edit:
    def edit(directory: Path, _: Path) -> None:
        with closing(sqlite3.connect(directory / "catalog.sqlite")) as catalog:
            catalog.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                catalog.execute(statement)
            catalog.commit()

    return edit


def index(directory: Path) -> Path:
    return max((directory / "commits").glob("*/index.faiss"), key=lambda path: int(path.parent.name))


def folder(name: str) -> Edit:
    def edit(directory: Path, _: Path) -> None:
        path = index(directory).with_name(name) if name == "manifest.json" else directory / name
        path.unlink(missing_ok=True)
        path.mkdir()

    return edit


def taken(*names: str) -> Edit:
    """The files of another corpus in the place of its own."""

    def edit(directory: Path, other: Path) -> None:
        for name in names:
            if name.startswith("index"):
                shutil.copy(index(other).with_name(name), index(directory).with_name(name))
            else:
                shutil.copy(other / name, directory / name)

    return edit


EDITS: dict[str, Edit] = {
    "a source is gone": sql("DELETE FROM sources WHERE document_id = 2"),
    "a document is gone": sql("DELETE FROM documents WHERE id = 2"),
    "a text is gone": sql("DELETE FROM texts WHERE document_id = 2"),
    "all texts are gone": sql("DELETE FROM texts"),
    "all sources are gone": sql("DELETE FROM sources"),
    "a word of a text": sql("UPDATE texts SET text = replace(text, 'Odense', 'Aarhus')"),
    "two texts changed places": sql(
        "UPDATE texts SET document_id = 99 WHERE document_id = 1",
        "UPDATE texts SET document_id = 1 WHERE document_id = 2",
        "UPDATE texts SET document_id = 2 WHERE document_id = 99",
    ),
    "two names changed places": sql("UPDATE sources SET document_id = 3 - document_id WHERE document_id < 3"),
    "the hash of a file": sql("UPDATE documents SET sha256 = '0' WHERE id = 2"),
    "a chunk of another document": sql("UPDATE chunks SET document_id = 1 WHERE id = 2"),
    "a chunk more": sql(
        'INSERT INTO chunks(document_id, start, "end", embedding) SELECT 1, 0, 9, embedding FROM chunks'
    ),
    "all chunks are gone": sql("DELETE FROM chunks"),
    "vectors of chunks changed places": sql(
        "UPDATE chunks SET embedding = (SELECT embedding FROM chunks WHERE id = 3) WHERE id = 1"
    ),
    "a vector is cut off": sql("UPDATE chunks SET embedding = x'00' WHERE id = 1"),
    "a vector of nothing": sql("UPDATE chunks SET embedding = zeroblob(1536) WHERE id = 1"),
    "vectors of sentences are cut off": sql("UPDATE sentences SET vector = x'01'"),
    "vectors of sentences say nothing": sql("UPDATE sentences SET vector = zeroblob(384)"),
    "vectors of the sentences of one document": sql(
        "UPDATE sentences SET vector = zeroblob(384) WHERE document_id = 2"
    ),
    "a sentence lies elsewhere": sql("UPDATE sentences SET start = start + 1 WHERE document_id = 1 AND start > 0"),
    "other words in the full text": sql(
        "INSERT INTO chunks_fts(chunks_fts) VALUES ('delete-all')",
        "INSERT INTO chunks_fts(rowid, text) VALUES (1, 'elephants'), (2, 'elephants'), (3, 'elephants')",
    ),
    "other words to search for": sql("INSERT INTO search_texts VALUES (1, 'elephants')"),
    "what exact texts are found by": sql("UPDATE documents SET scanned = 1"),
    "what near copies are found by": sql("UPDATE documents SET signature = x'00'"),
    "another index file": sql("UPDATE commits SET index_file = '../../etc/passwd'"),
    "another hash of the index": sql("UPDATE commits SET index_sha256 = '00'"),
    "another state of the memory": sql("UPDATE commits SET memory_state = 'bogus'"),
    "the time of a commit is no text": sql("UPDATE commits SET created_at = x'00'"),
    "what was done is no object": sql("UPDATE log SET detail = '{'"),
    "no commit": sql("DELETE FROM commits"),
    "no fact": sql("DELETE FROM info"),
    "a view in the place of the texts": sql(
        "ALTER TABLE texts RENAME TO others",
        "CREATE VIEW texts AS SELECT document_id, replace(text, 'Odense', 'Aarhus') AS text FROM others",
    ),
    "a name that is no text": sql("UPDATE sources SET name = x'ff00' WHERE document_id = 2"),
    "a mail that came with itself": sql("UPDATE sources SET parent = name"),
    "a number of characters that is none": sql("UPDATE documents SET chars = 1e300 WHERE id = 2"),
    "pages that are not there": sql("UPDATE documents SET pages = '[5, 1, 99]' WHERE id = 2"),
    "hashes that are none": sql("UPDATE documents SET record = 'x y z'", "UPDATE sources SET record = ''"),
    "a number of another format": sql("UPDATE alembic_version SET version_num = '0003'"),
    "the format of a later version": sql("UPDATE alembic_version SET version_num = '9999'"),
    "another corpus's catalog": taken("catalog.sqlite"),
    "another corpus's index": taken("index.faiss"),
    "another corpus's guard": taken("commit"),
    "another corpus's log": taken("log.jsonl", "log.head"),
    "a guard of many digits": lambda directory, _: (directory / "commit").write_text("9" * 5000 + "\n"),
    "a guard of bytes": lambda directory, _: (directory / "commit").write_bytes(b"\xff\x00" * 99),
    "the guard is a folder": folder("commit"),
    "the manifest is a folder": folder("manifest.json"),
    "the lock is a folder": folder("write.lock"),
    "the catalog is a folder": folder("catalog.sqlite"),
    "the catalog is empty": lambda directory, _: (directory / "catalog.sqlite").write_bytes(b""),
    "the catalog is cut off": lambda directory, _: os.truncate(directory / "catalog.sqlite", 20_000),
    "the catalog is gone": lambda directory, _: (directory / "catalog.sqlite").unlink(),
    "the index is empty": lambda directory, _: index(directory).write_bytes(b""),
    "no folder of commits": lambda directory, _: shutil.rmtree(directory / "commits"),
    "a file in the place of the commits": lambda directory, _: (
        shutil.rmtree(directory / "commits"),
        (directory / "commits").write_text("x"),
    ),
    "a file in the place of the quarantine": lambda directory, _: (
        (directory / "quarantine").write_text("x"),
        index(directory).write_bytes(b"x"),
    ),
    "noise in the log of changes": lambda directory, _: (directory / "catalog.sqlite-wal").write_bytes(b"\x37" * 5000),
}


def asked(directory: Path) -> dict[str, str]:
    """What each question is answered, with its notes; or the error."""
    found = {}
    for question in QUESTIONS:
        try:
            with Corpus.open(directory, create=False) as corpus:
                answer = corpus.ask(question, route="lookup")
                found[question] = f"{answer.text} NOTES {' '.join(answer.notes)}" if answer.notes else answer.text
                for hit in corpus.search(question):
                    assert hit.text in TEXTS.values()
        except HybridError as error:
            found[question] = f"ERROR {type(error).__name__} {error}"
    return found


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_answer_is_right_or_says_what_is_wrong_and_where(home: Path, tmp_path: Path, edit: Edit) -> None:
    directory = tmp_path / "corpus"
    shutil.copytree(home / "corpus", directory)
    edit(directory, home / "other")
    for question, said in asked(directory).items():
        assert "Aarhus" not in said
        assert "elephants" not in said
        if said.startswith("ERROR"):
            assert str(directory) in said or "catalog.sqlite" in said
            assert any(
                sign in said for sign in ("hybrid ", "put back", "ingest", "remove the folder", "install the newer")
            )
        else:
            assert QUESTIONS[question] in said or "NOTES" in said
    with Corpus.open(home / "corpus", create=False) as corpus:
        assert corpus.check().whole


def follow(directory: Path, home: Path) -> list[IntegrityProblem]:
    """Do what the advice of what is found says; what is found then."""
    with Corpus.open(directory, create=False) as corpus:
        problems = corpus.check().problems
        if any("it is a folder: remove it" in one.advice for one in problems):
            (directory / "commit").rmdir()
        if any("hybrid repair" in one.advice and "move log.jsonl" not in one.advice for one in problems):
            problems = corpus.repair().problems
        again = [one.name for one in problems if "remove it by this name" in one.advice]
        for name in again:
            try:
                corpus.remove(name)
            except SourceNotFoundError:  # it went with another
                continue
        if again:
            corpus.ingest(home / "files")
        problems = corpus.check().problems
        if any("hybrid repair" in one.advice for one in problems):
            problems = corpus.repair().problems
    if any("put back a copy of the corpus" in one.advice for one in problems):
        put_back(directory, home)
    for one in problems:
        if "move log.jsonl" in one.advice:
            for name in ("log.jsonl", "log.head"):
                (directory / name).rename(directory.parent / name)
    with Corpus.open(directory, create=False) as corpus:
        return list(corpus.repair().problems)


def put_back(directory: Path, home: Path) -> None:
    shutil.rmtree(directory)
    shutil.copytree(home / "corpus", directory)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_advice_that_is_followed_as_it_stands_leads_to_a_whole_corpus(home: Path, tmp_path: Path, edit: Edit) -> None:
    directory = tmp_path / "corpus"
    shutil.copytree(home / "corpus", directory)
    edit(directory, home / "other")
    try:
        assert follow(directory, home) == []
    except (CorruptCorpusError, CorpusVersionError) as error:  # it cannot be opened, or not changed
        said = str(error)
        if "that is the file commit alone" in said:
            (directory / "commit").unlink()
            assert follow(directory, home) == []
        elif "remove the folder" in said:
            (directory / "write.lock").rmdir()
            assert follow(directory, home) == []
        elif "remove it, and run hybrid repair" in said:
            (directory / "commits").unlink()
            assert follow(directory, home) == []
        else:
            assert "put back" in said or "install the newer" in said
            put_back(directory, home)
    for question, said in asked(directory).items():
        assert QUESTIONS[question] in said
        assert "NOTES" not in said
