"""Documents and metadata as other libraries' loaders and splitters make them, into documents of our own and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from typing import Any, get_args
from uuid import UUID

from hybrid.errors import DamagedDocumentError, DocumentError, EmptyDocumentError, InputError
from hybrid.text.status_names import StatusName
from hybrid.text.values import parse_date
from hybrid.types.documents import AS_JSON, AS_TYPES, Document, Metadata, sha256_hex

_START = "start_index"
_PAGE = ("page", "page_number")  # from 0 and from 1
_MOST_PAGES = 100_000  # a number beyond is no page, and would make as many empty ones


def is_external(given: object) -> bool:
    """Whether it is a document as LangChain's are."""
    return isinstance(getattr(given, "page_content", None), str) and isinstance(
        getattr(given, "metadata", None), Mapping
    )


def rejoined(given: Iterable[Any]) -> Iterator[Document | DocumentError]:
    """The documents that ``given`` are parts of, in order; an error for one that cannot be put together.

    Parts of one source must follow one another. Only those of one source are held at a time. Documents of
    hybrid's own pass through.
    """
    seen: set[str] = set()
    for source, group in groupby(given, _source):
        parts = list(group)
        if isinstance(parts[0], Document):
            yield from parts
        elif source in seen:
            reason = "parts of it come in several places of the input; put the parts of each source together"
            yield DamagedDocumentError(str(source), reason)
        else:
            if isinstance(source, str):
                seen.add(source)
            yield from _documents(source if isinstance(source, str) else None, [_Part.of(part) for part in parts])


def _source(given: Any) -> object:
    """What parts of one document have in common; for one that does not say, and for a whole one, nothing."""
    if isinstance(given, Document):
        return _Unnamed()
    named = given.metadata.get("source") or getattr(given, "id", None)
    return str(named) if named is not None and str(named) else _Unnamed()


class _Unnamed:
    """A source like no other."""


@dataclass(frozen=True)
class _Part:
    text: str
    metadata: dict[str, Any]
    start: int | None  # None: it does not say; -1: it says that it does not know
    page: int | None  # from 0

    @classmethod
    def of(cls, given: Any) -> _Part:
        metadata = dict(given.metadata)
        start = _number(metadata.pop(_START, None))
        page, number = _number(metadata.get("page")), _number(metadata.get("page_number"))
        if page is None and number is not None:
            page = number - 1
        return cls(given.page_content, metadata, start, page if page is not None and page >= 0 else None)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _documents(source: str | None, parts: Sequence[_Part]) -> Iterator[Document | DocumentError]:
    name = source or f"unnamed-{sha256_hex(parts[0].text.encode('utf-8', 'surrogatepass'))[:12]}"
    if not any(part.text.strip() for part in parts):
        yield EmptyDocumentError(name, "there is no text in it")
        return
    by_page = all(part.page is not None and part.page < _MOST_PAGES for part in parts)
    each = _by_page(parts) if by_page else [list(parts)]
    if any(len(together) > 1 and all(part.start is None for part in together) for together in each):
        yield from _apart(name, parts)
        return
    try:
        texts = [joined([Placed(part.text, part.start) for part in together]) for together in each]
        yield _made(name, texts, parts, paged=by_page)
    except (InputError, ValueError) as error:
        yield DamagedDocumentError(name, str(error))


def _by_page(parts: Sequence[_Part]) -> list[list[_Part]]:
    """The parts of each page from the first, those that are not there included."""
    pages: list[list[_Part]] = [[] for _ in range(max(part.page or 0 for part in parts) + 1)]
    for part in parts:
        pages[part.page or 0].append(part)
    return pages


def _made(name: str, texts: Sequence[str], parts: Sequence[_Part], *, paged: bool) -> Document:
    text, pages = "", []
    for page in texts:
        if text and page and not text.endswith("\n"):
            text += "\n"
        pages.append(len(text))
        text += page
    left = {"source": name}
    gone = _PAGE if paged else ()
    own_metadata = [
        {key: value for key, value in part.metadata.items() if left.get(key) != str(value) and key not in gone}
        for part in parts
    ]
    return Document(
        source=name,
        text=text,
        sha256=sha256_hex(text.encode("utf-8", "surrogatepass")),
        pages=tuple(pages) if paged else (),
        metadata=to_metadata(_common(own_metadata)),
    )


def _common(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the parts say of the whole: one value where they agree, else the list of what they say, in order."""
    together: dict[str, Any] = {}
    for key in dict.fromkeys(key for one in given for key in one):
        values = [value for at, one in enumerate(given) if (value := one.get(key)) not in _before(given, key, at)]
        together[key] = values[0] if len(values) == 1 else values
    return together


def _before(given: Sequence[Mapping[str, Any]], key: str, at: int) -> list[Any]:
    return [one.get(key) for one in given[:at]]


def _apart(name: str, parts: Sequence[_Part]) -> Iterator[Document | DocumentError]:
    for number, part in enumerate(parts, 1):
        own = f"{name}#{number}"
        if not part.text.strip():
            yield EmptyDocumentError(own, "there is no text in it")
            continue
        try:
            yield _made(own, [joined([Placed(part.text, None)])], [part], paged=False)
        except (InputError, ValueError) as error:
            yield DamagedDocumentError(own, str(error))


OVERLAP = 20
"""Characters that two chunks must share for the one to say where the other stands: a shorter run of characters
comes back by chance. A reason, not a measurement; the usual splitters overlap by 200."""
LONGEST_OVERLAP = 4000
"""Looked for at most: as much as a usual splitter's whole chunk, so that the time is bounded."""
STRIPPED = 4
"""White space between two chunks, as splitters strip it; a wider gap must not look like an overlap."""
_SHOWN = 40  # characters of a chunk in a message
_ADVICE = "; ingest the documents before they are split, which hybrid does by itself"


@dataclass(frozen=True)
class Placed:
    """A chunk and the offset that its splitter gave it: ``None`` for none, negative for not found."""

    text: str
    start: int | None


def joined(chunks: Sequence[Placed]) -> str:
    """The text that the chunks were cut from. What no chunk holds is white space.

    Line ends become ``\\n``, and every offset stays what it was. A chunk alone that has no place is the text.

    Raises:
        InputError: a chunk whose offset is wrong and that its neighbours do not place; it is named.

    Example:
        >>> joined([Placed("It ends in May.", 0), Placed("in May. It was", 8), Placed("signed.", 23)])
        'It ends in May. It was signed.'
    """
    if len(chunks) == 1 and (chunks[0].start is None or chunks[0].start < 0):
        return canonical(chunks[0].text)
    text, last, gaps = "", 0, 0
    for number, chunk in enumerate(chunks):
        own = canonical(chunk.text)
        at = _place(text, own, chunk.start, last)
        if at is None:
            following = chunks[number + 1] if number + 1 < len(chunks) else None
            at = _preceding(own, following, len(text))
        if at is None:
            raise InputError(_unplaced(number, chunk, text))
        gap = at - len(text)
        if gap > 0:
            gaps += gap
            # Offsets that are no offsets must not fill the memory with spaces.
            if gaps > 1000 + 10 * sum(len(one.text) for one in chunks):
                raise InputError(_unplaced(number, chunk, text))
            text += _space(text, gap)
        text += own[max(0, len(text) - at) :]
        last = at
    return text


def canonical(text: str) -> str:
    """The text with line ends of ``\\n`` only, each character where it was."""
    return text.replace("\r\n", " \n").replace("\r", "\n")


def _place(text: str, chunk: str, start: int | None, last: int) -> int | None:
    """Where the chunk goes: where it says, if what is known does not speak against it, else where it is found."""
    shared = _overlap(text, chunk)
    if start is not None and start >= last:  # chunks come in the order of the text
        gap = start - len(text)
        if gap < 0 and text[start : start + len(chunk)] == chunk[: len(text) - start]:
            return start
        if gap >= 0 and (gap <= STRIPPED or shared < OVERLAP):
            return start
    found_at = text.find(chunk, last)
    if found_at >= 0 and chunk:
        return found_at
    return len(text) - shared if shared >= OVERLAP else None


def _preceding(chunk: str, following: Placed | None, known: int) -> int | None:
    """Where the chunk goes by what it shares with the one after it."""
    if following is None or following.start is None or following.start < 0:
        return None
    shared = _overlap(chunk, canonical(following.text))
    at = following.start + shared - len(chunk)
    return at if shared >= OVERLAP and at >= known else None


def _overlap(text: str, chunk: str) -> int:
    """How many characters the end of ``text`` and the beginning of ``chunk`` share at most."""
    longest = min(len(text), len(chunk), LONGEST_OVERLAP)
    end = text[len(text) - longest :]
    return next((size for size in range(longest, OVERLAP - 1, -1) if end.endswith(chunk[:size])), 0)


def _space(text: str, size: int) -> str:
    """White space for what was stripped: a blank line where there is room for one."""
    if size == 1:
        return "\n" if text.endswith((".", "!", "?", ":", ";")) else " "
    return "\n\n" + " " * (size - 2)


def _unplaced(number: int, chunk: Placed, text: str) -> str:
    shown = " ".join(chunk.text.split())
    shown = f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown
    if chunk.start is None or chunk.start < 0:
        said = f"has no place in the text (start_index {'missing' if chunk.start is None else chunk.start})"
    elif chunk.start < len(text):
        said = f"says that it starts at character {chunk.start:,}, where another text stands,"
    else:
        said = f"says that it starts at character {chunk.start:,}, far from what comes before it,"
    return f"chunk {number + 1} ({shown!r}) {said} and its neighbours do not show where it does{_ADVICE}"


OWN = ("title", "author", "date", "custodian")


def to_metadata(given: Mapping[str, Any]) -> Metadata:
    """The metadata that holds ``given``, from which `from_metadata` gives back the same.

    Values are text, numbers, truth values, ``None``, lists and dicts (with text keys) of these, and dates, times,
    decimals and UUIDs, which stand by themselves.

    Raises `InputError` for a key that is not text, or is `AS_JSON` or `AS_TYPES`, and for any other value, by its key.

    Example:
        >>> to_metadata({"title": "Minutes", "row": 3}).extra
        {'row': '3', '_json': '["row"]'}
    """
    own: dict[str, Any] = {}
    extra: dict[str, str] = {}
    written: list[str] = []
    types: dict[str, str] = {}
    for key, value in given.items():
        if not isinstance(key, str) or key in (AS_JSON, AS_TYPES):
            raise InputError(
                f"metadata cannot have the key {key!r}; keys are strings other than {AS_JSON!r} and {AS_TYPES!r}"
            )
        day = _day(value) if key == "date" else None
        if key in OWN and isinstance(value, str) and (key != "date" or day == value):
            own[key] = value
            continue
        if key == "status" and value in get_args(StatusName):
            own[key] = value  # and in extra, which alone is given back: a status that is found was not given
        if day is not None:
            own["date"] = day
        extra[key] = text_of(value, key)
        if type(value) in _TYPES:
            types[key] = type(value).__name__
        elif not isinstance(value, str):
            written.append(key)
    if written:
        extra[AS_JSON] = json.dumps(written)
    if types:
        extra[AS_TYPES] = json.dumps(types)
    return Metadata(**own, extra=extra)


def from_metadata(metadata: Metadata) -> dict[str, Any]:
    """What `to_metadata` was given.

    Example:
        >>> from_metadata(to_metadata({"title": "Minutes", "row": 3, "seen": None}))
        {'title': 'Minutes', 'row': 3, 'seen': None}
    """
    read: dict[str, Callable[[str], Any]] = dict.fromkeys(json.loads(metadata.extra.get(AS_JSON, "[]")), json.loads)
    read |= {key: _NAMED_TYPES[name] for key, name in json.loads(metadata.extra.get(AS_TYPES, "{}")).items()}
    own = {key: value for key in OWN if (value := getattr(metadata, key)) is not None}
    extra = {key: read.get(key, str)(value) for key, value in metadata.extra.items()}
    return {key: value for key, value in (own | extra).items() if key not in (AS_JSON, AS_TYPES)}


_TYPES: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    UUID: UUID,
}
_NAMED_TYPES = {kind.__name__: read for kind, read in _TYPES.items()}


def text_of(value: Any, key: str) -> str:
    """The text that stands for a value of metadata, also in a filter. Raises `InputError`, with the key, for a value
    that would not come back as it is."""
    if type(value) is str:
        return value
    if type(value) in _TYPES:
        return value.isoformat() if isinstance(value, date | time) else str(value)
    _check_json(value, key, ())
    return json.dumps(value, ensure_ascii=False)


def _check_json(value: Any, place: str, ancestors: tuple[int, ...]) -> None:
    if id(value) in ancestors:
        raise InputError(f"metadata {place} holds itself")
    ancestors = (*ancestors, id(value)) if isinstance(value, list | dict) else ancestors
    if isinstance(value, list):
        for number, one in enumerate(value):
            _check_json(one, f"{place}[{number}]", ancestors)
    elif isinstance(value, dict):
        for key, one in value.items():
            if not isinstance(key, str):
                raise InputError(f"metadata {place} has the key {key!r}, which is not text and would come back as text")
            _check_json(one, f"{place}.{key}", ancestors)
    elif value is not None and type(value) not in (str, bool, int, float):  # an enumeration would not come back
        kind = type(value)
        where = "within a list or a dict" if kind in _TYPES else "in metadata"
        raise InputError(
            f"metadata {place} is a {kind.__module__}.{kind.__qualname__}, which {where} would not come back as it "
            "is; give text, a number, a truth value, None, or lists and dicts of these"
        )


def _day(value: Any) -> str | None:
    """The date of a value, ISO 8601, as precise as it is and without a time of the day; ``None`` if it is no date."""
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()[:10]
    parsed = parse_date(value, "second") if isinstance(value, str) else None
    return parsed[:10] if parsed is not None else None
