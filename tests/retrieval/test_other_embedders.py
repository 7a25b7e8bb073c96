"""Embedders that are given or in ONNX, and rerankers: what they say is checked, and a corpus stays with its own."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import BaseDocumentCompressor
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import DeterministicFakeEmbedding
from tiny_onnx import write_onnx

import hybrid
from hybrid import Corpus, Document, EmbeddingError, InputError, RerankingError, SettingsError
from hybrid.errors import MissingExtraError, MissingModelError, UnsupportedModelError
from hybrid.retrieval import given_embedder, onnx_embedding, rerank
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.given_embedder import CalledEmbedder
from hybrid.retrieval.rerank import CalledReranker, CrossEncoderReranker
from hybrid.settings.models import EMBEDDER, resolve_model

INDEX_ONLY = {"memory": {"enabled": False}}
TEXTS = ["The lease of the mill ends in May.", "A cat sat on the mat.", "x", "漢字 😀", "Notice is to be given. " * 90]


class Words:
    """An embedder of 64 numbers: each word adds to one of them. ``fails`` are the numbers of the calls that do."""

    def __init__(self, model: str = "words-1", fails: Sequence[int] = ()) -> None:
        self.model, self.fails = model, set(fails)
        self.calls: list[list[str]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.calls.append(texts)
        if len(self.calls) in self.fails:
            raise ConnectionError("the service is down")
        return [self.vector(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.vector(text)

    def vector(self, text: str) -> list[float]:
        found = np.full(64, 0.01)
        for word in text.casefold().replace(".", " ").split():
            found[zlib.crc32((self.model + word).encode()) % 64] += 1
        return [float(one) for one in found]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.model,)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_embedder, "WAITS", (0.0, 0.0, 0.0))


def documents(count: int = 6) -> list[Document]:
    goods = ["salt", "coal", "linen", "glass", "barley", "timber"]
    return [Document.from_text(f"The {goods[n]} was sold in house {n}.", f"{n}.txt") for n in range(count)]


# Given ------------------------------------------------------------------------------------------------


def test_a_corpus_is_embedded_and_searched_by_an_embedder_that_was_given(tmp_path: Path) -> None:
    given = Words()
    with Corpus.open(tmp_path / "corpus", INDEX_ONLY, embedder=given) as corpus:
        corpus.ingest(*documents())
        assert corpus.search("barley", 1, order="dense")[0].source == "4.txt"
        assert corpus.ask("Where was the barley sold?", route="lookup").citations[0].source == "4.txt"
        assert "words-1" in corpus.status().embedder
        assert corpus.check().whole
        with corpus.session() as session:
            np.testing.assert_allclose(np.linalg.norm(session.embed("barley")), 1, atol=1e-6)
        again = pickle.loads(pickle.dumps(corpus))  # noqa: S301 - of this test's own
        assert again.search("glass", 1, order="dense")[0].source == "3.txt"
        again.close()


def test_any_langchain_embeddings_will_do(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "corpus", INDEX_ONLY, embedder=DeterministicFakeEmbedding(size=32)) as corpus:
        corpus.ingest(*documents(2))
        assert corpus.search("The salt was sold in house 0.", 1, order="dense")[0].source == "0.txt"


def test_a_corpus_is_refused_to_another_embedder_with_what_to_do(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "corpus", INDEX_ONLY, embedder=Words()) as corpus:
        corpus.ingest(*documents())
    with pytest.raises(SettingsError, match=r"words-1.*open it with its own embedder"):
        Corpus.open(tmp_path / "corpus", embedder=Words("words-2"))
    with Corpus.open(tmp_path / "corpus") as corpus:
        assert len(corpus.documents()) == 6  # what needs no vector is answered
        for use in (lambda: corpus.search("salt"), lambda: corpus.ingest(*documents())):
            with pytest.raises(SettingsError, match=r"embedder that was given.*embedder=..."):
                use()
    with Corpus.open(tmp_path / "plain", INDEX_ONLY) as corpus:
        corpus.ingest(*documents(1))
    with pytest.raises(SettingsError, match="all-minilm"):
        Corpus.open(tmp_path / "plain", embedder=Words())


def test_an_embedder_that_calls_itself_the_same_and_is_not_is_found_out(tmp_path: Path) -> None:
    class Renamed(Words):
        fingerprint = "mine"

    with Corpus.open(tmp_path / "corpus", INDEX_ONLY, embedder=Renamed("one")) as corpus:
        corpus.ingest(*documents())
    with Corpus.open(tmp_path / "corpus", embedder=Renamed("two")) as corpus:
        for use in (lambda: corpus.search("salt"), lambda: corpus.ingest(*documents())):
            with pytest.raises(SettingsError, match="makes other vectors"):
                use()
    with Corpus.open(tmp_path / "corpus", embedder=Renamed("one")) as corpus:
        assert corpus.search("salt", 1)[0].source == "0.txt"


def test_a_call_that_fails_is_made_again_and_one_that_always_fails_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hybrid.ingest import pipeline

    monkeypatch.setattr(pipeline, "GROUP_CHUNKS", 1)  # a document is embedded at a time
    given = Words(fails=[2, 3])
    with Corpus.open(tmp_path / "corpus", INDEX_ONLY, embedder=given) as corpus:
        corpus.ingest(*documents(3))
        assert corpus.check().whole
    given = Words(fails=range(3, 99))
    with Corpus.open(tmp_path / "other", INDEX_ONLY, embedder=given) as corpus:
        with pytest.raises(EmbeddingError, match=r"failed 4 times.*ConnectionError.*goes on from there"):
            corpus.ingest(*documents())
        assert [one.source for one in corpus.documents()] == ["0.txt", "1.txt"]
        assert corpus.check().whole
        given.fails = set()
        assert len(corpus.ingest(*documents()).unchanged) == 2
        assert len(corpus.documents()) == 6


def test_what_is_no_network_failure_is_not_tried_again() -> None:
    class Broken(Words):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            self.calls.append(texts)
            raise TypeError("no such argument")

    given = Broken()
    with pytest.raises(EmbeddingError, match="TypeError: no such argument"):
        CalledEmbedder(given).encode(["a"])
    assert len(given.calls) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([[1.0] * 64], "1 vectors for 2 texts"),
        ([[1.0] * 64] * 3, "3 vectors for 2 texts"),
        ([[1.0] * 63] * 2, "vectors of 63 numbers, and 64 before"),
        ([[1.0] * 64, [1.0] * 3], "no list of equally long vectors"),
        ([[1.0] * 64, [float("nan")] * 64], "not finite"),
        ([[1.0] * 64, [float("inf")] * 64], "not finite"),
        ([[1.0] * 64, [0.0] * 64], "a vector of zeros"),
        (None, "no list"),
        ([["a"] * 64] * 2, "no list"),
        ([[], []], "no vectors of numbers"),
        ([1.0, 2.0], "no vectors of numbers"),
    ],
)
def test_answers_that_are_no_vectors_are_refused(answer: Any, said: str) -> None:
    class Odd(Words):
        def embed_documents(self, texts: list[str]) -> Any:
            return answer

    with pytest.raises(EmbeddingError, match=said):
        CalledEmbedder(Odd()).encode(["a", "b"])


def test_texts_are_sent_in_batches_and_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_embedder, "BATCH", 3)
    given = Words()
    embedder = CalledEmbedder(given)
    vectors = embedder.encode([f"text {n}" for n in (0, 1, 2, 3, 4, 5, 6, 0)])
    assert sorted(len(call) for call in given.calls) == [1, 3, 3]
    np.testing.assert_array_equal(vectors[0], vectors[7])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert embedder.encode(["text 4"]).shape == (1, 64)
    assert len(given.calls) == 3


@pytest.mark.parametrize("wrong", [Words, "words", 5, object(), lambda texts: texts])
def test_what_is_no_embedder_is_refused_when_the_corpus_is_opened(tmp_path: Path, wrong: object) -> None:
    with pytest.raises(InputError, match="embed_documents"):
        Corpus.open(tmp_path / "corpus", embedder=wrong)
    assert not (tmp_path / "corpus").exists()


def test_pieces_cover_a_text_and_are_no_longer_than_tokens() -> None:
    text = "Internationally, 漢字 costs £1,250.00!"
    pieces = [text[start:end] for start, end in CalledEmbedder(Words()).offsets(text)]
    assert "".join(pieces) == text.replace(" ", "")
    assert max(map(len, pieces)) == 5


# In ONNX ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sentence-transformers model of two tiny layers and random weights."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    shutil.copytree(resolve_model(EMBEDDER.name), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    config = BertConfig(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
    BertModel(config).save_pretrained(folder)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling | {"word_embedding_dimension": 16}))
    return folder


@pytest.fixture(scope="module")
def in_onnx(bert: Path) -> Path:
    return write_onnx(bert, bert.parent / "onnx")


def test_an_embedder_in_onnx_gives_the_vectors_of_the_other_libraries(bert: Path, in_onnx: Path) -> None:
    plain, made = Embedder.load(str(bert)), onnx_embedding.load(str(in_onnx))
    assert isinstance(made, onnx_embedding.OnnxEmbedder)
    assert (made.dimension, made.max_tokens) == (plain.dimension, plain.max_tokens)
    assert made.offsets(TEXTS[4]) == plain.offsets(TEXTS[4])
    expected = plain.encode(TEXTS)
    np.testing.assert_allclose(made.encode(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(made.encode(TEXTS[:1]), expected[:1], atol=1e-5)  # padding changes nothing
    plain._light = None
    plain._cached.clear()
    np.testing.assert_allclose(made.encode(TEXTS), plain.encode(TEXTS), atol=1e-5)  # sentence-transformers


def test_the_first_token_counts_where_the_model_says_so(bert: Path, tmp_path: Path) -> None:
    shutil.copytree(bert, tmp_path / "cls")
    pooling = tmp_path / "cls" / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({"word_embedding_dimension": 16, "pooling_mode_cls_token": True}))
    made = onnx_embedding.load(str(write_onnx(tmp_path / "cls", tmp_path / "onnx")))
    np.testing.assert_allclose(made.encode(TEXTS), Embedder.load(str(tmp_path / "cls")).encode(TEXTS), atol=1e-5)


def test_a_model_that_gives_whole_sentences_and_a_file_by_its_name_are_taken(bert: Path, tmp_path: Path) -> None:
    folder = write_onnx(bert, tmp_path / "whole", whole=True)
    made = onnx_embedding.load(str(folder / "model.onnx"))
    np.testing.assert_allclose(made.encode(TEXTS[:1]), Embedder.load(str(bert)).encode(TEXTS[:1]), atol=1e-5)


def test_a_corpus_is_made_and_asked_with_an_embedder_in_onnx(in_onnx: Path, tmp_path: Path) -> None:
    settings = INDEX_ONLY | {"retrieval": {"embedder": str(in_onnx)}}
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(*documents())
        assert corpus.search("The salt was sold in house 0.", 1, order="dense")[0].source == "0.txt"
        assert hybrid.load_embedder(str(in_onnx)).fingerprint == corpus._catalog.info("embedder")


def test_another_onnx_file_is_another_embedder(bert: Path, in_onnx: Path, tmp_path: Path) -> None:
    shutil.copytree(in_onnx, tmp_path / "onnx")
    before = onnx_embedding.load(str(tmp_path / "onnx")).fingerprint
    write_onnx(bert, tmp_path / "onnx", whole=True)
    assert onnx_embedding.load(str(tmp_path / "onnx")).fingerprint != before


def test_onnx_files_that_are_no_encoder_are_refused(in_onnx: Path, tmp_path: Path) -> None:
    shutil.copytree(in_onnx, tmp_path / "damaged")
    (tmp_path / "damaged" / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(UnsupportedModelError, match="cannot load"):
        onnx_embedding.load(str(tmp_path / "damaged"))
    shutil.copytree(in_onnx, tmp_path / "lacking")
    (tmp_path / "lacking" / "tokenizer.json").unlink()
    with pytest.raises(UnsupportedModelError, match=r"no tokenizer\.json"):
        onnx_embedding.load(str(tmp_path / "lacking"))
    with pytest.raises(MissingModelError):
        onnx_embedding.load(str(tmp_path / "none.onnx"))


def test_without_onnx_runtime_the_error_says_what_to_install(in_onnx: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"hybrid-ttt-rag\[onnx\]"):
        onnx_embedding.load(str(in_onnx))


# Rerankers --------------------------------------------------------------------------------------------


class Backwards(BaseDocumentCompressor):
    """Returns the documents about glass and coal, glass first."""

    def compress_documents(
        self, documents: Sequence[LangChainDocument], query: str, callbacks: Any = None
    ) -> Sequence[LangChainDocument]:
        return [one for word in ("glass", "coal") for one in documents if word in one.page_content]


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sold") / "corpus"
    with Corpus.open(folder, INDEX_ONLY) as corpus:
        corpus.ingest(*documents())
    return folder


def sources(hits: Sequence[hybrid.Hit]) -> list[str]:
    return [hit.source for hit in hits]


def test_a_function_that_was_given_orders_what_is_found(sold: Path) -> None:
    asked: list[tuple[str, list[str]]] = []

    def by_house(question: str, texts: list[str]) -> list[float]:
        asked.append((question, texts))
        return [float(text[-2]) for text in texts]

    with Corpus.open(sold, reranker=by_house) as corpus:
        hits = corpus.search("Where was it sold?", 6)
        assert sources(hits) == [f"{n}.txt" for n in (5, 4, 3, 2, 1, 0)]
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert all(0 < hit.score < 1 for hit in hits)
        assert sources(corpus.search('Where was "house 2" sold?', 2)) == ["2.txt", "5.txt"]  # exact matches stay first
        before = len(asked)
        corpus.search("Where was it sold?", 6, order="dense")
        corpus.search("Where was it sold?", 6, order="lexical")
        assert len(asked) == before
    assert asked[0][0] == "Where was it sold?"
    with Corpus.open(sold) as corpus:
        assert sources(corpus.search("Where was the salt sold?", 1)) == ["0.txt"]  # off by default


def test_no_more_candidates_are_judged_than_the_setting_says(sold: Path) -> None:
    judged: list[int] = []

    def count(question: str, texts: list[str]) -> list[float]:
        judged.append(len(texts))
        return [0.0] * len(texts)

    with Corpus.open(sold, {"retrieval": {"rerank_candidates": 3}}, reranker=count) as corpus:
        corpus.search("Where was it sold?", 2)
        corpus.search("Where was it sold?", 5)
    assert judged == [3, 5]
    with Corpus.open(sold, {"retrieval": {"rerank_candidates": 50}}):
        pass


def test_a_langchain_compressor_chooses_and_orders(sold: Path) -> None:
    with Corpus.open(sold, reranker=Backwards()) as corpus:
        hits = corpus.search("Where was it sold?", 6)
    assert sources(hits)[:2] == ["3.txt", "1.txt"]
    assert len(hits) == 6


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([1.0], "1 scores for 6"),
        (None, "gave nothing"),
        ([float("-inf")] * 6, "finite"),
        (["1"] * 6, "no list"),
        (["a"] * 6, "no list"),
        ([float("nan")] * 6, "finite"),
    ],
)
def test_answers_that_are_no_scores_are_refused(sold: Path, answer: Any, said: str) -> None:
    with (
        Corpus.open(sold, reranker=lambda question, texts: answer) as corpus,
        pytest.raises(RerankingError, match=said),
    ):
        corpus.search("Where was it sold?", 6)


def test_a_reranker_that_fails_is_named(sold: Path) -> None:
    def down(question: str, texts: list[str]) -> list[float]:
        raise ConnectionError("the service is down")

    with (
        Corpus.open(sold, reranker=down) as corpus,
        pytest.raises(RerankingError, match=r"down failed.*the service is"),
    ):
        corpus.search("Where was it sold?", 6)
    with pytest.raises(InputError, match="reranker is a function"):
        Corpus.open(sold, reranker=7)

    class Foreign:
        def compress_documents(self, documents: Any, query: str) -> Any:
            return [LangChainDocument(page_content="of my own")]

    with pytest.raises(RerankingError, match="not those it was given"):
        CalledReranker(Foreign()).scores("?", ["a"])


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cross-encoder of one tiny layer and random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("models") / "cross"
    shutil.copytree(resolve_model(EMBEDDER.name), folder, ignore=shutil.ignore_patterns("*.safetensors", "*sentence*"))
    for name in ("modules.json", "1_Pooling"):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    config = BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, num_labels=1,
        initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_cross_encoder_that_the_settings_name_orders_what_is_found(cross_encoder: Path, tmp_path: Path) -> None:
    settings = INDEX_ONLY | {"retrieval": {"reranker": str(cross_encoder), "device": "cpu"}}
    question = "Where was it sold?"
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(*documents())
        hits = corpus.search(question, 6)
    scores = CrossEncoderReranker.load(str(cross_encoder), "cpu").scores(question, [hit.text for hit in hits])
    assert len(set(scores.tolist())) == 6
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_a_cross_encoder_in_a_pickle_with_other_labels_or_not_here_is_refused(
    cross_encoder: Path, tmp_path: Path
) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    shutil.copytree(cross_encoder, tmp_path / "other")
    (tmp_path / "other" / "model.safetensors").rename(tmp_path / "other" / "pytorch_model.bin")
    with pytest.raises(UnsupportedModelError, match="is a pickle"):
        CrossEncoderReranker.load(str(tmp_path / "other"))
    shutil.copytree(cross_encoder, tmp_path / "labels")
    config = BertConfig.from_pretrained(cross_encoder, num_labels=3)
    BertForSequenceClassification(config).save_pretrained(tmp_path / "labels")
    with pytest.raises(UnsupportedModelError, match="gives 3"):
        CrossEncoderReranker.load(str(tmp_path / "labels"), "cpu")
    with pytest.raises(MissingModelError, match="hf download nobody/reranker"):
        CrossEncoderReranker.load("nobody/reranker")


def test_what_a_reranker_does_not_want_comes_after_what_it_wants() -> None:
    found = rerank.reordered({1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6}, [1, 2, 3], np.array([-np.inf, 2.0, 5.0]))
    assert list(found) == [3, 2, 1, 4]
    assert list(rerank.reordered({1: 0.9, 2: 0.8}, [1, 2], np.array([3.0, 3.0]))) == [1, 2]
