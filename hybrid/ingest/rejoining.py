"""Documents as LangChain's loaders and splitters make them, into documents with one canonical text each.

Anything with ``page_content`` and ``metadata`` is taken; LangChain itself is not needed. What a loader took apart
by page and a splitter by size is put together again, by source, so that spans are spans of the original and a
quote is cited in its whole document:

- documents of one ``source`` with a ``page`` (counted from 0, as LangChain's PDF loaders do) or a ``page_number``
  (from 1) become its pages;
- chunks with a ``start_index`` go to their places. One that does not fit there, or has none (−1), is looked for in
  what its neighbours say; where it cannot be found the document is refused, and the chunk named;
- documents of one source with neither stay apart, as ``<source>#1``, ``<source>#2`` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hybrid.documents import Document, sha256_hex
from hybrid.errors import DamagedDocumentError, DocumentError, EmptyDocumentError, InputError
from hybrid.ingest.foreign_metadata import to_metadata
from hybrid.ingest.placing import Placed, joined

_START = "start_index"
_PAGE = ("page", "page_number")  # from 0 and from 1
_MOST_PAGES = 100_000


def is_foreign(given: object) -> bool:
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
    kept = [
        {key: value for key, value in part.metadata.items() if left.get(key) != str(value) and key not in gone}
        for part in parts
    ]
    return Document(
        source=name,
        text=text,
        sha256=sha256_hex(text.encode("utf-8", "surrogatepass")),
        pages=tuple(pages) if paged else (),
        metadata=to_metadata(_common(kept)),
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
