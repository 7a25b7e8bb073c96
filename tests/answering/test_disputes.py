"""Questions on a dispute: each side's account stands in the answer, and nothing that is beside the question."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

FILES = {
    "agreement.txt": "STAGE LIFT AGREEMENT\n\ndated 4 January 2023\n\n"
    "1. Lund Lifts shall inspect the stage lift every month.\n"
    "2. The liability of Lund Lifts is limited to £20,000 for any one event.\n"
    "3. The theatre shall keep the pit clear.\n\n"
    "Signed for Orpheum Theatre: Mia Kerr\nSigned for Lund Lifts Limited: Jan Lund\n",
    "claim.txt": "Orpheum Theatre\n2 June 2023\n\nTo Lund Lifts Limited\n\n"
    "The stage lift fell because its cable was not replaced. We claim £9,000.\n\nMia Kerr\nManager\n",
    "reply.txt": "Lund Lifts Limited\n12 June 2023\n\nTo Orpheum Theatre\n\n"
    "We deny your claim. The stage lift fell because it was overloaded by the theatre.\n\nJan Lund\nDirector\n",
    "lund.txt": "STATEMENT OF JAN LUND\n\nI, Jan Lund, say:\n\n1. I am the director of Lund Lifts.\n"
    "2. I knew nothing of any fray before 8 May 2023.\n\nSigned: Jan Lund, 30 August 2023\n",
    "engineer.txt": "REPORT OF THE JOINT ENGINEER\n\non the stage lift of the Orpheum Theatre\n\n"
    "1. I was instructed by both parties to report on the failure.\n"
    "2. I measured the cable. It was worn to 6.1 mm, against 8 mm when new.\n"
    "3. In my view the accident was caused by corrosion of the wire under the drum.\n"
    "4. The weather in May was dry. The paint of the drum is green.\n",
    "mail.eml": "From: Kit Rowe <kit@lund.example>\nTo: Jan Lund <jan@lund.example>\n"
    "Date: Tue, 18 Apr 2023 09:12:00 +0000\nSubject: Orpheum\n\nJan,\n\n"
    "The cable of the stage lift is fraying at the drum.\n\nKit\n",
    "kerr.txt": "STATEMENT OF MIA KERR\n\nI, Mia Kerr, say:\n\n"
    "1. I paid Mr Lund by cheque on 3 March 2023.\n\nSigned: Mia Kerr, 2 October 2023\n",
    "receipt.txt": "Lund Lifts Limited\n4 March 2023\n\nDear Sirs,\n\n"
    "Mia Kerr paid me in cash on 3 March 2023.\n\nYours faithfully,\nJan Lund\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def test_a_denial_of_knowledge_in_another_form_of_the_word_stands_beside_what_was_sent(corpus: hybrid.Corpus) -> None:
    claims = corpus.ask("What did Jan Lund know of the fraying cable, and when?").claims
    sent, denial = (next(one for one in claims if part in one.text) for part in ("is fraying", "I knew nothing"))
    assert denial.qualification == "denial"
    assert denial.contradicted_by == (sent.citations[0].number,)


@pytest.mark.parametrize("route", ["lookup", "comprehension"])
def test_two_ways_of_paying_once_are_marked_wherever_they_stand(corpus: hybrid.Corpus, route: str) -> None:
    answer = corpus.ask("How did Mia Kerr pay Mr Lund?", route=route)  # type: ignore[arg-type]
    marked = [claim.text for claim in answer.claims if claim.contradicted_by]
    assert any("by cheque" in text for text in marked)
    assert any("in cash" in text for text in marked)
    assert len(marked) == 2
    assert corpus.verify(answer) == []


def test_a_duty_that_no_quote_has_a_word_for_is_answered_with_a_caution(corpus: hybrid.Corpus) -> None:
    doubted = corpus.ask("Does the agreement oblige Lund Lifts to insure the theatre?", route="lookup")
    assert any("may not say this" in note for note in doubted.notes) or not doubted.found
    stated = corpus.ask("Does the agreement oblige Lund Lifts to inspect the stage lift?", route="lookup")
    assert not any("may not say this" in note for note in stated.notes)


def test_the_cause_that_a_third_person_gives_stands_beside_both_sides(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("Why did the stage lift fall, and what does each side say?").claims]
    for part in ("cable was not replaced", "overloaded", "corrosion of the wire"):
        assert any(part in text for text in texts), part
    assert not any("I was instructed" in text for text in texts)


def test_a_value_that_is_quoted_needs_no_digest(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How worn was the cable?", route="both")
    assert any("6.1 mm" in claim.text for claim in answer.claims)
    assert answer.digest == ()
    assert corpus.ask("Why was the cable worn?", route="both").digest


def test_whether_liability_is_admitted_is_answered_by_what_the_party_says_of_the_claim(corpus: hybrid.Corpus) -> None:
    first = corpus.ask("Has Lund Lifts admitted liability?", route="lookup").claims[0]
    assert first.text == "We deny your claim."
    assert first.citations[0].speaker == "Jan Lund"
    for other in ("Has Lund Lifts admitted the engineer to the pit?", "Has the Orpheum admitted liability?"):
        claims = corpus.ask(other, route="lookup").claims
        assert "We deny your claim." not in [claim.text for claim in claims[:1]]
