"""Several sides' answers to one question, next to each other, and the claims that contradict each other."""

from __future__ import annotations

from hybrid.answers import Answer, Claim
from hybrid.comparison import Comparison, Contradiction
from hybrid.display.answers import answer_text, citation_block, citation_text, claims, filter_line
from hybrid.display.markup import BREAK, FINE, LINE, ORANGE, Html, body, card, head, mark, more, section, tag
from hybrid.display.text import SHOWN_ROWS, count, one_line, place, wrapped

_NONE = "No claim of one side openly contradicts one of another. What has to be inferred was not looked for."
_COLUMN = "flex:1 1 17em;min-width:0;max-width:100%"  # three beside each other in a notebook, one on a telephone

# Text ---------------------------------------------------------------------------------------------


def comparison_text(comparison: Comparison) -> str:
    """The sides one below the other, each under its name, and then what contradicts what."""
    blocks = [wrapped(one_line(comparison.question))]
    for side, answer in comparison.items():
        name = one_line(side)
        blocks.append(f"{wrapped(name)}\n{'-' * min(len(name), 40)}\n{answer_text(answer)}")
    found = comparison.contradictions[:SHOWN_ROWS]
    said = [wrapped(f"{_counted(comparison)}:" if found else _NONE), *map(contradiction_text, found)]
    if left := len(comparison.contradictions) - len(found):
        said.append(f"and {left:,} more")
    return "\n\n".join((*blocks, "\n".join(said)))


def contradiction_text(contradiction: Contradiction) -> str:
    """The two claims, each with its side and where it stands."""
    lines = []
    for side, citation in zip(contradiction.sides, contradiction.citations, strict=True):
        lines.append(wrapped(f"{one_line(side)}: {citation_text(citation)}", "    ", "  "))
    return "\n".join(lines)


def _counted(comparison: Comparison) -> str:
    return count(len(comparison.contradictions), "open contradiction")


# HTML ---------------------------------------------------------------------------------------------


def comparison_html(comparison: Comparison) -> str:
    """A card with a column for each side; on a narrow page they stand one below the other."""
    found = tag("span", f"{count(len(comparison), 'side')}; {_counted(comparison)}", style=FINE)
    columns = [_column(side, answer) for side, answer in comparison.items()]
    beside = tag("div", *columns, style="display:flex;flex-wrap:wrap;gap:18px 16px;align-items:flex-start")
    return card("Comparison", head("Comparison", comparison.question, found), body(beside), _disputed(comparison))


def _column(side: str, answer: Answer) -> Html:
    name = tag("div", side, role="heading", aria_level=4, style=f"font-weight:650;{BREAK}")
    notes = [tag("div", f"Note: {note}", style=f"{FINE};{BREAK};margin-top:6px") for note in answer.notes]
    sources = [tag("div", *map(citation_block, answer.citations), style=f"border-top:{LINE};margin-top:10px")]
    content = (name, filter_line(answer.where), *claims(answer), *(sources if answer.citations else ()), *notes)
    return tag("div", *content, style=_COLUMN, role="region", aria_label=side)


def _disputed(comparison: Comparison) -> Html:
    found = comparison.contradictions[:SHOWN_ROWS]
    said = [_pair(one) for one in found] if found else [tag("div", _NONE, style=FINE)]
    left = more(len(comparison.contradictions) - len(found), "contradiction")
    return section("What contradicts what", *said, left)


def _pair(contradiction: Contradiction) -> Html:
    """The two claims next to each other."""
    both = [_said(*one) for one in zip(contradiction.sides, contradiction.claims, strict=True)]
    edge = f"padding-left:12px;border-left:3px solid rgba({ORANGE},.8)"
    return tag("div", *both, style=f"display:flex;flex-wrap:wrap;gap:6px 16px;margin:8px 0;{edge}")


def _said(side: str, claim: Claim) -> Html:
    citation = claim.citations[0]
    where = tag("div", f"[{citation.number}] {citation.source}, {place(citation)}", style=f"{FINE};{BREAK}")
    said = tag("div", mark(claim.text), style=f"font-size:13.5px;{BREAK}")
    return tag("div", tag("b", side, style=f"font-size:13px;{BREAK}"), said, where, style=_COLUMN)


def contradiction_html(contradiction: Contradiction) -> str:
    """A card with the two claims next to each other."""
    return card("Contradiction", head("Contradiction", " and ".join(contradiction.sides)), body(_pair(contradiction)))
