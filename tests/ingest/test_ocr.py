"""Pages that are images are read by OCR, marked as such with how certain it was, or named with what to do."""

from __future__ import annotations

import io
import socket
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject

from hybrid import Corpus, Settings
from hybrid.errors import DocumentTooLargeError, EmptyDocumentError, UnsupportedFormatError
from hybrid.ingest import isolation
from hybrid.ingest.isolation import load_isolated
from hybrid.ingest.loaders import ocr, ocr_pages
from hybrid.ingest.loaders.loading import load
from hybrid.ingest.loaders.ocr_pages import Line, read_image
from hybrid.settings import IngestSettings
from hybrid.text import ocr_marks
from hybrid.types.documents import Document

SETTINGS = IngestSettings()
RENT = ["The rent is 1,250 euros a month.", "Müller & Söhne KG owns the barn."]
DEPOSIT = ["The deposit is 3,600 euros.", "It is paid back within six weeks."]
engine = pytest.mark.skipif(not ocr.installed(), reason="the extra ocr is not installed")


def drawn(lines: Sequence[str], width: int = 800) -> Image.Image:
    """A scan of these lines."""
    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"), 30)
    made = Image.new("RGB", (width, 60 + 60 * len(lines)), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(made).text((40, 30 + 60 * number), line, font=font, fill="black")
    return made


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def pdf_of(*pages: Image.Image | str, stamp: str = "") -> bytes:
    """A PDF whose pages are a scan, perhaps with a stamp, or text."""
    made = FPDF(format=(210, 80))
    made.set_font("helvetica", size=11)
    for page in pages:
        made.add_page()
        if isinstance(page, str):
            made.text(20, 30, page)
        else:
            made.image(page, x=5, y=5, w=200)
            made.text(150, 70, stamp)
    return bytes(made.output())


class Written:
    """An engine that reads the same lines in every image."""

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)
        self.images: list[tuple[int, int]] = []

    def lines(self, image: Image.Image) -> list[Line]:
        self.images.append(image.size)
        return self._lines


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    found = Written(Line("The rent is 900 euros.", 0.71, 100, 100, 700, 130))
    monkeypatch.setattr(ocr_pages, "recognizer", lambda: found)
    return found


def sure(document: Document, words: str) -> float | None:
    at = document.text.index(words)
    return document.ocr_confidence(at, at + len(words))


@engine
def test_a_scan_is_read_page_by_page_and_text_pages_keep_their_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("OCR used the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    data = pdf_of(drawn(RENT), "The lease ends in May.", drawn(DEPOSIT))
    document = load(data, "scan.pdf", SETTINGS).documents[0]
    assert document.text.split("\n") == [*RENT, "The lease ends in May.", *DEPOSIT]
    assert [document.page_of(document.text.index(words)) for words in ("Müller", "May", "six weeks")] == [1, 2, 3]
    assert sure(document, "May") is None
    assert (sure(document, "1,250") or 0) > 0.9


@engine
def test_the_text_over_a_scan_stays_as_its_layer_has_it_and_is_there_once() -> None:
    document = load(pdf_of(drawn(RENT), stamp="ACME000O17"), "scan.pdf", SETTINGS).documents[0]
    assert document.text.split("\n") == [*RENT, "ACME000O17"]
    assert sure(document, "ACME000O17") is None


@engine
@pytest.mark.parametrize(("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.tiff", "TIFF")])
def test_an_image_is_a_document(name: str, kind: str) -> None:
    more = {"save_all": True, "append_images": [drawn(DEPOSIT)]} if kind == "TIFF" else {}
    document = load(saved(drawn(RENT), kind, **more), name, SETTINGS).documents[0]
    assert document.text.split("\n") == [*RENT, *(DEPOSIT if more else [])]
    assert document.media_type == f"image/{kind.lower()}"
    assert document.page_of(len(document.text) - 1) == (2 if more else 1)


@engine
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_does_not_stand_upright_is_turned(degrees: int) -> None:
    found = read_image(drawn([*RENT, *DEPOSIT]).rotate(degrees, expand=True))
    assert found.text.split("\n") == [*RENT, *DEPOSIT]


@engine
def test_what_is_transparent_is_read_as_on_white_paper() -> None:
    layer = Image.new("RGBA", (800, 200), (0, 0, 0, 0))
    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"), 30)
    ImageDraw.Draw(layer).text((40, 60), RENT[0], font=font, fill=(0, 0, 0, 255))
    assert load(saved(layer, "PNG"), "a.png", SETTINGS).documents[0].text == RENT[0]


@engine
def test_letters_that_were_made_outlines_are_read() -> None:
    from fontTools.pens.basePen import BasePen
    from fontTools.ttLib import TTFont

    font = TTFont(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    drawing: list[str] = []

    class Outline(BasePen):  # type: ignore[misc]
        def _moveTo(self, at):  # noqa: N802
            drawing.append(f"{at[0]} {at[1]} m")

        def _lineTo(self, at):  # noqa: N802
            drawing.append(f"{at[0]} {at[1]} l")

        def _curveToOne(self, *points):  # noqa: N802
            drawing.append(" ".join(f"{x} {y}" for x, y in points) + " c")

        def _closePath(self):  # noqa: N802
            drawing.append("h")

    at = 30.0
    for letter in RENT[0]:
        glyph = glyphs[names[ord(letter)]]
        drawing.append(f"q 0.01 0 0 0.01 {at} 100 cm")
        glyph.draw(Outline(glyphs))
        drawing.append("f Q")
        at += glyph.width * 0.01
    made = FPDF(unit="pt", format=(595, 200))
    made.add_page()
    made._out("\n".join(drawing))
    assert load(bytes(made.output()), "a.pdf", SETTINGS).documents[0].text == RENT[0]


@engine
def test_a_citation_says_that_it_was_read_by_ocr_and_how_certain_that_is(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf_of(drawn(RENT), "The lease ends in May."))
    with Corpus.open(tmp_path / "c", Settings.model_validate({"memory": {"enabled": False}})) as corpus:
        report = corpus.ingest(tmp_path / "scan.pdf")
        assert not report.skipped
        scanned = corpus.ask("What is the rent?").citations[0]
        assert scanned.quote == RENT[0]
        assert scanned.page == 1
        assert scanned.ocr is not None
        assert scanned.ocr > 0.9
        assert f"read by OCR, confidence {scanned.ocr:.2f}" in str(scanned)
        answer = corpus.ask("When does the lease end?")
        assert answer.citations[0].ocr is None
        assert "OCR" not in str(answer.citations[0])
        assert corpus.verify(answer) == []


@engine
def test_limits_follow_the_pages_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine alone takes more memory than a file may, and a page more than a second."""
    monkeypatch.setattr(isolation, "SECONDS", 1)
    monkeypatch.setattr(isolation, "SECONDS_PER_MB", 0)
    found = load_isolated(saved(drawn(RENT), "PNG"), "a.png", SETTINGS)
    assert found.documents[0].text.split("\n") == RENT
    assert load_isolated(b"<p>The lease ends in May.", "a.html", SETTINGS).documents


@engine
def test_an_image_without_text_is_named() -> None:
    with pytest.raises(EmptyDocumentError, match="OCR finds no text"):
        load(saved(Image.new("RGB", (200, 200), "white"), "PNG"), "a.png", SETTINGS)


@pytest.mark.parametrize("setting", ["auto", "always"])
def test_without_the_extra_the_report_says_what_to_install(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: False)
    settings = IngestSettings.model_validate({"ocr": setting})
    install = r"pip install 'hybrid-ttt-rag\[ocr\]'"
    with pytest.raises(UnsupportedFormatError, match=f"PNG image; .*{install}"):
        load(saved(drawn(RENT), "PNG"), "a.png", settings)
    with pytest.raises(EmptyDocumentError, match=install):
        load(pdf_of(drawn(RENT)), "a.pdf", settings)
    skipped = load(pdf_of(drawn(RENT), "The lease ends in May."), "a.pdf", settings).skipped
    assert [one.source for one in skipped] == ["a.pdf#page=1"]
    assert "hybrid-ttt-rag[ocr]" in skipped[0].reason


def test_never_reads_no_image(written: Written) -> None:
    with pytest.raises(UnsupportedFormatError, match=r'ingest\.ocr is "never"'):
        load(saved(drawn(RENT), "PNG"), "a.png", IngestSettings(ocr="never"))
    assert written.images == []


@engine
def test_always_reads_pages_that_have_text(written: Written) -> None:
    document = load(pdf_of("The lease ends in May."), "a.pdf", IngestSettings(ocr="always")).documents[0]
    assert document.text == "The rent is 900 euros."


@engine
def test_a_doubtful_page_is_named_in_the_report(written: Written, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(drawn(RENT), "PNG"))
    settings = Settings.model_validate({"memory": {"enabled": False}, "ingest": {"isolate": "none"}})
    with Corpus.open(tmp_path / "c", settings) as corpus:
        note = " ".join(corpus.ingest(tmp_path / "a.png").notes)
    assert "OCR was not certain of these pages" in note
    assert "a.png page 1 (0.71)" in note


@engine
def test_a_file_has_no_more_page_images_than_its_size_can_hold(written: Written) -> None:
    data = pdf_of(*[Image.new("1", (40, 60), 1)] * 25)
    pages, allowed = len(data) // 1000, max(20, len(data) // 1000)
    found = load(data, "a.pdf", SETTINGS)
    assert pages < 25
    assert len(written.images) % allowed == 0
    assert [one.code for one in found.skipped] == ["too_large"]
    assert f"page(s) {allowed + 1}-25 were not read by OCR" in found.skipped[0].reason


def boxes(*rows: tuple[int, list[tuple[int, str]]], confidence: float = 0.99) -> list[Line]:
    return [
        Line(text, confidence, x, y, x + 14 * len(text), y + 30) for y, cells in rows for x, text in reversed(cells)
    ]


def test_cells_are_parted_by_tabs_and_paragraphs_by_a_blank_line() -> None:
    rows = (100, [(100, "Item"), (600, "Price")]), (150, [(100, "Chairs"), (600, "40.00")]), (300, [(100, "Total")])
    found = read_image(Image.new("L", (1654, 2339)), Written(*boxes(*rows)))
    assert found.text == "Item\tPrice\nChairs\t40.00\n\nTotal"


def test_columns_are_read_one_after_the_other() -> None:
    left = ["The carrier shall keep", "the crates dry until", "they reach the quay in", "Bruges. The toll is", "paid."]
    right = ["The owner shall count", "the crates within six", "hours. Later claims", "are void, save for", "seals."]
    rows = [
        (100 + 50 * at, [(100, one), (900, other)]) for at, (one, other) in enumerate(zip(left, right, strict=True))
    ]
    found = read_image(Image.new("L", (1654, 2339)), Written(*boxes(*rows)))
    assert found.text.split("\n") == [*left, *right]


def test_a_doubtful_line_has_a_mark_of_its_own() -> None:
    lines = [*boxes((100, [(100, "Clear.")])), *boxes((150, [(100, "Blurred.")]), confidence=0.6)]
    found = read_image(Image.new("L", (1654, 2339)), Written(*lines, *boxes((200, [(100, "Clear again.")]))))
    marks = ocr_marks.written(found.marks)
    assert marks == "0-6:0.99 7-15:0.60 16-28:0.99"
    assert ocr_marks.confidence(marks, 0, 28) == 0.6
    assert ocr_marks.confidence(marks, 16, 28) == 0.99


def test_metadata_that_are_no_marks_mark_nothing() -> None:
    assert ocr_marks.confidence("by hand, 3-4:7", 0, 9) is None


def test_an_image_with_too_many_pixels_is_named_as_such() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    with pytest.raises(DocumentTooLargeError, match="it has 900,000,000 pixels, more than the"):
        load(data, "a.png", IngestSettings())


def test_text_whose_font_names_no_characters_is_read_by_ocr() -> None:
    made = FPDF()
    made.add_page()
    made.add_font("embedded", "", str(Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    made.set_font("embedded", size=16)
    made.cell(text="The weir cost 6,200 florins.", new_x="LMARGIN", new_y="NEXT")
    made.set_font("helvetica", size=16)
    made.cell(text="Ida Rook signed it.")
    writer = PdfWriter(clone_from=io.BytesIO(bytes(made.output())))
    for held in writer._objects:
        font = held.get_object() if held is not None else None
        if isinstance(font, DictionaryObject) and font.get("/Subtype") == "/Type0":
            del font["/ToUnicode"]
    stream = io.BytesIO()
    writer.write(stream)
    found = load(stream.getvalue(), "a.pdf", IngestSettings())
    assert found.documents[0].text == "The weir cost 6,200 florins.\nIda Rook signed it."
    assert "ocr" in found.documents[0].metadata.extra
    assert not found.skipped


def letter(*pictures: Image.Image, text: str = "") -> bytes:
    """A DOCX with this text and these pictures."""
    made = docx.Document()
    if text:
        made.add_paragraph(text)
    for picture in pictures:
        made.add_picture(io.BytesIO(saved(picture, "PNG")))
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


@engine
def test_pictures_in_office_files_are_read_and_those_without_text_named_nowhere() -> None:
    blank = Image.new("RGB", (300, 200), "white")
    found = load(letter(drawn(RENT), blank, text="See below."), "a.docx", SETTINGS)
    assert [(one.source, one.parent) for one in found.documents] == [("a.docx", None), ("a.docx#image1.png", "a.docx")]
    assert "1,250 euros" in found.documents[1].text
    assert (found.skipped, found.left_out) == ((), ())


@engine
def test_an_office_file_that_holds_a_scan_alone_is_read() -> None:
    found = load(letter(drawn(RENT)), "a.docx", SETTINGS)
    assert found.documents[0].text == "Attachments:\nimage1.png"
    assert "1,250 euros" in found.documents[1].text
    with pytest.raises(EmptyDocumentError):
        load(letter(drawn(RENT)), "a.docx", IngestSettings(ocr="never"))


@engine
def test_a_picture_for_which_ocr_has_no_time_left_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr.Ocr, "take", lambda self, pages: 0)
    found = load(letter(drawn(RENT), text="See below."), "a.docx", SETTINGS)
    assert [one.source for one in found.skipped] == ["a.docx#image1.png"]
