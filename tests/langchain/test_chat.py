"""ChatHybrid: LangChain's own suites, streams that add up, citations that survive, and the pair taken apart."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel, GenericFakeChatModel
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnablePassthrough
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from tiny_model import tiny_settings

import hybrid
from hybrid.errors import AnswerTimeoutError, CorpusNotFoundError, InputError
from hybrid.langchain import ChatHybrid, HybridRetriever, as_context, citations_of
from hybrid.langchain.prompts import UNUSED, read
from hybrid.langchain.running import SEARCHES, THREADS, Steps, StopWords, searching
from hybrid.settings import MemorySettings, Settings

AGREEMENT = """SUPPLY AGREEMENT

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.
2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month.
3. Termination. Either party may terminate with 90 days' notice under clause 12.3(b).
"""
MINUTES = """The parties fell out because the salt arrived wet three months in a row. Acme blamed the carrier and
refused a refund. Beta then stopped paying the invoices and asked for an amendment.
"""
END = "When does the supply agreement end?"
QUOTE = "The supply agreement ends on 30 June 2027, unless both parties extend it in writing."
WHY = "Why did the parties fall out over the salt?"
TRUE = "The parties fell out because the salt arrived wet three months in a row."
FALSE = "A dragon ate the depot."
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))


def fake(*says: str) -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([AIMessage(text) for text in says] * 20))


def documents() -> list[hybrid.Document]:
    return [
        hybrid.Document.from_text(AGREEMENT, source="discovery/agreement.txt"),
        hybrid.Document.from_text(MINUTES, source="discovery/minutes.txt"),
    ]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corpus") / "c"
    with hybrid.Corpus.open(home, INDEX_ONLY) as corpus:
        corpus.ingest(documents())
    return home


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus with a memory, of a tiny random model: what it writes is nonsense, token by token."""
    home = tmp_path_factory.mktemp("remembered")
    with hybrid.Corpus.open(home / "c", Settings(memory=tiny_settings(home))) as corpus:
        corpus.ingest(documents())
    return home / "c"


@pytest.fixture
def chat(directory: Path) -> ChatHybrid:
    return ChatHybrid(corpus=directory)


def streamed(chat: ChatHybrid, given: Any, **how: Any) -> tuple[list[AIMessageChunk], AIMessageChunk]:
    chunks = list(chat.stream(given, **how))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return chunks, whole


# LangChain's standard suites --------------------------------------------------------------------------


class Standard:
    """What both suites need to know of the model."""

    @pytest.fixture(autouse=True)
    def _corpus(self, remembered: Path) -> None:
        self.directory = remembered

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatHybrid

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"corpus": self.directory}

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"stop": []}  # it has no temperature and calls no service

    @property
    def has_tool_calling(self) -> bool:
        return False  # `bind_tools` is there to say so

    @property
    def has_structured_output(self) -> bool:
        return False


class TestChatUnitStandard(Standard, ChatModelUnitTests):
    @pytest.mark.xfail(strict=True, reason="no max_tokens: how long an answer is is a setting of the corpus")
    def test_standard_params(self, model: BaseChatModel) -> None:
        super().test_standard_params(model)


class TestChatStandard(Standard, ChatModelIntegrationTests):
    pass


# Messages ---------------------------------------------------------------------------------------------


def test_an_answer_is_text_with_citation_blocks(chat: ChatHybrid) -> None:
    message = chat.invoke(END, route="lookup")
    (block,) = message.content_blocks
    first = block["annotations"][0]  # type: ignore[typeddict-item]
    assert (first["type"], first["cited_text"], first["title"]) == ("citation", QUOTE, "agreement.txt")
    assert block["text"][first["start_index"] : first["end_index"]] == QUOTE  # type: ignore[typeddict-item]
    extras = first["extras"]
    assert AGREEMENT[extras["start"] : extras["end"]] == QUOTE
    assert (extras["source"], extras["page"], extras["lines"]) == ("discovery/agreement.txt", None, [3, 3])
    assert (extras["verdict"], extras["origin"], extras["number"]) == ("verbatim", "index", 1)
    assert extras["sha256"] == documents()[0].sha256
    assert message.text.startswith(f"“{QUOTE}” [1]")


def test_response_metadata_say_how_it_was_answered(chat: ChatHybrid) -> None:
    about = chat.invoke(WHY, route="both").response_metadata
    assert (about["route"], about["route_forced"], about["found"], about["commit"]) == ("both", True, True, 1)
    assert 0 <= about["p_comprehension"] <= 1
    assert about["verdicts"][0]["verdict"] == "verbatim"
    assert about["verdicts"][0]["citations"] == [1]
    unknown = chat.invoke("When does the agreement end, and when did Zorblatt sign it?", route="both").response_metadata
    assert any("Zorblatt" in note for note in unknown["notes"])
    assert about["where"] is None
    filtered = chat.invoke(END, route="lookup", where=hybrid.Filter(sources="*", since="2001")).response_metadata
    assert filtered["where"] == "source *, since 2001"


def test_usage_counts_what_was_given_and_what_was_said(chat: ChatHybrid, remembered: Path) -> None:
    message = chat.invoke(END)
    usage = message.usage_metadata
    assert usage is not None
    assert usage["output_tokens"] == chat.get_num_tokens(str(message.text)) > usage["input_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    byte_level = ChatHybrid(corpus=remembered)
    assert byte_level.get_num_tokens("rock salt") == 9  # the tiny model's tokens are bytes
    assert len(byte_level.get_token_ids("rock salt")) == 9


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_citations_survive_dumps_loads_and_a_chain(chat: ChatHybrid) -> None:
    message = chat.invoke(END, route="lookup")
    again = loads(dumps(message), allowed_objects="messages")
    assert again.content_blocks == message.content_blocks
    assert citations_of(again) == citations_of(message) != []
    with hybrid.Corpus.open(chat.corpus) as corpus:  # type: ignore[arg-type]
        assert citations_of(again) == list(corpus.ask(END, route="lookup").citations)
    chain = ChatPromptTemplate.from_messages([("human", "{question}")]) | chat
    assert citations_of(chain.invoke({"question": END})) == citations_of(chat.invoke(END))
    assert (chain | StrOutputParser()).invoke({"question": END}) == chat.invoke(END).text
    numbers = chain | RunnableLambda(lambda said: [citation.number for citation in citations_of(said)])
    assert numbers.invoke({"question": END})[0] == 1


def test_a_source_that_has_an_address_is_cited_with_it(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as corpus:
        corpus.ingest(hybrid.Document.from_text(AGREEMENT, source="https://example.org/agreement"))
        message = ChatHybrid(corpus=corpus).invoke(END, route="lookup")
    assert message.content_blocks[0]["annotations"][0]["url"] == "https://example.org/agreement"  # type: ignore[typeddict-item]


def test_where_nothing_is_relevant_nothing_is_cited(chat: ChatHybrid) -> None:
    message = chat.invoke("Which enzyme splits lactose in mammals?")
    assert citations_of(message) == []
    assert message.response_metadata["found"] is False


def test_the_human_messages_before_are_the_history_and_a_system_message_is_noted(chat: ChatHybrid) -> None:
    asked = [SystemMessage("You are a pirate."), HumanMessage("Who delivers under the supply agreement?")]
    message = chat.invoke([*asked, AIMessage("Acme."), HumanMessage("And when does it end?")], route="lookup")
    assert "30 June 2027" in message.text
    assert UNUSED in message.response_metadata["notes"]
    assert any(note.startswith("Read as: ") for note in message.response_metadata["notes"])


def test_what_cannot_be_asked_is_refused(chat: ChatHybrid, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no human message"):
        chat.invoke([SystemMessage("Hello.")])
    with pytest.raises(InputError, match="temperature"):
        chat.invoke(END, temperature=0)
    with pytest.raises(CorpusNotFoundError):
        ChatHybrid(corpus=tmp_path / "none").invoke(END)
    with pytest.raises(InputError, match="wheer"):
        ChatHybrid(corpus=tmp_path, wheer=None)
    with pytest.raises(InputError, match="give it to the retriever"):
        ChatHybrid(corpus=tmp_path, where=hybrid.Filter(), retriever=HybridRetriever(corpus=tmp_path))


# Streams ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
def test_a_stream_adds_up_to_what_invoke_returns(remembered: Path, route: str) -> None:
    chat = ChatHybrid(corpus=remembered)
    chunks, whole = streamed(chat, WHY, route=route)
    message = chat.invoke(WHY, route=route)
    assert whole.content == message.content
    assert whole.usage_metadata == message.usage_metadata
    assert whole.response_metadata == message.response_metadata
    assert all(not citations_of(chunk) for chunk in chunks[:-1])
    assert chunks[-1].chunk_position == "last"


def test_what_a_writer_says_streams_as_it_comes_with_its_verdicts(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, writer=fake(f"{TRUE} {FALSE}"))
    chunks, whole = streamed(chat, WHY, route="comprehension")
    assert whole.text.startswith(f"{TRUE} [1]\n\n")
    assert FALSE not in whole.text
    assert chunks[0].text == f"{TRUE} [1]"
    assert {one["verdict"] for one in whole.response_metadata["verdicts"]} == {"verbatim"}
    assert [one["text"] for one in whole.response_metadata["draft"]["claims"]] == [FALSE]
    numbers = [one["citations"] for one in whole.response_metadata["verdicts"] if one["origin"] == "index"]
    assert [[one] for part in whole.response_metadata["digest"] for one in part["citations"]] == numbers
    assert chat.invoke(WHY, route="comprehension").content == whole.content


def test_async_and_batch_give_the_same(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, writer=fake(TRUE), route="both")

    async def streamed() -> str:
        return "".join([str(chunk.text) async for chunk in chat.astream(WHY)])

    alone = chat.invoke(WHY)
    assert asyncio.run(streamed()) == alone.text
    assert asyncio.run(chat.ainvoke(WHY)).content == alone.content
    assert [message.content for message in chat.batch([WHY] * 4)] == [alone.content] * 4


def test_events_of_the_newest_protocol_keep_the_citations(chat: ChatHybrid) -> None:
    stream = chat.stream_events(END, version="v3")
    assert [event["event"] for event in stream][-1] == "message-finish"
    assert citations_of(stream.output) == citations_of(chat.invoke(END))


class Endless:
    """Steps without end, and whether they were stopped. Each waits for ``go``."""

    def __init__(self) -> None:
        self.go, self.made, self.stopped = threading.Event(), 0, threading.Event()

    def items(self) -> Generator[int, None, None]:
        try:
            while True:
                self.go.wait(60)
                self.made += 1
                yield self.made
        finally:
            self.stopped.set()


@pytest.mark.parametrize("timeout", [None, 60])
def test_who_stops_listening_stops_the_work(timeout: float | None) -> None:
    endless = Endless()
    endless.go.set()
    each = Steps(endless.items(), timeout).each()
    assert next(each) == 1
    each.close()
    assert endless.stopped.wait(10)
    assert endless.made == 1


def test_an_error_in_the_middle_of_a_stream_is_raised_where_it_is_heard() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        raise InputError("no more")

    async def heard() -> None:
        async for _ in Steps(items()).aeach():
            pass

    for timeout in (None, 60):
        with pytest.raises(InputError, match="no more"):
            list(Steps(items(), timeout).each())
    with pytest.raises(InputError, match="no more"):
        asyncio.run(heard())


def test_a_time_limit_returns_at_once_and_stops_the_work() -> None:
    endless, other = Endless(), Endless()
    with pytest.raises(AnswerTimeoutError, match=r"within 0\.05 s"):
        list(Steps(endless.items(), 0.05).each())

    async def heard() -> None:
        async for _ in Steps(other.items(), 0.05).aeach():
            pass

    with pytest.raises(TimeoutError):
        asyncio.run(heard())
    for one in (endless, other):
        assert not one.stopped.is_set()  # it is at a step, which nobody waits for
        one.go.set()
        assert one.stopped.wait(10)


def test_abandoned_work_that_has_not_begun_never_does_and_other_threads_are_free() -> None:
    """As many as there are threads are at work; those behind them are given up, and so are they."""
    many = [Endless() for _ in range(THREADS + 20)]

    async def given_up(one: Endless) -> None:
        async def heard() -> None:
            async for _ in Steps(one.items()).aeach():
                pass

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(heard(), 0.1)

    async def asked() -> str:
        await asyncio.gather(*map(given_up, many))
        free = await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 10)
        for one in many:
            one.go.set()

        def next_one() -> Generator[str, None, None]:
            yield free

        (item,) = [item async for item in Steps(next_one(), 10).aeach()]
        return item

    assert asyncio.run(asked()) == "free"
    assert 0 < sum(one.made for one in many) <= THREADS


def test_who_gave_up_while_others_searched_does_not_search(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hybrid.Corpus.open(directory) as corpus:
        chat, asked = ChatHybrid(corpus=corpus), []
        events = corpus.stream
        monkeypatch.setattr(corpus, "stream", lambda question, **how: asked_of(question, events(question, **how)))

        def asked_of(question: str, each: Any) -> Generator[Any, None, None]:
            asked.append(question)
            yield from each

        with ExitStack() as turns:
            for _ in range(SEARCHES):
                turns.enter_context(searching())
            with pytest.raises(AnswerTimeoutError):
                asyncio.run(chat.ainvoke(END, timeout=0.1))
        with ExitStack() as turns:  # once all turns are free, who gave up has had one
            for _ in range(SEARCHES):
                turns.enter_context(searching())
        assert asked == []
        chat.invoke(END, timeout=60)
        assert asked == [END]


def all_turns_are_free() -> bool:
    taken = [searching().acquire(timeout=10) for _ in range(SEARCHES)]  # type: ignore[attr-defined]
    for _ in filter(None, taken):
        searching().release()  # type: ignore[attr-defined]
    return all(taken)


def test_a_search_gives_its_turn_back_when_it_is_over_or_fails(directory: Path) -> None:
    for chat in (ChatHybrid(corpus=directory), ChatHybrid(corpus=directory, writer=fake(TRUE), route="comprehension")):
        stream = chat.stream(WHY)
        next(stream)  # here the search is over
        assert all_turns_are_free()
        stream.close()
    with pytest.raises(InputError):
        ChatHybrid(corpus=directory, where=hybrid.Filter(sources="none")).invoke(WHY)
    assert all_turns_are_free()


def test_a_time_limit_of_the_call_or_the_constructor_holds(directory: Path) -> None:
    late = threading.Event()

    def writer(messages: Any) -> str:
        late.wait(60)
        return TRUE

    chat = ChatHybrid(corpus=directory, writer=writer, route="comprehension", timeout=60)
    with pytest.raises(AnswerTimeoutError):
        chat.invoke(WHY, timeout=0.2)
    with pytest.raises(AnswerTimeoutError):
        asyncio.run(chat.ainvoke(WHY, timeout=0.2))
    with pytest.raises(AnswerTimeoutError):
        list(chat.stream(WHY, timeout=0.2))
    late.set()
    assert chat.invoke(WHY).text.startswith(f"{TRUE} [1]")
    with pytest.raises(InputError, match="timeout is"):
        chat.invoke(WHY, timeout="soon")
    with pytest.raises(InputError):
        ChatHybrid(corpus=directory, timeout=0)


@pytest.mark.parametrize("route", ["lookup", "comprehension", "both"])
@pytest.mark.parametrize("behind", ["index", "writer", "retriever", "filter"])
def test_one_question_has_one_answer_in_every_way_of_asking(
    directory: Path, elsewhere: Any, route: str, behind: str
) -> None:
    more = {
        "index": {},
        "writer": {"writer": fake(f"{TRUE} {FALSE}")},
        "retriever": {"retriever": elsewhere, "writer": fake(f"{TRUE} {FALSE}")},
        "filter": {"where": hybrid.Filter(sources="*minutes*"), "writer": fake(f"{TRUE} {FALSE}")},
    }[behind]
    chat = ChatHybrid(corpus=directory, route=route, **more)

    async def astreamed() -> AIMessageChunk:
        chunks = [chunk async for chunk in chat.astream(WHY)]
        return sum(chunks[1:], chunks[0])

    message = chat.invoke(WHY)
    ways = [
        streamed(chat, WHY)[1],
        asyncio.run(chat.ainvoke(WHY)),
        asyncio.run(astreamed()),
        chat.invoke(WHY, timeout=60),
        chat.batch([WHY, WHY])[1],
    ]
    for other in ways:
        assert other.content == message.content
        assert other.response_metadata == message.response_metadata
        assert other.usage_metadata == message.usage_metadata


# What it does not do, caches, and the writer's run ----------------------------------------------------


def test_tools_and_structured_output_are_refused_by_name(chat: ChatHybrid) -> None:
    with pytest.raises(InputError, match="bind_tools"):
        chat.bind_tools([])
    with pytest.raises(NotImplementedError, match="with_structured_output"):
        chat.with_structured_output({"title": "X", "type": "object"})
    with pytest.raises(InputError, match="tools"):
        chat.bind(tools=[]).invoke(END)


@pytest.mark.parametrize("kind", ["image", "image_url", "audio", "file"])
def test_what_is_not_text_is_refused_by_its_type(chat: ChatHybrid, kind: str) -> None:
    content: Any = [{"type": "text", "text": END}, {"type": kind, "url": "https://example.org/x"}]
    earlier = [AIMessage(content=content), HumanMessage(END)]
    for messages in ([HumanMessage(content=content)], [SystemMessage(content=content), HumanMessage(END)], earlier):
        with pytest.raises(InputError, match=f"message 1 holds a block of type '{kind}'"):
            chat.invoke(messages)
        with pytest.raises(InputError, match=kind):
            list(chat.stream(messages))


def test_a_tools_message_at_the_end_is_refused_by_name(chat: ChatHybrid) -> None:
    with pytest.raises(InputError, match="the last message is a ToolMessage"):
        chat.invoke([HumanMessage(END), ToolMessage("42", tool_call_id="1")])


def test_reasoning_in_a_models_earlier_message_is_passed_over(chat: ChatHybrid) -> None:
    before = AIMessage(content=[{"type": "reasoning", "reasoning": "..."}, {"type": "text", "text": "In May."}])
    assert chat.invoke([HumanMessage(END), before, HumanMessage(END)]).text


def test_a_cache_answers_again_until_anything_changes(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as corpus:
        corpus.ingest(documents())
        cache = InMemoryCache()

        def asked(**how: Any) -> str:
            call = {key: how.pop(key) for key in ("stop",) if key in how}
            return str(ChatHybrid(corpus=corpus, cache=cache, **how).invoke(WHY, **call).text)

        def size() -> int:
            return len(cache._cache)

        first = asked(route="lookup")
        assert (asked(route="lookup"), size()) == (first, 1)  # it was not asked again
        writer, another = fake(TRUE), fake(FALSE)
        written = asked(route="comprehension", writer=writer)
        assert written.startswith(f"{TRUE} [1]")
        assert asked(route="comprehension", writer=writer) == written
        assert size() == 2
        assert not asked(route="comprehension", writer=another).startswith(f"{TRUE} [1]")
        assert size() == 3
        asked(route="lookup", where=hybrid.Filter(sources="*agreement*"))
        asked(route="both")
        asked(route="lookup", stop=["salt"])
        assert size() == 6
        retriever = HybridRetriever(corpus=corpus, k=1)
        asked(route="lookup", retriever=retriever)
        asked(route="lookup", retriever=HybridRetriever(corpus=corpus, k=1))
        assert size() == 7
        asked(route="lookup", retriever=retriever.model_copy(update={"k": 2}))
        assert size() == 8
        changing = RunnableLambda(lambda question: [OTHER])
        asked(route="lookup", retriever=changing)
        asked(route="lookup", retriever=changing)  # what it searches may have changed
        assert size() == 10
        corpus.remove("discovery/minutes.txt")
        assert "fell out" not in asked(route="lookup")
        asked(route="lookup", retriever=retriever)
        assert size() == 12


@pytest.mark.parametrize("awaited", [False, True], ids=["invoke", "ainvoke"])
@pytest.mark.parametrize("everywhere", [False, True], ids=["its own cache", "the cache of all models"])
def test_an_answer_whose_writer_or_judge_failed_is_not_cached(
    directory: Path, monkeypatch: pytest.MonkeyPatch, awaited: bool, everywhere: bool
) -> None:
    cache = InMemoryCache()
    calls: list[str] = []

    def failing_once(says: str) -> Any:
        def model(messages: Any) -> str:
            calls.append(says)
            if calls.count(says) == 1:
                raise ConnectionError("rate limit")
            return says

        return model

    def asked(chat: ChatHybrid) -> str:
        message = asyncio.run(chat.ainvoke(WHY)) if awaited else chat.invoke(WHY)
        return str(message.response_metadata["notes"])

    given = None if everywhere else cache
    monkeypatch.setattr("langchain_core.globals._llm_cache", cache if everywhere else None)
    chat = ChatHybrid(corpus=directory, route="comprehension", cache=given, writer=failing_once(TRUE))
    assert "rate limit" in asked(chat)
    assert len(cache._cache) == 0
    assert "rate limit" not in asked(chat)
    assert len(cache._cache) == 1
    assert "rate limit" not in asked(chat)
    assert calls == [TRUE, TRUE]
    judged = "The parties quarrelled since it seems that the salt had come in rain."
    chat = ChatHybrid(
        corpus=directory, route="comprehension", cache=given, writer=lambda _: judged, judge=failing_once("yes")
    )
    assert "The judge did not answer" in asked(chat)
    assert len(cache._cache) == 1
    assert chat.cache is given


def test_a_changed_copy_of_a_chat_model_reads_the_corpus_that_it_names(directory: Path, tmp_path: Path) -> None:
    chat = ChatHybrid(corpus=directory, route="lookup", cache=InMemoryCache())
    assert QUOTE in chat.invoke(END).text
    with hybrid.Corpus.open(tmp_path / "b", INDEX_ONLY) as other:
        other.ingest(hybrid.Document.from_text("The supply agreement of another tenant ends in May.", source="b.txt"))
        for changed in (
            chat.model_copy(update={"corpus": other}),
            chat.model_copy(update={"corpus": tmp_path / "b"}, deep=True),
            chat.configurable_fields(corpus=ConfigurableField(id="c")).with_config(configurable={"c": other}),
        ):
            assert "another tenant" in changed.invoke(END).text
    assert QUOTE in chat.invoke(END).text


def test_a_chat_model_is_copied_and_pickled(chat: ChatHybrid) -> None:
    answered = chat.invoke(END).content
    for other in (copy.copy(chat), copy.deepcopy(chat), pickle.loads(pickle.dumps(chat))):  # noqa: S301
        assert other.invoke(END).content == answered


class Heard(BaseCallbackHandler):
    """What runs started: of which kind, with which tags and metadata, below which."""

    def __init__(self) -> None:
        self.runs: dict[str, Any] = {}

    def on_chat_model_start(self, serialized: Any, messages: Any, **about: Any) -> None:
        name = "writer" if "nostream" in (about.get("tags") or []) else "chat"
        self.runs[name] = about

    def on_retriever_start(self, serialized: Any, query: str, **about: Any) -> None:
        self.runs["retriever"] = about


USED = {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150}


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
def test_the_writer_runs_below_the_call_and_its_usage_is_the_answers(directory: Path, way: str) -> None:
    message = AIMessage(TRUE, usage_metadata=USED)  # type: ignore[typeddict-item]
    writer = FakeMessagesListChatModel(responses=[message])
    retriever = HybridRetriever(corpus=directory, k=4)
    chat = ChatHybrid(corpus=directory, writer=writer, retriever=retriever, route="comprehension")
    heard = Heard()
    config: Any = {"callbacks": [heard], "tags": ["matter-7"], "metadata": {"tenant": "acme"}}

    async def aheard() -> list[Any]:
        if way == "ainvoke":
            return [await chat.ainvoke(WHY, config)]
        return [chunk async for chunk in chat.astream(WHY, config)]

    if way in ("invoke", "stream"):
        said = [chat.invoke(WHY, config)] if way == "invoke" else list(chat.stream(WHY, config))
    else:
        said = asyncio.run(aheard())
    for below in ("writer", "retriever"):
        run = heard.runs[below]
        assert run["parent_run_id"] == heard.runs["chat"]["run_id"]
        assert "matter-7" in run["tags"]
        assert run["metadata"]["tenant"] == "acme"
    assert said[-1].usage_metadata == USED


def test_where_the_writer_does_not_write_its_usage_is_not_counted(directory: Path) -> None:
    writer = FakeMessagesListChatModel(responses=[AIMessage(TRUE, usage_metadata=USED)])  # type: ignore[typeddict-item]
    usage = ChatHybrid(corpus=directory, writer=writer, route="lookup").invoke(END).usage_metadata
    assert usage is not None
    assert usage["input_tokens"] < 20


# Stop words -------------------------------------------------------------------------------------------


def test_an_answer_ends_before_the_first_stop_word(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, writer=fake(f"{TRUE} {FALSE}"))
    _, whole = streamed(chat, WHY, route="comprehension", stop=["row", "wet three"])
    assert whole.text == TRUE[: TRUE.index("wet three")]
    assert whole.content == chat.invoke(WHY, route="comprehension", stop=["wet three"]).content
    assert whole.response_metadata["verdicts"][-1]["end_index"] == len(whole.text)
    cut = chat.invoke(WHY, route="comprehension", stop=["fell out"])
    assert cut.text == "The parties "
    annotation = cut.content_blocks[0]["annotations"][0]  # type: ignore[typeddict-item]
    assert (annotation["start_index"], annotation["end_index"]) == (0, len("The parties "))


def test_a_stop_word_of_the_constructor_gives_way_to_one_of_the_call(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, stop=["ends"], route="lookup")
    assert chat.invoke(END).text == "“The supply agreement "
    assert QUOTE in chat.invoke(END, stop=[]).text


SAID = "It ends [1] in May."


@pytest.mark.parametrize("pieces", [[SAID], list(SAID), ["It ends [", "1] in", " May."]])
@pytest.mark.parametrize(("words", "left"), [(["[1]"], "It ends "), (["May", "in"], "It ends [1] "), (["x", ""], None)])
def test_stop_words_do_not_depend_on_the_pieces(pieces: Sequence[str], words: list[str], left: str | None) -> None:
    stop = StopWords(words)
    said = "".join([*map(stop.let, pieces), stop.rest()])
    assert said == (SAID if left is None else left)


# The pair comes apart ----------------------------------------------------------------------------------


def test_the_retriever_serves_any_chat_model(directory: Path) -> None:
    prompt = ChatPromptTemplate.from_template("Context:\n{context}\n\nQuestion: {question}")
    retrieved = HybridRetriever(corpus=directory, k=1) | (lambda found: found[0].page_content)
    given = {"context": retrieved, "question": RunnablePassthrough()} | prompt
    assert QUOTE in given.invoke(END).to_string()
    assert (given | fake("On 30 June 2027.") | StrOutputParser()).invoke(END) == "On 30 June 2027."


OTHER = Document(
    "The lease of the depot ends on 1 May 2028.", metadata={"source": "lease.pdf", "page": 6, "start_index": 400}
)
LEASE = "When does the lease of the depot end?"


@pytest.fixture
def elsewhere() -> Any:
    return RunnableLambda(lambda question: [OTHER, Document("It rained in Ghent.", id="weather")])


def test_chat_answers_from_another_retrievers_documents_and_cites_their_places(directory: Path, elsewhere: Any) -> None:
    message = ChatHybrid(corpus=directory, retriever=elsewhere).invoke(LEASE, route="lookup")
    citation = citations_of(message)[0]
    assert (citation.quote, citation.source, citation.page) == (OTHER.page_content, "lease.pdf", 7)
    assert (citation.start, citation.end) == (400, 400 + len(OTHER.page_content))


def test_what_is_written_is_verified_against_another_retrievers_documents_alone(
    directory: Path, elsewhere: Any
) -> None:
    chat = ChatHybrid(corpus=directory, retriever=elsewhere, writer=fake(f"{OTHER.page_content} {QUOTE}"))
    message = chat.invoke(LEASE, route="comprehension")
    assert [one["text"] for one in message.response_metadata["verdicts"]] == [OTHER.page_content]
    assert [one["text"] for one in message.response_metadata["draft"]["claims"]] == [QUOTE]


def test_a_follow_up_reaches_another_retriever_as_it_stands_alone(directory: Path) -> None:
    seen: list[str] = []

    def find(question: str) -> list[Document]:
        seen.append(question)
        return [OTHER]

    chat = ChatHybrid(corpus=directory, retriever=RunnableLambda(find))
    chat.invoke([HumanMessage(LEASE), AIMessage("In May."), HumanMessage("And who signed it?")])
    assert "lease" in seen[0]


def test_our_own_retriever_behind_the_chat_cites_as_the_corpus_does(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, retriever=HybridRetriever(corpus=directory, k=2))
    found = citations_of(chat.invoke(END, route="lookup"))
    with hybrid.Corpus.open(directory) as corpus:
        expected = corpus.ask(END, route="lookup").citations[0]
    place = ("source", "start", "end", "page", "lines", "quote", "sha256")
    assert [getattr(found[0], key) for key in place] == [getattr(expected, key) for key in place]


def test_documents_in_the_prompt_are_quoted_and_cited_by_their_own_places(directory: Path) -> None:
    prompt = RunnableLambda(
        lambda question: [HumanMessage(content=[*as_context([OTHER]), {"type": "text", "text": question}])]
    )
    message = (prompt | ChatHybrid(corpus=directory)).invoke(LEASE)
    citation = citations_of(message)[0]
    assert (citation.source, citation.start, citation.page) == ("lease.pdf", 400, 7)


@pytest.mark.parametrize(
    "template",
    [
        "Use the context.\n\nContext:\n{context}\n\nQuestion: {question}\nHelpful Answer:",
        "Question: {question}\n\nContext: {context}",
        "<context>\n{context}\n</context>\n\nAnswer in one sentence.\n\n{question}",
        "<documents>{context}</documents>\nQuestion: {question}",
    ],
)
def test_a_prompt_that_holds_its_context_is_answered_from_it(directory: Path, template: str) -> None:
    text = template.format(context=f"{OTHER.page_content}\n\nIt rained in Ghent.", question=LEASE)
    asked = read([HumanMessage(text)])
    assert asked.question == LEASE
    assert [passage.text for passage in asked.passages or ()] == [OTHER.page_content, "It rained in Ghent."]
    citation = citations_of(ChatHybrid(corpus=directory).invoke(text, route="lookup"))[0]
    assert (citation.source, text[citation.start : citation.end]) == ("prompt", OTHER.page_content)
    line = 1 + text[: citation.start].count("\n")
    assert citation.lines == (line, line)


def test_a_system_message_may_hold_the_context(directory: Path) -> None:
    messages = [("system", f"Answer from this.\n\nContext:\n{OTHER.page_content}"), ("human", LEASE)]
    message = ChatHybrid(corpus=directory).invoke(messages, route="lookup")
    assert citations_of(message)[0].quote == OTHER.page_content
    assert UNUSED not in message.response_metadata["notes"]


@pytest.mark.parametrize("question", [END, "Sources: which are there?", "In what context: was it signed?"])
def test_a_question_that_only_looks_like_a_context_is_a_question(question: str) -> None:
    asked = read([HumanMessage(question)])
    assert (asked.question, asked.passages) == (question, None)


def test_a_large_model_writes_and_the_corpus_verifies(directory: Path) -> None:
    with hybrid.Corpus.open(directory) as corpus:
        answer = corpus.ask(WHY, route="comprehension", writer=fake(f"{TRUE} {FALSE}"))
    assert answer.draft is not None
    assert [(claim.text, claim.verdict) for claim in answer.claims if claim.origin == "writer"] == [(TRUE, "verbatim")]
    assert [(claim.text, claim.verdict) for claim in answer.draft.claims] == [(FALSE, "unsupported")]


# Light to construct -------------------------------------------------------------------------------------


def test_constructing_any_of_them_loads_no_model_library() -> None:
    code = (
        "import sys; from hybrid.langchain import *\n"
        "HybridRetriever(corpus='c'), ChatHybrid(corpus='c'), HybridEmbeddings(), HybridVectorStore('c')\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'faiss', 'sqlalchemy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_without_langchain_core_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['langchain_core'] = None\nimport hybrid.langchain"
    failed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "MissingExtraError: hybrid.langchain needs langchain-core, which is not installed" in failed.stderr
    assert "pip install 'hybrid-ttt-rag[langchain]'" in failed.stderr


def test_every_exported_name_is_there() -> None:
    import hybrid.langchain as package

    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'ChatHybird'"):
        _ = package.ChatHybird


def test_context_blocks_without_a_name_are_numbered_from_one() -> None:
    blocks: list[Any] = [{"type": "text-plain", "text": "It ends in May."}, {"type": "text-plain", "text": "Due."}]
    asked = read([HumanMessage(content=[*blocks, {"type": "text", "text": END}])])
    assert [one.source for one in asked.passages] == ["passage 1", "passage 2"]


@pytest.mark.parametrize("configured", [False, True], ids=["as it is", "with a configuration"])
@pytest.mark.parametrize("way", ["corpus", "chat"])
def test_a_writer_with_retry_is_asked_again(directory: Path, way: str, configured: bool) -> None:
    """LangChain tries again what is invoked, and no stream."""
    tries: list[int] = []

    class Busy(GenericFakeChatModel):
        def _generate(self, *given: Any, **named: Any) -> Any:
            tries.append(len(tries))
            if len(tries) < 3:
                raise ConnectionError("503: busy")
            return super()._generate(*given, **named)

        def _stream(self, *_: Any, **__: Any) -> Any:
            tries.append(len(tries))
            raise ConnectionError("503: busy")

    model = Busy(messages=iter([AIMessage(TRUE)]))
    writer: Any = model.with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    if configured:
        writer = writer.with_config(tags=["mine"])
    if way == "chat":
        chat = ChatHybrid(corpus=directory, route="comprehension", writer=writer)
        notes = chat.invoke(WHY).response_metadata["notes"]
    else:
        with hybrid.Corpus.open(directory, create=False) as corpus:
            notes = corpus.ask(WHY, route="comprehension", writer=writer).notes
    assert len(tries) == 3
    assert "busy" not in str(notes)
