"""An account that runs down a page: its parts are added, what is taken off and what is left are not, and what the page
states is what is answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.enumeration_totals import account_of

LETTER = """HARBOUR CREDIT UNION

12 May 2024

Dear Mr Teal

The bill is made up as follows:

   Hauling out                                EUR 1,200
   Hull, EUR 900 less discount of EUR 100     EUR 800
   New mast                                   EUR 3,450
                                              ---------
   Total                                      EUR 5,450
   Less deposit                               EUR 500
                                              ---------
   Bill                                       EUR 4,950
   Paid on 3 May 2024                         EUR 2,000
                                              ---------
   Balance due                                EUR 2,950

Yours sincerely
"""
STOCK = "Crate,Contents,Value EUR,Remark\n1,Rope,80,in the bill of 2023\n2,Tar,40,none\n3,Nails,12,none\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"letter.txt": LETTER, "crates.csv": STOCK}, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "What is the bill and how is it made up?",
        "What is the sum of the bill?",
        "What does the bill consist of, with amounts?",
    ],
)
def test_what_the_page_states_is_answered_with_its_parts(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    found = answer.enumeration
    assert found is not None
    assert found.sums == {"EUR": Decimal(4950)}
    assert [row.not_counted for row in found.rows] == [
        "", "", "", "the total", "", "the total", "what follows “Bill”", "what follows “Bill”",
    ]  # fmt: skip
    assert found.rows[4].amount == -500
    said = "“Bill” is stated as EUR 4,950, and the parts add up to it (“Less deposit” taken off)."
    assert f"{said} Below it, “Balance due” is EUR 2,950." in answer.notes


def test_a_stated_total_that_its_parts_do_not_add_up_to_is_answered_and_said_to_differ(tmp_path_factory) -> None:
    wrong = LETTER.replace("EUR 5,450", "EUR 5,650").replace("EUR 4,950", "EUR 5,150").replace("2,950", "3,150")
    answer = corpus_of({"letter.txt": wrong}, tmp_path_factory).ask("How is the bill made up?")
    assert answer.enumeration is not None
    assert answer.enumeration.sums == {}
    assert any("“Bill” is stated as EUR 5,150; the parts come to EUR 4,950" in note for note in answer.notes)


def test_rows_of_different_tables_that_only_say_a_word_are_not_added(tmp_path_factory) -> None:
    other = (
        "Berth  Boat         Fee\nA1     Sprat        EUR 90\nA2     Elver, bill  EUR 70\nA3     Ling         EUR 60\n"
    )
    answer = corpus_of({"crates.csv": STOCK, "berths.txt": other}, tmp_path_factory).ask("What is the sum of the bill?")
    assert answer.enumeration is not None
    assert [any(row.cells) for row in answer.enumeration.rows] == [True, True]  # each is shown below some column
    assert answer.enumeration.sums == {}
    assert any("their amounts were not added" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("labels", "amounts", "roles"),
    [
        (["Gross", "Less tax", "Net pay"], [500, 100, 400], {1: "taken off", 2: "total"}),
        (["Wages", "Bonus", "Total", "Received", "Balance"], [5, 2, 7, 3, 4], {2: "total", 3: "taken off", 4: "total"}),
        (["Balance at 1 May", "Received", "Balance at 1 June"], [5, 2, 7], {2: "total"}),
        (["Rope", "Less Orr", "Tar"], [5, 2, 1], {}),
        (["Rope", "Tar", "Nails"], [2, 1, 3], {}),
        (["Balance beam", "Mat", "Rings"], [2, 1, 3], {}),
    ],
)
def test_lines_are_taken_off_or_left_by_what_they_come_to(labels, amounts, roles) -> None:
    totals = {at for at, label in enumerate(labels) if label == "Total"}
    assert {at: one.role for at, one in account_of(labels, [Decimal(one) for one in amounts], totals).items()} == roles


def test_what_a_body_consists_of_is_no_sum(corpus: hybrid.Corpus) -> None:
    assert corpus.ask("What does the crew of the Sprat consist of?").enumeration is None
