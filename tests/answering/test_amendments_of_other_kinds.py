"""A side letter that both signed, an endorsement, a rider and a circular that was agreed change a term; a letter of one
side, a mail, a draft, a proposal and what changes another agreement do not."""

# ruff: noqa: E501
from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import amendments

DAIRY = {
    "haulage.md": "# MILK HAULAGE CONTRACT\n\n**Dated 7 May 2019**\n\nbetween **Ferrin Dairies Limited** (the Dairy) and "
    "**Lowe Tankers Limited** (the Haulier).\n\n## 3. Rounds\n\n3.1 The Haulier shall collect from each farm every 48 "
    "hours.\n\n3.2 A round that is missed is made up within two days.\n\n## 4. Rates\n\n4.1 The Dairy shall pay 31 euros "
    "for each farm that is served.\n\n4.2 Diesel is paid by the Haulier.\n\n## 5. Loss\n\n5.1 The Haulier is liable for "
    "milk that sours on the road up to 9,000 euros a tanker.\n\n5.2 Milk in the yard is at the risk of the Dairy.\n\n"
    "Signed for the Dairy: *Una Ferrin, director*\n\nSigned for the Haulier: *Des Lowe, director*\n",
    "letter_signed.txt": "LOWE TANKERS LIMITED\n\n5 March 2021\n\nMs Una Ferrin\nFerrin Dairies Limited\n\nDear Una,\n\n"
    "Haulage Contract of 7 May 2019\n\nThis is what we settled. In clause 4.1, the figure of 31 euros is replaced by 34 "
    "euros. The rate for diesel stays as it is.\n\nPlease sign the copy.\n\nYours sincerely,\n\nDes Lowe\nDirector\n\n"
    "We agree to the above.\n\nUna Ferrin\nfor Ferrin Dairies Limited\n9 March 2021\n",
    "letter_of_one.txt": "LOWE TANKERS LIMITED\n\n2 June 2021\n\nDear Una,\n\nHaulage Contract of 7 May 2019\n\n"
    "From July, in clause 3.1, \"48 hours\" is replaced by \"72 hours\".\n\nYours sincerely,\n\nDes Lowe\nDirector\n",
    "mail.eml": "From: Una Ferrin <una@ferrin.example>\nTo: Des Lowe <des@lowe.example>\nDate: Thu, 8 Jul 2021 "
    "09:00:00 +0000\nSubject: loss\n\nDes,\n\nIn clause 5.1, the figure of 9,000 euros is replaced by 12,000 euros, "
    "if you ask me.\n\nUna\n",
    "other_letter.txt": "LOWE TANKERS LIMITED\n\n4 May 2022\n\nDear Ms Ferrin,\n\nWhey Removal Agreement of 3 June 2020\n\n"
    "In clause 5.1, the figure of 9,000 euros is replaced by 2,000 euros.\n\nYours sincerely,\n\nDes Lowe\nDirector\n\n"
    "Agreed and accepted:\nUna Ferrin\nfor Ferrin Dairies Limited\n6 May 2022\n",
}  # fmt: skip
BOATS = {
    "policy.txt": "KESTREL MUTUAL\nYACHT POLICY\n\nPolicy number: YM/77310\nThe Member: Oda Brandt\n\n1. Cover\n1.1 The "
    "Society insures the yacht against loss at sea.\n1.2 Cruising is allowed within 60 nautical miles of the home "
    "port.\n\n2. Excess\n2.1 The Member bears the first 500 pounds of each loss.\n\n3. Laying up\n3.1 The yacht is laid "
    "up from 1 November to 31 March.\n3.2 The yacht is surveyed every five years.\n\nSigned for the Society: Karl Moen, "
    "underwriter\n",
    "endorsement.md": "# Endorsement No. 4\n\n**Policy number:** YM/77310\n\nIt is agreed as follows.\n\n1. **Cruising "
    "range (clause 1.2).** \"60 nautical miles\" is deleted and replaced by \"110 nautical miles\".\n\n2. **Excess "
    "(clause 2.1).** The following is added: \"In a race the amount is 900 pounds.\"\n\n| Signed | Name | Date |\n"
    "|---|---|---|\n| For the Society | Karl Moen, Underwriter | 3 May 2022 |\n| For the Member | Oda Brandt | 5 May "
    "2022 |\n",
    "proposed.md": "# Proposed endorsement No. 5\n\n**Policy number:** YM/77310\n\nIn clause 3.1, \"31 March\" is "
    "replaced by \"15 April\".\n",
    "other.md": "# Endorsement No. 2\n\n**Policy number:** YM/80092\n\nIn clause 3.2, \"five years\" is replaced by "
    "\"three years\".\n\n| Signed | Name | Date |\n|---|---|---|\n| For the Society | Karl Moen | 3 May 2022 |\n"
    "| For the Member | Ivo Falk | 5 May 2022 |\n",
}  # fmt: skip
CHOIR = {
    "rules.txt": "RULES OF THE VALE CHOIR\n\n2. Dues\n2.1 A member pays dues of 40 pounds a year.\n2.2 Dues are paid in "
    "May.\n\n3. Practice\n3.1 Practice is on Tuesday at seven.\n3.2 A member who misses six practices may be asked to "
    "leave.\n",
    "circular.txt": "CIRCULAR NO. 3\nto all members\n\nIt was agreed by the general meeting of 6 June 2021: in rule 2.1 "
    "\"40 pounds\" is replaced by \"45 pounds\".\n",
    "asked.txt": "CIRCULAR NO. 4\nto all members\n\nThe treasurer would like this: in rule 3.1 \"Tuesday\" is replaced by "
    "\"Friday\". Write to her by Monday.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def dairy(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(DAIRY, tmp_path_factory)


@pytest.fixture(scope="module")
def boats(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(BOATS, tmp_path_factory)


@pytest.fixture(scope="module")
def choir(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CHOIR, tmp_path_factory)


def changed(corpus: hybrid.Corpus, question: str, change: str, term: str, by: str) -> None:
    claims = corpus.ask(question).claims
    texts = [" ".join(claim.text.split()) for claim in claims]
    old = next(at for at, text in enumerate(texts) if term in text)
    assert any(change in text for text in texts[:old]), texts
    assert claims[old].qualification == f"changed by {by}"


def unchanged(corpus: hybrid.Corpus, question: str, term: str) -> None:
    claims = corpus.ask(question).claims
    assert any(term in " ".join(claim.text.split()) for claim in claims), claims
    assert not any("changed by" in (claim.qualification or "") for claim in claims)


def test_a_letter_that_both_sides_signed_changes_a_term(dairy: hybrid.Corpus) -> None:
    question = "How much does the Dairy pay for each farm that is served?"
    changed(dairy, question, "replaced by 34 euros", "shall pay 31 euros", "the letter of 5 March 2021")


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("How often does the Haulier collect from each farm?", "every 48 hours"),
        ("Up to what sum is the Haulier liable for milk that sours?", "up to 9,000 euros"),
    ],
)
def test_a_letter_of_one_side_a_mail_and_a_letter_on_another_agreement_change_nothing(
    dairy: hybrid.Corpus, question: str, term: str
) -> None:
    unchanged(dairy, question, term)


@pytest.mark.parametrize(
    ("question", "change", "term"),
    [
        ("How far from the home port is cruising allowed?", '"110 nautical miles"', "within 60 nautical miles"),
        ("What excess does the Member bear?", "In a race the amount is 900 pounds", "the first 500 pounds"),
    ],
)
def test_an_endorsement_changes_a_policy(boats: hybrid.Corpus, question: str, change: str, term: str) -> None:
    changed(boats, question, change, term, "Endorsement No. 4")


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("From when until when is the yacht laid up?", "to 31 March"),
        ("How often is the yacht surveyed?", "every five years"),
    ],
)
def test_a_proposed_endorsement_and_one_of_another_policy_change_nothing(
    boats: hybrid.Corpus, question: str, term: str
) -> None:
    unchanged(boats, question, term)


def test_a_circular_that_was_agreed_changes_a_rule_and_another_does_not(choir: hybrid.Corpus) -> None:
    changed(choir, "What dues does a member pay a year?", '"45 pounds"', "dues of 40 pounds", "Circular No. 3")
    unchanged(choir, "On which day is practice?", "on Tuesday at seven")


@pytest.mark.parametrize(
    ("change", "dated", "same"),
    [
        ("RIDER NO. 2\nto the Barge Lease of 4 March 2018\n", None, True),
        ("RIDER NO. 2\nto the Barge Lease dated 9 May 2017\n", None, False),
        ("VARIATION OF THE LEASE\n\nDated 9 May 2020\n", None, True),
        ("SUPPLEMENTAL LEASE dated 9 May 2020\n", "2020-05-09", True),
        ("Rider to Lease No. 77-B\n", None, True),
        ("Rider to Lease No. 78-C\n", None, False),
        ("Rider\n", None, True),
    ],
)
def test_a_change_that_names_another_day_or_number_is_of_another_agreement(
    change: str, dated: str | None, same: bool
) -> None:
    assert amendments.is_of(change, "LEASE NO. 77-B\n\nDated 4 March 2018\n", dated) == same
