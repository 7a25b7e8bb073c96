"""Logs whose entries name a day and no year, and end in the initials of whoever made them."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.enumeration_tables import TableReader
from hybrid.answering.enumeration_values import dates_in_year
from hybrid.text import tables
from hybrid.types.documents import Document, Metadata

LOG = """KILN TWO - LOG
(extract, 24 February to 6 March 2023; T = degrees)

24 Feb  T 91  Fed to plan. SA
26 Feb  T 90  Door mended. RG
28 Feb  T 92  Weekly test, answered by RG. SA
1 Mar   T 90  RG on leave until Monday. DP
2 Mar   T 88  Fan tripped at noon. RG
5 Mar   T 86  Fed to plan. KM
6 Mar   T 85  Fan fitted, running sweet, and the seal of the north door was looked at. RG
"""


@pytest.fixture(scope="module")
def kiln(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"log.txt": LOG, "note.txt": "The gate opens at seven.\n"}, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("List all log entries in March.", ["1 Mar", "2 Mar", "5 Mar", "6 Mar"]),
        ("List all log entries of February 2023.", ["24 Feb", "26 Feb", "28 Feb"]),
        ("List every entry in the log that was made by RG.", ["26 Feb", "2 Mar", "6 Mar"]),
    ],
)
def test_entries_are_of_their_month_and_of_whoever_signed_them(
    kiln: hybrid.Corpus, question: str, days: list[str]
) -> None:
    answer = kiln.ask(question)
    assert answer.enumeration is not None
    assert [row.cells[0] for row in answer.enumeration.rows] == days


def test_the_text_of_an_entry_has_what_a_line_leaves(kiln: hybrid.Corpus) -> None:
    answer = kiln.ask("List all log entries in March.")
    assert "Fan fitted, running sweet, and the seal of the north door" in str(answer.enumeration)


@pytest.mark.parametrize(
    "head",
    [
        "KILN TWO - LOG OF 2022 AND 2023\nFounded 1890",
        "Copy made in 2025\n\nKILN TWO - LOG\n(extract, December 2022 to January 2023)",
        "KILN TWO - LOG",
    ],
)
def test_the_year_is_the_caption_s_or_the_head_s_or_the_date_s(head: str) -> None:
    text = f"{head}\n\n30 Dec  Fed to plan. SA\n31 Dec  Door mended. RG\n2 Jan   Fed to plan. KM\n"
    (table,) = tables.find(text)
    document = Document.from_text(text, "log.txt", Metadata(date="2023-02-01"))
    (days,) = (found for found in TableReader(document, table)._dated.values() if found)
    assert days["30 Dec"] == "2022-12-30"
    assert days["2 Jan"] == "2023-01-02"


def test_a_year_begins_between_december_and_january() -> None:
    cells = ["30 Dec", "31 December", "2 Jan", "Mon 3 Jan", "4th of", "12 Mar"]
    assert dates_in_year(cells, 2022) == {
        "30 Dec": "2022-12-30", "31 December": "2022-12-31", "2 Jan": "2023-01-02", "Mon 3 Jan": "2023-01-03",
        "12 Mar": "2023-03-12",
    }  # fmt: skip
    assert dates_in_year(["12 Mar", "1 Feb"], 2022)["1 Feb"] == "2022-02-01", "not in the order of time"
