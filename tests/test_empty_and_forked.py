"""A corpus that is empty says so, one of another process is refused, and none is ingested into itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import hybrid
from hybrid.cli import main
from hybrid.errors import CorpusNotFoundError
from hybrid.settings import MemorySettings, Settings

INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
NOTE = hybrid.Document.from_text("The lease ends on 4 May 2031.", "lease.txt")


def test_an_empty_corpus_says_that_it_is_empty(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "typo", INDEX_ONLY) as corpus:
        assert repr(corpus).endswith(", empty: nothing was ingested yet)")
        assert "the corpus is empty" in str(corpus)
        answer = corpus.ask("When does the lease end?")
        assert not answer.found
        assert "the corpus is empty" in answer.text
        assert len(corpus.search("lease")) == 0
        assert "the corpus is empty" in str(corpus.search("lease"))
        assert "the corpus is empty" in (corpus.search("lease")[:3]._repr_html_() or "")
        compared = corpus.compare("When?", {"a": hybrid.Filter(), "b": hybrid.Filter()})
        assert all("the corpus is empty" in one.text for one in compared.values())
        corpus.ingest(NOTE)
        assert repr(corpus) == f"Corpus({str(corpus.directory)!r})"
        assert "the corpus is empty" not in str(corpus)
        filtered = str(corpus.search("lease", where=hybrid.Filter(since="2030")))
        assert filtered.startswith("Nothing found.\n1 document without a date")


def test_a_corpus_whose_documents_were_all_removed_says_that_it_is_empty(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(NOTE)
        corpus.remove("lease.txt")
        assert repr(corpus).endswith(", empty: everything was removed)")
        said = (str(corpus), corpus.ask("When does the lease end?").text, str(corpus.search("lease")))
        assert all("the corpus is empty" in one for one in said)
    printed = CliRunner().invoke(main, ["search", str(tmp_path / "corpus"), "lease"])
    assert "the corpus is empty" in printed.output


@pytest.mark.parametrize(
    "command", [("ask", "When?"), ("search", "x"), ("status",), ("documents",), ("remove", "lease.txt")]
)
def test_a_command_on_a_directory_that_does_not_exist_names_the_corpora_near_by(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    hybrid.Corpus.open(tmp_path / "acme-v-beta", INDEX_ONLY).close()
    (tmp_path / "acme-v-bet").mkdir()  # a folder that is no corpus is not named
    verb, *rest = command
    ran = CliRunner().invoke(main, [verb, str(tmp_path / "acme-v-betta"), *rest])
    assert ran.exit_code == 1
    assert "no corpus at" in ran.output
    assert f"did you mean {tmp_path / 'acme-v-beta'}?" in ran.output
    assert not (tmp_path / "acme-v-betta").exists()


def test_without_a_near_one_the_message_says_how_to_create_one(tmp_path: Path) -> None:
    with pytest.raises(CorpusNotFoundError, match="create one: hybrid ingest"):
        hybrid.Corpus.open(tmp_path / "typo", create=False)


FORKED = """
import os, sys, threading
import hybrid
from hybrid.errors import CorpusError
corpus = hybrid.Corpus.open(sys.argv[1])
answer = corpus.ask("When does the lease end?")
assert answer.found
calls = (
    lambda: corpus.ask("When?"), lambda: corpus.search("lease"), corpus.documents, corpus.status,
    lambda: corpus.verify(answer), lambda: corpus.ingest("x"), lambda: corpus.remove("x"), corpus.training,
    lambda: corpus.route("When?"), lambda: next(corpus.stream("When?")),
)
corpus._usage._lock.acquire()  # as a thread may at the moment of a fork
if os.fork() == 0:
    for call in calls:
        try:
            call()
        except CorpusError as error:
            assert "opened in another process; open it again in this one" in str(error), error
        else:
            os._exit(1)
    repr(corpus), str(corpus)
    corpus.close()
    again = hybrid.Corpus.open(sys.argv[1])
    assert len(again.documents()) == 1  # what needs no model is read; models were loaded before the fork
    try:
        again.ask("When does the lease end?")
    except CorpusError as error:
        assert "before this process was forked" in str(error), error
        os._exit(0)
    os._exit(2)
_, status = os.wait()
corpus._usage._lock.release()
assert corpus.ask("When does the lease end?").found
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_corpus_of_another_process_is_refused_instead_of_hanging(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(NOTE)
    command = [sys.executable, "-W", "ignore", "-c", FORKED, str(tmp_path / "corpus")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


FORKED_IN_THE_MIDDLE = """
import asyncio, os, sys
import hybrid
from hybrid.errors import CorpusError
corpus = hybrid.Corpus.open(sys.argv[1])
stream = corpus.stream("When does the lease end?")
next(stream)

async def middle():
    events = corpus.astream("When does the lease end?")
    await anext(events)
    async with corpus.asession() as asession:
        with corpus.session() as session:
            calls = (
                lambda: session.search("lease"), lambda: session.search("lease", order="lexical"),
                lambda: session.get_documents(["lease.txt"]), lambda: session.search_documents("lease"),
                lambda: session.commit, lambda: session.fingerprint, lambda: list(stream),
                lambda: asyncio.run(asession.search("lease")), lambda: asyncio.run(asession.get_documents([1])),
                lambda: asyncio.run(anext(events)),
            )
            if os.fork() == 0:
                asyncio.events._set_running_loop(None)
                for number, call in enumerate(calls):
                    try:
                        call()
                    except CorpusError as error:
                        assert "opened in another process; open it again in this one" in str(error), error
                    except BaseException as error:
                        print(repr(error), file=sys.stderr, flush=True)
                        os._exit(10 + number)
                    else:
                        os._exit(50 + number)
                os._exit(0)
            _, status = os.wait()
            assert len(session.search("lease")) == 1
        assert len(await asession.search("lease")) == 1
    assert [event.kind async for event in events][-1] == "end"
    return os.waitstatus_to_exitcode(status)

sys.exit(asyncio.run(middle()) or list(stream)[-1].kind != "end")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_sessions_and_streams_that_began_before_a_fork_are_refused_in_the_child(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(NOTE)
    command = [sys.executable, "-W", "ignore", "-c", FORKED_IN_THE_MIDDLE, str(tmp_path / "corpus")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture
def nested(tmp_path: Path) -> tuple[Path, hybrid.Corpus]:
    """A folder with a document and, in it, a corpus that was committed to."""
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "a.txt").write_text("The rent is due on the first day of May.", encoding="utf-8")
    corpus = hybrid.Corpus.open(tmp_path / "case" / "corpus", INDEX_ONLY)
    corpus.ingest(NOTE)
    (corpus.directory / "quarantine").mkdir()
    (corpus.directory / "quarantine" / "old.txt").write_text("A text that was moved aside.", encoding="utf-8")
    return tmp_path / "case", corpus


@pytest.mark.parametrize(
    "given",
    ["{case}", "{case}/corpus", "{case}/corpus/../corpus", "{case}/corpus/quarantine",
     "{case}/corpus/quarantine/old.txt", "{case}/corpus/*", "{case}/**/*.txt",
     "{case}/link", "{case}/corpus/catalog.sqlite"],
)  # fmt: skip
def test_a_corpus_is_never_ingested_into_itself(nested: tuple[Path, hybrid.Corpus], given: str) -> None:
    case, corpus = nested
    (case / "link").symlink_to(case / "corpus" / "quarantine")
    report = corpus.ingest(given.format(case=case))
    assert {Path(name).name for name in report.added} <= {"a.txt"}
    assert any("corpus directory of hybrid" in one.reason for one in report.skipped)


def test_documents_that_somebody_put_beside_hybrids_files_are_read_if_named(
    nested: tuple[Path, hybrid.Corpus],
) -> None:
    _, corpus = nested
    (corpus.directory / "papers").mkdir()
    (corpus.directory / "papers" / "b.txt").write_text("The key is under the mat.", encoding="utf-8")
    assert len(corpus.ingest(corpus.directory / "papers").added) == 1
