"""EML: a mail's main headers and its body as one text, and its attachments to be loaded after it."""

from __future__ import annotations

import re
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from typing import cast

from hybrid.ingest.loaders.formats import SUFFIXES, Attachment, Extracted, canonical, parsing
from hybrid.ingest.loaders.html import read_html
from hybrid.ingest.loaders.plain_text import decode
from hybrid.text.values import mail_date
from hybrid.types.documents import Metadata

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_CUSTODIAN = ("X-Custodian", "X-Origin", "Delivered-To")
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_SUFFIX_OF_TYPE = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/markdown": ".md",
    "application/pdf": ".pdf",
    "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_NOT_IN_A_NAME = re.compile(r"[/\\#\x00-\x1f\x7f]+")
_BLANKS = re.compile(r"\s+")


def load_eml(data: bytes, source: str) -> Extracted:
    """A mail. Its text is the From, To, Cc, Date and Subject that it has, a blank line, and its body.

    The body is the plain text if there is one, else what the HTML shows. The title is the subject,
    the author the sender. The custodian is ``X-Custodian``, else ``X-Origin`` (as in discovery
    collections), else ``Delivered-To``, the mailbox it was delivered to.

    Attachments keep their file names; one without gets ``attachment-<n>`` and the suffix of its
    type. A second one of the same name gets `` (2)``. Detached signatures are left out.
    """
    with parsing(source, "mail"):
        message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip(), policy=policy.default)
        headers = {name: value for name in _SHOWN if (value := _header(message, name))}
        body, extra = _body(message, source)
        attachments = tuple(_attachments(message))
    head = "\n".join(f"{name}: {value}" for name, value in headers.items())
    if message_id := _header(message, "Message-ID"):
        extra["message_id"] = message_id
    if attachments:
        extra["attachments"] = ", ".join(attachment.name for attachment in attachments)
    metadata = Metadata(
        title=headers.get("Subject"),
        author=headers.get("From"),
        date=mail_date(headers.get("Date", "")),
        custodian=next((owner for name in _CUSTODIAN if (owner := _header(message, name))), None),
        extra=extra,
    )
    unread_date = None if metadata.date else headers.get("Date")
    text = f"{head}\n\n{body}" if head else body
    return Extracted(text, metadata, attachments=attachments, unread_date=unread_date)


def _header(message: Message, name: str) -> str:
    """A header's decoded value on one line, or as it stands in the file if it cannot be decoded.

    The raw value is decoded here because the policy's own parser takes a second for a thousand
    recipients and raises anything on malformed addresses.
    """
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    value, _ = decode(raw.encode("utf-8", "surrogateescape"))
    value = _BLANKS.sub(" ", value).strip()
    with suppress(MessageError, LookupError, ValueError):  # a malformed encoded word, or one in an unknown charset
        value = str(make_header(decode_header(value)))
    return canonical(_BLANKS.sub(" ", value).strip())


def _body(message: EmailMessage, source: str) -> tuple[str, dict[str, str]]:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", {}
    text, extra = decode(_payload(part), part.get_content_charset())
    if part.get_content_type() == "text/html":
        text = read_html(text, source).text
    return text.strip("\n"), extra


def _payload(part: Message) -> bytes:
    """The part's bytes, decoded from base64 or quoted-printable; an attached mail's are its own source."""
    if part.get_content_maintype() == "message" and part.is_multipart():
        inner = cast(Message, part.get_payload(0))
        return inner.as_bytes(policy=policy.default.clone(refold_source="none", max_line_length=None))
    if part.is_multipart():
        return part.as_bytes()
    return cast(bytes, part.get_payload(decode=True) or b"")


def _attachments(message: EmailMessage) -> list[Attachment]:
    found: list[Attachment] = []
    names: dict[str, int] = {}  # how often each name was given
    for number, part in enumerate(message.iter_attachments(), 1):
        if part.get_content_type() in _SIGNATURES:
            continue
        name = given = _name(part, number)
        while name in names:
            names[given] = names.get(given, 1) + 1
            name = _numbered(given, names[given])
        names.setdefault(name, 1)
        found.append(Attachment(name, _payload(part)))
    return found


def _name(part: Message, number: int) -> str:
    name = canonical(_NOT_IN_A_NAME.sub("_", part.get_filename() or "")).strip(" ._")
    suffix = _SUFFIX_OF_TYPE.get(part.get_content_type(), "")
    if not name:
        return f"attachment-{number}{suffix}"
    # An attached mail is often named by its subject alone, and only a suffix tells it from text.
    known = any(name.lower().endswith(end) for end in SUFFIXES)
    return name if known or suffix != ".eml" else name + suffix


def _numbered(name: str, count: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem} ({count}).{suffix}" if dot and stem else f"{name} ({count})"
