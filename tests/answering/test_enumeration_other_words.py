"""Lists that are asked for in other words than the tables have, by two dates that are compared, by who sent a mail, by
who was at a meeting, and by what a mail is marked with."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import enumeration_question, quoting
from hybrid.answering.enumeration_terms import phrasal_verb
from hybrid.answering.evidence import Sentence

MAIL = "From: {0} <{0}@yard.example>\nTo: {1} <{1}@yard.example>\nDate: {2} 2022 09:00:00 +0000\nSubject: {3}\n\n{4}\n"
FILES = {
    "work.csv": """Repair,Boat,Promised,Collected,Fee GBP
R-1,Heron,2022-03-01,2022-03-01,140
R-2,Wigeon,2022-03-10,2022-03-14,90
R-3,Teal,2022-04-02,2022-03-29,75
R-4,Gannet,2022-04-20,,310
""",
    "timber.csv": """Docket,Timber,Ordered,Delivered
T-5,Oak planks,40,38
T-6,Larch planks,60,60
T-7,Oak planks,10,10
""",
    "ledger.csv": """Invoice,Date,Amount GBP,Paid on,Open
L-1,2022-02-01,400,2022-02-20,0
L-2,2022-03-01,250,,250
L-3,2022-05-01,125,,125
""",
    "stores.csv": """Bottle,Water,Litres
B-1,still,12
B-2,sparkling,8
""",
    "a.eml": MAIL.format("Nell Carver", "Ivo Brandt", "Tue, 1 Mar", "Keel", "The keel is cracked. Ivo Brandt saw it."),
    "b.eml": MAIL.format("Ivo Brandt", "Nell Carver", "Wed, 2 Mar", "RE: Keel", "Nell Carver, do not tell the owner."),
    "c.eml": MAIL.format("Nell Carver", "Rhoda Finch", "Thu, 3 Mar", "CONFIDENTIAL: offer", "We offer 900."),
    "d.eml": MAIL.format("Rhoda Finch", "Ivo Brandt", "Fri, 4 Mar", "Lunch",
                         "I told nobody, Nell Carver least of all, because it is confidential between us."),
    "e.eml": MAIL.format("Rhoda Finch", "Nell Carver", "Mon, 7 Mar", "Terms", "STRICTLY CONFIDENTIAL\n\nWe accept."),
    "minutes-1.txt": "Minutes of the yard meeting of 4 April 2022\n\nPresent: Nell Carver, Ivo Brandt\n"
    "Apologies: Rhoda Finch\n\n1. Slip. The slip is clear. Rhoda Finch had asked for it.\n",
    "minutes-2.txt": "Minutes of the yard meeting of 2 May 2022\n\nPresent: Rhoda Finch, Ivo Brandt\n"
    "Apologies: none\n\n1. Crane. Nell Carver will hire one.\n",
    "minutes-3.txt": "Minutes of the yard meeting of 6 June 2022\n\n1. Paint. Nell Carver chose red.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def listed(corpus: hybrid.Corpus, question: str, *, column: int = 0) -> list[str]:
    answer = corpus.ask(question)
    return [row.cells[column] for row in answer.enumeration.rows] if answer.enumeration else []


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("List every repair that was collected after the promised date.", ["R-2"]),
        ("Which repairs were collected before they were promised?", ["R-3"]),
        ("List all repairs that were collected on time.", ["R-1", "R-3"]),
        ("List all repairs not collected by the promised date.", ["R-2", "R-4"]),
        ("Which repairs were picked up later than promised?", ["R-2"]),
        ("List all late repairs.", ["R-2"]),
        ("List every repair of March 2022.", ["R-1", "R-2", "R-3"]),
    ],
)
def test_one_date_of_a_row_is_compared_with_another(yard: hybrid.Corpus, question: str, rows: list[str]) -> None:
    assert sorted(listed(yard, question)) == rows


def test_a_comparison_that_no_table_can_make_lists_nothing(yard: hybrid.Corpus) -> None:
    answer = yard.ask("List every invoice that was sent after its expiry date.")
    assert not (answer.enumeration and any(not row.not_counted for row in answer.enumeration.rows))


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which bills are still open?", ["L-2", "L-3"]),
        ("List all bills that are not yet paid.", ["L-2", "L-3"]),
        ("List all fixes collected in March 2022.", ["R-1", "R-2", "R-3"]),
    ],
)
def test_a_noun_that_means_the_same_names_a_column(yard: hybrid.Corpus, question: str, rows: list[str]) -> None:
    assert sorted(listed(yard, question)) == rows


def test_the_answer_says_that_another_noun_was_taken(yard: hybrid.Corpus) -> None:
    assert any("“bills”" in note and "“invoice”" in note for note in yard.ask("Which bills are open?").notes)
    assert not any("taken as" in note for note in yard.ask("Which invoices are open?").notes)


def test_a_noun_without_relation_names_no_column(yard: hybrid.Corpus) -> None:
    assert not listed(yard, "List all kettles.")


def test_still_chooses_nothing_unless_it_says_of_what_kind_a_thing_is(yard: hybrid.Corpus) -> None:
    assert listed(yard, "List every bottle of still water.") == ["B-1"]
    asked = enumeration_question.read("List all invoices that are still unpaid.")
    assert asked is not None
    assert [term.word for term in asked.terms] == ["unpaid"]


def test_a_verb_with_its_particle_names_the_column_of_its_synonym(yard: hybrid.Corpus) -> None:
    enumeration = yard.ask("How many oak planks were handed over in total?").enumeration
    assert enumeration is not None
    assert (enumeration.summed, list(enumeration.sums.values())) == ("Delivered", [48])
    assert phrasal_verb("handed over") == "hand_over"
    assert not phrasal_verb("cracked over")


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("List every e-mail that Nell Carver sent.", ["CONFIDENTIAL: offer", "Keel"]),
        ("List all e-mails Nell Carver wrote to Ivo Brandt.", ["Keel"]),
        ("List all e-mails that Nell Carver received.", ["RE: Keel", "Terms"]),
        ("List all e-mails received by Ivo Brandt.", ["Keel", "Lunch"]),
        ("List all e-mails about the keel.", ["Keel", "RE: Keel"]),
        ("List every e-mail that mentions Nell Carver.", ["CONFIDENTIAL: offer", "Keel", "Lunch", "RE: Keel", "Terms"]),
    ],
)
def test_a_verb_says_who_sent_a_mail_and_who_got_it(yard: hybrid.Corpus, question: str, titles: list[str]) -> None:
    assert sorted(listed(yard, question)) == titles


@pytest.mark.parametrize(
    "question",
    [
        "List all e-mails marked confidential.",
        "List every e-mail headed “confidential”.",
        "Which e-mails are marked as confidential?",
    ],
)
def test_a_mark_stands_at_the_head_of_a_mail_and_not_in_its_sentences(yard: hybrid.Corpus, question: str) -> None:
    assert sorted(listed(yard, question)) == ["CONFIDENTIAL: offer", "Terms"]


def test_a_mark_that_no_mail_has_lists_none(yard: hybrid.Corpus) -> None:
    assert listed(yard, "List all e-mails marked cracked.") == []


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("List all meetings that Nell Carver attended.", ["2022-04-04"]),
        ("Which meetings did Ivo Brandt attend?", ["2022-04-04", "2022-05-02"]),
        ("At which meetings was Ms Carver present?", ["2022-04-04"]),
        ("Which meetings did Rhoda Finch miss?", ["2022-04-04"]),
        ("List all meetings attended by Ivo Brandt in May 2022.", ["2022-05-02"]),
        ("List all meetings that Nell Carver and Rhoda Finch attended.", []),
    ],
)
def test_meetings_are_of_those_whom_they_list(yard: hybrid.Corpus, question: str, days: list[str]) -> None:
    assert listed(yard, question, column=1) == days


def test_who_was_there_and_who_was_not_is_one_list(yard: hybrid.Corpus) -> None:
    enumeration = yard.ask("Who attended the meeting of 4 April 2022, and who sent apologies?").enumeration
    assert enumeration is not None
    at = enumeration.columns.index("Listed as")
    assert {row.cells[0]: row.cells[at] for row in enumeration.rows} == {
        "Nell Carver": "Present",
        "Ivo Brandt": "Present",
        "Rhoda Finch": "Apologies",
    }
    assert listed(yard, "Who attended the meeting of 4 April 2022?") == ["Nell Carver", "Ivo Brandt"]


def test_a_mark_is_looked_for_in_documents_of_every_kind(yard: hybrid.Corpus) -> None:
    assert sorted(listed(yard, "List all documents marked confidential.")) == ["CONFIDENTIAL: offer", "Terms"]
    assert listed(yard, "List all papers headed “minutes”.") == [
        f"Minutes of the yard meeting of {day} 2022" for day in ("4 April", "2 May", "6 June")
    ]


def test_minutes_that_list_nobody_are_named(yard: hybrid.Corpus) -> None:
    notes = yard.ask("List all meetings that Nell Carver attended.").notes
    assert any("do not list who was there" in note and "minutes-3.txt" in note for note in notes)


def test_a_list_that_cannot_be_made_is_said_to_be_none(yard: hybrid.Corpus) -> None:
    answer = yard.ask("List every crane that was hired.")
    assert not answer.enumeration
    assert any(note.startswith("No list of “crane” could be made") for note in answer.notes)
    assert not any("No list" in note for note in yard.ask("When was the keel cracked?").notes)


def test_a_number_in_a_date_states_no_sum(tmp_path: Path) -> None:
    (tmp_path / "hire.csv").write_text("Hire,Skiff,Day,Fee EUR\nH-1,Rush,2023-03-12,18\nH-2,Sedge,2023-03-14,12\n")
    (tmp_path / "visits.csv").write_text("Visit,Day,Guest\nV-1,2023-03-30,Orr\nV-2,2023-04-02,Lunt\n")
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path.parent / "hires", settings)
    corpus.ingest(tmp_path)
    enumeration = corpus.ask("What is the total fee of all hires?").enumeration
    assert enumeration is not None
    assert ([float(one) for one in enumeration.sums.values()], enumeration.stated) == ([30.0], ())


@pytest.mark.parametrize(
    ("question", "head", "terms"),
    [
        ("List all films lent to Ann Orr.", "films", ["lent", "Ann Orr"]),
        ("Which meetings was Ann Orr absent from?", "meetings", ["Ann Orr"]),
        ("List every tool that was brought back late.", "tool", ["brought", "back", "late"]),
        ("List all sales reports.", "reports", ["sales"]),
    ],
)
def test_the_noun_is_read_where_a_verb_follows_it(question: str, head: str, terms: list[str]) -> None:
    asked = enumeration_question.read(question)
    assert asked is not None
    assert (asked.head, [term.word for term in asked.terms]) == (head, terms)


def test_rows_of_two_documents_with_identifiers_of_their_own_change_no_value() -> None:
    heading, row = (0, 10), (11, 20)

    def sentence(title: str, parts: tuple[tuple[int, int], ...] = (heading, row)) -> Sentence:
        return Sentence(1, "x.txt", title, "", *parts[-1], "OK-40 | 1,200", parts=parts)

    first = sentence("Invoice QX-1011")
    assert quoting.of_two_things(first, sentence("Invoice QX-1012"))
    assert not quoting.of_two_things(first, sentence("Invoice QX-1011 (copy)"))
    assert not quoting.of_two_things(sentence("Price list"), sentence("Price list of May"))
    assert not quoting.of_two_things(sentence("Lease A-10", (row,)), sentence("Lease A-11", (row,)))
