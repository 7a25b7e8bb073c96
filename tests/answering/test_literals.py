"""A question with an exact amount, number, time or identifier gets the sentences that hold it, whatever its route."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import literals

CLINIC = {
    "estimate.txt": """Fern Lane Veterinary Clinic
12 May 2024

Dear Mrs Aldous,

We write about your mare. The operation went well, and she may be ridden again in June.

The total of £2,845 is made up as follows:

- Operation and anaesthetic: £1,960
- Four nights in the box at £120: £480
- Drugs and dressings: £405

You may pay in three parts. If £2,845 is not paid by 30 June we charge interest.

Dr Ruth Olsen
""",
    "log.txt": """Night log

At 02:17 on 9 May the mare in box 4 broke out in a sweat. Nurse Quill gave her 20 ml of flunixin.

At 03:40 she lay down. The pump IVP-330 had stopped, because a cat had pulled out the plug.

At 05:15 she was on her feet and ate hay. Pump IVP-331 stands in the store and has never been used.
""",
    "letter.txt": """Dear Dr Olsen,

I was charged more than I was told on the telephone. The nurses were kind, and the mare eats well.

I do not know why the drugs were needed. I was told that the operation would be cheap.

Mrs Aldous
""",
}
MUSEUM = {
    "grant.txt": """Museum of the Fens: note on the grant

The trustees asked for money for the boat hall. The hall is old and its roof leaks.

Our request covers three things:

   Roof of lead and oak: EUR 41,300
   Cases for the boats: EUR 12,700
   Lighting: EUR 6,250

   Total: EUR 60,250

The council will decide in the autumn. Object MF-1877-12 is lent to Bremen until the roof is mended.
""",
    "minutes.txt": """Minutes of the trustees, 3 September 2023

Mr Teal said that the request was too high, since the council had cut its budget. Ms Brandt said that without the
roof the boats would rot. It was agreed to ask for the whole.

The trustees thanked the volunteers for the summer fair.
""",
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(CLINIC, tmp_path_factory)


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(MUSEUM, tmp_path_factory)


@pytest.mark.parametrize("route", [None, "comprehension", "both", "lookup"])
@pytest.mark.parametrize(
    ("question", "held"),
    [
        (
            "How is the £2,845 that Mrs Aldous was charged made up?",
            ["The total of £2,845", "£1,960", "at £120: £480", "£405"],
        ),
        ("What does the clinic's bill of £2,845 consist of?", ["£1,960", "at £120: £480", "£405"]),
        ("What happened to the mare at 02:17?", ["At 02:17 on 9 May the mare"]),
        ("Why did the pump IVP-330 stop?", ["The pump IVP-330 had stopped"]),
    ],
)
def test_the_sentence_with_the_figure_is_quoted_whatever_the_route(
    clinic: hybrid.Corpus, route: hybrid.RouteName | None, question: str, held: list[str]
) -> None:
    answer = clinic.ask(question, route=route)
    said = " ".join(answer.text.split())
    assert [one for one in held if one not in said] == []
    assert "IVP-331" not in said


@pytest.mark.parametrize("route", ["comprehension", "lookup"])
def test_a_total_in_a_list_brings_its_list(museum: hybrid.Corpus, route: hybrid.RouteName) -> None:
    answer = museum.ask("How is the request for EUR 60,250 composed?", route=route)
    said = " ".join(answer.text.split())
    for held in ("Our request covers three things", "EUR 41,300", "EUR 12,700", "EUR 6,250", "Total: EUR 60,250"):
        assert held in said
    assert "council will decide" not in said


def test_the_list_is_left_out_where_something_else_is_asked_of_the_figure(clinic: hybrid.Corpus) -> None:
    answer = clinic.ask("By when is the £2,845 to be paid?")
    assert "30 June" in answer.claims[0].text
    assert "£405" not in answer.text


@pytest.mark.parametrize(
    "question",
    ["What did Mr Teal say of the request?", "What does section 3 say?", "What was agreed on 3 September 2023?"],
)
def test_dates_sections_and_words_are_no_literals(question: str) -> None:
    assert literals.asked(question) == []


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("Why is €12,700.50 owed?", ["€12,700.50"]),
        ("What happened at 4.40 p.m. on 11 March 2025?", ["4.40 p.m"]),
        ("Where is object MF-1877-12?", ["MF-1877-12"]),
        ("What happened at 16:41:22?", ["16:41:22"]),
        ("Why were 48,000 bricks ordered?", ["48,000"]),
    ],
)
def test_amounts_times_numbers_and_identifiers_are_literals(question: str, terms: list[str]) -> None:
    assert literals.asked(question) == terms


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("It costs £9 as follows:\n\n- a: £5\n- b: £4\n\nThe end is near.\n", ["- a: £5", "- b: £4"]),
        ("1. It is as follows:\n\n(a) one;\n(b) two.\n\n2. Nothing else is owed.\n", ["(a) one;", "(b) two."]),
        ("It is as follows:\n\n   One half: 3\n   The rest: 4\n\nNothing else.\n", ["One half: 3", "The rest: 4"]),
        ("He asked this:\n\nI was told that nobody had come. That was wrong.\n", []),
        ("It is here.\n\n- a: £5\n", []),
    ],
)
def test_a_list_is_what_stands_below_a_colon_in_one_shape(text: str, items: list[str]) -> None:
    assert literals.items_below(text, text.index("\n")) == items


CLAIM = """KAY & LUND, Solicitors

4 June 2024

Letter before claim

1. We act for the owner of the barge.

2. Our client's loss is made up as follows:

Hull, repaired by Orr: £8,400
Hire of another barge: £1,250
Total: £9,650

3. Please pay within 21 days, that is by 25 June 2024, the sum of £9,650.
"""
INVOICES = "Invoice,Amount\nA-1,100.00\nA-2,80.00\n"


@pytest.mark.parametrize(
    "question",
    [
        "How much does the owner of the barge claim, and how is that made up?",
        "What sums are claimed?",
        "What does the claim come to in total?",
    ],
)
def test_what_is_claimed_is_the_list_of_the_letter_of_claim(tmp_path_factory, question):
    answer = corpus_of({"letter.txt": CLAIM, "invoices.csv": INVOICES}, tmp_path_factory).ask(question)
    assert [one.quote for one in answer.citations] == [
        "2. Our client's loss is made up as follows:",
        "Hull, repaired by Orr: £8,400",
        "Hire of another barge: £1,250",
        "Total: £9,650",
    ]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How much does the owner claim?", True),
        ("How is the loss made up?", True),
        ("Who made the claim?", False),
        ("How much is the rent?", False),
        ("When was the claim made?", False),
    ],
)
def test_what_asks_for_a_claim_in_money(question, asks):
    assert literals.asks_for_claim(question) == asks


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How much is our client asking for altogether?", True),
        ("How much does the maltings want in all?", True),
        ("What do they seek from us in total, and how is it made up?", True),
        ("How much water does the mill want?", False),
        ("What did he ask for?", False),
    ],
)
def test_what_is_wanted_in_all_is_a_claim(question, asks):
    assert literals.asks_for_claim(question) is asks
