"""What a verdict promises: a claim that the corpus does not support is never called supported."""

from __future__ import annotations

from pathlib import Path

import pytest
from answering_corpus import SmallCorpus, build

from hybrid.answering.citations import check_citations
from hybrid.answering.verification.entailment import compare
from hybrid.answering.verification.verifier import Verified, Verifier, says_otherwise
from hybrid.types.answers import Answer, Citation, Claim, Route

LEASE = """1. Term. The Landlord leases the warehouse to the Tenant for a period of thirty (30)
months, which starts on May 22, 2020.

2. Rent. The Tenant shall pay the Landlord a rent of $4,500 per month before the fifth day of the month.

3. Sublease. The Tenant shall not sublet the warehouse to any third party.

4. Repairs. The Landlord may inspect the roof of the warehouse after written notice.

5. Pets. The Tenant may keep dogs in the yard only with the consent of the Landlord.
"""
LETTER = "Dear Ms. Orford, the surveyor found damp in the cellar and recommends new drains."


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    return build(Path(tmp_path_factory.mktemp("corpus")), {"lease.txt": LEASE, "letter.txt": LETTER})


def verdict(corpus: SmallCorpus, claim: str, question: str = "lease") -> Verified:
    verifier = Verifier(corpus.catalog, corpus.searcher, corpus.embedder, corpus.idf)
    found = verifier.verify(claim, corpus.find(question))
    assert (found.span is None) == (found.verdict in ("unsupported", "contradicted"))
    assert (found.against is None) == (found.verdict != "contradicted")
    assert 0 <= found.support <= 1
    if found.span:
        span = found.span
        assert corpus.catalog.text(span.document_id, span.start, span.end) == span.text
    return found


@pytest.mark.parametrize(
    "claim",
    [
        "The Tenant shall not sublet the warehouse to any third party.",
        "“The Tenant shall not sublet the warehouse to any third party.”",
        "The Tenant shall not sublet the warehouse to any third party",
    ],
)
def test_a_whole_sentence_of_a_document_is_verbatim(corpus: SmallCorpus, claim: str) -> None:
    assert verdict(corpus, claim).verdict == "verbatim"


def test_a_verbatim_claim_over_a_line_break_cites_the_span_as_it_stands(corpus: SmallCorpus) -> None:
    claim = "The Landlord leases the warehouse to the Tenant for a period of thirty (30) months, which starts on May 22"
    found = verdict(corpus, f"{claim}, 2020.")
    assert found.verdict == "verbatim"
    assert found.span is not None
    assert "thirty (30)\nmonths" in found.span.text


def test_verbatim_is_found_outside_the_evidence_too(corpus: SmallCorpus) -> None:
    verifier = Verifier(corpus.catalog, corpus.searcher, corpus.embedder, corpus.idf)
    whole = LETTER.removesuffix(".")
    assert verifier.verify(whole, []).verdict == "verbatim"
    assert verifier.verify("recommends new drains", []).verdict != "verbatim"


@pytest.mark.parametrize("claim", ["enant shall not sublet the warehouse", "The Tenant shall not sublet the ware"])
def test_the_middle_of_a_word_is_not_verbatim(corpus: SmallCorpus, claim: str) -> None:
    assert verdict(corpus, claim).verdict != "verbatim"


@pytest.mark.parametrize(
    "claim",
    [
        "The Tenant must not sublet the warehouse to a third party.",
        "The Tenant must pay the Landlord $4,500 rent per month before the fifth day of the month.",
        "The Landlord leases the warehouse to the Tenant for 30 months.",
        "The period starts on 22 May 2020.",
    ],
)
def test_a_claim_in_other_words_is_supported(corpus: SmallCorpus, claim: str) -> None:
    assert verdict(corpus, claim).verdict == "supported"


@pytest.mark.parametrize(
    ("promise", "claim"),
    [
        ("fabricated", "The Tenant won a prize for gardening in Helsinki."),
        ("fabricated detail", "The Tenant must pay the Landlord a rent of $4,500 in gold bars per month."),
        ("number changed", "The Tenant must pay the Landlord a rent of $5,400 per month."),
        ("unit changed", "The Landlord leases the warehouse to the Tenant for 30 days."),
        ("date changed", "The period starts on 23 May 2020."),
        ("negation dropped", "The Tenant must sublet the warehouse to a third party."),
        ("negation added", "The Tenant must not pay the Landlord rent per month."),
        ("permission made duty", "The Landlord must inspect the roof of the warehouse."),
        ("duty made permission", "The Tenant may pay the Landlord a rent of $4,500 per month."),
        ("name changed", "Northwind must pay the Landlord a rent of $4,500 per month."),
        ("roles swapped", "The Landlord must pay the Tenant a rent of $4,500 per month."),
        ("before made after", "The Tenant must pay the Landlord a rent of $4,500 after the fifth day of the month."),
        ("word changed", "The Tenant shall not demolish the warehouse for any third party."),
        ("condition dropped", "The Tenant may keep dogs in the yard."),
    ],
)
def test_a_claim_that_says_something_else_is_not_supported(corpus: SmallCorpus, promise: str, claim: str) -> None:
    assert verdict(corpus, claim).verdict in ("unsupported", "contradicted"), promise


@pytest.mark.parametrize(
    ("claim", "against"),
    [
        ("The Tenant must pay the Landlord a rent of $5,400 per month.", "a rent of $4,500"),
        ("The Tenant may sublet the warehouse to any third party.", "shall not sublet"),
        ("The period starts on 23 May 2020.", "May 22, 2020"),
    ],
)
def test_a_claim_that_a_sentence_denies_is_contradicted_and_cites_it(
    corpus: SmallCorpus, claim: str, against: str
) -> None:
    found = verdict(corpus, claim)
    assert found.verdict == "contradicted"
    assert found.against is not None
    assert against in found.against.text


@pytest.mark.parametrize("claim", ["The Tenant may keep dogs in the yard.", "The Tenant sells cheese to the Landlord."])
def test_a_claim_that_is_merely_not_said_is_not_contradicted(corpus: SmallCorpus, claim: str) -> None:
    assert verdict(corpus, claim).verdict == "unsupported"


@pytest.mark.parametrize(
    ("check", "claim", "span"),
    [
        ("facts", "The rent is $5,400.", "The rent is $4,500."),
        ("names", "Northwind shall pay the rent.", "Orford shall pay the rent."),
        ("roles", "The Seller pays the Buyer.", "The Buyer pays the Seller."),
        ("negation", "The costs including but limited to rent are due.", "The costs, not including rent, are not due."),
        ("modality", "The Buyer may pay rent.", "The Buyer shall pay rent."),
        ("directions", "The rent is due after the fifth.", "The rent is due before the fifth."),
        ("opposites", "The lease was valid then.", "The lease was invalid then."),
        ("conditions", "The Buyer may pay.", "The Buyer may pay only by cheque."),
        ("conditions", "The costs, but limited to rent.", "The costs, but not limited to rent."),
        ("negation", "The cloth is not only with consent sold.", "The cloth is only with consent sold."),
        ("content", "It rains.", "It rains in Oslo."),
    ],
)
def test_each_check_that_fails_is_named(check: str, claim: str, span: str) -> None:
    assert check in compare(claim, span, lambda _: 1.0).failed_checks


@pytest.mark.parametrize("stop", ["", ".", "…", ","])
def test_a_part_of_a_sentence_is_never_verbatim_whatever_its_punctuation(corpus: SmallCorpus, stop: str) -> None:
    assert verdict(corpus, f"The Tenant may keep dogs in the yard{stop}").verdict == "unsupported"
    assert verdict(corpus, f"the surveyor found damp in the cellar{stop}").verdict != "verbatim"


def test_a_question_is_not_what_its_words_say_without_the_question_mark(tmp_path: Path) -> None:
    asked = build(tmp_path, {"mail.txt": "The crane was repaired last week? Please tell me."})
    assert verdict(asked, "The crane was repaired last week.", "crane").verdict == "unsupported"


def test_two_neighbouring_sentences_support_a_claim_together(tmp_path: Path) -> None:
    text = "The salt was delivered wet to the depot in Ghent. Acme refused the refund."
    told = build(tmp_path, {"minutes.txt": text})
    found = verdict(told, "The salt was delivered wet to the depot in Ghent, and Acme refused the refund.", "salt")
    assert found.verdict == "supported"
    assert found.span is not None
    assert found.span.text == text


def citation(text: str, quote: str, **changes: object) -> Citation:
    start = text.index(quote)
    values = {"number": 1, "source": "lease.txt", "title": "lease", "page": None, "last_page": None, "lines": (1, 1)}
    place = {"start": start, "end": start + len(quote), "quote": quote, "sha256": "0" * 64}
    return Citation.model_validate(values | place | changes)


def answered(one: Citation) -> Answer:
    claim = Claim(text="x", verdict="verbatim", citations=(one,), origin="index", support=1)
    route = Route(name="lookup", p_comprehension=0)
    return Answer(question="q", text="x [1]", route=route, claims=(claim,), citations=(one,), found=True)


def test_citations_are_checked_against_the_corpus_as_it_is(corpus: SmallCorpus) -> None:
    sha256 = next(row.sha256 for row in corpus.catalog.documents() if row.source == "lease.txt")
    good = citation(LEASE, "shall not sublet", sha256=sha256)
    assert check_citations(corpus.catalog, answered(good)) == []
    changed = {"quote": "shall now sublet"}, {"sha256": "f" * 64}, {"source": "gone.txt"}
    problems = [check_citations(corpus.catalog, answered(good.model_copy(update=update))) for update in changed]
    assert [len(found) for found in problems] == [1, 1, 1]
    assert "offsets" in problems[0][0]
    assert "changed" in problems[1][0]
    assert "not in the corpus" in problems[2][0]


def parts(corpus: SmallCorpus, claim: str) -> list[tuple[str, str]]:
    verifier = Verifier(corpus.catalog, corpus.searcher, corpus.embedder, corpus.idf)
    return [(found.text, found.verdict) for found in verifier.verify_parts(claim, corpus.find("lease"))]


def test_statements_of_distant_sentences_joined_in_one_claim_are_each_cited(corpus: SmallCorpus) -> None:
    one = "The Landlord may inspect the roof of the warehouse after written notice"
    claim = f"{one}, and the surveyor found damp in the cellar and recommends new drains."
    assert parts(corpus, claim) == [
        (f"{one}.", "verbatim"),
        ("The surveyor found damp in the cellar and recommends new drains.", "supported"),
    ]


def test_a_claim_of_which_one_statement_is_made_up_has_a_verdict_for_each(corpus: SmallCorpus) -> None:
    one = "The Tenant shall not sublet the warehouse to any third party"
    claim = f"{one}, and the Landlord shall paint the doors red."
    assert parts(corpus, claim) == [
        (f"{one}.", "verbatim"),
        ("The Landlord shall paint the doors red.", "unsupported"),
    ]


def test_a_claim_of_which_every_statement_is_made_up_stays_whole(corpus: SmallCorpus) -> None:
    claim = "The Tenant shall dance at the warehouse, and the Landlord shall paint the doors red."
    assert parts(corpus, claim) == [(claim, "unsupported")]


def test_a_claim_with_a_condition_is_not_taken_apart(corpus: SmallCorpus) -> None:
    claim = (
        "If it rains, the Tenant shall not sublet the warehouse to any third party; the Landlord may inspect the roof."
    )
    assert parts(corpus, claim) == [(claim, "unsupported")]


def test_a_condition_of_one_statement_keeps_the_claim_whole_even_if_each_is_carried(corpus: SmallCorpus) -> None:
    claim = (
        "The Tenant shall not sublet the warehouse to any third party, and "
        "the Tenant may keep dogs in the yard only with the consent of the Landlord."
    )
    assert parts(corpus, claim) == [(claim, "unsupported")]


def test_three_neighbouring_sentences_support_a_claim_together(tmp_path: Path) -> None:
    text = "The salt was wet. Acme blamed the carrier. The carrier denied it in March."
    told = build(tmp_path, {"minutes.txt": text})
    claim = "The salt was wet; Acme blamed the carrier; the carrier denied it in March."
    verifier = Verifier(told.catalog, told.searcher, told.embedder, told.idf)
    found = verifier.verify(claim, told.find("salt"))
    assert found.verdict == "supported"
    assert found.span is not None
    assert found.span.text == text


def test_sentences_of_different_paragraphs_support_nothing_together(tmp_path: Path) -> None:
    text = "The salt was delivered wet to the depot in Ghent.\n\n\n\n\nAcme refused the refund."
    told = build(tmp_path, {"minutes.txt": text})
    verifier = Verifier(told.catalog, told.searcher, told.embedder, told.idf)
    claim = "The salt was delivered wet to the depot in Ghent, and Acme refused the refund."
    assert verifier.verify(claim, told.find("salt")).verdict == "unsupported"


def test_another_way_to_say_it_is_no_contradiction() -> None:
    span = "The Danish unit earned 5 million euros in the first quarter of the year."
    assert says_otherwise("The Danish unit earned 6 million euros in the first quarter of the year.", span)
    assert not says_otherwise(
        "In the first quarter of the year 6 million euros were what the Danish unit earned.", span
    )


@pytest.mark.parametrize(
    ("claim", "span", "otherwise"),
    [
        ("The seal had broken.", "Mr Roe denied that the seal had broken.", False),
        ("Mr Roe had signed the lease.", "Mr Roe denied having signed the lease.", False),
        ("The seal had broken.", "The seal had not broken.", True),
        ("Mr Roe admitted that the seal had broken.", "Mr Roe denied that the seal had broken.", True),
    ],
)
def test_a_denial_that_is_reported_does_not_contradict_what_is_denied(claim: str, span: str, otherwise: bool) -> None:
    assert says_otherwise(claim, span) is otherwise
