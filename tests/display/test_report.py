"""The report is one whole document that needs nothing else, says what was checked, and is the same each time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import display_gallery as gallery
import pytest
from display_checks import ATTRIBUTES, ELEMENTS, THEMES, check, texts
from lxml import etree, html
from test_all import EVIL, hostile

import hybrid
from hybrid.errors import InputError
from hybrid.settings import MemorySettings, Settings
from hybrid.types.answers import Answer

AT = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
DOCUMENT = {
    "html",
    "head",
    "meta",
    "style",
    "body",
    "main",
    "header",
    "footer",
    "nav",
    "section",
    "article",
    "h1",
    "h2",
}
DOCUMENT |= {"h3", "p", "ul", "a"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> hybrid.Corpus:
    folder = tmp_path_factory.mktemp("report")
    corpus = hybrid.Corpus.open(folder / "corpus", Settings(memory=MemorySettings(enabled=False)))
    lines = "\n".join(f"Recital {number}." for number in range(1, 40))
    corpus.ingest(hybrid.Document.from_text(f"{lines}\nNotice under clause 4.2 takes 30 days.", source="lease.txt"))
    return corpus


@pytest.fixture(scope="module")
def answer(corpus: hybrid.Corpus) -> Answer:
    return corpus.ask("How long is notice under clause 4.2?", route="lookup")


def parsed(document: str) -> etree._Element:
    return html.document_fromstring(document)


def test_it_is_a_whole_document_without_scripts_or_anything_from_outside() -> None:
    document = gallery.report().html
    assert document.startswith('<!DOCTYPE html>\n<html lang="en">')
    root = check(
        document.removeprefix("<!DOCTYPE html>"),
        elements=ELEMENTS | DOCUMENT,
        attributes=ATTRIBUTES | {"lang", "charset", "name", "content", "class", "id", "href"},
    )
    assert root.findtext(".//title") == "Acme v Beta: first questions"
    assert all(link.get("href", "").startswith("#") for link in root.iter("a"))
    style = root.findtext(".//style") or ""
    for needed in ("prefers-color-scheme: dark", "@media print", "@page"):
        assert needed in style
    for never in ("url(", "@import", "http"):
        assert never not in style


def test_every_link_leads_somewhere_and_headings_do_not_skip() -> None:
    root = parsed(gallery.report().html)
    ids = {one.get("id") for one in root.iter() if one.get("id")}
    assert len(ids) == sum(one.get("id") is not None for one in root.iter())
    assert {link.get("href") for link in root.iter("a")} <= {f"#{one}" for one in ids}
    levels = [int(str(one.tag)[1]) for one in root.iter("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1


def test_each_claim_is_linked_to_its_exhibit_and_each_exhibit_to_its_question() -> None:
    root = parsed(gallery.report().html)
    section = root.get_element_by_id("question-1")
    assert [link.get("href") for link in section.iter("a")] == ["#exhibit-1", "#exhibit-2", "#exhibit-1"]
    assert "unsupported" in section.text_content()
    exhibit = root.get_element_by_id("exhibit-2")
    assert [mark.text for mark in exhibit.iter("mark")] == [gallery.answer().citations[1].quote]
    assert [link.get("href") for link in exhibit.iter("a")] == ["#question-1"]


def test_with_a_corpus_each_quote_is_checked_and_shown_in_its_page(corpus: hybrid.Corpus, answer: Answer) -> None:
    report = hybrid.report([answer], corpus, title="Lease", at=AT)
    assert report.verification is not None
    assert report.verification.holds
    shown = parsed(report.html).text_content()
    assert "Every quote holds" in shown
    assert f"commit {corpus.status().commit}, on 22 November 2026 at 09:05 UTC" in shown
    assert "Recital 37." in shown
    assert "Recital 2." not in shown
    assert "all hold" in str(report)


def test_a_quote_that_does_not_hold_is_said_at_the_top(corpus: hybrid.Corpus, answer: Answer) -> None:
    one = answer.citations[0]
    forged = one.model_copy(update={"sha256": "f" * 64})
    claims = tuple(
        claim.model_copy(update={"citations": tuple(forged if cited == one else cited for cited in claim.citations)})
        for claim in answer.claims
    )
    changed = answer.model_copy(update={"claims": claims, "citations": (forged, *answer.citations[1:])})
    report = hybrid.report([answer, changed], corpus, at=AT)
    shown = parsed(report.html).text_content()
    assert "1 quote does not hold" in shown
    assert "Question 2: [1] lease.txt has changed since the answer was made" in shown
    assert "Every quote holds" not in shown
    assert "1 quote does not hold" in str(report)


def test_without_a_corpus_it_says_that_nothing_was_checked(answer: Answer) -> None:
    shown = parsed(hybrid.report(answer).html).text_content()
    assert "Not checked" in shown
    assert answer.citations[0].quote in shown


def test_the_same_answers_and_time_make_the_same_bytes(corpus: hybrid.Corpus, answer: Answer, tmp_path: Path) -> None:
    first, second = (hybrid.report([answer], corpus, at=AT).save(tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()
    assert b"\r" not in first.read_bytes()


def test_a_time_without_a_zone_and_a_path_that_is_none_are_refused(answer: Answer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="time zone"):
        hybrid.report(answer, at=datetime(2026, 1, 1))
    with pytest.raises(InputError, match="cannot write the report"):
        hybrid.report(answer).save(tmp_path / "missing" / "report.html")


def test_an_answer_is_a_document_by_itself(answer: Answer) -> None:
    assert f"<title>{answer.question}</title>" in answer.to_html()
    assert "<title>Memo</title>" in answer.to_html(title="Memo")


def test_nothing_that_a_document_says_becomes_markup_in_the_report() -> None:
    evil = hostile(EVIL)["answer"]
    assert isinstance(evil, Answer)
    document = hybrid.report(evil, title=EVIL).html
    root = parsed(document)
    assert not list(root.iter("script", "img"))
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    assert all(letter.isprintable() or letter == "\n" for letter in document)


@pytest.mark.parametrize("theme", THEMES)
def test_the_report_is_legible(theme: str) -> None:
    body = gallery.report().html.partition("<body>")[2].partition("</body>")[0]
    for one in texts(etree.fromstring(f"<root>{body}</root>"), theme):
        assert one.contrast >= 4.5, one


def test_a_report_without_answers_is_still_a_document() -> None:
    assert "0 questions, 0 exhibits from 0 documents" in hybrid.report([], at=AT).html


def test_a_report_of_a_comparison_keeps_its_groups_and_contradictions() -> None:
    comparison = gallery.comparison()
    first = gallery.answer()
    made = hybrid.report([first, comparison, first])
    assert len(made.answers) == 2 + len(comparison)
    html = made.html
    for group in comparison:
        assert f"<b>{group}</b>" in html
    assert html.count("What contradicts what") == 1
    assert html.index("What contradicts what") < html.index(f'id="question-{len(comparison) + 2}"')
    assert html.index("What contradicts what") > html.index(f'id="question-{len(comparison) + 1}"')
    assert "What contradicts what" not in hybrid.report([first]).html
