"""The paper of the daily trade, rendered from the deliveries: notes, certificates, invoices, statements."""

from __future__ import annotations

from datetime import date

from dispute import facts
from dispute.blocks import Block, Gap, Heading, Paper, Table, Text, lines
from dispute.facts import DELIVERIES, NAMES, PRICES, Delivery, day, money
from dispute.people import BUYER, PEOPLE, SUPPLIER

_DRIVERS = ("M. Askew", "R. Dodd", "T. Ferris")
_REMARKS = {
    4: "Lorry a day late, driver says breakdown at Sowerthwaite. Two battens split, rails not marked.",
    9: "Sixteen days after the due date. Crew 2 sent home on 6 September for want of MR-60.",
    10: "Twenty-two days after the due date. Packs wet, no damage seen.",
    11: "Ten days after the due date. Driver asked me to date it the 3rd. Refused.",
    12: "COUNT SHORT: one bundle of 20 MR-40 missing. Driver informed, initialled R.D.",
    14: "Rails look duller than the last lot. Certificate handed over. O.T.",
    16: "Some grey patches on B-2312-A, let it go, spec allows grey.",
    18: "Arrived 14:05 on 9 February. Due date was 23 January. I asked driver where it has been, he says loaded this morning.",
    19: "Eight days after the due date.",
}


def _letterhead() -> list[Block]:
    return [
        Text(SUPPLIER.name, bold=True),
        Text(f"{SUPPLIER.address} - company number {SUPPLIER.number} - telephone 01632 960144"),
    ]


def _quantities(one: Delivery) -> list[list[str]]:
    head = ["Code", "Description", "Ordered", "Delivered", "Batch"]
    return [head, *([code, NAMES[code], f"{count:,}", f"{one.received[code]:,}", one.batch if code in facts.RAILS else "-"] for code, count in one.ordered.items())]  # fmt: skip


def order(one: Delivery) -> Paper:
    """Solwend's purchase order."""
    rows = [["Code", "Description", "Quantity", "Price each", "Amount"]]
    rows += [
        [code, NAMES[code], f"{count:,}", money(PRICES[code]), money(PRICES[code] * count)]
        for code, count in one.ordered.items()
    ]
    blocks: list[Block] = [
        Text(BUYER.name, bold=True),
        Text(f"{BUYER.address} - company number {BUYER.number} - telephone 01632 960377"),
        Heading(f"Purchase order {one.order}", 0),
        Text(f"To: {SUPPLIER.name}, {SUPPLIER.address}"),
        Text(f"Order date {day(one.ordered_on)}. Due date {day(one.due)}. Deliver to {facts.PARK}, laydown area."),
        Table(rows, (2, 5, 2, 3, 3), frozenset({2, 3, 4})),
        Text(f"Sum without VAT: {money(one.goods)}."),
        *lines(
            f"This order is placed under the Framework Agreement of {day(facts.AGREEMENT)}. The Supplier's printed terms do not apply.",
            "Goods must conform to TS-07, issue 3, and come with a certificate for each batch.",
            f"Ordered by {PEOPLE['sheikh'].name}, {PEOPLE['sheikh'].position}. Invoices to accounts, {BUYER.short}.",
        ),
    ]
    return Paper(
        f"orders/{one.order}.pdf", f"Purchase order {one.order}", BUYER.name, one.ordered_on, blocks, one.order
    )


def delivery_note(one: Delivery) -> Paper:
    """The note as it was signed at the gate."""
    packs = sum(-(-one.received[code] // 20) for code in facts.RAILS) + one.received["EC-12"] // 100
    blocks: list[Block] = [
        *_letterhead(),
        Heading(f"Delivery note {one.note}", 0),
        Text(f"Deliver to: {BUYER.name}, {facts.PARK}, laydown area, east gate or quarry road"),
        Text(f"Order {one.order} of {day(one.ordered_on)}. Due date {day(one.due)}."),
        Table(_quantities(one), (2, 5, 2, 2, 3), frozenset({2, 3})),
        Text(f"Vehicle: Dunmail Haulage, driver {_DRIVERS[one.number % 3]}. Packs: {packs}. Certificate for batch {one.batch} attached."),
        Heading("Received at the Site"),
        Text(f"Unloading complete and signed for on {day(one.delivered)} by {PEOPLE['tregarth'].name}, Site Engineer."),
        Text(f"Remarks: {_REMARKS.get(one.number, 'None. Packs complete.')}"),
        Text("The signature confirms the number of packs only. It is not acceptance of the goods."),
    ]  # fmt: skip
    return Paper(
        f"deliveries/{one.note}.pdf", f"Delivery note {one.note}", SUPPLIER.name, one.delivered, blocks, one.note
    )


def certificate(one: Delivery) -> Paper:
    """The certificate of conformity that went with the load."""
    mean, low = one.certified
    blocks: list[Block] = [
        *_letterhead(),
        Heading("Certificate of conformity to specification TS-07, issue 3", 0),
        Text(f"Batch {one.batch}. Order {one.order}. Delivery note {one.note}."),
        Text(f"Rails: {one.ordered['MR-40']:,} of MR-40 and {one.ordered['MR-60']:,} of MR-60."),
        Table(
            [
                ["Test", "Required", "Found"],
                ["Zinc coating, mean of ten rails", f"at least {facts.MEAN_REQUIRED} micrometres", f"{mean} micrometres"],
                ["Zinc coating, lowest local reading", f"not below {facts.MIN_REQUIRED} micrometres", f"{low} micrometres"],
                ["Adhesion, knife test", "no flaking", "no flaking"],
                ["Visual inspection", "continuous coating", "satisfactory"],
                ["Straightness", "6 millimetres", f"{2 + one.number % 3} millimetres"],
            ],
            (5, 4, 3),
        ),
        Text("The figures above are taken from the bath worksheet of this Batch. The Batch conforms to TS-07, issue 3."),
        Gap(),
        Text(f"(signed) {PEOPLE['rowbotham'].name}, Quality Manager, {day(one.certified_on)}"),
    ]  # fmt: skip
    return Paper(
        f"quality/certificates/{one.batch}.pdf",
        f"Certificate for batch {one.batch}",
        SUPPLIER.name,
        one.certified_on,
        blocks,
        one.batch,
    )


def invoice(one: Delivery) -> Paper:
    """The invoice, with the date of delivery that it claims."""
    claimed = one.invoiced_as_delivered or one.delivered
    rows = [["Code", "Description", "Quantity", "Price each", "Amount"]]
    rows += [
        [code, NAMES[code], f"{count:,}", money(PRICES[code]), money(PRICES[code] * count)]
        for code, count in one.ordered.items()
    ]
    sums = [["Goods", money(one.goods)]]
    sums += [["Zinc surcharge 4.5% on rails", money(one.surcharge)]] if one.surcharge else []
    sums += [["VAT at 20%", money(one.vat)], ["Total to pay", money(one.total)]]
    blocks: list[Block] = [
        *_letterhead(),
        Heading(f"Invoice {one.invoice}", 0),
        Text(f"To: {BUYER.name}, {BUYER.address}"),
        Text(f"Invoice date {day(one.invoice_date)}. Order {one.order}. Delivery note {one.note}. Date of delivery {day(claimed)}."),
        Table(rows, (2, 5, 2, 3, 3), frozenset({2, 3, 4})),
        Table([["Sum", "Amount"], *sums], (5, 3), frozenset({1})),
        Text(f"Terms: {one.credit_days} days from the date of the invoice. Payable by {day(one.payable)}."),
        Text("Account 99004417, sort code 00-99-88. Please quote the number of the invoice."),
    ]  # fmt: skip
    if one.surcharge:
        blocks.append(Text("The zinc surcharge is charged under Amendment No. 2."))
    return Paper(
        f"invoices/{one.invoice}.pdf", f"Invoice {one.invoice}", SUPPLIER.name, one.invoice_date, blocks, one.invoice
    )


def statement() -> Paper:
    """The account as Tarn Valley's credit control saw it at the end of April 2024."""
    made = date(2024, 4, 26)
    rows = [["Invoice", "Date", "Delivery note", "Amount", "Paid on", "Open"]]
    rows += [
        [one.invoice, day(one.invoice_date), one.note, money(one.total), day(one.paid) if one.paid else "-", money(0 if one.paid else one.total)]
        for one in DELIVERIES
    ]  # fmt: skip
    blocks: list[Block] = [
        *_letterhead(),
        Heading("Statement of account", 0),
        Text(f"{BUYER.name}, {facts.PARK}. Position at {day(made)}."),
        Table(rows, (3, 4, 3, 3, 4, 3), frozenset({3, 5})),
        *lines(
            f"Invoiced in all: {money(facts.INVOICED)}. Paid: {money(facts.PAID)}. Open: {money(facts.UNPAID_TOTAL)}.",
            f"The open sum includes zinc surcharges of {money(facts.SURCHARGE_TOTAL)} before VAT on {facts.UNPAID[1].invoice}, {facts.UNPAID[2].invoice} and {facts.UNPAID[3].invoice}.",
            "No credit notes have been issued on this account.",
            "Please settle what is overdue within seven days. Interest is reserved.",
            f"{PEOPLE['farr'].name}, Credit Controller",
        ),
    ]  # fmt: skip
    return Paper(
        "invoices/statement-2024-04-26.pdf", "Statement of account", SUPPLIER.name, made, blocks, "Statement of account"
    )


def gate_log() -> Paper:
    """What the security hut wrote down, independent of both offices."""
    rows = [["Date", "In", "Out", "Haulier", "Delivery note", "Guard"]]
    for one in DELIVERIES:
        hour, minute = (14, 5) if one is facts.MISDATED else (8 + one.number % 5, 7 * one.number % 60)
        rows.append([f"{one.delivered:%d/%m/%Y}", f"{hour:02}:{minute:02}", f"{hour + 1:02}:{minute:02}", "Dunmail", one.note, "JP" if one.number % 2 else "SW"])  # fmt: skip
    note = "No Dunmail vehicle entered the site between 12 January 2024 and 8 February 2024."
    return Paper(
        "site/gate-log.txt", "Gate log, steel deliveries", BUYER.name, date(2024, 3, 8),
        [Heading("Low Marrick - gate log - extract, steel deliveries only", 0), Table(rows, (1,) * 6), Text(note)],
    )  # fmt: skip


def papers() -> list[Paper]:
    """All of them."""
    makers = (order, delivery_note, certificate, invoice)
    return [*(make(one) for one in DELIVERIES for make in makers), statement(), gate_log()]
