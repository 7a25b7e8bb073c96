"""What an expert concluded stands in the expert's report; who warned somebody is asked of what they were told."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import persons

ORCHARD = {
    "report.txt": """Report of Dr Anselm Krey

Krey Plant Health, Lauterbach. Report dated 4 September 2023.

1. Instructions

I was asked by the grower and by the nursery to say why the trees died. I was not asked about the price.

2. What I saw

I visited the orchard on 9 and 10 August. Forty trees were dead. The soil was wet to a depth of a metre.

3. Conclusion

The water in the soil, together with the late planting, is in my opinion the most likely reason why the trees died.
The graft was sound. Had the drain been open, most of them would have lived.

4. Fee

My fee is 2,100 euros.

Anselm Krey, agronomist
""",
    "mail.eml": "From: Pia Holm <pia@nursery.example>\nTo: Jens Dorr <jens@orchard.example>\n"
    "Date: Mon, 11 Sep 2023 09:00:00 +0000\nSubject: report\n\nJens,\n\nWe have read the report of Dr Krey. In our "
    "view the trees died because they were not watered in May. Dr Krey says that the graft was sound.\n\nPia Holm\n",
    "statement.txt": """Statement of Berta Lang

1. I have worked in the orchard since 2019. I told Mr Dorr in March 2023 that the drain was blocked.

2. He answered that it could wait until the summer.

Signed: Berta Lang
Date: 2 October 2023
""",
    "reply.txt": """Dear Mr Dorr,

Ms Lang says that she told our Mr Bruhn of the pump. Mr Bruhn has no recollection of such a talk.

Yours faithfully
Pia Holm
""",
    "letter.txt": """Dear Ms Holm,

You say that I knew of the drain. I do not recall that anybody spoke to me about it.

Yours faithfully
Jens Dorr
""",
}
BELL = {
    "survey.txt": """EXPERT REPORT

by Professor Maud Ives, metallurgist

2 May 2022

1. I examined the bell in the tower on 20 April 2022.

2. Opinion

The crack began at the clapper and not at the crown. The frost played no part in it. It was struck too hard for years.

3. I was paid 900 pounds.
""",
    "minutes.txt": """Minutes of the bell ringers, 6 June 2022

The captain said that the frost had cracked the bell. Mrs Ott reported that she had warned the vicar about the clapper
in 2020. The vicar said that nothing of the kind had reached him.
""",
}


@pytest.fixture(scope="module")
def orchard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(ORCHARD, tmp_path_factory)


@pytest.fixture(scope="module")
def bell(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(BELL, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "What did Dr Krey conclude?",
        "What did Anselm Krey conclude about the death of the trees?",
        "What does the expert say caused the trees to die?",
        "What did the expert conclude?",
    ],
)
def test_the_expert_s_own_conclusion_is_quoted_by_name_and_by_post(orchard: hybrid.Corpus, question: str) -> None:
    answer = orchard.ask(question)
    said = [" ".join(claim.text.split()) for claim in answer.claims]
    assert any(text.startswith("The water in the soil") for text in said)
    assert not any("not watered in May" in text or "fee is" in text for text in said)
    if "expert" in question:
        assert any("“the expert” is taken to be" in note and "Anselm Krey" in note for note in answer.notes)


@pytest.mark.parametrize("question", ["What did Professor Ives conclude?", "What did the expert conclude?"])
def test_an_opinion_is_a_conclusion(bell: hybrid.Corpus, question: str) -> None:
    said = [" ".join(claim.text.split()) for claim in bell.ask(question).claims]
    assert any("began at the clapper" in text for text in said)
    assert not any("had cracked the bell" in text for text in said)


@pytest.mark.parametrize(
    "question",
    ["Had anybody warned Dorr about the drain?", "Was Mr Dorr told about the drain?", "Who told Dorr about the drain?"],
)
def test_who_warned_somebody_is_quoted_with_their_denial(orchard: hybrid.Corpus, question: str) -> None:
    said = " ".join(" ".join(claim.text.split()) for claim in orchard.ask(question).claims)
    assert "I told Mr Dorr in March 2023 that the drain was blocked" in said
    assert "I do not recall that anybody spoke to me" in said


def test_that_somebody_does_not_recall_it_is_quoted_from_whoever_says_so(orchard: hybrid.Corpus) -> None:
    said = " ".join(" ".join(claim.text.split()) for claim in orchard.ask("Had anybody told Bruhn of the pump?").claims)
    assert "she told our Mr Bruhn of the pump" in said
    assert "no recollection" in said


@pytest.mark.parametrize(
    ("question", "name", "topic"),
    [
        ("Had anybody warned Jens Dorr about the drain?", "Jens Dorr", "the drain"),
        ("Did anyone tell Mr Dorr of the drain?", "Dorr", "the drain"),
        ("Who informed Dorr about the drain, and when?", "Dorr", "the drain"),
    ],
)
def test_who_was_warned_is_asked_about_as_one_who_may_have_known(question: str, name: str, topic: str) -> None:
    found = persons.asked(question)
    assert found is not None
    assert (found.name, found.topic, found.knowledge) == (name, topic, True)


@pytest.mark.parametrize(
    "question",
    ["Who warned the vicar?", "Who told Dorr about it?", "Had anybody watered the trees?", "Who is Dr Krey?"],
)
def test_without_a_name_nobody_is_asked_about(question: str) -> None:
    assert persons.asked(question) is None
