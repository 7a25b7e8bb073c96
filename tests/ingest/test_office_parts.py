"""Of DOCX, XLSX, PPTX and EPUB nothing is lost in silence that stands outside the text: alternative texts, links,
properties, comments on slides, diagrams, what the cells of a form offer."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
import openpyxl
import pptx
import pytest
from docx.oxml import parse_xml
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI

from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document

OFFICE = "http://schemas.openxmlformats.org"
VML = 'xmlns:v="urn:schemas-microsoft-com:vml"'
WORD = f'xmlns:w="{OFFICE}/wordprocessingml/2006/main" xmlns:wp="{OFFICE}/drawingml/2006/wordprocessingDrawing"'
DRAWING = f'xmlns:a="{OFFICE}/drawingml/2006/main" xmlns:dgm="{OFFICE}/drawingml/2006/diagram"'
RELATION = f"{OFFICE}/officeDocument/2006/relationships"


def saved(made: Any, name: str) -> Document:
    stream = io.BytesIO()
    made.save(stream)
    return load(stream.getvalue(), name, IngestSettings()).documents[0]


def extra(document: Document, key: str) -> Any:
    return json.loads(document.metadata.extra[key])


def repacked(made: Any, parts: Mapping[str, str]) -> bytes:
    """A file that was saved, with these parts in the place of its own or beside them."""
    stream, out = io.BytesIO(), io.BytesIO()
    made.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(out, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *parts]):
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return out.getvalue()


def letter(*inline: str) -> docx.document.Document:
    made = docx.Document()
    paragraph = made.add_paragraph("See")
    for xml in inline:
        paragraph._p.append(parse_xml(xml))
    return made


def drawing(attributes: str, inner: str = "") -> str:
    properties = f'<wp:docPr id="1" name="n" {attributes}/>'
    return f"<w:r {WORD}><w:drawing><wp:inline>{properties}{inner}</wp:inline></w:drawing></w:r>"


PICTURE = f'<pic:pic xmlns:pic="{OFFICE}/drawingml/2006/picture"/>'


@pytest.mark.parametrize(
    ("inline", "shown"),
    [
        (drawing('descr="A cracked beam"', PICTURE), "See [Image: A cracked beam]"),
        (drawing('title="A cracked beam"'), "See [Alternative text: A cracked beam]"),
        (drawing('descr="A cracked beam" hidden="1"', PICTURE), "See"),
        (
            f'<w:r {WORD}><w:pict><v:shape {VML} alt="A cracked beam"/></w:pict></w:r>',
            "See [Image: A cracked beam]",
        ),
    ],
)
def test_what_stands_for_a_picture_of_a_text_is_read(inline: str, shown: str) -> None:
    assert saved(letter(inline), "a.docx").text == shown


@pytest.mark.parametrize(
    "pieces", [['HYPERLINK "https://a.example/x"'], ["HYPER", 'LINK \\n "https://a.ex', 'ample/x"']]
)
def test_where_the_fields_of_a_text_lead_is_metadata(pieces: list[str]) -> None:
    runs = [f"<w:r {WORD}><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces]
    assert extra(saved(letter(*runs), "a.docx"), "links") == ["https://a.example/x"]


def test_where_the_links_of_a_text_lead_is_metadata_unless_the_text_says_it() -> None:
    made = letter()
    for address in ("https://a.example/x", "mailto:b@x.example", "https://c.example"):
        made.part.relate_to(address, f"{RELATION}/hyperlink", is_external=True)
    made.add_paragraph("https://c.example or b@x.example")
    assert extra(saved(made, "a.docx"), "links") == ["https://a.example/x"]


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_the_properties_of_a_document_are_metadata(kind: str) -> None:
    made: Any
    if kind == "docx":
        made = letter()
        described = made.core_properties
    elif kind == "xlsx":
        made = openpyxl.Workbook()
        made.active["A1"] = "Fee"
        described = made.properties
    else:
        made = pptx.Presentation()
        made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = "Fee"
        described = made.core_properties
    described.subject, described.keywords, described.category = "Lease", "rent", "Draft"
    if kind == "xlsx":
        described.description = "Do not send"
    else:
        described.comments = "Do not send"
    found = extra(saved(made, f"a.{kind}"), "properties")
    wanted = {"subject": "Lease", "keywords": "rent", "category": "Draft", "comments": "Do not send"}
    assert {name: found[name] for name in wanted} == wanted


def test_the_properties_that_an_author_invented_are_metadata_and_one_of_them_the_class_of_access() -> None:
    custom = (
        f'<Properties xmlns="{OFFICE}/officeDocument/2006/custom-properties" '
        f'xmlns:vt="{OFFICE}/officeDocument/2006/docPropsVTypes"><property name="access"><vt:lpwstr>board</vt:lpwstr>'
        '</property><property name="matter"><vt:lpwstr>007</vt:lpwstr></property></Properties>'
    )
    relationships = (
        f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{RELATION}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="r2" Type="{RELATION}/custom-properties" Target="docProps/custom.xml"/></Relationships>'
    )
    data = repacked(letter(), {"_rels/.rels": relationships, "docProps/custom.xml": custom})
    found = load(data, "a.docx", IngestSettings()).documents[0]
    assert extra(found, "properties")["access"] == "board"
    assert found.metadata.extra["access"] == "board"
    assert "matter" not in found.metadata.extra


def test_what_the_cells_of_a_form_offer_is_metadata() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "Fee"
    rule = DataValidation(type="list", formula1='"Paid,Unpaid"', prompt="Ask Ann first")
    rule.add("A1")
    book.active.add_data_validation(rule)
    found = saved(book, "a.xlsx")
    assert extra(found, "choices") == ["Paid,Unpaid"]
    assert extra(found, "tooltips") == ["Ask Ann first"]


def test_where_the_cells_of_a_workbook_lead_is_metadata() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A1"].hyperlink = "Fee", "https://b.example/y"
    book.active["A2"] = '=HYPERLINK("https://a.example/x","here")'
    with zipfile.ZipFile(io.BytesIO(repacked(book, {}))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    sheet = re.sub(r"</f>(?:<v ?/>|<v></v>)?", "</f><v>7</v>", sheet)
    found = load(repacked(book, {"xl/worksheets/sheet1.xml": sheet}), "a.xlsx", IngestSettings()).documents[0]
    assert found.text == "Sheet: Sheet\n\nFee\n7"
    assert sorted(extra(found, "links")) == ["https://a.example/x", "https://b.example/y"]


def slides() -> tuple[Any, Any]:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Fee"
    return deck, slide


def test_what_stands_for_a_shape_of_a_slide_is_read() -> None:
    deck, slide = slides()
    group = slide.shapes.add_group_shape()
    group._element.nvGrpSpPr.cNvPr.set("descr", "A plan of the site")
    assert saved(deck, "a.pptx").text == "Fee\n\n[Alternative text: A plan of the site]"


def test_what_all_slides_of_a_layout_show_is_read_once() -> None:
    deck, _ = slides()
    layout = deck.slide_layouts[5]
    box = slides()[1].shapes.add_textbox(0, 0, 9, 9)
    box.text_frame.text = "Privileged"
    layout.shapes._spTree.append(box._element)
    deck.slides.add_slide(layout).shapes.title.text = "Term"
    assert saved(deck, "a.pptx").text == "Fee\n\n[Slide layout] Privileged\nTerm"


def related(deck: Any, holder: Any, kind: str, xml: str) -> str:
    part = Part(PackURI(f"/ppt/{kind}1.xml"), "application/xml", deck.part.package, xml.encode())
    return str(holder.relate_to(part, f"{RELATION}/{kind}"))


@pytest.mark.parametrize(
    "text", ["<p:text>Too low</p:text>", f"<p:txBody><a:p {DRAWING}><a:r><a:t>Too low</a:t></a:r></a:p></p:txBody>"]
)
def test_comments_on_slides_are_read_with_their_author(text: str) -> None:
    deck, slide = slides()
    names = f'xmlns:p="{OFFICE}/presentationml/2006/main"'
    related(deck, slide.part, "comments", f'<p:cmLst {names}><p:cm authorId="0">{text}</p:cm></p:cmLst>')
    authors = f'<p:cmAuthorLst {names}><p:cmAuthor id="0" name="Ann Lee"/></p:cmAuthorLst>'
    related(deck, deck.part, "commentAuthors", authors)
    assert saved(deck, "a.pptx").text == "Fee\n\n[Comment, Ann Lee] Too low"


def test_a_diagram_on_a_slide_is_read() -> None:
    deck, slide = slides()
    points = "".join(
        f"<dgm:pt><dgm:t><a:p><a:r><a:t>{word}</a:t></a:r></a:p></dgm:t></dgm:pt>" for word in ("Sign", "Pay")
    )
    model = f"<dgm:dataModel {DRAWING}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>"
    identifier = related(deck, slide.part, "diagramData", model)
    frame = slide.shapes.add_table(1, 1, 0, 0, 9, 9)._element
    data = frame.graphic.graphicData
    data.set("uri", f"{OFFICE}/drawingml/2006/diagram")
    data.remove(data[0])
    data.append(parse_xml(f'<dgm:relIds {DRAWING} xmlns:r="{RELATION}" r:dm="{identifier}"/>'))
    assert saved(deck, "a.pptx").text == "Fee\n\nSign\nPay"


RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"hull" * 200


def relations(*given: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rIdX{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(given)
    )
    return f'<Relationships xmlns="{RELATIONS}">{listed}</Relationships>'


def workbook(*rows: list[Any]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def inner_letter() -> bytes:
    stream = io.BytesIO()
    letter().save(stream)
    return stream.getvalue()


def test_files_in_a_workbook_are_attached() -> None:
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            (f"{RELATION}/package", "../embeddings/Letter.docx"), (f"{RELATION}/oleObject", "/xl/embeddings/hull.bin")
        ),
        "xl/embeddings/Letter.docx": inner_letter(),
        "xl/embeddings/hull.bin": OLE,
        "xl/embeddings/loose.txt": b"A file that no sheet names.",
    }
    found = load(repacked(workbook(["Toll", 4]), parts), "a.xlsx", IngestSettings())
    assert [one.source for one in found.documents] == ["a.xlsx", "a.xlsx#Letter.docx", "a.xlsx#loose.txt"]
    assert found.documents[1].text == "See"
    assert [one.source for one in found.skipped] == ["a.xlsx#hull.bin"]


def test_a_file_in_a_presentation_that_no_shape_shows_is_attached() -> None:
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Toll"
    stream = io.BytesIO()
    deck.save(stream)
    with zipfile.ZipFile(stream) as archive:
        old = archive.read("ppt/slides/_rels/slide1.xml.rels").decode()
        types = archive.read("[Content_Types].xml").decode()
    more = relations((f"{RELATION}/package", "../embeddings/w.docx")).partition(">")[2]
    parts = {
        "ppt/slides/_rels/slide1.xml.rels": old.replace("</Relationships>", more),
        "[Content_Types].xml": types.replace("</Types>", '<Default Extension="docx" ContentType="a/b"/></Types>'),
        "ppt/embeddings/w.docx": inner_letter(),
    }
    found = load(repacked(deck, parts), "a.pptx", IngestSettings())
    assert [one.source for one in found.documents] == ["a.pptx", "a.pptx#w.docx"]


def test_the_sheet_behind_a_chart_and_a_file_that_a_shape_shows_are_attached_no_second_time() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["Bruges"]
    data.add_series("Toll", (4,))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 9, 9, data)
    slide.shapes.add_ole_object(io.BytesIO(inner_letter()), "Word.Document", 0, 0)
    stream = io.BytesIO()
    deck.save(stream)
    found = load(stream.getvalue(), "a.pptx", IngestSettings())
    assert len(found.documents) == 2
    assert found.documents[1].text == "See"


THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"


@pytest.mark.parametrize("has_twin", [True, False])
def test_a_threaded_comment_is_read_once(has_twin: bool) -> None:
    book = workbook(["Toll", 4])
    said = "Who agreed to this toll?"
    if has_twin:
        book.active["A1"].comment = Comment(
            f"[Threaded comment]\n\nOpen it in Excel.\n\nComment:\n    {said}", "tc={1}"
        )
    parts = {
        "xl/threadedComments/threadedComment1.xml": f'<ThreadedComments xmlns="{THREADS}"><threadedComment ref="A1" '
        f'personId="{{P}}" id="{{1}}"><text>{said}</text></threadedComment></ThreadedComments>',
        "xl/persons/person.xml": f'<personList xmlns="{THREADS}"><person displayName="Ann Lee" id="{{P}}"/>'
        "</personList>",
    }
    text = load(repacked(book, parts), "a.xlsx", IngestSettings()).documents[0].text
    assert text.count(said) == 1
    assert has_twin or f"[Comment, Ann Lee] {said}" in text


def without(made: Any, part: str) -> bytes:
    stream, out = io.BytesIO(), io.BytesIO()
    made.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
    return out.getvalue()


def test_a_sheet_that_a_workbook_names_and_does_not_hold_is_named() -> None:
    book = workbook(["Toll", 4])
    book.create_sheet("Ledger")["A1"] = "gone"
    found = load(without(book, "xl/worksheets/sheet2.xml"), "a.xlsx", IngestSettings())
    assert "Toll" in found.documents[0].text
    assert [(one.source, one.code) for one in found.skipped] == [("a.xlsx#Ledger", "damaged")]
    with pytest.raises(DamagedDocumentError, match="Sheet"):
        load(without(workbook(["Toll", 4]), "xl/worksheets/sheet1.xml"), "a.xlsx", IngestSettings())
