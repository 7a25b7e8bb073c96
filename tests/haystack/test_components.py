"""A corpus as components of a Haystack pipeline: typed, connected, written to a file and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from framework_corpus import AGREEMENT, DRAFT, END, NOWHERE, WET, WHY, made
from haystack import Document, GeneratedAnswer, Pipeline, component
from haystack.components.builders import ChatPromptBuilder
from haystack.components.evaluators import DocumentMAPEvaluator
from haystack.components.generators.chat import MockChatGenerator
from haystack.components.routers import ConditionalRouter
from haystack.core.errors import DeserializationError, PipelineConnectError
from haystack.dataclasses import ChatMessage, StreamingChunk

from hybrid import Corpus, Filter
from hybrid.errors import CorpusNotFoundError, InputError, UnsupportedOperationError
from hybrid.haystack import HybridAnswerer, HybridRetriever
from hybrid.haystack.filters import filter_from

TRUE = "The parties fell out because the salt arrived wet three months in a row."
FALSE = "Acme paid a refund of 900 euros."
LEDGER = "The refund of the deposit was 1,200 euros."
REFUND = "How much was the refund of the deposit?"
OURS = ["hybrid.haystack"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with made(tmp_path_factory.mktemp("corpus") / "c") as opened:
        yield opened


def answer_of(found: dict[str, Any]) -> GeneratedAnswer:
    (answer,) = found["answers"]
    assert isinstance(answer, GeneratedAnswer)
    return answer


# The retriever -------------------------------------------------------------------------------------------


def test_a_document_is_the_span_and_says_where_it_stands(corpus: Corpus) -> None:
    found = HybridRetriever(corpus, top_k=3).run(END)["documents"]
    best = found[0]
    assert best.content == AGREEMENT[best.meta["start"] : best.meta["end"]]
    assert (best.meta["source"], best.meta["page"], best.meta["date"]) == ("agreement.txt", None, "2026-01-12")
    assert best.meta["lines"][0] == AGREEMENT[: best.meta["start"]].count("\n") + 1
    assert best.meta["custodian"] == "J. Doe"
    assert [(one.content, one.score) for one in found] == [(hit.text, hit.score) for hit in corpus.search(END, k=3)]
    by_source = {one.meta["source"]: one.meta for one in found}
    assert by_source["hearing.txt"]["speaker"] == "Ann Aaker"
    assert by_source["hearing.txt"]["document"] == {"page": "exhibit"}
    assert (by_source["minutes.md"]["status"], by_source["minutes.md"]["author"]) == ("draft", "Jane Whitlock")


def test_a_document_survives_json(corpus: Corpus) -> None:
    for one in HybridRetriever(corpus, top_k=3).run(END)["documents"]:
        assert Document.from_dict(json.loads(json.dumps(one.to_dict(flatten=False)))) == one


async def test_awaited_it_finds_the_same(corpus: Corpus) -> None:
    retriever = HybridRetriever(corpus, top_k=2)
    assert await retriever.run_async(WET) == retriever.run(WET)


def test_a_call_may_ask_for_more_and_for_other_documents(corpus: Corpus) -> None:
    only = {"field": "meta.source", "operator": "==", "value": "hearing.txt"}
    other = {"field": "meta.custodian", "operator": "in", "value": ["M. Roe", "J. Doe"]}
    retriever = HybridRetriever(corpus, top_k=1, filters=only)
    assert [one.meta["source"] for one in retriever.run(END)["documents"]] == ["hearing.txt"]
    found = retriever.run(END, filters=other, top_k=5)["documents"]
    assert {one.meta["source"] for one in found} == {"agreement.txt", "minutes.md"}
    dense = HybridRetriever(corpus, top_k=2, order="dense").run(WET)["documents"]
    assert [one.content for one in dense] == [hit.text for hit in corpus.search(WET, 2, order="dense")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ({}, None),
        ({"field": "meta.source", "operator": "==", "value": "mail/*"}, Filter(sources="mail/*")),
        ({"field": "custodian", "operator": "==", "value": "J. Doe"}, Filter(metadata={"custodian": "J. Doe"})),
        ({"field": "meta.row", "operator": "in", "value": [3, "4"]}, Filter(metadata={"row": ["3", "4"]})),
        (
            {
                "operator": "AND",
                "conditions": [
                    {"field": "meta.date", "operator": ">=", "value": "2024-03"},
                    {"operator": "AND", "conditions": [{"field": "meta.date", "operator": "<=", "value": "2024"}]},
                ],
            },
            Filter(since="2024-03", until="2024"),
        ),
    ],
)
def test_a_filter_of_haystacks_is_the_corpus_own(given: Any, expected: Filter | None) -> None:
    assert filter_from(given) == expected


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("mail/*", InputError, "filters is a filter of Haystack's, .*, not 'mail/"),
        ({"field": "meta.a", "value": 1}, InputError, "'operator' is missing"),
        ({"field": 5, "operator": "==", "value": 1}, InputError, "its field is 5"),
        ({"field": "a", "operator": "!=", "value": 1}, UnsupportedOperationError, "the operator '!=' on 'a'"),
        ({"field": "meta.date", "operator": ">", "value": "2024"}, UnsupportedOperationError, "the operator '>' on"),
        ({"operator": "OR", "conditions": []}, UnsupportedOperationError, "the operator 'OR' is not one"),
        ({"operator": "NOT", "conditions": []}, UnsupportedOperationError, "the operator 'NOT' is not one"),
        ({"operator": "AND", "conditions": {}}, InputError, "conditions is a list"),
        ({"field": "a", "operator": "in", "value": []}, InputError, "not an empty one"),
        ({"field": "a", "operator": "==", "value": None}, UnsupportedOperationError, "without 'a'"),
        ({"field": "date", "operator": ">=", "value": "3/4/24"}, InputError, "3/4/24"),
        (
            {"operator": "AND", "conditions": [{"field": "a", "operator": "==", "value": v} for v in "bc"]},
            InputError,
            r"filters\.conditions\[1\]: 'a' has two conditions",
        ),
    ],
)
def test_a_filter_that_a_corpus_does_not_have_is_refused_when_the_component_is_made(
    corpus: Corpus, given: Any, error: type[Exception], message: str
) -> None:
    for make in (HybridRetriever, HybridAnswerer):
        with pytest.raises(error, match=message):
            make(corpus, filters=given)
    with pytest.raises(error, match=message):
        HybridRetriever(corpus).run(END, filters=given)


# The answerer --------------------------------------------------------------------------------------------


def test_the_answer_has_its_citations_and_how_each_sentence_is_known(corpus: Corpus) -> None:
    expected, found = corpus.ask(END), HybridAnswerer(corpus).run(END)
    answer = answer_of(found)
    assert (answer.data, answer.query, found["found"]) == (expected.text, END, True)
    (cited,) = answer.documents
    assert cited.content == AGREEMENT[cited.meta["start"] : cited.meta["end"]] == expected.citations[0].quote
    assert (cited.meta["number"], cited.meta["lines"], cited.meta["date"]) == (1, [3, 3], "2026-01-12")
    assert cited.score == 1.0
    (said,) = answer.meta["verdicts"]
    assert (said["verdict"], said["citations"]) == ("verbatim", [1])
    assert answer.data[said["start_index"] : said["end_index"]] == said["text"]
    assert answer.meta["route"] == "lookup"
    assert GeneratedAnswer.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_a_speaker_and_a_draft_are_named_with_the_quote(corpus: Corpus) -> None:
    hearing = {"field": "source", "operator": "==", "value": "hearing.txt"}
    assert answer_of(HybridAnswerer(corpus, filters=hearing).run(WET)).documents[0].meta["speaker"] == "Bob Ode"
    minutes = {"field": "source", "operator": "==", "value": "minutes.md"}
    cited = answer_of(HybridAnswerer(corpus, filters=hearing).run(WHY, filters=minutes)).documents[0]
    assert (cited.meta["status"], cited.content) == ("draft", DRAFT[cited.meta["start"] : cited.meta["end"]])


def test_where_nothing_answers_it_says_so_and_cites_nothing(corpus: Corpus) -> None:
    found = HybridAnswerer(corpus).run(NOWHERE)
    assert found["found"] is False
    assert "Nothing in the 3 documents" in answer_of(found).data
    assert answer_of(found).documents == []


async def test_awaited_it_answers_the_same(corpus: Corpus) -> None:
    answerer = HybridAnswerer(corpus, route="both")
    assert await answerer.run_async(WHY) == answerer.run(WHY)
    assert answer_of(answerer.run(WHY)).meta["route_forced"] is True


async def test_the_pieces_that_a_callback_is_told_are_the_answer(corpus: Corpus) -> None:
    told: list[StreamingChunk] = []
    awaited: list[StreamingChunk] = []

    async def await_it(chunk: StreamingChunk) -> None:
        awaited.append(chunk)

    plain = answer_of(HybridAnswerer(corpus, route="both").run(WHY))
    inside = HybridAnswerer(corpus, route="both", streaming_callback=told.append).run(WHY)
    assert answer_of(inside) == plain
    assert "".join(one.content for one in told) == plain.data
    assert told[0].component_info is not None
    assert told[0].component_info.type == "hybrid.haystack.answerer.HybridAnswerer"
    assert answer_of(await HybridAnswerer(corpus, route="both").run_async(WHY, streaming_callback=await_it)) == plain
    assert "".join(one.content for one in awaited) == plain.data
    with pytest.raises(ValueError, match="coroutine"):
        HybridAnswerer(corpus).run(WHY, streaming_callback=await_it)


def test_a_follow_up_takes_its_subject_from_what_was_asked_before(corpus: Corpus) -> None:
    found = HybridAnswerer(corpus).run("And when does it end?", history=["What is the supply agreement about?"])
    assert "30 June 2027" in answer_of(found).data
    assert answer_of(found).meta["notes"]


def test_what_a_generator_writes_is_verified_and_what_nothing_supports_is_left_out(corpus: Corpus) -> None:
    answerer = HybridAnswerer(corpus, route="comprehension", writer=MockChatGenerator(f"{TRUE} {FALSE}"))
    answer = answer_of(answerer.run(WHY))
    assert TRUE in answer.data
    assert "refund" not in answer.data
    assert answer.meta["draft"]["claims"][0]["text"] == FALSE
    assert {one["text"]: one["origin"] for one in answer.meta["verdicts"]}[TRUE] == "writer"


def test_a_generator_is_asked_with_its_instruction_and_the_question(corpus: Corpus) -> None:
    asked: list[ChatMessage] = []

    @component
    class Listener:
        @component.output_types(replies=list[ChatMessage])
        def run(self, messages: list[ChatMessage]) -> dict[str, list[ChatMessage]]:
            asked.extend(messages)
            return {"replies": []}

    answer = answer_of(HybridAnswerer(corpus, route="comprehension", writer=Listener()).run(WHY))
    assert [one.role.value for one in asked] == ["system", "user"]
    assert WHY in (asked[1].text or "")
    assert any("writer" in note for note in answer.meta["notes"])  # it wrote nothing, and the index answers
    assert answer.documents


def test_any_retrievers_documents_are_quoted_where_they_stand(corpus: Corpus) -> None:
    page = Document(content=LEDGER, meta={"file_path": "ledger.pdf", "page_number": 7, "split_idx_start": 400})
    answer = answer_of(HybridAnswerer(corpus).run(REFUND, documents=[page, Document(content=" ")]))
    (cited,) = answer.documents
    assert (cited.content, cited.meta["source"], cited.meta["page"], cited.meta["start"]) == (
        LEDGER,
        "ledger.pdf",
        7,
        400,
    )
    assert HybridAnswerer(corpus).run(END, documents=[])["found"] is False
    with pytest.raises(InputError, match=r"documents\[0\] must be a haystack\.Document, not 'x'"):
        HybridAnswerer(corpus).run(END, documents=["x"])  # type: ignore[list-item]


def test_a_filter_beside_documents_is_refused(corpus: Corpus) -> None:
    only = {"field": "source", "operator": "==", "value": "hearing.txt"}
    with pytest.raises(InputError, match="give the filters to the retriever"):
        HybridAnswerer(corpus, filters=only).run(END, documents=[Document(content=LEDGER)])


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (HybridRetriever, {"corpus": 5}, r"corpus must be an open hybrid\.Corpus, or the directory of one, not 5"),
        (HybridRetriever, {"top_k": 0}, "how many results"),
        (HybridRetriever, {"order": "bm25"}, "did you mean 'lexical'"),
        (HybridAnswerer, {"corpus": " "}, r"corpus must be an open hybrid\.Corpus"),
        (HybridAnswerer, {"route": "x"}, "route is 'lookup', 'comprehension', 'both' or None, not 'x'"),
        (HybridAnswerer, {"writer": "gpt"}, "writer must be a chat generator of Haystack's, not 'gpt'"),
    ],
)
def test_a_wrong_argument_is_named(corpus: Corpus, kind: Any, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        kind(**{"corpus": corpus} | wrong)


# In pipelines --------------------------------------------------------------------------------------------


def pair(corpus: Corpus | Path) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("retriever", HybridRetriever(corpus, top_k=2))
    pipeline.add_component("answerer", HybridAnswerer(corpus))
    pipeline.connect("retriever.documents", "answerer.documents")
    return pipeline


def both(query: str) -> dict[str, Any]:
    return {"retriever": {"query": query}, "answerer": {"query": query}}


async def test_the_pair_answers_from_the_documents_themselves(corpus: Corpus) -> None:
    pipeline = pair(corpus)
    for found in (pipeline.run(both(END)), await pipeline.run_async(both(END))):
        (cited,) = answer_of(found["answerer"]).documents
        assert (cited.meta["source"], cited.meta["lines"]) == ("agreement.txt", [3, 3])
        assert AGREEMENT[cited.meta["start"] : cited.meta["end"]] == cited.content


def test_a_pipeline_is_written_down_and_read_again(corpus: Corpus) -> None:
    written = pair(corpus).dumps()
    assert f"corpus: {corpus.directory}" in written
    again = Pipeline.loads(written, allowed_modules=OURS)
    assert again.dumps() == written
    assert again.run(both(END)) == pair(corpus).run(both(END))
    with pytest.raises(DeserializationError, match=r"hybrid\.haystack"):  # Haystack asks whom to trust
        Pipeline.loads(written)


def tell(chunk: StreamingChunk) -> None:
    """A callback that can be written down."""


def test_every_argument_is_written_down(corpus: Corpus) -> None:
    only = {"field": "meta.source", "operator": "==", "value": "minutes.md"}
    retriever = HybridRetriever(corpus, top_k=3, filters=only, order="lexical")
    assert HybridRetriever.from_dict(retriever.to_dict()).to_dict() == retriever.to_dict()
    assert retriever.to_dict()["init_parameters"] == {
        "corpus": str(corpus.directory),
        "top_k": 3,
        "filters": only,
        "order": "lexical",
    }
    answerer = HybridAnswerer(corpus, "comprehension", only, MockChatGenerator(TRUE))
    again = HybridAnswerer.from_dict(json.loads(json.dumps(answerer.to_dict())))
    assert again.to_dict() == answerer.to_dict()
    assert again.run(WHY) == answerer.run(WHY)
    named = HybridAnswerer(corpus, streaming_callback=print)  # type: ignore[arg-type]
    assert HybridAnswerer.from_dict(named.to_dict())._streaming_callback is print
    with pytest.raises(DeserializationError):
        HybridAnswerer.from_dict(retriever.to_dict())


def test_the_sockets_are_typed(corpus: Corpus) -> None:
    pipeline = Pipeline()
    pipeline.add_component("answerer", HybridAnswerer(corpus))
    pipeline.add_component("retriever", HybridRetriever(corpus))
    assert pipeline.inputs()["answerer"]["query"] == {"type": str, "is_mandatory": True}
    assert set(pipeline.outputs(include_components_with_connected_outputs=True)["answerer"]) == {"answers", "found"}
    with pytest.raises(PipelineConnectError):
        pipeline.connect("answerer.found", "retriever.query")


def test_a_router_can_ask_elsewhere_where_nothing_was_found(corpus: Corpus) -> None:
    router = ConditionalRouter(
        [
            {"condition": "{{ found }}", "output": "{{ query }}", "output_name": "here", "output_type": str},
            {"condition": "{{ not found }}", "output": "{{ query }}", "output_name": "elsewhere", "output_type": str},
        ]
    )
    pipeline = Pipeline()
    pipeline.add_component("answerer", HybridAnswerer(corpus))
    pipeline.add_component("router", router)
    pipeline.connect("answerer.found", "router.found")
    for query, way in ((END, "here"), (NOWHERE, "elsewhere")):
        assert pipeline.run({"answerer": {"query": query}, "router": {"query": query}})["router"] == {way: query}


def test_any_generator_of_haystacks_writes_from_the_retrieved_spans(corpus: Corpus) -> None:
    template = [ChatMessage.from_user("{% for one in documents %}{{ one.content }}{% endfor %} {{ query }}")]
    pipeline = Pipeline()
    pipeline.add_component("retriever", HybridRetriever(corpus, top_k=1))
    pipeline.add_component("prompt", ChatPromptBuilder(template, required_variables="*"))
    pipeline.add_component("model", MockChatGenerator())  # says the prompt again
    pipeline.connect("retriever.documents", "prompt.documents")
    pipeline.connect("prompt.prompt", "model.messages")
    found = pipeline.run({"retriever": {"query": END}, "prompt": {"query": END}})
    assert "30 June 2027" in found["model"]["replies"][0].text


def test_haystacks_evaluator_measures_it(corpus: Corpus) -> None:
    found = HybridRetriever(corpus, top_k=3).run(END)["documents"]
    wanted = [Document(content=found[0].content)]
    assert DocumentMAPEvaluator().run([wanted], [found])["score"] == 1.0
    assert DocumentMAPEvaluator().run([wanted], [found[1:]])["score"] == 0.0


def test_a_missing_corpus_is_an_error_when_the_pipeline_warms_up(tmp_path: Path) -> None:
    pipeline = pair(tmp_path / "absent")
    with pytest.raises(CorpusNotFoundError, match="absent"):
        pipeline.warm_up()
    assert not (tmp_path / "absent").exists()
