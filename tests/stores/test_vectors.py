"""The vector index finds what is nearest, keeps ids honest, and survives being written and read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest

from hybrid.errors import CorruptCorpusError, InputError
from hybrid.stores.vectors import FaissIndex, Ids, VectorIndex, Vectors

DIMENSION = 16
APPROXIMATE = 100  # an exact_up_to that the indexes of these tests are past


def clustered(count: int, seed: int = 0) -> Vectors:
    """Unit vectors around 20 centres, ``[count, DIMENSION]``."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((20, DIMENSION))
    vectors = centres[rng.integers(20, size=count)] + 0.3 * rng.standard_normal((count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def nearest(ids: Ids, vectors: Vectors, query: Vectors, k: int) -> Ids:
    return ids[np.argsort(-(query @ vectors.T), axis=1, kind="stable")[:, :k]]


@pytest.fixture(params=[10_000, APPROXIMATE], ids=["exact", "approximate"])
def filled(request: pytest.FixtureRequest) -> tuple[FaissIndex, Ids, Vectors]:
    ids, vectors = np.arange(500, dtype=np.int64) * 3 + 7, clustered(500)
    return FaissIndex.build(DIMENSION, ids, vectors, exact_up_to=request.param), ids, vectors


def test_a_faiss_index_is_a_vector_index() -> None:
    assert isinstance(FaissIndex.build(2, np.empty(0), np.empty((0, 2))), VectorIndex)


def test_the_exact_index_finds_exactly_the_nearest() -> None:
    ids, vectors, query = np.arange(300) + 1000, clustered(300), clustered(20, seed=1)
    index = FaissIndex.build(DIMENSION, ids, vectors, exact_up_to=300)
    scores, found = index.search(query, 10)
    assert index.exact
    assert found.tolist() == nearest(ids, vectors, query, 10).tolist()
    np.testing.assert_allclose(scores, -np.sort(-(query @ vectors.T), axis=1)[:, :10], atol=1e-6)


def test_past_the_limit_the_index_is_approximate_and_still_finds_nearly_all() -> None:
    ids, vectors, query = np.arange(5000), clustered(5000), clustered(50, seed=1)
    index = FaissIndex.build(DIMENSION, ids, vectors, exact_up_to=4999)
    assert not index.exact
    truth = nearest(ids, vectors, query, 10)
    found = index.search(query, 10)[1]
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(truth.tolist(), found.tolist(), strict=True)]) >= 0.95


def test_adding_past_the_limit_makes_the_index_approximate_and_loses_nothing() -> None:
    vectors = clustered(150)
    index = FaissIndex.build(DIMENSION, np.arange(90), vectors[:90], exact_up_to=100)
    index.add(np.arange(90, 100), vectors[90:100])
    assert index.exact
    index.add(np.arange(100, 150), vectors[100:])
    assert not index.exact
    ids, kept = index.contents()
    assert sorted(ids.tolist()) == list(range(150))
    np.testing.assert_array_equal(kept[np.argsort(ids)], vectors)


def test_an_approximate_index_is_laid_out_anew_when_it_has_grown() -> None:
    vectors = clustered(2000)
    index = FaissIndex.build(DIMENSION, np.arange(200), vectors[:200], exact_up_to=100)
    before = index._index.nlist
    index.add(np.arange(200, 300), vectors[200:300])
    assert index._index.nlist == before
    index.add(np.arange(300, 2000), vectors[300:])
    assert index._index.nlist > 2 * before
    assert len(index) == 2000


def test_every_vector_finds_itself(filled: tuple[FaissIndex, Ids, Vectors]) -> None:
    index, ids, vectors = filled
    scores, found = index.search(vectors, 1)
    assert found[:, 0].tolist() == ids.tolist()
    np.testing.assert_allclose(scores, 1, atol=1e-5)


def test_what_was_removed_is_not_found_and_the_rest_is(filled: tuple[FaissIndex, Ids, Vectors]) -> None:
    index, ids, vectors = filled
    gone = ids[::2]
    assert index.remove(np.concatenate([gone, [1, 2]])) == 250
    assert len(index) == 250
    assert index.remove(gone) == 0
    _, found = index.search(vectors, 250)
    assert not set(found.ravel().tolist()) & set(gone.tolist())
    assert index.search(vectors[1::2], 1)[1][:, 0].tolist() == ids[1::2].tolist()
    index.add(gone[:1], vectors[:1])  # and may come back
    assert index.search(vectors[:1], 1)[1].tolist() == [[int(gone[0])]]


def test_a_saved_index_answers_as_before(filled: tuple[FaissIndex, Ids, Vectors], tmp_path: Path) -> None:
    index, ids, vectors = filled
    query = clustered(10, seed=3)
    index.save(tmp_path / "index.faiss")
    loaded = FaissIndex.load(tmp_path / "index.faiss")
    assert (len(loaded), loaded.dimension, loaded.exact) == (len(index), DIMENSION, index.exact)
    for a, b in zip(index.search(query, 10), loaded.search(query, 10), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(InputError, match="in the index already"):
        loaded.add(ids[:1], vectors[:1])
    assert loaded.remove(ids[:5]) == 5


def test_contents_are_what_was_added(filled: tuple[FaissIndex, Ids, Vectors]) -> None:
    index, ids, vectors = filled
    found, kept = index.contents()
    assert sorted(found.tolist()) == ids.tolist()
    np.testing.assert_array_equal(kept[np.argsort(found)], vectors)


def test_building_twice_gives_the_same_answers() -> None:
    ids, vectors, query = np.arange(800), clustered(800), clustered(20, seed=5)
    first, second = (FaissIndex.build(DIMENSION, ids, vectors, APPROXIMATE).search(query, 10) for _ in range(2))
    np.testing.assert_array_equal(first[1], second[1])


def test_fewer_than_k_are_padded() -> None:
    index = FaissIndex.build(2, np.array([5]), np.array([[1.0, 0.0]], dtype=np.float32))
    scores, ids = index.search(np.array([[1.0, 0.0]], dtype=np.float32), 3)
    assert ids.tolist() == [[5, -1, -1]]
    assert scores.tolist() == [[1.0, -np.inf, -np.inf]]


def test_what_an_approximate_search_misses_is_padding_too() -> None:
    index = FaissIndex.build(DIMENSION, np.arange(5000), clustered(5000), APPROXIMATE)
    scores, ids = index.search(clustered(1, seed=2), 5000)
    missed = ids[0] == -1
    assert missed.any()
    assert np.isneginf(scores[0][missed]).all()
    assert np.isfinite(scores[0][~missed]).all()


@pytest.mark.parametrize("spread", [1, 10_000], ids=["dense-ids", "sparse-ids"])
@pytest.mark.parametrize("exact_up_to", [APPROXIMATE, 8000], ids=["approximate", "exact"])
def test_the_nearest_of_some_are_found_among_them(exact_up_to: int, spread: int) -> None:
    vectors = clustered(4000)
    ids = spread * np.arange(4000)
    index = FaissIndex.build(DIMENSION, ids, vectors, exact_up_to)
    queries = clustered(20, seed=1)
    for chosen in (np.arange(0, 4000, 200), np.arange(0, 4000, 3)):
        expected = nearest(ids[chosen], vectors[chosen], queries, 10)
        _, found = index.search(queries, 10, ids[chosen])
        assert set(found.ravel().tolist()) <= set(ids[chosen].tolist())
        if index.exact or len(chosen) <= APPROXIMATE // 4:
            assert np.array_equal(found, expected)
        shared = [len(set(one) & set(other)) for one, other in zip(found.tolist(), expected.tolist(), strict=True)]
        assert np.mean(shared) > 9.5


def test_among_many_that_are_far_away_as_many_are_found_as_are_asked_for() -> None:
    vectors = clustered(4000)
    index = FaissIndex.build(DIMENSION, np.arange(4000), vectors, APPROXIMATE)
    query = vectors[:1]
    farthest = np.sort(np.argsort(query[0] @ vectors.T)[:200])  # none stands in a list near the query
    _, found = index.search(query, 100, farthest)
    assert np.array_equal(found, nearest(farthest, vectors[farthest], query, 100))


def test_an_empty_index_finds_nothing_and_can_be_filled(tmp_path: Path) -> None:
    FaissIndex.build(2, np.empty(0), np.empty((0, 2))).save(tmp_path / "empty")
    index = FaissIndex.load(tmp_path / "empty")
    assert len(index) == 0
    assert index.search(np.ones((1, 2)), 2)[1].tolist() == [[-1, -1]]
    assert index.remove(np.array([1])) == 0
    index.add(np.array([4]), np.ones((1, 2)))
    assert index.search(np.ones((1, 2)), 1)[1].tolist() == [[4]]


def test_equal_scores_go_by_id() -> None:
    ids = np.array([30, 10, 20])
    index = FaissIndex.build(2, ids, np.ones((3, 2)))
    assert index.search(np.ones((1, 2)), 3)[1].tolist() == [[10, 20, 30]]


@pytest.mark.parametrize(
    ("ids", "vectors", "what"),
    [
        ([1, 1], np.ones((2, 2)), "twice"),
        ([1], np.ones((2, 2)), "do not fit"),
        ([1], np.ones((1, 3)), "shape"),
        ([1], np.ones(2), "shape"),
        ([1], np.array([[1.0, np.nan]]), "not finite"),
        ([1], np.array([[1.0, np.inf]]), "not finite"),
        ([-1], np.ones((1, 2)), "negative"),
        ([[1]], np.ones((1, 2)), "shape"),
        ([7], np.ones((1, 2)), "already"),
    ],
    ids=["twice", "count", "width", "flat", "nan", "inf", "negative", "ids-shape", "known"],
)
def test_bad_vectors_are_refused_and_change_nothing(ids: list[int], vectors: Vectors, what: str) -> None:
    index = FaissIndex.build(2, np.array([7]), np.ones((1, 2)))
    with pytest.raises(InputError, match=what):
        index.add(np.array(ids), vectors)
    assert len(index) == 1
    assert index.search(np.ones((1, 2)), 2)[1].tolist() == [[7, -1]]


def test_bad_queries_are_refused() -> None:
    index = FaissIndex.build(2, np.array([7]), np.ones((1, 2)))
    for query in (np.ones((1, 3)), np.array([[np.nan, 0]])):
        with pytest.raises(InputError):
            index.search(query, 1)
    with pytest.raises(InputError, match="k must be"):
        index.search(np.ones((1, 2)), 0)


def test_a_damaged_missing_or_foreign_file_is_said_to_be_one(tmp_path: Path) -> None:
    FaissIndex.build(2, np.array([7]), np.ones((1, 2))).save(tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    (tmp_path / "short").write_bytes(data[:-3])
    (tmp_path / "text").write_text("not an index")
    faiss.write_index(faiss.IndexFlatL2(2), str(tmp_path / "external"))
    for name in ("short", "text", "external", "missing"):
        with pytest.raises(CorruptCorpusError, match=name):
            FaissIndex.load(tmp_path / name)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        FaissIndex.build(2, np.array([7]), np.ones((1, 2))).save(tmp_path / "no" / "folder")


def test_threads_may_search_at_once(filled: tuple[FaissIndex, Ids, Vectors]) -> None:
    index, ids, vectors = filled
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: index.search(vectors[row : row + 1], 1)[1][0, 0], range(len(ids))))
    assert found == ids.tolist()


@pytest.mark.parametrize("limit", [1000, 50], ids=["exact", "approximate"])
def test_a_mapped_index_finds_the_same_and_cannot_be_changed(tmp_path: Path, limit: int) -> None:
    vectors = np.random.default_rng(5).standard_normal((300, 8)).astype(np.float32)
    index = FaissIndex.build(8, np.arange(300) * 7, vectors, limit)
    index.save(tmp_path / "index.faiss")
    mapped = FaissIndex.load(tmp_path / "index.faiss", limit, mapped=True)
    assert mapped.exact == (limit == 1000)
    for one, other in zip(index.search(vectors[:9], 5), mapped.search(vectors[:9], 5), strict=True):
        assert np.array_equal(one, other)
    (tmp_path / "index.faiss").unlink()  # a later commit has cleared it away
    assert np.array_equal(index.search(vectors[:9], 5)[1], mapped.search(vectors[:9], 5)[1])
    for change in (lambda: mapped.add(np.array([1]), vectors[:1]), lambda: mapped.remove(np.array([7]))):
        with pytest.raises(InputError, match="mapped from its file"):
            change()


@pytest.mark.parametrize("mapped", [False, True])
def test_a_search_can_bring_the_vectors_that_it_found_as_they_were_added(
    filled: tuple[FaissIndex, Ids, Vectors], mapped: bool, tmp_path: Path
) -> None:
    index, ids, vectors = filled
    if mapped:
        index.save(tmp_path / "index.faiss")
        index = FaissIndex.load(tmp_path / "index.faiss", mapped=True)
    by_id = dict(zip(ids.tolist(), vectors, strict=True))
    query = clustered(7, seed=1)
    scores, found, vectors_found = index.search_with_vectors(query, 20)
    expected_scores, expected = index.search(query, 20)
    assert found.tolist() == expected.tolist()
    np.testing.assert_array_equal(scores, expected_scores)
    for row, of_row in zip(found.tolist(), vectors_found, strict=True):
        np.testing.assert_array_equal(of_row, np.stack([by_id[one] for one in row]))


def test_vectors_of_a_search_are_as_many_as_are_asked_for_where_there_are_fewer() -> None:
    index = FaissIndex.build(DIMENSION, np.array([5]), clustered(1))
    scores, found, vectors_found = index.search_with_vectors(clustered(2), 3)
    assert found.tolist() == [[5, -1, -1]] * 2
    assert scores[:, 1:].max() == -np.inf
    assert vectors_found.shape == (2, 3, DIMENSION)
    assert FaissIndex.build(2, np.empty(0), np.empty((0, 2))).search_with_vectors(np.ones((1, 2)), 1)[1].tolist() == [
        [-1]
    ]


@pytest.mark.parametrize("ids", [[10, 20], [20, 10]])
def test_equally_near_vectors_keep_their_ids(ids: list[int]) -> None:
    vectors = np.array([[0.6, 0.8], [0.6, -0.8]], np.float32)
    index = FaissIndex.build(2, np.array(ids), vectors)
    _, found, vectors_found = index.search_with_vectors(np.array([[1.0, 0.0]], np.float32), 2)
    assert found.tolist() == [[10, 20]]
    np.testing.assert_array_equal(vectors_found[0], vectors[np.argsort(ids)])
