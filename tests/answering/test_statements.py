"""What a quote is worth is said beside it: who says it, the status of its document, copies, contradictions; and what
only might happen is no fact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

import hybrid
from hybrid.answering import persons
from hybrid.answering.selection import actuality
from hybrid.text import document_dates
from hybrid.types.documents import Document, Metadata

MAIL = """From: {author} <{author_at}@mill.example>
To: {to}
Date: {date} 09:00:00 +0000
Subject: {subject}
X-Custodian: {custodian}

{body}
"""

SIGNED = """

Signed for the landlord
Signature: {one}
Signed for the tenant
Signature: {other}
"""
LEASE = [
    "1.1 The tenant shall pay the rent on the first day of each month to the landlord's agent.",
    "1.2 The tenant shall keep the windows and the doors of the house clean and in good repair.",
    "2.1 The landlord shall keep the roof, the walls and the drains of the house in repair.",
    "2.2 The landlord may enter the house to inspect it after two days' notice in writing.",
    "3.1 Neither party may assign this lease without the consent of the other in writing.",
    "3.2 This lease is governed by the law of Scotland and the courts of Perth decide disputes.",
]


def mail(author: str, to: str, date: str, subject: str, body: str, custodian: str) -> str:
    at = author.lower().replace(" ", ".")
    return MAIL.format(author=author, author_at=at, to=to, date=date, subject=subject, body=body, custodian=custodian)


FILES: Mapping[str, str] = {
    "lease-draft-2.txt": "DRAFT 2\nLease\n" + "\n\n".join(LEASE) + "\n\n4.1 The rent is £800 a month.",
    "lease.txt": "Lease\n"
    + "\n\n".join(LEASE)
    + "\n\n4.1 The rent is £900 a month."
    + SIGNED.format(one="(signed) Lena Hart", other="(signed) Tom Dale"),
    "board.txt": "Board paper\n\n3. Options\n\n3.1 Accept the offer of £5,000 from the roofer.\n\n"
    "3.2 Go to court.\n\n4. Risk\n\n4.1 If the roofer admits the fault there is no limit on its liability.",
    "refusal.txt": "Note of 4 May 2025\n\nThe board refused the offer of £5,000 from the roofer on 2 May 2025.",
    "ward.txt": "Ward diary\n\nThe sample of bed 12, number WX-4471, showed 8 cells.",
    "lab.txt": "Laboratory sheet for WX-4471\n\nThe sample WX-4471 showed 31 cells when it was counted.",
    "box/tom/leak.eml": mail(
        "Lena Hart", "Tom Dale <tom.dale@mill.example>", "Mon, 03 Mar 2025", "leak",
        "The roof leaks above the stairs and the beam is wet.", "Tom Dale",
    ),
    "box/lena/leak.eml": mail(
        "Lena Hart", "Tom Dale <tom.dale@mill.example>", "Mon, 03 Mar 2025", "leak",
        "The roof leaks above the stairs and the beam is wet.", "Lena Hart",
    ),
    "box/lena/other.eml": mail(
        "Ivy Cole", "Lena Hart <lena.hart@mill.example>", "Tue, 04 Mar 2025", "leak",
        "The roof leaks at my house, too.", "Lena Hart",
    ),
    "statement.txt": "Statement of Tom Dale\n\nI, Tom Dale, of 3 Mill Lane, say as follows.\n\n"
    "1. I knew nothing of a leak in the roof before 1 June 2025.\n\n(draft, not signed)",
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("statements")
    for name, text in FILES.items():
        file = folder / "file" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    opened = hybrid.Corpus.open(folder / "corpus", settings)
    opened.ingest(folder / "file")
    return opened


def quoted(answer: hybrid.Answer) -> list[str]:
    return [claim.text for claim in answer.claims]


def test_a_refusal_comes_before_an_option_and_the_option_says_that_it_is_one(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Did the board accept the offer of £5,000 from the roofer?", route="lookup")
    assert quoted(answer)[0] == "The board refused the offer of £5,000 from the roofer on 2 May 2025."
    options = [claim for claim in answer.claims if claim.text.startswith("3.1 Accept")]
    assert all("an option" in claim.qualification for claim in options)


def test_the_executed_document_is_quoted_before_its_draft(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Which law governs the lease?", route="lookup")
    assert Path(answer.citations[0].source).name == "lease.txt"
    assert answer.citations[0].status is not None
    assert answer.citations[0].status.name == "executed"
    assert any("lease-draft-2.txt has the same words as “" in note for note in answer.notes)


def test_what_a_draft_says_otherwise_stands_behind_and_is_marked(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How much is the rent of the house a month?", route="lookup")
    at = quoted(answer).index("4.1 The rent is £900 a month.")
    assert "4.1 The rent is £800 a month." not in quoted(answer)[:at]
    for claim in answer.claims:
        if "£800" in claim.text:
            assert claim.qualification == "from a draft"
            assert "(from a draft)" in answer.text


def test_two_values_of_one_thing_are_both_quoted_and_marked(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How many cells did sample WX-4471 show?", route="lookup")
    values = {claim.text: claim for claim in answer.claims}
    ward = values["The sample of bed 12, number WX-4471, showed 8 cells."]
    lab = values["The sample WX-4471 showed 31 cells when it was counted."]
    assert ward.contradicted_by == (lab.citations[0].number,)
    assert lab.contradicted_by == (ward.citations[0].number,)
    assert "says otherwise" in answer.text


def test_a_mail_in_two_mailboxes_is_quoted_once_with_both_custodians(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Where does the roof leak above?", route="lookup")
    (leak,) = [one for one in answer.citations if one.quote.startswith("The roof leaks above the stairs")]
    assert set(leak.custodians) == {"Tom Dale", "Lena Hart"}
    assert len(leak.copies) == 1
    assert "custodians" in str(leak)


def test_what_somebody_knew_is_what_they_wrote_or_were_sent_and_their_denial_beside_it(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What did Tom Dale know about the leak in the roof, and when did he know it?", route="lookup")
    assert quoted(answer) == [
        "The roof leaks above the stairs and the beam is wet.",
        "1. I knew nothing of a leak in the roof before 1 June 2025.",
    ]
    sent, denial = answer.claims
    assert answer.text.startswith("Lena Hart, 3 March 2025")
    assert denial.citations[0].speaker == "Tom Dale"
    assert denial.qualification == "denial, from a draft"
    assert denial.contradicted_by == (sent.citations[0].number,)


def test_status_is_settable_by_the_caller_and_filterable(tmp_path: Path) -> None:
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(
            hybrid.Document.from_text(
                "DRAFT\nThe rent is £900.", source="a.txt", metadata=hybrid.Metadata(status="superseded")
            ),
            hybrid.Document.from_text("DRAFT\nThe rent is £950.", source="b.txt"),
        )
        hits = corpus.search("rent", where=hybrid.Filter(metadata={"status": "superseded"}))
        assert [hit.source for hit in hits] == ["a.txt"]
        assert hits[0].status == hybrid.DocumentStatus(name="superseded", reason="given with the document")
        assert [hit.source for hit in corpus.search("rent", where=hybrid.Filter(metadata={"status": "draft"}))] == [
            "b.txt"
        ]


def test_a_status_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(hybrid.InputError, match=r"status.*executed"):
        hybrid.Metadata(status="signedish")


@pytest.mark.parametrize(
    ("text", "heading", "expected"),
    [
        ("4.1 Accept the offer.", "4. Options", "an option"),
        ("Option B: sell the house.", "", "an option"),
        ("To approve the sale of the house.", "Decisions sought", "a proposal"),
        ("If the beam is wet, the roof has failed.", "", "conditional"),
        ("The tenant shall return the keys.", "", "a term"),
        ("We will return the keys on Monday.", "", "a plan"),
        ("Please return the keys.", "", "a request"),
        ("Did you return the keys?", "", "a question"),
        ("The tenant returned the keys on Monday.", "4. Options", ""),
        ("I did not agree to the sale.", "", ""),
        ("The opening was postponed from 3 May to 17 May 2025.", "", ""),
        ("To my knowledge no tenant was asked.", "", ""),
        ("No change proposed.", "", ""),
        ("A change was proposed.", "", "a proposal"),
        ("No member was late, and a change was proposed.", "", "a proposal"),
        ("To mend the roof, the club hired Bo Fenn.", "", ""),
        ("He must have left before noon.", "", ""),
        ("Tenants may bring a dog.", "", "a term"),
    ],
)
def test_what_only_might_be_is_no_fact(text: str, heading: str, expected: str) -> None:
    assert actuality.qualification(text, heading) == expected


@pytest.mark.parametrize(
    ("question", "happened"),
    [
        ("Did the board accept?", True),
        ("Has he paid?", True),
        ("Were any papers destroyed?", True),
        ("May the board accept?", False),
        ("What is the rent?", False),
        ("Was the tenant obliged to pay?", False),
    ],
)
def test_questions_about_what_happened_are_told_from_questions_about_terms(question: str, happened: bool) -> None:
    assert actuality.asks_what_happened(question) is happened


@pytest.mark.parametrize(
    ("question", "name", "topic"),
    [
        ("What did Tom Dale know about the leak, and when did he know it?", "Tom Dale", "the leak"),
        ("When did Lena Hart first learn of the wet beam?", "Lena Hart", "the wet beam"),
        ("What was Ivy Cole told about the roof?", "Ivy Cole", "the roof"),
        ("What did Dr Hart say about the roof?", "Hart", "the roof"),
    ],
)
def test_whose_knowledge_or_words_are_asked_for(question: str, name: str, topic: str) -> None:
    person = persons.asked(question)
    assert person is not None
    assert (person.name, person.topic) == (name, topic)


@pytest.mark.parametrize("question", ["What does the lease say about rent?", "Who told Tom about it?", "Is it wet?"])
def test_other_questions_ask_about_nobody(question: str) -> None:
    assert persons.asked(question) is None


def test_whoever_asks_whether_something_happened_looks_for_its_opposite_too() -> None:
    assert actuality.opposite("Has the roofer admitted it?") == "Has the roofer deny, dispute, concede it?"
    assert actuality.opposite("When is the rent due?") is None


def test_the_answer_to_a_question_that_a_mail_quotes_is_quoted(tmp_path: Path) -> None:
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    body = (
        "Hi Tom, yes, a small dog is fine by us.\n\nOn 3 March 2025 at 08:00, Tom Dale wrote:\n"
        "> Would you let us keep a puppy?"
    )
    for name, text in {
        "a.eml": mail("Lena Hart", "tom.dale@mill.example", "Mon, 03 Mar 2025", "RE: puppy", body, "Tom Dale"),
        "b.txt": "Letter of 4 May 2025\n\nWe never agreed to a dog.",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(tmp_path / "a.eml", tmp_path / "b.txt")
        answer = corpus.ask("Did the landlord agree to a dog?", route="lookup")
    first, denial = answer.claims[0], next(one for one in answer.claims if one.text == "We never agreed to a dog.")
    assert first.text == "Hi Tom, yes, a small dog is fine by us."
    assert denial.contradicted_by == (first.citations[0].number,)


@pytest.mark.parametrize(
    ("title", "text", "day"),
    [
        ("Letter", "14 Orchard Row\n2 May 2025\n\nDear Sir", "2025-05-02"),
        ("Minutes of 14 January 2025", "Present: Ann.", "2025-01-14"),
        ("", "Statement\nI, Ann Aaker, say as follows.\n(signed) Ann Aaker, 9 June 2025", "2025-06-09"),
        ("", "VALE CHOIR\nMinutes of the meeting of the singers held on 11 February 2025\nPresent: Ann", "2025-02-11"),
        ("", "ROOF REPORT\n\nby Ann Aaker, engineer, 6 February 2025\n\nThe roof is old.", "2025-02-06"),
        ("", "MILL\nNotice of 3 March 2025\nIt opens.", "2025-03-03"),
        ("", "THE KILN\nLund Surveyors, Bergen. Report dated 7 March 2024, on the kiln.\nIt is cold.", "2024-03-07"),
        ("", "Dear Sir,\nWe have your letter dated 7 March 2024, on the kiln of the brickworks, and reply.", None),
        ("", "DAMAGE\nReport on the fire of 3 May 2025\nIt began in the loft.", None),
        ("", "MILL\nNotice of the meeting of 9 May 2025\nAll may come.", None),
        ("", "LEASE\nbetween Ann and Ben\n1. The report of 3 May 2024 is annexed.", None),
        ("Note", "The roof fell on 3 March 2025 and was repaired on 9 March 2025.", None),
        ("", "LEASE\n\nbetween Ann Aaker (the Owner) and Ben Orr, dated 4 March 2024.\n\n1. Rent", "2024-03-04"),
        ("", "# Addendum to the Lease of 4 March 2024\n\nAnn Aaker and Ben Orr agree on 6 May 2024 so.", "2024-05-06"),
        ("", "# Addendum to the Lease of 4 March 2024\n\nThe rent is £90.", None),
        ("Addendum to the Lease of 4 March 2024", "The rent is £90.", None),
        ("Minutes of the meeting of 4 March 2024", "All were there.", "2024-03-04"),
        ("", "Variation 2\n\nThis deed is made on 7 June 2024 between Ann and Ben.", "2024-06-07"),
        ("", "Record of the vestry\n\nHeld on Wednesday 6 March 2024 at the hall, at 14:00.", "2024-03-06"),
        ("", "Statement of Ann Aaker\n\nTaken at the office of Orr, solicitors, on 5 May 2025.", "2025-05-05"),
        ("", "PLAN\n\nThe fair is held on 6 March 2024.", None),
        ("", "NOTE\n\nThe picture was taken on 6 March 2024.", None),
        ("", "LETTER\n\nThe talks between Ann and Ben broke down on 6 March 2024.", None),
        ("", "LETTER\n\nThe lease was signed on 6 March 2024 and Ann left.", None),
        ("Fire on board *Petrel*, 14 May 2023", "# Fire\n\nAnn Aaker — 29 June 2024 — *Confidential*\n", "2024-06-29"),
        ("Flood in the cellar on 14 May 2023", "Water came in.", None),
        ("", "REPORT\n\nAnn Aaker — from 3 May 2024 — until 9 May 2024\n", None),
    ],
)
def test_the_day_that_a_document_says_it_was_written_on(title: str, text: str, day: str | None) -> None:
    assert document_dates.written_on(title, text) == day


def test_whoever_says_that_nobody_warned_them_is_contradicted_by_the_advice_they_were_sent(tmp_path: Path) -> None:
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    warning = "Tom, the new index is gone from build 12. I would not ship this today."
    denial = "Nobody warned me that the index mattered."
    for name, text in {
        "a.eml": mail("Lena Hart", "Tom Dale <t@mill.example>", "Mon, 03 Mar 2025", "build 12", warning, "Tom Dale"),
        "b.eml": mail("Tom Dale", "Ivy Cole <i@mill.example>", "Tue, 04 Mar 2025", "outage", denial, "Ivy Cole"),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(tmp_path / "a.eml", tmp_path / "b.eml")
        answer = corpus.ask("Was Tom Dale warned about the index?", route="lookup")
    denied = next(claim for claim in answer.claims if claim.text == denial)
    assert denied.qualification == "denial"
    assert any("would not ship" in claim.text for claim in answer.claims)
    assert denied.contradicted_by


@pytest.mark.parametrize(
    ("media_type", "text", "day"),
    [
        ("application/pdf", "Lease of the mill\n\nDated 4 March 2021\n\nThe rent is due.", "2021-03-04"),
        ("application/pdf", "The rent is due.", "2024-09-09"),
        ("text/html", "Lease of the mill\n\nDated 4 March 2021\n\nThe rent is due.", "2024-09-09"),
    ],
)
def test_the_day_in_the_text_goes_before_that_on_which_a_program_made_the_file(
    media_type: str, text: str, day: str
) -> None:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    metadata = Metadata(date="2024-09-09")
    document = Document(source="lease", text=text, sha256=sha256, media_type=media_type, metadata=metadata)
    assert document.date == day
    assert document.metadata.date == "2024-09-09"
