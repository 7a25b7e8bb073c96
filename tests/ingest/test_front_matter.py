"""Front matter is read as its writer meant it, and a class of access that cannot be read leaves the document out."""

from __future__ import annotations

import io
import json
import zipfile

import docx
import openpyxl
import pytest
from fpdf import FPDF
from pptx import Presentation
from pypdf import PdfWriter

from hybrid import Corpus, Identity
from hybrid.errors import DamagedDocumentError, UnreadableClassError
from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings
from hybrid.types.documents import AS_JSON, Metadata

SETTINGS = IngestSettings()


def metadata(text: str | bytes, source: str = "a.md", access: str = "access") -> Metadata:
    loaded = load(text.encode() if isinstance(text, str) else text, source, SETTINGS, access=access)
    assert loaded.skipped == ()
    return loaded.documents[0].metadata


@pytest.mark.parametrize("source", ["a.md", "a.txt", "notes"])
@pytest.mark.parametrize(
    "written",
    [
        '---\n"access": "board"\n---\n',
        "---\n'access': 'board'\n---\n",
        "---\naccess : board\n---\n",
        "\n\n---\naccess: board\n---\n",
        "\ufeff---\naccess: board\n---\n",
        "\ufeff\ufeff\n---\naccess: board\n---\n",
        "---\naccess: board\n...\n",
        "---\naccess: board # the four of them\n---\n",
        "---\n# who may see it\naccess: board\n---\n",
        "---\r\naccess: board\r\n---\r\n",
        "--- # head\naccess:   board\n---   \n",
        "---yaml\naccess: board\n---\n",
        "---\n{access: board, title: T}\n---\n",
        "---\naccess: >-\n  board\ntitle: T\n---\n",
        "---\naccess:\n  - board\n---\n",
        "---\naccess: [board]\n---\n",
        "---\n? access\n: board\n---\n",
        "---\nbase: &b {access: board}\n<<: *b\n---\n",
        "---\ntitle: Lease: Unit 4\naccess: board\n---\n",
        "---\ntitle: @home\naccess: 'board'  # closed\n---\n".replace("@home", "Contract: a"),
        '+++\naccess = "board"\n+++\n',
        "---toml\naccess = 'board'\n---\n",
        "---\nACCESS: board\n---\n",
    ],
)
def test_a_class_is_read_however_it_is_written(written: str, source: str) -> None:
    assert metadata(f"{written}\nText of it.\n", source).extra["access"] == "board"


@pytest.mark.parametrize(
    "written",
    [
        "---\naccess: [board, staff]\n---\n",
        "---\naccess:\n- board\n- staff\n---\n",
        "---\naccess:\n  - 'board'\n  - staff\ntitle: T\n---\n",
        '+++\naccess = ["board", "staff"]\n+++\n',
    ],
)
def test_several_classes_let_each_of_them_in(written: str, tmp_path) -> None:
    (tmp_path / "a.md").write_text(f"{written}\nThe dividend is 4 crowns.\n")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(tmp_path / "a.md")
        seen = {}
        for one in ("board", "staff", "press", ""):
            with corpus.seen_by(Identity(name="ann", classes=(one,))) as view:
                seen[one] = len(view.documents())
    assert seen == {"board": 1, "staff": 1, "press": 0, "": 0}


UNREADABLE = [
    "---\naccess: {level: board}\n---\n",
    "---\naccess:\n  level: board\n---\n",
    "---\naccess: [[board]]\n---\n",
    "---\naccess: []\n---\n",
    "---\naccess:\n---\n",
    "---\naccess: ''\n---\n",
    "---\naccess: [board, ~]\n---\n",
    "---\naccess: board\nAccess: staff\n---\n",
    "---\naccess: board\naccess: staff\n---\n",
    "---\naccess:board\n---\n",
    "---\ntitle: 'unclosed\naccess: board\n---\n",
    "---\ntitle: T\naccess: board\n",
    "---\ndocument:\n  access: board\n---\n",
    "---\naccess: *nobody\n---\n",
    "---\naccess: !!python/name:os.system ''\n---\n",
    "+++\naccess = board\n+++\n",
    '+++\naccess = "board"\n',
    "+++\n[access]\nlevel = 'board'\n+++\n",
]


@pytest.mark.parametrize("written", UNREADABLE)
@pytest.mark.parametrize("source", ["a.md", "a.txt"])
def test_a_class_that_cannot_be_read_leaves_the_document_out(written: str, source: str) -> None:
    with pytest.raises(DamagedDocumentError, match="class of access cannot be read"):
        load(f"{written}\nText of it.\n".encode(), source, SETTINGS)


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="access" content="">',
        '<meta name="access">',
        '<meta name="access" content="board"><meta name="Access" content="staff">',
        '<meta name="access" content="board>',
    ],
)
def test_a_page_whose_class_cannot_be_read_is_left_out(head: str) -> None:
    with pytest.raises(DamagedDocumentError, match="class of access cannot be read"):
        load(f"<html><head>{head}</head><body><p>Text.</p></body></html>".encode(), "a.html", SETTINGS)


@pytest.mark.parametrize(
    "page",
    [
        '<html><head><META NAME="Access" CONTENT=" board "></head><p>Text.</p></html>',
        "<html><head><meta content=board name=access></head><p>Text.</p></html>",
        "---\naccess: board\n---\n<html><p>Text.</p></html>",
    ],
)
def test_the_class_of_a_page_is_in_its_head(page: str) -> None:
    assert metadata(page, "a.html").extra["access"] == "board"
    mail = f"From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\nContent-Type: text/html\n\n{page}"
    assert metadata(mail, "a.eml").extra["access"] == "board"


MAIL = "From: a@b.example\nTo: c@d.example\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nSubject: s\n{}\n\n{}"
FRONT = "---\naccess: {}\n---\n"


def office(value: str | None) -> bytes:
    """A text of Word with that value of a custom property ``Access``; none for ``None``."""
    written = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("The price.")
    document.save(written)
    if value is None:
        return written.getvalue()
    with zipfile.ZipFile(written) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/{}custom-properties"
    related = f'<Relationship Id="rId99" Type="{kind.format("relationships/")}" Target="docProps/custom.xml"/>'
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", f"{related}</Relationships>".encode())
    parts["docProps/custom.xml"] = (
        f'<Properties xmlns="{kind.format("")}" xmlns:vt="urn:vt"><property name="Access" pid="2">'
        f"<vt:lpwstr>{value}</vt:lpwstr></property></Properties>"
    ).encode()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def word_with_front_matter(value: str | None) -> bytes:
    written = io.BytesIO()
    document = docx.Document()
    for line in ["---", f"access: {value}", "---"] if value is not None else []:
        document.add_paragraph(line)
    document.add_paragraph("The price.")
    document.save(written)
    return written.getvalue()


def open_document(value: str) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "meta")
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        for name, held in (
            ("content", "<office:body><office:text><text:p>The price.</text:p></office:text></office:body>"),
            ("meta", f'<office:meta><meta:user-defined meta:name="access">{value}</meta:user-defined></office:meta>'),
        ):
            archive.writestr(f"{name}.xml", f"<office:document-{name} {spaces}>{held}</office:document-{name}>")
    return written.getvalue()


def portable(value: str) -> bytes:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica")
    pdf.cell(text="The price.")
    writer = PdfWriter(io.BytesIO(bytes(pdf.output())))
    writer.add_metadata({"/Access": value})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


CALENDAR = "BEGIN:VCALENDAR\nX-ACCESS:{}\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSUMMARY:Weir\nEND:VEVENT\nEND:VCALENDAR\n"
PAGE = '<html><head><meta {}="access" content="{}"></head><body><p>The price.</p></body></html>'
PLACES = {
    "header of a mail": ("a.eml", lambda value: MAIL.format(f"Access: {value}", "Body.")),
    "own header of a mail": ("a.eml", lambda value: MAIL.format(f"X-Access: {value}", "Body.")),
    "page of a mail": ("a.eml", lambda value: MAIL.format("Content-Type: text/html", PAGE.format("name", value))),
    "text of a mail": ("a.eml", lambda value: MAIL.format("X-A: 1", FRONT.format(value) + "Body.")),
    "saved page": ("a.mhtml", lambda value: MAIL.format("Content-Type: text/html", PAGE.format("name", value))),
    "page, http-equiv": ("a.html", lambda value: PAGE.format("http-equiv", value)),
    "page, itemprop": ("a.html", lambda value: PAGE.format("itemprop", value)),
    "table": ("a.csv", lambda value: FRONT.format(value) + "a,b\n1,2\n"),
    "table with tabs": ("a.tsv", lambda value: FRONT.format(value) + "a\tb\n1\t2\n"),
    "JSON": ("a.json", lambda value: FRONT.format(value) + '{"a": 1}\n'),
    "DOCX": ("a.docx", office),
    "text of a DOCX": ("a.docx", word_with_front_matter),
    "ODT": ("a.odt", open_document),
    "PDF": ("a.pdf", portable),
    "RTF": (
        "a.rtf",
        lambda value: (
            rf"{{\rtf1{{\*\userprops {{\propname Access}}\proptype30{{\staticval {value}}}}} The price.\par}}"
        ),
    ),
    "calendar": ("a.ics", CALENDAR.format),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_class_that_somebody_wrote_into_a_file_is_its_class(place: str) -> None:
    source, made_of = PLACES[place]
    assert metadata(made_of("board"), source).extra["access"] == "board"


@pytest.mark.parametrize("place", PLACES)
def test_a_class_that_somebody_wrote_and_left_blank_leaves_the_file_out(place: str) -> None:
    source, made_of = PLACES[place]
    with pytest.raises(UnreadableClassError):
        metadata(made_of(""), source)


@pytest.mark.parametrize("place", PLACES)
def test_a_class_goes_by_the_name_that_the_settings_give_it(place: str) -> None:
    source, made_of = PLACES[place]
    assert "level" not in metadata(made_of("board"), source, access="level").extra


@pytest.mark.parametrize(
    "mail",
    [
        MAIL.format("Access: board\nX-Access: staff", "Body."),
        MAIL.format("Access: board\nAccess: staff", "Body."),
        MAIL.format("Access: board", FRONT.format("staff") + "Body."),
        MAIL.format("Access: board\nContent-Type: text/html", PAGE.format("name", "staff")),
    ],
)
def test_a_mail_with_two_classes_is_left_out(mail: str) -> None:
    with pytest.raises(UnreadableClassError, match="different values"):
        metadata(mail, "a.eml")


def test_a_mail_may_say_its_class_twice_and_in_a_header_of_several_words() -> None:
    mail = MAIL.format("Access: Board", FRONT.format("[board]") + "Body.")
    assert metadata(mail, "a.eml").extra["access"].lower() == "board"
    assert metadata(MAIL.format("X-Access-Level: board", "Body."), "a.eml", "access_level").extra == metadata(
        MAIL.format("A: b", "Body."), "a.eml"
    ).extra | {"access_level": "board"}
    several = metadata(MAIL.format("A: b", FRONT.format("[board, staff]") + "Body."), "a.eml").extra
    assert json.loads(several["access"]) == ["board", "staff"]
    assert json.loads(several[AS_JSON]) == ["access"]


@pytest.mark.parametrize(
    "head", ['<meta http-equiv="Access-Control-Allow-Origin" content="*">', "<meta name=accessible>"]
)
def test_a_name_that_begins_like_that_of_the_class_is_another(head: str) -> None:
    assert "access" not in metadata(f"<html><head>{head}</head><body><p>Text.</p></body></html>", "a.html").extra


def test_data_may_have_a_field_of_the_name_of_the_class() -> None:
    assert "access" not in metadata("---\ndoors: {access: card}\n---\na: 1\n", "a.yaml").extra
    assert "access" not in metadata("access: card\ndoor: 1\n", "a.yaml").extra
    assert "access" not in metadata("access,door\ncard,1\n", "a.csv").extra


def test_a_saved_page_has_the_class_of_its_head() -> None:
    page = '<html><head><meta name="access" content="board"></head><p>Text.</p></html>'
    saved = f"From: <Saved>\nMIME-Version: 1.0\nContent-Type: text/html\n\n{page}"
    assert metadata(saved, "a.mhtml").extra["access"] == "board"


def test_an_ingest_leaves_out_what_has_an_unreadable_class_and_says_so(tmp_path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.md").write_text("---\nMatter: {id: 7}\n---\nThe dividend is 4 crowns.\n")
    (folder / "b.html").write_text("<html><meta name=matter content=elm><p>The dividend is 5 crowns.</p></html>")
    (folder / "c.txt").write_text("---\nmatter: 007\n---\nThe dividend is 6 crowns.\n")
    settings = {"memory": {"enabled": False}, "access": {"metadata": "Matter"}}
    with Corpus.open(tmp_path / "corpus", settings) as corpus:
        report = corpus.ingest(folder)
        assert [(one.source.rpartition("/")[2], one.code) for one in report.skipped] == [("a.md", "unreadable_class")]
        seen = {}
        for one in ("elm", "007", ""):
            with corpus.seen_by(Identity(name="ann", classes=(one,))) as view:
                seen[one] = [document.source.rpartition("/")[2] for document in view.documents()]
    assert seen == {"elm": ["b.html"], "007": ["c.txt"], "": []}


def test_an_attachment_with_an_unreadable_class_does_not_get_that_of_its_mail() -> None:
    mail = (
        "From: a@b.example\nTo: c@d.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        "--x\nContent-Type: text/plain\n\nHello.\n--x\nContent-Type: text/markdown; name=a.md\n"
        "Content-Disposition: attachment; filename=a.md\n\n---\naccess: {a: b}\n---\nText.\n--x--\n"
    )
    loaded = load(mail.encode(), "m.eml", SETTINGS)
    assert [document.source for document in loaded.documents] == ["m.eml"]
    assert [one.source for one in loaded.skipped] == ["m.eml#a.md"]


def test_values_stay_as_they_are_written() -> None:
    written = "matter: 007\nfinal: no\nshare: 1_000\nrate: 1.50\nat: 12:30\nref: 0x1F\nday: 2024-05-06\nnone: ~\n"
    found = metadata(f"---\ndate: 2024-05-06\n{written}---\nText.\n")
    assert found.date == "2024-05-06"
    assert found.extra == {
        "matter": "007", "final": "no", "share": "1_000", "rate": "1.50", "at": "12:30", "ref": "0x1F",
        "day": "2024-05-06", "encoding": "utf-8",
    }  # fmt: skip
    toml = metadata('+++\ndate = 2024-05-06\nrate = 1.50\nfinal = false\nmatter = "007"\n+++\nText.\n')
    assert toml.date == "2024-05-06"
    assert toml.extra == {"rate": "1.50", "final": "false", "matter": "007", "encoding": "utf-8"}


def test_lists_and_fields_in_fields_are_kept() -> None:
    found = metadata("---\nauthor:\n- Ann\n- Bob\ntags: [a, b]\nreview: {by: Cem, on: 2024-05-06}\n---\nText.\n")
    assert found.author == "Ann, Bob"
    assert json.loads(found.extra["tags"]) == ["a", "b"]
    assert json.loads(found.extra["review"]) == {"by": "Cem", "on": "2024-05-06"}


def test_front_matter_that_cannot_be_read_is_named_and_its_text_kept() -> None:
    loaded = load(b"---\ntitle: [a\nsize: 4\n---\nText of it.\n", "a.md", SETTINGS)
    assert "Text of it." in loaded.documents[0].text
    assert [one.source for one in loaded.skipped] == ["a.md#front matter"]


@pytest.mark.parametrize("wanted", ["access", "size"])
def test_aliases_of_aliases_end(wanted: str) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{two}: &{two} [{','.join([f'*{one}'] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    )
    text = f"---\n{wanted}: 1\n{bomb}---\nText.\n".encode()
    if wanted == "access":
        with pytest.raises(DamagedDocumentError, match="aliases"):
            load(text, "a.md", SETTINGS)
    else:
        assert [one.source for one in load(text, "a.md", SETTINGS).skipped] == ["a.md#front matter"]


@pytest.mark.parametrize("block", ["a: &a [*a]", "a: " + "[" * 20_000, "{" * 20_000])
def test_what_is_made_to_exhaust_the_parser_is_named(block: str) -> None:
    loaded = load(f"---\n{block}\n---\nText.\n".encode(), "a.md", SETTINGS)
    assert loaded.documents[0].text.endswith("Text.\n")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nThe gate is open.\n\n---\n\nThe end.\n",
        "---\nThe gate is open. Nobody came.\n---\nThe end.\n",
        "The gate.\n\n---\naccess: board\n---\n",
        "--- ---\naccess: board\n",
    ],
)
def test_a_rule_is_no_front_matter(text: str) -> None:
    assert metadata(text).extra == {"encoding": "utf-8"}


def test_a_file_that_is_data_has_no_front_matter() -> None:
    assert metadata("---\naccess: board\nname: x\n---\nkind: y\n", "a.yaml").extra == {"encoding": "utf-8"}


def sheets(*cells: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(cells, 1):
        sheet = book.create_sheet(f"S{number}")
        sheet.oddHeader.center.text = "Harbour board"
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def open_sheet(cells: list[list[str]]) -> bytes:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "text", "table"))
    rows = "".join(
        "<table:table-row>"
        + "".join(
            "<table:table-cell>"
            + "".join(f"<text:p>{line}</text:p>" for line in cell.split("\n"))
            + "</table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in cells
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="S">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize(
    "cells",
    [
        [["---"], ["access: board"], ["---"], ["The toll is 4 crowns."]],
        [["---\naccess: board\n---"], ["The toll is 4 crowns."]],
        [["---\naccess: board\n---\nThe toll is 4 crowns."]],
        [["---", "Toll"], ["access: board", "4"], ["---", "crowns"]],
        [["---"], ["access:", "board"], ["---"], ["The toll is 4 crowns."]],
    ],
)
def test_a_sheet_has_the_class_that_its_first_cells_say(cells: list[list[str]], kind: str) -> None:
    data = sheets(cells) if kind == "xlsx" else open_sheet(cells)
    assert metadata(data, f"a.{kind}").extra["access"] == "board"


def test_a_workbook_has_the_class_of_any_of_its_sheets_and_is_left_out_where_two_differ() -> None:
    closed = [["---"], ["access: board"], ["---"], ["The toll is 4 crowns."]]
    assert metadata(sheets([["Tolls"]], closed), "a.xlsx").extra["access"] == "board"
    with pytest.raises(UnreadableClassError, match="different"):
        metadata(sheets(closed, [["---"], ["access: staff"], ["---"]]), "a.xlsx")
    assert "access" not in metadata(sheets([["Tolls"], ["---"], ["access: board"], ["---"]]), "a.xlsx").extra


def test_front_matter_below_the_header_of_its_pages_says_the_class() -> None:
    letter = docx.Document()
    letter.sections[0].header.paragraphs[0].text = "Harbour board"
    for line in ("---", "access: board", "---", "The toll is 4 crowns."):
        letter.add_paragraph(line)
    stream = io.BytesIO()
    letter.save(stream)
    assert metadata(stream.getvalue(), "a.docx").extra["access"] == "board"


def test_front_matter_of_a_hidden_slide_says_the_class() -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.element.set("show", "0")
    slide.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "---\naccess: board\n---\nThe toll is 4 crowns."
    stream = io.BytesIO()
    deck.save(stream)
    assert metadata(stream.getvalue(), "a.pptx").extra["access"] == "board"


def mail_with(*parts: str) -> bytes:
    head = "From: a@b.example\nTo: c@d.example\nSubject: s\nMIME-Version: 1.0\n"
    joined = "".join(f"--x\n{part}\n" for part in parts)
    return f"{head}Content-Type: multipart/mixed; boundary=x\n\n{joined}--x--\n".encode()


@pytest.mark.parametrize("name", ["Access", "X-Access", "access"])
def test_the_header_of_an_attachment_says_its_class(name: str) -> None:
    attached = "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment; filename=a.txt"
    mail = mail_with("Content-Type: text/plain\n\nHello.", f"{attached}\n{name}: board\n\nThe toll is 4 crowns.")
    loaded = load(mail, "m.eml", SETTINGS)
    assert [one.metadata.extra.get("access") for one in loaded.documents] == [None, "board"]
    assert "a.txt" not in loaded.documents[0].text + str(loaded.documents[0].metadata)
    unread = load(mail.replace(b"crowns", b"\ncrowns").replace(b": board", b":"), "m.eml", SETTINGS)
    assert [one.code for one in unread.skipped] == ["unreadable_class"]


def test_the_header_of_a_part_of_the_body_says_the_class_of_the_mail() -> None:
    mail = mail_with("Content-Type: text/plain\nX-Access: board\n\nThe toll is 4 crowns.")
    assert metadata(mail, "m.eml").extra["access"] == "board"
    nested = "Content-Type: multipart/alternative; boundary=y\nX-Access: board\n\n--y\n\nThe toll is 4.\n--y--"
    assert metadata(mail_with(nested), "m.eml").extra["access"] == "board"
