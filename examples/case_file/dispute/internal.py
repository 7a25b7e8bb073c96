"""What each side wrote for itself: a board paper, project reports, a site diary, file notes, a chronology."""

from __future__ import annotations

from datetime import date

from dispute import facts
from dispute.blocks import Block, Clause, Heading, PageBreak, Paper, Table, Text, lines
from dispute.facts import DELIVERIES, day, money
from dispute.people import BUYER, PEOPLE, SUPPLIER

_PRIVILEGED = "PRIVILEGED AND CONFIDENTIAL - prepared for the purpose of legal advice and litigation"


def _short(one: date) -> str:
    return f"{one.day} {one:%b %Y}"


def board_paper() -> Paper:
    """What the directors of Solwend were asked to decide."""
    blocks: list[Block] = [
        Heading("Board paper 24/17: Low Marrick steel", 0),
        Text(f"For the meeting of {day(facts.BOARD)}. Sponsor: {PEOPLE['ferrand'].name}, Finance Director. With {PEOPLE['vance'].name} and {PEOPLE['sheikh'].name}."),
        Heading("1. What the board is asked to decide"),
        Clause("1.1", f"To approve the purchase of replacement rails from {facts.REPLACEMENT_SUPPLIER} for {money(facts.REPLACEMENT)}."),
        Clause("1.2", f"To approve the contract with {facts.DISMANTLER} for {money(facts.DISMANTLING)} to take down and rebuild rows 41 to 58."),
        Clause("1.3", "To authorise the General Counsel to terminate the framework agreement with Tarn Valley if the breaches are not remedied, and to instruct Ashgill Marr LLP to claim."),
        Heading("2. Background"),
        *lines(
            f"Tarn Valley has supplied {sum(one.received[code] for one in DELIVERIES for code in facts.RAILS):,} rails in {len(DELIVERIES)} consignments since May 2023, and has invoiced {money(facts.INVOICED)} with VAT. We have paid {money(facts.PAID)} and withhold {money(facts.UNPAID_TOTAL)}.",
            "The first thirteen consignments were good, although three came late in the autumn. The steel of consignments 14 to 18 is rusting. Consignments 19 to 21 look good and have not been tested.",
            f"On {day(facts.RUST_FOUND)} our Site Engineer found red rust in rows 41 to 58. An independent laboratory measured a mean of {facts.LAB_MEAN} micrometres where the contract asks for {facts.MEAN_REQUIRED}. Its report says that the zinc is remelted, which the contract forbids.",
        ),
        Heading("3. Effect on the project"),
        *lines(
            "Grid connection is booked for 15 May 2024. It will go ahead for rows 1 to 40, about 28 megawatts. The rest will follow in September 2024 if the new rails arrive as quoted.",
            "The loss of commit from the later start is put at £410,000. The agreement excludes loss of commit revenue, so that this sum is probably not recoverable.",
            "The contingency stands at £305,000. It will be used up.",
        ),
        Heading("4. Options"),
        Clause("4.1", "Accept Tarn Valley's offer of £40,000.00 and brush painting. The Project Manager advises against it: painted rails would need repainting every six years, at about £55,000 each time."),
        Clause("4.2", "Keep the agreement alive and require replacement. Tarn Valley would need four months for it, and we no longer trust its certificates."),
        Clause("4.3", "Replace, terminate and claim. Recommended."),
        Heading("5. The claim"),
        Table(
            [
                ["Item", "Amount"],
                ["Extra cost of replacement", money(facts.EXTRA_COST)],
                ["Dismantling and reinstalling", money(facts.DISMANTLING)],
                ["Liquidated damages, all late consignments", money(facts.DAMAGES)],
                ["Laboratory", money(facts.LAB_FEE)],
                ["Missing rails", money(facts.SHORT_CREDIT)],
                ["Total", money(facts.CLAIM_TOTAL)],
            ],
            (6, 3),
            frozenset({1}),
        ),
        PageBreak(),
        Heading("6. Legal position"),
        Text(_PRIVILEGED, bold=True),
        *lines(
            "Ashgill Marr put the chance that our e-mail of 27 March counts as notice at 70 per cent. If it does not, we still have the warranty.",
            "The weak point is the minutes of 16 October 2023, which say that Ms Vance waived the autumn damages. She denies it and objected in writing within a week, but our people let the minutes pass as agreed in November. The sum at stake on this point is " + money(facts.AUTUMN_DAMAGES) + ".",
            "The General Counsel believes that Tarn Valley's own worksheets will show that the certificates are untrue. If so there is no limit on its liability. We have not seen them.",
            "Tarn Valley's balance sheet is thin. Its last filed accounts show net assets of £612,000.",
        ),
        Heading("7. Recommendation"),
        *lines("The board is recommended to take the decisions in section 1."),
    ]  # fmt: skip
    return Paper(
        "board/board-paper-24-17.pdf",
        "Board paper 24/17: Low Marrick steel",
        BUYER.name,
        date(2024, 4, 24),
        blocks,
        "Board paper 24/17 - confidential",
        True,
    )


def board_minute() -> Paper:
    """What they decided."""
    blocks: list[Block] = [
        Heading("Extract from the minutes of the board", 0),
        Text(f"{BUYER.name}, meeting of {day(facts.BOARD)}, item 9, Low Marrick steel"),
        *lines(
            "The board considered paper 24/17. Mrs Ferrand presented it. Ms Vance answered questions about the meeting of 16 October 2023 and said again that she had agreed to nothing.",
            "The chair asked why the e-mail of 27 March had not gone through the General Counsel. Mr Sheikh said that he had been worried about the twenty-one days.",
            "Resolved: to approve paragraphs 1.1 and 1.2 of the paper; to authorise termination and a claim as in paragraph 1.3; to ask for a report each month.",
            "The board asked the Procurement Director to see that minutes written by suppliers are corrected before they are agreed.",
        ),
    ]  # fmt: skip
    return Paper(
        "board/board-minute-2024-04-30.docx",
        "Board minute, item 9",
        BUYER.name,
        facts.BOARD,
        blocks,
        "Board minute - confidential",
    )


_REPORTS = (
    (date(2023, 9, 29), 19, "September was lost. Crew 2 has stood idle since the 6th because there is no steel, and crew 1 has been cutting cable trenches instead of piling. Two consignments were outstanding for most of the month.", "The gantry crane at Kettle Beck is the cause given. We have seen no evidence of it, and none that it is not so."),
    (date(2023, 10, 31), 27, "All three late consignments are in and crew 2 came back on 12 October. We have recovered four of the seventeen lost days.", "Liquidated damages are with the Finance Director. Tarn Valley would like us to forget about them. The minutes of 16 October are disputed."),
    (date(2023, 11, 30), 40, "A good month. The weather held and we are within nine days of programme.", "Owen finds the last load dull. Tarn Valley's quality manager says that it is a matter of appearance."),
    (date(2023, 12, 21), 50, "The site closed for Christmas with fifty rows up.", "The credit for twenty missing rails is still owed. It is a small sum but a bad habit."),
    (date(2024, 1, 31), 55, "Snow cost six days. The consignment due on 23 January has not come, and Tarn Valley now speaks of the second week of February.", "We have been sent a surcharge that nobody agreed to. Procurement has refused it."),
    (date(2024, 2, 29), 58, "The January consignment came on 9 February and the next on 14 February. Both were late. Piling resumed at full rate.", "Finance has challenged the date on the January invoice."),
    (date(2024, 3, 29), 58, "We stopped building with the suspect steel on 11 March. Rows 41 to 58 will probably have to come down.", "The laboratory's report arrived yesterday and is as bad as we feared. I rejected the five batches by e-mail on 27 March."),
)  # fmt: skip


def _project_report(made: date, rows_built: int, progress: str, supply: str) -> Paper:
    month = [one for one in DELIVERIES if (one.delivered.year, one.delivered.month) == (made.year, made.month)]
    table = [["Delivery note", "Due", "Delivered", "Days late", "MR-40", "MR-60", "Batch"]]
    table += [[one.note, day(one.due), day(one.delivered), str(one.days_late), f"{one.received['MR-40']:,}", f"{one.received['MR-60']:,}", one.batch] for one in month]  # fmt: skip
    so_far = [one for one in DELIVERIES if one.delivered <= made]
    blocks: list[Block] = [
        Heading(f"Project report, {made:%B %Y}", 0),
        Text(f"{facts.PARK}. Author: {PEOPLE['sheikh'].name}. {day(made)}."),
        Heading("1. Progress"),
        *lines(progress, f"Rows complete: {rows_built} of 89."),
        Heading("2. Steel"),
        *([Table(table, (3, 4, 4, 2, 2, 2, 3), frozenset({3, 4, 5}))] if month else []),
        *lines(
            f"Rails received since May 2023: {sum(one.received[code] for one in so_far for code in facts.RAILS):,} of an estimated 24,000.",
            supply,
        ),
        Heading("3. Safety and environment"),
        *lines("No reportable accidents. One near miss this month, recorded in the site book. The stream at the quarry road was sampled and is clear."),
        Heading("4. Look-ahead"),
        *lines("Grid connection stays booked for 15 May 2024. The network operator has said again that the date cannot be moved."),
    ]  # fmt: skip
    return Paper(
        f"reports/project-{made:%Y-%m}.pdf", f"Project report, {made:%B %Y}", BUYER.name, made, blocks, "Project report"
    )


def site_diary() -> Paper:
    """The engineer's own book, in his own words."""
    entries = (
        ("5 Sep 2023", "No lorry. Rang twice."),
        ("6 Sep 2023", "Crew 2 stood down. Lads not happy."),
        (f"{_short(facts.AUTUMN[0].delivered)}", "Steel at last. 1,200 + 420. Crew 2 still off till we have a second load."),
        ("16 Oct 2023", "Meeting in the hut. Helen S asked K Vance to let them off the late money. K said she'd think on and was not deciding it there. Then we had soup."),
        ("24 Oct 2023", "Load one bundle short. Put it on the note in capitals."),
        ("24 Nov 2023", "New batch looks like pewter. Told Imran."),
        ("30 Jan 2024", "Roads clear since Sunday. No deliveries. Drained the trench."),
        ("31 Jan 2024", "No deliveries. Fog."),
        (f"{_short(facts.MISDATED.delivered)}", "Load 18 in at 14:05. Driver says he loaded it this morning."),
        (f"{_short(facts.RUST_FOUND)}", "Rust. Rows 41 to 58. Counted 212 rails. Felt sick."),
        (f"{_short(facts.SAMPLED)}", "Northmoor here with Piotr from the works. He looked at the rails a long time and said nothing. At the van he told me they had other zinc in the winter and that he was not happy with it."),
        (f"{_short(facts.REJECTED_BY_MAIL)}", "Imran sent the rejection from my desk, 15:50. I said shouldn't it go to Anita. He put her in copy."),
    )  # fmt: skip
    blocks: list[Block] = [
        Heading("Site diary - O. Tregarth - extracts", 0),
        *[Text(f"{when}: {what}") for when, what in entries],
    ]
    return Paper("site/diary-tregarth.txt", "Site diary, extracts", BUYER.name, facts.REJECTED_BY_MAIL, blocks)


def file_notes() -> list[Paper]:
    """Notes that people made for their own files."""
    october: list[Block] = [
        Heading("File note", 0),
        *lines(
            "Tel. Katherine Vance, 2 November 2023, ten minutes.",
            "K in a good mood. Talked about the winter programme. I asked about the damages again. She said “let's see how the rest of the year goes”. I take that as fine.",
            "Did not mention zinc. Piotr is sorting something out with Brennick.",
            "H. Strand",
        ),
    ]  # fmt: skip
    rejection: list[Block] = [
        Heading("File note", 0),
        *lines(
            "Call from Northmoor, 27 March 2024, 14:30. First means between 56 and 60 for all five batches. Report tomorrow.",
            "Days left: discovery 11 March plus 21 is 1 April, Easter Monday. Everybody at legal is off from tomorrow noon.",
            "Sent the rejection at 15:50 to Helen, Anita in copy. Rang Anita at 16:10 to tell her that it was there. She said: “I have it, thank you.”",
            "I. Sheikh",
        ),
    ]  # fmt: skip
    chronology: list[Block] = [
        Heading("Chronology for counsel", 0),
        Text(_PRIVILEGED, bold=True),
        Table(
            [
                ["Date", "Event", "Source"],
                [day(facts.AGREEMENT), "Framework agreement", "contract/framework-agreement.pdf"],
                [day(facts.AMENDMENT), "Amendment No. 1: clauses 7 onwards move up by one; 45 days' credit; 21 days to reject", "contract/amendment-1.pdf"],
                [day(facts.MEETING), "Meeting. Waiver recorded by Strand, denied by Vance", "minutes/2023-10-16.pdf"],
                ["23 October 2023", "Vance objects to item 4.2", "e-mail"],
                [day(facts.REJECTED[0].delivered), "First of the five bad batches delivered", facts.REJECTED[0].note],
                ["25 January 2024", "Vance refuses Amendment No. 2", "e-mail"],
                [day(facts.MISDATED.delivered), f"{facts.MISDATED.note} signed for; invoice says 30 January", facts.MISDATED.invoice],
                [day(facts.RUST_FOUND), "Rust found", "site diary"],
                [day(facts.REJECTED_BY_MAIL), "Rejection by e-mail, Strand in To, Rowbotham in Cc", "e-mail"],
                [day(facts.REJECTED_BY_LETTER), "Rejection by letter", "letter"],
            ],
            (3, 6, 4),
        ),
        *lines("Gaps: we do not know when Tarn Valley changed its zinc, who decided it, or what the worksheets say. Ask for disclosure of Rowbotham's mailbox first.", "M. Adeyemi"),
    ]  # fmt: skip
    return [
        Paper("notes/file-note-strand-2023-11-02.docx", "File note, call with K. Vance", SUPPLIER.name, date(2023, 11, 2), october),
        Paper("notes/file-note-sheikh-2024-03-27.txt", "File note, rejection", BUYER.name, facts.REJECTED_BY_MAIL, rejection),
        Paper("notes/chronology-privileged.docx", "Chronology for counsel", BUYER.name, date(2024, 4, 15), chronology, _PRIVILEGED),
    ]  # fmt: skip


def papers() -> list[Paper]:
    """All of them."""
    return [board_paper(), board_minute(), *(_project_report(*one) for one in _REPORTS), site_diary(), *file_notes()]
