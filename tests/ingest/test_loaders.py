"""Loaders give canonical text whose offsets, pages and lines are those of the source."""

from __future__ import annotations

import io
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from fpdf import FPDF
from pypdf import PdfReader

from hybrid.ingest.loaders import loading
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.ingest.loaders.numbering import numeral
from hybrid.settings import IngestSettings
from hybrid.types.documents import Document

SETTINGS = IngestSettings()
TERM = "The agreement ends on 31 March 2027."


def one(data: bytes, source: str) -> Document:
    loaded = load(data, source, SETTINGS)
    assert loaded.skipped == ()
    return loaded.documents[0]


def place(document: Document, sentence: str) -> tuple[int | None, tuple[int, int]]:
    """Page and lines of a sentence, which is found again at its offsets."""
    start = document.text.index(sentence)
    assert document.text[start : start + len(sentence)] == sentence
    location = document.locate(start, start + len(sentence))
    assert location.page == location.last_page
    return location.page, location.lines


def pdf(*pages: str, **info: str) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=12)
    for field, value in info.items():
        getattr(made, f"set_{field}")(value)
    for page in pages:
        made.add_page()
        made.multi_cell(0, 8, page)
    return bytes(made.output())


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Ann Lee <ann@acme.example>", "To": "bob@beta.example", **headers}.items():
        message[name.replace("_", "-")] = value
    return message


class TestText:
    def test_line_ends_are_newlines_and_lines_are_counted(self) -> None:
        document = one(f"One\r\ntwo\rthree\n{TERM}\r\n".encode(), "a.txt")
        assert document.text == f"One\ntwo\nthree\n{TERM}\n"
        assert place(document, TERM) == (None, (4, 4))
        assert document.pages == ()

    @pytest.mark.parametrize("data", [b"\xef\xbb\xbfOne.\r\nTwo.\rThree.\n", "Zürich.\r\nBasel.".encode()])
    def test_offsets_are_those_of_the_file_as_python_reads_it(self, data: bytes, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(data)
        with path.open(encoding="utf-8-sig") as file:
            assert one(data, "a.txt").text == file.read()

    def test_form_feeds_start_pages(self) -> None:
        document = one(f"Page one\nline two\f{TERM}\nlast\f".encode(), "a.txt")
        assert document.pages == (0, document.text.index(TERM))
        assert place(document, TERM) == (2, (1, 1))
        assert place(document, "last") == (2, (2, 2))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_byte_order_marks_decide_the_encoding(self, encoding: str) -> None:
        document = one("Café – 5 €".encode(encoding), "a.txt")
        assert document.text == "Café – 5 €"
        assert "guessed" not in document.metadata.extra["encoding"]

    def test_western_text_that_is_not_utf8_is_windows_1252_and_says_so(self) -> None:
        document = one(f"Café “Müller”. {TERM}".encode("cp1252"), "a.txt")
        assert document.text == f"Café “Müller”. {TERM}"
        assert document.metadata.extra == {"encoding": "cp1252 (guessed)"}

    def test_text_in_another_script_is_detected(self) -> None:
        russian = "Договор действует до конца года. Стороны обязуются выполнять его условия добросовестно. " * 5
        document = one(russian.encode("cp1251"), "a.txt")
        assert document.text == russian
        assert document.metadata.extra == {"encoding": "cp1251 (guessed)"}

    def test_damaged_utf8_keeps_the_rest_and_counts_what_was_replaced(self) -> None:
        document = one("é".encode() * 10 + b"\xff" + " – done".encode(), "a.txt")
        assert document.text == "é" * 10 + "\ufffd – done"
        assert document.metadata.extra == {"encoding": "utf-8", "replaced_characters": "1"}

    @pytest.mark.parametrize(
        ("utf8", "cp1252"),
        [("The café in Zürich paid 5 €.\n" * 4, "The café in Zürich paid 5 €.\n"),
         ("Zürich’s café.\n", "Größe: “5 €”\n"),
         ("Ann wrote: naïve.\n", "Bob’s reply.\n" * 3)],
    )  # fmt: skip
    def test_a_line_of_windows_1252_in_utf8_text_is_read_and_said(self, utf8: str, cp1252: str) -> None:
        for first, last in ((utf8.encode(), cp1252.encode("cp1252")), (cp1252.encode("cp1252"), utf8.encode())):
            document = one(first + last, "a.txt")
            assert document.text in (utf8 + cp1252, cp1252 + utf8)
            assert document.metadata.extra["encoding"] == "utf-8 and cp1252 (guessed)"
            count = sum(not letter.isascii() for letter in cp1252)
            assert document.metadata.extra["cp1252_characters"] == str(count)

    @pytest.mark.parametrize("text", ["Größe: 5 €", "“café”", "Þórður Ágústsson", "Größe\nÖl\n", "Año ñandú"])
    def test_a_few_western_letters_are_windows_1252(self, text: str) -> None:
        document = one(text.encode("cp1252"), "a.txt")
        assert (document.text, document.metadata.extra) == (text, {"encoding": "cp1252 (guessed)"})

    def test_bytes_between_utf8_of_another_alphabet_are_no_western_letters(self) -> None:
        document = one(("Договор. " * 20).encode() + "дом".encode("cp1251"), "a.txt")
        assert document.text.endswith("\ufffd" * 3)

    def test_the_line_that_tells_excel_the_separator_is_no_row(self) -> None:
        assert one(b"sep=;\r\nName;Fee\r\nAnn;5\r\n", "a.csv").text == "Name;Fee\nAnn;5\n"
        assert one(b"sep=;\nName;Fee\n", "a.txt").text == "sep=;\nName;Fee\n"

    def test_a_file_without_a_known_name_is_text_if_it_reads_as_text(self) -> None:
        assert one(b"MIT License", "LICENSE").media_type == "text/plain"

    def test_a_memo_named_txt_is_not_taken_for_a_mail(self) -> None:
        memo = b"To: Bob\nFrom: Ann\nSubject: x\nDate: today\nMessage-ID: 1\n\nHello"
        assert one(memo, "memo.txt").text == memo.decode()
        assert one(memo, "memo").media_type == "message/rfc822"

    def test_escaped_letters_of_json_are_letters(self) -> None:
        data = rb'{"owner": "M\u00fcller", "sign": "\ud83d\ude00", "path": "c:\\u00fc", "quote": "\u0022"}'
        read = [r'"owner": "Müller",', '"sign": "😀",', r'"path": "c:\\u00fc",', r'"quote": "\u0022"']
        assert [line.strip() for line in one(data, "a.json").text.split("\n")] == ["{", *read, "}"]
        assert one(data, "a.txt").text == data.decode()

    def test_xml_is_read_in_the_encoding_that_it_declares(self) -> None:
        data = '<?xml version="1.0" encoding="koi8-r"?><price>Цена</price>'.encode("koi8-r")
        assert "Цена" in one(data, "a.xml").text

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("<a>Br&#252;der &amp; S&#xf6;hne</a>", "<a>Brüder & Söhne</a>"),
            ("<a><![CDATA[a &amp; b]]> &#233;</a><!-- &amp; -->", "<a><![CDATA[a &amp; b]]> é</a><!-- &amp; -->"),
            ('<!DOCTYPE a [<!ENTITY b "K &#38; L">]><a>&b;</a>', '<!DOCTYPE a [<!ENTITY b "K &#38; L">]><a>K & L</a>'),
            ("<a>&nbsp; &#0; &#x110000; AT&T;</a>", "<a>&nbsp; &#0; &#x110000; AT&T;</a>"),
        ],
    )
    def test_characters_that_xml_writes_as_references_are_read(self, written: str, read: str) -> None:
        assert one(f"<?xml version='1.0'?>{written}".encode(), "a.xml").text == f"<?xml version='1.0'?>{read}"
        assert one(f"{written}".encode(), "a.txt").text == written

    @pytest.mark.parametrize(
        ("name", "written", "read"),
        [
            ("a.csv", 'Item;Note\nSack;"wet,\n\n  ""very"" wet"\n', 'Item;Note\nSack;"wet, ""very"" wet"\n'),
            ("a.tsv", 'Item\tNote\nSack\t"wet\ninside"', 'Item\tNote\nSack\t"wet inside"'),
            ("a.csv", 'Pipe,5"\nRod,"7"\nBar,8"\n', 'Pipe,5"\nRod,"7"\nBar,8"\n'),
            ("a.csv", 'Pipe,"open\nRod,7\n', 'Pipe,"open\nRod,7\n'),
            ("a.txt", 'Sack;"wet\ninside"', 'Sack;"wet\ninside"'),
        ],
    )
    def test_a_row_of_a_csv_file_is_a_line(self, name: str, written: str, read: str) -> None:
        assert one(written.encode(), name).text == read

    def test_entities_of_xml_do_not_expand_without_end(self) -> None:
        value = "x" * 900
        text = f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b '{value}'><!ENTITY c '&b;&b;'>]><a>{'&b;' * 5000}&c;</a>"
        assert len(one(text.encode(), "a.xml").text) < 3 * len(text)

    @pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp"])
    def test_a_short_japanese_text_is_read(self, encoding: str) -> None:
        text = "彼は言った。「行こう。」と。次の文！終わり？はい。"
        assert one(text.encode(encoding), "a.txt").text == text

    @pytest.mark.parametrize("name", ["a.txt", "a.html", "a.csv", "a.eml", "a.md"])
    @pytest.mark.parametrize(
        ("text", "encoding"),
        [("賃料は月額八十五万円とする。", "iso2022_jp"), ("半角ｶﾅも読む。", "iso2022_jp_ext"),
         ("①号棟は㈱山本。", "iso2022_jp_2004"),
         ("임대료는 매월 85만 원으로 한다.", "iso2022_kr")],
    )  # fmt: skip
    def test_what_escape_sequences_say_of_the_encoding_is_read(self, name: str, text: str, encoding: str) -> None:
        head = "From: a@b.example\nSubject: Rent\n\n" if name == "a.eml" else ""
        document = one((head + text).encode(encoding), name)
        assert text in document.text
        assert "\x1b" not in document.text
        assert "guessed" not in document.metadata.extra["encoding"]
        assert document.metadata.extra["encoding"].startswith("iso2022_")

    def test_characters_of_windows_in_a_japanese_mail_are_read_whatever_it_declares(self) -> None:
        text = "①号棟は㈱山本の半角ｶﾅ。"
        runs = [text[:9].encode("iso2022_jp_2004").replace(b"\x1b$(Q", b"\x1b$B"), text[9:].encode("iso2022_jp_ext")]
        head = b"From: a@b.example\nContent-Type: text/plain; charset=iso-2022-jp\n\n"
        assert text in one(head + b"".join(runs), "a.eml").text

    def test_colours_of_a_terminal_are_no_encoding(self) -> None:
        text = "\x1b[31mfailed\x1b[0m: the pump\x1b(B stopped, at a cost of $B 5."
        assert one(text.encode(), "a.log").metadata.extra == {"encoding": "utf-8"}

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [("第二条 月租金为人民币八千五百元。", "gb18030"), ("오늘은 비가 온다. 내일은 맑다.", "euc_kr")],
    )
    def test_other_languages_are_not_taken_for_japanese(self, text: str, encoding: str) -> None:
        assert one(text.encode(encoding), "a.txt").metadata.extra["encoding"] not in (
            "cp932 (guessed)",
            "euc_jp (guessed)",
        )


class TestMarkdown:
    def test_text_is_the_source_itself(self) -> None:
        source = f"# The *Deal*\n\n- **{TERM}**\n"
        document = one(source.encode(), "a.md")
        assert document.text == source
        assert place(document, TERM) == (None, (3, 3))
        assert document.title == "The Deal"

    def test_front_matter_gives_metadata(self) -> None:
        source = "---\ntitle: 'Supply'\nauthor: Ann Lee\ndate: 2026-03-01\ncustodian: Bob\n---\n# Other\n"
        metadata = one(source.encode(), "a.md").metadata
        assert (metadata.title, metadata.author, metadata.date, metadata.custodian) == (
            "Supply",
            "Ann Lee",
            "2026-03-01",
            "Bob",
        )

    def test_other_fields_of_front_matter_are_metadata_by_their_names(self) -> None:
        source = "---\ntitle: T\nAccess: board\ncase-no: '7/26'\nempty:\n---\nText.\n"
        extra = one(source.encode(), "a.md").metadata.extra
        assert extra == {"encoding": "utf-8", "Access": "board", "access": "board", "case-no": "7/26"}

    def test_front_matter_cannot_set_what_the_library_writes_there(self) -> None:
        source = "---\nocr: x\nrunning_text: 0-9\n_json: [a]\nencoding: none\nmedia_type: x\n---\nText.\n"
        assert one(source.encode(), "a.md").metadata.extra == {"encoding": "utf-8"}
        plain = one(b"Text.\n\naccess: board\n", "a.md")
        assert "access" not in plain.metadata.extra

    def test_a_heading_in_a_code_block_is_no_title(self) -> None:
        assert one(b"```\n# no\n```\n\n## Minor\n\nMajor\n=====\n", "a.md").title == "Major"


class TestHtml:
    def test_visible_text_breaks_where_blocks_do(self) -> None:
        html = (
            "<html><head><title>The  Deal</title><meta name=author content='Ann'>"
            "<meta name=date content=2026-03-01><style>p{}</style></head><body><h1>Deal</h1>"
            f"<p>One <b>bold</b>\n word.<br>{TERM}</p><script>alert('no')</script><div hidden>no</div>"
            "<p style='color:red; display: none'>no</p><!-- no --><ol start=4><li><p>Fourth</p><li>Fifth</ol>"
            "<table><tr><td>a</td><td></td><td>c</td></tr><tr><th>d<td>e</table><pre>x\n  y</pre></body></html>"
        )
        document = one(html.encode(), "a.html")
        assert document.text == (f"Deal\n\nOne bold word.\n{TERM}\n\n4. Fourth\n\n5. Fifth\n\na\t\tc\nd\te\n\nx\n  y")
        assert place(document, TERM) == (None, (4, 4))
        assert (document.title, document.metadata.author, document.metadata.date) == ("The Deal", "Ann", "2026-03-01")

    def test_text_after_the_end_of_the_page_is_kept(self) -> None:
        assert "second mail" in one(b"<html><body>first</body></html><p>second mail</p>", "a.html").text

    def test_the_declared_charset_decodes(self) -> None:
        html = "<html><meta charset='koi8-r'><p>Да</p></html>"
        document = one(html.encode("koi8-r"), "a.html")
        assert document.text == "Да"
        assert document.metadata.extra["encoding"] == "koi8-r"

    def test_html_is_known_by_its_content(self) -> None:
        page = b"<!-- saved -->\n<!DOCTYPE html><p>Hi</p>"
        assert one(page, "page.txt").text == "Hi"
        assert one(page, "page.md").text == page.decode()  # Markdown may hold HTML


class TestPdf:
    def test_a_sentence_is_on_its_page_and_line(self) -> None:
        document = one(pdf("First page.\nMore.", f"Top of two.\n{TERM}", "Three."), "a.pdf")
        assert place(document, "First page.") == (1, (1, 1))
        assert place(document, "Top of two.") == (2, (1, 1))
        assert place(document, TERM) == (2, (2, 2))
        assert place(document, "Three.") == (3, (1, 1))
        assert len(document.pages) == 3

    def test_a_blank_page_keeps_the_count(self) -> None:
        document = one(pdf("One.", "", "Three."), "a.pdf")
        assert place(document, "Three.")[0] == 3

    def test_document_information_is_metadata(self) -> None:
        metadata = one(pdf("Text.", title="The Deal", author="Ann Lee"), "a.pdf").metadata
        assert (metadata.title, metadata.author) == ("The Deal", "Ann Lee")
        assert metadata.date is not None
        assert metadata.date[4] == metadata.date[7] == "-"

    def test_a_pdf_is_known_by_its_content(self) -> None:
        assert one(pdf(TERM), "scan.txt").text == TERM


class TestDocx:
    def test_blocks_come_in_order_and_pages_start_at_breaks(self) -> None:
        made = docx.Document()
        made.core_properties.title = "Deal"
        made.core_properties.author = "Ann Lee"
        made.add_paragraph("Before.")
        table = made.add_table(2, 2)
        for cell, text in zip(table._cells, ["A", "B", "", "D"], strict=True):
            cell.text = text
        made.add_paragraph("After.")
        made.add_page_break()
        made.add_paragraph("Top of two.")
        made.add_paragraph(TERM)
        document = one(saved(made), "a.docx")
        assert document.text == f"Before.\n\nA\tB\n\tD\n\nAfter.\n\nTop of two.\n\n{TERM}"
        assert place(document, "After.") == (1, (6, 6))
        assert place(document, "Top of two.") == (2, (1, 1))
        assert place(document, TERM) == (2, (3, 3))
        assert (document.title, document.metadata.author) == ("Deal", "Ann Lee")
        assert document.metadata.date is None  # the day is the template's
        assert document.metadata.extra["page_breaks"] == "explicit only"

    def test_without_breaks_there_are_no_pages(self) -> None:
        made = docx.Document()
        made.add_paragraph(TERM)
        assert one(saved(made), "a.docx").pages == ()

    def test_a_rendered_break_splits_a_paragraph_and_repeats_no_explicit_one(self) -> None:
        made = docx.Document()
        made.add_paragraph("One.").add_run().add_break(docx.enum.text.WD_BREAK.PAGE)
        _xml(
            made,
            "<w:r><w:lastRenderedPageBreak/><w:t>Two </w:t></w:r>"
            "<w:r><w:lastRenderedPageBreak/><w:t>three.</w:t></w:r>",
        )
        document = one(saved(made), "a.docx")
        assert document.text == "One.\n\nTwo three."
        assert [document.text[start:][:3] for start in document.pages] == ["One", "Two", "thr"]
        assert document.metadata.extra["page_breaks"] == "rendered"

    def test_a_new_section_starts_a_page_unless_it_is_continuous(self) -> None:
        made = docx.Document()
        made.add_paragraph("One.")
        made.add_section(docx.enum.section.WD_SECTION.NEW_PAGE)
        made.add_paragraph("Two.")
        made.add_section(docx.enum.section.WD_SECTION.CONTINUOUS)
        made.add_paragraph("Still two.")
        document = one(saved(made), "a.docx")
        assert [place(document, text)[0] for text in ("One.", "Two.", "Still two.")] == [1, 2, 2]

    def test_changes_read_as_accepted(self) -> None:
        made = docx.Document()
        _xml(
            made,
            "<w:r><w:t xml:space='preserve'>ends on </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del>"
            "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>31</w:t></w:r></w:ins>"
            "<w:sdt><w:sdtContent><w:r><w:t xml:space='preserve'> March</w:t></w:r></w:sdtContent></w:sdt>",
        )
        assert one(saved(made), "a.docx").text == "ends on 31 March"

    def test_computed_numbers_stand_before_their_paragraphs(self) -> None:
        made = docx.Document()
        numbering = made.part.numbering_part.element
        levels = "".join(
            f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{style}"/>'
            f'<w:lvlText w:val="{text}"/></w:lvl>'
            for at, start, style, text in [
                (0, 4, "upperRoman", "Article %1"),
                (1, 1, "decimal", "%1.%2"),
                (2, 1, "lowerLetter", "(%3)"),
            ]
        ).replace('<w:numFmt w:val="decimal"/>', '<w:numFmt w:val="decimal"/><w:isLgl/>')
        numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77">{levels}</w:abstractNum>'))
        numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for level, text in [(0, "Term"), (1, "Start"), (1, "End"), (2, "early"), (2, "late"), (0, "Price"), (1, "Due")]:
            made.add_paragraph(text)._p.get_or_add_pPr().append(
                parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
            )
        assert one(saved(made), "a.docx").text.split("\n\n") == [
            "Article IV Term",
            "4.1 Start",
            "4.2 End",
            "(a) early",
            "(b) late",
            "Article V Price",
            "5.1 Due",
        ]

    def test_a_style_numbers_its_paragraphs(self) -> None:
        made = docx.Document()
        made.add_paragraph("First.", style="List Number")
        made.add_paragraph("Bullet.", style="List Bullet")
        made.add_paragraph("Second.", style="List Number")
        assert one(saved(made), "a.docx").text == "1. First.\n\nBullet.\n\n2. Second."

    def test_headers_come_first_footers_last_and_each_once(self) -> None:
        made = docx.Document()
        made.sections[0].header.paragraphs[0].text = "Case 12-345"
        made.sections[0].footer.paragraphs[0].text = "Confidential"
        made.add_paragraph("Body.")
        section = made.add_section()
        section.header.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Case 12-345"
        assert one(saved(made), "a.docx").text == "Case 12-345\n\nBody.\n\nConfidential"

    def test_a_footnote_follows_the_paragraph_that_refers_to_it(self) -> None:
        made = docx.Document()
        _xml(made, '<w:r><w:t>Price</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>.</w:t></w:r>')
        made.add_paragraph("Next.")
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        notes = (
            f"<w:footnotes {nsdecls('w')}><w:footnote w:id='2'><w:p><w:r><w:footnoteRef/></w:r>"
            "<w:r><w:t xml:space='preserve'> Net of tax.</w:t></w:r></w:p></w:footnote></w:footnotes>"
        )
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
        part = Part(PackURI("/word/footnotes.xml"), "application/xml", notes.encode(), made.part.package)
        made.part.relate_to(part, kind)
        assert one(saved(made), "a.docx").text == "Price[1].\n\n[1] Net of tax.\n\nNext."


class TestMail:
    def test_headers_body_and_metadata(self) -> None:
        message = mail(Subject="The Köln déal", Date="Mon, 02 Mar 2026 10:00:00 +0100", Delivered_To="bob@beta.example")
        message.set_content(f"Dear Bob,\n{TERM}\n")
        message.add_alternative(f"<p>Dear Bob, {TERM}</p>", subtype="html")
        document = one(message.as_bytes(), "m.eml")
        assert document.text == (
            "From: Ann Lee <ann@acme.example>\nTo: bob@beta.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100\n"
            f"Subject: The Köln déal\n\nDear Bob,\n{TERM}"
        )
        assert place(document, TERM) == (None, (7, 7))
        metadata = document.metadata
        assert (metadata.title, metadata.author) == ("The Köln déal", "Ann Lee <ann@acme.example>")
        assert (metadata.date, metadata.custodian) == ("2026-03-02T10:00:00+01:00", "bob@beta.example")

    def test_a_mails_identifier_is_kept_as_metadata_where_it_has_one(self) -> None:
        message = mail(Subject="x", Message_ID="<7@acme.example>")
        message.set_content(TERM)
        assert one(message.as_bytes(), "m.eml").metadata.extra["message_id"] == "<7@acme.example>"
        without = mail(Subject="x")
        without.set_content(TERM)
        assert "message_id" not in one(without.as_bytes(), "m.eml").metadata.extra

    def test_html_is_read_where_there_is_no_plain_text(self) -> None:
        message = mail(Subject="x")
        message.set_content(f"<p>Dear Bob</p><p>{TERM}</p>", subtype="html")
        assert one(message.as_bytes(), "m.eml").text.endswith(f"Dear Bob\n\n{TERM}")

    def test_attachments_are_documents_and_those_that_fail_are_reported(self) -> None:
        message = mail(Subject="x", X_Custodian="Lee, Ann")
        message.set_content("See attached.")
        data = pdf(TERM)
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename="../deal.pdf")
        message.add_attachment(data[:500], maintype="application", subtype="pdf", filename="cut.pdf")
        message.add_attachment("a note", filename="n.txt")
        message.add_attachment("another", filename="n.txt")
        loaded = load(message.as_bytes(), "in/m.eml", SETTINGS)
        assert [document.source for document in loaded.documents] == [
            "in/m.eml",
            "in/m.eml#deal.pdf",
            "in/m.eml#n.txt",
            "in/m.eml#n (2).txt",
        ]
        assert loaded.documents[1].text == TERM
        assert {document.parent for document in loaded.documents[1:]} == {"in/m.eml"}
        assert {document.metadata.custodian for document in loaded.documents} == {"Lee, Ann"}
        assert [(skipped.source, skipped.code) for skipped in loaded.skipped] == [("in/m.eml#cut.pdf", "damaged")]

    def test_an_attached_mail_is_followed_into(self) -> None:
        inner = mail(Subject="inner")
        inner.set_content("inner body")
        inner.add_attachment("deep", filename="n.txt")
        outer = mail(Subject="outer")
        outer.set_content("outer body")
        outer.add_attachment(inner)
        documents = load(outer.as_bytes(), "m.eml", SETTINGS).documents
        assert [document.source for document in documents] == [
            "m.eml",
            "m.eml#attachment-1.eml",
            "m.eml#attachment-1.eml#n.txt",
        ]
        assert documents[2].parent == documents[1].source
        assert documents[1].title == "inner"

    def test_depth_and_number_of_attachments_are_capped_and_reported(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loading, "MAX_DEPTH", 2)
        monkeypatch.setattr(loading, "MAX_ATTACHMENTS", 5)
        message = mail(Subject="0")
        message.set_content("body")
        for level in range(3):
            outer = mail(Subject=str(level + 1))
            outer.set_content("body")
            outer.add_attachment(message)
            message = outer
        loaded = load(message.as_bytes(), "m.eml", SETTINGS)
        assert len(loaded.documents) == 3
        assert [skipped.code for skipped in loaded.skipped] == ["too_large"]
        wide = mail(Subject="x")
        wide.set_content("body")
        for _ in range(7):
            wide.add_attachment(b"x", maintype="text", subtype="plain", filename="n.txt")
        loaded = load(wide.as_bytes(), "m.eml", SETTINGS)
        assert (len(loaded.documents), len(loaded.skipped)) == (6, 2)

    def test_a_malformed_header_does_not_cost_the_mail(self) -> None:
        raw = b"From: =?utf-8?b?!!!?= <\nTo: a@[\nSubject: caf\xe9 =?x-none?q?a?=\nDate: never\n\nbody"
        document = one(raw, "m.eml")
        assert document.text.endswith("\n\nbody")
        assert "Subject: café" in document.text
        assert document.metadata.date is None


def test_a_document_is_identified_by_its_bytes() -> None:
    assert one(b"same\r\n", "a.txt").sha256 != one(b"same\n", "a.txt").sha256
    assert one(b"same", "a.txt").sha256 == one(b"same", "b.md").sha256


def test_every_page_starts_where_the_page_map_says() -> None:
    loaded: Loaded = load(pdf("alpha", "beta", "gamma"), "a.pdf", SETTINGS)
    document = loaded.documents[0]
    ends = (*document.pages[1:], len(document.text))
    assert [document.text[a:b].strip() for a, b in zip(document.pages, ends, strict=True)] == ["alpha", "beta", "gamma"]


def test_numerals_count_as_word_processors_do() -> None:
    assert [numeral(n, "lowerRoman") for n in (1, 4, 9, 14, 1999)] == ["i", "iv", "ix", "xiv", "mcmxcix"]
    assert [numeral(n, "upperLetter") for n in (1, 26, 27)] == ["A", "Z", "AA"]
    assert [numeral(n) for n in (0, 12)] == ["0", "12"]


def _xml(document: Any, runs: str) -> None:
    """Add a paragraph of raw WordprocessingML."""
    document.element.body.insert(-1, parse_xml(f"<w:p {nsdecls('w')}>{runs}</w:p>"))


def test_the_cells_of_a_pdfs_table_are_parted_by_tabs_and_nothing_else_changes():
    document = FPDF()
    document.add_page()
    document.set_font("Helvetica", size=10)
    document.multi_cell(0, 6, "The stock of the mill in May, as the clerk counted it.", new_x="LMARGIN", new_y="NEXT")
    with document.table() as table:
        for row in (
            ("Fruit", "Counted on", "Tonnes"),
            ("Wild plums", "3 May 2024", "12"),
            ("Pears", "4 May 2024", "7"),
        ):
            made = table.row()
            for cell in row:
                made.cell(cell)
    data = bytes(document.output())
    text = load(data, "stock.pdf", SETTINGS).documents[0].text
    assert "Fruit\tCounted on\tTonnes\nWild plums\t3 May 2024\t12\nPears\t4 May 2024\t7" in text
    plain = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    assert text.replace("\t", " ") == plain
    assert "The stock of the mill in May" in text


def test_numbered_clauses_of_a_pdf_get_no_tabs():
    document = FPDF()
    document.add_page()
    document.set_font("Helvetica", size=10)
    for number in ("1.1", "1.2", "1.3"):
        document.cell(20, 6, number)
        document.cell(0, 6, f"The tenant of part {number} pays.", new_x="LMARGIN", new_y="NEXT")
    assert "\t" not in load(bytes(document.output()), "lease.pdf", SETTINGS).documents[0].text


def test_a_docxs_headers_and_footers_are_named_as_running_text():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Draft of May"
    document.sections[0].footer.paragraphs[0].text = "Mill papers"
    document.add_paragraph("The salt was wet.")
    loaded = load(saved(document), "salt.docx", SETTINGS).documents[0]
    assert [loaded.text[start:end] for start, end in loaded.layout.running] == ["Draft of May", "Mill papers"]
    assert [unit.text(loaded.text) for unit in loaded.layout.units] == ["The salt was wet."]
