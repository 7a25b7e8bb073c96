"""What abstention promises: a question about the whole is answered by any corpus, one about something in it is not."""

from __future__ import annotations

import pytest

from hybrid.answering.abstention import answerability
from hybrid.answering.evidence import Sentence

FOUND = [Sentence(1, "a.txt", "a", "0" * 64, 0, 22, "The mill stood for ages.", similarity=0.0)]


def general(question: str) -> bool:
    return answerability(question, FOUND, lambda _: 1.0).general


@pytest.mark.parametrize(
    "question",
    [
        "What is the plot of the story?",
        "How does the story end?",
        "Who are the main characters?",
        "What lesson does the tale teach?",
        "Who is the protagonist and what happens to him?",
        "Summarise the findings.",
        "What is the tone of the text?",
    ],
)
def test_a_question_about_the_whole_is_general(question: str) -> None:
    assert general(question)


@pytest.mark.parametrize(
    "question",
    ["When does the lease end?", "What was the outcome of the arbitration?", "What is the plot of land in clause 7?"],
)
def test_a_question_about_something_in_it_is_not(question: str) -> None:
    assert not general(question)
