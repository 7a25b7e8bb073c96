"""HTML that stands alone and cannot be acted on by what it shows.

A string becomes markup only through `tag`, which escapes what is not `Html` (markupsafe's): what a document says can
end up as words, never as an element or an attribute. Styles are inline, because notebooks strip or share style
sheets. Colours are layers of the text's own colour or tints one can see through, so that they lie on a light or a
dark page alike; nothing is said by colour alone. Headings are ``role="heading"``, which screen readers announce and
a notebook's table of contents leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from markupsafe import Markup, escape

from hybrid.text.formatting import SHOWN_ROWS, clipped, printable

Html = Markup
"""Markup. Any other string is text, and is escaped where it is put into markup."""
GREY, GREEN, BLUE, ORANGE, VIOLET, YELLOW = (
    "128,128,128", "34,160,90", "50,120,220", "214,120,20", "130,90,220", "255,205,0",
)  # fmt: skip
SANS = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
DIM = "opacity:.74"  # of the text's colour: still 4.5:1 on the pages of the usual themes, as a test measures
FINE = f"font-size:12px;{DIM}"
LINE = f"1px solid rgba({GREY},.28)"
BREAK = "overflow-wrap:anywhere"
_CARD = (
    f"{SANS};font-size:14px;line-height:1.55;max-width:58em;border:1px solid rgba({GREY},.38);border-radius:10px;"
    f"overflow:hidden;text-align:left;white-space:normal;margin:4px 0;{BREAK}"
)
_VOID = {"br", "meta", "hr", "path", "line", "rect", "circle", "polyline"}


def text(content: str) -> Html:
    """A text as markup: escaped, and without control characters."""
    return escape(printable(content))


def join(parts: Iterable[str | None], between: str = "") -> Html:
    """Pieces of markup or text, one after the other."""
    pieces = (part if isinstance(part, Html) else text(part) for part in parts if part is not None)
    return text(between).join(pieces)


def tag(name: str, /, *content: str | None, **attributes: Any) -> Html:
    """An element. In attributes' names ``_`` stands for ``-``, and one at the end for nothing; None leaves one out.

    Example:
        >>> tag("span", "a < b", style="color:red", aria_label='"x"')
        Markup('<span style="color:red" aria-label="&#34;x&#34;">a &lt; b</span>')
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not content:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{join(content)}</{name}>")


def card(label: str, *parts: str | None) -> Html:
    """The frame that every display stands in; ``label`` is what a screen reader calls it."""
    return tag("div", *parts, style=_CARD, role="group", aria_label=label)


def head(kind: str, title: str, *below: str | None) -> Html:
    """The top of a card: what it is, its title, and facts below."""
    eyebrow = tag(
        "div", kind, style=f"font-size:11px;letter-spacing:.07em;text-transform:uppercase;font-weight:600;{DIM}"
    )
    heading = tag(
        "div", title, role="heading", aria_level=3, style=f"font-weight:650;font-size:16px;line-height:1.35;{BREAK}"
    )
    rest = [tag("div", part, style="margin-top:6px") for part in below if part]
    style = f"padding:11px 16px 12px;background:rgba({GREY},.08);border-bottom:{LINE}"
    return tag("div", eyebrow, heading, *rest, style=style)


def body(*parts: str | None) -> Html:
    """The part of a card that needs no heading."""
    return tag("div", *parts, style="padding:11px 16px 13px")


def section(title: str, *parts: str | None) -> Html:
    """A part of a card under a small heading."""
    heading = tag(
        "div",
        title,
        role="heading",
        aria_level=4,
        style=f"font-size:11px;letter-spacing:.07em;text-transform:uppercase;font-weight:600;{DIM};margin-bottom:5px",
    )
    return tag("div", heading, *parts, style=f"padding:11px 16px 13px;border-top:{LINE}")


def pill(label: str, colour: str, title: str | None = None) -> Html:
    """A word in a rounded frame."""
    style = (
        "display:inline-block;padding:0 8px;border-radius:9px;font-size:11.5px;line-height:18px;white-space:nowrap;"
        f"background:rgba({colour},.15);border:1px solid rgba({colour},.6)"
    )
    return tag("span", label, style=style, title=title)


def tiles(facts: Iterable[tuple[str, str]]) -> Html:
    """Figures with their names below, side by side."""
    made = [
        tag(
            "div",
            tag("div", value, style="font-size:20px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums"),
            tag("div", name, style=FINE),
            style="min-width:5.5em",
        )
        for name, value in facts
    ]
    return tag("div", *made, style="display:flex;flex-wrap:wrap;gap:8px 26px")


def pairs(rows: Iterable[tuple[str, str]]) -> Html:
    """Names and values in two columns, as a table whose rows have headings."""
    style = "padding:3px 0;text-align:left;vertical-align:top;background:transparent;border:0;white-space:normal"
    made = [
        tag(
            "tr",
            tag(
                "th",
                clipped(name, 40),
                scope="row",
                style=f"{style};padding-right:18px;font-weight:400;white-space:nowrap;{DIM}",
            ),
            tag("td", value, style=f"{style};{BREAK};width:100%"),
            style="background:transparent",
        )
        for name, value in rows
    ]
    return tag("table", tag("tbody", *made), style=_TABLE)


_TABLE = (
    "border-collapse:collapse;border:0;table-layout:auto;margin:0;width:100%;font-size:13px;line-height:1.45;"
    "color:inherit;background:transparent"
)


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    firm: Sequence[int] = (),
    total: int = 0,
) -> Html:
    """A table with a name for screen readers.

    Columns at the numbers ``right`` are aligned to the right; they and those at ``firm`` are not broken. Of ``total``
    rows, or of ``rows``, no more than `SHOWN_ROWS` are shown; a line below counts the others.
    """
    cell = (
        "padding:5px 14px 5px 0;line-height:1.45;vertical-align:top;background:transparent;white-space:normal;"
        "max-width:26em"
    )
    alignments = ["right" if at in right else "left" for at in range(len(columns))]
    header = [
        tag(
            "th",
            name,
            scope="col",
            style=f"{cell};text-align:{side};font-size:12px;font-weight:600;overflow-wrap:break-word;"
            f"border:0;border-bottom:1px solid rgba({GREY},.6)",
        )
        for name, side in zip(columns, alignments, strict=True)
    ]
    lines = []
    for row in rows[:SHOWN_ROWS]:
        cells = [
            tag(
                "td",
                value,
                style=f"{cell};text-align:{side};border:0;border-bottom:{LINE};"
                + (
                    "white-space:nowrap;font-variant-numeric:tabular-nums"
                    if at in {*right, *firm}
                    else f"{BREAK};min-width:9em"
                ),
            )
            for at, (value, side) in enumerate(zip(row, alignments, strict=True))
        ]
        lines.append(tag("tr", *cells, style="background:transparent"))
    made = tag(
        "table",
        tag("thead", tag("tr", *header, style="background:transparent")),
        tag("tbody", *lines),
        style=_TABLE,
        aria_label=caption,
    )
    box = tag("div", made, style="overflow-x:auto", tabindex=0, role="region", aria_label=caption)
    return join((box, more(max(total, len(rows)) - min(len(rows), SHOWN_ROWS))))


def more(left: int, what: str = "row") -> Html | None:
    """The line that says how much is not shown."""
    if left <= 0:
        return None
    return tag("div", f"and {left:,} more {what}{'' if left == 1 else 's'}", style=f"{FINE};padding-top:7px")


def bar(share: float, colour: str, width: str = "96px") -> Html:
    """A share between 0 and 1 as a filled bar; the figure must stand beside it."""
    inner = tag(
        "span",
        style=f"display:block;width:{100 * min(max(share, 0.0), 1.0):.1f}%;height:6px;border-radius:3px;"
        f"background:rgba({colour},.85)",
    )
    style = (
        f"display:inline-block;width:{width};max-width:100%;height:6px;border-radius:3px;"
        f"background:rgba({GREY},.28);vertical-align:middle"
    )
    return tag("span", inner, style=style, aria_hidden="true")


def mark(*content: str) -> Html:
    """Highlighted words."""
    style = (
        f"background:rgba({YELLOW},.26);color:inherit;border-radius:2px;padding:1px 0;"
        "box-shadow:inset 0 -2px rgba(214,160,0,.55)"
    )
    return tag("mark", *content, style=style)


def dim(*content: str | None) -> Html:
    """Text in the background."""
    return tag("span", *content, style=DIM)
