"""Who denies what another says was done contradicts it, in whatever words and from whichever end of the act."""

from __future__ import annotations

import pytest

from hybrid.answering import polarity
from hybrid.answering.acts import deny
from hybrid.answering.contradictions import contradict
from hybrid.answering.verification.disagreement import Said


def said(text: str, who: str | None = None, before: str = "", context: str = "", date: str | None = None) -> Said:
    return Said(text, "", who, date, before, context or before)


DENIED: list[tuple[str, Said, Said]] = [
    (
        "Was the tenant given notice of the works?",
        said("We gave you notice of the works by letter on 3 May.", "Ann Orr", context="To: Ben Tek <b@x> Date: Mon"),
        said("Nobody gave me notice of any works.", "Ben Tek"),
    ),
    (
        "What is known of the works?",
        said("I told Mr Tek of the works in the stairwell.", "Ann Orr"),
        said("I received no notice of the works, neither by letter nor by mail.", "Ben Tek"),
    ),
    (
        "Who was warned of the ice?",
        said("The warden warned the climbers of the ice.", "Ann Orr"),
        said("We were not warned of the ice.", "Ben Tek", context="I, Ben Tek, and the other climbers say:"),
    ),
    (
        "Were the climbers warned of the ice?",
        said("I warned Ben Tek of the ice.", "Ann Orr"),
        said("No one told me of the ice.", "Ben Tek"),
    ),
    (
        "Why did the mast break?",
        said("The bosun reported the cracked mast to Mr Tek in April."),
        said("We never received any notice of a cracked mast.", "Ben Tek"),
    ),
    (
        "What became of the violin?",
        said("I handed the violin to Mr Tek on the stage.", "Ann Orr"),
        said("I never got the violin.", "Ben Tek"),
    ),
    (
        "What became of the violin?",
        said("I never lent Mr Tek the violin.", "Ann Orr"),
        said("I borrowed the violin from Ann Orr.", "Ben Tek"),
    ),
    (
        "Who bought the mare?",
        said("Ann Orr sold the mare to Ben Tek.", "Cy Wye"),
        said("I did not buy the mare.", "Ben Tek"),
    ),
    (
        "Were the singers paid?",
        said("The festival paid the singers their fee on 2 June."),
        said("The singers received no fee."),
    ),
    (
        "Were the singers paid?",
        said("We have had no money from the festival.", "Ann Orr"),
        said("The festival paid Ms Orr the fee.", "Ben Tek"),
    ),
    (
        "Who sent the text message?",
        said("Ann sent it.", "Ben Tek", before="We gave you notice of the flood by text message on 10 April."),
        said("Ben, I never sent Mr Wye a text message about the flood.", "Ann Orr"),
    ),
    (
        "What was the inspector shown?",
        said("The inspector was shown the fuse box."),
        said("I was never shown a fuse box.", "Ben Tek", context="I, Ben Tek, inspector, state as follows."),
    ),
    (
        "Who examined the rope?",
        said("Cy Wye examined the rope on Friday.", "Ann Orr"),
        said("No one from the club ever examined the rope.", "Ben Tek"),
    ),
    (
        "What of the permit?",
        said("No permit was issued to the circus."),
        said("The council issued a permit to the circus in March."),
    ),
    (
        "What of the leak?",
        said("Mr Orr failed to report the leak."),
        said("Mr Orr reported the leak to the caretaker."),
    ),
    (
        "Was the cook asked about the menu?",
        said("Nobody consulted me on the menu.", "Ben Tek"),
        said("I asked Ben Tek about the menu in May.", "Ann Orr"),
    ),
]  # fmt: skip
NOT_DENIED: list[tuple[str, Said, Said]] = [
    (
        "Was notice of the works given?",
        said("We gave you notice of the works.", "Ann Orr", context="To: Cy Wye <c@x> Date: Mon"),
        said("Nobody gave me notice of any works.", "Ben Tek"),
    ),
    (
        "What is known of the works?",
        said("I told Mr Tek of the works.", "Ann Orr"),
        said("I received no notice of the auction.", "Ben Tek"),
    ),
    (
        "What is known of the works?",
        said("I told Mr Wye of the works.", "Ann Orr"),
        said("I was not told of the works.", "Ben Tek"),
    ),
    (
        "Who told the tenant of the works?",
        said("Ann Orr told Mr Tek of the works."),
        said("I did not tell Mr Tek of the works.", "Cy Wye"),
    ),
    (
        "What became of the violin?",
        said("I handed the violin to Mr Tek.", "Ann Orr"),
        said("I never got the cello.", "Ben Tek"),
    ),
    (
        "What became of the violin?",
        said("I was to hand the violin to Mr Tek.", "Ann Orr"),
        said("I never got the violin.", "Ben Tek"),
    ),
    (
        "What became of the violin?",
        said("I would have given Mr Tek the violin.", "Ann Orr"),
        said("I never got the violin.", "Ben Tek"),
    ),
    (
        "Were the singers paid?",
        said("The festival paid the singers the fee on 12 June 2021."),
        said("The singers have received no fee.", date="2021-06-02"),
    ),
    (
        "Were the singers paid?",
        said("The festival paid the singers the second instalment."),
        said("The singers never received the first instalment."),
    ),
    (
        "Who heard the siren?",
        said("The wardens rang the siren at six."),
        said("I did not hear the siren.", "Ben Tek"),
    ),
    (
        "Who saw the fuse box?",
        said("Ann Orr showed the fuse box to Cy Wye."),
        said("I did not see the fuse box.", "Ben Tek"),
    ),
    (
        "Who examined the rope?",
        said("Cy Wye examined the rope on Friday.", "Ann Orr"),
        said("No one examined the rope on Monday.", "Ben Tek"),
    ),
    (
        "Who examined the rope?",
        said("Cy Wye examined the rope.", "Ann Orr"),
        said("Ms Orr said that she had been asked whether nobody examined the rope?", "Ben Tek"),
    ),
    (
        "Who examined the rope?",
        said("Cy Wye examined the rope.", "Ann Orr"),
        said("No one examined the harness.", "Ben Tek"),
    ),
    (
        "What of the permit?",
        said("No permit shall be issued to the circus."),
        said("The council issued a permit to the circus in March."),
    ),
    (
        "Why did the mast break?",
        said("The bosun reported that the surveyor had found the mast of the cutter cracked at its foot."),
        said("We never received any notice of a cracked mast.", "Ben Tek"),
    ),
    (
        "What was wrong with the fridge?",
        said("The matron reported that the engineer had found the door of the fridge ajar."),
        said("We never received any notice of an ajar fridge door.", "Ben Tek"),
    ),
    (
        "What was said of the menu?",
        said("I told nobody of the menu.", "Ann Orr"),
        said("Cy Wye told the cook of the menu."),
    ),
]  # fmt: skip


TO_OFFICE = "From: Ann Orr <a.orr@moor.example> To: Lettings <lettings@hillhomes.example> Date: Mon, 3 May 2021"
OF_FIRM = "From: Ben Tek <b.tek@hillhomes.example> To: Ann Orr <a.orr@moor.example> Date: Mon, 7 June 2021"
OF_OTHERS = "From: Cy Wye <c.wye@valelets.example> To: Ann Orr <a.orr@moor.example> Date: Mon, 7 June 2021"
GIVEN = [
    "This is notice under clause 4 of the lease that the roof of the cottage leaks.",
    "This letter is formal notice that the cottage has a leaking roof.",
    "I hereby notify you that the roof of the cottage is leaking.",
    "Please take this as notice that the cottage roof is leaking.",
    "Notice is hereby given that the cottage roof leaks.",
    "Dear Sirs, you are hereby notified of the leaking roof of the cottage.",
]


@pytest.mark.parametrize("text", GIVEN)
def test_who_gives_notice_by_saying_so_is_contradicted_by_who_received_none(text: str) -> None:
    given = said(text, "Ann Orr", context=TO_OFFICE, date="2021-05-03")
    denial = said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-06-07")
    question = "Was Hillhomes given notice of the leaking roof?"
    assert contradict(given, denial, question) == contradict(denial, given, question) == "denial"
    asked = polarity.read(question)
    assert asked is not None
    assert polarity.stance(asked, given) == "yes"


@pytest.mark.parametrize(
    ("text", "denial"),
    [
        ("This is notice that the boiler of the cottage is broken.",
         said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-06-07")),
        ("This is notice that the roof of the cottage leaks.",
         said("We never received any notice of a leaking roof.", "Cy Wye", context=OF_OTHERS, date="2021-06-07")),
        ("This is notice that the roof of the cottage leaks.",
         said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-04-07")),
        ("This is not notice that the roof of the cottage leaks.",
         said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-06-07")),
        ("The notice period for a leaking roof is one week.",
         said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-06-07")),
        ("If the roof leaks, I hereby notify you.",
         said("We never received any notice of a leaking roof.", "Ben Tek", context=OF_FIRM, date="2021-06-07")),
    ],
)  # fmt: skip
def test_notice_of_something_else_or_to_others_or_later_denies_nothing(text: str, denial: Said) -> None:
    given = said(text, "Ann Orr", context=TO_OFFICE, date="2021-05-03")
    assert contradict(given, denial, "Was notice of the leaking roof given?") is None


def test_notice_to_another_or_of_another_thing_is_no_yes() -> None:
    given = said("This is notice that the cottage roof leaks.", "Ann Orr", context=TO_OFFICE, date="2021-05-03")
    for question in ("Was Valelets given notice of the leaking roof?", "Was Hillhomes given notice of the sale?"):
        asked = polarity.read(question)
        assert asked is not None
        assert polarity.stance(asked, given) is None


@pytest.mark.parametrize(("question", "one", "other"), DENIED)
def test_a_denial_of_an_act_is_found_in_either_order(question: str, one: Said, other: Said) -> None:
    assert contradict(one, other, question) == "denial"
    assert contradict(other, one, question) == "denial"


@pytest.mark.parametrize(("question", "one", "other"), NOT_DENIED)
def test_another_act_thing_or_person_is_not_denied(question: str, one: Said, other: Said) -> None:
    assert contradict(one, other, question) is None
    assert contradict(other, one, question) is None


def test_what_is_sold_is_no_buyer() -> None:
    bought = said("Ann Orr bought the boats from us.", "Cy Wye")
    denial = said("I never sold the boats, and my agent did not sell them.", "Ben Tek")
    assert contradict(bought, denial, "Were the boats sold?") == "denial"


def test_an_act_that_has_nothing_to_do_with_the_question_is_not_brought_up() -> None:
    given = said("I handed the violin to Mr Tek.", "Ann Orr")
    denial = said("I never got the violin.", "Ben Tek")
    assert deny(given, denial, "What became of the violin?")
    assert not deny(given, denial, "How old is the organ?")
