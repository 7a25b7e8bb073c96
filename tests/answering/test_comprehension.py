"""What the memory is asked, and what is kept of what it writes."""

from __future__ import annotations

import pytest
from answering_corpus import ScriptedSession

from hybrid.answering import generators
from hybrid.answering.evidence import Sentence


def sentence(document: int, start: int, text: str, similarity: float) -> Sentence:
    return Sentence(document, f"{document}.txt", "title", "0" * 64, start, start + len(text), text, 0, similarity)


FOUND = [
    sentence(1, 0, "The Seller delivers linen cloth.", 0.9),
    sentence(1, 50, "The Seller pays for storage.", 0.8),
    sentence(1, 90, "The Seller keeps the keys.", 0.7),
    sentence(2, 0, "The Buyer complained about the cloth.", 0.6),
    sentence(3, 0, "The Seller delivers linen cloth.", 0.6),
    sentence(4, 0, "It rained.", 0.1),
]


def test_documents_take_turns_and_nothing_is_said_twice() -> None:
    texts = [one.text for one in generators.diverse(FOUND)]
    assert texts[:2] == ["The Seller delivers linen cloth.", "The Buyer complained about the cloth."]
    assert len(texts) == len(set(texts)) == 4


def test_evidence_far_from_the_question_is_left_out() -> None:
    assert all(one.text != "It rained." for one in generators.diverse(FOUND))


def test_evidence_fits_its_tokens_and_stands_in_the_order_of_its_documents() -> None:
    chosen = generators.evidence(FOUND, lambda text: len(text.split()), budget=22)
    assert sum(len(one.text.split()) + 2 for one in chosen) <= 22
    assert [one.key for one in chosen] == sorted(one.key for one in chosen)
    assert {one.document_id for one in chosen} == {1, 2}


def test_the_memory_sees_the_evidence_and_the_question() -> None:
    messages = generators.memory_request(ScriptedSession(""), "What does the Seller do?", FOUND, 200, 60)
    assert [role for role, _ in messages] == ["system", "user"]
    assert "What does the Seller do?" in messages[1][1]
    assert "linen cloth" in messages[1][1]


def test_a_question_longer_than_the_window_is_shortened_in_the_middle() -> None:
    session = ScriptedSession("")
    question = "Why did the Seller " + "really " * 3000 + "leave the town?"
    asked = generators.memory_request(session, question, FOUND, 200, 60)[1][1]
    assert session.count(asked) < session.window
    assert "Why did the Seller" in asked
    assert "leave the town?" in asked


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Answer: The cloth was bad.", ["The cloth was bad."]),
        ("<|im_start|>assistant\nThe cloth was bad.<|im_end|>", ["The cloth was bad."]),
        ("- One thing.\n- Another thing.", ["One thing.", "Another thing."]),
        ("It ended. It ended. It began.", ["It ended.", "It began."]),
        ("It ended in May. Then the parties went on to", ["It ended in May."]),
        ("It ended in May, then", ["It ended in May, then"]),
        ("**Bold** claims.", ["Bold claims."]),
        ("  \n ... ", []),
        ("", []),
    ],
)
def test_output_is_cleaned_into_whole_sentences(output: str, expected: list[str]) -> None:
    assert generators.cleaned(output) == expected


def test_an_answer_of_one_sentence_that_was_cut_off_is_dropped_and_a_short_phrase_is_kept() -> None:
    cut_off = "The licence is a version of the other licence, which is a version of the licence that"
    assert generators.cleaned(cut_off) == []
    assert generators.cleaned("30 June 2027") == ["30 June 2027"]
