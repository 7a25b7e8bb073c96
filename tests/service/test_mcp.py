"""A corpus over MCP: its tools and its documents, by the package's own client, in this process and over stdio."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mcp
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from served import AGREEMENT, MINUTES, QUESTION

from hybrid import Answer, Corpus, Document, Hit, Identity
from hybrid.service.mcp import mcp_server
from hybrid.service.statements import MOST_PLACES, judgement, judging, quoted
from hybrid.types.events import collect
from hybrid.types.statements import Judgement, Quotation

TERM = "The supply agreement ends on 30 June 2027, unless both parties extend it in writing."


@pytest.fixture(scope="module")
def corpus(made: Path) -> Iterator[Corpus]:
    with Corpus.open(made / "acme", create=False, identity=Identity(name="ann", every_class=True)) as opened:
        yield opened


def judged(corpus: Corpus, statement: str) -> Judgement:
    return judgement(statement, collect(judging(corpus, statement)))


async def called(corpus: Corpus, tool: str, **arguments: Any) -> Any:
    async with mcp.Client(mcp_server(corpus)) as client:
        return await client.call_tool(tool, arguments)


def text_of(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


async def test_the_package_s_own_client_uses_it_over_stdio(made: Path) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "hybrid.cli", "mcp", str(made / "classes"), "--identity", "ann", "--class", "staff"],
        env={**os.environ},
    )
    async with mcp.Client(stdio_client(command)) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"ask", "search", "quote", "verify"}
        answered = await client.call_tool("ask", {"question": "When does the canteen open?"})
        assert "The canteen opens at noon." in text_of(answered)
        hidden = await client.call_tool("ask", {"question": "What is the price of Project Elm?"})
        assert not Answer.model_validate(hidden.structured_content).found
        (resource,) = (await client.list_resources()).resources
        assert (resource.name, resource.uri) == ("canteen.txt", "hybrid://document/canteen.txt")
        (read,) = (await client.read_resource(resource.uri)).contents
        assert read.text == "The canteen opens at noon."
        with pytest.raises(MCPError, match="no document"):
            await client.read_resource("hybrid://document/elm.txt")
        found = await client.call_tool("quote", {"text": "the price of project elm"})
        assert Quotation.model_validate(found.structured_content).places == ()


async def test_ask_gives_the_answer_as_text_and_as_data(corpus: Corpus) -> None:
    result = await called(corpus, "ask", question=QUESTION)
    answer = Answer.model_validate(result.structured_content)
    assert answer.model_copy(update={"seconds": {}}) == corpus.ask(QUESTION).model_copy(update={"seconds": {}})
    assert TERM in " ".join(text_of(result).split())
    assert "[1]" in text_of(result)
    assert not result.is_error


async def test_ask_takes_a_filter_a_route_and_what_was_asked_before(corpus: Corpus) -> None:
    before = ["Who are the parties to the supply agreement?"]
    where = {"sources": ["discovery/agreement*"]}
    result = await called(corpus, "ask", question="And when does it end?", route="lookup", history=before, where=where)
    answer = Answer.model_validate(result.structured_content)
    assert answer.route.forced
    assert answer.where is not None
    assert answer.notes[0].startswith("Read as:")


async def test_search_gives_passages(corpus: Corpus) -> None:
    result = await called(corpus, "search", question="wet salt", k=1)
    (hit,) = (Hit.model_validate(one) for one in result.structured_content["hits"])
    assert hit == corpus.search("wet salt", 1)[0]
    assert hit.source in text_of(result)
    assert hit.text in text_of(result)


async def test_quote_finds_words_to_the_character(corpus: Corpus) -> None:
    result = await called(corpus, "quote", text="extend it  in\nwriting")
    (place,) = Quotation.model_validate(result.structured_content).places
    assert AGREEMENT[place.start : place.end] == place.quote == "extend it in writing"
    assert (place.source, place.lines) == ("discovery/agreement.txt", (3, 3))
    assert "discovery/agreement.txt, line 3: “extend it in writing”" in text_of(result)


async def test_quote_finds_nothing_where_a_word_is_another(corpus: Corpus) -> None:
    result = await called(corpus, "quote", text="extend it in speaking")
    assert Quotation.model_validate(result.structured_content).places == ()
    assert "Do not give them as a quote" in text_of(result)


async def test_verify_says_what_of_a_statement_the_documents_say(corpus: Corpus) -> None:
    result = await called(corpus, "verify", statement=f"{TERM} The rent of the mill is 4,000 pounds.")
    first, second = Judgement.model_validate(result.structured_content).claims
    assert (first.claim.verdict, second.claim.verdict) == ("verbatim", "unsupported")
    assert first.claim.citations[0].source == "discovery/agreement.txt"
    assert text_of(result).startswith("verbatim: The supply agreement ends")
    assert "unsupported: The rent of the mill" in text_of(result)


def test_a_statement_about_nothing_in_the_documents_is_unsupported(corpus: Corpus) -> None:
    (found,) = judged(corpus, "Jupiter has 95 moons.").claims
    assert (found.claim.verdict, found.claim.text) == ("unsupported", "Jupiter has 95 moons.")


def test_what_a_span_contradicts_is_given_with_it(tmp_path: Path) -> None:
    from served import INDEX_ONLY

    with Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(Document.from_text("The fee for the survey was 400 pounds.", "fee.txt"))
        (found,) = judged(corpus, "The fee for the survey was 700 pounds.").claims
        assert found.claim.verdict == "contradicted"
        assert found.against[0].quote == "The fee for the survey was 400 pounds."
        assert "says otherwise: fee.txt" in str(found)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, "question is missing"),
        ("ask", {"question": " "}, "the question is empty"),
        ("ask", {"question": QUESTION, "depth": 3}, "depth: there is no such field"),
        ("search", {"question": "salt", "k": 1000}, "k must be less than or equal to 100"),
        ("search", {"question": "salt", "k": "3"}, "k must be a valid integer"),
        ("quote", {"text": "..."}, "text is the words to find"),
        ("quote", {"text": "salt", "source": "nothing.txt"}, "SourceNotFoundError: no source 'nothing.txt'"),
        ("verify", {"statement": ""}, "the question is empty"),
        ("ask", {"question": QUESTION, "where": {"metadata": {"custodain": "J."}}}, "custodain"),
    ],
)
async def test_what_is_wrong_with_a_call_is_said_to_the_model(
    corpus: Corpus, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = await called(corpus, tool, **arguments)
    assert result.is_error
    assert said in text_of(result)


async def test_a_tool_that_is_not_there_is_a_protocol_error(corpus: Corpus) -> None:
    async with mcp.Client(mcp_server(corpus)) as client:
        with pytest.raises(MCPError, match="there is no tool 'delete'"):
            await client.call_tool("delete", {})


async def test_documents_are_resources_page_by_page(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hybrid.service.mcp._PAGE", 1)
    async with mcp.Client(mcp_server(corpus)) as client:
        first = await client.list_resources()
        second = await client.list_resources(cursor=first.next_cursor)
        assert [one.name for one in (*first.resources, *second.resources)] == [
            "discovery/agreement.txt",
            "discovery/minutes.txt",
        ]
        assert second.next_cursor is None
        (read,) = (await client.read_resource(second.resources[0].uri)).contents
        assert read.text == MINUTES
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "hybrid://document/{source}"
        with pytest.raises(MCPError, match="cursor"):
            await client.list_resources(cursor="x")
        for uri in ("hybrid://document/", "hybrid://other/agreement.txt", "hybrid://document/..%2F..%2Fetc%2Fpasswd"):
            with pytest.raises(MCPError, match="no document"):
                await client.read_resource(uri)


def test_a_quote_is_found_however_its_marks_are_written(tmp_path: Path) -> None:
    from served import INDEX_ONLY

    text = "She said:\n“it’s over – by\nten-thirty”, and left. " + "Again and again. " * 20
    with Corpus.open(tmp_path / "corpus", INDEX_ONLY) as corpus:
        corpus.ingest(Document.from_text(text, "a.txt"), Document.from_text("Nothing of it.", "b.txt"))
        (found,) = quoted(corpus, '"it\'s over - by ten-thirty"').places
        assert found.quote == "“it’s over – by\nten-thirty”"
        assert found.lines == (2, 3)
        assert quoted(corpus, "it's over - by ten-thirty", source="b.txt").places == ()
        many = quoted(corpus, "again")
        assert (len(many.places), many.more) == (MOST_PLACES, True)


@pytest.mark.parametrize(("tool", "given"), [("ask", {"question": QUESTION}), ("verify", {"statement": TERM})])
def test_a_tool_stops_when_its_call_is_cancelled(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tool: str, given: dict[str, str]
) -> None:
    import asyncio
    import threading

    from hybrid.types.answers import Route
    from hybrid.types.events import DraftEvent, RouteEvent

    begun, closed = threading.Event(), threading.Event()

    def endless(*_: Any, **__: Any) -> Iterator[Any]:
        begun.set()
        try:
            yield RouteEvent(question=QUESTION, route=Route(name="lookup", p_comprehension=0.1))
            while True:
                yield DraftEvent(text="and so on ", origin="memory")
        finally:
            closed.set()

    monkeypatch.setattr(Corpus, "stream", endless)

    async def run() -> None:
        task = asyncio.ensure_future(called(corpus, tool, **given))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.wait([task])
        assert await asyncio.to_thread(closed.wait, 60)

    asyncio.run(run())


@pytest.mark.parametrize("cursor", ["9" * 5000, "²", "-1", "٣", "x"])
async def test_a_cursor_that_nobody_gave_is_a_protocol_error(corpus: Corpus, cursor: str) -> None:
    async with mcp.Client(mcp_server(corpus)) as client:
        with pytest.raises(MCPError, match="none that this server gave"):
            await client.list_resources(cursor=cursor)


async def test_a_servers_corpus_is_offered_as_one_on_this_machine_is(
    made: Path, corpus: Corpus, tmp_path: Path
) -> None:
    import shutil

    from served import serving

    shutil.copytree(made / "acme", tmp_path / "corpora" / "acme")
    statement = f"{TERM} The rent of the mill is 4,000 pounds."
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"question": QUESTION}),
        ("search", {"question": "wet salt", "k": 1}),
        ("quote", {"text": "extend it in writing"}),
        ("verify", {"statement": statement}),
        ("ask", {"question": " "}),
        ("quote", {"text": "salt", "source": "nothing.txt"}),
    ]

    async def told(client: mcp.Client) -> list[Any]:
        resources = (await client.list_resources()).resources
        texts = [(await client.read_resource(one.uri)).contents[0] for one in resources]
        answers = [await client.call_tool(tool, arguments) for tool, arguments in calls]
        return [resources, texts, [(text_of(one), one.is_error) for one in answers]]

    async with mcp.Client(mcp_server(corpus)) as local:
        expected = await told(local)
    with serving(tmp_path / "corpora") as running:
        command = StdioServerParameters(
            command=sys.executable,
            args=["-m", "hybrid.cli", "mcp", "acme", "--server", running.url],
            env={**os.environ},
        )
        async with mcp.Client(stdio_client(command)) as remote:
            assert await told(remote) == expected
        with running.client() as client:
            served = client.corpus("acme")
            assert served.quote("extend it in writing") == quoted(corpus, "extend it in writing")
            assert served.judge(statement) == judged(corpus, statement)
