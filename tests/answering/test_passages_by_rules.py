"""The rules by which passages are chosen, and what they leave open is said, each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import closest_passages, passages_beside, polarity, unsaid
from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.answering.closest_passages import Passage
from hybrid.answering.evidence import Sentence
from hybrid.answering.quoted import Quoted
from hybrid.answering.selection import asked_values
from hybrid.answering.verification.disagreement import Said
from hybrid.text import speakers

QUESTION = "Did Ann sell the old barn?"


class Texts:
    """Documents by number, each a text whose sentences lie where they stand in it."""

    def __init__(self, documents: Mapping[int, str], **about: Any) -> None:
        self._documents, self._about = documents, about

    def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
        return self._documents[document_id][start:end]

    def document(self, document_id: int) -> Any:
        known = {"text": self._documents[document_id], "title": "", "status": None, **self._about}
        return SimpleNamespace(metadata=SimpleNamespace(author=None), **known)


def sentences(documents: Mapping[int, str], nearness: Mapping[str, float]) -> tuple[Any, list[Sentence]]:
    """The sentences of some documents, a full stop each, with a vector whose cosine to (1, 0) is their nearness."""
    made = []
    for number, text in documents.items():
        at = 0
        for part in (one + "." for one in text.split(".") if one.strip()):
            start = text.index(part.strip(), at)
            at = start + len(part.strip())
            near = next((value for words, value in nearness.items() if words in part), 0.1)
            vector = np.array([near, (1 - near**2) ** 0.5], np.float32)
            made.append(
                Sentence(
                    number, f"{number}.txt", "", "0" * 64, start, at, text[start:at], similarity=near, vector=vector
                )
            )
    return Texts(documents), made


class Encoder:
    """A text is as near as the nearest of these words in it."""

    def __init__(self, nearness: Mapping[str, float]) -> None:
        self._nearness = nearness

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        found = [max((near for words, near in self._nearness.items() if words in text), default=0.1) for text in texts]
        return np.array([[near, (1 - near**2) ** 0.5] for near in found], np.float32)


VECTOR = np.array([1.0, 0.0], np.float32)


def chosen(documents: Mapping[int, str], nearness: Mapping[str, float], most: int = 3, **how: Any) -> list[list[str]]:
    texts, found = sentences(documents, nearness)
    passages = closest_passages.choose(
        "Was the hay wet?", VECTOR, found, texts, Encoder(nearness), lambda _: 1.0, most, **how
    )
    return [[one.text for one in passage.sentences] for passage in passages]


HAY = {1: "The hay was wet on Monday. Nobody had covered it.", 2: "We found the hay wet. It was turned twice."}
NEAR = {"wet on Monday": 0.9, "found the hay": 0.8}


def test_a_lesser_version_stands_only_where_there_is_no_other() -> None:
    assert len(chosen(HAY, NEAR)) == 2
    final = chosen(HAY, NEAR, lesser=lambda one: one.document_id == 1)
    assert [one[0] for one in final] == ["We found the hay wet."]
    assert len(chosen({1: HAY[1]}, NEAR, lesser=lambda _: True)) == 1


@pytest.mark.parametrize(("of_one", "second", "count"), [(1, 0.9, 1), (2, 0.9, 2), (2, 0.75, 1)])
def test_a_document_has_a_second_passage_that_is_nearly_as_near(of_one: int, second: float, count: int) -> None:
    far = " ".join(f"The cart number {n} was mended in the yard that spring." for n in range(8))
    text = f"The hay was wet on Monday.\n\n{far}\n\nThe straw beside it was wet at noon."
    nearness = {"wet on Monday": 0.9, "straw beside": second}
    assert len(chosen({1: text}, nearness, of_one=of_one)) == count


def has_a_sum(text: str) -> bool:
    return "£" in text


def test_a_sentence_of_the_paragraph_that_has_the_value_asked_for_is_shown() -> None:
    text = {1: "The hay was wet on Monday. Somebody offered £40. Our dog slept."}
    assert chosen(text, NEAR) == [["The hay was wet on Monday."]]
    assert chosen(text, NEAR, gives=has_a_sum) == [["The hay was wet on Monday.", "Somebody offered £40."]]


def test_a_value_in_the_next_paragraph_stands_beside_the_passage() -> None:
    text = {1: "Somebody paid £40 for all.\n\nThe hay was wet on Monday.\n\nOur dog slept."}
    assert chosen(text, NEAR, gives=has_a_sum) == [["Somebody paid £40 for all.", "The hay was wet on Monday."]]
    assert chosen(text, NEAR) == [["The hay was wet on Monday."]]


def test_the_day_of_an_entry_begins_its_passage() -> None:
    log = "3 May 2021. The hay was wet. It was turned."
    assert chosen({1: log}, {"hay was wet": 0.9}) == [["3 May 2021.", "The hay was wet.", "It was turned."]]


def test_a_sum_that_refers_back_has_the_sentence_before_it_and_a_far_one_is_no_answer() -> None:
    documents = {1: "The pump was replaced. It came to £40.", 2: "The bell cost £90."}
    nearness = {"came to £40": 0.9, "bell cost": 0.05}
    _, found = sentences(documents, nearness)
    given = closest_passages.giving(
        "What did the pump cost?", VECTOR, found, lambda text: "£" in text, Encoder(nearness), lambda _: 0.0, 3
    )
    assert [[one.text for one in passage.sentences] for passage in given] == [
        ["The pump was replaced.", "It came to £40."]
    ]


def test_a_digest_has_the_passages_of_documents_that_have_the_question_s_names() -> None:
    texts, found = sentences({1: "Harrow mill was mended.", 2: "Lantern works was mended."}, {})
    passages = [Passage((one,), 0.8) for one in found]
    assert closest_passages.of_the_named("What was mended at the Harrow mill?", passages, texts) == passages[:1]
    assert closest_passages.of_the_named("What was mended?", passages, texts) == passages


def test_a_story_and_a_transcript_are_told_at_length_and_a_letter_is_not() -> None:
    passage = Passage((Sentence(1, "1.txt", "", "0" * 64, 0, 4, "Once"),), 0.8)
    short, long = {1: "Once there was a mill. "}, {1: "Once there was a mill. " * 1_000}
    turns: Any = Texts({1: "ANN: It was wet.\n\nBOB: It was dry.\n\nANN: It was wet.\n\nBOB: No.\n"})
    for texts, narrates in (
        (Texts(short), False),
        (Texts(long), True),
        (Texts(long, status="signed"), False),
        (turns, True),
    ):
        story: Any = texts
        assert closest_passages.is_narrative(story, passage) is narrates


# Beside the quotes --------------------------------------------------------------------------------------------------


class Stances:
    def __init__(self, answering: Sequence[str]) -> None:
        self._answering = answering

    def answers(self, question: str, one: Sentence) -> bool:
        return one.text in self._answering

    def is_account(self, one: Sentence) -> bool:
        return True


def placed(
    quotes: Sequence[Quoted], near: Sequence[Passage], texts: Any, answering: Sequence[str] = (), **judged: bool
):  # type: ignore[no-untyped-def]
    kept, digest = passages_beside.place(
        QUESTION, passages_beside.Judged(quotes, **judged), near, Stances(answering), texts, lambda _: 1.0, 240
    )
    return [one.sentence.text for one in kept], [one.text for one in digest]


def test_whoever_says_yes_is_not_told_a_second_time() -> None:
    texts, found = sentences({1: "Ann sold the barn. The roof was good.", 2: "Ann told me so."}, {})
    quotes = [Quoted(found[0])]
    _, digest = placed(quotes, [Passage((found[1],), 0.9), Passage((found[2],), 0.8)], texts, ["Ann sold the barn."])
    assert digest == ["Ann told me so."]


def test_the_passage_with_the_best_quote_comes_first() -> None:
    texts, found = sentences({1: "Bob saw it. It was sold.", 2: "The barn was sold by Ann."}, {})
    near = [Passage(tuple(found[:2]), 0.9), Passage((found[2],), 0.8)]
    assert placed([Quoted(found[2])], near, texts)[1][0] == "The barn was sold by Ann."


def test_what_somebody_was_told_is_quoted_with_what_follows_it() -> None:
    texts, found = sentences({1: "Ann was told on Monday. She passed it to nobody."}, {})
    _, digest = placed([Quoted(found[0])], [], texts, of_person=True)
    assert digest == ["Ann was told on Monday.", "She passed it to nobody."]


# What is left open --------------------------------------------------------------------------------------------------


def reason(question: str, *quotes: str) -> str:
    return unsaid.reason(question, [(one, "") for one in quotes], [], quotes, Encoder({"": 0.9}), lookup=True)


@pytest.mark.parametrize(
    ("question", "quote", "why"),
    [
        ("How hot was the iron?", "The iron was new.", unsaid.NO_VALUE),
        ("Which firm made the iron?", "Tomas Birk made the iron.", unsaid.NO_NAME),
        ("What is the excuse for the iron?", "The iron was made here.", unsaid.NO_WORD),
        ("When did the ship leave the dock?", "I painted the ship on 3 May.", unsaid.OTHER_EVENT),
        ("When did the ship leave the dock?", "She left the dock on 3 May.", ""),
    ],
)
def test_a_caution_says_why_it_stands(question: str, quote: str, why: str) -> None:
    assert reason(question, quote) == why


@pytest.mark.parametrize(
    ("question", "quote", "open_"),
    [
        ("When was the mill built?", "It was built in 1820.", False),
        ("When was the mill built?", "On 3 May I painted the mill.", True),
        ("When did the ship come out of the dock?", "Fire on board, Dry Dock 1, 14 May 2023", True),
    ],
)
def test_a_pronoun_stands_for_what_an_event_was_of_and_a_line_must_have_the_word(
    question: str, quote: str, open_: bool
) -> None:
    assert unsaid.leaves_event_unsaid(question, [quote]) is open_


@pytest.mark.parametrize(
    ("question", "text", "given"),
    [
        ("How much did they charge for the work?", "The work took 40 hours.", False),
        ("How much did they charge for the work?", "It came to £40.", True),
        ("How much was paid in May?", "Date,Net,Status\n2021-05-03,412.50,paid", True),
        ("How much was paid in May?", "Date,Bales,Status\n2021-05-03,412,sold", False),
        ("What did they pay for the pump?", "They bought 3 pumps.", False),
        ("What did they pay for the pump?", "It was free of charge.", True),
        ("How much yarn was delivered?", "We had 40 kg.", True),
        ("How much yarn was delivered?", "Nothing came.", True),
        ("How much yarn was delivered?", "It came late.", False),
        ("How much cheaper did the pipes become?", "There are 40 pipes.", False),
    ],
)
def test_a_price_is_asked_for_and_given_in_money(question: str, text: str, given: bool) -> None:
    asked = asked_values.read(question)
    assert asked is not None
    assert asked_values.gives(asked, question, text) is given


def test_what_they_pay_for_is_a_thing() -> None:
    assert asked_values.read("What did they pay for?") is None


# A client, and sums that are looked for -------------------------------------------------------------------------------


def test_our_client_in_a_letter_is_whom_it_acts_for() -> None:
    asked = polarity.read("Did Orr end the lease?")
    assert asked is not None
    letter = "Dear Sirs, We act for Orr Mills Ltd. Our client has not ended the lease."
    said = Said("Our client has not ended the lease.", speaker="Boole LLP", client=speakers.client(letter))
    assert polarity.stance(asked, said) == "no"
    assert polarity.stance(asked, Said(said.text, speaker="Boole LLP", client="Teal Ltd")) is None


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    pump = "The pump was ordered in May. The pump was fitted by two men. The pump hums at night. "
    files = {
        "pump.txt": f"{pump * 4}\n\nBefore you ask, it set us back £14,300 with the fitting.\n",
        "contract.txt": "SERVICE AGREEMENT\n\n1. The Firm shall look after the pump.\n\n2. Notice is in writing.\n\n"
                        "Signed for the Firm: Ann Orr, 2 May 2020\n\nSigned for the Mill: Tom Hay, 2 May 2020\n",
        **{f"note{n:02}.txt": f"Please bring {n} keys to the gate. The shop opens at seven.\n" for n in range(2, 12)},
    }  # fmt: skip
    return corpus_of(files, tmp_path_factory)


def test_a_sum_that_the_best_sentences_do_not_give_is_found_and_has_to_be_read(works: hybrid.Corpus) -> None:
    answer = works.ask("What did they pay for the pump?", route="lookup")
    assert any("£14,300" in claim.text for claim in answer.claims)
    assert {NOT_CONFIDENT, unsaid.VALUES} & set(answer.notes) == {NOT_CONFIDENT, unsaid.VALUES}


def test_the_reason_of_a_caution_is_a_note(works: hybrid.Corpus) -> None:
    notes = works.ask("Which firm fitted the pump?", route="lookup").notes
    assert NOT_CONFIDENT in notes
    assert unsaid.NO_NAME in notes
