"""A draft of what was signed is no contradiction of it: the signed text answers, and the draft is named as one."""

from __future__ import annotations

from pathlib import Path

import pytest

import hybrid

FILES = {
    "lease-draft.txt": """DRAFT - 3 May 2022

LEASE OF THE BREW HOUSE

between Alder Brewing Limited and Kestrel Estates Limited

1. The term is five years from 1 July 2022.
2. The rent is £24,000 a year, payable quarterly.
3. The tenant may not assign this lease.
4. The deposit is £4,000.
5. The tenant shall keep the drains clear.
""",
    "lease.txt": """LEASE OF THE BREW HOUSE

dated 20 June 2022

between Alder Brewing Limited and Kestrel Estates Limited

1. The term is ten years from 1 July 2022.
2. The rent is £27,500 a year, payable monthly.
3. The tenant may assign this lease with the landlord's consent.
4. The deposit is £6,000.
5. The tenant shall keep the drains clear.

Signed for Alder Brewing Limited: Greta Holm
Signed for Kestrel Estates Limited: Oskar Lind
""",
    "survey.txt": """SURVEY OF THE DRAINS

1. The term of the warranty on the drains is two years from 1 July 2022.
2. The drains are of clay.
""",
    "warranty.txt": """DRAFT

WARRANTY OF THE DRAINS

1. The term of the warranty on the drains is three years from 1 July 2022.
""",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder: Path = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    corpus = hybrid.Corpus.open(tmp_path_factory.mktemp("corpus"), settings)
    corpus.ingest(folder)
    return corpus


@pytest.mark.parametrize(
    ("question", "signed", "drafted"),
    [
        ("How long is the term of the lease?", "ten years", "five years"),
        ("How much is the deposit?", "£6,000", "£4,000"),
        ("What is the rent of the brew house?", "£27,500", "£24,000"),
    ],
)
def test_the_signed_text_answers_and_the_draft_is_named(
    corpus: hybrid.Corpus, question: str, signed: str, drafted: str
) -> None:
    answer = corpus.ask(question, route="lookup")
    quoted = [claim.text for claim in answer.claims]
    at = next(place for place, text in enumerate(quoted) if signed in text)
    assert drafted in quoted[at + 1]
    assert answer.claims[at + 1].qualification == "from a draft"
    assert not any(claim.contradicted_by for claim in answer.claims[at : at + 2])
    assert not any("value changed" in note for note in answer.notes)


def test_a_draft_of_something_else_may_contradict(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How long is the term of the warranty on the drains?", route="lookup")
    assert any(claim.contradicted_by for claim in answer.claims)


def test_parties_and_days_of_a_head_are_not_quoted(corpus: hybrid.Corpus) -> None:
    quoted = [claim.text for claim in corpus.ask("What is the rent of the brew house?", route="lookup").claims]
    assert not any(text.startswith(("between", "dated")) for text in quoted)
