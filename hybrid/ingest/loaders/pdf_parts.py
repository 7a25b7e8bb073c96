"""What a PDF has beside the text of its pages: form fields, annotations, attached files and page labels."""

from __future__ import annotations

from collections.abc import Iterator
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


def _plain(name: str) -> str:
    return canonical(name).replace("\\", "/").rpartition("/")[2].strip() or "attachment"


def page_labels(reader: PdfReader) -> list[str]:
    """The labels that a viewer shows beside the pages, such as iv or A-3; empty where they are 1, 2, 3."""
    with suppress(Exception):
        labels = [str(label) for label in reader.page_labels]
        return labels if labels != [str(number) for number in range(1, len(labels) + 1)] else []
    return []


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
