"""`Corpus.stream` and `Corpus.astream`: one answer in any way of asking, nothing held while a generator writes, and an
end to the work where nobody listens."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from tiny_model import tiny_settings

import hybrid
from hybrid.langchain import ChatHybrid
from hybrid.settings import AnswerSettings, MemorySettings, Settings
from hybrid.stores.database import catalog_path
from hybrid.text.sentences import spans
from hybrid.types.answers import RouteName
from hybrid.types.events import EndEvent, Event, TextEvent

PATIENCE = 60
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
TRUE = "The price of rock salt in the contract is 901 euros."
DEPOT = "The depot that takes the rock salt is in Ghent."
FALSE = "A dragon ate the depot."
QUESTION = "What is the price of rock salt, and which depot takes the rock salt?"
DOCUMENTS = [hybrid.Document.from_text(TRUE, "price.txt"), hybrid.Document.from_text(DEPOT, "depot.txt")]


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[hybrid.Corpus]:
    with hybrid.Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(*DOCUMENTS)
        yield corpus


class Model:
    """A chat model that calls a function before each sentence but the first, and says when it was closed."""

    def __init__(self, *sentences: str, between: Callable[[], object] = lambda: None) -> None:
        self.sentences, self.between = sentences, between
        self.made = 0
        self.closed = threading.Event()

    def stream(self, _: object) -> Iterator[str]:
        try:
            for sentence in self.sentences:
                if self.made:
                    self.between()
                self.made += 1
                yield f"{sentence} "
        finally:
            self.closed.set()

    def invoke(self, _: object) -> str:
        raise AssertionError("it can stream")


def same(answer: hybrid.Answer) -> dict[str, Any]:
    """What of an answer does not depend on the clock."""
    return answer.model_dump(exclude={"seconds"})


def end_of(events: list[Event]) -> hybrid.Answer:
    assert isinstance(events[-1], EndEvent)
    return events[-1].answer


# One answer ------------------------------------------------------------------------------------------------


def in_every_way(corpus: hybrid.Corpus, writer: Callable[[], Any], **how: Any) -> list[tuple[str, hybrid.Answer]]:
    """The text that was streamed, and the answer, of each way of asking."""
    pieces: list[str] = []
    found = [("", corpus.ask(QUESTION, writer=writer(), **how))]
    found.append(("", corpus.ask(QUESTION, writer=writer(), on_token=pieces.append, **how)))
    events = list(corpus.stream(QUESTION, writer=writer(), **how))
    found.append(("".join(event.text for event in events if isinstance(event, TextEvent)), end_of(events)))

    async def asynchronously() -> None:
        seen = [event async for event in corpus.astream(QUESTION, writer=writer(), **how)]
        assert [event.kind for event in seen] == [event.kind for event in events]
        found.append(("".join(event.text for event in seen if isinstance(event, TextEvent)), end_of(seen)))
        found.append(("", await corpus.aask(QUESTION, writer=writer(), **how)))
        found.append(("", await corpus.aask(QUESTION, writer=writer(), on_token=pieces.append, **how)))

    asyncio.run(asynchronously())
    assert "".join(pieces) == found[0][1].text * 2
    return found


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
@pytest.mark.parametrize("who", ["memory", "function", "chat model"])
def test_every_way_of_asking_gives_the_same_answer(tmp_path: Path, route: RouteName, who: str) -> None:
    writers: dict[str, Callable[[], Any]] = {
        "memory": lambda: None,
        "function": lambda: lambda _: f"{TRUE} {FALSE}",
        "chat model": lambda: GenericFakeChatModel(messages=iter([AIMessage(f"{TRUE} {FALSE}")] * 3)),
    }
    settings = Settings(memory=tiny_settings(tmp_path), answer=AnswerSettings(max_new_tokens=16, evidence_tokens=50))
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(*DOCUMENTS)
        (_, first), *others = in_every_way(corpus, writers[who], route=route)
        for text, answer in others:
            assert same(answer) == same(first)
            assert text in ("", answer.text)
        chat = ChatHybrid(corpus=corpus, route=route, writer=writers[who]())
        assert chat.invoke(QUESTION).text == "".join(chunk.text for chunk in chat.stream(QUESTION)) == first.text
        metadata = chat.invoke(QUESTION).response_metadata
        assert [one["text"] for one in metadata["verdicts"]] == [claim.text for claim in first.claims]
        assert metadata["notes"] == list(first.notes)


def test_every_way_of_asking_gives_the_same_claims_of_a_text_without_spaces(corpus: hybrid.Corpus) -> None:
    written = "契約は五月に終了する。支払いは月末です！「本当か？」はい。"
    (_, first), *others = in_every_way(corpus, lambda: lambda _: written, route="comprehension")
    assert first.draft is not None
    assert [claim.text for claim in first.draft.claims] == [written[start:end] for start, end in spans(written)]
    assert all(same(answer) == same(first) for _, answer in others)


def test_errors_are_raised_with_the_first_event(corpus: hybrid.Corpus) -> None:
    with pytest.raises(hybrid.HybridError, match="empty"):
        next(corpus.stream(""))


# What is held meanwhile --------------------------------------------------------------------------------------


def checkpoint(corpus: hybrid.Corpus) -> tuple[int, int, int]:
    """SQLite's (busy, pages in the log, pages checkpointed); (0, 0, 0) where nobody reads an old state."""
    connection = sqlite3.connect(catalog_path(corpus.directory), timeout=0)
    try:
        row: tuple[int, int, int] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return row
    finally:
        connection.close()


@pytest.mark.parametrize("verb", ["ask", "stream"])
def test_others_commit_and_the_log_is_checkpointed_while_a_generator_writes(corpus: hybrid.Corpus, verb: str) -> None:
    seen: list[object] = []

    def commit() -> None:
        seen.append(corpus.ingest(hybrid.Document.from_text("The salt was wet.", "letter.txt")).commit)
        seen.append(checkpoint(corpus))

    before = corpus.status().commit
    model = Model(DEPOT, FALSE, between=commit)
    if verb == "ask":
        answer = corpus.ask(QUESTION, route="both", writer=model)
    else:
        answer = end_of(list(corpus.stream(QUESTION, route="both", writer=model)))
    assert seen == [(before or 0) + 1, (0, 0, 0)]
    assert answer.commit == before
    assert corpus.verify(answer) == []


def test_a_stream_that_is_not_read_on_holds_no_transaction(corpus: hybrid.Corpus) -> None:
    events = corpus.stream(QUESTION, route="both", writer=Model(TRUE, DEPOT))
    for event in events:
        corpus.ingest(hybrid.Document.from_text(f"The salt was wet on {event.kind}.", "letter.txt"))
        assert checkpoint(corpus) == (0, 0, 0), event.kind


def test_what_is_removed_while_a_generator_writes_is_not_cited_and_a_note_says_so(corpus: hybrid.Corpus) -> None:
    model = Model(FALSE, TRUE, DEPOT, between=lambda: corpus.documents()[1:] and corpus.remove("price.txt"))
    answer = corpus.ask(QUESTION, route="comprehension", writer=model)
    assert [(claim.text, claim.verdict) for claim in answer.claims] == [(DEPOT, "verbatim")]
    assert answer.draft is not None
    assert [(claim.text, claim.verdict) for claim in answer.draft.claims] == [
        (FALSE, "unsupported"),
        (TRUE, "unsupported"),
    ]
    assert {citation.source for citation in answer.citations} == {"depot.txt"}
    assert corpus.verify(answer) == []
    assert "While the answer was made, this was removed or replaced, and is not cited: price.txt." in answer.notes


def test_where_everything_that_was_found_is_removed_meanwhile_nothing_is_cited(corpus: hybrid.Corpus) -> None:
    def remove() -> None:
        corpus.remove([one.source for one in corpus.documents()])

    settings = Settings(answer=AnswerSettings(drop_unsupported=True), memory=MemorySettings(enabled=False))
    with hybrid.Corpus.open(corpus.directory, settings) as strict:
        answer = strict.ask(QUESTION, route="comprehension", writer=Model(FALSE, TRUE, between=remove))
    assert (answer.found, answer.claims, answer.citations) == (False, (), ())
    assert answer.text.startswith("Nothing that was found")


def test_what_is_added_while_a_generator_writes_supports_nothing_in_an_answer_of_an_older_commit(
    corpus: hybrid.Corpus,
) -> None:
    late = "The salt came on the barge Marten in June."
    model = Model(FALSE, late, between=lambda: corpus.ingest(hybrid.Document.from_text(late, "late.txt")))
    answer = corpus.ask(QUESTION, route="comprehension", writer=model)
    assert answer.draft is not None
    assert answer.draft.claims[-1].text == late
    assert "late.txt" not in {citation.source for citation in answer.citations}


# Stopping ----------------------------------------------------------------------------------------------------


def closed(events: Any) -> None:
    events.close()


def broken_off(events: Any) -> None:
    for _ in events:
        break


@pytest.mark.parametrize("leave", [closed, broken_off])
def test_leaving_a_stream_ends_the_generation_and_lets_the_corpus_close(
    corpus: hybrid.Corpus, leave: Callable[[Any], None]
) -> None:
    model = Model(FALSE, TRUE, DEPOT)
    events = corpus.stream(QUESTION, route="comprehension", writer=model)
    next(event for event in events if event.kind == "draft")
    leave(events)
    del events
    gc.collect()
    assert model.closed.is_set()
    assert model.made < 3
    corpus.close()
    assert corpus._view is None  # released: the stream was the last user


def test_a_stream_may_be_read_on_in_another_thread(corpus: hybrid.Corpus) -> None:
    alone = same(corpus.ask(QUESTION, route="both", writer=lambda _: f"{TRUE} {FALSE}"))
    events = corpus.stream(QUESTION, route="both", writer=lambda _: f"{TRUE} {FALSE}")
    seen: list[Event] = []
    while not seen or seen[-1].kind != "end":
        thread = threading.Thread(target=lambda: seen.append(next(events)))
        thread.start()
        thread.join(PATIENCE)
    assert same(end_of(seen)) == alone


def test_a_cancelled_stream_returns_at_once_and_its_thread_stops_at_the_next_piece(corpus: hybrid.Corpus) -> None:
    waiting, go_on = threading.Event(), threading.Event()

    def block() -> None:
        waiting.set()
        assert go_on.wait(timeout=PATIENCE)

    model = Model(FALSE, TRUE, DEPOT, between=block)
    seen: list[str] = []

    async def read() -> None:
        async for event in corpus.astream(QUESTION, route="comprehension", writer=model):
            seen.append(event.kind)

    async def give_up() -> None:
        running = asyncio.create_task(read())
        await asyncio.to_thread(waiting.wait, PATIENCE)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not model.closed.is_set()  # its thread still waits, and the caller does not
        go_on.set()

    asyncio.run(give_up())
    assert model.closed.wait(timeout=PATIENCE)
    assert (model.made, seen[-1]) == (2, "draft")
    corpus.close()
    assert corpus._view is None


def test_an_async_stream_that_is_left_is_closed(corpus: hybrid.Corpus) -> None:
    model = Model(FALSE, TRUE, DEPOT)

    async def leave() -> None:
        async with aclosing(corpus.astream(QUESTION, route="comprehension", writer=model)) as events:
            async for event in events:
                if event.kind == "draft":
                    break
        assert model.closed.is_set()

    asyncio.run(leave())
    assert model.made == 1


def test_the_loop_goes_on_while_an_event_is_made(corpus: hybrid.Corpus) -> None:
    ticked = threading.Event()

    async def tick() -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        ticked.set()

    async def both() -> list[Event]:
        model = Model(FALSE, TRUE, between=lambda: ticked.wait(PATIENCE) or pytest.fail("the loop stood still"))

        async def read() -> list[Event]:
            return [event async for event in corpus.astream(QUESTION, route="comprehension", writer=model)]

        events, _ = await asyncio.gather(read(), tick())
        return events

    assert end_of(asyncio.run(both())).found
