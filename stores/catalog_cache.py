"""What a catalog caches of what it read: texts and counts that are asked for again and again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from hybrid.stores.filtering import Selection
from hybrid.text.folding import search_text
from hybrid.types.documents import Document

CACHED_CHARS = 64_000_000
"""Of documents' texts: 64 to 256 MB. A bound of memory, not a measurement."""
COUNTED_TERMS = 20_000
"""Words whose counts are cached: about 2 MB, and more than a session's questions have."""
CACHED_IDS = 4_000_000
"""Of documents and chunks, in the selections of a few filters: 32 MB."""

COMPARED_DOCUMENTS = 20_000
"""Documents whose near copies are cached: a few hundred bytes each."""
PINNED_DOCUMENTS = 64
"""Documents that a pinned state gives out again without looking for their names: those of forty hits, and more."""

K = TypeVar("K")
V = TypeVar("V")
Name = tuple[str, str | None, Mapping[str, Any]]
"""A source of a document: its name, its parent, and the metadata that came with it."""


class TextCache:
    """The documents used last, up to so many characters; the very last one whatever its size. For any threads."""

    def __init__(self, chars: int = CACHED_CHARS) -> None:
        # One larger than the cache counts as all of it: it evicts the others, and is evicted by the next.
        self._documents: LRUCache[int, tuple[Name, Document]] = LRUCache(
            chars, lambda cached: min(len(cached[1].text), chars)
        )
        self._lock = Lock()

    def find(self, document_ids: Iterable[int], names: Mapping[int, Name]) -> dict[int, Document]:
        """Those that are cached under the name that they have now."""
        found: dict[int, Document] = {}
        with self._lock:
            for document_id in document_ids:
                cached = self._documents.get(document_id)
                if cached is not None and cached[0] == names.get(document_id):
                    found[document_id] = cached[1]
        return found

    def add(self, document_id: int, name: Name, document: Document) -> None:
        """Cache it, and evict those not used for longest."""
        with self._lock:
            self._documents[document_id] = name, document

    def clear(self) -> None:
        """Evict everything."""
        with self._lock:
            self._documents.clear()


class StateCache(Generic[K, V]):
    """What was computed of one state of the catalog, up to ``most`` values: how many chunks hold a term, which takes as
    long as a search, or which documents resemble one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: tuple[object, dict[K, V]] = (None, {})

    def of(self, state: object) -> dict[K, V]:
        """What is known of a state, to be added to; nothing at first. Threads may share it: a value is the same
        whoever computes it."""
        known_state, values = self._of
        if known_state != state or len(values) > self._most:
            values = {}
            self._of = state, values
        return values


class WordIndex:
    """The words of documents, in lower case, with the documents that hold them: apart, and as hyphens, full stops and
    apostrophes join them. Each document's are found once. For any threads.

    A document that is gone stays in it: whoever looks for documents looks among those that are there.
    """

    def __init__(self) -> None:
        self._documents: dict[str, list[int]] = {}
        self._known: dict[int, str] = {}
        self._lock = Lock()

    def updated(
        self, there: Mapping[int, str], read: Callable[[list[int]], Iterable[tuple[int, str]]]
    ) -> dict[str, list[int]]:
        """The documents by word, after those of ``there`` (ids with their sha256) that are new were ``read``."""
        with self._lock:
            new = [one for one, sha256 in there.items() if self._known.get(one) != sha256]
            for document_id, text in read(new) if new else ():
                lowered = search_text(text).lower()
                for word in {*_WORD.findall(lowered), *_JOINED.findall(lowered)}:
                    self._documents.setdefault(word, []).append(document_id)
                self._known[document_id] = there[document_id]
            return dict(self._documents)


_WORD = re.compile(r"[^\W_]+")
# From the start of a word and without going back: a word of five million letters took hours.
_JOINED = re.compile(r"(?<![^\W_])[^\W_]++(?:[-./'’][^\W_]++)+")


class SelectionCache:
    """What the filters used last let through, in one state of the catalog. For any threads."""

    def __init__(self) -> None:
        self._of: LRUCache[tuple[object, str], Selection] = LRUCache(
            CACHED_IDS, lambda selection: min(1 + len(selection.documents) + len(selection.chunks), CACHED_IDS)
        )
        self._lock = Lock()

    def get(self, state: object, key: str, select: Callable[[], Selection]) -> Selection:
        """The selection of a filter, by its ``key``; selected if it is not cached. Raises what ``select`` raises."""
        with self._lock:
            found = self._of.get((state, key))
        if found is None:
            found = select()
            with self._lock:
                self._of[state, key] = found
        return found
