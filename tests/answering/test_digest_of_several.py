"""A digest of several documents: no draft beside the executed one, no form of a document, nobody else's quarrel."""

from __future__ import annotations

import pytest
from accounts_corpus import write

import hybrid


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = write(tmp_path_factory.mktemp("accounts"))
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), settings)
    corpus.ingest(folder)
    return corpus


def test_only_documents_that_name_who_is_asked_about_are_quoted(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Why did Jon Reed and Ada Pym fall out?", route="comprehension")
    assert answer.claims
    assert {one.source.rsplit("/", 2)[-2] for one in answer.citations} == {"cookery"}
    assert "You told the members that I had pocketed the deposit." in [claim.text for claim in answer.claims]


def test_of_a_memory_that_was_switched_off_nothing_is_said(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Why did Jon Reed and Ada Pym fall out?", route="comprehension")
    assert not [note for note in answer.notes if "memory" in note]


@pytest.mark.parametrize(
    "question",
    [
        "What does the agreement say about termination?",
        "How did the relationship between Mrs Holt and Mr Larkin break down?",
    ],
)
def test_no_draft_and_no_form_is_quoted(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question, route="comprehension")
    assert answer.claims
    assert not [one for one in answer.citations if one.status is not None and one.status.name == "draft"]
    said = [" ".join(claim.text.split()) for claim in answer.claims]
    assert not [text for text in said if "say as follows" in text or "confidential" in text or '" means' in text]
    assert not [text for text in said if text.startswith("between Brockwell")]


def test_a_draft_is_quoted_where_there_is_nothing_else(corpus: hybrid.Corpus) -> None:
    where = hybrid.Filter(sources="*draft*")
    answer = corpus.ask("What does the agreement say about termination?", route="comprehension", where=where)
    assert answer.claims


def test_a_dispute_is_asked_about_as_a_whole(corpus: hybrid.Corpus) -> None:
    assert corpus.ask("What is this dispute about?").found
    assert not corpus.ask("What is this unicorn about?").found
