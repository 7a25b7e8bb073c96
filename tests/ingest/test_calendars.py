"""Of a calendar or a card everything that says something is read: fields, alarms, files, old versions."""

from __future__ import annotations

import base64

import pytest

from hybrid.ingest.loaders.loading import Loaded, load
from hybrid.settings import IngestSettings


def calendar(*lines: str, version: str = "2.0", event: str = "VEVENT") -> Loaded:
    written = ["BEGIN:VCALENDAR", f"VERSION:{version}", f"BEGIN:{event}", *lines, f"END:{event}", "END:VCALENDAR", ""]
    return load("\r\n".join(written).encode(), "a.ics", IngestSettings())


def test_a_file_that_is_written_into_a_calendar_is_an_attachment_and_costs_no_event() -> None:
    file = base64.b64encode(b"The term is two years.").decode()
    found = calendar("SUMMARY:Signing", f"ATTACH;VALUE=BINARY;ENCODING=BASE64;FMTTYPE=text/plain:{file}")
    assert [(one.source, one.text) for one in found.documents] == [
        ("a.ics", "Summary: Signing"),
        ("a.ics#attachment-1.txt", "The term is two years."),
    ]


def test_a_file_that_is_damaged_stands_as_it_is_written() -> None:
    found = calendar("SUMMARY:Signing", "ATTACH;VALUE=BINARY;ENCODING=BASE64:!!").documents[0]
    assert found.text == "Summary: Signing\nAttachment: !!"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("CONTACT:Ann Lee", "Contact: Ann Lee"),
        ("COMMENT:Bring the deed", "Comment: Bring the deed"),
        ("X-ALT-DESC;FMTTYPE=text/html:<p>Bring the <b>deed</b></p>", "Description in HTML: Bring the deed"),
        ("X-MS-NOTE:Pay him", "Ms note: Pay him"),
        ("RESOURCES:Projector", "Resources: Projector"),
        ('ORGANIZER;SENT-BY="mailto:b@x.example":mailto:a@x.example', "Organizer: a@x.example, sent by b@x.example"),
        ("DTEND:tomorrow", "End: tomorrow"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", ""),
        ("UID:abc@example", ""),
    ],
)
def test_every_field_that_holds_text_is_read(line: str, shown: str) -> None:
    assert calendar("SUMMARY:Signing", line).documents[0].text == "\n".join(filter(None, ["Summary: Signing", shown]))


def test_a_description_in_html_that_says_the_same_is_not_said_twice() -> None:
    found = calendar("DESCRIPTION:Bring the deed", "X-ALT-DESC;FMTTYPE=text/html:<p>Bring the deed</p>").documents[0]
    assert found.text == "Description: Bring the deed"


def test_what_an_alarm_says_is_read_below_its_event() -> None:
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Call the bank", "END:VALARM")
    assert calendar("SUMMARY:Signing", *alarm).documents[0].text == "Summary: Signing\nAlarm: Call the bank"


def test_components_of_other_names_are_read() -> None:
    assert calendar("SUMMARY:Signing", event="X-THING").documents[0].text == "Summary: Signing"


def test_a_line_that_was_broken_and_not_folded_belongs_to_the_field_before() -> None:
    found = calendar("DESCRIPTION:Bring the deed", "and the keys", "LOCATION:Ghent")
    assert found.documents[0].text == "Location: Ghent\nDescription: Bring the deed\nand the keys"
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9 at 9", "Café at 9"),
        ("SUMMARY;QUOTED-PRINTABLE:Caf=C3=A9 at 9", "Café at 9"),
        ("SUMMARY;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Caf=E9 at=\r\n 9", "Café at 9"),
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9=0D=0Aat 9", "Café\nat 9"),
    ],
)
def test_quoted_printable_of_old_calendars_and_cards_is_decoded(line: str, shown: str) -> None:
    assert calendar(line, version="1.0").documents[0].text == f"Summary: {shown}"
    card = f"BEGIN:VCARD\r\nVERSION:2.1\r\n{line.replace('SUMMARY', 'NOTE')}\r\nEND:VCARD\r\n".encode()
    text = load(card, "a.vcf", IngestSettings()).documents[0].text
    assert f"\nNOTE:{shown}\n".replace("é\n", "é\\n") in text


def test_lines_of_a_card_that_were_folded_are_whole_and_its_picture_stays_apart() -> None:
    card = b"BEGIN:VCARD\nVERSION:3.0\nNOTE:The pri\n ce is 75\nPHOTO;ENCODING=b:AAAA\n BBBB\nEND:VCARD\n"
    text = load(card, "a.vcf", IngestSettings()).documents[0].text
    assert text == "BEGIN:VCARD\nVERSION:3.0\nNOTE:The price is 75\nPHOTO;ENCODING=b:AAAA\n BBBB\nEND:VCARD\n"
