"""Documents without a date are not looked at where a filter names days, and every answer and search says how many."""

from __future__ import annotations

import pytest

from hybrid import Corpus, Document, Filter, Metadata
from hybrid.types.filters import undated_note

QUESTION = "Who left the hatch open?"
NOTE = "not looked at: whether"


def dated(name, text, date=None, custodian=None):
    return Document.from_text(text, source=name, metadata=Metadata(date=date, custodian=custodian))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    with Corpus.open(tmp_path_factory.mktemp("undated") / "corpus", {"memory": {"enabled": False}}) as opened:
        opened.ingest(
            dated("march.txt", "The mate left the hatch open in the harbour.", "2026-03-05", "Orr"),
            dated("none.txt", "The captain left the hatch open at night.", None, "Orr"),
            dated("also.txt", "Nobody knows about the ladder.", None, "Strand"),
        )
        yield opened


def said_of(notes):
    return [one for one in notes if NOTE in one]


@pytest.mark.parametrize(
    ("where", "documents"),
    [
        (Filter(since="2026-03", until="2026-03"), 2),
        (Filter(until="2027"), 2),
        (Filter(since="2026", metadata={"custodian": "Orr"}), 1),
        (Filter(since="2026", sources="march.txt"), 0),
        (Filter(metadata={"custodian": "Orr"}), 0),
        (None, 0),
    ],
)
def test_what_a_filter_of_days_leaves_out_is_counted(corpus, where, documents):
    answer = corpus.ask(QUESTION, where=where)
    assert said_of(answer.notes) == ([undated_note(documents)] if documents else [])
    hits = corpus.search("hatch", where=where)
    assert hits.undated == documents
    assert (NOTE in str(hits)) == (NOTE in hits._repr_html_()) == bool(documents)
    assert hits[:1].undated == documents


@pytest.mark.parametrize(
    ("asked", "documents"),
    [("before:2027 hatch", 2), (f"since:2026-03 {QUESTION}", 2), ("custodian:Orr hatch", 0), ("hatch AND mate", 0)],
)
def test_so_is_what_the_days_of_an_expression_leave_out(corpus, asked, documents):
    assert said_of(corpus.ask(asked).notes) == ([undated_note(documents)] if documents else [])
    assert corpus.search(asked).undated == documents


def test_where_the_days_leave_nothing_over_the_count_is_said_as_well(corpus):
    answer = corpus.ask(QUESTION, where=Filter(until="1999"))
    assert not answer.found
    assert said_of(answer.notes) == [undated_note(2)]
    assert NOTE in str(corpus.search("hatch", where=Filter(until="1999")))


def test_each_group_of_a_comparison_says_it(corpus):
    groups = {"then": Filter(since="2026"), "Orr": Filter(metadata={"custodian": "Orr"})}
    answers = corpus.compare(QUESTION, groups)
    assert [len(said_of(answers[name].notes)) for name in groups] == [1, 0]


def test_one_document_and_several_are_said_in_their_number():
    assert undated_note(0) == ""
    assert undated_note(1).startswith("1 document without a date in its metadata was not looked at: whether it is")
    assert undated_note(1200).startswith("1,200 documents without a date in their metadata were not")
