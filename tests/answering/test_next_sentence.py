"""A sentence whose point is in the one behind it is quoted with that: what became of it, and that it is not so."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid
from hybrid.answering import continuations

PARISH = {
    "letter.txt": "The Vestry, 4 March 2021\n\nDear Archdeacon,\n\nYou say that the silver chalice was lent to the "
    "museum in 1994. There is no trace of that in the inventory or in the minutes. The organ was tuned in May. "
    "Tea was served.\n\nYours sincerely,\nMary Coe\n",
    "survey.txt": "SURVEY OF THE TOWER\n\n1. I looked for the record of the bell's casting. None was found.\n"
    "2. We asked the bishop for a faculty for the new heating. He refused it. The nave is cold in January.\n"
    "3. A grant for the roof was applied for in June. It was approved on 3 July.\n"
    "4. The lead on the roof is from 1880. It weighs two tonnes.\n",
}
ORCHARD = {
    "log.txt": "ORCHARD LOG\n\n3 May: The contractor says that he sprayed block 4 on Monday. Nobody saw him there.\n\n"
    "9 May: Tested the new pump in the cider house. It failed after ten minutes. Rain all day.\n\n"
    "12 May: Offered the crop of block 2 to the jam works. No answer came.\n\n"
    "20 May: Picked the first cherries. Lunch was late.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def parish(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(PARISH, tmp_path_factory)


@pytest.fixture(scope="module")
def orchard(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(ORCHARD, tmp_path_factory)


@pytest.mark.parametrize(
    ("question", "first", "behind"),
    [
        ("Was the chalice lent to the museum in 1994?", "You say that", "There is no trace of that"),
        ("Do the church's books show that the chalice was lent to the museum?", "You say that", "There is no trace"),
        ("What was found about the casting of the bell?", "I looked for the record", "None was found."),
        ("What did the bishop say to the new heating?", "We asked the bishop", "He refused it."),
        ("What became of the grant for the roof?", "A grant for the roof", "It was approved on 3 July."),
    ],
)
def test_what_is_said_of_it_behind_a_quote_is_quoted_with_it(
    parish: hybrid.Corpus, question: str, first: str, behind: str
) -> None:
    texts = [" ".join(claim.text.split()) for claim in parish.ask(question).claims]
    at = next(at for at, text in enumerate(texts) if first in text)
    assert texts[at + 1].startswith(behind)
    assert not any("Tea was served" in text or "nave is cold" in text for text in texts)


@pytest.mark.parametrize(
    ("question", "first", "behind"),
    [
        ("Was block 4 sprayed?", "he sprayed block 4", "Nobody saw him there."),
        ("Did the new pump pass its test?", "Tested the new pump", "It failed after ten minutes."),
        ("Did the jam works buy the crop of block 2?", "Offered the crop", "No answer came."),
    ],
)
def test_what_became_of_it_is_quoted_in_a_log_too(
    orchard: hybrid.Corpus, question: str, first: str, behind: str
) -> None:
    texts = [" ".join(claim.text.split()) for claim in orchard.ask(question).claims]
    at = next(at for at, text in enumerate(texts) if first in text)
    assert texts[at + 1].startswith(behind)
    assert not any("Rain all day" in text or "Lunch was late" in text for text in texts)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The lead on the roof is from 1880.", "It weighs two tonnes."),
        ("We picked the first cherries.", "Lunch was late."),
        ("The rent is 900 a month.", "The tenant may not keep a dog."),
        ("The chair opened the meeting.", "Nobody objected to the minutes of the last one, and the agenda was taken."),
        ("Who has the key?", "It was not found."),
    ],
)
def test_a_sentence_that_only_goes_on_is_not_what_became_of_it(before: str, after: str) -> None:
    assert not continuations.completes(before, after)


@pytest.mark.parametrize(
    ("question", "quote", "following", "taken"),
    [
        ("Who signed it?", "Mr Lee asked me to sign it.", ["I refused.", "He then signed it himself."], 2),
        ("Who signed it?", "Mr Lee signed it.", ["He was in a hurry."], 0),
        ("Does the policy cover mould?", "The agent sent the papers.", ["The policy does not cover mould."], 1),
        ("Does the policy cover mould?", "The policy covers mould.", ["The policy is with the agent."], 0),
        ("Who opened the gate?", "Ann wanted to open the gate.", ["It rained.", "She opened it at noon."], 2),
        ("Who opened the gate?", "Ann wanted to open the gate.", ["She could not open it."], 0),
        ("Who opened the gate?", "Ann wanted to open the gate.", ["Did she open it?", "She opened it."], 0),
        (
            "Who opened the gate?",
            "Ann wanted to open the gate.",
            ["The herd of the farm beyond the brook had been moved on the day before.", "She opened it."],
            0,
        ),
    ],
)
def test_what_follows_belongs_to_a_quote_if_it_goes_on_and_answers(question, quote, following, taken):
    assert continuations.goes_on(question, quote, following) == taken


def test_a_lookup_quotes_who_did_it_at_last(tmp_path_factory):
    corpus = corpus_of(
        {
            "memo.txt": "NOTE OF THE FERRYMAN\n\nOn 2 June Mr Abbot asked me to sign the sailing certificate for the "
            "evening run. I would not. He then signed it himself. The sea was calm.\n\nWilfred Dane\n",
            "log.txt": "\n\n".join(f"Run {n} was on time and the sea was calm." for n in range(1, 20)),
        },
        tmp_path_factory,
    )
    quotes = [one.quote for one in corpus.ask("Who signed the sailing certificate for the evening run?").citations]
    assert quotes[1:3] == ["I would not.", "He then signed it himself."]
    assert not any(one == "The sea was calm." for one in quotes)


@pytest.mark.parametrize(
    ("after", "completes"),
    [
        ("I do not agree.", True),
        ("He disputes this.", True),
        ("We do not accept that.", True),
        ("I do not agree with the tenant about the rent that was due in May and the two months before it.", False),
        ("I agree.", False),
        ("I do not like tea.", False),
    ],
)
def test_a_speaker_s_own_view_goes_with_what_they_tell_of_another(after, completes):
    assert continuations.completes("Mr Lee has suggested that a storm broke the mast.", after) == completes
