"""What a verb governs: an infinitive is no gerund, and somebody with whom is nobody for whom."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.alignment import says_the_same
from hybrid.answering.verification.vetoes import failed_checks


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The joiner mended the pew for the vicar.", "The joiner mended the pew with the vicar."),
        ("The joiner mended the pew for the vicar.", "The joiner repaired the pew of the vicar."),
        ("Ms Quill spoke with the pilot about the rudder.", "Ms Quill spoke for the pilot about the rudder."),
        ("Ms Quill spoke with the pilot about the rudder.", "Ms Quill spoke about the pilot with the rudder."),
        ("The farmer bought the ram from the priest.", "The ram was bought by the farmer for the priest."),
        ("The guide carried the tent for him.", "The guide carried the tent with him."),
        ("The firm received a letter from the council.", "The firm received a letter about the council."),
        ("The mayor voted with the liberals.", "The mayor voted for the liberals."),
        ("Dr Kaur operated with Dr Lim.", "Dr Kaur operated on Dr Lim."),
        ("The knight fought for the queen.", "The knight fought the queen."),
        ("Hugo gave Petra the compass.", "The compass was given to Hugo by Petra."),
        ("Hans wrote the letter.", "The letter was written for Hans."),
    ],
)
def test_who_something_is_done_for_is_not_who_it_is_done_with(span: str, claim: str) -> None:
    assert "participant" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("Ms Quill spoke with the pilot about the rudder.", "Ms Quill spoke to the pilot regarding the rudder."),
        ("The roof of the chapel leaked in March.", "The chapel's roof leaked in March."),
        ("The auditor gave the file to the clerk.", "The auditor gave the clerk the file."),
        ("The auditor gave the file to the clerk.", "The file was given to the clerk by the auditor."),
        ("The report on the dam was written by the geologist.", "The geologist wrote the report on the dam."),
        ("The decision of the board surprised the tenants.", "The decision by the board surprised the tenants."),
    ],
)
def test_what_is_only_put_another_way_is_the_same(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()
    assert says_the_same(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The porter forgot to bolt the hatch.", "The porter forgot that he had bolted the hatch."),
        ("The porter forgot to bolt the hatch.", "The porter forgot bolting the hatch."),
        ("Ms Lund stopped to feed the hens.", "Ms Lund stopped feeding the hens."),
        ("Ms Lund stopped to feed the hens.", "Ms Lund stopped the feed."),
        ("The cook remembered to salt the soup.", "The cook remembered that he had salted the soup."),
        ("The baron regretted selling the mill.", "The baron regretted to sell the mill."),
        ("The diver tried to open the chest.", "The diver tried opening the chest."),
        ("The judge went on to read the verdict.", "The judge went on reading the verdict."),
        ("The mason quit carving to help the smith.", "The mason quit helping the smith."),
        ("Ms Roy reminded him to lock the shed.", "Ms Roy reminded him that the shed was locked."),
    ],
)
def test_what_is_to_be_done_is_not_what_was_done(span: str, claim: str) -> None:
    assert "complement" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        ("The porter forgot to bolt the hatch.", "The porter did not remember to bolt the hatch."),
        ("Ms Lund ceased feeding the hens.", "Ms Lund ceased to feed the hens."),
        ("The cook began to salt the soup.", "The cook began salting the soup."),
        ("The baron regretted selling the mill.", "The baron regretted that he had sold the mill."),
        ("The sergeant remembered locking the gate.", "The sergeant remembered that he had locked the gate."),
        ("The committee met with the auditor in June.", "The committee met the auditor in June."),
    ],
)
def test_two_forms_that_say_the_same_are_no_other_fact(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()
