"""Numbers are read as a document shows them: with their currency, and apart from what stands raised beside them."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest

from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.ingest.loaders.number_formats import shown_number
from hybrid.settings import IngestSettings

ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {"office": "office", "text": "text", "table": "table", "style": "style"}.items()
)
STYLES = (
    '<style:style style:name="Up" style:family="text"><style:text-properties style:text-position="33% 58%"/>'
    '</style:style><style:style style:name="Out" style:family="text"><style:text-properties '
    'style:text-line-through-type="single"/></style:style><style:style style:name="Gone" style:family="paragraph">'
    '<style:text-properties text:display="none"/></style:style><style:style style:name="Child" '
    'style:family="paragraph" style:parent-style-name="Gone"/><style:style style:name="Even" style:family="text">'
    '<style:text-properties style:text-position="0% 100%" style:text-line-through-style="none"/></style:style>'
)


def read(data: bytes, name: str) -> Loaded:
    return load(data, name, IngestSettings())


def rtf(body: bytes) -> Loaded:
    return read(rb"{\rtf1\ansi\ansicpg1252{\*\revtbl {Unknown;}{Mia Dorn;}}" + body + rb"\par}", "a.rtf")


def odt(body: str) -> Loaded:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "content.xml",
            f'<office:document-content {ODF} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:automatic-styles>'
            f"{STYLES}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
        )
    return read(stream.getvalue(), "a.odt")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"The quota is 7,300{\super 4} tons.", "The quota is 7,300[4] tons."),
        (rb"The quota is 7,300\super 4\nosupersub  tons.", "The quota is 7,300[4] tons."),
        (rb"The quota is 7,300{\up6 4} tons.", "The quota is 7,300[4] tons."),
        (rb"It holds 10{\super 6} grains on 80 m{\super 2}.", "It holds 10⁶ grains on 80 m²."),
        (rb"It holds 10{\super\insrsid1 1}{\super\insrsid2 2} grains.", "It holds 10¹² grains."),
        (rb"H{\sub 2}O, the 1{\super st} time.", "H2O, the 1st time."),
        (rb"The quota is {\b 7,300}{\i 4} tons.", "The quota is 7,3004 tons."),
    ],
)
def test_raised_digits_of_rich_text_make_no_other_number(body: bytes, text: str) -> None:
    assert rtf(body).documents[0].text == text


def test_what_rich_text_does_not_show_is_in_the_metadata() -> None:
    on_2_march = 126 << 20 | 3 << 16 | 2 << 11
    found = rtf(
        rb"The toll is {\strike 30 fr\'e4nkli} 45{\v , says Otto}"
        + rb"{\deleted\revauthdel1\revdttmdel%d  a week}{\revised\revauth1 a day}." % on_2_march
    )
    document = found.documents[0]
    assert document.text == "The toll is  45a day."
    assert {name: json.loads(value) for name, value in document.metadata.extra.items()} == {
        "struck": ["30 fränkli"],
        "hidden": [", says Otto"],
        "deleted": ["a week (Mia Dorn, 2026-03-02)"],
        "inserted": ["a day (Mia Dorn)"],
    }
    assert [what for _, what in found.left_out] == ["struck text", "hidden text", "deleted text"]


def test_cells_of_rich_text_are_parted_by_tabs() -> None:
    row = rb"\trowd\cellx1\cellx2\intbl %b\cell %b\cell\row"
    body = row % (b"Crate", b"12 crowns") + b"\n" + row % (b"Sack", b"3 crowns") + rb"\pard Done."
    assert rtf(body).documents[0].text == "Crate\t12 crowns\nSack\t3 crowns\nDone."


def test_rich_text_without_changes_has_none_in_its_metadata() -> None:
    found = rtf(rb"The toll is {\strike0 45} francs.")
    assert (found.documents[0].text, found.documents[0].metadata.extra) == ("The toll is 45 francs.", {})


def test_raised_and_struck_text_of_an_opendocument_is_no_part_of_a_number() -> None:
    found = odt(
        "<text:p>The sluice costs <text:span text:style-name='Out'>61</text:span>7,300<text:span "
        "text:style-name='Up'>4</text:span> crowns<text:span text:style-name='Even'>5</text:span>.</text:p>"
        "<text:p text:style-name='Child'>Otto pays.</text:p><text:section text:display='none'><text:p>Ida "
        "pays.</text:p></text:section>"
    )
    document = found.documents[0]
    assert document.text == "The sluice costs 7,300[4] crowns5."
    assert json.loads(document.metadata.extra["struck"]) == ["61"]
    assert json.loads(document.metadata.extra["hidden"]) == ["Otto pays.", "Ida pays."]
    assert [what for _, what in found.left_out] == ["struck text", "hidden text"]


def test_tracked_changes_of_an_opendocument_are_in_the_metadata() -> None:
    info = "<office:change-info><dc:creator>Mia</dc:creator><dc:date>2026-03-02T10:00:00</dc:date></office:change-info>"
    document = odt(
        f"<text:tracked-changes><text:changed-region text:id='a'><text:deletion>{info}<text:p>The fee is 30.</text:p>"
        f"</text:deletion></text:changed-region><text:changed-region text:id='b'><text:insertion>{info}"
        "</text:insertion></text:changed-region></text:tracked-changes><text:p><text:change text:change-id='a'/>The "
        "fee is <text:change-start text:change-id='b'/>45<text:change-end text:change-id='b'/>.</text:p>"
    ).documents[0]
    assert document.text == "The fee is 45."
    assert json.loads(document.metadata.extra["deleted"]) == ["The fee is 30. (Mia, 2026-03-02)"]
    assert json.loads(document.metadata.extra["inserted"]) == ["45 (Mia, 2026-03-02)"]


ACCOUNTING = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1250.5, '#,##0.00 "€"', "1,250.50 €"),
        (980, "[$CHF] #,##0", "CHF 980"),
        (100 / 3, "#,##0.00\\ [$€-407]", "33.33 €"),
        (0.125, "0%", "12.5%"),
        (1, "0%", "100%"),
        (-1250.5, ACCOUNTING, "-$1,250.50"),
        (0, ACCOUNTING, "$0.00"),
        (-5, '0 "due";0 "owed"', "5 owed"),
        (-1234.5, '"US$"#,##0.00;[Red]\\-"US$"#,##0.00', "-US$1,234.50"),
        (7, ";;;", "7"),
        (42, "00000", "00042"),
        (12345678901234567890, "0", "12345678901234567890"),
        (0.5, "# ?/?", "0.5"),
        (2.5, "General", "2.5"),
        (75, "[>100]0;0", "75"),
    ],
)
def test_a_cell_is_written_as_its_format_shows_it(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


def test_a_workbook_with_a_cell_in_its_last_corner_is_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"], sheet["C2"], sheet["F2"], sheet["XFD1048576"] = "Fee", 75, "net", "far"
    stream = io.BytesIO()
    book.save(stream)
    assert read(stream.getvalue(), "a.xlsx").documents[0].text == "Sheet: Sheet\n\nFee\t75\t\tnet\n\t\t\t\t\tfar"
