"""Where a text stands in the documents, character for character, without reading all of them.

The full-text index knows chunks, and a text can begin in one and end in the next. But the chunks of a regular document
(`is_regular`) are cut between words only, and seldom. So a word of the text stands whole in some chunk; and of several
runs of its words, one more than there can be cuts, at least one stands in one chunk as a phrase. Only the documents of
the chunks that hold such a phrase are compared. The text's first and last words do not count: the text may have a part
of them only.
"""

from __future__ import annotations

import heapq
import json
import unicodedata
from collections.abc import Container, Iterator, MutableMapping, Sequence
from itertools import groupby, islice

from sqlalchemy import Connection, text

from hybrid.stores import full_text
from hybrid.stores.backend import backend_of
from hybrid.text.folding import joined_lines, plain_characters, search_text
from hybrid.types.documents import Chunk

MIN_STRIDE = 100
"""Characters that each chunk of a regular document but the last adds to those before it. Chunks of the default size
add about 60 tokens at least."""
COUNTED = 2000
"""A word in more chunks is as common as any. It bounds the counting; what a question costs in all
is in benchmarks/README.md (benchmarks/question_scaling.py)."""
RARE = 50
"""Chunks with a word that are looked at without asking for the words beside it: reading so many takes less
than a phrase query. Not varied by itself; benchmarks/question_scaling.py, "a claim that stands in a document"."""
_BEFORE, _AFTER = 1, 2  # words of a run around its rarest: four words are hardly ever together by chance
_HYPHENATION = "\ue000"
_AT_ONCE = 200  # rows read together; a bound of memory


def is_regular(body: str, chunks: Sequence[Chunk]) -> bool:
    """Whether chunks, in the order of the text, leave no word out, cut none in two, and add `MIN_STRIDE` each.

    Example:
        >>> is_regular("It ends.", [Chunk(start=0, end=8, text="It ends.")])
        True
        >>> is_regular("It ends.", [Chunk(start=0, end=2, text="It")])
        False
    """
    covered = 0
    for number, chunk in enumerate(chunks):
        if chunk.end <= covered:
            continue
        if body[covered : chunk.start].strip():
            return False
        between_words = body[chunk.end - 1].isspace() or not body[chunk.end : chunk.end + 1].strip()
        if number < len(chunks) - 1 and (not between_words or chunk.end - covered < MIN_STRIDE):
            return False
        covered = chunk.end
    return not body[covered:].strip()


def containing(
    connection: Connection, wanted: str, documents: Container[int] | None, known: MutableMapping[str, int]
) -> Iterator[int]:
    """The ids of the documents that hold ``wanted``, ascending, of ``documents`` or of all; found one page at a time.

    Args:
        wanted: what full text can store (`hybrid.stores.full_text.storable`), not empty.
        known: how many chunks hold a word, up to `COUNTED`; what is counted is added.
    """
    holds = text(backend_of(connection).holding)
    allowed = (one for one in _candidates(connection, wanted, known) if documents is None or one in documents)
    while ids := list(islice(allowed, _AT_ONCE)):
        yield from connection.scalars(holds, {"ids": json.dumps(ids), "wanted": wanted}).all()


def _candidates(connection: Connection, wanted: str, known: MutableMapping[str, int]) -> Iterator[int]:
    """Documents that may hold the text, ascending, each once."""
    match = _expression(connection, wanted, known)
    if match is None:
        yield from backend_of(connection).candidates(connection, wanted)
        return
    irregular = connection.scalars(text("SELECT id FROM documents WHERE scanned ORDER BY id")).all()
    found = full_text.documents_with(connection, match) if match else iter(())
    for document_id, _ in groupby(heapq.merge(found, irregular)):
        yield document_id


def _expression(connection: Connection, wanted: str, known: MutableMapping[str, int]) -> str | None:
    """A match expression that a chunk of every regular document with the text fulfils; empty where no such document
    can be, ``None`` where the text has no whole word to go by."""
    words = _whole_words(wanted)
    usable = [at for at, word in enumerate(words) if _HYPHENATION not in word and _has_token(word)]
    if not usable:
        return None
    quoted = {at: _quoted([words[at]]) for at in usable}
    unknown = list(dict.fromkeys(term for term in quoted.values() if term not in known))
    known.update(zip(unknown, full_text.counts_of(connection, unknown, COUNTED), strict=True))
    rarest_first = sorted(usable, key=lambda at: known[quoted[at]])
    rarest = quoted[rarest_first[0]]
    runs = len(wanted) // MIN_STRIDE + 2
    if not known[rarest]:
        return ""
    if known[rarest] <= RARE or len(usable) < runs:
        return rarest
    return " OR ".join(_quoted(run) for run in _runs(words, sorted(rarest_first[:runs])))


def _whole_words(wanted: str) -> Sequence[str]:
    """The words of a text but the first and the last, each with a mark where a line's end hyphenates it: a chunk that
    ends there has it in two."""
    words = joined_lines(plain_characters(wanted), _HYPHENATION).split()[1:-1]
    return words[:-1] if words and words[-1].endswith("-") else words


def _runs(words: Sequence[str], centres: Sequence[int]) -> Iterator[Sequence[str]]:
    """Words around each of the centres; no two runs share one."""
    for number, centre in enumerate(centres):
        first = (centres[number - 1] + centre) // 2 + 1 if number else 0
        last = (centre + centres[number + 1]) // 2 if number + 1 < len(centres) else len(words) - 1
        yield words[max(first, centre - _BEFORE) : min(last, centre + _AFTER) + 1]


def _quoted(words: Sequence[str]) -> str:
    return '"' + " ".join(search_text(" ".join(words).replace(_HYPHENATION, "")).split()).replace('"', '""') + '"'


def _has_token(word: str) -> bool:
    """Whether a word has a letter or digit that was one when SQLite's tables of Unicode were made."""
    return any(unicodedata.ucd_3_2_0.category(letter)[0] in "LN" for letter in word)
