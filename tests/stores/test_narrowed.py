"""BM25 of the best chunks where a question's common words are not scored by FTS5."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hybrid.stores import catalog as stores_catalog
from hybrid.stores.catalog import Catalog
from hybrid.stores.query import match_expression
from hybrid.stores.sqlite import full_text, narrowed
from hybrid.types.documents import Chunk, Document

WORDS = [
    "agreement", "term", "delivered", "café", "Größe", "supplier", "notices", "running", "ponies", "skies",
    "relational", "generalised", "pumps", "valve", "brine", "Über", "ledger", "salt", "pan", "12.3(b)",
    *(f"filler{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
]  # fmt: skip
CHUNKS, PER_DOCUMENT = 400, 5


pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """Chunks of 5 to 40 words, drawn nearly by Zipf's law, some in capitals; five of 400 hold a word of their own."""
    rng = np.random.default_rng(3)
    share = 1 / np.arange(6, len(WORDS) + 6)
    with Catalog.open(tmp_path_factory.mktemp("narrowed") / "catalog.sqlite", create=True) as catalog:
        with catalog.transaction() as transaction:
            for first in range(0, CHUNKS, PER_DOCUMENT):
                parts = []
                for number in range(first, first + PER_DOCUMENT):
                    drawn = rng.choice(WORDS, int(rng.integers(5, 40)), p=share / share.sum())
                    said = [str(one).upper() if rng.random() < 0.1 else str(one) for one in drawn]
                    parts.append(" ".join([*said, *(["quillmere"] if number % 80 == 7 else [])]))
                starts = np.cumsum([0, *(len(part) + 1 for part in parts)])
                chunks = [
                    Chunk(start=int(at), end=int(at) + len(part), text=part)
                    for at, part in zip(starts, parts, strict=False)
                ]
                document = Document.from_text("\n".join(parts), source=f"{first}.txt")
                document_id, _ = transaction.add_document(document, chunks, np.ones((len(chunks), 2), np.float32))
                transaction.put_source(document.source, document_id)
        yield catalog


@pytest.fixture
def large(made: Catalog, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """As if its few hundred chunks were a million."""
    monkeypatch.setattr(stores_catalog, "SCORED_CHUNKS", 1)
    monkeypatch.setattr(stores_catalog, "SCORED_POSTINGS", 20)
    monkeypatch.setattr(full_text, "_SCORED_BY_FTS5", 10)
    made._term_counts = type(made._term_counts)(1000)
    return made


QUESTIONS = [
    "Quillmere agreement supplier valves",
    "quillmere pony relation sky",
    "quillmere running notice deliveries valve ledgers",
    "quillmere cafe uber GROSSE größe",
    "quillmere generalisation pumping brine 12.3(b) salt pans",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_fts5_whichever_way_a_word_is_counted(large: Catalog, question: str) -> None:
    match = match_expression(question)
    every = dict(large.search_lexical(match, CHUNKS))
    candidates = dict(large.search_lexical(match_expression("quillmere"), CHUNKS))
    found = large.search_words(match, len(candidates))
    words_alone = " OR ".join(term for term in match.split(" OR ") if " " not in term)
    assert len(found) == len(candidates) == 5
    if words_alone == match:  # a phrase is taken to stand once; to FTS5 a word of most chunks is worth a millionth
        assert dict(found) == pytest.approx({one: every[one] for one, _ in found}, abs=1e-5)
    assert [score for _, score in found] == sorted(dict(found).values(), reverse=True)


def test_which_chunks_are_counted_says_how_many_of_the_common_words_they_hold(
    large: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowed, "COUNTED", 1)
    by_name = dict(large.search_lexical(match_expression("quillmere"), CHUNKS))
    common = ["ledger", "brine", "salt", "pan", "valve"]
    (best, _), *_ = large.search_words(match_expression(f"quillmere {' '.join(common)}"), 1)
    with large.read_transaction(), large._connection() as connection:
        holding = [{one for one, _ in full_text.matching(connection, f'"{word}"')} for word in common]
    held = {one: sum(one in each for each in holding) for one in by_name}
    assert held[best] == max(held.values()) > held[max(by_name, key=lambda one: by_name[one])]


def test_documents_that_are_too_long_to_read_are_taken_to_hold_a_word_once(
    large: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = match_expression("quillmere pumps valve brine ledger")
    counted = dict(large.search_words(match, 5))
    monkeypatch.setattr(narrowed, "COUNTED_CHARS", 0)
    once = dict(large.search_words(match, 5))
    assert once.keys() == counted.keys()
    assert any(once[one] < counted[one] - 1e-9 for one in once)
    assert all(once[one] <= counted[one] + 1e-9 for one in once)


def test_common_words_are_counted_by_stretches_of_chunks(large: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    with large.read_transaction(), large._connection() as connection:
        exact = len(full_text.matching(connection, '"supplier"'))
        assert narrowed.estimated(connection, '"supplier"', 0) == exact  # so few that all are looked at
        assert narrowed.estimated(connection, '"supplier"', exact + 7) == exact + 7
        monkeypatch.setattr(narrowed, "SAMPLE", 8)
        assert narrowed.estimated(connection, '"supplier"', 0) == pytest.approx(exact, rel=0.2)


@pytest.mark.parametrize(
    ("stored", "numbers"),
    [
        (b"", []),
        (b"\x05", [5]),
        (b"\x81\x00\x7f", [128, 127]),
        (b"\xff" * 8 + b"\xff", [2**64 - 1]),
        (b"\x84\xd0\x00", [75776]),
    ],
)
def test_numbers_are_read_as_sqlite_writes_them(stored: bytes, numbers: list[int]) -> None:
    assert narrowed._numbers(stored) == numbers


def test_lengths_and_totals_are_what_fts5_stored(made: Catalog) -> None:
    with made.read_transaction(), made._connection() as connection:
        chunks, tokens = narrowed._totals(connection)
        ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM chunks").all()]
        lengths = narrowed._lengths(connection, ids)
    assert chunks == CHUNKS == len(lengths)
    assert tokens == sum(lengths.values())
