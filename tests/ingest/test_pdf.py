"""PDF: what a page shows beside its running text is in the text, attached, or named."""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from matplotlib import get_data_path
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, StreamObject, TextStringObject

from hybrid import Corpus, Document, Metadata, Settings
from hybrid.errors import EmptyDocumentError
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.ingest.loaders.pdf_page import _is_prose_in_ascii, read_page
from hybrid.settings import IngestSettings

LEFT = [
    "The carrier shall keep",
    "the crates dry until",
    "they reach the quay in",
    "Bruges. The toll is",
    "paid by the carrier.",
]
RIGHT = ["The owner shall count", "the crates within six", "hours. Later claims", "are void, save for", "broken seals."]


def drawn(draw: Callable[[FPDF], None]) -> FPDF:
    made = FPDF()
    made.add_page()
    made.set_font("helvetica", size=11)
    draw(made)
    return made


def read(data: bytes) -> Loaded:
    return load(data, "a.pdf", IngestSettings())


def text_of(draw: Callable[[FPDF], None]) -> str:
    return read(bytes(drawn(draw).output())).documents[0].text


def annotated(draw: Callable[[FPDF], None], *annotations: dict[str, object], labels: str | None = None) -> bytes:
    """A PDF of one page with these annotations; values that are strings and begin with / are names."""
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(draw).output())))
    found = ArrayObject()
    for given in annotations:
        node = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
        for key, value in given.items():
            if isinstance(value, list):
                node[NameObject(key)] = ArrayObject([FloatObject(one) for one in value])
            else:
                text = str(value)
                node[NameObject(key)] = NameObject(text) if text.startswith("/") else TextStringObject(text)
        found.append(writer._add_object(node))
    writer.pages[0][NameObject("/Annots")] = found
    if labels is not None:
        writer.set_page_label(0, 0, style="/r", start=4)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def two_columns(made: FPDF) -> None:
    for left, right in zip(LEFT, RIGHT, strict=True):
        made.cell(95, 6, left)
        made.cell(95, 6, right, new_x="LMARGIN", new_y="NEXT")


def test_two_columns_are_read_one_after_the_other() -> None:
    def draw(made: FPDF) -> None:
        made.cell(0, 6, "General terms of carriage on inland waterways of the Kingdom", new_x="LMARGIN", new_y="NEXT")
        two_columns(made)
        made.cell(0, 6, "Signed in two copies by both of the parties on the day above.", new_x="LMARGIN", new_y="NEXT")

    lines = text_of(draw).split("\n")
    assert lines[1:-1] == [*LEFT, *RIGHT]
    assert (lines[0][:7], lines[-1][:6]) == ("General", "Signed")


def test_a_table_of_two_columns_stays_in_rows() -> None:
    rows = [("Rent of the hall", "900 euros"), ("Parking place", "75 euros"), ("Water and gas", "40 euros")] * 2

    def draw(made: FPDF) -> None:
        for name, amount in rows:
            made.cell(95, 6, name)
            made.cell(95, 6, amount, new_x="LMARGIN", new_y="NEXT")

    assert [line.split() for line in text_of(draw).split("\n")] == [f"{name} {amount}".split() for name, amount in rows]


def test_a_raised_mark_makes_no_other_number() -> None:
    def draw(made: FPDF) -> None:
        made.write(6, "The fee is 48,000")
        made.char_vpos = "SUP"
        made.write(6, "2")
        made.char_vpos = "LINE"
        made.write(6, " euros for 12 m")
        made.char_vpos = "SUP"
        made.write(6, "2")
        made.char_vpos = "LINE"
        made.write(6, " of H")
        made.char_vpos = "SUB"
        made.write(6, "2")
        made.char_vpos = "LINE"
        made.write(6, "O.")

    assert text_of(draw) == "The fee is 48,000[2] euros for 12 m² of H2O."


def test_values_of_form_fields_stand_in_their_lines_and_in_the_metadata() -> None:
    def draw(made: FPDF) -> None:
        made.text(20, 20, "Name of claimant:")
        made.text(20, 30, "I waive interest")

    box = {"/Subtype": "/Widget", "/FT": "/Tx", "/T": "claimant", "/V": "Nadia Voss", "/Rect": [160, 780, 300, 796]}
    tick = {"/Subtype": "/Widget", "/FT": "/Btn", "/T": "waiver", "/AS": "/Yes", "/Rect": [40, 752, 52, 764]}
    far = {"/Subtype": "/Widget", "/FT": "/Tx", "/T": "sum", "/V": "900 euros", "/Rect": [160, 100, 300, 116]}
    empty = {"/Subtype": "/Widget", "/FT": "/Btn", "/T": "other", "/AS": "/Off", "/Rect": [400, 752, 412, 764]}
    document = read(annotated(draw, box, tick, far, empty)).documents[0]
    assert document.text == "Name of claimant: Nadia Voss\n☒ I waive interest ☐\nsum: 900 euros"
    assert json.loads(document.metadata.extra["form_fields"]) == {
        "claimant": "Nadia Voss",
        "waiver": "☒",
        "sum": "900 euros",
        "other": "☐",
    }


def test_a_field_without_printed_words_has_its_name_beside_its_value() -> None:
    tick = {"/Subtype": "/Widget", "/FT": "/Btn", "/T": "waiver", "/AS": "/Yes", "/Rect": [40, 752, 52, 764]}
    text = {
        "/Subtype": "/Widget",
        "/FT": "/Tx",
        "/T": "f7",
        "/TU": "Sum  claimed",
        "/V": "900",
        "/Rect": [160, 100, 300, 116],
    }
    document = read(annotated(lambda made: None, tick, text)).documents[0]
    assert document.text.split() == ["waiver:", "☒", "Sum", "claimed:", "900"]


def test_lines_that_a_file_has_in_another_order_are_read_from_the_top() -> None:
    def draw(made: FPDF) -> None:
        for at, words in ((60, "They may be renewed."), (40, "The lease is for"), (50, "two years."), (20, "LEASE")):
            made.text(20, at, words)

    assert text_of(draw).split("\n") == ["LEASE", "The lease is for", "two years.", "They may be renewed."]


def test_lines_side_by_side_stay_in_the_order_of_the_file() -> None:
    def draw(made: FPDF) -> None:
        for left, column in ((20, "abc"), (120, "def")):
            for at, words in enumerate(column):
                made.text(left, 20 + 10 * at, words * 5)

    assert text_of(draw).split("\n") == ["aaaaa", "bbbbb", "ccccc", "ddddd", "eeeee", "fffff"]


def test_comments_and_typed_text_stand_at_the_end_of_their_page() -> None:
    note = {"/Subtype": "/Text", "/Contents": "Too low.", "/T": "Ann Lee", "/Rect": [10, 10, 20, 20]}
    typed = {"/Subtype": "/FreeText", "/Contents": "Received 4 May.", "/Rect": [10, 10, 20, 20]}
    link = {"/Subtype": "/Link", "/Contents": "nothing", "/Rect": [10, 10, 20, 20]}
    data = annotated(lambda made: made.text(20, 20, "The cap is 9 euros."), note, typed, link)
    assert read(data).documents[0].text == "The cap is 9 euros.\n[Note, Ann Lee] Too low.\nReceived 4 May."


def test_attached_files_are_attachments() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(lambda made: made.text(20, 20, "Cover.")).output())))
    writer.add_attachment("memo.txt", b"Lot 9 was sold.")
    writer.add_attachment("logo.png", b"\x89PNG\r\n\x1a\n")
    stream = io.BytesIO()
    writer.write(stream)
    found = read(stream.getvalue())
    assert [(one.source, one.text) for one in found.documents[1:]] == [("a.pdf#memo.txt", "Lot 9 was sold.")]
    assert [one.source for one in found.skipped] == ["a.pdf#logo.png"]


def test_labels_of_pages_are_metadata() -> None:
    data = annotated(lambda made: made.text(20, 20, "Preface."), labels="roman")
    assert json.loads(read(data).documents[0].metadata.extra["page_labels"]) == ["iv"]


def test_a_citation_names_the_label_of_its_page_beside_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(annotated(lambda made: made.text(20, 20, "The weir is oak."), labels="roman"))
    (tmp_path / "b.pdf").write_bytes(annotated(lambda made: made.text(20, 20, "The gate is elm.")))
    with Corpus.open(tmp_path / "c", Settings.model_validate({"memory": {"enabled": False}})) as corpus:
        corpus.ingest(tmp_path / "a.pdf", tmp_path / "b.pdf")
        labelled = corpus.ask("What is the weir?").citations[0]
        plain = corpus.ask("What is the gate?").citations[0]
    assert (labelled.page, labelled.page_label, plain.page_label) == (1, "iv", None)
    assert "page 1 (labelled iv), line 1" in " ".join(str(labelled).split())  # a long path breaks the line
    assert "page 1, line 1" in " ".join(str(plain).split())


@pytest.mark.parametrize("labels", ["no JSON", "7", "[]", '["1"]', '[" "]'])
def test_labels_that_say_nothing_are_none(labels: str) -> None:
    document = Document.from_text("One.", source="a.txt", metadata=Metadata(extra={"page_labels": labels}))
    assert document.page_label(1) is None


def test_a_scan_with_a_stamp_is_named_as_a_scan() -> None:
    from PIL import Image

    scan, logo = Image.new("L", (200, 260), 255), Image.new("L", (20, 20), 255)
    made = FPDF()
    made.set_font("helvetica", size=11)
    for number in range(3):
        made.add_page()
        made.image(scan, x=5, y=5, w=190)
        made.text(150, 290, f"ACME{number:06}")
    made.add_page()
    made.image(logo, x=5, y=5, w=20)
    made.text(20, 50, "A short letter with a logo.")
    found = load(bytes(made.output()), "a.pdf", IngestSettings(ocr="never"))
    assert [one.source for one in found.skipped] == ["a.pdf#page=1"]
    assert "page(s) 1-3 show an image" in found.skipped[0].reason


def test_two_attached_files_of_one_name_are_two_sources() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(lambda made: made.text(20, 20, "Cover.")).output())))
    writer.add_attachment("n.txt", b"Lot 9 was sold.")
    writer.add_attachment("n.txt", b"Lot 7 was not.")
    stream = io.BytesIO()
    writer.write(stream)
    found = [(one.source, one.text) for one in read(stream.getvalue()).documents[1:]]
    assert found == [("a.pdf#n.txt", "Lot 9 was sold."), ("a.pdf#n (2).txt", "Lot 7 was not.")]


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (".שדוחל לקש 900 אוה הרידה רכש", "שכר הדירה הוא 900 שקל לחודש."),
        ("2031 ויאמ 4 יפ יהתני דקעלא", "אלעקד ינתהי פי 4 מאיו 2031"),
        ("וד 3.2 ףיעס", "סעיף 3.2 דו"),
    ],
)
def test_a_line_from_right_to_left_is_read_in_its_order(seen: str, text: str) -> None:
    def draw(made: FPDF) -> None:
        made.add_font("dejavu", "", str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
        made.set_font("dejavu", size=11)
        made.text(20, 20, seen)
        made.text(20, 30, "The rent is 900 shekels.")

    assert text_of(draw).split("\n") == [text, "The rent is 900 shekels."]


def form(opt: list[object], value: str) -> bytes:
    """A page with a list of choices whose field is an object of its own."""
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(lambda made: made.cell(text="Depot:")).output())))
    field = DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/Widget"),
            NameObject("/FT"): NameObject("/Ch"),
            NameObject("/T"): TextStringObject("depot"),
            NameObject("/V"): TextStringObject(value),
            NameObject("/Rect"): ArrayObject([FloatObject(one) for one in (200, 790, 320, 810)]),
            NameObject("/Opt"): ArrayObject(
                [
                    ArrayObject([TextStringObject(part) for part in one])
                    if isinstance(one, list)
                    else TextStringObject(str(one))
                    for one in opt
                ]
            ),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(field)])
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("opt", "value", "shown"),
    [
        ([["7", "Ghent, 14 docks"], ["8", "Liege, 9 docks"]], "8", "Liege, 9 docks"),
        (["Ghent", "Liege"], "Liege", "Liege"),
        ([["7", "Ghent"]], "typed by hand", "typed by hand"),
    ],
)
def test_a_choice_is_what_the_list_shows(opt: list[object], value: str, shown: str) -> None:
    document = read(form(opt, value)).documents[0]
    assert json.loads(document.metadata.extra["form_fields"]) == {"depot": shown}
    assert shown in document.text


XFA = (
    b'<xdp xmlns="http://ns.adobe.com/xdp/"><template><caption>No value</caption></template>'
    b'<d:datasets xmlns:d="http://www.xfa.org/schema/xfa-data/1.0/"><d:data><f><Lessor>Ida Rook</Lessor>'
    b"<Rent>840 francs</Rent></f></d:data></d:datasets></xdp>"
)


@pytest.mark.parametrize("as_list", [True, False])
def test_the_values_of_an_xfa_form_are_read_whether_it_is_one_stream_or_several(as_list: bool) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(lambda made: made.cell(text="Please wait ...")).output())))
    stream = StreamObject()
    whole = XFA.partition(b"<d:")[1] + XFA.partition(b"<d:")[2].removesuffix(b"</xdp>") if as_list else XFA
    stream.set_data(whole)
    held = writer._add_object(stream)
    given = ArrayObject([TextStringObject("datasets"), held]) if as_list else held
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): given}
    )
    made = io.BytesIO()
    writer.write(made)
    assert read(made.getvalue()).documents[0].text == "Please wait ...\nLessor: Ida Rook\nRent: 840 francs"


def without_maps(draw: Callable[[FPDF], None]) -> bytes:
    """A PDF whose embedded fonts number their shapes and have no table of the characters that they are."""
    writer = PdfWriter(clone_from=io.BytesIO(bytes(drawn(draw).output())))
    for held in writer._objects:
        font = held.get_object() if held is not None else None
        if isinstance(font, DictionaryObject) and font.get("/Subtype") == "/Type0":
            del font["/ToUnicode"]
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def embedded(made: FPDF, text: str) -> None:
    made.add_font("embedded", "", str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    made.set_font("embedded", size=14)
    made.multi_cell(0, 8, text, new_x="LMARGIN", new_y="NEXT")


def test_text_whose_font_names_no_characters_is_no_text() -> None:
    data = without_maps(lambda made: embedded(made, "The weir cost 6,200 florins."))
    with pytest.raises(EmptyDocumentError, match=r"the fonts on page\(s\) 1 do not say which characters"):
        load(data, "a.pdf", IngestSettings(ocr="never"))


def test_the_rest_of_a_page_is_read_and_the_page_named() -> None:
    def draw(made: FPDF) -> None:
        embedded(made, "The weir cost 6,200 florins.")
        made.set_font("helvetica", size=11)
        made.cell(text="Ida Rook signed it.")

    found = load(without_maps(draw), "a.pdf", IngestSettings(ocr="never"))
    assert found.documents[0].text == "Ida Rook signed it."
    assert [(one.source, one.code) for one in found.skipped] == [("a.pdf#page=1", "empty")]


def test_bullets_of_a_font_that_names_no_characters_cost_nothing() -> None:
    def draw(made: FPDF) -> None:
        embedded(made, "\N{BULLET}")
        made.set_font("helvetica", size=11)
        made.cell(text="Ida Rook signed it.")

    found = load(without_maps(draw), "a.pdf", IngestSettings(ocr="never"))
    assert found.documents[0].text.endswith("Ida Rook signed it.")
    assert not found.skipped


def test_numbers_of_shapes_that_are_their_characters_are_read() -> None:
    data = without_maps(lambda made: embedded(made, "The weir cost 6,200 florins."))
    reader = PdfReader(io.BytesIO(data))
    page = read_page(reader.pages[0])
    assert page.is_unreadable
    assert _is_prose_in_ascii("The weir cost 6,200 florins.")
    assert not _is_prose_in_ascii("7KH ZHLU FRVW")


def changed(change: Callable[[PdfWriter], object], *, incremental: bool = False) -> Loaded:
    """A PDF of one page that says "The rent is due.", after a change by a program."""
    original = bytes(drawn(lambda made: made.cell(text="The rent is due.")).output())
    source = io.BytesIO(original)
    writer = PdfWriter(source, incremental=True) if incremental else PdfWriter(clone_from=source)
    change(writer)
    stream = io.BytesIO()
    writer.write(stream)
    return read(stream.getvalue())


def text_field(name: str, value: str) -> DictionaryObject:
    node = DictionaryObject({NameObject("/FT"): NameObject("/Tx"), NameObject("/T"): TextStringObject(name)})
    node[NameObject("/V")] = TextStringObject(value)
    return node


def with_form(writer: PdfWriter, *nodes: DictionaryObject, xfa: bytes | None = None) -> None:
    given = DictionaryObject({NameObject("/Fields"): ArrayObject(writer._add_object(node) for node in nodes)})
    if xfa is not None:
        stream = StreamObject()
        stream.set_data(xfa)
        given[NameObject("/XFA")] = writer._add_object(stream)
    writer.root_object[NameObject("/AcroForm")] = given


def extra(found: Loaded, key: str) -> object:
    return json.loads(found.documents[0].metadata.extra[key])


def test_fields_that_no_page_shows_are_metadata_and_counted() -> None:
    def change(writer: PdfWriter) -> None:
        outer, inner = DictionaryObject({NameObject("/T"): TextStringObject("lease")}), text_field("rent", "750")
        with_form(writer, outer, text_field("bank", "Orr & Co"), text_field("empty", ""))
        inner[NameObject("/Parent")] = writer.root_object["/AcroForm"]["/Fields"][0].indirect_reference
        outer[NameObject("/Kids")] = ArrayObject([writer._add_object(inner)])

    found = changed(change)
    assert found.documents[0].text == "The rent is due."
    assert extra(found, "form_fields") == {"lease.rent": "750", "bank": "Orr & Co"}
    assert found.left_out == (("a.pdf", "2 values of fields that are not shown"),)


def test_fields_that_are_their_own_children_take_no_time() -> None:
    def change(writer: PdfWriter) -> None:
        node = text_field("rent", "750")
        with_form(writer, node)
        node[NameObject("/Kids")] = writer.root_object["/AcroForm"]["/Fields"]

    assert changed(change).documents[0].text == "The rent is due."


def test_the_titles_of_bookmarks_are_metadata_in_their_order() -> None:
    def change(writer: PdfWriter) -> None:
        above = writer.add_outline_item(title="Terms", page_number=0)
        writer.add_outline_item(title="Rent", page_number=0, parent=above)
        writer.add_outline_item(title="Annex", page_number=0)

    assert extra(changed(change), "bookmarks") == ["Terms", "Rent", "Annex"]


def test_where_the_links_of_a_pdf_lead_is_metadata() -> None:
    found = changed(lambda writer: writer.add_uri(0, "https://a.example/x", [0, 0, 9, 9]))
    assert extra(found, "links") == ["https://a.example/x"]


def test_subject_keywords_and_own_properties_of_a_pdf_are_metadata() -> None:
    given = {"/Subject": "Lease", "/Keywords": "rent", "/Matter": "12-A", "/Title": "Deed"}
    found = changed(lambda writer: writer.add_metadata(given))
    assert extra(found, "properties") == {"subject": "Lease", "keywords": "rent", "Matter": "12-A"}


def test_an_earlier_version_that_a_file_still_holds_is_noted() -> None:
    found = changed(lambda writer: writer.add_metadata({"/Subject": "Lease"}), incremental=True)
    assert found.left_out == (("a.pdf", "1 earlier versions, which the file still holds"),)


def test_the_scripts_of_a_pdf_are_counted() -> None:
    def change(writer: PdfWriter) -> None:
        script = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
        writer.root_object[NameObject("/OpenAction")] = script
        named = DictionaryObject({NameObject("/Names"): ArrayObject([TextStringObject("one"), script])})
        writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): named})

    assert changed(change).left_out == (("a.pdf", "2 scripts"),)


def test_an_xfa_form_whose_values_cannot_be_read_is_noted() -> None:
    found = changed(lambda writer: with_form(writer, xfa=b"<xdp><t>Pay</t></xdp>"))
    assert found.left_out == (("a.pdf", "text of a form of the XFA kind"),)


def test_values_that_an_xfa_form_has_beside_its_fields_are_metadata() -> None:
    found = changed(lambda writer: with_form(writer, text_field("Rent", "840 francs"), xfa=XFA))
    assert "Ida Rook" in found.documents[0].text + json.dumps(extra(found, "form_fields"))


def written(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1."""
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return made + end % (size, table, size, len(made))


def stream(content: bytes, filters: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content)


def showing(words: str) -> bytes:
    return b"BT /F1 12 Tf 72 700 Td (%s) Tj ET" % words.encode()


def page_of(contents: bytes, more: bytes = b"") -> bytes:
    resources = b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>%s>>" % more
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]%s%s>>" % (resources, contents)


def three_pages(second: bytes, *more: bytes, kids: bytes = b"3 0 R 5 0 R 6 0 R") -> bytes:
    """A first and a third page that are whole; the objects of the second are numbered from 8."""
    return written(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count 3>>" % kids,
        page_of(b"/Contents 4 0 R"),
        stream(showing("The first page.")),
        second,
        page_of(b"/Contents 7 0 R"),
        stream(showing("The third page.")),
        *more,
    )


LINES = b"\n".join(b"BT /F1 12 Tf 72 %d Td (Line %d of it.) Tj ET" % (700 - 20 * n, n) for n in range(30))
PACKED = zlib.compress(LINES)
FLATE = b"/Filter/FlateDecode"


@pytest.mark.parametrize(
    "pdf",
    [
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED[:40], FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED[: len(PACKED) // 2], FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED[:2] + b"\xff" * 60, FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(b"", FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(b"no deflate data", FLATE)),
        three_pages(
            page_of(b"/Contents 8 0 R"),
            stream(base64.a85encode(PACKED[:40]) + b"~>", b"/Filter[/ASCII85Decode/FlateDecode]"),
        ),
        three_pages(page_of(b"/Contents[8 0 R 9 0 R]"), stream(showing("One.")), stream(PACKED[:40], FLATE)),
        three_pages(page_of(b"/Contents[8 0 R 99 0 R]"), stream(showing("One."))),
        three_pages(page_of(b"/Contents 99 0 R")),
        three_pages(
            page_of(b"/Contents 8 0 R", b"/XObject<</X 9 0 R>>"),
            stream(showing("One.") + b" /X Do"),
            stream(PACKED[:40], b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]" + FLATE),
        ),
        three_pages(page_of(b""), kids=b"3 0 R 99 0 R 6 0 R"),
    ],
)
def test_a_page_whose_content_is_not_there_or_cannot_be_decoded_is_named(pdf: bytes) -> None:
    found = read(pdf)
    assert [one.source for one in found.skipped] == ["a.pdf#page=2"]
    whole = found.documents[0]
    assert len(whole.pages) == 3
    assert whole.text[: whole.pages[1]].strip() == "The first page."
    assert whole.text[whole.pages[2] :].strip() == "The third page."


def test_what_can_be_read_of_a_damaged_page_is_kept() -> None:
    one = showing("One.")
    pdf = three_pages(page_of(b"/Contents[8 0 R 9 0 R]"), stream(one), stream(PACKED[: len(PACKED) // 2], FLATE))
    text = read(pdf).documents[0].text
    assert "One." in text
    assert "Line 3 of it." in text


@pytest.mark.parametrize(
    "pdf",
    [
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED, FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED + b"\r\n\r", FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED[:-4], FLATE)),
        three_pages(page_of(b"/Contents 8 0 R"), stream(PACKED[:-4] + b"\0\0\0\0", FLATE)),
        three_pages(page_of(b"")),
        three_pages(page_of(b"/Contents null")),
        three_pages(page_of(b"/Contents[]")),
        three_pages(page_of(b"/Contents 8 0 R"), stream(b"")),
    ],
)
def test_a_page_that_is_whole_or_blank_is_not_named(pdf: bytes) -> None:
    found = read(pdf)
    assert found.skipped == ()
    assert len(found.documents[0].pages) == 3
    if b"/Contents 8 0 R" in pdf and FLATE in pdf:
        assert "Line 29 of it." in found.documents[0].text


def test_a_missing_branch_of_the_pages_is_named() -> None:
    found = read(three_pages(b"<</Type/Pages/Kids[99 0 R 98 0 R]/Count 2>>"))
    assert [one.source for one in found.skipped] == ["a.pdf#page=2", "a.pdf#page=3"]
    assert "The third page." in found.documents[0].text
