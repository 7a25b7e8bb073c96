"""What is a document's form is in no quote; what was a thing, and who said so; what somebody is said to have known."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import abstention, persons
from hybrid.answering.selection import actuality, boilerplate
from hybrid.text import running_lines, sentences

FILES = {
    "survey.txt": "Survey of the yacht Brise 44/2023   page 1 of 2\n\nSURVEY of the yacht Brise\nAuthor: Petra Lux\n\n"
    "1. The hull has a crack below the keel, and water came through it when the\n\n"
    "Survey of the yacht Brise 44/2023   page 1 of 2\n\n"
    "boat was lifted.\n2. The filler was Maraplast 9, two coats of it.\n\n"
    "Survey of the yacht Brise 44/2023   page 2 of 2\n",
    "yard.txt": "WITNESS STATEMENT of Jo Marr\n\nI, Jo Marr, foreman of the yard, state as follows.\n\n"
    "1. I found the crack in the hull on 2 May 2023.\n"
    "2. Mrs Ende knew of it that night; I rang her at nine.\n3. The yard is closed in August.\n\n"
    "Dated 1 July 2023\nSigned: Jo Marr\n",
    "ende.eml": "From: Lea Ende <lea@yard.example>\nTo: Kai Voss <kai@voss.example>\n"
    "Date: Fri, 05 May 2023 09:00:00 +0200\nSubject: Brise\n\n"
    "There is a pump in hall B. Nobody told me of a crack in the hull.\n\nLea Ende\n\n"
    "-----Original Message-----\nFrom: Kai Voss\nSent: Thursday, 4 May 2023 18:00\nTo: Lea Ende\nSubject: Brise\n\n"
    "Is there a crack in the hull of my boat?\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    "question", ["What does the survey of the Brise say?", "What happened to the yacht Brise?", "Is the hull cracked?"]
)
def test_page_feet_headers_headings_and_signatures_are_in_no_quote(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    quoted = " ".join(claim.text for claim in answer.claims)
    for part in ("page 1", "page 2", "Original Message", "Sent:", "SURVEY of", "Signed:", "Dated"):
        assert part not in quoted


def test_a_sentence_that_a_page_foot_cuts_is_quoted_whole_without_it(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("Did water come through the crack in the hull?", route="lookup").claims]
    assert any(text.endswith("when the boat was lifted.") for text in texts)


def test_a_sentence_ends_behind_the_letter_of_a_thing(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("Was Lea Ende told of the crack in the hull?").claims]
    assert any(text.endswith("Nobody told me of a crack in the hull.") for text in texts)
    assert not any("hall B. Nobody" in text for text in texts)
    assert len(sentences.spans("It was in hall B. Nobody came.")) == 2
    assert len(sentences.spans("He was met by J. Nobody's brother, and Mr K. The Elder.")) == 1


def test_what_was_a_thing_is_what_a_sentence_says_that_it_was(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("What was the filler that was used, and who said so?")
    assert answer.claims[0].text == "2. The filler was Maraplast 9, two coats of it."
    assert "Petra Lux" in answer.text.split("“")[0]
    assert actuality.says_what_is("What was the filler?", "The filler was Maraplast 9.")
    assert not actuality.says_what_is("What was the filler?", "The filler was used on Monday.")
    assert not actuality.says_what_is("When was the filler used?", "The filler was Maraplast 9.")


def test_who_said_so_is_no_topic_of_its_own() -> None:
    assert abstention.parts("What was the cause, and who said so?") == ["What was the cause"]
    assert abstention.asks_who_says_so("What was the cause, and according to whom?")
    assert abstention.parts("What was agreed, and who said no?") == ["What was agreed", "who said no?"]
    assert not abstention.asks_who_says_so("What was agreed, and who paid?")


@pytest.mark.parametrize("question", ["What did Lea Ende know of the crack, and when?", "Was Lea Ende aware of it?"])
def test_who_is_said_to_have_known_of_it_is_quoted_with_what_it_is(corpus: hybrid.Corpus, question: str) -> None:
    question = question.replace("of it", "of the crack in the hull")
    texts = [claim.text for claim in corpus.ask(question).claims]
    assert any("Mrs Ende knew of it that night" in text for text in texts)
    assert any("I found the crack in the hull" in text for text in texts)
    assert not any("closed in August" in text for text in texts)


def test_what_tells_somebody_something_is_known_by_its_verb() -> None:
    person = persons.PersonAsked("Lea Ende", "the crack", True)
    for text in ("I phoned Mrs Ende about it.", "Ende was present when it broke.", "I copied Lea on it."):
        assert persons.told(text, person, None)
    assert not persons.told("Mrs Ende sailed at noon.", person, None)
    assert persons.shows_own_knowledge("I had ordered the filler.")
    assert not persons.shows_own_knowledge("I sail at noon.")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Log 7 page 1 of 2\n\nIt rained.", ["Log 7 page 1 of 2"]),
        ("It rained.\nSeite 1 von 3\nIt rains.\nSeite 2 von 3\n", ["Seite 1 von 3", "Seite 2 von 3"]),
        ("The plan of the yard is to be found on\npage 1 of 2\nin red.", []),
        ("He read the book.\nIt has 40 pages.", []),
    ],
)
def test_a_line_that_counts_pages_is_a_head_or_a_foot(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in running_lines.find(text)] == found


@pytest.mark.parametrize(
    ("question", "text", "form"),
    [
        ("What was agreed?", "-----Original Message-----", True),
        ("What was agreed?", "Am 3. Mai 2023 schrieb Kai Voss:", True),
        ("What was agreed?", "Signed: Jo Marr", True),
        ("Who signed the statement?", "Signed: Jo Marr", False),
        ("What was agreed?", "CHARTER PARTY FOR THE BRISE", True),
        ("What is the name of the agreement?", "CHARTER PARTY FOR THE BRISE", False),
        ("What was agreed?", "THE FEE IS DUE IN MAY", False),
        ("What was agreed?", "Signed copies are sent to both.", False),
    ],
)
def test_forms_are_known_by_what_they_are(question: str, text: str, form: bool) -> None:
    assert boilerplate.is_form(question, text) is form
