"""What agrees, asks for something or speaks of another thing is never said to say otherwise; what says otherwise is."""

from __future__ import annotations

import pytest
from index_only import corpus_of

from hybrid.answering import contradictions
from hybrid.answering.quoting import of_unnamed
from hybrid.answering.verification.contradiction import contradict
from hybrid.answering.verification.disagreement import Said


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("Dora charged nothing for mending the kettle in the shed.", "Dora mended the kettle in the shed."),
        ("Ben took no money for painting the boat of the club.", "Ben painted the boat of the club."),
        ("Ilse did not complain while she cleaned the filter of tank 2.", "Ilse cleaned the filter of tank 2."),
        ("The gate was billed before the porch was painted.", "The porch was painted after the gate was billed."),
        ("The gate was billed before the fence.", "The gate was billed after the roof."),
        ("The hall was let before the fair, and the tent was let in May.", "The tent was let after the rain in May."),
    ],
)
def test_what_agrees_or_is_of_another_thing_is_no_contradiction(claim: str, span: str) -> None:
    assert not contradict(claim, span)


@pytest.mark.parametrize(
    ("claim", "span"),
    [
        ("Dora did not mend the kettle in the shed.", "Dora mended the kettle in the shed."),
        ("The boat of the club was never painted.", "The boat of the club was painted in May."),
        ("The gate was billed before the porch was painted.", "The gate was billed after the porch was painted."),
        ("Notice is given before the sale.", "Notice is given after the sale."),
        ("Nobody cleaned the filter of tank 2.", "Ilse cleaned the filter of tank 2 on Monday."),
        ("The hall has no fire door.", "The hall has a fire door."),
    ],
)
def test_what_says_otherwise_is_a_contradiction(claim: str, span: str) -> None:
    assert contradict(claim, span)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Has the deposit been returned?", "Return the deposit, or pay us interest.", "No deposit has been returned."),
        ("Has the licence been issued?", "1. Please issue the licence by Friday.", "The licence has not been issued."),
        ("Has a receipt been sent for the tent?", "(b) you have not paid, or sent a receipt for, the tent.",
         "No receipt has been sent for the tent."),
        ("Was the pump repaired?", "We ask you to repair the pump.", "The pump was not repaired."),
        ("Was the horse vaccinated?", "Vaccinate the horse before it travels.", "The horse was never vaccinated."),
    ],
)  # fmt: skip
def test_what_asks_for_a_thing_and_what_agrees_contradict_no_denial(question: str, one: str, other: str) -> None:
    assert contradictions.contradict(Said(one), Said(other), question) is None
    assert contradictions.contradict(Said(other), Said(one), question) is None


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Has the deposit been returned?", "We returned the deposit in May.", "No deposit has been returned."),
        ("Was the pump repaired?", "9 May: repaired the pump.", "The pump was not repaired."),
        ("Was the horse vaccinated?", "The vet vaccinated the horse.", "The horse was never vaccinated."),
    ],
)
def test_a_statement_that_it_was_done_contradicts_the_denial(question: str, one: str, other: str) -> None:
    assert contradictions.contradict(Said(one), Said(other), question) is not None


def test_a_writer_who_resolves_a_pronoun_is_not_said_to_disagree(tmp_path_factory: pytest.TempPathFactory) -> None:
    corpus = corpus_of({"a.txt": "Ben Tek painted the boat of the club. He took nothing for it.\n"}, tmp_path_factory)
    claim = "Ben Tek took nothing for painting the boat of the club."
    answer = corpus.ask("What did Ben Tek take for the boat?", writer=lambda _: claim, route="comprehension")
    claims = (*answer.claims, *(answer.draft.claims if answer.draft else ()))
    assert not any(one.contradicted_by for one in claims)
    assert not any("disagree" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("before", "text", "unnamed"),
    [
        ("We bought cups for the hall.", "There are nine of them, and they are well made.", True),
        ("I have counted the covers again.", "There are nine of them, and they are well made.", False),
        ("We bought cups for the hall.", "The covers are nine, and they are well made.", False),
        ("I bought a lamp for the hall.", "It cost £9.", True),
    ],
)
def test_what_only_points_at_two_things_says_nothing_against_each_other(before, text, unnamed):
    one = Said("There are six of them, and they are well made.", before="I have counted the covers for the table.")
    other = Said(text, before=before)
    assert of_unnamed(one, other) == of_unnamed(other, one) == unnamed
