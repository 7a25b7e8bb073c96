"""The content lines of calendars and cards: broken lines joined, and what versions of the 1990s wrote as
quoted-printable decoded.

Sources: RFC 5545, section 3.1; vCalendar 1.0 and vCard 2.1 of the versit consortium.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from contextlib import suppress

from hybrid.ingest.loaders.formats import canonical

_LINE = re.compile(r"(?:[\w-]+\.)?[A-Za-z][\w-]*(?:;[^:\n]*)?:")
_QUOTED_PRINTABLE = re.compile(r"[^:\n]*?;(?:ENCODING=)?QUOTED-PRINTABLE(?=[;:])[^:\n]*:", re.IGNORECASE)
_BASE64 = re.compile(r"[^:\n]*?;(?:ENCODING=)?(?:BASE64|B)(?=[;:])[^:\n]*:", re.IGNORECASE)
_CHARSET = re.compile(r";CHARSET=\"?([\w.:-]+)", re.IGNORECASE)
_NAMED = re.compile(r";(?:ENCODING=)?QUOTED-PRINTABLE|;CHARSET=\"?[\w.:-]+\"?", re.IGNORECASE)


def content_lines(text: str) -> Iterator[str]:
    """The lines of a calendar or a card, each whole. One that begins no field, as programs write that fold no lines,
    belongs to the field before, after a line end (``\\\\n``); files in base64 stay in lines of their own.

    Example:
        >>> list(content_lines("NOTE;ENCODING=QUOTED-PRINTABLE:Caf=C3=\\n=A9\\nTITLE:Head\\n  of sales"))
        ['NOTE:Café', 'TITLE:Head of sales']
    """
    made: list[str] = []
    for line in text.split("\n"):
        if made and _QUOTED_PRINTABLE.match(made[-1]) and made[-1].endswith("="):
            made[-1] = made[-1][:-1] + line
        elif made and line[:1] in (" ", "\t") and not _BASE64.match(made[-1]):
            made[-1] += line[1:]
        elif made and line.strip() and line[:1] not in (" ", "\t") and not _LINE.match(line) and _takes_more(made[-1]):
            made[-1] += f"\\n{line}"
        else:
            made.append(line)
    for line in made:
        yield _decoded(line)


def _takes_more(line: str) -> bool:
    name = line.partition(":")[0].upper()
    return bool(_LINE.match(line)) and name not in ("BEGIN", "END") and not _BASE64.match(line)


def _decoded(line: str) -> str:
    head = _QUOTED_PRINTABLE.match(line)
    if head is None:
        return line
    charset = _CHARSET.search(head[0])
    raw = quopri.decodestring(line[head.end() :].encode("utf-8", "surrogateescape"))
    value = canonical(_characters(raw, charset[1] if charset else "utf-8"))
    return _NAMED.sub("", head[0]) + value.rstrip("\n").replace("\n", "\\n")


def _characters(raw: bytes, charset: str) -> str:
    for encoding in (charset, "utf-8"):
        with suppress(LookupError, ValueError):
            return raw.decode(encoding)
    return raw.decode("cp1252", "replace")
