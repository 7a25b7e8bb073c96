"""Made-up files of a clinic, a plant, a shop, a council and a library, in several formats, for the tests of rows."""

from __future__ import annotations

from pathlib import Path

import docx
from fpdf import FPDF


class _Paged(FPDF):
    """A PDF with a head and a foot on every page."""

    def __init__(self, top: str, foot: str) -> None:
        super().__init__()
        self.top, self.foot = top, foot
        self.set_font("Helvetica", size=10)

    def header(self) -> None:
        if self.top:
            self.cell(0, 8, self.top, new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.cell(0, 8, self.foot.format(page=self.page_no()))


def pdf(path: Path, pages: list[list[str | list[list[str]]]], top: str = "", foot: str = "Page {page}") -> None:
    """A PDF of pages, each of paragraphs and tables."""
    made = _Paged(top, foot)
    for page in pages:
        made.add_page()
        for block in page:
            if isinstance(block, str):
                made.multi_cell(0, 6, block, new_x="LMARGIN", new_y="NEXT")
                continue
            with made.table(first_row_as_headings=False) as table:
                for row in block:
                    line = table.row()
                    for cell in row:
                        line.cell(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    made.output(str(path))


def word(path: Path, blocks: list[str | list[list[str]]], top: str = "", title: str = "") -> None:
    """A DOCX of paragraphs and tables."""
    made = docx.Document()
    made.core_properties.title = title
    if top:
        made.sections[0].header.paragraphs[0].text = top
    for block in blocks:
        if isinstance(block, str):
            made.add_paragraph(block)
            continue
        table = made.add_table(len(block), len(block[0]))
        for at, row in enumerate(block):
            for column, cell in enumerate(row):
                table.cell(at, column).text = cell
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save(str(path))


def text(path: Path, content: str) -> None:
    """A text file, or a mail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


LEDGER = [
    ["Invoice", "Customer", "Date", "Amount", "Received on"],
    ["INV-101", "Harbour Cafe", "3 January 2024", "$1,200.00", "20 January 2024"],
    ["INV-102", "Mill Lane School", "9 January 2024", "$640.50", "1 February 2024"],
    ["INV-103", "Harbour Cafe", "2 February 2024", "$1,150.00", "-"],
    ["INV-104", "Dr Osei", "14 February 2024", "$89.00", "14 February 2024"],
    ["INV-105", "Mill Lane School", "1 March 2024", "$702.00", "-"],
    ["INV-106", "Quay Hotel", "11 March 2024", "$2,310.75", "2 April 2024"],
    ["INV-107", "Quay Hotel", "29 March 2024", "$455.00", "30 April 2024"],
]
MAINTENANCE = """PLANT 4 MAINTENANCE LOG                                   Page 1

Date        Machine   Work                      Hours  Cost EUR
----------  --------  ------------------------  -----  --------
03/01/2024  Press 2   Replaced hydraulic seal     3.5    420.00
17/01/2024  Lathe 1   Lubrication                 1.0     35.00
05/02/2024  Press 2   Inspection, no fault        0.5      0.00
12/02/2024  Oven 3    Replaced thermocouple       2.0    118.50
\fPLANT 4 MAINTENANCE LOG                                   Page 2

Date        Machine   Work                      Hours  Cost EUR
----------  --------  ------------------------  -----  --------
28/02/2024  Lathe 1   Belt replaced               1.5     64.00
14/03/2024  Press 2   Replaced pressure valve     4.0    510.00
02/04/2024  Oven 3    Inspection, no fault        0.5      0.00
Signed off by the shift engineer, who keeps the spare keys of the press hall in the
\fPLANT 4 MAINTENANCE LOG                                   Page 3

blue cabinet beside the compressor.
"""
NOTES = """WARD B NOTES

2024-02-03 Mrs Oakes admitted with fever. Amoxicillin started.
2024-02-04 Mrs Oakes: temperature 38.4, cough.
2024-02-04 Mr Lund fell beside his bed. No injury found.
2024-02-06 Mrs Oakes: temperature 37.0, slept well.
2024-02-07 Mr Lund fell in the corridor. Wrist X-rayed.
2024-02-09 Mrs Oakes discharged.
"""
INCIDENTS = """Safety review of the plant

Incidents reported in 2023:
- A forklift struck the north gate.
- Coolant leaked beside Press 2.
- A visitor entered without a helmet.

The board thanked the staff.
"""
LOANS = """# Loans of the town library

| Title | Reader | Lent | Returned |
|-------|--------|------|----------|
| Tides and Time | A. Voss | 2024-05-02 | 2024-05-20 |
| The Salt Road | B. Quist | 2024-05-04 | |
| Bees of the Fen | A. Voss | 2024-05-11 | 2024-06-01 |
| Stone Walls | C. Marr | 2024-05-12 | |
"""
STOCK = """Item,Shelf,Quantity,Unit price
Bolts M8,A1,1200,0.12
Washers,A2,3400,0.02
Hinges,B1,85,2.40
Brackets,B2,60,3.10
"""
MAIL = """From: Ines Falk <ines@shop.example>
To: {to} <x@shop.example>
Date: {date}
Subject: {subject}

{body}
"""


def write(folder: Path) -> Path:
    """All files below ``folder``."""
    for number, (name, customer, date, amount, _) in enumerate(LEDGER[1:4]):
        items = [["Item", "Amount"], ["Bread", "$100.00"], ["Total", amount]]
        pdf(
            folder / f"shop/{name}.pdf",
            [[f"Invoice {name}", f"To {customer}, dated {date}.", items]],
            foot=f"{name} Page {{page}}",
        )
        assert number < 3
    pdf(
        folder / "shop/ledger.pdf",
        [["Ledger of the shop", LEDGER, "Received in all: $4,695.25."]],
        foot="Ledger Page {page}",
    )
    word(folder / "shop/copy-for-the-bank.docx", ["Ledger of the shop, copy", LEDGER[:4]], top="Copy for the bank")
    word(
        folder / "shop/ledger-draft.docx",
        ["Draft ledger", [LEDGER[0], ["INV-199", "Quay Hotel", "1 April 2024", "$9,999.00", "5 April 2024"]], ""],
        title="Ledger (draft 2)",
    )
    text(folder / "plant/maintenance.txt", MAINTENANCE)
    text(folder / "plant/incidents.txt", INCIDENTS)
    text(folder / "plant/stock.csv.txt", STOCK)
    text(folder / "clinic/notes.txt", NOTES)
    word(
        folder / "clinic/medication.docx",
        [
            "Medication chart of Mrs Oakes",
            [
                ["Date", "Drug", "Dose", "Given by"],
                ["3 February 2024", "Amoxicillin", "500 mg", "Nurse Kerr"],
                ["4 February 2024", "Amoxicillin", "500 mg", "Nurse Kerr"],
                ["4 February 2024", "Paracetamol", "1 g", "Nurse Ito"],
                ["5 February 2024", "Amoxicillin", "500 mg", "-"],
            ],
            "The dose of 5 February was not given, because the patient was asleep.",
        ],
        top="Ward B - confidential",
    )
    pdf(
        folder / "council/minutes.pdf",
        [
            [
                "Minutes of the town council, 6 May 2024",
                [
                    ["Present", "Office"],
                    ["Ada Brandt", "Mayor"],
                    ["Tom Nkemelu", "Clerk"],
                    ["Ruth Lindqvist", "Treasurer"],
                ],
                "The treasurer reported that the bridge will be closed to lorries from June until the",
            ],
            [
                "north pier has been repaired. The council agreed.",
                "Resolutions",
                [
                    ["No.", "Resolution", "For", "Against"],
                    ["24/11", "Close the bridge to lorries", "9", "2"],
                    ["24/12", "Buy salt for the winter", "11", "0"],
                    ["24/13", "Raise the parking fee", "5", "6"],
                ],
                "The next meeting is on 3 June 2024.",
            ],
        ],
        top="Town of Eastmere - council",
        foot="Minutes 2024/5 Page {page}",
    )
    pdf(
        folder / "council/bridge-costs.pdf",
        [
            [
                "Bridge repair, cost estimate",
                "The repair of the bridge is made up as follows:",
                [
                    ["Item", "Cost"],
                    ["Steel", "$12,400.00"],
                    ["Labour", "$8,050.00"],
                    ["Survey", "$950.00"],
                    ["Total", "$21,400.00"],
                ],
            ]
        ],
        foot="EST000{page:03}",
    )
    text(folder / "library/loans.md", LOANS)
    for at, (to, date, subject, body) in enumerate(
        [
            ("Bo Renn", "Mon, 4 Mar 2024 10:00:00 +0000", "Oven", "The oven was repaired on 1 March 2024 for $310."),
            (
                "Bo Renn",
                "Tue, 9 Apr 2024 10:00:00 +0000",
                "Oven again",
                "We plan to pay $500 for a new oven on 1 May 2024.",
            ),
            (
                "Cy Dahl",
                "Wed, 10 Apr 2024 10:00:00 +0000",
                "Flour",
                "A refund of $75 was paid on 2 April 2024. Regards, Ines",
            ),
        ]
    ):
        text(folder / f"mail/{at}.eml", MAIL.format(to=to, date=date, subject=subject, body=body))
    return folder
