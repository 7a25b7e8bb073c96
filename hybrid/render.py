"""How an answer looks in a terminal and in a notebook.

Documents are other people's words: what comes from them is stripped of control characters for the
terminal and escaped for HTML. The HTML stands alone: inline styles, no scripts, no links, and colours
that let a light or a dark page through.
"""

from __future__ import annotations

import textwrap
from html import escape

from hybrid.answers import Answer, Citation, Claim, Hit, Verdict

WIDTH = 88
"""Columns that text is wrapped at."""

_CONTROLS = {
    code: "\ufffd" for code in (*range(32), *range(127, 160), *range(0xD800, 0xE000)) if chr(code) not in "\n\t"
}
_SHORT_CONTEXT = 100  # characters; less stands after a quote only where the document ends
_COLOURS: dict[Verdict, str] = {"verbatim": "34,160,90", "supported": "50,120,220", "unsupported": "214,120,20"}
_MEANING: dict[Verdict, str] = {
    "verbatim": "found word for word in the cited span",
    "supported": "carried by the cited span, in other words",
    "unsupported": "no span was found that carries this",
}


def place(citation: Citation | Hit) -> str:
    """Where a citation or a search hit stands, for people.

    Example:
        "page 3, lines 12-14", "pages 3-4, line 40 to line 2", "line 7"
    """
    first, last = citation.lines
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    if citation.page is None:
        return lines
    if citation.page == citation.last_page:
        return f"page {citation.page}, {lines}"
    return f"pages {citation.page}-{citation.last_page}, line {first} to line {last}"


def as_text(answer: Answer) -> str:
    """The answer's text, its citations by number, and its notes, wrapped for a terminal."""
    blocks = ["\n".join(_wrapped(line) for line in answer.text.splitlines())]
    if answer.citations:
        blocks.append("\n".join(map(_citation_text, answer.citations)))
    if answer.notes:
        blocks.append("\n".join(_wrapped(f"Note: {note}", "      ") for note in answer.notes))
    return "\n\n".join(blocks)


def _wrapped(line: str, hang: str = "") -> str:
    return textwrap.fill(
        _printable(line), WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )


def _printable(text: str) -> str:
    return text.translate(_CONTROLS)


def _citation_text(citation: Citation) -> str:
    quote = " ".join(citation.quote.split())
    mark = f"[{citation.number}] "
    return _wrapped(f'{mark}{citation.source}, {place(citation)}: "{quote}"', " " * len(mark))


_CARD = (
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:14px;line-height:1.55;max-width:54em;"
    "border:1px solid rgba(128,128,128,.35);border-radius:10px;overflow:hidden;text-align:left;white-space:normal"
)
_FINE = "font-size:12px;opacity:.75"


def as_html(answer: Answer) -> str:
    """The answer as one self-contained ``div``: route, claims with verdicts, quotes in their context."""
    parts = [_head(answer), _body(answer)]
    if answer.citations:
        parts.append(_section("Sources", "".join(map(_citation_html, answer.citations))))
    if answer.notes:
        notes = "".join(f'<div style="margin:2px 0">{_safe(note)}</div>' for note in answer.notes)
        parts.append(_section("Notes", f'<div style="{_FINE}">{notes}</div>'))
    return f'<div class="hybrid-answer" style="{_CARD}">{"".join(parts)}</div>'


def _safe(text: str) -> str:
    return escape(_printable(text), quote=True)


def _pill(text: str, colour: str, title: str) -> str:
    style = (
        f"display:inline-block;padding:0 7px;border-radius:9px;font-size:11px;line-height:18px;white-space:nowrap;"
        f"background:rgba({colour},.16);border:1px solid rgba({colour},.55)"
    )
    return f'<span style="{style}" title="{_safe(title)}">{_safe(text)}</span>'


def _head(answer: Answer) -> str:
    route = answer.route
    chosen = "chosen by the caller" if route.forced else "chosen by the router"
    share = round(100 * route.p_comprehension)
    bar = (
        '<span style="display:inline-block;width:64px;height:6px;border-radius:3px;background:rgba(128,128,128,.28);'
        f'vertical-align:middle"><span style="display:block;width:{share}%;height:6px;border-radius:3px;'
        'background:rgba(130,90,220,.85)"></span></span>'
    )
    facts = [f"comprehension {bar} {route.p_comprehension:.2f}"]
    if answer.generation is not None:
        facts.append(f"generation {answer.generation}")
    if answer.seconds:
        facts.append(f"{sum(answer.seconds.values()):.2f} s")
    pill = _pill(f"route: {route.name}", "130,90,220", chosen)
    return (
        '<div style="padding:12px 16px;background:rgba(128,128,128,.10);border-bottom:1px solid rgba(128,128,128,.25)">'
        f'<div style="font-weight:600;font-size:15px;overflow-wrap:anywhere">{_safe(answer.question)}</div>'
        f'<div style="margin-top:6px">{pill} <span style="{_FINE};margin-left:6px">{" · ".join(facts)}</span></div>'
        "</div>"
    )


def _body(answer: Answer) -> str:
    claims = "".join(map(_claim_html, answer.claims)) or f'<div style="padding:4px 0">{_safe(answer.text)}</div>'
    return f'<div style="padding:10px 16px 12px">{claims}</div>'


def _claim_html(claim: Claim) -> str:
    colour = _COLOURS[claim.verdict]
    text = f"“{_safe(claim.text)}”" if claim.origin == "index" else _safe(claim.text)
    numbers = "".join(f"[{citation.number}]" for citation in claim.citations)
    made = "quoted from the index" if claim.origin == "index" else "written by the memory"
    pill = _pill(claim.verdict, colour, f"{_MEANING[claim.verdict]}; {made}; support {claim.support:.2f}")
    faded = ";opacity:.8" if claim.verdict == "unsupported" else ""
    if claim.contradicted_by:
        numbers += " but " + "".join(f"[{number}]" for number in claim.contradicted_by) + " otherwise"
    return (
        f'<div style="margin:7px 0;padding-left:11px;border-left:3px solid rgba({colour},.75);overflow-wrap:anywhere">'
        f'<span style="font-size:15px{faded}">{text}</span> <b style="font-size:12px">{numbers}</b> {pill}</div>'
    )


def _section(title: str, inner: str) -> str:
    heading = (
        '<div style="font-size:11px;letter-spacing:.08em;text-transform:uppercase;opacity:.65;margin-bottom:4px">'
        f"{title}</div>"
    )
    return f'<div style="padding:10px 16px 12px;border-top:1px solid rgba(128,128,128,.25)">{heading}{inner}</div>'


def _citation_html(citation: Citation) -> str:
    titled = f"{citation.title} · " if citation.title not in citation.source else ""
    mark = "background:rgba(255,205,0,.38);color:inherit;border-radius:2px;padding:1px 0"
    quote = (
        '<div style="margin-top:2px;font-size:13px;white-space:pre-line;overflow-wrap:anywhere">'
        f'<span style="opacity:.6">{_ellipsis(citation.before, "before", citation.start)}</span>'
        f'<mark style="{mark}">{_tidy(citation.quote)}</mark>'
        f'<span style="opacity:.6">{_ellipsis(citation.after, "after", citation.start)}</span></div>'
    )
    heading = (
        f'<b>[{citation.number}]</b> {_safe(titled)}<span style="font-weight:600">{_safe(citation.source)}</span>, '
        f"{_safe(place(citation))}"
    )
    title = f"characters {citation.start} to {citation.end}; sha256 {citation.sha256}"
    return f'<div style="margin:8px 0"><div style="font-size:13px" title="{_safe(title)}">{heading}</div>{quote}</div>'


def _ellipsis(context: str, side: str, start: int) -> str:
    """The context, with an ellipsis where the document goes on beyond it."""
    if side == "before":
        return f"{'… ' if len(context) < start else ''}{_tidy(context)}"
    return f"{_tidy(context)} …" if len(context) > _SHORT_CONTEXT else _tidy(context.rstrip())


def _tidy(text: str) -> str:
    """Escaped, with line breaks kept and runs of blanks and blank lines made one."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    edges = (" " if text[:1] in {" ", "\t"} else "", " " if text[-1:] in {" ", "\t"} else "")
    kept = "\n".join(line for position, line in enumerate(lines) if line or position in {0, len(lines) - 1})
    return f"{edges[0]}{_safe(kept)}{edges[1]}"
