"""Causes are answered by the sentences that say them, knowledge by what was written in answer, attendance by its
line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering.persons import denies_knowledge
from hybrid.answering.selection import actuality, boilerplate


def mail(author: str, to: str, date: str, subject: str, body: str, custodian: str) -> str:
    head = {"From": f"{author} <a@q.example>", "To": to, "Date": f"{date} 09:00:00 +0000", "Subject": subject}
    return "".join(f"{key}: {value}\n" for key, value in head.items()) + f"X-Custodian: {custodian}\n\n{body}\n"


SETTINGS = hybrid.Settings.model_validate({"memory": {"enabled": False}})
FILES = {
    "kvist.eml": mail(
        "Lena Kvist", "Tom Dale <t@quay.example>", "Sun, 10 Aug 2025", "Yesterday",
        "Tom,\n\nThe collapse was because the old props gave way. Everybody is furious.", "Tom Dale",
    ),
    "dale.txt": "STATEMENT OF TOM DALE\n\nI, Tom Dale, foreman, say:\n\n"
    "1. On 9 August 2025 the wall collapse was at noon.\n"
    "2. Four boats were moored at the wall.\n3. The wages were paid on Friday.\n\nSigned: Tom Dale, 30 August 2025\n",
    "lease.txt": "LEASE\n\nbetween the Harbour Board (\"the Board\") and Dale Ltd (\"the Firm\")\n\n"
    "1. Rent. The Firm shall pay 900 a month for the quay.\n",
    "minutes.txt": "HARBOUR BOARD\nMinutes of the meeting of the board held on 4 March 2025\n"
    "Present: Lena Kvist (chair), Tom Dale\nTaken by Tom Dale\n\n1. Winch. The winch was bought second-hand.\n",
    "survey.txt": "SURVEY\n\nby Ida Holm, engineer, 6 February 2025\n\n"
    "The store has damp. It comes from a cracked pipe. "
    "The gate was painted in 2019. The slates are loose, because the nails have rusted.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return filled(tmp_path_factory.mktemp("quay"), FILES)


def filled(folder: Path, files: Mapping[str, str]) -> hybrid.Corpus:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    corpus = hybrid.Corpus.open(folder / "corpus", SETTINGS)
    corpus.ingest(*(folder / name for name in files))
    return corpus


def texts(corpus: hybrid.Corpus, question: str, route: str) -> list[str]:
    return [claim.text for claim in corpus.ask(question, route=route).claims]  # type: ignore[arg-type]


def test_why_is_answered_by_the_sentence_that_says_because_and_not_by_what_is_beside_the_point(
    corpus: hybrid.Corpus,
) -> None:
    said = texts(corpus, "Why did the collapse of the wall happen?", "comprehension")
    assert "The collapse was because the old props gave way." in said
    assert "3. The wages were paid on Friday." not in said
    assert not any("between the Harbour Board" in one for one in said)


def test_a_cause_that_a_pronoun_gives_stands_behind_what_it_is_the_cause_of(corpus: hybrid.Corpus) -> None:
    said = texts(corpus, "What caused the damp in the store?", "comprehension")
    assert said[said.index("The store has damp.") + 1] == "It comes from a cracked pipe."
    assert "The gate was painted in 2019." not in said
    assert not any(one.startswith("by Ida Holm") for one in said)


def test_who_was_present_is_answered_by_the_line_of_those_present(corpus: hybrid.Corpus) -> None:
    said = texts(corpus, "Who was present at the meeting of 4 March?", "lookup")
    assert said == ["Present: Lena Kvist (chair), Tom Dale"] * 2  # one row for each
    assert said != texts(corpus, "Who was present at the meeting of 9 April?", "lookup")


def test_what_somebody_wrote_in_answer_shows_what_they_knew(tmp_path: Path) -> None:
    asked = "The quay wall has a crack behind the winch."
    reply = f"Prop it up. It will hold until the autumn.\n\nOn 1 May 2025 at 09:00, Tom Dale wrote:\n> {asked}"
    corpus = filled(
        tmp_path,
        {
            "a.eml": mail("Tom Dale", "Lena Kvist <l@q.example>", "Thu, 01 May 2025", "Wall", asked, "Lena Kvist"),
            "b.eml": mail("Lena Kvist", "Tom Dale <t@q.example>", "Fri, 02 May 2025", "Re: Wall", reply, "Tom Dale"),
        },
    )
    said = texts(corpus, "What did Lena Kvist know about the crack in the wall?", "lookup")
    assert {asked, "Prop it up.", "It will hold until the autumn."} <= set(said)


@pytest.mark.parametrize(
    ("text", "denial"),
    [
        ("Nobody will notice two percent.", False),
        ("Nobody told me of it.", True),
        ("I had no knowledge of the leak.", True),
        ("No member needs to know.", False),
    ],
)
def test_what_nobody_will_know_is_no_denial(text: str, denial: bool) -> None:
    assert denies_knowledge(text) is denial


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2. Season.", True),
        ("3. Ticket prices.", True),
        ("4. Lighting.", True),
        ("2. Nobody came.", False),
        ("3. Ann left.", False),
        ("The season.", False),
    ],
)
def test_the_name_of_a_numbered_paragraph_is_no_statement(text: str, label: bool) -> None:
    assert boilerplate.is_label(text) is label


@pytest.mark.parametrize(
    ("question", "cause"),
    [
        ("Why did it fall?", True),
        ("What led to the strike?", True),
        ("What were the reasons for the delay?", True),
        ("When did it fall?", False),
        ("Who caused the delay?", False),
    ],
)
def test_questions_for_a_cause_are_known(question: str, cause: bool) -> None:
    assert actuality.asks_cause(question) is cause


def test_the_reason_for_it_is_found_behind_what_was_done(tmp_path_factory):
    corpus = corpus_of(
        {
            "statement.txt": "STATEMENT OF ROSE KEMP\n\n1. I am the porter of the inn.\n\n2. I signed for the crates "
            "without opening them. The van stood in the yard. I did it because the driver was in a hurry.\n\n"
            "3. Later I told the cook.\n\nRose Kemp\n",
            "log.txt": "\n\n".join(f"Day {n}: the yard was swept, and Rose Kemp rang the bell." for n in range(1, 30)),
        },
        tmp_path_factory,
    )
    answer = corpus.ask("Why did Rose Kemp sign for the crates without opening them?", route="comprehension")
    assert any("because the driver was in a hurry" in one.quote for one in answer.citations)


def test_the_cause_of_the_cause_stands_behind_it(tmp_path_factory):
    corpus = corpus_of(
        {
            "report.txt": "REPORT ON THE PUMP\n\nThe pump stopped because its shaft broke. "
            "The shaft broke for want of grease. The yard is large.\n",
            "log.txt": "\n\n".join(f"Day {n}: the yard was swept." for n in range(1, 30)),
        },
        tmp_path_factory,
    )
    answer = corpus.ask("Why did the pump stop?", route="comprehension")
    assert [one.quote for one in answer.citations][:2] == [
        "The pump stopped because its shaft broke.",
        "The shaft broke for want of grease.",
    ]
