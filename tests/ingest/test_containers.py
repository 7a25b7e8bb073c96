"""Files of files: each member is a document by its path, or named with the reason why it is not."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from compound_file import compound_file, outlook_message

from hybrid.errors import DamagedDocumentError
from hybrid.ingest.loaders import containers, loading
from hybrid.ingest.loaders.formats import reject_unread
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.settings import IngestSettings

FREIGHT = "The freight to Ostend is 12 euros a crate."


def read(data: bytes, name: str, limit: int = 64 * 2**20) -> Loaded:
    return load(data, name, IngestSettings(max_file_bytes=limit))


def sources(found: Loaded) -> list[str]:
    return [one.source for one in found.documents]


def archive(*files: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data)
    return stream.getvalue()


def mail(subject: str, body: str) -> str:
    return f"From: a@b.example\nTo: c@d.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100\nSubject: {subject}\n\n{body}\n"


TNEF = struct.pack("<IH", 0x223E9F78, 1)


def attribute(number: int, data: bytes) -> bytes:
    """An attribute of winmail.dat."""
    return struct.pack("<BHHI", 2, number, 6, len(data)) + data + b"\0\0"


def message_property(kind: int, number: int, value: bytes) -> bytes:
    """The properties of the message in winmail.dat, of which there is one."""
    return attribute(0x9003, struct.pack("<IHHII", 1, kind, number, 1, len(value)) + value)


class TestMailbox:
    BOX = (
        f"From a@b Mon Mar  2 09:15:00 2026\n{mail('One', '>From here on it is quoted.')}\n"
        f"From a@b Tue Mar  3 09:15:00 2026\n{mail('Two', FREIGHT + chr(10) + chr(10) + 'From 2026 on it is free.')}"
    )

    @pytest.mark.parametrize("name", ["takeout.mbox", "Inbox"])
    def test_each_mail_is_a_document(self, name: str) -> None:
        found = read(self.BOX.encode(), name)
        assert sources(found) == [name, f"{name}#1", f"{name}#2"]
        assert found.documents[1].text.endswith("\n\nFrom here on it is quoted.")
        assert found.documents[2].text.endswith(f"{FREIGHT}\n\nFrom 2026 on it is free.")
        assert {one.parent for one in found.documents[1:]} == {name}
        assert found.documents[0].text == "Mailbox with 2 mails."

    def test_line_ends_of_windows_part_mails_too(self) -> None:
        assert len(read(self.BOX.replace("\n", "\r\n").encode(), "a.mbox").documents) == 3

    def test_a_text_that_begins_with_from_stays_text(self) -> None:
        assert sources(read(b"From Monday 2 March 2026\nthe rent is due.\n", "a.txt")) == ["a.txt"]


class TestArchive:
    def test_members_have_their_path_as_their_name(self) -> None:
        inner = archive(("deep.txt", b"Deep."))
        files = ("a/b.txt", b"One."), ("../up.txt", b"Two."), ("c.zip", inner), ("x.png", b"\x89PNG\r\n\x1a\n")
        found = read(archive(*files), "p.zip")
        assert sources(found) == ["p.zip", "p.zip#a/b.txt", "p.zip#up.txt", "p.zip#c.zip", "p.zip#c.zip#deep.txt"]
        assert [one.source for one in found.skipped] == ["p.zip#x.png"]
        assert found.documents[0].text == "Archive with 4 files.\na/b.txt\nup.txt\nc.zip\nx.png"

    def test_comments_of_an_archive_and_of_its_members_are_in_its_text(self) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as made:
            one = zipfile.ZipInfo("a.txt")
            one.comment = "The müller draft,\r\nnot sent".encode()
            made.writestr(one, "One.")
            made.writestr("b.txt", "Two.")
            made.comment = b"Exported by J. Roe on 3 May 2026"
        found = read(stream.getvalue(), "p.zip")
        assert found.documents[0].text == (
            "Archive with 2 files.\nComment: Exported by J. Roe on 3 May 2026\n"
            "a.txt (comment: The müller draft, not sent)\nb.txt"
        )
        assert found.left_out == ()

    def test_bytes_of_an_archive_that_belong_to_no_member_are_said(self) -> None:
        data = archive(("a.txt", b"One."), ("b.txt", b"Two."))
        second = data.index(b"PK\x03\x04", 4)
        found = read(b"#!/bin/sh\nunzip $0\n" + data + b"and a word more", "p.zip")
        assert sources(found) == ["p.zip", "p.zip#a.txt", "p.zip#b.txt"]
        assert found.left_out == (
            ("p.zip", "19 bytes before the archive"),
            ("p.zip", "15 bytes after the archive"),
        )
        with zipfile.ZipFile(io.BytesIO(data)) as made:
            directory = made.start_dir
        only_first = archive(("a.txt", b"One."))
        with zipfile.ZipFile(io.BytesIO(only_first)) as made:
            tail = bytearray(only_first[made.start_dir :])
        at = tail.index(b"PK\x05\x06")
        tail[at + 16 : at + 20] = struct.pack("<I", directory)
        found = read(data[:directory] + bytes(tail), "p.zip")
        assert sources(found) == ["p.zip", "p.zip#a.txt"]
        assert found.left_out == (("p.zip", f"{directory - second} bytes between the members of the archive"),)
        assert read(data + bytes(512), "p.zip").left_out == ()
        assert read(data, "p.zip").left_out == ()

    def test_members_of_one_name_are_two(self) -> None:
        with pytest.warns(UserWarning, match="Duplicate name"):
            data = archive(("a.txt", b"One."), ("a.txt", b"Two."))
        found = read(data, "p.zip")
        assert [one.text for one in found.documents[1:]] == ["One.", "Two."]
        assert sources(found)[1:] == ["p.zip#a.txt", "p.zip#a (2).txt"]

    def test_what_unpacks_to_many_times_its_size_is_named_and_the_rest_is_read(self) -> None:
        found = read(archive(("bomb.txt", b"a" * 4_000_000), ("n.txt", b"One.")), "p.zip")
        assert sources(found) == ["p.zip", "p.zip#n.txt"]
        assert [(one.source, one.code) for one in found.skipped] == [("p.zip#bomb.txt", "too_large")]

    def test_a_member_over_the_limit_is_named_whatever_size_it_declares(self) -> None:
        found = read(archive(("big.txt", bytes(range(32, 127)) * 100), ("n.txt", b"One.")), "p.zip", limit=5000)
        assert [(one.source, one.code) for one in found.skipped] == [("p.zip#big.txt", "too_large")]

    def test_all_that_is_unpacked_has_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loading, "_UNPACKED", 1)
        found = read(archive(*((f"{at}.txt", b"%d" % at * 400) for at in range(10, 15))), "p.zip", limit=2000)
        assert (len(found.documents), len(found.skipped)) == (3, 3)

    def test_archives_in_archives_have_a_depth(self) -> None:
        data = archive(("n.txt", b"One."))
        for _ in range(loading.MAX_DEPTH + 1):
            data = archive(("z.zip", data))
        assert [one.code for one in read(data, "p.zip").skipped] == ["too_large"]

    def test_a_member_with_a_password_is_named(self) -> None:
        data = bytearray(archive(("n.txt", b"One.")))
        for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + at] |= 1
        found = read(bytes(data), "p.zip")
        assert [(one.source, one.code) for one in found.skipped] == [("p.zip#n.txt", "encrypted")]

    def test_a_member_without_a_name_costs_no_other(self) -> None:
        data = bytearray(archive(("x", b"One."), ("n.txt", b"Two.")))
        at = data.index(b"PK\x01\x02")
        data[at + 28], data[at + 30] = 0, 1  # its name of one letter becomes an extra field
        found = read(bytes(data), "p.zip")
        assert sources(found) == ["p.zip", "p.zip#n.txt"]
        assert [(one.source, one.code) for one in found.skipped] == [("p.zip#unnamed", "damaged")]

    def test_files_of_file_managers_are_counted(self) -> None:
        found = read(archive(("__MACOSX/._a.txt", b"x"), ("a.txt", b"One.")), "p.zip")
        assert found.left_out == (("p.zip", "1 files that file managers wrote"),)


class TestOutlook:
    def test_a_message_is_read_with_its_attachments(self) -> None:
        inner = outlook_message({0x37: "Inner", 0x1000: "Inside."}, header=24)
        body = f"Dear Bob,\r\n{FREIGHT}\r\n"
        headers = {0x37: "Offer", 0xC1A: "Ann Lee", 0xC1F: "ann@acme.example", 0x1000: body}
        folder = outlook_message(headers, {"n.txt": b"A note.", "Inner": inner})
        found = read(compound_file(folder), "a.msg")
        assert found.documents[0].text == f'From: "Ann Lee" <ann@acme.example>\nSubject: Offer\n\nDear Bob,\n{FREIGHT}'
        assert found.documents[0].title == "Offer"
        assert sources(found) == ["a.msg", "a.msg#n.txt", "a.msg#Inner.eml"]
        assert found.documents[1].text == "A note."
        assert found.documents[2].text == "Subject: Inner\n\nInside."
        assert found.undated == (("a.msg", ""), ("a.msg#Inner.eml", ""))

    def test_an_attached_message_without_headers_keeps_its_body(self) -> None:
        inner = outlook_message({0x1000: "The freight is due.\r\n\r\nBob"}, header=24)
        found = read(compound_file(outlook_message({0x37: "Offer"}, {"Inner": inner})), "a.msg")
        assert found.documents[1].text == "The freight is due.\n\nBob"

    @pytest.mark.parametrize(
        "properties",
        [
            {0x7D: "Access: board\r\nX-A: b\r\n\r\n", 0x1000: "Body."},
            {0x7D: "X-Access: board\r\n\r\n", 0x1000: "Body."},
            {0x1000: "---\r\naccess: board\r\n---\r\nBody."},
            {0x1000: "Body.", 0x1013: "<html><meta name=access content=board><p>Body.</p></html>"},
        ],
        ids=["header", "own header", "front matter", "page"],
    )
    def test_a_message_says_its_class_as_a_mail_does(self, properties: dict[int, str]) -> None:
        inner = outlook_message(properties, header=24)
        found = read(compound_file(outlook_message(properties, {"Inner": inner})), "a.msg")
        assert [one.metadata.extra.get("access") for one in found.documents] == ["board", "board"]

    @pytest.mark.parametrize(
        "body",
        [
            attribute(0x800C, b"---\naccess: board\n---\nBody.\0"),
            message_property(0x102, 0x1013, b"<html><meta name=access content=board><p>Body.</p></html>"),
        ],
    )
    def test_winmail_says_its_class_as_a_mail_does(self, body: bytes) -> None:
        found = read(TNEF + attribute(0x8004, b"Offer\0") + body, "winmail.dat")
        assert found.documents[0].metadata.extra["access"] == "board"

    def test_winmail_gives_its_files(self) -> None:
        long_name = "Schedule of fees.txt".encode("utf-16-le") + b"\0\0"
        properties = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(long_name)) + long_name
        data = TNEF + attribute(0x800C, b"See file.\0")
        data += (
            attribute(0x9002, bytes(14)) + attribute(0x8010, b"SCHEDU~1.TXT\0") + attribute(0x800F, FREIGHT.encode())
        )
        found = read(data + attribute(0x9005, properties), "winmail.dat")
        assert sources(found) == ["winmail.dat", "winmail.dat#Schedule of fees.txt"]
        assert [one.text for one in found.documents] == ["See file.", FREIGHT]
        with pytest.raises(containers.DamagedDocumentError, match="cut off"):
            read(data[:-20], "winmail.dat")

    def test_winmail_is_read_as_a_file_of_its_own(self) -> None:
        reject_unread(TNEF + attribute(0x800C, b"See file.\0"), "winmail.dat")

    @pytest.mark.parametrize(
        ("body", "shown"),
        [
            (attribute(0x800C, b"See file.\0"), "Subject: Offer\n\nSee file."),
            (message_property(0x1F, 0x1000, "See file.".encode("utf-16-le")), "Subject: Offer\n\nSee file."),
            (message_property(0x102, 0x1013, b"<p>See <b>file</b>.</p>"), "Subject: Offer\n\nSee file."),
            (message_property(0x102, 0x1009, b"RTF"), "Subject: Offer"),
        ],
        ids=["plain", "property", "html", "rtf"],
    )
    def test_winmail_gives_its_subject_and_its_body_or_says_that_it_cannot(self, body: bytes, shown: str) -> None:
        found = read(TNEF + attribute(0x8004, b"Offer\0") + body, "winmail.dat")
        assert (found.documents[0].text, found.documents[0].title) == (shown, "Offer")
        assert [one.source for one in found.skipped] == (["winmail.dat#body.rtf"] if shown.endswith("Offer") else [])


def test_style_sheets_that_come_with_a_page_hide_what_they_hide() -> None:
    page = (
        b'Content-Type: multipart/related; boundary=R; type="text/html"\n\n--R\nContent-Type: text/html\n\n'
        b'<link rel=stylesheet href="cid:s@x"><link rel=stylesheet href="http://a.example/p.css" media=print>'
        b"<p class=old>The toll is 4.<p class=new>The toll is 5.\n--R\nContent-Type: text/css\nContent-ID: <s@x>\n\n"
        b".old {display: none}\n--R\nContent-Type: text/css\nContent-Location: http://a.example/p.css\n\n"
        b".new {display: none}\n--R--\n"
    )
    found = read(b"MIME-Version: 1.0\n" + page, "a.mht")
    assert found.documents[0].text == "The toll is 5."
    assert found.left_out == (("a.mht", "hidden text"),)


def test_a_saved_web_page_is_read_as_its_page() -> None:
    page = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://acme.example/terms\nSubject: Terms\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/related; type="text/html"; boundary="B"\n\n--B\nContent-Type: text/html\n'
        f"Content-Transfer-Encoding: quoted-printable\n\n<p>{FREIGHT}</p>\n--B\nContent-Type: image/png\n"
        "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--B--\n"
    )
    found = read(page.encode(), "terms.mhtml")
    document = found.documents[0]
    assert (document.text, document.title) == (FREIGHT, "Terms")
    assert document.metadata.extra["url"] == "https://acme.example/terms"
    assert [one.source for one in found.skipped] == ["terms.mhtml#attachment-1.png"]


def test_an_archive_whose_list_is_damaged_behind_something_else_is_named() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "The mill burnt down.")
    data = b"MZ something before it " + packed.getvalue().replace(b"PK\x01\x02", b"PK\xff\xfe")
    with pytest.raises(DamagedDocumentError, match="zip archive is cut off or damaged"):
        load(data, "a.zip", IngestSettings())
