"""Equations of a DOCX in a line of text, so that no number comes out that the page does not show.

Source: ECMA-376, part 1, section 22.1 (Office MathML).
"""

from __future__ import annotations

from typing import Any

from hybrid.ingest.loaders.raised import SUBSCRIPTS, SUPERSCRIPTS

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
EQUATION = _M + "oMath"


def equation(node: Any) -> str:
    """The text of an equation: exponents raised or after ``^``, fractions with a slash, roots with their sign.

    Example:
        >>> equation(etree.fromstring(made))  # ten to the sixth over two
        '10⁶/2'
    """
    name = node.tag.removeprefix(_M) if isinstance(node.tag, str) else ""
    if name == "t":
        return node.text or ""
    if name == "f":
        return f"{_grouped(_part(node, 'num'))}/{_grouped(_part(node, 'den'))}"
    if name == "rad":
        return f"{_raised(_part(node, 'deg'))}√{_grouped(_part(node, 'e'))}"
    if name in ("sSup", "sSub", "sSubSup"):
        return _part(node, "e") + _lowered(_part(node, "sub")) + _raised(_part(node, "sup"))
    return "".join(equation(child) for child in node)


def _part(node: Any, name: str) -> str:
    found = node.find(_M + name)
    return "" if found is None else equation(found).strip()


def _grouped(text: str) -> str:
    return text if text.replace(".", "").replace(",", "").isalnum() else f"({text})"


def _raised(text: str) -> str:
    shown = text.translate(SUPERSCRIPTS)
    return shown if not text or all(ord(letter) in SUPERSCRIPTS for letter in text) else f"^{_grouped(text)}"


def _lowered(text: str) -> str:
    shown = text.translate(SUBSCRIPTS)
    return shown if not text or all(ord(letter) in SUBSCRIPTS for letter in text) else f"_{_grouped(text)}"
