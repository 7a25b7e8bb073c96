"""A digest of short documents leaves out what has nothing to do with the question, though it has room."""

from __future__ import annotations

import numpy as np
import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import digest
from hybrid.answering.evidence import Sentence

FILES = {
    "minutes.txt": """Minutes of the site meeting held on 9 March 2021

Mr Blair reported that two nets in pen 4 were torn by a seal.
Mr Peat said that the maker would replace them by 31 March 2021.
The meeting noted that the feed price would rise in April.
Apologies were received from Dr Sunita Rao and Jean Sill.
The lamps on the pier were painted by the youth club last week.
""",
    "report.txt": """Report of the inspection of pen 4

Along the seam the twine of the net had parted strand by strand.
The two older holes in the net lie 6 metres away from the tear.
The canteen will be closed for repairs during the first week of May.
""",
    "gills.eml": """From: Ewan Blair <ewan@arden.example>
To: Sunita Rao <sunita@arden.example>
Date: Wed, 12 May 2021 08:30:00 +0000
Subject: Re: Gill samples

Thank you, I will read the report tonight.

On 7 May 2021 Sunita Rao wrote:
> The gill samples from pen 2 show amoebic disease at grade 3.
> The pump of pen 7 was greased by the two lads on Monday.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "held", "left_out"),
    [
        (
            "Describe the condition of the nets of pen 4.",
            ("torn by a seal", "replace them", "strand by strand", "older holes"),
            ("feed price", "Apologies", "lamps", "canteen", "gill samples"),
        ),
        ("How did the disease in pen 2 develop?", ("grade 3",), ("pen 4", "pump", "canteen", "lamps", "feed")),
    ],
)
def test_what_is_not_asked_for_is_left_out(
    corpus: hybrid.Corpus, question: str, held: tuple[str, ...], left_out: tuple[str, ...]
) -> None:
    said = corpus.ask(question, route="comprehension").text
    assert [words for words in held if words not in said] == []
    assert [words for words in left_out if words in said] == []


def test_a_question_about_the_whole_leaves_nothing_out(corpus: hybrid.Corpus) -> None:
    said = corpus.ask("What is discussed in these papers?", route="comprehension")
    assert len(said.citations) > 5


def test_of_many_sentences_one_shared_word_is_no_relevance() -> None:
    texts = [f"The ferry number {n} left the harbour in fair weather." for n in range(65)]
    texts += ["The net was sold to a museum.", "The net in the outer pen was torn by ice."]
    pool = [
        Sentence(0, "a.txt", "a", "0" * 64, 100 * at, 100 * at + len(text), text, similarity=0.1 + 0.5 * (at == 0))
        for at, text in enumerate(texts)
    ]
    question = "Who mended the net of the outer pen after the winter storm?"
    found = digest._relevant(question, pool)
    assert list(found[-2:]) == [False, True]
    assert list(digest._relevant(question, pool[-2:])) == [True, True]


MINUTES_OF_A_VESTRY = """Minutes of the vestry

Held in the old vestry of the church on Thursday 20 May 2021 at 10 a.m.

Mr Oake reported that on 11 May a slate had fallen from the tower into the yard and had broken a bench of oak.

Ms Pell said that the mason had looked at the tower, and that forty slates were loose on its north side.

It was agreed that the yard be closed from 24 May until the mason has mended the tower.

The treasurer reported that the bench would cost four hundred pounds to replace.
"""


def test_where_a_meeting_was_held_says_nothing_of_what_happened(tmp_path_factory: pytest.TempPathFactory) -> None:
    corpus = corpus_of({"minutes.txt": MINUTES_OF_A_VESTRY}, tmp_path_factory)
    said = [claim.text for claim in corpus.ask("What happened at the church in May?", route="comprehension").claims]
    assert any("a slate had fallen" in text for text in said)
    assert not any(text.startswith("Held in") for text in said)
    held = corpus.ask("Where was the meeting held?").claims
    assert any("old vestry" in claim.text for claim in held)


def test_a_why_that_no_word_for_a_cause_answers_gets_what_is_about_it():
    texts = ["Our van had a flat tyre and never reached Callander.", "Mrs Hay paid the fee.", "The roof was discussed."]
    near = [0.8, 0.1, 0.1]
    pool = [
        Sentence(at, "a.txt", "a", "0" * 64, 0, len(text), text, similarity=near[at]) for at, text in enumerate(texts)
    ]
    question = "Why did the van never reach Callander?"
    topic = digest._topic(question, pool)
    assert digest._of_the_cause(question, topic, pool, [0, 1, 2], np.zeros(3, int), 100) == [0]


def test_beside_the_denial_of_what_is_presumed_nothing_else_is_told(tmp_path_factory):
    corpus = corpus_of(
        {
            "statement.txt": "STATEMENT OF ROSE KEMP\n\nI resigned in May; I was not dismissed.\n\nRose Kemp\n",
            "a.txt": "Rose Kemp is away until Wednesday. The jars were counted.\n",
            "b.txt": "Please tell Rose Kemp that the meeting was moved. The urn was filled.\n",
        },
        tmp_path_factory,
    )
    answer = corpus.ask("Why was Rose Kemp dismissed?")
    assert {one.source.rpartition("/")[2] for one in answer.citations} == {"statement.txt"}
