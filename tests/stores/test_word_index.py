"""The words of documents, each with the documents that hold it."""

from __future__ import annotations

from hybrid.stores.catalog_cache import WordIndex


def test_words_are_found_apart_and_as_marks_join_them() -> None:
    texts = {1: "Flat-bed, O'Neil at a_b-c.", 2: "The bed."}
    found = WordIndex().updated({1: "x", 2: "y"}, lambda ids: ((one, texts[one]) for one in ids))
    assert found["bed"] == [1, 2]
    assert found["flat-bed"] == found["o'neil"] == found["b-c"] == [1]
    assert "at-bed" not in found


def test_a_word_of_a_million_letters_takes_no_longer_than_as_many_short_ones() -> None:
    text = "x" * 1_000_000 + " end"  # an hour, where each letter may be a start
    found = WordIndex().updated({1: "x"}, lambda ids: ((one, text) for one in ids))
    assert sorted(map(len, found)) == [3, 1_000_000]
