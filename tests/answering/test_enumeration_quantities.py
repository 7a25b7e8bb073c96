"""How many of a thing did something: the sum of the column that the verb names, over the rows that the rest chooses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "firing.csv": """Show,Barge,Shells loaded,Failures,Late
Harbour night,1,120,3,0
Harbour night,2,140,9,1
Lake fete,1,80,1,2
Lake fete,2,95,4,0
Bridge,2,60,none,1
Bridge,3,75,2,2
""",
    "pens.csv": """Week,Pen,Stocked,Dead,Treated
1,1,5000,40,0
1,2,5200,55,0
2,1,4960,31,200
2,2,5145,75,310
""",
    "mishaps.csv": """Date,Place,Injured,Fish lost
2021-02-03,Pen 4,none,1200
2021-02-20,Pier,1,0
2021-03-15,Pen 4,2,3400
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "column", "total"),
    [
        ("How many shells failed on barge 2?", "Failures", 13),
        ("How many of the shells on barge 2 failed?", "Failures", 13),
        ("How many shells were loaded on barge 1?", "Shells loaded", 200),
        ("How many shells were late at the Lake fete?", "Late", 2),
        ("How many failures were there on barge 2?", "Failures", 13),
        ("How many fish were lost from pen 4?", "Fish lost", 4600),
        ("How many people were injured in pen 4?", "Injured", 2),
    ],
)
def test_a_verb_names_the_column_that_is_added(corpus: hybrid.Corpus, question: str, column: str, total: int) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert (found.summed, found.sums) == (column, {"": Decimal(total)})


@pytest.mark.parametrize(
    ("question", "unsaid", "columns"),
    [
        ("How many pumps failed on barge 2?", "pumps", "Show, Barge, Shells loaded, Failures, Late"),
        ("How many shells exploded on barge 2?", "exploded", "Show, Barge, Shells loaded, Failures, Late"),
        ("How many fish died in pen 2?", "fish", "Week, Pen, Stocked, Dead, Treated"),
    ],
)
def test_where_no_column_is_meant_for_certain_the_columns_are_named(
    corpus: hybrid.Corpus, question: str, unsaid: str, columns: str
) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is None
    notes = [note for note in answer.notes if note.startswith("Nothing was added up")]
    assert any(f"says “{unsaid}”. Its columns are {columns};" in note for note in notes)


def test_nothing_is_added_for_rows_that_there_are_not(corpus: hybrid.Corpus) -> None:
    assert corpus.ask("How many shells failed on barge 7?").enumeration is None


SHEETS = """Sheet,Day,Work,Charge
S-1,3 May 2024,"Diving, 6 hours at the weir",480.00
S-2,9 May 2024,"Diving, 4.5 hours at the lock",360.00
S-3,9 May 2024,Hire of a boat,90.00
S-4,12 June 2024,"Welding, 3 hrs",150.00
"""


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("How many hours of diving were charged in May 2024?", Decimal("10.5")),
        ("How many hours of welding were charged in 2024?", Decimal(3)),
    ],
)
def test_what_a_column_of_words_measures_is_added(tmp_path_factory, question, total):
    answer = corpus_of({"sheets.csv": SHEETS}, tmp_path_factory).ask(question)
    assert answer.enumeration is not None
    assert list(answer.enumeration.sums.values()) == [total]


def test_a_cell_with_two_measures_is_added_to_nothing(tmp_path_factory):
    two = SHEETS.replace("6 hours at the weir", "6 hours at the weir, 2 hours of travel")
    answer = corpus_of({"sheets.csv": two}, tmp_path_factory).ask("How many hours of diving were charged in May 2024?")
    assert answer.enumeration is None


PARTLY = """Invoice,Amount EUR,Due,Paid on,Amount paid EUR
A-1,100.00,3 May 2024,1 May 2024,100.00
A-2,80.00,9 May 2024,8 May 2024,30.00
A-3,60.00,9 June 2024,,0.00
"""


@pytest.mark.parametrize("question", ["How much is still unpaid in total?", "Which invoices are still open?"])
def test_what_is_paid_in_part_is_shown_and_its_rest_is_no_sum(tmp_path_factory, question):
    found = corpus_of({"invoices.csv": PARTLY}, tmp_path_factory).ask(question).enumeration
    assert {row.cells[0]: row.not_counted for row in found.rows} == {
        "A-2": "“Amount paid EUR” is 30.00: open in part",
        "A-3": "",
    }
    assert found.sums == {"EUR": Decimal("60.00")}


def test_what_was_paid_is_the_sum_of_what_was_paid(tmp_path_factory):
    found = corpus_of({"invoices.csv": PARTLY}, tmp_path_factory).ask("How much was paid in total?").enumeration
    assert found.sums == {"EUR": Decimal("130.00")}
