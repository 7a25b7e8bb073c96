"""A schedule of things is a list of them, one of days is a plan; and a column that is called by its thing and its act
is added however it is asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "furniture_schedule.csv": """no,piece,room,value_gbp,state,timber_received_gbp
1,Oak table,hall,300,stolen,0
2,Pine bench,hall,120,scratched,15
3,Long clock,study,900,stolen,0
4,Ash chair,study,80,scratched,25
""",
    "delivery_schedule.csv": "van,planned for,pallets,price eur\nA,2024-05-03,4,10\nB,2024-05-09,6,20\n",
    "losses.csv": "week,oak_lost_gbp\n1,5\n2,7\n",
    "letter.txt": (
        "Dear Sirs\n\nThe furniture was insured.\n\nFurniture, hall      GBP 420\nFurniture, study     GBP 980\n"
        "Carpets              GBP 100\n"
    ),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "column", "total"),
    [
        ("What is the total value of the furniture that was stolen?", "value_gbp", 1200),
        ("How much timber was received in all?", "timber_received_gbp", 40),
        ("How much timber was received?", "timber_received_gbp", 40),
        ("How much was received from the sale of timber?", "timber_received_gbp", 40),
        ("Total of timber received", "timber_received_gbp", 40),
    ],
)
def test_the_column_is_added(corpus: hybrid.Corpus, question: str, column: str, total: int) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert (found.summed, found.sums) == (column, {"GBP": Decimal(total)})


def test_a_plan_is_no_list_of_what_was_done(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("What is the total price of all deliveries?").enumeration
    assert found is None or found.sums == {}


def test_what_no_column_is_called_by_is_not_added(corpus: hybrid.Corpus) -> None:
    for question in ("How much timber was refunded?", "How much salvage was received?", "How much oak was received?"):
        found = corpus.ask(question).enumeration
        assert found is None or found.sums == {}
