"""An answer looks right in a terminal and in a notebook, and nothing in a document can act on either."""

from __future__ import annotations

import random
from html.parser import HTMLParser

import display_gallery as gallery
import pytest

from hybrid.errors import InputError
from hybrid.export.report import report as report_of
from hybrid.text.formatting import WIDTH, place, written_date
from hybrid.types.answers import Answer, Citation, Claim, DigestPart, Draft, Route
from hybrid.types.filters import Filter

HARMLESS = {"style", "title", "role", "aria-label", "aria-level", "aria-hidden"}
EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)> & \x1b[31m\x00'


def citation(number: int = 1, quote: str = "The term ends\non 4 May 2031.", **changes: object) -> Citation:
    values = {
        "number": number, "source": "deals/supply.pdf", "title": "Supply Agreement", "page": 3, "last_page": 3,
        "lines": (12, 14), "start": 900, "end": 900 + len(quote), "quote": quote, "before": "2. Term.\n\n",
        "after": " It may be renewed.", "sha256": "0" * 64,
    }  # fmt: skip
    return Citation.model_validate(values | changes)


def answer(**changes: object) -> Answer:
    one = citation()
    values = {
        "question": "When does it end?",
        "text": "“The term ends on 4 May 2031.” [1]\n\nIt lasts for ever. (unsupported)",
        "route": Route(name="both", p_comprehension=0.42),
        "claims": (
            Claim(text="The term ends on 4 May 2031.", verdict="verbatim", citations=(one,), origin="index", support=1),
            Claim(text="It lasts for ever.", verdict="unsupported", origin="memory", support=0.2),
        ),
        "citations": (one,),
        "found": True,
        "commit": 7,
        "notes": ("A note.",),
        "seconds": {"search": 0.25, "route": 0.01},
    }
    return Answer.model_validate(values | changes)


def test_the_filter_is_said_in_words_wherever_the_answer_is_shown() -> None:
    asked = answer(where=Filter(metadata={"custodian": "J. Doe"}, since="2024-03"))
    said = "Searched only: custodian J. Doe, since 2024-03"
    assert f"\n\n{said}.\n\nNote: A note." in str(asked)
    assert said in Page(asked._repr_html_()).text
    report = report_of([asked, answer()])
    assert Page(report.html).text.count(said) == 2 + len(asked.citations)  # contents, answer, exhibit
    assert Page(report._repr_html_()).text.count(said) == 1
    for shown in (str(answer()), answer()._repr_html_(), report_of([answer()]).html):
        assert "Searched only" not in shown


def test_an_answer_keeps_its_filter_as_json_and_old_json_has_none() -> None:
    asked = answer(where=Filter(sources="mail/*", metadata={"custodian": ("J. Doe", "M. Roe")}, until="2024"))
    assert Answer.model_validate_json(asked.model_dump_json()) == asked
    old = answer().model_dump(mode="json")
    del old["where"]
    assert Answer.model_validate(old).where is None


def test_an_answer_keeps_its_digest_and_its_draft_as_json_and_refuses_what_does_not_fit() -> None:
    part = DigestPart(source="deals/supply.pdf", title="Supply Agreement", date="2024-03-01", citations=(1,))
    said = Claim(text="It never ends.", verdict="unsupported", origin="memory", support=0, contradicted_by=(1, 2))
    draft = Draft(origin="memory", claims=(said,), citations=(citation(2),))
    whole = answer(digest=(part,), draft=draft)
    assert Answer.model_validate_json(whole.model_dump_json()) == whole
    for wrong in (
        {"digest": (part.model_copy(update={"citations": (1, 2)}),)},
        {"draft": draft.model_copy(update={"citations": (citation(3),)})},
        {"draft": draft.model_copy(update={"citations": ()})},
    ):
        with pytest.raises(InputError):
            answer(**wrong)
    with pytest.raises(InputError, match="belongs to the answer"):
        Draft(origin="memory", claims=(answer().claims[0],))


@pytest.mark.parametrize(
    ("iso", "written"),
    [
        ("2024", "2024"),
        ("2024-03", "March 2024"),
        ("2024-03-01", "1 March 2024"),
        ("2024-12-31T10:05:59+02:00", "31 December 2024, 10:05"),
        ("2024-13", "2024-13"),
        ("in spring", "in spring"),
    ],
)
def test_dates_are_written_as_people_write_them(iso: str, written: str) -> None:
    assert written_date(iso) == written


class Page(HTMLParser):
    """Collects tags, attributes and text, and whether every tag that was opened was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.marked = ""
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marked += data


def page(subject: Answer) -> Page:
    parsed = Page(subject._repr_html_())
    assert parsed.open == []
    return parsed


def test_print_gives_the_text_and_then_the_numbered_citations() -> None:
    assert str(answer()) == (
        "“The term ends on 4 May 2031.” [1]\n\n"
        "It lasts for ever. (unsupported)\n\n"
        '[1] deals/supply.pdf, page 3, lines 12-14: "The term ends on 4 May 2031."\n\n'
        "Note: A note."
    )


def test_long_lines_are_wrapped_and_hang_below_their_number() -> None:
    long = citation(quote="All of it and more. " * 20 + "End.")
    claim = Claim(text="x", verdict="supported", citations=(long,), origin="memory", support=0.9)
    lines = str(answer(text="word " * 60, claims=(claim,), citations=(long,))).splitlines()
    assert max(map(len, lines)) <= WIDTH
    first = next(number for number, line in enumerate(lines) if line.startswith("[1] "))
    assert lines[first + 1].startswith("    All") or lines[first + 1].startswith("    ")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lines": (12, 14)}, "page 3, lines 12-14"),
        ({"lines": (12, 12)}, "page 3, line 12"),
        ({"last_page": 4, "lines": (40, 2)}, "pages 3-4, line 40 to line 2"),
        ({"page": None, "last_page": None, "lines": (7, 7)}, "line 7"),
        ({"page": None, "last_page": None, "lines": (7, 9)}, "lines 7-9"),
    ],
)
def test_a_place_reads_as_people_say_it(changes: dict[str, object], expected: str) -> None:
    assert place(citation(**changes)) == expected


def test_a_quote_has_a_neutral_mark_and_the_verdict_stands_in_words() -> None:
    shown = answer()._repr_html_()
    assert "“” quoted" in Page(shown).text
    assert "✓" not in shown
    likely = Claim(
        text="It may be renewed.",
        verdict="likely",
        citations=(citation(),),
        origin="memory",
        support=0.6,
        probability=0.87,
    )
    assert "likely, 87%" in Page(likely._repr_html_()).text


def test_who_says_it_and_when_stand_beside_a_quote() -> None:
    said = citation(speaker="Ann Aaker", author="Somebody", date="2024-03-01")
    assert "(Ann Aaker, 1 March 2024)" in " ".join(str(said).split())
    assert "Ann Aaker, 1 March 2024" in Page(said._repr_html_()).text
    assert "Somebody, March 2024" in Page(citation(author="Somebody", date="2024-03")._repr_html_()).text


def test_a_digest_stands_below_the_names_of_its_documents_and_a_draft_is_shown_by_itself_alone() -> None:
    part = DigestPart(
        source="deals/supply.pdf", title="The Deal", author="Ann Aaker", date="2024-03-01", citations=(1,)
    )
    said = Claim(text="It never ends.", verdict="unsupported", origin="memory", support=0)
    whole = answer(digest=(part,), draft=Draft(origin="memory", claims=(said,)))
    assert "The Deal (Ann Aaker, 1 March 2024)“The term ends" in Page(whole._repr_html_()).text
    for shown in (str(whole), whole._repr_html_(), report_of([whole]).html, str(report_of([whole]))):
        assert said.text not in shown
    assert whole.draft is not None
    for shown in (str(whole.draft), Page(whole.draft._repr_html_()).text):
        assert said.text in shown
        assert "not part of the answer" in shown
        assert f"“{said.text}" not in shown


def test_the_notebook_shows_route_verdicts_and_the_quote_in_its_context() -> None:
    shown = page(answer())
    for expected in (
        "route: both",
        "0.42",
        "commit 7",
        "quoted",
        "unsupported",
        "[1]",
        "deals/supply.pdf",
        "A note.",
    ):
        assert expected in shown.text
    assert shown.marked == "The term ends\non 4 May 2031."
    assert "2. Term." in shown.text
    assert "It may be renewed." in shown.text


def test_the_html_stands_alone() -> None:
    shown = page(answer())
    assert set(shown.tags) <= {"div", "span", "b", "mark"}
    assert shown.attributes <= HARMLESS
    assert "url(" not in answer()._repr_html_()


def test_nothing_that_a_document_or_a_question_says_becomes_markup() -> None:
    one = citation(quote=EVIL, source=EVIL, title=EVIL, before=EVIL, after=EVIL, sha256=f'"{EVIL}')
    claim = Claim(text=EVIL, verdict="verbatim", citations=(one,), origin="index", support=1)
    shown = page(answer(question=EVIL, text=EVIL, claims=(claim,), citations=(one,), notes=(EVIL,)))
    assert set(shown.tags) <= {"div", "span", "b", "mark"}
    assert shown.attributes <= HARMLESS
    assert "<script>" in shown.text  # as words
    nothing = page(answer(question=EVIL, text=EVIL, claims=(), citations=(), notes=(), found=False))
    assert set(nothing.tags) <= {"div", "span"}


def test_no_control_character_reaches_the_terminal() -> None:
    one = citation(quote=EVIL, source=EVIL)
    claim = Claim(text=EVIL, verdict="verbatim", citations=(one,), origin="index", support=1)
    printed = str(answer(text=EVIL, claims=(claim,), citations=(one,), notes=(EVIL,)))
    assert all(letter.isprintable() or letter == "\n" for letter in printed)


def test_an_answer_that_found_nothing_shows_its_text() -> None:
    nothing = answer(text="Nothing answers this.", claims=(), citations=(), found=False, notes=())
    assert str(nothing) == "Nothing answers this."
    assert "Nothing answers this." in page(nothing).text


def test_every_span_of_a_page_is_marked_whole_whatever_lines_it_is_broken_over() -> None:
    document = gallery.document()
    generator = random.Random(3)
    for _ in range(300):
        start = generator.randrange(len(document.text) - 2)
        end = generator.randrange(start + 1, len(document.text))
        quote = document.text[start:end]
        if quote.strip():
            around = {"before": document.text[max(0, start - 160) : start], "after": document.text[end : end + 160]}
            shown = Page(citation(quote=quote, start=start, end=end, **around)._repr_html_())
            assert shown.marked.split() == quote.split()


def test_a_line_broken_to_fit_the_page_is_joined_across_the_quote() -> None:
    one = gallery.citation(1, "Notice is given in")
    assert "Notice is given in writing to the address" in Page(one._repr_html_()).text
