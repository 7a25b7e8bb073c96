"""What is said in other words than it is asked for, and the executed term before what somebody takes it to say."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.selection import paraphrases

SETTINGS = hybrid.Settings.model_validate({"memory": {"enabled": False}})
FILES = {
    "charter.txt": "CHARTER AGREEMENT between Mole Boats and Ria Falk\n\n"
    "1. The charterer may not lend the boat to others without the written consent of the owner.\n"
    "2. The liability of the owner shall not exceed 5,000 euros.\n\n"
    "Signed on 4 April 2022\n/s/ Ria Falk\n/s/ Bo Mole, for Mole Boats\n",
    "falk.eml": "From: Ria Falk <ria@falk.example>\nTo: Bo Mole <bo@mole.example>\n"
    "Date: Mon, 02 May 2022 09:00:00 +0200\nSubject: Boat\n\n"
    "I gather that I may lend the boat to others freely.\n\nRia\n",
    "mole.eml": "From: Bo Mole <bo@mole.example>\nTo: Jan Kees <jan@mole.example>\n"
    "Date: Tue, 03 May 2022 09:00:00 +0200\nSubject: Log books\n\n"
    "Jan, I put the old log books in the stove last night. The weather is fine.\n\nBo\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def test_the_executed_term_comes_first_where_it_is_asked_what_somebody_may_do(corpus: hybrid.Corpus) -> None:
    claims = corpus.ask("May the charterer lend the boat to others?").claims
    assert claims[0].text.startswith("1. The charterer may not lend") or claims[0].text.startswith("The charterer may")


@pytest.mark.parametrize("question", ["Was anything destroyed?", "Were any log books deleted?"])
def test_what_was_destroyed_is_found_in_other_words(corpus: hybrid.Corpus, question: str) -> None:
    texts = [claim.text for claim in corpus.ask(question).claims]
    assert any("in the stove" in text for text in texts)
    assert not any("weather" in text for text in texts)


def test_a_cap_is_what_is_not_to_be_exceeded(corpus: hybrid.Corpus) -> None:
    assert any("shall not exceed" in claim.text for claim in corpus.ask("Is the owner's liability capped?").claims)


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("We won't be needing those any more.", True),
        ("Please get rid of the tapes.", True),
        ("He purged the folder.", True),
        ("The bin is by the gate.", False),
        ("Bin them, nobody misses them.", True),
        ("She had me tidy the ledgers.", True),
        ("She had me tidy the garden.", False),
        ("The room was cleared out in May.", True),
        ("We need those tapes.", False),
        ("The sky cleared.", False),
        ("He threw the ball.", False),
    ],
)
def test_words_for_destroying(sentence: str, says: bool) -> None:
    assert paraphrases.says("Was anything destroyed?", sentence) is says


@pytest.mark.parametrize(
    ("question", "sentence", "says"),
    [
        ("Did she want nothing on paper?", "Let us talk on the pier rather than write.", True),
        ("Was he told not to put it in writing?", "Keep this between us.", True),
        ("Did she want nothing on paper?", "The paper was blue.", False),
        ("Who wrote the letter?", "Keep this between us.", False),
    ],
)
def test_words_for_not_writing_it_down(question: str, sentence: str, says: bool) -> None:
    assert paraphrases.says(question, sentence) is says


def test_an_instruction_to_destroy_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "bin.eml").write_text(
        "From: Pia Holm <pia@holm.example>\nTo: Jon Vik <jon@holm.example>\n"
        "Date: Mon, 02 May 2022 09:00:00 +0200\nSubject: Slides\n\n"
        "Jon, the slides are on the shelf. Bin them, nobody has to look at those.\n\nPia\n"
    )
    corpus = hybrid.Corpus.open(tmp_path / "corpus", SETTINGS)
    corpus.ingest(tmp_path / "bin.eml")
    texts = [claim.text for claim in corpus.ask("Was anything thrown away or destroyed?").claims]
    assert any("Bin them" in text for text in texts)
