"""A question that names a document by its title is answered from that document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from answering_corpus import FixedRouter, SmallCorpus, build

from hybrid.answering.answerer import Answerer
from hybrid.answering.evidence import Sentence
from hybrid.answering.passages import Passage, SuppliedPassages
from hybrid.answering.selection import document_header, ranking
from hybrid.settings import Settings
from hybrid.types.answers import Hit
from hybrid.types.documents import Document, Metadata

QUESTION = "How much was invoiced according to the statement of account?"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        (QUESTION, "Statement of account"),
        ("What do the accounts' statements say?", "Statement of account"),
        ("When does the supply agreement end?", "supply-agreement.txt"),
        ("What coating does the certificate for batch B-2312-A state?", "Certificate for batch B-2312-A"),
        ("What happened according to the minutes of 4 March 2026?", "Minutes of 2026-03-04"),
    ],
)
def test_a_title_is_named_where_the_question_holds_all_of_it(question: str, title: str) -> None:
    assert document_header.named(question, title)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How much is due on this account?", "Statement of account"),
        ("What coating does the certificate for batch B-2312-A state?", "Certificate for batch B-2312-B"),
        ("What happened according to the minutes of 4 March 2026?", "Minutes of 2026-03-05"),
        ("What do the minutes say?", "Minutes"),
        ("What do the minutes say?", "minutes.md"),
        ("Who signed it?", ""),
        ("Who signed it?", "..."),
    ],
)
def test_part_of_a_title_or_a_title_of_one_word_names_nothing(question: str, title: str) -> None:
    assert not document_header.named(question, title)


def hit(number: int, document: int, title: str) -> Hit:
    return Hit(
        source=f"{document}.txt", title=title, chunk_id=number, document_id=document, start=0, end=1, text="x",
        page=None, last_page=None, lines=(1, 1), sha256="", score=1 / number,
    )  # fmt: skip


def test_the_best_hit_of_each_of_the_first_documents_that_are_named() -> None:
    hits = [hit(1, 9, "Invoice 1"), hit(2, 3, "Statement of account"), hit(3, 3, "Statement of account")]
    hits += [hit(n, n, "Statement of account") for n in range(10, 15)]
    assert [one.chunk_id for one in document_header.named_documents(QUESTION, hits)] == [2, 10, 11]


def test_a_sentence_of_the_document_that_is_named_comes_first() -> None:
    def sentence(number: int, title: str) -> Sentence:
        return Sentence(number, f"{number}.txt", title, "", 0, 9, f"Invoiced in all: £8{number}.", number, 0.4)

    found = [sentence(number, "Invoice") for number in range(5)] + [sentence(7, "Statement of account")]
    assert ranking.choose(QUESTION, found, lambda _: 1.0, 1)[0].sentence.document_id == 7
    as_good = replace(found[0], text="Invoiced by statement of account: £80.")
    assert ranking.choose(QUESTION, [as_good, found[-1]], lambda _: 1.0, 1)[0].sentence.document_id == 7


def test_a_sentence_that_says_no_more_than_the_title_comes_behind() -> None:
    place = (1, "1.txt", "Statement of account", "")
    itself = Sentence(*place, 0, 33, "This is the statement of account.", 0, 0.95)
    line = Sentence(*place, 400, 425, "Invoiced in all: £818.48.", 0, 0.4)
    assert ranking.choose(QUESTION, [itself, line], lambda _: 1.0, 1)[0].sentence is line


@pytest.fixture
def corpus(tmp_path: Path) -> SmallCorpus:
    """Twelve invoices say more words of the question; the statement's last line says what is asked for."""
    texts: dict[str, str | Document] = {
        f"invoice-{n}.txt": f"Please give the number {n} of the invoice and of the account." for n in range(12)
    }
    lines = "\n\n".join(f"Delivery note DN-{n} of the rails." for n in range(8))
    text = f"Statement of account.\n\n{lines}\n\nInvoiced in all: £818.48."
    texts["other.txt"] = Document.from_text(text, "other.txt", Metadata(title="Statement of account"))
    return build(tmp_path, texts)


def test_passages_that_were_brought_along_are_not_searched_again(corpus: SmallCorpus) -> None:
    settings = Settings.model_validate({"memory": {"enabled": False}})
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), None, settings)
    line = "Invoiced in all: £818.48."
    passage = Passage(source="s.txt", title="Statement of account", text=line, start=0, sha256="0" * 64)
    brought = SuppliedPassages([passage], corpus.catalog.commit())
    assert answerer.over(brought, brought).ask(QUESTION).citations[0].quote == line


def test_more_is_read_of_the_document_that_is_named(corpus: SmallCorpus) -> None:
    assert not any("818.48" in one.text for one in corpus.searcher.search(QUESTION))
    settings = Settings.model_validate({"memory": {"enabled": False}})
    answerer = Answerer(corpus.catalog, corpus.searcher, corpus.embedder, FixedRouter("lookup"), None, settings)
    assert answerer.ask(QUESTION).citations[0].quote == "Invoiced in all: £818.48."
