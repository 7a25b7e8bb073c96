"""A transcript's turns have their speakers; no other text has any."""

from __future__ import annotations

import pytest

from hybrid.text import document_dates, speakers
from hybrid.text.speakers import at, turns

MEETING = """Minutes, 4 March 2026

Ann Aaker: The bath was thin on Monday.
It was thin on Tuesday, too.
Mr. Bode: Who measured it?
Ann Aaker: Piotr did. Note: with the old gauge.
Mr. Bode: Then measure it again.
"""


def test_each_turn_has_its_speaker_and_its_words() -> None:
    found = turns(MEETING)
    assert [turn.speaker for turn in found] == ["Ann Aaker", "Mr. Bode", "Ann Aaker", "Mr. Bode"]
    assert MEETING[found[0].start : found[0].end].startswith("The bath was thin on Monday.\nIt was thin on Tuesday")
    assert MEETING[found[2].start : found[2].end] == "Piotr did. Note: with the old gauge.\n"


@pytest.mark.parametrize(
    ("word", "speaker"),
    [
        ("Minutes", None),
        ("Ann Aaker", "Ann Aaker"),
        ("Tuesday", "Ann Aaker"),
        ("Who", "Mr. Bode"),
        ("again", "Mr. Bode"),
    ],
)
def test_a_place_belongs_to_the_turn_that_it_stands_in(word: str, speaker: str | None) -> None:
    turn = at(turns(MEETING), MEETING.index(word))
    assert (turn.speaker if turn else None) == speaker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "From: Ann\nTo: Bob\nDate: 4 March 2026\nSubject: the bath\n\nThin again.\n\nFrom: Bob\nTo: Ann\n",
        "Price: EUR 5\nTerm: 3 years\nNotice: 30 days\nPlace: Ghent\n",
        "Name: BLAS\nFiles: a.c\nLicense: BSD\nName: LAPACK\nFiles: b.c\nLicense: BSD\nRedistribution is allowed.\n",
        "Ann: once.\nBob: once.\n",
        "word " * 200 + "\nAnn: one.\nBob: two.\nAnn: three.\nBob: four.\n",
    ],
    ids=["empty", "mail", "table", "records", "short", "appendix"],
)
def test_other_texts_have_no_turns(text: str) -> None:
    assert turns(text) == ()


@pytest.mark.parametrize(
    ("title", "text", "who"),
    [
        ("Statement", "I, Ann Aaker, of 3 Mill Lane, say as follows.\n1. The salt was wet.", "Ann Aaker"),
        ("Statement", "I, Dr Ann Aaker, make this statement of my own knowledge.", "Dr Ann Aaker"),
        ("Witness statement of Ben Boole (draft)", "1. The salt was wet.", "Ben Boole"),
        ("Letter", "Dear Sirs\n\nThe salt was wet.\n\nYours faithfully\nCara Clerk", "Cara Clerk"),
        ("Letter", "The salt was wet.\nYours faithfully\nMill LLP (Cara Clerk, Partner)", "Cara Clerk"),
        ("Certificate", "It conforms.\n(signed) Ann Aaker, Manager, 3 May 2026\nPage 1", "Ann Aaker"),
        ("Site diary", "SITE DIARY - O. HALE - EXTRACTS\n\n5 Sep 2025: No lorry.", "O. Hale"),
        ("", "APIARY DIARY OF NESSA CROY\n\n2 May 2024. The rape is in flower.", "Nessa Croy"),
        ("", "STATEMENT OF BEN BOOLE\n\n1. I swept it up.", "Ben Boole"),
        ("", "ROOF REPORT\n\nby Hedra Lane, chartered surveyor, 20 January 2025\n\nThe roof is old.", "Hedra Lane"),
        ("Report of Dr Pia Lund", "1. Instructions\nI was asked to look at the kiln.", "Dr Pia Lund"),
        ("", "OPINION OF PROFESSOR PIA LUND\n\n1. I was asked to look at the kiln.", "Professor Pia Lund"),
        ("", "The kiln was cold. I saw no crack.\n\nPia Lund, chartered engineer", "Pia Lund"),
        (
            "",
            "REPORT OF DR PIA LUND, KILN ENGINEER\nSingle expert\n\n1. I was asked to look at the kiln.",
            "Dr Pia Lund",
        ),
        ("", "# Kiln: what I found\n\nPia Lund, upkeep, 7 May 2024. For Ben.\n\nI saw no crack.", "Pia Lund"),
        ("File note", "Tel. Ben, ten minutes. He was cross.\n\nA. Aaker", "A. Aaker"),
    ],
)
def test_who_made_a_statement_or_a_note_says_so(title, text, who):
    assert speakers.maker(title, text) == who


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Lease", "Rent is due.\nSignature: (signed) Ann Aaker\nSignature: (signed) Ben Boole"),
        ("Statement of account", "Invoiced in all: £818.48"),
        ("Report", "The salt was wet. It was swept up."),
        ("", "DIARY OF THE MILL\n\n2 May 2024. Rain."),
        ("", "STATEMENT OF FINANCIAL POSITION\n\nCash in hand: 400"),
        ("Report of the Fens Trust", "I was asked. The salt was wet."),
        ("Report of Lund Engineering", "The salt was wet."),
        ("", "The salt was bought from\n\nPia Lund, of Mill Lane"),
        ("", "The mill is let.\n\nMill Lane, north entrance"),
        ("", "# Kiln\n\nMill Lane, 7 May 2024. For Ben.\n\nI saw no crack."),
        ("", "# Kiln\n\nPia Lund, upkeep, 7 May 2024. For Ben.\n\nThe kiln was cold."),
        ("Guide", "SALT\nby Mill Consulting Ltd\n\nKeep it dry."),
        ("", "LEASE\n\n1. Rent.\n\nSigned by Ann Dorr for the Mill and by Bo Fenn for the Dale."),
    ],
)
def test_what_nobody_or_several_made_has_no_speaker(title, text):
    assert speakers.maker(title, text) is None


def test_what_a_mail_quotes_was_said_by_who_wrote_it():
    mail = (
        "Thank you.\n\nBen\n\nOn 3 May 2026 at 07:15, Ann Aaker <ann@mill.example> wrote:\n> It is wet.\n>\n"
        "> On 2 May 2026, Cara Clerk wrote:\n>> Is it wet?\n"
    )
    assert speakers.quoted_from(mail, mail.index("It is wet")) == "Ann Aaker"
    assert speakers.quoted_from(mail, mail.index("Is it wet")) == "Cara Clerk"
    assert speakers.quoted_from("> It is wet.", 2) is None


def test_who_keeps_minutes_does_not_say_what_they_report():
    text = "1. Ms Aaker said that the salt was wet.\nMinutes kept by Ben Boole. Next meeting in May."
    assert speakers.keeper(text) == "Ben Boole"
    assert speakers.maker("Minutes", text) is None


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("HONEY CLUB\nMinutes of the committee\nKept by Mairi Quill\n\n" + "1. It rained. " * 300, "Mairi Quill"),
        ("NIGHT LOG\nRecorded by: Ines Dahl (guard)\n9 pm. Locked.", "Ines Dahl"),
        ("The tower is kept by Friends. It was taken by surprise.", None),
    ],
)
def test_a_line_of_the_head_says_who_kept_minutes_or_a_log(text: str, who: str | None) -> None:
    assert speakers.keeper(text) == who


_LONG = "Report on the hull\n\n" + "".join(f"{n}. The plank was dry.\n" for n in range(1, 15))


@pytest.mark.parametrize(
    ("end", "who", "day"),
    [
        ("\nDr Pia Lund\n15 September 2025\n", "Dr Pia Lund", "2025-09-15"),
        ("\nPia Lund, FRINA\nDated 15 September 2025\n", "Pia Lund", "2025-09-15"),
        ("\nPia Lund\nConsultant surveyor\n15 September 2025\n", "Pia Lund", "2025-09-15"),
        ("\nKind regards\nPia Lund\n15 September 2025\n", "Pia Lund", "2025-09-15"),
        ("\nVisitors\nAnn Orr\nBen Teal\n3 May 2024\n", None, None),
        ("\nLund Surveyors Limited\n3 May 2024\n", None, None),
        ("\nThe hull was last seen on\n3 May 2024\n", None, None),
    ],
)
def test_a_name_above_a_day_at_the_end_signs_a_report_on_that_day(end: str, who: str | None, day: str | None) -> None:
    assert speakers.maker("hull", _LONG + end) == who
    assert document_dates.written_on("hull", _LONG + end) == day


def test_who_takes_minutes_does_not_say_what_stands_in_them():
    assert (
        speakers.recorder("MINUTES of the club\n\nMr Orr objected.\n\nMinutes taken by Ben Boole.")
        == "Ben Boole (minutes)"
    )
    assert speakers.recorder("LOG of the pump house\n\nPump 2 failed.\n\nLog kept by Ben Boole.") == "Ben Boole"
    assert speakers.recorder("A note.") is None


@pytest.mark.parametrize("way", ["BY REGISTERED POST", "By Recorded Delivery", "BY HAND", "By Special Courier"])
def test_how_a_letter_was_sent_is_nobody_s_name(way):
    letter = f"Pell & Aske Solicitors\n4 Quay Street\n{way}\n1 October 2024\n\nDear Sirs\n\nThe claim is due.\n"
    assert speakers.maker("letter.txt", letter) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The lease of the Ghent warehouse ends on 31 October 2027.\n", None),
        ("Expires: 12 December 2031\n", None),
        ("Born 7 July 1970\n", None),
        ("The lorry came to the yard on 3 May 2025.\n", None),
        ("The accident of 2 February 1999\n\nNobody saw it.\n", None),
        ("Contract dated 1 June 2020 is terminated.\n\nBrussels, 9 September 2026\n", "2026-09-09"),
        ("Re: your letter of 1 January 2001\n\nBrussels, 9 September 2026\n\nDear Sir\n", "2026-09-09"),
        ("Dear Tom,\n\nthe salt came.\n\nSigned,\nGhent, 4 April 2026\n", "2026-04-04"),
        ("Draft of 3 March 2026\n\nText.\n", "2026-03-03"),
        ("Site meeting no. 9, Haverly Hotel, 20 March 2025\n\nPresent: Ann Orr\n", "2025-03-20"),
        ("# Feed meeting\n\n**Date:** Tuesday 7 September 2021, 10:00 to 12:15\n**Place:** The shed\n", "2021-09-07"),
        ("Feed meeting\n\n_Held on_ 7 September 2021 at 9.30 a.m.\n", "2021-09-07"),
        ("Monday, 4 March 2024\n\nDear Sir\n", "2024-03-04"),
        ("Rider No. 2\n\n**Takes effect:** 1 January 2023, 00:01 hours\n", None),
        ("Pump 2\n\n4 March 2024, 10:15\n\nThe pump stopped.\n", None),
        ("The salt was sold.\n\nAnn was in Ghent, 4 April 2026 was a Saturday.\n", None),
    ],
)
def test_a_day_is_the_document_s_where_it_is_not_that_of_a_thing(text, day):
    assert document_dates.written_on("", text) == day
