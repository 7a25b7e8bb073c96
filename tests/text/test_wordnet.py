"""What WordNet's table promises: words that mean the same are known to, and no more than that."""

from __future__ import annotations

import pytest

from hybrid.text import wordnet


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("rescinded", "rescind", "same"),
        ("left", "leave", "same"),
        ("stopped", "stop", "same"),
        ("terminated", "termination", "synonym"),
        ("luggage", "baggage", "synonym"),
        ("refused", "declined", "synonym"),
        ("tree", "oak", "broader"),
        ("oak", "tree", "narrower"),
        ("car", "tree", None),
        ("bought", "sold", None),
        ("qwertz", "asdf", None),
    ],
)
def test_how_a_word_stands_to_another(word: str, other: str, expected: str | None) -> None:
    assert wordnet.relation(word, other) == expected


def test_what_may_be_a_verb_or_comes_from_one() -> None:
    assert [word for word in ("sent", "chairs", "mountain", "receipt") if wordnet.is_verb(word)] == [
        "sent",
        "chairs",
        "receipt",
    ]
    assert wordnet.verbal("departure")
    assert not wordnet.verbal("mountain")


def test_a_phrase_is_known_by_its_words_joined() -> None:
    assert wordnet.known("take_over")
    assert not wordnet.known("take_mountain")
