"""An identifier, amount, date, clause number, address or quoted phrase of the corpus puts its passage first, always."""

from __future__ import annotations

import itertools
import random
import re
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from catalogs import catalog_in
from numpy.typing import NDArray

from hybrid.retrieval.search import Searcher
from hybrid.settings import RetrievalSettings
from hybrid.stores.vectors import FaissIndex
from hybrid.types.documents import Chunk, Document

PASSAGES = 5000
STRINGS = 10_000
DIMENSION = 16
_WORDS = """the a of supplier buyer shall may deliver goods salt depot notice term rent premises lease audit records
quality invoice payment interest harbour carrier weather delay refund claim court tribunal seat language costs counsel
party parties agreement amendment schedule copies original signed witness engine pump valve bolt steel paint grade"""
VOCABULARY = _WORDS.split()
_MONTHS = "January February March April May June July August September October November December"
MONTHS = _MONTHS.split()


def identifier(chance: random.Random) -> str:
    letters = "".join(chance.choices("ABCDEFGH", k=chance.randint(2, 4)))
    number = f"{chance.randrange(10_000):04d}"
    return chance.choice(
        [
            f"{letters}-{chance.randint(2015, 2026)}-{number}",
            f"{letters}{number}",
            f"{letters}/{number}/{chance.randint(1, 99)}",
            f"{letters.lower()}_{number}",
            str(chance.randrange(10**5, 10**9)),
            str(uuid.UUID(int=chance.getrandbits(128))),
        ]
    )


def amount(chance: random.Random) -> str:
    number = chance.choice([f"{chance.randrange(10**4, 10**8):,}", f"{chance.randrange(10**3, 10**7) / 100:,.2f}"])
    return chance.choice(
        [f"${number}", f"€ {number}", f"USD {number}", f"{number} EUR", f"£{number[:4].strip(',.')} million"]
    )


def date(chance: random.Random) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1950, 2040)
    name = MONTHS[month - 1]
    numbers = [f"{year}-{month:02d}-{day:02d}", f"{day:02d}.{month:02d}.{year}"]
    return chance.choice([f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}th of {name}, {year}", *numbers])


def clause(chance: random.Random) -> str:
    number = f"{chance.randint(1, 40)}.{chance.randint(1, 30)}"
    tail = chance.choice(
        ["", f".{chance.randint(1, 20)}", f"({chance.choice('abcdefgh')})", f"({chance.choice('abc')})(iv)"]
    )
    return chance.choice(["clause ", "Section ", "§ ", ""]) + number + tail


def address(chance: random.Random) -> str:
    first, second, host = chance.choices(VOCABULARY, k=3)
    top = chance.choice(["com", "co.uk", "example"])
    return f"{first}{chance.choice(['.', '_', '-', ''])}{second}{chance.randint(1, 999)}@{host}.{top}"


def phrase(chance: random.Random) -> str:
    return " ".join(chance.choices(VOCABULARY, k=chance.randint(4, 9)))


KINDS: tuple[Callable[[random.Random], str], ...] = (identifier, amount, date, clause, address, phrase)
ASKED = ("{}", "What does {} say?", "Which of the parties wrote of {}, and why?", "Show me everything about {} please.")
NEAR = ("{}-B", "9{}", "{}.7", "X{}", "{}1")  # what only looks like the string
MARKS = ('"{}"', "“{}”", "«{}»")


@dataclass(frozen=True)
class Planted:
    """A question, and the string that it asks for exactly."""

    question: str
    string: str

    def stands_in(self, passage: str) -> bool:
        """By itself or after a word: "clause 4.2" holds 4.2 as well. A phrase of four ordinary words may stand in a
        second passage by chance, between other words, and that one holds it no less."""
        return re.search(rf"(?:^|[ (]){re.escape(self.string)}(?:[,) ]|$)", passage, re.IGNORECASE) is not None


class NoMeaning:
    """Vectors that know nothing: whatever comes first comes by its letters."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(DIMENSION) for text in texts]
        vectors = np.array(rows, np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def plant(chance: random.Random) -> tuple[list[str], list[Planted]]:
    """Passages of ordinary words with two strings each, and with other strings that nearly are those."""
    pieces: list[list[str]] = [[] for _ in range(PASSAGES)]
    planted: list[Planted] = []
    for number in range(STRINGS):
        kind = KINDS[number % len(KINDS)]
        string = kind(chance)
        pieces[number % PASSAGES].append(string)
        asked = chance.choice(MARKS).format(string) if kind is phrase else string
        planted.append(Planted(chance.choice(ASKED).format(asked), string))
        if chance.random() < 0.3:
            pieces[chance.randrange(PASSAGES)].append(chance.choice(NEAR).format(string))
    passages = []
    for strings in pieces:
        words = chance.choices(VOCABULARY, k=30)
        for string in strings:
            words.insert(chance.randrange(len(words) + 1), f"({string})" if chance.random() < 0.2 else f", {string},")
        passages.append(" ".join(words))
    return passages, planted


@pytest.fixture(scope="module")
def haystack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Searcher, list[Planted]]]:
    """A passage is a chunk, a hundred of them a document."""
    passages, planted = plant(random.Random(20))
    with catalog_in(tmp_path_factory.mktemp("exact")) as catalog:
        with catalog.transaction() as transaction:
            for first in range(0, PASSAGES, 100):
                texts = passages[first : first + 100]
                starts = [0, *itertools.accumulate(len(text) + 2 for text in texts)]
                pieces = [
                    Chunk(start=at, end=at + len(text), text=text) for at, text in zip(starts, texts, strict=False)
                ]
                document = Document.from_text("\n\n".join(texts), source=str(first))
                document_id, _ = transaction.add_document(document, pieces, NoMeaning().encode(texts))
                transaction.put_source(str(first), document_id)
        index = FaissIndex.build(DIMENSION, *catalog.vectors())
        # Few candidates: what comes first by its letters must not depend on them.
        yield Searcher(catalog, index, NoMeaning(), RetrievalSettings(candidates=10)), planted  # type: ignore[arg-type]


def missed(searcher: Searcher, planted: Sequence[Planted]) -> list[tuple[str, str]]:
    """The questions whose first hit is no passage of their string, with what came first."""
    found = [(one, searcher.search(one.question, 1)) for one in planted]
    return [
        (one.question, hits[0].text if hits else "")
        for one, hits in found
        if not hits or not one.stands_in(hits[0].text)
    ]


def test_500_strings_in_5000_passages_all_come_first(haystack: tuple[Searcher, list[Planted]]) -> None:
    searcher, planted = haystack
    some = planted[::19][:500]  # of every kind
    assert len(some) == 500
    assert missed(searcher, some) == []


@pytest.mark.slow
def test_10000_strings_in_5000_passages_all_come_first(haystack: tuple[Searcher, list[Planted]]) -> None:
    searcher, planted = haystack
    assert len(planted) == STRINGS
    assert missed(searcher, planted) == []
