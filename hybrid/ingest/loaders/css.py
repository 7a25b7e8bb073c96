"""Which elements of a page its style sheets hide or strike out, as far as the page itself holds them.

Source: CSS Cascading and Inheritance Level 4, section 6 (importance, specificity, order).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import tinycss2
from cssselect import HTMLTranslator, SelectorError, parse
from lxml import etree

_PROPERTIES = frozenset(
    {"display", "visibility", "opacity", "font-size", "height", "max-height", "overflow", "position", "left", "top"}
    | {"text-decoration", "text-decoration-line"}
)
_SCREEN = frozenset({"", "all", "screen", "only screen"})
_NOTHING = re.compile(r"0+(?:\.0*)?(?:px|em|rem|pt|%)?")
_FAR_OUTSIDE = re.compile(r"-\d{4,}(?:\.\d+)?px")
_MOST_RULES = 2000
"""Rules of a page with one of the properties; a page made to take long has more."""
Cascaded = dict[str, tuple[tuple[Any, ...], str]]


class Styles:
    """What the style sheets and ``style`` attributes of a page say of the few properties that decide what is shown.

    Args:
        root: of the page.
        linked: style sheets that come with the page, by the address that it links them under.

    Example:
        >>> page = etree.fromstring("<div><style>.x {display: none}</style><p class='x'>No.</p></div>")
        >>> Styles(page).is_hidden(page[1])
        True
    """

    def __init__(self, root: etree._Element, linked: Mapping[str, str] = MappingProxyType({})) -> None:
        self._of: dict[etree._Element, Cascaded] = {}
        sheets = ((sheet, _text_of(sheet, linked)) for sheet in root.iter("style", "link"))
        rules = [
            rule
            for sheet, text in sheets
            if (sheet.get("media") or "").strip().lower() in _SCREEN
            for rule in _rules(text)
        ]
        for order, (prelude, declarations) in enumerate(rules[:_MOST_RULES]):
            self._apply(root, prelude, declarations, order)

    def _apply(self, root: etree._Element, prelude: str, declarations: list[tuple[str, str, bool]], order: int) -> None:
        try:
            selectors = parse(prelude)
        except SelectorError:
            return
        for selector in selectors:
            try:
                matched = root.xpath(HTMLTranslator().selector_to_xpath(selector, prefix="descendant-or-self::"))
            except (SelectorError, etree.XPathError):  # a state such as :hover, or a pseudo-element
                continue
            for node in matched if isinstance(matched, list) else []:
                for name, value, important in declarations:
                    self._set(node, name, (important, 0, selector.specificity(), order), value)

    def _set(self, node: Any, name: str, weight: tuple[Any, ...], value: str) -> None:
        known = self._of.setdefault(node, {})
        if name not in known or known[name][0] <= weight:
            known[name] = weight, value

    def _values(self, node: etree._Element) -> dict[str, str]:
        found = dict(self._of.get(node, {}))
        for name, value, important in _declarations(node.get("style") or ""):
            weight = (important, 1, (0, 0, 0), 0)
            if name not in found or found[name][0] <= weight:
                found[name] = weight, value
        return {name: value for name, (_, value) in found.items()}

    def is_hidden(self, node: etree._Element) -> bool:
        """Whether the element and all that is in it is not shown."""
        if node not in self._of and not node.get("style"):
            return False
        values = self._values(node)
        if values.get("display") == "none" or values.get("visibility") in ("hidden", "collapse"):
            return True
        if any(_NOTHING.fullmatch(values.get(name, "1")) for name in ("opacity", "font-size")):
            return True
        closed = any(_NOTHING.fullmatch(values.get(name, "1")) for name in ("height", "max-height"))
        if closed and values.get("overflow") == "hidden":
            return True
        outside = any(_FAR_OUTSIDE.fullmatch(values.get(name, "")) for name in ("left", "top"))
        return outside and values.get("position") in ("absolute", "fixed")

    def is_struck(self, node: etree._Element) -> bool:
        """Whether the element's text is struck out."""
        if node not in self._of and not node.get("style"):
            return False
        values = self._values(node)
        return any("line-through" in values.get(name, "") for name in ("text-decoration", "text-decoration-line"))


def _text_of(sheet: etree._Element, linked: Mapping[str, str]) -> str:
    if sheet.tag == "style":
        return "".join(sheet.itertext())
    kinds = (sheet.get("rel") or "").lower().split()
    return linked.get((sheet.get("href") or "").strip(), "") if kinds == ["stylesheet"] else ""


def _rules(sheet: str) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
    """The rules of a sheet that set one of the properties, as selectors and declarations; those for screens too."""
    for rule in tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            if declarations := _declarations(tinycss2.serialize(rule.content)):
                yield tinycss2.serialize(rule.prelude).strip(), declarations
        elif rule.type == "at-rule" and rule.lower_at_keyword == "media" and _is_of_screens(rule):
            yield from _rules(tinycss2.serialize(rule.content))


def _is_of_screens(rule: Any) -> bool:
    return rule.content is not None and tinycss2.serialize(rule.prelude).strip().lower() in _SCREEN


def _declarations(text: str) -> list[tuple[str, str, bool]]:
    """Names, values in lower case and importance of the declarations that matter here."""
    if ":" not in text:
        return []
    return [
        (one.lower_name, tinycss2.serialize(one.value).strip().lower(), one.important)
        for one in tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
        if one.type == "declaration" and one.lower_name in _PROPERTIES
    ]
