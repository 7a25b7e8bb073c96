"""DOCX: what a reader of the document sees, in what place; what is not shown is in the metadata, and said."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

import docx
import pytest

from hybrid.ingest.loaders.docx_runs import symbol
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.ingest.loaders.raised import superscript
from hybrid.settings import IngestSettings

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="html" ContentType="text/html"/>'
    '<Default Extension="docx" ContentType="application/docx"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def relationships(*kinds: tuple[str, str, str]) -> str:
    inner = "".join(f'<Relationship Id="{one}" Type="{KIND}/{kind}" Target="{to}"/>' for one, kind, to in kinds)
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


def package(body: str, parts: dict[str, tuple[str, bytes]] | None = None, *, strict: bool = False) -> bytes:
    """A DOCX with this body; ``parts`` are other parts by name, each with the kind of its relationship."""
    given = parts or {}
    files: dict[str, bytes] = {
        "[Content_Types].xml": TYPES.encode(),
        "_rels/.rels": relationships(("r0", "officeDocument", "word/document.xml")).encode(),
        "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>".encode(),
        "word/_rels/document.xml.rels": relationships(
            *((f"r{at}", kind, name) for at, (name, (kind, _)) in enumerate(given.items(), 1))
        ).encode(),
        **{f"word/{name}": data for name, (_, data) in given.items()},
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            if strict:
                for kind in ("wordprocessingml", "officeDocument"):
                    old = f"http://schemas.openxmlformats.org/{kind}/2006/".encode()
                    data = data.replace(old, f"http://purl.oclc.org/ooxml/{kind}/".encode())
            archive.writestr(name, data)
    return stream.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def loaded(body: str, parts: dict[str, tuple[str, bytes]] | None = None) -> Loaded:
    return load(package(body, parts), "a.docx", IngestSettings())


def text_of(body: str, parts: dict[str, tuple[str, bytes]] | None = None) -> str:
    return loaded(body, parts).documents[0].text


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("<w:strike/>", "struck"),
        ("<w:dstrike/>", "struck"),
        ("<w:vanish/>", "hidden"),
        ('<w:rStyle w:val="S"/>', "struck"),
    ],
)
def test_struck_and_hidden_text_is_left_out_and_in_the_metadata_and_said(mark: str, kind: str) -> None:
    style = f'<w:styles {SPACES}><w:style w:styleId="B"><w:rPr><w:strike/></w:rPr></w:style>'
    style += '<w:style w:styleId="S"><w:basedOn w:val="B"/></w:style></w:styles>'
    found = loaded(
        paragraph(run("The cap is "), run("500 euros", mark), run("250 euros.")),
        {"styles.xml": ("styles", style.encode())},
    )
    assert found.documents[0].text == "The cap is 250 euros."
    assert json.loads(found.documents[0].metadata.extra[kind]) == ["500 euros"]
    assert found.left_out == (("a.docx", f"{kind} text"),)
    assert found.documents[0].pages == ()


def test_a_property_that_is_switched_off_is_off() -> None:
    assert text_of(paragraph(run("Shown.", '<w:vanish w:val="0"/><w:strike w:val="false"/>'))) == "Shown."


def test_deleted_rows_and_paragraph_ends_are_gone_and_changes_are_metadata() -> None:
    deleted = '<w:rPr><w:del w:id="1" w:author="Ann"/></w:rPr>'
    cell = "<w:tc>{}</w:tc>"
    row = "<w:tr>{}" + cell.format(paragraph(run("Parking"))) + cell.format(paragraph(run("75 euros"))) + "</w:tr>"
    found = loaded(
        paragraph(run("The tenant pays "), properties=deleted)
        + paragraph(
            '<w:del w:author="Ann" w:date="2026-03-02T10:00:00Z"><w:r><w:delText>gas</w:delText></w:r></w:del>',
            f'<w:ins w:author="Ben">{run("the water.")}</w:ins>',
        )
        + f"<w:tbl>{row.format('')}{row.format('<w:trPr><w:del/></w:trPr>')}</w:tbl>"
    )
    document = found.documents[0]
    assert document.text == "The tenant pays the water.\n\nParking\t75 euros"
    assert json.loads(document.metadata.extra["deleted"]) == ["gas (Ann, 2026-03-02)", "Parking\t75 euros"]
    assert json.loads(document.metadata.extra["inserted"]) == ["the water. (Ben)"]
    assert found.left_out == (("a.docx", "deleted text"),)


def test_raised_digits_make_no_other_number() -> None:
    up = '<w:vertAlign w:val="superscript"/>'
    down = '<w:vertAlign w:val="subscript"/>'
    body = paragraph(
        run("It holds 10"), run("6", up), run(" litres for 1,200"), run("3", up), run(" euros on the 1"), run("st", up)
    )
    assert text_of(body) == "It holds 10⁶ litres for 1,200[3] euros on the 1st"
    assert text_of(paragraph(run("CO"), run("2", down), run(" at x5"), run("1", down))) == "CO2 at x5₁"


@pytest.mark.parametrize(
    ("before", "raised", "written"),
    [("12 m", "2", "²"), ("10", "-3", "⁻³"), ("48,000", "2", "[2]"), ("clause", "12", "[12]"), ("2 M", "me", "me")],
)
def test_exponents_and_marks_of_notes_are_told_apart(before: str, raised: str, written: str) -> None:
    assert superscript(before, raised) == written


def test_boxes_lists_and_symbols_are_what_they_show() -> None:
    field = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
    ticked, empty = (
        field.format("<w:checkBox><w:checked/></w:checkBox>"),
        field.format('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>'),
    )
    chosen = field.format(
        '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Delay"/><w:listEntry w:val="Defect"/></w:ddList>'
    )
    wingding = '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>'
    assert text_of(paragraph(ticked, run(" A "), empty, run(" B "), chosen, run(" "), wingding)) == "☒ A ☐ B Defect ☐"
    assert symbol("Symbol", 0xF0B3) == "≥"


def test_a_comment_follows_its_paragraph_with_its_author() -> None:
    comment = f'<w:comments {SPACES}><w:comment w:id="7" w:author="Ann Lee">{paragraph(run("Too low."))}</w:comment>'
    body = paragraph(run("The cap is 9 euros."), '<w:r><w:commentReference w:id="7"/></w:r>') + paragraph(run("Next."))
    text = text_of(body, {"comments.xml": ("comments", f"{comment}</w:comments>".encode())})
    assert text == "The cap is 9 euros.\n\n[Comment, Ann Lee] Too low.\n\nNext."


def test_the_reading_of_characters_stands_behind_them() -> None:
    ruby = f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
    assert text_of(paragraph(ruby)) == "東京（とうきょう）"


def test_inserted_documents_stand_in_their_place_and_embedded_ones_are_attached() -> None:
    html = b"<html><body><p>From HTML.</p></body></html>"
    inner = package(paragraph(run("Inside.")))
    found = loaded(
        paragraph(run("One.")) + '<w:altChunk r:id="r1"/>' + paragraph(run("Two.")),
        {"chunk.html": ("aFChunk", html), "embeddings/schedule.docx": ("package", inner)},
    )
    assert found.documents[0].text == "One.\n\nFrom HTML.\n\nTwo."
    assert [(one.source, one.text) for one in found.documents[1:]] == [("a.docx#schedule.docx", "Inside.")]


def test_strict_documents_are_read() -> None:
    data = package(paragraph(run("Strict.")), strict=True)
    assert b"purl.oclc.org" in zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml")
    assert load(data, "a.docx", IngestSettings()).documents[0].text == "Strict."


def test_equations_make_no_other_number() -> None:
    def part(name: str, text: str) -> str:
        return f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>"

    equations = (
        f"<m:sSup>{part('e', '10')}{part('sup', '6')}</m:sSup>",
        f"<m:sSup>{part('e', '2')}{part('sup', 'x+1')}</m:sSup>",
        f"<m:sSub>{part('e', 'x')}{part('sub', '1')}</m:sSub>",
        f"<m:f>{part('num', '1')}{part('den', '2')}</m:f>",
        f"<m:f>{part('num', 'a+b')}{part('den', '2')}</m:f>",
        f"<m:rad>{part('deg', '3')}{part('e', '27')}</m:rad>",
    )
    namespace = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    body = "".join(paragraph(f"<m:oMath {namespace}>{one}</m:oMath>") for one in equations)
    assert text_of(body).split() == ["10⁶", "2^(x+1)", "x₁", "1/2", "(a+b)/2", "³√27"]


@pytest.mark.parametrize(
    ("author", "created", "shown", "day"),
    [
        (None, None, None, "2024-03-07"),  # as the library's template has them: nobody wrote anything on that day
        ("Ann Orr", None, "Ann Orr", "2024-03-07"),
        ("Ann Orr", datetime(2024, 3, 1, 9, 30), "Ann Orr", "2024-03-07"),
    ],
)
def test_what_a_template_says_of_itself_is_not_said_of_the_document(
    author: str | None, created: datetime | None, shown: str | None, day: str
) -> None:
    made, data = docx.Document(), io.BytesIO()
    made.add_paragraph("Lund Surveyors, Bergen. Report dated 7 March 2024, on the kiln of the brickworks at Vale.")
    made.add_paragraph("The kiln was cold.")
    if author:
        made.core_properties.author = author
    if created:
        made.core_properties.created = created
    made.save(data)
    (found,) = load(data.getvalue(), "report.docx", IngestSettings()).documents
    assert found.metadata.author == shown
    assert (found.metadata.date or "")[:10] == ("" if created is None else f"{created:%Y-%m-%d}")
    assert found.date == day
