"""Filters choose documents before the best are taken, by meaning and by words, on both kinds of index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from answering_corpus import BagEmbedder, FixedRouter, ScriptedMemory, ScriptedSession
from catalogs import catalog_in
from click.testing import CliRunner

from hybrid.answering.answerer import Answerer
from hybrid.cli import main
from hybrid.errors import InputError
from hybrid.retrieval.search import Searcher
from hybrid.settings import RetrievalSettings, Settings
from hybrid.stores import catalog as stores_catalog
from hybrid.stores import filtering, full_text
from hybrid.stores.catalog import Catalog
from hybrid.stores.query import match_expression
from hybrid.stores.vectors import FaissIndex
from hybrid.types.answers import Hit
from hybrid.types.documents import Chunk, Document, Metadata
from hybrid.types.filters import Filter

MANY = 60  # documents that answer better than the few that a filter lets through
BEST = "The rent is due in May, the rent is due, the rent."
POOR = "Of other things, among which the rent may be counted in passing, nothing more is known to us here."


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Many documents that hold the words of the question more densely, and three that do so poorly."""
    metadata = [Metadata(date="2020-05-01", custodian="A. Many") for _ in range(MANY)]
    metadata += [
        Metadata(date="2024-03", custodian="J. Doe", extra={"matter": "Acme"}),
        Metadata(date="2024-11-30T10:00:00Z", custodian="M. Roe"),
        Metadata(title="Undated"),
    ]
    with catalog_in(tmp_path_factory.mktemp("filters")) as opened:
        with opened.transaction() as transaction:
            for number, facts in enumerate(metadata):
                text = f"{BEST if number < MANY else POOR} Number {number}."
                name = f"many/{number}.txt" if number < MANY else f"few/{number - MANY}.txt"
                document = Document.from_text(text, source=name, metadata=facts)
                piece = Chunk(start=0, end=len(text), text=text)
                vectors = BagEmbedder().encode([text])
                transaction.put_source(name, transaction.add_document(document, [piece], vectors)[0])
        yield opened


@pytest.fixture(scope="module", params=[1000, 20], ids=["exact", "approximate"])
def searcher(catalog: Catalog, request: pytest.FixtureRequest) -> Searcher:
    """Two candidates a search: whoever filters afterwards has nothing left."""
    index = FaissIndex.build(BagEmbedder.dimension, *catalog.vectors(), exact_up_to=request.param)
    assert index.exact == (request.param == 1000)
    return Searcher(catalog, index, BagEmbedder(), RetrievalSettings(candidates=2))  # type: ignore[arg-type]


def sources(hits: list[Hit]) -> set[str]:
    return {hit.source for hit in hits}


@pytest.mark.parametrize("order", ["fused", "dense", "lexical"])
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(sources="few/*"), {"few/0.txt", "few/1.txt", "few/2.txt"}),
        (Filter(sources=("few/1.txt", "few/2.txt")), {"few/1.txt", "few/2.txt"}),
        (Filter(metadata={"custodian": "j. doe"}), {"few/0.txt"}),
        (Filter(metadata={"custodian": ("J. Doe", "M. Roe")}), {"few/0.txt", "few/1.txt"}),
        (Filter(metadata={"matter": "acme"}), {"few/0.txt"}),
        (Filter(metadata={"title": "Undated"}), {"few/2.txt"}),
        (Filter(since="2024"), {"few/0.txt", "few/1.txt"}),
        (Filter(since="2024-03-15", until="2024-06"), {"few/0.txt"}),  # some day of that March
        (Filter(since="2024-11-30", until="2024-11-30"), {"few/1.txt"}),
        (Filter(sources="few/*", until="2024-04"), {"few/0.txt"}),
    ],
    ids=["pattern", "names", "custodian", "either", "own-key", "title", "since", "month", "day", "both"],
)
def test_the_best_are_taken_among_the_documents_of_the_filter(
    searcher: Searcher, where: Filter, expected: set[str], order: str
) -> None:
    assert sources(searcher.search("When is the rent due?", 3, order=order)) <= {f"many/{n}.txt" for n in range(MANY)}  # type: ignore[arg-type]
    assert sources(searcher.search("When is the rent due?", 3, where, order)) == expected  # type: ignore[arg-type]


def test_what_is_asked_for_exact_match_is_filtered_too(searcher: Searcher) -> None:
    hits = searcher.search('Where does it say "the rent"?', 5, Filter(sources="few/*"))
    assert sources(hits) == {"few/0.txt", "few/1.txt", "few/2.txt"}
    assert all(hit.score > 1 for hit in hits)


def test_words_that_are_common_in_all_documents_count_in_a_selection(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", 5)
    monkeypatch.setattr(full_text, "search_words", lambda *_: [])  # as if every word of the question were too common
    assert searcher.search("rent", 3, where=Filter(sources="few/*"), order="lexical")
    assert not searcher.search("rent", 3, order="lexical")


def test_a_large_selection_is_searched_by_its_rarer_words_with_the_scores_of_a_whole_search(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = match_expression("the rent and number 7 or 61")
    large, few = (catalog.selection(Filter(sources=pattern)) for pattern in ("many/*", "few/*"))
    assert (large.share, few.share) == (MANY / (MANY + 3), 3 / (MANY + 3))
    whole = dict(catalog.search_lexical(asked, 100, large))
    monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", 2)
    found = catalog.search_words(asked, 2, large)
    assert [catalog.chunks([one])[one].source for one, _ in found[:1]] == ["many/7.txt"]
    assert found == [(one, pytest.approx(whole[one])) for one, _ in found]
    assert set(dict(catalog.search_words(asked, 100, few))) == set(few.chunks.tolist())  # which hold only the commonest


def test_a_selection_holds_what_was_added_since_and_is_not_selected_again_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with catalog_in(tmp_path) as opened:

        def add(number: int) -> None:
            text = f"Rent {number}."
            piece = Chunk(start=0, end=len(text), text=text)
            with opened.transaction() as transaction:
                vectors = BagEmbedder().encode([text])
                added, _ = transaction.add_document(Document.from_text(text, source=f"{number}"), [piece], vectors)
                transaction.put_source(f"{number}.txt", added)

        add(1)
        where = Filter(sources="*.txt")
        before = opened.selection(where)
        with monkeypatch.context() as patched:
            patched.setattr(filtering, "selected", lambda *_: pytest.fail("selected again"))
            assert opened.selection(Filter(sources=("*.txt",))) is before
        add(2)
        assert opened.matching(where) == [1, 2]
        assert opened.selection(where).chunks.tolist() == [1, 2]
        assert len(before) == 1


def test_a_filter_that_nothing_passes_finds_nothing(searcher: Searcher) -> None:
    assert searcher.search("When is the rent due?", 5, Filter(since="2031")) == []
    assert len(searcher.search("When is the rent due?", 5, Filter())) == 5


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Filter(metadata={"custodain": "J. Doe"}), "has the metadata 'custodain'; there are .*custodian.*matter"),
        (Filter(metadata={"date": "2024"}), "asked for with since and until"),
        (Filter(sources="few/0.tx"), r"no source matches 'few/0\.tx'; did you mean .*'few/0\.txt'"),
    ],
    ids=["key", "date", "source"],
)  # fmt: skip
def test_what_no_document_has_is_named(searcher: Searcher, where: Filter, message: str) -> None:
    with pytest.raises(InputError, match=message):
        searcher.search("When is the rent due?", 5, where)


@pytest.mark.parametrize(
    "bad", [{"since": "March"}, {"until": "2024-13"}, {"since": "2025", "until": "2024"}, {"autor": "x"}]
)
def test_a_filter_that_means_nothing_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"Filter(\.since|\.until|\.autor|): "):
        Filter.model_validate(bad)


def test_the_memory_is_asked_only_where_a_volume_passes_the_filter(catalog: Catalog, searcher: Searcher) -> None:
    session = ScriptedSession("The rent is due in May.")
    memory = ScriptedMemory(session)
    answerer = Answerer(catalog, searcher, BagEmbedder(), FixedRouter("both"), memory, Settings())  # type: ignore[arg-type]
    answer = answerer.ask("When is the rent counted?", where=Filter(sources="few/*"))
    assert answer.found
    assert session.asked == []
    assert {citation.source for citation in answer.citations} <= {"few/0.txt", "few/1.txt", "few/2.txt"}
    assert any("none of its volumes was adapted to nothing but documents that" in note for note in answer.notes)
    memory.passes = True
    answerer.ask("When is the rent counted?", where=Filter(sources="few/*"))
    assert len(session.asked) == 1
    answerer.ask("When is the rent counted?")
    assert len(session.asked) == 2


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Filter(), "all documents"),
        (Filter(metadata={"custodian": "J. Doe"}, since="2024-03"), "custodian J. Doe, since 2024-03"),
        (Filter(sources=("a.txt", "mail/*"), until="2024"), "source a.txt or mail/*, until 2024"),
        (Filter(metadata={"custodian": ("J. Doe", "M. Roe"), "matter": "x"}), "custodian J. Doe or M. Roe, matter x"),
        (Filter(sources="a\x1b[31m\n\u202eb"), "source a\ufffd[31m \ufffdb"),
    ],
)
def test_a_filter_says_what_it_lets_through_in_words(where: Filter, said: str) -> None:
    assert str(where) == f"{where}" == said
    assert repr(where).startswith("Filter(sources=")


def test_an_answer_knows_the_filter_that_it_was_asked_with(catalog: Catalog, searcher: Searcher) -> None:
    answerer = Answerer(catalog, searcher, BagEmbedder(), FixedRouter("lookup"), None, Settings())  # type: ignore[arg-type]
    few = Filter(sources="few/*")
    for question in ("When is the rent due?", "How many moons has Jupiter?"):
        assert answerer.ask(question, where=few).where == few
        assert answerer.ask(question).where is None
        assert answerer.ask(question, where=Filter()).where is None


def test_the_command_line_filters(tmp_path: Path) -> None:
    for name, text in {"a.txt": "The rent is due in May.", "b.txt": "The rent is due in June."}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "settings.toml").write_text("[memory]\nenabled = false\n")
    corpus = str(tmp_path / "corpus")

    def hybrid(*argv: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, argv)
        return result.exit_code, result.stdout, result.stderr

    assert hybrid("ingest", corpus, str(tmp_path / "*.txt"), "--settings", str(tmp_path / "settings.toml"))[0] == 0
    code, out, _ = hybrid("search", corpus, "rent", "--source", "*/b.txt", "--json")
    assert (code, [Path(hit["source"]).name for hit in json.loads(out)]) == (0, ["b.txt"])
    code, out, _ = hybrid("ask", corpus, "When is the rent due?", "--source", "*a.txt")
    assert code == 0
    assert "May" in out
    assert "June" not in out
    assert hybrid("search", corpus, "rent", "--since", "2024")[0] == 3
    refused = {
        ("--where", "custodian"): (2, "Error: "),  # wrong usage
        ("--where", "color=red"): (1, "hybrid: "),
        ("--since", "soon"): (2, "Error: "),
    }
    for wrong, (expected, prefix) in refused.items():
        code, _, error = hybrid("ask", corpus, "When is the rent due?", *wrong)
        assert (code, prefix in error) == (expected, True)


@pytest.mark.parametrize(
    ("option", "value"), [("--since", "3/4/2026"), ("--until", "soon"), ("--source", "\ud800"), ("--where", "a=\ud800")]
)
def test_the_command_line_names_the_option_that_is_wrong(tmp_path: Path, option: str, value: str) -> None:
    result = CliRunner().invoke(main, ["search", str(tmp_path), "rent", option, value])
    assert result.exit_code == 2
    assert f"{option}: " in result.output
    assert "Filter" not in result.output


def test_a_selection_is_searched_exactly_on_an_approximate_index() -> None:
    chance = np.random.default_rng(3)
    vectors = chance.standard_normal((500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = FaissIndex.build(16, np.arange(500), vectors, exact_up_to=100)
    among = np.sort(chance.choice(500, 30, replace=False))
    scores, ids = index.search(vectors[:5], 40, among)
    for query, row, found in zip(vectors[:5], scores, ids, strict=True):
        best = among[np.argsort(-(vectors[among] @ query))]
        assert found[:30].tolist() == best.tolist()
        assert (found[30:] == -1).all()
        assert np.isneginf(row[30:]).all()
