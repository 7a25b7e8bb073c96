"""A quote is shown in its page: the right lines with the right numbers, or an error where the document is another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from display_checks import check

import hybrid
from hybrid.display.pages import ABOVE, BELOW, sheet
from hybrid.errors import CorpusError, SourceNotFoundError
from hybrid.retrieval.exact_match import matched
from hybrid.settings import MemorySettings, Settings
from hybrid.text.formatting import WIDTH
from hybrid.types.documents import AROUND_LINES, MOST_CHARS, Document, PageView

TEXT = "\n".join(f"Line {number} of the first page." for number in range(1, 6)) + "\nIt goes\non here.\nThe end.\n"
PAGED = Document(source="deal.pdf", text=TEXT, sha256="0" * 64, pages=(0, TEXT.index("on here")))


def view(document: Document, quote: str) -> PageView:
    start = document.text.index(quote)
    return PageView.of(document, start, start + len(quote))


def test_a_page_is_shown_whole_with_its_own_line_numbers() -> None:
    page = view(PAGED, "The end.")
    assert (page.page, page.pages, page.lines, page.first_line) == (2, 2, (2, 2), 1)
    assert page.text == "on here.\nThe end.\n"
    assert page.quote == "The end."
    assert (page.cut_before, page.cut_after) == (False, False)
    assert str(page) == "deal.pdf, page 2 of 2, line 2\n\n    1   on here.\n    2 ┃ The end."


def test_a_quote_over_two_pages_shows_both_and_where_the_second_begins() -> None:
    page = view(PAGED, "goes\non here")
    assert (page.page, page.last_page, page.lines) == (1, 2, (6, 1))
    assert str(page).splitlines()[-4:] == [
        "    6 ┃ It goes",
        "      ── page 2 ──",
        "    1 ┃ on here.",
        "    2   The end.",
    ]
    root = check(page._repr_html_())
    assert ["".join(mark.itertext()) for mark in root.iter("mark")] == ["goes", "on here"]


def test_a_quote_that_ends_with_its_page_does_not_show_the_next() -> None:
    page = view(PAGED, "It goes\n")
    assert (page.page, page.last_page, page.breaks) == (1, 1, ())
    assert page.text.endswith("It goes\n")


def test_without_pages_the_lines_around_are_shown_with_the_documents_numbers() -> None:
    document = Document.from_text("\n".join(f"line {number}" for number in range(1, 101)), source="notes.txt")
    page = view(document, "line 50")
    assert page.first_line == 50 - AROUND_LINES
    assert page.text.split("\n")[0] == f"line {50 - AROUND_LINES}"
    assert page.text.split("\n")[-1] == f"line {50 + AROUND_LINES}"
    assert (page.cut_before, page.cut_after) == (True, True)
    assert "   50 ┃ line 50" in str(page)


@pytest.mark.parametrize("quote", ["line 1\n", "line 100", "line 2\nline 3"])
def test_the_edges_of_a_document_are_no_special_case(quote: str) -> None:
    document = Document.from_text("\n".join(f"line {number}" for number in range(1, 101)), source="notes.txt")
    page = view(document, quote)
    assert page.quote == quote
    assert document.text[page.offset : page.offset + len(page.text)] == page.text
    assert page.cut_before == (page.offset > 0)


def test_a_line_that_is_a_whole_book_is_cut_around_the_quote() -> None:
    document = Document.from_text("word " * 100_000 + "needle " + "word " * 100_000, source="book.txt")
    page = view(document, "needle")
    assert len(page.text) == 2 * MOST_CHARS + len("needle")
    assert (page.cut_before, page.cut_after) == (True, True)
    assert "<mark" in page._repr_html_()
    assert len(page._repr_html_()) < 15_000


def test_a_report_shows_some_lines_around_and_says_that_there_are_more() -> None:
    document = Document.from_text("\n".join(f"line {number}" for number in range(1, 101)), source="notes.txt")
    shown = "".join(check(sheet(view(document, "line 50"), most=2)).itertext())
    assert shown == "…48line 4849line 4950line 5051line 5152line 52…"


def folded(page: PageView) -> tuple[list[str], str, list[str]]:
    """What a page view shows before the quote's part, there, and after it, without opening anything."""
    (region,) = (one for one in check(page._repr_html_()).iter("div") if one.get("role") == "region")
    parts = [("".join(one.itertext()), one.tag == "details") for one in region]
    near = [at for at, (_, away) in enumerate(parts) if not away]
    labels = [one.findtext("summary") or "" for one in region if one.tag == "details"]
    assert near == list(range(near[0], near[-1] + 1))
    assert all(not one.get("open") for one in region)
    return labels, "".join(parts[at][0] for at in near), [text for text, away in parts if away]


def test_the_quote_comes_first_and_the_rest_of_its_page_is_folded_away() -> None:
    text = "\n".join(f"Clause {number} of the deed." for number in range(1, 61))
    page = view(Document(source="deed.pdf", text=text, sha256="0" * 64, pages=(0,)), "Clause 29 of the deed.")
    labels, near, away = folded(page)
    assert labels == [f"{28 - ABOVE} lines above", f"{31 - BELOW} lines below"]
    assert near.startswith(f"{29 - ABOVE}Clause {29 - ABOVE} of the deed.")
    assert near.endswith(f"Clause {29 + BELOW} of the deed.")
    assert "Clause 1 of the deed." in away[0]
    assert "Clause 60 of the deed." in away[1]
    assert "overflow-y" not in page._repr_html_()  # what scrolls within a page hides the quote, and keyboards get stuck


def test_the_whole_page_is_there_and_in_order_once_it_is_unfolded() -> None:
    text = "\n".join(f"Clause {number} of the deed." for number in range(1, 61))
    page = view(Document(source="deed.pdf", text=text, sha256="0" * 64, pages=(0,)), "Clause 29 of the deed.")
    words = check(page._repr_html_()).xpath("string()")
    assert re.findall(r"Clause (\d+) of", words) == [str(number) for number in range(1, 61)]


def test_in_a_terminal_too_the_quote_is_not_below_a_whole_page() -> None:
    text = "\n".join(f"Clause {number} of the deed." for number in range(1, 61))
    page = view(Document(source="deed.pdf", text=text, sha256="0" * 64, pages=(0,)), "Clause 29 of the deed.")
    shown = str(page).splitlines()
    assert shown[:4] == [
        "deed.pdf, page 1 of 1, line 29",
        "",
        "      … 24 lines above",
        "   25   Clause 25 of the deed.",
    ]
    assert shown[3 + ABOVE] == "   29 ┃ Clause 29 of the deed."
    assert shown[-2:] == ["   37   Clause 37 of the deed.", "      … 23 lines below"]


def test_a_line_or_two_are_shown_and_not_folded() -> None:
    text = "\n".join(f"Clause {number} of the deed." for number in range(1, 60))
    for number, above in ((ABOVE + 3, []), (ABOVE + 4, ["3 lines above"])):
        labels, near, _ = folded(view(Document.from_text(text, source="deed.txt"), f"Clause {number} of the deed."))
        assert labels[:-1] == above
        assert ("Clause 1 of" in near) == (not above)


@pytest.mark.parametrize("where", ["own", "next"])
def test_a_paragraph_that_is_one_long_line_does_not_push_the_quote_away(where: str) -> None:
    """Word processors and mails end a line where a paragraph ends."""
    long = " ".join(f"word{number}." for number in range(400))
    join = " " if where == "own" else "\n"
    page = view(Document.from_text(f"{long}{join}The needle.{join}{long}", source="memo.txt"), "The needle.")
    labels, near, away = folded(page)
    assert len(labels) == 2
    before, _, after = near.partition("The needle.")
    assert 0 < len(before) < (ABOVE + 2) * WIDTH
    assert 0 < len(after) < (BELOW + 2) * WIDTH
    every = re.findall(r"word\d+\.", away[0] + before) + re.findall(r"word\d+\.", after + away[1])
    assert every == long.split() * 2  # no word is lost, torn or shown twice
    assert len(str(page)) < (ABOVE + BELOW + 8) * (WIDTH + 12)


def test_a_report_keeps_to_its_few_rows_beside_a_long_line() -> None:
    long = "word " * 700
    page = view(Document.from_text(f"{long}The needle. {long}", source="memo.txt"), "The needle.")
    shown = "".join(check(sheet(page, most=2)).itertext())
    assert shown.startswith("…1… word")
    assert len(shown) < 8 * WIDTH


# From a corpus ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("pages")
    corpus = hybrid.Corpus.open(folder / "corpus", Settings(memory=MemorySettings(enabled=False)))
    corpus.ingest(
        hybrid.Document.from_text("Rent is due on Monday.\nNotice under clause 4.2 takes 30 days.", source="lease.txt"),
        hybrid.Document.from_text("The landlord gave notice on 2 May 2024.", source="letter.txt"),
    )
    return corpus


def test_the_page_of_a_citation_and_of_a_hit_hold_their_spans(corpus: hybrid.Corpus) -> None:
    answer = corpus.ask("How long is notice under clause 4.2?", route="lookup")
    citation = answer.citations[0]
    assert corpus.page(citation).quote == citation.quote
    hit = corpus.search("notice")[0]
    assert corpus.page(hit).quote == hit.text


def test_a_page_of_another_text_is_refused(corpus: hybrid.Corpus, tmp_path: Path) -> None:
    citation = corpus.ask("How long is notice under clause 4.2?", route="lookup").citations[0]
    with pytest.raises(SourceNotFoundError, match=r"gone\.txt is not in the corpus"):
        corpus.page(citation.model_copy(update={"source": "gone.txt"}))
    with pytest.raises(CorpusError, match="has changed since"):
        corpus.page(citation.model_copy(update={"sha256": "f" * 64}))
    with pytest.raises(CorpusError, match="is not at characters"):
        corpus.page(citation.model_copy(update={"start": citation.start + 1, "end": citation.end + 1}))


def test_a_search_knows_which_words_it_matched(corpus: hybrid.Corpus) -> None:
    hits = corpus.search("When were notices given under clause 4.2?", k=2)
    assert isinstance(hits, hybrid.Hits)
    assert hits.question == "When were notices given under clause 4.2?"
    assert {"notice", "clause 4.2"} <= set(hits.matched)
    assert not {"is", "on", "under", "rent"} & set(hits.matched)


def test_words_match_by_their_stem_and_terms_exact_match() -> None:
    assert matched('Who terminated "early notice"?', ["Termination by early notice.", "Early  notice"]) == (
        "early", "early notice", "notice", "termination",
    )  # fmt: skip
    assert matched("What is it?", ["It is what it is."]) == ()


def test_a_closed_corpus_still_shows_what_it_was(tmp_path: Path) -> None:
    with hybrid.Corpus.open(tmp_path / "corpus") as corpus:
        assert "Empty" in corpus._repr_html_()
        assert "commit     none yet" in str(corpus)
    assert "Closed" in check(corpus._repr_html_()).xpath("string()")
    assert str(corpus) == repr(corpus)
