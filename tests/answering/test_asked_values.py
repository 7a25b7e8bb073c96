"""Which kind of value a question asks for, and whether a text gives one that is not the question's own."""

from __future__ import annotations

import pytest

from hybrid.answering import unsaid
from hybrid.answering.selection import asked_values
from hybrid.answering.selection.asked_values import AskedValue


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many days did they have to complain?", AskedValue("duration")),
        ("How many cages actually arrived at the hotel?", AskedValue("count", "cage")),
        ("How many per cent of it was kept back?", AskedValue("money")),
        ("What is the price of the print run today?", AskedValue("money")),
        ("And what rent will they pay?", AskedValue("money")),
        ("How hot was the oven?", AskedValue("measure")),
        ("How soon after the alarm did he ring?", AskedValue("duration")),
        ("By when did the copies have to be there?", AskedValue("time")),
        ("On which date was it signed?", AskedValue("time")),
    ],
)
def test_the_kind_that_is_asked_for(question, kind):
    assert asked_values.read(question) == kind


@pytest.mark.parametrize(
    "question",
    ["How did it end?", "Why was it late?", "Who signed it?", "What was going to cost £7,400?", "How come?", "How?"],
)
def test_no_value_is_asked_for(question):
    assert asked_values.read(question) is None


@pytest.mark.parametrize(
    ("question", "text", "given"),
    [
        ("How many days did they have in May 2024?", "C. She complained in the summer of 2023.", False),
        ("How many days did they have in May 2024?", "5.1 It must be sent within five working days.", True),
        ("How many cages came on 17 May 2024?", "3. On Friday, 17 May 2024 the van came at 3.40.", False),
        ("How many cages came on 17 May 2024?", "I counted eight, not eleven.", True),
        ("How many cages came on 17 May 2024?", "Note HL-2405 is of 17 May, for bay 3.", False),
        ("How many cages came on 17 May 2024?", "They charged £300 for two hours.", False),
        ("How many guards were there?", "Nobody was on duty.", True),
        ("How hot was the oven on 23 May?", "Ann lit it on 23 May, as clause 4.2 demands.", False),
        ("How hot was the oven on 23 May?", "The display showed 165.", True),
        ("What rent will they pay for Unit 8?", "Talks about the lease of Unit 8 go on.", False),
        ("What rent will they pay for Unit 8?", "Unit 8 is free of charge.", True),
        ("How much was the £300 reduced by?", "Of the £300 she said more.", False),
        ("How much was the £300 reduced by?", "Of the £300 she took £20.", True),
        ("How often is it serviced?", "It is looked over every spring.", True),
        ("How often is it serviced?", "The service of 3 May cost £80.", False),
        ("When did she hear of it?", "She heard of it at half past eight.", True),
        ("When did she hear of it?", "The batch could not be released.", False),
        ("When does it expire?", "The term is two (2) years.", True),
    ],
)
def test_whether_a_text_gives_it(question, text, given):
    asked = asked_values.read(question)
    assert asked is not None
    assert asked_values.gives(asked, question, text) is given


def test_each_part_of_a_question_wants_its_value():
    question = "When was the air dampest, and how damp was it?"
    assert unsaid.leaves_value_unsaid("When did it fail, and how long did it take?", ["It failed on 3 May."])
    assert not unsaid.leaves_value_unsaid("When did it fail, and how long did it take?", ["On 3 May.", "Two hours."])
    assert not unsaid.leaves_value_unsaid(question, ["On Sunday."])  # "how damp" is of no kind that is known
    assert not unsaid.leaves_value_unsaid("When did it fail?", [])


@pytest.mark.parametrize(
    ("question", "text", "gives"),
    [
        ("When did they see the crack?", "We answer your letter of 28 June 2024.", False),
        ("When did they see the crack?", "The certificate of Penhall Assay Works of 3 May 2024 gives 58.", False),
        ("When did they see the crack?", "Your letter of 28 June 2024 says 9 February 2024.", True),
        ("When was the agreement made?", "the agreement of 14 March 2022", True),
    ],
)
def test_the_day_of_a_letter_is_when_nothing_but_the_letter_was(question, text, gives):
    assert asked_values.gives(asked_values.read(question), question, text) is gives


@pytest.mark.parametrize(
    ("question", "text", "states"),
    [
        ("When did it burst?", "It burst before dawn, while we slept.", False),
        ("When did it burst?", "It burst at 5.40.", True),
        ("How long did it take?", "It took until the end.", False),
        ("How long did it take?", "It took 3 hours.", True),
        ("What did it cost?", "It was free of charge.", False),
        ("What did it cost?", "It was £40.", True),
        ("How deep is the well?", "All of it is deep.", False),
        ("How deep is the well?", "It has 12 m.", True),
        ("How many keys are there?", "No key was lost.", False),
        ("How many keys are there?", "There are 4 keys.", True),
        ("How many of the 4 keys are there?", "There are 4 keys.", False),
    ],
)
def test_a_value_is_stated_in_figures_or_as_a_day(question, text, states):
    assert asked_values.states(asked_values.read(question), question, text) is states
