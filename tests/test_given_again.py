"""What is changed by copying is checked as what is made, and a corpus that went is not written to."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hybrid
from hybrid.errors import CorpusError, CorruptCorpusError, HybridError, InputError, SettingsError, SourceNotFoundError
from hybrid.ingest.external_documents import to_metadata

INDEX = {"memory": {"enabled": False}}
NOTE = hybrid.Document.from_text("The lease ends on 4 May 2031.", "lease.txt")


@pytest.mark.parametrize(
    "copy",
    [
        lambda: hybrid.Metadata().model_copy(update={"custodain": "J. Doe"}),
        lambda: hybrid.Metadata().model_copy(update={"date": "yesterday"}),
        lambda: NOTE.model_copy(update={"text": ""}),
        lambda: NOTE.model_copy(update={"metadata": "J. Doe"}),
        lambda: hybrid.Filter().model_copy(update={"sources": 3}),
        lambda: hybrid.Metadata.model_validate_strings({"date": "yesterday"}),
        lambda: hybrid.Filter(metadata={"custodian": ()}),
        lambda: hybrid.Filter(metadata={"custodian": []}),
    ],
)
def test_a_wrong_copy_is_refused(copy: Callable[[], Any]) -> None:
    with pytest.raises(InputError):
        copy()


def test_a_copy_with_another_text_has_its_sha256() -> None:
    other = NOTE.model_copy(update={"text": "The lease was renewed."})
    assert other.sha256 == hybrid.Document.from_text("The lease was renewed.", "lease.txt").sha256
    assert NOTE.model_copy(update={"source": "b.txt"}).sha256 == NOTE.sha256


def test_an_invalid_document_is_left_out_with_the_reason(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "c", INDEX)
    wrong = hybrid.Metadata.model_construct(date="yesterday", extra={})
    report = corpus.ingest(
        [
            hybrid.Document(**{**dict(NOTE), "metadata": hybrid.Metadata()}),
            hybrid.Document.model_construct(**{**dict(NOTE), "source": "b", "metadata": wrong}),
        ]
    )
    assert [one.source for one in report.skipped] == ["b"]
    assert "yesterday" in report.skipped[0].reason
    assert [one.source for one in corpus.documents()] == ["lease.txt"]


def test_a_relative_corpus_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = hybrid.Corpus.open("acme", INDEX)
    corpus.ingest(NOTE)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    corpus.ingest(hybrid.Document.from_text("The rent is due in June.", "rent.txt"))
    assert len(corpus.search("When is the rent due?")) == 2
    assert corpus.status().bytes_on_disk > 0
    assert repr(corpus) == "Corpus('acme')"
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("change", [lambda c: c.ingest(NOTE), lambda c: c.remove("lease.txt")])
def test_a_deleted_corpus_is_not_written_to(tmp_path: Path, change: Callable[[hybrid.Corpus], Any]) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "c", INDEX)
    corpus.ingest(NOTE)
    shutil.rmtree(tmp_path / "c")
    with pytest.raises(CorpusError, match="deleted or moved"):
        change(corpus)
    assert not (tmp_path / "c").exists()


def test_an_emptied_catalog_beside_commits_is_damage(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX) as corpus:
        corpus.ingest(NOTE)
    for file in (tmp_path / "c").glob("catalog.sqlite*"):
        file.unlink()
    (tmp_path / "c" / "catalog.sqlite").touch()
    with pytest.raises(CorruptCorpusError, match="is empty, and the corpus was not"):
        hybrid.Corpus.open(tmp_path / "c")


def test_a_corpus_in_a_corpus_is_refused(tmp_path: Path) -> None:
    hybrid.Corpus.open(tmp_path / "c", INDEX).close()
    with pytest.raises(CorpusError, match="lies in another corpus"):
        hybrid.Corpus.open(tmp_path / "c" / "below" / "d", INDEX)
    assert not (tmp_path / "c" / "below").exists()


def test_a_path_that_is_too_long_is_a_corpus_error(tmp_path: Path) -> None:
    for create in (True, False):
        with pytest.raises(CorpusError):
            hybrid.Corpus.open(tmp_path / ("x" * 5000), create=create)
    with pytest.raises(InputError, match="surrogate"):
        hybrid.Corpus.open("a\ud800b")


def test_settings_are_read_from_a_file(tmp_path: Path) -> None:
    for path in ("a\0b", tmp_path):
        with pytest.raises(SettingsError):
            hybrid.Settings.load(path)
    with pytest.raises(SettingsError):
        hybrid.Settings.model_validate_strings({"memory": {"window": "wide"}})


class Row(IntEnum):
    FIRST = 1


@pytest.mark.parametrize("value", [Row.FIRST, type("Name", (str,), {})("x")])
def test_metadata_that_would_come_back_as_another_type_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="row"):
        to_metadata({"row": value})


def test_metadata_that_hold_themselves_are_refused() -> None:
    cyclic: dict[str, Any] = {}
    cyclic["self"] = cyclic
    with pytest.raises(InputError, match="holds itself"):
        to_metadata({"row": cyclic})


@pytest.mark.parametrize(
    "use",
    [
        lambda c: c.search_documents([10**400]),
        lambda c: c.get_documents([True]),
        lambda c: c.get_documents(["\ud800"]),
        lambda c: c.remove("\ud800"),
        lambda c: c.ingest(NOTE, progress=lambda: None),
        lambda c: c.ingest(NOTE, progress=hybrid.progress),
        lambda c: c.ask("When does it end?", on_token=lambda: None),
        lambda c: c.ingest("\ud800"),
    ],
)
def test_a_wrong_argument_is_named(tmp_path: Path, use: Callable[[hybrid.Corpus], Any]) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "c", INDEX)
    corpus.ingest(NOTE)
    with pytest.raises(HybridError, match=r"query|ids|source|progress|on_token|path"):
        use(corpus)


def test_a_source_is_removed_by_its_path_and_a_folder_by_its_sources(tmp_path: Path) -> None:
    corpus = hybrid.Corpus.open(tmp_path / "c", INDEX)
    corpus.ingest(hybrid.Document.from_text("One.", "docs/a.txt"), hybrid.Document.from_text("Two.", "docs/b.txt"))
    with pytest.raises(SourceNotFoundError, match="folder with 2 sources"):
        corpus.remove("docs/")
    assert corpus.remove("./docs/a.txt").removed == ("docs/a.txt",)
    assert corpus.remove(["docs/b.txt", "./docs/b.txt"]).removed == ("docs/b.txt",)


def test_two_documents_of_one_source_in_one_call_are_reported_once_and_the_later_wins(tmp_path: Path) -> None:
    first, second = (hybrid.Document.from_text(f"The lease ends in {month}.", "a.txt") for month in ("May", "June"))
    with hybrid.Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        report = corpus.ingest(first, second, second)
        assert (report.added, report.changed, report.unchanged) == (("a.txt",), (), ())
        assert corpus.get_documents(["a.txt"])["a.txt"].text == second.text
        report = corpus.ingest(second, first)
        assert (report.added, report.changed, report.unchanged) == ((), ("a.txt",), ())
        assert corpus.get_documents(["a.txt"])["a.txt"].text == first.text
        report = corpus.ingest(second, first)
        assert (report.added, report.changed, report.unchanged) == ((), (), ("a.txt",))
        assert corpus.get_documents(["a.txt"])["a.txt"].text == first.text


def test_dates_that_cannot_be_read_in_one_way_are_noted_with_their_sources(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("---\ndate: 3/4/2026\n---\nThe lease ends.")
    (folder / "b.html").write_text('<html><head><meta name="date" content="5/6/2026"></head><body>Rent</body></html>')
    (folder / "c.eml").write_text("From: a@example.org\nDate: nonsense\nSubject: Rent\n\nThe rent is due.")
    (folder / "d.md").write_text("---\ndate: 12 March 2026\n---\nThe deposit is due.")
    given = SimpleNamespace(page_content="The roof leaks.", metadata={"source": "e", "date": "7/8/2026"}, id=None)
    undated = SimpleNamespace(page_content="The door creaks.", metadata={"source": "f", "date": None}, id=None)
    with hybrid.Corpus.open(tmp_path / "corpus", {"memory": {"enabled": False}}) as corpus:
        report = corpus.ingest(folder, given, undated)
        assert len(report.added) == 6
    (note,) = report.notes
    for source, written in (("a.md", "3/4/2026"), ("b.html", "5/6/2026"), ("c.eml", "nonsense"), ("e", "7/8/2026")):
        assert f"{source} ('{written}')" in note
    assert "d.md" not in note
    assert "f (" not in note


def test_equal_values_have_equal_hashes_whatever_is_in_them(tmp_path: Path) -> None:
    def corpus(name: str) -> hybrid.Corpus:
        opened = hybrid.Corpus.open(tmp_path / name, {"memory": {"enabled": False}})
        opened.ingest(hybrid.Document.from_text("The rent is 900 euros.", "rent.txt"))
        return opened

    def values(of: hybrid.Corpus) -> list[object]:
        metadata = hybrid.Metadata(title="Rent", extra={"a": "1", "b": "2"})
        where = hybrid.Filter(metadata={"title": "rent.txt", "media_type": ("text/plain",)})
        answer = of.ask("How much is the rent?", route="lookup")
        return [
            metadata, hybrid.Filter(metadata={"custodian": ["a", "b"], "k": "v"}), where,
            hybrid.Document.from_text("A text.", "a.txt", metadata), answer.model_copy(update={"seconds": {}}),
            answer.citations[0], answer.route, of.search("rent")[0], of.page(answer.citations[0]), of.documents()[0],
        ]  # fmt: skip

    with corpus("one") as one, corpus("two") as two:
        for first, second in zip(values(one), values(two), strict=True):
            assert first == second
            assert hash(first) == hash(second)
            assert first in {second}
    turned = hybrid.Filter(metadata={"k": "v", "custodian": ("a", "b")})
    assert hash(turned) == hash(hybrid.Filter(metadata={"custodian": ("a", "b"), "k": "v"}))
    assert len({hybrid.Filter(metadata={"k": "v"}), hybrid.Filter(metadata={"k": "w"}), turned}) == 3
