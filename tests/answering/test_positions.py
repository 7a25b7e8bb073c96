"""What each party says of a dispute: their own sentences, each with who says it."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import positions
from hybrid.text import speakers

FILES = {
    "claim.txt": """Arden Fish Farm Limited
2 June 2021

To Netwright Limited

Letter before action

We write about the escape of salmon from pen 4 on 15 March 2021.
The net failed because the twine was weaker than Netwright had certified.
Arden lost 3,400 fish and claims £61,200.

Mora Tait
Site manager
""",
    "reply.txt": """Netwright Limited
21 June 2021

To Arden Fish Farm Limited

Reply to the letter before action

Netwright denies that the twine was weak.
The net failed because Arden had not repaired the holes that a seal had made.
Our offices are closed from 1 to 14 July 2021.

Col Peat
Director
""",
    "agreement.txt": """NET SUPPLY AGREEMENT

dated 4 January 2021

1. Netwright shall not be responsible for damage that is caused by storms.
2. Each party shall pay its own costs.

Signed for Arden Fish Farm Limited: Mora Tait
Signed for Netwright Limited: Col Peat
""",
    "recipes.txt": """Bread

Mix the flour with the water. Let the dough rest because it must rise.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "Why did the net fail, and what do the parties say?",
        "Why did it go wrong, and what do the parties say about it?",
        "What is each party's position on the escape?",
        "Who is to blame for the escape, and what do both sides say?",
    ],
)
def test_each_party_is_quoted_with_who_says_it(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    said = {citation.quote: citation.speaker for citation in answer.citations}
    assert said["The net failed because the twine was weaker than Netwright had certified."] == "Mora Tait"
    assert said["Netwright denies that the twine was weak."] == "Col Peat"
    assert "Col Peat: “Netwright denies" in answer.text
    assert not any("offices" in quote or "responsible" in quote or "dough" in quote for quote in said)


def test_what_nobody_disputes_has_no_positions(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Why did the dough go wrong, and what do the parties say?")
    assert not any(citation.speaker for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Why did the net fail, and what do the parties say?", "Why did the net fail"),
        ("What does each side say about the twine?", "the twine"),
        ("What do the parties agree to pay?", None),
        ("Why did the net fail?", None),
    ],
)
def test_what_parties_say_is_asked_in_these_words(question: str, topic: str | None) -> None:
    assert positions.topic(question) == topic


def test_a_name_above_an_office_at_the_end_signs_a_letter() -> None:
    assert speakers.maker("", "We write to you.\n\nMora Tait\nSite manager\n") == "Mora Tait"
    assert speakers.maker("", "The hall is let.\n\nMora Hall\nNorth entrance\n") is None
