"""What a PDF has beside the text of its pages: form fields, annotations, attached files and page labels; and what no
page shows: fields without a place, bookmarks, targets of links, properties, scripts and earlier versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lxml import etree
from pypdf import PageObject, PdfReader
from pypdf.generic import StreamObject

from hybrid.ingest.loaders.formats import Attachment, canonical
from hybrid.ingest.loaders.pdf_page import Value

_TICKED, _EMPTY = "☒", "☐"
_PUSH_BUTTON, _PASSWORD = 1 << 16, 1 << 13
_NOTES = {
    "/Text": "Note", "/Highlight": "Highlight", "/Underline": "Underline", "/Squiggly": "Underline",
    "/StrikeOut": "Strike-out", "/Caret": "Caret", "/Stamp": "Stamp", "/Square": "Square", "/Circle": "Circle",
    "/Line": "Line", "/Polygon": "Polygon", "/PolyLine": "Line", "/Ink": "Drawing", "/Redact": "Redaction",
    "/FileAttachment": "File",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A form field: its full name, what it shows, and where."""

    name: str
    value: Value


def _annotations(page: PageObject) -> Iterator[Any]:
    given = page.get("/Annots")
    for one in [] if given is None else given.get_object():
        with suppress(Exception):
            if (found := one.get_object()) is not None:
                yield found


def _inherited(node: Any, key: str) -> Any:
    """A field's entry, its own or that of the field above it."""
    for _ in range(32):  # against fields that are their own parents
        if key in node:
            return node[key].get_object()
        if "/Parent" not in node:
            return None
        node = node["/Parent"].get_object()
    return None


def _full_name(node: Any) -> str:
    names: list[str] = []
    for _ in range(32):
        if "/T" in node:
            names.insert(0, str(node["/T"]))
        if "/Parent" not in node:
            break
        node = node["/Parent"].get_object()
    return ".".join(names)


def fields(page: PageObject) -> list[Field]:
    """The form fields of a page with what each of them shows: text, the choice of a list, a box with or without a tick,
    who signed. Buttons, passwords and empty text fields show nothing."""
    found = []
    for node in _annotations(page):
        if node.get("/Subtype") == "/Widget" and not int(node.get("/F", 0)) & 2:
            text = _shown(node)
            if text:
                x, y, x_end, y_end = (float(side) for side in node["/Rect"])
                box = min(x, x_end), min(y, y_end), max(x, x_end), max(y, y_end)
                label = " ".join(canonical(str(node.get("/TU") or _full_name(node))).split())
                found.append(Field(_full_name(node), Value(canonical(text), *box, name=label)))
    return found


def _shown(node: Any) -> str:
    kind, value, flags = _inherited(node, "/FT"), _inherited(node, "/V"), int(_inherited(node, "/Ff") or 0)
    if kind == "/Btn":
        if flags & _PUSH_BUTTON:
            return ""
        state = str(node.get("/AS") or value or "/Off")
        return _EMPTY if state == "/Off" else _TICKED
    if value is None or (kind == "/Tx" and flags & _PASSWORD):
        return ""
    if kind == "/Sig":
        who, when = str(value.get("/Name", "")), str(value.get("/M", ""))[2:10]
        return " ".join(part for part in ("Signed", who and f"by {who}", when and f"on {when}") if part)
    if kind == "/Ch":
        options = _options(node)
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(options.get(str(one), str(one)).strip() for one in chosen)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if hasattr(value, "get_data"):  # a long text is a stream
        return str(value.get_data().decode("utf-8", "replace")).strip()
    return str(value).strip()


def fields_not_shown(reader: PdfReader, shown: Mapping[str, str]) -> dict[str, str]:
    """The values of fields that no page shows, by their full names: those without a place on one, and hidden ones."""
    found: dict[str, str] = {}
    for node in _terminal_fields(reader):
        with suppress(Exception):
            name, text = _full_name(node), _shown(node)
            if text and text != _EMPTY and name not in shown:
                found[canonical(name)] = canonical(text)
    return found


def _terminal_fields(reader: PdfReader) -> Iterator[Any]:
    """The fields of the form that have no fields below them."""
    with suppress(Exception):
        form = reader.root_object.get("/AcroForm")
        due = list(form.get_object().get("/Fields", [])) if form is not None else []
        seen: set[int] = set()
        while due:
            one = due.pop(0)
            node = one.get_object()
            if node is None or id(node) in seen or len(seen) > _MOST_FIELDS:
                continue
            seen.add(id(node))
            below = [kid for kid in node.get("/Kids", []) if "/T" in kid.get_object()]
            if below:
                due += below
            else:
                yield node


_MOST_FIELDS = 100_000  # against forms made to take long


def _options(node: Any) -> dict[str, str]:
    """What a list shows for the values that it hands on, where they differ."""
    found: dict[str, str] = {}
    for option in _inherited(node, "/Opt") or []:
        with suppress(Exception):
            pair = option.get_object()
            if isinstance(pair, list) and len(pair) == 2:
                found.setdefault(str(pair[0].get_object()), str(pair[1].get_object()))
    return found


def comments(page: PageObject) -> list[str]:
    """The comments on a page, each with its kind and its author; and text that was typed onto it, as it is."""
    found = []
    for node in _annotations(page):
        kind = node.get("/Subtype")
        contents = canonical(str(node.get("/Contents") or "")).strip()
        if not contents or (kind != "/FreeText" and kind not in _NOTES):
            continue
        author = canonical(str(node.get("/T") or "")).strip()
        label = ", ".join(part for part in (_NOTES.get(kind, ""), author) if part)
        found.append(contents if kind == "/FreeText" else f"[{label}] {contents}")
    return found


def attachments(reader: PdfReader) -> list[Attachment]:
    """Files in the PDF: those of a portfolio or attached to it, and those pinned to a page."""
    found: list[Attachment] = []
    for name, versions in reader.attachments.items():
        found += (Attachment(_plain(name), data) for data in versions)
    for page in reader.pages:
        for node in _annotations(page):
            if node.get("/Subtype") == "/FileAttachment" and "/FS" in node:
                specification = node["/FS"].get_object()
                stream = specification.get("/EF", {}).get("/F")
                name = specification.get("/UF") or specification.get("/F") or "attachment"
                if stream is not None:
                    found.append(Attachment(_plain(str(name)), stream.get_object().get_data()))
    return list(dict.fromkeys(found))


def named_in(reader: PdfReader) -> Iterator[tuple[str, str]]:
    """What the document information and, in XMP, programs' own properties say; empty where a value cannot be read."""
    info: Mapping[Any, Any] = reader.metadata or {}
    for name in info:
        value = ""
        with suppress(Exception):
            value = canonical(str(info[name]))
        yield name.removeprefix("/"), value
    with suppress(Exception):
        if (packet := reader.xmp_metadata) is not None:
            yield from ((name, canonical(str(value))) for name, value in packet.custom_properties.items())


def _plain(name: str) -> str:
    return canonical(name).replace("\\", "/").rpartition("/")[2].strip() or "attachment"


def page_labels(reader: PdfReader) -> list[str]:
    """The labels that a viewer shows beside the pages, such as iv or A-3; empty where they are 1, 2, 3."""
    with suppress(Exception):
        labels = [str(label) for label in reader.page_labels]
        return labels if labels != [str(number) for number in range(1, len(labels) + 1)] else []
    return []


def bookmarks(reader: PdfReader) -> list[str]:
    """The titles of the bookmarks, in order; a viewer shows them beside the pages."""
    found: list[str] = []
    with suppress(Exception):
        due: list[Any] = list(reader.outline)
        while due and len(found) < _MOST_BOOKMARKS:
            one = due.pop(0)
            if isinstance(one, list):
                due[:0] = one
            elif title := " ".join(canonical(str(one.get("/Title") or "")).split()):
                found.append(title)
    return found


_MOST_BOOKMARKS = 2000
"""A reason, not a measurement: a book has hundreds."""


def targets(reader: PdfReader) -> list[str]:
    """Where the links on the pages lead out of the document."""
    found = []
    for page in reader.pages:
        for node in _annotations(page):
            with suppress(Exception):
                action = node["/A"].get_object()
                kind = action.get("/S")
                if kind == "/URI":
                    found.append(str(action["/URI"].get_object()))
                elif kind in ("/GoToR", "/Launch", "/SubmitForm"):
                    file = action["/F"].get_object()
                    found.append(str(file if isinstance(file, str) else file.get("/UF") or file.get("/F")))
    return found


_KNOWN = frozenset({"/Title", "/Author", "/CreationDate", "/ModDate", "/Creator", "/Producer", "/Trapped"})


def described(reader: PdfReader) -> Iterator[tuple[str, str | None]]:
    """Subject, keywords and what programs added of their own; then the description in the XMP metadata."""
    for key, value in (reader.metadata or {}).items():
        with suppress(Exception):
            name = key.removeprefix("/")
            if key not in _KNOWN:
                yield (name.lower() if name in ("Subject", "Keywords") else name), str(value.get_object())
    with suppress(Exception):
        xmp = reader.xmp_metadata
        for text in (xmp.dc_description or {}).values() if xmp is not None else ():
            yield "subject", str(text)


_END_OF_VERSION = re.compile(rb"startxref\s+0*[1-9]\d*\s+%%EOF")


def not_shown(reader: PdfReader, data: bytes, hidden_fields: int, *, is_xfa_read: bool) -> tuple[str, ...]:
    """What no page shows, counted as `Extracted.left_out` has it. A file that was changed and not written anew has what
    it was before; a linearised one has a second end of file without an address, which is no version."""
    versions = len(_END_OF_VERSION.findall(data)) - 1
    counts = {
        "values of fields that are not shown": hidden_fields,
        "earlier versions, which the file still holds": versions,
        "scripts": _scripts(reader),
    }
    found = [f"{count:,} {what}" for what, count in counts.items() if count > 0]
    with suppress(Exception):
        form: Any = reader.root_object["/AcroForm"].get_object()
        if not is_xfa_read and "/XFA" in form:
            found.append("text of a form of the XFA kind")
    return tuple(found)


def _scripts(reader: PdfReader) -> int:
    found = 0
    with suppress(Exception):
        root: Any = reader.root_object
        if "/OpenAction" in root:
            action = root["/OpenAction"].get_object()
            found += isinstance(action, dict) and action.get("/S") == "/JavaScript"
        names: Any = root["/Names"].get_object()
        due: list[Any] = [names["/JavaScript"].get_object()]
        while due and found < _MOST_FIELDS:
            node = due.pop()
            found += len(node.get("/Names", [])) // 2
            due += [kid.get_object() for kid in node.get("/Kids", [])]
    return found


def xfa_values(reader: PdfReader) -> list[str]:
    """The names and values of a form of the XFA kind, whose pages only say that another program is needed."""
    with suppress(Exception):
        parts = dict(reader.xfa or {})
        data = parts.get("datasets") or _whole_form(reader)
        if isinstance(data, bytes):
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
            filled = root if parts.get("datasets") else root.find(f".//{_DATA}datasets")
            if filled is None:
                return []
            return [
                canonical(f"{etree.QName(node).localname}: {node.text.strip()}")
                for node in filled.iter()
                if isinstance(node.tag, str) and not len(node) and node.text and node.text.strip()
            ]
    return []


_DATA = "{http://www.xfa.org/schema/xfa-data/1.0/}"


def _whole_form(reader: PdfReader) -> bytes | None:
    """A form of the XFA kind that is one stream and not a list of them; ``None`` where there is none."""
    form = reader.root_object.get("/AcroForm")
    stream = None if form is None else form.get_object().get("/XFA")
    found = None if stream is None else stream.get_object()
    return found.get_data() if isinstance(found, StreamObject) else None
