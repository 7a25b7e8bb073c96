"""The page at ``/`` in a browser: what it shows, what it must never do, and that everybody can use it."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fpdf import FPDF
from lxml import html
from served import AGREEMENT, INDEX_ONLY, MINUTES, QUESTION, Running, serving, until

from hybrid import Corpus, Document, Metadata
from hybrid.ingest.discovery import NamedPath
from hybrid.types.answers import Answer, Citation, Claim, DigestPart, Draft, Route
from hybrid.types.documents import sha256_hex
from hybrid.types.events import CitationEvent, ClaimEvent, EndEvent, Event, NoteEvent, RouteEvent, TextEvent

playwright = pytest.importorskip("playwright.sync_api", reason="the tests of the page need playwright")
expect = playwright.expect
expect.set_options(timeout=30_000)  # of a machine that does much else; what holds is seen at once
Page = Any

ATTACK = "<script>window.attacked=1</script><img src=x onerror='window.attacked=1'><b>bold</b>"
HOSTILE_NAME = "<img src=x onerror=window.attacked=1>/\u202efdp.txt"
HOSTILE = f"{ATTACK}\nThe toll of the iron bridge is 7 pounds {ATTACK} a week."
BEYOND = "Letters 😀😀😀 𝔄𝔅 of the miller.\n\nHe says so 😀😀. The windmill at Doel is let for 12 shillings. 😀"
EXECUTED = "Lease of the barn.\n\nThe barn at Lille is let for 40 francs a year."
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}


# A browser, and a server for it -----------------------------------------------------------------------


def _missing(what: str) -> None:
    """Skip, but not where everything is to be tested: there a browser that is not there is a failure."""
    said = f"the tests of the page need {what}; .ci/browser installs it"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(said)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        _missing("Chromium")
    with (
        playwright.sync_playwright() as driver,
        closing(driver.chromium.launch(executable_path=found, args=["--no-sandbox"])) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def axe(repository: Path) -> str:
    file = repository / "build" / "axe-core" / "axe.min.js"
    if not file.exists():
        _missing("axe-core")
    return file.read_text("utf-8")


def pdf(*pages: str) -> bytes:
    made = FPDF()
    for text in pages:
        made.add_page()
        made.set_font("helvetica", size=14)
        made.multi_cell(0, 10, text)
    return bytes(made.output())


def make(root: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "carriage.pdf").write_bytes(
        pdf("Terms of carriage.", "Wet salt is sent back at the cost of the carrier Verhoeven within nine days.")
    )
    given = [
        Document.from_text(AGREEMENT, "discovery/agreement.txt"),
        Document.from_text(
            MINUTES, "discovery/minutes.txt", Metadata(custodian="Jane Whitlock", date="2026-03-04", author="Ann Aaker")
        ),
        Document.from_text(HOSTILE, HOSTILE_NAME, Metadata(title=ATTACK, author=ATTACK)),
        Document.from_text(BEYOND, "beyond.txt"),
        Document.from_text(EXECUTED, "lease.txt", Metadata(status="draft")),
    ]
    with Corpus.open(root / "matter", INDEX_ONLY) as corpus:
        corpus.ingest([*given, NamedPath(folder, "files")])
    with Corpus.open(root / "empty", INDEX_ONLY):
        pass


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("page")
    make(base / "corpora", base / "files")
    with Corpus.open(base / "corpora" / "matter", create=False) as held:
        held.search("warm")  # the embedder is loaded once for all tests
        yield base


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Running]:
    with serving(root / "corpora", {"folders": {"files": str(root / "files")}}) as running:
        yield running


@pytest.fixture(scope="module")
def locked(root: Path) -> Iterator[Running]:
    """A server that has keys."""
    folder = root / "locked"
    shutil.copytree(root / "corpora" / "matter", folder / "matter")
    with serving(folder) as running:
        running.key("first", role="admin")
        yield running


class Opened:
    """A page in a browser of its own, with what it asked for and what went wrong in it."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.url = url
        self.context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **context})
        self.context.set_default_timeout(20_000)
        self.requests: list[Any] = []
        self.faults: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.goto(url)
        expect(self.page.locator("#loading")).to_be_hidden()

    def _heard(self, message: Any) -> None:
        # A refusal by the server is no fault of the page; all else that the browser complains of is.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def ask(self, question: str) -> None:
        self.page.fill("#question", question)
        self.page.press("#question", "Enter")
        expect(self.page.locator("#answer")).to_have_attribute("aria-busy", "false")

    def close(self) -> None:
        self.context.close()
        assert [one.url for one in self.requests if not one.url.removeprefix("blob:").startswith(self.url)] == []
        assert self.faults == []


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Opens pages. However the test ends, none of them asked another host or has an error in its console."""
    opened: list[Opened] = []

    def opens(running: Running, **context: Any) -> Opened:
        opened.append(Opened(browser, f"{running.url}/", **context))
        return opened[-1]

    yield opens
    for one in opened:
        one.close()


@pytest.fixture
def matter(open_page: Callable[..., Opened], served: Running) -> Opened:
    """The page of a server without keys, with the corpus that has documents."""
    opened = open_page(served)
    opened.page.select_option("#corpus", "matter")
    expect(opened.page.locator("#ask-heading")).to_have_text("Ask matter")
    return opened


# Answers as a test wants them -------------------------------------------------------------------------

LOOKUP = Route(name="lookup", p_comprehension=0.1)


def citation(number: int, quote: str = "The supply agreement ends on 30 June 2027", **fields: Any) -> Citation:
    start = AGREEMENT.index(quote)
    return Citation(
        **{
            "number": number,
            "source": "discovery/agreement.txt",
            "title": "agreement.txt",
            "page": None,
            "last_page": None,
            "lines": (3, 3),
            "start": start,
            "end": start + len(quote),
            "quote": quote,
            "before": AGREEMENT[:start],
            "after": AGREEMENT[start + len(quote) :],
            "sha256": sha256_hex(AGREEMENT.encode()),
            **fields,
        }
    )


def claims() -> tuple[list[Citation], list[Claim]]:
    """One of each verdict that an answer has."""
    cited = [
        citation(1),
        citation(2, "unless both parties extend it in writing."),
        citation(3, "Acme shall deliver 500 tonnes of rock salt", privileged=True, copies=("copy/a.txt",)),
    ]
    made = [
        Claim(text=cited[0].quote, verdict="verbatim", citations=(cited[0],), origin="index", support=1.0),
        Claim(
            text="It can be extended.", verdict="supported", citations=(cited[1],), origin="memory", support=0.9,
            qualification="conditional", contradicted_by=(3,),
        ),
        Claim(
            text="Acme delivers.", verdict="likely", citations=(cited[2],), origin="memory", support=0.7,
            decided_by="alignment", probability=0.71,
        ),
    ]  # fmt: skip
    return cited, made


def whole_answer() -> Answer:
    cited, made = claims()
    against = citation(4, "500 tonnes of rock salt")
    return Answer(
        question="When does it end?",
        text=" ".join(claim.text for claim in made),
        route=LOOKUP,
        found=True,
        claims=tuple(made),
        citations=tuple(cited),
        digest=(DigestPart(source=cited[0].source, title="Supply agreement", date="2026-03-04", citations=(1,)),),
        draft=Draft(
            origin="memory",
            claims=(
                Claim(text="Acme delivered sugar.", verdict="unsupported", origin="memory", support=0.1),
                Claim(
                    text="It was 400 tonnes.",
                    verdict="contradicted",
                    origin="memory",
                    support=0.1,
                    contradicted_by=(4,),
                ),
            ),
            citations=(against,),
        ),
        notes=("The corpus may not say this; the closest passages are quoted.", "Two documents have no date."),
        commit=1,
    )


def events_of(answer: Answer) -> list[Event]:
    made: list[Event] = [RouteEvent(question=answer.question, route=answer.route)]
    at = 0
    for claim in answer.claims:
        known = {one.number: one for one in answer.citations}
        made += [CitationEvent(citation=known[one]) for one in claim.contradicted_by]
        made += [CitationEvent(citation=one) for one in claim.citations]
        made += [
            TextEvent(text=claim.text),
            ClaimEvent(claim=claim, start=at, end=at + len(claim.text)),
        ]
        at += len(claim.text) + 1
    return [*made, *(NoteEvent(note=note) for note in answer.notes), EndEvent(answer=answer)]


class Paced:
    """`Corpus.stream` that gives so many events as it was allowed to, and knows when it was stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
        self._allowed = threading.Semaphore(0)
        self.stopped = threading.Event()
        self.asked: list[dict[str, Any]] = []
        self._events = events_of(answer)
        paced = self

        def stream(_: Corpus, question: str, **asked: Any) -> Iterator[Event]:
            paced.asked.append({"question": question, **asked})
            try:
                for event in paced._events:
                    while not paced._allowed.acquire(timeout=0.05):
                        yield RouteEvent(question=question, route=LOOKUP)  # so that a stop is noticed
                    yield event
            finally:
                paced.stopped.set()

        monkeypatch.setattr(Corpus, "stream", stream)

    def allow(self, events: int = 1000) -> None:
        self._allowed.release(events)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Every question gets this answer."""
    answer = whole_answer()
    Paced(monkeypatch, answer).allow()
    return answer


# What the page is made of -----------------------------------------------------------------------------


def test_the_page_has_a_strict_policy_and_no_script_or_style_of_its_own(served: Running) -> None:
    with served.http() as http:
        response = http.get("/")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["form-action"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    page = html.fromstring(response.text)
    assert not page.xpath("//script[not(@src)]|//style|//@style")
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    assert {urlsplit(one).netloc for one in page.xpath("//@src|//link/@href")} == {""}


def test_every_file_of_the_page_is_served_with_that_policy_and_no_other_file_is(served: Running) -> None:
    from hybrid.service.assets import _assets

    with served.http() as http:
        for name in _assets():
            response = http.get(f"/page/{name}")
            assert (response.status_code, response.headers["x-content-type-options"]) == (200, "nosniff"), name
            assert "script-src 'self'" in response.headers["content-security-policy"]
            assert http.get(f"/page/{name}", headers={"If-None-Match": response.headers["etag"]}).status_code == 304
        for name in ("../app.py", "%2e%2e/app.py", "..%2fapp.py", "nothing.js", ""):
            assert http.get(f"/page/{name}").status_code == 404, name


def test_no_script_of_the_page_makes_markup_of_text(repository: Path) -> None:
    makers = re.compile(r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser")
    files = sorted((repository / "hybrid" / "service" / "page").glob("*.js"))
    assert len(files) >= 6
    assert [file.name for file in files if makers.search(file.read_text("utf-8"))] == []


def test_the_browser_refuses_markup_whoever_makes_it(matter: Opened) -> None:
    refused = matter.page.evaluate(
        "() => { try { document.body.innerHTML = '<p>x</p>'; return false } catch (error) { return error.name } }"
    )
    assert refused == "TypeError"
    assert any("TrustedHTML" in fault for fault in matter.faults)
    matter.faults.clear()


# Answers ----------------------------------------------------------------------------------------------


def test_an_answer_arrives_claim_by_claim(matter: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    paced = Paced(monkeypatch, whole_answer())
    page = matter.page
    page.fill("#question", "When does it end?")
    page.click("#ask")
    expect(page.locator("#stage")).to_be_visible()
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".claim")).to_have_count(0)
    for number in (1, 2, 3):
        paced.allow(3 if number == 3 else 4)  # citation, text, claim; before the first the route, another of the second
        expect(page.locator(".claim")).to_have_count(number)
        expect(page.locator("#announcer")).to_contain_text(f"Claim {number}, ")
    expect(page.locator(".draft")).to_have_count(0)
    first = page.locator(".claim .verdict").first
    first.click()
    paced.allow()
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".claim")).to_have_count(3)
    expect(page.locator("#announcer")).to_contain_text("The answer is complete: 3 claims, 3 sources, 2 notes")
    expect(page.locator(".verdict[aria-expanded=true]")).to_have_count(1)
    expect(page.locator(".verdict[aria-expanded=true]")).to_be_focused()


def test_cancel_stops_the_work_and_says_that_the_answer_is_not_whole(
    matter: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    paced = Paced(monkeypatch, whole_answer())
    page = matter.page
    page.fill("#question", "When does it end?")
    page.click("#ask")
    paced.allow(4)
    expect(page.locator(".claim")).to_have_count(1)
    page.focus("#cancel")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-problem")).to_contain_text("not the whole answer")
    expect(page.locator("#cancel")).to_be_hidden()
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("#history")).to_be_hidden()
    until(paced.stopped.is_set)


def test_verdicts_are_words_and_explain_themselves(matter: Opened, answered: Answer) -> None:
    from hybrid.display.answers import MEANING, ORIGINS

    matter.ask("When does it end?")
    said = [one.inner_text() for one in matter.page.locator(".claim button.verdict").all()]
    assert set(said) == {"“” quoted", "≈ supported", "≈ likely, 71 %"}
    expect(matter.page.get_by_text("conditional")).to_be_visible()
    expect(matter.page.locator(".otherwise")).to_have_text(" but [3] says otherwise")
    likely = matter.page.get_by_role("button", name="likely, 71 %")
    meaning = matter.page.locator(".claim.likely .meaning")
    expect(meaning).to_be_hidden()
    likely.press("Enter")
    expect(meaning).to_contain_text(MEANING["likely"].split(" ", 1)[1])
    expect(meaning).to_contain_text(f"{ORIGINS['memory']}; decided by alignment, probability 0.71")
    likely.press("Enter")
    expect(meaning).to_be_hidden()


def test_digest_and_draft_stand_apart_and_the_draft_is_hidden(matter: Opened, answered: Answer) -> None:
    matter.ask("When does it end?")
    page = matter.page
    digest = page.locator(".digest")
    expect(digest.get_by_role("heading", level=4)).to_have_text("Supply agreement (4 March 2026)")
    expect(digest.locator(".claim")).to_have_count(1)
    expect(page.locator("#answer-body > .claims > .claim")).to_have_count(2)
    drafted = page.get_by_text("Acme delivered sugar.")
    expect(drafted).to_be_hidden()
    page.locator(".draft > summary").click()
    expect(drafted).to_be_visible()
    expect(page.locator(".draft > summary")).to_contain_text("not part of the answer")
    expect(page.locator(".draft")).to_contain_text("contradicted: [4] says otherwise")
    page.locator(".draft .drafted .cite").click()
    expect(page.locator("#sheet mark")).to_have_text("500 tonnes of rock salt")


def test_that_the_corpus_may_not_say_it_stands_above_the_answer(matter: Opened, answered: Answer) -> None:
    matter.ask("When does it end?")
    caution, claim = matter.page.locator(".caution"), matter.page.locator(".claim").first
    expect(caution).to_have_text("The corpus may not say this; the closest passages are quoted.")
    assert caution.bounding_box()["y"] < claim.bounding_box()["y"]
    expect(matter.page.locator(".notes li")).to_have_text(["Two documents have no date."])


def test_a_source_says_who_when_of_which_status_and_what_it_warns_of(matter: Opened, answered: Answer) -> None:
    matter.ask("When does it end?")
    third = matter.page.locator(".all-sources .source").nth(2)
    expect(third).to_contain_text("marked privileged")
    expect(third).to_contain_text("1 copy")
    matter.page.evaluate("() => window.getSelection().removeAllRanges()")


def test_where_nothing_answers_it_says_what_was_searched(matter: Opened) -> None:
    matter.ask("How many moons has Jupiter?")
    expect(matter.page.locator(".nothing")).to_contain_text("documents")
    expect(matter.page.locator(".claim, .source")).to_have_count(0)
    expect(matter.page.locator("#history-list")).to_contain_text("nothing found")


def test_a_list_is_a_table_whose_rows_lead_to_their_sources(matter: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.types.enumerations import EnumeratedRow, Enumeration, RowSpan

    cited, made = claims()
    span = RowSpan(source="a.txt", start=0, end=3, quote="abc", sha256="0" * 64)
    rows = Enumeration(
        kind="list",
        what="payments",
        columns=("Day", "Amount"),
        rows=tuple(EnumeratedRow(cells=(f"{n} May", f"£{n}"), citation=n, span=span) for n in (1, 2)),
        found=2,
        count=2,
        summed="Amount",
        sums={"£": "1234.50"},
    )
    answer = whole_answer().model_copy(update={"enumeration": rows, "digest": (), "draft": None})
    Paced(monkeypatch, answer).allow()
    matter.ask("List every payment")
    page = matter.page
    expect(page.locator(".rows tbody tr")).to_have_count(2)
    expect(page.locator("#answer-body .claims")).to_have_count(0)
    expect(page.get_by_text("2 of 2 shown; sum of Amount: £1,234.50")).to_be_visible()
    page.locator(".rows .cite").nth(1).click()
    expect(page.locator("#sheet mark")).to_have_text(cited[1].quote)
    assert made


def test_quotes_are_checked_again_on_request(matter: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    matter.ask(QUESTION)
    button = matter.page.get_by_role("button", name="Check the quotes again")
    button.click()
    expect(matter.page.get_by_text("Every quote was found again, character for character.")).to_be_visible()
    monkeypatch.setattr(Corpus, "verify", lambda *_: ["[1] is no longer there"])
    button.click()
    expect(matter.page.get_by_text("Not as it was: [1] is no longer there.")).to_be_visible()


def test_a_follow_up_names_the_questions_before_it(matter: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    paced = Paced(monkeypatch, whole_answer())
    paced.allow()
    page = matter.page
    expect(page.locator("#follow-up-row")).to_be_hidden()
    matter.ask("When does it end?")
    paced.allow()
    page.check("#follow-up")
    matter.ask("And who signed?")
    paced.allow()
    expect(page.locator("#follow-up")).not_to_be_checked()
    matter.ask("What is the rent?")
    assert [list(one["history"]) for one in paced.asked] == [[], ["When does it end?"], []]


# Citations and documents ------------------------------------------------------------------------------


def test_a_citation_lands_on_the_highlighted_quote(matter: Opened) -> None:
    matter.ask(QUESTION)
    page = matter.page
    page.locator(".claim .cite").first.click()
    mark = page.locator("#sheet mark")
    expect(mark).to_have_text("The supply agreement ends on 30 June 2027, unless both parties extend it in writing.")
    expect(mark).to_be_in_viewport()
    expect(page.locator("#reader-heading")).to_be_focused()
    expect(page.locator("#reader-facts")).to_contain_text("[1] discovery/agreement.txt, line 3")
    expect(page.locator(".cite[aria-current=true]")).to_have_text("[1]")
    page.click("#show-whole")
    expect(page.locator("#sheet")).to_contain_text("Acme shall deliver 500 tonnes of rock salt")
    expect(page.locator("#sheet mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator(".claim .cite").first).to_be_focused()


def test_characters_beyond_the_first_plane_move_no_quote(matter: Opened) -> None:
    matter.ask("For how much is the windmill at Doel let?")
    page = matter.page
    page.locator(".claim .cite").first.click()
    for mode in ("#show-text", "#show-whole"):
        page.click(mode)
        expect(page.locator("#sheet mark").last).to_have_text("The windmill at Doel is let for 12 shillings.")


def test_the_page_of_a_pdf_is_shown_as_an_image_with_the_quote_marked(matter: Opened) -> None:
    matter.ask("At whose cost is wet salt sent back?")
    page = matter.page
    page.locator(".claim .cite", has_text="[1]").click()
    expect(page.locator("#reader-facts")).to_contain_text("files/carriage.pdf, page 2")
    expect(page.locator(".page-break")).to_have_text("page 2 of 2")
    page.click("#show-image")
    expect(page.locator("#reader-note")).to_have_text("The quote is highlighted in the image.")
    image = page.locator("#sheet img")
    expect(image).to_have_attribute("alt", re.compile("^Page 2 of files/carriage.pdf"))
    assert image.evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 500
    expect(page.locator("#show-image")).to_have_attribute("aria-pressed", "true")
    page.click("#show-text")
    expect(page.locator("#sheet mark")).to_be_visible()


def test_where_there_is_no_page_image_it_says_why(matter: Opened, root: Path) -> None:
    (root / "files" / "carriage.pdf").rename(root / "away.pdf")
    try:
        matter.ask("At whose cost is wet salt sent back?")
        matter.page.locator(".claim .cite", has_text="[1]").click()
        expect(matter.page.locator("#reader-note")).to_contain_text("Shown as text. There is no page image")
        expect(matter.page.locator("#show-image")).to_be_hidden()
        expect(matter.page.locator("#sheet mark")).to_be_visible()
    finally:
        (root / "away.pdf").rename(root / "files" / "carriage.pdf")


def test_sources_are_gone_through_one_by_one(matter: Opened, answered: Answer) -> None:
    matter.ask("When does it end?")
    page = matter.page
    page.locator(".cite", has_text="[1]").first.click()
    expect(page.locator("#previous-source")).to_be_disabled()
    for number in (2, 3, 4):
        page.click("#next-source")
        expect(page.locator("#reader-facts .number")).to_have_text(f"[{number}] ")
        expect(page.locator("#sheet mark").first).to_be_visible()
    expect(page.locator("#next-source")).to_be_disabled()


def test_what_a_document_says_is_never_markup(matter: Opened) -> None:
    matter.ask("What is the toll of the iron bridge a week?")
    page = matter.page
    shown = "<img src=x onerror=window.attacked=1>/\\u202efdp.txt"
    expect(page.locator(".source .where").first).to_contain_text(shown)
    expect(page.locator(".source blockquote").first).to_contain_text("<b>bold</b>")
    page.locator(".claim .cite").first.click()
    expect(page.locator("#sheet mark").last).to_contain_text("<script>window.attacked=1</script>")
    expect(page.locator("#reader-heading")).to_have_text(ATTACK)
    page.click("#show-whole")
    expect(page.locator("#sheet")).to_contain_text(ATTACK)
    page.click("#to-documents")
    expect(page.locator("#document-rows")).to_contain_text(shown)
    assert page.evaluate("window.attacked") is None
    assert page.locator("main img, main b.bold, aside img, main script, aside script").count() == 0


def test_filters_are_sent_and_said(matter: Opened) -> None:
    page = matter.page
    page.locator("#options > summary").click()
    page.fill("#sources", "discovery/*\nlease.txt")
    page.select_option("#custodian", "Jane Whitlock")
    page.fill("#since", "2026-03")
    page.select_option("#route", "lookup")
    expect(page.locator("#chosen")).to_have_text(
        "· source discovery/* or lease.txt, custodian Jane Whitlock, since 2026-03 · route lookup"
    )
    matter.ask("Who signed for Acme?")
    sent = [one for one in matter.requests if one.url.endswith("/stream")][-1].post_data_json
    assert sent["where"] == {
        "sources": ["discovery/*", "lease.txt"],
        "metadata": {"custodian": ["Jane Whitlock"]},
        "since": "2026-03",
    }
    assert sent["route"] == "lookup"
    expect(page.locator(".searched")).to_have_text(
        "Searched only: source discovery/* or lease.txt, custodian Jane Whitlock, since 2026-03."
    )
    expect(page.locator(".facts").last).to_contain_text("Route lookup, chosen by you")
    page.click("#clear-filters")
    expect(page.locator("#chosen")).to_have_text("")


def test_what_is_wrong_with_a_filter_is_said_in_words(matter: Opened) -> None:
    page = matter.page
    page.locator("#options > summary").click()
    page.fill("#since", "last spring")
    page.fill("#question", QUESTION)
    page.click("#ask")
    expect(page.locator("#answer-problem")).to_contain_text("since")
    expect(page.locator("#answer-problem")).to_contain_text("last spring")
    expect(page.locator("#history")).to_be_hidden()


# What is kept, and where ------------------------------------------------------------------------------


def stored(page: Page) -> str:
    return page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )


def test_what_was_asked_stays_in_the_tab_and_nowhere_else(matter: Opened) -> None:
    page = matter.page
    matter.ask(QUESTION)
    matter.ask("Who stopped paying the invoices?")
    expect(page.locator("#history-list li")).to_have_count(2)
    page.locator("#history-list button", has_text="supply agreement").click()
    expect(page.locator("#answer-heading")).to_have_text(QUESTION)
    expect(page.locator("#answer-heading")).to_be_focused()
    assert "agreement" not in stored(page)
    assert not [one.url for one in matter.requests if "agreement" in one.url.split("/v1/")[-1]]
    page.reload()
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#history")).to_be_hidden()
    page.select_option("#corpus", "matter")
    matter.ask(QUESTION)  # at once, whether or not the page knows its documents yet
    page.click("#clear-history")
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("#history")).to_be_hidden()
    expect(page.locator("body")).not_to_contain_text(QUESTION)


def test_another_corpus_is_another_matter(matter: Opened) -> None:
    matter.ask(QUESTION)
    matter.page.select_option("#corpus", "empty")
    expect(matter.page.locator("#ask-heading")).to_have_text("Ask empty")
    expect(matter.page.locator("#history")).to_be_hidden()
    expect(matter.page.locator("body")).not_to_contain_text("30 June 2027")


def test_what_was_asked_can_be_saved(matter: Opened, tmp_path: Path) -> None:
    matter.ask(QUESTION)
    for button, name, said in (
        ("#save-report", "matter-report.html", "30 June 2027"),
        ("#save-exhibits", "matter-exhibits.csv", "30 June 2027"),
    ):
        with matter.page.expect_download() as download:
            matter.page.click(button)
        assert download.value.suggested_filename == name
        download.value.save_as(tmp_path / name)
        assert said in (tmp_path / name).read_text("utf-8")


def test_a_key_is_asked_for_kept_in_the_tab_and_never_in_an_address(
    open_page: Callable[..., Opened], locked: Running
) -> None:
    secret = locked.key("ann", corpora=["matter"])
    opened = open_page(locked)
    page = opened.page
    expect(page.locator("#key-view")).to_be_visible()
    expect(page.locator("#key")).to_be_focused()
    page.fill("#key", "hyb_wrong")
    page.press("#key", "Enter")
    expect(page.locator("#key-problem")).to_contain_text("not known")
    page.fill("#key", secret)
    page.press("#key", "Enter")
    expect(page.locator("#ask-heading")).to_have_text("Ask matter")
    expect(page.locator("#asker")).to_contain_text("ann, reader")
    opened.ask(QUESTION)
    expect(page.locator(".claim").first).to_contain_text("30 June 2027")
    page.locator(".claim .cite").first.click()
    expect(page.locator("#sheet mark")).to_be_visible()
    page.reload()
    expect(page.locator("#ask-heading")).to_have_text("Ask matter")
    assert secret not in page.content()
    assert [one.url for one in opened.requests if secret in one.url] == []
    assert page.evaluate("() => JSON.stringify([{...localStorage}, document.cookie])") == '[{},""]'
    page.click("#forget-key")
    expect(page.locator("#key-view")).to_be_visible()
    assert secret not in stored(page)


def test_a_key_that_was_taken_away_has_to_be_given_again(open_page: Callable[..., Opened], locked: Running) -> None:
    from hybrid.service.keys import keys_of

    secret = locked.key("leaver", corpora=["matter"])
    opened = open_page(locked)
    page = opened.page
    page.fill("#key", secret)
    page.press("#key", "Enter")
    expect(page.locator("#ask-heading")).to_have_text("Ask matter")
    opened.ask(QUESTION)
    keys_of(locked.root).remove("leaver")
    page.fill("#question", "Who signed?")
    page.press("#question", "Enter")
    expect(page.locator("#key-problem")).to_contain_text("not known")
    expect(page.locator("#ask-view")).to_be_hidden()
    other = locked.key("successor", corpora=["matter"])
    page.fill("#key", other)
    page.press("#key", "Enter")
    expect(page.locator("#ask-heading")).to_have_text("Ask matter")
    expect(page.locator("body")).not_to_contain_text(QUESTION)


def test_a_reader_is_offered_no_change(open_page: Callable[..., Opened], locked: Running) -> None:
    opened = open_page(locked)
    opened.page.fill("#key", locked.key("only-reads"))
    opened.page.press("#key", "Enter")
    opened.page.click("#to-documents")
    expect(opened.page.locator("#document-rows tr")).to_have_count(6)
    expect(opened.page.locator("#upload")).to_be_hidden()
    expect(opened.page.locator("#create-another")).to_be_hidden()
    expect(opened.page.locator("#delete-corpus")).to_be_hidden()
    opened.page.locator("#document-rows button").first.click()
    expect(opened.page.locator("#sheet .line").first).to_be_visible()
    expect(opened.page.locator("#remove-document")).to_be_hidden()


# Errors in words --------------------------------------------------------------------------------------


def test_a_server_that_is_gone_is_said_in_words(matter: Opened) -> None:
    matter.page.route("**/stream", lambda route: route.abort())
    matter.page.fill("#question", QUESTION)
    matter.page.click("#ask")
    expect(matter.page.locator("#answer-problem")).to_contain_text("The server cannot be reached")


def test_a_stream_that_is_cut_is_not_taken_for_an_answer(matter: Opened) -> None:
    made = [f"event: {one.kind}\ndata: {one.model_dump_json()}\n\n" for one in events_of(whole_answer())]
    body = "".join(made[:4])
    matter.page.route("**/stream", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    matter.page.fill("#question", QUESTION)
    matter.page.click("#ask")
    expect(matter.page.locator("#answer-problem")).to_contain_text("The connection broke off")
    expect(matter.page.locator("#answer-problem")).to_contain_text("not the whole")
    expect(matter.page.locator(".claim")).to_have_count(1)
    expect(matter.page.locator("#history")).to_be_hidden()


def test_an_error_in_the_middle_of_a_stream_is_said(matter: Opened) -> None:
    error = {"error": {"type": "AnswerTimeoutError", "message": "there was no answer within 3 s", "retry_after": 4.2}}
    body = f": still at work\n\nevent: error\ndata: {json.dumps(error)}\n\n"
    matter.page.route("**/stream", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    matter.page.fill("#question", QUESTION)
    matter.page.click("#ask")
    expect(matter.page.locator("#answer-problem")).to_contain_text("There was no answer within 3 s. Try again in 5 s.")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ('event: claim\ndata: {"kind": "claim", "claim\n\n', "The server sent what cannot be read."),
        ('event: claim\ndata: {"kind": "claim"}\n\n', "This page failed to show what the server sent."),
    ],
    ids=["no JSON", "no claim"],
)
def test_a_malformed_stream_is_said_in_words(matter: Opened, event: str, said: str) -> None:
    matter.page.route("**/stream", lambda route: route.fulfill(body=event, content_type="text/event-stream"))
    matter.page.fill("#question", QUESTION)
    matter.page.click("#ask")
    expect(matter.page.locator("#answer-problem")).to_contain_text(said)
    expect(matter.page.locator("#cancel")).to_be_hidden()
    matter.faults.clear()


def test_an_empty_question_is_not_sent(matter: Opened) -> None:
    matter.page.fill("#question", "  ")
    matter.page.click("#ask")
    expect(matter.page.locator("#question-problem")).to_have_text("Write a question first.")
    expect(matter.page.locator("#question")).to_be_focused()
    assert not [one for one in matter.requests if one.url.endswith("/stream")]


# Documents and uploads --------------------------------------------------------------------------------


def test_documents_are_listed_found_and_read(matter: Opened) -> None:
    page = matter.page
    page.click("#to-documents")
    expect(page.locator("#about-documents")).to_contain_text("6 documents from 6 sources")
    page.fill("#find-document", "whitlock")
    expect(page.locator("#document-rows tr")).to_have_count(1)
    expect(page.locator("#found-documents")).to_have_text("1 of 6 documents")
    expect(page.locator("#document-rows")).to_contain_text("4 March 2026")
    page.get_by_role("button", name="discovery/minutes.txt").click()
    expect(page.locator("#sheet")).to_contain_text("The salt arrived wet three months in a row.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="discovery/minutes.txt")).to_be_focused()


def test_an_upload_shows_how_far_it_is_and_what_became_of_it(
    open_page: Callable[..., Opened], tmp_path: Path, root: Path
) -> None:
    with serving(tmp_path / "corpora") as running:
        opened = open_page(running)
        page = opened.page
        expect(page.locator("#no-corpus-view")).to_be_visible()
        page.fill("#create-name", "new matter")
        page.press("#create-name", "Enter")
        expect(page.locator("#create-problem")).to_contain_text("Name is 1 to 64 letters, digits")
        page.fill("#create-name", "new-matter")
        page.press("#create-name", "Enter")
        expect(page.locator("#documents-heading")).to_have_text("Documents of new-matter")
        shutil.rmtree(tmp_path / "corpora" / "new-matter")  # with a memory it would take minutes
        Corpus.open(tmp_path / "corpora" / "new-matter", INDEX_ONLY).close()
        running.service.corpora.close()

        folder = tmp_path / "letters"
        (folder / "2026").mkdir(parents=True)
        (folder / "2026" / "call.txt").write_text("On 2 April 2026 the carrier paid 12,000 euros.")
        (folder / "odd.bin").write_bytes(bytes(range(256)))
        expect(page.locator("#send")).to_be_disabled()
        page.set_input_files("#folder", str(folder))
        expect(page.locator("#send")).to_contain_text("Upload 2 files, ")
        page.click("#send")
        expect(page.locator(".job")).to_contain_text("Reading 2 files: done.")
        expect(page.locator(".job")).to_contain_text("1 added, 1 left out.")
        expect(page.locator(".job details")).to_contain_text("letters/odd.bin: ")
        expect(page.locator("#document-rows")).to_contain_text("letters/2026/call.txt")
        expect(page.locator("#announcer")).to_contain_text("Reading 2 files: done.")
        page.click("#to-ask")
        opened.ask("How much did the carrier pay?")
        expect(page.locator(".claim").first).to_contain_text("12,000 euros")


def test_a_job_shows_its_stages_and_can_be_cancelled_and_resumed(
    open_page: Callable[..., Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Corpus.open(tmp_path / "corpora" / "slow", INDEX_ONLY).close()
    halfway, go_on = threading.Event(), threading.Event()
    real = Corpus.ingest

    def slow(self: Corpus, inputs: Any, *, progress: Any, workers: int, **_: Any) -> Any:
        progress("embed", 3, 8, "")
        halfway.set()
        while not go_on.wait(0.02):
            progress("embed", 3, 8, "")
        return real(self, inputs, progress=progress, workers=workers)

    monkeypatch.setattr(Corpus, "ingest", slow)
    with serving(tmp_path / "corpora") as running:
        page = open_page(running).page
        page.click("#to-documents")
        expect(page.locator("#no-documents")).to_contain_text("There is no document yet")
        page.set_input_files("#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"The rent is 3 pounds."})
        page.click("#send")
        until(halfway.is_set)
        step = page.locator(".job .step")
        expect(step).to_contain_text("3 of 8")
        expect(step.locator("progress")).to_have_js_property("value", 3)
        page.get_by_role("button", name="Cancel: Reading a.txt").click()
        expect(page.locator(".job")).to_contain_text("Reading a.txt: cancelled; what was read stays.")
        go_on.set()
        page.get_by_role("button", name="Go on with it").click()
        expect(page.locator(".job")).to_contain_text("Reading a.txt: done.")
        expect(page.locator("#document-rows tr")).to_have_count(1)


def test_an_upload_that_is_refused_says_why_and_can_be_sent_again(
    open_page: Callable[..., Opened], tmp_path: Path
) -> None:
    Corpus.open(tmp_path / "corpora" / "small", INDEX_ONLY).close()
    with serving(tmp_path / "corpora", {"limits": {"upload_files": 1}}) as running:
        page = open_page(running).page
        page.click("#to-documents")
        page.set_input_files(
            "#files", [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in ("a", "b")]
        )
        page.click("#send")
        expect(page.locator("#upload-problem")).to_contain_text("at most 1 file")
        expect(page.locator("#send")).to_be_enabled()


def test_a_document_is_removed_once_that_is_confirmed_and_its_certificate_can_be_saved(
    open_page: Callable[..., Opened], tmp_path: Path
) -> None:
    from hybrid.types.certificates import DeletionCertificate

    with Corpus.open(tmp_path / "corpora" / "small", INDEX_ONLY) as corpus:
        corpus.ingest([Document.from_text(AGREEMENT, "a.txt"), Document.from_text(MINUTES, "b.txt")])
    with serving(tmp_path / "corpora") as running:
        page = open_page(running).page
        page.click("#to-documents")
        page.get_by_role("button", name="b.txt").click()
        page.click("#remove-document")
        expect(page.get_by_role("dialog")).to_have_accessible_name("Remove b.txt?")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#reader")).to_be_visible()
        expect(page.locator("#remove-document")).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Remove it").click()
        expect(page.locator(".job")).to_contain_text("Removal of b.txt: done.")
        expect(page.locator("#document-rows tr")).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the certificate").click()
        download.value.save_as(tmp_path / "certificate.json")
        certificate = DeletionCertificate.from_json((tmp_path / "certificate.json").read_text("utf-8"))
        assert certificate.removed[0].sources == ("b.txt",)


def test_a_corpus_is_deleted_once_its_name_is_typed(open_page: Callable[..., Opened], tmp_path: Path) -> None:
    for name in ("first", "second"):
        Corpus.open(tmp_path / "corpora" / name, INDEX_ONLY).close()
    with serving(tmp_path / "corpora") as running:
        page = open_page(running).page
        page.click("#to-documents")
        page.locator("#delete-corpus > summary").click()
        page.click("#delete")
        yes = page.get_by_role("button", name="Delete it")
        expect(yes).to_be_disabled()
        page.fill("#confirm-name", "second")
        expect(yes).to_be_disabled()
        page.keyboard.press("Enter")  # what Enter presses is not what cannot be undone
        expect(page.get_by_role("dialog")).to_be_hidden()
        assert (tmp_path / "corpora" / "first").exists()
        page.click("#delete")
        page.fill("#confirm-name", "first")
        yes.click()
        expect(page.locator("#documents-heading")).to_have_text("Documents of second")
        expect(page.locator("#corpus option")).to_have_text(["second"])
        assert not (tmp_path / "corpora" / "first").exists()


def test_a_corpus_without_documents_says_so(matter: Opened) -> None:
    matter.page.select_option("#corpus", "empty")
    expect(matter.page.locator("#about-corpus")).to_have_text("It has no documents yet.")


# The same words as everywhere else --------------------------------------------------------------------

WORDING = "import('/page/wording.js').then(async (words) => { await words.loadWords(); return (%s); })"


def said_by_page(page: Page, function: str, values: list[Any]) -> list[Any]:
    """What a function of the page makes of each value."""
    return page.evaluate(f"(values) => {WORDING % f'values.map((value) => words.{function}(value))'}", values)


def test_characters_that_move_what_is_read_are_shown_as_the_library_shows_them(matter: Opened) -> None:
    from hybrid.text.formatting import printable, visible_name

    letters = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x11000), *range(0x1F600, 0x1F610))]
    letters += [chr(code) for code in (*range(0xDFFF0, 0xE0200), 0x10FFFF)]
    for function, same in (("printable", printable), ("visibleName", visible_name)):
        made = said_by_page(matter.page, function, letters)
        assert [hex(ord(one)) for one, shown in zip(letters, made, strict=True) if shown != same(one)] == [], function
    assert said_by_page(matter.page, "visibleName", ["a\\u202e", "a\\b"]) == [r"a\u005cu202e", "a\\b"]


TEXTS = [
    "",
    "One line.",
    "  many   blanks\tand\u00a0kinds\u2003of them ",
    "A line that is long enough to have been broken because the\npage was full goes on here.\nAnd this does not.",
    "A heading\n\nA line that is long enough to have been broken because the\n\nparagraph ended.",
    "“A line that is long enough and ends a sentence in quotation marks.”)\nA new one.",
    "A line that is long enough 😀😀😀😀😀 with letters beyond the\nfirst plane",
    "soft\u00adhyphen \u202eturned\u202c \x07 bell",
]


def test_texts_are_joined_as_the_library_joins_them(matter: Opened) -> None:
    from hybrid.text.formatting import one_line, reflowed

    assert said_by_page(matter.page, "reflowed", TEXTS) == [reflowed(text) for text in TEXTS]
    assert said_by_page(matter.page, "oneLine", TEXTS) == [one_line(text) for text in TEXTS]


def varied() -> list[Citation]:
    """Citations of every kind that the library words differently."""
    of = "The supply agreement ends on 30 June 2027"
    return [
        citation(1),
        citation(2, of, lines=(3, 9), author="Ann Aaker <ann@mill.example>", date="2026-03-04"),
        citation(3, of, page=3, last_page=3, page_label="iv", speaker="Dr Wynn", author="Ann", date="2026-03"),
        citation(4, of, page=3, last_page=4, lines=(40, 2), date="2026", custodians=("Ann",), author="Ann"),
        citation(5, of, author="Ann", custodians=("Ann", "Ben"), copies=("b.eml", "c.eml"), ocr=0.934),
        citation(6, of, status={"name": "draft", "reason": "its head says so"}, date="2026-03-04T10:05:00+00:00"),
        citation(7, of, source="a\u202eb\n.txt", before="", after="\ue000 \ue001" * 60, date="spring 2026"),
    ]


def test_citations_are_worded_as_the_library_words_them(matter: Opened) -> None:
    from hybrid.display.answers import citation_text, who_and_when
    from hybrid.text.formatting import place

    cited = varied()
    given = [one.model_dump(mode="json") for one in cited]
    assert said_by_page(matter.page, "place", given) == [place(one) for one in cited]
    assert said_by_page(matter.page, "whoAndWhen", given) == [who_and_when(one) for one in cited]
    lines = said_by_page(matter.page, "citationLine", given)
    assert [" ".join(one.split()) for one in lines] == [" ".join(citation_text(one).split()) for one in cited]


def test_a_quote_stands_in_its_context_as_the_library_shows_it(matter: Opened) -> None:
    from hybrid.display.answers import quote_in_context

    cited = varied()
    made = said_by_page(matter.page, "inContext", [one.model_dump(mode="json") for one in cited])
    shown = [html.fromstring(str(quote_in_context(one))) for one in cited]
    assert [one["quote"] for one in made] == [one.findtext(".//mark") for one in shown]
    assert [f"{one['before']}{one['quote']}{one['after']}" for one in made] == [one.text_content() for one in shown]


def test_verdicts_filters_and_lines_are_worded_as_the_library_words_them(matter: Opened) -> None:
    from hybrid import Filter
    from hybrid.display.answers import _against, verdict_in_words
    from hybrid.display.pages import lines
    from hybrid.types.documents import PageView

    page = matter.page
    answer = whole_answer()
    drafted = list(answer.draft.claims) if answer.draft else []
    judged = [*answer.claims, *drafted]
    given = [one.model_dump(mode="json") for one in judged]
    assert said_by_page(page, "verdictInWords", given) == [verdict_in_words(one) for one in judged]
    assert said_by_page(page, "against", given) == [_against(one) for one in judged]
    filters = [
        Filter(),
        Filter(sources=("a/*", "b.txt"), metadata={"custodian": ("Ann", "Ben")}, since="2024", until="2024-03"),
        Filter(sources=tuple(f"{n}.txt" for n in range(2000))),
    ]
    assert said_by_page(page, "filterInWords", [one.model_dump(mode="json") for one in filters]) == [
        str(one) for one in filters
    ]
    paged = Document.from_text("one 😀\ntwo\n\f three\n😀😀 four 😀 five six\nseven", "a.txt")
    views = [
        PageView.of(document, document.text.index(quote), document.text.index(quote) + len(quote))
        for document, quote in (
            (paged, "four 😀 five"),
            (paged, "two\n\f three\n😀😀 four"),
            (Document.from_text(AGREEMENT, "b.txt"), "Acme shall deliver"),
        )
    ]
    made = said_by_page(page, "linesOf", [one.model_dump(mode="json") for one in views])
    assert [[list(line.values()) for line in one] for one in made] == [
        [[line.number, line.before, line.quoted, line.after, line.page] for line in lines(one)] for one in views
    ]


def test_lists_are_summed_up_as_the_library_sums_them_up(matter: Opened) -> None:
    from hybrid.display.enumerations import said_otherwise, summary
    from hybrid.types.enumerations import EnumeratedRow, Enumeration, RowSpan

    def span(text: str, **fields: Any) -> RowSpan:
        return RowSpan(source="a.txt", start=0, end=len(text), quote=text, sha256="0" * 64, **fields)

    otherwise = span("It was never paid.", citation=9, speaker="Ann <a@b.example>", date="2026-03-04", page=2)
    rows = [
        EnumeratedRow(cells=("1 May",), citation=n, span=span("1 May"), against=(otherwise,), said_by=(span("paid"),))
        for n in (1, 2, 3, 7)
    ]
    made = Enumeration(
        kind="sum", what="payments", columns=("Day",), rows=tuple(rows), found=1234, count=1200, summed="Amount",
        sums={"£": "1234567.50", "EUR": "12", "": "999"}, dated_by="by the day of payment",
    )  # fmt: skip
    given = made.model_dump(mode="json")
    assert said_by_page(matter.page, "enumerationSummary", [given]) == [summary(made)]
    assert said_by_page(matter.page, "saidOtherwise", [given]) == [said_otherwise(made)]


# For everybody ----------------------------------------------------------------------------------------


def test_the_keyboard_alone_is_enough(matter: Opened) -> None:
    page = matter.page
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    tab_to(page, ".claim .cite")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet mark")).to_be_visible()
    tab_to(page, "#show-whole")
    page.keyboard.press("Space")
    expect(page.locator("#show-whole")).to_have_attribute("aria-pressed", "true")
    tab_to(page, "#sheet")
    page.keyboard.press("Escape")
    expect(page.locator(".claim .cite").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".claim .meaning").first).to_be_visible()
    tab_to(page, "#to-documents")
    page.keyboard.press("Enter")
    tab_to(page, "#document-rows button")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet .line").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#document-rows button").first).to_be_focused()


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the focus is on an element; it has to be seen that it is there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    pytest.fail(f"Tab does not get to {selector}")


def test_enter_asks_and_shift_enter_begins_a_line(matter: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    paced = Paced(monkeypatch, whole_answer())
    paced.allow()
    page = matter.page
    page.focus("#question")
    page.keyboard.type("When")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("does it end?")
    assert paced.asked == []
    page.keyboard.press("Enter")
    expect(page.locator("#answer-heading")).to_have_text("When does it end?")
    until(lambda: paced.asked)
    assert paced.asked[0]["question"] == "When\ndoes it end?"


def test_on_a_narrow_screen_nothing_is_cut_and_the_document_covers_the_rest(
    open_page: Callable[..., Opened], served: Running, answered: Answer
) -> None:
    opened = open_page(served, viewport=NARROW)
    page = opened.page
    page.select_option("#corpus", "matter")

    def fits() -> bool:
        return page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    assert fits()
    page.locator("#options > summary").click()
    assert fits()
    opened.ask("When does it end?")
    assert fits()
    page.locator(".claim .cite").first.click()
    expect(page.locator("#sheet mark")).to_be_in_viewport()
    assert fits()
    assert page.locator("#reader").bounding_box() == {"x": 0, "y": 0, **NARROW}
    for _ in range(12):  # the focus stays in what is seen
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('main, .top, .skip') === null")
    page.focus("#reader-heading")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.closest('main, .top, .skip') === null")
    page.click("#close-reader")
    expect(page.locator(".claim .cite").first).to_be_focused()
    page.click("#to-documents")
    assert fits()


def test_light_and_dark_are_the_systems_until_one_is_chosen(open_page: Callable[..., Opened], served: Running) -> None:
    opened = open_page(served, color_scheme="dark")
    page = opened.page

    def ground() -> str:
        return page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    dark = ground()
    page.emulate_media(color_scheme="light")
    light = ground()
    assert light != dark
    page.select_option("#theme", "dark")
    assert ground() == dark
    page.reload()
    expect(page.locator("#loading")).to_be_hidden()
    assert ground() == dark
    expect(page.locator("#theme")).to_have_value("dark")
    page.select_option("#theme", "system")
    assert ground() == light


def test_nothing_moves_for_whoever_wants_no_motion(
    open_page: Callable[..., Opened], served: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    paced = Paced(monkeypatch, whole_answer())
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page = open_page(served, reduced_motion=motion).page
        page.fill("#question", QUESTION)
        page.click("#ask")
        expect(page.locator("#stage")).to_be_visible()
        assert page.evaluate("() => document.getAnimations().length > 0") is moves
        page.click("#cancel")
        expect(page.locator("#cancel")).to_be_hidden()
    paced.allow()


STATES = ("empty", "filters", "answer", "reader", "image", "documents", "confirm", "key")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    open_page: Callable[..., Opened],
    served: Running,
    locked: Running,
    axe: str,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    viewport: dict[str, int],
) -> None:
    opened = open_page(served, viewport=viewport, color_scheme=scheme)
    page = opened.page
    page.select_option("#corpus", "matter")
    expect(page.locator("#ask-heading")).to_have_text("Ask matter")
    page.evaluate(axe)
    found = {"empty": violations(page)}
    page.locator("#options > summary").click()
    found["filters"] = violations(page)
    page.locator("#options > summary").click()
    opened.ask("At whose cost is wet salt sent back?")
    page.locator(".claim .cite", has_text="[1]").click()
    expect(page.locator("#sheet mark")).to_be_visible()
    page.click("#show-image")
    expect(page.locator("#sheet img")).to_be_visible()
    found["image"] = violations(page)
    page.click("#close-reader")
    Paced(monkeypatch, whole_answer()).allow()
    opened.ask("When does it end?")
    page.locator(".draft > summary").click()
    page.locator(".claim .verdict").first.click()
    found["answer"] = violations(page)
    page.locator(".claim .cite").first.click()
    expect(page.locator("#sheet mark")).to_be_visible()
    found["reader"] = violations(page)
    page.click("#close-reader")
    page.click("#to-documents")
    expect(page.locator("#document-rows tr")).to_have_count(6)
    found["documents"] = violations(page)
    page.locator("#document-rows button").first.click()
    page.click("#remove-document")
    expect(page.get_by_role("dialog")).to_be_visible()
    found["confirm"] = violations(page)

    asked = open_page(locked, viewport=viewport, color_scheme=scheme).page
    asked.fill("#key", "hyb_wrong")
    asked.press("#key", "Enter")
    expect(asked.locator("#key-problem")).to_be_visible()
    asked.evaluate(axe)
    found["key"] = violations(asked)
    assert found == {state: [] for state in STATES}


def violations(page: Page) -> list[str]:
    """What axe finds fault with, best practices included, and where."""
    made = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}" for one in made["violations"] for node in one["nodes"]
    ]
