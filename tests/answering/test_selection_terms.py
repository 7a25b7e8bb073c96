"""Each term of the ranking's score decides between two sentences that are alike in everything else.

The sentence that must not win is always the more similar one, so that without its term the other loses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import ranking
from hybrid.answering.selection.wording import is_worded

DOCUMENT = "0" * 64


def sentence(text: str, similarity: float = 0.5, start: int = 5_000, rank: int = 0) -> Sentence:
    return Sentence(1, "a.txt", "a.txt", DOCUMENT, start, start + len(text), text, rank, similarity)


def first(question: str, found: Sequence[Sentence]) -> str:
    """The text of the best sentence; every word is as rare as every other."""
    return ranking.choose(question, found, lambda stem: 1.0, 1)[0].sentence.text


WORDINGS = [
    (
        "When does the lease expire?",
        "The lease shall continue and remain in force for as long as the mill stands.",
        "The lease was drawn up by the clerk of the parish and lies in the tower.",
    ),
    (
        "When does the lease enter into force?",
        "The lease is made and entered by the landlord and the tenant as of the day of the fair.",
        "The lease is entered by the landlord and the tenant in the roll of the manor.",
    ),
    (
        "Is the agency exclusive?",
        "The agency shall not be shared with any third party in the county of Kent.",
        "The agency was much spoken of in the county of Kent that winter.",
    ),
    (
        "May the agent compete with the mill?",
        "The agent of the mill undertakes never to deal in similar cloth from elsewhere.",
        "The agent of the mill keeps a good store of the finest cloth from elsewhere.",
    ),
    (
        "Is liability capped?",
        "The carrier shall in no event answer for the loss of the season.",
        "The carrier has often spoken about the loss of the season.",
    ),
    (
        "When is liability unlimited?",
        "The carrier answers for the sum above other than for a breach of trust.",
        "The carrier answers for the sum above with the goods of the house.",
    ),
    (
        "Which licence is granted?",
        "The owner of the mark hereby grants the right to print it on cloth.",
        "The owner of the mark hereby grants a day to print it on cloth.",
    ),
    (
        "What happens upon termination?",
        "If the lease expires the tenant must leave the keys with the clerk.",
        "The tenant has always left the keys of the mill with the clerk.",
    ),
    (
        "Can the lease be ended for convenience?",
        "The lease may be terminated by the tenant for any reason whatever it is.",
        "The lease may be bound by the tenant with whatever ribbon there is.",
    ),
    (
        "What is the minimum order?",
        "The order shall be of at least one bale for each mill of the county.",
        "The order shall be of the finest bale for each mill of the county.",
    ),
    (
        "Who owns the drawings?",
        "The drawings shall be the property of the mill and of nobody else.",
        "The drawings shall be the pride of the mill and of nobody else.",
    ),
    (
        "May the mill hire the weavers?",
        "The mill undertakes never to recruit any of the weavers of the agent.",
        "The mill has nothing to say about any of the weavers of the agent.",
    ),
    (
        "Can the lease be assigned?",
        "The lease may be transferred by the tenant with the consent of the landlord.",
        "The lease may be admired by the tenant with the family of the landlord.",
    ),
    (
        "Does the warranty last?",
        "The warranty of the loom runs out two winters and six months after it came.",
        "The warranty of the loom runs to two sheets and six stanzas in small print.",
    ),
    (
        "What share of the revenue goes to the author?",
        "The author is paid royalties on each copy by the printer of the work.",
        "The author is paid a visit on each Sunday by the printer of the work.",
    ),
    (
        "Is there a limit on the use of the mark?",
        "The mark is printed on up to one bale of each kind of cloth.",
        "The mark is printed on to the best bale of each kind of cloth.",
    ),
    (
        "May the landlord inspect anything?",
        "The landlord shall have access in daylight to the books of the tenant.",
        "The landlord shall have sight in daylight of the hedges of the tenant.",
    ),
    (
        "Is disparagement allowed?",
        "The agent shall not harm the reputation of the mill in the market.",
        "The agent shall not harm the horses of the mill in the market.",
    ),
]


@pytest.mark.parametrize(("question", "worded", "other"), WORDINGS, ids=[row[0] for row in WORDINGS])
def test_a_sentence_worded_as_documents_word_the_answer_comes_first(question: str, worded: str, other: str) -> None:
    assert is_worded(question, worded)
    assert not is_worded(question, other)
    found = [sentence(other, 0.6), sentence(worded, 0.5, start=6_000)]
    assert first(question, found) == worded


def test_of_two_like_sentences_the_one_whose_passage_holds_more_of_the_question_comes_first() -> None:
    """Many contracts say when they end; the one that is asked about is named in another sentence."""
    found = [
        sentence("The lease lies with the old clerk.", 0.6, rank=0),
        sentence("The lease lies with the young clerk.", 0.5, start=7_000, rank=1),
        sentence("Trieste and Norwood were there.", 0.0, start=8_000, rank=1),
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
        sentence("The name of this agreement is often misspelt by the clerk.", 0.9),
        sentence("Deed of the Weavers", 0.2, start=0),
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
