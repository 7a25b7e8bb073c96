"""The framework agreement as executed, its superseded draft, the two amendments, and the price lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dispute import facts
from dispute.agreement_clauses import CLAUSES, EXECUTED, FORECAST, SUPERSEDED, Sub, Terms, numbers
from dispute.blocks import Block, Clause, Gap, Heading, PageBreak, Paper, Table, Text, lines, signatures
from dispute.facts import day, money
from dispute.people import BUYER, SUPPLIER
from dispute.specification import specification

TITLE = "Framework Agreement for the Supply of Mounting Rails"
CAPACITY = 3_200  # rails a month


@dataclass(frozen=True)
class _Filled:
    """Terms whose own references to clauses are filled in."""

    terms: Terms
    refs: dict[str, int]

    def __getattr__(self, name: str) -> str:
        return str(getattr(self.terms, name)).format(**self.refs)


def filled(text: str, terms: Terms, refs: dict[str, int]) -> str:
    """A clause's text with its terms and the numbers of the clauses that it refers to."""
    return text.format(terms=_Filled(terms, refs), **refs)


def _clauses(terms: Terms) -> list[Block]:
    refs = numbers()
    blocks: list[Block] = []
    for key, title, subs in CLAUSES:
        blocks.append(Clause(f"{refs[key]}.", title, 0))
        blocks += _subclauses(refs[key], subs, terms, refs)
    return blocks


def _subclauses(clause: int, subs: tuple[Sub, ...], terms: Terms, refs: dict[str, int]) -> list[Block]:
    blocks: list[Block] = []
    for number, sub in enumerate(subs, 1):
        text, items = (sub, ()) if isinstance(sub, str) else sub
        blocks.append(Clause(f"{clause}.{number}", filled(text, terms, refs), 1))
        blocks += [Clause(f"({'abcdefghijklmnop'[at]})", filled(item, terms, refs), 2) for at, item in enumerate(items)]
    return blocks


def _parties() -> list[Block]:
    return [
        Clause(
            "(1)",
            f"{SUPPLIER.name}, a company registered in England with number {SUPPLIER.number}, whose registered office is at "
            f"{SUPPLIER.address} (the “Supplier”); and",
        ),
        Clause(
            "(2)",
            f"{BUYER.name}, a company registered in England with number {BUYER.number}, whose registered office is at "
            f"{BUYER.address} (the “Buyer”).",
        ),
    ]


def _body(terms: Terms, made: str) -> list[Block]:
    contents = [["Clause", "Heading"], *([str(at), title] for at, (_, title, _) in enumerate(CLAUSES, 1))]
    return [
        PageBreak(),
        Heading("Contents"),
        Table(contents, (1, 6)),
        PageBreak(),
        Text(made),
        Heading("Parties"),
        *_parties(),
        Heading("Background"),
        Clause("(A)", f"The Buyer is building a solar park of 62 megawatts, known as {facts.PARK}, on former quarry land."),
        Clause("(B)", "The Supplier makes hot-dip galvanised steel sections and has supplied samples that the Buyer has approved."),
        Clause("(C)", "The parties have agreed that the Supplier will supply mounting rails and clamps for the park on the terms of this Agreement."),
        Heading("Agreed terms"),
        *_clauses(terms),
    ]  # fmt: skip


def _schedules() -> list[Block]:
    prices = [["Code", "Description", "Unit", "Price, excluding VAT"]]
    prices += [[code, facts.NAMES[code], "each", money(price)] for code, price in facts.PRICES.items()]
    return [
        PageBreak(),
        Heading("Schedule 1 - Programme and capacity"),
        *lines(
            "The Buyer expects to order one consignment every two weeks from May 2023. Consignments are planned for Tuesdays.",
            f"The monthly capacity of the Works for this Agreement is {CAPACITY:,} Rails. The Buyer will not order more than that in a calendar month without first asking the Supplier's Commercial Manager.",
            "The Site is open for deliveries from 07:30 to 16:00 on Business Days. Vehicles longer than 16.5 metres cannot pass the cattle grid at the east gate and must come by the quarry road.",
            "Rails are packed flat in bundles of twenty, banded in steel and separated by softwood battens, with one end of each bundle marked with the Batch number. Clamps are packed in boxes of one hundred.",
        ),
        PageBreak(),
        Heading("Schedule 2 - Price list"),
        Text(f"Prices are in pounds sterling and are fixed until {day(facts.PRICE_FIXED_UNTIL)} as clause 5.2 provides."),
        Table(prices, (2, 5, 2, 4), frozenset({3})),
        Text("The steel index for clause 5.2 is the producer price index for hot-rolled sections that the national statistics office publishes each month, first release, without later correction."),
        PageBreak(),
        Heading("Schedule 3 - Specification"),
        *specification(),
        PageBreak(),
        Heading("Schedule 4 - Form of certificate"),
        *lines(
            "CERTIFICATE OF CONFORMITY to specification TS-07, issue 3",
            "Batch number; date of galvanising; Order number; Delivery Note number; number and type of Rails.",
            "Zinc coating, ten Rails measured: mean thickness in micrometres; lowest local reading in micrometres.",
            "Adhesion test; visual inspection; straightness.",
            "“The figures above are taken from the bath worksheet of this Batch. The Batch conforms to TS-07, issue 3.”",
            "Signed by the Quality Manager; name; date.",
        ),
    ]  # fmt: skip


def executed() -> Paper:
    """The agreement that both signed."""
    cover: list[Block] = [
        Gap(10),
        Text(f"Dated {day(facts.AGREEMENT)}", align="C"),
        Gap(4),
        Heading(TITLE, 0),
        Gap(3),
        *[Text(line, align="C") for line in (SUPPLIER.name, "and", BUYER.name)],
        Gap(3),
        Text(facts.PARK, align="C"),
    ]
    signed = signatures(
        (SUPPLIER.name, "Gareth Oduya", "Managing Director", day(facts.AGREEMENT)),
        (BUYER.name, "Katherine Vance", "Procurement Director", day(facts.AGREEMENT)),
    )
    made = f"This Agreement is made on {day(facts.AGREEMENT)}."
    blocks = [*cover, *_body(EXECUTED, made), *_schedules(), PageBreak(), Heading("Signatures"), *signed]
    return Paper(
        "contract/framework-agreement.pdf",
        TITLE,
        BUYER.name,
        facts.AGREEMENT,
        blocks,
        "Framework Agreement - executed",
        True,
    )


def draft() -> Paper:
    """Version 3, which Solwend's lawyers sent out and which was never signed."""
    banner = f"DRAFT version 3 of {day(facts.DRAFT)} - subject to contract - superseded"
    blocks: list[Block] = [Text(banner, bold=True), Heading(TITLE, 0)]
    blocks += _body(SUPERSEDED, "This Agreement is made on ____________ 2023.")
    blocks += [
        PageBreak(),
        Heading("Signatures"),
        *signatures((SUPPLIER.name, "", "Managing Director", ""), (BUYER.name, "", "Procurement Director", "")),
    ]
    return Paper(
        "contract/drafts/framework-agreement-draft-3.docx",
        f"{TITLE} (draft 3)",
        BUYER.name,
        facts.DRAFT,
        blocks,
        banner,
    )


def first_amendment(suffix: str) -> Paper:
    """Amendment No. 1, as the signed PDF or as the DOCX that it was printed from."""
    old, new = numbers(), numbers(amended=True)
    key, title, subs = FORECAST
    moved = [["Clause", "Number before", "Number from 1 September 2023"]]
    moved += [[heading, str(old[name]), str(new[name])] for name, heading, _ in CLAUSES if old[name] != new[name]]
    blocks: list[Block] = [
        Heading("Amendment No. 1", 0),
        Text(f"to the {TITLE} dated {day(facts.AGREEMENT)} (the “Agreement”)", align="C"),
        Text(f"This Amendment is made on {day(facts.AMENDMENT)} between {SUPPLIER.name} (the “Supplier”) and {BUYER.name} (the “Buyer”)."),
        Text("It is a document that meets the requirements of clause 24.2 of the Agreement. Words defined in the Agreement have the same meaning here."),
        Clause("1.", "New clause: rolling forecast", 0),
        Clause("1.1", f"The following is inserted after clause 6 as clause {new[key]}:", 1),
        Text(f"“{new[key]}. {title}", bold=True),
        *_subclauses(new[key], subs, EXECUTED, new),
        Clause("1.2", "The clauses that follow are renumbered, and every reference to them in the Agreement is to be read accordingly, as this table shows:", 1),
        Table(moved, (5, 2, 3)),
        Clause("2.", "Payment", 0),
        Clause("2.1", f"In clause 6.2, for invoices dated on or after {day(facts.LONGER_CREDIT_FROM)}, the words “thirty (30) days” are replaced by “forty-five (45) days”.", 1),
        Clause("2.2", "In return the Supplier is released from the obligation in clause 3.4 to stock black steel section for more than one Order.", 1),
        Clause("3.", "Rejection", 0),
        Clause("3.1", "In clause 10.3, which becomes clause 11.3, the words “fourteen (14) days” are replaced by “twenty-one (21) days”.", 1),
        Clause("4.", "Everything else", 0),
        Clause("4.1", "The rates and the limit of liquidated damages in clause 8.2, which becomes clause 9.2, are not changed.", 1),
        Clause("4.2", "In all other respects the Agreement continues as it is. This Amendment is governed by the law of England and Wales.", 1),
        *signatures(
            (SUPPLIER.name, "Gareth Oduya", "Managing Director", day(facts.AMENDMENT)),
            (BUYER.name, "Katherine Vance", "Procurement Director", day(facts.AMENDMENT)),
        ),
    ]  # fmt: skip
    where = f"contract/amendment-1.{suffix}"
    return Paper(where, "Amendment No. 1", SUPPLIER.name, facts.AMENDMENT, blocks, "Amendment No. 1", True)


def second_amendment() -> Paper:
    """Amendment No. 2, which only one side signed."""
    percent = f"{facts.SURCHARGE_PERMILLE / 10:.1f}%"
    blocks: list[Block] = [
        Heading("Amendment No. 2", 0),
        Text(f"to the {TITLE} dated {day(facts.AGREEMENT)}, as amended on {day(facts.AMENDMENT)} (the “Agreement”)", align="C"),
        Text(f"This Amendment is made on {day(facts.SURCHARGE_PROPOSED)} between {SUPPLIER.name} (the “Supplier”) and {BUYER.name} (the “Buyer”)."),
        Clause("1.", "Zinc surcharge", 0),
        Clause("1.1", f"From {day(facts.SURCHARGE_FROM)} the Supplier may add to the Price of Rails a zinc surcharge of {percent}, shown as a line of its own on each invoice.", 1),
        Clause("1.2", "The surcharge ends when the monthly average price of zinc has stood for two months below its average of June 2023.", 1),
        Clause("2.", "Settlement of autumn 2023", 0),
        Clause("2.1", f"The parties record that no liquidated damages are payable for the consignments under Delivery Notes {', '.join(one.note for one in facts.AUTUMN[:-1])} and {facts.AUTUMN[-1].note}.", 1),
        Clause("3.", "Everything else", 0),
        Clause("3.1", "In all other respects the Agreement continues as it is.", 1),
        *signatures(
            (SUPPLIER.name, "Gareth Oduya", "Managing Director", day(facts.SURCHARGE_PROPOSED)),
            (BUYER.name, "", "Procurement Director", ""),
        ),
    ]  # fmt: skip
    return Paper(
        "contract/amendment-2-for-signature.docx",
        "Amendment No. 2 (for signature)",
        SUPPLIER.name,
        facts.SURCHARGE_PROPOSED,
        blocks,
        "Amendment No. 2 - for signature",
    )


def price_list(*, with_surcharge: bool) -> Paper:
    """Tarn Valley's price list as a text file: that of 2023, or the one with the surcharge that it sent in 2024."""
    made = facts.SURCHARGE_PROPOSED if with_surcharge else date(2023, 3, 20)
    head = ["Code", "Description", "Price each"]
    rows = [[code, facts.NAMES[code], money(price)] for code, price in facts.PRICES.items()]
    note = (
        f"Valid for {facts.PARK} from {day(facts.COMMENCEMENT)} to {day(facts.PRICE_FIXED_UNTIL)}. No surcharges apply."
    )
    if with_surcharge:
        head.append("With surcharge")
        for row in rows:
            price = facts.PRICES[row[0]]
            row.append(
                money(price + price * facts.SURCHARGE_PERMILLE // 1000) if row[0] in facts.RAILS else money(price)
            )
        note = f"Valid from {day(facts.SURCHARGE_FROM)}. Zinc surcharge of 4.5% on rails, subject to Amendment No. 2."
    number = 2 if with_surcharge else 1
    return Paper(
        f"contract/price-list-{number}.txt", f"Price list {number}", SUPPLIER.name, made,
        [Heading(f"{SUPPLIER.name} - price list {number}, {day(made)}", 0), Table([head, *rows], (1,) * len(head), frozenset({2, 3})), Text(note)],
    )  # fmt: skip


def papers() -> list[Paper]:
    """Everything that was, or was meant to be, a term of the contract."""
    return [
        executed(), draft(), first_amendment("pdf"), first_amendment("docx"), second_amendment(),
        price_list(with_surcharge=False), price_list(with_surcharge=True),
    ]  # fmt: skip
