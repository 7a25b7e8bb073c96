"""A corpus that is deleted leaves nothing on the disk of the server, and nothing half."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from served import INDEX_ONLY, QUESTION, SECRET, serving, until

from hybrid import Corpus
from hybrid.errors import AccessError, CorpusLockedError, CorpusNotFoundError, JobStateError
from hybrid.service.corpora import Corpora
from hybrid.service.keys import nobody


def on_disk(root: Path, words: str) -> list[str]:
    """The files that hold these words."""
    return [
        str(file.relative_to(root))
        for file in root.rglob("*")
        if file.is_file() and any(words.encode(code) in file.read_bytes() for code in ("utf-8", "utf-16-le"))
    ]


def test_a_deleted_corpus_is_gone_with_its_jobs_and_uploads_and_its_name_is_free(root: Path) -> None:
    with serving(root) as running, running.client() as client:
        corpus = client.corpus("other")
        client.wait(corpus.upload(("zq-uploaded.txt", SECRET.encode())))
        assert corpus.ask("What is the pass phrase of locker 7?").found
        assert on_disk(root, "zq81734")
        client.delete("other")
        assert on_disk(root, "zq81734") == []
        assert on_disk(root, "zq-uploaded") == []
        assert "other" not in client.corpora()
        assert client.jobs("other") == []
        with pytest.raises(CorpusNotFoundError):
            corpus.ask("What is the pass phrase of locker 7?")
        client.create("other", INDEX_ONLY)
        assert corpus.documents() == []
        assert client.corpus("acme").ask(QUESTION).found


def test_only_an_admin_deletes(root: Path) -> None:
    with serving(root) as running:
        with running.client(running.key("writer", role="writer")) as client, pytest.raises(AccessError, match="admin"):
            client.delete("acme")
        key = running.key("of-other", role="admin", corpora=["other"])
        with running.client(key) as client, pytest.raises(CorpusNotFoundError):
            client.delete("acme")
    with pytest.raises(AccessError):
        Corpora(root).delete("acme", nobody().model_copy(update={"role": "writer"}))
    assert (root / "acme" / "catalog.sqlite").exists()


def test_a_corpus_that_is_written_to_is_not_deleted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = Corpus.ingest

    def slow(self: Corpus, *given: Any, **named: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return real(self, *given, **named)

    monkeypatch.setattr(Corpus, "ingest", slow)
    with serving(root) as running, running.client() as client:
        job = client.corpus("acme").upload(("a.txt", b"The rent of the mill is 3 pounds."))
        until(begun.is_set)
        with pytest.raises(JobStateError, match="cancel it first"):
            client.delete("acme")
        go_on.set()
        assert client.wait(job).report is not None
        from hybrid.stores.sqlite.engine import write_lock

        with write_lock(root / "acme"), pytest.raises(CorpusLockedError):
            client.delete("acme")
        assert client.corpus("acme").ask(QUESTION).found


def test_a_question_that_is_being_answered_goes_on_to_its_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    real = Corpus.stream

    def slow(self: Corpus, *given: Any, **named: Any) -> Any:
        for event in real(self, *given, **named):
            begun.set()
            assert go_on.wait(60)
            yield event

    monkeypatch.setattr(Corpus, "stream", slow)
    with serving(root) as running, running.client() as client, running.client() as other:
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(client.corpus("acme").ask(QUESTION)))
        asking.start()
        until(begun.is_set)
        other.delete("acme")
        go_on.set()
        asking.join(60)
        assert answers[0].found
        assert not (root / "acme").exists()


def test_what_a_killed_server_had_begun_to_delete_is_deleted_by_the_next(root: Path) -> None:
    (root / ".serve").mkdir()
    (root / "other").rename(root / ".serve" / "deleted-0123")
    with serving(root):
        assert on_disk(root, "zq81734") == []


def test_a_kill_between_leaves_no_half_of_a_corpus(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.service import corpora

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    held = Corpora(root)
    monkeypatch.setattr(corpora.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        held.delete("other", nobody())
    monkeypatch.undo()
    assert not (root / "other").exists()
    assert "other" not in held.names(nobody())
    held.finish_deletions()
    assert on_disk(root, "zq81734") == []
