"""Lists of what is somebody's where no row says whose it is, lists that are asked for without "list", and conditions
that no row says: each is applied, or the answer says that it was not."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import enumeration_question

FILES = {
    "bills.csv": """Bill,Date,Of what,Amount GBP,Settled on
K-1,2023-02-03,Frames,120.00,2023-02-20
K-2,2023-05-09,Glass,940.00,
K-3,2023-05-30,Crates,75.00,2023-06-12
K-4,2024-01-15,Lamps,1310.00,
""",
    "bills_vandermeer.csv": """Bill,Date,Of what,Amount GBP,Settled on
V-7,2023-03-01,Space,60.00,2023-03-09
V-8,2024-02-02,Space,65.00,
""",
    "hanging.csv": """Day,Room,Pictures,Hung by
2023-05-02,North,14,Ada Quill
2023-05-06,South,9,Ben Stroud
2023-06-01,North,5,Ben Stroud
""",
    "loans.csv": """Loan,Lender,Work,Lent on,Carrier
N-1,Castle Museum,Harbour at dusk,2023-04-01,Hollis
N-2,Rowan Trust,The mill,2023-04-20,Hollis
""",
    "agreement.txt": "AGREEMENT between Ostrel Gallery and Vandermeer Storage\n\n1. Fee. The Gallery must pay 60"
    " pounds a month for storage.\n2. Costs. The Gallery bears the costs of glass.\n\nSigned on 3 January 2023\n",
    "mail.eml": "From: Ada Quill <ada@ostrel.example>\nTo: Ben Stroud <ben@ostrel.example>\n"
    "Date: Mon, 12 Jun 2023 09:00:00 +0000\nSubject: bill\n\nBen, bill K-2 was settled on 9 May 2023.\n",
}


STAGE = {
    "costumes.csv": """Item,Costume,Hired by,Out,Back,Deposit GBP
C-1,Bishop,Lyre Players,2023-10-02,2023-10-30,40
C-2,Sailor,Oakham School,2023-10-05,,25
C-3,Sailor,Oakham School,2024-02-11,2024-03-01,25
""",
    "repairs_limelight.csv": """Job,Date,What,Cost GBP,Done
J-1,2023-09-01,Track,210.00,yes
J-2,2024-01-30,Hatch,460.00,no
""",
    "minutes.txt": """Minutes of the Garland Theatre, 18 March 2024

1. Donations. The Anglers gave 500 pounds on 2 February 2024. Mrs Dale gave 50 pounds of flour and 20 pounds on 9 \
February 2024. A donation of 70 pounds is expected.
2. Staff. The warden counted 41 torn Bishop costumes in the loft.
""",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(STAGE, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which costumes did Oakham School hire before 2024?", ["C-2"]),
        ("List every costume that was not returned.", ["C-2"]),
        ("List every costume that was returned.", ["C-1", "C-3"]),
        ("List every repair by Limelight that is not done.", ["J-2"]),
        ("List every repair that is done.", ["J-1"]),
        ("List every costume hired by the Garland Theatre.", []),
    ],
)
def test_states_verbs_and_files_are_found_in_other_words(
    stage: hybrid.Corpus, question: str, expected: list[str]
) -> None:
    assert labels(stage.ask(question)) == expected


def test_sentences_below_a_heading_of_what_is_asked_for_are_rows(stage: hybrid.Corpus) -> None:
    found = stage.ask("List every donation, with amount and date.").enumeration
    assert found is not None
    assert [(row.cells[1], row.not_counted != "") for row in found.rows] == [
        ("500 pounds", False), ("20 pounds", False), ("70 pounds", True),
    ]  # fmt: skip
    assert found.sums == {"£": 520}


def test_a_number_that_no_row_says_may_be_in_a_sentence(stage: hybrid.Corpus) -> None:
    answer = stage.ask("How many torn costumes did the warden count?")
    assert "41 torn Bishop costumes" in answer.text
    assert any("No row says" in note or "Nothing was added" in note for note in answer.notes)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def labels(answer: hybrid.Answer) -> list[str]:
    """The first cells of all rows."""
    return [row.cells[0] for row in answer.enumeration.rows] if answer.enumeration else []


def test_a_party_that_no_row_names_leaves_all_rows_with_a_note_and_no_sum(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List every bill of Ostrel Gallery that is unpaid, with its amount.")
    assert labels(answer) == ["K-2", "K-4", "V-8"]
    assert answer.notes[0].startswith("Not narrowed by “Ostrel Gallery”")
    assert answer.enumeration is not None
    assert not answer.enumeration.sums


def test_of_a_party_that_no_row_names_nothing_is_counted_or_added(corpus: hybrid.Corpus) -> None:
    for question in ("How many bills did Ostrel Gallery issue?", "What is the total of all bills of Ostrel Gallery?"):
        found = corpus.ask(question).enumeration
        assert found is not None
        assert (found.found, found.count, found.sums) == (6, 0, {})
        assert found.rows[0].not_counted == "not known to be of “Ostrel Gallery”"


def test_a_file_that_has_the_partys_name_is_of_the_party(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List every bill of Vandermeer Storage.")
    assert labels(answer) == ["V-7", "V-8"]
    assert not any("Not narrowed" in note for note in answer.notes)


def test_where_rows_say_whose_they_are_a_party_in_none_has_none(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List every loan from Ostrel Gallery.")
    assert not answer.found
    assert answer.text.startswith("None of 2 rows with “Loan” filled in, “Ostrel Gallery” in them")
    assert labels(corpus.ask("List every loan from Rowan Trust.")) == ["N-2"]


def test_a_party_in_no_document_is_named(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List every bill of Zemlock Ltd.")
    assert answer.text.startswith("“Zemlock” is in none of the 6 documents searched. Nothing in the 6 documents")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("List all bills over 900 pounds.", ["K-2", "K-4"]),
        ("List all bills between 60 and 100 pounds.", ["K-3", "V-7", "V-8"]),
        ("List all bills of at least 940 pounds.", ["K-2", "K-4"]),
        ("List every bill from 2024.", ["K-4", "V-8"]),
        ("List every bill from May 2023.", ["K-2", "K-3"]),
        ("List every bill from May 2023 on.", ["K-2", "K-3", "K-4", "V-8"]),
        ("List every bill in May.", ["K-2", "K-3"]),
        ("List every bill after 9 May.", ["K-3"]),
        ("List every bill before 3 February.", ["K-4", "V-8"]),
        ("List every bill between November and February.", ["K-1", "K-4", "V-8"]),
        ("Which pictures did Ben Stroud hang after 10 May 2023?", ["2023-06-01"]),
        ("Which pictures did Ben Stroud hang in May?", ["2023-05-06"]),
        ("Who hung pictures in the North room?", ["2023-05-02", "2023-06-01"]),
        ("Who hung the pictures on 6 May 2023?", ["2023-05-06"]),
        ("When was each bill settled?", ["K-1", "V-7", "K-3", "K-2"]),
        ("When were the bills settled?", ["K-1", "V-7", "K-3", "K-2"]),
    ],
)
def test_conditions_and_lists_that_do_not_begin_so(corpus: hybrid.Corpus, question: str, expected: list[str]) -> None:
    assert sorted(labels(corpus.ask(question))) == sorted(expected)


def test_how_much_is_open_is_the_sum_of_the_rows_that_are(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("How much is unpaid in total?").enumeration
    assert found is not None
    assert {row.cells[0]: row.not_counted for row in found.rows} == {
        "K-2": "another document says otherwise", "K-4": "", "V-8": "",
    }  # fmt: skip
    assert sum(found.sums.values()) == 1375


@pytest.mark.parametrize(
    "question",
    [
        "Which fee must the Gallery pay for storage?",
        "Who bears the costs of glass?",
        "What did Ada Quill write of bill K-2?",
    ],
)
def test_what_a_sentence_answers_is_no_list(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    assert answer.found
    assert answer.enumeration is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("List every cheque payment in 2019.", "none says “cheque”"),
        ("List every bill settled by cheque.", "“cheque” is in none of the 6 documents searched."),
        ("How many pictures were hung by crane?", "“crane” is in none of the 6 documents searched."),
        ("List every bill of 2019.", "None of 6 rows"),
    ],
)
def test_what_no_row_says_is_said(corpus: hybrid.Corpus, question: str, said: str) -> None:
    answer = corpus.ask(question)
    assert not answer.found
    assert said in answer.text


def test_what_no_document_says_of_things_is_noted_beside_what_is_said_of_them(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How many pictures were burnt?")
    assert "“burnt” is in none of the 6 documents searched." in " ".join((*answer.notes, answer.text))


def test_an_empty_cell_of_a_quoted_row_is_named_and_the_citation_is_exact(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Was bill K-4 settled?")
    row = next(claim for claim in answer.claims if "K-4" in claim.text)
    assert row.qualification == "“Settled on” is empty"
    assert "(“Settled on” is empty)" in answer.text
    assert "“Settled on” is empty" in answer._repr_html_()
    assert row.citations[-1].quote == "K-4,2024-01-15,Lamps,1310.00,"
    assert not any(claim.qualification for claim in corpus.ask("Was bill K-3 settled?").claims if "K-3" in claim.text)


def test_of_an_identifier_in_no_document_rows_of_others_are_not_quoted(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What does bill KX-719 cover?")
    assert answer.text.startswith("“KX-719” is in none of the 6 documents searched.")
    assert not answer.claims


def test_a_search_expression_quotes_headings_last(corpus: hybrid.Corpus) -> None:
    quoted = [claim.text for claim in corpus.ask("cost* AND NOT zebra").claims]
    assert quoted == ["The Gallery bears the costs of glass."]
    assert [claim.text for claim in corpus.ask("AGREEMENT AND NOT zebra").claims]


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("List every bill until 3 May.", None, "--05-03"),
        ("List every bill since June.", "--06-01", None),
        ("List every bill before March.", None, "--02-29"),
        ("List every bill that the tenant may pay.", None, None),
        ("List every bill from 3 May 2023.", "2023-05-03", None),
    ],
)
def test_days_without_a_year_are_read(question: str, since: str | None, until: str | None) -> None:
    asked = enumeration_question.read(question)
    assert asked is not None
    assert (asked.since, asked.until) == (since, until)


WORKSHOP = {
    "ledger.csv": """Job,Date,What,Amount GBP,Paid on
W-11,2022-02-03,Hull,400.00,2022-02-20
W-12,2022-03-09,Mast,250.00,
W-13,2022-03-30,Sails,90.00,
""",
    "reminder.txt": """Tarbet Boatyard
3 May 2022

Dear Mr Rudd,

Jobs W-12 and W-13 have not been paid for. Tarbet Boatyard must ask for its money.

Ewan Tarbet
""",
    "insurance.txt": """Certificate of Clyde Mutual

Clyde Mutual insures the boat against fire and theft until May 2023.
""",
}
LIBRARY = {
    "orders.csv": """Order,Date,Title,Amount EUR,Delivered on
O-1,2021-05-03,Birds of Skye,40.00,2021-05-20
O-2,2021-06-09,Peat,25.00,
O-3,2021-06-30,Tides,31.00,
""",
    "mail.eml": "From: Ida Moll <ida@pelling.example>\nTo: Ben Stroud <ben@library.example>\n"
    "Date: Mon, 12 Jul 2021 09:00:00 +0000\nSubject: orders\n\nBen, at Pelling Books we still have O-2 and O-3.\n",
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(WORKSHOP, tmp_path_factory)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(LIBRARY, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "summed"),
    [
        ("Which Tarbet jobs have not been paid, and what do they come to?", True),
        ("Which of Tarbet's jobs are unpaid?", False),
        ("Which Tarbet jobs are unpaid?", False),
        ("List the unpaid Tarbet jobs.", False),
        ("What is the total of the unpaid jobs from Tarbet?", True),
    ],
)
def test_of_a_party_that_all_rows_have_in_common_every_wording_gives_the_same_rows(
    workshop: hybrid.Corpus, question: str, summed: bool
) -> None:
    answer = workshop.ask(question)
    assert labels(answer) == ["W-12", "W-13"]
    assert any("“Tarbet”" in note and "reminder.txt" in note for note in answer.notes)
    assert answer.enumeration is not None
    assert answer.enumeration.count == 2
    assert {f"{amount:f}" for amount in answer.enumeration.sums.values()} == ({"340.00"} if summed else set())


@pytest.mark.parametrize(
    "question",
    ["Which Pelling orders have not been delivered?", "Which of Pelling's orders have not been delivered?"],
)
def test_what_a_mail_of_a_party_names_is_the_party_s(library: hybrid.Corpus, question: str) -> None:
    answer = library.ask(question)
    assert labels(answer) == ["O-2", "O-3"]
    assert any("“Pelling”" in note and "mail.eml" in note for note in answer.notes)


@pytest.mark.parametrize(
    "question", ["What is the total of the unpaid jobs from Clyde Mutual?", "How many jobs did Clyde Mutual pay?"]
)
def test_a_party_that_no_document_names_with_the_rows_is_counted_for_none(
    workshop: hybrid.Corpus, question: str
) -> None:
    found = workshop.ask(question).enumeration
    assert found is None or (found.count == 0 and not found.sums)


def test_a_common_word_before_the_noun_is_no_party(workshop: hybrid.Corpus) -> None:
    answer = workshop.ask("Which steel jobs are unpaid?")
    assert answer.enumeration is None
    assert "steel" in answer.text or "steel" in " ".join(answer.notes)
