"""A thing of a question that no document has in any form, nor by another word, is named."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import absent_things

FILES = {
    "log.txt": "LOG OF THE FERRY\n\nThe ferry took 14 vans and one coach to Skarv on 3 May 2024.\n"
    "The mate counted the bags twice. Two bags were left on the quay.\n",
    "mate.txt": "STATEMENT OF INGA RUUD\n\nI, Inga Ruud, mate of the ferry, say:\n\n"
    "1. The vans were driven on board by their owners.\n2. A dog barked on the car deck.\n\n"
    "Signed: Inga Ruud, 9 May 2024\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def said(answer: hybrid.Answer) -> str:
    return " ".join([answer.text, *answer.notes])


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("Were the vans brought on board by crane?", "crane"),
        ("Were the bags weighed with a scale?", "scale"),
        ("Was Inga Ruud on board with a passenger's umbrella?", "umbrella"),
    ],
)
def test_what_is_beside_the_thing_asked_for_is_named_above_the_quotes(
    corpus: hybrid.Corpus, question: str, absent: str
) -> None:
    answer = corpus.ask(question)
    assert answer.found
    assert any(f"“{absent}”" in note and "in none of the 2 documents searched" in note for note in answer.notes)


@pytest.mark.parametrize(
    "question",
    [
        "Was a tiger seen on the deck?",
        "How many bags were burned?",
        "Which tractors did the ferry take to Skarv?",
        "What did Inga Ruud say about a penguin?",
        "Is there a piano on board?",
    ],
)
def test_nothing_is_quoted_where_what_is_asked_for_is_in_no_document(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    assert not answer.found
    assert answer.citations == ()
    assert "in none of the 2 documents searched" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "Did the ferry take the vehicles to Skarv?",  # a broader word
        "Was an animal heard on the deck?",
        "Was a hound heard on the deck?",  # a narrower one
        "Were the automobiles driven on board?",  # a synonym of another form
        "What is the deadline for a claim?",
        "What was the amount of the fee?",
        "Who was the person in charge of the mooring?",
        "When was the departure?",
        "Was there a fine or a warning?",  # one of several
    ],
)
def test_what_is_said_in_other_words_and_what_no_document_needs_to_say_is_not_called_absent(
    corpus: hybrid.Corpus, question: str
) -> None:
    answer = corpus.ask(question)
    assert "in none of the" not in said(answer)


def test_what_is_outside_the_filter_is_absent(corpus: hybrid.Corpus) -> None:
    where = hybrid.Filter(sources=("*mate.txt",))
    assert "“quay” is not in the document searched" in said(corpus.ask("Did the dog bark on the quay?", where=where))
    assert "quay" not in " ".join(corpus.ask("Did the dog bark on the quay?").notes)


def test_things_are_common_nouns_and_what_was_done() -> None:
    assert absent_things.things("Was the red barge that was moored by Ann Orr hit with a chain?") == (
        "barge", "moored", "chain",
    )  # fmt: skip
    assert absent_things.things("Did she refuse to sign it quickly?") == ()
    assert absent_things.things("How many votes did it get?") == ()


def test_a_thing_inside_a_compound_is_held() -> None:
    assert absent_things.missing("Was there a crane?", {"dockcranes"}) == ()
    assert absent_things.missing("Was there a crane?", {"crate"}) == ("crane",)


def test_the_currency_of_a_number_is_no_thing_that_a_document_must_say() -> None:
    assert "euros" not in absent_things.things("Who paid 500 euros for the ferry?")
    assert "euros" in absent_things.things("Who paid in euros for the ferry?")
