"""ICS: calendar files and invitations, as their fields with the values that a calendar would show."""

from __future__ import annotations

import binascii
import mimetypes
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from icalendar import Calendar

from hybrid.ingest.loaders.content_lines import content_lines
from hybrid.ingest.loaders.formats import Attachment, Extracted, canonical, parsing
from hybrid.ingest.loaders.html import read_html
from hybrid.ingest.loaders.plain_text import decode_file
from hybrid.types.documents import Metadata

_TIME_ZONES = frozenset({"VTIMEZONE", "STANDARD", "DAYLIGHT"})
_FIELDS = (
    ("X-WR-CALNAME", "Calendar"),
    ("X-WR-CALDESC", "About the calendar"),
    ("SUMMARY", "Summary"),
    ("DTSTART", "Start"),
    ("DTEND", "End"),
    ("DUE", "Due"),
    ("DURATION", "Duration"),
    ("RRULE", "Repeats"),
    ("RDATE", "Also"),
    ("EXDATE", "Not"),
    ("RECURRENCE-ID", "Instead of"),
    ("LOCATION", "Location"),
    ("ORGANIZER", "Organizer"),
    ("ATTENDEE", "Attendee"),
    ("STATUS", "Status"),
    ("CATEGORIES", "Categories"),
    ("URL", "URL"),
    ("ATTACH", "Attachment"),
    ("COMMENT", "Comment"),
    ("CONTACT", "Contact"),
    ("DESCRIPTION", "Description"),
    ("X-ALT-DESC", "Description in HTML"),
)
_NAMED = frozenset(name for name, _ in _FIELDS)
_TECHNICAL = frozenset(
    {"UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED", "TRANSP", "PRIORITY", "VERSION", "PRODID", "CALSCALE"}
    | {"METHOD", "ACTION", "TRIGGER", "REPEAT", "TZ", "X-WR-TIMEZONE", "X-LIC-LOCATION"}
)
"""Fields that only programs read."""
_CODE = re.compile(r"[^a-z\s]*|.{,2}")
"""The value of a field of some program's own that is no text: ``TRUE``, ``0``, ``20260301T090000Z``."""


def load_ics(data: bytes, source: str, charset: str | None = None) -> Extracted:
    """A calendar's events, tasks and notes, each field on its line, parted by blank lines; what an alarm says stands
    below its event. Fields of programs' own are read where they hold text. Files that are written into it are
    attachments.

    Times are as they are in the file, with the time zone that it names; dates in words. The title is the first summary,
    the date the first start, the author its organizer. ``extra["method"]`` is what an invitation asks (``REQUEST``,
    ``CANCEL``).
    """
    text, extra = decode_file(data, source, charset)
    with parsing(source, "calendar"):
        calendars = Calendar.from_ical("\r\n".join(content_lines(text)), multiple=True)
        heads = [lines for calendar in calendars if (lines := list(_lines(calendar)))]
        components = [part for calendar in calendars for part in _components(calendar)]
        blocks = [*heads, *(lines for part in components if (lines := list(_lines(part))))]
        method = next((str(calendar["METHOD"]) for calendar in calendars if "METHOD" in calendar), None)
        first: Any = components[0] if components else {}
        start = first.get("DTSTART")
        start = None if isinstance(start, str) else getattr(start, "dt", None)
        organizer = first.get("ORGANIZER")
        metadata = Metadata(
            title=canonical(str(first["SUMMARY"])).strip() or None if "SUMMARY" in first else None,
            author=None if organizer is None else _person(organizer),
            date=start.isoformat() if isinstance(start, date) else None,
            extra=extra | ({"method": method} if method else {}),
        )
        every = [part for calendar in calendars for part in calendar.walk()]
        files = tuple(_files(every))
        own = tuple((name, str(value)) for part in every for name, value in part.property_items() if "X-" in name[:2])
        unread = sum(name is None for part in every for name, _ in part.errors)
    text = canonical("\n\n".join("\n".join(lines) for lines in blocks))
    left_out = (f"{unread} lines that are no fields",) if unread else ()
    return Extracted(text, metadata, attachments=files, left_out=left_out, named=own)


def _components(calendar: Any) -> Iterator[Any]:
    """What stands in a calendar, also in groups that programs made; time zones aside."""
    for part in calendar.subcomponents:
        if part.name not in _TIME_ZONES:
            yield part
            if part.name not in ("VEVENT", "VTODO"):
                yield from _components(part)


def _lines(component: Any) -> Iterator[str]:
    shown: set[str] = set()
    for label, text in _fields(component):
        if text not in shown or label != "Description in HTML":
            yield f"{label}: {text}"
        shown.add(text)
    if component.name in ("VEVENT", "VTODO"):
        for alarm in component.subcomponents:
            yield from (f"Alarm: {text}" for _, text in _fields(alarm) if text not in shown)


def _fields(component: Any) -> Iterator[tuple[str, str]]:
    """What each field of a component is called, and what it says."""
    others = [(name, name.removeprefix("X-").replace("-", " ").capitalize()) for name in component]
    for name, label in (*_FIELDS, *(one for one in others if one[0] not in _NAMED)):
        values = component.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            shown = _shown(name, value).strip()
            if shown and name not in _TECHNICAL and (name in _NAMED or not _CODE.fullmatch(shown)):
                yield label, shown


def _shown(name: str, value: Any) -> str:
    if name in ("ORGANIZER", "ATTENDEE"):
        return _person(value)
    if name == "X-ALT-DESC" and str(getattr(value, "params", {}).get("FMTTYPE", "")).lower() == "text/html":
        return read_html(str(value), name).text.strip()
    if isinstance(value, str):  # text, an address, or what the library could not read as what it should be
        return str(value)
    if name in ("RDATE", "EXDATE"):
        return "; ".join(_shown("", one) for one in getattr(value, "dts", []))
    when = getattr(value, "dt", None)
    if isinstance(when, datetime):
        return f"{when.day} {when:%B %Y, %H:%M} {_zone(when)}".rstrip()
    if isinstance(when, date):
        return f"{when.day} {when:%B %Y}"
    return "" if _is_file(name, value) else str(value.to_ical().decode("utf-8", "replace"))


def _zone(when: datetime) -> str:
    """The name of its time zone, or how far that is from UTC: calendars of Outlook give no short names."""
    if when.tzinfo is None:
        return ""
    return when.tzname() or re.sub(r"(\d\d)(\d\d)$", r"\1:\2", when.strftime("UTC%z"))


def _is_file(name: str, value: Any) -> bool:
    return name == "ATTACH" and value.params.get("VALUE") == "BINARY" and not isinstance(value, str)


def _files(components: list[Any]) -> Iterator[Attachment]:
    """Files that are written into the calendar."""
    for number, value in enumerate(_values(components, "ATTACH"), 1):
        if _is_file("ATTACH", value):
            suffix = mimetypes.guess_extension(str(value.params.get("FMTTYPE", ""))) or ""
            named = str(value.params.get("FILENAME", value.params.get("X-FILENAME", "")))
            data = binascii.a2b_base64(value.to_ical())
            yield Attachment((named or f"attachment-{number}{suffix}").replace("/", "_"), data)


def _values(components: list[Any], name: str) -> list[Any]:
    found = [part.get(name, []) for part in components]
    return [value for one in found for value in (one if isinstance(one, list) else [one])]


def _person(value: Any) -> str:
    """A name with its address, as far as they are given, and the answer to the invitation."""
    address = str(value).removeprefix("mailto:").removeprefix("MAILTO:")
    name = str(value.params.get("CN", "")).strip()
    answer = str(value.params.get("PARTSTAT", "")).lower()
    shown = f"{name} <{address}>" if name and name != address else address
    sender = re.sub("^mailto:", "", str(value.params.get("SENT-BY", "")), flags=re.IGNORECASE)
    shown = f"{shown}, sent by {sender}" if sender else shown
    return canonical(f"{shown} ({answer})" if answer and answer != "needs-action" else shown)
