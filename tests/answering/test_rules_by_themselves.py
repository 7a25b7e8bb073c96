"""Small rules that decide which sentences an answer takes, each with what it takes and what it leaves: answers to whole
questions would hide a rule that always says yes."""

from __future__ import annotations

import pytest

from hybrid.answering import abstention, disputes, literals, presuppositions, unsaid
from hybrid.answering.verification import conjuncts, stances


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("What was the £9,450.00 for?", "Recall and carriage: £9,450.00", True),
        ("What was the £9,450.00 for?", "Recall and carriage: £9,540.00", False),
        ("Why did pump IVP-330 stop?", "Pump IVP-330 ran dry.", True),
        ("Why did pump IVP-330 stop?", "The pump ran dry.", False),
    ],
)
def test_a_figure_of_the_question_is_held_or_not(question, text, held):
    assert literals.holds(question, [text]) == held


@pytest.mark.parametrize(
    ("text", "of_another"),
    [
        ("Pump IVP-331 has never been used.", True),
        ("Pump IVP-330 ran dry.", False),
        ("Pumps IVP-330 and IVP-331 ran dry.", False),
        ("Valve QX-12 ran dry.", False),  # of another kind
        ("The pump ran dry.", False),
    ],
)
def test_a_text_is_of_another_thing_where_it_names_one_of_the_kind_and_not_that(text, of_another):
    assert literals.is_of_another("Why did pump IVP-330 stop?", text) == of_another


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What was the cause, and who said so?", True),
        ("What was the cause, and what did it cost?", False),
        ("Who said so?", False),
        ("What was the cause?", False),
    ],
)
def test_who_says_so_is_asked_beside_something_else(question, asks):
    assert abstention.asks_who_says_so(question) == asks


@pytest.mark.parametrize(
    ("question", "quotes", "open_"),
    [
        ("Does it oblige the owner to insure the boat?", ["Liability is limited to £500."], True),
        ("Does it oblige the owner to insure the boat?", ["The owner shall insure it."], False),
        ("Did the owner insure the boat?", ["Liability is limited to £500."], False),  # no duty is asked for
        ("Must the owner insure the boat?", [], False),
    ],
)
def test_a_duty_is_unsaid_where_no_quote_has_a_word_for_doing_it(question, quotes, open_):
    assert unsaid.leaves_duty_unsaid(question, quotes) == open_


@pytest.mark.parametrize(
    ("question", "quote", "gives"),
    [
        ("How deep was the well?", "The well was 9 m deep.", True),
        ("How deep was the well?", "The well was deep.", False),
        ("How deep was the well?", "The rent was £9.", False),
        ("How deep was the well?", "4. The well was deep.", False),  # the number of a paragraph
        ("How deep was the well and who dug it?", "The well was 9 m deep.", False),
    ],
)
def test_a_value_is_given_where_it_is_one_of_what_is_asked(question, quote, gives):
    assert abstention.gives_value(question, quote) == gives


def test_what_is_asked_of_the_whole_is_answered_however_unlikely_each_sentence_is():
    unlikely, likely = abstention.Answerability(0.0), abstention.Answerability(1.0)
    assert (unlikely.answerable, unlikely.confident) == (False, False)
    assert (likely.answerable, likely.confident) == (True, True)
    general = abstention.Answerability(0.0, general=True)
    assert (general.answerable, general.confident) == (True, True)


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("I never signed the lease.", True),
        ("The lease was refused.", True),
        ("The seal is unbroken; the lease was unsigned.", True),
        ("I signed the lease.", False),
        ("I have not signed the lease since May.", False),  # it may have been signed before
    ],
)
def test_a_sentence_may_deny_for_good_or_not(text, denies):
    assert presuppositions.may_deny(text) == denies


@pytest.mark.parametrize(
    ("text", "is_limited"),
    [
        ("It was not opened until June.", True),
        ("It was not opened.", False),
        ("It was opened in June.", False),
        ("It was not opened, but the lid was cleaned in June.", False),
    ],
)
def test_a_denial_is_limited_by_a_time_of_its_own_clause(text, is_limited):
    assert presuppositions.limited(text) == is_limited


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("I never signed it.", True),
        ("I never signed the lease.", False),
        ("I never signed the lease when it was sent.", False),
    ],
)
def test_a_short_denial_points_back_by_a_pronoun(text, points):
    assert presuppositions.points_back(text) == points


@pytest.mark.parametrize(
    ("question", "head"),
    [
        ("Did Ann sign the contract for the coach?", "Did Ann sign the contract?"),
        ("Did Ann sign the contract?", None),
        ("Who paid for it?", None),
    ],
)
def test_a_question_is_shortened_by_what_says_more_of_its_last_noun(question, head):
    short = presuppositions.shortened(question)
    assert (None if short is None else short[0]) == head


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("The pump was not checked.", "The pump was checked.", True),
        ("The pump ran for 9 hours.", "The pump ran for 7 hours.", True),
        ("The pump ran for 9 hours.", "The pump was on for 9 hours.", False),
        ("The pump ran for 9 hours.", "The pump was old.", False),
    ],
)
def test_two_sides_differ_by_a_denial_or_by_their_numbers(one, other, differ):
    assert disputes._differ(one, other) == differ


@pytest.mark.parametrize(
    ("clause", "past"),
    [("the bridge was closed", True), ("the pump failed at noon", True), ("the tenant shall pay", False)],
)
def test_what_is_past_stands_alone(clause, past):
    assert conjuncts._is_past(clause) == past


def test_a_part_with_a_time_of_its_own_is_parallel():
    said = "The buyer shall pay the first half by May"
    assert conjuncts._is_parallel("the rest by June", said)
    assert not conjuncts._is_parallel("the rest", said)


@pytest.mark.parametrize(
    ("word", "before", "follows"),
    [
        ("signing", "", True),
        ("signed", "he", True),
        ("signed", "and", True),
        ("reading", "signing", True),
        ("reading", "the", False),  # a noun
        ("sign", "the", False),
        ("sign", "quickly", False),
    ],
)
def test_a_stance_takes_what_may_be_its_verb(word, before, follows):
    assert stances._may_follow(word, before) == follows


@pytest.mark.parametrize(
    ("question", "quotes", "open_"),
    [
        ("Which bank lent the money?", ["The bank is not patient."], True),
        ("Which bank lent the money?", ["The loan of Tay Bank is due."], False),
        ("Which bank lent the money?", ["This deed is made between Orr Ltd and Lee plc."], True),
        ("Which company insures the Mill?", ["The Owner shall insure the Mill."], True),
        ("Which company insures the Mill?", ["The mill is insured with Clyde Mutual."], False),
        ("Who is the manager of the mill?", ["The manager of the mill was ill."], True),
        ("Who is the manager of the mill?", ["The manager, Ann Orr, was ill."], False),
        ("Who is the manager of the mill?", ["I manage the mill."], False),
        ("Which clause covers fire?", ["The cover is for fire."], False),
        ("When was the mill sold?", ["The mill was old."], False),
    ],
)
def test_a_name_is_unsaid_where_no_quote_has_one(question, quotes, open_):
    assert unsaid.leaves_name_unsaid(question, quotes) == open_
