"""What a phrase belongs to: the outer or the inner verb, one item or the other, this noun or that one."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.alignment import says_the_same
from hybrid.answering.verification.vetoes import failed_checks

LEASE = "The baker told his brother that the oven would be lit in April 2019."
LETTER = "The abbot wrote to the mason that the tower would be closed by 3 May."
SEEDS = "The gardener planted beans in the trench and garlic in the greenhouse."
GRANT = "The guild pays lodging for sailors and boots for porters."
SINGERS = "The band will play in the barn on Sunday and in the tavern on Monday."
CREW = "The mine employed six smiths for the winter and four cooks for the year."


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (LEASE, "The baker told his brother in April 2019 that the oven would be lit."),
        (LEASE, "In April 2019 the baker told his brother the oven would be lit."),
        (LETTER, "The abbot wrote to the mason by 3 May that the tower would be closed."),
        ("Ms Roe promised to mend the net in July.", "In July Ms Roe promised to mend the net."),
        ("The coach urged the rower to rest until Friday.", "Until Friday the coach urged the rower to rest."),
        ("The jury ruled that the barge must sail by dawn.", "By dawn the jury ruled that the barge must sail."),
        (
            "The porter noted that the trunk had been opened at the harbour.",
            "At the harbour the porter noted that the trunk had been opened.",
        ),
        (
            "On Tuesday the scout informed the captain that the well was dry.",
            "The scout informed the captain that the well was dry on Tuesday.",
        ),
    ],
)
def test_a_time_or_place_stays_with_the_verb_of_its_clause(span: str, claim: str) -> None:
    assert "inner clause" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "On 4 May the scout informed the captain that the well would be dug in June.",
            "The scout informed the captain on 4 May that in June the well would be dug.",
        ),
        (LEASE, "The baker told his brother the oven would be lit in April 2019."),
        (LEASE, "The baker's brother was told by the baker that in April 2019 the oven would be lit."),
        ("The fair used a cart to move the organ in May.", "In May the fair used a cart to move the organ."),
        ("Guests are required to wear hats in summer.", "In summer guests are required to wear hats."),
        ("The dog that bit the boy was found on Monday.", "On Monday the dog that bit the boy was found."),
    ],
)
def test_a_time_or_place_may_move_within_its_clause(span: str, claim: str) -> None:
    assert "inner clause" not in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (SEEDS, "The gardener planted beans in the trench and the greenhouse."),
        (SEEDS, "The gardener planted beans in the trench and in the greenhouse."),
        (SEEDS, "Beans were planted in the trench and the greenhouse."),
        (GRANT, "The guild pays lodging for sailors and porters."),
        (SINGERS, "The band will play in the barn on Sunday and on Monday."),
        (CREW, "The mine employed six smiths for the winter and for the year."),
        (CREW, "The mine employed six smiths and four cooks for the year."),
        (
            "The tram stops at nine by the mill and at ten by the lock.",
            "The tram stops at nine by the mill and by the lock.",
        ),
        (
            "The cat caught a wren in the loft and mice in the stable.",
            "The cat caught a wren in the loft and the stable.",
        ),
    ],
)
def test_clauses_that_share_a_verb_are_not_merged(span: str, claim: str) -> None:
    assert "mixed clauses" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (SEEDS, "The gardener planted garlic in the greenhouse and beans in the trench."),
        (SEEDS, "The gardener planted beans and garlic."),
        (GRANT, "The guild pays boots for porters."),
        (SINGERS, "The band will play on Monday in the tavern and on Sunday in the barn."),
        (
            "The gardener planted beans in the trench and in the field.",
            "The gardener planted beans in the trench and the field.",
        ),
        (
            "The mine employed six smiths and four cooks for the year.",
            "The mine employed four cooks and six smiths for the year.",
        ),
    ],
)
def test_clauses_that_share_a_verb_may_be_said_in_another_order(span: str, claim: str) -> None:
    assert "mixed clauses" not in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The scout reported a fire in the mill to the fort.", "The scout reported a fire in the fort."),
        ("The potter explained the crack in the jug to the buyer.", "The potter explained the crack in the buyer."),
        ("The monk sold honey from the abbey at the fair.", "The monk sold honey from the fair."),
    ],
)
def test_a_noun_does_not_take_the_preposition_of_another(span: str, claim: str) -> None:
    assert "preposition" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "The scout reported a fire in the mill to the fort.",
            "A fire in the mill was reported to the fort by the scout.",
        ),
        ("The lid of the jar is in the drawer.", "The lid for the jar is in the drawer."),
        ("He told her to submit a plan at the fair.", "He told her to show a plan to the fair."),
    ],
)
def test_a_noun_may_have_a_preposition_that_says_the_same(span: str, claim: str) -> None:
    assert "preposition" not in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("Only monks with a key may ring three bells.", "Only three bells may be rung by monks with a key."),
        ("Only monks with a key may ring three bells.", "Monks with a key may ring only three bells."),
        ("The kiln fires only jugs on Fridays.", "The kiln fires jugs only on Fridays."),
        ("Only the abbot could enter the crypt.", "The abbot could only enter the crypt."),
        ("Only the abbot could enter the crypt.", "The abbot could enter the crypt only."),
        ("The abbot may only lend books.", "Only the abbot may lend books."),
        ("Only the dyer saw the vat before noon.", "The dyer saw only the vat before noon."),
        ("The dyer saw only the vat before noon.", "Only the dyer saw the vat before noon."),
        ("The mason only carved the lintel.", "Only the mason carved the lintel."),
        ("Only the mason carved the lintel.", "The mason only carved the lintel."),
        ("She lent the key only to the dyer.", "Only she lent the key to the dyer."),
    ],
)
def test_only_stays_with_what_it_singles_out(span: str, claim: str) -> None:
    assert "only moved" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("Only monks with a key may ring three bells.", "Three bells may be rung only by monks with a key."),
        ("The kiln fires jugs only on Fridays.", "Only on Fridays does the kiln fire jugs."),
        ("Only the abbot could enter the crypt.", "The crypt could be entered by the abbot only."),
        ("The crypt is entered only by the abbot.", "Only the abbot enters the crypt."),
        ("Members only may use the pool.", "Only members may use the pool."),
        ("The kiln fires jugs only on Fridays.", "The kiln only fires jugs on Fridays."),
        ("Boats may leave only if the sea is calm.", "Only if the sea is calm may boats leave."),
    ],
)
def test_only_may_move_with_what_it_singles_out(span: str, claim: str) -> None:
    assert "only moved" not in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The cook scrubbed the copper pan's rim with a hard brush.",
         "The copper pan's rim was scrubbed by the cook with a hard brush."),
        ("On 9 May the abbot sent the soil samples to the chemist.",
         "On 9 May the soil samples were sent to the chemist by the abbot."),
        ("The general ordered the scouts to cross the river.",
         "The scouts were ordered by the general to cross the river."),
        ("Of the 80 farmers, 51 signed the letter.", "51 of the 80 farmers signed the letter."),
        ("The fair was closed because the river had risen.", "The river had risen, so the fair was closed."),
    ],
)  # fmt: skip
def test_a_sentence_in_the_other_voice_or_order_says_the_same(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()
    assert says_the_same(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The cook scrubbed the copper pan's rim with a hard brush.",
         "The cook was scrubbed by the copper pan's rim with a hard brush."),
        ("On 9 May the abbot sent the soil samples to the chemist.",
         "On 9 May the soil samples were sent to the abbot by the chemist."),
        ("The general ordered the scouts to cross the river.",
         "The general was ordered by the scouts to cross the river."),
        ("Of the 80 farmers, 51 signed the letter.", "80 of the 51 farmers signed the letter."),
        ("The fair was closed because the river had risen.", "The fair was closed, so the river had risen."),
        ("The fair was closed although the river had risen.", "The river had risen, so the fair was closed."),
    ],
)  # fmt: skip
def test_a_sentence_with_its_parts_exchanged_does_not(span: str, claim: str) -> None:
    assert failed_checks(claim, span) or not says_the_same(claim, span)


def test_so_many_of_how_many_do_not_change_places() -> None:
    span = "Of the 80 farmers, 51 signed the letter."
    assert "turned round" in failed_checks("80 of the 51 farmers signed the letter.", span)
    assert "turned round" not in failed_checks("51 of the 80 farmers signed the letter.", span)
