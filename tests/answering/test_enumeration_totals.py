"""A row that adds up others is counted in no list, count or sum; one of a firm named "Total" is counted in all."""

from __future__ import annotations

from decimal import Decimal

import pytest

import hybrid
from hybrid.answering import enumeration_question
from hybrid.text import tables

FILES = {
    "payments.csv": """Payment,Vendor,Paid on,Amount
PAY-1,Total Wine Ltd,2024-01-09,400.00
PAY-2,Kestrel Glass,2024-01-12,150.00
PAY-3,Sum Corp,2024-02-03,75.00
""",
    "vendors.csv": """Vendor,Bill,Dated,Fee
Total Wine Ltd,B-1,2024-03-01,400.00
Orrin Mills,B-2,2024-03-02,250.00
Sum Corp,B-3,2024-03-05,75.00
Total,,,725.00
""",
    "donors.csv": """Donor,Gift
Total Wine,40
Orrin Mills,25
Sum Fields,10
Total gifts,75
""",
    "crates.csv": (
        'Crate,Notes,Kilograms\nC-1,"dry\tand sealed",10\nC-2,"plain",20\nC-3,"one  two | three",30\n'
        'C-4,"pipe 5"" wide",40\n'
    ),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("totals"), {"memory": {"enabled": False}})
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "count", "total"),
    [
        ("What is the total of all payments?", 3, "625.00"),
        ("What is the total fee of all vendors?", 3, "725.00"),
        ("What is the total of all gifts?", 3, "75"),
        ("What is the total weight of the crates in kilograms?", 4, "100"),
    ],
)
def test_a_firm_named_total_is_a_row(corpus: hybrid.Corpus, question: str, count: int, total: str) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert len([row for row in found.rows if not row.not_counted]) == count
    assert list(found.sums.values()) == [Decimal(total)]


def test_a_list_has_the_firm_named_total(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every vendor.").enumeration
    assert found is not None
    said = {cell for row in found.rows if not row.not_counted for cell in row.cells}
    assert said >= {"Total Wine Ltd", "Orrin Mills", "Sum Corp"}
    assert "Total" not in said


@pytest.mark.parametrize(
    ("rows", "totals"),
    [
        ([["Ann", "10"], ["Bob", "5"], ["Total", "15"]], {2}),
        ([["Ann", "10"], ["Bob", "5"], ["Total", "99"]], {2}),
        ([["Ann", "10"], ["Bob", "5"], ["Subtotal", "15"], ["Cem", "1"], ["Dee", "2"], ["Subtotal", "3"],
          ["Grand total", "18"]], {2, 5, 6}),
        ([["Ann", "10"], ["Bob", "5"], ["Total Kestrel Glass", "15"]], {2}),
        ([["Ann", "10"], ["Bob", "5"], ["Total Kestrel Glass", "7"]], set()),
        ([["Total", "15"], ["Ann", "10"], ["Bob", "5"]], {0}),
        ([["TOTAL AMOUNT DUE", "15"], ["Ann", "10"]], {0}),
        ([["TOTAL WINE LTD", "15"], ["Ann", "10"]], set()),
        ([["Ann", "10"], ["Bob", "5"], ["Total for Kestrel", "9"]], {2}),
    ],
)  # fmt: skip
def test_a_total_is_known_by_its_label_and_its_sum(rows: list[list[str]], totals: set[int]) -> None:
    from hybrid.answering.enumeration_totals import total_rows

    assert total_rows(rows, ["Name", "Fee"]) == totals


def test_a_total_has_no_number_of_its_own() -> None:
    from hybrid.answering.enumeration_totals import total_rows

    rows = [["Ann", "B-1", "2024-01-01", "10"], ["Bob", "B-2", "2024-01-02", "5"]]
    names = ["Firm", "Bill", "Dated", "Fee"]
    assert total_rows([*rows, ["Total", "B-3", "2024-01-03", "40"]], names) == set()
    assert total_rows([*rows, ["Total", "2 bills", "", "16"]], names) == {2}
    assert total_rows([*rows, ["Total", "", "2024-01-31", "15"]], names) == {2}


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('C-1,"dry\tand sealed",10', ["C-1", '"dry\tand sealed"', "10"]),
        ('C-1,"a | b | c",10', ["C-1", '"a | b | c"', "10"]),
        ('C-1,"a  b",10', ["C-1", '"a  b"', "10"]),
        ('C-1,pipe 5" wide,10', ["C-1", 'pipe 5" wide', "10"]),
        ('C-1,"pipe 5"", wide",10', ["C-1", '"pipe 5"", wide"', "10"]),
    ],
)
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_what_is_in_quotation_marks_parts_no_cells(line: str, cells: list[str], mark: str) -> None:
    own = [f'"{cell}"' if mark in cell and cell[0] != '"' else cell for cell in cells]
    text = "\n".join([mark.join(["Crate", "Notes", "Kg"]), mark.join(own), mark.join(["C-2", "x", "1"]), ""])
    table = tables.find(text)[0]
    assert [[text[slice(*cell)] for cell in row.cells] for row in table.rows] == [own, ["C-2", "x", "1"]]


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("What do the invoices of the bakery come to in total?", True),
        ("What did the bills for the barn amount to?", True),
        ("How much do all of the open orders add up to?", True),
        ("What will the repairs come to altogether?", True),
        ("What does the invoice come to?", False),  # of one thing
        ("What did he come to see?", False),
    ],
)
def test_what_things_come_to_is_their_sum(question, total):
    asked = enumeration_question.read(question)
    assert (asked is not None and asked.kind == "sum") == total
