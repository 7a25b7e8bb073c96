"""A question that takes for granted what the documents deny is told so, by the sentence that denies it."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import presuppositions

CHOIR = {
    "orr.txt": "STATEMENT of Ann Orr\n\nI, Ann Orr, treasurer of the Vale Choir, say as follows.\n\n"
    "1. The committee met on 4 March 2022 to speak of the tour to Norway and its costs.\n"
    "2. I never signed the contract for the coach. I told the chair that the choir had no money for coaches.\n"
    "3. We sang in Bergen in May, and the hall was full.\n\nSigned: Ann Orr, 9 June 2022\n",
    "minutes.txt": "Minutes of the Vale Choir, 4 March 2022\n\nPresent: Ann Orr, Ben Tek, Cora Lind\n\n"
    "1. The conductor was not dismissed; he stays until the tour is over.\n"
    "2. The fee for members rises to 40 crowns in September because the hall costs more.\n"
    "3. The piano was sold to the school in February because it did not fit the new room.\n",
    "letter.txt": "Letter of 2 April 2022\n\nDear members,\n\nThe coach firm writes that the coach is booked. "
    "We have not agreed to pay for any coach. The tour goes by train.\n\nCora Lind, chair\n",
}
QUARRY = {
    "report.txt": "REPORT on the slide of 7 July 2020\n\nby Ilse Roth, geologist, 3 August 2020\n\n"
    "1. The north face slid at noon because water stood in the old gallery.\n"
    "2. The siren was not sounded. Nobody ordered the road to be closed.\n"
    "3. The crusher was moved to the south yard on 2 July because the ground was soft.\n",
    "log.txt": "QUARRY LOG, kept by Max Hahn\n\n6 July 2020: Rain. Pumps 1 and 2 on.\n"
    "7 July 2020: North face slid at noon. I did not sound the siren, the key was in the office.\n",
    "roth.eml": "From: Ilse Roth <ilse@rock.example>\nTo: Max Hahn <max@quarry.example>\n"
    "Date: Mon, 10 Aug 2020 09:00:00 +0200\nSubject: Insurance\n\nMax,\n\nThe insurer has refused to pay for the "
    "crusher. He has not paid a cent.\n\nIlse\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def choir(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CHOIR, tmp_path_factory)


@pytest.fixture(scope="module")
def quarry(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(QUARRY, tmp_path_factory)


def check(corpus: hybrid.Corpus, question: str, part: str) -> None:
    answer = corpus.ask(question)
    denial = next((claim for claim in answer.claims if part in " ".join(claim.text.split())), None)
    assert denial is not None
    assert denial in answer.claims[:2]
    assert any("takes for granted" in note and part.split()[-1] in note for note in answer.notes), answer.notes


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Why did Ann Orr sign the contract for the coach to Norway?", "I never signed the contract"),
        ("When did Ann Orr sign the contract with the coach firm?", "I never signed the contract"),
        ("Why was the conductor dismissed?", "The conductor was not dismissed"),
        ("When did the choir agree to pay for the coach?", "We have not agreed to pay"),
    ],
)
def test_the_denial_comes_first_and_is_named(choir: hybrid.Corpus, question: str, part: str) -> None:
    check(choir, question, part)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("How was the siren sounded on 7 July?", "The siren was not sounded."),
        ("Why did Max Hahn sound the siren?", "I did not sound the siren"),
        ("When was the siren sounded, and by whom?", "The siren was not sounded."),
    ],
)
def test_the_denial_comes_first_in_reports_and_logs_too(quarry: hybrid.Corpus, question: str, part: str) -> None:
    check(quarry, question, part)


@pytest.mark.parametrize(
    "question",
    [
        "Why was the piano sold to the school?",
        "Why does the fee rise in September?",
        "When did the committee meet?",
        "Why did Ann Orr not sign the contract?",
        "How did the choir travel?",
    ],
)
def test_what_is_so_is_not_called_denied(choir: hybrid.Corpus, question: str) -> None:
    assert not any("takes for granted" in note for note in choir.ask(question).notes)


@pytest.mark.parametrize(
    "question", ["Why did the north face slide?", "Why was the crusher moved?", "When was the crusher moved?"]
)
def test_what_is_so_is_not_called_denied_in_reports(quarry: hybrid.Corpus, question: str) -> None:
    assert not any("takes for granted" in note for note in quarry.ask(question).notes)


@pytest.mark.parametrize(
    ("question", "polar"),
    [
        ("Why did Ann sign it?", "Did Ann sign it?"),
        ("When was the dam inspected, and by whom?", "Was the dam inspected?"),
        ("What made Ann sign the lease?", "Did Ann sign the lease?"),
        ("When was the dam last inspected?", None),
        ("Why did Ann not sign it?", None),
        ("When does the lease end?", None),
        ("When did Ann first learn of it?", None),
    ],
)
def test_what_a_question_takes_for_granted(question: str, polar: str | None) -> None:
    assert presuppositions.polar(question) == polar
