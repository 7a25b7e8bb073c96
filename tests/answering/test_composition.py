"""What a merged answer promises: nothing twice, contradictions marked, the more certain side first."""

from __future__ import annotations

from typing import Literal

import pytest

from hybrid.answering.composition import Draft, deduplicate, mark_contradictions, merge, number, text
from hybrid.answering.evidence import Sentence
from hybrid.answering.verification.contradiction import contradict
from hybrid.types.answers import Citation, Verdict


def draft(
    said: str,
    verdict: Verdict = "verbatim",
    origin: Literal["index", "memory"] = "index",
    place: tuple[int, int] | None = None,
    support: float = 1.0,
) -> Draft:
    start, end = place or (100 * len(said), 100 * len(said) + len(said))
    span = None if verdict == "unsupported" else Sentence(1, "a.txt", "a", "0" * 64, start, end, said)
    return Draft(said, verdict, span, origin, support if span else 0.2)


def cite(sentence: Sentence, n: int) -> Citation:
    quote = "x" * (sentence.end - sentence.start)
    place = {"page": None, "last_page": None, "lines": (1, 1), "start": sentence.start, "end": sentence.end}
    return Citation.model_validate(
        {"number": n, "source": "a.txt", "title": "a", "quote": quote, "sha256": "0" * 64, **place}
    )


def texts(drafts: list[Draft]) -> list[str]:
    return [one.text for one in drafts]


QUOTE = "The Tenant shall pay a rent of $4,500 per month before the fifth day of the month."


@pytest.mark.parametrize(
    "again",
    [
        "The Tenant must pay a rent of $4,500 per month.",
        "the tenant shall pay a rent of $4,500 per month before the fifth day of the month",
        "The Tenant must pay rent.",
    ],
)
def test_what_a_quote_says_is_not_said_again_in_other_words(again: str) -> None:
    assert texts(deduplicate([draft(QUOTE), draft(again, "supported", "memory")])) == [QUOTE]


@pytest.mark.parametrize(
    "other",
    [
        "The Tenant must pay a rent of $5,400 per month.",
        "The Tenant may pay a rent of $4,500 per month.",
        "The Tenant must not pay a rent of $4,500 per month.",
        "The Landlord must paint the doors.",
    ],
)
def test_what_says_something_else_stays(other: str) -> None:
    assert texts(deduplicate([draft(QUOTE), draft(other, "unsupported", "memory")])) == [QUOTE, other]


def test_of_two_written_claims_of_which_one_says_all_of_the_other_the_fuller_stays_in_its_place() -> None:
    short, long = "The Tenant must pay rent.", "The Tenant must pay rent to the Landlord in Leeds."
    between = "The roof leaks in winter."
    written = [draft(one, "supported", "memory") for one in (short, between, long)]
    assert texts(deduplicate(written)) == [long, between]


def test_what_is_carried_is_not_left_out_for_what_is_not() -> None:
    short, long = "The Tenant must pay rent.", "The Tenant must pay rent in gold."
    kept = deduplicate([draft(long, "unsupported", "memory"), draft(short, "supported", "memory")])
    assert texts(kept) == [long, short]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The rent is $5,400 per month.", "The rent is $4,500 per month."),
        ("The notice period is 30 days.", "The notice period is sixty (60) days."),
        ("The lease ends on 30 June 2027.", "The lease ends on July 30, 2027."),
        ("The Tenant may sublet the warehouse.", "The Tenant shall not sublet the warehouse to any third party."),
        ("The Seller admitted the fault.", "The Seller never admitted the fault."),
        ("Rent is due after the fifth day.", "Rent is due before the fifth day."),
        ("The lease was valid in 2020.", "The lease was invalid in 2020."),
    ],
)
def test_an_open_contradiction_is_seen_from_both_sides(one: str, other: str) -> None:
    assert contradict(one, other)
    assert contradict(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The rent is $4,500 per month.", "The deposit is $9,000."),
        ("The rent is $4,500 per month.", "The rent is $4,500 per month, due within 30 days."),
        ("The notice period is 30 days.", "The notice period is thirty (30) days."),
        ("The lease ends in June 2027.", "The lease ends on 30 June 2027."),
        ("The Tenant may keep dogs.", "The Landlord shall not keep the deposit."),
        ("It rains.", "It does not rain."),
    ],
)
def test_what_may_both_hold_is_no_contradiction(one: str, other: str) -> None:
    assert not contradict(one, other)
    assert not contradict(other, one)


def test_a_written_claim_names_the_quotes_that_contradict_it_and_no_quote_does() -> None:
    quote = draft(QUOTE, place=(0, len(QUOTE)))
    claim = draft("The Tenant must pay a rent of $5,400 per month.", "unsupported", "memory")
    marked = mark_contradictions([quote, claim, draft("The roof leaks.", "unsupported", "memory")])
    assert [one.against for one in marked] == [(), ((1, 0, len(QUOTE)),), ()]


def test_documents_that_disagree_are_both_cited() -> None:
    other = "The Tenant pays a rent of $5,400 per month."
    quote, written = draft(QUOTE, place=(0, len(QUOTE))), draft(other, "supported", "memory", (500, 560))
    claims, citations = number(merge([quote, written], 0.3), cite)
    assert text(claims).endswith(f"{other} [2] (but [1] says otherwise)")
    assert [one.number for one in citations] == [1, 2]


@pytest.mark.parametrize(
    ("p", "support", "verdict", "first"),
    [
        (0.3, 0.9, "supported", "index"),
        (0.7, 0.9, "supported", "memory"),
        (0.7, 0.9, "unsupported", "index"),
        (0.5, 1.0, "verbatim", "index"),
    ],
)
def test_the_more_certain_side_comes_first(p: float, support: float, verdict: Verdict, first: str) -> None:
    written = draft("The parties parted over wet salt.", verdict, "memory", support=support)
    merged = merge([draft(QUOTE), written], p)
    assert merged[0].origin == first
    claims, citations = number(merged, cite)
    assert text(claims).startswith("“" if first == "index" else "The parties")
    used = list(dict.fromkeys(citation.number for claim in claims for citation in claim.citations))
    assert used == [one.number for one in citations] == list(range(1, len(citations) + 1))


def test_a_contradicted_side_does_not_come_first() -> None:
    written = draft("The Tenant pays a rent of $5,400 per month.", "supported", "memory")
    assert merge([draft(QUOTE), written], 0.9)[0].origin == "index"
