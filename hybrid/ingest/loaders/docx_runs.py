"""How the runs of a DOCX are shown: struck, hidden, raised, in a font of symbols. With what their styles say.

Source: ECMA-376, part 1, sections 17.3.2 (run properties) and 17.7 (styles).
"""

from __future__ import annotations

from typing import Any

from hybrid.ingest.loaders.numbering import W

_OFF = ("0", "false", "off", "none")
_WINGDINGS = {
    0x52: "☑", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "☐", 0x71: "❑", 0x72: "❒", 0x76: "❖", 0x77: "◆", 0x78: "☒",
    0x9F: "•", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒",
    0xFE: "☑",
}  # fmt: skip
_SYMBOL = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
_SYMBOL |= dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_SYMBOL |= {
    0xA0: "€", 0xA3: "≤", 0xA5: "∞", 0xAC: "←", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•",
    0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xBC: "…", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD6: "√", 0xD7: "⋅", 0xE2: "®",
    0xE3: "©", 0xE4: "™",
}  # fmt: skip


class RunStyles:
    """Properties of runs, from the run itself, its character style, its paragraph's style or what styles inherit.

    Args:
        styles: the root of ``styles.xml``, or ``None`` if the package has none.

    Example:
        >>> RunStyles(None).is_on(None, None, "strike")
        False
    """

    def __init__(self, styles: Any) -> None:
        nodes = [] if styles is None else styles.findall(W + "style")
        self._styles = {node.get(W + "styleId"): node for node in nodes}
        self._found: dict[tuple[str | None, str], str | None] = {}

    def is_on(self, run: Any, paragraph: Any, name: str) -> bool:
        """Whether a property that is on or off, such as ``strike``, is on. ``run`` is a ``w:rPr``, ``paragraph`` a
        ``w:pPr``."""
        value = self.value(run, paragraph, name)
        return value is not None and value not in _OFF

    def value(self, run: Any, paragraph: Any, name: str) -> str | None:
        """The ``w:val`` of a property (``on`` where it has none), or ``None`` where nothing sets it."""
        own = _value(run, name)
        if own is not None:
            return own
        for properties, style in ((run, "rStyle"), (paragraph, "pStyle")):
            if (found := self._of_style(_value(properties, style), name)) is not None:
                return found
        return None

    def _of_style(self, style: str | None, name: str) -> str | None:
        key = (style, name)
        if key not in self._found:
            seen: set[str | None] = set()
            value = None
            while style in self._styles and style not in seen and value is None:
                seen.add(style)
                node = self._styles[style]
                value = _value(node.find(W + "rPr"), name)
                style = _value(node, "basedOn")
            self._found[key] = value
        return self._found[key]


def _value(properties: Any, name: str) -> str | None:
    node = None if properties is None else properties.find(W + name)
    return None if node is None else str(node.get(W + "val") or "on")


def symbol(font: str | None, code: int) -> str:
    """The character that a font of symbols shows for ``code``; U+FFFD where it is not known.

    Example:
        >>> symbol("Wingdings", 0xF0A8), symbol("Symbol", 0xF0B3)
        ('☐', '≥')
    """
    plain = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    name = (font or "").casefold()
    if name.startswith("wingdings"):
        return _WINGDINGS.get(plain, "\N{REPLACEMENT CHARACTER}")
    if name.startswith("symbol") or 0xF000 <= code <= 0xF0FF:
        return _SYMBOL.get(plain) or (chr(plain) if 0x20 <= plain < 0x7F else "\N{REPLACEMENT CHARACTER}")
    return chr(code)


def with_symbols(text: str, properties: Any) -> str:
    """A run's text with the characters of the private area that fonts of symbols use as what they show."""
    if not any("\uf000" <= letter <= "\uf0ff" for letter in text):
        return text
    fonts = None if properties is None else properties.find(W + "rFonts")
    font = None if fonts is None else fonts.get(W + "ascii") or fonts.get(W + "hAnsi")
    return "".join(symbol(font, ord(letter)) if "\uf000" <= letter <= "\uf0ff" else letter for letter in text)


def form_field(data: Any) -> str:
    """What a form field shows of itself (``w:ffData``): a box with or without a tick, or the entry of a list that is
    chosen. Text fields show their result, which is a run of its own."""
    box = data.find(W + "checkBox")
    if box is not None:
        return (
            "☒"
            if _value(box, "checked" if box.find(W + "checked") is not None else "default") not in (None, *_OFF)
            else "☐"
        )
    entries = data.find(W + "ddList")
    if entries is None:
        return ""
    given = _value(entries, "result") or _value(entries, "default") or "0"
    names = [entry.get(W + "val") or "" for entry in entries.findall(W + "listEntry")]
    return names[int(given)] if given.isdigit() and int(given) < len(names) else ""
