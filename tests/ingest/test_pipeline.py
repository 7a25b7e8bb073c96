"""Ingest and removal: incremental, safe to interrupt, and every document is in the memory's volumes exactly once.

The embedder hashes words, and a volume of the memory is the list of tokens that it was adapted to, so that what a real
one would have learned can be compared exactly.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import pytest
import torch
from catalogs import catalog_in
from full_text_check import full_text_agrees

from hybrid.errors import (
    CorpusError,
    CorpusLockedError,
    DocumentChangedError,
    InputError,
    SettingsError,
    SourceNotFoundError,
)
from hybrid.ingest import execution, pipeline
from hybrid.ingest.loaders import loading
from hybrid.ingest.pipeline import ingest, remove
from hybrid.settings import IngestSettings, MemorySettings, Settings
from hybrid.stores import commits, transaction, volumes
from hybrid.stores.database import connect
from hybrid.stores.rows import StoredFile
from hybrid.stores.vectors import FaissIndex
from hybrid.ttt.calibration import Step
from hybrid.types.documents import Document
from hybrid.types.reports import VolumeReport

MOST = 1000
"""Tokens of a volume at most."""
SETTINGS = Settings(
    ingest=IngestSettings(chunk_tokens=16, chunk_overlap_tokens=4), memory=MemorySettings(volume_tokens=MOST)
)
END = 7  # the end-of-document token


class HashEmbedder:
    dimension = 8
    max_tokens = 256

    def __init__(self, fingerprint="hash-1"):
        self.fingerprint = fingerprint
        self.texts: list[str] = []
        self.interrupt_after = None

    def offsets(self, text):
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]

    def encode(self, texts, progress=None, *, bulk=False):
        if self.interrupt_after is not None and len(self.texts) + len(texts) > self.interrupt_after:
            raise KeyboardInterrupt
        self.texts.extend(texts)
        if progress:
            progress(len(texts))
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts]
        vectors = np.array([np.random.default_rng(seed).normal(size=8) for seed in seeds], np.float32).reshape(-1, 8)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class ListMemory:
    """One token a character; a volume is the list of its tokens, taken in mini-batches of 100."""

    end_of_document = END
    uncalibrated = False

    def __init__(self, fingerprint="list-1"):
        self.fingerprint = self.volume_identity = fingerprint
        self.tokens = 0
        self.stop_at = None
        self.harm = {}  # the word that a volume's text has: why it must not be mounted

    def encode(self, text):
        return [ord(character) for character in text]

    def adapt_volume(self, tokens, on_step=None, exercises=()):
        for at in range(0, len(tokens), 100):
            if self.stop_at is not None and self.tokens >= self.stop_at:
                raise KeyboardInterrupt
            self.tokens += len(tokens[at : at + 100])
            if on_step:
                on_step(min(at + 100, len(tokens)), 2.0)
        text = "".join(map(chr, tokens))
        harm = next((why for word, why in self.harm.items() if word in text), None)
        tensors = {"tokens": torch.tensor(tokens, dtype=torch.int64)}
        return tensors, hashlib.sha256(text.encode()).hexdigest(), VolumeReport(loss=2.0, harm=harm)


class UncalibratedMemory(ListMemory):
    """One whose step is found on a text: that of an optimizer named by the text's first word."""

    def __init__(self):
        super().__init__()
        self.uncalibrated = True
        self.calibrated_on = []

    def calibrate(self, tokens, on_try=None):
        text = "".join(map(chr, tokens))
        self.calibrated_on.append(text)
        return None if len(tokens) < 100 else Step(text.split()[0], 0.5)

    def with_step(self, step):
        other = ListMemory(self.fingerprint)
        other.volume_identity = f"{self.fingerprint}, {step}"
        return other


class Corpus:
    """A folder of files, and a corpus directory."""

    def __init__(self, root: Path) -> None:
        self.files, self.directory = root / "files", root / "corpus"
        self.files.mkdir(parents=True)
        self.catalog = catalog_in(self.directory)
        self.embedder, self.memory = HashEmbedder(), ListMemory()

    def write(self, name, body):
        path = self.files / name
        path.parent.mkdir(exist_ok=True)
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        os.utime(path, ns=(before + 10**9, before + 10**9))  # a file system's clock may be coarse
        return path

    def ingest(self, *inputs, **changes):
        arguments = {"embedder": self.embedder, "memory": self.memory, "settings": SETTINGS} | changes
        return ingest(self.catalog, self.directory, inputs=inputs or [self.files], **arguments)

    def remove(self, name, **changes):
        return remove(
            self.catalog, self.directory, source=name, **{"memory": self.memory, "settings": SETTINGS} | changes
        )

    def name(self, name):
        return str(self.files / name)

    def volumes(self):
        """The text that each volume was adapted to, by its digest."""
        rows = self.catalog.volumes()
        tensors = [volumes.load_volume(self.directory, row.stored)["tokens"] for row in rows]
        assert [row.tokens for row in rows] == [len(tokens) for tokens in tensors]
        return {row.digest: "".join(map(chr, ids.tolist())) for row, ids in zip(rows, tensors, strict=True)}

    def adapted(self):
        """What the volumes were adapted to, in the order of documents, as text."""
        texts, pieces = self.volumes(), {}
        for row in self.catalog.volumes():
            at = 0
            for part in row.parts:
                pieces[part.document_id, part.start] = texts[row.digest][at : at + part.end - part.start]
                at += part.end - part.start
        return "".join(pieces[key] for key in sorted(pieces))

    def check(self):
        """What must hold after whatever happened: index, full text and catalog agree, and no stray files."""
        commit = self.catalog.commit()
        ids, vectors = self.catalog.vectors()
        if commit is not None:
            path = commits.verified_index(self.directory, StoredFile(commit.index_file, commit.index_sha256))
            index = FaissIndex.load(path)
            assert len(index) == len(ids)
            if len(ids):
                assert sorted(index.search(vectors, 1)[1][:, 0].tolist()) == ids.tolist()
        with connect(self.catalog._engine, write=True) as connection:
            assert full_text_agrees(connection)
        named = {row.stored.file for row in self.catalog.volumes()}
        assert {f"volumes/{path.name}" for path in (self.directory / "volumes").glob("*")} == named
        if commit is not None:
            assert commit.tokens == sum(map(len, self.volumes().values()))
            assert (commit.memory_state == "ready") <= (self.adapted() == self.everything())
        assert len(list((self.directory / "commits").glob("*"))) <= 2

    def everything(self):
        return "".join(self.catalog.text(row.id) + chr(END) for row in self.catalog.documents())


@pytest.fixture
def corpus(tmp_path):
    made = Corpus(tmp_path)
    yield made
    made.check()
    made.catalog.close()


def prose(name: str, words: int = 60) -> str:
    return " ".join(f"{name}{number}" for number in range(words)) + "."


def fail(error):
    def raising(*_, **__):
        raise error

    return raising


# Incremental ---------------------------------------------------------------------------------------


def test_new_files_are_added_embedded_and_read(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.write("sub/b.txt", prose("beta"))
    report = corpus.ingest()
    assert report.added == (corpus.name("a.txt"), corpus.name("sub/b.txt"))
    assert report.chunks == len(corpus.catalog.vectors()[0])
    assert len(corpus.embedder.texts) == report.chunks + 2  # each document is one sentence
    assert report.memory == "ready"
    assert corpus.adapted() == corpus.everything()
    assert report.trained_tokens == len(corpus.everything())
    assert report.loss == 2.0
    assert report.commit == corpus.catalog.commit().n
    assert set(report.seconds) == {"discover", "load", "embed", "index", "memory"}


def test_unchanged_files_are_not_even_read(corpus, monkeypatch):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    before = corpus.catalog.commit()
    monkeypatch.setattr(execution, "read_bytes", fail(AssertionError("it was read")))
    report = corpus.ingest(memory=ListMemory())
    assert report.unchanged == (corpus.name("a.txt"),)
    assert (report.trained_tokens, report.chunks, report.added) == (0, 0, ())
    assert corpus.catalog.commit() == before


def test_a_file_with_a_new_mtime_is_read_once_more_and_is_unchanged(corpus, monkeypatch):
    path = corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    os.utime(path, ns=(5, 5))
    report = corpus.ingest()
    assert (report.unchanged, report.chunks, report.trained_tokens) == ((str(path),), 0, 0)
    monkeypatch.setattr(execution, "read_bytes", fail(AssertionError("it was read")))
    assert corpus.ingest().unchanged == (str(path),)


def test_a_changed_file_replaces_its_old_version(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    path = corpus.write("a.txt", prose("omega"))
    report = corpus.ingest()
    assert (report.changed, report.added) == ((str(path),), ())
    assert [corpus.catalog.text(row.id) for row in corpus.catalog.documents()] == [prose("omega")]
    assert corpus.catalog.search_lexical('"alpha7"', 5) == []
    assert corpus.adapted() == prose("omega") + chr(END)


def test_identical_files_are_recorded_once(corpus):
    for name in ("a.txt", "b.txt"):
        corpus.write(name, prose("alpha"))
    first = corpus.ingest()
    embedded = len(corpus.embedder.texts)
    corpus.write("c.txt", prose("alpha"))
    second = corpus.ingest()
    assert (first.added, first.duplicates) == ((corpus.name("a.txt"),), (corpus.name("b.txt"),))
    assert (second.added, second.duplicates) == ((), (corpus.name("c.txt"),))
    assert len(corpus.embedder.texts) == embedded
    (row,) = corpus.catalog.documents()
    assert (row.source, row.aliases) == (corpus.name("a.txt"), (corpus.name("b.txt"), corpus.name("c.txt")))
    assert (second.memory, second.trained_tokens) == ("ready", 0)


def test_a_file_that_became_a_copy_of_another_is_not_embedded_again(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.write("b.txt", prose("beta"))
    corpus.ingest()
    embedded = len(corpus.embedder.texts)
    corpus.write("b.txt", prose("alpha"))
    report = corpus.ingest()
    assert report.changed == report.duplicates == (corpus.name("b.txt"),)
    assert len(corpus.embedder.texts) == embedded
    assert corpus.adapted() == prose("alpha") + chr(END)


def test_a_file_that_is_gone_stays_until_it_is_removed(corpus):
    path = corpus.write("a.txt", prose("alpha"))
    corpus.write("b.txt", prose("beta"))
    corpus.ingest()
    path.unlink()
    corpus.ingest()
    assert len(corpus.catalog.documents()) == 2


def test_document_objects_are_taken_beside_files(corpus):
    corpus.write("a.txt", prose("alpha"))
    document = Document.from_text(prose("beta"), "memo 1")
    assert corpus.ingest(corpus.files, document).added == (corpus.name("a.txt"), "memo 1")
    assert corpus.ingest(document).unchanged == ("memo 1",)
    assert corpus.ingest(Document.from_text(prose("gamma"), "memo 1")).changed == ("memo 1",)


def mail(*attachments: tuple[str, str]) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "The draft", "ann@acme.example.com"
    message.set_content("Please see what is attached to this mail.")
    for name, body in attachments:
        message.add_attachment(body, filename=name)
    return message.as_bytes()


def test_attachments_come_and_go_with_their_mail(corpus):
    path = corpus.write("m.eml", mail(("a.txt", prose("alpha")), ("b.txt", prose("beta"))))
    assert corpus.ingest().added == (str(path), f"{path}#a.txt", f"{path}#b.txt")
    embedded = len(corpus.embedder.texts)
    corpus.write("m.eml", mail(("b.txt", prose("beta"))).replace(b"Please", b"Kindly"))
    assert corpus.ingest().changed == (str(path),)
    assert [row.source for row in corpus.catalog.sources()] == [str(path), f"{path}#b.txt"]
    assert len(corpus.embedder.texts) < embedded + 6  # the attachment that stayed was not embedded again
    assert corpus.remove(str(path)).removed == (str(path), f"{path}#b.txt")
    assert corpus.catalog.documents() == []


def test_a_copy_of_a_mail_has_its_attachments_too(corpus):
    content = mail(("a.txt", prose("alpha")))
    first = corpus.write("m.eml", content)
    corpus.ingest()
    copy = corpus.write("n.eml", content)
    assert corpus.ingest().duplicates == (str(copy), f"{copy}#a.txt")
    corpus.remove(str(first))
    assert [row.source for row in corpus.catalog.documents()] == [str(copy), f"{copy}#a.txt"]


# Bad input -----------------------------------------------------------------------------------------


def test_a_bad_file_is_skipped_with_its_reason_and_costs_no_other(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.write("empty.txt", "")
    report = corpus.ingest()
    assert report.added == (corpus.name("a.txt"),)
    assert [(entry.source, entry.code) for entry in report.skipped] == [(corpus.name("empty.txt"), "empty")]


def test_a_file_that_can_no_longer_be_read_keeps_its_old_version(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    corpus.write("a.txt", "")
    report = corpus.ingest()
    assert "the version ingested before is kept" in report.skipped[0].reason
    assert corpus.catalog.text(1) == prose("alpha")
    assert report.memory == "ready"


def test_a_file_that_changes_while_it_is_read_is_read_once_more_then_skipped(corpus, monkeypatch):
    corpus.write("a.txt", prose("alpha"))
    real, calls = loading.read_bytes, []

    def changing(found, settings):
        calls.append(found.source)
        if len(calls) < limit:
            raise DocumentChangedError(found.source, "it changed")
        return real(found, settings)

    monkeypatch.setattr(execution, "read_bytes", changing)
    limit = 9
    assert [entry.code for entry in corpus.ingest().skipped] == ["changed"]
    assert len(calls) == 2
    limit = 4
    assert corpus.ingest().added == (corpus.name("a.txt"),)


def test_text_with_nul_characters_is_skipped(corpus):
    report = corpus.ingest(Document.from_text("nul \x00 inside", "memo"), Document.from_text(prose("beta"), "other"))
    assert [(entry.source, entry.code) for entry in report.skipped] == [("memo", "damaged")]
    assert report.added == ("other",)


def test_a_path_that_does_not_exist_changes_nothing(corpus):
    with pytest.raises(InputError):
        corpus.ingest(corpus.files / "nothing.txt")
    assert corpus.catalog.commit() is None


def test_another_embedder_is_refused(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    with pytest.raises(SettingsError, match=r"hash-1.*hash-2"):
        corpus.ingest(embedder=HashEmbedder("hash-2"))


def test_a_second_writer_is_refused(corpus):
    other = catalog_in(corpus.directory)
    with other, other.write_lock(corpus.directory), pytest.raises(CorpusLockedError):
        corpus.ingest()
    corpus.ingest(Document.from_text(prose("alpha"), "memo"))
    other = catalog_in(corpus.directory)
    with other, other.write_lock(corpus.directory), pytest.raises(CorpusLockedError):
        corpus.remove("memo")


# Interruptions and failures -------------------------------------------------------------------------


def test_what_was_embedded_before_an_interruption_is_kept(corpus, monkeypatch):
    monkeypatch.setattr(pipeline, "GROUP_CHUNKS", 1)
    for number in range(6):
        corpus.write(f"{number}.txt", prose(f"word{number}x"))
    corpus.embedder.interrupt_after = 12
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    kept = len(corpus.catalog.documents())
    assert 0 < kept < 6
    assert corpus.catalog.commit().memory_state == "behind"
    corpus.check()
    corpus.embedder.interrupt_after = None
    before = len(corpus.embedder.texts)
    report = corpus.ingest()
    assert (len(report.unchanged), len(report.added)) == (kept, 6 - kept)
    assert len(corpus.embedder.texts) == before + report.chunks + 6 - kept  # chunks, and a sentence a document
    assert corpus.adapted() == corpus.everything()


def test_sentences_are_embedded_unless_the_settings_say_no(corpus):
    corpus.write("a.txt", "The term is two years. It ends in May.")
    corpus.ingest()
    assert len(corpus.catalog.sentences(1, 0, 100)) == 2
    without = SETTINGS.model_copy(update={"ingest": SETTINGS.ingest.model_copy(update={"sentence_vectors": False})})
    corpus.write("b.txt", "Another one. It ends in June.")
    corpus.ingest(settings=without)
    assert corpus.catalog.sentences(2, 0, 100) == []


def test_long_ingests_are_committed_in_batches(corpus, monkeypatch):
    monkeypatch.setattr(pipeline, "GROUP_CHUNKS", 4)
    monkeypatch.setattr(pipeline, "BATCH_CHUNKS", (8, 8))
    for number in range(6):
        corpus.write(f"{number}.txt", prose(f"word{number}x"))
    corpus.ingest(memory=None)
    assert corpus.catalog.commit().n >= 3


@pytest.mark.parametrize("failing", ["write_index", "record_commit"])
def test_a_crash_before_the_commit_leaves_the_old_commit(corpus, monkeypatch, failing):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    before, body = corpus.catalog.commit(), corpus.adapted()
    corpus.write("b.txt", prose("beta"))
    home = commits if failing == "write_index" else transaction.Transaction
    with monkeypatch.context() as patch:
        patch.setattr(home, failing, fail(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            corpus.ingest()
    assert corpus.catalog.commit() == before
    assert [row.source for row in corpus.catalog.documents()] == [corpus.name("a.txt")]
    assert corpus.adapted() == body
    index = commits.verified_index(corpus.directory, StoredFile(before.index_file, before.index_sha256))
    assert len(FaissIndex.load(index)) == len(corpus.catalog.vectors()[0])
    assert corpus.ingest().added == (corpus.name("b.txt"),)
    assert corpus.adapted() == corpus.everything()


def test_a_removal_that_fails_removes_nothing(corpus, monkeypatch):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    with monkeypatch.context() as patch:
        patch.setattr(transaction.Transaction, "record_commit", fail(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            corpus.remove(corpus.name("a.txt"))
    assert corpus.catalog.search_lexical('"alpha7"', 5)
    assert corpus.catalog.commit().memory_state == "ready"


@pytest.mark.parametrize("full", ["index", "volume"])
def test_a_full_disk_keeps_what_was_committed(corpus, monkeypatch, full):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    corpus.write("b.txt", prose("beta"))
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with monkeypatch.context() as patch:
        if full == "index":
            patch.setattr(FaissIndex, "save", fail(error))
        else:
            patch.setattr(volumes, "write_atomically", fail(error))
        with pytest.raises(CorpusError, match="free some space"):
            corpus.ingest()
    corpus.check()
    assert len(corpus.catalog.documents()) == (1 if full == "index" else 2)
    assert corpus.ingest().memory == "ready"
    assert corpus.adapted() == corpus.everything()


def test_a_damaged_index_is_built_again_without_embedding(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    (corpus.directory / corpus.catalog.commit().index_file).write_bytes(b"damaged")
    embedded = len(corpus.embedder.texts)
    report = corpus.ingest()
    assert "the index was rebuilt" in report.notes[0]
    assert len(corpus.embedder.texts) == embedded
    assert report.memory == "ready"
    assert list((corpus.directory / "quarantine").iterdir())


# The memory ----------------------------------------------------------------------------------------


def test_volumes_that_a_new_document_does_not_join_stay_as_they_are(corpus):
    corpus.write("b.txt", prose("beta", 200))
    corpus.ingest()
    before = corpus.volumes()
    corpus.write("a.txt", prose("alpha", 200))
    report = corpus.ingest()
    assert corpus.adapted() == corpus.everything()
    assert report.trained_tokens == len(prose("alpha", 200)) + 1
    assert before.items() <= corpus.volumes().items()


def test_documents_that_fit_share_a_volume_and_a_long_one_has_several(corpus):
    for name in ("a.txt", "b.txt"):
        corpus.write(f"letters/{name}", prose(name, 20))
    corpus.write("book/long.txt", prose("gamma", 400))
    corpus.ingest()
    texts = corpus.volumes().values()
    shared = [text for text in texts if "gamma" not in text]
    assert shared == [prose("a.txt", 20) + chr(END) + prose("b.txt", 20) + chr(END)]
    assert len(texts) == 1 + -(-(len(prose("gamma", 400)) + 1) // MOST)
    assert max(map(len, texts)) <= MOST


@pytest.mark.parametrize("stop", [0, 100, 1000, 1001, 1900, 2500, 4400])
def test_an_interruption_loses_the_volume_that_was_being_adapted_and_no_other(corpus, stop):
    corpus.write("a.txt", prose("alpha", 400))
    corpus.write("b.txt", prose("beta", 200))
    corpus.memory.stop_at = stop
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    assert corpus.catalog.commit().memory_state == "behind"
    corpus.check()
    done = corpus.volumes()
    finished = sum(map(len, done.values()))
    assert corpus.memory.tokens - MOST < finished <= corpus.memory.tokens
    corpus.memory = ListMemory()
    report = corpus.ingest()
    assert corpus.adapted() == corpus.everything()
    assert report.trained_tokens == len(corpus.everything()) - finished
    assert report.memory == "ready"
    assert done.items() <= corpus.volumes().items()


def test_an_interruption_ends_in_the_volumes_of_an_ingest_that_was_not_interrupted(corpus, tmp_path):
    corpus.write("a.txt", prose("alpha", 400))
    corpus.write("b.txt", prose("beta", 200))
    corpus.memory.stop_at = 2500
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    corpus.memory = ListMemory()
    corpus.ingest()
    whole = Corpus(tmp_path / "whole")
    ingest(whole.catalog, whole.directory, whole.embedder, whole.memory, [corpus.files], SETTINGS)
    assert whole.volumes() == corpus.volumes()
    whole.catalog.close()


def test_a_volume_that_does_harm_is_recorded_and_not_mounted_and_the_report_says_why(corpus):
    corpus.write("a.txt", prose("alpha", 100))
    corpus.write("b.txt", prose("beta", 100))
    corpus.memory.harm = {"alpha": "the loss of its own text is 11.30 nats with it and 4.20 without"}
    report = corpus.ingest()
    assert (report.memory, report.added) == ("ready", (corpus.name("a.txt"), corpus.name("b.txt")))
    (note,) = report.notes
    assert note.startswith(f"the volume of {corpus.name('a.txt')} is not used: the loss of its own text is 11.30 nats")
    mounted = {"alpha" in corpus.volumes()[row.digest]: row.mounted for row in corpus.catalog.volumes()}
    assert mounted == {True: False, False: True}
    assert corpus.ingest().trained_tokens == 0  # it is not tried again each time


@pytest.mark.parametrize("gone", [0, 3, 4])
def test_removal_ends_in_the_volumes_of_a_corpus_that_never_held_the_document(tmp_path, gone):
    corpus, never = Corpus(tmp_path / "one"), Corpus(tmp_path / "other")
    documents = [Document.from_text(prose(f"word{number}x", 40), f"{number}.txt") for number in range(5)]
    for document in documents:
        corpus.ingest(document)
    before = corpus.volumes()
    report = corpus.remove(f"{gone}.txt")
    assert report.removed == (f"{gone}.txt",)
    assert report.memory == "ready"
    never.ingest(*(document for number, document in enumerate(documents) if number != gone))
    assert corpus.volumes() == never.volumes()
    assert len(corpus.volumes().keys() - before.keys()) <= 1
    assert report.trained_tokens <= MOST
    for one in (corpus, never):
        one.check()
        one.catalog.close()


def test_what_held_a_removed_document_is_gone_with_the_commit_that_removes_it(corpus):
    corpus.write("one/a.txt", prose("alpha", 40))
    corpus.write("one/b.txt", prose("beta", 40))
    corpus.write("two/c.txt", prose("gamma", 400))
    corpus.ingest()
    (corpus.files / "one/a.txt").unlink()
    corpus.memory = ListMemory()
    corpus.memory.stop_at = 0
    with pytest.raises(KeyboardInterrupt):
        corpus.remove(corpus.name("one/a.txt"))
    assert corpus.catalog.commit().memory_state == "behind"
    assert "gamma" in corpus.adapted()
    files = [path for path in corpus.directory.rglob("*") if path.is_file()]
    pattern = np.array([ord(character) for character in "alpha1"], np.int64).tobytes()
    assert all(pattern not in path.read_bytes() for path in files)
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    assert corpus.catalog.commit().memory_state == "behind"
    corpus.memory = ListMemory()
    report = corpus.ingest()
    assert report.memory == "ready"
    assert report.trained_tokens == len(prose("beta", 40)) + 1
    assert corpus.adapted() == corpus.everything()


def test_a_removal_without_a_memory_drops_its_volumes_too(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.write("b.txt", prose("beta"))
    corpus.ingest()
    corpus.remove(corpus.name("a.txt"), memory=None)
    assert "alpha" not in corpus.adapted()


def test_removing_a_document_that_was_in_no_volume_leaves_the_memory_alone(corpus):
    corpus.write("a.txt", prose("alpha", 300))
    corpus.ingest()
    before = corpus.volumes()
    corpus.write("b.txt", prose("beta", 300))
    corpus.memory.stop_at = 0
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    assert corpus.catalog.commit().memory_state == "behind"
    corpus.memory = ListMemory()
    assert corpus.remove(corpus.name("b.txt")).trained_tokens == 0
    assert corpus.catalog.commit().memory_state == "ready"
    assert corpus.volumes() == before


def test_removing_one_of_two_names_leaves_document_and_memory_alone(corpus):
    for name in ("a.txt", "b.txt"):
        corpus.write(name, prose("alpha"))
    corpus.ingest()
    report = corpus.remove(corpus.name("a.txt"))
    assert (report.memory, report.trained_tokens) == ("ready", 0)
    assert [row.source for row in corpus.catalog.documents()] == [corpus.name("b.txt")]


def test_removing_everything_leaves_an_empty_corpus_that_can_be_filled_again(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    report = corpus.remove(corpus.name("a.txt"))
    assert (report.memory, corpus.adapted()) == ("none", "")
    corpus.write("b.txt", prose("beta"))
    assert corpus.ingest(corpus.files / "b.txt").memory == "ready"
    assert corpus.adapted() == corpus.everything()


def test_a_source_that_is_not_there_is_named_with_those_like_it(corpus):
    corpus.write("draft.txt", prose("alpha"))
    corpus.ingest()
    with pytest.raises(SourceNotFoundError, match=r"did you mean .*/draft\.txt"):
        corpus.remove(corpus.name("drafd.txt"))
    with pytest.raises(SourceNotFoundError, match=r"did you mean .*/draft\.txt"):
        corpus.remove("x/draft.txt")
    assert len(corpus.catalog.documents()) == 1


def test_without_a_memory_the_state_is_none_and_one_can_be_had_later(corpus):
    corpus.write("a.txt", prose("alpha"))
    assert corpus.ingest(memory=None).memory == "none"
    report = corpus.ingest()
    assert report.memory == "ready"
    assert corpus.adapted() == corpus.everything()


def test_with_another_model_all_volumes_are_adapted_again(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.ingest()
    corpus.memory = ListMemory("list-2")
    report = corpus.ingest()
    assert (report.memory, report.trained_tokens) == ("ready", len(corpus.everything()))
    assert {row.identity for row in corpus.catalog.volumes()} == {"list-2"}


def test_an_ingest_with_another_model_that_is_interrupted_keeps_the_volumes_that_have_no_successor_yet(corpus):
    corpus.write("a.txt", prose("alpha", 400))
    corpus.ingest()
    corpus.memory = ListMemory("list-2")
    corpus.memory.stop_at = MOST
    with pytest.raises(KeyboardInterrupt):
        corpus.ingest()
    assert corpus.catalog.commit().memory_state == "behind"
    assert {row.identity for row in corpus.catalog.volumes()} == {"list-1", "list-2"}
    corpus.memory = ListMemory("list-2")
    assert corpus.ingest().memory == "ready"
    assert {row.identity for row in corpus.catalog.volumes()} == {"list-2"}


def test_a_model_without_a_known_step_is_calibrated_once_and_the_step_is_stored_with_the_corpus(corpus):
    corpus.write("a.txt", prose("alpha"))
    corpus.write("b.txt", prose("beta", 300))
    corpus.memory = memory = UncalibratedMemory()
    assert corpus.ingest().memory == "ready"
    (text,) = memory.calibrated_on
    assert "beta" in text  # the longest volume
    identity = f"list-1, {Step(text.split()[0], 0.5)}"
    assert {row.identity for row in corpus.catalog.volumes()} == {identity}
    corpus.memory = again = UncalibratedMemory()
    corpus.write("c.txt", prose("gamma", 400))
    assert corpus.ingest().memory == "ready"
    assert again.calibrated_on == []
    assert {row.identity for row in corpus.catalog.volumes()} == {identity}


def test_a_corpus_too_short_to_calibrate_on_is_calibrated_when_it_has_grown(corpus):
    corpus.write("a.txt", prose("alpha", 5))
    corpus.memory = UncalibratedMemory()
    assert corpus.ingest().memory == "ready"
    assert {row.identity for row in corpus.catalog.volumes()} == {"list-1"}
    corpus.write("b.txt", prose("beta", 100))
    report = corpus.ingest()
    assert report.memory == "ready"
    assert len({row.identity for row in corpus.catalog.volumes()} - {"list-1"}) == 1
    assert corpus.adapted() == corpus.everything()


def test_another_length_of_volumes_cuts_the_corpus_again(corpus):
    corpus.write("a.txt", prose("alpha", 300))
    corpus.ingest()
    shorter = SETTINGS.model_copy(update={"memory": SETTINGS.memory.model_copy(update={"volume_tokens": 700})})
    report = corpus.ingest(settings=shorter)
    assert (report.memory, report.trained_tokens) == ("ready", len(corpus.everything()))
    assert max(map(len, corpus.volumes().values())) <= 700


# Progress ------------------------------------------------------------------------------------------


def test_progress_goes_forward_to_its_end(corpus):
    for number in range(3):
        corpus.write(f"{number}.txt", prose(f"word{number}x", 200))
    seen: dict[str, list[tuple[int, int]]] = {}
    corpus.ingest(progress=lambda stage, done, total, detail: seen.setdefault(stage, []).append((done, total)))
    assert list(seen) == ["discover", "load", "embed", "index", "memory"]
    for stage, steps in seen.items():
        assert [done for done, _ in steps] == sorted(done for done, _ in steps), stage
        assert all(0 <= done <= total for done, total in steps)
        assert steps[-1][0] == steps[-1][1]
