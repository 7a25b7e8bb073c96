"""Questions for all of something, asked of files of other trades: every row once, cited, counted and added; and what
is quoted of pages and tables besides."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from rows_corpus import LEDGER, write

import hybrid


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = write(tmp_path_factory.mktemp("files"))
    corpus = hybrid.Corpus.open(
        tmp_path_factory.mktemp("rows"), hybrid.Settings.model_validate({"memory": {"enabled": False}})
    )
    corpus.ingest(folder)
    return corpus


@dataclass(frozen=True)
class Case:
    """A question, and what its answer holds: the first cells of the counted rows, their sum, words that stand in a
    claim and words that stand in none. ``rows`` is None where the question asks for no rows."""

    question: str
    rows: tuple[str, ...] | None = None
    total: str | None = None
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


ALL = tuple(row[0] for row in LEDGER[1:])
CASES = [
    # lists, counts and sums
    Case("List all invoices with date and amount.", ALL, "6547.25", never=("Page 1",)),
    Case("How many invoices are there?", ALL),
    Case("List every invoice to Quay Hotel.", ("INV-106", "INV-107")),
    Case("List every payment received from Mill Lane School.", ("INV-102",)),
    Case("Which invoices have not been received?", ("INV-103", "INV-105")),
    Case("List all invoices over $1,000.", ("INV-101", "INV-103", "INV-106")),
    Case("How many invoices were issued in February 2024?", ("INV-103", "INV-104")),
    Case("What is the total of all invoices since 1 March 2024?", ("INV-105", "INV-106", "INV-107"), "3467.75"),
    Case("List every invoice before 10 January 2024, with its amount.", ("INV-101", "INV-102"), "1840.50"),
    Case("List all maintenance work on Press 2.", ("03/01/2024", "05/02/2024", "14/03/2024")),
    Case("How many inspections were made?", ("05/02/2024", "02/04/2024")),
    Case("What is the total cost of all replacements?",
         ("03/01/2024", "12/02/2024", "28/02/2024", "14/03/2024"), "1112.50"),
    Case("List every fall of a patient.", ("2024-02-04", "2024-02-07")),
    Case("List all doses of amoxicillin that were given.", ("3 February 2024", "4 February 2024")),
    Case("How many drugs were given by Nurse Ito?", ("4 February 2024",)),
    Case("List all incidents reported in 2023.", (
        "- A forklift struck the north gate.", "- Coolant leaked beside Press 2.",
        "- A visitor entered without a helmet.")),
    Case("List all resolutions.", ("24/11", "24/12", "24/13")),
    Case("Who were all the people present? List every attendee.", ("Ada Brandt", "Tom Nkemelu", "Ruth Lindqvist")),
    Case("How much does the bridge repair cost and how is it made up?", ("Steel", "Labour", "Survey"), "21400.00"),
    Case("List all loans.", ("Tides and Time", "The Salt Road", "Bees of the Fen", "Stone Walls")),
    Case("Which loans were not returned?", ("The Salt Road", "Stone Walls")),
    Case("List every loan to A. Voss.", ("Tides and Time", "Bees of the Fen")),
    Case("List all stock items with shelf and quantity.", ("Bolts M8", "Washers", "Hinges", "Brackets")),
    Case("List all e-mails to Bo Renn.", ("Oven", "Oven again")),
    Case("How many emails did Ines Falk send in April 2024?", ("Oven again", "Flour")),
    Case("List every refund with date and amount.", ("2024-04-02",), "75"),
    Case("How many resolutions were passed against the mayor of Paris?"),
    Case("How many lorries crossed the bridge?"),
    Case("How much was invoiced to Quay Hotel in total?", ("INV-106", "INV-107"), "2765.75"),
    Case("What is the total amount received?", ("INV-101", "INV-102", "INV-104", "INV-106", "INV-107"), "4695.25"),
    Case("When was each invoice received?", ("INV-101", "INV-102", "INV-104", "INV-106", "INV-107")),
    Case("List all people present on 6 May 2024.", ("Ada Brandt", "Tom Nkemelu", "Ruth Lindqvist")),
    Case("How many bolts are there on the shelves?"),
    Case("What is the total quantity of all stock items?", ("Bolts M8", "Washers", "Hinges", "Brackets"), "4745"),
    Case("How many loans went to A. Voss?", ("Tides and Time", "Bees of the Fen")),
    Case("List the main themes of the papers."),
    Case("List the reasons for the repair of the bridge."),
    Case("How many tonnes of steel were bought for the winter?"),
    # quotes
    Case("Until when will the bridge be closed to lorries?", says=(
        "The treasurer reported that the bridge will be closed to lorries from June until the north pier has been "
        "repaired.",), never=("Minutes 2024/5", "Town of Eastmere", "Page 1")),
    Case("When is the next meeting of the council?", says=("The next meeting is on 3 June 2024.",), never=("Page 2",)),
    Case("Where are the spare keys of the press hall kept?", says=(
        "Signed off by the shift engineer, who keeps the spare keys of the press hall in the blue cabinet beside the "
        "compressor.",), never=("PLANT 4",)),
    Case("When was INV-106 received?", says=(
        "Invoice Customer Date Amount Received on INV-106 Quay Hotel 11 March 2024 $2,310.75 2 April 2024",)),
    Case("What is the unit price of hinges?", says=("Item,Shelf,Quantity,Unit price Hinges,B1,85,2.40",)),
    Case("How many votes against did resolution 24/13 have?", says=(
        "No. Resolution For Against 24/13 Raise the parking fee 5 6",)),
    Case("Who has The Salt Road?", says=("The Salt Road | B. Quist | 2024-05-04",)),
    Case("Which dose of paracetamol was given?", says=(
        "4 February 2024 Paracetamol 1 g Nurse Ito",), never=("Ward B -",)),
    Case("Why was the dose of 5 February not given?", says=(
        "The dose of 5 February was not given, because the patient was asleep.",)),
    Case("What does the estimate say that the labour costs?", says=("Item Cost Labour $8,050.00",), never=("EST000",)),
    Case("What was done to Lathe 1 on 28 February 2024?", says=("28/02/2024 Lathe 1 Belt replaced 1.5 64.00",)),
    Case("What happened to Mr Lund on 7 February?", says=("2024-02-07 Mr Lund fell in the corridor.",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.question for case in CASES])
def test_a_question_of_another_trade(corpus: hybrid.Corpus, case: Case) -> None:
    answer = corpus.ask(case.question, route=None if case.rows is not None or not case.says else "lookup")
    assert corpus.verify(answer) == []
    assert hybrid.Answer.model_validate_json(answer.model_dump_json()) == answer
    if case.rows is None:
        assert answer.enumeration is None
    else:
        assert answer.enumeration is not None, answer.text
        counted = [row for row in answer.enumeration.rows if not row.not_counted]
        assert sorted(row.cells[0] for row in counted) == sorted(case.rows), answer.text
        assert answer.enumeration.count == len(counted)
        assert f"{answer.enumeration.found} of {answer.enumeration.found} shown" in answer.text
    if case.total is not None:
        assert answer.enumeration is not None
        assert list(answer.enumeration.sums.values()) == [Decimal(case.total)]
    claims = [claim.text for claim in answer.claims]
    for words in case.says:
        assert any(words in claim for claim in claims), claims
    for words in case.never:
        assert not any(words in claim for claim in claims), claims


def test_a_draft_is_shown_and_not_counted(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every invoice to Quay Hotel.").enumeration
    assert found is not None
    assert [(row.cells[0], row.not_counted) for row in found.rows if row.not_counted] == [("INV-199", "from a draft")]
    assert (found.found, found.count) == (3, 2)


def test_the_same_invoice_in_several_documents_is_one_row_with_copies(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List all invoices with date and amount.").enumeration
    assert found is not None
    first = next(row for row in found.rows if row.cells[0] == "INV-101")
    assert {copy.source.rpartition("/")[2] for copy in first.copies} | {first.span.source.rpartition("/")[2]} == {
        "ledger.pdf", "copy-for-the-bank.docx", "INV-101.pdf",
    }  # fmt: skip
    documents = corpus.get_documents([copy.source for copy in first.copies])
    assert all(documents[copy.source].text[copy.start : copy.end] == copy.quote for copy in first.copies)


def test_a_sum_is_looked_for_in_the_documents(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("What is the total amount received?").enumeration
    assert found is not None
    assert [(one.source.rpartition("/")[2], one.quote) for one in found.stated] == [("ledger.pdf", "4,695.25")]
    assert any("is stated in" in remark for remark in found.remarks)
    assert corpus.ask("What is the total amount received?").claims[-1].text == "Received in all: $4,695.25."


def test_what_is_planned_is_not_counted(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List every payment for an oven with date and amount.").enumeration
    assert found is None or all(row.not_counted for row in found.rows if "500" in "".join(row.cells))


def test_where_nothing_fits_it_says_what_was_looked_through(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List every invoice over $50,000.")
    assert not answer.found
    assert "rows with “Invoice” filled in, “Amount” above $50,000 fits what was asked for" in answer.text


def test_the_rows_are_written_as_csv_without_formulas(corpus: hybrid.Corpus, tmp_path: Path) -> None:
    found = corpus.ask("List all invoices with date and amount.").enumeration
    assert found is not None
    rows = list(
        csv.DictReader(io.StringIO(found.to_csv(tmp_path / "rows.csv").read_text(encoding="utf-8"), newline=""))
    )
    assert [row["Invoice"] for row in rows] == [row.cells[0] for row in found.rows]
    assert rows == [{key: row[key] for key in rows[0]} for row in found.as_dicts()] or "'-" in found.as_csv()
    risky = found.rows[0].model_copy(update={"cells": ("=1+1", *found.rows[0].cells[1:])})
    assert "'=1+1" in found.model_copy(update={"rows": (risky,)}).as_csv()


def test_it_shows_itself_in_a_terminal_and_a_notebook(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("List all invoices with date and amount.")
    assert all(number in str(answer) for number in ALL)
    assert "8 of 8 shown, 7 counted; sum of Amount: $6,547.25" in str(answer)
    assert "INV-107" in (answer._repr_html_() or "")
    assert "INV-107" in (answer.enumeration._repr_html_() if answer.enumeration else "")


def test_a_filter_chooses_the_documents_that_are_looked_through(corpus: hybrid.Corpus) -> None:
    found = corpus.ask("List all invoices.", where=hybrid.Filter(sources="*copy-for-the-bank.docx")).enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows] == ["INV-101", "INV-102", "INV-103"]


def test_a_first_column_of_numbers_names_the_rows(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = hybrid.Corpus.open(
        tmp_path_factory.mktemp("numbers"), hybrid.Settings.model_validate({"memory": {"enabled": False}})
    )
    made.ingest(hybrid.Document.from_text("Order,Port,Tonnes\n10,Riga,50\n11,Oslo,87\n12,Riga,9\n", source="a.txt"))
    found = made.ask("What is the total tonnes of all orders from Riga?").enumeration
    assert found is not None
    assert ([row.cells[0] for row in found.rows], found.sums) == (["10", "12"], {"": Decimal(59)})
    counted = made.ask("How many orders came from Riga?").enumeration
    assert counted is not None
    assert (counted.count, counted.sums) == (2, {})
