"""Sentences are exact spans; the sentence that answers comes first; where nothing answers, nothing is found."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from answering_corpus import SmallCorpus, build
from hypothesis import given
from hypothesis import strategies as st

from hybrid.answering import abstention
from hybrid.answering.selection import ranking
from hybrid.text.sentences import MAX_CHARS, spans

SUPPLY = """SUPPLY AGREEMENT

This agreement is made between Aldgate Textiles Ltd. and Borealis Freight
Ltd. on 4 May 2021 for the supply of linen cloth.

1. Term. The agreement starts on 1 June 2021 and
ends on 31 May 2026.

2. Price. The buyer shall pay $12,500 per month, within thirty (30) days of the invoice.

3. Governing law. This agreement is governed by the laws of Norway.

4. Reference. The order number of the first delivery is ACME-2021-077.
"""
DIARY = """The ship left Trieste in the rain.

Captain Holm had quarrelled with the pilot, and nobody spoke at dinner.
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {"supply.txt": SUPPLY, "diary.txt": DIARY})


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme, Inc. signed it. Beta did not.", ["Acme, Inc. signed it.", "Beta did not."]),
        ("Smith v. Jones, No. 5, Sec. 4, U.S. Code.", ["Smith v. Jones, No. 5, Sec. 4, U.S. Code."]),
        ("J. R. Hartley wrote. He fished.", ["J. R. Hartley wrote.", "He fished."]),
        ("Sold to Acme Corp. The price was $5.00.", ["Sold to Acme Corp.", "The price was $5.00."]),
        ("12.3(b) The Seller pays.\n12.4 The Buyer waits.", ["12.3(b) The Seller pays.", "12.4 The Buyer waits."]),
        ("1. Term. Two years.", ["1. Term.", "Two years."]),
        ("The parties agree:\n(a) to meet;\n(b) to part.", ["The parties agree:", "(a) to meet;", "(b) to part."]),
        ("DEFINITIONS\nThe term means two years.", ["DEFINITIONS", "The term means two years."]),
        ('He said "Never." Then he left.', ['He said "Never."', "Then he left."]),
        ("Is it due? Yes! It is.", ["Is it due?", "Yes!", "It is."]),
        ("The firm eBay. eBay pays.", ["The firm eBay.", "eBay pays."]),
        ("as set out in Section\n4.2 of the plan.", ["as set out in Section\n4.2 of the plan."]),
        ("   \n\n ", []),
        ("", []),
    ],
)  # fmt: skip
def test_sentences_of_legal_text_are_cut_where_they_end(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


def test_a_sentence_wrapped_over_lines_is_one_span() -> None:
    text = (
        "The quick brown fox jumps over the lazy dog, and it\ngoes on to jump over the sleeping cat, until at last\n"
        "it falls. Then the whole of the forest is quiet and\nThe End is near for the tired brown fox of the tale."
    )
    assert len(cut(text)) == 2


def test_a_paragraph_in_capitals_is_cut_like_any_other() -> None:
    text = "THE SOFTWARE IS PROVIDED AS IS, WITHOUT ANY WARRANTY.\nTHE AUTHORS ARE NOT LIABLE FOR ANY CLAIM AT ALL."
    assert len(cut(text)) == 2


def test_a_very_long_sentence_is_cut_at_clauses() -> None:
    text = "The Seller shall " + "; ".join(f"deliver lot {n} to the warehouse in good order" for n in range(60)) + "."
    pieces = cut(text)
    assert max(map(len, pieces)) <= MAX_CHARS
    assert all(piece.endswith((";", ".")) for piece in pieces)
    for piece, following in itertools.pairwise(pieces):  # cut no earlier than it has to be
        assert len(f"{piece} {following.split(';')[0]};") > MAX_CHARS


def test_a_long_sentence_with_one_clause_boundary_is_cut_there() -> None:
    text = f"{'word ' * 9}word; {'more ' * 9}more."
    assert [text[start:end] for start, end in spans(text, 80)] == [f"{'word ' * 9}word;", f"{'more ' * 9}more."]


@given(st.text(alphabet="aB.?! \n\"'(12)-;,:é\u00a0", max_size=400), st.integers(min_value=5, max_value=80))
def test_sentences_hold_every_character_in_order_and_none_twice(text: str, limit: int) -> None:
    last = 0
    for start, end in spans(text, limit):
        assert last <= start < end <= start + limit
        assert not text[last:start].strip()
        assert text[start:end].strip() == text[start:end]
        last = end
    assert not text[last:].strip()


def answers(corpus: SmallCorpus, question: str, count: int = 3) -> list[str]:
    chosen = ranking.choose(question, corpus.find(question), corpus.idf, count)
    for quote in chosen:
        one = quote.sentence
        assert corpus.catalog.text(one.document_id, one.start, one.end) == one.text
    return [quote.sentence.text for quote in chosen]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When does the agreement end?", "ends on 31 May 2026"),
        ("How much shall the buyer pay?", "$12,500"),
        ("The laws of which country govern this agreement?", "Norway"),
        ("What is ACME-2021-077?", "ACME-2021-077"),
        ("Who made an agreement with Aldgate Textiles and Borealis?", "Aldgate Textiles Ltd. and Borealis"),
    ],
)  # fmt: skip
def test_the_sentence_that_answers_comes_first(corpus: SmallCorpus, question: str, expected: str) -> None:
    assert expected in answers(corpus, question)[0]


def test_a_quote_that_is_wrapped_keeps_its_line_break(corpus: SmallCorpus) -> None:
    assert "1 June 2021 and\nends on" in answers(corpus, "When does the agreement end?")[0]


def test_at_most_the_number_of_quotes_asked_for(corpus: SmallCorpus) -> None:
    assert len(answers(corpus, "agreement", count=1)) == 1


def test_the_same_sentence_of_two_documents_is_quoted_once(tmp_path: Path) -> None:
    notice = "Notice must be given in writing."
    corpus = build(tmp_path, {"a.txt": f"{notice}\n\nOne.", "b.txt": f"{notice}\n\nTwo."})
    assert answers(corpus, "How must notice be given?").count(notice) == 1


def test_the_kind_of_thing_asked_for_decides_between_like_sentences(tmp_path: Path) -> None:
    corpus = build(
        tmp_path, {"a.txt": "The lease ends as it was.\n\nThe lease ends in 2031.\n\nOther words stand here too."}
    )
    assert answers(corpus, "When does the lease end?")[0] == "The lease ends in 2031."


def test_a_short_statement_in_capitals_is_no_heading(tmp_path: Path) -> None:
    """It was, and a licence's own first line lost to the notice of a component."""
    licence = (
        "Copyright (c) 2005-2025, Acme Developers.\n\n"
        "Description: dynamically linked to files of Acme. License: Copyright (C) 2002-2017 Other Foundation, Inc.\n"
    )
    found = answers(build(tmp_path, {"LICENSE.txt": licence}), "Who holds the copyright of Acme?")
    assert found[0] == "Copyright (c) 2005-2025, Acme Developers."


def test_a_question_that_the_corpus_covers_is_answerable(corpus: SmallCorpus) -> None:
    question = "When does the agreement end?"
    assert abstention.answerability(question, corpus.find(question), corpus.idf).answerable


@pytest.mark.parametrize("question", ["Which enzyme splits lactose in mammals?", "Who won the marathon in Helsinki?"])
def test_a_question_about_something_else_is_not_answerable(corpus: SmallCorpus, question: str) -> None:
    assert not abstention.answerability(question, corpus.find(question), corpus.idf).answerable


def test_a_question_about_the_whole_is_answerable_from_any_corpus(corpus: SmallCorpus) -> None:
    question = "What are these documents about?"
    assert abstention.answerability(question, corpus.find(question), corpus.idf).answerable


def test_nothing_is_answerable_from_an_empty_corpus(tmp_path: Path) -> None:
    assert not abstention.answerability("What is this about?", [], build(tmp_path, {"a.txt": "x"}).idf).answerable


def test_rare_words_weigh_more_than_common_ones(corpus: SmallCorpus) -> None:
    assert corpus.idf("norway") > corpus.idf("agre")
