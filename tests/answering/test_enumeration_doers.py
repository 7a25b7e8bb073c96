"""Who did one thing to a row and who another: which column a name has to stand in, and where both are the same."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

REGISTER = """LIBRARY OF HARBOUR STREET - REGISTER OF MAPS LENT

No.   Lent on      Map                 Lent by     Returned     Checked by
0108  11 Oct 2022  Coast, sheet 4      G. Lomas    20 Oct 2022  G. Lomas
0109  19 Oct 2022  Tide tables         G. Lomas    21 Oct 2022  I. Varga
0110  02 Nov 2022  Coast, sheet 5      I. Varga    03 Nov 2022  Ivo Varga
0111  24 Nov 2022  Harbour, west       I. Varga    25 Nov 2022  K. Orr
0112  25 Nov 2022  Harbour, east       I. Varga
"""
WILLS = "Will,Witnessed by,Drawn by\nW-1,Ann Orr,Ben Teal\nW-2,Cem Ay,Cem Ay\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"maps.txt": REGISTER, "wills.csv": WILLS}, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which maps were checked by someone other than the person who lent them?", {"0109", "0111"}),
        ("Which maps were checked by a different person from the one who lent them?", {"0109", "0111"}),
        ("List all maps that were not checked by the person who lent them.", {"0109", "0111"}),
        ("Which maps were checked by the same person who lent them?", {"0108", "0110"}),
        ("Which maps were lent and checked by the same person?", {"0108", "0110"}),
        ("Which wills were drawn and witnessed by different people?", {"W-1"}),
        ("List all maps lent by Varga.", {"0110", "0111", "0112"}),
        ("Which maps were checked by Varga?", {"0109", "0110"}),
        ("List all maps lent by Lomas and checked by Varga.", {"0109"}),
    ],
)
def test_the_rows_are_those_whose_columns_say_who_did_it(corpus: hybrid.Corpus, question: str, expected) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert {row.cells[0] for row in found.rows} == expected


def test_one_who_did_another_thing_did_not_do_this(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Which maps were lent by K. Orr?")
    assert answer.enumeration is None
    assert not answer.found


def test_a_table_that_does_not_say_who_did_both_lists_nothing(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Which maps were bound by someone other than the person who lent them?")
    assert answer.enumeration is None
    assert "bound by someone other than the person who lent them" in str(answer)


def test_the_columns_are_called_as_the_heading_has_them(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List all maps lent by Lomas.").enumeration
    assert found.columns == ("No.", "Lent on", "Map", "Lent by", "Returned", "Checked by")


def test_a_number_that_could_not_be_counted_has_a_caution(tmp_path_factory: pytest.TempPathFactory) -> None:
    files = {"a.txt": "Ann Orr wrote sonnets in May.\n", "b.txt": "Ann Orr wrote of rain.\n"}
    notes = corpus_of(files, tmp_path_factory).ask("How many sonnets did Ann Orr write?").notes
    assert any(note.startswith("No list of “sonnets” could be made") for note in notes)
