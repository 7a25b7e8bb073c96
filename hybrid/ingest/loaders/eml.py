"""EML: a mail's main headers and its body as one text, and its attachments to be loaded after it."""

from __future__ import annotations

import re
from datetime import datetime
from email.message import Message

from hybrid.ingest.loaders.formats import ATTACHMENTS, Extracted, parsing
from hybrid.ingest.loaders.mime import content, header, parsed
from hybrid.text.values import days, mail_date, parse_date
from hybrid.types.documents import Metadata

_SHOWN = ("From", "To", "Cc", "Bcc", "Date", "Subject")
_LISTS = frozenset({"To", "Cc", "Bcc"})
_CUSTODIAN = ("X-Custodian", "X-Origin", "Delivered-To")
_IN_METADATA = ("From", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References")
_OTHER_DATES = ("Resent-Date", "Received", "Delivery-Date", "X-Date")
_HALF_DAY = re.compile(r"\d\s*[AP]\.?M\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(?:([AP])\.?M\b)?", re.IGNORECASE)


def load_eml(data: bytes, source: str, access: str = "access") -> Extracted:
    """A mail. Its text is the From, To, Cc, Bcc, Date and Subject that it has, a blank line, and its body.

    The body is every text part that is not attached, in order; of alternatives the plain text, and the HTML too where
    it says more. The title is the subject, the author the sender. The custodian is ``X-Custodian``, else ``X-Origin``
    (as in discovery collections), else ``Delivered-To``, the mailbox it was delivered to. ``extra`` has ``from``,
    ``to``, ``cc``, ``bcc``, ``message_id``, ``in_reply_to``, ``references``, ``attachments`` and ``signature``, each
    where there is one. The date is that of the ``Date`` header; where that is missing, the one of the first server that
    received the mail, and ``extra["date_from"]`` names the header.

    Attachments keep their file names; one without gets ``attachment-<n>`` and the suffix of its type, and a calendar
    invitation ``invite.ics``. A second one of the same name gets `` (2)``. What is encrypted is named among the
    skipped. A header ``access``, or ``X-Access``, the ``<meta>`` of its page or front matter above its text say its
    class of access.
    """
    with parsing(source, "mail"):
        message = parsed(data)
        headers = {name: value for name in _SHOWN if (value := header(message, name, ", " * (name in _LISTS) or None))}
        found = content(message, source, access)
        written, date, date_from = _date(message)
        extra = found.extra | {
            name.lower().replace("-", "_"): value
            for name in _IN_METADATA
            if (value := headers.get(name) or header(message, name))
        }
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    if found.attachments:
        extra[ATTACHMENTS] = ", ".join(attachment.name for attachment in found.attachments)
    if date_from is not None:
        extra["date_from"] = date_from
    metadata = Metadata(
        title=headers.get("Subject"),
        author=headers.get("From"),
        date=date,
        custodian=next((owner for name in _CUSTODIAN if (owner := header(message, name))), None),
        extra=extra,
    )
    text = "\n\n".join(part for part in (head, *found.texts) if part)
    return Extracted(
        text,
        metadata,
        attachments=tuple(found.attachments),
        skipped=tuple(found.skipped),
        unread_date=None if date else written,
        left_out=tuple(found.left_out),
        named=tuple(found.named),
    )


def _date(message: Message) -> tuple[str, str | None, str | None]:
    """The Date header as it is written, the mail's date in ISO 8601, and the header that it is from if not that one.

    A mail without a Date header has that of the server that received it first. One whose Date cannot be read has none:
    another date would stand beside what the mail says.
    """
    written = header(message, "Date")
    if written:
        return written, header_date(written), None
    for name in _OTHER_DATES:
        values = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
        for value in reversed(values):  # the last Received is of the first server
            if date := header_date(" ".join(value.rpartition(";")[2].split())):
                return "", date, name
    return "", None, None


def header_date(written: str) -> str | None:
    """The date of a mail's header in ISO 8601 with its time: RFC 2822, ISO 8601, or a day in words and a time of day
    in any order. ``None`` where it can be read in several ways.

    Example:
        >>> header_date("2026-03-02T09:15:00Z"), header_date("Monday, March 2, 2026 9:15 PM")
        ('2026-03-02T09:15:00+00:00', '2026-03-02T21:15:00')
    """
    half_days = _HALF_DAY.search(written) is not None  # the standard's parser takes 9 PM for 9 AM
    if not half_days and (date := mail_date(written)):
        return date
    if date := parse_date(written, "second"):
        return datetime.fromisoformat(date).isoformat() if "T" in date or " " in date else date
    found = {day for _, _, day in days(written)}
    if len(found) != 1:
        return None
    year, month, day = found.pop()
    clock = _CLOCK.search(written)
    try:
        if clock is None:
            return datetime(year, month, day).date().isoformat()
        hour = int(clock[1])
        if clock[4]:
            hour = hour % 12 + 12 * (clock[4].upper() == "P")
        return datetime(year, month, day, hour, int(clock[2]), int(clock[3] or 0)).isoformat()
    except ValueError:  # what no calendar or clock has
        return None
