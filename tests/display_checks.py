"""What every display must be: well formed, without anything from outside, legible on a light and on a dark page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

ELEMENTS = {
    "div", "span", "b", "mark", "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "ol", "li",
    "svg", "title", "desc", "rect", "line", "path", "polyline", "text",
}  # fmt: skip
ATTRIBUTES = {
    "style", "title", "role", "aria-label", "aria-level", "aria-hidden", "scope", "tabindex", "viewBox", "width",
    "height", "x", "y", "x1", "x2", "y1", "y2", "d", "points", "transform", "fill", "fill-opacity", "stroke",
    "stroke-opacity", "stroke-width", "stroke-linejoin", "stroke-linecap", "text-anchor", "font-size", "font-weight",
}  # fmt: skip
THEMES = {  # background and text of cells' outputs
    "JupyterLab light": ((255, 255, 255), (33, 33, 33)),
    "JupyterLab dark": ((17, 17, 17), (224, 224, 224)),
    "VS Code light": ((255, 255, 255), (59, 59, 59)),
    "VS Code dark": ((31, 31, 31), (204, 204, 204)),
}
Colour = tuple[float, float, float]


def parse(html: str) -> etree._Element:
    """The display as XML, which knows no mercy for what is not closed or not escaped."""
    return etree.fromstring(f"<root>{html}</root>")


def check(html: str, *, elements: set[str] = ELEMENTS, attributes: set[str] = ATTRIBUTES) -> etree._Element:
    """Everything that holds of any display. Returns it parsed."""
    root = parse(html)
    for element in root.iter():
        assert element is root or element.tag in elements, element.tag
        assert not set(element.attrib) - attributes, set(element.attrib) - attributes
        style = element.get("style", "")
        assert "url(" not in style
        assert "@import" not in style
        assert "position:fixed" not in style
    words = "".join(root.itertext()) + "".join(value for element in root.iter() for value in element.attrib.values())
    assert all(letter.isprintable() or letter in "\n\t" for letter in words)
    for table in root.iter("table"):
        rows = table.findall(".//tr")
        assert table.findall(".//th"), "a table without headings"
        assert all(cell.get("scope") in {"col", "row"} for cell in table.iter("th"))
        assert len({len(row) for row in rows}) == 1
    for picture in root.iter("svg"):
        assert picture.get("role") == "img"
        assert picture.get("aria-label")
    return root


@dataclass(frozen=True)
class Seen:
    """A text as it is drawn: its colour and what is behind it."""

    words: str
    colour: Colour
    behind: Colour

    @property
    def contrast(self) -> float:
        light, dark = sorted((_luminance(self.colour), _luminance(self.behind)), reverse=True)
        return (light + 0.05) / (dark + 0.05)


def texts(root: etree._Element, theme: str) -> list[Seen]:
    """All texts of a display on a page of that theme, with layers and opacities worked out."""
    page, colour = THEMES[theme]
    found: list[Seen] = []

    def walk(element: etree._Element, behind: Colour, colour: Colour, opacity: float) -> None:
        style = element.get("style", "")
        if layer := re.search(r"background:rgba\((\d+),(\d+),(\d+),([\d.]+)\)", style):
            *rgb, alpha = map(float, layer.groups())
            behind = _over(tuple(rgb), behind, alpha * opacity)  # type: ignore[arg-type]
        if faded := re.search(r"(?<![-\w])opacity:([\d.]+)", style):
            opacity *= float(faded[1])
        if element.get("fill-opacity") and element.tag == "text":
            opacity *= float(element.get("fill-opacity", "1"))
        drawn = _over(colour, behind, opacity)
        visible = element.tag not in {"title", "desc", "root"}
        for text in (element.text, *(child.tail for child in element)):
            if visible and text and text.strip():
                found.append(Seen(text.strip(), drawn, behind))
        for child in element:
            walk(child, behind, colour, opacity)

    walk(root, page, colour, 1.0)
    return found


def _over(top: Colour, below: Colour, alpha: float) -> Colour:
    return tuple(alpha * a + (1 - alpha) * b for a, b in zip(top, below, strict=True))  # type: ignore[return-value]


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
