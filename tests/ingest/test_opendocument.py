"""Of an OpenDocument file nothing is lost in silence that stands outside its paragraphs."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.settings import IngestSettings

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"), ("draw", "drawing"),
        ("svg", "svg-compatible"), ("meta", "meta"), ("presentation", "presentation"), ("chart", "chart"),
    )
)  # fmt: skip
NAMES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def opendocument(body: str, **parts: str) -> Loaded:
    """What is read of a text with this body and these parts, named with ``__`` for a slash and ``_`` for a blank."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "content.xml",
            f"<office:document-content {NAMES}><office:body>{body}</office:body></office:document-content>",
        )
        for name, content in parts.items():
            archive.writestr(f"{name.replace('__', '/').replace('_', ' ')}.xml", content)
    return load(stream.getvalue(), "a.odt", IngestSettings())


def text(body: str) -> str:
    return f"<office:text>{body}</office:text>"


def extra(found: Loaded, key: str) -> object:
    return json.loads(found.documents[0].metadata.extra[key])


SHEET = (
    f"<office:document-content {NAMES}><office:body><office:spreadsheet><table:table table:name='Rents'>"
    "<table:table-row><table:table-cell><text:p>Unit 4</text:p></table:table-cell>"
    "<table:table-cell><text:p>750</text:p>"
    "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
)


def styles(*pages: str) -> str:
    masters = "".join(f"<style:master-page>{page}</style:master-page>" for page in pages)
    return (
        f"<office:document-styles {NAMES}><office:master-styles>{masters}</office:master-styles>"
        "</office:document-styles>"
    )


def test_headers_and_footers_are_read_once_and_known_as_such() -> None:
    head = "<style:header><text:p>Draft of 3 May</text:p></style:header>"
    foot = "<style:footer><text:p>Confidential</text:p></style:footer>"
    found = opendocument(text("<text:p>The rent is due.</text:p>"), styles=styles(head + foot, head)).documents[0]
    assert found.text == "Draft of 3 May\n\nThe rent is due.\n\nConfidential"
    assert [found.text[start:end] for start, end in found.layout.running] == ["Draft of 3 May", "Confidential"]


def test_the_header_and_footer_that_every_sheet_has_are_left_out() -> None:
    default = (
        "<style:header><text:p><text:sheet-name>???</text:sheet-name></text:p></style:header>"
        "<style:footer><text:p>Page <text:page-number>1</text:page-number></text:p></style:footer>"
    )
    assert opendocument(text("<text:p>Hello.</text:p>"), styles=styles(default)).documents[0].text == "Hello."


def test_a_header_that_is_switched_off_is_hidden_text() -> None:
    page = styles('<style:header-left style:display="false"><text:p>Secret</text:p></style:header-left>')
    found = opendocument(text("<text:p>Hello.</text:p>"), styles=page)
    assert extra(found, "hidden") == ["Secret"]
    assert found.left_out == (("a.odt", "hidden text"),)


def test_an_embedded_sheet_stands_where_it_is_shown() -> None:
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    body = text(f"<text:p>The rents: {frame}They are net.</text:p>")
    found = opendocument(body, Object_1__content=SHEET).documents[0]
    assert found.text == "The rents: \nSheet: Rents\n\nUnit 4\t750\nThey are net."


def test_an_embedded_object_that_no_frame_shows_is_read_at_the_end() -> None:
    found = opendocument(text("<text:p>Hello.</text:p>"), Object_1__content=SHEET).documents[0]
    assert found.text == "Hello.\n\nSheet: Rents\n\nUnit 4\t750"


def test_an_embedded_formula_is_read_as_it_was_written() -> None:
    maths = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mfrac><mi>a</mi><mi>b</mi></mfrac>'
        "<annotation>{a} over {b}</annotation></semantics></math>"
    )
    body = text('<text:p>So <draw:frame><draw:object xlink:href="./Object 1"/></draw:frame></text:p>')
    assert opendocument(body, Object_1__content=maths).documents[0].text == "So [Formula: {a} over {b}]"


def test_what_stands_for_a_picture_is_read() -> None:
    frame = '<draw:frame><draw:image xlink:href="Pictures/1.png"/><svg:desc>A cracked beam</svg:desc></draw:frame>'
    assert opendocument(text(f"<text:p>See {frame}</text:p>")).documents[0].text == "See [Image: A cracked beam]"


@pytest.mark.parametrize(
    ("field", "shown", "hidden"),
    [
        ('<text:hidden-text text:string-value="Never" text:is-hidden="true"/>', "", ["Never"]),
        ('<text:hidden-text text:string-value="Never"/>', "", ["Never"]),
        ('<text:hidden-text text:string-value="Now" text:is-hidden="false">Now</text:hidden-text>', "Now", None),
        (
            '<text:conditional-text text:string-value-if-true="Yes" text:string-value-if-false="No">No'
            "</text:conditional-text>",
            "No",
            ["Yes"],
        ),
        (
            '<text:conditional-text text:string-value-if-true="Yes" text:string-value-if-false="No" '
            'text:current-value="false"/>',
            "No",
            ["Yes"],
        ),
    ],
)
def test_what_a_condition_hides_is_hidden_text(field: str, shown: str, hidden: list[str] | None) -> None:
    found = opendocument(text(f"<text:p>Paid: {field}.</text:p>"))
    assert found.documents[0].text == f"Paid: {shown}."
    assert (extra(found, "hidden") if "hidden" in found.documents[0].metadata.extra else None) == hidden


def test_the_footer_of_slides_is_read() -> None:
    body = (
        '<office:presentation><presentation:footer-decl presentation:name="f">Privileged</presentation:footer-decl>'
        "<draw:page><draw:frame><draw:text-box><text:p>Offer</text:p></draw:text-box></draw:frame></draw:page>"
        "</office:presentation>"
    )
    assert opendocument(body).documents[0].text == "[Footer] Privileged\n\nOffer"


def test_the_targets_of_links_and_the_properties_are_metadata() -> None:
    meta = (
        f"<office:document-meta {NAMES}><office:meta><dc:subject>Lease</dc:subject><meta:keyword>rent</meta:keyword>"
        "<meta:keyword>term</meta:keyword><dc:description>Do not send</dc:description>"
        '<meta:user-defined meta:name="Matter">12-A</meta:user-defined></office:meta></office:document-meta>'
    )
    body = text('<text:p><text:a xlink:href="https://a.example/x">here</text:a></text:p>')
    found = opendocument(body, meta=meta)
    assert extra(found, "links") == ["https://a.example/x"]
    assert extra(found, "properties") == {
        "subject": "Lease", "keywords": "rent; term", "comments": "Do not send", "Matter": "12-A",
    }  # fmt: skip
