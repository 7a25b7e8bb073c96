"""Plain text and Markdown: which encoding a file is in, where its pages start, and its title and metadata."""

from __future__ import annotations

import codecs
import json
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import PurePosixPath

from charset_normalizer import from_bytes
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hybrid.errors import DamagedDocumentError, UnsupportedFormatError
from hybrid.ingest.loaders.content_lines import content_lines
from hybrid.ingest.loaders.formats import KOREAN, SUFFIXES, Extracted, canonical, parsing
from hybrid.ingest.loaders.front_matter import (
    FrontMatter,
    as_metadata,
    class_of_access,
    class_of_data,
    front_matter,
    words_of,
)
from hybrid.ingest.loaders.one_line import with_json_lines, with_xml_lines
from hybrid.text import layout, ocr_marks
from hybrid.text.values import parse_date
from hybrid.types.documents import AS_JSON, Metadata
from hybrid.types.reports import SkippedFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the first half of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Bytes that an encoding is guessed by: charset-normalizer takes long for more. Of a Western language few letters are
# beyond ASCII, of others nearly all; a reason, not a measurement.
_SAMPLE = 64 * 1024
_NON_WESTERN = 0.10
_ASCII_BYTES = bytes(range(128))
_HIRAGANA = re.compile("[ぁ-ん]")
_JAPANESE = 0.2
"""Share of hiragana in what is Japanese; a third and more in prose. Other languages in these encodings show none, while
the detector takes short Japanese texts for Korean."""


def load_text(data: bytes, source: str, access: str = "access", charset: str | None = None) -> Extracted:
    """Plain text. A form feed ends a page; a text without one has no pages.

    A form feed stays in the text, as the last character of its page. Nothing after the last one is
    no page. XML is read in the encoding that it declares. In JSON the letters beyond ASCII that are written as escapes
    stand as letters, and in XML the characters that are written as references: programs write all of them so, and no
    word would be found. Where either stands in one line it gets lines (`hybrid.ingest.loaders.one_line`). A line break
    inside a cell of a CSV or TSV file is a blank, so that a row is a line. Lines of a card (VCF) that were broken are
    whole, and what is quoted-printable in them is decoded. Everything else stays as it is written. Front matter is read
    as in Markdown; above data, such as a table, it says the class of access and nothing else. ``charset`` is the one
    that it came with.
    """
    declared = _XML.match(data)
    text, extra = decode_file(data, source, charset or (declared[1].decode("ascii") if declared else None))
    suffix = PurePosixPath(source).suffix.lower()
    if suffix in _JSON or (suffix not in SUFFIXES and _is_json(text)):
        text = canonical(_ESCAPED.sub(_unescaped, with_json_lines(text, records=suffix in (".jsonl", ".ndjson"))))
    elif suffix in (".csv", ".tsv", ".tab"):
        text = _SEPARATOR.sub("", text)  # for Excel, which does not show it
        text = _QUOTED_CELL.sub(lambda cell: re.sub(r"[ \t]*\n\s*", " ", cell[0]) if "\n" in cell[0] else cell[0], text)
    elif _CARD.match(text):
        text = "\n".join(content_lines(text))
    elif _IS_XML.match(text) or suffix == ".xml":
        text = canonical(_with_characters(with_xml_lines(text)))
    front = None if suffix in _DATA else front_matter(text)
    metadata, unread_date = _fields(front, source, access)
    metadata = metadata.model_copy(update={"extra": metadata.extra | extra})
    named = class_of_data(text, access, source) if suffix in _DATA - _YAML else None
    return Extracted(
        text,
        metadata,
        _pages(text),
        unread_date=unread_date,
        skipped=_unread(front, source),
        named=() if named is None else ((access, named),),
    )


def _is_json(text: str) -> bool:
    """Whether a text of no known name is JSON, by a parser: what begins with a brace may be anything."""
    if text.lstrip("\ufeff \t\n")[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_JSON = frozenset({".json", ".jsonl", ".ndjson", ".geojson"})
_YAML = frozenset({".yaml", ".yml"})
"""Files that may begin like front matter, and are data with any fields."""
_DATA = _JSON | _YAML | frozenset({".csv", ".tsv", ".tab", ".xml"})
_XML = re.compile(rb"<\?xml[^>]*?\bencoding=[\"']([A-Za-z][\w.:-]*)[\"']")
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)((?:\\u(?!00[0-7])[0-9a-fA-F]{4})+)")


def _unescaped(match: re.Match[str]) -> str:
    units = bytes.fromhex(match[2].replace("\\u", ""))
    return match[1] + units.decode("utf-16-be", "surrogatepass")


_SEPARATOR = re.compile(r"\A\"?sep=[^\w\s]?\t?\"?\n", re.IGNORECASE)
_QUOTED_CELL = re.compile(r'(?:(?<=[,;\t|\n])|\A)"(?:[^"]|""){0,20000}+"(?=[,;\t|\n]|\Z)')
_CARD = re.compile(r"\s*BEGIN:VCARD[ \t]*\n", re.IGNORECASE)
_IS_XML = re.compile(r"\s*<\?xml\s")
_REFERENCE = re.compile(  # what is not closed goes on to the end, so that no file takes long
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<!DOCTYPE[^\[>]{0,500}(?:>|\[(?:[^\]\"']|\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z))*+(?:\]|\Z))"
    r"|&(?:\#(?P<decimal>\d{1,7})|\#x(?P<hexadecimal>[0-9a-fA-F]{1,6})|(?P<name>[\w.-]{1,80}));",
    re.DOTALL,
)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,80})\s+(?:\"([^\"%]{0,1000})\"|'([^'%]{0,1000})')\s*>")
_OTHER_ENTITY = re.compile("&(?!#)")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def _with_characters(text: str) -> str:
    """XML with the characters that its references mean, those of XML itself and of its own document type. What the
    latter builds from other entities stays as it is written, and so does what comes after they have made the text twice
    as long: nothing expands without end."""
    own = {name: double or single for name, double, single in _ENTITY.findall(text)}
    own = {name: value for name, value in own.items() if not _OTHER_ENTITY.search(value)}
    left = len(text)

    def characters(match: re.Match[str]) -> str:
        nonlocal left
        if match["name"] in _ENTITIES:
            return _ENTITIES[match["name"]]
        if match["name"]:
            value = own.get(match["name"])
            left -= len(value or "")
            return match[0] if value is None or left < 0 else _REFERENCE.sub(characters, value)
        code = int(match["decimal"] or match["hexadecimal"] or "0", 10 if match["decimal"] else 16)
        return chr(code) if 0 < code < 0x110000 else match[0]

    return _REFERENCE.sub(characters, text)


def _pages(text: str) -> tuple[int, ...]:
    starts = [match.end() for match in re.finditer("\f", text)]
    if starts and not text[starts[-1] :].strip():
        starts.pop()
    return (0, *starts) if starts else ()


def decode_file(data: bytes, source: str, declared: str | None = None) -> tuple[str, dict[str, str]]:
    """As `decode`, but `UnsupportedFormatError` where over a tenth of the characters had to be replaced."""
    text, extra = decode(data, declared)
    if int(extra.get("replaced_characters", 0)) * 10 > len(text):
        raise UnsupportedFormatError(
            source, "it is binary, or text in an encoding that cannot be recognised; save it as UTF-8 and ingest that"
        )
    return text, extra


def decode(data: bytes, declared: str | None = None) -> tuple[str, dict[str, str]]:
    """Canonical text of ``data``, and how it was decoded, for the metadata's ``extra``.

    In this order: a byte order mark; escape sequences of ISO 2022, which are ASCII as well; ``declared`` (a mail's
    or a page's charset) if the bytes fit it; UTF-8; UTF-8 with bytes between that are Windows-1252, if much of what
    is not ASCII is valid UTF-8, as in texts that were put together from two; a detected encoding, if over 10 % of
    the bytes are not ASCII, as in Cyrillic, Greek or Japanese text; else Windows-1252, which holds Latin-1's
    letters. Detection is left out for mostly-ASCII text, and for a few letters between others, because they are too
    little for it: it takes Western text for Central European.

    ``encoding`` says which it was and ``(guessed)`` where neither mark, escapes, declaration nor UTF-8
    decided; ``cp1252_characters`` counts the bytes in UTF-8 that were read as Windows-1252,
    ``replaced_characters`` those that became U+FFFD.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _record(data[len(mark) :], encoding)
    if (escaped := _by_escapes(data)) is not None:
        return escaped
    if declared is not None and (codec := codec_of(data, declared)) is not None:
        return _record(data, codec)
    try:
        return canonical(data.decode("utf-8")), {"encoding": "utf-8"}
    except UnicodeDecodeError:
        pass
    if _is_utf8_in_part(data):
        return _mixed(data)
    return _record(data, _guess(data), " (guessed)")


_TWO_BYTES = re.compile(rb"\x1b(?:\$[@AB]|\$\([CDOPQ]|\$\)C|\(I)")
_ESCAPED_RUN = re.compile(rb"\x1b(?=[$(.])[^\x1b]*(?:\x1bN[^\x1b]*)*")
_TO_ASCII = b"\x1b(B"
_JAPANESE_2022 = ("iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_2004")


def _by_escapes(data: bytes) -> tuple[str, dict[str, str]] | None:
    """Text in an encoding of seven bits that says by escape sequences which characters follow (ISO-2022-JP and -KR:
    mails and old files from Japan and Korea); ``None`` for any other."""
    if _TWO_BYTES.search(data) is None or not data.isascii():
        return None
    if KOREAN in data:
        return _record(data, "iso2022_kr") if _fits(data, "iso2022_kr") else None
    text, at, replaced = [], 0, 0
    for match in _ESCAPED_RUN.finditer(data):
        run = _escaped_run(match[0])
        replaced += run.count("\N{REPLACEMENT CHARACTER}")
        text += [data[at : match.start()].decode("ascii"), run]
        at = match.end()
    found = canonical("".join([*text, data[at:].decode("ascii")]))
    lost = {"replaced_characters": str(replaced)} if replaced else {}
    return None if replaced * 10 > len(found) else (found, {"encoding": "iso2022_jp"} | lost)


def _escaped_run(run: bytes) -> str:
    """What follows one escape sequence. Programs mix the sets of the standard's versions, and write the characters of
    Windows, such as a one in a circle, as if they were in the oldest, which the newest set has at the same place."""
    newest = run.replace(b"\x1b$B", b"\x1b$(Q", 1)
    for encoding, one in (*((name, run) for name in _JAPANESE_2022), ("iso2022_jp_2004", newest)):
        with suppress(UnicodeDecodeError):
            return (one + _TO_ASCII).decode(encoding)
    return (newest + _TO_ASCII).decode("iso2022_jp_2004", "replace")


def add_decoded(known: dict[str, str], more: dict[str, str]) -> None:
    """Add what `decode` said of one part of a file to what it said of those before."""
    for name, value in more.items():
        if name == "encoding":
            known[name] = ", ".join(dict.fromkeys([*filter(None, known.get(name, "").split(", ")), value]))
        else:
            before = known.get(name, "")  # a page's own <meta> may have that name
            known[name] = str((int(before) if before.isdecimal() else 0) + int(value))


def _record(data: bytes, encoding: str, note: str = "") -> tuple[str, dict[str, str]]:
    try:
        return canonical(data.decode(encoding)), {"encoding": encoding + note}
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        replaced = text.count("\N{REPLACEMENT CHARACTER}")
        return canonical(text), {"encoding": encoding + note, "replaced_characters": str(replaced)}


_OTHER_NAMES = {
    "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8", "windows-874": "cp874", "x-sjis": "cp932",
    "x-euc-jp": "euc_jp", "x-gbk": "gbk", "x-big5": "big5",
}  # fmt: skip
"""Names of sets that mails and pages declare and Python does not know."""
_LARGER = {
    "gb2312": ("gb18030",), "gbk": ("gb18030",), "shift_jis": ("cp932",), "euc_kr": ("cp949",),
    "big5": ("cp950", "big5hkscs"),
}  # fmt: skip
"""Sets that programs write under the name of a smaller one (WHATWG, Encoding Standard, section 4.2)."""
_WIDE = ("utf-16", "utf-32")
_WESTERN_CODECS = frozenset({"iso8859-1", "iso8859-15", "cp1252"})


def codec_of(data: bytes, declared: str) -> str | None:
    """The codec of a declared charset, or of the larger one that is meant, which the bytes fit; ``None`` where there is
    none.

    Example:
        >>> codec_of("①".encode("cp932"), "Shift_JIS"), codec_of("ü".encode(), "us-ascii")
        ('cp932', None)
    """
    try:
        name = codecs.lookup(_OTHER_NAMES.get(declared.strip().lower(), declared)).name
    except (LookupError, UnicodeError, ValueError):  # no such encoding; a NUL in its name is a ValueError
        return None
    return next((codec for codec in (name, *_LARGER.get(name, ())) if _fits(data, codec)), None)


def codec_of_attachment(data: bytes, declared: str | None) -> str | None:
    """As `codec_of`, of a file that a mail declares a charset for. What any bytes fit is not taken where they show that
    it is wrong: a Western set where they are UTF-8, UTF-16 where they are ASCII, as programs declare their own set."""
    codec = codec_of(data, declared) if declared else None
    if codec in _WESTERN_CODECS and not data.isascii() and _fits(data, "utf-8"):
        return None
    return None if codec is not None and is_wide(codec) and data.isascii() and b"\0" not in data else codec


def is_wide(codec: str) -> bool:
    """Whether each character has several bytes, of which some may be NUL."""
    return codec.startswith(_WIDE)


def _fits(data: bytes, declared: str) -> bool:
    try:
        data.decode(declared)
    except (LookupError, UnicodeError, ValueError):  # no such encoding (a NUL in its name is a ValueError), or it fails
        return False
    return True


_VALID = 4
"""Bytes that are no UTF-8 for each character that is and that Western texts have, at most: in other encodings such
characters come by chance, one for fifty bytes in Korean (EUC-KR). A reason, not a measurement."""
_WESTERN_LETTER = re.compile("[\u00a0-\u017f\u2010-\u203a\u20ac\u2122]")
_WESTERN = re.compile("[\u00a0-\u00ff\u2010-\u203a\u20ac\u2122]|[\u0800-\ufffc\U00010000-\U0010ffff]")


def _is_utf8_in_part(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    replaced = text.count("\N{REPLACEMENT CHARACTER}")
    not_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return not_ascii >= 5 * replaced or _VALID * len(_WESTERN.findall(text)) >= replaced


def _mixed(data: bytes) -> tuple[str, dict[str, str]]:
    """UTF-8 with bytes between that are Windows-1252. A character that is cut off at the end is none, and neither is
    what both never write."""
    text = data.decode("utf-8", "ignore")
    not_ascii = len(text) - len(text.encode("ascii", "ignore"))
    is_western = 2 * len(_WESTERN_LETTER.findall(text)) >= not_ascii  # in Russian such bytes are of another encoding
    parts: list[str] = []
    read = replaced = at = 0
    for match in (*_UTF8.finditer(data), None):
        start, end = (len(data), len(data)) if match is None else match.span()
        others = data[at:start]
        if match is None and _CUT_OFF.fullmatch(others):
            others = b"\xff"  # one character, of which only the beginning is there
        for byte in others:
            one = bytes((byte,)).decode("cp1252", "ignore") if is_western and byte < 0xFE else ""
            read, replaced = read + len(one), replaced + (not one)
            parts.append(one or "\N{REPLACEMENT CHARACTER}")
        parts.append(data[start:end].decode("utf-8"))
        at = end
    encoding = "utf-8 and cp1252 (guessed)" if read else "utf-8"
    counts = {"cp1252_characters": read, "replaced_characters": replaced}
    return canonical("".join(parts)), {"encoding": encoding} | {name: str(n) for name, n in counts.items() if n}


_UTF8 = re.compile(
    rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
_CUT_OFF = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{1,2}")
_FEW = 12
"""Bytes beyond ASCII that are too few to tell one language with the Latin alphabet from another by."""
_RUN = re.compile(rb"[\x80-\xff]+")


def _is_short_latin(data: bytes, high: int) -> bool:
    """Whether the letters beyond ASCII are few and stand between others, as in no language of another alphabet."""
    return high < _FEW and high < 2 * len(_RUN.findall(data))


def _guess(data: bytes) -> str:
    high = data.translate(None, _ASCII_BYTES)
    if len(high) > _NON_WESTERN * len(data) and not _is_short_latin(data, len(high)):
        for encoding in ("cp932", "euc_jp"):
            if _fits(data, encoding) and len(_HIRAGANA.findall(data.decode(encoding))) > _JAPANESE * len(high) / 2:
                return encoding
        match = from_bytes(data[:_SAMPLE]).best()
        # What Macs wrote before Unicode ends its lines with CR; of other texts it is a bad guess, of a few letters.
        is_mac = match is not None and match.encoding.startswith("mac_")
        if match is not None and _fits(data, match.encoding) and not (is_mac and (b"\n" in data or b"\r" not in data)):
            return codecs.lookup(match.encoding).name
    return "cp1252"


_HEAD = 100_000  # characters that are parsed for a title; the parser takes time for more
_TAKEN = frozenset(
    {"title", "author", "authors", "date", "custodian", "media_type", "status", layout.RUNNING_TEXT, ocr_marks.OCR}
)
"""Fields of front matter that have a place of their own in the metadata, or whose names mean something else there."""


def load_markdown(data: bytes, source: str, access: str = "access", charset: str | None = None) -> Extracted:
    """Markdown. ``title``, ``author``, ``date`` and ``custodian`` come from the front matter, and
    its other fields are metadata by their own names (``access`` names the one that is its class). ``charset``
    is the one that it came with.

    Without a title there, it is the first level-1 heading, else the first heading, in the first 100,000 characters.
    Front matter that cannot be read is among the skipped. Raises `DamagedDocumentError` where that, or something that
    is no name of a class, is the document's class.
    """
    text, extra = decode_file(data, source, charset)
    front = front_matter(text)
    metadata, unread_date = _fields(front, source, access)
    if metadata.title is None:
        with parsing(source, "Markdown"):
            title = _first_heading(text[front.end if front else 0 : _HEAD])
        metadata = metadata.model_copy(update={"title": title})
    metadata = metadata.model_copy(update={"extra": metadata.extra | extra})
    return Extracted(text, metadata, unread_date=unread_date, skipped=_unread(front, source))


def _fields(front: FrontMatter | None, source: str, access: str) -> tuple[Metadata, str | None]:
    """What front matter says, and the date as it stands there if that cannot be read."""
    written = front.fields if front else {}
    fields = {name.lower(): value for name, value in written.items()}
    others = {**fields, **written}
    if (named := class_of_access(front, access, source)) is not None:
        others[access] = named
    values = {name: as_metadata(value) for name, value in others.items() if _is_own_name(name) or name == access}
    extra = {name: canonical(value) for name, (value, _) in values.items() if value}
    if structured := sorted(name for name, (value, is_json) in values.items() if value and is_json):
        extra[AS_JSON] = json.dumps(structured, ensure_ascii=False)
    when = words_of(fields.get("date"))
    metadata = Metadata(
        title=canonical(words_of(fields.get("title"))) or None,
        author=canonical(words_of(fields.get("author")) or words_of(fields.get("authors"))) or None,
        date=parse_date(when, "second"),
        custodian=canonical(words_of(fields.get("custodian"))) or None,
        extra=extra,
    )
    return metadata, None if metadata.date else canonical(when) or None


def _is_own_name(name: str) -> bool:
    """Whether a field is metadata by its own name."""
    return bool(name) and name.lower() not in _TAKEN and not name.startswith("_")


def _unread(front: FrontMatter | None, source: str) -> tuple[SkippedFile, ...]:
    if front is None or not front.problem:
        return ()
    reason = f"its fields are not read as metadata: {front.problem}; the text of it is kept"
    return (SkippedFile(source=f"{source}#front matter", code=DamagedDocumentError.code, reason=reason),)


def _first_heading(text: str) -> str | None:
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [(token.tag, _plain(content)) for token, content in pairwise(tokens) if token.type == "heading_open"]
    titles = [heading for tag, heading in headings if tag == "h1" and heading] or [h for _, h in headings if h]
    return titles[0] if titles else None


def _plain(inline: Token) -> str:
    """A heading's words without its markup."""
    parts = [" " if "break" in token.type else token.content for token in inline.children or ()]
    return " ".join("".join(parts).split())
