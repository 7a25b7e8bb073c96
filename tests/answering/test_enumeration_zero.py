"""Zero in any form: 0, none, nil, a dash, no one, nobody; and entries of logs that deny what is asked for."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.enumeration_terms import denies, names_alike, root

FILES = {
    "near-misses.md": """# Near misses at the hatchery

| Date | Event | People hurt | Days lost |
|---|---|---|---|
| 3 May 2021 | Ladder slipped | no one | – |
| 9 May 2021 | Pump sparked | 1 | 2 |
| 17 May 2021 | Gas alarm | nobody | nil |
| 30 May 2021 | Tank lid fell | 0 | zero |
| 31 May 2021 | Valve stuck | none | 3 |
""",
    "pier-log.txt": """Pier safety log, spring 2021

12 January 2021: The walkway iced over. Nobody was injured.
3 February 2021: A winch cable snapped. Ewan Blair was injured in the hand.
20 February 2021: A pallet fell from the crane. No one was hurt and there were no injuries.
15 March 2021: The storm bent the railing. Injuries: none.
2 April 2021: The workboat struck the pontoon. Two men were injured.
19 April 2021: Oil was spilled on the ramp and cleaned up the same day.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


HURT_NOBODY = ["3 May", "17 May", "30 May", "31 May"]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("In how many near misses was nobody hurt?", HURT_NOBODY),
        ("Which near misses hurt no one?", HURT_NOBODY),
        ("How many near misses had no injuries?", HURT_NOBODY),
        ("Which near misses had people hurt?", ["9 May"]),
        ("How many near misses had zero days lost?", ["3 May", "17 May", "30 May"]),
        ("List all near misses with fewer than 1 days lost.", ["3 May", "17 May", "30 May"]),
        ("Which near misses had days lost?", ["9 May", "31 May"]),
        (
            "Which entries of the pier safety log report that nobody was injured?",
            ["12 January", "20 February", "15 March"],
        ),
        ("How many entries of the pier safety log report injuries?", ["3 February", "2 April"]),
    ],
)
def test_zero_in_any_form_is_the_number_0(corpus: hybrid.Corpus, question: str, rows: list[str]) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert [row.cells[0].rstrip(":").removesuffix(" 2021") for row in found.rows] == rows
    assert found.count == len(rows)


def test_what_denies_a_word_stands_in_its_clause() -> None:
    injury = root("injury")
    assert denies("The mast broke, but no one was injured.", injury)
    assert not denies("No mast broke. Two were injured.", injury)
    assert not denies("The mast broke.", injury)


def test_a_column_is_known_by_a_synonym() -> None:
    assert names_alike("died", "Deaths")
    assert not names_alike("died", "Births")
