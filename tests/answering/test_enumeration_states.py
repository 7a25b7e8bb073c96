"""Where a table and another document say otherwise of one thing, both are shown and the thing is not counted."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import enumeration_question, enumeration_states

MAIL = """From: {who} <{who}@arden.example>
To: Col Peat <col@net.example>
Date: {day} 2021 10:00:00 +0000
Subject: accounts

{text}
"""
FILES = {
    "invoices.csv": """Invoice,Supplier,Date,Amount,Status
117,Netwright,2021-02-10,£4200.00,paid
118,Netwright,2021-02-24,£3150.00,open
119,Marfeed,2021-03-01,£9800.00,open
120,Netwright,2021-03-30,£2750.00,paid
121,Seaward,2021-04-08,£1100.00,open
""",
    "loans.csv": """Loan,Borrower,Returned
L-7,Ann Orr,2021-03-02
L-8,Ben Teal,
L-9,Cy Voss,
""",
    "paid.eml": MAIL.format(who="Jean", day="Fri, 05 Mar", text="Invoice 118 was paid on 4 March 2021."),
    "asked.eml": MAIL.format(who="Col", day="Mon, 08 Mar", text="Please see that invoice 119 will be paid soon."),
    "bounced.eml": MAIL.format(who="Col", day="Tue, 06 Apr", text="The payment of invoice 120 has not arrived."),
    "pens.txt": "The walkway of pen 121 was paid for by the harbour.\n",
    "note.txt": "Loan L-8 was returned by Ben Teal on 9 April 2021.\n",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FILES, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "counted", "disputed"),
    [
        ("Which invoices are unpaid?", ["119", "121"], ["118", "120"]),
        ("How many invoices are open?", ["119", "121"], ["118", "120"]),
        ("How many invoices have not been paid?", ["119", "121"], ["118", "120"]),
        ("Which invoices were paid?", ["117"], ["120", "118"]),
        ("Which loans were not returned?", ["L-9"], ["L-8"]),
        ("Which loans were returned?", ["L-7"], ["L-8"]),
        ("List all invoices.", ["117", "118", "119", "120", "121"], []),
    ],
)
def test_rows_of_which_a_mail_says_otherwise_are_shown_and_not_counted(
    corpus: hybrid.Corpus, question: str, counted: list[str], disputed: list[str]
) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows if not row.not_counted] == counted
    against = {row.cells[0]: row.not_counted for row in found.rows if row.not_counted}
    assert against == dict.fromkeys(disputed, enumeration_states.SAYS_OTHERWISE)


def test_what_says_otherwise_is_quoted_below_the_row_with_who_and_when(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Which invoices are unpaid?")
    row = next(claim for claim in answer.claims if "118" in claim.text)
    (number,) = row.contradicted_by
    said = next(one for one in answer.citations if one.number == number)
    assert said.quote == "Invoice 118 was paid on 4 March 2021."
    assert "Jean, 5 March 2021, 10:00: “Invoice 118 was paid" in answer.text
    assert "Not counted: 2 rows, another document says otherwise." in answer.notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Invoice 7 was paid on Friday.", True),
        ("Invoice 7 was not paid.", False),
        ("Invoice 7 is still outstanding.", False),
        ("Invoice 7 will be paid on Friday.", None),
        ("Was invoice 7 paid?", None),
        ("Invoice 7 is of Friday.", None),
    ],
)
def test_a_sentence_says_that_a_thing_is_done_or_not_or_neither(text: str, said: bool | None) -> None:
    asked = enumeration_question.read("Which invoices are unpaid?")
    assert asked is not None
    state = enumeration_states.read(asked)
    assert state is not None
    assert state.said_in(text) is said


def test_what_is_said_against_a_row_is_shown_wherever_the_answer_is(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("Which invoices are unpaid?")
    assert answer.enumeration is not None
    row = next(row for row in answer.enumeration.rows if row.cells[0] == "118")
    (said,) = row.against
    assert said.quote == "Invoice 118 was paid on 4 March 2021."
    assert answer.citations[(said.citation or 0) - 1].quote == said.quote
    line = f"Row [{row.citation}], but [{said.citation}]"
    for shown in (str(answer), str(answer.enumeration)):
        assert line in shown
        assert "“Invoice 118 was paid on 4 March 2021.”" in " ".join(shown.split())
        assert "Jean, 5 March 2021" in " ".join(shown.split())
    for page in (answer._repr_html_(), answer.enumeration._repr_html_()):
        assert line in page
    assert said.quote in answer.enumeration.as_csv()
    assert not any(row.against for row in answer.enumeration.rows if row.cells[0] == "121")


SAID_ELSEWHERE = {
    "minutes.txt": """Minutes of 4 May 2022

Crate  Order  Weighed
C-11   PO-1   4 May 2022
C-12   PO-2   4 May 2022
C-13   PO-3   4 May 2022
""",
    "crates.csv": "Crate,Order,Weighed\nC-11,PO-1,2022-05-04\nC-12,PO-2,2022-05-04\nC-13,PO-3,2022-05-04\n",
    "letter.eml": MAIL.format(who="Jean", day="Mon, 09 May", text="We reject crates C-11 and C-13 for salmonella."),
    "answer.eml": MAIL.format(who="Col", day="Tue, 10 May", text="Crate C-13 was accepted on the quay."),
    "packing.csv": "Item,Kilos,Crate\nmussels,40,C-11\noysters,12,C-11\ncockles,9,C-12\n",
}


@pytest.fixture(scope="module")
def crates(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(SAID_ELSEWHERE, tmp_path_factory)


def test_what_a_letter_says_of_rows_counts_where_their_table_is_silent(crates: hybrid.Corpus) -> None:
    answer = crates.ask("Which crates were rejected?")
    assert answer.enumeration is not None
    rows = {row.cells[0]: row for row in answer.enumeration.rows}
    assert rows.keys() == {"C-11", "C-13"}
    assert rows["C-11"].not_counted == ""
    (said,) = rows["C-11"].said_by
    assert said.quote == "We reject crates C-11 and C-13 for salmonella."
    assert rows["C-13"].not_counted == enumeration_states.SAYS_OTHERWISE
    (against,) = rows["C-13"].against
    assert against.quote == "Crate C-13 was accepted on the quay."
    assert answer.enumeration.count == 1
    assert f"by [{said.citation}]" in str(answer)
    assert f"but [{against.citation}]" in str(answer)


def test_two_items_of_one_crate_are_one_crate(crates: hybrid.Corpus) -> None:
    found = crates.ask("How many crates were rejected?").enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows].count("C-11") == 1


@pytest.mark.parametrize(
    "question",
    ["How many invoices are open, and how much do they come to?", "List the unpaid invoices and their total."],
)
def test_the_sum_of_what_is_counted_is_given_where_it_is_asked_for(corpus: hybrid.Corpus, question: str) -> None:
    found = corpus.ask(question).enumeration
    assert found is not None
    assert {sign: f"{amount:f}" for sign, amount in found.sums.items()} == {"£": "10900.00"}  # 119 and 121


def test_a_denial_of_another_verb_is_none_of_a_state(corpus: hybrid.Corpus) -> None:
    asked = enumeration_question.read("Which invoices are unpaid?")
    assert asked is not None
    state = enumeration_states.read(asked)
    assert state is not None
    assert state.said_in("That 117 and 120 were paid in full waives nothing.") is True
    assert state.said_in("Payment of invoice 7 was not made.") is False


def read_state(question: str) -> enumeration_states.State:
    asked = enumeration_question.read(question)
    assert asked is not None
    state = enumeration_states.read(asked)
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("question", "text", "said"),
    [
        # what keeps a payment from being made, or takes it back, says that it is open
        ("Which bills are unpaid?", "We have withheld payment of bills B-3 and B-4.", False),
        ("Which bills are unpaid?", "We suspended payment of bill B-3.", False),
        ("Which bills are unpaid?", "Payment of bill B-3 has been stopped.", False),
        ("Which bills are unpaid?", "Payment of bill B-3 is overdue.", False),
        ("Which bills are unpaid?", "The bank returned our payment of bill B-3.", False),
        ("Which bills are unpaid?", "Bill B-3 was paid on 4 March, but the bank reversed the payment.", False),
        ("Which bills are unpaid?", "The vet refuses to pay bill B-3.", False),
        ("Which bills are unpaid?", "The farm failed to settle bill B-3.", False),
        ("Which bills are unpaid?", "Bill B-3 has yet to be paid.", False),
        # a word for it alone says neither
        ("Which bills are unpaid?", "We have been asked for payment of bill B-3.", None),
        ("Which bills are unpaid?", "The payment of bill B-3 was discussed on Friday.", None),
        ("Which bills are unpaid?", "We can pay bill B-3.", None),
        ("Which bills are unpaid?", "Bill B-3 would have been paid on 4 March.", None),
        # that it came says that it is done
        ("Which bills are unpaid?", "We have made payment of bill B-3.", True),
        ("Which bills are unpaid?", "Payment of bill B-3 reached us on 4 March.", True),
        ("Which bills are unpaid?", "The withheld bill B-3 was paid on 4 March.", True),
        ("Which bills are unpaid?", "Bill B-3 was paid and the goods were returned.", True),
        ("Which orders were not delivered?", "Delivery of order O-5 has been suspended.", False),
        ("Which orders were not delivered?", "The school refused delivery of order O-5.", False),
        ("Which orders were not delivered?", "Delivery of order O-5 took place on Monday.", True),
        ("Which loans were not returned?", "Ann Orr declined to return loan L-8.", False),
        ("Which loans were not returned?", "Loan L-8 came back on Monday and was returned to the shelf.", True),
        ("Which loans were not returned?", "The return of loan L-8 is overdue.", False),
        ("Which grants were approved?", "Approval of grant G-2 has been deferred.", False),
    ],
)
def test_what_keeps_a_thing_from_being_done_says_that_it_is_not(question: str, text: str, said: bool | None) -> None:
    assert read_state(question).said_in(text) is said


SCHOOL = {
    "orders.csv": """Order,Supplier,Ordered,Amount (£),Delivered on
O-5,Pike,2023-02-10,420.00,
O-6,Pike,2023-02-24,310.00,2023-03-01
O-7,Marr,2023-03-01,980.00,
O-8,Marr,2023-03-02,275.00,
O-9,Pike,2023-03-08,110.00,
""",
    "letter.eml": MAIL.format(
        who="Jean",
        day="Fri, 17 Mar",
        text="Delivery of order O-5 has been suspended.\n\nHalf of order O-7 was delivered on 9 March.\n\n"
        "Order O-8 was delivered on 10 March.\n\nDelivery of orders O-6 and O-9 was planned for spring.",
    ),
}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(SCHOOL, tmp_path_factory)


def test_a_part_is_said_beside_its_row_and_takes_it_out_of_no_sum(school: hybrid.Corpus) -> None:
    answer = school.ask("Which orders have not been delivered, and what do they come to?")
    found = answer.enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows if not row.not_counted] == ["O-5", "O-7", "O-9"]
    assert {row.cells[0]: row.not_counted for row in found.rows if row.not_counted} == {
        "O-8": enumeration_states.SAYS_OTHERWISE
    }
    assert {sign: f"{amount:f}" for sign, amount in found.sums.items()} == {"£": "1510.00"}
    beside = {row.cells[0]: [one.quote for one in row.against] for row in found.rows if row.against}
    assert beside["O-7"] == ["Half of order O-7 was delivered on 9 March."]
    assert "O-5" not in beside
    assert any("O-7" in note and "part" in note for note in answer.notes)


def test_a_part_that_was_done_does_not_make_the_whole_done(school: hybrid.Corpus) -> None:
    found = school.ask("Which orders have been delivered?").enumeration
    assert found is not None
    assert [row.cells[0] for row in found.rows if not row.not_counted] == ["O-6"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Half of bill B-3 was paid.", True),
        ("We paid a third of bill B-3 in May.", True),
        ("Bill B-3 was partly paid.", True),
        ("Bill B-3 has been paid in part.", True),
        ("We have paid £500 towards bill B-3.", True),
        ("40 per cent of bill B-3 has been paid.", True),
        ("Two of the bills B-3, B-4 and B-5 were paid.", True),
        ("All but £40 of bill B-3 was paid.", True),
        ("Bill B-3 was paid in full.", False),
        ("Bill B-3 was paid half a year later.", False),
        ("Bill B-3 was paid by Orr, who is part of the family.", False),
        ("Bill B-3 of £500 was paid.", False),
        ("The bill B-3 for one half of the fee was paid.", False),
        ("Both bills were paid on the second of May.", False),
    ],
)
def test_a_part_is_told_from_the_whole(text: str, part: bool) -> None:
    state = read_state("Which bills are unpaid?")
    assert state.said_in(text) is True
    assert state.of_a_part(text) is part
