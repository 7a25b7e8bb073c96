"""A corpus as a LlamaIndex query engine: verified text, citations as source nodes, the same in any way of asking."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from framework_corpus import AGREEMENT, DRAFT, END, NOWHERE, WET, WHY, made
from llama_index.core import Settings
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import CompletionResponse, CompletionResponseGen
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.indices.query.query_transform.base import IdentityQueryTransform
from llama_index.core.llms import CustomLLM, LLMMetadata, MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.query_engine import RouterQueryEngine, TransformQueryEngine
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool
from pydantic import Field

from hybrid import Corpus, Filter
from hybrid.errors import InputError
from hybrid.llamaindex import HybridQueryEngine, HybridRetriever

TRUE = "The parties fell out because the salt arrived wet three months in a row."
LEDGER = "The refund of the deposit was 1,200 euros."
FALSE = "Acme paid a refund of 900 euros."


class Scripted(CustomLLM):
    """A model of LlamaIndex's that always writes the same; ``asked`` are its prompts."""

    says: str = f"{TRUE} {FALSE}"
    asked: list[str] = Field(default_factory=list)
    pieces: int = 0

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.asked.append(prompt)
        return CompletionResponse(text=self.says)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        self.asked.append(prompt)
        for word in self.says.split(" "):
            self.pieces += 1
            yield CompletionResponse(text=self.says, delta=f"{word} ")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with made(tmp_path_factory.mktemp("corpus") / "c") as opened:
        yield opened


def whole(response: Any) -> Response:
    assert isinstance(response, Response)
    return response


# What a response holds -----------------------------------------------------------------------------------


def test_the_response_is_the_answer_and_its_source_nodes_are_the_citations(corpus: Corpus) -> None:
    answer = corpus.ask(END)
    response = whole(HybridQueryEngine(corpus).query(END))
    assert str(response) == answer.text
    assert [one.text for one in response.source_nodes] == [one.quote for one in answer.citations]
    first = response.source_nodes[0]
    assert first.text == AGREEMENT[first.metadata["start"] : first.metadata["end"]]
    assert (first.metadata["number"], first.metadata["source"], first.metadata["lines"]) == (1, "agreement.txt", [3, 3])
    assert (first.metadata["date"], first.metadata["custodians"]) == ("2026-01-12", ["J. Doe"])
    assert first.score == 1.0
    assert "agreement.txt" in response.get_formatted_sources()


def test_its_metadata_say_how_each_sentence_is_known(corpus: Corpus) -> None:
    response = whole(HybridQueryEngine(corpus).query(END))
    assert response.metadata is not None
    about = response.metadata
    assert (about["found"], about["route"], about["commit"]) == (True, "lookup", 1)
    (said,) = about["verdicts"]
    assert said["verdict"] == "verbatim"
    assert str(response)[said["start_index"] : said["end_index"]] == said["text"]
    assert said["citations"] == [1]
    assert json.loads(json.dumps(about)) == about


def test_a_speaker_and_a_draft_are_named_with_the_quote(corpus: Corpus) -> None:
    wet = whole(HybridQueryEngine(corpus, where=Filter(sources="hearing.txt")).query(WET)).source_nodes[0]
    assert wet.metadata["speaker"] == "Bob Ode"
    draft = whole(HybridQueryEngine(corpus, where=Filter(sources="minutes.md")).query(WHY)).source_nodes[0]
    assert draft.metadata["status"] == "draft"
    assert draft.text == DRAFT[draft.metadata["start"] : draft.metadata["end"]]


def test_where_nothing_answers_it_says_so_and_cites_nothing(corpus: Corpus) -> None:
    response = whole(HybridQueryEngine(corpus).query(NOWHERE))
    assert "Nothing in the 3 documents" in str(response)
    assert response.source_nodes == []
    assert response.metadata is not None
    assert response.metadata["found"] is False


def test_a_route_and_a_filter_are_kept_to(corpus: Corpus) -> None:
    response = whole(HybridQueryEngine(corpus, route="both", where=Filter(sources="minutes.md")).query(WHY))
    assert response.metadata is not None
    assert (response.metadata["route"], response.metadata["route_forced"]) == ("both", True)
    assert response.metadata["where"] == "source minutes.md"
    assert {one.metadata["source"] for one in response.source_nodes} == {"minutes.md"}


# Awaited, streamed ---------------------------------------------------------------------------------------


async def test_awaited_it_answers_the_same(corpus: Corpus) -> None:
    engine = HybridQueryEngine(corpus)
    one, other = whole(engine.query(END)), whole(await engine.aquery(END))
    assert (str(one), one.source_nodes, one.metadata) == (str(other), other.source_nodes, other.metadata)


def test_the_pieces_of_a_stream_are_the_answer(corpus: Corpus) -> None:
    plain = whole(HybridQueryEngine(corpus, route="both").query(WHY))
    streamed = HybridQueryEngine(corpus, route="both", streaming=True).query(WHY)
    assert isinstance(streamed, StreamingResponse)
    assert streamed.metadata == {"route": "both"}
    assert streamed.source_nodes == []
    pieces = list(streamed.response_gen)
    assert "".join(pieces) == str(plain)
    assert streamed.source_nodes == plain.source_nodes
    assert streamed.metadata == plain.metadata


async def test_an_awaited_stream_is_the_answer(corpus: Corpus) -> None:
    plain = whole(HybridQueryEngine(corpus, route="both").query(WHY))
    streamed = await HybridQueryEngine(corpus, route="both", streaming=True).aquery(WHY)
    assert isinstance(streamed, AsyncStreamingResponse)
    assert "".join([piece async for piece in streamed.async_response_gen()]) == str(plain)
    assert streamed.source_nodes == plain.source_nodes
    assert streamed.metadata == plain.metadata


@pytest.mark.parametrize("streaming", [False, True])
def test_a_question_that_cannot_be_asked_is_an_error_of_the_query(corpus: Corpus, streaming: bool) -> None:
    engine = HybridQueryEngine(corpus, streaming=streaming)
    with pytest.raises(InputError, match="question"):
        engine.query(" ")
    with pytest.raises(InputError, match="question"):
        asyncio.run(engine.aquery(" "))


def test_whoever_leaves_a_stream_stops_the_model(corpus: Corpus) -> None:
    model = Scripted(says=f"{TRUE} " + f"{FALSE} " * 200)
    streamed = HybridQueryEngine(corpus, route="comprehension", llm=model, streaming=True).query(WHY)
    assert isinstance(streamed, StreamingResponse)
    assert next(iter(streamed.response_gen))
    streamed.response_gen.close()  # type: ignore[attr-defined]
    assert model.pieces < 200


# A model and a retriever of LlamaIndex's -----------------------------------------------------------------


@pytest.mark.parametrize("streaming", [False, True])
def test_what_a_model_writes_is_verified_and_what_nothing_supports_is_left_out(corpus: Corpus, streaming: bool) -> None:
    model = Scripted()
    response = HybridQueryEngine(corpus, route="comprehension", llm=model, streaming=streaming).query(WHY)
    said = str(response)
    assert TRUE in said
    assert "refund" not in said
    assert response.metadata is not None
    assert response.metadata["draft"]["claims"][0]["text"] == FALSE
    assert {one["text"]: one["origin"] for one in response.metadata["verdicts"]}[TRUE] == "writer"
    assert WHY in model.asked[0]
    assert (model.pieces > 0) == streaming


def test_no_model_of_llamaindexs_settings_is_asked(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "_llm", model := Scripted())
    monkeypatch.setattr(Settings, "_embed_model", None)
    HybridQueryEngine(corpus, route="both").query(WHY)
    assert model.asked == []


class TwoNodes(BaseRetriever):
    """Stands for any retriever: a node of a reader's, with a page and an offset, and an empty one."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        ledger = TextNode(
            text=LEDGER,
            start_char_idx=400,
            metadata={"file_path": "ledger.pdf", "page_label": "7"},
            relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id="a-uuid")},
        )
        return [NodeWithScore(node=ledger, score=0.5), NodeWithScore(node=TextNode(text=" "), score=0.4)]


REFUND = "How much was the refund of the deposit?"


async def test_any_retrievers_nodes_are_quoted_where_they_stand(corpus: Corpus) -> None:
    engine = HybridQueryEngine(corpus, retriever=TwoNodes())
    for response in (engine.query(REFUND), await engine.aquery(REFUND)):
        (cited,) = response.source_nodes
        assert cited.text == LEDGER
        assert (cited.metadata["source"], cited.metadata["page"], cited.metadata["start"]) == ("ledger.pdf", 7, 400)


async def test_nodes_of_ones_own_are_answered_from(corpus: Corpus) -> None:
    engine = HybridQueryEngine(corpus)
    query = QueryBundle(REFUND)
    nodes = TwoNodes().retrieve(query)
    more = [NodeWithScore(node=TextNode(text="Kept beside."))]
    for response in (engine.synthesize(query, nodes, more), await engine.asynthesize(query, nodes, more)):
        assert [one.text for one in response.source_nodes] == [
            "The refund of the deposit was 1,200 euros.",
            "Kept beside.",
        ]
    assert engine.synthesize(query, []).source_nodes == []
    with pytest.raises(InputError, match=r"nodes\[0\] must be a NodeWithScore, not 'x'"):
        engine.synthesize(query, ["x"])  # type: ignore[list-item]


def test_a_stream_over_ones_own_nodes_keeps_the_additional_ones_last(corpus: Corpus) -> None:
    engine, query = HybridQueryEngine(corpus, streaming=True), QueryBundle(REFUND)
    response = engine.synthesize(query, TwoNodes().retrieve(query), [NodeWithScore(node=TextNode(text="Kept beside."))])
    assert str(response)
    assert [one.text for one in response.source_nodes] == [LEDGER, "Kept beside."]


def test_our_own_retriever_behind_the_engine_cites_the_documents_themselves(corpus: Corpus) -> None:
    response = HybridQueryEngine(corpus, retriever=HybridRetriever(corpus, k=2)).query(END)
    first = response.source_nodes[0].metadata
    assert AGREEMENT[first["start"] : first["end"]] == response.source_nodes[0].text
    assert (first["source"], first["lines"]) == ("agreement.txt", [3, 3])


def test_what_it_would_answer_from_can_be_looked_at(corpus: Corpus) -> None:
    engine = HybridQueryEngine(corpus, where=Filter(sources="hearing.txt"))
    assert {one.metadata["source"] for one in engine.retrieve(QueryBundle(WET))} == {"hearing.txt"}
    assert len(HybridQueryEngine(corpus, retriever=TwoNodes()).retrieve(QueryBundle(WET))) == 2


# In LlamaIndex's own engines -----------------------------------------------------------------------------


def test_it_is_a_tool_and_a_choice_of_llamaindexs_router(corpus: Corpus) -> None:
    tool = QueryEngineTool.from_defaults(HybridQueryEngine(corpus), name="matter", description="the matter's papers")
    assert "30 June 2027" in str(tool.call(END))
    chooser = Scripted(says='[{"choice": 1, "reason": "papers"}]')
    router = RouterQueryEngine(LLMSingleSelector.from_defaults(chooser), [tool], llm=MockLLM())
    response = router.query(END)
    assert response.source_nodes[0].metadata["source"] == "agreement.txt"


def test_a_transform_may_stand_before_it(corpus: Corpus) -> None:
    engine = TransformQueryEngine(HybridQueryEngine(corpus), IdentityQueryTransform())
    assert "30 June 2027" in str(engine.query(END))


def test_its_callbacks_are_told(corpus: Corpus) -> None:
    told = LlamaDebugHandler(print_trace_on_end=False)
    HybridQueryEngine(corpus, callback_manager=CallbackManager([told])).query(END)
    assert len(told.get_event_pairs(CBEventType.QUERY)) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"corpus": ""}, r"corpus must be an open hybrid\.Corpus, or the directory of one, not ''"),
        ({"route": "x"}, "route is 'lookup', 'comprehension', 'both' or None, not 'x'"),
        ({"where": "mail/*"}, r"where is a hybrid\.Filter or None, not 'mail/\*'"),
        ({"retriever": "x"}, "retriever must be a retriever of LlamaIndex's, not 'x'"),
        ({"llm": "default"}, "llm must be a language model of LlamaIndex's, not 'default'"),
        ({"retriever": TwoNodes(), "where": Filter(sources="*")}, "give it to the retriever"),
    ],
)
def test_a_wrong_argument_is_named(corpus: Corpus, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HybridQueryEngine(**{"corpus": corpus} | wrong)
