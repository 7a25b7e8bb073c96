"""Two documents that say otherwise about one thing are told from two that speak of two things."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.disagreement import Said, disagree

CONTRADICTIONS = [
    ("The rent is £900 a month.", "The rent is £950 a month.", ""),
    ("Mr Osei was admitted to the ward on 3 March 2025.", "Mr Osei was admitted to the ward on 5 March 2025.", ""),
    ("The outage lasted 47 minutes.", "The outage lasted 3 hours.", "How long did the outage last?"),
    ("The nurse gave the patient 5 mg of morphine.", "The nurse gave the patient 10 mg of morphine.", ""),
    ("The boiler was serviced in June.", "The boiler was not serviced in June.", ""),
    (
        "I did not agree to the new timetable.",
        "Ms Bell agreed to the new timetable.",
        "Did Ms Bell agree to the new timetable?",
    ),
    ("The committee approved the minutes.", "The committee never approved the minutes.", ""),
    ("The front door was locked when the police came.", "The front door was unlocked when the police came.", ""),
    (
        "Twelve councillors voted for the motion.",
        "Nine councillors voted for the motion.",
        "How many councillors voted for the motion?",
    ),
    ("The deploy of build 4411 began at 14:05.", "The deploy of build 4411 began at 15:20.", ""),
    ("The sample for lot K-2207 had a pH of 6.1.", "Lot K-2207: pH 7.4 found.", "What pH did lot K-2207 have?"),
    (
        "The invoice gives 4 May 2024 as the date of delivery of crate C-1192.",
        "Crate C-1192 was delivered on 9 May 2024.",
        "When was crate C-1192 delivered?",
    ),
    ("The car was travelling at 30 mph.", "The car was travelling at 52 mph.", "How fast was the car travelling?"),
    (
        "The landlord returned the deposit.",
        "The landlord has not returned the deposit.",
        "Did the landlord return the deposit?",
    ),
    ("The vessel carried 14 crew.", "The vessel carried 17 crew.", "How many crew did the vessel carry?"),
    ("The consent form was signed before the operation.", "The consent form was unsigned before the operation.", ""),
    ("The backup of server 7 completed on 1 June 2025.", "The backup of server 7 completed on 8 June 2025.", ""),
    (
        "I received no warning from the surveyor.",
        "The surveyor's warning was received by Mr Dunn.",
        "Did Mr Dunn receive a warning from the surveyor?",
    ),
    ("The tender of Harlow Roofing was £81,500.", "The tender of Harlow Roofing was £86,200.", ""),
    ("The alarm sounded during the fire.", "The alarm did not sound during the fire.", "Did the alarm sound?"),
    (
        "The claimant resigned on 2 April 2024.",
        "The claimant resigned on 19 April 2024.",
        "When did the claimant resign?",
    ),
]
SPEAKERS = {
    "I did not agree to the new timetable.": "Ruth Bell",
    "I received no warning from the surveyor.": "Alan Dunn",
}

AGREEMENTS = [
    ("The rent was £900 a month until May.", "The rent is £950 a month.", ""),
    ("The rent of Flat 2 is £900 a month.", "The rent of Flat 5 is £950 a month.", ""),
    ("The rent is £900 a month.", "The deposit is £1,350.", ""),
    ("The outage lasted 47 minutes.", "The outage lasted about three quarters of an hour.", ""),
    ("The journey is 1.5 km.", "The journey is 1,500 metres.", ""),
    ("The minimum wage is £11.44 an hour.", "The maximum wage is £18.20 an hour.", ""),
    ("The work is due on 3 March 2025.", "The work was finished on 9 March 2025.", "When was the work finished?"),
    ("The price is £4 per unit.", "The total price is £4,000.", "What is the price?"),
    ("It is alleged that the driver was drunk.", "The driver denies that he was drunk.", ""),
    ("Revenue in 2023 was £4.1 million.", "Revenue in 2024 was £4.9 million.", "What was the revenue?"),
    ("Ann Cole earns £31,000 a year.", "Ben Dray earns £36,000 a year.", ""),
    ("The panel shall meet within 30 days.", "The panel met after 12 days.", ""),
    ("The survey cost £1,249.60.", "The survey cost £1,250.", ""),
    ("The budget for the roof was £80,000.", "The roof cost £91,000.", "What did the roof cost?"),
    (
        "Ms Bell was asked to agree to the timetable.",
        "I did not agree to the timetable.",
        "Did Ms Bell agree to the timetable?",
    ),
    ("If the tenant does not pay, the landlord may end the lease.", "The tenant paid.", ""),
    ("The patient was given 5 mg of morphine at 08:00.", "The patient was given 10 mg of morphine at 20:00.", ""),
    ("The notice period is thirty days.", "The notice period is 30 days.", ""),
    ("Did the alarm sound?", "The alarm did not sound.", ""),
    ("The gross weight is 21 tonnes.", "The net weight is 18 tonnes.", ""),
    ("Lot K-2207 had a pH of 6.1.", "Lot K-2208 had a pH of 7.4.", "What pH did lot K-2207 have?"),
    ("The committee did not approve the loan to Mr Reed.", "The committee approved the loan to Mrs Tan.", ""),
    ("Version 2 has 14 pages.", "Version 3 has 17 pages.", ""),
    ("The fee was raised from £50 to £60.", "The fee is £60.", ""),
    ("The school has 412 pupils.", "The school has 31 teachers.", "How many pupils has the school?"),
    ("I think that the door was open.", "The door was closed.", ""),
    ("He said that he would pay on 1 May 2024.", "He paid on 20 May 2024.", "When did he pay?"),
    ("The train leaves at 9:40 on weekdays.", "The train leaves at 10:15 on Sundays.", ""),
    ("The council agreed to repair the wall.", "The council did not agree to pay compensation.", ""),
    ("The wall is 2 metres high.", "The wall is 200 centimetres high.", ""),
]


@pytest.mark.parametrize(("one", "other", "question"), CONTRADICTIONS)
def test_what_cannot_both_hold_is_found(one: str, other: str, question: str) -> None:
    pair = Said(one, speaker=SPEAKERS.get(one)), Said(other, speaker=SPEAKERS.get(other))
    assert disagree(*pair, question)
    assert disagree(*reversed(pair), question)


@pytest.mark.parametrize(("one", "other", "question"), AGREEMENTS)
def test_what_can_both_hold_is_no_contradiction(one: str, other: str, question: str) -> None:
    speaker = {"I did not agree to the timetable.": "Ruth Bell"}
    pair = Said(one, speaker=speaker.get(one)), Said(other, speaker=speaker.get(other))
    assert disagree(*pair, question) is None
    assert disagree(*reversed(pair), question) is None


def test_a_title_says_what_a_row_is_about() -> None:
    question = "What mean coating did batch B-2311-A have?"
    row = Said("Coating, mean of ten rails at least 70 micrometres 72 micrometres", "Certificate for batch B-2311-A")
    mail = Said("The mean is 58 micrometres against 70 required.", "B-2311-A - hold")
    listed = Said("The worksheets give these means: B-2311-A 58, B-2311-B 57.", "Private")
    other = Said("The mean is 57 micrometres against 70 required.", "B-2311-B - hold")
    assert disagree(row, mail, question) == "value"
    assert disagree(row, listed, question) == "value"
    assert disagree(mail, listed, question) is None
    assert disagree(row, other, question) is None


def test_the_columns_of_a_table_say_which_day_its_rows_give() -> None:
    row = Said("Invoice Date Delivery note Amount Paid on Open TV-24-454 31 January 2024 DN-0118 £35,964.00 -")
    delivered = Said("The load DN-0118 was signed for on 9 February 2024.")
    assert disagree(row, delivered, "When was the load DN-0118 delivered?") is None
    assert disagree(delivered, row, "When was the load DN-0118 delivered?") is None


def test_i_is_who_says_it() -> None:
    denial = Said("I did not agree to waive the charges for the autumn loads.", speaker="Ruth Bell")
    question = "Did Ruth Bell agree to waive the charges?"
    assert disagree(denial, Said("Ms Bell agreed that the charges are waived."), question) == "denial"
    assert disagree(denial, Said("Mr Dunn agreed that the charges are waived."), question) is None
