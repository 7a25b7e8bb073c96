"""What word alignment promises: nothing is left over where two sentences say the same, and doubt is a number."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest

from hybrid.answering.verification import structure
from hybrid.answering.verification.alignment import (
    FEATURES,
    REARRANGED,
    align,
    alike,
    features,
    probability,
    says_the_same,
    words,
)
from tests.answering_corpus import BagEmbedder


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The lease is governed by the law of New York.", "New York law governs the lease."),
        (
            "Ms Roy was hired by the trustees to review the deeds.",
            "The trustees engaged Ms Roy for a review of the deeds.",
        ),
        ("The Supplier shall deliver the goods.", "The goods must be delivered by the Supplier."),
        ("The board met on Tuesday and approved the loan.", "The board approved the loan."),
        ("The baggage was insured.", "The luggage was insured."),
        ("Either party may terminate the lease upon prior notice.", "Each party can end the lease by giving notice."),
    ],
)
def test_the_same_in_other_words_says_the_same(span: str, claim: str) -> None:
    assert says_the_same(claim, span)


@pytest.mark.parametrize(
    ("span", "claim", "why"),
    [
        ("The hikers were found in a hut.", "The hikers were found in a hut by a helicopter.", "a word is added"),
        ("The vehicle was sold.", "The car was sold.", "a narrower word"),
        ("Forms are oral or written.", "Forms are oral or oral.", "two words stand for one"),
        ("Mr Hale, of the Bank, met the clerk.", "The clerk was met.", "a name is left out"),
        (
            "The Tenant shall repair the roof and the gate at once.",
            "The Tenant must repair the roof.",
            "a rule says more",
        ),
        ("Ms Dunn saw Mr Hale.", "Mr Hale saw Ms Dunn.", "names change places"),
        ("Use of the data is non-use of the files.", "Use of the data is use of the files.", "non-use is no use"),
        ("He slept.", "He slept.", "one word says too little"),
        ("The mayor, the clerk, the judge, the smith and the miller danced.", "The mayor danced.", "most is left out"),
        ("The dog bit the postman.", "The postman bit the dog.", "who bit whom"),
        ("The wife of the tenant signed.", "The tenant signed.", "the head of a phrase is left out"),
        ("The tenant's lawyer signed.", "The tenant signed.", "the owned is left out"),
        ("Mr Kay sold the farm but kept the forest.", "Mr Kay sold the forest.", "the object of another verb"),
        ("Ms Adair, whose sister chairs the board, spoke.", "Ms Adair chairs the board.", "another subject"),
        ("Six came on Monday and nine on Tuesday.", "Nine came on Monday and six on Tuesday.", "numbers change places"),
        ("Sales doubled in Spain and halved in France.", "Sales halved in Spain and doubled in France.", "verbs do"),
        ("The first shipment was paid.", "The shipments were paid.", "an ordinal is left out"),
    ],
)
def test_what_is_left_over_is_not_the_same(span: str, claim: str, why: str) -> None:
    assert not says_the_same(claim, span), why


def test_the_month_is_no_modal() -> None:
    assert says_the_same(
        "The board approved the loan on 7 May 2024.", "The board met on 7 May 2024 and approved the loan."
    )


def test_a_phrase_is_one_word_and_stands_for_its_verb_too() -> None:
    assert words("He took over the firm.") == ("take_over", "firm")
    assert words("They set up camp.") == ("set_up", "camp")
    assert align("They asked for a tidy desk.", "They ask a tidy desk of all.").missing == ()


def test_the_probability_falls_with_what_is_missing_and_for_another_text() -> None:
    span, encoder = "The captain ordered the crew to leave the ship before dawn.", BagEmbedder()
    said = ["The crew was ordered to leave the ship before dawn.", "The crew was ordered to burn the ship before dawn."]
    other = "The baker sold the crew a loaf of bread and a pot of jam."
    chances = [
        probability(said[0], span, encoder),
        probability(said[1], span, encoder),
        probability(said[0], other, encoder),
    ]
    assert chances == sorted(chances, reverse=True)
    assert chances[2] < 0.5


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The tenant's lawyer met the clerk.", "The clerk met the tenant."),
        ("A copy of the lease was sent by Ms Roy.", "Ms Roy sent the lease."),
    ],
)
def test_a_phrase_without_its_head_is_another_thing(span: str, claim: str) -> None:
    assert structure.head_left_out(claim, span, alike)
    assert not structure.head_left_out(span, span, alike)


def test_the_head_of_a_measure_may_go() -> None:
    assert not structure.head_left_out("Ms Roy lent $500.", "Ms Roy lent the sum of $500.", alike)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("It was restarted twice, and four orders were lost.", "It was restarted four times."),
        ("The hearing was moved from Thursday to Monday.", "The hearing was moved to Thursday."),
        ("Six came on Monday and nine on Tuesday.", "Nine came on Monday and six on Tuesday."),
        ("It lost two of its five clients.", "It lost five of its clients."),
    ],
)
def test_a_number_keeps_what_it_counts_and_where_it_stands(span: str, claim: str) -> None:
    assert structure.numbers_change(claim, span, alike)
    assert not structure.numbers_change(span, span, alike)


def test_words_in_other_places_are_not_likely_in_the_same_words() -> None:
    span = "The manager told the cashier that the till was short."
    assert probability("The cashier told the manager that the till was short.", span, BagEmbedder()) == REARRANGED
    assert probability(span, span, BagEmbedder()) > REARRANGED


def test_words_in_other_places_may_be_likely_where_other_words_are_used() -> None:
    span = "The manager told the cashier that the till was short."
    claim = "That the till was low was what the manager told the cashier."
    assert probability(claim, span, BagEmbedder()) > REARRANGED


def test_the_weights_are_named_and_each_feature_has_one() -> None:
    raw = json.loads((resources.files("hybrid.answering.verification") / "alignment_weights.json").read_text("utf-8"))
    assert tuple(raw["weights"]) == FEATURES
    assert not any(name.startswith("held-out") for name in raw["fitted_on"])
    assert features("The dam held.", "The dam held.", BagEmbedder()).shape == (len(FEATURES),)
    assert np.isfinite(features("Yes.", "No.", BagEmbedder())).all()
