"""A sentence with several statements says each of them, and what limits one of them limits no other."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.conjuncts import conjuncts
from hybrid.evaluation.verdicts import Case, ExaminedCase
from tests.answering_corpus import BagEmbedder


def verdict(claim: str, span: str) -> str:
    return ExaminedCase(Case(corpus=span, claim=claim, carried=True), BagEmbedder()).outcome(None).verdict


INSURE = "The tenant shall insure the barn for its full value and shall send the policy to the landlord on request."
STORM = "If a storm warning is given, the skipper must return to port and may not sail again until the pilot agrees."
TWO = "The curator catalogued the coins, but the porter refused to open the vault."
AFTER = "The clerk sent the deed to Mr Ito on 4 May, after Mr Ito had complained that nobody had shown it to him."
WHO = "Ms Berg, who led the inspection in the absence of the director, asked that the sample be tested again."
SIGNED = "The lease was signed by the guarantor and returned to the agent in June."
EVENING = "The brass band practised at noon and marched that evening."
NEITHER_SIGNED = "The guarantor did not sign the lease and return it to the agent."
SAID = "The foreman said that the crane was idle and the driver was asleep."
UNLESS = "The lender shall release the mortgage and shall return the deeds unless a payment is overdue."


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (INSURE, "The tenant must insure the barn for its full value."),
        (INSURE, "The tenant shall send the policy to the landlord on request."),
        (STORM, "If a storm warning is given, the skipper must return to port."),
        (TWO, "The curator catalogued the coins."),
        (AFTER, "The clerk sent the deed to Mr Ito on 4 May."),
        (AFTER, "On 4 May the clerk sent Mr Ito the deed."),
        (WHO, "Ms Berg led the inspection in the absence of the director."),
        (SIGNED, "The lease was signed by the guarantor."),
        (SIGNED, "The lease was returned to the agent in June."),
        (EVENING, "The brass band marched that evening."),
        ("The road was closed on Monday because the bridge had cracked.", "The road was closed on Monday."),
        ("The bursar kept the ledger and did not show it to the auditor.", "The bursar kept the ledger."),
        ("The pump failed at 6 a.m.; the engineer may not enter the mine before noon.", "The pump failed at 6 a.m."),
    ],
)
def test_a_statement_stands_by_itself(span: str, claim: str) -> None:
    assert verdict(claim, span) in {"supported", "likely"}


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (INSURE, "The tenant shall insure the barn on request."),
        (INSURE, "The tenant shall send the policy to the landlord."),
        (STORM, "The skipper must return to port."),
        (STORM, "If a storm warning is given, the skipper may not sail again."),
        (TWO, "The curator refused to open the vault."),
        (TWO, "The porter opened the vault."),
        (AFTER, "Nobody had shown the deed to Mr Ito."),
        (WHO, "The sample was tested again."),
        (WHO, "The director led the inspection."),
        (SIGNED, "The lease was signed by the guarantor in June."),
        (SIGNED, "The guarantor returned the lease to the agent in June."),
        (EVENING, "The brass band marched at noon."),
        (NEITHER_SIGNED, "The guarantor returned the lease to the agent."),
        (SAID, "The driver was asleep."),
        (SAID, "The crane was idle."),
        (UNLESS, "The lender shall release the mortgage."),
        (UNLESS, "The lender shall return the deeds."),
        ("No guest arrived late and was turned away.", "A guest was turned away."),
        ("The board plans to sell the mill and to close the shop.", "The board closed the shop."),
        ("The bailiff denied that he had taken the ring and had sold it.", "The bailiff had sold the ring."),
    ],
)
def test_what_holds_for_all_statements_stays_with_each(span: str, claim: str) -> None:
    assert verdict(claim, span) not in {"verbatim", "supported", "likely"}


def test_nothing_is_taken_out_of_what_somebody_says() -> None:
    assert "The driver was asleep." not in conjuncts(SAID)
    assert conjuncts("The foreman said that the crane was idle.") == ()


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "The trustee paid 500 euros to Ann Roe in May and 300 euros to Ben Low in June.",
            "The trustee paid 500 euros to Ann Roe in May.",
        ),
        (
            "The school shall pay 30 per cent of the fee on signature and the balance on the last day of the course.",
            "On signature the school must pay 30 per cent of the fee.",
        ),
        (
            "Title passes to the Buyer on payment in full, while the risk of loss passes on collection.",
            "The risk of loss passes on collection.",
        ),
        (
            "Neither the bursar nor the porter locked the side gate on Sunday night.",
            "The porter did not lock the side gate on Sunday night.",
        ),
        (
            "Neither the bursar nor the porter locked the side gate on Sunday night.",
            "The side gate was not locked by the bursar on Sunday night.",
        ),
        (
            "Ms Roth told the committee that the pump had been serviced in April.",
            "According to Ms Roth, the pump had been serviced in April.",
        ),
        (
            "The agent's liability under this contract is limited to the commission paid, except in cases of fraud.",
            "Except in cases of fraud, the agent is liable under this contract for no more than the commission paid.",
        ),
        (
            "The agent's liability shall not exceed 20,000 euros.",
            "The agent is liable for no more than 20,000 euros.",
        ),
        (
            "The museum will keep the crates free of charge for one year, after which it may sell them "
            "once it has given the lender notice.",
            "For one year the museum will keep the crates at no charge.",
        ),
        (
            "If the tenant reports a leak later than three days after noticing it, the tenant bears the cost.",
            "If the tenant reports a leak more than three days after noticing it, the tenant bears the cost.",
        ),
        (
            "The plates are to be returned to the lender in June.",
            "The plates shall be returned to the lender in June.",
        ),
        (
            "The Carrier's liability for loss of luggage is limited to 1,000 euros.",
            "The Carrier is liable for loss of luggage for no more than 1,000 euros.",
        ),
        (
            "Ms Ito met with the buyers in May and the sellers in June.",
            "Ms Ito met with the buyers in May.",
        ),
        (
            "The gardener told the owner that the well had run dry in August.",
            "The gardener said that the well had run dry in August.",
        ),
        (
            "Neither the pilot nor the tower reported the fog.",
            "The pilot did not report the fog.",
        ),
        (
            "The crew may not leave the ship without the consent of the master and shall sign the log on return.",
            "The crew shall sign the log on return.",
        ),
        (
            "It is alleged that the clerk took the ring; she sold it in Lyon.",
            "It is alleged that the clerk took the ring.",
        ),
        (
            "The lodger left the flat in June after the lift had failed twice.",
            "The lodger left the flat in June.",
        ),
    ],
)
def test_a_part_or_another_form_of_a_sentence_is_said(span: str, claim: str) -> None:
    assert verdict(claim, span) in {"verbatim", "supported", "likely"}


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (
            "The Carrier shall deliver the first 40 drums to the depot in Bremen by 3 May 2023 and the "
            "remaining 25 within ten days of that date.",
            "The remaining 25 drums were to be delivered by 3 May 2023.",
        ),
        (
            "The trustee paid 500 euros to Ann Roe and Ben Low.",
            "The trustee paid 500 euros to Ann Roe.",
        ),
        (
            "Title passes to the Buyer on payment in full, while the risk of loss passes on collection.",
            "Title passes to the Buyer on collection.",
        ),
        (
            "Neither the bursar nor the porter locked the side gate on Sunday night.",
            "The bursar locked the side gate on Sunday night.",
        ),
        (
            "Ms Roth told the committee that the pump had been serviced in April.",
            "The pump had been serviced in April.",
        ),
        (
            "Ms Roth told the committee that the pump had been serviced in April.",
            "The committee said that the pump had been serviced in April.",
        ),
        (
            "The agent's liability under this contract is limited to the commission paid, except in cases of fraud.",
            "The agent is liable for no more than the commission paid.",
        ),
        (
            "The agent's liability shall not exceed 20,000 euros.",
            "The agent is liable for at least 20,000 euros.",
        ),
        (
            "The museum will keep the crates free of charge for one year, after which it may sell them "
            "once it has given the lender notice.",
            "The museum may sell the crates.",
        ),
        (
            "Notice shall be given no later than three days after the loss.",
            "Notice shall be given more than three days after the loss.",
        ),
        (
            "The aim was to be praised by the critics.",
            "The critics shall praise it.",
        ),
        (
            "The plates are to be returned to the lender in June.",
            "The plates were returned to the lender in June.",
        ),
        (
            "The Carrier's liability for loss of luggage is limited to 1,000 euros.",
            "The Carrier is liable for no more than 1,000 euros.",
        ),
        (
            "The Carrier's liability for loss of luggage is limited to 1,000 euros.",
            "The Carrier's liability is limited to 1,000 euros.",
        ),
        (
            "The delay was to be made good by between 3 and 5 days of work on Sundays.",
            "The delay was to be made good by 3 days of work.",
        ),
        (
            "Ms Ito met with the buyers in May and the sellers in June.",
            "Ms Ito met with the sellers in May.",
        ),
        (
            "The gardener told the owner that the well might have run dry in August.",
            "The gardener said that the well had run dry in August.",
        ),
        (
            "The crew may not leave the ship without the consent of the master and shall sign the log on return.",
            "The crew may not leave the ship.",
        ),
        (
            "Only members who have paid may vote and may stand for office.",
            "Members may stand for office.",
        ),
        (
            "Half of the drivers passed the test in March and drove the new trams in April.",
            "The drivers passed the test in March.",
        ),
        (
            "Half of the drivers passed the test in March and drove the new trams in April.",
            "The drivers drove the new trams in April.",
        ),
        (
            "It is alleged that the clerk took the ring and that she sold it in Lyon.",
            "The clerk sold the ring in Lyon.",
        ),
        (
            "The nurse nearly dropped the vial and called the doctor at once.",
            "The nurse dropped the vial.",
        ),
        (
            "The chairman hopes that the bridge opens in May and that the ferry stops in June.",
            "The ferry stops in June.",
        ),
        (
            "The club has agreed to sell the field and to move to Ash Lane.",
            "The club has moved to Ash Lane.",
        ),
        (
            "The owner refused to pay the fine and to remove the fence.",
            "The owner removed the fence.",
        ),
        (
            "The lodger would have left the flat in June because the lift failed.",
            "The lodger left the flat in June.",
        ),
        (
            "No guest left early although the band was late.",
            "A guest left early.",
        ),
    ],
)
def test_what_belongs_to_another_part_is_not(span: str, claim: str) -> None:
    assert verdict(claim, span) not in {"verbatim", "supported", "likely"}


@pytest.mark.parametrize(
    ("sentence", "statement"),
    [
        ("The swab was taken by a nurse, not by the ward, and it was sent to Leeds.", "The swab was taken by a nurse."),
        (
            "He thinks it probable, though not certain, that the pump failed.",
            "He thinks it probable that the pump failed.",
        ),
        ("No coal came between 3 and 9 May, although the mine had promised it.", "No coal came between 3 and 9 May."),
        (
            "Staff who enter a bay must sign the book; visitors must be met by a member of staff.",
            "Visitors must be met by a member of staff.",
        ),
        (
            "The van collects the post on weekdays, and on Sundays only if the inn has asked.",
            "The van collects the post on weekdays.",
        ),
    ],
)
def test_what_is_said_holds_without_what_is_set_against_it(sentence, statement):
    assert statement in conjuncts(sentence)


def test_what_is_said_not_to_be_is_no_statement():
    assert not any("ward" in one and "not" not in one for one in conjuncts("It was taken by a nurse, not by the ward."))
