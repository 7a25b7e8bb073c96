"""Several reads of one commit, documents by name, documents searched for, and passages that the caller supplies."""

from __future__ import annotations

import copy
import pickle
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import hybrid
from hybrid.errors import CorpusError, InputError, UnsupportedModelError
from hybrid.settings import MemorySettings, Settings

LEASE = "The lease of the depot in Oslo ends on 1 May 2028.\nThe rent is 900 euros a month."
LONG = "\n\n".join(f"The salt of delivery {number} was wet when it arrived in the depot." for number in range(90))
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))
END = "When does the lease of the depot end?"


def documents() -> list[hybrid.Document]:
    metadata = hybrid.Metadata(custodian="J. Doe")
    texts = {"dry.txt": "The salt was dry.", "long.txt": LONG}
    named = [hybrid.Document.from_text(text, source=name) for name, text in texts.items()]
    return [hybrid.Document.from_text(LEASE, source="lease.txt", metadata=metadata), *named]


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[hybrid.Corpus]:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as opened:
        opened.ingest(documents())
        yield opened


def test_a_session_reads_one_commit_whatever_is_committed_meanwhile(corpus: hybrid.Corpus) -> None:
    with corpus.session() as session:
        with ThreadPoolExecutor(1) as other:
            other.submit(corpus.remove, "lease.txt").result()
        (hit,) = [hit for hit in session.search(END, k=50) if hit.source == "lease.txt"]
        assert session.get_documents([hit.document_id])[hit.document_id].text == LEASE
        assert session.commit == 1
    with corpus.session() as session:
        assert session.commit == 2
        assert session.get_documents(["lease.txt"]) == {}


def test_a_session_finds_the_same_in_the_same_order_whatever_is_committed_meanwhile(corpus: hybrid.Corpus) -> None:
    question = "When does the lease of the mill end, and was the salt dry?"
    with corpus.session() as session:
        before = [(hit.source, hit.start, hit.score, hit.lexical_rank) for hit in session.search(question, k=10)]
        more = [
            hybrid.Document.from_text(f"{LEASE} The salt was dry, said {n}.", source=f"{n}.txt") for n in "abcdefgh"
        ]
        with ThreadPoolExecutor(1) as other:
            other.submit(corpus.ingest, more).result()
            other.submit(corpus.remove, "dry.txt").result()
        after = [(hit.source, hit.start, hit.score, hit.lexical_rank) for hit in session.search(question, k=10)]
        assert after == before


def test_what_is_ingested_and_removed_inside_a_session_is_committed_as_from_another_thread(
    corpus: hybrid.Corpus,
) -> None:
    def sources(of: hybrid.Corpus | hybrid.Session) -> set[str]:
        return {hit.source for hit in of.search("The toll of the depot is 69 euros.", k=50)}

    before = sources(corpus)
    with corpus.session() as session, corpus.session() as nested:
        assert sources(session) == before
        corpus.ingest(hybrid.Document.from_text("The toll of the depot is 69 euros.", source="toll.txt"))
        assert sources(corpus) == before | {"toll.txt"}
        assert corpus.status().commit == 2
        assert "69 euros" in corpus.ask("What is the toll of the depot?").text
        corpus.remove("dry.txt")
        after = before - {"dry.txt"} | {"toll.txt"}
        assert sources(corpus) == after
        assert corpus.get_documents(["dry.txt"]) == {}
        for one in (session, nested):
            assert one.commit == 1
            assert sources(one) == before
            assert list(one.get_documents(["dry.txt", "toll.txt"])) == ["dry.txt"]
    assert sources(corpus) == after
    with hybrid.Corpus.open(corpus.directory) as again:
        assert sources(again) == after


def test_what_is_ingested_while_an_answer_is_streamed_or_judged_is_committed(corpus: hybrid.Corpus) -> None:
    toll = hybrid.Document.from_text("The toll of the depot is 69 euros.", source="toll.txt")

    def judge(messages: object) -> str:
        corpus.ingest(toll)
        assert corpus.get_documents(["toll.txt"])
        return "yes"

    def writer(messages: object) -> str:
        return "The Oslo depot has its lease no longer than 1 May 2028."

    corpus.ask(END, route="comprehension", writer=writer, judge=judge)
    for event in corpus.stream(END):
        if event.kind == "route":
            corpus.remove("dry.txt")
    assert corpus.search("The toll of the depot is 69 euros.", k=1)[0].source == "toll.txt"
    assert corpus.get_documents(["dry.txt"]) == {}


def test_a_session_belongs_to_one_thread_and_ends(corpus: hybrid.Corpus) -> None:
    with ThreadPoolExecutor(1) as other, corpus.session() as session:
        elsewhere = other.submit(session.search, END)
        assert "belongs to the thread" in str(elsewhere.exception())
    with pytest.raises(CorpusError, match="has ended"):
        session.search(END)


def test_a_session_says_why_it_is_not_pickled_or_copied(corpus: hybrid.Corpus) -> None:
    with corpus.session() as session:
        for copied in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(InputError, match="a session cannot be copied or pickled"):
                copied(session)


def test_an_error_in_a_session_is_raised_as_it_is(corpus: hybrid.Corpus) -> None:
    with pytest.raises(ZeroDivisionError), corpus.session():
        _ = 1 / 0


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Café José/Ågren.txt") for form in ("NFC", "NFD"))
MIXED = COMPOSED[:4] + DECOMPOSED[5:]


@pytest.mark.parametrize("stored", [COMPOSED, DECOMPOSED, MIXED], ids=["composed", "decomposed", "mixed"])
@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED], ids=["for composed", "for decomposed"])
def test_names_and_metadata_are_found_however_their_accents_are_written(
    corpus: hybrid.Corpus, stored: str, asked: str
) -> None:
    metadata = hybrid.Metadata(custodian=stored, extra={stored: stored.upper()})
    corpus.ingest(hybrid.Document.from_text("The toll is 69 euros.", source=stored, metadata=metadata))
    (found,) = corpus.get_documents([asked]).values()
    assert found.source == stored
    assert found.metadata.custodian == stored
    folder = asked.rpartition("/")[0]
    for where in ({"sources": asked}, {"sources": f"{folder}/*"}, {"sources": f"*{asked[-8:]}"},
                  {"metadata": {"custodian": asked.lower()}}, {"metadata": {asked: asked}}):  # fmt: skip
        assert [hit.source for hit in corpus.search("toll", where=hybrid.Filter(**where))] == [stored], where
    for expression in (f'custodian:"{asked}" AND toll', f'source:"{folder}/*" AND toll', f'source:"{asked}"'):
        assert [hit.source for hit in corpus.search(expression)] == [stored], expression
    assert corpus.remove(asked).removed == (stored,)


def test_the_fingerprint_changes_with_the_commit_and_with_the_settings(corpus: hybrid.Corpus) -> None:
    def fingerprint(of: hybrid.Corpus) -> str:
        with of.session() as session:
            return session.fingerprint

    first = fingerprint(corpus)
    assert fingerprint(corpus) == first
    with hybrid.Corpus.open(corpus.directory, Settings.model_validate({"answer": {"max_quotes": 1}})) as other:
        assert fingerprint(other) != first
    corpus.ingest(hybrid.Document.from_text("More.", source="more"))
    assert fingerprint(corpus) != first


def test_documents_come_by_source_or_id_in_the_order_asked_for(corpus: hybrid.Corpus) -> None:
    number = next(document.id for document in corpus.documents() if document.source == "dry.txt")
    found = corpus.get_documents([number, "none", "lease.txt", 99])
    assert list(found) == [number, "lease.txt"]
    assert (found[number].text, found["lease.txt"].metadata.custodian) == ("The salt was dry.", "J. Doe")


def test_a_document_search_finds_each_document_once_with_its_best_span(corpus: hybrid.Corpus) -> None:
    found = corpus.search_documents("wet salt in the depot", k=3)
    assert {document.source for document, _ in found} == {"lease.txt", "dry.txt", "long.txt"}
    for document, hit in found:
        assert document.text[hit.start : hit.end] == hit.text
    scores = [hit.score for _, hit in found]
    assert scores == sorted(scores, reverse=True)
    only = hybrid.Filter(metadata={"custodian": "J. Doe"})
    assert [document.source for document, _ in corpus.search_documents("salt", where=only)] == ["lease.txt"]


def test_a_document_search_takes_a_vector(corpus: hybrid.Corpus) -> None:
    vector = hybrid.load_embedder(corpus.settings.retrieval.embedder).encode([LEASE])[0]
    ((document, hit),) = corpus.search_documents((3 * vector).tolist(), k=1)
    assert document.source == "lease.txt"
    assert hit.similarity == pytest.approx(1.0, abs=1e-3)
    with pytest.raises(InputError, match="k is how many"):
        corpus.search_documents(vector.tolist(), k=0)


def test_a_session_gives_the_vectors_of_its_hits(corpus: hybrid.Corpus) -> None:
    with corpus.session() as session:
        hits = session.search("salt", k=3)
        vectors = session.vectors(hits[::-1])
        encoded = hybrid.load_embedder(corpus.settings.retrieval.embedder).encode([hit.text for hit in hits[::-1]])
        assert np.allclose(vectors, encoded, atol=1e-3)
        with pytest.raises(InputError, match="not of this session"):
            session.vectors([hits[0].model_copy(update={"chunk_id": 10**6})])


def test_supplied_passages_are_what_is_quoted_and_cited(corpus: hybrid.Corpus) -> None:
    passage = hybrid.Passage("The lease of the depot ends on 2 June 2030.", source="scans/lease.pdf", start=400, page=7)
    citation = corpus.ask(END, route="lookup", passages=[passage]).citations[0]
    assert (citation.quote, citation.source, citation.title) == (passage.text, "scans/lease.pdf", "lease.pdf")
    assert (citation.start, citation.end, citation.page) == (400, passage.end, 7)


def test_a_function_finds_passages_for_the_question_as_it_stands_alone(corpus: hybrid.Corpus) -> None:
    asked: list[str] = []

    def find(question: str) -> list[hybrid.Passage]:
        asked.append(question)
        return [hybrid.Passage("The lease of the depot was signed by Roe.", source="note")]

    answer = corpus.ask("And who signed it?", history=[END], passages=find, route="lookup")
    assert "lease" in asked[0]
    assert answer.citations[0].source == "note"


def test_supplied_passages_cannot_be_filtered(corpus: hybrid.Corpus) -> None:
    with pytest.raises(InputError, match="filter where they are retrieved"):
        corpus.ask(END, passages=[], where=hybrid.Filter(sources="*"))


def test_tokens_are_counted_by_the_embedder_where_there_is_no_memory(corpus: hybrid.Corpus) -> None:
    assert corpus.count_tokens("rock salt") == 2
    with pytest.raises(UnsupportedModelError, match="no memory"):
        corpus.tokenize("rock salt")


def test_a_copy_of_a_corpus_is_the_same_and_a_pickle_opens_its_directory(corpus: hybrid.Corpus) -> None:
    assert copy.deepcopy(corpus) is corpus
    with pickle.loads(pickle.dumps(corpus)) as other:  # noqa: S301 - our own
        assert other.directory == corpus.directory
        assert other.settings == corpus.settings
        assert other.search(END, k=1) == corpus.search(END, k=1)
