"""A corpus as a LlamaIndex retriever: exact spans, with where they stand, in LlamaIndex's own engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from framework_corpus import AGREEMENT, END, HEARING, WET, made
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import MetadataMode, QueryBundle, TextNode

from hybrid import Corpus, Filter
from hybrid.errors import CorpusNotFoundError, InputError, UnsupportedOperationError
from hybrid.llamaindex import HybridRetriever


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with made(tmp_path_factory.mktemp("corpus") / "c") as opened:
        yield opened


def test_a_node_is_the_span_and_says_where_it_stands(corpus: Corpus) -> None:
    found = HybridRetriever(corpus, k=3).retrieve(END)
    best = found[0]
    assert best.metadata["source"] == "agreement.txt"
    start, end = best.metadata["start"], best.metadata["end"]
    assert best.text == AGREEMENT[start:end]
    assert isinstance(best.node, TextNode)
    assert (best.node.start_char_idx, best.node.end_char_idx) == (start, end)
    assert best.node.ref_doc_id == "agreement.txt"
    assert best.metadata["lines"][0] == AGREEMENT[:start].count("\n") + 1
    assert best.metadata["sha256"] == corpus.search(END, k=1)[0].sha256
    assert best.metadata["date"] == "2026-01-12"
    assert best.metadata["page"] is None
    assert best.metadata["custodian"] == "J. Doe"
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert [one.text for one in found] == [hit.text for hit in corpus.search(END, k=3)]


def test_who_speaks_and_the_status_of_the_document_are_there(corpus: Corpus) -> None:
    by_source = {one.metadata["source"]: one.metadata for one in HybridRetriever(corpus, k=3).retrieve(WET)}
    assert by_source["hearing.txt"]["speaker"] == "Ann Aaker"  # who begins to speak in the span
    draft = by_source["minutes.md"]
    assert (draft["status"], draft["author"]) == ("draft", "Jane Whitlock")
    assert "DRAFT 2" in draft["status_reason"]
    assert by_source["agreement.txt"]["speaker"] is None


def test_a_documents_own_value_under_one_of_our_keys_is_kept_apart(corpus: Corpus) -> None:
    (hearing,) = HybridRetriever(corpus, k=1, where=Filter(sources="hearing.txt")).retrieve(WET)
    assert hearing.metadata["page"] is None
    assert hearing.metadata["document"] == {"page": "exhibit"}


def test_a_node_survives_json(corpus: Corpus) -> None:
    (found,) = HybridRetriever(corpus, k=1).retrieve(END)
    assert TextNode.model_validate_json(found.node.model_dump_json()) == found.node
    assert json.loads(json.dumps(found.metadata)) == found.metadata


def test_a_models_prompt_has_the_source_and_no_hash(corpus: Corpus) -> None:
    (found,) = HybridRetriever(corpus, k=1).retrieve(END)
    said = found.node.get_content(MetadataMode.LLM)
    assert "source: agreement.txt" in said
    assert "date: 2026-01-12" in said
    assert found.metadata["sha256"] not in said
    assert "None" not in said
    assert found.node.get_content(MetadataMode.EMBED) == found.text


async def test_awaited_it_finds_the_same(corpus: Corpus) -> None:
    retriever = HybridRetriever(corpus, k=2)
    assert [one.node_id for one in await retriever.aretrieve(END)] == [one.node_id for one in retriever.retrieve(END)]


def test_a_filter_and_one_search_alone_are_kept_to(corpus: Corpus) -> None:
    only = HybridRetriever(corpus, k=5, where=Filter(sources="hearing.txt")).retrieve(END)
    assert {one.metadata["source"] for one in only} == {"hearing.txt"}
    for order in ("dense", "lexical"):
        found = HybridRetriever(corpus, k=2, order=order).retrieve(WET)  # type: ignore[arg-type]
        assert [one.text for one in found] == [hit.text for hit in corpus.search(WET, 2, order=order)]  # type: ignore[arg-type]


def test_a_directory_is_opened_with_the_first_question(corpus: Corpus, tmp_path: Path) -> None:
    absent = HybridRetriever(tmp_path / "absent")
    with pytest.raises(CorpusNotFoundError, match="absent"):
        absent.retrieve(END)
    assert not (tmp_path / "absent").exists()
    assert HybridRetriever(corpus.directory, k=1).retrieve(END)[0].metadata["source"] == "agreement.txt"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"corpus": 5}, r"corpus must be an open hybrid\.Corpus, or the directory of one, not 5"),
        ({"k": 0}, "k is how many results"),
        ({"k": "4"}, "k is how many results"),
        ({"where": {"sources": "*"}}, r"where is a hybrid\.Filter or None, not dict"),
        ({"order": "bm25"}, "did you mean 'lexical'"),
    ],
)
def test_a_wrong_argument_is_named(corpus: Corpus, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        HybridRetriever(**{"corpus": corpus} | wrong)


def test_a_query_that_is_not_its_own_words_is_refused_and_a_vector_of_anothers_is_not_used(corpus: Corpus) -> None:
    retriever = HybridRetriever(corpus, k=1)
    with pytest.raises(UnsupportedOperationError, match="image"):
        retriever.retrieve(QueryBundle(END, image_path="a.png"))
    with pytest.raises(UnsupportedOperationError, match="HyDE"):
        retriever.retrieve(QueryBundle(END, custom_embedding_strs=["It ends in May."]))
    with pytest.raises(InputError):
        retriever.retrieve(" ")
    # A vector index that was asked before leaves its vector in the bundle.
    assert retriever.retrieve(QueryBundle(END, custom_embedding_strs=[END], embedding=[1.0, 0.0]))


# In LlamaIndex's own engines ---------------------------------------------------------------------------


def test_any_engine_and_model_of_llamaindex_answers_from_it(corpus: Corpus) -> None:
    engine = RetrieverQueryEngine(
        HybridRetriever(corpus, k=3),
        get_response_synthesizer(llm=MockLLM()),  # says the prompt again
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.0)],
    )
    response = engine.query(END)
    assert "The supply agreement ends on 30 June 2027" in str(response)
    assert response.source_nodes[0].metadata["source"] == "agreement.txt"


def test_it_can_be_fused_with_another(corpus: Corpus) -> None:
    both = QueryFusionRetriever(
        [HybridRetriever(corpus, k=2, order="dense"), HybridRetriever(corpus, k=2, order="lexical")],
        llm=MockLLM(),
        num_queries=1,
        similarity_top_k=1,
        use_async=False,
    )
    assert both.retrieve(END)[0].metadata["source"] == "agreement.txt"


async def test_llamaindexs_evaluator_measures_it(corpus: Corpus) -> None:
    retriever = HybridRetriever(corpus, k=2)
    evaluator = RetrieverEvaluator.from_metric_names(["mrr", "hit_rate"], retriever=retriever)
    ids = [retriever.retrieve(WET)[0].node_id]
    assert (await evaluator.aevaluate(WET, expected_ids=ids)).metric_vals_dict == {"mrr": 1.0, "hit_rate": 1.0}
    absent = await evaluator.aevaluate(WET, expected_ids=["another"])
    assert absent.metric_vals_dict == {"mrr": 0.0, "hit_rate": 0.0}


def test_its_callbacks_are_told(corpus: Corpus) -> None:
    told = LlamaDebugHandler(print_trace_on_end=False)
    HybridRetriever(corpus, k=1, callback_manager=CallbackManager([told])).retrieve(END)
    assert len(told.get_event_pairs(CBEventType.RETRIEVE)) == 1


def test_the_span_of_a_speaker_is_the_transcripts(corpus: Corpus) -> None:
    (found,) = HybridRetriever(corpus, k=1, where=Filter(sources="hearing.txt")).retrieve(WET)
    assert found.text in HEARING
