"""The answer key: what to ask the case file, what it should say, and the words in it that say so.

Kinds: ``lookup`` (one passage answers), ``comprehension`` (several do, together), ``contradiction`` (two documents
disagree, and both are evidence), ``absent`` (the case file does not say).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Literal

from dispute import facts
from dispute.bundle import MAILS, papers
from dispute.facts import day, delivery, money
from dispute.write_mail import body_of, path_of

Kind = Literal["lookup", "comprehension", "contradiction", "absent"]
FOLDER = "case"
AGREEMENT = "contract/framework-agreement.pdf"
DRAFT = "contract/drafts/framework-agreement-draft-3.docx"
CHRONOLOGY = "notes/chronology-privileged.docx"
LETTER = "letters/2024-05-21-letter-before-action.pdf"
LAB = "quality/laboratory-report-NML-24-0388.pdf"


@dataclass(frozen=True)
class Evidence:
    """Words of one document, found in its text when every run of white space is read as one blank."""

    source: str
    quote: str


@dataclass(frozen=True)
class Entry:
    """A question. ``answers`` are strings that a right answer holds, each of them; none where nothing answers."""

    question: str
    kind: Kind
    answers: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def paper(path: str, quote: str) -> list[Evidence]:
    """Evidence in a file that is not mail, and in the copies of it that are attached to mails."""
    title = next(one.title for one in papers() if one.path == path)
    return [Evidence(f"{FOLDER}/{where}", quote) for where in (path, *_attached(title))]


def _attached(title: str) -> list[str]:
    return [
        f"{path_of(one, box)}#{PurePosixPath(copy.path).name}"
        for one in MAILS
        for box in one.boxes
        for copy in one.attached
        if copy.title == title
    ]


def agreement(quote: str, *, in_draft: bool = True) -> list[Evidence]:
    """Evidence in the executed agreement, and in the superseded draft where that has the same words."""
    return [*paper(AGREEMENT, quote), *(paper(DRAFT, quote) if in_draft else [])]


def mail(key: str, quote: str) -> list[Evidence]:
    """Evidence in a mail: in each copy of it, and in each later mail that quotes it."""
    by_key = {one.key: one for one in MAILS}
    if quote not in by_key[key].body:
        raise ValueError(f"{quote!r} is not in the mail {key}")
    holding = [one for one in MAILS if quote in body_of(one, by_key)]
    return [Evidence(f"{FOLDER}/{path_of(one, box)}", quote) for one in holding for box in one.boxes]


def amendment(quote: str) -> list[Evidence]:
    """Evidence in the first amendment: in the signed PDF, and in the DOCX with its copies attached to mails."""
    return [*paper("contract/amendment-1.docx", quote), Evidence(f"{FOLDER}/contract/amendment-1.pdf", quote)]


def worksheet(quote: str) -> list[Evidence]:
    """Evidence in the worksheet of the first bad batch, which is only ever attached to a mail."""
    return [Evidence(f"{FOLDER}/{where}", quote) for where in _attached(f"Bath worksheet {facts.REJECTED[0].batch}")]


def _lookup(question: str, answers: str | Sequence[str], *evidence: Sequence[Evidence]) -> Entry:
    return _entry("lookup", question, answers, evidence)


def _entry(kind: Kind, question: str, answers: str | Sequence[str], evidence: Sequence[Sequence[Evidence]]) -> Entry:
    wanted = (answers,) if isinstance(answers, str) else tuple(answers)
    return Entry(question, kind, wanted, tuple(one for some in evidence for one in some))


def _contract() -> list[Entry]:
    return [
        _lookup("When does the framework agreement expire?", "31 March 2025", agreement("expires on 31 March 2025")),
        _lookup("How many rails did Solwend estimate that it would need over the term?", "24,000", agreement("The Buyer's estimate of its requirements over the term is 24,000 Rails.")),
        _lookup("What product liability insurance must the Supplier maintain?", "£5,000,000", agreement("product liability insurance of at least £5,000,000")),
        _lookup("How long does the duty of confidentiality last after the agreement has ended?", "five (5) years", agreement("The duty lasts for five (5) years after this Agreement has ended.")),
        _lookup("What is the only approved source of zinc?", "Brennick Zinc", agreement("the only approved source of zinc is Brennick Zinc")),
        _lookup("What interest does a party that pays late have to pay?", "four per cent (4%)", agreement("A party that pays late shall pay interest on the overdue sum at four per cent (4%)")),
        _lookup("Who are the authorised signatories for a variation or a waiver?", ("Managing Director", "Procurement Director"), agreement("The authorised signatories are the Supplier's Managing Director and the Buyer's Procurement Director.")),
        _lookup("What mean coating thickness does specification TS-07 require of a Batch?", "70 micrometres", agreement("The mean of all readings on a Batch shall be at least 70 micrometres.", in_draft=False), agreement("the zinc coating of every Batch of Rails shall have a mean thickness of at least 70 micrometres"), paper(LAB, "TS-07 requires at least 70")),
        _lookup("Between which temperatures is the galvanising bath kept?", ("445", "455"), agreement("Bath temperature is kept between 445 and 455 degrees Celsius", in_draft=False), agreement("445 to 455 degrees Celsius", in_draft=False)),
        _lookup("What is the monthly capacity of the Works?", "3,200 Rails", agreement("The monthly capacity of the Works for this Agreement is 3,200 Rails.", in_draft=False)),
        _lookup("Within how many days could the Buyer reject Goods under the agreement as it was signed in March 2023?", "fourteen (14) days", agreement("within fourteen (14) days of the day on which the Buyer discovered the defect", in_draft=False)),
        _lookup("What is the period for rejecting Goods since Amendment No. 1?", "twenty-one (21) days", amendment("the words “fourteen (14) days” are replaced by “twenty-one (21) days”"), paper(CHRONOLOGY, "21 days to reject"), mail("amendment-reply", "The period for rejecting goods goes from fourteen days to twenty-one.")),
        _lookup("Which credit period did Amendment No. 1 bring for invoices dated on or after 1 October 2023?", "forty-five (45) days", amendment("the words “thirty (30) days” are replaced by “forty-five (45) days”"), paper(CHRONOLOGY, "45 days' credit"), mail("amendment-reply", "45 days applies to every invoice dated 1 October 2023 or later.")),
        _lookup("What is the number of the clause on rolling forecasts that Amendment No. 1 inserted?", "7", amendment("The following is inserted after clause 6 as clause 7:"), amendment("“7. Rolling forecast")),
        _lookup("What rate of liquidated damages did draft 3 of the agreement contain?", "one per cent (1%)", paper(DRAFT, "as liquidated damages, one per cent (1%)"), paper("statements/vance-2024-07-18.pdf", "damages of one per cent a week")),
        _lookup("What does price list 2 say about the zinc surcharge?", "4.5%", paper("contract/price-list-2.txt", "Zinc surcharge of 4.5% on rails, subject to Amendment No. 2.")),
    ]  # fmt: skip


def _trade() -> list[Entry]:
    nine, twelve, eighteen = delivery(9), facts.SHORT, facts.MISDATED
    return [
        _lookup(f"On what day was {eighteen.note} signed for at the Site?", day(eighteen.delivered), paper(f"deliveries/{eighteen.note}.pdf", f"signed for on {day(eighteen.delivered)}"), mail("wrong-date", f"The Delivery Note {eighteen.note} was signed on {day(eighteen.delivered)}."), paper("minutes/2024-02-19.pdf", f"{eighteen.note} was signed for on {day(eighteen.delivered)}"), paper(CHRONOLOGY, f"{eighteen.note} signed for")),
        _lookup(f"What date of delivery does invoice {eighteen.invoice} state?", "30 January 2024", paper(f"invoices/{eighteen.invoice}.pdf", "Date of delivery 30 January 2024."), mail("wrong-date", "gives 30 January 2024 as the date of delivery"), mail("invoiced-anyway", f"I have raised {eighteen.invoice} today with 30 January as the date of delivery"), paper(LETTER, f"Your invoice {eighteen.invoice} gives 30 January 2024 as the date of delivery")),
        _lookup(f"How many MR-40 rails were missing from {twelve.note}?", "20", paper(f"deliveries/{twelve.note}.pdf", "one bundle of 20 MR-40 missing"), mail("short-load", f"{twelve.note} was one bundle short, 20 of MR-40."), paper("quality/ncr-019.pdf", "One bundle of 20 is missing"), paper("letters/2024-04-08-notice-to-remedy.pdf", f"20 Rails missing from {twelve.note}")),
        _lookup(f"What is the total to pay of invoice {delivery(13).invoice}?", money(delivery(13).total), paper(f"invoices/{delivery(13).invoice}.pdf", money(delivery(13).total)), paper("invoices/statement-2024-04-26.pdf", money(delivery(13).total))),
        _lookup(f"When was {nine.order} due?", day(nine.due), paper(f"orders/{nine.order}.pdf", f"Due date {day(nine.due)}."), paper(f"deliveries/{nine.note}.pdf", f"Due date {day(nine.due)}."), mail("reminder", f"{nine.order} was due on {day(nine.due)}")),
        _lookup(f"What mean coating does the certificate for batch {delivery(16).batch} state?", f"{delivery(16).certified[0]} micrometres", paper(f"quality/certificates/{delivery(16).batch}.pdf", f"{delivery(16).certified[0]} micrometres")),
        _lookup("How much has been invoiced in all according to the statement of account?", money(facts.INVOICED), paper("invoices/statement-2024-04-26.pdf", f"Invoiced in all: {money(facts.INVOICED)}.")),
        _lookup("Did any Dunmail vehicle enter the site between 12 January and 8 February 2024?", "No Dunmail vehicle", paper("site/gate-log.txt", "No Dunmail vehicle entered the site between 12 January 2024 and 8 February 2024.")),
        _lookup("Which haulier delivered the rails?", "Dunmail", paper("site/gate-log.txt", "Dunmail"), *(paper(f"deliveries/{one.note}.pdf", "Vehicle: Dunmail Haulage") for one in facts.DELIVERIES)),
    ]  # fmt: skip


def _quality() -> list[Entry]:
    first = facts.REJECTED[0]
    return [
        _lookup("What lowest local reading did Northmoor find?", "46.1", paper(LAB, "The lowest local reading is 46.1 micrometres"), mail("lab-report", "mean 57.4 micrometres, lowest local reading 46.1"), paper(LETTER, "a mean of 57.4 micrometres and a lowest reading of 46.1")),
        _lookup("How many rails did the laboratory choose and test?", "40", paper(LAB, "We chose 40 rails, eight of each batch"), mail("lab-report", "40 rails, mean 57.4 micrometres"), paper(LAB, "The mean of all 40 rails is 57.4 micrometres.")),
        _lookup("Is road salt the cause of the rust according to the laboratory?", "Road salt is not the cause", paper(LAB, "Road salt is not the cause.")),
        _lookup(f"What mean did the bath worksheet of {first.batch} give?", str(first.worksheet), mail("hold-advice", f"The mean is {first.worksheet} micrometres against 70 required"), worksheet(f"Mean of 50 readings: {first.worksheet} micrometres."), mail("told-you", f"{first.batch} {first.worksheet}")),
        _lookup("From which company did the remelted zinc come that went into the kettle from 6 November 2023?", "Calder Alloys", mail("zinc-change", "From today we charge the kettle with remelt from Calder Alloys, 98.5 percent."), mail("zinc-objection", "Calder remelt is secondary zinc."), worksheet("Zinc: Calder Alloys remelt.")),
        _lookup("How many rails with red rust did the site engineer count?", "212", mail("rust", "Counted 212 rails before I stopped."), paper("quality/ncr-031.pdf", "Red rust on the upper flanges of 212 rails"), paper("site/diary-tregarth.txt", "Counted 212 rails.")),
        _lookup("Where are the bath books of November to January kept?", "grey cabinet in the bath office", mail("tidy-books", "They are in the grey cabinet in the bath office where they always are."), paper("quality/quality-plan-QP-3.pdf", "in the grey cabinet in the bath office")),
        _lookup("May anybody overrule the Quality Manager when she releases a batch?", "nobody may overrule her", paper("quality/quality-plan-QP-3.pdf", "She alone releases a batch, and nobody may overrule her.")),
    ]  # fmt: skip


def _dispute() -> list[Entry]:
    return [
        _lookup("What sum in all does the letter before action claim?", money(facts.CLAIM_TOTAL), paper(LETTER, money(facts.CLAIM_TOTAL))),
        _lookup("What do the unpaid invoices come to with VAT according to Pellbrook?", money(facts.UNPAID_TOTAL), paper("letters/2024-06-11-response.pdf", f"They come to {money(facts.UNPAID_TOTAL)} with VAT."), paper("invoices/statement-2024-04-26.pdf", f"Open: {money(facts.UNPAID_TOTAL)}.")),
        _lookup("How much did Gareth Oduya offer to credit, without prejudice?", "£40,000.00", mail("offer", "Tarn Valley will credit £40,000.00 against the open invoices"), paper("board/board-paper-24-17.pdf", "Tarn Valley's offer of £40,000.00")),
        _lookup("On what day did Solwend terminate the agreement?", day(facts.TERMINATED), paper("letters/2024-05-10-termination.pdf", f"We terminate the Agreement with immediate effect under clause 21.1(a) on {day(facts.TERMINATED)}.")),
        _lookup("When is the grid connection booked?", "15 May 2024", *(paper(f"reports/project-{month}.pdf", "Grid connection stays booked for 15 May 2024.") for month in ("2023-09", "2023-10", "2023-11", "2023-12", "2024-01", "2024-02", "2024-03")), paper("minutes/2023-08-21.pdf", "Grid connection is booked for 15 May 2024 and cannot be moved."), paper("board/board-paper-24-17.pdf", "Grid connection is booked for 15 May 2024.")),
        _lookup("What does Carrock charge for taking the rows down and putting them up again?", money(facts.DISMANTLING), mail("replacement", f"Carrock will take the rows down and put them up again for {money(facts.DISMANTLING)}."), paper("board/board-paper-24-17.pdf", money(facts.DISMANTLING)), paper(LETTER, f"Dismantling and reinstalling {money(facts.DISMANTLING)}")),
        _lookup("What loss of commit does the board paper name?", "£410,000", paper("board/board-paper-24-17.pdf", "The loss of commit from the later start is put at £410,000.")),
        _lookup("On what day did the gantry crane fail?", "30 August", mail("crane", "The gantry crane over the kettle failed on 30 August"), paper("minutes/2023-09-18.pdf", "the gantry crane, which failed on 30 August"), paper("statements/strand-draft-2024-07-24.docx", "The gantry crane failed on 30 August 2023.")),
    ]  # fmt: skip


def _comprehension() -> list[Entry]:
    def one(question: str, answers: str | Sequence[str], *evidence: Sequence[Evidence]) -> Entry:
        return _entry("comprehension", question, answers, evidence)

    return [
        one("Why did the rails rust?", ("zinc", "thin"), mail("zinc-change", "From today we charge the kettle with remelt from Calder Alloys, 98.5 percent."), paper(LAB, "A thin coating with this composition in a wet upland climate is sufficient to explain red rust within one winter.")),
        one("Why was certificate B-2311-A issued although the batch had failed?", ("late", "instructed"), mail("ship-it", "Anita, we cannot be late again."), mail("under-protest", "I signed it because I was instructed to, and I am recording that I advised against it.")),
        one("How did Tarn Valley explain the late deliveries in the autumn of 2023?", "crane", mail("crane", "The gantry crane over the kettle failed on 30 August"), paper("minutes/2023-09-18.pdf", "the cause was the gantry crane, which failed on 30 August")),
        one("Who at Tarn Valley knew of the low readings before Solwend did, and how did each of them react?", ("Strand", "Rowbotham", "Oduya", "Zielak"), mail("hold-advice", "This batch does not conform and I recommend that it is held."), mail("ship-it", "It is galvanised steel on a hill. Nobody will ever put a gauge on it."), mail("no-metallurgy", "I do not need the metallurgy."), mail("zinc-change", "Tell me if you need papers.")),
        one("Is the e-mail of 27 March 2024 a valid notice of rejection, and what speaks for and against it?", ("Quality Manager", "twenty-one"), agreement("may also be given by e-mail to the Supplier's Quality Manager", in_draft=False), amendment("the words “fourteen (14) days” are replaced by “twenty-one (21) days”"), paper("letters/2024-06-11-response.pdf", "The e-mail of 27 March was addressed to Ms Strand, who is not the Quality Manager.")),
        one("Why does Solwend refuse to pay the zinc surcharge?", ("5.3", "sign"), mail("surcharge-refused", "clause 5.3 excludes a surcharge for zinc in terms"), agreement("No surcharge of any kind, including a surcharge for zinc, energy or carriage, is payable unless")),
        one("What does clause 19.4 mean for Tarn Valley if the certificates were untrue?", "limit", agreement("does not apply to loss caused by a Certificate that the Supplier knew to be untrue when it was issued"), paper(LETTER, "clause 19.4 removes every limit on your liability")),
        one("How did the relationship between the two companies change over the year?", (), mail("first-lates", "One day is no drama and nobody here is counting"), mail("hamper", "Thank you for your patience this year!"), paper("letters/2024-05-10-termination.pdf", "We terminate the Agreement with immediate effect")),
    ]  # fmt: skip


def _contradictions() -> list[Entry]:
    def one(question: str, answers: Sequence[str], *evidence: Sequence[Evidence]) -> Entry:
        return _entry("contradiction", question, answers, evidence)

    waived = "Ms Vance agreed for Solwend that liquidated damages for DN-0109, DN-0110 and DN-0111 are waived."
    eighteen, first = facts.MISDATED, facts.REJECTED[0]
    return [
        one("Did Katherine Vance agree to waive the liquidated damages for the autumn loads?", ("waived", "did not agree"), paper("minutes/2023-10-16.pdf", waived), mail("minutes-objection", "I did not agree to waive liquidated damages for the September loads, or for any load."), mail("after-meeting-vance", "I agreed nothing on damages."), mail("after-meeting-strand", "She said she would think about it and come back to me.")),
        one(f"When was the load under {eighteen.note} delivered?", (day(eighteen.delivered), "30 January 2024"), paper(f"deliveries/{eighteen.note}.pdf", f"signed for on {day(eighteen.delivered)}"), paper(f"invoices/{eighteen.invoice}.pdf", "Date of delivery 30 January 2024.")),
        one(f"What is the mean zinc coating of batch {first.batch}?", (f"{first.certified[0]} micrometres", f"{first.worksheet} micrometres"), paper(f"quality/certificates/{first.batch}.pdf", f"{first.certified[0]} micrometres"), mail("hold-advice", f"The mean is {first.worksheet} micrometres against 70 required")),
        one("When did Helen Strand first know of low readings?", ("12 March 2024", "20 November"), paper("statements/strand-draft-2024-07-24.docx", "I had no earlier knowledge of low readings."), mail("first-heard", "this is the first we have heard of any problem with the coating on these batches"), mail("told-you", "I told her on 20 November that B-2311-A did not conform")),
        one(f"How many MR-40 rails came with {facts.SHORT.note}?", (f"{facts.SHORT.received['MR-40']:,}", f"{facts.SHORT.ordered['MR-40']:,}"), paper("quality/ncr-019.pdf", f"{facts.SHORT.received['MR-40']:,} of MR-40 received, {facts.SHORT.ordered['MR-40']:,} ordered and invoiced"), paper(f"invoices/{facts.SHORT.invoice}.pdf", f"{facts.SHORT.ordered['MR-40']:,} £18.40")),
        one("Was Amendment No. 2 agreed?", ("charged under Amendment No. 2", "not sign"), paper(f"invoices/{delivery(19).invoice}.pdf", "The zinc surcharge is charged under Amendment No. 2."), mail("surcharge-refused", "I will not sign this.")),
    ]  # fmt: skip


ABSENT = (
    "What is the penalty for terminating the agreement for convenience?",
    "Which arbitrator did the parties appoint?",
    "What is Katherine Vance's annual salary?",
    "Which bank gave the parent company guarantee?",
    "How many wind turbines does Solwend operate?",
    "What did the Environment Agency fine Tarn Valley for?",
    "Who insures the solar modules against hail?",
    "When did Tarn Valley file for bankruptcy?",
    "What is the royalty for the use of the patented clamp?",
    "In which hotel did the mediation take place?",
)


@cache
def key() -> tuple[Entry, ...]:
    """All questions."""
    absent = [Entry(question, "absent") for question in ABSENT]
    return (*_contract(), *_trade(), *_quality(), *_dispute(), *_comprehension(), *_contradictions(), *absent)


def as_jsonl() -> str:
    """The key, one JSON object a line."""
    return "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in key())
