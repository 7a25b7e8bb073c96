"""Progress is shown where people look, never printed, and never gets in the way of the work."""

from __future__ import annotations

import logging
import re
import sys
from types import SimpleNamespace
from typing import Any

import pytest

import hybrid
from hybrid.display import progress
from hybrid.display.progress import Bars, LogLines, NotebookBars, TerminalBars, shown
from hybrid.settings import MemorySettings, Settings


class Recorded:
    """What a notebook would be asked to display and to update."""

    def __init__(self) -> None:
        self.outputs: list[str] = []
        self.updates = 0

    def display(self, one: Any, *, display_id: bool) -> Recorded:
        assert display_id
        self.outputs.append(one._repr_html_())
        return self

    def update(self, one: Any) -> None:
        self.updates += 1
        self.outputs[-1] = one._repr_html_()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.display", recorded.display)
    return recorded


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("hybrid.display.progress.time.monotonic", lambda: now[0])
    return now


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_bars_are_those_of_the_place(monkeypatch: pytest.MonkeyPatch, notebook: Recorded) -> None:
    assert isinstance(hybrid.progress(), NotebookBars)
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: True))
    assert isinstance(hybrid.progress(), TerminalBars)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: False))
    assert isinstance(hybrid.progress(), LogLines)
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    assert isinstance(hybrid.progress(), LogLines)


def test_a_terminal_with_ipython_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.get_ipython", SimpleNamespace)  # a shell without a kernel
    assert not isinstance(hybrid.progress(), NotebookBars)


def test_a_notebook_has_one_output_that_is_updated_in_place(notebook: Recorded, clock: list[float]) -> None:
    with hybrid.progress() as report:
        for done in range(101):
            clock[0] += 0.01
            report("embed", done, 100, "a.txt")
        report("memory", 0, 1000, "")
        clock[0] += 10
        report("memory", 250, 1000, "b.txt: 9 tokens, loss 2.1")
        assert words(notebook.outputs[0]) == (
            "embedding 100% training the memory 25% 30 s left · b.txt: 9 tokens, loss 2.1"
        )
    assert len(notebook.outputs) == 1
    assert notebook.updates < 12  # and not 102
    assert words(notebook.outputs[0]) == "embedding 100% training the memory 25%"


def test_work_that_fails_stays_marked_where_it_stopped(notebook: Recorded) -> None:
    def work() -> None:
        with hybrid.progress() as report:
            report("load", 3, 9, "c.pdf")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert words(notebook.outputs[0]) == "loading 33% stopped here"


def test_a_file_name_stays_words_in_the_bars(notebook: Recorded) -> None:
    with hybrid.progress() as report:
        report("load", 1, 2, "<script>alert(1)</script>\x1b[2J")
        assert "<script" not in notebook.outputs[0]
        assert "\x1b" not in notebook.outputs[0]


def test_without_a_notebook_or_a_terminal_the_log_has_a_line_now_and_then(
    caplog: pytest.LogCaptureFixture, clock: list[float]
) -> None:
    caplog.set_level(logging.INFO, "hybrid.progress")
    with LogLines() as report:
        for done in range(1, 101):
            clock[0] += 1
            report("memory", done, 100, f"{done} tokens")
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "training the memory: 1 of 100 1 tokens"
    assert said[-1] == "training the memory: 100 of 100 100 tokens"
    assert len(said) == 2 + 99 // int(progress.LOG_SECONDS)


def test_a_terminal_shows_no_escape_sequence_of_a_file_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with TerminalBars() as report:
        report("load", 1, 2, "\x1b]0;owned\x07[bold]x")
        report("load", 2, 2, "[/bold]")  # would be an error as markup
    out, error = capsys.readouterr()
    assert out == ""
    assert "\x1b]0;" not in error


def test_bars_can_be_entered_within_themselves_and_again(notebook: Recorded) -> None:
    reused = hybrid.progress()
    with reused, reused:
        reused("load", 1, 2, "")
    with reused:
        reused("embed", 1, 2, "")
    assert [words(output) for output in notebook.outputs] == ["loading 50%", "embedding 50%"]


def test_what_is_wanted_can_be_nothing_bars_or_a_function(notebook: Recorded) -> None:
    seen: list[tuple[Any, ...]] = []
    for wanted in (None, False, True, lambda *step: seen.append(step), NotebookBars()):
        with shown(wanted) as report:
            report("load", 1, 1, "")
            assert isinstance(report, Bars) == (wanted is True or isinstance(wanted, Bars))
    assert seen == [("load", 1, 1, "")]
    assert len(notebook.outputs) == 2


def test_ingest_shows_what_it_is_told_to_and_prints_nothing(
    tmp_path: Any, notebook: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        corpus.ingest(hybrid.Document.from_text("A note.", source="a.txt"), progress=True)
        assert "embedding 100%" in words(notebook.outputs[0])
        corpus.ingest(hybrid.Document.from_text("Another.", source="b.txt"))
        assert len(notebook.outputs) == 1
        corpus.remove("a.txt", progress=hybrid.progress())
    assert capsys.readouterr() == ("", "")


async def test_ingest_under_asyncio_shows_it_too(tmp_path: Any, notebook: Recorded) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus", Settings(memory=MemorySettings(enabled=False))) as corpus:
        await corpus.aingest(hybrid.Document.from_text("A note.", source="a.txt"), progress=True)
    assert "embedding 100%" in words(notebook.outputs[0])
