"""Formal letters, from the rejection to the exchange before action."""

from __future__ import annotations

from datetime import date

from dispute import facts
from dispute.blocks import Block, Clause, Heading, Paper, Table, Text, lines
from dispute.facts import DELIVERIES, day, money
from dispute.people import BUYER, BUYER_SOLICITORS, SUPPLIER, SUPPLIER_SOLICITORS, Firm

_BATCHES = ", ".join(one.batch for one in facts.REJECTED[:-1]) + f" and {facts.REJECTED[-1].batch}"
_EIGHTEEN = facts.MISDATED


def _letter(path: str, title: str, sender: Firm, receiver: Firm, made: date, signed: str, body: list[Block]) -> Paper:
    blocks: list[Block] = [
        Text(sender.name, bold=True),
        Text(sender.address),
        Text(f"{receiver.name}\n{receiver.address}"),
        Text(day(made)),
        Heading(title),
        *body,
        Text("Yours faithfully"),
        Text(signed),
    ]
    return Paper(path, title, sender.name, made, blocks, title, True)


def rejection() -> Paper:
    """Solwend's letter, which came after the e-mail and after the twenty-one days."""
    body = lines(
        "For the attention of the Managing Director. By hand.",
        f"We refer to the Framework Agreement of {day(facts.AGREEMENT)} as amended on {day(facts.AMENDMENT)}, and to our e-mail of {day(facts.REJECTED_BY_MAIL)}, which was and remains a valid notice of rejection. Without departing from that, and in case it should be needed, we now repeat the notice in this form.",
        f"We reject the Rails of Batches {_BATCHES}, supplied under Delivery Notes {', '.join(one.note for one in facts.REJECTED)}. Report NML-24-0388 of Northmoor Materials Laboratory, of which a copy is enclosed, gives a mean coating of {facts.LAB_MEAN} micrometres. The Specification requires {facts.MEAN_REQUIRED}.",
        f"The defect was a Latent Defect. It was discovered on {day(facts.RUST_FOUND)}, when our Site Engineer found red rust.",
        "We require replacement of all Rails of these Batches within twenty Business Days, and payment of the reasonable cost of dismantling and reinstalling those that are built in. We also require copies of the bath worksheets, which we first asked for on 12 March and which you have not sent.",
    )
    return _letter(
        "letters/2024-04-04-rejection.pdf",
        "Notice of rejection",
        BUYER,
        SUPPLIER,
        facts.REJECTED_BY_LETTER,
        "Katherine Vance, Procurement Director",
        body,
    )


def remedy() -> Paper:
    """The notice that starts thirty days."""
    body = lines(
        "For the attention of the Managing Director. By hand.",
        "This is a notice under clause 21.1(a) of the Agreement. You are in material breach in these respects:",
    )
    body += [
        Clause("(a)", "you supplied five Batches whose coating does not conform to the Specification, contrary to clause 10.2;"),
        Clause("(b)", "you have refused to produce the bath worksheets of those Batches, contrary to clause 15.2;"),
        Clause("(c)", f"you have not delivered, or issued a credit note for, {facts.SHORT.missing} Rails missing from {facts.SHORT.note}, contrary to clause 8.5."),
        *lines("We require you to remedy each breach within thirty (30) days of receiving this notice. If you do not, we may terminate the Agreement with immediate effect."),
    ]  # fmt: skip
    return _letter(
        "letters/2024-04-08-notice-to-remedy.pdf",
        "Notice of material breach",
        BUYER,
        SUPPLIER,
        facts.REMEDY_NOTICE,
        "Miriam Adeyemi, General Counsel",
        body,
    )


def termination() -> Paper:
    """The end of the agreement."""
    body = lines(
        "For the attention of the Managing Director. By hand.",
        f"Our notice of {day(facts.REMEDY_NOTICE)} was delivered by hand on the same day. Thirty days have passed. None of the breaches has been remedied.",
        f"We terminate the Agreement with immediate effect under clause 21.1(a) on {day(facts.TERMINATED)}.",
        "We shall buy replacement Rails elsewhere and claim the difference. Rejected Rails that are not built in, 1,340 of MR-40 and 520 of MR-60, are stacked at the quarry gate at your risk.",
    )
    return _letter(
        "letters/2024-05-10-termination.pdf",
        "Termination",
        BUYER,
        SUPPLIER,
        facts.TERMINATED,
        "Miriam Adeyemi, General Counsel",
        body,
    )


def claim() -> Paper:
    """The letter before action, with the sums."""
    late = [["Delivery note", "Due", "Delivered", "Days late", "Complete weeks", "Price", "Damages"]]
    late += [[one.note, day(one.due), day(one.delivered), str(one.days_late), str(one.days_late // 7), money(one.goods), money(one.damages)] for one in facts.LATE]  # fmt: skip
    sums = [
        ["Head of claim", "Amount"],
        ["Liquidated damages", money(facts.DAMAGES)],
        ["Replacement Rails, extra cost", money(facts.EXTRA_COST)],
        ["Dismantling and reinstalling", money(facts.DISMANTLING)],
        ["Laboratory's fee", money(facts.LAB_FEE)],
        [f"Rails missing from {facts.SHORT.note}", money(facts.SHORT_CREDIT)],
        ["Total", money(facts.CLAIM_TOTAL)],
    ]
    body: list[Block] = [
        *lines(
            f"We act for {BUYER.name}. This is a letter before action. It sets out our client's claim against you under the Framework Agreement of {day(facts.AGREEMENT)}, as amended by Amendment No. 1 of {day(facts.AMENDMENT)}, so that you can answer it before proceedings are issued. References to clauses are to the Agreement as amended.",
        ),
        Heading("1. Delay"),
        Clause("1.1", f"Five consignments were delivered after their Due Dates by a complete week or more. Clause 9.2 entitles our client to {facts.DAMAGES_PERCENT}% of the Price for each complete week, up to {facts.DAMAGES_CAP}%."),
        Table(late, (3, 4, 4, 2, 3, 3, 3), frozenset({3, 4, 5, 6})),
        Clause("1.2", f"Your invoice {_EIGHTEEN.invoice} gives {day(_EIGHTEEN.invoiced_as_delivered or _EIGHTEEN.delivered)} as the date of delivery of {_EIGHTEEN.note}. That is untrue. The Delivery Note was signed on {day(_EIGHTEEN.delivered)} and our client's gate log shows that no lorry of your haulier came before."),
        Clause("1.3", "You may say that liquidated damages for the autumn of 2023 were waived on 16 October 2023, because minutes that you wrote say so. They were not. Ms Vance objected to the minutes in writing on 23 October 2023. In any case clause 9.6 requires a document signed by both authorised signatories, and there is none; clause 15.3 says in terms that minutes do not vary the Agreement."),
        Heading("2. Defective Rails"),
        Clause("2.1", f"Batches {_BATCHES} do not conform to the Specification. Report NML-24-0388 gives a mean of {facts.LAB_MEAN} micrometres and a lowest reading of {facts.LAB_MIN}."),
        Clause("2.2", f"Our client discovered the defect on {day(facts.RUST_FOUND)} and rejected the Rails by e-mail on {day(facts.REJECTED_BY_MAIL)}, sixteen days later, which is within the twenty-one days of clause 11.3. The e-mail was received by your Quality Manager, Ms Rowbotham."),
        Clause("2.3", "The report finds remelted secondary zinc in the coating. Clause 13.3 approves one source only. Our client was never asked to consent to another. You are asked to say which zinc was in the bath between November 2023 and January 2024."),
        Clause("2.4", "Your Certificates for these Batches state means of 71 to 74 micrometres, said to be taken from the bath worksheets. If the worksheets say otherwise, clause 19.4 removes every limit on your liability. You have refused to produce them since March."),
        Heading("3. The surcharge"),
        Clause("3.1", f"Your last three invoices include a zinc surcharge of {money(facts.SURCHARGE_TOTAL)} before VAT, said to be due under Amendment No. 2. Our client refused that amendment on 25 January 2024 and never signed it. Nothing is due under it."),
        Heading("4. The sum claimed"),
        Table(sums, (6, 3), frozenset({1})),
        Clause("4.1", "Our client will give credit for the Price of conforming Goods that it has not yet paid for, once you have delivered the worksheets."),
        Heading("5. What we ask for"),
        Clause("5.1", "Within twenty-one days: your answer to this letter; the bath worksheets, zinc purchase records and dispatch records from 1 October 2023 to 31 March 2024; and your proposals for payment."),
        Clause("5.2", "Please keep all documents, in whatever form, that bear on these matters. We refer you to clause 15.1."),
        Clause("5.3", "Our client remains willing to mediate, as clause 23.2 provides."),
    ]  # fmt: skip
    return _letter(
        "letters/2024-05-21-letter-before-action.pdf",
        "Letter before action",
        BUYER_SOLICITORS,
        SUPPLIER,
        facts.CLAIM,
        "Ashgill Marr LLP (Judith Marr, Partner)",
        body,
    )


def response() -> Paper:
    """The answer for Tarn Valley."""
    body: list[Block] = [
        *lines(
            f"We act for {SUPPLIER.name} and answer your letter of {day(facts.CLAIM)}. Our client denies the claim and has one of its own.",
        ),
        Heading("1. Delay"),
        Clause("1.1", f"Liquidated damages for {', '.join(one.note for one in facts.AUTUMN)} were waived at the meeting of 16 October 2023. The minutes record it, they were circulated on 19 October, and they were agreed as circulated on 20 November with two of your client's staff in the room."),
        Clause("1.2", "Your client then paid the invoices in full without any set-off. It is too late to complain."),
        Clause("1.3", f"{_EIGHTEEN.note} was tendered for delivery on {day(_EIGHTEEN.invoiced_as_delivered or _EIGHTEEN.delivered)}, and your client could not receive it because of snow. At most one week of damages is due, {money(_EIGHTEEN.damages // 2)}."),
        Heading("2. The Rails"),
        Clause("2.1", "The Rails conformed when they were delivered, as the Certificates show. The rust is the result of storage in the wet."),
        Clause("2.2", "No valid notice of rejection was given in time. The e-mail of 27 March was addressed to Ms Strand, who is not the Quality Manager. The first notice that met the requirements of the Agreement was your client's letter of 4 April, twenty-four days after discovery."),
        Clause("2.3", "Our client knew of no defect in the coating before 12 March 2024, when Mr Sheikh reported it."),
        Clause("2.4", "As to zinc, our client is making enquiries. There was at the time a shortage in the whole industry, which was beyond its control."),
        Heading("3. Our client's claim"),
        Clause("3.1", f"Four invoices are unpaid: {', '.join(one.invoice for one in facts.UNPAID)}. They come to {money(facts.UNPAID_TOTAL)} with VAT. Your client has no right to withhold them: clause 6.5 permits set-off only of liquidated damages and of sums admitted or awarded."),
        Clause("3.2", "The surcharge is due because your client took deliveries after it had been told that the surcharge would be applied, and so agreed to it by conduct."),
        Clause("3.3", "Unless the sum is paid within fourteen days our client will issue a claim for it with interest at four per cent above base rate."),
        Heading("4. Documents"),
        Clause("4.1", "Our client is collecting its records. The worksheets are voluminous, and they are confidential. We shall write again."),
        Clause("4.2", "Our client does not at present agree to mediate."),
    ]  # fmt: skip
    return _letter(
        "letters/2024-06-11-response.pdf",
        "Response to letter before action",
        SUPPLIER_SOLICITORS,
        BUYER_SOLICITORS,
        facts.RESPONSE,
        "Pellbrook LLP (Edwin Hartley, Partner)",
        body,
    )


def reply() -> Paper:
    """The last letter on the file."""
    body: list[Block] = [
        *lines(f"We refer to your letter of {day(facts.RESPONSE)}, and take its points in turn."),
        Clause("1.", "Waiver. You do not mention Ms Vance's e-mail of 23 October 2023 or Ms Strand's answer of 24 October, “Different recollections I guess”. Please take instructions on both. You do not say what document satisfies clause 9.6."),
        Clause("2.", f"Set-off. That {facts.AUTUMN[0].invoice}, {facts.AUTUMN[1].invoice} and {facts.AUTUMN[2].invoice} were paid in full waives nothing: see the last sentence of clause 9.6."),
        Clause("3.", f"{_EIGHTEEN.note}. You say that it was tendered on 30 January and turned away because of snow. There is no trace of that in the gate log, in the site diary, or in the minutes of 19 February. Please produce the haulier's record."),
        Clause("4.", "Notice. Clause 24.3 asks for an e-mail to the Quality Manager. Ms Rowbotham received one. The clause does not say in which line of the header her name must stand."),
        Clause("5.", "Knowledge. You write that your client knew of no defect before 12 March 2024. Please confirm that you have spoken to Ms Rowbotham and to Mr Zielak before we rely on that statement in our pleading."),
        Clause("6.", "Zinc. Clause 20.2 says that a shortage of zinc is not force majeure."),
        Clause("7.", "Worksheets. Clause 15.2 says that confidentiality is no ground for withholding them. If we do not have them by 9 July 2024 we shall apply to the court for their disclosure before action, and for our costs."),
        Clause("8.", f"The unpaid invoices. Without the surcharge and its VAT they come to {money(facts.UNPAID_TOTAL - facts.SURCHARGE_TOTAL * 6 // 5)}. {DELIVERIES[17].note} is among the rejected consignments and nothing is due for its Rails."),
    ]  # fmt: skip
    return _letter(
        "letters/2024-06-25-reply.pdf",
        "Reply",
        BUYER_SOLICITORS,
        SUPPLIER_SOLICITORS,
        facts.REPLY,
        "Ashgill Marr LLP (Judith Marr, Partner)",
        body,
    )


def papers() -> list[Paper]:
    """The letters, in the order of their dates."""
    return [rejection(), remedy(), termination(), claim(), response(), reply()]
