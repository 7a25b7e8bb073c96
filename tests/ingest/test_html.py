"""HTML: what a browser shows; what it does not is in the metadata, and said."""

from __future__ import annotations

import json

import pytest

from hybrid.ingest.loaders.html import load_html
from hybrid.ingest.progress import Tally
from hybrid.types.documents import Metadata

HIDDEN = "It ends in 2019."


def page(body: str, style: str = "") -> str:
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def text_of(body: str, style: str = "") -> str:
    return load_html(page(body, style).encode(), "a.html").text


@pytest.mark.parametrize(
    ("style", "element"),
    [
        (".x {display: none}", 'class="x"'),
        ("#x {visibility: hidden !important}", 'id="x" style="visibility: visible"'),
        ("@media screen {div > p.x {opacity: 0}}", 'class="x"'),
        ("", 'style="font-size:0"'),
        ("", 'style="max-height:0; overflow:hidden"'),
        (".x {position: absolute; left: -9999px}", 'class="x"'),
        ("", "hidden"),
    ],
)
def test_hidden_text_is_left_out_and_in_the_metadata_and_said(style: str, element: str) -> None:
    found = load_html(page(f"<div><p>It ends in 2031.</p><p {element}>{HIDDEN}</p></div>", style).encode(), "a.html")
    assert found.text == "It ends in 2031."
    assert json.loads(found.metadata.extra["hidden"]) == [HIDDEN]
    assert found.left_out == ("hidden text",)


@pytest.mark.parametrize(
    ("style", "element"),
    [
        (".x {display: none} p.x {display: block}", 'class="x"'),
        (".x {display: none}", 'class="x" style="display: block"'),
        ("@media print {.x {display: none}}", 'class="x"'),
        (".x:hover {display: none}", 'class="x"'),
        ("", 'aria-hidden="true"'),
    ],
)
def test_what_a_browser_shows_is_read(style: str, element: str) -> None:
    assert text_of(f"<p {element}>{HIDDEN}</p>", style) == HIDDEN


@pytest.mark.parametrize(
    "struck", ["<s>{}</s>", "<del>{}</del>", '<span style="text-decoration: line-through">{}</span>']
)
def test_struck_text_is_left_out_and_in_the_metadata(struck: str) -> None:
    found = load_html(page(f"<p>The cap is {struck.format('500 euros')} 250 euros.</p>").encode(), "a.html")
    assert found.text == "The cap is 250 euros."
    assert json.loads(found.metadata.extra["struck"]) == ["500 euros"]


def test_raised_digits_make_no_other_number() -> None:
    body = (
        '<p>For 1,200<sup><a href="#n">3</a></sup> euros, 10<sup>6</sup> litres of H<sub>2</sub>O, the 1<sup>st</sup>.'
    )
    assert text_of(body) == "For 1,200[3] euros, 10⁶ litres of H2O, the 1st."


def test_fields_of_forms_show_their_values() -> None:
    body = (
        '<form><label>Claimant <input type="text" value="Nadia Voss"></label><label>Ground <select>'
        "<option>Delay</option><option selected>Defect</option></select></label>"
        "<label><input type=checkbox checked> Waives interest</label>"
        '<input type="hidden" value="token"><select><option>First</option><option>Second</option></select>'
        "<textarea>Typed\nin.</textarea></form>"
    )
    assert text_of(body) == "Claimant Nadia Voss\nGround Defect\n☒ Waives interest\nFirst Typed\nin."


def test_pictures_show_the_text_that_stands_for_them() -> None:
    body = '<p>Stamped: <img src="x.png" alt="received 4 May"><img src="y.gif" alt=""><svg><text>drawn</text></svg></p>'
    assert text_of(body) == "Stamped: [Image: received 4 May] drawn"


def test_readings_of_characters_stand_behind_them() -> None:
    assert text_of("<ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>") == "東京（とうきょう）"


def test_a_page_without_anything_hidden_says_nothing_of_it() -> None:
    found = load_html(page("<p>Open.</p>").encode(), "a.html")
    assert found.metadata == Metadata(extra={"encoding": "utf-8"})
    assert found.left_out == ()


def test_a_dialog_is_shown_once_it_is_open() -> None:
    assert text_of("<dialog>The old toll.</dialog><dialog open>The new toll.</dialog>") == "The new toll."


def test_a_page_in_a_frame_is_read_in_its_place() -> None:
    inner = "&lt;p&gt;The &lt;s&gt;old&lt;/s&gt; ferry &amp;amp; the quay.&lt;/p&gt;"
    found = load_html(f'<p>First.</p><iframe srcdoc="{inner}">No frames.</iframe><p>Last.</p>'.encode(), "a.html")
    assert found.text == "First.\n\nThe ferry & the quay.\n\nLast."
    assert found.left_out == ("struck text",)


@pytest.mark.parametrize("frame", ['<iframe src="b.html">Gone</iframe>', '<iframe hidden srcdoc="Gone"></iframe>'])
def test_a_frame_that_shows_another_file_or_nothing_is_left_out(frame: str) -> None:
    assert load_html(f"<p>First.</p>{frame}".encode(), "a.html").text == "First."


def test_frames_in_frames_end() -> None:
    html = "<p>Deepest.</p>"
    for _ in range(8):
        html = f'<p>Here.</p><iframe srcdoc="{html.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
    found = load_html(html.encode(), "a.html")
    assert found.text.count("Here.") == 5
    assert found.left_out == ("hidden text",)


def test_what_shows_only_without_scripts_is_noted_as_hidden() -> None:
    found = load_html(b"<p>The mast is new.</p><noscript>The keel is old.</noscript>", "a.html")
    assert found.text == "The mast is new."
    assert json.loads(found.metadata.extra["hidden"]) == ["The keel is old."]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("He said <q>no <b>deal</b></q>.", "He said “no deal”."),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> of it", "1/2 of it"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        ("<math><msup><mn>10</mn><mn>6</mn></msup></math> euros", "10⁶ euros"),
        ("<math><mfrac><mn>1</mn></mfrac><msup/></math>.", "1/."),
    ],
)
def test_quotes_and_formulas_read_as_a_browser_shows_them(written: str, shown: str) -> None:
    assert load_html(f"<html><p>{written}</p></html>".encode(), "a.html").text == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('Order <input type="submit" value="Send it"><input type="reset" value="Clear">', "Order Send it Clear"),
        ('<input placeholder="Your name">', "Your name"),
        ('<select><option label="Monthly">m</option><option>Yearly</option></select>', "Monthly"),
        ('<img src="a.png" title="A cracked beam">', "[Image: A cracked beam]"),
        ('<img src="a.png" aria-label="A cracked beam" alt="">', "[Image: A cracked beam]"),
        ("<iframe src=\"data:text/html,%3Cp%3EInside%3C/p%3E\"></iframe>", "Inside"),
        ("<iframe src=\"data:text/html;base64,PHA+SW5zaWRlPC9wPg==\"></iframe>", "Inside"),
    ],
)  # fmt: skip
def test_what_a_reader_sees_though_it_is_no_text_of_the_page_is_read(body: str, shown: str) -> None:
    assert text_of(body).strip() == shown


@pytest.mark.parametrize(
    ("body", "key", "noted", "said"),
    [
        ("<!-- The real price is 400 -->", "comments", ["The real price is 400"], "1 comments"),
        ("<!--[if mso]><p>Only in Outlook</p><![endif]-->", "comments", ["Only in Outlook"], "1 comments"),
        ("<![CDATA[ The real price ]]>", "comments", ["The real price"], "1 comments"),
        (
            '<input type="hidden" name="price" value="400"><input type="checkbox" value="yes">',
            "field_values",
            ["price: 400", "yes"],
            "2 values of fields that are not shown",
        ),
        ('<b title="Net of tax" aria-label="Charge">75</b>', "tooltips", ["Net of tax", "Charge"], "2 tooltips"),
        ("<svg><desc>A plan</desc></svg>", "tooltips", ["A plan"], "1 tooltips"),
        (
            "<select><option>Monthly</option><option>Yearly</option></select>",
            "choices",
            ["Yearly"],
            "1 choices of lists that are not chosen",
        ),
        ("<template><p>Later</p></template>", "hidden", ["Later"], "hidden text"),
        ('<object data="a.pdf">No viewer</object>', "hidden", ["No viewer"], "hidden text"),
        ("<video>No film</video>", "hidden", ["No film"], "hidden text"),
        ("<canvas>No drawing</canvas>", "hidden", ["No drawing"], "hidden text"),
    ],
)
def test_what_no_reader_sees_is_in_the_metadata_and_counted(body: str, key: str, noted: list[str], said: str) -> None:
    found = load_html(page(f"<p>The fee is due.</p>{body}").encode(), "a.html")
    assert json.loads(found.metadata.extra[key]) == noted
    assert found.left_out == (said,)


@pytest.mark.parametrize(
    "body",
    [
        "<!-- -->",
        "<!--StartFragment-->",
        "<!--[if gte mso 9]><xml><o:Author>Ann</o:Author></xml><![endif]-->",
        "<style><!-- p {color: red} --></style>",
        "<script></script>",
    ],
)
def test_what_says_nothing_is_not_counted(body: str) -> None:
    assert load_html(page(f"<p>The fee is due.</p>{body}").encode(), "a.html").left_out == ()


def test_a_page_whose_text_scripts_write_says_so() -> None:
    script = "<script>var chat = [{'who': 'Ann', 'said': 'The beam is cracked and we knew it in May.'}]</script>"
    by_scripts = "text that scripts write into the page (save it from a browser as PDF)"
    assert load_html(page(f"<p>Loading</p>{script}").encode(), "a.html").left_out == ("1 scripts", by_scripts)
    assert load_html(page(f"<p>{'The fee is due. ' * 30}</p>{script}").encode(), "a.html").left_out == ("1 scripts",)


def test_where_links_lead_is_in_the_metadata() -> None:
    body = '<a href="https://a.example/x">here</a><a href="#top">up</a><a href="mailto:b@x.example?subject=Pay">b</a>'
    found = load_html(page(body).encode(), "a.html").metadata.extra
    assert json.loads(found["links"]) == ["https://a.example/x", "mailto:b@x.example?subject=Pay"]
    assert "properties" not in found


def test_what_a_page_says_of_itself_is_in_the_metadata() -> None:
    html = b'<meta name="description" content="Terms of 2019"><p>The fee is due.</p>'
    assert json.loads(load_html(html, "a.html").metadata.extra["properties"]) == {"description": "Terms of 2019"}


def test_no_comment_of_a_page_takes_the_place_of_its_class_of_access() -> None:
    html = b'<meta name="comments" content="board"><!-- everybody --><p>The fee is due.</p>'
    assert load_html(html, "a.html", "comments").metadata.extra["comments"] == "board"


def test_the_note_of_an_ingest_says_how_many_there_are_in_each_document() -> None:
    left_out = [("a.html", "hidden text"), ("a.html", "1 comments"), ("b.html", "1,200 comments")]
    assert Tally(left_out=left_out).report(None).notes == (
        "Hidden text is left out of these documents: a.html.",
        "Comments are left out of these documents: a.html (1), b.html (1,200).",
    )
