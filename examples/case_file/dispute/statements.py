"""Two witness statements and the supplier's quality plan: long papers in which few sentences matter."""

from __future__ import annotations

from datetime import date

from dispute import facts
from dispute.blocks import Block, Clause, Gap, Heading, Paper, Text
from dispute.facts import day, money
from dispute.people import PEOPLE, SUPPLIER

_TRUTH = "I believe that the facts stated in this witness statement are true. I understand that proceedings for contempt of court may be brought against anyone who makes a false statement in a document verified by a statement of truth without an honest belief in its truth."
_VANCE_DAY, _STRAND_DAY = date(2024, 7, 18), date(2024, 7, 24)


def _statement(
    who: str, made: date, path: str, sections: tuple[tuple[str, tuple[str, ...]], ...], *, signed: bool
) -> Paper:
    person = PEOPLE[who]
    blocks: list[Block] = [
        Heading(f"Witness statement of {person.name}", 0),
        Text(f"I, {person.name}, of {person.firm.address}, {person.position} of {person.firm.name}, say as follows."),
    ]
    number = 0
    for title, texts in sections:
        blocks.append(Heading(title))
        for text in texts:
            number += 1
            blocks.append(Clause(f"{number}.", text))
    blocks += [Heading("Statement of truth"), Text(_TRUTH), Gap()]
    blocks.append(Text(f"(signed) {person.name}, {day(made)}" if signed else "(draft, not signed)"))
    title = f"Witness statement of {person.name}"
    return Paper(path, title + ("" if signed else " (draft)"), person.firm.name, made, blocks, title, True)


def vance() -> Paper:
    """The buyer's statement about the meeting, the amendments and the rust."""
    sections = (
        ("Who I am", (
            "I have been Procurement Director of Solwend since 2019. I negotiated the framework agreement with Ms Strand and signed it for Solwend on 14 March 2023. I am one of the two authorised signatories under the agreement; the other is Mr Oduya.",
            "I make this statement from my own memory and from my e-mails and notebook, which I have read again. Where I rely on what others told me I say so.",
        )),
        ("How the agreement came about", (
            "We asked four galvanisers for prices in the autumn of 2022. Tarn Valley was not the cheapest. I chose it because its works is two hours from the Site and because its samples were the best of the four: every one of them was above 75 micrometres.",
            "Our solicitors sent out a third draft on 20 February 2023. It had credit of sixty days and damages of one per cent a week. Mr Oduya would not have sixty days. I said that I could live with thirty if the damages for delay were worth having, and we settled on three per cent with a limit of fifteen. I mention this because the damages were something that I paid for.",
            "I insisted on one approved source of zinc after a poor experience on another site. Mr Oduya told me that it was no hardship because he had bought from Brennick for eleven years.",
        )),
        ("The meeting of 16 October 2023", (
            "I went to the meeting because Ms Strand had telephoned me on the Friday to say that she wanted to clear the air. It was held in the site hut. Ms Strand, Ms Rowbotham, Mr Sheikh, Mr Tregarth and I were there.",
            "Ms Strand described the failure of the crane and asked that no damages be charged for the three autumn loads. I remember my answer well because I had prepared it with Mrs Ferrand. I said that I would think about it, that I was not going to decide it in that room, and that our position was reserved.",
            "Nobody pressed me further. We went on to the programme. There was soup.",
            f"The same evening I wrote to Mrs Ferrand that I had agreed nothing. The sum was {money(facts.AUTUMN_DAMAGES)}.",
            "When the minutes came on 19 October I was travelling. I read them on the 23rd and objected at once. Ms Strand answered the next day that she would pick it up in November. I did not go to the November meeting, and I accept that I should have made sure that the correction was made.",
        )),
        ("The surcharge", (
            "I refused Amendment No. 2 in writing on 25 January 2024 and again on 30 January. I never signed it. I have asked my assistant to search my office and my mailbox for a signed copy, and there is none.",
        )),
        ("The rust", (
            "Mr Sheikh telephoned me on the afternoon of 11 March 2024. I drove up the next morning and saw the rust for myself.",
            "I had no reason to doubt the certificates before that day. If I had been told in November 2023 that the zinc had changed I would have refused consent, and would have bought rails elsewhere for the winter.",
            "I have been asked when I first learnt that Tarn Valley had used another zinc. It was from the laboratory's report.",
        )),
    )  # fmt: skip
    return _statement("vance", _VANCE_DAY, "statements/vance-2024-07-18.pdf", sections, signed=True)


def strand() -> Paper:
    """The supplier's draft, which sits badly with its own mail."""
    sections = (
        ("Who I am", (
            "I have been Commercial Manager of Tarn Valley since 2020. I look after eleven customers, of whom Solwend was the largest in 2023.",
            "I have not yet been able to read all of my e-mails, and I may correct this statement when I have.",
        )),
        ("The autumn of 2023", (
            "The gantry crane failed on 30 August 2023. It was nobody's fault. We hired a mobile crane at our own cost and worked two weekends.",
            "At the meeting of 16 October I asked Katherine Vance to drop the damages. She nodded and said words to the effect of “fine, let's move on”. I wrote that down as agreement and I believe that it was.",
            "I sent the minutes round within three days. Katherine did reply, and I offered to pick it up at the next meeting. She did not come to it. Imran and Owen were there and nobody said a word.",
        )),
        ("Zinc", (
            "I am not technical. I leave the bath to Piotr Zielak and the readings to Anita Rowbotham.",
            "I first became aware that there might be a question about the coating when Imran wrote to me on 12 March 2024. I had no earlier knowledge of low readings.",
            "I recall hearing in the course of the winter that Brennick was short of metal. I assumed that the works had dealt with it in the proper way.",
        )),
        ("The January consignment", (
            "I asked Desmond Farr whether the load could be invoiced in January. My understanding was that it had left or was about to leave. The weather was bad and I believe that the Site was closed.",
        )),
        ("The surcharge", (
            "Katherine did not sign Amendment No. 2, but I told her that we would apply it and she went on taking deliveries. In our trade that is a yes.",
        )),
    )  # fmt: skip
    return _statement("strand", _STRAND_DAY, "statements/strand-draft-2024-07-24.docx", sections, signed=False)


_PLAN = (
    ("1. Purpose", (
        "This plan says how Kettle Beck Works makes and checks rails for Low Marrick. It was given to Solwend before the agreement was signed and does not form part of it.",
    )),
    ("2. Who does what", (
        "The Works Manager runs the pickling line and the kettle, buys zinc, and keeps the bath within its limits.",
        "The Quality Manager reports to the Managing Director and not to the Commercial Manager or the Works Manager. She alone releases a batch, and nobody may overrule her.",
        "The Commercial Manager agrees dates with the customer and tells the Quality Manager of every complaint on the day on which it is received.",
    )),
    ("3. Zinc", (
        "Zinc is bought from Brennick Zinc against a certificate for each melt. The certificate is stapled to the purchase record.",
        "Thirty days of metal are kept in stock. If stock falls below fifteen days the Works Manager tells the Managing Director in writing.",
    )),
    ("4. Measuring", (
        "Two gauges are kept. Each is checked against the 75 micrometre foil at the start of the shift, and the reading of the foil is written at the head of the worksheet.",
        "The operator takes the readings. The Quality Manager repeats one rail in ten herself. If her mean differs from the operator's by more than three micrometres the batch is measured again in full by a third person.",
        "Worksheets are bound in books of fifty. Pages are numbered and are not removed. Corrections are struck through so that the first figure can be read, and are initialled.",
    )),
    ("5. Batches that fail", (
        "A batch that fails is chained off in bay 5 with a red tag. It leaves bay 5 for stripping, for scrap, or under a written concession of the customer, and for nothing else.",
        "The Quality Manager tells the customer of a failed batch within one working day.",
    )),
    ("6. Certificates", (
        "Certificates are typed from the worksheet and are read against it by a second person. The second person initials the worksheet.",
    )),
    ("7. Records", (
        "Worksheets, melt certificates and gauge checks are kept for ten years in the grey cabinet in the bath office. Two keys exist.",
    )),
    ("8. Review", (
        "The Managing Director reviews this plan each January with the Quality Manager. The last review was on 11 January 2023.",
    )),
)  # fmt: skip


def quality_plan() -> Paper:
    """What Kettle Beck promised itself to do."""
    blocks: list[Block] = [
        Heading("Quality plan QP-3: rails for Low Marrick", 0),
        Text(f"{SUPPLIER.name}, Kettle Beck Works. Approved by {PEOPLE['oduya'].name} and {PEOPLE['rowbotham'].name}."),
    ]
    for title, texts in _PLAN:
        number = title.partition(".")[0]
        blocks += [Heading(title), *(Clause(f"{number}.{at}", text) for at, text in enumerate(texts, 1))]
    return Paper(
        "quality/quality-plan-QP-3.pdf", "Quality plan QP-3", SUPPLIER.name, date(2023, 2, 6), blocks, "QP-3", True
    )


def papers() -> list[Paper]:
    """All three."""
    return [vance(), strand(), quality_plan()]
