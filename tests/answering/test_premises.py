"""What a question takes to be in the documents, and none of them has in any spelling, is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from answering_corpus import FixedRouter, build

from hybrid.answering import premises
from hybrid.answering.answerer import Answerer
from hybrid.settings import Settings
from hybrid.types.answers import Answer
from hybrid.types.filters import Filter

TEXTS = {
    "a.txt": "Piotr Zielak is Works Manager of the mill.\n\nThe batch B-2311-A was held by the works manager.",
    "b.txt": "Helen Strand wrote to the works manager of the mill.\n\nNo batch was named in her letter to him.",
}


def ask(folder: Path, question: str, where: Filter | None = None, texts: dict[str, str] = TEXTS) -> Answer:
    corpus = build(folder, dict(texts))
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), None, Settings())
    return answerer.ask(question, where=where)


def test_a_person_of_whom_no_document_speaks_is_named_and_the_answer_still_comes(tmp_path: Path) -> None:
    answer = ask(tmp_path, "Who is the works manager Marek Zielak of the mill?")
    assert "No “Marek Zielak” is in the 2 documents searched; “Piotr Zielak” is." in answer.notes
    assert answer.found
    assert answer.citations[0].quote == "Piotr Zielak is Works Manager of the mill."


def test_an_identifier_that_stands_nowhere_is_a_note_and_no_refusal(tmp_path: Path) -> None:
    answer = ask(tmp_path, "Was the batch B-2311-C held by the works manager?")
    assert answer.found
    assert "“B-2311-C” is in none of the 2 documents searched." in answer.notes


def test_what_is_outside_the_filter_is_not_among_the_documents_searched(tmp_path: Path) -> None:
    question = "Who wrote of batch B-2311-A to the works manager of the mill?"
    assert not any("B-2311-A" in note for note in ask(tmp_path, question).notes)
    filtered = ask(tmp_path / "filtered", question, Filter(sources=("b.txt",)))
    assert "“B-2311-A” is not in the document searched." in filtered.notes


def test_a_name_that_is_far_from_what_was_found_is_not_called_absent(tmp_path: Path) -> None:
    others = {f"{n}.txt": f"The mill of Kent has {n} looms, and its manager counts them." for n in range(30)}
    texts = TEXTS | others | {"last.txt": "Solveig never came."}
    answer = ask(tmp_path, "Does Solveig manage the mill of Kent and its looms?", texts=texts)
    assert not any("Solveig" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Lucene-BM25", "The clerk of Oslo filed the Lucene-\nBM25 report."),
        ("Lucene-BM25", "the lucenebm25 report"),
        ("Lucene-BM25", "the LUCENE BM25 report"),
        ("Griffith", "Mr Gri\ufb03th came."),
        ("Zielak", "Zie\u00adlak came."),
        ("12.3(b)", "under clause 12.3 (b) of it"),
        ("Ann", "Ann came."),
    ],
)
def test_any_spelling_counts(term: str, text: str) -> None:
    assert premises.absent([term], [text]) == ()


def test_a_short_name_is_no_part_of_a_word() -> None:
    assert premises.absent(["Ann"], ["The annual report."]) == ("Ann",)


def test_nothing_is_said_of_more_text_than_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(premises, "SCANNED_CHARS", 20)
    assert premises.absent(["Marek"], ["Ten letters", "and ten more"]) == ()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is Marek Zielak?", ["Marek", "Zielak"]),
        ("Did Solwend accept it in March?", ["Solwend"]),
        ("Gamma shall pay what to Mr Strand's mill?", ["Gamma", "Strand"]),
        ("Governing law?", []),
        ("WHO SIGNED THE DEED?", []),
        ("What is the 4-letter word of 30 days?", []),
        ("What does 12.3(b) say?", ["12.3(b)"]),
    ],
)
def test_names_and_identifiers_are_what_a_question_takes_for_granted(question: str, expected: list[str]) -> None:
    assert premises.premises(question) == expected


def test_what_is_said_of_several_terms() -> None:
    assert premises.sentence(["A1", "B2", "C3"], 9) == "“A1”, “B2” and “C3” are in none of the 9 documents searched."
    assert premises.sentence(["A1"], 1) == "“A1” is not in the document searched."
