"""Papers as PDF, DOCX and text, the same bytes every time: fixed dates, no compression, no random identifiers."""

from __future__ import annotations

import io
import textwrap
import zipfile
from collections.abc import Sequence
from functools import cache

import docx
from docx.document import Document as WordDocument
from docx.shared import Cm, Pt
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from dispute.blocks import Block, Clause, Gap, Heading, PageBreak, Paper, Table, Text

_INDENT_MM = {0: 0.0, 1: 0.0, 2: 12.0, 3: 22.0}
_NUMBER_MM = {0: 12.0, 1: 12.0, 2: 10.0, 3: 10.0}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip entry can have
_TEXT_WIDTH = 96


@cache
def write_paper(paper: Paper) -> bytes:
    """The file's bytes, in the format that the paper's path names."""
    suffix = paper.path.rpartition(".")[2]
    return {"pdf": _pdf, "docx": _docx, "txt": _txt}[suffix](paper)


def page_count(paper: Paper) -> int:
    """Pages of a PDF; of a DOCX the least that its page breaks make, since only a word processor lays it out."""
    if paper.path.endswith(".pdf"):
        return _pages(paper).pages_count
    return 1 + sum(isinstance(block, PageBreak) for block in paper.blocks) if paper.path.endswith(".docx") else 0


class _Sheet(FPDF):
    """A4 in Times, with the paper's foot and the page number under each page."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self.paper = paper
        self._widths: dict[tuple[str, float, str], float] = {}
        self.core_fonts_encoding = "windows-1252"  # dashes and quotation marks
        self.size, self.line = (11.5, 6.4) if paper.spacious else (10.5, 5.2)
        self.set_compression(False)  # what a compressor makes depends on its version
        self.set_creation_date(paper.created)
        self.set_title(paper.title)
        self.set_author(paper.author)
        self.set_margins(*(28, 26, 28) if paper.spacious else (22, 20, 22))
        self.set_auto_page_break(True, margin=24)
        self.add_page()

    def paragraph(self, text: str, left: float, height: float, align: str = "L") -> None:
        """Text from ``left`` to the right margin. fpdf2's own wrapping takes four times as long."""
        width = self.w - self.r_margin - left
        for line in self.wrapped(text, width):
            self.set_x(left)
            self.cell(width, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def wrapped(self, text: str, width: float) -> list[str]:
        """The text's lines, none wider than ``width`` unless it is a single word."""
        blank, room, lines = self._width(" "), width - 2 * self.c_margin, [""]
        for at, part in enumerate(text.split("\n")):
            lines += [""] if at else []
            used = -blank
            for word in part.split():
                used += blank + self._width(word)
                if used > room and lines[-1]:
                    lines.append("")
                    used = self._width(word)
                lines[-1] += (" " if lines[-1] else "") + word
        return lines

    def _width(self, word: str) -> float:
        known = (self.font_style, self.font_size_pt, word)
        if known not in self._widths:
            self._widths[known] = self.get_string_width(word)
        return self._widths[known]

    def footer(self) -> None:
        """The running foot."""
        self.set_y(-16)
        self.set_font("Times", size=8.5)
        if self.paper.foot:
            self.cell(0, 4, self.paper.foot)
            self.set_x(self.l_margin)
        self.cell(0, 4, f"Page {self.page_no()}", align="R")


def _pdf(paper: Paper) -> bytes:
    return bytes(_pages(paper).output())


@cache
def _pages(paper: Paper) -> _Sheet:
    sheet = _Sheet(paper)
    for block in paper.blocks:
        _draw(sheet, block)
    return sheet


def _draw(sheet: _Sheet, block: Block) -> None:
    match block:
        case Heading(text, level):
            size = {0: 17.0, 1: 12.5}.get(level, sheet.size)
            if sheet.will_page_break(size + 12):
                sheet.add_page()  # a heading stands with what follows it
            sheet.set_font("Times", "B", size)
            sheet.ln(1.5)
            sheet.paragraph(text, sheet.l_margin, size * 0.52, "C" if level == 0 else "L")
            sheet.ln(2.5)
        case Text(text, bold, align):
            sheet.set_font("Times", "B" if bold else "", sheet.size)
            sheet.paragraph(text, sheet.l_margin, sheet.line, align)
            sheet.ln(sheet.line * 0.4)
        case Clause(number, text, depth):
            _draw_clause(sheet, number, text, depth)
        case Table():
            _draw_table(sheet, block)
        case Gap(count):
            sheet.ln(sheet.line * count)
        case PageBreak():
            sheet.add_page()


def _draw_clause(sheet: _Sheet, number: str, text: str, depth: int) -> None:
    heading = depth == 0
    if sheet.will_page_break(sheet.line * (4 if heading else 1)):
        sheet.add_page()
    sheet.ln(sheet.line * (0.6 if heading else 0))
    sheet.set_font("Times", "B" if heading else "", sheet.size)
    left = sheet.l_margin + _INDENT_MM[depth]
    sheet.set_x(left)
    sheet.cell(_NUMBER_MM[depth], sheet.line, number)
    sheet.paragraph(text, left + _NUMBER_MM[depth], sheet.line)
    sheet.ln(sheet.line * 0.45)


def _draw_table(sheet: _Sheet, table: Table) -> None:
    total, pad = sum(table.widths), 1.2
    widths = [sheet.epw * width / total for width in table.widths]
    for at, row in enumerate(table.rows):
        sheet.set_font("Times", "" if at else "B", sheet.size - 1)
        cells = [sheet.wrapped(text, width - 2 * pad) for text, width in zip(row, widths, strict=True)]
        height = sheet.line * max(map(len, cells)) + 1.2
        if sheet.will_page_break(height):
            sheet.add_page()
        top, left = sheet.get_y(), sheet.l_margin
        for column, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            sheet.rect(left, top, width, height)
            for number, line in enumerate(lines):
                sheet.set_xy(left + pad, top + 0.6 + number * sheet.line)
                sheet.cell(width - 2 * pad, sheet.line, line, align="R" if column in table.right else "L")
            left += width
        sheet.set_xy(sheet.l_margin, top + height)
    sheet.ln(sheet.line * 0.6)


def _docx(paper: Paper) -> bytes:
    document = docx.Document()
    _set_up(document, paper)
    for block in paper.blocks:
        _write(document, block)
    return _repacked(document)


def _set_up(document: WordDocument, paper: Paper) -> None:
    properties, moment = document.core_properties, paper.created.replace(tzinfo=None)
    properties.title, properties.author, properties.last_modified_by = paper.title, paper.author, paper.author
    properties.created = properties.modified = moment
    properties.revision, properties.comments = 1, ""
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    style.paragraph_format.space_after = Pt(8)
    if paper.foot:
        document.sections[0].footer.paragraphs[0].text = paper.foot


def _write(document: WordDocument, block: Block) -> None:
    match block:
        case Heading(text, level):
            document.add_heading(text, level)
        case Text(text, bold, align):
            paragraph = document.add_paragraph()
            paragraph.add_run(text).bold = bold
            paragraph.alignment = {"L": 0, "C": 1, "R": 2}[align]
        case Clause(number, text, depth):
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.left_indent = Cm((_INDENT_MM[depth] + _NUMBER_MM[depth]) / 10)
            paragraph.paragraph_format.first_line_indent = Cm(-_NUMBER_MM[depth] / 10)
            paragraph.add_run(f"{number}\t{text}").bold = depth == 0
        case Table(rows):
            table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
            for row in rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            document.add_paragraph()
        case Gap():
            pass
        case PageBreak():
            document.add_page_break()


def _repacked(document: WordDocument) -> bytes:
    """The package with every entry stored as it is, under one date."""
    saved, packed = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as after:
        for name in before.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 0
            after.writestr(entry, before.read(name))
    return packed.getvalue()


def _txt(paper: Paper) -> bytes:
    parts = [text for block in paper.blocks if (text := _plain(block)) is not None]
    return ("\n\n".join(parts).rstrip() + "\n").encode()


def _plain(block: Block) -> str | None:
    match block:
        case Heading(text, level):
            return text.upper() if level == 0 else text + "\n" + "-" * len(text)
        case Text(text):
            return textwrap.fill(text, _TEXT_WIDTH) if "\n" not in text else text
        case Clause(number, text, _):
            return textwrap.fill(f"{number}  {text}", _TEXT_WIDTH)
        case Table(rows, _, right):
            return _columns(rows, right)
        case _:
            return None


def _columns(rows: Sequence[Sequence[str]], right: frozenset[int]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    written = [
        "  ".join(
            cell.rjust(w) if at in right else cell.ljust(w)
            for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in [written[0], "  ".join("-" * width for width in widths), *written[1:]])
