"""A transcript's turns have their speakers; no other text has any."""

from __future__ import annotations

import pytest

from hybrid.text.speakers import at, turns

MEETING = """Minutes, 4 March 2026

Ann Aaker: The bath was thin on Monday.
It was thin on Tuesday, too.
Mr. Bode: Who measured it?
Ann Aaker: Piotr did. Note: with the old gauge.
Mr. Bode: Then measure it again.
"""


def test_each_turn_has_its_speaker_and_its_words() -> None:
    found = turns(MEETING)
    assert [turn.speaker for turn in found] == ["Ann Aaker", "Mr. Bode", "Ann Aaker", "Mr. Bode"]
    assert MEETING[found[0].start : found[0].end].startswith("The bath was thin on Monday.\nIt was thin on Tuesday")
    assert MEETING[found[2].start : found[2].end] == "Piotr did. Note: with the old gauge.\n"


@pytest.mark.parametrize(
    ("word", "speaker"),
    [
        ("Minutes", None),
        ("Ann Aaker", "Ann Aaker"),
        ("Tuesday", "Ann Aaker"),
        ("Who", "Mr. Bode"),
        ("again", "Mr. Bode"),
    ],
)
def test_a_place_belongs_to_the_turn_that_it_stands_in(word: str, speaker: str | None) -> None:
    turn = at(turns(MEETING), MEETING.index(word))
    assert (turn.speaker if turn else None) == speaker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "From: Ann\nTo: Bob\nDate: 4 March 2026\nSubject: the bath\n\nThin again.\n\nFrom: Bob\nTo: Ann\n",
        "Price: EUR 5\nTerm: 3 years\nNotice: 30 days\nPlace: Ghent\n",
        "Name: BLAS\nFiles: a.c\nLicense: BSD\nName: LAPACK\nFiles: b.c\nLicense: BSD\nRedistribution is allowed.\n",
        "Ann: once.\nBob: once.\n",
        "word " * 200 + "\nAnn: one.\nBob: two.\nAnn: three.\nBob: four.\n",
    ],
    ids=["empty", "mail", "table", "records", "short", "appendix"],
)
def test_other_texts_have_no_turns(text: str) -> None:
    assert turns(text) == ()
