"""The adversary of verdicts: what its false claims and its true ones promise."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path[:0] = [str(BENCHMARKS / "verification"), str(BENCHMARKS / "datasets")]

from adversary import KINDS, cases, same  # noqa: E402
from distortions import DISTORTIONS, statement  # noqa: E402
from rewordings import REWORDINGS  # noqa: E402
from sentence_pools import Sentence, sentences  # noqa: E402

TEXT = """
The Supplier shall deliver nine hundred tonnes of salt within 30 business days of the order. The fee is $40,000
a month. Payment is due no later than 4 March 2024. The tank holds up to 500 litres. At least three inspectors
saw the crack. The Buyer pays interest of 5% on late sums. The loan of two million dollars was repaid on 7 May
2024 in London. The Licensee may use the Software only for its own business. Neither party may assign the
Agreement to anybody. The first instalment was paid in the spring. The rent is payable monthly and the deposit
once. The report counted about 200 people. The Tenant shall keep the garden under Section 12 of the Lease.
Either party may terminate this Agreement if the other party fails to pay. The Landlord may enter the house with
the prior written consent of the Tenant. The warranty covers all parts except the battery, and lasts for two
years. The Recipient shall not disclose any material facts until the notice expires. Some of the rails rusted
within a month. The door was almost closed. Mr Hale probably signed the letter. The pump seems to be broken. The
goods will be delivered by ship. The price is higher than before the war. The pump failed because the valve had
cracked. The dispute was not unreasonable at the time. The Distributor has an exclusive right in the Territory.
He could have called the police. Delta told Omega that the steel was late. The Licensor can change the price or
quantity of the goods during the term. The Buyer accepted the goods due to the discount. The lease ended before
the roof was repaired. The Seller shall provide the documents to the Buyer. This Agreement shall be governed by
the laws of the State of New York. The consent of the Landlord was given. When the storm came, the crew left the
ship. He did not answer and it isn't known why. The Company agrees to pay twelve months of wages in the event
that it closes the mine. All of the windows were broken that night. The bridge (built in 1901) was closed on 3
June 2019. The company owns the mine. The Agency shall sell the rights of the author for 12 months. The
agreement may be terminated prior to the end of 2020. The Licensee may not copy the Software only with the
consent of anybody. The Tenant may keep dogs only with the consent of the Landlord. The captain opened the
hatch, and the crew left the cabin. The meeting took place on 3 May 2024. The parties met in the year of 2019.
Northgate Metals Limited ("Northgate") supplies zinc to the works. Northgate shall replace the zinc at its own
cost. The Supplier may not subcontract the work. The project will cost more than 5 percent of the budget of the
town. The ship carries oil. The yard builds boats. The price was fixed at 10 percent in the draft. The manager
hid the books after the auditors asked for them. The lease runs for one year from the start. The unlimited
guarantee was signed by the bank. The Landlord shall not raise the rent without the consent of the Tenant. The
discount is 10 percent of the price. Notice must be given 14 days ahead.
"""
WHOLE = sentences(TEXT)
POOL = [Sentence(one, other, "made", "made") for one, other in zip(WHOLE, [*WHOLE[1:], ""], strict=True)]
MADE = list(cases(POOL, seed=0, per_kind=6, reworded=0.0))

EXAMPLES = {
    "unit qualifier dropped": ("Payment falls due within 30 business days.", "Payment falls due within 30 days."),
    "unit qualifier added": ("Payment falls due within 30 days.", "Payment falls due within 30 business days."),
    "bound turned": ("The tank holds up to 500 litres.", "The tank holds at least 500 litres."),
    "bound dropped": ("At least 3 inspectors saw it.", "Exactly 3 inspectors saw it."),
    "negation dropped": ("The Tenant shall not smoke.", "The Tenant shall smoke."),
    "neither for either": ("Neither party may assign.", "Either party may assign."),
    "percent for points": ("Sales rose by 5%.", "Sales rose by 5 percentage points."),
    "exception dropped": ("The warranty covers all parts except the battery.", "The warranty covers all parts."),
    "condition dropped": ("If the audit fails, the Licensee shall pay the costs.", "The Licensee shall pay the costs."),
    "condition turned": ("He pays if it rains.", "He pays unless it rains."),
    "order of events": ("The lease ended before the repair.", "The lease ended after the repair."),
    "cause reversed": ("The pump failed because the valve had cracked.",
                       "The valve had cracked because the pump failed."),
    "near miss taken for fact": ("He almost fell over his son.", "He fell over his son."),
    "quantifier widened": ("Some of the rails rusted.", "All of the rails rusted."),
    "duty taken for fact": ("The Buyer shall pay the price.", "The Buyer paid the price."),
    "roles swapped": ("Delta told Omega about the steel.", "Omega told Delta about the steel."),
    "clause reference changed": ("See Section 12 of the Lease.", "See Section 15 of the Lease."),
    "number in digits": ("The term is five (5) years.", "The term is 5 years."),
    "same length in another unit": ("The term is two years.", "The term is 24 months."),
    "passive": ("The Seller shall provide the documents to the Buyer.",
                "The documents shall be provided by the Seller to the Buyer."),
    "condition moved": ("If it rains, the match is off.", "The match is off if it rains."),
    "of turned into a possessive": ("He had the consent of Delta.", "He had Delta's consent."),
    "contraction": ("It does not matter.", "It doesn't matter."),
}  # fmt: skip


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_kind_makes_the_claim_it_is_named_for(kind: str) -> None:
    corpus, claim = EXAMPLES[kind]
    make = DISTORTIONS.get(kind) or REWORDINGS[kind]

    assert make(corpus, random.Random(0)) == (corpus, claim)


def test_there_are_kinds_enough_and_every_one_finds_a_hold_in_ordinary_text() -> None:
    made = Counter(case.kind for case in MADE)

    assert sum(not carried for carried in KINDS.values()) >= 35
    assert sum(KINDS.values()) >= 20
    assert set(KINDS) - set(made) == set()


def test_the_same_seed_makes_the_same_cases_and_another_seed_others() -> None:
    assert list(cases(POOL, seed=0, per_kind=6, reworded=0.0)) == MADE
    assert list(cases(POOL, seed=1, per_kind=6, reworded=0.0)) != MADE


def test_no_claim_is_its_corpus_but_for_blanks_and_stops() -> None:
    for case in MADE:
        assert not same(case.corpus, case.claim), case
        assert "  " not in case.claim
        assert case.claim[0].isupper() or case.kind == "fragment under negation", case


def test_a_case_says_whether_it_is_carried_as_its_kind_does() -> None:
    assert all(case.carried is KINDS[case.kind] for case in MADE)
    assert not set(DISTORTIONS) & set(REWORDINGS)


def test_what_somebody_is_reported_to_say_is_claimed_word_for_word_and_vouched_for_by_nobody() -> None:
    reported = [case for case in MADE if re.search(r"alleged|denial|belief|argument|hearsay|doubt|draft", case.kind)]
    reported = [case for case in reported if not case.carried]

    assert len({case.kind for case in reported}) >= 7
    for case in reported:
        said = statement(case.claim)
        assert said is not None
        assert said in case.corpus
        assert len(case.corpus) > len(case.claim)


def test_a_rewording_leaves_every_number_that_it_does_not_rewrite() -> None:
    rewritten = {"number in digits", "number in words", "amount reformatted", "date reformatted", "aside dropped",
                 "same length in another unit", "governing law", "one of two statements", "weaker quantifier",
                 "defined term named"}  # fmt: skip
    for case in MADE:
        if case.carried and case.kind not in rewritten:
            assert sorted(re.findall(r"\d+", case.claim)) == sorted(re.findall(r"\d+", case.corpus)), case


def test_a_statement_is_put_as_it_stands_after_that() -> None:
    assert statement("The Buyer paid the whole price.") == "the Buyer paid the whole price"
    assert statement("Delta has paid the whole price.") == "Delta has paid the whole price"
    assert statement("Did the Buyer pay the whole price?") is None
    assert statement("We have paid the whole price.") is None
