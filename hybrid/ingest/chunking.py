"""Canonical text into chunks: exact spans, sized by the embedder's own tokenizer.

A chunk takes as many tokens as fit and is then cut back to the best boundary in its second half; the
next one starts a few tokens before its end. The text is tokenized a window at a time, so that time is
linear in its length and memory constant, and each chunk is counted once more as it will be embedded,
because a tokenizer may see more tokens in a piece than it saw in the whole.

Chunks may cross pages. A sentence runs on over a page break and half of it is poor evidence; a
citation is located by its own span, so nothing is lost. A page that ends with a sentence is as good a
place to cut as a paragraph.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from hybrid.settings import IngestSettings
from hybrid.types.documents import Chunk

# A word that the tokenizer does not know is one token however long it is, and white space is none, so
# characters are limited too: about four times what a token of English prose has.
MAX_CHARS_PER_TOKEN = 16

_SENTENCE = r"""(?:(?<=[^\W\d_]{2}[.!?])|(?<=\d{3}[.!?])|(?<=[)\]"”%][.!?]))["'”’)\]]*(?=\s)|(?<=[。！？])"""
_PARAGRAPH_END = re.compile(r"(?=\n[^\S\n]*\n)")
_SENTENCE_END = re.compile(rf"{_SENTENCE}|(?<=[;:])(?=\n)")
_LINE_END = re.compile(r"(?=\n)")
_WORD_END = re.compile(r"(?<=\S)(?=\s)")
_SENTENCE_START = re.compile(rf"(?:{_SENTENCE}|(?=\n[^\S\n]*\n))\s*(?=\S)")
_WORD_START = re.compile(r"(?<=\s)(?=\S)")
_SPACE = re.compile(r"\s*")


class TokenCounter(Protocol):
    """What chunking needs of an embedder: where its tokens are and how many it takes."""

    @property
    def max_tokens(self) -> int:
        """The most tokens a text may have, special tokens not counted."""

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """``(start, end)`` in characters of ``text`` of each token, in order, without special tokens."""


def chunk(text: str, tokenizer: TokenCounter, settings: IngestSettings, pages: Sequence[int] = ()) -> list[Chunk]:
    """Cuts ``text`` into overlapping chunks. Every character that is not white space is in at least one.

    Args:
        text: canonical text of one document.
        tokenizer: the embedder that the chunks are for.
        settings: size and overlap, in tokens.
        pages: offset in ``text`` at which each page starts.

    A chunk has at most ``settings.chunk_tokens`` tokens and never more than the embedder takes. It ends,
    in this order of preference, at a paragraph or at a page that ends with a sentence; at a sentence; at
    a line; at a word. Only a word too long for a chunk is cut. Sentences go before lines because the
    lines of a PDF, and of any text wrapped by hand, break in the middle of sentences.

    Example:
        >>> class Words:
        ...     max_tokens = 16
        ...     def offsets(self, text):
        ...         return [match.span() for match in re.finditer(r"\\w+", text)]
        >>> text = "It ends in May. " * 8
        >>> [(c.start, c.end) for c in chunk(text, Words(), IngestSettings(chunk_tokens=16, chunk_overlap_tokens=4))]
        [(0, 63), (48, 111), (96, 127)]
    """
    limit = min(settings.chunk_tokens, tokenizer.max_tokens)
    overlap = min(settings.chunk_overlap_tokens, limit // 2)
    chunks: list[Chunk] = []
    start = rest = _skip_space(text, 0)
    window = limit * 6
    while rest < len(text):
        widest = _widest(text, start, tokenizer, limit, window)
        window = (widest - start) * 5 // 4 + 64  # the next chunk is likely to be about as wide
        end = widest if widest == len(text) else _last_boundary(text, max((start + widest) // 2, rest), widest, pages)
        end, tokens = _fit(text, start, end, tokenizer, limit)
        if end <= rest and start < rest:
            start = rest  # the overlap leaves room for nothing new
            continue
        chunks.append(Chunk(start=start, end=end, text=text[start:end]))
        rest = _skip_space(text, end)
        start = _skip_space(text, _overlap_start(text, start, end, tokens, overlap))
    return chunks


def _skip_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _widest(text: str, start: int, tokenizer: TokenCounter, limit: int, window: int) -> int:
    """The furthest end of a chunk from ``start`` that the limits on tokens and characters allow."""
    longest = limit * MAX_CHARS_PER_TOKEN
    while True:
        window = min(window, longest)
        tokens = tokenizer.offsets(text[start : start + window])
        if len(tokens) > limit:
            return start + max(1, tokens[limit][0])
        if window == longest or start + window >= len(text):
            return min(start + window, len(text))
        window *= 2


def _last_boundary(text: str, low: int, high: int, pages: Sequence[int]) -> int:
    """The last boundary in ``(low, high]``, of the best kind that there is; else ``high``."""
    for pattern in (_PARAGRAPH_END, _SENTENCE_END, _LINE_END, _WORD_END):
        found = [m.end() for m in pattern.finditer(text, low, high + 64) if low < m.end() <= high]
        if pattern is _PARAGRAPH_END:
            page = pages[bisect_right(pages, high) - 1] if pages else 0
            if low < page <= high and _ends_sentence(text, low, page):
                found.append(page)
        if found:
            return max(found)
    return high


def _ends_sentence(text: str, low: int, page: int) -> bool:
    before = text[max(low - 3, 0) : page].rstrip() + "\n"
    return any(m.end() == len(before) - 1 for m in _SENTENCE_END.finditer(before))


def _fit(text: str, start: int, end: int, tokenizer: TokenCounter, limit: int) -> tuple[int, list[tuple[int, int]]]:
    """Takes white space off the end, then whatever is over the limit. Also gives the chunk's tokens."""
    while True:
        end = start + len(text[start:end].rstrip())
        tokens = tokenizer.offsets(text[start:end])
        if len(tokens) <= limit or end == start + 1:
            return end, tokens
        end = start + max(1, min(tokens[limit][0], end - start - 1))


def _overlap_start(text: str, start: int, end: int, tokens: Sequence[tuple[int, int]], overlap: int) -> int:
    """Where the next chunk starts: a sentence, else a word, at most ``overlap`` tokens before ``end``."""
    if overlap == 0 or len(tokens) < 2:
        return end
    first = tokens[max(len(tokens) - overlap, (len(tokens) + 1) // 2)][0]
    earliest = start + max(first, 1)
    for pattern in (_SENTENCE_START, _WORD_START):
        for match in pattern.finditer(text, max(start, earliest - 64), end):
            if earliest <= match.end() < end:
                return match.end()
    return earliest
