"""A quote comes with what it needs: the answer behind what leads in, the exceptions to a rule, a mark of privilege."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.selection import boilerplate
from hybrid.text.document_status import is_privileged

FILES = {
    "storage.txt": "STORAGE AGREEMENT between Holt Barns and Una Reed\n\n"
    "4. Access\n4.1 The depositor may enter the barn between 8:00 and 18:00.\n"
    "4.2 No animal may be kept in the barn.\n"
    "5. Damage\n5.1 Nothing in this agreement excludes the duty to pay for a fire that was laid.\n"
    "5.2 Subject to clause 5.1, the keeper pays no more than 800 euros for damage to goods.\n"
    "5.3 The goods are weighed on arrival.\n"
    "5.4 The limit does not apply to damage by damp which the keeper was told of.\n\n"
    "Signed on 4 April 2022\n/s/ Una Reed\n/s/ Pim Holt, for Holt Barns\n",
    "reed.txt": "WITNESS STATEMENT of Una Reed\n\nI, Una Reed, weaver, of 3 Mill Lane, say as follows.\n\n"
    "1. I have been asked when I first saw mould on the wool. It was on the Tuesday after Easter.\n"
    "2. My dog is called Pip.\n"
    "3. I have been asked who held the spare key to the barn. My sister kept a ring with five on it.\n",
    "counsel.txt": "PRIVILEGED AND CONFIDENTIAL\n\nNote for Una Reed\n\n"
    "Our view is that the keeper knew of the damp roof.\n",
    "list.eml": "From: Pim Holt <pim@holt.example>\nTo: Una Reed <una@reed.example>\n"
    "Date: Tue, 03 May 2022 09:00:00 +0200\nSubject: Barn\n\n"
    "Mould came because the roof of the barn leaked in March.\n\nPim Holt\nStore Manager, Holt Barns Limited\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


def test_what_leads_in_comes_with_the_sentence_that_answers(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("When did Una Reed first see mould on the wool?").claims]
    assert any("Tuesday after Easter" in text for text in texts)
    assert not any("Pip" in text for text in texts)
    texts = [claim.text for claim in corpus.ask("Who held the spare key to the barn?", route="lookup").claims]
    assert "My sister kept a ring with five on it." in texts


def test_exceptions_that_are_asked_for_come_behind_the_rule(corpus: hybrid.Corpus) -> None:
    claims = corpus.ask(
        "What is the limit of the keeper's payment for damage, and in which cases does it not apply?"
    ).claims
    places = {
        key: next((at for at, one in enumerate(claims) if key in one.text), None)
        for key in ("800 euros", "fire that was laid", "by damp", "weighed")
    }
    assert places["800 euros"] == 0
    assert places["fire that was laid"] is not None
    assert places["by damp"] is not None
    assert places["weighed"] is None


def test_no_exceptions_come_where_none_is_asked_for(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("How much does the keeper pay for damage to goods?").claims]
    assert any("800 euros" in text for text in texts)
    assert not any("fire that was laid" in text for text in texts)


def test_a_quote_of_a_document_that_is_marked_privileged_says_so(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Did the keeper know of the damp roof?")
    marked = {claim.citations[0].source.rsplit("/")[-1]: claim.qualification for claim in answer.claims}
    assert "marked privileged" in marked["counsel.txt"]
    assert all("privileged" not in known for source, known in marked.items() if source != "counsel.txt")


def test_the_role_below_a_signature_is_no_quote_unless_it_is_asked_for(corpus: hybrid.Corpus) -> None:
    texts = [claim.text for claim in corpus.ask("Why did mould come to the barn of Holt Barns?").claims]
    assert texts
    assert not any("Store Manager" in text for text in texts)
    assert not boilerplate.is_form("Who is the manager?", "Store Manager, Holt Barns Limited")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("Harbour club – held on 3 May 2021 – By letter", True),
        ("Report on the quay, June 2020", True),
        ("Boats painted by the club", False),
        ("The quay stands on piles", False),
        ("Fee: 20 euros", False),
        ("It rained.", False),
        ("NOTE from Ann Orr to Ben Dahl, 3.5.2023: Wrong parcel", True),
        ("Note from Ann Orr to Ben Dahl, 3.5.2023: the parcel was wrong", False),
        ("Note: wrong parcel", False),
    ],
)
def test_a_line_in_which_nothing_is_said(text: str, bare: bool) -> None:
    assert boilerplate.is_bare_line(text) is bare


@pytest.mark.parametrize(
    ("title", "text", "privileged"),
    [
        ("Privileged - the lease", "Dear Ann,\n\nWait.", True),
        (None, "ATTORNEY-CLIENT PRIVILEGED\n\nWait.", True),
        (None, "Minutes\n\nThe notes of the lawyer are privileged.", False),
        (None, "Dear Ann,\n\n> PRIVILEGED AND CONFIDENTIAL\n", False),
        ("A privileged childhood", "I was born in 1902.", False),
        (None, "# Fire\n\nAnn Aaker — 29 June 2024 — *Privileged and confidential*\n", True),
        (None, "# Talk\n\nAnn Aaker – on how privileged we are\n", False),
    ],
)
def test_marks_of_privilege(title: str | None, text: str, privileged: bool) -> None:
    assert is_privileged(title, text) is privileged


@pytest.mark.parametrize(
    "text", ["月租金为人民币8000元", "Die Miete beträgt 8000 Euro im Monat", "Арендная плата составляет 8000 рублей"]
)
def test_a_line_in_another_language_may_say_something(text: str) -> None:
    assert not boilerplate.is_bare_line(text)
