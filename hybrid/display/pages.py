"""A quote in its page: the lines of the canonical text, numbered, with the quote marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hybrid.display.markup import DIM, FINE, GREY, MONO, YELLOW, Html, card, head, mark, tag
from hybrid.display.text import clipped, one_line, place, place_of, printable, wrapped
from hybrid.page import PageView

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


def page_text(view: PageView) -> str:
    """The page for a terminal: numbered lines, and a bar at those of the quote."""
    shown = [f"{one_line(view.source)}, {place_of(view, view.pages)}", ""]
    if view.cut_before:
        shown.append("      …")
    for line in shown_lines(view):
        if line.page is not None:
            shown.append(f"      ── page {line.page} ──")
        sign = "┃" if line.quoted else " "
        lead = f"{line.number:>5} {sign} "
        words = clipped(line.before + line.quoted + line.after, _LONGEST_LINE)
        shown.append(wrapped(words, f"      {sign} ", lead) if words else lead.rstrip())
    if view.cut_after:
        shown.append("      …")
    return "\n".join(shown)


def page_html(view: PageView) -> str:
    """A card that looks like the page."""
    where = tag("span", f"{view.source} · {place_of(view, view.pages)}", style=FINE)
    return card("Quote in its page", head("Quote in its page", view.title, where), sheet(view))


def sheet(view: PageView, *, most: int | None = None) -> Html:
    """The lines alone, in a box that scrolls where they are many. ``most``: lines before and after the quote."""
    every = shown_lines(view)
    quoted = [at for at, line in enumerate(every) if line.quoted]
    first, last = quoted[0], quoted[-1] + 1
    low = 0 if most is None else max(0, first - most)
    high = len(every) if most is None else min(len(every), last + most)
    made: list[Html] = []
    if low > 0 or view.cut_before:
        made.append(_gap())
    for line in every[low:high]:
        if line.page is not None:
            made.append(_page_break(line.page))
        made.append(_line(line))
    if high < len(every) or view.cut_after:
        made.append(_gap())
    limit = "max-height:32em;overflow-y:auto;" if most is None and high - low > 24 else ""
    focus = 0 if limit else None  # what scrolls must be reachable by keyboard
    label = f"Text of {view.source}, {place(view)}"
    return tag(
        "div", *made, style=f"{limit}padding:10px 16px 12px 8px", tabindex=focus, role="region", aria_label=label
    )


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
