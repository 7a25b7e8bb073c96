"""A file made to fill the memory, to run for ever or to crash its parser ends with its reason; the rest is ingested."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib

import pytest

from hybrid import Corpus, Settings
from hybrid.errors import DamagedDocumentError, DocumentTooLargeError
from hybrid.ingest import isolation
from hybrid.ingest.isolation import load_isolated, read_here
from hybrid.ingest.loaders import loading
from hybrid.ingest.loaders.loading import load
from hybrid.settings import IngestSettings
from hybrid.types.documents import sha256_hex

SETTINGS = IngestSettings()
HEADERS = b"From: a@b.example\nTo: c@d.example\nSubject: Hello\nDate: Mon, 2 Mar 2026 09:15:00 +0000\n\n"
MAIL = HEADERS + b"The lease ends in May.\n"


@pytest.fixture
def short(monkeypatch):
    """A second of CPU a file, however large, and 128 MB."""
    monkeypatch.setattr(isolation, "SECONDS", 1)
    monkeypatch.setattr(isolation, "SECONDS_PER_MB", 0)
    monkeypatch.setattr(isolation, "MEMORY", 128 * 2**20)
    monkeypatch.setattr(isolation, "MEMORY_PER_BYTE", 0)


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(*objects):
    """A PDF of these objects, the first of which is the catalog."""
    content, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    rows = b"".join(b"%010d 00000 n \n" % one for one in offsets)
    size = len(objects) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n" % size + rows + trailer


def page_of(stream):
    packed = zlib.compress(stream, 9)
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    )


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def office(main, kind, content, parts):
    """An Office file whose main part is ``main``."""
    vocabulary = "application/vnd.openxmlformats"
    types = (
        f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{vocabulary}-package.relationships+xml"/>'
        f'<Override PartName="/{main}" ContentType="{vocabulary}-officedocument.{kind}.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="{main}"/></Relationships>'
    )
    return zipped({"[Content_Types].xml": types, "_rels/.rels": relations, main: content, **parts})


def workbook(rows):
    relations = (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    named = '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
    book = f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}">{named}</workbook>'
    sheet = f'<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'
    parts = {"xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": sheet}
    return office("xl/workbook.xml", "spreadsheetml.sheet", book, parts)


def row(number):
    return f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>'


def word(body, doctype=""):
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
    content = f'<?xml version="1.0"?>{doctype}{document}'
    return office("word/document.xml", "wordprocessingml.document", content, {})


ENTITIES = '<!ENTITY e0 "lol">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "bomb.zip": lambda: zipped({"zeros.txt": b"0" * (40 << 20)}),
    "nested.zip": lambda: zipped({"a.zip": zipped({"b.zip": zipped({"zeros.txt": b"0" * (40 << 20)})})}),
    "rows.xlsx": lambda: workbook("".join(map(row, range(1, 200_001)))),
    "entities.docx": lambda: word(
        "<w:p><w:r><w:t>&e9;</w:t></w:r></w:p>", f'<!DOCTYPE d [<!ENTITY e0 "lol">{ENTITIES}]>'
    ),
    "loop.pdf": lambda: pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 /Parent 2 0 R >>"
    ),
    "operators.pdf": lambda: page_of(b"q 1 0 0 1 0 0 cm BT /F 9 Tf (x) Tj ET " * 1_000_000),
    "nested.html": lambda: b"<html><body>" + b"<div><table><tr><td><b><i>" * 100_000,
    "quotes.html": lambda: b"<html><style>" + b"a{b:c}/*" * 300_000 + b"</style>" + b"<a b='" * 300_000,
    "styles.html": lambda: (
        b"<html><style>"
        + b"".join(b".c%d .d{display:none}" % n for n in range(20_000))
        + b"</style>"
        + b"<p class='c1 d'>x</p>" * 20_000
    ),
}


def test_each_hostile_file_ends_with_its_reason_and_the_rest_is_ingested(tmp_path, short):
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, content in HOSTILE.items():
        (folder / name).write_bytes(content())
    (folder / "z.eml").write_bytes(MAIL)
    (folder / "deep.json").write_text("[" * 200_000)
    (folder / "deep.xml").write_text("<a>" * 200_000)
    with Corpus.open(tmp_path / "corpus", Settings.model_validate({"memory": {"enabled": False}})) as corpus:
        report = corpus.ingest(folder / "z.eml", *(folder / name for name in HOSTILE))
        assert [one.source.rpartition("/")[2] for one in corpus.documents() if one.source.endswith("z.eml")]
        named = {one.source.rpartition("/")[2].partition("#")[0]: one for one in report.skipped}
        assert sorted(named) == sorted(HOSTILE)
        assert all(one.reason for one in named.values())
        assert not report.notes


def test_a_row_far_down_costs_no_more_than_another(short):
    found = load_isolated(workbook(row(1) + row(1_000_000_000)), "far.xlsx", SETTINGS)
    assert found.documents[0].text.count("\n") == 3  # the name of the sheet, a blank line and two rows


def test_what_waits_too_long_is_named_with_the_time_by_the_clock(short, monkeypatch):
    monkeypatch.setattr(isolation, "SECONDS", 1000)
    monkeypatch.setattr(isolation, "_WAITING", 0.001)
    monkeypatch.setattr(isolation, "MEMORY", 2**32)  # reached sooner on a quick machine
    with pytest.raises(DocumentTooLargeError, match="over 1 s by the clock for"):
        load_isolated(HOSTILE["rows.xlsx"](), "rows.xlsx", SETTINGS)


def test_what_takes_too_long_is_named_with_what_to_do(short, monkeypatch):
    monkeypatch.setattr(isolation, "MEMORY", 2**32)
    with pytest.raises(DocumentTooLargeError, match="over 1 s of CPU time for") as caught:
        load_isolated(HOSTILE["rows.xlsx"](), "rows.xlsx", SETTINGS)
    assert "ingest.isolate" in caught.value.reason


def test_the_limit_on_memory_holds_and_the_next_file_is_read(short, monkeypatch):
    monkeypatch.setattr(isolation, "SECONDS", 60)
    with pytest.raises(DocumentTooLargeError, match="memory"):
        load_isolated(HOSTILE["operators.pdf"](), "operators.pdf", SETTINGS)
    assert load_isolated(MAIL, "a.eml", SETTINGS).documents


def test_text_of_more_than_twenty_times_the_file_is_refused(monkeypatch):
    monkeypatch.setattr(loading, "TEXT_AT_LEAST", 1000)
    data = word("<w:p><w:r><w:t>" + "All work and no play. " * 20_000 + "</w:t></w:r></w:p>")
    with pytest.raises(DocumentTooLargeError, match="20 times as long"):
        load(data, "a.docx", SETTINGS)
    assert load(zipped({"a.txt": "Word. " * 100, "b.txt": "Word. " * 20_000}), "a.zip", SETTINGS).skipped


def test_a_parser_that_crashes_costs_its_file_alone():
    with isolation._POOL.process() as process:
        first = process._process.pid
        os.kill(first, signal.SIGSEGV)
        process._process.wait()
        with pytest.raises(DamagedDocumentError, match="crashed"):
            process.load(MAIL, "a.eml", SETTINGS)
    assert load_isolated(MAIL, "a.eml", SETTINGS).documents[0].metadata.title == "Hello"


def test_one_process_reads_one_file_after_the_other_and_a_damaged_one_does_not_end_it():
    load_isolated(MAIL, "a.eml", SETTINGS)
    with isolation._POOL.process() as process:
        first = process._process.pid
    with pytest.raises(DamagedDocumentError):
        load_isolated(b"%PDF-1.4 cut", "a.pdf", SETTINGS)
    load_isolated(MAIL, "a.eml", SETTINGS)
    with isolation._POOL.process() as process:
        assert process._process.pid == first


def test_one_that_ended_while_it_was_idle_is_replaced():
    load_isolated(MAIL, "a.eml", SETTINGS)
    with isolation._POOL.process() as process:
        process._process.stdin.close()
        process._process.wait()
        isolation._POOL._free[os.getpid()].append(process)
    with isolation._POOL.process() as process:
        assert process.load(MAIL, "a.eml", SETTINGS).documents


def test_what_it_gives_is_what_reading_it_here_gives():
    for data, name in ((MAIL, "a.eml"), (zipped({"a.txt": "One.", "b/c.eml": MAIL, "d.bin": b"\0\1"}), "a.zip")):
        assert load_isolated(data, name, SETTINGS) == load(data, name, SETTINGS)


def test_documents_of_another_file_are_refused():
    answer = isolation.dumped(load(MAIL, "a.eml", SETTINGS))
    assert isolation.loaded_from(answer, "a.eml", sha256_hex(MAIL)).documents
    for source, data in (("b.eml", MAIL), ("a.eml", MAIL + b"x")):
        with pytest.raises(ValueError, match="another file"):
            isolation.loaded_from(answer, source, sha256_hex(data))


@pytest.mark.parametrize(
    ("isolate", "text", "html"), [("auto", True, False), ("all", False, False), ("none", True, True)]
)
def test_the_setting_says_which_files_are_read_here(isolate, text, html):
    settings = IngestSettings(isolate=isolate)
    assert read_here(b"Plain text.", "a.txt", settings) is text
    assert read_here(b"<html><p>Text.", "a.html", settings) is html
    assert read_here(b"%PDF-1.4", "a.txt", settings) is (isolate == "none")


def test_where_no_process_can_be_started_files_are_read_and_the_report_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(isolation, "_POOL", isolation._Pool())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    (tmp_path / "a.eml").write_bytes(MAIL)
    with Corpus.open(tmp_path / "corpus", Settings.model_validate({"memory": {"enabled": False}})) as corpus:
        report = corpus.ingest(tmp_path / "a.eml")
        assert len(report.added) == 1
        assert "without limits" in " ".join(report.notes)


def test_a_script_needs_no_main_guard_and_leaves_no_process_behind(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('the folder that a script runs in is no place for modules')")
    script = tmp_path / "scripts" / "run.py"
    script.parent.mkdir()
    script.write_text(
        textwrap.dedent(f"""
        from hybrid.ingest import isolation
        print(isolation.load_isolated({MAIL!r}, "a.eml", isolation.IngestSettings()).documents[0].source)
        print(isolation._POOL._free.popitem()[1][0]._process.pid)
        """)
    )
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=bare, capture_output=True, text=True, check=True
    )
    source, pid = done.stdout.split("\n")[:2]
    assert source == "a.eml"
    assert ended(int(pid))


def ended(pid, seconds=20):
    """Whether a process ends: its standard input is closed with its parent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        os.sched_yield()
    return False
