"""Sentences and their vectors in the catalog: what a question needs no embedder for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from answering_corpus import BagEmbedder
from catalogs import catalog_in
from old_catalog import to_version_4
from sqlalchemy import func, select, text

from hybrid.answering.evidence import gather, with_similarity
from hybrid.stores import sentence_vectors
from hybrid.stores.catalog import Catalog
from hybrid.stores.database import connect
from hybrid.stores.rows import StoredFile
from hybrid.stores.sentence_vectors import SentenceVectors, packed, unpacked
from hybrid.stores.tables import SentenceTable
from hybrid.text import sentences
from hybrid.types.answers import Hit
from hybrid.types.documents import Chunk, Document
from hybrid.types.filters import Filter

TEXT = "The term is two years. It ends on 30 June 2027. Notice is given in writing."


@pytest.fixture
def catalog(tmp_path: Path):
    with catalog_in(tmp_path) as opened:
        yield opened


def add(catalog: Catalog, name: str, body: str, *, stored: bool = True) -> int:
    document = Document.from_text(body, source=name)
    spans = sentences.spans(document.text)
    vectors = BagEmbedder().encode([document.text[start:end] for start, end in spans])
    with catalog.transaction() as transaction:
        given = SentenceVectors(spans, vectors) if stored else None
        document_id, _ = transaction.add_document(document, [], np.zeros((0, 2), np.float32), given)
        transaction.put_source(name, document_id)
    return document_id


def hit(document_id: int, start: int, end: int) -> Hit:
    span = {"document_id": document_id, "start": start, "end": end, "text": TEXT[start:end]}
    where = {"source": "a.txt", "title": "a", "page": None, "last_page": None, "lines": (1, 1)}
    return Hit(**span, **where, chunk_id=1, sha256="0" * 64, score=1.0)


class Refuses:
    def encode(self, texts: list[str]) -> np.ndarray:
        raise AssertionError(f"embedded {texts}")


def test_a_byte_a_number_changes_no_cosine_by_more_than_five_thousandths():
    vectors = np.random.default_rng(0).standard_normal((400, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    again = unpacked(packed(vectors))
    assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)
    assert np.abs(again @ vectors[:50].T - vectors @ vectors[:50].T).max() < 0.005


def test_a_vector_of_zeros_stays_one():
    assert not unpacked(packed(np.zeros((1, 4), np.float32))).any()


def test_the_sentences_that_a_span_touches_come_in_order_with_their_vectors(catalog):
    document_id = add(catalog, "a.txt", TEXT)
    found = catalog.sentences(document_id, 30, 50)
    assert [TEXT[one.start : one.end] for one in found] == [
        "It ends on 30 June 2027.",
        "Notice is given in writing.",
    ]
    expected = BagEmbedder().encode(["It ends on 30 June 2027."])[0]
    assert float(found[0].vector @ expected) > 0.999
    assert catalog.sentences(document_id, 22, 23) == []  # the space between two


def test_a_question_embeds_no_sentence_that_the_corpus_has_stored(catalog):
    document_id = add(catalog, "a.txt", TEXT)
    question = BagEmbedder().encode(["When does it end on June?"])[0]
    found = with_similarity(Refuses(), question, gather(catalog, [hit(document_id, 0, len(TEXT))]))
    assert [one.text for one in found] == [TEXT[start:end] for start, end in sentences.spans(TEXT)]
    assert max(found, key=lambda one: one.similarity).text == "It ends on 30 June 2027."


def test_what_was_ingested_before_sentences_were_stored_is_embedded_when_it_is_asked(catalog):
    stored, older = add(catalog, "a.txt", TEXT), add(catalog, "b.txt", f"{TEXT} Older.", stored=False)
    assert catalog.sentences(older, 0, len(TEXT)) == []
    question = BagEmbedder().encode(["When does it end on June?"])[0]
    ways = [
        with_similarity(BagEmbedder(), question, gather(catalog, [hit(document, 0, len(TEXT))]))
        for document in (stored, older)
    ]
    assert [one.text for one in ways[0]] == [one.text for one in ways[1]]
    assert np.allclose([one.similarity for one in ways[0]], [one.similarity for one in ways[1]], atol=0.005)


def test_sentences_go_with_their_document(catalog):
    add(catalog, "a.txt", TEXT)
    add(catalog, "b.txt", "Another document. It stays.")
    with catalog.transaction() as transaction:
        transaction.remove_source("a.txt")
    with connect(catalog._engine) as connection:
        assert connection.scalar(select(func.count()).select_from(SentenceTable)) == 2
        assert connection.scalars(select(SentenceTable.document_id).distinct()).all() == [2]


@pytest.mark.sqlite  # its migrations from earlier versions
def test_a_catalog_without_the_table_gets_it(catalog, tmp_path):
    add(catalog, "a.txt", TEXT, stored=False)
    with connect(catalog._engine, write=True) as connection:
        to_version_4(connection)
        connection.execute(text("DROP TABLE sentences"))
        connection.execute(text("DROP INDEX ix_documents_text_sha256"))
        connection.execute(text("ALTER TABLE documents DROP COLUMN text_sha256"))
        connection.execute(text("ALTER TABLE documents DROP COLUMN signature"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    catalog.close()
    with Catalog.open(tmp_path / "catalog.sqlite", create=False) as upgraded:
        assert upgraded.document(1).text == TEXT
        assert upgraded.sentences(1, 0, 10) == []
        assert [row.source for row in upgraded.same_text(1)] == ["a.txt"]
        assert upgraded.near_copies(1, 0.0) == {}
        add(upgraded, "b.txt", "It is stored. Twice.")
        assert len(upgraded.sentences(2, 0, 20)) == 2


def test_as_many_vectors_as_sentences_are_asked_for(catalog):
    given = SentenceVectors([(0, 3), (4, 6)], np.zeros((1, 2), np.float32))
    with connect(catalog._engine) as connection, pytest.raises(ValueError, match="2 sentences with 1 vectors"):
        sentence_vectors.add(connection, 1, given)


def spans_of(found: list[tuple[tuple[int, int, int], float]], texts: dict[int, str]) -> list[str]:
    return [texts[document][start:end] for (document, start, end), _ in found]


def test_the_nearest_sentences_of_all_documents_come_with_their_cosines(catalog):
    texts = {add(catalog, name, body): body for name, body in (("a.txt", TEXT), ("b.txt", "Rain fell. The term ends."))}
    asked = BagEmbedder().encode(["The term ends."])[0]
    found = catalog.nearest_sentences(asked, 2)
    assert spans_of(found, texts)[0] == "The term ends."
    assert found[0][1] == pytest.approx(1.0, abs=0.005)
    assert found[0][1] >= found[1][1]
    assert len(catalog.nearest_sentences(asked, 99)) == 5
    assert catalog.nearest_sentences(asked, 0) == []


def test_of_a_filtered_corpus_only_the_sentences_that_pass_are_near(catalog):
    texts = {add(catalog, name, body): body for name, body in (("a.txt", TEXT), ("b.txt", "Rain fell. The term ends."))}
    asked = BagEmbedder().encode(["The term ends."])[0]
    found = catalog.nearest_sentences(asked, 9, catalog.selection(Filter(sources="a.txt")))
    assert set(spans_of(found, texts)) == {
        "The term is two years.",
        "It ends on 30 June 2027.",
        "Notice is given in writing.",
    }


def test_a_removed_document_has_no_near_sentence_any_more(catalog):
    add(catalog, "a.txt", TEXT)
    kept = add(catalog, "b.txt", "Rain fell. The term ends.")
    asked = BagEmbedder().encode(["Notice is given in writing."])[0]
    assert catalog.nearest_sentences(asked, 1)[0][0][0] != kept
    with catalog.transaction() as transaction:
        transaction.remove_source("a.txt")
        transaction.record_commit(StoredFile("index", "0" * 64), "behind")
    assert {document for (document, _, _), _ in catalog.nearest_sentences(asked, 9)} == {kept}


def test_more_sentences_than_are_searched_are_not_read(catalog, monkeypatch):
    add(catalog, "a.txt", TEXT)
    monkeypatch.setattr(sentence_vectors, "MOST", 2)
    assert catalog.nearest_sentences(BagEmbedder().encode(["The term ends."])[0], 1) == []


def test_blocks_are_searched_as_one(monkeypatch):
    vectors = np.random.default_rng(1).standard_normal((50, 8)).astype(np.float32)
    codes = packed(vectors)
    lengths = np.linalg.norm(codes.astype(np.float32), axis=1)
    index = sentence_vectors.SentenceIndex(np.arange(150).reshape(50, 3), codes, lengths)
    whole = index.nearest(vectors[7] / np.linalg.norm(vectors[7]), 5)
    monkeypatch.setattr(sentence_vectors, "_BLOCK", 7)
    assert index.nearest(vectors[7] / np.linalg.norm(vectors[7]), 5) == whole
    assert whole[0][0] == (21, 22, 23)


def test_a_span_is_held_by_the_chunk_that_has_most_of_it(catalog):
    document = Document.from_text(TEXT, source="a.txt")
    chunks = [Chunk(start=start, end=end, text=TEXT[start:end]) for start, end in ((0, 30), (20, 60), (50, len(TEXT)))]
    with catalog.transaction() as transaction:
        document_id, ids = transaction.add_document(document, chunks, np.zeros((3, 2), np.float32))
        transaction.put_source("a.txt", document_id)
    assert catalog.chunks_holding([(document_id, 23, 47), (document_id, 48, 75), (document_id, 0, 22)]) == [
        ids[1],
        ids[2],
        ids[0],
    ]
    assert catalog.chunks_holding([(document_id + 1, 0, 10)]) == []
