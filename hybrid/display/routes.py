"""A route as a picture: where the probability stands between the two memories."""

from __future__ import annotations

from hybrid.display.markup import BLUE, FINE, GREY, VIOLET, Html, body, card, dim, head, pill, tag
from hybrid.display.markup import text as escaped
from hybrid.types.answers import Route
from hybrid.types.base import as_html, as_text

COLOURS = {"lookup": BLUE, "both": GREY, "comprehension": VIOLET}
_MEMORIES = {
    "lookup": "the index, which finds the detail",
    "comprehension": "the memory, which read it all",
    "both": "both memories",
}
_LEFT, _WIDTH = 10.0, 440.0  # of the scale, within the picture


@as_text.register(Route)
def route_text(route: Route) -> str:
    """One line: the route, its probability, and what that means."""
    return f"{route.name}: {how(route)}"


def how(route: Route) -> str:
    """How a route came about, with the probability behind it."""
    p = f"p(comprehension) {route.p_comprehension:.2f}"
    if route.forced:
        return f"chosen by the caller; the router gave {p}"
    return f"{p}, {_side(route)}"


def _side(route: Route) -> str:
    low, high = route.lookup_below, route.comprehension_above
    positions = {
        "lookup": f"below {low:g}",
        "comprehension": f"above {high:g}",
        "both": f"between {low:g} and {high:g}, so not sure",
    }
    return positions[route.name]


@as_html.register(Route)
def route_html(route: Route) -> str:
    """A card with the scale from lookup to comprehension."""
    sent = f"The question goes to {_MEMORIES[route.name]}."
    return card(
        "Route",
        head("Route", route.name.capitalize(), tag("span", sent, style=FINE)),
        body(scale(route), dim(how(route))),
    )


def route_pill(route: Route) -> Html:
    """The route's name in its colour."""
    return pill(f"route: {route.name}", COLOURS[route.name], how(route))


def scale(route: Route) -> Html:
    """The line from 0 (lookup) to 1 (comprehension), its three parts, and where the question stands on it."""
    low, high, p = route.lookup_below, route.comprehension_above, route.p_comprehension
    zones = (("lookup", 0.0, low), ("both", low, high), ("comprehension", high, 1.0))
    parts: list[Html] = [tag("title", f"{route.name}: {how(route)}")]
    for name, start, end in zones:
        parts.append(
            tag(
                "rect", x=_at(start), y=26, width=f"{_WIDTH * (end - start):.1f}", height=16,
                fill=f"rgb({COLOURS[name]})", fill_opacity=".55" if name == route.name else ".22",
            )
        )  # fmt: skip
        if end - start > 0.14:  # wide enough for its name
            parts.append(_label(name, (start + end) / 2, 60, weight="600" if name == route.name else "400"))
    for value in dict.fromkeys((0.0, low, high, 1.0)):
        parts.append(_line(value, 42, 47, ".6", "1"))
        parts.append(_label(f"{value:g}", value, 78, size=11))
    parts += [
        _line(p, 20, 47, "1", "2.5"),
        tag("path", d=f"M{_at(p)} 26 l-6 -9 h12 z", fill="currentColor"),
        _label(f"{p:.2f}", min(max(p, 0.03), 0.97), 12, weight="700", size=13),
    ]
    return tag(
        "svg",
        *parts,
        viewBox="0 0 460 84",
        width="460",
        role="img",
        aria_label=f"{route.name}, {how(route)}",
        style="display:block;width:100%;max-width:460px;height:auto;color:inherit;margin:0 0 4px",
    )


def scale_inline(route: Route) -> Html:
    """The same within a line of text: a small track with two notches and a dot."""
    inner = [
        tag("span", style=f"position:absolute;left:{100 * edge:.1f}%;top:-2px;width:1px;height:10px;{_NOTCH}")
        for edge in (route.lookup_below, route.comprehension_above)
    ]
    dot = tag(
        "span",
        style=f"position:absolute;left:{100 * route.p_comprehension:.1f}%;top:-2px;width:10px;height:10px;"
        f"margin-left:-5px;border-radius:5px;background:rgb({COLOURS[route.name]});"
        "box-shadow:0 0 0 1.5px rgba(255,255,255,.7)",
    )
    track = (
        f"display:inline-block;position:relative;width:84px;height:6px;border-radius:3px;background:rgba({GREY},.3);"
        "vertical-align:middle;margin:0 9px"
    )
    return tag("span", *inner, dot, style=track, title=how(route), aria_hidden="true")


_NOTCH = f"background:rgba({GREY},.9)"


def _at(share: float) -> str:
    return f"{_LEFT + _WIDTH * share:.1f}"


def _line(at: float, top: int, bottom: int, opacity: str, width: str) -> Html:
    x = _at(at)
    return tag("line", x1=x, x2=x, y1=top, y2=bottom, stroke="currentColor", stroke_opacity=opacity, stroke_width=width)


def _label(words: str, at: float, y: int, *, weight: str = "400", size: int = 12) -> Html:
    anchor = "start" if at < 0.02 else "end" if at > 0.98 else "middle"
    style = {"font_size": size, "font_weight": weight, "text_anchor": anchor, "fill": "currentColor"}
    return tag("text", escaped(words), x=_at(at), y=y, fill_opacity=".85", **style)
