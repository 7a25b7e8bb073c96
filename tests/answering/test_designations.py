"""What a question designates and no document has is named, and what is said of its neighbours is not said of it."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import designations, premises

FILES = {
    "lease.txt": "LEASE of the quarry between Ansgar Moor and Birgit Stone\n\nThe rent is 300 euros a month.\n"
    "Annex 1 fixes the boundary at the oak. Annex 2 sets the price of gravel at 9 euros a tonne.\n\n"
    "Signed on 4 April 2022\n/s/ Ansgar Moor\n/s/ Birgit Stone\n",
    "moor.txt": "AFFIDAVIT\n\nI, Ansgar Moor, of the quarry house, say as follows.\n"
    "The gravel was weighed by Ms Stone every evening. Lena Okoro kept the gate.\n",
    "note.txt": "Ms Stone told the clerk that the scales were new. The clerk of the quarry wrote that down.\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def test_a_number_that_no_document_has_is_named_and_its_neighbours_facts_are_not_given(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What price does Annex 5 set?")
    assert not answer.claims
    assert "“Annex 5” is in none of the 3 documents searched; “Annex 1” and “Annex 2” are." in answer.text


def test_a_number_that_a_document_has_is_answered(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What price does Annex No. 2 set?")
    assert any("9 euros" in claim.text for claim in answer.claims)
    assert not any("Annex" in note for note in answer.notes)


def test_a_number_in_passing_is_a_note_beside_the_answer(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What was the rent of the quarry before Annex 5?")
    assert any("300 euros" in claim.text for claim in answer.claims)
    assert any("“Annex 5”" in note for note in answer.notes)


def test_the_testimony_of_somebody_who_made_none_is_named(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What does Lena Okoro say in her affidavit?")
    assert not answer.claims
    assert "“Lena Okoro’s affidavit” is in none" in answer.text


def test_the_testimony_that_there_is_answers(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What does Ansgar Moor's affidavit say of the gravel?")
    assert any("weighed" in claim.text for claim in answer.claims)
    assert not any("affidavit" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("question", "held", "absent"),
    [
        ("What does Schedule 3 list?", "Schedules 1 to 4 are attached.", False),
        ("What does Schedule 7 list?", "Schedules 1 to 4 are attached.", True),
        ("Was the third codicil signed?", "Codicil No. 3 was signed.", False),
        ("Was the third codicil signed?", "The first codicil was signed.", True),
        ("Who flew on Boat 12?", "There is one boat.", False),
        ("What does Clause 9 say?", "See Clause 8.", False),
        ("What happened on May 9?", "It was on May 8.", False),
    ],
)
def test_a_numbered_thing_is_absent_only_beside_others_of_its_kind(question: str, held: str, absent: bool) -> None:
    assert bool(designations.absent(designations.read(question), [("a.txt", held)])) is absent


def test_a_common_word_is_no_slip_for_a_name() -> None:
    assert premises.alike("Harold", ["hold", "household"]) is None
    assert premises.alike("Larken", ["larkin", "laugh"]) == "Larkin"


def test_a_surname_that_is_a_word_is_a_name_where_somebody_is_addressed_by_it() -> None:
    assert premises.others_named("Ruth Stone", ["Birgit Stone came. Ms Stone left."]) == ["Birgit Stone"]
    assert not premises.others_named("Oak Street", ["It is in Elm Street."])


def test_the_owner_of_a_common_surname_answers_for_a_wrong_first_name(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What did Ruth Stone tell the clerk of the scales?")
    assert "No “Ruth Stone” is in the 3 documents searched; “Birgit Stone” is." in answer.notes
