"""The report of answers: one HTML file that needs nothing else.

It is a document of its own, which belongs to nobody else, so a style sheet is right here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from hybrid.display.answers import (
    claim_blocks,
    disputed,
    filter_line,
    quote_in_context,
    searched,
    verdict_in_words,
    who_and_when,
)
from hybrid.display.exhibits import cited
from hybrid.display.markup import BREAK, FINE, Html, body, card, head, join, table, tag, tiles
from hybrid.display.pages import sheet
from hybrid.display.routes import route_pill
from hybrid.errors import CorpusError, InputError
from hybrid.text.formatting import SHOWN_ROWS, clipped, count, facts, tile
from hybrid.types.answers import Answer, Citation, Comparison, Hit
from hybrid.types.base import Shown, as_document, as_html, as_text, output_path, shown
from hybrid.types.documents import PageView
from hybrid.types.exhibits import Answers, Exhibit, Exhibits, exhibits, listed
from hybrid.types.reports import CorpusStatus


class Checks(Protocol):
    """What a report needs of a `hybrid.Corpus`, which is in a layer above."""

    def verify(self, answer: Answer) -> list[str]:
        """What of the answer's citations does not hold."""

    def page(self, citation: Citation | Hit) -> PageView:
        """The page that a citation stands on."""

    def status(self) -> CorpusStatus:
        """What the corpus holds."""


@dataclass(frozen=True)
class Verification:
    """What came of checking every quote against the corpus: for each answer, the problems in words."""

    directory: str
    commit: int | None
    problems: tuple[tuple[str, ...], ...]

    @property
    def holds(self) -> bool:
        """Whether every quote of every answer stands where it was cited."""
        return not any(self.problems)


@dataclass(frozen=True)
class AnswerReport(Shown):
    """Answers with their exhibits, as one HTML document that needs no other file, no script and no network.

    Example:
        >>> report = hybrid.report([corpus.ask("When does it end?")], corpus, title="Acme v Beta")
        >>> report.save("report.html")
        PosixPath('report.html')
    """

    title: str
    answers: tuple[Answer, ...]
    exhibits: Exhibits
    at: datetime
    verification: Verification | None = None
    pages: tuple[PageView | None, ...] = ()  # one for each exhibit, where its page could be read
    comparisons: tuple[tuple[int, Comparison], ...] = ()  # each with the number of its first answer, from 1

    @cached_property
    def html(self) -> str:
        """The document."""
        return self._as_document(None)

    def save(self, path: str | Path) -> Path:
        """Write the document to a file, in UTF-8, and return its path.

        Raises:
            InputError: ``path`` is no path, or the file cannot be written.
        """
        file = output_path(path)
        try:
            file.write_text(self.html, encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(f"cannot write the report to {file}: {error.strerror}") from error
        return file

    _repr_pretty_ = Shown._repr_pretty_  # IPython would take the dataclass's own repr before what it inherits


def report(
    answers: Answers,
    corpus: Checks | None = None,
    *,
    title: str = "Answers and exhibits",
    at: datetime | None = None,
) -> AnswerReport:
    """A report of answers: each with its claims, their verdicts and the exhibits they rest on.

    Args:
        answers: one answer or several, comparisons among them, in the order in which they are to stand.
        corpus: where they are from. With it every quote is checked again, the result is stated, the export is in its
            log as far as ``log.events`` in the settings names exports, and each exhibit
            is shown in its page. Without it exhibits are shown with the words around them.
        title: of the document.
        at: the time to state; now by default. The same answers, corpus and time make the same bytes.

    Raises:
        InputError: an argument of another type, which is named, or a time without a time zone.
    """
    given = [answers] if isinstance(answers, Answer | Mapping) else answers
    given = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else given
    found = tuple(listed(given))
    if corpus is not None and not all(callable(getattr(corpus, name, None)) for name in ("verify", "page", "status")):
        raise InputError(f"corpus is the open hybrid.Corpus that the answers are from, or None, not {shown(corpus)}")
    if not isinstance(title, str):
        raise InputError(f"title is a string, not {shown(title)}")
    if at is not None and not isinstance(at, datetime):
        raise InputError(f"at is a datetime.datetime with a time zone, or None for now, not {shown(at)}")
    if at is not None and at.tzinfo is None:
        raise InputError("the report's time has no time zone; datetime.now(UTC) has one")
    made = exhibits(found)
    checked: Verification | None = None
    pages: tuple[PageView | None, ...] = ()
    if corpus is not None:
        if callable(record := getattr(corpus, "_record_export", None)):
            record("report", len(found))
        status = corpus.status()
        problems = tuple(tuple(corpus.verify(answer)) for answer in found)
        checked = Verification(status.directory, status.commit, problems)
        pages = tuple(_page(corpus, exhibit.citation) for exhibit in made)
    return AnswerReport(title, found, made, at or datetime.now(UTC), checked, pages, tuple(_comparisons(given)))


def _comparisons(given: Iterable[Answer | Mapping[str, Answer]]) -> Iterator[tuple[int, Comparison]]:
    """The comparisons among what was given, each with the number of its first answer."""
    number = 1
    for one in given:
        if isinstance(one, Comparison):
            yield number, one
        number += len(one) if isinstance(one, Mapping) else 1


def _page(corpus: Checks, citation: Citation) -> PageView | None:
    """The page, or ``None`` where the document has gone or changed, which the verification says."""
    try:
        return corpus.page(citation)
    except CorpusError:
        return None


_AROUND = 6  # lines of the page shown before and after an exhibit
_WITHIN = f"margin:0 0 8px;{BREAK}"
_STYLE = """
:root { color-scheme: light dark; --page: #f4f4f2; --paper: #ffffff; --ink: #1d1f23; --line: rgba(128,128,128,.35); }
@media (prefers-color-scheme: dark) { :root { --page: #141518; --paper: #1c1e22; --ink: #e6e6e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.6 system-ui, -apple-system, "Segoe UI",
  Roboto, "Helvetica Neue", Arial, sans-serif; }
main, .top { max-width: 860px; margin: 0 auto; padding: 0 24px; }
.top { padding-top: 48px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 44px 0 12px; line-height: 1.3; }
h3 { font-size: 17px; margin: 0 0 8px; line-height: 1.35; overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
.fine { font-size: 13px; opacity: .78; }
.panel { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 18px 22px;
  margin: 14px 0; break-inside: avoid-page; }
.exhibit { padding: 0; overflow: hidden; }
.exhibit header, .exhibit footer { padding: 14px 22px; }
.exhibit header { border-bottom: 1px solid var(--line); }
.exhibit footer { border-top: 1px solid var(--line); font-size: 13px; }
.exhibit .around { padding: 14px 22px; }
ol.contents { padding-left: 24px; margin: 8px 0; }
ol.contents li { margin: 3px 0; overflow-wrap: anywhere; }
.seal { border-left: 4px solid; }
.holds { border-left-color: rgb(34,160,90); }
.broken { border-left-color: rgb(214,60,60); }
.unchecked { border-left-color: rgb(128,128,128); }
:target { outline: 2px solid rgb(214,160,0); outline-offset: 3px; }
footer.end { max-width: 860px; margin: 40px auto 0; padding: 16px 24px 48px; }
@media print {
  :root { color-scheme: light; --page: #fff; --paper: #fff; --ink: #000; }
  body { font-size: 11pt; }
  main, .top, footer.end { max-width: none; padding-left: 0; padding-right: 0; }
  .top { padding-top: 0; }
  h2, h3, h2 + p { break-after: avoid-page; }
  mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { text-decoration: none; }
}
@page { margin: 20mm 18mm; }
"""


# The document -------------------------------------------------------------------------------------


@as_document.register(AnswerReport)
def document(report: AnswerReport, title: str | None = None) -> str:  # noqa: ARG001 - a report has its title
    """The whole file, from doctype to the end."""
    start = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content="hybrid"),
        tag("title", report.title),
        Html(f"<style>{_STYLE}</style>"),
    )
    main = tag(
        "main",
        _verification(report),
        _contents(report),
        *(_answer(report, number, answer) for number, answer in enumerate(report.answers, 1)),
        _exhibits(report),
    )
    page = tag("body", _top(report), main, _end())
    return f"<!DOCTYPE html>\n{tag('html', start, page, lang='en')}\n"


def _top(report: AnswerReport) -> Html:
    made = (
        f"{count(len(report.answers), 'question')}, {count(len(report.exhibits), 'exhibit')} from "
        f"{count(_documents(report), 'document')}. Made on {_time(report)}."
    )
    return tag("header", tag("h1", report.title), tag("p", made, class_="fine", style="margin:0"), class_="top")


def _time(report: AnswerReport) -> str:
    return report.at.strftime("%d %B %Y at %H:%M %Z").lstrip("0")


def _documents(report: AnswerReport) -> int:
    return len({exhibit.citation.sha256 for exhibit in report.exhibits})


def _verification(report: AnswerReport) -> Html:
    checked = report.verification
    if checked is None:
        said = "The quotes were not checked against a corpus when this report was made."
        return tag("section", tag("h3", "Not checked"), tag("p", said, style="margin:0"), class_="panel seal unchecked")
    against = f"the corpus {checked.directory}, commit {checked.commit}, on {_time(report)}"
    if checked.holds:
        quotes = count(sum(len(answer.citations) for answer in report.answers), "quote")
        said = (
            f"{quotes} compared with {against}: each stands, character for character, at its place in a document "
            "with the same sha256."
        )
        return tag(
            "section", tag("h3", "✓ Every quote holds"), tag("p", said, style="margin:0"), class_="panel seal holds"
        )
    problems = [
        tag("li", f"Question {number}: {problem}")
        for number, found in enumerate(checked.problems, 1)
        for problem in found
    ]
    title = f"△ {count(len(problems), 'quote does', 'quotes do')} not hold"
    return tag(
        "section",
        tag("h3", title),
        tag("p", f"Compared with {against}.", style="margin:0"),
        tag("ul", *problems),
        class_="panel seal broken",
    )


def _contents(report: AnswerReport) -> Html:
    questions = [
        tag(
            "li",
            tag("a", answer.question, href=f"#question-{number}"),
            tag("span", f" {group}", class_="fine") if (group := _group(report, number)) else None,
            tag("div", summary(answer), class_="fine"),
            filter_line(answer.where),
        )
        for number, answer in enumerate(report.answers, 1)
    ]
    last = tag("p", tag("a", "Exhibits", href="#exhibits"), style="margin:8px 0 0") if report.exhibits else None
    return tag("nav", tag("h2", "Contents"), tag("ol", *questions, class_="contents"), last, aria_label="Contents")


def summary(answer: Answer) -> str:
    """The verdicts of an answer's claims, counted."""
    if not answer.found:
        return "nothing found"
    counts = Counter(verdict_in_words(claim) for claim in answer.claims)
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def _group(report: AnswerReport, number: int) -> str | None:
    """The group of a comparison that an answer is for."""
    for first, comparison in report.comparisons:
        if first <= number < first + len(comparison):
            return list(comparison)[number - first]
    return None


def _contradictions(report: AnswerReport, number: int) -> Html | None:
    """What the groups of a comparison dispute, after the last of its answers."""
    for first, comparison in report.comparisons:
        if number == first + len(comparison) - 1:
            return tag("section", disputed(comparison), class_="panel", style="padding:0")
    return None


def _answer(report: AnswerReport, number: int, answer: Answer) -> Html:
    said = [_claims(report, answer)] if answer.claims else [tag("p", answer.text, style="margin:0", class_="nothing")]
    commit = None if answer.commit is None else f" commit {answer.commit}"
    made = tag("p", route_pill(answer.route), tag("span", commit, class_="fine"), style="margin:0 0 8px")
    within = None if answer.where is None else tag("p", searched(answer.where), class_="fine", style=_WITHIN)
    notes = [tag("p", f"Note: {note}", class_="fine", style=f"margin:8px 0 0;{BREAK}") for note in answer.notes]
    heading = tag("h2", f"{number}. {answer.question}", style=BREAK)
    group = _group(report, number)
    named = tag("p", tag("b", group), style=f"margin:0 0 4px;{BREAK}") if group else None
    panel = tag("div", *said, *notes, class_="panel")
    after = _contradictions(report, number)
    return tag("section", heading, named, within, made, panel, after, id=f"question-{number}")


def _claims(report: AnswerReport, answer: Answer) -> Html:
    """The claims, their numbers being those of the exhibits."""
    numbers = {citation.number: report.exhibits.of(citation).number for citation in answer.citations}
    return join(claim_blocks(answer, numbers))


def _exhibits(report: AnswerReport) -> Html | None:
    if not report.exhibits:
        return None
    pages = report.pages or (None,) * len(report.exhibits)
    made = [_exhibit(exhibit, page) for exhibit, page in zip(report.exhibits, pages, strict=True)]
    return tag("section", tag("h2", "Exhibits", id="exhibits"), *made)


def _exhibit(exhibit: Exhibit, page: PageView | None) -> Html:
    one = exhibit.citation
    titled = f"{one.title} · " if one.title not in one.source else None
    start = tag(
        "header",
        tag("h3", f"Exhibit {exhibit.number}", style="margin:0"),
        tag("div", titled, tag("b", one.source), f", {exhibit.place}", style=BREAK),
        tag("div", known, class_="fine", style=BREAK) if (known := who_and_when(one)) else None,
    )
    shown = sheet(page, most=_AROUND) if page is not None else tag("div", quote_in_context(one), class_="around")
    uses = [tag("div", *cited(use, f"#question-{use.answer}"), style=f"margin:4px 0;{BREAK}") for use in exhibit.uses]
    digest = f"characters {one.start:,}–{one.end:,} · sha256 {one.sha256}"
    end = tag("footer", *uses, tag("div", digest, style=f"{FINE};{BREAK};margin-top:8px"))
    return tag("article", start, shown, end, class_="panel exhibit", id=f"exhibit-{exhibit.number}")


def _end() -> Html:
    said = (
        "Quoted: a sentence of the exhibit. Word for word: what was written is a whole sentence of the exhibit. "
        "Supported: the exhibit entails it in other words. Likely: a model says so. Lines and characters count from 1 "
        "and from 0 in the text that was extracted from the document; the sha256 is that of the file as it was read."
    )
    return tag("footer", tag("p", said, class_="fine", style="margin:0"), class_="end")


@as_document.register(Answer)
def answer_document(answer: Answer, title: str | None = None) -> str:
    """One answer as a report of its own."""
    return report([answer], title=title or answer.question).html


# In a notebook ------------------------------------------------------------------------------------


@as_text.register(AnswerReport)
def report_text(report: AnswerReport) -> str:
    """What the report holds, and how to keep it."""
    rows = [
        ("report", report.title),
        ("questions", f"{len(report.answers):,}"),
        ("exhibits", f"{len(report.exhibits):,} from {count(_documents(report), 'document')}"),
        ("quotes", _checked(report)),
        ("made", _time(report)),
    ]
    return f"{facts(rows)}\nreport.save(path) writes it as one HTML file."


def _checked(report: AnswerReport) -> str:
    if report.verification is None:
        return "not checked: no corpus was given"
    problems = sum(map(len, report.verification.problems))
    if not problems:
        return f"all hold in commit {report.verification.commit}"
    return f"{count(problems, 'quote does', 'quotes do')} not hold in commit {report.verification.commit}"


@as_html.register(AnswerReport)
def report_html(report: AnswerReport) -> str:
    """A card with the report's questions, for the end of a cell; the report itself is a document of its own."""
    rows = [
        [str(number), _asked(answer), summary(answer), str(len(answer.citations))]
        for number, answer in enumerate(report.answers[:SHOWN_ROWS], 1)
    ]
    names = ("No.", "Question", "Claims", "Quotes")
    top = head(
        "AnswerReport", report.title, tag("span", f"made on {_time(report)}; quotes: {_checked(report)}", style=FINE)
    )
    figures = tiles(
        (
            tile(len(report.answers), "question"),
            tile(len(report.exhibits), "exhibit"),
            tile(_documents(report), "document"),
        )
    )
    listed = table("Questions", names, rows, right=(3,), total=len(report.answers))
    hint = tag("div", "report.save(path) writes it as one HTML file.", style=f"{FINE};margin-top:8px")
    return card("AnswerReport", top, body(figures), body(listed, hint))


def _asked(answer: Answer) -> Html:
    return join((clipped(answer.question, 200), filter_line(answer.where)))
