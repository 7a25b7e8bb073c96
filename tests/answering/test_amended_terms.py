"""A term that was changed later comes behind the change, and is marked; the second half of a question has a quote."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import amendments

MILL = {
    "lease.txt": "LEASE OF THE MILL\n\nDated 4 March 2018\n\nbetween Orr Estates Limited (the Landlord) and Tek Grain "
    "Limited (the Tenant)\n\n1. Rent\n1.1 The Tenant shall pay rent of £900 on the first day of each month.\n"
    "1.2 Rent that is late bears interest at 5% a year.\n\n2. Use\n2.1 The Tenant shall use the mill for corn only.\n"
    "2.2 The Tenant shall keep no animals in the mill.\n\n3. Repairs\n3.1 The Landlord shall mend the roof within "
    "thirty (30) days of being told of a leak.\n3.2 The cost of repairs that the Tenant bears in a year shall not "
    "exceed £2,000.\n3.3 The limit in clause 3.2 does not apply to damage that the Tenant did on purpose.\n\n"
    "4. Notices\n4.1 A notice shall be in writing and sent by post to the other party's office.\n"
    "4.2 A notice that is sent by post is received at noon on the third day after it was posted.\n\n"
    "Signed for the Landlord: Ann Orr\nSigned for the Tenant: Ben Tek\n",
    "amendment.txt": "FIRST AMENDMENT TO THE LEASE OF THE MILL\n\nDated 2 May 2020\n\n1. In clause 3.1 the words "
    "“thirty (30) days” are replaced by “ten (10) days”.\n2. Clause 1.1, on the rent, is not changed.\n"
    "3. Clause 2.2 is deleted.\n\nSigned for the Landlord: Ann Orr\nSigned for the Tenant: Ben Tek\n",
    "letter.txt": "Letter before action, 4 July 2019\n\nDear Mr Tek,\n\n2.2 You have kept three goats and animals "
    "in the mill since May 2019.\n\nYours faithfully,\nAnn Orr\n",
    "note.txt": "Note of 3 June 2020\n\nThe roof of the barn was mended in nine days. The tenant has a dog.\n",
}
CLUB = {
    "rules.txt": "SAILING CLUB CHARTER DEED\n\nDated 1 April 2016\n\nbetween the Brack Sailing Club (the Club) and "
    "Lund Charters Limited (the Hirer)\n\n5. Deposit\n5.1 The Hirer shall pay a deposit of 400 euros before it takes a "
    "boat out.\n5.2 The Club shall return the deposit within fourteen (14) days of the return of the boat.\n\n"
    "6. Weather\n6.1 No boat may leave the harbour when the wind is above force 6.\n"
    "6.2 A day that is lost to the wind is given back, except in August.\n\n7. Insurance\n"
    "7.1 The Club shall insure each boat for its full value.\n7.2 The Hirer bears the first 800 euros of any damage.\n"
    "7.3 Clause 7.2 does not apply where another boat caused the damage.\n\n"
    "Signed for the Club: Cora Lind\nSigned for the Hirer: Max Lund\n",
    "change.txt": "VARIATION OF THE CHARTER DEED\n\nDated 9 January 2019\n\n1. Clause 5.2 is amended to read: “The "
    "Club shall return the deposit within three (3) days of the return of the boat.”\n2. In clause 6.1, “force 6” "
    "becomes “force 5”.\n\nSigned for the Club: Cora Lind\nSigned for the Hirer: Max Lund\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(MILL, tmp_path_factory)


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CLUB, tmp_path_factory)


def changed(corpus: hybrid.Corpus, question: str, change: str, term: str, by: str) -> None:
    answer = corpus.ask(question)
    texts = [" ".join(claim.text.split()) for claim in answer.claims]
    at = next(at for at, text in enumerate(texts) if term in text)
    old = answer.claims[at]
    assert at in (1, 2)
    assert change in texts[at - 1]
    assert "changed by" in old.qualification
    assert by.lower() in old.qualification.lower()


@pytest.mark.parametrize(
    "question",
    [
        "How long does the owner have to fix a leaking roof?",
        "Within what time must the Landlord mend the roof?",
        "How quickly must a leak be repaired once it is reported?",
    ],
)
def test_the_amendment_comes_before_the_clause_that_it_replaces(mill: hybrid.Corpus, question: str) -> None:
    changed(mill, question, "are replaced by “ten (10) days”", "thirty (30) days of being told", "First amendment")


def test_a_numbered_paragraph_of_a_letter_is_no_clause_that_was_changed(mill: hybrid.Corpus) -> None:
    answer = mill.ask("Since when have three goats and animals been kept in the mill?")
    said = [claim for claim in answer.claims if "three goats" in claim.text]
    assert said
    assert not any("changed" in claim.qualification for claim in said)


def test_a_clause_that_is_deleted_comes_behind_that(mill: hybrid.Corpus) -> None:
    changed(mill, "May the tenant keep a dog in the mill?", "Clause 2.2 is deleted", "keep no animals", "amendment")


@pytest.mark.parametrize(
    ("question", "change", "term"),
    [
        ("When does the hirer get the deposit back?", "within three (3) days", "fourteen (14) days"),
        ("In how much wind may a boat go out?", "becomes “force 5”", "above force 6"),
    ],
)
def test_a_variation_comes_first_too(club: hybrid.Corpus, question: str, change: str, term: str) -> None:
    changed(club, question, change, term, "variation")


@pytest.mark.parametrize("question", ["What is the rent of the mill?", "What interest does late rent bear?"])
def test_a_clause_that_is_not_changed_is_not_marked(mill: hybrid.Corpus, question: str) -> None:
    answer = mill.ask(question)
    assert not any("changed" in claim.qualification for claim in answer.claims)
    assert any(claim.text.startswith(("1.1", "1.2")) for claim in answer.claims)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How must a notice be given, and when does it count as having arrived?", ["sent by post to", "noon on"]),
        ("What is the most that the tenant pays for repairs, and when does that ceiling not apply?",
         ["shall not exceed £2,000", "damage that the Tenant did on purpose"]),
    ],
)  # fmt: skip
def test_the_second_half_of_a_question_has_its_quote(mill: hybrid.Corpus, question: str, parts: list[str]) -> None:
    texts = [" ".join(claim.text.split()) for claim in mill.ask(question).claims]
    assert parts[0] in texts[0]
    assert any(parts[1] in text for text in texts[:3])


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How much of a damage does the hirer bear, and when does that not apply?",
         ["first 800 euros", "another boat caused the damage"]),
        ("What happens to a day that is lost to wind, and in which month is that not so?", ["back, except in August"]),
        ("What must the hirer pay before taking a boat, and when is it given back?",
         ["deposit of 400", "return the deposit"]),
    ],
)  # fmt: skip
def test_the_second_half_has_its_quote_in_a_charter(club: hybrid.Corpus, question: str, parts: list[str]) -> None:
    texts = [" ".join(claim.text.split()) for claim in club.ask(question).claims]
    assert any(parts[0] in text for text in texts[:2])
    assert any(parts[-1] in text for text in texts[:4])


HIRE = """BOAT HIRE

4. Return
4.1 The boat is returned by noon on Sunday.
4.2 The boat means the vessel that the hire note names, returned with its oars.

5. Charges
5.1 The charge is 40 euros.
"""


def test_a_sentence_of_the_section_that_gives_no_cause_does_not_answer_why(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    corpus = corpus_of({"hire.txt": HIRE}, tmp_path_factory)
    claims = corpus.ask("By when is the boat returned, and why is it returned then?").claims
    assert "by noon on Sunday" in claims[0].text
    assert "means the vessel" not in claims[1].text


GARAGE = {
    "agreement.txt": "VEHICLE LEASING AGREEMENT\n\nDated 6 May 2021\n\nbetween Halden Fleet Limited (the Lessor) and "
    "Pym Bakeries Limited (the Lessee)\n\n1. Vans\n1.1 The Lessor lets four vans to the Lessee.\n\n"
    "2. Return\n2.1 The Lessee may give a van back by not less than 30 days' notice of return.\n"
    "2.2 A van must be given back clean.\n\n3. Charges\n3.1 The Lessee shall pay £410 a month for each van.\n\n"
    "4. Notices\n4.1 A notice must be in writing and be handed over at the office of the other party.\n"
    "4.2 A notice by telephone is of no effect.\n\n"
    "Signed for the Lessor: Ivo Halden\nSigned for the Lessee: Rhea Pym\n",
    "change.txt": "VARIATION NO. 2\nto the Vehicle Leasing Agreement of 6 May 2021\n\nThis Variation is made on "
    "3 March 2022.\n\n1. Return\n\nIn clause 2.1, \"30 days\" is replaced by \"60 days\".\n\n2. Telephone\n\nA notice "
    "may be given by telephone on a working day. This does not apply to a notice of return, which must still be handed "
    "over.\n\nSigned for the Lessor: Ivo Halden, 3 March 2022\nSigned for the Lessee: Rhea Pym, 4 March 2022\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def garage(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(GARAGE, tmp_path_factory)


@pytest.mark.parametrize(
    "question",
    [
        "How many days' notice must Pym give to return a van, and can it be given by telephone?",
        "Can a notice be given by telephone, and how much notice must be given to return a van?",
        "How much notice must be given to return a van?",
    ],
)
def test_a_changed_term_is_marked_wherever_it_stands_among_the_quotes(garage: hybrid.Corpus, question: str) -> None:
    claims = garage.ask(question).claims
    texts = [" ".join(claim.text.split()) for claim in claims]
    old = next(at for at, text in enumerate(texts) if "not less than 30 days" in text)
    assert claims[old].qualification == "changed by Variation No. 2"
    assert 'replaced by "60 days"' in " ".join(texts[:old])


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("VARIATION NO. 2\nto the Vehicle Leasing Agreement\n", "Variation No. 2"),
        ("Amendment\nof the Rules of the Club\n", "Amendment"),
        ("HALDEN FLEET LIMITED\n\nSecond Amendment to the Lease\n\nDated 2 May\n", "Second Amendment to the Lease"),
        ("FIRST AMENDMENT TO THE LEASE OF THE MILL\n\nDated 2 May 2020\n", "First amendment to the lease of the mill"),
        ("Side letter\n\nDear Sirs,\n", "Side letter"),
    ],
)
def test_an_amendment_is_named_by_the_line_that_says_what_it_is(text: str, title: str) -> None:
    assert amendments.title_of(text) == title


def test_a_text_that_says_nowhere_what_it_is_has_no_title_of_an_amendment() -> None:
    assert amendments.title_of("Dear Sirs,\n\nWe write about the vans.\n") is None


FIRST = 'In clause 5, first sentence, "a week" is replaced by "a month".'
SECOND = 'In the second sentence of clause 5 "10" is replaced by "12".'
WORDS = 'In clause 5 "a week" is replaced by "a month".'


@pytest.mark.parametrize(
    ("change", "sentence", "number", "before", "reached"),
    [
        (FIRST, "Late calls cost more.", 2, "Call in a week.", False),
        (FIRST, "Call in a week.", 1, "", True),
        (SECOND, "Late calls cost 10.", 2, "Call in a week.", True),
        (WORDS, "Late calls cost more.", 2, "Call in a week.", False),
        (WORDS, "Late calls in a week cost more.", 2, "Call in a week.", True),
        ("Clause 5 is replaced.", "Late calls cost more.", 2, "Call in a week.", True),
    ],
)
def test_a_change_of_one_sentence_of_a_clause_leaves_the_others(change, sentence, number, before, reached):
    assert amendments.reaches(change, sentence, number, before) == reached


def test_the_sentence_of_a_clause_is_counted_from_its_number():
    text = "4. Fees\n\n4.1 Pay in May. Pay the rest in June.\n\n4.2 Nobody pays twice.\n"
    assert amendments.sentence_of_clause(text, text.index("Pay in"))[0] == 1
    assert amendments.sentence_of_clause(text, text.index("Pay the"))[0] == 2
    assert amendments.sentence_of_clause(text, text.index("Nobody"))[0] == 1
