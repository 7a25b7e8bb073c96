"""A corpus that a Ray cluster of two nodes ingests is the one that one process ingests, whatever the nodes do."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sqlite3
import threading
import tomllib
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import ray_nodes
import torch
from click.testing import CliRunner
from ray_nodes import processes
from tiny_model import tiny_settings, volume_files

from hybrid import Corpus, Settings
from hybrid.cli import main
from hybrid.errors import ClusterError, InputError, MissingExtraError
from hybrid.ingest import cluster, cluster_tasks, frames
from hybrid.ingest.discovery import discover
from hybrid.retrieval.embedding import Embedder
from hybrid.service.changing import JobWork
from hybrid.settings import IngestSettings
from hybrid.settings.service import ServiceSettings
from hybrid.ttt.memory import MemoryModel

TEXT = "The captain of ship {} sold the salt and went home again with {} barrels. "
MAIL = (
    "From: a@b.example\nTo: c@d.example\nSubject: Salt\nDate: Mon, 2 Mar 2026 09:15:00 +0000\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nThe salt is wet.\n'
    "--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nBarrel 7.\n--x--\n"
)


@pytest.fixture(scope="module")
def nodes():
    if not ray_nodes.is_installed():
        pytest.skip("Ray is not installed: pip install ray")
    with ray_nodes.running() as found:
        yield found


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "files"
    path.mkdir()
    for number in range(6):
        (path / f"{number}.txt").write_text(TEXT.format(number, 7 * number) * 6)
    return path


@pytest.fixture(autouse=True)
def one_thread():
    """Nodes compute with one thread, so that sums are made in the same order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Letters:
    """An embedder that takes no time to load. It is an object, and so stays in this process."""

    model = "letters"

    def embed_documents(self, texts):
        return [[text.count("a") + 1.0, text.count("b") + 1.0] for text in texts]

    def embed_query(self, text):
        return self.embed_documents([text])[0]


HERE = "texts were embedded on this machine: the nodes have no embedder that is an object of yours"


def corpus_of(tmp_path, name):
    settings = Settings(memory=tiny_settings(tmp_path, volume_tokens=500))
    return Corpus.open(tmp_path / name, settings, embedder=Letters())


def without_memory(tmp_path):
    return Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}, embedder=Letters())


def rows(corpus):
    """Every row of every table, but for times, the corpus's own id, and the hashes of those."""
    own = {"info": "WHERE key NOT IN ('corpus_id', 'records', 'log_rows')"}
    left_out = {"at", "created_at"}
    found = {}
    with closing(sqlite3.connect(corpus.directory / "catalog.sqlite")) as catalog:
        for (table,) in catalog.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in catalog.execute(f"PRAGMA table_info({table})") if row[1] not in left_out]
            named = ", ".join(f'"{column}"' for column in columns)
            found[table] = catalog.execute(f"SELECT {named} FROM {table} {own.get(table, '')}").fetchall()
    return found


def hashes(corpus):
    return {volume.sources: volume.tensors_sha256 for volume in corpus.training().volumes}


def nothing_here(*_, **__):
    raise AssertionError("this process did what the nodes are for")


@contextmanager
def workers_killed():
    """Every worker process that runs a task is killed meanwhile."""
    over = threading.Event()

    def kill():
        while not over.wait(0.005):
            for one in processes("ray::on_node"):
                os.kill(one, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


@pytest.mark.sqlite
def test_every_row_and_tensor_is_that_of_an_ingest_by_one_process(tmp_path, folder, nodes, monkeypatch, capfd):
    (folder / "again.txt").write_bytes((folder / "0.txt").read_bytes())
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4 and no more")
    (folder / "mail.eml").write_text(MAIL)
    (folder / "page.html").write_text("<html><title>Salt</title><p>Barrel 9 was opened in May.</p></html>")
    settings = Settings(memory=tiny_settings(tmp_path, volume_tokens=500))
    alone, together = (Corpus.open(tmp_path / name, settings) for name in ("alone", "together"))
    local = alone.ingest(folder)
    alone._embedder()._cached.clear()  # both corpora have the one embedder
    for owner, name in ((Embedder, "vectors"), (MemoryModel, "adapt_volume"), (cluster, "load_guarded")):
        monkeypatch.setattr(owner, name, nothing_here)
    capfd.readouterr()
    report = together.ingest(folder, cluster=nodes.address)
    assert rows(together) == rows(alone)
    counts = {name: len(found) for name, found in rows(together).items()}
    assert (counts["chunks"], counts["sentences"]) == (9, 43)
    assert counts["volumes"] > 5  # how many depends on the names of the folders
    assert volume_files(together.directory) == volume_files(alone.directory)
    assert report.model_dump(exclude={"seconds"}) == local.model_dump(exclude={"seconds"})
    assert [one.code for one in report.skipped] == ["damaged"]
    assert report.notes == ()
    assert capfd.readouterr() == ("", "")  # of all that Ray says


def test_files_in_flight_stay_within_the_bound_and_nothing_is_reported_to_others(tmp_path, nodes, monkeypatch):
    for number in range(12):
        (tmp_path / f"{number:02}.txt").write_text("Salt. " * 1000 + str(number))
    (tmp_path / "large.txt").write_text("Salt. " * 10_000)
    found = list(discover([tmp_path], IngestSettings()))
    flying, most = {}, []
    send, receive = frames.send, frames.receive

    def sent(pipe, head, body=b""):
        if "kind" in head:
            flying[head["id"]] = len(body)
            most.append((sum(flying.values()), len(flying)))
        send(pipe, head, body)

    def received(pipe):
        message = receive(pipe)
        if message is not None:
            flying.pop(message[0].get("id"), None)
        return message

    monkeypatch.setattr(frames, "send", sent)
    monkeypatch.setattr(frames, "receive", received)
    bound, notes = 40_000, []
    with cluster.Cluster(nodes.address, IngestSettings(), "access", notes.append, int, bound) as connected:
        items = connected.ahead(found, lambda _: True, lambda *_: True)
        opened = [connected.open(item).load().documents[0].source for item in items]
        environment = Path(f"/proc/{connected._driver._process.pid}/environ").read_text("utf-8")
    monkeypatch.undo()
    assert opened == [one.source for one in found]
    assert len(most) == 12  # the large one is loaded here
    assert max(size for size, _ in most) <= bound // 2  # the other half is for texts and volumes
    assert max(count for _, count in most) == 3
    assert "RAY_USAGE_STATS_ENABLED=0" in environment.split("\0")
    assert notes == []  # the cluster was started that way, too


def test_a_file_that_ends_every_worker_is_left_out_with_the_reason(tmp_path, nodes):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.html").write_text("<p>Barrel.</p>" * 100_000)
    corpus = corpus_of(tmp_path, "corpus")
    with workers_killed():
        report = corpus.ingest(tmp_path / "files", cluster=nodes.address)
    assert [one.code for one in report.skipped] == ["damaged"]
    assert "ended its worker process 3 times" in report.skipped[0].reason


def test_stopping_ends_what_runs_and_keeps_what_was_committed(tmp_path, folder, nodes, monkeypatch):
    corpus, stages, drivers = corpus_of(tmp_path, "corpus"), [], []
    begin = cluster._Driver.__init__

    def noted(self, *given):
        begin(self, *given)
        drivers.append(self._process)

    def interrupt(stage, done, total, detail):
        stages.append(stage)
        if stage == "memory" and done:
            raise KeyboardInterrupt

    monkeypatch.setattr(cluster._Driver, "__init__", noted)
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest(folder, cluster=nodes.address, progress=interrupt)
    assert list(dict.fromkeys(stages)) == ["discover", "load", "embed", "index", "memory"]
    assert [process.poll() for process in drivers] == [0]
    assert len(hashes(corpus)) == 1
    assert corpus.status().documents == 6
    assert corpus.ingest(folder).memory == "ready"


def test_a_node_killed_in_the_middle_loses_nothing(tmp_path, folder, nodes, caplog):
    alone, together = corpus_of(tmp_path, "alone"), corpus_of(tmp_path, "together")
    alone.ingest(folder)
    told = []

    def kill(stage, done, total, detail):
        if stage == "memory" and len(told) < 2:  # what is given to the second node from now on does not come back
            told.append(nodes.tell("kill" if told else "freeze"))

    with caplog.at_level(logging.WARNING, "hybrid.ingest"):
        report = together.ingest(folder, cluster=nodes.address, progress=kill)
    assert told[0] >= 1
    assert "cluster task ran again" in caplog.text
    assert report.memory == "ready"
    assert hashes(together) == hashes(alone)


def test_a_cluster_that_is_lost_says_how_far_it_got_and_an_ingest_without_it_goes_on(tmp_path, folder, nodes):
    corpus, told = corpus_of(tmp_path, "corpus"), []

    def stop(stage, done, total, detail):
        if stage == "memory" and done and not told:
            told.append(nodes.tell("stop"))

    with pytest.raises(
        ClusterError, match=r"was lost.*Committed are 6 documents and [1-5] volumes.*goes on from there"
    ):
        corpus.ingest(folder, cluster=nodes.address, progress=stop)
    assert corpus.ingest(folder).memory == "ready"
    assert len(hashes(corpus)) == 6


# With what Ray does, and not with Ray: what is made of its errors ----------------------------------------------------


@pytest.fixture
def fate(monkeypatch):
    """Sets what befalls tasks; the address is of something that listens."""
    monkeypatch.syspath_prepend(str(Path(ray_nodes.__file__).parent / "fake_ray"))

    def befalls(what):
        monkeypatch.setenv("MISFORTUNE", what)
        return f"127.0.0.1:{listening.getsockname()[1]}"

    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield befalls


def test_a_volume_whose_workers_die_is_not_adapted_and_the_others_are(tmp_path, folder, fate):
    corpus = corpus_of(tmp_path, "corpus")
    report = corpus.ingest(folder, cluster=fate("crash adapt"))
    notes = sorted(set(report.notes) - {HERE})
    assert len(notes) == 6
    assert "0.txt was not adapted" in notes[0]
    assert "it ended its worker process 3 times, the last time so: it died; ingest again" in notes[0]
    assert report.memory == "behind"
    assert corpus.status().documents == 6
    assert corpus.ingest(folder, cluster=fate("none")).memory == "ready"


def test_texts_that_no_node_embeds_are_embedded_here(tmp_path, folder, fate):
    corpus = Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}})
    corpus._embedder()._cached.clear()
    report = corpus.ingest(folder, cluster=fate("crash embed"))
    assert [note.partition(" texts ")[2].partition(":")[0] for note in report.notes] == [
        "were embedded on this machine, as no node could"
    ]
    assert corpus.search("salt")


@pytest.mark.parametrize("what", ["crash load 2", "node load 4", "lost load 4", "neighbours load"])
def test_what_is_lost_or_dies_of_its_neighbours_is_computed_again(tmp_path, folder, fate, what):
    report = without_memory(tmp_path).ingest(folder, cluster=fate(what))
    assert (len(report.added), report.skipped, report.notes) == (6, (), (HERE,))


def test_rays_way_of_ending_its_process_is_an_error_like_others(tmp_path, folder, fate):
    with pytest.raises(ClusterError, match=r"was lost: .* status 7\. Committed are 6 documents and 0 volumes"):
        corpus_of(tmp_path, "corpus").ingest(folder, cluster=fate("exit adapt"))


def test_what_listens_and_is_no_cluster_is_given_up(tmp_path, folder, fate, monkeypatch):
    monkeypatch.setattr(cluster, "_HELLO_S", 0)
    with pytest.raises(ClusterError, match="answers as a Ray cluster does"):
        without_memory(tmp_path).ingest(folder, cluster=fate("no answer"))


def test_an_ingest_that_waits_for_nodes_can_be_stopped(tmp_path, folder, fate):
    seen = []

    def interrupt(stage, done, total, detail):
        seen.append((stage, done, total, detail))
        if len(seen) > 2 and seen[-1] == seen[-2]:  # nothing came, and it is said again
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        without_memory(tmp_path).ingest(folder, cluster=fate("no node"), progress=interrupt)
    assert seen[-1][0] == "load"


def test_a_node_that_is_set_up_otherwise_is_named(tmp_path, folder, fate, monkeypatch):
    monkeypatch.setattr(cluster, "environment", lambda: {**cluster_tasks.environment(), "pypdf": "0.1"})
    with pytest.raises(
        ClusterError, match=f"{os.uname().nodename} .* pypdf .* and not 0.1; .*Committed are 0 documents"
    ):
        without_memory(tmp_path).ingest(folder, cluster=fate("none"))


def test_a_cluster_that_reports_its_use_to_others_is_named_in_the_report(tmp_path, folder, fate):
    report = without_memory(tmp_path).ingest(folder, cluster=fate("reports"))
    assert "RAY_USAGE_STATS_ENABLED=0" in report.notes[0]


def test_an_embedder_of_ones_own_embeds_here(tmp_path, folder, fate):
    report = without_memory(tmp_path).ingest(folder, cluster=fate("crash embed"))
    assert report.notes == (HERE,)
    assert len(report.added) == 6


# Without a cluster ---------------------------------------------------------------------------------------------------


def test_an_address_at_which_nothing_listens_is_named(tmp_path, folder, fate):
    fate("none")
    with pytest.raises(ClusterError, match=r"127.0.0.1:9 cannot be used: ConnectionRefusedError"):
        corpus_of(tmp_path, "corpus").ingest(folder, cluster="127.0.0.1:9")


@pytest.mark.parametrize("wrong", ["", "local", "http://a:1", "host", "host:x", 6379, True])
def test_what_is_no_address_is_refused(tmp_path, folder, wrong):
    with pytest.raises(InputError, match="cluster is the address"):
        corpus_of(tmp_path, "corpus").ingest(folder, cluster=wrong)


def test_the_command_has_the_cluster_do_it(tmp_path, folder, monkeypatch):
    asked, ingest = [], Corpus.ingest
    command = ["ingest", str(tmp_path / "corpus"), str(folder), "--cluster", "auto"]
    done = CliRunner().invoke(main, [*command, "--workers", "2"])
    assert done.exit_code == 1
    assert "leave one out" in done.stderr
    assert not (tmp_path / "corpus").exists()
    monkeypatch.setattr(Corpus, "ingest", lambda self, *_, **options: asked.append(options) or ingest(self, []))
    assert CliRunner().invoke(main, command).exit_code == 0
    assert [options["cluster"] for options in asked] == ["auto"]


def test_jobs_of_a_server_ingest_on_its_cluster(tmp_path, folder):
    asked = []

    class Noting:
        def of_job(self, name):
            return self

        def ingest(self, inputs, **options):
            asked.append((options["workers"], options["cluster"]))

    settings = ServiceSettings(jobs={"cluster": "head:6379", "workers": 3}).jobs
    request = SimpleNamespace(certificate=None, sources=(), uploaded=False, paths=())
    work = JobWork(Noting(), None, {}, settings.workers, settings.cluster)
    work(SimpleNamespace(job=SimpleNamespace(corpus="a"), request=request), print)
    assert asked == [(1, "head:6379")]


def test_without_ray_the_error_says_what_to_install(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"hybrid-ttt-rag\[ray\]"):
        corpus_of(tmp_path, "corpus").ingest(folder, cluster="auto")


def asked(kind, body=b"[]", **given):
    return cluster_tasks.run(kind, {**given, "environment": cluster_tasks.environment()}, body)


def test_a_node_refuses_to_compute_with_another_model(tmp_path):
    head, _ = asked("embed", name="all-minilm-l6-v2", device="cpu", fingerprint="other", fast=False)
    assert "copy the files" in head["refused"]
    head, _ = asked("embed", name=str(tmp_path / "none"), device="cpu", fingerprint="other", fast=False)
    assert "no model at" in head["refused"]
    assert "copy the files" in head["refused"]
    settings = tiny_settings(tmp_path).model_dump(mode="json")
    head, _ = asked("adapt", b'{"tokens": [5], "exercises": []}', settings=settings, identity="other")
    assert "its language model is" in head["refused"]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")])
def test_a_node_without_enough_memory_says_so(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setitem(cluster_tasks._TASKS, "load", fail)
    assert "out of memory" in asked("load")[0]["exhausted"]


def test_every_package_that_reads_or_computes_has_to_be_the_same_on_nodes(repository):
    aside = {  # of commands, the catalog and the network: nothing that a task gives depends on them
        *("alembic", "cachetools", "click", "filelock", "gguf", "huggingface-hub", "jinja2", "markupsafe", "pydantic"),
        *("pydantic-settings", "pyyaml", "rich", "sqlalchemy", "tomlkit"),
    }
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {one.partition(">")[0].partition("[")[0] for one in project["dependencies"]}
    extras = {
        one.partition(">")[0] for name in ("office", "onnx", "ocr") for one in project["optional-dependencies"][name]
    }
    assert (needed | extras) - aside <= set(cluster_tasks.ALIKE)
