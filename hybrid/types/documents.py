"""Documents, spans and chunks: what is ingested, how a place in it is named, and the page that a span stands on."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

from pydantic import Field, field_validator, model_validator

from hybrid.errors import InputError
from hybrid.text import ocr_marks
from hybrid.text.status_names import StatusName
from hybrid.text.values import iso_date
from hybrid.types.base import FrozenModel, GivenModel, Shown, encodable, shown

if TYPE_CHECKING:
    from hybrid.text.layout import Layout

AS_JSON = "_json"
"""The key of `Metadata.extra` that says which of the values are JSON, as a JSON list."""
AS_TYPES = "_types"
"""The key of `Metadata.extra` that says of which type other values are, as a JSON object."""
FILE_DATE = "file_date"
"""The key of `Metadata.extra` with the date that a program wrote into a file whose text gives the day itself."""
_SHA256 = re.compile("[0-9a-f]{64}")
_MADE_BY_PROGRAMS = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument",
    }
)
"""Media types whose metadata are written by the program that made the file."""


def sha256_hex(data: bytes) -> str:
    """The sha256 of ``data`` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def text_sha256(text: str) -> str:
    """The sha256 of a canonical text, by which copies are found that differ as files: a mail in two mailboxes."""
    return sha256_hex(text.encode("utf-8", "surrogatepass"))


class DocumentStatus(GivenModel):
    """Whether a document is ``executed`` (signed by two or more), ``signed`` (by one), ``unsigned``, a ``draft`` or
    ``superseded``, and why that is known: ``reason``, in words.

    Found at ingest in what the document says of itself (`hybrid.text.document_status`), unless the caller says it:
    ``Metadata(status="draft")``. Filters know it as the metadata ``status``.

    Example:
        >>> print(DocumentStatus(name="draft", reason="its head says “DRAFT 3”"))
        draft: its head says “DRAFT 3”
    """

    name: StatusName
    reason: str = "given with the document"

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class Metadata(GivenModel):
    """What is known about a document besides its text.

    ``date`` is ISO 8601, as precise as known, perhaps with a time of the day. A `datetime.date`, or a date whose month
    is a word, becomes that. Any other is refused: no `Filter` would find it. ``status`` is a `DocumentStatus` or the
    name of one; where it is left out it is found at ingest.

    Example:
        >>> Metadata(date="12 March 2026").date
        '2026-03-12'
    """

    title: str | None = None
    author: str | None = None
    date: str | None = None
    custodian: str | None = None
    status: DocumentStatus | None = None
    extra: dict[str, str] = Field(default_factory=dict)

    @field_validator("status", mode="before")
    @classmethod
    def _status_by_name(cls, value: object) -> object:
        return DocumentStatus(name=value) if isinstance(value, str) else value

    @field_validator("title", "author", "custodian")
    @classmethod
    def _is_encodable(cls, value: str | None) -> str | None:
        encodable([value])
        return value

    @field_validator("extra")
    @classmethod
    def _extra_is_encodable(cls, value: dict[str, str]) -> dict[str, str]:
        encodable([*value, *value.values()])
        return value

    @field_validator("date", mode="before")
    @classmethod
    def _date_is_iso(cls, value: object) -> str | None:
        return None if value is None else iso_date(value, "second")


class Location(FrozenModel):
    """Where a span stands for a human reader.

    Pages and lines count from 1. Where the document has pages, each line number counts from the top
    of its own page: the first line of the span on ``page``, the last on ``last_page``. Where it has
    none, both pages are ``None`` and lines count from the top of the document.
    """

    page: int | None
    last_page: int | None
    lines: tuple[int, int]


class Chunk(FrozenModel):
    """A span that is embedded and indexed: ``document.text[start:end] == text``, always."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    text: str

    @model_validator(mode="after")
    def _span_is_the_text(self) -> Self:
        if self.end - self.start != len(self.text) or not self.text:
            raise ValueError(f"span [{self.start}, {self.end}) does not fit {len(self.text)} characters of text")
        return self


class Document(Shown, GivenModel):
    """One source and its extracted text.

    Attributes:
        source: how the user names it: a path relative to the ingested folder's parent, a path as
            given, or any identifier. An attachment is ``<mail>#<file name>``.
        text: canonical text. Line ends are ``\\n`` only.
        sha256: of the bytes the text was extracted from.
        pages: offset in ``text`` at which each page starts, the first being 0; empty if the format
            has no pages.
        parent: the source of the document this one was attached to.

    Example:
        >>> document = Document.from_text("First line.\\nSecond line.", source="note.txt")
        >>> document.locate(12, 23).lines
        (2, 2)
    """

    source: str = Field(min_length=1)
    text: str = Field(min_length=1, repr=False)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str = "text/plain"
    pages: tuple[int, ...] = Field(default=(), repr=False)
    metadata: Metadata = Metadata()
    parent: str | None = None

    @model_validator(mode="after")
    def _pages_are_ordered_offsets(self) -> Self:
        ordered = all(a <= b for a, b in zip(self.pages, self.pages[1:], strict=False))
        if self.pages and (self.pages[0] != 0 or not ordered or self.pages[-1] > len(self.text)):
            raise ValueError("pages must be ascending offsets into the text, the first being 0")
        if "\r" in self.text:
            raise ValueError("canonical text has line ends of \\n only; use Document.from_text to normalise")
        return self

    @classmethod
    def from_text(cls, text: str, source: str, metadata: Metadata | None = None) -> Self:
        """A document made from a string instead of a file. Line ends become ``\\n``.

        Raises `InputError` if ``text`` is not a string or empty, or ``source`` or ``metadata`` of another type.
        """
        if not isinstance(text, str):
            raise InputError(
                f"Document.text must be a string, not {shown(text)}; files are read by corpus.ingest(path)"
            )
        canonical = text.replace("\r\n", "\n").replace("\r", "\n")
        digest = sha256_hex(text.encode("utf-8", "surrogatepass"))
        return cls(source=source, text=canonical, sha256=digest, metadata=metadata or Metadata())

    if not TYPE_CHECKING:

        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """As pydantic's, but what is changed is checked. With another ``text`` the sha256 is that text's: it was
            not extracted from the bytes that the old one was. Raises `InputError`."""
            changed = dict(update or {})
            if isinstance(changed.get("text"), str) and changed["text"] != self.text:
                changed.setdefault("sha256", sha256_hex(changed["text"].encode("utf-8", "surrogatepass")))
            return super().model_copy(update=changed, deep=deep)

    @property
    def title(self) -> str:
        """The title if one is known, else the source's last path component."""
        return self.metadata.title or Path(self.source).name

    @property
    def layout(self) -> Layout:
        """The sentences, table rows and running lines of the text; computed once for the documents used last."""
        from hybrid.text import layout  # here, as in date and status: a client of a server needs none of their patterns

        return layout.of(self.text, self.pages, self.metadata.extra.get(layout.RUNNING_TEXT, ""))

    @cached_property
    def date(self) -> str | None:
        """The date of its metadata, else the day on which it says that it was written (`hybrid.text.document_dates`),
        ISO 8601; of PDF, DOCX and ODT the other way round, since their metadata say when the file was made. Ingest
        writes it into the metadata, which filters go by."""
        from hybrid.text import document_dates

        if self.media_type in _MADE_BY_PROGRAMS and self.metadata.date:
            return document_dates.written_on(self.metadata.title or "", self.text) or self.metadata.date
        return self.metadata.date or document_dates.written_on(self.metadata.title or "", self.text)

    @cached_property
    def status(self) -> DocumentStatus | None:
        """The status that its metadata say, else the one that is found in it (`hybrid.text.document_status`); ``None``
        where it says nothing of it."""
        from hybrid.text import document_status

        if self.metadata.status is not None:
            return self.metadata.status
        found = document_status.detect(self.source, self.metadata.title, self.text, self.media_type)
        return None if found is None else DocumentStatus(name=found[0], reason=found[1])

    def ocr_confidence(self, start: int, end: int) -> float | None:
        """The confidence, 0 to 1, with which ``[start, end)`` was read by OCR, the lowest of its lines; ``None`` where
        it is the file's own text."""
        return ocr_marks.confidence(self.metadata.extra.get(ocr_marks.OCR, ""), start, end)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def page_of(self, offset: int) -> int | None:
        """The page, from 1, that the character at ``offset`` stands on; ``None`` without pages."""
        return bisect_right(self.pages, offset) if self.pages else None

    def page_label(self, page: int | None) -> str | None:
        """What a viewer shows for a page, from 1, where that is not its number, such as iv; ``None`` elsewhere.

        Example:
            >>> labelled = Metadata(extra={"page_labels": '["iv", "2"]'})
            >>> document = Document.from_text("One.\\fTwo.", source="a.txt", metadata=labelled)
            >>> document.page_label(1), document.page_label(2)
            ('iv', None)
        """
        try:
            labels = json.loads(self.metadata.extra.get("page_labels", "[]"))
        except ValueError:  # the metadata may be anybody's
            return None
        if page is None or not isinstance(labels, list) or not 0 < page <= len(labels):
            return None
        label = str(labels[page - 1]).strip()
        return label if label and label != str(page) else None

    def locate(self, start: int, end: int) -> Location:
        """The pages and lines that the span ``[start, end)`` covers.

        Raises `InputError`, which is a `ValueError`, for a span that is not within the document.
        """
        for name, offset in (("start", start), ("end", end)):
            if not isinstance(offset, SupportsIndex) or isinstance(offset, bool):
                raise InputError(f"{name} is an offset in characters, a whole number, not {shown(offset)}")
        if not 0 <= start < end <= len(self.text):
            raise InputError(
                f"span [{shown(start)}, {shown(end)}) is not within the {len(self.text)} characters of {self.source}"
            )
        last = end - 1
        return Location(
            page=self.page_of(start),
            last_page=self.page_of(last),
            lines=(self._line_on_page(start), self._line_on_page(last)),
        )

    def _line_on_page(self, offset: int) -> int:
        line = bisect_right(self._line_starts, offset)
        page = self.page_of(offset)
        if page is None:
            return line
        return line - bisect_right(self._line_starts, self.pages[page - 1]) + 1


@dataclass(frozen=True)
class Passage:
    """A text to answer from that is not of the corpus's index (`Corpus.ask` with ``passages``), and where it stands.

    Args:
        text: the passage, character for character.
        source: the name of its document.
        title: of its document; by default the last part of ``source``.
        sha256: of its document; by default of ``text``.
        start: where it begins in its document, in characters.
        page: the page that it begins on, and ``last_page`` the one that it ends on, from 1.
        line: its first line, from 1; on its page where there are pages.

    Raises `InputError`, which names the field, for a value of another type or out of its range. A field that is
    assigned afterwards raises `dataclasses.FrozenInstanceError`; `dataclasses.replace` makes another, and checks it.

    Example:
        >>> Passage("The lease ends in May.", source="lease.pdf", start=400, page=7).end
        422
    """

    text: str
    source: str
    title: str = ""
    sha256: str = ""
    start: int = 0
    page: int | None = None
    last_page: int | None = None
    line: int = 1

    def __post_init__(self) -> None:
        for name in ("text", "source", "title", "sha256"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise InputError(f"Passage.{name} must be a string, not {shown(value)}")
            if not value and name in ("text", "source"):
                raise InputError(f"Passage.{name} is empty")
        if self.sha256 and not _SHA256.fullmatch(self.sha256):
            raise InputError(f"Passage.sha256 must be 64 hexadecimal digits in lower case, not {shown(self.sha256)}")
        for name, least in (("start", 0), ("page", 1), ("last_page", 1), ("line", 1)):
            value = getattr(self, name)
            if value is None and name in ("page", "last_page"):
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(f"Passage.{name} must be a whole number from {least}, not {shown(value)}")
        if not self.title:
            object.__setattr__(self, "title", Path(self.source).name or self.source)
        if not self.sha256:
            object.__setattr__(self, "sha256", sha256_hex(self.text.encode("utf-8", "surrogatepass")))

    @property
    def end(self) -> int:
        """Where it ends in its document, in characters."""
        return self.start + len(self.text)


AROUND_LINES = 14
"""Lines before and after the span that are shown where a document has no pages."""
MOST_CHARS = 12_000
"""Characters before the span, and after it, that are shown at most."""


class PageView(Shown, FrozenModel):
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
