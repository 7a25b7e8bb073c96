"""Minutes of the monthly delivery and quality meetings, kept by Tarn Valley."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dispute import facts
from dispute.blocks import Block, Clause, Heading, Paper, Table, Text
from dispute.facts import DELIVERIES, day
from dispute.people import PEOPLE, SUPPLIER

_NINE, _TEN, _ELEVEN = facts.AUTUMN


@dataclass(frozen=True)
class _Meeting:
    """One meeting: who was there, and its items under the four standing headings."""

    day: date
    place: str
    present: tuple[str, ...]
    matters: tuple[str, ...]
    quality: tuple[str, ...]
    commercial: tuple[str, ...]
    programme: tuple[str, ...]


_USUAL = ("strand", "rowbotham", "sheikh", "tregarth")

MEETINGS = (
    _Meeting(date(2023, 6, 19), "Site office, Low Marrick", (*_USUAL, "vance"), (
        "First meeting. The parties agreed to meet on the third Monday of each month, or the nearest day that suits, in turn at the Site and at Kettle Beck.",
        "Ms Vance asked that the minutes keep to what was said. Ms Strand will keep them.",
    ), (
        "Mr Tregarth is content with the first three consignments. Straightness is well inside the limit.",
        "Ms Rowbotham explained the bath worksheet and showed a completed one. Every reading is written as taken.",
        "Mr Tregarth asked what to do about white bloom on rails that had lain in the wet. Ms Rowbotham: brush and leave, it is not a defect.",
    ), (
        "Invoices are being paid on time. No issues.",
    ), (
        "Piling runs two rows a day with one crew. A second crew joins on 17 July and consumption will rise by a third.",
    )),
    _Meeting(date(2023, 7, 17), "Kettle Beck Works", _USUAL, (
        "The minutes of 19 June were agreed.",
    ), (
        "Works tour. Mr Sheikh saw the kettle, the pickling line and bay 3, where finished rails for the Site are kept apart.",
        "Ms Rowbotham reported a bath temperature of 457 degrees for twenty minutes on 3 July. No Low Marrick rails were in the bath. Thermocouple replaced.",
    ), (
        "Mr Sheikh asked for Certificates to be e-mailed the day before delivery as well as handed over. Ms Rowbotham will try.",
    ), (
        "Second crew started this morning. Orders go to 1,000 of MR-40 from July.",
        "Ms Strand asked for a forecast so that bath time can be booked. Mr Sheikh will raise it with Ms Vance.",
    )),
    _Meeting(date(2023, 8, 21), "Site office, Low Marrick", _USUAL, (
        "The minutes of 17 July were agreed.",
    ), (
        "One rail in DN-0107 bent by a fork-lift on Site. Solwend's own damage, no claim.",
        "Mr Tregarth praised the new bundle tags.",
    ), (
        "Ms Strand has written to Ms Vance today about forecasts and payment terms. Not discussed further here.",
    ), (
        "Rows 1 to 19 complete. Grid connection is booked for 15 May 2024 and cannot be moved.",
        "The Works close for the week of 28 August. Ms Strand confirmed that the order due on 5 September is not affected.",
    )),
    _Meeting(date(2023, 9, 18), "Kettle Beck Works", _USUAL, (
        "The minutes of 21 August were agreed.",
        "Amendment No. 1 was signed on 1 September. Ms Rowbotham has marked up the works copy with the new clause numbers.",
    ), (
        "Nothing to report. No consignments since the last meeting.",
    ), (
        f"Mr Sheikh recorded that {_NINE.order} is thirteen days late and that his reminder of 7 September made time of the essence. Ms Strand apologised.",
        "Mr Sheikh said that Solwend would calculate liquidated damages when the loads are in. Ms Strand said that the cause was the gantry crane, which failed on 30 August, and asked for understanding.",
    ), (
        "Crew 2 has been stood down since 6 September. Mr Sheikh put the cost at about £2,900 a day.",
        "The gearbox is expected on 29 September. Until then a mobile crane dips at one third of the usual rate.",
    )),
    _Meeting(facts.MEETING, "Site office, Low Marrick", (*_USUAL, "vance"), (
        "The minutes of 18 September were agreed.",
    ), (
        f"{_NINE.note}, {_TEN.note} and {_ELEVEN.note} were inspected. No defects. Readings of 74 to 76 micrometres.",
        "Ms Rowbotham reported that the new gearbox is in and that the bath is back to full rate since 2 October.",
    ), (
        "Ms Strand explained the crane failure and asked that no liquidated damages be charged for the autumn loads.",
        f"Ms Vance agreed for Solwend that liquidated damages for {_NINE.note}, {_TEN.note} and {_ELEVEN.note} are waived.",
        "Ms Vance asked whether zinc prices would lead to a request for a surcharge. Ms Strand said that none was planned.",
    ), (
        "Crew 2 returned on 12 October. The programme has lost 17 working days, of which Mr Sheikh hopes to recover ten.",
        "Solwend would like 1,200 of MR-40 in each consignment until the middle of November.",
    )),
    _Meeting(date(2023, 11, 20), "Kettle Beck Works", _USUAL, (
        "The minutes of 16 October were taken as read and agreed as circulated. Ms Vance sent apologies.",
    ), (
        "Mr Tregarth asked whether the bath had settled after the repair. Ms Strand said that it was running as normal.",
        "Ms Rowbotham said that she had nothing to add.",
    ), (
        f"Mr Sheikh raised the missing bundle on {facts.SHORT.note}. Ms Strand will look into it.",
    ), (
        f"{facts.delivery(14).order} is due tomorrow. Ms Strand expects it by the end of the week.",
        "Rows 20 to 40 complete.",
    )),
    _Meeting(date(2023, 12, 18), "By telephone", _USUAL, (
        "The minutes of 20 November were agreed.",
    ), (
        "Mr Tregarth mentioned again that recent rails are duller than those of the summer. Ms Rowbotham referred to the Certificates.",
    ), (
        f"The credit note for {facts.SHORT.note} is still outstanding. Ms Strand will chase Mr Farr.",
    ), (
        "The Site closes from 21 December to 5 January. Rows 41 to 50 complete.",
    )),
    _Meeting(date(2024, 1, 22), "By telephone", ("strand", "sheikh", "tregarth"), (
        "The minutes of 18 December were agreed. Ms Rowbotham sent apologies.",
    ), (
        "No matters.",
    ), (
        "Ms Strand will send a proposal on zinc costs to Ms Vance this afternoon.",
    ), (
        f"{facts.MISDATED.order} is due tomorrow. Ms Strand said that haulage was tight and that it might slip by some days.",
        "Rows 51 to 55 complete. Snow stopped piling for six days.",
    )),
    _Meeting(date(2024, 2, 19), "Site office, Low Marrick", _USUAL, (
        "The minutes of 22 January were agreed.",
    ), (
        "Mr Tregarth noted that the rails on DN-0119 are bright again. Ms Strand: a good batch.",
    ), (
        f"Mr Sheikh said that {facts.MISDATED.note} was signed for on {day(facts.MISDATED.delivered)} and that the date on {facts.MISDATED.invoice} is wrong. Ms Strand said that she would look into it.",
        "The surcharge was not discussed. Mr Sheikh referred to Ms Vance's e-mail of 30 January.",
    ), (
        "Rows 56 to 58 complete. Thirty-one rows remain.",
    )),
)  # fmt: skip


def _paper(meeting: _Meeting, path: str) -> Paper:
    sections = (
        ("1", "Minutes and matters arising", meeting.matters),
        ("2", "Deliveries", ()),
        ("3", "Quality", meeting.quality),
        ("4", "Commercial", meeting.commercial),
        ("5", "Programme", meeting.programme),
    )
    blocks: list[Block] = [
        Heading("Delivery and quality meeting", 0),
        Text(f"{facts.PARK} - held on {day(meeting.day)} - {meeting.place}"),
        Table(
            [["Present", "For"], *([PEOPLE[one].name, f"{PEOPLE[one].position}, {PEOPLE[one].firm.short}"] for one in meeting.present)],
            (3, 6),
        ),
    ]  # fmt: skip
    for number, title, items in sections:
        blocks.append(Heading(f"{number}. {title}"))
        blocks += _deliveries(meeting.day) if number == "2" else []
        blocks += [Clause(f"{number}.{at}", item) for at, item in enumerate(items, 1)]
    blocks.append(Text(f"Minutes kept by {PEOPLE['strand'].name}. Next meeting in about four weeks."))
    written = meeting.day + timedelta(days=3)
    return Paper(
        path, f"Minutes of {day(meeting.day)}", SUPPLIER.name, written, blocks, f"Minutes of {day(meeting.day)}"
    )


def _deliveries(held: date) -> list[Block]:
    before = max((meeting.day for meeting in MEETINGS if meeting.day < held), default=facts.COMMENCEMENT)
    recent = [one for one in DELIVERIES if before < one.delivered <= held]
    if not recent:
        return [Text("No consignments have arrived since the last meeting.")]
    rows = [["Delivery note", "Order", "Due", "Arrived", "Days late"]]
    rows += [[one.note, one.order, day(one.due), day(one.delivered), str(one.days_late)] for one in recent]
    return [Table(rows, (3, 3, 4, 4, 2), frozenset({4}))]


def october() -> Paper:
    """The minutes with the disputed item, as the DOCX that went round."""
    return _paper(next(one for one in MEETINGS if one.day == facts.MEETING), "minutes-2023-10-16.docx")


def papers() -> list[Paper]:
    """All minutes, as they were filed."""
    return [_paper(meeting, f"minutes/{meeting.day}.pdf") for meeting in MEETINGS]
