"""What two documents cannot both be right about is marked, also where a day, a thing or an occasion stands before the
sentence; what was changed later is no contradiction, and is said first."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_only import corpus_of

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


BILLS = "Bill,Date,Payee,Amount,Settled on\n"
CONTRADICTORY += [
    ("Was the spare oar in the boathouse?", said("The spare oar was in the boathouse."),
     said("The spare oar was not in the boathouse.")),
    ("Was the fire engine at the depot on 3 May 2024?", said("The fire engine was at the depot on 3 May 2024."),
     said("It was not at the depot.", before="I looked for the fire engine on 3 May 2024.")),
    ("Was the old bus in the yard in the night of 3 May 2024?", said("The old bus was in the yard."),
     said("The old bus was not in the yard.")),
    ("Was the gate locked at 06:50?", said("The gate was locked at 06:50."), said("The gate was unlocked at 6.50 am.")),
    ("Was the hatch open?", said("The hatch was open when the pilot came."),
     said("The hatch was shut when the pilot came.")),
    ("Was bill C-14 settled?", said(BILLS + "C-14,3 May 2024,Ott,420,"), said("Bill C-14 was settled.")),
    ("Was bill C-14 settled?", said("Bill C-14 was settled in May."),
     said("Bill C-15 was settled, but bill C-14 was not settled.")),
]  # fmt: skip
COMPATIBLE += [
    ("Was bill C-14 settled?", said(BILLS + "C-14,3 May 2024,Ott,420,"), said("Bill C-15 was settled.")),
    ("Was bill C-14 settled?", said(BILLS + "C-14,3 May 2024,Ott,420,"),
     Said("Bill C-15 was settled on 4 June 2024.", "Re: bill C-14")),
    ("Was bill C-14 settled?", said(BILLS + "C-14,3 May 2024,Ott,420,"),
     said("It was settled.", before="Bill C-15 is another matter.")),
    ("Was bill C-14 settled?", said("Bill C-14 was settled."),
     said("Bill C-14 was settled, but bill C-15 was not settled.")),
    ("What is the amount of permit K-7?", said("Permit K-7 costs £40."), said("Permit K-8 costs £55.")),
    ("Was the sluice closed?", said("The sluice was closed when I left at 19:00."),
     said("The sluice was open at 06:50.")),
    ("Was the sluice closed?", said("The sluice was closed.", before="I went home at 7 pm on 3 May 2024."),
     said("The sluice was open.", before="I came at 6.50 am on 4 May 2024.")),
    ("Was the van in the yard?", said("The van was in the yard at noon."),
     said("The van was not in the yard at 5 pm.")),
    ("What state was the boiler door in?", said("The boiler door was locked at 19:00."),
     said("The boiler door was unlocked at 06:50.")),
    ("Was the crane on the quay?", said("The spare crane was on the quay."),
     said("The main crane was not on the quay.")),
    ("Was the spare crane on the quay?", said("The spare crane was on the quay."),
     said("The main crane was not on the quay.")),
]  # fmt: skip


CONTRADICTORY += [
    ("How did Ms Hale pay Mr Berg?", said("I paid Mr Berg by bank transfer.", "Ann Hale"),
     said("Ms Hale paid me in cash.", "Odd Berg")),
    ("How was the deposit paid?", said("The deposit was paid by cheque on 3 May 2024."),
     said("The deposit was paid in cash on 3 May 2024.")),
    ("How did Mr Berg travel to Oslo?", said("I travelled to Oslo by train.", "Odd Berg"),
     said("Mr Berg travelled to Oslo by car.")),
]  # fmt: skip
COMPATIBLE += [
    (
        "Was the sluice closed?",
        said("The sluice was closed.", before="I went home on 3 May 2024."),
        said("The sluice was open.", before="I came on 4 May 2024."),
    ),
    ("How did Ms Hale pay Mr Berg?", said("I paid Mr Berg by cheque on 3 May 2024.", "Ann Hale"),
     said("Ms Hale paid me in cash on 9 June 2024.", "Odd Berg")),
    ("How did Ms Hale pay Mr Berg?", said("I paid Mr Berg £40 by cheque.", "Ann Hale"),
     said("Ms Hale paid me £10 in cash.", "Odd Berg")),
    ("How did Ms Hale pay Mr Berg?", said("I paid Mr Berg by cheque.", "Ann Hale"),
     said("Ms Hale paid me by cheque.", "Odd Berg")),
    ("How was the deposit paid?", said("The deposit was paid by cheque."), said("The deposit was paid in May.")),
    ("Was bill C-14 settled?", said(BILLS + "C-14,3 May 2024,Ott,420,"),
     said("You say that bill C-14 was settled.", "Odd Berg")),
]  # fmt: skip


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
    return corpus_of(HUT, tmp_path_factory)


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


YARD = {
    "bills.csv": "Bill,Date,Payee,Amount,Paid on\nC-13,2 May 2025,Ott Sails,120,9 May 2025\n"
    "C-14,9 May 2025,Rope & Co,840,\n",
    "letter.txt": "Rope & Co\n2 June 2025\n\nDear Ms Hale,\n\nBill C-13 was paid on 9 May 2025. Thank you.\n\n"
    "Yours sincerely,\nOdd Berg\n",
    "hale.txt": "STATEMENT OF ANN HALE\n\nI, Ann Hale, yard keeper, say:\n\n"
    "1. The slip gate was closed when I left at 19:00 on 3 May 2025.\n"
    "2. The spare anchor was in the sail loft.\n\nSigned: Ann Hale, 30 August 2025\n",
    "berg.txt": "STATEMENT OF ODD BERG\n\nI, Odd Berg, rope maker, say:\n\n"
    "1. At 06:50 on 4 May 2025 the slip gate was open.\n"
    "2. The spare anchor was not in the sail loft.\n\nSigned: Odd Berg, 2 October 2025\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(YARD, tmp_path_factory)


def test_a_letter_on_another_bill_does_not_contradict_the_row_of_the_bill_asked_for(yard: hybrid.Corpus) -> None:
    claims = yard.ask("Is bill C-14 paid?", route="lookup").claims
    assert any("C-14,9 May 2025" in claim.text for claim in claims)
    assert not any(claim.contradicted_by for claim in claims)


def test_how_a_thing_was_at_two_times_is_quoted_and_not_marked(yard: hybrid.Corpus) -> None:
    claims = yard.ask("Was the slip gate closed?", route="lookup").claims
    assert {"19:00", "06:50"} <= {time for claim in claims for time in ("19:00", "06:50") if time in claim.text}
    assert not any(claim.contradicted_by for claim in claims)


def test_where_a_thing_with_an_adjective_was_is_disputed(yard: hybrid.Corpus) -> None:
    claims = yard.ask("Was the spare anchor in the sail loft?", route="lookup").claims
    assert len([claim for claim in claims if claim.contradicted_by]) == 2


LEDGER = "Bill,Date,Goods,Amount,Paid on\nB-31,2 May 2024,Hay bales,410.00,9 May 2024"
NOT_IN_LEDGER = "Bill,Date,Goods,Amount,Paid on\nB-31,2 May 2024,Hay bales,410.00,"
ASKED = ["Has bill B-31 been paid?", "Was bill B-31 paid?", "Is bill B-31 paid or unpaid?"]
PAID = [
    said("Ann, please tell the farm that we paid B-31 by card on 9 May.", "Cy Wye", date="2024-06-04"),
    said("Please note that bill B-31 was paid.", "Cy Wye", date="2024-05-20"),
    said(LEDGER),
]
UNPAID = [
    said("I must point out that bill B-31 is still unpaid.", "Ben Tek", date="2024-06-01"),
    said("I would add that bill B-31 has not been paid, and that we will deliver no more hay.", "Ben Tek",
         date="2024-06-01"),
]  # fmt: skip


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize("paid", PAID)
@pytest.mark.parametrize("unpaid", [*UNPAID, said(NOT_IN_LEDGER)])
def test_what_says_paid_and_what_says_unpaid_contradict_each_other(question: str, paid: Said, unpaid: Said) -> None:
    assert contradict(paid, unpaid, question) == contradict(unpaid, paid, question) == "denial"


@pytest.mark.parametrize("question", ASKED)
@pytest.mark.parametrize(
    "paid",
    [
        said("We paid B-31 by card on 9 June.", "Cy Wye", date="2024-06-20"),  # later
        said("Please tell the farm that we will pay B-31.", "Cy Wye", date="2024-05-20"),
        said("Please tell me whether bill B-31 was paid.", "Cy Wye", date="2024-05-20"),
        said("Please let me know that bill B-31 was paid.", "Cy Wye", date="2024-05-20"),
        said("Please tell the farm that we paid B-32 on 9 May.", "Cy Wye", date="2024-05-20"),
    ],
)
def test_what_is_paid_later_or_not_yet_or_is_another_does_not(question: str, paid: Said) -> None:
    assert contradict(paid, UNPAID[0], question) is None


def test_who_does_not_understand_how_it_is_called_unpaid_does_not_say_so() -> None:
    asked = read("Has bill B-31 been paid?")
    assert asked is not None
    wonders = said("I do not understand how they can call it unpaid.", "Cy Wye", before="We paid B-31 on 9 May.")
    assert stance(asked, wonders) is None
    assert contradict(said(LEDGER), wonders, "Has bill B-31 been paid?") is None


FARM = {
    "bills.csv": "bill,date,goods,amount_gbp,paid_on\n"
    "B-30,2024-04-02,Oats,120.00,\nB-31,2024-05-02,Hay,410.00,2024-05-09\n",
    "farm.txt": "LETTER OF BEN TEK of Ode Farm, 1 June 2024\n\nThank you for your letter. I must point out that bill"
    " B-31 is still unpaid. The oats were delivered.\n",
    "stable.txt": "LETTER OF CY WYE of the stables, 4 June 2024\n\nThe horses are well. Please tell Mr Tek that we paid"
    " B-31 by card on 9 May. I do not understand how he can call it unpaid.\n",
}


@pytest.mark.parametrize("question", ASKED)
def test_letters_and_a_row_on_whether_a_bill_is_paid_are_quoted_and_marked(tmp_path: Path, question: str) -> None:
    for name, text in FARM.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    corpus = hybrid.Corpus.open(tmp_path / "corpus", SETTINGS)
    corpus.ingest(*(tmp_path / name for name in FARM))
    marked = [claim.text for claim in corpus.ask(question, route="lookup").claims if claim.contradicted_by]
    assert any("still unpaid" in text for text in marked)
    assert any("paid B-31 by card" in text for text in marked)
    assert any("2024-05-09" in text for text in marked)
    assert not any("call it" in text or "B-30" in text for text in marked)
