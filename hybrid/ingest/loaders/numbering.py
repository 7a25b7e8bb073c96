"""Labels of lists and clauses: 7, vii, G, 4.2(b).

Word computes those of a DOCX, which holds "second item at level 2", not "4.2".

Source: ECMA-376, part 1, section 17.9 (numbering).
"""

from __future__ import annotations

import re
from typing import Any


def numeral(number: int, style: str | None = None) -> str:
    """``number`` as a label: ``upperRoman``, ``lowerLetter``, ... as WordprocessingML names them, else decimal.

    Example:
        >>> numeral(4, "lowerRoman"), numeral(28, "upperLetter"), numeral(7)
        ('iv', 'BB', '7')
    """
    if style in ("lowerLetter", "upperLetter") and 0 < number <= 780:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        roman = _roman(number)
        return roman if style == "upperRoman" else roman.lower()
    return f"{number:02}" if style == "decimalZero" else str(number)


def _roman(number: int) -> str:
    steps = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"))
    result = ""
    for value, letters in (*steps, (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        count, number = divmod(number, value)
        result += letters * count
    return result


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9  # of a list, by the format
_PLACE = re.compile(r"%([1-9])")


class Numbering:
    """Labels of numbered paragraphs, counted in the order in which `label` is asked for them.

    Args:
        numbering: the root of ``numbering.xml``, or ``None`` if the package has none.
        styles: the root of ``styles.xml``, or ``None``.

    Example:
        >>> Numbering(None, None).label(None)
        ''
    """

    def __init__(self, numbering: Any, styles: Any) -> None:
        abstract = {_get(node, "abstractNumId"): node for node in _all(numbering, "abstractNum")}
        linked = {_value(node, "styleLink"): node for node in abstract.values() if _value(node, "styleLink")}
        self._lists: dict[str, tuple[str, dict[int, Any], dict[int, int]]] = {}
        for node in _all(numbering, "num"):
            name = _value(node, "abstractNumId") or ""
            base = abstract.get(name)
            link = _value(base, "numStyleLink")
            levels = {_integer(_get(level, "ilvl"), 0): level for level in _all(linked.get(link, base), "lvl")}
            starts = {}
            for override in _all(node, "lvlOverride"):
                at = _integer(_get(override, "ilvl"), 0)
                levels.update((at, level) for level in _all(override, "lvl"))
                if (start := _value(override, "startOverride")) is not None:
                    starts[at] = _integer(start, 1)
            self._lists[_get(node, "numId") or ""] = (name, levels, starts)
        self._styles = {_get(node, "styleId"): node for node in _all(styles, "style")}
        self._counts: dict[str, list[int | None]] = {}
        self._started: set[str] = set()

    def label(self, properties: Any) -> str:
        """The label of the paragraph with these ``w:pPr``, such as ``4.2(b)``; empty if it has none or a bullet."""
        number, level = self._place(properties)
        if number not in self._lists:
            return ""
        name, levels, starts = self._lists[number]
        counts = self._counts.setdefault(name, [None] * _LEVELS)
        if number not in self._started:
            self._started.add(number)
            for at, start in starts.items():
                counts[at] = start - 1
        self._count(counts, levels, level)
        return _text(counts, levels, level)

    def _place(self, properties: Any) -> tuple[str, int]:
        """The list and the level that the paragraph, or the style it has, names."""
        here = _child(properties, "numPr")
        style = _value(properties, "pStyle")
        number, level = _value(here, "numId"), _value(here, "ilvl")
        named, seen = style, set[str]()
        while number is None and named is not None and named in self._styles and named not in seen:
            seen.add(named)
            node = self._styles[named]
            inherited = _child(_child(node, "pPr"), "numPr")
            number = _value(inherited, "numId")
            level = level or _value(inherited, "ilvl")
            named = _value(node, "basedOn")
        if level is None and style is not None and number in self._lists:
            levels = self._lists[number][1]
            at = next((at for at, node in levels.items() if _value(node, "pStyle") in {style, *seen}), 0)
        else:
            at = _integer(level, 0)
        return number or "", min(max(at, 0), _LEVELS - 1)

    @staticmethod
    def _count(counts: list[int | None], levels: dict[int, Any], level: int) -> None:
        for at in range(level):
            if counts[at] is None:
                counts[at] = _start(levels, at)
        now = counts[level]
        counts[level] = _start(levels, level) if now is None else now + 1
        for at in range(level + 1, _LEVELS):
            if _value(levels.get(at), "lvlRestart") != "0":
                counts[at] = None


def _text(counts: list[int | None], levels: dict[int, Any], level: int) -> str:
    node = levels.get(level)
    style = _value(node, "numFmt") or "decimal"
    if node is None or style in ("bullet", "none"):
        return ""
    legal = _child(node, "isLgl") is not None  # every level as a decimal: "Article IV" but "4.2"

    def shown(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        own = "decimal" if legal else _value(levels.get(at), "numFmt")
        return numeral(counts[at] or 0, own)

    return _PLACE.sub(shown, _value(node, "lvlText") or "").strip()


def _start(levels: dict[int, Any], level: int) -> int:
    return _integer(_value(levels.get(level), "start"), 1)


def _all(node: Any, name: str) -> list[Any]:
    return [] if node is None else list(node.findall(W + name))


def _child(node: Any, name: str) -> Any:
    return None if node is None else node.find(W + name)


def _get(node: Any, name: str) -> str | None:
    value = None if node is None else node.get(W + name)
    return None if value is None else str(value)


def _value(node: Any, name: str) -> str | None:
    """The ``w:val`` of a child, which is how WordprocessingML writes nearly every property."""
    return _get(_child(node, name), "val")


def _integer(value: str | None, default: int) -> int:
    try:
        return int(value) if value is not None else default
    except ValueError:
        return default
