"""BM25 of the best chunks with a question's rarer words, its common words counted in these chunks alone.

FTS5's ``bm25()`` goes through all chunks with any word of an expression to know how many there are, which at a million
chunks takes half a second for a question with three common words. Whether a chunk holds a word is found by a seek.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, text

from hybrid.stores.words import Tokenizer

COUNTED = 100
"""Chunks at least, of the best, in which common words are counted; in the others they are taken to stand once. Of the
first 20 of 14 questions to a million chunks .81 were the same without counting, .92 with the best 100 or 200 counted
and .94 at most with these candidates (benchmarks/search_speed.py)."""
COUNTED_CHARS = 4_000_000
"""Of the documents that are read to count words in: a bound of time, not a measurement."""
SAMPLES, SAMPLE = 20, 1000
"""Stretches of chunks in which a very common word is counted, and how many chunks each has: at a share of .3 the
standard error of the count is a hundredth of it. A bound, not a measurement."""
K1, B = 1.2, 0.75
"""FTS5's own, which cannot be set."""


def estimated(connection: Connection, match: str, at_least: int) -> int:
    """About how many chunks hold an expression, by stretches of chunks; no fewer than ``at_least``."""
    first, last = connection.exec_driver_sql("SELECT min(id), max(id) FROM chunks_fts_docsize").one()
    if first is None:
        return at_least
    width = (last - first + 1) / SAMPLES
    starts = [first + int(number * width) for number in range(SAMPLES)]
    size = max(1, min(SAMPLE, int(width)))
    found = seen = 0
    for start in starts:
        stretch = (start, start + size - 1)
        held = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ? AND rowid BETWEEN ? AND ?"
        found += connection.exec_driver_sql(held, (match, *stretch)).scalar_one()
        there = "SELECT count(*) FROM chunks_fts_docsize WHERE id BETWEEN ? AND ?"
        seen += connection.exec_driver_sql(there, stretch).scalar_one()
    return max(at_least, round(found / max(1, seen) * _totals(connection)[0]))


def add_common(
    connection: Connection, scores: dict[int, float], rare: Sequence[str], common: Mapping[str, int], k: int
) -> list[tuple[int, float]]:
    """The ``k`` best of the chunks with one of the ``rare`` terms, when common ones count as well.

    Args:
        scores: BM25 by the rare terms, of every chunk that is to be ranked.
        rare: terms as they stand in a match expression.
        common: other terms, with how many chunks hold each.
        k: how many are wanted.
    """
    chunks, tokens = _totals(connection)
    weights = {term: rarity for term, count in common.items() if (rarity := _rarity(chunks, count)) > 0}
    if not weights:
        return sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:k]
    holding: dict[str, set[int]] = {}
    either = " OR ".join(rare)
    once = dict(scores)
    for term, weight in weights.items():
        # Nothing is scored: of the common word's chunks those between the rare ones' are skipped.
        rows = connection.exec_driver_sql(
            "SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ?", (f"({either}) AND {term}",)
        ).all()
        holding[term] = {row[0] for row in rows} & scores.keys()
        for chunk_id in holding[term]:
            once[chunk_id] += weight
    best = sorted(once, key=lambda one: (-once[one], one))[: max(k, COUNTED)]
    counted = {one: scores[one] for one in best}
    lengths, mean = _lengths(connection, best), max(1.0, tokens) / max(1, chunks)
    forms = {term: form for term in weights if (form := _form(term)) is not None}
    times = _times(connection, best, forms)
    for term, weight in weights.items():
        for chunk_id in holding[term].intersection(best):
            often = times.get((chunk_id, term), 1)
            share = 1 - B + B * lengths.get(chunk_id, mean) / mean
            counted[chunk_id] += weight * often * (K1 + 1) / (often + K1 * share)
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return ranked[:k]


def _rarity(chunks: int, count: int) -> float:
    return math.log((chunks - count + 0.5) / (count + 0.5)) if count < chunks else 0.0


def _times(connection: Connection, ids: Sequence[int], forms: Mapping[str, str]) -> dict[tuple[int, str], int]:
    """How often chunks hold the words of terms, (chunk, term), as far as it is more than never."""
    found: dict[tuple[int, str], int] = {}
    if not forms:
        return found
    # No rule of the stemmer touches the first two letters of a word.
    begins = "|".join(sorted({re.escape(form[:2]) for form in forms.values()}))
    like = re.compile(rf"(?<![^\W_])(?:{begins})[^\W_]*")
    for chunk_id, chunk in _texts(connection, ids):
        stems = [_stem(word) for word in like.findall(_folded(chunk))]
        for term, form in forms.items():
            if often := stems.count(form):
                found[chunk_id, term] = often
    return found


def _texts(connection: Connection, ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The indexed texts of the first of these chunks, of as many as their documents are not too long for."""
    sizes = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            text(
                "SELECT chunks.id, documents.id, documents.chars FROM chunks "
                "JOIN documents ON documents.id = chunks.document_id "
                "WHERE chunks.id IN (SELECT value FROM json_each(:ids))"
            ),
            {"ids": json.dumps(list(ids))},
        ).all()
    }
    read: list[int] = []
    left = COUNTED_CHARS
    for chunk_id in ids:
        left -= sizes.get(chunk_id, (0, 0))[1]
        if left < 0:
            break
        read.append(chunk_id)
    rows = connection.execute(
        text("SELECT id, text FROM chunk_texts WHERE id IN (SELECT value FROM json_each(:ids))"),
        {"ids": json.dumps(read)},
    ).all()
    return ((row[0], row[1]) for row in rows)


def _lengths(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """How many words chunks have."""
    rows = connection.execute(
        text("SELECT id, sz FROM chunks_fts_docsize WHERE id IN (SELECT value FROM json_each(:ids))"),
        {"ids": json.dumps(list(ids))},
    ).all()
    return {row[0]: sum(_numbers(row[1])) for row in rows}


def _totals(connection: Connection) -> tuple[int, int]:
    """How many chunks FTS5 has, and words in all of them: its record of averages."""
    record = connection.exec_driver_sql("SELECT block FROM chunks_fts_data WHERE id = 1").scalar()
    chunks, *tokens = _numbers(record) if record else (0,)
    return chunks, sum(tokens)


def _numbers(stored: bytes) -> list[int]:
    """SQLite's numbers of variable length: seven bits a byte, the highest first; all eight of a ninth."""
    found: list[int] = []
    value = length = 0
    for byte in stored:
        length += 1
        if length == 9:
            value = value << 8 | byte
        else:
            value = value << 7 | byte & 0x7F
            if byte & 0x80:
                continue
        found.append(value)
        value = length = 0
    return found


def _form(term: str) -> str | None:
    """A term's one word as it is compared; ``None`` for a phrase, or the beginning of a word."""
    if term.endswith("*"):
        return None
    words = _tokenizer().cut([term])[0]
    return words[0] if len(words) == 1 else None


def _folded(chunk: str) -> str:
    if chunk.isascii():
        return chunk.lower()
    apart = unicodedata.normalize("NFD", chunk.lower())
    return "".join(one for one in apart if not unicodedata.combining(one))


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    return Tokenizer()


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    words = _tokenizer().cut([word])[0]
    return words[0] if len(words) == 1 else word
