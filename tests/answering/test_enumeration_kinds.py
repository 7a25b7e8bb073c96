"""Lists of people in an office, of meetings and of resolutions, which stand in sentences and titles, not in tables."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "minutes-february.txt": """Hollow Hall Trust
Minutes of the meeting of the governors held on 11 February 2025

Present: Ellen Rook (chair), Tomas Vane, Bea Lunt.
In attendance: Ida Marsh, clerk to the governors.
Resolved: that the roof be repaired before the winter.
Resolved: that Tomas Vane write to the council.
""",
    "minutes-april.txt": """Hollow Hall Trust
Minutes of the meeting of the governors held on 8 April 2025

Present: Ellen Rook (chair), Bea Lunt, Hugo Penn.
The governors resolved that the fair be held on 17 May instead of 3 May.
The governors have not resolved to sell the barn.
Hugo Penn was elected governor. Rolf Teal is not a governor.
""",
    "deed.txt": """DEED OF TRUST

The governors of the Trust are Ellen Rook, Tomas Vane and Bea Lunt.
Each governor serves for three years.
The trustee of the land is Nora Quill.

Signed for the governors: Olga Wren
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("List all governors.", ["Ellen Rook", "Tomas Vane", "Bea Lunt", "Hugo Penn"]),
        ("List every governor of the Trust.", ["Ellen Rook", "Tomas Vane", "Bea Lunt", "Hugo Penn"]),
        ("List all trustees.", ["Nora Quill"]),
        ("List all clerks.", ["Ida Marsh"]),
    ],
)
def test_a_list_of_people_has_those_whom_a_sentence_names_so(
    corpus: hybrid.Corpus, question: str, names: list[str]
) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is not None
    assert sorted(row.cells[0] for row in answer.enumeration.rows if not row.not_counted) == sorted(names)
    assert corpus.verify(answer) == []


def test_that_nobody_is_named_so_is_said(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List all governors of the bank of Oslo.")
    assert not answer.found or answer.enumeration is None
    answer = corpus.ask("List all tenants.")
    assert not answer.found
    assert "tenants" in answer.text


def test_every_meeting_is_listed_by_its_minutes(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every meeting of the governors.").enumeration
    assert found is not None
    assert [row.date for row in found.rows] == ["2025-02-11", "2025-04-08"]
    since = corpus.ask("List every meeting of the governors since March 2025.").enumeration
    assert since is not None
    assert [row.date for row in since.rows] == ["2025-04-08"]


def test_every_resolution_is_listed_and_what_was_not_resolved_is_not_counted(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every resolution of the governors.").enumeration
    assert found is not None
    counted = [row.span.quote for row in found.rows if not row.not_counted]
    assert counted == [
        "Resolved: that the roof be repaired before the winter.",
        "Resolved: that Tomas Vane write to the council.",
        "The governors resolved that the fair be held on 17 May instead of 3 May.",
    ]
    assert not any("barn" in quote for quote in counted)
