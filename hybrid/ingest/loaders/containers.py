"""Files of files: mailboxes, archives, saved web pages and Outlook's messages. Their members are documents of their
own, named after the path inside the container.

The document of the container itself is a list of what is in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from typing import Any

from olefile import OleFileIO
from oxmsg import Message as OutlookMessage
from oxmsg.attachment import Attachment as OutlookAttachment
from oxmsg.domain import constants
from oxmsg.storage import Storage

from hybrid.errors import DamagedDocumentError, DocumentTooLargeError, EncryptedDocumentError
from hybrid.ingest.loaders.eml import header_date
from hybrid.ingest.loaders.formats import ATTACHMENTS, MAIL_START, Attachment, Extracted, Value, canonical, parsing
from hybrid.ingest.loaders.front_matter import class_of_access, front_matter, is_spelling
from hybrid.ingest.loaders.html import read_html
from hybrid.ingest.loaders.mime import content, header, numbered, parsed, said_besides
from hybrid.ingest.loaders.plain_text import decode
from hybrid.types.documents import Metadata
from hybrid.types.reports import SkippedFile

MAX_RATIO = 200
"""How many times its packed size a member of an archive may be: text packs to a tenth, archives made to fill a disk to
a thousandth."""
_RATIO_FROM = 1 << 20  # bytes; small members of one repeated letter are harmless
_QUOTED_START = re.compile(rb"^>(>*From )", re.MULTILINE)
_SYSTEM_FILES = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


def load_mbox(data: bytes, source: str) -> Extracted:
    """A mailbox (mbox, of any of its kinds): its mails by number, ``box.mbox#1``."""
    starts = [match.span() for match in MAIL_START.finditer(data)]
    if not starts:
        raise DamagedDocumentError(source, "it is named as a mailbox but holds no mail; restore it, or name it .txt")
    ends = [*(start for start, _ in starts[1:]), len(data)]
    mails = [
        Attachment(str(number), _QUOTED_START.sub(rb"\1", data[start:end]), "eml")
        for number, ((_, start), end) in enumerate(zip(starts, ends, strict=True), 1)
    ]
    return _listed(lambda names: f"Mailbox with {len(names):,} mails.", mails)


def _listed(listing: Callable[[Sequence[str]], str], parts: Sequence[Attachment]) -> Extracted:
    """A container that says no more than which parts it has."""
    return Extracted(listing([part.name for part in parts]), attachments=tuple(parts), listing=listing)


def load_zip(data: bytes, source: str, max_bytes: int) -> Extracted:
    """An archive: each file in it by its path. A member is unpacked when it is read, and refused where it needs a
    password, unpacks to over ``max_bytes``, or to over `MAX_RATIO` times its packed size. The comments of the archive
    and of its members stand in the list of them; bytes that belong to none are counted among what is left out."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError) as error:
        raise DamagedDocumentError(
            source, f"the zip archive is cut off or damaged ({error}); restore it from a good copy"
        ) from error
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    shown = [entry for entry in entries if not _SYSTEM_FILES.search(entry.filename)]
    names: dict[str, int] = {}
    members = []
    for entry in shown:
        given = name = _member_name(entry.filename)
        while name in names:
            names[given] += 1
            name = numbered(given, names[given])
        names[name] = names.get(name, 1)
        members.append(Attachment(name, partial(_unpacked, archive, entry, f"{source}#{name}", max_bytes)))
    hidden = len(entries) - len(shown)
    left_out = [f"{hidden} files that file managers wrote"] if hidden else []
    comments = {member.name: _comment(entry.comment) for member, entry in zip(members, shown, strict=True)}
    listing = partial(_of_archive, _comment(archive.comment), comments)
    return replace(_listed(listing, members), left_out=(*left_out, *_of_no_member(data, archive)))


def _of_archive(comment: str, comments: Mapping[str, str], names: Sequence[str]) -> str:
    listed = [f"{name} (comment: {said})" if (said := comments[name]) else name for name in names]
    return "\n".join([f"Archive with {len(names):,} files.", *([f"Comment: {comment}"] if comment else []), *listed])


def _comment(written: bytes) -> str:
    return " ".join(decode(written)[0].split())


_HEADER, _END_OF_ARCHIVE, _DESCRIPTOR = 30, 22, 24
"""Bytes of what stands before a member without its name, of the end of an archive without its comment, and at most of
what may follow a member (PKWARE's APPNOTE, 4.3.7, 4.3.16 and 4.3.9)."""


def _of_no_member(data: bytes, archive: zipfile.ZipFile) -> Iterator[str]:
    """How many bytes stand before, between and after the members: a program that unpacks them, a member that was
    deleted from the list, or something hidden. Zeros are padding."""
    start_of_list: int = archive.start_dir  # not documented, and in every version
    spans = [(start_of_list, start_of_list)]
    for entry in archive.infolist():
        at = entry.header_offset
        lengths = (int.from_bytes(data[at + place : at + place + 2], "little") for place in (26, 28))
        spans.append((at, at + _HEADER + sum(lengths) + entry.compress_size))
    spans.sort()
    first, between, reached = spans[0][0], 0, spans[0][0]
    for start, end in spans:
        if start - reached > _DESCRIPTOR and data[reached:start].strip(b"\0"):
            between += start - reached
        reached = max(reached, end)
    after = data[data.rfind(b"PK\x05\x06") + _END_OF_ARCHIVE + len(archive.comment) :]
    counts = {
        "before the archive": first if data[:first].strip(b"\0") else 0,
        "between the members of the archive": between,
        "after the archive": len(after) if after.strip(b"\0") else 0,
    }
    yield from (f"{count:,} bytes {where}" for where, count in counts.items() if count)


def _member_name(name: str) -> str:
    """A member's path without what would lead out of the archive."""
    parts = [part for part in canonical(name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts).replace("#", "%23") or "unnamed"


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, source: str, max_bytes: int) -> bytes:
    if entry.flag_bits & 1:
        raise EncryptedDocumentError(source, "it needs a password; unpack the archive and ingest what was in it")
    ratio = entry.file_size / max(1, entry.compress_size)
    if entry.file_size > _RATIO_FROM and ratio > MAX_RATIO:
        raise DocumentTooLargeError(
            source, f"it unpacks to {ratio:,.0f} times its size, over {MAX_RATIO}; unpack it yourself if that is right"
        )
    with parsing(source, "archive"), archive.open(entry) as file:
        data = file.read(max_bytes + 1)  # the size that the archive declares may be wrong
    if len(data) > max_bytes:
        raise DocumentTooLargeError(
            source, f"it unpacks to over {max_bytes:,} bytes; raise max_file_bytes in the ingest settings to read it"
        )
    return data


def load_mhtml(data: bytes, source: str, access: str = "access") -> Extracted:
    """A saved web page: the text of its page; pictures and other parts are attachments. ``extra["url"]`` is where it
    was saved from; the page's ``<meta>`` may name its class of ``access``."""
    with parsing(source, "saved web page"):
        message = parsed(data)
        found = content(message, source, access)
        url = header(message, "Snapshot-Content-Location") or header(message, "Content-Location")
    metadata = Metadata(
        title=header(message, "Subject") or None,
        date=header_date(header(message, "Date")),
        extra=found.extra | ({"url": url} if url else {}),
    )
    return Extracted(
        "\n\n".join(found.texts),
        metadata,
        attachments=tuple(found.attachments),
        skipped=tuple(found.skipped),
        left_out=tuple(found.left_out),
        named=tuple(found.named),
    )


def load_msg(data: bytes, source: str, access: str = "access") -> Extracted:
    """An Outlook message, as `load_eml` reads a mail: headers, body, attachments, class of ``access``;
    messages that are attached are read, too."""
    with parsing(source, "Outlook message"), OleFileIO(data) as file:
        return _outlook(Storage.from_ole(file), source, access)[2]


def _outlook(storage: Storage, source: str, access: str) -> tuple[dict[str, str], str, Extracted]:
    """A message's headers that are shown, its body, and what both are made into."""
    message = OutlookMessage(storage)
    recipients = ", ".join(_recipient(one) for one in message.recipients)
    headers = {name.lower(): str(value) for name, value in message.message_headers.items()}
    sent = message.sent_date
    date = header_date(headers.get("date", "")) or (sent.isoformat() if sent is not None else None)
    shown = {
        "From": message.sender or "",
        "To": headers.get("to") or recipients,
        "Cc": headers.get("cc", ""),
        "Date": headers.get("date") or (f"{sent.day} {sent:%B %Y, %H:%M} UTC" if sent is not None else ""),
        "Subject": message.subject,
    }
    shown = {name: canonical(" ".join(value.split())) for name, value in shown.items() if value.strip()}
    body = (message.body or "").replace("\r\n", "\n")
    left_out: tuple[str, ...] = ()
    named: list[tuple[str, Value]] = list(message.message_headers.items())
    named += _in_body(body, access, source)
    if message.html_body:
        page = read_html(message.html_body, source, access=access)
        named += ((name, value) for name, value in page.metadata.extra.items() if name == access)
        if not body.strip():
            body, left_out = page.text, page.left_out
        elif other := said_besides(body, page.text):
            body = f"{body.rstrip()}\n\n{other}"
    skipped = []
    if not body.strip() and message.properties.binary_prop_value(constants.PID_RTF_COMPRESSED):
        skipped.append(_rtf_alone(source))
    attachments = list(_outlook_attachments(storage, source, skipped, access))
    noted = {name: headers[name] for name in ("message-id", "in-reply-to", "references") if name in headers}
    extra = {name.replace("-", "_"): canonical(" ".join(value.split())) for name, value in noted.items()}
    extra |= {name.lower(): value for name, value in shown.items() if name in ("From", "To", "Cc")}
    if attachments:
        extra[ATTACHMENTS] = ", ".join(one.name for one in attachments)
    metadata = Metadata(title=shown.get("Subject"), author=shown.get("From"), date=date, extra=extra)
    head = "\n".join(f"{name}: {value}" for name, value in shown.items())
    extracted = Extracted(
        canonical("\n\n".join(part for part in (head, body.strip("\n")) if part.strip())),
        metadata,
        attachments=tuple(attachments),
        skipped=tuple(skipped),
        unread_date=None if date else shown.get("Date", ""),
        left_out=left_out,
        named=tuple(named),
    )
    return shown, body, extracted


def _in_body(text: str, access: str, source: str) -> list[tuple[str, Value]]:
    """The class of access that front matter above a text names."""
    found = class_of_access(front_matter(text), access, source)
    return [] if found is None else [(access, found)]


def _recipient(recipient: Any) -> str:
    name, address = (recipient.name or "").strip(), (recipient.email_address or "").strip()
    return f"{name} <{address}>" if name and address and name != address else name or address


def _outlook_attachments(
    storage: Storage, source: str, skipped: list[SkippedFile], access: str
) -> Iterator[Attachment]:
    names: dict[str, int] = {}
    for number, attached in enumerate(storage.iter_attachment_storages(), 1):
        one = OutlookAttachment(attached)
        inner = next((part for part in attached.storages if part.name.endswith(_EMBEDDED)), None)
        is_message = inner is not None and any(stream.name == _PROPERTIES for stream in inner.streams)
        given = canonical(one.file_name or f"attachment-{number}").replace("/", "_").replace("#", "_")
        given = name = given + ".eml" if is_message and not given.endswith(".eml") else given
        while name in names:
            names[given] += 1
            name = numbered(given, names[given])
        names[name] = names.get(name, 1)
        if inner is not None and is_message:
            yield Attachment(name, partial(_as_eml, inner, f"{source}#{name}", access), "eml")
        elif one.file_bytes is not None:
            yield Attachment(name, one.file_bytes)
        else:
            reason = "it is embedded as an object of another program; save it from Outlook and ingest that"
            skipped.append(SkippedFile(source=f"{source}#{name}", code="unsupported", reason=reason))


def _rtf_alone(source: str) -> SkippedFile:
    return SkippedFile(source=f"{source}#body.rtf", code="unsupported", reason="its body is RTF alone; save it as .eml")


_EMBEDDED = "3701000D"  # PidTagAttachDataObject
_PROPERTIES = "__properties_version1.0"


def _as_eml(storage: Storage, source: str, access: str) -> bytes:
    """A message that is embedded in another one, as a mail. Its properties begin after 24 bytes instead of 32."""
    streams = tuple(
        replace(stream, bytes_=stream.bytes_[:24] + bytes(8) + stream.bytes_[24:])
        if stream.name == _PROPERTIES
        else stream
        for stream in storage.streams
    )
    with parsing(source, "Outlook message"):
        shown, body, found = _outlook(replace(storage, streams=streams), source, access)
    mail = EmailMessage()
    for name, value in shown.items():
        mail[name] = value
    mail.set_content(canonical(body))
    for one in found.attachments:
        data = one.data() if callable(one.data) else one.data
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=one.name)
    headers = (
        f"{access}: {' '.join(value.split())}\n"
        for name, value in found.named
        if is_spelling(name, access) and isinstance(value, str)
    )
    return "".join(headers).encode() + mail.as_bytes()


_TNEF_TITLE, _TNEF_DATA, _TNEF_NEXT, _TNEF_PROPERTIES, _TNEF_BODY = 0x8010, 0x800F, 0x9002, 0x9005, 0x800C
_TNEF_SUBJECT, _TNEF_MESSAGE = 0x8004, 0x9003
_LONG_NAME, _SUBJECT, _BODY, _HTML, _RTF = 0x3707, 0x0037, 0x1000, 0x1013, 0x1009  # MS-OXPROPS


def load_tnef(data: bytes, source: str, access: str = "access") -> Extracted:
    """Outlook's winmail.dat: the files in it, and the text of the message where it stands in it as plain text. A page
    or front matter above the text may say its class of ``access``.

    Source: MS-OXTNEF, sections 2.1.3 (structure) and 2.1.3.3 (attributes).
    """
    attributes = list(_tnef_attributes(data, source))
    held = b"".join(value for number, value in attributes if number == _TNEF_MESSAGE)
    subject = next((_plain(value) for number, value in attributes if number == _TNEF_SUBJECT), _string(held, _SUBJECT))
    bodies = [_plain(value) for number, value in attributes if number == _TNEF_BODY]
    skipped: tuple[SkippedFile, ...] = ()
    named: list[tuple[str, Value]] = []
    if not any(body.strip() for body in bodies):
        html = _value(held, _HTML, 0x102) or _value(held, _HTML, 0x1E)
        page = read_html(_plain(html), source, access=access) if html else Extracted(_string(held, _BODY))
        bodies = [page.text]
        named += ((name, value) for name, value in page.metadata.extra.items() if name == access)
        if not bodies[0].strip() and _value(held, _RTF, 0x102):
            skipped = (_rtf_alone(source),)
    named += (one for body in bodies for one in _in_body(canonical(body), access, source))
    files: list[dict[int, bytes]] = []
    for number, value in attributes:
        if number == _TNEF_NEXT:
            files.append({})
        elif files:
            files[-1][number] = value
    attachments = []
    for at, one in enumerate(files, 1):
        if _TNEF_DATA in one:
            title = _string(one.get(_TNEF_PROPERTIES, b""), _LONG_NAME) or _plain(one.get(_TNEF_TITLE, b""))
            name = canonical(title).replace("/", "_").replace("#", "_").strip() or f"attachment-{at}"
            attachments.append(Attachment(name, one[_TNEF_DATA]))
    subject = " ".join(canonical(subject).split())
    parts = [f"Subject: {subject}" if subject else "", *bodies]
    text = canonical("\n\n".join(part for part in parts if part.strip()))
    if text:
        found = Extracted(text, Metadata(title=subject or None), attachments=tuple(attachments))
    else:
        found = _listed(lambda names: f"Outlook container with {len(names):,} files.", attachments)
    return replace(found, skipped=skipped, named=tuple(named))


def _tnef_attributes(data: bytes, source: str) -> Iterator[tuple[int, bytes]]:
    at = 6  # after the signature and the key
    while at + 9 <= len(data):
        number = int.from_bytes(data[at + 1 : at + 3], "little")
        length = int.from_bytes(data[at + 5 : at + 9], "little")
        if at + 9 + length > len(data):
            raise DamagedDocumentError(source, "the Outlook container is cut off; restore it from a good copy")
        yield number, data[at + 9 : at + 9 + length]
        at += 11 + length


def _plain(value: bytes) -> str:
    return decode(value.rstrip(b"\0"))[0]


def _string(properties: bytes, number: int) -> str:
    """A property that is a string, in one encoding or the other; empty where there is none."""
    found = _value(properties, number, 0x1F).decode("utf-16-le", "replace")
    return (found or _value(properties, number, 0x1E).decode("cp1252", "replace")).rstrip("\0")


def _value(properties: bytes, number: int, kind: int) -> bytes:
    """The value of a property of variable length, the first one of that number and type."""
    at = properties.find(kind.to_bytes(2, "little") + number.to_bytes(2, "little"))
    if at < 0 or at + 12 > len(properties):
        return b""
    length = int.from_bytes(properties[at + 8 : at + 12], "little")
    return properties[at + 12 : at + 12 + length]
