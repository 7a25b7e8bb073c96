"""What narrows a question for all of something: bounds on any column of numbers, what is denied, several names."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.enumeration_bounds import read_bounds

FILES = {
    "landings.csv": """Landing,Boat,Skipper,Date,Catch kg,Species,Moisture %
L-1,Petrel,Ida Holm,2 May 2025,120,Cod,17.0
L-2,Heron,Jan Brakke,4 May 2025,85,Ling,18.9
L-3,Petrel,Ida Holm,9 May 2025,240,Cod,19.2
L-4,Skua,Tove Lind,3 June 2025,100,Saithe,16.8
L-5,Heron,Jan Brakke,11 June 2025,310,Cod,18.5
L-6,Skua,Tove Lind,20 June 2025,60,Ling,17.7
""",
    "outages.txt": """Register of outages, 2025

Outage\tDate\tPlace\tHours down\tReported by
O-1\t3 July 2025\tNorth pump\t2\tAmy Dunn
O-2\t8 July 2025\tSouth pump\t3\tRolf Beck
O-3\t19 July 2025\tNorth pump\t26\tAmy Dunn
O-4\t2 August 2025\tSluice gate\t1.5\tKari Noor
O-5\t9 August 2025\tSouth pump\t2\tKari Noor
""",
    "invoices.csv": """Invoice,Supplier,Date,Amount,Paid on
P-1,Norsel,3 May 2025,£120.00,9 May 2025
P-2,Kestrel Glass,12 May 2025,£350.00,
P-3,Norsel,28 May 2025,£410.00,
P-4,Arden Tiles,2 June 2025,£275.00,30 June 2025
P-5,Kestrel Glass,11 June 2025,£90.00,
P-6,Norsel,15 June 2025,£300.00,
P-7,Arden Tiles,20 June 2025,£640.00,
""",
    "partners.md": """Shares of the partners

| Partner | Share | Load |
|---------|-------|------|
| Finn | 3 % | 40 |
| Mons | 9 % | 12 |
| Lobo | 5 % | 19 |
| Aas | 12 % | 27 |
""",
    "scores.md": "Scores\n\n| Taster | Score |\n|--------|-------|\n| Una | 17 |\n| Vic | 19 |\n| Wim | 18 |\n",
    "parcels.md": "| Parcel | Weight |\n|---|---|\n| A-1 | 900 g |\n| A-2 | 1.2 kg |\n| A-3 | 2 kg |\n",
}
FILES |= {
    "repairs.csv": "Repair,Days late,Disputed\nR-1,3,no\nR-2,0,no\nR-3,5,yes\nR-4,0,no\n",
    "deliveries.txt": """Deliveries to the press, 2025

Delivery\tGrower\tDate\tKilograms\tFruit
D-1\tNora Pell\t1 September 2025\t90\tApples
D-2\tEwan Birk\t2 September 2025\t140\tPears
D-3\tNora Pell\t9 September 2025\t118\tApples
D-4\tSian Moor\t12 September 2025\t101\tQuinces
""",
    "eggs.md": """# Egg book

| Date | Hen house | Eggs | Collected by |
|------|-----------|------|--------------|
| 3 May 2025 | North | 31 | Una Ree |
| 4 May 2025 | South | 12 | Max Orme |
| 5 May 2025 | North | 28 | Una Ree |
""",
    "oil.md": """# Heating oil bought for the hall

| Date | Supplier | Litres | Price |
|------|-----------|------|------|
| 3 May 2025 | Brandt | 500 | £410.00 |
| 4 June 2025 | Brandt | 300 | £260.00 |
| 5 July 2025 | Oilco | 200 | £190.00 |
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        # bounds, of the column that the question names, or of its unit
        ("List every landing with more than 18.5 % moisture.", "L-2 L-3"),
        ("Which landings had a moisture of at least 18.5 %?", "L-2 L-3 L-5"),
        ("List all landings of more than 100 kilograms.", "L-1 L-3 L-5"),
        ("List all landings of 100 kg or more.", "L-1 L-3 L-4 L-5"),
        ("How many landings had a catch below 100 kg?", "L-2 L-6"),
        ("List all landings with a catch between 80 and 120 kg.", "L-1 L-2 L-4"),
        ("List every landing over 100 kg with less than 18 % moisture.", "L-1"),
        ("List all outages with more than 2 hours down.", "O-2 O-3"),
        ("How many outages lasted more than 2 hours?", "O-2 O-3"),
        ("How many outages lasted more than 90 minutes?", "O-1 O-2 O-3 O-5"),
        ("List every outage of no more than two hours.", "O-1 O-4 O-5"),
        ("List all partners with a share above 5 %.", "Mons Aas"),
        ("List all partners with a load above 20.", "Finn Aas"),
        ("List all tasters with a score above 18.", "Vic"),
        ("Which tasters scored above 17?", "Vic Wim"),
        ("Which landings exceeded 18.5 % moisture?", "L-2 L-3"),
        ("List every invoice over £300.", "P-2 P-3 P-7"),
        ("List every invoice of at least £300.", "P-2 P-3 P-6 P-7"),
        ("Which invoices are between £200 and £400?", "P-2 P-4 P-6"),
        ("List all parcels over 1 kg.", "A-2 A-3"),
        # what is denied
        ("How many invoices were not from Norsel?", "P-2 P-4 P-5 P-7"),
        ("List every invoice except those from Norsel.", "P-2 P-4 P-5 P-7"),
        ("List every invoice except those from Norsel and Arden Tiles.", "P-2 P-5"),
        ("List every outage not at the north pump.", "O-2 O-4 O-5"),
        ("Which outages were not reported by Amy Dunn?", "O-2 O-4 O-5"),
        ("List all landings not of cod.", "L-2 L-4 L-6"),
        ("List all landings by neither Ida Holm nor Tove Lind.", "L-2 L-5"),
        ("How many outages in July were not at the south pump?", "O-1 O-3"),
        ("How many outages were not reported by Amy Dunn in July?", "O-2"),
        ("Which invoices have not been paid?", "P-2 P-3 P-5 P-6 P-7"),
        ("List every invoice not paid from Norsel.", "P-3 P-6"),
        # several names
        ("List every outage reported by Amy Dunn or Rolf Beck.", "O-1 O-2 O-3"),
        ("List all landings by Ida Holm, Jan Brakke or Tove Lind in June 2025.", "L-4 L-5 L-6"),
        ("How many landings were of cod or ling?", "L-1 L-2 L-3 L-5 L-6"),
        ("List all invoices from Norsel and Arden Tiles.", "P-1 P-3 P-4 P-6 P-7"),
        ("How many landings by Ida Holm were of cod?", "L-1 L-3"),
        ("Which repairs were late or disputed?", "R-1 R-3"),
        ("List all repairs that were neither late nor disputed.", "R-2 R-4"),
        ("Which repairs were late and disputed?", "R-3"),
        ("List every invoice for £90.", "P-5"),
        # dates
        ("List every invoice dated in May 2025.", "P-1 P-2 P-3"),
        ("List all landings dated after 1 June 2025.", "L-4 L-5 L-6"),
    ],
)
def test_a_list_has_the_rows_that_fit_and_no_others(corpus: hybrid.Corpus, question: str, rows: str) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows] == rows.split()


def test_a_sum_takes_the_rows_of_each_name(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("What is the total of the unpaid invoices from Kestrel Glass and Norsel?").enumeration
    assert found is not None
    assert found.sums == {"£": Decimal("1150.00")}


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("List every outage with more than 5 casualties.", "more than 5 casualties"),
        ("List all invoices with a weight above 20.", "a weight above 20"),
        ("List all partners with more than 3 % alcohol.", "3 % alcohol"),
        ("List every landing with more than 30 % moisture.", "None of 6 rows"),
    ],
)
def test_a_bound_that_no_column_has_lists_nothing_and_is_named(corpus: hybrid.Corpus, question: str, said: str) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is None
    assert not answer.found
    assert said in answer.text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("List every invoice over £300.", "“Amount” above £300"),
        ("List all landings of at most 100 kilograms.", "“Catch kg” at most 100 kilograms"),
        ("How many invoices were not from Norsel?", "no “Norsel” in them"),
        ("How many outages did Amy Dunn or Kari Noor report?", "“Amy Dunn” or “Kari Noor” in them"),
    ],
)
def test_a_note_says_by_what_the_rows_were_chosen(corpus: hybrid.Corpus, question: str, said: str) -> None:
    assert any(said in note for note in corpus.ask(question).notes)


@pytest.mark.parametrize(
    ("asked", "rest"),
    [
        ("invoices between 1 May 2025 and 3 June 2025", None),
        ("visits between 3 and 9 May 2025", None),
        ("invoices up to 2024", None),
        ("invoices over £300 from Norsel", "invoices from Norsel"),
        ("trips of 10 km or more by Ann", "trips by Ann"),
    ],
)
def test_days_and_years_are_no_bounds_on_numbers(asked: str, rest: str | None) -> None:
    bounds, left = read_bounds(asked)
    assert (bool(bounds), left) == (rest is not None, rest or asked)


@pytest.mark.parametrize(
    ("question", "total"),
    [
        ("How many kilograms did Nora Pell deliver in total?", 208),
        ("How many kilograms did Nora Pell or Sian Moor deliver?", 309),
        ("How much fruit did Nora Pell deliver?", 208),
        ("How much cod did Ida Holm land?", 360),
        ("How many kilograms of cod were landed?", 670),
        ("How many kilograms of cod were landed in June 2025?", 310),
        ("How many hours was the north pump down?", 28),
        ("How many eggs did Una Ree collect?", 59),
        ("How many eggs were not collected by Una Ree?", 12),
        ("How much heating oil was bought from Brandt?", 800),
        ("How many litres were bought in June 2025?", 300),
    ],
)
def test_how_much_is_the_sum_of_the_column_that_measures_it(corpus: hybrid.Corpus, question: str, total: int) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is not None
    assert answer.enumeration.kind == "sum"
    assert list(answer.enumeration.sums.values()) == [Decimal(total)]
    assert corpus.verify(answer) == []


@pytest.mark.parametrize(
    "question",
    [
        "How many kilograms did Zoe Quill deliver?",
        "How many eggs were eaten?",
        "How much steel did Nora Pell deliver?",
        "How much money did Nora Pell receive?",
        "How many hours does a pump run a day?",
    ],
)
def test_no_sum_is_made_where_a_word_of_the_question_is_in_no_row(corpus: hybrid.Corpus, question: str) -> None:
    assert corpus.ask(question).enumeration is None


@pytest.mark.parametrize("question", ["How many unicorns did Norsel buy?", "How many tractors did Nora Pell sell?"])
def test_a_number_of_things_that_no_document_speaks_of_is_not_answered(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    assert not answer.found
    assert "none of the" in answer.text
