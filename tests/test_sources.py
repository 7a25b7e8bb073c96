"""One text from several sources, each with its own metadata."""

from __future__ import annotations

from pathlib import Path

import hybrid


def of_both(folder: Path) -> hybrid.Corpus:
    """A corpus with one text from two custodians."""
    corpus = hybrid.Corpus.open(folder / "both", {"memory": {"enabled": False}})
    text = "The salt was wet when it arrived on 3 May 2024."
    corpus.ingest(
        hybrid.Document.from_text(text, "a.txt", hybrid.Metadata(custodian="Alice", title="From Alice")),
        hybrid.Document.from_text(text, "b.txt", hybrid.Metadata(custodian="Bob", date="2024-05-04")),
    )
    return corpus


def test_a_text_from_two_custodians_is_found_by_either(tmp_path: Path) -> None:
    corpus = of_both(tmp_path)
    for who, source in (("Alice", "a.txt"), ("Bob", "b.txt")):
        where = hybrid.Filter(metadata={"custodian": who})
        assert [hit.source for hit in corpus.search("wet salt", where=where)] == [source]
        ((document, hit),) = corpus.search_documents("wet salt", where=where)
        assert (document.source, document.metadata.custodian, hit.source) == (source, who, source)
        answer = corpus.ask("Was the salt wet?", where=where)
        assert {citation.source for citation in answer.citations} == {source}
        assert corpus.verify(answer) == []
        assert corpus.page(answer.citations[0]).source == source
    assert [hit.source for hit in corpus.search("wet salt", where=hybrid.Filter(since="2024-05"))] == ["b.txt"]
    contradictory = hybrid.Filter(metadata={"custodian": "Alice"}, since="2024-05")
    assert corpus.search("wet salt", where=contradictory) == []
    groups = {who: hybrid.Filter(metadata={"custodian": who}) for who in ("Alice", "Bob")}
    compared = corpus.compare("Was the salt wet?", groups)
    assert [compared[who].citations[0].source for who in groups] == ["a.txt", "b.txt"]


def test_a_writers_sentence_is_cited_from_the_source_that_the_filter_lets_through(tmp_path: Path) -> None:
    corpus = of_both(tmp_path)
    said = "The salt was wet when it arrived on 3 May 2024."
    where = hybrid.Filter(metadata={"custodian": "Bob"})
    answer = corpus.ask("Was the salt wet?", where=where, writer=lambda _: said, route="both")
    assert {citation.source for citation in answer.citations} == {"b.txt"}


def test_a_source_is_looked_up_under_its_own_name_with_its_own_metadata(tmp_path: Path) -> None:
    corpus = of_both(tmp_path)
    found = corpus.get_documents(["b.txt", "a.txt"])
    assert [(one.source, one.metadata.custodian) for one in found.values()] == [("b.txt", "Bob"), ("a.txt", "Alice")]
    corpus.remove("a.txt")
    assert [(one.source, one.custodian, one.title) for one in corpus.documents()] == [("b.txt", "Bob", "b.txt")]
    assert corpus.search("wet salt", where=hybrid.Filter(metadata={"title": "From Alice"})) == []


def test_metadata_that_changed_are_updated_though_the_text_stayed(tmp_path: Path) -> None:
    corpus = of_both(tmp_path)
    text = "The salt was wet when it arrived on 3 May 2024."
    report = corpus.ingest(hybrid.Document.from_text(text, "b.txt", hybrid.Metadata(custodian="Carol")))
    assert (report.changed, report.unchanged, report.duplicates) == (("b.txt",), (), ())
    assert corpus.get_documents(["b.txt"])["b.txt"].metadata.custodian == "Carol"
    assert [hit.source for hit in corpus.search("salt", where=hybrid.Filter(metadata={"custodian": "Carol"}))] == [
        "b.txt"
    ]
    assert corpus.search("salt", where=hybrid.Filter(metadata={"custodian": "Bob"})) == []
    again = corpus.ingest(hybrid.Document.from_text(text, "b.txt", hybrid.Metadata(custodian="Carol")))
    assert (again.changed, again.unchanged) == ((), ("b.txt",))


def test_a_file_with_the_text_of_a_document_has_its_own_metadata(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "c", {"memory": {"enabled": False}})
    (tmp_path / "notes.txt").write_text("The salt was wet.", encoding="utf-8")
    corpus.ingest(hybrid.Document.from_text("The salt was wet.", "given", hybrid.Metadata(custodian="Alice")))
    corpus.ingest(tmp_path / "notes.txt")
    name = str(tmp_path / "notes.txt")
    assert corpus.get_documents([name])[name].metadata.custodian is None
