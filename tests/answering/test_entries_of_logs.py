"""What a log says is quoted entry by entry, with the day and the hour of the entry and the initials behind it."""

from __future__ import annotations

import pytest
from index_only import corpus_of

import hybrid

LOCK = {
    "lock-book.txt": """TREVANE LOCK - KEEPERS' BOOK, JUNE
Hours local. Initials: EM Moyle, TR Rowe, JH Hosken

Tue 04 Jun  05:10  Upper gate stuck. Grease sent for.  EM
Tue 04 Jun  06:45  Barge Amity at lower gate. Master P. Quint. Toll paid in coin.  TR
Tue 04 Jun  07:20  Chain of the winch parted. Nobody hurt.  JH
Tue 04 Jun  09:00  Smith came.  EM
Wed 05 Jun  08:00  Winch mended and tried twice with the empty gate.  The smith, who had brought a new chain from Par,
   found that the old one had been worn through on one side, and he said that this was from the wheel, which is not
   true to its axle and has to be turned. He took the worn link away in a bag.  He asks four shillings.  TR
Wed 05 Jun  10:30  Barge Amity locked down.  JH
""",
    "other.txt": "Cider is pressed in October. The press stands in the barn.\n",
}


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    return corpus_of(LOCK, tmp_path_factory)


def said(corpus: hybrid.Corpus, question: str) -> list[str]:
    return [" ".join(claim.text.split()) for claim in corpus.ask(question).claims]


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("Who was the master of the barge Amity?",
         "Tue 04 Jun 06:45 Barge Amity at lower gate. Master P. Quint. Toll paid in coin. TR"),
        ("When did the chain of the winch part?", "Tue 04 Jun 07:20 Chain of the winch parted. Nobody hurt. JH"),
        ("When did the smith come?", "Tue 04 Jun 09:00 Smith came. EM"),
    ],
)  # fmt: skip
def test_a_quote_is_an_entry_from_its_day_to_its_initials(lock: hybrid.Corpus, question: str, entry: str) -> None:
    quotes = said(lock, question)
    assert entry in quotes
    assert not any(one.startswith(("EM", "TR", "JH")) for one in quotes), quotes


def test_a_later_sentence_of_a_long_entry_comes_with_its_day_and_its_hour(lock: hybrid.Corpus) -> None:
    quotes = said(lock, "What did the smith take away in a bag?")
    at = next(at for at, one in enumerate(quotes) if "worn link away" in one)
    assert quotes[at - 1] == "Wed 05 Jun 08:00", quotes
