"""A draft of what was signed is no contradiction of it: the signed text answers, and the draft is named as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from index_only import corpus_of

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
    return corpus_of(FILES, tmp_path_factory)


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


def test_an_executed_agreement_is_disputed_by_no_draft_however_unlike_it_is(tmp_path: Path) -> None:
    """The two share a fee and little else, so that nothing shows them to be versions of one text."""
    (tmp_path / "draft.txt").write_text(
        "DRAFT 2\n\nGRAZING TERMS\n\n1. The Farmer must pay 40 euros for each goat grazed.\n"
        "2. Fences are mended in May.\n"
    )
    (tmp_path / "agreement.txt").write_text(
        "AGREEMENT ON THE HILL\n\nmade on 4 June 2024\n\n1. The Farmer must pay 55 euros for each goat grazed.\n"
        "2. The hill is closed from November to March.\n3. Disputes go to the court at Vik.\n\n"
        "Signed for Hill Owners Limited: Ane Moe\nSigned for Vik Farm Limited: Per Li\n"
    )
    settings = hybrid.Settings.model_validate({"memory": {"enabled": False}})
    with hybrid.Corpus.open(tmp_path / "corpus", settings) as corpus:
        corpus.ingest([tmp_path / "draft.txt", tmp_path / "agreement.txt"])
        answer = corpus.ask("How much must the Farmer pay for each goat grazed?", route="lookup")
        assert "55 euros" in answer.claims[0].text
        assert not any(claim.contradicted_by for claim in answer.claims)
        groups = {name: hybrid.Filter(sources=f"*{name}.txt") for name in ("draft", "agreement")}
        compared = corpus.compare("How much must the Farmer pay for each goat grazed?", groups)
        assert not compared.contradictions
