"""A sentence that means what is asked, among others about other things: its passage is none that search brings."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import answerer
from hybrid.answering.evidence import Sentence
from hybrid.answering.selection import features

LOG = """The pump in the boiler room was greased and the spare belt was moved to the loft. Two panes of the north window
were replaced by the glazier, who left his ladder behind. The gravel for the yard came with the second lorry and was
raked by noon. A fox was seen behind the compost heap before dawn. Our cook was dismissed on 3 May 2021. The clock on
the stair was wound and set by the church bell. Paint for the gate was mixed from two tins and turned out too green. The
well was sounded and stood at four metres. Hay for the donkey was bought from the neighbour and stacked in the old barn.
"""
DISHES = "trout", "veal", "leek pie", "hare", "plaice", "lamb", "goose", "carp", "beet soup", "dumplings", "eel", "ham"
MENUS = {
    f"menu-{number:02}.txt": (
        f"Menu {number} of the hotel. The cook recommends the {dish} of the day. In the kitchen of the hotel the cook"
        f" has {dish} ready at noon. Ask the cook for {dish} without salt, or tell the cook what else you like."
    )
    for number, dish in enumerate(DISHES, 1)
}
SAID = "Our cook was dismissed on 3 May 2021."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of({"log.txt": LOG, **MENUS}, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "When was the cook sacked?",
        "On what day was the cook sacked?",
        "When was the cook let go?",
        "When did the cook lose his post?",
    ],
)
def test_the_sentence_that_means_what_is_asked_is_quoted_from_a_passage_that_search_does_not_bring(
    corpus: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    assert not any("log.txt" in hit.source for hit in corpus.search(question, k=answerer.HITS))
    answer = corpus.ask(question, route="lookup")
    assert answer.claims[0].text == SAID
    monkeypatch.setattr(answerer, "NEAR", 0)
    monkeypatch.setattr(answerer, "PASSAGE_HITS", answerer.HITS)
    assert [claim.text for claim in corpus.ask(question, route="lookup").claims[:1]] != [SAID]


def row(question: str, text: str) -> dict[str, float]:
    """The features of a sentence by their names; every word is as rare as every other."""
    found = [Sentence(1, "a.txt", "a.txt", "0" * 64, 5_000, 5_000 + len(text), text, 0, 0.5)]
    return dict(zip(features.NAMES, features.matrix(question, found, lambda stem: 1.0)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("question", "text", "covers"),
    [
        ("Did the lessor give up the claim?", "The lessor waived the claim.", True),
        ("Did the lessor give the old claim up?", "The lessor waived the claim.", True),
        ("Was anybody asked to clean up the ledgers?", "She told me to tidy the ledgers.", True),
        ("Did the lessor give notice of the claim?", "The lessor waived the claim.", False),
        ("Did the lessor sue?", "The lessor painted the gate.", False),
    ],
)
def test_a_sentence_covers_a_word_of_the_question_by_its_sense(question: str, text: str, covers: bool) -> None:
    assert (row(question, text)["coverage by senses"] > 0) is covers


def test_a_year_of_the_question_is_no_number_that_the_answer_must_hold() -> None:
    asked = "When was the gate painted in 2021?"
    assert row(asked, "The report of 2021 is short.")["numbers and exact terms"] == 0.0
    assert row("Who painted gate 45 on 3 May 2021?", "Gate 45, 3 May 2021.")["numbers and exact terms"] > 0.5
