"""The passages nearest to a question: whoever was there tells it in other words, and a sentence is not enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import closest_passages, passages_beside, unsaid
from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.answering.closest_passages import Passage
from hybrid.answering.evidence import Sentence
from hybrid.answering.quoted import Quoted


def mail(sender: str, receiver: str, day: str, subject: str, body: str) -> str:
    head = f"From: {sender} <a@x.example>\nTo: {receiver} <b@x.example>\nDate: {day} 09:00:00 +0000\n"
    return f"{head}Subject: {subject}\n\n{body}\n"


FILES = {
    "holt.eml": mail("Greta Holt", "Piers Ashby", "Mon, 06 Mar 2023", "The tiles",
                     "Piers,\n\nOn Friday 3 March, a little after ten, I rang Bruno Keller about the tiles. We"
                     " talked for some minutes. I had the sample board in front of me. He told me that they"
                     " were fine and that I should send the lot. The lorry was washed at noon.\n\nGreta"),
    "keller.eml": mail("Bruno Keller", "Orla Finn", "Tue, 07 Mar 2023", "That call",
                       "Orla,\n\nYou asked about the tiles. Greta did ring on the 3rd. I told her that the board looked"
                       " nice in the lamp light and that I would come back to her. I never said that she should send"
                       " them.\n\nBruno"),
    "contract.txt": "SUPPLY OF TILES\n\n4.1 A batch of tiles is approved only by a note signed by the Buyer.\n\n"
                    "4.2 The price of a tile is £3.40.\n\n4.3 Pallets are returned within 30 days.\n",
    "log.txt": "YARD LOG\n\n3 March 2023. Forklift serviced.\n\n5 March 2023. The tiles left the yard in two lorries."
               "\n\n9 March 2023. Gate painted.\n",
    **{f"note{n:02}.txt": f"Please bring {n} pallets to the north gate on Monday. The canteen opens at seven.\n"
       for n in range(2, 22)},
}  # fmt: skip


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def texts(answer: hybrid.Answer) -> list[str]:
    return [" ".join(claim.text.split()) for claim in answer.claims]


def test_each_side_s_account_of_what_is_asked_is_quoted_with_who_tells_it(yard: hybrid.Corpus) -> None:
    answer = yard.ask("Did Bruno Keller approve the tiles on the telephone on 3 March?")
    said = texts(answer)
    assert any("He told me that they were fine" in one for one in said)
    assert any("I never said that she should send them" in one for one in said)
    assert any("approved only by a note" in one for one in said)
    assert "The tiles (Greta Holt, 6 March 2023" in answer.text
    assert "That call (Bruno Keller, 7 March 2023" in answer.text
    assert not any("canteen" in one or "washed" in one for one in said)


def test_a_passage_of_each_document_stands_by_itself_in_the_order_of_its_text(yard: hybrid.Corpus) -> None:
    answer = yard.ask("Did Bruno Keller approve the tiles on the telephone on 3 March?")
    groups = [[answer.citations[number - 1] for number in part.citations] for part in answer.digest]
    assert len(groups) > 1
    for group in groups:
        assert len({one.source for one in group}) == 1
        assert [one.start for one in group] == sorted(one.start for one in group)


def test_a_question_that_one_sentence_answers_has_no_passages(yard: hybrid.Corpus) -> None:
    answer = yard.ask("What is the price of a tile?")
    assert texts(answer)[0] == "4.2 The price of a tile is £3.40."
    assert not answer.digest
    assert NOT_CONFIDENT not in answer.notes


def test_words_of_a_digest_bound_the_passages(tmp_path_factory: pytest.TempPathFactory) -> None:
    corpus = corpus_of(FILES, tmp_path_factory, {"digest_words": 60})
    answer = corpus.ask("Did Bruno Keller approve the tiles on the telephone on 3 March?")
    cited = [answer.citations[number - 1].quote for part in answer.digest for number in part.citations]
    assert 0 < sum(len(quote.split()) for quote in cited) <= 60


def test_a_date_of_another_event_is_doubted(yard: hybrid.Corpus) -> None:
    assert NOT_CONFIDENT in yard.ask("When were the tiles of the batch unloaded at the hotel?").notes
    left = yard.ask("When did the tiles leave the yard?")
    assert texts(left)[:2] == ["5 March 2023.", "The tiles left the yard in two lorries."]
    assert NOT_CONFIDENT not in left.notes


# The parts ----------------------------------------------------------------------------------------------------------


def sentence(text: str, document: int = 1, start: int = 0, similarity: float = 0.5) -> Sentence:
    return Sentence(document, f"{document}.txt", "", "0" * 64, start, start + len(text), text, similarity=similarity)


class Stances:
    def __init__(self, answering: Collection[str], accounts: bool) -> None:
        self._answering, self._accounts = answering, accounts

    def answers(self, question: str, one: Sentence) -> bool:
        return one.text in self._answering

    def is_account(self, one: Sentence) -> bool:
        return self._accounts


QUESTION = "Did Ann sell the old barn?"
NEAR = [Passage((sentence("Ann told me so.", 2),), 0.8), Passage((sentence("Nobody sold it.", 3),), 0.7)]


def placed(
    quotes: list[Quoted], *, answering: Collection[str] = (), accounts: bool = True, open_: bool = False
) -> tuple[list[str], list[str]]:
    judged = passages_beside.Judged(quotes, open_=open_)
    kept, digest = passages_beside.place(
        QUESTION, judged, NEAR, Stances(answering, accounts), TEXTS, lambda _: 1.0, 240
    )
    return [one.sentence.text for one in kept], [one.text for one in digest]


TEXTS: Any = None
"""Of quotes that show what somebody knew alone the texts are read."""


def test_a_quote_that_says_yes_or_no_stays_first_beside_the_accounts_of_others() -> None:
    quotes = [Quoted(sentence("The barn is old.")), Quoted(sentence("Ann sold the barn.", start=99))]
    assert placed(quotes, answering={"Ann sold the barn."})[0][0] == "Ann sold the barn."
    assert placed(quotes, answering={"Ann sold the barn."}, accounts=False)[1] == []


def test_a_far_quote_goes_where_it_leaves_the_question_open_and_several_tell_it() -> None:
    far = [Quoted(sentence("The hay is dry.", similarity=0.1))]
    assert placed(far, open_=True)[0] == []
    assert placed(far)[0] == ["The hay is dry."]
    assert placed([Quoted(sentence("Ann sold the old barn.", similarity=0.6))], open_=True)[0] != []


def test_what_is_qualified_stays() -> None:
    assert placed([Quoted(sentence("Sell the hay.", similarity=0.0), "a proposal")], open_=True)[0] == ["Sell the hay."]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Did Ann sell it?", True),
        ("So was it sold?", True),
        ("Hasn't it been sold?", True),
        ("Who sold it?", False),
        ("What did Ann sell?", False),
    ],
)
def test_a_question_of_yes_or_no_asks_for_accounts(question: str, asks: bool) -> None:
    assert passages_beside.asks_account(question) is asks


def test_of_notes_that_differ_by_day_and_hour_alone_two_are_told() -> None:
    daily = [sentence(f"The sample was taken at {n}.30 on {day}.", n, similarity=0.9)
             for n, day in ((8, "Monday"), (9, "Friday"), (7, "Tuesday"), (6, "Monday"))]  # fmt: skip
    assert len(closest_passages.merged([], daily, 240)) == 2
    assert len(closest_passages.merged([], daily[:2], 240)) == 2  # the one may contradict the other


def test_sums_in_the_same_words_are_both_found() -> None:
    found = [sentence(f"The fee for the survey is £{sum_}.", sum_) for sum_ in (300, 400)]
    found.append(sentence("The survey was made in May.", 5))

    class Encoder:
        def encode(self, texts: Sequence[str]) -> np.ndarray:
            return np.ones((len(texts), 2), np.float32) / 2

    vector = np.ones(2, np.float32)
    given = closest_passages.giving(
        "What was the fee?", vector, found, lambda text: "£" in text, Encoder(), lambda _: 1.0, 3
    )
    assert sorted(one.text for passage in given for one in passage.sentences) == [
        "The fee for the survey is £300.",
        "The fee for the survey is £400.",
    ]


def test_a_far_sentence_of_another_document_is_left_out_beside_passages() -> None:
    chosen = [sentence("She did.", 2, 40, 0.9), sentence("The urn was filled.", 9, similarity=0.2)]
    assert [one.document_id for one in closest_passages.merged(NEAR, chosen, 240)] == [2, 2, 3]
    assert [one.document_id for one in closest_passages.merged([], chosen, 240)] == [2, 9]


def test_a_sentence_of_another_thing_of_the_kind_is_no_part_of_a_passage() -> None:
    held = closest_passages._Held("How did the disease in pen 2 develop?", lambda _: 1.0)
    passage = [sentence("The fish in pen 2 had a disease."), sentence("The pump of pen 7 was greased.", start=50)]
    assert [one.text for one in held.relevant(passage)] == ["The fish in pen 2 had a disease."]


def test_a_passage_goes_on_by_pronouns_and_leaves_out_what_is_beside_the_point() -> None:
    held = closest_passages._Held("Why is the store damp?", lambda _: 1.0)
    passage = [
        sentence(text, start=90 * at, similarity=0.1)
        for at, text in enumerate(
            ["The store is damp.", "It comes from a pipe.", "A gate was painted.", "The pipe cracked."]
        )
    ]
    assert [one.text for one in held.relevant(passage)] == ["The store is damp.", "It comes from a pipe."]


def test_of_a_long_paragraph_the_nearest_sentence_stays() -> None:
    class Whole:
        def text(self, document_id: int, start: int = 0, end: int | None = None) -> str:
            return " ".join(said)[start:end]

    said = [f"{' '.join(['word'] * 44)} {n}." for n in range(5)]
    run, at = [], 0
    for n, text in enumerate(said):
        run.append(sentence(text, start=at, similarity=0.9 if n == 3 else 0.1))
        at += len(text) + 1
    texts: Any = Whole()
    assert run[3] in closest_passages._whole(texts, closest_passages._Window(run, 1, 0.0))


# What is left unsaid ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "quotes", "open_"),
    [
        ("When did the ship finally come out of the dock?", ["On 14 May I got to the ship at 7.15."], True),
        ("When did the ship leave the dock?", ["She left the dock on 3 May."], False),
        ("When did the ship come out of the dock?", ["Ship in dock 1, 14 May 2023"], False),
        ("When did they board the train?", ["Fire on board of the train, 14 May 2023"], False),
        ("When was the new carpet finished at the hotel?", ["On 6 May the hotel rejected the carpet."], True),
        ("When did the hotel reject the carpet?", ["On 6 May the hotel rejected the carpet."], False),
        ("When does the agreement end?", ["The agreement terminates on 3 May 2024."], False),
        ("When does it end?", ["On 3 May."], False),
        ("Why was the carpet rejected?", ["On 6 May it rained."], False),
        ("When was the gate sold?", ["The gate was painted."], False),  # no time is given: another rule says it
    ],
)
def test_a_time_of_another_event_answers_no_question_for_a_time(question: str, quotes: list[str], open_: bool) -> None:
    assert unsaid.leaves_event_unsaid(question, quotes) is open_


@pytest.mark.parametrize(
    ("question", "quote", "open_"),
    [
        ("Which firm made the softener?", "Tomasz Birkett told me of it on the phone.", True),
        ("Which firm made the softener?", "Mr Birkett told me of it.", True),
        ("Which firm made the softener?", "It was made by Orr Fabrications.", False),
        ("Which firm made the softener?", "It was made by Larkin & Soane.", False),
        ("What is the name of the man who was hurt?", "Two members of the crew were hurt; I saw one.", True),
        ("What is the name of the man who was hurt?", "Control: Electrician informed.", True),
        ("What is the name of the man who was hurt?", "Dan Orr was hurt.", False),
        ("What was the name of the ship?", "The Petrel was docked.", False),
        ("Who saw the smoke?", "Smoke was seen at 14.38.", True),
        ("Who saw the smoke?", "A painter saw it.", False),
        ("Who saw the smoke?", "It was seen by Dan Orr.", False),
        ("Who saw the smoke?", "I saw it.", False),
    ],
)
def test_who_or_which_firm_is_unsaid_where_no_such_name_stands(question: str, quote: str, open_: bool) -> None:
    assert unsaid.leaves_name_unsaid(question, [quote]) is open_
