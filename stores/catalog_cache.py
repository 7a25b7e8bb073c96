"""What a catalog keeps in memory of what it read: texts and counts that are asked for again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from hybrid.types.documents import Document

KEPT_CHARS = 64_000_000
COUNTED_TERMS = 20_000

Name = tuple[str, str | None]
"""A document's first source, and that one's parent."""


class KeptTexts:
    """The documents last used, up to so many characters; the very last one whatever its size. For any threads."""

    def __init__(self, chars: int = KEPT_CHARS) -> None:
        self._most = chars
        self._chars = 0
        self._held: OrderedDict[int, Document] = OrderedDict()
        self._lock = Lock()

    def find(self, document_ids: Iterable[int], names: Mapping[int, Name]) -> dict[int, Document]:
        """Those that are kept under the name that they have now."""
        found: dict[int, Document] = {}
        with self._lock:
            for document_id in document_ids:
                held = self._held.get(document_id)
                if held is not None and (held.source, held.parent) == names.get(document_id):
                    self._held.move_to_end(document_id)
                    found[document_id] = held
        return found

    def keep(self, document_id: int, document: Document) -> None:
        """Keep it, and let go of those not used for longest."""
        with self._lock:
            self._let_go(document_id)
            self._held[document_id] = document
            self._chars += len(document.text)
            while len(self._held) > 1 and self._chars > self._most:
                self._let_go(next(iter(self._held)))

    def _let_go(self, document_id: int) -> None:
        held = self._held.pop(document_id, None)
        self._chars -= 0 if held is None else len(held.text)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._held.clear()
            self._chars = 0


class TermCounts:
    """How many chunks hold a term, in one state of the catalog: counting a common word takes as long as a search."""

    def __init__(self) -> None:
        self._of: tuple[object, dict[str, int]] = (None, {})

    def of(self, state: object) -> dict[str, int]:
        """What is known of a state, to be added to; nothing at first. Threads may share it: a count is the same
        whoever makes it."""
        held, counts = self._of
        if held != state or len(counts) > COUNTED_TERMS:
            counts = {}
            self._of = state, counts
        return counts
