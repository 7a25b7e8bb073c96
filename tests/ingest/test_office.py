"""Workbooks, slides, RTF, OpenDocument files and books are read as they show."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from datetime import date

import openpyxl
import pptx
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from hybrid.errors import EncryptedDocumentError, UnsupportedFormatError
from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document

ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def one(data: bytes, name: str) -> Document:
    return load(data, name, IngestSettings()).documents[0]


def packed(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return stream.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Fees"
    for row in (["Item", "Fee", "From", "Share"], ["Parking", 75, date(2026, 3, 2), 0.125], [], ["Total", "=SUM(B2)"]):
        sheet.append(row)
    sheet["D2"].number_format = "0.0%"
    sheet["B2"].comment = Comment("Too low.", "Ann Lee")
    hidden = book.create_sheet("Old")
    hidden.append(["Parking", 70])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_is_read_row_by_row() -> None:
    assert one(workbook(), "a.xlsx").text == (
        "Sheet: Fees\n\nItem\tFee\tFrom\tShare\nParking\t75\t2026-03-02\t12.5%\n[Comment, Ann Lee] Too low.\n"
        "Total\t=SUM(B2)\n\nSheet: Old (hidden)\n\nParking\t70"
    )


def test_without_the_extra_a_workbook_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UnsupportedFormatError, match=r"Excel workbook.*pip install 'hybrid-ttt-rag\[office\]'"):
        one(workbook(), "a.xlsx")


def test_slides_are_pages_with_their_tables_and_notes() -> None:
    deck = pptx.Presentation()
    for number in (1, 2):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
    table = slide.shapes.add_table(1, 2, 0, 0, 100, 100).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Parking", "75 euros"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    stream = io.BytesIO()
    deck.save(stream)
    document = one(stream.getvalue(), "a.pptx")
    assert document.text == "Slide 1\nSlide 2\n\nParking\t75 euros\n\n[Notes] Say it slowly."
    assert document.page_of(document.text.index("75")) == 2


def test_rich_text_is_read() -> None:
    data = rb"{\rtf1\ansi{\fonttbl\f0 Arial;}\f0 The fee is 75 \'80.\par Paid by K\u246?ln.}"
    assert one(data, "a.rtf").text == "The fee is 75 €.\nPaid by Köln."


def test_an_opendocument_text_is_read_with_its_tables_notes_and_comments() -> None:
    content = (
        f"<office:document-content {ODF}><office:body><office:text><text:tracked-changes><text:p>gone</text:p>"
        "</text:tracked-changes><text:h>Fees</text:h><text:p>The fee<text:note><text:note-body><text:p>Net.</text:p>"
        "</text:note-body></text:note> is<text:s text:c='2'/>75.<office:annotation><dc:creator>Ann</dc:creator>"
        "<text:p>Low.</text:p></office:annotation></text:p><table:table><table:table-row><table:table-cell><text:p>Item"
        "</text:p></table:table-cell><table:table-cell table:number-columns-repeated='2'><text:p>7</text:p>"
        "</table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>"
    )
    text = one(packed(content_dot_xml=content), "a.odt").text
    assert text == "Fees\n\nThe fee [Net.] is  75. [Comment, Ann: Low.]\n\nItem\t7\t7"


def test_an_opendocument_file_with_a_password_is_named() -> None:
    manifest = "<m><encryption-data/></m>"
    with pytest.raises(EncryptedDocumentError):
        one(packed(**{"content_dot_xml": "<x/>", "META-INF__manifest_dot_xml": manifest}), "a.odt")


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="O/b.opf"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:title>Tolls</dc:title></metadata><manifest><item id="a" href="a.xhtml"/><item id="b" href="b.xhtml"/>'
        '</manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    files = {
        "META-INF__container_dot_xml": container,
        "O__b_dot_opf": package,
        "O__a_dot_xhtml": "<html><body><p>Second.</p></body></html>",
        "O__b_dot_xhtml": "<html><body><p>First.</p></body></html>",
    }
    document = one(packed(**files), "a.epub")
    assert (document.text, document.title) == ("First.\n\nSecond.", "Tolls")


def test_rich_text_is_shown_as_its_reader_sees_it() -> None:
    data = (
        rb"{\rtf1\ansi{\header Head}The rent is {\strike 8}{\v 7}{\deleted 6}9{\footnote Net of tax.} euros, "
        rb"\v a \u252?\'fc\v0 due{\*\annotation Too low.} now.\par}"
    )
    found = load(data, "a.rtf", IngestSettings())
    assert found.documents[0].text == "Head\nThe rent is 9 [Net of tax.] euros, due [Comment] Too low.  now."
    assert found.left_out == tuple(("a.rtf", f"{kind} text") for kind in ("struck", "hidden", "deleted"))


def test_a_hidden_slide_says_so() -> None:
    from pptx import Presentation

    made, stream = Presentation(), io.BytesIO()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "The old rate"
    slide.element.set("show", "0")
    made.save(stream)
    assert one(stream.getvalue(), "a.pptx").text == "[Hidden slide]\n\nThe old rate"


def book(package_items: str, spine: str, **files: str) -> bytes:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="O/b.opf"/></rootfiles></container>'
    )
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{package_items}</manifest>{spine}</package>'
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("O/b.opf", package)
        for name, text in files.items():
            archive.writestr(f"O/{name}", f"<html><body>{text}</body></html>")
    return stream.getvalue()


def item(name: str, href: str, more: str = "") -> str:
    return f'<item id="{name}" href="{href}" media-type="application/xhtml+xml" {more}/>'


def test_every_page_of_a_book_is_read_whatever_its_name_and_outside_the_spine_too() -> None:
    data = book(
        item("a", "d%C3%A9but%201.xhtml") + item("b", "50%25.xhtml") + item("c", "nav.xhtml", 'properties="nav"'),
        '<spine><itemref idref="a"/></spine>',
        **{
            "début 1.xhtml": "<p>The reeve is <s>Abel</s> Hale.</p>",
            "50%.xhtml": "<p>Half.</p>",
            "nav.xhtml": "Contents",
        },
    )
    found = load(data, "a.epub", IngestSettings())
    assert found.documents[0].text == "The reeve is Hale.\n\nHalf."
    assert (found.skipped, found.left_out) == ((), (("a.epub", "struck text"),))


def test_a_chapter_that_a_book_does_not_hold_is_named() -> None:
    data = book(
        item("a", "one.xhtml") + item("b", "two.xhtml"),
        '<spine><itemref idref="a"/><itemref idref="b"/></spine>',
        **{"one.xhtml": "<p>The reeve is Hale.</p>"},
    )
    found = load(data, "a.epub", IngestSettings())
    assert [(one.source, one.code) for one in found.skipped] == [("a.epub#O/two.xhtml", "damaged")]


def test_a_chart_is_a_table_of_its_categories_and_series() -> None:
    from pptx.chart.data import CategoryChartData, XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    bars = CategoryChartData()
    bars.categories = ["North", "South"]
    bars.add_series("Crates", (31, 12.5))
    bars.add_series("Sacks", (None, 7))
    points = XyChartData()
    points.add_series("Tide").add_data_point(3, 4)
    made, stream = pptx.Presentation(), io.BytesIO()
    for kind, data in ((XL_CHART_TYPE.BAR_CLUSTERED, bars), (XL_CHART_TYPE.XY_SCATTER, points)):
        made.slides.add_slide(made.slide_layouts[6]).shapes.add_chart(kind, 0, 0, 100, 100, data)
    made.save(stream)
    text = one(stream.getvalue(), "a.pptx").text
    assert "\tCrates\tSacks\nNorth\t31\t\nSouth\t12.5\t7" in text
    assert "Tide" in text
    assert "3" in text.partition("Tide")[2]


def test_what_a_workbook_shows_beside_its_cells_is_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Item", "Fee"])
    sheet.append(["Parking", 75])
    sheet.oddHeader.center.text = "Privileged"
    sheet.oddFooter.left.text = "Page &P of &N"
    chart = openpyxl.chart.BarChart()
    chart.title = "Costs of 2026"
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=2), titles_from_data=True)
    sheet.add_chart(chart, "G2")
    stream = io.BytesIO()
    book.save(stream)
    box = (
        '<x:wsDr xmlns:x="urn:x" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        "<a:p><a:r><a:t>Not </a:t></a:r><a:r><a:t>final.</a:t></a:r></a:p></x:wsDr>"
    )
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/drawings/drawing9.xml", box)
    assert one(stream.getvalue(), "a.xlsx").text == (
        "Sheet: Sheet\n[Header] Privileged\n[Footer] Page of\n\nItem\tFee\nParking\t75\n\n[Chart] Costs of 2026\n\n"
        "[Text box] Not final."
    )


def test_struck_and_raised_text_of_a_workbook_is_read_as_it_shows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Parking", 75, "Old"])
    sheet["A2"] = CellRichText("Price ", TextBlock(InlineFont(strike=True), "500"), " 250 euros for 3 m")
    sheet["A2"].value.append(TextBlock(InlineFont(vertAlign="superscript"), "2"))
    sheet["B2"], sheet["B2"].font = 900, Font(strike=True)
    sheet["C2"], sheet["C2"].number_format = 26.5, "h:mm"
    stream = io.BytesIO()
    book.save(stream)
    found = load(stream.getvalue(), "a.xlsx", IngestSettings())
    assert found.documents[0].text == "Sheet: Sheet\n\nParking\t75\tOld\nPrice 250 euros for 3 m²\t\t12:00:00"
    assert json.loads(found.documents[0].metadata.extra["struck"]) == ["500", "900"]
    assert found.left_out == (("a.xlsx", "struck text"),)


def test_a_document_with_pictures_says_that_their_text_is_not_read() -> None:
    found = load(packed(content_dot_xml=ODT, Pictures__a_dot_png="x"), "a.odt", IngestSettings(ocr="never"))
    assert found.left_out == (("a.odt", "text in pictures"),)
    vector = load(packed(content_dot_xml=ODT, Pictures__a_dot_emf="x"), "a.odt", IngestSettings())
    assert vector.left_out == (("a.odt", "text in pictures"),)
    assert load(packed(content_dot_xml=ODT, Thumbnails__a_dot_png="x"), "a.odt", IngestSettings()).left_out == ()


ODT = (
    f"<office:document-content {ODF}><office:body><office:text><text:p>Hello.</text:p></office:text></office:body>"
    "</office:document-content>"
)


def rich(data: bytes) -> Document:
    return one(rb"{\rtf1\ansi " + data + rb"}", "a.rtf")


def test_binary_data_in_rich_text_end_nothing() -> None:
    assert rich(rb"One \bin5 ab}cdtwo.").text == "One two."
    assert rich(rb"One {\pict\wmetafile8\bin4 }{\\}two {\*\blipuid 00}three.").text == "One two three."
    assert rich(rb"A path C:\\bin5 stays.").text == "A path C:\\bin5 stays."


def test_text_boxes_and_embedded_objects_of_rich_text_show_their_text() -> None:
    old = rb"{\shprslt{\*\do\dptxbx{\dptxbxtext The toll is 4.\par}}}"
    box = (
        rb"{\shp{\*\shpinst\shpleft0{\sp{\sn wzDescription}{\sv A quay}}{\shptxt \pard The toll is {\b 4}.\par}}%s}"
        % old
    )
    document = rich(rb"Before " + box + rb"after.")
    assert document.text.count("The toll is 4.") == 1
    assert "[Alternative text: A quay]" in document.text
    assert document.text.startswith("Before")
    assert document.text.endswith("after.")
    assert rich(rb"{\*\do\dobxpage{\dptxbxtext The toll is 5.\par}}after").text.split("\n")[:2] == [
        "The toll is 5.",
        "after",
    ]
    nested = rb"{\shp{\*\shpinst{\shptxt One {\shp{\*\shpinst{\shptxt two.}}}}}}"
    assert rich(nested).text.split() == ["One", "two."]
    assert rich(rb"{\shp{\*\shpinst{\shptxt A.}}}" + rb"{\shp" * 20_000 + rb"}" * 20_000 + b"B.").text.split() == [
        "A.",
        "B.",
    ]
    grouped = rb"{\shpgrp{\*\shpinst{\shp{\*\shpinst{\shptxt One.}}}{\shp{\*\shpinst{\shptxt Two.}}}}}"
    assert rich(grouped).text.split() == ["One.", "Two."]
    shown = rb"{\object\objemb{\*\objclass Word}{\*\objdata 0105}{\result The hire is 6.}}"
    assert rich(rb"Note: " + shown).text == "Note: The hire is 6."


def test_a_comment_in_rich_text_has_its_author() -> None:
    note = rb"{\*\atnid AL}{\*\atnauthor Ann L\'e9e}\chatn{\*\annotation{\*\atndate 1}Too low.}"
    assert "4 [Comment, Ann Lée] Too low." in rich(rb"4" + note).text


def test_what_rich_text_says_of_itself_is_metadata() -> None:
    info = rb"{\info{\title Tolls}{\author Ann L\'e9e}{\subject Quay}{\doccomm Not final}{\*\company Acme}}"
    document = rich(info + rb"The toll is 4.")
    assert document.text == "The toll is 4."
    assert (document.metadata.title, document.metadata.author) == ("Tolls", "Ann Lée")
    properties = json.loads(document.metadata.extra["properties"])
    assert properties == {"subject": "Quay", "comments": "Not final", "company": "Acme"}
