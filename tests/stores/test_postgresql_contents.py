"""What a corpus holds is the same in SQLite and in PostgreSQL, also where it is what no document should have: NUL
characters, values of any length, more words than a tsvector takes."""

from __future__ import annotations

import random
import secrets
import string

import numpy as np
import pytest

from hybrid import Corpus, Document, Filter
from hybrid.stores import integrity
from hybrid.stores.catalog import Catalog
from hybrid.types.documents import Chunk, Metadata

NO_MEMORY = {"memory": {"enabled": False}}


def letters(n: int, seed: int) -> str:
    """Letters that no compression makes shorter than an index takes."""
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=n))


LONG, LONG_NAME = letters(9000, 1), f"{letters(4000, 2)}.txt"
DOCUMENTS = [
    Document.from_text("The rent of the mill is 400 crowns.", source="plain.txt"),
    Document.from_text("The weir was mended in May.", source="nul\0in-name.txt"),
    Document.from_text(
        "The miller keeps two cats.",
        source="nul-in-metadata.txt",
        metadata=Metadata(author="Ann\0Orr", extra={"case": "a\0b", "k\0ey": "value"}),
    ),
    Document.from_text(
        "The wheel has twelve spokes.",
        source="long-value.txt",
        metadata=Metadata(author=f"{LONG} <ann@mill.example>", extra={"case": LONG, "case2": f"{LONG}x", LONG: "key"}),
    ),
    Document.from_text("The barn is empty.", source=LONG_NAME),
    Document.from_text("Its door is red.", source=f"{LONG_NAME}#door.txt").model_copy(update={"parent": LONG_NAME}),
    Document.from_text("NUL\0in the text.", source="nul-in-text.txt"),
    Document.from_text("The last is whole.", source="last.txt"),
]
FILTERS = [
    Filter(metadata={"case": ("a\0b",)}),
    Filter(metadata={"author": ("Ann\0Orr",)}),
    Filter(metadata={"k\0ey": ("value",)}),
    Filter(metadata={"case": (LONG,)}),
    Filter(metadata={"case2": (LONG,)}),
    Filter(metadata={"author": ("ann@mill.example",)}),
    Filter(metadata={LONG: ("key",)}),
    Filter(sources=("nul\0in-name.txt",)),
    Filter(sources=("nul\0*",)),
    Filter(sources=(LONG_NAME,)),
    Filter(sources=(f"{LONG_NAME[:3000]}*",)),
]
SAID = [
    "The weir was mended in May.",
    "The wheel has twelve spokes.",
]


def told(corpus: Corpus) -> dict[str, object]:
    report = corpus.ingest(DOCUMENTS)
    with corpus._catalog.read_transaction():
        exact = [list(corpus._catalog.find_exact(one)) for one in SAID]
    found = {
        "added": report.added,
        "left out": [(one.source, one.code) for one in report.skipped],
        "documents": [(one.source, one.title) for one in corpus.documents()],
        "details": [row.details for row in corpus._catalog.sources()],
        "filtered": [sorted(hit.source for hit in corpus.search("the mill", k=20, where=one)) for one in FILTERS],
        "exact": exact,
        "found": [corpus.search(one, k=1)[0].source for one in ("weir", "twelve spokes", "red door")],
        "whole": corpus.check().problems,
    }
    corpus.remove("nul\0in-name.txt")
    corpus.ingest(DOCUMENTS[1].model_copy(update={"metadata": Metadata(title="t\0t")}))
    return found | {"after": [(one.source, one.title) for one in corpus.documents()], "still": corpus.check().problems}


@pytest.mark.parametrize("catalog", ["sqlite", "postgresql"])
def test_what_postgresql_cannot_hold_is_stored_and_found_all_the_same(tmp_path, postgresql_url, catalog):
    where = postgresql_url if catalog == "postgresql" else catalog
    with Corpus.open(tmp_path / "corpus", NO_MEMORY | {"stores": {"catalog": where}}) as corpus:
        found = told(corpus)
    assert found["left out"] == [("nul-in-text.txt", "damaged")]
    assert len(found["added"]) == len(DOCUMENTS) - 1
    assert found["whole"] == found["still"] == ()
    assert found["filtered"] == [
        ["nul-in-metadata.txt"], ["nul-in-metadata.txt"], ["nul-in-metadata.txt"], ["long-value.txt"], [],
        ["long-value.txt"], ["long-value.txt"], ["nul\0in-name.txt"], ["nul\0in-name.txt"], [LONG_NAME],
        sorted([LONG_NAME, f"{LONG_NAME}#door.txt"]),
    ]  # fmt: skip
    assert [len(one) for one in found["exact"]] == [1, 1]
    assert found["found"] == ["nul\0in-name.txt", "long-value.txt", f"{LONG_NAME}#door.txt"]


FULL = {
    "many long words": " ".join(letters(1900, seed) for seed in range(700)),
    "a word again and again": "mill " * 300 + "wheel " * 300,
    "more places than a tsvector has": " ".join(f"w{n}" for n in range(20_000)),
}


@pytest.mark.parametrize("catalog", ["sqlite", "postgresql"])
@pytest.mark.parametrize("body", FULL.values(), ids=FULL)
def test_a_chunk_with_more_words_than_a_tsvector_takes_is_stored_and_its_texts_are_found(
    tmp_path, postgresql_url, catalog, body
):
    body += " the sluice stands open at the end of the long wall"
    schema = f"test_{secrets.token_hex(8)}"
    where = f"{postgresql_url}&schema={schema}" if catalog == "postgresql" else tmp_path / "catalog.sqlite"
    with Catalog.open(where, create=True) as opened:
        with opened.transaction() as transaction:
            document, chunk = Document.from_text(body, source="full.txt"), Chunk(start=0, end=len(body), text=body)
            number, _ = transaction.add_document(document, [chunk], np.ones((1, 1), np.float32))
            transaction.put_source("full.txt", number)
        for wanted in ("the sluice stands open at the end", body[3000:3300], body[-700:-40]):
            assert [row[0] for row in opened.find_exact(wanted, 1)] == [number]
        assert integrity.check(opened, tmp_path).problems == ()
        assert opened.search_lexical(f'"{body.split()[0]}"', 1)
