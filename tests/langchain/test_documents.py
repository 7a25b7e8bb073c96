"""LangChain's loaders and splitters feed a corpus: texts whole again, metadata kept, wrong offsets caught."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document
from langchain_text_splitters import CharacterTextSplitter, RecursiveCharacterTextSplitter

import hybrid
from hybrid.errors import DamagedDocumentError, EmptyDocumentError, InputError, SourceNotFoundError
from hybrid.ingest.external_documents import Placed, from_metadata, joined, to_metadata
from hybrid.langchain import from_langchain
from hybrid.settings import MemorySettings, Settings
from hybrid.types.documents import Metadata

TEXT = """SUPPLY AGREEMENT

1. Term. The supply agreement ends on 30 June 2027, unless both parties extend it in writing.

2. Deliveries. Acme shall deliver 500 tonnes of rock salt to the depot in Ghent every month. Late deliveries are
notified within two days, and a third late delivery in a row lets Beta terminate the agreement.

3. Termination. Either party may terminate with 90 days' notice under clause 12.3(b).
"""
INDEX_ONLY = Settings(memory=MemorySettings(enabled=False))


def part(text: str, start: int | None = None, source: str | None = "a.txt", **metadata: Any) -> Document:
    known: dict[str, Any] = {} if source is None else {"source": source}
    return Document(text, metadata=known | ({} if start is None else {"start_index": start}) | metadata)


def texts(*parts: Document) -> dict[str, str]:
    return {document.source: document.text for document in from_langchain(parts)}


# Chunks of a splitter ------------------------------------------------------------------------------


@pytest.mark.parametrize("overlap", [0, 30])
def test_what_a_splitter_took_apart_is_one_document_with_the_originals_offsets(overlap: int) -> None:
    splitter = RecursiveCharacterTextSplitter(chunk_size=120, chunk_overlap=overlap, add_start_index=True)
    chunks = splitter.split_documents([part(TEXT, title="Supply agreement")])
    assert len(chunks) > 3
    (document,) = from_langchain(chunks)
    assert document.metadata == Metadata(title="Supply agreement")
    for chunk in chunks:
        start = chunk.metadata["start_index"]
        assert document.text[start : start + len(chunk.page_content)] == chunk.page_content
    assert "".join(document.text.split()) == "".join(TEXT.split())


def test_a_chunk_whose_offset_is_minus_one_is_found_by_what_it_shares() -> None:
    splitter = RecursiveCharacterTextSplitter(chunk_size=150, chunk_overlap=60, add_start_index=True)
    right = splitter.split_documents([part(TEXT)])
    for lost in range(1, len(right)):
        wrong = [chunk.model_copy(deep=True) for chunk in right]
        wrong[lost].metadata["start_index"] = -1
        try:
            found = texts(*wrong)["a.txt"]
        except DamagedDocumentError:
            assert not shares(right, lost), f"chunk {lost} could have been found"
        else:
            assert found == texts(*right)["a.txt"]


def shares(chunks: list[Document], at: int) -> bool:
    """Whether a chunk overlaps one of its neighbours by enough to be found."""
    spans = [(c.metadata["start_index"], c.metadata["start_index"] + len(c.page_content)) for c in chunks]
    before = spans[at - 1][1] - spans[at][0] >= 20
    return before or (at + 1 < len(spans) and spans[at][1] - spans[at + 1][0] >= 20)


def test_an_offset_where_another_text_stands_is_corrected_or_refused() -> None:
    first, second = "The supply agreement ends on 30 June 2027.", "agreement ends on 30 June 2027. It was signed."
    whole = "The supply agreement ends on 30 June 2027. It was signed."
    assert texts(part(first, 0), part(second, 11))["a.txt"] == whole
    assert texts(part(first, 0), part(second, 5))["a.txt"] == whole
    assert texts(part(first, 0), part(second, 200))["a.txt"] == whole
    with pytest.raises(DamagedDocumentError, match=r"a\.txt: chunk 2 \('Nothing like it\.'\) says .* character 5,"):
        texts(part(first, 0), part("Nothing like it.", 5))


def test_a_chunk_that_nothing_places_is_refused_by_name_with_advice() -> None:
    with pytest.raises(DamagedDocumentError, match=r"chunk 2 \('Beta\.'\).*start_index -1.*before they are split"):
        texts(part("Acme.", 0), part("Beta.", -1))
    with pytest.raises(DamagedDocumentError, match="start_index missing"):
        texts(part("Acme.", 0), part("Beta."))


def test_a_first_chunk_without_a_place_is_found_by_the_one_after_it() -> None:
    first, second = "Acme signed the agreement in Ghent.", "the agreement in Ghent. Beta did not."
    assert texts(part(first, -1), part(second, 12))["a.txt"] == "Acme signed the agreement in Ghent. Beta did not."


def test_an_offset_of_an_earlier_repetition_does_not_lose_the_later_one() -> None:
    """Splitters look for a chunk from where the last one began, and a repeated line is found too early."""
    line = "The parties agree as follows in this clause."
    chunks = [part(line, 0), part("Acme pays.", 45), part(line, 0), part("Beta pays.", 101)]
    with pytest.raises(DamagedDocumentError, match="chunk 3"):
        texts(*chunks)


def test_an_offset_out_of_all_proportion_does_not_fill_the_disk() -> None:
    with pytest.raises(DamagedDocumentError, match="far from what comes before"):
        texts(part("Acme.", 0), part("Beta.", 10**12))


def test_one_chunk_is_the_text_wherever_it_says_it_stood() -> None:
    assert texts(part("All of it.", -1)) == {"a.txt": "All of it."}
    assert texts(part("All of it.")) == {"a.txt": "All of it."}
    assert texts(part("All of it.", 2)) == {"a.txt": "\n\nAll of it."}


@given(st.integers(min_value=0, max_value=10**6))
def test_any_cut_of_a_text_with_right_offsets_gives_it_back(seed: int) -> None:
    chance = random.Random(seed)
    words = [chance.choice(["salt", "ends", "Ghent.", "in", "\n\n", "May", "the"]) for _ in range(60)]
    text = " ".join(words)
    at, chunks = 0, []
    while at < len(text):
        stop = min(len(text), at + chance.randrange(20, 60))
        chunks.append(Placed(text[at:stop], at))
        at = stop if stop == len(text) else max(at + 1, stop - chance.randrange(0, 15))
    assert joined(chunks) == text


# Pages, rows, streams ------------------------------------------------------------------------------


def test_pages_of_a_loader_are_the_pages_of_one_document() -> None:
    (document,) = from_langchain([part("First page.", page=0, page_label="i"), part("Third.", page=2, page_label="1")])
    assert document.text == "First page.\nThird."
    assert [document.page_of(document.text.index(word)) for word in ("First", "Third")] == [1, 3]
    assert from_metadata(document.metadata) == {"page_label": ["i", "1"]}
    (document,) = from_langchain([part("One.", page_number=1), part("Two.", page_number=2)])
    assert document.page_of(document.text.index("Two")) == 2


def test_pages_that_were_split_come_together_page_by_page() -> None:
    pages = [part("Acme signed the agreement. Beta did not.", page=0), part("It was Ghent. It rained.", page=1)]
    splitter = CharacterTextSplitter(separator=" ", chunk_size=20, chunk_overlap=5, add_start_index=True)
    chunks = splitter.split_documents(pages)
    assert len(chunks) > 3
    (document,) = from_langchain(chunks)
    assert document.text == "Acme signed the agreement. Beta did not.\nIt was Ghent. It rained."
    assert document.pages == (0, 41)


def test_parts_with_neither_pages_nor_offsets_stay_apart() -> None:
    assert texts(part("Row one.", row=0), part("Row two.", row=1)) == {"a.txt#1": "Row one.", "a.txt#2": "Row two."}


def test_documents_without_a_source_are_named_by_id_or_by_their_text() -> None:
    named, unnamed = Document("One.", id="7"), Document("Two.")
    assert list(texts(named, unnamed)) == ["7", "unnamed-" + unnamed_digest("Two.")]


def unnamed_digest(text: str) -> str:
    return hybrid.Document.from_text(text, source="x").sha256[:12]


def test_parts_of_one_source_in_several_places_are_refused() -> None:
    with pytest.raises(DamagedDocumentError, match="several places"):
        texts(part("One."), part("Other.", source="b.txt"), part("Two."))


def test_an_empty_document_is_named() -> None:
    with pytest.raises(EmptyDocumentError, match=r"a\.txt: there is no text"):
        texts(part(" \n"))


def test_line_ends_are_canonical_and_offsets_stay() -> None:
    (document,) = from_langchain([part("One.\r\nTwo.", 0), part("Three.", 12)])
    assert "\r" not in document.text
    assert document.text[12:] == "Three."


def test_a_stream_is_read_one_source_at_a_time() -> None:
    taken: list[int] = []

    def stream() -> Iterator[Document]:
        for number in range(100):
            taken.append(number)
            yield part(f"Text {number}.", source=f"{number}.txt")

    documents = from_langchain(stream())
    assert next(documents).source == "0.txt"
    assert len(taken) <= 2


# Metadata -------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["title", "author", "date", "custodian", "page", "row", "source"]) | st.text()


@settings(max_examples=50)
@given(st.dictionaries(KEYS.filter(lambda key: key not in ("_json", "_types")), VALUES, max_size=6))
def test_metadata_comes_back_as_it_was(given: dict[str, Any]) -> None:
    stored = Metadata.model_validate_json(to_metadata(given).model_dump_json())
    assert from_metadata(stored) == given


def test_metadata_goes_where_filters_look_for_it() -> None:
    given = {"title": "Minutes", "author": 7, "date": "2026-03-04T10:00:00", "custodian": "J. Doe", "row": 3}
    stored = to_metadata(given)
    assert (stored.title, stored.author, stored.date, stored.custodian) == ("Minutes", None, "2026-03-04", "J. Doe")
    assert (stored.extra["row"], stored.extra["date"]) == ("3", "2026-03-04T10:00:00")
    assert to_metadata({"date": datetime.date(2026, 3, 4)}).date == "2026-03-04"
    assert to_metadata({"date": "yesterday"}).date is None
    assert to_metadata({"date": "2026-02-30"}).date is None


def test_metadata_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(InputError, match="_json"):
        to_metadata({"_json": 1})
    with pytest.raises(InputError, match="_types"):
        to_metadata({"_types": 1})
    with pytest.raises(InputError, match="keys are strings"):
        to_metadata({7: 1})  # type: ignore[dict-item]
    with pytest.raises(InputError, match=r"metadata a has the key \(1, 2\)"):
        to_metadata({"a": {(1, 2): 3}})


NOT_KEPT = [(1, 2), {1}, b"x", Path("x"), [{"b": (1,)}], {1: 2}, [datetime.date(2026, 3, 4)], object()]


@pytest.mark.parametrize("value", NOT_KEPT, ids=lambda value: type(value).__name__)
def test_what_would_come_back_as_something_else_is_refused_by_its_key(value: Any) -> None:
    with pytest.raises(InputError, match="metadata seen"):
        to_metadata({"seen": value})


KEPT = [
    *(datetime.datetime(2026, 3, 4, 5, 6, 7, 8, datetime.UTC), datetime.date(2026, 3, 4), datetime.time(1, 2)),
    *(Decimal("1.10"), UUID(int=7), 2**70, 0.1, True, None, [1, ["a", None]], {"a": {"b": [1.5]}}, "2026-03-04"),
]


@pytest.mark.parametrize("key", ["seen", "date", "title"])
@pytest.mark.parametrize("value", KEPT, ids=lambda value: type(value).__name__)
def test_types_come_back_as_they_were(key: str, value: Any) -> None:
    back = from_metadata(Metadata.model_validate_json(to_metadata({key: value}).model_dump_json()))
    assert back == {key: value}
    assert type(back[key]) is type(value)


# Into a corpus --------------------------------------------------------------------------------------


class Loader(BaseLoader):
    """Two contracts and a blank, as loaders give them: one at a time."""

    def lazy_load(self) -> Iterator[Document]:
        yield part(TEXT, source="supply.txt", custodian="J. Doe", row=3)
        yield part(" ", source="blank.txt")
        yield part("The lease of the warehouse in Oslo ends on 1 May 2028.", source="lease.txt")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hybrid.Corpus]:
    with hybrid.Corpus.open(tmp_path_factory.mktemp("corpus") / "c", INDEX_ONLY) as opened:
        report = opened.ingest(Loader().lazy_load())
        assert report.added == ("supply.txt", "lease.txt")
        assert [(skipped.source, skipped.code) for skipped in report.skipped] == [("blank.txt", "empty")]
        yield opened


def test_a_stream_of_langchain_documents_is_ingested_and_cited_whole(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("When does the supply agreement end?", where=hybrid.Filter(metadata={"row": "3"}))
    citation = answer.citations[0]
    assert (citation.source, TEXT[citation.start : citation.end]) == ("supply.txt", citation.quote)
    assert corpus.verify(answer) == []


def test_what_was_split_before_it_was_ingested_is_unchanged(corpus: hybrid.Corpus) -> None:
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=120, chunk_overlap=0, add_start_index=True, strip_whitespace=False
    )
    chunks = splitter.split_documents(Loader().load())
    report = corpus.ingest(chunk for chunk in chunks if chunk.page_content.strip())
    assert report.unchanged == ("supply.txt", "lease.txt")


def test_lists_paths_and_documents_of_both_kinds_go_together(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("A note on paper.")
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as opened:
        own = hybrid.Document.from_text("Our own.", source="own")
        report = opened.ingest([tmp_path / "note.txt", own, part("Theirs.", source="t")], part("One.", source="o"))
        assert {Path(name).name for name in report.added} == {"note.txt", "own", "t", "o"}


def test_a_document_that_cannot_be_put_together_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as opened:
        report = opened.ingest([part("Acme.", 0), part("Beta.", -1), part("Whole.", source="b.txt")])
    assert report.added == ("b.txt",)
    assert "chunk 2 ('Beta.')" in report.skipped[0].reason


@pytest.mark.parametrize("given", [7, b"text", {"a": 1}, [7], iter([7]), [["a.txt", None]]])
def test_what_is_no_document_is_refused(tmp_path: Path, given: Any) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as opened, pytest.raises(InputError, match="ingest"):
        opened.ingest(given)


def test_several_sources_are_removed_in_one_commit_or_none_of_them(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "c", INDEX_ONLY) as opened:
        opened.ingest([part(f"Text {name}.", source=name) for name in "abc"])
        before = opened.status().commit
        with pytest.raises(SourceNotFoundError, match="'d'"):
            opened.remove(["a", "d"])
        assert len(opened.documents()) == 3
        assert set(opened.remove(["a", "b", "a"]).removed) == {"a", "b"}
        assert opened.status().commit == (before or 0) + 1
        assert [document.source for document in opened.documents()] == ["c"]
