"""Which column and which rows a question means: totals and not prices, whether it was done and not to whom."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "stolen goods.csv": """Item,Number,Price each,Price
Saddle,3,400.00,1200.00
Bridle,10,60.00,600.00
Rug,4,90.00,360.00
""",
    "loans.csv": """Loan,Borrower,Rate per day,Days
L1,Ann Orr,2.50,4
L2,Ben Teal,3.00,10
""",
    "bills.csv": """Bill,Date,Payee,Payment terms,Amount,Paid on
K-1,2025-02-03,Farrier Holt,30 days,120.00,2025-02-20
K-2,2025-03-04,Farrier Holt,30 days,180.00,
K-3,2025-03-28,Oat Mill,14 days,640.00,2025-04-10
""",
    "parcels.csv": """Parcel,Delivered to,Delivered on
P1,Lodge,2025-01-04
P2,Lodge,
""",
    "deaths.csv": """Date,Field,Breed,Died
2025-05-02,Top field,Suffolk ewe,3
2025-05-03,Top field,Border Leicester ewe,2
2025-05-03,Mill field,Suffolk ewe,1
2025-05-06,Mill field,Angora goat,4
2025-05-07,Mill field,Zwartbles,5
""",
    "call-outs.csv": """Call-out,Date,Reason,Invoice
C-1,2025-05-02,Ewes out,
C-2,2025-05-09,Gate off,S-31
""",
    "terms.txt": "FENCING TERMS\n\nCall-outs shall be invoiced at £80 each.\n",
    "calls.txt": """Log of calls to the office

2 May 2025 07:45 Call to the office from Tilda Marsh: ewes out on the road.
2 May 2025 09:30 Call to the office from Owen Pryce: nobody here yet.
""",
    "accidents.csv": """Date,Place,Trade,Hurt,Reported to
2024-02-01,Dock 1,Welder,1,HSE
2024-02-09,Dock 2,Rigger,0,
2024-03-01,Dock 1,Visitor,2,HSE
""",
    "stalls.csv": """Stall,Fruit,Crates,Spoiled
A,Cox apple,38,3
B,Bramley,30,4
""",
    "tickets.csv": """Ticket,Opened,Closed,Closed by
T-1,2024-01-02,2024-01-05,Ann
T-2,2024-01-03,,
""",
    "orders.csv": """Order,Product,Unit price,Line total
O-1,Rope,3.00,30.00
O-2,Tar,9.00,18.00
""",
    "letter.txt": "Dear Sir\n\nWe first phoned you at 06:20 on 2 May 2025 and nobody came.\n",
    "minutes-june.txt": """Broadlea Riding School Limited
Minutes of the Yard Committee, 23 June 2025

Present: Tilda Marsh (chair), Owen Pryce
In attendance: Ivor Stone (Stone Fencing)
Apologies: Rhys Gant, Della Hume

Resolved: that the fence be replaced.
It was resolved unanimously that the insurer be told.
Resolved: that oats be bought from another mill.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "column", "total"),
    [
        ("What is the total price of the stolen goods?", "Price", "2160.00"),
        ("What is the total price each of the stolen goods?", "Price each", "550.00"),
        ("How many ewes died in Top field?", "Died", "5"),
        ("How many Suffolk ewes died?", "Died", "4"),
        ("How many goats died?", "Died", "4"),
        ("How many sheep died?", "Died", "6"),
        ("How many animals died in Mill field?", "Died", "10"),
        ("How many died in Top field?", "Died", "5"),
        ("How many have died in all?", "Died", "15"),
        ("How many were hurt in Dock 1?", "Hurt", "3"),
        ("How many people were hurt in Dock 2?", "Hurt", "0"),
        ("How many crates spoiled at stall A?", "Spoiled", "3"),
        ("How many apples spoiled?", "Spoiled", "3"),
        ("What is the total price of the orders?", "Line total", "48.00"),
    ],
)
def test_the_column_and_the_rows_that_are_meant_are_added(
    corpus: hybrid.Corpus, question: str, column: str, total: str
) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert (found.summed, found.sums) == (column, {"": Decimal(total)})


def test_a_word_that_no_dictionary_has_is_shown_and_not_added(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("How many sheep died in Mill field?").enumeration
    assert found is not None
    assert [(row.cells[2], row.not_counted) for row in found.rows] == [
        ("Suffolk ewe", ""),
        ("Angora goat", "not known to be “sheep”"),
        ("Zwartbles", "not known to be “sheep”"),
    ]
    assert found.sums == {"": Decimal(1)}


def test_a_sum_of_prices_for_one_each_says_that_it_is_no_total(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What is the total rate of the loans?")
    assert answer.enumeration is not None
    assert answer.enumeration.summed == "Rate per day"
    assert any("“Rate per day” is for one each" in note for note in answer.notes)
    other = corpus.ask("What is the total price of the stolen goods?")
    assert not any("for one each" in note for note in other.notes)


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("Which bills are unpaid?", ["K-2"]),
        ("How many bills are unpaid?", ["K-2"]),
        ("Which bills have been paid?", ["K-1", "K-3"]),
        ("Which parcels were delivered?", ["P1"]),
        ("Which parcels were not delivered?", ["P2"]),
        ("Which parcels were delivered to the Lodge?", ["P1"]),
        ("Which tickets are open?", ["T-2"]),
        ("How many tickets are unresolved?", ["T-2"]),
        ("Which tickets have been closed?", ["T-1"]),
        ("Which call-outs were invoiced?", ["C-2"]),
        ("Which call-outs were not invoiced?", ["C-1"]),
    ],
)
def test_a_state_is_read_from_the_column_that_says_it(corpus: hybrid.Corpus, question: str, cells: list[str]) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows] == cells


def test_who_is_called_nobody_behind_a_colon_denies_nothing_before_it(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every call to the office.").enumeration
    assert found is not None
    assert found.count == 2


def test_sentences_that_say_it_by_its_verb_are_counted(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("How many resolutions were passed?").enumeration
    assert found is not None
    assert (found.kind, found.count) == ("count", 3)
    assert corpus.ask("How many resolutions were rejected?").enumeration is None


def test_minutes_are_of_a_meeting_whether_or_not_they_say_so(corpus: hybrid.Corpus) -> None:
    def names(question: str) -> list[str]:
        found = corpus.ask(question).enumeration
        return [row.cells[0] for row in found.rows] if found else []

    assert names("Who sent apologies for the meeting of 23 June 2025?") == ["Rhys Gant", "Della Hume"]
    assert names("Who attended the meeting of 23 June 2025?") == ["Tilda Marsh", "Owen Pryce", "Ivor Stone"]
    assert names("Who attended the Yard Committee meeting of 23 June 2025?") == [
        "Tilda Marsh",
        "Owen Pryce",
        "Ivor Stone",
    ]
    assert names("Who attended the meeting of 24 June 2025?") == []
    assert names("Who attended the Lake Committee meeting of 23 June 2025?") == []


def test_sentences_that_may_be_of_more_are_named(corpus: hybrid.Corpus) -> None:
    notes = corpus.ask("List every call to the office.").notes
    assert any(note.startswith("There may be more: sentences of ") and "letter.txt" in note for note in notes)
    for question in ("Which bills are unpaid?", "List every resolution."):
        assert not any("letter.txt" in note for note in corpus.ask(question).notes)


@pytest.mark.parametrize("question", ["How many people were hurt in Dock 3?", "How many apples spoiled at stall B?"])
def test_for_rows_that_there_are_not_nothing_is_added(corpus: hybrid.Corpus, question: str) -> None:
    assert corpus.ask(question).enumeration is None
