"""The MIME tree of a mail, in one walk: each leaf is text of the body, an attachment, or named with why it is neither.

Sources: RFC 2045 to 2049 (MIME), RFC 2231 (parameters), RFC 5751 (S/MIME), RFC 3156 (PGP/MIME), RFC 3464 (delivery
reports), RFC 3676 (flowed text).
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import CloseBoundaryNotFoundDefect, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import collapse_rfc2231_value
from typing import cast

from asn1crypto import cms

from hybrid.errors import (
    DamagedDocumentError,
    DocumentError,
    DocumentTooLargeError,
    EncryptedDocumentError,
    UnsupportedFormatError,
)
from hybrid.ingest.loaders.formats import SUFFIXES, Attachment, Value, canonical
from hybrid.ingest.loaders.front_matter import class_of_access, front_matter
from hybrid.ingest.loaders.html import declared_charset, read_html
from hybrid.ingest.loaders.plain_text import add_decoded, decode
from hybrid.types.reports import SkippedFile

_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_BODY = frozenset({"text/plain", "text/html"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_TEXT_OF_REPORTS = frozenset({"text/rfc822-headers", "text/enriched", "text/richtext"})
_SUFFIX_OF_TYPE = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_CUSTOMARY_NAMES = {"text/calendar": "invite.ics", "application/ms-tnef": "winmail.dat"}
_NOT_IN_A_NAME = re.compile(r"[/\\#\x00-\x1f\x7f]+")
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"\w{2,}")
_TOKEN = re.compile(r"\w+|[$€£¥%]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")
_ELSEWHERE_SAID = "[Only in another form of this mail]"
_PREAMBLE = re.compile(r"\bMIME\b|multi-?part", re.IGNORECASE)
_UUENCODED = re.compile(
    r"^begin [0-7]{3,4} (?P<name>\S[^\n]*)\n(?P<lines>(?:[!-`][ -`]*\n)+?)[` ]?\n?end[ \t]*$", re.MULTILINE
)
_PGP = "-----BEGIN PGP MESSAGE-----"
_MORE_WORDS = 5, 0.3
"""An HTML alternative is read beside the plain text where it has so many words that the text has not, and they are such
a share of its words: as with "your program shows no HTML". A reason, not a measurement."""
MAX_DEPTH = 40
"""Of multipart in multipart: against mails made to exhaust the stack; real ones are under ten."""


class _AsWritten(Compat32):
    """Header values stay as they are written, bytes beyond ASCII as surrogates, and are written out again like that."""

    mangle_from_ = False

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the signature is the library's
        return value

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}\n".encode("ascii", "surrogateescape")


_POLICY = _AsWritten()


def parsed(data: bytes) -> Message:
    """The message in ``data``. A mail saved as UTF-16 becomes UTF-8, whatever charset its parts declare."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            data = data.decode(encoding, "replace").encode("utf-8")
    return message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip(), policy=_POLICY)


def header(message: Message, name: str, joint: str | None = None) -> str:
    """A header's decoded value on one line, or as it stands in the file if it cannot be decoded.

    Args:
        message: the mail.
        name: of the header, in any case.
        joint: joins the values where the header is repeated; by default the first one is taken.
    """
    values = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return (joint or "").join(map(_decoded, values if joint else values[:1]))


def _decoded(raw: str) -> str:
    value, _ = decode(raw.encode("utf-8", "surrogateescape"))
    value = _BLANKS.sub(" ", value).strip()
    with suppress(MessageError, LookupError, ValueError):  # a malformed encoded word, or one in an unknown charset
        value = str(make_header(decode_header(value)))
    return canonical(_BLANKS.sub(" ", value).strip())


@dataclass
class Content:
    """What is in a mail below its headers: ``texts`` of the body in order, files attached, what could not be read, and
    what else is known (``encoding``, ``signature``, what a page hides). ``left_out`` and ``named`` as in
    `Extracted`."""

    texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    named: list[tuple[str, Value]] = field(default_factory=list)


def content(message: Message, source: str, access: str) -> Content:
    """The body, attachments and unread parts of a mail. ``source`` names the mail. ``access`` names the header, the
    ``<meta>`` of a page and the field of front matter that say its class of access. Raises `UnreadableClassError`."""
    walk = _Walk(source, _style_sheets(message), access)
    walk.part(message, walk.found.texts, 0)
    found = walk.found
    has_no_end = any(isinstance(one, CloseBoundaryNotFoundDefect) for part in message.walk() for one in part.defects)
    if has_no_end and not any(one.source.endswith("#end") for one in found.skipped):
        walk.cut_off("end", "the mail has no end mark: it is cut off, or a program left it out")
    found.named += _headers(message)
    found.texts = [text for text in (text.strip("\n") for text in found.texts) if text.strip()]
    return found


def _style_sheets(message: Message) -> dict[str, str]:
    """The style sheets that come with a page, by the addresses that it may link them under."""
    found: dict[str, str] = {}
    for part in message.walk():
        if part.get_content_type() == "text/css":
            text = decode(_payload(part), part.get_content_charset())[0]
            names = header(part, "Content-Location"), f"cid:{header(part, 'Content-ID').strip('<>')}"
            found |= dict.fromkeys(names, text)
    return found


class _Walk:
    def __init__(self, source: str, sheets: dict[str, str], access: str) -> None:
        self.found = Content()
        self._access = access
        self._sheets = sheets
        self._source = source
        self._names: dict[str, int] = {}  # how often each name was given
        self._number = 0

    def part(self, part: Message, texts: list[str], depth: int) -> None:
        """Add one part and all below it; what belongs to the body goes to ``texts``."""
        kind = part.get_content_type()
        if depth and (kind.startswith("multipart/") or _is_body(part, kind, depth)):
            self.found.named += _headers(part)  # of what is attached they are its own
        if depth > MAX_DEPTH:
            self._skip(DocumentTooLargeError(self._next_name(), f"parts of mails are read to a depth of {MAX_DEPTH}"))
        elif kind == "multipart/encrypted":
            self._skip(EncryptedDocumentError(self._next_name(), _DECRYPT))
        elif kind.startswith("multipart/") and part.is_multipart():
            self._multipart(part, kind, texts, depth)
        elif kind in _SIGNATURES:
            self.found.extra["signature"] = kind
        elif kind in _SMIME or (_file_name(part).lower() == "smime.p7m" and not part.is_multipart()):
            self._smime(part, texts, depth)
        elif kind in _REPORTS or kind in _TEXT_OF_REPORTS:
            texts.append(_report_text(part))
        elif kind in ("message/external-body", "message/partial"):
            self._skip(UnsupportedFormatError(self._next_name(), _ELSEWHERE[kind]))
        elif kind == "message/rfc822" or kind == "message/global":
            self._attach(part, _attached_mail(part), "message/rfc822")
        elif _is_body(part, kind, depth):
            self._text(part, kind, texts)
        else:
            self._attach(part, _payload(part), kind)

    def _multipart(self, part: Message, kind: str, texts: list[str], depth: int) -> None:
        children = cast(list[Message], part.get_payload())
        preamble = part.preamble or ""
        if depth == 0 and preamble.strip() and not _PREAMBLE.search(preamble):
            texts.append(_decoded_lines(preamble))
        if kind == "multipart/alternative":
            self._alternative(children, texts, depth)
        else:
            for child in children:
                self.part(child, texts, depth + 1)
        if (part.epilogue or "").strip():  # what servers append after the last boundary: footers of lists, disclaimers
            texts.append(_decoded_lines(part.epilogue or ""))

    def _alternative(self, children: list[Message], texts: list[str], depth: int) -> None:
        """One of several forms of the same text: the plain one, and the HTML as well where it says more; where
        that is little, its sentences. What is attached inside any of them is attached."""
        forms: list[tuple[bool, str]] = []
        for child in children:
            mine: list[str] = []
            self.part(child, mine, depth + 1)
            if text := "\n\n".join(one.strip("\n") for one in mine if one.strip()):
                forms.append((child.get_content_type() == "text/plain", text))
        plain = [text for is_plain, text in forms if is_plain]
        rich = [text for is_plain, text in forms if not is_plain]
        chosen = plain[:1] or rich[-1:]
        said = set(_WORD.findall("\n".join(chosen).casefold()))
        for text in (*plain[1:], *rich):
            words = set(_WORD.findall(text.casefold()))
            more = len(words - said)
            if text not in chosen and more >= _MORE_WORDS[0] and more > _MORE_WORDS[1] * len(words):
                chosen.append(text)
            elif other := said_besides("\n".join(chosen), text):
                chosen.append(other)
            said |= words
        texts += chosen

    def _smime(self, part: Message, texts: list[str], depth: int) -> None:
        """What is signed in an envelope is read; what is encrypted, or cannot be opened, is named."""
        data = _payload(part)
        try:
            info = cms.ContentInfo.load(data)
            kind = str(info["content_type"].native)
            signed = info["content"]["encap_content_info"]["content"].native if kind == "signed_data" else None
        except (ValueError, TypeError, KeyError):
            kind, signed = "damaged", None
        if isinstance(signed, bytes):
            self.found.extra["signature"] = part.get_content_type()
            self.part(parsed(signed), texts, depth + 1)
        elif kind in ("enveloped_data", "authenticated_enveloped_data", "encrypted_data"):
            self._skip(EncryptedDocumentError(self._name_of(part), _DECRYPT))
        elif kind == "damaged":
            self._skip(EncryptedDocumentError(self._name_of(part), f"it cannot be opened, as where {_DECRYPT}"))
        else:
            self._attach(part, data, part.get_content_type())

    def _text(self, part: Message, kind: str, texts: list[str]) -> None:
        if _is_cut_base64(part):
            self.cut_off("end", _ENDS_IN_BASE64)
        data, declared = _payload(part), part.get_content_charset()
        text, extra = decode(data, declared or (declared_charset(data) if kind == "text/html" else None))
        written = text
        add_decoded(self.found.extra, extra)
        if kind == "text/html":
            page = read_html(text, self._source, self._sheets, self._access)
            text = page.text
            extra = dict(page.metadata.extra)
            if (named := extra.pop(self._access, None)) is not None:
                self.found.named.append((self._access, named))
            self.found.extra |= extra
            self.found.left_out += (what for what in page.left_out if what not in self.found.left_out)
        else:
            if after := _after_base64(part):
                text = f"{text.rstrip()}\n\n{_decoded_lines(after)}"
            text = _UUENCODED.sub(self._uuencoded, text)
            if str(part.get_param("delsp") or "").lower() == "yes" and _is_flowed(part):
                text = _unbroken(text)
        for one in dict.fromkeys((written, text)):  # front matter above a page, or on it
            if (front := class_of_access(front_matter(one), self._access, self._source)) is not None:
                self.found.named.append((self._access, front))
        if _PGP in text:
            self._skip(EncryptedDocumentError(self._next_name(), _DECRYPT))
        texts.append(text)

    def _uuencoded(self, match: re.Match[str]) -> str:
        """A file written into the text, as mail programs did before MIME, becomes an attachment."""
        try:
            data = b"".join(binascii.a2b_uu(line) for line in match["lines"].splitlines())
        except (binascii.Error, ValueError):
            return match[0]
        self._add(self._unique(_clean(match["name"]) or self._next_name()), data)
        return ""

    def _attach(self, part: Message, data: bytes, kind: str) -> None:
        name = self._name_of(part, kind)
        if not data.strip() and kind == "message/rfc822":
            self._skip(UnsupportedFormatError(name, "the attached mail is empty"))
            return
        if _is_cut_base64(part):
            self.cut_off(f"{name}#end", _ENDS_IN_BASE64)
        charset = part.get_content_charset()
        self.found.attachments.append(Attachment(name, data, named=tuple(_headers(part)), charset=charset))

    def _add(self, name: str, data: bytes) -> None:
        self.found.attachments.append(Attachment(name, data))

    def _skip(self, error: DocumentError) -> None:
        skipped = SkippedFile(source=f"{self._source}#{error.source}", code=error.code, reason=error.reason)
        self.found.skipped.append(skipped)

    def cut_off(self, place: str, why: str) -> None:
        """Name the end of the mail, or of a part of it, as not there."""
        self._skip(DamagedDocumentError(place, f"{why}; what follows is not read; restore it from a good copy"))

    def _next_name(self, suffix: str = "") -> str:
        self._number += 1
        return self._unique(f"attachment-{self._number}{suffix}")

    def _name_of(self, part: Message, kind: str | None = None) -> str:
        kind = kind or part.get_content_type()
        name = _file_name(part)
        suffix = _SUFFIX_OF_TYPE.get(kind) or mimetypes.guess_extension(kind) or ""
        if not name:
            return self._unique(_CUSTOMARY_NAMES[kind]) if kind in _CUSTOMARY_NAMES else self._next_name(suffix)
        self._number += 1
        # An attached mail is often named by its subject alone, and only a suffix tells it from text.
        known = any(name.lower().endswith(end) for end in SUFFIXES)
        return self._unique(name if known or suffix not in (".eml", ".ics") else name + suffix)

    def _unique(self, given: str) -> str:
        name = given
        while name in self._names:
            self._names[given] = self._names.get(given, 1) + 1
            name = numbered(given, self._names[given])
        self._names.setdefault(name, 1)
        return name


_DECRYPT = "it is encrypted; decrypt it in a mail program that has the key, save it, and ingest that"
_ENDS_IN_BASE64 = "its base64 ends in the middle: it is cut off"
_ELSEWHERE = {
    "message/external-body": "the mail only says where this part can be fetched; fetch it and ingest it",
    "message/partial": "the mail is one piece of a message that was sent in several; join them and ingest that",
}


def _is_body(part: Message, kind: str, depth: int) -> bool:
    """Whether a leaf is shown as text of the mail: no file name and no request to be shown as an attachment, or it is
    all that there is."""
    if kind not in _BODY:
        return part.get_content_maintype() == "multipart"  # it names no boundary that is there: text as it stands
    return depth == 0 or (part.get_content_disposition() != "attachment" and not _file_name(part))


def said_besides(plain: str, other: str) -> str:
    """The sentences of another form of a text with words, numbers or signs of money that it has more often than the
    plain one, below a line that says so; empty where there are none.

    Example:
        >>> said_besides("We agree on 4 euros. Bob", "We agree on 9 euros. Bob")
        '[Only in another form of this mail]\\nWe agree on 9 euros.'
    """
    more = Counter(_TOKEN.findall(other.casefold())) - Counter(_TOKEN.findall(plain.casefold()))
    sentences = [
        one.strip() for one in _SENTENCE_END.split(other) if not more.keys().isdisjoint(_TOKEN.findall(one.casefold()))
    ]
    return "\n".join([_ELSEWHERE_SAID, *dict.fromkeys(sentences)]) if sentences else ""


def _is_flowed(part: Message) -> bool:
    return str(part.get_param("format") or "").lower() == "flowed"


def _unbroken(text: str) -> str:
    """Text whose sender broke its lines with a blank that is no part of it, within words and numbers too, without those
    breaks (RFC 3676, ``format=flowed; delsp=yes``). Quoted lines keep their marks."""
    lines: list[tuple[str, str, bool]] = []  # the marks of quotation, the text, whether it goes on in the next line
    for line in text.split("\n"):
        quoted = len(line) - len(line.lstrip(">"))
        said = line[quoted:].removeprefix(" ")
        goes_on = said.endswith(" ") and said != "-- "
        marks = line[:quoted]
        if lines and lines[-1][2] and lines[-1][0] == marks and said != "-- ":
            said = lines.pop()[1] + said
        lines.append((marks, said[:-1] if goes_on else said, goes_on))
    return "\n".join(f"{marks} {said}" if marks else said for marks, said, _ in lines)


def _payload(part: Message) -> bytes:
    """The part's bytes, decoded from base64, quoted-printable or uuencode."""
    if part.is_multipart():
        return part.as_bytes()
    if after := _after_base64(part):
        with suppress(binascii.Error, ValueError):
            return binascii.a2b_base64(str(part.get_payload()).partition(after)[0])
    if _is_cut_base64(part):  # the library gives such base64 as it stands
        return binascii.a2b_base64(_base64_letters(part)[:-1] + "==")
    return cast(bytes, part.get_payload(decode=True) or b"")


def _base64_letters(part: Message) -> str:
    """What stands in a part in base64, without line ends and what ends it; empty for any other."""
    if part.is_multipart() or str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return ""
    return re.sub(r"[^A-Za-z0-9+/]", "", str(part.get_payload()).partition("=")[0])


def _is_cut_base64(part: Message) -> bool:
    """Whether base64 has a letter over, which stands for no byte."""
    return len(_base64_letters(part)) % 4 == 1 and not _after_base64(part)


_NOT_BASE64 = re.compile(r"^(?![A-Za-z0-9+/]+={0,2}[ \t]*$)(?=.*\S).*", re.MULTILINE)


_BASE64 = re.compile(r"^[A-Za-z0-9+/]{40,}={0,2}[ \t]*$", re.MULTILINE)


def _after_base64(part: Message) -> str:
    """What stands as it is behind a text in base64: servers append the footers of lists so, and mail programs show or
    drop them. It begins at the first line that is no base64, below a line that ends it."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64" or part.is_multipart():
        return ""
    written = str(part.get_payload())
    match = _NOT_BASE64.search(written)
    if match is None or not written[: match.start()].strip():
        return ""
    after = written[match.start() :].strip()
    return "" if _BASE64.search(after) else after  # a line between that is damaged


def _attached_mail(part: Message) -> bytes:
    """The source of an attached mail, also of one that is in base64 or quoted-printable, as RFC 2045 forbids."""
    if not part.is_multipart():
        return _payload(part)
    inner = cast(Message, part.get_payload(0)).as_bytes()
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    with suppress(binascii.Error, ValueError):
        if encoding == "base64":
            return base64.b64decode(inner)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(inner).lstrip()
    return inner


def _report_text(part: Message) -> str:
    """A delivery report as it is written: fields of the message, then of each recipient."""
    if part.is_multipart():
        groups = [_fields(one) for one in cast(list[Message], part.get_payload())]
        return "\n\n".join(group for group in groups if group)
    return decode(_payload(part), part.get_content_charset())[0]


def _fields(message: Message) -> str:
    lines = [f"{name}: {_decoded(str(value))}" for name, value in message.raw_items()]
    return "\n".join([*lines, *([str(message.get_payload())] if not message.is_multipart() else [])]).strip()


def _decoded_lines(text: str) -> str:
    return decode(text.encode("utf-8", "surrogateescape"))[0]


def _headers(part: Message) -> list[tuple[str, str]]:
    return [(_decoded(name), _decoded(str(value))) for name, value in part.raw_items()]


def _file_name(part: Message) -> str:
    """The part's file name, decoded, without what no name of a file holds."""
    given: object = None
    with suppress(LookupError, ValueError, TypeError):  # a malformed parameter
        given = part.get_param("filename", None, "content-disposition") or part.get_param("name", None)
    if given is None:
        return ""
    try:
        name = collapse_rfc2231_value(cast(str, given))
    except (LookupError, ValueError):
        name = str(given)
    return _clean(_decoded(name))


def _clean(name: str) -> str:
    return canonical(_NOT_IN_A_NAME.sub("_", name)).strip(" ._")


def numbered(name: str, count: int) -> str:
    """The name with a number before its suffix: the second of a name, ``n (2).txt``."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem} ({count}).{suffix}" if dot and stem else f"{name} ({count})"
