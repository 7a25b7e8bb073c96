"""Where no quote says what is asked for, the answer says that the corpus may not say it; else it does not."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import unsaid
from hybrid.answering.answerer import NOT_CONFIDENT
from hybrid.retrieval.embedding import Embedder
from hybrid.settings.models import EMBEDDER

FARM = {
    "contract.txt": """Milk contract

1. The farm shall deliver at least 900 litres of milk on each working day.
2. The dairy shall pay 0.42 euros for each litre within thirty days.
3. Milk that is warmer than 6 degrees may be sent back at the farm's cost.
4. Either side may end this contract by three months' notice in writing.
""",
    "letter.txt": """Dear Mr Voss,

The lorry came at five on 3 June. The driver measured the milk in the tank and found 4.8 degrees. He loaded 860 litres,
because the cooling of the second tank had failed in the night. We called the mechanic, who came at noon.

You have asked us to agree to a lower price. We do not agree to it. Our vet says that the herd is in good health.

Heinrich Tamm
""",
    "note.txt": """Note on a talk with the bank, 9 June

The bank would like to see the accounts of the farm for the last three years. Mr Tamm said that the dairy is a good
customer, and that he wishes to buy another forty cows in the autumn, if the barn is finished by then.

The insurer of the barn was rung on Friday. He will come on Tuesday and look at the roof.
""",
}
THEATRE = {
    "minutes.txt": """Minutes of the board of the Lantern Theatre, 4 October

The manager reported that 312 tickets had been sold for the first night. The curtain had jammed at the dress rehearsal,
and the engineer had freed it with a crowbar. It was agreed to buy a new motor.

The director asked for two more weeks of rehearsal. The board did not agree, because the posters had been printed.

Ms Arkell said that the licence for the bar would be ready in time. The chair thanked the volunteers.
""",
    "mail.txt": """Dear Ms Arkell,

The costumes are finished, except for the two cloaks. The tailor asks to be paid before he starts on these. I have told
him that the board meets on the 4th.

The author would like the play to be filmed, but the actors have not been asked.

Joan
""",
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.load(EMBEDDER.name)


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(FARM, tmp_path_factory)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(THEATRE, tmp_path_factory)


def doubts(answer: hybrid.Answer) -> bool:
    return not answer.claims or NOT_CONFIDENT in answer.notes or any("in none of" in note for note in answer.notes)


@pytest.mark.parametrize(
    ("question", "doubted"),
    [
        ("What is the penalty if the farm does not deliver on a working day?", True),
        ("Why did the bank refuse to lend the farm money for the cows?", True),
        ("Why did the insurer reject the damage to the roof of the barn?", True),
        ("What is the salary of the driver who came on 3 June?", True),
        ("Did Tamm accept a loan from the bank to pay for the new cows and the milking machine?", True),
        ("Was the pasture too wet when the lorry came on 3 June?", True),
        ("How many litres must be delivered on each working day?", False),
        ("Did the farm agree to a lower price?", False),
        ("Was the milk warmer than 6 degrees on 3 June?", False),
        ("Why were only 860 litres loaded?", False),
        ("What is the price of a litre of milk?", False),
        ("Why did the cooling fail?", False),
        ("How long did the mechanic who came on 3 June take?", True),
        ("How many litres did the driver load on 3 June?", False),
    ],
)
def test_what_the_farm_s_papers_do_not_say_is_doubted(farm: hybrid.Corpus, question: str, doubted: bool) -> None:
    assert doubts(farm.ask(question)) is doubted


@pytest.mark.parametrize("route", [None, "comprehension"])
@pytest.mark.parametrize(
    ("question", "doubted"),
    [
        ("Why did the actors refuse to be filmed?", True),
        ("Why did the tailor resign from the theatre?", True),
        ("What is the royalty that the author gets for each night?", True),
        ("Why did the board not agree to more rehearsal?", False),
        ("Why was a new motor to be bought?", False),
        ("Did the curtain jam at the dress rehearsal?", False),
    ],
)
def test_what_the_theatre_s_papers_do_not_say_is_doubted(
    theatre: hybrid.Corpus, question: str, doubted: bool, route: hybrid.RouteName | None
) -> None:
    assert doubts(theatre.ask(question, route=route)) is doubted


@pytest.mark.parametrize(
    ("question", "quotes", "open_"),
    [
        ("What is the fine for late return?", ["Books are lent for a month."], True),
        ("What is the fine for late return?", ["A penalty of ten pence a day is charged."], False),
        ("What is Ann Orr's annual salary?", ["Ann Orr began in May."], True),
        ("What excuse did Ann Orr make for the delay?", ["Ann Orr made a list for the delay."], True),
        ("What excuse did Ann Orr make for the delay?", ["Her excuse was the snow."], False),
        ("Why did the club resign from the league?", ["The club plays in the league."], True),
        (
            "Why did the club resign from the league?",
            ["The club stepped down from the league when it quit in May."],
            False,
        ),
        ("Why did the banks refuse the loan?", ["We have withheld the rent of the hall."], True),
        ("Why did the bank refuse the loan?", ["We have withheld the rent of the hall."], True),
        ("Why did the bank refuse the loan?", ["The bank turned to us in May.", "It has declined the loan."], False),
        ("Was the pitch dry when the match began?", ["The match began at three."], True),
        ("Was the pitch dry when the match began?", ["It had rained on the pitch all night."], False),
        ("Did Ann Orr come to the match?", ["She was in Leeds on that day."], False),
        ("When did the match begin?", ["The first half was dull."], False),
        ("What is the reason for the delay?", ["The roads were flooded."], False),
    ],
)
def test_an_answer_without_a_word_for_what_is_asked_is_doubted(question: str, quotes: list[str], open_: bool) -> None:
    assert unsaid.leaves_unsaid(question, quotes, quotes) is open_


@pytest.mark.parametrize(
    ("question", "doubted"),
    [
        ("Which creditor is pressing the partners to sell their machinery?", True),
        ("By whom were the drains of the yard inspected in the spring?", True),
        ("How warm was the milk in the tank?", False),
        ("Who had loaded the milk because the cooling failed?", False),
        ("When does the contract end after notice in writing?", False),
    ],
)
def test_quotes_that_have_few_words_of_a_question_and_are_not_near_it_are_doubted(farm, question, doubted) -> None:
    assert doubts(farm.ask(question, route="lookup")) is doubted


@pytest.mark.parametrize(
    ("quotes", "far"),
    [
        ([("The lorry left at noon.", "")], True),
        ([("The lorry left at noon.", "Report on the machinery of the creditor")], False),  # its title says it
        ([("A lender demands the machines.", "")], False),  # near by meaning
        ([("Tay Bank presses for the machinery.", "")], False),
        ([], False),
    ],
)
def test_what_is_far_from_a_question_is_told_by_its_words_and_by_its_meaning(embedder, quotes, far) -> None:
    question = "Does the creditor press for the machinery?"
    assert unsaid.is_far(question, quotes, embedder) is far


def test_a_quote_that_holds_the_identifier_asked_for_is_not_far(embedder) -> None:
    row = [("HL-2405,88,fail", "")]
    assert not unsaid.is_far("What weight did the anchor HL-2405 carry before it slipped?", row, embedder)
    assert unsaid.is_far("What weight did the anchor carry before it slipped?", row, embedder)


def test_the_head_of_a_document_has_its_date_and_parties_in_no_word_of_the_question(embedder) -> None:
    question = "Who are the contracting parties of the agreement?"
    assert not unsaid.is_far(question, [("between Orr Ltd and Lee plc", "")], embedder)


def test_an_answer_whose_quotes_are_far_says_so(farm: hybrid.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    question, seen = "How many litres must be delivered on each working day?", []
    assert not doubts(farm.ask(question))
    monkeypatch.setattr(unsaid, "is_far", lambda _, quotes, __: bool(seen.append(quotes)) or True)
    assert NOT_CONFIDENT in farm.ask(question).notes
    assert any("900 litres" in text and "contract" in beside.lower() for quotes in seen for text, beside in quotes)
