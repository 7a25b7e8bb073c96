"""Searching finds by meaning, by words and by exact match, and does not say the same thing twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import pytest
from catalogs import catalog_in
from numpy.typing import NDArray

from hybrid.errors import CorpusError, InputError
from hybrid.ingest.chunking import chunk
from hybrid.retrieval.embedding import Embedder
from hybrid.retrieval.search import Order, Searcher
from hybrid.settings import IngestSettings, RetrievalSettings
from hybrid.settings.models import EMBEDDER
from hybrid.stores.filtering import Selection
from hybrid.stores.rows import ChunkRow
from hybrid.stores.vectors import FaissIndex
from hybrid.types.answers import Hit
from hybrid.types.documents import Document, Location

UUID = "6f1c2a9e-3b44-4d0f-9a51-0c8e7d2b5f13"


class FakeCatalog:
    """Chunks of documents in memory. Its lexical search gives what it is told to, in that order:
    ``exact`` for an expression of one term, ``lexical`` for others."""

    def __init__(self, spans: Sequence[tuple[int, int, int]], texts: dict[int, str], lexical: Sequence[int]) -> None:
        self.lexical = self.exact = list(lexical)
        self.embeddings: dict[int, NDArray[np.float32]] = {}
        self.rows = {
            number: ChunkRow(number, document, start, end, texts[document][start:end], f"{document}.txt", "t", "0" * 64)
            for number, (document, start, end) in enumerate(spans, start=1)
        }

    def read_transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def state(self) -> object:
        return 0

    def everything(self) -> Selection | None:
        return None

    def search_lexical(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        found = self.lexical if " OR " in match else self.exact
        return [(chunk_id, 9.0 - place / 10) for place, chunk_id in enumerate(found)][:k]

    def search_words(self, match: str, k: int, selection: Selection | None = None) -> list[tuple[int, float]]:
        return self.search_lexical(match, k)

    def spans(self, ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
        return {number: (row.document_id, row.start, row.end) for number, row in self.chunks(ids).items()}

    def vectors(self, ids: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """What the dense search did not get is at right angles to the question."""
        known = sorted(set(ids) & set(self.rows))
        vectors = [self.embeddings.get(number, np.array([0.0, 1.0])) for number in known]
        return np.array(known, np.int64), np.array(vectors, np.float32).reshape(-1, 2)

    def chunks(self, ids: Sequence[int], selection: Selection | None = None) -> dict[int, ChunkRow]:
        return {number: self.rows[number] for number in ids if number in self.rows}

    def locate(self, document_id: int, start: int, end: int) -> Location:
        return Location(page=document_id, last_page=document_id, lines=(start, end))


class FakeEmbedder:
    """A question's vector is the x axis."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[1.0, 0.0]] * len(texts), dtype=np.float32)


def searcher(catalog: FakeCatalog, dense: Sequence[int]) -> Searcher:
    """A searcher whose dense ranking is ``dense``."""
    angles = np.linspace(0.1, 1.0, max(len(dense), 1))[: len(dense)]
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    index = FaissIndex.build(2, np.array(dense, dtype=np.int64), vectors)
    catalog.embeddings = dict(zip(dense, vectors, strict=True))
    return Searcher(catalog, index, FakeEmbedder(), RetrievalSettings())  # type: ignore[arg-type]


def of_separate_documents(texts: Sequence[str], lexical: Sequence[int] = ()) -> FakeCatalog:
    return FakeCatalog([(n, 0, len(t)) for n, t in enumerate(texts, 1)], dict(enumerate(texts, 1)), lexical)


def ids(hits: Sequence[Hit]) -> list[int]:
    return [hit.chunk_id for hit in hits]


def test_the_two_searches_are_fused_and_each_hit_says_which_found_it() -> None:
    catalog = of_separate_documents(["alpha", "beta", "gamma"], lexical=[2, 3])
    hits = searcher(catalog, dense=[1, 2]).search("which one", 3)
    assert ids(hits) == [2, 1, 3]
    assert [(hit.dense_rank, hit.lexical_rank) for hit in hits] == [(2, 1), (1, None), (None, 2)]
    assert 1 > hits[0].score > hits[1].score > hits[2].score > 0
    assert [hit.similarity for hit in hits] == pytest.approx([np.cos(1.0), np.cos(0.1), 0.0], abs=1e-6)
    assert (hits[0].page, hits[0].lines, hits[0].source) == (2, (0, 4), "2.txt")


def test_one_search_alone_has_its_own_order_and_scores() -> None:
    catalog = of_separate_documents(["alpha", "beta", "clause 9.2"], lexical=[2, 3])
    both = searcher(catalog, dense=[1, 3])
    dense = both.search("clause 9.2", order="dense")
    lexical = both.search("clause 9.2", order="lexical")
    assert (ids(dense), [hit.score for hit in dense]) == ([1, 3], pytest.approx([np.cos(0.1), np.cos(1.0)], abs=1e-6))
    assert (ids(lexical), [hit.score for hit in lexical]) == ([2, 3], [9.0, 8.9])


def test_the_best_candidates_draw_the_question_towards_them() -> None:
    """Two texts are as near to the question; the one on the side of the best three comes first."""
    angles = {1: 0.1, 2: 0.2, 3: 0.3, 4: -0.5, 5: 0.5}
    catalog = of_separate_documents([f"text {n}" for n in angles])
    catalog.embeddings = {n: np.array([np.cos(a), np.sin(a)], np.float32) for n, a in angles.items()}
    index = FaissIndex.build(2, np.arange(1, 6), np.stack(list(catalog.embeddings.values())))
    found = Searcher(catalog, index, FakeEmbedder(), RetrievalSettings()).search("text?", 5)  # type: ignore[arg-type]
    assert ids(found) == [1, 2, 3, 5, 4]
    assert found[3].similarity == pytest.approx(found[4].similarity)
    assert found[3].score > found[4].score


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (f"What is {UUID}?", f"Item {UUID.upper()} was shipped."),
        ('Where does it say "time is of the essence"?', "In all this, time is\nof the ESSENCE."),
        ("What does clause 9 say?", "As Clause 9 has it, no."),
        ("Who wrote to j.doe@acme.example?", "cc: J.Doe@acme.example"),
    ],
    ids=["uuid", "phrase", "clause", "address"],
)
def test_what_is_asked_for_exact_match_comes_first_whatever_the_rankings_say(question: str, text: str) -> None:
    others = [f"other text {n}" for n in range(60)]
    catalog = of_separate_documents([*others, text], lexical=range(1, 61))
    catalog.exact = [5, 61]
    found = searcher(catalog, dense=list(range(1, 61))).search(question, 5)
    assert found[0].chunk_id == 61
    assert found[0].score >= 1 > found[1].score


def test_a_chunk_with_more_of_the_exact_terms_comes_before_one_with_fewer() -> None:
    catalog = of_separate_documents(["clause 9.2 here", "clause 9.2 on the force majeure"], lexical=[1, 2])
    assert ids(searcher(catalog, dense=[1, 2]).search('Has clause 9.2 a "force majeure"?')) == [2, 1]


def test_a_term_by_itself_comes_before_one_within_a_longer_identifier() -> None:
    texts = ["ACME-1-B and PRE-ACME-1", "x.j@acme.example", "j@acme.example.org", "ACME-1.", "<j@acme.example>"]
    both = searcher(of_separate_documents(texts, lexical=[1, 2, 3, 4, 5]), dense=[1, 2, 3, 4, 5])
    assert ids(both.search("What is ACME-1?"))[:2] == [4, 1]
    assert ids(both.search("Who is j@acme.example?"))[:3] == [5, 2, 3]


def test_quotation_marks_dashes_and_composition_of_letters_do_not_matter() -> None:
    texts = ["nothing", "the buyer’s long–term cafe\u0301 lease"]
    both = searcher(of_separate_documents(texts, lexical=[1, 2]), dense=[1])
    assert both.search('Is there "buyer\'s long-term café"?')[0].chunk_id == 2


@pytest.mark.parametrize("text", ["9.25", "9.2.1", "19.2", "4.9.2", "x9.2", "9.2,000"])
def test_a_number_within_another_number_is_not_it(text: str) -> None:
    catalog = of_separate_documents(["nothing", f"clause {text}", "clause 9.2."], lexical=[1, 2, 3])
    assert [hit.score >= 1 for hit in searcher(catalog, dense=[1, 2, 3]).search("What does 9.2 say?")] == [
        True,
        False,
        False,
    ]


def test_a_chunk_that_repeats_a_better_one_goes_to_the_end() -> None:
    text = "The harvest failed. " + "Rent is due in May. " + "Nothing else is said here of it. "
    cut = text.index("Rent"), text.index("Nothing")
    spans = [(1, 0, cut[1]), (1, cut[0], len(text)), (2, 0, 8)]
    catalog = FakeCatalog(spans, {1: text, 2: "Oats too"}, [])
    dense = searcher(catalog, dense=[1, 2, 3])
    assert ids(dense.search("When is rent due?")) == [1, 3, 2]
    assert ids(dense.search("When is rent due?", 2)) == [1, 3]


def test_a_chunk_that_adds_words_of_the_question_keeps_its_place() -> None:
    text = "The harvest failed. " + "Rent is due in May. " + "Interest is five per cent. "
    cut = text.index("Rent"), text.index("Interest")
    catalog = FakeCatalog([(1, 0, cut[1]), (1, cut[0], len(text)), (2, 0, 8)], {1: text, 2: "Oats too"}, [])
    assert ids(searcher(catalog, dense=[1, 2, 3]).search("rent and interest?")) == [1, 2, 3]


def test_the_same_offsets_in_another_document_are_no_repetition() -> None:
    catalog = of_separate_documents(["rent is due", "rent is owed", "rent is paid", "oats"])
    assert ids(searcher(catalog, dense=[3, 1, 2, 4]).search("When is rent due?")) == [3, 1, 2, 4]


def test_a_copy_of_a_better_chunk_in_another_document_goes_to_the_end() -> None:
    """A mail lies in the mailbox of each who received it; ten copies of one are one passage."""
    catalog = of_separate_documents(["rent is due", "rent is due", "rent is owed", "rent is due", "oats"])
    dense = searcher(catalog, dense=[4, 1, 2, 3, 5])
    assert ids(dense.search("When is rent due?")) == [4, 3, 5, 1, 2]
    assert ids(dense.search("When is rent due?", 2)) == [4, 3]
    assert ids(dense.search("When is rent due?", 4)) == [4, 3, 5, 1]


def test_copies_are_known_as_such_however_many_come_first() -> None:
    catalog = of_separate_documents([*["rent is due"] * 30, "rent is owed"])
    assert ids(searcher(catalog, dense=range(1, 32)).search("When is rent due?", 2)) == [1, 31]
    alone = of_separate_documents([*["rent is due"] * 4, "rent", "rents", "rent is due", "oats"])  # far down, by itself
    assert ids(searcher(alone, dense=range(1, 9)).search("When is rent due?", 2)) == [1, 5]


def test_a_chunk_that_has_left_the_catalog_is_left_out() -> None:
    assert ids(searcher(of_separate_documents(["alpha"]), dense=[7, 1]).search("alpha?")) == [1]


def test_an_empty_corpus_gives_nothing() -> None:
    assert searcher(of_separate_documents([]), dense=[]).search("anything?") == []


def test_bad_arguments_are_refused() -> None:
    empty = searcher(of_separate_documents([]), dense=[])
    with pytest.raises(InputError, match="empty"):
        empty.search(" \n")
    with pytest.raises(InputError, match="at least 1"):
        empty.search("why?", 0)


def test_k_may_be_more_than_the_candidates() -> None:
    catalog = of_separate_documents([f"text {n}" for n in range(80)])
    assert len(searcher(catalog, dense=list(range(1, 81))).search("text?", 70)) == 70


@pytest.mark.parametrize("order", ["fused", "dense", "lexical"])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_there_are_as_many_hits_as_were_asked_for_in_every_order(order: Order, k: int) -> None:
    catalog = of_separate_documents([f"text {n}" for n in range(80)], lexical=range(1, 81))
    dense = searcher(catalog, dense=list(range(1, 81)))
    assert len(dense.search("Which text?", k, order=order)) == k
    assert len(dense.nearest(np.array([1.0, 0.0], np.float32), k)) == k


# With the real catalog and the built-in embedder -----------------------------------------------------

FILLER = "The parties met in {0} and spoke about cotton, weather and ships. Nobody agreed on price {0}. "


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searcher]:
    embedder = Embedder.load(EMBEDDER.name)
    texts = {
        "lease.txt": "Either side may end this lease with ninety days' notice.\n\n" * 2 + FILLER.format("Hull") * 12,
        "ids.txt": FILLER.format("Leith") * 12 + f"Crate {UUID} holds nails. " + FILLER.format("Cork") * 12,
        "dogs.txt": "Dogs bark at night. " * 40 + "The zebra crossing rule is void. " + "Cats sleep by day. " * 40,
    }
    with catalog_in(tmp_path_factory.mktemp("corpus")) as catalog:
        for source, text in texts.items():
            chunks = chunk(text, embedder, IngestSettings())
            with catalog.transaction() as transaction:
                document = Document.from_text(text, source=source)
                vectors = embedder.encode([c.text for c in chunks])
                transaction.put_source(source, transaction.add_document(document, chunks, vectors)[0])
        index = FaissIndex.build(embedder.dimension, *catalog.vectors(None))
        yield Searcher(catalog, index, embedder, RetrievalSettings())


def test_a_question_in_other_words_finds_the_passage(corpus: Searcher) -> None:
    hit = corpus.search("How can a tenant cancel the rental contract?", 3)[0]
    assert "ninety days' notice" in hit.text


@pytest.mark.parametrize(
    ("question", "expected"),
    [(f"What is in {UUID}?", UUID), ('What of the "zebra crossing rule"?', "zebra crossing rule")],
    ids=["uuid", "phrase"],
)
def test_exact_terms_are_found_in_a_real_corpus(corpus: Searcher, question: str, expected: str) -> None:
    hits = corpus.search(question, 3)
    assert expected in hits[0].text
    assert hits[0].score > 1
    assert hits[0].lines == (1, 1)


def test_a_question_without_a_word_in_it_is_searched_all_the_same(corpus: Searcher) -> None:
    assert len(corpus.search("??? \x00 \ud800", 2)) == 2


def test_an_error_of_the_search_by_words_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = FakeCatalog([(1, 0, 5)], {1: "Rents."}, lexical=[1])

    def broken(match: str, k: int, selection: Selection | None) -> list[tuple[int, float]]:
        raise CorpusError("the disk is gone")

    monkeypatch.setattr(catalog, "search_words", broken)
    with pytest.raises(CorpusError, match="the disk is gone"):
        searcher(catalog, dense=[1]).search("When is the rent due?")


def test_a_chunk_that_only_the_search_by_words_still_has_drops_out() -> None:
    catalog = FakeCatalog([(1, 0, 5)], {1: "Rents are due."}, lexical=[7, 1])
    assert [hit.chunk_id for hit in searcher(catalog, dense=[1]).search("When is the rent due?")] == [1]


def test_a_chunk_that_both_searches_find_is_one_candidate() -> None:
    catalog = FakeCatalog([(1, 0, 5), (2, 0, 5)], {1: "Rents are due.", 2: "Other matter."}, lexical=[1])
    hits = searcher(catalog, dense=[1, 2]).search("When is the rent due?")
    best = 1 / (1 + np.exp(-1))  # of two, one deviation above the mean in both searches
    assert [hit.score for hit in hits] == pytest.approx([best, 1 - best])


class ListeningEmbedder(FakeEmbedder):
    """Notes what it embeds."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.embedded += texts
        return super().encode(texts)


BGE = "Represent this sentence for searching relevant passages: "


@pytest.mark.parametrize(
    ("named", "prefix"),
    [
        ({}, ""),
        ({"embedder": "BAAI/bge-small-en-v1.5"}, BGE),
        ({"embedder": "models/bge-base-en-v1.5/"}, BGE),
        ({"embedder": "BAAI/bge-small-en-v1.5", "query_prefix": "none"}, ""),
        ({"embedder": "BAAI/bge-small-zh-v1.5"}, ""),
        ({"embedder": "models/not-bge-small-en-v1.5"}, ""),
        ({"query_prefix": "query: "}, "query: "),
    ],
)
@pytest.mark.parametrize("order", ["fused", "dense"])
def test_a_question_is_embedded_with_the_prefix_that_the_model_asks_for(
    named: dict[str, str], prefix: str, order: Order
) -> None:
    catalog = of_separate_documents(["alpha", "beta"], lexical=[2])
    plain = searcher(catalog, dense=[1, 2])
    listening = ListeningEmbedder()
    settings = RetrievalSettings.model_validate(named)
    Searcher(catalog, plain._index, listening, settings).search("alpha?", order=order)  # type: ignore[arg-type]
    assert listening.embedded == [f"{prefix}alpha?"]
