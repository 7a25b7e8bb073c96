"""Groups of RTF that its library leaves out though its reader shows them, and what a file says of itself.

Source: Rich Text Format specification 1.9.1: drawing objects, objects, information group, binary data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(rb"\\'[0-9a-fA-F]{2}|\\([a-z]+)(-?\d+)? ?|\\[^a-z]|[{}]|[^\\{}]+", re.DOTALL)
_BINARY = re.compile(rb"\\[^a-z]|\\bin(\d+) ?", re.DOTALL)
_INFO = re.compile(rb"\{\s*\\info\b")
_SHAPES = frozenset({b"shp", b"shpgrp", b"do"})
_BOXES = frozenset({b"shptxt", b"dptxbxtext"})
_HELD = re.compile(rb"\\(?:shptxt|dptxbxtext|result|wzDescription)|wzDescription")
_NAMES = {
    b"title": "title", b"author": "author", b"subject": "subject", b"keywords": "keywords", b"doccomm": "comments",
    b"category": "category", b"manager": "manager", b"company": "company", b"operator": "last modified by",
}  # fmt: skip


@dataclass
class _Group:
    """A group: the word that it begins with, how that is written, and what stands behind it."""

    word: bytes = b""
    head: bytes = b""
    parts: list[bytes | _Group] = field(default_factory=list)

    def inside(self) -> Iterator[_Group]:
        """The groups in it, at every depth, in order; neither those in a text box nor what stands for a shape in
        older programs."""
        due = [part for part in reversed(self.parts) if isinstance(part, _Group)]
        while due:
            group = due.pop()
            yield group
            if group.word not in _BOXES and group.word != b"shprslt":
                due += (part for part in reversed(group.parts) if isinstance(part, _Group))


def without_binary(data: bytes) -> bytes:
    """The source without the bytes that are no text, in which braces mean nothing.

    Example:
        >>> without_binary(rb"{\\rtf1 One \\bin3 a}btwo}")
        b'{\\\\rtf1 One two}'
    """
    made, at = [], 0
    while (match := _BINARY.search(data, at)) is not None:
        if match[1] is None:
            made.append(data[at : match.end()])
            at = match.end()
        else:
            made.append(data[at : match.start()])
            at = match.end() + int(match[1][:9])
    return b"".join([*made, data[at:]])


def with_boxes(data: bytes) -> bytes:
    """The source with the text of text boxes, and what embedded objects show, in their places."""
    if _HELD.search(data) is None:
        return data
    return _written(_parsed(data))


def described(data: bytes) -> list[tuple[str, bytes]]:
    """What the file says of itself, by name, each as RTF."""
    start = _INFO.search(data)
    if start is None:
        return []
    info = next(_parsed(data[start.start() :], is_one=True).inside(), _Group())
    groups = (part for part in info.parts if isinstance(part, _Group))
    return [(_NAMES[one.word], _inner(one)) for one in groups if one.word in _NAMES]


def _parsed(data: bytes, *, is_one: bool = False) -> _Group:
    """The source as a group of groups, of its first one alone where that is asked for."""
    root = _Group()
    open_groups = [root]
    for match in _TOKEN.finditer(data):
        token, word, group = match[0], match[1], open_groups[-1]
        if token == b"{":
            inner = _Group()
            group.parts.append(inner)
            open_groups.append(inner)
        elif token == b"}":
            if len(open_groups) > 1:
                open_groups.pop()
            else:
                group.parts.append(token)
            if is_one and len(open_groups) == 1:
                break
        elif not group.parts and not group.word and (word or token == b"\\*" or not token.strip()):
            group.word, group.head = word or b"", group.head + token
        else:
            group.parts.append(token)
    return root


def _written(root: _Group) -> bytes:
    made: list[bytes] = []
    due: list[bytes | _Group] = [*reversed([root.head, *root.parts])]
    while due:
        part = due.pop()
        if isinstance(part, bytes):
            made.append(part)
        else:
            due += reversed([b"{", *_shown(part), b"}"])
    return b"".join(made)


def _shown(group: _Group) -> list[bytes | _Group]:
    """A group's source between its braces, or what is shown in its place."""
    if group.word == b"object":
        results = [one for one in group.inside() if one.word == b"result"][:1]
        return results[0].parts if results else []
    if group.word in _SHAPES:
        found: list[bytes | _Group] = []
        for one in group.inside():
            if one.word in _BOXES:
                end = [] if one.parts[-1:] in ([rb"\par"], [rb"\par "]) else [rb"\par "]
                found += [rb"\par ", _Group(parts=one.parts), *end]
            elif one.word == b"sp" and (words := _description(one)):
                found.append(rb" [Alternative text: " + words + b"] ")
        if found:
            return found
        older = [one for one in group.inside() if one.word == b"shprslt"]
        return [part for one in older for part in one.parts]
    return [group.head, *group.parts]


def _description(group: _Group) -> bytes:
    """What stands for a shape, where a property of it says so."""
    named = {one.word: _inner(one) for one in group.inside()}
    return named.get(b"sv", b"").strip() if named.get(b"sn", b"").strip() == b"wzDescription" else b""


def _inner(group: _Group) -> bytes:
    return _written(_Group(parts=group.parts))
