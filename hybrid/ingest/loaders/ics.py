"""ICS: calendar files and invitations, as their fields with the values that a calendar would show."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from icalendar import Calendar

from hybrid.ingest.loaders.formats import Attachment, Extracted, canonical, parsing
from hybrid.ingest.loaders.plain_text import decode_file
from hybrid.types.documents import Metadata

_COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
_FIELDS = (
    ("SUMMARY", "Summary"),
    ("DTSTART", "Start"),
    ("DTEND", "End"),
    ("DUE", "Due"),
    ("DURATION", "Duration"),
    ("RRULE", "Repeats"),
    ("RDATE", "Also"),
    ("EXDATE", "Not"),
    ("LOCATION", "Location"),
    ("ORGANIZER", "Organizer"),
    ("ATTENDEE", "Attendee"),
    ("STATUS", "Status"),
    ("CATEGORIES", "Categories"),
    ("URL", "URL"),
    ("ATTACH", "Attachment"),
    ("COMMENT", "Comment"),
    ("DESCRIPTION", "Description"),
)


def load_ics(data: bytes, source: str) -> Extracted:
    """A calendar's events, tasks and notes, each field on its line, parted by blank lines.

    Times are as they are in the file, with the time zone that it names; dates in words. The title is the first summary,
    the date the first start, the author its organizer. ``extra["method"]`` is what an invitation asks (``REQUEST``,
    ``CANCEL``).
    """
    text, extra = decode_file(data, source)
    with parsing(source, "calendar"):
        calendars = Calendar.from_ical(text, multiple=True)
        components = [part for calendar in calendars for part in calendar.walk() if part.name in _COMPONENTS]
        blocks = [lines for part in components if (lines := list(_lines(part)))]
        method = next((str(calendar["METHOD"]) for calendar in calendars if "METHOD" in calendar), None)
        first: Any = components[0] if components else {}
        start = getattr(first.get("DTSTART"), "dt", None)
        organizer = first.get("ORGANIZER")
        metadata = Metadata(
            title=canonical(str(first["SUMMARY"])).strip() or None if "SUMMARY" in first else None,
            author=None if organizer is None else _person(organizer),
            date=start.isoformat() if isinstance(start, date) else None,
            extra=extra | ({"method": method} if method else {}),
        )
        files = tuple(_files(components))
    text = canonical("\n\n".join("\n".join(lines) for lines in blocks))
    return Extracted(text, metadata, attachments=files)


def _lines(component: Any) -> Iterator[str]:
    for name, label in _FIELDS:
        values = component.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            shown = _shown(name, value)
            if shown.strip():
                yield f"{label}: {shown.strip()}"


def _shown(name: str, value: Any) -> str:
    if name in ("ORGANIZER", "ATTENDEE"):
        return _person(value)
    if name in ("RDATE", "EXDATE"):
        return "; ".join(_shown("", one) for one in getattr(value, "dts", []))
    when = getattr(value, "dt", None)
    if isinstance(when, datetime):
        return f"{when.day} {when:%B %Y, %H:%M} {_zone(when)}".rstrip()
    if isinstance(when, date):
        return f"{when.day} {when:%B %Y}"
    if name in ("RRULE", "CATEGORIES", "DURATION"):
        return str(value.to_ical().decode("utf-8", "replace"))
    return "" if _is_file(name, value) else str(value)


def _zone(when: datetime) -> str:
    """The name of its time zone, or how far that is from UTC: calendars of Outlook give no short names."""
    if when.tzinfo is None:
        return ""
    return when.tzname() or re.sub(r"(\d\d)(\d\d)$", r"\1:\2", when.strftime("UTC%z"))


def _is_file(name: str, value: Any) -> bool:
    return name == "ATTACH" and value.params.get("VALUE") == "BINARY"


def _files(components: list[Any]) -> Iterator[Attachment]:
    """Files that are written into the calendar."""
    for number, value in enumerate(_values(components, "ATTACH"), 1):
        if _is_file("ATTACH", value):
            name = str(value.params.get("FILENAME", value.params.get("X-FILENAME", ""))) or f"attachment-{number}"
            yield Attachment(name.replace("/", "_"), binascii.a2b_base64(str(value.obj)))


def _values(components: list[Any], name: str) -> list[Any]:
    found = [part.get(name, []) for part in components]
    return [value for one in found for value in (one if isinstance(one, list) else [one])]


def _person(value: Any) -> str:
    """A name with its address, as far as they are given, and the answer to the invitation."""
    address = str(value).removeprefix("mailto:").removeprefix("MAILTO:")
    name = str(value.params.get("CN", "")).strip()
    answer = str(value.params.get("PARTSTAT", "")).lower()
    shown = f"{name} <{address}>" if name and name != address else address
    return canonical(f"{shown} ({answer})" if answer and answer != "needs-action" else shown)
