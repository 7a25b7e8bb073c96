"""`hybrid verify` finds whatever is damaged and changes nothing; `hybrid repair` rebuilds what can be rebuilt."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import sqlite3
import stat
import struct
from pathlib import Path

import pytest
from edited_catalog import WITHOUT_HASHES
from tiny_model import tiny_settings

from hybrid import Corpus, Settings
from hybrid.errors import CorruptCorpusError, HybridError

pytestmark = pytest.mark.sqlite

QUESTION = "When does the lease agreement of house 3 end?"


def text_of(number):
    return f"The lease agreement of house {number} ends on {number + 1} May 2031. " * 12


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    home = tmp_path_factory.mktemp("integrity")
    (home / "docs").mkdir()
    for number in range(4):
        (home / "docs" / f"{number}.txt").write_text(text_of(number))
    with Corpus.open(home / "corpus", Settings(memory=tiny_settings(home, volume_tokens=1200))) as corpus:
        corpus.ingest(home / "docs")
    return home


@pytest.fixture
def corpus(original, tmp_path):
    shutil.copytree(original / "corpus", tmp_path / "corpus")
    return tmp_path / "corpus"


def state(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file() and "sqlite-" not in path.name}


def changed(directory, statement, *values):
    with contextlib.closing(sqlite3.connect(directory / "catalog.sqlite")) as database, database:
        database.execute(statement, values)


def test_a_whole_corpus_is_whole(corpus):
    before = state(corpus)
    with Corpus.open(corpus) as opened:
        report = opened.check()
    assert report.whole
    assert "everything is as it was recorded" in str(report)
    assert (report.checked["documents"], report.checked["volumes"]) == (4, 4)
    assert state(corpus) == before


def damage_text(directory):
    changed(directory, "UPDATE texts SET text = replace(text, '2031', '2037') WHERE document_id = 2")


def damage_offsets(directory):
    changed(directory, 'UPDATE chunks SET "end" = 99999 WHERE id = 1')


def damage_vector(directory):
    changed(directory, "UPDATE chunks SET embedding = ? WHERE id = 1", struct.pack("<384f", *[9.0] * 384))


def damage_full_text(directory):
    changed(directory, "INSERT INTO chunks_fts(chunks_fts) VALUES ('delete-all')")


def damage_index(directory):
    (path,) = (directory / "commits").glob("*/index.faiss")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lose_index(directory):
    for path in (directory / "commits").glob("*/index.faiss"):
        path.unlink()


def cut_volume(directory):
    path = sorted((directory / "volumes").iterdir())[0]
    path.write_bytes(path.read_bytes()[:100])


def forget_source(directory):
    changed(directory, "DELETE FROM sources WHERE document_id = 3")


@pytest.mark.parametrize(
    ("damage", "part", "repairable"),
    [
        (damage_text, "text", False),
        (damage_offsets, "chunks", True),
        (damage_vector, "chunks", True),
        (damage_full_text, "full text", True),
        (damage_index, "index", True),
        (lose_index, "index", True),
        (cut_volume, "volume", True),
        (forget_source, "text", False),
    ],
)
def test_damage_is_found_named_and_repaired_where_it_can_be(corpus, original, damage, part, repairable):
    damage(corpus)
    before = state(corpus)
    with Corpus.open(corpus) as opened:
        report = opened.check()
        assert part in {one.part for one in report.problems}
        assert state(corpus) == before
        assert any(one.repairable for one in report.problems if one.part == part) == repairable
        left = opened.repair()
        assert left.whole == repairable
        if repairable:
            opened.ingest(original / "docs")
            assert opened.check().whole
            assert opened.check().checked["volumes"] == 4
            assert "4 May 2031" in opened.ask(QUESTION, route="lookup").text


FILES = {
    "catalog": "catalog.sqlite",
    "index": "commits/*/index.faiss",
    "manifest": "commits/*/manifest.json",
    "volume": "volumes/*",
    "number": "commit",
}


def damaged_answers(original, tmp_path, pattern, flips, cuts):
    """How often a question is answered rightly, wrongly or with a typed error, when one bit of a file is flipped or it
    is cut short; with the names of the files that errors did not name."""
    chosen = random.Random(pattern)
    found = {"right": 0, "wrong": [], "refused": 0, "unnamed": []}
    for number in range(flips + cuts):
        directory = tmp_path / "corpus"
        shutil.copytree(original / "corpus", directory)
        path = sorted(directory.glob(pattern))[0]
        content = bytearray(path.read_bytes())
        if number < flips:
            content[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        else:
            content = content[: chosen.randrange(len(content))]
        path.write_bytes(content)
        try:
            with Corpus.open(directory, create=False) as opened:
                answer = opened.ask(QUESTION, route="both" if pattern == FILES["volume"] else "lookup")
                quotes = [one.quote for one in answer.citations]
                true = all(any(quote in text_of(house) for house in range(4)) for quote in quotes)
                true = true and any("4 May 2031" in quote for quote in quotes)  # finding nothing is no right answer
                found["right"] += true
                found["wrong"] += [] if true else [quotes]
        except HybridError as error:
            found["refused"] += 1
            found["unnamed"] += [] if path.name in str(error) else [str(error)]
        shutil.rmtree(directory)
    return found


def test_flipped_bits_give_the_right_answer_or_a_typed_error_and_never_a_wrong_one(original, tmp_path):
    for pattern in FILES.values():
        found = damaged_answers(original, tmp_path, pattern, flips=3, cuts=1)
        assert found["wrong"] == []
        assert found["unnamed"] == []


@pytest.mark.slow
@pytest.mark.parametrize("pattern", FILES.values(), ids=FILES)
def test_200_flipped_bits_and_40_truncations_of_each_file_never_give_a_wrong_answer(original, tmp_path, pattern):
    found = damaged_answers(original, tmp_path, pattern, flips=200, cuts=40)
    print(pattern, found["right"], found["refused"])
    assert found["wrong"] == []
    assert found["unnamed"] == []
    assert found["right"] + found["refused"] == 240


@pytest.mark.parametrize("how", ["log lost", "older copy"])
def test_a_catalog_that_went_back_to_an_older_commit_is_noticed(corpus, tmp_path, how):
    catalog = corpus / "catalog.sqlite"
    before = catalog.read_bytes()
    (tmp_path / "new.txt").write_text("The garden is let to the neighbour.")
    with Corpus.open(corpus, Settings.model_validate({"memory": {"enabled": False}})) as opened:
        opened.ingest(tmp_path / "new.txt")
        while_open = catalog.read_bytes()
    catalog.write_bytes(while_open if how == "log lost" else before)
    with pytest.raises(CorruptCorpusError, match=r"is at commit \d+, and commit \d+ was made") as caught:
        Corpus.open(corpus)
    (advised,) = re.findall(r"delete (\S+) and run hybrid repair to go on", str(caught.value))
    Path(advised).unlink()
    with Corpus.open(corpus) as opened:
        opened.repair()
        assert len(opened.documents()) == 4
        opened.ingest(tmp_path / "new.txt")
        assert opened.check().problems == ()


def test_a_commit_that_was_taken_out_of_the_catalog_is_advised_so_that_nothing_is_left_to_repair(corpus, tmp_path):
    (tmp_path / "new.txt").write_text("The garden is let to the neighbour.")
    with Corpus.open(corpus, Settings.model_validate({"memory": {"enabled": False}})) as opened:
        opened.ingest(tmp_path / "new.txt")
    changed(corpus, "DELETE FROM commits WHERE n = (SELECT max(n) FROM commits)")
    with pytest.raises(CorruptCorpusError, match=r"is at commit \d+, and commit \d+ was made") as caught:
        Corpus.open(corpus)
    (advised,) = re.findall(r"delete (\S+) and run hybrid repair to go on", str(caught.value))
    Path(advised).unlink()
    with Corpus.open(corpus) as opened:
        assert opened.repair().problems == ()
        opened.ingest(tmp_path / "new.txt")
        assert opened.check().problems == ()
        assert "neighbour" in opened.ask("To whom is the garden let?", route="lookup").text


@pytest.mark.parametrize("stored", ['{"ingest": {"chunk', "[1]"])
def test_stored_settings_that_are_damaged_are_named(corpus, stored):
    changed(corpus, "UPDATE info SET value = ? WHERE key = 'settings'", stored)
    with pytest.raises(CorruptCorpusError, match=r"settings stored in the catalog"):
        Corpus.open(corpus)


def guard_of(directory):
    number, corpus_id = (directory / "commit").read_text().splitlines()
    return int(number), corpus_id


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is damaged"), ("x", "is damaged"), ("1", "does not have the corpus's id"), (None, "is missing")],
)
def test_a_guard_that_is_missing_or_damaged_is_named_hinders_nobody_and_is_repaired(corpus, content, said):
    before = guard_of(corpus)
    (corpus / "commit").unlink() if content is None else (corpus / "commit").write_text(content)
    with Corpus.open(corpus) as opened:
        (problem,) = opened.check().problems
        assert (problem.part, problem.name, problem.repairable) == ("guard", "commit", True)
        assert said in problem.problem
        assert "4 May 2031" in opened.ask(QUESTION, route="lookup").text
        assert opened.repair().whole
    assert guard_of(corpus) == before


def test_a_guard_with_an_earlier_number_hinders_nobody(corpus):
    (corpus / "commit").write_text("1\n" + guard_of(corpus)[1] + "\n")
    with Corpus.open(corpus) as opened:
        assert opened.check().whole


def test_a_catalog_of_another_corpus_is_refused_and_that_of_a_copy_is_not(corpus, tmp_path):
    (tmp_path / "new.txt").write_text("The garden is let to the neighbour.")
    own = (corpus / "catalog.sqlite").read_bytes()
    with Corpus.open(tmp_path / "other", Settings.model_validate({"memory": {"enabled": False}})) as other:
        while (other.status().commit or 0) < guard_of(corpus)[0]:
            other.ingest(tmp_path / "new.txt")
            other.remove(str(tmp_path / "new.txt"))
    shutil.copy(tmp_path / "other/catalog.sqlite", corpus / "catalog.sqlite")
    with pytest.raises(CorruptCorpusError, match=r"catalog\.sqlite in \S+ is of another corpus than \S+commit"):
        Corpus.open(corpus)
    (corpus / "catalog.sqlite").write_bytes(own)
    with Corpus.open(corpus) as opened:
        assert opened.check().whole


@pytest.mark.parametrize("taken", ["catalog", "catalog without an id"])
def test_another_corpus_catalog_at_an_earlier_commit_is_never_called_an_older_copy(corpus, tmp_path, taken):
    (tmp_path / "new.txt").write_text("The garden is let to the neighbour.")
    settings = Settings.model_validate({"memory": {"enabled": False}})
    with Corpus.open(tmp_path / "other", settings) as other:
        other.ingest(tmp_path / "new.txt")
    with Corpus.open(corpus, settings) as opened:
        opened.ingest(tmp_path / "new.txt")
        assert (opened.status().commit or 0) > 1
    if taken != "catalog":
        changed(tmp_path / "other", "DELETE FROM info WHERE key IN ('corpus_id', 'records')")
    shutil.copy(tmp_path / "other/catalog.sqlite", corpus / "catalog.sqlite")
    with pytest.raises(
        CorruptCorpusError, match=r"catalog\.sqlite in \S+ (is of another|does not have the id)"
    ) as said:
        Corpus.open(corpus)
    assert not re.search(r"delete|move|older copy", str(said.value))
    assert "put back the corpus's own from a copy" in str(said.value)


def test_a_guard_of_another_corpus_is_told_from_a_catalog_of_another_by_the_index(corpus):
    (corpus / "commit").write_text(f"1\n{'ab' * 16}\n")
    with pytest.raises(CorruptCorpusError, match="the index is the catalog's") as said:
        Corpus.open(corpus)
    assert "move it to another place and run hybrid repair" in str(said.value)
    (corpus / "commit").unlink()
    with Corpus.open(corpus) as opened:
        assert opened.repair().whole


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("end", ["cut off", "zeros"])
def test_of_half_a_catalog_nothing_is_advised_that_needs_the_other_half(corpus, kept, end):
    whole = (corpus / "catalog.sqlite").read_bytes()
    cut = max(1, int(len(whole) * kept) // 4096) * 4096
    (corpus / "catalog.sqlite").write_bytes(whole[:cut] + bytes(len(whole) - cut if end == "zeros" else 0))
    try:
        with Corpus.open(corpus, create=False) as opened:
            said = [one.advice for one in opened.check().problems]
            assert opened.repair().problems
    except CorruptCorpusError as error:
        said = [str(error)]
    assert said
    assert all("put back a copy of the corpus" in one and "hybrid" not in one for one in said)


def test_a_corpus_of_an_older_version_gets_an_id_with_its_next_commit(corpus, tmp_path):
    changed(corpus, "DELETE FROM info WHERE key IN ('corpus_id', 'records')")
    number = guard_of(corpus)[0]
    (corpus / "commit").write_text(f"{number}\n")
    (tmp_path / "new.txt").write_text("The garden is let to the neighbour.")
    with Corpus.open(corpus, Settings.model_validate({"memory": {"enabled": False}})) as opened:
        assert opened.check().whole
        opened.ingest(tmp_path / "new.txt")
        assert opened.check().whole
    with sqlite3.connect(corpus / "catalog.sqlite") as database:
        ((stored,),) = database.execute("SELECT value FROM info WHERE key = 'corpus_id'")
    assert guard_of(corpus)[0] > number
    assert guard_of(corpus)[1] == stored


@pytest.mark.parametrize(("content", "said"), [(None, "is missing"), ("{", "is damaged"), ("{}", "is damaged")])
def test_a_manifest_that_is_missing_or_damaged_is_named_and_repaired(corpus, content, said):
    (path,) = corpus.glob("commits/*/manifest.json") if len(list(corpus.glob("commits/*"))) == 1 else [None]
    path = path or max(corpus.glob("commits/*"), key=lambda one: int(one.name)) / "manifest.json"
    path.unlink() if content is None else path.write_text(content)
    with Corpus.open(corpus) as opened:
        (problem,) = opened.check().problems
        assert (problem.part, problem.name) == ("index", path.relative_to(corpus).as_posix())
        assert said in problem.problem
        assert opened.repair().whole


@pytest.mark.parametrize("named", ["../outside/index.faiss", "commits/../../outside/index.faiss"])
def test_a_manifest_is_looked_for_in_the_corpus_alone(corpus, tmp_path, named):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/index.faiss").write_bytes(b"x")
    changed(corpus, "UPDATE commits SET index_file = ?", named)
    with Corpus.open(corpus) as opened:
        assert not [one for one in opened.check().problems if "manifest" in one.name]


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_corpus_without_its_catalog_is_said_to_have_lost_it(corpus, how):
    catalog = corpus / "catalog.sqlite"
    catalog.unlink() if how == "missing" else catalog.write_bytes(b"\0" * 4096)
    before = state(corpus)
    with pytest.raises(CorruptCorpusError, match=rf"catalog\.sqlite is {how}.*put back a copy"):
        Corpus.open(corpus)
    assert state(corpus) == before


@pytest.mark.parametrize("hashed", [True, False], ids=["hashed", "of an older version"])
def test_chunks_that_lie_outside_of_their_text_are_an_error_that_names_the_catalog(corpus, hashed):
    if not hashed:
        for statement in WITHOUT_HASHES:
            changed(corpus, statement)
    changed(corpus, 'UPDATE chunks SET start = start + 5, "end" = "end" + 5')
    with Corpus.open(corpus) as opened:
        for asked in (opened.ask, opened.search):
            with pytest.raises(
                CorruptCorpusError,
                match=r"in catalog\.sqlite .*ingest its file again"
                if hashed
                else r"catalog\.sqlite is damaged.*hybrid verify",
            ):
                asked(QUESTION)


def test_a_damaged_index_that_cannot_be_set_aside_is_said_to_be_damaged(corpus, monkeypatch):
    damage_index(corpus)

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hybrid.stores.files.shutil.move", refused)
    with Corpus.open(corpus) as opened:
        answer = opened.ask(QUESTION, route="lookup")
    assert "4 May 2031" in answer.text
    (note,) = [one for one in answer.notes if "index" in one]
    assert "does not match its recorded sha256" in note
    assert "could not be moved to quarantine (Permission denied)" in note


def test_what_a_corpus_holds_is_its_owners_alone(original):
    directory = original / "corpus"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    kept = [directory / "catalog.sqlite", *directory.glob("commits/*/index.faiss"), *directory.glob("volumes/*")]
    assert len(kept) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


@pytest.mark.parametrize(("column", "value"), [("embedding", 0), ("start", "x"), ('"end"', None), ("document_id", 0)])
def test_a_chunk_with_another_value_in_a_cell_is_an_error_that_says_so(corpus, column, value):
    with sqlite3.connect(corpus / "catalog.sqlite") as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        try:
            database.execute(f"UPDATE chunks SET {column} = ? WHERE id = 1", (value,))
        except sqlite3.IntegrityError:
            pytest.skip("the catalog refuses it")
    with Corpus.open(corpus) as opened:
        assert "chunks" in [one.part for one in opened.check().problems]
        with contextlib.suppress(CorruptCorpusError):
            opened.search("house")


def test_pages_that_are_no_list_are_an_error_that_says_so(corpus):
    changed(corpus, "UPDATE documents SET pages = '7' WHERE id = 1")
    with (
        Corpus.open(corpus) as opened,
        pytest.raises(CorruptCorpusError, match=r"documents\.pages holds a int that is not a JSON list"),
    ):
        opened.documents()


@pytest.mark.parametrize("cell", ["texts SET text = x'00'", "documents SET chars = 'many'", "texts SET text = 7"])
def test_a_text_with_another_value_in_a_cell_is_an_error_that_says_so(corpus, cell):
    changed(corpus, f"UPDATE {cell} WHERE {'document_id' if cell.startswith('texts') else 'id'} = 1")
    with Corpus.open(corpus) as opened:
        assert "text" in [one.part for one in opened.check().problems]
        with contextlib.suppress(CorruptCorpusError):
            opened.search("house")
