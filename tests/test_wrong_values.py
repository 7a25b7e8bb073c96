"""Wrong values beyond the first look: inside what a function returns, in fields of data, and in what is written out."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import hybrid
from hybrid._runtime import _Models, models_used
from hybrid.cli import main
from hybrid.errors import CorpusError, HybridError
from hybrid.settings import MemorySettings, Settings

Use = Callable[[hybrid.Corpus], Any]
NOTE = hybrid.Document.from_text("The lease ends on 4 May 2031. The rent is due in May.", "lease.txt")
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
F, P = hybrid.Filter, hybrid.Passage


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hybrid.Corpus]:
    with hybrid.Corpus.open(tmp_path_factory.mktemp("home") / "corpus", INDEX_ONLY) as opened:
        opened.ingest(NOTE)
        yield opened


def answered(c: hybrid.Corpus) -> hybrid.Answer:
    return c.ask("When does the lease end?")


def test_lone_surrogates_in_what_a_writer_returns_are_replaced(corpus: hybrid.Corpus) -> None:
    wrote = "The lease ends on 4 May 2031 \ud83d, and 😀 \ud83d\ude00."
    answer = corpus.ask("Why does the lease end?", route="comprehension", writer=lambda messages: wrote)
    drafted = f"{answer.text}{answer.draft.text if answer.draft else ''}"
    assert "2031 \ufffd, and 😀 😀." in drafted
    assert answer.model_dump_json().encode()
    assert (answer._repr_html_() or "").encode()


def in_a_session(c: hybrid.Corpus, hits: Any) -> Any:
    with c.session() as session:
        return session.vectors(hits)


USES: dict[str, tuple[Use, str]] = {
    "passages=a function of 5": (lambda c: c.ask("When?", passages=lambda q: 5), "what the function passages returns"),
    "passages=a function of a str": (lambda c: c.ask("When?", passages=lambda q: "x"), "list of Passage, not 'x'"),
    "passages=a function of [str]": (lambda c: c.ask("When?", passages=lambda q: ["x"]), "its elements is 'x'"),
    "history=['']": (lambda c: c.ask("When?", history=[""]), "history holds an empty question"),
    "history=['?']": (lambda c: c.route("When?", history=["?"]), "history holds an empty question"),
    "a filter's copy": (lambda c: c.search("lease", where=F().model_copy(update={"since": 5})), "Filter.since"),
    "a filter's copy, no field": (lambda c: F().model_copy(update={"source": "x"}), "did you mean sources"),
    "Passage(text=5)": (lambda c: P(text=5, source="x"), "Passage.text must be a string, not 5"),
    "Passage(text='')": (lambda c: P(text="", source="x"), "Passage.text is empty"),
    "Passage(source=None)": (lambda c: P(text="a", source=None), "Passage.source must be a string, not None"),
    "Passage(source='')": (lambda c: P(text="a", source=""), "Passage.source is empty"),
    "Passage(title=5)": (lambda c: P(text="a", source="x", title=5), "Passage.title"),
    "Passage(page='1')": (lambda c: P(text="a", source="x", page="1"), "Passage.page must be a whole number from 1"),
    "Passage(page=0)": (lambda c: P(text="a", source="x", page=0), "Passage.page must be a whole number from 1"),
    "Passage(last_page=True)": (lambda c: P(text="a", source="x", last_page=True), "Passage.last_page"),
    "Passage(start=-1)": (lambda c: P(text="a", source="x", start=-1), "Passage.start must be a whole number from 0"),
    "Passage(start=None)": (lambda c: P(text="a", source="x", start=None), "Passage.start"),
    "Passage(line=0)": (lambda c: P(text="a", source="x", line=0), "Passage.line"),
    "Passage(sha256=5)": (lambda c: P(text="a", source="x", sha256=5), "Passage.sha256 must be a string"),
    "Passage(sha256='x')": (lambda c: P(text="a", source="x", sha256="x"), "Passage.sha256 must be 64 hexadecimal"),
    "locate(5, 2)": (lambda c: NOTE.locate(5, 2), "span [5, 2) is not within"),
    "locate('a', 2)": (lambda c: NOTE.locate("a", 2), "start is an offset in characters, a whole number, not 'a'"),
    "locate(0, None)": (lambda c: NOTE.locate(0, None), "end is an offset"),
    "to_csv(5)": (lambda c: hybrid.exhibits(answered(c)).to_csv(5), "path is the file to write"),
    "to_csv('')": (lambda c: hybrid.exhibits(answered(c)).to_csv(""), "is no file name"),
    "of(5)": (lambda c: hybrid.exhibits(answered(c)).of(5), "citation is one of answer.citations"),
    "save(5)": (lambda c: hybrid.report(answered(c)).save(5), "path is the file to write"),
    "save(NUL)": (lambda c: hybrid.report(answered(c)).save("a\0b"), "is no file name"),
    "report(corpus='x')": (lambda c: hybrid.report(answered(c), corpus="x"), "corpus is the open hybrid.Corpus"),
    "report(at='2024')": (lambda c: hybrid.report(answered(c), at="2024"), "at is a datetime.datetime"),
    "report(at=no zone)": (lambda c: hybrid.report(answered(c), at=datetime(2024, 1, 1)), "time zone"),
    "report(title=5)": (lambda c: hybrid.report(answered(c), title=5), "title is a string, not 5"),
    "load_embedder(5)": (lambda c: hybrid.load_embedder(5), "name is a string, not 5"),
    "load_embedder('')": (lambda c: hybrid.load_embedder(""), "name is a string"),
    "load_embedder(device=5)": (lambda c: hybrid.load_embedder("x", device=5), "device is a string, not 5"),
    "load_embedder(dtype='int8')": (lambda c: hybrid.load_embedder("x", dtype="int8"), "'float32' or 'bfloat16'"),
    "Settings.load(5)": (lambda c: Settings.load(5), "path is the path of a TOML file"),
    "Settings, JSON": (lambda c: Settings.model_validate_json("{bad"), "JSON"),
    "Settings, JSON of None": (lambda c: Settings.model_validate_json(None), "a string or bytes, not None"),
    "Settings, strings of 5": (lambda c: Settings.model_validate_strings(5), "made of a dict of settings, not 5"),
    "del settings.memory": (lambda c: delattr(Settings(), "memory"), "memory cannot be deleted"),
    "a copy of settings, 5": (lambda c: Settings().model_copy(update=5), "update is a dict"),
    "a filter's copy, 5": (lambda c: F().model_copy(update=5), "update is a dict of fields"),
    "a filter's copy, {5: 5}": (lambda c: F().model_copy(update={5: 5}), "update is a dict of fields"),
    "Filter, JSON of None": (lambda c: F.model_validate_json(None), "model_validate_json reads a string or bytes"),
    "Filter, JSON": (lambda c: F.model_validate_json("{bad"), "Filter cannot be read: it is not JSON"),
    "a surrogate in a filter's value": (lambda c: F(metadata={"a": "\ud800"}), "lone surrogate"),
    "a surrogate in a filter's key": (lambda c: F(metadata={"\ud800": "a"}), "lone surrogate"),
    "a surrogate in a document's title": (
        lambda c: hybrid.Metadata(title="\ud800"),
        "Metadata.title: '\\ud800' holds a lone surrogate",
    ),
    "a surrogate in a document's custodian": (lambda c: hybrid.Metadata(custodian="\ud800"), "lone surrogate"),
    "a surrogate in further metadata": (
        lambda c: hybrid.Metadata(extra={"a": "\ud800"}),
        "Metadata.extra: '\\ud800' holds a lone",
    ),
    "a surrogate in a key of metadata": (lambda c: hybrid.Metadata(extra={"\ud800": "a"}), "lone surrogate"),
    "other settings of an open corpus": (
        lambda c: setattr(c, "settings", INDEX_ONLY),
        "Corpus.settings cannot be set: open the corpus again, with what is to be different: "
        "Corpus.open(directory, settings)",
    ),
    "another directory of an open corpus": (
        lambda c: setattr(c, "directory", "/nowhere"),
        "Corpus.directory cannot be set: open the corpus again, with what is to be different: Corpus.open(directory",
    ),
    "an attribute that a corpus has not": (
        lambda c: setattr(c, "setings", 5),
        "Corpus.setings cannot be set: there is no such attribute; open the corpus again",
    ),
    "a surrogate in a filter's source": (lambda c: F(sources="\ud800"), "lone surrogate"),
    "passages=a function of nothing": (lambda c: c.ask("When?", passages=lambda: []), "called with 1 argument"),
    "vectors(5)": (lambda c: in_a_session(c, 5), "hits is a list of Hit, not 5"),
    "vectors([3])": (lambda c: in_a_session(c, [3]), "hits is a list of Hit, and one of its elements is 3"),
    "vectors(a generator)": (lambda c: in_a_session(c, (n for n in "ab")), "one of its elements is 'a'"),
    "remove(nothing near)": (lambda c: c.remove("zzz.pdf"), "it holds 'lease.txt'"),
    "MemorySettings, JSON": (lambda c: MemorySettings.model_validate_json('{"window": 1}'), "window"),
}


@pytest.mark.parametrize("name", USES)
def test_a_wrong_value_is_refused_by_name(name: str, corpus: hybrid.Corpus) -> None:
    use, said = USES[name]
    with pytest.raises(HybridError) as refused:
        use(corpus)
    assert said in str(refused.value)


def test_an_id_beyond_all_documents_is_not_there(corpus: hybrid.Corpus) -> None:
    assert corpus.get_documents([10**30, -(10**30), "lease.txt"]).keys() == {"lease.txt"}


def test_vectors_of_hits_that_come_one_by_one(corpus: hybrid.Corpus) -> None:
    with corpus.session() as session:
        hits = session.search("lease")
        assert session.vectors(iter(hits)).tolist() == session.vectors(hits).tolist()  # type: ignore[arg-type]


def test_a_corpus_that_was_emptied_says_so_in_a_notebook_as_in_a_terminal(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "new", INDEX_ONLY) as opened:
        opened.ingest(NOTE)
        assert "all that it held was removed" not in str(opened.status()._repr_html_())
        opened.remove("lease.txt")
        for shown in (str(opened.status()), opened.status()._repr_html_()):
            assert "the corpus is empty; all that it held was removed" in str(shown)


def test_a_filters_copy_has_what_was_changed() -> None:
    assert F(sources="a/*").model_copy(update={"since": "March 2024"}) == F(sources="a/*", since="2024-03")


def test_a_comparison_on_an_empty_corpus_says_that_it_is_empty(tmp_path: Path) -> None:
    with (
        hybrid.Corpus.open(tmp_path / "new", INDEX_ONLY) as opened,
        pytest.raises(hybrid.HybridError, match="the corpus is empty"),
    ):
        opened.compare("When?", {"a": F(sources="a/*"), "b": F(metadata={"custodian": "J. Doe"})})


@pytest.mark.parametrize(
    "options",
    [
        ["--where", "custodian"],
        ["--since", "03/04/2026"],
        ["--since", "2026-13"],
        ["--since", "2026", "--until", "2025"],
        ["-k", "0"],
        ["-k", "9" * 26],
    ],
)
def test_a_wrong_option_is_a_wrong_command_line(corpus: hybrid.Corpus, options: list[str]) -> None:
    result = CliRunner().invoke(main, ["search", str(corpus.directory), "lease", *options])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", [["comprehension", "texts.jsonl"], ["needle", "--filler", "texts.jsonl"]])
def test_a_folder_is_no_file_of_settings(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.jsonl").touch()
    result = CliRunner().invoke(main, ["eval", *command, "--settings", str(tmp_path)])
    assert (result.exit_code, "is a directory" in result.output) == (2, True)


@pytest.mark.parametrize("rest", [["note.txt", "--settings", "nosuch.toml"], ["nosuchfolder"], ["no-such-*.pdf"]])
def test_an_ingest_that_is_refused_leaves_no_corpus_behind(
    rest: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note.txt").write_text("The lease ends in May.")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["ingest", "newc", *rest]).exit_code == 1
    assert not Path("newc").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_output_that_cannot_be_written_is_one_line(corpus: hybrid.Corpus) -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            [sys.executable, "-c", "from hybrid.cli import main; main()", "documents", str(corpus.directory)],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.splitlines() == ["hybrid: cannot write the output: No space left on device"]


def _asked_in_a_fork(directory: Path, said: Any) -> None:
    try:
        with hybrid.Corpus.open(directory, create=False) as opened:
            assert opened.status().documents == 1
            opened.ask("When does the lease end?")
        said.send("an answer")
    except CorpusError as error:
        said.send(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_of_a_process_that_asked_is_refused_and_does_not_wait(corpus: hybrid.Corpus) -> None:
    answered(corpus)
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=_asked_in_a_fork, args=(corpus.directory, there), daemon=True)
    child.start()
    try:
        assert here.poll(60), "the child hangs"
        assert "start a fresh process" in here.recv()
    finally:
        child.kill()
        child.join()


def test_a_fork_before_any_model_was_loaded_may_load_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Models, "used", False)
    monkeypatch.setattr(_Models, "lost", False)
    _Models.after_fork()
    models_used()
    _Models.after_fork()
    with pytest.raises(CorpusError, match="spawn"):
        models_used()
