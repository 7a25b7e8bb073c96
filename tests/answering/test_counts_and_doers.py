"""Numbers and lists that a month, a doer or an attendance narrows, where a document of each thing says it and no column
does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import enumeration_question

TICKET = """Harrow Stone Limited
Delivery ticket {0}
Order {1}, due {2}.

| Code | Article | Ordered | Delivered |
| --- | --- | --- | --- |
| KB-10 | Kerb, granite, 1 m | {3} | {4} |
| SL-40 | Slab, 40 cm | {5} | {5} |

Lorry of Pennine Freight, driver {6}.
Unloaded and signed for on {7} by {8}.
Remarks: none.
"""
MINUTES = """Site meeting at Colne Road
held on {0}

Present: {1}
Apologies: {2}

1. Kerbs. {3}
"""
YARD = {
    "tickets/WT-201.txt": TICKET.format("WT-201", "HP-11 of 1 February 2021", "26 February 2021", 40, 40, 12, "J. Pike",
        "26 February 2021", "Mona Reyes"),
    "tickets/WT-202.txt": TICKET.format("WT-202", "HP-12 of 8 February 2021", "3 March 2021", 30, 28, 10, "A. Lund",
        "4 March 2021", "Mona Reyes"),
    "tickets/WT-203.txt": TICKET.format("WT-203", "HP-13 of 1 March 2021", "19 March 2021", 55, 55, 0, "J. Pike",
        "19 March 2021", "Karim Aziz"),
    "tickets/WT-204.txt": TICKET.format("WT-204", "HP-14 of 12 March 2021", "1 April 2021", 70, 70, 20, "J. Pike",
        "6 April 2021", "Karim Aziz"),
    "tickets/WT-205.txt": TICKET.format("WT-205", "HP-15 of 30 March 2021", "15 April 2021", 20, 20, 5, "B. Noor",
        "15 April 2021", "Mona Reyes"),
    "roster.csv": """Date,Worker,Shift,Minutes late
2021-03-01,Amy Holt,early,0
2021-03-02,Amy Holt,early,12
2021-03-03,Ben Soames,late,5
2021-03-09,Amy Holt,early,4
2021-04-01,Amy Holt,early,30
2021-04-02,Ben Soames,early,0
""",
    "petty.csv": """Date,Bought by,Article,Cost GBP
2021-03-02,Ben Soames,Rope,14.00
2021-03-20,Ben Soames,Chalk,3.50
2021-03-21,Amy Holt,Gloves,9.00
2021-04-05,Ben Soames,Tape,6.00
""",
    "sales.csv": """Date,Buyer,Article,Price GBP
2021-03-04,Nora Quist,Sand,30
2021-03-09,Otto Renn,Gravel,45
2021-04-01,Nora Quist,Lime,12
""",
    "m1.txt": MINUTES.format("4 January 2021", "Mona Reyes, Ben Soames", "none", "Mr Soames has none."),
    "m2.txt": MINUTES.format("1 February 2021", "Karim Aziz, Ben Soames", "Mona Reyes", "Ms Reyes ordered forty."),
    "m3.txt": MINUTES.format("1 March 2021", "Karim Aziz, Mona Reyes", "Ben Soames", "Two are short."),
    "m4.txt": MINUTES.format("5 April 2021", "Karim Aziz, Ben Soames", "none", "Ms Reyes to be told."),
}  # fmt: skip
RECEIPT = """Consignment note {0}
Requisition {1} raised {2} for Ward 7.

Item code    Item                    Units
-----------  ----------------------  -----
SB-500       Saline bag, 500 ml      {3}
DR-12        Dressing, 12 cm         {4}

Brought by courier {5}. Received on {6}; checked by {7}.
"""
CLINIC = {
    "stores/GR-31.txt": RECEIPT.format("GR-31", "RQ-1", "20 April 2022", 120, 300, "Lena Voss",
        "2 May 2022", "Tom Avery"),
    "stores/GR-32.txt": RECEIPT.format("GR-32", "RQ-2", "9 May 2022", 80, 150, "Hugo Marsh",
        "18 May 2022", "Ilsa Brand"),
    "stores/GR-33.txt": RECEIPT.format("GR-33", "RQ-3", "27 May 2022", 200, 90, "Lena Voss",
        "8 June 2022", "Tom Avery"),
    "visits.csv": """Visit,Date,Nurse,Patient,Arrived late
V-1,2022-05-01,Ilsa Brand,Mr Quill,yes
V-2,2022-05-03,Ilsa Brand,Mrs Toft,no
V-3,2022-05-04,Rory Dunn,Mr Quill,yes
V-4,2022-06-01,Ilsa Brand,Mrs Toft,yes
""",
    "orders.csv": """Order,Date,Ordered by,Article,Price EUR
O-1,2022-05-02,Ilsa Brand,Gauze,40
O-2,2022-05-19,Rory Dunn,Tape,15
O-3,2022-06-07,Ilsa Brand,Soap,22
""",
    "board-1.txt": "Minutes of the governance meeting of 6 May 2022\n\n"
    "Present: Dr Senn, Tom Avery\nApologies: Ilsa Brand\n\n1. Stores. Ilsa Brand counts them.\n",
    "board-2.txt": "Minutes of the governance meeting of 3 June 2022\n\n"
    "Present: Ilsa Brand, Tom Avery\nApologies: Dr Senn\n\n1. Stores. Dr Senn will look.\n",
    "board-3.txt": "Minutes of the governance meeting of 1 July 2022\n\n"
    "Present: Dr Senn, Ilsa Brand\nApologies: none\n\n1. Stores. Tom Avery is away.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(YARD, tmp_path_factory)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CLINIC, tmp_path_factory)


def summed(corpus: hybrid.Corpus, question: str) -> list[Decimal]:
    enumeration = corpus.ask(question).enumeration
    return list(enumeration.sums.values()) if enumeration else []


def counted(corpus: hybrid.Corpus, question: str) -> int | None:
    enumeration = corpus.ask(question).enumeration
    return enumeration.count if enumeration else None


def cells(corpus: hybrid.Corpus, question: str) -> str:
    enumeration = corpus.ask(question).enumeration
    rows = [row for row in enumeration.rows if not row.not_counted] if enumeration else []
    return "\n".join(" ".join(row.cells) for row in rows)


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("How many granite kerbs were delivered in March 2021?", 83),
        ("How many kerbs arrived in April 2021?", 90),
        ("How many KB-10 kerbs came in March 2021?", 83),
        ("How many slabs did we receive in April 2021?", 25),
        ("How many kerbs were delivered in the first quarter of 2021?", 123),
        ("How many kerbs were delivered in Q2 2021?", 90),
    ],
)
def test_things_with_a_number_of_their_own_are_added(yard: hybrid.Corpus, question: str, total: int) -> None:
    assert summed(yard, question) == [total]


@pytest.mark.parametrize(
    ("question", "total"),
    [("How many saline bags were received in May 2022?", 200), ("How many saline bags came in June 2022?", 200)],
)
def test_a_column_of_units_is_of_the_rows_thing(clinic: hybrid.Corpus, question: str, total: int) -> None:
    assert summed(clinic, question) == [total]


@pytest.mark.parametrize("question", ["How many kerbs were delivered in June 2021?", "How many kerbs came in 2019?"])
def test_no_month_that_no_document_is_of_is_added(yard: hybrid.Corpus, question: str) -> None:
    assert not summed(yard, question)
    assert not counted(yard, question)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many deliveries did the driver J. Pike bring?", 3),
        ("How many loads did J. Pike bring?", 3),
        ("How many deliveries did Karim Aziz sign for?", 2),
        ("How many deliveries were signed for by Mona Reyes in April 2021?", 1),
    ],
)
def test_documents_of_a_series_are_counted_by_whom_they_name(yard: hybrid.Corpus, question: str, number: int) -> None:
    assert counted(yard, question) == number


def test_documents_of_a_series_are_listed_by_who_signed(yard: hybrid.Corpus) -> None:
    found = cells(yard, "Which delivery tickets were signed for by Mona Reyes?")
    assert [one in found for one in ("WT-201", "WT-202", "WT-203", "WT-204", "WT-205")] == [
        True,
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many deliveries did the courier Lena Voss bring?", 2),
        ("Which consignment notes were checked by Tom Avery?", 2),
    ],
)
def test_the_doer_of_a_receipt_is_its_own(clinic: hybrid.Corpus, question: str, number: int) -> None:
    assert counted(clinic, question) == number


def test_a_doer_of_nothing_has_no_number(yard: hybrid.Corpus) -> None:
    assert not counted(yard, "How many loads did the driver Q. Zander bring?")
    assert not counted(yard, "How many deliveries did the driver Mona Reyes bring?")


def test_a_condition_that_nothing_says_is_no_complete_number(yard: hybrid.Corpus) -> None:
    assert not counted(yard, "How many loads did the driver J. Pike bring by night?")


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How often did Amy Holt come late?", 3),
        ("How many times was Amy Holt late in March 2021?", 2),
        ("How often was Ben Soames late?", 1),
    ],
)
def test_how_often_counts_rows(yard: hybrid.Corpus, question: str, number: int) -> None:
    assert counted(yard, question) == number


def test_how_often_counts_rows_that_say_yes(clinic: hybrid.Corpus) -> None:
    assert counted(clinic, "How often did Ilsa Brand come late?") == 2
    assert counted(clinic, "How often did the nurse Ilsa Brand arrive late in May 2022?") == 1


@pytest.mark.parametrize(
    ("question", "articles"),
    [
        ("What did Ben Soames buy in March 2021?", ["Rope", "Chalk"]),
        ("What did Amy Holt buy?", ["Gloves"]),
    ],
)
def test_what_somebody_bought_is_listed(yard: hybrid.Corpus, question: str, articles: list[str]) -> None:
    found = cells(yard, question)
    assert [one for one in ("Rope", "Chalk", "Gloves", "Tape") if one in found] == articles


def test_a_buyer_is_who_bought(yard: hybrid.Corpus) -> None:
    found = cells(yard, "What did Nora Quist buy in March 2021?")
    assert [one for one in ("Sand", "Gravel", "Lime") if one in found] == ["Sand"]


def test_how_often_a_thing_was_late_is_how_many_were(yard: hybrid.Corpus) -> None:
    asked = enumeration_question.read("How often did the delivery come late?")
    assert asked is not None
    assert (asked.head, [term.word for term in asked.terms]) == ("deliveries", ["late"])


def test_what_somebody_ordered_is_listed(clinic: hybrid.Corpus) -> None:
    found = cells(clinic, "What did Ilsa Brand order in May 2022?")
    assert [one for one in ("Gauze", "Tape", "Soap") if one in found] == ["Gauze"]


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Which of the site meetings was Mona Reyes at?", ["2021-01-04", "2021-03-01"]),
        ("Which of the monthly meetings did Karim Aziz attend?", ["2021-02-01", "2021-03-01", "2021-04-05"]),
        ("At which of our meetings was Mona Reyes not present?", ["2021-02-01"]),
        ("How many of the site meetings did Ben Soames miss?", ["2021-03-01"]),
    ],
)
def test_meetings_are_listed_by_who_was_there(yard: hybrid.Corpus, question: str, days: list[str]) -> None:
    found = cells(yard, question)
    assert [day for day in ("2021-01-04", "2021-02-01", "2021-03-01", "2021-04-05") if day in found] == days


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Did Mona Reyes attend the March meeting?", ["2021-03-01"]),
        ("Was Karim Aziz at the meeting of 1 February 2021?", ["2021-02-01"]),
        ("Did Ben Soames miss the meeting of 1 March 2021?", ["2021-03-01"]),
        ("Was Mona Reyes at the meeting of 5 April 2021?", []),
    ],
)
def test_whether_somebody_was_at_a_meeting_is_in_its_list(yard: hybrid.Corpus, question: str, days: list[str]) -> None:
    found = cells(yard, question)
    assert [day for day in ("2021-01-04", "2021-02-01", "2021-03-01", "2021-04-05") if day in found] == days


def test_a_note_says_that_a_list_does_not_have_somebody(yard: hybrid.Corpus) -> None:
    notes = yard.ask("Was Mona Reyes at the meeting of 5 April 2021?").notes
    assert any(note.startswith("“Mona Reyes” is not among those whom") for note in notes)
    assert not any("not among" in note for note in yard.ask("Was Karim Aziz at the meeting of 5 April 2021?").notes)


def test_meetings_of_a_board_are_listed_by_who_was_there(clinic: hybrid.Corpus) -> None:
    found = cells(clinic, "Which of the governance meetings was Dr Senn at?")
    assert [day for day in ("2022-05-06", "2022-06-03", "2022-07-01") if day in found] == ["2022-05-06", "2022-07-01"]
