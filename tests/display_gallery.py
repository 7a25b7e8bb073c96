"""Every display on one page, for looking at: ``python -m display_gallery page.html [dark]``.

The page is light, or dark with a second argument, as the usual notebooks are. What is shown is made up here.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from math import exp, sin
from pathlib import Path

from hybrid.display.markup import Html, tag
from hybrid.display.progress import StageState, bars_html
from hybrid.export.report import AnswerReport, Verification
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
from hybrid.types.documents import Document, Metadata, PageView, sha256_hex
from hybrid.types.exhibits import exhibits
from hybrid.types.filters import Filter
from hybrid.types.reports import (
    CorpusStatus,
    DocumentInfo,
    Documents,
    IngestReport,
    MemoryTraining,
    SkippedFile,
    TrainingPoint,
)

PAGES = {"light": ("#ffffff", "#1f1f1f"), "dark": ("#111111", "#d6d6d6")}
_SHA = sha256_hex(b"supply agreement")
_CONTRACT = """SUPPLY AGREEMENT

between Acme Salt Ltd ("Seller") and Beta Roads plc ("Buyer"), dated 1 July 2024.

1. Term. This agreement begins on 1 July 2024 and ends on 30 June 2027, unless both parties extend it in writing.

2. Deliveries. The Seller shall deliver 500 tonnes of rock salt to the depot in Ghent every month. Salt whose moisture
exceeds 3 % on arrival is not in conformity with this agreement.

3. Termination. Either party may terminate this agreement with 90 days' notice under clause 12.3(b). Notice is given in
writing to the address on the first page, and takes effect on the day on which it is received.

4. Price. EUR 61.40 a tonne, invoiced at the end of each month, payable within 30 days.
"""


def document() -> Document:
    """A contract of two pages."""
    return Document(
        source="contracts/supply-agreement.pdf",
        text=_CONTRACT,
        sha256=_SHA,
        media_type="application/pdf",
        pages=(0, _CONTRACT.index("3. Termination")),
        metadata=Metadata(title="Supply Agreement", date="2024-07-01", custodian="J. Whitlock", author="Acme Salt Ltd"),
    )


def citation(number: int, quote: str) -> Citation:
    """A citation of the contract."""
    one = document()
    start = one.text.index(quote)
    end = start + len(quote)
    place = one.locate(start, end)
    return Citation(
        number=number,
        source=one.source,
        title=one.title,
        page=place.page,
        last_page=place.last_page,
        lines=place.lines,
        start=start,
        end=end,
        quote=quote,
        before=one.text[max(0, start - 160) : start],
        after=one.text[end : end + 160],
        sha256=one.sha256,
    )


def answer() -> Answer:
    """An answer with claims of every verdict."""
    ends = citation(
        1,
        "This agreement begins on 1 July 2024 and ends on 30 June 2027,\u0020unless both parties extend it in writing.",
    )
    notice = citation(2, "Either party may terminate this agreement with 90 days' notice under clause 12.3(b).")
    return Answer(
        question="When does the supply agreement end, and why did the parties fall out over it?",
        text=f"“{ends.quote}” [1]\n\nEach party can end it early with 90 days' notice. [2]\n\n"
        "The parties fell out over salt that came wet. (unsupported)",
        route=Route(name="both", p_comprehension=0.46),
        claims=(
            Claim(text=ends.quote, verdict="verbatim", citations=(ends,), origin="index", support=1.0),
            Claim(
                text="Each party can end it early with 90 days' notice.",
                verdict="supported",
                citations=(notice,),
                origin="memory",
                support=0.84,
                contradicted_by=(1,),
            ),
            Claim(
                text="The parties fell out over salt that came wet.",
                verdict="unsupported",
                origin="memory",
                support=0.31,
            ),
        ),
        citations=(ends, notice),
        found=True,
        commit=7,
        notes=("Read as: When does the supply agreement between Acme and Beta end?",),
        seconds={"route": 0.02, "search": 0.11, "memory": 1.4},
    )


def draft() -> Draft:
    """What the memory wrote and nothing supports, and what a quote contradicts."""
    wet = Claim(text="The parties fell out over salt that came wet.", verdict="unsupported", origin="memory", support=0)
    price = Claim(
        text="The price is EUR 90 a tonne.", verdict="unsupported", origin="memory", support=0.3, contradicted_by=(1,)
    )
    quote = "EUR 61.40 a tonne, invoiced at the end of each month, payable within 30 days."
    return Draft(origin="memory", claims=(wet, price), citations=(citation(1, quote),))


def comparison() -> Comparison:
    """Three groups, two of which contradict each other."""
    quotes = {
        "J. Whitlock": "Either party may terminate this agreement with 90 days' notice under clause 12.3(b).",
        "Beta Roads plc": "This agreement begins on 1 July 2024 and ends on 30 June 2027,",
        "Acme Salt Ltd": "EUR 61.40 a tonne, invoiced at the end of each month, payable within 30 days.",
    }
    answers = {}
    for side, quote in quotes.items():
        one = citation(1, quote)
        said = Claim(text=quote, verdict="verbatim", citations=(one,), origin="index", support=1.0)
        answers[side] = answer().model_copy(
            update={
                "claims": (said,),
                "citations": (one,),
                "notes": (),
                "text": f"“{quote}” [1]",
                "where": Filter(metadata={"custodian": side}, since="2026-03"),
            }
        )
    first, second, _ = answers
    found = Contradiction(groups=(first, second), claims=(answers[first].claims[0], answers[second].claims[0]))
    return Comparison("When does the supply agreement end?", answers, [found])


def hits() -> Hits:
    """Search results, one of which holds a term exactly."""
    one = document()

    def hit(number: int, start: int, end: int, score: float) -> Hit:
        place = one.locate(start, end)
        return Hit(
            source=one.source, title=one.title, chunk_id=number, document_id=1, start=start, end=end,
            text=one.text[start:end], page=place.page, last_page=place.last_page, lines=place.lines, sha256=_SHA,
            score=score, dense_rank=number, lexical_rank=None if number > 2 else 3 - number,
            similarity=0.71 - number / 10,
        )  # fmt: skip

    spans = [(_CONTRACT.index("3. Term"), _CONTRACT.index("4. Price")), (0, _CONTRACT.index("2. Del")), (300, 480)]
    found = [
        hit(number, *span, score) for number, (span, score) in enumerate(zip(spans, (2.71, 0.64, 0.31), strict=True), 1)
    ]
    return Hits(
        found,
        question="Who may terminate under clause 12.3(b)?",
        matched=("clause 12.3(b)", "12.3(b)", "terminate", "termination", "clause"),
    )


def documents(number: int = 8) -> Documents:
    """A table of documents of several kinds."""
    kinds = (("pdf", "application/pdf", 12), ("eml", "message/rfc822", 0), ("txt", "text/plain", 0))
    names = ("contracts/supply-agreement", "mail/2026-03-04-wet-salt", "minutes/2026-03-04")
    titles = ("Supply Agreement", "Re: Re: wet salt again, third month in a row", "Minutes of 4 March 2026")
    made = []
    for at in range(number):
        ending, media_type, pages = kinds[at % 3]
        source = f"{names[at % 3]}-{at + 1:03}.{ending}"
        made.append(
            DocumentInfo(
                id=at + 1, source=source, title=titles[at % 3], media_type=media_type, characters=18_200 + 731 * at,
                pages=pages + at if pages else 0, chunks=20 + at, sha256=_SHA, date=f"2026-03-{at % 28 + 1:02}",
                custodian="J. Whitlock" if at % 3 else None,
                sources=(source, f"copies/{at + 1}.{ending}") if at == 1 else (source,),
            )
        )  # fmt: skip
    return Documents(made)


def status() -> CorpusStatus:
    """A corpus whose memory is ready."""
    return CorpusStatus(
        directory="acme-v-beta", commit=7, documents=63, sources=71, chunks=1_842, characters=1_204_331,
        memory="ready", trained_tokens=288_120, bytes_on_disk=128_400_000, embedder="all-minilm-l6-v2",
        language_model="smollm2-135m-instruct",
    )  # fmt: skip


def ingest_report() -> IngestReport:
    """An ingest that left two files out."""
    return IngestReport(
        added=tuple(document.source for document in documents(20)),
        unchanged=("minutes/2025-12-01.md",) * 41,
        duplicates=("copies/2.eml", "copies/supply-agreement (1).pdf"),
        skipped=(
            SkippedFile(source="scans/invoice-0091.pdf", code="empty", reason="its 3 pages hold no text"),
            SkippedFile(source="contracts/side-letter.pdf", code="encrypted", reason="it needs a password"),
        ),
        chunks=412, trained_tokens=91_400, loss=2.318, commit=7, memory="ready",
        notes=("contracts/draft.docx: page numbers are those its author saw last",),
        seconds={"discover": 0.4, "load": 3.1, "embed": 21.9, "index": 0.6, "memory": 322.0},
    )  # fmt: skip


def training(points: int = 240) -> MemoryTraining:
    """A loss that falls, with the noise of documents that differ."""
    made = tuple(
        TrainingPoint(
            start=1200 * at,
            end=1200 * (at + 1),
            loss=2.05 + 0.8 * exp(-at / 60) + 0.13 * sin(at * 1.7) * sin(at * 0.37),
        )
        for at in range(points)
    )
    return MemoryTraining(tokens=1200 * points, points=made, model="smollm2-135m-instruct")


def report(*, holds: bool = True) -> AnswerReport:
    """A report of two answers, each exhibit in its page."""
    nothing = Answer(
        question="How many days of holiday does an employee get?",
        text="Nothing in the 8 documents of the corpus answers this question.",
        route=Route(name="lookup", p_comprehension=0.02),
        found=False,
        commit=7,
    )
    answers = (answer(), nothing)
    found = exhibits(answers)
    problems = () if holds else ("[1] contracts/supply-agreement.pdf has changed since the answer was made",)
    pages = tuple(PageView.of(document(), one.citation.start, one.citation.end) for one in found)
    checked = Verification("acme-v-beta", 7, (problems, ()))
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    return AnswerReport("Acme v Beta: first questions", answers, found, at, checked, pages)


def displays() -> dict[str, Shown]:
    """One of each kind, by name."""
    first = answer()
    page = PageView.of(document(), first.citations[1].start, first.citations[1].end)
    return {
        "corpus": status(),
        "ingest report": ingest_report(),
        "memory training": training(),
        "memory training, none": MemoryTraining(tokens=18_299, model="smollm2-135m-instruct"),
        "documents": documents(8),
        "document": document(),
        "document info": documents()[1],
        "answer": first,
        "answer, nothing found": report().answers[1],
        "comparison": comparison(),
        "contradiction": comparison().contradictions[0],
        "claim": first.claims[1],
        "digest part": DigestPart(
            source="mail/2026-03-04.eml", title="Re: wet salt", author="Ann Aaker", date="2026-03-04", citations=(1, 2)
        ),
        "draft": draft(),
        "citation": first.citations[0],
        "route": first.route,
        "route, sure": Route(name="comprehension", p_comprehension=0.97),
        "route, forced": Route(name="lookup", p_comprehension=0.61, forced=True),
        "hits": hits(),
        "hit": hits()[0],
        "page": page,
        "exhibits": exhibits([first]),
        "exhibit": exhibits([first])[0],
        "report": report(),
    }


def progress() -> str:
    """Bars in the middle of the work."""
    rows: list[tuple[str, StageState]] = [
        ("looking for files", StageState(63, 63, "", 0.0)),
        ("embedding", StageState(412, 412, "", 0.0)),
        ("training the memory", StageState(420, 1000, "minutes/2026-03-04.md: 38,400 tokens, loss 2.318", 0.0)),
    ]
    return bars_html(rows, ended=False, failed=False)


def page(theme: str = "light") -> str:
    """The gallery as an HTML document."""
    background, colour = PAGES[theme]
    made = [Html(shown._repr_html_()) for shown in displays().values()]
    style = f"background:{background};color:{colour};margin:24px;font:14px sans-serif"
    start = tag("head", tag("meta", charset="utf-8"), tag("title", "Displays"))
    body = tag("body", *(tag("div", one, style="margin:18px 0") for one in (*made, Html(progress()))), style=style)
    return f"<!DOCTYPE html>\n{tag('html', start, body, lang='en')}\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(*sys.argv[2:3]), encoding="utf-8")
