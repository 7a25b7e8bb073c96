"""What every store has to hold to: suites for whoever adds a database for the catalog, or an index of vectors.

They are plain classes of tests for pytest, which has to be installed. Derive one, with a name that begins with
``Test``, and give it the fixtures that it asks for; what hybrid ships passes the same suites in its own tests.

Example:
    >>> class TestMyIndex(VectorIndexConformance):
    ...     def build(self, dimension, ids, vectors):
    ...         return FaissIndex.build(dimension, ids, vectors)
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hybrid.errors import CorpusError, CorpusLockedError, InputError
from hybrid.stores import full_text, schema
from hybrid.stores.access import Access
from hybrid.stores.catalog import Catalog
from hybrid.stores.query import exact_phrase, match_expression
from hybrid.stores.vectors import FaissIndex as FaissIndex
from hybrid.stores.vectors import VectorIndex
from hybrid.types.documents import Chunk, Document, Metadata
from hybrid.types.filters import Filter

ODD = "Ünïcode 😀😀 and re\u0301sume\u0301 marks.\n\nSecond 𝔓aragraph of a\u0308 text, 12.3(b): 100 %_of \\ it."
_LETTER = "The parties terminate the agreement on notice. Either party gives notice in writing to the other party."
_LEASE = "A lease of the mill. The tenant pays rent; the café in Zürich is let apart from the mill."
_MAIL = "Ann wrote to Ben about salt and about wet rope. The agreement was never signed, Ben said."
_WORDS = re.compile(r"\w+")


def _chunks(body: str, size: int = 45) -> list[Chunk]:
    starts = range(0, len(body), size - 10)
    return [Chunk(start=at, end=min(at + size, len(body)), text=body[at : at + size]) for at in starts]


def add(catalog: Catalog, source: str, body: str, *, whole: bool = True, **metadata: str) -> tuple[int, list[int]]:
    """Put a document into a catalog, as one chunk or as several, each with a vector; its id and its chunks' ids."""
    plain = Document.from_text(body, source)
    document = plain.model_copy(update={"metadata": Metadata(extra=metadata)})
    chunks = [Chunk(start=0, end=len(body), text=body)] if whole else _chunks(body)
    vectors = np.eye(len(chunks), 8, dtype=np.float32)
    with catalog.transaction() as transaction:
        document_id, ids = transaction.add_document(document, chunks, vectors)
        transaction.put_source(source, document_id, mtime_ns=2**62, size=2**40)
    return document_id, ids


class CatalogConformance:
    """The catalog on a database. Give `open_catalog`, and override `writes_elsewhere` only where it is needed."""

    def open_catalog(self, folder: Path, access: Access | None = None) -> Catalog:
        """The catalog that belongs to ``folder``, an empty directory of the test's, made if it is new: the same one
        each time. Override it."""
        raise NotImplementedError("derive CatalogConformance and define open_catalog")

    @pytest.fixture
    def catalog(self, tmp_path: Path) -> Iterator[Catalog]:
        """A new, empty catalog."""
        with self.open_catalog(tmp_path) as opened:
            yield opened

    @pytest.fixture
    def other(self, catalog: Catalog, tmp_path: Path) -> Iterator[Catalog]:
        """The same catalog, as another process has it open."""
        with self.open_catalog(tmp_path) as opened:
            yield opened

    # What is kept --------------------------------------------------------------------------------

    def test_texts_and_spans_come_back_character_for_character(self, catalog: Catalog) -> None:
        document_id, ids = add(catalog, "odd.txt", ODD, whole=False)
        rows = catalog.chunks(ids)
        assert catalog.text(document_id) == ODD
        assert [rows[one].text for one in ids] == [chunk.text for chunk in _chunks(ODD)]
        assert all(ODD[row.start : row.end] == row.text for row in rows.values())

    def test_vectors_come_back_to_the_bit(self, catalog: Catalog) -> None:
        _, ids = add(catalog, "odd.txt", ODD, whole=False)
        found, vectors = catalog.vectors()
        assert found.tolist() == ids
        assert vectors.dtype == np.float32
        assert vectors.tobytes() == np.eye(len(ids), 8, dtype=np.float32).tobytes()

    def test_large_sizes_and_times_are_kept(self, catalog: Catalog) -> None:
        add(catalog, "a.txt", _MAIL)
        row = catalog.source("a.txt")
        assert row is not None
        assert (row.size, row.mtime_ns) == (2**40, 2**62)

    def test_it_is_there_when_it_is_opened_again(self, catalog: Catalog, other: Catalog) -> None:
        document_id, _ = add(catalog, "a.txt", _MAIL)
        catalog.set_info("embedder", "one")
        assert other.text(document_id) == _MAIL
        assert other.info("embedder") == "one"

    def test_the_schema_is_whole(self, catalog: Catalog) -> None:
        with catalog.connection(write=False) as connection:
            assert schema.missing(connection) == []
            assert schema.revision(connection) is not None

    def test_facts_and_the_log_come_back_as_they_were_written(self, catalog: Catalog) -> None:
        with catalog.transaction() as transaction:
            transaction.set_info("a fact", "ü 😀")
            transaction.log("ingest", sources=["ü.txt"], numbers=[1, 2.5, None], deep={"b": 1, "a": 2})
            transaction.log("remove")
        assert catalog.info("a fact") == "ü 😀"
        assert [row.event for row in catalog.log()] == ["ingest", "remove"]
        assert catalog.log()[0].detail == {"sources": ["ü.txt"], "numbers": [1, 2.5, None], "deep": {"b": 1, "a": 2}}

    # Transactions --------------------------------------------------------------------------------

    def test_nothing_is_kept_of_a_transaction_that_fails(self, catalog: Catalog) -> None:
        kept, _ = add(catalog, "kept.txt", _LEASE)
        with pytest.raises(ZeroDivisionError), catalog.transaction() as transaction:
            chunk = Chunk(start=0, end=len(_MAIL), text=_MAIL)
            document_id, _ = transaction.add_document(
                Document.from_text(_MAIL, "lost.txt"), [chunk], np.eye(1, 8, dtype=np.float32)
            )
            transaction.put_source("lost.txt", document_id)
            transaction.remove_source("kept.txt")
            raise ZeroDivisionError
        assert [row.id for row in catalog.documents()] == [kept]
        assert catalog.search_lexical(exact_phrase("rope"), 5) == []
        assert len(catalog.search_lexical(exact_phrase("tenant"), 5)) == 1

    def test_ids_are_never_used_twice(self, catalog: Catalog) -> None:
        first, chunks = add(catalog, "a.txt", _MAIL)
        with catalog.transaction() as transaction:
            transaction.remove_source("a.txt")
        again, others = add(catalog, "a.txt", _MAIL)
        assert again > first
        assert min(others) > max(chunks)

    def test_a_reader_sees_one_state_whatever_is_committed_meanwhile(self, catalog: Catalog, other: Catalog) -> None:
        add(catalog, "a.txt", _MAIL)
        with other.read_transaction():
            assert other.count_documents() == 1
            add(catalog, "b.txt", _LEASE)
            assert other.count_documents() == 1
            assert other.search_lexical(exact_phrase("tenant"), 5) == []
            assert other.find_exact("The tenant pays") == []
        assert other.count_documents() == 2

    def test_a_state_is_fixed_when_it_is_asked_for(self, catalog: Catalog, other: Catalog) -> None:
        with other.newest_state() as state:
            add(catalog, "b.txt", _LEASE)
            with other.reading(state):
                assert other.count_documents() == 0

    def test_nothing_is_seen_of_a_transaction_before_it_ends(self, catalog: Catalog, other: Catalog) -> None:
        with catalog.transaction() as transaction:
            transaction.set_info("key", "value")
            assert other.info("key") is None
        assert other.info("key") == "value"

    def test_writers_exclude_each_other(self, catalog: Catalog, other: Catalog, tmp_path: Path) -> None:
        with catalog.write_lock(tmp_path), pytest.raises(CorpusLockedError), other.write_lock(tmp_path):
            pass
        with catalog.write_lock(tmp_path), pytest.raises(CorpusLockedError), catalog.write_lock(tmp_path, 0.1):
            pass
        with other.write_lock(tmp_path):
            pass

    def test_a_writer_waits_for_another(self, catalog: Catalog, other: Catalog, tmp_path: Path) -> None:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with other.write_lock(tmp_path):
                held.set()
                done.wait(30)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait(30)
        threading.Timer(0.2, done.set).start()
        with catalog.write_lock(tmp_path, 30):
            add(catalog, "a.txt", _MAIL)
        thread.join()
        assert catalog.count_documents() == 1

    def test_side_by_side_transactions_lose_nothing(self, catalog: Catalog, other: Catalog) -> None:
        def write(into: Catalog, name: str) -> None:
            for number in range(5):
                with into.transaction() as transaction:
                    transaction.log("ingest", sources=[f"{name}{number}"])

        threads = [threading.Thread(target=write, args=one) for one in ((catalog, "a"), (other, "b"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(catalog.log()) == 10  # which compares the hash of each row and the one before it

    # Search by words -----------------------------------------------------------------------------

    @pytest.fixture
    def texts(self, catalog: Catalog) -> dict[str, int]:
        """Three documents of one chunk each: the chunks' ids by name."""
        return {name: add(catalog, name, body)[1][0] for name, body in _TEXTS.items()}

    @pytest.mark.parametrize(
        ("match", "expected"),
        [
            ('"terminated"', ["letter"]),  # by its stem
            ('"CAFE" OR "zurich"', ["lease"]),  # without case and accents
            ('"agreement"', ["letter", "mail"]),
            ('"gives notice"', ["letter"]),
            ('"notice gives"', []),
            ('"termin" *', ["letter"]),
            ('"either part" *', ["letter"]),
            ('"agreement" AND "ben"', ["mail"]),
            ('"agreement" NOT "ben"', ["letter"]),
            ('("rent" OR "salt") AND "about"', ["mail"]),
            ('NEAR("salt" "rope", 3)', ["mail"]),
            ('NEAR("rope" "salt", 3)', ["mail"]),
            ('NEAR("salt" "rope", 2)', []),
            ('NEAR("salt" "rope", 3) OR "tenant"', ["lease", "mail"]),
            ('"agreement" NOT NEAR("salt" "rope", 2)', ["letter", "mail"]),
            ('"it\'s" OR "a\\b"', []),
            ('"!" OR "rent"', ["lease"]),
        ],
    )
    def test_expressions_find_what_they_say(
        self, catalog: Catalog, texts: dict[str, int], match: str, expected: list[str]
    ) -> None:
        wanted = sorted(texts[one] for one in expected)
        assert sorted(chunk for chunk, _ in catalog.search_lexical(match, 10)) == wanted
        assert [chunk for chunk, _ in catalog.chunks_matching(match)] == wanted
        assert catalog.count_lexical(match, 10) == len(wanted)

    @pytest.mark.parametrize("match", ['"open', "OR", '"a" AND', "(", 'NEAR("a" "b", x)', "colour : red", "a-b"])
    def test_what_is_no_expression_is_said_to_be_none(
        self, catalog: Catalog, texts: dict[str, int], match: str
    ) -> None:
        with pytest.raises(InputError, match="not a match expression"):
            catalog.search_lexical(match, 10)

    @pytest.mark.parametrize("question", ["agreement notice", "rent of the mill", '"in writing" party', "the", "mill"])
    def test_scores_are_those_of_bm25(self, catalog: Catalog, texts: dict[str, int], question: str) -> None:
        expression = match_expression(question)
        found = dict(catalog.search_lexical(expression, 10))
        expected = _bm25({texts[name]: body for name, body in _TEXTS.items()}, expression)
        assert found.keys() == expected.keys()
        assert all(math.isclose(found[one], expected[one], rel_tol=1e-6, abs_tol=1e-9) for one in found)
        assert list(found) == sorted(expected, key=lambda one: (-expected[one], one))

    def test_equal_scores_go_by_id_and_no_more_than_asked_come(self, catalog: Catalog) -> None:
        ids = [add(catalog, f"{number}.txt", f"{_MAIL} {number:04}")[1][0] for number in range(5)]
        assert [one for one, _ in catalog.search_lexical(exact_phrase("salt"), 3)] == ids[:3]
        assert catalog.count_lexical(exact_phrase("salt"), 2) == 2

    def test_only_chunks_of_a_selection_are_found(self, catalog: Catalog, texts: dict[str, int]) -> None:
        only_mail = catalog.selection(Filter(sources=("mail",)))
        found = catalog.search_lexical('"agreement" OR "mill"', 10, only_mail)
        assert [one for one, _ in found] == [texts["mail"]]
        assert dict(found).items() <= dict(catalog.search_lexical('"agreement" OR "mill"', 10)).items()

    def test_a_removed_document_is_found_by_nothing(self, catalog: Catalog, texts: dict[str, int]) -> None:
        with catalog.transaction() as transaction:
            removed = transaction.remove_source("mail")
        assert removed.chunk_ids == (texts["mail"],)
        assert catalog.search_lexical('"salt"', 10) == []
        assert catalog.find_exact("wet rope") == []
        assert texts["mail"] not in catalog.vectors()[0].tolist()
        remaining = {texts[name]: _TEXTS[name] for name in ("letter", "lease")}
        assert catalog.search_lexical('"mill"', 10)[0][1] == pytest.approx(max(_bm25(remaining, '"mill"').values()))

    def test_words_are_made_again_from_the_texts(self, catalog: Catalog, texts: dict[str, int]) -> None:
        before = catalog.search_lexical('"agreement" OR "mill"', 10)
        with catalog.connection(write=True) as connection:
            assert full_text.fault(connection) is None
            full_text.create(connection)
        with catalog.connection(write=True) as connection:
            assert full_text.indexed(connection) == 0
            full_text.rebuild(connection)
        assert catalog.search_lexical('"agreement" OR "mill"', 10) == before
        with catalog.connection(write=True) as connection:
            assert full_text.fault(connection) is None
            full_text.remove(connection, catalog.documents()[0].id)
        with catalog.connection(write=True) as connection:
            assert full_text.fault(connection) is not None

    # Exact texts, filters and access -------------------------------------------------------------

    @pytest.mark.parametrize(
        "wanted", ["100 %_of", "\\ it.", "😀 and re\u0301s", "agraph of a\u0308 text", "b", "𝔓", "12.3(b)", "\\"]
    )
    def test_exact_texts_are_found_character_for_character(self, catalog: Catalog, wanted: str) -> None:
        other, _ = add(catalog, "other.txt", _LEASE)
        document_id, _ = add(catalog, "odd.txt", ODD, whole=False)
        places = [(document_id, at, at + len(wanted)) for at in _places(ODD, wanted)]
        others = [(other, at, at + len(wanted)) for at in _places(_LEASE, wanted)]
        assert catalog.find_exact(wanted, k=100) == others + places
        assert catalog.find_exact(wanted.swapcase() + "Q") == []

    def test_names_are_compared_by_their_characters(self, catalog: Catalog) -> None:
        names = ["B.txt", "a.txt", "a_b.txt", "aXb.txt", "é.txt", "Z/1.txt"]
        ids = {name: add(catalog, name, f"{_MAIL} {name}")[0] for name in names}
        for pattern, expected in (
            ("a*", ["a.txt", "a_b.txt", "aXb.txt"]),
            ("a_b.txt", ["a_b.txt"]),
            ("[A-Z]*", ["B.txt", "Z/1.txt"]),
            ("e\u0301.txt", ["é.txt"]),
        ):
            assert catalog.matching(Filter(sources=(pattern,))) == sorted(ids[one] for one in expected)

    def test_metadata_are_compared_without_case(self, catalog: Catalog) -> None:
        first, _ = add(catalog, "a.txt", _MAIL, matter="ÉTÉ 12")
        add(catalog, "b.txt", _LEASE, matter="other")
        assert catalog.matching(Filter(metadata={"matter": ("e\u0301té 12",)})) == [first]

    def test_an_identity_sees_its_own_classes_and_no_sign_of_others(self, catalog: Catalog, tmp_path: Path) -> None:
        seen, [chunk] = add(catalog, "seen.txt", _MAIL, access="deal")
        hidden, [secret] = add(catalog, "hidden.txt", _LEASE, access="board")
        with self.open_catalog(tmp_path, Access("access", ("DEAL",))) as restricted:
            assert [row.id for row in restricted.documents()] == [seen]
            assert restricted.search_lexical('"mill"', 10) == []
            assert restricted.count_lexical('"mill"', 10) == 0
            assert restricted.chunks_matching('"mill"') == []
            assert [one for one, _ in restricted.search_lexical('"agreement"', 10)] == [chunk]
            assert restricted.find_exact("The tenant pays") == []
            assert restricted.spans([chunk, secret]).keys() == {chunk}
            assert restricted.all_chunk_ids() == [chunk]
            assert not restricted.writable
            with pytest.raises(KeyError):
                restricted.document(hidden)
            with pytest.raises(CorpusError), restricted.transaction() as transaction:
                transaction.set_info("key", "value")

    # Deletion ------------------------------------------------------------------------------------

    def test_what_was_removed_is_erased_once_nobody_reads_it(self, catalog: Catalog, other: Catalog) -> None:
        add(catalog, "a.txt", _MAIL)
        with other.read_transaction():
            assert other.count_documents() == 1
            assert len(other.all_chunk_ids()) == 1
            with catalog.transaction() as transaction:
                transaction.remove_source("a.txt")
            assert not catalog.vacuum(50)
        assert catalog.vacuum(5_000)


_TEXTS = {"letter": _LETTER, "lease": _LEASE, "mail": _MAIL}


def _places(body: str, wanted: str) -> list[int]:
    return [at for at in range(len(body)) if body.startswith(wanted, at)]


def _bm25(texts: dict[int, str], expression: str) -> dict[int, float]:
    """BM25 of phrases joined by OR, worked out by hand (k1 1.2, b 0.75); words that are stemmed alike are one."""
    stems = {"parties": "party", "agreements": "agreement"}
    words = {one: [stems.get(word, word) for word in _WORDS.findall(body.lower())] for one, body in texts.items()}
    mean = sum(map(len, words.values())) / len(words)
    scores: dict[int, float] = {}
    for phrase in expression.split(" OR "):
        wanted = [stems.get(word, word) for word in _WORDS.findall(phrase.lower())]
        counts = {
            one: sum(there[at : at + len(wanted)] == wanted for at in range(len(there))) for one, there in words.items()
        }
        holding = sum(map(bool, counts.values()))
        rarity = max(1e-6, math.log((len(words) - holding + 0.5) / (holding + 0.5)))
        for one, n in counts.items():
            if n:
                length = 1.2 * (0.25 + 0.75 * len(words[one]) / mean)
                scores[one] = scores.get(one, 0.0) + rarity * n * 2.2 / (n + length)
    return scores


_Filled = tuple[VectorIndex, NDArray[np.int64], NDArray[np.float32]]


class VectorIndexConformance:
    """An index of vectors (`hybrid.stores.vectors.VectorIndex`). Give `build`."""

    def build(self, dimension: int, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> VectorIndex:
        """An index of these vectors, which may be none. Override it."""
        raise NotImplementedError("derive VectorIndexConformance and define build")

    @contextmanager
    def _filled(self, n: int = 60, dimension: int = 16) -> Iterator[_Filled]:
        random = np.random.default_rng(3)
        vectors = random.standard_normal((n, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = random.permutation(np.arange(10, 10 + 3 * n, 3)).astype(np.int64)
        yield self.build(dimension, ids, vectors), ids, vectors

    def test_the_nearest_come_first_with_their_cosines(self) -> None:
        with self._filled() as (index, ids, vectors):
            scores, found = index.search(vectors[:5], 4)
            for row, vector in enumerate(vectors[:5]):
                cosines = vectors @ vector
                best = np.argsort(-cosines)[:4]
                assert found[row].tolist() == ids[best].tolist()
                assert np.allclose(scores[row], cosines[best], atol=1e-5)
            assert scores.dtype == np.float32
            assert found.dtype == np.int64

    def test_it_knows_its_size(self) -> None:
        with self._filled() as (index, ids, _):
            assert (len(index), index.dimension) == (len(ids), 16)

    @pytest.mark.parametrize("most", [1, 7, 40])
    def test_only_chosen_ids_are_found(self, most: int) -> None:
        with self._filled() as (index, ids, vectors):
            chosen = np.sort(ids[:most])
            scores, found = index.search(vectors[:1], 5, chosen)
            there = found[0][found[0] >= 0]
            cosines = dict(zip(ids.tolist(), vectors @ vectors[0], strict=True))
            assert there.tolist() == sorted(chosen.tolist(), key=lambda one: -cosines[one])[:5]
            assert (found[0] < 0).sum() == max(0, 5 - most)
            assert np.isneginf(scores[0][found[0] < 0]).all()

    def test_equal_scores_go_by_id(self) -> None:
        vector = np.eye(1, 4, dtype=np.float32)
        index = self.build(4, np.array([9, 3, 6]), np.repeat(vector, 3, axis=0))
        assert index.search(vector, 3)[1].tolist() == [[3, 6, 9]]

    def test_where_there_are_fewer_the_rest_is_padded(self) -> None:
        index = self.build(4, np.array([5]), np.eye(1, 4, dtype=np.float32))
        scores, found = index.search(np.eye(2, 4, dtype=np.float32), 3)
        assert found.tolist() == [[5, -1, -1]] * 2
        assert np.isneginf(scores[:, 1:]).all()
        empty = self.build(4, np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
        assert empty.search(np.eye(1, 4, dtype=np.float32), 2)[1].tolist() == [[-1, -1]]

    def test_what_is_added_is_found_and_what_is_removed_is_not(self) -> None:
        with self._filled() as (index, ids, vectors):
            new = np.eye(1, 16, dtype=np.float32)
            index.add(np.array([1]), new)
            assert index.search(new, 1)[1].tolist() == [[1]]
            assert index.remove(np.array([1, 2, int(ids[0])])) == 2
            assert len(index) == len(ids) - 1
            assert 1 not in index.search(new, len(index))[1]
            assert ids[0] not in index.search(vectors[:1], len(index))[1]

    def test_it_knows_its_ids(self) -> None:
        with self._filled() as (index, ids, _):
            assert index.ids() == set(ids.tolist())

    def test_only_chosen_ids_are_found_however_many_are_given(self) -> None:
        with self._filled() as (index, ids, vectors):
            chosen = np.union1d(np.arange(1_000, 101_000), ids[:7])
            found = index.search(vectors[:1], 10, chosen)[1][0]
            cosines = dict(zip(ids.tolist(), vectors @ vectors[0], strict=True))
            assert found[found >= 0].tolist() == sorted(ids[:7].tolist(), key=lambda one: -cosines[one])

    def test_vectors_come_with_what_is_found(self) -> None:
        with self._filled() as (index, ids, vectors):
            _, found, with_them = index.search_with_vectors(vectors[:3], 2)
            rows = {int(one): row for row, one in enumerate(ids)}
            assert np.allclose(with_them, vectors[[[rows[int(one)] for one in line] for line in found]], atol=1e-6)

    @pytest.mark.parametrize(
        ("ids", "rows"),
        [([10], 1), ([1, 1], 2), ([-4], 1), ([1, 2], 1)],
        ids=["known", "twice", "negative", "unpaired"],
    )
    def test_ids_that_cannot_be_are_refused(self, ids: Sequence[int], rows: int) -> None:
        with self._filled() as (index, _, vectors):
            before = len(index)
            with pytest.raises(InputError):
                index.add(np.array(ids, np.int64), vectors[:rows])
            assert len(index) == before

    def test_vectors_that_cannot_be_are_refused(self) -> None:
        with self._filled() as (index, _, vectors):
            for wrong in (vectors[:1, :5], np.full((1, 16), np.nan, np.float32)):
                with pytest.raises(InputError):
                    index.add(np.array([1]), wrong)
                with pytest.raises(InputError):
                    index.search(wrong, 1)
            with pytest.raises(InputError):
                index.search(vectors[:1], 0)
