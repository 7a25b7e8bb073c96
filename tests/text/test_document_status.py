"""What a document says of its own status, and what it does not."""

from __future__ import annotations

import pytest

from hybrid.text.document_status import detect

BLOCKS = """Signed for and on behalf of Mill Limited
Signature: {one}
Name: Ann Aaker

Signed for and on behalf of Dale Limited
Signature: {other}
Name: Ben Boole
Date: 3 March 2026
"""


@pytest.mark.parametrize(
    ("source", "title", "text", "expected"),
    [
        ("lease.pdf", None, "DRAFT 3\nLease of the mill\nThe rent is £900.", "draft"),
        ("lease-draft-2.docx", None, "Lease of the mill\nThe rent is £900.", "draft"),
        ("statement.docx", "Statement of Ann Aaker (draft)", "The salt was wet.", "draft"),
        ("policy.pdf", None, "Working draft - subject to contract\nStaff shall sign in.", "draft"),
        ("note.txt", None, "The salt was wet.\n(draft, not signed)", "draft"),
        ("old.pdf", None, "SUPERSEDED 1 May 2026\nPrice list\nSalt 3.20", "superseded"),
        (
            "lease.pdf",
            None,
            f"Lease\n{BLOCKS.format(one='(signed) Ann Aaker', other='(signed) Ben Boole')}",
            "executed",
        ),
        ("lease.pdf", None, f"Lease\n{BLOCKS.format(one='/s/ Ann Aaker', other='________')}", "unsigned"),
        ("lease.pdf", None, f"Lease\n{BLOCKS.format(one='', other='')}", "unsigned"),
        ("amendment.docx", "Amendment No. 4 (for signature)", "The rent is £950.", "unsigned"),
        ("lease.txt", None, "Lease\nSigned for the Mill: Ann Dorr\nSigned for Dale Ltd: Bo Fenn", "executed"),
        ("lease.txt", None, "Lease\nSigned by Ann Dorr for the Mill and by\nBo Fenn for the Dale.", "executed"),
        ("lease.txt", None, "Lease\nSigned for the Mill: ______\nSigned for the Dale: Bo Fenn", "unsigned"),
        ("letter.pdf", None, "The salt was wet.\n(signed) Ann Aaker, 3 May 2026", "signed"),
        ("lease.pdf", None, "Lease\nThe rent is £900.\nLease of the mill - executed", "executed"),
    ],
)
def test_a_document_says_its_status(source, title, text, expected):
    status, reason = detect(source, title, text)
    assert status == expected
    assert reason


LETTER = """Dear Ben,

The rent of the mill falls to £800. Please sign the copy.

Yours sincerely,

Ann Aaker
for Mill Limited

"""


@pytest.mark.parametrize(
    "below",
    [
        "We agree to the above.\n\nBen Boole\nfor Dale Limited\n3 May 2026",
        "Agreed and accepted:\nBen Boole, director",
        "I accept the terms of this letter.\n(signed) Ben Boole\nDirector\n3 May 2026",
        "Countersigned for Dale Limited\nBen Boole\n2026-05-03",
        "Agreed for Dale Limited: Ben Boole, Production Director, 3 May 2026",
    ],
)
def test_a_letter_is_executed_when_the_other_side_has_signed_that_it_agrees(below):
    status, reason = detect("letter.txt", None, LETTER + below + "\n")
    assert status == "executed"
    assert "Ann Aaker" in reason
    assert "Ben Boole" in reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LETTER, None),
        (LETTER + "We agree to the above.\n\n____________\nfor Dale Limited\n", "unsigned"),
        (LETTER + "Agreed and accepted: ____________\n", "unsigned"),
        (LETTER + "Agreed for Dale Limited: by telephone\n", None),
        (LETTER + "PS: Ben Boole agreed on the telephone.\nfor Dale Limited\n", None),
        ("Minutes\n\nThe rent was discussed.\n\nAgreed.\nAnn Aaker, director\n", None),
    ],
)
def test_a_letter_that_one_side_alone_has_signed_is_not_executed(text, expected):
    found = detect("letter.txt", None, text)
    assert (found and found[0]) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("| For the Mill | Ann Aaker, Director | 3 May 2026 |\n| For the Dale | Ben Boole | 4 May 2026 |", "executed"),
        ("| For the Mill | Ann Aaker, Director | 3 May 2026 |\n| For the Dale | | |", "unsigned"),
        ("| For the Mill | Ann Aaker, Director | 3 May 2026 |\n| For the Dale | Ben Boole | |", "unsigned"),
        ("| Visitor | Ann Aaker | 3 May 2026 |\n| Visitor | Ben Boole | 4 May 2026 |", None),
    ],
)
def test_a_table_of_signatures_says_who_signed(rows, expected):
    text = f"# Rider No. 2\n\nThe rent is £950.\n\n| Signed | Name | Date |\n|---|---|---|\n{rows}\n"
    found = detect("rider.md", None, text)
    assert (found and found[0]) == expected


def test_a_signature_in_italics_is_one():
    text = "# Lease\n\nSigned for the Mill: *Ann Dorr, owner*\n\nSigned for Dale Ltd: *Bo Fenn, director*\n"
    assert detect("lease.md", None, text) == ("executed", "signed by Ann Dorr and Bo Fenn")


@pytest.mark.parametrize(
    ("source", "title", "text"),
    [
        ("minutes.txt", "Minutes of 3 March", "The committee reviewed the draft budget and deferred it."),
        ("drafting-guide.txt", "Drafting guide", "Write short sentences."),
        ("note.txt", None, "Draft of the lease was sent to Ben on Monday."),
        ("note.txt", None, "This policy replaces the policy of 2019, which is superseded."),
        ("note.txt", None, "The agreement was executed by both parties."),
        ("note.txt", None, "Minutes\nThe lease was signed by Ann Dorr for the Mill and by Bo Fenn for the Dale."),
        ("form.txt", None, "Signed copies are kept in the office.\nBy: rail, weekly."),
    ],
)
def test_what_is_said_of_other_documents_is_no_status(source, title, text):
    assert detect(source, title, text) is None


@pytest.mark.parametrize("word", ["Draft", "DRAFT", "Draft (m)", "Executed", "Superseded"])
@pytest.mark.parametrize(
    ("rows", "media_type"),
    [
        ("Ship\t{}\tFee\nMarga\t4.2 m\t£100\nIngrid\t3.9 m\t£50\n", "text/plain"),
        ("Ship\t{}\nMarga\t4.2 m\n", "text/plain"),
        ("Harbour list\n\n| Ship | {} | Fee |\n|---|---|---|\n| Marga | 4.2 m | 3 |\n", "text/markdown"),
        ("Ship    {}    Fee\nMarga   4.2 m    3\n", "text/plain"),
        ("Ship,{},Fee\nMarga,4.2 m,3\n", "text/csv"),
        ("Notes.\n\nLease\t{}\nDeed\tSigned\n", "text/plain"),
    ],
)
def test_a_column_of_a_table_or_a_cell_of_it_is_no_status(rows, media_type, word):
    assert detect("harbour.txt", None, rows.format(word), media_type) is None


@pytest.mark.parametrize(
    "text",
    [
        "DRAFT 3\t12 March 2026\nLease of the mill\nThe rent is £900.\n",
        "Draft | Orr & Sons | Page 1\nLease of the mill\nThe rent is £900.\n",
        "Lease of the mill\nStatus:\tDraft\nDate:\t12 March 2026\n",
        "DRAFT\n\nShip\tDraft\nMarga\t4.2 m\n",
    ],
)
def test_a_line_with_tabs_that_is_no_row_of_a_table_and_a_row_that_is_named_status_say_it(text):
    status, _ = detect("paper.txt", None, text)
    assert status == "draft"


def test_the_subject_of_a_mail_is_no_status():
    assert detect("draft.eml", "Draft 3 attached", "From: a@b.example\n\nDraft 3", "message/rfc822") is None


def test_a_draft_that_was_signed_is_a_draft():
    text = f"DRAFT\n{BLOCKS.format(one='(signed) Ann Aaker', other='(signed) Ben Boole')}"
    assert detect("a.txt", None, text) == ("draft", "its head says “DRAFT”")
