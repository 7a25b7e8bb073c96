"""Cells that reach over rows, columns that are hidden, lengths of time: a row of a table carries what a reader sees."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import docx
import openpyxl
import pptx
import pytest

from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings


def text_of(data: bytes | str, name: str) -> str:
    data = data if isinstance(data, bytes) else data.encode()
    return load(data, name, IngestSettings()).documents[0].text


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            "<tr><th>Region<th>Name<th>Fee</tr><tr><td rowspan=2>North<td>Ann<td>1</tr><tr><td>Bob<td>2</tr>",
            "Region\tName\tFee\nNorth\tAnn\t1\nNorth\tBob\t2",
        ),
        (
            "<tr><td>a<td rowspan=3>b<td>c</tr><tr><td>d<td>e</tr><tr><td>f<td>g</tr><tr><td>h<td>i<td>j</tr>",
            "a\tb\tc\nd\tb\te\nf\tb\tg\nh\ti\tj",
        ),
        ("<tr><td>a<td rowspan=2>last</tr><tr><td>b</tr>", "a\tlast\nb\tlast"),
        ("<tr><td colspan=2>Both<td>x</tr><tr><td>a<td>b<td>c</tr>", "Both\t\tx\na\tb\tc"),
        ("<tr><td rowspan=0>All<td>1</tr><tr><td>2</tr><tbody><tr><td>3<td>4</tr></tbody>", "All\t1\nAll\t2\n3\t4"),
        ("<tr><td>Ann<td rowspan=2>£1,200.00</tr><tr><td>Bob</tr>", "Ann\t£1,200.00\nBob"),
        ("<tr><td rowspan=2 colspan=2>a<td>b</tr><tr><td>c</tr>", "a\t\tb\na\t\tc"),
        ("<tr><td>a<td>b<td>c</tr><tr><td></td><td>d<td>e</tr>", "a\tb\tc\n\td\te"),
        ("<tr><td><p>a</p></td><td><div><p>b</p></div></td></tr><tr><td><p>c</p><td>d</tr>", "a\tb\nc\td"),
    ],
)
def test_a_row_of_a_page_carries_what_spans_it(rows: str, text: str) -> None:
    assert text_of(f"<html><body><table>{rows}</table></body></html>", "a.html") == text


def test_a_table_in_a_table_has_cells_of_its_own() -> None:
    inner = "<table><tr><td>x<td>y</tr></table>"
    page = f"<html><table><tr><td rowspan=2>a<td>{inner}</tr><tr><td>b</tr></table><p>End.</p></html>"
    assert text_of(page, "a.html") == "a\n\nx\ty\n\na\tb\n\nEnd."


def test_a_cell_that_covers_millions_of_rows_costs_nothing() -> None:
    page = "<html><table><tr><td rowspan=999999999 colspan=999999999>a<td>b</tr><tr><td>c</tr></table></html>"
    assert len(text_of(page, "a.html")) < 5000


@pytest.mark.parametrize(
    ("hours", "code", "shown"),
    [
        (26.5, "[h]:mm", "26:30"),
        (26.5, "[hh]:mm:ss", "26:30:00"),
        (1.25, "[mm]:ss", "75:00"),
        (0.01, "[s]", "36"),
        (100, "[h]", "100:00"),
    ],
)
def test_a_length_of_time_is_written_as_its_format_shows_it(hours: float, code: str, shown: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = timedelta(hours=hours)
    book.active["A1"].number_format = code
    assert text_of(saved(book), "a.xlsx") == f"Sheet: Sheet\n\n{shown}"


def test_hidden_rows_and_columns_are_read_and_named() -> None:
    book = openpyxl.Workbook()
    for row in (["Item", "Fee", "Cost", "Note"], ["a", 1, 2, "x"], ["b", 3, 4, "y"], ["c", 5, 6, "z"]):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.active.row_dimensions[4].hidden = True
    book.active.row_dimensions[900].hidden = True
    book.active.column_dimensions.group("B", "C", hidden=True)
    assert text_of(saved(book), "a.xlsx").startswith(
        "Sheet: Sheet (hidden rows 3-4; hidden columns B-C)\n\nItem\tFee\tCost\tNote\na\t1\t2\tx\nb\t3\t4\ty\n"
    )


def test_a_merged_cell_stands_in_each_of_its_rows() -> None:
    book = openpyxl.Workbook()
    for row in (["Region", "Name", "Fee"], ["North", "Ann", 1200], [None, "Bob", None], ["South", "Cem", 4]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("C2:C3")
    assert text_of(saved(book), "a.xlsx").endswith("Region\tName\tFee\nNorth\tAnn\t1200\nNorth\tBob\nSouth\tCem\t4")


def test_a_row_of_a_word_table_carries_what_is_merged_over_it() -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=3)
    for at, words in enumerate(
        (["Region", "Name", "Fee"], ["North", "Ann", "1"], ["", "Bob", "2"], ["South", "", "3"])
    ):
        for cell, word in zip(table.rows[at].cells, words, strict=True):
            cell.text = word
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(3, 0).merge(table.cell(3, 1))
    stream = io.BytesIO()
    document.save(stream)
    assert text_of(stream.getvalue(), "a.docx") == "Region\tName\tFee\nNorth\tAnn\t1\nNorth\tBob\t2\nSouth\t\t3"


def test_a_row_of_a_slide_carries_what_is_merged_over_it() -> None:
    deck = pptx.Presentation()
    table = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_table(3, 2, 0, 0, 100, 100).table
    for row, words in zip(table.rows, (["North", "Ann"], ["", "Bob"], ["South", "Cem"]), strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.cell(0, 0).merge(table.cell(1, 0))
    stream = io.BytesIO()
    deck.save(stream)
    assert text_of(stream.getvalue(), "a.pptx") == "North\tAnn\nNorth\tBob\nSouth\tCem"


def test_a_row_of_an_opendocument_table_carries_what_is_merged_over_it() -> None:
    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"

    rows = row(cell("North", 'table:number-rows-spanned="2"'), cell("Ann")) + row(
        "<table:covered-table-cell/>", cell("Bob")
    )
    rows += row(cell("South"), cell("Cem"))
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "text", "table"))
    content = (
        f"<office:document-content {names}><office:body><office:text><table:table>{rows}</table:table>"
        "</office:text></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("content.xml", content)
    assert text_of(stream.getvalue(), "a.odt") == "North\tAnn\nNorth\tBob\nSouth\tCem"
