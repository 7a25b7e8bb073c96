"""What a page holds that no reader of it sees: comments, scripts, hidden fields, tooltips; and where its links lead."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

_SCRIPT = re.compile(r"<(script|style|textarea)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--(.*?)(?:--!?>|\Z)|<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_CONDITION = re.compile(r"<!?\[(?:end)?if\b[^\]]*\]>?|\[(?:end)?if\b[^\]]*\]>?", re.IGNORECASE)
_SETTINGS = re.compile(r"<(xml|style|script)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MARKS = frozenset({"StartFragment", "EndFragment"})  # that programs leave around what was copied
_LETTERS = re.compile(r"[^\W\d_]{2}")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.){4,}+\"|'(?:[^'\\\n]|\\.){4,}+'|`(?:[^`\\]|\\.){4,}+`")
_LITTLE = 200
"""Letters of a page that are a frame for what scripts write into it ("Loading ...") rather than a text. A reason, not a
measurement."""
_TOOLTIPS = ("title", "aria-label", "alt", "summary", "abbr", "label", "placeholder")
_UNSEEN_VALUES = frozenset({"hidden", "checkbox", "radio", "password", "image", "file"})
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_DATA = re.compile(r"data:(text/html|application/xhtml\+xml)(?:;charset=([\w-]+))?(;base64)?,(.*)", re.I | re.DOTALL)


@dataclass(frozen=True)
class Unseen:
    """``lists`` are the comments, the values of fields, the choices and the tooltips, by their names in the metadata;
    ``left_out`` says how many there are, as `Extracted.left_out` does; ``targets`` is where links lead."""

    lists: dict[str, list[str]]
    left_out: tuple[str, ...]
    targets: tuple[str, ...]


def unseen(html: str, root: Any, text: str) -> Unseen:
    """What a page holds beside ``text``, which a browser shows of it."""
    comments = list(_comments(html))
    shown = " ".join(text.split())
    tooltips = [one for one in dict.fromkeys(_tooltips(root)) if one not in shown]
    values = list(_values(root))
    choices = [one for one in dict.fromkeys(_choices(root)) if one not in shown]
    scripts = [script for node in root.iter("script") if (script := "".join(node.itertext()).strip())]
    counts = {
        "comments": len(comments),
        "values of fields that are not shown": len(values),
        "choices of lists that are not chosen": len(choices),
        "tooltips": len(tooltips),
        "scripts": len(scripts),
    }
    left_out = [f"{count:,} {what}" for what, count in counts.items() if count]
    written = sum(len(string) for script in scripts for string in _STRING.findall(script))
    if sum(map(str.isalpha, shown)) < min(_LITTLE, written):
        left_out.append("text that scripts write into the page (save it from a browser as PDF)")
    lists = {"comments": comments, "field_values": values, "choices": choices, "tooltips": tooltips}
    return Unseen({name: found for name, found in lists.items() if found}, tuple(left_out), tuple(_targets(root)))


def framed(node: Any) -> str:
    """The page that a frame holds itself, in ``srcdoc`` or as a ``data:`` address; empty where it only names one."""
    found = _DATA.match((node.get("src") or "").strip())
    if node.get("srcdoc") or found is None:
        return node.get("srcdoc") or ""
    with suppress(binascii.Error, ValueError, LookupError):
        data = unquote_to_bytes(found[4])
        return (base64.b64decode(data) if found[3] else data).decode(found[2] or "utf-8", "replace")
    return ""


def _comments(html: str) -> Iterator[str]:
    """Comments with words in them, without the settings of word processors that stand in such."""
    for comment in _COMMENT.finditer(_SCRIPT.sub("", html)):
        written = _CONDITION.sub("", comment[1] or comment[2] or "")
        words = " ".join(_TAG.sub(" ", _SETTINGS.sub("", written)).split())
        if _LETTERS.search(words) and words not in _MARKS:
            yield words


def _tooltips(root: Any) -> Iterator[str]:
    for node in root.iter():
        for name in _TOOLTIPS:
            words = " ".join((node.get(name) or "").split()) if node.tag not in ("option", "link", "style") else ""
            if _LETTERS.search(words):
                yield words
    for node in root.iter("desc", "title"):
        if next(node.iterancestors("svg"), None) is not None:
            yield " ".join("".join(node.itertext()).split())


def _values(root: Any) -> Iterator[str]:
    for node in root.iter("input", "button"):
        kind = (node.get("type") or "text").lower()
        value = " ".join((node.get("value") or "").split())
        if value and value != "on" and (node.tag == "button" or kind in _UNSEEN_VALUES):
            yield f"{node.get('name')}: {value}" if node.get("name") else value


def _choices(root: Any) -> Iterator[str]:
    for node in root.iter("option"):
        words = " ".join((node.get("label") or "".join(node.itertext())).split())
        if _LETTERS.search(words):
            yield words


def _targets(root: Any) -> Iterator[str]:
    for node in root.iter("a", "area", "iframe", "frame", "form", "object"):
        for name in ("href", "src", "action", "data"):
            target = (node.get(name) or "").strip()
            if _ADDRESS.match(target) and not target.lower().startswith(("data:", "javascript:", "cid:")):
                yield target
