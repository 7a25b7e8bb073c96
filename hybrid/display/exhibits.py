"""The list of exhibits, and one of them."""

from __future__ import annotations

from hybrid.display.answers import COLOURS, MEANING, SIGNS, filter_line, quote_in_context, searched, who_and_when
from hybrid.display.markup import BREAK, FINE, Html, body, card, head, join, pill, section, table, tag
from hybrid.text.formatting import SHOWN_ROWS, clipped, count, quote_line, wrapped
from hybrid.types.answers import Verdict
from hybrid.types.base import as_html, as_text
from hybrid.types.exhibits import Exhibit, Exhibits, Use


@as_text.register(Exhibit)
def exhibit_text(exhibit: Exhibit) -> str:
    """An exhibit's number, place and quote, and what it was cited for."""
    one = exhibit.citation
    lead = f"Exhibit {exhibit.number}  "
    known = who_and_when(one)
    first = wrapped(
        f'{lead}{one.source}, {exhibit.place}{f" ({known})" if known else ""}: "{quote_line(one.quote)}"', " " * 4
    )
    return "\n".join((first, *(wrapped(_use(use), "      ", "    ") for use in exhibit.uses)))


def _use(use: Use) -> str:
    within = "" if use.where is None else f"; {clipped(searched(use.where), 160)}"
    return f"{use.verdict} for: {clipped(use.claim, 160)} ({clipped(use.question, 120)}{within})"


@as_text.register(Exhibits)
def exhibits_text(exhibits: Exhibits) -> str:
    """The exhibits one below the other."""
    if not exhibits:
        return "No exhibits: the answers cite nothing."
    shown = [exhibit_text(exhibit) for exhibit in list(exhibits)[:SHOWN_ROWS]]
    left = len(exhibits) - len(shown)
    return "\n".join([*shown, *([f"and {left:,} more"] if left else [])])


@as_html.register(Exhibit)
def exhibit_html(exhibit: Exhibit) -> str:
    """A card with one exhibit, its quote in context."""
    one = exhibit.citation
    known = who_and_when(one)
    where = tag("span", f"{one.source} · {exhibit.place}{f' · {known}' if known else ''}", style=FINE)
    uses = [tag("div", *cited(use), style=f"margin:5px 0;{BREAK}") for use in exhibit.uses]
    quote = join((quote_in_context(one), tag("div", f"sha256 {one.sha256}", style=f"{FINE};{BREAK};margin-top:5px")))
    return card(
        "Exhibit", head(f"Exhibit {exhibit.number}", one.title, where), body(quote), section("Cited for", *uses)
    )


def cited(use: Use, link: str | None = None) -> tuple[Html | str | None, ...]:
    """What an exhibit was cited for: the verdict, the claim, the question (a link to its answer), and the filter."""
    question = tag("span", f"({use.question})") if link is None else tag("a", use.question, href=link)
    return verdict_pill(use.verdict), f" {use.claim} ", tag("span", question, style=FINE), filter_line(use.where)


def verdict_pill(verdict: Verdict) -> Html:
    """A verdict as a sign, a word and a colour."""
    return pill(f"{SIGNS[verdict]} {verdict}", COLOURS[verdict], MEANING[verdict])


@as_html.register(Exhibits)
def exhibits_html(exhibits: Exhibits) -> str:
    """A card with the table of exhibits."""
    documents = len({exhibit.citation.sha256 for exhibit in exhibits})
    top = head(
        "Exhibits",
        count(len(exhibits), "exhibit"),
        tag("span", f"from {count(documents, 'document')}, in the order in which they are cited", style=FINE),
    )
    if not exhibits:
        return card("Exhibits", top, body("The answers cite nothing."))
    rows = [
        [
            tag("b", str(exhibit.number)),
            join((exhibit.citation.source, tag("div", exhibit.place, style=FINE))),
            f"“{clipped(exhibit.citation.quote, 280)}”",
            join((*_asked(exhibit.uses[0]), _others(exhibit))),
            verdict_pill(exhibit.verdict),
        ]
        for exhibit in list(exhibits)[:SHOWN_ROWS]
    ]
    shown = table(
        "Exhibits", ("No.", "Document", "Quote", "Question", "Verdict"), rows, firm=(0, 4), total=len(exhibits)
    )
    return card("Exhibits", top, body(shown))


def _asked(use: Use) -> tuple[Html | None, ...]:
    within = None if use.where is None else tag("div", clipped(searched(use.where), 160), style=FINE)
    return tag("div", clipped(use.question, 160)), within


def _others(exhibit: Exhibit) -> Html | None:
    left = len(exhibit.uses) - 1
    return tag("div", f"and {count(left, 'other claim')}", style=FINE) if left else None
