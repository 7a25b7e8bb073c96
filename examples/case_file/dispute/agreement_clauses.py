"""The framework agreement's clauses, and the terms by which the draft and the executed version differ.

A clause is a key, a heading and its subclauses; a subclause is a text, or a text with lettered items. ``{price}``
in a text is the number of the clause with that key, so that references stay right when clauses move, and
``{terms.damages}`` is a term.
"""

from __future__ import annotations

from dataclasses import dataclass

Sub = str | tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Terms:
    """What was still being negotiated when the draft went out."""

    credit: str
    damages: str
    damages_cap: str
    rejection: str
    liability: str
    rejection_notice: str
    rejection_by_mail: str


EXECUTED = Terms(
    credit="thirty (30) days",
    damages="three per cent (3%)",
    damages_cap="fifteen per cent (15%)",
    rejection="fourteen (14) days",
    liability="one hundred and twenty-five per cent (125%)",
    rejection_notice="by notice to the Supplier",
    rejection_by_mail="A notice of rejection under clause {rejection}.3 may also be given by e-mail to the Supplier's Quality "
    "Manager, and is then deemed received at 09:00 on the next Business Day. No other notice may be given by e-mail.",
)
SUPERSEDED = Terms(
    credit="sixty (60) days",
    damages="one per cent (1%)",
    damages_cap="five per cent (5%)",
    rejection="seven (7) days",
    liability="one hundred per cent (100%)",
    rejection_notice="by notice delivered by hand to the Supplier",
    rejection_by_mail="No notice under this Agreement may be given by e-mail.",
)

CLAUSES: tuple[tuple[str, str, tuple[Sub, ...]], ...] = (
    ("definitions", "Definitions and interpretation", (
        ("In this Agreement the following words have the meanings set out beside them:", (
            "“Batch” means all Rails that pass through the galvanising bath in one shift and are given one batch number by the Supplier;",
            "“Business Day” means a day other than a Saturday, a Sunday or a public holiday in England;",
            "“Certificate” means a certificate of conformity in the form of Schedule 4 for one Batch, signed by the Supplier's Quality Manager;",
            "“Contract Year” means a period of twelve months that begins on the Commencement Date or on an anniversary of it;",
            "“Delivery Note” means the document that accompanies each consignment and is signed at the Site under clause {delivery}.3;",
            "“Due Date” means the date for delivery that is stated in an Order accepted under clause {orders};",
            "“Goods” means the Rails and clamps listed in Schedule 2;",
            "“Order” means a written purchase order for Goods issued by the Buyer;",
            "“Price” means the price of the Goods under Schedule 2, without value added tax;",
            "“Rail” means a mounting rail of type MR-40 or MR-60;",
            "“Site” means the solar park known as Low Marrick Solar Park, as shown on the plan initialled by the parties;",
            "“Specification” means technical specification TS-07, issue 3, which forms Schedule 3.",
        )),
        "Clause headings do not affect the interpretation of this Agreement. A reference to a clause or a Schedule is to a clause of, or a Schedule to, this Agreement.",
        "A reference to writing includes e-mail only where this Agreement says so.",
        "If a Schedule conflicts with a clause, the clause prevails. The Supplier's printed terms, wherever they appear, do not apply.",
    )),
    ("term", "Commencement and term", (
        "This Agreement takes effect on 1 April 2023 (the “Commencement Date”) and, unless it is ended earlier under clause {termination}, expires on 31 March 2025.",
        "The parties may extend the term by a written agreement signed by both of them not later than three months before it expires. Neither is obliged to do so.",
        "Orders accepted before expiry are to be performed although the term has ended, and this Agreement continues to govern them.",
    )),
    ("supply", "Supply of the Goods", (
        "During the term the Supplier shall supply, and the Buyer shall purchase, such Goods as the Buyer orders for the Site.",
        "The Buyer's estimate of its requirements over the term is 24,000 Rails. The estimate is given in good faith and does not bind the Buyer to order any quantity.",
        "The Supplier shall manufacture and galvanise the Goods at Kettle Beck Works and shall not subcontract any part of the galvanising.",
        "The Supplier shall keep enough black steel section in stock to make the Rails of the next two Orders.",
    )),
    ("orders", "Orders", (
        "The Buyer shall issue each Order at least twenty-eight (28) days before the Due Date that it states.",
        "An Order is accepted when the Supplier confirms it in writing or, if the Supplier does not reject it with reasons within three (3) Business Days of receiving it, at the end of that period. The Supplier may reject an Order only where it exceeds the monthly capacity stated in Schedule 1. For this clause writing includes e-mail.",
        "The Buyer may change or cancel an Order without charge until fourteen (14) days before its Due Date. After that it shall pay the Supplier's reasonable and proven costs of the change.",
        "Each Order is a separate contract on the terms of this Agreement. The default of either party under one Order does not by itself entitle the other to refuse to perform another.",
    )),
    ("price", "Price", (
        "The Price of each type of Goods is set out in Schedule 2. It includes packing, loading, carriage to the Site, unloading by the Supplier's vehicle, and every tax and duty other than value added tax.",
        "The Price is fixed until 31 March 2024. For the second Contract Year it changes on 1 April 2024 by the percentage, up or down, by which the steel index named in Schedule 2 has changed over the preceding twelve months, but by no more than four per cent (4%).",
        "No surcharge of any kind, including a surcharge for zinc, energy or carriage, is payable unless it has been agreed in a document that meets the requirements of clause {general}.2.",
        "The Supplier may propose a surcharge in writing with evidence of the change in its cost. The Buyer shall consider the proposal in good faith but is not obliged to accept it.",
    )),
    ("payment", "Invoicing and payment", (
        "The Supplier may invoice each consignment on or after the day on which it is delivered. An invoice shall state the numbers of the Order and of the Delivery Note, the date of delivery, the quantities, the Price and the value added tax.",
        "The Buyer shall pay each valid invoice within {terms.credit} of the date of the invoice.",
        "If the Buyer disputes part of an invoice in good faith it shall say so in writing, with its reasons, before the invoice falls due, and shall pay the part that is not disputed.",
        "A party that pays late shall pay interest on the overdue sum at four per cent (4%) a year above the base rate of the Bank of England from time to time, from the due date until payment, whether before or after judgment.",
        "The Buyer may set off against an invoice any sum that the Supplier owes it under clause {delay}, and any other sum that the Supplier has admitted in writing or that a court has awarded. It may set off nothing else.",
    )),
    ("delivery", "Delivery", (
        "The Supplier shall deliver each consignment to the Site, unloaded at the laydown area, between 07:30 and 16:00 on the Due Date.",
        "With each consignment the Supplier shall hand over a Delivery Note and a Certificate for every Batch in it. A consignment without its Certificates may be turned away.",
        "Delivery takes place when unloading is complete and the Buyer's Site Engineer, or a person whom the Site Engineer has named in writing, has signed the Delivery Note. The date of that signature is the date of delivery for every purpose of this Agreement.",
        "The Buyer's signature on a Delivery Note confirms the number of packs received. It is not acceptance of the Goods and does not confirm their quality.",
        "If fewer Goods are delivered than were ordered the Buyer shall note it on the Delivery Note, and the Supplier shall within ten (10) Business Days make good the shortage or issue a credit note for it.",
    )),
    ("delay", "Delay and liquidated damages", (
        "Time for delivery is of the essence of each Order once a reminder in writing has been sent and five (5) Business Days have passed without delivery.",
        "If a consignment is delivered after its Due Date the Supplier shall pay the Buyer, as liquidated damages, {terms.damages} of the Price of the delayed Goods for each complete week of delay, up to {terms.damages_cap} of that Price.",
        "The parties have considered these rates against the cost to the Buyer of an idle piling crew and of deferred connection, and regard them as proportionate to the Buyer's interest in punctual delivery.",
        "Liquidated damages are the Buyer's only remedy in money for delay as such. They do not limit its rights where Goods are defective, nor its right to terminate.",
        "No liquidated damages are payable for so long as, and to the extent that, delay is caused by the Buyer or by an event to which clause {majeure} applies.",
        "The Buyer may waive liquidated damages only in a document that meets the requirements of clause {general}.2. Neither the payment of an invoice nor silence is such a waiver.",
    )),
    ("quality", "Quality and certificates", (
        "The Goods shall conform to the Specification, be of satisfactory quality, be fit for use as mounting structure in an exposed upland location, and be free from defects in design, material and workmanship.",
        "In particular, the zinc coating of every Batch of Rails shall have a mean thickness of at least 70 micrometres, and no local reading shall be below 60 micrometres, measured as the Specification provides.",
        "The Supplier shall measure ten Rails of each Batch before dispatch and record every reading on the bath worksheet. The figures on the Certificate shall be those of the bath worksheet.",
        "The Supplier shall not dispatch a Batch whose bath worksheet shows that it does not conform, unless the Buyer's Project Manager has agreed in writing to a concession for that Batch.",
    )),
    ("rejection", "Inspection and rejection", (
        "The Buyer may inspect and test the Goods at the Works before dispatch and at the Site after delivery. It is not obliged to do either.",
        "The Buyer shall carry out a visual inspection within ten (10) Business Days of delivery. A defect that such an inspection would not show is a “Latent Defect”.",
        "The Buyer may reject Goods that do not conform, {terms.rejection_notice} within {terms.rejection} of the day on which the Buyer discovered the defect or, if earlier, ought reasonably to have discovered it. The notice shall name the Batches and describe the defect.",
        "Rejected Goods are at the Supplier's risk from the time of the notice. The Supplier shall collect them within twenty (20) Business Days, failing which the Buyer may dispose of them for the Supplier's account.",
        "Where Goods are properly rejected the Supplier shall, at the Buyer's choice, replace them within twenty (20) Business Days or refund their Price, and shall pay the reasonable cost of dismantling and reinstalling any that had been built in.",
        "If the Buyer does not reject in time it keeps its rights under clause {warranty}.",
    )),
    ("warranty", "Warranty", (
        "The Supplier warrants that the Goods will conform to clause {quality} for twenty-four (24) months from delivery.",
        "If Goods do not conform within that period the Supplier shall repair or replace them free of charge within a reasonable time of being told.",
        "The warranty does not cover damage caused by fair wear and tear, by installation contrary to the Supplier's written instructions, or by work that a third party has done on the Goods.",
    )),
    ("changes", "Changes of process and material", (
        "The Supplier shall not change the source or grade of its zinc, the chemistry or temperature range of its bath, or the place of galvanising without the prior written consent of the Buyer.",
        "A request for consent shall be made at least twenty (20) Business Days before the proposed change, with test results for at least three trial Batches.",
        "At the date of this Agreement the only approved source of zinc is Brennick Zinc, special high grade, with a purity of at least 99.995%.",
        "Goods made after a change that was not approved are deemed not to conform to the Specification until the Supplier proves that they do.",
    )),
    ("risk", "Risk and title", (
        "Risk in the Goods passes to the Buyer on delivery.",
        "Title to the Goods passes to the Buyer when the Supplier has received payment of their Price in full, or when they are fixed to the structure of the Site, whichever is earlier.",
        "Until title passes the Buyer shall store the Goods so that they can be told from others and shall keep them insured for their Price.",
    )),
    ("records", "Records and audit", (
        "The Supplier shall keep its bath worksheets, zinc purchase records, Certificates and dispatch records for six years from the delivery to which they relate.",
        "On five (5) Business Days' notice the Buyer may inspect and copy those records at the Works during working hours. The Supplier shall not withhold a bath worksheet on the ground that it is confidential.",
        "The Supplier's Quality Manager and the Buyer's Project Manager shall meet each month to review deliveries and quality. Minutes are kept by the Supplier and circulated within five (5) Business Days; they record what was said and do not vary this Agreement.",
    )),
    ("ip", "Intellectual property", (
        "Drawings and calculations that a party supplies remain its property, and the other may use them only to perform this Agreement or to maintain the Site.",
        "The Supplier warrants that the Goods and their use at the Site infringe no right of a third party, and shall indemnify the Buyer against any claim that they do.",
    )),
    ("confidentiality", "Confidentiality", (
        "Each party shall keep confidential what it learns of the other's business under this Agreement, and shall use it only for the purposes of this Agreement.",
        "The duty does not extend to information that is or becomes public without breach, that the recipient already held or has lawfully received from another, or that must be disclosed by law or to a regulator, a professional adviser, a lender or an insurer bound by a like duty.",
        "The duty lasts for five (5) years after this Agreement has ended.",
    )),
    ("insurance", "Insurance", (
        "The Supplier shall maintain, with a reputable insurer, product liability insurance of at least £5,000,000 for any one event and in the aggregate, for the term and for three years after it.",
        "The Supplier shall produce evidence of the insurance and of payment of the premium within ten (10) Business Days of being asked.",
    )),
    ("liability", "Limits of liability", (
        "Nothing in this Agreement limits liability for death or personal injury caused by negligence, for fraud or fraudulent misrepresentation, or for anything for which liability cannot be limited by law.",
        "Subject to clause {liability}.1, the Supplier's total liability in a Contract Year, in contract, tort or otherwise, shall not exceed {terms.liability} of the Price of all Goods ordered in that Contract Year.",
        "Subject to clause {liability}.1, neither party is liable for loss of profit, loss of commit revenue or loss of subsidy. The cost of dismantling, reinstalling and buying replacement Goods is not excluded by this clause.",
        "The limit in clause {liability}.2 does not apply to loss caused by a Certificate that the Supplier knew to be untrue when it was issued.",
    )),
    ("majeure", "Force majeure", (
        "A party is not in breach for as long as an event beyond its reasonable control, which it could not have foreseen or avoided, prevents it from performing.",
        "A shortage or an increase in the price of zinc, steel, energy or labour is not such an event.",
        "The party affected shall notify the other within five (5) Business Days of the start of the event, describe its effect, and do what it reasonably can to limit it.",
        "If the event lasts for more than sixty (60) days the other party may cancel the Orders affected.",
    )),
    ("termination", "Termination", (
        ("Either party may terminate this Agreement with immediate effect by notice if the other:", (
            "commits a material breach and, if it can be remedied, fails to remedy it within thirty (30) days of a notice that describes the breach and requires its remedy;",
            "fails to pay an undisputed sum of more than £10,000 within thirty (30) days of a written reminder; or",
            "becomes insolvent, enters administration or liquidation, or makes an arrangement with its creditors.",
        )),
        "The Buyer may terminate this Agreement with immediate effect by notice if the limit of liquidated damages under clause {delay}.2 has been reached on three consignments in a Contract Year.",
        "A Certificate that states figures other than those of the bath worksheet is a material breach that cannot be remedied.",
    )),
    ("consequences", "Consequences of termination", (
        "On termination or expiry each party shall return or destroy the other's confidential papers, except what it must keep by law.",
        "The Buyer shall pay the Price of conforming Goods delivered before termination. The Supplier shall refund sums paid for Goods not delivered.",
        "Rights that have accrued, and clauses {payment}.4, {warranty}, {records}, {confidentiality}, {liability}, {disputes} and {law}, survive.",
    )),
    ("disputes", "Disputes", (
        "A dispute shall first be referred in writing to the Supplier's Managing Director and the Buyer's Procurement Director, who shall meet within fifteen (15) Business Days and try to settle it.",
        "If they do not settle it within thirty (30) days of the reference, either party may propose mediation. The mediator is to be agreed or, failing agreement, named by a recognised mediation body. The costs of the mediator are shared equally.",
        "Nothing in this clause prevents a party from seeking urgent relief from a court, or from issuing a claim to stop time running.",
    )),
    ("notices", "Notices", (
        "A notice under this Agreement shall be in writing, in English, and delivered by hand or sent by recorded delivery to the registered office of the other party, marked for its Managing Director (the Supplier) or its General Counsel (the Buyer).",
        "A notice delivered by hand is received when it is left at the address; one sent by recorded delivery, at 09:00 on the second Business Day after posting.",
        "{terms.rejection_by_mail}",
    )),
    ("general", "General", (
        "This Agreement with its Schedules is the entire agreement of the parties on its subject. Each acknowledges that it has not relied on any statement that is not set out in it.",
        "No variation of this Agreement, and no waiver of a right under it, is effective unless it is in writing, refers to this Agreement, and is signed by an authorised signatory of each party. The authorised signatories are the Supplier's Managing Director and the Buyer's Procurement Director.",
        "Neither party may assign or charge its rights without the written consent of the other, which shall not be unreasonably withheld. The Buyer may assign to a lender to the Site by notice alone.",
        "If a provision is invalid the rest remains in force.",
        "A person who is not a party has no right to enforce any term of this Agreement.",
        "This Agreement may be signed in counterparts, which together are one document.",
    )),
    ("law", "Governing law and jurisdiction", (
        "This Agreement, and any obligation arising out of it that is not contractual, is governed by the law of England and Wales.",
        "The courts of England and Wales have exclusive jurisdiction.",
    )),
)  # fmt: skip

FORECAST: tuple[str, str, tuple[Sub, ...]] = ("forecast", "Rolling forecast", (
    "On the first Business Day of each month the Buyer shall send the Supplier a forecast of the Goods that it expects to order in the following three months.",
    "The forecast for the first of those months binds the Buyer as to ninety per cent (90%) of the Rails in it. The rest is for planning only.",
    "If the forecast exceeds the monthly capacity stated in Schedule 1 the Supplier shall say so within five (5) Business Days.",
))  # fmt: skip


def numbers(*, amended: bool = False) -> dict[str, int]:
    """The number of each clause by its key: as signed, or since the first amendment put one in after delivery."""
    keys = [key for key, _, _ in CLAUSES]
    if amended:
        keys.insert(keys.index("delivery"), FORECAST[0])
    return {key: number for number, key in enumerate(keys, 1)}
