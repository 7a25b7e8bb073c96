"""Chunks are exact spans within the embedder's limits, cut where a reader would cut, and lose nothing."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from hybrid.ingest.chunking import MAX_CHARS_PER_TOKEN, chunk
from hybrid.settings import IngestSettings
from hybrid.settings.models import EMBEDDER, resolve_model
from hybrid.types.documents import Chunk

SMALL = IngestSettings(chunk_tokens=16, chunk_overlap_tokens=4)


class Words:
    """One token a word or mark."""

    def __init__(self, max_tokens: int = 10_000) -> None:
        self.max_tokens = max_tokens
        self.characters = 0

    def offsets(self, text: str) -> list[tuple[int, int]]:
        self.characters += len(text)
        return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


class WordPieces:
    """The built-in embedder's own tokenizer."""

    max_tokens = 254

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(Path(resolve_model(EMBEDDER.name)) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


@cache
def word_pieces() -> WordPieces:
    return WordPieces()


def assert_whole_and_exact(text: str, chunks: list[Chunk]) -> None:
    covered = bytearray(len(text))
    for c in chunks:
        assert text[c.start : c.end] == c.text
        assert c.text == c.text.strip()
        covered[c.start : c.end] = b"\x01" * (c.end - c.start)
    lost = [i for i, character in enumerate(text) if not character.isspace() and not covered[i]]
    assert lost == []
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(chunks))


BLOCKS = [" " * 400, "\n" * 300, "x" * 400, "漢字" * 60, "😀👩‍👩‍👧" * 30, "1.2.3 " * 40, "\u200b" * 300, "ﷺ" * 9]
pieces_of_text = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="ab .\n\n", max_size=200),
    st.text(alphabet=st.characters(categories=["Zs", "Cc", "Cf", "Mn", "Lo", "So"]), max_size=60),
    st.sampled_from(
        [" " * 400, "\n" * 300, "x" * 400, "漢字" * 60, "😀👩‍👩‍👧" * 30, "1.2.3 " * 40, "\u200b" * 300, "ﷺ" * 9]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(pieces_of_text, max_size=6).map("".join).map(lambda text: text.replace("\r", "\n")))
@example("word " * 40 + " " * 5000 + "end")
@example("x" * 5000)
def test_no_character_is_lost_and_every_chunk_is_within_the_limits(text: str) -> None:
    chunks = chunk(text, word_pieces(), SMALL)
    assert_whole_and_exact(text, chunks)
    assert all(len(word_pieces().offsets(c.text)) <= 16 for c in chunks)
    assert all(len(c.text) <= 16 * MAX_CHARS_PER_TOKEN for c in chunks)


def test_the_embedder_limit_wins_over_the_setting() -> None:
    text = "alpha beta gamma " * 100
    assert max(len(Words().offsets(c.text)) for c in chunk(text, Words(max_tokens=20), IngestSettings())) == 20


def test_a_chunk_is_counted_as_it_will_be_embedded() -> None:
    class LastWordInPieces(Words):
        """Sees letters, not a word, where the text ends within one: more in a piece than in the whole."""

        def offsets(self, text: str) -> list[tuple[int, int]]:
            return [match.span() for match in re.finditer(r"\w+(?=\s)|\w", text)]

    text = "several words of some length " * 40
    chunks = chunk(text, LastWordInPieces(), SMALL)
    assert_whole_and_exact(text, chunks)
    assert max(len(LastWordInPieces().offsets(c.text)) for c in chunks) <= 16


def test_a_boundary_that_the_last_chunk_ended_at_is_not_taken_again() -> None:
    text = "a b c d e f g h i " + "extraordinarily-long"[:15] + " longestwordinhere" * 3 + "\n\n" + "x y z " * 20
    first, second = chunk(text, Words(max_tokens=16), SMALL)[:2]
    assert first.text.endswith("longestwordinhere")
    assert second.text.startswith("extraordinarily longestwordinhere")


def test_neighbours_overlap_by_at_most_the_setting() -> None:
    text = " ".join(f"w{i}" for i in range(300))
    chunks = chunk(text, Words(), SMALL)
    shared = [len(text[b.start : a.end].split()) for a, b in pairwise(chunks)]
    assert set(shared) == {4}
    without = chunk(text, Words(), IngestSettings(chunk_tokens=16, chunk_overlap_tokens=0))
    assert all(a.end < b.start for a, b in pairwise(without))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One two three four five six. Seven eight nine\n\nten eleven. Twelve thirteen fourteen fifteen", "nine"),
        ("One two three four five six\nseven eight nine. Ten\neleven twelve thirteen fourteen fifteen", "nine."),
        ("one two three four five six seven\neight nine ten eleven\ntwelve thirteen fourteen and so on", "eleven"),
        ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen", "twelve"),
    ],
    ids=["paragraph", "sentence", "line", "word"],
)
def test_a_chunk_ends_at_the_best_boundary(text: str, first: str) -> None:
    limits = IngestSettings(chunk_tokens=16, chunk_overlap_tokens=0)
    assert chunk(text, Words(max_tokens=12), limits)[0].text.endswith(first)


def test_an_overlap_starts_with_a_sentence_where_it_can() -> None:
    text = "The quick fox ran far away today. It was late. " * 6
    chunks = chunk(text, Words(), IngestSettings(chunk_tokens=16, chunk_overlap_tokens=7))
    assert {c.text.split()[0] for c in chunks} <= {"The", "It"}


def test_a_chunk_may_cross_a_page_but_ends_at_one_that_ends_a_sentence() -> None:
    limits = IngestSettings(chunk_tokens=16, chunk_overlap_tokens=0)
    ended = "One two three four five six seven eight nine. Ten eleven twelve. Thirteen fourteen fifteen sixteen."
    page = ended.index("Ten")
    assert chunk(ended, Words(), limits, pages=[0, page])[0].text.endswith("nine.")
    running = ended.replace("nine. Ten", "nine and Ten")
    assert chunk(running, Words(), limits, pages=[0, running.index("Ten")])[0].text.endswith("twelve.")


def test_text_without_anything_to_index_has_no_chunks() -> None:
    assert chunk("", Words(), SMALL) == []
    assert chunk(" \n\t\u3000 ", Words(), SMALL) == []


@pytest.mark.parametrize(
    "text",
    ["x" * 300_000, "漢字仮名交" * 8_000, "😀👩‍👩‍👧" * 20_000, "a" + " " * 300_000 + "b", "\u200b" * 100_000],
    ids=["one-word", "chinese", "emoji", "spaces", "zero-width"],
)
def test_a_text_without_spaces_or_words_is_cut_too(text: str) -> None:
    chunks = chunk(text, word_pieces(), IngestSettings())
    assert_whole_and_exact(text, chunks)
    assert all(len(word_pieces().offsets(c.text)) <= 200 for c in chunks)
    assert len(chunks) > 1


@pytest.mark.parametrize(
    "unit", ["The term ends in May. ", "x", " \n", "漢"], ids=["prose", "word", "space", "chinese"]
)
def test_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    def work(length: int) -> int:
        counter = Words()
        chunk("a " + unit * (length // len(unit)) + " b", counter, IngestSettings())
        return counter.characters

    assert work(400_000) <= 5 * max(work(100_000), 10_000)
