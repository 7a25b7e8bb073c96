"""Columns whose names join their words ("fee_usd", "paidOn"): their currency, their unit, and the cells left empty."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "dives.csv": """dive,diveDate,work,feeUsd,paidOn
DV-11,2024-03-02,Hull survey,1200.00,2024-03-20
DV-12,2024-04-18,Anode change,450.00,
DV-13,2024-05-09,Hull survey,2750.50,2024-06-01
DV-14,2024-06-30,Propeller polish,3100.00,
""",
    "sacks.csv": """sack,mill,weight_kg,moisture_pct
S-1,Corn Street,24.5,13
S-2,Corn Street,26,15
S-3,Weir Lane,19.5,14
""",
    "pledges.csv": """Pledge,Donor,Net £,Date paid
101,Ann Orr,40,2023-01-04
102,Ben Teal,90,
103,Cy Marsh,25,2023-02-11
""",
    "loans.csv": """loan,borrower,fine_amount,returned_on
L-7,Ida Pell,2.50,2022-05-01
L-8,Otto Rusk,11.00,
L-9,Una Fitch,0.75,2022-05-09
""",
    "keys.csv": """Key,Holder,Cabinet
K1,Ida Pell,North
K2,Otto Rusk,South
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def first_cells(corpus: hybrid.Corpus, question: str) -> list[str]:
    found = corpus.ask(question).enumeration
    return [row.cells[0] for row in found.rows if not row.not_counted] if found is not None else []


@pytest.mark.parametrize(
    ("question", "sums", "column"),
    [
        ("What is the total of all dives?", {"USD": Decimal("7500.50")}, "feeUsd"),
        ("What is the total fee of the hull surveys?", {"USD": Decimal("3950.50")}, "feeUsd"),
        ("What is the total of all pledges?", {"£": Decimal(155)}, "Net £"),
        ("What is the total weight of the sacks?", {"": Decimal("70.0")}, "weight_kg"),
        ("What is the total weight of the sacks from Corn Street?", {"": Decimal("50.5")}, "weight_kg"),
        ("What is the total of the fines of all loans?", {"": Decimal("14.25")}, "fine_amount"),
    ],
)
def test_a_sum_has_the_currency_or_unit_of_its_columns_name(
    corpus: hybrid.Corpus, question: str, sums: dict[str, Decimal], column: str
) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert (found.sums, found.summed) == (sums, column)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which dives of more than USD 1,000 are there?", ["DV-11", "DV-13", "DV-14"]),
        ("Which dives over 1,200 dollars are there?", ["DV-13", "DV-14"]),
        ("Which dives of at least $1,200 are dated after 1 May 2024?", ["DV-13", "DV-14"]),
        ("Which dives have a fee of less than 1,000?", ["DV-12"]),
        ("Which pledges of at least £40 are there?", ["101", "102"]),
        ("Which pledges are of more than 30 pounds?", ["101", "102"]),
        ("Which sacks weigh more than 20 kg?", ["S-1", "S-2"]),
        ("Which loans have an amount of more than 2?", ["L-7", "L-8"]),
    ],
)
def test_a_bound_is_of_the_column_that_names_its_currency(
    corpus: hybrid.Corpus, question: str, rows: list[str]
) -> None:
    assert first_cells(corpus, question) == rows


@pytest.mark.parametrize(
    "question", ["Which dives of at least EUR 500 are there?", "Which pledges of more than $20 are there?"]
)
def test_a_bound_in_another_currency_chooses_no_rows(corpus: hybrid.Corpus, question: str) -> None:
    assert first_cells(corpus, question) == []


def test_that_no_sum_can_be_made_is_said_with_the_reason(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What is the total of all keys?")
    assert answer.enumeration is not None
    assert not answer.enumeration.sums
    assert any(note.startswith("No sum was made: no column") for note in answer.notes)
    assert not any("No sum" in note for note in corpus.ask("What is the total of all dives?").notes)


def test_words_for_currencies_are_not_called_absent(corpus: hybrid.Corpus) -> None:
    assert not any("“dollars”" in note for note in corpus.ask("Which dives over 1,200 dollars are there?").notes)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which dives have no payment date?", ["DV-12", "DV-14"]),
        ("Which dives are without a paid date?", ["DV-12", "DV-14"]),
        ("Which dives have not been paid?", ["DV-12", "DV-14"]),
        ("Which dives are unpaid?", ["DV-12", "DV-14"]),
        ("Which dives have no paidOn date?", ["DV-12", "DV-14"]),
        ("Which hull surveys have no payment date?", []),
        ("Which dives have been paid?", ["DV-11", "DV-13"]),
        ("Which pledges have not been paid?", ["102"]),
        ("Which pledges have no payment date?", ["102"]),
        ("Which loans have no return date?", ["L-8"]),
        ("Which loans have not been returned?", ["L-8"]),
        ("Which loans have no returned_on date?", ["L-8"]),
        ("Which loans have been returned?", ["L-7", "L-9"]),
    ],
)
def test_the_empty_cell_of_a_states_column_decides(corpus: hybrid.Corpus, question: str, rows: list[str]) -> None:
    assert first_cells(corpus, question) == rows
