"""What a question for all of something is narrowed by: words of which no row speaks are named, and nothing is listed in
their stead; statuses, labels with numbers and amounts of every writing are read."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from accounts_corpus import write

import hybrid
from hybrid.answering.enumeration_question import read
from hybrid.answering.enumeration_values import amount_of, has_decimal_comma


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = write(tmp_path_factory.mktemp("accounts"))
    (folder / "wards.csv").write_text(
        "Round,Ward,Bed,Date,Seen by\nR-1,4,7,2023-03-04,Dr Osman\nR-2,7,4,2023-03-05,Dr Osman\n"
        "R-3,4,2,2023-04-07,Dr Lim\n"
    )
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), settings)
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("List all applications for payment that are unpaid.", ("AP-3", "AP-4")),
        ("Which applications are paid?", ("AP-1", "AP-2")),
        ("List all visits to ward 4.", ("V-01", "V-03")),
        ("List all rounds on ward 7.", ("R-2",)),
        ("How many rounds were made on ward 4?", ("R-1", "R-3")),
        ("How many batches failed?", ("S-202", "S-204", "S-205")),
        ("How many batches passed?", ("S-201", "S-203")),
        ("List every certified visit.", ("V-01", "V-03")),
        ("List all deliveries of yarn.", ("D-2",)),
        ("List all deliveries in chronological order.", ("D-1", "D-2", "D-3")),
    ],
)
def test_rows_are_those_that_fit_and_no_others(corpus: hybrid.Corpus, question: str, rows: tuple[str, ...]) -> None:
    answer = corpus.ask(question)
    assert answer.enumeration is not None, answer.text
    assert tuple(row.cells[0] for row in answer.enumeration.rows) == rows
    assert corpus.verify(answer) == []


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("List every unicorn delivered.", "unicorn"),
        ("List all submarine deliveries.", "submarine"),
        ("List all deliveries of porcelain.", "porcelain"),
        ("How many frozen batches failed?", "frozen"),
        ("What is the total of all hexagonal deliveries?", "hexagonal"),
    ],
)
def test_a_word_that_no_row_says_is_named_and_nothing_is_listed(
    corpus: hybrid.Corpus, question: str, word: str
) -> None:
    answer = corpus.ask(question)
    assert not answer.found
    assert answer.enumeration is None
    assert f"“{word}”" in answer.text


def test_where_something_is_said_does_not_make_it_what_is_asked_for(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List all deliveries mentioned in the correspondence.")
    assert answer.enumeration is not None
    assert any("Not narrowed by “correspondence”" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("question", "sums"),
    [
        ("What is the total of all applications?", {"£": Decimal("31780.50")}),
        ("What is the total value of all deliveries?", {"€": Decimal("4220.50")}),
        ("What is the total of all unpaid applications?", {"£": Decimal("11230.00")}),
    ],
)
def test_amounts_in_quotation_marks_and_with_a_decimal_comma_are_added(
    corpus: hybrid.Corpus, question: str, sums: dict[str, Decimal]
) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert found.sums == sums


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("£1,240.00", "1240.00"),
        ("1.240,00 €", "1240.00"),
        ("880,50 €", "880.50"),
        ("1,240", "1240"),
        ("1.240", "1.240"),
        ("12.400.000", "12400000"),
        ("€ 1 240,50", "1240.50"),
        ("(1,240.00)", "-1240.00"),
        ("0,5", "0.5"),
    ],
)
def test_a_number_is_read_as_it_is_written(cell: str, number: str) -> None:
    assert amount_of(cell, "")[0] == Decimal(number)


def test_a_stop_groups_thousands_where_the_column_has_a_decimal_comma() -> None:
    assert has_decimal_comma(["1.240", "880,50"])
    assert not has_decimal_comma(["1.240", "880.50", "1,240"])
    assert amount_of("1.240", "", decimal_comma=True)[0] == Decimal(1240)


def test_a_number_after_a_noun_belongs_to_it() -> None:
    asked = read("List all rounds on ward 4 since 3 May 2023.")
    assert asked is not None
    assert [(term.label, term.word) for term in asked.terms] == [("ward", "4")]
    assert asked.since == "2023-05-03"


def test_what_is_cached_of_tables_notices_changed_and_removed_documents(tmp_path: Path) -> None:
    table = tmp_path / "files" / "crates.csv"
    table.parent.mkdir()
    table.write_text("Crate,Goods,Amount\nC-1,Figs,£10.00\nC-2,Figs,£20.00\nC-3,Nuts,£30.00\n")
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(table)

        def crates() -> list[tuple[str, ...]]:
            found = corpus.ask("List all crates with their amounts.").enumeration
            return [row.cells for row in found.rows] if found else []

        assert [cells[0] for cells in crates()] == ["C-1", "C-2", "C-3"]
        table.write_text("Crate,Goods,Amount\nC-1,Figs,£10.00\nC-2,Figs,£25.00\nC-4,Nuts,£30.00\n")
        corpus.ingest(table)
        assert [(cells[0], cells[2]) for cells in crates()] == [("C-1", "£10.00"), ("C-2", "£25.00"), ("C-4", "£30.00")]
        corpus.remove(str(table))
        assert crates() == []


def test_a_sum_is_looked_for_where_its_digits_stand(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "crates.csv").write_text("Crate,Amount\nC-1,£1200.00\nC-2,£2300.50\nC-3,£30.00\n")
    (tmp_path / "files" / "letter.txt").write_text("The crates came to £3,530.50 in all, which was paid.\n")
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest(tmp_path / "files")
        found = corpus.ask("What is the total of all crates with their amounts?").enumeration
        assert found is not None
        assert found.sums == {"£": Decimal("3530.50")}
        assert [one.quote for one in found.stated] == ["3,530.50"]


PULLS = """test_no,date,bolt,load_kN,result
T-1,2023-01-05,4128,135,PASS
T-2,2023-01-31,4488,96,FAIL
T-3,2023-02-07,4671,104,FAIL
T-4,2023-02-09,4755,,
"""


@pytest.fixture(scope="module")
def pulls(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("pulls")
    (folder / "pull_test_log_2023.csv").write_text(PULLS)
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), {"memory": {"enabled": False}})
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which tests did not pass?", ("T-2", "T-3")),
        ("List every test that was not passed, with its date and load.", ("T-2", "T-3")),
        ("Which pull tests failed?", ("T-2", "T-3")),
    ],
)
def test_what_did_not_come_about_is_not_what_did_nor_all(pulls: hybrid.Corpus, question: str, rows: tuple[str, ...]):
    answer = pulls.ask(question)
    assert answer.enumeration is not None, answer.text
    assert tuple(row.cells[0] for row in answer.enumeration.rows) == rows


def test_a_denied_word_of_which_no_column_speaks_is_named(pulls: hybrid.Corpus):
    answer = pulls.ask("Which tests were not witnessed?")
    assert "witnessed" in " ".join(answer.notes) + answer.text


@pytest.fixture(scope="module")
def permits(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("permits")
    (folder / "permits.csv").write_text(
        "permit,date,enclosed,adjoining_signed,issuer,fire_watch\n1158,2023-10-02,Y,N,Ann Orr,Ines Lee\n"
        "1159,2023-10-03,N,Y,Ann Orr,Max Lund\n1160,2023-10-04,Y,Y,Ann Orr,Ines Lee\n"
    )
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), {"memory": {"enabled": False}})
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many permits were enclosed?", ("1158", "1160")),
        ("Which permits were not enclosed?", ("1159",)),
        ("How many permits were there?", ("1158", "1159", "1160")),
        ("How many permits were there for enclosed spaces?", ("1158", "1160")),
        ("Which permits for enclosed spaces did not have the adjoining space signed?", ("1158",)),
        ("Which permits of Orr's had a fire watch by somebody other than Lee?", ("1159",)),
    ],
)
def test_n_in_a_column_of_yes_and_no_says_no(permits: hybrid.Corpus, question: str, rows: tuple[str, ...]) -> None:
    answer = permits.ask(question)
    assert answer.enumeration is not None, answer.text
    assert tuple(row.cells[0] for row in answer.enumeration.rows) == rows


def test_a_denied_verb_that_tables_seldom_say_is_named_too(permits: hybrid.Corpus) -> None:
    answer = permits.ask("Which permits were not written?")
    assert any("written" in note for note in answer.notes) or "written" in answer.text


def test_somebody_is_no_word_that_a_table_lacks(permits: hybrid.Corpus) -> None:
    answer = permits.ask("Which permits of Orr's had a fire watch by somebody other than Lee?")
    assert not any("somebody" in note for note in answer.notes)


def test_a_file_that_is_called_a_table_of_invoices_has_them(tmp_path: Path) -> None:
    (tmp_path / "07_invoice_table.csv").write_text(
        "document_no,date,lot,net_gbp,status\nTD-1,2023-01-02,K7,10.50,withheld\nTD-2,2023-01-03,K8,20.00,paid\n"
        "TD-3,2023-01-04,K9,30.00,withheld\n"
    )
    with hybrid.Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        corpus.ingest(tmp_path / "07_invoice_table.csv")
        answer = corpus.ask("What do the withheld invoices add up to?")
    assert answer.enumeration is not None, answer.text
    assert list(answer.enumeration.sums.values()) == [Decimal("40.50")]
