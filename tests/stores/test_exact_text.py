"""An exact text is found where it stands in the documents, as by comparing it with every document, without doing so."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogs import catalog_in
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hybrid.ingest.chunking import chunk
from hybrid.settings import IngestSettings
from hybrid.stores import exact_text
from hybrid.stores.catalog import Catalog
from hybrid.stores.tables import DocumentTable
from hybrid.types.documents import Chunk, Document

WORDS = ("the", "of", "shall", "be", "term", "lease", "Lessee", "Café", "e\u0301tude", "§", "—", "U.S.", "a-b", "1.250")
SPACES = (" ", " ", " ", " ", "\n", "  ", "\n\n", "\u00a0", "\t")


class Words:
    """One token a word, and more for long ones."""

    max_tokens = 64

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in re.finditer(r"\w{1,6}|[^\w\s]", text)]


def prose(rng: random.Random, count: int) -> str:
    words = (*WORDS, "x" * 300, f"rare{rng.randrange(30)}")
    weights = [8] * len(WORDS) + [0.05, 2]
    return "".join(f"{rng.choices(words, weights)[0]}{rng.choice(SPACES)}" for _ in range(count)).strip()


def scanned(
    texts: dict[int, str], wanted: str, k: int, documents: set[int] | None = None
) -> list[tuple[int, int, int]]:
    """Every document read: what the catalog did once, and what it must find."""
    found = []
    for document_id, text in texts.items():
        at = text.find(wanted)
        while at >= 0 and (documents is None or document_id in documents):
            found.append((document_id, at, at + len(wanted)))
            at = text.find(wanted, at + 1)
    return found[:k]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, dict[int, str]]]:
    """Documents in chunks as ingest makes them, long and short, and some that are cut anywhere or not at all."""
    rng, texts = random.Random(7), {}
    with catalog_in(tmp_path_factory.mktemp("exact")) as catalog:
        with catalog.transaction() as transaction:
            for number in range(240):
                text = prose(rng, rng.randrange(1, 400))
                chunks = _chunks(rng, text, number)
                document = Document.from_text(text, source=f"{number}.txt")
                vectors = np.zeros((len(chunks), 2), np.float32)
                document_id, _ = transaction.add_document(document, chunks, vectors)
                transaction.put_source(document.source, document_id)
                texts[document_id] = document.text
        yield catalog, texts


def _chunks(rng: random.Random, text: str, number: int) -> list[Chunk]:
    if number % 8 == 0:  # anywhere, words cut in two, some text left out
        cuts = sorted({0, *(rng.randrange(len(text)) for _ in range(4)), len(text)})
        spans = list(pairwise(cuts))[: 3 if number % 16 else None]
        return [Chunk(start=first, end=last, text=text[first:last]) for first, last in spans]
    size = 64 if number % 3 else 16
    return chunk(text, Words(), IngestSettings(chunk_tokens=size, chunk_overlap_tokens=number % 5))


@settings(max_examples=400, deadline=None)
@given(seed=st.integers(0, 2**32), k=st.sampled_from([1, 3, 1000]))
def test_what_is_found_is_what_a_comparison_with_every_document_finds(
    corpus: tuple[Catalog, dict[int, str]], seed: int, k: int
) -> None:
    catalog, texts = corpus
    rng = random.Random(seed)
    body = texts[rng.choice(list(texts))]
    first = rng.randrange(len(body))
    wanted = body[first : first + rng.choice((1, 5, 20, 60, 150, 600))]
    if rng.random() < 0.2:
        wanted = wanted.replace("the", "teh").swapcase()
    documents = set(rng.sample(list(texts), 60)) if rng.random() < 0.3 else None
    assert catalog.find_exact(wanted, k, documents) == scanned(texts, wanted, k, documents)


def test_words_that_are_all_common_are_looked_for_beside_each_other(
    corpus: tuple[Catalog, dict[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, texts = corpus
    monkeypatch.setattr(exact_text, "RARE", 0)
    rng = random.Random(3)
    for _ in range(300):
        body = texts[rng.choice(list(texts))]
        first = rng.randrange(len(body))
        wanted = body[first : first + rng.randrange(20, 500)]
        assert catalog.find_exact(wanted, 1000) == scanned(texts, wanted, 1000)


def test_no_regular_document_is_read_for_words_that_none_has(
    corpus: tuple[Catalog, dict[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, texts = corpus
    compared: list[int] = []
    candidates = exact_text._candidates

    def noted(*arguments: Any) -> Iterator[int]:
        for document_id in candidates(*arguments):
            compared.append(document_id)
            yield document_id

    monkeypatch.setattr(exact_text, "_candidates", noted)
    assert catalog.find_exact("nobody ever wrote these words") == []
    with catalog.read_transaction(), catalog._connection() as connection:
        irregular = connection.scalars(select(DocumentTable.id).where(DocumentTable.scanned)).all()
    assert compared == sorted(irregular)
    assert len(texts) - len(irregular) > 80  # of both kinds there are many


@pytest.mark.parametrize("repeated", [1, 4], ids=["one-cut", "as-many-as-there-can-be"])
def test_it_is_found_wherever_chunks_cut_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeated: int) -> None:
    """Even where the words are common; and more documents are found than one page of them holds."""
    monkeypatch.setattr(exact_text, "RARE", 0)
    monkeypatch.setattr(exact_text, "_AT_ONCE", 3)
    wanted = " ".join(["the lease shall be of the term and of the lease of the lessee"] * repeated)
    body = f"{'pad ' * 60}{wanted} {'pad ' * 60}".strip()
    ends = [match.start() for match in re.finditer(" ", body) if 240 < match.start() < 240 + len(wanted)]
    with catalog_in(tmp_path) as catalog:
        with catalog.transaction() as transaction:
            for number, end in enumerate(ends):
                cuts = [0, end]
                while later := [one for one in ends if one >= cuts[-1] + exact_text.MIN_STRIDE]:
                    cuts.append(later[0])
                chunks = [Chunk(start=s, end=e, text=body[s:e]) for s, e in pairwise([*cuts, len(body)])]
                assert exact_text.is_regular(body, chunks)
                document = Document.from_text(body, source=f"{number}.txt").model_copy(
                    update={"sha256": f"{number:064}"}
                )
                document_id, _ = transaction.add_document(document, chunks, np.zeros((len(chunks), 2), np.float32))
                transaction.put_source(document.source, document_id)
        assert catalog.find_exact(wanted, 1000) == [(n + 1, 240, 240 + len(wanted)) for n in range(len(ends))]


@pytest.mark.parametrize(
    ("body", "spans", "regular"),
    [
        ("It ends.", [(0, 8)], True),
        ("It ends.", [(0, 2)], False),
        ("a " * 200, [(0, 199), (160, 400)], True),
        ("a " * 200, [(0, 50), (50, 400)], False),
        ("word " * 100, [(0, 202), (202, 500)], False),
        ("word " * 100, [(0, 200), (200, 500)], True),
        ("word " * 100, [(0, 200), (210, 500)], False),
        ("word " * 100, [(0, 200), (100, 150), (190, 500)], True),
        ("   ", [], True),
        ("It ends.", [], False),
    ],
    ids=["whole", "left-out", "overlap", "short", "cut-word", "between-words", "gap", "inside", "blank", "none"],
)
def test_a_document_is_regular_whose_chunks_cut_no_word_and_are_long(
    body: str, spans: list[tuple[int, int]], regular: bool
) -> None:
    assert exact_text.is_regular(body, [Chunk(start=s, end=e, text=body[s:e]) for s, e in spans]) == regular
