"""What a composed answer promises: nothing twice, contradictions marked, citations in order, nothing taken back."""

from __future__ import annotations

from typing import Any

import pytest

from hybrid.answering.composition import Composer
from hybrid.answering.evidence import Sentence
from hybrid.answering.verification.contradiction import contradict
from hybrid.answering.verification.verifier import Verified
from hybrid.types.answers import Citation, Claim, Verdict
from hybrid.types.events import CitationEvent, ClaimEvent, Event, TextEvent


def span(text: str, start: int = 0, document: int = 1) -> Sentence:
    return Sentence(document, "a.txt", "a", "0" * 64, start, start + len(text), text)


def cite(sentence: Sentence, n: int) -> Citation:
    place = {"page": None, "last_page": None, "lines": (1, 1), "start": sentence.start, "end": sentence.end}
    return Citation.model_validate(
        {"number": n, "source": "a.txt", "title": "a", "quote": sentence.text, "sha256": "0" * 64, **place}
    )


def composer(**how: Any) -> Composer:
    return Composer(cite, **how)


def judged(text: str, verdict: Verdict = "supported", start: int = 500) -> list[Verified]:
    where = None if verdict == "unsupported" else span(text, start)
    return [Verified(text, verdict, where, 0.2 if where is None else 0.9)]


def generated(to: Composer, text: str, verdict: Verdict = "supported", start: int = 500) -> list[Event]:
    return to.add_generated(text, judged(text, verdict, start), "memory")


def drafted(of: Composer) -> tuple[Claim, ...]:
    made = of.draft()
    return made.claims if made else ()


def texts(of: Composer) -> list[str]:
    return [claim.text for claim in of.claims]


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
    subject = composer()
    subject.add_quote(span(QUOTE))
    before = subject.text
    assert generated(subject, again) == []
    assert (subject.text, texts(subject)) == (before, [QUOTE])


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
    subject = composer()
    subject.add_quote(span(QUOTE))
    generated(subject, other)
    assert texts(subject) == [QUOTE, other]


def test_what_was_said_is_not_said_again_but_may_be_said_more_fully() -> None:
    short, long = "The Tenant must pay rent.", "The Tenant must pay rent to the Landlord in Leeds."
    subject = composer()
    for one in (short, "The roof leaks in winter.", long, short):
        generated(subject, one)
    assert texts(subject) == [short, "The roof leaks in winter.", long]


def test_what_is_supported_is_not_left_out_for_what_is_not() -> None:
    short, long = "The Tenant must pay rent.", "The Tenant must pay rent in gold."
    subject = composer()
    generated(subject, long, "unsupported")
    generated(subject, short)
    assert texts(subject) == [short]
    assert [claim.text for claim in drafted(subject)] == [long]


def test_a_paragraphs_number_alone_is_no_quote() -> None:
    subject = composer()
    assert subject.add_quote(span("7.")) == []
    assert subject.add_quote(span("7. He paid."))


def test_a_quote_within_a_quote_is_left_out_and_one_that_rewords_what_was_generated_is_not() -> None:
    subject = composer()
    generated(subject, "The Tenant must pay a rent of $4,500 per month before the fifth day of the month.")
    assert subject.add_quote(span(QUOTE))
    assert subject.add_quote(span("The Tenant shall pay a rent of $4,500 per month", 0)) == []


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
        ("The pump failed to start on 3 May.", "The pump started on 3 May."),
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
        ("The pump's first failure came on 22 March.", "The new pump failed for the first time on 22 March."),
        (
            "The policy does not cover frost damage unless water escaped from a tank.",
            "Frost damage is excluded from cover except where water escaped from a tank.",
        ),
    ],
)
def test_what_may_both_hold_is_no_contradiction(one: str, other: str) -> None:
    assert not contradict(one, other)
    assert not contradict(other, one)


def test_what_no_span_supports_is_a_draft_that_names_the_quotes_which_contradict_it_and_no_claim_or_text() -> None:
    subject = composer()
    assert subject.draft() is None
    subject.add_quote(span(QUOTE))
    assert generated(subject, "The Tenant must pay a rent of $5,400 per month.", "unsupported") == []
    assert generated(subject, "The roof leaks.", "unsupported") == []
    assert generated(subject, "The roof leaks.", "unsupported") == []
    late = "The roof never leaks."
    subject.add_quote(span(late, 300))
    assert texts(subject) == [QUOTE, late]
    assert "$5,400" not in subject.text
    assert [(claim.verdict, claim.contradicted_by) for claim in drafted(subject)] == [
        ("unsupported", (1,)),
        ("unsupported", (2,)),
    ]


def test_a_span_that_says_otherwise_and_is_not_quoted_is_cited_by_the_draft_alone() -> None:
    subject = composer()
    subject.add_quote(span("The doors are blue."))
    against = span("The roof is dry.", 40)
    subject.add_generated("The roof is wet.", [Verified("", "contradicted", None, 0.4, against=against)], "memory")
    draft = subject.draft()
    assert draft is not None
    assert [(one.number, one.quote) for one in draft.citations] == [(2, "The roof is dry.")]
    assert draft.claims[0].contradicted_by == (2,)
    assert [one.number for one in subject.citations] == [1]
    subject.add_quote(span("The roof was dry in May.", 90))
    subject.add_quote(against)
    assert subject.draft() == draft.model_copy(
        update={"claims": (draft.claims[0].model_copy(update={"contradicted_by": (3,)}),), "citations": ()}
    )


def test_documents_that_disagree_are_both_cited() -> None:
    other = "The Tenant pays a rent of $5,400 per month."
    subject = composer()
    subject.add_quote(span(QUOTE))
    generated(subject, other)
    assert subject.text.endswith(f"{other} [2] (but [1] says otherwise)")
    assert [one.number for one in subject.citations] == [1, 2]


def test_quotes_have_a_line_each_what_is_generated_is_a_paragraph_and_the_same_span_one_number() -> None:
    subject = composer()
    generated(subject, "The roof leaks.", start=500)
    subject.add_generated("The roof is wet.", [Verified("", "supported", span("The roof leaks.", 500), 0.8)], "memory")
    subject.add_quote(span("The doors  are\nblue."))
    subject.add_quote(span("The roof was mended in May.", 700))
    assert subject.text == (
        "The roof leaks. [1] The roof is wet. [1]\n\n“The doors are blue.” [2]\n“The roof was mended in May.” [3]"
    )
    assert subject.citations[1].quote == "The doors  are\nblue."


def test_each_event_says_what_is_new_and_where_the_claim_stands() -> None:
    subject = composer()
    events = subject.add_quote(span("The doors are blue."))
    events += generated(subject, "The roof leaks.")
    events += subject.add_generated(
        "It is wet.", [Verified("", "supported", span("The doors are blue."), 0.8)], "memory"
    )
    assert [type(event) for event in events] == [CitationEvent, TextEvent, ClaimEvent] * 2 + [TextEvent, ClaimEvent]
    assert "".join(event.text for event in events if isinstance(event, TextEvent)) == subject.text
    found = [event for event in events if isinstance(event, ClaimEvent)]
    assert [event.claim for event in found] == subject.claims
    assert [subject.text[event.start : event.end] for event in found] == texts(subject)


def test_a_sentence_of_two_statements_is_one_claim_that_cites_both_spans_and_is_never_verbatim() -> None:
    subject = composer()
    said = "The roof leaks, and the doors are blue."
    parts = [
        Verified("a", "verbatim", span("The roof leaks.", 5), 1.0),
        Verified("b", "verbatim", span("Doors", 90), 0.7),
    ]
    subject.add_generated(said, parts, "writer")
    (claim,) = subject.claims
    assert (claim.text, claim.verdict, claim.support) == (said, "supported", 0.7)
    assert [one.start for one in claim.citations] == [5, 90]


def test_a_digest_is_grouped_by_document_under_its_name_with_who_and_when_and_repeats_nothing() -> None:
    def dated(sentence: Sentence, n: int) -> Citation:
        known = {1: {"author": "Ann Aaker", "date": "2026-03-04"}, 2: {"speaker": "Bob"}}[sentence.document_id]
        return cite(sentence, n).model_copy(update={"title": f"Note {sentence.document_id}", **known})

    subject = Composer(dated)
    subject.add_generated("The roof leaks.", [Verified("", "verbatim", span("The roof leaks.", 50), 1.0)], "memory")
    digest = [span("The doors are blue."), span("The roof leaks.", 50), span("It rains.", 90), span("It pours.", 40, 2)]
    events = subject.add_digest(digest)
    assert subject.text == (
        "The roof leaks. [1]\n\nNote 1 (Ann Aaker, 4 March 2026):\n“The doors are blue.” [2]\n“It rains.” [3]\n\n"
        "Note 2:\nBob: “It pours.” [4]"
    )
    assert [(part.title, part.date, part.citations) for part in subject.digest] == [
        ("Note 1", "2026-03-04", (2, 3)),
        ("Note 2", None, (4,)),
    ]
    found = [event for event in events if isinstance(event, ClaimEvent)]
    assert [subject.text[event.start : event.end] for event in found] == texts(subject)[1:]


def test_a_digest_of_one_document_that_says_neither_who_nor_when_has_no_heading() -> None:
    subject = composer()
    subject.add_digest([span("The doors are blue."), span("It rains.", 40)])
    assert subject.text == "“The doors are blue.” [1]\n“It rains.” [2]"


def test_no_draft_is_kept_if_that_is_asked_for() -> None:
    subject = composer(keep_draft=False)
    assert generated(subject, "A dragon ate the roof.", "unsupported") == []
    generated(subject, "The roof leaks.")
    assert subject.text == "The roof leaks. [1]"
    assert subject.draft() is None
