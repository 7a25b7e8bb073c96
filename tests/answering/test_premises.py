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


@pytest.mark.parametrize(
    "question",
    [
        "Was the batch B-2311-C held by the works manager?",
        "What was batch B-2311-C held for by the works manager?",
        "Who held batch B-2311-C at the mill?",
    ],
)
def test_of_a_thing_whose_identifier_stands_nowhere_nothing_is_quoted(tmp_path: Path, question: str) -> None:
    answer = ask(tmp_path, question)
    assert not answer.found
    assert not answer.citations
    assert answer.text.startswith("“B-2311-C” is in none of the 2 documents searched.")


def test_an_identifier_in_passing_that_stands_nowhere_is_a_note_and_no_refusal(tmp_path: Path) -> None:
    answer = ask(tmp_path, "Who is the works manager of the mill that held B-2311-C?")
    assert answer.found
    assert "“B-2311-C” is in none of the 2 documents searched." in " ".join(answer.notes)


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


@pytest.mark.parametrize(
    ("question", "terms", "about"),
    [
        ("What did Gerald Spode say about the roof?", ["Gerald", "Spode"], True),
        ("Who is Gerald Spode?", ["Gerald", "Spode"], True),
        ("What does the Harcourt agreement say about payment?", ["Harcourt"], True),
        ("What is said of PO-XX-9999?", ["PO-XX-9999"], True),
        ("What do the letters say about Lena Orr?", ["Lena", "Orr"], True),
        ("Did Orr accept the offer?", ["Orr"], True),
        ("When did Dr Vane visit ward 4?", ["Vane"], True),
        ("What was Vane's evidence?", ["Vane"], True),
        ("Did Mrs Holt tell Gerald Spode about the leak in the roof?", ["Gerald", "Spode"], False),
        ("Was the batch B-2311-C held by the works manager?", ["B-2311-C"], True),
        ("What was invoice TA-219 for?", ["TA-219"], True),
        ("How much was invoice TA-219?", ["TA-219"], True),
        ("On what day was the trap ZR-4410 emptied?", ["ZR-4410"], True),
        ("Has order TA-219 been paid?", ["TA-219"], True),
        ("Who signed the order TA-219?", ["TA-219"], True),
        ("Was TA-219 or TA-218 paid?", ["TA-219"], False),
        ("Who emptied the trap after order TA-219 had come?", ["TA-219"], False),
        ("Was the trap emptied before TA-219 was sent?", ["TA-219"], False),
        ("When was the hall, which Orr & Sons built, sold?", ["Orr"], False),
        ("What did Larkin write in his letter to Spode about the roof?", ["Spode"], False),
        ("How was the supper of the society after Vane left?", ["Vane"], False),
    ],
)
def test_a_question_is_about_a_name_or_names_it_in_passing(question: str, terms: list[str], about: bool) -> None:
    assert premises.is_about(question, terms) is about


@pytest.mark.parametrize("question", ["Who is Gerald Spode?", "What did Gerald Spode write about the mill?"])
def test_a_question_about_somebody_whom_no_document_names_quotes_nothing(tmp_path: Path, question: str) -> None:
    answer = ask(tmp_path, question)
    assert not answer.found
    assert not answer.citations
    assert answer.text.startswith("“Gerald” and “Spode” are in none of the 2 documents searched.")


def test_the_rest_of_a_question_is_answered_behind_the_note(tmp_path: Path) -> None:
    answer = ask(tmp_path, "Who is Gerald Spode, and who held the batch B-2311-A?")
    assert answer.found
    assert answer.notes[0] == "“Gerald” and “Spode” are in none of the 2 documents searched."
    assert answer.citations[0].quote == "The batch B-2311-A was held by the works manager."


def test_a_name_that_is_a_slip_for_another_is_said_to_be_like_it(tmp_path: Path) -> None:
    assert "“Zielak” is." in ask(tmp_path, "Who is Zielek?").text
    assert "is." not in ask(tmp_path / "other", "Who is Gerald?").text.replace("searched.", "")


def test_the_words_of_all_documents_say_which_may_have_a_term() -> None:
    words = {"lucene": [1, 2], "bm25": [2, 3], "lucenebm25x": [4], "zie": [5], "lak": [5, 6], "gri\ufb03th": [7]}
    words |= {"ann": [8], "annual": [9]}
    assert premises.holding("Lucene-BM25", words) == {2, 4}
    assert premises.holding("Zielak", words) == {5}
    assert premises.holding("Griffith", words) == {7}
    assert premises.holding("Ann", words) == {8}
    assert premises.holding("Marek", words) == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Apache License", "The Public License grants a patent licence."),
        ("Oak Street", "The shop in Elm Street closed."),
        ("Harvest Festival", "The Spring Festival was moved."),
        ("Northern Division", "The Southern Division closed."),
    ],
)
def test_a_thing_of_another_name_is_not_taken_for_the_one_that_is_asked_about(name: str, text: str) -> None:
    assert not premises.others_named(name, [text])
    assert premises.others_named("Marek Zielak", ["Ask Piotr Zielak."]) == ["Piotr Zielak"]
