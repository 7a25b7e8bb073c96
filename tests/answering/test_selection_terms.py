"""Each term of the ranking's score decides between two sentences that are alike in everything else.

The sentence that must not win is always the more similar one, so that without its term the other loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import features, ranking

DOCUMENT = "0" * 64


def sentence(text: str, similarity: float = 0.5, start: int = 5_000, rank: int = 0) -> Sentence:
    return Sentence(1, "a.txt", "a.txt", DOCUMENT, start, start + len(text), text, rank, similarity)


def first(question: str, found: Sequence[Sentence]) -> str:
    """The text of the best sentence; every word is as rare as every other."""
    return ranking.choose(question, found, lambda stem: 1.0, 1)[0].sentence.text


def test_of_two_like_sentences_the_one_whose_passage_holds_more_of_the_question_comes_first() -> None:
    """Many contracts say when they end; the one that is asked about is named in another sentence."""
    found = [
        sentence("The lease lies with the old clerk.", 0.52, rank=0),
        sentence("The lease lies with the young clerk.", 0.5, start=7_000, rank=1),
        sentence("Trieste and Norwood were there.", 0.3, start=8_000, rank=1),
    ]
    assert first("Where lies the lease of Norwood in Trieste?", found) == "The lease lies with the young clerk."


def test_a_sentence_with_the_number_of_the_question_comes_before_a_more_similar_one() -> None:
    found = [
        sentence("The carrier brought 15 bales of cloth to the mill.", 0.6),
        sentence("The carrier brought 45 bales of cloth to the mill.", 0.5, start=6_000),
    ]
    assert first("Did the carrier bring 45 bales?", found) == "The carrier brought 45 bales of cloth to the mill."


def test_a_sentence_with_the_exact_term_of_the_question_comes_before_a_more_similar_one() -> None:
    found = [
        sentence("The harbour is closed to all carriers in winter.", 1.0),
        sentence("The harbour is “shut to strangers” of all sorts.", 0.6, start=6_000),
    ]
    question = 'Is the harbour "shut to strangers"?'
    assert first(question, found) == "The harbour is “shut to strangers” of all sorts."


def test_a_document_is_named_by_its_title_line_and_not_by_a_more_similar_sentence() -> None:
    found = [
        sentence("The name of this agreement is often misspelt by the clerk.", 0.5),
        sentence("Deed of the Weavers", 0.4, start=0),
    ]
    assert first("What is the name of the agreement?", found) == "Deed of the Weavers"


def test_a_sentence_is_as_similar_as_nearly_the_heading_over_it() -> None:
    """The heading shares no word with the question: its similarity alone must count."""
    heading = sentence("3. Choice of courts", 0.9, start=6_000)
    below = replace(sentence("They sit in the town of Hull each spring.", 0.1), start=6_021, end=6_062)
    found = [sentence("They stand in the town of York each spring.", 0.4), heading, below]
    assert first("Is there a place for disputes?", found) == "They sit in the town of Hull each spring."


def test_a_lead_in_that_ends_in_a_colon_comes_behind_what_it_announces() -> None:
    found = [
        sentence("The buyer of the cloth shall deliver the following to the mill:", 0.6),
        sentence("The buyer of the cloth shall deliver the samples to the mill.", 0.5, start=6_000),
    ]
    assert first("Does the buyer deliver?", found) == "The buyer of the cloth shall deliver the samples to the mill."


def test_a_line_that_reads_as_a_title_comes_behind_the_amount_that_is_asked_for() -> None:
    found = [
        sentence("Supply Agreement of the Mill No. 7", 0.8, start=0),
        sentence("For each delivery of cloth the buyer pays 10,822 pounds.", 0.4, start=900),
    ]
    question = "How many pounds are paid for each delivery in agreement No. 7?"
    assert first(question, found) == "For each delivery of cloth the buyer pays 10,822 pounds."
    assert first("What is the name of the agreement?", found) == "Supply Agreement of the Mill No. 7"


def test_the_last_row_of_a_table_of_contents_is_no_heading_of_the_sentence_below_it() -> None:
    contents = "Clause\tHeading"
    row = replace(
        sentence(f"{contents}\n25\tGoverning law", 0.5, start=40),
        end=56,
        parts=((0, len(contents)), (40, 56)),
    )
    below = replace(sentence("This Agreement is made on the first of March.", 0.5), start=58, end=103)
    assert features.heading_of([row, below]) == {}
    assert below.key in features.heading_of([replace(row, parts=()), below])


def test_a_day_without_a_year_is_the_day_that_is_asked_for_unless_another_year_is_named() -> None:
    question, column = "How many geese came on 3 May 2022?", features.NAMES.index("numbers and exact terms")
    texts = ["On 3 May 40 geese came.", "On 3 May 2021 40 geese came.", "On 4 May 40 geese came."]
    found = [sentence(text, 0.5, start=number * 1000) for number, text in enumerate(texts)]
    that_day, that_year, next_day = features.matrix(question, found, lambda _: 1.0)[:, column]
    assert that_day > that_year == next_day == 0
