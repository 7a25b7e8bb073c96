"""Of which day a row is, where its table gives several, and what a season is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid

HAY = """bale_no,booked,collected,kilos,price_per_kilo_eur,field
1,2022-11-28,2022-12-02,300,0.20,North
2,2022-12-05,2022-12-09,250,0.20,South
3,2022-12-29,2023-01-03,400,0.25,North
4,2023-01-10,2023-01-12,100,0.25,South
"""
LOANS = "Loan,Lent on,Returned on,Fee EUR\nL-1,3 May 2024,8 May 2024,4\nL-2,30 May 2024,2 June 2024,6\n"
LETTERS = "Letter,Date,Answered,Pages\nA,3 May 2024,4 May 2024,2\nB,31 May 2024,1 June 2024,5\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"hay.csv": HAY, "loans.csv": LOANS, "letters.csv": LETTERS}, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("How many kilos were collected in December 2022?", 550),
        ("What is the total of kilos collected in December 2022?", 550),
        ("How many kilos were collected in all in the season 2022-23?", 1050),
        ("How many kilos were collected in the 2022/23 season?", 1050),
    ],
)
def test_a_verb_chooses_the_day_and_a_price_for_each_is_no_quantity(corpus, question: str, total: int) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is not None
    assert answer.enumeration.sums == {"": Decimal(total)}
    assert answer.enumeration.dated_by == ""


@pytest.mark.parametrize(
    ("question", "taken", "other"),
    [
        ("What is the total of kilos in December 2022?", "650", "“collected” 550"),
        ("List all bales in December 2022.", "“booked”", "“collected” 2 rows"),
        ("What is the total fee of all loans in May 2024?", "10", "“Returned on” EUR 4"),
    ],
)
def test_where_several_days_may_be_meant_both_sums_stand_beside_the_first(corpus, question, taken, other) -> None:
    answer = corpus.ask(question)
    found = answer.enumeration
    assert found is not None
    assert other in found.dated_by
    assert found.dated_by in answer.text.splitlines()[0]
    assert found.dated_by in str(answer)
    assert taken in answer.text.splitlines()[0]


@pytest.mark.parametrize(
    "question",
    [
        "List all letters in May 2024.",
        "List all bales in 2022 and 2023.",
        "How many loans were returned in May 2024?",
        "What is the total of kilos?",
    ],
)
def test_where_one_day_is_meant_or_all_give_the_same_no_other_is_named(corpus, question: str) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert found.dated_by == ""


def test_the_column_that_has_rows_of_that_time_is_taken_where_the_first_has_none(corpus) -> None:
    found = corpus.ask("What is the total fee of all loans in June 2024?").enumeration
    assert found is not None
    assert found.sums == {"EUR": Decimal(6)}
    assert found.dated_by == "by “Returned on” (by “Lent on” 0)"


def test_a_season_is_said_to_be_taken_as_both_its_years(corpus) -> None:
    notes = corpus.ask("How many kilos were collected in the season 2022-23?").notes
    assert any(note.startswith("“2022-23” was taken as all of 2022 and 2023") for note in notes)
    assert not any("was taken as" in note for note in corpus.ask("List all bales in 2022-12.").notes)
