"""The memory as volumes through a corpus: what a removal, a crash, a filter, damage or an older version leave of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_contracts import make_contracts
from old_catalog import to_version_4
from tiny_model import tiny_settings, volume_files, write_tiny_model

import hybrid
from hybrid import _view
from hybrid.answering.mounting import Mount
from hybrid.settings import AccessSettings, AnswerSettings, MemorySettings, Settings
from hybrid.stores.database import connect

QUESTION = "What may be done with deliveries that come late by more than a week?"
LIMIT = 900
"""Tokens of a volume at most, each a byte."""
TEXTS = {f"{chr(ord('h') - n)}.txt": one.text[:400] for n, one in enumerate(make_contracts(8))}
"""Documents whose names are not in the order in which they come."""
SHORT = AnswerSettings(max_new_tokens=8, evidence_tokens=50)
ANYBODY = AccessSettings(required_with_classes=False)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> MemorySettings:
    return tiny_settings(tmp_path_factory.mktemp("model"), volume_tokens=LIMIT)


def documents(*names: str, **access: str) -> list[hybrid.Document]:
    def metadata(name: str) -> hybrid.Metadata:
        return hybrid.Metadata(extra={"access": access[name[0]]} if name[0] in access else {})

    return [hybrid.Document.from_text(TEXTS[name], name, metadata=metadata(name)) for name in names or TEXTS]


def opened(folder: Path, memory: MemorySettings, *given: hybrid.Document) -> hybrid.Corpus:
    corpus = hybrid.Corpus.open(folder, Settings(memory=memory, answer=SHORT, access=ANYBODY))
    if given:
        corpus.ingest(*given)
    return corpus


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, memory: MemorySettings) -> Path:
    """The directory of a corpus of all documents, which nobody changes."""
    folder = tmp_path_factory.mktemp("whole") / "corpus"
    with opened(folder, memory, *documents()) as found:
        assert len(found.training().volumes) > 3
    return folder


@pytest.fixture
def corpus(tmp_path: Path, memory: MemorySettings, whole: Path) -> Iterator[hybrid.Corpus]:
    shutil.copytree(whole, tmp_path / "corpus")
    with opened(tmp_path / "corpus", memory) as found:
        yield found


@pytest.fixture
def mounts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Mount, ...]]:
    """What is mounted, question by question."""
    seen: list[tuple[Mount, ...]] = []
    real = _view.VolumeMemory.mounted

    def mounted(self: _view.VolumeMemory, chosen: tuple[Mount, ...]) -> object:
        seen.append(chosen)
        return real(self, chosen)

    monkeypatch.setattr(_view.VolumeMemory, "mounted", mounted)
    return seen


def file_bytes(corpus: hybrid.Corpus) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (corpus.directory / "volumes").iterdir()}


def volume_of(corpus: hybrid.Corpus, name: str) -> Path:
    """The file of the volume that holds a document."""
    (file,) = (one.file for one in corpus.training().volumes if name in one.sources)
    return corpus.directory / file


def notes(corpus: hybrid.Corpus, question: str = QUESTION, **how: object) -> str:
    answer = corpus.ask(question, route="comprehension", **how)  # type: ignore[arg-type]
    assert answer.found
    return " ".join(answer.notes)


# Mounting ---------------------------------------------------------------------------------------------


def test_a_question_that_names_nothing_mounts_all_volumes_where_none_stands_out_and_a_name_mounts_what_is_found(
    tmp_path: Path, whole: Path, memory: MemorySettings, mounts: list[tuple[Mount, ...]]
) -> None:
    shutil.copytree(whole, tmp_path / "corpus")
    with opened(tmp_path / "corpus", memory.model_copy(update={"volumes_mounted": 2})) as corpus:
        corpus.ask(QUESTION, route="comprehension")
        corpus.ask(QUESTION.replace("deliveries", "deliveries to Wexcombe"), route="comprehension")
        assert (len(mounts[0]), len(mounts[1])) == (len(corpus.training().volumes), 2)
        assert max(mount.weight for mount in mounts[1]) == 1.0


# Removal ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "d.txt", "h.txt"])
def test_a_removal_adapts_one_volume_at_most_and_leaves_the_bytes_of_all_others(
    corpus: hybrid.Corpus, tmp_path: Path, memory: MemorySettings, name: str
) -> None:
    before = file_bytes(corpus)
    gone = volume_of(corpus, name).name
    report = corpus.remove(name)
    after = file_bytes(corpus)
    assert gone not in after
    assert len(after.keys() - before.keys()) <= 1
    assert all(before[kept] == after[kept] for kept in after.keys() & before.keys())
    assert report.trained_tokens <= LIMIT
    with opened(tmp_path / "never", memory, *documents(*(one for one in TEXTS if one != name))) as never:
        assert volume_files(corpus.directory) == volume_files(never.directory)


@pytest.mark.parametrize("name", ["a.txt", "d.txt", "h.txt"])
def test_the_certificate_of_a_removal_is_proved_by_adapting_again(corpus: hybrid.Corpus, name: str) -> None:
    certificate = corpus.remove(name).certificate
    assert certificate is not None
    assert certificate.before
    found = corpus.verify_deletion(certificate.to_json())
    assert (found.failed, found.open) == ((), ())
    assert sum("to the bit" in line for line in found.proved) == len(certificate.after)


def test_a_changed_document_costs_its_volume_alone(corpus: hybrid.Corpus) -> None:
    before, gone = file_bytes(corpus), volume_of(corpus, "d.txt").name
    report = corpus.ingest(hybrid.Document.from_text(TEXTS["d.txt"].replace("e", "a"), "d.txt"))
    assert report.changed == ("d.txt",)
    after = file_bytes(corpus)
    assert gone not in after
    assert report.trained_tokens <= 2 * LIMIT
    assert all(before[kept] == after[kept] for kept in after.keys() & before.keys())


# Crashes ----------------------------------------------------------------------------------------------

KILLED = """
import json, os, sys
import hybrid

def progress(stage, done, total, detail):
    if stage == "memory" and detail.startswith(f"volume {sys.argv[3]} of") and "loss" in detail:
        os._exit(9)  # as a signal would: nothing is cleaned up

corpus = hybrid.Corpus.open(sys.argv[1], hybrid.Settings.model_validate(json.loads(sys.argv[2])))
documents = [hybrid.Document.from_text(text, name) for name, text in json.load(sys.stdin).items()]
corpus.ingest(*documents, progress=progress)
"""


def test_a_killed_process_loses_the_volume_that_was_being_adapted_and_no_other(
    tmp_path: Path, memory: MemorySettings, whole: Path
) -> None:
    settings = Settings(memory=memory, answer=SHORT)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "corpus"), settings.model_dump_json(), "3"]
    ended = subprocess.run(command, input=json.dumps(TEXTS), text=True, capture_output=True)
    assert ended.returncode == 9, ended.stderr
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        assert corpus.status().memory == "behind"
        kept, wanted = volume_files(corpus.directory), volume_files(whole)
        assert len(kept) == 2
        assert kept.items() <= wanted.items()
        finished = corpus.status().trained_tokens
        report = corpus.ingest(*documents())
        assert (report.memory, report.trained_tokens) == ("ready", corpus.status().trained_tokens - finished)
        assert volume_files(corpus.directory) == wanted


# Filters ----------------------------------------------------------------------------------------------


def test_a_filter_mounts_volumes_all_of_whose_documents_pass(
    tmp_path: Path, memory: MemorySettings, mounts: list[tuple[Mount, ...]]
) -> None:
    access = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}  # and three documents of no class
    with opened(tmp_path / "corpus", memory, *documents(**access)) as corpus:
        names = {one.id: one.source for one in corpus.documents()}
        for where, allowed in (
            (hybrid.Filter(metadata={"access": "x"}), set("ab")),
            (hybrid.Filter(metadata={"access": ["x", "y"]}), set("abcde")),
            (hybrid.Filter(sources=["a.txt", "c.txt", "f.txt", "g.txt", "h.txt"]), set("acfgh")),
            (None, set("abcdefgh")),
        ):
            mounts.clear()
            notes(corpus, where=where)
            assert len(mounts) == 1
            held = {names[part.document_id][0] for mount in mounts[0] for part in mount.volume.parts}
            assert held
            assert held <= allowed, where
        mounts.clear()
        assert "none of its volumes" in notes(corpus, where=hybrid.Filter(sources=["a.txt"]))
        assert mounts == []


def test_volumes_follow_a_document_whose_class_of_access_has_changed(tmp_path: Path, memory: MemorySettings) -> None:
    with opened(tmp_path / "corpus", memory, *documents("a.txt", "b.txt", a="x", b="x")) as corpus:
        assert [one.sources for one in corpus.training().volumes] == [("a.txt", "b.txt")]
        corpus.ingest(*documents("a.txt", a="y"))
        classes = {one.sources: one.access_class for one in corpus.training().volumes}
        assert classes == {("a.txt",): '{"access": "y"}', ("b.txt",): '{"access": "x"}'}


def test_volumes_follow_the_metadata_that_the_settings_name(tmp_path: Path, memory: MemorySettings) -> None:
    named = {"a.txt": "one", "b.txt": "two"}
    given = [
        hybrid.Document.from_text(TEXTS[name], name, metadata=hybrid.Metadata(extra={"matter": matter}))
        for name, matter in named.items()
    ]
    with opened(tmp_path / "corpus", memory, *given) as corpus:
        assert [one.sources for one in corpus.training().volumes] == [("a.txt", "b.txt")]
    with opened(tmp_path / "corpus", memory.model_copy(update={"separate_by": ("matter",)}), *given) as corpus:
        assert {one.sources for one in corpus.training().volumes} == {("a.txt",), ("b.txt",)}


# Damage -----------------------------------------------------------------------------------------------


def missing(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize("spoil", [missing, damaged, cut_short])
def test_a_volume_whose_file_is_not_what_was_written_is_named_and_the_index_answers(
    corpus: hybrid.Corpus, whole: Path, mounts: list[tuple[Mount, ...]], spoil: Callable[[Path], None]
) -> None:
    notes(corpus)
    corpus.close()
    path = corpus.directory / mounts[0][0].volume.stored.file
    spoil(path)
    with hybrid.Corpus.open(corpus.directory) as reopened:
        said = notes(reopened)
        assert "The memory did not answer" in said
        assert f"{path}" in said
        assert "ingest again" in said
        assert reopened.search(QUESTION)
        report = reopened.ingest(*documents())
        assert (report.memory, len(report.unchanged)) == ("ready", len(TEXTS))
        assert report.trained_tokens == mounts[0][0].volume.tokens  # that volume's and no more
        assert volume_files(reopened.directory) == volume_files(whole)
        assert "did not answer" not in notes(reopened)


def test_volumes_of_another_model_are_not_mounted_until_they_are_adapted_again(
    corpus: hybrid.Corpus, tmp_path: Path, memory: MemorySettings
) -> None:
    before = volume_files(corpus.directory)
    corpus.close()
    other = memory.model_copy(update={"model": str(write_tiny_model(tmp_path / "other", seed=1))})
    with opened(corpus.directory, other) as reopened:
        said = notes(reopened)
        assert "made by another model" in said
        assert "ingest again" in said
        report = reopened.ingest(*documents())
        assert (report.memory, report.trained_tokens) == ("ready", reopened.status().trained_tokens)
        assert not before.items() & volume_files(reopened.directory).items()
        assert "did not answer" not in notes(reopened)


@pytest.mark.parametrize(
    "setting", [{"window": 48}, {"sinks": 3}, {"mini_batch": 8}, {"learning_rate": 0.5}, {"clip": 2}]
)
def test_with_settings_that_a_volume_depends_on_all_are_adapted_again(
    tmp_path: Path, memory: MemorySettings, setting: dict[str, float]
) -> None:
    first = documents("a.txt", "b.txt")
    with opened(tmp_path / "corpus", memory, *first) as corpus:
        (before,) = volume_files(corpus.directory).items()
    with opened(tmp_path / "corpus", memory.model_copy(update=setting), *first) as corpus:
        assert corpus.status().memory == "ready"
        assert before not in volume_files(corpus.directory).items()


# Older versions ---------------------------------------------------------------------------------------


def test_a_corpus_of_snapshots_opens_says_that_it_is_behind_and_the_next_ingest_makes_volumes(
    corpus: hybrid.Corpus, tmp_path: Path
) -> None:
    wanted = volume_files(corpus.directory)
    old = corpus.directory / "memory" / "default" / "9.safetensors"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"the fast weights of one stream")
    for path in (corpus.directory / "volumes").iterdir():
        path.unlink()
    stored = json.loads(corpus._catalog.info("settings") or "")
    corpus._catalog.set_info("settings", json.dumps(stored | {"memory": stored["memory"] | {"snapshot_every": 50_000}}))
    with connect(corpus._catalog._engine, write=True) as connection:
        to_version_4(connection, "memory/default/9.safetensors")
    corpus.close()
    with hybrid.Corpus.open(corpus.directory) as reopened:
        assert (reopened.status().memory, reopened.status().trained_tokens) == ("behind", 0)
        assert reopened.settings == corpus.settings
        assert "has not been trained on the corpus yet; ingest again" in notes(reopened)
        assert reopened.search(QUESTION)
        report = reopened.ingest(*documents())
        assert (report.memory, len(report.unchanged)) == ("ready", len(TEXTS))
        assert volume_files(reopened.directory) == wanted
        assert not (reopened.directory / "memory").exists()


def test_a_removal_from_a_corpus_of_snapshots_deletes_them_with_the_document(
    tmp_path: Path, memory: MemorySettings
) -> None:
    with opened(tmp_path / "corpus", memory, *documents()) as corpus:
        with connect(corpus._catalog._engine, write=True) as connection:
            to_version_4(connection, "memory/default/9.safetensors")
        old = corpus.directory / "memory" / "default" / "9.safetensors"
        old.parent.mkdir(parents=True)
        old.write_bytes(b"the fast weights of one stream")
    off = Settings(memory=memory.model_copy(update={"enabled": False}))
    with hybrid.Corpus.open(tmp_path / "corpus", off) as reopened:
        reopened.remove("a.txt")
        assert not (reopened.directory / "memory").exists()


def test_a_setting_that_means_nothing_any_more_is_refused_where_it_is_given_now(tmp_path: Path) -> None:
    with pytest.raises(hybrid.HybridError, match="snapshot_every"):
        hybrid.Corpus.open(tmp_path / "corpus", {"memory": {"snapshot_every": 50_000}})
    assert not (tmp_path / "corpus").exists()


# What is said of it -----------------------------------------------------------------------------------


def test_the_status_says_how_many_volumes_there_are_and_what_they_gain(corpus: hybrid.Corpus) -> None:
    status, training = corpus.status(), corpus.training()
    assert (status.volumes, status.unmounted) == (len(training.volumes), 0)
    assert status.gain == training.gain
    assert f"{status.gain:.2f} nats" in str(status)


def test_mounted_sets_are_cached_and_bounded(corpus: hybrid.Corpus, mounts: list[tuple[Mount, ...]]) -> None:
    view = corpus._view
    notes(corpus)
    view = corpus._view
    assert view is not None
    memory = view.answerer._memory
    assert isinstance(memory, _view.VolumeMemory)
    session = memory.mounted(mounts[0])
    assert memory.mounted(mounts[0]) is session
    rows = corpus._catalog.volumes()
    for weight in range(1, _view._SETS + 1):
        memory.mounted((Mount(rows[0], float(weight) / 8),))
    assert len(memory._cached) == _view._SETS
    assert memory.mounted(mounts[0]) is not session
