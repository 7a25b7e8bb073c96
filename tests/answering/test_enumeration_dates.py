"""A list for a month takes the column of dates of what was done in it, whatever word says that, and names it."""

from __future__ import annotations

import pytest
from index_only import corpus_of

from hybrid import Corpus
from hybrid.answering import enumeration_question

LOANS = """Loan,Lent,Returned,Fee
L-11,3 February 2024,9 March 2024,4.00
L-12,11 February 2024,26 February 2024,6.00
L-13,20 February 2024,,5.00
L-14,5 March 2024,28 March 2024,8.00
"""
BILLS = """Bill,Dated,Paid on,Amount
B-21,2 February 2024,7 March 2024,10.00
B-22,9 February 2024,28 February 2024,20.00
B-23,4 March 2024,30 March 2024,40.00
B-24,20 March 2024,,80.00
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return corpus_of({"library/loans.csv": LOANS, "bills.csv": BILLS}, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "rows", "column"),
    [
        ("Which bills were paid in March 2024?", {"B-21", "B-23"}, "Paid on"),
        ("Which bills were settled in March 2024?", {"B-21", "B-23"}, "Paid on"),
        ("List the bills settled in February 2024 and their total.", {"B-22"}, "Paid on"),
        ("Which bills are dated March 2024?", {"B-23", "B-24"}, "Dated"),
        ("Which loans were returned in March 2024?", {"L-11", "L-14"}, "Returned"),
        ("Which loans were given back in March 2024?", {"L-11", "L-14"}, "Returned"),
        ("Which loans were lent in February 2024?", {"L-11", "L-12", "L-13"}, "Lent"),
    ],
)
def test_the_month_is_that_of_what_was_done(corpus: Corpus, question: str, rows: set[str], column: str) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is not None
    assert {row.cells[0] for row in answer.enumeration.rows} == rows
    assert f"“{column}” in that time" in " ".join(answer.notes)


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ("overtime between January and April 2025", "2025-01-01", "2025-04-31"),
        ("invoices from November to March 2025", "2024-11-01", "2025-03-31"),
        ("visits from 3 May to 4 June 2025", "2025-05-03", "2025-06-04"),
        ("visits between 3 and 17 May 2025", "2025-05-03", "2025-05-17"),
        ("visits of 3-5 May 2025", "2025-05-03", "2025-05-05"),
        ("visits from 3 May 2024 to 4 June 2025", "2024-05-03", "2025-06-04"),
        ("changes of clauses 3 and 4 in May 2025", "2025-05-01", "2025-05-31"),
        ("clauses 3 and 4 May 2025", "2025-05-04", "2025-05-04"),
    ],
)
def test_a_month_or_day_shares_the_year_of_the_one_after_it(asked, since, until):
    assert enumeration_question.read_days(asked)[:2] == (since, until)


@pytest.mark.parametrize("question", ["Which bills were paid late?", "List the bills that were settled too late."])
def test_paid_late_is_paid_behind_the_day_on_which_it_was_due(tmp_path_factory, question):
    table = "Bill,Due,Paid on,Late visits,Amount\nB-1,3 May 2024,1 May 2024,2,10\nB-2,3 May 2024,9 May 2024,0,20\n"
    answer = corpus_of({"bills.csv": table}, tmp_path_factory).ask(question)
    assert [row.cells[0] for row in answer.enumeration.rows] == ["B-2"]
