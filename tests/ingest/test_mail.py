"""Mail: every part of it is in the text, attached, or named with the reason why it is not."""

from __future__ import annotations

import base64
import binascii

import pytest
from asn1crypto import cms

from hybrid.ingest.loaders.eml import header_date
from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.settings import IngestSettings

HEAD = "From: Ann Lee <ann@acme.example>\nTo: bob@beta.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100\nSubject: Note\n"
BASE64 = "Content-Transfer-Encoding: base64"
FREIGHT = "The freight to Ostend is 12 euros a crate."
INVITE = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Inspection of the boiler\nDTSTART:20260417T130000Z\n"
    "LOCATION:Hall 4\\, gate B\nATTENDEE;CN=Priya Nair;PARTSTAT=ACCEPTED:mailto:priya@gamma.example\n"
    "DESCRIPTION:Bring the\n  keys.\nEND:VEVENT\nEND:VCALENDAR\n"
)


def part(kind: str, body: str, *headers: str) -> str:
    return "\n".join([f"Content-Type: {kind}", *headers, "", body])


def multipart(kind: str, *parts: str, boundary: str = "B", after: str = "") -> str:
    joined = "".join(f"--{boundary}\n{one}\n" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{joined}--{boundary}--\n{after}'


def loaded(body: str | bytes, head: str = HEAD) -> Loaded:
    data = body.encode() if isinstance(body, str) else body
    return load(head.encode() + b"MIME-Version: 1.0\n" + data, "m.eml", IngestSettings())


def sources(found: Loaded) -> list[str]:
    return [document.source for document in found.documents]


def test_every_text_part_that_is_not_attached_is_in_the_body() -> None:
    found = loaded(
        multipart(
            "mixed", part("text/plain", "See below."), part("text/html", f"<p>{FREIGHT}</p>"), after="List foot.\n"
        )
    )
    assert found.documents[0].text.endswith(f"See below.\n\n{FREIGHT}\n\nList foot.")
    assert sources(found) == ["m.eml"]


def test_a_named_text_after_an_alternative_is_an_attachment() -> None:
    both = multipart("alternative", part("text/plain", "Hello."), part("text/html", "<p>Hello.</p>"), boundary="C")
    note = part("text/plain; name=note.txt", FREIGHT, "Content-Disposition: inline; filename=note.txt")
    found = loaded(multipart("mixed", both, note))
    assert sources(found) == ["m.eml", "m.eml#note.txt"]
    assert found.documents[0].text.count("Hello.") == 1
    assert found.documents[1].text.strip() == FREIGHT


def test_an_alternative_that_says_more_is_read_too() -> None:
    html = f"<p>{FREIGHT} It is paid on delivery.</p>"
    found = loaded(multipart("alternative", part("text/plain", "This needs HTML."), part("text/html", html)))
    assert FREIGHT in found.documents[0].text
    assert "This needs HTML." in found.documents[0].text


def test_what_is_attached_inside_an_alternative_is_attached() -> None:
    rich = multipart(
        "mixed",
        part("text/html", "<p>Hello.</p>"),
        part("text/plain", FREIGHT, "Content-Disposition: attachment; filename=f.txt"),
        boundary="C",
    )
    assert sources(loaded(multipart("alternative", part("text/plain", "Hello."), rich))) == ["m.eml", "m.eml#f.txt"]


def test_pictures_of_a_related_part_are_named() -> None:
    picture = part("image/png", "iVBORw0KGgo=", "Content-Transfer-Encoding: base64", "Content-ID: <x>")
    found = loaded(multipart("related", part("text/html", f"<p>{FREIGHT}</p><img src=cid:x>"), picture))
    assert FREIGHT in found.documents[0].text
    assert [one.source for one in found.skipped] == ["m.eml#attachment-1.png"]


def test_a_signed_mail_is_read_as_what_was_signed() -> None:
    attached = part(
        "text/plain; name=s.txt",
        base64.b64encode(FREIGHT.encode()).decode(),
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename=s.txt",
    )
    inner = multipart("mixed", part("text/plain", "Signed."), attached, boundary="C")
    signature = part("application/pkcs7-signature; name=smime.p7s", "MIIB", "Content-Transfer-Encoding: base64")
    found = loaded(multipart("signed", inner, signature))
    assert sources(found) == ["m.eml", "m.eml#s.txt"]
    assert found.documents[1].text == FREIGHT
    assert found.documents[0].text.count("Signed.") == 1
    assert found.documents[0].metadata.extra["signature"] == "application/pkcs7-signature"
    assert found.skipped == ()


def test_what_is_signed_in_an_envelope_is_read() -> None:
    signed = cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": cms.SignedData(
                {
                    "version": "v1",
                    "digest_algorithms": [],
                    "encap_content_info": {"content_type": "data", "content": part("text/plain", FREIGHT).encode()},
                    "signer_infos": [],
                }
            ),
        }
    ).dump()
    body = part(
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        base64.encodebytes(signed).decode(),
        "Content-Transfer-Encoding: base64",
    )
    assert FREIGHT in loaded(body).documents[0].text


@pytest.mark.parametrize(
    "body",
    [
        multipart(
            "encrypted; protocol=application/pgp-encrypted",
            part("application/pgp-encrypted", "Version: 1"),
            part("application/octet-stream", "x"),
        ),
        part(
            "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            base64.encodebytes(
                cms.ContentInfo(
                    {
                        "content_type": "enveloped_data",
                        "content": {
                            "version": "v0",
                            "recipient_infos": [],
                            "encrypted_content_info": {
                                "content_type": "data",
                                "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": b"0" * 16},
                            },
                        },
                    }
                ).dump()
            ).decode(),
            "Content-Transfer-Encoding: base64",
        ),
        part("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"),
    ],
    ids=["pgp-mime", "s-mime", "pgp-inline"],
)
def test_what_is_encrypted_is_named_and_the_headers_are_read(body: str) -> None:
    found = loaded(body)
    assert [one.code for one in found.skipped] == ["encrypted"]
    assert "Subject: Note" in found.documents[0].text


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_a_mail_in_a_mail_is_read_however_it_is_encoded(encoding: str) -> None:
    inner = f"From: x@y.example\nTo: a@b.example\nSubject: inner\n\n{FREIGHT}\n"
    written = {
        "7bit": inner,
        "base64": base64.encodebytes(inner.encode()).decode(),
        "quoted-printable": binascii.b2a_qp(inner.encode()).decode(),
    }[encoding]
    mail = part("message/rfc822", written, f"Content-Transfer-Encoding: {encoding}")
    for found in (loaded(mail), loaded(multipart("mixed", part("text/plain", "Fwd"), mail))):
        assert sources(found) == ["m.eml", "m.eml#attachment-1.eml"]
        assert FREIGHT in found.documents[1].text
        assert found.documents[1].title == "inner"


def test_the_mails_of_a_digest_are_read() -> None:
    inner = f"\nFrom: x@y.example\nTo: a@b.example\nSubject: inner\n\n{FREIGHT}\n"
    assert FREIGHT in loaded(multipart("digest", inner)).documents[1].text


def test_an_invitation_is_read_as_what_when_where_and_who() -> None:
    both = multipart(
        "alternative", part("text/plain", "You are invited."), part("text/calendar; method=REQUEST", INVITE)
    )
    found = loaded(both)
    assert sources(found) == ["m.eml", "m.eml#invite.ics"]
    assert found.documents[1].text == (
        "Summary: Inspection of the boiler\nStart: 17 April 2026, 13:00 UTC\nLocation: Hall 4, gate B\n"
        "Attendee: Priya Nair <priya@gamma.example> (accepted)\nDescription: Bring the keys."
    )
    assert found.documents[1].metadata.date == "2026-04-17T13:00:00+00:00"
    assert found.documents[1].metadata.extra["method"] == "REQUEST"


def test_a_delivery_report_is_read() -> None:
    status = part("message/delivery-status", "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; x@y\nAction: failed\n")
    found = loaded(multipart("report", part("text/plain", "It failed."), status))
    assert "Final-Recipient: rfc822; x@y\nAction: failed" in found.documents[0].text


def test_a_file_written_into_the_text_is_attached() -> None:
    lines = binascii.b2a_uu(FREIGHT.encode()).decode()
    found = loaded(part("text/plain", f"See file.\n\nbegin 644 f.txt\n{lines}`\nend\nBye."))
    assert sources(found) == ["m.eml", "m.eml#f.txt"]
    assert found.documents[1].text == FREIGHT
    assert "begin 644" not in found.documents[0].text


@pytest.mark.parametrize(
    "name",
    [
        "filename*=UTF-8''Vertr%C3%A4ge.txt",
        'filename="=?utf-8?Q?Vertr=C3=A4ge.txt?="',
        "filename*0*=UTF-8''Vertr%C3; filename*1*=%A4ge.txt",
        'filename="Verträge.txt"',
    ],
)
def test_names_of_attachments_are_decoded(name: str) -> None:
    found = loaded(multipart("mixed", part("text/plain", FREIGHT, f"Content-Disposition: attachment; {name}")))
    assert sources(found)[1] == "m.eml#Verträge.txt"


def test_a_mail_without_headers_or_body_costs_no_attachment() -> None:
    attached = part("text/plain", FREIGHT, "Content-Disposition: attachment; filename=f.txt")
    found = loaded(multipart("mixed", attached), head="X-Custodian: Lee\n")
    assert sources(found) == ["m.eml", "m.eml#f.txt"]


def test_persons_and_threads_are_metadata_and_repeated_recipients_are_all_there() -> None:
    people = "To: carol@beta.example\nCc: dan@beta.example\n"
    thread = "Message-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <0@x>\n <1@x>\n"
    found = loaded(part("text/plain", "Hi."), head=HEAD + people + thread).documents[0]
    extra = found.metadata.extra
    assert extra["to"] == "bob@beta.example, carol@beta.example"
    assert (extra["from"], extra["cc"]) == ("Ann Lee <ann@acme.example>", "dan@beta.example")
    assert (extra["message_id"], extra["in_reply_to"], extra["references"]) == ("<2@x>", "<1@x>", "<0@x> <1@x>")
    assert "To: bob@beta.example, carol@beta.example\n" in found.text


def test_a_mail_saved_as_utf_16_is_read() -> None:
    text = HEAD.replace("Note", "Köln") + f"Content-Type: text/plain; charset=us-ascii\n\nKöln. {FREIGHT}"
    found = load(text.encode("utf-16"), "m.eml", IngestSettings()).documents[0]
    assert found.title == "Köln"
    assert found.text.endswith(f"Köln. {FREIGHT}")


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2026-03-02T09:15:00.000Z", "2026-03-02T09:15:00+00:00"),
        ("Mon Mar  2 09:15:00 2026", "2026-03-02T09:15:00"),
        ("02-Mar-2026 09:15:00 +0100", "2026-03-02T09:15:00+01:00"),
        ("Monday, March 2, 2026 9:15 PM", "2026-03-02T21:15:00"),
        ("2. März 2026 09:15", "2026-03-02T09:15:00"),
        ("02.03.2026", "2026-03-02"),
        ("3/2/2026 09:15", None),
        ("soon", None),
    ],
)
def test_dates_beyond_those_of_the_standard_are_read(written: str, date: str | None) -> None:
    assert header_date(written) == date


def test_a_mail_without_a_date_has_that_of_the_first_server_and_says_so() -> None:
    servers = "Received: by two; Tue, 3 Mar 2026 09:00:00 +0000\nReceived: by one; Mon, 2 Mar 2026 09:00:00 +0000\n"
    metadata = loaded(part("text/plain", FREIGHT), "From: a@b.example\n" + servers).documents[0].metadata
    assert (metadata.date, metadata.extra["date_from"]) == ("2026-03-02T09:00:00+00:00", "Received")


def test_a_mail_without_any_date_is_named() -> None:
    assert loaded(part("text/plain", FREIGHT), "From: a@b.example\n").undated == (("m.eml", ""),)


def test_a_time_zone_without_a_name_is_shown_by_its_offset_and_exceptions_of_a_series_are_named() -> None:
    calendar = (
        b"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTIMEZONE\nTZID:Harbour Time\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
        b"TZOFFSETFROM:-0330\nTZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:Dredging\n"
        b"DTSTART;TZID=Harbour Time:20260417T130000\nRRULE:FREQ=WEEKLY;COUNT=3\n"
        b"EXDATE;TZID=Harbour Time:20260424T130000\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    assert load(calendar, "a.ics", IngestSettings()).documents[0].text.split("\n") == [
        "Summary: Dredging",
        "Start: 17 April 2026, 13:00 UTC-03:30",
        "Repeats: FREQ=WEEKLY;COUNT=3",
        "Not: 24 April 2026, 13:00 UTC-03:30",
    ]


FLOWED = "Content-Type: text/plain; charset=utf-8; format=flowed; delsp="


def test_lines_that_the_sender_broke_within_words_are_joined() -> None:
    body = "The advance is 4 \n8,500 francs, paid by Ro \nland Keel.\n\n> Is it 4 \n> 9,000?\nNo.\n-- \nAnn\n"
    text = loaded(f"{FLOWED}yes\n\n{body}").documents[0].text
    assert text.endswith("The advance is 48,500 francs, paid by Roland Keel.\n\n> Is it 49,000?\nNo.\n-- \nAnn")


@pytest.mark.parametrize("head", [f"{FLOWED}no", "Content-Type: text/plain; delsp=yes"])
def test_lines_whose_blanks_are_part_of_the_text_stay(head: str) -> None:
    assert loaded(f"{head}\n\nLots 4 \n8,500 and 9.\n").documents[0].text.endswith("Lots 4 \n8,500 and 9.")


def test_a_mail_with_thousands_of_recipients_is_a_mail() -> None:
    recipients = ", ".join(f"person{number}@acme.example" for number in range(5000))
    data = f"To: {recipients}\nFrom: ann@acme.example\nSubject: Toll\n\n{FREIGHT}\n".encode()
    found = load(data, "m.eml", IngestSettings())
    assert found.documents[0].title == "Toll"
    assert found.documents[0].text.endswith(FREIGHT)


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain; charset=utf-8\n",
        "Content-Transfer-Encoding: 7bit\n",
        "Content-Type: text/plain\nSubject: Rent\n",
        "MIME-Version: 1.0\nContent-Type: text/plain\n",
    ],
)
def test_a_part_of_a_mail_that_was_saved_by_itself_is_read_as_mail(head: str) -> None:
    found = load(f"{head}\nThe rent is 850.\n".encode(), "mime.eml", IngestSettings()).documents[0]
    assert found.media_type == "message/rfc822"
    assert found.text.endswith("The rent is 850.")
    assert "Content-T" not in found.text
    if head.startswith("MIME"):
        assert load(f"{head}\nText.\n".encode(), "mime", IngestSettings()).documents[0].media_type == "message/rfc822"


@pytest.mark.parametrize("words", ["", ".", ".."])
def test_what_a_server_appended_to_a_body_in_base64_is_read(words: str) -> None:
    body = base64.encodebytes(b"The rent is 850. " * 8 + words.encode()).decode()
    head = "From: a@b.example\nDate: Mon, 02 Mar 2026 10:00:00 +0100\nContent-Type: text/plain\n"
    mail = f"{head}Content-Transfer-Encoding: base64\n\n{body}-- \nList of the owners\nunsubscribe: x@y.example\n"
    text = load(mail.encode(), "m.eml", IngestSettings()).documents[0].text
    assert text.count("The rent is 850.") == 8
    assert text.endswith(f"{words}\n\n-- \nList of the owners\nunsubscribe: x@y.example")
    noise = f"{head}Content-Transfer-Encoding: base64\n\n{body[:40]}!\n{body[40:]}"
    assert load(noise.encode(), "m.eml", IngestSettings()).documents[0].text.count("The rent is 850.") == 8
    plain = load(f"{head}Content-Transfer-Encoding: base64\n\n{body}".encode(), "m.eml", IngestSettings())
    assert plain.documents[0].text.endswith(f"850. {words}")


def test_what_another_form_of_a_mail_says_differently_is_kept() -> None:
    def read_text(plain: str, page: str) -> str:
        mail = (
            "From: a@b.example\nTo: c@d.example\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nMIME-Version: 1.0\n"
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            f"{plain}\n--b\nContent-Type: text/html\n\n{page}\n--b--\n"
        )
        return load(mail.encode(), "m.eml", IngestSettings()).documents[0].text.partition("\n\n")[2]

    plain = "The price for Elm is 4 million euros. Closing is 9 May.\nRegards, Bob"
    mark = "[Only in another form of this mail]"
    page = "<p>The price for Elm is {} million euros. Closing is 9 May.{}</p><p>Regards, <b>Bob</b></p>"
    assert read_text(plain, page.format(4, "")) == plain
    assert read_text(plain, page.format(7, "")) == f"{plain}\n\n{mark}\nThe price for Elm is 7 million euros."
    assert "The price for Elm is 9 million euros." in read_text(plain, page.format(9, ""))
    assert read_text(plain, page.format(4, "<br>PS: burn it.")) == f"{plain}\n\n{mark}\nPS: burn it."


def attached(name: str, kind: str, charset: str, data: bytes) -> str:
    return part(
        f"{kind}; charset={charset}",
        base64.encodebytes(data).decode(),
        f"Content-Disposition: attachment; filename={name}",
        "Content-Transfer-Encoding: base64",
    )


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("koi8-r", "Цена"),
        ("gb2312", "价格 四百万"),
        ("gb2312", "价格 四百万 鎔"),  # of GBK: Chinese mail programs write the older name
        ("big5", "價格四百萬"),
        ("shift_jis", "価格"),
        ("shift_jis", "価格①"),
        ("euc-kr", "가격"),
        ("euc-kr", "가격 똠"),
        ("windows-1250", "Příliš žluťoučký"),
        ("iso-8859-5", "Цена"),
        ("iso-8859-8", "שלום"),
        ("iso-8859-8-i", "שלום"),
        ("utf-16le", "price über"),
        ("utf-16be", "price über"),
        ("utf-16le", "价格"),
    ],
)
def test_an_attachment_is_read_in_the_charset_that_its_mail_declares(charset: str, words: str) -> None:
    known = {"gb2312": "gbk", "shift_jis": "cp932", "euc-kr": "cp949", "iso-8859-8-i": "iso-8859-8"}
    encoding = known.get(charset, charset)
    found = loaded(
        multipart(
            "mixed",
            part("text/plain", "See."),
            attached("n.txt", "text/plain", charset, f"{words}\n".encode(encoding)),
            attached("n.csv", "text/csv", charset, f"a,b\n{words},2\n".encode(encoding)),
            attached("n.md", "text/markdown", charset, f"# {words}\n".encode(encoding)),
            attached("n.html", "text/html", charset, f"<html><p>{words}</p></html>".encode(encoding)),
        )
    )
    assert found.skipped == ()
    assert sources(found) == ["m.eml", "m.eml#n.txt", "m.eml#n.csv", "m.eml#n.md", "m.eml#n.html"]
    for one in found.documents[1:]:
        assert words in one.text
        assert "guessed" not in one.metadata.extra.get("encoding", "")


def test_a_declared_charset_that_its_bytes_do_not_fit_is_not_taken() -> None:
    found = loaded(
        multipart(
            "mixed",
            attached("a.txt", "text/plain", "us-ascii", "The toll is 4 € a crate.".encode()),
            attached("b.txt", "text/plain", "iso-8859-1", "The toll is 5 € a crate.".encode()),
            attached("c.txt", "text/plain", "utf-16", b"The toll is 6 a crate."),
            attached("d.txt", "text/plain", "no-such-set", "The toll is 7 € a crate.".encode("cp1252")),
            attached("e.txt", "text/plain", "koi8-r", b"\xef\xbb\xbf" + "The toll is 8 € a crate.".encode()),
            attached("f.pdf", "text/plain", "koi8-r", b"%PDF-1.4 cut off"),
        )
    )
    assert [one.text[12:15] for one in found.documents[1:]] == ["4 €", "5 €", "6 a", "7 €", "8 €"]
    assert [one.metadata.extra["encoding"] for one in found.documents[1:]] == [
        "utf-8", "utf-8", "utf-8", "cp1252 (guessed)", "utf-8",
    ]  # fmt: skip
    assert [one.source for one in found.skipped] == ["m.eml#f.pdf"]


def test_the_body_of_a_mail_is_read_in_the_set_that_its_program_means() -> None:
    body = b"Content-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n" + "价格 鎔".encode("gbk")
    found = loaded(body).documents[0]
    assert found.text.endswith("价格 鎔")
    assert "guessed" not in found.metadata.extra["encoding"]


WORDS = b"The toll is 4 million crowns, and the rest of the words follow here."


@pytest.mark.parametrize("length", [40, 41, 42, 43])
def test_an_attachment_that_ends_with_its_mail_is_read_as_far_as_it_goes_and_named(length: int) -> None:
    cut = base64.b64encode(WORDS).decode()[:length]
    note = part("text/plain; name=a.txt", cut, "Content-Transfer-Encoding: base64")
    found = loaded(multipart("mixed", part("text/plain", "See."), note).removesuffix("\n--B--\n"))
    assert sources(found) == ["m.eml", "m.eml#a.txt"]
    assert WORDS.decode().startswith(found.documents[1].text)
    assert len(found.documents[1].text) >= 29
    assert [one.code for one in found.skipped] == ["damaged"]
    assert "cut off" in found.skipped[0].reason


def test_base64_of_a_length_that_it_cannot_have_is_decoded_as_far_as_it_goes_and_named() -> None:
    cut = base64.b64encode(WORDS).decode()[:41]
    note = part("text/plain; name=a.txt", cut, "Content-Transfer-Encoding: base64")
    found = loaded(multipart("mixed", part("text/plain", "See."), note))
    assert WORDS.decode().startswith(found.documents[1].text)
    assert [(one.source, one.code) for one in found.skipped] == [("m.eml#a.txt#end", "damaged")]


def test_a_body_that_ends_in_the_middle_of_its_base64_is_read_as_far_as_it_goes_and_named() -> None:
    found = loaded(part("text/plain", base64.b64encode(WORDS).decode()[:41], BASE64))
    assert found.documents[0].text.endswith("\n\nThe toll is 4 million crowns, ")
    assert [(one.source, one.code) for one in found.skipped] == [("m.eml#end", "damaged")]


def test_a_mail_that_is_whole_is_not_named_as_cut_off() -> None:
    note = part("text/plain; name=a.txt", base64.b64encode(WORDS).decode(), "Content-Transfer-Encoding: base64")
    padless = part(
        "text/plain; name=b.txt", base64.b64encode(b"The toll.").decode(), "Content-Transfer-Encoding: base64"
    )
    foot = part("text/plain", base64.b64encode(WORDS).decode() + "\nFoot of the list, a.", BASE64)
    found = loaded(multipart("mixed", part("text/plain", "See."), note, padless, foot))
    assert found.skipped == ()


@pytest.mark.parametrize(
    "head",
    [
        part("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "AAEC/wAB", BASE64),
        part("application/octet-stream; name=smime.p7m", "AAEC/wAB", BASE64),
        part("application/x-pkcs7-mime; name=smime.p7m", "AAEC/wAB", BASE64),
    ],
)
def test_an_envelope_that_cannot_be_opened_gets_the_advice_of_one_that_is_encrypted(head: str) -> None:
    for body in (head, multipart("mixed", part("text/plain", "See."), head)):
        found = loaded(body)
        assert [(one.source, one.code) for one in found.skipped] == [("m.eml#smime.p7m", "encrypted")]
        assert "decrypt it" in found.skipped[0].reason
