"""What is said in another construction is the same, and what is nearly so is not."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.alignment import words
from hybrid.answering.verification.equivalents import canonical
from hybrid.evaluation.verdicts import Case, ExaminedCase
from tests.answering_corpus import BagEmbedder


def verdict(claim: str, span: str) -> str:
    return ExaminedCase(Case(corpus=span, claim=claim, carried=True), BagEmbedder()).outcome(None).verdict


# Each row: what the document says, the same in another construction, and a near one that is not the same.
PAIRS = [
    (
        "The decision was to close the Harwick depot.",
        "It was decided to close the Harwick depot.",
        "The Harwick depot was closed.",
    ),
    (
        "The board's decision was to sell the mill.",
        "The board decided to sell the mill.",
        "The board decided to keep the mill.",
    ),
    (
        "The decision was taken by the trustees to sell the mill.",
        "The trustees decided to sell the mill.",
        "The trustees decided not to sell the mill.",
    ),
    (
        "Ms Roy testified that the gate was open.",
        "In Ms Roy's testimony, the gate was open.",
        "In Mr Bell's testimony, the gate was open.",
    ),
    (
        "The foreman testified that the valve had been opened by the fitter.",
        "In the foreman's testimony, the fitter had opened the valve.",
        "In the fitter's testimony, the foreman had opened the valve.",
    ),
    (
        "The board plans to sell the mill.",
        "It is the board's plan to sell the mill.",
        "It is the board's plan to keep the mill.",
    ),
    ("The tenant did not object to the survey.", "The tenant raised no objection to the survey.",
     "The tenant raised an objection to the survey."),
    ("The fitters inspected the boiler.", "The fitters carried out an inspection of the boiler.",
     "The fitters carried out an inspection of the furnace."),
    ("The minutes shall be deemed approved, and the clerk shall sign them.",
     "The minutes count as approved, and the clerk shall sign them.",
     "The minutes may be deemed approved, and the clerk shall sign them."),
    ("The tenancy ended in June.", "The tenancy came to an end in June.", "The tenancy came to an end in July."),
    ("The bill was £900.", "The bill came to £900.", "The bill came to £800."),
    ("The lease starts on 1 October.", "The lease starts on the first day of October.",
     "The lease starts on the last day of October."),
    ("The forms are due by 30 June.", "The forms are due by the end of June.", "The forms are due by the end of July."),
    ("The guard left at 9:15 pm.", "The guard left at a quarter past nine in the evening.",
     "The guard left at a quarter to nine in the evening."),
    ("The rate is 2.5 per cent.", "The rate is two and a half per cent.", "The rate is two and a quarter per cent."),
    ("The auditor may invite a surveyor.", "It is open to the auditor to invite a surveyor.",
     "It is for the auditor to invite a surveyor."),
    ("The tenant may not keep a goat in the yard.", "Keeping a goat in the yard is forbidden to the tenant.",
     "Keeping a goat in the yard is forbidden to the landlord."),
    ("Staff must report the loss to the warden.", "Employees must report the loss to the warden.",
     "Employees may report the loss to the warden."),
    ("The diver examined the hull.", "The diver looked into the hull.", "The hull examined the diver."),
    ("The vicar did not read the letter until the clerk had left.",
     "The vicar read the letter only after the clerk had left.",
     "The vicar read the letter before the clerk had left."),
    (
        "The carrier shall not open the crates without the prior written approval of the owner.",
        "The carrier needs the owner's written approval before it opens the crates.",
        "The carrier may open the crates without the owner's written approval.",
    ),
    (
        "Guests may use the sauna only with the approval of the nurse.",
        "Guests shall not use the sauna without the nurse's approval.",
        "Guests may use the sauna.",
    ),
    (
        "The host shall not enter the room without the lodger's prior consent.",
        "The host may enter the room only with the lodger's consent.",
        "The lodger may enter the room only with the host's consent.",
    ),
    (
        "The offer lapses on Friday unless the deposit has been paid by noon.",
        "The offer lapses on Friday if the deposit has not been paid by noon.",
        "The offer lapses on Friday if the deposit has been paid by noon.",
    ),
    (
        "The bank refused to release the deed.",
        "The bank declined to release the deed.",
        "The bank did not decline to release the deed.",
    ),
    (
        "The mate had been warned about the loose hatch.",
        "The mate had been warned of the loose hatch.",
        "The mate had warned of the loose hatch.",
    ),
    (
        "Most of the crates that came in May were wet.",
        "The majority of the crates that came in May were wet.",
        "All of the crates that came in May were wet.",
    ),
    (
        "No crate shall leave the depot without a note that has been signed by the clerk.",
        "A crate shall not leave the depot without a note that has been signed by the clerk.",
        "A crate may leave the depot without a note that has been signed by the clerk.",
    ),
    ("However, the gate closed before noon.", "The gate closed before noon.", "The gate did not close before noon."),
]  # fmt: skip


@pytest.mark.parametrize(("span", "claim"), [(span, claim) for span, claim, _ in PAIRS])
def test_the_same_in_another_construction_is_approved(span: str, claim: str) -> None:
    assert verdict(claim, span) in {"supported", "likely"}
    assert verdict(span, claim) in {"supported", "likely"}


def test_what_is_said_of_a_consent_does_not_limit_the_need_for_it() -> None:
    span = "The lodger shall not keep a dog without the host's prior consent, which shall not be unreasonably withheld."
    needed = "The lodger must obtain the host's consent before keeping a dog."
    assert verdict(needed, span) == "supported"
    assert verdict(needed.replace("host", "agent"), span) not in {"supported", "likely"}
    assert verdict(span, needed) not in {"supported", "likely"}


@pytest.mark.parametrize(("span", "claim"), [(span, claim) for span, _, claim in PAIRS])
def test_what_is_nearly_the_same_is_not_approved(span: str, claim: str) -> None:
    assert verdict(claim, span) not in {"verbatim", "supported", "likely"}


@pytest.mark.parametrize(
    ("span", "claim", "false"),
    [
        ("Mr Kay leased the barn from Ms Roy for six years.", "Ms Roy let the barn to Mr Kay for six years.",
         "Mr Kay let the barn to Ms Roy for six years."),
        ("Orford Ltd employs Ms Roy as a surveyor.", "Ms Roy works for Orford Ltd as a surveyor.",
         "Orford Ltd works for Ms Roy as a surveyor."),
        ("The mill belongs to Ms Roy.", "Ms Roy owns the mill.", "The mill owns Ms Roy."),
        ("Delta beat Omega in the final.", "Omega lost to Delta in the final.", "Delta lost to Omega in the final."),
        ("Ms Roy locked the barn before the crane fell.", "The crane fell after Ms Roy locked the barn.",
         "The crane fell before Ms Roy locked the barn."),
        ("In 1988 the abbey sold the vineyard to Mr Kay.", "Mr Kay bought the vineyard from the abbey in 1988.",
         "The abbey bought the vineyard from Mr Kay in 1988."),
    ],
)  # fmt: skip
def test_the_other_end_of_a_relation_is_said(span: str, claim: str, false: str) -> None:
    assert verdict(claim, span) in {"supported", "likely"}
    assert verdict(false, span) not in {"supported", "likely"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ms Roy's account was closed.", "Ms Roy's account was closed."),
        ("The end of February is cold.", "The end of February is cold."),
        ("On the tenant's complaint, the fee was waived.", "On the tenant's complaint, the fee was waived."),
        ("She bought a pair of shoes.", "She bought a pair of shoes."),
        ("A fee applies. The decision was to close it.", "A fee applies. It was decided to close it."),
        ("The deadline for bidders to hand in offers is 3 May.", "Bidders must hand in offers by 3 May."),
        ("He made a payment of $500.", "He paid $500."),
        ("The bill is treated as accepted.", "The bill shall be deemed accepted."),
        ("The bill will be treated as accepted.", "The bill will be treated as accepted."),
    ],
)
def test_what_only_looks_alike_stays_as_it_is(text: str, said: str) -> None:
    assert canonical(text) == said


def test_what_will_be_treated_so_has_not_been() -> None:
    said = verdict(
        "Notices has been treated as delivered on receipt.", "Notices will be treated as delivered on receipt."
    )
    assert said not in {"verbatim", "supported", "likely"}


def test_a_participle_with_by_is_no_phrase() -> None:
    assert words("The plan was dropped by the crew.") == ("plan", "dropped", "crew")
    assert words("They dropped by.") != words("They dropped it.")
