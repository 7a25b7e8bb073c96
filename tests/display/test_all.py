"""Everything that a cell can end with is legible, harmless and bounded, as HTML and as text."""

from __future__ import annotations

import io
from typing import Any

import display_gallery as gallery
import pytest
from display_checks import THEMES, check, texts
from IPython.lib.pretty import pretty
from pydantic import BaseModel

import hybrid
from hybrid.display.markup import Html, tag
from hybrid.evaluation.report import EvaluationReport as Evaluation
from hybrid.text.formatting import SHOWN_ROWS, printable, reflowed, table
from hybrid.types.answers import (
    Answer,
    Citation,
    Claim,
    Comparison,
    Contradiction,
    DigestPart,
    Draft,
    Hit,
    Hits,
    Route,
)
from hybrid.types.base import Shown
from hybrid.types.documents import Document, Metadata, PageView
from hybrid.types.filters import Filter
from hybrid.types.reports import (
    CorpusStatus,
    DocumentInfo,
    Documents,
    IngestReport,
    MemoryTraining,
    SkippedFile,
    VolumeInfo,
    VolumeReport,
)

EVIL = '</td></div><script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x1b[31m\x00\u202egnp.exe\u2028 \'"'
LONG = "W" * 3000


def hostile(words: str) -> dict[str, Shown]:
    """One of each kind in which everything that a document or a user can say is ``words``."""
    text = f"{words}\n{words} end"
    document = Document(
        source=words, text=text, sha256="0" * 64, media_type=words,
        metadata=Metadata(title=words, author=words, date="2024-03-01", custodian=words, extra={words: words}),
        parent=words,
    )  # fmt: skip
    citation = Citation(
        number=1, source=words, title=words, page=1, last_page=1, lines=(1, 2), start=0, end=len(text), quote=text,
        before=words, after=words, sha256=words, speaker=words, date=words,
    )  # fmt: skip
    part = DigestPart(source=words, title=words, author=words, date=words, citations=(1,))
    drafted = Claim(text=words, verdict="unsupported", origin="memory", support=0.0, contradicted_by=(2,))
    draft = Draft(origin="memory", claims=(drafted,), citations=(citation.model_copy(update={"number": 2}),))
    claim = Claim(text=words, verdict="verbatim", citations=(citation,), origin="index", support=1.0)
    route = Route(name="both", p_comprehension=0.5)
    answer = Answer(
        question=words, text=words, route=route, claims=(claim,), citations=(citation,), found=True, notes=(words,),
        seconds={words: 1.0}, commit=1, where=Filter(sources=words, metadata={words: words}), digest=(part,),
        draft=draft,
    )  # fmt: skip
    hit = Hit(
        source=words, title=words, chunk_id=1, document_id=1, start=0, end=len(text), text=text, page=None,
        last_page=None, lines=(1, 2), sha256=words, score=1.5,
    )  # fmt: skip
    info = DocumentInfo(
        id=1, source=words, title=words, media_type=words, characters=5, pages=0, chunks=1, sha256=words, date=words,
        custodian=words, sources=(words, words),
    )  # fmt: skip
    skipped = SkippedFile(source=words, code=words, reason=words)
    status = CorpusStatus(
        directory=words, commit=1, documents=1, sources=1, chunks=1, characters=1, memory="behind", trained_tokens=1,
        bytes_on_disk=1, embedder=words, language_model=words,
    )  # fmt: skip
    ingest = IngestReport(
        added=(words,), changed=(words,), duplicates=(words,), removed=(words,), skipped=(skipped,), notes=(words,),
        seconds={words: 1.0},
    )  # fmt: skip
    volume = VolumeInfo(
        id=1, file=words, tensors_sha256=words, access_class=words, tokens=9, sources=(words, words),
        report=VolumeReport(harm=words),
    )  # fmt: skip
    training = MemoryTraining(tokens=9, points=gallery.training(3).points, model=words, volumes=(volume,))
    contradiction = Contradiction(groups=(words, words), claims=(claim, claim))
    return {
        "comparison": Comparison(words, {words: answer, "other": answer}, [contradiction]),
        "contradiction": contradiction,
        "digest part": part, "draft": draft,
        "document": document, "citation": citation, "claim": claim, "route": route, "answer": answer, "hit": hit,
        "hits": Hits([hit], question=words, matched=(words, "end")), "info": info, "documents": Documents([info]),
        "skipped": skipped, "status": status, "ingest": ingest, "training": training,
        "volume": volume, "volume report": volume.report,
        "page": PageView.of(document, 3, len(text)), "exhibits": hybrid.exhibits(answer),
        "exhibit": hybrid.exhibits(answer)[0], "report": hybrid.report(answer, title=words),
        "evaluation": Evaluation(name="x", title=words, rows=({words: words},), seed=1, settings={words: words}),
    }  # fmt: skip


KINDS = {**gallery.displays(), "empty corpus": CorpusStatus(
    directory="new", commit=None, documents=0, sources=0, chunks=0, characters=0, memory="none", trained_tokens=0,
    bytes_on_disk=0, embedder="e", language_model=None,
), "no documents": Documents(), "no hits": Hits(question="What?"), "no exhibits": hybrid.exhibits([]),
    "nothing to do": IngestReport(), "long page": PageView.of(
        Document.from_text("Nothing here.\n" * 80, source="notes.txt"), 560, 573
    ),
    "evaluation": Evaluation(name="x", title="T.", rows=({"set": "a", "n": 1},), seed=1),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_display_is_well_formed_and_needs_nothing_from_outside(kind: str) -> None:
    root = check(KINDS[kind]._repr_html_())
    assert root[0].get("role") == "group"
    assert root[0].get("aria-label")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_has_a_contrast_of_4_5_on_light_and_dark_pages(kind: str, theme: str) -> None:
    seen = texts(check(KINDS[kind]._repr_html_()), theme)
    assert seen
    for one in seen:
        assert one.contrast >= 4.5, one


def test_progress_bars_are_legible_and_well_formed_too() -> None:
    root = check(str(gallery.progress()).replace("<td", "<th scope='row'", 1).replace("</td>", "</th>", 1))
    assert all(one.contrast >= 4.5 for theme in THEMES for one in texts(root, theme))


@pytest.mark.parametrize("kind", hostile(EVIL))
def test_what_a_document_says_stays_words(kind: str) -> None:
    check(hostile(EVIL)[kind]._repr_html_())


@pytest.mark.parametrize("kind", hostile(EVIL))
def test_no_control_or_direction_character_reaches_a_terminal(kind: str) -> None:
    printed = str(hostile(EVIL)[kind])
    assert all(letter.isprintable() or letter in "\n\t" for letter in printed), printed


@pytest.mark.parametrize("kind", hostile(LONG))
def test_a_word_without_an_end_breaks_instead_of_widening_the_page(kind: str) -> None:
    root = check(hostile(LONG)[kind]._repr_html_())
    for element in root.iter():
        own = [text for text in (element.text, *(child.tail for child in element)) if text and "W" * 60 in text]
        if own and element.tag not in {"title", "desc"}:
            styles = [one.get("style", "") for one in (element, *element.iterancestors())]
            spaces = next((style for style in styles if "white-space:" in style), "")
            breaks = next(style for style in styles if "overflow-wrap:" in style)
            assert "white-space:nowrap" not in spaces
            assert "overflow-wrap:anywhere" in breaks or element.tag == "th"


@pytest.mark.parametrize("kind", KINDS)
def test_a_terminal_shows_the_text_and_repr_stays_exact(kind: str) -> None:
    one = KINDS[kind]
    assert pretty(one) == str(one)
    if isinstance(one, BaseModel):
        assert repr(one).startswith(f"{type(one).__name__}(")
        assert repr(one) != str(one)


def test_in_a_list_each_keeps_its_lines_below_each_other() -> None:
    shown = pretty([gallery.answer().citations[0]])
    assert shown.startswith("[[1] contracts/supply-agreement.pdf")
    assert all(line.startswith(" ") for line in shown.splitlines()[1:])


def test_a_long_table_shows_its_beginning_and_counts_the_rest() -> None:
    many = gallery.documents(5000)
    html = many._repr_html_()
    assert len(check(html).findall(".//tbody/tr")) == SHOWN_ROWS
    assert "and 4,950 more rows" in html
    assert len(html) < 120_000
    text = str(many)
    assert "and 4,950 more" in text
    assert len(text.splitlines()) < SHOWN_ROWS + 8


def test_everything_else_that_can_be_long_is_bounded_too() -> None:
    skipped = tuple(SkippedFile(source=f"f{at}", code="empty", reason="no text") for at in range(5000))
    names = tuple(f"folder/file-{at}.txt" for at in range(5000))
    assert len(IngestReport(added=names, skipped=skipped)._repr_html_()) < 60_000
    assert len(Hits(list(gallery.hits()) * 2000)._repr_html_()) < 120_000
    assert len(gallery.training(512)._repr_html_()) < 60_000
    groups = gallery.comparison()
    disputed = Comparison("?", groups, list(groups.contradictions) * 5000)
    assert len(disputed._repr_html_()) < 120_000
    assert "and 4,950 more" in disputed._repr_html_()
    assert "and 4,950 more" in str(disputed)
    assert len(hybrid.exhibits([gallery.answer()] * 500)._repr_html_()) < 30_000
    rows = tuple({"question": str(at), "right": at % 2} for at in range(5000))
    assert len(Evaluation(name="x", title="T.", rows=rows, seed=1)._repr_html_()) < 60_000
    huge = Document.from_text(f"{LONG}\n" * 2000, source="huge.txt")
    assert len(huge._repr_html_()) < 10_000
    assert len(str(huge)) < 1_500
    assert len(PageView.of(huge, 900_000, 900_020)._repr_html_()) < 60_000


def test_a_slice_of_results_shows_itself_like_the_whole() -> None:
    first = gallery.hits()[:1]
    assert first.matched == gallery.hits().matched
    assert "<mark" in first._repr_html_()
    assert isinstance(gallery.documents()[2:4], Documents)


def test_the_words_asked_for_are_marked_and_no_others() -> None:
    root = check(gallery.hits()._repr_html_())
    marked = {"".join(mark.itertext()).lower() for mark in root.iter("mark")}
    assert marked == {"termination", "terminate", "clause 12.3(b)"}
    assert [pill.text for pill in root.iter("span") if pill.text == "exact match"] == ["exact match"]


def test_only_markup_is_taken_for_markup() -> None:
    assert tag("b", "<i>", Html("<i>x</i>"), title='"') == '<b title="&#34;">&lt;i&gt;<i>x</i></b>'
    assert tag("rect", x_y=1, left_out=None) == '<rect x-y="1"/>'


def test_lines_broken_to_fit_a_page_are_joined_and_others_kept() -> None:
    broken = "The Seller shall deliver 500 tonnes of rock salt to the depot\nin Ghent.\nACME SALT LTD\n12 Quay Street"
    assert reflowed(broken) == (
        "The Seller shall deliver 500 tonnes of rock salt to the depot in Ghent.\nACME SALT LTD\n12 Quay Street"
    )


def test_the_gallery_shows_every_kind_in_both_themes() -> None:
    assert (
        gallery.page("light").count('role="group"')
        == gallery.page("dark").count('role="group"')
        == len(gallery.displays())
    )


def test_nothing_is_printed_by_showing(capsys: pytest.CaptureFixture[str]) -> None:
    for one in KINDS.values():
        one._repr_html_()
        str(one)
    assert capsys.readouterr() == ("", "")


def test_text_tables_line_up_with_wide_letters() -> None:
    lines = table(("a", "b"), (("契約", "1"), ("x", "2")), (10, 10)).splitlines()
    assert lines[2] == "契約  1"
    assert lines[3] == "x     2"


def test_printable_keeps_line_breaks_and_nothing_else_that_moves() -> None:
    assert printable("a\tb\nc\r\x1b[2J\u202e") == "a\tb\nc\ufffd\ufffd[2J\ufffd"


def test_rich_and_json_are_as_before() -> None:
    answer: Any = gallery.answer()
    assert Answer.model_validate_json(answer.model_dump_json()) == answer
    assert io.StringIO(repr(answer)).read().startswith("Answer(question=")
