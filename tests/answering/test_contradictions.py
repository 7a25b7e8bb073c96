"""What two documents cannot both be right about is marked, also where a day, a thing or an occasion stands before the
sentence; what was changed later is no contradiction, and is said first."""

from __future__ import annotations

from pathlib import Path

import pytest

import hybrid
from hybrid.answering import agency
from hybrid.answering.contradictions import contradict, supersedes
from hybrid.answering.polarity import read, stance
from hybrid.answering.verification.disagreement import Said

SETTINGS = hybrid.Settings.model_validate({"memory": {"enabled": False}})


def said(text: str, who: str | None = None, before: str = "", context: str = "", date: str | None = None) -> Said:
    return Said(text, "", who, date, before, context or before)


ROWS = "Rescue,Date,Guide,Fee,Paid on\n"
CONTRADICTORY: list[tuple[str, Said, Said]] = [
    (
        "When did the power fail on 12 May 2025?",
        said("The power failed at 11.30 pm on 12 May 2025."),
        said("2. The power failed at 10.50 pm.", before="1. On 12 May 2025 I worked late."),
    ),
    (
        "When did the bell ring?",
        said("I was in the yard when the bell rang at 7.15 am on 3 June 2024.", "Ann Orr"),
        said("The bell rang at 6.40 am.", context="On 3 June 2024 I opened the mill. It was cold."),
    ),
    (
        "When did the siren go off on 2 April 2023?",
        said("The siren went off at 3.10 am on 2 April 2023."),
        said("The siren sounded at 3.55 am.", context="Log of 2 April 2023."),
    ),
    ("Who locked the gate?", said("I locked the gate.", "Ann Orr"), said("Ben Tek locked the gate.")),
    (
        "Who closed the hatch?",
        said("I closed the hatch myself.", "Ann Orr"),
        said("I closed it at noon.", "Ben Tek", before="The hatch was open."),
    ),
    (
        "Who turned on the lamps?",
        said("The lamps were turned on by Ms Orr."),
        said("I switched the lamps on before supper.", "Ben Tek"),
    ),
    (
        "Was Mr Orr in the barn when the fire began?",
        said("I was in the barn when the fire began.", "Tom Orr"),
        said("Mr Orr was not in the barn.", context="The fire began at nine. We ran there."),
    ),
    (
        "Was Ms Tek paid for the survey of 4 May 2024?",
        said("I was paid for that survey on 2 June 2024.", "Ida Tek", context="I made a survey on 4 May 2024."),
        said("Ms Tek has not been paid for that survey.", context="Ms Tek made a survey on 4 May 2024."),
    ),
    (
        "Was Paul Egger paid for the rescue?",
        said("I was paid for the rescue in cash.", "Paul Egger"),
        said(f"{ROWS}R-2,2025-08-09,Paul Egger,450,"),
    ),
    (
        "Was the scale tested?",
        said("Mr Orr said that the scale had been tested in May."),
        said(
            "Ms Tek said that it had not been tested since 2022.", before="Mr Orr said that the scale had been tested."
        ),
    ),
    (
        "How heavy was the bottle?",
        said("It was 11 kg.", "Paul Orr", before="I weighed the bottle."),
        said("It was 7.5 kg.", "Vera Tek", before="Paul Orr weighed the bottle in my presence."),
    ),
    (
        "Did Euan Birse feed syrup to his bees?",
        said("I did not feed syrup to my bees.", "Euan Birse"),
        said("Mr Birse told me that he had fed syrup to his bees."),
    ),
]
COMPATIBLE: list[tuple[str, Said, Said]] = [
    (
        "When did the power fail?",
        said("The power failed at 11.30 pm on 12 May 2025."),
        said("The power failed at 10.50 pm.", context="On 19 May 2025 I worked late."),
    ),
    (
        "When did the power fail?",
        said("The power failed at 11.30 pm on 12 May 2025."),
        said("The power failed at about 11.20 pm.", context="On 12 May 2025 I worked late."),
    ),
    ("Who closed the valve?", said("I closed the valve at once.", "Ann Orr"), said("The valve was open.")),
    ("Who opened the shop?", said("Ann Orr opened the shop in 1988."), said("The shop was closed in 2001.")),
    ("Who came to the fair?", said("Ann Orr came to the fair."), said("Ben Tek came to the fair.")),
    ("Who locked the gate?", said("I locked the gate with Ben Tek.", "Ann Orr"), said("Ben Tek locked the gate.")),
    ("Who locked the gate?", said("Ann Orr locked the gate."), said("Ben Tek locked the shed.")),
    ("Who locked the gate?", said("Ann Orr locked the gate."), said("Ben Tek did not lock the gate.")),
    (
        "Was Paul Egger paid for the rescue?",
        said("Mr Egger has not been paid for the rescue."),
        said(f"{ROWS}R-2,2025-08-09,Paul Egger,450,"),
    ),
    (
        "Was Paul Egger paid for the rescue?",
        said("I was paid for the rescue.", "Paul Egger"),
        said(f"{ROWS}R-2,2025-08-09,Paul Egger,450,2025-09-01"),
    ),
    (
        "Was Mr Orr in the barn when the fire began?",
        said("I was in the barn when the alarm rang at 6.20.", "Tom Orr"),
        said("The alarm rang at 6.05."),
    ),
    (
        "Was Mr Orr in the barn when the fire began?",
        said("I was in the barn when the fire began.", "Tom Orr"),
        said("Mr Orr was not in the barn when the hay was cut."),
    ),
]


@pytest.mark.parametrize(("question", "one", "other"), CONTRADICTORY)
def test_what_cannot_both_be_right_is_found_by_what_stands_before_a_sentence(
    question: str, one: Said, other: Said
) -> None:
    assert contradict(one, other, question)
    assert contradict(other, one, question)


@pytest.mark.parametrize(("question", "one", "other"), COMPATIBLE)
def test_what_is_of_another_day_thing_or_moment_contradicts_nothing(question: str, one: Said, other: Said) -> None:
    assert contradict(one, other, question) is None


@pytest.mark.parametrize(
    ("question", "text", "who", "before", "agent"),
    [
        ("Who closed the valve?", "I closed it at noon.", "Ann Orr", "The valve was open.", "orr"),
        ("Who closed the valve?", "The valve was closed by Mr Ben Tek.", None, "", "tek"),
        ("Who cancelled the concert?", "The concert was cancelled by the mayor, Jan Bosch.", None, "", "bosch"),
        ("By whom was the lamp broken?", "Ida Moss broke the lamp.", None, "", "moss"),
        ("Who repaired the clock?", "He mended it in May.", None, "Tom Orr took the clock home.", "orr"),
        ("Who closed the valve?", "I wanted to close the valve.", "Ann Orr", "", None),
        ("Who closed the valve?", "The valve was closed.", None, "", None),
        ("Who closed the valve?", "I closed the door.", "Ann Orr", "", None),
        ("Who closed the valve?", "It was never closed by Ann Orr.", None, "The valve was open.", None),
    ],
)
def test_who_did_it_is_known_by_name_or_pronoun(
    question: str, text: str, who: str | None, before: str, agent: str | None
) -> None:
    asked = agency.read(question)
    assert asked is not None
    assert agency.agent(asked, said(text, who, before)) == agent


@pytest.mark.parametrize(
    "question", ["Who came to the fair?", "Who is the chair?", "Who said so?", "When was it shut?"]
)
def test_what_many_may_have_done_is_not_asked_for_one_doer(question: str) -> None:
    assert agency.read(question) is None


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (f"{ROWS}R-2,2025-08-09,Paul Egger,450,", "no"),
        (f"{ROWS}R-2,2025-08-09,Paul Egger,450,2025-09-01", "yes"),
        ("Rescue,Guide,Fee,State\nR-2,Paul Egger,450,unpaid", "no"),
        ("Rescue,Guide,Fee,State\nR-2,Paul Egger,450,paid", "yes"),
        (f"{ROWS}R-1,2025-06-05,Anna Moser,300,", None),
    ],
)
def test_a_row_answers_by_its_cell_and_not_by_the_name_of_its_column(row: str, answer: str | None) -> None:
    asked = read("Was Paul Egger paid for the rescue?")
    assert asked is not None
    assert stance(asked, said(row)) == answer


OPENS = "When does the fair open?"
JAN, MARCH = "2025-01-14", "2025-03-11"
CHANGES: list[tuple[str, str, str, bool]] = [
    (OPENS, "The fair opens on 3 May 2025.", "The opening was put off from 3 May to 9 May 2025.", True),
    (OPENS, "The fair opens on 3 May 2025.", "The fair will open on 9 May instead of 3 May.", True),
    (OPENS, "The fair opens on 3 May 2025.", "The closing was moved from 1 June to 8 June 2025.", False),
    (OPENS, "The fair opens on 3 May 2025.", "The fair opens on 3 May 2025.", False),
    ("What is the rent?", "The rent is £900 a month.", "The rent was raised from £900 to £950.", True),
    ("What is the rent?", "The rent is £950 a month.", "The rent was raised from £900 to £950.", False),
    ("What is the adult ticket?", "The adult ticket is £6.50.", "The adult ticket rises to £7.00 in July.", True),
    ("What is the adult ticket?", "The adult ticket is £6.50.", "The child ticket stays at £3.25.", False),
]


@pytest.mark.parametrize(("question", "earlier", "later", "changed"), CHANGES)
def test_what_changed_a_value_is_told_from_what_gives_another(
    question: str, earlier: str, later: str, changed: bool
) -> None:
    first, second = said(earlier, date=JAN), said(later, date=MARCH)
    assert supersedes(second, first, question) is changed
    assert not supersedes(said(later, date=JAN), said(earlier, date=MARCH), question)


HUT = {
    "jan.txt": "CLUB\nMinutes of the meeting held on 14 January 2025\n\n"
    "1. Car. The cable car reopens on 24 May 2025.\n",
    "mar.txt": "CLUB\nMinutes of the meeting held on 11 March 2025\n\n"
    "1. Car. The reopening was put back from 24 May to 7 June 2025, because the rope is late.\n",
    "egger.txt": "STATEMENT OF PAUL EGGER\n\nI, Paul Egger, warden, say:\n\n"
    "1. I was in the kitchen when the gas alarm went off at 6.20 am on 9 August 2025.\n2. I shut the main tap.\n"
    "3. I weighed the gas bottle. It was 11 kg.\n\nSigned: Paul Egger, 30 August 2025\n",
    "lindt.txt": "STATEMENT OF VERA LINDT\n\nI, Vera Lindt, chair, say:\n\n1. On 9 August 2025 I slept at the hut.\n"
    "2. The gas alarm went off at 6.05 am.\n3. Mr Egger was not in the kitchen.\n"
    "4. The main tap was open. I shut it at 6.15 am.\n\nSigned: Vera Lindt, 2 October 2025\n",
}


@pytest.fixture(scope="module")
def hut(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder: Path = tmp_path_factory.mktemp("hut")
    for name, text in HUT.items():
        (folder / name).write_text(text, encoding="utf-8")
    corpus = hybrid.Corpus.open(folder / "corpus", SETTINGS)
    corpus.ingest(*(folder / name for name in HUT))
    return corpus


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When did the gas alarm go off on 9 August 2025?", "6.20 am", "6.05 am"),
        ("Who shut the main tap?", "I shut the main tap.", "I shut it"),
        ("Was Mr Egger in the kitchen when the alarm went off?", "I was in the kitchen", "was not in the kitchen"),
    ],
)
def test_both_are_quoted_and_each_is_marked_with_the_other(
    hut: hybrid.Corpus, question: str, one: str, other: str
) -> None:
    answer = hut.ask(question, route="lookup")
    first, second = (next(claim for claim in answer.claims if part in claim.text) for part in (one, other))
    assert first.contradicted_by == (second.citations[0].number,)
    assert second.contradicted_by == (first.citations[0].number,)


def test_a_value_that_was_changed_stands_behind_its_change(hut: hybrid.Corpus) -> None:
    change, earlier = hut.ask("When does the cable car reopen?", route="lookup").claims[:2]
    assert "7 June" in change.text
    assert earlier.text == "The cable car reopens on 24 May 2025."
    assert earlier.qualification == "changed later"


def test_the_sentence_that_gives_the_value_is_quoted_behind_the_one_that_names_the_thing(hut: hybrid.Corpus) -> None:
    texts = [claim.text for claim in hut.ask("How heavy was the gas bottle?", route="lookup").claims]
    assert texts[texts.index("3. I weighed the gas bottle.") + 1] == "It was 11 kg."
