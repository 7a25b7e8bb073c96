"""Two accounts of one thing are both shown, each with who and when; what can both be right is no contradiction."""

from __future__ import annotations

import pytest
from accounts_corpus import write

import hybrid
from hybrid.answering.contradictions import contradict
from hybrid.answering.polarity import Stance, read, stance
from hybrid.answering.verification.disagreement import Said


def said(text: str, who: str | None = None, date: str | None = None, title: str = "", before: str = "") -> Said:
    return Said(text, title, who, date, before)


# question, sentence, who says it, the sentence before it
YES: list[tuple[str, str, str | None, str]] = [
    ("Was Mr Ferris at the site on 14 June 2022?", "2. Mr Ferris was at the site on 14 June 2022.", None, ""),
    ("Has invoice BJ-3310 been paid?", "Invoice BJ-3310 was paid in full on 2 September 2022.", None, ""),
    (
        "Did the fire alarm ring on 21 June 2022?",
        "4. The fire alarm rang at 10:40 on 21 June 2022 and everybody went out.",
        None,
        "",
    ),
    (
        "Did the call bell of bed 12 ring on the night of 9 February 2023?",
        "The call bell of bed 12 rang for twenty minutes on the night of 9 February 2023 and nobody came.",
        None,
        "",
    ),
    ("Was the deposit for Carrow Barn paid?", "3. Jon Reed paid the deposit for Carrow Barn on 7 May 2024.", None, ""),
    (
        "Was Martin Royce in the canteen on 2 May 2023?",
        "Martin Royce was in the canteen on 2 May 2023 from noon.",
        None,
        "",
    ),
    (
        "Did Martin Royce shout at Nadia Fell?",
        "Martin Royce shouted at me in the canteen on 2 May 2023.",
        "Nadia Fell",
        "",
    ),
    ("Did Captain Reyes sign the bill of lading?", "I signed the bill of lading before we sailed.", "Luis Reyes", ""),
    ("Was the hatch closed when the vessel sailed?", "The hatch was closed when the vessel sailed.", None, ""),
    (
        "Did Ann Cole attend the meeting of 4 March 2021?",
        "I saw Ms Cole at the meeting of 4 March 2021; she attended all of it.",
        "Bo Dean",
        "",
    ),
    ("When was the deposit returned?", "The deposit was returned on 3 March.", None, ""),
    ("Did the ship's engineer inspect the pump?", "The pump was inspected by the engineer on Friday.", None, ""),
    (
        "Was Ida Brown at the kitchen on 5 May?",
        "She was at the kitchen on 5 May all day.",
        None,
        "Ida Brown kept the keys.",
    ),
    ("Did Dr Osman come to the ward?", "Dr Osman came to the ward at half past two and left again.", None, ""),
    ("Was the door locked?", "The door was not unlocked until seven.", None, ""),
]
NO: list[tuple[str, str, str | None, str]] = [
    ("Was Mr Ferris at the site on 14 June 2022?", "2. I was not at the site on 14 June 2022.", "Daniel Ferris", ""),
    (
        "Was Mr Ferris at the site on 14 June 2022?",
        "Mr Ferris wasn't there on 14 June 2022, whatever he says.",
        None,
        "",
    ),
    ("Has invoice BJ-3310 been paid?", "Invoice BJ-3310 remains unpaid.", None, ""),
    ("Has invoice BJ-3310 been paid?", "We have not paid invoice BJ-3310.", None, ""),
    (
        "Did the fire alarm ring on 21 June 2022?",
        "It did not ring.",
        None,
        "I did not hear the fire alarm on 21 June 2022.",
    ),
    (
        "Did the call bell of bed 12 ring on the night of 9 February 2023?",
        "The call bell of bed 12 did not ring that night.",
        None,
        "I was on duty on ward 4 on the night of 9 February 2023.",
    ),
    ("Was the deposit for Carrow Barn paid?", "The deposit for Carrow Barn has not been paid.", None, ""),
    ("Was Martin Royce in the canteen on 2 May 2023?", "I was not in the canteen on 2 May.", "Martin Royce", ""),
    ("Did Martin Royce shout at Nadia Fell?", "I never shouted at her.", "Martin Royce", ""),
    ("Did Captain Reyes sign the bill of lading?", "Captain Reyes refused to sign the bill of lading.", None, ""),
    ("Did Captain Reyes sign the bill of lading?", "I did not sign any bill of lading.", "Luis Reyes", ""),
    ("Was the hatch closed when the vessel sailed?", "The hatch was open when the vessel sailed.", None, ""),
    ("Did the landlord return the deposit?", "The landlord failed to return the deposit.", None, ""),
    ("When was the deposit returned?", "The deposit was never returned.", None, ""),
    (
        "Did Ann Cole attend the meeting of 4 March 2021?",
        "Ann Cole did not attend the meeting of 4 March 2021.",
        None,
        "",
    ),
    ("Did the engineer inspect the pump?", "No inspection of the pump was made by the engineer.", None, ""),
    (
        "Did Ann Cole attend the meeting of 4 March 2021?",
        "Ms Cole was absent from the meeting of 4 March 2021.",
        None,
        "",
    ),
]
NEITHER: list[tuple[str, str, str | None, str]] = [
    ("Was Mr Ferris at the site on 14 June 2022?", "Mr Ferris was at the site on 20 June 2022.", None, ""),
    (
        "Was Mr Ferris at the site on 14 June 2022?",
        "Mr Ferris told me on 14 June 2022 that the site was closed.",
        None,
        "",
    ),
    ("Was Mr Ferris at the site on 14 June 2022?", "I was not at the site on 14 June 2022.", "Peter Larkin", ""),
    (
        "Was Mr Ferris at the site on 14 June 2022?",
        "Mr Ferris did not see the roof at the site on 14 June 2022.",
        None,
        "",
    ),
    ("Has invoice BJ-3310 been paid?", "Invoice BJ-3311 remains unpaid.", None, ""),
    ("Has invoice BJ-3310 been paid?", "Please pay invoice BJ-3310 within 14 days.", None, ""),
    ("Has invoice BJ-3310 been paid?", "Invoice BJ-3310 must be paid by 3 May.", None, ""),
    ("Did the fire alarm ring on 21 June 2022?", "The fire alarm was tested on 21 June 2022.", None, ""),
    ("Did the fire alarm ring on 21 June 2022?", "I did not hear the fire alarm ring on 21 June 2022.", None, ""),
    ("Was the deposit for Carrow Barn paid?", "Jon Reed agreed to pay the deposit for Carrow Barn.", None, ""),
    ("Was the deposit for Carrow Barn paid?", "Did you pay the deposit for Carrow Barn?", None, ""),
    ("Did Martin Royce shout at Nadia Fell?", "I never shouted at her.", "Tom Avery", ""),
    ("Did Martin Royce shout at Nadia Fell?", "I did not shout at Ms Fell.", "Tom Avery", ""),
    ("Did Captain Reyes sign the bill of lading?", "The mate signed the bill of lading.", None, ""),
    (
        "Did Captain Reyes sign the bill of lading?",
        "If Captain Reyes signed the bill of lading, he was wrong.",
        None,
        "",
    ),
    ("Did the landlord return the deposit?", "The landlord did not return my calls about the deposit.", None, ""),
    ("Was the hatch closed when the vessel sailed?", "The hatch was painted when the vessel sailed.", None, ""),
    (
        "Did Ann Cole attend the meeting of 4 March 2021?",
        "Ann Cole did not attend the meeting of 11 March 2021.",
        None,
        "",
    ),
    ("Did the engineer inspect the pump?", "The engineer did not repair the pump.", None, ""),
]


@pytest.mark.parametrize(
    ("answer", "row"), [(answer, row) for answer, rows in (("yes", YES), ("no", NO), (None, NEITHER)) for row in rows]
)
def test_a_sentence_answers_what_was_asked_and_nothing_else(
    answer: Stance | None, row: tuple[str, str, str | None, str]
) -> None:
    question, text, speaker, before = row
    asked = read(question)
    assert asked is not None
    assert stance(asked, said(text, speaker, before=before)) == answer


CONTRADICTIONS = [
    (
        "Was Mr Abbot in the kitchen on 3 May 2023?",
        said("Mr Abbot was in the kitchen on 3 May 2023.", "Iris Lowe"),
        said("I was not in the kitchen on 3 May 2023.", "Jack Abbot"),
    ),
    (
        "Has invoice 4471 been paid?",
        said("Invoice 4471 was paid on 2 June 2022.", date="2022-06-12"),
        said("Invoice 4471 remains unpaid.", date="2022-07-30"),
    ),
    ("Did the smoke alarm sound?", said("The smoke alarm sounded at ten."), said("The smoke alarm never sounded.")),
    ("Who closed the valve?", said("Mr Ade closed the valve at noon."), said("Mr Ade did not close the valve.")),
    (
        "How many crates were short?",
        said("Nine crates were short when the hold was opened."),
        said("Fourteen crates were short when the hold was opened."),
    ),
    (
        "When did the Larch sail?",
        said("The Larch sailed from Odessa on 3 March 2020.", "A B"),
        said("The Larch sailed from Odessa on 6 March 2020.", "C D"),
    ),
    (
        "When was the patient discharged?",
        said("The patient was discharged on 4 May 2021."),
        said("The patient was discharged on 7 May 2021."),
    ),
    (
        "Did the nurse check the drip?",
        said("The nurse checked the drip twice that night."),
        said("Nobody checked the drip that night."),
    ),
    ("Was the hold dry?", said("The hold was dry when loading began."), said("The hold was wet when loading began.")),
    (
        "What was the dose of heparin?",
        said("The dose of heparin was 5,000 units."),
        said("The dose of heparin was 7,500 units."),
    ),
    (
        "Did Ms Yates agree to the new rota?",
        said("Ms Yates agreed to the new rota on Monday."),
        said("I never agreed to the new rota.", "Carol Yates"),
    ),
    (
        "Was the scaffold inspected before the storm?",
        said("The scaffold was inspected before the storm."),
        said("The scaffold was not inspected before the storm."),
    ),
    (
        "Did the master receive the weather warning?",
        said("The master received the weather warning at 06:00."),
        said("I received no weather warning.", "the master"),
    ),
    (
        "Was the recipe signed by the chair?",
        said("The chair signed the recipe on 1 April."),
        said("The recipe was never signed by the chair."),
    ),
    ("What did the survey cost?", said("The survey cost £1,200."), said("The survey cost £1,950.")),
    (
        "Did Tom Reeve take the keys?",
        said("Tom Reeve took the keys from the hook."),
        said("I did not take the keys.", "Tom Reeve"),
    ),
    (
        "Was Dr Lim present at the operation?",
        said("Dr Lim was present at the operation throughout."),
        said("Dr Lim was absent from the operation."),
    ),
    ("How long did the outage last?", said("The outage lasted 20 minutes."), said("The outage lasted two hours.")),
    (
        "Did the buyer inspect the cargo?",
        said("The buyer inspected the cargo at Gdansk."),
        said("The buyer refused to inspect the cargo."),
    ),
    (
        "Were the minutes approved?",
        said("The minutes were approved without change."),
        said("The minutes have not been approved.", date="2024-05-01"),
    ),
    ("When was the notice served?", said("The notice was served on 5 June 2023."), said("No notice was ever served.")),
    (
        "Did the oven fail during the supper?",
        said("The oven failed during the supper."),
        said("The oven did not fail during the supper."),
    ),
    (
        "Were the guests told about the nuts?",
        said("The guests were told about the nuts before the meal."),
        said("The guests were not told about the nuts."),
    ),
    (
        "Did Rosa Blanco lock the pantry?",
        said("Rosa Blanco locked the pantry at eleven."),
        said("I did not lock the pantry that night.", "Rosa Blanco"),
    ),
    (
        "Was Paul Nye on the bridge at the time of the collision?",
        said("Paul Nye was on the bridge at the time of the collision."),
        said("I was not on the bridge at the time of the collision.", "Paul Nye"),
    ),
    ("When did the surgeon arrive?", said("The surgeon arrived at 02:15."), said("The surgeon arrived at 03:40.")),
    (
        "Has the bond been released?",
        said("The bond was released on 4 May 2021.", date="2021-06-01"),
        said("The bond has not been released.", date="2021-09-01"),
    ),
    (
        "How many passengers were aboard?",
        said("There were 212 passengers aboard."),
        said("There were 198 passengers aboard."),
    ),
    (
        "Did the contractor give notice of the delay?",
        said("The contractor gave notice of the delay on 3 May."),
        said("The contractor never gave notice of the delay."),
    ),
    (
        "Was the wall painted before handover?",
        said("The wall had been painted before handover."),
        said("The wall was unpainted before handover."),
    ),
    ("Did Helga Strom resign?", said("Helga Strom resigned in March."), said("I did not resign.", "Helga Strom")),
    (
        "Did the pilot board the ship?",
        said("The pilot boarded the ship at the outer buoy."),
        said("No pilot boarded the ship."),
    ),
    (
        "What was the depth of the trench?",
        said("The trench was 1.2 metres deep."),
        said("The trench was 0.8 metres deep."),
    ),
    (
        "Was consent obtained from Mrs Dow?",
        said("Consent was obtained from Mrs Dow on the ward."),
        said("Consent was not obtained from Mrs Dow."),
    ),
    (
        "When was the cake delivered?",
        said("The cake was delivered on 1 July 2023."),
        said("The cake was delivered on 3 July 2023."),
    ),
    (
        "Did Omar Said sign the timesheet?",
        said("Omar Said signed the timesheet for May."),
        said("Omar Said refused to sign the timesheet for May."),
    ),
    ("Was the gate open?", said("The gate was open when we came."), said("The gate was shut when we came.")),
    (
        "Did the lift stop between floors?",
        said("The lift stopped between floors on Monday."),
        said("The lift did not stop between floors."),
    ),
    (
        "Was Karin Vogt at the tasting of 9 June 2024?",
        said("Karin Vogt came to the tasting of 9 June 2024."),
        said("Karin Vogt was not at the tasting of 9 June 2024."),
    ),
    (
        "Did the insurer accept the claim?",
        said("The insurer accepted the claim in full."),
        said("The insurer rejected the claim."),
    ),
    (
        "Were the brakes tested after the repair?",
        said("The brakes were tested after the repair."),
        said("Nobody tested the brakes after the repair."),
    ),
]
BOTH_RIGHT = [
    (
        "When did the bales leave the mill?",
        said("The bales left our mill on 31 January 2021."),
        said("The bales arrived at the quay on 6 February 2021."),
    ),
    (
        "When were the bales delivered?",
        said("The bales left our mill on 31 January 2021."),
        said("The bales were delivered to the quay on 6 February 2021."),
    ),
    (
        "What is the price of flour?",
        said("The price of flour is £21 a sack.", title="Price list 2021"),
        said("The price of flour is £24 a sack.", title="Price list 2023"),
    ),
    (
        "What is the balance of the account?",
        said("The balance of the account is £400.", date="2022-03-31"),
        said("The balance of the account is £250.", date="2022-06-30"),
    ),
    (
        "Has invoice 4471 been paid?",
        said("Invoice 4471 has not been paid.", date="2022-05-30"),
        said("Invoice 4471 was paid on 2 June 2022.", date="2022-06-12"),
    ),
    (
        "Has invoice 4471 been paid?",
        said("Invoice 4471 was paid on 2 June 2022."),
        said("Invoice 4472 remains unpaid."),
    ),
    (
        "Was Mr Abbot in the kitchen on 3 May 2023?",
        said("Mr Abbot was in the kitchen on 3 May 2023."),
        said("Mr Abbot was not in the kitchen on 4 May 2023."),
    ),
    (
        "Was Mr Abbot in the kitchen on 3 May 2023?",
        said("Mr Abbot was in the kitchen on 3 May 2023."),
        said("I was not in the kitchen on 3 May 2023.", "Iris Lowe"),
    ),
    (
        "Did the smoke alarm sound?",
        said("The smoke alarm sounded at ten."),
        said("I did not hear the smoke alarm sound.", "Iris Lowe"),
    ),
    (
        "Who is John Hart?",
        said("John Hart is the chief engineer of the Larch."),
        said("John Hart is the rector of Stowe."),
    ),
    (
        "When did the ship arrive?",
        said("The Larch arrived at Hull on 3 May 2020."),
        said("The Rowan arrived at Hull on 9 May 2020."),
    ),
    (
        "When was the letter sent?",
        said("The letter was written on 3 May 2020."),
        said("The letter was received on 6 May 2020."),
    ),
    ("What is the fee?", said("The entrance fee is £5."), said("The annual fee is £40.")),
    (
        "Did the nurse check the drip?",
        said("The nurse checked the drip at ten."),
        said("The nurse did not check the chart."),
    ),
    (
        "How many members has the society?",
        said("The society has 41 members.", date="2022-01-05"),
        said("The society has 53 members.", date="2024-01-05"),
    ),
    (
        "When was the contract signed?",
        said("The contract was signed on 4 March 2021."),
        said("The contract ended on 4 March 2022."),
    ),
    ("Was the deposit paid?", said("The deposit is to be paid by 1 June."), said("The deposit was not paid.")),
    (
        "What was the temperature of bed 3?",
        said("The temperature of bed 3 was 38.4 at 08:00."),
        said("The temperature of bed 3 was 37.1 at 20:00."),
    ),
    (
        "When did the work begin?",
        said("Work on the roof began on 3 May 2021."),
        said("Work on the kitchen began on 9 June 2021."),
    ),
    (
        "Did Tom Reeve take the keys?",
        said("Tom Reeve took the keys from the hook."),
        said("Tom Reeve did not take the van."),
    ),
    (
        "Was the hold dry?",
        said("The hold was dry when loading began."),
        said("The hold was wet when it was opened at Hull."),
    ),
    ("When was the vessel due?", said("The vessel was due on 3 May 2020."), said("The vessel arrived on 6 May 2020.")),
    (
        "What did the repair cost?",
        said("The repair of the pump cost £900."),
        said("The repair of the hoist cost £1,400."),
    ),
    (
        "When did the patient arrive?",
        said("The patient arrived on ward 4 on 3 May 2021."),
        said("The patient left ward 4 on 8 May 2021."),
    ),
    (
        "When did the train leave York?",
        said("The train left York at 09:10."),
        said("The train reached Leeds at 09:45."),
    ),
    (
        "Did Rosa Blanco lock the pantry?",
        said("Rosa Blanco locked the pantry at eleven."),
        said("I did not lock the pantry.", "Ada Lund"),
    ),
    (
        "Did Rosa Blanco lock the pantry?",
        said("Rosa Blanco locked the pantry at eleven."),
        said("Rosa Blanco did not lock the cellar."),
    ),
    (
        "Was the wall painted?",
        said("The north wall was painted."),
        said("The wall must not be painted before the plaster is dry."),
    ),
    (
        "What is the rent?",
        said("The rent is £700 a month.", title="Lease of 2019"),
        said("The rent is £760 a month.", title="Lease of 2022"),
    ),
    (
        "What was the stock of rice?",
        said("The stock of rice is 40 sacks.", date="2023-01-31"),
        said("The stock of rice is 22 sacks.", date="2023-02-28"),
    ),
    ("When was the ship built?", said("The Alder was built in 1998."), said("The Alder was sold in 2011.")),
    ("Who signed the lease?", said("Mr Ives signed the lease."), said("Ms Pratt signed the guarantee.")),
    (
        "Has the bond been released?",
        said("The bond has not yet been released.", date="2021-03-01"),
        said("The bond was released on 4 May 2021.", date="2021-06-01"),
    ),
    (
        "Was Karin Vogt at the tasting of 9 June 2024?",
        said("Karin Vogt was at the tasting of 9 June 2024."),
        said("Karin Vogt was not at the tasting of 2 June 2024."),
    ),
    (
        "Was Karin Vogt at the tasting?",
        said("Karin Vogt was at the tasting."),
        said("I did not see Karin Vogt at the tasting.", "Bo Hart"),
    ),
    ("How many pages has the report?", said("The first report has 12 pages."), said("The second report has 31 pages.")),
    (
        "Did the pilot board the ship?",
        said("The pilot boarded the ship at noon."),
        said("The agent did not board the ship."),
    ),
    (
        "Did the contractor give notice?",
        said("The contractor gave notice of the delay."),
        said("The contractor must give notice within 7 days."),
    ),
    (
        "When did the nurse call the doctor?",
        said("The nurse called the doctor at 22:00."),
        said("The doctor came at 23:30."),
    ),
    ("What did the window cost?", said("The window cost £410."), said("The door cost £1,100.")),
    (
        "Did Helga Strom resign?",
        said("Helga Strom resigned in March 2022."),
        said("Helga Strom did not resign in 2020."),
    ),
    ("Was the gate open?", said("The gate was open at noon."), said("The window was shut at noon.")),
    (
        "When was the claim made?",
        said("The claim was made on 5 May 2022."),
        said("The claim was settled on 9 September 2022."),
    ),
    (
        "How much was paid for the freight?",
        said("The freight quoted was £9,000."),
        said("The freight paid was £8,400."),
    ),
    (
        "Was Anna Roth the treasurer?",
        said("Anna Roth was the treasurer until 2019."),
        said("Anna Roth was not the treasurer in 2021."),
    ),
    ("Did the lift stop?", said("The lift stopped on Monday."), said("The lift did not stop on Tuesday.")),
]


@pytest.mark.parametrize(("question", "one", "other"), CONTRADICTIONS)
def test_what_cannot_both_be_right_is_found_in_either_order(question: str, one: Said, other: Said) -> None:
    assert contradict(one, other, question)
    assert contradict(other, one, question)


@pytest.mark.parametrize(("question", "one", "other"), BOTH_RIGHT)
def test_what_can_both_be_right_is_no_contradiction(question: str, one: Said, other: Said) -> None:
    assert contradict(one, other, question) is None
    assert contradict(other, one, question) is None


CART = "Was the cart at mill 3 at 10:20 on 4 May 2021?"
PASSED = "1. On 4 May 2021 I rode past mill 3 at 10:20."
SEEN_THERE: list[tuple[str, str, Stance | None]] = [
    (PASSED, "The cart was standing before the gate.", "yes"),
    (PASSED, "The cart stood there with its lamps on.", "yes"),
    (PASSED, "There was no cart.", "no"),
    (PASSED, "I saw no cart and no driver.", "no"),
    ("On 4 May 2021 I walked past mill 3 at twenty past ten.", "The cart was being loaded.", "yes"),
    (PASSED, "The cart was not being loaded.", None),
    (PASSED, "The cart was at the ferry.", None),
    (PASSED, "The wagon was standing before the gate.", None),
    ("1. On 4 May 2021 I rode past mill 4 at 10:20.", "The cart was standing before the gate.", None),
    ("1. On 5 May 2021 I rode past mill 3 at 10:20.", "The cart was standing before the gate.", None),
    ("1. On 4 May 2021 I rode past mill 3 at 16:40.", "The cart was standing before the gate.", None),
    ("Mill 3 is near the ferry.", "The cart was standing before the gate.", None),
]


@pytest.mark.parametrize(("before", "text", "answer"), SEEN_THERE)
def test_place_day_and_time_of_the_sentence_before_hold_for_what_was_seen(
    before: str, text: str, answer: Stance | None
) -> None:
    assert stance(read(CART), said(text, "Ann Orr", before=before)) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "text", "before", "answer"),
    [
        ("Was the lamp of pier 2 on at nine?", "The lamp was on.", "I looked at pier 2 at nine.", "yes"),
        ("Was the lamp of pier 2 on at nine?", "The lamp was off.", "I looked at pier 2 at nine.", "no"),
        ("Was the lamp of pier 2 on at nine?", "The lamp was on the pier.", "I looked at pier 2 at nine.", None),
        ("Was the lamp of pier 2 on at nine?", "The lamp was bought on Monday.", "", None),
        ("Were the barriers of gate 2 up on 3 May?", "The barriers were not up.", "I passed gate 2 on 3 May.", "no"),
        ("Were the barriers of gate 2 up on 3 May?", "The barriers were up.", "I passed gate 4 on 3 May.", None),
        ("Were the barriers of gate 2 up on 3 May?", "The barriers of gate 2 were up to standard.", "", None),
        ("Was the widow told of the sale?", "I told the widow of the sale.", "", "yes"),
        ("Was Ida Wye told of the sale?", "I told Ida Wye of the sale.", "", "yes"),
        ("Was Ida Wye told of the sale?", "I was told of the sale by Ida Wye.", "", None),
        ("Were the boats of Wye sold?", "The owner of the boats of Wye did not sell them.", "", "no"),
    ],
)
def test_how_a_thing_was_and_what_was_done_to_it_is_answered_of_the_thing_named_before(
    question: str, text: str, before: str, answer: Stance | None
) -> None:
    assert stance(read(question), said(text, "Ann Orr", before=before)) == answer  # type: ignore[arg-type]


def test_a_day_in_the_sentence_before_is_the_day_of_what_follows() -> None:
    asked = read("Was the cart at the mill on 4 May 2021?")
    assert asked is not None
    assert stance(asked, said("The cart was at the mill.", "Ann Orr", before="On 4 May 2021 I rode by.")) == "yes"
    assert stance(asked, said("The cart was at the mill.", "Ann Orr", before="On 9 May 2021 I rode by.")) is None


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Was a permit given to the circus?", "The circus received a permit in March.", "yes"),
        ("Was a permit given to the circus?", "The circus never received a permit.", "no"),
        ("Was the mare sold?", "Mr Wye bought the mare at the fair.", "yes"),
        ("Was the mare sold?", "Nobody bought the mare.", "no"),
        ("Was a permit given to the circus?", "The circus received applause.", None),
        ("Was the mare sold?", "Mr Wye bought the cart.", None),
    ],
)
def test_an_act_is_answered_from_its_other_end(question: str, text: str, answer: Stance | None) -> None:
    assert stance(read(question), said(text)) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The dairy has not issued a note for the milk.", "no"),
        ("No note for the milk has been issued.", "no"),
        ("The dairy did not send a cart or issue a note for the milk.", None),
        ("The dairy has issued a note for the milk.", "yes"),
    ],
)
def test_a_denial_reaches_its_verb_whatever_noun_is_like_it(text: str, answer: Stance | None) -> None:
    asked = read("Was a note issued for the milk?")
    assert asked is not None
    assert stance(asked, Said(text)) == answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The dairy has not issued a note.", "No notes have been issued by the dairy."),
        ("The dairy has not sent a cart or issued a note.", "No notes have been issued by the dairy."),
        ("None of the notes was signed by the dairy.", "The dairy never signed a note."),
    ],
)
def test_two_denials_of_one_thing_agree(one: str, other: str) -> None:
    for question in ("Was a note issued or signed by the dairy?", "What about the notes?"):
        assert contradict(Said(one), Said(other), question) is None
        assert contradict(Said(other), Said(one), question) is None


def test_you_are_those_to_whom_a_mail_is_addressed() -> None:
    asked = read("Was Ben Tek invited to the fair?")
    assert asked is not None
    header = "From: Ann Orr <a@x> To: Ben Tek <b@x> Date: Mon, 3 May 2021 09:00:00 +0000"
    text = "We invited you to the fair in April."
    assert stance(asked, Said(text, "", "Ann Orr", None, "", header)) == "yes"
    assert stance(asked, Said(text, "", "Ann Orr", None, "", header.replace("Ben Tek", "Cy Wye"))) is None


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = write(tmp_path_factory.mktemp("accounts"))
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), settings)
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Was Mr Ferris at the site on 14 June 2022?", ("Peter Larkin", "2022-10-03"), ("Daniel Ferris", "2022-10-09")),
        ("Has invoice BJ-3310 been paid?", ("Peter Larkin", "2022-09-12"), ("Ruth Dyer", "2022-09-30")),
        ("Did the fire alarm ring on 21 June 2022?", ("Daniel Ferris", "2022-10-09"), ("Peter Larkin", "2022-10-03")),
        ("Did Martin Royce shout at Nadia Fell?", ("Nadia Fell", "2023-05-03"), ("Martin Royce", "2023-05-11")),
        (
            "Was Martin Royce in the canteen on 2 May 2023?",
            ("Nadia Fell", "2023-05-03"),
            ("Martin Royce", "2023-05-11"),
        ),
    ],
)
def test_both_accounts_stand_in_the_answer_with_who_and_when(
    corpus: hybrid.Corpus, question: str, one: tuple[str, str], other: tuple[str, str]
) -> None:
    answer = corpus.ask(question, route="lookup")
    marked = [claim for claim in answer.claims if claim.contradicted_by]
    cited = {
        (str(one.speaker or one.author).split(" <")[0], str(one.date)[:10])
        for one in (claim.citations[-1] for claim in marked)
    }
    assert {one, other} <= cited
    assert corpus.verify(answer) == []


def test_an_account_that_refers_back_stands_behind_the_sentence_that_it_refers_to(corpus: hybrid.Corpus) -> None:
    claims = [claim.text for claim in corpus.ask("Did the fire alarm ring on 21 June 2022?", route="lookup").claims]
    at = claims.index("It did not ring.")
    assert "4. I did not hear the fire alarm on 21 June 2022." in claims[:at]


@pytest.mark.parametrize(
    "question",
    [
        "When did the bales leave the mill?",
        "When did the bales of Tarrant Mills arrive?",
        "What is the price of a bale of grade A cotton?",
        "What is the balance of account 7741?",
        "Who instructed the contractor to replace the ridge tiles?",
    ],
)
def test_what_differs_by_its_time_is_not_marked(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question, route="lookup")
    assert answer.claims
    assert not any(claim.contradicted_by for claim in answer.claims)


def test_values_of_two_times_are_said_to_have_changed(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What is the balance of account 7741?", route="lookup")
    (note,) = [note for note in answer.notes if "changed" in note]
    assert "2021-03-31" in note
    assert "2021-06-30" in note
    assert not any("changed" in note for note in corpus.ask("Has invoice BJ-3310 been paid?", route="lookup").notes)


def test_comparing_two_groups_finds_what_they_say_otherwise(corpus: hybrid.Corpus) -> None:
    groups = {"contractor": hybrid.Filter(sources="*larkin*"), "architect": hybrid.Filter(sources="*ferris*")}
    for question in ("Was Mr Ferris at the site on 14 June 2022?", "Did the fire alarm ring on 21 June 2022?"):
        found = corpus.compare(question, groups).contradictions
        assert [one.groups for one in found] == [("contractor", "architect")], question
    assert not corpus.compare("When was the scaffold taken down?", groups).contradictions
