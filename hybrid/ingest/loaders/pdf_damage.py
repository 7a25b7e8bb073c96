"""Which pages of a PDF are not whole: missing from the file, or with content that is missing or cannot be unpacked.

pypdf shows such a page with the text that it could read, or without any, and says nothing.
Sources: ISO 32000-2, 7.4.4 (Flate), 7.7.3 (page tree), 7.8.2 (content streams), 8.10 (form XObjects); RFC 1950.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.filters import ASCII85Decode, ASCIIHexDecode
from pypdf.generic import ArrayObject, DictionaryObject, EncodedStreamObject, IndirectObject, StreamObject

MISSING = "is not all in the file"
CUT_OFF = "is cut off or malformed (its compressed data cannot all be unpacked)"
_FLATE = frozenset({"/FlateDecode", "/Fl"})
_ASCII: dict[str, Any] = {
    "/ASCII85Decode": ASCII85Decode, "/A85": ASCII85Decode, "/ASCIIHexDecode": ASCIIHexDecode, "/AHx": ASCIIHexDecode,
}  # fmt: skip
_SHOWN = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
_DEPTH = 8  # of forms in forms, against files made to take long
_MOST_UNPACKED = 1 << 28  # bytes of a stream; beyond it pypdf stops, and says so
_PIECE = 1 << 20


def pages_held(reader: PdfReader) -> list[PageObject | None]:
    """The pages in order, ``None`` where one, or a branch of several, that the file names is not in it."""
    pages = iter(reader.pages)
    held = list(_held(reader.root_object.get("/Pages"), set()))
    if sum(held) != len(reader.pages):  # a tree that pypdf reads in another way
        return list(pages)
    return [next(pages) if is_held else None for is_held in held]


def _held(node: Any, above: set[int]) -> Iterator[bool]:
    """Whether each page below a node of the tree is there."""
    found = node.get_object() if node is not None else None
    if not isinstance(found, DictionaryObject) or id(found) in above:
        yield False
        return
    kind = found.get("/Type", "/Pages" if "/Kids" in found else "/Page")
    if kind == "/Pages":
        kids = found.get("/Kids")
        listed = kids.get_object() if kids is not None else []
        for kid in listed if isinstance(listed, ArrayObject) else []:
            yield from _held(kid, {*above, id(found)})
    else:
        yield kind == "/Page"


def damage(page: PageObject) -> str:
    """Why the content of a page is not whole, as it goes on behind its name; empty where it is."""
    given = page.raw_get("/Contents") if "/Contents" in page else None
    content = given.get_object() if given is not None else None
    parts = list(content) if isinstance(content, ArrayObject) else [given]
    streams = [part.get_object() for part in parts if part is not None]
    if any(isinstance(part, IndirectObject) and not isinstance(part.get_object(), StreamObject) for part in parts):
        return MISSING
    return _damage([one for one in streams if isinstance(one, StreamObject)], page, 0)


def _damage(streams: list[StreamObject], holder: Any, depth: int) -> str:
    """Of streams, and of the forms that they show, which stand in the resources of their holder."""
    if not all(map(_is_whole, streams)):
        return CUT_OFF
    shown = {name.decode("latin-1") for one in streams for name in _SHOWN.findall(one.get_data())}
    resources = holder.get("/Resources")
    objects = resources.get_object().get("/XObject") if shown and resources is not None else None
    for name, given in objects.get_object().items() if objects is not None else ():
        if name.removeprefix("/") not in shown or depth >= _DEPTH:
            continue
        item = given.get_object()
        if not isinstance(item, StreamObject):
            return MISSING
        if item.get("/Subtype") == "/Form" and (found := _damage([item], item, depth + 1)):
            return found
    return ""


def _is_whole(stream: StreamObject) -> bool:
    """Whether what is packed in a stream can be unpacked to its end."""
    given = stream.get("/Filter")
    filters = given.get_object() if given is not None else []
    data = bytes(stream._data) if isinstance(stream, EncodedStreamObject) else b""
    for name in filters if isinstance(filters, list) else [filters]:
        if name in _FLATE:
            return _unpacks(data)
        if name not in _ASCII:
            break  # pypdf says where it fails at others
        with suppress(Exception):
            data = bytes(_ASCII[name].decode(data))
    return True


def _unpacks(data: bytes) -> bool:
    """Whether data are whole by the marks in them. The check sum at their end is not looked at: programs leave it out,
    and nothing is lost with it."""
    if len(data) < 2 or data[0] & 0xF != zlib.DEFLATED or (data[0] << 8 | data[1]) % 31:
        return False
    unpacking, left, size = zlib.decompressobj(-zlib.MAX_WBITS), data[2:], 0
    try:
        while not unpacking.eof and size < _MOST_UNPACKED:
            made = len(unpacking.decompress(left, _PIECE))
            left, size = unpacking.unconsumed_tail, size + made
            if not made and not left:
                return unpacking.eof
    except zlib.error:
        return False
    return True
