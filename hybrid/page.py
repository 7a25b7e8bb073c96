"""The page that a quote stands on: the canonical text around a span, cut where it would be too long to look at."""

from __future__ import annotations

from bisect import bisect_right
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hybrid.display.shown import Shown
from hybrid.documents import Document

AROUND_LINES = 14
"""Lines before and after the span that are shown where a document has no pages."""
MOST_CHARS = 12_000
"""Characters before the span, and after it, that are shown at most."""


class PageView(Shown, BaseModel):
    """A span in its page, or in the lines around it where the document has no pages.

    ``text`` is ``[offset, offset + len(text))`` of the document's canonical text and holds the span
    ``[start, end)`` of that text. ``first_line`` and ``first_page`` are those of its first character; ``breaks`` are
    the offsets, in the document, at which a page begins within it. ``cut_before`` and ``cut_after`` say that the
    page (or, without pages, the document) goes on. Shown, it begins a few lines above the span, and the rest of
    ``text`` can be unfolded above and below.

    Example:
        >>> page = corpus.page(answer.citations[0])
        >>> page.text[page.start - page.offset : page.end - page.offset] == answer.citations[0].quote
        True
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    source: str
    title: str
    sha256: str
    page: int | None
    last_page: int | None
    pages: int = Field(ge=0)
    lines: tuple[int, int]
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    offset: int = Field(ge=0)
    text: str
    first_line: int = Field(ge=1)
    breaks: tuple[int, ...] = ()
    cut_before: bool = False
    cut_after: bool = False

    @model_validator(mode="after")
    def _text_holds_the_span(self) -> Self:
        if not self.offset <= self.start < self.end <= self.offset + len(self.text):
            raise ValueError(f"span [{self.start}, {self.end}) is not within the {len(self.text)} characters shown")
        return self

    @classmethod
    def of(cls, document: Document, start: int, end: int) -> Self:
        """The page view of a span. Raises `ValueError` for a span that is not within the document."""
        location = document.locate(start, end)
        first, last = _bounds(document, start, end)
        offset, stop = max(first, start - MOST_CHARS), min(last, end + MOST_CHARS)
        whole_first, whole_last = (first, last) if document.pages else (0, len(document.text))
        return cls(
            source=document.source,
            title=document.title,
            sha256=document.sha256,
            page=location.page,
            last_page=location.last_page,
            pages=len(document.pages),
            lines=location.lines,
            start=start,
            end=end,
            offset=offset,
            text=document.text[offset:stop],
            first_line=document.locate(offset, offset + 1).lines[0],
            breaks=tuple(page for page in document.pages if offset < page < stop),
            cut_before=offset > whole_first,
            cut_after=stop < whole_last,
        )

    @property
    def quote(self) -> str:
        """The span's text."""
        return self.text[self.start - self.offset : self.end - self.offset]

    def __str__(self) -> str:
        from hybrid.display.pages import page_text  # here, because it needs this class

        return page_text(self)

    def _repr_html_(self) -> str:
        from hybrid.display.pages import page_html

        return page_html(self)


def _bounds(document: Document, start: int, end: int) -> tuple[int, int]:
    """From where to where the document is worth showing: its pages, or some lines around."""
    text, pages = document.text, document.pages
    if pages:
        first = pages[bisect_right(pages, start) - 1]
        after = bisect_right(pages, end - 1)
        return first, pages[after] if after < len(pages) else len(text)
    first = start
    for _ in range(AROUND_LINES + 1):
        first = text.rfind("\n", 0, max(first, 0))
        if first < 0:
            break
    last = end - 1
    for _ in range(AROUND_LINES + 1):
        last = text.find("\n", last + 1)
        if last < 0:
            break
    return first + 1, len(text) if last < 0 else last
