"""What a veto promises: a claim that drops or changes what a sentence limits itself by is not supported by it."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.values import values
from hybrid.answering.verification.vetoes import failed_checks

# Each row: the check that must fail, what the document says, what is claimed.
FALSE = [
    ("attribution", "A former employee testified that the valve had been closed.", "The valve had been closed."),
    ("attribution", "The valve was closed, the foreman said.", "The valve was closed."),
    ("attribution", "According to Mr Lund, the crane failed twice.", "The crane failed."),
    ("belief", "The surveyor suspects that the beam is rotten.", "The beam is rotten."),
    ("hedge", "The leak may have started in the boiler room.", "The leak started in the boiler room."),
    ("hedge", "The shipment was apparently lost at sea.", "The shipment was lost at sea."),
    ("denial", "The bank denies that it received the form.", "The bank received the form."),
    ("plan", "The council intends to close the bridge in March.", "The council closed the bridge in March."),
    ("plan", "Orford offered to buy the mill.", "Orford bought the mill."),
    ("converse", "Hugo gave Petra the map.", "Hugo received the map from Petra."),
    ("converse", "Orford Ltd employs Ms Roy.", "Orford Ltd works for Ms Roy."),
    ("motion", "Mr Bell moved that the fee be waived.", "On a motion by Mr Bell, the fee was waived."),
    ("request", "The tenant was asked to repair the gate.", "The tenant repaired the gate."),
    ("question", "Did the auditor see the ledger?", "The auditor saw the ledger."),
    ("question", "It is unclear whether the auditor saw the ledger.", "The auditor saw the ledger."),
    ("counterfactual", "The dam would have held in a normal year.", "The dam held in a normal year."),
    ("superseded", "The draft of June set the price at $12 a tonne.", "The price is set at $12 a tonne."),
    ("superseded", "The office was formerly in Bergen.", "The office is in Bergen."),
    ("condition", "If the audit fails, the licensee pays the costs.", "The licensee pays the costs."),
    ("condition", "Provided that notice is given, the lease ends in June.", "The lease ends in June."),
    ("exception", "The insurance covers all tools other than drills.", "The insurance covers all tools."),
    ("quantifier", "Several of the bolts were loose.", "The bolts were loose."),
    ("quantifier", "The pump usually starts at six.", "The pump starts at six."),
    ("quantifier", "The members may vote by post.", "All members may vote by post."),
    ("exclusivity", "Only the treasurer may sign cheques.", "The treasurer and the clerk may sign cheques."),
    ("negation", "No fewer than two directors must sign.", "Fewer than two directors must not sign."),
    ("negation", "Neither party may assign the lease.", "Either party may assign the lease."),
    ("negation", "The carrier failed to insure the load.", "The carrier insured the load."),
    ("modality", "The agent may sell the boat.", "The agent must sell the boat."),
    ("modality", "The agent shall sell the boat.", "The agent sold the boat."),
    ("role", "Mr Hale told Ms Ortiz that the pump failed.", "Ms Ortiz told Mr Hale that the pump failed."),
    ("coordination", "Delta supplied the steel and Omega the paint.", "Omega supplied the steel."),
    ("agent", "Ms Roy drafted the plan, and Mr Bell chaired the panel.", "Mr Bell drafted the plan."),
    ("agent", "Ms Roy sent the keys to Ms Dunn, and Ms Dunn lost them.", "The keys were lost by Ms Roy."),
    ("agent", "Ms Roy said that her brother had moved the car.", "Ms Roy's brother stated that he had moved the car."),
    ("agent", "Ms Roy had secretly drafted the plan that Mr Bell chaired.", "Mr Bell had secretly drafted the plan."),
    ("side", "The crew repaired the left wing and checked the right one.", "The crew repaired the right wing."),
    ("title", "The treasurer, Mr Bell, and the secretary, Ms Roy, signed.", "Mr Bell, the secretary, signed."),
    ("pending", "The panel endorsed the plan. It was deferred to the June session.", "The plan was adopted."),
    ("ended", "Ms Roy led the archive until 2017 and now teaches.", "Ms Roy leads the archive."),
    ("distribution", "The two sisters together paid $900 for a roof.", "The two sisters paid $900 each for a roof."),
    ("distribution", "The four seats cost $880 in all.", "Each of the four seats cost $880."),
    ("change", "The fare will rise by 40 cents in May.", "The fare will be 40 cents from May."),
    ("change", "The toll rises by £30 on 1 May.", "The toll rises to £30 on 1 May."),
    ("change", "The dues increase by 5% in May.", "The dues increase to 5% in May."),
    ("change", "The ration drops to 40 grams in June.", "The ration drops by 40 grams in June."),
    ("negation", "The cistern was all but empty at dusk.", "The cistern was empty at dusk."),
    ("negation", "The chart was next to useless in the fog.", "The chart was useless in the fog."),
    ("negation", "The bridge is virtually complete.", "The bridge is complete."),
    ("change", "The queue fell from 31 weeks to 22 weeks.", "The queue was 22 weeks longer."),
    ("rate", "The pump loses 30 litres per minute.", "The pump loses 30 litres an hour."),
    ("rate", "The room costs $75 per night.", "The room costs $75."),
    ("measure", "The firm made a gross profit of $3 million.", "The firm made a profit of $3 million."),
    ("measure", "The firm's revenue was $3 million.", "The firm's profit was $3 million."),
    ("trigger", "Payment is due 30 days from receipt of the goods.", "Payment is due 30 days from the invoice."),
    ("trigger", "He shall report within 24 hours of finding a leak.", "He shall report within 24 hours of its start."),
    ("trigger", "She ships within 3 days of each order.", "She ships within 3 days of confirming each order."),
    ("moment", "The oil was in the tank before the barge was loaded.", "The oil got there while the barge was loaded."),
    ("moment", "After the vote was taken the chair left.", "Before the vote was taken the chair left."),
    ("cap", "The insurer refunds towing costs up to a maximum of $250.", "The insurer refunds whatever towing costs."),
    ("and for or", "Members hand in a card or a letter.", "Members hand in both a card and a letter."),
    ("silence", "The report does not mention a crack in the beam.", "The report states that the beam had no crack."),
    ("not both", "Do not take aspirin and ibuprofen together.", "Do not take aspirin or ibuprofen."),
    ("restriction", "All such fees are payable in May.", "All fees are payable in May."),
    ("qualifier", "Notice counts from the next business day.", "Notice counts from the next day."),
    ("only added", "Members may use the gym and the pool in May.", "Members may only use the gym and the pool in May."),
    ("negation", "If the shop is closed, the light is off.", "If the shop is not closed, the light is not off."),
    ("against", "The surveyor advised against buying the mill.", "The surveyor advised buying the mill."),
    ("as", "The water rose faster than expected.", "The water rose as fast as expected."),
    ("neither", "Neither the pilot nor the tower saw it.", "The pilot, but not the tower, saw it."),
    ("neither", "The cook, but not the maid, was paid.", "The cook was not paid."),
    ("turned round", "The train ran from Leeds to York.", "The train ran from York to Leeds."),
    ("future", "The depot is due to be closed in May.", "The depot was closed in May."),
    ("exclusivity", "No bank will extend it unless it has an audit.", "If it has an audit, a bank will extend it."),
    ("order", "The lease ended before the roof was repaired.", "The roof was repaired before the lease ended."),
    ("order", "The delay was caused by the storm.", "The storm was caused by the delay."),
    ("cause", "The bridge closed and the shop moved.", "The shop moved because the bridge closed."),
    ("concession", "The ferry sailed in the fog.", "The ferry sailed despite the fog."),
    ("opposite", "The clause is valid.", "The clause is invalid."),
    ("substitution", "The rent is due monthly.", "The rent is due weekly."),
    ("name", "Northwind signed the deed.", "Orford signed the deed."),
    ("value", "The fee is two dollars a tonne.", "The fee is two hundred dollars a tonne."),
    ("value", "Payment is due within 30 business days.", "Payment is due within 30 days."),
    ("value", "At least three inspectors saw the crack.", "Three inspectors saw the crack."),
    ("value", "The tank holds up to 500 litres.", "The tank holds at least 500 litres."),
    ("value", "The deposit must be paid by 3 May 2024.", "The deposit must be paid on 3 May 2024."),
    ("quantifier", "Not all of the crew signed.", "None of the crew signed."),
    ("hedge", "Dr Roth wrote that the beam was probably cracked.", "Dr Roth wrote that the beam was cracked."),
    ("modality", "The broker shall use reasonable efforts to insure the load.", "The broker shall insure the load."),
    ("habit", "Last winter the roof leaked once.", "The roof leaks whenever it snows."),
    ("superlative", "The Oslo plant is large.", "The Oslo plant is the largest."),
    ("comparison", "The second pump is less worn than the first.", "The second pump is worn."),
    ("perception", "The porter did not see anyone leave the yard.", "Nobody left the yard."),
    ("association", "The offer came on 3 May, and the deed was signed on 9 June.", "The deed was signed on 3 May."),
    ("alternative", "Either Acme or Delta paid the fine.", "Acme paid the fine."),
    ("offer", "The mill offered Ms Roth nine months' pay.", "Ms Roth accepted nine months' pay."),
    ("again", "On Tuesday the foreman missed the check.", "On Tuesday the foreman again missed the check."),
    ("reciprocity", "Acme keeps Delta's papers secret.", "Acme and Delta keep each other's papers secret."),
    ("witness", "A neighbour told Ms Roth of a white van.", "Ms Roth saw a white van."),
    ("time limit", "For two years the clerk shall not solicit customers.", "The clerk shall never solicit customers."),
    ("choice", "At the Owner's option, the Carrier shall return or burn it.", "The Carrier may choose to return it."),
    ("role", "The Tenant assigned its claim to the Landlord.", "The Landlord transferred its claim to the Tenant."),
    ("agent", "The audit committee endorsed the plan, which the board awaits.", "The plan was endorsed by the board."),
    ("order", "Whenever the miller drank, he sang.", "Whenever the miller sang, he drank."),
    ("order", "Ms Roth sold the farm before she met Hal.", "By the time Ms Roth sold the farm, she met Hal."),
    ("plan", "The board resolved that the mill be sold.", "The board sold the mill."),
    ("cause", "Sales fell after the mill opened.", "The mill brought about the fall in sales."),
    ("left out", "The seller must, if asked in writing, store the goods.", "The seller must store the goods."),
    ("title", "The deputy warden told him to lock the gates.", "The warden told him to lock the gates."),
    ("title", "The former treasurer signed the cheque on 3 May.", "The treasurer signed the cheque on 3 May."),
]  # fmt: skip

TRUE = [
    ("Mr Bell moved that the fee be waived.", "Mr Bell put forward a motion that the fee be waived."),
    ("The lease runs for 24 months.", "The lease runs for two years."),
    ("The appeal must be lodged within two weeks.", "There are 14 days in which the appeal must be lodged."),
    ("Three quarters of the members must agree.", "The agreement of 75 percent of the members is required."),
    ("The porter came at half past two.", "The porter came at 2:30."),
    ("The deed was signed on 1 April 2021.", "The deed was signed on the first of April 2021."),
    ("The tower cost one and a half million euros.", "The tower came to EUR 1,500,000."),
    ("The buyer failed to pay the fee.", "The buyer did not pay the fee."),
    ("The licensee is under no obligation to buy ink.", "The licensee does not have to buy any ink."),
    ("The abbey sold its vineyard to the Bassani family.", "The Bassani family bought the vineyard from the abbey."),
    ("Visitors may enter only with the nurse's consent.", "Without the nurse's consent, no visitor may enter."),
    ("The Danish unit earned more than the Swedish unit.", "The Swedish unit earned less than the Danish unit."),
    ("The clerk may not speak to the press.", "The clerk must refrain from speaking to the press."),
    ("The Supplier shall deliver nine hundred tonnes a month.", "The Supplier must deliver 900 tonnes every month."),
    ("It is alleged that the director took bribes.", "The director is alleged to have taken bribes."),
    ("The Licensee shall not sublicense the Software.", "Sublicensing the software is prohibited."),
    ("The tenant may keep dogs only with the landlord's consent.", "Dogs may be kept only if the landlord consents."),
    ("The board met on Tuesday, 7 May 2024, and approved the loan of £2 million.",
     "On 7 May 2024 the board approved a loan of £2,000,000."),
    ("The warranty covers all parts except the battery.", "The battery is not covered by the warranty."),
    ("No party may assign the lease without consent.", "Either party may assign the lease only with consent."),
    ("The lease starts on May 22, 2020 and is for thirty (30) months.", "The lease is for 30 months."),
    ("The crane was bought by Orford.", "Orford bought the crane."),
    ("The auditor can't sign the report.", "The auditor cannot sign the report."),
    (
        "No pets may be kept unless the owner has agreed in writing.",
        "Keeping pets requires the owner's written agreement.",
    ),
    (
        "The guest may not enter without a permit from the host.",
        "The guest needs the host's permission to enter.",
    ),
    ("The claim was dismissed on 4 May.", "The claim was rejected on 4 May."),
    ("Either side may end the lease on seven days' notice.", "Each side can end the lease on a week's notice."),
    ("The tower cost one and a quarter million euros.", "The tower cost EUR 1,250,000."),
    ("The rent is due in ten equal half-yearly instalments.", "The rent is due in ten instalments."),
    ("The directors unanimously agreed to the plan.", "All the directors agreed to the plan."),
    ("Where the loan is repaid early, no fee is due.", "Early repayment of the loan attracts no fee."),
    ("Mr Lund declared an interest in the sale.", "Mr Lund disclosed an interest in the sale."),
    ("Ms Roy guarantees the debts of Cedar Ltd.", "The debts of Cedar Ltd are guaranteed by Ms Roy."),
    ("The work costs between $800 and $950.", "The work costs at least $800 and at most $950."),
    ("The clerk, Ms Roy, thanked the mayor, Mr Bell.", "The clerk thanked Mr Bell, the mayor."),
    ("It is not disputed that the mail was sent in May.", "It is common ground that the mail was sent in May."),
    ("The deputy warden told the caretaker to go.", "The caretaker was told to go by the deputy warden."),
]  # fmt: skip


@pytest.mark.parametrize(("check", "span", "claim"), FALSE)
def test_a_limit_that_is_dropped_or_changed_fails_its_check(check: str, span: str, claim: str) -> None:
    assert check in failed_checks(claim, span)


@pytest.mark.parametrize(("span", "claim"), TRUE)
def test_the_same_in_other_words_passes_every_check(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()


@pytest.mark.parametrize(("span", "claim"), [*((span, span) for _, span, _ in FALSE), *((s, s) for s, _ in TRUE)])
def test_a_sentence_passes_every_check_against_itself(span: str, claim: str) -> None:
    assert failed_checks(claim, span) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1.5 million", "1,500,000 dollars"),
        ("twenty-five employees", "25 employees"),
        ("thirty (30) days", "30 days"),
        ("10 %", "ten percent"),
        ("3 May 2024", "2024-05-03"),
        ("the second quarter", "the 2nd quarter"),
    ],
)
def test_values_are_compared_by_what_they_are_worth(one: str, other: str) -> None:
    assert values(one).missing(values(other)) == values(other).missing(values(one)) == []
