"""An answer, its claims and citations; and several groups' answers to one question, next to each other."""

from __future__ import annotations

from collections.abc import Mapping

from hybrid.display.enumerations import enumeration_table, enumeration_text
from hybrid.display.markup import (
    BLUE,
    BREAK,
    DIM,
    FINE,
    GREY,
    LINE,
    MONO,
    ORANGE,
    VIOLET,
    Html,
    body,
    card,
    head,
    join,
    mark,
    more,
    pill,
    section,
    tag,
)
from hybrid.display.routes import route_pill, scale_inline
from hybrid.text import formatting, ocr_marks
from hybrid.text.formatting import (
    SHOWN_ROWS,
    count,
    one_line,
    place,
    quote_line,
    reflowed,
    source_line,
    visible_name,
    wrapped,
)
from hybrid.text.quoted_mails import without_marks
from hybrid.types.answers import Answer, Citation, Claim, Comparison, Contradiction, DigestPart, Draft, Verdict
from hybrid.types.base import as_html, as_text
from hybrid.types.filters import Filter

COLOURS: dict[Verdict, str] = {
    "verbatim": GREY, "supported": BLUE, "likely": VIOLET, "contradicted": ORANGE, "unsupported": ORANGE
}  # fmt: skip
SIGNS: dict[Verdict, str] = {
    "verbatim": "“”", "supported": "≈", "likely": "≈", "contradicted": "≠", "unsupported": "△"
}  # fmt: skip
MEANING: dict[Verdict, str] = {
    "verbatim": "found word for word in the cited span",
    "supported": "the cited span entails it, by rules on words, numbers and names",
    "likely": "a model says that the cited span entails it",
    "contradicted": "a span says otherwise",
    "unsupported": "no span was found that supports this",
}
ORIGINS = {"index": "quoted from the index", "memory": "written by the memory", "writer": "written by another model"}
DRAFT = {
    "index": "Draft, not part of the answer: no document was found that supports this",
    "memory": "Draft of the memory, not part of the answer: no document was found that supports this",
    "writer": "Draft of another model, not part of the answer: no document was found that supports this",
}
_OPEN, _CLOSE = "\ue000\ue001"  # where the quote begins and ends, while lines are joined
_SHORT_CONTEXT = 100  # characters; less stands after a quote only where the document ends


# Text ---------------------------------------------------------------------------------------------


@as_text.register(Answer)
def answer_text(answer: Answer) -> str:
    """The answer's text, its citations by number, its filter and its notes, wrapped for a terminal."""
    if answer.enumeration is not None:
        blocks = [enumeration_text(answer.enumeration)]
    else:
        blocks = ["\n".join(wrapped(line) for line in answer.text.splitlines())]
    if answer.citations and answer.enumeration is None:
        blocks.append("\n".join(map(citation_text, answer.citations)))
    if answer.where is not None:
        blocks.append(wrapped(f"{searched(answer.where)}.", " " * 6))
    if answer.notes:
        blocks.append("\n".join(wrapped(f"Note: {note}", "      ") for note in answer.notes))
    return "\n\n".join(blocks)


def searched(where: Filter) -> str:
    """A filter as it stands beside what was found with it: "Searched only: custodian J. Doe, since 2024-03"."""
    return f"Searched only: {where}"


@as_text.register(Citation)
def citation_text(citation: Citation) -> str:
    """One citation: its number, where it stands, and the quote."""
    lead, known = f"[{citation.number}] ", who_and_when(citation)
    at = f"{visible_name(citation.source)}, {place(citation)}{f' ({known})' if known else ''}"
    return wrapped(f'{lead}{at}: "{quote_line(citation.quote)}"', " " * len(lead))


def who_and_when(citation: Citation) -> str:
    """Who says it and when, in a document of which status and from whose files, as far as these are known: "Ann Aaker,
    4 March 2026; draft; custodian Ben Boole; 1 copy"."""
    who = formatting.who_and_when(citation.speaker or citation.author, None)
    said = formatting.who_and_when(citation.speaker or citation.author, citation.date)
    others = [one for one in citation.custodians if one != who or citation.copies]  # who wrote it has it, of course
    custodians = f"custodian{'s' if len(others) > 1 else ''} {', '.join(others)}"
    known = (
        said,
        citation.status.name if citation.status else None,
        custodians if others else None,
        count(len(citation.copies), "copy", "copies") if citation.copies else None,
        ocr_marks.label(citation.ocr) if citation.ocr is not None else None,
    )
    return "; ".join(one for one in known if one)


@as_text.register(Claim)
def claim_text(claim: Claim) -> str:
    """One claim: what it says, the verdict on it, and its citations."""
    said = f"“{claim.text}”" if claim.origin == "index" else claim.text
    return "\n".join((wrapped(f"{said} ({_judged(claim)})"), *map(citation_text, claim.citations)))


@as_text.register(DigestPart)
def digest_part_text(part: DigestPart) -> str:
    """A document of a digest: its title, who wrote it and when, and the numbers of what is quoted."""
    numbers = "".join(f"[{number}]" for number in part.citations)
    return wrapped(f"{source_line(part.title, part.author, part.date)}: {numbers}", "  ")


@as_text.register(Draft)
def draft_text(draft: Draft) -> str:
    """What was written and is not supported, under a line that says so."""
    said = [f"- {claim.text} ({_against(claim)})" for claim in draft.claims]
    lines = [wrapped(f"{DRAFT[draft.origin]}:"), *(wrapped(line, "  ") for line in said)]
    return "\n".join([*lines, *map(citation_text, draft.citations)])


def _against(claim: Claim) -> str:
    """The verdict on a claim of a draft, in words."""
    if not claim.contradicted_by:
        return claim.verdict
    numbers = "".join(f"[{number}]" for number in claim.contradicted_by)
    return f"{claim.verdict}: {numbers} {'says' if len(claim.contradicted_by) == 1 else 'say'} otherwise"


def _judged(claim: Claim) -> str:
    known = f"{claim.verdict}, {ORIGINS[claim.origin]}, decided by {claim.decided_by}{_worth(claim)}"
    return f"{known}; {claim.qualification}" if claim.qualification else known


# HTML ---------------------------------------------------------------------------------------------


@as_html.register(Answer)
def answer_html(answer: Answer) -> str:
    """A card: the question and its route, claims with verdicts, quotes in their context, notes."""
    parts = [head("Answer", answer.question, filter_line(answer.where), _facts(answer)), body(*claims(answer))]
    if answer.citations:
        shown, left = answer.citations[:SHOWN_ROWS], len(answer.citations) - SHOWN_ROWS
        parts.append(section("Sources", *map(citation_block, shown), more(left, "citation")))
    if answer.notes:
        parts.append(section("Notes", *(tag("div", note, style=f"font-size:13px;{BREAK}") for note in answer.notes)))
    return card("Answer", *parts)


def filter_line(where: Filter | None) -> Html | None:
    """What was searched, where that is not everything, on a line of its own."""
    return None if where is None else tag("div", searched(where), style=f"{FINE};{BREAK}")


def _facts(answer: Answer) -> Html:
    route = answer.route
    facts: list[str] = [join(("comprehension", scale_inline(route), f"{route.p_comprehension:.2f}"))]
    if route.forced:
        facts.append("route chosen by the caller")
    if answer.commit is not None:
        facts.append(f"commit {answer.commit}")
    if answer.seconds:
        facts.append(f"{sum(answer.seconds.values()):.2f} s")
    return join((route_pill(route), tag("span", join(facts, " · "), style=f"{FINE};margin-left:8px")))


def claims(answer: Answer) -> list[Html]:
    """The answer's claims, or its text where it has none."""
    if answer.enumeration is not None:
        return [enumeration_table(answer.enumeration)]
    if not answer.claims:
        return [tag("div", answer.text, style=f"font-size:15px;{BREAK}")]
    return claim_blocks(answer)


def claim_blocks(answer: Answer, exhibits: Mapping[int, int] | None = None) -> list[Html]:
    """The claims of an answer, those of its digest below the names of their documents. ``exhibits`` as in
    `claim_block`."""
    first = {part.citations[0]: part for part in answer.digest}
    made: list[Html] = []
    for claim in answer.claims:
        part = first.get(claim.citations[0].number) if claim.origin == "index" and claim.citations else None
        if part is not None:
            line = source_line(part.title, part.author, part.date)
            style = f"margin:12px 0 0;font-size:13px;font-weight:600;{BREAK}"
            made.append(tag("div", line, role="heading", aria_level=4, style=style))
        made.append(claim_block(claim, exhibits))
    return made


def claim_block(claim: Claim, exhibits: Mapping[int, int] | None = None) -> Html:
    """A claim with its citations' numbers and its verdict.

    ``exhibits`` are the numbers of the exhibits by those of the citations, to be shown and linked to instead.
    """
    said = f"“{claim.text}”" if claim.origin == "index" else claim.text
    speaker = claim.citations[0].speaker if claim.origin == "index" and claim.citations else None
    numbers = [_number(citation.number, exhibits) for citation in claim.citations]
    if claim.contradicted_by:
        others = join([_number(number, exhibits) for number in claim.contradicted_by])
        numbers.append(join((" but ", others, " says otherwise")))
    if claim.qualification:
        numbers.append(tag("span", f" {claim.qualification}", style=f"color:rgb({ORANGE})"))
    colour = COLOURS[claim.verdict]
    return tag(
        "div",
        tag("b", f"{speaker}: ", style="font-size:13px") if speaker else None,
        tag("span", said, style="font-size:15px"),
        " ",
        tag("b", *numbers, style="font-size:12px"),
        " ",
        verdict_pill(claim),
        style=f"margin:8px 0;padding-left:12px;border-left:3px solid rgba({colour},.8);{BREAK}",
    )


def _number(number: int, exhibits: Mapping[int, int] | None) -> Html:
    if exhibits is None:
        return tag("span", f"[{number}]")
    found = exhibits[number]
    return tag("a", f"[Exhibit {found}]", href=f"#exhibit-{found}", style="color:inherit;white-space:nowrap")


def verdict_pill(claim: Claim) -> Html:
    """The verdict as a sign, a word and a colour; what it means and where it is from on hovering."""
    meaning = f"{MEANING[claim.verdict]}; {ORIGINS[claim.origin]}; decided by {claim.decided_by}{_worth(claim)}"
    sure = f", {claim.probability:.0%}" if claim.verdict == "likely" and claim.probability is not None else ""
    return pill(f"{SIGNS[claim.verdict]} {verdict_in_words(claim)}{sure}", COLOURS[claim.verdict], meaning)


def verdict_in_words(claim: Claim) -> str:
    """The verdict on a claim as a reader takes it: what the index brings is quoted."""
    if claim.verdict == "verbatim":
        return "quoted" if claim.origin == "index" else "word for word"
    return claim.verdict


def _worth(claim: Claim) -> str:
    return f", probability {claim.probability:.2f}" if claim.probability is not None else ""


@as_html.register(Claim)
def claim_html(claim: Claim) -> str:
    """A card with one claim."""
    parts = [body(claim_block(claim), tag("div", _judged(claim), style=FINE))]
    if claim.citations:
        parts.append(section("Sources", *map(citation_block, claim.citations)))
    return card("Claim", *parts)


@as_html.register(DigestPart)
def digest_part_html(part: DigestPart) -> str:
    """A card with one document of a digest."""
    numbers = "".join(f"[{number}]" for number in part.citations)
    return card(
        "DigestPart",
        head("DigestPart", source_line(part.title, part.author, part.date)),
        body(tag("div", f"{part.source}: {numbers}")),
    )


@as_html.register(Draft)
def draft_html(draft: Draft) -> str:
    """A card with a draft: a dashed frame around sentences without quotation marks."""
    parts = [body(*(tag("div", claim.text, " ", _draft_verdict(claim), style=_DRAFTED) for claim in draft.claims))]
    if draft.citations:
        parts.append(section("What says otherwise", *map(citation_block, draft.citations)))
    return card("Draft", head("Draft", DRAFT[draft.origin]), *parts)


_DRAFTED = f"margin:8px 0;padding:5px 12px;border:1px dashed rgba({ORANGE},.8);border-radius:6px;{BREAK}"


def _draft_verdict(claim: Claim) -> Html:
    return pill(f"{SIGNS[claim.verdict]} {_against(claim)}", COLOURS[claim.verdict], MEANING[claim.verdict])


@as_html.register(Citation)
def citation_html(citation: Citation) -> str:
    """A card with one citation."""
    return card("Citation", body(citation_block(citation)))


def citation_block(citation: Citation) -> Html:
    """Where a citation stands, and its quote highlighted in the text around it."""
    titled = f"{citation.title} · " if citation.title not in citation.source else None
    heading = tag(
        "div",
        tag("b", f"[{citation.number}] "),
        titled,
        tag("span", citation.source, style="font-weight:600"),
        f", {place(citation)}",
        tag("span", f" · {known}", style=DIM) if (known := who_and_when(citation)) else None,
        style=f"font-size:13px;{BREAK}",
    )
    return tag("div", heading, quote_in_context(citation), fingerprint(citation), style="margin:9px 0")


def quote_in_context(citation: Citation) -> Html:
    """The quote, marked, between the text before and after it."""
    around = f"{_unmarked(citation.before)}{_OPEN}{_unmarked(citation.quote)}{_CLOSE}{_unmarked(citation.after)}"
    around = reflowed(without_marks(around))
    before, _, rest = around.partition(_OPEN)
    quote, _, after = rest.partition(_CLOSE)
    goes_on = len(citation.after) > _SHORT_CONTEXT
    return tag(
        "div",
        tag("span", "… " if len(citation.before) < citation.start else None, before, style=DIM),
        mark(quote),
        tag("span", after, " …" if goes_on else None, style=DIM),
        style=f"margin-top:3px;padding-left:12px;border-left:{LINE};font-size:13.5px;white-space:pre-line;{BREAK}",
    )


def _unmarked(text: str) -> str:
    return text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")


def fingerprint(citation: Citation) -> Html:
    """The span and the digest by which the quote can be found again, small."""
    digest = tag("span", f"sha256 {citation.sha256[:12]}…", style=MONO, title=citation.sha256)
    return tag("div", f"characters {citation.start:,}–{citation.end:,} · ", digest, style=f"font-size:11px;{DIM}")


_NONE = "No claim of one group openly contradicts one of another. What has to be inferred was not looked for."
_COLUMN = "flex:1 1 17em;min-width:0;max-width:100%"  # three beside each other in a notebook, one on a telephone

# Text ---------------------------------------------------------------------------------------------


@as_text.register(Comparison)
def comparison_text(comparison: Comparison) -> str:
    """The groups one below the other, each under its name, and then what contradicts what."""
    blocks = [wrapped(one_line(comparison.question))]
    for side, answer in comparison.items():
        name = one_line(side)
        blocks.append(f"{wrapped(name)}\n{'-' * min(len(name), 40)}\n{answer_text(answer)}")
    found = comparison.contradictions[:SHOWN_ROWS]
    said = [wrapped(f"{_counted(comparison)}:" if found else _NONE), *map(contradiction_text, found)]
    if left := len(comparison.contradictions) - len(found):
        said.append(f"and {left:,} more")
    return "\n\n".join((*blocks, "\n".join(said)))


@as_text.register(Contradiction)
def contradiction_text(contradiction: Contradiction) -> str:
    """The two claims, each with its side and where it stands."""
    lines = []
    for side, citation in zip(contradiction.groups, contradiction.citations, strict=True):
        lines.append(wrapped(f"{one_line(side)}: {citation_text(citation)}", "    ", "  "))
    return "\n".join(lines)


def _counted(comparison: Comparison) -> str:
    return count(len(comparison.contradictions), "open contradiction")


# HTML ---------------------------------------------------------------------------------------------


@as_html.register(Comparison)
def comparison_html(comparison: Comparison) -> str:
    """A card with a column for each side; on a narrow page they stand one below the other."""
    found = tag("span", f"{count(len(comparison), 'group')}; {_counted(comparison)}", style=FINE)
    columns = [_column(side, answer) for side, answer in comparison.items()]
    beside = tag("div", *columns, style="display:flex;flex-wrap:wrap;gap:18px 16px;align-items:flex-start")
    return card("Comparison", head("Comparison", comparison.question, found), body(beside), disputed(comparison))


def _column(side: str, answer: Answer) -> Html:
    name = tag("div", side, role="heading", aria_level=4, style=f"font-weight:650;{BREAK}")
    notes = [tag("div", f"Note: {note}", style=f"{FINE};{BREAK};margin-top:6px") for note in answer.notes]
    sources = [tag("div", *map(citation_block, answer.citations), style=f"border-top:{LINE};margin-top:10px")]
    content = (name, filter_line(answer.where), *claims(answer), *(sources if answer.citations else ()), *notes)
    return tag("div", *content, style=_COLUMN, role="region", aria_label=side)


def disputed(comparison: Comparison) -> Html:
    """The pairs of claims that contradict each other, or that there are none."""
    found = comparison.contradictions[:SHOWN_ROWS]
    said = [_pair(one) for one in found] if found else [tag("div", _NONE, style=FINE)]
    left = more(len(comparison.contradictions) - len(found), "contradiction")
    return section("What contradicts what", *said, left)


def _pair(contradiction: Contradiction) -> Html:
    """The two claims next to each other."""
    both = [_said(*one) for one in zip(contradiction.groups, contradiction.claims, strict=True)]
    edge = f"padding-left:12px;border-left:3px solid rgba({ORANGE},.8)"
    return tag("div", *both, style=f"display:flex;flex-wrap:wrap;gap:6px 16px;margin:8px 0;{edge}")


def _said(side: str, claim: Claim) -> Html:
    citation = claim.citations[0]
    where = tag("div", f"[{citation.number}] {citation.source}, {place(citation)}", style=f"{FINE};{BREAK}")
    said = tag("div", mark(claim.text), style=f"font-size:13.5px;{BREAK}")
    return tag("div", tag("b", side, style=f"font-size:13px;{BREAK}"), said, where, style=_COLUMN)


@as_html.register(Contradiction)
def contradiction_html(contradiction: Contradiction) -> str:
    """A card with the two claims next to each other."""
    return card("Contradiction", head("Contradiction", " and ".join(contradiction.groups)), body(_pair(contradiction)))
