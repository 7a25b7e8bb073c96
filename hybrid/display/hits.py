"""Search results, with the words that were looked for highlighted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hybrid.display.markup import (
    BREAK,
    DIM,
    FINE,
    LINE,
    VIOLET,
    Html,
    body,
    card,
    head,
    join,
    mark,
    more,
    pill,
    tag,
)
from hybrid.text.formatting import SHOWN_ROWS, count, one_line, place, reflowed, visible_name, wrapped
from hybrid.types.answers import Hit, Hits
from hybrid.types.base import as_html, as_text
from hybrid.types.filters import undated_note

_MOST_CHARS = 1400  # of one hit that are shown


@as_text.register(Hit)
def hit_text(hit: Hit) -> str:
    """A hit on one line."""
    return f"{visible_name(hit.source)}, {place(hit)}: {one_line(hit.text)}"


@as_text.register(Hits)
def hits_text(hits: Hits) -> str:
    """Numbered results, wrapped, each under where it stands."""
    left_out = [wrapped(one_line(note)) for note in _notes(hits)]
    if not hits:
        return "\n".join([_nothing(hits), *left_out])
    blocks = [
        f"{wrapped(f'{number}. {visible_name(hit.source)}, {place(hit)}  ({_scores(hit)})', '   ')}\n"
        f"{wrapped(one_line(hit.text[:_MOST_CHARS]), '   ', '   ')}"
        for number, hit in enumerate(list(hits)[:SHOWN_ROWS], 1)
    ]
    left = len(hits) - len(blocks)
    return "\n".join([*blocks, *([f"and {left:,} more"] if left > 0 else []), *left_out])


def _notes(hits: Hits) -> list[str]:
    """What was not looked at."""
    return [note for note in (*hits.notes, undated_note(hits.undated)) if note]


def _nothing(hits: Hits) -> str:
    return "Nothing found: the corpus is empty; read documents into it first." if hits.empty else "Nothing found."


def _scores(hit: Hit) -> str:
    facts = [f"score {hit.score:.2f}"]
    if hit.status is not None:
        facts.insert(0, hit.status.name)
    if hit.similarity is not None:
        facts.append(f"cosine {hit.similarity:.2f}")
    if hit.dense_rank is not None:
        facts.append(f"dense #{hit.dense_rank}")
    if hit.lexical_rank is not None:
        facts.append(f"lexical #{hit.lexical_rank}")
    return ", ".join(facts)


@as_html.register(Hit)
def hit_html(hit: Hit) -> str:
    """A card with one result."""
    return card("Search result", body(_block(hit)))


@as_html.register(Hits)
def hits_html(hits: Hits) -> str:
    """A card with the results in their order."""
    order = "" if hits.order == "fused" else f", {hits.order} search alone"
    title = hits.question or "Search results"
    said = f"{count(len(hits), 'result')}, best first{order}"
    top = head("Search", title, tag("span", ". ".join((said, *_notes(hits))), style=FINE))
    if not hits:
        return card("Search results", top, body(_nothing(hits)))
    pattern = highlighter(hits.matched)
    items = [
        tag(
            "li",
            _block(hit, f"{number}", pattern, exact_match=hits.order == "fused" and hit.score > 1),
            style=f"margin:0;padding:10px 0 11px;border-top:{LINE if number > 1 else '0'};list-style:none",
        )
        for number, hit in enumerate(list(hits)[:SHOWN_ROWS], 1)
    ]
    shown = tag("ol", *items, style="list-style:none;margin:0;padding:0")
    frame = tag("div", shown, more(len(hits) - len(items), "result"), style="padding:2px 16px 6px")
    return card("Search results", top, frame)


def highlighter(words: Sequence[str]) -> re.Pattern[str] | None:
    """A pattern for these words and phrases: whole, in any case, with any white space within a phrase."""
    whole = [
        (r"(?<!\w)" if word[0].isalnum() else "")
        + r"\s+".join(map(re.escape, word.split()))
        + (r"(?!\w)" if word.rstrip()[-1].isalnum() else "")
        for word in sorted(set(words), key=lambda word: (-len(word), word))
        if word.strip()
    ]
    return re.compile("|".join(whole), re.IGNORECASE) if whole else None


def highlighted(text: str, pattern: re.Pattern[str] | None) -> Html:
    """The text with what the pattern finds marked."""
    if pattern is None:
        return join([text])
    pieces: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        pieces += [text[at : found.start()], mark(found.group())]
        at = found.end()
    return join([*pieces, text[at:]])


def _block(
    hit: Hit, number: str | None = None, pattern: re.Pattern[str] | None = None, *, exact_match: bool = False
) -> Html:
    titled = f"{hit.title} · " if hit.title not in hit.source else None
    heading = tag(
        "div",
        tag("span", f"{number}.", style="font-weight:600;margin-right:6px") if number else None,
        titled,
        tag("span", hit.source, style="font-weight:600"),
        f", {place(hit)} ",
        pill("exact match", VIOLET, "holds exactly what the question asks for") if exact_match else None,
        style=f"font-size:13px;{BREAK}",
    )
    shown = highlighted(reflowed(hit.text[:_MOST_CHARS]), pattern)
    rest = "…" if len(hit.text) > _MOST_CHARS else None
    words = tag("div", shown, rest, style=f"margin:3px 0;font-size:13.5px;white-space:pre-line;{BREAK}")
    return tag("div", heading, words, tag("div", _scores(hit).replace(", ", " · "), style=f"font-size:11px;{DIM}"))
