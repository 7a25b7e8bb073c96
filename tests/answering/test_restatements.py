"""What a sentence says in another form, and what it does not."""

from __future__ import annotations

import pytest

from hybrid.answering.verification.clauses import plain
from hybrid.answering.verification.values import values
from hybrid.answering.verification.vetoes import failed_checks
from hybrid.evaluation.verdicts import Case, ExaminedCase
from tests.answering_corpus import BagEmbedder

VET = "The vet sent the calf to the barn on Friday, and the lamb to the meadow on Sunday."
HEIR = "The heir gave half of the stamps to the school in 1971, and the rest to the museum in 1984."
RAIL = "Two of the crates went to Oslo by rail, and three to Bergen by sea."
RUTH = "Ruth bought the van from Otto for £3,100."


def verdict(claim: str, span: str) -> str:
    return ExaminedCase(Case(corpus=span, claim=claim, carried=True), BagEmbedder()).outcome(None).verdict


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (VET, "The vet sent the lamb to the barn on Sunday."),
        (VET, "The lamb was sent to the barn by the vet."),
        (HEIR, "The heir gave half of the stamps to the museum in 1971."),
        (HEIR, "The heir gave the rest of the stamps to the museum in 1971."),
        (RAIL, "Two of the crates went to Bergen by rail."),
        ("The band plays jazz on Tuesdays and folk on Thursdays.", "The band plays folk on Tuesdays."),
        ("The serum was kept at 4 degrees in March, and the plasma at 9 degrees in May.",
         "The serum was kept at 4 degrees in May."),
    ],
)  # fmt: skip
def test_a_claim_does_not_mix_clauses_that_share_a_verb(span: str, claim: str) -> None:
    assert "mixed clauses" in failed_checks(claim, span)


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (VET, "The vet sent the lamb to the meadow on Sunday."),
        (VET, "The vet sent the calf to the barn on Friday."),
        (HEIR, "The heir gave half of the stamps to the school in 1971."),
        ("The library keeps the maps in the cellar, and the prints in the tower.",
         "The library keeps the prints in the tower."),
        ("The firm bought a van and a crane in June.", "The firm bought a van in June."),
        ("The falconer fed the owls at dawn and cleaned the mews at noon.", "The falconer cleaned the mews at noon."),
    ],
)  # fmt: skip
def test_each_clause_that_shares_a_verb_is_said(span: str, claim: str) -> None:
    assert verdict(claim, span) == "supported"


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (RUTH, "Otto sold the van to Ruth for £3,100."),
        (RUTH, "The van was sold to Ruth by Otto for £3,100."),
        ("The bank lent the mill €5,000.", "The mill borrowed €5,000 from the bank."),
        ("Hugo gave Petra the compass.", "Petra received the compass from Hugo."),
        ("Dora taught Felix the cello.", "Felix learned the cello from Dora."),
        ("Neither Ilse nor Bruno was hurt.", "Bruno was not hurt."),
        ("Only residents who own a boat receive a free mooring.",
         "A free mooring is received only by residents who own a boat."),
        ("A cousin of the mayor found the ring.", "The ring was found by a cousin of the mayor."),
        ("The widow of the organist sold the house.", "The organist's widow sold the house."),
        ("The gate is open until 17:00.", "The gate is open until 5 p.m."),
        ("The shop shut on 3/3/2024.", "The shop was closed on 3 March 2024."),
        ("The tank was nearly empty.", "The tank was almost empty."),
        ("The tank was all but empty.", "The tank was virtually empty."),
        ("The toll rises by £30 on 1 May.", "On 1 May the toll rises by £30."),
        ("Half of the samples exceeded the limit.", "Half of the samples were above the limit."),
        ("The meeting was postponed until June.", "The meeting was put off until June."),
        ("The lift may hold no more than 8 people except in tests.",
         "The lift is allowed to hold at most 8 people save in tests."),
    ],
)  # fmt: skip
def test_what_is_said_in_another_form_is_supported(span: str, claim: str) -> None:
    assert verdict(claim, span) == "supported"


@pytest.mark.parametrize(
    ("span", "claim"),
    [
        (RUTH, "Ruth sold the van to Otto for £3,100."),
        (RUTH, "Otto bought the van from Ruth for £3,100."),
        ("The bank lent the mill €5,000.", "The bank borrowed €5,000 from the mill."),
        ("Hugo gave Petra the compass.", "Hugo received the compass from Petra."),
        ("Hugo gave Petra the compass.", "Petra gave Hugo the compass."),
        ("Neither Ilse nor Bruno was hurt.", "Bruno was hurt."),
        ("Only residents who own a boat receive a free mooring.", "A free mooring is received only by residents."),
        ("One of the jurors lost the keys.", "One of the jurors was lost by the keys."),
        ("The widow of the organist sold the house.", "The widow's organist sold the house."),
        ("The gate shuts at 17:00.", "The gate shuts at 5 a.m."),
        ("The shop shut on 4/3/2024.", "The shop shut on 4 March 2024."),
        ("Half of the samples exceeded the limit.", "Half of the samples were below the limit."),
        ("The lift may hold no more than 8 people except in tests.", "The lift is allowed to hold at most 8 people."),
        ("The guard opened the gate in May.", "The guard was opened in May."),
    ],
)
def test_what_only_looks_like_another_form_is_not(span: str, claim: str) -> None:
    assert verdict(claim, span) in {"unsupported", "contradicted"}


def test_a_time_of_day_is_in_the_morning_or_not() -> None:
    assert values("at 5 pm").missing(values("at 5 am")) == ["5:00 pm"]
    assert values("at 5 o'clock").missing(values("at 5 am")) == []


def test_a_date_in_figures_is_in_words_only_where_one_date_is_meant() -> None:
    assert plain("on 25/12/2022 and 12.12.2022") == "on 25 December 2022 and 12 December 2022"
    assert plain("on 4/3/2024") == "on 4/3/2024"
