"""What a corpus without a ledger says of its things: sheets, minutes, a watch list, a harbour log and mails; and
whether the dates of one thing agree in them."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import dates_compared

SHEET = """Hallin Chandlers
Consignment sheet {0}
For berth 12, order {1} of {2}.

| Ref | Goods | Qty |
| --- | --- | --- |
| LJ | Life jacket, adult | {3} |
| RP | Rope, 20 m | {4} |

Carter: {5}. Landed on the quay on {6}; counted and signed for by {7}.
"""
MIN = "Crew meeting\nheld on {0} at the boathouse\n\nPresent: {1}\nApologies: {2}\n\n1. Kestrel. {3}\n"
MAIL = "From: {0} <{1}>\nTo: {2} <{3}>\nDate: {4} +0000\nSubject: {5}\n\n{6}\n"
RITA = ("Rita Cole", "rita@hallin.example")
NILS = ("Nils Borg", "nils.borg@hallin.example")
PAULA = ("Paula Venn", "venn@brightinsure.example")
MARINA = {
    "sheets/CS-1.txt": SHEET.format("CS-1", "O-3", "20 July 2020", 10, 4, "O. Finn", "29 July 2020", "Rita Cole"),
    "sheets/CS-2.txt": SHEET.format("CS-2", "O-4", "3 August 2020", 16, 6, "O. Finn", "7 August 2020", "Nils Borg"),
    "sheets/CS-3.txt": SHEET.format("CS-3", "O-5", "10 August 2020", 8, 2, "T. Wray", "21 August 2020", "Rita Cole"),
    "sheets/CS-4.txt": SHEET.format("CS-4", "O-6", "28 August 2020", 12, 9, "O. Finn", "2 September 2020", "Rita Cole"),
    "c1.txt": MIN.format("6 July 2020", "Rita Cole, Nils Borg", "none", "Mr Borg took her out."),
    "c2.txt": MIN.format("3 August 2020", "Nils Borg, Tess Wray", "Rita Cole", "Ms Cole to be asked."),
    "c3.txt": MIN.format("7 September 2020", "Rita Cole, Tess Wray", "Nils Borg", "Sold."),
    "watch.csv": "Date,Skipper,Boat,Late by (min)\n2020-07-02,Nils Borg,Kestrel,0\n2020-07-05,Nils Borg,Kestrel,15\n"
    "2020-07-11,Tess Wray,Gull,40\n2020-07-19,Nils Borg,Gull,5\n2020-08-02,Nils Borg,Gull,10\n",
    "tickets/T-40.txt": "Passage ticket T-40\n\n"
    "Vessel Kestrel, voyage V-9. Date of sailing 3 July 2020.\nFare: EUR 40.\n",
    "tickets/T-41.txt": "Passage ticket T-41\n\n"
    "Vessel Gull, voyage V-10. Date of sailing 9 July 2020.\nFare: EUR 35.\n",
    "harbour.txt": "HARBOUR LOG - SAILINGS\n\n"
    "Date        Voyage  Vessel\n----------  ------  -------\n2020-07-01  V-8     Gull\n"
    "2020-07-05  V-9     Kestrel\n2020-07-09  V-10    Gull\n",
    "1.eml": MAIL.format(
        *RITA,
        *NILS,
        "Thu, 9 Jul 2020 08:00:00",
        "Mast",
        "Who unstepped the mast of the Kestrel? I must know before noon.\n\nRita",
    ),
    "2.eml": MAIL.format(
        *NILS,
        *RITA,
        "Thu, 9 Jul 2020 11:20:00",
        "RE: Mast",
        "Tess did, on my word. The shroud had parted.\n\nNils\n\n"
        "On 9 July 2020 at 08:00, Rita Cole wrote:\n> Who unstepped the mast of the Kestrel? I must know before noon.",
    ),
    "3.eml": MAIL.format(
        *RITA, *PAULA, "Thu, 9 Jul 2020 18:30:00", "Claim", "A gust broke our mast. Nobody had touched it.\n\nRita Cole"
    ),
    "4.eml": MAIL.format(*NILS, *RITA, "Fri, 10 Jul 2020 09:00:00", "Fuel", "The tank is full again."),
}


@pytest.fixture(scope="module")
def marina(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(MARINA, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("How many consignments did the carter O. Finn deliver?", 3),
        ("Which consignment sheets did Rita Cole sign for?", 3),
        ("Which of the crew meetings was Rita Cole not at?", 1),
        ("How often was Nils Borg late in July 2020?", 2),
        ("How many consignments did the carter Rita Cole deliver?", 0),
        ("How often was Rita Cole late in July 2020?", 0),
    ],
)
def test_things_are_counted_by_what_their_documents_say(marina: hybrid.Corpus, question: str, number: int) -> None:
    enumeration = marina.ask(question).enumeration
    assert (enumeration.count if enumeration else 0) == number


def test_a_number_of_things_is_the_sum_of_their_column(marina: hybrid.Corpus) -> None:
    enumeration = marina.ask("How many life jackets came in August 2020?").enumeration
    assert enumeration is not None
    assert list(enumeration.sums.values()) == [24]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What did Rita Cole write to the insurer on 9 July 2020?",
         ["A gust broke our mast.", "Nobody had touched it."]),
        ("What was Nils Borg's answer to Rita Cole's e-mail of 9 July 2020?",
         ["Tess did, on my word.", "The shroud had parted."]),
        ("What did Nils Borg reply when Rita Cole asked about the mast?",
         ["Tess did, on my word.", "The shroud had parted."]),
    ],
)  # fmt: skip
def test_the_mails_of_a_day_are_quoted_whole(marina: hybrid.Corpus, question: str, said: list[str]) -> None:
    assert [claim.text for claim in marina.ask(question).claims] == said


def test_a_note_says_when_there_are_other_mails(marina: hybrid.Corpus) -> None:
    notes = marina.ask("Did Rita Cole mail Nils Borg in May 2020?").notes
    assert any(note.startswith("No e-mail from Rita Cole to Nils Borg") and "9 July 2020" in note for note in notes)


def test_dates_that_differ_are_marked_against_each_other(marina: hybrid.Corpus) -> None:
    answer = marina.ask("Does the sailing date on ticket T-40 match the harbour log?")
    assert [bool(claim.contradicted_by) for claim in answer.claims] == [True, True]
    assert any(note.startswith("The dates do not agree: 3 July 2020") for note in answer.notes)


def test_dates_that_agree_are_not_marked(marina: hybrid.Corpus) -> None:
    answer = marina.ask("Does the sailing date on ticket T-41 match the harbour log?")
    assert [bool(claim.contradicted_by) for claim in answer.claims] == [False, False]
    assert any(note.startswith("The dates agree: 9 July 2020") for note in answer.notes)


@pytest.mark.parametrize(
    "question",
    ["When did the vessel of ticket T-40 sail?", "Does the fare on ticket T-40 match the price list?",
     "Does the date match?"],
)  # fmt: skip
def test_another_question_compares_no_dates(question: str) -> None:
    assert dates_compared.read(question) is None
