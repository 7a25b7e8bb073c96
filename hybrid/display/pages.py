"""A quote in its page: the lines of the canonical text, numbered, with the quote marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from hybrid.display.markup import DIM, FINE, GREY, MONO, YELLOW, Html, card, head, mark, tag
from hybrid.text.formatting import WIDTH, clipped, count, one_line, place, place_of, printable, wrapped
from hybrid.types.base import as_html, as_text
from hybrid.types.documents import PageView

ABOVE, BELOW = 4, 8
"""Rows of text that are shown above and below a quote, before one unfolds the rest."""
_FEW = 2  # rows that are not worth folding away
_LONGEST_LINE = 4000  # characters of one line that are shown beside the quote


@dataclass(frozen=True)
class Line:
    """One line of a page view: its number on its page, and its text before, in and after the quote."""

    number: int
    before: str
    quoted: str
    after: str
    page: int | None  # where it is the first line of a new page


def lines(view: PageView) -> Iterator[Line]:
    """The lines of the view, in order."""
    number, page = view.first_line, view.page
    at, breaks = view.offset, set(view.breaks)
    for content in view.text.split("\n"):
        begins = None
        if at in breaks and page is not None:
            number, page = 1, page + 1
            begins = page
        start, end = max(view.start - at, 0), max(min(view.end - at, len(content)), 0)
        start = min(start, len(content))
        end = max(end, start)
        yield Line(number, content[:start], content[start:end], content[end:], begins)
        at += len(content) + 1
        number += 1


def shown_lines(view: PageView) -> list[Line]:
    """The lines but for the blank ones at the end of the page."""
    every = list(lines(view))
    while len(every) > 1 and not (every[-1].before + every[-1].quoted + every[-1].after).strip():
        every.pop()
    return every


@dataclass(frozen=True)
class Window:
    """The lines of a page: those far above the quote, those near it with the quote among them, those far below."""

    above: list[Line]
    near: list[Line]
    below: list[Line]


def window(every: list[Line], above: int, below: int) -> Window:
    """The lines of the quote, those that fill so many rows of a screen above and below it, and those beyond.

    A line that is longer than the rows that are left is parted, so that the quote is never far from where one begins
    to read.
    """
    first = next(at for at, line in enumerate(every) if line.quoted)
    whole, letters = _reach([line.before for line in reversed(every[: first + 1])], above)
    at = first - whole
    far_above, near = every[: max(at + 1, 0)], every[max(at + 1, 0) :]
    if letters:
        line, cut = every[at], _word_after(every[at].before, len(every[at].before) - letters)
        far_above = [*every[:at], replace(line, before=f"{line.before[:cut].rstrip()} …", quoted="", after="")]
        near = [replace(line, before=f"… {line.before[cut:]}", page=None), *near]

    last = max(at for at, line in enumerate(near) if line.quoted)
    whole, letters = _reach([line.after for line in near[last:]], below)
    at = last + whole
    near, far_below = near[:at], near[at:]
    if letters:
        line, cut = far_below[0], _word_before(far_below[0].after, letters)
        near.append(replace(line, after=f"{line.after[:cut].rstrip()} …"))
        far_below[0] = replace(line, before="", quoted="", after=f"… {line.after[cut:].lstrip()}", page=None)
    return Window(far_above, near, far_below)


def _reach(texts: list[str], rows: int) -> tuple[int, int]:
    """How many texts, the first being the nearest, fill the rows, and how many letters of the next one. The first
    shares the quote's own row. Where only a few rows would be left over, all."""
    needs = [max(1, ceil(len(text) / WIDTH)) for text in texts]
    left = rows + 1
    for at, need in enumerate(needs):
        if sum(needs[at:]) <= left + _FEW:
            break
        if left <= 0:
            return at, 0
        if need > left + _FEW:
            return at, left * WIDTH
        left -= need
    return len(texts), 0


def _word_after(text: str, at: int) -> int:
    return found + 1 if (found := text.find(" ", at, at + WIDTH)) >= 0 else at


def _word_before(text: str, at: int) -> int:
    return found if (found := text.rfind(" ", at - WIDTH, at)) > 0 else at


@as_text.register(PageView)
def page_text(view: PageView) -> str:
    """The quote for a terminal, with some lines around it: numbered, and a bar at those of the quote."""
    shown = [f"{one_line(view.source)}, {place_of(view, view.pages)}", ""]
    parts = window(shown_lines(view), ABOVE, BELOW)
    if parts.above or view.cut_before:
        shown.append(f"      … {_folded(parts.above, 'above')}".rstrip())
    for line in parts.near:
        if line.page is not None:
            shown.append(f"      ── page {line.page} ──")
        sign = "┃" if line.quoted else " "
        lead = f"{line.number:>5} {sign} "
        words = clipped(line.before + line.quoted + line.after, _LONGEST_LINE)
        shown.append(wrapped(words, f"      {sign} ", lead) if words else lead.rstrip())
    if parts.below or view.cut_after:
        shown.append(f"      … {_folded(parts.below, 'below')}".rstrip())
    return "\n".join(shown)


def _folded(far: list[Line], side: str) -> str:
    return f"{count(len(far), 'line')} {side}" if far else ""


@as_html.register(PageView)
def page_html(view: PageView) -> str:
    """A card that looks like the page, and begins a few lines above the quote."""
    where = tag("span", f"{view.source} · {place_of(view, view.pages)}", style=FINE)
    return card("Quote in its page", head("Quote in its page", view.title, where), sheet(view))


def sheet(view: PageView, *, most: int | None = None) -> Html:
    """The quote's lines and those near it. The rest of the page can be unfolded above and below.

    With ``most`` there is no more than so many rows before and after the quote, and nothing to unfold.
    """
    parts = window(shown_lines(view), *((ABOVE, BELOW) if most is None else (most, most)))
    gap_before, gap_after = _gap() if view.cut_before else None, _gap() if view.cut_after else None
    if most is not None:
        before = _gap() if parts.above else gap_before
        after = _gap() if parts.below else gap_after
    else:
        before = _fold(_folded(parts.above, "above"), gap_before, *_drawn(parts.above)) if parts.above else gap_before
        after = _fold(_folded(parts.below, "below"), *_drawn(parts.below), gap_after) if parts.below else gap_after
    label = f"Text of {view.source}, {place(view)}"
    made = (before, *_drawn(parts.near), after)
    return tag("div", *made, style="padding:10px 16px 12px 8px", role="region", aria_label=label)


def _drawn(shown: list[Line]) -> Iterator[Html]:
    for line in shown:
        if line.page is not None:
            yield _page_break(line.page)
        yield _line(line)


def _fold(label: str, *content: Html | None) -> Html:
    """Lines behind a label that opens them, with no script."""
    summary = tag("summary", label, style=f"padding:1px 0 1px 4.2em;cursor:pointer;{FINE}")
    return tag("details", summary, *content)


def _line(line: Line) -> Html:
    number = tag(
        "span",
        str(line.number),
        style=f"flex:none;width:3.4em;padding-right:12px;text-align:right;font-size:11px;line-height:1.9;{MONO};"
        f"{DIM};user-select:none",
    )
    quoted = mark(printable(line.quoted)) if line.quoted else None
    words = tag(
        "span",
        _near(line.before, end=True),
        quoted,
        _near(line.after, end=False),
        style="flex:1;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13.5px",
    )
    edge = f"rgba({YELLOW},.9)" if line.quoted else "transparent"
    return tag("div", number, words, style=f"display:flex;min-height:1.5em;border-left:3px solid {edge}")


def _near(text: str, *, end: bool) -> str:
    """The part of a very long line that is nearest to the quote."""
    if len(text) <= _LONGEST_LINE:
        return text
    return f"…{text[-_LONGEST_LINE:]}" if end else f"{text[:_LONGEST_LINE]}…"


def _gap() -> Html:
    return tag("div", "…", style=f"padding-left:4.6em;{DIM}")


def _page_break(page: int) -> Html:
    style = f"margin:8px 0;padding-top:3px;border-top:1px dashed rgba({GREY},.6);text-align:center;{FINE}"
    return tag("div", f"page {page}", style=style)
