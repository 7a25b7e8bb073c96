"""The retriever, the vector store and the embeddings: LangChain's own suites, and what hybrid promises besides."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.indexing import InMemoryRecordManager, aindex, index
from langchain_core.runnables import ConfigurableField, RunnableLambda
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)
from langchain_tests.unit_tests import EmbeddingsUnitTests

import hybrid
from hybrid.errors import CorpusError, CorpusNotFoundError, InputError, MissingModelError, SettingsError
from hybrid.langchain import HybridEmbeddings, HybridRetriever, HybridVectorStore
from hybrid.settings import MemorySettings, Settings

INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
LEASE = "The lease of the warehouse in Oslo ends on 1 May 2028.\nThe rent is 900 euros a month."
NOTES = {f"notes/{number}.txt": f"Note {number}: the salt was delivered to depot {number}." for number in range(6)}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corpus") / "c"
    with hybrid.Corpus.open(home, INDEX_ONLY) as corpus:
        metadata = hybrid.Metadata(title="Lease", custodian="J. Doe", date="2024-03-01", extra={"matter": "7"})
        corpus.ingest(
            hybrid.Document.from_text(LEASE, source="lease.txt", metadata=metadata),
            *(hybrid.Document.from_text(text, source=name) for name, text in NOTES.items()),
        )
    return home


# LangChain's standard suites ---------------------------------------------------------------------------


class TestRetrieverStandard(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _corpus(self, directory: Path) -> None:
        self.directory = directory

    @property
    def retriever_constructor(self) -> type[HybridRetriever]:
        return HybridRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"corpus": self.directory}

    @property
    def retriever_query_example(self) -> str:
        return "Where was the salt delivered?"


class TestVectorStoreStandard(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> VectorStore:
        return HybridVectorStore(tmp_path / "store")

    @staticmethod
    def get_embeddings() -> Embeddings:
        return HybridEmbeddings()


class TestEmbeddingsUnitStandard(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return HybridEmbeddings


class TestEmbeddingsStandard(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return HybridEmbeddings


# The retriever ----------------------------------------------------------------------------------------


def test_a_retrieved_document_says_where_it_stands_and_what_is_known(directory: Path) -> None:
    (found,) = HybridRetriever(corpus=directory, k=1).invoke("When does the lease of the warehouse end?")
    place = found.metadata
    assert LEASE[place["start"] : place["end"]] == found.page_content
    assert found.id == f"lease.txt:{place['start']}-{place['end']}"
    assert {key: place[key] for key in ("source", "title", "page", "last_page", "lines", "custodian", "matter")} == {
        "source": "lease.txt",
        "title": "Lease",
        "page": None,
        "last_page": None,
        "lines": [1, 2],
        "custodian": "J. Doe",
        "matter": "7",
    }
    assert place["sha256"] == hybrid.Document.from_text(LEASE, source="x").sha256
    assert place["score"] > 0
    assert not [key for key in place if key.startswith("_")]


def test_k_and_the_filter_of_a_call_hold_in_async_too(directory: Path) -> None:
    retriever = HybridRetriever(corpus=directory, k=3)
    question = "Where was the salt delivered?"
    where = hybrid.Filter(sources=("notes/4.txt",))
    assert len(asyncio.run(retriever.ainvoke(question))) == 3
    assert len(asyncio.run(retriever.ainvoke(question, k=1))) == 1
    (found,) = asyncio.run(retriever.ainvoke(question, where=where))
    assert found.metadata["source"] == "notes/4.txt"
    assert HybridRetriever(corpus=directory, where=where).invoke(question) == [found]


def test_a_retriever_stands_in_a_chain_and_in_threads(directory: Path) -> None:
    chain = HybridRetriever(corpus=directory, k=1) | RunnableLambda(lambda found: found[0].metadata["source"])
    asked = [f"Where did the note about depot {number} say it was delivered?" for number in range(6)]
    alone = [chain.invoke(question) for question in asked]
    assert chain.batch(asked, config={"max_concurrency": 4}) == alone


def test_an_open_corpus_stays_the_callers(directory: Path) -> None:
    with hybrid.Corpus.open(directory) as corpus:
        assert HybridRetriever(corpus=corpus, k=1).invoke("the lease")
        assert corpus.search("the lease")


def test_a_retriever_without_a_corpus_says_so_when_it_is_asked(tmp_path: Path) -> None:
    retriever = HybridRetriever(corpus=tmp_path / "none")
    with pytest.raises(CorpusNotFoundError, match="none"):
        retriever.invoke("Anything?")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("wrong", [{"k": 0}, {"order": "random"}, {"top": 3}])
def test_what_a_retriever_does_not_know_is_refused(directory: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        HybridRetriever(corpus=directory, **wrong)


# The vector store -------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> HybridVectorStore:
    return HybridVectorStore(tmp_path / "store")


def test_documents_come_back_exactly_as_they_were_added(store: HybridVectorStore) -> None:
    documents = [
        Document("The lease ends.", id="1", metadata={"page": 3, "tags": ["a"], "title": "T", "date": "soon"}),
        Document("Two lines.\r\nAnd more.", id="2", metadata={}),
        Document("The lease ends.", id="3", metadata={"page": 4}),
    ]
    store.add_documents(documents)
    assert store.get_by_ids(["3", "1", "none", "2"]) == [documents[2], documents[0], documents[1]]
    assert sorted(store.similarity_search("lease", k=3), key=lambda one: one.id or "") == documents


def test_what_was_added_and_deleted_is_on_disk(tmp_path: Path) -> None:
    first = HybridVectorStore(tmp_path / "store")
    first.add_texts(["One.", "Two.", "Three."], ids=["1", "2", "3"])
    first.delete(["1", "9"])
    again = HybridVectorStore(tmp_path / "store")
    assert [document.id for document in again.get_by_ids(["1", "2", "3"])] == ["2", "3"]
    again.delete()
    assert again.similarity_search("two") == []


def test_several_are_deleted_in_one_commit(store: HybridVectorStore) -> None:
    store.add_texts(["One.", "Two.", "Three."], ids=["1", "2", "3"])
    corpus = store._opener()
    before = corpus.status().commit or 0
    store.delete(["1", "2"])
    assert corpus.status().commit == before + 1


def test_metadata_alone_can_change(store: HybridVectorStore) -> None:
    store.add_texts(["One."], [{"seen": False}], ids=["1"])
    store.add_texts(["One."], [{"seen": True}], ids=["1"])
    assert store.get_by_ids(["1"])[0].metadata == {"seen": True}
    assert len(store.similarity_search("one", k=4)) == 1


def test_a_long_text_is_one_result_and_does_not_crowd_out_the_others(store: HybridVectorStore) -> None:
    long = "\n\n".join(f"The salt of delivery {number} was wet when it arrived in the depot." for number in range(90))
    store.add_texts([long, "The salt was dry.", "Salt is a mineral."], ids=["long", "dry", "mineral"])
    assert {document.id for document in store.similarity_search("salt", k=3)} == {"long", "dry", "mineral"}
    assert store.similarity_search("delivery 44", k=1)[0].page_content == long


def test_filters_choose_before_the_best_are_taken(store: HybridVectorStore) -> None:
    store.add_texts(
        ["The lease ends in May.", "The lease ends in June.", "A recipe for soup."],
        [{"year": 2024, "custodian": "J. Doe"}, {"year": 2025, "custodian": "M. Roe"}, {"year": 2025}],
        ids=["may", "june", "soup"],
    )
    assert store.similarity_search("lease", k=1, filter={"year": 2025})[0].id == "june"
    assert len(store.similarity_search("lease", k=3, filter={"year": [2024, 2025]})) == 3
    assert store.similarity_search("lease", filter=hybrid.Filter(metadata={"custodian": "J. Doe"}))[0].id == "may"
    found = store.similarity_search_by_vector(store.embeddings.embed_query("lease"), k=5, filter={"year": 2025})
    assert {document.id for document in found} == {"june", "soup"}
    with pytest.raises(InputError, match="no document has the metadata 'month'"):
        store.similarity_search("lease", filter={"month": 5})
    with pytest.raises(InputError, match="mapping"):
        store.similarity_search("lease", filter="year")


def test_marginal_relevance_prefers_variety_where_it_is_asked_to(store: HybridVectorStore) -> None:
    store.add_texts(
        ["The lease ends in May.", "The lease ends in May 2028.", "The rent of the lease is high."], ids=["a", "b", "c"]
    )
    near = store.max_marginal_relevance_search("When does the lease end in May?", k=2, lambda_mult=1.0)
    varied = store.max_marginal_relevance_search("When does the lease end in May?", k=2, lambda_mult=0.2)
    assert {document.id for document in near} == {"a", "b"}
    assert "c" in {document.id for document in varied}


SALT = [f"Delivery {number}: 500 tonnes of rock salt went to the depot in Ghent." for number in range(10)]


@pytest.mark.parametrize("order", ["fused", "dense", "lexical"])
def test_relevance_says_whether_anything_is_relevant_at_all(store: HybridVectorStore, order: Any) -> None:
    store.add_texts(SALT)
    store.order = order
    related = store.similarity_search_with_relevance_scores("salt to Ghent", k=10)
    unrelated = store.similarity_search_with_relevance_scores("quantum chromodynamics of the depot", k=10)
    assert min(score for _, score in related) > 0.5
    assert max(score for _, score in unrelated) < 0.3
    assert len(related) == len(unrelated) == 10
    scores = [score for _, score in related]
    assert scores == sorted(scores, reverse=True)


def test_a_threshold_leaves_out_what_is_not_relevant(store: HybridVectorStore) -> None:
    store.add_texts([*SALT, "Gluons carry the strong force between quarks."], ids=[*map(str, range(10)), "gluons"])
    how = {"k": 5, "score_threshold": 0.35}
    retriever = store.as_retriever(search_type="similarity_score_threshold", search_kwargs=how)
    assert [document.id for document in retriever.invoke("What binds quarks?")] == ["gluons"]


OPERATORS = [{"year": {"$gt": 2024}}, {"$and": [{"year": 2024}]}, {"year": {"$near": 1}}, {"year": {"from": 1}}]


@pytest.mark.parametrize("wrong", OPERATORS, ids=repr)
def test_operators_in_a_filter_are_refused_by_name(store: HybridVectorStore, wrong: dict[str, Any]) -> None:
    store.add_texts(["The lease ends in May."], [{"year": 2024}])
    for search in (store.similarity_search, store.similarity_search_with_relevance_scores):
        with pytest.raises(InputError, match=r"\$gt|\$and|\$near|a mapping as a value"):
            search("lease", filter=wrong)


def test_metadata_with_the_keys_of_a_span_is_not_lost(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as corpus:
        given = {"source": "a.txt", "score": 7, "lines": "many", "page": "iv", "row": 3}
        corpus.ingest(Document("The lease ends in May.", metadata=given))
        (found,) = HybridRetriever(corpus=corpus).invoke("When does the lease end?")
    assert found.metadata["document"] == {"score": 7, "lines": "many", "page": "iv"}
    assert (found.metadata["row"], found.metadata["source"], found.metadata["lines"]) == (3, "a.txt", [1, 1])


@pytest.mark.parametrize("cleanup", [None, "incremental", "full", "scoped_full"])
def test_langchains_indexing_keeps_a_store_in_step(store: HybridVectorStore, cleanup: Any) -> None:
    records = InMemoryRecordManager("notes")
    records.create_schema()

    def indexed(*texts: str) -> tuple[int, int, int]:
        documents = [Document(text, metadata={"source": text.split()[0]}) for text in texts]
        done = index(documents, records, store, cleanup=cleanup, source_id_key="source", key_encoder="sha256")
        return done["num_added"], done["num_skipped"], done["num_deleted"]

    def held() -> set[str]:
        return {document.page_content for document in store.similarity_search("salt", k=9)}

    assert indexed("A salt.", "B salt.") == (2, 0, 0)
    assert indexed("A salt.", "B salt.") == (0, 2, 0)
    gone = {None: set(), "incremental": {"A salt."}, "scoped_full": {"A salt."}, "full": {"A salt.", "B salt."}}[
        cleanup
    ]
    assert indexed("A more salt.") == (1, 0, len(gone))
    assert held() == {"A salt.", "B salt.", "A more salt."} - gone


def test_indexing_works_from_async_code_too(store: HybridVectorStore) -> None:
    records = InMemoryRecordManager("notes")
    documents = [Document("A salt.", metadata={"source": "a"}), Document("B salt.", metadata={"source": "b"})]
    how = {"cleanup": "full", "source_id_key": "source", "key_encoder": "sha256"}
    assert asyncio.run(aindex(documents, records, store, **how))["num_added"] == 2
    assert asyncio.run(aindex(documents[:1], records, store, **how))["num_deleted"] == 1


def test_scores_fall_and_relevance_is_between_0_and_1(store: HybridVectorStore) -> None:
    store.add_texts(["The lease ends in May.", "A recipe for soup."], ids=["lease", "soup"])
    for order in ("fused", "dense", "lexical"):
        store.order = order  # type: ignore[assignment]
        scores = [score for _, score in store.similarity_search_with_score("lease", k=2)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for _, score in store.similarity_search_with_relevance_scores('"lease"', k=2))


def test_k_is_in_the_constructor_and_as_retriever_works(tmp_path: Path) -> None:
    store = HybridVectorStore.from_texts(["One.", "Two.", "Three."], directory=tmp_path / "s", k=2)
    assert len(store.similarity_search("one")) == 2
    assert len(store.as_retriever(search_kwargs={"k": 1}).invoke("one")) == 1
    assert len(store.as_retriever(search_type="mmr", search_kwargs={"k": 3}).invoke("one")) == 3
    with pytest.raises(InputError, match="k must be"):
        HybridVectorStore(k=0)


def test_copies_and_pickles_find_the_same(directory: Path, tmp_path: Path) -> None:
    question = "When does the lease of the warehouse end?"
    with hybrid.Corpus.open(directory) as corpus:
        for given in (corpus, directory, str(directory)):
            retriever = HybridRetriever(corpus=given, k=2, where=hybrid.Filter(sources="*"))
            found = retriever.invoke(question)
            for other in (copy.deepcopy(retriever), copy.copy(retriever), pickle.loads(pickle.dumps(retriever))):  # noqa: S301
                assert other.invoke(question) == found
    store = HybridVectorStore(tmp_path / "s", k=1)
    store.add_texts(["One.", "Two."])
    for retriever in (store.as_retriever(), HybridRetriever(corpus=tmp_path / "s", k=1)):
        for other in (copy.deepcopy(retriever), pickle.loads(pickle.dumps(retriever))):  # noqa: S301
            assert [document.page_content for document in other.invoke("two")] == ["Two."]
    embeddings = HybridEmbeddings()
    vector = embeddings.embed_query("salt")
    for same in (copy.deepcopy(embeddings), pickle.loads(pickle.dumps(embeddings))):  # noqa: S301
        assert same.model == embeddings.model
        assert same.embed_query("salt") == vector


def test_a_store_without_a_directory_says_why_it_is_not_pickled() -> None:
    store = HybridVectorStore()
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(InputError, match=r"HybridVectorStore\(directory\)"):
            attempt(store)


def test_a_changed_copy_reads_the_corpus_that_it_names(directory: Path, tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "b", INDEX_ONLY) as other:
        other.ingest(hybrid.Document.from_text("The lease of another tenant ends.", source="other.txt"))
        retriever = HybridRetriever(corpus=directory, k=1)
        assert retriever.invoke("the lease")[0].metadata["source"] == "lease.txt"
        for given in (other, tmp_path / "b", str(tmp_path / "b")):
            changed = retriever.model_copy(update={"corpus": given})
            assert changed.invoke("the lease")[0].metadata["source"] == "other.txt"
            deep = retriever.model_copy(update={"corpus": given}, deep=True)
            assert deep.invoke("the lease")[0].metadata["source"] == "other.txt"
        chosen = retriever.configurable_fields(corpus=ConfigurableField(id="corpus"))
        asked = chosen.with_config(tags=["t"]).invoke("the lease", config={"configurable": {"corpus": other}})
        assert asked[0].metadata["source"] == "other.txt"
        assert retriever.bind(k=2).invoke("the lease")[0].metadata["source"] == "lease.txt"
        retriever.corpus = other
        assert retriever.invoke("the lease")[0].metadata["source"] == "other.txt"


def test_changed_embeddings_are_those_of_the_model_that_they_name() -> None:
    embeddings = HybridEmbeddings()
    embeddings.embed_query("salt")
    with pytest.raises(MissingModelError):
        embeddings.model_copy(update={"model": "/nowhere"}).embed_query("salt")


def test_a_store_without_a_directory_leaves_nothing_behind() -> None:
    store = HybridVectorStore()
    store.add_texts(["One."])
    home = Path(store._opener.directory)
    assert home.is_dir()
    del store
    gc.collect()
    assert not home.exists()


def test_a_corpus_with_a_memory_is_not_taken_for_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "c"
    with hybrid.Corpus.open(home, INDEX_ONLY) as corpus:
        corpus.ingest(hybrid.Document.from_text("A note.", source="note"))
    with hybrid.Corpus.open(home, Settings(memory=MemorySettings(enabled=True))):
        pass  # from now on it has one
    closed: list[hybrid.Corpus] = []
    close = hybrid.Corpus.close
    monkeypatch.setattr(hybrid.Corpus, "close", lambda corpus: (closed.append(corpus), close(corpus)))
    with pytest.raises(CorpusError, match="HybridRetriever"):
        HybridVectorStore(home).add_texts(["One."])
    assert [corpus.directory for corpus in closed] == [home]  # and it is not left open
    with hybrid.Corpus.open(home) as corpus:
        assert corpus.settings.memory.enabled


def test_other_embeddings_than_the_corpus_can_use_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="HybridEmbeddings"):
        HybridVectorStore(embedding=DeterministicFakeEmbedding(size=3))
    HybridVectorStore(tmp_path / "s").add_texts(["One."])
    with pytest.raises(SettingsError, match="embedded by"):
        HybridVectorStore(tmp_path / "s", embedding=HybridEmbeddings(model="other")).add_texts(["Two."])


@pytest.mark.parametrize(
    ("texts", "more"),
    [
        ([""], {}),
        (["a\0b"], {}),
        (["a"], {"ids": ["1", "2"]}),
        (["a"], {"metadatas": []}),
        (["a"], {"metadatas": [{"_text": 1}]}),
        (["a"], {"namespace": "x"}),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_added(
    store: HybridVectorStore, texts: list[str], more: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        store.add_texts(["fine", *texts][-len(texts) :], **more)
    assert store._opener().status().documents == 0


def test_threads_may_add_and_search_at_once(store: HybridVectorStore) -> None:
    store.add_texts(["The lease ends in May."], ids=["lease"])

    def work(number: int) -> str | None:
        if number % 2:
            store.add_texts([f"Note {number}."], ids=[str(number)])
        return store.similarity_search("When does the lease end?", k=1)[0].id

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(8))) == {"lease"}
    assert len(store.get_by_ids(["1", "3", "5", "7"])) == 4


# The embeddings ---------------------------------------------------------------------------------------


def test_embeddings_are_those_of_the_corpus(store: HybridVectorStore) -> None:
    store.add_texts(["The lease ends in May."], ids=["lease"])
    _, vectors = store._opener()._catalog.vectors()
    asked = HybridEmbeddings().embed_query("The lease ends in May.")
    assert float(vectors[0] @ np.array(asked)) == pytest.approx(1, abs=1e-3)  # a chunk's may be made in bfloat16
    assert store.embeddings.model == "all-minilm-l6-v2"


def test_a_list_of_metadata_is_found_by_each_of_its_elements_and_as_a_whole(tmp_path: Path) -> None:
    store = HybridVectorStore(str(tmp_path / "c"))
    tags = {"tags": ["Salt", 7, True, None, {"a": 1}]}
    store.add_texts(["The salt was wet.", "The rent is due."], metadatas=[tags, {"tags": "rent"}], ids=["salt", "rent"])

    def found(tag: Any) -> list[str | None]:
        return [one.id for one in store.similarity_search("salt", filter={"tags": tag})]

    for tag in ("salt", 7, True, None, ["other", "salt"], [tags["tags"]]):
        assert found(tag) == ["salt"], tag
    assert sorted(map(str, found(["salt", "rent"]))) == ["rent", "salt"]
    assert found("sal") == []
    assert store.get_by_ids(["salt"])[0].metadata == tags


@pytest.mark.parametrize("metadata", [{"\ud800": 1}, {"a": "\ud800"}, {"a": {"b": ["\ud800"]}}, {"title": "\ud800"}])
def test_metadata_with_a_lone_surrogate_are_refused_before_anything_is_added(
    tmp_path: Path, metadata: dict[str, Any]
) -> None:
    store = HybridVectorStore(str(tmp_path / "c"))
    with pytest.raises(InputError, match="lone surrogate"):
        store.add_texts(["The salt was wet."], metadatas=[metadata])
    assert store.similarity_search("salt") == []
