"""Whether somebody went to something is answered by what says that they were there, attended or came, both ways."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import wordings

CHOIR = {
    "diary.txt": """Diary of Nora Beck

3 May 2021. Rehearsal in the old school. Ivo Lang was at the rehearsal and sang second tenor.

4 May 2021. The piano was tuned. Vera was at the tuning.
""",
    "mail.eml": "From: Ivo Lang <ivo@choir.example>\nTo: Nora Beck <nora@choir.example>\n"
    "Date: Thu, 06 May 2021 09:00:00 +0000\nSubject: your diary\n\nNora,\n\nI did not attend the rehearsal on 3 May. "
    "I was in Graz. Please correct it.\n\nIvo\n",
    "note.txt": "The rehearsal room is let until June. Nobody came to the concert on 9 May.\n",
}
MINE = {
    "report.txt": """Report of the shift

On 12 March Holger Pind was at the safety talk. He signed the list.
""",
    "statement.txt": """Statement of Holger Pind

1. I did not attend the safety talk on 12 March. I began at nine.

2. The talk was at seven.

Signed: Holger Pind
Date: 2 April 2020
""",
}


@pytest.fixture(scope="module")
def choir(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CHOIR, tmp_path_factory)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(MINE, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "Did Ivo Lang go to the rehearsal on 3 May?",
        "Did Ivo Lang attend the rehearsal on 3 May?",
        "Was Ivo Lang at the rehearsal on 3 May?",
        "Did Ivo Lang turn up at the rehearsal on 3 May?",
    ],
)
def test_both_sides_are_quoted_in_a_choir(choir: hybrid.Corpus, question: str) -> None:
    said = " ".join(" ".join(claim.text.split()) for claim in choir.ask(question).claims)
    assert "Ivo Lang was at the rehearsal" in said
    assert "I did not attend the rehearsal" in said
    assert "tuning" not in said


@pytest.mark.parametrize(
    "question", ["Did Holger Pind go to the safety talk on 12 March?", "Was Pind at the safety talk on 12 March?"]
)
def test_both_sides_are_quoted_in_a_mine(mine: hybrid.Corpus, question: str) -> None:
    said = " ".join(" ".join(claim.text.split()) for claim in mine.ask(question).claims)
    assert "was at the safety talk" in said
    assert "did not attend the safety talk" in said


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("Did Ann Orr go to the fair?", ["Was Ann Orr at the fair?", "Did Ann Orr attend the fair?"]),
        ("Was Ann Orr present at the fair?", ["Did Ann Orr attend the fair?"]),
        ("Did Ann Orr go home?", []),
        ("Did the price go to ten euros?", []),
        ("Was the roof at fault?", []),
    ],
)
def test_only_somebody_s_going_to_an_event_is_put_otherwise(question: str, others: list[str]) -> None:
    assert list(wordings.of_attendance(question)) == others
