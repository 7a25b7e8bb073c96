"""Documents without a date are not looked at where a filter names days, and every answer and search says how many."""

from __future__ import annotations

from datetime import datetime

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


LETTER = "Orchard Row Ltd\n2 May 2025\n\nDear Sir\n\nThe second pump failed on 9 April 2025.\n"
REPORT = "Report on the pump\nAnn Orr, engineer\nVisit: 23 April 2025. Report: 20 May 2025\n\n1. I saw the pump.\n"
MINUTES = "Minutes of the meeting held on 3 June 2025\n\nThe second pump was discussed.\n"


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (("2025-05-02", "2025-05-02"), {"letter.txt"}),
        (("2025-06", "2025-06"), {"minutes.txt"}),
        (("2025-05-20", "2025-05-20"), {"report.txt"}),
        (("2025-04-23", "2025-04-23"), set()),  # nor is that of the visit
        (("2025-04-09", "2025-04-09"), set()),  # the day of the failure is no document's
        (("2024", "2024"), {"given.txt"}),  # whoever gives a date knows better
    ],
)
def test_a_document_that_gives_its_own_day_is_found_by_it(tmp_path, day, found):
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as opened:
        for name, text in (("letter.txt", LETTER), ("minutes.txt", MINUTES), ("report.txt", REPORT)):
            (tmp_path / name).write_text(text)
        opened.ingest(*sorted(tmp_path.glob("*.txt")), dated("given.txt", LETTER + "!", "2024-01-01"))
        hits = opened.search("second pump", where=Filter(since=day[0], until=day[1]))
        assert {hit.source.rsplit("/", 1)[-1] for hit in hits} == found
        assert hits.undated == 0


def test_the_day_that_a_program_wrote_is_kept_beside_the_day_of_the_letter(tmp_path):
    docx = pytest.importorskip("docx")
    file = docx.Document()
    for line in LETTER.splitlines():
        file.add_paragraph(line)
    file.core_properties.created = datetime(2025, 7, 1, 9, 30)
    file.save(str(tmp_path / "letter.docx"))
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as opened:
        opened.ingest(tmp_path / "letter.docx")
        (source,) = [one.source for one in opened.documents()]
        metadata = opened.get_documents([source])[source].metadata
        assert metadata.date == "2025-05-02"
        assert metadata.extra["file_date"].startswith("2025-07-01")
        assert opened.search("pump", where=Filter(since="2025-07", until="2025-07")).undated == 0
        assert not opened.search("pump", where=Filter(since="2025-07", until="2025-07"))


def test_a_date_that_cannot_be_read_is_reported_and_not_replaced(tmp_path):
    (tmp_path / "letter.md").write_text(f"---\ndate: 3/4/2025\n---\n{LETTER}")
    with Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as opened:
        assert "3/4/2025" in str(opened.ingest(tmp_path / "letter.md"))
        hits = opened.search("pump", where=Filter(since="2025-05", until="2025-05"))
        assert (list(hits), hits.undated) == ([], 1)
