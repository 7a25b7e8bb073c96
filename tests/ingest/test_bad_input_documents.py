"""A document that cannot be read gives the error that says why, names the file and says what to do."""

from __future__ import annotations

import io
import logging
import os
import zipfile
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from hybrid.errors import (
    DamagedDocumentError,
    DocumentChangedError,
    DocumentError,
    DocumentTooLargeError,
    EmptyDocumentError,
    EncryptedDocumentError,
    OutsideFolderError,
    UnsupportedFormatError,
)
from hybrid.ingest.discovery import Found, discover
from hybrid.ingest.loaders import loading
from hybrid.ingest.loaders.loading import load, read_bytes
from hybrid.settings import IngestSettings

SETTINGS = IngestSettings()


def refused(data: bytes, source: str, kind: type[DocumentError], words: str, limits: IngestSettings = SETTINGS) -> None:
    with pytest.raises(kind, match=words) as caught:
        load(data, source, limits)
    assert type(caught.value) is kind
    assert caught.value.source == source
    assert str(caught.value).startswith(f"{source}: ")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=12)
    for text in ("One.", "Two.", "Three."):
        made.add_page()
        made.cell(text=text)
    return bytes(made.output())


@pytest.fixture(scope="module")
def word() -> bytes:
    made = docx.Document()
    made.add_paragraph("The term is two years.")
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def rewritten(data: bytes, change: dict[str, bytes]) -> bytes:
    """The zip archive with some of its members replaced or added."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in change:
                new.writestr(name, old.read(name))
        for name, content in change.items():
            new.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.eml", "a"])
@pytest.mark.parametrize("data", [b"", b" \r\n\t "])
def test_an_empty_file_is_empty_whatever_its_name(name: str, data: bytes) -> None:
    refused(data, name, EmptyDocumentError, "empty")


def test_a_document_without_text_is_empty() -> None:
    refused(b"<html><script>x()</script></html>", "a.html", EmptyDocumentError, "no text")
    refused("\ufeff\n".encode(), "a.txt", EmptyDocumentError, "no text")
    stream = io.BytesIO()
    docx.Document().save(stream)
    refused(stream.getvalue(), "a.docx", EmptyDocumentError, "no text.*OCR")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GIF89a....", "GIF image"),
        (b"text\0text", "NUL"),
        (b"\x01\x02\x03\x04\x05 a", "control characters"),
        (b"!BDN" + bytes(100), "Outlook mailbox.*export its mails"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "old Office file.*save it as"),
        (b"\x1f\x8b....", "unpack"),
        (b"\xff\xfe" + b"\x00\xd8" * 50, "encoding"),
    ],
)
def test_a_binary_is_unsupported_even_if_it_is_named_txt(data: bytes, words: str) -> None:
    refused(data, "a.txt", UnsupportedFormatError, words)


def test_zip_files_that_are_not_what_they_say_are_named() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.bin", "")
    refused(stream.getvalue(), "a.xlsb", UnsupportedFormatError, "binary Excel")
    refused(b"PK\x03\x04 broken", "a.zip", DamagedDocumentError, "zip")


def test_a_pdf_cut_anywhere_is_damaged(pdf: bytes) -> None:
    for length in (10, 100, len(pdf) // 2, len(pdf) - 100, len(pdf) - 10):
        refused(pdf[:length], "cut.pdf", DamagedDocumentError, "cut off.*good copy")


def test_a_pdf_with_a_hole_keeps_the_parsers_error_as_cause(pdf: bytes) -> None:
    with pytest.raises(DamagedDocumentError) as caught:
        load(b"%PDF-1.7\n" + b"junk " * 50 + b"\n%%EOF", "hole.pdf", SETTINGS)
    assert caught.value.__cause__ is not None


def test_text_named_pdf_or_docx_is_damaged() -> None:
    refused(b"just text", "a.pdf", DamagedDocumentError, "named .pdf.*not PDF")
    refused(b"just text", "a.docx", DamagedDocumentError, "named .docx.*not DOCX")
    refused(b"just text", "a.eml", DamagedDocumentError, "no mail header")


def encrypted(pdf: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt(password, "owner", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_that_needs_a_password_is_encrypted(pdf: bytes) -> None:
    refused(encrypted(pdf, "secret"), "a.pdf", EncryptedDocumentError, "password; save a copy without")


def test_a_pdf_that_opens_with_the_empty_password_is_read(pdf: bytes) -> None:
    assert load(encrypted(pdf, ""), "a.pdf", SETTINGS).documents[0].text == "One.\nTwo.\nThree."


def test_a_password_protected_docx_is_encrypted() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    refused(data, "a.docx", EncryptedDocumentError, "password")


def with_image(pdf: bytes, page: int) -> bytes:
    """The PDF with the content of a page replaced by an image."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    image = DecodedStreamObject()
    image.set_data(b"\x00")
    names = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray"}
    image.update({NameObject(key): NameObject(value) for key, value in names.items()})
    image.update(
        {NameObject(key): NumberObject(n) for key, n in {"/Width": 1, "/Height": 1, "/BitsPerComponent": 8}.items()}
    )
    content = DecodedStreamObject()
    content.set_data(b"q 100 0 0 100 0 0 cm /Im0 Do Q")
    target = writer.pages[page]
    objects = DictionaryObject({NameObject("/Im0"): writer._add_object(image)})
    target[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): objects})
    target[NameObject("/Contents")] = writer._add_object(content)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_scan_is_empty_and_says_that_it_needs_ocr(pdf: bytes) -> None:
    data = pdf
    for page in range(3):
        data = with_image(data, page)
    refused(data, "scan.pdf", EmptyDocumentError, r"3 page\(s\).*OCR", IngestSettings(ocr="never"))


def test_a_scanned_page_among_others_is_reported_and_keeps_its_number(pdf: bytes) -> None:
    loaded = load(with_image(pdf, 1), "a.pdf", IngestSettings(ocr="never"))
    document = loaded.documents[0]
    assert document.page_of(document.text.index("Three.")) == 3
    assert [(part.source, part.code) for part in loaded.skipped] == [("a.pdf#page=2", "empty")]
    assert "OCR" in loaded.skipped[0].reason


def test_a_damaged_page_is_reported_and_the_others_are_kept(pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf import PageObject

    read = PageObject.extract_text

    def failing(page: PageObject, **given: object) -> str:
        text = read(page)
        if "Two" in text:
            raise KeyError("/Font")
        return text

    monkeypatch.setattr(PageObject, "extract_text", failing)
    loaded = load(pdf, "a.pdf", SETTINGS)
    assert loaded.documents[0].text == "One.\n\nThree."
    assert [(part.source, part.code) for part in loaded.skipped] == [("a.pdf#page=2", "damaged")]


def test_pypdfs_log_does_not_reach_the_user(pdf: bytes, caplog: pytest.LogCaptureFixture) -> None:
    broken_table = pdf.replace(b"startxref\n", b"startxref\n9")
    with caplog.at_level(logging.DEBUG):
        PdfReader(io.BytesIO(broken_table))
        assert caplog.records, "the parser no longer logs this defect: choose another"
        caplog.clear()
        assert load(broken_table, "a.pdf", SETTINGS).documents[0].text == "One.\nTwo.\nThree."
    assert caplog.records == []
    assert logging.getLogger("pypdf").propagate


def test_a_broken_docx_is_damaged(word: bytes) -> None:
    for length in (30, len(word) // 2, len(word) - 30):
        refused(word[:length], "a.docx", DamagedDocumentError, "cut off or damaged.*good copy")
    refused(rewritten(word, {"word/document.xml": b"<w:document"}), "a.docx", DamagedDocumentError, "DOCX.*malformed")
    refused(rewritten(word, {"[Content_Types].xml": b"<Types/>"}), "a.docx", DamagedDocumentError, "DOCX.*malformed")


def test_a_docx_bomb_is_too_large_before_it_is_unpacked(word: bytes) -> None:
    limits = IngestSettings(max_file_bytes=10**6)
    bomb = rewritten(word, {"word/media/image1.bin": b"\0" * (3 * 10**6)})
    assert len(bomb) < limits.max_file_bytes
    refused(bomb, "a.docx", DocumentTooLargeError, "unpacks to.*max_file_bytes", limits)


def test_an_entity_bomb_is_damaged(word: bytes) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 30))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>a &e29;</w:t></w:r></w:p></w:body></w:document>"
    )
    refused(rewritten(word, {"word/document.xml": text.encode()}), "a.docx", DamagedDocumentError, "DOCX|document type")


def test_an_external_entity_is_not_read(word: bytes, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    text = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>a &e;</w:t></w:r></w:p></w:body></w:document>"
    )
    refused(rewritten(word, {"word/document.xml": text.encode()}), "a.docx", DamagedDocumentError, "document type")


def test_html_nested_too_deeply_is_damaged_and_a_thousand_deep_is_read() -> None:
    page = "<html>" + "<div>" * 1000 + "deep" + "</div>" * 1000 + "<p>after"
    assert load(page.encode(), "a.html", SETTINGS).documents[0].text == "deep\n\nafter"
    refused(("<html>" + "<div>" * 100_000 + "deep").encode(), "a.html", DamagedDocumentError, "nested too deeply")


def test_a_mail_nested_too_deeply_is_named_and_its_headers_are_read() -> None:
    parts = [b"From: a@b.example\nMIME-Version: 1.0\n"]
    parts += [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(400)]
    loaded = load(b"".join(parts), "a.eml", SETTINGS)
    assert loaded.documents[0].text == "From: a@b.example"
    assert [one.code for one in loaded.skipped] == ["too_large", "damaged"]  # no boundary is closed


def test_a_mail_with_an_unreadable_attachment_is_kept(word: bytes) -> None:
    message = EmailMessage()
    message["From"] = "ann@acme.example"
    message.set_content("See attached.")
    message.add_attachment(word[:200], maintype="application", subtype="zip", filename="cut.docx")
    message.add_attachment(b"", maintype="application", subtype="pdf", filename="none.pdf")
    loaded = load(message.as_bytes(), "m.eml", SETTINGS)
    assert len(loaded.documents) == 1
    assert [(part.source, part.code) for part in loaded.skipped] == [
        ("m.eml#cut.docx", "damaged"),
        ("m.eml#none.pdf", "empty"),
    ]


def found(path: Path, root: Path | None = None) -> Found:
    status = path.stat()
    return Found(path, path.name, root, status.st_size, status.st_mtime_ns)


def test_a_file_over_the_limit_is_refused_without_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)  # a hole: no disk is used

    class Unreadable(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("it was read")

    monkeypatch.setattr(loading, "open_regular", lambda path: Unreadable(path))
    with pytest.raises(DocumentTooLargeError, match=r"big.txt: 209,715,200 bytes.*raise max_file_bytes"):
        read_bytes(found(path), SETTINGS)


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"12345")
    assert read_bytes(found(path), IngestSettings(max_file_bytes=5)) == b"12345"
    with pytest.raises(DocumentTooLargeError):
        read_bytes(found(path), IngestSettings(max_file_bytes=4))
    refused(b"12345", "a.txt", DocumentTooLargeError, "max_file_bytes", IngestSettings(max_file_bytes=4))


@pytest.mark.parametrize("change", ["grown", "shrunk", "rewritten"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")
    os.utime(path, ns=(1, 1))

    class Changing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            path.write_bytes({"grown": b"before and after", "shrunk": b"be", "rewritten": b"after!"}[change])
            return super().read(size)

    monkeypatch.setattr(loading, "open_regular", lambda path: Changing(path))
    with pytest.raises(DocumentChangedError, match=r"a.txt: it changed.*ingest it again"):
        read_bytes(found(path), SETTINGS)


def test_a_file_replaced_by_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "a.txt").write_text("text")
    entry = found(folder / "a.txt", folder)
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(OutsideFolderError, match=r"secret.txt, outside .*name that path itself"):
        read_bytes(entry, SETTINGS)


def test_a_file_replaced_by_a_pipe_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    entry = found(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UnsupportedFormatError, match="regular file"):
        read_bytes(entry, SETTINGS)


def test_a_file_that_is_gone_or_forbidden_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    entry = found(path)
    path.unlink()
    with pytest.raises(DocumentError, match=r"a.txt: it cannot be read: No such file"):
        read_bytes(entry, SETTINGS)

    def forbidden(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(loading, "open_regular", forbidden)  # root may read everything, so the refusal is made up
    with pytest.raises(DocumentError, match="Permission denied; change its permissions"):
        read_bytes(entry, SETTINGS)


NAMES = st.sampled_from(["a", "a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.eml", "a.png"])
STARTS = st.sampled_from(
    [
        b"",
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"<html>",
        b"From: a\nTo: b\nSubject: c\n\n",
        b"\xff\xfe",
        b"# T\n",
        b"---\na: b\n",
    ]
)
ENDS = st.sampled_from([b"", b"\nstartxref\n0\n%%EOF", b"</html>"])


@settings(max_examples=300, deadline=None)
@given(start=STARTS, middle=st.binary(max_size=400), end=ENDS, name=NAMES)
def test_no_bytes_raise_anything_but_a_document_error(start: bytes, middle: bytes, end: bytes, name: str) -> None:
    with suppress(DocumentError):
        document = load(start + middle + end, name, SETTINGS).documents[0]
        assert document.text.strip()
        document.text.encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 10**6), junk=st.binary(min_size=1, max_size=30), name=st.sampled_from(["pdf", "word"]))
def test_no_damage_raises_anything_but_a_document_error(
    pdf: bytes, word: bytes, at: int, junk: bytes, name: str
) -> None:
    data = {"pdf": pdf, "word": word}[name]
    at %= len(data)
    with suppress(DocumentError):
        assert load(data[:at] + junk + data[at + len(junk) :], f"a.{name}", SETTINGS).documents


def test_skipped_files_say_what_load_would(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1\2")
    (entry,) = discover([tmp_path], SETTINGS)
    assert not isinstance(entry, Found)
    with pytest.raises(UnsupportedFormatError) as caught:
        load(b"\0\1\2", "a.bin", SETTINGS)
    assert (entry.code, entry.reason) == (caught.value.code, caught.value.reason)
