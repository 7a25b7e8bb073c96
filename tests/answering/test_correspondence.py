"""What somebody wrote to somebody, on a day, about a thing: answered from the mails between them."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import correspondence

MAIL = "From: {0} <{1}>\nTo: {2} <{3}>\nDate: {4} +0000\nSubject: {5}\n\n{6}\n"
MONA, BEN, CARL = (
    ("Mona Reyes", "m.reyes@colne.example"),
    ("Ben Soames", "ben@harrow.example"),
    ("Carl Dean", "carl@harrow.example"),
)
CHIPPED = (
    "Ben,\n\nThe kerbs on WT-203 are chipped. I want forty of them replaced.\n\nMona Reyes\nSite Manager, Colne Homes"
)
LOADED = (
    "Mona,\n\nWe loaded them whole. A fitter will call on Friday.\n\nBen\n\nOn 3 March 2021 at 09:00,"
    " Mona Reyes wrote:\n> The kerbs on WT-203 are chipped. I want forty of them replaced."
)
SECRET = "Carl,\n\nBetween us, a forklift hit the pallet before it left. I have told Mona nothing of it.\n\nBen"
BEST = (
    "Do as you think best, but credit her the forty.\n\nCarl Dean\nManaging Director\n\nOn 3 March 2021 at 19:40,"
    " Ben Soames wrote:\n> Between us, a forklift hit the pallet before it left. I have told Mona nothing of it."
)
LATE = "The slabs have arrived two days late. Thank you all the same.\n\nMona"
GATE = "The gate code is changed to save your drivers the wait."
QUARRY = {
    "1.eml": MAIL.format(*MONA, *BEN, "Wed, 3 Mar 2021 09:00:00", "Kerbs", CHIPPED),
    "2.eml": MAIL.format(*BEN, *MONA, "Wed, 3 Mar 2021 17:10:00", "RE: Kerbs", LOADED),
    "3.eml": MAIL.format(*BEN, *CARL, "Wed, 3 Mar 2021 19:40:00", "Harrow Stone", SECRET),
    "4.eml": MAIL.format(*CARL, *BEN, "Thu, 4 Mar 2021 08:05:00", "RE: Harrow Stone", BEST),
    "5.eml": MAIL.format(*MONA, *BEN, "Mon, 10 May 2021 11:00:00", "Slabs", LATE),
    "6.eml": MAIL.format(*BEN, *MONA, "Tue, 2 Mar 2021 10:00:00", "Gate", GATE),
}  # fmt: skip
SENN, AVERY, BRAND = (
    ("Dr Lea Senn", "senn@ward.example"),
    ("Tom Avery", "avery@ward.example"),
    ("Ilsa Brand", "brand@agency.example"),
)
FRIDGE = "The fridge stood at eleven degrees all night. I have thrown the vaccines away."
NOBODY = (
    "Tell nobody until the inspector has gone.\n\n-----Original Message-----\nFrom: Tom Avery\nSent: 6 May 2022\n"
    f"To: Lea Senn\nSubject: Fridge\n\n{FRIDGE}"
)
ROTA = "I cannot work on Sundays. Rory Dunn can."
CLINIC = {
    "a.eml": MAIL.format(*AVERY, *SENN, "Fri, 6 May 2022 07:30:00", "Fridge", FRIDGE),
    "b.eml": MAIL.format(*SENN, *AVERY, "Fri, 6 May 2022 08:15:00", "RE: Fridge", NOBODY),
    "c.eml": MAIL.format(*BRAND, *AVERY, "Mon, 9 May 2022 18:45:00", "Rota", ROTA),
    "d.eml": MAIL.format(*AVERY, *BRAND, "Tue, 10 May 2022 09:00:00", "RE: Rota", "Then Sunday goes to Rory.\n\nTom"),
    "statement.txt": "WITNESS STATEMENT OF TOM AVERY\n\nI, Tom Avery, say as follows.\n\n"
    "1. On 10 May 2022 I told Ilsa Brand on the stairs that the rota is final.\n",
    "log.txt": "Ward log\n\n6 May 2022: Tom Avery told Dr Senn of a broken lamp. The inspector came at noon.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def quarry(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(QUARRY, tmp_path_factory)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CLINIC, tmp_path_factory)


def said(corpus: hybrid.Corpus, question: str) -> str:
    return " ".join(claim.text for claim in corpus.ask(question).claims)


@pytest.mark.parametrize(
    ("question", "has", "has_not"),
    [
        ("What did Mona Reyes write to Ben Soames on 3 March 2021?", "forty of them replaced", "two days late"),
        ("What did Ben Soames reply to Mona Reyes about the kerbs?", "We loaded them whole", "forklift"),
        ("What did Ben Soames tell his boss on the evening of 3 March 2021?", "forklift hit", "gate code"),
        ("What was Carl Dean's reply to Ben Soames?", "credit her the forty", "forklift hit"),
        ("What did Mona Reyes report to Ben Soames in May 2021?", "two days late", "chipped"),
        ("Did Mona Reyes mail Ben Soames about the slabs?", "two days late", "forty of them replaced"),
        ("What did Ben Soames e-mail to Mona on 2 March?", "gate code", "loaded them whole"),
    ],
)
def test_the_mails_between_two_people_answer(quarry: hybrid.Corpus, question: str, has: str, has_not: str) -> None:
    found = said(quarry, question)
    assert has in found
    assert has_not not in found


@pytest.mark.parametrize(
    ("question", "has", "has_not"),
    [
        ("What did Tom Avery write to Dr Senn on 6 May 2022?", "eleven degrees", "broken lamp"),
        ("What did Dr Senn answer Tom Avery?", "Tell nobody", "thrown the vaccines"),
        ("What did Ilsa Brand tell Tom Avery on the evening of 9 May 2022?", "cannot work on Sundays", "Tell nobody"),
        ("How did Tom Avery respond to Ilsa Brand?", "Sunday goes to Rory", "vaccines"),
    ],
)
def test_the_mails_of_a_ward_answer(clinic: hybrid.Corpus, question: str, has: str, has_not: str) -> None:
    found = said(clinic, question)
    assert has in found
    assert has_not not in found


@pytest.mark.parametrize(
    "question",
    [
        "Did Mona Reyes mail Carl Dean about the kerbs?",
        "What did Ben Soames write to Mona Reyes in May 2021?",
        "What did Mona Reyes e-mail to Ben Soames on 4 March 2021?",
    ],
)
def test_a_note_says_that_no_such_mail_is_there(quarry: hybrid.Corpus, question: str) -> None:
    answer = quarry.ask(question)
    assert any("mail" in note.lower() and note.startswith("No ") for note in answer.notes) or "No e-mail" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "What did Mona Reyes say about the kerbs?",
        "Who hit the pallet?",
        "What is the gate code?",
        "When did the slabs arrive?",
    ],
)
def test_another_question_speaks_of_no_mail(quarry: hybrid.Corpus, question: str) -> None:
    assert not any(note.startswith("No e-mail") for note in quarry.ask(question).notes)


def test_a_month_is_named_as_one(quarry: hybrid.Corpus) -> None:
    notes = quarry.ask("What did Mona Reyes write to Ben Soames in June 2021?").notes
    assert any(note.startswith("No e-mail from Mona Reyes to Ben Soames of June 2021 is in") for note in notes)


def test_of_too_many_mails_those_of_the_time_are_looked_through(
    quarry: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correspondence, "MOST_MAILS", 1)
    assert "two days late" in said(quarry, "What did Mona Reyes write to Ben Soames in May 2021?")
    assert not any(one.startswith("No e-mail") for one in quarry.ask("Did Mona mail Ben about the boiler?").notes)


def test_a_firm_is_known_by_the_addresses_of_its_people(quarry: hybrid.Corpus) -> None:
    found = said(quarry, "What did Harrow tell Colne on 2 March 2021?")
    assert "gate code" in found
    assert "chipped" not in found


def test_what_was_told_comes_from_notes_as_well_unless_mails_are_asked_for(clinic: hybrid.Corpus) -> None:
    told = said(clinic, "What did Tom Avery tell Ilsa Brand about the rota?")
    assert told.index("Sunday goes to Rory") < told.index("the rota is final")
    assert "the rota is final" not in said(clinic, "What did Tom Avery e-mail to Ilsa Brand about the rota?")


@pytest.mark.parametrize(
    "question",
    [
        "What did Tom Avery say in the meeting of 6 May 2022?",
        "Did Tom Avery order gauze in May 2022?",
        "What did the inspector say?",
    ],
)
def test_what_is_said_elsewhere_asks_for_no_mails(question: str) -> None:
    assert correspondence.read(question) is None


def test_a_log_that_says_who_told_whom_counts_where_no_mail_does(clinic: hybrid.Corpus) -> None:
    assert "broken lamp" in said(clinic, "What did Tom Avery tell Dr Senn about the lamp?")


def test_of_a_mail_that_is_not_there_only_what_names_both_ends_is_quoted(tmp_path_factory):
    corpus = corpus_of(
        {
            "letter.txt": "Please keep the letters of Kolm Adhesives to Mr Conti. "
            "The adhesives were kept in the yard.\n",
            "note.txt": "The adhesives cured in nine hours. Mr Conti swept the yard.\n",
            "mail.eml": "From: Ann Orr <ann@yard.example>\nTo: Tom Lee <tom@yard.example>\nSubject: Curing times\n"
            "Date: Mon, 12 May 2025 09:00:00 +0000\nMessage-ID: <1@x>\n\nThe curing times are on the wall.\n",
        },
        tmp_path_factory,
    )
    answer = corpus.ask("What did Kolm Adhesives write to Mr Conti about curing times?")
    assert any("No e-mail from Kolm Adhesives" in note for note in answer.notes)
    assert all("Kolm Adhesives to Mr Conti" in one.quote for one in answer.citations)


THREAD = (
    "Ilsa,\n\nSee below.\n\nTom\n\n> From: Tom Avery\n> To: Lea Senn\n> Date: Tue, 7 Mar 2023 07:55:02 +0000\n"
    "> Subject: RE: Lift\n>\n> The lift stays shut until Monday.\n>\n>> From: Lea Senn\n>> To: Tom Avery\n"
    ">> Date: Mon, 6 Mar 2023 17:40:09 +0000\n>> Subject: Lift\n>>\n>> May the porters use the lift?\n"
)


@pytest.fixture(scope="module")
def thread(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    mail = MAIL.format(*AVERY, *BRAND, "Fri, 17 Mar 2023 12:30:41", "Fwd: RE: Lift", THREAD)
    mail = mail.replace("\nDate:", "\nCc: Lea Senn <senn@ward.example>\nDate:", 1)  # to whom it went as well
    return corpus_of({"t.eml": mail, "note.txt": "The ward opens at seven.\n"}, tmp_path_factory)


@pytest.mark.parametrize("question", [
    "What did Tom Avery write to Lea Senn on 7 March 2023?", "What did Tom Avery write to Lea Senn?"
])  # fmt: skip
def test_a_mail_that_its_own_sender_forwards_went_to_whom_its_headers_say(thread: hybrid.Corpus, question: str) -> None:
    assert "The lift stays shut until Monday." in said(thread, question)


def test_where_no_such_mail_is_there_nothing_is_said_to_have_been_removed(thread: hybrid.Corpus) -> None:
    answer = thread.ask("What did Tom Avery write to Lea Senn on 9 March 2023?")
    assert not answer.claims
    assert "any more" not in answer.text
    assert "answers this question" in answer.text
    assert any("of 9 March 2023" in note for note in answer.notes)
