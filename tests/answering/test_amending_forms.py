"""However an amendment says it, and however the two are signed, the changed term does not stand alone."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

CATERING = {
    "catering.md": "# Catering Agreement\n\nbetween Plum Kitchens Ltd and the Aske Museum, dated 3 May 2021.\n\n## 1. "
    "Service\n\n1.1 The Caterer shall serve lunch to up to 80 visitors a day.\n\n1.2 The kitchen is "
    "cleaned by the Caterer every evening.\n\n## 2. Price\n\n2.1 The price of a lunch is "
    "£11.50.\n\n2.2 The Museum shall pay each invoice within thirty days of receipt.\n\n## 3. "
    "Failure\n\n3.1 For each day without service the Caterer shall pay the Museum £400.\n\n3.2 The "
    "Caterer keeps a log of such days.\n\n## 4. End\n\n4.1 Either party may end this agreement on "
    "three months' notice.\n\nSigned for the Caterer: Ines Plum, director. Signed for the Museum: Tom "
    "Aske, keeper.\n",
    "second.md": "# Amendment No. 2 to the Catering Agreement of 3 May 2021\n\nPlum Kitchens Ltd and the Aske "
    "Museum agree on 8 February 2022 as follows.\n\n## 1. Price\n\nIn clause 2.1 the figure of £11.50 "
    "is replaced by £12.75. Nothing else in clause 2 changes.\n\n## 2. Payment\n\nIn clause 2.2, "
    "\"thirty days\" is replaced by \"fourteen days\".\n\n## 3. Failure\n\nThe words \"£400\" in "
    "clause 3.1 are deleted and \"£550\" substituted.\n\n## 4. End\n\nClause 4.1 shall read as "
    "follows: \"Either party may end this agreement on six months' notice.\"\n\nSigned for the "
    "Caterer: Ines Plum, director. Signed for the Museum: Tom Aske, keeper.\n",
    "note.eml": "From: Tom Aske <tom@aske.example>\nTo: Ines Plum <ines@plum.example>\nDate: Mon, 7 Mar 2022 "
    "09:00:00 +0000\nSubject: menu\n\nInes, in clause 3.2 the log should be replaced by a diary, I "
    "think. The soup was cold.\n\nTom\n",
}  # fmt: skip
HALL = {
    "hire.txt": "HALL HIRE TERMS\n\n1. The Hirer pays 60 euros an hour.\n2. The Hirer leaves the hall by "
    "22:00.\n3. Damage of more than 100 euros is reported to the warden the same day.\n4. Dogs stay "
    "outside.\n",
    "change.txt": "AMENDMENT TO THE HALL HIRE TERMS\n\nFrom 1 June: in clause 1 the figure of 60 euros is replaced "
    "by 75 euros. Clause 4 is deleted.\n",
    "draft.txt": "DRAFT 2\nAMENDMENT TO THE HALL HIRE TERMS\n\nIn clause 2, 22:00 is replaced by 23:30.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def catering(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CATERING, tmp_path_factory)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(HALL, tmp_path_factory)


def changed(corpus: hybrid.Corpus, question: str, change: str, term: str) -> None:
    claims = corpus.ask(question).claims
    texts = [" ".join(claim.text.split()) for claim in claims]
    old = next((at for at, text in enumerate(texts) if term in text), None)
    new = next((at for at, text in enumerate(texts) if change in text), None)
    assert new is not None, texts
    if old is not None:
        assert new < old, texts
        assert "changed by" in claims[old].qualification, texts


@pytest.mark.parametrize(
    ("question", "change", "term"),
    [
        ("What does a lunch cost?", "£12.75", "is £11.50"),
        ("What is the price of a lunch today?", "£12.75", "is £11.50"),
        (
            "Within how many days does the Museum have to pay an invoice, as things now stand?",
            "fourteen",
            "within thirty",
        ),
        ("By when did the Museum have to pay each invoice?", "fourteen", "within thirty"),
        ("How much must the Caterer pay for each day without service?", "£550", "pay the Museum £400"),
        ("On how much notice may either party end the catering agreement?", "six months", "on three months"),
    ],
)
def test_the_amending_words_come_before_the_old_term(
    catering: hybrid.Corpus, question: str, change: str, term: str
) -> None:
    changed(catering, question, change, term)


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("Who keeps a log of the days without service?", "keeps a log"),
        ("How often is the kitchen cleaned?", "every evening"),
        ("How many visitors does the Caterer serve a day?", "80 visitors"),
    ],
)
def test_a_term_that_nothing_in_force_changes_is_not_marked(catering: hybrid.Corpus, question: str, term: str) -> None:
    claims = catering.ask(question).claims
    old = next(claim for claim in claims if term in claim.text)
    assert "changed by" not in (old.qualification or "")


def test_terms_that_nobody_signed_are_changed_by_what_is_called_an_amendment(hall: hybrid.Corpus) -> None:
    changed(hall, "How much does the hall cost an hour?", "75 euros", "pays 60 euros")


def test_a_draft_of_an_amendment_changes_nothing(hall: hybrid.Corpus) -> None:
    claims = hall.ask("By when does the Hirer leave the hall?").claims
    assert "22:00" in claims[0].text
    assert not any("changed by" in (claim.qualification or "") for claim in claims)
