"""What is quoted of pages and tables: no running line, sentences whole over a page's end, rows under their heading."""

from __future__ import annotations

import pytest

import hybrid
from hybrid.stores.catalog import Catalog

GUARANTEE = (
    "PRIVATE - Draft of 3 May\nThe guarantor is released from its duties once the borrower has\nPage 1 of 2",
    "PRIVATE - Draft of 3 May\nrepaid the sum of 93,500 euros to the bank.\nThe clerk keeps the deed.\nPage 2 of 2",
)
WHOLE = "The guarantor is released from its duties once the borrower has repaid the sum of 93,500 euros to the bank."
ROWS = "\n".join(
    f"{10_000 + n},Customer {n},{('Riga', 'Oslo', 'Turku')[n % 3]},{50 + 37 * n % 900}" for n in range(300)
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    corpus = hybrid.Corpus.open(
        tmp_path_factory.mktemp("units"), hybrid.Settings.model_validate({"memory": {"enabled": False}})
    )
    guarantee = hybrid.Document(
        source="guarantee.pdf", text="\n".join(GUARANTEE), sha256="0" * 64, pages=(0, len(GUARANTEE[0]) + 1)
    )
    corpus.ingest(
        [guarantee, hybrid.Document.from_text(f"Order,Customer,Port,Tonnes\n{ROWS}\n", source="orders.csv.txt")]
    )
    return corpus


def test_a_sentence_over_a_pages_end_is_quoted_whole_by_two_exact_citations(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("When is the guarantor released?", route="lookup")
    assert answer.claims[0].text == WHOLE
    assert answer.claims[0].verdict == "verbatim"
    text = corpus.get_documents(["guarantee.pdf"])["guarantee.pdf"].text
    assert [text[one.start : one.end] for one in answer.claims[0].citations] == WHOLE.replace("has ", "has\n").split(
        "\n"
    )
    assert [one.page for one in answer.claims[0].citations] == [1, 2]
    assert corpus.verify(answer) == []
    assert "Page 1" not in answer.text
    assert "PRIVATE" not in answer.text


def test_a_row_is_quoted_under_its_heading_and_no_other_with_it(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What tonnes did Customer 277 order?", route="lookup")
    heading, row = answer.claims[0].citations
    assert (heading.quote, row.quote) == ("Order,Customer,Port,Tonnes", ROWS.split("\n")[277])
    assert corpus.verify(answer) == []


def test_of_several_rows_the_heading_is_cited_once(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What tonnes went to Oslo?", route="lookup")
    assert len(answer.claims) > 1
    assert len({claim.citations[0].number for claim in answer.claims}) == 1
    assert len(answer.citations) == len(answer.claims) + 1


def test_a_claim_is_verbatim_that_is_a_sentence_over_a_pages_end(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("When is the guarantor released?", route="both", writer=lambda _: WHOLE)
    assert answer.claims[0].verdict == "verbatim"


def test_parts_are_stored_and_come_back(corpus: hybrid.Corpus) -> None:
    catalog = Catalog.open(corpus.directory / "catalog.sqlite", create=False)
    (first,) = [one.id for one in catalog.documents() if one.source == "guarantee.pdf"]
    sentence = catalog.sentences(first, 30, 40)[0]
    assert len(sentence.parts) == 2
    assert (sentence.parts[0][0], sentence.parts[1][1]) == (sentence.start, sentence.end)
