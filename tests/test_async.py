"""The async twins of `Corpus`: the event loop goes on, cancelling stops, and they say what the sync ones say."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from made_contracts import make_contracts
from tiny_model import tiny_settings, volume_files

import hybrid
from hybrid._async import pulled, until_stopped
from hybrid.answering.answerer import Answerer
from hybrid.answering.request import RequestContext
from hybrid.errors import CorpusError, InputError
from hybrid.settings import MemorySettings, Settings

PATIENCE = 60
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
DOCUMENTS = [hybrid.Document.from_text(one.text[:1200], one.name) for one in make_contracts(3)]
QUESTIONS = [question for one in make_contracts(3) for question in one.questions]
METHODS = [name for name, one in inspect.getmembers(hybrid.Corpus, callable) if not name.startswith("_")]
TWINS = {name for name in METHODS if name[0] == "a" and name[1:] in METHODS}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("home") / "corpus", INDEX_ONLY)
    corpus.ingest(*DOCUMENTS)
    return corpus


def same(answer: hybrid.Answer) -> dict[str, Any]:
    return answer.model_dump(exclude={"seconds"})


def test_every_method_has_an_async_twin() -> None:
    assert len(TWINS) >= 13
    assert {name for name in METHODS if name not in TWINS and f"a{name}" not in TWINS} == set()


@pytest.mark.parametrize("twin_name", sorted(TWINS))
def test_a_twin_takes_the_same_arguments_and_returns_the_same(twin_name: str) -> None:
    name = twin_name[1:]
    sync, twin = getattr(hybrid.Corpus, name), getattr(hybrid.Corpus, twin_name)
    assert inspect.signature(twin).parameters == inspect.signature(sync).parameters
    assert inspect.iscoroutinefunction(twin) or name in ("stream", "session")  # which are iterated or entered
    assert (twin.__name__, twin.__qualname__) == (twin_name, f"Corpus.{twin_name}")
    assert f"`{name}`, without holding up the event loop" in (twin.__doc__ or "")


def test_an_async_session_has_the_methods_of_a_session() -> None:
    sync = {name: one for name, one in vars(hybrid.Session).items() if not name.startswith("_")}
    for name, one in sync.items():
        if isinstance(one, property):
            continue
        twin = getattr(hybrid.AsyncSession, name)
        assert inspect.iscoroutinefunction(twin)
        assert list(inspect.signature(twin).parameters) == list(inspect.signature(one).parameters)
    assert {name for name in sync if isinstance(sync[name], property)} == {"commit", "fingerprint"}


def test_an_async_session_reads_one_commit_in_any_task_and_ends(tmp_path: Path) -> None:
    async def use() -> None:
        async with await hybrid.Corpus.aopen(tmp_path / "corpus", INDEX_ONLY) as corpus:
            await corpus.aingest(*DOCUMENTS)
            async with corpus.asession() as session:
                await corpus.aremove(DOCUMENTS[0].source)
                first, second = await asyncio.gather(*(session.search("agreement", 50) for _ in range(2)))
                assert first == second
                assert {hit.source for hit in first} == {one.source for one in DOCUMENTS}
                (found,) = (await session.get_documents([DOCUMENTS[0].source])).values()
                assert found.text == DOCUMENTS[0].text
                assert session.commit == 1
                assert (await session.vectors(first[:2])).shape[0] == 2
                with pytest.raises(InputError, match="k is how many"):
                    await session.search("agreement", 0)
            with pytest.raises(CorpusError, match="has ended"):
                await session.search("agreement")
            with corpus.session() as sync:
                assert sync.commit == 2
                assert sync.fingerprint != session.fingerprint

    asyncio.run(use())


def test_leaving_an_async_session_by_an_error_or_a_cancellation_ends_it(corpus: hybrid.Corpus) -> None:
    async def use() -> None:
        with pytest.raises(ZeroDivisionError):
            async with corpus.asession():
                _ = 1 / 0

        async def stay() -> None:
            async with corpus.asession() as session:
                sessions.append(session)
                await asyncio.Event().wait()

        sessions: list[hybrid.AsyncSession] = []
        staying = asyncio.create_task(stay())
        while not sessions:
            await asyncio.sleep(0)
        staying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await staying
        with pytest.raises(CorpusError, match="has ended"):
            await sessions[0].search("agreement")
        immediately = asyncio.create_task(stay())
        await asyncio.sleep(0)
        immediately.cancel()
        with pytest.raises(asyncio.CancelledError):
            await immediately

    asyncio.run(use())
    for one in threading.enumerate():
        if one.name.startswith("hybrid-session"):
            one.join(PATIENCE)
            assert not one.is_alive()


def test_progress_is_given_by_its_name_everywhere() -> None:
    found = [inspect.signature(getattr(hybrid.Corpus, name)).parameters.get("progress") for name in METHODS]
    kinds = {one.kind for one in found if one is not None}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_the_twins_say_what_the_others_say(tmp_path: Path) -> None:
    async def use() -> None:
        async with await hybrid.Corpus.aopen(tmp_path / "corpus", INDEX_ONLY) as corpus:
            assert (await corpus.aingest(*DOCUMENTS)).added == tuple(one.source for one in DOCUMENTS)
            answer = await corpus.aask(QUESTIONS[0], route="lookup")
            assert same(answer) == same(corpus.ask(QUESTIONS[0], route="lookup"))
            assert await corpus.averify(answer) == corpus.verify(answer) == []
            assert await corpus.asearch("agreement", 3) == corpus.search("agreement", 3)
            assert await corpus.aroute(QUESTIONS[0]) == corpus.route(QUESTIONS[0])
            assert await corpus.adocuments() == corpus.documents()
            assert await corpus.astatus() == corpus.status()
            assert (await corpus.aremove(DOCUMENTS[0].source)).removed == (DOCUMENTS[0].source,)
            with pytest.raises(InputError, match="empty"):
                await corpus.aask("")
        with pytest.raises(CorpusError, match="was closed"):
            await corpus.aask("Why?")

    asyncio.run(use())


def test_many_questions_at_once_are_answered_as_they_are_one_by_one(corpus: hybrid.Corpus) -> None:
    async def all_at_once() -> list[hybrid.Answer]:
        return await asyncio.gather(*(corpus.aask(question, route="lookup") for question in QUESTIONS))

    alone = [same(corpus.ask(question, route="lookup")) for question in QUESTIONS]
    assert [same(answer) for answer in asyncio.run(all_at_once())] == alone


def slowed(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object]) -> None:
    """Let every question wait for something in its thread first."""
    prepare = Answerer.prepare

    def slowly(*arguments: Any) -> RequestContext:
        wait()
        return prepare(*arguments)

    monkeypatch.setattr(Answerer, "prepare", slowly)


def test_the_loop_goes_on_while_a_question_is_answered(corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    ticked = threading.Event()
    slowed(monkeypatch, lambda: ticked.wait(timeout=PATIENCE) or pytest.fail("the loop stood still"))

    async def tick() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        ticked.set()

    async def both() -> hybrid.Answer:
        answer, _ = await asyncio.gather(corpus.aask(QUESTIONS[0], route="lookup"), tick())
        return answer

    assert asyncio.run(both()).found


def test_the_loop_goes_on_while_documents_are_ingested(tmp_path: Path) -> None:
    ticked = threading.Event()

    def show(*_: object) -> None:
        assert ticked.wait(timeout=PATIENCE), "the loop stood still"

    async def both() -> None:
        with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
            running = asyncio.create_task(corpus.aingest(*DOCUMENTS, progress=show))
            for _ in range(100):
                await asyncio.sleep(0)
            ticked.set()
            assert len((await running).added) == 3

    asyncio.run(both())


def test_a_cancelled_question_returns_at_once(corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, released = threading.Event(), threading.Event()
    slowed(monkeypatch, lambda: (asked.set(), released.wait(timeout=PATIENCE)))

    async def give_up() -> None:
        running = asyncio.create_task(corpus.aask(QUESTIONS[0]))
        await asyncio.to_thread(asked.wait, PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not released.is_set()  # its thread still waits, and the caller does not
        released.set()

    asyncio.run(give_up())


def test_a_cancelled_question_streams_nothing_more_and_its_thread_stops(corpus: hybrid.Corpus) -> None:
    heard: list[str] = []
    said = corpus.ask(QUESTIONS[0], route="lookup").claims[0].text
    first, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    class Model:
        def stream(self, _: object) -> Iterator[str]:
            try:
                yield f"{said} And the"
                first.set()
                assert go_on.wait(timeout=PATIENCE)
                yield " second thing is that. And the third"
                pytest.fail("it was asked for more")
            finally:
                ended.set()

        def invoke(self, _: object) -> str:
            raise AssertionError("it can stream")

    async def give_up() -> None:
        asking = corpus.aask(QUESTIONS[0], route="comprehension", writer=Model(), on_token=heard.append)
        running = asyncio.create_task(asking)
        await asyncio.to_thread(first.wait, PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        go_on.set()

    asyncio.run(give_up())
    assert ended.wait(timeout=PATIENCE)
    assert heard == [f"{said} [1]"]


class Waiting:
    """Numbers, the second of which waits until it may be made. The test holds on to them: nobody else closes them."""

    def __init__(self) -> None:
        self.reached, self.go_on, self.closed = threading.Event(), threading.Event(), threading.Event()

    def numbers(self) -> Generator[int, None, None]:
        try:
            yield 1
            self.reached.set()
            assert self.go_on.wait(timeout=PATIENCE)
            yield 2
        finally:
            self.closed.set()


def test_items_are_closed_where_the_consumer_leaves_between_two() -> None:
    waiting = Waiting()
    numbers = waiting.numbers()

    async def leave() -> None:
        async with aclosing(pulled(numbers)) as made:
            assert await anext(made) == 1

    asyncio.run(leave())
    assert waiting.closed.is_set()


def test_items_are_closed_by_the_thread_that_makes_one_where_the_consumer_is_cancelled() -> None:
    waiting = Waiting()
    numbers = waiting.numbers()

    async def read() -> None:
        async for _ in pulled(numbers):
            pass

    async def give_up() -> None:
        running = asyncio.create_task(read())
        await asyncio.to_thread(waiting.reached.wait, PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not waiting.closed.is_set()
        waiting.go_on.set()

    asyncio.run(give_up())
    assert waiting.closed.wait(timeout=PATIENCE)


class Pause:
    """A progress callback that stops in one stage until the test lets it go on."""

    def __init__(self, stage: str, call: int) -> None:
        self.stage, self.call = stage, call
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, stage: str, done: int, total: int, detail: str) -> None:
        self.calls += stage == self.stage
        if stage == self.stage and self.calls == self.call:
            self.reached.set()
            assert self.go_on.wait(timeout=PATIENCE)


async def cancelled_at(pause: Pause, corpus: hybrid.Corpus) -> None:
    """Ingest, cancelled while it pauses; returns once the work has come to rest."""
    running = asyncio.create_task(corpus.aingest(*DOCUMENTS, progress=pause))
    await asyncio.to_thread(pause.reached.wait, PATIENCE)
    running.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not running.done()  # it waits for the work
    pause.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_cancelling_while_volumes_are_adapted_keeps_those_that_were_finished(tmp_path: Path) -> None:
    settings = Settings(memory=tiny_settings(tmp_path, volume_tokens=500))

    async def interrupted() -> hybrid.Corpus:
        corpus = hybrid.Corpus.open(tmp_path / "interrupted", settings)
        await cancelled_at(Pause("memory", 60), corpus)
        status = corpus.status()
        assert (status.documents, status.memory) == (3, "behind")
        assert 0 < status.trained_tokens < sum(len(one.text) for one in DOCUMENTS)
        report = await corpus.aingest(*DOCUMENTS)  # the lock is free
        assert (len(report.unchanged), report.memory) == (3, "ready")
        return corpus

    with hybrid.Corpus.open(tmp_path / "whole", settings) as whole, asyncio.run(interrupted()) as corpus:
        whole.ingest(*DOCUMENTS)
        assert volume_files(corpus.directory) == volume_files(whole.directory) != {}


@pytest.mark.parametrize(("stage", "call", "kept"), [("load", 2, 0), ("embed", 1, 0), ("index", 1, 3)])
def test_cancelling_before_the_memory_loses_nothing_that_was_embedded(
    tmp_path: Path, stage: str, call: int, kept: int
) -> None:
    async def interrupted() -> None:
        with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
            await cancelled_at(Pause(stage, call), corpus)
            assert len(corpus.documents()) == kept
            await corpus.aingest(*DOCUMENTS)
            assert len(corpus.documents()) == 3

    asyncio.run(interrupted())


def test_a_task_that_times_out_stops_the_work_and_leaves_no_writer_behind(tmp_path: Path) -> None:
    async def limited(corpus: hybrid.Corpus, pause: Pause) -> None:
        async with asyncio.timeout(None) as limit:
            running = asyncio.ensure_future(corpus.aingest(*DOCUMENTS, progress=pause))
            await asyncio.to_thread(pause.reached.wait, PATIENCE)
            limit.reschedule(0)
            asyncio.get_running_loop().call_soon(pause.go_on.set)
            await running

    async def late() -> None:
        with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
            with pytest.raises(TimeoutError):
                await limited(corpus, Pause("load", 1))
            assert len((await corpus.aingest(*DOCUMENTS)).added) == 3

    asyncio.run(late())


def test_context_variables_reach_the_working_thread(corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    matter: contextvars.ContextVar[str] = contextvars.ContextVar("matter", default="none")
    seen: list[str] = []
    slowed(monkeypatch, lambda: seen.append(matter.get()))

    async def ask() -> None:
        matter.set("Acme v Beta")
        await corpus.aask(QUESTIONS[0])
        await corpus.aingest(*DOCUMENTS, progress=lambda *_: seen.append(matter.get()))

    asyncio.run(ask())
    assert len(seen) > 1
    assert set(seen) == {"Acme v Beta"}


def test_an_error_that_a_cancelled_task_cannot_raise_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(_: object) -> None:
        begun.set()
        assert go_on.wait(timeout=PATIENCE)
        raise CorpusError("the disk is full")

    async def give_up() -> None:
        running = asyncio.create_task(until_stopped(work, None))
        await asyncio.to_thread(begun.wait, PATIENCE)
        running.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running

    with caplog.at_level(logging.WARNING, logger="hybrid"):
        asyncio.run(give_up())
    assert "CorpusError: the disk is full" in caplog.text
