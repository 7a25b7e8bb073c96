"""Corpora whose vectors are in pgvector, Qdrant or Milvus: they answer as with FAISS, and lose nothing to a kill, a
second writer or a server that is away."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import vector_corpora
from vector_corpora import bills, note, opened

from hybrid import Corpus, Filter, Identity, Settings
from hybrid.errors import (
    CorpusError,
    CorpusLockedError,
    CorruptCorpusError,
    MissingExtraError,
    SettingsError,
    VectorsUnreachableError,
)
from hybrid.stores import failpoints, point_store, points
from hybrid.stores.postgresql.vectors import PgIndex
from hybrid.stores.vector_places import drop_vectors, place_of, vector_store
from hybrid.stores.vector_store import PENDING, VECTORS

QUESTION = "Which bill names the tenant alpha2?"
SECRET = "s3cret-key"


@dataclass(frozen=True)
class Place:
    """Where the corpora of a test keep catalogs and vectors."""

    kind: str
    stores: dict[str, str]

    @property
    def outside(self) -> bool:
        return self.kind != "pgvector"


def place_in(folder: Path, kind: str, request: pytest.FixtureRequest) -> Place:
    if kind == "pgvector":
        return Place(kind, {"catalog": request.getfixturevalue("pgvector_url"), "vectors": "pgvector"})
    pytest.importorskip("qdrant_client" if kind == "qdrant" else "milvus_lite", reason=f"no client of {kind}")
    vectors = f"qdrant:{folder / 'qdrant'}" if kind == "qdrant" else f"milvus:{folder / 'milvus.db'}"
    return Place(kind, {"catalog": "sqlite", "vectors": vectors})


@pytest.fixture(params=["pgvector", "qdrant", "milvus"])
def place(request, tmp_path):
    return place_in(tmp_path, request.param, request)


@pytest.fixture
def qdrant_server():
    pytest.importorskip("qdrant_client")
    import qdrant_server

    with qdrant_server.running(SECRET) as server:
        yield server


@pytest.fixture(params=["qdrant", "milvus"])
def outside(request, tmp_path):
    """Of the stores that are another program."""
    return place_in(tmp_path, request.param, request)


def in_files() -> dict[str, str]:
    return {"catalog": "sqlite", "vectors": "faiss"}


def found(corpus, question=QUESTION, k=3, **given):
    return [(hit.source, round(hit.score, 5)) for hit in corpus.search(question, k=k, **given)]


def points_of(corpus):
    """Ids of what the store holds."""
    store = vector_store(corpus._catalog, corpus.directory)
    return store.ids(corpus._catalog.commit())


# As with FAISS -----------------------------------------------------------------------------------


def test_it_answers_as_with_faiss_through_ingest_update_and_removal(tmp_path, place):
    with opened(tmp_path / "files", in_files()) as files, opened(tmp_path / "corpus", place.stores) as corpus:
        for one in (files, corpus):
            one.ingest(bills(0, 30))
        assert not (tmp_path / "corpus" / "commits").exists()
        assert found(corpus) == found(files)
        where = Filter(sources="1*.txt")
        assert found(corpus, where=where, order="dense", k=20) == found(files, where=where, order="dense", k=20)
        assert [claim.text for claim in corpus.ask(QUESTION).claims] == [
            claim.text for claim in files.ask(QUESTION).claims
        ]
        for one in (files, corpus):
            one.ingest(note("2.txt", "The second bill was paid by the tenant omega."))
            removed = one.remove(["7.txt", "8.txt"])
        assert found(corpus, "tenant omega", order="dense", k=40) == found(files, "tenant omega", order="dense", k=40)
        assert removed.certificate.complete
        assert corpus.verify_deletion(removed.certificate).holds
        assert len(points_of(corpus)) == 28
        assert corpus.check().whole
    with opened(tmp_path / "corpus", place.stores) as again:
        assert found(again, "tenant omega", k=1)[0][0] == "2.txt"
        assert str(again.settings.stores.vectors) == place.stores["vectors"]


def test_a_corpus_moves_to_it_within_it_and_back(tmp_path, place):
    with opened(tmp_path / "files", in_files()) as files:
        files.ingest(bills(0, 8))
        there = found(files)
        files.export(tmp_path / "first.hybrid")

    def imported(file, name, stores):
        given = {"memory": {"enabled": False}, "stores": stores}
        return Corpus.import_(tmp_path / file, tmp_path / name, given, embedder=vector_corpora.Words())

    with imported("first.hybrid", "first", place.stores) as first:
        assert found(first) == there
        first.ingest(bills(8, 9))
        first.export(tmp_path / "second.hybrid")
        with imported("second.hybrid", "second", place.stores) as second:  # beside the one that it is a copy of
            second.remove("8.txt")
            assert len(points_of(second)) == 8
        assert len(points_of(first)) == 9
        assert first.check().whole
    with imported("second.hybrid", "third", in_files()) as third:
        assert len(third.documents()) == 9
        assert found(third, k=1)[0][0] == there[0][0]


def test_an_import_that_fails_leaves_no_collection(tmp_path, outside, monkeypatch):
    with opened(tmp_path / "files", in_files()) as files:
        files.ingest(bills(0, 3))
        files.export(tmp_path / "first.hybrid")
    dropped = []
    whole = point_store.PointStore.drop
    monkeypatch.setattr(point_store.PointStore, "drop", lambda store: (dropped.append(store.where), whole(store)))
    monkeypatch.setattr("hybrid.archive.importing._put", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    given = {"stores": outside.stores}
    with pytest.raises(KeyboardInterrupt):
        Corpus.import_(tmp_path / "first.hybrid", tmp_path / "second", given, embedder=vector_corpora.Words())
    assert dropped == [outside.stores["vectors"]]


def test_an_identity_finds_what_it_may_see_and_all_of_it(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus:
        classes = {n: "other" if n % 10 else "deal" for n in range(40)}
        text = "The rent of the mill was raised in the year {}."
        corpus.ingest([note(f"{n}.txt", text.format(n), access=of_it) for n, of_it in classes.items()])
        with corpus.seen_by(Identity(name="ann", classes=("deal",))) as seen:
            hits = seen.search("the rent of the mill was raised", k=20, order="dense")
            assert {hit.source for hit in hits} == {"0.txt", "10.txt", "20.txt", "30.txt"}


def test_an_older_session_reads_its_own_commit(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus, opened(tmp_path / "corpus", place.stores) as other:
        corpus.ingest(bills(0, 6))
        with corpus.session() as session:
            before = found(session, order="dense", k=9)
            other.ingest([*bills(6, 9), note("0.txt", "Bill number 0 was lost in the flood of the river.")])
            assert found(session, order="dense", k=9) == before
            assert len(before) == 6
        assert found(corpus, "the flood of the river", k=1)[0][0] == "0.txt"


def test_one_writes_at_a_time_and_both_are_whole(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as first, opened(tmp_path / "corpus", place.stores) as second:
        failures = []

        def ingest(corpus, documents):
            try:
                for one in documents:
                    corpus.ingest(one, wait=60)
            except CorpusError as error:
                failures.append(error)

        threads = [
            threading.Thread(target=ingest, args=given) for given in ((first, bills(0, 4)), (second, bills(4, 8)))
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert not failures
        assert len(points_of(first)) == 8
        assert second.check().whole
        with first._catalog.write_lock(first.directory), pytest.raises(CorpusLockedError):
            second.ingest(bills(8, 9))


# Killed, damaged ---------------------------------------------------------------------------------


def killed(place, directory, what, at):
    """A writer in a process of its own that is killed there."""
    command = [
        sys.executable,
        vector_corpora.__file__,
        directory,
        place.stores["vectors"],
        place.stores["catalog"],
        what,
    ]
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), *sys.path)))
    environment = {**os.environ, failpoints.VARIABLE: at, "PYTHONPATH": path}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr


def test_a_writer_killed_before_its_commit_leaves_nothing_to_be_found(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus:
        corpus.ingest(bills(0, 3))
        before = found(corpus, k=6)
    killed(place, tmp_path / "corpus", "ingest", "commit.recorded")
    with opened(tmp_path / "corpus", place.stores) as corpus:
        assert len(points_of(corpus)) == (6 if place.outside else 3)
        assert found(corpus, k=6) == before
        assert corpus.check().whole is not place.outside
        corpus.ingest(bills(3, 4))
        assert len(points_of(corpus)) == 4
        assert corpus.check().whole
        assert found(corpus, "the tenant alpha3", k=1)[0][0] == "3.txt"


def test_a_removal_killed_after_its_commit_is_ended_by_the_next_writer(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus:
        corpus.ingest(bills(0, 3))
    killed(place, tmp_path / "corpus", "remove", "commit.committed")
    with opened(tmp_path / "corpus", place.stores) as corpus:
        assert "2.txt" not in [source for source, _ in found(corpus, k=6)]
        assert len(points_of(corpus)) == (3 if place.outside else 2)
        parts = {one.part for one in corpus.check().problems}
        assert parts == {"deletion"}
        corpus.repair()
        assert len(points_of(corpus)) == 2
        assert corpus.check().whole


def test_what_ends_a_removal_deletes_no_point_of_a_chunk_that_is_there(tmp_path, outside):
    with opened(tmp_path / "corpus", outside.stores) as corpus:
        corpus.ingest(bills(0, 3))
    killed(outside, tmp_path / "corpus", "remove", "commit.committed")
    with opened(tmp_path / "corpus", outside.stores) as corpus:
        there = set(corpus._catalog.all_chunk_ids())
        assert len(points_of(corpus) - there) == 1
        corpus._catalog.set_info(PENDING, json.dumps(sorted(points_of(corpus))))
        assert not corpus.ingest(bills(0, 1)).notes  # of vectors that had to be made again
        assert corpus._catalog.info(PENDING) is None
        assert points_of(corpus) == there
        assert corpus.check().whole


def test_vectors_that_were_lost_are_named_and_made_again(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus:
        corpus.ingest(bills(0, 5))
        before, ids = found(corpus), sorted(points_of(corpus))
        if place.outside:
            store = vector_store(corpus._catalog, corpus.directory)
            points.take_away(store._points, ids[:2])
            points.put(store._points, np.array([9_999]), np.eye(1, vector_corpora.DIMENSION, dtype=np.float32))
        else:
            with corpus._catalog.connection(write=True) as connection:
                connection.exec_driver_sql(f"DELETE FROM chunk_vectors WHERE chunk_id = {ids[0]}")
    with opened(tmp_path / "corpus", place.stores) as corpus:
        (problem,) = corpus.check().problems
        assert (problem.part, problem.repairable) == ("index", True)
        assert "4 vectors, and the catalog 5 chunks" in problem.problem
        assert any(" holds 4 vectors of this corpus" in one for one in corpus.search(QUESTION).notes)
        corpus.repair()
        assert sorted(points_of(corpus)) == ids
        assert corpus.check().whole
        assert found(corpus) == before


def test_a_collection_or_table_that_is_gone_is_made_again(tmp_path, place):
    with opened(tmp_path / "corpus", place.stores) as corpus:
        corpus.ingest(bills(0, 5))
        before = found(corpus)
        if place.outside:
            vector_store(corpus._catalog, corpus.directory).drop()
        else:
            with corpus._catalog.connection(write=True) as connection:
                connection.exec_driver_sql("DROP TABLE chunk_vectors")
    with opened(tmp_path / "corpus", place.stores) as corpus:
        assert not corpus.check().whole
        assert corpus.search("the tenant alpha2").notes
        corpus.ingest(bills(5, 6))
        assert corpus.check().whole
        assert found(corpus)[0][0] == before[0][0]


# A server that refuses, or is away ---------------------------------------------------------------


@pytest.fixture
def closing_server(monkeypatch):
    """A server that takes connections and closes each; its URL, and how often it was asked."""
    monkeypatch.setattr(points, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr("hybrid.stores.milvus._CONNECTING", 0.5)
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def close_all():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                taken.append(1)
                connection.close()

        thread = threading.Thread(target=close_all, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", taken
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("kind", ["qdrant", "milvus"])
def test_a_server_that_hangs_up_is_named_and_nothing_is_half_written(tmp_path, request, closing_server, kind):
    url, taken = closing_server
    whole = place_in(tmp_path, kind, request)
    away = {"catalog": "sqlite", "vectors": f"{kind}+{url}", "vectors_key": SECRET}
    with opened(tmp_path / "corpus", away) as corpus:
        with pytest.raises(VectorsUnreachableError, match=r"127\.0\.0\.1.*run the same command again") as caught:
            corpus.ingest(bills(0, 3))
        assert len(taken) >= 3
        assert SECRET not in f"{caught.value}{caught.value.__cause__}{caught.value.__context__}"
        assert not corpus.documents()
    with opened(tmp_path / "corpus", whole.stores) as corpus:  # it is back, elsewhere
        corpus.ingest(bills(0, 3))
    with opened(tmp_path / "corpus", away) as corpus:
        with pytest.raises(VectorsUnreachableError):
            corpus.search(QUESTION)
        with pytest.raises(VectorsUnreachableError):
            corpus.remove("1.txt")
        assert len(corpus.documents()) == 3
    with opened(tmp_path / "corpus", whole.stores) as corpus:
        assert found(corpus, k=1)[0][0] == "2.txt"
        assert corpus.check().whole


def test_a_server_of_qdrant_is_told_what_it_can_read(tmp_path, qdrant_server):
    there = {"catalog": "sqlite", "vectors": f"qdrant+{qdrant_server.url}", "vectors_key": SECRET}
    with opened(tmp_path / "files", in_files()) as files, opened(tmp_path / "corpus", there) as corpus:
        for one in (files, corpus):
            one.ingest(bills(0, 30))
        where = Filter(sources="1*.txt")
        assert found(corpus, where=where, order="dense", k=20) == found(files, where=where, order="dense", k=20)
        assert found(corpus) == found(files)
        exact = [body["params"]["exact"] for what, body in qdrant_server.asked if what == "POST points/query"]
        assert exact
        assert all(exact)
        assert corpus.remove("2.txt").certificate.complete
        assert corpus.check().whole
        assert len(points_of(corpus)) == 29
    few = {"retrieval": {"exact_up_to": 10}}
    with opened(tmp_path / "corpus", there, **few) as corpus:
        corpus.search(QUESTION)
        assert qdrant_server.asked[-1][1]["params"]["exact"] is False
        vector_store(corpus._catalog, corpus.directory).drop()
        assert not corpus.check().whole


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path, qdrant_server, monkeypatch):
    monkeypatch.setattr(points, "PAUSES", (0.0, 0.0))
    there = {"catalog": "sqlite", "vectors": f"qdrant+{qdrant_server.url}", "vectors_key": SECRET}
    with opened(tmp_path / "corpus", there) as corpus:
        qdrant_server.failing = 2
        corpus.ingest(bills(0, 2))
        assert len(points_of(corpus)) == 2
        qdrant_server.failing = 3
        with pytest.raises(VectorsUnreachableError, match="503"):
            corpus.search(QUESTION)


def test_a_key_that_is_refused_is_no_outage(tmp_path, qdrant_server):
    there = {"catalog": "sqlite", "vectors": f"qdrant+{qdrant_server.url}", "vectors_key": "another"}
    with opened(tmp_path / "corpus", there) as corpus:
        with pytest.raises(CorpusError, match=r"refuses what was asked .*401.*vectors_key") as caught:
            corpus.ingest(bills(0, 2))
        assert not isinstance(caught.value, VectorsUnreachableError)
        assert "another" not in str(caught.value)


def test_a_server_of_milvus_that_goes_away_in_the_middle_of_a_commit_and_comes_back_loses_nothing(
    tmp_path, monkeypatch
):
    pytest.importorskip("pymilvus")
    lite = pytest.importorskip("milvus_lite.server_manager").server_manager_instance
    monkeypatch.setattr(points, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr("hybrid.stores.milvus._CONNECTING", 1.0)
    monkeypatch.setattr("hybrid.stores.milvus._TIMEOUT", 1.0)
    folder = str(tmp_path / "server.db")

    def there():
        return {"catalog": "sqlite", "vectors": f"milvus+{lite.start_and_get_uri(folder)}"}

    try:
        with opened(tmp_path / "corpus", there()) as corpus:
            corpus.ingest(bills(0, 3))
            failpoints.arm(lambda at: lite.release_server(folder) if at == "commit.begun" else None)
            try:
                with pytest.raises(VectorsUnreachableError, match="nothing half-written is kept"):
                    corpus.ingest(bills(3, 5))
            finally:
                failpoints.arm(None)
            assert len(corpus.documents()) == 3
        with opened(tmp_path / "corpus", there()) as corpus:  # on another port
            assert found(corpus, k=1)[0][0] == "2.txt"
            corpus.ingest(bills(3, 5))
            assert len(points_of(corpus)) == 5
            assert corpus.check().whole
    finally:
        lite.release_server(folder)


def test_a_removal_is_not_certified_before_its_points_are_gone(tmp_path, outside, monkeypatch):
    with opened(tmp_path / "corpus", outside.stores) as corpus:
        corpus.ingest(bills(0, 3))

        def away(*_):
            raise VectorsUnreachableError("it is away")

        with monkeypatch.context() as patch:
            patch.setattr(point_store, "take_away", away)
            report = corpus.remove("1.txt")
        assert not report.certificate.complete
        assert any("it is away" in one for one in report.notes)
        assert not corpus.verify_deletion(report.certificate).holds
        assert {one.part for one in corpus.check().problems} == {"deletion"}
        corpus.repair()
        assert corpus.check().whole
        assert len(points_of(corpus)) == 2


# Settings and keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("chroma", "no such place"),
        ("qdrant", "no such place"),
        ("qdrant+ftp://host", "no URL of a server"),
        ("qdrant+http://host/path", "host and port alone"),
        ("qdrant+http://:k@host:99999", "no URL"),
        ("qdrant+http://ann@host", "no users"),
        ("milvus:folder", r"ends with \.db"),
        ("pgvector", "beside a catalog in PostgreSQL"),
    ],
)
def test_a_wrong_place_is_refused_before_anything_is_made(tmp_path, wrong, said):
    with pytest.raises(SettingsError, match=said):
        opened(tmp_path / "corpus", {"catalog": "sqlite", "vectors": wrong})
    assert not list((tmp_path / "corpus").glob("*"))


def test_a_corpus_that_has_nothing_yet_may_get_its_vectors_elsewhere(tmp_path, closing_server):
    pytest.importorskip("qdrant_client")
    away = {"catalog": "sqlite", "vectors": f"qdrant+{closing_server[0]}"}
    with opened(tmp_path / "corpus", away) as corpus, pytest.raises(VectorsUnreachableError):
        corpus.ingest(bills(0, 2))
    with opened(tmp_path / "corpus", in_files()) as corpus:
        corpus.ingest(bills(0, 2))
        assert corpus._catalog.info(VECTORS) is None
        assert corpus.settings.stores.vectors == "faiss"
        assert corpus.check().whole


def test_what_is_deleted_with_a_corpus_is_its_own_collection_alone(tmp_path, outside):
    for name in ("first", "second"):
        with opened(tmp_path / name, outside.stores) as corpus:
            corpus.ingest(bills(0, 2))
    drop_vectors(tmp_path / "first", Settings.model_validate({"stores": outside.stores}).stores)
    with opened(tmp_path / "first", outside.stores) as first, opened(tmp_path / "second", outside.stores) as second:
        assert not points_of(first)
        assert len(points_of(second)) == 2


def test_a_folder_within_the_corpus_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="lies in the corpus"):
        opened(tmp_path / "corpus", {"catalog": "sqlite", "vectors": f"qdrant:{tmp_path / 'corpus' / 'q'}"})


def test_a_package_that_is_absent_is_named_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("hybrid.stores.vector_places.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"hybrid-ttt-rag\[qdrant\]"):
        opened(tmp_path / "corpus", {"catalog": "sqlite", "vectors": "qdrant+http://localhost"})
    assert not list((tmp_path / "corpus").glob("*"))


@pytest.mark.parametrize(
    "url", [f"qdrant+https://:{SECRET}@vectors.mill.example", f"milvus+http://ann:{SECRET}@vectors.mill.example"]
)
def test_a_key_is_shown_nowhere(tmp_path, url, caplog):
    given = Settings.model_validate({"memory": {"enabled": False}, "stores": {"catalog": "sqlite", "vectors": url}})
    with Corpus.open(tmp_path / "corpus", given, embedder=vector_corpora.Words()) as corpus:
        shown = [
            repr(given),
            given.model_dump_json(),
            repr(corpus.settings),
            str(corpus.status()),
            corpus._catalog.info("settings"),
            caplog.text,
        ]
    key = given.stores.vectors_key.get_secret_value()
    assert key == SECRET
    shown.append(repr(place_of(given.stores.vectors, key)))
    assert SECRET not in "".join(shown)
    assert place_of(given.stores.vectors, key).key.endswith(SECRET)


def test_a_folder_is_opened_only_where_the_settings_name_it(tmp_path, outside):
    with opened(tmp_path / "corpus", outside.stores) as corpus:
        corpus.ingest(bills(0, 2))
        corpus._catalog.set_info(
            VECTORS, corpus._catalog.info(VECTORS).replace(str(tmp_path), str(tmp_path / "theirs"))
        )
    with pytest.raises(SettingsError, match="opened only where the settings name it"):
        opened(tmp_path / "corpus", None)
    assert not (tmp_path / "theirs").exists()
    with opened(tmp_path / "corpus", outside.stores) as corpus:
        assert found(corpus, k=1)


def test_a_key_goes_to_no_server_that_the_settings_do_not_name(tmp_path):
    with opened(tmp_path / "corpus", in_files()) as corpus:
        corpus.ingest(bills(0, 1))
        corpus._catalog.set_info(VECTORS, f"qdrant+http://first.example:6333#hybrid_{'a' * 32}")
    with pytest.raises(SettingsError, match="only to a server that"):
        opened(tmp_path / "corpus", {"vectors_key": SECRET})


def test_a_removal_while_another_place_is_named_is_not_complete_until_repair_lets_the_corpus_name_it(tmp_path):
    pytest.importorskip("qdrant_client")
    former, now = ({"catalog": "sqlite", "vectors": f"qdrant:{tmp_path / name}"} for name in ("former", "now"))
    with opened(tmp_path / "corpus", former) as corpus:
        corpus.ingest(bills(0, 4))
    with opened(tmp_path / "corpus", now) as corpus:
        removed = corpus.remove("2.txt")
        assert not removed.certificate.complete
        check = corpus.verify_deletion(removed.certificate)
        assert any("another place" in one for one in check.open)
        (problem,) = corpus.check().problems
        assert "former" in problem.problem
        assert "delete what is left" in problem.advice
        corpus.repair()
        assert corpus.check().whole
        assert corpus.remove("3.txt").certificate.complete
    with opened(tmp_path / "corpus", former) as corpus:  # where the removed vectors still are
        assert not corpus.verify_deletion(removed.certificate).holds


def test_a_damaged_folder_of_qdrant_is_named_and_repair_makes_the_vectors_again(tmp_path):
    pytest.importorskip("qdrant_client")
    stores = {"catalog": "sqlite", "vectors": f"qdrant:{tmp_path / 'points'}"}
    with opened(tmp_path / "corpus", stores) as corpus:
        corpus.ingest(bills(0, 4))
    for file in (tmp_path / "points").rglob("*.sqlite"):
        file.write_bytes(b"junk" * 100)
    with opened(tmp_path / "corpus", stores) as corpus, pytest.raises(CorpusError, match="move it away, and hybrid"):
        corpus.search(QUESTION)
    (tmp_path / "points").rename(tmp_path / "damaged")
    with opened(tmp_path / "corpus", stores) as corpus:
        corpus.repair()
        assert corpus.check().whole
        assert len(corpus.search(QUESTION, k=4)) == 4


@pytest.mark.parametrize("said", ["nonsense", "qdrant+http://host:6333#other", "faiss", "qdrant:/tmp/x"])
def test_a_place_that_was_edited_is_damage(tmp_path, said):
    with opened(tmp_path / "corpus", in_files()) as corpus:
        corpus.ingest(bills(0, 1))
        corpus._catalog.set_info(VECTORS, said)
    with pytest.raises(CorruptCorpusError, match="does not say where the vectors are"):
        opened(tmp_path / "corpus", in_files())


# pgvector ----------------------------------------------------------------------------------------


def test_a_server_without_pgvector_is_refused_before_anything_is_made(tmp_path, postgresql_url, monkeypatch):
    monkeypatch.setattr("hybrid.stores.postgresql.vectors.EXTENSION", "no_such_extension")
    with pytest.raises(CorpusError, match="CREATE EXTENSION"):
        opened(tmp_path / "corpus", {"catalog": postgresql_url, "vectors": "pgvector"})
    assert not list((tmp_path / "corpus").glob("*"))


def test_past_exact_up_to_an_index_is_made_used_and_misses_nothing_that_a_filter_lets_through(tmp_path, pgvector_url):
    few = {"retrieval": {"exact_up_to": 50}}
    with opened(tmp_path / "corpus", {"catalog": pgvector_url, "vectors": "pgvector"}, **few) as corpus:
        corpus.ingest(bills(0, 40))
        with corpus._catalog.reader() as connection:
            here = "schemaname = current_schema() AND indexname = 'chunk_vectors_hnsw'"
            assert not connection.exec_driver_sql(f"SELECT 1 FROM pg_indexes WHERE {here}").all()
        corpus.ingest(bills(40, 400))
        random = np.random.default_rng(1)
        vectors = random.standard_normal((5_000, vector_corpora.DIMENSION)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = np.arange(10_000, 15_000)
        index = PgIndex(lambda: corpus._catalog.connection(write=True), vector_corpora.DIMENSION, 50)
        index.add(ids, vectors)
        assert not index.exact
        with corpus._catalog.reader() as connection:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(
                "EXPLAIN SELECT chunk_id FROM chunk_vectors ORDER BY vector OPERATOR(public.<#>) "
                "(SELECT vector FROM chunk_vectors LIMIT 1) LIMIT 10"
            ).scalars().all()  # fmt: skip
        assert "chunk_vectors_hnsw" in "".join(plan)
        themselves = index.search(vectors[:20], 1)[1][:, 0] == ids[:20]
        assert themselves.mean() >= 0.7  # it is approximate, and made with chance
        chosen = ids[::40]  # more than a quarter of exact_up_to: the index is asked first
        best = set(chosen[np.argsort(-(vectors[::40] @ vectors[3]), kind="stable")[:30]].tolist())
        there = index.search(vectors[3:4], 30, chosen)[1][0].tolist()
        assert len(set(there) & set(chosen.tolist())) == 30
        assert len(best & set(there)) >= 20


def test_an_older_pgvector_is_refused_before_anything_is_made(tmp_path, pgvector_url, monkeypatch):
    monkeypatch.setattr("hybrid.stores.postgresql.vectors._OLDEST", (99, 0))
    with pytest.raises(CorpusError, match=r"has pgvector \d+\.\d+\.\d+, and"):
        opened(tmp_path / "corpus", {"catalog": pgvector_url, "vectors": "pgvector"})
    assert not list((tmp_path / "corpus").glob("*"))
