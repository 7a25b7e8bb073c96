"""A question about a dispute as a whole is answered by what each side contests, claims and denies."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import disputes

SETTINGS = hybrid.Settings.model_validate({"memory": {"enabled": False}})
FILES = {
    "contract.txt": "PIANO TUNING CONTRACT between Hall Verdi and Otto Lenz\n\n"
    "1. The tuner shall tune the grand piano before each concert.\n2. The fee is 140 euros for each tuning.\n\n"
    "Signed on 2 March 2024\n/s/ Otto Lenz\n/s/ Carla Moro, for Hall Verdi\n",
    "draft.txt": "DRAFT of 1 February 2024\n\nPIANO TUNING CONTRACT between Hall Verdi and Otto Lenz\n\n"
    "1. The tuner shall never be late.\n2. The fee is 120 euros for each tuning.\n\nNot signed.\n",
    "moro.eml": "From: Carla Moro <carla@verdi.example>\nTo: Otto Lenz <otto@lenz.example>\n"
    "Date: Mon, 03 Jun 2024 09:00:00 +0200\nSubject: Saturday\n\nMr Lenz,\n\n"
    "The piano was out of tune on Saturday and the soloist left. You did not come at four as we had agreed. "
    "We shall pay nothing for June.\n\nCarla Moro\n",
    "lenz.eml": "From: Otto Lenz <otto@lenz.example>\nTo: Carla Moro <carla@verdi.example>\n"
    "Date: Tue, 04 Jun 2024 10:00:00 +0200\nSubject: Re: Saturday\n\nMrs Moro,\n\n"
    "I came at four and the hall was locked. You owe me 280 euros for May. My daughter plays the harp.\n\nOtto Lenz\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "Why did they fall out, and what does each side say?",
        "What is the quarrel about?",
        "Why did their business relationship break down?",
        "Why did they part company, and what does each side blame on the other?",
        "What went wrong?",
        "How did it come to this?",
        "Whose fault is it?",
        "What is the disagreement between Otto Lenz and Hall Verdi about?",
    ],
)
def test_both_sides_claims_and_denials_are_quoted(corpus: hybrid.Corpus, question: str) -> None:
    answer = corpus.ask(question)
    texts = [claim.text for claim in answer.claims]
    for part in ("You did not come at four", "I came at four", "You owe me 280 euros"):
        assert any(part in text for text in texts), part
    assert not any("harp" in text or "shall tune" in text or "120 euros" in text for text in texts)
    assert corpus.verify(answer) == []


def test_where_nobody_disputes_the_whole_is_told(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path, SETTINGS)
    corpus.ingest([hybrid.Document.from_text("The bakery opened in 1987. It sells rye bread and rolls.", "a.txt")])
    answer = corpus.ask("What is the dispute about?")
    assert answer.found


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("What is the problem?", True),
        ("Who is to blame?", True),
        ("What is the case about?", True),
        ("What is the problem with the boiler?", False),
        ("Who is to blame for the flood?", False),
        ("Which case was packed?", False),
        ("What is the fee in case of a delay?", False),
        ("Did they fall out over invoice 12?", False),
    ],
)
def test_a_question_about_a_part_of_a_dispute_is_none_about_the_whole(question: str, whole: bool) -> None:
    assert disputes.asks_about_whole(question) is whole


@pytest.mark.parametrize(
    ("text", "accuses"),
    [
        ("Your men removed the bolts.", True),
        ("You never mentioned the frost.", True),
        ("Your men will remove the bolts.", False),
        ("You asked whether it was cold.", True),
        ("If you removed the bolts, tell us.", False),
        ("Your bolts are new.", False),
    ],
)
def test_what_the_other_is_said_to_have_done_is_an_accusation(text: str, accuses: bool) -> None:
    assert disputes.accuses(text) is accuses


CLAIMS = {
    "claim.txt": "Harper Dunn LLP\n\n4 May 2021\n\nLetter before action\n\nWe act for Alder Farms. This letter "
    "sets out our client's claim against you.\n\n1. The seed\n1.1 The barley that you sold did not germinate.\n"
    "1.2 Your invoice of 2 April was paid in full.\n\n2. The drill\n2.1 You left the seed drill in the rain, and it "
    "has rusted.\n\nWe ask for 12,000 euros.\n\nYours faithfully\nHarper Dunn LLP (Eve Dunn, Partner)\n",
    "answer.txt": "Cole & Pratt\n\n1 June 2021\n\nResponse\n\nWe act for Fenn Seeds, and our client denies it."
    "\n\n1. The seed\n1.1 The barley was sound when it was delivered.\n1.2 Your client sowed it in wet soil.\n\n"
    "2. The drill\n2.1 The drill had rusted before our client borrowed it.\n\nYours\nCole & Pratt\n",
    "news.txt": "Farm news, June 2021\n\nThe show is on 9 June because the hall is let in July. I chose Alder as "
    "host because its barn is dry. Fenn Seeds pays for the tea. The prize was never given to a goat.\n",
    "rules.txt": "Rules of the store, 2 May 2019\n\n5.1 A bag that fails the test is marked red.\n5.2 The clerk tells "
    "the buyer of a failed bag within a day.\n",
}


@pytest.mark.parametrize(
    "question", ["Why did the two firms fall out, and what does each side say about it?", "What is the dispute about?"]
)
def test_what_each_side_claims_first_in_its_letters_is_quoted(
    tmp_path_factory: pytest.TempPathFactory, question: str
) -> None:
    texts = [" ".join(claim.text.split()) for claim in corpus_of(CLAIMS, tmp_path_factory).ask(question).claims]
    for part in ("not germinate", "left the seed drill", "was sound when", "had rusted before"):
        assert any(part in text for text in texts), part
    assert not any("barn is dry" in text or "The clerk tells" in text or "marked red" in text for text in texts)


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("Why did the two companies fall out?", True),
        ("What do the landlord and the tenant blame each other for?", True),
        ("Why did the company fail?", False),
        ("Why did three pumps fail?", False),
    ],
)
def test_parties_by_what_they_are_name_no_more_of_a_dispute(question: str, whole: bool) -> None:
    assert disputes.asks_about_whole(question) is whole
