"""Small files of every format that is read, and how fuzzing damages them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence

import docx
from compound_file import compound_file, outlook_message
from fpdf import FPDF
from hypothesis import strategies as st

MAIL = (
    b"From: Ann Aaker <ann@acme.example>\r\nTo: Ben <ben@acme.example>\r\nDate: Mon, 2 Mar 2026 09:15:00 +0000\r\n"
    b"Subject: =?utf-8?q?The_lease_=E2=82=AC?=\r\nMessage-ID: <1@acme.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/alternative; boundary=C\r\n\r\n"
    b"--C\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"The M=FCller lease ends in =\r\nMay.\r\n--C\r\nContent-Type: text/html\r\n\r\n<p>The <b>M&uuml;ller</b> lease."
    b"\r\n--C--\r\n--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\nSubject: Inner\r\n\r\nInside.\r\n"
    b"--B\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    b"DTSTART;TZID=Europe/Berlin:20260417T130000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Talks\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n--B\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; "
    b"filename*=utf-8''b%C3%A4r.txt\r\nContent-Transfer-Encoding: base64\r\n\r\nT25lLg==\r\n--B--\r\n"
)
PAGE = (
    b'<!DOCTYPE html><html><head><meta charset="utf-8"><title>Rates</title><style>.x{display:none} p:nth-child(2n)'
    b"{color:red} @media print{.y{visibility:hidden}}</style></head><body><h1>Rates</h1><p class=x>Old.<p>The rate is "
    b'<s>7</s> 9 %<sup>2</sup>.<table><tr><th>A<th>B<tr><td>1<td>2</table><form><input name="n" value="Ann"><select>'
    b"<option>a<option selected>b</select><textarea>c</textarea></form><img alt='A plan'><ruby>a<rt>b</ruby>"
    b"</body></html>"
)
TEXT = "The rent is 4,750 euros.\r\n\r\nDie Miete beträgt 5 €.\n第二条 月租金。\n".encode()
MARKDOWN = b"---\ntitle: Notes\n---\n# Notes\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. One\n   - two\n\n> said [x](y)\n"
RTF = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title T}}\f0 The rent is \b 900\b0 .\par\u8364? M\'fc.}"


def archive(**members: bytes | str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def pdf() -> bytes:
    made = FPDF()
    made.set_compression(False)
    made.set_title("Lease")
    made.add_page()
    made.set_font("helvetica", size=11)
    made.text(20, 20, "The lease ends in May.")
    made.text_annotation(10, 10, "Too low.")
    with made.table() as table:
        for one in ("Item", "Price"), ("Chair", "40"):
            row = table.row()
            for cell in one:
                row.cell(cell)
    made.add_page()
    made.text(20, 20, "The rent is 900 euros.")
    made.embed_file(bytes=b"A note.", basename="n.txt")
    return bytes(made.output())


def word() -> bytes:
    made, stream = docx.Document(), io.BytesIO()
    made.add_heading("Lease")
    made.add_paragraph("The rent is 900 euros.", style="List Number").add_run("2").font.superscript = True
    made.add_paragraph("").add_run("Struck.").font.strike = True
    table = made.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "Item", "40"
    made.sections[0].header.paragraphs[0].text = "Confidential"
    made.save(stream)
    return stream.getvalue()


def workbook() -> bytes:
    from openpyxl import Workbook

    made, stream = Workbook(), io.BytesIO()
    for row in (["Item", "Price"], ["Chair", 40.5], ["Sum", "=SUM(B2:B2)"]):
        made.active.append(row)
    made.save(stream)
    return stream.getvalue()


def slides() -> bytes:
    from pptx import Presentation

    made, stream = Presentation(), io.BytesIO()
    slide = made.slides.add_slide(made.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Rates", "The rate is 9 %."
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    made.save(stream)
    return stream.getvalue()


def opendocument() -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:text="{names}:text:1.0" '
        f'xmlns:table="{names}:table:1.0"><office:body><office:text><text:h>Lease</text:h><text:p>The rent<text:s '
        'text:c="2"/>is 900.<text:note><text:note-body><text:p>Net.</text:p></text:note-body></text:note></text:p>'
        '<table:table><table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>1</text:p>'
        "</table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>"
    )
    return archive(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": content})


def book() -> bytes:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:title>T</dc:title></metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="p.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    return archive(
        **{"META-INF/container.xml": container, "p.opf": package, "a.xhtml": "<html><p>The rent.</p></html>"}
    )


def tnef() -> bytes:
    def attribute(level: int, number: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    parts = attribute(1, 0x18004, b"Lease\0"), attribute(1, 0x2800C, b"The lease ends.\0")
    parts += attribute(2, 0x69002, bytes(14)), attribute(2, 0x18010, b"n.txt\0"), attribute(2, 0x6800F, b"A note.")
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(parts)


def image() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")


def outlook() -> bytes:
    strings = {
        0x37: "Lease",
        0x1000: "The lease ends in May.",
        0x0C1A: "Ann",
        0x7D: "Date: Mon, 2 Mar 2026 09:15:00 +0000",
    }
    return compound_file(
        outlook_message(strings, {"n.txt": b"A note.", "Inner": outlook_message({0x1000: "In."}, header=24)})
    )


SEEDS: dict[str, Callable[[], bytes]] = {
    "a.txt": lambda: TEXT,
    "a.md": lambda: MARKDOWN,
    "a.html": lambda: PAGE,
    "a.eml": lambda: MAIL,
    "a.ics": lambda: MAIL[MAIL.index(b"BEGIN:VC") : MAIL.index(b"--B\r\nContent-Type: application")],
    "a.mbox": lambda: b"From a Mon Mar  2 09:15:00 2026\n" + MAIL + b"\n\nFrom b Mon Mar  2 09:16:00 2026\n" + MAIL,
    "a.mht": lambda: b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=R; type=\"text/html\"\r\n\r\n"
    b"--R\r\nContent-Type: text/html\r\nContent-Location: http://a.example/\r\n\r\n" + PAGE + b"\r\n--R--\r\n",
    "a.rtf": lambda: RTF,
    "a.pdf": pdf,
    "a.docx": word,
    "a.xlsx": workbook,
    "a.pptx": slides,
    "a.odt": opendocument,
    "a.epub": book,
    "a.zip": lambda: archive(**{"a.txt": TEXT, "m.eml": MAIL, "in.zip": archive(**{"b.html": PAGE})}),
    "a.msg": outlook,
    "winmail.dat": tnef,
    "a.png": image,
}  # fmt: skip
"""By name: a file of that format, in which much of what its loader reads occurs."""

TOKENS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"<", b"</p>", b"<!--", b"<![CDATA[", b"&#x110000;", b"&#0;",
    b'"', b"\r\n\r\n", b"--B", b"=?utf-8?b?", b"base64", b"charset=utf-7", b"charset=utf-16", b"-1", b"0", b"1e999",
    b"99999999999999999999", b"NaN", b"/Parent 1 0 R", b"obj", b"endstream", b"stream", b"<<", b">>", b"[", b"{\\",
    b"\\u-1", b"\\bin9", b"..", b"/", b"#", b"%", b"\xc3\x28", b"DTSTART:", b"RRULE:FREQ=SECONDLY", b"From ", b"\x1b$B",
)  # fmt: skip
Edit = tuple[str, float, float, bytes]
EDITS: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "remove", "double", "move", "flip"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8)),
    ),
    min_size=1,
    max_size=8,
)


def damaged(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes after these edits; places are shares of the length."""
    made = bytearray(data)
    for kind, place, extent, new in edits:
        at = int(place * len(made))
        end = min(len(made), at + 1 + int(extent**4 * len(made) / 2))  # short parts mostly
        if kind == "replace":
            made[at : at + len(new)] = new
        elif kind == "insert":
            made[at:at] = new
        elif kind == "remove":
            del made[at:end]
        elif kind == "double":
            made[at:at] = made[at:end] * (1 + new[0] % 8)
        elif kind == "move":
            part = made[at:end]
            del made[at:end]
            there = int(extent * len(made))
            made[there:there] = part
        elif at < len(made):
            made[at] ^= 1 << new[0] % 8
    return bytes(made)


def damaged_inside(data: bytes, edits: Sequence[Edit], member: float) -> bytes:
    """A ZIP file with one of its members damaged and packed again; a PDF whose objects stand where its table says."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as made:
            parts = {name: made.read(name) for name in made.namelist()}
        chosen = list(parts)[int(member * len(parts)) % len(parts)]
        return archive(**{name: damaged(part, edits) if name == chosen else part for name, part in parts.items()})
    made = damaged(data, edits)
    return _with_table(made) if data.startswith(b"%PDF") else made


def _with_table(data: bytes) -> bytes:
    """A damaged PDF with a table of its objects that fits, so that more of it is read."""
    body = data[: data.rfind(b"xref\n0 ")] if b"xref\n0 " in data else data
    places = {int(match[1]): match.start(1) for match in re.finditer(rb"(?<![0-9])(\d{1,6}) 0 obj", body)}
    root = re.search(rb"/Root (\d+) 0 R", data)
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % one for one in sorted(places.items()))
    trailer = b"trailer << /Size %d /Root %s 0 R >>\n" % (max(places, default=0) + 1, root[1] if root else b"1")
    return body + b"xref\n0 1\n0000000000 65535 f \n" + rows + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)
