"""A question is answered in other words than its own: both accounts are found, and what is no account is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hybrid.answering import wordings
from hybrid.answering.contradictions import contradict
from hybrid.answering.polarity import Stance
from hybrid.answering.verification.disagreement import Said
from hybrid.answering.wordings import alternatives, answer, in_sense, read

FEE = "Did Dr Amara Lund let the tenants off the cleaning fee?"
PIER = "Could the pier be reached in early March 2021, or was it cut off by the storm?"
HEATER = "Is the heater to blame for the fire?"
WILL = "Was the codicil of 2 May 2019 valid?"

# question, sentence, who says it, the sentence before it, its answer
ANSWERS: list[tuple[str, str, str | None, str, Stance | None]] = [
    (FEE, "Dr Lund agreed that the cleaning fee is waived.", "Ola Berg", "", "yes"),
    (FEE, "I gave up the fee to keep the peace.", "Amara Lund", "", "yes"),
    (FEE, "I did not agree to drop any fee.", "Amara Lund", "", "no"),
    (FEE, "I agreed nothing about fees.", "Amara Lund", "", "no"),
    (FEE, "I refused to waive the fee.", "Amara Lund", "", "no"),
    (FEE, "The tenants asked me to waive the fee.", "Amara Lund", "", None),
    (FEE, "The landlord may waive the fee in writing.", None, "", None),
    (FEE, "Mr Sand waived his own fee.", None, "", None),
    (FEE, "If I waive the fee, the others will want the same.", "Amara Lund", "", None),
    (FEE, "Dr Lund waived the deposit.", None, "", None),
    ("Did the trust write off the debt?", "The debt was forgiven in June.", None, "", "yes"),
    ("Did the trust write off the debt?", "The trust never released me from the debt.", "Ida Moe", "", "no"),
    (PIER, "3 March 2021: the road to the pier is open again.", None, "", "yes"),
    (PIER, "We could not get to the pier because of the storm.", None, "", "no"),
    (PIER, "The track was blocked for the whole week.", None, "", "no"),
    (PIER, "On 28 March 2021 the track was blocked.", None, "", None),
    (PIER, "The office is closed on Sundays.", None, "", None),
    (PIER, "If the road is clear we shall come.", None, "", None),
    (HEATER, "The fire was caused by the heater.", None, "", "yes"),
    (HEATER, "My money is on the heater.", "Jo Kidd", "", "yes"),
    (HEATER, "I put the fire down to the heater.", "Jo Kidd", "", "yes"),
    (HEATER, "The heater did not cause the fire.", None, "", "no"),
    (HEATER, "We rule out the heater.", None, "", "no"),
    (HEATER, "The heater had nothing to do with it.", None, "", "no"),
    (HEATER, "It was not the heater but a cigarette that caused the fire.", None, "", "no"),
    ("Was a match the cause of the fire?", "It was not the heater but a match that caused it.", None, "", "yes"),
    (HEATER, "There was no heater in the room.", None, "", None),
    (HEATER, "The heater may have caused the fire.", None, "", None),
    (HEATER, "The heater was not the only cause.", None, "", None),
    (HEATER, "The heater caused the price of the room to rise.", None, "", None),
    (HEATER, "The fire was caused by a cigarette.", None, "", None),
    (WILL, "The codicil was and remains valid.", None, "", "yes"),
    (WILL, "No valid codicil was made.", None, "", "no"),
    (WILL, "We do not accept that the codicil is valid.", None, "", "no"),
    (WILL, "The codicil is void.", None, "", "no"),
    (WILL, "A codicil is valid only if two people sign it.", None, "", None),
    (WILL, "The passport was valid.", None, "", None),
]


@pytest.mark.parametrize(("question", "text", "who", "before", "expected"), ANSWERS)
def test_what_a_sentence_answers_in_other_words(
    question: str, text: str, who: str | None, before: str, expected: Stance | None
) -> None:
    assert answer(question, Said(text, speaker=who, before=before)) == expected


CONTRADICTING = [
    (FEE, "The fee was waived at the viewing.", "I agreed to nothing about the fee.", "Amara Lund"),
    (PIER, "The road was clear all week.", "The pier was cut off.", None),
    (HEATER, "The heater caused it.", "The heater is not the cause.", None),
    (WILL, "It is a valid codicil.", "The codicil was invalid.", None),
    ("Was the hatch open or shut when she sailed?", "The hatch was open when she sailed.",
     "The hatch was shut when she sailed.", None),
]  # fmt: skip


@pytest.mark.parametrize(("question", "one", "other", "who"), CONTRADICTING)
def test_two_accounts_in_other_words_contradict(question: str, one: str, other: str, who: str | None) -> None:
    assert contradict(Said(one), Said(other, speaker=who), question)
    assert contradict(Said(other, speaker=who), Said(one), question)


AGREEING = [
    (FEE, "The fee was waived at the viewing.", "I gave up the fee.", "Amara Lund"),
    (PIER, "The road was clear on 2 March 2021.", "The road was blocked on 9 March 2021.", None),
    (HEATER, "The heater caused it.", "The heater may not be the cause.", None),
    (WILL, "The codicil was valid.", "A codicil is not valid if only one person signs it.", None),
]


@pytest.mark.parametrize(("question", "one", "other", "who"), AGREEING)
def test_what_may_both_be_so_does_not_contradict(question: str, one: str, other: str, who: str | None) -> None:
    assert contradict(Said(one), Said(other, speaker=who), question) is None
    assert contradict(Said(other, speaker=who), Said(one), question) is None


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Was the parcel lost, or had it been stolen?", ("Was the parcel lost?", "had the parcel been stolen?")),
        ("Was the boat at sea, or had she come in?", ("Was the boat at sea?", "had the boat come in?")),
        ("Was the tap open or shut?", ("Was the tap open?", "Was the tap shut?")),
        ("Did they buy apples or pears?", ()),
        ("Was it paid or not?", ()),
        ("When was it paid, or was it?", ()),
    ],
)
def test_a_question_with_or_asks_twice(question: str, parts: tuple[str, ...]) -> None:
    assert alternatives(question) == parts


@pytest.mark.parametrize(
    "question", ["Did Ann drop the vase?", "Who caused the fire?", "Was the tea good?", "Did the boat reach the buoy?"]
)
def test_other_questions_have_no_other_wording(question: str) -> None:
    asked = read(question)
    assert asked is None or asked.kind in ("valid", "access")


# question, sentence, its answer by the sense of the verb
IN_SENSE: list[tuple[str, str, Stance | None]] = [
    ("Was the regatta called off on 3 May?", "The regatta was cancelled on 3 May.", "yes"),
    ("Was the regatta called off on 3 May?", "The regatta was not cancelled.", "no"),
    ("Was the regatta called off on 3 May?", "The regatta was cancelled on 4 June.", None),
    ("Was the regatta called off on 3 May?", "The regatta would be cancelled if it rained.", None),
    ("Was the regatta called off on 3 May?", "The lunch was cancelled.", None),
    ("Did the vicar turn the offer down?", "The vicar rejected the offer.", "yes"),
    ("Did the vicar turn the offer down?", "The vicar did not decline the offer.", "no"),
    ("Did the vicar turn the offer down?", "The vicar turned down the street.", None),
    ("Did Ms Orr submit the form?", "The form was not handed in by Ms Orr.", "no"),
    ("Did Ms Orr submit the form?", "Ms Orr handed the form in on Monday.", "yes"),
    ("Was the cook dismissed?", "The cook was let go in May.", "yes"),
    ("Was the launch postponed?", "They put the launch back.", "yes"),
    ("Did the bosun refuse the cargo?", "I did not reject the cargo.", "no"),
    ("Was the boiler fixed?", "The boiler was put right on 11 April 2023.", "yes"),
    ("Was the launch postponed?", "They put the cup back.", None),
    ("Did the pump break down on 2 June?", "The pump did not fail on 2 June.", "no"),
    ("Did the pump break down on 2 June?", "The student failed.", None),
]


@pytest.mark.parametrize(("question", "text", "expected"), IN_SENSE)
def test_what_a_sentence_answers_with_another_verb_of_the_sense(
    question: str, text: str, expected: Stance | None
) -> None:
    assert answer(question, Said(text)) == expected


def test_an_act_denied_with_another_verb_is_a_contradiction() -> None:
    called_off, held = Said("The talk was cancelled."), Said("The talk was not called off.")
    assert contradict(called_off, held, "Was the talk scrapped?")
    assert contradict(called_off, Said("The talk was called off."), "Was the talk scrapped?") is None


def test_verbs_of_many_senses_have_no_other_wording() -> None:
    assert in_sense("Did Ann leave the house?") is None
    assert in_sense("Was the parcel sent?") is None


def test_what_a_document_reports_only_to_deny_it_is_no_account_of_its_author() -> None:
    question = "When was the lorry unloaded?"
    reported = Said("Your bill gives 4 June 2021 as the day on which the lorry was unloaded.", after="That is untrue.")
    stated = Said("The lorry was unloaded on 9 June 2021.")
    assert contradict(reported, stated, question) is None
    assert contradict(replace(reported, after="That was in the morning."), stated, question)


def test_a_number_below_the_column_that_is_asked_for_is_a_value() -> None:
    question = "What average moisture was recorded for lot K-118?"
    certified = Said("Test\tRequired\tFound\nMoisture, mean of five bags\tat most 14 %\t12 %", "Certificate K-118")
    measured = Said("Lot\tBags\tMean, %\tHighest\nK-118\t5\t15.5\t16.2", "Laboratory report")
    same = Said("Lot\tBags\tMean, %\tHighest\nK-118\t5\t12.0\t12.9", "Laboratory report")
    assert contradict(certified, measured, question) == "value"
    assert contradict(certified, same, question) is None


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("Was the chapel cut off?", "The road to the chapel was blocked.", "yes"),
        ("Was the chapel cut off?", "The road to the chapel was clear.", "no"),
        ("Was the vote invalid?", "The vote was properly taken and valid.", "no"),
        ("Was the vote invalid?", "The vote was not valid.", "yes"),
    ],
)
def test_a_question_for_the_opposite_is_answered_the_other_way_round(question: str, text: str, answer: str) -> None:
    assert wordings.answer(question, Said(text)) == answer


def test_what_was_written_before_a_day_says_nothing_of_it() -> None:
    asked = "Could the chapel be reached on 4 March 2021, or was it cut off?"
    later, before = (Said("The road to the chapel is blocked.", date=day) for day in ("2021-03-04", "2021-01-10"))
    assert set(wordings.answers(asked, later))
    assert not set(wordings.answers(asked, before))
