"""Somebody whom the documents searched name by the first name alone is not absent from them."""

from __future__ import annotations

import pytest

from hybrid import Corpus, Document, Filter, Settings

NO_MEMORY = Settings.model_validate({"memory": {"enabled": False}})


@pytest.fixture
def corpus(tmp_path):
    made = Corpus.open(tmp_path / "corpus", NO_MEMORY)
    made.ingest(
        Document.from_text("Petra Holm signed the lease of the mill on 3 May 2023.", source="lease.txt"),
        Document.from_text(
            "Dear Ivo, I asked Petra whether she would waive the fee. Petra did not agree to waive the fee.",
            source="mail.txt",
        ),
    )
    return made


def test_a_person_of_the_corpus_is_found_by_the_first_name_in_a_filtered_search(corpus):
    answer = corpus.ask("Did Petra Holm agree to waive the fee?", route="lookup", where=Filter(sources="mail.txt"))
    assert answer.found
    assert "did not agree to waive the fee" in answer.text
    assert any("“Holm”" in note for note in answer.notes)
    assert "“Holm” is." not in " ".join(answer.notes)


def test_a_person_of_no_document_is_absent_though_another_has_the_first_name(corpus):
    answer = corpus.ask("Did Petra Quist agree to waive the fee?", route="lookup")
    assert not answer.found or any("Quist" in note for note in answer.notes)
