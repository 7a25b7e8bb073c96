"""Wrong arguments of the LangChain components are `InputError`, which names the argument."""

from __future__ import annotations

import asyncio
import copy
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import RunnableLambda

import hybrid
from hybrid.errors import InputError
from hybrid.langchain import (
    ChatHybrid,
    HybridEmbeddings,
    HybridRetriever,
    HybridVectorStore,
    as_context,
    citations_of,
    from_langchain,
)
from hybrid.langchain.running import WriterRun, usage_of
from hybrid.settings import MemorySettings, Settings

NOTE = "The supply agreement ends on 30 June 2027.\nThe salt arrived wet in March."
END = "When does the supply agreement end?"
USED = {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corpus") / "c"
    with hybrid.Corpus.open(home, Settings(memory=MemorySettings(enabled=False))) as corpus:
        corpus.ingest(hybrid.Document.from_text(NOTE, source="note.txt"))
    return home


@pytest.fixture
def store(tmp_path: Path) -> HybridVectorStore:
    made = HybridVectorStore(tmp_path / "store")
    made.add_texts(["One.", "Two.", "Twelve."], ids=["1", "2", "12"])
    return made


WRITER = FakeMessagesListChatModel(responses=[AIMessage("x")])


@pytest.mark.parametrize(
    ("component", "wrong", "message"),
    [
        (HybridRetriever, {"k": 0}, r"HybridRetriever\.k must be greater than or equal to 1, not 0"),
        (ChatHybrid, {"cache": "sqlite"}, r"^ChatHybrid\.cache: must be a LangChain cache, [^\n]*, not 'sqlite'$"),
        (HybridRetriever, {"k": "5"}, r"\.k must be an? .*integer, not '5'"),
        (HybridRetriever, {"k": True}, r"\.k must be an? .*integer, not True"),
        (HybridRetriever, {"order": "bm25"}, r"\.order must be 'fused', 'dense' or 'lexical', not 'bm25'"),
        (HybridRetriever, {"where": {"sources": "*"}}, r"\.where must be an instance of Filter, not dict"),
        (HybridRetriever, {"search_kwargs": {}}, r"\.search_kwargs: there is no such field"),
        (HybridRetriever, {"corpus": 5}, r"\.corpus: must be an open hybrid\.Corpus, or the directory of one, not 5"),
        (HybridRetriever, {"corpus": ""}, r"\.corpus: must be an open hybrid\.Corpus"),
        (ChatHybrid, {"route": "x"}, r"ChatHybrid\.route must be .*'lookup'.*, not 'x'"),
        (ChatHybrid, {"max_tokens": 5}, r"\.max_tokens: there is no such field"),
        (ChatHybrid, {"model": "x"}, r"\.model: there is no such field"),
        (ChatHybrid, {"retriever": "x"}, r"\.retriever must be an instance of Runnable, not 'x'"),
        (ChatHybrid, {"retriever": WRITER}, r"\.retriever: .* is a model; give it as writer="),
        (ChatHybrid, {"stop": 5}, r"\.stop: stop must be a string or a list of strings, not 5"),
        (ChatHybrid, {"stop": ["a", 5]}, r"a list that holds 5"),
        (ChatHybrid, {"timeout": True}, r"\.timeout must be a valid number, not True"),
        (HybridEmbeddings, {"model": 5}, r"HybridEmbeddings\.model must be a string, not 5"),
    ],
)
def test_a_wrong_argument_of_a_constructor_is_named(
    directory: Path, component: Any, wrong: dict[str, Any], message: str
) -> None:
    corpus = {} if component is HybridEmbeddings else {"corpus": directory}
    with pytest.raises(InputError, match=message):
        component(**corpus | wrong)
    with pytest.raises(InputError, match=message):
        component.model_validate(corpus | wrong)
    with pytest.raises(InputError, match=message):
        component(**corpus).model_copy(update=wrong)
    made = component(**corpus)
    before = made.model_dump()
    with pytest.raises(InputError, match=rf"{message}|{next(iter(wrong))} cannot be set"):
        setattr(made, *next(iter(wrong.items())))
    assert made.model_dump() == before


def test_a_missing_or_unnamed_argument_is_named(directory: Path) -> None:
    for component in (HybridRetriever, ChatHybrid):
        with pytest.raises(InputError, match="corpus is missing"):
            component()
        with pytest.raises(InputError, match="by name"):
            component(directory)


def test_a_copy_has_what_was_updated_and_no_unknown_field(directory: Path) -> None:
    retriever = HybridRetriever(corpus=directory)
    with pytest.raises(InputError, match="did you mean k"):
        retriever.model_copy(update={"kk": 3})
    with pytest.raises(InputError, match="kk cannot be set"):
        retriever.kk = 3
    assert (retriever.model_copy(update={"k": 3}).k, retriever.k, copy.copy(retriever)) == (3, 4, retriever)
    with pytest.raises(InputError, match="frozen"):
        HybridEmbeddings().model = "x"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"filter": {}}, "does not know filter; a call takes k and where"), ({"k": "5"}, "k"), ({"where": {}}, "where")],
)
def test_a_wrong_argument_of_a_retrievers_call_is_named(directory: Path, wrong: dict[str, Any], message: str) -> None:
    retriever = HybridRetriever(corpus=directory)
    with pytest.raises(InputError, match=message):
        retriever.invoke(END, **wrong)
    with pytest.raises(InputError, match=message):
        asyncio.run(retriever.ainvoke(END, **wrong))


# A string is no list of its characters ---------------------------------------------------------------


def test_a_string_is_one_stop_word(directory: Path) -> None:
    chat = ChatHybrid(corpus=directory, route="lookup")
    cut = chat.invoke(END, stop=["2027"]).text
    assert cut.endswith("30 June ")
    assert chat.invoke(END, stop="2027").text == cut  # type: ignore[arg-type]
    assert "".join(str(chunk.text) for chunk in chat.stream(END, stop="2027")) == cut  # type: ignore[arg-type]
    assert ChatHybrid(corpus=directory, route="lookup", stop="2027").invoke(END).text == cut  # type: ignore[arg-type]
    with pytest.raises(InputError, match="stop must be a string or a list of strings, not 5"):
        chat.invoke(END, stop=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["12", {"1": 2}, 5, ["1", 2], [None]], ids=repr)
def test_ids_are_a_list_of_strings(store: HybridVectorStore, wrong: Any) -> None:
    for use in (store.delete, store.get_by_ids):
        with pytest.raises(InputError, match=r"ids.* must be a "):
            use(wrong)
    if wrong != [None]:  # there, it is made up
        with pytest.raises(InputError, match=r"ids.* must be a "):
            store.add_texts(["a", "b"], ids=wrong)
    assert [document.id for document in store.get_by_ids(["1", "2", "12"])] == ["1", "2", "12"]


@pytest.mark.parametrize("wrong", ["abc", b"abc", {"a": 1}, 5, [5], [None], Document("abc")], ids=repr)
def test_texts_are_a_list_of_strings(store: HybridVectorStore, wrong: Any) -> None:
    for use in (store.add_texts, HybridEmbeddings().embed_documents):
        with pytest.raises(InputError, match=r"texts.* must be a "):
            use(wrong)
    assert store._opener().status().documents == 3


@pytest.mark.parametrize("wrong", ["x", ["x"], Document("abc"), 5], ids=repr)
def test_documents_are_a_list_of_documents(store: HybridVectorStore, tmp_path: Path, wrong: Any) -> None:
    uses: list[Any] = [as_context, store.add_documents, lambda given: list(from_langchain(given))]
    uses.append(lambda given: HybridVectorStore.from_documents(given, directory=tmp_path / "other"))
    for use in uses:
        with pytest.raises(InputError, match=r"documents.* must be a "):
            use(wrong)
    assert not (tmp_path / "other").exists()


def test_a_document_of_this_library_is_told_from_langchains() -> None:
    with pytest.raises(InputError, match=r"documents\[0\] must be a langchain_core.* not hybrid\.Document"):
        as_context([hybrid.Document.from_text("a", source="a")])  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", [{"a": 1}, "ab", [1, 2], 5], ids=repr)
def test_metadatas_are_a_list_of_dicts(store: HybridVectorStore, wrong: Any) -> None:
    with pytest.raises(InputError, match=r"metadatas"):
        store.add_texts(["a", "b"], wrong)


def test_other_arguments_of_the_functions_and_the_store_are_named(store: HybridVectorStore) -> None:
    with pytest.raises(InputError, match="text must be a string, not 5"):
        HybridEmbeddings().embed_query(5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="message must be a message"):
        citations_of("x")  # type: ignore[arg-type]
    wrong: Any
    for wrong in (5, "", ["a"]):
        with pytest.raises(InputError, match="directory must be"):
            HybridVectorStore(wrong)
    for wrong in ("4", 0, True, 1.5):
        with pytest.raises(InputError, match="k must be at least 1"):
            HybridVectorStore("never-opened", k=wrong)
        with pytest.raises(InputError, match="k must be at least 1"):
            store.similarity_search("one", k=wrong)
    with pytest.raises(InputError, match="order must be"):
        HybridVectorStore("never-opened", order="bm25")  # type: ignore[arg-type]
    for wrong in (5, [0.5] * 384):
        with pytest.raises(InputError, match="query must be a string"):
            store.similarity_search(wrong)
    for wrong in ("one", 5):
        with pytest.raises(InputError, match="embedding must be a list of numbers"):
            store.similarity_search_by_vector(wrong)
        with pytest.raises(InputError, match="embedding must be a list of numbers"):
            store.max_marginal_relevance_search_by_vector(wrong)
    with pytest.raises(InputError, match="fetch_k must be"):
        store.max_marginal_relevance_search("one", fetch_k="9")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lambda_mult must be"):
        store.max_marginal_relevance_search("one", lambda_mult=2)


def test_a_retriever_that_finds_no_documents_is_named(directory: Path) -> None:
    for found in ("text", [5], None):
        chat = ChatHybrid(corpus=directory, retriever=RunnableLambda(lambda _, found=found: found))
        with pytest.raises(InputError, match="what the retriever found"):
            chat.invoke(END)


# Usage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_a_usage_callback_counts_the_writers_tokens_once_and_under_its_name(directory: Path, way: str) -> None:
    said = AIMessage(NOTE.split("\n")[0], usage_metadata=USED, response_metadata={"model_name": "large"})  # type: ignore[arg-type]
    chat = ChatHybrid(corpus=directory, writer=FakeMessagesListChatModel(responses=[said]), route="comprehension")
    with get_usage_metadata_callback() as counted:
        message = [chat.invoke(END)] if way == "invoke" else list(chat.stream(END))
    assert counted.usage_metadata == {"large": USED}
    assert message[-1].usage_metadata == USED


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, float("nan")])
def test_a_timeout_that_no_system_can_wait_for_is_refused(timeout: float) -> None:
    with pytest.raises(InputError, match="timeout"):
        ChatHybrid(corpus="acme", timeout=timeout)


@pytest.mark.parametrize("name", ["writer", "judge"])
def test_what_is_no_model_is_refused_at_construction(name: str) -> None:
    with pytest.raises(InputError, match=name):
        ChatHybrid(corpus="acme", **{name: "gpt"})


def test_a_retriever_of_more_documents_than_there_can_be_is_refused() -> None:
    with pytest.raises(InputError, match="k"):
        HybridRetriever(corpus="acme", k=10**30)


def test_what_a_writer_and_a_judge_cost_is_added_up() -> None:
    runs = []
    for tokens in (3, 4):
        run = WriterRun(RunnableLambda(lambda _: "YES"), {})
        run.usage = UsageMetadata(input_tokens=tokens, output_tokens=1, total_tokens=tokens + 1)
        runs.append(run)
    assert usage_of(*runs) == UsageMetadata(input_tokens=7, output_tokens=2, total_tokens=9)
    assert usage_of(None, lambda messages: "YES") is None


@pytest.mark.parametrize("given", [5, None, b"When?", {}, [None], [("user", 5)], [{"role": "user"}], iter("ab")])
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_what_is_no_conversation_is_refused(given: object, way: str) -> None:
    with pytest.raises(InputError, match="input is a question, a prompt value, or a list of messages"):
        list(getattr(ChatHybrid(corpus="acme"), way)(given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"search_type": "x"}, "search_type of x not allowed"),
        ({"search_type": None}, "search_type of None"),
        ({"search_kwargs": 5}, "search_kwargs: Input should be a valid dictionary"),
        ({"search_type": "similarity_score_threshold"}, "`score_threshold` is not specified"),
        ({"nosuch": 5}, "as_retriever does not know nosuch"),
    ],
)
def test_a_retriever_of_a_store_that_cannot_be_is_refused(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        HybridVectorStore(tmp_path / "store").as_retriever(**given)


async def test_a_kind_of_search_that_there_is_not_is_refused(tmp_path: Path) -> None:
    store = HybridVectorStore(tmp_path / "store")
    with pytest.raises(InputError, match="search_type is 'similarity' or 'mmr'"):
        store.search("lease", "x")
    with pytest.raises(InputError, match="not None"):
        await store.asearch("lease", None)  # type: ignore[arg-type]


def test_a_copy_is_changed_by_a_dict() -> None:
    for component in (HybridRetriever(corpus="acme"), ChatHybrid(corpus="acme"), HybridEmbeddings()):
        with pytest.raises(InputError, match="update is a dict of fields"):
            component.model_copy(update=5)  # type: ignore[arg-type]
